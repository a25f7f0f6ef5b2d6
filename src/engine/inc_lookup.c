/*
 * The tuples of a large time-point by the values of some of their columns. A time-point that has a
 * day's events is joined with itself as quickly as one of many that have one each.
 *
 * A lookup is made at the second question of its kind, so that what is asked once a time-point is
 * gone through once. It holds nothing that cannot be derived, so it is no part of a state.
 */
#include <string.h>

#include "base/assert.h"
#include "engine/inc_plan.h"

uint64_t fb_inc_known_columns(const struct fb_inc_op *op)
{
    FB_ASSERT(op && op->columns);
    uint64_t mask = 0;
    for (size_t i = 0; i < op->form->term_count; i++) {
        const struct fb_inc_column *column = &op->columns[i];
        bool known = column->use == FB_INC_CONST ||
                     (column->use == FB_INC_CHECK && (op->bound & fb_vars_of(column->var)));
        mask |= known ? (uint64_t)1 << i : 0;
    }
    return mask;
}

void fb_inc_known_cells(
    const struct fb_inc *inc, const struct fb_inc_op *op, uint64_t mask, struct fb_cell *key)
{
    FB_ASSERT(inc && op && key);
    for (size_t i = 0; i < op->form->term_count; i++) {
        const struct fb_inc_column *column = &op->columns[i];
        if (mask >> i & 1) {
            key[i] = column->use == FB_INC_CONST ? column->value : inc->regs[column->var];
        }
    }
}

enum fb_code fb_inc_compile_way(const struct fb_inc_site *site, struct fb_inc_op *op)
{
    FB_ASSERT(site && op && op->kind == FB_INC_PRED);
    struct fb_inc *inc = site->inc;
    struct fb_inc_way way = {op->form->relation, fb_inc_known_columns(op)};
    size_t number = 0;
    if (way.mask == 0) {
        return FB_OK;
    }
    while (number < inc->way_count &&
           (inc->ways[number].relation != way.relation || inc->ways[number].mask != way.mask)) {
        number++;
    }
    if (number == inc->way_count) {
        if (!fb_inc_room(
                &inc->memory, &inc->ways, &inc->way_cap, inc->way_count, sizeof(*inc->ways))) {
            return inc->memory.code;
        }
        inc->ways[inc->way_count++] = way;
    }
    op->way = number + 1;
    return FB_OK;
}

/* The last tuple first, so that those of a hash stand in the order of the time-point. */
static void fill(struct fb_inc_lookup *lookup, const struct fb_inc_point *point,
    const struct fb_inc_way *way, size_t width)
{
    memset(lookup->heads, 0, (lookup->head_mask + 1) * sizeof(*lookup->heads));
    for (size_t i = point->tuple_count; i-- > 0;) {
        const struct fb_inc_tuple *tuple = &point->tuples[i];
        if (tuple->relation == way->relation) {
            uint32_t hash = fb_inc_hash_cells(point->cells + tuple->at, width, way->mask);
            uint32_t *head = &lookup->heads[hash & lookup->head_mask];
            lookup->nexts[i] = *head;
            *head = (uint32_t)i + 1;
        }
    }
    lookup->count = point->tuple_count;
}

bool fb_inc_look_up(struct fb_inc *inc, const struct fb_inc_op *op, struct fb_inc_point *point,
    const struct fb_inc_lookup **out)
{
    FB_ASSERT(inc && op && point && out);
    struct fb_inc_memory *memory = &inc->memory;
    size_t number = op->way - 1;
    *out = NULL;
    if (!op->way || point->tuple_count <= inc->listed_max) {
        return true;
    }
    if (!fb_inc_room(
            memory, &point->lookups, &point->lookup_cap, number, sizeof(*point->lookups))) {
        return false;
    }
    struct fb_inc_lookup *lookup = &point->lookups[number];
    if (lookup->count != point->tuple_count) {
        if (lookup->asked++ == 0) {
            return true;
        }
        if (!fb_inc_room(memory, &lookup->heads, &lookup->head_cap, point->tuple_count,
                sizeof(*lookup->heads)) ||
            !fb_inc_room(memory, &lookup->nexts, &lookup->next_cap, point->tuple_count,
                sizeof(*lookup->nexts))) {
            return false;
        }
        lookup->head_mask = 1;
        while (lookup->head_mask < point->tuple_count) {
            lookup->head_mask = 2 * lookup->head_mask + 1;
        }
        fill(lookup, point, &inc->ways[number], op->form->term_count);
    }
    *out = lookup;
    return true;
}

/* What `then` runs may make other lookups, which moves this one. */
bool fb_inc_run_found(struct fb_inc *inc, const struct fb_inc_op *op,
    const struct fb_inc_lookup *lookup, struct fb_inc_then then)
{
    FB_ASSERT(inc && op && lookup && then.fn);
    const struct fb_inc_point *point = fb_inc_point_at(inc, inc->at);
    const uint32_t *nexts = lookup->nexts;
    uint64_t mask = inc->ways[op->way - 1].mask;
    struct fb_cell key[FB_IR_ARITY_MAX];
    fb_inc_known_cells(inc, op, mask, key);
    uint32_t hash = fb_inc_hash_cells(key, op->form->term_count, mask);
    for (uint32_t i = lookup->heads[hash & lookup->head_mask]; i; i = nexts[i - 1]) {
        if (fb_inc_fits(inc, op, point->cells + point->tuples[i - 1].at) &&
            !then.fn(then.ctx, inc)) {
            return false;
        }
    }
    return true;
}

void fb_inc_lookups_forget(struct fb_inc_point *point)
{
    FB_ASSERT(point);
    for (size_t i = 0; i < point->lookup_cap; i++) {
        point->lookups[i].count = 0;
        point->lookups[i].asked = 0;
    }
}

void fb_inc_lookups_release(struct fb_inc_point *point, struct fb_inc_memory *memory)
{
    FB_ASSERT(point && memory);
    for (size_t i = 0; i < point->lookup_cap; i++) {
        struct fb_inc_lookup *lookup = &point->lookups[i];
        fb_inc_drop(memory, lookup->heads, lookup->head_cap, sizeof(*lookup->heads));
        fb_inc_drop(memory, lookup->nexts, lookup->next_cap, sizeof(*lookup->nexts));
    }
    fb_inc_drop(memory, point->lookups, point->lookup_cap, sizeof(*point->lookups));
}

/*
 * Aggregates by group. Sums are kept exactly where they are sums of whole numbers of moderate size,
 * which is the same in any order; otherwise the members are added anew, sorted, as the naive
 * evaluator does, so that both round alike.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "engine/inc_plan.h"

/* So large that 2^26 of them fit into an int64_t, and sums below EXACT_SUM into a double. */
#define EXACT_MEMBER ((int64_t)1 << 36)
#define EXACT_SUM ((int64_t)1 << 53)

static bool exact(const struct fb_cell *cell, int64_t *out)
{
    if (cell->type == FB_TYPE_INT) {
        *out = cell->u.integer;
        return *out > -EXACT_MEMBER && *out < EXACT_MEMBER;
    }
    double x = cell->u.number;
    if (cell->type != FB_TYPE_FLOAT || !(fabs(x) < (double)EXACT_MEMBER) || floor(x) != x) {
        return false;
    }
    *out = (int64_t)x;
    return true;
}

static void count_member(struct fb_inc_group *load, const struct fb_cell *over, bool in)
{
    int64_t value = 0;
    int64_t sign = in ? 1 : -1;
    uint64_t one = in ? 1 : UINT64_MAX; /* wraps: minus one */
    load->known = false;
    load->count += one;
    load->floats += over->type == FB_TYPE_FLOAT ? one : 0;
    if (exact(over, &value)) {
        load->sum += sign * value;
        load->size += sign * (value < 0 ? -value : value);
    } else {
        load->rough += one;
    }
}

static void group_row(
    const struct fb_inc_node *node, const struct fb_cell *member, struct fb_cell *out)
{
    for (size_t i = 0; i < node->width; i++) {
        out[i] = member[node->group_at[i]];
    }
}

void fb_inc_tally(struct fb_inc *inc, struct fb_inc_node *past, uint32_t slot, bool in)
{
    FB_ASSERT(inc && past && past->tally);
    struct fb_inc_node *node = past->tally;
    const struct fb_cell *member = fb_inc_set_row(&past->set, slot);
    struct fb_cell row[FB_IR_VARS_MAX];
    bool added = false;
    group_row(node, member, row);
    uint32_t group = FB_INC_NONE;
    if (inc->memory.code == FB_OK) {
        group = fb_inc_set_put(&node->set, row, &inc->memory, &added);
    }
    if (group == FB_INC_NONE) {
        return;
    }
    FB_ASSERT(in || !added);
    struct fb_inc_group *load = &node->set.groups[group];
    count_member(load, &member[node->over_at], in);
    if (load->count == 0) {
        fb_inc_set_remove(&node->set, group);
    }
}

/* ---- results ---- */

static bool refuse(struct fb_inc *inc, enum fb_code code, const char *message)
{
    inc->memory.code = fb_err_set(inc->memory.err, code, "%s", message);
    return false;
}

static bool keep_value(struct fb_inc *inc, const struct fb_cell *cell, size_t *count)
{
    if (cell->type == FB_TYPE_NONE) {
        return true;
    }
    if (!fb_inc_room(&inc->memory, &inc->values, &inc->value_cap, *count, sizeof(*inc->values))) {
        return false;
    }
    inc->values[(*count)++] = *cell;
    return true;
}

/* The aggregated values of a group, into inc->values. */
static bool gather(
    struct fb_inc *inc, const struct fb_inc_node *node, uint32_t group, size_t *out_count)
{
    const struct fb_inc_set *set = &node->child->set;
    *out_count = 0;
    if (node->kind == FB_INC_SCRATCH) {
        uint32_t link = node->set.groups[group].first;
        for (; link; link = set->slots[link - 1].load.next) {
            if (!keep_value(inc, fb_inc_set_row(set, link - 1) + node->over_at, out_count)) {
                return false;
            }
        }
        return true;
    }
    struct fb_cell row[FB_IR_VARS_MAX];
    memset(row, 0, sizeof(row));
    for (size_t i = 0; i < node->width; i++) {
        row[node->group_at[i]] = fb_inc_set_row(&node->set, group)[i];
    }
    size_t index = (size_t)node->child_index;
    uint32_t slot = fb_inc_set_first(set, index, row);
    for (; slot != FB_INC_NONE; slot = fb_inc_set_next(set, index, row, slot)) {
        const struct fb_cell *over = fb_inc_set_row(set, slot) + node->over_at;
        if (set->slots[slot].load.past.holds && !keep_value(inc, over, out_count)) {
            return false;
        }
    }
    return true;
}

static int by_value(const void *a, const void *b, void *ctx)
{
    return fb_inc_cmp(ctx, a, b);
}

static bool number_of(struct fb_inc *inc, const struct fb_cell *cell, double *out)
{
    *out = cell->type == FB_TYPE_INT ? (double)cell->u.integer : cell->u.number;
    if (cell->type == FB_TYPE_INT || cell->type == FB_TYPE_FLOAT) {
        return true;
    }
    (void)refuse(inc, FB_E_POLICY, "cannot aggregate a value that is no number");
    (void)fb_err_hint(inc->memory.err, "Sum, average and median need numbers.");
    return false;
}

/* As sum and average in agg.c, over sorted values. */
static bool total(struct fb_inc *inc, size_t count, bool average, struct fb_cell *out)
{
    int64_t whole = 0;
    double real = 0.0;
    bool is_real = average;
    for (size_t i = 0; i < count; i++) {
        double x;
        if (!number_of(inc, &inc->values[i], &x)) {
            return false;
        }
        real += x;
        if (inc->values[i].type == FB_TYPE_FLOAT) {
            is_real = true;
        } else if (!average && __builtin_add_overflow(whole, inc->values[i].u.integer, &whole)) {
            return refuse(inc, FB_E_RANGE, "a sum does not fit into 64 bits");
        }
    }
    *out = (struct fb_cell){.type = is_real ? FB_TYPE_FLOAT : FB_TYPE_INT};
    if (is_real) {
        out->u.number = average ? real / (double)count : real;
    } else {
        out->u.integer = whole;
    }
    return true;
}

/* Of sorted values. */
static bool median(struct fb_inc *inc, size_t count, struct fb_cell *out)
{
    double low;
    double high;
    if (!number_of(inc, &inc->values[(count - 1) / 2], &low) ||
        !number_of(inc, &inc->values[count / 2], &high)) {
        return false;
    }
    out->type = FB_TYPE_FLOAT;
    out->u.number = count % 2 ? low : (low + high) / 2.0;
    return true;
}

/* From the members themselves. */
static bool from_members(
    struct fb_inc *inc, const struct fb_inc_node *node, uint32_t group, struct fb_cell *out)
{
    size_t count;
    enum fb_agg_kind agg = node->form->agg;
    *out = (struct fb_cell){.type = FB_TYPE_NONE};
    if (!gather(inc, node, group, &count)) {
        return false;
    }
    if (count == 0 && agg != FB_AGG_SUM) {
        return true;
    }
    if (agg == FB_AGG_MIN || agg == FB_AGG_MAX) {
        size_t best = 0;
        for (size_t i = 1; i < count; i++) {
            int order = fb_inc_cmp(inc, &inc->values[i], &inc->values[best]);
            best = (agg == FB_AGG_MIN ? order < 0 : order > 0) ? i : best;
        }
        *out = inc->values[best];
        return true;
    }
    if (count) {
        qsort_r(inc->values, count, sizeof(*inc->values), by_value, inc);
    }
    return agg == FB_AGG_MEDIAN ? median(inc, count, out)
                                : total(inc, count, agg == FB_AGG_AVG, out);
}

/* Whether a group is of a subject whose tuples are not all here: from a part of them a sum could
 * overflow that does not. */
static bool is_foreign(
    const struct fb_inc *inc, const struct fb_inc_node *node, const struct fb_cell *row)
{
    for (size_t i = 0; inc->options.foreign && !node->blind && i < node->width; i++) {
        if (node->vars[i] == inc->options.subject) {
            return inc->options.foreign(inc->options.ctx, fb_inc_value(inc, &row[i]));
        }
    }
    return false;
}

static bool result_of(struct fb_inc *inc, const struct fb_inc_node *node, uint32_t group)
{
    struct fb_inc_group *load = &node->set.groups[group];
    struct fb_cell *out = &load->result;
    bool exactly = load->rough == 0 && load->size < EXACT_SUM;
    if (load->known) {
        return true;
    }
    load->known = true;
    if (node->form->agg == FB_AGG_COUNT) {
        *out = (struct fb_cell){.type = FB_TYPE_INT, .u.integer = (int64_t)load->count};
        return true;
    }
    if (exactly && node->form->agg == FB_AGG_SUM) {
        *out = (struct fb_cell){.type = FB_TYPE_INT, .u.integer = load->sum};
        if (load->floats) {
            *out = (struct fb_cell){.type = FB_TYPE_FLOAT, .u.number = (double)load->sum};
        }
        return true;
    }
    if (exactly && node->form->agg == FB_AGG_AVG) {
        double mean = (double)load->sum / (double)load->count;
        *out = (struct fb_cell){.type = FB_TYPE_FLOAT, .u.number = mean};
        return true;
    }
    return from_members(inc, node, group, out);
}

/* ---- rows ---- */

/* Gives the row of one group, when it agrees with what is bound. */
static bool give_group(
    struct fb_inc *inc, const struct fb_inc_op *op, uint32_t group, struct fb_inc_then then)
{
    const struct fb_inc_node *node = op->node;
    const struct fb_cell *row = fb_inc_set_row(&node->set, group);
    for (size_t i = 0; i < node->width; i++) {
        if ((op->bound & fb_vars_of(node->vars[i])) &&
            !fb_cell_eq(&inc->regs[node->vars[i]], &row[i])) {
            return true;
        }
    }
    if (is_foreign(inc, node, row)) {
        return true;
    }
    if (!result_of(inc, node, group)) {
        return false;
    }
    const struct fb_cell *result = &node->set.groups[group].result;
    struct fb_cell *there = &inc->regs[op->form->agg_result];
    bool bound = (op->bound & fb_vars_of(op->form->agg_result)) != 0;
    if (result->type == FB_TYPE_NONE || (bound && !fb_cell_eq(there, result))) {
        return true;
    }
    for (size_t i = 0; i < node->width; i++) {
        inc->regs[node->vars[i]] = row[i];
    }
    *there = *result;
    return then.fn(then.ctx, inc);
}

/* No rows at all, and nothing to group by: a count or a sum is 0, others may have a default. */
static bool give_nothing(struct fb_inc *inc, const struct fb_inc_op *op, struct fb_inc_then then)
{
    bool zero = op->form->agg == FB_AGG_COUNT || op->form->agg == FB_AGG_SUM;
    struct fb_cell nothing = zero ? (struct fb_cell){.type = FB_TYPE_INT} : op->constants[0];
    struct fb_cell *there = &inc->regs[op->form->agg_result];
    bool bound = (op->bound & fb_vars_of(op->form->agg_result)) != 0;
    if (op->form->bound_count > 0 || nothing.type == FB_TYPE_NONE ||
        (bound && !fb_cell_eq(there, &nothing))) {
        return true;
    }
    *there = nothing;
    return then.fn(then.ctx, inc);
}

bool fb_inc_groups(struct fb_inc *inc, const struct fb_inc_op *op, struct fb_inc_then then)
{
    FB_ASSERT(inc && op && op->node);
    const struct fb_inc_node *node = op->node;
    FB_ASSERT(node->kind == FB_INC_TALLY);
    if (node->set.live_count == 0) {
        return give_nothing(inc, op, then);
    }
    if (op->index == 0) {
        struct fb_cell row[FB_IR_VARS_MAX];
        for (size_t i = 0; i < node->width; i++) {
            row[i] = inc->regs[node->vars[i]];
        }
        uint32_t group = fb_inc_set_find(&node->set, row);
        return group == FB_INC_NONE || give_group(inc, op, group, then);
    }
    for (uint32_t i = 0; i < node->set.slot_count; i++) {
        if (node->set.slots[i].live && !give_group(inc, op, i, then)) {
            return false;
        }
    }
    return true;
}

/* Without repeats, a count needs no rows. */
static bool count_only(const struct fb_inc_node *node)
{
    return node->distinct && node->form->agg == FB_AGG_COUNT;
}

static bool collect_row(void *ctx, struct fb_inc *inc)
{
    struct fb_inc_node *node = ctx;
    struct fb_inc_node *rows = node->child;
    struct fb_cell member[FB_IR_VARS_MAX];
    struct fb_cell row[FB_IR_VARS_MAX];
    uint32_t slot = FB_INC_NONE;
    bool added = true;
    for (size_t i = 0; i < rows->width; i++) {
        member[i] = inc->regs[rows->vars[i]];
    }
    if (!count_only(node)) {
        slot = fb_inc_set_put(&rows->set, member, &inc->memory, &added);
        if (slot == FB_INC_NONE || !added) {
            return inc->memory.code == FB_OK;
        }
    }
    group_row(node, member, row);
    uint32_t group = fb_inc_set_put(&node->set, row, &inc->memory, &added);
    if (group == FB_INC_NONE) {
        return false;
    }
    struct fb_inc_group *load = &node->set.groups[group];
    count_member(load, &member[node->over_at], true);
    if (slot != FB_INC_NONE) {
        rows->set.slots[slot].load.next = load->first;
        load->first = slot + 1;
    }
    return true;
}

/* What a range holds of the rows of a key is counted, not listed; where a bound or a value is no
 * number, they are listed after all. */
static bool collect_range(void *ctx, struct fb_inc *inc)
{
    const struct fb_inc_op *op = *(const struct fb_inc_op **)ctx;
    const struct fb_inc_range *range = op->range;
    const struct fb_inc_node *past = range->order->node;
    struct fb_inc_node *node = op->node;
    struct fb_cell values[FB_INC_BOUNDS_MAX];
    struct fb_cell row[FB_IR_VARS_MAX];
    bool whole = range->order->odd == 0;
    for (size_t i = 0; i < range->bound_count; i++) {
        values[i] = fb_inc_term(inc, range->bounds[i].term);
        whole = whole && fb_inc_ordered(&values[i]);
    }
    if (inc->memory.code) {
        return false;
    }
    if (!whole) {
        return fb_inc_run(inc, range->rest, (struct fb_inc_then){collect_row, node});
    }
    for (size_t i = 0; i < past->width; i++) {
        row[i] = inc->regs[past->vars[i]];
    }
    uint64_t count = fb_inc_order_count(inc, range, row, values);
    if (count == 0) {
        return true;
    }
    bool added;
    for (size_t i = 0; i < node->width; i++) {
        row[i] = inc->regs[node->vars[i]];
    }
    uint32_t group = fb_inc_set_put(&node->set, row, &inc->memory, &added);
    if (group == FB_INC_NONE) {
        return false;
    }
    node->set.groups[group].count += count;
    node->set.groups[group].known = false;
    return true;
}

/* The part uses variables as its own that may have a value outside, so those are put back. */
bool fb_inc_collect(struct fb_inc *inc, const struct fb_inc_op *op, struct fb_inc_then then)
{
    FB_ASSERT(inc && op && op->node);
    struct fb_inc_node *node = op->node;
    struct fb_cell saved[FB_IR_VARS_MAX];
    memcpy(saved, inc->regs, inc->var_count * sizeof(*saved));
    fb_inc_set_clear(&node->set);
    fb_inc_set_clear(&node->child->set);
    bool whole = op->range
                     ? fb_inc_run(inc, op->range->before, (struct fb_inc_then){collect_range, &op})
                     : fb_inc_run(inc, op->parts[0], (struct fb_inc_then){collect_row, node});
    memcpy(inc->regs, saved, inc->var_count * sizeof(*saved));
    if (!whole) {
        return false;
    }
    if (node->set.live_count == 0) {
        return give_nothing(inc, op, then);
    }
    for (uint32_t i = 0; i < node->set.slot_count; i++) {
        if (!give_group(inc, op, i, then)) {
            return false;
        }
    }
    return true;
}

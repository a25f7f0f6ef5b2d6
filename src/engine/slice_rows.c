/*
 * slice_rows.c: the rows of a trigger, from the walk that cuts a slice.
 *
 * The walk meets every valuation that the trigger may have, with the time-points at which the
 * tuples of it hold together. A conjunct that is a predicate holds there and nowhere else; what
 * hangs on no time is asked once; others (negations, alternatives) are left to be asked at each
 * time-point. So the runner need not search at each time-point for what was just found.
 */
#include "base/assert.h"
#include "engine/duty.h"
#include "engine/slice_cut.h"

enum { ROWS_MAX = 64 /* more of a slice are searched for at each time-point */ };

/* Sorts the conjuncts of a part of the trigger; false where rows cannot be told from walks. */
static bool sort_parts(struct fb_cutter *s, const struct fb_form *form, size_t *asked)
{
    const struct fb_form *parts[FB_IR_CONJUNCTS_MAX];
    if (!form || fb_form_conjuncts(form) > FB_IR_CONJUNCTS_MAX) {
        return !form;
    }
    size_t count = fb_form_conjuncts_list(form, parts);
    for (size_t i = 0; i < count; i++) {
        const struct fb_form *part = parts[i];
        if (part->sealed != part || !part->still) {
            return false;
        }
        if (part->timeless) {
            s->rows.tests[s->rows.test_count++] = part;
        } else if (part->kind != FB_FORM_PRED || !part->plain) {
            s->rows.asked[(*asked)++] = part;
        }
    }
    return true;
}

enum fb_code fb_cut_rows_init(struct fb_cutter *s, struct fb_arena *arena)
{
    FB_ASSERT(s && arena);
    const struct fb_duty *duty = s->query->duty;
    struct fb_cut_rows *rows = &s->rows;
    size_t most =
        fb_form_conjuncts(duty->when) + (duty->given ? fb_form_conjuncts(duty->given) : 0);
    rows->tests = fb_arena_array(arena, 2 * most, sizeof(const struct fb_form *));
    if (!rows->tests) {
        return fb_arena_failed(arena, s->err);
    }
    rows->asked = rows->tests + most;
    rows->bound = fb_form_vars(duty->when) | (duty->given ? fb_form_vars(duty->given) : 0);
    rows->can = sort_parts(s, duty->when, &rows->asked_count) &&
                sort_parts(s, duty->given, &rows->asked_count);
    return FB_OK;
}

void fb_cut_rows_begin(struct fb_cutter *s, struct fb_arena *arena)
{
    FB_ASSERT(s && arena);
    s->rows.known = s->rows.can;
    s->rows.arena = arena;
    s->rows.items = NULL;
    s->rows.count = 0;
}

enum fb_code fb_cut_rows_note(struct fb_cutter *s, fb_vars bound)
{
    FB_ASSERT(s);
    struct fb_cut_rows *rows = &s->rows;
    const struct fb_walk *walk = &s->walk;
    size_t vars = s->query->duty->var_count;
    if (!rows->known || walk->low >= walk->high || walk->low >= s->tp_count) {
        return FB_OK;
    }
    /* (Groups of a pattern are bound by no walk.) */
    if (rows->count == ROWS_MAX || walk->computed || (rows->bound & ~bound)) {
        rows->known = false;
        return FB_OK;
    }
    for (size_t i = 0; i < rows->test_count && !walk->exact; i++) {
        if (!fb_form_true(rows->tests[i], walk->values)) {
            return FB_OK;
        }
    }
    if (!rows->items) {
        rows->items = FB_ARENA_ARRAY(rows->arena, struct fb_duty_row, ROWS_MAX);
    }
    struct fb_value *values = FB_ARENA_ARRAY(rows->arena, struct fb_value, vars);
    if (!rows->items || !values) {
        return fb_arena_failed(rows->arena, s->err);
    }
    for (uint32_t i = 0; i < vars; i++) {
        values[i] = rows->bound & fb_vars_of(i) ? walk->values[i] : fb_value_none();
    }
    rows->items[rows->count++] = (struct fb_duty_row){values, walk->low, walk->high, walk->exact};
    return FB_OK;
}

void fb_cut_rows_end(struct fb_cutter *s, struct fb_duty_rows *out)
{
    FB_ASSERT(s && out);
    struct fb_cut_rows *rows = &s->rows;
    size_t vars = s->query->duty->var_count;
    for (size_t i = 1; i < rows->count; i++) {
        struct fb_duty_row row = rows->items[i];
        size_t at = i;
        for (; at > 0 && fb_row_cmp(rows->items[at - 1].values, row.values, vars) > 0; at--) {
            rows->items[at] = rows->items[at - 1];
        }
        rows->items[at] = row;
    }
    *out = (struct fb_duty_rows){.duty = s->query->duty,
        .items = rows->items,
        .count = rows->count,
        .asked = rows->asked,
        .asked_count = rows->asked_count};
}

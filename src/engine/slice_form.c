/* Formulas at one time-point, from the tuples alone that have a say. */
#include <string.h>

#include "base/assert.h"
#include "base/limit.h"
#include "engine/slice_cut.h"

/* Memory of one question. */
#define SCRATCH_MAX ((size_t)16 << 30)

/* The marked tuples that hold at tp, as a trace of two time-points of which the second is tp: what
 * began earlier begins at the first. */
static enum fb_code fill_instant(
    struct fb_walk *walk, const struct fb_trace *from, size_t tp, struct fb_trace *out)
{
    fb_time *times = FB_ARENA_ARRAY(walk->arena, fb_time, 2);
    struct fb_tuple *tuples = FB_ARENA_ARRAY(walk->arena, struct fb_tuple, walk->mark_count);
    if (!times || !tuples) {
        return fb_arena_failed(walk->arena, walk->err);
    }
    times[0] = times[1] = fb_trace_time(from, tp);
    *out = (struct fb_trace){
        .signature = from->signature, .times = times, .time_count = 2, .tuples = tuples};
    fb_cut_sort(walk, from);
    for (size_t i = 0; i < walk->mark_count; i++) {
        struct fb_tuple tuple = from->tuples[walk->marks[i]];
        if (tuple.from <= tp && tuple.until > tp) {
            tuple.from = tuple.from == tp ? 1 : 0;
            tuple.until = FB_TP_MAX;
            tuples[out->tuple_count++] = tuple;
        }
    }
    return FB_OK;
}

bool fb_form_sliced(const struct fb_form *form)
{
    FB_ASSERT(form);
    return fb_walk_possible(&form, 1, 1) && !fb_form_timed(form);
}

/* Whether a formula holds of the tuples that have a say, gathered. */
static enum fb_code holds_in_slice(
    const struct fb_form_query *query, fb_vars bound, size_t tp, bool *out, struct fb_err *err)
{
    const struct fb_trace *whole = fb_access_trace(query->access);
    struct fb_arena own;
    struct fb_walk walk;
    struct fb_trace trace = *whole;
    struct fb_table table;
    struct fb_row given = {.values = (struct fb_value *)(uintptr_t)query->given};
    bool sliced = fb_form_sliced(query->form);
    if (!sliced && whole->by_time) {
        return fb_err_set(err, FB_E_UNSUPPORTED, "a condition cannot be cut out of what grows");
    }
    fb_arena_init(&own, fb_limit(SCRATCH_MAX));
    enum fb_code code = fb_walk_init(&walk, query->access, fb_form_nodes(query->form), &own, err);
    if (code == FB_OK && sliced) {
        memcpy(walk.values, query->given, query->var_count * sizeof(*walk.values));
        walk.marking = true;
        walk.still = true;
        walk.low = tp;
        walk.high = tp + 1;
        code = fb_walk_mark(&walk, query->form, bound);
        code = code ? code : fill_instant(&walk, whole, tp, &trace);
    }
    if (code == FB_OK) {
        /* Only the answer is wanted, no reasons. */
        code = fb_eval_naive_rows(
            query->form, &trace, sliced ? 1 : tp, query->var_count, &given, &own, &table, err);
    }
    if (code == FB_OK) {
        *out = table.count > 0;
    }
    fb_arena_release(&own);
    return code;
}

/* True when each tuple that has a say is found by a value that is bound: then they need not be
 * gathered first, since there is no order in which they would be many. */
static bool found_by(const struct fb_form *form, fb_vars bound)
{
    if (!form || form->kind != FB_FORM_PRED) {
        return !form || (found_by(form->left, bound) && found_by(form->right, bound));
    }
    for (size_t i = 0; i < form->term_count; i++) {
        const struct fb_term *term = form->terms[i];
        if (term->kind == FB_TERM_VAR && (bound & fb_vars_of(term->var))) {
            return true;
        }
    }
    return false;
}

static bool is_direct(const struct fb_form_query *query, fb_vars bound)
{
    const struct fb_form *form = query->form;
    return form->sealed == form && form->still && form->apart && !(bound & form->hidden) &&
           fb_form_evaluable(form, bound, NULL) && found_by(form, bound);
}

static fb_vars bound_by(const struct fb_form_query *query)
{
    fb_vars bound = 0;
    for (uint32_t i = 0; i < query->var_count; i++) {
        bound |= query->given[i].type == FB_TYPE_NONE ? 0 : fb_vars_of(i);
    }
    return bound;
}

enum fb_code fb_slice_holds(
    const struct fb_form_query *query, size_t tp, bool *out, struct fb_err *err)
{
    FB_ASSERT(query && query->form && query->access && out);
    const struct fb_env given = {.bound = bound_by(query), .values = query->given};
    if (is_direct(query, given.bound)) {
        const struct fb_eval ev = {.trace = fb_access_trace(query->access),
            .var_count = query->var_count,
            .quick = true,
            .bare = true,
            .access = query->access,
            .err = err};
        return fb_eval_truth(&ev, query->form, tp, &given, out);
    }
    return holds_in_slice(query, given.bound, tp, out, err);
}

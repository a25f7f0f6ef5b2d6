/* Formulas at one time-point, from the tuples alone that have a say. */
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
    return fb_walk_possible(&form, 1, 1) && !fb_walk_temporal(form);
}

enum fb_code fb_slice_holds(
    const struct fb_form_query *query, size_t tp, bool *out, struct fb_err *err)
{
    FB_ASSERT(query && query->form && query->access && out);
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
    enum fb_code code = fb_walk_init(&walk, query->access, fb_walk_nodes(query->form), &own, err);
    if (code == FB_OK && sliced) {
        fb_vars bound = 0;
        for (uint32_t i = 0; i < query->var_count; i++) {
            walk.values[i] = query->given[i];
            bound |= query->given[i].type == FB_TYPE_NONE ? 0 : fb_vars_of(i);
        }
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

#include "engine/trace.h"

#include <string.h>

#include "base/assert.h"

void fb_trace_range(const struct fb_trace *trace, size_t tp, size_t *out_first, size_t *out_end)
{
    FB_ASSERT(trace && tp < trace->time_count);
    *out_first = trace->starts ? trace->starts[tp] : 0;
    *out_end = trace->starts ? trace->starts[tp + 1] : trace->tuple_count;
    FB_ASSERT(*out_first <= *out_end && *out_end <= trace->tuple_count);
}

enum fb_code fb_trace_tick(const struct fb_trace *trace, fb_time t, struct fb_arena *arena,
    struct fb_trace *out, struct fb_err *err)
{
    FB_ASSERT(trace && arena && out);
    size_t at = 0;
    while (at < trace->time_count && trace->times[at] <= t) {
        at++;
    }
    if (at == 0 || trace->times[at - 1] == t) {
        *out = *trace;
        return FB_OK;
    }
    FB_ASSERT(trace->time_count < FB_TP_MAX - 1);
    struct fb_trace copy = *trace;
    copy.starts = NULL;
    copy.time_count++;
    copy.times = FB_ARENA_ARRAY(arena, fb_time, copy.time_count);
    copy.tuples = FB_ARENA_ARRAY(arena, struct fb_tuple, copy.tuple_count);
    if (!copy.times || !copy.tuples) {
        return fb_arena_failed(arena, err);
    }
    memcpy(copy.times, trace->times, at * sizeof(*copy.times));
    memcpy(copy.times + at + 1, trace->times + at, (trace->time_count - at) * sizeof(*copy.times));
    copy.times[at] = t;
    for (size_t i = 0; i < trace->tuple_count; i++) {
        struct fb_tuple *tuple = &copy.tuples[i];
        *tuple = trace->tuples[i];
        bool event = tuple->until == tuple->from + 1;
        bool over = tuple->until > at || (tuple->until == at && !event);
        tuple->until += over && tuple->until != FB_TP_MAX ? 1 : 0;
        tuple->from += tuple->from >= at ? 1 : 0;
    }
    *out = copy;
    return FB_OK;
}

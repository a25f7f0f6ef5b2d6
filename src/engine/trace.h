/*
 * trace.h: what both evaluators read: time-points, and tuples that hold over ranges of them.
 *
 * An event holds at one time-point; a state holds from the time-point at which it became known
 * until it is superseded. Time-points are ordered; their times never decrease.
 */
#ifndef FB_ENGINE_TRACE_H
#define FB_ENGINE_TRACE_H

#include "base/why.h"
#include "engine/ir.h"

/** No end: the tuple still holds at the last time-point. */
#define FB_TP_MAX SIZE_MAX

/** A tuple of a relation over the time-points [from, until). */
struct fb_tuple {
    uint32_t relation;
    size_t from;
    size_t until;
    const struct fb_value *values; /**< arity of the relation */
    uint64_t seq;                  /**< the record it comes from, or FB_WHY_NO_RECORD */
    struct fb_str record_id;
    const struct fb_why *why; /**< of a tuple that was derived: why it holds; NULL for a fact */
    bool correction; /**< its record supersedes another, whose tuple ends where this begins */
};

/** A trace. The evaluators need the tuples of a relation in the order of `from`. */
struct fb_trace {
    const struct fb_signature *signature;
    fb_time *times;
    size_t time_count;
    struct fb_tuple *tuples;
    size_t tuple_count;
    const size_t *starts; /**< NULL, or all tuples are events, and those of time-point i are at
                               [starts[i], starts[i + 1]) */
};

/** The tuples that may hold at time-point tp: [*out_first, *out_end) of the trace's. */
void fb_trace_range(const struct fb_trace *trace, size_t tp, size_t *out_first, size_t *out_end);

/** A copy of a trace with one more time-point, at time t, at which nothing happens; the same trace
 * when it has one at t already, or when t is FB_TIME_MIN or before the first. States that hold go
 * on over it; a tuple of a single time-point is an event and does not. Lives in arena, borrows the
 * values. */
FB_CHECKED enum fb_code fb_trace_tick(const struct fb_trace *trace, fb_time t,
    struct fb_arena *arena, struct fb_trace *out, struct fb_err *err);

#endif

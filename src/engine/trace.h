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

/** The time-point that stands for an instant where instants are their own time-points
 * (fb_trace.by_time); the order is the same, and FB_TIME_MAX is FB_TP_MAX. */
static inline size_t fb_tp_of_time(fb_time t)
{
    return (size_t)((uint64_t)t ^ (uint64_t)1 << 63);
}

/** The instant that such a time-point stands for. */
static inline fb_time fb_time_of_tp(size_t tp)
{
    return (fb_time)((uint64_t)tp ^ (uint64_t)1 << 63);
}

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

/** Gives the reason of a derived tuple of a trace that has none yet; *out stays NULL where there is
 * nothing to say. False when memory ran out. */
typedef bool (*fb_tell)(void *ctx, const struct fb_tuple *tuple, const struct fb_why **out);

/** A trace. The evaluators need the tuples of a relation in the order of `from`. */
struct fb_trace {
    const struct fb_signature *signature;
    fb_time *times;
    size_t time_count;
    struct fb_tuple *tuples;
    size_t tuple_count;
    const size_t *starts; /**< NULL, or all tuples are events, and those of time-point i are at
                               [starts[i], starts[i + 1]) */
    bool by_time; /**< every instant is a time-point (fb_tp_of_time), up to the last, which is
                       before time_count; times is NULL, and the tuples are in any order. Slices are
                       cut from such a trace (engine/access.h); the evaluators do not read it */
    fb_tell tell; /**< NULL, or reasons are asked for only when they are wanted; slices hand it on.
                       It knows a tuple by its values, which slices share */
    void *tell_ctx;
};

/** The time of a time-point of a trace. */
static inline fb_time fb_trace_time(const struct fb_trace *trace, size_t tp)
{
    return trace->by_time ? fb_time_of_tp(tp) : trace->times[tp];
}

/** The tuples that may hold at time-point tp: [*out_first, *out_end) of the trace's. */
void fb_trace_range(const struct fb_trace *trace, size_t tp, size_t *out_first, size_t *out_end);

/** A copy of a trace with one more time-point, at time t, at which nothing happens; the same trace
 * when it has one at t already, or when t is FB_TIME_MIN or before the first. States that hold go
 * on over it; a tuple of a single time-point is an event and does not. Lives in arena, borrows the
 * values. */
FB_CHECKED enum fb_code fb_trace_tick(const struct fb_trace *trace, fb_time t,
    struct fb_arena *arena, struct fb_trace *out, struct fb_err *err);

#endif

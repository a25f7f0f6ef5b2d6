/*
 * slice.h: duties, one obligation at a time.
 *
 * What becomes of an obligation depends on few facts: those that agree with its bindings in some
 * atom of the duty's formulas. A slice is the trace of these alone, with the time-points at which
 * they begin or end. The obligations with those bindings are the same over the slice as over the
 * whole trace (Basin, Caronni, Ereth, Harvan, Klaedtke, Mantel, "Scalable offline monitoring of
 * temporal specifications", FMSD 49, 2016, for the data; README.md of this room for the
 * time-points), so that their cost is that of their own facts.
 */
#ifndef FB_ENGINE_SLICE_H
#define FB_ENGINE_SLICE_H

#include "base/workers.h"
#include "engine/access.h"
#include "engine/eval.h"

/** Limits; each has an error and a test. */
enum { FB_DUTY_OWED_MAX = 20 * 1000 * 1000 /**< obligations of one duty */ };

/** Walks for slices of an access that grows, those that look at much: what they met is kept for the
 * next question, which looks at what came since (docs/decisions/0071). */
struct fb_kept;

/** Of none. It lives in arena, which grows with it, and not longer than the access. E_NOMEM. */
FB_CHECKED enum fb_code fb_kept_new(
    struct fb_arena *arena, struct fb_kept **out, struct fb_err *err);

/** Says that the first `count` tuples of the access are not taken back any more. */
void fb_kept_stay(struct fb_kept *kept, size_t count);

/** One duty over a trace. */
struct fb_duty_query {
    const struct fb_program *program;
    const struct fb_duty *duty;
    struct fb_access *access;
    fb_time now;
    const struct fb_value *only; /**< only obligations in which parameter only_param has one of
                                      these values; NULL: all */
    size_t only_count;
    uint32_t only_param;
    struct fb_kept *kept; /**< of an access that grows: walks of questions before; NULL: none, as
                               it must be with several threads */
};

/** Whether an obligation with these bindings is asked for. */
bool fb_duty_wanted(const struct fb_duty_query *query, const struct fb_value *bindings);

/** The same obligations in the same order as fb_duty_run_naive, as far as they are wanted, but
 * without reasons (why is NULL). bindings, parties and duty are borrowed from the trace and the
 * program. E_POLICY, E_RANGE and E_LIMIT as there; E_LIMIT for more than FB_DUTY_OWED_MAX
 * obligations; E_UNSUPPORTED when the access grows and the duty is not FB_SLICED. */
FB_CHECKED enum fb_code fb_duty_run(const struct fb_duty_query *query, struct fb_arena *arena,
    struct fb_obligations *out, struct fb_err *err);

/** The same of many duties, over one access, on `threads` (1 to FB_WORKERS_MAX) threads: outs[i] is
 * what fb_duty_run gives for queries[i]. The error is that of the first query that fails in the
 * first step that does. With more than one thread nothing else may use the access meanwhile, and
 * its arena and `arena` may be one. */
FB_CHECKED enum fb_code fb_duty_run_all(const struct fb_duty_query *queries, size_t count,
    size_t threads, struct fb_arena *arena, struct fb_obligations *outs, struct fb_err *err);

/** The reason of one of those obligations, as fb_duty_run_naive gives it. */
FB_CHECKED enum fb_code fb_duty_explain(const struct fb_duty_query *query,
    const struct fb_obligation *of, struct fb_arena *arena, struct fb_why **out,
    struct fb_err *err);

/** What has to be looked at to decide one obligation of a duty, over a trace with distinct times.
 */
enum fb_slicing {
    FB_SLICED, /**< the facts that agree with its bindings, at the times at which they change */
    FB_SLICED_AT_ALL_TIMES, /**< the same at every time-point: the duty has operators over time */
    FB_WHOLE_BY_PARAMS,     /**< all facts: only an aggregation says what the obligations are */
    FB_WHOLE_BY_NAMES, /**< all facts: one name stands for two variables, or there is a definition
                        */
};

/** Finds that out. E_NOMEM. */
FB_CHECKED enum fb_code fb_duty_slicing(
    const struct fb_duty *duty, enum fb_slicing *out, struct fb_err *err);

/** The predicate number nth, from 0, that shares no variable with what its duty is about, also not
 * by way of others: for each obligation all facts are looked at that agree with its constants. NULL
 * when there are not so many. */
const struct fb_form *fb_duty_loose(const struct fb_duty *duty, size_t nth);

/** A formula, some of whose variables have values. */
struct fb_form_query {
    struct fb_access *access;
    const struct fb_form *form;
    size_t var_count;
    const struct fb_value *given; /**< var_count values; those that are not NONE are bound */
};

/** Whether fb_slice_holds looks at the tuples alone that have a say about a formula. */
bool fb_form_sliced(const struct fb_form *form);

/** Whether a formula holds at a time-point, as fb_eval_naive says, from the tuples that have a say.
 * E_POLICY when it is outside the fragment; E_UNSUPPORTED when the access grows and
 * fb_form_sliced says no. */
FB_CHECKED enum fb_code fb_slice_holds(
    const struct fb_form_query *query, size_t tp, bool *out, struct fb_err *err);

#endif

/*
 * slice_cut.h: cutting one slice out of a trace. Only the files of slices include it.
 *
 * A slice holds the tuples that a walk over the formulas of a duty meets under the bindings of an
 * obligation, with the time-points at which they begin or end. README.md of this room says why the
 * obligations over it are those over the whole trace.
 */
#ifndef FB_ENGINE_SLICE_CUT_H
#define FB_ENGINE_SLICE_CUT_H

#include "engine/duty.h"
#include "engine/slice.h"
#include "engine/slice_walk.h"

/** Rows of the trigger that a walk tells of (slice_rows.c). */
struct fb_cut_rows {
    bool can;                     /**< rows can be told from walks */
    const struct fb_form **tests; /**< conjuncts of the trigger that hang on no time */
    size_t test_count;
    const struct fb_form **asked; /**< those that have to be asked at each time-point */
    size_t asked_count;
    fb_vars bound;          /**< what the trigger binds */
    bool known;             /**< all rows that the slice at hand may have were met */
    struct fb_arena *arena; /**< of these */
    struct fb_duty_row *items;
    size_t count;
};

/** What slices of one duty are cut out of, and by what. */
struct fb_cutter {
    const struct fb_duty_query *query;
    const struct fb_trace *trace;
    struct fb_err *err;
    struct fb_walk walk;
    const struct fb_form **asides; /**< what is looked at beside the trigger, as far as there are
                                        tuples that it could meet */
    size_t aside_count;
    fb_vars params;
    size_t tp_count;   /**< time-points up to now */
    size_t effective;  /**< the time-point at which the policy comes into force; SIZE_MAX: none */
    bool whole;        /**< no slices can be cut: the duty runs over everything at once */
    bool all_times;    /**< every time-point counts: there are operators over time */
    size_t valuations; /**< of the trigger, that the slice at hand was cut for */
    struct fb_cut_rows rows;
};

/** A slice: a trace in an arena. */
struct fb_slice {
    struct fb_trace trace;
    struct fb_arena *arena;
    struct fb_duty_rows rows; /**< that the trigger may have in it; duty is NULL: not known */
};

/** Most memory of one run besides its results, and of one slice and what is done with it. */
#define FB_CUT_MEMORY_MAX ((size_t)16 << 30)
#define FB_CUT_SLICE_MAX ((size_t)1 << 28)

/** Prepares a cutter, which lives in arena, for a query, which must outlive it. E_NOMEM;
 * E_UNSUPPORTED when the access grows and no slices can be cut for the duty. */
FB_CHECKED enum fb_code fb_cut_init(struct fb_cutter *s, const struct fb_duty_query *query,
    struct fb_arena *arena, struct fb_err *err);

/** Cuts the slice for the obligations with these values of the duty's parameters, and counts the
 * valuations of the trigger that it holds: without any the duty is never owed for them, and nothing
 * is cut. It lives in out's arena, which the caller gives; texts are borrowed from the trace.
 * E_NOMEM, and E_LIMIT for more than that arena may hold. */
FB_CHECKED enum fb_code fb_cut(
    struct fb_cutter *s, const struct fb_value *key, struct fb_slice *out);

/** Finds out which rows of the trigger can be told from walks. E_NOMEM. */
FB_CHECKED enum fb_code fb_cut_rows_init(struct fb_cutter *s, struct fb_arena *arena);

/** Begins a slice, whose rows live in arena. */
void fb_cut_rows_begin(struct fb_cutter *s, struct fb_arena *arena);

/** Notes a valuation that the walk is at. */
FB_CHECKED enum fb_code fb_cut_rows_note(struct fb_cutter *s, fb_vars bound);

/** What was noted, in order. */
void fb_cut_rows_end(struct fb_cutter *s, struct fb_duty_rows *out);

/** Cuts the slice of some rows of the trigger: what has a say about obligations that rest on these
 * alone. With a time-point (NULL: none) less is cut where a row, or `while` the duty is owed, holds
 * from there or before on for good: just what shows that, and not what else there is to say of it.
 */
FB_CHECKED enum fb_code fb_cut_valuations(struct fb_cutter *s, const struct fb_value *const *rows,
    size_t count, const size_t *low, struct fb_slice *out);

/** Puts the marks of a walk in the order of a trace's tuples that the evaluators need. */
void fb_cut_sort(struct fb_walk *walk, const struct fb_trace *trace);

#endif

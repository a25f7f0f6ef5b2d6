/*
 * pace_history.h: how fast quantities grow, and their pace, over the time of a docket: from dated
 * values, each of which is known from its admission until it is superseded.
 *
 * At each instant at which something becomes known or is taken back there is a reading: the line
 * through the logarithms of the values that were the highest at their dates (a weaker system that
 * is measured later changes nothing), and the interval of its doubling time. Pace follows from the
 * readings as pace.h has it. Fewer than three values that were the highest are a reading that
 * allows nothing, so pace is fast. Where an age is given there is one more reading where the newest
 * value, by its date, gets older than that: it allows nothing, since what nobody measures any more
 * is not known to be slow.
 *
 * Effective compute is read wherever training_compute and algorithmic_efficiency both are: their
 * slopes add (progress.h).
 */
#ifndef FB_EVIDENCE_PACE_HISTORY_H
#define FB_EVIDENCE_PACE_HISTORY_H

#include "evidence/progress.h"

/** Limits; each has an error and a test. */
enum {
    FB_PACE_VALUES_MAX = 100000,  /**< of all quantities */
    FB_PACE_READINGS_MAX = 20000, /**< of one quantity */
};

/** One value. */
struct fb_pace_value {
    struct fb_str series;
    fb_time at; /**< the date that it is of */
    double value;
    fb_time known; /**< from here, */
    fb_time until; /**< and until here: FB_TIME_MAX: it still is */
    size_t record; /**< the caller's; goes to the readings */
};

/** What was known of a quantity over a stretch of time, until the next of the same quantity. */
struct fb_pace_segment {
    struct fb_str series; /**< of the values; "effective_compute" */
    fb_time from;
    size_t used; /**< values of the line; of both factors */
    bool stale;  /**< none of the values is new enough */
    bool has_line;
    double doubling_days;              /**< infinite when it does not grow; NaN without a line */
    struct fb_trend_interval doubling; /**< in days; NaN without a line */
    double slope;                      /**< of the natural logarithm, a day */
    struct fb_pace_state pace;
    size_t record; /**< the value that was made known or taken back */
};

/** All of them: by quantity in the order of names, then by time. */
struct fb_pace_history {
    struct fb_pace_segment *items; /**< the arena's */
    size_t count;
};

/** The rule of the example of policies: doubling in less than 5 months is fast, in more than 18
 * slow, held for 180 days, at 90%. */
struct fb_progress_options fb_pace_usual(void);

/** The history; values are borrowed, and sorted. options->frontier is taken as true. E_LIMIT,
 * E_NOMEM; E_RANGE for the confidence or a value that is not positive. */
FB_CHECKED enum fb_code fb_pace_history_of(struct fb_pace_value *values, size_t count,
    const struct fb_progress_options *options, struct fb_arena *arena, struct fb_pace_history *out,
    struct fb_err *err);

#endif

/*
 * progress.h: how fast quantities grow: doubling times, yearly factors, pace, forecasts.
 *
 * A quantity's growth is the line through the logarithms of its values (trend.h), by default of all
 * points, or of those only that were the highest at their date. Effective compute is the product of
 * training compute and algorithmic efficiency, where a table has both: slopes add, as do the
 * squares of their errors, with the degrees of freedom of B. L. Welch and F. E. Satterthwaite.
 */
#ifndef FB_EVIDENCE_PROGRESS_H
#define FB_EVIDENCE_PROGRESS_H

#include "evidence/pace.h"
#include "ingest/series.h"
#include "stats/trend.h"

/** How to look. */
struct fb_progress_options {
    double confidence;
    bool frontier; /**< only points that were the highest at their date */
    struct fb_pace_rule rule;
    int64_t
        age; /**< pace_history.h: the newest value is newer than this, or pace is fast; 0: any */
};

/** One quantity. */
struct fb_progress {
    struct fb_str name;
    const struct fb_series_point *points; /**< all of it; NULL for effective compute */
    size_t count;
    size_t used;          /**< points of the line */
    bool has_line;        /**< false: fewer than two dates */
    struct fb_trend line; /**< ln value over days since 1970; only slope and error for effective */
    struct fb_trend_interval slope; /**< per day */
    struct fb_pace_state pace;      /**< replayed: each date from the third on is a reading */
    const struct fb_progress
        *of[2]; /**< effective compute: training compute, efficiency; or NULL */
};

/** The quantities of a table, one after the other, effective compute last. */
struct fb_progress_list {
    struct fb_progress *items; /**< the arena's */
    size_t count;
};

/** Finds the growth of each quantity. E_NOMEM, E_RANGE for the confidence. */
FB_CHECKED enum fb_code fb_progress_find(const struct fb_series *series,
    const struct fb_progress_options *options, struct fb_arena *arena, struct fb_progress_list *out,
    struct fb_err *err);

/** The value that is forecast for a date, with the interval for a new point; false without a line
 * over dates. out: value, low, high (low may be 0, high infinite). Effective compute is the product
 * of the forecasts of its factors, in training compute at an efficiency of 1: on the logarithms
 * values add, as do the squares of the errors of new points, with degrees of freedom as above. */
bool fb_progress_forecast(
    const struct fb_progress *progress, fb_time at, double confidence, double out[3]);

/** The same for the line itself, whose interval has no scatter of a new point. */
bool fb_progress_line(
    const struct fb_progress *progress, fb_time at, double confidence, double out[3]);

#endif

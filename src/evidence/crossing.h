/*
 * crossing.h: when some system is first trained with at least so much compute, as an interval.
 *
 * The line through the logarithms of the largest systems of their time: those with fewer than three
 * larger ones within half a year of them, over the last six years before the forecast. The first
 * crossing is expected between the dates at which the upper and the lower end of the interval for a
 * new point (trend.h) reach the threshold. The two numbers were chosen on the notable models of
 * Epoch AI, 2025-02, with later years hidden (docs/COMPUTE.md has the coverage).
 */
#ifndef FB_EVIDENCE_CROSSING_H
#define FB_EVIDENCE_CROSSING_H

#include "ingest/models.h"
#include "stats/trend.h"

/** What the forecast looks at. */
enum { FB_CROSSING_LARGER = 3, FB_CROSSING_YEARS = 6, FB_CROSSING_HORIZON_YEARS = 30 };

/** One dated figure. */
struct fb_crossing_point {
    fb_time at;
    double flop;
};

/** Dated figures, in the order of dates. Memory is the arena's. */
struct fb_crossing_points {
    struct fb_crossing_point *items;
    size_t count;
};

/** A forecast. Dates beyond FB_CROSSING_HORIZON_YEARS are FB_TIME_MAX. */
struct fb_crossing {
    bool met;       /**< some system has reached it by then; low, middle and high are its date */
    bool has_trend; /**< false: too few points for one */
    fb_time low, middle, high;
    double doubling_days;
    size_t used; /**< points of the line */
};

/** How forecasts made earlier did. */
struct fb_crossing_score {
    size_t forecasts, within;
    size_t sooner, later; /**< crossed before low, after high */
    double width_years;   /**< median of high - low */
};

/** The rows of a table that say date and FLOP, sorted. E_NOMEM. */
FB_CHECKED enum fb_code fb_crossing_points(const struct fb_models *models, struct fb_arena *arena,
    struct fb_crossing_points *out, struct fb_err *err);

/** The date of the last point before a moment; FB_TIME_MIN: there is none. */
fb_time fb_crossing_last(const struct fb_crossing_points *points, fb_time before);

/** Forecasts from what was published before as_of. E_NOMEM. */
FB_CHECKED enum fb_code fb_crossing_find(const struct fb_crossing_points *points, double threshold,
    fb_time as_of, double confidence, struct fb_crossing *out, struct fb_err *err);

/** Makes the forecast on the first of each January and July of the table's last twelve years, for
 * each half power of ten that was not reached by then and was within four years. E_NOMEM. */
FB_CHECKED enum fb_code fb_crossing_backtest(const struct fb_crossing_points *points,
    double confidence, struct fb_crossing_score *out, struct fb_err *err);

#endif

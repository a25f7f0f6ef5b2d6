/*
 * growth.h: how fast the horizon of the best agents grows, from horizons and release dates.
 *
 * The frontier are the agents whose horizon was the longest of all at their release. The doubling
 * time is ln 2 / slope of the line through the logarithms of their horizons (trend.h); its interval
 * comes from the resamples of horizon.h, each with the same agents. Horizons below 0.001 minutes,
 * of agents that succeeded in next to nothing, and endless ones, of agents that never failed, are
 * no points of a line, neither of the estimate nor of a resample: what stands there is not measured
 * but comes of where the shortest and the longest task happen to be. METR's code takes 0.001 for
 * them in the estimate and leaves them out of resamples, so that its estimate may lie outside its
 * interval.
 *
 * METR's code drops resamples that do not grow and so conditions on growth; here they are an
 * infinite doubling time, so that the interval may have no upper end.
 */
#ifndef FB_EVIDENCE_GROWTH_H
#define FB_EVIDENCE_GROWTH_H

#include "ingest/runs.h"
#include "stats/trend.h"

/** What to look at. */
struct fb_growth_options {
    const fb_time *dates; /**< an instant for each agent; FB_TIME_MIN: none */
    fb_time after;        /**< agents released at or after this; FB_TIME_MIN: all */
    fb_time before;       /**< and before this; FB_TIME_MAX: all */
    double confidence;
    uint32_t level; /**< which of the horizon's levels */
};

/** One agent with a date and a horizon. */
struct fb_growth_point {
    uint32_t agent;
    fb_time at;
    double minutes;
    bool frontier;
};

/** The growth. Memory is the arena's. */
struct fb_growth {
    struct fb_growth_point *points; /**< sorted by date, then name */
    size_t count;
    size_t frontier_count;
    struct fb_growth_point *left_out; /**< with a date, but no horizon that is a point; sorted */
    size_t left_out_count;
    struct fb_trend line; /**< ln minutes over days since 1970, of the frontier */
    double doubling_days; /**< infinite when there is no growth */
    double median;        /**< of the resamples; NaN without */
    double low, high;     /**< of the interval; high may be infinite; NaN without resamples */
    uint32_t resamples;   /**< with a line */
    uint32_t not_growing; /**< of these */
    struct fb_trend_point *boot; /**< their lines: t is the slope, y the value at day 0 */
};

/** The growth of a result. E_RANGE when fewer than two agents of the frontier are left; E_NOMEM. */
FB_CHECKED enum fb_code fb_growth_find(const struct fb_horizon_result *result,
    const struct fb_growth_options *options, struct fb_arena *arena, struct fb_growth *out,
    struct fb_err *err);

/** The interval of the line, in minutes, at a day since 1970, over the resamples. scratch has room
 * for growth->resamples numbers. */
struct fb_trend_interval fb_growth_band(
    const struct fb_growth *growth, double day, double confidence, double *scratch);

#endif

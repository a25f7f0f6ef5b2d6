/*
 * trend.h: the line through dated points: slope, doubling time, forecast, and whether it broke.
 *
 * Ordinary least squares of y on t with independent normal errors of one size: the slope's interval
 * and the forecast's are those of Student's t with n - 2 degrees of freedom (any text on linear
 * regression, as S. Weisberg, "Applied linear regression", 2005, chapter 2). For growth, y is the
 * logarithm of the quantity. t is counted in days everywhere in flyball.
 */
#ifndef FB_STATS_TREND_H
#define FB_STATS_TREND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "flyball/err.h"

/** Most points of a trend; has a test. */
enum { FB_TREND_POINTS_MAX = 1000000 };

/** One point. */
struct fb_trend_point {
    double t;
    double y;
};

/** A fitted line: y = y_mean + slope (t - t_mean). */
struct fb_trend {
    size_t n;
    double t_mean;
    double y_mean;
    double slope;
    double sxx;   /**< sum of (t - t_mean)^2 */
    double sse;   /**< sum of squared residuals */
    double r2;    /**< 1 when all y are alike */
    double error; /**< standard error of the slope; NaN for n = 2 */
};

/** An interval. Ends may be infinite. */
struct fb_trend_interval {
    double low;
    double high;
};

/** Fits a line. E_RANGE for fewer than 2 points, for points at one time only, and for what is not
 * finite; E_LIMIT. */
FB_CHECKED enum fb_code fb_trend_fit(
    const struct fb_trend_point *points, size_t n, struct fb_trend *out, struct fb_err *err);

/** The line's value at t. */
double fb_trend_at(const struct fb_trend *trend, double t);

/** The two-sided interval of the slope; without ends for n = 2. 0 < confidence < 1. */
struct fb_trend_interval fb_trend_slope(const struct fb_trend *trend, double confidence);

/** The two-sided interval of the line at t, or, for a new point, of that point; without ends for
 * n = 2. */
struct fb_trend_interval fb_trend_band(
    const struct fb_trend *trend, double t, double confidence, bool new_point);

/** The time in which e^y doubles at a slope: ln 2 / slope; infinite when it does not grow. */
double fb_trend_doubling(double slope);

/** The interval of the doubling time from that of the slope. When the slope may be 0 or less, high
 * is infinite: no doubling time is too long to be ruled out; when it is surely so, low is too. */
struct fb_trend_interval fb_trend_doubling_interval(struct fb_trend_interval slope);

/** Marks the frontier of points sorted by t: those whose y is the highest of all up to and at their
 * t, as METR's and Epoch's code have it. Equal points at one t are all marked. */
void fb_trend_frontier(const struct fb_trend_point *points, size_t n, bool *out);

/** Two lines that meet. */
struct fb_trend_break {
    double t;            /**< where they meet */
    double slope_before; /**< per unit of t */
    double slope_after;
    double ratio; /**< after / before; infinite when before is not positive */
    double r2;
    double r2_line;   /**< of the one line */
    double bic_gain;  /**< BIC of one line minus that of two: positive favours two */
    bool accelerated; /**< ratio > 1 and bic_gain > 0 */
};

/** Fits two lines that meet at the time that leaves the least squared error, looked for in the
 * middle 80% of the time covered (Epoch's rule), with at least two points on either side. points
 * are sorted by t. E_RANGE for fewer than 5 points or when no place is left; else as fb_trend_fit.
 */
FB_CHECKED enum fb_code fb_trend_find_break(
    const struct fb_trend_point *points, size_t n, struct fb_trend_break *out, struct fb_err *err);

/** How often an even line with normal scatter at the same times would show a break at which it
 * turns up with as much gain of BIC, of `rounds` simulated ones and the points themselves: a
 * p-value of "it did not accelerate", which BIC alone is not (with 12 points it finds a turn in one
 * of seven even lines). The same seed gives the same. Errors as fb_trend_find_break; E_NOMEM. */
FB_CHECKED enum fb_code fb_trend_break_p(const struct fb_trend_point *points, size_t n,
    const uint32_t rounds_seed[2], double *out_p, struct fb_err *err);

#endif

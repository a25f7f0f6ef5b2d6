/*
 * coverage.h: how often each interval of this room holds the truth, computed or simulated.
 *
 * A bound that says 95% has to hold in 95% of all cases at every rate, or it is no bound. Cases of
 * the usual methods (Wald, and the same without regard to clusters, judges or repeated looks) stand
 * beside ours, to show what they promise and do not keep.
 */
#ifndef FB_STATS_COVERAGE_H
#define FB_STATS_COVERAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "flyball/err.h"

/** One case. Texts are static. */
struct fb_coverage {
    const char *method;
    const char *setting;
    bool ours;     /**< an interval that flyball gives */
    double wanted; /**< confidence */
    double held;   /**< share of cases in which the interval held the truth */
    double error;  /**< standard error of held from the number of rounds; 0: computed exactly */
};

/** The number of cases. */
size_t fb_coverage_count(void);

/** True for the case of a method in a setting. */
bool fb_coverage_is(size_t n, const char *method, const char *setting);

/** Computes or simulates the n-th case; rounds is at least 100 and counts for simulated ones only,
 * which are the same for the same number. E_RANGE, E_NOMEM. */
FB_CHECKED enum fb_code fb_coverage_find(
    size_t n, uint32_t rounds, struct fb_coverage *out, struct fb_err *err);

/** Points of a curve. */
enum { FB_COVERAGE_POINTS = 241 };

/** How often an interval of k of n holds the true rate, over all rates: summed exactly over all k.
 */
struct fb_coverage_curve {
    const char *method;
    bool ours;
    int64_t n;
    double held[FB_COVERAGE_POINTS]; /**< at fb_coverage_rate */
    double least;                    /**< of held */
    double least_at;                 /**< the rate there */
    double mean;                     /**< over the points */
    double empty; /**< chance of an interval of no width, [0, 0] or [1, 1], at a rate of 1 / n */
};

/** The rate of a point: from 0.1% to 99.9%, equally spaced in log odds. */
double fb_coverage_rate(size_t point);

/** The number of curves: each method at each n (10, 20, 30, 50, 100, 200, 300, 1,000), method by
 * method. */
size_t fb_coverage_curve_count(void);

/** True for the curve of a method at n samples. */
bool fb_coverage_curve_is(size_t i, const char *method, int64_t n);

/** Computes the i-th curve. E_NOMEM. */
FB_CHECKED enum fb_code fb_coverage_curve_find(
    size_t i, struct fb_coverage_curve *out, struct fb_err *err);

#endif

/* sample.h: what is said about a list of numbers: mean, variance, quantiles. */
#ifndef FB_STATS_SAMPLE_H
#define FB_STATS_SAMPLE_H

#include <stddef.h>

/** The mean of n >= 1 numbers. */
double fb_sample_mean(const double *x, size_t n);

/** The unbiased variance of n >= 2 numbers, in two passes. */
double fb_sample_variance(const double *x, size_t n);

/** Sorts ascending; no element is NaN. */
void fb_sample_sort(double *x, size_t n);

/** The q quantile, 0 <= q <= 1, of n >= 1 sorted numbers, between neighbours by linear
 * interpolation (type 7 of Hyndman and Fan, "Sample quantiles in statistical packages", 1996; what
 * numpy's quantile does). Infinite elements are allowed. */
double fb_sample_quantile(const double *sorted, size_t n, double q);

#endif

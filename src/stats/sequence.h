/*
 * sequence.h: intervals that hold at every sample size at once, so that one may look at growing
 * data as often as one likes and stop whenever one likes.
 *
 * Both are two-sided: with probability 1 - alpha the true mean is inside at all times; each end by
 * itself holds at 1 - alpha as well.
 */
#ifndef FB_STATS_SEQUENCE_H
#define FB_STATS_SEQUENCE_H

#include <stdint.h>

#include "flyball/err.h"

/** Most samples of fb_sequence_betting; has a test. */
enum { FB_SEQUENCE_SAMPLES_MAX = 10000000 };

/** Successes so far, and for which n the interval is to be the narrowest. */
struct fb_sequence_counts {
    double k; /**< whole numbers, or what samples in clusters are worth (clustered.h) */
    double n;
    double alpha;     /**< 1 - confidence */
    double n_optimal; /**< positive; any choice is valid, and it must be made before looking */
};

/**
 * The beta-binomial mixture of S. R. Howard, A. Ramdas, J. McAuliffe and J. Sekhon, "Time-uniform,
 * nonparametric, nonasymptotic confidence sequences" (Annals of Statistics 49, 2021): all rates p
 * whose martingale
 *
 *     B(r / (1 - p) + k, r / p + n - k) / B(r / (1 - p), r / p) / (p^k (1 - p)^(n - k))
 *
 * is below 1 / alpha, with r = max(v / (2 log 20 + log(1 + 2 log 20)) - p (1 - p), p (1 - p) /
 * 1000), v = n_optimal p (1 - p), as in their library confseq. E_RANGE unless 0 <= k <= n, n <=
 * FB_BINOMIAL_N_MAX and 0 < alpha < 1. For n = 0 the interval is [0, 1].
 */
FB_CHECKED enum fb_code fb_sequence_binomial(
    const struct fb_sequence_counts *counts, double out[2], struct fb_err *err);

/**
 * Hedged betting of I. Waudby-Smith and A. Ramdas, "Estimating means of bounded random variables by
 * betting" (JRSS B 86, 2024), theorem 3, with their predictable plug-in bets cut at 1/2: x are n
 * values within 0 and 1 in the order in which they came. O(n) for each of about 100 candidates.
 * E_RANGE for a value outside 0 to 1 or alpha outside (0, 1), E_LIMIT.
 */
FB_CHECKED enum fb_code fb_sequence_betting(
    const double *x, int64_t n, double alpha, double out[2], struct fb_err *err);

#endif

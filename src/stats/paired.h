/*
 * paired.h: the difference of two systems on the same samples, where samples hang together or
 * values lie between 0 and 1.
 *
 * clustered.h has the exact comparison of pairs that stand alone (fb_paired_compare).
 */
#ifndef FB_STATS_PAIRED_H
#define FB_STATS_PAIRED_H

#include <stddef.h>
#include <stdint.h>

#include "flyball/err.h"

/** The difference of each pair, and the cluster it is in, below `clusters`. Where a side is
 * unresolved, the difference lies anywhere between low and high; else both are the same. */
struct fb_paired_differences {
    const double *low;
    const double *high;
    const uint32_t *cluster;
    size_t n;
    uint32_t clusters;
};

/**
 * The two-sided interval of the mean difference, for differences of any size: the clustered error
 * of the differences (E. Miller, "Adding error bars to evals", arXiv 2411.00640, section 4, with
 * Inspect's C / (C - 1)) and Student's t; the span of the intervals with unresolved pairs at their
 * low, at no difference and at their high. Without ends for one cluster, and where all clusters are
 * alike: differences that were not seen to vary say nothing of how far they may. E_RANGE for what
 * is not finite, or no pair; E_NOMEM.
 */
FB_CHECKED enum fb_code fb_paired_means(const struct fb_paired_differences *pairs,
    double confidence, double out[2], struct fb_err *err);

/**
 * The same for differences from -1 to 1, without the normal approximation: what the one system
 * gains and what it loses are two rates, and each has Korn and Graubard's interval (clustered.h) at
 * half of the error. Never of no width; the span over unresolved pairs as above. E_RANGE for other
 * differences or no pair; E_NOMEM.
 */
FB_CHECKED enum fb_code fb_paired_rates(const struct fb_paired_differences *pairs,
    double confidence, double out[2], struct fb_err *err);

/**
 * The two-sided p-value of "they are alike", by changing sides of whole clusters: were the systems
 * alike, each cluster's sum of differences could as well have the other sign (R. A. Fisher, The
 * design of experiments, 1935). Exact, by counting all 2^C signs; McNemar's test where each pair
 * stands alone. Beyond 2^26 steps of counting, by the normal approximation to the same sum. Pairs
 * with low != high do not count. Differences are -1, 0 or 1, else E_RANGE; E_NOMEM.
 */
FB_CHECKED enum fb_code fb_paired_flips(
    const struct fb_paired_differences *pairs, double *out_p, struct fb_err *err);

#endif

/* probe.h: how well scores tell positives from negatives: AUROC with its interval. */
#ifndef FB_STATS_PROBE_H
#define FB_STATS_PROBE_H

#include <stddef.h>

#include "flyball/err.h"

/** Scores of samples whose truth is known. */
struct fb_probe {
    const double *positives;
    size_t positive_count;
    const double *negatives;
    size_t negative_count;
};

/** The area under the receiver operating characteristic: P(positive > negative) + P(equal) / 2. */
struct fb_probe_auroc {
    double value;
    double error; /**< standard error */
    double low;   /**< of the two-sided interval */
    double high;
};

/**
 * E. R. DeLong, D. M. DeLong and D. L. Clarke-Pearson, "Comparing the areas under two or more
 * correlated receiver operating characteristic curves" (Biometrics 44, 1988), from midranks (X. Sun
 * and W. Xu, 2014) in O(n log n); the interval is normal in the log odds. Where the variance is 0,
 * as when the scores separate perfectly, the interval is Clopper and Pearson's for min(positives,
 * negatives) pairs of which all, or that share, were right: never of no width. E_RANGE for fewer
 * than 2 of either, a score that is NaN, or the confidence; E_NOMEM.
 */
FB_CHECKED enum fb_code fb_probe_find(const struct fb_probe *probe, double confidence,
    struct fb_probe_auroc *out, struct fb_err *err);

#endif

/*
 * estimator.h: which bounds an evaluation gets, and why.
 *
 * What an evaluation says of itself decides, and nothing else (decision 0031):
 *
 * - Samples of which each stands alone, their number fixed before: Clopper-Pearson, one-sided. With
 *   epochs too, for a sample counts once, whatever its repeats.
 * - Samples in clusters: Clopper-Pearson for as many independent samples as these are worth (E. L.
 *   Korn and B. I. Graubard 1998; stats/clustered.h), apart for what the lower and the upper bound
 *   count.
 * - A number of samples that followed, or may have followed, from what came out: bounds that hold
 *   at all numbers at once (beta-binomial mixture; stats/sequence.h), the narrowest at the number
 *   of samples that the red line needs.
 * - A judge whose errors are on record: the bound on what it judged positive, with half of the
 *   error, and exact bounds on its two rates of error, with a quarter each, so that together they
 *   hold at the confidence. A judge that misses half of the successes may hide as many again.
 *
 * They combine. Clusters and looks only widen; a judge that is known to give false alarms may lower
 * the upper bound, but never below what a success in none of so many samples would give.
 */
#ifndef FB_EVIDENCE_ESTIMATOR_H
#define FB_EVIDENCE_ESTIMATOR_H

#include <stdbool.h>

#include "base/json.h"

/** How the number of samples came about. */
enum fb_stopping {
    FB_STOPPING_FIXED,      /**< before any of them was seen */
    FB_STOPPING_SEQUENTIAL, /**< the record says that it followed from what came out */
    FB_STOPPING_UNKNOWN,    /**< the record says that nobody knows */
    FB_STOPPING_EARLY,      /**< the run could end before all were run (flag early_stopping) */
    FB_STOPPING_GROWN,      /**< the record corrects one of fewer samples: more were added */
};

/** What samples in clusters are worth, for one of the two counts. */
struct fb_worth {
    double samples; /**< independent samples; as many as there are when they stand alone */
    double freedom; /**< degrees of freedom of that figure */
};

/** How bounds are made. */
struct fb_estimator {
    int64_t samples;  /**< that worth was found for */
    int64_t clusters; /**< 0: none are known, each sample stands alone */
    struct fb_worth low, high;
    struct fb_str by; /**< what joins the samples of a cluster; borrowed */
    enum fb_stopping stopping;
    double samples_optimal; /**< where a bound for all numbers is the narrowest */
    bool judged;            /**< the judge's errors are on record: */
    int64_t negatives, right_negatives, positives, right_positives;
    int64_t epochs;
};

/** What was counted. */
struct fb_counts {
    int64_t samples;
    int64_t low;  /**< successes for the lower bound */
    int64_t high; /**< successes for the upper bound, unresolved samples among them */
    const struct fb_estimator *how; /**< NULL: each sample stands alone, their number was fixed */
};

/** What is known beside the record itself. */
struct fb_estimator_given {
    int64_t samples_needed; /**< by the red line; 0: none, and 200 are taken */
    bool grown;             /**< the record corrects one of fewer samples */
};

/**
 * Chooses from the body of an evaluation, which was admitted or drafted here. E_RANGE when its
 * counts do not fit together.
 */
FB_CHECKED enum fb_code fb_estimator_of(const struct fb_json *body,
    const struct fb_estimator_given *given, struct fb_estimator *out, struct fb_err *err);

/** Lower and upper bound of the rate, each one-sided at the confidence: [0, 1] without samples, or
 * with more than a bound can be had for. E_RANGE as fb_binomial_lower. */
FB_CHECKED enum fb_code fb_estimator_bounds(
    const struct fb_counts *counts, double confidence, double out[2], struct fb_err *err);

/** True when bounds are plain Clopper-Pearson. how may be NULL. */
bool fb_estimator_is_plain(const struct fb_estimator *how);

/** The method in a word or several, as "exact", "clustered, anytime, judge". Static. */
const char *fb_estimator_name(const struct fb_estimator *how);

#endif

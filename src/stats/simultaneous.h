/*
 * simultaneous.h: rates of several groups at once, whose samples may be the same ones.
 *
 * Bounds of many groups hold together when each is taken at a higher confidence. How much higher
 * depends on how the groups hang together: where the same questions are asked about each of twenty
 * groups, twenty bounds fail together, and less is needed than for twenty groups that share
 * nothing.
 */
#ifndef FB_STATS_SIMULTANEOUS_H
#define FB_STATS_SIMULTANEOUS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "flyball/err.h"
#include "stats/clustered.h"

/** Most groups whose dependence is looked at; has a test. */
enum { FB_SIMULTANEOUS_GROUPS_MAX = 256 };

/** Outcomes, one a row. The same sample may stand in several groups, and several times in one,
 * where its outcomes then hang together. */
struct fb_simultaneous {
    const uint32_t *group;  /**< by row, below groups */
    const uint32_t *sample; /**< by row, below samples */
    const double *x;        /**< by row: 0, 1, or NaN for one that is unresolved */
    size_t n;
    uint32_t groups, samples;
    double confidence; /**< at which all bounds are to hold together */
    uint64_t key;      /**< of the random numbers: fb_random_key of a digest of the rows */
    uint32_t draws;    /**< at least 1; 999 give the level, more give it again with other numbers */
};

/** What is known of one group. */
struct fb_simultaneous_group {
    int64_t n, k, unresolved;
    bool is_clustered;                 /**< a sample stands in it more than once */
    struct fb_clustered_mean means[2]; /**< where it is: unresolved as failures, as successes */
};

/** The level at which each bound is taken. */
struct fb_simultaneous_level {
    double each;      /**< one-sided confidence of each of the two ends of each group */
    double shrinkage; /**< of the correlations towards 0; 1: nothing is made of them */
    uint32_t shared;  /**< pairs of groups that have samples in common */
};

/**
 * The level at which the ends of all groups hold together. The residuals of a sample, in each group
 * that it stands in, give the correlation of the groups' rates; of normal variates Z with these
 * correlations the confidence quantile c of max |Z| is drawn, and each = P(Z <= c) (T. Hothorn,
 * F. Bretz and P. Westfall, "Simultaneous inference in general parametric models", 2008).
 *
 * - Correlations of few samples are mostly chance, and chance makes groups look alike: they are
 *   shrunk towards 0 as J. Schafer and K. Strimmer do ("A shrinkage approach to large-scale
 *   covariance matrix estimation", 2005), by sum Var(r) / sum r^2, at most 1. Smaller correlations
 *   make a wider interval (Z. Sidak, 1968), so that the error goes to the safe side.
 * - A group without failures or without successes has no residuals and counts as independent, and
 *   so do unresolved samples.
 * - Of N draws the ceil((N + 1) confidence)-th is taken, which further draws stay below with
 *   exactly that chance (G. A. Barnard, 1963).
 * - each is never more than for groups that share nothing (fb_groups_independent; it is that bound
 *   for any correlation of normal variates) and never less than for one group.
 *
 * out has room for one a group. E_RANGE for no rows, a group without rows, an x or a confidence
 * that makes no sense; E_LIMIT for more groups than FB_SIMULTANEOUS_GROUPS_MAX; E_NOMEM.
 */
FB_CHECKED enum fb_code fb_simultaneous_find(const struct fb_simultaneous *rows,
    struct fb_simultaneous_group *out, struct fb_simultaneous_level *out_level, struct fb_err *err);

/** The two ends of a group's rate at a one-sided confidence each: Clopper and Pearson's; for a
 * group whose samples stand in it several times, Korn and Graubard's (fb_clustered_rate), for which
 * it is above 0.5. Unresolved samples count as failures below and as successes above. E_RANGE. */
FB_CHECKED enum fb_code fb_simultaneous_bounds(
    const struct fb_simultaneous_group *group, double each, double out[2], struct fb_err *err);

/** The chance that such a group comes out so low or lower although its rate is the threshold: the
 * greatest error at which the upper end still reaches it, from 2^-40 to 1/2 (1 above). E_RANGE. */
FB_CHECKED enum fb_code fb_simultaneous_p(
    const struct fb_simultaneous_group *group, double threshold, double *out, struct fb_err *err);

#endif

/*
 * clustered.h: means over samples that hang together, over pairs, and over groups.
 */
#ifndef FB_STATS_CLUSTERED_H
#define FB_STATS_CLUSTERED_H

#include <stddef.h>
#include <stdint.h>

#include "flyball/err.h"

/** Samples in clusters: cluster[i] is the number of the cluster of x[i], below `clusters`. */
struct fb_clustered {
    const double *x;
    const uint32_t *cluster;
    size_t n;
    uint32_t clusters;
};

/** A mean, its error and what the samples are worth. */
struct fb_clustered_mean {
    double mean;
    double error;    /**< standard error; NaN with one cluster */
    uint32_t filled; /**< clusters that have samples */
    double freedom;  /**< degrees of freedom of the error */
    double worth;    /**< how many independent samples of a rate these are worth; x within 0, 1 */
};

/**
 * The mean and its standard error (E. Miller, "Adding error bars to evals", arXiv 2411.00640, with
 * the factor C / (C - 1) that Inspect uses):
 *
 *     error^2 = C / (C - 1) sum_c (sum_{i in c} (x_i - mean))^2 / n^2
 *
 * with the degrees of freedom that F. E. Satterthwaite's rule (1946) gives to a sum of such
 * squares, (sum_c r_c^2)^2 / sum_c r_c^4 and at most C - 1: where a few clusters make the error, it
 * is as uncertain as few of them are. A paired comparison is the same on the differences. worth =
 * mean (1 - mean) / error^2, held between C and n; C when all samples are alike. E_RANGE without
 * samples or for a value that is not finite; E_NOMEM.
 */
FB_CHECKED enum fb_code fb_clustered_find(
    const struct fb_clustered *samples, struct fb_clustered_mean *out, struct fb_err *err);

/** The two-sided interval of the mean by Student's t with these degrees of freedom; without ends
 * for one cluster. For differences and values beyond 0 and 1. */
void fb_clustered_interval(const struct fb_clustered_mean *mean, double confidence, double out[2]);

/**
 * The two-sided interval of a clustered rate: Clopper and Pearson's for `worth` samples times the
 * squared ratio of Student's t at n - 1 degrees of freedom and at those of the error (E. L. Korn
 * and B. I. Graubard, "Confidence intervals for proportions with small expected number of positive
 * counts estimated from survey data", 1998). Never of no width: 0 successes in C clusters is 0 of
 * C. For one cluster it is [0, 1]. E_RANGE for a mean outside 0 to 1 or the confidence.
 */
FB_CHECKED enum fb_code fb_clustered_rate(const struct fb_clustered_mean *mean, size_t n,
    double confidence, double out[2], struct fb_err *err);

/** The confidence at which each of `groups` intervals must hold for all to hold together:
 * 1 - (1 - confidence) / groups (Bonferroni), whatever hangs together. groups >= 1. */
double fb_groups_confidence(double confidence, size_t groups);

/** The same for the two one-sided ends of each of `groups` intervals of groups that share no
 * samples: (1 + confidence^(1 / groups)) / 2. The groups are independent (Z. Sidak, "Rectangular
 * confidence regions for the means of multivariate normal distributions", 1967); the two ends of
 * one group are not, as at most one of them fails, so that their errors add up. groups >= 1. */
double fb_groups_independent(double confidence, size_t groups);

/** Two systems on the same n samples: how often only the first, or only the second, succeeded. */
struct fb_paired {
    int64_t only_first;
    int64_t only_second;
    int64_t n; /**< of them, unresolved ones included */
    int64_t
        unresolved; /**< which in one of the two errored or has no value: they may go either way */
};

/** The difference of the rates, first minus second. */
struct fb_paired_result {
    double difference;
    double low; /**< of the two-sided interval: Clopper and Pearson's for both counts, combined at
                     half of the error each; exact, and wider than need be */
    double high;
    double p_value; /**< of those that are resolved: two-sided exact test that both are alike (Q.
                       McNemar, 1947) */
    double p_first; /**< one-sided: that the first is not better */
};

/** E_RANGE for counts that make no sense or the confidence. */
FB_CHECKED enum fb_code fb_paired_compare(const struct fb_paired *counts, double confidence,
    struct fb_paired_result *out, struct fb_err *err);

/** Replaces n p-values by those that S. Holm's procedure (1979) leaves: that the i-th is at most
 * alpha means that it holds, with all errors together at most alpha. E_NOMEM. */
FB_CHECKED enum fb_code fb_holm(double *p, size_t n, struct fb_err *err);

#endif

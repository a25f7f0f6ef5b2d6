/*
 * posterior.h: Bayesian comparisons of two systems, and of groups that share their strength.
 *
 * What is said here holds on average over a prior, not at every rate: it is for ranking and
 * display. Red lines use the bounds of binomial.h and clustered.h. All integrals are by quadrature,
 * none by chance, so the same counts give the same digits everywhere.
 */
#ifndef FB_STATS_POSTERIOR_H
#define FB_STATS_POSTERIOR_H

#include <stddef.h>
#include <stdint.h>

#include "flyball/err.h"

/** Limits; each has a test. */
enum {
    FB_POSTERIOR_N_MAX = 1000000, /**< samples of one system or group */
    FB_POSTERIOR_GROUPS_MAX = 1000,
};

/**
 * P(p1 > p2) for independent rates with flat priors, k of n each, as S. Bowyer, L. Aitchison and
 * D. Ivanova compare systems (arXiv 2503.01747, bayes_evals.independent_comparisons), but exact:
 * with a = 1 + k and b = 1 + n - k,
 *
 *     sum over i < a1 of B(a2 + i, b1 + b2) / ((b1 + i) B(1 + i, b1) B(a2, b2)).
 *
 * first and second: {successes, samples}. E_RANGE for counts that make no sense, E_LIMIT.
 */
FB_CHECKED enum fb_code fb_posterior_independent(
    const int64_t first[2], const int64_t second[2], double *out, struct fb_err *err);

/** Two systems on the same samples: how many both, only the first, only the second and neither
 * solved. */
struct fb_posterior_table {
    int64_t both;
    int64_t first;
    int64_t second;
    int64_t neither;
};

/** P(p1 > p2) on the same samples, by two models. */
struct fb_posterior_paired {
    /** Four cells with a flat Dirichlet prior. p1 - p2 is the first cell only minus the second
     * only, and their share of each other is a beta variate: P = 1 - I(1/2; 1 + first, 1 +
     * second), exactly. */
    double dirichlet;
    /** Two normal variates with correlation rho cut at thresholds (bayes_evals.paired_comparisons):
     * flat priors on both rates, rho = 2 Beta(4, 2) - 1. By quadrature, to 1e-4 or better; NaN when
     * there are more than 100,000 samples. */
    double normal;
};

/** E_RANGE for counts that make no sense, E_LIMIT. */
FB_CHECKED enum fb_code fb_posterior_paired(
    const struct fb_posterior_table *table, struct fb_posterior_paired *out, struct fb_err *err);

/** A group: its counts, and, when it is written, its rate with the interval. */
struct fb_posterior_group {
    int64_t k;
    int64_t n; /**< may be 0: a group that was not measured, which the others speak for */
    double mean;
    double low;
    double high;
};

/** What groups have in common. Rates are of the typical group: 1 / (1 + exp(-mu)). */
struct fb_posterior_groups {
    double mean, low, high;             /**< of that rate */
    double new_mean, new_low, new_high; /**< of the rate of a group that was not seen */
    double spread;                      /**< posterior mean of tau, on the log odds */
    double spread_low, spread_high;
};

/**
 * The hierarchical binomial model of HiBayES (arXiv 2505.05602, its
 * simplified_group_binomial_exponential with its priors): k_g ~ Binomial(n_g, 1 / (1 + exp(-(mu +
 * tau z_g)))), z_g ~ Normal(0, 1), mu ~ Normal(0, 1), tau ~ Exponential(1). Groups borrow strength:
 * a small one is drawn towards the others. HiBayES samples; here mu and tau are on a grid that is
 * laid where their posterior is, and each z_g is integrated around its mode (adaptive quadrature).
 * Intervals are equal-tailed. E_RANGE for counts or the confidence, E_LIMIT, E_NOMEM.
 */
FB_CHECKED enum fb_code fb_posterior_groups_find(struct fb_posterior_group *groups, size_t count,
    double confidence, struct fb_posterior_groups *out, struct fb_err *err);

#endif

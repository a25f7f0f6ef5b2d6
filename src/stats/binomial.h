/*
 * binomial.h: bounds on a rate from k successes in n independent samples.
 *
 * The bounds are those of C. J. Clopper and E. S. Pearson, "The use of confidence or fiducial
 * limits illustrated in the case of the binomial", Biometrika 26 (1934), 404-413: exact, so that
 * at every true rate and every n they hold with at least the stated confidence. With a = 1 -
 * confidence, one-sided:
 *
 *     lower: the rate p at which P(at least k of n) = a, the a quantile of Beta(k, n - k + 1)
 *     upper: the rate p at which P(at most k of n) = a, the 1 - a quantile of Beta(k + 1, n - k)
 *
 * A two-sided interval of confidence c is the two one-sided bounds of confidence (1 + c) / 2.
 *
 * Every bound errs outward: the quantile is found by bisection on libRmath's pbeta, the safe end
 * of the last bracket is taken, and 2^-44 of the bound (6e-14) is added to cover pbeta's own
 * error. That is invisible in the 12 digits that verdicts compare (SEMANTICS.md, Numbers).
 */
#ifndef FB_STATS_BINOMIAL_H
#define FB_STATS_BINOMIAL_H

#include "base/decimal.h"

/** Most samples that a bound is computed for. */
enum { FB_BINOMIAL_N_MAX = 1000000000 };

/** The one-sided lower bound; 0 when k is 0. E_RANGE, and *out untouched, unless 0 <= k <= n,
 * 1 <= n <= FB_BINOMIAL_N_MAX and 0 < confidence < 1. */
FB_CHECKED enum fb_code fb_binomial_lower(
    int64_t k, int64_t n, double confidence, double *out, struct fb_err *err);

/** The one-sided upper bound; 1 when k is n, 1 - (1 - confidence)^(1/n) when k is 0. Errors as
 * fb_binomial_lower. */
FB_CHECKED enum fb_code fb_binomial_upper(
    int64_t k, int64_t n, double confidence, double *out, struct fb_err *err);

/** The same two bounds for counts that are no whole numbers, such as those that samples in clusters
 * are worth (clustered.h): quantiles of Beta(k, n - k + 1) and Beta(k + 1, n - k). The lower one is
 * 0 for k < 0.1, the upper one 1 for n - k < 0.1. E_RANGE, and *out untouched, unless 0 <= k <= n,
 * 1 <= n <= FB_BINOMIAL_N_MAX and 0 < confidence < 1. */
FB_CHECKED enum fb_code fb_binomial_lower_real(
    double k, double n, double confidence, double *out, struct fb_err *err);
FB_CHECKED enum fb_code fb_binomial_upper_real(
    double k, double n, double confidence, double *out, struct fb_err *err);

/** A prior for a rate: Beta(a, b), 0.5 to 1,000,000 each. Beta(1, 1) is flat, Beta(.5, .5) is
 * Jeffreys'. */
struct fb_binomial_prior {
    double a;
    double b;
};

/** The equal-tailed interval of the posterior Beta(a + k, b + n - k), as S. Bowyer, L. Aitchison
 * and D. Ivanova, "Don't use the CLT in LLM evals with fewer than a few hundred datapoints" (arXiv
 * 2503.01747) advise for small n. It holds on average over the prior, not at every rate: for
 * display, never for red lines. k_n: {successes, samples}; n may be 0. E_RANGE. */
FB_CHECKED enum fb_code fb_binomial_posterior(const struct fb_binomial_prior *prior,
    const int64_t k_n[2], double confidence, double out[2], struct fb_err *err);

/** P(at most k of n) at the rate p: the binomial distribution. 0 <= k <= n, n >= 1, p within 0 and
 * 1; the caller has checked them. */
double fb_binomial_at_most(int64_t k, int64_t n, double p);

/** The rate whose odds are m times those of the rate u: m u / (1 - u + m u). u is within 0 and 1,
 * m is positive and finite; the caller has checked both. */
double fb_odds_scale(double u, double m);

/** A question: k of n so far; when would the upper bound fall below a threshold? */
struct fb_binomial_plan {
    int64_t k;
    int64_t n; /**< may be 0: nothing measured yet */
    double confidence;
    double odds_margin; /**< the bound is moved up by this factor on the odds; 1 for none */
    struct fb_decimal threshold; /**< to be strictly undercut */
    int64_t samples_max;         /**< more samples than this are not worth an answer */
};

/**
 * The smallest number of further samples, all of them failures (k stays as it is), with which
 * fb_decimal_ceil12 of the upper bound after its margin is below the threshold. 0 when it is so
 * already; -1 when it is not so even with samples_max more (or with FB_BINOMIAL_N_MAX in all).
 * E_RANGE, and *out untouched, for a plan that makes no sense.
 */
FB_CHECKED enum fb_code fb_binomial_samples_to_rule_out(
    const struct fb_binomial_plan *plan, int64_t *out, struct fb_err *err);

#endif

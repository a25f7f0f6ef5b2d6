/*
 * attempts.h: what many tries reach: pass@k, growth with the number of tries, and rare behaviour.
 *
 * A forecast to more tries than were made is an extrapolation, and both usual models have been too
 * low on every model that was followed from 600 to 10,020 tries. The upper limits here are
 * therefore backtested: the data is cut short, forecast to its own end, and the worst shortfall is
 * added.
 */
#ifndef FB_STATS_ATTEMPTS_H
#define FB_STATS_ATTEMPTS_H

#include <stddef.h>
#include <stdint.h>

#include "flyball/err.h"

/** pass@k, the chance that one of k tries succeeds, from c successes in n tries without bias:
 * 1 - C(n - c, k) / C(n, k) (M. Chen and others, "Evaluating large language models trained on
 * code", arXiv 2107.03374). E_RANGE unless 0 <= c <= n and 1 <= k <= n. */
FB_CHECKED enum fb_code fb_pass_at_k(
    int64_t n, int64_t c, int64_t k, double *out, struct fb_err *err);

/** One prompt that was tried until it gave way: the number of the try that succeeded (from 1), or 0
 * when none of `tries` did. */
struct fb_attempt {
    int64_t first;
    int64_t tries;
    int64_t
        unsure; /**< the success may have been that many tries earlier; 0: it is known exactly */
};

/** What is forecast for N tries a prompt. Rates are shares of prompts that give way. */
struct fb_attempt_forecast {
    double beta_geometric; /**< 1 - S(N), S(N) = B(a, b + N) / B(a, b), by maximum
                                likelihood, interval-censored where tries are unsure */
    double power_law;      /**< exp(-a N^-b), from least squares on log(-log share) over log N
                                (J. Hughes and others, "Best-of-N jailbreaking", 2412.03556) */
    double a, b;           /**< of the beta-geometric model */
    double shortfall;      /**< worst backtest: how far both were too low, in log odds a doubling */
    double upper;     /**< the higher of both, the shortfall for each doubling from the data to N
                           added in log odds, and the sampling error of a share of this many prompts
                           at the confidence asked for (Clopper and Pearson); not below
                           fb_attempts_mixed_upper */
    size_t backtests; /**< how many cuts were tried; without any, upper is 1 */
};

/** Forecasts the share of prompts that give way within `tries` tries. All prompts were tried
 * equally often, at least 8 times, or gave way before. E_RANGE for anything else, or when none or
 * fewer than 3 gave way (then the share is bounded, but growth cannot be told); E_NOMEM. */
FB_CHECKED enum fb_code fb_attempts_forecast(const struct fb_attempt *attempts, size_t count,
    const double tries_confidence[2], struct fb_attempt_forecast *out, struct fb_err *err);

/**
 * The highest share at so many tries among mixtures whose rates have normal log odds, of all means
 * and of deviations from 0.1 to 12, which the likelihood of the attempts does not rule out (within
 * half of chi-squared's quantile of the best; S. S. Wilks, 1938). Successes are taken by the octave
 * of their try. Beta mixtures grow more evenly than these: a forecast by them falls short where
 * many prompts have rates that are small but not too small. attempts are as fb_attempts_forecast
 * checks them.
 */
double fb_attempts_mixed_upper(
    const struct fb_attempt *attempts, size_t count, const double tries_confidence[2]);

/** What rare behaviour is forecast from. */
struct fb_rare {
    const double *p; /**< the probability of the behaviour on each query seen */
    size_t count;
    size_t top;     /**< of the largest, through which the line goes */
    size_t queries; /**< forecast for */
    double confidence;
};

/** Rare behaviour at scale. */
struct fb_rare_forecast {
    double worst;     /**< the largest probability expected among the number of queries asked for */
    double slope;     /**< of log survival over psi; negative */
    double shortfall; /**< worst backtest on halves of the data, in psi */
    double worst_upper; /**< with the sampling error of the line and the shortfall added */
};

/**
 * J. Jones and others, "Forecasting rare language model behaviors" (arXiv 2502.16797): with psi_i =
 * -log(-log p_i) for the probability p_i of the behaviour on query i, the log of the share of
 * queries above a psi is close to a line in psi for the `top` largest. The line is extrapolated to
 * the share 1 / queries.
 *
 * The upper limit: were the line true, what the top are beyond the next one is exponential, so that
 * twice their sum over its mean has a chi-squared distribution of 2 top degrees of freedom, and the
 * share beyond the next one has a Beta distribution; each at half of the error. Its value is added
 * to by the shortfall, since the line may bend. Probabilities are strictly between 0 and 1;
 * 2605.15134 shows that a mode that was never sampled is not forecast: a limit for what was sampled
 * only. E_RANGE for fewer than 3 of the top, count <= top, queries < count, or the confidence;
 * E_NOMEM.
 */
FB_CHECKED enum fb_code fb_rare_extrapolate(
    const struct fb_rare *rare, struct fb_rare_forecast *out, struct fb_err *err);

#endif

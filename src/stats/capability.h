/*
 * capability.h: one scale of capability from scores on many benchmarks.
 *
 * The model of Epoch AI's Capabilities Index (epoch-research/benchmark-stitching, fit.py, 2025):
 *
 *     score(m, b) = 1 / (1 + exp(-slope_b (capability_m - difficulty_b)))
 *
 * fitted by least squares with a ridge on everything that is free:
 *
 *     cost = 1/2 (sum of squared residuals + penalty / k * sum of squared parameters)
 *
 * where k = models + 2 benchmarks - 1 is the number of parameters. One benchmark, the anchor, has a
 * fixed slope; after the fit, capabilities and difficulties are shifted so that it has a given
 * difficulty. Parameters keep to Epoch's bounds: -10 to 10, slopes 0.1 to 10.
 *
 * Each residual touches one capability, so that Levenberg and Marquardt's equations reduce to those
 * of the benchmarks (Schur complement): a fit takes milliseconds, and is carried to where the
 * gradient vanishes.
 *
 * Intervals: a bootstrap of a table crossed by models and benchmarks, in which each model and each
 * benchmark has an independent exponential weight of mean 1 and a score the product of its two
 * (A. B. Owen and D. Eckles, "Bootstrapping data arrays of arbitrary order", 2012; D. B. Rubin,
 * "The Bayesian bootstrap", 1981). No model or benchmark is ever lost from a resample. Since
 * percentiles of few scores are too narrow, their distance from the estimate is stretched by
 * sqrt(n / (n - 1)) t / z, n being the scores of the model or benchmark (T. Hesterberg, "What
 * teachers should know about the bootstrap", 2015, section 4.4); from one score there is no end.
 */
#ifndef FB_STATS_CAPABILITY_H
#define FB_STATS_CAPABILITY_H

#include <stdint.h>

#include "flyball/err.h"

/** Limits; each has a test. */
enum {
    FB_CAPABILITY_SCORES_MAX = 10000000,
    FB_CAPABILITY_BENCHMARKS_MAX = 1000,
    FB_CAPABILITY_RESAMPLES_MAX = 100000,
};

/** One score. */
struct fb_capability_score {
    uint32_t model;
    uint32_t benchmark;
    double score; /**< from 0 to 1 */
};

/** Scores sorted by model, then benchmark, then score, and how far numbers count from 0. */
struct fb_capability_data {
    struct fb_capability_score *scores;
    size_t count;
    uint32_t models;
    uint32_t benchmarks;
};

/** How to fit. */
struct fb_capability_options {
    uint32_t anchor; /**< a benchmark */
    double anchor_slope;
    double anchor_difficulty;
    double penalty; /**< Epoch's is 0.1 */
    double confidence;
    uint32_t resamples; /**< 0: no intervals */
    uint64_t seed;
};

/** What is known of one model or benchmark. Without resamples, low and high are NaN. */
struct fb_capability_estimate {
    double value;
    double low;
    double high;
    uint32_t scores; /**< that it has */
};

/** The result. Owns its memory. */
struct fb_capability_result {
    struct fb_capability_estimate *models;       /**< capabilities */
    struct fb_capability_estimate *difficulties; /**< by benchmark */
    double *slopes;                              /**< by benchmark */
    double *boot; /**< [resample][model] capabilities; NULL without resamples */
    uint32_t model_count;
    uint32_t benchmark_count;
    uint32_t resamples;
    double cost;
    double gradient; /**< largest component at the end, of those that bounds let move */
};

/** Sorts scores into their order. */
void fb_capability_sort(struct fb_capability_data *data);

/** Fits sorted data. The caller ends with fb_capability_release. E_NOMEM, E_LIMIT; E_RANGE for a
 * score outside 0 to 1, a penalty that is not positive, or an anchor that is none. */
FB_CHECKED enum fb_code fb_capability_fit(const struct fb_capability_data *data,
    const struct fb_capability_options *options, struct fb_capability_result *out,
    struct fb_err *err);

/** Frees a result; one that is zeroed is allowed. */
void fb_capability_release(struct fb_capability_result *result);

#endif

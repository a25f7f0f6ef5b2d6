/*
 * coverage_grid.h: how often intervals hold over clusters, judges and stopping rules, at every pair
 * of a rate and a number of samples (coverage.h has the same for plain samples).
 */
#ifndef FB_STATS_COVERAGE_GRID_H
#define FB_STATS_COVERAGE_GRID_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "flyball/err.h"

/** Rates of a grid: .1, .5, 1, 2, 5, 10, 20, 30, 50%, and what these leave to 100%. */
enum { FB_COVERAGE_RATES = 17 };

/** One method at one number of samples, over all rates. Texts are static. */
struct fb_coverage_grid {
    const char *method;
    bool ours;
    int64_t n;
    double held[FB_COVERAGE_RATES]; /**< at fb_coverage_grid_rate */
    double least;                   /**< of held */
    double least_at;                /**< the rate there */
    double mean;                    /**< over the rates */
    double empty; /**< chance of an interval of no width, or beyond 0 to 1, at a rate of 1 / n */
    double error; /**< standard error of held where it is 95%; 0: summed exactly */
};

/** A rate. */
double fb_coverage_grid_rate(size_t i);

/** The number of methods times that of n (10, 20, 30, 50, 100, 200, 300, 1,000), method by method.
 */
size_t fb_coverage_grid_count(void);

/** The method and n of the i-th, without computing it. */
void fb_coverage_grid_at(size_t i, const char **method, int64_t *n);

/**
 * Computes the i-th. Stopping rules whose intervals depend on counts alone are summed exactly over
 * all paths: the truth must be inside after each of the first n samples. The others are simulated
 * in so many rounds, from streams of random numbers of their own, so that the same number of rounds
 * gives the same figures.
 *
 * Samples in clusters: five each, of which three fifths copy the first. Judges call 5% of negatives
 * positive and miss 15% of positives; where that is measured, on 100 of each. Prediction-powered
 * intervals have n labelled samples and ten times as many that only the judge saw, which errs on
 * 10% of negatives and 15% of positives. E_NOMEM.
 */
FB_CHECKED enum fb_code fb_coverage_grid_find(
    size_t i, uint32_t rounds, struct fb_coverage_grid *out, struct fb_err *err);

#endif

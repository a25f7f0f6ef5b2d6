/*
 * hamiltonian.h: draws from a density of many variables that is known up to a factor.
 *
 * Hamiltonian Monte Carlo (R. M. Neal, "MCMC using Hamiltonian dynamics", 2011): a draw rolls over
 * the log density with a random push, and is kept or not so that the density is left as it is.
 * Variables are first turned and stretched by the inverse of the curvature at the mode, which is
 * found by Newton's method, then by the covariance of a first part of the draws, so that steps are
 * alike in all directions; a trajectory has a random length of at most a half turn. Step sizes
 * follow Nesterov's dual averaging as M. D. Hoffman and A. Gelman have it ("The No-U-Turn Sampler",
 * 2014, section 3.2). Draws of this first part are thrown away.
 *
 * Random numbers are those of the seed (random.h), chain i its stream i: the same density and seed
 * give the same draws. Densities must be smooth, and have one mode that matters. How well the
 * chains went is told, not hidden: `r_hat` and `effective`.
 */
#ifndef FB_STATS_HAMILTONIAN_H
#define FB_STATS_HAMILTONIAN_H

#include <stddef.h>
#include <stdint.h>

#include "flyball/err.h"
#include "stats/random.h"

/** Limits; each has a test. */
enum {
    FB_HAMILTONIAN_DIMENSIONS_MAX = 200,
    FB_HAMILTONIAN_CHAINS_MAX = 16,
    FB_HAMILTONIAN_DRAWS_MAX = 100000,   /**< of one chain */
    FB_HAMILTONIAN_VALUES_MAX = 1 << 25, /**< chains * draws * dimensions */
};

/** A density of dimensions variables. */
struct fb_hamiltonian_density {
    size_t dimensions;
    /** The derivatives of its logarithm at a place, and the logarithm itself where out_log is not
     * NULL. What is not finite is a place that is not taken. */
    void (*at)(const void *context, const double *place, double *out_gradient, double *out_log);
    /** Moves a place after each draw in a way that leaves the density as it is (a step of Gibbs's
     * or of slice sampling), where such moves help; NULL: there is none. */
    void (*move)(const void *context, double *place, struct fb_random *random);
    const void *context; /**< borrowed */
};

/** How to draw. */
struct fb_hamiltonian_options {
    const double *start; /**< where the mode is looked for; dimensions of them */
    uint64_t seed;
    uint32_t chains; /**< two at least */
    uint32_t draws;  /**< of one chain, after as many that are thrown away, but at most 1,000 */
};

/** How it went. */
struct fb_hamiltonian_quality {
    /** The largest, over variables, of the split R-hat (A. Gelman and others, "Bayesian Data
     * Analysis", 2013, section 11.4): the spread of half chains together over that of each. 1 where
     * all tell the same; above 1.01 is doubtful. */
    double r_hat;
    /** The least, over variables, number of independent draws that would say the mean as well
     * (Geyer's sums of pairs of autocorrelations; the same book, section 11.5). */
    double effective;
    double accepted; /**< share of proposals */
};

/** Draws. out: chains * draws rows of dimensions numbers. E_RANGE where the density cannot be
 * climbed from the start, E_LIMIT, E_NOMEM; out is then of no use. */
FB_CHECKED enum fb_code fb_hamiltonian_draw(const struct fb_hamiltonian_density *density,
    const struct fb_hamiltonian_options *options, double *out,
    struct fb_hamiltonian_quality *quality, struct fb_err *err);

/** The quality of draws of one variable of several: values[i * stride] is the i-th; accepted is
 * left alone. chains and draws as above. E_NOMEM. */
FB_CHECKED enum fb_code fb_hamiltonian_judge(const double *values, size_t stride,
    const struct fb_hamiltonian_options *options, struct fb_hamiltonian_quality *out,
    struct fb_err *err);

#endif

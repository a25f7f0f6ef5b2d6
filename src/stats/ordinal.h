/*
 * ordinal.h: what graders, systems and items do to scores on an ordered scale.
 *
 * Ordered logistic regression as M. Dubois and others assess graders with it ("Skewed Score: a
 * statistical framework to assess autograders", arXiv 2507.03772) and HiBayES has it: the score of
 * a row is class k (0 to classes - 1) with the chance
 *
 *     s(cut_k - eta) - s(cut_(k-1) - eta),   s(x) = 1 / (1 + exp(-x)),   cut_-1 = -inf,
 *
 * where eta is the sum of the row of the design times the coefficients. With two classes there are
 * no cuts: class 1 has the chance s(eta), which is logistic regression. Priors are theirs: each
 * coefficient is normal, or normal around the mean of its group with the deviation of its group,
 * which have priors themselves; cut_0 is normal (-4, 0.2), the distance of two cuts 0.3 and a
 * log-normal variate (-0.5, 0.3).
 *
 * The posterior is drawn from by hamiltonian.h, with the density's own derivatives: what is said of
 * 4 chains of 2,000 draws has an error of about a hundredth of its deviation (more in coefficients
 * of a group of few). It holds on average over the priors: it is for the assessment of graders, not
 * for red lines.
 */
#ifndef FB_STATS_ORDINAL_H
#define FB_STATS_ORDINAL_H

#include <stdbool.h>

#include "stats/hamiltonian.h"

/** Limits; each has a test. */
enum {
    FB_ORDINAL_ROWS_MAX = 100000,
    FB_ORDINAL_CLASSES_MAX = 101,
    FB_ORDINAL_GROUPS_MAX = 8,
    FB_ORDINAL_DESIGN_MAX = 1 << 23, /**< rows * columns */
};

/** A coefficient. */
struct fb_ordinal_column {
    double mean, deviation; /**< of its normal prior, where it has no group */
    int group;              /**< -1: none */
};

/** Coefficients that are drawn together. */
struct fb_ordinal_group {
    double mean, deviation; /**< of the normal prior of their mean */
    double scale;           /**< of the prior of their deviation: */
    bool is_heavy;          /**< half Cauchy; else half normal */
};

/** What was seen, and the model; all is borrowed. */
struct fb_ordinal_data {
    const double *design;   /**< rows x columns */
    const uint32_t *scores; /**< by row: the class */
    size_t rows, columns;
    const struct fb_ordinal_column *coefficients;
    const struct fb_ordinal_group *groups;
    size_t group_count;
    uint32_t classes;
};

/** The posterior. Owns its memory. */
struct fb_ordinal_fit {
    /** count rows of width numbers: the coefficients, then the mean and the deviation of each
     * group, then the cuts. */
    double *draws;
    size_t count, width;
    /** By row of the data: the logarithm of the chance of its score as the other rows foretell it,
     * by importance sampling of the draws (A. E. Gelfand, D. K. Dey and H. Chang 1992): for
     * comparing models by their sum (elpd_loo). */
    double *foretold;
    struct fb_hamiltonian_quality quality;
};

/** Draws; chains and draws as of hamiltonian.h, whose start is not used. The caller ends with
 * fb_ordinal_release. E_RANGE for a model that makes no sense or has no mode, E_LIMIT, E_NOMEM. */
FB_CHECKED enum fb_code fb_ordinal_find(const struct fb_ordinal_data *data,
    const struct fb_hamiltonian_options *options, struct fb_ordinal_fit *out, struct fb_err *err);

/** Frees a fit; one that is zeroed is allowed. */
void fb_ordinal_release(struct fb_ordinal_fit *fit);

/** The shortest interval that holds so much of n >= 1 sorted draws (highest density interval of one
 * mode), as ArviZ finds it: floor(confidence n) draws further. */
void fb_ordinal_shortest(const double *sorted, size_t n, double confidence, double out[2]);

#endif

/* power.h: how many samples a conclusion takes, and how likely one gets there. */
#ifndef FB_STATS_POWER_H
#define FB_STATS_POWER_H

#include "base/decimal.h"

/** A conclusion that is wanted: that a rate is below (or at least) a threshold. */
struct fb_power_plan {
    double rate;                 /**< the true rate that is supposed, 0 to 1 */
    struct fb_decimal threshold; /**< of the red line */
    double odds_margin;          /**< on the upper bound, as fb_odds_scale; 1 for none */
    double confidence;           /**< of the bound */
    double power;                /**< wanted chance of the conclusion */
    int crossed;                 /**< 0: ruled out, U' < threshold; 1: crossed, L >= threshold */
    int64_t samples_max;         /**< more are not worth an answer; at most 10,000,000 */
};

/** The chance that n samples give the conclusion: the sum over all outcomes that do, exactly, with
 * the comparison that verdicts make. E_RANGE. */
FB_CHECKED enum fb_code fb_power_of(
    const struct fb_power_plan *plan, int64_t n, double *out, struct fb_err *err);

/** The smallest n from which on (to the next 2% more samples, as the chance goes in saw teeth) the
 * chance is at least `power`; -1 when that takes more than samples_max. E_RANGE. */
FB_CHECKED enum fb_code fb_power_samples(
    const struct fb_power_plan *plan, int64_t *out, struct fb_err *err);

/** Samples for a paired comparison to find a difference (first better by `only_first` -
 * `only_second` of all samples) by McNemar's exact one-sided test at level alpha with a chance of
 * `power`: normal approximation of R. J. Connor, "Sample size for testing differences in
 * proportions for the paired-sample design" (Biometrics 43, 1987). wanted: alpha, power. E_RANGE.
 */
FB_CHECKED enum fb_code fb_power_paired(double only_first, double only_second,
    const double wanted[2], int64_t *out, struct fb_err *err);

#endif

/* power.h: how many samples a comparison takes. Those of a red line: evidence/plan.h. */
#ifndef FB_STATS_POWER_H
#define FB_STATS_POWER_H

#include <stdint.h>

#include "flyball/err.h"

/** Samples for a paired comparison to find a difference (first better by `only_first` -
 * `only_second` of all samples) by McNemar's exact one-sided test at level alpha with a chance of
 * `power`: normal approximation of R. J. Connor, "Sample size for testing differences in
 * proportions for the paired-sample design" (Biometrics 43, 1987). wanted: alpha, power. E_RANGE.
 */
FB_CHECKED enum fb_code fb_power_paired(double only_first, double only_second,
    const double wanted[2], int64_t *out, struct fb_err *err);

#endif

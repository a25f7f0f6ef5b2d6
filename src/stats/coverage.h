/*
 * coverage.h: how often each interval of this room holds the truth, computed or simulated.
 *
 * A bound that says 95% has to hold in 95% of all cases at every rate, or it is no bound. Cases of
 * the usual methods (Wald, and the same without regard to clusters, judges or repeated looks) stand
 * beside ours, to show what they promise and do not keep.
 */
#ifndef FB_STATS_COVERAGE_H
#define FB_STATS_COVERAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "flyball/err.h"

/** One case. Texts are static. */
struct fb_coverage {
    const char *method;
    const char *setting;
    bool ours;     /**< an interval that flyball gives */
    double wanted; /**< confidence */
    double held;   /**< share of cases in which the interval held the truth */
    double error;  /**< standard error of held from the number of rounds; 0: computed exactly */
};

/** The number of cases. */
size_t fb_coverage_count(void);

/** Computes or simulates the n-th case; rounds is at least 100 and counts for simulated ones only,
 * which are the same for the same number. E_RANGE, E_NOMEM. */
FB_CHECKED enum fb_code fb_coverage_find(
    size_t n, uint32_t rounds, struct fb_coverage *out, struct fb_err *err);

#endif

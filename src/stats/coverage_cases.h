/*
 * coverage_cases.h: one case of coverage.h; private to the two files that list them.
 */
#ifndef FB_STATS_COVERAGE_CASES_H
#define FB_STATS_COVERAGE_CASES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "flyball/err.h"
#include "stats/random.h"

/** The confidence of every case. */
#define FB_COVERAGE_LEVEL 0.95

/** A case: what makes it, its method, and two numbers that say where. */
struct fb_coverage_case {
    const char *method;
    const char *setting;
    bool ours;
    /** Exact cases give the interval of k of n; simulated ones play a round and say whether the
     * interval held. The other one is NULL. */
    enum fb_code (*interval)(int64_t k, int64_t n, double out[2], struct fb_err *err);
    enum fb_code (*round)(
        const struct fb_coverage_case *c, struct fb_random *random, bool *held, struct fb_err *err);
    double n; /**< exact cases: 0: looked at after each of many samples */
    double p;
};

/** The cases of models and forecasts, which follow those of rates. */
extern const struct fb_coverage_case fb_coverage_models[];
extern const size_t fb_coverage_model_count;

#endif

/*
 * plan.h: how many samples an evaluation needs for a conclusion, before it is run.
 *
 * Exact: the number of successes that still allows the conclusion is found on the bound, and the
 * chance of not having more is a binomial sum. Power is not smooth in the number of samples: just
 * below the next success that is allowed it is worse, so the answer is the fewest samples with
 * which the chance is reached, together with the successes that it allows.
 */
#ifndef FB_EVIDENCE_PLAN_H
#define FB_EVIDENCE_PLAN_H

#include "engine/ir.h"

/** Most samples that an answer names. */
enum { FB_PLAN_MAX = 1000000 };

/** What one wants to be able to conclude. */
enum fb_plan_goal { FB_PLAN_RULES_OUT, FB_PLAN_CROSSES };

/** The question. */
struct fb_plan_ask {
    const struct fb_redline *line; /**< threshold, confidence, margins, needed samples */
    enum fb_plan_goal goal;
    double rate;  /**< the true rate of success that is assumed */
    double power; /**< the chance of the conclusion that is wanted */
};

/** The answer. */
struct fb_plan {
    int64_t samples;   /**< -1: no number up to FB_PLAN_MAX would do */
    int64_t successes; /**< at most so many (rules out), or at least so many (crosses) */
    double power;      /**< the chance of that at the assumed rate */
    int64_t fewest;    /**< samples with which the conclusion is possible at all; -1: none */
};

/** Answers. E_RANGE for a rate outside 0 to 1 or a power not between 0 and 1, and as
 * fb_binomial_lower. */
FB_CHECKED enum fb_code fb_plan_samples(
    const struct fb_plan_ask *ask, struct fb_plan *out, struct fb_err *err);

/** The chance of a conclusion with a given number of samples, and the successes that it allows or
 * needs (-1: it is not possible). ask->power is not looked at. Errors as above. */
FB_CHECKED enum fb_code fb_plan_power(
    const struct fb_plan_ask *ask, int64_t samples, struct fb_plan *out, struct fb_err *err);

#endif

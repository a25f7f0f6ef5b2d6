/*
 * settle.h: how many further samples would settle where an evaluation stands against a red line,
 * and whether several lines that are ruled out are so together.
 *
 * Every number is the least one, found on the bound itself, with the comparison that verdicts make
 * (margins in order, 12 digits, exact threshold).
 */
#ifndef FB_EVIDENCE_SETTLE_H
#define FB_EVIDENCE_SETTLE_H

#include "engine/ir.h"

/** What was counted. */
struct fb_settle_counts {
    int64_t samples;
    int64_t low;  /**< successes for the lower bound */
    int64_t high; /**< successes for the upper bound, unresolved samples among them */
};

/** Further samples; 0: the bound is there already, -1: no number up to FB_ASSESS_MORE_MAX would
 * do. The number of samples that the line needs is counted in for ruling out. */
struct fb_settle {
    int64_t rules_out_if_none; /**< none of them succeeds: the fewest that can ever do */
    int64_t rules_out_at_rate; /**< they succeed at the rate seen so far, rounded up */
    int64_t crosses_if_all;    /**< all of them succeed */
    int64_t crosses_at_rate;   /**< they succeed at the rate seen so far, rounded down */
};

/** Fills *out. E_RANGE as fb_binomial_lower, or for a margin that is not positive. */
FB_CHECKED enum fb_code fb_settle(const struct fb_redline *line,
    const struct fb_settle_counts *counts, struct fb_settle *out, struct fb_err *err);

/**
 * The chance of so few successes (counts->high) if the rate with margins were at the threshold: the
 * p-value of "it is not below". 1 without samples, or when the margins alone reach the threshold.
 * E_RANGE as above.
 */
FB_CHECKED enum fb_code fb_settle_p_value(const struct fb_redline *line,
    const struct fb_settle_counts *counts, double *out, struct fb_err *err);

#endif

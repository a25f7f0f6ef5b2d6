/*
 * settle.h: how many further samples would settle where an evaluation stands against a red line,
 * and whether several lines that are ruled out are so together.
 *
 * Every number is the least one, found on the bound itself, with the comparison that verdicts make
 * (margins in order, 12 digits, exact threshold). Further samples are taken to be like those that
 * are there: one independent one in as many, in as many clusters, scored by the same judge.
 */
#ifndef FB_EVIDENCE_SETTLE_H
#define FB_EVIDENCE_SETTLE_H

#include "evidence/bounds.h"

/** Further samples; 0: the bound is there already, -1: no number up to FB_ASSESS_MORE_MAX would
 * do. The number of samples that the line needs is counted in for ruling out. */
struct fb_settle {
    int64_t rules_out_if_none; /**< none of them succeeds: the fewest that can ever do */
    int64_t rules_out_at_rate; /**< they succeed at the rate seen so far, rounded up */
    int64_t crosses_if_all;    /**< all of them succeed */
    int64_t crosses_at_rate;   /**< they succeed at the rate seen so far, rounded down */
};

/** Fills *out. E_RANGE as fb_binomial_lower, or for a margin that is not positive. */
FB_CHECKED enum fb_code fb_settle(const struct fb_redline *line, const struct fb_counts *counts,
    struct fb_settle *out, struct fb_err *err);

/**
 * The p-value of "it is not below": the chance of so few successes (counts->high) if the rate with
 * margins were at the threshold; where bounds are not plain, the error at which they would just
 * rule the line out. 1 without samples, or when the margins alone reach the threshold.
 * E_RANGE as above.
 */
FB_CHECKED enum fb_code fb_settle_p_value(
    const struct fb_redline *line, const struct fb_counts *counts, double *out, struct fb_err *err);

#endif

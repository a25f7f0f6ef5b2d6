/* bounds.h: bounds of a rate with the margins of a red line. Private to the room. */
#ifndef FB_EVIDENCE_BOUNDS_H
#define FB_EVIDENCE_BOUNDS_H

#include "engine/ir.h"
#include "evidence/estimator.h"

/** L, U and U'. */
struct fb_bounds {
    struct fb_decimal lower;
    struct fb_decimal upper;
    struct fb_decimal upper_margin;
    double margins[8]; /**< U after each margin, for reasons */
};

/** Bounds at the line's confidence, rounded outward to 12 digits, by the estimator of the
 * counts. E_RANGE as fb_binomial_lower, or
 * for a margin that is not positive. */
FB_CHECKED enum fb_code fb_bounds_of(const struct fb_redline *line, const struct fb_counts *counts,
    struct fb_bounds *out, struct fb_err *err);

/** The same at another confidence. */
FB_CHECKED enum fb_code fb_bounds_at(const struct fb_redline *line, const struct fb_counts *counts,
    double confidence, struct fb_bounds *out, struct fb_err *err);

/** A rate after all margins of the line, in order. E_RANGE for a margin that is not positive. */
FB_CHECKED enum fb_code fb_bounds_after(
    const struct fb_redline *line, double rate, double *out, struct fb_err *err);

/** The least number of further samples, all failures and at least `least`, with which U' is below
 * the threshold; -1 when there is none up to `most`. */
FB_CHECKED enum fb_code fb_bounds_more(const struct fb_redline *line,
    const struct fb_counts *counts, const int64_t limits[2], int64_t *out, struct fb_err *err);

#endif

/*
 * judge.h: a rate that a fallible judge scored, corrected for the judge's own errors.
 */
#ifndef FB_STATS_JUDGE_H
#define FB_STATS_JUDGE_H

#include <stddef.h>
#include <stdint.h>

#include "flyball/err.h"

/** An estimate and its two-sided interval. */
struct fb_judge_estimate {
    double value;
    double low;
    double high;
};

/** What a judge found, and how it did on samples whose truth is known. */
struct fb_judge_counts {
    int64_t positives; /**< of `samples`, as judged */
    int64_t samples;
    int64_t right_negatives; /**< of `negatives` that are negative in truth, judged so */
    int64_t negatives;
    int64_t right_positives; /**< of `positives_known` that are positive in truth, judged so */
    int64_t positives_known;
    double confidence;
};

/**
 * The estimate of W. J. Rogan and B. Gladen ("Estimating prevalence from the results of a
 * screening test", 1978), (p + q0 - 1) / (q0 + q1 - 1) held within 0 and 1, where p is the share
 * judged positive and q0, q1 the shares of known negatives and positives judged right; and the
 * interval of Lee and others (arXiv 2511.21140, 2025), which is that of Z. Lang and J. Reiczigel
 * ("Confidence limits for prevalence of disease adjusted for estimated sensitivity and
 * specificity", 2014): Wald's around counts with z^2 / 2 and 1 added, moved by their skewness
 * correction. Where chance carries theirs beyond 0 or 1 it has no width, or next to none; so it is
 * widened, where it is narrower, to Clopper and Pearson's for samples that were judged without
 * error.
 *
 * E_RANGE for counts that make no sense, or when the judge is no better than chance (q0 + q1 <= 1
 * after the additions), where nothing can be corrected.
 */
FB_CHECKED enum fb_code fb_judge_rogan_gladen(
    const struct fb_judge_counts *counts, struct fb_judge_estimate *out, struct fb_err *err);

/** Labelled samples with truth and judgement, and judgements on unlabelled ones. */
struct fb_judge_samples {
    const double *truth;      /**< labelled */
    const double *judged;     /**< labelled, in the same order */
    size_t labelled;          /**< at least 2 */
    const double *unlabelled; /**< judgements */
    size_t unlabelled_count;  /**< at least 2 */
    double confidence;
};

/**
 * Prediction-powered inference of A. N. Angelopoulos and others (Science 382, 2023): the mean of
 * the judgements plus the mean of truth - judgement, with an interval from both variances. With
 * `tune`, PPI++ (arXiv 2311.01453): judgements count lambda = cov(truth, judged) / ((1 + n / N)
 * var(judged)), held within 0 and 1, over all judgements.
 *
 * The published interval is normal and holds less often than it says while labels are few or errors
 * of the judge rare (29% of 95% at worst, coverage.h): it cannot see errors that no label shows. So
 * two labels are added, one error of the judge of either kind, and one judgement of either kind, as
 * A. Agresti and B. Caffo (2000) add successes and failures to Wald's; variances are by n - 1, the
 * quantile Student's with the degrees of freedom of Welch and Satterthwaite. Its middle is moved to
 * 0 or 1 where it lies beyond, so that its width stays: it comes no further from any true rate by
 * that, and is never of no width. Then held within 0 and 1; the value is the published one. With
 * `tune`, where fewer than three labels are positive, or negative, in truth, lambda is told by next
 * to nothing: such an interval is widened to Clopper and Pearson's of the labels alone. E_RANGE for
 * too few samples, values outside 0 to 1, or the confidence.
 */
FB_CHECKED enum fb_code fb_judge_ppi(const struct fb_judge_samples *samples, int tune,
    struct fb_judge_estimate *out, struct fb_err *err);

/** As it was published and as the authors' library has it: variances by n, a normal quantile. Valid
 * for large samples only; for comparison. E_RANGE for too few samples, values that are not finite,
 * or the confidence. */
FB_CHECKED enum fb_code fb_judge_ppi_normal(const struct fb_judge_samples *samples, int tune,
    struct fb_judge_estimate *out, struct fb_err *err);

#endif

/*
 * assess.h: from the counts of an evaluation to its standing against a red line.
 *
 * Bounds are one-sided, by the estimator that the record itself calls for (estimator.h: clusters,
 * stopping, the judge's errors); unresolved samples count as successes in the upper one; L is
 * rounded down and U up to 12 significant digits; margins act on U only, in the order written
 * (SEMANTICS.md, Red lines and Numbers). An evaluation without samples, or with more than a bound
 * can be had for, says nothing: L is 0 and U is 1.
 *
 * Times of a party count against it, never for it: what ended after it was admitted is as old as
 * its admission. A flag that stands in defeaters.def defeats an evaluation: it may still show that
 * a line is crossed, but rules nothing out.
 */
#ifndef FB_EVIDENCE_ASSESS_H
#define FB_EVIDENCE_ASSESS_H

#include "engine/latch.h"
#include "evidence/estimator.h"
#include "record/record.h"

/** Most further samples that an answer names. */
enum { FB_ASSESS_MORE_MAX = 1000000 };

/** The figures of one evaluation against one red line. */
struct fb_figures {
    const struct fb_record *record;
    uint32_t measure; /**< index into the red line's measures */
    int64_t samples;
    int64_t successes_low;          /**< what the lower bound counts */
    int64_t successes_high;         /**< what the upper bound counts */
    struct fb_decimal lower;        /**< L, rounded down */
    struct fb_decimal upper;        /**< U, rounded up, before margins */
    struct fb_decimal upper_margin; /**< U', after margins */
    int64_t more_samples;           /**< further failures that would rule it out; 0 when the bound
                                         and the number of samples do, -1 when no number up to
                                         FB_ASSESS_MORE_MAX would, also because it crosses, is
                                         defeated or fails a need that samples do not mend */
    struct fb_estimator how;        /**< how the bounds were made */
    bool errors_counted;
    bool is_below; /**< U' is below the threshold, whatever is needed beside that */
    struct fb_assessment assessment;
};

/** All evaluations of a system that touch one red line, in the order of admission. */
struct fb_figures_list {
    struct fb_figures *items;
    size_t count;
};

/** What assess needs of the records, without knowing the registry. */
struct fb_evaluation {
    const struct fb_record *record;      /**< kind evaluation, subject is the system */
    fb_time superseded;                  /**< FB_TIME_MAX when it is not */
    bool independent;                    /**< its issuer is not the system's developer */
    bool grown;                          /**< it corrects one of fewer samples */
    const struct fb_record *rejected_by; /**< the review that found that it does not stand; NULL:
                                              none did */
};

/**
 * Assesses the evaluations of one system, in the order of admission. Those of other tasks are left
 * out. Results live in arena; evaluations, line and their text are borrowed and outlive them.
 * `clears` is false when the line has no clearing level.
 * The same input gives the same figures, reasons and verdicts.
 * E_NOMEM, E_LIMIT of the arena, E_RANGE for a margin or confidence that makes no sense.
 */
FB_CHECKED enum fb_code fb_assess(const struct fb_redline *line,
    const struct fb_evaluation *evaluations, size_t evaluation_count, struct fb_arena *arena,
    struct fb_figures_list *out, struct fb_err *err);

#endif

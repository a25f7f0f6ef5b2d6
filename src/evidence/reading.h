/*
 * reading.h: what an evaluation log shows by itself, without a docket: the evaluations that it
 * would become, each with bounds on its rate.
 *
 * Counting is that of the records (docs/EVIDENCE.md): the lower bound counts samples that succeeded
 * in every epoch, the upper one those that succeeded in any and every unresolved one. Bounds are
 * one-sided, by the estimator that the log calls for (estimator.h), L rounded down and U up to 12
 * significant digits.
 */
#ifndef FB_EVIDENCE_READING_H
#define FB_EVIDENCE_READING_H

#include "base/arena.h"
#include "base/decimal.h"
#include "evidence/estimator.h"
#include "ingest/ingest.h"

/** One evaluation of a log. Texts are borrowed from the arena; what a log does not say is empty. */
struct fb_log_evaluation {
    struct fb_str task, scorer, model, status;
    int64_t samples, succeeded_any, succeeded_all, unresolved, epochs;
    struct fb_decimal lower, upper; /**< of the rate, each at the confidence that was asked for */
    struct fb_estimator how;        /**< how they were made */
    const struct fb_json *body;     /**< the record's body, with flags and metrics */
    size_t metrics;                 /**< figures of the header */
    size_t metrics_known;           /**< of these, recomputed from the samples */
};

/** All of a file. */
struct fb_log_reading {
    const char *format; /**< as "inspect-eval", static */
    struct fb_log_evaluation *items;
    size_t count;
};

/**
 * Reads a log. Everything lives in arena. confidence is within 0 and 1.
 * Errors as fb_ingest_file; E_FORMAT for a file that is read, but holds no evaluation.
 */
FB_CHECKED enum fb_code fb_log_read(const char *path, const struct fb_ingest_options *options,
    double confidence, struct fb_arena *arena, struct fb_log_reading *out, struct fb_err *err);

#endif

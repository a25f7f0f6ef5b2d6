/* harness.h: what the two readers of lm-evaluation-harness share; private to this room. */
#ifndef FB_INGEST_HARNESS_H
#define FB_INGEST_HARNESS_H

#include "ingest/trials.h"

/** Where the samples of one task go. */
struct fb_harness_samples {
    struct fb_trials *trials;
    struct fb_str task, model;
    uint64_t documents; /**< distinct documents of the filter that has most; filled */
};

/** Reads samples (.jsonl), one document and filter a line, into groups of the task: one for each
 * metric and filter whose values are single numbers. Errors are placed in the input; E_DUPLICATE
 * for a document that stands twice. */
FB_CHECKED enum fb_code fb_harness_samples(
    struct fb_harness_samples *samples, const struct fb_input *input, struct fb_err *err);

/** Appends the name of a score: the metric, and the filter behind a comma unless it is "none". */
void fb_harness_score_name(struct fb_buf *out, struct fb_str metric, struct fb_str filter);

#endif

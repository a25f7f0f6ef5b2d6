/*
 * parallel.h: the incremental evaluator on several threads. The trace is cut by the value of one
 * variable of the formula, the subject: each thread evaluates the formula over the tuples that can
 * concern its share of the values, and gives only the rows of its share. Together they are the rows
 * of one evaluator (Basin, Caronni, Ereth, Harvan, Klaedtke, Mantel, "Scalable Offline Monitoring
 * of Temporal Specifications", Formal Methods in System Design 49, 2016, section 4.2: data
 * slicing).
 *
 * Verdicts come in batches, so this is for logs that lie there, not for those that are being
 * written.
 */
#ifndef FB_ENGINE_PARALLEL_H
#define FB_ENGINE_PARALLEL_H

#include "engine/inc.h"

/** Most threads. */
enum { FB_PARALLEL_MAX = 64 };

struct fb_parallel;

/** The verdicts of one time-point: count rows of var_count values, in the order of fb_eval_naive,
 * without repeats; valid until the call returns. */
struct fb_parallel_verdict {
    size_t point;
    fb_time time;
    const struct fb_value *const *rows;
    size_t count;
};

/** Takes them, in the order of time-points, on the thread that adds; an error ends the run. */
typedef enum fb_code (*fb_parallel_sink)(
    void *ctx, const struct fb_parallel_verdict *verdict, struct fb_err *err);

/** How it runs. */
struct fb_parallel_options {
    size_t threads;        /**< 1 to FB_PARALLEL_MAX, beside the one that adds */
    size_t memory_max;     /**< most bytes of state in all; 0: 4 GiB */
    size_t batch;          /**< steps (time-points and tuples) before verdicts come; 0: 16,384 */
    const size_t *arities; /**< columns of each relation */
    const bool *common;    /**< relations that concern every subject, as the times; NULL: none */
    size_t relation_count;
    fb_parallel_sink sink;
    void *ctx;
};

/** Makes one for a formula, which must outlive it and passes fb_form_check. E_UNSUPPORTED, with the
 * reason, when no variable cuts the trace or only the naive evaluator can do the formula; E_LIMIT
 * when the system gives no thread. Free with fb_parallel_free. */
FB_CHECKED enum fb_code fb_parallel_new(const struct fb_form *form, size_t var_count,
    const struct fb_parallel_options *options, struct fb_parallel **out, struct fb_err *err);

/** Ends the threads and frees it; NULL is allowed. */
void fb_parallel_free(struct fb_parallel *parallel);

/** The variable that the trace is cut by. */
uint32_t fb_parallel_subject(const struct fb_parallel *parallel);

/** True when the formula reads the relation. Tuples of others need not be added. */
bool fb_parallel_reads(const struct fb_parallel *parallel, uint32_t relation);

/** As fb_inc_open, fb_inc_add, fb_inc_close and fb_inc_end. Values are copied. Errors of the
 * threads (E_NOMEM, E_LIMIT, E_RANGE) come with a later call, the earliest first. */
FB_CHECKED enum fb_code fb_parallel_open(
    struct fb_parallel *parallel, fb_time time, struct fb_err *err);
FB_CHECKED enum fb_code fb_parallel_add(struct fb_parallel *parallel, uint32_t relation,
    const struct fb_value *values, struct fb_err *err);
FB_CHECKED enum fb_code fb_parallel_close(struct fb_parallel *parallel, struct fb_err *err);
FB_CHECKED enum fb_code fb_parallel_end(struct fb_parallel *parallel, struct fb_err *err);

/** Gives all verdicts that are final by what was added so far to the sink, where otherwise they
 * would wait for a batch to be full. */
FB_CHECKED enum fb_code fb_parallel_flush(struct fb_parallel *parallel, struct fb_err *err);

/** Bytes of state that all threads hold; after fb_parallel_end. */
size_t fb_parallel_memory_used(const struct fb_parallel *parallel);

#endif

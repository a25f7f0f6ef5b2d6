/*
 * inc.h: the incremental evaluator. It takes time-points one by one and gives the verdicts of each
 * as soon as they are final; what it keeps is bounded by the windows of the formula.
 *
 * It is for traces of events: tuples that hold at one time-point. Its verdicts are those of
 * fb_eval_naive, rows and order; it gives no reasons. How it works: src/engine/README.md.
 */
#ifndef FB_ENGINE_INC_H
#define FB_ENGINE_INC_H

#include "engine/ir.h"

struct fb_inc;

/** A value in 16 bytes. A string is the number of a symbol, in u.integer; equal strings have equal
 * numbers. */
struct fb_cell {
    enum fb_type type;
    union {
        int64_t integer; /**< also TIME, BOOL and the number of a STRING */
        double number;
    } u;
};

/** True when both are equal as fb_value_eq says. */
bool fb_cell_eq(const struct fb_cell *a, const struct fb_cell *b);

/** The order of fb_value_cmp, for cells of which at most one is a string. */
int fb_cell_order(const struct fb_cell *a, const struct fb_cell *b);

/** The verdicts of one time-point: count rows of var_count cells, in the order of fb_eval_naive,
 * without repeats; count is at least 1. The cells are valid until the call returns. */
struct fb_inc_verdict {
    size_t point;
    fb_time time;
    const struct fb_cell *const *rows;
    size_t count;
};

/** Takes the verdicts of one time-point; an error ends the run. */
typedef enum fb_code (*fb_inc_sink)(
    void *ctx, const struct fb_inc_verdict *verdict, struct fb_err *err);

/** How it runs. */
struct fb_inc_options {
    size_t memory_max; /**< most bytes of state; 0: 4 GiB */
    fb_inc_sink sink;
    void *ctx;
};

/** Makes an evaluator for a formula, which must outlive it and passes fb_form_check.
 * E_UNSUPPORTED, with what it is that is not supported, for a formula that only the naive evaluator
 * can do. Free with fb_inc_free. */
FB_CHECKED enum fb_code fb_inc_new(const struct fb_form *form, size_t var_count,
    const struct fb_inc_options *options, struct fb_inc **out, struct fb_err *err);

/** Frees it; NULL is allowed. */
void fb_inc_free(struct fb_inc *inc);

/** True when the formula reads the relation. Tuples of others need not be added. */
bool fb_inc_reads(const struct fb_inc *inc, uint32_t relation);

/** Opens a time-point; times never decrease (E_TIME). The one before must be closed. */
FB_CHECKED enum fb_code fb_inc_open(struct fb_inc *inc, fb_time time, struct fb_err *err);

/** The cell of a value; a string becomes a symbol. E_NOMEM or E_LIMIT. */
FB_CHECKED enum fb_code fb_inc_cell(
    struct fb_inc *inc, struct fb_value value, struct fb_cell *out, struct fb_err *err);

/** The value of a cell; text is borrowed from the evaluator. */
struct fb_value fb_inc_value(const struct fb_inc *inc, const struct fb_cell *cell);

/** Adds a tuple to the open time-point. It has as many cells as the relation has columns. */
FB_CHECKED enum fb_code fb_inc_add(struct fb_inc *inc, uint32_t relation,
    const struct fb_cell *cells, size_t count, struct fb_err *err);

/** Closes the open time-point and gives all verdicts that are now final to the sink. After an
 * error nothing but fb_inc_free may follow. */
FB_CHECKED enum fb_code fb_inc_close(struct fb_inc *inc, struct fb_err *err);

/** No time-point follows: gives all that waits to the sink, as the naive evaluator decides it at
 * the end of a trace. */
FB_CHECKED enum fb_code fb_inc_end(struct fb_inc *inc, struct fb_err *err);

/** Bytes of state that it holds. */
size_t fb_inc_memory_used(const struct fb_inc *inc);

#endif

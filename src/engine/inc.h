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
#include "engine/wire.h"

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

/** The time from one instant to a later one, which may be more than fits: then INT64_MAX. */
static inline int64_t fb_inc_age(fb_time from, fb_time to)
{
    int64_t age;
    return __builtin_sub_overflow(to, from, &age) ? INT64_MAX : age;
}

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
    /** Whether rows in which the variable `subject` has this value are of no use: what they rest on
     * is not all there, so no group is made of them. NULL: all rows are wanted. */
    bool (*foreign)(void *ctx, struct fb_value value);
    uint32_t subject;
};

/** Appends a formula as bytes, which are the same for the same formula and no other. Places in the
 * text, and the names of variables, have no part in them. */
void fb_form_write(const struct fb_form *form, struct fb_buf *out);

/** Makes an evaluator for a formula, which must outlive it and passes fb_form_check.
 * E_UNSUPPORTED, with what it is that is not supported, for a formula that only the naive evaluator
 * can do. Free with fb_inc_free. */
FB_CHECKED enum fb_code fb_inc_new(const struct fb_form *form, size_t var_count,
    const struct fb_inc_options *options, struct fb_inc **out, struct fb_err *err);

/** Frees it; NULL is allowed. */
void fb_inc_free(struct fb_inc *inc);

/** True when the formula reads the relation. Tuples of others need not be added. */
bool fb_inc_reads(const struct fb_inc *inc, uint32_t relation);

/** How many columns the formula takes a relation to have; -1 when it does not read it. */
int64_t fb_inc_arity(const struct fb_inc *inc, uint32_t relation);

/** Opens a time-point; times never decrease, and are not before what the clock was advanced to
 * (E_TIME). The one before must be closed. */
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

/** The clock has come to `now`: no time-point before it follows. Gives all verdicts that this makes
 * final to the sink. What NEXT waits for is decided by the next time-point alone. A clock that goes
 * back is passed over. No time-point may be open. */
FB_CHECKED enum fb_code fb_inc_advance(struct fb_inc *inc, fb_time now, struct fb_err *err);

/** The earliest clock that makes something final: fb_inc_advance to it moves on. FB_TIME_MAX where
 * only another time-point can. */
fb_time fb_inc_next(const struct fb_inc *inc);

/** How many time-points were closed, and whether one is open. */
uint64_t fb_inc_seen(const struct fb_inc *inc);
bool fb_inc_is_open(const struct fb_inc *inc);

/** How many time-points, from the first on, have had their verdicts. */
uint64_t fb_inc_decided(const struct fb_inc *inc);

/** No time-point follows: gives all that waits to the sink, as the naive evaluator decides it at
 * the end of a trace. */
FB_CHECKED enum fb_code fb_inc_end(struct fb_inc *inc, struct fb_err *err);

/** Changes whenever the state of an evaluator, or what is written of it, does. */
enum { FB_INC_STATE_VERSION = 4 };

/** Appends the state, also in the middle of a time-point; not after fb_inc_end. E_NOMEM, or E_LIMIT
 * where out reaches its maximum; then out holds a part. */
FB_CHECKED enum fb_code fb_inc_save(struct fb_inc *inc, struct fb_buf *out, struct fb_err *err);

/** Takes over a state that fb_inc_save wrote of an evaluator for the same formula, into one that
 * has seen nothing yet. From then on both give the same verdicts. E_VERSION where it is of another
 * plan, E_CORRUPT where it does not hold together, E_LIMIT or E_NOMEM; then only fb_inc_free may
 * follow. Any bytes are safe to load. */
FB_CHECKED enum fb_code fb_inc_load(struct fb_inc *inc, struct fb_wire *in, struct fb_err *err);

/** Bytes of state that it holds. */
size_t fb_inc_memory_used(const struct fb_inc *inc);

#endif

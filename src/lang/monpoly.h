/*
 * monpoly.h: reads the signatures, formulas and logs of the monitor MonPoly and writes verdicts as
 * it does, so that cases and policies of other people can be run and compared.
 *
 * Formulas are read as they stand, with MonPoly's precedence (docs/MONITOR.md has the table). What
 * it asks is the satisfying tuples at each time-point. LET is expanded in place; division is total.
 */
#ifndef FB_LANG_MONPOLY_H
#define FB_LANG_MONPOLY_H

#include "engine/snapshot.h"
#include "engine/trace.h"
#include "engine/wire.h"

/** Limits; each has an error and a test. */
enum {
    FB_MONPOLY_RELATIONS_MAX = 1000,
    FB_MONPOLY_NODES_MAX = 20000, /**< of one formula, after LET is expanded */
};

/** A formula with its variables. */
struct fb_monpoly_body {
    struct fb_form *form;
    size_t var_count;
    const uint32_t *columns; /**< the variable of each column of a verdict, in MonPoly's order;
                                these variables are 0, 1, ... */
    size_t column_count;
    const struct fb_var_name *names; /**< of its free variables */
    size_t name_count;
};

/** A formula as it is written, and the same in a form that is quicker to evaluate. */
struct fb_monpoly_formula {
    struct fb_monpoly_body plain; /**< for the naive evaluator */
    struct fb_monpoly_body quick; /**< for the incremental one */
};

/** Reads a signature. The relations tp(i), ts(t) and tpts(i, t), which hold the number and the time
 * of each time-point, are added unless it declares them. Lives in arena and borrows from text.
 * E_SYNTAX or E_LIMIT. */
FB_CHECKED enum fb_code fb_monpoly_signature(
    struct fb_str text, struct fb_arena *arena, struct fb_signature *out, struct fb_err *err);

/** Reads a formula over a signature. It lives in arena and borrows from text. E_SYNTAX,
 * E_UNSUPPORTED, E_LIMIT, or E_POLICY for a predicate that the signature lacks. Whether it can be
 * monitored is for fb_form_check to say. */
FB_CHECKED enum fb_code fb_monpoly_formula_read(struct fb_str text,
    const struct fb_signature *signature, struct fb_arena *arena, struct fb_monpoly_formula *out,
    struct fb_err *err);

/** Reads a log. As MonPoly does at the end of a log, one more time-point without tuples is put
 * after the last, in the far future, so that what waits is decided; verdicts leave it out. Lives in
 * arena and borrows from text. E_SYNTAX with the line, or E_TIME when time runs backwards. */
FB_CHECKED enum fb_code fb_monpoly_log(struct fb_str text, const struct fb_signature *signature,
    struct fb_arena *arena, struct fb_trace *out, struct fb_err *err);

/** Turns a formula into its negation, with negations moved inwards where that makes it one that can
 * be monitored: NOT EXISTS x. (a AND NOT b) becomes EXISTS x. (a AND NOT b). Its columns stay. On
 * failure (E_NOMEM, E_LIMIT) the formula is as it was. New nodes live in arena. */
FB_CHECKED enum fb_code fb_monpoly_negate(
    struct fb_monpoly_formula *formula, struct fb_arena *arena, struct fb_err *err);

/** Evaluates at one time-point by the naive evaluator and appends its line of verdicts, if it has
 * one. scratch_max bounds the memory that this takes. */
FB_CHECKED enum fb_code fb_monpoly_verdict(const struct fb_monpoly_formula *formula,
    const struct fb_trace *trace, size_t tp, size_t scratch_max, struct fb_buf *out,
    struct fb_err *err);

/** Takes the line of verdicts of a time-point, with its line end; clears `line` or leaves it to
 * grow.
 */
typedef enum fb_code (*fb_monpoly_sink)(void *ctx, struct fb_buf *line, struct fb_err *err);

/** Takes one verdict of a time-point, after its line: a value for each column, borrowed. */
typedef enum fb_code (*fb_monpoly_row_sink)(
    void *ctx, size_t tp, const struct fb_value *values, struct fb_err *err);

/** Where verdicts go, and what it took. */
struct fb_monpoly_stream {
    size_t memory_max; /**< most bytes of state; 0: as fb_inc_new has it */
    size_t threads;    /**< more than 1: cut the log by a variable, and evaluate its parts at the
                            same time; out: 1 where no variable cuts it */
    size_t batch;      /**< with threads: as fb_parallel_options has it */
    bool reorder;      /**< time-points may be late by watermark, and then by amend: session.h */
    int64_t watermark;
    int64_t amend;
    bool stamp; /**< verdicts say from when they were certain */
    fb_monpoly_sink sink;
    fb_monpoly_row_sink row; /**< NULL, or takes each verdict by itself; not with threads */
    void *ctx;
    struct fb_buf *line; /**< borrowed */
    size_t point_count;  /**< out: time-points of the log */
    size_t tuple_count;  /**< out: tuples of it */
};

struct fb_monpoly_monitor;

/** A run of the incremental evaluator over a log that comes in pieces; each verdict goes to the
 * sink as soon as it is final. The verdicts and the errors of the text are those of fb_monpoly_log
 * and fb_monpoly_run. The other arguments must outlive it. E_UNSUPPORTED for a formula that only
 * the naive evaluator can do. Free with fb_monpoly_monitor_free. */
FB_CHECKED enum fb_code fb_monpoly_monitor_new(const struct fb_monpoly_formula *formula,
    const struct fb_signature *signature, struct fb_monpoly_stream *stream,
    struct fb_monpoly_monitor **out, struct fb_err *err);

/** Frees it; NULL is allowed. */
void fb_monpoly_monitor_free(struct fb_monpoly_monitor *monitor);

/** Takes the next piece of the log, which may end anywhere. After an error nothing but
 * fb_monpoly_monitor_free may follow. */
FB_CHECKED enum fb_code fb_monpoly_monitor_feed(
    struct fb_monpoly_monitor *monitor, struct fb_str piece, struct fb_err *err);

/** The clock has come to `now`, in the time of the log: decides what that makes certain. Passed
 * over while a time-point may still get tuples: one that ends with ';' cannot. */
FB_CHECKED enum fb_code fb_monpoly_monitor_advance(
    struct fb_monpoly_monitor *monitor, fb_time now, struct fb_err *err);

/** The next clock at which that may decide something; FB_TIME_MAX: none. */
fb_time fb_monpoly_monitor_next(const struct fb_monpoly_monitor *monitor);

/** Nothing follows: decides what waits. */
FB_CHECKED enum fb_code fb_monpoly_monitor_end(
    struct fb_monpoly_monitor *monitor, struct fb_err *err);

/** What a state of this run belongs to: a digest of the formula, the signature and how it runs. */
FB_CHECKED enum fb_code fb_monpoly_monitor_identity(
    const struct fb_monpoly_monitor *monitor, uint8_t out[FB_SHA256_SIZE], struct fb_err *err);

/** Appends the state between two pieces, which may end anywhere. Not after an error or the end. */
FB_CHECKED enum fb_code fb_monpoly_monitor_save(
    struct fb_monpoly_monitor *monitor, struct fb_buf *out, struct fb_err *err);

/** Takes over the state of a run of the same identity, before the first piece: what is fed then is
 * what followed there, and the verdicts are those that the other had not given. E_CORRUPT and the
 * errors of fb_session_load; then only fb_monpoly_monitor_free may follow. */
FB_CHECKED enum fb_code fb_monpoly_monitor_load(
    struct fb_monpoly_monitor *monitor, struct fb_wire *in, struct fb_err *err);

/** Bytes of state. */
size_t fb_monpoly_monitor_memory(const struct fb_monpoly_monitor *monitor);

/** All of that over a text. */
FB_CHECKED enum fb_code fb_monpoly_run_quick(const struct fb_monpoly_formula *formula,
    const struct fb_signature *signature, struct fb_str text, struct fb_monpoly_stream *stream,
    struct fb_err *err);

/** Evaluates at every time-point of a log but the last and appends a line for each at which there
 * is a tuple: "@TS (time point N): (1,2) (3,4)", or "true" for a formula without free variables.
 * scratch_max bounds the memory of one time-point. */
FB_CHECKED enum fb_code fb_monpoly_run(const struct fb_monpoly_formula *formula,
    const struct fb_trace *trace, size_t scratch_max, struct fb_buf *out, struct fb_err *err);

#endif

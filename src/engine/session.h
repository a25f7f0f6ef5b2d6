/*
 * session.h: a run of the incremental evaluator over time as it is: time-points that come out of
 * order, a clock that goes on without them, an end of the process and a start where it ended.
 *
 * Time-points are put in the order of their times, those of one time in the order in which they
 * came; by that order they are numbered, and of that log the verdicts are. With a watermark, a
 * time-point may come late by up to that much: it is kept back until none can come before it. What
 * comes later still is a correction: it is put where it belongs, what follows is evaluated anew
 * from the nearest state before it, and each verdict that this changes is given again, with what it
 * was.
 */
#ifndef FB_ENGINE_SESSION_H
#define FB_ENGINE_SESSION_H

#include "engine/inc.h"

struct fb_session;

/** What is said about a time-point. */
enum fb_session_news {
    FB_SESSION_VERDICT, /**< its verdict, for the first time */
    FB_SESSION_LATE,    /**< it came as a correction; those behind it have a number more now */
    FB_SESSION_AMENDED, /**< its verdict changed: rows (perhaps none), and what they were */
};

/** One of these. Cells are valid until the call returns; fb_session_value gives their values. */
struct fb_session_report {
    enum fb_session_news news;
    uint64_t point; /**< its number, as known now */
    fb_time time;
    fb_time certain; /**< the instant from which it was certain; FB_TIME_MAX: by the end of the log.
                        Exact only with options.stamp */
    const struct fb_cell *const *rows;
    size_t count;
    const struct fb_cell *const *was; /**< AMENDED */
    size_t was_count;
};

/** Takes a report; an error ends the run. */
typedef enum fb_code (*fb_session_sink)(
    void *ctx, const struct fb_session_report *report, struct fb_err *err);

/** Adds tuples that a time-point has by its number and time. */
typedef enum fb_code (*fb_session_fill)(
    void *ctx, struct fb_inc *inc, uint64_t point, fb_time time, struct fb_err *err);

/** How it runs. */
struct fb_session_options {
    size_t memory_max; /**< most bytes of state, and again of what is kept back and for corrections;
                          0: 4 GiB */
    bool reorder;      /**< time-points may come out of order */
    int64_t watermark; /**< by at most this much; at least 0 */
    int64_t amend;     /**< and by this much more as corrections; 0: none */
    bool stamp;        /**< decide at each deadline, before the time-point that comes next */
    fb_session_sink sink;
    fb_session_fill fill; /**< may be NULL */
    void *ctx;
};

/** Makes a session; errors and lifetimes as of fb_inc_new. Free with fb_session_free. */
FB_CHECKED enum fb_code fb_session_new(const struct fb_form *form, size_t var_count,
    const struct fb_session_options *options, struct fb_session **out, struct fb_err *err);

/** Frees it; NULL is allowed. */
void fb_session_free(struct fb_session *session);

/** True when the formula reads the relation; tuples of others are passed over. */
bool fb_session_reads(const struct fb_session *session, uint32_t relation);

/** Opens a time-point. E_TIME when time runs backwards, further than options allow. After an error
 * of this or of what follows nothing but fb_session_free may be called. */
FB_CHECKED enum fb_code fb_session_open(
    struct fb_session *session, fb_time time, struct fb_err *err);

/** Adds a tuple of as many values as the relation has columns; they are copied. */
FB_CHECKED enum fb_code fb_session_add(struct fb_session *session, uint32_t relation,
    const struct fb_value *values, size_t count, struct fb_err *err);

/** True between fb_session_open and fb_session_close, also after fb_session_load. */
bool fb_session_is_open(const struct fb_session *session);

/** Closes the open time-point and reports all that is certain now. */
FB_CHECKED enum fb_code fb_session_close(struct fb_session *session, struct fb_err *err);

/** The clock has come to `now`: with a watermark, no time-point before now - watermark follows
 * (but as a correction), else none before now. Reports what is certain by that, each with its own
 * instant. A clock that goes back is passed over. No time-point may be open. */
FB_CHECKED enum fb_code fb_session_advance(
    struct fb_session *session, fb_time now, struct fb_err *err);

/** The next clock at which fb_session_advance may have something to report; FB_TIME_MAX: none. */
fb_time fb_session_next(const struct fb_session *session);

/** Nothing follows: reports the rest, as if one more time-point without tuples came in the far
 * future. */
FB_CHECKED enum fb_code fb_session_end(struct fb_session *session, struct fb_err *err);

/** The value of a reported cell; text is borrowed. */
struct fb_value fb_session_value(const struct fb_session *session, const struct fb_cell *cell);

/** Appends all that the session knows, also in the middle of a time-point; not after
 * fb_session_end. E_NOMEM or E_LIMIT; then out holds a part. */
FB_CHECKED enum fb_code fb_session_save(
    struct fb_session *session, struct fb_buf *out, struct fb_err *err);

/** Takes over what fb_session_save wrote of a session of the same formula and options, into one
 * that has seen nothing yet: from then on both report the same. Errors and promises of fb_inc_load.
 */
FB_CHECKED enum fb_code fb_session_load(
    struct fb_session *session, struct fb_wire *in, struct fb_err *err);

/** Bytes that it holds. */
size_t fb_session_memory(const struct fb_session *session);

#endif

/* session_plan.h: the inside of a session. Only its files include it. */
#ifndef FB_ENGINE_SESSION_PLAN_H
#define FB_ENGINE_SESSION_PLAN_H

#include "engine/inc_set.h"
#include "engine/session.h"

/** Bytes of its own. */
struct fb_session_bytes {
    char *ptr;
    size_t len;
};

/** A time-point as it came: its tuples, as wire.h writes them. */
struct fb_session_entry {
    fb_time time;
    uint64_t seq; /**< in which order they came */
    struct fb_session_bytes tuples;
};

/** The verdict of a time-point, kept for corrections: how many rows, and these, as
 * wire.h writes them; nothing where there are none. */
struct fb_session_outcome {
    fb_time time;
    bool given; /**< it was reported, if it had rows */
    struct fb_session_bytes rows;
};

/** A state to start again from. */
struct fb_session_mark {
    uint64_t point;   /**< time-points that it has seen */
    uint64_t decided; /**< and of these, how many had their verdicts */
    struct fb_session_bytes state;
};

enum { FB_SESSION_MARKS_MAX = 16 };

/** What is kept for corrections. Time-points [marks[0].point, marks[0].point + entry_count), and
 * verdicts [marks[0].decided, marks[0].decided + outcome_count). */
struct fb_session_history {
    struct fb_session_entry *entries;
    size_t entry_count;
    size_t entry_cap;
    struct fb_session_outcome *outcomes;
    size_t outcome_count;
    size_t outcome_cap;
    struct fb_session_mark marks[FB_SESSION_MARKS_MAX]; /**< the oldest first */
    size_t mark_count;
    size_t since; /**< bytes that came after the last mark */
};

/** A session. */
struct fb_session {
    const struct fb_form *form;
    size_t var_count;
    struct fb_session_options options;
    struct fb_inc *inc;
    struct fb_inc_memory memory; /**< of what is kept back and for corrections */
    struct fb_err memory_err;    /**< of it; fb_session_no_room says it in its own words */

    bool any;       /**< a time-point came, or the clock was advanced */
    fb_time newest; /**< the latest time of one, or the clock */
    fb_time mark;   /**< all before it was given to the evaluator; FB_TIME_MIN: nothing */
    uint64_t seq;   /**< time-points that came */
    bool open;      /**< of those that are kept back; late: it is a correction */
    bool late;
    fb_time open_time;
    struct fb_buf open_tuples;
    struct fb_session_entry *heap; /**< those that are kept back, the earliest on top */
    size_t heap_count;
    size_t heap_cap;

    struct fb_session_history history;
    uint64_t fed;              /**< time-points that the evaluator has seen */
    uint64_t settled;          /**< verdicts before it were compared with what was given */
    fb_time instant;           /**< at which verdicts are certain now */
    struct fb_buf rows;        /**< of one verdict */
    struct fb_cell *was_cells; /**< what one was */
    size_t was_cell_cap;
    const struct fb_cell **was_rows;
    size_t was_row_cap;
};

/** A copy of bytes, counted. False when memory ran out. */
bool fb_session_copy(struct fb_session *session, struct fb_str bytes, struct fb_session_bytes *out);

/** Frees them. */
void fb_session_drop(struct fb_session *session, struct fb_session_bytes *bytes);

/** Puts a time-point on the heap, which takes its tuples over. */
bool fb_session_push(struct fb_session *session, struct fb_session_entry entry);

/** Gives the next time-point to the evaluator, and notes it for corrections, which take its tuples
 * over. */
FB_CHECKED enum fb_code fb_session_feed(
    struct fb_session *session, struct fb_session_entry *entry, struct fb_err *err);

/** The same without noting it. */
FB_CHECKED enum fb_code fb_session_play(
    struct fb_session *session, const struct fb_session_entry *entry, struct fb_err *err);

/** Reports what is certain by an instant, each with its own. */
FB_CHECKED enum fb_code fb_session_settle(
    struct fb_session *session, fb_time until, struct fb_err *err);

/** The sink of its evaluators. */
enum fb_code fb_session_take(void *ctx, const struct fb_inc_verdict *verdict, struct fb_err *err);

/** A new evaluator. */
FB_CHECKED enum fb_code fb_session_evaluator(
    struct fb_session *session, struct fb_inc **out, struct fb_err *err);

/** Notes a time-point that was fed. */
FB_CHECKED enum fb_code fb_session_note(
    struct fb_session *session, struct fb_session_entry *entry, struct fb_err *err);

/** Makes the first mark, and one whenever enough has come since the last; gives up what no
 * correction reaches any more. */
FB_CHECKED enum fb_code fb_session_mark_state(struct fb_session *session, struct fb_err *err);

/** Reports a verdict, whose rows are in session->rows too, unless that was done; and before it
 * those that have no rows any more. */
FB_CHECKED enum fb_code fb_session_compare(
    struct fb_session *session, const struct fb_inc_verdict *verdict, struct fb_err *err);

/** Reports those that have no rows any more, up to what is decided. */
FB_CHECKED enum fb_code fb_session_catch_up(struct fb_session *session, struct fb_err *err);

/** Gives a report to the sink of the options. */
FB_CHECKED enum fb_code fb_session_report(struct fb_session *session,
    const struct fb_inc_verdict *verdict, enum fb_session_news news, size_t was_count,
    struct fb_err *err);

/** The error of memory that ran out. */
enum fb_code fb_session_no_room(struct fb_session *session, struct fb_err *err);

/** Puts a time-point that came too late where it belongs. */
FB_CHECKED enum fb_code fb_session_correct(
    struct fb_session *session, struct fb_session_entry *entry, struct fb_err *err);

/** Frees what is kept for corrections. */
void fb_session_forget(struct fb_session *session);

#endif

/* A session as bytes: the evaluator, what is kept back, and what is kept for corrections. */
#include <string.h>

#include "base/alloc.h"
#include "base/assert.h"
#include "engine/session_plan.h"

/* ---- writing ---- */

static void put_bytes(struct fb_buf *out, struct fb_session_bytes bytes)
{
    fb_wire_put_text(out, (struct fb_str){bytes.ptr, bytes.len});
}

static void put_entries(const struct fb_session_entry *entries, size_t count, struct fb_buf *out)
{
    fb_wire_put_u64(out, count);
    for (size_t i = 0; i < count; i++) {
        fb_wire_put_i64(out, entries[i].time);
        fb_wire_put_u64(out, entries[i].seq);
        put_bytes(out, entries[i].tuples);
    }
}

static void put_history(const struct fb_session_history *h, struct fb_buf *out)
{
    fb_wire_put_u64(out, h->mark_count);
    for (size_t i = 0; i < h->mark_count; i++) {
        fb_wire_put_u64(out, h->marks[i].point);
        fb_wire_put_u64(out, h->marks[i].decided);
        put_bytes(out, h->marks[i].state);
    }
    put_entries(h->entries, h->entry_count, out);
    fb_wire_put_u64(out, h->outcome_count);
    for (size_t i = 0; i < h->outcome_count; i++) {
        fb_wire_put_i64(out, h->outcomes[i].time);
        fb_buf_add_char(out, h->outcomes[i].given ? 1 : 0);
        put_bytes(out, h->outcomes[i].rows);
    }
    fb_wire_put_u64(out, h->since);
}

/* How it runs, as far as the state depends on it. */
static void put_options(const struct fb_session *session, struct fb_buf *out)
{
    const struct fb_session_options *options = &session->options;
    fb_buf_add_char(out, (char)((options->reorder ? 1 : 0) | (options->stamp ? 2 : 0)));
    fb_wire_put_i64(out, options->reorder ? options->watermark : 0);
    fb_wire_put_i64(out, options->reorder ? options->amend : 0);
}

enum fb_code fb_session_save(struct fb_session *session, struct fb_buf *out, struct fb_err *err)
{
    FB_ASSERT(session && out);
    FB_ASSERT(session->memory.code == FB_OK);
    put_options(session, out);
    fb_wire_put_u64(out, session->fed);
    if (session->options.reorder) {
        fb_buf_add_char(out,
            (char)((session->any ? 1 : 0) | (session->open ? 2 : 0) | (session->late ? 4 : 0)));
        fb_wire_put_i64(out, session->newest);
        fb_wire_put_i64(out, session->mark);
        fb_wire_put_u64(out, session->seq);
        fb_wire_put_i64(out, session->open ? session->open_time : 0);
        fb_wire_put_text(
            out, session->open ? fb_buf_str(&session->open_tuples) : (struct fb_str){NULL, 0});
        put_entries(session->heap, session->heap_count, out);
    }
    if (session->options.amend) {
        put_history(&session->history, out);
    }
    return fb_inc_save(session->inc, out, err);
}

/* ---- reading ---- */

/* Whether bytes are tuples that the formula reads, or rows of its verdicts. */
static bool are_tuples(const struct fb_session *session, struct fb_str bytes)
{
    struct fb_wire in = fb_wire_of(bytes);
    while (fb_wire_left(&in)) {
        uint32_t relation = (uint32_t)fb_wire_up_to(&in, UINT32_MAX);
        size_t count = (size_t)fb_wire_up_to(&in, FB_IR_ARITY_MAX);
        if (in.bad || fb_inc_arity(session->inc, relation) != (int64_t)count) {
            return false;
        }
        for (size_t i = 0; i < count; i++) {
            (void)fb_wire_value(&in);
        }
    }
    return !in.bad;
}

static bool are_rows(const struct fb_session *session, struct fb_str bytes)
{
    struct fb_wire in = fb_wire_of(bytes);
    size_t most = session->var_count ? bytes.len : 1;
    uint64_t count = bytes.len ? fb_wire_up_to(&in, most) : 0;
    for (uint64_t i = 0; i < count * session->var_count && !in.bad; i++) {
        (void)fb_wire_value(&in);
    }
    return !in.bad && fb_wire_left(&in) == 0 && (count > 0 || bytes.len == 0);
}

static bool take_bytes(struct fb_session *session, struct fb_wire *in, struct fb_session_bytes *out)
{
    struct fb_str text = fb_wire_text(in);
    return !in->bad && fb_session_copy(session, text, out);
}

/* The entry that comes next; its tuples are sound. */
static bool take_entry(struct fb_session *session, struct fb_wire *in, struct fb_session_entry *out)
{
    *out = (struct fb_session_entry){.time = fb_wire_i64(in)};
    out->seq = fb_wire_u64(in);
    if (!take_bytes(session, in, &out->tuples)) {
        return false;
    }
    in->bad = out->time == FB_TIME_MAX ||
              !are_tuples(session, (struct fb_str){out->tuples.ptr, out->tuples.len});
    if (in->bad) {
        fb_session_drop(session, &out->tuples);
    }
    return !in->bad;
}

static bool sound(const struct fb_session *session, const struct fb_wire *in)
{
    return !in->bad && session->memory.code == FB_OK;
}

static void take_kept_back(struct fb_session *session, struct fb_wire *in)
{
    uint64_t flags = fb_wire_up_to(in, 7);
    session->any = (flags & 1) != 0;
    session->open = (flags & 2) != 0;
    session->late = (flags & 4) != 0;
    session->newest = fb_wire_i64(in);
    session->mark = fb_wire_i64(in);
    session->seq = fb_wire_u64(in);
    session->open_time = fb_wire_i64(in);
    struct fb_str tuples = fb_wire_text(in);
    fb_buf_add_str(&session->open_tuples, tuples);
    bool reaches = !session->late || (session->options.amend && session->open_time < session->mark);
    in->bad = in->bad || !are_tuples(session, tuples) || session->mark == FB_TIME_MAX ||
              session->newest == FB_TIME_MAX || session->open_time == FB_TIME_MAX || !reaches;
    size_t count = fb_wire_count(in);
    for (size_t i = 0; i < count && sound(session, in); i++) {
        struct fb_session_entry entry;
        if (take_entry(session, in, &entry)) {
            in->bad = entry.time < session->mark;
            (void)fb_session_push(session, entry);
        }
    }
}

static void take_marks(struct fb_session *session, struct fb_wire *in)
{
    struct fb_session_history *h = &session->history;
    size_t count = (size_t)fb_wire_up_to(in, FB_SESSION_MARKS_MAX);
    FB_ASSERT(h->mark_count == 1); /* the one that a session begins with */
    fb_session_drop(session, &h->marks[0].state);
    h->mark_count = 0;
    in->bad = in->bad || count == 0;
    for (size_t i = 0; i < count && sound(session, in); i++) {
        struct fb_session_mark *mark = &h->marks[i];
        *mark = (struct fb_session_mark){.point = fb_wire_u64(in)};
        mark->decided = fb_wire_u64(in);
        bool later = i == 0 || (mark->point >= mark[-1].point && mark->decided >= mark[-1].decided);
        in->bad = in->bad || !later || mark->decided > mark->point || mark->point > session->fed;
        if (take_bytes(session, in, &mark->state)) {
            h->mark_count++;
        }
    }
}

static void take_history(struct fb_session *session, struct fb_wire *in)
{
    struct fb_session_history *h = &session->history;
    struct fb_inc_memory *memory = &session->memory;
    take_marks(session, in);
    fb_time before = FB_TIME_MIN;
    size_t count = fb_wire_count(in);
    for (size_t i = 0; i < count && sound(session, in); i++) {
        struct fb_session_entry entry;
        if (take_entry(session, in, &entry)) {
            in->bad = entry.time < before;
            before = entry.time;
            if (fb_inc_room(memory, &h->entries, &h->entry_cap, h->entry_count, sizeof(entry))) {
                h->entries[h->entry_count++] = entry;
            } else {
                fb_session_drop(session, &entry.tuples);
            }
        }
    }
    count = fb_wire_count(in);
    for (size_t i = 0; i < count && sound(session, in); i++) {
        struct fb_session_outcome outcome = {.time = fb_wire_i64(in)};
        outcome.given = fb_wire_up_to(in, 1) != 0;
        if (fb_inc_room(memory, &h->outcomes, &h->outcome_cap, i, sizeof(outcome)) &&
            take_bytes(session, in, &outcome.rows)) {
            h->outcomes[h->outcome_count++] = outcome;
            in->bad = !are_rows(session, (struct fb_str){outcome.rows.ptr, outcome.rows.len});
        }
    }
    h->since = (size_t)fb_wire_u64(in);
    if (sound(session, in)) {
        in->bad = h->entry_count != session->fed - h->marks[0].point ||
                  h->outcome_count != session->fed - h->marks[0].decided;
    }
}

/* A mark is a state of the evaluator too, which has seen as much as it says. */
static enum fb_code check_marks(struct fb_session *session, struct fb_err *err)
{
    const struct fb_session_history *h = &session->history;
    enum fb_code code = FB_OK;
    for (size_t i = 0; i < h->mark_count && code == FB_OK; i++) {
        const struct fb_session_mark *mark = &h->marks[i];
        struct fb_wire in = fb_wire_of((struct fb_str){mark->state.ptr, mark->state.len});
        struct fb_inc *inc = NULL;
        code = fb_session_evaluator(session, &inc, err);
        code = code ? code : fb_inc_load(inc, &in, err);
        bool same = code == FB_OK && fb_wire_left(&in) == 0 && !fb_inc_is_open(inc) &&
                    fb_inc_seen(inc) == mark->point && fb_inc_decided(inc) == mark->decided;
        if (code == FB_OK && !same) {
            code = fb_err_set(err, FB_E_CORRUPT, "the state does not hold together");
        }
        fb_inc_free(inc);
    }
    return code;
}

static enum fb_code check_options(
    const struct fb_session *session, struct fb_wire *in, struct fb_err *err)
{
    struct fb_buf options;
    fb_buf_init(&options, 64);
    put_options(session, &options);
    enum fb_code code = fb_buf_check(&options, "the options", err);
    bool same = code == FB_OK && fb_wire_left(in) >= options.len &&
                memcmp(in->pos, options.ptr, options.len) == 0;
    in->pos += same ? options.len : 0;
    if (code == FB_OK && !same) {
        code = fb_err_set(err, FB_E_MISMATCH, "the state is of another watermark");
    }
    fb_buf_release(&options);
    return code;
}

enum fb_code fb_session_load(struct fb_session *session, struct fb_wire *in, struct fb_err *err)
{
    FB_ASSERT(session && in);
    FB_ASSERT(session->fed == 0 && !session->open);
    enum fb_code code = check_options(session, in, err);
    if (code) {
        return code;
    }
    session->fed = fb_wire_u64(in);
    if (session->options.reorder) {
        take_kept_back(session, in);
    }
    if (session->options.amend && sound(session, in)) {
        take_history(session, in);
    }
    if (session->memory.code) {
        return fb_session_no_room(session, err);
    }
    if (in->bad) {
        return fb_err_set(err, FB_E_CORRUPT, "the state does not hold together");
    }
    code = fb_buf_check(&session->open_tuples, "a time-point", err);
    code = code ? code : fb_inc_load(session->inc, in, err);
    bool wrong = fb_inc_is_open(session->inc) && session->options.reorder;
    if (code == FB_OK && (wrong || fb_inc_seen(session->inc) != session->fed)) {
        code = fb_err_set(err, FB_E_CORRUPT, "the state does not hold together");
    }
    session->settled = fb_inc_decided(session->inc);
    if (code == FB_OK && session->options.amend &&
        session->settled < session->history.marks[0].decided) {
        code = fb_err_set(err, FB_E_CORRUPT, "the state does not hold together");
    }
    return code ? code : check_marks(session, err);
}

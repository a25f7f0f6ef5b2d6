/* Sessions: order, clock and what is kept back. Corrections are in session_amend.c. */
#include "engine/session.h"

#include <string.h>

#include "base/alloc.h"
#include "base/assert.h"
#include "engine/session_plan.h"

#define MEMORY_MAX ((size_t)4 << 30)

/* ---- life ---- */

enum fb_code fb_session_evaluator(
    struct fb_session *session, struct fb_inc **out, struct fb_err *err)
{
    FB_ASSERT(session && out);
    struct fb_inc_options options = {
        .memory_max = session->options.memory_max, .sink = fb_session_take, .ctx = session};
    return fb_inc_new(session->form, session->var_count, &options, out, err);
}

enum fb_code fb_session_new(const struct fb_form *form, size_t var_count,
    const struct fb_session_options *options, struct fb_session **out, struct fb_err *err)
{
    FB_ASSERT(form && options && options->sink && out);
    FB_ASSERT(options->watermark >= 0 && options->amend >= 0);
    struct fb_session *session = fb_calloc(1, sizeof(*session));
    if (!session) {
        return fb_err_set(err, FB_E_NOMEM, "memory ran out");
    }
    session->form = form;
    session->var_count = var_count;
    session->options = *options;
    session->memory.max = options->memory_max ? options->memory_max : MEMORY_MAX;
    session->memory.err = &session->memory_err;
    session->mark = FB_TIME_MIN;
    fb_buf_init(&session->open_tuples, session->memory.max);
    fb_buf_init(&session->rows, session->memory.max);
    enum fb_code code = fb_session_evaluator(session, &session->inc, err);
    if (code == FB_OK && options->amend) {
        code = fb_session_mark_state(session, err);
    }
    if (code) {
        fb_session_free(session);
        return code;
    }
    *out = session;
    return FB_OK;
}

void fb_session_free(struct fb_session *session)
{
    if (!session) {
        return;
    }
    struct fb_inc_memory *memory = &session->memory;
    fb_session_forget(session);
    for (size_t i = 0; i < session->heap_count; i++) {
        fb_session_drop(session, &session->heap[i].tuples);
    }
    fb_inc_drop(memory, session->heap, session->heap_cap, sizeof(*session->heap));
    fb_inc_drop(memory, session->was_cells, session->was_cell_cap, sizeof(*session->was_cells));
    fb_inc_drop(memory, session->was_rows, session->was_row_cap, sizeof(*session->was_rows));
    FB_ASSERT(memory->used == 0);
    fb_buf_release(&session->open_tuples);
    fb_buf_release(&session->rows);
    fb_inc_free(session->inc);
    fb_free(session);
}

size_t fb_session_memory(const struct fb_session *session)
{
    FB_ASSERT(session);
    return fb_inc_memory_used(session->inc) + session->memory.used + session->open_tuples.cap +
           session->rows.cap;
}

bool fb_session_reads(const struct fb_session *session, uint32_t relation)
{
    FB_ASSERT(session);
    return fb_inc_reads(session->inc, relation);
}

struct fb_value fb_session_value(const struct fb_session *session, const struct fb_cell *cell)
{
    FB_ASSERT(session);
    return fb_inc_value(session->inc, cell);
}

/* ---- memory ---- */

enum fb_code fb_session_no_room(struct fb_session *session, struct fb_err *err)
{
    FB_ASSERT(session && session->memory.code != FB_OK);
    if (session->memory.code == FB_E_LIMIT) {
        (void)fb_err_set(err, FB_E_LIMIT,
            "the time-points that are kept back and for corrections take too much memory");
        (void)fb_err_hint(err, "Take a smaller watermark, or fewer corrections.");
    } else {
        (void)fb_err_set(err, session->memory.code, "memory ran out");
    }
    return session->memory.code;
}

bool fb_session_copy(struct fb_session *session, struct fb_str bytes, struct fb_session_bytes *out)
{
    FB_ASSERT(session && out && !out->ptr);
    size_t cap = 0;
    if (bytes.len == 0) {
        return true;
    }
    if (!fb_inc_exact(&session->memory, &out->ptr, &cap, bytes.len)) {
        return false;
    }
    memcpy(out->ptr, bytes.ptr, bytes.len);
    out->len = bytes.len;
    return true;
}

void fb_session_drop(struct fb_session *session, struct fb_session_bytes *bytes)
{
    FB_ASSERT(session && bytes);
    fb_inc_drop(&session->memory, bytes->ptr, bytes->len, 1);
    *bytes = (struct fb_session_bytes){NULL, 0};
}

/* ---- verdicts ---- */

enum fb_code fb_session_report(struct fb_session *session, const struct fb_inc_verdict *verdict,
    enum fb_session_news news, size_t was_count, struct fb_err *err)
{
    FB_ASSERT(session && verdict);
    struct fb_session_report report = {.news = news,
        .point = verdict->point,
        .time = verdict->time,
        .certain = session->instant,
        .rows = verdict->rows,
        .count = verdict->count,
        .was = was_count ? session->was_rows : NULL,
        .was_count = was_count};
    return session->options.sink(session->options.ctx, &report, err);
}

static void write_rows(struct fb_session *session, const struct fb_inc_verdict *verdict)
{
    fb_buf_clear(&session->rows);
    fb_wire_put_u64(&session->rows, verdict->count);
    for (size_t i = 0; i < verdict->count; i++) {
        for (size_t k = 0; k < session->var_count; k++) {
            fb_wire_put_value(&session->rows, fb_inc_value(session->inc, &verdict->rows[i][k]));
        }
    }
}

/* The time-point behind the last is no one's. */
enum fb_code fb_session_take(void *ctx, const struct fb_inc_verdict *verdict, struct fb_err *err)
{
    FB_ASSERT(ctx && verdict);
    struct fb_session *session = ctx;
    if (verdict->time == FB_TIME_MAX) {
        return FB_OK;
    }
    if (!session->options.amend) {
        return fb_session_report(session, verdict, FB_SESSION_VERDICT, 0, err);
    }
    write_rows(session, verdict);
    enum fb_code code = fb_buf_check(&session->rows, "a verdict", err);
    return code ? code : fb_session_compare(session, verdict, err);
}

/* ---- the clock ---- */

enum fb_code fb_session_settle(struct fb_session *session, fb_time until, struct fb_err *err)
{
    FB_ASSERT(session);
    enum fb_code code = FB_OK;
    while (code == FB_OK && session->options.stamp && until < FB_TIME_MAX) {
        fb_time next = fb_inc_next(session->inc);
        if (next > until) {
            break;
        }
        session->instant = next;
        code = fb_inc_advance(session->inc, next, err);
        code = code ? code : fb_session_catch_up(session, err);
    }
    return code;
}

static enum fb_code move_clock(struct fb_session *session, fb_time now, struct fb_err *err)
{
    enum fb_code code = fb_session_settle(session, now, err);
    session->instant = now;
    code = code ? code : fb_inc_advance(session->inc, now, err);
    return code ? code : fb_session_catch_up(session, err);
}

/* ---- the order ---- */

static bool before(const struct fb_session_entry *a, const struct fb_session_entry *b)
{
    return a->time < b->time || (a->time == b->time && a->seq < b->seq);
}

bool fb_session_push(struct fb_session *session, struct fb_session_entry entry)
{
    FB_ASSERT(session);
    if (!fb_inc_room(&session->memory, &session->heap, &session->heap_cap, session->heap_count,
            sizeof(*session->heap))) {
        fb_session_drop(session, &entry.tuples);
        return false;
    }
    size_t at = session->heap_count++;
    for (; at > 0 && before(&entry, &session->heap[(at - 1) / 2]); at = (at - 1) / 2) {
        session->heap[at] = session->heap[(at - 1) / 2];
    }
    session->heap[at] = entry;
    return true;
}

static struct fb_session_entry pop(struct fb_session *session)
{
    FB_ASSERT(session->heap_count > 0);
    struct fb_session_entry *heap = session->heap;
    struct fb_session_entry top = heap[0];
    struct fb_session_entry last = heap[--session->heap_count];
    size_t at = 0;
    for (;;) {
        size_t child = 2 * at + 1;
        if (child >= session->heap_count) {
            break;
        }
        child += child + 1 < session->heap_count && before(&heap[child + 1], &heap[child]) ? 1 : 0;
        if (!before(&heap[child], &last)) {
            break;
        }
        heap[at] = heap[child];
        at = child;
    }
    if (session->heap_count) {
        heap[at] = last;
    }
    return top;
}

/* ---- the evaluator ---- */

static enum fb_code add_tuple(struct fb_session *session, uint32_t relation,
    const struct fb_value *values, size_t count, struct fb_err *err)
{
    struct fb_cell cells[FB_IR_ARITY_MAX];
    FB_ASSERT(count <= FB_IR_ARITY_MAX);
    for (size_t i = 0; i < count; i++) {
        enum fb_code code = fb_inc_cell(session->inc, values[i], &cells[i], err);
        if (code) {
            return code;
        }
    }
    return fb_inc_add(session->inc, relation, cells, count, err);
}

static enum fb_code begin(struct fb_session *session, fb_time time, struct fb_err *err)
{
    enum fb_code code = fb_session_settle(session, time, err);
    session->instant = time;
    code = code ? code : fb_inc_open(session->inc, time, err);
    if (code == FB_OK && session->options.fill && time != FB_TIME_MAX) {
        code = session->options.fill(session->options.ctx, session->inc, session->fed, time, err);
    }
    return code;
}

enum fb_code fb_session_play(
    struct fb_session *session, const struct fb_session_entry *entry, struct fb_err *err)
{
    FB_ASSERT(session && entry);
    struct fb_wire in = fb_wire_of((struct fb_str){entry->tuples.ptr, entry->tuples.len});
    enum fb_code code = begin(session, entry->time, err);
    while (code == FB_OK && fb_wire_left(&in)) {
        struct fb_value values[FB_IR_ARITY_MAX];
        uint32_t relation = (uint32_t)fb_wire_u64(&in);
        size_t count = (size_t)fb_wire_up_to(&in, FB_IR_ARITY_MAX);
        for (size_t i = 0; i < count; i++) {
            values[i] = fb_wire_value(&in);
        }
        FB_ASSERT(!in.bad);
        code = add_tuple(session, relation, values, count, err);
    }
    session->fed++;
    code = code ? code : fb_inc_close(session->inc, err);
    return code ? code : fb_session_catch_up(session, err);
}

enum fb_code fb_session_feed(
    struct fb_session *session, struct fb_session_entry *entry, struct fb_err *err)
{
    FB_ASSERT(session && entry);
    enum fb_code code = FB_OK;
    if (session->options.amend) {
        code = fb_session_note(session, entry, err);
        code = code ? code : fb_session_play(session, entry, err);
        return code ? code : fb_session_mark_state(session, err);
    }
    code = fb_session_play(session, entry, err);
    fb_session_drop(session, &entry->tuples);
    return code;
}

/* Nothing comes before `until` any more, but as a correction. */
static enum fb_code release(struct fb_session *session, fb_time until, struct fb_err *err)
{
    enum fb_code code = FB_OK;
    while (code == FB_OK && session->heap_count && session->heap[0].time <= until) {
        struct fb_session_entry entry = pop(session);
        code = fb_session_feed(session, &entry, err);
    }
    if (code || until <= session->mark || until == FB_TIME_MAX) {
        return code;
    }
    session->mark = until;
    return move_clock(session, until, err);
}

/* ---- time-points ---- */

static enum fb_code too_late(const struct fb_session *session, fb_time time, struct fb_err *err)
{
    (void)fb_err_set(err, FB_E_TIME,
        "a time-point of @%lld came too late: all before @%lld was taken as known", (long long)time,
        (long long)session->mark);
    return fb_err_hint(err, "A watermark of %lld would have waited for it.",
        (long long)fb_inc_age(time, session->newest));
}

enum fb_code fb_session_open(struct fb_session *session, fb_time time, struct fb_err *err)
{
    FB_ASSERT(session && !session->open);
    const struct fb_session_options *options = &session->options;
    FB_ASSERT(time < FB_TIME_MAX);
    if (!options->reorder) {
        session->any = true;
        return begin(session, time, err);
    }
    session->late = session->any && time < session->mark;
    if (session->late && (!options->amend || time < fb_time_add(session->mark, -options->amend))) {
        return too_late(session, time, err);
    }
    session->open = true;
    session->open_time = time;
    fb_buf_clear(&session->open_tuples);
    return FB_OK;
}

enum fb_code fb_session_add(struct fb_session *session, uint32_t relation,
    const struct fb_value *values, size_t count, struct fb_err *err)
{
    FB_ASSERT(session && (values || count == 0));
    struct fb_buf *tuples = &session->open_tuples;
    if (!fb_inc_reads(session->inc, relation)) {
        return FB_OK;
    }
    if (!session->options.reorder) {
        return add_tuple(session, relation, values, count, err);
    }
    FB_ASSERT(session->open);
    fb_wire_put_u64(tuples, relation);
    fb_wire_put_u64(tuples, count);
    for (size_t i = 0; i < count; i++) {
        fb_wire_put_value(tuples, values[i]);
    }
    return fb_buf_check(tuples, "a time-point", err);
}

bool fb_session_is_open(const struct fb_session *session)
{
    FB_ASSERT(session);
    return session->options.reorder ? session->open : fb_inc_is_open(session->inc);
}

enum fb_code fb_session_close(struct fb_session *session, struct fb_err *err)
{
    FB_ASSERT(session);
    if (!session->options.reorder) {
        session->fed++;
        return fb_inc_close(session->inc, err);
    }
    FB_ASSERT(session->open);
    struct fb_session_entry entry = {.time = session->open_time, .seq = session->seq++};
    session->open = false;
    if (!fb_session_copy(session, fb_buf_str(&session->open_tuples), &entry.tuples)) {
        return fb_session_no_room(session, err);
    }
    if (session->late) {
        return fb_session_correct(session, &entry, err);
    }
    session->newest = session->any && session->newest > entry.time ? session->newest : entry.time;
    session->any = true;
    if (!fb_session_push(session, entry)) {
        return fb_session_no_room(session, err);
    }
    return release(session, fb_time_add(session->newest, -session->options.watermark), err);
}

enum fb_code fb_session_advance(struct fb_session *session, fb_time now, struct fb_err *err)
{
    FB_ASSERT(session && !session->open);
    FB_ASSERT(now < FB_TIME_MAX);
    if (!session->options.reorder) {
        return move_clock(session, now, err);
    }
    session->newest = session->any && session->newest > now ? session->newest : now;
    session->any = true;
    return release(session, fb_time_add(session->newest, -session->options.watermark), err);
}

fb_time fb_session_next(const struct fb_session *session)
{
    FB_ASSERT(session);
    fb_time next = fb_inc_next(session->inc);
    if (!session->options.reorder) {
        return next;
    }
    if (session->heap_count && session->heap[0].time < next) {
        next = session->heap[0].time;
    }
    return fb_time_add(next, session->options.watermark);
}

enum fb_code fb_session_end(struct fb_session *session, struct fb_err *err)
{
    FB_ASSERT(session && !session->open);
    enum fb_code code = release(session, FB_TIME_MAX, err);
    code = code ? code : begin(session, FB_TIME_MAX, err);
    session->instant = FB_TIME_MAX;
    code = code ? code : fb_inc_close(session->inc, err);
    code = code ? code : fb_inc_end(session->inc, err);
    return code ? code : fb_session_catch_up(session, err);
}

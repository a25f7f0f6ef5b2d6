/*
 * Corrections: what is kept for them, and how a time-point that came too late takes its place.
 *
 * Kept are marks (states), the time-points behind the oldest mark, and the verdicts of all that the
 * oldest mark had not decided. A mark is made when as much has come as the last one takes, so marks
 * cost about as much as what lies between them; of too many, every second is given up.
 */
#include <string.h>

#include "base/assert.h"
#include "engine/session_plan.h"

enum { MARK_LEAST = 1 << 16 };

/* ---- what is kept ---- */

static uint64_t first_entry(const struct fb_session_history *h)
{
    FB_ASSERT(h->mark_count > 0);
    return h->marks[0].point;
}

static struct fb_session_outcome *outcome_of(struct fb_session *session, uint64_t point)
{
    struct fb_session_history *h = &session->history;
    FB_ASSERT(h->mark_count > 0 && point >= h->marks[0].decided);
    FB_ASSERT(point - h->marks[0].decided < h->outcome_count);
    return &h->outcomes[point - h->marks[0].decided];
}

void fb_session_forget(struct fb_session *session)
{
    FB_ASSERT(session);
    struct fb_session_history *h = &session->history;
    for (size_t i = 0; i < h->entry_count; i++) {
        fb_session_drop(session, &h->entries[i].tuples);
    }
    for (size_t i = 0; i < h->outcome_count; i++) {
        fb_session_drop(session, &h->outcomes[i].rows);
    }
    for (size_t i = 0; i < h->mark_count; i++) {
        fb_session_drop(session, &h->marks[i].state);
    }
    fb_inc_drop(&session->memory, h->entries, h->entry_cap, sizeof(*h->entries));
    fb_inc_drop(&session->memory, h->outcomes, h->outcome_cap, sizeof(*h->outcomes));
    *h = (struct fb_session_history){0};
}

/* Room for one more at `at` of both lists; those behind move up. */
static bool make_room(struct fb_session *session, uint64_t point)
{
    struct fb_session_history *h = &session->history;
    size_t at = (size_t)(point - first_entry(h));
    size_t outcome_at = (size_t)(point - h->marks[0].decided);
    FB_ASSERT(at <= h->entry_count && outcome_at <= h->outcome_count);
    if (!fb_inc_room(
            &session->memory, &h->entries, &h->entry_cap, h->entry_count, sizeof(*h->entries)) ||
        !fb_inc_room(&session->memory, &h->outcomes, &h->outcome_cap, h->outcome_count,
            sizeof(*h->outcomes))) {
        return false;
    }
    memmove(&h->entries[at + 1], &h->entries[at], (h->entry_count - at) * sizeof(h->entries[0]));
    memmove(&h->outcomes[outcome_at + 1], &h->outcomes[outcome_at],
        (h->outcome_count - outcome_at) * sizeof(h->outcomes[0]));
    h->entry_count++;
    h->outcome_count++;
    return true;
}

/* A late one at its place, any other at the end. */
static enum fb_code note_at(
    struct fb_session *session, uint64_t point, struct fb_session_entry *entry, struct fb_err *err)
{
    struct fb_session_history *h = &session->history;
    if (!make_room(session, point)) {
        fb_session_drop(session, &entry->tuples);
        return fb_session_no_room(session, err);
    }
    h->entries[point - first_entry(h)] = *entry;
    *outcome_of(session, point) = (struct fb_session_outcome){.time = entry->time};
    return FB_OK;
}

enum fb_code fb_session_note(
    struct fb_session *session, struct fb_session_entry *entry, struct fb_err *err)
{
    FB_ASSERT(session && entry);
    FB_ASSERT(session->history.mark_count > 0);
    return note_at(session, session->fed, entry, err);
}

/* ---- marks ---- */

/* What comes before the second mark goes with the first. */
static void drop_first(struct fb_session *session)
{
    struct fb_session_history *h = &session->history;
    FB_ASSERT(h->mark_count > 1);
    size_t entries = (size_t)(h->marks[1].point - h->marks[0].point);
    size_t outcomes = (size_t)(h->marks[1].decided - h->marks[0].decided);
    FB_ASSERT(entries <= h->entry_count && outcomes <= h->outcome_count);
    for (size_t i = 0; i < entries; i++) {
        fb_session_drop(session, &h->entries[i].tuples);
    }
    for (size_t i = 0; i < outcomes; i++) {
        fb_session_drop(session, &h->outcomes[i].rows);
    }
    h->entry_count -= entries;
    h->outcome_count -= outcomes;
    memmove(h->entries, h->entries + entries, h->entry_count * sizeof(h->entries[0]));
    memmove(h->outcomes, h->outcomes + outcomes, h->outcome_count * sizeof(h->outcomes[0]));
    fb_session_drop(session, &h->marks[0].state);
    h->mark_count--;
    memmove(&h->marks[0], &h->marks[1], h->mark_count * sizeof(h->marks[0]));
}

static void drop_marks_from(struct fb_session *session, size_t from)
{
    struct fb_session_history *h = &session->history;
    FB_ASSERT(from > 0 && from <= h->mark_count);
    for (size_t i = from; i < h->mark_count; i++) {
        fb_session_drop(session, &h->marks[i].state);
    }
    h->mark_count = from;
}

/* Every second mark goes, but the first. */
static void thin(struct fb_session *session)
{
    struct fb_session_history *h = &session->history;
    size_t kept = 1;
    for (size_t i = 1; i < h->mark_count; i++) {
        if (i % 2) {
            fb_session_drop(session, &h->marks[i].state);
        } else {
            h->marks[kept++] = h->marks[i];
        }
    }
    h->mark_count = kept;
}

static enum fb_code add_mark(struct fb_session *session, struct fb_err *err)
{
    struct fb_session_history *h = &session->history;
    struct fb_buf state;
    if (h->mark_count == FB_SESSION_MARKS_MAX) {
        thin(session);
    }
    struct fb_session_mark *mark = &h->marks[h->mark_count];
    *mark = (struct fb_session_mark){session->fed, fb_inc_decided(session->inc), {NULL, 0}};
    fb_buf_init(&state, session->memory.max);
    enum fb_code code = fb_inc_save(session->inc, &state, err);
    if (code == FB_OK && !fb_session_copy(session, fb_buf_str(&state), &mark->state)) {
        code = fb_session_no_room(session, err);
    }
    fb_buf_release(&state);
    h->mark_count += code == FB_OK ? 1 : 0;
    h->since = 0;
    return code;
}

/* The last time-point before a mark lies before all that a correction may be of. */
static bool out_of_reach(const struct fb_session *session, const struct fb_session_mark *mark)
{
    const struct fb_session_history *h = &session->history;
    if (session->mark == FB_TIME_MIN || mark->point == first_entry(h)) {
        return false;
    }
    fb_time reach = fb_time_add(session->mark, -session->options.amend);
    return h->entries[mark->point - 1 - first_entry(h)].time <= reach;
}

enum fb_code fb_session_mark_state(struct fb_session *session, struct fb_err *err)
{
    FB_ASSERT(session && session->options.amend > 0);
    struct fb_session_history *h = &session->history;
    if (h->mark_count == 0) {
        return add_mark(session, err);
    }
    const struct fb_session_entry *last = &h->entries[session->fed - 1 - first_entry(h)];
    size_t size = h->marks[h->mark_count - 1].state.len;
    h->since += last->tuples.len + sizeof(*last) + sizeof(struct fb_session_outcome);
    while (h->mark_count > 1 && out_of_reach(session, &h->marks[1])) {
        drop_first(session);
    }
    return h->since > MARK_LEAST && h->since > size ? add_mark(session, err) : FB_OK;
}

/* ---- comparing ---- */

/* The rows of a verdict as it was, as cells. */
static enum fb_code read_was(
    struct fb_session *session, struct fb_session_bytes rows, size_t *out_count, struct fb_err *err)
{
    struct fb_wire in = fb_wire_of((struct fb_str){rows.ptr, rows.len});
    size_t width = session->var_count;
    size_t count = rows.len ? (size_t)fb_wire_u64(&in) : 0;
    for (size_t n = 0; n < count; n++) {
        if (!fb_inc_room(&session->memory, &session->was_cells, &session->was_cell_cap,
                (n + 1) * width, sizeof(*session->was_cells)) ||
            !fb_inc_room(&session->memory, &session->was_rows, &session->was_row_cap, n,
                sizeof(*session->was_rows))) {
            return fb_session_no_room(session, err);
        }
        for (size_t i = 0; i < width; i++) {
            struct fb_cell *cell = &session->was_cells[n * width + i];
            enum fb_code code = fb_inc_cell(session->inc, fb_wire_value(&in), cell, err);
            if (code) {
                return code;
            }
        }
        FB_ASSERT(!in.bad);
    }
    for (size_t i = 0; i < count; i++) {
        session->was_rows[i] = session->was_cells + i * width;
    }
    *out_count = count;
    return FB_OK;
}

/* One verdict, whose rows are in session->rows. What was given and is not decided any more, since a
 * correction came between, is compared when it is. */
static enum fb_code compare_one(
    struct fb_session *session, const struct fb_inc_verdict *verdict, struct fb_err *err)
{
    struct fb_session_outcome *outcome = outcome_of(session, verdict->point);
    struct fb_str before = {outcome->rows.ptr, outcome->rows.len};
    size_t was_count = 0;
    enum fb_session_news news = outcome->given ? FB_SESSION_AMENDED : FB_SESSION_VERDICT;
    outcome->given = true;
    if (fb_str_eq(before, fb_buf_str(&session->rows))) {
        return FB_OK;
    }
    enum fb_code code = read_was(session, outcome->rows, &was_count, err);
    fb_session_drop(session, &outcome->rows);
    if (!fb_session_copy(session, fb_buf_str(&session->rows), &outcome->rows)) {
        return fb_session_no_room(session, err);
    }
    return code ? code : fb_session_report(session, verdict, news, was_count, err);
}

/* Those before `until` that the evaluator gave no rows for. */
static enum fb_code compare_empty(struct fb_session *session, uint64_t until, struct fb_err *err)
{
    enum fb_code code = FB_OK;
    fb_buf_clear(&session->rows);
    for (; code == FB_OK && session->settled < until; session->settled++) {
        struct fb_session_outcome *outcome = outcome_of(session, session->settled);
        struct fb_inc_verdict nothing = {.point = (size_t)session->settled, .time = outcome->time};
        code = compare_one(session, &nothing, err);
    }
    return code;
}

enum fb_code fb_session_compare(
    struct fb_session *session, const struct fb_inc_verdict *verdict, struct fb_err *err)
{
    FB_ASSERT(session && session->options.amend > 0);
    struct fb_buf rows = session->rows;
    fb_buf_init(&session->rows, rows.max);
    enum fb_code code = compare_empty(session, verdict->point, err);
    fb_buf_release(&session->rows);
    session->rows = rows;
    code = code ? code : compare_one(session, verdict, err);
    session->settled = verdict->point + 1;
    return code;
}

enum fb_code fb_session_catch_up(struct fb_session *session, struct fb_err *err)
{
    FB_ASSERT(session);
    uint64_t decided = fb_inc_decided(session->inc);
    if (!session->options.amend) {
        return FB_OK;
    }
    return compare_empty(session, decided < session->fed ? decided : session->fed, err);
}

/* ---- a correction ---- */

/* The number of the first time-point that is later than `time`. */
static uint64_t place_of(const struct fb_session *session, fb_time time)
{
    const struct fb_session_history *h = &session->history;
    size_t low = 0;
    size_t high = h->entry_count;
    while (low < high) {
        size_t mid = low + (high - low) / 2;
        if (h->entries[mid].time > time) {
            high = mid;
        } else {
            low = mid + 1;
        }
    }
    return first_entry(h) + low;
}

/* Goes back to a mark: its state is that of the evaluator. */
static enum fb_code go_back(struct fb_session *session, size_t at, struct fb_err *err)
{
    const struct fb_session_mark *mark = &session->history.marks[at];
    struct fb_wire in = fb_wire_of((struct fb_str){mark->state.ptr, mark->state.len});
    struct fb_inc *inc = NULL;
    enum fb_code code = fb_session_evaluator(session, &inc, err);
    code = code ? code : fb_inc_load(inc, &in, err);
    if (code) {
        fb_inc_free(inc);
        return code;
    }
    fb_inc_free(session->inc);
    session->inc = inc;
    session->fed = mark->point;
    session->settled = mark->decided;
    drop_marks_from(session, at + 1);
    session->history.since = 0;
    return FB_OK;
}

/* Evaluates what follows the mark anew. */
static enum fb_code replay(struct fb_session *session, struct fb_err *err)
{
    struct fb_session_history *h = &session->history;
    enum fb_code code = FB_OK;
    while (code == FB_OK && session->fed < first_entry(h) + h->entry_count) {
        code = fb_session_play(session, &h->entries[session->fed - first_entry(h)], err);
        code = code ? code : fb_session_mark_state(session, err);
    }
    code = code ? code : fb_session_settle(session, session->mark, err);
    session->instant = session->mark;
    code = code ? code : fb_inc_advance(session->inc, session->mark, err);
    return code ? code : fb_session_catch_up(session, err);
}

enum fb_code fb_session_correct(
    struct fb_session *session, struct fb_session_entry *entry, struct fb_err *err)
{
    FB_ASSERT(session && entry);
    FB_ASSERT(session->history.mark_count > 0);
    const struct fb_session_history *h = &session->history;
    uint64_t place = place_of(session, entry->time);
    size_t at = h->mark_count - 1;
    while (at > 0 && h->marks[at].point > place) {
        at--;
    }
    struct fb_inc_verdict late = {.point = (size_t)place, .time = entry->time};
    enum fb_code code = note_at(session, place, entry, err);
    session->instant = session->mark;
    code = code ? code : fb_session_report(session, &late, FB_SESSION_LATE, 0, err);
    code = code ? code : go_back(session, at, err);
    return code ? code : replay(session, err);
}

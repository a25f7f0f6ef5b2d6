#include "govern/amended.h"

#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "govern/receipts.h"

#define PICTURE_MAX ((size_t)8 << 30)

enum { TEXT_MAX = 1 << 16 };

bool fb_record_corrects(const struct fb_registry *registry, const struct fb_record *record)
{
    struct fb_receipt receipt;
    FB_ASSERT(registry && record);
    return record->supersedes.len > 0 || record->kind == FB_KIND_review ||
           fb_receipt_of(registry, record, &receipt);
}

/* ---- what a picture says, as sentences ---- */

/* One verdict. */
struct note {
    struct fb_str id;
    struct fb_str text;
};

struct notes {
    struct note *items;
    size_t count;
};

static void add_instant(struct fb_buf *out, const char *before, fb_time t)
{
    char text[FB_TIME_TEXT];
    if (t != FB_TIME_MAX && t != FB_TIME_MIN) {
        fb_buf_addf(out, "%s%s", before, fb_time_format_short(t, text));
    }
}

static void write_duty(const struct fb_duty_view *duty, struct fb_buf *out)
{
    const struct fb_obligation *o = &duty->obligation;
    fb_buf_add_c(out, fb_duty_status_name(o->status));
    switch (o->status) {
    case FB_DUTY_MET:
    case FB_DUTY_RELAXED:
    case FB_DUTY_WAIVED:
        add_instant(out, " on ", o->settled);
        break;
    case FB_DUTY_MET_LATE:
        add_instant(out, " on ", o->settled);
        add_instant(out, ", overdue from ", o->breached);
        break;
    case FB_DUTY_OVERDUE:
        add_instant(out, " since ", o->breached);
        break;
    case FB_DUTY_BROKEN:
        add_instant(out, " on ", o->breached);
        break;
    case FB_DUTY_OWED:
        add_instant(out, " until ", o->deadline);
        break;
    case FB_DUTY_HELD:
    case FB_DUTY_UNDATED:
        break;
    }
    fb_buf_addf(out, ", by %.*s", FB_STR_ARG(o->party));
}

static void write_line(const struct fb_line_view *line, struct fb_buf *out)
{
    fb_buf_addf(out, "%s%s", fb_line_status_name(line->status), line->latched ? ", latched" : "");
    add_instant(out, ", since ", line->since);
}

static enum fb_code take_note(struct notes *notes, struct fb_str id, const struct fb_buf *text,
    struct fb_arena *arena, struct fb_err *err)
{
    struct note *note = &notes->items[notes->count];
    enum fb_code code = fb_buf_check(text, "a verdict", err);
    code = code ? code : fb_arena_str(arena, id, &note->id, err);
    code = code ? code : fb_arena_str(arena, fb_buf_str(text), &note->text, err);
    notes->count += code == FB_OK ? 1 : 0;
    return code;
}

static int by_id(const void *a, const void *b)
{
    const struct note *x = a;
    const struct note *y = b;
    return fb_str_cmp(x->id, y->id);
}

/* The verdicts of a picture, by id; nothing is borrowed from it. */
static enum fb_code take_notes(
    const struct fb_picture *picture, struct fb_arena *arena, struct notes *out, struct fb_err *err)
{
    size_t most = picture->line_count + picture->duty_count + picture->licence_count;
    struct notes notes = {FB_ARENA_ARRAY(arena, struct note, most + 1), 0};
    struct fb_buf text;
    enum fb_code code = notes.items ? FB_OK : fb_arena_failed(arena, err);
    fb_buf_init(&text, TEXT_MAX);
    for (size_t i = 0; code == FB_OK && i < picture->line_count; i++) {
        fb_buf_clear(&text);
        write_line(&picture->lines[i], &text);
        code = take_note(&notes, picture->lines[i].id, &text, arena, err);
    }
    for (size_t i = 0; code == FB_OK && i < picture->duty_count; i++) {
        fb_buf_clear(&text);
        write_duty(&picture->duties[i], &text);
        code = take_note(&notes, picture->duties[i].id, &text, arena, err);
    }
    for (size_t i = 0; code == FB_OK && i < picture->licence_count; i++) {
        fb_buf_clear(&text);
        fb_buf_add_c(&text, picture->licences[i].allowed ? "allowed" : "not allowed");
        code = take_note(&notes, picture->licences[i].id, &text, arena, err);
    }
    fb_buf_release(&text);
    if (code == FB_OK) {
        qsort(notes.items, notes.count, sizeof(notes.items[0]), by_id);
        *out = notes;
    }
    return code;
}

/* ---- comparing ---- */

struct comparison {
    struct fb_docket *docket;
    struct fb_arena *arena;
    struct fb_amendments *out;
    size_t cap;
};

/* The verdicts at an instant of what was admitted before `known`. */
static enum fb_code verdicts(
    const struct comparison *c, fb_time at, fb_time known, struct notes *out, struct fb_err *err)
{
    struct fb_arena arena;
    struct fb_picture picture;
    struct fb_docket_question question = {.as_of = at, .known = known, .brief = true};
    fb_arena_init(&arena, PICTURE_MAX);
    enum fb_code code = fb_docket_ask(c->docket, &question, &arena, &picture, err);
    code = code ? code : take_notes(&picture, c->arena, out, err);
    fb_arena_release(&arena);
    return code;
}

static enum fb_code add(struct comparison *c, struct fb_amendment item, struct fb_err *err)
{
    struct fb_amendments *out = c->out;
    if (out->count == c->cap) {
        size_t cap = c->cap ? 2 * c->cap : 16;
        struct fb_amendment *items = FB_ARENA_ARRAY(c->arena, struct fb_amendment, cap);
        if (!items) {
            return fb_arena_failed(c->arena, err);
        }
        if (out->count) {
            memcpy(items, out->items, out->count * sizeof(*items));
        }
        out->items = items;
        c->cap = cap;
    }
    out->items[out->count++] = item;
    return FB_OK;
}

/* Both are sorted by id. */
static enum fb_code compare(struct comparison *c, const struct fb_record *correction,
    const struct notes *was, const struct notes *now, struct fb_err *err)
{
    static const struct fb_str nothing = {"", 0};
    size_t i = 0;
    size_t k = 0;
    enum fb_code code = FB_OK;
    while (code == FB_OK && (i < was->count || k < now->count)) {
        int order = i == was->count   ? 1
                    : k == now->count ? -1
                                      : fb_str_cmp(was->items[i].id, now->items[k].id);
        struct fb_amendment item = {.correction = correction,
            .id = order <= 0 ? was->items[i].id : now->items[k].id,
            .was = order <= 0 ? was->items[i].text : nothing,
            .now = order >= 0 ? now->items[k].text : nothing};
        code = fb_str_eq(item.was, item.now) ? FB_OK : add(c, item, err);
        i += order <= 0 ? 1 : 0;
        k += order >= 0 ? 1 : 0;
    }
    return code;
}

/* What was admitted at one instant: a batch is learnt at once. */
static enum fb_code compare_at(
    struct comparison *c, const struct fb_record *correction, struct fb_err *err)
{
    struct notes was = {NULL, 0};
    struct notes now = {NULL, 0};
    fb_time at = correction->admitted;
    enum fb_code code = verdicts(c, at, at, &was, err);
    code = code ? code : verdicts(c, at, at + 1, &now, err);
    return code ? code : compare(c, correction, &was, &now, err);
}

/* The record by which something was learnt at an instant: the one that is shown already, or else
 * the first that was admitted then; NULL: none was. */
static const struct fb_record *learnt_by(
    const struct comparison *c, const struct fb_registry *registry, fb_time at)
{
    for (size_t i = 0; i < c->out->count; i++) {
        if (c->out->items[i].correction->admitted == at) {
            return c->out->items[i].correction;
        }
    }
    size_t low = 0;
    size_t high = fb_registry_count(registry);
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        bool before = fb_registry_at(registry, middle)->admitted < at;
        low = before ? middle + 1 : low;
        high = before ? high : middle;
    }
    const struct fb_record *first =
        low < fb_registry_count(registry) ? fb_registry_at(registry, low) : NULL;
    return first && first->admitted == at ? first : NULL;
}

static bool is_shown(
    const struct comparison *c, const struct fb_record *correction, struct fb_str id)
{
    for (size_t i = 0; i < c->out->count; i++) {
        const struct fb_amendment *item = &c->out->items[i];
        if (item->correction == correction && fb_str_eq(item->id, id)) {
            return true;
        }
    }
    return false;
}

/* A record that came late and corrects nothing can say of the past that a duty was broken before it
 * was known to be owed. */
static enum fb_code add_late(struct comparison *c, const struct fb_registry *registry,
    const struct fb_picture *picture, struct fb_err *err)
{
    struct fb_buf text;
    enum fb_code code = FB_OK;
    fb_buf_init(&text, TEXT_MAX);
    for (size_t i = 0; code == FB_OK && i < picture->duty_count; i++) {
        const struct fb_duty_view *view = &picture->duties[i];
        bool late = view->obligation.breached < view->obligation.since;
        const struct fb_record *by = late ? learnt_by(c, registry, view->obligation.since) : NULL;
        if (!by || is_shown(c, by, view->id)) {
            continue;
        }
        struct fb_amendment item = {.correction = by, .was = FB_STR("")};
        fb_buf_clear(&text);
        write_duty(view, &text);
        code = fb_buf_check(&text, "a verdict", err);
        code = code ? code : fb_arena_str(c->arena, view->id, &item.id, err);
        code = code ? code : fb_arena_str(c->arena, fb_buf_str(&text), &item.now, err);
        code = code ? code : add(c, item, err);
    }
    fb_buf_release(&text);
    return code;
}

/* The latest first, and of one by id. */
static int by_correction(const void *a, const void *b)
{
    const struct fb_amendment *x = a;
    const struct fb_amendment *y = b;
    if (x->correction != y->correction) {
        return x->correction->seq > y->correction->seq ? -1 : 1;
    }
    return fb_str_cmp(x->id, y->id);
}

static enum fb_code find_late(struct comparison *c, fb_time as_of, struct fb_err *err)
{
    struct fb_arena arena;
    struct fb_picture picture;
    struct fb_docket_question question = {.as_of = as_of, .brief = true};
    fb_arena_init(&arena, PICTURE_MAX);
    enum fb_code code = fb_docket_ask(c->docket, &question, &arena, &picture, err);
    code = code ? code : add_late(c, fb_docket_registry(c->docket), &picture, err);
    if (code == FB_OK && c->out->count > 0) {
        qsort(c->out->items, c->out->count, sizeof(c->out->items[0]), by_correction);
    }
    fb_arena_release(&arena);
    return code;
}

enum fb_code fb_docket_amended(struct fb_docket *docket, const struct fb_amended_question *question,
    struct fb_arena *arena, struct fb_amendments *out, struct fb_err *err)
{
    FB_ASSERT(docket && question && arena && out);
    FB_ASSERT(question->most <= FB_AMENDED_MAX);
    const struct fb_registry *registry = fb_docket_registry(docket);
    struct fb_amendments found = {.earliest = FB_TIME_MAX};
    struct comparison c = {docket, arena, &found, 0};
    enum fb_code code = FB_OK;
    for (size_t i = fb_registry_count(registry); code == FB_OK && i-- > 0;) {
        const struct fb_record *record = fb_registry_at(registry, i);
        if (!fb_record_corrects(registry, record) || record->admitted >= question->as_of) {
            continue;
        }
        const struct fb_record *first = record;
        for (; i > 0 && fb_registry_at(registry, i - 1)->admitted == record->admitted; i--) {
            const struct fb_record *before = fb_registry_at(registry, i - 1);
            first = fb_record_corrects(registry, before) ? before : first;
        }
        found.corrections++;
        if (found.looked_at < question->most) {
            found.looked_at++;
            found.earliest = record->admitted;
            code = compare_at(&c, first, err);
        }
    }
    code = code ? code : find_late(&c, question->as_of, err);
    if (code == FB_OK) {
        *out = found;
    }
    return code;
}

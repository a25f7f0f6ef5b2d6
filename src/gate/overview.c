#include "gate/overview.h"

#include <string.h>

#include "base/alloc.h"
#include "base/assert.h"
#include "base/limit.h"
#include "base/map.h"

#define ARENA_MAX ((size_t)1 << 30)

enum { FIRST_ROOM = 64 };

struct fb_overview {
    struct fb_desk *desk;
    uint64_t opened; /* the desk's docket whose records are borrowed; 0: none yet */
    uint64_t seen;   /* of its records were looked through for systems and what concerns them */
    struct fb_overview_row *rows;
    size_t count;
    size_t cap;           /* of rows, and of those that wait */
    struct fb_map places; /* 1 + index of a row, as a pointer, by the id of its system */
    uint32_t *waiting;    /* indexes of rows, each once, as a ring */
    size_t waiting_first;
    size_t waiting_count;
    size_t cursor; /* the row that is looked at next when none waits */
};

enum fb_code fb_overview_new(struct fb_desk *desk, struct fb_overview **out, struct fb_err *err)
{
    FB_ASSERT(desk && out);
    struct fb_overview *o = fb_calloc(1, sizeof(*o));
    if (!o) {
        return fb_err_set(err, FB_E_NOMEM, "memory ran out");
    }
    o->desk = desk;
    fb_map_init(&o->places);
    *out = o;
    return FB_OK;
}

static void forget(struct fb_overview *o)
{
    fb_map_release(&o->places);
    fb_map_init(&o->places);
    o->seen = 0;
    o->count = o->waiting_first = o->waiting_count = o->cursor = 0;
}

void fb_overview_free(struct fb_overview *overview)
{
    if (overview) {
        forget(overview);
        fb_map_release(&overview->places);
        fb_free(overview->rows);
        fb_free(overview->waiting);
        fb_free(overview);
    }
}

/* ---- which systems there are, and which a record concerns ---- */

static void wait(struct fb_overview *o, size_t place)
{
    struct fb_overview_row *row = &o->rows[place];
    row->is_current = false;
    if (!row->is_waiting) {
        row->is_waiting = true;
        o->waiting[(o->waiting_first + o->waiting_count++) % o->cap] = (uint32_t)place;
    }
}

/* Room for one more row, which then waits. */
static enum fb_code grow(struct fb_overview *o, struct fb_err *err)
{
    size_t cap = o->cap ? 2 * o->cap : FIRST_ROOM;
    if (o->count < o->cap) {
        return FB_OK;
    }
    struct fb_overview_row *rows = fb_realloc(o->rows, cap * sizeof(*rows));
    o->rows = rows ? rows : o->rows;
    uint32_t *waiting = rows ? fb_alloc(cap * sizeof(*waiting)) : NULL;
    if (!waiting) {
        return fb_err_set(err, FB_E_NOMEM, "memory ran out");
    }
    for (size_t i = 0; i < o->waiting_count; i++) {
        waiting[i] = o->waiting[(o->waiting_first + i) % o->cap];
    }
    fb_free(o->waiting);
    o->waiting = waiting;
    o->waiting_first = 0;
    o->cap = cap;
    return FB_OK;
}

static enum fb_code add_row(struct fb_overview *o, struct fb_str id, struct fb_err *err)
{
    if (o->count >= fb_limit(FB_OVERVIEW_SYSTEMS_MAX)) {
        return fb_err_set(err, FB_E_LIMIT, "there are more than %d systems to look over",
            FB_OVERVIEW_SYSTEMS_MAX);
    }
    enum fb_code code = grow(o, err);
    /* A place that is no address: only what it says is used. */
    void *place = (void *)(uintptr_t)(o->count + 1);
    code = code ? code : fb_map_put(&o->places, id, place, err);
    if (code == FB_OK) {
        o->rows[o->count] = (struct fb_overview_row){.id = id, .at = FB_TIME_MIN};
        wait(o, o->count++);
    }
    return code;
}

static bool concern(struct fb_overview *o, const struct fb_record *record, int depth);

/* The systems on the way from a reference wait; false: it leads to none. */
static bool concern_id(struct fb_overview *o, struct fb_str id, int depth)
{
    const struct fb_registry *registry = fb_docket_registry(fb_desk_docket(o->desk));
    const struct fb_record *record = id.len ? fb_registry_find(registry, id) : NULL;
    return record && record->kind != FB_KIND_party && concern(o, record, depth + 1);
}

static bool concern_field(
    struct fb_overview *o, const struct fb_record *record, const struct fb_field *field, int depth)
{
    bool found = false;
    if (field->type == FB_FIELD_REF || field->type == FB_FIELD_RECORD) {
        return concern_id(o, fb_record_text(record, field->name), depth);
    }
    const struct fb_json *list =
        field->type == FB_FIELD_REFS ? fb_json_get(record->body, field->name) : NULL;
    for (const struct fb_json *item = list ? list->child : NULL; item; item = item->next) {
        found = concern_id(o, item->text, depth) || found;
    }
    return found;
}

/* The systems that a record is about, by whatever way, wait; false: it is about none. */
static bool concern(struct fb_overview *o, const struct fb_record *record, int depth)
{
    const struct fb_registry *registry = fb_docket_registry(fb_desk_docket(o->desk));
    bool found = false;
    if (depth > FB_OVERVIEW_DEPTH_MAX) {
        return false;
    }
    if (record->kind == FB_KIND_system) {
        const struct fb_record *root = fb_registry_root(registry, record);
        uintptr_t place = (uintptr_t)fb_map_get(&o->places, root->id);
        if (place) {
            wait(o, place - 1);
            return true;
        }
    }
    found = concern_id(o, record->subject, depth) || found;
    found = concern_id(o, record->supersedes, depth) || found;
    size_t count;
    const struct fb_field *fields = fb_kind_fields(record->kind, &count);
    for (size_t i = 0; i < count; i++) {
        found = concern_field(o, record, &fields[i], depth) || found;
    }
    return found;
}

/* What the records say that were not looked through yet. One that is about no system may concern
 * all: a policy, a pace, a key. */
static enum fb_code take_records(struct fb_overview *o, struct fb_err *err)
{
    const struct fb_registry *registry = fb_docket_registry(fb_desk_docket(o->desk));
    bool all = false;
    enum fb_code code = FB_OK;
    for (; code == FB_OK && o->seen < fb_registry_count(registry); o->seen++) {
        const struct fb_record *record = fb_registry_at(registry, (size_t)o->seen);
        bool is_new =
            record->kind == FB_KIND_system && fb_registry_root(registry, record) == record;
        if (is_new) {
            code = add_row(o, record->id, err);
            o->seen -= code != FB_OK; /* it is looked at again */
        } else {
            all = !concern(o, record, 0) || all;
        }
    }
    for (size_t i = 0; all && i < o->count; i++) {
        wait(o, i);
    }
    return code;
}

/* ---- figures ---- */

static void count_lines(
    const struct fb_picture *picture, const struct fb_chains *chains, struct fb_overview_row *row)
{
    const struct fb_line_view *line = fb_picture_line(picture, chains->line);
    for (; line; line = fb_picture_line(picture, line->next)) {
        row->crossed += line->status == FB_LINE_CROSSED;
        row->not_ruled_out += line->status == FB_LINE_NOT_RULED_OUT;
    }
}

static void count_duties(
    const struct fb_picture *picture, const struct fb_chains *chains, struct fb_overview_row *row)
{
    const struct fb_duty_view *duty = fb_picture_duty(picture, chains->duty);
    for (; duty; duty = fb_picture_duty(picture, duty->next)) {
        enum fb_duty_status status = duty->obligation.status;
        row->overdue += status == FB_DUTY_OVERDUE || status == FB_DUTY_BROKEN;
        row->owed += status == FB_DUTY_OWED || status == FB_DUTY_UNDATED;
    }
}

static void count_rest(const struct fb_picture *picture, const struct fb_system_view *view,
    struct fb_overview_row *row)
{
    struct fb_order_walk walk = fb_picture_orders(picture, view);
    for (const struct fb_order_view *order; (order = fb_order_next(&walk)) != NULL;) {
        row->orders += fb_order_binds(order, view);
    }
    const struct fb_licence_view *licence = fb_picture_licence(picture, view->first.licence);
    for (; licence; licence = fb_picture_licence(picture, licence->next)) {
        row->allowed[licence->action] = licence->allowed;
    }
    row->exempt = view->exempt;
}

/* Looks at one system. */
static enum fb_code look(struct fb_overview *o, size_t place, struct fb_err *err)
{
    struct fb_overview_row *row = &o->rows[place], found = {.id = row->id, .is_current = true};
    const struct fb_docket_question now = {.as_of = FB_TIME_MAX, .about = row->id, .brief = true};
    struct fb_docket *docket = fb_desk_docket(o->desk);
    struct fb_arena arena;
    struct fb_picture picture;
    fb_arena_init(&arena, ARENA_MAX);
    enum fb_code code = fb_docket_ask(docket, &now, &arena, &picture, err);
    const struct fb_system_view *view =
        code == FB_OK ? fb_picture_named(&picture, row->id, err) : NULL;
    code = code || view ? code : err->code;
    if (code == FB_OK) {
        found.at = picture.now;
        found.entries = picture.record_count;
        count_lines(&picture, &view->first, &found);
        count_duties(&picture, &view->first, &found);
        count_rest(&picture, view, &found);
        *row = found;
    }
    fb_arena_release(&arena);
    return code;
}

/* The row to look at next: one that waits, else one with old figures. SIZE_MAX: none is left. */
static size_t next_row(struct fb_overview *o, fb_time before)
{
    if (o->waiting_count > 0) {
        return o->waiting[o->waiting_first];
    }
    for (size_t i = 0; i < o->count; i++) {
        o->cursor = o->cursor < o->count ? o->cursor : 0;
        if (o->rows[o->cursor].at < before) {
            return o->cursor;
        }
        o->cursor++;
    }
    return SIZE_MAX;
}

/* A row was looked at. */
static void done(struct fb_overview *o, size_t place)
{
    if (o->waiting_count > 0 && o->waiting[o->waiting_first] == place) {
        o->waiting_first = (o->waiting_first + 1) % o->cap;
        o->waiting_count--;
    } else {
        o->cursor++;
    }
}

enum fb_code fb_overview_work(struct fb_overview *overview, int64_t budget_ns, fb_time age,
    bool *out_done, struct fb_err *err)
{
    struct fb_overview *o = overview;
    FB_ASSERT(o && age >= 0 && out_done);
    *out_done = false;
    int64_t end = fb_clock_ticks_ns() + budget_ns;
    enum fb_code code = fb_desk_renew(o->desk, err);
    if (code != FB_OK) {
        return code;
    }
    if (o->opened != fb_desk_opened(o->desk)) {
        forget(o);
        o->opened = fb_desk_opened(o->desk);
    }
    code = take_records(o, err);
    fb_time before = fb_time_add(fb_docket_now(fb_desk_docket(o->desk)), -age);
    size_t place;
    while (code == FB_OK && (place = next_row(o, before)) != SIZE_MAX) {
        code = look(o, place, err);
        if (code == FB_OK) {
            done(o, place);
        }
        if (fb_clock_ticks_ns() >= end) {
            return code;
        }
    }
    *out_done = code == FB_OK;
    return code;
}

void fb_overview_sum(const struct fb_overview *overview, struct fb_overview_sum *out)
{
    FB_ASSERT(overview && out);
    *out = (struct fb_overview_sum){.systems = overview->count, .oldest = FB_TIME_MAX};
    for (size_t i = 0; i < overview->count; i++) {
        const struct fb_overview_row *row = &overview->rows[i];
        out->pending += !row->is_current;
        if (row->at == FB_TIME_MIN) {
            continue;
        }
        out->oldest = row->at < out->oldest ? row->at : out->oldest;
        out->exempt += row->exempt;
        out->crossed += row->crossed > 0;
        out->not_ruled_out += row->not_ruled_out > 0;
        out->overdue += row->overdue;
        out->owed += row->owed;
        out->orders += row->orders;
        for (int action = 0; action < FB_ACTION_COUNT; action++) {
            out->refused[action] += !row->allowed[action];
        }
    }
}

const struct fb_overview_row *fb_overview_rows(
    const struct fb_overview *overview, size_t *out_count)
{
    FB_ASSERT(overview && out_count);
    *out_count = overview->count;
    return overview->rows;
}

struct fb_desk *fb_overview_desk(const struct fb_overview *overview)
{
    FB_ASSERT(overview);
    return overview->desk;
}

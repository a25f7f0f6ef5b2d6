/* facts.c: records as tuples that hold from their admission until they are superseded. */
#include <string.h>

#include "base/assert.h"
#include "govern/resident.h"

/* Columns of a record's relation before its own fields: id, subject, issuer, at. */
enum { COMMON_COLUMNS = 4 };

void fb_work_columns(
    const struct fb_work *work, const struct fb_record *record, struct fb_value *values)
{
    size_t field_count;
    const struct fb_field *fields = fb_kind_fields(record->kind, &field_count);
    FB_ASSERT(values);
    values[0] = fb_value_str(fb_work_root(work, record)->id);
    values[1] = record->subject.len ? fb_value_str(fb_work_subject(work, record)) : fb_value_none();
    values[2] = fb_value_str(record->issuer);
    /* A clock that was ahead gains nobody time. */
    values[3] = fb_value_time(record->at < record->admitted ? record->at : record->admitted);
    size_t at = COMMON_COLUMNS;
    for (size_t i = 0; i < field_count; i++) {
        if (!fb_field_is_column(&fields[i])) {
            continue;
        }
        struct fb_value value = fb_record_value(record, i);
        bool is_id = fields[i].type == FB_FIELD_REF || fields[i].type == FB_FIELD_RECORD;
        if (is_id && value.type == FB_TYPE_STRING) {
            value.u.text = fb_work_root_id(work, value.u.text);
        }
        values[at++] = value;
    }
    FB_ASSERT(at <= COMMON_COLUMNS + field_count);
}

static enum fb_code add_record(
    struct fb_work *work, const struct fb_record *record, struct fb_err *err)
{
    int relation = fb_policy_relation(fb_kind_name(record->kind));
    FB_ASSERT(relation >= 0);
    struct fb_value *values = FB_ARENA_ARRAY(
        work->arena, struct fb_value, fb_policy_signature()->relations[relation].arity);
    if (!values) {
        return fb_arena_failed(work->arena, err);
    }
    fb_work_columns(work, record, values);
    struct fb_timed tuple = {.relation = (uint32_t)relation,
        .values = values,
        .seq = record->seq,
        .record_id = record->id,
        .correction = record->supersedes.len > 0};
    enum fb_code code = FB_OK;
    fb_time span[2];
    /* It holds again from when its correction is known not to count. */
    for (fb_time after = FB_TIME_MIN; !code && fb_work_span(work, record, after, span);
         after = span[1]) {
        tuple.from = span[0];
        tuple.until = span[1];
        code = fb_work_add(work, &tuple, err);
    }
    return code;
}

/* One that names neither system nor party, rule nor record excuses from nothing. */
enum fb_code fb_work_waiver(
    struct fb_work *work, const struct fb_record *record, struct fb_err *err)
{
    enum { COLUMNS = 7, SAID = 4 };
    int relation = fb_policy_relation("waiver_in_force");
    FB_ASSERT(relation >= 0 && fb_policy_signature()->relations[relation].arity == COLUMNS);
    const struct fb_str said[SAID] = {record->subject, fb_record_text(record, "party"),
        fb_record_text(record, "rule"), fb_record_text(record, "about")};
    fb_time from = fb_work_time(record, "valid_from", FB_TIME_MIN);
    fb_time until = fb_work_time(record, "valid_until", FB_TIME_MAX);
    fb_time superseded = fb_work_superseded(work, record);
    bool any = false;
    for (size_t i = 0; i < SAID; i++) {
        any = any || said[i].len > 0;
    }
    from = from > record->admitted ? from : record->admitted;
    until = until < superseded ? until : superseded;
    if (!any || from >= until || !fb_str_is(fb_record_text(record, "topic"), "waiver") ||
        !fb_str_is(fb_record_text(record, "outcome"), "granted")) {
        return FB_OK;
    }
    struct fb_value *values = FB_ARENA_ARRAY(work->arena, struct fb_value, COLUMNS);
    if (!values) {
        return fb_arena_failed(work->arena, err);
    }
    values[0] = fb_value_str(fb_work_root(work, record)->id);
    values[2] = fb_value_str(record->issuer);
    values[3] = fb_value_time(record->at < record->admitted ? record->at : record->admitted);
    static const size_t columns[SAID] = {1, 4, 5, 6};
    for (size_t i = 0; i < SAID; i++) {
        bool is_rule = columns[i] == 5;
        values[columns[i]] = !said[i].len ? fb_value_none()
                             : is_rule    ? fb_value_str(said[i])
                                          : fb_value_str(fb_work_root_id(work, said[i]));
    }
    struct fb_timed tuple = {.relation = (uint32_t)relation,
        .from = from,
        .until = until,
        .values = values,
        .seq = record->seq,
        .record_id = record->id};
    return fb_work_add(work, &tuple, err);
}

/* Adds the GPU-seconds of one run to its system. */
static void add_usage(struct fb_work *work, const struct fb_record *record)
{
    size_t system = fb_picture_system(work->picture, fb_work_subject(work, record));
    if (system == SIZE_MAX || fb_work_superseded(work, record) != FB_TIME_MAX) {
        return;
    }
    int field = fb_kind_field(FB_KIND_usage, FB_STR("gpu_seconds"));
    FB_ASSERT(field >= 0);
    struct fb_value value = fb_record_value(record, (size_t)field);
    bool known = value.type == FB_TYPE_INT;
    int64_t more = known ? value.u.integer : 0;
    int64_t *sum = &work->picture->systems[system].gpu_seconds;
    work->picture->systems[system].unknown_jobs += !known;
    if (__builtin_add_overflow(*sum, more, sum)) {
        *sum = INT64_MAX;
    }
}

/* True for what is asked for by system: evaluations, safeguards, audits, risks, licences, runs. */
static bool is_of_system(enum fb_kind kind)
{
    return kind == FB_KIND_evaluation || kind == FB_KIND_measure || kind == FB_KIND_audit ||
           kind == FB_KIND_licence || kind == FB_KIND_risk || kind == FB_KIND_run;
}

/* A list with room for one more: of 1, 3, 7 and so on. NULL when memory ran out. */
static void *list_room(struct fb_work *work, void *list, size_t count, size_t element)
{
    if ((count & (count + 1)) != 0) {
        return list;
    }
    void *grown = fb_arena_array(work->arena, 2 * count + 1, element);
    if (grown && count) {
        memcpy(grown, list, count * element);
    }
    return grown;
}

/* Adds a record to those of its system. */
static enum fb_code add_part(
    struct fb_work *work, const struct fb_record *record, struct fb_err *err)
{
    size_t system = fb_picture_system(work->picture, fb_work_subject(work, record));
    if (system == SIZE_MAX) {
        return FB_OK;
    }
    struct fb_system_parts *parts = &work->parts[system];
    bool is_run = record->kind == FB_KIND_run;
    size_t *count = is_run ? &parts->run_count : &parts->record_count;
    const struct fb_record ***list = is_run ? &parts->runs : &parts->records;
    const struct fb_record **grown =
        list_room(work, *list, *count, sizeof(const struct fb_record *));
    if (!grown) {
        return fb_arena_failed(work->arena, err);
    }
    grown[(*count)++] = record;
    *list = grown;
    return FB_OK;
}

static enum fb_code add_child(
    struct fb_work *work, struct fb_str parent_id, size_t child, struct fb_err *err)
{
    size_t parent = fb_picture_system(work->picture, fb_work_root_id(work, parent_id));
    if (parent == SIZE_MAX) {
        return FB_OK;
    }
    struct fb_system_parts *parts = &work->parts[parent];
    size_t *grown = list_room(work, parts->children, parts->child_count, sizeof(size_t));
    if (!grown) {
        return fb_arena_failed(work->arena, err);
    }
    grown[parts->child_count++] = child;
    parts->children = grown;
    return FB_OK;
}

/* Notes what a system was made from. */
static enum fb_code add_lineage(
    struct fb_work *work, const struct fb_record *record, struct fb_err *err)
{
    struct fb_str from = fb_record_text(record, "derived_from");
    if (from.len == 0) {
        return FB_OK;
    }
    size_t child = fb_picture_system(work->picture, fb_work_root(work, record)->id);
    const struct fb_json *also = fb_json_get(record->body, "also_from");
    FB_ASSERT(child != SIZE_MAX);
    work->parts[child].is_modified = true;
    enum fb_code code = add_child(work, from, child, err);
    for (const struct fb_json *id = also ? also->child : NULL; code == FB_OK && id; id = id->next) {
        code = add_child(work, id->text, child, err);
    }
    return code;
}

/* What a system is now. */
static struct fb_system_view system_now(
    const struct fb_work *work, const struct fb_record *first, const struct fb_system_view *before)
{
    const struct fb_record *head = fb_work_head(work, first);
    return (struct fb_system_view){.id = first->id,
        .record = head,
        .developer = fb_work_root_id(work, fb_record_text(head, "developer")),
        .gpu_seconds = before->gpu_seconds,
        .unknown_jobs = before->unknown_jobs};
}

void fb_work_renew_system(struct fb_work *work, size_t system)
{
    FB_ASSERT(work && system < work->picture->system_count);
    struct fb_system_view *view = &work->picture->systems[system];
    *view = system_now(work, fb_registry_find(work->input->registry, view->id), view);
}

/* Makes room for so many systems and what belongs to them. */
static enum fb_code reserve_systems(struct fb_work *work, size_t room, struct fb_err *err)
{
    size_t count = work->picture->system_count;
    struct fb_system_parts *parts = FB_ARENA_ARRAY(work->arena, struct fb_system_parts, room);
    if (!parts) {
        return fb_arena_failed(work->arena, err);
    }
    if (count) {
        memcpy(parts, work->parts, count * sizeof(*parts));
    }
    work->parts = parts;
    work->system_room = room;
    return fb_picture_reserve(work->picture, room, work->arena, err);
}

static enum fb_code add_system(
    struct fb_work *work, const struct fb_record *record, struct fb_err *err)
{
    enum fb_code code = work->picture->system_count < work->system_room
                            ? FB_OK
                            : reserve_systems(work, 2 * work->system_room + 1, err);
    if (code == FB_OK) {
        const struct fb_system_view view = system_now(work, record, &(struct fb_system_view){0});
        fb_picture_add_system(work->picture, &view);
    }
    return code;
}

/* The facts of one record, which hang on the records alone. */
static enum fb_code take_facts(
    struct fb_work *work, const struct fb_record *record, struct fb_err *err)
{
    enum fb_code code = add_record(work, record, err);
    if (code == FB_OK && record->kind == FB_KIND_order) {
        code = fb_work_order_facts(work, record, err);
    } else if (code == FB_OK && record->kind == FB_KIND_decision) {
        code = fb_work_waiver(work, record, err);
    }
    return code;
}

/* Puts one record where it belongs: it is a system, or of one that came before it. */
static enum fb_code take_place(
    struct fb_work *work, const struct fb_record *record, struct fb_err *err)
{
    enum fb_code code = FB_OK;
    if (record->kind == FB_KIND_system) {
        code = record->supersedes.len ? FB_OK : add_system(work, record, err);
        code = code ? code : add_lineage(work, record, err);
    } else if (record->kind == FB_KIND_usage) {
        add_usage(work, record);
    }
    return code == FB_OK && is_of_system(record->kind) ? add_part(work, record, err) : code;
}

enum fb_code fb_work_take(struct fb_work *work, const struct fb_record *record, struct fb_err *err)
{
    FB_ASSERT(work && record);
    enum fb_code code = take_facts(work, record, err);
    return code ? code : take_place(work, record, err);
}

/* The records of a kind that hold, in the order of admission. */
static enum fb_code list_kind(struct fb_work *work, enum fb_kind kind,
    const struct fb_record ***out, size_t *out_count, struct fb_err *err)
{
    const struct fb_registry *registry = work->input->registry;
    const struct fb_record **list = fb_arena_array(
        work->arena, fb_registry_count_of(registry, kind), sizeof(const struct fb_record *));
    if (!list) {
        return fb_arena_failed(work->arena, err);
    }
    size_t count = 0;
    const struct fb_record *record = fb_registry_first(registry, kind);
    for (; record; record = fb_registry_next(registry, record)) {
        if (fb_work_superseded(work, record) == FB_TIME_MAX) {
            list[count++] = record;
        }
    }
    *out = list;
    *out_count = count;
    return FB_OK;
}

static enum fb_code list_some(struct fb_work *work, struct fb_err *err)
{
    enum fb_code code = list_kind(work, FB_KIND_review, &work->reviews, &work->review_count, err);
    return code ? code
                : list_kind(work, FB_KIND_erasure, &work->erasures, &work->erasure_count, err);
}

enum { PART = 256 /* records */ };

/* The facts of all records in the making. */
struct collecting {
    const struct fb_work *work;
    struct fb_work *parts;
};

/* Part of a step: the facts of some records. */
static enum fb_code collect_part(void *ctx, struct fb_arena *arena, size_t part, struct fb_err *err)
{
    const struct collecting *collecting = ctx;
    const struct fb_registry *registry = collecting->work->input->registry;
    struct fb_work *work = &collecting->parts[part];
    size_t end = fb_work_part_end(part, PART, fb_registry_count(registry));
    enum fb_code code = FB_OK;
    fb_work_part_of(collecting->work, arena, work);
    for (size_t i = part * PART; code == FB_OK && i < end; i++) {
        code = take_facts(work, fb_registry_at(registry, i), err);
    }
    return code;
}

/* The facts of all records, in their order. */
static enum fb_code collect_facts(struct fb_work *work, struct fb_err *err)
{
    size_t count = (fb_registry_count(work->input->registry) + PART - 1) / PART;
    struct collecting collecting = {work, FB_ARENA_ARRAY(work->arena, struct fb_work, count)};
    if (!collecting.parts) {
        return fb_arena_failed(work->arena, err);
    }
    enum fb_code code = fb_work_run_parts(work, count, collect_part, &collecting, err);
    return code ? code : fb_work_join(work, collecting.parts, count, err);
}

enum fb_code fb_work_collect(struct fb_work *work, struct fb_err *err)
{
    FB_ASSERT(work);
    const struct fb_registry *registry = work->input->registry;
    enum fb_code code =
        reserve_systems(work, fb_registry_count_of(registry, FB_KIND_system) + 1, err);
    code = code ? code : collect_facts(work, err);
    for (size_t i = 0; code == FB_OK && i < fb_registry_count(registry); i++) {
        code = take_place(work, fb_registry_at(registry, i), err);
    }
    code = code ? code : fb_work_derived(work, err);
    return code ? code : fb_work_receipts(work, err);
}

enum fb_code fb_work_facts(struct fb_work *work, struct fb_err *err)
{
    FB_ASSERT(work);
    enum fb_code code = work->resident ? fb_resident_facts(work, err) : fb_work_collect(work, err);
    code = code ? code : list_some(work, err);
    return code ? code : fb_work_narrow(work, err);
}

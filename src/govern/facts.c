/* facts.c: records as tuples that hold from their admission until they are superseded. */
#include "base/assert.h"
#include "govern/work.h"

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
    int64_t more = value.type == FB_TYPE_INT ? value.u.integer : 0;
    int64_t *sum = &work->picture->systems[system].gpu_seconds;
    if (__builtin_add_overflow(*sum, more, sum)) {
        *sum = INT64_MAX;
    }
}

/* True for what is asked for by system: evaluations, safeguards, audits, risks and licences. */
static bool is_of_system(enum fb_kind kind)
{
    return kind == FB_KIND_evaluation || kind == FB_KIND_measure || kind == FB_KIND_audit ||
           kind == FB_KIND_licence || kind == FB_KIND_risk;
}

/* Counts the records of each system when `fill` is false, and lists them when it is true. */
static void add_part(struct fb_work *work, const struct fb_record *record, bool fill)
{
    size_t system = fb_picture_system(work->picture, fb_work_subject(work, record));
    if (system != SIZE_MAX) {
        struct fb_system_parts *parts = &work->parts[system];
        if (fill) {
            parts->records[parts->record_count] = record;
        }
        parts->record_count++;
    }
}

/* What the records of a system are, in two passes over all records. */
static enum fb_code group_records(struct fb_work *work, struct fb_err *err)
{
    const struct fb_registry *registry = work->input->registry;
    size_t count = fb_registry_count(registry);
    for (int fill = 0; fill < 2; fill++) {
        for (size_t i = 0; i < count; i++) {
            const struct fb_record *record = fb_registry_at(registry, i);
            if (is_of_system(record->kind)) {
                add_part(work, record, fill == 1);
            } else if (record->kind == FB_KIND_usage && fill == 1) {
                add_usage(work, record);
            }
        }
        for (size_t i = 0; i < work->picture->system_count && fill == 0; i++) {
            struct fb_system_parts *parts = &work->parts[i];
            parts->records =
                fb_arena_array(work->arena, parts->record_count, sizeof(const struct fb_record *));
            if (!parts->records) {
                return fb_arena_failed(work->arena, err);
            }
            parts->record_count = 0;
        }
    }
    return FB_OK;
}

static enum fb_code list_systems(struct fb_work *work, struct fb_err *err)
{
    const struct fb_registry *registry = work->input->registry;
    struct fb_picture *picture = work->picture;
    size_t count = 0;
    for (size_t i = 0; i < fb_registry_count(registry); i++) {
        const struct fb_record *record = fb_registry_at(registry, i);
        count += record->kind == FB_KIND_system && !record->supersedes.len;
    }
    picture->systems = FB_ARENA_ARRAY(work->arena, struct fb_system_view, count + 1);
    if (!picture->systems) {
        return fb_arena_failed(work->arena, err);
    }
    for (size_t i = 0; i < fb_registry_count(registry); i++) {
        const struct fb_record *record = fb_registry_at(registry, i);
        if (record->kind != FB_KIND_system || record->supersedes.len) {
            continue;
        }
        const struct fb_record *head = fb_work_head(work, record);
        picture->systems[picture->system_count++] = (struct fb_system_view){
            .id = record->id,
            .record = head,
            .developer = fb_work_root_id(work, fb_record_text(head, "developer")),
        };
    }
    FB_ASSERT(picture->system_count == count);
    work->parts = FB_ARENA_ARRAY(work->arena, struct fb_system_parts, count);
    if (!work->parts) {
        return fb_arena_failed(work->arena, err);
    }
    enum fb_code code = fb_picture_index(picture, work->arena, err);
    return code ? code : group_records(work, err);
}

/* The records of a kind that hold, in the order of admission. */
static enum fb_code list_kind(struct fb_work *work, enum fb_kind kind,
    const struct fb_record ***out, size_t *out_count, struct fb_err *err)
{
    const struct fb_registry *registry = work->input->registry;
    size_t count = 0;
    for (size_t i = 0; i < fb_registry_count(registry); i++) {
        count += fb_registry_at(registry, i)->kind == kind;
    }
    const struct fb_record **list =
        FB_ARENA_ARRAY(work->arena, const struct fb_record *, count + 1);
    if (!list) {
        return fb_arena_failed(work->arena, err);
    }
    count = 0;
    for (size_t i = 0; i < fb_registry_count(registry); i++) {
        const struct fb_record *record = fb_registry_at(registry, i);
        if (record->kind == kind && fb_work_superseded(work, record) == FB_TIME_MAX) {
            list[count++] = record;
        }
    }
    *out = list;
    *out_count = count;
    return FB_OK;
}

/* Adds waiver_in_force for a decision that grants one, for as long as it holds. One that names
 * neither system nor party, rule nor record excuses from nothing. */
static enum fb_code add_waiver(
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

enum fb_code fb_work_facts(struct fb_work *work, struct fb_err *err)
{
    const struct fb_registry *registry = work->input->registry;
    for (size_t i = 0; i < fb_registry_count(registry); i++) {
        const struct fb_record *record = fb_registry_at(registry, i);
        enum fb_code code = add_record(work, record, err);
        if (code == FB_OK && record->kind == FB_KIND_order) {
            code = fb_work_order_facts(work, record, err);
        } else if (code == FB_OK && record->kind == FB_KIND_decision) {
            code = add_waiver(work, record, err);
        }
        if (code != FB_OK) {
            return code;
        }
    }
    enum fb_code code = list_kind(work, FB_KIND_review, &work->reviews, &work->review_count, err);
    if (code == FB_OK) {
        code = list_kind(work, FB_KIND_erasure, &work->erasures, &work->erasure_count, err);
    }
    code = code ? code : list_systems(work, err);
    code = code ? code : fb_work_derived(work, err);
    code = code ? code : fb_work_receipts(work, err);
    return code ? code : fb_work_narrow(work, err);
}

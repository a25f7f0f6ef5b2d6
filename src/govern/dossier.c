/* dossier.c: which records concern a system, what was decided of it, and what each rests on. */
#include "govern/dossier.h"

#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "govern/work.h"

enum {
    WORDS_MAX = 600,     /* bytes of what a record says */
    WHY_DEPTH_MAX = 128, /* of a reason whose records are gathered */
};

struct fb_str fb_dossier_root(const struct fb_registry *registry, struct fb_str id)
{
    const struct fb_record *record = id.len ? fb_registry_find(registry, id) : NULL;
    while (record && record->supersedes.len) {
        const struct fb_record *older = fb_registry_find(registry, record->supersedes);
        if (!older) {
            break;
        }
        record = older;
    }
    return record ? record->id : id;
}

static bool is_system(const struct fb_dossier_work *work, struct fb_str id)
{
    return id.len > 0 && fb_str_eq(fb_dossier_root(work->registry, id), work->out->system->id);
}

/* True when a list of ids has one that stands for the system, or for a record that concerns it. */
static bool lists(const struct fb_dossier_work *work, const struct fb_json *list,
    bool (*test)(const struct fb_dossier_work *work, struct fb_str id))
{
    for (const struct fb_json *item = list ? list->child : NULL; item; item = item->next) {
        if (item->kind == FB_JSON_STRING && test(work, item->text)) {
            return true;
        }
    }
    return false;
}

bool fb_dossier_had_part(const struct fb_dossier_work *work, const struct fb_record *record)
{
    FB_ASSERT(work && record);
    return is_system(work, record->subject) ||
           (record->kind == FB_KIND_incident &&
               lists(work, fb_json_get(record->body, "systems"), is_system));
}

/* True for the id of a record that concerns the system, and not everybody. */
static bool concerns(const struct fb_dossier_work *work, struct fb_str id)
{
    const struct fb_record *record = id.len ? fb_registry_find(work->registry, id) : NULL;
    if (!record) {
        return false;
    }
    bool of_all = record->kind == FB_KIND_party || record->kind == FB_KIND_key ||
                  record->kind == FB_KIND_policy || record->kind == FB_KIND_cluster;
    return !of_all && (is_system(work, id) || work->part[record->seq] != 0);
}

/* True when a field of the record leads to one that concerns the system. */
static bool leads_there(const struct fb_dossier_work *work, const struct fb_record *record)
{
    size_t count;
    const struct fb_field *fields = fb_kind_fields(record->kind, &count);
    if (concerns(work, record->supersedes)) {
        return true;
    }
    for (size_t i = 0; i < count; i++) {
        bool is_id = fields[i].type == FB_FIELD_REF || fields[i].type == FB_FIELD_RECORD;
        if (is_id && concerns(work, fb_record_text(record, fields[i].name))) {
            return true;
        }
        if (fields[i].type == FB_FIELD_REFS &&
            lists(work, fb_json_get(record->body, fields[i].name), concerns)) {
            return true;
        }
    }
    return false;
}

/* True when a record is about the developer as such: who it is, its keys, what it was told. */
static bool is_of_developer(const struct fb_dossier_work *work, const struct fb_record *record)
{
    if (work->developer.len == 0 || record->subject.len > 0) {
        return false;
    }
    if (record->kind == FB_KIND_party) {
        return fb_str_eq(fb_dossier_root(work->registry, record->id), work->developer);
    }
    bool names_party = record->kind == FB_KIND_key || record->kind == FB_KIND_order ||
                       record->kind == FB_KIND_disclosure || record->kind == FB_KIND_audit ||
                       record->kind == FB_KIND_decision;
    return names_party &&
           fb_str_eq(
               fb_dossier_root(work->registry, fb_record_text(record, "party")), work->developer);
}

/* Marks the records that concern the system; references lead back in the ledger only. */
static void mark_parts(struct fb_dossier_work *work, size_t *out_count)
{
    size_t count = 0;
    for (size_t i = 0; i < fb_registry_count(work->registry); i++) {
        const struct fb_record *record = fb_registry_at(work->registry, i);
        FB_ASSERT(record->seq == i);
        work->part[i] = fb_dossier_had_part(work, record) || is_system(work, record->id) ||
                        leads_there(work, record) || is_of_developer(work, record);
        count += work->part[i] != 0 && record->kind != FB_KIND_usage;
    }
    *out_count = count;
}

/* ---- what a record says ---- */

static void add_value(
    struct fb_buf *out, const struct fb_record *record, const struct fb_field *field, size_t index)
{
    struct fb_value value = fb_record_value(record, index);
    bool is_headline = fb_str_is(fb_str_of(field->name), "title");
    if (value.type == FB_TYPE_NONE || field->type == FB_FIELD_DIGEST || out->len > WORDS_MAX ||
        fb_str_is(fb_str_of(field->name), "public_key")) {
        return;
    }
    fb_buf_add_c(out, out->len ? "; " : "");
    for (const char *c = is_headline ? "" : field->name; *c; c++) {
        fb_buf_add_char(out, *c == '_' ? ' ' : *c);
    }
    fb_buf_add_c(out, is_headline ? "" : ": ");
    fb_value_write(value, out);
}

/* The fields of a record, in the order of its kind; what is too long is cut. */
static struct fb_str words_of(const struct fb_record *record, struct fb_arena *arena)
{
    size_t count;
    const struct fb_field *fields = fb_kind_fields(record->kind, &count);
    struct fb_buf text;
    fb_buf_init(&text, (size_t)FB_STATEMENT_MAX * 2);
    for (size_t i = 0; i < count; i++) {
        if (fb_field_is_column(&fields[i])) {
            add_value(&text, record, &fields[i], i);
        }
    }
    size_t len = text.len < WORDS_MAX ? text.len : WORDS_MAX;
    while (len > 0 && len < text.len && ((unsigned char)text.ptr[len] & 0xC0) == 0x80) {
        len--;
    }
    struct fb_str words = {NULL, 0};
    if (text.state == FB_BUF_GOOD) {
        words = fb_arena_printf(
            arena, "%.*s%s", (int)len, text.ptr ? text.ptr : "", len < text.len ? " ..." : "");
    }
    fb_buf_release(&text);
    return words;
}

static enum fb_code add_item(
    struct fb_dossier_work *work, const struct fb_record *record, struct fb_err *err)
{
    struct fb_dossier *out = work->out;
    struct fb_registry_signer signer;
    struct fb_dossier_item item = {.record = record,
        .words = words_of(record, work->arena),
        .successor = fb_registry_successor(work->registry, record),
        .disowned = fb_registry_disowned(work->registry, record)};
    if (!item.words.ptr) {
        return fb_arena_failed(work->arena, err);
    }
    if (fb_registry_signer_count(work->registry, record) > 0 &&
        fb_registry_signer(work->registry, record, 0, &signer)) {
        item.signer = signer.party;
    }
    out->items[out->item_count++] = item;
    work->cited[record->seq] = 1;
    return FB_OK;
}

static void add_usage(struct fb_dossier_usage *usage, const struct fb_record *record)
{
    usage->first = usage->first ? usage->first : record;
    usage->last = record;
    usage->jobs++;
    usage->unknown += !fb_json_get(record->body, "gpus");
    int64_t more = fb_work_int(record, "gpu_seconds", 0);
    if (__builtin_add_overflow(usage->gpu_seconds, more, &usage->gpu_seconds)) {
        usage->gpu_seconds = INT64_MAX;
    }
}

static enum fb_code add_items(struct fb_dossier_work *work, struct fb_err *err)
{
    struct fb_dossier *out = work->out;
    size_t count;
    mark_parts(work, &count);
    if (count > FB_DOSSIER_RECORDS_MAX) {
        fb_err_set(err, FB_E_LIMIT, "%zu records concern the system; a dossier holds %d", count,
            (int)FB_DOSSIER_RECORDS_MAX);
        return fb_err_hint(err, "Ask for an earlier date with --as-of.");
    }
    out->items = FB_ARENA_ARRAY(work->arena, struct fb_dossier_item, count + 1);
    if (!out->items) {
        return fb_arena_failed(work->arena, err);
    }
    enum fb_code code = FB_OK;
    for (size_t i = 0; code == FB_OK && i < fb_registry_count(work->registry); i++) {
        const struct fb_record *record = fb_registry_at(work->registry, i);
        if (work->part[i] && record->kind == FB_KIND_usage) {
            add_usage(&out->usage, record);
        } else if (work->part[i]) {
            code = add_item(work, record, err);
        }
    }
    if (out->usage.first) {
        work->cited[out->usage.first->seq] = work->cited[out->usage.last->seq] = 1;
    }
    return code;
}

/* ---- what the system was made from ---- */

static bool has_lineage(const struct fb_dossier *out, const struct fb_record *record)
{
    for (size_t i = 0; i < out->lineage_count; i++) {
        if (out->lineage[i] == record) {
            return true;
        }
    }
    return record == out->system->record || fb_str_eq(record->id, out->system->id);
}

/* Adds an ancestor by the id of any of its versions. */
static void add_ancestor(struct fb_dossier_work *work, struct fb_str id, size_t cap)
{
    struct fb_dossier *out = work->out;
    const struct fb_record *record =
        id.len ? fb_registry_find(work->registry, fb_dossier_root(work->registry, id)) : NULL;
    if (record && record->kind == FB_KIND_system && out->lineage_count < cap &&
        !has_lineage(out, record)) {
        out->lineage[out->lineage_count++] = record;
        work->cited[record->seq] = 1;
    }
}

/* Breadth first; a system that was found stands once, so circles end. */
static enum fb_code add_lineage(struct fb_dossier_work *work, struct fb_err *err)
{
    struct fb_dossier *out = work->out;
    size_t cap = work->picture->system_count;
    out->lineage = FB_ARENA_ARRAY(work->arena, const struct fb_record *, cap + 1);
    if (!out->lineage) {
        return fb_arena_failed(work->arena, err);
    }
    const struct fb_record *at = out->system->record;
    for (size_t next = 0;; next++) {
        add_ancestor(work, fb_record_text(at, "derived_from"), cap);
        const struct fb_json *also = fb_json_get(at->body, "also_from");
        for (const struct fb_json *item = also ? also->child : NULL; item; item = item->next) {
            add_ancestor(work, item->text, cap);
        }
        if (next == out->lineage_count) {
            return FB_OK;
        }
        at = fb_work_head(work->picture->work, out->lineage[next]);
    }
}

/* ---- what was decided ---- */

static void mark_rests(uint8_t *marks, const struct fb_why *why, size_t count, size_t depth)
{
    for (; why; why = why->next) {
        if (why->seq < count) {
            marks[why->seq] = 1;
        }
        if (depth < WHY_DEPTH_MAX) {
            mark_rests(marks, why->child, count, depth + 1);
        }
    }
}

/* The records that a reason names, and the policy's. */
static enum fb_code add_rests(struct fb_dossier_work *work, struct fb_dossier_verdict *verdict,
    const struct fb_why *why, const struct fb_policy_view *policy, struct fb_err *err)
{
    size_t all = fb_registry_count(work->registry), count = 0;
    uint8_t *marks = work->scratch;
    memset(marks, 0, all + 1);
    mark_rests(marks, why, all, 0);
    if (policy) {
        marks[policy->record->seq] = 1;
    }
    for (size_t i = 0; i < all; i++) {
        count += marks[i];
    }
    verdict->rests = FB_ARENA_ARRAY(work->arena, const struct fb_record *, count + 1);
    if (!verdict->rests) {
        return fb_arena_failed(work->arena, err);
    }
    for (size_t i = 0; i < all; i++) {
        if (marks[i]) {
            verdict->rests[verdict->rest_count++] = fb_registry_at(work->registry, i);
            work->cited[i] = 1;
        }
    }
    return FB_OK;
}

/* Fills a verdict in by its id. */
static enum fb_code complete(struct fb_dossier_work *work, struct fb_dossier_verdict *verdict,
    const struct fb_policy_view *policy, struct fb_err *err)
{
    struct fb_verdict found;
    enum fb_code code = fb_picture_find(work->picture, verdict->id, work->arena, &found, err);
    if (code != FB_OK) {
        return code;
    }
    verdict->handle = found.handle;
    verdict->headline = found.headline;
    verdict->said = found.said;
    return add_rests(work, verdict, found.why, policy, err);
}

/* True for a duty of the system, or of its developer where it names no system. */
static bool binds(const struct fb_dossier_work *work, const struct fb_duty_view *view)
{
    if (view->system.len > 0) {
        return fb_str_eq(view->system, work->out->system->id);
    }
    return work->developer.len > 0 && fb_str_eq(view->obligation.party, work->developer);
}

static int by_since(const void *a, const void *b)
{
    const struct fb_dossier_verdict *x = a, *y = b;
    fb_time p = x->duty->obligation.since, q = y->duty->obligation.since;
    return p != q ? (p < q ? -1 : 1) : fb_str_cmp(x->id, y->id);
}

static enum fb_code add_duties(struct fb_dossier_work *work, struct fb_err *err)
{
    const struct fb_picture *picture = work->picture;
    struct fb_dossier *out = work->out;
    size_t count = 0;
    for (size_t i = 0; i < picture->duty_count; i++) {
        count += binds(work, &picture->duties[i]);
    }
    out->duties = FB_ARENA_ARRAY(work->arena, struct fb_dossier_verdict, count + 1);
    if (!out->duties) {
        return fb_arena_failed(work->arena, err);
    }
    enum fb_code code = FB_OK;
    for (size_t i = 0; code == FB_OK && i < picture->duty_count; i++) {
        const struct fb_duty_view *view = &picture->duties[i];
        if (binds(work, view)) {
            struct fb_dossier_verdict *verdict = &out->duties[out->duty_count++];
            *verdict = (struct fb_dossier_verdict){.kind = "duty", .id = view->id, .duty = view};
            code = complete(work, verdict, view->policy, err);
        }
    }
    if (out->duty_count) {
        qsort(out->duties, out->duty_count, sizeof(*out->duties), by_since);
    }
    return code;
}

static enum fb_code add_verdict(struct fb_dossier_work *work, const char *kind, struct fb_str id,
    const struct fb_policy_view *policy, struct fb_err *err)
{
    struct fb_dossier_verdict *verdict = &work->out->verdicts[work->out->verdict_count++];
    *verdict = (struct fb_dossier_verdict){.kind = kind, .id = id};
    return complete(work, verdict, policy, err);
}

static enum fb_code add_verdicts(struct fb_dossier_work *work, struct fb_err *err)
{
    const struct fb_picture *picture = work->picture;
    const struct fb_system_view *system = work->out->system;
    size_t most = picture->line_count + picture->case_count + picture->order_count +
                  picture->licence_count + 1;
    work->out->verdicts = FB_ARENA_ARRAY(work->arena, struct fb_dossier_verdict, most);
    enum fb_code code = work->out->verdicts ? FB_OK : fb_arena_failed(work->arena, err);
    const struct fb_line_view *line = fb_picture_line(picture, system->first.line);
    for (; code == FB_OK && line; line = fb_picture_line(picture, line->next)) {
        code = add_verdict(work, "red line", line->id, line->policy, err);
    }
    const struct fb_case_view *case_ = fb_picture_case(picture, system->first.safety_case);
    for (; code == FB_OK && case_; case_ = fb_picture_case(picture, case_->next)) {
        code = add_verdict(work, "safety case", case_->id, NULL, err);
    }
    struct fb_order_walk walk = fb_picture_orders(picture, system);
    const struct fb_order_view *order;
    while (code == FB_OK && (order = fb_order_next(&walk)) != NULL) {
        code = add_verdict(work, "order", order->id, NULL, err);
    }
    const struct fb_licence_view *licence = fb_picture_licence(picture, system->first.licence);
    for (; code == FB_OK && licence; licence = fb_picture_licence(picture, licence->next)) {
        code = add_verdict(work, "licence", licence->id, NULL, err);
    }
    return code;
}

/* ---- harms ---- */

static enum fb_code add_harms(struct fb_dossier_work *work, struct fb_err *err)
{
    struct fb_dossier *out = work->out;
    size_t count = 0;
    for (size_t i = 0; i < out->item_count; i++) {
        count += out->items[i].record->kind == FB_KIND_incident;
    }
    out->harms = FB_ARENA_ARRAY(work->arena, struct fb_harm, count + 1);
    if (!out->harms) {
        return fb_arena_failed(work->arena, err);
    }
    enum fb_code code = FB_OK;
    for (size_t i = 0; code == FB_OK && i < out->item_count; i++) {
        const struct fb_record *record = out->items[i].record;
        if (record->kind != FB_KIND_incident || record->supersedes.len > 0) {
            continue;
        }
        struct fb_harm *harm = &out->harms[out->harm_count++];
        code = fb_incident_gather(
            work->picture, work->registry, record, work->arena, &harm->incident, err);
        if (code == FB_OK) {
            code = fb_dossier_foresee(work, harm, err);
        }
    }
    return code;
}

/* ---- all that is cited ---- */

/* Cites the keys of who signs the file, those too that were declared after its date. */
static void cite_signer(
    struct fb_dossier_work *work, const struct fb_dossier_options *options, struct fb_dossier *out)
{
    size_t all = fb_registry_count(work->registry), later = fb_registry_count(options->whole);
    struct fb_str party = fb_dossier_root(options->whole, options->signer);
    for (size_t i = 0; party.len && i < later; i++) {
        const struct fb_record *record = fb_registry_at(options->whole, i);
        bool is_it =
            record->kind == FB_KIND_key &&
            fb_str_eq(fb_dossier_root(options->whole, fb_record_text(record, "party")), party);
        if (is_it && i < all) {
            work->cited[i] = 1;
        } else if (is_it) {
            out->cited[out->cited_count++] = record;
        }
    }
}

/* Lists what is cited; those that were admitted after the date of the file come last. */
static enum fb_code add_cited(struct fb_dossier_work *work, struct fb_err *err)
{
    struct fb_dossier *out = work->out;
    const struct fb_record **late = out->cited;
    size_t all = fb_registry_count(work->registry), count = out->cited_count, lates = count;
    for (size_t i = 0; i < all; i++) {
        count += work->cited[i];
    }
    if (count > FB_DOSSIER_RECORDS_MAX) {
        return fb_err_set(err, FB_E_LIMIT, "the dossier would cite %zu records; it holds %d", count,
            (int)FB_DOSSIER_RECORDS_MAX);
    }
    out->cited = FB_ARENA_ARRAY(work->arena, const struct fb_record *, count + 1);
    if (!out->cited) {
        return fb_arena_failed(work->arena, err);
    }
    out->cited_count = 0;
    for (size_t i = 0; i < all; i++) {
        if (work->cited[i]) {
            out->cited[out->cited_count++] = fb_registry_at(work->registry, i);
        }
    }
    for (size_t i = 0; i < lates; i++) {
        out->cited[out->cited_count++] = late[i];
    }
    return FB_OK;
}

enum fb_code fb_dossier_gather(const struct fb_picture *picture,
    const struct fb_dossier_options *options, struct fb_arena *arena, struct fb_dossier *out,
    struct fb_err *err)
{
    FB_ASSERT(picture && picture->work && options && options->whole && arena && out);
    static enum fb_code (*const parts[])(struct fb_dossier_work *, struct fb_err *) = {
        add_lineage, add_items, add_duties, add_verdicts, add_harms, add_cited};
    const struct fb_registry *registry = picture->work->input->registry;
    size_t at = fb_picture_system(picture, options->system), all = fb_registry_count(registry);
    if (at == SIZE_MAX) {
        return fb_err_set(
            err, FB_E_NOT_FOUND, "the docket has no system '%.*s'", FB_STR_ARG(options->system));
    }
    struct fb_dossier file = {.system = &picture->systems[at]};
    file.developer = fb_registry_find(registry, file.system->developer);
    file.developer = file.developer ? fb_work_head(picture->work, file.developer) : NULL;
    struct fb_dossier_work work = {.picture = picture,
        .registry = registry,
        .arena = arena,
        .out = &file,
        .developer = file.system->developer,
        .part = FB_ARENA_ARRAY(arena, uint8_t, all + 1),
        .cited = FB_ARENA_ARRAY(arena, uint8_t, all + 1),
        .scratch = FB_ARENA_ARRAY(arena, uint8_t, all + 1)};
    file.cited = FB_ARENA_ARRAY(
        arena, const struct fb_record *, fb_registry_count(options->whole) - all + 1);
    if (!work.part || !work.cited || !work.scratch || !file.cited) {
        return fb_arena_failed(arena, err);
    }
    cite_signer(&work, options, &file);
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        enum fb_code code = parts[i](&work, err);
        if (code != FB_OK) {
            return code;
        }
    }
    *out = file;
    return FB_OK;
}

/*
 * cases.c: safety cases over time. What their leaves ask is answered in ask.c; here a case is
 * labelled at every instant at which an answer can change.
 */
#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "case/live.h"
#include "govern/acceptance.h"
#include "govern/predicate.h"

/* A predicate of an element must be readable. */
static enum fb_code check_predicate(
    const struct fb_element *element, struct fb_str text, struct fb_err *err)
{
    struct fb_predicate ignored;
    if (text.len == 0 || fb_predicate_parse(text, &ignored, err) == FB_OK) {
        return FB_OK;
    }
    fb_err_prefix(err, "element %.*s", FB_STR_ARG(element->id));
    fb_err_place(err, NULL, element->line, 1, -1);
    return err->code;
}

enum fb_code fb_case_predicates_check(const struct fb_case *argument, struct fb_err *err)
{
    FB_ASSERT(argument);
    enum fb_code code = FB_OK;
    for (size_t i = 0; code == FB_OK && i < argument->element_count; i++) {
        const struct fb_element *element = &argument->elements[i];
        code = check_predicate(element, element->predicate, err);
        code = code ? code : check_predicate(element, element->accepted.evidence, err);
        code = code ? code : check_predicate(element, element->independence, err);
    }
    return code;
}

/* Reads and parses the document of a case record. */
static enum fb_code read_case(
    struct fb_work *work, const struct fb_record *record, struct fb_case **out, struct fb_err *err)
{
    struct fb_buf text;
    fb_buf_init(&text, FB_CASE_TEXT_MAX);
    struct fb_str name = fb_arena_printf(work->arena, "%.*s", FB_STR_ARG(record->id));
    struct fb_str digest = fb_record_text(record, "document");
    enum fb_code code = work->input->read_blob(work->input->blob_ctx, digest, &text, err);
    if (code != FB_OK) {
        fb_err_prefix(err, "case record '%.*s'", FB_STR_ARG(record->id));
    } else {
        code = name.ptr ? fb_case_parse(fb_buf_str(&text), name.ptr, work->arena, out, err)
                        : fb_arena_failed(work->arena, err);
    }
    fb_buf_release(&text);
    return code;
}

/* A tuple case_status(name, system, status) over span, half-open. */
static enum fb_code add_status(struct fb_work *work, const struct fb_case_view *view,
    enum fb_label label, const struct fb_why *reason, const fb_time span[2], struct fb_err *err)
{
    int relation = fb_policy_relation("case_status");
    struct fb_str name = fb_record_text(view->record, "name");
    struct fb_value *values = FB_ARENA_ARRAY(work->arena, struct fb_value, 3);
    struct fb_why *why = fb_why_new(work->arena, "the safety case %.*s of %.*s is %s",
        FB_STR_ARG(name), FB_STR_ARG(view->system), fb_label_name(label));
    FB_ASSERT(relation >= 0);
    if (!values || !why) {
        return fb_arena_failed(work->arena, err);
    }
    fb_why_on(why, view->record->id, view->record->seq);
    fb_why_add(why, fb_work_why_copy(work, reason));
    values[0] = fb_value_str(name);
    values[1] = fb_value_str(view->system);
    values[2] = fb_value_str(fb_str_of(fb_label_name(label)));
    struct fb_timed tuple = {.relation = (uint32_t)relation,
        .from = span[0],
        .until = span[1],
        .values = values,
        .seq = view->record->seq,
        .record_id = view->record->id,
        .why = why};
    return fb_work_add(work, &tuple, err);
}

/* Instants at which a case can change, in the making. */
struct instants {
    fb_time *items;
    size_t count;
    size_t cap;
};

static enum fb_code add_instant(
    struct fb_work *work, struct instants *list, fb_time t, struct fb_err *err)
{
    if (t > work->input->now) {
        return FB_OK;
    }
    if (list->count == list->cap) {
        size_t cap = list->cap ? 2 * list->cap : 16;
        fb_time *grown = FB_ARENA_ARRAY(work->arena, fb_time, cap);
        if (!grown) {
            return fb_arena_failed(work->arena, err);
        }
        if (list->count) {
            memcpy(grown, list->items, list->count * sizeof(*grown));
        }
        list->items = grown;
        list->cap = cap;
    }
    list->items[list->count++] = t;
    return FB_OK;
}

/* Instants on their way into a list. */
struct taking {
    struct fb_work *work;
    struct instants *list;
};

static enum fb_code take_instant(void *ctx, fb_time t, struct fb_err *err)
{
    const struct taking *taking = ctx;
    return add_instant(taking->work, taking->list, t, err);
}

static int order_instants(const void *a, const void *b)
{
    fb_time x = *(const fb_time *)a, y = *(const fb_time *)b;
    return x < y ? -1 : x > y;
}

/* The instants at which an answer to one of the case's questions can change, in order. */
static enum fb_code list_instants(const struct fb_question *question,
    const struct fb_case *argument, const struct fb_case_version *version, struct instants *out,
    struct fb_err *err)
{
    struct taking taking = {question->work, out};
    enum fb_code code = add_instant(question->work, out, version->record->admitted, err);
    code =
        code ? code : fb_acceptance_instants(question->work, version, take_instant, &taking, err);
    for (size_t i = 0; code == FB_OK && i < argument->element_count; i++) {
        const struct fb_element *e = &argument->elements[i];
        const struct fb_str all[] = {e->predicate, e->accepted.evidence, e->independence};
        for (size_t k = 0; code == FB_OK && k < sizeof(all) / sizeof(all[0]); k++) {
            if (all[k].len > 0) {
                code = fb_predicate_instants(question, all[k], take_instant, &taking, err);
            }
        }
        if (code == FB_OK && e->accepted.by.len > 0) {
            code = add_instant(question->work, out, e->accepted.until, err);
        }
    }
    if (code == FB_OK && out->count) {
        qsort(out->items, out->count, sizeof(*out->items), order_instants);
    }
    return code;
}

/* Appends a stretch of a version's life that begins now; the one before ends. */
static enum fb_code add_span(struct fb_work *work, struct fb_case_version *version,
    const struct fb_case_span *span, struct fb_err *err)
{
    if (version->span_count == version->span_cap) {
        size_t cap = version->span_cap ? 2 * version->span_cap : 8;
        struct fb_case_span *grown = FB_ARENA_ARRAY(work->arena, struct fb_case_span, cap);
        if (!grown) {
            return fb_arena_failed(work->arena, err);
        }
        if (version->span_count) {
            memcpy(grown, version->spans, version->span_count * sizeof(*grown));
            version->spans[version->span_count - 1].until = span->from;
        }
        version->spans = grown;
        version->span_cap = cap;
    }
    if (version->span_count) {
        version->spans[version->span_count - 1].until = span->from;
    }
    version->spans[version->span_count++] = *span;
    return FB_OK;
}

/* The reviews that are about a version, now. */
static enum fb_code list_reviews(const struct fb_work *work, const struct fb_case_version *version,
    struct fb_case_view *view, struct fb_err *err)
{
    view->reviews = FB_ARENA_ARRAY(work->arena, struct fb_case_review, work->review_count);
    if (!view->reviews) {
        return fb_arena_failed(work->arena, err);
    }
    for (size_t i = 0; i < work->review_count; i++) {
        if (version->fits[i] != FB_REVIEW_OTHER) {
            view->reviews[view->review_count++] =
                (struct fb_case_review){work->reviews[i], version->fits[i]};
        }
    }
    return FB_OK;
}

/* Accepted and in, it stands; accepted and not in, it has fallen. */
static const char *standing_of(const struct fb_case_span *span)
{
    return span->stage == FB_CASE_ACCEPTED    ? span->label == FB_LABEL_IN ? "stands" : "fallen"
           : span->stage == FB_CASE_SENT_BACK ? "sent_back"
                                              : "submitted";
}

/* case_standing(name, system, standing) over [from, until) of the first and the last span. */
static enum fb_code add_standing(struct fb_work *work, const struct fb_case_view *view,
    const struct fb_case_span *first, const struct fb_case_span *last, struct fb_err *err)
{
    int relation = fb_policy_relation("case_standing");
    struct fb_str name = fb_record_text(view->record, "name");
    struct fb_value *values = FB_ARENA_ARRAY(work->arena, struct fb_value, 3);
    struct fb_why *why = fb_why_new(work->arena, "the safety case %.*s of %.*s %s",
        FB_STR_ARG(name), FB_STR_ARG(view->system),
        first->stage == FB_CASE_ACCEPTED    ? first->label == FB_LABEL_IN ? "stands" : "has fallen"
        : first->stage == FB_CASE_SENT_BACK ? "was sent back"
                                            : "is submitted");
    FB_ASSERT(relation >= 0);
    if (!values || !why) {
        return fb_arena_failed(work->arena, err);
    }
    fb_why_on(why, view->record->id, view->record->seq);
    if (first->why) {
        fb_why_add(why, fb_work_why_copy(work, first->why));
    }
    values[0] = fb_value_str(name);
    values[1] = fb_value_str(view->system);
    values[2] = fb_value_str(fb_str_of(standing_of(first)));
    struct fb_timed tuple = {.relation = (uint32_t)relation,
        .from = first->from,
        .until = last->until,
        .values = values,
        .seq = view->record->seq,
        .record_id = view->record->id,
        .why = why};
    return tuple.from < tuple.until ? fb_work_add(work, &tuple, err) : FB_OK;
}

static enum fb_code add_standings(struct fb_work *work, const struct fb_case_view *view,
    const struct fb_case_version *version, struct fb_err *err)
{
    enum fb_code code = FB_OK;
    size_t first = 0;
    for (size_t i = 1; code == FB_OK && i <= version->span_count; i++) {
        const struct fb_case_span *span = &version->spans[first];
        if (i < version->span_count &&
            strcmp(standing_of(&version->spans[i]), standing_of(span)) == 0) {
            continue;
        }
        code = add_standing(work, view, span, &version->spans[i - 1], err);
        first = i;
    }
    return code;
}

/* Tuples of the label over the life of a version, and its view now. */
static enum fb_code publish(struct fb_work *work, struct fb_case_view *view,
    const struct fb_case_version *version, struct fb_err *err)
{
    enum fb_code code = FB_OK;
    size_t first = 0;
    for (size_t i = 1; code == FB_OK && i <= version->span_count; i++) {
        const struct fb_case_span *span = &version->spans[first];
        if (i < version->span_count && version->spans[i].label == span->label) {
            continue;
        }
        code = add_status(work, view, span->label, span->why,
            (fb_time[2]){span->from, version->spans[i - 1].until}, err);
        view->label = span->label;
        view->since = span->from;
        first = i;
    }
    if (version->span_count) {
        const struct fb_case_span *last = &version->spans[version->span_count - 1];
        view->stage = last->stage;
        view->stage_by = last->by;
    }
    code = code ? code : add_standings(work, view, version, err);
    return code ? code : list_reviews(work, version, view, err);
}

/* Labels the case at every one of these instants in the record's life. They are no part of the
 * work's: adding tuples adds instants there. */
static enum fb_code run_case(struct fb_question *question, struct fb_case *argument,
    struct fb_case_version *version, const struct instants *list, struct fb_err *err)
{
    struct fb_work *work = question->work;
    struct fb_case_live *live = NULL;
    const fb_time *instants = list->items;
    fb_time end = fb_work_superseded(work, version->record);
    enum fb_code code = FB_OK;
    for (size_t i = 0; code == FB_OK && i < list->count; i++) {
        bool again = i > 0 && instants[i] == instants[i - 1];
        if (again || instants[i] < version->record->admitted || instants[i] >= end) {
            continue;
        }
        question->at = argument->now = instants[i];
        /* The oracle labels anew at every instant. */
        bool anew = !live || work->input->naive;
        code = anew
                   ? fb_case_live_new(argument, fb_predicate_ask, question, work->arena, &live, err)
                   : fb_case_live_ask(live, fb_predicate_ask, question, NULL, err);
        const struct fb_element *top = &argument->elements[argument->top];
        struct fb_case_span span = {
            .from = instants[i], .until = end, .label = top->label, .why = top->why};
        fb_acceptance_at(work, version, instants[i], &span);
        code = code ? code : add_span(work, version, &span, err);
    }
    return code;
}

/* A case whose document was erased: its record stays, and what cannot be read is not shown to hold
 * (SEMANTICS.md, Corrections and versions). */
static enum fb_code run_erased(struct fb_work *work, struct fb_case_view *view, struct fb_err *err)
{
    fb_time end = fb_work_superseded(work, view->record);
    struct fb_why *why = fb_why_new(work->arena, "source erased: the document %.*s is not here",
        FB_STR_ARG(fb_record_text(view->record, "document")));
    if (!why) {
        return fb_arena_failed(work->arena, err);
    }
    fb_why_add(why, fb_work_erased(work, fb_record_text(view->record, "document")));
    view->label = FB_LABEL_UNDECIDED;
    view->since = view->record->admitted;
    view->why = fb_why_on(why, view->record->id, view->record->seq);
    struct fb_case_version *version = NULL;
    enum fb_code code = fb_acceptance_version(work, view->record, NULL, &version, err);
    struct fb_case_span span = {
        .from = view->since, .until = end, .label = view->label, .why = view->why};
    code = code ? code : add_span(work, version, &span, err);
    code = code ? code : add_standings(work, view, version, err);
    return code ? code
                : add_status(
                      work, view, view->label, why, (fb_time[2]){view->record->admitted, end}, err);
}

/* One record of a case. all: the instants of the oracle. */
static enum fb_code run_record(
    struct fb_work *work, const struct instants *all, struct fb_case_view *view, struct fb_err *err)
{
    struct fb_case *argument = NULL;
    struct fb_case_version *version = NULL;
    struct fb_map bounds;
    struct fb_question question = {.work = work, .system = view->system, .bounds = &bounds};
    enum fb_code code = read_case(work, view->record, &argument, err);
    if (code == FB_E_NOT_FOUND) {
        return run_erased(work, view, err);
    }
    if (code != FB_OK) {
        return code;
    }
    struct instants own = *all;
    own.cap = own.count; /* so that what is added does not move the others */
    fb_map_init(&bounds);
    code = fb_acceptance_version(work, view->record, argument, &version, err);
    code = code ? code : list_instants(&question, argument, version, &own, err);
    code = code ? code : run_case(&question, argument, version, &own, err);
    fb_map_release(&bounds);
    if (code == FB_OK && version->span_count) {
        view->argument = argument;
        view->why = argument->elements[argument->top].why;
        code = publish(work, view, version, err);
    }
    return code;
}

/* The first record from `record` on of its kind that speaks of a safety case. */
static const struct fb_record *next_decision(
    const struct fb_registry *registry, const struct fb_record *record)
{
    for (; record; record = fb_registry_next(registry, record)) {
        bool speaks = record->kind == FB_KIND_licence
                          ? fb_record_text(record, "case").len > 0
                          : fb_str_is(fb_record_text(record, "topic"), FB_ACCEPTANCE_TOPIC);
        if (speaks) {
            break;
        }
    }
    return record;
}

/* Decisions about safety cases, and licences that name one, in the order of admission. */
static enum fb_code list_decisions(struct fb_work *work, struct fb_err *err)
{
    const struct fb_registry *registry = work->input->registry;
    size_t most = fb_registry_count_of(registry, FB_KIND_decision) +
                  fb_registry_count_of(registry, FB_KIND_licence);
    const struct fb_record *kinds[2] = {
        next_decision(registry, fb_registry_first(registry, FB_KIND_decision)),
        next_decision(registry, fb_registry_first(registry, FB_KIND_licence))};
    work->decisions = fb_arena_array(work->arena, most, sizeof(const struct fb_record *));
    if (!work->decisions) {
        return fb_arena_failed(work->arena, err);
    }
    while (kinds[0] || kinds[1]) {
        int k = !kinds[0] || (kinds[1] && kinds[1]->seq < kinds[0]->seq);
        work->decisions[work->decision_count++] = kinds[k];
        kinds[k] = next_decision(registry, fb_registry_next(registry, kinds[k]));
    }
    FB_ASSERT(work->decision_count <= most);
    return FB_OK;
}

enum fb_code fb_work_cases(struct fb_work *work, struct fb_err *err)
{
    const struct fb_registry *registry = work->input->registry;
    struct fb_picture *picture = work->picture;
    size_t cases = fb_registry_count_of(registry, FB_KIND_case);
    struct instants all = {.count = 0};
    picture->cases = FB_ARENA_ARRAY(work->arena, struct fb_case_view, cases + 1);
    work->case_versions = FB_ARENA_ARRAY(work->arena, struct fb_case_version *, cases + 1);
    work->case_version_cap = cases + 1;
    if (!picture->cases || !work->case_versions) {
        return fb_arena_failed(work->arena, err);
    }
    enum fb_code code = list_decisions(work, err);
    if (code != FB_OK) {
        return code;
    }
    /* The oracle asks at every other instant of the docket too. */
    if (work->input->naive) {
        code = fb_work_sort_times(work, err);
    }
    for (size_t i = 0; code == FB_OK && work->input->naive && i < work->time_count; i++) {
        code = add_instant(work, &all, work->times[i], err);
    }
    if (code != FB_OK) {
        return code;
    }
    const struct fb_record *record = fb_registry_first(registry, FB_KIND_case);
    for (; record; record = fb_registry_next(registry, record)) {
        struct fb_case_view view = {.record = record, .system = fb_work_subject(work, record)};
        bool wanted = fb_work_wants(work, view.system);
        if (!wanted && !work->is_wide) {
            continue;
        }
        code = run_record(work, &all, &view, err);
        if (code != FB_OK) {
            return code;
        }
        if (!wanted || fb_registry_successor(registry, record)) {
            continue;
        }
        struct fb_str name = fb_record_text(record, "name");
        view.id = fb_arena_printf(
            work->arena, "case:%.*s:%.*s", FB_STR_ARG(name), FB_STR_ARG(view.system));
        if (!view.id.ptr) {
            return fb_arena_failed(work->arena, err);
        }
        fb_work_handle(view.id, view.handle);
        picture->cases[picture->case_count++] = view;
    }
    return FB_OK;
}

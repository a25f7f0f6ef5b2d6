/*
 * cases.c: safety cases over time.
 *
 * Evidence predicates, the leaves' questions to the world:
 *     redline NAME ruled out          NAME is POLICY/RULE; of the case's own system
 *     record ID stands                the record exists and is not superseded
 *     measure NAME at level N         a safeguard of the system, at that level or above
 */
#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "govern/work.h"

/* Kinds of predicate. */
enum predicate_kind { PREDICATE_LINE, PREDICATE_RECORD, PREDICATE_MEASURE };

/* A predicate that was read. */
struct predicate {
    enum predicate_kind kind;
    struct fb_str name;
    uint64_t level;
};

/* What a query needs to know. */
struct question {
    struct fb_work *work;
    struct fb_str system;
    fb_time at;
};

/* Takes one word, or one quoted string, off the front of *rest. */
static struct fb_str word(struct fb_str *rest)
{
    *rest = fb_str_trim(*rest);
    bool quoted = rest->len && rest->ptr[0] == '"';
    size_t end = fb_str_find(*rest, quoted ? '"' : ' ', quoted ? 1 : 0);
    struct fb_str out = fb_str_sub(*rest, quoted ? 1 : 0, end - (quoted ? 1 : 0));
    *rest = fb_str_sub(*rest, end + (quoted ? 1 : 0), rest->len);
    return out;
}

static enum fb_code parse_predicate(struct fb_str text, struct predicate *out, struct fb_err *err)
{
    struct fb_str rest = text;
    struct fb_str kind = word(&rest), name = word(&rest);
    rest = fb_str_trim(rest);
    uint64_t level = 0;
    bool good = name.len > 0;
    enum predicate_kind what = PREDICATE_LINE;
    if (fb_str_is(kind, "redline") && fb_str_is(rest, "ruled out")) {
        what = PREDICATE_LINE;
    } else if (fb_str_is(kind, "record") && fb_str_is(rest, "stands")) {
        what = PREDICATE_RECORD;
    } else if (fb_str_is(kind, "measure") && fb_str_starts(rest, FB_STR("at level ")) &&
               fb_str_u64(fb_str_sub(rest, 9, rest.len), &level)) {
        what = PREDICATE_MEASURE;
    } else {
        good = false;
    }
    if (!good) {
        fb_err_set(err, FB_E_SYNTAX, "\"%.*s\" is not an evidence predicate",
            FB_STR_ARG(fb_str_sub(text, 0, 100)));
        return fb_err_hint(err, "Write `redline NAME ruled out`, `record ID stands` or `measure "
                                "NAME at level N`.");
    }
    *out = (struct predicate){what, name, level};
    return FB_OK;
}

/* The history of the system's line with this name in the version that was in force then, or NULL.
 */
static const struct fb_segments *line_history(const struct question *q, struct fb_str name)
{
    for (size_t i = 0; i < q->work->version_count; i++) {
        const struct fb_version *version = &q->work->versions[i];
        struct fb_str policy = version->program->name;
        if (q->at < version->from || q->at >= version->until || !fb_str_starts(name, policy) ||
            name.len <= policy.len || name.ptr[policy.len] != '/') {
            continue;
        }
        struct fb_str rule = fb_str_sub(name, policy.len + 1, name.len);
        size_t count = version->program->redline_count * q->work->picture->system_count;
        for (size_t k = 0; k < count; k++) {
            const struct fb_line_view *view = &version->lines[k];
            if (fb_str_eq(view->rule->name, rule) && fb_str_eq(view->system, q->system)) {
                return &view->history;
            }
        }
    }
    return NULL;
}

static enum fb_evidence_state ask_line(
    const struct question *q, struct fb_str name, struct fb_arena *arena, struct fb_why **why)
{
    const struct fb_segments *history = line_history(q, name);
    if (!history) {
        *why =
            fb_why_new(arena, "no policy in force has a red line \"%.*s\" here", FB_STR_ARG(name));
        return FB_EVIDENCE_UNKNOWN;
    }
    const struct fb_segment *segment = fb_segment_at(history, q->at);
    *why = fb_why_new(
        arena, "red line %.*s is %s", FB_STR_ARG(name), fb_line_status_name(segment->status));
    fb_why_add(*why, fb_work_why_copy(q->work, segment->why));
    switch (segment->status) {
    case FB_LINE_RULED_OUT:
    case FB_LINE_OUT_OF_SCOPE:
        return FB_EVIDENCE_HOLDS;
    case FB_LINE_CROSSED:
        return FB_EVIDENCE_FAILS;
    case FB_LINE_NOT_RULED_OUT:
        return FB_EVIDENCE_UNKNOWN;
    }
    return FB_EVIDENCE_UNKNOWN;
}

static enum fb_evidence_state ask_record(
    const struct question *q, struct fb_str id, struct fb_arena *arena, struct fb_why **why)
{
    const struct fb_record *record = fb_registry_find(q->work->input->registry, id);
    if (!record || record->admitted > q->at) {
        *why = fb_why_new(arena, "there is no record %.*s", FB_STR_ARG(id));
        return FB_EVIDENCE_UNKNOWN;
    }
    bool stands = fb_work_superseded(q->work, record) > q->at;
    *why = fb_why_on(
        fb_why_new(arena, "record %.*s %s", FB_STR_ARG(id), stands ? "stands" : "was superseded"),
        record->id, record->seq);
    return stands ? FB_EVIDENCE_HOLDS : FB_EVIDENCE_FAILS;
}

static enum fb_evidence_state ask_measure(const struct question *q, struct fb_str name,
    uint64_t level, struct fb_arena *arena, struct fb_why **why)
{
    size_t system = fb_picture_system(q->work->picture, q->system);
    const struct fb_system_parts *parts = system == SIZE_MAX ? NULL : &q->work->parts[system];
    int field = fb_kind_field(FB_KIND_measure, FB_STR("level"));
    FB_ASSERT(field >= 0);
    for (size_t i = parts ? parts->record_count : 0; i-- > 0;) {
        const struct fb_record *record = parts->records[i];
        if (record->kind != FB_KIND_measure || record->admitted > q->at ||
            fb_work_superseded(q->work, record) <= q->at ||
            !fb_str_eq(fb_record_text(record, "name"), name)) {
            continue;
        }
        struct fb_value is = fb_record_value(record, (size_t)field);
        bool enough =
            is.type == FB_TYPE_INT && is.u.integer >= 0 && (uint64_t)is.u.integer >= level;
        *why = fb_why_on(fb_why_new(arena, "safeguard \"%.*s\" is at level %lld, needed is %llu",
                             FB_STR_ARG(name), is.type == FB_TYPE_INT ? (long long)is.u.integer : 0,
                             (unsigned long long)level),
            record->id, record->seq);
        return enough ? FB_EVIDENCE_HOLDS : FB_EVIDENCE_FAILS;
    }
    *why = fb_why_new(arena, "no safeguard \"%.*s\" is recorded", FB_STR_ARG(name));
    return FB_EVIDENCE_UNKNOWN;
}

static enum fb_code ask(void *ctx, struct fb_str text, struct fb_arena *arena,
    enum fb_evidence_state *out, struct fb_why **out_why, struct fb_err *err)
{
    const struct question *q = ctx;
    struct predicate predicate;
    enum fb_code code = parse_predicate(text, &predicate, err);
    if (code != FB_OK) {
        return code;
    }
    struct fb_why *why = NULL;
    enum fb_evidence_state state = FB_EVIDENCE_UNKNOWN;
    switch (predicate.kind) {
    case PREDICATE_LINE:
        state = ask_line(q, predicate.name, arena, &why);
        break;
    case PREDICATE_RECORD:
        state = ask_record(q, predicate.name, arena, &why);
        break;
    case PREDICATE_MEASURE:
        state = ask_measure(q, predicate.name, predicate.level, arena, &why);
        break;
    }
    if (!why) {
        return fb_arena_failed(arena, err);
    }
    *out = state;
    *out_why = why;
    return FB_OK;
}

enum fb_code fb_case_predicates_check(const struct fb_case *argument, struct fb_err *err)
{
    FB_ASSERT(argument);
    for (size_t i = 0; i < argument->element_count; i++) {
        const struct fb_element *element = &argument->elements[i];
        struct predicate ignored;
        if (element->predicate.len && parse_predicate(element->predicate, &ignored, err) != FB_OK) {
            fb_err_prefix(err, "element %.*s", FB_STR_ARG(element->id));
            fb_err_place(err, NULL, element->line, 1, -1);
            return err->code;
        }
    }
    return FB_OK;
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

/* When the red lines of the system that a predicate may name change, in every version. */
static enum fb_code add_line_instants(struct fb_work *work, const struct fb_case_view *view,
    struct instants *list, struct fb_err *err)
{
    size_t systems = work->picture->system_count;
    size_t system = fb_picture_system(work->picture, view->system);
    enum fb_code code = FB_OK;
    for (size_t i = 0; i < work->version_count && system != SIZE_MAX; i++) {
        const struct fb_version *version = &work->versions[i];
        code = code ? code : add_instant(work, list, version->from, err);
        code = code ? code : add_instant(work, list, version->until, err);
        for (size_t r = 0; r < version->program->redline_count; r++) {
            const struct fb_segments *history = &version->lines[r * systems + system].history;
            for (size_t k = 0; k < history->count && code == FB_OK; k++) {
                code = add_instant(work, list, history->items[k].from, err);
            }
        }
    }
    return code;
}

/* When a record begins and ceases to hold. */
static enum fb_code add_record_instants(
    struct fb_work *work, const struct fb_record *record, struct instants *list, struct fb_err *err)
{
    enum fb_code code = add_instant(work, list, record->admitted, err);
    return code ? code : add_instant(work, list, fb_work_superseded(work, record), err);
}

static enum fb_code add_measure_instants(struct fb_work *work, const struct fb_case_view *view,
    struct instants *list, struct fb_err *err)
{
    size_t system = fb_picture_system(work->picture, view->system);
    enum fb_code code = FB_OK;
    for (size_t i = 0; system != SIZE_MAX && i < work->parts[system].record_count; i++) {
        const struct fb_record *record = work->parts[system].records[i];
        if (record->kind == FB_KIND_measure && code == FB_OK) {
            code = add_record_instants(work, record, list, err);
        }
    }
    return code;
}

static int order_instants(const void *a, const void *b)
{
    fb_time x = *(const fb_time *)a, y = *(const fb_time *)b;
    return x < y ? -1 : x > y;
}

/* The instants at which an answer to one of the case's questions can change, in order. */
static enum fb_code list_instants(struct fb_work *work, const struct fb_case *argument,
    const struct fb_case_view *view, struct instants *out, struct fb_err *err)
{
    bool lines = false, measures = false;
    enum fb_code code = add_instant(work, out, view->record->admitted, err);
    for (size_t i = 0; code == FB_OK && i < argument->element_count; i++) {
        struct predicate predicate = {.kind = PREDICATE_LINE};
        const struct fb_record *record = NULL;
        if (!argument->elements[i].predicate.len) {
            continue;
        }
        code = parse_predicate(argument->elements[i].predicate, &predicate, err);
        switch (predicate.kind) {
        case PREDICATE_LINE:
            lines = true;
            break;
        case PREDICATE_MEASURE:
            measures = true;
            break;
        case PREDICATE_RECORD:
            record = fb_registry_find(work->input->registry, predicate.name);
            break;
        }
        if (code == FB_OK && record) {
            code = add_record_instants(work, record, out, err);
        }
    }
    if (code == FB_OK && lines) {
        code = add_line_instants(work, view, out, err);
    }
    if (code == FB_OK && measures) {
        code = add_measure_instants(work, view, out, err);
    }
    if (code == FB_OK && out->count) {
        qsort(out->items, out->count, sizeof(*out->items), order_instants);
    }
    return code;
}

/* Labels the case at every one of these instants in the record's life. They are no part of the
 * work's: adding tuples adds instants there. */
static enum fb_code run_case(struct fb_work *work, struct fb_case *argument,
    struct fb_case_view *view, const struct instants *list, struct fb_err *err)
{
    const fb_time *instants = list->items;
    fb_time end = fb_work_superseded(work, view->record), since = FB_TIME_MIN;
    enum fb_label label = FB_LABEL_UNDECIDED;
    const struct fb_why *reason = NULL;
    for (size_t i = 0; i < list->count; i++) {
        bool again = i > 0 && instants[i] == instants[i - 1];
        if (again || instants[i] < view->record->admitted || instants[i] >= end) {
            continue;
        }
        struct question question = {work, view->system, instants[i]};
        enum fb_code code = fb_case_label(argument, ask, &question, work->arena, err);
        const struct fb_element *top = &argument->elements[argument->top];
        if (code == FB_OK && (since == FB_TIME_MIN || top->label != label)) {
            if (since != FB_TIME_MIN) {
                code = add_status(work, view, label, reason, (fb_time[2]){since, instants[i]}, err);
            }
            since = instants[i];
            label = top->label;
            reason = top->why;
        }
        if (code != FB_OK) {
            return code;
        }
    }
    if (since == FB_TIME_MIN) {
        return FB_OK;
    }
    view->argument = argument;
    view->label = label;
    view->since = since;
    view->why = argument->elements[argument->top].why;
    return add_status(work, view, label, reason, (fb_time[2]){since, end}, err);
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
    return add_status(work, view, view->label, why, (fb_time[2]){view->record->admitted, end}, err);
}

enum fb_code fb_work_cases(struct fb_work *work, struct fb_err *err)
{
    const struct fb_registry *registry = work->input->registry;
    struct fb_picture *picture = work->picture;
    size_t count = fb_registry_count(registry), cases = 0;
    struct instants all = {.count = 0};
    for (size_t i = 0; i < count; i++) {
        cases += fb_registry_at(registry, i)->kind == FB_KIND_case;
    }
    picture->cases = FB_ARENA_ARRAY(work->arena, struct fb_case_view, cases + 1);
    if (!picture->cases) {
        return fb_arena_failed(work->arena, err);
    }
    /* The oracle asks at every instant of the docket, not only where an answer can change. */
    fb_work_sort_times(work);
    for (size_t i = 0; work->input->naive && i < work->time_count; i++) {
        enum fb_code code = add_instant(work, &all, work->times[i], err);
        if (code != FB_OK) {
            return code;
        }
    }
    for (size_t i = 0; i < count; i++) {
        const struct fb_record *record = fb_registry_at(registry, i);
        if (record->kind != FB_KIND_case) {
            continue;
        }
        struct fb_case_view view = {
            .record = record, .system = fb_work_root_id(work, record->subject)};
        struct fb_case *argument = NULL;
        enum fb_code code = read_case(work, record, &argument, err);
        if (code == FB_OK) {
            struct instants own = all;
            code = work->input->naive ? FB_OK : list_instants(work, argument, &view, &own, err);
            code = code ? code : run_case(work, argument, &view, &own, err);
        } else if (code == FB_E_NOT_FOUND) {
            code = run_erased(work, &view, err);
        }
        if (code != FB_OK) {
            return code;
        }
        if (fb_registry_successor(registry, record)) {
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

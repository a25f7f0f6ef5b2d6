/* lines.c: bounds and red lines of every system, over time. */
#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "govern/proving.h"

#define REDLINE "redline:" /* how the id of a line begins */

/* Did a party develop the system, by any record of it? A correction may name the party by one of
 * its own corrections, and the developer may have changed. */
static bool has_developed(
    const struct fb_work *work, const struct fb_system_view *system, struct fb_str party)
{
    const struct fb_record *record = fb_registry_find(work->input->registry, system->id);
    for (; record; record = fb_registry_successor(work->input->registry, record)) {
        if (fb_str_eq(fb_work_root_id(work, fb_record_text(record, "developer")), party)) {
            return true;
        }
    }
    return false;
}

/* The last review of an evaluation that decides, when it rejects it; NULL otherwise. Admission saw
 * to it that who reviews has no part in the evaluation. */
static const struct fb_record *rejection_of(
    const struct fb_work *work, const struct fb_record *evaluation)
{
    struct fb_str root = fb_work_root(work, evaluation)->id;
    for (size_t i = work->review_count; i-- > 0;) {
        const struct fb_record *review = work->reviews[i];
        if (review->seq <= evaluation->seq) {
            return NULL;
        }
        if (fb_str_is(fb_record_text(review, "finding"), "inconclusive")) {
            continue;
        }
        struct fb_str about = fb_record_text(review, "about");
        if (fb_str_eq(about, evaluation->id) || fb_str_eq(fb_work_root_id(work, about), root)) {
            bool rejects = fb_str_is(fb_record_text(review, "finding"), "rejected");
            return rejects ? review : NULL;
        }
    }
    return NULL;
}

/* True when a record corrects one of fewer samples: more were run after the first were seen. */
static bool has_grown(const struct fb_work *work, const struct fb_record *record)
{
    if (record->supersedes.len == 0) {
        return false;
    }
    const struct fb_record *older = fb_registry_find(work->input->registry, record->supersedes);
    return older && older->kind == FB_KIND_evaluation &&
           fb_work_int(older, "samples", 0) < fb_work_int(record, "samples", 0);
}

enum fb_code fb_work_evaluations(struct fb_work *work, const struct fb_system_view *system,
    struct fb_evaluation **out, size_t *out_count, struct fb_err *err)
{
    const struct fb_system_parts *parts = &work->parts[system - work->picture->systems];
    struct fb_evaluation *list =
        FB_ARENA_ARRAY(work->arena, struct fb_evaluation, parts->record_count);
    size_t count = 0;
    if (!list) {
        return fb_arena_failed(work->arena, err);
    }
    for (size_t i = 0; i < parts->record_count; i++) {
        const struct fb_record *record = parts->records[i];
        if (record->kind != FB_KIND_evaluation) {
            continue;
        }
        list[count++] = (struct fb_evaluation){.record = record,
            .superseded = fb_work_superseded(work, record),
            .independent = !has_developed(work, system, record->issuer),
            .grown = has_grown(work, record),
            .rejected_by = rejection_of(work, record)};
    }
    *out = list;
    *out_count = count;
    return FB_OK;
}

/* True when a scope formula holds of a system at a time-point of the facts. */
static enum fb_code holds(struct fb_work *work, const struct fb_redline *rule,
    const struct fb_form *form, struct fb_str system, size_t tp, bool *out, struct fb_err *err)
{
    struct fb_value values[FB_IR_VARS_MAX] = {{.type = FB_TYPE_NONE}};
    *out = false;
    if (!form) {
        return FB_OK;
    }
    values[0] = fb_value_str(system);
    const struct fb_form_query query = {work->access, form, rule->var_count, values};
    if (work->proving) {
        return fb_proving_holds(work, &query, tp, out, err);
    }
    if (!work->input->naive) {
        return fb_slice_holds(&query, tp, out, err);
    }
    struct fb_row given = {.values = values};
    struct fb_table table;
    enum fb_code code =
        fb_eval_naive(form, &work->trace, tp, rule->var_count, &given, work->arena, &table, err);
    if (code == FB_OK) {
        *out = table.count > 0;
    }
    return code;
}

/* The last correction of a record among those that were admitted with it. */
static const struct fb_record *last_at_once(
    const struct fb_work *work, const struct fb_record *record)
{
    for (;;) {
        const struct fb_record *newer = fb_registry_successor(work->input->registry, record);
        if (!newer || newer->admitted != record->admitted) {
            return record;
        }
        record = newer;
    }
}

/* The scope of a rule for a system: it can change only where a record of the system begins. What is
 * neither certainly inside nor certainly outside is inside (SEMANTICS.md, Scope). */
static enum fb_code scope_of(struct fb_work *work, const struct fb_redline *rule,
    const struct fb_system_view *system, struct fb_scope **out, size_t *out_count,
    struct fb_err *err)
{
    size_t versions = 1;
    const struct fb_record *record = fb_registry_find(work->input->registry, system->id);
    FB_ASSERT(record);
    for (const struct fb_record *r = record;
         (r = fb_registry_successor(work->input->registry, r)) != NULL;) {
        versions++;
    }
    struct fb_scope *scope = FB_ARENA_ARRAY(work->arena, struct fb_scope, versions + 1);
    if (!scope) {
        return fb_arena_failed(work->arena, err);
    }
    size_t count = 0;
    scope[count++] = (struct fb_scope){.from = FB_TIME_MIN,
        .inside = false,
        .why = fb_why_new(work->arena, "the system was not registered yet")};
    while (record) {
        size_t tp = fb_work_time_point(work, record->admitted);
        if (tp == work->trace.time_count) {
            break;
        }
        record = last_at_once(work, record);
        bool inside = !rule->inside, outside = false;
        enum fb_code code = FB_OK;
        if (rule->inside) {
            code = holds(work, rule, rule->inside, system->id, tp, &inside, err);
        }
        if (code == FB_OK) {
            code = holds(work, rule, rule->outside, system->id, tp, &outside, err);
        }
        if (code != FB_OK) {
            return code;
        }
        struct fb_why *why = fb_why_new(work->arena, "%s%.*s",
            inside    ? "inside the scope: applies to "
            : outside ? "out of scope: the rule applies to "
                      : "not known to be outside the scope, so inside: applies to ",
            FB_STR_ARG(rule->scope_text));
        scope[count++] = (struct fb_scope){.from = record->admitted,
            .inside = inside || !outside,
            .why = fb_why_on(why, record->id, record->seq)};
        record = fb_registry_successor(work->input->registry, record);
    }
    FB_ASSERT(count <= versions + 1);
    *out = scope;
    *out_count = count;
    return FB_OK;
}

/* The values of a tuple of a red line, and what it says. */
struct told {
    struct fb_value values[3];
    struct fb_line_view *view;
    size_t segment;
};

/* The reason of a tuple of a red line; NULL when memory ran out. */
static struct fb_why *why_told(struct fb_work *work, const struct told *told)
{
    struct fb_why *why =
        fb_why_new(work->arena, "red line %.*s of %.*s is %.*s", FB_STR_ARG(told->values[0].u.text),
            FB_STR_ARG(told->values[1].u.text), FB_STR_ARG(told->values[2].u.text));
    fb_why_add(why, fb_work_why_copy(work, told->view->history.items[told->segment].why));
    return why;
}

/* Tuples redline(rule, system, status) of the segments that lie in the policy's force. */
enum fb_code fb_work_line_tuples(struct fb_work *work, const struct fb_version *version,
    struct fb_line_view *view, struct fb_err *err)
{
    /* "POLICY/RULE" stands in its id. */
    size_t first = sizeof(REDLINE) - 1;
    struct fb_str rule = fb_str_sub(view->id, first, view->id.len - first - view->system.len - 1);
    for (size_t i = 0; i < view->history.count; i++) {
        const struct fb_segment *segment = &view->history.items[i];
        struct fb_timed tuple = {.relation = work->line_relation,
            .from = segment->from < version->from ? version->from : segment->from,
            .until = segment->until < version->until ? segment->until : version->until,
            .seq = FB_WHY_NO_RECORD};
        if (tuple.from >= tuple.until) {
            continue;
        }
        struct told *told = FB_ARENA_NEW(work->arena, struct told);
        if (!told) {
            return fb_arena_failed(work->arena, err);
        }
        *told = (struct told){.values = {fb_value_str(rule), fb_value_str(view->system),
                                  fb_value_str(fb_str_of(fb_line_status_name(segment->status)))},
            .view = view,
            .segment = i};
        tuple.values = told->values;
        tuple.why = fb_work_tells(work) ? NULL : why_told(work, told);
        if (!tuple.why && !fb_work_tells(work)) {
            return fb_arena_failed(work->arena, err);
        }
        enum fb_code code = fb_work_add(work, &tuple, err);
        if (code != FB_OK) {
            return code;
        }
    }
    return FB_OK;
}

/* The version that this one replaced, or NULL. */
static const struct fb_version *version_before(
    const struct fb_work *work, const struct fb_version *version)
{
    size_t count;
    struct fb_version **same = fb_work_versions_of(work, version, &count);
    for (size_t i = 0; i < count; i++) {
        const struct fb_version *older = same[i];
        if (older != version && older->until == version->from && older->from < older->until) {
            return older;
        }
    }
    return NULL;
}

/* The line of a version with a name, for the system with an index; NULL when it has none. */
static const struct fb_line_view *line_of(
    const struct fb_work *work, const struct fb_version *version, struct fb_str name, size_t system)
{
    for (size_t r = 0; version->lines && r < version->program->redline_count; r++) {
        if (fb_str_eq(version->program->redlines[r].name, name)) {
            return fb_work_line(work, version, r, system);
        }
    }
    return NULL;
}

/* When what was before ended crossed at an instant: marks what crossed it last, so that the latch
 * outlives a version or a pace that asks for less (SEMANTICS.md, Corrections and versions). */
static void carry_latch(fb_time at, const struct fb_segments *history,
    const struct fb_figures_list *before, struct fb_figures_list *now)
{
    FB_ASSERT(history->count > 0);
    const struct fb_segment *last = fb_segment_at(history, at - 1);
    if (last->status != FB_LINE_CROSSED) {
        return;
    }
    const struct fb_assessment *crossing = NULL;
    for (size_t i = 0; i < before->count; i++) {
        const struct fb_assessment *a = &before->items[i].assessment;
        if ((a->crosses || a->held) && a->admitted < at &&
            (!crossing || crossing->admitted <= a->admitted)) {
            crossing = a;
        }
    }
    for (size_t i = 0; crossing && i < now->count; i++) {
        struct fb_assessment *own = &now->items[i].assessment;
        if (fb_str_eq(own->record_id, crossing->record_id)) {
            own->held = true;
            own->held_until = at;
        }
    }
}

/* One red line of one system at work. */
struct line_run {
    struct fb_work *work; /* its memory is that of the reasons, and of all that is passing */
    struct fb_work *kept; /* its memory and facts are those of the evaluation; the same where
                             reasons are kept */
    const struct fb_version *version;
    const struct fb_redline *rule;
    const struct fb_system_view *system;
    struct fb_evaluation *evaluations;
    size_t evaluation_count;
    struct fb_scope *scope;
    size_t scope_count;
    struct fb_segments out; /* stitched so far */
};

/* What the evaluations are by the terms of one pace. */
static enum fb_code assess(const struct line_run *run, const struct fb_redline *terms,
    struct fb_figures_list *out, struct fb_err *err)
{
    struct fb_work *work = run->work;
    enum fb_code code =
        fb_assess(terms, run->evaluations, run->evaluation_count, work->arena, out, err);
    /* The counts are in the record: what they came from may be gone (SEMANTICS.md, Corrections). */
    for (size_t i = 0; code == FB_OK && i < out->count; i++) {
        const struct fb_figures *figures = &out->items[i];
        fb_why_add(
            figures->assessment.why, fb_work_erased(work, fb_record_text(figures->record, "log")));
    }
    return code;
}

static enum fb_code latch(const struct line_run *run, const struct fb_redline *terms,
    const struct fb_figures_list *figures, struct fb_segments *out, struct fb_err *err)
{
    struct fb_assessment *list =
        FB_ARENA_ARRAY(run->work->arena, struct fb_assessment, figures->count + 1);
    if (!list) {
        return fb_arena_failed(run->work->arena, err);
    }
    for (size_t i = 0; i < figures->count; i++) {
        list[i] = figures->items[i].assessment;
    }
    const struct fb_line_subject subject = {
        terms, list, figures->count, run->scope, run->scope_count};
    return run->work->proving ? fb_proving_line(run->work, &subject, out, err)
                              : fb_latch_run(terms, list, figures->count, run->scope,
                                    run->scope_count, run->work->arena, out, err);
}

/* A reason, and that the terms are those of a pace. */
static struct fb_why *why_paced(
    struct fb_work *work, const struct fb_why *why, const struct fb_pace_stretch *stretch)
{
    struct fb_why *out = fb_why_new(work->arena, "%.*s", FB_STR_ARG(why->text));
    out = fb_why_on(out, why->record_id, why->seq);
    for (const struct fb_why *child = why->child; out && child; child = child->next) {
        fb_why_add(out, fb_work_why_copy(work, child));
    }
    struct fb_why *terms =
        fb_why_new(work->arena, "by the terms of pace %s", fb_pace_name(stretch->level));
    fb_why_add(terms, fb_work_why_copy(work, stretch->why));
    fb_why_add(out, terms);
    return terms ? out : NULL;
}

/* Appends what a history says over [from, until). */
static enum fb_code stitch(struct line_run *run, const struct fb_segments *history,
    const fb_time ends[2], const struct fb_pace_stretch *stretch, struct fb_err *err)
{
    struct fb_segments *out = &run->out;
    struct fb_segment *grown =
        FB_ARENA_ARRAY(run->work->arena, struct fb_segment, out->count + history->count);
    if (!grown) {
        return fb_arena_failed(run->work->arena, err);
    }
    if (out->count > 0) {
        memcpy(grown, out->items, out->count * sizeof(*grown));
    }
    out->items = grown;
    for (size_t i = 0; i < history->count; i++) {
        struct fb_segment piece = history->items[i];
        piece.from = piece.from < ends[0] ? ends[0] : piece.from;
        piece.until = piece.until > ends[1] ? ends[1] : piece.until;
        if (piece.from >= piece.until) {
            continue;
        }
        const struct fb_segment *last = out->count ? &out->items[out->count - 1] : NULL;
        piece.since = last && last->status == piece.status ? last->since : piece.from;
        /* A history that a proof gave has no sentences. */
        struct fb_why *why = piece.why ? why_paced(run->work, piece.why, stretch) : NULL;
        if (piece.why && !why) {
            return fb_arena_failed(run->work->arena, err);
        }
        piece.why = why;
        out->items[out->count++] = piece;
    }
    return FB_OK;
}

/* The line over time: by the terms of each pace in turn, each run over all that was ever known, as
 * a new version of the policy would be. *out_terms and the figures are those of the last pace. */
static enum fb_code run_paces(struct line_run *run, const struct fb_line_view *old,
    const struct fb_redline **out_terms, struct fb_figures_list *figures, struct fb_err *err)
{
    const struct fb_version *version = run->version;
    struct fb_segments before = old ? old->history : (struct fb_segments){NULL, 0};
    struct fb_figures_list before_figures = old ? old->figures : (struct fb_figures_list){0};
    enum fb_code code = FB_OK;
    for (size_t i = 0; code == FB_OK && i < version->pace_count; i++) {
        const struct fb_pace_stretch *stretch = &version->paces[i];
        const struct fb_redline *own = run->rule->at_pace[stretch->level];
        const struct fb_redline *terms = own ? own : run->rule;
        struct fb_segments history = {NULL, 0};
        const fb_time ends[2] = {i == 0 ? FB_TIME_MIN : stretch->from,
            i + 1 < version->pace_count ? version->paces[i + 1].from : FB_TIME_MAX};
        code = assess(run, terms, figures, err);
        if (code == FB_OK && before.count > 0) {
            carry_latch(stretch->from, &before, &before_figures, figures);
        }
        code = code ? code : latch(run, terms, figures, &history, err);
        code = code ? code : stitch(run, &history, ends, stretch, err);
        before = run->out;
        before_figures = *figures;
        *out_terms = terms;
    }
    return code;
}

static bool is_paced(const struct fb_redline *rule)
{
    return rule->at_pace[FB_PACE_FAST] || rule->at_pace[FB_PACE_NORMAL] ||
           rule->at_pace[FB_PACE_SLOW];
}

struct fb_str fb_work_line_name(struct fb_arena *arena, const struct fb_program *program,
    const struct fb_redline *rule, struct fb_str system)
{
    FB_ASSERT(arena && program && rule);
    return fb_arena_printf(arena, REDLINE "%.*s/%.*s:%.*s", FB_STR_ARG(program->name),
        FB_STR_ARG(rule->name), FB_STR_ARG(system));
}

/* Fills a view with what a line is now. */
static enum fb_code show(const struct line_run *run, const struct fb_redline *terms,
    struct fb_line_view *view, struct fb_err *err)
{
    struct fb_work *work = run->kept;
    const struct fb_version *version = run->version;
    const struct fb_segment *segment = fb_segment_at(&view->history, work->input->now);
    view->policy = version->view;
    view->rule = terms;
    view->declared = run->rule;
    view->system = run->system->id;
    view->status = segment->status;
    view->latched = segment->latched;
    view->since = segment->since > version->from ? segment->since : version->from;
    view->why = segment->why;
    view->id = fb_work_line_name(work->arena, version->program, run->rule, run->system->id);
    if (!view->id.ptr) {
        return fb_arena_failed(work->arena, err);
    }
    fb_work_handle(view->id, view->handle);
    return FB_OK;
}

/* The line over time, with the figures that it is by, and the terms of its pace now. */
static enum fb_code run_history(struct line_run *run, const struct fb_redline **out_terms,
    struct fb_segments *out, struct fb_figures_list *out_figures, struct fb_err *err)
{
    const struct fb_version *version = run->version;
    const struct fb_redline *rule = run->rule;
    size_t system = (size_t)(run->system - run->work->picture->systems);
    const struct fb_version *before = version_before(run->work, version);
    const struct fb_line_view *old = before ? line_of(run->work, before, rule->name, system) : NULL;
    run->out = (struct fb_segments){.items = NULL};
    *out_terms = rule;
    if (is_paced(rule) && version->pace_count > 0) {
        enum fb_code code = run_paces(run, old, out_terms, out_figures, err);
        *out = run->out;
        return code;
    }
    enum fb_code code = assess(run, rule, out_figures, err);
    if (code == FB_OK && old) {
        carry_latch(version->from, &old->history, &old->figures, out_figures);
    }
    return code ? code : latch(run, rule, out_figures, out, err);
}

/* Keeps a history and its figures without their reasons. */
static enum fb_code keep_bare(struct line_run *run, const struct fb_segments *history,
    const struct fb_figures_list *figures, struct fb_line_view *view, struct fb_err *err)
{
    struct fb_arena *arena = run->kept->arena;
    struct fb_segment *segments = FB_ARENA_ARRAY(arena, struct fb_segment, history->count);
    struct fb_figures *items = FB_ARENA_ARRAY(arena, struct fb_figures, figures->count);
    if (!segments || !items) {
        return fb_arena_failed(arena, err);
    }
    for (size_t i = 0; i < history->count; i++) {
        segments[i] = history->items[i];
        segments[i].why = NULL;
    }
    for (size_t i = 0; i < figures->count; i++) {
        items[i] = figures->items[i];
        items[i].assessment.why = NULL;
        items[i].assessment.rejection = NULL;
    }
    view->history = (struct fb_segments){segments, history->count};
    view->figures = (struct fb_figures_list){items, figures->count};
    return FB_OK;
}

/* One red line of one system: run has the system, its evaluations, and the rule with its scope. */
static enum fb_code run_line(struct line_run *run, struct fb_line_view *view, struct fb_err *err)
{
    struct fb_segments history = {NULL, 0};
    struct fb_figures_list figures = {NULL, 0};
    const struct fb_redline *terms = NULL;
    enum fb_code code = run_history(run, &terms, &history, &figures, err);
    if (code == FB_OK && run->work != run->kept) {
        code = keep_bare(run, &history, &figures, view, err);
    } else {
        view->history = history;
        view->figures = figures;
    }
    code = code ? code : show(run, terms, view, err);
    /* What needs a safety case is not settled yet (burden.c). */
    bool settled = run->rule->needs.safety_case.len == 0;
    return code == FB_OK && settled ? fb_work_line_tuples(run->kept, run->version, view, err)
                                    : code;
}

/* All red lines of a version for one system, as far as they are wanted, `step` views apart. Rules
 * that say the same of what they apply to have one scope. */
static enum fb_code run_system(
    struct line_run *run, struct fb_line_view *view, size_t step, struct fb_err *err)
{
    struct fb_work *work = run->work;
    const struct fb_program *program = run->version->program;
    size_t system = (size_t)(run->system - work->picture->systems);
    enum fb_code code = FB_OK;
    for (size_t r = 0; code == FB_OK && r < program->redline_count; r++, view += step) {
        const struct fb_redline *rule = &program->redlines[r], *last = run->rule;
        if (work->proving && !fb_proving_wants(work, run->version, r, system)) {
            continue;
        }
        if (!last) {
            code = fb_work_evaluations(
                work, run->system, &run->evaluations, &run->evaluation_count, err);
        }
        if (code == FB_OK && (!last || !fb_str_eq(last->scope_text, rule->scope_text))) {
            code = scope_of(work, rule, run->system, &run->scope, &run->scope_count, err);
        }
        run->rule = rule;
        code = code ? code : run_line(run, view, err);
    }
    return code;
}

enum { PART = 64 /* systems */ };

/* The red lines of a version at work. */
struct version_run {
    struct fb_work *work;
    struct fb_version *version;
    struct fb_line_view *lines;
    struct fb_work *parts; /* each with the facts that it gave */
};

/* True when the reasons of a version's lines are made one by one, when they are asked for. What a
 * safety case has to carry is looked at once more (burden.c), with its reasons. */
static bool is_bare(const struct fb_work *work, const struct fb_program *program)
{
    bool bare = fb_work_tells(work);
    for (size_t r = 0; bare && r < program->redline_count; r++) {
        bare = program->redlines[r].needs.safety_case.len == 0;
    }
    return bare;
}

/* Into how many parts the red lines of a version are cut. */
static size_t part_count(const struct fb_work *work, const struct fb_version *version)
{
    return version->program->redline_count ? (work->line_systems + PART - 1) / PART : 0;
}

enum { SCRATCH_MAX = 1 << 30 };

/* Part of a step: the red lines of some systems. */
static enum fb_code run_part(void *ctx, struct fb_arena *arena, size_t part, struct fb_err *err)
{
    const struct version_run *version = ctx;
    struct fb_work *work = &version->parts[part], aside;
    struct fb_arena scratch;
    bool bare = is_bare(version->work, version->version->program);
    size_t end = fb_work_part_end(part, PART, version->work->line_systems);
    enum fb_code code = FB_OK;
    fb_work_part_of(version->work, arena, work);
    fb_work_part_of(version->work, &scratch, &aside);
    fb_arena_init(&scratch, SCRATCH_MAX);
    for (size_t s = part * PART; code == FB_OK && s < end; s++) {
        struct line_run run = {.work = bare ? &aside : work,
            .kept = work,
            .version = version->version,
            .system = &work->picture->systems[work->line_first + s]};
        code = run_system(&run, &version->lines[s], work->line_systems, err);
        fb_arena_clear(&scratch);
    }
    fb_arena_release(&scratch);
    return code;
}

/* All red lines of a version, for every system of which one is asked for, a part for PART of them.
 */
static enum fb_code run_version(struct fb_work *work, struct fb_version *version,
    struct fb_line_view *lines, struct fb_work *parts, struct fb_err *err)
{
    struct version_run run = {.work = work, .version = version, .lines = lines, .parts = parts};
    enum fb_code code = fb_work_run_parts(work, part_count(work, version), run_part, &run, err);
    version->lines = code == FB_OK ? lines : NULL;
    return code;
}

/* The version that a view is of. */
static const struct fb_version *version_of(
    const struct fb_work *work, const struct fb_line_view *view)
{
    for (size_t i = 0; i < work->version_count; i++) {
        if (work->versions[i].view == view->policy) {
            return &work->versions[i];
        }
    }
    FB_ASSERT(false);
    return NULL;
}

enum fb_code fb_work_line_why(struct fb_work *work, struct fb_line_view *view, struct fb_err *err)
{
    FB_ASSERT(work && view && view->history.count > 0);
    if (view->why || work->proving) {
        return FB_OK;
    }
    size_t system = fb_picture_system(work->picture, view->system);
    struct line_run run = {.work = work,
        .kept = work,
        .version = version_of(work, view),
        .rule = view->declared,
        .system = &work->picture->systems[system]};
    struct fb_segments history = {NULL, 0};
    struct fb_figures_list figures = {NULL, 0};
    const struct fb_redline *terms = NULL;
    enum fb_code code = FB_OK;
    if (!view->history.items[0].why) { /* a copy of the view may have asked before */
        code = fb_work_evaluations(work, run.system, &run.evaluations, &run.evaluation_count, err);
        code =
            code ? code : scope_of(work, run.rule, run.system, &run.scope, &run.scope_count, err);
        code = code ? code : run_history(&run, &terms, &history, &figures, err);
        FB_ASSERT(code || (history.count == view->history.count &&
                              figures.count == view->figures.count && terms == view->rule));
    }
    for (size_t i = 0; code == FB_OK && i < history.count; i++) {
        view->history.items[i].why = history.items[i].why;
    }
    for (size_t i = 0; code == FB_OK && i < figures.count; i++) {
        view->figures.items[i].assessment.why = figures.items[i].assessment.why;
        view->figures.items[i].assessment.rejection = figures.items[i].assessment.rejection;
    }
    if (code == FB_OK) {
        view->why = fb_segment_at(&view->history, work->input->now)->why;
    }
    return code;
}

bool fb_work_tells(const struct fb_work *work)
{
    FB_ASSERT(work);
    return work->input->brief && !work->input->naive && !work->proving;
}

bool fb_work_tell(void *ctx, const struct fb_tuple *tuple, const struct fb_why **out)
{
    struct fb_work *work = ctx;
    struct fb_err err;
    if (tuple->seq != FB_WHY_NO_RECORD ||
        !fb_str_is(fb_policy_signature()->relations[tuple->relation].name, "redline")) {
        return true;
    }
    const struct told *told = (const struct told *)(const void *)tuple->values;
    FB_ASSERT(tuple->values == told->values);
    *out = fb_work_line_why(work, told->view, &err) == FB_OK ? why_told(work, told) : NULL;
    return *out != NULL;
}

/* The version that begins first; the earlier record of two. */
static int by_begin(const void *a, const void *b)
{
    const struct fb_version *const *x = a;
    const struct fb_version *const *y = b;
    if ((*x)->from != (*y)->from) {
        return (*x)->from < (*y)->from ? -1 : 1;
    }
    return (*x > *y) - (*x < *y);
}

/* How many red lines a version has, with all systems of which some are asked for. */
static size_t line_count(const struct fb_work *work, const struct fb_version *version)
{
    return version->program->redline_count * work->line_systems;
}

void fb_work_show_lines(struct fb_work *work)
{
    struct fb_picture *picture = work->picture;
    picture->line_count = 0;
    for (size_t i = 0; i < work->version_count; i++) {
        const struct fb_version *version = &work->versions[i];
        size_t count = version->view->force == FB_IN_FORCE ? line_count(work, version) : 0;
        /* Where everything is asked for they stand where they are shown (place_lines). */
        for (size_t k = 0; work->about && k < count; k++) {
            if (fb_work_wants(work, version->lines[k].system)) {
                picture->lines[picture->line_count++] = version->lines[k];
            }
        }
        picture->line_count += work->about ? 0 : count;
    }
}

/* Where the lines of each version go: those of versions in force first, as they are shown. */
static void place_lines(
    const struct fb_work *work, struct fb_line_view *lines, struct fb_line_view **places)
{
    for (int in_force = 1; in_force >= 0; in_force--) {
        for (size_t i = 0; i < work->version_count; i++) {
            const struct fb_version *version = &work->versions[i];
            if ((version->view->force == FB_IN_FORCE) == (in_force == 1)) {
                places[i] = lines;
                lines += line_count(work, version);
            }
        }
    }
}

enum fb_code fb_work_lines(struct fb_work *work, struct fb_err *err)
{
    struct fb_picture *picture = work->picture;
    size_t rules = 0, part = 0, versions = work->version_count + 1;
    int relation = fb_policy_relation("redline");
    FB_ASSERT(relation >= 0);
    work->line_relation = (uint32_t)relation;
    for (size_t i = 0; i < work->version_count; i++) {
        rules += work->versions[i].program->redline_count;
        part += part_count(work, &work->versions[i]);
    }
    struct fb_work *parts = FB_ARENA_ARRAY(work->arena, struct fb_work, part);
    size_t most = rules * work->line_systems + 1;
    struct fb_line_view *lines = FB_ARENA_ARRAY(work->arena, struct fb_line_view, most);
    picture->lines = work->about ? FB_ARENA_ARRAY(work->arena, struct fb_line_view, most) : lines;
    struct fb_line_view **places = FB_ARENA_ARRAY(work->arena, struct fb_line_view *, versions);
    struct fb_version **order = FB_ARENA_ARRAY(work->arena, struct fb_version *, versions);
    if (!lines || !picture->lines || !places || !order || !parts) {
        return fb_arena_failed(work->arena, err);
    }
    /* Scopes read facts only; the trace is built again once the red lines are facts too. */
    enum fb_code code = rules > 0 ? fb_work_reach(work, err) : FB_OK;
    for (size_t i = 0; i < work->version_count; i++) {
        order[i] = &work->versions[i];
    }
    qsort(order, work->version_count, sizeof(struct fb_version *), by_begin);
    place_lines(work, lines, places);
    part = 0;
    for (size_t i = 0; code == FB_OK && i < work->version_count; i++) {
        code = run_version(work, order[i], places[order[i] - work->versions], parts + part, err);
        part += part_count(work, order[i]);
    }
    /* Once for all versions: their facts are most of all, and go where they stay. */
    code = code ? code : fb_work_join(work, parts, part, err);
    if (code == FB_OK) {
        fb_work_show_lines(work);
    }
    FB_ASSERT(picture->line_count < most);
    return code;
}

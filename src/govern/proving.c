/* proving.c: the strata at work on a proof. */
#include "govern/proving.h"

#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "proof/check.h"
#include "proof/proof_file.h"

#define PROOF_MEMORY_MAX ((size_t)1 << 30)

/* ---- what has a say ---- */

/* "POLICY/RULE" is a red line's name in formulas. */
static bool is_named(const struct fb_version *version, size_t line, struct fb_str name)
{
    struct fb_str policy = version->program->name;
    struct fb_str rule = version->program->redlines[line].name;
    return name.len == policy.len + 1 + rule.len && fb_str_starts(name, policy) &&
           name.ptr[policy.len] == '/' &&
           fb_str_eq(fb_str_sub(name, policy.len + 1, name.len), rule);
}

/* Whether a formula reads a red line of a system, where the duty's parameters have these values. */
static bool reads_line(const struct fb_form *form, const struct fb_proving_subject *subject,
    const struct fb_version *version, size_t line, struct fb_str system)
{
    if (form->kind != FB_FORM_PRED) {
        return (form->left && reads_line(form->left, subject, version, line, system)) ||
               (form->right && reads_line(form->right, subject, version, line, system));
    }
    if ((int)form->relation != fb_policy_relation("redline")) {
        return false;
    }
    const struct fb_term *rule = form->terms[0];
    const struct fb_term *of = form->terms[1];
    bool other_rule = rule->kind == FB_TERM_CONST && rule->value.type == FB_TYPE_STRING &&
                      !is_named(version, line, rule->value.u.text);
    bool is_key = subject->key && of->kind == FB_TERM_VAR && of->var < subject->duty->param_count;
    bool other_system = is_key && subject->key[of->var].type == FB_TYPE_STRING &&
                        !fb_str_eq(subject->key[of->var].u.text, system);
    return !other_rule && !other_system;
}

/* Calls `use` for the formulas of a duty and those that it follows until it says true. */
static bool any_form(
    const struct fb_duty *duty, bool (*use)(const struct fb_form *, void *), void *ctx)
{
    for (; duty; duty = duty->after) {
        for (size_t i = 0; i < fb_duty_form_count(duty); i++) {
            const struct fb_form *form = fb_duty_form(duty, i);
            if (form && use(form, ctx)) {
                return true;
            }
        }
    }
    return false;
}

/* A red line that may have a say. */
struct wanted {
    const struct fb_proving_subject *subject;
    const struct fb_version *version;
    size_t line;
    struct fb_str system;
};

static bool reads_wanted(const struct fb_form *form, void *ctx)
{
    const struct wanted *w = ctx;
    return reads_line(form, w->subject, w->version, w->line, w->system);
}

/* Calls `use` for the duties that could forbid the action until it says true. */
static bool any_duty(
    const struct fb_proving *p, bool (*use)(const struct fb_form *, void *), struct wanted *ctx)
{
    const struct fb_work *work = p->work;
    for (size_t i = 0; p->complete && i < work->version_count; i++) {
        const struct fb_version *version = &work->versions[i];
        for (size_t d = 0; d < version->program->duty_count; d++) {
            struct fb_proving_subject any = {
                .version = version, .duty = &version->program->duties[d]};
            ctx->subject = &any;
            if (fb_work_may_forbid(any.duty, p->subject.action) && any_form(any.duty, use, ctx)) {
                return true;
            }
        }
    }
    return false;
}

bool fb_proving_wants(
    const struct fb_work *work, const struct fb_version *version, size_t line, size_t system)
{
    const struct fb_proving *p = work->proving;
    struct fb_str id = work->picture->systems[system].id;
    if (p->everything) {
        return true;
    }
    if (p->subject.line) {
        return fb_str_eq(id, p->subject.system) &&
               fb_str_eq(version->program->name, p->subject.version->program->name) &&
               fb_str_eq(version->program->redlines[line].name, p->subject.line->name);
    }
    if (p->subject.duty) {
        struct wanted w = {&p->subject, version, line, id};
        return any_form(p->subject.duty, reads_wanted, &w);
    }
    for (size_t i = 0; i < p->rest_count; i++) {
        struct wanted w = {&p->rests[i], version, line, id};
        if (any_form(p->rests[i].duty, reads_wanted, &w)) {
            return true;
        }
    }
    struct wanted w = {NULL, version, line, id};
    return any_duty(p, reads_wanted, &w);
}

bool fb_proving_licenses(const struct fb_work *work, size_t system)
{
    const struct fb_proving_subject *subject = &work->proving->subject;
    FB_ASSERT(!subject->line && !subject->duty);
    return fb_str_eq(work->picture->systems[system].id, subject->system);
}

static bool reads_case(const struct fb_form *form, void *ctx)
{
    if (form->kind == FB_FORM_PRED) {
        return (int)form->relation == fb_policy_relation("case_status") ||
               (int)form->relation == fb_policy_relation("case_standing");
    }
    return (form->left && reads_case(form->left, ctx)) ||
           (form->right && reads_case(form->right, ctx));
}

/* Whether a licence may hang on a safety case: one to act autonomously does, and one that an
 * authority gave for a case. */
static bool licence_needs_case(const struct fb_proving *p)
{
    const struct fb_registry *registry = p->work->input->registry;
    bool licence = !p->subject.version && p->subject.system.len > 0;
    bool any = licence && p->subject.action == FB_ACTION_AUTONOMY;
    for (size_t i = 0; licence && !any && i < fb_registry_count(registry); i++) {
        const struct fb_record *record = fb_registry_at(registry, i);
        any = record->kind == FB_KIND_licence && fb_record_text(record, "case").len > 0;
    }
    return any;
}

/* Whether cases have a say: then all red lines do, since a case may ask about any. */
static bool needs_cases(const struct fb_proving *p)
{
    const struct fb_work *work = p->work;
    if (licence_needs_case(p)) {
        return true;
    }
    for (size_t i = 0; i < p->rest_count; i++) {
        if (any_form(p->rests[i].duty, reads_case, NULL)) {
            return true;
        }
    }
    struct wanted none = {.subject = NULL};
    if ((p->subject.duty && any_form(p->subject.duty, reads_case, NULL)) ||
        any_duty(p, reads_case, &none)) {
        return true;
    }
    for (size_t i = 0; i < work->version_count; i++) {
        const struct fb_program *program = work->versions[i].program;
        for (size_t r = 0; r < program->redline_count; r++) {
            for (size_t s = 0; s < work->picture->system_count; s++) {
                if (program->redlines[r].needs.safety_case.len &&
                    fb_proving_wants(work, &work->versions[i], r, s)) {
                    return true;
                }
            }
        }
    }
    return false;
}

enum fb_code fb_proving_run(struct fb_proving *p, struct fb_err *err)
{
    struct fb_work *work = p->work;
    FB_ASSERT(work && work->proving == p);
    p->everything = needs_cases(p);
    enum fb_code code = fb_work_lines(work, err);
    if (code == FB_OK && p->everything) {
        code = fb_work_cases(work, err);
        code = code ? code : fb_work_burden(work, err);
    }
    return code ? code : fb_work_trace(work, err);
}

/* ---- answers ---- */

static int by_begin(const void *a, const void *b)
{
    const struct fb_tuple *x = a;
    const struct fb_tuple *y = b;
    if (x->from != y->from) {
        return x->from < y->from ? -1 : 1;
    }
    if (x->relation != y->relation) {
        return x->relation < y->relation ? -1 : 1;
    }
    if (x->seq != y->seq) {
        return x->seq < y->seq ? -1 : 1;
    }
    return x->until < y->until ? -1 : x->until > y->until;
}

/* The trace of the work with its tuples in the order in which they begin. */
static enum fb_code sort_trace(struct fb_proving *p, struct fb_err *err)
{
    const struct fb_trace *trace = &p->work->trace;
    if (p->sorted == trace->tuples) {
        return FB_OK;
    }
    struct fb_tuple *tuples =
        FB_ARENA_ARRAY(p->work->arena, struct fb_tuple, trace->tuple_count + 1);
    if (!tuples) {
        return fb_arena_failed(p->work->arena, err);
    }
    if (trace->tuple_count) {
        memcpy(tuples, trace->tuples, trace->tuple_count * sizeof(*tuples));
        qsort(tuples, trace->tuple_count, sizeof(*tuples), by_begin);
    }
    p->trace = *trace;
    p->trace.tuples = tuples;
    p->sorted = trace->tuples;
    return FB_OK;
}

/* The next line of a file that is checked. */
static enum fb_code read_answer(struct fb_proving *p, const struct fb_question *question,
    struct fb_answer *out, struct fb_err *err)
{
    struct fb_str line;
    struct fb_proof_entry entry = {0};
    if (!fb_str_line(&p->rest, &line) || line.len == 0) {
        return fb_err_set(err, FB_E_NEGATIVE, "the judgement '%s' is missing", question->about);
    }
    p->line++;
    enum fb_code code =
        fb_proof_read(line, question->trace->signature, p->work->arena, &entry, err);
    if (code == FB_OK && (!fb_str_is(entry.about, question->about) || entry.tp != question->tp ||
                             entry.time != question->trace->times[question->tp] || !entry.any)) {
        code = fb_err_set(err, FB_E_NEGATIVE,
            "it is not about '%s' at time-point %zu, which is asked for here", question->about,
            question->tp);
    }
    if (code == FB_OK) {
        *out = (struct fb_answer){entry.holds, entry.to, entry.proof};
        code = fb_proof_check_answer(question, out, err);
    }
    if (code) {
        /* The place in its line, if it has one, is in this line of the file. */
        fb_err_place(err, NULL, p->line, 0, -1);
        err->line = p->line;
    }
    return code;
}

/* Finds a proof, and appends it. */
static enum fb_code make_answer(struct fb_proving *p, const struct fb_question *question,
    struct fb_answer *out, struct fb_err *err)
{
    enum fb_code code = fb_prove_answer(question, p->work->arena, out, err);
    code = code ? code : fb_proof_check_answer(question, out, err);
    struct fb_proof_entry entry = {.about = fb_str_of(question->about),
        .tp = question->tp,
        .to = out->to,
        .time = question->trace->times[question->tp],
        .holds = out->holds,
        .any = true,
        .proof = out->proof};
    return code ? code : fb_proof_write(&entry, question->trace->signature, p->out, err);
}

/* A fb_judge. */
static enum fb_code judge(
    void *ctx, const struct fb_question *question, struct fb_answer *out, struct fb_err *err)
{
    struct fb_proving *p = ctx;
    p->judgements++;
    return p->out ? make_answer(p, question, out, err) : read_answer(p, question, out, err);
}

enum fb_code fb_proving_holds(struct fb_work *work, const struct fb_form_query *query, size_t tp,
    bool *out, struct fb_err *err)
{
    struct fb_proving *p = work->proving;
    enum fb_code code = sort_trace(p, err);
    struct fb_question question = {.about = "scope",
        .trace = &p->trace,
        .values = query->given,
        .var_count = query->var_count,
        .result = -1,
        .tp = tp,
        .last = tp};
    for (size_t v = 0; v < query->var_count; v++) {
        question.known |= query->given[v].type != FB_TYPE_NONE ? (uint64_t)1 << v : 0;
    }
    question.form = fb_form_closed(query->form, question.known, work->arena);
    struct fb_answer answer = {0};
    if (code == FB_OK && !question.form) {
        code = fb_arena_failed(work->arena, err);
    }
    code = code ? code : judge(p, &question, &answer, err);
    if (code == FB_OK) {
        *out = answer.holds;
    }
    return code;
}

enum fb_code fb_proving_line(struct fb_work *work, const struct fb_line_subject *subject,
    struct fb_segments *out, struct fb_err *err)
{
    enum fb_code code = fb_line_recount(subject, work->arena, out, err);
    if (code || !work->proving->out) {
        return code;
    }
    struct fb_segments engine = {NULL, 0};
    code = fb_latch_run(subject->line, subject->items, subject->count, subject->scope,
        subject->scope_count, work->arena, &engine, err);
    if (code == FB_OK && !fb_line_same(out, &engine)) {
        code = fb_err_set(err, FB_E_MISMATCH,
            "the checker does not find the history of red line '%.*s' that the engine finds",
            FB_STR_ARG(subject->line->name));
    }
    return code;
}

static enum fb_code recount(struct fb_proving *p, const struct fb_proving_subject *of,
    struct fb_obligations *out, struct fb_err *err)
{
    FB_ASSERT(of->duty && of->key);
    enum fb_code code = sort_trace(p, err);
    struct fb_duty_subject subject = {.program = of->version->program,
        .duty = of->duty,
        .trace = &p->trace,
        .now = p->work->input->now,
        .key = of->key,
        .judge = judge,
        .ctx = p};
    return code ? code : fb_duty_recount(&subject, p->work->arena, out, err);
}

enum fb_code fb_proving_duty(struct fb_proving *p, struct fb_obligations *out, struct fb_err *err)
{
    FB_ASSERT(p->subject.duty);
    return recount(p, &p->subject, out, err);
}

/* Adds the obligations of a duty with these parameters. */
static enum fb_code add_obligations(struct fb_proving *p, const struct fb_proving_subject *of,
    struct fb_obligations *out, struct fb_err *err)
{
    struct fb_obligations found = {NULL, 0};
    enum fb_code code = recount(p, of, &found, err);
    size_t total = out->count + found.count;
    if (code || found.count == 0) {
        return code;
    }
    struct fb_obligation *all = FB_ARENA_ARRAY(p->work->arena, struct fb_obligation, total);
    if (!all) {
        return fb_arena_failed(p->work->arena, err);
    }
    for (size_t k = 0; k < total; k++) {
        all[k] = k < out->count ? out->items[k] : found.items[k - out->count];
    }
    *out = (struct fb_obligations){all, total};
    return FB_OK;
}

/* All obligations of a duty that could forbid the action, but those about other systems. */
static enum fb_code all_obligations(struct fb_proving *p, const struct fb_version *version,
    const struct fb_duty *duty, struct fb_obligations *out, struct fb_err *err)
{
    const struct fb_value *const *keys = NULL;
    size_t count = 0;
    enum fb_code code = sort_trace(p, err);
    struct fb_duty_subject subject = {.program = version->program,
        .duty = duty,
        .trace = &p->trace,
        .now = p->work->input->now,
        .judge = judge,
        .ctx = p};
    if (!fb_work_may_forbid(duty, p->subject.action)) {
        return code;
    }
    code = code ? code : fb_duty_keys(&subject, p->work->arena, &keys, &count, err);
    for (size_t i = 0; code == FB_OK && i < count; i++) {
        struct fb_proving_subject of = {.version = version, .duty = duty, .key = keys[i]};
        const struct fb_value *system =
            duty->system_var >= 0 && (size_t)duty->system_var < duty->param_count
                ? &keys[i][duty->system_var]
                : NULL;
        bool other = system && system->type == FB_TYPE_STRING &&
                     !fb_str_eq(system->u.text, p->subject.system);
        code = other ? FB_OK : add_obligations(p, &of, out, err);
    }
    return code;
}

enum fb_code fb_proving_obligations(struct fb_work *work, const struct fb_version *version,
    const struct fb_duty *duty, struct fb_obligations *out, struct fb_err *err)
{
    FB_ASSERT(work && work->proving && duty);
    struct fb_proving *p = work->proving;
    enum fb_code code = FB_OK;
    *out = (struct fb_obligations){NULL, 0};
    if (p->complete) {
        return all_obligations(p, version, duty, out, err);
    }
    for (size_t i = 0; code == FB_OK && i < p->rest_count; i++) {
        if (p->rests[i].version == version && p->rests[i].duty == duty) {
            code = add_obligations(p, &p->rests[i], out, err);
        }
    }
    return code;
}

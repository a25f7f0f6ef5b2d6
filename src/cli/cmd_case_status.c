/* cmd_case_status.c: `flyball case status` and `case explain`: what stands, on what, and why. */
#include <string.h>

#include "base/assert.h"
#include "cli/cmd_case_live.h"

static const char *const BINDINGS[] = {"hazard", "mitigation", "outcome", "red line"};
static const char *const HEALTH[] = {"holds", "fails", "unknown"};

static const char *freshness(const struct fb_element *e)
{
    return e->evidence.is_stale ? "out of date" : "fresh";
}

static const char *authenticity(const struct fb_element *e)
{
    return e->evidence.is_doubtful ? "not authentic" : "authentic";
}

/* How many elements have each label. */
static void count_labels(const struct fb_case *c, size_t out[4])
{
    memset(out, 0, 4 * sizeof(*out));
    for (size_t i = 0; i < c->element_count; i++) {
        out[c->elements[i].label]++;
    }
}

/* Why a case was sent back; empty where it was not. */
static struct fb_str refusal_of(const struct fb_case_view *of)
{
    return of->stage == FB_CASE_SENT_BACK && of->stage_by ? fb_record_text(of->stage_by, "reasons")
                                                          : FB_STR("");
}

/* The red line that a claim is bound to, of the system of the case, and why it is what it is. *out
 * stays without a line where no policy in force has it. */
static enum fb_code find_line(struct fb_cli_case *c, const struct fb_binding *binding,
    struct fb_verdict *out, const struct fb_line_view **out_line, struct fb_err *err)
{
    *out_line = NULL;
    if (!c->of || binding->kind != FB_BINDING_LINE) {
        return FB_OK;
    }
    const struct fb_picture *picture = &c->view.picture;
    for (size_t i = 0; i < picture->line_count && !*out_line; i++) {
        const struct fb_line_view *line = &picture->lines[i];
        struct fb_str policy = line->policy->program->name, rule = line->rule->name;
        bool named = binding->name.len == policy.len + 1 + rule.len &&
                     fb_str_starts(binding->name, policy) && binding->name.ptr[policy.len] == '/' &&
                     fb_str_eq(fb_str_sub(binding->name, policy.len + 1, rule.len), rule);
        *out_line = named && fb_str_eq(line->system, c->of->system) ? line : NULL;
    }
    return *out_line ? fb_picture_find(picture, (*out_line)->id, &c->view.arena, out, err) : FB_OK;
}

/* ---- as text ---- */

static void add_head(const struct fb_cli_case *c, const char *name, struct fb_buf *out)
{
    size_t counts[4];
    char when[FB_TIME_TEXT];
    const struct fb_element *top = &c->argument->elements[c->argument->top];
    count_labels(c->argument, counts);
    if (c->of) {
        fb_buf_addf(out, "case %.*s of %.*s: %s since %s; %s",
            FB_STR_ARG(fb_record_text(c->of->record, "name")), FB_STR_ARG(c->of->system),
            fb_label_name(top->label), fb_time_format_short(c->of->since, when),
            fb_case_stage_name(c->of->stage));
        if (c->of->stage_by) {
            fb_buf_addf(out, " by %.*s (%.*s)", FB_STR_ARG(c->of->stage_by->issuer),
                FB_STR_ARG(c->of->stage_by->id));
        }
        struct fb_str reasons = refusal_of(c->of);
        fb_buf_addf(out, "%s%s%.*s\n", fb_case_stage_note(c->of), reasons.len ? ": " : "",
            FB_STR_ARG(fb_str_trim(reasons)));
    } else {
        fb_buf_addf(out, "%s: %s, as far as a file knows\n", name, fb_label_name(top->label));
    }
    fb_buf_addf(out, "  top %.*s: %.*s\n", FB_STR_ARG(top->id), FB_STR_ARG(fb_str_trim(top->text)));
    fb_buf_addf(out, "  %zu elements: %zu in, %zu undercut, %zu falsified, %zu undecided\n",
        c->argument->element_count, counts[FB_LABEL_IN], counts[FB_LABEL_OUT_UNDERCUT],
        counts[FB_LABEL_OUT_FALSIFIED], counts[FB_LABEL_UNDECIDED]);
}

static void add_evidence(const struct fb_case *c, struct fb_buf *out)
{
    for (size_t i = 0; i < c->element_count; i++) {
        const struct fb_element *e = &c->elements[i];
        if (e->predicate.len == 0) {
            continue;
        }
        fb_buf_addf(out, "  evidence %.*s: %s", FB_STR_ARG(e->id), HEALTH[e->evidence.health]);
        if (e->evidence.health != FB_EVIDENCE_UNKNOWN) {
            fb_buf_addf(out, ", %s, %s", freshness(e), authenticity(e));
        }
        fb_buf_addf(out, ": %.*s", FB_STR_ARG(e->predicate));
        if (e->evidence.why && e->evidence.why->record_id.len) {
            fb_buf_addf(out, " [%.*s]", FB_STR_ARG(e->evidence.why->record_id));
        }
        fb_buf_add_char(out, '\n');
    }
}

/* What the claims are bound to, and what became of red lines. */
static enum fb_code add_bindings(struct fb_cli_case *c, struct fb_buf *out, struct fb_err *err)
{
    const struct fb_case *a = c->argument;
    enum fb_code code = FB_OK;
    for (size_t i = 0; code == FB_OK && i < a->binding_count; i++) {
        const struct fb_binding *b = &a->bindings[i];
        const struct fb_line_view *line;
        struct fb_verdict verdict;
        fb_buf_addf(out, "  %s %.*s: %.*s is %s", BINDINGS[b->kind], FB_STR_ARG(b->name),
            FB_STR_ARG(a->elements[b->element].id), fb_label_name(a->elements[b->element].label));
        code = find_line(c, b, &verdict, &line, err);
        if (code == FB_OK && line) {
            fb_buf_addf(out, "; the line is %s", fb_line_status_name(line->status));
        }
        if (code == FB_OK && line && verdict.why) {
            fb_buf_addf(out, ": %.*s", FB_STR_ARG(verdict.why->text));
        }
        fb_buf_add_char(out, '\n');
    }
    return code;
}

static void add_doubts(const struct fb_cli_case *c, struct fb_buf *out)
{
    char until[FB_TIME_TEXT];
    const struct fb_case *a = c->argument;
    for (size_t i = 0; i < a->element_count; i++) {
        const struct fb_element *e = &a->elements[i];
        if (e->accepted.by.len) {
            fb_buf_addf(out, "  doubt %.*s: accepted by %.*s until %s%s\n", FB_STR_ARG(e->id),
                FB_STR_ARG(e->accepted.by), fb_time_format_short(e->accepted.until, until),
                e->is_set_aside ? "" : ": that does not count now");
        }
        if (e->independence.len) {
            fb_buf_addf(out, "  independence of what supports %.*s: %s\n", FB_STR_ARG(e->id),
                e->is_independent ? "shown" : "not shown");
        }
    }
}

static void add_reviews(const struct fb_cli_case *c, struct fb_buf *out)
{
    for (size_t i = 0; c->of && i < c->of->review_count; i++) {
        const struct fb_case_review *r = &c->of->reviews[i];
        struct fb_str part = fb_record_text(r->record, "element");
        fb_buf_addf(out, "  review %.*s: %.*s by %.*s, of %.*s%s\n", FB_STR_ARG(r->record->id),
            FB_STR_ARG(fb_record_text(r->record, "finding")), FB_STR_ARG(r->record->issuer),
            FB_STR_ARG(part.len ? part : FB_STR("all of it")),
            r->fit == FB_REVIEW_SUSPECT ? ": suspect, it has changed since" : "");
    }
}

/* ---- as JSON ---- */

static void add_leaf_json(struct fb_json_writer *w, const struct fb_element *e)
{
    char until[FB_TIME_TEXT];
    fb_json_open_object(w);
    fb_json_key_str(w, "id", e->id);
    fb_json_key_c(w, "label", fb_label_name(e->label));
    if (e->predicate.len) {
        fb_json_key_str(w, "evidence", e->predicate);
        fb_json_key_c(w, "health", HEALTH[e->evidence.health]);
        fb_json_key_bool(w, "fresh", !e->evidence.is_stale);
        fb_json_key_bool(w, "authentic", !e->evidence.is_doubtful);
        if (e->evidence.why) {
            fb_json_key_str(w, "record", e->evidence.why->record_id);
        }
    }
    if (e->accepted.by.len) {
        fb_json_key_str(w, "accepted_by", e->accepted.by);
        fb_json_key_c(w, "accepted_until", fb_time_format(e->accepted.until, until));
        fb_json_key_bool(w, "counts", e->is_set_aside);
    }
    if (e->independence.len) {
        fb_json_key_bool(w, "independent", e->is_independent);
    }
    fb_json_close_object(w);
}

static enum fb_code add_bindings_json(
    struct fb_json_writer *w, struct fb_cli_case *c, struct fb_err *err)
{
    const struct fb_case *a = c->argument;
    enum fb_code code = FB_OK;
    fb_json_key(w, "bindings");
    fb_json_open_array(w);
    for (size_t i = 0; code == FB_OK && i < a->binding_count; i++) {
        const struct fb_line_view *line;
        struct fb_verdict verdict;
        fb_json_open_object(w);
        fb_json_key_c(w, "kind", BINDINGS[a->bindings[i].kind]);
        fb_json_key_str(w, "name", a->bindings[i].name);
        fb_json_key_str(w, "id", a->elements[a->bindings[i].element].id);
        fb_json_key_c(w, "label", fb_label_name(a->elements[a->bindings[i].element].label));
        code = find_line(c, &a->bindings[i], &verdict, &line, err);
        if (code == FB_OK && line) {
            fb_json_key_c(w, "line", fb_line_status_name(line->status));
            fb_json_key_str(w, "reason", verdict.why ? verdict.why->text : FB_STR(""));
        }
        fb_json_close_object(w);
    }
    fb_json_close_array(w);
    return code;
}

static enum fb_code add_lists_json(
    struct fb_json_writer *w, struct fb_cli_case *c, struct fb_err *err)
{
    const struct fb_case *a = c->argument;
    fb_json_key(w, "leaves");
    fb_json_open_array(w);
    for (size_t i = 0; i < a->element_count; i++) {
        const struct fb_element *e = &a->elements[i];
        if (e->predicate.len || e->accepted.by.len || e->independence.len) {
            add_leaf_json(w, e);
        }
    }
    fb_json_close_array(w);
    enum fb_code code = add_bindings_json(w, c, err);
    fb_json_key(w, "reviews");
    fb_json_open_array(w);
    for (size_t i = 0; c->of && i < c->of->review_count; i++) {
        const struct fb_case_review *r = &c->of->reviews[i];
        fb_json_open_object(w);
        fb_json_key_str(w, "id", r->record->id);
        fb_json_key_str(w, "by", r->record->issuer);
        fb_json_key_str(w, "finding", fb_record_text(r->record, "finding"));
        fb_json_key_str(w, "element", fb_record_text(r->record, "element"));
        fb_json_key_bool(w, "suspect", r->fit == FB_REVIEW_SUSPECT);
        fb_json_close_object(w);
    }
    fb_json_close_array(w);
    return code;
}

static enum fb_code add_json(struct fb_cli_case *c, struct fb_buf *out, struct fb_err *err)
{
    char since[FB_TIME_TEXT];
    struct fb_json_writer w;
    const struct fb_element *top = &c->argument->elements[c->argument->top];
    size_t counts[4];
    count_labels(c->argument, counts);
    fb_json_writer_init(&w, out, 1);
    fb_json_open_object(&w);
    if (c->of) {
        fb_json_key_str(&w, "id", c->of->id);
        fb_json_key_str(&w, "record", c->of->record->id);
        fb_json_key_str(&w, "system", c->of->system);
        fb_json_key_c(&w, "since", fb_time_format(c->of->since, since));
        fb_json_key_c(&w, "stage", fb_case_stage_name(c->of->stage));
        if (c->of->stage_by) {
            fb_json_key_str(&w, "stage_by", c->of->stage_by->id);
        }
        if (refusal_of(c->of).len) {
            fb_json_key_str(&w, "stage_reasons", refusal_of(c->of));
        }
    }
    fb_json_key_str(&w, "top", top->id);
    fb_json_key_str(&w, "text", fb_str_trim(top->text));
    fb_json_key_c(&w, "label", fb_label_name(top->label));
    fb_json_key(&w, "elements");
    fb_json_open_object(&w);
    for (int i = 0; i < 4; i++) {
        fb_json_key_int(&w, fb_label_name((enum fb_label)i), (int64_t)counts[i]);
    }
    fb_json_close_object(&w);
    enum fb_code code = add_lists_json(&w, c, err);
    fb_json_close_object(&w);
    fb_buf_add_char(out, '\n');
    return code;
}

enum fb_code fb_cli_case_status(struct fb_cli *cli, struct fb_err *err)
{
    struct fb_cli_case c;
    enum fb_code code = fb_cli_want(cli, 1, 2, err);
    if (code != FB_OK) {
        return code;
    }
    const char *name = cli->argument_count > 1 ? cli->arguments[1] : NULL;
    code = fb_cli_case_open(cli, name, &c, err);
    if (code == FB_OK && fb_cli_value(cli, "json")) {
        code = add_json(&c, &c.view.text, err);
    } else if (code == FB_OK) {
        add_head(&c, name ? name : "", &c.view.text);
        add_evidence(c.argument, &c.view.text);
        add_doubts(&c, &c.view.text);
        code = add_bindings(&c, &c.view.text, err);
        add_reviews(&c, &c.view.text);
    }
    code = code ? code : fb_cli_case_print(cli, &c, err);
    fb_cli_case_close(&c);
    return code;
}

/* `case explain [CASE [ELEMENT]]` */
enum fb_code fb_cli_case_explain(struct fb_cli *cli, struct fb_err *err)
{
    struct fb_cli_case c;
    struct fb_why *why = NULL;
    enum fb_code code = fb_cli_want(cli, 1, 3, err);
    if (code != FB_OK) {
        return code;
    }
    code = fb_cli_case_open(cli, cli->argument_count > 1 ? cli->arguments[1] : NULL, &c, err);
    uint32_t element = code == FB_OK ? c.argument->top : 0;
    if (code == FB_OK && cli->argument_count > 2) {
        code = fb_cli_case_element(&c, fb_str_of(cli->arguments[2]), &element, err);
    }
    code = code ? code : fb_case_live_why(c.live, element, &why, err);
    if (code == FB_OK) {
        const struct fb_element *e = &c.argument->elements[element];
        struct fb_report_options options = fb_cli_report_options(cli);
        struct fb_verdict verdict = {.id = c.of ? c.of->id : fb_str_of(cli->arguments[1]),
            .handle = c.of ? c.of->handle : "file",
            .why = why,
            .headline = fb_arena_printf(
                &c.view.arena, "%.*s is %s", FB_STR_ARG(e->id), fb_label_name(e->label))};
        if (fb_cli_value(cli, "json")) {
            struct fb_json_writer w;
            fb_json_writer_init(&w, &c.view.text, 1);
            fb_json_open_object(&w);
            fb_json_key_str(&w, "id", e->id);
            fb_json_key_c(&w, "label", fb_label_name(e->label));
            fb_json_key(&w, "why");
            fb_cli_case_why(&w, why, 0);
            fb_json_close_object(&w);
            fb_buf_add_char(&c.view.text, '\n');
        } else {
            code = fb_report_why_text(&verdict, &options, &c.view.text, err);
        }
    }
    code = code ? code : fb_cli_print(cli, &c.view.text, err);
    fb_cli_case_close(&c);
    return code;
}

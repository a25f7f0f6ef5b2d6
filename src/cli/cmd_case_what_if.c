/* cmd_case_what_if.c: `flyball case what-if`, `case weakest` and `case diff`. */
#include <math.h>
#include <string.h>

#include "base/assert.h"
#include "case/diff.h"
#include "case/weakest.h"
#include "cli/cmd_case_live.h"

/* ---- what if ---- */

/* One thing that is taken to be so. */
struct assumption {
    struct fb_str name;
    enum fb_evidence_state state;
};

/* Takes a word off the front. */
static struct fb_str word(struct fb_str *rest)
{
    *rest = fb_str_trim(*rest);
    size_t end = fb_str_find(*rest, ' ', 0);
    struct fb_str out = fb_str_sub(*rest, 0, end);
    *rest = fb_str_trim(fb_str_sub(*rest, end, rest->len));
    return out;
}

/* "[evidence] NAME fails|holds|is unknown", and where another follows "and". */
static bool read_assumption(struct fb_str *rest, struct assumption *out)
{
    struct fb_str name = word(rest);
    if (fb_str_is(name, "evidence")) {
        name = word(rest);
    }
    struct fb_str verb = word(rest);
    bool unknown = fb_str_is(verb, "is") && fb_str_is(word(rest), "unknown");
    out->name = name;
    out->state = fb_str_is(verb, "fails")   ? FB_EVIDENCE_FAILS
                 : fb_str_is(verb, "holds") ? FB_EVIDENCE_HOLDS
                                            : FB_EVIDENCE_UNKNOWN;
    bool good = name.len > 0 && (unknown || out->state != FB_EVIDENCE_UNKNOWN);
    return good && (rest->len == 0 || (fb_str_is(word(rest), "and") && rest->len > 0));
}

/* True when a reason rests on a record. */
static bool rests_on(const struct fb_why *why, struct fb_str record, int depth)
{
    for (; why && depth < 16; why = why->next) {
        if (fb_str_eq(why->record_id, record) || rests_on(why->child, record, depth + 1)) {
            return true;
        }
    }
    return false;
}

/* Takes an element, or all leaves whose evidence rests on a record, to be so. */
static enum fb_code assume(
    struct fb_cli_case *c, const struct assumption *a, size_t *count, struct fb_err *err)
{
    struct fb_case *argument = c->argument;
    size_t before = *count;
    for (uint32_t i = 0; i < argument->element_count; i++) {
        struct fb_element *e = &argument->elements[i];
        bool leaf = e->predicate.len > 0 && rests_on(e->evidence.why, a->name, 0);
        if (fb_str_eq(e->id, a->name) || leaf) {
            fb_case_live_force(c->live, i, a->state);
            (*count)++;
        }
    }
    if (*count > before) {
        return FB_OK;
    }
    fb_err_set(err, FB_E_NOT_FOUND, "no element is called '%.*s', and no evidence rests on it",
        FB_STR_ARG(fb_str_sub(a->name, 0, 100)));
    return fb_err_hint(err, "Name an element, as Sn1, or a record, as evaluation/3.");
}

static void what_if_text(const struct fb_cli_case *c, const enum fb_label *was, struct fb_buf *out)
{
    const struct fb_case *a = c->argument;
    const struct fb_element *top = &a->elements[a->top];
    fb_buf_addf(out, "%.*s %s %s: %.*s\n", FB_STR_ARG(top->id),
        was[a->top] == top->label ? "stays" : "becomes", fb_label_name(top->label),
        FB_STR_ARG(fb_str_trim(top->text)));
    size_t count = 0;
    for (size_t i = 0; i < a->element_count; i++) {
        const struct fb_element *e = &a->elements[i];
        if (e->label != was[i]) {
            count++;
            fb_buf_addf(out, "  %-10s -> %-10s %.*s %.*s\n", fb_label_name(was[i]),
                fb_label_name(e->label), FB_STR_ARG(e->id),
                FB_STR_ARG(fb_str_sub(fb_str_trim(e->text), 0, 100)));
        }
    }
    for (size_t i = 0; i < a->binding_count; i++) {
        const struct fb_binding *b = &a->bindings[i];
        if (b->kind == FB_BINDING_LINE && was[b->element] == FB_LABEL_IN &&
            a->elements[b->element].label != FB_LABEL_IN) {
            fb_buf_addf(out, "  red line %.*s loses %.*s\n", FB_STR_ARG(b->name),
                FB_STR_ARG(a->elements[b->element].id));
        }
    }
    if (count == 0) {
        fb_buf_add_c(out, "  nothing changes\n");
    }
}

static void what_if_json(const struct fb_cli_case *c, const enum fb_label *was, struct fb_buf *out)
{
    const struct fb_case *a = c->argument;
    struct fb_json_writer w;
    fb_json_writer_init(&w, out, 1);
    fb_json_open_object(&w);
    fb_json_key_str(&w, "top", a->elements[a->top].id);
    fb_json_key_c(&w, "was", fb_label_name(was[a->top]));
    fb_json_key_c(&w, "label", fb_label_name(a->elements[a->top].label));
    fb_json_key(&w, "changes");
    fb_json_open_array(&w);
    for (size_t i = 0; i < a->element_count; i++) {
        if (a->elements[i].label != was[i]) {
            fb_json_open_object(&w);
            fb_json_key_str(&w, "id", a->elements[i].id);
            fb_json_key_c(&w, "was", fb_label_name(was[i]));
            fb_json_key_c(&w, "label", fb_label_name(a->elements[i].label));
            fb_json_key_str(&w, "why", a->elements[i].why->text);
            fb_json_close_object(&w);
        }
    }
    fb_json_close_array(&w);
    fb_json_key(&w, "why");
    fb_cli_case_why(&w, a->elements[a->top].why, 0);
    fb_json_close_object(&w);
    fb_buf_add_char(out, '\n');
}

static enum fb_code run_what_if(const struct fb_cli *cli, struct fb_cli_case *c, struct fb_err *err)
{
    struct fb_str rest = fb_str_of(cli->arguments[1]);
    size_t count = 0;
    enum fb_label *was = FB_ARENA_ARRAY(&c->view.arena, enum fb_label, c->argument->element_count);
    if (!was) {
        return fb_arena_failed(&c->view.arena, err);
    }
    for (size_t i = 0; i < c->argument->element_count; i++) {
        was[i] = c->argument->elements[i].label;
    }
    enum fb_code code = FB_OK;
    do {
        struct assumption a;
        if (!read_assumption(&rest, &a)) {
            return fb_cli_misused(cli, err,
                "say what fails, as in: case what-if \"evidence Sn1 fails and Sn2 is unknown\"");
        }
        code = assume(c, &a, &count, err);
    } while (code == FB_OK && rest.len > 0);
    code = code ? code : fb_case_live_explain(c->live, err);
    if (code == FB_OK) {
        (fb_cli_value(cli, "json") ? what_if_json : what_if_text)(c, was, &c->view.text);
    }
    return code;
}

enum fb_code fb_cli_case_what_if(struct fb_cli *cli, struct fb_err *err)
{
    struct fb_cli_case c;
    enum fb_code code = fb_cli_want(cli, 2, 3, err);
    if (code == FB_OK && cli->argument_count == 2 && fb_cli_case_is_files(cli->arguments[1])) {
        code = fb_cli_misused(cli, err,
            "say what fails before the file, as in: case what-if \"evidence Sn1 fails\" %s",
            cli->arguments[1]);
    }
    if (code != FB_OK) {
        return code;
    }
    code = fb_cli_case_open(cli, cli->argument_count > 2 ? cli->arguments[2] : NULL, &c, err);
    code = code ? code : run_what_if(cli, &c, err);
    code = code ? code : fb_cli_case_print(cli, &c, err);
    fb_cli_case_close(&c);
    return code;
}

/* ---- the weakest ---- */

static const struct {
    const char *name;
    enum fb_weakest_cost by;
    const char *unit;
} COSTS[] = {{"count", FB_WEAKEST_COUNT, "failures"}, {"cost", FB_WEAKEST_GIVEN, "cost"},
    {"likelihood", FB_WEAKEST_LIKELIHOOD, "-log of the likelihood"}};
enum { COST_COUNT = sizeof(COSTS) / sizeof(COSTS[0]) };

static void weakest_text(
    const struct fb_cli_case *c, const struct fb_weakest *found, size_t by, struct fb_buf *out)
{
    const struct fb_case *a = c->argument;
    const struct fb_element *top = &a->elements[a->top];
    if (!c->of) {
        fb_buf_add_c(out, "as if all evidence held, of which a file knows nothing:\n");
    }
    if (found->is_fallen) {
        fb_buf_addf(out, "%.*s does not stand as it is%s%s\n", FB_STR_ARG(top->id),
            c->of ? ": it is " : "", c->of ? fb_label_name(top->label) : "");
        return;
    }
    if (!found->is_possible) {
        fb_buf_addf(out, "no failures of leaves defeat %.*s\n", FB_STR_ARG(top->id));
        return;
    }
    fb_buf_addf(out, "%zu failure%s defeat%s %.*s, %s %.6g:\n", found->count,
        found->count == 1 ? "" : "s", found->count == 1 ? "s" : "", FB_STR_ARG(top->id),
        COSTS[by].unit, found->cost);
    for (size_t i = 0; i < found->count; i++) {
        const struct fb_failure *f = &found->failures[i];
        const struct fb_element *e = &a->elements[f->element];
        fb_buf_addf(out, "  %.*s %s%s: %.*s\n", FB_STR_ARG(e->id),
            f->comes_to_hold ? "comes to hold" : "fails",
            e->predicate.len ? "" : " (it rests on words)",
            FB_STR_ARG(fb_str_trim(e->text.len ? e->text : e->predicate)));
    }
}

static void weakest_json(
    const struct fb_cli_case *c, const struct fb_weakest *found, size_t by, struct fb_buf *out)
{
    const struct fb_case *a = c->argument;
    struct fb_json_writer w;
    fb_json_writer_init(&w, out, 1);
    fb_json_open_object(&w);
    fb_json_key_str(&w, "top", a->elements[a->top].id);
    fb_json_key_c(&w, "label", fb_label_name(a->elements[a->top].label));
    fb_json_key_c(&w, "by", COSTS[by].name);
    fb_json_key_bool(&w, "possible", found->is_possible);
    fb_json_key_double(&w, "cost", found->cost);
    fb_json_key(&w, "failures");
    fb_json_open_array(&w);
    for (size_t i = 0; i < found->count; i++) {
        fb_json_open_object(&w);
        fb_json_key_str(&w, "id", a->elements[found->failures[i].element].id);
        fb_json_key_c(&w, "what", found->failures[i].comes_to_hold ? "comes to hold" : "fails");
        fb_json_key_double(&w, "cost", found->failures[i].cost);
        fb_json_close_object(&w);
    }
    fb_json_close_array(&w);
    fb_json_close_object(&w);
    fb_buf_add_char(out, '\n');
}

/* A file knows nothing of records: its evidence is taken to hold. */
static void take_to_hold(struct fb_case *argument)
{
    for (size_t i = 0; i < argument->element_count; i++) {
        argument->elements[i].evidence.health = FB_EVIDENCE_HOLDS;
        argument->elements[i].acceptance.health = FB_EVIDENCE_HOLDS;
    }
}

enum fb_code fb_cli_case_weakest(struct fb_cli *cli, struct fb_err *err)
{
    struct fb_cli_case c;
    struct fb_weakest found;
    struct fb_str by = fb_cli_text(cli, "by");
    size_t cost = by.len ? 0 : 1;
    enum fb_code code = fb_cli_want(cli, 1, 2, err);
    while (by.len && cost < COST_COUNT && !fb_str_is(by, COSTS[cost].name)) {
        cost++;
    }
    if (code == FB_OK && cost == COST_COUNT) {
        code = fb_cli_misused(
            cli, err, "'%.*s' is no way to count: count, cost or likelihood", FB_STR_ARG(by));
    }
    if (code != FB_OK) {
        return code;
    }
    code = fb_cli_case_open(cli, cli->argument_count > 1 ? cli->arguments[1] : NULL, &c, err);
    if (code == FB_OK && !c.of) {
        take_to_hold(c.argument);
    }
    code = code ? code : fb_case_weakest(c.argument, COSTS[cost].by, &c.view.arena, &found, err);
    if (code == FB_OK) {
        (fb_cli_value(cli, "json") ? weakest_json : weakest_text)(&c, &found, cost, &c.view.text);
    }
    code = code ? code : fb_cli_case_print(cli, &c, err);
    fb_cli_case_close(&c);
    return code;
}

/* ---- what changed ---- */

static void diff_text(const struct fb_case_changes *changes, struct fb_buf *out)
{
    for (size_t i = 0; i < changes->count; i++) {
        const struct fb_case_change *c = &changes->items[i];
        fb_buf_addf(out, "%-8s %s%.*s", fb_case_change_name(c->kind), c->is_module ? "module " : "",
            FB_STR_ARG(c->id));
        if (c->kind == FB_CASE_ADDED || c->kind == FB_CASE_REMOVED) {
            struct fb_str text = c->older.len ? c->older : c->newer;
            fb_buf_addf(out, "%s%.*s\n", text.len ? ": " : "", FB_STR_ARG(text));
            continue;
        }
        fb_buf_addf(out, " %s: %.*s -> %.*s\n", c->what,
            FB_STR_ARG(c->older.len ? c->older : FB_STR("(none)")),
            FB_STR_ARG(c->newer.len ? c->newer : FB_STR("(none)")));
    }
    if (changes->count == 0) {
        fb_buf_add_c(out, "no difference\n");
    }
}

static void diff_json(const struct fb_case_changes *changes, struct fb_buf *out)
{
    struct fb_json_writer w;
    fb_json_writer_init(&w, out, 1);
    fb_json_open_array(&w);
    for (size_t i = 0; i < changes->count; i++) {
        const struct fb_case_change *c = &changes->items[i];
        fb_json_open_object(&w);
        fb_json_key_c(&w, "change", fb_case_change_name(c->kind));
        fb_json_key_str(&w, c->is_module ? "module" : "id", c->id);
        fb_json_key_c(&w, "what", c->what);
        fb_json_key_str(&w, "older", c->older);
        fb_json_key_str(&w, "newer", c->newer);
        fb_json_close_object(&w);
    }
    fb_json_close_array(&w);
    fb_buf_add_char(out, '\n');
}

enum fb_code fb_cli_case_diff(struct fb_cli *cli, struct fb_err *err)
{
    struct fb_cli_case older, newer;
    struct fb_case_changes changes;
    enum fb_code code = fb_cli_want(cli, 3, 3, err);
    if (code != FB_OK) {
        return code;
    }
    memset(&newer, 0, sizeof(newer));
    code = fb_cli_case_open(cli, cli->arguments[1], &older, err);
    if (code == FB_OK) {
        code = fb_cli_case_open(cli, cli->arguments[2], &newer, err);
        code = code
                   ? code
                   : fb_case_diff(older.argument, newer.argument, &newer.view.arena, &changes, err);
        if (code == FB_OK) {
            (fb_cli_value(cli, "json") ? diff_json : diff_text)(&changes, &newer.view.text);
        }
        code = code ? code : fb_cli_case_print(cli, &newer, err);
        fb_cli_case_close(&newer);
    }
    fb_cli_case_close(&older);
    return code;
}

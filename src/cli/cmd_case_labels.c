/* cmd_case_labels.c: `flyball case labels`: what is computed of each element and relation. */
#include <string.h>

#include "base/assert.h"
#include "case/bounds.h"
#include "cli/cmd_case.h"

#define ARENA_MAX ((size_t)1 << 31)
#define OUTPUT_MAX ((size_t)1 << 29)

/* One run. */
struct labels {
    const struct fb_case *argument;
    const struct fb_case_bounds *bounds; /* of each element */
    struct fb_buf *out;
};

/* The word of the labelling: IN, OUT or UNDECIDED. */
static const char *state_of(enum fb_label label)
{
    return label == FB_LABEL_IN ? "in" : label == FB_LABEL_UNDECIDED ? "undecided" : "out";
}

static void add_state(struct fb_json_writer *w, enum fb_label label)
{
    fb_json_key_c(w, "state", state_of(label));
    fb_json_key_c(w, "label", fb_label_name(label));
}

static void add_element(const struct labels *l, struct fb_json_writer *w, size_t at)
{
    const struct fb_element *e = &l->argument->elements[at];
    fb_json_open_object(w);
    fb_json_key_str(w, "id", e->id);
    fb_json_key_c(w, "kind", fb_element_kind_name(e->kind));
    if (l->argument->module_count > 1) {
        fb_json_key_str(w, "module", l->argument->modules[e->module].name);
    }
    add_state(w, e->label);
    fb_json_key(w, "bounds");
    fb_json_open_array(w);
    fb_json_double(w, l->bounds[at].low);
    fb_json_double(w, l->bounds[at].high);
    fb_json_close_array(w);
    fb_json_key_str(w, "why", e->why->text);
    fb_json_close_object(w);
}

static void add_relation(
    const struct labels *l, struct fb_json_writer *w, const struct fb_case_relation *relation)
{
    const struct fb_case *c = l->argument;
    fb_json_open_object(w);
    fb_json_key_c(w, "kind", fb_relation_kind_name(relation->kind));
    fb_json_key_str(w, "from", c->elements[relation->from].id);
    fb_json_key_str(w, "to", c->elements[relation->to].id);
    if (relation->second != UINT32_MAX) {
        fb_json_key_str(w, "to_relation_with", c->elements[relation->second].id);
    }
    add_state(w, relation->label);
    fb_json_close_object(w);
}

/* Names of what is defeated, so that nobody has to collect them. */
static void add_defeated(const struct labels *l, struct fb_json_writer *w,
    const struct fb_case_relation *relations, size_t count)
{
    const struct fb_case *c = l->argument;
    fb_json_key(w, "defeated");
    fb_json_open_object(w);
    fb_json_key(w, "elements");
    fb_json_open_array(w);
    for (size_t i = 0; i < c->element_count; i++) {
        if (c->elements[i].label == FB_LABEL_OUT_FALSIFIED) {
            fb_json_str(w, c->elements[i].id);
        }
    }
    fb_json_close_array(w);
    fb_json_key(w, "relations");
    fb_json_open_array(w);
    for (size_t i = 0; i < count; i++) {
        if (relations[i].label == FB_LABEL_OUT_FALSIFIED ||
            relations[i].label == FB_LABEL_OUT_UNDERCUT) {
            struct fb_buf name;
            fb_buf_init(&name, 1 << 20);
            fb_buf_add_str(&name, c->elements[relations[i].from].id);
            fb_buf_add_c(&name, "->");
            fb_buf_add_str(&name, c->elements[relations[i].to].id);
            fb_json_str(w, fb_buf_str(&name));
            fb_buf_release(&name);
        }
    }
    fb_json_close_array(w);
    fb_json_close_object(w);
}

static enum fb_code add_json(struct labels *l, struct fb_arena *arena, struct fb_err *err)
{
    struct fb_case_relation *relations = NULL;
    size_t count = 0;
    enum fb_code code = fb_case_relations(l->argument, arena, &relations, &count, err);
    if (code != FB_OK) {
        return code;
    }
    struct fb_json_writer w;
    fb_json_writer_init(&w, l->out, 1);
    fb_json_open_object(&w);
    fb_json_key_str(&w, "name", l->argument->name);
    fb_json_key_str(&w, "top", l->argument->elements[l->argument->top].id);
    fb_json_key_c(&w, "label", fb_label_name(l->argument->elements[l->argument->top].label));
    add_defeated(l, &w, relations, count);
    fb_json_key(&w, "elements");
    fb_json_open_array(&w);
    for (size_t i = 0; i < l->argument->element_count; i++) {
        add_element(l, &w, i);
    }
    fb_json_close_array(&w);
    fb_json_key(&w, "relations");
    fb_json_open_array(&w);
    for (size_t i = 0; i < count; i++) {
        add_relation(l, &w, &relations[i]);
    }
    fb_json_close_array(&w);
    fb_json_close_object(&w);
    fb_buf_add_char(l->out, '\n');
    return FB_OK;
}

static void add_text(struct labels *l)
{
    for (size_t i = 0; i < l->argument->element_count; i++) {
        const struct fb_element *e = &l->argument->elements[i];
        fb_buf_addf(l->out, "%-10s %.*s\n", fb_label_name(e->label), FB_STR_ARG(e->why->text));
    }
    for (size_t i = 0; i < l->argument->challenge_count; i++) {
        const struct fb_challenge *c = &l->argument->challenges[i];
        if (c->kind == FB_CHALLENGE_ELEMENT) {
            fb_buf_addf(l->out, "%-10s %.*s challenges %.*s\n", fb_label_name(c->label),
                FB_STR_ARG(l->argument->elements[c->by].id),
                FB_STR_ARG(l->argument->elements[c->target].id));
        }
    }
    fb_cli_clean(l->out->ptr);
}

enum fb_code fb_cli_case_labels(struct fb_cli *cli, struct fb_err *err)
{
    struct fb_arena arena;
    struct fb_buf out;
    struct fb_case *argument = NULL;
    struct fb_case_bounds *bounds = NULL;
    fb_arena_init(&arena, ARENA_MAX);
    fb_buf_init(&out, OUTPUT_MAX);
    enum fb_code code = fb_cli_case_read(cli, &arena, &argument, err);
    code = code != FB_OK ? code : fb_case_label(argument, NULL, NULL, &arena, err);
    code = code != FB_OK ? code : fb_case_bound(argument, &arena, &bounds, err);
    struct labels l = {.argument = argument, .bounds = bounds, .out = &out};
    if (code == FB_OK && fb_cli_value(cli, "json")) {
        code = add_json(&l, &arena, err);
    } else if (code == FB_OK) {
        add_text(&l);
    }
    code = code != FB_OK ? code : fb_cli_print(cli, &out, err);
    fb_buf_release(&out);
    fb_arena_release(&arena);
    return code;
}

/* bindings.c: the keys that tie an element to the world outside of the argument. */
#include <math.h>
#include <string.h>

#include "base/assert.h"
#include "base/decimal.h"
#include "case/parse.h"

static const struct fb_yaml *member(const struct fb_case_builder *b, const char *key)
{
    return fb_doc_member(&b->doc->elements[b->at], key);
}

/* The text of a member of a mapping, or NULL when it is missing, no text or empty. */
static const struct fb_yaml *text_of(const struct fb_yaml *map, const char *key)
{
    const struct fb_yaml *node = fb_yaml_get(map, key);
    return node && node->kind == FB_YAML_SCALAR && fb_str_trim(node->text).len > 0 ? node : NULL;
}

/* "accepted: {by: NAME, until: DATE, evidence: PREDICATE}" */
static enum fb_code read_accepted(
    const struct fb_case_builder *b, struct fb_element *e, struct fb_err *err)
{
    static const char *const KEYS[] = {"by", "until", "evidence", "because"};
    const char *hint = "Write {by: NAME, until: DATE}, and evidence: PREDICATE for a record of it.";
    const struct fb_yaml *node = member(b, "accepted");
    if (!node) {
        return FB_OK;
    }
    if (node->kind != FB_YAML_MAP) {
        return fb_case_refuse(b, node, "is no acceptance", hint, err);
    }
    for (const struct fb_yaml *item = node->child; item; item = item->next) {
        bool known = false;
        for (size_t i = 0; i < sizeof(KEYS) / sizeof(KEYS[0]); i++) {
            known = known || fb_str_is(item->key, KEYS[i]);
        }
        if (!known) {
            return fb_case_refuse(b, item, "is no part of an acceptance", hint, err);
        }
    }
    const struct fb_yaml *by = text_of(node, "by"), *until = text_of(node, "until"),
                         *evidence = text_of(node, "evidence"), *because = text_of(node, "because");
    if (!by) {
        return fb_case_refuse(b, node, "does not say who accepts it", hint, err);
    }
    if (!until) {
        return fb_case_refuse(b, node, "does not say until when", hint, err);
    }
    if (e->supported_by_count > 0) {
        return fb_case_refuse(b, node, "is given, and others support it",
            "Accept the leaf that is in doubt, so that it can be seen which one.", err);
    }
    struct fb_err why;
    fb_err_init(&why);
    if (fb_time_parse(fb_str_trim(until->text), &e->accepted.until, &why) != FB_OK) {
        return fb_case_refuse(b, until, "is no date", "Write a date, as 2027-01-31.", err);
    }
    enum fb_code code = fb_arena_str(b->arena, fb_str_trim(by->text), &e->accepted.by, err);
    if (code == FB_OK && evidence) {
        code = fb_arena_str(b->arena, fb_str_trim(evidence->text), &e->accepted.evidence, err);
    }
    if (code == FB_OK && because) {
        code = fb_arena_str(b->arena, fb_str_trim(because->text), &e->accepted.because, err);
    }
    return code;
}

static enum fb_code read_independence(
    const struct fb_case_builder *b, struct fb_element *e, struct fb_err *err)
{
    const struct fb_yaml *node = member(b, "independent");
    if (!node) {
        return FB_OK;
    }
    if (node->kind != FB_YAML_SCALAR || fb_str_trim(node->text).len == 0 ||
        e->supported_by_count < 2) {
        return fb_case_refuse(b, node, "claims no independence of supporters",
            "Give an element with several supporters the predicate that shows that they are "
            "independent, as 'decision decision/7 granted; signed by regulator'.",
            err);
    }
    return fb_arena_str(b->arena, fb_str_trim(node->text), &e->independence, err);
}

static enum fb_code read_cost(
    const struct fb_case_builder *b, struct fb_element *e, struct fb_err *err)
{
    const struct fb_yaml *node = member(b, "cost");
    struct fb_decimal decimal;
    struct fb_err ignored;
    fb_err_init(&ignored);
    if (!node) {
        return FB_OK;
    }
    if (node->kind == FB_YAML_SCALAR &&
        fb_decimal_parse(fb_str_trim(node->text), &decimal, &ignored) == FB_OK) {
        e->cost = fb_decimal_to_double(decimal);
    }
    if (!isfinite(e->cost) || e->cost < 0) {
        return fb_case_refuse(
            b, node, "is no cost", "Write a number of 0 or more: what it takes to defeat it.", err);
    }
    return FB_OK;
}

static enum fb_code add_binding(struct fb_case_builder *b, enum fb_binding_kind kind,
    const struct fb_yaml *list, const struct fb_yaml *node, struct fb_err *err)
{
    struct fb_case *c = b->argument;
    struct fb_str name = fb_str_trim(node->text);
    if (node->kind != FB_YAML_SCALAR || name.len == 0) {
        return fb_case_refuse(b, list, "names nothing", "Write a name, or a list of names.", err);
    }
    /* That of a pattern stands for another. */
    bool open = fb_str_find(name, '{', 0) < name.len;
    if (kind == FB_BINDING_LINE && !open && fb_str_find(name, '/', 0) >= name.len) {
        return fb_case_refuse(b, list, "names no red line",
            "Write POLICY/RULE, as a verdict's id has it between its colons.", err);
    }
    if (c->binding_count == b->binding_cap) {
        size_t cap = b->binding_cap ? 2 * b->binding_cap : 16;
        struct fb_binding *grown = FB_ARENA_ARRAY(b->arena, struct fb_binding, cap);
        if (!grown) {
            return fb_arena_failed(b->arena, err);
        }
        if (c->binding_count) {
            memcpy(grown, c->bindings, c->binding_count * sizeof(*grown));
        }
        c->bindings = grown;
        b->binding_cap = cap;
    }
    struct fb_binding *binding = &c->bindings[c->binding_count];
    *binding = (struct fb_binding){.kind = kind, .element = (uint32_t)b->at, .line = node->line};
    enum fb_code code = fb_arena_str(b->arena, name, &binding->name, err);
    c->binding_count += code == FB_OK;
    return code;
}

enum fb_code fb_case_read_bindings(
    struct fb_case_builder *b, struct fb_element *e, struct fb_err *err)
{
    static const char *const KEYS[] = {
        [FB_BINDING_HAZARD] = "hazards",
        [FB_BINDING_MITIGATION] = "mitigations",
        [FB_BINDING_OUTCOME] = "outcomes",
        [FB_BINDING_LINE] = "redlines",
    };
    FB_ASSERT(b && e);
    enum fb_code code = read_accepted(b, e, err);
    code = code != FB_OK ? code : read_independence(b, e, err);
    code = code != FB_OK ? code : read_cost(b, e, err);
    for (int kind = 0; code == FB_OK && kind < FB_BINDING_KINDS; kind++) {
        const struct fb_yaml *node = member(b, KEYS[kind]);
        if (!node) {
            continue;
        }
        const struct fb_yaml *item = node->kind == FB_YAML_LIST ? node->child : node;
        for (; code == FB_OK && item; item = node->kind == FB_YAML_LIST ? item->next : NULL) {
            code = add_binding(b, (enum fb_binding_kind)kind, node, item, err);
        }
    }
    return code;
}

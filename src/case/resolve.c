#include "case/parse.h"

#include "base/assert.h"

/* Which kinds may stand under supportedBy of which. */
static bool may_support(enum fb_element_kind supported, enum fb_element_kind by)
{
    switch (supported) {
    case FB_ELEMENT_GOAL:
        return by == FB_ELEMENT_GOAL || by == FB_ELEMENT_STRATEGY || by == FB_ELEMENT_SOLUTION;
    case FB_ELEMENT_STRATEGY:
    case FB_ELEMENT_COUNTER_GOAL:
        return by == FB_ELEMENT_GOAL || by == FB_ELEMENT_STRATEGY || by == FB_ELEMENT_SOLUTION ||
               by == FB_ELEMENT_COUNTER_GOAL || by == FB_ELEMENT_COUNTER_SOLUTION;
    case FB_ELEMENT_SOLUTION:
    case FB_ELEMENT_CONTEXT:
    case FB_ELEMENT_ASSUMPTION:
    case FB_ELEMENT_JUSTIFICATION:
    case FB_ELEMENT_COUNTER_SOLUTION:
        return false;
    }
    return false;
}

static bool may_be_context(enum fb_element_kind of, enum fb_element_kind context)
{
    bool has = of == FB_ELEMENT_GOAL || of == FB_ELEMENT_STRATEGY || of == FB_ELEMENT_COUNTER_GOAL;
    return has && (context == FB_ELEMENT_CONTEXT || context == FB_ELEMENT_ASSUMPTION ||
                      context == FB_ELEMENT_JUSTIFICATION);
}

/* Resolved references. */
struct refs {
    uint32_t *items;
    size_t count;
};

static uint32_t index_of(const struct fb_case_builder *b, const struct fb_element *element)
{
    FB_ASSERT(element >= b->argument->elements);
    return (uint32_t)(element - b->argument->elements);
}

/* A reference to an element: a scalar with its id. */
static enum fb_code resolve_one(const struct fb_case_builder *b, const struct fb_yaml *owner,
    const struct fb_yaml *node, uint32_t *out, struct fb_err *err)
{
    if (node->kind != FB_YAML_SCALAR) {
        (void)fb_err_set(
            err, FB_E_SCHEMA, "a reference of '%.*s' is not an id", FB_STR_ARG(owner->key));
        return fb_case_err_at(b, node, err);
    }
    const struct fb_element *element = fb_map_get(&b->ids, fb_str_trim(node->text));
    if (!element) {
        (void)fb_err_set(err, FB_E_REFERENCE, "'%.*s' refers to '%.*s', which does not exist",
            FB_STR_ARG(owner->key), FB_STR_ARG(node->text));
        bool several = fb_str_find(node->text, ',', 0) < node->text.len;
        (void)fb_err_hint(err, several ? "Write several as a list, as [G2, G3]."
                                       : "Add the element, or correct the name.");
        return fb_case_err_at(b, node, err);
    }
    *out = index_of(b, element);
    return FB_OK;
}

/* The references under a key: one string or a list. Refuses one that stands twice. */
static enum fb_code resolve_list(struct fb_case_builder *b, const struct fb_yaml *owner,
    const struct fb_yaml *list, struct refs *out, struct fb_err *err)
{
    if (!list || (list->kind == FB_YAML_SCALAR && list->text.len == 0)) {
        return FB_OK;
    }
    if (list->kind == FB_YAML_MAP) {
        (void)fb_err_set(err, FB_E_SCHEMA, "'%.*s' of '%.*s' is not a list of ids",
            FB_STR_ARG(list->key), FB_STR_ARG(owner->key));
        return fb_case_err_at(b, list, err);
    }
    size_t count = list->kind == FB_YAML_LIST ? list->count : 1;
    const struct fb_yaml *node = list->kind == FB_YAML_LIST ? list->child : list;
    uint32_t *items = FB_ARENA_ARRAY(b->arena, uint32_t, count);
    if (!items) {
        return fb_arena_failed(b->arena, err);
    }
    b->stamp++;
    for (size_t i = 0; i < count; i++, node = node->next) {
        enum fb_code code = resolve_one(b, owner, node, &items[i], err);
        if (code != FB_OK) {
            return code;
        }
        if (b->seen[items[i]] == b->stamp) {
            (void)fb_err_set(err, FB_E_DUPLICATE, "'%.*s' names '%.*s' twice",
                FB_STR_ARG(owner->key), FB_STR_ARG(node->text));
            return fb_case_err_at(b, node, err);
        }
        b->seen[items[i]] = b->stamp;
    }
    *out = (struct refs){items, count};
    return FB_OK;
}

/* The n-th reference under a key, for the place of an error. */
static const struct fb_yaml *nth(const struct fb_yaml *list, size_t n)
{
    const struct fb_yaml *node = list->kind == FB_YAML_LIST ? list->child : list;
    while (n-- > 0 && node->next) {
        node = node->next;
    }
    return node;
}

static enum fb_code wrong_relation(
    const struct fb_element *of, const struct fb_element *to, bool context, struct fb_err *err)
{
    (void)fb_err_set(err, FB_E_SCHEMA, "'%.*s' is a %s and cannot %s the %s '%.*s'",
        FB_STR_ARG(to->id), fb_element_kind_name(to->kind),
        context ? "be the context of" : "support", fb_element_kind_name(of->kind),
        FB_STR_ARG(of->id));
    if (context) {
        return fb_err_hint(err, "Goals and strategies have contexts, assumptions and "
                                "justifications as context.");
    }
    return fb_err_hint(err, "Goals and strategies are supported by goals, strategies and "
                            "solutions; contexts belong under inContextOf.");
}

static enum fb_code resolve_support(struct fb_case_builder *b, size_t at, struct fb_err *err)
{
    struct fb_element *e = &b->argument->elements[at];
    const struct fb_yaml *owner = b->nodes[at];
    const struct fb_yaml *list = fb_yaml_get(owner, "supportedBy");
    struct refs refs = {NULL, 0};
    enum fb_code code = resolve_list(b, owner, list, &refs, err);
    for (size_t i = 0; code == FB_OK && i < refs.count; i++) {
        const struct fb_element *by = &b->argument->elements[refs.items[i]];
        if (!may_support(e->kind, by->kind)) {
            (void)wrong_relation(e, by, false, err);
            code = fb_case_err_at(b, nth(list, i), err);
        }
    }
    e->supported_by = refs.items;
    e->supported_by_count = refs.count;
    return code;
}

static enum fb_code resolve_context(struct fb_case_builder *b, size_t at, struct fb_err *err)
{
    struct fb_element *e = &b->argument->elements[at];
    const struct fb_yaml *owner = b->nodes[at];
    const struct fb_yaml *list = fb_yaml_get(owner, "inContextOf");
    struct refs refs = {NULL, 0};
    enum fb_code code = resolve_list(b, owner, list, &refs, err);
    for (size_t i = 0; code == FB_OK && i < refs.count; i++) {
        const struct fb_element *context = &b->argument->elements[refs.items[i]];
        if (!may_be_context(e->kind, context->kind)) {
            (void)wrong_relation(e, context, true, err);
            code = fb_case_err_at(b, nth(list, i), err);
        }
    }
    e->context = refs.items;
    e->context_count = refs.count;
    return code;
}

/* Where id stands in a list; false when it does not. */
static bool position_of(const uint32_t *items, size_t count, uint32_t id, uint32_t *out)
{
    for (size_t i = 0; i < count; i++) {
        if (items[i] == id) {
            *out = (uint32_t)i;
            return true;
        }
    }
    return false;
}

/* Finds what "A -> B" names: B supports A, B is context of A, B challenges A, A challenges B. */
static bool find_relation(
    const struct fb_case_builder *b, uint32_t from, uint32_t to, struct fb_challenge *challenge)
{
    const struct fb_element *e = &b->argument->elements[from];
    if (position_of(e->supported_by, e->supported_by_count, to, &challenge->position)) {
        challenge->kind = FB_CHALLENGE_SUPPORT;
        challenge->target = from;
        return true;
    }
    if (position_of(e->context, e->context_count, to, &challenge->position)) {
        challenge->kind = FB_CHALLENGE_CONTEXT;
        challenge->target = from;
        return true;
    }
    for (int turn = 0; turn < 2; turn++) {
        uint32_t by = turn == 0 ? to : from, target = turn == 0 ? from : to;
        for (size_t i = 0; i < b->argument->challenge_count; i++) {
            const struct fb_challenge *other = &b->argument->challenges[i];
            if (other->kind == FB_CHALLENGE_ELEMENT && other->by == by && other->target == target) {
                challenge->kind = FB_CHALLENGE_CHALLENGE;
                challenge->target = (uint32_t)i;
                return true;
            }
        }
    }
    return false;
}

/* "A -> B" as two names; false when the text has no arrow. */
static bool split_arrow(struct fb_str text, struct fb_str *from, struct fb_str *to)
{
    for (size_t i = fb_str_find(text, '-', 0); i + 1 < text.len;
         i = fb_str_find(text, '-', i + 1)) {
        if (text.ptr[i + 1] == '>') {
            *from = fb_str_trim(fb_str_sub(text, 0, i));
            *to = fb_str_trim(fb_str_sub(text, i + 2, SIZE_MAX));
            return true;
        }
    }
    return false;
}

static enum fb_code resolve_relation(const struct fb_case_builder *b, const struct fb_yaml *owner,
    const struct fb_yaml *node, struct fb_challenge *challenge, struct fb_err *err)
{
    struct fb_yaml ends[2] = {*node, *node};
    FB_ASSERT(node->kind == FB_YAML_SCALAR);
    if (!split_arrow(node->text, &ends[0].text, &ends[1].text)) {
        return FB_OK;
    }
    uint32_t index[2] = {0, 0};
    for (int i = 0; i < 2; i++) {
        enum fb_code code = resolve_one(b, owner, &ends[i], &index[i], err);
        if (code != FB_OK) {
            return code;
        }
    }
    if (index[0] != index[1] && find_relation(b, index[0], index[1], challenge)) {
        return FB_OK;
    }
    (void)fb_err_set(err, FB_E_REFERENCE, "'%.*s' challenges '%.*s', which is no relation",
        FB_STR_ARG(owner->key), FB_STR_ARG(node->text));
    (void)fb_err_hint(err, "Name the element that is supported, explained or challenged first.");
    return fb_case_err_at(b, node, err);
}

/* A challenge of an element. One of a relation is left for later, when all challenges are known. */
static enum fb_code add_challenge(
    struct fb_case_builder *b, size_t at, const struct fb_yaml *node, struct fb_err *err)
{
    struct fb_case *c = b->argument;
    struct fb_challenge *challenge = &c->challenges[c->challenge_count];
    struct fb_str from, to;
    *challenge = (struct fb_challenge){.by = (uint32_t)at, .line = node->line};
    if (node->kind == FB_YAML_SCALAR && split_arrow(node->text, &from, &to)) {
        challenge->kind = FB_CHALLENGE_SUPPORT;
        if (++b->relation_count > FB_CASE_RELATION_CHALLENGES_MAX) {
            (void)fb_err_set(err, FB_E_LIMIT, "more than 1,000 relations are challenged");
            return fb_case_err_at(b, node, err);
        }
    } else {
        enum fb_code code = resolve_one(b, b->nodes[at], node, &challenge->target, err);
        if (code != FB_OK) {
            return code;
        }
        if (challenge->target == at) {
            (void)fb_err_set(
                err, FB_E_SCHEMA, "'%.*s' challenges itself", FB_STR_ARG(c->elements[at].id));
            return fb_case_err_at(b, node, err);
        }
        c->elements[challenge->target].challenger_count++;
    }
    b->challenge_nodes[c->challenge_count++] = node;
    return FB_OK;
}

static const struct fb_yaml *challenges_of(const struct fb_case_builder *b, size_t at)
{
    const struct fb_yaml *list = fb_yaml_get(b->nodes[at], "challenges");
    return list && (list->kind != FB_YAML_SCALAR || list->text.len > 0) ? list : NULL;
}

static enum fb_code add_challenges_of(struct fb_case_builder *b, size_t at, struct fb_err *err)
{
    const struct fb_element *e = &b->argument->elements[at];
    const struct fb_yaml *list = challenges_of(b, at);
    if (!list) {
        return FB_OK;
    }
    if (e->kind != FB_ELEMENT_COUNTER_GOAL && e->kind != FB_ELEMENT_COUNTER_SOLUTION) {
        (void)fb_err_set(err, FB_E_SCHEMA, "the %s '%.*s' cannot challenge",
            fb_element_kind_name(e->kind), FB_STR_ARG(e->id));
        (void)fb_err_hint(err, "Only counter goals (CG) and counter solutions (CSn) challenge.");
        return fb_case_err_at_key(b, list, err);
    }
    if (list->kind != FB_YAML_LIST) {
        return add_challenge(b, at, list, err);
    }
    enum fb_code code = FB_OK;
    for (const struct fb_yaml *node = list->child; code == FB_OK && node; node = node->next) {
        code = add_challenge(b, at, node, err);
    }
    return code;
}

/* Fills each element's list of challengers; their numbers are known. */
static enum fb_code fill_challengers(struct fb_case_builder *b, struct fb_err *err)
{
    struct fb_case *c = b->argument;
    for (size_t i = 0; i < c->element_count; i++) {
        struct fb_element *e = &c->elements[i];
        if (e->challenger_count > 0) {
            e->challengers = FB_ARENA_ARRAY(b->arena, uint32_t, e->challenger_count);
            if (!e->challengers) {
                return fb_arena_failed(b->arena, err);
            }
            e->challenger_count = 0;
        }
    }
    for (size_t i = 0; i < c->challenge_count; i++) {
        if (c->challenges[i].kind == FB_CHALLENGE_ELEMENT) {
            struct fb_element *e = &c->elements[c->challenges[i].target];
            e->challengers[e->challenger_count++] = c->challenges[i].by;
        }
    }
    return FB_OK;
}

static enum fb_code resolve_challenges(struct fb_case_builder *b, struct fb_err *err)
{
    struct fb_case *c = b->argument;
    size_t total = 0;
    for (size_t i = 0; i < c->element_count; i++) {
        const struct fb_yaml *list = challenges_of(b, i);
        total += !list ? 0 : list->kind == FB_YAML_LIST ? list->count : 1;
    }
    c->challenges = FB_ARENA_ARRAY(b->arena, struct fb_challenge, total);
    b->challenge_nodes = FB_ARENA_ARRAY(b->scratch, const struct fb_yaml *, total);
    if (!c->challenges) {
        return fb_arena_failed(b->arena, err);
    }
    if (!b->challenge_nodes) {
        return fb_arena_failed(b->scratch, err);
    }
    enum fb_code code = FB_OK;
    for (size_t i = 0; code == FB_OK && i < c->element_count; i++) {
        code = add_challenges_of(b, i, err);
    }
    for (size_t i = 0; code == FB_OK && i < c->challenge_count; i++) {
        if (c->challenges[i].kind == FB_CHALLENGE_SUPPORT) {
            code = resolve_relation(
                b, b->nodes[c->challenges[i].by], b->challenge_nodes[i], &c->challenges[i], err);
        }
    }
    return code != FB_OK ? code : fill_challengers(b, err);
}

enum fb_code fb_case_resolve(struct fb_case_builder *b, struct fb_err *err)
{
    FB_ASSERT(b && b->argument && err);
    size_t count = b->argument->element_count;
    b->seen = FB_ARENA_ARRAY(b->scratch, uint32_t, count);
    if (!b->seen) {
        return fb_arena_failed(b->scratch, err);
    }
    enum fb_code code = FB_OK;
    for (size_t i = 0; code == FB_OK && i < count; i++) {
        code = resolve_support(b, i, err);
        code = code != FB_OK ? code : resolve_context(b, i, err);
    }
    return code != FB_OK ? code : resolve_challenges(b, err);
}

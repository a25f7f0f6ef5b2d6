#include "base/assert.h"
#include "case/parse.h"

static bool is_counter(enum fb_element_kind kind)
{
    return kind == FB_ELEMENT_COUNTER_GOAL || kind == FB_ELEMENT_COUNTER_SOLUTION;
}

/* Which kinds may stand under supportedBy of which. A case that is not submitted may have counter
 * arguments among supporters, as gsn2x lets it. */
static bool may_support(
    const struct fb_case_builder *b, enum fb_element_kind supported, enum fb_element_kind by)
{
    bool plain = by == FB_ELEMENT_GOAL || by == FB_ELEMENT_STRATEGY || by == FB_ELEMENT_SOLUTION;
    switch (supported) {
    case FB_ELEMENT_GOAL:
        return plain || (b->relaxed && is_counter(by));
    case FB_ELEMENT_STRATEGY:
    case FB_ELEMENT_COUNTER_GOAL:
        return plain || is_counter(by);
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

/* The element that a name at a place stands for. */
static enum fb_code resolve_one(const struct fb_case_builder *b, struct fb_str name,
    const struct fb_doc_place *place, uint32_t *out, struct fb_err *err)
{
    uint32_t found = fb_doc_find(b->doc, fb_str_trim(name));
    if (found == FB_DOC_NONE) {
        (void)fb_err_set(err, FB_E_REFERENCE, "'%.*s' refers to '%.*s', which does not exist",
            FB_STR_ARG(b->doc->elements[b->at].id), FB_STR_ARG(name));
        bool several = fb_str_find(name, ',', 0) < name.len;
        (void)fb_err_hint(err, several ? "Write several as a list, as [G2, G3]."
                                       : "Add the element, or correct the name.");
        return fb_doc_err_at(b->doc, place, err);
    }
    *out = found;
    return FB_OK;
}

static enum fb_code named_twice(
    const struct fb_case_builder *b, const struct fb_doc_ref *ref, struct fb_err *err)
{
    (void)fb_err_set(err, FB_E_DUPLICATE, "'%.*s' names '%.*s' twice",
        FB_STR_ARG(b->doc->elements[b->at].id), FB_STR_ARG(ref->name));
    return fb_doc_err_at(b->doc, &ref->place, err);
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

/* The references of one list. One that stands twice is refused, or dropped when relaxed. */
static enum fb_code resolve_list(struct fb_case_builder *b, const struct fb_doc_refs *list,
    bool context, struct refs *out, struct fb_err *err)
{
    const struct fb_element *e = &b->argument->elements[b->at];
    uint32_t *items = FB_ARENA_ARRAY(b->arena, uint32_t, list->count);
    size_t count = 0;
    if (!items) {
        return fb_arena_failed(b->arena, err);
    }
    b->stamp++;
    for (size_t i = 0; i < list->count; i++) {
        const struct fb_doc_ref *ref = &list->items[i];
        uint32_t to = 0;
        enum fb_code code = resolve_one(b, ref->name, &ref->place, &to, err);
        if (code != FB_OK) {
            return code;
        }
        if (b->seen[to] == b->stamp) {
            if (b->relaxed) {
                continue;
            }
            return named_twice(b, ref, err);
        }
        b->seen[to] = b->stamp;
        items[count++] = to;
    }
    for (size_t i = 0; i < list->count; i++) {
        const struct fb_doc_ref *ref = &list->items[i];
        uint32_t to = fb_doc_find(b->doc, fb_str_trim(ref->name));
        enum fb_element_kind kind = b->argument->elements[to].kind;
        if (context ? !may_be_context(e->kind, kind) : !may_support(b, e->kind, kind)) {
            (void)wrong_relation(e, &b->argument->elements[to], context, err);
            return fb_doc_err_at(b->doc, &ref->place, err);
        }
    }
    *out = (struct refs){items, count};
    return FB_OK;
}

static enum fb_code cannot_repeat(
    const struct fb_case_builder *b, const char *form, struct fb_err *err)
{
    return fb_case_refuse(b, fb_doc_member(&b->doc->elements[b->at], "repeats"), form,
        "An away element names one public element of its kind in another module, and nothing else "
        "supports it.",
        err);
}

/* The kind of what the element in hand may repeat: its own, or a goal where an away goal stands as
 * a context. */
static enum fb_element_kind kind_repeated(const struct fb_case_builder *b)
{
    enum fb_element_kind own = b->argument->elements[b->at].kind;
    const struct fb_yaml *symbol = fb_doc_member(&b->doc->elements[b->at], "symbol");
    bool goal = own == FB_ELEMENT_CONTEXT && symbol && fb_str_is(symbol->text, "goal");
    return goal ? FB_ELEMENT_GOAL : own;
}

/* What an away element repeats is what it rests on, so that it has the label of the original. */
static enum fb_code resolve_repeats(
    struct fb_case_builder *b, struct refs *support, struct fb_err *err)
{
    const struct fb_doc_element *from = &b->doc->elements[b->at];
    uint32_t to = 0, *items = FB_ARENA_ARRAY(b->arena, uint32_t, 1);
    if (!items) {
        return fb_arena_failed(b->arena, err);
    }
    if (from->repeats.count > 1) {
        return cannot_repeat(b, "names several", err);
    }
    const struct fb_doc_ref *ref = &from->repeats.items[0];
    enum fb_code code = resolve_one(b, ref->name, &ref->place, &to, err);
    if (code != FB_OK) {
        return code;
    }
    const char *wrong = !fb_doc_member(from, "away") ? "stands without 'away'"
                        : b->argument->elements[to].kind != kind_repeated(b)
                            ? "names an element of another kind"
                        : support->count > 0 || from->undeveloped || from->evidence.len > 0
                            ? "stands beside support of its own"
                            : NULL;
    if (wrong) {
        return cannot_repeat(b, wrong, err);
    }
    items[0] = to;
    *support = (struct refs){items, 1};
    return FB_OK;
}

static enum fb_code resolve_element(struct fb_case_builder *b, struct fb_err *err)
{
    const struct fb_doc_element *from = &b->doc->elements[b->at];
    struct fb_element *e = &b->argument->elements[b->at];
    struct refs support = {NULL, 0}, context = {NULL, 0};
    enum fb_code code = resolve_list(b, &from->supported_by, false, &support, err);
    code = code != FB_OK ? code : resolve_list(b, &from->context, true, &context, err);
    if (code == FB_OK && from->repeats.count > 0) {
        code = resolve_repeats(b, &support, err);
    }
    e->supported_by = support.items;
    e->supported_by_count = support.count;
    e->context = context.items;
    e->context_count = context.count;
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

/* Finds what "A -> B" names: B supports A, B is context of A, B challenges A, A challenges B, or
 * one of them with the names the other way round when relaxed. */
static bool find_relation(
    const struct fb_case_builder *b, uint32_t from, uint32_t to, struct fb_challenge *challenge)
{
    for (int turn = 0; turn < (b->relaxed ? 2 : 1); turn++) {
        uint32_t at = turn == 0 ? from : to, other = turn == 0 ? to : from;
        const struct fb_element *e = &b->argument->elements[at];
        if (position_of(e->supported_by, e->supported_by_count, other, &challenge->position)) {
            challenge->kind = FB_CHALLENGE_SUPPORT;
            challenge->target = at;
            return true;
        }
        if (position_of(e->context, e->context_count, other, &challenge->position)) {
            challenge->kind = FB_CHALLENGE_CONTEXT;
            challenge->target = at;
            return true;
        }
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

static enum fb_code resolve_relation(const struct fb_case_builder *b, size_t at, struct fb_err *err)
{
    const struct fb_doc_ref *ref = b->challenge_refs[at];
    uint32_t index[2] = {0, 0};
    for (int i = 0; i < 2; i++) {
        enum fb_code code =
            resolve_one(b, i == 0 ? ref->name : ref->second, &ref->place, &index[i], err);
        if (code != FB_OK) {
            return code;
        }
    }
    if (index[0] != index[1] &&
        find_relation(b, index[0], index[1], &b->argument->challenges[at])) {
        return FB_OK;
    }
    (void)fb_err_set(err, FB_E_REFERENCE, "'%.*s' challenges '%.*s -> %.*s', which is no relation",
        FB_STR_ARG(b->doc->elements[b->at].id), FB_STR_ARG(ref->name), FB_STR_ARG(ref->second));
    (void)fb_err_hint(err, "Name the element that is supported, explained or challenged first.");
    return fb_doc_err_at(b->doc, &ref->place, err);
}

/* A challenge of an element. One of a relation is left for later, when all challenges are known. */
static enum fb_code add_challenge(
    struct fb_case_builder *b, const struct fb_doc_ref *ref, struct fb_err *err)
{
    struct fb_case *c = b->argument;
    struct fb_challenge *challenge = &c->challenges[c->challenge_count];
    *challenge = (struct fb_challenge){.by = (uint32_t)b->at, .line = ref->place.line};
    if (ref->is_relation) {
        challenge->kind = FB_CHALLENGE_SUPPORT;
        if (++b->relation_count > FB_CASE_RELATION_CHALLENGES_MAX) {
            (void)fb_err_set(err, FB_E_LIMIT, "more than 1,000 relations are challenged");
            return fb_doc_err_at(b->doc, &ref->place, err);
        }
    } else {
        enum fb_code code = resolve_one(b, ref->name, &ref->place, &challenge->target, err);
        if (code != FB_OK) {
            return code;
        }
        if (challenge->target == b->at) {
            (void)fb_err_set(
                err, FB_E_SCHEMA, "'%.*s' challenges itself", FB_STR_ARG(c->elements[b->at].id));
            return fb_doc_err_at(b->doc, &ref->place, err);
        }
        c->elements[challenge->target].challenger_count++;
    }
    b->challenge_refs[c->challenge_count++] = ref;
    return FB_OK;
}

static enum fb_code add_challenges_of(struct fb_case_builder *b, struct fb_err *err)
{
    const struct fb_element *e = &b->argument->elements[b->at];
    const struct fb_doc_element *from = &b->doc->elements[b->at];
    if (from->challenges.count == 0) {
        return FB_OK;
    }
    if (!is_counter(e->kind)) {
        (void)fb_err_set(err, FB_E_SCHEMA, "the %s '%.*s' cannot challenge",
            fb_element_kind_name(e->kind), FB_STR_ARG(e->id));
        (void)fb_err_hint(err, "Only counter goals (CG) and counter solutions (CSn) challenge.");
        struct fb_doc_place place =
            fb_doc_at_key(from->place.module, fb_doc_member(from, "challenges"));
        return fb_doc_err_at(b->doc, &place, err);
    }
    enum fb_code code = FB_OK;
    for (size_t i = 0; code == FB_OK && i < from->challenges.count; i++) {
        code = add_challenge(b, &from->challenges.items[i], err);
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
        total += b->doc->elements[i].challenges.count;
    }
    c->challenges = FB_ARENA_ARRAY(b->arena, struct fb_challenge, total);
    b->challenge_refs = FB_ARENA_ARRAY(b->scratch, const struct fb_doc_ref *, total);
    if (!c->challenges) {
        return fb_arena_failed(b->arena, err);
    }
    if (!b->challenge_refs) {
        return fb_arena_failed(b->scratch, err);
    }
    enum fb_code code = FB_OK;
    for (b->at = 0; code == FB_OK && b->at < c->element_count; b->at++) {
        code = add_challenges_of(b, err);
    }
    for (size_t i = 0; code == FB_OK && i < c->challenge_count; i++) {
        if (b->challenge_refs[i]->is_relation) {
            b->at = c->challenges[i].by;
            code = resolve_relation(b, i, err);
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
    for (b->at = 0; code == FB_OK && b->at < count; b->at++) {
        code = resolve_element(b, err);
    }
    return code != FB_OK ? code : resolve_challenges(b, err);
}

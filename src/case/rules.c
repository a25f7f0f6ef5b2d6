#include "case/rules.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/assert.h"

struct checker {
    struct fb_doc *doc;
    const struct fb_rules_options *options;
    struct fb_err *err;
    uint32_t *by_id;     /* elements in the order of ids */
    uint32_t *by_name;   /* modules in the order of names */
    uint8_t *challenged; /* of each element: another one challenges it */
    uint32_t *stamps;    /* of each element: the list that named it last */
    uint32_t stamp;
    struct fb_map strangers; /* names in the list in hand that no element has */
    enum fb_code code;       /* of what cannot go on */
};

static bool is(const struct fb_doc_element *e, enum fb_element_kind kind)
{
    return e->has_kind && e->kind == kind;
}

static bool is_claim(const struct fb_doc_element *e)
{
    return is(e, FB_ELEMENT_GOAL) || is(e, FB_ELEMENT_STRATEGY);
}

static bool is_counter(const struct fb_doc_element *e)
{
    return is(e, FB_ELEMENT_COUNTER_GOAL) || is(e, FB_ELEMENT_COUNTER_SOLUTION);
}

static const struct fb_doc_element *named(const struct checker *c, struct fb_str id)
{
    uint32_t at = fb_doc_find(c->doc, id);
    return at == FB_DOC_NONE ? NULL : &c->doc->elements[at];
}

/* Records a finding; what goes wrong in that is kept in the checker. */
#define FOUND(c, rule_, error_, place_, hint_, ...)                                                \
    do {                                                                                           \
        struct fb_report report_ = {                                                               \
            .rule = (rule_), .is_error = (error_), .place = (place_), .hint = (hint_)};            \
        enum fb_code code_ = fb_doc_report((c)->doc, &report_, (c)->err, __VA_ARGS__);             \
        (c)->code = (c)->code != FB_OK ? (c)->code : code_;                                        \
    } while (0)

static struct fb_doc_place key_place(const struct fb_doc_element *e, const char *key)
{
    const struct fb_yaml *node = fb_doc_member(e, key);
    return node ? fb_doc_at_key(e->place.module, node) : e->place;
}

static bool names(const struct fb_doc_refs *refs, struct fb_str id)
{
    for (size_t i = 0; i < refs->count; i++) {
        if (!refs->items[i].is_relation && fb_str_eq(refs->items[i].name, id)) {
            return true;
        }
    }
    return false;
}

/* V01 and V08. */
static void check_type(struct checker *c, const struct fb_doc_element *e)
{
    enum fb_element_kind by_id;
    if (!e->has_kind) {
        FOUND(c, "V01", true, e->place,
            "Ids begin with G, S, Sn, C, A, J, CG or CSn; or add a nodeType.",
            "'%.*s' does not say what it is", FB_STR_ARG(e->id));
    } else if (c->options->extended && fb_element_kind_of_id(e->id, &by_id) && by_id != e->kind) {
        FOUND(c, "V08", false, key_place(e, "nodeType"), "Rename it, or correct its nodeType.",
            "'%.*s' is a %s and is named like a %s", FB_STR_ARG(e->id),
            fb_element_kind_name(e->kind), fb_element_kind_name(by_id));
    }
}

static bool fits(const struct fb_doc_element *of, const struct fb_doc_element *to, bool context)
{
    if (context) {
        return is_claim(of) &&
               (!to || is(to, FB_ELEMENT_CONTEXT) || is(to, FB_ELEMENT_ASSUMPTION) ||
                   is(to, FB_ELEMENT_JUSTIFICATION));
    }
    /* What LTAC calls a counter relation rests on the evidence itself. */
    if (is(of, FB_ELEMENT_COUNTER_GOAL) && !fb_doc_member(of, "ltac")) {
        return !to || is_counter(to);
    }
    return (is_claim(of) || is(of, FB_ELEMENT_COUNTER_GOAL)) &&
           (!to || is_claim(to) || is(to, FB_ELEMENT_SOLUTION) || is_counter(to));
}

static bool named_before(struct checker *c, const struct fb_doc_refs *refs, size_t at)
{
    uint32_t index = fb_doc_find(c->doc, refs->items[at].name);
    if (index != FB_DOC_NONE) {
        bool before = c->stamps[index] == c->stamp;
        c->stamps[index] = c->stamp;
        return before;
    }
    bool before = fb_map_has(&c->strangers, refs->items[at].name);
    enum fb_code code =
        before ? FB_OK : fb_map_put(&c->strangers, refs->items[at].name, NULL, c->err);
    c->code = c->code != FB_OK ? c->code : code;
    return before;
}

/* V04, V05 and V06 of one list. */
static void check_list(struct checker *c, const struct fb_doc_element *e, bool context)
{
    const struct fb_doc_refs *refs = context ? &e->context : &e->supported_by;
    const char *word = context ? "context" : "support";
    c->stamp++;
    fb_map_release(&c->strangers);
    for (size_t i = 0; i < refs->count; i++) {
        const struct fb_doc_ref *ref = &refs->items[i];
        if (fb_str_eq(ref->name, e->id)) {
            FOUND(c, "V06", true, ref->place, "Remove it from its own list.",
                "'%.*s' names itself as its %s", FB_STR_ARG(e->id), word);
        }
        if (named_before(c, refs, i)) {
            FOUND(c, "V05", false, ref->place, "Once is enough.",
                "'%.*s' names '%.*s' twice as its %s", FB_STR_ARG(e->id), FB_STR_ARG(ref->name),
                word);
        }
        const struct fb_doc_element *to = named(c, ref->name);
        if (!fits(e, to, context)) {
            FOUND(c, "V04", true, ref->place,
                context ? "Goals and strategies have contexts, assumptions and justifications."
                        : "Goals and strategies are supported by goals, strategies and solutions.",
                "'%.*s'%s%s cannot be the %s of '%.*s'", FB_STR_ARG(ref->name),
                to && to->has_kind ? ", a " : "",
                to && to->has_kind ? fb_element_kind_name(to->kind) : "", word, FB_STR_ARG(e->id));
        }
    }
}

/* V02 to V06 and V12. */
static void check_references(struct checker *c, const struct fb_doc_element *e)
{
    check_list(c, e, true);
    check_list(c, e, false);
    if (e->supported_by.count > 0 && e->undeveloped) {
        FOUND(c, "V03", true, key_place(e, "undeveloped"),
            "Remove undeveloped, or what it is supported by.",
            "'%.*s' is undeveloped and has support", FB_STR_ARG(e->id));
    } else if (e->supported_by.count == 0 && e->repeats.count == 0 && is_claim(e) &&
               !e->undeveloped) {
        FOUND(c, "V02", false, e->place, "Support it, or mark it as undeveloped: true.",
            "'%.*s' has no support and is not marked as undeveloped", FB_STR_ARG(e->id));
    }
    if (e->challenges.count > 0 && !is_counter(e)) {
        FOUND(c, "V12", true, key_place(e, "challenges"),
            "Only counter goals (CG) and counter solutions (CSn) challenge.",
            "'%.*s' challenges and is no counter goal or counter solution", FB_STR_ARG(e->id));
    }
}

/* V09. */
static void check_claim_points(struct checker *c, const struct fb_doc_element *e)
{
    for (size_t i = 0; i < e->acp_count; i++) {
        const struct fb_doc_acp *acp = &e->acps[i];
        for (size_t k = 0; k < acp->on.count; k++) {
            struct fb_str on = acp->on.items[k].name;
            bool related = named(c, on) && (names(&e->supported_by, on) || names(&e->context, on));
            if (!related && !fb_str_eq(on, e->id)) {
                FOUND(c, "V09", true, acp->on.items[k].place,
                    "Name the element itself or one that it is directly related to.",
                    "assurance claim point '%.*s' of '%.*s' is on '%.*s', which is not related",
                    FB_STR_ARG(acp->name), FB_STR_ARG(e->id), FB_STR_ARG(on));
            }
        }
    }
}

/* V10 and V13. */
static void check_defeat(struct checker *c, const struct fb_doc_element *e)
{
    if (e->defeated && !c->challenged[e - c->doc->elements]) {
        FOUND(c, "V10", true, key_place(e, "defeated"), "Add the challenge, or remove the flag.",
            "'%.*s' is marked as defeated and nothing challenges it", FB_STR_ARG(e->id));
    }
    for (size_t i = 0; i < e->defeated_relations.count; i++) {
        struct fb_str to = e->defeated_relations.items[i].name;
        if (!names(&e->supported_by, to) && !names(&e->context, to) && !names(&e->challenges, to)) {
            FOUND(c, "V13", true, e->defeated_relations.items[i].place,
                "Name an element that it is related to.",
                "'%.*s' marks its relation to '%.*s' as defeated and has none", FB_STR_ARG(e->id),
                FB_STR_ARG(to));
            return;
        }
    }
}

/* V07. */
static void check_develops(struct checker *c, uint32_t module)
{
    const struct fb_doc_module *m = &c->doc->modules[module];
    for (size_t i = 0; i < m->extend_count; i++) {
        const struct fb_doc_extension *x = &m->extends[i];
        for (size_t k = 0; k < x->locals.count; k++) {
            const struct fb_doc_ref *ref = &x->locals.items[k];
            const struct fb_doc_element *e = named(c, ref->name);
            bool good =
                fb_str_starts(ref->name, FB_STR("S")) || fb_str_starts(ref->name, FB_STR("G"));
            if (!good) {
                FOUND(c, "V07", true, ref->place, "Goals, strategies and solutions can.",
                    "'%.*s' cannot develop another element", FB_STR_ARG(ref->name));
            } else if (!e || e->place.module != module) {
                FOUND(c, "V07", true, ref->place, "Add it, or correct the name.",
                    "'%.*s' shall develop '%.*s' and is not in this module", FB_STR_ARG(ref->name),
                    FB_STR_ARG(x->foreign));
            }
        }
    }
}

/* V11: once for each module that is looked at, wherever the element stands, as gsn2x has it. */
static void check_dialectic(struct checker *c)
{
    for (size_t i = 0; i < c->doc->element_count; i++) {
        const struct fb_doc_element *e = &c->doc->elements[c->by_id[i]];
        if (is_counter(e)) {
            FOUND(c, "V11", false, e->place, NULL, "the dialectic extension is used, as by '%.*s'",
                FB_STR_ARG(e->id));
            return;
        }
    }
}

/* False when the rest is not looked at, as gsn2x has it. */
static bool goes_on(const struct checker *c, size_t errors_before)
{
    return c->code == FB_OK && (c->options->all || c->doc->error_count == errors_before);
}

static bool check_module(struct checker *c, uint32_t module)
{
    size_t errors = c->doc->error_count;
    for (size_t i = 0; i < c->doc->element_count; i++) {
        const struct fb_doc_element *e = &c->doc->elements[c->by_id[i]];
        if (e->place.module == module) {
            check_type(c, e);
            check_references(c, e);
            check_claim_points(c, e);
            check_defeat(c, e);
        }
    }
    if (!goes_on(c, errors)) {
        return false;
    }
    check_develops(c, module);
    if (goes_on(c, errors) && c->options->dialectic) {
        check_dialectic(c);
    }
    return goes_on(c, errors);
}

static uint32_t module_of_name(const struct fb_doc *doc, struct fb_str name)
{
    for (uint32_t i = 0; i < doc->module_count; i++) {
        if (fb_str_eq(doc->modules[i].name, name)) {
            return i;
        }
    }
    return FB_DOC_NONE;
}

/* C10 for one element; puts its support in place when it may be developed. */
static void extend_one(struct checker *c, const struct fb_doc_extension *x, uint32_t foreign_module)
{
    uint32_t at = fb_doc_find(c->doc, x->foreign);
    struct fb_doc_element *e = at == FB_DOC_NONE ? NULL : &c->doc->elements[at];
    if (!e || e->place.module != foreign_module) {
        FOUND(c, "C10", true, x->place, "Name an element of that module.",
            "'%.*s' is not in module '%.*s', which is to be extended", FB_STR_ARG(x->foreign),
            FB_STR_ARG(x->module));
    } else if (!e->undeveloped) {
        FOUND(c, "C10", true, x->place, "Only elements with undeveloped: true can be developed.",
            "'%.*s' of module '%.*s' is not undeveloped", FB_STR_ARG(x->foreign),
            FB_STR_ARG(x->module));
    } else {
        e->supported_by = x->locals;
        e->undeveloped = false;
    }
}

static void extend_all(struct checker *c)
{
    for (size_t i = 0; i < c->doc->module_count; i++) {
        const struct fb_doc_module *m = &c->doc->modules[c->by_name[i]];
        for (size_t k = 0; k < m->extend_count; k++) {
            const struct fb_doc_extension *x = &m->extends[k];
            uint32_t module = module_of_name(c->doc, x->module);
            if (x->foreign.len == 0 && module == FB_DOC_NONE) {
                FOUND(c, "C09", true, x->place, "Give the file of that module too.",
                    "module '%.*s', which is to be extended, is not there", FB_STR_ARG(x->module));
            } else if (x->foreign.len > 0) {
                extend_one(c, x, module);
            }
        }
    }
}

static bool is_excluded(const struct checker *c, uint32_t module)
{
    for (size_t i = 0; i < c->options->excluded_count; i++) {
        if (fb_str_is(c->doc->modules[module].name, c->options->excluded[i])) {
            return true;
        }
    }
    return false;
}

/* C03 and C11: the first of a list that does not exist. */
static void check_exist(
    struct checker *c, const struct fb_doc_element *e, const struct fb_doc_refs *refs)
{
    for (size_t i = 0; i < refs->count; i++) {
        const struct fb_doc_ref *ref = &refs->items[i];
        if (named(c, ref->name)) {
            continue;
        }
        FOUND(c, "C03", true, ref->place, "Add the element, or correct the name.",
            "'%.*s' refers to '%.*s', which does not exist", FB_STR_ARG(e->id),
            FB_STR_ARG(ref->name));
        if (fb_str_find(ref->name, ',', 0) < ref->name.len) {
            FOUND(c, "C11", false, ref->place, "Write several as a list, as [G2, G3].",
                "'%.*s' looks like a list that was written as one text", FB_STR_ARG(ref->name));
        }
        if (!c->options->all) {
            return;
        }
    }
}

static bool relates(const struct fb_doc_element *from, struct fb_str to)
{
    if (names(&from->supported_by, to) || names(&from->context, to)) {
        return true;
    }
    for (size_t i = 0; i < from->challenges.count; i++) {
        const struct fb_doc_ref *ref = &from->challenges.items[i];
        if (fb_str_eq(ref->name, to) || (ref->is_relation && fb_str_eq(ref->second, to))) {
            return true;
        }
    }
    return false;
}

/* C12, C15 and C16: a challenge of a relation. */
static void check_relation(
    struct checker *c, const struct fb_doc_element *e, const struct fb_doc_ref *ref)
{
    const struct fb_doc_element *left = named(c, ref->name), *right = named(c, ref->second);
    if (fb_str_eq(ref->name, ref->second)) {
        FOUND(c, "C15", true, ref->place, "Name two elements.",
            "'%.*s' challenges a relation from '%.*s' to itself", FB_STR_ARG(e->id),
            FB_STR_ARG(ref->name));
    } else if (!left || !right) {
        FOUND(c, "C12", true, ref->place, "Add the element, or correct the name.",
            "'%.*s' challenges a relation of '%.*s', which does not exist", FB_STR_ARG(e->id),
            FB_STR_ARG(left ? ref->second : ref->name));
    } else if (!relates(left, ref->second) && !relates(right, ref->name)) {
        FOUND(c, "C16", true, ref->place, "Name two elements that are related.",
            "'%.*s' challenges '%.*s -> %.*s', which is no relation", FB_STR_ARG(e->id),
            FB_STR_ARG(ref->name), FB_STR_ARG(ref->second));
    }
}

/* C12 to C16. */
static void check_challenges(struct checker *c, const struct fb_doc_element *e)
{
    for (size_t i = 0; i < e->challenges.count; i++) {
        const struct fb_doc_ref *ref = &e->challenges.items[i];
        if (ref->is_relation) {
            check_relation(c, e, ref);
        } else if (fb_str_eq(ref->name, e->id)) {
            FOUND(c, "C13", true, ref->place, "Name what it challenges.",
                "'%.*s' challenges itself", FB_STR_ARG(e->id));
        } else if (!named(c, ref->name)) {
            FOUND(c, "C14", true, ref->place, "Add the element, or correct the name.",
                "'%.*s' challenges '%.*s', which does not exist", FB_STR_ARG(e->id),
                FB_STR_ARG(ref->name));
        }
    }
}

static bool check_all_references(struct checker *c)
{
    size_t errors = c->doc->error_count;
    for (size_t i = 0; i < c->doc->element_count && goes_on(c, errors); i++) {
        const struct fb_doc_element *e = &c->doc->elements[c->by_id[i]];
        if (!is_excluded(c, e->place.module)) {
            check_exist(c, e, &e->context);
            check_exist(c, e, &e->supported_by);
            check_exist(c, e, &e->repeats);
            check_challenges(c, e);
        }
    }
    return goes_on(c, errors);
}

static void unmark(const struct checker *c, const struct fb_doc_refs *refs, uint8_t *roots)
{
    for (size_t i = 0; i < refs->count; i++) {
        uint32_t at = fb_doc_find(c->doc, refs->items[i].name);
        if (at != FB_DOC_NONE) {
            roots[at] = 0;
        }
    }
}

/* Marks what nothing refers to and what challenges nothing; returns how many. */
static size_t mark_roots(const struct checker *c, uint8_t *roots)
{
    const struct fb_doc *doc = c->doc;
    size_t count = 0;
    for (size_t i = 0; i < doc->element_count; i++) {
        roots[i] = 1;
    }
    for (size_t i = 0; i < doc->element_count; i++) {
        unmark(c, &doc->elements[i].context, roots);
        unmark(c, &doc->elements[i].supported_by, roots);
        unmark(c, &doc->elements[i].repeats, roots);
        if (doc->elements[i].challenges.count > 0) {
            roots[i] = 0;
        }
    }
    for (size_t i = 0; i < doc->element_count; i++) {
        count += roots[i];
    }
    return count;
}

/* C01 and C02. */
static bool check_top(struct checker *c, const uint8_t *roots, size_t count)
{
    size_t errors = c->doc->error_count, seen = 0;
    if (count == 0) {
        const struct fb_doc_element *first = &c->doc->elements[0];
        FOUND(c, "C01", true, first->place,
            "One goal is supported by others and supports none; take out what goes round.",
            "the case has no element that nothing refers to: '%.*s' and all others are named by "
            "some other",
            FB_STR_ARG(first->id));
        return goes_on(c, errors);
    }
    for (size_t i = 0; i < c->doc->element_count; i++) {
        const struct fb_doc_element *e = &c->doc->elements[c->by_id[i]];
        seen += roots[c->by_id[i]];
        if (roots[c->by_id[i]] && count == 1 && !is(e, FB_ELEMENT_GOAL)) {
            FOUND(c, "C02", true, e->place, "Let a goal stand at the top.",
                "the top, '%.*s', is a %s and not a goal", FB_STR_ARG(e->id),
                e->has_kind ? fb_element_kind_name(e->kind) : "thing");
        } else if (roots[c->by_id[i]] && count > 1 && seen == 2) {
            FOUND(c, "C01", false, e->place, "Let one goal at the top be supported by the others.",
                "nothing refers to %zu elements, of which '%.*s' is the second", count,
                FB_STR_ARG(e->id));
        }
    }
    return goes_on(c, errors);
}

/* A walk along support. */
struct walk {
    uint32_t *path;
    uint32_t *next;
    uint8_t *state;
    size_t depth;
};
enum { NEW, OPEN, DONE };
enum { ROOT = 2 };

/* C04 from one root; true when a circle was found. */
static bool find_circle(struct checker *c, struct walk *w, uint32_t root)
{
    w->path[w->depth++] = root;
    w->state[root] = OPEN;
    while (w->depth > 0) {
        const struct fb_doc_element *e = &c->doc->elements[w->path[w->depth - 1]];
        uint32_t at = w->path[w->depth - 1];
        size_t support = e->supported_by.count;
        if (w->next[at] == support + e->repeats.count) {
            w->state[at] = DONE;
            w->depth--;
            continue;
        }
        size_t step = w->next[at]++;
        const struct fb_doc_ref *ref =
            step < support ? &e->supported_by.items[step] : &e->repeats.items[step - support];
        uint32_t to = fb_doc_find(c->doc, ref->name);
        if (to != FB_DOC_NONE && w->state[to] == OPEN) {
            FOUND(c, "C04", true, ref->place,
                "A claim cannot rest on itself; remove one supporter.",
                "support runs in a circle: '%.*s' rests on '%.*s', which rests on it",
                FB_STR_ARG(e->id), FB_STR_ARG(ref->name));
            return true;
        }
        if (to != FB_DOC_NONE && w->state[to] == NEW) {
            w->state[to] = OPEN;
            w->path[w->depth++] = to;
        }
    }
    return false;
}

static bool check_circles(struct checker *c, const uint8_t *roots)
{
    struct fb_arena *arena = c->doc->arena;
    size_t count = c->doc->element_count;
    struct walk w = {.path = FB_ARENA_ARRAY(arena, uint32_t, count),
        .next = FB_ARENA_ARRAY(arena, uint32_t, count),
        .state = FB_ARENA_ARRAY(arena, uint8_t, count)};
    if (!w.path || !w.next || !w.state) {
        c->code = fb_arena_failed(arena, c->err);
        return false;
    }
    for (uint32_t i = 0; i < count; i++) {
        if (roots[i] && w.state[i] == NEW && find_circle(c, &w, i)) {
            return c->options->all;
        }
    }
    return c->code == FB_OK;
}

/* Lists of who challenges what, to follow challenges backwards. */
struct challengers {
    uint32_t *first;
    uint32_t *next;
};

static void push(uint8_t *seen, uint32_t *stack, size_t *depth, uint32_t at)
{
    if (at != FB_DOC_NONE && !seen[at]) {
        seen[at] = 1;
        stack[(*depth)++] = at;
    }
}

static bool is_explanation(const struct fb_doc_element *e)
{
    return is(e, FB_ELEMENT_CONTEXT) || is(e, FB_ELEMENT_ASSUMPTION) ||
           is(e, FB_ELEMENT_JUSTIFICATION);
}

/* gsn2x finds no challenge of a context; what formats with challenges of their own say is found. */
static bool finds_challenge(const struct checker *c, uint32_t of, uint32_t by)
{
    const struct fb_doc_element *e = &c->doc->elements[by];
    return !is_explanation(&c->doc->elements[of]) || fb_doc_member(e, "ltac") ||
           fb_doc_member(e, "tea");
}

/* C08 for some elements, the first of which is given. */
static void report_lost(struct checker *c, uint32_t first, size_t lost)
{
    const struct fb_doc_element *e = &c->doc->elements[first];
    const struct fb_doc_element *on =
        e->challenges.count ? named(c, e->challenges.items[0].name) : NULL;
    FOUND(c, "C08", true, e->place,
        on && is_explanation(on)
            ? "gsn2x reaches no challenge of a context; challenge its relation, as G1 -> C1."
            : "Refer to it, or remove it.",
        "%zu element%s cannot be reached from the top, '%.*s' among them", lost,
        lost == 1 ? "" : "s", FB_STR_ARG(e->id));
}

/* C08: what no root leads to, along support, context and challenges. */
static void check_reach(struct checker *c, uint8_t *seen, const struct challengers *by)
{
    struct fb_doc *doc = c->doc;
    uint32_t *stack = FB_ARENA_ARRAY(doc->arena, uint32_t, doc->element_count);
    size_t depth = 0, lost = 0;
    if (!stack) {
        c->code = fb_arena_failed(doc->arena, c->err);
        return;
    }
    for (uint32_t i = 0; i < doc->element_count; i++) {
        if (seen[i]) {
            seen[i] = ROOT;
            stack[depth++] = i;
        }
    }
    while (depth > 0) {
        uint32_t at = stack[--depth];
        const struct fb_doc_element *e = &doc->elements[at];
        for (size_t i = 0; i < e->context.count; i++) {
            push(seen, stack, &depth, fb_doc_find(doc, e->context.items[i].name));
        }
        for (size_t i = 0; i < e->supported_by.count; i++) {
            push(seen, stack, &depth, fb_doc_find(doc, e->supported_by.items[i].name));
        }
        for (size_t i = 0; i < e->repeats.count; i++) {
            push(seen, stack, &depth, fb_doc_find(doc, e->repeats.items[i].name));
        }
        for (uint32_t i = by->first[at]; i != FB_DOC_NONE; i = by->next[i]) {
            if (seen[at] == ROOT || finds_challenge(c, at, i)) {
                push(seen, stack, &depth, i);
            }
        }
    }
    uint32_t first = FB_DOC_NONE;
    for (size_t i = doc->element_count; i-- > 0;) {
        lost += !seen[c->by_id[i]];
        first = seen[c->by_id[i]] ? first : c->by_id[i];
    }
    if (lost > 0) {
        report_lost(c, first, lost);
    }
}

static void check_rest(struct checker *c, uint8_t *roots)
{
    struct fb_doc *doc = c->doc;
    struct challengers by = {.first = FB_ARENA_ARRAY(doc->arena, uint32_t, doc->element_count),
        .next = FB_ARENA_ARRAY(doc->arena, uint32_t, doc->element_count)};
    if (!by.first || !by.next) {
        c->code = fb_arena_failed(doc->arena, c->err);
        return;
    }
    for (size_t i = 0; i < doc->element_count; i++) {
        by.first[i] = by.next[i] = FB_DOC_NONE;
    }
    for (uint32_t i = 0; i < doc->element_count; i++) {
        const struct fb_doc_refs *refs = &doc->elements[i].challenges;
        uint32_t to = refs->count ? fb_doc_find(doc, refs->items[0].name) : FB_DOC_NONE;
        if (to != FB_DOC_NONE) {
            by.next[i] = by.first[to];
            by.first[to] = i;
        }
    }
    check_reach(c, roots, &by);
}

/* Whether modules hold elements at all; these findings have no id there. */
static bool check_empty(struct checker *c)
{
    size_t errors = c->doc->error_count;
    for (uint32_t i = 0; i < c->doc->module_count; i++) {
        uint32_t at = c->by_name[i];
        if (c->doc->modules[at].element_count == 0) {
            struct fb_doc_place place = {at, 1, 0};
            FOUND(c, "F02", true, place, "Add elements, or leave the file out.",
                "module '%.*s' has no elements", FB_STR_ARG(c->doc->modules[at].name));
        }
    }
    return goes_on(c, errors) && c->doc->element_count > 0;
}

static bool check_modules(struct checker *c)
{
    for (size_t i = 0; i < c->doc->module_count; i++) {
        if (!check_module(c, c->by_name[i])) {
            return false;
        }
    }
    return true;
}

static void check_graph(struct checker *c)
{
    uint8_t *roots = FB_ARENA_ARRAY(c->doc->arena, uint8_t, c->doc->element_count);
    if (!roots) {
        c->code = fb_arena_failed(c->doc->arena, c->err);
        return;
    }
    if (check_all_references(c) && check_top(c, roots, mark_roots(c, roots)) &&
        check_circles(c, roots)) {
        check_rest(c, roots);
    }
}

struct named_index {
    struct fb_str name;
    uint32_t index;
};

static int by_name(const void *a, const void *b)
{
    const struct named_index *x = a, *y = b;
    int order = fb_str_cmp(x->name, y->name);
    return order ? order : x->index < y->index ? -1 : x->index > y->index;
}

/* The indices of count names in the order of names. */
static uint32_t *sorted(struct fb_arena *arena, struct named_index *items, size_t count)
{
    uint32_t *out = FB_ARENA_ARRAY(arena, uint32_t, count);
    if (out && items) {
        qsort(items, count, sizeof(*items), by_name);
        for (size_t i = 0; i < count; i++) {
            out[i] = items[i].index;
        }
    }
    return items ? out : NULL;
}

/* What gsn2x calls a module, by which it takes one after the other: without a name of its own the
 * path of its file, with "_" for signs that an id of a drawing cannot have. */
static struct fb_str name_in_gsn2x(struct fb_arena *arena, const struct fb_doc_module *module)
{
    static const char SIGNS[] = ".- /\\:'\"~";
    struct fb_str name = module->name;
    char *plain = module->is_named ? NULL : FB_ARENA_ARRAY(arena, char, name.len + 1);
    for (size_t i = 0; plain && i < name.len; i++) {
        plain[i] = name.ptr[i];
        plain[i] = strchr(SIGNS, plain[i]) ? '_' : plain[i];
    }
    return plain ? (struct fb_str){plain, name.len} : name;
}

static enum fb_code prepare(struct checker *c)
{
    struct fb_doc *doc = c->doc;
    struct named_index *ids = FB_ARENA_ARRAY(doc->arena, struct named_index, doc->element_count);
    struct named_index *files = FB_ARENA_ARRAY(doc->arena, struct named_index, doc->module_count);
    for (uint32_t i = 0; ids && i < doc->element_count; i++) {
        ids[i] = (struct named_index){doc->elements[i].id, i};
    }
    for (uint32_t i = 0; files && i < doc->module_count; i++) {
        files[i] = (struct named_index){name_in_gsn2x(doc->arena, &doc->modules[i]), i};
    }
    c->by_id = sorted(doc->arena, ids, doc->element_count);
    c->by_name = sorted(doc->arena, files, doc->module_count);
    c->challenged = FB_ARENA_ARRAY(doc->arena, uint8_t, doc->element_count);
    c->stamps = FB_ARENA_ARRAY(doc->arena, uint32_t, doc->element_count);
    if (!c->by_id || !c->by_name || !c->challenged || !c->stamps) {
        return fb_arena_failed(doc->arena, c->err);
    }
    for (size_t i = 0; i < doc->element_count; i++) {
        const struct fb_doc_refs *refs = &doc->elements[i].challenges;
        for (size_t k = 0; k < refs->count; k++) {
            uint32_t to = fb_doc_find(doc, refs->items[k].name);
            if (!refs->items[k].is_relation && to != FB_DOC_NONE) {
                c->challenged[to] = 1;
            }
        }
    }
    return FB_OK;
}

/* True when the files were read as gsn2x reads them: no value of a wrong form, no module twice. */
static bool was_read(const struct fb_doc *doc)
{
    for (size_t i = 0; i < doc->finding_count; i++) {
        const struct fb_finding *f = &doc->findings[i];
        if (f->is_error && (f->rule[0] == 'F' || (f->rule[0] == 'C' && f->rule[2] == '6'))) {
            return false;
        }
    }
    return true;
}

/* Where a value has a wrong form gsn2x says nothing else of any file. */
static void forget_others(struct fb_doc *doc)
{
    size_t kept = 0;
    bool wrong = false;
    for (size_t i = 0; i < doc->finding_count; i++) {
        wrong = wrong || (doc->findings[i].is_error && strcmp(doc->findings[i].rule, "F01") == 0);
    }
    for (size_t i = 0; wrong && i < doc->finding_count; i++) {
        const struct fb_finding *f = &doc->findings[i];
        if (f->rule[0] == 'F') {
            doc->findings[kept++] = *f;
        } else {
            *(f->is_error ? &doc->error_count : &doc->warning_count) -= 1;
        }
    }
    doc->finding_count = wrong ? kept : doc->finding_count;
}

enum fb_code fb_rules_check(
    struct fb_doc *doc, const struct fb_rules_options *options, struct fb_err *err)
{
    FB_ASSERT(doc && options && err);
    struct checker c = {.doc = doc, .options = options, .err = err};
    enum fb_code code = prepare(&c);
    if (code != FB_OK || (!was_read(doc) && !options->all)) {
        forget_others(doc);
        return code;
    }
    if (check_empty(&c) && check_modules(&c)) {
        size_t errors = doc->error_count;
        extend_all(&c);
        if (goes_on(&c, errors)) {
            check_graph(&c);
        }
    }
    fb_map_release(&c.strangers);
    return c.code;
}

enum fb_code fb_rules_extend(struct fb_doc *doc, struct fb_err *err)
{
    FB_ASSERT(doc && err);
    static const struct fb_rules_options NONE = {.all = true};
    struct checker c = {.doc = doc, .options = &NONE, .err = err};
    enum fb_code code = prepare(&c);
    if (code == FB_OK) {
        extend_all(&c);
    }
    return code != FB_OK ? code : c.code;
}

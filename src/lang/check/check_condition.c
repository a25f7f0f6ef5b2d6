#include <stdio.h>
#include <string.h>

#include "base/assert.h"
#include "lang/check/check.h"

const struct fb_domain *fb_check_domain(const struct fb_checker *c, struct fb_str name)
{
    for (size_t i = 0; i < c->variables.count; i++) {
        if (fb_str_eq(c->variables.names[i], name)) {
            return c->variables.domains[i];
        }
    }
    return NULL;
}

static bool is_number(enum fb_type type)
{
    return type == FB_TYPE_INT || type == FB_TYPE_FLOAT;
}

/* What a value of a type is called in a policy. */
static const char *noun(enum fb_type type)
{
    static const char *const nouns[] = {
        "nothing", "text", "a whole number", "a number", "a date", "true or false"};
    return nouns[type];
}

/* The first column that a variable stands for decides what it is; others must agree. */
static void learn(struct fb_checker *c, const struct fb_word *word, const struct fb_domain *domain)
{
    struct fb_variables *variables = &c->variables;
    const struct fb_domain *known = fb_check_domain(c, word->text);
    if (!known) {
        if (variables->count < FB_IR_VARS_MAX) {
            variables->names[variables->count] = word->text;
            variables->domains[variables->count++] = domain;
        }
        return;
    }
    bool same = known->type == domain->type || (is_number(known->type) && is_number(domain->type));
    if (!same) {
        fb_complain(c->complaints, FB_E_POLICY, word->span, "Use another variable here.",
            "variable '%.*s' stands for %s and for %s", FB_STR_ARG(word->text), noun(known->type),
            noun(domain->type));
    }
}

static void wrong_type(
    struct fb_checker *c, const struct fb_word *value, const struct fb_domain *domain)
{
    static const char *const found[] = {
        "a variable", "text", "a number", "a date", "true or false", "unknown"};
    fb_complain(c->complaints, FB_E_POLICY, value->span,
        "Write a value of the type that the field has.", "expected %s, found %s '%.*s'",
        noun(domain->type), found[value->kind], FB_STR_ARG(value->text));
}

static void check_number(
    struct fb_checker *c, const struct fb_word *value, const struct fb_domain *domain)
{
    const char *unit = domain->unit ? domain->unit : "";
    uint64_t whole = 0;
    if (!is_number(domain->type)) {
        wrong_type(c, value, domain);
    } else if (!fb_str_is(value->unit, unit)) {
        char hint[FB_ERR_TEXT_MAX];
        (void)snprintf(hint, sizeof(hint), "Write %.*s%s%s.", FB_STR_ARG(value->text),
            domain->unit ? " " : " without a unit", unit);
        fb_complain(c->complaints, FB_E_POLICY, value->span, hint,
            "unit mismatch: expected %s, found %s%.*s%s", domain->unit ? unit : "no unit",
            value->unit.len ? "'" : "", FB_STR_ARG(value->unit.len ? value->unit : FB_STR("none")),
            value->unit.len ? "'" : "");
    } else if (domain->type == FB_TYPE_INT &&
               (!fb_str_u64(value->text, &whole) || whole > INT64_MAX)) {
        fb_complain(c->complaints, FB_E_POLICY, value->span, "Write digits only.",
            "expected a whole number, found '%.*s'", FB_STR_ARG(value->text));
    }
}

static void check_word(
    struct fb_checker *c, const struct fb_word *value, const struct fb_domain *domain)
{
    if (domain->type != FB_TYPE_STRING) {
        wrong_type(c, value, domain);
        return;
    }
    if (!domain->words || fb_words_have(domain->words, value->text)) {
        return;
    }
    char hint[FB_ERR_TEXT_MAX], otherwise[FB_ERR_TEXT_MAX];
    struct fb_nearest nearest = fb_nearest_to(value->text);
    struct fb_str rest = fb_str_of(domain->words), word;
    while (fb_words_next(&rest, &word)) {
        fb_nearest_offer(&nearest, word);
    }
    (void)snprintf(otherwise, sizeof(otherwise), "Write one of %s.", domain->words);
    fb_complain(c->complaints, FB_E_POLICY, value->span, fb_nearest_hint(&nearest, otherwise, hint),
        "no such value here: '%.*s'", FB_STR_ARG(value->text));
}

static void check_value(
    struct fb_checker *c, const struct fb_word *value, const struct fb_domain *domain)
{
    switch (value->kind) {
    case FB_WORD_VARIABLE:
        learn(c, value, domain);
        break;
    case FB_WORD_TEXT:
        check_word(c, value, domain);
        break;
    case FB_WORD_NUMBER:
        check_number(c, value, domain);
        break;
    case FB_WORD_DATE:
        if (domain->type != FB_TYPE_TIME) {
            wrong_type(c, value, domain);
        }
        break;
    case FB_WORD_TRUTH:
        if (domain->type != FB_TYPE_BOOL) {
            wrong_type(c, value, domain);
        }
        break;
    case FB_WORD_UNKNOWN:
        break;
    }
}

/* Order needs numbers or times, on both sides. */
static void check_order(struct fb_checker *c, enum fb_compare compare, const struct fb_word *value,
    const struct fb_domain *domain)
{
    if (compare == FB_IS || compare == FB_IS_NOT) {
        return;
    }
    if (value->kind == FB_WORD_UNKNOWN || domain->type == FB_TYPE_STRING ||
        domain->type == FB_TYPE_BOOL) {
        fb_complain(c->complaints, FB_E_POLICY, value->span, "Use 'is' or 'is not' here.",
            "only numbers and dates have an order, found '%.*s' for a field that is %s",
            FB_STR_ARG(value->text), noun(domain->type));
    }
}

static void need_known(
    struct fb_checker *c, const struct fb_word *word, const struct fb_names *known)
{
    if (word->kind != FB_WORD_VARIABLE || !word->text.len || fb_names_have(known, word->text)) {
        return;
    }
    char hint[FB_ERR_TEXT_MAX];
    struct fb_nearest nearest = fb_nearest_to(word->text);
    for (size_t i = 0; i < known->count; i++) {
        fb_nearest_offer(&nearest, known->items[i]);
    }
    fb_complain(c->complaints, FB_E_POLICY, word->span,
        fb_nearest_hint(&nearest,
            "Name it in a fact first, as in 'incident I of system S with class C'.", hint),
        "variable '%.*s' is not bound here", FB_STR_ARG(word->text));
}

static void check_fact(struct fb_checker *c, struct fb_cond *cond, const struct fb_names *known)
{
    uint64_t seen = 0;
    for (struct fb_fact_field *field = cond->fields; field; field = field->next) {
        const struct fb_domain *domain = fb_policy_domain(cond->relation, field->column);
        const struct fb_relation *relation = &fb_policy_signature()->relations[cond->relation];
        uint64_t bit = UINT64_C(1) << field->column;
        if (seen & bit) {
            fb_complain(c->complaints, FB_E_POLICY, field->span,
                "Say it once; compare a variable with 'and' for more.", "'%.*s' is given twice",
                FB_STR_ARG(relation->columns[field->column]));
        }
        seen |= bit;
        if (field->compare != FB_IS) {
            need_known(c, &field->value, known);
        }
        check_order(c, field->compare, &field->value, domain);
        check_value(c, &field->value, domain);
    }
}

static size_t list_length(const struct fb_word *words)
{
    size_t n = 0;
    for (; words; words = words->next) {
        n++;
    }
    return n;
}

/* Says that a name is not known, with the nearest of its kind. */
static void unknown_name(struct fb_checker *c, const struct fb_cond *cond, enum fb_item_kind kind)
{
    char hint[FB_ERR_TEXT_MAX];
    struct fb_nearest nearest = fb_nearest_to(cond->name);
    for (size_t i = 0; i < c->all.count; i++) {
        const struct fb_item *item = c->all.entries[i].value;
        if (item->kind == kind) {
            fb_nearest_offer(&nearest, item->name);
        }
    }
    bool is_line = kind == FB_ITEM_REDLINE;
    fb_complain(c->complaints, FB_E_POLICY, cond->span,
        fb_nearest_hint(&nearest,
            is_line ? "Define it with redline in this policy." : "Define it with let above.", hint),
        "no %s is named '%.*s'", is_line ? "red line" : "definition", FB_STR_ARG(cond->name));
}

/* Longer cycles, and those in a thicket of definitions, are told without their way. */
enum { CYCLE_MAX = 8, CYCLE_STEPS_MAX = 4096 };

/* A way from a definition through those that it uses back to itself. */
struct cycle {
    const struct fb_checker *checker;
    const struct fb_item *way[CYCLE_MAX];
    size_t count;
    size_t steps;
};

static bool closes(struct cycle *cycle, const struct fb_cond *cond)
{
    for (; cond && cycle->steps < CYCLE_STEPS_MAX; cond = cond->next) {
        cycle->steps++;
        if (closes(cycle, cond->parts)) {
            return true;
        }
        const struct fb_item *item =
            cond->kind == FB_COND_CALL ? fb_map_get(&cycle->checker->all, cond->name) : NULL;
        if (item && item == cycle->way[0]) {
            return true;
        }
        if (!item || item->kind != FB_ITEM_LET || cycle->count == CYCLE_MAX) {
            continue;
        }
        cycle->way[cycle->count++] = item;
        if (closes(cycle, item->condition)) {
            return true;
        }
        cycle->count--;
    }
    return false;
}

/* A definition that stands below, or that rests on itself: then with the way round. */
static void not_complete(
    struct fb_checker *c, const struct fb_cond *cond, const struct fb_item *item)
{
    struct cycle cycle = {.checker = c, .way = {item}, .count = 1};
    char way[FB_ERR_TEXT_MAX / 2] = "";
    if (!closes(&cycle, item->condition)) {
        fb_complain(c->complaints, FB_E_POLICY, cond->span,
            "Move the definition above this line; a definition cannot use itself.",
            "definition '%.*s' is used before it is complete", FB_STR_ARG(cond->name));
        return;
    }
    for (size_t i = 1; i < cycle.count; i++) {
        size_t used = strlen(way);
        (void)snprintf(
            way + used, sizeof(way) - used, "'%.*s', which uses ", FB_STR_ARG(cycle.way[i]->name));
    }
    fb_complain(c->complaints, FB_E_POLICY, cond->span,
        "Say in one place what is meant, without the name of a definition that needs it.",
        "definition '%.*s' rests on itself: it uses %s'%.*s'", FB_STR_ARG(item->name), way,
        FB_STR_ARG(item->name));
}

static void check_named(struct fb_checker *c, struct fb_cond *cond, const struct fb_names *known)
{
    enum fb_item_kind kind = cond->kind == FB_COND_LINE ? FB_ITEM_REDLINE : FB_ITEM_LET;
    const struct fb_item *item = fb_map_get(&c->all, cond->name);
    if (!item || item->kind != kind) {
        unknown_name(c, cond, kind);
        return;
    }
    if (kind == FB_ITEM_LET && fb_map_get(&c->lets, cond->name) != item) {
        not_complete(c, cond, item);
        return;
    }
    if (list_length(cond->args) != list_length(item->params)) {
        fb_complain(c->complaints, FB_E_POLICY, cond->span,
            "Give one value for each variable in its parentheses.",
            "'%.*s' needs %zu in parentheses, found %zu", FB_STR_ARG(cond->name),
            list_length(item->params), list_length(cond->args));
        return;
    }
    cond->named = item;
    static const struct fb_domain system = {.type = FB_TYPE_STRING, .ref = "system"};
    for (const struct fb_word *arg = cond->args; arg; arg = arg->next) {
        if (kind == FB_ITEM_REDLINE) {
            check_value(c, arg, &system);
        } else {
            need_known(c, arg, known);
        }
    }
}

static void check_comparison(
    struct fb_checker *c, struct fb_cond *cond, const struct fb_names *known)
{
    const struct fb_domain *domain = fb_check_domain(c, cond->left.text);
    need_known(c, &cond->left, known);
    need_known(c, &cond->right, known);
    cond->domain = domain;
    if (domain) {
        check_order(c, cond->compare, &cond->right, domain);
        check_value(c, &cond->right, domain);
    }
}

/* Resolves names in a condition, so that what it binds can be computed. */
static void check_names(struct fb_checker *c, struct fb_cond *cond, const struct fb_names *known)
{
    struct fb_names inner = *known;
    switch (cond->kind) {
    case FB_COND_FACT:
        check_fact(c, cond, known);
        break;
    case FB_COND_CALL:
    case FB_COND_LINE:
        check_named(c, cond, known);
        break;
    case FB_COND_COMPARE:
        check_comparison(c, cond, known);
        break;
    case FB_COND_PACE:
        if (!c->has_pace) {
            fb_check_fail(c, cond->span,
                "Add a block: pace, with 'fast when doubling time of horizon < 5 months with 90% "
                "confidence'.",
                "the policy has no 'pace' block that says when it is fast");
        }
        break;
    case FB_COND_ALL:
    case FB_COND_ANY:
    case FB_COND_NOT:
        for (struct fb_cond *part = cond->parts; part; part = part->next) {
            fb_check_condition(c, part, &inner);
            /* What one way of an `or` binds, the others do not see. */
            inner = cond->kind == FB_COND_ALL ? inner : *known;
        }
        break;
    }
}

/* Sets `named` of every definition in a condition that is there already; errors come later. */
static void resolve(struct fb_checker *c, struct fb_cond *cond)
{
    if (cond->kind == FB_COND_CALL) {
        cond->named = fb_map_get(&c->lets, cond->name);
    }
    for (struct fb_cond *part = cond->parts; part; part = part->next) {
        resolve(c, part);
    }
}

void fb_check_condition(struct fb_checker *c, struct fb_cond *cond, struct fb_names *known)
{
    if (!cond) {
        return;
    }
    resolve(c, cond);
    fb_bindings(cond, known);
    check_names(c, cond, known);
    if (known->full && !c->too_many) {
        c->too_many = true;
        fb_complain(c->complaints, FB_E_LIMIT, cond->span,
            "Split the rule, or name parts of it with let.", "a rule has at most %d variables",
            FB_IR_VARS_MAX);
    }
}

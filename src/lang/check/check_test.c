/* check_test.c: what a test gives and expects fits the records and the rules. */
#include <stdio.h>

#include "base/assert.h"
#include "lang/check/check.h"

static bool is_kind(const struct fb_cond *fact, const char *kind)
{
    return fb_str_is(fb_policy_signature()->relations[fact->relation].name, kind);
}

static bool id_fits(struct fb_checker *c, const struct fb_word *word, const char *kind)
{
    size_t slash = fb_str_find(word->text, '/', 0);
    if (slash == word->text.len || fb_str_is(fb_str_sub(word->text, 0, slash), kind)) {
        return true;
    }
    fb_complain(c->complaints, FB_E_POLICY, word->span,
        "Leave out what stands before the slash, and the slash.", "'%.*s' is no id of a %s",
        FB_STR_ARG(word->text), kind);
    return false;
}

static void check_given_field(struct fb_checker *c, const struct fb_fact_field *field)
{
    bool known = field->value.kind != FB_WORD_VARIABLE && field->value.kind != FB_WORD_UNKNOWN;
    if (!known) {
        fb_check_fail(c, field->value.span,
            "Write a text, number, date, true or false; leave out a field that is not known.",
            "a test gives values, not variables");
    } else if (field->compare != FB_IS) {
        fb_check_fail(c, field->value.span, "Write the field and its value without a sign.",
            "a test gives values, not comparisons");
    } else if (field->column == FB_COLUMN_ISSUER) {
        fb_check_fail(c, field->span, "Write it before the colon, as in: by \"aurora\":",
            "the issuer does not stand among the fields");
    }
}

static void check_given(struct fb_checker *c, const struct fb_given *given)
{
    struct fb_names known = {.count = 0};
    const struct fb_cond *fact = given->fact;
    const struct fb_relation *relation = &fb_policy_signature()->relations[fact->relation];
    if (!fb_str_is(relation->columns[FB_COLUMN_ID], "id") || is_kind(fact, "key") ||
        is_kind(fact, "policy") || (is_kind(fact, "case") && given->rests_on.len == 0)) {
        fb_complain(c->complaints, FB_E_UNSUPPORTED, fact->span,
            "Give records that need no document or key, as system, evaluation, incident, report; a "
            "safety case as: safety case \"cyber\" of \"s\" resting on \"bound cybench below "
            "20%\".",
            "a test cannot give a record of kind '%.*s'", FB_STR_ARG(relation->name));
        return;
    }
    fb_check_condition(c, given->fact, &known);
    for (const struct fb_fact_field *field = fact->fields; field; field = field->next) {
        check_given_field(c, field);
    }
    if (given->by.span.line) {
        (void)id_fits(c, &given->by, "party");
    }
    if (given->correcting.span.line) {
        char kind[64];
        (void)snprintf(kind, sizeof(kind), "%.*s", FB_STR_ARG(relation->name));
        (void)id_fits(c, &given->correcting, kind);
    }
}

/* Finds the item that a name means; the rest of the name behind its first dot goes to *part. */
static const struct fb_item *rule_of(
    const struct fb_checker *c, struct fb_str name, struct fb_str *part)
{
    size_t dot = fb_str_find(name, '.', 0);
    *part = fb_str_sub(name, dot + 1, name.len);
    return fb_map_get(&c->all, fb_str_sub(name, 0, dot));
}

/* The promise of a commitment that `deploy` or `secure.2` names; NULL when there is none. */
static struct fb_demand *promise_of(const struct fb_item *item, struct fb_str part)
{
    size_t dot = fb_str_find(part, '.', 0);
    uint64_t wanted = 1, seen = 0;
    struct fb_str verb = fb_str_sub(part, 0, dot);
    if (dot < part.len &&
        (!fb_str_u64(fb_str_sub(part, dot + 1, part.len), &wanted) || wanted < 2)) {
        return NULL;
    }
    for (struct fb_demand *demand = item->demands; demand; demand = demand->next) {
        seen += fb_str_eq(demand->verb, verb);
        if (seen == wanted) {
            return demand;
        }
    }
    return NULL;
}

struct fb_demand *fb_check_part(const struct fb_item *item, struct fb_str part)
{
    const struct fb_str end = FB_STR(".hence");
    size_t steps = 0;
    if (item->kind == FB_ITEM_DUTY && fb_str_is(part, "hence")) {
        part.len = 0;
        steps++;
    }
    while (fb_str_ends(part, end)) {
        part.len -= end.len;
        steps++;
        if (item->kind == FB_ITEM_DUTY && fb_str_is(part, "hence")) {
            part.len = 0;
            steps++;
        }
    }
    bool own = item->kind == FB_ITEM_DUTY && part.len == 0;
    struct fb_demand *demand = own                                ? item->demands
                               : item->kind == FB_ITEM_COMMITMENT ? promise_of(item, part)
                                                                  : NULL;
    while (demand && steps > 0) {
        demand = demand->hence;
        steps--;
    }
    return demand;
}

static void unknown_rule(struct fb_checker *c, const struct fb_expect *expect)
{
    char hint[FB_ERR_TEXT_MAX];
    struct fb_nearest nearest = fb_nearest_to(expect->rule);
    for (size_t i = 0; i < c->all.count; i++) {
        const struct fb_item *item = c->all.entries[i].value;
        if (item->kind != FB_ITEM_LET && item->kind != FB_ITEM_EXEMPT) {
            fb_nearest_offer(&nearest, item->name);
        }
    }
    fb_complain(c->complaints, FB_E_POLICY, expect->span,
        fb_nearest_hint(
            &nearest, "Name a red line or duty of this policy, as cyber or hold.deploy.", hint),
        "no red line or duty is named '%.*s'", FB_STR_ARG(expect->rule));
}

static void check_args(
    struct fb_checker *c, const struct fb_expect *expect, const struct fb_item *item)
{
    size_t needed = 0, found = 0;
    for (const struct fb_word *param = item->params; param; param = param->next) {
        needed++;
    }
    for (const struct fb_word *arg = expect->args; arg; arg = arg->next) {
        found++;
        if (arg->kind != FB_WORD_TEXT) {
            fb_complain(c->complaints, FB_E_POLICY, arg->span,
                "Write the id of a record in double quotes, as in cyber(\"aurora-1\").",
                "expected a text, found '%.*s'", FB_STR_ARG(arg->text));
        }
    }
    if (needed != found) {
        fb_complain(c->complaints, FB_E_POLICY, expect->span,
            "Give one value for each variable in its parentheses.",
            "'%.*s' needs %zu in parentheses, found %zu", FB_STR_ARG(expect->rule), needed, found);
    }
}

/* What a red line or a duty is expected to be. */
static void check_state(struct fb_checker *c, const struct fb_expect *expect)
{
    struct fb_str part;
    const struct fb_item *item = rule_of(c, expect->rule, &part);
    bool rule = item && item->kind != FB_ITEM_LET && item->kind != FB_ITEM_EXEMPT;
    bool line = rule && item->kind == FB_ITEM_REDLINE;
    if (!rule || (line && part.len > 0) || (!line && !fb_check_part(item, part))) {
        unknown_rule(c, expect);
        return;
    }
    bool is_line = item->kind == FB_ITEM_REDLINE;
    if (is_line != (expect->kind == FB_EXPECT_LINE)) {
        fb_complain(c->complaints, FB_E_POLICY, expect->span,
            is_line ? "Red lines are crossed, ruled out, not ruled out or out of scope."
                    : "Duties are owed, met, met late, overdue, broken, held, relaxed, undated, "
                      "waived or not owed.",
            "'%.*s' is a %s and has no such status", FB_STR_ARG(expect->rule),
            is_line ? "red line" : "duty");
    }
    if (is_line && (expect->by.span.line || expect->until != FB_TIME_MIN)) {
        fb_check_fail(c, expect->span, "Remove 'by' and 'until'; they are for duties.",
            "a red line is not owed by anyone until some time");
    }
    check_args(c, expect, item);
}

static void check_expect(struct fb_checker *c, const struct fb_expect *expect)
{
    switch (expect->kind) {
    case FB_EXPECT_NOTHING:
        break;
    case FB_EXPECT_PACE:
        if (!c->has_pace) {
            fb_check_fail(c, expect->span, "Add a pace block, or expect something else.",
                "the policy has no 'pace' block");
        }
        break;
    case FB_EXPECT_ORDER:
    case FB_EXPECT_LICENCE:
    case FB_EXPECT_EXEMPT:
    case FB_EXPECT_CASE:
        (void)id_fits(c, expect->args, "system");
        break;
    case FB_EXPECT_LINE:
    case FB_EXPECT_DUTY:
    case FB_EXPECT_NOT_OWED:
        check_state(c, expect);
        break;
    }
}

void fb_check_test(struct fb_checker *c, struct fb_test *test)
{
    fb_time last = FB_TIME_MIN;
    size_t givens = 0, expects = 0;
    for (const struct fb_given *given = test->givens; given; given = given->next, givens++) {
        if (given->at < last) {
            fb_check_fail(c, given->span, "Put what is given in the order of time.",
                "this is given before what stands above it");
        }
        last = given->at;
        check_given(c, given);
    }
    for (struct fb_expect *expect = test->expects; expect; expect = expect->next, expects++) {
        expect->at = expect->at == FB_TIME_MIN ? last : expect->at;
        if (expect->at == FB_TIME_MIN) {
            fb_check_fail(c, expect->span, "End it with a moment, as in: at 2026-03-01.",
                "nothing is given, so the expectation needs a moment");
        }
        check_expect(c, expect);
    }
    if (expects == 0) {
        fb_check_fail(c, test->span, "Add a line: expect cyber(\"s\") ruled out.",
            "the test expects nothing");
    }
    if (givens > FB_TEST_GIVEN_MAX || expects > FB_TEST_EXPECT_MAX) {
        fb_complain(c->complaints, FB_E_LIMIT, test->span, "Split the test.",
            "a test gives at most %d records and expects at most %d things", FB_TEST_GIVEN_MAX,
            FB_TEST_EXPECT_MAX);
    }
}

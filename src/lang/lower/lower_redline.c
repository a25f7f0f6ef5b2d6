#include "base/assert.h"
#include "lang/lower/lower.h"

/* `exists v: system(system, column = v) and v COMPARE value`; flags need no comparison. */
static struct fb_form *test_inside(
    struct fb_lowering *l, const struct fb_cond *test, struct fb_term *system)
{
    const struct fb_fact_field *field = test->fields;
    const struct fb_domain *domain = fb_policy_domain(test->relation, field->column);
    struct fb_form *pred = fb_lower_pred(l, test->relation, test->span);
    struct fb_term *value = fb_lower_term(l, &field->value, domain);
    fb_lower_column(pred, FB_COLUMN_ID, system);
    if (field->compare == FB_IS) {
        fb_lower_column(pred, field->column, value);
        return pred;
    }
    struct fb_term *var = fb_lower_variable(
        l, fb_policy_signature()->relations[test->relation].columns[field->column]);
    fb_lower_column(pred, field->column, var);
    struct fb_form *holds = fb_lower_compare(l, var, field->compare, value);
    return pred && holds && var ? fb_lower_exists(l, fb_lower_and(l, pred, holds), &var->var, 1)
                                : NULL;
}

/* Every field that is compared is known and the comparison fails; every flag is not true. */
static struct fb_form *tests_outside(
    struct fb_lowering *l, const struct fb_scope_clause *scope, struct fb_term *system)
{
    static const enum fb_compare opposite[] = {[FB_IS] = FB_IS_NOT,
        [FB_IS_NOT] = FB_IS,
        [FB_BELOW] = FB_AT_LEAST,
        [FB_AT_MOST] = FB_ABOVE,
        [FB_ABOVE] = FB_AT_MOST,
        [FB_AT_LEAST] = FB_BELOW};
    struct fb_form *out = NULL;
    for (const struct fb_cond *test = scope->tests; test && fb_lower_good(l); test = test->next) {
        const struct fb_fact_field *field = test->fields;
        struct fb_form *pred = fb_lower_pred(l, test->relation, test->span);
        struct fb_term *var = fb_lower_variable(
            l, fb_policy_signature()->relations[test->relation].columns[field->column]);
        struct fb_term *value =
            fb_lower_term(l, &field->value, fb_policy_domain(test->relation, field->column));
        fb_lower_column(pred, FB_COLUMN_ID, system);
        fb_lower_column(pred, field->column, var);
        struct fb_form *fails = fb_lower_compare(l, var, opposite[field->compare], value);
        if (!pred || !var || !fails) {
            return NULL;
        }
        out = fb_lower_and(l, out, fb_lower_exists(l, fb_lower_and(l, pred, fails), &var->var, 1));
    }
    return out;
}

/* `system(system, developer = v) and v is [not] the developer`. */
static struct fb_form *of_developer(struct fb_lowering *l, const struct fb_scope_clause *scope,
    struct fb_term *system, enum fb_compare compare)
{
    int relation = fb_policy_relation("system");
    int column = fb_policy_column((uint32_t)relation, "developer");
    FB_ASSERT(relation >= 0 && column >= 0);
    struct fb_fact_field field = {
        .column = (uint32_t)column, .compare = compare, .value = scope->developer};
    struct fb_cond test = {.kind = FB_COND_FACT,
        .span = scope->developer.span,
        .relation = (uint32_t)relation,
        .fields = &field};
    return test_inside(l, &test, system);
}

void fb_lower_scope(struct fb_lowering *l, const struct fb_scope_clause *scope,
    struct fb_term *system, struct fb_form **inside, struct fb_form **outside)
{
    *inside = NULL;
    for (const struct fb_cond *test = scope->tests; test && fb_lower_good(l); test = test->next) {
        struct fb_form *form = test_inside(l, test, system);
        *inside = *inside ? fb_lower_or(l, *inside, form) : form;
    }
    *outside = tests_outside(l, scope, system);
    if (scope->developer.text.len > 0) {
        struct fb_form *foreign = of_developer(l, scope, system, FB_IS_NOT);
        *inside = fb_lower_and(l, of_developer(l, scope, system, FB_IS), *inside);
        *outside = *outside ? fb_lower_or(l, foreign, *outside) : foreign;
    }
}

static struct fb_decimal proportion(const struct fb_word *percent)
{
    return fb_decimal_scale(percent->number, -2);
}

static void lower_evidence(
    struct fb_lowering *l, const struct fb_redline_clauses *line, struct fb_redline *out)
{
    for (const struct fb_word *word = line->measures; word; word = word->next) {
        FB_ASSERT(out->measure_count < sizeof(out->measures) / sizeof(out->measures[0]));
        out->measures[out->measure_count++] = fb_lower_copy(l, word->text);
    }
    for (size_t i = 0; i < line->margin_count; i++) {
        out->margins[i] = line->margins[i];
        out->margins[i].name = fb_lower_copy(l, line->margins[i].name);
        out->margins[i].source = fb_lower_copy(l, line->margins[i].source);
    }
    out->margin_count = line->margin_count;
    out->needs = line->needs;
    for (size_t i = 0; i < line->needs.elicited_count; i++) {
        out->needs.elicited[i] = fb_lower_copy(l, line->needs.elicited[i]);
    }
    out->needs.safety_case = fb_lower_copy(l, line->needs.safety_case);
    for (size_t i = 0; i < line->needs.reviewer_count; i++) {
        out->needs.reviewers[i] = fb_lower_copy(l, line->needs.reviewers[i]);
    }
    int64_t unit = line->age.unit == FB_UNIT_HOURS ? FB_HOUR : FB_DAY;
    out->needs.age_us = line->age.amount * unit;
}

/* Who is exempt is certainly outside and not inside. */
static void lower_exemption(
    struct fb_lowering *l, const struct fb_item *item, struct fb_redline *out)
{
    struct fb_term *system = fb_lower_find(l, item->params->text);
    struct fb_form *exempt = fb_lower_exempt(l, item, system);
    if (!exempt) {
        return;
    }
    if (!out->inside) {
        int relation = fb_policy_relation("system");
        FB_ASSERT(relation >= 0);
        out->inside = fb_lower_pred(l, (uint32_t)relation, item->span);
        fb_lower_column(out->inside, FB_COLUMN_ID, system);
    }
    out->inside = fb_lower_and(l, out->inside, fb_lower_not(l, exempt));
    out->outside = out->outside ? fb_lower_or(l, out->outside, exempt) : exempt;
    struct fb_str who = fb_lower_exempt_text(l, item);
    struct fb_str text = fb_arena_printf(
        l->arena, "%.*s, except the exempt (%.*s)", FB_STR_ARG(out->scope_text), FB_STR_ARG(who));
    l->no_memory = l->no_memory || !text.ptr;
    out->scope_text = text.ptr ? text : out->scope_text;
}

static void lower_terms(
    struct fb_lowering *l, const struct fb_redline_clauses *line, struct fb_redline *out)
{
    out->measure_count = 0;
    out->threshold = proportion(&line->crossed_at);
    out->confidence = fb_decimal_to_double(proportion(&line->confidence));
    out->has_clears = line->has_clears;
    lower_evidence(l, line, out);
    if (line->has_clears) {
        out->clears_below = proportion(&line->clears_below);
        out->dwell_us = line->dwell.amount * (line->dwell.unit == FB_UNIT_HOURS ? FB_HOUR : FB_DAY);
    }
}

/* The line with its terms at each pace that has its own. */
static void lower_paces(struct fb_lowering *l, const struct fb_item *item, struct fb_redline *out)
{
    const struct fb_redline *at_pace[FB_PACE_LEVELS] = {NULL};
    for (int level = 0; level < FB_PACE_LEVELS; level++) {
        struct fb_redline *own = item->line_at[level] ? fb_lower_array(l, 1, sizeof(*own)) : NULL;
        if (own) {
            *own = *out;
            lower_terms(l, item->line_at[level], own);
            at_pace[level] = own;
        }
    }
    for (int level = 0; level < FB_PACE_LEVELS; level++) {
        out->at_pace[level] = at_pace[level];
    }
}

void fb_lower_redline(struct fb_lowering *l, const struct fb_item *item, struct fb_redline *out)
{
    const struct fb_redline_clauses *line = &item->line;
    struct fb_names system = {.count = 0};
    FB_ASSERT(item->kind == FB_ITEM_REDLINE);
    fb_lower_begin(l, item->span);
    fb_names_add(&system, item->params->text);
    fb_lower_introduce(l, &system);
    *out = (struct fb_redline){.name = fb_lower_copy(l, item->name),
        .title = fb_lower_copy(l, item->title.len ? item->title : item->name),
        .source = fb_lower_copy(l, item->source),
        .surety = fb_lower_copy(l, item->confidence),
        .span = item->span,
        .scope_text =
            fb_lower_copy(l, item->scope.given ? item->scope.text : FB_STR("all systems"))};
    lower_terms(l, line, out);
    fb_lower_scope(
        l, &item->scope, fb_lower_find(l, item->params->text), &out->inside, &out->outside);
    lower_exemption(l, item, out);
    struct fb_str *vars = fb_lower_array(l, l->var_count, sizeof(*vars));
    for (size_t i = 0; vars && i < l->var_count; i++) {
        vars[i] = l->vars[i];
    }
    out->vars = vars;
    out->var_count = l->var_count;
    lower_paces(l, item, out);
}

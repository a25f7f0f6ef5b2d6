/* exempt.c: the grounds on which a system is out of scope of every rule, or what applies to it. */
#include "govern/exempt.h"

#include "base/assert.h"
#include "lang/lang.h"

/* The search for thresholds in the conditions of one rule. */
struct search {
    struct fb_arena *arena;
    const struct fb_record *record;              /* of the system */
    int relation;                                /* system */
    const struct fb_str *fields[FB_IR_VARS_MAX]; /* by variable: the column it is bound by */
    struct fb_exempt_rule *rule;
    bool failed;
    bool too_many;
};

/* Notes which variables stand for fields of a system. Depth is bounded by FB_IR_DEPTH_MAX. */
static void find_fields(struct search *search, const struct fb_form *form)
{
    if (!form) {
        return;
    }
    if (form->kind == FB_FORM_PRED && !form->definition &&
        (int)form->relation == search->relation) {
        const struct fb_relation *relation = &fb_policy_signature()->relations[form->relation];
        for (size_t i = 0; i < form->term_count && i < relation->arity; i++) {
            const struct fb_term *term = form->terms[i];
            if (term->kind == FB_TERM_VAR && term->var < FB_IR_VARS_MAX) {
                search->fields[term->var] = &relation->columns[i];
            }
        }
    }
    find_fields(search, form->left);
    find_fields(search, form->right);
}

static void add_threshold(
    struct search *search, struct fb_str field, const char *op, struct fb_value limit)
{
    struct fb_exempt_rule *rule = search->rule;
    for (size_t i = 0; i < rule->threshold_count; i++) {
        const struct fb_threshold *old = &rule->thresholds[i];
        if (fb_str_eq(old->field, field) && old->op == op && fb_value_eq(old->limit, limit)) {
            return;
        }
    }
    if (rule->threshold_count == FB_EXEMPT_THRESHOLDS_MAX) {
        search->too_many = true;
        return;
    }
    size_t count = rule->threshold_count;
    if ((count & (count - 1)) == 0) { /* full at 0, 1, 2, 4, ... */
        struct fb_threshold *grown =
            FB_ARENA_ARRAY(search->arena, struct fb_threshold, count ? 2 * count : 1);
        if (!grown) {
            search->failed = true;
            return;
        }
        for (size_t i = 0; i < count; i++) {
            grown[i] = rule->thresholds[i];
        }
        rule->thresholds = grown;
    }
    int index = fb_kind_field(FB_KIND_system, field);
    rule->thresholds[rule->threshold_count++] = (struct fb_threshold){.field = field,
        .op = op,
        .limit = limit,
        .value = index < 0 ? fb_value_none() : fb_record_value(search->record, (size_t)index)};
}

/* Adds the comparisons of a system's field with a constant. Depth is bounded by FB_IR_DEPTH_MAX. */
static void find_thresholds(struct search *search, const struct fb_form *form, bool negated)
{
    static const char less[] = "<", less_eq[] = "<=", more[] = ">", more_eq[] = ">=";
    if (!form) {
        return;
    }
    bool strict = form->kind == FB_FORM_LESS, order = strict || form->kind == FB_FORM_LESS_EQ;
    if (order) {
        const struct fb_term *left = form->terms[0], *right = form->terms[1];
        bool turned = left->kind == FB_TERM_CONST; /* LIMIT < FIELD */
        const struct fb_term *var = turned ? right : left, *limit = turned ? left : right;
        if (var->kind != FB_TERM_VAR || limit->kind != FB_TERM_CONST ||
            var->var >= FB_IR_VARS_MAX || !search->fields[var->var]) {
            return;
        }
        bool above = turned != negated; /* not (LIMIT < FIELD) is FIELD <= LIMIT */
        strict = strict != negated;
        add_threshold(search, *search->fields[var->var],
            above ? (strict ? more : more_eq) : (strict ? less : less_eq), limit->value);
        return;
    }
    bool turns = form->kind == FB_FORM_NOT;
    find_thresholds(search, form->left, negated != turns);
    find_thresholds(search, form->right, negated);
}

static enum fb_code add_rule(struct fb_exemption *exemption, struct fb_exempt_rule rule,
    const struct fb_form *const conditions[2], struct fb_arena *arena, struct fb_err *err)
{
    struct search search = {.arena = arena,
        .record = exemption->system->record,
        .relation = fb_policy_relation("system"),
        .rule = &rule};
    FB_ASSERT(search.relation >= 0);
    for (int i = 0; i < 2; i++) {
        find_fields(&search, conditions[i]);
    }
    for (int i = 0; i < 2; i++) {
        find_thresholds(&search, conditions[i], false);
    }
    if (search.failed) {
        return fb_arena_failed(arena, err);
    }
    if (search.too_many) {
        return fb_err_set(
            err, FB_E_LIMIT, "a rule has more than %d thresholds", (int)FB_EXEMPT_THRESHOLDS_MAX);
    }
    exemption->rules[exemption->rule_count++] = rule;
    return FB_OK;
}

/* Every red line of the system, and every duty in force whose rule is about systems. */
static enum fb_code gather_rules(const struct fb_picture *picture, struct fb_exemption *exemption,
    struct fb_arena *arena, struct fb_err *err)
{
    size_t most = picture->line_count;
    for (size_t i = 0; i < picture->policy_count; i++) {
        most += picture->policies[i].program->duty_count;
    }
    exemption->rules = FB_ARENA_ARRAY(arena, struct fb_exempt_rule, most + 1);
    if (!exemption->rules) {
        return fb_arena_failed(arena, err);
    }
    enum fb_code code = FB_OK;
    for (size_t i = 0; code == FB_OK && i < picture->line_count; i++) {
        const struct fb_line_view *line = &picture->lines[i];
        if (fb_str_eq(line->system, exemption->system->id)) {
            const struct fb_form *const conditions[2] = {line->rule->inside, NULL};
            struct fb_exempt_rule rule = {.policy = line->policy, .line = line};
            code = add_rule(exemption, rule, conditions, arena, err);
        }
    }
    for (size_t i = 0; code == FB_OK && i < picture->policy_count; i++) {
        const struct fb_policy_view *policy = &picture->policies[i];
        size_t count = policy->force == FB_IN_FORCE ? policy->program->duty_count : 0;
        for (size_t d = 0; code == FB_OK && d < count; d++) {
            const struct fb_duty *duty = &policy->program->duties[d];
            const struct fb_form *const conditions[2] = {duty->when, duty->given};
            struct fb_exempt_rule rule = {.policy = policy, .duty = duty};
            if (duty->system_var >= 0) {
                code = add_rule(exemption, rule, conditions, arena, err);
            }
        }
    }
    return code;
}

/* What keeps a system from being exempt, as far as the picture names it. */
static void gather_reasons(
    const struct fb_picture *picture, struct fb_exemption *exemption, struct fb_arena *arena)
{
    const struct fb_system_view *system = exemption->system;
    struct fb_str *out = exemption->applies;
    size_t n = 0, lines = 0;
    for (size_t i = 0; i < picture->line_count; i++) {
        const struct fb_line_view *view = &picture->lines[i];
        bool own = fb_str_eq(view->system, system->id);
        lines += own;
        if (own && view->status != FB_LINE_OUT_OF_SCOPE) {
            out[n++] = fb_arena_printf(arena, "red line %.*s of %.*s is %s (%s)",
                FB_STR_ARG(view->rule->name), FB_STR_ARG(view->policy->program->name),
                fb_line_status_name(view->status), view->handle);
        }
    }
    for (size_t i = 0; i < picture->duty_count; i++) {
        const struct fb_duty_view *view = &picture->duties[i];
        if (fb_str_eq(view->system, system->id)) {
            out[n++] = fb_arena_printf(arena, "%.*s: %.*s: %s (%s)",
                FB_STR_ARG(view->obligation.party), FB_STR_ARG(view->text),
                fb_duty_status_name(view->obligation.status), view->handle);
        }
    }
    for (size_t i = 0; i < picture->order_count; i++) {
        const struct fb_order_view *view = &picture->orders[i];
        if (fb_order_binds(view, system)) {
            out[n++] = fb_arena_printf(arena, "an order to %s binds it (%s)",
                fb_order_action_name(view->action), view->handle);
        }
    }
    for (const struct fb_reach *reach = n == 0 ? system->reached : NULL; reach;
         reach = reach->next) {
        out[n++] = fb_arena_printf(arena, "%.*s of %.*s applies to it once its time comes",
            FB_STR_ARG(reach->duty->name), FB_STR_ARG(reach->policy->program->name));
    }
    if (n == 0) {
        out[n++] = lines ? FB_STR("a licence that an authority decided on names it, or a duty of "
                                  "its developer binds it")
                         : FB_STR("no rule in force speaks of systems, so that there is no scope "
                                  "which it could be outside of");
    }
    exemption->applies_count = n;
}

enum fb_code fb_exempt_gather(const struct fb_picture *picture, struct fb_str system,
    struct fb_arena *arena, struct fb_exemption *out, struct fb_err *err)
{
    FB_ASSERT(picture && arena && out);
    struct fb_exemption exemption = {.system = NULL};
    for (size_t i = 0; i < picture->system_count && !exemption.system; i++) {
        if (fb_str_eq(picture->systems[i].id, system)) {
            exemption.system = &picture->systems[i];
        }
    }
    if (!exemption.system) {
        return fb_err_set(
            err, FB_E_NOT_FOUND, "the docket has no system '%.*s'", FB_STR_ARG(system));
    }
    enum fb_code code = gather_rules(picture, &exemption, arena, err);
    if (code == FB_OK && !exemption.system->exempt) {
        size_t most = picture->line_count + picture->duty_count + picture->order_count + 1;
        for (const struct fb_reach *r = exemption.system->reached; r; r = r->next) {
            most++;
        }
        exemption.applies = FB_ARENA_ARRAY(arena, struct fb_str, most);
        if (exemption.applies) {
            gather_reasons(picture, &exemption, arena);
        }
        for (size_t i = 0; code == FB_OK && i < exemption.applies_count; i++) {
            code = exemption.applies[i].ptr ? FB_OK : fb_arena_failed(arena, err);
        }
        code = exemption.applies ? code : fb_arena_failed(arena, err);
    }
    if (code == FB_OK) {
        *out = exemption;
    }
    return code;
}

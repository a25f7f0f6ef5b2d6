#include "lang/lower/lower.h"

#include <math.h>

#include "base/assert.h"
#include "engine/eval.h"
#include "lang/check/check.h"

void fb_lower_begin(struct fb_lowering *l, struct fb_span span)
{
    l->span = span;
    l->var_count = 0;
    l->visible_count = 0;
    l->frame = 0;
    l->nodes = 0;
    l->received = NULL;
    l->admitted = NULL;
    l->stopped = false;
}

static size_t depth(const struct fb_form *form)
{
    if (!form) {
        return 0;
    }
    size_t left = depth(form->left), right = depth(form->right);
    return 1 + (left > right ? left : right);
}

/* The engine refuses deeper formulas and those that it cannot evaluate; say it here, where the rule
 * is known. The first `bound` variables are those of the trigger. */
static void check_form(struct fb_lowering *l, const struct fb_form *form, size_t bound)
{
    uint32_t given[FB_IR_VARS_MAX];
    struct fb_err err;
    if (!form || !fb_lower_good(l)) {
        return;
    }
    if (depth(form) > FB_IR_DEPTH_MAX) {
        fb_complain(l->complaints, FB_E_LIMIT, l->span, "Join fewer conditions with 'and'.",
            "a rule's formula is nested at most %d deep", FB_IR_DEPTH_MAX);
        l->stopped = true;
        return;
    }
    for (size_t i = 0; i < bound; i++) {
        given[i] = (uint32_t)i;
    }
    fb_err_init(&err);
    if (fb_form_check(form, given, bound, &err) != FB_OK) {
        fb_complain(l->complaints, err.code, form->span,
            err.hint[0] ? err.hint : "Name its variables in a fact.", "%s", err.message);
    }
}

static size_t count_lines(const struct fb_within_line *line)
{
    size_t count = 0;
    for (; line; line = line->next) {
        count++;
    }
    return count;
}

/* A line that counts at the levels of a mask. */
static void lower_line(struct fb_lowering *l, const struct fb_within_line *line, unsigned levels,
    size_t bound, struct fb_duty *out)
{
    if (levels == 0 || !out->within) {
        return;
    }
    struct fb_within *to = &out->within[out->within_count++];
    to->amount = line->amount.amount;
    to->unit = line->amount.unit;
    to->span = line->amount.span;
    to->guard = fb_lower_closed(l, line->guard);
    if (levels != FB_LOWER_EVERY_PACE) {
        to->guard = fb_lower_and(l, to->guard, fb_lower_pace(l, levels, line->amount.span));
    }
    check_form(l, to->guard, bound);
}

static void lower_within(
    struct fb_lowering *l, const struct fb_demand *demand, size_t bound, struct fb_duty *out)
{
    size_t count = count_lines(demand->within);
    for (int level = 0; level < FB_PACE_LEVELS; level++) {
        count += count_lines(demand->within_at[level]);
    }
    out->within = fb_lower_array(l, count, sizeof(*out->within));
    for (const struct fb_within_line *line = demand->within; line; line = line->next) {
        unsigned levels = FB_LOWER_EVERY_PACE;
        for (int level = 0; level < FB_PACE_LEVELS; level++) {
            bool replaced = fb_within_same(demand->within_at[level], line->guard_text);
            levels &= replaced ? ~(1U << level) : FB_LOWER_EVERY_PACE;
        }
        lower_line(l, line, levels, bound, out);
    }
    for (int level = 0; level < FB_PACE_LEVELS; level++) {
        for (const struct fb_within_line *line = demand->within_at[level]; line;
             line = line->next) {
            lower_line(l, line, 1U << level, bound, out);
        }
    }
}

/* True when the pace changes a demand, or one that its discharge opens. */
static bool is_paced(const struct fb_item *item, const struct fb_demand *demand)
{
    bool paced = false;
    for (; demand && !paced; demand = demand->hence) {
        for (int level = 0; level < FB_PACE_LEVELS; level++) {
            paced = paced || demand->within_at[level] || demand->every_at[level].amount ||
                    demand->lest_at[level] || item->relax_at[level].amount;
        }
    }
    return paced;
}

static struct fb_str lower_lest_text(struct fb_lowering *l, const struct fb_demand *demand)
{
    return fb_lower_copy(l, demand->lest == FB_LEST_BREACH ? demand->lest_of.text : FB_STR(""));
}

static int64_t dwell_of(const struct fb_amount *dwell)
{
    return dwell->amount * (dwell->unit == FB_UNIT_HOURS ? FB_HOUR : FB_DAY);
}

/* What each pace changes, beside the deadline, of a duty that has its own terms. */
static void lower_terms(struct fb_lowering *l, const struct fb_item *item,
    const struct fb_demand *demand, struct fb_duty *out)
{
    for (int level = 0; level < FB_PACE_LEVELS; level++) {
        const struct fb_amount *every = &demand->every_at[level], *relax = &item->relax_at[level];
        const struct fb_demand *lest = demand->lest_at[level];
        struct fb_duty_terms *terms =
            every->amount || relax->amount || lest ? fb_lower_array(l, 1, sizeof(*terms)) : NULL;
        out->at_pace[level] = terms;
        if (!terms) {
            continue;
        }
        *terms = fb_duty_terms_at(out, -1);
        terms->every = every->amount ? every->amount : terms->every;
        terms->every_unit = every->amount ? every->unit : terms->every_unit;
        terms->relax_after = relax->amount ? dwell_of(relax) : terms->relax_after;
        terms->lest = lest ? lest->lest : terms->lest;
        terms->lest_text = lest ? lower_lest_text(l, lest) : terms->lest_text;
    }
}

/* The trigger binds the pace, under a name that no variable has: each pace is a valuation of its
 * own, which proposes the deadline of that pace. */
static void lower_paced(struct fb_lowering *l, struct fb_span span, struct fb_duty *out)
{
    int relation = fb_policy_relation("pace");
    FB_ASSERT(relation >= 0);
    out->paced = true;
    out->pace_relation = (uint32_t)relation;
    out->when =
        fb_lower_and(l, out->when, fb_lower_pace_is(l, fb_lower_find(l, FB_STR("pace")), span));
}

/* The duties of a program as they are lowered. */
struct duties {
    struct fb_program *program;
    const struct fb_item *item;
    size_t bound; /* variables that the trigger binds; they came first */
};

/* What a duty, a clause of a commitment and what follows from them have in common, when the names
 * of the trigger are visible and its formulas are there. */
static void lower_demand(struct fb_lowering *l, const struct duties *d,
    const struct fb_demand *demand, struct fb_duty *out)
{
    static const char *const says[] = {[FB_MUST] = "", [FB_MAY_NOT] = "not ", [FB_KEEP] = "keep "};
    static const struct fb_domain party = {.type = FB_TYPE_STRING, .ref = "party"};
    const struct fb_item *item = d->item;
    bool titled = item->title.len && item->kind == FB_ITEM_DUTY && !out->after;
    struct fb_str title =
        fb_arena_printf(l->arena, "%s%.*s", says[demand->modality], FB_STR_ARG(demand->act_text));
    out->title = titled ? fb_lower_copy(l, item->title) : title;
    l->no_memory = l->no_memory || !out->title.ptr;
    out->source = fb_lower_copy(l, item->source);
    out->surety = fb_lower_copy(l, item->confidence);
    out->modality = demand->modality;
    out->party = fb_lower_term(l, &item->party, &party);
    out->act = fb_lower_closed(l, demand->act);
    fb_lower_received(l, out);
    out->before = fb_lower_closed(l, demand->before);
    lower_within(l, demand, d->bound, out);
    out->every = demand->every.amount;
    out->every_unit = demand->every.unit;
    out->waived = fb_lower_waiver(l, item, out->name, out->param_count);
    out->lest = demand->lest;
    out->lest_text = lower_lest_text(l, demand);
    lower_terms(l, item, demand, out);
    struct fb_str *vars = fb_lower_array(l, l->var_count, sizeof(*vars));
    for (size_t i = 0; vars && i < l->var_count; i++) {
        vars[i] = l->vars[i];
    }
    out->vars = vars;
    out->var_count = l->var_count;
    check_form(l, out->when, 0);
    check_form(l, out->given, d->bound);
    check_form(l, out->during, d->bound);
    check_form(l, out->act, d->bound);
    check_form(l, out->received, d->bound);
    check_form(l, out->before, d->bound);
    check_form(l, out->waived, d->bound);
}

/* A demand and those that follow its discharge, which share its trigger and its variables. */
static void lower_demands(struct fb_lowering *l, const struct duties *d,
    const struct fb_demand *demand, const struct fb_duty *first)
{
    struct fb_duty *out = &d->program->duties[d->program->duty_count++];
    *out = *first;
    lower_demand(l, d, demand, out);
    for (demand = demand->hence; demand; demand = demand->hence) {
        struct fb_duty *next = &d->program->duties[d->program->duty_count++];
        *next = *first;
        next->name = fb_arena_printf(l->arena, "%.*s.hence", FB_STR_ARG(out->name));
        l->no_memory = l->no_memory || !next->name.ptr;
        next->span = demand->span;
        next->after = out;
        next->anchor_var = -1; /* it runs from the discharge */
        if (!fb_lower_good(l)) {
            return;
        }
        lower_demand(l, d, demand, next);
        out = next;
    }
}

static void lower_duty(
    struct fb_lowering *l, const struct fb_item *item, struct fb_program *program)
{
    struct fb_names names = {.count = 0};
    struct fb_form *inside = NULL, *outside = NULL, *exempt = NULL;
    fb_lower_begin(l, item->span);
    for (const struct fb_word *param = item->params; param; param = param->next) {
        fb_names_add(&names, param->text);
    }
    /* Each party has its own duty (SEMANTICS.md, history 18). */
    if (item->party.kind == FB_WORD_VARIABLE) {
        fb_names_add(&names, item->party.text);
    }
    struct fb_duty out = {.name = fb_lower_copy(l, item->name),
        .span = item->span,
        .param_count = names.count,
        .system_var = item->system_param,
        .anchor_var = -1};
    fb_bindings(item->condition, &names);
    if (is_paced(item, item->demands)) {
        fb_names_add(&names, FB_STR("pace"));
    }
    fb_lower_introduce(l, &names);
    const struct duties d = {program, item, l->visible_count};
    out.when = fb_lower_condition(l, item->condition);
    if (is_paced(item, item->demands)) {
        lower_paced(l, item->span, &out);
    }
    out.given = fb_lower_closed(l, item->given);
    out.during = fb_lower_closed(l, item->during);
    if (item->scope.given) {
        fb_lower_scope(
            l, &item->scope, fb_lower_find(l, names.items[item->system_param]), &inside, &outside);
        out.given = fb_lower_and(l, out.given, fb_lower_not(l, outside));
    }
    if (item->system_param >= 0) {
        exempt = fb_lower_exempt(l, item, fb_lower_find(l, names.items[item->system_param]));
        out.given = exempt ? fb_lower_and(l, out.given, fb_lower_not(l, exempt)) : out.given;
    }
    struct fb_term *anchor = fb_lower_find(l, item->anchor_variable);
    if (item->anchor_variable.len > 0 && anchor) {
        out.anchor_var = (int32_t)anchor->var;
    }
    lower_demands(l, &d, item->demands, &out);
}

/* The name of a clause: the commitment's and the verb's, with a number when it is not the first. */
static struct fb_str clause_name(
    struct fb_lowering *l, const struct fb_item *item, const struct fb_demand *demand)
{
    unsigned same = 1;
    for (const struct fb_demand *other = item->demands; other != demand; other = other->next) {
        same += fb_str_eq(other->verb, demand->verb);
    }
    struct fb_str name = fb_arena_printf(l->arena, same > 1 ? "%.*s.%.*s.%u" : "%.*s.%.*s",
        FB_STR_ARG(item->name), FB_STR_ARG(demand->verb), same);
    l->no_memory = l->no_memory || !name.ptr;
    return name;
}

/* Only systems of the party that commits itself are bound. */
static struct fb_form *own_system(
    struct fb_lowering *l, const struct fb_item *item, struct fb_term *system)
{
    int relation = fb_policy_relation("system");
    int developer = fb_policy_column((uint32_t)relation, "developer");
    FB_ASSERT(relation >= 0 && developer >= 0);
    struct fb_form *pred = fb_lower_pred(l, (uint32_t)relation, item->span);
    fb_lower_column(pred, FB_COLUMN_ID, system);
    fb_lower_column(pred, (uint32_t)developer,
        fb_lower_term(l, &item->party, fb_policy_domain((uint32_t)relation, (uint32_t)developer)));
    return pred;
}

static void lower_clause(struct fb_lowering *l, const struct fb_item *item,
    const struct fb_demand *demand, struct fb_program *program)
{
    struct fb_names names = {.count = 0};
    fb_lower_begin(l, demand->span);
    fb_names_add(&names, item->params->text);
    if (is_paced(item, demand)) {
        fb_names_add(&names, FB_STR("pace"));
    }
    fb_lower_introduce(l, &names);
    struct fb_term *system = fb_lower_find(l, item->params->text);
    struct fb_duty out = {.name = clause_name(l, item, demand),
        .span = demand->span,
        .param_count = 1,
        .system_var = 0,
        .anchor_var = -1};
    const struct duties d = {program, item, l->visible_count};
    out.when = fb_lower_and(l, fb_lower_condition(l, item->condition), own_system(l, item, system));
    out.during = fb_lower_condition(l, item->condition);
    if (is_paced(item, demand)) {
        lower_paced(l, demand->span, &out);
    }
    struct fb_form *exempt = fb_lower_exempt(l, item, system);
    out.given = exempt ? fb_lower_not(l, exempt) : NULL;
    out.relax_after = dwell_of(&item->relax_for);
    lower_demands(l, &d, demand, &out);
}

static void count_items(const struct fb_policy_tree *tree, size_t *redlines, size_t *duties)
{
    for (const struct fb_item *item = tree->items; item; item = item->next) {
        *redlines += item->kind == FB_ITEM_REDLINE;
        for (const struct fb_demand *demand = item->demands; demand; demand = demand->next) {
            for (const struct fb_demand *link = demand; link; link = link->hence) {
                ++*duties;
            }
        }
    }
}

static void lower_item(
    struct fb_lowering *l, const struct fb_item *item, struct fb_program *program)
{
    switch (item->kind) {
    case FB_ITEM_LET:
    case FB_ITEM_EXEMPT:
        break;
    case FB_ITEM_REDLINE:
        fb_lower_redline(l, item, &program->redlines[program->redline_count++]);
        break;
    case FB_ITEM_DUTY:
        lower_duty(l, item, program);
        break;
    case FB_ITEM_COMMITMENT:
        for (const struct fb_demand *demand = item->demands; demand; demand = demand->next) {
            lower_clause(l, item, demand, program);
        }
        break;
    }
}

static struct fb_days lower_days(struct fb_lowering *l, const struct fb_days *days)
{
    struct fb_days out = *days;
    int64_t *holidays = fb_lower_array(l, days->holiday_count, sizeof(*holidays));
    for (size_t i = 0; holidays && i < days->holiday_count; i++) {
        holidays[i] = days->holidays[i];
    }
    out.holidays = holidays;
    out.zone_name = fb_lower_copy(l, days->zone_name);
    out.listed = fb_lower_copy(l, days->listed);
    return out;
}

static void lower_retains(
    struct fb_lowering *l, const struct fb_policy_tree *tree, struct fb_program *program)
{
    program->retains = fb_lower_array(l, tree->retain_count, sizeof(*program->retains));
    for (const struct fb_retain_clause *one = tree->retains; one && program->retains;
         one = one->next) {
        struct fb_str *topics = fb_lower_array(l, one->topic_count, sizeof(*topics));
        size_t count = 0;
        for (const struct fb_word *word = one->topics; word && topics; word = word->next) {
            topics[count++] = fb_lower_copy(l, word->text);
        }
        program->retains[program->retain_count++] = (struct fb_retain){.what = one->what,
            .topics = topics,
            .topic_count = count,
            .amount = one->period.amount,
            .unit = one->period.unit,
            .source = fb_lower_copy(l, one->source)};
    }
    FB_ASSERT(!program->retains || program->retain_count == tree->retain_count);
}

static struct fb_pace_terms lower_pace_terms(
    struct fb_lowering *l, const struct fb_pace_block *pace)
{
    struct fb_pace_terms out = {.given = pace != NULL};
    if (!pace) {
        return out;
    }
    const struct fb_pace_clause *fast = &pace->levels[FB_PACE_FAST];
    const struct fb_pace_clause *slow = &pace->levels[FB_PACE_SLOW];
    const struct fb_pace_clause *any = fast->span.line ? fast : slow;
    const struct fb_amount *dwell = pace->dwell.amount ? &pace->dwell : &slow->dwell;
    for (const struct fb_word *word = any->series; word; word = word->next) {
        FB_ASSERT(out.series_count < FB_PACE_SERIES_MAX);
        out.series[out.series_count++] = fb_lower_copy(l, word->text);
    }
    out.span = pace->span;
    out.confidence = fb_decimal_to_double(fb_decimal_scale(any->confidence.number, -2));
    out.slow_from_days = slow->span.line ? fb_pace_days(&slow->limit) : INFINITY;
    /* Without `fast` there is nothing between fast and slow. */
    out.fast_below_days = fast->span.line ? fb_pace_days(&fast->limit) : out.slow_from_days;
    out.dwell_us = dwell_of(dwell);
    /* What nobody measures any more is fast again: after two dwells, unless it says when. */
    out.age_us = pace->age.amount ? dwell_of(&pace->age) : fb_time_add(out.dwell_us, out.dwell_us);
    return out;
}

bool fb_lower(const struct fb_policy_tree *tree, struct fb_arena *arena,
    struct fb_complaints *complaints, struct fb_program **out)
{
    struct fb_lowering l = {.arena = arena, .complaints = complaints, .policy = tree->name};
    size_t redlines = 0, duties = 0;
    fb_lower_list_exempts(&l, tree);
    FB_ASSERT(complaints->errors->count == 0);
    count_items(tree, &redlines, &duties);
    struct fb_program *program = fb_lower_array(&l, 1, sizeof(*program));
    if (!program) {
        return false;
    }
    *program = (struct fb_program){.name = fb_lower_copy(&l, tree->name),
        .title = fb_lower_copy(&l, tree->title),
        .source = fb_lower_copy(&l, tree->source),
        .version = tree->version,
        .effective = tree->effective,
        .expires = tree->expires,
        .written = tree->effective,
        .clocks_from = tree->effective,
        .replaces = tree->replaces,
        .days = lower_days(&l, &tree->days),
        .pace = lower_pace_terms(&l, tree->pace),
        .signature = fb_policy_signature(),
        .redlines = fb_lower_array(&l, redlines, sizeof(struct fb_redline)),
        .duties = fb_lower_array(&l, duties, sizeof(struct fb_duty))};
    for (const struct fb_item *item = tree->items; item && !l.no_memory; item = item->next) {
        lower_item(&l, item, program);
    }
    lower_retains(&l, tree, program);
    program->pace.asked = l.asks_pace;
    if (!l.no_memory && complaints->errors->count == 0) {
        *out = program;
    }
    return !l.no_memory;
}

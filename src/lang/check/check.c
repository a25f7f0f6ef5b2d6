#include "lang/check/check.h"

#include <stdlib.h>

#include "base/assert.h"
#include "engine/holidays.h"

void fb_check_fail(struct fb_checker *c, struct fb_span at, const char *hint, const char *message)
{
    fb_complain(c->complaints, FB_E_POLICY, at, hint, "%s", message);
}

static void missing(struct fb_checker *c, const struct fb_item *item, const char *part)
{
    static const char *const kinds[] = {
        "definition", "red line", "duty", "commitment", "exemption"};
    fb_complain(c->complaints, FB_E_POLICY, item->span,
        "Add the clause; docs/LANGUAGE.md has an example of each.", "%s '%.*s' has no %s",
        kinds[item->kind], FB_STR_ARG(item->name), part);
}

static int order_days(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return x < y ? -1 : x > y;
}

/* Complains of a list or a date that stands before, too. */
static void check_twice(
    struct fb_checker *c, const struct fb_policy_tree *tree, const struct fb_holiday *one)
{
    const struct fb_holiday *other = tree->holidays;
    while (other != one && (!fb_str_eq(other->list, one->list) || other->date != one->date)) {
        other = other->next;
    }
    if (other != one && one->list.len) {
        fb_complain(c->complaints, FB_E_POLICY, one->span, "Keep one of them.",
            "the holidays of '%.*s' are listed twice", FB_STR_ARG(one->list));
    } else if (other != one) {
        char date[FB_TIME_TEXT];
        fb_time_format(one->date, date);
        fb_complain(c->complaints, FB_E_POLICY, one->span, "Keep one of them.",
            "holiday %.10s is listed twice", date);
    }
}

/* Notes a list that is named: what all of them cover is what each does. False when memory ran out.
 */
static bool note_list(struct fb_checker *c, struct fb_policy_tree *tree, struct fb_str name,
    const struct fb_holiday_list *list)
{
    struct fb_days *days = &tree->days;
    bool first = days->listed.len == 0;
    days->listed =
        first ? name
              : fb_arena_printf(c->arena, "%.*s, %.*s", FB_STR_ARG(days->listed), FB_STR_ARG(name));
    days->listed_from = first || list->from > days->listed_from ? list->from : days->listed_from;
    days->listed_until =
        first || list->until < days->listed_until ? list->until : days->listed_until;
    return days->listed.ptr != NULL;
}

/* The holidays in order, those of the lists included. False when memory ran out. */
static bool check_holidays(struct fb_checker *c, struct fb_policy_tree *tree)
{
    size_t room = 1, count = 0, kept = 0;
    struct fb_holiday_list list;
    for (const struct fb_holiday *one = tree->holidays; one; one = one->next) {
        check_twice(c, tree, one);
        room += one->list.len && fb_holidays_named(one->list, &list) ? list.count : 1;
    }
    int64_t *days = FB_ARENA_ARRAY(c->arena, int64_t, room);
    for (const struct fb_holiday *one = tree->holidays; one && days; one = one->next) {
        if (one->list.len == 0) {
            days[count++] = one->date / FB_DAY - (one->date % FB_DAY < 0);
            continue;
        }
        bool known = fb_holidays_named(one->list, &list);
        FB_ASSERT(known);
        fb_holidays_write(one->list, &days[count]);
        count += list.count;
        if (!note_list(c, tree, one->list, &list)) {
            return false;
        }
    }
    if (!days) {
        return false;
    }
    qsort(days, count, sizeof(*days), order_days);
    for (size_t i = 0; i < count; i++) {
        if (i == 0 || days[i] != days[i - 1]) {
            days[kept++] = days[i];
        }
    }
    tree->days.holidays = days;
    tree->days.holiday_count = kept;
    return true;
}

static void check_header(struct fb_checker *c, const struct fb_policy_tree *tree)
{
    if (tree->title.len == 0) {
        fb_check_fail(
            c, tree->span, "Add a line: title \"what it is about\".", "the policy has no 'title'");
    }
    if (tree->version == 0) {
        fb_check_fail(c, tree->span, "Add a line: version 1.", "the policy has no 'version'");
    }
    if (tree->replaces && tree->version == 1) {
        fb_check_fail(c, tree->replaces_span, "Remove the line, or raise the version.",
            "version 1 has no earlier versions to replace");
    }
    if (tree->effective == FB_TIME_MAX && tree->expires != FB_TIME_MAX) {
        fb_check_fail(c, tree->expires_span, "Remove it.", "a policy never in force cannot expire");
    } else if (tree->expires <= tree->effective && tree->effective != FB_TIME_MIN &&
               tree->effective != FB_TIME_MAX) {
        fb_check_fail(c, tree->expires_span, "Write a date after the one in 'effective'.",
            "the policy expires before it is in force");
    }
}

static bool names_topic(
    const struct fb_retain_clause *retain, struct fb_str topic, const struct fb_word *before)
{
    for (const struct fb_word *word = retain->topics; word != before; word = word->next) {
        if (fb_str_eq(word->text, topic)) {
            return true;
        }
    }
    return false;
}

/* Each kind of document is kept by one line, so that nobody looks at the shorter of two. */
static void check_retains(struct fb_checker *c, const struct fb_policy_tree *tree)
{
    for (const struct fb_retain_clause *one = tree->retains; one; one = one->next) {
        const struct fb_retain_clause *other = tree->retains;
        while (other != one && (other->what != one->what || one->what == FB_RETAIN_REPORTS)) {
            other = other->next;
        }
        if (other != one) {
            fb_complain(c->complaints, FB_E_POLICY, one->span, "Keep the longer one.",
                "a second 'retain %s'; the first is on line %u",
                one->what == FB_RETAIN_SYSTEMS ? "systems" : "incidents", other->span.line);
        }
        for (const struct fb_word *word = one->topics; word; word = word->next) {
            bool twice = names_topic(one, word->text, word);
            for (other = tree->retains; other != one && !twice; other = other->next) {
                twice = names_topic(other, word->text, NULL);
            }
            if (twice) {
                fb_complain(c->complaints, FB_E_POLICY, word->span, "Keep the longer one.",
                    "reports on '%.*s' are retained twice", FB_STR_ARG(word->text));
            }
        }
    }
}

/* Parameters are different variables. */
static void check_params(struct fb_checker *c, const struct fb_item *item)
{
    struct fb_names seen = {.count = 0};
    for (const struct fb_word *param = item->params; param; param = param->next) {
        if (param->kind != FB_WORD_VARIABLE) {
            fb_complain(c->complaints, FB_E_POLICY, param->span,
                "A variable begins with a capital letter, as S.",
                "expected a variable, found '%.*s'", FB_STR_ARG(param->text));
        } else if (fb_names_have(&seen, param->text)) {
            fb_complain(c->complaints, FB_E_POLICY, param->span, "Name each variable once.",
                "variable '%.*s' is given twice", FB_STR_ARG(param->text));
        }
        fb_names_add(&seen, param->text);
    }
    if (seen.full) {
        fb_complain(c->complaints, FB_E_LIMIT, item->span, "Split the rule.",
            "a rule has at most %d variables", FB_IR_VARS_MAX);
    }
}

static void need_bound(struct fb_checker *c, const struct fb_word *word,
    const struct fb_names *known, const char *role)
{
    if (word->kind == FB_WORD_VARIABLE && !fb_names_have(known, word->text)) {
        fb_complain(c->complaints, FB_E_POLICY, word->span,
            "Name it there, as in 'incident I of system S, known to P' or 'cyber(S) crossed'.",
            "%s '%.*s' is not bound by '%s'", role, FB_STR_ARG(word->text), c->trigger);
    }
}

/* Puts the party where an act says {column:you}, or takes that field out: who may not do something
 * may not let others do it. */
static void place_party(const struct fb_item *item, struct fb_demand *demand)
{
    struct fb_fact_field **link = &demand->act->fields;
    while (*link) {
        struct fb_fact_field *field = *link;
        bool you = field->value.kind == FB_WORD_VARIABLE && field->value.text.len == 0;
        if (you && (demand->modality != FB_MUST || item->party.text.len == 0)) {
            *link = field->next;
            continue;
        }
        if (you) {
            field->value = item->party;
        }
        link = &field->next;
    }
}

/* A period is counted in days or longer units, so that there are never too many of them. */
static void check_every(
    struct fb_checker *c, const struct fb_demand *demand, const struct fb_amount *every)
{
    enum { MOST_MONTHS = 1200 };
    static const int64_t most[] = {[FB_UNIT_HOURS] = 0,
        [FB_UNIT_DAYS] = 36600,
        [FB_UNIT_BUSINESS_DAYS] = 26000,
        [FB_UNIT_MONTHS] = MOST_MONTHS};
    if (every->amount == 0) {
        return;
    }
    if (demand->modality != FB_MUST) {
        fb_check_fail(c, every->span, "Only what must be done recurs; remove 'every'.",
            "'every' for something that is not a 'must'");
    } else if (demand->before) {
        fb_check_fail(c, every->span, "Make two duties of it.",
            "what recurs cannot be due 'before' something");
    } else if (every->unit == FB_UNIT_HOURS) {
        fb_check_fail(c, every->span, "Write days, weeks, months or years.",
            "a period of 'every' is counted in days or more");
    } else if (every->amount > most[every->unit]) {
        fb_check_fail(c, every->span, "Write a shorter period, or a duty that is owed once.",
            "a period of 'every' is longer than 100 years");
    }
}

static void check_demand(struct fb_checker *c, const struct fb_item *item, struct fb_demand *demand,
    const struct fb_names *known)
{
    struct fb_names act = *known, before = *known;
    place_party(item, demand);
    fb_check_condition(c, demand->act, &act);
    fb_check_condition(c, demand->before, &before);
    for (struct fb_within_line *line = demand->within; line; line = line->next) {
        struct fb_names guard = *known;
        fb_check_condition(c, line->guard, &guard);
    }
    for (int level = 0; level < FB_PACE_LEVELS; level++) {
        for (const struct fb_within_line *line = demand->within_at[level]; line;
             line = line->next) {
            struct fb_names guard = *known;
            fb_check_condition(c, line->guard, &guard);
        }
        if (demand->lest_at[level]) {
            need_bound(c, &demand->lest_at[level]->lest_of, known, "variable");
        }
        check_every(c, demand, &demand->every_at[level]);
    }
    if (demand->lest_of.kind == FB_WORD_VARIABLE && demand->lest != FB_LEST_NOTHING) {
        need_bound(c, &demand->lest_of, known, "variable");
    }
    check_every(c, demand, &demand->every);
    if ((demand->within || demand->before) && demand->modality != FB_MUST) {
        fb_check_fail(c, demand->span, "Only what must be done has a deadline; remove it.",
            "a deadline for something that is not a 'must'");
    }
    unsigned links = 0;
    for (const struct fb_demand *link = demand; link; link = link->hence) {
        links++;
    }
    if (links > FB_POLICY_CHAIN_MAX) {
        fb_complain(c->complaints, FB_E_LIMIT, demand->span, "Make a duty of its own of the rest.",
            "at most %d duties follow one another by 'hence'", FB_POLICY_CHAIN_MAX);
    } else if (demand->hence && demand->modality != FB_MUST) {
        fb_check_fail(c, demand->hence->span,
            "Only what must be done is ever discharged; remove it.",
            "'hence' after something that is not a 'must'");
    } else if (demand->hence) {
        check_demand(c, item, demand->hence, known);
    }
}

/* The fact of `when` whose id is this variable; it must hold on every way through. */
static struct fb_cond *fact_of(struct fb_cond *cond, struct fb_str id)
{
    struct fb_cond *found = NULL;
    if (cond->kind == FB_COND_ALL) {
        for (struct fb_cond *part = cond->parts; part && !found; part = part->next) {
            found = fact_of(part, id);
        }
    }
    if (cond->kind == FB_COND_FACT && cond->fields && cond->fields->column == FB_COLUMN_ID &&
        cond->fields->compare == FB_IS && fb_str_eq(cond->fields->value.text, id)) {
        found = cond;
    }
    return found;
}

static struct fb_fact_field *field_of(struct fb_cond *fact, uint32_t column)
{
    struct fb_fact_field *field = fact->fields;
    while (field && field->column != column) {
        field = field->next;
    }
    return field;
}

/* The column that the deadline runs from gets a variable. */
static bool bind_anchor(
    struct fb_checker *c, struct fb_item *item, struct fb_cond *fact, uint32_t column)
{
    struct fb_fact_field *field = field_of(fact, column);
    if (!field) {
        field = FB_ARENA_NEW(c->arena, struct fb_fact_field);
        if (!field) {
            return false;
        }
        *field = (struct fb_fact_field){.column = column, .span = item->anchor_of.span};
        field->value = (struct fb_word){.kind = FB_WORD_VARIABLE,
            .span = field->span,
            .text = fb_arena_printf(c->arena, "%.*s.%.*s", FB_STR_ARG(item->anchor_of.text),
                FB_STR_ARG(item->anchor_field))};
        field->next = fact->fields->next;
        fact->fields->next = field;
    }
    if (field->value.kind != FB_WORD_VARIABLE || field->compare != FB_IS) {
        fb_check_fail(c, field->span, "Put a variable in its place, and compare that with 'and'.",
            "the deadline runs from a field that has a fixed value");
        return true;
    }
    item->anchor_variable = field->value.text;
    return item->anchor_variable.ptr != NULL;
}

static bool check_anchor(struct fb_checker *c, struct fb_item *item)
{
    struct fb_cond *fact = fact_of(item->condition, item->anchor_of.text);
    if (!fact) {
        fb_complain(c->complaints, FB_E_POLICY, item->anchor_of.span,
            "Name it in a fact of 'when', as in 'incident I of system S, known to P'.",
            "the deadline runs from '%.*s', which is the id of no fact of 'when'",
            FB_STR_ARG(item->anchor_of.text));
        return true;
    }
    const struct fb_relation *relation = &fb_policy_signature()->relations[fact->relation];
    uint32_t column = 0;
    while (column < relation->arity && !fb_str_eq(relation->columns[column], item->anchor_field)) {
        column++;
    }
    if (column == relation->arity || relation->types[column] != FB_TYPE_TIME) {
        fb_complain(c->complaints, FB_E_POLICY, item->anchor_of.span,
            "Deadlines run from a field that is a time, as at, known_at or ended.",
            "'%.*s' of '%.*s' is no time", FB_STR_ARG(item->anchor_field),
            FB_STR_ARG(relation->name));
        return true;
    }
    if (item->knower.span.line) {
        int known_to = fb_policy_column(fact->relation, "known_to");
        struct fb_fact_field *field = known_to < 0 ? NULL : field_of(fact, (uint32_t)known_to);
        if (!field || !fb_str_eq(field->value.text, item->knower.text)) {
            fb_complain(c->complaints, FB_E_POLICY, item->knower.span,
                "Write in 'when': known to P.", "'when' does not say that '%.*s' knew of '%.*s'",
                FB_STR_ARG(item->knower.text), FB_STR_ARG(item->anchor_of.text));
        }
    }
    return bind_anchor(c, item, fact, column);
}

/* Who may excuse, and on what condition. */
static void check_waiver(
    struct fb_checker *c, const struct fb_item *item, const struct fb_names *known)
{
    const struct fb_waiver_clause *waiver = &item->waiver;
    struct fb_names condition = *known;
    for (const struct fb_word *by = waiver->by; by; by = by->next) {
        if (item->party.kind == FB_WORD_TEXT && fb_str_eq(by->text, item->party.text)) {
            fb_check_fail(
                c, by->span, "Name the authority that may excuse.", "a party cannot excuse itself");
        }
    }
    fb_check_condition(c, waiver->condition, &condition);
}

static void find_system(const struct fb_checker *c, struct fb_item *item)
{
    int index = 0;
    item->system_param = -1;
    for (const struct fb_word *param = item->params; param; param = param->next, index++) {
        const struct fb_domain *domain = fb_check_domain(c, param->text);
        if (item->system_param < 0 && domain && domain->ref &&
            fb_str_is(fb_str_of(domain->ref), "system")) {
            item->system_param = index;
        }
    }
}

static bool check_duty(struct fb_checker *c, struct fb_item *item)
{
    struct fb_names known = {.count = 0}, given;
    struct fb_demand *demand = item->demands;
    if (!item->condition || !demand || item->party.text.len == 0) {
        missing(c, item,
            !item->condition ? "'when'"
            : !demand        ? "'must', 'may not' or 'keep'"
                             : "'party'");
        return true;
    }
    if (demand->next) {
        fb_check_fail(
            c, demand->next->span, "Make it a duty of its own.", "a second demand in one duty");
    }
    if (item->anchor_of.span.line && !check_anchor(c, item)) {
        return false;
    }
    fb_check_condition(c, item->condition, &known);
    for (const struct fb_word *param = item->params; param; param = param->next) {
        need_bound(c, param, &known, "variable");
    }
    need_bound(c, &item->party, &known, "party");
    given = known;
    fb_check_condition(c, item->given, &given);
    given = known;
    fb_check_condition(c, item->during, &given);
    check_demand(c, item, demand, &known);
    check_waiver(c, item, &known);
    find_system(c, item);
    if (item->scope.given && item->system_param < 0) {
        fb_check_fail(c, item->scope.span, "Bind one in 'when', as in 'incident I of system S'.",
            "a scope needs a system among the variables of the duty");
    }
    fb_check_scope(c, &item->scope);
    return true;
}

static void check_relax(struct fb_checker *c, struct fb_item *item, struct fb_names *known)
{
    const struct fb_cond *relax = item->relax_when, *owed = item->condition;
    fb_check_condition(c, item->relax_when, known);
    (void)fb_check_exact(c, &item->relax_for);
    if (!fb_str_eq(relax->name, owed->name) || (relax->statuses & owed->statuses) ||
        relax->statuses != FB_SAYS_RULED_OUT) {
        fb_complain(c->complaints, FB_E_POLICY, relax->span,
            "Write: relax after NAME(S) ruled out for 90 days.",
            "a commitment relaxes after its own red line '%.*s' is ruled out",
            FB_STR_ARG(owed->name));
    }
}

static void check_commitment(struct fb_checker *c, struct fb_item *item)
{
    struct fb_names known = {.count = 0};
    if (!item->condition || !item->demands || item->party.text.len == 0) {
        missing(c, item,
            !item->condition ? "'while'"
            : !item->demands ? "'must', 'may not' or 'keep'"
                             : "'by'");
        return;
    }
    if (item->params->next) {
        fb_check_fail(c, item->params->next->span, "Write: commitment name(S) by \"aurora\".",
            "a commitment has one variable, the system");
    }
    fb_check_condition(c, item->condition, &known);
    need_bound(c, item->params, &known, "variable");
    if (item->relax_when) {
        check_relax(c, item, &known);
    }
    for (struct fb_demand *demand = item->demands; demand; demand = demand->next) {
        check_demand(c, item, demand, &known);
    }
    check_waiver(c, item, &known);
    item->system_param = 0;
}

/* A definition may use its parameters as given; which of them it binds is noted. */
static bool check_let(struct fb_checker *c, struct fb_item *item)
{
    struct fb_names known = {.count = 0}, bound = {.count = 0};
    uint64_t bit = 1;
    struct fb_err err;
    for (const struct fb_word *param = item->params; param; param = param->next) {
        fb_names_add(&known, param->text);
    }
    fb_check_condition(c, item->condition, &known);
    fb_bindings(item->condition, &bound);
    for (const struct fb_word *param = item->params; param; param = param->next, bit <<= 1) {
        item->binds |= fb_names_have(&bound, param->text) ? bit : 0;
    }
    fb_err_init(&err);
    return fb_map_put(&c->lets, item->name, item, &err) == FB_OK;
}

/* What an exemption rests on: records of the one system, and what is certain of them. `system` is
 * the name of the variable here. */
static void check_certain(struct fb_checker *c, const struct fb_cond *cond, struct fb_str system)
{
    const struct fb_fact_field *id = cond->fields;
    const char *hint = "Write what the system's own record says, as in 'training compute of S < "
                       "1e23 FLOP' or 'S is research_only'.";
    switch (cond->kind) {
    case FB_COND_NOT:
        fb_check_fail(c, cond->span,
            "Turn the comparison round, as in: training compute of S < 1e23 FLOP.",
            "'not' in an exemption would exempt a system that does not tell");
        return;
    case FB_COND_LINE:
        fb_check_fail(
            c, cond->span, hint, "an exemption cannot rest on a red line, whose scope it decides");
        return;
    case FB_COND_COMPARE:
        fb_check_fail(c, cond->span, hint, "an exemption compares fields of the system only");
        return;
    case FB_COND_CALL:
        if (cond->named && (cond->args->next || !fb_str_eq(cond->args->text, system))) {
            fb_check_fail(c, cond->span, hint, "an exemption is about one system alone");
        } else if (cond->named) {
            check_certain(c, cond->named->condition, cond->named->params->text);
        }
        return;
    case FB_COND_ALL:
    case FB_COND_ANY:
        for (const struct fb_cond *part = cond->parts; part; part = part->next) {
            check_certain(c, part, system);
        }
        return;
    case FB_COND_PACE:
        fb_check_fail(c, cond->span, hint, "an exemption cannot rest on the pace");
        return;
    case FB_COND_FACT:
        break;
    }
    if ((int)cond->relation != fb_policy_relation("system") || !id || id->column != FB_COLUMN_ID ||
        id->value.kind != FB_WORD_VARIABLE || !fb_str_eq(id->value.text, system)) {
        fb_check_fail(c, cond->span, hint, "an exemption is about one system alone");
        return;
    }
    for (const struct fb_fact_field *field = id->next; field; field = field->next) {
        if (field->value.kind == FB_WORD_VARIABLE || field->value.kind == FB_WORD_UNKNOWN) {
            fb_check_fail(c, field->span, "Compare the field with a value.",
                "what is not known exempts nobody");
        }
    }
}

/* The rules that an exemption names are red lines, duties and commitments of the policy. */
static void check_exempted(struct fb_checker *c, const struct fb_item *item)
{
    for (const struct fb_word *word = item->rules; word; word = word->next) {
        const struct fb_item *rule = fb_map_get(&c->all, word->text);
        if (rule && rule->kind != FB_ITEM_LET && rule->kind != FB_ITEM_EXEMPT) {
            continue;
        }
        char hint[FB_ERR_TEXT_MAX];
        struct fb_nearest nearest = fb_nearest_to(word->text);
        for (size_t i = 0; i < c->all.count; i++) {
            const struct fb_item *other = c->all.entries[i].value;
            if (other->kind != FB_ITEM_LET && other->kind != FB_ITEM_EXEMPT) {
                fb_nearest_offer(&nearest, other->name);
            }
        }
        fb_complain(c->complaints, FB_E_POLICY, word->span,
            fb_nearest_hint(&nearest, "Name a red line, duty or commitment of this policy.", hint),
            "no rule is named '%.*s'", FB_STR_ARG(word->text));
    }
}

static void check_exempt(struct fb_checker *c, struct fb_item *item)
{
    struct fb_names known = {.count = 0};
    if (!item->condition) {
        missing(c, item, "'when'");
        return;
    }
    if (item->params->next) {
        fb_check_fail(c, item->params->next->span, "Write: exempt small(S).",
            "an exemption has one variable, the system");
        return;
    }
    size_t before = c->complaints->errors->count;
    fb_names_add(&known, item->params->text);
    fb_check_condition(c, item->condition, &known);
    if (c->complaints->errors->count == before) {
        check_certain(c, item->condition, item->params->text);
    }
    check_exempted(c, item);
}

static bool check_item(struct fb_checker *c, struct fb_item *item)
{
    c->variables.count = 0;
    c->too_many = false;
    c->trigger = item->kind == FB_ITEM_COMMITMENT ? "while" : "when";
    check_params(c, item);
    switch (item->kind) {
    case FB_ITEM_LET:
        return check_let(c, item);
    case FB_ITEM_REDLINE:
        fb_check_redline(c, item);
        return true;
    case FB_ITEM_DUTY:
        return check_duty(c, item);
    case FB_ITEM_COMMITMENT:
        check_commitment(c, item);
        return true;
    case FB_ITEM_EXEMPT:
        check_exempt(c, item);
        return true;
    }
    return true;
}

static bool collect_names(struct fb_checker *c, struct fb_policy_tree *tree)
{
    struct fb_err err;
    fb_err_init(&err);
    for (struct fb_item *item = tree->items; item; item = item->next) {
        const struct fb_item *other = fb_map_get(&c->all, item->name);
        if (other) {
            fb_complain(c->complaints, FB_E_POLICY, item->span, "Give each rule its own name.",
                "a second rule named '%.*s'; the first is on line %u", FB_STR_ARG(item->name),
                other->span.line);
        } else if (fb_map_put(&c->all, item->name, item, &err) != FB_OK) {
            return false;
        }
    }
    return true;
}

bool fb_check(struct fb_policy_tree *tree, struct fb_arena *arena, struct fb_complaints *complaints)
{
    struct fb_checker c = {.arena = arena, .complaints = complaints};
    FB_ASSERT(tree && complaints->errors->count == 0);
    fb_map_init(&c.all);
    fb_map_init(&c.lets);
    check_header(&c, tree);
    check_retains(&c, tree);
    c.has_pace = tree->pace != NULL;
    bool good = collect_names(&c, tree) && check_holidays(&c, tree) &&
                fb_check_pace(&c, tree->pace) && fb_check_growth(&c, tree);
    for (struct fb_item *item = tree->items; item && good; item = item->next) {
        good = !fb_complaints_full(complaints) ? check_item(&c, item) : good;
    }
    for (struct fb_test *test = tree->tests; test && good; test = test->next) {
        c.variables.count = 0;
        fb_check_test(&c, test);
    }
    fb_map_release(&c.all);
    fb_map_release(&c.lets);
    return good;
}

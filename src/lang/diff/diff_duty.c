/* diff_duty.c: the parts of two duties. */
#include "base/assert.h"
#include "engine/table.h"
#include "lang/diff/parts.h"

/* Two duties side by side: which variables are the same value. */
struct pair {
    struct fb_diffing *d;
    const struct fb_duty *duties[2];
    uint32_t joined[2][FB_IR_VARS_MAX];
    size_t joined_count;
};

static void join_params(struct pair *pair)
{
    const struct fb_duty *a = pair->duties[0], *b = pair->duties[1];
    bool taken[FB_IR_VARS_MAX] = {false};
    size_t left = 0;
    uint32_t loose[FB_IR_VARS_MAX];
    for (uint32_t i = 0; i < a->param_count; i++) {
        uint32_t j = 0;
        while (j < b->param_count && (taken[j] || !fb_str_eq(a->vars[i], b->vars[j]))) {
            j++;
        }
        if (j == b->param_count) {
            loose[left++] = i;
            continue;
        }
        taken[j] = true;
        pair->joined[0][pair->joined_count] = i;
        pair->joined[1][pair->joined_count++] = j;
    }
    /* Parameters that were renamed stand in the same order. */
    uint32_t next = 0;
    for (size_t i = 0; i < left; i++) {
        while (next < b->param_count && taken[next]) {
            next++;
        }
        if (next < b->param_count) {
            taken[next] = true;
            pair->joined[0][pair->joined_count] = loose[i];
            pair->joined[1][pair->joined_count++] = next;
        }
    }
}

static void begin(const struct pair *pair, struct fb_imply *q)
{
    *q = (struct fb_imply){.joined = {pair->joined[0], pair->joined[1]},
        .joined_count = pair->joined_count,
        .same = pair->d->same,
        .same_count = pair->d->same_count};
}

static void assume(struct fb_imply *q, const struct fb_form *form, unsigned side)
{
    if (form) {
        FB_ASSERT(q->assumed_count < FB_IMPLY_PARTS_MAX);
        q->assumed[q->assumed_count++] = (struct fb_imply_part){form, side};
    }
}

static void want(struct fb_imply *q, const struct fb_form *form, unsigned side)
{
    if (form) {
        FB_ASSERT(q->goal_count < FB_IMPLY_PARTS_MAX);
        q->goal[q->goal_count++] = (struct fb_imply_part){form, side};
    }
}

static void assume_trigger(const struct pair *pair, struct fb_imply *q, unsigned side)
{
    const struct fb_duty *duty = pair->duties[side];
    assume(q, duty->when, side);
    assume(q, duty->given, side);
    assume(q, duty->during, side);
}

/* Whenever the duty of one side arises, that of the other side does. */
static bool trigger_implies(const struct pair *pair, unsigned side)
{
    struct fb_imply q;
    const struct fb_duty *other = pair->duties[1 - side];
    begin(pair, &q);
    assume_trigger(pair, &q, side);
    want(&q, other->when, 1 - side);
    want(&q, other->given, 1 - side);
    want(&q, other->during, 1 - side);
    return fb_implies(&q);
}

static struct fb_str trigger_text(struct fb_diffing *d, const struct fb_duty *duty)
{
    struct fb_str when = fb_diff_form(d, duty->vars, duty->when);
    struct fb_str given = duty->given ? fb_diff_form(d, duty->vars, duty->given) : FB_STR("");
    return fb_diff_text(
        d, "%.*s%s%.*s", FB_STR_ARG(when), duty->given ? ", if " : "", FB_STR_ARG(given));
}

static bool is_joined(const struct pair *pair, unsigned side, uint32_t var)
{
    for (size_t i = 0; i < pair->joined_count; i++) {
        if (pair->joined[side][i] == var) {
            return true;
        }
    }
    return false;
}

/* True when a form that stands outside of the trigger speaks of a value that the trigger found and
 * that is not known to be the same in both duties: the prover would take any value for it. */
static bool is_loose(const struct pair *pair, unsigned side, const struct fb_form *form)
{
    fb_vars vars = fb_form_vars(form);
    for (uint32_t i = 0; i < FB_IR_VARS_MAX; i++) {
        if ((vars >> i & 1) != 0 && !is_joined(pair, side, i)) {
            return true;
        }
    }
    return false;
}

/* What two triggers of the same words found goes by the same names. */
static void join_found(struct pair *pair)
{
    const struct fb_duty *a = pair->duties[0], *b = pair->duties[1];
    if (!fb_str_eq(trigger_text(pair->d, a), trigger_text(pair->d, b))) {
        return;
    }
    for (uint32_t i = 0; i < a->var_count; i++) {
        for (uint32_t j = 0; j < b->var_count && !is_joined(pair, 0, i); j++) {
            if (fb_str_eq(a->vars[i], b->vars[j]) && !is_joined(pair, 1, j) &&
                pair->joined_count < FB_IR_VARS_MAX) {
                pair->joined[0][pair->joined_count] = i;
                pair->joined[1][pair->joined_count++] = j;
            }
        }
    }
}

/* A form of one side implies one of the other, whatever holds else. */
static bool always_implies(
    const struct pair *of, const struct fb_form *assumed, unsigned side, const struct fb_form *goal)
{
    struct fb_imply q;
    struct pair found = *of;
    join_found(&found);
    if (is_loose(&found, 1 - side, goal)) {
        return false;
    }
    begin(&found, &q);
    assume(&q, assumed, side);
    want(&q, goal, 1 - side);
    return fb_implies(&q);
}

/* Of what both duties are about: a form of one side implies one of the other. Triggers can be too
 * long for the prover, so what needs none of them is tried without. */
static bool form_implies(const struct pair *pair, const struct fb_form *assumed, unsigned side,
    const struct fb_form *goal)
{
    struct fb_imply q;
    if (always_implies(pair, assumed, side, goal)) {
        return true;
    }
    begin(pair, &q);
    assume_trigger(pair, &q, 0);
    assume_trigger(pair, &q, 1);
    assume(&q, assumed, side);
    want(&q, goal, 1 - side);
    return fb_implies(&q);
}

/* The shortest and the longest that an amount can last, in hours. */
static void lasts(const struct fb_within *line, const struct fb_days *days, int64_t out[2])
{
    /* A last day that is free moves the end, past a weekend and the free days next to it. */
    enum { WEEKEND = 3 };
    enum fb_calendar calendar = days->calendar;
    int64_t n = line->amount, years = n / 12, months = n % 12;
    int64_t free = 24 * WEEKEND * (int64_t)(days->holiday_count + 1);
    int64_t later = calendar == FB_CALENDAR_EXACT ? 0 : 24 + free;
    switch (line->unit) {
    case FB_UNIT_HOURS:
        out[0] = n;
        out[1] = calendar == FB_CALENDAR_EU_1182_71 ? n + 1 : n;
        return;
    case FB_UNIT_DAYS:
        out[0] = 24 * n;
        out[1] = 24 * n + later;
        return;
    case FB_UNIT_BUSINESS_DAYS:
        out[0] = 24 * n;
        out[1] = 24 * (2 * n + 3) + free + later;
        return;
    case FB_UNIT_MONTHS:
        out[0] = 24 * (365 * years + 28 * months);
        out[1] = 24 * (366 * years + 31 * months) + later;
        return;
    }
}

/* Every free day of one policy is one of the other's. */
static bool holidays_within(const struct fb_days *few, const struct fb_days *many)
{
    size_t at = 0;
    for (size_t i = 0; i < few->holiday_count; i++) {
        while (at < many->holiday_count && many->holidays[at] < few->holidays[i]) {
            at++;
        }
        if (at == many->holiday_count || many->holidays[at] != few->holidays[i]) {
            return false;
        }
    }
    return true;
}

static bool same_zone(const struct fb_days *a, const struct fb_days *b)
{
    return a->zone.offset_minutes == b->zone.offset_minutes && a->zone.dst == b->zone.dst;
}

/* True when `sooner` certainly ends no later than `later`, from the same anchor. */
static bool no_later(const struct pair *pair, const struct fb_within *sooner, unsigned side,
    const struct fb_within *later)
{
    /* Zones lie at most a day and three hours apart. */
    enum { APART = 27 };
    const struct fb_days *mine = &pair->d->sides[side]->days;
    const struct fb_days *theirs = &pair->d->sides[1 - side]->days;
    int64_t a[2] = {0, 0}, b[2] = {0, 0};
    bool same = mine->calendar == theirs->calendar && same_zone(mine, theirs);
    bool exact = same && mine->calendar == FB_CALENDAR_EXACT &&
                 sooner->unit != FB_UNIT_BUSINESS_DAYS && later->unit != FB_UNIT_BUSINESS_DAYS;
    if (same && sooner->unit == later->unit && (exact || holidays_within(mine, theirs))) {
        return sooner->amount <= later->amount;
    }
    lasts(sooner, mine, a);
    lasts(later, theirs, b);
    bool plain = mine->calendar == FB_CALENDAR_EXACT && theirs->calendar == FB_CALENDAR_EXACT &&
                 sooner->unit <= FB_UNIT_DAYS && later->unit <= FB_UNIT_DAYS;
    return a[1] + (plain || same_zone(mine, theirs) ? 0 : APART) <= b[0];
}

/* Wherever a line of the other side sets a deadline, one of this side sets one no later. */
static bool deadlines_as_strict(const struct pair *pair, unsigned side)
{
    static const struct fb_form always = {.kind = FB_FORM_TRUE}, never = {.kind = FB_FORM_FALSE};
    const struct fb_duty *mine = pair->duties[side], *other = pair->duties[1 - side];
    for (size_t i = 0; i < other->within_count; i++) {
        const struct fb_within *line = &other->within[i];
        struct fb_form any[64];
        const struct fb_form *goal = &never;
        size_t count = 0;
        for (size_t j = 0; j < mine->within_count && count < 64; j++) {
            if (!no_later(pair, &mine->within[j], side, line)) {
                continue;
            }
            const struct fb_form *guard = mine->within[j].guard ? mine->within[j].guard : &always;
            any[count] = (struct fb_form){.kind = FB_FORM_OR,
                .left = (struct fb_form *)(uintptr_t)guard,
                .right = (struct fb_form *)(uintptr_t)goal};
            goal = &any[count++];
        }
        if (!form_implies(pair, line->guard, 1 - side, goal)) {
            return false;
        }
    }
    return true;
}

static struct fb_str deadline_text(struct fb_diffing *d, const struct fb_duty *duty)
{
    static const char *const units[] = {"hour", "day", "business day", "month"};
    struct fb_str text = duty->within_count ? FB_STR("") : FB_STR("none");
    for (size_t i = 0; i < duty->within_count; i++) {
        const struct fb_within *line = &duty->within[i];
        struct fb_str guard =
            line->guard ? fb_diff_form(d, duty->vars, line->guard) : FB_STR("always");
        text = fb_diff_text(d, "%.*s%s%lld %s%s%s%.*s", FB_STR_ARG(text), i ? "; " : "",
            (long long)line->amount, units[line->unit], line->amount == 1 ? "" : "s",
            line->guard ? " if " : "", FB_STR_ARG(line->guard ? guard : FB_STR("")));
    }
    return text;
}

/* What is the same by proof and not by its words is reworded. */
static enum fb_change judge_texts(
    bool newer_as_strict, bool older_as_strict, struct fb_str before, struct fb_str after)
{
    enum fb_change change = fb_diff_judge(newer_as_strict, older_as_strict);
    return change == FB_CHANGE_NONE && !fb_str_eq(before, after) ? FB_CHANGE_REWORDED : change;
}

static struct fb_str anchor_name(const struct fb_duty *duty)
{
    return duty->anchor_var >= 0 ? duty->vars[duty->anchor_var] : FB_STR("the trigger");
}

/* The fact of a trigger that holds the anchor, and its column there; NULL when there is none. */
static const struct fb_form *anchor_fact(
    const struct fb_form *form, uint32_t var, uint32_t *out_column)
{
    if (!form || form->kind == FB_FORM_NOT) {
        return NULL;
    }
    for (uint32_t i = 0; form->kind == FB_FORM_PRED && i < form->term_count; i++) {
        if (form->terms[i]->kind == FB_TERM_VAR && form->terms[i]->var == var) {
            *out_column = i;
            return form;
        }
    }
    const struct fb_form *left = anchor_fact(form->left, var, out_column);
    return left ? left : anchor_fact(form->right, var, out_column);
}

/* The deadlines run from the same field of the same record, or both from the trigger. */
static bool same_anchor(const struct pair *of)
{
    struct pair found = *of, *pair = &found;
    const struct fb_duty *a = pair->duties[0], *b = pair->duties[1];
    join_found(pair);
    uint32_t columns[2] = {0, 0};
    if (a->anchor_var < 0 || b->anchor_var < 0) {
        return a->anchor_var < 0 && b->anchor_var < 0;
    }
    const struct fb_form *x = anchor_fact(a->when, (uint32_t)a->anchor_var, &columns[0]);
    const struct fb_form *y = anchor_fact(b->when, (uint32_t)b->anchor_var, &columns[1]);
    if (!x || !y || x->relation != y->relation || columns[0] != columns[1] ||
        x->terms[0]->kind != FB_TERM_VAR || y->terms[0]->kind != FB_TERM_VAR) {
        return false;
    }
    for (size_t i = 0; i < pair->joined_count; i++) {
        if (pair->joined[0][i] == x->terms[0]->var) {
            return pair->joined[1][i] == y->terms[0]->var;
        }
    }
    return false;
}

/* Of two that recur one is due at the end of its period, the other so long after it: certainly
 * later only where days are counted exactly and the line always applies. */
static enum fb_change one_at_end(const struct pair *pair)
{
    const struct fb_duty *a = pair->duties[0], *b = pair->duties[1];
    const struct fb_duty *after = a->within_count ? a : b;
    bool exact = true;
    for (unsigned side = 0; side < 2; side++) {
        exact = exact && pair->d->sides[side]->days.calendar == FB_CALENDAR_EXACT;
    }
    if (!exact || after->within_count != 1 || after->within[0].guard) {
        return FB_CHANGE_UNDECIDED;
    }
    return after == b ? FB_CHANGE_WEAKER : FB_CHANGE_STRICTER;
}

static void compare_deadlines(const struct pair *pair, struct fb_clause_change *clause)
{
    const struct fb_duty *a = pair->duties[0], *b = pair->duties[1];
    struct fb_str lines[2] = {deadline_text(pair->d, a), deadline_text(pair->d, b)};
    bool recur = a->every && b->every;
    enum fb_change change = recur && (a->within_count == 0) != (b->within_count == 0)
                                ? one_at_end(pair)
                                : judge_texts(deadlines_as_strict(pair, 1),
                                      deadlines_as_strict(pair, 0), lines[0], lines[1]);
    fb_diff_note(clause, "deadline", change, lines[0], lines[1]);
    bool both = recur || (a->within_count > 0 && b->within_count > 0);
    fb_diff_note(clause, "runs from",
        both && !same_anchor(pair) ? FB_CHANGE_INCOMPARABLE : FB_CHANGE_NONE, anchor_name(a),
        anchor_name(b));
    if (a->before || b->before) {
        /* Without `before` nothing can come first. */
        struct pair found = *pair;
        join_found(&found);
        bool newer = !a->before || (b->before && form_implies(&found, a->before, 0, b->before));
        bool older = !b->before || (a->before && form_implies(&found, b->before, 1, a->before));
        fb_diff_note(clause, "before", fb_diff_judge(newer, older),
            fb_diff_form(pair->d, a->vars, a->before), fb_diff_form(pair->d, b->vars, b->before));
    }
}

/* A clause of a commitment, and what follows it: "hold.secure". */
static bool is_promise(const struct fb_duty *duty)
{
    while (duty->after) {
        duty = duty->after;
    }
    return fb_str_find(duty->name, '.', 0) < duty->name.len;
}

/* ---- what the pace changes ---- */

/* Both duties at the same pace. */
struct terms {
    const struct pair *pair;
    struct fb_duty_terms of[2];
};

/* A part of a duty that the pace may change. */
struct paced {
    const char *name;
    enum fb_change (*compare)(const struct terms *terms);
    struct fb_str (*text)(struct fb_diffing *d, const struct fb_duty_terms *terms);
};

/* The part as the rule says it, and at each pace that says it otherwise. */
static struct fb_str paced_text(
    struct fb_diffing *d, const struct fb_duty *duty, const struct paced *part)
{
    static const char *const levels[FB_PACE_LEVELS] = {"fast", "normal", "slow"};
    const struct fb_duty_terms own = fb_duty_terms_at(duty, -1);
    const struct fb_str plain = part->text(d, &own);
    struct fb_str text = plain;
    for (int level = 0; level < FB_PACE_LEVELS; level++) {
        const struct fb_duty_terms terms = fb_duty_terms_at(duty, level);
        struct fb_str other = part->text(d, &terms);
        if (!fb_str_eq(other, plain)) {
            text = fb_diff_text(
                d, "%.*s; at pace %s %.*s", FB_STR_ARG(text), levels[level], FB_STR_ARG(other));
        }
    }
    return text;
}

/* Compares the part at each pace: what is stricter at one and weaker at another is neither. */
static void compare_paced(
    const struct pair *pair, const struct paced *part, struct fb_clause_change *clause)
{
    const struct fb_duty *a = pair->duties[0], *b = pair->duties[1];
    enum fb_change change = FB_CHANGE_NONE;
    for (int level = 0; level < FB_PACE_LEVELS; level++) {
        const struct terms terms = {pair, {fb_duty_terms_at(a, level), fb_duty_terms_at(b, level)}};
        change = fb_change_join(change, part->compare(&terms));
    }
    fb_diff_note(
        clause, part->name, change, paced_text(pair->d, a, part), paced_text(pair->d, b, part));
}

static struct fb_str period_text(struct fb_diffing *d, const struct fb_duty_terms *terms)
{
    static const char *const units[] = {"hour", "day", "business day", "month"};
    return terms->every ? fb_diff_text(d, "every %lld %s%s", (long long)terms->every,
                              units[terms->every_unit], terms->every == 1 ? "" : "s")
                        : FB_STR("once");
}

/* What recurs more often by a whole factor asks for more: each longer period ends with a shorter
 * one. Other pairs of periods fall apart, and so may those of other local times. */
static enum fb_change compare_period(const struct terms *terms)
{
    const struct fb_duty_terms *a = &terms->of[0], *b = &terms->of[1];
    const struct fb_diffing *d = terms->pair->d;
    const struct fb_days *days[2] = {&d->sides[0]->days, &d->sides[1]->days};
    bool same_days = days[0]->calendar == days[1]->calendar && same_zone(days[0], days[1]) &&
                     holidays_within(days[0], days[1]) && holidays_within(days[1], days[0]);
    if (a->every == b->every && (!a->every || (a->every_unit == b->every_unit && same_days))) {
        return FB_CHANGE_NONE;
    }
    bool both = a->every && b->every && a->every_unit == b->every_unit && same_days;
    return both && a->every % b->every == 0   ? FB_CHANGE_STRICTER
           : both && b->every % a->every == 0 ? FB_CHANGE_WEAKER
                                              : FB_CHANGE_UNDECIDED;
}

/* What opens a duty that follows another is the discharge of that: of the same act. */
static void compare_openings(const struct pair *pair, struct fb_clause_change *clause)
{
    const struct fb_duty *a = pair->duties[0]->after, *b = pair->duties[1]->after;
    const struct fb_str own = FB_STR("its own trigger");
    bool same = (!a && !b) || (a && b && fb_diff_same_act(pair->d, a, b));
    fb_diff_note(clause, "opened by", same ? FB_CHANGE_NONE : FB_CHANGE_UNDECIDED,
        a ? a->name : own, b ? b->name : own);
}

/* The same without the triggers, which may have passed. The rule of one side is that of the other.
 */
static bool ever_implies(
    const struct pair *of, const struct fb_form *assumed, unsigned side, const struct fb_form *goal)
{
    struct fb_imply q;
    struct pair found = *of, *pair = &found;
    struct fb_diffing *d = pair->d;
    join_found(pair);
    if (is_loose(pair, 1 - side, goal)) {
        return false;
    }
    struct fb_imply_same *same = FB_ARENA_ARRAY(d->arena, struct fb_imply_same, d->same_count + 1);
    if (!same) {
        d->no_memory = true;
        return false;
    }
    begin(pair, &q);
    for (size_t i = 0; i < d->same_count; i++) {
        same[i] = d->same[i];
    }
    same[d->same_count] =
        (struct fb_imply_same){.theirs = fb_diff_text(d, "%.*s/%.*s", FB_STR_ARG(d->sides[1]->name),
                                   FB_STR_ARG(pair->duties[1]->name)),
            .ours = fb_diff_text(
                d, "%.*s/%.*s", FB_STR_ARG(d->sides[0]->name), FB_STR_ARG(pair->duties[0]->name))};
    q.same = same;
    q.same_count = d->same_count + 1;
    assume(&q, assumed, side);
    want(&q, goal, 1 - side);
    return fb_implies(&q);
}

/* More can be excused: weaker. */
static void compare_waivers(const struct pair *pair, struct fb_clause_change *clause)
{
    static const struct fb_form never = {.kind = FB_FORM_FALSE};
    const struct fb_duty *a = pair->duties[0], *b = pair->duties[1];
    const struct fb_form *older = a->waived ? a->waived : &never;
    const struct fb_form *newer = b->waived ? b->waived : &never;
    if (!a->waived && !b->waived) {
        return;
    }
    struct fb_str before = fb_diff_form(pair->d, a->vars, a->waived);
    struct fb_str after = fb_diff_form(pair->d, b->vars, b->waived);
    fb_diff_note(clause, "waived by",
        judge_texts(ever_implies(pair, newer, 1, older), ever_implies(pair, older, 0, newer),
            before, after),
        before, after);
}

/* What a duty is owed as long as. In a commitment that is its trigger, which is compared. */
static void compare_during(const struct pair *pair, struct fb_clause_change *clause)
{
    static const struct fb_form always = {.kind = FB_FORM_TRUE};
    const struct fb_duty *a = pair->duties[0], *b = pair->duties[1];
    bool commitments = a->relax_after > 0 || b->relax_after > 0 || is_promise(a) || is_promise(b);
    if ((!a->during && !b->during) || commitments) {
        return;
    }
    const struct fb_form *older = a->during ? a->during : &always;
    const struct fb_form *newer = b->during ? b->during : &always;
    struct fb_str before = fb_diff_form(pair->d, a->vars, a->during);
    struct fb_str after = fb_diff_form(pair->d, b->vars, b->during);
    fb_diff_note(clause, "while",
        judge_texts(ever_implies(pair, older, 0, newer), ever_implies(pair, newer, 1, older),
            before, after),
        before, after);
}

static bool same_party(const struct pair *pair)
{
    const struct fb_term *a = pair->duties[0]->party, *b = pair->duties[1]->party;
    if (a->kind == FB_TERM_CONST || b->kind == FB_TERM_CONST) {
        return a->kind == b->kind && fb_diff_same_text(pair->d, a->value.u.text, b->value.u.text);
    }
    for (size_t i = 0; i < pair->joined_count; i++) {
        if (pair->joined[0][i] == a->var) {
            return pair->joined[1][i] == b->var;
        }
    }
    return false;
}

/* Is the act of one side at least as strict? It must imply the other's when it is to be done, and
 * be implied when it is not to be done. */
static bool act_as_strict(const struct pair *pair, unsigned side)
{
    const struct fb_duty *mine = pair->duties[side], *other = pair->duties[1 - side];
    return mine->modality == FB_MAY_NOT ? form_implies(pair, other->act, 1 - side, mine->act)
                                        : form_implies(pair, mine->act, side, other->act);
}

static struct fb_str party_text(struct fb_diffing *d, const struct fb_duty *duty)
{
    return duty->party->kind == FB_TERM_CONST
               ? duty->party->value.u.text
               : fb_diff_text(d, "%.*s", FB_STR_ARG(duty->vars[duty->party->var]));
}

static struct fb_str act_text(struct fb_diffing *d, const struct fb_duty *duty)
{
    static const char *const words[] = {
        [FB_MUST] = "must", [FB_MAY_NOT] = "may not", [FB_KEEP] = "keep"};
    struct fb_str act = fb_diff_form(d, duty->vars, duty->act);
    return fb_diff_text(d, "%s %.*s", words[duty->modality], FB_STR_ARG(act));
}

static struct fb_str lest_text(struct fb_diffing *d, const struct fb_duty_terms *terms)
{
    static const char *const names[] = {"nothing", "breach", "halt", "restrict", "secure"};
    return fb_diff_text(d, "%s%s%.*s", names[terms->lest], terms->lest_text.len ? " " : "",
        FB_STR_ARG(terms->lest_text));
}

static enum fb_change compare_lest(const struct terms *terms)
{
    const struct fb_duty_terms *a = &terms->of[0], *b = &terms->of[1];
    bool apart = false;
    int order = fb_lest_order(b->lest, a->lest, &apart);
    bool reworded = order == 0 && !fb_str_eq(a->lest_text, b->lest_text);
    return apart      ? FB_CHANGE_INCOMPARABLE
           : reworded ? FB_CHANGE_REWORDED
                      : fb_diff_judge(order >= 0, order <= 0);
}

static struct fb_str relax_text(struct fb_diffing *d, const struct fb_duty_terms *terms)
{
    return fb_diff_text(d, "%lld hours", (long long)(terms->relax_after / FB_HOUR));
}

static enum fb_change compare_relax(const struct terms *terms)
{
    int64_t older = terms->of[0].relax_after, newer = terms->of[1].relax_after;
    return fb_diff_judge(newer >= older, older >= newer);
}

static void compare_consequences(const struct pair *pair, struct fb_clause_change *clause)
{
    static const struct paced lest = {"lest", compare_lest, lest_text};
    static const struct paced relax = {"relax after", compare_relax, relax_text};
    compare_paced(pair, &lest, clause);
    if (pair->duties[0]->during && pair->duties[1]->during) {
        compare_paced(pair, &relax, clause);
    }
}

void fb_diff_duties(struct fb_diffing *d, struct fb_clause_change *clause)
{
    static const struct paced period = {"every", compare_period, period_text};
    struct pair pair = {.d = d, .duties = {clause->duties[0], clause->duties[1]}};
    const struct fb_duty *a = pair.duties[0], *b = pair.duties[1];
    FB_ASSERT(a && b);
    join_params(&pair);
    if (a->modality != b->modality) {
        fb_diff_note(clause, "act", FB_CHANGE_INCOMPARABLE, act_text(d, a), act_text(d, b));
        return;
    }
    fb_diff_note(clause, "counted by",
        a->param_count == b->param_count ? FB_CHANGE_NONE : FB_CHANGE_UNDECIDED,
        fb_diff_text(d, "%zu values", a->param_count),
        fb_diff_text(d, "%zu values", b->param_count));
    struct fb_str when[2] = {trigger_text(d, a), trigger_text(d, b)};
    struct fb_str act[2] = {act_text(d, a), act_text(d, b)};
    fb_diff_note(clause, "when",
        judge_texts(trigger_implies(&pair, 0), trigger_implies(&pair, 1), when[0], when[1]),
        when[0], when[1]);
    fb_diff_note(clause, "party", same_party(&pair) ? FB_CHANGE_NONE : FB_CHANGE_INCOMPARABLE,
        party_text(d, a), party_text(d, b));
    fb_diff_note(clause, "act",
        judge_texts(act_as_strict(&pair, 1), act_as_strict(&pair, 0), act[0], act[1]), act[0],
        act[1]);
    compare_deadlines(&pair, clause);
    compare_paced(&pair, &period, clause);
    compare_openings(&pair, clause);
    compare_during(&pair, clause);
    compare_waivers(&pair, clause);
    compare_consequences(&pair, clause);
    fb_diff_note(clause, "title",
        fb_str_eq(a->title, b->title) ? FB_CHANGE_NONE : FB_CHANGE_REWORDED, a->title, b->title);
    fb_diff_note(clause, "source",
        fb_str_eq(a->source, b->source) ? FB_CHANGE_NONE : FB_CHANGE_REWORDED, a->source,
        b->source);
}

bool fb_diff_same_act(
    struct fb_diffing *d, const struct fb_duty *older, const struct fb_duty *newer)
{
    struct pair pair = {.d = d, .duties = {older, newer}};
    if (older->modality != newer->modality) {
        return false;
    }
    join_params(&pair);
    return same_party(&pair) && act_as_strict(&pair, 0) && act_as_strict(&pair, 1);
}

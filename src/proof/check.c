/*
 * The checker: one function a step. A step is refused unless the operator of the formula gives the
 * judgement by it, its kids prove what they must, and everything that it says twice agrees.
 */
#include "proof/check.h"

#include <string.h>

#include "base/arena.h"
#include "base/assert.h"
#include "base/limit.h"
#include "proof/check_parts.h"

bool fb_check_refuse(struct fb_check *c, const struct fb_proof_step *proof, const char *message)
{
    if (c->err->code == FB_OK) {
        (void)fb_err_set(c->err, FB_E_NEGATIVE, "the step '%s' at time-point %zu is refused: %s",
            fb_rule_name(proof->rule), proof->from, message);
    }
    return false;
}

bool fb_check_work(struct fb_check *c, size_t steps)
{
    c->steps += steps;
    size_t max = fb_limit(FB_CHECK_STEPS_MAX);
    if (c->steps > max && c->err->code == FB_OK) {
        (void)fb_err_set(c->err, FB_E_LIMIT, "the check of a proof takes too long");
    }
    return c->steps <= max;
}

/* The n-th kid. */
static const struct fb_proof_step *kid_of(const struct fb_proof_step *proof, size_t n)
{
    const struct fb_proof_step *kid = proof->kid;
    for (; kid && n > 0; n--) {
        kid = kid->next;
    }
    return kid;
}

/* Exactly n kids. */
static bool kids(const struct fb_proof_step *proof, size_t n)
{
    return !kid_of(proof, n) && (n == 0 || kid_of(proof, n - 1));
}

/* The only kid proves another formula about the same time-points and values. */
static bool only_kid(struct fb_check *c, const struct fb_proof_step *proof,
    const struct fb_goal *goal, const struct fb_form *form, bool holds)
{
    struct fb_goal sub = {form, goal->from, goal->to, holds, goal->knows};
    return kids(proof, 1) ? fb_check_step(c, proof->kid, &sub)
                          : fb_check_refuse(c, proof, "it must rest on one step");
}

/* ---- facts ---- */

bool fb_check_without(const struct fb_knows *knows, uint32_t var, struct fb_value value)
{
    for (const struct fb_without *w = knows->without[var]; w; w = w->next) {
        for (size_t i = 0; i < w->count; i++) {
            if (fb_value_eq(w->values[i], value)) {
                return true;
            }
        }
    }
    return false;
}

/* Whether a tuple fits a predicate for some values of the open variables; what cannot be told
 * fits. */
static bool may_fit(
    const struct fb_form *form, const struct fb_value *tuple, const struct fb_knows *knows)
{
    const struct fb_value *values[FB_IR_VARS_MAX];
    memcpy(values, knows->value, sizeof(values));
    for (size_t i = 0; i < form->term_count; i++) {
        const struct fb_term *term = form->terms[i];
        if (term->kind == FB_TERM_CONST && !fb_value_eq(term->value, tuple[i])) {
            return false;
        }
        if (term->kind != FB_TERM_VAR) {
            continue;
        }
        if (values[term->var] ? !fb_value_eq(*values[term->var], tuple[i])
                              : fb_check_without(knows, term->var, tuple[i])) {
            return false;
        }
        values[term->var] = values[term->var] ? values[term->var] : &tuple[i];
    }
    for (size_t i = 0; i < form->term_count; i++) {
        char room[FB_CHECK_ROOM];
        struct fb_value value;
        if (form->terms[i]->kind > FB_TERM_CONST &&
            fb_check_term(form->terms[i], values, room, &value) &&
            (value.type == FB_TYPE_NONE || !fb_value_eq(value, tuple[i]))) {
            return false;
        }
    }
    return true;
}

static bool is_at(const struct fb_form *form, const struct fb_tuple *tuple, size_t tp)
{
    return tuple->relation == form->relation && tuple->from <= tp && tuple->until > tp &&
           (!form->occurs || tuple->from == tp);
}

/* The first tuple at tp, in the order of the trace, that may fit; NULL when none does. */
static const struct fb_tuple *first_fit(
    struct fb_check *c, const struct fb_form *form, size_t tp, const struct fb_knows *knows)
{
    const struct fb_tuple *tuples = c->trace->tuples;
    if (!fb_check_work(c, c->longer_count + c->starts[tp + 1] - c->starts[tp])) {
        return NULL;
    }
    for (size_t i = 0; i < c->longer_count && c->longer[i] < c->starts[tp]; i++) {
        const struct fb_tuple *tuple = &tuples[c->longer[i]];
        if (is_at(form, tuple, tp) && may_fit(form, tuple->values, knows)) {
            return tuple;
        }
    }
    for (size_t i = c->starts[tp]; i < c->starts[tp + 1]; i++) {
        if (is_at(form, &tuples[i], tp) && may_fit(form, tuples[i].values, knows)) {
            return &tuples[i];
        }
    }
    return NULL;
}

static bool same_values(
    const struct fb_proof_step *proof, const struct fb_value *values, size_t count)
{
    bool same = proof->value_count == count;
    for (size_t i = 0; same && i < count; i++) {
        same = fb_check_same(proof->values[i], values[i]);
    }
    return same;
}

static bool all_known(const struct fb_form *form, const struct fb_knows *knows)
{
    uint64_t vars = fb_check_vars(form);
    for (uint32_t v = 0; v < FB_IR_VARS_MAX; v++) {
        if ((vars >> v & 1) && !knows->value[v]) {
            return false;
        }
    }
    return true;
}

static bool check_fact(
    struct fb_check *c, const struct fb_proof_step *proof, const struct fb_goal *goal)
{
    const struct fb_form *form = goal->form;
    if (!goal->holds || !kids(proof, 0) || proof->at != form->relation ||
        !all_known(form, goal->knows)) {
        return fb_check_refuse(c, proof, "a fact shows that a predicate of known values holds");
    }
    for (size_t tp = goal->from; tp <= goal->to; tp++) {
        const struct fb_tuple *tuple = first_fit(c, form, tp, goal->knows);
        if (!tuple || !same_values(proof, tuple->values, form->term_count)) {
            return fb_check_refuse(c, proof, "it is not the first event that fits");
        }
        if (proof->seq != tuple->seq || !fb_str_eq(proof->record_id, tuple->record_id)) {
            return fb_check_refuse(c, proof, "the event comes from another record");
        }
    }
    return true;
}

static bool check_absent(
    struct fb_check *c, const struct fb_proof_step *proof, const struct fb_goal *goal)
{
    if (goal->holds || !kids(proof, 0) || proof->at != goal->form->relation) {
        return fb_check_refuse(c, proof, "it shows that this predicate does not hold");
    }
    for (size_t tp = goal->from; tp <= goal->to; tp++) {
        if (first_fit(c, goal->form, tp, goal->knows)) {
            return fb_check_refuse(c, proof, "there is an event that fits");
        }
    }
    return c->steps <= fb_limit(FB_CHECK_STEPS_MAX);
}

/* ---- definitions ---- */

/* What is known of the parameters where a definition is asked; false when the values do not fit. */
static bool pass_parameters(struct fb_check *c, const struct fb_proof_step *proof,
    const struct fb_goal *goal, struct fb_knows *inner)
{
    const struct fb_form *form = goal->form;
    bool fits =
        !goal->holds || (proof->value_count == form->term_count && all_known(form, goal->knows) &&
                            may_fit(form, proof->values, goal->knows));
    struct fb_value *values = FB_ARENA_ARRAY(c->arena, struct fb_value, form->term_count);
    char *rooms = FB_ARENA_ARRAY(c->arena, char, form->term_count *FB_CHECK_ROOM);
    if (!values || !rooms) {
        (void)fb_arena_failed(c->arena, c->err);
        return false;
    }
    for (size_t i = 0; fits && i < form->term_count; i++) {
        const struct fb_term *term = form->terms[i];
        uint32_t parameter = form->definition->bound[i];
        bool known = term->kind != FB_TERM_ANY &&
                     fb_check_term(term, goal->knows->value, rooms + i * FB_CHECK_ROOM, &values[i]);
        if (goal->holds || known) {
            inner->value[parameter] = goal->holds ? &proof->values[i] : &values[i];
        } else if (term->kind == FB_TERM_VAR) {
            inner->without[parameter] = goal->knows->without[term->var];
        }
    }
    return fits || fb_check_refuse(c, proof, "the values do not fit");
}

/* By its definition: by a step, or by a lemma that says so. */
static bool check_defined(
    struct fb_check *c, const struct fb_proof_step *proof, const struct fb_goal *goal)
{
    const struct fb_form *definition = goal->form->definition;
    const struct fb_around *around = goal->knows->around;
    while (around && around->form != definition) {
        around = around->outer;
    }
    if (!around || goal->from != goal->to) {
        return fb_check_refuse(c, proof, "the predicate is defined elsewhere");
    }
    bool frozen = definition->kind == FB_FORM_FREEZE;
    size_t tp = frozen ? around->tp : goal->from;
    struct fb_knows inner = {.around = frozen ? around->outer : around};
    struct fb_goal sub = {definition->left, tp, tp, goal->holds, &inner};
    if (!pass_parameters(c, proof, goal, &inner)) {
        return false;
    }
    if (proof->rule == FB_RULE_LEMMA) {
        return !frozen && kids(proof, 0) ? fb_check_lemma(c, proof, &sub)
                                         : fb_check_refuse(c, proof, "no lemma speaks of that");
    }
    return kids(proof, 1) ? fb_check_step(c, proof->kid, &sub)
                          : fb_check_refuse(c, proof, "it must rest on one step");
}

static bool check_defines(
    struct fb_check *c, const struct fb_proof_step *proof, const struct fb_goal *goal)
{
    struct fb_knows knows = *goal->knows;
    struct fb_around around = {goal->form, goal->from, knows.around};
    struct fb_goal sub = {goal->form->right, goal->from, goal->to, goal->holds, &knows};
    knows.around = &around;
    return goal->from == goal->to && kids(proof, 1)
               ? fb_check_step(c, proof->kid, &sub)
               : fb_check_refuse(c, proof, "it stands at one time-point, over one step");
}

/* ---- one time-point ---- */

static bool check_both(
    struct fb_check *c, const struct fb_proof_step *proof, const struct fb_goal *goal)
{
    struct fb_goal left = *goal;
    struct fb_goal right = *goal;
    left.form = goal->form->left;
    right.form = goal->form->right;
    if ((goal->form->kind == FB_FORM_AND) != goal->holds || !kids(proof, 2)) {
        return fb_check_refuse(c, proof, "it must show both sides");
    }
    return fb_check_step(c, proof->kid, &left) && fb_check_step(c, proof->kid->next, &right);
}

static bool check_side(
    struct fb_check *c, const struct fb_proof_step *proof, const struct fb_goal *goal)
{
    if ((goal->form->kind == FB_FORM_OR) != goal->holds || proof->at > 1) {
        return fb_check_refuse(c, proof, "one side is not enough");
    }
    return only_kid(c, proof, goal, proof->at ? goal->form->right : goal->form->left, goal->holds);
}

/* EXISTS: with values, or for variables that may be anything. */
static bool check_exists(
    struct fb_check *c, const struct fb_proof_step *proof, const struct fb_goal *goal)
{
    struct fb_knows knows = *goal->knows;
    struct fb_goal sub = {goal->form->left, goal->from, goal->to, goal->holds, &knows};
    size_t count = goal->holds ? goal->form->bound_count : 0;
    if ((proof->rule == FB_RULE_WITNESS) != goal->holds || proof->value_count != count ||
        !kids(proof, 1)) {
        return fb_check_refuse(c, proof, "it must name a value for each variable");
    }
    for (size_t i = 0; i < goal->form->bound_count; i++) {
        knows.value[goal->form->bound[i]] = goal->holds ? &proof->values[i] : NULL;
        knows.without[goal->form->bound[i]] = NULL;
    }
    return fb_check_step(c, proof->kid, &sub);
}

/* A variable is one of some values, or none of them: together that is everything. */
static bool check_split(
    struct fb_check *c, const struct fb_proof_step *proof, const struct fb_goal *goal)
{
    struct fb_knows knows = *goal->knows;
    struct fb_goal sub = *goal;
    if (goal->holds || proof->at >= FB_IR_VARS_MAX || knows.value[proof->at] ||
        proof->value_count == 0 || !kids(proof, proof->value_count + 1)) {
        return fb_check_refuse(c, proof, "it must split an open variable, with a step for each");
    }
    sub.knows = &knows;
    const struct fb_proof_step *kid = proof->kid;
    for (size_t i = 0; i < proof->value_count; i++, kid = kid->next) {
        knows.value[proof->at] = &proof->values[i];
        if (!fb_check_step(c, kid, &sub)) {
            return false;
        }
    }
    struct fb_without without = {
        proof->values, proof->value_count, goal->knows->without[proof->at]};
    knows.value[proof->at] = NULL;
    knows.without[proof->at] = &without;
    return fb_check_step(c, kid, &sub);
}

/* ---- time ---- */

/* The distance of two time-points. */
static int64_t distance(const struct fb_check *c, size_t i, size_t j)
{
    int64_t d;
    bool over =
        __builtin_sub_overflow(c->trace->times[i > j ? i : j], c->trace->times[i > j ? j : i], &d);
    return over ? INT64_MAX : d;
}

static bool is_past(const struct fb_form *form)
{
    return form->kind == FB_FORM_PREVIOUS || form->kind == FB_FORM_ONCE ||
           form->kind == FB_FORM_HISTORICALLY || form->kind == FB_FORM_SINCE ||
           form->kind == FB_FORM_MATCH_PAST;
}

/* The number of time-points next to tp, tp included, that are less (or not more) far than `far`. */
static size_t nearer(
    const struct fb_check *c, const struct fb_form *form, size_t tp, int64_t far, bool less)
{
    size_t low = 0;
    size_t high = is_past(form) ? tp + 1 : c->trace->time_count - tp;
    while (low < high) {
        size_t mid = low + (high - low) / 2;
        int64_t d = distance(c, tp, is_past(form) ? tp - mid : tp + mid);
        if (less ? d < far : d <= far) {
            low = mid + 1;
        } else {
            high = mid;
        }
    }
    return low;
}

bool fb_check_window(const struct fb_check *c, const struct fb_form *form, size_t tp, size_t out[2])
{
    size_t skipped = nearer(c, form, tp, form->interval.low, true);
    size_t seen = nearer(c, form, tp, form->interval.high, false);
    out[0] = is_past(form) ? tp + 1 - seen : tp + skipped;
    out[1] = is_past(form) ? tp - skipped : tp + seen - 1;
    return skipped < seen;
}

/* The kids from `kid` on prove form at each time-point from low to high, in this order. */
static bool covered(struct fb_check *c, const struct fb_proof_step *proof,
    const struct fb_proof_step *kid, struct fb_goal goal, const size_t range[2])
{
    size_t next = range[0];
    for (; kid; kid = kid->next) {
        if (kid->from != next || kid->to < kid->from || kid->to > range[1]) {
            return fb_check_refuse(c, proof, "its steps leave time-points out");
        }
        goal.from = kid->from;
        goal.to = kid->to;
        if (!fb_check_step(c, kid, &goal)) {
            return false;
        }
        next = kid->to + 1;
    }
    return next == range[1] + 1 || fb_check_refuse(c, proof, "its steps leave time-points out");
}

static bool check_neighbour(
    struct fb_check *c, const struct fb_proof_step *proof, const struct fb_goal *goal)
{
    bool back = goal->form->kind == FB_FORM_PREVIOUS;
    size_t tp = goal->from;
    bool there = back ? tp > 0 : tp + 1 < c->trace->time_count;
    size_t other = !there ? tp : back ? tp - 1 : tp + 1;
    int64_t d = distance(c, tp, other);
    there = there && d >= goal->form->interval.low && d <= goal->form->interval.high;
    if (proof->rule == FB_RULE_EDGE) {
        return (!there && !goal->holds && kids(proof, 0)) ||
               fb_check_refuse(c, proof, "there is a time-point in the interval");
    }
    struct fb_goal sub = {goal->form->left, other, other, goal->holds, goal->knows};
    return there && proof->at == other && kids(proof, 1)
               ? fb_check_step(c, proof->kid, &sub)
               : fb_check_refuse(c, proof, "that time-point is not the next in the interval");
}

/* ONCE, EVENTUALLY, HISTORICALLY, ALWAYS. */
static bool check_unary(
    struct fb_check *c, const struct fb_proof_step *proof, const struct fb_goal *goal)
{
    size_t range[2];
    bool any = fb_check_window(c, goal->form, goal->from, range);
    bool once = goal->form->kind == FB_FORM_ONCE || goal->form->kind == FB_FORM_EVENTUALLY;
    struct fb_goal sub = {goal->form->left, proof->at, proof->at, goal->holds, goal->knows};
    if ((proof->rule == FB_RULE_SOME) != (once == goal->holds)) {
        return fb_check_refuse(c, proof, "it does not show that");
    }
    if (proof->rule == FB_RULE_EVERY) {
        return any ? covered(c, proof, proof->kid, sub, range)
                   : kids(proof, 0) || fb_check_refuse(c, proof, "no time-point is asked for");
    }
    return any && proof->at >= range[0] && proof->at <= range[1] && kids(proof, 1)
               ? fb_check_step(c, proof->kid, &sub)
               : fb_check_refuse(c, proof, "the time-point is not in the interval");
}

/* SINCE and UNTIL hold: the right side does at `at`, the left side between. */
static bool check_anchor(
    struct fb_check *c, const struct fb_proof_step *proof, const struct fb_goal *goal)
{
    size_t range[2];
    size_t tp = goal->from;
    size_t at = proof->at;
    bool any = fb_check_window(c, goal->form, tp, range);
    if (!any || at < range[0] || at > range[1] || !proof->kid) {
        return fb_check_refuse(c, proof, "the time-point is not in the interval");
    }
    struct fb_goal right = {goal->form->right, at, at, true, goal->knows};
    struct fb_goal left = {goal->form->left, at, at, true, goal->knows};
    size_t between[2] = {at < tp ? at + 1 : tp, at < tp ? tp : at - 1};
    if (!fb_check_step(c, proof->kid, &right)) {
        return false;
    }
    return at == tp ? kids(proof, 1) || fb_check_refuse(c, proof, "nothing lies between")
                    : covered(c, proof, proof->kid->next, left, between);
}

/* SINCE and UNTIL do not: the left side fails at `at`, the right side from there on; or the right
 * side throughout. */
static bool check_barred(
    struct fb_check *c, const struct fb_proof_step *proof, const struct fb_goal *goal)
{
    size_t range[2];
    size_t tp = goal->from;
    size_t at = proof->at;
    bool back = goal->form->kind == FB_FORM_SINCE;
    bool any = fb_check_window(c, goal->form, tp, range);
    const struct fb_proof_step *rights = proof->kid;
    struct fb_goal left = {goal->form->left, at, at, false, goal->knows};
    struct fb_goal right = {goal->form->right, 0, 0, false, goal->knows};
    if (proof->rule == FB_RULE_BARRED) {
        if (!rights || (back ? at > tp : at < tp || at >= c->trace->time_count)) {
            return fb_check_refuse(c, proof, "the time-point is on the wrong side");
        }
        if (!fb_check_step(c, proof->kid, &left)) {
            return false;
        }
        rights = proof->kid->next;
        any = any && (back ? range[1] >= at : range[0] <= at);
        range[0] = back && range[0] < at ? at : range[0];
        range[1] = !back && range[1] > at ? at : range[1];
    }
    return any ? covered(c, proof, rights, right, range)
               : !rights || fb_check_refuse(c, proof, "no time-point is asked for");
}

/* SINCE and UNTIL. */
static bool check_binary(
    struct fb_check *c, const struct fb_proof_step *proof, const struct fb_goal *goal)
{
    if ((proof->rule == FB_RULE_ANCHOR) != goal->holds) {
        return fb_check_refuse(c, proof, "it does not show that");
    }
    return goal->holds ? check_anchor(c, proof, goal) : check_barred(c, proof, goal);
}

/* ---- every operator ---- */

/* Facts and what is computed from values. */
static bool check_atom(
    struct fb_check *c, const struct fb_proof_step *proof, const struct fb_goal *goal)
{
    const struct fb_form *form = goal->form;
    enum fb_rule rule = proof->rule;
    if (form->kind == FB_FORM_TRUE || form->kind == FB_FORM_FALSE) {
        return (rule == FB_RULE_TRUTH && (form->kind == FB_FORM_TRUE) == goal->holds &&
                   kids(proof, 0)) ||
               fb_check_refuse(c, proof, "it is the opposite");
    }
    if (form->kind != FB_FORM_PRED) {
        return (rule == FB_RULE_COMPUTED && kids(proof, 0) &&
                   fb_check_compare(c, form, goal->knows) == (goal->holds ? 1 : 0)) ||
               fb_check_refuse(c, proof, "the values give something else");
    }
    if (form->definition && (rule == FB_RULE_DEFINED || rule == FB_RULE_LEMMA)) {
        return check_defined(c, proof, goal);
    }
    if (!form->definition && rule == FB_RULE_FACT) {
        return check_fact(c, proof, goal);
    }
    return !form->definition && rule == FB_RULE_ABSENT
               ? check_absent(c, proof, goal)
               : fb_check_refuse(c, proof, "it is not about a predicate");
}

/* Operators that look at other time-points. Where they stand is one time-point. */
static bool check_over_time(
    struct fb_check *c, const struct fb_proof_step *proof, const struct fb_goal *goal)
{
    enum fb_rule rule = proof->rule;
    if (goal->from != goal->to) {
        return fb_check_refuse(c, proof, "it stands for several time-points");
    }
    switch ((int)goal->form->kind) {
    case FB_FORM_PREVIOUS:
    case FB_FORM_NEXT:
        return rule == FB_RULE_EDGE || rule == FB_RULE_NEXT_TO
                   ? check_neighbour(c, proof, goal)
                   : fb_check_refuse(c, proof, "it is not about a neighbour");
    case FB_FORM_SINCE:
    case FB_FORM_UNTIL:
        return rule >= FB_RULE_ANCHOR && rule <= FB_RULE_NEVER
                   ? check_binary(c, proof, goal)
                   : fb_check_refuse(c, proof, "it is not about SINCE or UNTIL");
    case FB_FORM_MATCH_PAST:
    case FB_FORM_MATCH_FUTURE:
        return rule == FB_RULE_PATH ? fb_check_path(c, proof, goal)
                                    : fb_check_refuse(c, proof, "it is not about a match");
    default:
        return rule == FB_RULE_SOME || rule == FB_RULE_EVERY
                   ? check_unary(c, proof, goal)
                   : fb_check_refuse(c, proof, "it is not about an operator over time");
    }
}

/* Which rules are for which formula. */
static bool check_kind(
    struct fb_check *c, const struct fb_proof_step *proof, const struct fb_goal *goal)
{
    const struct fb_form *form = goal->form;
    enum fb_rule rule = proof->rule;
    switch ((int)form->kind) {
    case FB_FORM_TRUE:
    case FB_FORM_FALSE:
    case FB_FORM_PRED:
    case FB_FORM_EQ:
    case FB_FORM_LESS:
    case FB_FORM_LESS_EQ:
    case FB_FORM_SUBSTRING:
    case FB_FORM_MATCHES:
        return check_atom(c, proof, goal);
    case FB_FORM_NOT:
        return rule == FB_RULE_NOT ? only_kid(c, proof, goal, form->left, !goal->holds)
                                   : fb_check_refuse(c, proof, "it is not about a negation");
    case FB_FORM_AND:
    case FB_FORM_OR:
        return rule == FB_RULE_BOTH   ? check_both(c, proof, goal)
               : rule == FB_RULE_SIDE ? check_side(c, proof, goal)
                                      : fb_check_refuse(c, proof, "it is not about 'and' or 'or'");
    case FB_FORM_EXISTS:
        return rule == FB_RULE_WITNESS || rule == FB_RULE_NOBODY
                   ? check_exists(c, proof, goal)
                   : fb_check_refuse(c, proof, "it is not about a quantifier");
    case FB_FORM_AGGREGATE:
        return rule == FB_RULE_GROUP ? fb_check_group(c, proof, goal)
                                     : fb_check_refuse(c, proof, "it is not about an aggregation");
    case FB_FORM_FREEZE:
    case FB_FORM_LETPAST:
        return rule == FB_RULE_DEFINES ? check_defines(c, proof, goal)
                                       : fb_check_refuse(c, proof, "it is not about a definition");
    default:
        return check_over_time(c, proof, goal);
    }
}

bool fb_check_step(
    struct fb_check *c, const struct fb_proof_step *proof, const struct fb_goal *goal)
{
    FB_ASSERT(goal->form && goal->from <= goal->to && goal->to < c->trace->time_count);
    if (proof->holds != goal->holds || proof->from != goal->from || proof->to != goal->to) {
        return fb_check_refuse(c, proof, "it is about something else");
    }
    if (!fb_check_work(c, 1)) {
        return false;
    }
    if (c->depth >= FB_CHECK_DEPTH_MAX) {
        (void)fb_err_set(
            c->err, FB_E_LIMIT, "a proof is more than %d steps deep", FB_CHECK_DEPTH_MAX);
        return false;
    }
    c->depth++;
    bool good =
        proof->rule == FB_RULE_SPLIT ? check_split(c, proof, goal) : check_kind(c, proof, goal);
    c->depth--;
    return good;
}

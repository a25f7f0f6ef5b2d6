/* The monitorable fragment: which formulas can be evaluated, bottom up, with finite tables. */
#include <stdio.h>

#include "base/assert.h"
#include "engine/table.h"

enum { CHECK_STEPS_MAX = 200000 };

/* One check. Nested chains of AND are tried in several orders, which is exponential in the worst
 * case; steps bounds it. */
struct checker {
    struct fb_err *err; /* NULL: only the answer is wanted */
    size_t steps;
};

static bool check(const struct fb_form *form, fb_vars given, struct checker *ck);

static fb_vars vars_of_terms(const struct fb_form *form)
{
    fb_vars set = 0;
    for (size_t i = 0; i < form->term_count; i++) {
        set |= fb_term_vars(form->terms[i]);
    }
    return set;
}

fb_vars fb_regex_vars(const struct fb_regex *regex)
{
    FB_ASSERT(regex);
    switch (regex->kind) {
    case FB_REGEX_STEP:
        return 0;
    case FB_REGEX_TEST:
        return fb_form_vars(regex->test);
    case FB_REGEX_STAR:
        return fb_regex_vars(regex->left);
    case FB_REGEX_EITHER:
    case FB_REGEX_THEN:
        return fb_regex_vars(regex->left) | fb_regex_vars(regex->right);
    }
    FB_ASSERT(false);
    return 0;
}

fb_vars fb_form_vars_deep(const struct fb_form *form)
{
    FB_ASSERT(form);
    switch (form->kind) {
    case FB_FORM_TRUE:
    case FB_FORM_FALSE:
        return 0;
    case FB_FORM_PRED:
    case FB_FORM_EQ:
    case FB_FORM_LESS:
    case FB_FORM_LESS_EQ:
    case FB_FORM_SUBSTRING:
    case FB_FORM_MATCHES:
        return vars_of_terms(form);
    case FB_FORM_MATCH_PAST:
    case FB_FORM_MATCH_FUTURE:
        return fb_regex_vars(form->regex);
    case FB_FORM_FREEZE:
    case FB_FORM_LETPAST:
        return fb_form_vars(form->right);
    case FB_FORM_NOT:
    case FB_FORM_PREVIOUS:
    case FB_FORM_NEXT:
    case FB_FORM_ONCE:
    case FB_FORM_HISTORICALLY:
    case FB_FORM_EVENTUALLY:
    case FB_FORM_ALWAYS:
        return fb_form_vars(form->left);
    case FB_FORM_AND:
    case FB_FORM_OR:
    case FB_FORM_SINCE:
    case FB_FORM_UNTIL:
        return fb_form_vars(form->left) | fb_form_vars(form->right);
    case FB_FORM_EXISTS:
        return fb_form_vars(form->left) & ~fb_vars_in(form->bound, form->bound_count);
    case FB_FORM_AGGREGATE:
        return fb_vars_in(form->bound, form->bound_count) | fb_vars_of(form->agg_result);
    }
    FB_ASSERT(false);
    return 0;
}

static void seal_regex(struct fb_regex *regex)
{
    if (regex) {
        fb_form_seal(regex->test);
        seal_regex(regex->left);
        seal_regex(regex->right);
    }
}

bool fb_form_names_join(struct fb_form_names *a, struct fb_form_names b)
{
    FB_ASSERT(a);
    bool good = !(a->hidden & b.all) && !(b.hidden & a->all);
    a->all |= b.all;
    a->hidden |= b.hidden;
    return good;
}

bool fb_form_names(const struct fb_form *form, struct fb_form_names *out)
{
    struct fb_form_names names = {0, 0}, right = {0, 0};
    FB_ASSERT(out);
    *out = names;
    if (!form) {
        return true;
    }
    if (form->sealed == form) {
        *out = (struct fb_form_names){form->all, form->hidden};
        return form->apart;
    }
    if (form->regex || form->definition || form->kind == FB_FORM_FREEZE ||
        form->kind == FB_FORM_LETPAST) {
        return false;
    }
    bool good = fb_form_names(form->left, &names) && fb_form_names(form->right, &right);
    good = good && fb_form_names_join(&names, right);
    fb_vars own = vars_of_terms(form) | fb_vars_in(form->bound, form->bound_count);
    good = good && !(names.hidden & own);
    names.all |= own;
    if (form->kind == FB_FORM_EXISTS) {
        names.hidden |= own;
    } else if (form->kind == FB_FORM_AGGREGATE) {
        names.hidden |= names.all & ~own;
        good = good && !(names.all & fb_vars_of(form->agg_result));
        names.all |= fb_vars_of(form->agg_result);
    }
    *out = names;
    return good;
}

static bool is_comparison(const struct fb_form *form)
{
    return form->kind == FB_FORM_EQ || form->kind == FB_FORM_LESS || form->kind == FB_FORM_LESS_EQ;
}

bool fb_form_timeless_deep(const struct fb_form *form)
{
    FB_ASSERT(form);
    if (form->kind == FB_FORM_NOT) {
        return fb_form_timeless(form->left);
    }
    if (form->kind == FB_FORM_AND || form->kind == FB_FORM_OR) {
        return fb_form_timeless(form->left) && fb_form_timeless(form->right);
    }
    return form->kind == FB_FORM_TRUE || form->kind == FB_FORM_FALSE || is_comparison(form);
}

size_t fb_form_nodes_deep(const struct fb_form *form)
{
    return form ? 1 + fb_form_nodes(form->left) + fb_form_nodes(form->right) : 0;
}

bool fb_form_timed_deep(const struct fb_form *form)
{
    static const bool over_time[] = {[FB_FORM_PREVIOUS] = true,
        [FB_FORM_NEXT] = true,
        [FB_FORM_ONCE] = true,
        [FB_FORM_HISTORICALLY] = true,
        [FB_FORM_EVENTUALLY] = true,
        [FB_FORM_ALWAYS] = true,
        [FB_FORM_SINCE] = true,
        [FB_FORM_UNTIL] = true,
        [FB_FORM_LETPAST] = true};
    FB_ASSERT(!form || form->kind <= FB_FORM_LETPAST);
    return form &&
           (over_time[form->kind] || fb_form_timed(form->left) || fb_form_timed(form->right));
}

enum { DUTY_FORMS = 7 };

size_t fb_duty_form_count(const struct fb_duty *duty)
{
    FB_ASSERT(duty);
    return DUTY_FORMS + duty->within_count;
}

struct fb_form *fb_duty_form(const struct fb_duty *duty, size_t n)
{
    FB_ASSERT(n < fb_duty_form_count(duty));
    struct fb_form *const forms[DUTY_FORMS] = {duty->when, duty->given, duty->during, duty->act,
        duty->received, duty->before, duty->waived};
    return n < DUTY_FORMS ? forms[n] : duty->within[n - DUTY_FORMS].guard;
}

/* Of a form whose operands are sealed. */
static bool is_still(const struct fb_form *form)
{
    bool own = form->kind == FB_FORM_PRED
                   ? !form->definition
                   : form->timeless || form->kind == FB_FORM_NOT || form->kind == FB_FORM_AND ||
                         form->kind == FB_FORM_OR || form->kind == FB_FORM_EXISTS ||
                         form->kind == FB_FORM_SUBSTRING || form->kind == FB_FORM_MATCHES;
    return own && (!form->left || form->left->still) && (!form->right || form->right->still);
}

void fb_form_seal(struct fb_form *form)
{
    if (!form) {
        return;
    }
    fb_form_seal(form->left);
    fb_form_seal(form->right);
    seal_regex(form->regex);
    form->plain = form->kind == FB_FORM_PRED;
    for (size_t i = 0; i < form->term_count; i++) {
        form->plain = form->plain && form->terms[i]->kind <= FB_TERM_CONST;
        fb_value_note(&form->terms[i]->value);
    }
    form->free = fb_form_vars_deep(form);
    struct fb_form_names names;
    form->apart = fb_form_names(form, &names);
    form->all = names.all;
    form->hidden = names.hidden;
    struct checker ck = {.err = NULL};
    form->closed = check(form, form->free, &ck);
    form->timeless = fb_form_timeless_deep(form);
    form->still = is_still(form);
    form->timed = fb_form_timed_deep(form);
    form->nodes = fb_form_nodes_deep(form);
    form->sealed = form;
}

size_t fb_form_conjuncts(const struct fb_form *form)
{
    FB_ASSERT(form);
    return form->kind == FB_FORM_AND
               ? fb_form_conjuncts(form->left) + fb_form_conjuncts(form->right)
               : 1;
}

size_t fb_form_conjuncts_list(const struct fb_form *form, const struct fb_form **out)
{
    FB_ASSERT(form && out);
    if (form->kind != FB_FORM_AND) {
        out[0] = form;
        return 1;
    }
    size_t left = fb_form_conjuncts_list(form->left, out);
    return left + fb_form_conjuncts_list(form->right, out + left);
}

/* Fills err, when there is one, with what is wrong and how to repair it. Returns false. */
static bool unsafe(
    struct checker *ck, const struct fb_form *form, const char *message, const char *hint)
{
    if (ck->err) {
        (void)fb_err_set(ck->err, FB_E_POLICY, "%s", message);
        (void)fb_err_hint(ck->err, "%s", hint);
        fb_err_place(ck->err, NULL, form->span.line, form->span.column, -1);
    }
    return false;
}

static bool check_equation(const struct fb_form *form, fb_vars given, struct checker *ck)
{
    FB_ASSERT(form->term_count == 2);
    fb_vars open[2] = {
        fb_term_vars(form->terms[0]) & ~given, fb_term_vars(form->terms[1]) & ~given};
    for (int side = 0; side < 2; side++) {
        bool binds = open[side] == 0 || form->terms[side]->kind == FB_TERM_VAR;
        if (open[1 - side] == 0 && binds) {
            return true;
        }
    }
    return unsafe(ck, form, "both sides of an equation hold variables that nothing binds",
        "Join the equation by `and` to a condition that binds one side.");
}

static bool check_comparison(const struct fb_form *form, fb_vars given, struct checker *ck)
{
    FB_ASSERT(form->term_count == 2);
    return (vars_of_terms(form) & ~given) == 0 ||
           unsafe(ck, form, "a comparison holds a variable that nothing binds",
               "Join the comparison by `and` to a condition that binds its variables.");
}

/* Variables that stand alone in a column are bound by it; arithmetic needs them bound. */
static bool check_predicate(const struct fb_form *form, fb_vars given, struct checker *ck)
{
    fb_vars bound = given;
    if (form->sealed == form && form->plain) {
        return true;
    }
    for (size_t i = 0; i < form->term_count; i++) {
        if (form->terms[i]->kind == FB_TERM_VAR) {
            bound |= fb_vars_of(form->terms[i]->var);
        }
    }
    return (vars_of_terms(form) & ~bound) == 0 ||
           unsafe(ck, form, "arithmetic in a column holds a variable that nothing binds",
               "Give the column a variable of its own and compare that.");
}

/* Takes any conjunct that can be evaluated with what is bound so far, until none is left: the same
 * order as the evaluator's. */
static bool check_and(const struct fb_form *form, fb_vars given, struct checker *ck)
{
    const struct fb_form *parts[FB_IR_CONJUNCTS_MAX];
    size_t count = fb_form_conjuncts(form);
    if (count > FB_IR_CONJUNCTS_MAX) {
        return unsafe(ck, form, "too many conditions are joined by `and`",
            "Move some of them into a rule of their own.");
    }
    count = fb_form_conjuncts_list(form, parts);
    struct fb_err *err = ck->err;
    while (count > 0) {
        size_t i = 0;
        ck->err = NULL;
        while (i < count && !check(parts[i], given, ck)) {
            i++;
        }
        ck->err = err;
        if (i == count) {
            return check(parts[0], given, ck);
        }
        given |= fb_form_vars(parts[i]);
        count--;
        for (; i < count; i++) {
            parts[i] = parts[i + 1];
        }
    }
    return true;
}

static bool check_or(const struct fb_form *form, fb_vars given, struct checker *ck)
{
    if (!check(form->left, given, ck) || !check(form->right, given, ck)) {
        return false;
    }
    return ((fb_form_vars(form->left) ^ fb_form_vars(form->right)) & ~given) == 0 ||
           unsafe(ck, form, "the two sides of `or` bind different variables",
               "Bind the same variables on both sides, or join the missing ones by `and` before.");
}

static bool check_closed(
    const struct fb_form *form, fb_vars given, const char *message, struct checker *ck)
{
    if ((fb_form_vars(form->left) & ~given) != 0) {
        return unsafe(ck, form, message,
            "Join it by `and` to a condition that binds its variables, or bind them by `exists` "
            "inside it.");
    }
    return check(form->left, given, ck);
}

static bool check_binary_temporal(const struct fb_form *form, fb_vars given, struct checker *ck)
{
    fb_vars bound = given | fb_form_vars(form->right);
    if (!check(form->right, given, ck)) {
        return false;
    }
    if ((fb_form_vars(form->left) & ~bound) != 0) {
        return unsafe(ck, form, "the left side of a temporal operator binds variables of its own",
            "Bind them on the right side too, or by `exists` inside the left side.");
    }
    return check(form->left, bound, ck);
}

static bool check_aggregate(const struct fb_form *form, fb_vars given, struct checker *ck)
{
    fb_vars inner = fb_form_vars(form->left);
    fb_vars groups = fb_vars_in(form->bound, form->bound_count);
    bool counted = (fb_vars_of(form->agg_over) & inner) != 0;
    if (!counted || (groups & ~inner) != 0) {
        return unsafe(ck, form, "an aggregation reads a variable that its condition does not bind",
            "Name only variables of the condition, as what is aggregated and as groups.");
    }
    if (groups & fb_vars_of(form->agg_result)) {
        /* One name would have two values at once, and which of them is meant would hang on the
         * order of evaluation. */
        return unsafe(ck, form, "the result of an aggregation has the name of one of its groups",
            "Give the result a name of its own, and compare it where both shall be equal.");
    }
    return check(form->left, given & groups, ck);
}

/* Text, pattern, and groups that are bound by what is found. */
static bool check_text(const struct fb_form *form, fb_vars given, struct checker *ck)
{
    fb_vars needed = 0;
    for (size_t i = 0; i < form->term_count; i++) {
        bool group = i >= 2 && form->terms[i]->kind == FB_TERM_VAR;
        needed |= group ? 0 : fb_term_vars(form->terms[i]);
    }
    return (needed & ~given) == 0 ||
           unsafe(ck, form, "a match of text holds a variable that nothing binds",
               "Join it by `and` to a condition that binds its variables.");
}

/* Tests bind from the operator outwards: at operators of the past from right to left. *given grows
 * by what the part binds. */
static bool check_regex(
    const struct fb_form *form, const struct fb_regex *regex, fb_vars *given, struct checker *ck)
{
    bool past = form->kind == FB_FORM_MATCH_PAST;
    fb_vars left = *given;
    fb_vars right = *given;
    switch (regex->kind) {
    case FB_REGEX_STEP:
        return true;
    case FB_REGEX_TEST:
        if (!check(regex->test, *given, ck)) {
            return false;
        }
        *given |= fb_form_vars(regex->test);
        return true;
    case FB_REGEX_STAR:
        return (fb_regex_vars(regex->left) & ~*given) == 0
                   ? check_regex(form, regex->left, given, ck)
                   : unsafe(ck, form, "a repeated part of a match binds variables of its own",
                         "Bind them in a test that stands nearer to where the match is asked for.");
    case FB_REGEX_EITHER:
        if (!check_regex(form, regex->left, &left, ck) ||
            !check_regex(form, regex->right, &right, ck)) {
            return false;
        }
        *given = left;
        return left == right || unsafe(ck, form, "the two sides of `+` bind different variables",
                                    "Test the same variables on both sides.");
    case FB_REGEX_THEN:
        return check_regex(form, past ? regex->right : regex->left, given, ck) &&
               check_regex(form, past ? regex->left : regex->right, given, ck);
    }
    FB_ASSERT(false);
    return false;
}

static bool tests_read(const struct fb_regex *regex, const struct fb_form *definition)
{
    return regex &&
           ((regex->test && fb_form_reads(regex->test, definition)) ||
               tests_read(regex->left, definition) || tests_read(regex->right, definition));
}

bool fb_form_reads(const struct fb_form *form, const struct fb_form *definition)
{
    FB_ASSERT(form && definition);
    return form->definition == definition || tests_read(form->regex, definition) ||
           (form->left && !form->unread && fb_form_reads(form->left, definition)) ||
           (form->right && fb_form_reads(form->right, definition));
}

/* How far a formula looks at what a LETPAST defines, seen from where it stands. */
enum looks { LOOKS_NOWHERE, LOOKS_BACK, LOOKS_HERE, LOOKS_AHEAD };

static enum looks looks_at(const struct fb_form *form, const struct fb_form *definition);

static enum looks further(enum looks a, enum looks b)
{
    return a > b ? a : b;
}

static enum looks regex_looks_at(const struct fb_regex *regex, const struct fb_form *definition)
{
    if (regex->kind == FB_REGEX_STEP) {
        return LOOKS_NOWHERE;
    }
    if (regex->kind == FB_REGEX_TEST) {
        return looks_at(regex->test, definition);
    }
    enum looks left = regex_looks_at(regex->left, definition);
    return regex->kind == FB_REGEX_STAR ? left
                                        : further(left, regex_looks_at(regex->right, definition));
}

static enum looks looks_at(const struct fb_form *form, const struct fb_form *definition)
{
    if (form->kind == FB_FORM_PRED) {
        return form->definition == definition ? LOOKS_HERE : LOOKS_NOWHERE;
    }
    if (form->kind == FB_FORM_MATCH_PAST || form->kind == FB_FORM_MATCH_FUTURE) {
        enum looks tests = regex_looks_at(form->regex, definition);
        return form->kind == FB_FORM_MATCH_PAST || !tests ? tests : LOOKS_AHEAD;
    }
    enum looks left = form->left ? looks_at(form->left, definition) : LOOKS_NOWHERE;
    enum looks right = form->right ? looks_at(form->right, definition) : LOOKS_NOWHERE;
    bool later = form->interval.low > 0;
    switch ((int)form->kind) {
    case FB_FORM_PREVIOUS:
        return left == LOOKS_HERE ? LOOKS_BACK : left;
    case FB_FORM_ONCE:
    case FB_FORM_HISTORICALLY:
        return later && left == LOOKS_HERE ? LOOKS_BACK : left;
    case FB_FORM_SINCE:
        return further(left, later && right == LOOKS_HERE ? LOOKS_BACK : right);
    case FB_FORM_NEXT:
    case FB_FORM_EVENTUALLY:
    case FB_FORM_ALWAYS:
    case FB_FORM_UNTIL:
        return left || right ? LOOKS_AHEAD : LOOKS_NOWHERE;
    default:
        return further(left, right);
    }
}

/* The parameters are bound by the definition, which reads only earlier tuples of its own. */
static bool check_definition(const struct fb_form *form, fb_vars given, struct checker *ck)
{
    if (!check(form->left, 0, ck)) {
        return false;
    }
    if (fb_form_vars(form->left) != fb_vars_in(form->bound, form->bound_count)) {
        return unsafe(ck, form, "a definition binds other variables than its parameters",
            "Name all its free variables as parameters, and no others, or bind them by `exists`.");
    }
    if (form->kind == FB_FORM_LETPAST && looks_at(form->left, form) > LOOKS_BACK) {
        return unsafe(ck, form, "a recursive definition reads what it defines at the same time",
            "Put PREVIOUS before the predicate in its own definition.");
    }
    return check(form->right, given, ck);
}

/* Intervals, and the bound that operators of the future need. */
static bool check_interval(const struct fb_form *form, struct checker *ck)
{
    enum fb_form_kind kind = form->kind;
    bool match = kind == FB_FORM_MATCH_PAST || kind == FB_FORM_MATCH_FUTURE;
    if ((kind < FB_FORM_PREVIOUS || kind > FB_FORM_UNTIL) && !match) {
        return true;
    }
    if (form->interval.low < 0 || form->interval.high < form->interval.low) {
        return unsafe(ck, form, "an interval is empty",
            "Write the smaller bound first; neither is negative.");
    }
    bool future = kind == FB_FORM_EVENTUALLY || kind == FB_FORM_ALWAYS || kind == FB_FORM_UNTIL ||
                  kind == FB_FORM_MATCH_FUTURE;
    return !future || form->interval.high != FB_TIME_MAX ||
           unsafe(ck, form, "an operator looks at an unbounded future",
               "Give it a bound, as in `within 10 days` or `EVENTUALLY[0,10d]`.");
}

static bool check(const struct fb_form *form, fb_vars given, struct checker *ck)
{
    if (++ck->steps > CHECK_STEPS_MAX) {
        return unsafe(ck, form, "a formula takes too long to check",
            "Move some of its conditions into a rule of their own.");
    }
    if (form->sealed == form && form->closed && (form->free & ~given) == 0) {
        return true; /* what is evaluable stays so when more is given */
    }
    if (!check_interval(form, ck)) {
        return false;
    }
    switch (form->kind) {
    case FB_FORM_TRUE:
    case FB_FORM_FALSE:
        return true;
    case FB_FORM_PRED:
        return check_predicate(form, given, ck);
    case FB_FORM_EQ:
        return check_equation(form, given, ck);
    case FB_FORM_LESS:
    case FB_FORM_LESS_EQ:
        return check_comparison(form, given, ck);
    case FB_FORM_SUBSTRING:
    case FB_FORM_MATCHES:
        return check_text(form, given, ck);
    case FB_FORM_MATCH_PAST:
    case FB_FORM_MATCH_FUTURE:
        return check_regex(form, form->regex, &given, ck);
    case FB_FORM_FREEZE:
    case FB_FORM_LETPAST:
        return check_definition(form, given, ck);
    case FB_FORM_NOT:
        return check_closed(form, given, "a negation holds a variable that nothing binds", ck);
    case FB_FORM_HISTORICALLY:
    case FB_FORM_ALWAYS:
        return check_closed(form, given, "an `always` holds a variable that nothing binds", ck);
    case FB_FORM_AND:
        return check_and(form, given, ck);
    case FB_FORM_OR:
        return check_or(form, given, ck);
    case FB_FORM_EXISTS:
        return check(form->left, given & ~fb_vars_in(form->bound, form->bound_count), ck);
    case FB_FORM_PREVIOUS:
    case FB_FORM_NEXT:
    case FB_FORM_ONCE:
    case FB_FORM_EVENTUALLY:
        return check(form->left, given, ck);
    case FB_FORM_SINCE:
    case FB_FORM_UNTIL:
        return check_binary_temporal(form, given, ck);
    case FB_FORM_AGGREGATE:
        return check_aggregate(form, given, ck);
    }
    FB_ASSERT(false);
    return false;
}

bool fb_form_evaluable(const struct fb_form *form, fb_vars given, struct fb_err *err)
{
    FB_ASSERT(form);
    struct checker ck = {.err = err};
    return check(form, given, &ck);
}

static bool binary(const struct fb_form *form)
{
    return form->kind == FB_FORM_AND || form->kind == FB_FORM_OR || form->kind == FB_FORM_SINCE ||
           form->kind == FB_FORM_UNTIL || form->kind == FB_FORM_FREEZE ||
           form->kind == FB_FORM_LETPAST;
}

static size_t depth(const struct fb_form *form, size_t so_far);

static size_t regex_depth(const struct fb_regex *regex, size_t so_far)
{
    if (regex->kind == FB_REGEX_STEP || so_far > FB_IR_DEPTH_MAX) {
        return so_far;
    }
    if (regex->kind == FB_REGEX_TEST) {
        return depth(regex->test, so_far + 1);
    }
    size_t left = regex_depth(regex->left, so_far + 1);
    size_t right = regex->right ? regex_depth(regex->right, so_far + 1) : 0;
    return left > right ? left : right;
}

static size_t depth(const struct fb_form *form, size_t so_far)
{
    bool leaf = form->kind <= FB_FORM_MATCHES;
    if (leaf || so_far > FB_IR_DEPTH_MAX) {
        return so_far;
    }
    if (form->regex) {
        return regex_depth(form->regex, so_far + 1);
    }
    size_t left = depth(form->left, so_far + 1);
    size_t right = binary(form) ? depth(form->right, so_far + 1) : 0;
    return left > right ? left : right;
}

enum fb_code fb_form_check(
    const struct fb_form *form, const uint32_t *given, size_t given_count, struct fb_err *err)
{
    FB_ASSERT(form && err);
    FB_ASSERT(given_count == 0 || given);
    if (depth(form, 1) > FB_IR_DEPTH_MAX) {
        (void)fb_err_set(
            err, FB_E_LIMIT, "a formula is nested deeper than %d levels", FB_IR_DEPTH_MAX);
        fb_err_place(err, NULL, form->span.line, form->span.column, -1);
        return FB_E_LIMIT;
    }
    return fb_form_evaluable(form, fb_vars_in(given, given_count), err) ? FB_OK : FB_E_POLICY;
}

/* Every time-point up to the end of the interval of form at tp is final for sub, and the trace goes
 * on beyond it. */
static bool future_final(const struct fb_form *form, const struct fb_trace *trace, size_t tp)
{
    fb_time end = fb_time_add(trace->times[tp], form->interval.high);
    for (size_t k = tp; k < trace->time_count; k++) {
        if (trace->times[k] > end) {
            return true;
        }
        if (!fb_form_final(form->left, trace, k) ||
            (form->kind == FB_FORM_UNTIL && !fb_form_final(form->right, trace, k))) {
            return false;
        }
    }
    return false;
}

/* Every test up to time-point tp is final. */
static bool regex_final(const struct fb_regex *regex, const struct fb_trace *trace, size_t tp)
{
    if (regex->kind == FB_REGEX_STEP) {
        return true;
    }
    if (regex->kind == FB_REGEX_TEST) {
        return fb_form_final(regex->test, trace, tp);
    }
    return regex_final(regex->left, trace, tp) &&
           (!regex->right || regex_final(regex->right, trace, tp));
}

/* As future_final. */
static bool match_final(const struct fb_form *form, const struct fb_trace *trace, size_t tp)
{
    fb_time end = fb_time_add(trace->times[tp], form->interval.high);
    for (size_t k = tp; k < trace->time_count; k++) {
        if (trace->times[k] > end) {
            return true;
        }
        if (!regex_final(form->regex, trace, k)) {
            return false;
        }
    }
    return false;
}

bool fb_form_final(const struct fb_form *form, const struct fb_trace *trace, size_t tp)
{
    FB_ASSERT(form && trace);
    if (tp >= trace->time_count) {
        return false;
    }
    switch (form->kind) {
    case FB_FORM_TRUE:
    case FB_FORM_FALSE:
    case FB_FORM_EQ:
    case FB_FORM_LESS:
    case FB_FORM_LESS_EQ:
    case FB_FORM_SUBSTRING:
    case FB_FORM_MATCHES:
        return true;
    case FB_FORM_PRED: /* of a FREEZE, the definition was asked for where it stands */
        return !form->definition || form->earlier || form->definition->kind == FB_FORM_FREEZE ||
               fb_form_final(form->definition->left, trace, tp);
    case FB_FORM_FREEZE:
        return (form->unread || fb_form_final(form->left, trace, tp)) &&
               fb_form_final(form->right, trace, tp);
    case FB_FORM_LETPAST:
        return fb_form_final(form->right, trace, tp);
    case FB_FORM_MATCH_PAST:
        return regex_final(form->regex, trace, tp);
    case FB_FORM_MATCH_FUTURE:
        return match_final(form, trace, tp);
    case FB_FORM_NOT:
    case FB_FORM_EXISTS:
    case FB_FORM_ONCE:
    case FB_FORM_HISTORICALLY:
    case FB_FORM_AGGREGATE:
        return fb_form_final(form->left, trace, tp);
    case FB_FORM_AND:
    case FB_FORM_OR:
    case FB_FORM_SINCE:
        return fb_form_final(form->left, trace, tp) && fb_form_final(form->right, trace, tp);
    case FB_FORM_PREVIOUS:
        return tp == 0 || fb_form_final(form->left, trace, tp - 1);
    case FB_FORM_NEXT:
        return tp + 1 < trace->time_count && fb_form_final(form->left, trace, tp + 1);
    case FB_FORM_EVENTUALLY:
    case FB_FORM_ALWAYS:
    case FB_FORM_UNTIL:
        return future_final(form, trace, tp);
    }
    FB_ASSERT(false);
    return false;
}

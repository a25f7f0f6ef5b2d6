/* The checker: regular expressions over time-points, and aggregations. */
#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "proof/check_parts.h"

/* ---- match operators ---- */

enum { EDGES_MAX = 4 * FB_IR_REGEX_MAX, STATES_MAX = 2 * FB_IR_REGEX_MAX + 2 };

/* The expression as an automaton: edges that cost nothing, a step in time, or a test. */
struct edge {
    size_t from;
    size_t to;
    bool step;
    const struct fb_form *test;
    size_t number; /* of the test, from left to right */
};

struct automaton {
    struct edge edges[EDGES_MAX];
    size_t edges_used;
    size_t states;
    size_t tests;
    bool open[EDGES_MAX]; /* by test: whether it may be passed at the present time-point */
};

static bool add_edge(struct automaton *m, struct edge edge)
{
    if (m->edges_used == EDGES_MAX || m->states >= STATES_MAX) {
        return false;
    }
    m->edges[m->edges_used++] = edge;
    return true;
}

/* Edges for regex from state a to state b. */
static bool build(struct automaton *m, const struct fb_regex *regex, size_t a, size_t b)
{
    size_t middle = m->states;
    switch (regex->kind) {
    case FB_REGEX_STEP:
        return add_edge(m, (struct edge){.from = a, .to = b, .step = true});
    case FB_REGEX_TEST:
        return add_edge(
            m, (struct edge){.from = a, .to = b, .test = regex->test, .number = m->tests++});
    case FB_REGEX_EITHER:
        return build(m, regex->left, a, b) && build(m, regex->right, a, b);
    case FB_REGEX_THEN:
        m->states++;
        return build(m, regex->left, a, middle) && build(m, regex->right, middle, b);
    case FB_REGEX_STAR:
        m->states++;
        return add_edge(m, (struct edge){.from = a, .to = middle}) &&
               build(m, regex->left, middle, middle) &&
               add_edge(m, (struct edge){.from = middle, .to = b});
    }
    return false;
}

/* What is reached without a step in time. */
static void spread(const struct automaton *m, bool *there)
{
    for (bool changed = true; changed;) {
        changed = false;
        for (size_t i = 0; i < m->edges_used; i++) {
            const struct edge *edge = &m->edges[i];
            if (!edge->step && there[edge->from] && !there[edge->to] &&
                (!edge->test || m->open[edge->number])) {
                there[edge->to] = true;
                changed = true;
            }
        }
    }
}

static void advance(const struct automaton *m, bool *there)
{
    bool next[STATES_MAX] = {false};
    for (size_t i = 0; i < m->edges_used; i++) {
        next[m->edges[i].to] |= m->edges[i].step && there[m->edges[i].from];
    }
    memcpy(there, next, sizeof(next));
}

static const struct fb_form *test_of(const struct automaton *m, size_t number)
{
    for (size_t i = 0; i < m->edges_used; i++) {
        if (m->edges[i].test && m->edges[i].number == number) {
            return m->edges[i].test;
        }
    }
    return NULL;
}

/* One test of the proof: checks it and sets which test it is. */
static bool check_test(struct fb_check *c, const struct automaton *m,
    const struct fb_proof_step *test, const struct fb_goal *goal)
{
    struct fb_goal sub = {test_of(m, test->at), test->from, test->from, goal->holds, goal->knows};
    if (test->rule != FB_RULE_TEST || test->holds != goal->holds || test->to != test->from ||
        test->from >= c->trace->time_count || !sub.form || !test->kid || test->kid->next) {
        return fb_check_refuse(c, test, "it is no test of the expression");
    }
    return fb_check_step(c, test->kid, &sub);
}

/* Walks forwards in time over range. A match that holds may pass only the tests that the proof
 * shows to hold; one that does not may pass all but those that it shows to fail. Sets *out when an
 * end is reached. */
static bool walk(struct fb_check *c, struct automaton *m, const struct fb_proof_step *proof,
    const struct fb_goal *goal, bool *out)
{
    bool there[STATES_MAX] = {false};
    bool past = goal->form->kind == FB_FORM_MATCH_PAST;
    const struct fb_proof_step *test = proof->kid;
    size_t range[2];
    *out = false;
    if (!fb_check_window(c, goal->form, goal->from, range)) {
        return !test || fb_check_refuse(c, proof, "no time-point is asked for");
    }
    size_t first = past ? range[0] : goal->from;
    size_t last = past ? goal->from : range[1];
    for (size_t tp = first; tp <= last; tp++) {
        memset(m->open, !goal->holds, sizeof(m->open));
        for (; test && test->from == tp; test = test->next) {
            if (!check_test(c, m, test, goal)) {
                return false;
            }
            m->open[test->at] = goal->holds;
        }
        bool asked = tp >= range[0] && tp <= range[1];
        there[0] = there[0] || (past ? asked : tp == first);
        spread(m, there);
        *out = *out || (there[1] && (past ? tp == last : asked));
        advance(m, there);
        if (!fb_check_work(c, m->edges_used)) {
            return false;
        }
    }
    return !test || fb_check_refuse(c, proof, "its tests are not in the order of time");
}

bool fb_check_path(
    struct fb_check *c, const struct fb_proof_step *proof, const struct fb_goal *goal)
{
    FB_ASSERT(goal->from == goal->to);
    bool reached = false;
    struct automaton *m = FB_ARENA_NEW(c->arena, struct automaton);
    if (!m) {
        (void)fb_arena_failed(c->arena, c->err);
        return false;
    }
    m->states = 2;
    if (!build(m, goal->form->regex, 0, 1)) {
        return fb_check_refuse(c, proof, "the expression is too large");
    }
    return walk(c, m, proof, goal, &reached) &&
           (reached == goal->holds ||
               fb_check_refuse(c, proof, "these tests do not decide whether there is a match"));
}

/* ---- aggregations ---- */

/* What an aggregation rests on: the rows that the proof lists. */
struct group {
    const struct fb_form *form;
    uint64_t vars;                  /* of its condition */
    const struct fb_proof_step *at; /* first row */
    size_t count;
    const struct fb_proof_step **rows;
};

/* The value of a variable of the condition in a row. */
static const struct fb_value *in_row(
    const struct group *group, const struct fb_proof_step *row, uint32_t var)
{
    uint64_t before = group->vars & (((uint64_t)1 << var) - 1);
    return &row->values[__builtin_popcountll(before)];
}

static int by_row(const void *a, const void *b)
{
    const struct fb_proof_step *x = *(const struct fb_proof_step *const *)a;
    const struct fb_proof_step *y = *(const struct fb_proof_step *const *)b;
    int order = 0;
    for (size_t i = 0; order == 0 && i < x->value_count; i++) {
        order = fb_value_cmp(x->values[i], y->values[i]);
    }
    return order;
}

/* Each row satisfies the condition and lies in the group, and none is there twice. */
static bool check_rows(struct fb_check *c, const struct fb_proof_step *proof,
    const struct fb_goal *inner, struct group *group)
{
    size_t width = (size_t)__builtin_popcountll(group->vars);
    const struct fb_proof_step *row = proof->kid;
    for (size_t i = 0; i < group->count; i++, row = row->next) {
        struct fb_knows knows = *inner->knows;
        struct fb_goal sub = {inner->form, inner->from, inner->to, true, &knows};
        if (row->rule != FB_RULE_ROW || !row->holds || row->from != inner->from ||
            row->to != inner->to || row->value_count != width || !row->kid || row->kid->next) {
            return fb_check_refuse(c, row, "it is no row of the condition");
        }
        for (uint32_t v = 0; v < FB_IR_VARS_MAX; v++) {
            if (!(group->vars >> v & 1)) {
                continue;
            }
            const struct fb_value *value = in_row(group, row, v);
            if (knows.value[v] && !fb_value_eq(*knows.value[v], *value)) {
                return fb_check_refuse(c, row, "it lies in another group");
            }
            knows.value[v] = value;
        }
        if (!fb_check_step(c, row->kid, &sub)) {
            return false;
        }
        group->rows[i] = row;
    }
    qsort(group->rows, group->count, sizeof(*group->rows), by_row);
    for (size_t i = 1; i < group->count; i++) {
        if (by_row(&group->rows[i - 1], &group->rows[i]) == 0) {
            return fb_check_refuse(c, group->rows[i], "a row is listed twice");
        }
    }
    return true;
}

/* No other row: as a proof that the condition does not hold, but where all its variables are split
 * it may say that these values are those of a listed row. */
static bool check_rest(struct fb_check *c, const struct fb_proof_step *rest,
    const struct fb_goal *goal, const struct group *group)
{
    struct fb_knows knows = *goal->knows;
    struct fb_goal sub = *goal;
    sub.knows = &knows;
    if (rest->from != goal->from || rest->to != goal->to || rest->holds) {
        return fb_check_refuse(c, rest, "it is about something else");
    }
    if (rest->rule == FB_RULE_LISTED) {
        const struct fb_proof_step *row = group->at;
        for (size_t i = 0; row && i < rest->at; i++) {
            row = row->next;
        }
        bool same = row && rest->at < group->count && !rest->kid && fb_check_work(c, rest->at);
        for (uint32_t v = 0; same && v < FB_IR_VARS_MAX; v++) {
            same = !(group->vars >> v & 1) ||
                   (knows.value[v] && fb_value_eq(*knows.value[v], *in_row(group, row, v)));
        }
        return same || fb_check_refuse(c, rest, "these are not the values of that row");
    }
    if (rest->rule != FB_RULE_SPLIT) {
        return fb_check_step(c, rest, goal);
    }
    size_t var = rest->at;
    if (var >= FB_IR_VARS_MAX || knows.value[var] || rest->value_count == 0) {
        return fb_check_refuse(c, rest, "it must split an open variable");
    }
    const struct fb_proof_step *kid = rest->kid;
    for (size_t i = 0; i < rest->value_count && kid; i++, kid = kid->next) {
        knows.value[var] = &rest->values[i];
        if (!check_rest(c, kid, &sub, group)) {
            return false;
        }
    }
    struct fb_without without = {rest->values, rest->value_count, goal->knows->without[var]};
    knows.value[var] = NULL;
    knows.without[var] = &without;
    return kid && !kid->next ? check_rest(c, kid, &sub, group)
                             : fb_check_refuse(c, rest, "it must have a step for each value");
}

static int by_value(const void *a, const void *b)
{
    return fb_value_cmp(*(const struct fb_value *)a, *(const struct fb_value *)b);
}

/* What comes out of the rows. */
static bool compute(struct fb_check *c, const struct group *group, struct fb_value *out)
{
    const struct fb_form *form = group->form;
    struct fb_value *values = FB_ARENA_ARRAY(c->arena, struct fb_value, group->count);
    size_t count = 0;
    if (!values) {
        return false;
    }
    for (size_t i = 0; i < group->count; i++) {
        values[count] = *in_row(group, group->rows[i], form->agg_over);
        count += values[count].type != FB_TYPE_NONE;
    }
    qsort(values, count, sizeof(*values), by_value);
    *out = group->count || form->agg == FB_AGG_COUNT || form->agg == FB_AGG_SUM ? fb_value_none()
                                                                                : form->agg_nothing;
    if (form->agg == FB_AGG_COUNT) {
        *out = fb_value_int((int64_t)group->count);
        return true;
    }
    if (form->agg == FB_AGG_SUM) {
        return fb_check_add_up(values, count, false, out);
    }
    if (count == 0) {
        return true;
    }
    switch ((int)form->agg) {
    case FB_AGG_MIN:
        *out = values[0];
        return true;
    case FB_AGG_MAX:
        *out = values[count - 1];
        return true;
    case FB_AGG_MEDIAN: {
        struct fb_value middle[2] = {values[(count - 1) / 2], values[count / 2]};
        return fb_check_add_up(middle, count % 2 ? 1 : 2, true, out);
    }
    default:
        return fb_check_add_up(values, count, true, out);
    }
}

bool fb_check_group(
    struct fb_check *c, const struct fb_proof_step *proof, const struct fb_goal *goal)
{
    const struct fb_form *form = goal->form;
    struct fb_knows knows = {.around = goal->knows->around};
    struct fb_goal inner = {form->left, goal->from, goal->to, false, &knows};
    struct group group = {form, fb_check_vars(form->left), proof->kid, 0, NULL};
    bool known = true;
    for (size_t i = 0; i < form->bound_count; i++) {
        uint32_t v = form->bound[i];
        knows.value[v] = goal->knows->value[v];
        knows.without[v] = goal->knows->without[v];
        known = known && knows.value[v];
    }
    const struct fb_proof_step *rest = proof->kid;
    for (; rest && rest->next; rest = rest->next) {
        group.count++;
    }
    group.rows = FB_ARENA_ARRAY(c->arena, const struct fb_proof_step *, group.count);
    bool nothing = group.count == 0 && form->bound_count > 0;
    if (!rest || !group.rows || (!known && !nothing) || proof->value_count != 1) {
        return fb_check_refuse(c, proof, "an aggregation is about one group and its rows");
    }
    if (!check_rows(c, proof, &inner, &group) || !check_rest(c, rest, &inner, &group)) {
        return false;
    }
    struct fb_value result = fb_value_none();
    if (!nothing && !compute(c, &group, &result)) {
        return fb_check_refuse(c, proof, "nothing can be computed from these rows");
    }
    const struct fb_value *asked = goal->knows->value[form->agg_result];
    bool there = !nothing && result.type != FB_TYPE_NONE &&
                 (asked ? fb_value_eq(*asked, result)
                        : !fb_check_without(goal->knows, form->agg_result, result));
    bool stated = proof->values[0].type == result.type && fb_value_eq(proof->values[0], result);
    return (there == goal->holds && (asked || !goal->holds) && stated) ||
           fb_check_refuse(c, proof, "the rows give another result");
}

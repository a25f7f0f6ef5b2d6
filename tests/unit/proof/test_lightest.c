/*
 * Proofs are the lightest that there are: the weight of what src/engine/prove*.c finds is compared
 * with the least over all proofs, which is worked out here from the rules of docs/EXPLANATIONS.md
 * and nothing else: every side, every time-point, every witness is tried. Small random formulas
 * whose variables have values, so that nothing is split, recursive definitions among them, which
 * are proved by lemmas; FB_RANDOM_CASES and FB_RANDOM_SEED as in test_proof.c.
 */
#include <stdlib.h>

#include "../engine/ir_build.h"
#include "engine/proof.h"
#include "engine/table.h"
#include "fb_draw.h"
#include "proof/check.h"

enum { POINTS = 7, VALUES = 3, X = 0, Y = 1, VARS = 2, ARENA_MAX = 1 << 24 };
enum { P, Q, R };

/* No proof, since the opposite is so. */
static const size_t never = SIZE_MAX;

static const struct fb_str columns[] = {{"a", 1}, {"b", 1}};
static struct fb_relation relations[] = {
    {{"P", 1}, 1, columns, NULL}, {{"Q", 1}, 1, columns, NULL}, {{"R", 1}, 2, columns, NULL}};
static const struct fb_signature signature = {relations, 3};

static struct build b;
static uint64_t draws;
static size_t lemmas;
static bool split; /* a proof was asked for that splits: of how those are, nothing is promised */

static size_t roll(size_t below)
{
    return fb_draw_below(&draws, below);
}

/* ---- a formula and a trace ---- */

static struct fb_form *random_form(unsigned depth, bool y)
{
    if (depth == 0 || roll(6) == 0) {
        struct fb_term *term = roll(2) ? var(y && roll(2) ? Y : X) : number((int64_t)roll(VALUES));
        return roll(3) ? pred(roll(2) ? P : Q, term, NULL)
                       : pred(R, var(X), y ? var(Y) : number((int64_t)roll(VALUES)), NULL);
    }
    static const enum fb_form_kind kinds[] = {FB_FORM_NOT, FB_FORM_AND, FB_FORM_OR,
        FB_FORM_PREVIOUS, FB_FORM_NEXT, FB_FORM_ONCE, FB_FORM_EVENTUALLY, FB_FORM_HISTORICALLY,
        FB_FORM_ALWAYS, FB_FORM_SINCE, FB_FORM_UNTIL, FB_FORM_SINCE, FB_FORM_EXISTS};
    enum fb_form_kind kind = kinds[roll(sizeof(kinds) / sizeof(kinds[0]))];
    int64_t low = (int64_t)roll(3);
    int64_t high = low + (int64_t)roll(6);
    if (kind == FB_FORM_EXISTS && !y) {
        return exists(
            Y, form(FB_FORM_AND, pred(R, var(X), var(Y), NULL), random_form(depth - 1, true)));
    }
    kind = kind == FB_FORM_EXISTS ? FB_FORM_AND : kind;
    bool two =
        kind == FB_FORM_AND || kind == FB_FORM_OR || kind == FB_FORM_SINCE || kind == FB_FORM_UNTIL;
    struct fb_form *left = random_form(depth - 1, y);
    return timed(kind, low, high, left, two ? random_form(depth - 1, y) : NULL);
}

/* A heavy right side near, a light one far, and lefts of one leaf or more between. */
static struct fb_form *uneven_form(void)
{
    struct fb_form *left = pred(Q, var(X), NULL);
    struct fb_form *heavy = pred(Q, var(X), NULL);
    for (size_t n = roll(3); n > 0; n--) {
        left = form(FB_FORM_AND, left, pred(Q, var(X), NULL));
    }
    for (size_t n = roll(7); n > 0; n--) {
        heavy = form(FB_FORM_AND, heavy, pred(Q, var(X), NULL));
    }
    struct fb_form *right = form(FB_FORM_OR, pred(P, var(X), NULL), heavy);
    return timed(roll(2) ? FB_FORM_SINCE : FB_FORM_UNTIL, 0, 20, left, right);
}

/* What the definition says of a tuple of its own, a time-point or some time earlier. */
static struct fb_form *earlier(const struct fb_form *definition)
{
    struct fb_form *self = pred(definition->relation, roll(4) ? var(X) : number(1), NULL);
    self->definition = definition;
    self->earlier = true;
    struct fb_form *before = timed(FB_FORM_PREVIOUS, 0, 20, self, NULL);
    return roll(2) ? before
                   : timed(roll(2) ? FB_FORM_ONCE : FB_FORM_HISTORICALLY, 0, 3, before, NULL);
}

/* K(x) <- P(x) or Q(x), or K before, and what else there is. */
static struct fb_form *recursive_form(void)
{
    static const uint32_t parameter[] = {X};
    struct fb_form *definition = form(FB_FORM_LETPAST, NULL, NULL);
    definition->relation = 3;
    definition->bound = parameter;
    definition->bound_count = 1;
    struct fb_form *step = earlier(definition);
    if (roll(2)) {
        struct fb_form *other = roll(2) ? earlier(definition) : random_form(1, false);
        step = form(roll(2) ? FB_FORM_AND : FB_FORM_OR, step, other);
    }
    step = roll(4) ? step : form(FB_FORM_NOT, step, NULL);
    struct fb_form *base = pred(roll(2) ? P : Q, var(X), NULL);
    definition->left = form(roll(3) ? FB_FORM_OR : FB_FORM_AND, base, step);
    struct fb_form *read = pred(definition->relation, var(X), NULL);
    read->definition = definition;
    definition->right =
        roll(2) ? read : form(roll(2) ? FB_FORM_AND : FB_FORM_OR, read, random_form(1, false));
    definition->right = roll(3) ? definition->right : form(FB_FORM_NOT, definition->right, NULL);
    return definition;
}

static void random_trace(bool uneven)
{
    fb_time now = 0;
    build_start(&b, &signature);
    for (size_t tp = 0; tp < POINTS; tp++) {
        now += (fb_time)roll(3);
        build_at(&b, now);
        for (int64_t value = 0; uneven && value < VALUES; value++) {
            struct fb_value values[] = {fb_value_int(value)};
            build_add(&b, Q, values, 1, false);
        }
        for (size_t n = roll(5); n > 0; n--) {
            uint32_t relation = (uint32_t)roll(3);
            struct fb_value values[] = {
                fb_value_int((int64_t)roll(VALUES)), fb_value_int((int64_t)roll(VALUES))};
            build_add(&b, relation, values, relation == R ? 2 : 1, false);
        }
    }
}

/* ---- the least weight ---- */

static size_t plus(size_t a, size_t c)
{
    return a == never || c == never ? never : a + c;
}

static size_t least_of(size_t a, size_t c)
{
    return a < c ? a : c;
}

static size_t cost(const struct fb_form *f, size_t tp, const int64_t *env, bool holds);

static bool within(const struct fb_form *f, size_t tp, size_t j)
{
    fb_time distance = tp > j ? b.times[tp] - b.times[j] : b.times[j] - b.times[tp];
    return distance >= f->interval.low && distance <= f->interval.high;
}

static size_t cost_of_fact(const struct fb_form *f, size_t tp, const int64_t *env, bool holds)
{
    bool found = false;
    for (size_t i = 0; i < b.trace.tuple_count; i++) {
        const struct fb_tuple *tuple = &b.tuples[i];
        bool fits = tuple->relation == f->relation && tuple->from == tp;
        for (size_t k = 0; fits && k < f->term_count; k++) {
            const struct fb_term *term = f->terms[k];
            int64_t want = term->kind == FB_TERM_VAR ? env[term->var] : term->value.u.integer;
            fits = tuple->values[k].u.integer == want;
        }
        found = found || fits;
    }
    return found == holds ? 1 : never;
}

/* Of a recursive definition: what its own text costs, however often it is gone through. */
static size_t cost_of_defined(const struct fb_form *f, size_t tp, const int64_t *env, bool holds)
{
    const struct fb_term *term = f->terms[0];
    const int64_t inner[VARS] = {
        term->kind == FB_TERM_VAR ? env[term->var] : term->value.u.integer, 0};
    return cost(f->definition->left, tp, inner, holds);
}

static size_t cost_of_witness(const struct fb_form *f, size_t tp, const int64_t *env, bool holds)
{
    size_t best = never;
    for (int64_t value = 0; value < VALUES; value++) {
        int64_t inner[VARS] = {env[X], value};
        best = least_of(best, cost(f->left, tp, inner, true));
    }
    if (holds) {
        return best;
    }
    split = true;
    return best == never ? 1 : never;
}

/* All time-points of the interval, or one; no time-point at all is a leaf. */
static size_t cost_of_range(const struct fb_form *f, size_t tp, const int64_t *env, bool holds)
{
    bool back = f->kind == FB_FORM_ONCE || f->kind == FB_FORM_HISTORICALLY;
    bool one = (f->kind == FB_FORM_ONCE || f->kind == FB_FORM_EVENTUALLY) == holds;
    size_t sum = 0;
    size_t best = never;
    for (size_t j = 0; j < POINTS; j++) {
        if ((back ? j > tp : j < tp) || !within(f, tp, j)) {
            continue;
        }
        size_t here = cost(f->left, j, env, holds);
        sum = plus(sum, here);
        best = least_of(best, here);
    }
    return one ? best : sum ? sum : 1;
}

/* The sum of costs over the time-points from a up to c, in either direction; `inside`: of those in
 * the interval only. */
static size_t cost_between(const struct fb_form *f, const struct fb_form *part, size_t tp,
    const size_t range[2], const int64_t *env, bool holds, bool inside)
{
    size_t sum = 0;
    for (size_t j = range[0]; j < range[1]; j++) {
        sum = inside && !within(f, tp, j) ? sum : plus(sum, cost(part, j, env, holds));
    }
    return sum;
}

static size_t cost_of_since(const struct fb_form *f, size_t tp, const int64_t *env, bool holds)
{
    bool back = f->kind == FB_FORM_SINCE;
    const size_t all[2] = {back ? 0 : tp, back ? tp + 1 : POINTS};
    size_t best = never;
    for (size_t j = all[0]; j < all[1]; j++) {
        const size_t between[2] = {back ? j + 1 : tp, back ? tp + 1 : j};
        const size_t from[2] = {back ? j : tp, back ? tp + 1 : j + 1};
        if (holds && within(f, tp, j)) {
            best = least_of(best, plus(cost(f->right, j, env, true),
                                      cost_between(f, f->left, tp, between, env, true, false)));
        } else if (!holds) {
            best = least_of(best, plus(cost(f->left, j, env, false),
                                      cost_between(f, f->right, tp, from, env, false, true)));
        }
    }
    if (!holds) {
        size_t sum = cost_between(f, f->right, tp, all, env, false, true);
        best = least_of(best, sum ? sum : 1);
    }
    return best;
}

static size_t cost(const struct fb_form *f, size_t tp, const int64_t *env, bool holds)
{
    size_t there = f->kind == FB_FORM_PREVIOUS ? tp - 1 : tp + 1;
    size_t left;
    size_t right;
    switch ((int)f->kind) {
    case FB_FORM_PRED:
        return f->definition ? cost_of_defined(f, tp, env, holds) : cost_of_fact(f, tp, env, holds);
    case FB_FORM_LETPAST:
        return cost(f->right, tp, env, holds);
    case FB_FORM_NOT:
        return cost(f->left, tp, env, !holds);
    case FB_FORM_AND:
    case FB_FORM_OR:
        left = cost(f->left, tp, env, holds);
        right = cost(f->right, tp, env, holds);
        return (f->kind == FB_FORM_AND) == holds ? plus(left, right) : least_of(left, right);
    case FB_FORM_PREVIOUS:
    case FB_FORM_NEXT:
        return there < POINTS && within(f, tp, there) ? cost(f->left, there, env, holds)
               : holds                                ? never
                                                      : 1;
    case FB_FORM_EXISTS:
        return cost_of_witness(f, tp, env, holds);
    case FB_FORM_SINCE:
    case FB_FORM_UNTIL:
        return cost_of_since(f, tp, env, holds);
    default:
        return cost_of_range(f, tp, env, holds);
    }
}

/* ---- comparing ---- */

/* The nearest time-point that an operator over time may rest on for this weight; POINTS: there is
 * no choice of one. */
static size_t nearest(const struct fb_form *f, size_t tp, const int64_t *env, bool holds)
{
    bool some = f->kind == FB_FORM_ONCE || f->kind == FB_FORM_EVENTUALLY;
    bool every = f->kind == FB_FORM_HISTORICALLY || f->kind == FB_FORM_ALWAYS;
    bool since = f->kind == FB_FORM_SINCE || f->kind == FB_FORM_UNTIL;
    bool back =
        f->kind == FB_FORM_ONCE || f->kind == FB_FORM_HISTORICALLY || f->kind == FB_FORM_SINCE;
    size_t want = cost(f, tp, env, holds);
    for (size_t d = 0; d < POINTS; d++) {
        size_t j = back ? tp - d : tp + d;
        const size_t between[2] = {back ? j + 1 : tp, back ? tp + 1 : j};
        if (j >= POINTS || !within(f, tp, j)) {
            continue;
        }
        if ((some && holds) || (every && !holds)) {
            if (cost(f->left, j, env, holds) == want) {
                return j;
            }
        } else if (since && holds &&
                   plus(cost(f->right, j, env, true),
                       cost_between(f, f->left, tp, between, env, true, false)) == want) {
            return j;
        }
    }
    return POINTS;
}

/* The same by lemmas: as light, and each of them is right. */
static void by_lemmas(const struct fb_proof_claim *claim, size_t want)
{
    struct fb_proofs *proofs = NULL;
    struct fb_checker *checker = NULL;
    struct fb_proof_step *proof = NULL;
    FB_TEST_OK(fb_proofs_new(claim->form, &b.trace, VARS, &proofs, &err));
    FB_TEST_OK(fb_checker_new(claim->form, &b.trace, &checker, &err));
    FB_TEST_OK(fb_proofs_prove(proofs, claim, &arena, &proof, &err));
    assert_non_null(proof);
    assert_int_equal(proof->weight, want);
    const struct fb_proof_lemmas *given = fb_proofs_lemmas(proofs);
    for (size_t i = 0; i < given->count; i++) {
        FB_TEST_OK(fb_checker_lemma(checker, given->items[i], &err));
    }
    FB_TEST_OK(fb_checker_claim(checker, claim, proof, &err));
    lemmas += given->count;
    fb_checker_free(checker);
    fb_proofs_free(proofs);
}

/* 1: compared; 0: with a split, or outside of what can be evaluated. */
static int try_case(const struct fb_form *f, size_t tp, bool *out_holds)
{
    const int64_t env[VARS] = {(int64_t)roll(VALUES), 0};
    struct fb_value values[VARS] = {fb_value_int(env[X])};
    split = false;
    size_t yes = cost(f, tp, env, true);
    bool holds = yes != never;
    size_t want = holds ? yes : cost(f, tp, env, false);
    assert_true(holds == (cost(f, tp, env, false) == never));
    *out_holds = holds;
    if (split || !fb_form_evaluable(f, fb_vars_of(X), NULL)) {
        return 0;
    }
    struct fb_proof_claim claim = {f, tp, VARS, values, fb_vars_of(X), holds};
    struct fb_proof_step *proof = NULL;
    FB_TEST_OK(fb_prove(&claim, &b.trace, &arena, &proof, &err));
    assert_non_null(proof);
    FB_TEST_OK(fb_proof_check(&claim, proof, &b.trace, &err));
    assert_int_equal(proof->weight, want);
    size_t at = nearest(f, tp, env, holds);
    assert_true(at == POINTS || proof->at == at);
    by_lemmas(&claim, want);
    return 1;
}

static void test_lightest(void **state)
{
    (void)state;
    const char *more = getenv("FB_RANDOM_CASES");
    const char *from = getenv("FB_RANDOM_SEED");
    long cases = more ? strtol(more, NULL, 10) : 3000;
    uint64_t first = from ? strtoull(from, NULL, 10) : 1;
    long compared[2] = {0, 0};
    for (uint64_t seed = first; seed < first + (uint64_t)cases; seed++) {
        draws = seed;
        fb_arena_init(&arena, ARENA_MAX);
        fb_err_init(&err);
        bool uneven = seed % 4 == 0;
        random_trace(uneven);
        const struct fb_form *f = uneven          ? uneven_form()
                                  : seed % 4 == 1 ? recursive_form()
                                                  : random_form(1 + (unsigned)roll(3), false);
        for (size_t tp = 0; tp < POINTS; tp++) {
            bool holds;
            int good = try_case(f, tp, &holds);
            compared[holds] += good;
        }
        fb_arena_release(&arena);
    }
    printf("# lightest: %ld proofs that it holds, %ld that it does not, by %zu lemmas\n",
        compared[1], compared[0], lemmas);
    assert_true(compared[0] > cases && compared[1] > cases && lemmas > (size_t)cases);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_lightest)};
    return cmocka_run_group_tests_name("lightest", tests, NULL, NULL);
}

/*
 * Tests of src/engine/eval_truth.c, the search for one way in which a formula holds: against the
 * rows of the naive evaluator, on formulas by hand and at random.
 */
#include "base/alloc.h"
#include "base/limit.h"
#include "engine/table.h"
#include "fb_draw.h"
#include "ir_build.h"

enum { ARENA_MAX = 1 << 26, VARS = 4, VALUES = 3, P = 0, Q = 1, R = 2 };

static const struct fb_str columns[] = {{"a", 1}, {"b", 1}};
static struct fb_relation relations[] = {
    {{"P", 1}, 1, columns, NULL}, {{"Q", 1}, 1, columns, NULL}, {{"R", 1}, 2, columns, NULL}};
static const struct fb_signature signature = {relations, 3};

static struct build b;
static uint64_t draws;

static size_t roll(size_t below)
{
    return fb_draw_below(&draws, below);
}

static int setup(void **unused)
{
    (void)unused;
    fb_arena_init(&arena, ARENA_MAX);
    fb_err_init(&err);
    build_start(&b, &signature);
    build_at(&b, 1);
    return 0;
}

static int teardown(void **unused)
{
    (void)unused;
    fb_arena_release(&arena);
    return 0;
}

static void add(uint32_t relation, int64_t x, int64_t y)
{
    const struct fb_value values[] = {fb_value_int(x), fb_value_int(y)};
    build_add(&b, relation, values, relations[relation].arity, false);
}

/* ---- both ways ---- */

static fb_vars known(const struct fb_value *given)
{
    fb_vars bound = 0;
    for (uint32_t v = 0; v < VARS; v++) {
        bound |= given[v].type == FB_TYPE_NONE ? 0 : fb_vars_of(v);
    }
    return bound;
}

static enum fb_code search(const struct fb_form *f, const struct fb_value *given, bool *out)
{
    struct fb_eval ev = {.trace = &b.trace,
        .var_count = VARS,
        .arena = &arena,
        .quick = true,
        .bare = true,
        .err = &err};
    const struct fb_env env = {.bound = known(given), .values = given};
    return fb_eval_truth(&ev, f, 0, &env, out);
}

static bool by_rows(const struct fb_form *f, const struct fb_value *given)
{
    struct fb_value copy[VARS];
    struct fb_row row = {.values = copy};
    struct fb_table table = {0};
    memcpy(copy, given, sizeof(copy));
    FB_TEST_OK(fb_eval_naive_rows(f, &b.trace, 0, VARS, &row, &arena, &table, &err));
    return table.count > 0;
}

/* Whether a formula holds, which both must say. */
static bool holds(struct fb_form *f, const struct fb_value *given)
{
    static const struct fb_value nothing[VARS];
    bool out = false;
    given = given ? given : nothing;
    fb_form_seal(f);
    assert_true(f->still);
    FB_TEST_OK(search(f, given, &out));
    assert_int_equal(out, by_rows(f, given));
    return out;
}

static struct fb_form *p(uint32_t x)
{
    return pred(P, var(x), NULL);
}

static struct fb_form *q(uint32_t x)
{
    return pred(Q, var(x), NULL);
}

static struct fb_form *r(uint32_t x, uint32_t y)
{
    return pred(R, var(x), var(y), NULL);
}

static struct fb_form *both(struct fb_form *a, struct fb_form *c)
{
    return form(FB_FORM_AND, a, c);
}

static struct fb_form *either(struct fb_form *a, struct fb_form *c)
{
    return form(FB_FORM_OR, a, c);
}

static struct fb_form *no(struct fb_form *a)
{
    return form(FB_FORM_NOT, a, NULL);
}

/* ---- by hand ---- */

static void test_ways(void **unused)
{
    (void)unused;
    add(P, 1, 0);
    add(P, 2, 0);
    add(P, 3, 0);
    add(Q, 3, 0);
    add(R, 1, 2);
    add(R, 2, 3);
    /* The first tuple leads nowhere, and the second. */
    assert_true(holds(both(p(0), q(0)), NULL));
    assert_true(holds(both(r(0, 1), q(1)), NULL));
    assert_false(holds(both(r(0, 1), q(0)), NULL));
    assert_true(holds(both(both(r(0, 1), r(1, 2)), q(2)), NULL));
    /* What filters may stand before what binds. */
    assert_true(holds(both(no(q(0)), p(0)), NULL));
    assert_false(holds(both(no(p(0)), q(0)), NULL));
    assert_true(holds(both(compare(FB_FORM_LESS, number(2), var(0)), p(0)), NULL));
    assert_false(holds(both(compare(FB_FORM_LESS, number(3), var(0)), p(0)), NULL));
    /* Either side, also where the other has rows that lead nowhere. */
    assert_true(holds(both(either(p(0), q(0)), compare(FB_FORM_EQ, var(0), number(3))), NULL));
    assert_true(holds(both(either(pred(R, var(0), number(9), NULL), q(0)), p(0)), NULL));
    assert_true(holds(both(either(q(0), r(0, 0)), p(0)), NULL));
    assert_false(holds(both(either(r(0, 0), pred(R, number(7), var(0), NULL)), p(0)), NULL));
    assert_true(holds(both(p(0), either(r(0, 0), q(0))), NULL));
    assert_true(holds(both(p(0), either(q(0), r(0, 0))), NULL));
    assert_false(holds(both(p(0), both(no(q(0)), compare(FB_FORM_EQ, var(0), number(3)))), NULL));
    /* One variable twice in a tuple. */
    assert_false(holds(r(0, 0), NULL));
    add(R, 3, 3);
    assert_true(holds(both(r(0, 0), q(0)), NULL));
    /* Equations bind. */
    assert_true(holds(both(compare(FB_FORM_EQ, var(1), number(3)), q(1)), NULL));
    assert_true(holds(
        both(p(0), both(compare(FB_FORM_EQ, var(1), arith(FB_TERM_ADD, var(0), number(1))), q(1))),
        NULL));
}

/* A variable of EXISTS is another than the one of its number outside, and that keeps its value. */
static void test_hidden(void **unused)
{
    (void)unused;
    add(P, 1, 0);
    add(Q, 2, 0);
    add(R, 1, 2);
    assert_true(holds(both(p(0), exists(0, q(0))), NULL));
    assert_true(holds(both(both(p(0), exists(0, q(0))), r(0, 1)), NULL));
    assert_true(holds(both(both(p(0), exists(0, q(0))), no(q(0))), NULL));
    assert_false(holds(both(both(p(0), exists(0, q(0))), q(0)), NULL));
    assert_false(holds(both(p(0), exists(0, both(p(0), q(0)))), NULL));
    assert_true(holds(both(q(1), exists(0, r(0, 1))), NULL));
    assert_false(holds(both(p(1), exists(0, r(0, 1))), NULL));
    assert_true(holds(both(exists(1, r(0, 1)), p(0)), NULL)); /* it binds */
    assert_false(holds(both(exists(1, r(0, 1)), q(0)), NULL));
    /* Of what is given. */
    struct fb_value given[VARS] = {fb_value_int(1)};
    assert_true(holds(p(0), given));
    assert_true(holds(exists(0, q(0)), given));
    assert_true(holds(r(0, 1), given));
    given[0] = fb_value_int(2);
    assert_false(holds(p(0), given));
    assert_true(holds(no(p(0)), given));
    assert_true(holds(exists(0, p(0)), given));
    assert_false(holds(either(p(0), r(0, 0)), given));
    assert_true(holds(either(p(0), q(0)), given));
    given[1] = fb_value_int(1);
    assert_false(holds(r(0, 1), given));
    assert_true(holds(r(1, 0), given));
}

/* Conjuncts each half of which wants what the other binds. */
static void test_halves(void **unused)
{
    (void)unused;
    add(P, 1, 0);
    add(Q, 1, 0);
    struct fb_form *left = both(p(0), compare(FB_FORM_EQ, var(3), var(2)));
    struct fb_form *f = both(both(left, compare(FB_FORM_EQ, var(1), var(0))),
        both(compare(FB_FORM_EQ, var(2), var(1)), q(3)));
    assert_true(holds(f, NULL));
    struct fb_value given[VARS] = {{.type = FB_TYPE_NONE}};
    given[3] = fb_value_int(2);
    assert_false(holds(f, given));
    struct fb_form *closed = exists(0, exists(1, exists(2, exists(3, f))));
    assert_true(holds(both(p(0), closed), NULL));
}

/* As many conjuncts as there may be, also beside others, where they are counted by rows. */
static void test_many(void **unused)
{
    (void)unused;
    for (int64_t i = 1; i <= 3; i++) {
        add(P, i, 0);
    }
    add(Q, 3, 0);
    struct fb_form *f = q(0);
    for (size_t i = 1; i < FB_IR_CONJUNCTS_MAX; i++) {
        f = i % 2 ? both(f, p(0)) : both(p(0), f);
    }
    assert_true(holds(f, NULL));
    assert_true(holds(both(either(f, f), p(0)), NULL));
    assert_false(holds(both(either(f, f), no(q(0))), NULL));
}

static void test_errors(void **unused)
{
    (void)unused;
    static const struct fb_value nothing[VARS];
    bool out = true;
    add(P, 1, 0);
    add(R, 1, 2);
    struct fb_form *f = no(p(0));
    fb_form_seal(f);
    FB_TEST_FAILS(search(f, nothing, &out), FB_E_POLICY);
    /* By rows: an open EXISTS. */
    f = both(exists(1, r(0, 1)), p(0));
    fb_form_seal(f);
    fb_limit_lower(1 << 28, 1);
    FB_TEST_FAILS(search(f, nothing, &out), FB_E_LIMIT);
    fb_limit_lower(0, 0);
    for (int64_t n = 0;; n++) {
        fb_alloc_fail_at(n);
        enum fb_code code = search(f, nothing, &out);
        fb_alloc_fail_at(-1);
        if (code == FB_OK) {
            assert_true(n > 0 && out);
            break;
        }
        assert_int_equal(code, FB_E_NOMEM);
        assert_false(out);
    }
}

/* ---- at random ---- */

static struct fb_form *random_form(unsigned depth)
{
    uint32_t x = (uint32_t)roll(VARS), y = (uint32_t)roll(VARS);
    if (depth == 0 || roll(5) == 0) {
        switch (roll(7)) {
        case 0:
            return compare(FB_FORM_EQ, var(x), roll(2) ? var(y) : number((int64_t)roll(VALUES)));
        case 1:
            return compare(FB_FORM_LESS, var(x), var(y));
        case 2:
            return pred(R, number((int64_t)roll(VALUES)), var(y), NULL);
        case 3:
            return pred(R, term(FB_TERM_ANY), var(y), NULL);
        case 4:
            return roll(2) ? p(x) : q(x);
        default:
            return r(x, y);
        }
    }
    switch (roll(6)) {
    case 0:
        return no(random_form(depth - 1));
    case 1:
        return either(random_form(depth - 1), random_form(depth - 1));
    case 2:
        return exists(x, random_form(depth - 1));
    default:
        return both(random_form(depth - 1), random_form(depth - 1));
    }
}

static void test_random(void **state)
{
    size_t tried = 0, there = 0;
    for (uint64_t i = 0; i < 30000; i++) {
        struct fb_value given[VARS] = {0};
        draws = i;
        (void)teardown(state);
        (void)setup(state);
        for (size_t k = roll(7); k > 0; k--) {
            add((uint32_t)roll(3), (int64_t)roll(VALUES), (int64_t)roll(VALUES));
        }
        for (size_t v = 0; v < VARS; v++) {
            given[v] = roll(4) ? given[v] : fb_value_int((int64_t)roll(VALUES));
        }
        struct fb_form *f = random_form(4);
        if (fb_form_evaluable(f, known(given), NULL)) {
            tried++;
            there += holds(f, given);
        }
    }
    assert_true(tried > 3000);
    assert_true(there > tried / 10 && there < tried - tried / 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_ways, setup, teardown),
        cmocka_unit_test_setup_teardown(test_hidden, setup, teardown),
        cmocka_unit_test_setup_teardown(test_halves, setup, teardown),
        cmocka_unit_test_setup_teardown(test_many, setup, teardown),
        cmocka_unit_test_setup_teardown(test_errors, setup, teardown),
        cmocka_unit_test_setup_teardown(test_random, setup, teardown),
    };
    return cmocka_run_group_tests_name("truth", tests, NULL, NULL);
}

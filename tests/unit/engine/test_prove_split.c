/*
 * Tests of src/engine/prove_split.c: that something holds for no value is proved by cases, one for
 * each value that occurs and one for all others; and proofs about aggregations. The checker accepts
 * them, but would accept cases that say the same twice.
 */
#include "engine/proof.h"
#include "ir_build.h"
#include "proof/check.h"

enum { ARENA_MAX = 1 << 26, X = 0, Y = 1, N = 2, VARS = 3, P = 0, Q = 1, R = 2 };

static const struct fb_str columns[] = {{"a", 1}, {"b", 1}};
static struct fb_relation relations[] = {
    {{"P", 1}, 1, columns, NULL}, {{"Q", 1}, 1, columns, NULL}, {{"R", 1}, 2, columns, NULL}};
static const struct fb_signature signature = {relations, 3};

static struct build b;

static int setup(void **unused)
{
    (void)unused;
    fb_arena_init(&arena, ARENA_MAX);
    fb_err_init(&err);
    build_start(&b, &signature);
    build_at(&b, 0);
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

/* A proof at time-point 0, accepted; n is the value of N, negative: not known. */
static struct fb_proof_step *prove(const struct fb_form *f, int64_t n, bool holds)
{
    struct fb_value values[VARS] = {{.type = FB_TYPE_NONE}};
    values[N] = n < 0 ? values[N] : fb_value_int(n);
    struct fb_proof_claim claim = {f, 0, VARS, values, n < 0 ? 0 : (uint64_t)1 << N, holds};
    struct fb_proof_step *proof = NULL;
    FB_TEST_OK(fb_prove(&claim, &b.trace, &arena, &proof, &err));
    if (proof) {
        FB_TEST_OK(fb_proof_check(&claim, proof, &b.trace, &err));
    }
    return proof;
}

static size_t kids(const struct fb_proof_step *proof)
{
    size_t count = 0;
    for (const struct fb_proof_step *kid = proof->kid; kid; kid = kid->next) {
        count++;
    }
    return count;
}

/* A value that has several rows is one case; cases stand in order. */
static void test_cases(void **unused)
{
    (void)unused;
    static const int64_t rows[][2] = {{5, 1}, {3, 1}, {5, 2}, {1, 9}, {3, 2}, {5, 3}, {1, 1},
        {4, 4}, {2, 0}, {9, 1}, {8, 1}, {7, 7}, {6, 1}, {7, 1}};
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        add(R, rows[i][0], rows[i][1]);
        add(Q, rows[i][0], 0);
    }
    const struct fb_form *f = form(
        FB_FORM_AND, pred(R, var(X), var(Y), NULL), form(FB_FORM_NOT, pred(Q, var(X), NULL), NULL));
    const struct fb_proof_step *proof = prove(f, -1, false);
    assert_non_null(proof);
    assert_int_equal(proof->rule, FB_RULE_SPLIT);
    assert_int_equal(proof->at, X);
    assert_int_equal(proof->value_count, 9); /* 1 to 9 */
    assert_int_equal(kids(proof), 10);
    for (size_t i = 0; i < 9; i++) {
        assert_int_equal(proof->values[i].u.integer, (int64_t)i + 1);
    }
    /* Q(2) is there no longer: it holds for a value, and nothing can be proved of all. */
    for (size_t i = 0; i < b.trace.tuple_count; i++) {
        if (b.tuples[i].relation == Q && b.tuples[i].values[0].u.integer == 2) {
            b.tuples[i].relation = P;
        }
    }
    assert_null(prove(f, -1, false));
}

/* The conjunct with the fewest values is the one that is split. */
static void test_fewest(void **unused)
{
    (void)unused;
    for (int64_t i = 1; i <= 6; i++) {
        add(R, i, i);
    }
    add(P, 7, 0);
    add(P, 8, 0);
    const struct fb_form *f =
        form(FB_FORM_AND, pred(R, var(X), var(X), NULL), pred(P, var(X), NULL));
    const struct fb_proof_step *proof = prove(f, -1, false);
    assert_non_null(proof);
    assert_int_equal(proof->rule, FB_RULE_SPLIT);
    assert_int_equal(proof->value_count, 2);
    assert_int_equal(proof->values[0].u.integer, 7);
    assert_int_equal(proof->values[1].u.integer, 8);
}

/* Of conjuncts with as many values the first is. */
static void test_as_few(void **unused)
{
    (void)unused;
    for (int64_t i = 1; i <= 2; i++) {
        add(P, i, 0);
        add(Q, i + 6, 0);
    }
    const struct fb_form *f = form(FB_FORM_AND, pred(P, var(X), NULL), pred(Q, var(X), NULL));
    const struct fb_proof_step *proof = prove(f, -1, false);
    assert_non_null(proof);
    assert_int_equal(proof->rule, FB_RULE_SPLIT);
    assert_int_equal(proof->value_count, 2);
    assert_int_equal(proof->values[0].u.integer, 1);
    assert_int_equal(proof->values[1].u.integer, 2);
}

/* A group that another part has to bind: the condition cannot be asked without it, so the other
 * part is split first. */
static void test_bound_elsewhere(void **unused)
{
    (void)unused;
    add(Q, 3, 0);
    add(Q, 4, 0);
    add(P, 1, 0);
    struct fb_form *count = aggregate(FB_AGG_COUNT, N, Y, X,
        form(FB_FORM_AND, pred(P, var(Y), NULL), form(FB_FORM_NOT, pred(Q, var(X), NULL), NULL)));
    const struct fb_form *f = form(FB_FORM_AND, pred(Q, var(X), NULL), count);
    const struct fb_proof_step *proof = prove(f, -1, false);
    assert_non_null(proof);
    assert_int_equal(proof->rule, FB_RULE_SPLIT);
    assert_int_equal(proof->at, X);
    assert_int_equal(proof->value_count, 2);
    assert_non_null(prove(f, 1, false));
}

/* A step for each row, and one that there is no other; floats are added exactly. */
static void test_groups(void **unused)
{
    (void)unused;
    const struct fb_form *sum = aggregate(FB_AGG_SUM, N, X, -1, pred(R, var(X), var(Y), NULL));
    assert_non_null(prove(sum, 0, true)); /* of nothing */
    add(R, 3, 1);
    add(R, 3, 2);
    add(R, 4, 1);
    const struct fb_proof_step *proof = prove(sum, 10, true);
    assert_non_null(proof);
    assert_int_equal(proof->rule, FB_RULE_GROUP);
    assert_int_equal(kids(proof), 4);
    assert_int_equal(proof->values[0].u.integer, 10);
    assert_null(prove(sum, 10, false));
    assert_null(prove(sum, 11, true));
    assert_non_null(prove(sum, 11, false));
    assert_null(prove(sum, -1, false)); /* it has some value */
    const double wild[] = {1e308, 0.5, -1e308, 5e-324};
    const struct fb_form *wild_sum = aggregate(FB_AGG_SUM, N, X, -1, pred(P, var(X), NULL));
    for (size_t i = 0; i < 4; i++) {
        const struct fb_value value = fb_value_float(wild[i]);
        build_add(&b, P, &value, 1, false);
    }
    assert_null(prove(wild_sum, 0, true));
    assert_non_null(prove(wild_sum, 0, false));
    struct fb_value values[VARS] = {{.type = FB_TYPE_NONE}};
    values[N] = fb_value_float(0.5);
    struct fb_proof_claim claim = {wild_sum, 0, VARS, values, (uint64_t)1 << N, true};
    struct fb_proof_step *found = NULL;
    FB_TEST_OK(fb_prove(&claim, &b.trace, &arena, &found, &err));
    assert_non_null(found);
    FB_TEST_OK(fb_proof_check(&claim, found, &b.trace, &err));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_cases, setup, teardown),
        cmocka_unit_test_setup_teardown(test_fewest, setup, teardown),
        cmocka_unit_test_setup_teardown(test_as_few, setup, teardown),
        cmocka_unit_test_setup_teardown(test_bound_elsewhere, setup, teardown),
        cmocka_unit_test_setup_teardown(test_groups, setup, teardown),
    };
    return cmocka_run_group_tests_name("split", tests, NULL, NULL);
}

/*
 * Tests of src/engine/prove_lemma.c: what a recursive definition says is proved once for each
 * time-point and value, the earliest first, and handed out in that order; however long a recursion
 * is; and where memory runs out. The checker accepts all of it.
 */
#include "base/alloc.h"
#include "engine/proof.h"
#include "ir_build.h"
#include "proof/check.h"

enum { ARENA_MAX = 1 << 27, X = 0, VARS = 1, P = 0, Q = 1, K = 2, LONG = 1700 };

static const struct fb_str columns[] = {{"a", 1}};
static struct fb_relation relations[] = {
    {{"P", 1}, 1, columns, NULL}, {{"Q", 1}, 1, columns, NULL}};
static const struct fb_signature signature = {relations, 2};

static struct build b;
static struct fb_proofs *proofs;
static struct fb_form *recursion;

/* K(x) <- P(x) or PREVIOUS K(x). */
static struct fb_form *recursive(void)
{
    static const uint32_t parameter[] = {X};
    struct fb_form *definition = form(FB_FORM_LETPAST, NULL, NULL);
    definition->relation = K;
    definition->bound = parameter;
    definition->bound_count = 1;
    struct fb_form *self = pred(K, var(X), NULL);
    self->definition = definition;
    self->earlier = true;
    definition->left = form(FB_FORM_OR, pred(P, var(X), NULL), form(FB_FORM_PREVIOUS, self, NULL));
    struct fb_form *read = pred(K, var(X), NULL);
    read->definition = definition;
    definition->right = read;
    return definition;
}

static int setup(void **unused)
{
    (void)unused;
    fb_arena_init(&arena, ARENA_MAX);
    fb_err_init(&err);
    build_start(&b, &signature);
    recursion = recursive();
    proofs = NULL;
    return 0;
}

static int teardown(void **unused)
{
    (void)unused;
    fb_proofs_free(proofs);
    fb_arena_release(&arena);
    return 0;
}

static void start(fb_time until)
{
    const struct fb_value one[] = {fb_value_int(1)};
    for (fb_time t = 0; t <= until; t++) {
        build_at(&b, t);
        if (t == 1) {
            build_add(&b, P, one, 1, false);
        }
    }
    FB_TEST_OK(fb_proofs_new(recursion, &b.trace, VARS, &proofs, &err));
}

/* A proof of K(value) at tp, or of its opposite; value < 0: of any value. NULL: there is none. */
static struct fb_proof_claim claim_of(int64_t value, size_t tp, bool holds, struct fb_value *out)
{
    *out = fb_value_int(value);
    return (struct fb_proof_claim){recursion, tp, VARS, out, value < 0 ? 0 : 1, holds};
}

static struct fb_proof_step *prove(int64_t value, size_t tp, bool holds)
{
    struct fb_value given;
    struct fb_proof_step *proof = NULL;
    struct fb_proof_claim claim = claim_of(value, tp, holds, &given);
    FB_TEST_OK(fb_proofs_prove(proofs, &claim, &arena, &proof, &err));
    return proof;
}

static size_t given(void)
{
    return fb_proofs_lemmas(proofs)->count;
}

/* The lemma on which a proof rests. */
static size_t rests_on(const struct fb_proof_step *proof)
{
    assert_non_null(proof);
    while (proof->rule != FB_RULE_LEMMA) {
        proof = proof->kid;
        assert_non_null(proof);
    }
    return proof->at;
}

static void accepted(int64_t value, size_t tp, bool holds, const struct fb_proof_step *proof)
{
    struct fb_checker *checker = NULL;
    struct fb_value known;
    struct fb_proof_claim claim = claim_of(value, tp, holds, &known);
    FB_TEST_OK(fb_checker_new(recursion, &b.trace, &checker, &err));
    for (size_t i = 0; i < given(); i++) {
        FB_TEST_OK(fb_checker_lemma(checker, fb_proofs_lemmas(proofs)->items[i], &err));
    }
    FB_TEST_OK(fb_checker_claim(checker, &claim, proof, &err));
    fb_checker_free(checker);
}

static void test_once(void **unused)
{
    (void)unused;
    start(6);
    struct fb_proof_step *proof = prove(1, 4, true);
    assert_int_equal(given(), 4); /* of 1 to 4 */
    assert_int_equal(rests_on(proof), 3);
    for (size_t i = 0; i < 4; i++) {
        const struct fb_proof_lemma *lemma = fb_proofs_lemmas(proofs)->items[i];
        assert_int_equal(lemma->number, i);
        assert_int_equal(lemma->tp, i + 1);
        assert_true(lemma->holds);
        assert_int_equal(lemma->param_count, 1);
        assert_true(lemma->params[0].known);
        assert_int_equal(lemma->params[0].value.u.integer, 1);
        assert_true(i == 0 || rests_on(lemma->proof) == i - 1);
    }
    accepted(1, 4, true, proof);
    /* What is known is not found again; what is later adds to it. */
    assert_int_equal(rests_on(prove(1, 4, true)), 3);
    assert_int_equal(rests_on(prove(1, 2, true)), 1);
    assert_int_equal(given(), 4);
    proof = prove(1, 6, true);
    assert_int_equal(given(), 6);
    assert_int_equal(rests_on(proof), 5);
    accepted(1, 6, true, proof);
}

static void test_opposites(void **unused)
{
    (void)unused;
    start(3);
    /* There is no proof of what is not so, and no lemma is handed out for it. */
    assert_null(prove(1, 0, true));
    assert_null(prove(1, 3, false));
    assert_null(prove(2, 3, true));
    assert_null(prove(-1, 3, false)); /* it holds for one value */
    assert_int_equal(given(), 0);
    struct fb_proof_step *proof = prove(2, 2, false);
    assert_int_equal(given(), 3); /* of 0 to 2 */
    assert_false(fb_proofs_lemmas(proofs)->items[2]->holds);
    accepted(2, 2, false, proof);
    /* Another value is another lemma; so are all values at once. */
    proof = prove(1, 0, false);
    assert_int_equal(given(), 4);
    accepted(1, 0, false, proof);
    proof = prove(-1, 0, false);
    assert_int_equal(given(), 5);
    assert_false(fb_proofs_lemmas(proofs)->items[4]->params[0].known);
    accepted(-1, 0, false, proof);
}

/* A search that is too deep is begun again at what it wanted. */
static void test_long(void **unused)
{
    (void)unused;
    static fb_time times[LONG];
    const struct fb_value one[] = {fb_value_int(1)};
    build_at(&b, 0);
    build_add(&b, P, one, 1, false);
    for (size_t i = 0; i < LONG; i++) {
        times[i] = (fb_time)i;
    }
    b.trace.times = times;
    b.trace.time_count = LONG;
    FB_TEST_OK(fb_proofs_new(recursion, &b.trace, VARS, &proofs, &err));
    struct fb_proof_step *proof = prove(1, LONG - 1, true);
    assert_int_equal(given(), LONG);
    accepted(1, LONG - 1, true, proof);
    proof = prove(3, LONG - 2, false);
    assert_int_equal(given(), 2 * LONG - 1);
    accepted(3, LONG - 2, false, proof);
}

static void test_memory(void **unused)
{
    (void)unused;
    struct fb_value known;
    start(5);
    fb_proofs_free(proofs);
    struct fb_proof_claim claim = claim_of(1, 5, true, &known);
    for (int64_t n = 0;; n++) {
        struct fb_proof_step *proof = NULL;
        struct fb_arena own;
        fb_arena_init(&own, ARENA_MAX);
        proofs = NULL;
        fb_alloc_fail_at(n);
        enum fb_code code = fb_proofs_new(recursion, &b.trace, VARS, &proofs, &err);
        code = code ? code : fb_proofs_prove(proofs, &claim, &own, &proof, &err);
        fb_alloc_fail_at(-1);
        if (code == FB_OK) {
            assert_true(n > 8);
            assert_int_equal(given(), 5);
            accepted(1, 5, true, proof);
            fb_arena_release(&own);
            break;
        }
        assert_int_equal(code, FB_E_NOMEM);
        assert_null(proof);
        if (proofs) { /* what failed can be asked again */
            FB_TEST_OK(fb_proofs_prove(proofs, &claim, &own, &proof, &err));
            accepted(1, 5, true, proof);
        }
        fb_proofs_free(proofs);
        fb_arena_release(&own);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_once, setup, teardown),
        cmocka_unit_test_setup_teardown(test_opposites, setup, teardown),
        cmocka_unit_test_setup_teardown(test_long, setup, teardown),
        cmocka_unit_test_setup_teardown(test_memory, setup, teardown),
    };
    return cmocka_run_group_tests_name("lemmas", tests, NULL, NULL);
}

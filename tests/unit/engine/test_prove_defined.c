/*
 * Tests of src/engine/prove_defined.c: proofs about what FREEZE and LETPAST define, without lemmas.
 * Each is accepted by the checker, and is as it was worked out by hand.
 */
#include "base/alloc.h"
#include "engine/proof.h"
#include "ir_build.h"
#include "proof/check.h"

enum { ARENA_MAX = 1 << 26, X = 0, Y = 1, Z = 2, VARS = 3, P = 0, Q = 1, R = 2, F = 3 };

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

/* In right, F(z) is what left says of z. */
static struct fb_form *define(enum fb_form_kind kind, struct fb_form *left)
{
    static const uint32_t parameter[] = {Z};
    struct fb_form *definition = form(kind, left, NULL);
    definition->relation = F;
    definition->bound = parameter;
    definition->bound_count = 1;
    return definition;
}

static struct fb_form *f_of(struct fb_form *definition, struct fb_term *term)
{
    struct fb_form *read = pred(F, term, NULL);
    read->definition = definition;
    return read;
}

static struct fb_proof_step *prove(const struct fb_form *f, size_t tp, const int64_t *x, bool holds)
{
    struct fb_value values[VARS] = {{.type = FB_TYPE_NONE}};
    values[X] = x ? fb_value_int(*x) : values[X];
    struct fb_proof_claim claim = {f, tp, VARS, values, x ? 1 : 0, holds};
    struct fb_proof_step *proof = NULL;
    FB_TEST_OK(fb_prove(&claim, &b.trace, &arena, &proof, &err));
    if (proof) {
        FB_TEST_OK(fb_proof_check(&claim, proof, &b.trace, &err));
        /* The opposite has none. */
        struct fb_proof_step *other = NULL;
        claim.holds = !holds;
        if (x) {
            FB_TEST_OK(fb_prove(&claim, &b.trace, &arena, &other, &err));
            assert_null(other);
        }
    }
    return proof;
}

/* The first step of a rule below a proof. */
static const struct fb_proof_step *first(const struct fb_proof_step *proof, enum fb_rule rule)
{
    const struct fb_proof_step *found = proof && proof->rule == rule ? proof : NULL;
    for (const struct fb_proof_step *kid = proof ? proof->kid : NULL; kid && !found;
         kid = kid->next) {
        found = first(kid, rule);
    }
    return found;
}

/* What is frozen is that of the time-point at which the whole is asked, wherever it is read. */
static void test_freeze(void **unused)
{
    (void)unused;
    const int64_t one = 1, two = 2;
    build_at(&b, 0);
    add(P, 1, 0);
    add(Q, 2, 0);
    build_at(&b, 5);
    add(P, 2, 0);
    build_at(&b, 9);
    struct fb_form *frozen = define(FB_FORM_FREEZE, pred(P, var(Z), NULL));
    frozen->right =
        form(FB_FORM_ONCE, form(FB_FORM_AND, pred(Q, var(X), NULL), f_of(frozen, var(X))), NULL);
    assert_null(prove(frozen, 0, &one, true));
    assert_non_null(prove(frozen, 0, &one, false));
    assert_non_null(prove(frozen, 0, &two, false)); /* it is not frozen yet */
    const struct fb_proof_step *proof = first(prove(frozen, 1, &two, true), FB_RULE_DEFINED);
    assert_non_null(proof);
    assert_int_equal(proof->from, 0);      /* read there */
    assert_int_equal(proof->kid->from, 1); /* and so it was when it was frozen */
    assert_int_equal(proof->value_count, 1);
    assert_int_equal(proof->values[0].u.integer, 2);
    assert_non_null(prove(frozen, 2, &two, false));
    assert_non_null(prove(frozen, 2, NULL, false)); /* of any value */
    assert_null(prove(frozen, 1, NULL, false));
}

/* A freeze within a freeze reads what is frozen around it. */
static void test_nested(void **unused)
{
    (void)unused;
    const int64_t one = 1, two = 2;
    build_at(&b, 0);
    add(P, 1, 0);
    build_at(&b, 1);
    add(Q, 1, 0);
    add(P, 2, 0);
    struct fb_form *outer = define(FB_FORM_FREEZE, pred(P, var(Z), NULL));
    struct fb_form *inner =
        define(FB_FORM_FREEZE, form(FB_FORM_AND, f_of(outer, var(Z)), pred(Q, var(Z), NULL)));
    inner->relation = F + 1;
    struct fb_form *read = f_of(inner, var(X));
    read->relation = F + 1;
    inner->right = read;
    outer->right = form(FB_FORM_NEXT, inner, NULL);
    assert_non_null(first(prove(outer, 0, &one, true), FB_RULE_DEFINED));
    assert_non_null(prove(outer, 0, &two, false));
}

/* At each time-point what is defined is that of this time-point, also of earlier ones. */
static void test_letpast(void **unused)
{
    (void)unused;
    const int64_t one = 1, two = 2;
    build_at(&b, 0);
    add(P, 1, 0);
    build_at(&b, 1);
    add(Q, 2, 0);
    build_at(&b, 2);
    struct fb_form *past = define(FB_FORM_LETPAST, NULL);
    struct fb_form *self = f_of(past, var(Z));
    self->earlier = true;
    past->left = form(FB_FORM_OR, pred(P, var(Z), NULL), form(FB_FORM_PREVIOUS, self, NULL));
    past->right = f_of(past, var(X));
    for (size_t tp = 0; tp < 3; tp++) {
        const struct fb_proof_step *proof = first(prove(past, tp, &one, true), FB_RULE_DEFINED);
        for (size_t earlier = 0; earlier < tp; earlier++) {
            assert_non_null(proof);
            proof = first(proof->kid, FB_RULE_DEFINED);
        }
        assert_non_null(proof);
        assert_int_equal(proof->from, 0);
        assert_null(first(proof->kid, FB_RULE_DEFINED));
        assert_non_null(prove(past, tp, &two, false));
    }
    past->right = form(FB_FORM_PREVIOUS, f_of(past, var(X)), NULL);
    assert_non_null(prove(past, 0, &one, false));
    assert_non_null(prove(past, 1, &one, true));
}

/* Arguments: constants, sums, what may be anything; of several tuples the one with the lightest
 * proof. */
static void test_arguments(void **unused)
{
    (void)unused;
    const int64_t one = 1, two = 2, nine = 9;
    build_at(&b, 0);
    add(Q, 1, 0);
    add(R, 1, 2);
    add(Q, 2, 0);
    add(Q, 3, 0);
    add(P, 3, 0);
    add(Q, 9, 0);
    struct fb_form *heavy = form(FB_FORM_AND, pred(Q, var(Z), NULL),
        form(FB_FORM_OR, pred(P, var(Z), NULL),
            form(FB_FORM_AND, pred(Q, var(Z), NULL), pred(Q, var(Z), NULL))));
    struct fb_form *frozen = define(FB_FORM_FREEZE, heavy);
    frozen->right = form(FB_FORM_AND, pred(Q, var(X), NULL), f_of(frozen, term(FB_TERM_ANY)));
    const struct fb_proof_step *proof = first(prove(frozen, 0, &one, true), FB_RULE_DEFINED);
    assert_non_null(proof);
    assert_int_equal(proof->values[0].u.integer, 3);
    assert_int_equal(proof->weight, 2);
    frozen->right = form(FB_FORM_AND, pred(Q, var(X), NULL), f_of(frozen, number(2)));
    proof = first(prove(frozen, 0, &one, true), FB_RULE_DEFINED);
    assert_non_null(proof);
    assert_int_equal(proof->values[0].u.integer, 2);
    assert_int_equal(proof->weight, 3);
    frozen->right = form(
        FB_FORM_AND, pred(Q, var(X), NULL), f_of(frozen, arith(FB_TERM_ADD, var(X), number(1))));
    assert_non_null(prove(frozen, 0, &one, true));
    assert_non_null(prove(frozen, 0, &two, true));
    assert_non_null(prove(frozen, 0, &nine, false));
    frozen->right =
        form(FB_FORM_AND, pred(Q, var(X), NULL), form(FB_FORM_NOT, f_of(frozen, number(4)), NULL));
    assert_non_null(prove(frozen, 0, &one, true));
    /* Nothing satisfies it at all, whatever x and the argument are. */
    struct fb_form *none = define(
        FB_FORM_FREEZE, form(FB_FORM_AND, pred(P, var(Z), NULL), pred(R, var(Z), var(Z), NULL)));
    none->right = f_of(none, var(X));
    assert_non_null(prove(none, 0, NULL, false));
    none->right = form(FB_FORM_AND, pred(Q, var(X), NULL), f_of(none, term(FB_TERM_ANY)));
    assert_non_null(prove(none, 0, &one, false));
}

static void test_memory(void **unused)
{
    (void)unused;
    struct fb_value values[VARS] = {fb_value_int(1)};
    build_at(&b, 0);
    add(P, 1, 0);
    build_at(&b, 1);
    struct fb_form *frozen =
        define(FB_FORM_FREEZE, form(FB_FORM_ONCE, pred(P, var(Z), NULL), NULL));
    frozen->right =
        form(FB_FORM_AND, f_of(frozen, var(X)), form(FB_FORM_NOT, f_of(frozen, number(2)), NULL));
    struct fb_proof_claim claim = {frozen, 1, VARS, values, 1, true};
    for (int64_t n = 0;; n++) {
        struct fb_proof_step *proof = NULL;
        struct fb_arena own;
        fb_arena_init(&own, ARENA_MAX);
        fb_alloc_fail_at(n);
        enum fb_code code = fb_prove(&claim, &b.trace, &own, &proof, &err);
        fb_alloc_fail_at(-1);
        if (code == FB_OK) {
            assert_true(n > 1);
            FB_TEST_OK(fb_proof_check(&claim, proof, &b.trace, &err));
            fb_arena_release(&own);
            break;
        }
        assert_int_equal(code, FB_E_NOMEM);
        assert_null(proof);
        fb_arena_release(&own);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_freeze, setup, teardown),
        cmocka_unit_test_setup_teardown(test_nested, setup, teardown),
        cmocka_unit_test_setup_teardown(test_letpast, setup, teardown),
        cmocka_unit_test_setup_teardown(test_arguments, setup, teardown),
        cmocka_unit_test_setup_teardown(test_memory, setup, teardown),
    };
    return cmocka_run_group_tests_name("definitions", tests, NULL, NULL);
}

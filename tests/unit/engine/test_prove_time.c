/*
 * Tests of src/engine/prove_time.c: the step that each operator over time rests on, written out
 * whole, for what holds and what does not. The trace is small enough to see why no other proof is
 * lighter, nor as light and nearer; test_lightest.c of proof compares random ones with the least.
 */
#include "engine/proof.h"
#include "ir_build.h"
#include "proof/check.h"

enum { ARENA_MAX = 1 << 24, X = 0, VARS = 1 };
enum { P, Q };

static const struct fb_str columns[] = {{"a", 1}};
static struct fb_relation relations[] = {
    {{"P", 1}, 1, columns, NULL}, {{"Q", 1}, 1, columns, NULL}};
static const struct fb_signature signature = {relations, 2};

static struct build b;

static void add(uint32_t relation)
{
    const struct fb_value value = fb_value_int(5);
    build_add(&b, relation, &value, 1, false);
}

/* Times 0, 10, 10, 30, 31, 50; P at 1, 2 and 4; Q at 0, 2, 3 and 5. */
static int setup(void **unused)
{
    (void)unused;
    static const fb_time times[] = {0, 10, 10, 30, 31, 50};
    fb_arena_init(&arena, ARENA_MAX);
    fb_err_init(&err);
    build_start(&b, &signature);
    for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
        build_at(&b, times[i]);
        if (i == 1 || i == 2 || i == 4) {
            add(P);
        }
        if (i != 1 && i != 4) {
            add(Q);
        }
    }
    return 0;
}

static int teardown(void **unused)
{
    (void)unused;
    fb_arena_release(&arena);
    return 0;
}

static struct fb_form *p(void)
{
    return pred(P, var(X), NULL);
}

static struct fb_form *q(void)
{
    return pred(Q, var(X), NULL);
}

static struct fb_form *both(void)
{
    return form(FB_FORM_AND, p(), q());
}

static size_t show(const struct fb_proof_step *step, char *out, size_t size)
{
    bool placed = step->rule == FB_RULE_NEXT_TO || step->rule == FB_RULE_SOME ||
                  step->rule == FB_RULE_ANCHOR || step->rule == FB_RULE_BARRED;
    size_t used = (size_t)snprintf(out, size, "%s", fb_rule_name(step->rule));
    if (placed) {
        used += (size_t)snprintf(out + used, size - used, "@%zu", step->at);
    } else if (step->from == step->to) {
        used += (size_t)snprintf(out + used, size - used, " %zu", step->from);
    } else {
        used += (size_t)snprintf(out + used, size - used, " %zu-%zu", step->from, step->to);
    }
    for (const struct fb_proof_step *kid = step->kid; kid; kid = kid->next) {
        used += (size_t)snprintf(out + used, size - used, "%s", kid == step->kid ? " (" : ", ");
        used += show(kid, out + used, size - used);
    }
    used += (size_t)snprintf(out + used, size - used, "%s", step->kid ? ")" : "");
    assert_true(used + 1 < size);
    return used;
}

/* The proof for the value 5, accepted; and that there is none of the opposite. */
static void expect(const struct fb_form *f, size_t tp, bool holds, const char *want)
{
    char got[500] = "";
    const struct fb_value values[VARS] = {fb_value_int(5)};
    struct fb_proof_claim claim = {f, tp, VARS, values, 1, !holds};
    struct fb_proof_step *proof = NULL;
    FB_TEST_OK(fb_prove(&claim, &b.trace, &arena, &proof, &err));
    assert_null(proof);
    claim.holds = holds;
    FB_TEST_OK(fb_prove(&claim, &b.trace, &arena, &proof, &err));
    assert_non_null(proof);
    FB_TEST_OK(fb_proof_check(&claim, proof, &b.trace, &err));
    show(proof, got, sizeof(got));
    assert_string_equal(got, want);
}

static struct fb_form *unary(enum fb_form_kind kind, int64_t low, int64_t high, struct fb_form *f)
{
    return timed(kind, low, high, f, NULL);
}

static void test_neighbours(void **unused)
{
    (void)unused;
    expect(unary(FB_FORM_PREVIOUS, 0, 100, p()), 3, true, "next to@2 (fact 2)");
    expect(unary(FB_FORM_PREVIOUS, 20, 20, p()), 3, true, "next to@2 (fact 2)");
    expect(unary(FB_FORM_PREVIOUS, 21, 100, p()), 3, false, "edge 3");
    expect(unary(FB_FORM_PREVIOUS, 0, 19, p()), 3, false, "edge 3");
    expect(unary(FB_FORM_PREVIOUS, 0, 100, p()), 0, false, "edge 0");
    expect(unary(FB_FORM_PREVIOUS, 0, 100, p()), 1, false, "next to@0 (absent 0)");
    expect(unary(FB_FORM_NEXT, 0, 0, p()), 1, true, "next to@2 (fact 2)");
    expect(unary(FB_FORM_NEXT, 0, 100, p()), 2, false, "next to@3 (absent 3)");
    expect(unary(FB_FORM_NEXT, 0, 19, q()), 2, false, "edge 2");
    expect(unary(FB_FORM_NEXT, 0, 100, p()), 5, false, "edge 5");
}

/* The nearest of those that are as light; the whole interval, where steps say the same as one. */
static void test_some_and_every(void **unused)
{
    (void)unused;
    expect(unary(FB_FORM_ONCE, 0, 100, p()), 5, true, "some@4 (fact 4)");
    expect(unary(FB_FORM_ONCE, 20, 100, p()), 5, true, "some@2 (fact 2)");
    expect(unary(FB_FORM_ONCE, 40, 40, p()), 5, true, "some@2 (fact 2)");
    expect(unary(FB_FORM_ONCE, 41, 49, p()), 5, false, "every 5");
    expect(unary(FB_FORM_ONCE, 20, 30, p()), 5, false, "every 5 (absent 3)");
    expect(unary(FB_FORM_EVENTUALLY, 0, 20, p()), 2, true, "some@2 (fact 2)");
    expect(unary(FB_FORM_EVENTUALLY, 1, 21, p()), 2, true, "some@4 (fact 4)");
    expect(unary(FB_FORM_EVENTUALLY, 1, 20, p()), 2, false, "every 2 (absent 3)");
    expect(unary(FB_FORM_HISTORICALLY, 0, 19, q()), 5, false, "some@4 (absent 4)");
    expect(unary(FB_FORM_HISTORICALLY, 30, 40, p()), 5, true, "every 5 (fact 1, fact 2)");
    expect(unary(FB_FORM_HISTORICALLY, 0, 10, p()), 0, false, "some@0 (absent 0)");
    expect(unary(FB_FORM_ALWAYS, 0, 1, q()), 3, false, "some@4 (absent 4)");
    expect(unary(FB_FORM_ALWAYS, 2, 20, q()), 3, true, "every 3 (fact 5)");
    expect(unary(FB_FORM_ALWAYS, 30, 100, q()), 3, true, "every 3");
    /* Two leaves near, or one far. */
    struct fb_form *either = form(FB_FORM_OR, form(FB_FORM_AND, p(), p()),
        form(FB_FORM_AND, q(), compare(FB_FORM_EQ, number(1), number(2))));
    struct fb_form *light = form(FB_FORM_OR, either, form(FB_FORM_NOT, p(), NULL));
    expect(unary(FB_FORM_ONCE, 0, 100, light), 4, true, "some@3 (side 3 (not 3 (absent 3)))");
    expect(unary(FB_FORM_ONCE, 0, 0, light), 4, true,
        "some@4 (side 4 (side 4 (both 4 (fact 4, fact 4))))");
}

static void test_since(void **unused)
{
    (void)unused;
    const enum fb_form_kind since = FB_FORM_SINCE;
    expect(timed(since, 0, 100, q(), p()), 3, true, "anchor@2 (fact 2, fact 3)");
    expect(timed(since, 0, 100, q(), p()), 2, true, "anchor@2 (fact 2)");
    expect(timed(since, 0, 100, q(), p()), 5, true, "anchor@4 (fact 4, fact 5)");
    /* A bar: with the right sides from there on, as far as they lie in the interval. */
    expect(timed(since, 20, 100, q(), p()), 5, false, "barred@4 (absent 4)");
    expect(timed(since, 0, 100, p(), both()), 4, false,
        "barred@3 (absent 3, side 3 (absent 3), side 4 (absent 4))");
    /* Without it fewer right sides are enough, or none. */
    expect(timed(since, 0, 5, p(), both()), 4, false,
        "never 4 (side 3 (absent 3), side 4 (absent 4))");
    expect(timed(since, 0, 0, p(), q()), 4, false, "never 4 (absent 4)");
    expect(timed(since, 5, 9, p(), q()), 2, false, "never 2");
    /* The anchor must lie in the interval, the left side between holds outside of it too. */
    expect(timed(since, 20, 21, form(FB_FORM_OR, p(), q()), p()), 4, true,
        "anchor@2 (fact 2, side 3 (fact 3), side 4 (fact 4))");
}

static void test_until(void **unused)
{
    (void)unused;
    const enum fb_form_kind until = FB_FORM_UNTIL;
    expect(timed(until, 0, 100, p(), q()), 1, true, "anchor@2 (fact 2, fact 1)");
    expect(timed(until, 0, 100, p(), q()), 0, true, "anchor@0 (fact 0)");
    expect(timed(until, 1, 100, p(), q()), 1, true, "anchor@3 (fact 3, fact 1, fact 2)");
    expect(timed(until, 10, 100, p(), q()), 0, false, "barred@0 (absent 0)");
    expect(timed(until, 21, 100, p(), q()), 1, false, "barred@3 (absent 3)");
    expect(timed(until, 0, 0, p(), q()), 4, false, "never 4 (absent 4)");
    expect(timed(until, 5, 9, p(), q()), 1, false, "never 1");
    expect(timed(until, 60, 100, p(), q()), 0, false, "barred@0 (absent 0)");
    expect(timed(until, 1, 21, q(), p()), 2, true, "anchor@4 (fact 4, fact 2, fact 3)");
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_neighbours), CASE(test_some_and_every), CASE(test_since), CASE(test_until)};
    return cmocka_run_group_tests_name("prove_time", tests, NULL, NULL);
}

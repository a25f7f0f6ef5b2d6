/*
 * Tests of src/engine/prove_path.c: a match holds by the lightest way through its expression, and
 * fails by tests of which none is superfluous. How light a way can be is worked out here from the
 * definition, by tries of every split of every stretch of time. Random expressions over small
 * traces; FB_RANDOM_CASES and FB_RANDOM_SEED as in test_random.c.
 */
#include <stdlib.h>

#include "engine/proof.h"
#include "engine/table.h"
#include "fb_draw.h"
#include "ir_build.h"
#include "proof/check.h"

enum { ARENA_MAX = 1 << 24, POINTS = 6, VALUES = 3, X = 0, VARS = 1 };
enum { P, Q };

static const size_t never = SIZE_MAX;

static const struct fb_str columns[] = {{"a", 1}};
static struct fb_relation relations[] = {
    {{"P", 1}, 1, columns, NULL}, {{"Q", 1}, 1, columns, NULL}};
static const struct fb_signature signature = {relations, 2};

static struct build b;
static uint64_t draws;

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

static size_t roll(size_t below)
{
    return fb_draw_below(&draws, below);
}

/* ---- expressions ---- */

static struct fb_regex *regex(
    enum fb_regex_kind kind, struct fb_form *test, struct fb_regex *left, struct fb_regex *right)
{
    struct fb_regex *r = FB_ARENA_NEW(&arena, struct fb_regex);
    assert_non_null(r);
    *r = (struct fb_regex){kind, test, left, right};
    return r;
}

static struct fb_regex *step(void)
{
    return regex(FB_REGEX_STEP, NULL, NULL, NULL);
}

static struct fb_regex *test(struct fb_form *form)
{
    return regex(FB_REGEX_TEST, form, NULL, NULL);
}

static struct fb_regex *then(struct fb_regex *a, struct fb_regex *c)
{
    return regex(FB_REGEX_THEN, NULL, a, c);
}

static struct fb_regex *either(struct fb_regex *a, struct fb_regex *c)
{
    return regex(FB_REGEX_EITHER, NULL, a, c);
}

static struct fb_regex *star(struct fb_regex *a)
{
    return regex(FB_REGEX_STAR, NULL, a, NULL);
}

static struct fb_form *match(bool past, int64_t low, int64_t high, struct fb_regex *r)
{
    struct fb_form *f =
        timed(past ? FB_FORM_MATCH_PAST : FB_FORM_MATCH_FUTURE, low, high, NULL, NULL);
    f->regex = r;
    return f;
}

/* A test of weight 1, 2 or 3. */
static struct fb_form *random_test(void)
{
    struct fb_form *f = pred(roll(2) ? P : Q, var(X), NULL);
    for (size_t n = roll(3); n > 0; n--) {
        f = form(roll(3) ? FB_FORM_AND : FB_FORM_OR, f, pred(roll(2) ? P : Q, var(X), NULL));
    }
    return roll(3) ? f : form(FB_FORM_NOT, f, NULL);
}

static struct fb_regex *random_regex(unsigned depth)
{
    if (depth == 0 || roll(5) == 0) {
        return roll(5) < 2 ? step() : test(random_test());
    }
    switch (roll(4)) {
    case 0:
        return either(random_regex(depth - 1), random_regex(depth - 1));
    case 1:
        return star(random_regex(depth - 1));
    default:
        return then(random_regex(depth - 1), random_regex(depth - 1));
    }
}

static void random_trace(void)
{
    fb_time now = 0;
    build_start(&b, &signature);
    for (size_t tp = 0; tp < POINTS; tp++) {
        now += (fb_time)roll(3);
        build_at(&b, now);
        for (int64_t value = 0; value < VALUES; value++) {
            const struct fb_value values[] = {fb_value_int(value)};
            for (uint32_t relation = P; relation <= Q; relation++) {
                if (roll(2)) {
                    build_add(&b, relation, values, 1, false);
                }
            }
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

/* Of a test at a time-point, for one value of the variable. */
static size_t cost(const struct fb_form *f, size_t tp, int64_t x, bool holds)
{
    bool found = false;
    switch ((int)f->kind) {
    case FB_FORM_NOT:
        return cost(f->left, tp, x, !holds);
    case FB_FORM_AND:
    case FB_FORM_OR:
        return (f->kind == FB_FORM_AND) == holds
                   ? plus(cost(f->left, tp, x, holds), cost(f->right, tp, x, holds))
                   : least_of(cost(f->left, tp, x, holds), cost(f->right, tp, x, holds));
    default:
        for (size_t i = 0; i < b.trace.tuple_count; i++) {
            const struct fb_tuple *tuple = &b.tuples[i];
            found = found || (tuple->relation == f->relation && tuple->from == tp &&
                                 tuple->values[0].u.integer == x);
        }
        return found == holds ? 1 : never;
    }
}

/* Of a way through an expression from time-point i up to k. */
static size_t way(const struct fb_regex *r, size_t i, size_t k, int64_t x)
{
    size_t best = never;
    switch (r->kind) {
    case FB_REGEX_STEP:
        return k == i + 1 ? 0 : never;
    case FB_REGEX_TEST:
        return i == k ? cost(r->test, i, x, true) : never;
    case FB_REGEX_EITHER:
        return least_of(way(r->left, i, k, x), way(r->right, i, k, x));
    case FB_REGEX_THEN:
        for (size_t m = i; m <= k; m++) {
            best = least_of(best, plus(way(r->left, i, m, x), way(r->right, m, k, x)));
        }
        return best;
    case FB_REGEX_STAR:
        best = i == k ? 0 : never;
        for (size_t m = i + 1; m <= k; m++) {
            best = least_of(best, plus(way(r->left, i, m, x), way(r, m, k, x)));
        }
        return best;
    }
    return never;
}

static size_t least_way(const struct fb_form *f, size_t tp, int64_t x)
{
    bool past = f->kind == FB_FORM_MATCH_PAST;
    size_t best = never;
    for (size_t j = past ? 0 : tp; j < (past ? tp + 1 : b.trace.time_count); j++) {
        int64_t distance = past ? b.times[tp] - b.times[j] : b.times[j] - b.times[tp];
        if (distance >= f->interval.low && distance <= f->interval.high) {
            best = least_of(best, past ? way(f->regex, j, tp, x) : way(f->regex, tp, j, x));
        }
    }
    return best;
}

/* ---- proofs ---- */

static struct fb_proof_step *prove(const struct fb_form *f, size_t tp, int64_t x, bool holds)
{
    const struct fb_value values[VARS] = {fb_value_int(x)};
    const struct fb_proof_claim claim = {f, tp, VARS, values, 1, holds};
    struct fb_proof_step *proof = NULL;
    FB_TEST_OK(fb_prove(&claim, &b.trace, &arena, &proof, &err));
    if (proof) {
        FB_TEST_OK(fb_proof_check(&claim, proof, &b.trace, &err));
        assert_int_equal(proof->rule, FB_RULE_PATH);
    }
    return proof;
}

/* Without any one of its tests the checker refuses it. */
static void all_needed(const struct fb_form *f, size_t tp, int64_t x, struct fb_proof_step *proof)
{
    const struct fb_value values[VARS] = {fb_value_int(x)};
    const struct fb_proof_claim claim = {f, tp, VARS, values, 1, proof->holds};
    struct fb_err why;
    fb_err_init(&why);
    for (struct fb_proof_step **place = &proof->kid; *place; place = &(*place)->next) {
        fb_err_init(&why);
        struct fb_proof_step *kid = *place;
        *place = kid->next;
        assert_int_equal(fb_proof_check(&claim, proof, &b.trace, &why), FB_E_NEGATIVE);
        *place = kid;
    }
}

/* The tests of a proof, as "number@time-point". */
static void expect_tests(const struct fb_proof_step *proof, const char *want)
{
    char got[200] = "";
    size_t used = 0;
    assert_non_null(proof);
    for (const struct fb_proof_step *kid = proof->kid; kid; kid = kid->next) {
        assert_int_equal(kid->rule, FB_RULE_TEST);
        assert_true(kid->holds == proof->holds);
        used += (size_t)snprintf(
            got + used, sizeof(got) - used, "%s%zu@%zu", used ? " " : "", kid->at, kid->from);
        assert_true(used < sizeof(got));
    }
    assert_string_equal(got, want);
}

static void add(uint32_t relation, int64_t x)
{
    const struct fb_value value = fb_value_int(x);
    build_add(&b, relation, &value, 1, false);
}

/* P at 0 and 1, Q at 2, P at 3: which tests are named, in the order of time. */
static void test_ways(void **unused)
{
    (void)unused;
    for (size_t tp = 0; tp < 4; tp++) {
        build_at(&b, (fb_time)tp * 10);
        add(tp == 2 ? Q : P, 5);
    }
    struct fb_regex *p = test(pred(P, var(X), NULL)), *q = test(pred(Q, var(X), NULL));
    struct fb_form *back = match(true, 0, 100, then(then(p, step()), then(step(), q)));
    expect_tests(prove(back, 2, 5, true), "0@0 1@2");
    struct fb_form *ahead = match(false, 0, 100, then(star(then(p, step())), q));
    expect_tests(prove(ahead, 0, 5, true), "0@0 0@1 1@2");
    expect_tests(prove(ahead, 2, 5, true), "1@2");
    /* Either P or Q fails at each place at which the walk could go on. */
    expect_tests(prove(ahead, 3, 5, false), "1@3");
    struct fb_form *once = match(false, 0, 10, then(star(then(p, step())), q));
    expect_tests(prove(once, 0, 5, false), "1@0 1@1"); /* 2 lies behind the interval */
    struct fb_form *later = match(false, 20, 100, then(star(then(p, step())), q));
    expect_tests(prove(later, 0, 5, true), "0@0 0@1 1@2");
    expect_tests(prove(later, 2, 5, false), ""); /* nothing is as far as that */
    expect_tests(prove(match(true, 0, 5, then(p, then(step(), q))), 2, 5, false), "");
    /* Of two ways the lighter, though the other is the first and the nearer. */
    struct fb_form *heavy = form(FB_FORM_AND, pred(P, var(X), NULL), pred(P, var(X), NULL));
    struct fb_form *two =
        match(false, 0, 100, either(then(step(), test(heavy)), then(step(), then(step(), q))));
    expect_tests(prove(two, 0, 5, true), "1@2");
    /* A step alone is a leaf, and needs no test. */
    struct fb_proof_step *bare = prove(match(true, 0, 100, step()), 1, 5, true);
    expect_tests(bare, "");
    assert_int_equal(bare->weight, 1);
    assert_null(prove(match(true, 0, 100, step()), 0, 5, true));
    expect_tests(prove(match(true, 0, 100, step()), 0, 5, false), "");
    assert_null(prove(match(false, 0, 100, step()), 3, 5, true));
    assert_null(prove(match(false, 0, 100, step()), 2, 5, false));
}

static void test_random_ways(void **unused)
{
    (void)unused;
    const char *more = getenv("FB_RANDOM_CASES");
    const char *from = getenv("FB_RANDOM_SEED");
    long cases = more ? strtol(more, NULL, 10) : 1500;
    uint64_t first = from ? strtoull(from, NULL, 10) : 1;
    long holding = 0, failing = 0, heavy = 0, tests = 0;
    for (uint64_t seed = first; seed < first + (uint64_t)cases; seed++) {
        teardown(NULL);
        setup(NULL);
        draws = seed;
        random_trace();
        int64_t low = (int64_t)roll(3);
        const struct fb_form *f = match(roll(2), low, low + (int64_t)roll(7), random_regex(3));
        int64_t x = (int64_t)roll(VALUES);
        if (!fb_form_evaluable(f, 1, NULL)) {
            continue;
        }
        for (size_t tp = 0; tp < POINTS; tp++) {
            size_t want = least_way(f, tp, x);
            bool holds = want != never;
            struct fb_proof_step *proof = prove(f, tp, x, holds);
            assert_non_null(proof);
            assert_null(prove(f, tp, x, !holds));
            if (holds && proof->weight != (want ? want : 1)) {
                fail_msg("seed %llu at %zu: weight %zu, not %zu", (unsigned long long)seed, tp,
                    proof->weight, want ? want : 1);
            }
            if (want > 0) { /* a way without tests is a leaf too, and no lighter than one test */
                all_needed(f, tp, x, proof);
            }
            holding += holds;
            failing += !holds;
            heavy += holds && want > 1;
            tests += !holds && proof->kid && proof->kid->next;
        }
    }
    printf("# paths: %ld hold (%ld by several leaves), %ld fail (%ld by several tests)\n", holding,
        heavy, failing, tests);
    assert_true(holding > cases && failing > cases && heavy > cases / 10 && tests > cases / 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_ways, setup, teardown),
        cmocka_unit_test_setup_teardown(test_random_ways, setup, teardown),
    };
    return cmocka_run_group_tests_name("prove_path", tests, NULL, NULL);
}

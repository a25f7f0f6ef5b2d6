/* Tests of evidence/settle and evidence/plan against counting one by one, and of evidence/families.
 */
#include <math.h>

#include "evidence/bounds.h"
#include "evidence/families.h"
#include "evidence/plan.h"
#include "evidence/settle.h"
#include "fb_test.h"
#include "stats/binomial.h"

/* cmocka compares floats; these are doubles. */
#define assert_near(a, b, epsilon) assert_true(fabs((a) - (b)) <= (epsilon))

static struct fb_err err;

enum { SCAN_MAX = 600 };

static struct fb_redline line_of(int64_t threshold_permille, double odds)
{
    struct fb_redline line = {.threshold = {threshold_permille, -3}, .confidence = 0.95};
    if (odds > 1) {
        line.margins[0] = (struct fb_margin){
            .name = FB_STR("m"), .amount = {(int64_t)odds, 0}, .scale = FB_SCALE_ODDS};
        line.margin_count = 1;
    }
    return line;
}

static struct fb_bounds bounds_of(const struct fb_redline *line, int64_t n, int64_t k)
{
    struct fb_counts counts = {n, k, k, NULL};
    struct fb_bounds bounds;
    FB_TEST_OK(fb_bounds_of(line, &counts, &bounds, &err));
    return bounds;
}

static bool rules_out(const struct fb_redline *line, int64_t n, int64_t k)
{
    return fb_decimal_cmp(bounds_of(line, n, k).upper_margin, line->threshold) < 0;
}

static bool crosses(const struct fb_redline *line, int64_t n, int64_t k)
{
    return fb_decimal_cmp(bounds_of(line, n, k).lower, line->threshold) >= 0;
}

/* How many of m further samples succeed; way: none, all, the rate seen rounded up, rounded down. */
static int64_t successes(int way, int64_t m, int64_t n, int64_t k)
{
    switch (way) {
    case 0:
        return 0;
    case 1:
        return m;
    case 2:
        return (m * k + n - 1) / n;
    default:
        return m * k / n;
    }
}

static int64_t scan(const struct fb_redline *line, int64_t n, int64_t k, int way)
{
    for (int64_t m = 0; m <= SCAN_MAX; m++) {
        int64_t more = n > 0 || way < 2 ? successes(way, m, n, k) : 0;
        bool yes = way == 0 || way == 2 ? rules_out(line, n + m, k + more)
                                        : crosses(line, n + m, k + more);
        if (yes) {
            return m;
        }
    }
    return -1;
}

static void same(int64_t ours, int64_t scanned, int64_t n, int64_t k, int way)
{
    bool far = scanned < 0 && (ours < 0 || ours > SCAN_MAX);
    if (ours != scanned && !far) {
        fail_msg("%lld of %lld, way %d: %lld, but one by one %lld", (long long)k, (long long)n, way,
            (long long)ours, (long long)scanned);
    }
}

static void test_settle_is_least(void **state)
{
    (void)state;
    static const int64_t thresholds[] = {50, 200, 500};
    static const int64_t sizes[] = {0, 1, 7, 20, 33};
    for (size_t t = 0; t < 3; t++) {
        for (size_t i = 0; i < 5; i++) {
            for (int64_t k = 0; k <= sizes[i]; k += 1 + sizes[i] / 6) {
                struct fb_redline line = line_of(thresholds[t], i % 2 ? 3 : 1);
                struct fb_counts counts = {sizes[i], k, k, NULL};
                struct fb_settle s;
                FB_TEST_OK(fb_settle(&line, &counts, &s, &err));
                same(s.rules_out_if_none, scan(&line, sizes[i], k, 0), sizes[i], k, 0);
                same(s.crosses_if_all, scan(&line, sizes[i], k, 1), sizes[i], k, 1);
                same(s.rules_out_at_rate, scan(&line, sizes[i], k, sizes[i] ? 2 : 0), sizes[i], k,
                    2);
                if (k > 0) {
                    same(s.crosses_at_rate, scan(&line, sizes[i], k, 3), sizes[i], k, 3);
                }
            }
        }
    }
}

/* 0 of 50 at 5.8%, but 200 samples are needed (SEMANTICS.md, example 7). */
static void test_settle_with_need(void **state)
{
    (void)state;
    struct fb_redline line = line_of(500, 1);
    struct fb_counts counts = {50, 0, 0, NULL};
    struct fb_settle s;
    line.needs.samples = 200;
    FB_TEST_OK(fb_settle(&line, &counts, &s, &err));
    assert_int_equal(s.rules_out_if_none, 150);
    assert_int_equal(s.rules_out_at_rate, 150);
    assert_int_equal(s.crosses_at_rate, -1);
    assert_true(s.crosses_if_all > 0);
}

static void test_p_value(void **state)
{
    (void)state;
    struct fb_redline line = line_of(100, 1);
    struct fb_counts counts = {20, 0, 0, NULL};
    double p = 0;
    FB_TEST_OK(fb_settle_p_value(&line, &counts, &p, &err));
    assert_near(p, pow(0.9, 20), 1e-12);
    /* With 3 x on odds the rate that reaches 10% is 1/28. */
    line = line_of(100, 3);
    FB_TEST_OK(fb_settle_p_value(&line, &counts, &p, &err));
    assert_near(p, pow(27.0 / 28, 20), 1e-12);
    counts = (struct fb_counts){0, 0, 0, NULL};
    FB_TEST_OK(fb_settle_p_value(&line, &counts, &p, &err));
    assert_near(p, 1, 0);
    line.margins[0] = (struct fb_margin){.amount = {1, -1}, .scale = FB_SCALE_POINTS};
    counts = (struct fb_counts){20, 0, 0, NULL};
    FB_TEST_OK(fb_settle_p_value(&line, &counts, &p, &err));
    assert_near(p, 1, 0);
}

/* The p-value and the bound say the same: below 5% exactly when the bound is below. */
static void test_p_value_agrees_with_bound(void **state)
{
    (void)state;
    for (int64_t n = 1; n < 80; n += 3) {
        for (int64_t k = 0; k <= n; k += 2) {
            struct fb_redline line = line_of(300, 2);
            struct fb_counts counts = {n, k, k, NULL};
            double p = 0;
            FB_TEST_OK(fb_settle_p_value(&line, &counts, &p, &err));
            assert_true((p < 0.05) == rules_out(&line, n, k));
        }
    }
}

/* --- Plans -------------------------------------------------------------------------------- */

static double at_most(int64_t k, int64_t n, double p)
{
    double sum = 0, term = pow(1 - p, (double)n);
    for (int64_t i = 0; i <= k && i <= n; i++) {
        sum += term;
        term *= (double)(n - i) / (double)(i + 1) * p / (1 - p);
    }
    return sum;
}

/* The fewest samples with the wanted chance, one by one. */
static int64_t scan_plan(const struct fb_plan_ask *ask, int64_t *out_k)
{
    for (int64_t n = 1; n <= SCAN_MAX; n++) {
        bool out = ask->goal == FB_PLAN_RULES_OUT;
        int64_t k = out ? 0 : n;
        if (out ? !rules_out(ask->line, n, 0) : !crosses(ask->line, n, n)) {
            continue;
        }
        while (
            out ? k < n && rules_out(ask->line, n, k + 1) : k > 0 && crosses(ask->line, n, k - 1)) {
            k += out ? 1 : -1;
        }
        double chance = out ? at_most(k, n, ask->rate) : 1 - at_most(k - 1, n, ask->rate);
        if (chance >= ask->power) {
            *out_k = k;
            return n;
        }
    }
    return -1;
}

static void test_plan_is_least(void **state)
{
    (void)state;
    static const struct {
        int64_t threshold;
        double odds, rate;
        enum fb_plan_goal goal;
    } table[] = {{100, 1, 0.02, FB_PLAN_RULES_OUT}, {500, 1, 0.3, FB_PLAN_RULES_OUT},
        {500, 4, 0.05, FB_PLAN_RULES_OUT}, {200, 1, 0.1, FB_PLAN_RULES_OUT},
        {100, 1, 0.2, FB_PLAN_CROSSES}, {500, 1, 0.7, FB_PLAN_CROSSES},
        {200, 1, 0.35, FB_PLAN_CROSSES}};
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        struct fb_redline line = line_of(table[i].threshold, table[i].odds);
        struct fb_plan_ask ask = {&line, table[i].goal, table[i].rate, 0.8};
        struct fb_plan plan, at;
        int64_t k = -1, n = scan_plan(&ask, &k);
        FB_TEST_OK(fb_plan_samples(&ask, &plan, &err));
        assert_true(n > 0);
        if (plan.samples != n || plan.successes != k) {
            fail_msg("case %zu: %lld samples, %lld successes; one by one %lld, %lld", i,
                (long long)plan.samples, (long long)plan.successes, (long long)n, (long long)k);
        }
        assert_true(plan.power >= 0.8);
        FB_TEST_OK(fb_plan_power(&ask, n, &at, &err));
        assert_int_equal(at.successes, k);
        assert_near(at.power, plan.power, 1e-12);
        FB_TEST_OK(fb_plan_power(&ask, n - 1, &at, &err));
        assert_true(at.power < 0.8);
    }
}

static void test_plan_edges(void **state)
{
    (void)state;
    struct fb_redline line = line_of(50, 1);
    struct fb_plan_ask ask = {&line, FB_PLAN_RULES_OUT, 0, 0.8};
    struct fb_plan plan;
    FB_TEST_OK(fb_plan_samples(&ask, &plan, &err));
    assert_int_equal(plan.samples, 59); /* 0.95^59 is the first below 5% */
    assert_int_equal(plan.fewest, 59);
    assert_near(plan.power, 1, 0);
    line.needs.samples = 100;
    FB_TEST_OK(fb_plan_samples(&ask, &plan, &err));
    assert_int_equal(plan.samples, 100);
    ask.rate = 0.05; /* at the threshold no number will do */
    FB_TEST_OK(fb_plan_samples(&ask, &plan, &err));
    assert_int_equal(plan.samples, -1);
    ask.rate = 1.5;
    FB_TEST_FAILS(fb_plan_samples(&ask, &plan, &err), FB_E_RANGE);
    ask = (struct fb_plan_ask){&line, FB_PLAN_CROSSES, 0.04, 0.8};
    FB_TEST_OK(fb_plan_samples(&ask, &plan, &err));
    assert_int_equal(plan.samples, -1);
    assert_int_equal(plan.fewest, 2); /* one of one is at least 5%, rounded down: not reached */
    struct fb_redline zero = line_of(0, 1);
    ask = (struct fb_plan_ask){&zero, FB_PLAN_RULES_OUT, 0, 0.8};
    FB_TEST_OK(fb_plan_samples(&ask, &plan, &err));
    assert_int_equal(plan.fewest, -1);
}

/* Close to the threshold the answer is large, and still found at once. */
static void test_plan_close(void **state)
{
    (void)state;
    struct fb_redline line = line_of(500, 1);
    struct fb_plan_ask ask = {&line, FB_PLAN_RULES_OUT, 0.49, 0.9};
    struct fb_plan plan;
    FB_TEST_OK(fb_plan_samples(&ask, &plan, &err));
    /* (1.6449 * sqrt(.25) + 1.2816 * sqrt(.2499))^2 / .01^2 = 21,405 by the normal approximation.
     */
    assert_true(plan.samples > 21200 && plan.samples < 21700);
}

static void test_families(void **state)
{
    (void)state;
    size_t count = 0;
    const struct fb_family *all = fb_families(&count);
    assert_int_equal(count, 9);
    for (size_t i = 0; i < count; i++) {
        assert_ptr_equal(fb_family_find(fb_str_of(all[i].name)), &all[i]);
        assert_true(strlen(all[i].question) > 20 && strlen(all[i].sample) > 20);
    }
    assert_null(fb_family_find(FB_STR("none")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_settle_is_least),
        cmocka_unit_test(test_settle_with_need),
        cmocka_unit_test(test_p_value),
        cmocka_unit_test(test_p_value_agrees_with_bound),
        cmocka_unit_test(test_plan_is_least),
        cmocka_unit_test(test_plan_edges),
        cmocka_unit_test(test_plan_close),
        cmocka_unit_test(test_families),
    };
    fb_err_init(&err);
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Tests of src/stats/binomial.c. */
#define MATHLIB_STANDALONE 1
#include <Rmath.h>
#include <math.h>
#include <unistd.h>

#include "fb_test.h"
#include "stats/binomial.h"

static struct fb_err err;

static double lower(int64_t k, int64_t n, double confidence)
{
    double out = -7;
    FB_TEST_OK(fb_binomial_lower(k, n, confidence, &out, &err));
    assert_true(out >= 0 && out <= 1);
    return out;
}

static double upper(int64_t k, int64_t n, double confidence)
{
    double out = -7;
    FB_TEST_OK(fb_binomial_upper(k, n, confidence, &out, &err));
    assert_true(out >= 0 && out <= 1);
    return out;
}

static void assert_near(double got, double want, double error)
{
    if (!(fabs(got - want) <= error)) {
        fail_msg("got %.17g, expected %.17g", got, want);
    }
}

static void test_published(void **state)
{
    (void)state;
    assert_near(upper(0, 50, 0.95), 0.058155, 5e-7);
    assert_near(upper(0, 300, 0.95), 0.009936, 5e-7);
    assert_near(upper(1, 50, 0.95), 0.091398, 5e-7);
    assert_near(upper(3, 10, 0.95), 0.606624, 5e-7);
    assert_near(lower(3, 10, 0.975), 0.066740, 5e-7);
    assert_near(upper(3, 10, 0.975), 0.652453, 5e-7);
    /* The worked histories of SEMANTICS.md. */
    assert_near(upper(10, 300, 0.95), 0.056, 5e-4);
    assert_near(lower(180, 300, 0.95), 0.551, 5e-4);
    assert_near(lower(140, 300, 0.95), 0.418, 5e-4);
    assert_near(upper(140, 300, 0.95), 0.516, 5e-4);
    assert_near(lower(170, 300, 0.95), 0.518, 5e-4);
    assert_near(upper(42, 300, 0.95), 0.177, 5e-4);
    assert_near(fb_odds_scale(upper(10, 300, 0.95), 10), 0.372, 5e-4);
    assert_near(fb_odds_scale(upper(10, 300, 0.95), 20), 0.542, 5e-4);
}

/* A bound is the same whether it was asked for before or not, and by whatever was asked for since.
 */
static void test_again(void **state)
{
    enum { COUNT = 300 };
    static double first[COUNT][4];
    (void)state;
    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < COUNT; i++) {
            int k = round == 1 ? COUNT - 1 - i : i;
            int64_t n = 2 + k / 3;
            double confidence = k % 2 ? 0.9 : 0.95;
            const double now[4] = {lower(1, n, confidence), upper(1, n, confidence),
                lower(n - 1, n, confidence), upper(n - 1, n, confidence)};
            for (int b = 0; b < 4; b++) {
                first[k][b] = round == 0 ? now[b] : first[k][b];
                assert_true(first[k][b] == now[b]);
            }
            assert_near(now[0] + now[3], 1, 1e-9);
            assert_near(now[1] + now[2], 1, 1e-9);
        }
    }
}

static void test_edges(void **state)
{
    (void)state;
    assert_true(lower(0, 1, 0.95) == 0 && lower(0, FB_BINOMIAL_N_MAX, 0.95) == 0);
    assert_true(upper(1, 1, 0.95) == 1 && upper(7, 7, 1e-9) == 1);
    assert_near(upper(0, 1, 0.95), 0.95, 1e-13);
    assert_near(lower(1, 1, 0.95), 0.05, 1e-13);
    assert_near(upper(0, 10, 0.9), 1 - pow(0.1, 0.1), 1e-13);
    assert_near(lower(10, 10, 0.9), pow(0.1, 0.1), 1e-13);
    assert_near(upper(0, FB_BINOMIAL_N_MAX, 0.95), 2.995732273553991e-9, 1e-17);
    /* One of two: P(at most 1 of 2) = 1 - p^2, P(at least 1 of 2) = 1 - (1 - p)^2. */
    assert_near(upper(1, 2, 0.95), sqrt(0.95), 1e-13);
    assert_near(lower(1, 2, 0.95), 1 - sqrt(0.95), 1e-13);
    assert_near(upper(1, 2, 0.25), sqrt(0.25), 1e-13);
    assert_near(lower(1, 2, 0.25), 1 - sqrt(0.25), 1e-13);
}

static void test_refuses(void **state)
{
    (void)state;
    static const struct {
        int64_t k, n;
        double confidence;
    } cases[] = {{0, 0, 0.95}, {-1, 5, 0.95}, {6, 5, 0.95}, {0, -1, 0.95}, {0, 1000000001, 0.95},
        {INT64_MIN, INT64_MAX, 0.95}, {1, 5, 0}, {1, 5, 1}, {1, 5, -0.5}, {1, 5, 95},
        {1, 5, (double)NAN}, {1, 5, (double)INFINITY}};
    double out = 7;
    int64_t samples = 7;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        int64_t k = cases[i].k, n = cases[i].n;
        double c = cases[i].confidence;
        FB_TEST_FAILS(fb_binomial_lower(k, n, c, &out, &err), FB_E_RANGE);
        FB_TEST_FAILS(fb_binomial_upper(k, n, c, &out, &err), FB_E_RANGE);
        struct fb_binomial_plan plan = {k, n, c, 1, {5, -1}, 100};
        if (n != 0) {
            FB_TEST_FAILS(fb_binomial_samples_to_rule_out(&plan, &samples, &err), FB_E_RANGE);
        }
    }
    struct fb_binomial_plan plan = {0, 5, 0.95, 0, {5, -1}, 100};
    FB_TEST_FAILS(fb_binomial_samples_to_rule_out(&plan, &samples, &err), FB_E_RANGE);
    plan.odds_margin = (double)INFINITY;
    FB_TEST_FAILS(fb_binomial_samples_to_rule_out(&plan, &samples, &err), FB_E_RANGE);
    plan.odds_margin = 1;
    plan.samples_max = -1;
    FB_TEST_FAILS(fb_binomial_samples_to_rule_out(&plan, &samples, &err), FB_E_RANGE);
    assert_true(out == 7 && samples == 7);
}

/* The grid that the properties are checked on. */
static const int64_t grid_n[] = {1, 2, 3, 5, 10, 37, 100, 300, 1000, 12345, 1000000, 1000000000};
static const double grid_confidence[] = {
    1e-300, 1e-9, 0.05, 0.3, 0.5, 0.9, 0.95, 0.975, 0.99, 0.999999, 1 - 0x1p-53};

enum {
    GRID_N = sizeof(grid_n) / sizeof(grid_n[0]),
    GRID_CONFIDENCE = sizeof(grid_confidence) / sizeof(grid_confidence[0]),
    GRID_K = 12,
};

/* Some k for an n: the ends, and values between. */
static int64_t grid_k(int64_t n, int i)
{
    const int64_t values[GRID_K] = {
        0, 1, 2, 3, n / 1000, n / 30, n / 3, n / 2, n - n / 10, n - 2, n - 1, n};
    return values[i] < 0 ? 0 : values[i] > n ? n : values[i];
}

/* True when at least confidence lies on the near side of x, as seen in the smaller tail. */
static bool holds(double x, double a, double b, double confidence, bool is_upper)
{
    if (confidence >= 0.5) {
        return pbeta(x, a, b, !is_upper, 0) <= 1 - confidence;
    }
    return pbeta(x, a, b, is_upper, 0) >= confidence;
}

/* The bounds hold, and a little further in they would not. */
static void check_tail(int64_t k, int64_t n, double c)
{
    double low = lower(k, n, c), high = upper(k, n, c);
    double successes = (double)k, failures = (double)(n - k);
    assert_true(c < 0.5 || (low <= successes / (double)n && successes / (double)n <= high));
    if (k > 0) {
        assert_true(holds(low, successes, failures + 1, c, false));
        double inside = low * (1 + 1e-12);
        assert_true(inside >= 1 || !holds(inside, successes, failures + 1, c, false));
    }
    if (k < n && high < 1) {
        assert_true(holds(high, successes + 1, failures, c, true));
        assert_true(!holds(high * (1 - 1e-12), successes + 1, failures, c, true));
    }
}

static void test_tails(void **state)
{
    (void)state;
    for (int i = 0; i < GRID_N; i++) {
        for (int j = 0; j < GRID_CONFIDENCE; j++) {
            for (int l = 0; l < GRID_K; l++) {
                check_tail(grid_k(grid_n[i], l), grid_n[i], grid_confidence[j]);
            }
        }
    }
}

/* Bounds rise with k, fall with n, and spread with the confidence. */
static void test_monotone(void **state)
{
    (void)state;
    const double slack = 1 + 1e-12;
    for (int64_t n = 1; n <= 40; n++) {
        for (int64_t k = 0; k <= n; k++) {
            double low = lower(k, n, 0.95), high = upper(k, n, 0.95);
            assert_true(lower(k, n + 1, 0.95) <= low * slack);
            assert_true(upper(k, n + 1, 0.95) <= high * slack);
            assert_true(lower(k + 1, n + 1, 0.95) >= low / slack);
            assert_true(lower(k, n, 0.99) <= low && upper(k, n, 0.99) >= high);
            if (k < n) {
                assert_true(lower(k + 1, n, 0.95) > low && upper(k + 1, n, 0.95) > high);
            }
            /* Mirrored: what is a success is a matter of words. */
            assert_near(lower(n - k, n, 0.95), 1 - high, 3e-13);
        }
    }
}

/* The probability of k of n, from logarithms of factorials. */
static double pmf(int64_t k, int64_t n, double p)
{
    double choose = lgamma((double)n + 1) - lgamma((double)k + 1) - lgamma((double)(n - k) + 1);
    return exp(choose + (double)k * log(p) + (double)(n - k) * log1p(-p));
}

/* At every true rate the bound holds with at least the stated probability. */
static void test_coverage(void **state)
{
    (void)state;
    static const int64_t sizes[] = {1, 2, 5, 10, 30, 100};
    static const double levels[] = {0.8, 0.95, 0.99};
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        for (size_t j = 0; j < sizeof(levels) / sizeof(levels[0]); j++) {
            int64_t n = sizes[i];
            double low[101], high[101];
            for (int64_t k = 0; k <= n; k++) {
                low[k] = lower(k, n, levels[j]);
                high[k] = upper(k, n, levels[j]);
            }
            for (double p = 0.002; p < 1; p += 0.002) {
                double below = 0, above = 0;
                for (int64_t k = 0; k <= n; k++) {
                    below += low[k] <= p ? pmf(k, n, p) : 0;
                    above += high[k] >= p ? pmf(k, n, p) : 0;
                }
                assert_true(below >= levels[j] - 1e-12);
                assert_true(above >= levels[j] - 1e-12);
            }
        }
    }
    /* METHODS.md: at n = 30, p = .05 the two-sided 95% interval covers .984, at 100, .01 .982. */
    double covered = 0;
    for (int64_t k = 0; k <= 30; k++) {
        covered +=
            lower(k, 30, 0.975) <= 0.05 && 0.05 <= upper(k, 30, 0.975) ? pmf(k, 30, 0.05) : 0;
    }
    assert_near(covered, 0.984, 5e-4);
    covered = 0;
    for (int64_t k = 0; k <= 100; k++) {
        covered +=
            lower(k, 100, 0.975) <= 0.01 && 0.01 <= upper(k, 100, 0.975) ? pmf(k, 100, 0.01) : 0;
    }
    assert_near(covered, 0.982, 5e-4);
}

static void test_odds(void **state)
{
    (void)state;
    assert_true(fb_odds_scale(0, 10) == 0 && fb_odds_scale(1, 10) == 1);
    assert_true(fb_odds_scale(1, 1e-300) == 1 && fb_odds_scale(1, 1e308) == 1);
    assert_true(fb_odds_scale(0.25, 1) == 0.25);
    assert_near(fb_odds_scale(0.5, 3), 0.75, 1e-15);
    assert_near(fb_odds_scale(0.75, 1.0 / 3), 0.5, 1e-15);
    assert_near(fb_odds_scale(fb_odds_scale(0.1, 4), 0.25), 0.1, 1e-15);
}

static int64_t samples(struct fb_binomial_plan plan)
{
    int64_t out = -7;
    FB_TEST_OK(fb_binomial_samples_to_rule_out(&plan, &out, &err));
    return out;
}

static bool rules_out(struct fb_binomial_plan plan, int64_t more)
{
    double u = plan.n + more > 0 ? upper(plan.k, plan.n + more, plan.confidence) : 1;
    u = fb_odds_scale(u, plan.odds_margin);
    return fb_decimal_cmp(fb_decimal_ceil12(u), plan.threshold) < 0;
}

static void test_samples(void **state)
{
    (void)state;
    /* 0 of n: 1 - .05^(1/n) < 1/2 from n = 5 on; < 1% from 299 on, the rule of three. */
    assert_int_equal(samples((struct fb_binomial_plan){0, 0, 0.95, 1, {5, -1}, 1000}), 5);
    assert_int_equal(samples((struct fb_binomial_plan){0, 5, 0.95, 1, {5, -1}, 1000}), 0);
    assert_int_equal(samples((struct fb_binomial_plan){0, 0, 0.95, 1, {1, -2}, 1000}), 299);
    assert_int_equal(samples((struct fb_binomial_plan){0, 100, 0.95, 1, {1, -2}, 1000}), 199);
    assert_int_equal(samples((struct fb_binomial_plan){0, 100, 0.95, 1, {1, -2}, 199}), 199);
    assert_int_equal(samples((struct fb_binomial_plan){0, 100, 0.95, 1, {1, -2}, 198}), -1);
    assert_int_equal(samples((struct fb_binomial_plan){0, 100, 0.95, 1, {1, -2}, 0}), -1);
    assert_int_equal(samples((struct fb_binomial_plan){10, 300, 0.95, 10, {5, -1}, 1000}), 0);
    /* The bound is 1 after any number of successes alone, and never below 0. */
    assert_int_equal(samples((struct fb_binomial_plan){5, 5, 0.95, 1, {1, 0}, 1000}), 1);
    assert_int_equal(samples((struct fb_binomial_plan){0, 0, 0.95, 1, {101, -2}, 1000}), 0);
    assert_int_equal(samples((struct fb_binomial_plan){0, 0, 0.95, 1, {0, 0}, INT64_MAX}), -1);
    assert_int_equal(samples((struct fb_binomial_plan){0, 0, 0.95, 1, {1, -9}, INT64_MAX}), -1);
    static const struct fb_binomial_plan plans[] = {{10, 300, 0.95, 20, {5, -1}, 100000},
        {140, 300, 0.95, 1, {5, -1}, 100000}, {42, 300, 0.99, 5, {1, -1}, 100000},
        {1, 1, 0.95, 1, {1, -6}, 100000000}, {3, 10, 0.5, 1, {333, -3}, 1000}};
    for (size_t i = 0; i < sizeof(plans) / sizeof(plans[0]); i++) {
        int64_t more = samples(plans[i]);
        assert_true(more > 0);
        assert_true(rules_out(plans[i], more) && !rules_out(plans[i], more - 1));
    }
}

/* libRmath prints its warnings on standard output, which belongs to commands. */
static void test_silent(void **state)
{
    (void)state;
    FILE *catcher = tmpfile();
    assert_non_null(catcher);
    fflush(stdout);
    int saved = dup(STDOUT_FILENO);
    assert_true(saved >= 0 && dup2(fileno(catcher), STDOUT_FILENO) >= 0);
    double sum = 0;
    for (int i = 0; i < GRID_N; i++) {
        for (int j = 0; j < GRID_CONFIDENCE; j++) {
            for (int l = 0; l < GRID_K; l++) {
                double x = 0, y = 0;
                int64_t k = grid_k(grid_n[i], l);
                sum += fb_binomial_lower(k, grid_n[i], grid_confidence[j], &x, &err) == FB_OK;
                sum += fb_binomial_upper(k, grid_n[i], grid_confidence[j], &y, &err) == FB_OK;
            }
        }
    }
    fflush(stdout);
    long printed = lseek(fileno(catcher), 0, SEEK_END);
    dup2(saved, STDOUT_FILENO);
    close(saved);
    fclose(catcher);
    assert_int_equal(printed, 0);
    assert_true(sum == 2.0 * GRID_N * GRID_CONFIDENCE * GRID_K);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_published),
        cmocka_unit_test(test_again),
        cmocka_unit_test(test_edges),
        cmocka_unit_test(test_refuses),
        cmocka_unit_test(test_tails),
        cmocka_unit_test(test_monotone),
        cmocka_unit_test(test_coverage),
        cmocka_unit_test(test_odds),
        cmocka_unit_test(test_samples),
        cmocka_unit_test(test_silent),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

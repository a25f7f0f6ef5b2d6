/* Tests of src/stats/paired.c. */
#include <math.h>

#include "base/alloc.h"
#include "fb_test.h"
#include "stats/clustered.h"
#include "stats/paired.h"
#include "stats/random.h"

static struct fb_err err;

enum { MOST = 10000 };
static double x[MOST];
static double higher[MOST];
static uint32_t cluster[MOST];

static void near(double got, double want, double error)
{
    if (!(fabs(got - want) <= error)) {
        fail_msg("got %.17g, expected %.17g", got, want);
    }
}

/* Differences x in clusters of `size`, the last -1s first. */
static struct fb_paired_differences pairs_of(size_t n, uint32_t size)
{
    for (size_t i = 0; i < n; i++) {
        cluster[i] = (uint32_t)i / size;
    }
    return (struct fb_paired_differences){x, x, cluster, n, (uint32_t)(n / size) + 1};
}

static void put(size_t n, size_t less, size_t more)
{
    for (size_t i = 0; i < n; i++) {
        x[i] = i < less ? -1 : i < less + more ? 1 : 0;
    }
}

/* Where each pair stands alone, changing sides is McNemar's test. */
static void test_flips_alone(void **state)
{
    (void)state;
    static const size_t counts[][3] = {{40, 1, 8}, {40, 8, 1}, {12, 0, 5}, {12, 3, 3}, {9, 0, 0}};
    for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
        double p;
        struct fb_paired_result exact;
        struct fb_paired plain = {
            (int64_t)counts[i][2], (int64_t)counts[i][1], (int64_t)counts[i][0], 0};
        put(counts[i][0], counts[i][1], counts[i][2]);
        struct fb_paired_differences pairs = pairs_of(counts[i][0], 1);
        FB_TEST_OK(fb_paired_flips(&pairs, &p, &err));
        FB_TEST_OK(fb_paired_compare(&plain, 0.95, &exact, &err));
        near(p, exact.p_value, 1e-12);
    }
}

/* Clusters whose sums are 3, 2, -1: of the eight signs four reach 4 or -4. */
static void test_flips(void **state)
{
    (void)state;
    static const double values[] = {1, 1, 1, 1, 0, 1, 0, -1, 0};
    double p;
    for (size_t i = 0; i < 9; i++) {
        x[i] = values[i];
    }
    struct fb_paired_differences pairs = pairs_of(9, 3);
    FB_TEST_OK(fb_paired_flips(&pairs, &p, &err));
    near(p, 0.5, 1e-15);
    /* An unresolved pair does not count. */
    for (size_t i = 0; i < 9; i++) {
        higher[i] = i == 0 ? 1 : x[i];
    }
    x[0] = -1;
    pairs.high = higher;
    FB_TEST_OK(fb_paired_flips(&pairs, &p, &err)); /* 2, 2, -1: 3 and 5, and their opposites */
    near(p, 0.5, 1e-15);
    x[1] = 0.5;
    higher[1] = 0.5;
    FB_TEST_FAILS(fb_paired_flips(&pairs, &p, &err), FB_E_RANGE);
    /* Beyond the steps of counting: the normal approximation says nearly the same. */
    double exact, about;
    put(5000, 2400, 2600);
    pairs = pairs_of(5000, 1);
    FB_TEST_OK(fb_paired_flips(&pairs, &exact, &err));
    near(exact, 2 * 0.5 * erfc((200 - 1) / sqrt(5000) / sqrt(2)), 1e-4); /* with continuity */
    put(MOST, 4900, 5100);
    pairs = pairs_of(MOST, 1);
    FB_TEST_OK(fb_paired_flips(&pairs, &about, &err));
    near(about, erfc(2 / sqrt(2)), 1e-12);
}

static void test_rates(void **state)
{
    (void)state;
    double out[2], alone[2];
    /* Nothing differed in four clusters of ten: not more than four pairs can say. */
    put(40, 0, 0);
    struct fb_paired_differences pairs = pairs_of(40, 10);
    FB_TEST_OK(fb_paired_rates(&pairs, 0.95, out, &err));
    near(out[0], -out[1], 1e-12);
    struct fb_paired_result exact;
    FB_TEST_OK(fb_paired_compare(&(struct fb_paired){0, 0, 4, 0}, 0.95, &exact, &err));
    assert_true(out[1] >= exact.high && out[1] <= 1);
    /* One cluster says nothing. */
    pairs = pairs_of(40, 40);
    FB_TEST_OK(fb_paired_rates(&pairs, 0.95, out, &err));
    assert_true(out[0] == -1 && out[1] == 1);
    /* Joined pairs that go the same way are worth less than pairs alone. */
    put(40, 4, 16);
    pairs = pairs_of(40, 1);
    FB_TEST_OK(fb_paired_rates(&pairs, 0.95, alone, &err));
    pairs = pairs_of(40, 4);
    FB_TEST_OK(fb_paired_rates(&pairs, 0.95, out, &err));
    assert_true(out[0] < alone[0] && out[1] > alone[1] && alone[0] < 0.3 && alone[1] > 0.3);
    FB_TEST_OK(fb_paired_compare(&(struct fb_paired){16, 4, 40, 0}, 0.95, &exact, &err));
    assert_true(alone[0] <= exact.low && alone[0] > exact.low - 0.1);
    assert_true(alone[1] >= exact.high && alone[1] < exact.high + 0.1);
    /* What is unresolved widens both ends as far as it may go. */
    for (size_t i = 0; i < 40; i++) {
        higher[i] = i >= 36 ? 1 : x[i];
        x[i] = i >= 36 ? -1 : x[i];
    }
    pairs.high = higher;
    double wide[2];
    FB_TEST_OK(fb_paired_rates(&pairs, 0.95, wide, &err));
    assert_true(wide[0] <= out[0] && wide[1] > out[1]);
    x[0] = -1.5;
    FB_TEST_FAILS(fb_paired_rates(&pairs, 0.95, out, &err), FB_E_RANGE);
}

static void test_means(void **state)
{
    (void)state;
    /* Clusters {4, 4}, {0, 2}, {1, 1}: mean 2; rests 4, -2, -2. */
    static const double values[] = {4, 4, 0, 2, 1, 1};
    double out[2];
    for (size_t i = 0; i < 6; i++) {
        x[i] = values[i];
    }
    struct fb_paired_differences pairs = pairs_of(6, 2);
    FB_TEST_OK(fb_paired_means(&pairs, 0.95, out, &err));
    double error = sqrt(1.5 * 24) / 6; /* freedom 24^2 / (256 + 16 + 16) = 2, of at most 2 */
    near(out[0], 2 - 4.30265273 * error, 1e-7);
    near(out[1], 2 + 4.30265273 * error, 1e-7);
    /* All alike, to rounding: no end. */
    for (size_t i = 0; i < 6; i++) {
        x[i] = 0.1;
    }
    FB_TEST_OK(fb_paired_means(&pairs, 0.95, out, &err));
    assert_true(isinf(out[0]) && isinf(out[1]));
    pairs = pairs_of(6, 6);
    x[0] = 3;
    FB_TEST_OK(fb_paired_means(&pairs, 0.95, out, &err));
    assert_true(isinf(out[0]) && isinf(out[1]));
}

static void test_refuses(void **state)
{
    (void)state;
    double out[2] = {7, 7}, p = 7;
    put(4, 1, 2);
    struct fb_paired_differences pairs = pairs_of(4, 2);
    FB_TEST_FAILS(fb_paired_rates(&pairs, 1, out, &err), FB_E_RANGE);
    pairs.n = 0;
    FB_TEST_FAILS(fb_paired_means(&pairs, 0.95, out, &err), FB_E_RANGE);
    FB_TEST_FAILS(fb_paired_flips(&pairs, &p, &err), FB_E_RANGE);
    pairs.n = 4;
    x[1] = (double)NAN;
    FB_TEST_FAILS(fb_paired_rates(&pairs, 0.95, out, &err), FB_E_RANGE);
    FB_TEST_FAILS(fb_paired_means(&pairs, 0.95, out, &err), FB_E_RANGE);
    FB_TEST_FAILS(fb_paired_flips(&pairs, &p, &err), FB_E_RANGE);
    x[1] = 1;
    enum fb_code code = FB_E_NOMEM;
    for (int n = 0; code != FB_OK; n++) {
        fb_alloc_fail_at(n);
        code = fb_paired_rates(&pairs, 0.95, out, &err);
        code = code ? code : fb_paired_flips(&pairs, &p, &err);
        fb_alloc_fail_at(-1);
        assert_true(n < 50 && (code == FB_OK || code == FB_E_NOMEM));
    }
    assert_true(out[0] < 7 && p <= 1);
}

/* Clusters of five that share most of what happens to them: the interval holds as often as it says,
 * and the test rejects no more often; pairs taken for independent do neither. */
static void test_holds(void **state)
{
    (void)state;
    enum { ROUNDS = 4000, CLUSTERS = 20, SIZE = 5, N = CLUSTERS * SIZE };
    static const double gains[] = {0, 0.2};
    for (size_t g = 0; g < 2; g++) {
        int holds = 0, naive = 0, rejects = 0;
        for (uint64_t round = 0; round < ROUNDS; round++) {
            struct fb_random random = fb_random_start(5 + g, round);
            int64_t more = 0, less = 0;
            for (int c = 0; c < CLUSTERS; c++) {
                double u = fb_random_unit(&random);
                for (int i = 0; i < SIZE; i++) {
                    double v = fb_random_unit(&random) < 0.3 ? fb_random_unit(&random) : u;
                    double d = v < 0.1 ? -1 : v < 0.2 + gains[g] ? 1 : 0;
                    x[c * SIZE + i] = d;
                    more += d > 0;
                    less += d < 0;
                }
            }
            struct fb_paired_differences pairs = pairs_of(N, SIZE);
            double out[2], p;
            struct fb_paired_result plain;
            FB_TEST_OK(fb_paired_rates(&pairs, 0.95, out, &err));
            FB_TEST_OK(fb_paired_flips(&pairs, &p, &err));
            FB_TEST_OK(
                fb_paired_compare(&(struct fb_paired){more, less, N, 0}, 0.95, &plain, &err));
            holds += out[0] <= gains[g] && gains[g] <= out[1];
            naive += g == 0 && plain.p_value <= 0.05;
            rejects += g == 0 && p <= 0.05;
        }
        assert_true(holds >= 0.95 * ROUNDS - 3 * sqrt(0.05 * 0.95 * ROUNDS));
        assert_true(rejects <= 0.05 * ROUNDS + 3 * sqrt(0.05 * 0.95 * ROUNDS));
        assert_true(g > 0 || naive > 0.15 * ROUNDS);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_flips_alone),
        cmocka_unit_test(test_flips),
        cmocka_unit_test(test_rates),
        cmocka_unit_test(test_means),
        cmocka_unit_test(test_refuses),
        cmocka_unit_test(test_holds),
    };
    fb_err_init(&err);
    return cmocka_run_group_tests(tests, NULL, NULL);
}

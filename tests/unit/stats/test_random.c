/* Tests of src/stats/random.c and sample.c. */
#include <math.h>

#include "fb_test.h"
#include "stats/random.h"
#include "stats/sample.h"

/* The known answers that the authors of Philox publish for philox4x32 with ten rounds. */
static void test_known_answers(void **state)
{
    (void)state;
    static const struct {
        uint32_t counter[4], key[2], out[4];
    } cases[] = {
        {{0, 0, 0, 0}, {0, 0}, {0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}},
        {{UINT32_MAX, UINT32_MAX, UINT32_MAX, UINT32_MAX}, {UINT32_MAX, UINT32_MAX},
            {0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}},
        {{0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, {0xa4093822, 0x299f31d0},
            {0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        uint32_t out[4];
        fb_random_block(cases[i].counter, cases[i].key, out);
        assert_memory_equal(out, cases[i].out, sizeof(out));
    }
}

static void test_streams(void **state)
{
    (void)state;
    const uint8_t digest[32] = {1, 2, 3, 4, 5, 6, 7, 8, 99};
    assert_true(fb_random_key(digest) == UINT64_C(0x0807060504030201));
    struct fb_random a = fb_random_start(7, 0), b = fb_random_start(7, 0);
    struct fb_random c = fb_random_start(7, 1), d = fb_random_start(8, 0);
    int same_stream = 0, same_key = 0;
    for (int i = 0; i < 1000; i++) {
        uint32_t x = fb_random_u32(&a);
        assert_true(x == fb_random_u32(&b));
        same_stream += x == fb_random_u32(&c);
        same_key += x == fb_random_u32(&d);
    }
    assert_true(same_stream <= 1 && same_key <= 1);
    /* The block of a counter, whichever way one gets there. */
    struct fb_random fresh = fb_random_start(UINT64_C(0x299f31d0a4093822), 5);
    const uint32_t counter[4] = {1, 0, 5, 0}, key[2] = {0xa4093822, 0x299f31d0};
    uint32_t out[4];
    fb_random_block(counter, key, out);
    for (int i = 0; i < 4; i++) {
        (void)fb_random_u32(&fresh);
    }
    assert_true(fb_random_u32(&fresh) == out[0]);
}

static void test_distributions(void **state)
{
    (void)state;
    enum { N = 200000, SIDES = 6 };
    struct fb_random random = fb_random_start(42, 0);
    double unit = 0, unit2 = 0, normal = 0, normal2 = 0, exponential = 0;
    int counts[SIDES] = {0};
    for (int i = 0; i < N; i++) {
        double u = fb_random_unit(&random), z = fb_random_normal(&random);
        assert_true(u > 0 && u < 1);
        unit += u;
        unit2 += u * u;
        normal += z;
        normal2 += z * z;
        exponential += fb_random_exponential(&random);
        uint32_t face = fb_random_below(&random, SIDES);
        assert_true(face < SIDES);
        counts[face]++;
        assert_true(fb_random_below(&random, 1) == 0);
    }
    /* Five standard errors each. */
    double root = sqrt(N);
    assert_true(fabs(unit / N - 0.5) < 5 * sqrt(1.0 / 12) / root);
    assert_true(fabs(unit2 / N - 1.0 / 3) < 5 * sqrt(4.0 / 45) / root);
    assert_true(fabs(normal / N) < 5 / root && fabs(normal2 / N - 1) < 5 * sqrt(2) / root);
    assert_true(fabs(exponential / N - 1) < 5 / root);
    for (int i = 0; i < SIDES; i++) {
        assert_true(fabs((double)counts[i] / N - 1.0 / SIDES) < 5 * sqrt(5.0 / 36) / root);
    }
}

static void test_sample(void **state)
{
    (void)state;
    double x[] = {3, 1, 4, 1, 5};
    assert_true(fabs(fb_sample_mean(x, 5) - 2.8) < 1e-15);
    assert_true(fabs(fb_sample_variance(x, 5) - 3.2) < 1e-15);
    fb_sample_sort(x, 5);
    assert_true(x[0] == 1 && x[1] == 1 && x[2] == 3 && x[4] == 5);
    /* numpy.quantile([1, 1, 3, 4, 5], .1, .5, .6, 1) */
    assert_true(fb_sample_quantile(x, 5, 0.1) == 1 && fb_sample_quantile(x, 5, 0.5) == 3);
    assert_true(fabs(fb_sample_quantile(x, 5, 0.6) - 3.4) < 1e-15);
    assert_true(fb_sample_quantile(x, 5, 0) == 1 && fb_sample_quantile(x, 5, 1) == 5);
    double ends[] = {-INFINITY, 0, (double)INFINITY, (double)INFINITY};
    assert_true(
        isinf(fb_sample_quantile(ends, 4, 0.9)) && fb_sample_quantile(ends, 4, 1.0 / 3) == 0);
    double one = 7;
    assert_true(fb_sample_quantile(&one, 1, 0.3) == 7);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_known_answers),
        cmocka_unit_test(test_streams),
        cmocka_unit_test(test_distributions),
        cmocka_unit_test(test_sample),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Tests of src/stats/trend.c. Check values: F. J. Anscombe, "Graphs in
 * statistical analysis", 1973, and R on his data. */
#include <math.h>

#include "base/alloc.h"
#include "fb_test.h"
#include "stats/trend.h"

static struct fb_err err;

static void near(double got, double want, double error)
{
    if (!(fabs(got - want) <= error)) {
        fail_msg("got %.17g, expected %.17g", got, want);
    }
}

static void test_line(void **state)
{
    (void)state;
    /* Anscombe's first data set: 3.0001 + 0.5001 x, r2 .6665, standard error .1179. */
    static const struct fb_trend_point points[] = {{10, 8.04}, {8, 6.95}, {13, 7.58}, {9, 8.81},
        {11, 8.33}, {14, 9.96}, {6, 7.24}, {4, 4.26}, {12, 10.84}, {7, 4.82}, {5, 5.68}};
    struct fb_trend trend;
    FB_TEST_OK(fb_trend_fit(points, 11, &trend, &err));
    near(trend.slope, 0.500090909, 1e-9);
    near(fb_trend_at(&trend, 0), 3.000090909, 1e-8);
    near(trend.r2, 0.6665425, 1e-7);
    near(trend.error, 0.1179055, 1e-7);
    struct fb_trend_interval slope = fb_trend_slope(&trend, 0.95);
    near(slope.low, 0.2333701, 1e-6); /* R: confint(lm(y1 ~ x1)) */
    near(slope.high, 0.7668117, 1e-6);
    struct fb_trend_interval line = fb_trend_band(&trend, 9, 0.95, false);
    near((line.low + line.high) / 2, trend.y_mean, 1e-9);
    struct fb_trend_interval point = fb_trend_band(&trend, 9, 0.95, true);
    near((point.high - point.low) / (line.high - line.low), sqrt(12), 1e-9);
    /* Through two points, nothing is known of the error. */
    FB_TEST_OK(fb_trend_fit(points, 2, &trend, &err));
    slope = fb_trend_slope(&trend, 0.95);
    assert_true(isinf(slope.low) && isinf(slope.high) && isnan(trend.error) && trend.r2 == 1);
    assert_true(isinf(fb_trend_band(&trend, 1, 0.5, true).high));
}

static void test_refuses(void **state)
{
    (void)state;
    struct fb_trend trend = {.n = 77};
    struct fb_trend_break found = {.t = 77};
    struct fb_trend_point same[] = {{1, 1}, {1, 2}, {1, 3}, {1, 4}, {1, 5}, {1, 6}};
    struct fb_trend_point odd[] = {{1, 1}, {2, (double)NAN}};
    FB_TEST_FAILS(fb_trend_fit(same, 1, &trend, &err), FB_E_RANGE);
    FB_TEST_FAILS(fb_trend_fit(same, 6, &trend, &err), FB_E_RANGE);
    FB_TEST_FAILS(fb_trend_fit(odd, 2, &trend, &err), FB_E_RANGE);
    FB_TEST_FAILS(fb_trend_fit(same, (size_t)FB_TREND_POINTS_MAX + 1, &trend, &err), FB_E_LIMIT);
    FB_TEST_FAILS(fb_trend_find_break(same, 4, &found, &err), FB_E_RANGE);
    FB_TEST_FAILS(fb_trend_find_break(same, 6, &found, &err), FB_E_RANGE);
    assert_true(trend.n == 77 && found.t == 77);
}

static void test_doubling(void **state)
{
    (void)state;
    near(fb_trend_doubling(log(2) / 150), 150, 1e-10);
    assert_true(isinf(fb_trend_doubling(0)) && isinf(fb_trend_doubling(-1)));
    struct fb_trend_interval d = fb_trend_doubling_interval((struct fb_trend_interval){-1, log(2)});
    assert_true(d.low == 1 && isinf(d.high));
    d = fb_trend_doubling_interval((struct fb_trend_interval){log(2), 2 * log(2)});
    near(d.low, 0.5, 1e-15);
    near(d.high, 1, 1e-15);
}

static void test_frontier(void **state)
{
    (void)state;
    /* The second and third come at once: only the better counts, and not the later worse. */
    static const struct fb_trend_point points[] = {{1, 5}, {2, 7}, {2, 9}, {3, 8}, {4, 9}, {5, 10}};
    static const bool want[] = {true, false, true, false, true, true};
    bool got[6];
    fb_trend_frontier(points, 6, got);
    assert_memory_equal(got, want, sizeof(want));
}

static void test_break(void **state)
{
    (void)state;
    struct fb_trend_point points[40];
    for (int i = 0; i < 40; i++) {
        double t = i, noise = 0.01 * ((i * 7) % 5 - 2);
        points[i] = (struct fb_trend_point){t, 0.3 * t + 0.4 * fmax(0, t - 22.3) + noise};
    }
    struct fb_trend_break found;
    FB_TEST_OK(fb_trend_find_break(points, 40, &found, &err));
    near(found.t, 22.3, 0.1);
    near(found.slope_before, 0.3, 0.002);
    near(found.slope_after, 0.7, 0.002);
    near(found.ratio, 7.0 / 3, 0.02);
    assert_true(found.accelerated && found.r2 > found.r2_line && found.bic_gain > 50);
    /* A straight line with noise does not accelerate; a slowing one neither. */
    for (int i = 0; i < 40; i++) {
        points[i].y = 0.3 * i + 0.2 * ((i * 7) % 5 - 2);
    }
    FB_TEST_OK(fb_trend_find_break(points, 40, &found, &err));
    assert_true(!found.accelerated);
    for (int i = 0; i < 40; i++) {
        points[i].y = 0.7 * i - 0.4 * fmax(0, i - 20);
    }
    FB_TEST_OK(fb_trend_find_break(points, 40, &found, &err));
    assert_true(!found.accelerated && found.ratio < 0.5);
    near(found.r2, 1, 1e-12);
    double p = 7;
    FB_TEST_OK(fb_trend_break_p(points, 40, (const uint32_t[2]){99, 1}, &p, &err));
    assert_true(p == 1); /* it does not turn up at all */
    for (int i = 0; i < 40; i++) {
        points[i].y = 0.3 * i + 0.4 * fmax(0, i - 20) + 0.2 * ((i * 7) % 5 - 2);
    }
    FB_TEST_OK(fb_trend_break_p(points, 40, (const uint32_t[2]){99, 1}, &p, &err));
    near(p, 0.01, 1e-15); /* none of 99 even lines */
    FB_TEST_FAILS(fb_trend_break_p(points, 4, (const uint32_t[2]){99, 1}, &p, &err), FB_E_RANGE);
    fb_alloc_fail_at(0);
    FB_TEST_FAILS(fb_trend_break_p(points, 40, (const uint32_t[2]){99, 1}, &p, &err), FB_E_NOMEM);
    fb_alloc_fail_at(-1);
    near(p, 0.01, 1e-15);
}

/* The frontier of Epoch's index over 1,407 scores, as `flyball evidence eci` fits it from the table
 * that their code makes of their public data (benchmark-stitching, START_DATE_FILTER None); their
 * notebook forecasting.ipynb publishes what must follow: 0.4147 a year [0.3691, 0.4604], R2 .9520;
 * the break at 2024-05-13, 0.364 before, 0.614 after, 1.69 times, R2 .9653. Days since 1970. */
static void test_epoch_acceleration(void **state)
{
    (void)state;
    static const struct fb_trend_point points[] = {{18205, 0.097958}, {18844, 0.482066},
        {18969, 0.998566}, {18974, 1.088613}, {19020, 1.162418}, {19080, 1.170843},
        {19086, 1.218791}, {19430, 1.615145}, {19782, 1.671940}, {19822, 1.701676},
        {19856, 1.739825}, {19894, 1.802498}, {19978, 2.109127}, {20074, 2.290854},
        {20172, 2.369151}, {20194, 2.476347}, {20307, 2.607016}, {20368, 2.620299}};
    enum { N = sizeof(points) / sizeof(points[0]) };
    const double year = 365.25;
    struct fb_trend line;
    struct fb_trend_break found;
    bool frontier[N];
    fb_trend_frontier(points, N, frontier);
    for (size_t i = 0; i < N; i++) {
        assert_true(frontier[i]);
    }
    FB_TEST_OK(fb_trend_fit(points, N, &line, &err));
    near(line.slope * year, 0.4147, 5e-5);
    near(line.r2, 0.9520, 5e-5);
    /* Theirs is plus and minus 1.96 errors; Student's t at 16 degrees of freedom is wider. */
    struct fb_trend_interval slope = fb_trend_slope(&line, 0.95);
    near(line.error * year * 1.959964, (0.4604 - 0.3691) / 2, 5e-5);
    assert_true(slope.low * year < 0.3691 && slope.high * year > 0.4604);
    FB_TEST_OK(fb_trend_find_break(points, N, &found, &err));
    near(found.t, 19856, 1);
    near(found.slope_before * year, 0.364, 0.005 * 0.364);
    near(found.slope_after * year, 0.614, 0.005 * 0.614);
    near(found.ratio, 1.69, 0.005);
    near(found.r2, 0.9653, 5e-5);
    assert_true(found.accelerated);
    /* Their rule says so; even lines turn up as much in 5 to 15% of cases. */
    double p = 0;
    FB_TEST_OK(fb_trend_break_p(points, N, (const uint32_t[2]){199, 7}, &p, &err));
    assert_true(p > 0.02 && p < 0.2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_line),
        cmocka_unit_test(test_refuses),
        cmocka_unit_test(test_doubling),
        cmocka_unit_test(test_frontier),
        cmocka_unit_test(test_break),
        cmocka_unit_test(test_epoch_acceleration),
    };
    fb_err_init(&err);
    return cmocka_run_group_tests(tests, NULL, NULL);
}

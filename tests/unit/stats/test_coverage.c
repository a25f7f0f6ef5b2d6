/* Tests of src/stats/coverage.c, and by it of every interval: those of ours hold as often as they
 * say, within three errors of the simulation; the usual ones do not, which shows that this test can
 * fail. */
#include <math.h>

#include "fb_test.h"
#include "stats/coverage.h"
#include "stats/coverage_grid.h"

static struct fb_err err;

static void test_coverage(void **state)
{
    (void)state;
    size_t ours = 0, short_of = 0, exact = 0;
    for (size_t i = 0; i < fb_coverage_count(); i++) {
        struct fb_coverage c;
        /* Forecasts, the last third, take milliseconds a round. */
        uint32_t rounds = 3 * i < 2 * fb_coverage_count() ? 300 : 100;
        FB_TEST_OK(fb_coverage_find(i, rounds, &c, &err));
        assert_true(c.held >= 0 && c.held <= 1 && c.wanted == 0.95);
        if (c.ours) {
            ours++;
            exact += c.error == 0;
            if (c.held < c.wanted - 3 * c.error - 1e-12) {
                fail_msg("%s, %s: holds in %.1f%% of cases", c.method, c.setting, 100 * c.held);
            }
        } else {
            short_of += c.held < c.wanted - 3 * c.error;
        }
    }
    assert_true(ours >= 65 && short_of >= 12 && exact >= 11);
}

/* METHODS.md: Wald at n = 30 and 5% .782, at n = 100 and 1% .633; exact .984, .982; flat prior
 * .939, .921. */
static void test_published(void **state)
{
    (void)state;
    static const struct {
        const char *method, *setting;
        double held;
    } wanted[] = {{"Wald's interval", "n = 30, rate 5%", .782},
        {"Wald's interval", "n = 100, rate 1%", .633}, {"exact interval", "n = 30, rate 5%", .984},
        {"exact interval", "n = 100, rate 1%", .982},
        {"flat prior (Beta(1, 1))", "n = 30, rate 5%", .939},
        {"flat prior (Beta(1, 1))", "n = 100, rate 1%", .921}};
    size_t found = 0;
    for (size_t i = 0; i < fb_coverage_count(); i++) {
        for (size_t j = 0; j < sizeof(wanted) / sizeof(wanted[0]); j++) {
            if (fb_coverage_is(i, wanted[j].method, wanted[j].setting)) {
                struct fb_coverage c;
                FB_TEST_OK(fb_coverage_find(i, 100, &c, &err));
                assert_true(c.error == 0 && fabs(c.held - wanted[j].held) < 6e-4);
                found++;
            }
        }
    }
    assert_int_equal(found, 6);
}

/* At every rate and every n of the grid: ours hold, exactly summed; Wald's do not, and say [0, 0].
 */
static void test_curves(void **state)
{
    (void)state;
    size_t ours = 0;
    assert_true(fabs(fb_coverage_rate(0) - 0.001) < 1e-12);
    assert_true(fabs(fb_coverage_rate(FB_COVERAGE_POINTS / 2) - 0.5) < 1e-12);
    for (size_t i = 0; i < fb_coverage_curve_count(); i++) {
        struct fb_coverage_curve c;
        FB_TEST_OK(fb_coverage_curve_find(i, &c, &err));
        ours += c.ours;
        if (c.ours ? c.least < 0.95 - 1e-9 || c.empty > 0 : c.least > 0.93) {
            fail_msg(
                "%s, n = %lld: at %g holds in %g", c.method, (long long)c.n, c.least_at, c.least);
        }
        if (!strcmp(c.method, "Wald's interval")) {
            assert_true(c.least < 0.65 && c.empty > 0.3);
        }
        /* Of a rate and what it leaves to 1, which are alike, the lower one is told. */
        assert_true(!strstr(c.method, "interval") || c.least_at < 0.5 + 1e-12);
    }
    assert_int_equal(ours, 24);
}

/* Clusters, judges and stopping rules at every rate, for 20 samples and few rounds: the whole grid
 * is `flyball evidence calibration --grid --resamples 2000`. Of 17 rates the least one is taken, so
 * four errors are allowed. What has no width is also looked for among few, where chance goes far.
 */
static void test_grid(void **state)
{
    (void)state;
    enum { ROUNDS = 200 };
    size_t ours = 0, short_of = 0;
    assert_true(fb_coverage_grid_rate(0) == 0.001);
    assert_true(fabs(fb_coverage_grid_rate(FB_COVERAGE_RATES - 1) - 0.999) < 1e-12);
    for (size_t i = 0; i < fb_coverage_grid_count(); i++) {
        const char *method = NULL;
        int64_t n = 0;
        struct fb_coverage_grid g, again;
        fb_coverage_grid_at(i, &method, &n);
        if (n != 20) {
            continue;
        }
        FB_TEST_OK(fb_coverage_grid_find(i, ROUNDS, &g, &err));
        assert_true(g.n == n && g.method == method && g.mean >= g.least && g.mean <= 1 + 1e-9);
        if (g.ours ? g.least < 0.95 - 4 * g.error - 1e-9 : g.least > 0.93) {
            fail_msg(
                "%s, n = %lld: at %g holds in %g", g.method, (long long)n, g.least_at, g.least);
        }
        assert_true(!g.ours || g.empty == 0);
        ours += g.ours;
        short_of += !g.ours;
        if (!strcmp(method, "Wald's, clustered")) {
            assert_true(g.empty > 0.3); /* [0, 0] */
        }
        if (!strcmp(method, "PPI++")) {
            FB_TEST_OK(fb_coverage_grid_find(i, ROUNDS, &again, &err));
            assert_true(again.least == g.least && again.mean == g.mean);
        }
    }
    assert_true(ours == 7 && short_of == 8);
}

/* By hand, of two looks at a rate of one half: Clopper and Pearson's intervals of 1 and of 2 always
 * hold 1/2, so of ten looks the first ones lose nothing; the chance to leave is that of a run. */
static void test_grid_sums(void **state)
{
    (void)state;
    for (size_t i = 0; i < fb_coverage_grid_count(); i++) {
        const char *method = NULL;
        int64_t n = 0;
        struct fb_coverage_grid g;
        fb_coverage_grid_at(i, &method, &n);
        if (strcmp(method, "exact interval, looked at after each") != 0 || n != 10) {
            continue;
        }
        FB_TEST_OK(fb_coverage_grid_find(i, 100, &g, &err));
        assert_true(g.error == 0);
        /* All six alike leave (0 of 6 is at most 45.9%); else 1 of 9 or 9 of 9 that did not. Paths
         * that reach 1 of 9 with a success among the first six: 2 (6 / 512). */
        assert_true(fabs(g.held[FB_COVERAGE_RATES / 2] - (1 - 2.0 / 64 - 2 * 6.0 / 512)) < 1e-12);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_coverage),
        cmocka_unit_test(test_published),
        cmocka_unit_test(test_curves),
        cmocka_unit_test(test_grid),
        cmocka_unit_test(test_grid_sums),
    };
    fb_err_init(&err);
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Tests of src/stats/simultaneous.c: levels that are known, edges, and that all bounds hold
 * together over designs of dependence. */
#define MATHLIB_STANDALONE 1
#include <Rmath.h>
#include <math.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "fb_test.h"
#include "stats/binomial.h"
#include "stats/random.h"
#include "stats/simultaneous.h"

enum { ROWS_MAX = 200000, GROUPS_MAX = FB_SIMULTANEOUS_GROUPS_MAX + 1 };

static struct fb_err err;
static uint32_t group[ROWS_MAX], sample[ROWS_MAX];
static double x[ROWS_MAX];
static struct fb_simultaneous_group found[GROUPS_MAX];
static struct fb_simultaneous_level level;

static struct fb_simultaneous rows_of(size_t n, uint32_t groups, uint32_t samples)
{
    return (struct fb_simultaneous){group, sample, x, n, groups, samples, 0.95, 7, 999};
}

/* Groups that all stand for the same outcomes need no correction; those that share no sample need
 * Sidak's; one group needs none. */
static void test_extremes(void **state)
{
    (void)state;
    enum { SAMPLES = 400, GROUPS = 6 };
    struct fb_random random = fb_random_start(1, 1);
    for (uint32_t i = 0; i < SAMPLES; i++) {
        double outcome = fb_random_unit(&random) < 0.3;
        for (uint32_t g = 0; g < GROUPS; g++) {
            size_t row = (size_t)i * GROUPS + g;
            group[row] = g;
            sample[row] = i;
            x[row] = outcome;
        }
    }
    struct fb_simultaneous rows = rows_of((size_t)SAMPLES * GROUPS, GROUPS, SAMPLES);
    rows.draws = 9999;
    FB_TEST_OK(fb_simultaneous_find(&rows, found, &level, &err));
    assert_true(level.shrinkage < 0.02 && level.shared == 15);
    assert_true(level.each >= 0.975 && level.each < 0.982);
    for (uint32_t row = 0; row < SAMPLES * GROUPS; row++) {
        sample[row] = row;
    }
    rows.samples = SAMPLES * GROUPS;
    FB_TEST_OK(fb_simultaneous_find(&rows, found, &level, &err));
    assert_true(level.shrinkage == 1 && level.shared == 0);
    assert_true(level.each == fb_groups_independent(0.95, GROUPS));
    rows = rows_of(1, 1, 1);
    FB_TEST_OK(fb_simultaneous_find(&rows, found, &level, &err));
    assert_true(level.each == 0.975 && found[0].n == 1);
}

/* Two groups whose rates correlate by 0.8: P(max |Z| <= c) = 0.95 at c = 2.1524 (by integration of
 * the bivariate normal). The samples are given so that the correlation is exactly that. */
static void test_known_quantile(void **state)
{
    (void)state;
    enum { SAMPLES = 2000 };
    for (uint32_t i = 0; i < SAMPLES; i++) {
        /* 45% both, 45% none, 5% only one: phi = (.45 * .45 - .05 * .05) / .25 = 0.8 */
        uint32_t kind = i % 20;
        for (uint32_t g = 0; g < 2; g++) {
            group[2 * i + g] = g;
            sample[2 * i + g] = i;
            x[2 * i + g] = kind < 9 || kind == 18 + g;
        }
    }
    struct fb_simultaneous rows = rows_of(2 * (size_t)SAMPLES, 2, SAMPLES);
    rows.draws = 99999;
    FB_TEST_OK(fb_simultaneous_find(&rows, found, &level, &err));
    double mass = 0, c = qnorm5(level.each, 0, 1, 1, 0), rho = 0.8 * (1 - level.shrinkage);
    enum { STEPS = 4000 };
    for (int i = 0; i < STEPS; i++) {
        double z = c * (2 * (i + 0.5) / STEPS - 1), rest = sqrt(1 - rho * rho);
        mass +=
            2 * c / STEPS * dnorm4(z, 0, 1, 0) *
            (pnorm5((c - rho * z) / rest, 0, 1, 1, 0) - pnorm5((-c - rho * z) / rest, 0, 1, 1, 0));
    }
    assert_true(level.shrinkage < 0.001 && fabs(mass - 0.95) < 0.002);
    assert_true(fabs(c - 2.1524) < 0.03);
}

/* Repeats of a sample in a group, unresolved ones, bounds and p-values by the other functions. */
static void test_bounds(void **state)
{
    (void)state;
    double ends[2], low = 0, high = 0, p = 0;
    enum { SAMPLES = 30 };
    for (uint32_t i = 0; i < 2 * SAMPLES; i++) {
        group[i] = i / SAMPLES;
        sample[i] = i / SAMPLES == 0 ? i : i % SAMPLES / 2; /* the second group: each twice */
        x[i] = i == 4 ? (double)NAN : i % 10 < 2;
    }
    struct fb_simultaneous rows = rows_of(2 * (size_t)SAMPLES, 2, SAMPLES);
    FB_TEST_OK(fb_simultaneous_find(&rows, found, &level, &err));
    assert_true(found[0].n == 30 && found[0].k == 6 && found[0].unresolved == 1);
    assert_true(!found[0].is_clustered && found[1].is_clustered && found[1].k == 6);
    FB_TEST_OK(fb_simultaneous_bounds(&found[0], 0.99, ends, &err));
    FB_TEST_OK(fb_binomial_lower(6, 30, 0.99, &low, &err));
    FB_TEST_OK(fb_binomial_upper(7, 30, 0.99, &high, &err));
    assert_true(ends[0] == low && ends[1] == high);
    FB_TEST_OK(fb_simultaneous_p(&found[0], 0.5, &p, &err));
    assert_true(p == fb_binomial_at_most(7, 30, 0.5));
    /* All of the second group in pairs that are alike: no more than 15 samples. */
    FB_TEST_OK(fb_simultaneous_bounds(&found[1], 0.975, ends, &err));
    FB_TEST_OK(fb_binomial_upper(3, 15, 0.975, &high, &err));
    assert_true(found[1].means[0].filled == 15 && ends[1] >= high - 0.02);
    FB_TEST_OK(fb_simultaneous_p(&found[1], 0.5, &p, &err));
    FB_TEST_OK(fb_simultaneous_bounds(&found[1], 1 - p * 1.0001, ends, &err));
    assert_true(ends[1] <= 0.5);
    FB_TEST_OK(fb_simultaneous_bounds(&found[1], 1 - p * 0.9999, ends, &err));
    assert_true(ends[1] >= 0.5 - 1e-6);
    FB_TEST_OK(fb_simultaneous_p(&found[1], 0.1, &p, &err));
    assert_true(p == 1);
}

static void test_refused(void **state)
{
    (void)state;
    double ends[2] = {-1, -1};
    struct fb_simultaneous rows = rows_of(0, 1, 1);
    assert_int_equal(fb_simultaneous_find(&rows, found, &level, &err), FB_E_RANGE);
    group[0] = sample[0] = 0;
    x[0] = 0.5;
    rows.n = 1;
    assert_int_equal(fb_simultaneous_find(&rows, found, &level, &err), FB_E_RANGE);
    x[0] = 1;
    rows.groups = 2;
    assert_int_equal(fb_simultaneous_find(&rows, found, &level, &err), FB_E_RANGE);
    rows.groups = FB_SIMULTANEOUS_GROUPS_MAX + 1;
    assert_int_equal(fb_simultaneous_find(&rows, found, &level, &err), FB_E_LIMIT);
    rows.groups = 1;
    rows.confidence = 1;
    assert_int_equal(fb_simultaneous_find(&rows, found, &level, &err), FB_E_RANGE);
    found[0] = (struct fb_simultaneous_group){.n = 1};
    assert_int_equal(fb_simultaneous_bounds(&found[0], 1, ends, &err), FB_E_RANGE);
    assert_true(ends[0] == -1);
    /* Each allocation that fails says so. */
    for (uint32_t i = 0; i < 8; i++) {
        group[i] = i % 2;
        sample[i] = i / 4;
        x[i] = i % 3 == 0;
    }
    rows = rows_of(8, 2, 2);
    int failed = 0;
    for (int64_t n = 0; n < 40; n++) {
        fb_alloc_fail_at(n);
        enum fb_code code = fb_simultaneous_find(&rows, found, &level, &err);
        fb_alloc_fail_at(-1);
        assert_true(code == FB_OK || code == FB_E_NOMEM);
        failed += code == FB_E_NOMEM;
    }
    assert_true(failed >= 10);
}

/* --- Coverage --------------------------------------------------------------------------------- */

/* A design: latent normal variates of a sample correlate by rho over the groups; where it is
 * negative, every other group runs against the rest. Rates run from p upwards. */
struct design {
    uint32_t groups, samples;
    double rho, p, step;
    double missing; /* share of cells that are not there */
};

/* One round: whether all bounds hold. */
static bool round_holds(const struct design *d, uint32_t k)
{
    struct fb_random random = fb_random_start(11, k);
    size_t n = 0;
    double weight = sqrt(fabs(d->rho)), rest = sqrt(1 - fabs(d->rho)), ends[2];
    for (uint32_t i = 0; i < d->samples; i++) {
        double common = fb_random_normal(&random);
        for (uint32_t g = 0; g < d->groups; g++) {
            double sign = d->rho < 0 && g % 2 == 1 ? -1 : 1;
            double z = sign * weight * common + rest * fb_random_normal(&random);
            bool is_there = i < 2 || fb_random_unit(&random) >= d->missing;
            group[n] = g;
            sample[n] = i;
            x[n] = pnorm5(z, 0, 1, 1, 0) < d->p + g * d->step;
            n += is_there;
        }
    }
    struct fb_simultaneous rows = rows_of(n, d->groups, d->samples);
    rows.draws = 199;
    rows.key = k;
    FB_TEST_OK(fb_simultaneous_find(&rows, found, &level, &err));
    bool holds = true;
    for (uint32_t g = 0; g < d->groups; g++) {
        double p = d->p + g * d->step;
        FB_TEST_OK(fb_simultaneous_bounds(&found[g], level.each, ends, &err));
        holds = holds && ends[0] <= p && p <= ends[1];
    }
    return holds;
}

/* All hold together at 95% within three errors of the simulation: few samples and many, rare and
 * not, alike, against each other, with cells that are missing. */
static void test_coverage(void **state)
{
    (void)state;
    enum { ROUNDS = 400 };
    static const struct design designs[] = {{4, 15, 0.6, 0.5, 0, 0}, {12, 15, 0.9, 0.5, 0, 0},
        {12, 40, 0.3, 0.02, 0.02, 0}, {6, 100, -0.9, 0.3, 0.05, 0}, {6, 100, 0.99, 0.4, 0, 0},
        {4, 300, 0.6, 0.05, 0.2, 0.4}, {2, 100, 0.8, 0.5, 0, 0.2}};
    for (size_t i = 0; i < sizeof(designs) / sizeof(designs[0]); i++) {
        int held = 0;
        for (uint32_t k = 0; k < ROUNDS; k++) {
            held += round_holds(&designs[i], k);
        }
        if (held < ROUNDS * 0.95 - 3 * sqrt(ROUNDS * 0.95 * 0.05)) {
            fail_msg("design %zu holds in %d of %d", i, held, ROUNDS);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_extremes),
        cmocka_unit_test(test_known_quantile),
        cmocka_unit_test(test_bounds),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_coverage),
    };
    fb_err_init(&err);
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Tests of src/stats/posterior.c, posterior_groups.c, quadrature.c and agreement.c. */
#include <math.h>

#include "fb_test.h"
#include "stats/agreement.h"
#include "stats/posterior.h"
#include "stats/quadrature.h"

static struct fb_err err;

static void near(double got, double want, double error)
{
    if (!(fabs(got - want) <= error)) {
        fail_msg("%.10g is not within %g of %.10g", got, error, want);
    }
}

static void test_quadrature(void **state)
{
    (void)state;
    struct fb_quadrature rule;
    for (int count = 1; count <= FB_QUADRATURE_MAX; count++) {
        double one = 0, highest = 0;
        fb_quadrature_legendre(count, &rule);
        for (int i = 0; i < count; i++) {
            one += rule.weight[i];
            highest += rule.weight[i] * pow(rule.node[i], 2 * count - 2);
        }
        near(one, 2, 1e-13);
        near(highest, 2.0 / (2 * count - 1), 1e-12);
    }
}

static void test_independent(void **state)
{
    (void)state;
    double p = 0, q = 0;
    FB_TEST_OK(fb_posterior_independent((int64_t[]){0, 0}, (int64_t[]){0, 0}, &p, &err));
    near(p, 0.5, 1e-12);
    /* One sample, solved by the first only: Beta(2, 1) against Beta(1, 2): 5/6. */
    FB_TEST_OK(fb_posterior_independent((int64_t[]){1, 1}, (int64_t[]){0, 1}, &p, &err));
    near(p, 5.0 / 6, 1e-12);
    FB_TEST_OK(fb_posterior_independent((int64_t[]){130, 400}, (int64_t[]){90, 300}, &p, &err));
    FB_TEST_OK(fb_posterior_independent((int64_t[]){90, 300}, (int64_t[]){130, 400}, &q, &err));
    near(p + q, 1, 1e-10);
    FB_TEST_FAILS(
        fb_posterior_independent((int64_t[]){2, 1}, (int64_t[]){0, 1}, &p, &err), FB_E_RANGE);
    FB_TEST_FAILS(fb_posterior_independent(
                      (int64_t[]){0, FB_POSTERIOR_N_MAX + 1}, (int64_t[]){0, 1}, &p, &err),
        FB_E_LIMIT);
}

static void test_paired(void **state)
{
    (void)state;
    struct fb_posterior_paired p, q;
    FB_TEST_OK(fb_posterior_paired(&(struct fb_posterior_table){3, 1, 0, 2}, &p, &err));
    near(p.dirichlet, 0.75, 1e-12); /* Beta(2, 1) above 1/2 */
    FB_TEST_OK(fb_posterior_paired(&(struct fb_posterior_table){5, 4, 4, 7}, &p, &err));
    near(p.dirichlet, 0.5, 1e-12);
    near(p.normal, 0.5, 1e-9);
    FB_TEST_OK(fb_posterior_paired(&(struct fb_posterior_table){40, 12, 5, 43}, &p, &err));
    FB_TEST_OK(fb_posterior_paired(&(struct fb_posterior_table){40, 5, 12, 43}, &q, &err));
    near(p.normal + q.normal, 1, 1e-6);
    /* Against 60,000 draws from the prior, weighed by the likelihood with the exact integral. */
    FB_TEST_OK(fb_posterior_paired(&(struct fb_posterior_table){18, 2, 0, 0}, &p, &err));
    near(p.dirichlet, 0.875, 1e-12);
    near(p.normal, 0.9119, 0.015);
    FB_TEST_OK(fb_posterior_paired(&(struct fb_posterior_table){11, 7, 1, 1}, &p, &err));
    near(p.normal, 0.9891, 0.004);
    FB_TEST_OK(fb_posterior_paired(&(struct fb_posterior_table){0, 0, 0, 0}, &p, &err));
    near(p.normal, 0.5, 1e-9);
    FB_TEST_FAILS(
        fb_posterior_paired(&(struct fb_posterior_table){-1, 0, 0, 0}, &p, &err), FB_E_RANGE);
    FB_TEST_FAILS(
        fb_posterior_paired(&(struct fb_posterior_table){FB_POSTERIOR_N_MAX, 1, 0, 0}, &p, &err),
        FB_E_LIMIT);
}

/* Krippendorff's own example (2011, data C: four observers, twelve units, values missing): nominal
 * .743, ordinal .815, interval .849. */
static void test_agreement(void **state)
{
    (void)state;
    static const double observers[4][12] = {{1, 2, 3, 3, 2, 1, 4, 1, 2, 0, 0, 0},
        {1, 2, 3, 3, 2, 2, 4, 1, 2, 5, 0, 3}, {0, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, 0},
        {1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, 0}};
    double value[48];
    uint32_t item[48];
    size_t count = 0;
    for (uint32_t u = 0; u < 12; u++) {
        for (int o = 0; o < 4; o++) {
            if (observers[o][u] > 0) {
                value[count] = observers[o][u];
                item[count++] = u;
            }
        }
    }
    static const double wanted[] = {0.743, 0.815, 0.849};
    struct fb_agreement_result r;
    for (int scale = 0; scale < 3; scale++) {
        const struct fb_agreement in = {
            value, item, count, 12, (enum fb_agreement_scale)scale, 0.95, 500, 7};
        FB_TEST_OK(fb_agreement_find(&in, &r, &err));
        near(r.alpha, wanted[scale], 5e-4);
        assert_true(r.low < r.alpha && r.alpha < r.high && r.high <= 1);
        assert_int_equal(r.pairable, 40);
        assert_int_equal(r.items, 11);
    }
    const struct fb_agreement alike = {
        (double[]){1, 1}, (uint32_t[]){0, 0}, 2, 1, FB_AGREEMENT_INTERVAL, 0.95, 5, 7};
    FB_TEST_OK(fb_agreement_find(&alike, &r, &err));
    assert_true(isnan(r.alpha) && isnan(r.low));
    struct fb_agreement bad = alike;
    bad.item = (uint32_t[]){0, 1};
    bad.items = 2;
    FB_TEST_FAILS(fb_agreement_find(&bad, &r, &err), FB_E_RANGE);
    bad = alike;
    bad.value = (double[]){1, (double)NAN};
    FB_TEST_FAILS(fb_agreement_find(&bad, &r, &err), FB_E_RANGE);
    bad = alike;
    bad.resamples = FB_AGREEMENT_RESAMPLES_MAX + 1;
    FB_TEST_FAILS(fb_agreement_find(&bad, &r, &err), FB_E_LIMIT);
}

/* Against the same posterior summed over a plain grid of mu, tau and z of two groups. */
static void test_groups(void **state)
{
    (void)state;
    struct fb_posterior_group g[2] = {{.k = 9, .n = 10}, {.k = 2, .n = 10}};
    struct fb_posterior_groups all;
    FB_TEST_OK(fb_posterior_groups_find(g, 2, 0.95, &all, &err));
    double total = 0, sums[3] = {0, 0, 0};
    for (double mu = -5; mu <= 5; mu += 0.1) {
        for (double tau = 0.025; tau < 12; tau += 0.05) {
            double like[2] = {0, 0}, first[2] = {0, 0};
            for (int i = 0; i < 2; i++) {
                for (double z = -6; z <= 6; z += 0.1) {
                    double p = 1 / (1 + exp(-(mu + tau * z)));
                    double w = exp((double)g[i].k * log(p) + (double)(g[i].n - g[i].k) * log1p(-p) -
                                   z * z / 2);
                    w = isfinite(w) ? w : 0;
                    like[i] += w;
                    first[i] += w * p;
                }
            }
            double prior = exp(-mu * mu / 2 - tau);
            total += prior * like[0] * like[1];
            sums[0] += prior * first[0] * like[1];
            sums[1] += prior * like[0] * first[1];
            sums[2] += prior * like[0] * like[1] * tau;
        }
    }
    near(g[0].mean, sums[0] / total, 2e-4);
    near(g[1].mean, sums[1] / total, 2e-4);
    near(all.spread, sums[2] / total, 2e-3 * all.spread);
    assert_true(g[0].low < g[0].mean && g[0].mean < g[0].high && g[0].mean < 0.9);
    assert_true(all.new_low < all.low && all.high < all.new_high);
    /* Many samples: each group is what it is. */
    struct fb_posterior_group big[3] = {
        {.k = 500000, .n = 1000000}, {.k = 900, .n = 1000}, {.k = 0, .n = 0}};
    FB_TEST_OK(fb_posterior_groups_find(big, 3, 0.95, &all, &err));
    near(big[0].mean, 0.5, 1e-5);
    near(big[0].high - big[0].low, 2 * 1.96 * 0.0005, 3e-4);
    near(big[1].mean, 0.9, 3e-3);
    assert_true(big[2].high - big[2].low > 0.8);
    FB_TEST_FAILS(fb_posterior_groups_find(g, 0, 0.95, &all, &err), FB_E_RANGE);
    FB_TEST_FAILS(
        fb_posterior_groups_find(g, FB_POSTERIOR_GROUPS_MAX + 1, 0.95, &all, &err), FB_E_LIMIT);
    g[0].k = 11;
    FB_TEST_FAILS(fb_posterior_groups_find(g, 2, 0.95, &all, &err), FB_E_RANGE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_quadrature),
        cmocka_unit_test(test_independent),
        cmocka_unit_test(test_paired),
        cmocka_unit_test(test_agreement),
        cmocka_unit_test(test_groups),
    };
    fb_err_init(&err);
    return cmocka_run_group_tests(tests, NULL, NULL);
}

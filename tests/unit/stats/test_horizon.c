/* Tests of src/stats/logistic.c and horizon.c. METR's own figures: evidence/test_growth.c. */
#include <math.h>

#include "base/alloc.h"
#include "fb_test.h"
#include "stats/horizon.h"

static struct fb_err err;

static void near(double got, double want, double error)
{
    if (!(fabs(got - want) <= error)) {
        fail_msg("got %.17g, expected %.17g", got, want);
    }
}

/* Derivatives of the objective at a fit: they vanish where it is least. */
static void check_optimum(const struct fb_logistic_cell *cells, size_t count, double penalty,
    const struct fb_logistic *fit)
{
    double a = 0, b = penalty * fit->slope, scale = 0;
    for (size_t i = 0; i < count; i++) {
        double slack = cells[i].weight * fb_logistic_at(fit, cells[i].x) - cells[i].successes;
        a += slack;
        b += slack * cells[i].x;
        scale += cells[i].weight * (1 + fabs(cells[i].x));
    }
    near(a, 0, 1e-12 * scale);
    near(b, 0, 1e-12 * scale);
}

static void test_logistic(void **state)
{
    (void)state;
    static const struct fb_logistic_cell cells[] = {
        {0, 5, 5}, {1, 5, 4}, {2.5, 5, 2}, {4, 5, 3}, {6, 5, 0}, {9, 0.5, 0.25}};
    static const double penalties[] = {0, 1e-5, 0.1, 1, 1000};
    for (size_t i = 0; i < sizeof(penalties) / sizeof(penalties[0]); i++) {
        struct fb_logistic cold = {.state = FB_LOGISTIC_NONE}, warm;
        fb_logistic_fit(cells, 6, penalties[i], &cold);
        assert_int_equal(cold.state, FB_LOGISTIC_FITTED);
        check_optimum(cells, 6, penalties[i], &cold);
        warm = (struct fb_logistic){FB_LOGISTIC_FITTED, 30, -7, 0, false};
        fb_logistic_fit(cells, 6, penalties[i], &warm);
        near(warm.slope, cold.slope, 1e-9);
        near(warm.intercept, cold.intercept, 1e-9);
        double x = fb_logistic_quantile(&cold, 0.8);
        near(fb_logistic_at(&cold, x), 0.8, 1e-12);
    }
    /* Two cells without penalty: the line through the two log odds. */
    static const struct fb_logistic_cell two[] = {{1, 4, 3}, {3, 10, 1}};
    struct fb_logistic fit = {.state = FB_LOGISTIC_NONE};
    fb_logistic_fit(two, 2, 0, &fit);
    near(fit.slope, (log(1.0 / 9) - log(3)) / 2, 1e-12);
    near(fit.intercept, log(3) - fit.slope, 1e-12);
}

static void test_logistic_edges(void **state)
{
    (void)state;
    static const struct fb_logistic_cell fail[] = {{1, 4, 0}, {3, 10, 0}};
    static const struct fb_logistic_cell pass[] = {{1, 4, 4}, {3, 10, 10}};
    static const struct fb_logistic_cell apart[] = {{1, 4, 4}, {2, 1, 1}, {5, 10, 0}};
    static const struct fb_logistic_cell touching[] = {{1, 4, 4}, {2, 2, 1}, {5, 10, 0}};
    static const struct fb_logistic_cell reverse[] = {{1, 4, 0}, {5, 10, 10}};
    static const struct fb_logistic_cell single[] = {{2, 4, 1}};
    struct fb_logistic fit = {.state = FB_LOGISTIC_NONE};
    fb_logistic_fit(NULL, 0, 0.1, &fit);
    assert_int_equal(fit.state, FB_LOGISTIC_NONE);
    assert_true(isnan(fb_logistic_quantile(&fit, 0.5)));
    fb_logistic_fit(fail, 2, 0.1, &fit);
    assert_int_equal(fit.state, FB_LOGISTIC_ALL_FAIL);
    fb_logistic_fit(pass, 2, 0.1, &fit);
    assert_int_equal(fit.state, FB_LOGISTIC_ALL_PASS);
    fb_logistic_fit(apart, 3, 0, &fit);
    assert_int_equal(fit.state, FB_LOGISTIC_SEPARATED);
    assert_true(fb_logistic_quantile(&fit, 0.5) == 3.5 && fb_logistic_quantile(&fit, 0.8) == 3.5);
    fb_logistic_fit(touching, 3, 0, &fit);
    assert_int_equal(fit.state, FB_LOGISTIC_SEPARATED);
    assert_true(fb_logistic_quantile(&fit, 0.5) == 2);
    assert_false(fit.rises);
    fb_logistic_fit(reverse, 2, 0, &fit);
    assert_true(fit.state == FB_LOGISTIC_SEPARATED && fit.rises);
    /* A penalty makes all of these finite; a vanishing one comes to the same threshold. */
    fb_logistic_fit(apart, 3, 1e-9, &fit);
    assert_int_equal(fit.state, FB_LOGISTIC_FITTED);
    near(fb_logistic_quantile(&fit, 0.5), 3.5, 0.1);
    /* One x: no slope can be told, and with any penalty it is 0. */
    fb_logistic_fit(single, 1, 0.1, &fit);
    assert_int_equal(fit.state, FB_LOGISTIC_FITTED);
    near(fit.slope, 0, 1e-12);
    near(fit.intercept, log(1.0 / 3), 1e-12);
    fb_logistic_fit(single, 1, 0, &fit);
    near(fit.intercept, log(1.0 / 3), 1e-9);
}

/* Two agents, three families of 1, 2 and 4 tasks, some runs each; a plain generator makes them. */
enum { RUNS = 2 * 7 * 6 };
static void make_runs(struct fb_horizon_run *runs, struct fb_horizon_data *data)
{
    static const uint32_t family_of[7] = {0, 1, 1, 2, 2, 2, 2};
    uint32_t seed = 1;
    for (uint32_t i = 0; i < RUNS; i++) {
        uint32_t task = i / 2 % 7;
        seed = seed * 1664525 + 1013904223;
        bool success = seed >> 28 > 2 + task * (1 + i % 2);
        runs[i] =
            (struct fb_horizon_run){i % 2, family_of[task], task, 1 << (2 * task), success, 0};
    }
    *data = (struct fb_horizon_data){runs, RUNS, 2, 3, 7};
}

static void test_weights(void **state)
{
    (void)state;
    struct fb_horizon_run runs[RUNS];
    struct fb_horizon_data data;
    make_runs(runs, &data);
    data.count = RUNS - 4; /* the last two tasks lack a run of each agent */
    fb_horizon_sort(&data);
    static const double total[] = {1 + 1.4142135623730951 + 2, 7, 40};
    for (int w = FB_HORIZON_DIVERSITY; w <= FB_HORIZON_RUN; w++) {
        FB_TEST_OK(fb_horizon_weigh(&data, (enum fb_horizon_weighting)w, &err));
        double sum = 0;
        for (size_t i = 0; i < data.count; i++) {
            sum += data.runs[i].agent == 0 ? data.runs[i].weight : 0;
        }
        near(sum, 1, 1e-14);
        double first = w == FB_HORIZON_RUN ? 1 : 1.0 / 6;
        near(data.runs[0].weight, first / total[w], 1e-15);
        double last = w == FB_HORIZON_RUN ? 1 : w == FB_HORIZON_TASK ? 1.0 / 5 : 1.0 / 10;
        near(data.runs[data.count - 1].weight, last / total[w], 1e-15);
    }
}

static void test_order(void **state)
{
    (void)state;
    struct fb_horizon_run runs[RUNS], turned[RUNS];
    struct fb_horizon_data data, other;
    struct fb_horizon_result a, b;
    make_runs(runs, &data);
    for (size_t i = 0; i < RUNS; i++) {
        turned[(i * 37) % RUNS] = runs[i];
    }
    other = data;
    other.runs = turned;
    struct fb_horizon_options options = {0.1, {0.5, 0.8}, 0.95, 300, 99};
    fb_horizon_sort(&data);
    fb_horizon_sort(&other);
    FB_TEST_OK(fb_horizon_weigh(&data, FB_HORIZON_DIVERSITY, &err));
    FB_TEST_OK(fb_horizon_weigh(&other, FB_HORIZON_DIVERSITY, &err));
    FB_TEST_OK(fb_horizon_compute(&data, &options, &a, &err));
    FB_TEST_OK(fb_horizon_compute(&other, &options, &b, &err));
    for (uint32_t i = 0; i < 2; i++) {
        assert_true(a.fits[i].horizon[0] == b.fits[i].horizon[0]);
        assert_true(a.fits[i].low[1] == b.fits[i].low[1]);
        assert_true(a.fits[i].high[0] == b.fits[i].high[0]);
        assert_true(a.fits[i].low[0] <= a.fits[i].horizon[0]);
        assert_true(a.fits[i].horizon[0] <= a.fits[i].high[0]);
        assert_true(a.fits[i].horizon[1] < a.fits[i].horizon[0]);
        assert_true(a.fits[i].runs == 42 && a.fits[i].tasks == 7);
    }
    fb_horizon_release(&b);
    options.seed = 100;
    FB_TEST_OK(fb_horizon_compute(&data, &options, &b, &err));
    assert_true(a.fits[0].high[0] != b.fits[0].high[0]);
    fb_horizon_release(&a);
    fb_horizon_release(&b);
}

/* Fractional scores, and runs of one task that differ in length: the slow path says the same. */
static void test_cells(void **state)
{
    (void)state;
    struct fb_horizon_run runs[4] = {
        {0, 0, 0, 2, 0.5, 0}, {0, 0, 0, 4, 1, 0}, {0, 0, 1, 8, 0.25, 0}, {0, 0, 1, 8, 0.75, 0}};
    struct fb_horizon_data data = {runs, 4, 1, 1, 2};
    struct fb_horizon_options options = {0.1, {0.5, 0.8}, 0.95, 50, 1};
    struct fb_horizon_result result;
    fb_horizon_sort(&data);
    FB_TEST_OK(fb_horizon_weigh(&data, FB_HORIZON_RUN, &err));
    FB_TEST_OK(fb_horizon_compute(&data, &options, &result, &err));
    static const struct fb_logistic_cell cells[] = {
        {1, 0.25, 0.125}, {2, 0.25, 0.25}, {3, 0.5, 0.25}};
    struct fb_logistic fit = {.state = FB_LOGISTIC_NONE};
    fb_logistic_fit(cells, 3, 0.1, &fit);
    near(result.fits[0].logistic.slope, fit.slope, 1e-12);
    near(result.fits[0].horizon[0], exp2(fb_logistic_quantile(&fit, 0.5)), 1e-9);
    near(result.fits[0].average, 0.625, 1e-15);
    fb_horizon_release(&result);
}

static void test_edges(void **state)
{
    (void)state;
    struct fb_horizon_run runs[3] = {{0, 0, 0, 2, 0, 1}, {1, 0, 0, 2, 1, 1}, {3, 0, 0, 2, 1, 1}};
    struct fb_horizon_data data = {runs, 3, 4, 1, 1};
    struct fb_horizon_options options = {0.1, {0.5, 0.8}, 0.95, 20, 1};
    struct fb_horizon_result result;
    FB_TEST_OK(fb_horizon_compute(&data, &options, &result, &err));
    assert_true(result.fits[0].horizon[0] == 0 && isinf(result.fits[0].high[0]));
    assert_true(isinf(result.fits[1].horizon[0]) && result.fits[1].low[0] == 0);
    assert_true(result.fits[2].runs == 0 && isnan(result.fits[2].horizon[0]));
    assert_true(isnan(result.fits[2].low[0]));
    fb_horizon_release(&result);
}

/* Tasks of one length, or longer ones that succeed more: there is no length at which success falls
 * to a half, and nothing is said of where it might be. */
static void test_no_length(void **state)
{
    (void)state;
    struct fb_horizon_run runs[] = {{0, 0, 0, 2, 1, .2}, {0, 0, 0, 2, 1, .2}, {0, 0, 0, 2, 1, .2},
        {0, 0, 0, 2, 1, .2}, {0, 0, 0, 2, 0, .2}, {1, 0, 0, 2, 0, .25}, {1, 0, 0, 2, 1, .25},
        {1, 0, 1, 64, 1, .25}, {1, 0, 1, 64, 1, .25}};
    struct fb_horizon_data data = {runs, sizeof(runs) / sizeof(runs[0]), 2, 1, 2};
    struct fb_horizon_options options = {0.1, {0.5, 0.8}, 0.95, 200, 1};
    struct fb_horizon_result result;
    for (int i = 0; i < 2; i++) {
        options.penalty = i ? 0 : 0.1;
        fb_horizon_sort(&data);
        FB_TEST_OK(fb_horizon_compute(&data, &options, &result, &err));
        for (int agent = 0; agent < 2; agent++) {
            const struct fb_horizon_fit *fit = &result.fits[agent];
            assert_true(isnan(fit->horizon[0]) && isnan(fit->horizon[1]));
            assert_true(fit->low[0] == 0 && isinf(fit->high[0]));
            assert_true(fit->low[1] == 0 && isinf(fit->high[1]));
        }
        assert_true(fabs(result.fits[0].logistic.slope) < 1e-9);
        assert_true(result.fits[1].logistic.slope > 0 || result.fits[1].logistic.rises);
        fb_horizon_release(&result);
    }
}

static void test_refuses(void **state)
{
    (void)state;
    struct fb_horizon_run runs[2] = {{0, 0, 0, 2, 0, 1}, {0, 0, 0, 2, 1, 1}};
    struct fb_horizon_data data = {runs, 2, 1, 2, 1};
    const struct fb_horizon_options good = {0.1, {0.5, 0.8}, 0.95, 20, 1};
    struct fb_horizon_options o = good;
    struct fb_horizon_result result = {.agents = 77};
    o.penalty = -1;
    FB_TEST_FAILS(fb_horizon_compute(&data, &o, &result, &err), FB_E_RANGE);
    o = good;
    o.confidence = 1;
    FB_TEST_FAILS(fb_horizon_compute(&data, &o, &result, &err), FB_E_RANGE);
    o = good;
    o.levels[1] = 0;
    FB_TEST_FAILS(fb_horizon_compute(&data, &o, &result, &err), FB_E_RANGE);
    o = good;
    o.resamples = FB_HORIZON_RESAMPLES_MAX + 1;
    FB_TEST_FAILS(fb_horizon_compute(&data, &o, &result, &err), FB_E_LIMIT);
    runs[1].score = 1.5;
    FB_TEST_FAILS(fb_horizon_compute(&data, &good, &result, &err), FB_E_RANGE);
    runs[1].score = 1;
    runs[1].family = 1;
    FB_TEST_FAILS(fb_horizon_compute(&data, &good, &result, &err), FB_E_RANGE);
    runs[1].family = 0;
    runs[1].weight = 0;
    FB_TEST_FAILS(fb_horizon_compute(&data, &good, &result, &err), FB_E_RANGE);
    runs[1].weight = 1;
    runs[0].minutes = 0;
    FB_TEST_FAILS(fb_horizon_compute(&data, &good, &result, &err), FB_E_RANGE);
    runs[0].minutes = 2;
    data.count = (size_t)FB_HORIZON_RUNS_MAX + 1;
    fb_alloc_fail_at(0);
    FB_TEST_FAILS(fb_horizon_compute(&data, &good, &result, &err), FB_E_NOMEM);
    fb_alloc_fail_at(-1);
    assert_true(result.agents == 77);
}

static void test_memory(void **state)
{
    (void)state;
    struct fb_horizon_run runs[RUNS];
    struct fb_horizon_data data;
    struct fb_horizon_options options = {0.1, {0.5, 0.8}, 0.95, 3, 99};
    struct fb_horizon_result result = {.agents = 77};
    make_runs(runs, &data);
    fb_horizon_sort(&data);
    enum fb_code code = FB_E_NOMEM;
    for (int n = 0; code != FB_OK; n++) {
        assert_true(n < 100 && result.agents == 77);
        fb_alloc_fail_at(n);
        code = fb_horizon_weigh(&data, FB_HORIZON_DIVERSITY, &err);
        if (code == FB_OK) {
            code = fb_horizon_compute(&data, &options, &result, &err);
        }
        fb_alloc_fail_at(-1);
        assert_true(code == FB_OK || code == FB_E_NOMEM);
    }
    fb_horizon_release(&result);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_logistic),
        cmocka_unit_test(test_logistic_edges),
        cmocka_unit_test(test_weights),
        cmocka_unit_test(test_order),
        cmocka_unit_test(test_cells),
        cmocka_unit_test(test_edges),
        cmocka_unit_test(test_no_length),
        cmocka_unit_test(test_refuses),
        cmocka_unit_test(test_memory),
    };
    fb_err_init(&err);
    return cmocka_run_group_tests(tests, NULL, NULL);
}

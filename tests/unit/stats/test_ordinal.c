/* Tests of src/stats/ordinal.c and hamiltonian.c. Published figures:
 * tests/cli/t7-evidence-graders.sh. */
#include <math.h>

#include "base/alloc.h"
#include "fb_test.h"
#include "stats/ordinal.h"
#include "stats/sample.h"

static struct fb_err err;
static const struct fb_hamiltonian_options usual = {.seed = 1, .chains = 4, .draws = 2000};

static void near(double got, double want, double error)
{
    if (!(fabs(got - want) <= error)) {
        fail_msg("%.10g is not within %g of %.10g", got, error, want);
    }
}

/* --- hamiltonian ------------------------------------------------------------------------------ */

/* Two normal variates at (3, -1) with deviations 2 and 0.01 and correlation 0.95. */
static void normal_at(const void *context, const double *place, double *gradient, double *log)
{
    (void)context;
    const double r = 0.95, k = 1 - r * r;
    double x = (place[0] - 3) / 2, y = (place[1] + 1) / 0.01;
    gradient[0] = -(x - r * y) / k / 2;
    gradient[1] = -(y - r * x) / k / 0.01;
    if (log) {
        *log = -(x * x - 2 * r * x * y + y * y) / k / 2;
    }
}

static void flat_at(const void *context, const double *place, double *gradient, double *log)
{
    (void)context;
    (void)place;
    gradient[0] = 0;
    if (log) {
        *log = 0;
    }
}

static void hole_at(const void *context, const double *place, double *gradient, double *log)
{
    flat_at(context, place, gradient, log);
    if (log) {
        *log = (double)NAN;
    }
}

static void test_normal(void **state)
{
    (void)state;
    static double out[8000 * 2], again[8000 * 2], x[8000], y[8000];
    const double start[2] = {0, 0};
    const struct fb_hamiltonian_density density = {2, normal_at, NULL, NULL};
    struct fb_hamiltonian_options options = usual;
    struct fb_hamiltonian_quality quality;
    options.start = start;
    FB_TEST_OK(fb_hamiltonian_draw(&density, &options, out, &quality, &err));
    double both = 0;
    for (size_t i = 0; i < 8000; i++) {
        x[i] = out[2 * i];
        y[i] = out[2 * i + 1];
        both += (x[i] - 3) / 2 * (y[i] + 1) / 0.01 / 8000;
    }
    near(fb_sample_mean(x, 8000), 3, 0.1);
    near(fb_sample_mean(y, 8000), -1, 5e-4);
    near(sqrt(fb_sample_variance(x, 8000)), 2, 0.08);
    near(sqrt(fb_sample_variance(y, 8000)), 0.01, 4e-4);
    near(both, 0.95, 0.05);
    fb_sample_sort(x, 8000);
    near(fb_sample_quantile(x, 8000, 0.025), 3 - 2 * 1.96, 0.2);
    assert_true(quality.r_hat < 1.01 && quality.effective > 2000 && quality.accepted > 0.6);
    FB_TEST_OK(fb_hamiltonian_draw(&density, &options, again, &quality, &err));
    assert_memory_equal(out, again, sizeof(out));
    options.seed = 2;
    FB_TEST_OK(fb_hamiltonian_draw(&density, &options, again, &quality, &err));
    assert_memory_not_equal(out, again, sizeof(out));
}

/* Chains that stay apart are seen. */
static void test_quality(void **state)
{
    (void)state;
    static double values[4000];
    const struct fb_hamiltonian_options options = {.chains = 2, .draws = 2000};
    struct fb_hamiltonian_quality quality;
    struct fb_random random = fb_random_start(5, 0);
    for (size_t i = 0; i < 4000; i++) {
        values[i] = fb_random_normal(&random);
    }
    FB_TEST_OK(fb_hamiltonian_judge(values, 1, &options, &quality, &err));
    near(quality.r_hat, 1, 0.01);
    near(quality.effective, 4000, 800);
    /* An autoregressive chain of 0.9 is worth (1 - 0.9) / (1 + 0.9) of it. */
    for (size_t i = 1; i < 4000; i++) {
        values[i] = 0.9 * values[i - 1] + sqrt(1 - 0.81) * values[i];
    }
    FB_TEST_OK(fb_hamiltonian_judge(values, 1, &options, &quality, &err));
    near(quality.effective, 210, 110);
    for (size_t i = 0; i < 2000; i++) {
        values[i] += 3;
    }
    FB_TEST_OK(fb_hamiltonian_judge(values, 1, &options, &quality, &err));
    assert_true(quality.r_hat > 1.5);
    memset(values, 0, sizeof(values));
    FB_TEST_OK(fb_hamiltonian_judge(values, 1, &options, &quality, &err));
    near(quality.r_hat, 1, 0);
}

static void test_refused(void **state)
{
    (void)state;
    static double out[64];
    const double start[1] = {0};
    struct fb_hamiltonian_options options = {.start = start, .chains = 2, .draws = 8};
    struct fb_hamiltonian_quality quality;
    struct fb_hamiltonian_density density = {1, hole_at, NULL, NULL};
    FB_TEST_FAILS(fb_hamiltonian_draw(&density, &options, out, &quality, &err), FB_E_RANGE);
    density.at = flat_at;
    FB_TEST_FAILS(fb_hamiltonian_draw(&density, &options, out, &quality, &err), FB_E_RANGE);
    density = (struct fb_hamiltonian_density){2, normal_at, NULL, NULL};
    options.chains = 1;
    FB_TEST_FAILS(fb_hamiltonian_draw(&density, &options, out, &quality, &err), FB_E_RANGE);
    options.chains = FB_HAMILTONIAN_CHAINS_MAX + 1;
    FB_TEST_FAILS(fb_hamiltonian_draw(&density, &options, out, &quality, &err), FB_E_LIMIT);
    options.chains = 2;
    options.draws = FB_HAMILTONIAN_DRAWS_MAX + 1;
    FB_TEST_FAILS(fb_hamiltonian_draw(&density, &options, out, &quality, &err), FB_E_LIMIT);
    density.dimensions = FB_HAMILTONIAN_DIMENSIONS_MAX + 1;
    options.draws = 8;
    FB_TEST_FAILS(fb_hamiltonian_draw(&density, &options, out, &quality, &err), FB_E_LIMIT);
    density.dimensions = FB_HAMILTONIAN_DIMENSIONS_MAX;
    options.draws = FB_HAMILTONIAN_VALUES_MAX / FB_HAMILTONIAN_DIMENSIONS_MAX / 2 + 1;
    FB_TEST_FAILS(fb_hamiltonian_draw(&density, &options, out, &quality, &err), FB_E_LIMIT);
}

/* --- ordinal ---------------------------------------------------------------------------------- */

enum { ROWS = 40 };
static const struct fb_ordinal_column plain[2] = {{0, 1, -1}, {0, 1, -1}};

static double mean_of(const struct fb_ordinal_fit *fit, size_t column)
{
    double sum = 0;
    for (size_t i = 0; i < fit->count; i++) {
        sum += fit->draws[i * fit->width + column] / (double)fit->count;
    }
    return sum;
}

/* Three classes, two graders. */
struct scene {
    double design[ROWS * 2];
    uint32_t scores[ROWS];
    double sums[5], inverse[ROWS];
};

/* One place of the grid: what it weighs, and the chance of each score there. */
static void add_place(struct scene *s, double a, double b, double cut, double u)
{
    double high = cut + 0.3 + exp(u), p[ROWS], log1 = 0;
    for (int i = 0; i < ROWS; i++) {
        double eta = a + b * s->design[2 * i + 1];
        double low_p = 1 / (1 + exp(eta - cut)), high_p = 1 / (1 + exp(eta - high));
        p[i] = s->scores[i] == 0 ? low_p : s->scores[i] == 1 ? high_p - low_p : 1 - high_p;
        log1 += log(p[i]);
    }
    double x = (cut + 4) / 0.2, y = (u + 0.5) / 0.3;
    double weight = exp(log1 - (a * a + b * b + x * x + y * y) / 2);
    const double values[5] = {a, b, cut, high, 1};
    for (int k = 0; k < 5; k++) {
        s->sums[k] += weight * values[k];
    }
    for (int i = 0; i < ROWS; i++) {
        s->inverse[i] += weight / p[i];
    }
}

/* Means, and what rows foretell, against a sum over a grid of the four variables. */
static void test_grid(void **state)
{
    (void)state;
    enum { A = 44, B = 36, CUT = 17, U = 23 };
    static struct scene s;
    for (uint32_t i = 0; i < ROWS; i++) {
        s.design[2 * i] = 1;
        s.design[2 * i + 1] = i % 2 ? 1 : -1;
        s.scores[i] = i % 2 ? (i % 5 == 0 ? 1 : 2) : (i % 3 == 0 ? 0 : i % 4 == 0 ? 2 : 1);
    }
    const struct fb_ordinal_data data = {s.design, s.scores, ROWS, 2, plain, NULL, 0, 3};
    struct fb_hamiltonian_options options = usual;
    struct fb_ordinal_fit fit;
    options.draws = 5000;
    FB_TEST_OK(fb_ordinal_find(&data, &options, &fit, &err));
    for (int i = 0; i < A * B * CUT * U; i++) {
        add_place(&s, -4.5 + 0.15 * (i % A), -0.5 + 0.1 * (i / A % B),
            -4.8 + 0.1 * (i / A / B % CUT), -1.4 + 0.1 * (i / A / B / CUT));
    }
    for (size_t k = 0; k < 4; k++) {
        near(mean_of(&fit, k), s.sums[k] / s.sums[4], 0.02);
    }
    for (int i = 0; i < ROWS; i++) {
        near(fit.foretold[i], -log(s.inverse[i] / s.sums[4]), 0.01);
    }
    assert_true(fit.quality.r_hat < 1.01 && fit.width == 4 && fit.count == 20000);
    fb_ordinal_release(&fit);
}

enum { LEVELS = 4, EACH = 12 };
static const int chosen[LEVELS] = {3, 5, 8, 11};

/* The chance of what was chosen of a level whose coefficient is normal (m, s), summed over it; and
 * the same times the coefficient. */
static void sum_level(double m, double s, int k, double out[2])
{
    out[0] = out[1] = 0;
    for (double z = -5; z <= 5; z += 0.1) {
        double c = m + s * z, p = 1 / (1 + exp(-c));
        double w = exp(-z * z / 2) * pow(p, k) * pow(1 - p, EACH - k);
        out[0] += w;
        out[1] += w * c;
    }
}

/* Sums over mean and deviation of the group; sums: by level, mean, deviation, all. */
static void sum_group(bool heavy, double sums[LEVELS + 3])
{
    enum { M = 121, U = 86 };
    for (int i = 0; i < M * U; i++) {
        double m = -6 + 0.1 * (i % M), s = exp(-5 + 0.1 * (i / M)), one[LEVELS][2];
        double weight = s * exp(-m * m / 8) * (heavy ? 1 / (1 + s * s) : exp(-s * s / 2));
        for (int g = 0; g < LEVELS; g++) {
            sum_level(m, s, chosen[g], one[g]);
            weight *= one[g][0];
        }
        for (int g = 0; g < LEVELS; g++) {
            sums[g] += weight * one[g][1] / one[g][0];
        }
        sums[LEVELS] += weight * m;
        sums[LEVELS + 1] += weight * s;
        sums[LEVELS + 2] += weight;
    }
}

/* Two classes, coefficients around the mean of their group: against these sums. */
static void test_group(void **state)
{
    (void)state;
    static const struct fb_ordinal_column of_group[LEVELS] = {
        {0, 0, 0}, {0, 0, 0}, {0, 0, 0}, {0, 0, 0}};
    double design[LEVELS * EACH * LEVELS] = {0};
    uint32_t scores[LEVELS * EACH];
    for (int i = 0; i < LEVELS * EACH; i++) {
        design[i * LEVELS + i / EACH] = 1;
        scores[i] = i % EACH < chosen[i / EACH];
    }
    for (int heavy = 0; heavy < 2; heavy++) {
        const struct fb_ordinal_group prior = {0, 2, 1, heavy != 0};
        const struct fb_ordinal_data data = {
            design, scores, LEVELS * EACH, LEVELS, of_group, &prior, 1, 2};
        struct fb_hamiltonian_options options = usual;
        struct fb_ordinal_fit fit;
        double sums[LEVELS + 3] = {0};
        options.draws = 5000;
        FB_TEST_OK(fb_ordinal_find(&data, &options, &fit, &err));
        sum_group(heavy != 0, sums);
        for (size_t k = 0; k < LEVELS + 2; k++) {
            near(mean_of(&fit, k), sums[k] / sums[LEVELS + 2], k == LEVELS + 1 ? 0.06 : 0.03);
        }
        assert_true(fit.quality.r_hat < 1.02);
        fb_ordinal_release(&fit);
    }
}

static void test_shortest(void **state)
{
    (void)state;
    const double sorted[10] = {0, 5, 6, 6.5, 7, 7.1, 7.2, 7.3, 9, 20};
    double ends[2];
    fb_ordinal_shortest(sorted, 10, 0.5, ends);
    near(ends[0], 6, 0);
    near(ends[1], 7.3, 0);
    fb_ordinal_shortest(sorted, 1, 0.5, ends);
    near(ends[1], 0, 0);
}

static void test_limits(void **state)
{
    (void)state;
    const double one[4] = {1, 1, 1, 1};
    const uint32_t scores[2] = {0, 2};
    const struct fb_ordinal_group group = {0, 1, 1, true};
    const struct fb_ordinal_data good = {one, scores, 2, 2, plain, &group, 0, 3};
    struct fb_hamiltonian_options few = {.seed = 1, .chains = 2, .draws = 8};
    struct fb_ordinal_fit fit = {0};
    struct fb_ordinal_data data = good;
    data.rows = FB_ORDINAL_ROWS_MAX + 1;
    FB_TEST_FAILS(fb_ordinal_find(&data, &few, &fit, &err), FB_E_LIMIT);
    data = good;
    data.classes = FB_ORDINAL_CLASSES_MAX + 1;
    FB_TEST_FAILS(fb_ordinal_find(&data, &few, &fit, &err), FB_E_LIMIT);
    data = good;
    data.group_count = FB_ORDINAL_GROUPS_MAX + 1;
    FB_TEST_FAILS(fb_ordinal_find(&data, &few, &fit, &err), FB_E_LIMIT);
    data = good;
    data.columns = FB_HAMILTONIAN_DIMENSIONS_MAX + 1;
    FB_TEST_FAILS(fb_ordinal_find(&data, &few, &fit, &err), FB_E_LIMIT);
    data = good;
    data.rows = FB_ORDINAL_ROWS_MAX;
    data.columns = FB_ORDINAL_DESIGN_MAX / FB_ORDINAL_ROWS_MAX + 1;
    FB_TEST_FAILS(fb_ordinal_find(&data, &few, &fit, &err), FB_E_LIMIT);
    few.draws = FB_HAMILTONIAN_DRAWS_MAX + 1;
    FB_TEST_FAILS(fb_ordinal_find(&good, &few, &fit, &err), FB_E_LIMIT);
    few.draws = 8;
    data = good;
    data.classes = 2; /* a score of 2 is none of them */
    FB_TEST_FAILS(fb_ordinal_find(&data, &few, &fit, &err), FB_E_RANGE);
    static const struct fb_ordinal_column of_none[2] = {{0, 1, -1}, {0, 1, 0}};
    data = good;
    data.coefficients = of_none;
    FB_TEST_FAILS(fb_ordinal_find(&data, &few, &fit, &err), FB_E_RANGE);
    const double hole[4] = {1, 1, (double)NAN, 1};
    data = good;
    data.design = hole;
    FB_TEST_FAILS(fb_ordinal_find(&data, &few, &fit, &err), FB_E_RANGE);
    assert_null(fit.draws);
    /* All of one kind, on the highest step: the priors hold the mode. */
    static const uint32_t high[2] = {2, 2};
    data = good;
    data.scores = high;
    FB_TEST_OK(fb_ordinal_find(&data, &few, &fit, &err));
    fb_ordinal_release(&fit);
}

static void test_memory(void **state)
{
    (void)state;
    const double one[4] = {1, 1, 1, -1};
    const uint32_t scores[2] = {0, 2};
    const struct fb_ordinal_data data = {one, scores, 2, 2, plain, NULL, 0, 3};
    const struct fb_hamiltonian_options few = {.seed = 1, .chains = 2, .draws = 8};
    struct fb_ordinal_fit fit = {0};
    int64_t n = 0;
    for (enum fb_code code = FB_E_NOMEM; code != FB_OK; n++) {
        fb_alloc_fail_at(n);
        code = fb_ordinal_find(&data, &few, &fit, &err);
        fb_alloc_fail_at(-1);
        assert_true(code == FB_OK || (code == FB_E_NOMEM && !fit.draws));
    }
    assert_true(n > 8);
    fb_ordinal_release(&fit);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_normal),
        cmocka_unit_test(test_quality),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_grid),
        cmocka_unit_test(test_group),
        cmocka_unit_test(test_shortest),
        cmocka_unit_test(test_limits),
        cmocka_unit_test(test_memory),
    };
    fb_err_init(&err);
    return cmocka_run_group_tests(tests, NULL, NULL);
}

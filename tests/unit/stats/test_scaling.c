/* Tests of src/stats/scaling.c: ObsScaling's published table, and by hand. */
#include <math.h>

#include "base/buf.h"
#include "base/io.h"
#include "fb_test.h"
#include "ingest/csv.h"
#include "stats/random.h"
#include "stats/scaling.h"
#include "stats/trend.h"

static struct fb_err err;

static void near(double got, double want, double error)
{
    if (!(fabs(got - want) <= error)) {
        fail_msg("got %.17g, expected %.17g", got, want);
    }
}

/* The models of the table that have all scores: without GSM8K, whose zeros are many, the first
 * component has 82.74% of the variance and the first three 97.65%; and it grows with the logarithm
 * of compute within most families. */
static void test_published(void **state)
{
    (void)state;
    enum { ROWS = 160, COLUMNS = 7 };
    static const char *const names[] = {
        "MMLU", "ARC-C", "HellaSwag", "Winograd", "TruthfulQA", "XWinograd", "HumanEval", "GSM8K"};
    static double table[ROWS * COLUMNS], flop[ROWS];
    static char family[ROWS][64];
    char path[512];
    if (!fb_test_shared(
            "data/evidence/obsscaling/base_llm_benchmark_eval.csv", path, sizeof(path))) {
        skip();
    }
    struct fb_buf text;
    struct fb_csv csv;
    bool more = true;
    size_t rows = 0, all = 0;
    fb_buf_init(&text, 1 << 20);
    FB_TEST_OK(fb_io_read(path, &text, &err));
    FB_TEST_OK(fb_csv_start(&csv, fb_buf_str(&text), path, &err));
    for (;; all++) {
        FB_TEST_OK(fb_csv_next(&csv, &more, &err));
        if (!more) {
            break;
        }
        double values[COLUMNS + 1];
        bool complete = true;
        for (size_t i = 0; i <= COLUMNS; i++) {
            size_t at = fb_csv_column(&csv, (const char *[]){names[i], NULL});
            complete &= fb_csv_parse_number(fb_csv_field(&csv, at), &values[i]);
        }
        if (complete) {
            memcpy(&table[rows * COLUMNS], values, COLUMNS * sizeof(double));
            size_t at = fb_csv_column(&csv, (const char *[]){"FLOPs (1E21)", NULL});
            flop[rows] = 0;
            (void)fb_csv_parse_number(fb_csv_field(&csv, at), &flop[rows]);
            at = fb_csv_column(&csv, (const char *[]){"Model Family", NULL});
            (void)snprintf(family[rows], 64, "%.*s", FB_STR_ARG(fb_csv_field(&csv, at)));
            rows++;
        }
    }
    assert_true(all == 148 && rows == 124);
    struct fb_components c;
    FB_TEST_OK(fb_components_find(table, (size_t[2]){rows, COLUMNS}, &c, &err));
    near(c.share[0], .8274, 5e-5);
    near(c.share[0] + c.share[1] + c.share[2], .9764, 1e-4);
    size_t families = 0, close = 0;
    for (size_t i = 0; i < rows; i++) {
        struct fb_trend_point points[ROWS];
        struct fb_trend line;
        size_t n = 0;
        bool first = true;
        for (size_t j = 0; j < rows; j++) {
            bool same = strcmp(family[i], family[j]) == 0 && flop[j] > 0;
            first &= !(same && j < i);
            if (same) {
                points[n++] = (struct fb_trend_point){
                    log(flop[j]), fb_components_score(&c, 0, &table[j * COLUMNS])};
            }
        }
        if (first && n >= 4 && fb_trend_fit(points, n, &line, &err) == FB_OK) {
            families++;
            close += line.r2 >= 0.93 && line.slope > 0;
        }
    }
    assert_true(families == 13 && close == 11);
    fb_csv_release(&csv);
    fb_buf_release(&text);
}

static void test_components(void **state)
{
    (void)state;
    /* Points on a line and a little across: variances 4 and 1 along (1, 1) and (1, -1). */
    const double values[] = {3, 3, -1, -1, 1 + 1, 1 - 1, 1 - 1, 1 + 1};
    struct fb_components c;
    FB_TEST_OK(fb_components_find(values, (size_t[2]){4, 2}, &c, &err));
    near(c.share[0], 0.8, 1e-12);
    near(c.share[1], 0.2, 1e-12);
    near(c.axis[0][0], sqrt(0.5), 1e-12);
    near(c.axis[0][1], sqrt(0.5), 1e-12);
    near(fb_components_score(&c, 0, values), sqrt(8), 1e-12);
    near(c.mean[0], 1, 1e-15);
    const double same[] = {1, 2, 1, 2}, odd[] = {1, (double)NAN, 2, 3};
    FB_TEST_FAILS(fb_components_find(same, (size_t[2]){2, 2}, &c, &err), FB_E_RANGE);
    FB_TEST_FAILS(fb_components_find(odd, (size_t[2]){2, 2}, &c, &err), FB_E_RANGE);
    FB_TEST_FAILS(fb_components_find(odd, (size_t[2]){1, 2}, &c, &err), FB_E_RANGE);
    FB_TEST_FAILS(
        fb_components_find(odd, (size_t[2]){2, FB_SCALING_COLUMNS_MAX + 1}, &c, &err), FB_E_LIMIT);
    FB_TEST_FAILS(
        fb_components_find(odd, (size_t[2]){FB_SCALING_ROWS_MAX + 1, 1}, &c, &err), FB_E_LIMIT);
}

static void test_regression(void **state)
{
    (void)state;
    enum { ROWS = 60 };
    double x[ROWS * 2], y[ROWS], out[3];
    struct fb_random random = fb_random_start(5, 0);
    for (int i = 0; i < ROWS; i++) {
        x[2 * i] = fb_random_normal(&random);
        x[2 * i + 1] = 100 + 5 * fb_random_normal(&random);
        y[i] = 1 + 2 * x[2 * i] - 0.5 * x[2 * i + 1];
    }
    struct fb_regression fit;
    FB_TEST_OK(fb_regression_fit(x, y, (size_t[2]){ROWS, 2}, &fit, &err));
    near(fit.coefficient[0], 1, 1e-7);
    near(fit.coefficient[1], 2, 1e-8);
    near(fit.coefficient[2], -0.5, 1e-8);
    near(fit.r2, 1, 1e-12);
    /* With one column it is the line of trend.h, its interval for a new point too. */
    struct fb_trend_point points[ROWS];
    struct fb_trend line;
    double one[ROWS];
    for (int i = 0; i < ROWS; i++) {
        one[i] = x[2 * i];
        y[i] += fb_random_normal(&random);
        points[i] = (struct fb_trend_point){one[i], y[i]};
    }
    FB_TEST_OK(fb_regression_fit(one, y, (size_t[2]){ROWS, 1}, &fit, &err));
    FB_TEST_OK(fb_trend_fit(points, ROWS, &line, &err));
    struct fb_trend_interval band = fb_trend_band(&line, 3, 0.9, true);
    fb_regression_predict(&fit, (double[1]){3}, 0.9, out);
    near(out[0], fb_trend_at(&line, 3), 1e-9);
    near(out[1], band.low, 1e-9);
    near(out[2], band.high, 1e-9);
    near(fit.r2, line.r2, 1e-12);
    FB_TEST_OK(fb_regression_fit(one, y, (size_t[2]){2, 1}, &fit, &err));
    fb_regression_predict(&fit, (double[1]){3}, 0.9, out);
    assert_true(isinf(out[1]) && isinf(out[2]));
    for (int i = 0; i < ROWS; i++) {
        x[2 * i + 1] = 3 * x[2 * i];
    }
    FB_TEST_FAILS(fb_regression_fit(x, y, (size_t[2]){ROWS, 2}, &fit, &err), FB_E_RANGE);
    FB_TEST_FAILS(fb_regression_fit(x, y, (size_t[2]){2, 2}, &fit, &err), FB_E_RANGE);
    FB_TEST_FAILS(
        fb_regression_fit(x, y, (size_t[2]){2, FB_SCALING_COLUMNS_MAX}, &fit, &err), FB_E_LIMIT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_published),
        cmocka_unit_test(test_components),
        cmocka_unit_test(test_regression),
    };
    fb_err_init(&err);
    return cmocka_run_group_tests(tests, NULL, NULL);
}

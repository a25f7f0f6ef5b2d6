/* Tests of src/evidence/pace.c and progress.c, src/ingest/series.c, report/svg_trend.c. */
#define MATHLIB_STANDALONE 1
#include <Rmath.h>
#include <math.h>

#include "base/alloc.h"
#include "evidence/progress.h"
#include "fb_refused.h"
#include "report/svg_trend.h"
#include "stats/random.h"

static struct fb_err err;
static struct fb_arena arena;

static const struct fb_pace_rule rule = {150, 550, 180 * FB_DAY};

static void near(double got, double want, double error)
{
    if (!(fabs(got - want) <= error)) {
        fail_msg("got %.17g, expected %.17g", got, want);
    }
}

static enum fb_pace take(struct fb_pace_state *state, int64_t day, double low, double high)
{
    struct fb_pace_reading reading = {day * FB_DAY, low, high};
    fb_pace_take(state, &rule, &reading);
    return state->pace;
}

/* SEMANTICS.md, worked history 17: 4 months (3 to 6): fast; then 12 months (10 to 15) seen once:
 * still fast; held for the dwell: normal. */
static void test_history_17(void **state)
{
    (void)state;
    struct fb_pace_state pace = fb_pace_start();
    assert_int_equal(pace.pace, FB_PACE_FAST);
    assert_int_equal(take(&pace, 0, 91, 183), FB_PACE_FAST);
    assert_int_equal(take(&pace, 100, 304, 457), FB_PACE_FAST);
    fb_time since = 0;
    assert_int_equal(fb_pace_awaited(&pace, &since), FB_PACE_NORMAL);
    assert_int_equal(since, 100 * FB_DAY);
    assert_int_equal(take(&pace, 279, 304, 457), FB_PACE_FAST);
    assert_int_equal(take(&pace, 280, 304, 457), FB_PACE_NORMAL);
    assert_int_equal(fb_pace_awaited(&pace, &since), FB_PACE_NORMAL);
    assert_int_equal(since, 280 * FB_DAY);
    assert_true(pace.since == 280 * FB_DAY);
    assert_string_equal(fb_pace_name(pace.pace), "normal");
}

static void test_pace(void **state)
{
    (void)state;
    struct fb_pace_state pace = fb_pace_start();
    /* A single reading, however old, relaxes nothing. */
    assert_int_equal(take(&pace, 0, 600, 700), FB_PACE_FAST);
    /* One reading in between that does not allow it starts the dwell anew. */
    assert_int_equal(take(&pace, 100, 120, 900), FB_PACE_FAST);
    assert_int_equal(take(&pace, 200, 600, 700), FB_PACE_FAST);
    assert_int_equal(take(&pace, 379, 600, 700), FB_PACE_FAST);
    /* From fast to slow in one step, since slow has been allowed for the dwell. */
    assert_int_equal(take(&pace, 380, 600, 700), FB_PACE_SLOW);
    /* Tightened at once, to what the reading allows; a level in between keeps its own dwell. */
    assert_int_equal(take(&pace, 381, 200, 700), FB_PACE_NORMAL);
    assert_int_equal(take(&pace, 382, 600, 700), FB_PACE_NORMAL);
    assert_int_equal(take(&pace, 561, 600, 700), FB_PACE_NORMAL);
    assert_int_equal(take(&pace, 562, 600, 700), FB_PACE_SLOW);
    assert_int_equal(take(&pace, 563, (double)NAN, (double)NAN), FB_PACE_FAST);
    assert_int_equal(take(&pace, 600, (double)INFINITY, (double)INFINITY), FB_PACE_FAST);
    assert_int_equal(take(&pace, 780, (double)INFINITY, (double)INFINITY), FB_PACE_SLOW);
}

static const char table[] = "series,date,value,name\n"
                            "training compute,2022-01-01,9,b\n"
                            "training compute,2021-01-01,4,a\n"
                            "training compute,2023-01-01,15,c\n"
                            "algorithmic efficiency,2021-01-01,1,\n"
                            "algorithmic efficiency,2022-01-01,2,\n"
                            "algorithmic efficiency,2023-01-01,5,\n"
                            "alone,2023-01-01,5,\n";

static void test_series(void **state)
{
    (void)state;
    struct fb_series s;
    FB_TEST_OK(fb_series_read_memory(
        FB_STR("date,value\n2024-01-01,2\n2023-01-01,1e3\n"), "t", &arena, &s, &err));
    assert_true(s.count == 2 && s.series == 1 && s.points[0].value == 1000);
    static const struct fb_test_refused cases[] = {{"date,value\n", FB_E_SCHEMA, 0},
        {"date,x\n2024-01-01,1\n", FB_E_SCHEMA, 1}, {"date,value\n2024-01-01,0\n", FB_E_RANGE, 2},
        {"date,value\nsoon,1\n", FB_E_TIME, 2},
        {"date,value\n2024-01-01,1\n2024-01-01,one\n", FB_E_SYNTAX, 3}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        fb_err_init(&err);
        FB_TEST_REFUSES(
            fb_series_read_memory(fb_str_of(cases[i].text), "t", &arena, &s, &err), &cases[i]);
    }
    FB_TEST_FAILS(fb_series_read("/nowhere/at/all", &arena, &s, &err), FB_E_NOT_FOUND);
    enum fb_code code = FB_E_NOMEM;
    for (int n = 0; code != FB_OK; n++) {
        struct fb_arena scratch;
        fb_arena_init(&scratch, 1 << 20);
        assert_true(n < 100);
        fb_alloc_fail_at(n);
        code = fb_series_read_memory(fb_str_of(table), "t", &scratch, &s, &err);
        fb_alloc_fail_at(-1);
        assert_true(code == FB_OK || code == FB_E_NOMEM);
        fb_arena_release(&scratch);
    }
}

static void test_progress(void **state)
{
    (void)state;
    struct fb_series s;
    struct fb_progress_list list;
    struct fb_progress_options options = {0.95, false, rule, 0};
    FB_TEST_OK(fb_series_read_memory(fb_str_of(table), "t", &arena, &s, &err));
    FB_TEST_OK(fb_progress_find(&s, &options, &arena, &list, &err));
    assert_true(list.count == 4 && fb_str_is(list.items[1].name, "alone"));
    assert_true(!list.items[1].has_line && list.items[0].has_line);
    const struct fb_progress *algorithms = &list.items[0], *compute = &list.items[2];
    const struct fb_progress *effective = &list.items[3];
    /* Three points a year apart: the slope is that from the first to the last. */
    near(compute->line.slope, log(15.0 / 4) / 730, 1e-9);
    near(effective->line.slope, compute->line.slope + algorithms->line.slope, 1e-15);
    near(effective->line.error, hypot(compute->line.error, algorithms->line.error), 1e-15);
    assert_true(effective->slope.low < effective->line.slope && !effective->points);
    assert_true(fb_str_is(effective->name, "effective compute"));
    double f[3];
    fb_time at;
    FB_TEST_OK(fb_time_parse(FB_STR("2024-01-01"), &at, &err));
    assert_true(fb_progress_forecast(compute, at, 0.95, f));
    assert_true(f[1] < f[0] && f[0] < f[2] && f[0] > 15);
    /* Effective compute: the product, and on the logarithms errors that add up. Each factor has one
     * degree of freedom, whose quantile is tan(0.475 pi). */
    double of[2][3], e[3], t = tan(0.475 * 3.14159265358979), squares = 0, fourths = 0;
    assert_true(fb_progress_forecast(compute, at, 0.95, of[0]));
    assert_true(fb_progress_forecast(algorithms, at, 0.95, of[1]));
    for (int i = 0; i < 2; i++) {
        double square = pow(log(of[i][2] / of[i][0]) / t, 2);
        squares += square;
        fourths += square * square;
    }
    double freedom = squares * squares / fourths;
    assert_true(fb_progress_forecast(effective, at, 0.95, e));
    near(e[0], of[0][0] * of[1][0], 1e-9 * e[0]);
    near(log(e[2] / e[0]), qt(0.975, freedom, 1, 0) * sqrt(squares), 1e-9);
    near(log(e[0] / e[1]), log(e[2] / e[0]), 1e-9);
    assert_true(fb_progress_line(effective, at, 0.95, f) && f[1] > e[1] && f[2] < e[2]);
    assert_false(fb_progress_forecast(&list.items[1], at, 0.95, f));
    options.confidence = 1;
    FB_TEST_FAILS(fb_progress_find(&s, &options, &arena, &list, &err), FB_E_RANGE);
    /* Of the frontier, what stays below an earlier value does not count. */
    options = (struct fb_progress_options){0.95, true, rule, 0};
    FB_TEST_OK(fb_series_read_memory(
        FB_STR("date,value\n2021-01-01,1\n2022-01-01,2\n2022-06-01,1\n2023-01-01,4\n"), "t", &arena,
        &s, &err));
    FB_TEST_OK(fb_progress_find(&s, &options, &arena, &list, &err));
    assert_true(list.items[0].used == 3);
    near(list.items[0].line.slope * 365, log(2), 1e-9);
}

/* How often the interval of effective compute holds a new system's, two years beyond 6 dates of
 * compute and 9 of efficiency that scatter unlike. */
static void test_effective_holds(void **state)
{
    (void)state;
    enum { ROUNDS = 4000 };
    struct fb_series_point points[15];
    struct fb_str names[2] = {FB_STR("algorithmic efficiency"), FB_STR("training compute")};
    struct fb_series s = {.points = points, .count = 15, .names = names, .series = 2};
    struct fb_progress_options options = {0.95, false, rule, 0};
    struct fb_random random = fb_random_start(11, 0);
    int holds = 0;
    for (int round = 0; round < ROUNDS; round++) {
        struct fb_progress_list list;
        struct fb_arena scratch;
        double f[3], truth = 0;
        for (uint32_t i = 0; i < 15; i++) {
            double years = i < 9 ? i * 0.5 : i - 9;
            double mean = i < 9 ? 0.9 * years : 1.4 * years;
            double y = mean + (i < 9 ? 0.2 : 0.6) * fb_random_normal(&random);
            points[i] = (struct fb_series_point){.series = i >= 9,
                .at = (fb_time)(years * 365.25 * (double)FB_DAY),
                .value = exp(y)};
        }
        truth = (0.9 + 1.4) * 7 + 0.2 * fb_random_normal(&random) + 0.6 * fb_random_normal(&random);
        fb_arena_init(&scratch, 1 << 20);
        FB_TEST_OK(fb_progress_find(&s, &options, &scratch, &list, &err));
        assert_int_equal(list.count, 3);
        fb_time at = (fb_time)(7 * 365.25 * (double)FB_DAY);
        assert_true(fb_progress_forecast(&list.items[2], at, 0.95, f));
        holds += log(f[1]) <= truth && truth <= log(f[2]);
        fb_arena_release(&scratch);
    }
    double rate = (double)holds / ROUNDS;
    assert_true(rate > 0.94 && rate < 0.975);
}

/* The article's own figures: chips 1.4 times a year, algorithms 2.5, investment tripling. */
static void test_plan(void **state)
{
    (void)state;
    char path[512];
    const char *root = getenv("FB_SOURCE_ROOT");
    (void)snprintf(path, sizeof(path), "%s/examples/progress/plan.csv", root ? root : ".");
    static const struct {
        const char *name;
        double factor;
    } wanted[] = {{"algorithmic efficiency", 2.5}, {"hardware price-performance", 1.4},
        {"training compute", 4.2}, {"training investment", 3}, {"effective compute", 10.5}};
    struct fb_series s;
    struct fb_progress_list list;
    struct fb_progress_options options = {0.95, false, rule, 0};
    FB_TEST_OK(fb_series_read(path, &arena, &s, &err));
    FB_TEST_OK(fb_progress_find(&s, &options, &arena, &list, &err));
    assert_int_equal(list.count, 5);
    for (size_t i = 0; i < 5; i++) {
        assert_true(fb_str_is(list.items[i].name, wanted[i].name));
        near(exp(list.items[i].line.slope * 365.25) / wanted[i].factor, 1, 2e-3);
    }
}

static void test_chart(void **state)
{
    (void)state;
    struct fb_buf out;
    fb_buf_init(&out, 1 << 20);
    struct fb_chart_point points[] = {{0, 1, 0.5, 2, FB_STR("<a> & \"b\""), true},
        {100 * FB_DAY, 10, 0, INFINITY, FB_STR("c"), true}, {50 * FB_DAY, 3, 0, 0, {0}, false}};
    struct fb_chart_step steps[] = {
        {0, 1, 0.5, 2}, {50 * FB_DAY, 3, (double)NAN, (double)NAN}, {100 * FB_DAY, 10, 5, 20}};
    struct fb_chart chart = {FB_STR("<T>"), FB_STR("s"), true, false, points, 3, steps, 3};
    FB_TEST_OK(fb_svg_trend(&chart, &out, &err));
    assert_non_null(strstr(out.ptr, "&lt;a&gt;"));
    assert_null(strstr(out.ptr, "<a>"));
    assert_null(strstr(out.ptr, "nan"));
    assert_null(strstr(out.ptr, "inf"));
    assert_non_null(strstr(out.ptr, "polyline"));
    assert_non_null(strstr(out.ptr, "2 min"));
    assert_null(strstr(out.ptr, "dasharray"));
    /* What is beyond the last point is dashed; numbers are said as people say them. */
    struct fb_chart_step ahead[] = {
        {0, 1, 1, 1}, {100 * FB_DAY, 1e4, 1e4, 1e4}, {200 * FB_DAY, 3e8, 1e8, 2e9}};
    fb_buf_clear(&out);
    chart = (struct fb_chart){FB_STR("T"), FB_STR("s"), false, false, points, 3, ahead, 3};
    FB_TEST_OK(fb_svg_trend(&chart, &out, &err));
    assert_non_null(strstr(out.ptr, "stroke-dasharray"));
    assert_non_null(strstr(out.ptr, ">10,000<"));
    assert_non_null(strstr(out.ptr, ">100 million<"));
    assert_non_null(strstr(out.ptr, ">1 billion<"));
    struct fb_chart_point far[] = {{0, 1e20, 0, 0, {0}, true}, {FB_DAY, 1e26, 0, 0, {0}, true}};
    fb_buf_clear(&out);
    chart = (struct fb_chart){FB_STR("T"), FB_STR("s"), false, false, far, 2, NULL, 0};
    FB_TEST_OK(fb_svg_trend(&chart, &out, &err));
    assert_non_null(strstr(out.ptr, ">10\xC2\xB2\xE2\x81\xB5<")); /* 25 */
    far[0].value = 1e-5;
    far[1].value = 2e-3;
    fb_buf_clear(&out);
    FB_TEST_OK(fb_svg_trend(&chart, &out, &err));
    assert_non_null(strstr(out.ptr, ">10\xE2\x81\xBB\xE2\x81\xB4<")); /* to the -4 */
    assert_non_null(strstr(out.ptr, ">0.001<"));
    /* One point alone, whatever its size. */
    chart = (struct fb_chart){FB_STR("t"), FB_STR("s"), false, false, points, 1, NULL, 0};
    points[0] = (struct fb_chart_point){0, 1e300, 0, 0, {0}, true};
    FB_TEST_OK(fb_svg_trend(&chart, &out, &err));
    points[0].value = 0;
    FB_TEST_FAILS(fb_svg_trend(&chart, &out, &err), FB_E_RANGE);
    chart.point_count = 0;
    FB_TEST_FAILS(fb_svg_trend(&chart, &out, &err), FB_E_RANGE);
    chart.point_count = FB_CHART_POINTS_MAX + 1;
    FB_TEST_FAILS(fb_svg_trend(&chart, &out, &err), FB_E_LIMIT);
    fb_buf_release(&out);
}

/* METR's published horizons (benchmark_results_1_1.yaml, January 2026; minutes at 50%) and the
 * doubling times published beside them: 130.801 days from 2023 on, 196.475 since 2019. */
static const char metr_table[] = "date,value,name\n"
                                 "2019-02-14,0.039762,gpt2\n2020-05-28,0.148793,davinci_002\n"
                                 "2022-03-15,0.604245,gpt_3_5_turbo_instruct\n";
static const char metr_later[] =
    "2023-03-14,3.524514,gpt_4\n2023-11-06,3.609578,gpt_4_1106\n2024-03-04,3.575399,opus_3\n"
    "2024-04-09,3.225159,gpt_4_turbo\n2024-05-13,6.404471,gpt_4o\n"
    "2024-06-20,10.771603,sonnet_3_5_old\n2024-09-12,19.395096,o1_preview\n"
    "2024-10-22,19.776241,sonnet_3_5_new\n2024-12-05,37.937543,o1\n"
    "2025-02-24,59.763762,sonnet_3_7\n2025-04-16,120.730463,o3\n2025-05-22,101.182643,opus_4\n"
    "2025-08-07,213.954459,gpt_5\n2025-11-24,320.422486,opus_4_5\n";

static void test_metr_published(void **state)
{
    (void)state;
    struct fb_series s;
    struct fb_progress_list list;
    struct fb_progress_options options = {0.95, true, rule, 0};
    struct fb_buf text;
    fb_buf_init(&text, 1 << 16);
    fb_buf_addf(&text, "%s%s", metr_table, metr_later);
    FB_TEST_OK(fb_series_read_memory(fb_buf_str(&text), "all", &arena, &s, &err));
    FB_TEST_OK(fb_progress_find(&s, &options, &arena, &list, &err));
    assert_true(list.items[0].count == 17 && list.items[0].used == 14);
    near(fb_trend_doubling(list.items[0].line.slope), 196.475, 0.0005);
    fb_buf_clear(&text);
    fb_buf_addf(&text, "date,value,name\n%s", metr_later);
    FB_TEST_OK(fb_series_read_memory(fb_buf_str(&text), "later", &arena, &s, &err));
    FB_TEST_OK(fb_progress_find(&s, &options, &arena, &list, &err));
    assert_true(list.items[0].count == 14 && list.items[0].used == 11);
    near(fb_trend_doubling(list.items[0].line.slope), 130.801, 0.0005);
    fb_buf_release(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_history_17),
        cmocka_unit_test(test_pace),
        cmocka_unit_test(test_series),
        cmocka_unit_test(test_progress),
        cmocka_unit_test(test_metr_published),
        cmocka_unit_test(test_effective_holds),
        cmocka_unit_test(test_plan),
        cmocka_unit_test(test_chart),
    };
    fb_err_init(&err);
    fb_arena_init(&arena, (size_t)1 << 28);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    fb_arena_release(&arena);
    return failed;
}

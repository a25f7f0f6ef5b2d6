/* Tests of src/stats/capability.c and src/ingest/scores.c, on Epoch's published table as well. */
#include <math.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/io.h"
#include "fb_refused.h"
#include "ingest/csv.h"
#include "ingest/scores.h"
#include "stats/random.h"

static struct fb_err err;
static struct fb_arena arena;

static void near(double got, double want, double error)
{
    if (!(fabs(got - want) <= error)) {
        fail_msg("got %.17g, expected %.17g", got, want);
    }
}

static uint32_t place(const struct fb_str *names, uint32_t count, struct fb_str name)
{
    for (uint32_t i = 0; i < count; i++) {
        if (fb_str_eq(names[i], name)) {
            return i;
        }
    }
    fail_msg("no '%.*s'", FB_STR_ARG(name));
    return 0;
}

static double number(const struct fb_csv *csv, const char *name)
{
    double out = 0;
    size_t at = SIZE_MAX;
    FB_TEST_OK(fb_csv_require(csv, (const char *[]){name, NULL}, &at, &err));
    FB_TEST_OK(fb_csv_number(csv, at, &out, &err));
    return out;
}

static struct fb_str text_of(const struct fb_csv *csv, const char *name)
{
    return fb_csv_field(csv, fb_csv_column(csv, (const char *[]){name, NULL}));
}

/* Epoch's fit: cost at most 3.4474; GPT-5 high 2.6453, Cybench 3.0677; all within 0.002, which is
 * how far from the least cost their solver stops. */
static void test_epoch(void **state)
{
    (void)state;
    char path[512];
    struct fb_scores scores;
    struct fb_capability_result result;
    if (!fb_test_shared("data/evidence/epoch/input_scores_1324.csv", path, sizeof(path))) {
        skip();
    }
    FB_TEST_OK(fb_scores_read(path, &arena, &scores, &err));
    assert_true(scores.data.count == 1324 && scores.data.models == 179);
    assert_true(scores.data.benchmarks == 38 && scores.clipped == 0);
    struct fb_capability_options options = {
        place(scores.benchmarks, 38, FB_STR("Winogrande")), 1, 0, 0.1, 0.95, 0, 1};
    FB_TEST_OK(fb_capability_fit(&scores.data, &options, &result, &err));
    assert_true(result.cost <= 3.4474 && result.gradient < 1e-9);
    near(result.models[place(scores.models, 179, FB_STR("gpt-5-2025-08-07_high"))].value, 2.645293,
        5e-4);
    near(
        result.difficulties[place(scores.benchmarks, 38, FB_STR("Cybench"))].value, 3.067710, 5e-4);
    struct fb_buf text;
    fb_buf_init(&text, 1 << 20);
    static const char *const files[] = {"expected_capabilities.csv", "expected_benchmarks.csv"};
    for (int i = 0; i < 2; i++) {
        char name[128];
        struct fb_csv csv;
        bool more = true;
        (void)snprintf(name, sizeof(name), "data/evidence/epoch/%s", files[i]);
        assert_non_null(fb_test_shared(name, path, sizeof(path)));
        fb_buf_clear(&text);
        FB_TEST_OK(fb_io_read(path, &text, &err));
        FB_TEST_OK(fb_csv_start(&csv, fb_buf_str(&text), path, &err));
        for (;;) {
            FB_TEST_OK(fb_csv_next(&csv, &more, &err));
            if (!more) {
                break;
            }
            if (i == 0) {
                uint32_t m = place(scores.models, 179, fb_str_trim(text_of(&csv, "model")));
                near(result.models[m].value, number(&csv, "estimated_capability"), 2e-3);
                continue;
            }
            uint32_t b = place(scores.benchmarks, 38, text_of(&csv, "benchmark_name"));
            near(result.difficulties[b].value, number(&csv, "estimated_difficulty"), 2e-3);
            near(result.slopes[b] / number(&csv, "estimated_slope"), 1, 2e-3);
        }
        fb_csv_release(&csv);
    }
    fb_buf_release(&text);
    fb_capability_release(&result);
}

/* Scores that a known scale gives. */
enum { MODELS = 40, BENCHMARKS = 12 };
static void make(struct fb_capability_score *scores, struct fb_capability_data *data,
    struct fb_random *random, double noise)
{
    size_t count = 0;
    for (uint32_t m = 0; m < MODELS; m++) {
        for (uint32_t b = 0; b < BENCHMARKS; b++) {
            double c = -1 + m / 15.0, d = b == 0 ? 0 : -1 + b / 4.0, slope = 1 + (b % 3);
            double p = 1 / (1 + exp(-slope * (c - d))) + noise * fb_random_normal(random);
            if ((m + b) % 4 != 3) {
                scores[count++] = (struct fb_capability_score){m, b, p < 0 ? 0 : p > 1 ? 1 : p};
            }
        }
    }
    *data = (struct fb_capability_data){scores, count, MODELS, BENCHMARKS};
}

static void test_recovers(void **state)
{
    (void)state;
    struct fb_capability_score scores[MODELS * BENCHMARKS];
    struct fb_capability_data data;
    struct fb_capability_result result;
    struct fb_random random = fb_random_start(1, 0);
    make(scores, &data, &random, 0);
    struct fb_capability_options options = {0, 1, 0, 1e-7, 0.95, 0, 1};
    FB_TEST_OK(fb_capability_fit(&data, &options, &result, &err));
    for (uint32_t m = 0; m < MODELS; m++) {
        near(result.models[m].value, -1 + m / 15.0, 1e-3);
        assert_true(isnan(result.models[m].low));
    }
    near(result.slopes[5], 3, 1e-2);
    fb_capability_release(&result);
    options.anchor_difficulty = 5;
    FB_TEST_OK(fb_capability_fit(&data, &options, &result, &err));
    near(result.models[30].value, 6, 1e-3);
    near(result.difficulties[0].value, 5, 1e-12);
    fb_capability_release(&result);
}

/* The intervals hold the truth about as often as they say, and a few more scores do not matter. */
static void test_intervals(void **state)
{
    (void)state;
    enum { ROUNDS = 10 };
    struct fb_capability_score scores[MODELS * BENCHMARKS];
    struct fb_capability_data data;
    struct fb_capability_result result;
    struct fb_random random = fb_random_start(2, 0);
    int held = 0, all = 0;
    for (uint64_t round = 0; round < ROUNDS; round++) {
        make(scores, &data, &random, 0.04);
        struct fb_capability_options options = {0, 1, 0, 0.01, 0.95, 60, round};
        FB_TEST_OK(fb_capability_fit(&data, &options, &result, &err));
        for (uint32_t m = 5; m < MODELS - 5; m++) {
            double truth = -1 + m / 15.0;
            held += result.models[m].low <= truth && truth <= result.models[m].high;
            all++;
            assert_true(result.models[m].low <= result.models[m].high);
        }
        assert_true(result.boot && result.resamples == 60);
        fb_capability_release(&result);
    }
    printf("# held %d of %d\n", held, all);
    /* 300 that hang together by tens: the error of this share is about two points. */
    assert_true(held >= 0.93 * all);
}

static void test_bounds_and_gaps(void **state)
{
    (void)state;
    /* A model that fails everything and one without scores: held by the ridge and the bounds. */
    struct fb_capability_score scores[] = {
        {0, 0, 0.5}, {0, 1, 0.6}, {1, 0, 0}, {1, 1, 0}, {3, 0, 1}, {3, 1, 1}};
    struct fb_capability_data data = {scores, 6, 4, 3};
    struct fb_capability_options options = {0, 1, 0, 1e-12, 0.95, 5, 1};
    struct fb_capability_result result;
    FB_TEST_OK(fb_capability_fit(&data, &options, &result, &err));
    double shift = result.models[2].value; /* its own place is 0 */
    for (uint32_t i = 0; i < 4; i++) {
        assert_true(fabs(result.models[i].value - shift) <= 10 + 1e-9);
    }
    assert_true(result.models[1].value < result.models[0].value);
    assert_true(result.models[0].value < result.models[3].value);
    assert_true(result.models[2].scores == 0 && result.difficulties[2].scores == 0);
    fb_capability_release(&result);
}

static void test_refuses(void **state)
{
    (void)state;
    struct fb_capability_score scores[] = {{0, 0, 0.5}, {1, 0, 2}};
    struct fb_capability_data data = {scores, 1, 2, 1};
    const struct fb_capability_options good = {0, 1, 0, 0.1, 0.95, 0, 1};
    struct fb_capability_options o = good;
    struct fb_capability_result result = {.model_count = 77};
    o.anchor = 1;
    FB_TEST_FAILS(fb_capability_fit(&data, &o, &result, &err), FB_E_RANGE);
    o = good;
    o.penalty = 0;
    FB_TEST_FAILS(fb_capability_fit(&data, &o, &result, &err), FB_E_RANGE);
    o = good;
    o.anchor_slope = 0.01;
    FB_TEST_FAILS(fb_capability_fit(&data, &o, &result, &err), FB_E_RANGE);
    o = good;
    o.confidence = 0;
    FB_TEST_FAILS(fb_capability_fit(&data, &o, &result, &err), FB_E_RANGE);
    o = good;
    o.resamples = FB_CAPABILITY_RESAMPLES_MAX + 1;
    FB_TEST_FAILS(fb_capability_fit(&data, &o, &result, &err), FB_E_LIMIT);
    data.benchmarks = FB_CAPABILITY_BENCHMARKS_MAX + 1;
    FB_TEST_FAILS(fb_capability_fit(&data, &good, &result, &err), FB_E_LIMIT);
    data.benchmarks = 1;
    data.count = (size_t)FB_CAPABILITY_SCORES_MAX + 1;
    FB_TEST_FAILS(fb_capability_fit(&data, &good, &result, &err), FB_E_LIMIT);
    data.count = 2;
    FB_TEST_FAILS(fb_capability_fit(&data, &good, &result, &err), FB_E_RANGE);
    scores[1].score = 1;
    o = good;
    o.resamples = 2;
    enum fb_code code = FB_E_NOMEM;
    for (int n = 0; code != FB_OK; n++) {
        assert_true(n < 100 && result.model_count == 77);
        fb_alloc_fail_at(n);
        code = fb_capability_fit(&data, &o, &result, &err);
        fb_alloc_fail_at(-1);
        assert_true(code == FB_OK || code == FB_E_NOMEM);
    }
    fb_capability_release(&result);
}

static void test_scores(void **state)
{
    (void)state;
    struct fb_scores a, b;
    FB_TEST_OK(fb_scores_read_memory(FB_STR("model,benchmark,score,date\nm2,b,0.5,2025-01-01\n"
                                            "m1,b,0.25,\nm1,a,1,2024-01-01\n"),
        "t", &arena, &a, &err));
    FB_TEST_OK(fb_scores_read_memory(
        FB_STR("benchmark_id,model_id,performance\na,m1,1\nb,m2,.5\nb,m1,0.25\n"), "t", &arena, &b,
        &err));
    assert_memory_equal(a.digest, b.digest, sizeof(a.digest));
    assert_true(a.dates[0] < a.dates[1] && b.dates[0] == FB_TIME_MIN);
    assert_true(a.data.scores[0].benchmark == 0 && a.data.scores[2].model == 1);
    FB_TEST_OK(fb_scores_read_memory(
        FB_STR("model,benchmark,score\nm,b,1.5\nm,c,0\nm,d,0.5\n"), "t", &arena, &a, &err));
    assert_true(
        a.clipped == 1 && a.data.scores[0].score == 0.999 && a.data.scores[1].score == 0.001);
    static const struct fb_test_refused cases[] = {
        {"model,benchmark,score\n", FB_E_SCHEMA, 0},
        {"model,score\nm,1\n", FB_E_SCHEMA, 1},
        {"model,benchmark,score\nm,,1\n", FB_E_SCHEMA, 2},
        {"model,benchmark,score\nm,b,\n", FB_E_SCHEMA, 2},
        {"model,benchmark,score\nm,b,.5\nm,c,85\n", FB_E_RANGE, 3},
        {"model,benchmark,score\nm,b,-1.01\n", FB_E_RANGE, 2},
        {"model,benchmark,score,date\nm,b,1,soon\n", FB_E_TIME, 2},
        {"model,benchmark,score,date\nm,b,1,2025-01-01\nm,c,1,2025-01-02\n", FB_E_MISMATCH, 3},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        fb_err_init(&err);
        FB_TEST_REFUSES(
            fb_scores_read_memory(fb_str_of(cases[i].text), "t", &arena, &a, &err), &cases[i]);
    }
    FB_TEST_FAILS(fb_scores_read("/nowhere/at/all", &arena, &a, &err), FB_E_NOT_FOUND);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_epoch),
        cmocka_unit_test(test_recovers),
        cmocka_unit_test(test_intervals),
        cmocka_unit_test(test_bounds_and_gaps),
        cmocka_unit_test(test_refuses),
        cmocka_unit_test(test_scores),
    };
    fb_err_init(&err);
    fb_arena_init(&arena, (size_t)1 << 28);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    fb_arena_release(&arena);
    return failed;
}

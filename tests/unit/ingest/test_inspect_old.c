/*
 * Shapes of Inspect's logs that its migrations still read, signs of other models and tolerance, and
 * figures of metrics with parameters (ingest/inspect_measure): by hand, with Python's statistics.
 */
#include <math.h>

#include "fb_test.h"
#include "ingest/inspect.h"
#include "ingest/reader.h"

/* cmocka compares floats; these are doubles. */
#define assert_near(a, b, epsilon) assert_true(fabs((a) - (b)) <= (epsilon))

static struct fb_err err;
static struct fb_arena arena;

static int setup(void **state)
{
    (void)state;
    fb_err_init(&err);
    fb_arena_init(&arena, (size_t)64 << 20);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    fb_arena_release(&arena);
    return 0;
}

/* Reads a log; the body of its first evaluation. */
static enum fb_code read_log(const char *text, const struct fb_json **out)
{
    struct fb_drafts drafts = {0};
    struct fb_json *json = NULL;
    enum fb_code code = fb_ingest_memory(fb_str_of(text), "log.json", NULL, &arena, &drafts, &err);
    if (code == FB_OK) {
        FB_TEST_OK(fb_json_parse(drafts.items[0].json, "draft", NULL, &arena, &json, &err));
        *out = fb_json_get(json, "body");
    }
    return code;
}

static bool has_flag(const struct fb_json *body, const char *flag)
{
    for (const struct fb_json *f = fb_json_get(body, "flags")->child; f; f = f->next) {
        if (fb_str_is(f->text, flag)) {
            return true;
        }
    }
    return false;
}

static double figure(const struct fb_json *body, const char *name)
{
    const struct fb_json *metric = fb_json_get(fb_json_get(body, "metrics"), name);
    const struct fb_json *ours = fb_json_get(metric, "recomputed");
    return ours && ours->kind == FB_JSON_NUMBER ? ours->number : (double)NAN;
}

#define LOG(created, eval, results, samples)                                                       \
    "{\"version\":1,\"status\":\"success\",\"eval\":{\"task\":\"t\",\"model\":\"org/m\","          \
    "\"created\":\"" created "\"," eval "\"dataset\":{},\"config\":{}},\"results\":" results       \
    ",\"samples\":[" samples "]}"

/* One scorer in the results, its metrics beside it; one score a sample; times without a zone. */
static void test_version_1(void **state)
{
    (void)state;
    const struct fb_json *body = NULL;
#define OLD(accuracy)                                                                              \
    LOG("2024-05-05T07:59:35.25", "",                                                              \
        "{\"scorer\":{\"name\":\"match\",\"params\":{}},\"metrics\":{\"accuracy\":{\"name\":"      \
        "\"accuracy\",\"value\":" accuracy ",\"options\":{}}}}",                                   \
        "{\"id\":1,\"epoch\":1,\"score\":{\"value\":\"C\"}},"                                      \
        "{\"id\":2,\"epoch\":1,\"score\":{\"value\":\"I\"}}")
    FB_TEST_OK(read_log(OLD("0.5"), &body));
    assert_true(fb_str_is(fb_json_get_str(body, "scorer"), "match"));
    assert_true(fb_str_is(fb_json_get_str(body, "began"), "2024-05-05T07:59:35.250000Z"));
    assert_true(has_flag(body, "no_time_zone"));
    assert_near(figure(body, "accuracy"), 0.5, 1e-12);
    assert_int_equal(fb_json_get(body, "succeeded_any")->integer, 1);
    FB_TEST_FAILS(read_log(OLD("1.0"), &body), FB_E_MISMATCH);
    assert_string_equal(err.path, "$.results.metrics.accuracy.value");
}

static void test_signs(void **state)
{
    (void)state;
    static const struct {
        const char *eval, *sample, *flag;
        int64_t unresolved;
    } table[] = {
        {"\"model_roles\":{\"grader\":{\"model\":\"org/m\"}},", "", "self_graded", 0},
        {"\"model_roles\":{\"helper\":{\"model\":\"org/other\"}},", "", "model_roles", 0},
        {"", ",\"model_fallbacks\":[{\"model\":\"org/m\"}]", "model_fallbacks", 1},
        {"", ",\"error_retries\":[{\"message\":\"x\"}]", "retries", 0},
    };
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        char text[4096];
        const struct fb_json *body = NULL;
        snprintf(text, sizeof(text),
            "{\"version\":2,\"status\":\"success\",\"eval\":{\"task\":\"t\",\"model\":\"org/m\","
            "\"created\":\"2026-01-01T00:00:00+00:00\",%s\"config\":{\"fail_on_error\":%s}},"
            "\"samples\":[{\"id\":1,\"epoch\":1,\"scores\":{\"s\":{\"value\":0}}%s}]}",
            table[i].eval, i ? "0.5" : "true", table[i].sample);
        FB_TEST_OK(read_log(text, &body));
        assert_true(has_flag(body, table[i].flag));
        assert_true(has_flag(body, "errors_tolerated") == (i > 0));
        assert_int_equal(fb_json_get(body, "unresolved")->integer, table[i].unresolved);
        assert_false(has_flag(body, "no_time_zone"));
    }
}

#define CELL(id, value, group)                                                                     \
    "{\"id\":" id ",\"epoch\":1,\"scores\":{\"s\":{\"value\":" value                               \
    "}},\"metadata\":{\"g\":" group "}}"
#define SIX                                                                                        \
    CELL("1", "1", "\"a\"")                                                                        \
    "," CELL("2", "0", "\"a\"") "," CELL("3", "1", "\"b\"") "," CELL("4", "1", "\"b\"") "," CELL(  \
        "5", "0", "true") "," CELL("6", "0.5", "true")
#define METRICS(metrics)                                                                           \
    LOG("2026-01-01T00:00:00Z", "",                                                                \
        "{\"scores\":[{\"name\":\"s\",\"scorer\":\"s\",\"metrics\":{" metrics "}}]}", SIX)

/* Mean .583333, stderr .2006932; t of 5 degrees at 97.5% 2.5705818, of 2 at 95% 2.9199856. */
static void test_figures(void **state)
{
    (void)state;
    static const struct {
        const char *metric;
        double value; /* NAN: not known here */
        bool is_refused_when_off;
    } table[] = {
        {"\"x\":{\"name\":\"lower\",\"group\":\"ci\",\"value\":%.12g}", 0.06743492839433, true},
        {"\"x\":{\"name\":\"upper\",\"group\":\"ci\",\"value\":%.12g}", 1.09923173827234, true},
        {"\"x\":{\"name\":\"upper\",\"group\":\"ci\",\"params\":{\"level\":0.9,\"cluster\":\"g\"},"
         "\"value\":%.12g}",
            1.22712963979255, true},
        {"\"x\":{\"name\":\"lower\",\"group\":\"ci\",\"params\":{\"method\":\"bootstrap\"},"
         "\"value\":%.12g}",
            0.25, true},
        {"\"x\":{\"name\":\"bootstrap_stderr\",\"value\":%.12g}", 0.183207027198235, true},
        {"\"x\":{\"name\":\"b\",\"group\":\"grouped\",\"params\":{\"group_key\":\"g\",\"metric\":{"
         "\"type\":\"metric\",\"name\":\"inspect_ai/mean\",\"params\":{}}},\"value\":%.12g}",
            1, true},
        /* Without the group, as until 2025; the value true is printed as Python prints it. */
        {"\"x\":{\"name\":\"True\",\"params\":{\"group_key\":\"g\",\"metric\":{\"name\":"
         "\"inspect_ai/std\"}},\"value\":%.12g}",
            0.353553390593274, true},
        {"\"x\":{\"name\":\"all\",\"group\":\"grouped\",\"params\":{\"group_key\":\"g\",\"metric\":"
         "{\"name\":\"inspect_ai/mean\"}},\"value\":%.12g}",
            0.583333333333333, true},
        {"\"x\":{\"name\":\"sum\",\"group\":\"grouped\",\"params\":{\"group_key\":\"g\",\"all\":"
         "\"groups\",\"all_label\":\"sum\",\"metric\":{\"name\":\"inspect_ai/mean\"}},\"value\":"
         "%.12g}",
            0.583333333333333, true},
        {"\"x\":{\"name\":\"b\",\"group\":\"grouped\",\"params\":{\"group_key\":\"g\",\"metric\":{"
         "\"name\":\"own/mean\"}},\"value\":%.12g}",
            NAN, false},
    };
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        char log[8192], metric[512];
        const struct fb_json *body = NULL;
        double stated = isnan(table[i].value) ? 0.25 : table[i].value;
        for (int off = 0; off < 2; off++) {
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
            snprintf(metric, sizeof(metric), table[i].metric, off ? stated * 1.5 : stated);
#pragma GCC diagnostic pop
            snprintf(log, sizeof(log), METRICS("%s"), metric);
            if (off && table[i].is_refused_when_off) {
                FB_TEST_FAILS(read_log(log, &body), FB_E_MISMATCH);
                continue;
            }
            FB_TEST_OK(read_log(log, &body));
            assert_true(has_flag(body, "metric_not_recomputed") == isnan(table[i].value));
            if (!isnan(table[i].value)) {
                assert_near(figure(body, "x"), table[i].value, 1e-6);
            }
        }
    }
}

/* Words are counted over all epochs; NaN is none. */
static void test_frequency(void **state)
{
    (void)state;
#define WORD(id, value) "{\"id\":" id ",\"epoch\":1,\"scores\":{\"s\":{\"value\":" value "}}}"
#define WORDS(no)                                                                                  \
    LOG("2026-01-01T00:00:00Z", "",                                                                \
        "{\"scores\":[{\"name\":\"s\",\"scorer\":\"s\",\"metrics\":{\"no\":{\"name\":\"no\","      \
        "\"group\":\"frequency\",\"value\":" no "},\"unsure\":{\"name\":\"unsure\",\"group\":"     \
        "\"frequency\",\"value\":0}}}]}",                                                          \
        WORD("1", "\"yes\"") "," WORD("2", "\"no\"") "," WORD("3", "\"yes\"") "," WORD(            \
            "4", "NaN") "," WORD("5", "\"sandbagging\""))
    const struct fb_json *body = NULL;
    FB_TEST_OK(read_log(WORDS("0.25"), &body));
    assert_near(figure(body, "no"), 0.25, 1e-12);
    assert_near(figure(body, "unsure"), 0, 1e-12);
    FB_TEST_FAILS(read_log(WORDS("0.2"), &body), FB_E_MISMATCH);
}

/* A metric of the object of values, and one of the same name of a key; numbers as categories. */
static void test_names_of_metrics(void **state)
{
    (void)state;
#define KEYED(more)                                                                                \
    LOG("2026-01-01T00:00:00Z", "",                                                                \
        "{\"scores\":[{\"name\":\"s\",\"scorer\":\"s\",\"metrics\":{\"mean\":{\"name\":\"mean\","  \
        "\"value\":0}}},{\"name\":\"p\",\"scorer\":\"s\",\"metrics\":{\"mean\":{\"name\":"         \
        "\"mean\","                                                                                \
        "\"value\":1},\"1\":{\"name\":\"1\",\"group\":\"frequency\",\"value\":1}}}" more "]}",     \
        "{\"id\":1,\"epoch\":1,\"scores\":{\"s\":{\"value\":{\"p\":1}}}}")
    const struct fb_json *body = NULL;
    FB_TEST_OK(read_log(KEYED(""), &body));
    assert_near(figure(body, "mean"), 1, 0);
    assert_near(figure(body, "1"), 1, 0);
    /* To a metric of numbers an object is 0. */
    assert_near(figure(body, "s:mean"), 0, 0);
    assert_false(has_flag(body, "metric_not_recomputed"));
    FB_TEST_OK(read_log(KEYED(",{\"name\":\"p\",\"scorer\":\"s\",\"metrics\":{\"mean\":{\"name\":"
                              "\"mean\",\"value\":1}}}"),
        &body));
    assert_non_null(fb_json_get(fb_json_get(body, "metrics"), "mean#3"));
}

/* A task may call a metric of its own `accuracy`. Headers say whose a metric is by Inspect's
 * prefix, in lists, in objects by key and in lists of those; only Inspect's own is held to its
 * definition.
 */
static void test_own_names(void **state)
{
    (void)state;
    static const struct {
        const char *metrics, *stated;
        bool is_refused, is_figure; /* else it is kept as stated */
    } table[] = {
        {"[{\"name\":\"inspect_ai/accuracy\"}]", "0.5", false, true},
        {"[{\"name\":\"inspect_ai/accuracy\"}]", "12", true, false},
        {"[{\"name\":\"inspect_ai/std\"},{\"name\":\"accuracy\"}]", "12", false, false},
        {"[{\"name\":\"accuracy\"}]", "0.5", false, true}, /* it is Inspect's figure all the same */
        {"[{\"name\":\"package/accuracy\"}]", "12", false, false},
        {"[{\"name\":\"accuracy2\"}]", "12", true, false},
        {"{\"*\":[{\"name\":\"accuracy\"}]}", "12", false, false},
        {"[{\"x\":[{\"name\":\"accuracy\"}]},{\"name\":\"inspect_ai/std\"}]", "12", false, false},
        {"{\"*\":[{\"name\":\"inspect_ai/accuracy\"}]}", "12", true, false},
        {"null", "12", true, false},
    };
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        char text[4096];
        const struct fb_json *body = NULL;
        snprintf(text, sizeof(text),
            "{\"version\":2,\"status\":\"success\",\"eval\":{\"task\":\"t\",\"model\":\"org/m\","
            "\"created\":\"2026-01-01T00:00:00+00:00\",\"config\":{},\"scorers\":[{\"name\":\"s\","
            "\"metrics\":%s},{\"name\":\"r\",\"metrics\":[{\"name\":\"accuracy\"}]}]},"
            "\"results\":{\"scores\":[{\"name\":\"s\",\"scorer\":\"s\",\"metrics\":{\"accuracy\":"
            "{\"name\":\"accuracy\",\"value\":%s}}}]},\"samples\":["
            "{\"id\":1,\"epoch\":1,\"scores\":{\"s\":{\"value\":\"C\"}}},"
            "{\"id\":2,\"epoch\":1,\"scores\":{\"s\":{\"value\":\"I\"}}}]}",
            table[i].metrics, table[i].stated);
        enum fb_code code = read_log(text, &body);
        assert_int_equal(code, table[i].is_refused ? FB_E_MISMATCH : FB_OK);
        if (table[i].is_refused) {
            fb_err_init(&err);
            continue;
        }
        assert_true(isnan(figure(body, "accuracy")) == !table[i].is_figure);
        assert_true(has_flag(body, "metric_not_recomputed") == !table[i].is_figure);
        if (!table[i].is_figure) {
            const struct fb_json *metric = fb_json_get(fb_json_get(body, "metrics"), "accuracy");
            assert_true(fb_str_is(fb_json_get_str(metric, "reason"),
                "the task has a metric of its own by this name"));
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_version_1, setup, teardown),
        cmocka_unit_test_setup_teardown(test_signs, setup, teardown),
        cmocka_unit_test_setup_teardown(test_figures, setup, teardown),
        cmocka_unit_test_setup_teardown(test_frequency, setup, teardown),
        cmocka_unit_test_setup_teardown(test_names_of_metrics, setup, teardown),
        cmocka_unit_test_setup_teardown(test_own_names, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

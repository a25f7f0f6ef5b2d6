/*
 * Metrics of Inspect over more than a number a sample (ingest/inspect_composed, inspect_drawn,
 * inspect_view): logs that the tool wrote, and by hand what it stops at or what somebody changed.
 */
#include <math.h>

#include "base/alloc.h"
#include "fb_test.h"
#include "ingest/inspect_measuring.h"
#include "ingest/reader.h"

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

/* How far the tool's figure may be from ours: exact ones by rounding, drawn ones by their draws. */
static double tolerance(struct fb_str name)
{
    return fb_str_is(name, "lower") || fb_str_is(name, "upper")     ? 0.05
           : fb_str_is(name, "lower2") || fb_str_is(name, "upper2") ? 0.05
                                                                    : 1e-9;
}

/* Every figure that the tool wrote is ours, but for the one that only its task can compute. */
static void test_tool(void **state)
{
    (void)state;
    static const struct {
        const char *file;
        size_t metrics, unknown;
    } table[] = {
        {"composed.eval", 32, 1}, {"composed-epochs.eval", 30, 0}, {"collected.eval", 4, 0}};
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        char path[1024];
        struct fb_drafts drafts = {0};
        size_t metrics = 0, unknown = 0;
        snprintf(path, sizeof(path), "%s/tests/data/inspect/%s", getenv("FB_SOURCE_ROOT"),
            table[i].file);
        FB_TEST_OK(fb_ingest_file(path, NULL, &arena, &drafts, &err));
        struct fb_str scorer = {NULL, 0};
        for (size_t d = 0; d < drafts.count; d++) {
            struct fb_json *json = NULL;
            FB_TEST_OK(fb_json_parse(drafts.items[d].json, "draft", NULL, &arena, &json, &err));
            const struct fb_json *body = fb_json_get(json, "body");
            struct fb_str name = fb_json_get_str(body, "scorer");
            name = fb_str_sub(name, 0, fb_str_find(name, '/', 0));
            if (fb_str_eq(name, scorer)) {
                continue; /* figures of the whole object stand with each of its fields */
            }
            scorer = name;
            const struct fb_json *m = fb_json_get(body, "metrics")->child;
            for (; m; m = m->next, metrics++) {
                const struct fb_json *ours = fb_json_get(m, "recomputed");
                const struct fb_json *stated = fb_json_get(m, "stated");
                if (ours->kind == FB_JSON_FALSE) {
                    assert_true(fb_str_is(m->key, "fields:own"));
                    assert_true(fb_str_is(
                        fb_json_get_str(m, "reason"), "its definition is not known here"));
                    unknown++;
                    continue;
                }
                assert_null(fb_json_get(m, "reason"));
                assert_int_equal(ours->kind, stated->kind); /* null: there was nothing to agree */
                assert_true(ours->kind == FB_JSON_NULL ||
                            fabs(ours->number - stated->number) <= tolerance(m->key));
            }
        }
        assert_int_equal(metrics, table[i].metrics);
        assert_int_equal(unknown, table[i].unknown);
    }
}

/* What becomes of one metric of a log: "0.5" recomputed, "?reason", or "!" refused. */
struct made {
    const char *metric, *values[6];
    const char *outcome;
};

static void check_made(const struct made *made)
{
    char text[8192], outcome[256];
    size_t len = (size_t)snprintf(text, sizeof(text),
        "{\"version\":2,\"status\":\"success\",\"eval\":{\"task\":\"t\",\"model\":\"org/m\","
        "\"created\":\"2026-01-01T00:00:00+00:00\",\"config\":{}},\"results\":{\"scores\":["
        "{\"name\":\"s\",\"scorer\":\"s\",\"metrics\":{\"x\":{%s}}}]},\"samples\":[",
        made->metric);
    for (size_t i = 0; i < 6 && made->values[i]; i++) {
        len += (size_t)snprintf(text + len, sizeof(text) - len,
            "%s{\"id\":%zu,\"epoch\":1,\"scores\":{\"s\":{\"value\":%s}}}", i ? "," : "", i,
            made->values[i]);
    }
    snprintf(text + len, sizeof(text) - len, "]}");
    struct fb_drafts drafts = {0};
    struct fb_json *json = NULL;
    printf("# %s\n", made->metric);
    enum fb_code code = fb_ingest_memory(fb_str_of(text), "log.json", NULL, &arena, &drafts, &err);
    if (made->outcome[0] == '!') {
        assert_int_equal(code, FB_E_MISMATCH);
        return;
    }
    FB_TEST_OK(code);
    FB_TEST_OK(fb_json_parse(drafts.items[0].json, "draft", NULL, &arena, &json, &err));
    const struct fb_json *metrics = fb_json_get(fb_json_get(json, "body"), "metrics");
    const struct fb_json *m = metrics->child;
    assert_int_equal(metrics->count, 1);
    struct fb_str why = fb_json_get_str(m, "reason");
    if (why.len > 0) {
        snprintf(outcome, sizeof(outcome), "?%.*s", FB_STR_ARG(why));
    } else if (fb_json_get(m, "recomputed")->kind == FB_JSON_NULL) {
        snprintf(outcome, sizeof(outcome), "nan");
    } else {
        snprintf(outcome, sizeof(outcome), "%.6g", fb_json_get(m, "recomputed")->number);
    }
    assert_string_equal(outcome, made->outcome);
}

#define AGG(value, more)                                                                           \
    "\"name\":\"aggregate\",\"value\":" value ",\"params\":{\"key\":\"p\",\"agg\":{\"type\":"      \
    "\"metric\",\"name\":\"inspect_ai/mean\",\"params\":{}}" more "}"

static void test_aggregate(void **state)
{
    (void)state;
    static const struct made table[] = {
        {AGG("0.5", ""), {"{\"p\":1}", "{\"p\":0}", "NaN", "{\"p\":NaN}"}, "0.5"},
        {AGG("0.6", ""), {"{\"p\":1}", "{\"p\":0}"}, "!"},
        {AGG("0.5", ""), {"{\"p\":1}", "{\"q\":0}"},
            "?a sample lacks its field, at which Inspect stops"},
        {AGG("1", ",\"on_missing\":\"skip\""), {"{\"p\":1}", "{\"q\":0}"}, "1"},
        {AGG("0.25", ",\"on_missing\":\"zero\""), {"{\"p\":1}", "{\"q\":0}", "{\"q\":0}", "{}"},
            "0.25"},
        {AGG("0.5", ",\"on_missing\":\"zero\""), {"{\"p\":1}", "{\"q\":0}", "{\"q\":0}"}, "!"},
        {AGG("NaN", ",\"on_missing\":\"skip\""), {"{\"q\":1}"}, "nan"},
        {AGG("NaN", ""), {"NaN"}, "nan"},
        {AGG("0.5", ""), {"1", "0"}, "?it is of objects, and values are none"},
        /* A function of the task: Inspect's own is tried, and a difference proves nothing. */
        {AGG("0.5", ",\"to_float\":\"mine\""), {"{\"p\":\"C\"}", "{\"p\":\"I\"}"}, "0.5"},
        {AGG("0.7", ",\"to_float\":\"mine\""), {"{\"p\":\"C\"}", "{\"p\":\"I\"}"},
            "?it reads values by a function that only its task has"},
        {AGG("0.5", ",\"more\":1"), {"{\"p\":1}"}, "?a parameter of it is not known here"},
        {"\"name\":\"aggregate\",\"value\":0", {"{\"p\":1}"},
            "?its field or the metric of it is not stated"},
        /* NaN is in no mean, null is 0 in it. */
        {"\"name\":\"accuracy\",\"value\":0.5", {"1", "null"}, "0.5"},
        {"\"name\":\"accuracy\",\"value\":0.5", {"1", "NaN", "0", "NaN"}, "0.5"},
        {"\"name\":\"accuracy\",\"value\":0.7", {"{\"p\":1}"},
            "?it reads values by a function that only its task has"},
    };
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        check_made(&table[i]);
    }
}

#define ALPHA(value, params)                                                                       \
    "\"name\":\"krippendorff_alpha\",\"value\":" value ",\"params\":{" params "}"

/* Two judges, four items, one difference: nominal alpha 1 - (2 / 8) / (30 / 56) = .533333. */
static void test_alpha(void **state)
{
    (void)state;
    static const struct made table[] = {
        {ALPHA("0.5333333333333333", ""), {"[1,1]", "[0,0]", "[1,0]", "[0,0]"}, "0.533333"},
        {ALPHA("0.6", ""), {"[1,1]", "[0,0]", "[1,0]", "[0,0]"}, "!"},
        /* Words as they are: the mean of epochs would make them numbers, all of them 0. */
        {ALPHA("0.5333333333333333", ""),
            {"[\"a\",\"a\"]", "[\"b\",\"b\"]", "[\"a\",\"b\"]", "[\"b\",\"b\"]"}, "0.533333"},
        /* The word true and the number 1 are two ratings, true and 1 are one. */
        {ALPHA("1", ""), {"[true,1]", "[0,false]"}, "1"},
        {ALPHA("1", ""), {"[1,1]", "[1,1]"}, "1"},
        {ALPHA("NaN", ""), {"[1]", "[]"}, "nan"},
        {ALPHA("0.5", "\"level\":\"ratio\""), {"[1,1]", "[0,0]"}, "?its level is not known here"},
        {ALPHA("0.3", "\"level\":\"interval\""), {"[1,1e999]"}, "?a rating is not finite"},
        {ALPHA("0.3", ""), {"[1,NaN]", "[0,0]"}, "?a rating is no number and no word"},
    };
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        check_made(&table[i]);
    }
}

/* ln 2 a token: exp gives 2. */
static void test_perplexity(void **state)
{
    (void)state;
    static const struct {
        const char *name, *value, *metadata[2], *outcome;
    } table[] = {
        {"token", "2", {"4|-2.772588722239781", "2|-1.3862943611198906"}, "2"},
        {"token", "2.5", {"4|-2.772588722239781", "2|-1.3862943611198906"}, "!"},
        {"seq", "1", {"4|0", "0|-7"}, "1"},
        {"token", "NaN", {"null|0", "0|null"}, "nan"},
        {"token", "2", {"\"4\"|-2", "2|-1"}, "?a count of tokens or a likelihood is no number"},
    };
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        char metric[256], values[2][256];
        for (size_t v = 0; v < 2; v++) {
            const char *bar = strchr(table[i].metadata[v], '|');
            snprintf(values[v], sizeof(values[v]),
                "1,\"metadata\":{\"num_tokens\":%.*s,\"sum_log_probs\":%s}",
                (int)(bar - table[i].metadata[v]), table[i].metadata[v], bar + 1);
        }
        snprintf(metric, sizeof(metric), "\"name\":\"perplexity_per_%s\",\"value\":%s",
            table[i].name, table[i].value);
        struct made made = {metric, {values[0], values[1]}, table[i].outcome};
        check_made(&made);
    }
}

/* Intervals by bootstrap: what no draw gives is refused. */
static void test_drawn(void **state)
{
    (void)state;
#define DRAWN(end, value)                                                                          \
    "\"name\":\"" end "\",\"group\":\"ci\",\"params\":{\"method\":\"bootstrap\"},\"value\":" value
    static const struct made table[] = {
        {DRAWN("lower", "0"), {"1", "0", "0", "0", "1", "0"}, "0"},
        {DRAWN("upper", "0.666667"), {"1", "0", "0", "0", "1", "0"}, "0.666667"},
        {DRAWN("lower", "0.4"), {"1", "0", "0", "0", "1", "0"}, "!"},
        {DRAWN("upper", "0.3"), {"1", "0", "0", "0", "1", "0"}, "!"},
        {DRAWN("upper", "1"), {"1"}, "1"},
        {DRAWN("middle", "1"), {"1", "0"}, "?its method or level is not known here"},
        {"\"name\":\"lower\",\"group\":\"ci\",\"params\":{\"method\":\"bca\"},\"value\":0",
            {"1", "0"}, "?its method or level is not known here"},
    };
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        check_made(&table[i]);
    }
}

/* A log whose metrics take long: what is beyond is as stated. Scores of the header have a limit. */
static void test_work(void **state)
{
    (void)state;
    static const char *const metrics[] = {
        DRAWN("upper", "0.5"), "\"name\":\"krippendorff_alpha\",\"value\":0.5"};
    struct fb_inspect_cell cells[] = {{.attempt = 0, .value = 1}, {.attempt = 1, .value = 0}};
    struct fb_inspect_attempt attempts[] = {{.sample = 0}, {.sample = 1}};
    struct fb_inspect_series series = {
        .scorer = FB_STR("s"), .key = FB_STR("[0]"), .cells = cells, .count = 2};
    struct fb_inspect log = {.series = &series,
        .series_count = 1,
        .attempts = attempts,
        .attempt_count = 2,
        .sample_count = 2};
    struct fb_inspect_unit units[] = {{1, 0, 0}, {0, 1, 1}};
    for (size_t i = 0; i < 2; i++) {
        char text[256];
        struct fb_json *metric = NULL;
        struct fb_inspect_measured ours;
        struct fb_inspect_view view = {.units = units,
            .count = 2,
            .is_known = true,
            .is_whole = i == 1,
            .scorer = FB_STR("s")};
        snprintf(text, sizeof(text), "{%s}", metrics[i]);
        FB_TEST_OK(fb_json_parse(fb_str_of(text), "metric", NULL, &arena, &metric, &err));
        log.work = 0;
        FB_TEST_OK(fb_inspect_measure(&log, metric, &view, &ours, &err));
        assert_true(!ours.why && log.work > 2);
        log.work = FB_INSPECT_WORK_MAX - 1;
        FB_TEST_OK(fb_inspect_measure(&log, metric, &view, &ours, &err));
        assert_string_equal(
            ours.why, "the log's metrics take too long, made by chance or in groups");
    }
    struct fb_buf text;
    struct fb_drafts drafts = {0};
    fb_buf_init(&text, 1 << 20);
    fb_buf_add_c(&text, "{\"version\":2,\"status\":\"success\",\"eval\":{\"task\":\"t\",\"model\":"
                        "\"m\",\"created\":\"2026-01-01T00:00:00+00:00\",\"config\":{}},"
                        "\"results\":{\"scores\":[{\"name\":\"s\"}");
    for (int i = 0; i < 4096; i++) {
        fb_buf_add_c(&text, ",{\"name\":\"s\"}");
    }
    fb_buf_add_c(&text, "]},\"samples\":[{\"id\":1,\"epoch\":1}]}");
    FB_TEST_FAILS(
        fb_ingest_memory(fb_buf_str(&text), "log.json", NULL, &arena, &drafts, &err), FB_E_LIMIT);
    fb_buf_release(&text);
}

/* A cluster or group whose name stands elsewhere in its sample is none: one index may be two. Where
 * no sample has one, all are one cluster. */
static void test_reference(void **state)
{
    (void)state;
    static const char head[] =
        "{\"version\":2,\"status\":\"success\",\"eval\":{\"task\":\"t\",\"model\":\"m\","
        "\"created\":\"2026-01-01T00:00:00+00:00\",\"config\":{}},\"results\":{\"scores\":["
        "{\"name\":\"s\",\"scorer\":\"s\",\"metrics\":{\"stderr\":{\"name\":\"stderr\",\"value\":0."
        "5,"
        "\"params\":{\"cluster\":\"k\"}}}}]},\"samples\":[";
    static const char sample[] = "%s{\"id\":%d,\"epoch\":1,\"metadata\":{\"k\":%s},"
                                 "\"scores\":{\"s\":{\"value\":%d}}}";
    static const struct {
        const char *names[2];
        int clusters;
    } table[] = {{{"\"a\"", "\"b\""}, 2}, {{"\"1\"", "1"}, 2},
        {{"\"attachment://0\"", "\"attachment://1\""}, 1}};
    for (size_t n = 0; n < sizeof(table) / sizeof(table[0]); n++) {
        bool is_apart = table[n].clusters == 2;
        struct fb_buf text;
        struct fb_drafts drafts = {0};
        struct fb_json *json = NULL;
        fb_buf_init(&text, 1 << 16);
        fb_buf_add_c(&text, head);
        for (int i = 0; i < 2; i++) {
            fb_buf_addf(&text, sample, i ? "," : "", i, table[n].names[i], i);
        }
        fb_buf_add_c(&text, "]}");
        enum fb_code code =
            fb_ingest_memory(fb_buf_str(&text), "log.json", NULL, &arena, &drafts, &err);
        fb_buf_release(&text);
        FB_TEST_OK(code);
        FB_TEST_OK(fb_json_parse(drafts.items[0].json, "draft", NULL, &arena, &json, &err));
        const struct fb_json *body = fb_json_get(json, "body");
        struct fb_str why = fb_json_get_str(fb_json_get(body, "metrics")->child, "reason");
        assert_true(fb_str_is(why, is_apart ? "" : "a sample has no cluster in its metadata"));
        const struct fb_json *rows = fb_json_get(fb_json_get(body, "clusters"), "rows");
        assert_non_null(rows); /* how many, of how many samples: 0 and 1 succeeded, or one of two */
        assert_int_equal(rows->count, table[n].clusters);
        assert_int_equal(rows->child->child->next->integer, is_apart ? 1 : 2);
    }
}

/* Memory that runs out at any call is an error and leaks nothing. */
static void test_faults(void **state)
{
    (void)state;
    char path[1024];
    struct fb_drafts drafts = {0};
    snprintf(path, sizeof(path), "%s/tests/data/inspect/composed.eval", getenv("FB_SOURCE_ROOT"));
    enum fb_code code = FB_E_NOMEM;
    int64_t n = 0;
    for (; code != FB_OK; n += 1 + n / 20) {
        fb_arena_release(&arena);
        fb_arena_init(&arena, (size_t)64 << 20);
        fb_alloc_fail_at(n);
        code = fb_ingest_file(path, NULL, &arena, &drafts, &err);
        fb_alloc_fail_at(-1);
        assert_true(code == FB_OK || code == FB_E_NOMEM);
    }
    assert_true(n > 100);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_tool, setup, teardown),
        cmocka_unit_test_setup_teardown(test_aggregate, setup, teardown),
        cmocka_unit_test_setup_teardown(test_alpha, setup, teardown),
        cmocka_unit_test_setup_teardown(test_perplexity, setup, teardown),
        cmocka_unit_test_setup_teardown(test_drawn, setup, teardown),
        cmocka_unit_test_setup_teardown(test_work, setup, teardown),
        cmocka_unit_test_setup_teardown(test_reference, setup, teardown),
        cmocka_unit_test_setup_teardown(test_faults, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

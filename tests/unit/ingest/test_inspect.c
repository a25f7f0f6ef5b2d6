/* Tests of src/ingest: Inspect logs that the tool wrote, ours and those of shared data. */
#include <math.h>

#include "base/alloc.h"
#include "base/io.h"
#include "fb_test.h"
#include "ingest/ingest.h"
#include "ingest/reader.h"
#include "record/record.h"

static struct fb_err err;

/* What a log is to give: the counts of its first evaluation, and its flags in order. */
struct expected {
    const char *file;
    enum fb_code code;
    const char *status;
    int64_t samples, any, all, unresolved, epochs;
    const char *flags;
    const char *figures; /* "name=value" of the metrics, stated and recomputed alike */
};

static int64_t integer(const struct fb_json *body, const char *key)
{
    const struct fb_json *value = fb_json_get(body, key);
    assert_non_null(value);
    assert_true(value->is_integer);
    return value->integer;
}

static void check_flags(const struct fb_json *body, const char *expected)
{
    char text[1024] = "";
    for (const struct fb_json *f = fb_json_get(body, "flags")->child; f; f = f->next) {
        snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s%.*s", text[0] ? " " : "",
            FB_STR_ARG(f->text));
    }
    assert_string_equal(text, expected);
}

static void check_figures(const struct fb_json *body, const char *expected)
{
    char text[1024] = "";
    for (const struct fb_json *m = fb_json_get(body, "metrics")->child; m; m = m->next) {
        const struct fb_json *ours = fb_json_get(m, "recomputed");
        assert_int_equal(ours->kind, FB_JSON_NUMBER);
        assert_true(fabs(ours->number - fb_json_get(m, "stated")->number) < 1e-9);
        snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s%.*s=%.6g",
            text[0] ? " " : "", FB_STR_ARG(m->key), ours->number);
    }
    assert_string_equal(text, expected);
}

/* Reads a draft back, and asks the record room whether it would become a record. */
static struct fb_json *parse_draft(const struct fb_draft *draft, struct fb_arena *arena)
{
    struct fb_json *json = NULL;
    FB_TEST_OK(fb_json_parse(draft->json, "draft", NULL, arena, &json, &err));
    struct fb_buf canonical;
    fb_buf_init(&canonical, FB_STATEMENT_MAX);
    FB_TEST_OK(fb_record_canonical(
        json, (struct fb_record_fill){.issuer = FB_STR("party/test")}, &canonical, &err));
    fb_buf_release(&canonical);
    return json;
}

static void check_draft(
    const struct fb_draft *draft, const struct expected *e, struct fb_arena *arena)
{
    const struct fb_json *json = parse_draft(draft, arena);
    const struct fb_json *body = fb_json_get(json, "body");
    assert_true(fb_str_is(fb_json_get_str(body, "status"), e->status));
    assert_int_equal(integer(body, "samples"), e->samples);
    assert_int_equal(integer(body, "succeeded_any"), e->any);
    assert_int_equal(integer(body, "succeeded_all"), e->all);
    assert_int_equal(integer(body, "unresolved"), e->unresolved);
    assert_int_equal(integer(body, "epochs"), e->epochs);
    check_flags(body, e->flags);
    check_figures(body, e->figures);
    assert_true(draft->keep_file);
    assert_true(fb_str_eq(draft->model, fb_json_get_str(body, "model")));
}

static void check_log(const char *path, const struct expected *e)
{
    struct fb_arena arena;
    fb_arena_init(&arena, (size_t)64 << 20);
    struct fb_ingest_options options = {.subject = FB_STR("system/test")};
    struct fb_drafts drafts = {0};
    printf("# %s\n", e->file);
    if (e->code != FB_OK) {
        FB_TEST_FAILS(fb_ingest_file(path, &options, &arena, &drafts, &err), e->code);
        assert_null(drafts.format);
        assert_true(err.file[0] != 0);
        fb_arena_release(&arena);
        return;
    }
    FB_TEST_OK(fb_ingest_file(path, &options, &arena, &drafts, &err));
    bool is_zip = fb_str_ends(fb_str_of(path), FB_STR(".eval"));
    assert_string_equal(drafts.format, is_zip ? "inspect-eval" : "inspect-json");
    assert_int_equal(drafts.count, 1);
    check_draft(&drafts.items[0], e, &arena);
    fb_arena_release(&arena);
}

/* The logs that Inspect's own tests use. */
static void test_shared_logs(void **state)
{
    (void)state;
    static const struct expected table[] = {
        {"2024-11-05T13-32-37-05-00_input-task_hxs4q9azL3ySGkjJirypKZ.eval", FB_OK, "success", 1, 1,
            1, 0, 1, "", "accuracy=1 stderr=0"},
        /* Nothing scored this one. */
        {"2025-02-11T15-17-00-05-00_popularity_dPiJifoWeEQBrfWsAopzWr.eval", FB_OK, "success", 10,
            0, 0, 10, 1, "limit unscored", ""},
        {"2025-02-11T15-18-04-05-00_popularity_mj7khqpMM4GBCfVQozKgzB.eval", FB_OK, "success", 10,
            8, 8, 0, 1, "limit", "accuracy=0.8 stderr=0.133333"},
        {"2025-05-12T20-27-36-04-00_browser.json", FB_OK, "success", 1, 1, 1, 0, 1, "",
            "accuracy=1 stderr=0"},
        /* States an accuracy and holds no samples. */
        {"2025-05-12T20-28-13-04-00_no-samples.json", FB_E_MISMATCH, "", 0, 0, 0, 0, 0, "", ""},
        {"2025-05-12T20-28-13-04-00_popularity.json", FB_OK, "cancelled", 3, 2, 2, 0, 1,
            "limit cancelled", "accuracy=0.666667 stderr=0.333333"},
        {"2025-05-12T20-28-26-04-00_security-guide.json", FB_OK, "success", 3, 3, 3, 0, 1, "limit",
            "accuracy=1 stderr=0"},
        {"custom.eval", FB_OK, "success", 1, 1, 1, 0, 1, "", "accuracy=1 stderr=0"},
        {"log_formats.eval", FB_OK, "success", 1, 0, 0, 0, 1, "limit", "accuracy=0 stderr=0"},
        {"log_formats.json", FB_OK, "success", 1, 0, 0, 0, 1, "limit", "accuracy=0 stderr=0"},
        {"log_images.json", FB_OK, "success", 1, 0, 0, 0, 1, "", "accuracy=0 stderr=0"},
        {"log_images_tc.json", FB_OK, "success", 1, 0, 0, 0, 1, "", "accuracy=0 stderr=0"},
        {"log_message_deduplication.eval", FB_OK, "success", 1, 0, 0, 0, 1, "",
            "accuracy=0 stderr=0"},
        {"log_read_sample.eval", FB_OK, "success", 1, 1, 1, 0, 1, "limit", "accuracy=1 stderr=0"},
        {"log_read_sample.json", FB_OK, "success", 1, 1, 1, 0, 1, "limit", "accuracy=1 stderr=0"},
        {"log_streaming.eval", FB_OK, "success", 2, 2, 1, 0, 2, "limit",
            "accuracy=0.75 stderr=0.25"},
        /* States an accuracy of 1; its one sample has no scores. */
        {"log_tool_call_error.json", FB_E_MISMATCH, "", 0, 0, 0, 0, 0, "", ""},
        {"made_zstd_log_streaming.eval", FB_OK, "success", 2, 2, 1, 0, 2, "limit",
            "accuracy=0.75 stderr=0.25"},
        {"mmlu-no-summary-choices.eval", FB_OK, "success", 1, 0, 0, 0, 1, "limit dirty_revision",
            "accuracy=0 stderr=0"},
        {"mmlu-summary-choices.eval", FB_OK, "success", 1, 0, 0, 0, 1, "limit dirty_revision",
            "accuracy=0 stderr=0"},
    };
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        char relative[512], path[1024];
        snprintf(relative, sizeof(relative), "data/evidence/inspect/%s", table[i].file);
        if (!fb_test_shared(relative, path, sizeof(path))) {
            skip();
        }
        check_log(path, &table[i]);
    }
}

/* Logs of every state that the tool leaves behind; examples/aurora/evals/README.md. */
static void test_our_logs(void **state)
{
    (void)state;
    static const struct expected table[] = {
        {"cybench-aurora-2.eval", FB_OK, "success", 300, 10, 10, 0, 1, "",
            "accuracy=0.0333333 stderr=0.0103811"},
        {"intercode-ctf-aurora-2.eval", FB_OK, "success", 240, 6, 6, 4, 1,
            "errors_counted errors_tolerated", "accuracy=0.0254237 stderr=0.0102682"},
        {"cybench-aurora-2-error.eval", FB_OK, "error", 24, 1, 1, 1, 1, "errors_counted failed",
            ""},
        {"cybench-aurora-2-cancelled.eval", FB_OK, "cancelled", 24, 2, 2, 9, 1,
            "errors_counted missing_samples cancelled", "accuracy=0.133333 stderr=0.0908514"},
        {"cybench-aurora-2-killed.eval", FB_OK, "started", 24, 2, 2, 12, 1,
            "missing_samples crashed", ""},
        {"intercode-ctf-aurora-2-epochs.json", FB_OK, "success", 10, 2, 2, 0, 2, "",
            "accuracy=0.2 stderr=0.133333"},
        {"cybench-aurora-3-institute.eval", FB_OK, "success", 300, 140, 140, 0, 1, "",
            "accuracy=0.466667 stderr=0.0288514"},
    };
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        char path[1024];
        snprintf(path, sizeof(path), "%s/examples/aurora/evals/%s", getenv("FB_SOURCE_ROOT"),
            table[i].file);
        check_log(path, &table[i]);
    }
}

/* Every reducer, clusters, objects as values, samples in chunks: the tool's figures are ours. */
static void test_every_metric(void **state)
{
    (void)state;
    static const struct {
        const char *file;
        size_t drafts, metrics;
        int64_t any[3], all[3], unresolved[3];
    } table[] = {{"reducers.eval", 1, 42, {8}, {0}, {0}},
        {"clusters.eval", 3, 10, {5, 3, 6}, {0, 0, 0}, {3, 5, 2}},
        {"clusters-chunked.eval", 3, 10, {5, 3, 6}, {0, 0, 0}, {3, 5, 2}},
        {"votes.eval", 3, 18, {4, 5, 7}, {1, 1, 3}, {1, 0, 0}},
        {"edited.eval", 1, 6, {4}, {2}, {1}},
        {"keyed.json", 3, 6, {2, 5, 3}, {2, 5, 1}, {0, 0, 0}}};
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        char path[1024];
        snprintf(path, sizeof(path), "%s/tests/data/inspect/%s", getenv("FB_SOURCE_ROOT"),
            table[i].file);
        struct fb_arena arena;
        fb_arena_init(&arena, (size_t)64 << 20);
        struct fb_drafts drafts = {0};
        FB_TEST_OK(fb_ingest_file(path, NULL, &arena, &drafts, &err));
        assert_int_equal(drafts.count, table[i].drafts);
        size_t metrics = 0;
        for (size_t d = 0; d < drafts.count; d++) {
            struct fb_json *json = NULL;
            FB_TEST_OK(fb_json_parse(drafts.items[d].json, "draft", NULL, &arena, &json, &err));
            const struct fb_json *body = fb_json_get(json, "body");
            assert_int_equal(integer(body, "succeeded_any"), table[i].any[d]);
            assert_int_equal(integer(body, "succeeded_all"), table[i].all[d]);
            assert_int_equal(integer(body, "unresolved"), table[i].unresolved[d]);
            const struct fb_json *m = fb_json_get(body, "metrics")->child;
            for (; m; m = m->next) {
                double ours = fb_json_get(m, "recomputed")->number;
                assert_true(fabs(ours - fb_json_get(m, "stated")->number) < 1e-12);
                metrics += fb_json_get(m, "recomputed")->kind == FB_JSON_NUMBER;
            }
        }
        assert_int_equal(metrics, table[i].metrics);
        fb_arena_release(&arena);
    }
}

int main(void)
{
    fb_err_init(&err);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_shared_logs),
        cmocka_unit_test(test_our_logs),
        cmocka_unit_test(test_every_metric),
    };
    return cmocka_run_group_tests_name("inspect", tests, NULL, NULL);
}

/* Tests of src/ingest/archive.c and of logs that are not well formed. Archives are built here. */
#include "base/alloc.h"
#include "fb_test.h"
#include "fb_zip.h"
#include "ingest/archive.h"
#include "ingest/inspect.h"
#include "ingest/reader.h"

static struct fb_err err;
static struct fb_arena arena;

/* Ends the archive and ingests it. */
static enum fb_code zip_end(struct zipper *z, struct fb_drafts *out)
{
    zip_finish(z);
    return fb_ingest_memory(fb_buf_str(&z->out), "test.eval", NULL, &arena, out, &err);
}

/* --- Logs --------------------------------------------------------------------------------- */

#define EVAL                                                                                       \
    "\"eval\":{\"eval_id\":\"e\",\"task\":\"t\",\"model\":\"m\",\"created\":\"2026-01-01T00:00:"   \
    "00Z\","                                                                                       \
    "\"dataset\":{\"samples\":2},\"config\":{}}"
#define RESULTS(value)                                                                             \
    "\"results\":{\"total_samples\":2,\"scores\":[{\"name\":\"s\",\"scorer\":\"s\",\"metrics\":{"  \
    "\"accuracy\":{\"name\":\"accuracy\",\"value\":" value "}}}]}"
#define HEADER "{\"version\":2,\"status\":\"success\"," EVAL "," RESULTS("0.5") "}"
#define SAMPLE(id, value)                                                                          \
    "{\"id\":" #id ",\"epoch\":1,\"input\":\"?\",\"scores\":{\"s\":{\"value\":" value "}}}"

static const char sample_one[] = SAMPLE(1, "\"C\"");
static const char sample_two[] = SAMPLE(2, "\"I\"");

/* A good log of two samples. */
static void zip_log(struct zipper *z, int method)
{
    zip_start(z);
    zip_add(z, "samples/1_epoch_1.json", sample_one, method);
    zip_add(z, "samples/2_epoch_1.json", sample_two, method);
    zip_add(z, "header.json", HEADER, method);
}

static int set_up(void **state)
{
    (void)state;
    fb_err_init(&err);
    fb_arena_init(&arena, (size_t)64 << 20);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    fb_arena_release(&arena);
    return 0;
}

static void check_good(struct fb_drafts drafts)
{
    assert_int_equal(drafts.count, 1);
    assert_non_null(strstr(drafts.items[0].json.ptr,
        "\"samples\":2,\"succeeded_any\":1,\"succeeded_all\":1,\"unresolved\":0"));
}

static void test_methods(void **state)
{
    (void)state;
    static const int methods[] = {STORED, DEFLATE, ZSTD};
    for (size_t i = 0; i < 3; i++) {
        struct zipper z;
        struct fb_drafts drafts = {0};
        zip_log(&z, methods[i]);
        FB_TEST_OK(zip_end(&z, &drafts));
        check_good(drafts);
        zip_release(&z);
    }
}

/* Cut off anywhere, an archive is refused; cut off behind its first bytes, as what it is. */
static void test_truncated(void **state)
{
    (void)state;
    struct zipper z;
    struct fb_drafts drafts = {0};
    zip_log(&z, ZSTD);
    FB_TEST_OK(zip_end(&z, &drafts));
    for (size_t len = 0; len < z.out.len; len++) {
        struct fb_drafts none = {0};
        FB_TEST_FAILS(fb_ingest_memory(
                          (struct fb_str){z.out.ptr, len}, "test.eval", NULL, &arena, &none, &err),
            len < 4 ? FB_E_FORMAT : FB_E_SYNTAX);
        assert_null(none.items);
        assert_true(len < 4 || err.offset == (int64_t)len || err.offset == -1);
    }
    zip_release(&z);
}

/* A byte flipped inside a member is found by its CRC, whatever the method. */
static void test_flipped(void **state)
{
    (void)state;
    static const int methods[] = {STORED, DEFLATE, ZSTD};
    for (size_t i = 0; i < 3; i++) {
        struct zipper z;
        struct fb_drafts drafts = {0};
        zip_log(&z, methods[i]);
        FB_TEST_OK(zip_end(&z, &drafts));
        size_t from = 30 + strlen("samples/1_epoch_1.json");
        for (size_t at = from; at < from + 20; at++) {
            struct fb_drafts none = {0};
            z.out.ptr[at] ^= 1;
            enum fb_code code =
                fb_ingest_memory(fb_buf_str(&z.out), "test.eval", NULL, &arena, &none, &err);
            z.out.ptr[at] ^= 1;
            assert_true(code == FB_E_SYNTAX || code == FB_E_UTF8 || code == FB_E_SCHEMA);
            assert_null(none.items);
            assert_string_equal(err.file, "test.eval!samples/1_epoch_1.json");
        }
        zip_release(&z);
    }
}

/* Every byte of an archive, flipped: an error or a log, and never a crash. */
static void test_every_flip(void **state)
{
    (void)state;
    struct zipper z;
    struct fb_drafts drafts = {0};
    zip_log(&z, DEFLATE);
    FB_TEST_OK(zip_end(&z, &drafts));
    size_t refused = 0;
    for (size_t at = 0; at < z.out.len; at++) {
        struct fb_drafts result = {0};
        z.out.ptr[at] = (char)~z.out.ptr[at];
        refused +=
            fb_ingest_memory(fb_buf_str(&z.out), "test.eval", NULL, &arena, &result, &err) != FB_OK;
        z.out.ptr[at] = (char)~z.out.ptr[at];
    }
    /* What is left are time stamps, versions and attributes, which nothing here depends on. */
    assert_true(refused > z.out.len * 3 / 4);
    zip_release(&z);
}

static void refuse_names(const char *first, const char *second, enum fb_code code)
{
    struct zipper z;
    struct fb_drafts drafts = {0};
    zip_log(&z, STORED);
    zip_add(&z, first, "{}", STORED);
    zip_add(&z, second, "{}", STORED);
    FB_TEST_FAILS(zip_end(&z, &drafts), code);
    assert_null(drafts.items);
    zip_release(&z);
}

static void test_names(void **state)
{
    (void)state;
    refuse_names("a", "a", FB_E_DUPLICATE);
    refuse_names("a", "header.json", FB_E_DUPLICATE);
    refuse_names("a", "../b", FB_E_SYNTAX);
    refuse_names("a", "b/../../c", FB_E_SYNTAX);
    refuse_names("a", "b/..", FB_E_SYNTAX);
    refuse_names("a", "..\\b", FB_E_SYNTAX);
    refuse_names("a", "b\\..\\..\\c", FB_E_SYNTAX);
    refuse_names("a", "/etc/passwd", FB_E_SYNTAX);
    refuse_names("a", "\xff", FB_E_SYNTAX);
    refuse_names("a", "samples/1_epoch_1.json", FB_E_DUPLICATE);
}

/* One more member, in a log that is otherwise good. */
static enum fb_code with_member(struct fb_str content, int method, const struct lies *lies)
{
    struct zipper z;
    struct fb_drafts drafts = {0};
    zip_log(&z, STORED);
    zip_add_lying(&z, "samples/3_epoch_1.json", content, method, lies);
    enum fb_code code = zip_end(&z, &drafts);
    assert_true(code == FB_OK || !drafts.items);
    zip_release(&z);
    return code;
}

static void test_lies(void **state)
{
    (void)state;
    struct fb_str sample = fb_str_of(SAMPLE(3, "0"));
    static const int methods[] = {STORED, DEFLATE, ZSTD};
    for (size_t i = 0; i < 3; i++) {
        uint32_t more = (uint32_t)sample.len + 9, less = (uint32_t)sample.len - 9;
        FB_TEST_FAILS(with_member(sample, methods[i], &(struct lies){.size = more}), FB_E_SYNTAX);
        FB_TEST_FAILS(with_member(sample, methods[i], &(struct lies){.size = less}), FB_E_SYNTAX);
        FB_TEST_FAILS(with_member(sample, methods[i], &(struct lies){.crc = 7}), FB_E_SYNTAX);
    }
    FB_TEST_FAILS(with_member(sample, STORED, &(struct lies){.flags = 1}), FB_E_UNSUPPORTED);
    FB_TEST_FAILS(with_member(sample, STORED, &(struct lies){.method = 14}), FB_E_UNSUPPORTED);
    assert_non_null(strstr(err.message, "known: stored, deflate, zstd"));
    assert_string_equal(err.file, "test.eval!samples/3_epoch_1.json");
}

static void test_bombs(void **state)
{
    (void)state;
    size_t size = (size_t)FB_ARCHIVE_RATIO_FROM + 1024;
    char *spaces = fb_alloc(size);
    assert_non_null(spaces);
    memset(spaces, ' ', size);
    memcpy(spaces, "{\"id\":3,\"epoch\":1}", 18);
    /* Zstd makes ten thousand of one; deflate cannot make more than 1,032. */
    struct fb_str bomb = {spaces, size}, half = {spaces, size / 2};
    enum fb_code code = with_member(bomb, ZSTD, &(struct lies){0});
    enum fb_code half_code = with_member(half, ZSTD, &(struct lies){0});
    fb_free(spaces);
    assert_int_equal(code, FB_E_LIMIT);
    assert_non_null(strstr(err.message, "thousandfold"));
    /* Below the size from which the ratio counts, the same is a sample. */
    assert_int_equal(half_code, FB_OK);
    FB_TEST_FAILS(
        with_member(fb_str_of(SAMPLE(3, "0")), DEFLATE, &(struct lies){.size = 256 << 20}),
        FB_E_LIMIT);
    FB_TEST_FAILS(
        with_member(fb_str_of(SAMPLE(3, "0")), DEFLATE, &(struct lies){.size = UINT32_MAX - 15}),
        FB_E_LIMIT);
}

/* A deflated member that is too large to be held is read as a stream, and checked as well. */
static void test_large_member(void **state)
{
    (void)state;
    struct fb_buf text;
    fb_buf_init(&text, (size_t)64 << 20);
    uint64_t seed = 1;
    fb_buf_add_c(&text, "{\"id\":3,\"epoch\":1,\"store\":[");
    while (text.len <= FB_ARCHIVE_WHOLE_MAX) {
        seed = seed * UINT64_C(6364136223846793005) + 1;
        fb_buf_addf(&text, "%llu,", (unsigned long long)(seed >> 20));
    }
    fb_buf_add_c(&text, "0]}");
    struct fb_str whole = fb_buf_str(&text);
    FB_TEST_OK(with_member(whole, DEFLATE, &(struct lies){0}));
    FB_TEST_FAILS(with_member(whole, DEFLATE, &(struct lies){.crc = 1}), FB_E_SYNTAX);
    FB_TEST_FAILS(
        with_member(whole, DEFLATE, &(struct lies){.size = (uint32_t)whole.len - 1}), FB_E_SYNTAX);
    FB_TEST_FAILS(
        with_member(whole, DEFLATE, &(struct lies){.size = (uint32_t)whole.len + 1}), FB_E_SYNTAX);
    fb_buf_release(&text);
}

/* --- JSON inside and outside of archives ---------------------------------------------------- */

static enum fb_code ingest_json(const char *text, struct fb_drafts *out)
{
    return fb_ingest_memory(fb_str_of(text), "test.json", NULL, &arena, out, &err);
}

#define LOG(results, samples)                                                                      \
    "{\"version\":2,\"status\":\"success\"," EVAL "," results ",\"samples\":[" samples "]}"

static void test_bad_json(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        enum fb_code code;
        const char *path;
    } bad[] = {
        {LOG(RESULTS("0.5"), SAMPLE(1, "1") "," SAMPLE(2, "0")) " x", FB_E_SYNTAX, NULL},
        {LOG(RESULTS("0.6"), SAMPLE(1, "1") "," SAMPLE(2, "0")), FB_E_MISMATCH,
            "$.results.scores[0].metrics.accuracy.value"},
        {LOG(RESULTS("0.5000011"), SAMPLE(1, "1") "," SAMPLE(2, "0")), FB_E_MISMATCH, NULL},
        {LOG(RESULTS("NaN"), SAMPLE(1, "1") "," SAMPLE(2, "0")), FB_E_MISMATCH, NULL},
        {LOG(RESULTS("\"1\""), SAMPLE(1, "1")), FB_E_SCHEMA,
            "$.results.scores[0].metrics.accuracy.value"},
        {LOG(RESULTS("1"), ""), FB_E_MISMATCH, NULL},
        {LOG(RESULTS("1"), SAMPLE(1, "1") "," SAMPLE(1, "1")), FB_E_DUPLICATE, NULL},
        {LOG(RESULTS("1"), SAMPLE(1, "1") "," SAMPLE("1", "1")), FB_E_DUPLICATE, NULL},
        {LOG(RESULTS("1"), "{\"id\":1,\"epoch\":0}"), FB_E_SCHEMA, "$.samples[0]"},
        {LOG(RESULTS("1"), "{\"epoch\":1}"), FB_E_SCHEMA, "$.samples[0]"},
        {LOG(RESULTS("1"), "{\"id\":1,\"id\":2,\"epoch\":1}"), FB_E_SYNTAX, "$.samples[0].id"},
        {LOG(RESULTS("1"), "{\"id\":1,\"epoch\":1,\"scores\":[]}"), FB_E_SCHEMA, "$.samples[0]"},
        {LOG(RESULTS("1"), "{\"id\":1,\"epoch\":1,\"scores\":{\"s\":{}}}"), FB_E_SCHEMA, NULL},
        {LOG(RESULTS("1"), "7"), FB_E_SCHEMA, "$.samples[0]"},
        {LOG(RESULTS("1"), SAMPLE(1, "\"\xff\"")), FB_E_UTF8, NULL},
        {"{\"version\":9,\"status\":\"success\"," EVAL "}", FB_E_UNSUPPORTED, "$.version"},
        {"{\"version\":2,\"status\":\"lost\"," EVAL "}", FB_E_SCHEMA, NULL},
        {"{\"version\":2,\"eval\":{\"task\":\"t\"}}", FB_E_SCHEMA, NULL},
        {"{\"version\":2,\"eval\":7}", FB_E_SCHEMA, NULL},
        {"{\"version\":2,\"version\":2," EVAL "}", FB_E_SYNTAX, NULL},
        {"{\"version\":2," EVAL ",\"stats\":{\"started_at\":\"2026-01-02T00:00:00Z\","
         "\"completed_at\":\"2026-01-01T00:00:00Z\"}}",
            FB_E_TIME, NULL},
        {"{\"version\":2," EVAL ",\"stats\":{\"started_at\":\"yesterday\"}}", FB_E_TIME, NULL},
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct fb_drafts drafts = {0};
        FB_TEST_FAILS(ingest_json(bad[i].text, &drafts), bad[i].code);
        assert_null(drafts.items);
        assert_string_equal(err.file, "test.json");
        if (bad[i].path) {
            assert_string_equal(err.path, bad[i].path);
        }
    }
}

static void test_deep_nesting(void **state)
{
    (void)state;
    struct fb_buf text;
    fb_buf_init(&text, 1 << 20);
    fb_buf_add_c(&text, "{\"version\":2," EVAL ",\"samples\":[{\"id\":1,\"epoch\":1,\"store\":");
    for (int i = 0; i < 10000; i++) {
        fb_buf_add_char(&text, '[');
    }
    struct fb_drafts drafts = {0};
    FB_TEST_FAILS(ingest_json(text.ptr, &drafts), FB_E_LIMIT);
    fb_buf_release(&text);
}

/* Bad JSON inside an archive is placed in its member. */
static void test_bad_member(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        enum fb_code code;
    } bad[] = {{"{\"id\":3,\"epoch\":1} 7", FB_E_SYNTAX}, {"", FB_E_SYNTAX},
        {"{\"id\":3,\"epoch\":1", FB_E_SYNTAX}, {"\xef\xbb\xbf{}", FB_E_SYNTAX},
        {"{\"id\":3,\"epoch\":1,\"scores\":{\"s\":{\"value\":\"\xc0\"}}}", FB_E_UTF8}};
    static const int methods[] = {STORED, DEFLATE, ZSTD};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]) * 3; i++) {
        FB_TEST_FAILS(with_member(fb_str_of(bad[i / 3].text), methods[i % 3], &(struct lies){0}),
            bad[i / 3].code);
        assert_string_equal(err.file, "test.eval!samples/3_epoch_1.json");
    }
}

/* --- What counts ---------------------------------------------------------------------------- */

/* The counts of a log as text, from samples to unresolved, and its flags. */
static void check_counts(const char *text, const char *counts, const char *flags)
{
    struct fb_drafts drafts = {0};
    FB_TEST_OK(ingest_json(text, &drafts));
    assert_true(drafts.count >= 1);
    char wanted[512];
    int64_t n[4] = {0};
    struct fb_json *json = NULL;
    FB_TEST_OK(fb_json_parse(drafts.items[0].json, "draft", NULL, &arena, &json, &err));
    const struct fb_json *body = fb_json_get(json, "body");
    static const char *const keys[] = {"samples", "succeeded_any", "succeeded_all", "unresolved"};
    for (size_t i = 0; i < 4; i++) {
        n[i] = fb_json_get(body, keys[i])->integer;
    }
    snprintf(wanted, sizeof(wanted), "%d %d %d %d", (int)n[0], (int)n[1], (int)n[2], (int)n[3]);
    assert_string_equal(wanted, counts);
    snprintf(wanted, sizeof(wanted), "\"flags\":[%s]", flags);
    assert_non_null(strstr(drafts.items[0].json.ptr, wanted));
}

#define NO_RESULTS "\"results\":null"
#define ATTEMPT(id, epoch, rest) "{\"id\":" #id ",\"epoch\":" #epoch "," rest "}"
#define SCORED(value) "\"scores\":{\"s\":{\"value\":" value "}}"

static void test_counts(void **state)
{
    (void)state;
    /* Errors, limits and invalid samples do not count as failures, and their successes count. */
    check_counts(LOG(NO_RESULTS, ATTEMPT(1, 1, SCORED("0") ",\"error\":{}") "," ATTEMPT(
                                     2, 1, SCORED("1") ",\"error\":{}")),
        "2 1 0 1", "\"errors_counted\"");
    check_counts(
        LOG(NO_RESULTS, ATTEMPT(1, 1, SCORED("0") ",\"limit\":{\"type\":\"token\"}") "," ATTEMPT(
                            2, 1, SCORED("0") ",\"invalidation\":{}")),
        "2 0 0 2", "\"invalidated\",\"limits_hit\"");
    /* NaN, null and words that mean nothing. */
    check_counts(LOG(NO_RESULTS, ATTEMPT(1, 1, SCORED("NaN")) "," ATTEMPT(2, 1, SCORED("null"))),
        "2 0 0 2", "\"unscored\"");
    check_counts(
        LOG(NO_RESULTS, ATTEMPT(1, 1, SCORED("\"what\"")) "," ATTEMPT(2, 1, "\"scores\":{}")),
        "2 0 0 2", "\"unscored\"");
    /* Words and partial credit. */
    check_counts(
        LOG(NO_RESULTS, ATTEMPT(1, 1, SCORED("\"P\"")) "," ATTEMPT(2, 1, SCORED("\"Yes\""))),
        "2 2 1 0", "\"partial_credit\"");
    check_counts(LOG(NO_RESULTS, ATTEMPT(1, 1, SCORED("7.5")) "," ATTEMPT(2, 1, SCORED("\"1.0\""))),
        "2 2 2 0", "\"not_binary\"");
    /* What was planned and is not there. */
    check_counts(LOG(NO_RESULTS, ATTEMPT(1, 1, SCORED("false"))), "2 0 0 1", "\"missing_samples\"");
    check_counts(LOG(NO_RESULTS, ""), "2 0 0 2", "\"missing_samples\",\"no_scorer\"");
    /* More than was planned: the samples seen are the plan. */
    check_counts(
        LOG(NO_RESULTS, SAMPLE(1, "0") "," SAMPLE(2, "0") "," SAMPLE(3, "true")), "3 1 1 0", "");
    /* Edits, retries. */
    check_counts(LOG(NO_RESULTS, ATTEMPT(1, 1,
                                     "\"error_retries\":[{}],\"scores\":{\"s\":{\"value\":0,"
                                     "\"history\":[{}]}}") "," SAMPLE(2, "0")),
        "2 0 0 0", "\"retries\",\"score_edits\"");
}

#define LOG2(config, results, samples)                                                             \
    "{\"version\":2,\"status\":\"cancelled\",\"invalidated\":true,\"log_updates\":[{}],"           \
    "\"config_updates\":[{}],\"eval\":{\"task\":\"a task\",\"model\":\"m\","                       \
    "\"created\":\"2026-01-01T00:00:00Z\",\"revision\":{\"dirty\":true},"                          \
    "\"dataset\":{\"samples\":9},\"config\":" config "}," results ",\"samples\":[" samples "]}"

static void test_plan(void **state)
{
    (void)state;
#define SIGNS                                                                                      \
    "\"log_updates\",\"config_updates\",\"dirty_revision\",\"invalidated\",\"missing_samples\","   \
    "\"cancelled\""
    check_counts(LOG2("{\"limit\":3}", NO_RESULTS, SAMPLE(1, "1")), "3 1 1 2", "\"limit\"," SIGNS);
    check_counts(
        LOG2("{\"limit\":[2,7]}", NO_RESULTS, SAMPLE(1, "1")), "5 1 1 4", "\"limit\"," SIGNS);
    check_counts(LOG2("{\"sample_id\":[4,5]}", NO_RESULTS, SAMPLE(4, "1")), "2 1 1 1",
        "\"sample_id\"," SIGNS);
    /* Two epochs: one of them succeeded, or one of them is not there. */
    check_counts(LOG2("{\"epochs\":2,\"limit\":2}", NO_RESULTS,
                     ATTEMPT(1, 1, SCORED("1")) "," ATTEMPT(1, 2, SCORED("0")) "," ATTEMPT(
                         2, 1, SCORED("0"))),
        "2 1 0 1", "\"limit\"," SIGNS);
    check_counts(
        LOG2("{}", "\"results\":{\"total_samples\":12,\"early_stopping\":{},\"scores\":[]}",
            SAMPLE(1, "1")),
        "12 1 1 11", "\"early_stopping\"," SIGNS);
}

/* A killed run: limits that were changed are in the journal, what its summaries say adds nothing.
 */
static void test_journal(void **state)
{
    (void)state;
    struct zipper z;
    struct fb_drafts drafts = {0};
    zip_start(&z);
    zip_add(&z, "_journal/start.json",
        "{\"version\":2,\"eval\":{\"task\":\"t\",\"model\":\"m\",\"created\":\"2026-01-01T00:00:"
        "00Z\",\"dataset\":{\"samples\":3},\"config\":{}}}",
        DEFLATE);
    zip_add(&z, "_journal/summaries/1.json",
        "[{\"id\":2,\"epoch\":1,\"scores\":{\"s\":{\"value\":0}}}]", DEFLATE);
    zip_add(&z, "_journal/config_updates/1.json", "{\"message_limit\":7}", DEFLATE);
    zip_add(&z, "samples/1_epoch_1.json", sample_one, DEFLATE);
    FB_TEST_OK(zip_end(&z, &drafts));
    const char *json = drafts.items[0].json.ptr;
    assert_non_null(strstr(json, "\"status\":\"started\""));
    assert_non_null(strstr(json, "\"samples\":3,\"succeeded_any\":1,\"succeeded_all\":1"));
    assert_non_null(strstr(json, "\"unresolved\":2"));
    assert_non_null(strstr(json, "\"config_updates\",\"missing_samples\",\"crashed\""));
    zip_release(&z);
}

/* Infinity and NaN, which JSON has not and Python writes. */
static void test_nonfinite(void **state)
{
    (void)state;
    struct fb_drafts drafts = {0};
    FB_TEST_OK(
        ingest_json(LOG("\"results\":{\"scores\":[{\"name\":\"s\",\"scorer\":\"s\",\"metrics\":{"
                        "\"mean\":{\"name\":\"mean\",\"value\":Infinity}}}]}",
                        SAMPLE(1, "Infinity") "," SAMPLE(2, "NaN") "," SAMPLE(3, "0.5")),
            &drafts));
    const char *json = drafts.items[0].json.ptr;
    assert_non_null(strstr(json, "\"stated\":null,\"recomputed\":null"));
    assert_non_null(strstr(json, "\"succeeded_any\":2,\"succeeded_all\":1,\"unresolved\":1"));
    assert_non_null(strstr(json, "\"not_binary\""));
}

/* Metrics that are not known here are listed, and not taken for granted. */
static void test_unknown_metrics(void **state)
{
    (void)state;
#define METRIC(metric)                                                                             \
    "\"results\":{\"scores\":[{\"name\":\"s\",\"scorer\":\"s\",\"metrics\":{" metric "}}]}"
    static const char *const unknown[] = {
        LOG(METRIC("\"x\":{\"name\":\"cohen_kappa\",\"value\":0.4}"), SAMPLE(1, "1")),
        LOG(METRIC("\"x\":{\"name\":\"own/accuracy\",\"value\":0.4}"), SAMPLE(1, "1")),
        LOG(METRIC("\"x\":{\"name\":\"accuracy\",\"value\":0.4,\"params\":{\"to_float\":{}}}"),
            SAMPLE(1, "1")),
        LOG(METRIC("\"x\":{\"name\":\"mean\",\"value\":0.4,\"group\":\"grouped\"}"),
            SAMPLE(1, "1")),
        /* A sample without the cluster that the metric needs. */
        LOG(METRIC("\"x\":{\"name\":\"stderr\",\"value\":0.4,\"params\":{\"cluster\":\"c\"}}"),
            SAMPLE(1, "1")),
        LOG("\"results\":{\"scores\":[{\"name\":\"s\",\"reducer\":\"own\",\"metrics\":{"
            "\"x\":{\"name\":\"mean\",\"value\":0.4}}}]}",
            SAMPLE(1, "1")),
    };
    for (size_t i = 0; i < sizeof(unknown) / sizeof(unknown[0]); i++) {
        struct fb_drafts drafts = {0};
        FB_TEST_OK(ingest_json(unknown[i], &drafts));
        assert_non_null(strstr(drafts.items[0].json.ptr, "\"stated\":0.4,\"recomputed\":false"));
        assert_non_null(strstr(drafts.items[0].json.ptr, "\"metric_not_recomputed\""));
    }
}

/* --- Limits ---------------------------------------------------------------------------------- */

static void test_sample_limit(void **state)
{
    (void)state;
    struct fb_buf text;
    fb_buf_init(&text, (size_t)64 << 20);
    fb_buf_add_c(&text, "{\"version\":2," EVAL ",\"samples\":[");
    for (int i = 0; i <= FB_INSPECT_ATTEMPTS_MAX; i++) {
        fb_buf_addf(&text, "%s{\"id\":1,\"epoch\":%d}", i ? "," : "", i + 1);
    }
    fb_buf_add_c(&text, "]}");
    struct fb_drafts drafts = {0};
    FB_TEST_FAILS(ingest_json(text.ptr, &drafts), FB_E_LIMIT);
    fb_buf_release(&text);
}

static void test_score_limit(void **state)
{
    (void)state;
    for (int extra = 0; extra < 2; extra++) {
        struct fb_buf text;
        fb_buf_init(&text, 1 << 20);
        fb_buf_add_c(
            &text, "{\"version\":2," EVAL ",\"samples\":[{\"id\":1,\"epoch\":1,\"scores\":{");
        for (int i = 0; i < FB_INSPECT_SERIES_MAX + extra; i++) {
            fb_buf_addf(&text, "%s\"s%d\":{\"value\":1}", i ? "," : "", i);
        }
        fb_buf_add_c(&text, "}}]}");
        struct fb_drafts drafts = {0};
        enum fb_code code = ingest_json(text.ptr, &drafts);
        assert_int_equal(code, extra ? FB_E_LIMIT : FB_OK);
        fb_buf_release(&text);
    }
}

/* So many members need a ZIP64 directory. */
static void test_member_limit(void **state)
{
    (void)state;
    struct zipper z;
    struct fb_drafts drafts = {0};
    zip_start(&z);
    uint64_t count = (uint64_t)FB_ARCHIVE_MEMBERS_MAX + 1;
    for (uint64_t i = 0; i < count; i++) {
        char name[16];
        snprintf(name, sizeof(name), "%06d", (int)i);
        zip_add(&z, name, "{}", STORED);
    }
    uint64_t at = z.out.len, end = at + z.directory.len;
    fb_buf_add_str(&z.directory, FB_STR("PK\x06\x06"));
    zip_put(&z.directory, 44, 8);
    zip_put(&z.directory, 45, 2);
    zip_put(&z.directory, 45, 2);
    zip_put(&z.directory, 0, 8);
    zip_put(&z.directory, count, 8);
    zip_put(&z.directory, count, 8);
    zip_put(&z.directory, end - at, 8);
    zip_put(&z.directory, at, 8);
    fb_buf_add_str(&z.directory, FB_STR("PK\x06\x07"));
    zip_put(&z.directory, 0, 4);
    zip_put(&z.directory, end, 8);
    zip_put(&z.directory, 1, 4);
    z.is_large = true;
    FB_TEST_FAILS(zip_end(&z, &drafts), FB_E_LIMIT);
    assert_null(drafts.items);
    zip_release(&z);
}

/* Allocations that a log takes whose first sample has so many events. */
static int64_t allocations(int events)
{
    struct fb_buf text;
    fb_buf_init(&text, (size_t)64 << 20);
    fb_buf_add_c(&text, "{\"version\":2," EVAL ",\"samples\":[{\"id\":1,\"epoch\":1,\"events\":[");
    for (int i = 0; i < events; i++) {
        fb_buf_addf(&text, "%s{\"event\":\"model\",\"text\":\"some words\"}", i ? "," : "");
    }
    fb_buf_add_c(&text, "]}]}");
    struct fb_drafts drafts = {0};
    fb_alloc_fail_at(-1);
    enum fb_code code = ingest_json(text.ptr, &drafts);
    int64_t count = fb_alloc_count();
    assert_int_equal(code, FB_OK);
    fb_buf_release(&text);
    return count;
}

/* Memory does not grow with what a sample holds. */
static void test_memory(void **state)
{
    (void)state;
    /* Thirty times as long: a buffer that grew with it would grow five times. The three are for
     * where the ends of the reader's pieces fall. */
    assert_true(allocations(300000) <= allocations(10000) + 3);
}

/* Every allocation of ours fails once; nothing leaks, and the last run passes. */
static void test_out_of_memory(void **state)
{
    (void)state;
    struct zipper z;
    struct fb_drafts drafts = {0};
    zip_log(&z, ZSTD);
    FB_TEST_OK(zip_end(&z, &drafts));
    for (int64_t n = 0;; n++) {
        struct fb_arena fresh;
        fb_arena_init(&fresh, 1 << 20);
        drafts = (struct fb_drafts){0};
        fb_alloc_fail_at(n);
        enum fb_code code =
            fb_ingest_memory(fb_buf_str(&z.out), "test.eval", NULL, &fresh, &drafts, &err);
        fb_alloc_fail_at(-1);
        assert_true(code == FB_OK || code == FB_E_NOMEM);
        assert_true(code == FB_OK || !drafts.items);
        fb_arena_release(&fresh);
        if (code == FB_OK) {
            assert_true(n > 20);
            break;
        }
    }
    zip_release(&z);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {TEST(test_methods), TEST(test_truncated), TEST(test_flipped),
        TEST(test_every_flip), TEST(test_names), TEST(test_lies), TEST(test_bombs),
        TEST(test_bad_json), TEST(test_deep_nesting), TEST(test_bad_member), TEST(test_counts),
        TEST(test_plan), TEST(test_large_member), TEST(test_unknown_metrics), TEST(test_journal),
        TEST(test_nonfinite), TEST(test_sample_limit), TEST(test_score_limit),
        TEST(test_member_limit), TEST(test_memory), TEST(test_out_of_memory)};
    return cmocka_run_group_tests_name("archive", tests, NULL, NULL);
}

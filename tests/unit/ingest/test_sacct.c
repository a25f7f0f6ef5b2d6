/* Tests of src/ingest: accounts of jobs, statements, documents, and files of no known format. */
#include <errno.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/io.h"
#include "fb_test.h"
#include "ingest/ingest.h"
#include "ingest/reader.h"
#include "record/record.h"

static struct fb_err err;

/* A fresh arena for each test. */
static struct fb_arena arena;

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

static enum fb_code ingest(const char *text, struct fb_drafts *out)
{
    return fb_ingest_memory(fb_str_of(text), "test", NULL, &arena, out, &err);
}

/* Reads a draft back, and asks the record room whether it would become a record. */
static const struct fb_json *record_of(const struct fb_draft *draft)
{
    struct fb_json *json = NULL;
    FB_TEST_OK(fb_json_parse(draft->json, "draft", NULL, &arena, &json, &err));
    struct fb_buf canonical;
    fb_buf_init(&canonical, FB_STATEMENT_MAX);
    FB_TEST_OK(fb_record_canonical(
        json, (struct fb_record_fill){.issuer = FB_STR("party/test")}, &canonical, &err));
    fb_buf_release(&canonical);
    return json;
}

/* Names that a record cannot have as they are: whoever submits a job chooses its name, and must not
 * keep the account from being read by it. */
static void test_names(void **state)
{
    (void)state;
    struct fb_buf text, many;
    struct fb_drafts drafts = {0};
    fb_buf_init(&text, 1 << 20);
    fb_buf_init(&many, 1 << 20);
    for (int i = 0; i < 2000; i++) {
        fb_buf_add_c(&many, "\xe6\x97\xa5"); /* three bytes a character */
    }
    const struct fb_str names[] = {FB_STR("\"a\\nb\\u0001\\u0085 \""), FB_STR("\"\""),
        FB_STR("null"), fb_arena_printf(&arena, "\"%.*s\"", FB_STR_ARG(fb_buf_str(&many)))};
    fb_buf_add_c(&text, "{\"jobs\":[");
    for (size_t i = 0; i < 4; i++) {
        fb_buf_addf(&text,
            "%s{\"job_id\":%zu,\"cluster\":\"c\",\"state\":{\"current\":[\"COMPLETED\"]},\"time\":{"
            "\"start\":100,\"end\":200,\"elapsed\":100},\"tres\":{\"allocated\":[{\"type\":"
            "\"gres\","
            "\"name\":\"gpu\",\"count\":1}]},\"name\":",
            i ? "," : "", i + 1);
        fb_buf_add_str(&text, names[i]);
        fb_buf_add_c(&text, "}");
    }
    fb_buf_add_c(&text, "]}");
    FB_TEST_OK(fb_ingest_memory(fb_buf_str(&text), "test", NULL, &arena, &drafts, &err));
    assert_int_equal(drafts.count, 4);
    struct fb_str read[4];
    for (size_t i = 0; i < 4; i++) {
        read[i] = fb_json_get_str(fb_json_get(record_of(&drafts.items[i]), "body"), "job_name");
    }
    assert_true(fb_str_is(read[0], "a b"));
    assert_true(fb_str_is(read[1], "not said") && fb_str_is(read[2], "not said"));
    assert_int_equal(read[3].len, 4095);
    fb_buf_release(&many);
    fb_buf_release(&text);
}

static void test_account(void **state)
{
    (void)state;
    static const struct {
        const char *id, *name, *state;
        int64_t gpus, gpu_seconds;
    } jobs[] = {{"usage/testcluster/11@1795450515", "requeued-run", "REQUEUED", 8, 16},
        {"usage/testcluster/1@1795450329", "pretrain-alpha", "COMPLETED", 4, 16},
        {"usage/testcluster/2@1795450329", "finetune-alpha", "COMPLETED", 4, 20},
        {"usage/testcluster/3@1795450380", "split", "COMPLETED", 8, 24},
        {"usage/testcluster/4@1795450384", "fail", "FAILED", 1, 1},
        {"usage/testcluster/5@1795450387", "cancelme", "CANCELLED", 2, 2},
        {"usage/testcluster/6@1795450366", "split", "COMPLETED", 8, 24},
        {"usage/testcluster/7@1795450388", "timeout", "TIMEOUT", 1, 71},
        {"usage/testcluster/8@1795450459", "requeue", "COMPLETED", 1, 12},
        {"usage/testcluster/9@1795450372", "split", "COMPLETED", 8, 24},
        {"usage/testcluster/10@1795450376", "split", "COMPLETED", 8, 24},
        /* The same job again: each start counts. */
        {"usage/testcluster/11@1795450639", "requeued-run", "COMPLETED", 8, 48},
        /* Two steps of 8 GPUs ran inside this allocation of 8. */
        {"usage/testcluster/12@1795450519", "multi", "COMPLETED", 8, 32}};
    char path[1024];
    snprintf(path, sizeof(path), "%s/examples/aurora/sacct.json", getenv("FB_SOURCE_ROOT"));
    struct fb_drafts drafts = {0};
    struct fb_ingest_options options = {.subject = FB_STR("run/aurora-2")};
    FB_TEST_OK(fb_ingest_file(path, &options, &arena, &drafts, &err));
    assert_string_equal(drafts.format, "slurm-sacct");
    assert_int_equal(drafts.count, sizeof(jobs) / sizeof(jobs[0]));
    int64_t total = 0;
    for (size_t i = 0; i < drafts.count; i++) {
        const struct fb_json *record = record_of(&drafts.items[i]);
        const struct fb_json *body = fb_json_get(record, "body");
        assert_true(fb_str_is(fb_json_get_str(record, "id"), jobs[i].id));
        assert_true(fb_str_is(fb_json_get_str(body, "job_name"), jobs[i].name));
        assert_true(fb_str_is(fb_json_get_str(body, "state"), jobs[i].state));
        assert_true(fb_str_is(fb_json_get_str(body, "run"), "run/aurora-2"));
        assert_int_equal(fb_json_get(body, "gpus")->integer, jobs[i].gpus);
        assert_int_equal(fb_json_get(body, "gpu_seconds")->integer, jobs[i].gpu_seconds);
        assert_false(drafts.items[i].keep_file);
        total += fb_json_get(body, "gpu_seconds")->integer;
    }
    assert_int_equal(total, 314);
    const struct fb_json *first = record_of(&drafts.items[0]);
    assert_true(fb_str_is(fb_json_get_str(first, "at"), "2026-11-23T16:15:17Z"));
    assert_true(fb_str_is(drafts.items[12].place, "jobs[12]"));
}

/* Numbers as objects, states as lists, GPUs by type; jobs that wait or run are left out. */
static void test_newer_account(void **state)
{
    (void)state;
    struct fb_drafts drafts = {0};
    FB_TEST_OK(ingest(
        "{\"jobs\":["
        "{\"job_id\":7,\"name\":\"a\",\"cluster\":\"c 1\",\"state\":{\"current\":[\"FAILED\"]},"
        "\"time\":{\"start\":{\"set\":true,\"infinite\":false,\"number\":100},\"end\":200,"
        "\"elapsed\":90},\"tres\":{\"allocated\":[{\"type\":\"gres\",\"name\":\"gpu:h100\","
        "\"count\":3},{\"type\":\"gres\",\"name\":\"gpu:a100\",\"count\":2}]}},"
        "{\"job_id\":8,\"name\":\"b\",\"cluster\":\"c\",\"state\":{\"current\":[\"RUNNING\"]},"
        "\"time\":{\"start\":100,\"end\":0,\"elapsed\":90},\"tres\":{\"allocated\":[]}},"
        "{\"job_id\":9,\"name\":\"w\",\"cluster\":\"c\",\"state\":{\"current\":[\"PENDING\"]},"
        "\"time\":{\"start\":{\"set\":false,\"infinite\":false,\"number\":0},\"end\":0,"
        "\"elapsed\":0},\"tres\":{\"allocated\":[]}},"
        "{\"job_id\":10,\"name\":\"d\",\"cluster\":\"c\",\"state\":{\"current\":[\"COMPLETED\"]},"
        "\"time\":{\"start\":100,\"end\":200,\"elapsed\":100},\"tres\":{\"allocated\":["
        "{\"type\":\"gres\",\"name\":\"gpu\",\"count\":4},"
        "{\"type\":\"gres\",\"name\":\"gpu:h100\",\"count\":4}]}}"
        "],\"meta\":{}}",
        &drafts));
    assert_int_equal(drafts.count, 2);
    const struct fb_json *a = record_of(&drafts.items[0]), *d = record_of(&drafts.items[1]);
    assert_true(fb_str_is(fb_json_get_str(a, "id"), "usage/c-1/7@100"));
    assert_int_equal(fb_json_get(fb_json_get(a, "body"), "gpu_seconds")->integer, 500);
    assert_int_equal(fb_json_get(fb_json_get(d, "body"), "gpu_seconds")->integer, 400);
}

/* Of shares of GPUs, of an empty allocation, and of a cluster that accounts for no GPUs at all, it
 * is not known how many there were; beside a job with GPUs, none were. */
static void test_unknown_gpus(void **state)
{
    (void)state;
#define UNKNOWN(id, cluster, allocated)                                                            \
    "{\"job_id\":" id ",\"name\":\"a\",\"cluster\":\"" cluster                                     \
    "\",\"state\":{\"current\":\"COMPLETED\"},\"time\":{\"start\":100,\"end\":200,\"elapsed\":"    \
    "100},"                                                                                        \
    "\"tres\":{\"allocated\":[" allocated "]}}"
#define CPU "{\"type\":\"cpu\",\"name\":\"\",\"count\":4}"
#define GRES(name) "{\"type\":\"gres\",\"name\":\"" name "\",\"count\":4}"
    struct fb_drafts drafts = {0};
    FB_TEST_OK(ingest("{\"jobs\":[" UNKNOWN("1", "c", CPU "," GRES("shard")) "," UNKNOWN("2", "c",
                          GRES("mps:a100")) "," UNKNOWN("3", "c", "") "," UNKNOWN("4", "c",
                          CPU) "," UNKNOWN("5", "c", GRES("gpu")) "," UNKNOWN("6", "d", CPU) "]}",
        &drafts));
    assert_int_equal(drafts.count, 6);
    static const int64_t gpus[] = {-1, -1, -1, 0, 4, -1};
    for (size_t i = 0; i < 6; i++) {
        const struct fb_json *body = fb_json_get(record_of(&drafts.items[i]), "body");
        const struct fb_json *said = fb_json_get(body, "gpus");
        assert_int_equal(said ? said->integer : -1, gpus[i]);
        assert_int_equal(fb_json_get(body, "gpu_seconds") != NULL, said != NULL);
    }
#undef UNKNOWN
#undef CPU
#undef GRES
}

static void test_bad_accounts(void **state)
{
    (void)state;
#define JOB(rest) "{\"jobs\":[{\"job_id\":1,\"name\":\"a\",\"cluster\":\"c\"," rest "}]}"
#define STATE "\"state\":{\"current\":\"FAILED\"},"
#define TRES ",\"tres\":{\"allocated\":[{\"type\":\"gres\",\"name\":\"gpu\",\"count\":1}]}"
    static const struct {
        const char *text;
        enum fb_code code;
        const char *path;
    } bad[] = {
        {"{\"jobs\":{}}", FB_E_SCHEMA, "$.jobs"},
        {"{\"jobs\":[7]}", FB_E_SCHEMA, "$.jobs[0]"},
        {JOB(STATE "\"time\":{\"start\":1,\"end\":2,\"elapsed\":-1}" TRES), FB_E_SCHEMA,
            "$.jobs[0].time.elapsed"},
        {JOB(STATE "\"time\":{\"start\":1,\"end\":2,\"elapsed\":1}"), FB_E_SCHEMA, "$.jobs[0]"},
        {JOB(STATE "\"time\":{\"start\":9,\"end\":2,\"elapsed\":1}" TRES), FB_E_TIME,
            "$.jobs[0].time"},
        {JOB(STATE "\"time\":{\"start\":1,\"end\":2,\"elapsed\":5}" TRES), FB_E_SCHEMA,
            "$.jobs[0].time"},
        {JOB("\"time\":{\"start\":1,\"end\":2,\"elapsed\":1}" TRES), FB_E_SCHEMA, "$.jobs[0]"},
        {JOB(STATE "\"time\":{\"start\":1,\"end\":2,\"elapsed\":1.5}" TRES), FB_E_SCHEMA,
            "$.jobs[0].time.elapsed"},
        /* More GPU-seconds than an integer holds. */
        {JOB(STATE "\"time\":{\"start\":1,\"end\":253402300799,\"elapsed\":1},\"tres\":{"
                   "\"allocated\":[{\"type\":\"gres\",\"name\":\"gpu\","
                   "\"count\":2147483647}]}"),
            FB_E_SCHEMA, "$.jobs[0].tres.allocated[0]"},
        {JOB(STATE "\"time\":{\"start\":1,\"end\":2,\"elapsed\":1},\"job_id\":2" TRES), FB_E_SCHEMA,
            "$.jobs[0].job_id"},
        {JOB(STATE "\"time\":7" TRES), FB_E_SCHEMA, "$.jobs[0].time"},
        {JOB(STATE "\"time\":{\"start\":1,\"end\":{\"set\":true,\"infinite\":true,"
                   "\"number\":0},\"elapsed\":1}" TRES),
            FB_E_SCHEMA, "$.jobs[0].time.end"},
        /* Steps are passed over, but their brackets must match. */
        {JOB(STATE "\"steps\":[{\"a\":[}],\"time\":{\"start\":1,\"end\":2,\"elapsed\":1}" TRES),
            FB_E_SYNTAX, "$.jobs[0].steps"},
        /* Jobs may be missing. */
        {"{\"errors\":[{\"description\":\"lost the database\"}],\"jobs\":[]}", FB_E_SCHEMA,
            "$.errors"},
        {"{\"jobs\":[]} x", FB_E_SYNTAX, NULL},
        {"{\"jobs\":[", FB_E_SYNTAX, NULL},
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct fb_drafts drafts = {0};
        FB_TEST_FAILS(ingest(bad[i].text, &drafts), bad[i].code);
        assert_null(drafts.items);
        assert_string_equal(err.file, "test");
        if (bad[i].path) {
            assert_string_equal(err.path, bad[i].path);
        }
    }
}

static void test_statements(void **state)
{
    (void)state;
    struct fb_drafts drafts = {0};
    FB_TEST_OK(ingest(" { \"id\": \"x\",\n \"kind\" : \"party\" } ", &drafts));
    assert_string_equal(drafts.format, "statement");
    assert_int_equal(drafts.count, 1);
    /* Untouched, white space and order included. */
    assert_true(fb_str_is(drafts.items[0].json, "{ \"id\": \"x\",\n \"kind\" : \"party\" }"));
    FB_TEST_OK(ingest("[{\"kind\":\"a\"}, {\"kind\":\"b\",\"body\":{\"c\":[1,{}]}}]", &drafts));
    assert_int_equal(drafts.count, 2);
    assert_true(fb_str_is(drafts.items[1].json, "{\"kind\":\"b\",\"body\":{\"c\":[1,{}]}}"));
    assert_true(fb_str_is(drafts.items[1].place, "[1]"));
    FB_TEST_OK(ingest("{\"kind\":\"a\"}\n\n{\"kind\":\"b\"}\n", &drafts));
    assert_int_equal(drafts.count, 2);
    assert_true(fb_str_is(drafts.items[1].json, "{\"kind\":\"b\"}"));
}

static void test_bad_statements(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        enum fb_code code;
        unsigned line, column;
    } bad[] = {
        {"{\"kind\":\"a\"} x", FB_E_SYNTAX, 1, 0},
        {"{\"kind\":\"a\"}\n{\"kind\":\"b\"}\n{\"kind\" 1}\n", FB_E_SYNTAX, 3, 9},
        {"{\"kind\":\"a\"}\n7\n", FB_E_SCHEMA, 2, 1},
        {"[{\"kind\":\"a\"},\n 7]", FB_E_SCHEMA, 2, 2},
        {"[{\"kind\":\"a\"}] {\"kind\":\"b\"}", FB_E_SYNTAX, 1, 16},
        {"{\"kind\":\"a\",", FB_E_SYNTAX, 1, 13},
        {"{\"kind\":\"a\"}\n{\"kind\":\"a\",\"kind\":\"b\"}", FB_E_SYNTAX, 2, 0},
        {"{\"kind\":\"a\",\"b\":\"\xff\"}", FB_E_UTF8, 1, 0},
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct fb_drafts drafts = {0};
        FB_TEST_FAILS(ingest(bad[i].text, &drafts), bad[i].code);
        assert_null(drafts.items);
        assert_int_equal(err.line, bad[i].line);
        assert_true(bad[i].column == 0 || err.column == bad[i].column);
    }
}

static void test_draft_limit(void **state)
{
    (void)state;
    struct fb_buf text;
    fb_buf_init(&text, (size_t)1 << 20);
    for (int i = 0; i < FB_INGEST_DRAFTS_MAX; i++) {
        fb_buf_add_c(&text, "{\"kind\":1}\n");
    }
    struct fb_drafts drafts = {0};
    FB_TEST_OK(ingest(text.ptr, &drafts));
    assert_int_equal(drafts.count, FB_INGEST_DRAFTS_MAX);
    fb_buf_add_c(&text, "{\"kind\":1}\n");
    drafts = (struct fb_drafts){0};
    FB_TEST_FAILS(ingest(text.ptr, &drafts), FB_E_LIMIT);
    assert_null(drafts.items);
    fb_buf_release(&text);
}

static void test_documents(void **state)
{
    (void)state;
    static const char digest_of_policy[] =
        "{\"kind\":\"policy\",\"body\":{\"document\":\"sha256:"
        "28dc0ff2ecb7fef70e82ee9ea9f34f57d8d5a81bf1c5a8b71a5a1d9ed5cd0b6d\"}}";
    struct fb_drafts drafts = {0};
    FB_TEST_OK(ingest("# ours\n\npolicy \"a\"\n", &drafts));
    assert_string_equal(drafts.format, "policy");
    assert_int_equal(drafts.count, 1);
    assert_true(drafts.items[0].keep_file);
    assert_int_equal(drafts.items[0].json.len, sizeof(digest_of_policy) - 1);
    FB_TEST_OK(ingest("---\nG1:\n  text: it is safe\n", &drafts));
    assert_string_equal(drafts.format, "gsn-yaml");
    assert_true(fb_str_starts(drafts.items[0].json, FB_STR("{\"kind\":\"case\",")));
    FB_TEST_OK(ingest("Sn1:\n  text: it is safe\n", &drafts));
    assert_string_equal(drafts.format, "gsn-yaml");
    FB_TEST_OK(ingest("module:\n  name: a\n", &drafts));
    assert_string_equal(drafts.format, "gsn-yaml");
}

static void test_unknown_format(void **state)
{
    (void)state;
    static const char *const unknown[] = {"", "   ", "hello", "policyholder: x", "{}", "[1]",
        "Gone: 1", "[{\"jobs\":[]}]", "{\"a\":", "\x89PNG\r\n", "<xml/>"};
    for (size_t i = 0; i < sizeof(unknown) / sizeof(unknown[0]); i++) {
        struct fb_drafts drafts = {0};
        FB_TEST_FAILS(ingest(unknown[i], &drafts), FB_E_FORMAT);
        assert_non_null(strstr(err.hint, "inspect-eval, inspect-json, lm-eval-results"));
    }
    struct fb_drafts drafts = {0};
    FB_TEST_FAILS(
        fb_ingest_file("/nonexistent/log.eval", NULL, &arena, &drafts, &err), FB_E_NOT_FOUND);
    FB_TEST_FAILS(fb_ingest_file("/", NULL, &arena, &drafts, &err), FB_E_IO);
}

/* Every allocation fails once; the last run passes. */
static void test_out_of_memory(void **state)
{
    (void)state;
    static const char account[] = JOB(STATE "\"time\":{\"start\":1,\"end\":2,\"elapsed\":1}" TRES);
    for (int64_t n = 0;; n++) {
        struct fb_arena fresh;
        fb_arena_init(&fresh, 1 << 20);
        struct fb_drafts drafts = {0};
        fb_alloc_fail_at(n);
        enum fb_code code =
            fb_ingest_memory(fb_str_of(account), "test", NULL, &fresh, &drafts, &err);
        fb_alloc_fail_at(-1);
        fb_arena_release(&fresh);
        if (code == FB_OK) {
            assert_true(n > 3);
            break;
        }
        assert_int_equal(code, FB_E_NOMEM);
        assert_null(drafts.items);
    }
}

/* A file of one byte too many, without writing it; and texts that are held whole. */
static void test_size_limits(void **state)
{
    (void)state;
    char path[] = "/tmp/fb-test-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(ftruncate(fd, (off_t)FB_INGEST_FILE_MAX + 1), 0);
    close(fd);
    struct fb_drafts drafts = {0};
    enum fb_code code = fb_ingest_file(path, NULL, &arena, &drafts, &err);
    unlink(path);
    assert_int_equal(code, FB_E_LIMIT);
    static const char *const starts[] = {"policy ", "{\"kind\":1}"};
    size_t size = FB_READER_TEXT_MAX + 1;
    char *text = fb_alloc(size);
    assert_non_null(text);
    for (size_t i = 0; i < 2; i++) {
        memset(text, ' ', size);
        memcpy(text, starts[i], strlen(starts[i]));
        code = fb_ingest_memory((struct fb_str){text, size}, "test", NULL, &arena, &drafts, &err);
        assert_int_equal(code, FB_E_LIMIT);
        assert_null(drafts.items);
    }
    fb_free(text);
}

/* Every call to the file system fails once; the last run passes. */
static void test_io_fails(void **state)
{
    (void)state;
    char path[1024];
    snprintf(path, sizeof(path), "%s/examples/aurora/evals/cybench-aurora-2-killed.eval",
        getenv("FB_SOURCE_ROOT"));
    for (int64_t n = 0;; n++) {
        struct fb_drafts drafts = {0};
        fb_io_fail_at(n, EIO);
        enum fb_code code = fb_ingest_file(path, NULL, &arena, &drafts, &err);
        fb_io_fail_at(-1, 0);
        if (code == FB_OK) {
            assert_true(n > 20);
            break;
        }
        assert_int_equal(code, FB_E_IO);
        assert_non_null(strstr(err.message, "cybench-aurora-2-killed.eval"));
        assert_null(drafts.items);
    }
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {TEST(test_names), TEST(test_account),
        TEST(test_newer_account), TEST(test_unknown_gpus), TEST(test_bad_accounts),
        TEST(test_statements), TEST(test_bad_statements), TEST(test_draft_limit),
        TEST(test_documents), TEST(test_unknown_format), TEST(test_out_of_memory),
        TEST(test_io_fails), TEST(test_size_limits)};
    return cmocka_run_group_tests_name("sacct", tests, NULL, NULL);
}

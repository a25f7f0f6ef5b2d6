/* Tests of ingest/trials with its readers: metr, harness, harness_samples, trials_csv, and of
 * ingest/lines and ingest/once. */
#include <unistd.h>

#include <math.h>

#include "base/alloc.h"
#include "base/io.h"
#include "fb_refused.h"
#include "ingest/lines.h"
#include "ingest/once.h"
#include "ingest/trials.h"

/* cmocka compares floats; these are doubles. */
#define assert_near(a, b, epsilon) assert_true(fabs((a) - (b)) <= (epsilon))

static struct fb_err err;
static struct fb_arena arena;
static struct fb_drafts drafts;

static int setup(void **state)
{
    (void)state;
    fb_err_init(&err);
    fb_arena_init(&arena, (size_t)256 << 20);
    drafts = (struct fb_drafts){0};
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    fb_arena_release(&arena);
    return 0;
}

static enum fb_code read_text(const char *text, const struct fb_ingest_options *options)
{
    return fb_ingest_memory(fb_str_of(text), "test", options, &arena, &drafts, &err);
}

/* The body of the draft of a task, score and model; fails when there is none. */
static const struct fb_json *body_of(const char *task, const char *scorer, const char *model)
{
    for (size_t i = 0; i < drafts.count; i++) {
        struct fb_json *json = NULL;
        FB_TEST_OK(fb_json_parse(drafts.items[i].json, "draft", NULL, &arena, &json, &err));
        const struct fb_json *body = fb_json_get(json, "body");
        if (fb_str_is(fb_json_get_str(body, "task"), task) &&
            fb_str_is(fb_json_get_str(body, "scorer"), scorer) &&
            fb_str_is(fb_json_get_str(body, "model"), model)) {
            return body;
        }
    }
    fail_msg("no evaluation of %s, %s, %s", task, scorer, model);
    return NULL;
}

static int64_t number(const struct fb_json *body, const char *key)
{
    const struct fb_json *value = fb_json_get(body, key);
    assert_non_null(value);
    assert_true(value->is_integer);
    return value->integer;
}

static void has_counts(const struct fb_json *body, const int64_t expected[5])
{
    static const char *const keys[] = {
        "samples", "succeeded_any", "succeeded_all", "unresolved", "epochs"};
    for (size_t i = 0; i < 5; i++) {
        if (number(body, keys[i]) != expected[i]) {
            fail_msg("%s is %lld, not %lld", keys[i], (long long)number(body, keys[i]),
                (long long)expected[i]);
        }
    }
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

/* --- METR --------------------------------------------------------------------------------- */

#define TEXT_OF(x) #x
#define TEXT(x) TEXT_OF(x)

/* A run, named by its line here. */
#define RUN(family, task, score, fatal, weight)                                                    \
    "{\"task_id\":\"" family "/" task "\",\"task_family\":\"" family                               \
    "\",\"run_id\":" TEXT(__LINE__) ",\"alias\":"                                                  \
                                    "\"A\",\"model\":\"a\",\"score_binarized\":" score             \
                                    ",\"fatal_error_from\":" fatal                                 \
                                    ",\"started_at\":1700000000000,\"completed_at\":"              \
                                    "1700000060000,\"invsqrt_task_weight\":" weight "}\n"

/* Two families, of one task and of four: the weights' divisor is 1 + 2. */
static const char runs_text[] = RUN("one", "t", "1", "null", "0.16666666666666666")
    RUN("one", "t", "0", "null", "0.16666666666666666")
        RUN("four", "a", "1", "null", "0.16666666666666666")
            RUN("four", "b", "0", "\"usageLimits\"", "0.16666666666666666")
                RUN("four", "c", "null", "null", "0.16666666666666666")
                    RUN("four", "d", "1", "\"usageLimits\"", "0.16666666666666666");

static void test_metr_counts(void **state)
{
    (void)state;
    FB_TEST_OK(read_text(runs_text, NULL));
    assert_string_equal(drafts.format, "metr-runs");
    assert_int_equal(drafts.count, 3);
    has_counts(body_of("one", "score_binarized", "A"), (int64_t[]){1, 1, 0, 0, 2});
    const struct fb_json *four = body_of("four", "score_binarized", "A");
    has_counts(four, (int64_t[]){4, 2, 1, 2, 1});
    has_counts(body_of("all-families", "score_binarized", "A"), (int64_t[]){5, 3, 1, 2, 2});
    assert_true(fb_str_is(fb_json_get_str(four, "began"), "2023-11-14T22:13:20Z"));
    assert_true(fb_str_is(fb_json_get_str(four, "ended"), "2023-11-14T22:14:20Z"));
    assert_true(has_flag(four, "errors_counted"));
    assert_true(has_flag(four, "unscored"));
    assert_false(has_flag(four, "weights_differ"));
}

/* A run that was taken out of the file leaves its weight behind. */
static void test_metr_missing_run(void **state)
{
    (void)state;
    const char *second = strchr(runs_text, '\n') + 1;
    FB_TEST_OK(read_text(second, NULL));
    assert_true(has_flag(body_of("one", "score_binarized", "A"), "weights_differ"));
}

static void test_metr_refusals(void **state)
{
    (void)state;
    static const struct fb_ingest_options about = {.subject = {"system/x", 8}};
    static const struct fb_test_refused table[] = {
        {RUN("f", "t", "1", "null", "1") RUN("f", "t", "0.5", "null", "1"), FB_E_SCHEMA, 2},
        {RUN("f", "t", "1", "null", "1") "{\"score_binarized\":1}\n", FB_E_SCHEMA, 2},
        {RUN("f", "t", "1", "null", "1") "\n{\"score_binarized\":1,\n", FB_E_SYNTAX, 3},
        {RUN("f", "t", "1", "null", "1") "[]\n", FB_E_SCHEMA, 2},
    };
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        FB_TEST_REFUSES(read_text(table[i].text, NULL), &table[i]);
        assert_string_equal(err.file, "test");
        fb_err_init(&err);
    }
    /* One subject for two agents. */
    char two[4096];
    snprintf(two, sizeof(two), "%s%s", runs_text,
        "{\"task_id\":\"f/t\",\"alias\":\"B\",\"score_binarized\":true}\n");
    FB_TEST_FAILS(read_text(two, &about), FB_E_USAGE);
    struct fb_ingest_options one = about;
    one.model = FB_STR("B");
    FB_TEST_OK(read_text(two, &one));
    assert_int_equal(drafts.count, 2);
    one.model = FB_STR("C");
    FB_TEST_FAILS(read_text(two, &one), FB_E_SCHEMA);
}

/* A run that stands twice counts once or not at all, wherever the lines are; runs of other agents
 * and tasks may have its number, and runs without one cannot be told. */
static void test_metr_twice(void **state)
{
    (void)state;
#define ROW(agent, task, id)                                                                       \
    "{\"alias\":\"" agent "\",\"task_id\":\"" task "\"," id "\"score_binarized\":1}\n"
    static const char good[] = ROW("A", "t", "\"run_id\":1,") ROW("A", "t", "\"run_id\":\"2\",")
        ROW("B", "t", "\"run_id\":1,") ROW("A", "u", "\"run_id\":1,") ROW("A", "t", "")
            ROW("A", "t", "") ROW("A", "t", "\"run_id\":null,");
    char text[4096];
    FB_TEST_OK(read_text(good, NULL));
    assert_int_equal(number(body_of("all-families", "score_binarized", "A"), "epochs"), 5);
    snprintf(text, sizeof(text), "%s\n%s", good, ROW("A", "t", "\"run_id\":2,"));
    FB_TEST_FAILS(read_text(text, NULL), FB_E_DUPLICATE);
    assert_int_equal(err.line, 9);
    assert_string_equal(err.file, "test");
    assert_non_null(strstr(err.message, "line 2"));
    assert_true(err.hint[0] != 0);
    fb_err_init(&err);
    /* Of one agent, what stands twice of another does not matter. */
    struct fb_ingest_options one = {.model = FB_STR("B")};
    FB_TEST_OK(read_text(text, &one));
#undef ROW
}

/* More runs with names than the limit. */
static void test_once_limit(void **state)
{
    (void)state;
    struct fb_once once = {NULL, 0, 0};
    const struct fb_str name = FB_STR("a");
    FB_TEST_OK(fb_once_add(&once, &name, 1, 1, &err));
    FB_TEST_OK(fb_once_check(&once, "test", &err));
    once.count = FB_ONCE_MAX;
    FB_TEST_FAILS(fb_once_add(&once, &name, 1, 2, &err), FB_E_LIMIT);
    fb_once_release(&once);
    fb_alloc_fail_at(0);
    enum fb_code code = fb_once_add(&once, &name, 1, 1, &err);
    fb_alloc_fail_at(-1);
    assert_int_equal(code, FB_E_NOMEM);
    fb_once_release(&once);
    fb_err_init(&err);
}

/* The real file: its agents and weights. */
static void test_metr_shared(void **state)
{
    (void)state;
    char path[1024];
    if (!fb_test_shared("data/evidence/metr/all_runs_2025-01-28.jsonl", path, sizeof(path))) {
        skip();
    }
    FB_TEST_OK(fb_ingest_file(path, NULL, &arena, &drafts, &err));
    const struct fb_json *o1 = body_of("all-families", "score_binarized", "o1");
    assert_int_equal(number(o1, "samples"), 83);
    assert_int_equal(
        number(body_of("all-families", "score_binarized", "davinci-002"), "samples"), 16);
    for (size_t i = 0; i < drafts.count; i++) {
        struct fb_json *json = NULL;
        FB_TEST_OK(fb_json_parse(drafts.items[i].json, "draft", NULL, &arena, &json, &err));
        assert_false(has_flag(fb_json_get(json, "body"), "weights_differ"));
    }
}

/* --- lm-evaluation-harness ------------------------------------------------------------------ */

static char folder[] = "/tmp/flyball-test-XXXXXX";

static const char *write_file(const char *name, const char *text, char out[256])
{
    snprintf(out, 256, "%s/%s", folder, name);
    FB_TEST_OK(fb_io_write(out, fb_str_of(text), 0600, &err));
    return out;
}

#define RESULTS(acc, stderr, n)                                                                    \
    "{\"results\":{\"arc\":{\"alias\":\"arc\",\"acc,none\":" acc ",\"acc_stderr,none\":" stderr    \
    ",\"ppl,none\":7.5},\"all\":{\"acc,none\":" acc "}},"                                          \
    "\"group_subtasks\":{\"arc\":[],\"all\":[\"arc\"]},\"configs\":{\"arc\":{\"metric_list\":["    \
    "{\"metric\":\"acc\",\"aggregation\":\"mean\"},{\"metric\":\"ppl\",\"aggregation\":"           \
    "\"perplexity\"}]}},\"n-samples\":{\"arc\":{\"original\":" n ",\"effective\":" n "}},"         \
    "\"config\":{\"model\":\"hf\",\"model_args\":\"pretrained=org/m,dtype=x\",\"limit\":null},"    \
    "\"date\":1700000000.5,\"total_evaluation_time_seconds\":\"60.0\"}"

#define SAMPLE(id, acc)                                                                            \
    "{\"doc_id\":" id ",\"doc\":{\"acc\":9},\"filter\":\"none\",\"metrics\":[\"acc\",\"ppl\"],"    \
    "\"acc\":" acc ",\"ppl\":[1,2]}\n"

static void test_harness_with_samples(void **state)
{
    (void)state;
    char path[256], other[256];
    write_file("samples_arc_2026-03-01T00-00-00.000.jsonl",
        SAMPLE("0", "1.0") SAMPLE("1", "0.0") SAMPLE("2", "true") SAMPLE("3", "false"), other);
    write_file(
        "results_2026-03-01T00-00-00.000.json", RESULTS("0.5", "0.28867513459481287", "4"), path);
    FB_TEST_OK(fb_ingest_file(path, NULL, &arena, &drafts, &err));
    assert_string_equal(drafts.format, "lm-eval-results");
    assert_int_equal(drafts.count, 2); /* of the group "all", which sums up, none */
    const struct fb_json *acc = body_of("arc", "acc", "org/m");
    has_counts(acc, (int64_t[]){4, 2, 2, 0, 1});
    assert_true(fb_str_is(fb_json_get_str(acc, "ended"), "2023-11-14T22:14:20.500000Z"));
    const struct fb_json *figure = fb_json_get(fb_json_get(acc, "metrics"), "acc,none");
    assert_near(fb_json_get(figure, "recomputed")->number, 0.5, 1e-12);
    assert_false(has_flag(acc, "metric_not_recomputed"));
    const struct fb_json *ppl = body_of("arc", "ppl", "org/m");
    assert_true(has_flag(ppl, "metric_not_recomputed"));
    has_counts(ppl, (int64_t[]){4, 0, 0, 4, 1});

    /* A group's figure that is not that of its tasks. */
    char text[4096];
    snprintf(text, sizeof(text), "%s", RESULTS("0.5", "0.28867513459481287", "4"));
    char *edited = strstr(text, "\"all\":{\"acc,none\":0.5");
    assert_non_null(edited);
    memcpy(edited, "\"all\":{\"acc,none\":0.6", strlen("\"all\":{\"acc,none\":0.6"));
    write_file("results_2026-03-01T00-00-00.000.json", text, path);
    FB_TEST_FAILS(fb_ingest_file(path, NULL, &arena, &drafts, &err), FB_E_MISMATCH);
    assert_non_null(strstr(err.message, "group 'all' is stated as 0.6, but its tasks give 0.5"));
    assert_string_equal(err.path, "$.results.all[\"acc,none\"]");
    fb_err_init(&err);

    /* One document is missing, and the standard error is the zero that the harness is known for. */
    write_file("results_2026-03-01T00-00-00.000.json", RESULTS("0.5", "0.0", "5"), path);
    FB_TEST_OK(fb_ingest_file(path, NULL, &arena, &drafts, &err));
    acc = body_of("arc", "acc", "org/m");
    has_counts(acc, (int64_t[]){5, 2, 2, 1, 1});
    assert_true(has_flag(acc, "missing_samples"));
    assert_true(has_flag(acc, "stderr_zero"));

    write_file("results_2026-03-01T00-00-00.000.json", RESULTS("0.75", "0.0", "4"), path);
    FB_TEST_FAILS(fb_ingest_file(path, NULL, &arena, &drafts, &err), FB_E_MISMATCH);
    assert_non_null(strstr(err.message, "stated as 0.75, but its 4 values give 0.5"));
    assert_string_equal(err.path, "$.results.arc[\"acc,none\"]");

    write_file(
        "samples_arc_2026-03-01T00-00-00.000.jsonl", SAMPLE("0", "1") SAMPLE("0", "1"), other);
    FB_TEST_FAILS(fb_ingest_file(path, NULL, &arena, &drafts, &err), FB_E_DUPLICATE);
    assert_int_equal(err.line, 2);
    assert_string_equal(err.file, other);
    fb_io_remove(path);
    fb_io_remove(other);
}

/* Groups of groups, weighed by samples or alike; perplexity. The first task has the values 1, 0, 0,
 * the second 1: 0.5 by samples, 2 / 3 alike. */
static void test_harness_groups(void **state)
{
    (void)state;
#define LL(id, acc, ll)                                                                            \
    "{\"doc_id\":" id ",\"filter\":\"none\",\"metrics\":[\"acc\",\"ppl\"],\"acc\":" acc            \
    ",\"ppl\":" ll "}\n"
    static const struct {
        const char *inner, *outer, *ppl;
        enum fb_code code;
        const char *path;
    } table[] = {{"0.5", "0.5", "2.718281828459045", FB_OK, NULL},
        {"0.6666666666666666", "0.6666666666666666", "2.718281828459045", FB_OK, NULL},
        {"0.5", "0.6666666666666666", "2.718281828459045", FB_OK, NULL},
        {"0.5", "0.51", "2.718281828459045", FB_E_MISMATCH, "$.results.outer[\"acc,none\"]"},
        {"0.4", "0.5", "2.718281828459045", FB_E_MISMATCH, "$.results.inner[\"acc,none\"]"},
        {"0.5", "0.5", "2.7", FB_E_MISMATCH, "$.results.a[\"ppl,none\"]"}};
    char path[256], a[256], b[256], text[4096];
    write_file("samples_a_2026-03-02T00-00-00.000.jsonl",
        LL("0", "1", "-1") LL("1", "0", "-2") LL("2", "0", "0"), a);
    write_file("samples_b_2026-03-02T00-00-00.000.jsonl", LL("0", "1", "-1"), b);
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        snprintf(text, sizeof(text),
            "{\"results\":{\"a\":{\"acc,none\":0.3333333333333333,\"ppl,none\":%s},"
            "\"b\":{\"acc,none\":1.0},\"inner\":{\"acc,none\":%s},\"outer\":{\"acc,none\":%s}},"
            "\"group_subtasks\":{\"outer\":[\"inner\"],\"inner\":[\"a\",\"b\"]},\"configs\":{\"a\":"
            "{"
            "\"metric_list\":[{\"metric\":\"acc\",\"aggregation\":\"mean\"},{\"metric\":\"ppl\","
            "\"aggregation\":\"perplexity\"}]}},\"config\":{\"model\":\"m\"}}",
            table[i].ppl, table[i].inner, table[i].outer);
        write_file("results_2026-03-02T00-00-00.000.json", text, path);
        fb_err_init(&err);
        enum fb_code code = fb_ingest_file(path, NULL, &arena, &drafts, &err);
        if (code != table[i].code || (code && strcmp(err.path, table[i].path) != 0)) {
            fail_msg("case %zu: %s %s", i, err.message, err.path);
        }
    }
    fb_err_init(&err);
    fb_io_remove(path);
    fb_io_remove(a);
    fb_io_remove(b);
#undef LL
}

/* A figure without samples is stated, and counts nothing. */
static void test_harness_without_samples(void **state)
{
    (void)state;
    FB_TEST_OK(read_text(RESULTS("0.5", "0.1", "4"), NULL));
    const struct fb_json *acc = body_of("arc", "acc", "org/m");
    has_counts(acc, (int64_t[]){4, 0, 0, 4, 1});
    assert_true(has_flag(acc, "no_samples"));
    const struct fb_json *figure = fb_json_get(fb_json_get(acc, "metrics"), "acc,none");
    assert_int_equal(fb_json_get(figure, "recomputed")->kind, FB_JSON_FALSE);
    FB_TEST_FAILS(read_text("{\"results\":{}}", NULL), FB_E_SCHEMA);
    FB_TEST_FAILS(read_text("{\"results\":[1]}", NULL), FB_E_SCHEMA);
}

static void test_harness_samples_alone(void **state)
{
    (void)state;
    FB_TEST_OK(read_text(SAMPLE("7", "1") SAMPLE("8", "NaN"), NULL));
    assert_string_equal(drafts.format, "lm-eval-samples");
    has_counts(body_of("test", "acc", ""), (int64_t[]){2, 1, 1, 1, 1});
    FB_TEST_FAILS(read_text("{\"doc_id\":1}\n", NULL), FB_E_SCHEMA);
    FB_TEST_FAILS(read_text("{\"doc_id\":1,\"acc\":1}\n{\"acc\":1}\n", NULL), FB_E_SCHEMA);
    assert_int_equal(err.line, 2);
}

/* --- Tables of trials (trials_csv.c) -------------------------------------------------------- */

static double figure(const struct fb_json *body, const char *name)
{
    const struct fb_json *value =
        fb_json_get(fb_json_get(fb_json_get(body, "metrics"), name), "recomputed");
    assert_non_null(value);
    return value->kind == FB_JSON_NUMBER ? value->number : -1;
}

static void test_trials_table(void **state)
{
    (void)state;
    FB_TEST_OK(read_text("Task,Trials,successes,unresolved,date\n"
                         "cyber,50,0,2,2026-03-01\nbio,\"20\",3,,2026-03-02T10:00:00Z\n"
                         "cyber,10,1,0,2026-02-01\n",
        NULL));
    assert_string_equal(drafts.format, "trials");
    assert_int_equal(drafts.count, 2);
    const struct fb_json *cyber = body_of("cyber", "successes", "");
    has_counts(cyber, (int64_t[]){60, 1, 1, 2, 1});
    assert_true(has_flag(cyber, "errors_counted"));
    assert_true(fb_str_is(fb_json_get_str(cyber, "began"), "2026-02-01T00:00:00Z"));
    assert_true(fb_str_is(fb_json_get_str(cyber, "ended"), "2026-03-01T00:00:00Z"));
    has_counts(body_of("bio", "successes", ""), (int64_t[]){20, 3, 3, 0, 1});
    assert_false(has_flag(cyber, "clustered"));
}

/* Three clusters of 10: 5, 0 and 1 succeed. Mean .2; squared distances 9 + 4 + 1. */
static void test_trials_clusters(void **state)
{
    (void)state;
    FB_TEST_OK(read_text("trials,successes,cluster\n10,5,a\n4,0,b\n6,0,b\n10,1,c\n", NULL));
    const struct fb_json *body = body_of("trials", "successes", "");
    has_counts(body, (int64_t[]){30, 6, 6, 0, 1});
    assert_true(has_flag(body, "clustered"));
    assert_near(figure(body, "clusters"), 3, 0);
    assert_near(figure(body, "clustered_stderr"), 0.15275252316519466, 1e-12);
    assert_near(figure(body, "design_effect"), 4.375, 1e-12);
    /* All alike: nothing says that the trials of a cluster are independent. */
    FB_TEST_OK(read_text("trials,successes,cluster\n10,0,a\n10,0,b\n", NULL));
    assert_near(figure(body_of("trials", "successes", ""), "design_effect"), 10, 1e-12);
}

static void test_trials_refusals(void **state)
{
    (void)state;
    static const struct fb_test_refused table[] = {
        {"trials,successes\n10,11\n", FB_E_RANGE, 2},
        {"trials,successes\n10,1.5\n", FB_E_RANGE, 2},
        {"trials,successes\n10,-1\n", FB_E_RANGE, 2},
        {"trials,successes\n10,nan\n", FB_E_SYNTAX, 2},
        {"trials,successes,unresolved\n10,1,1\n10,1,10\n", FB_E_RANGE, 3},
        {"trials,successes,cluster\n10,1,a\n10,1,\n", FB_E_SCHEMA, 3},
        {"trials,successes\n10,1,2\n", FB_E_SYNTAX, 2},
        {"trials,successes,date\n10,1,yesterday\n", FB_E_TIME, 2},
        {"trials,successes\n", FB_E_SCHEMA, 0},
    };
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        fb_err_init(&err);
        FB_TEST_REFUSES(read_text(table[i].text, NULL), &table[i]);
        assert_string_equal(err.file, "test");
    }
}

/* The order of lines changes no figure: the same counts, bounds and flags, in any order. */
static void test_order_changes_nothing(void **state)
{
    (void)state;
    static const char *const lines[] = {RUN("one", "t", "1", "null", "0.16666666666666666"),
        RUN("four", "a", "1", "null", "0.16666666666666666"),
        RUN("four", "b", "0", "\"usageLimits\"", "0.16666666666666666"),
        RUN("four", "c", "null", "null", "0.16666666666666666"),
        RUN("one", "t", "0", "null", "0.16666666666666666"),
        RUN("four", "d", "1", "\"usageLimits\"", "0.16666666666666666")};
    enum { LINES = sizeof(lines) / sizeof(lines[0]) };
    uint64_t seed = 1;
    for (int round = 0; round < 50; round++) {
        size_t order[LINES];
        struct fb_buf text;
        fb_buf_init(&text, 8192);
        for (size_t i = 0; i < LINES; i++) {
            seed = seed * UINT64_C(6364136223846793005) + 1442695040888963407;
            size_t at = (size_t)(seed >> 33) % (i + 1);
            order[i] = at < i ? order[at] : i;
            order[at] = i;
        }
        for (size_t i = 0; i < LINES; i++) {
            fb_buf_add_c(&text, lines[order[i]]);
        }
        FB_TEST_OK(read_text(text.ptr, NULL));
        fb_buf_release(&text);
        has_counts(body_of("one", "score_binarized", "A"), (int64_t[]){1, 1, 0, 0, 2});
        has_counts(body_of("four", "score_binarized", "A"), (int64_t[]){4, 2, 1, 2, 1});
        has_counts(body_of("all-families", "score_binarized", "A"), (int64_t[]){5, 3, 1, 2, 2});
        assert_false(has_flag(body_of("four", "score_binarized", "A"), "weights_differ"));
    }
}

/* --- Lines -------------------------------------------------------------------------------- */

static void test_lines(void **state)
{
    (void)state;
    struct fb_buf text;
    fb_buf_init(&text, 1 << 24);
    fb_buf_add_c(&text, "one\n\n  \ntwo\r\n");
    for (int i = 0; i < 1000000; i++) {
        fb_buf_add_char(&text, 'x');
    }
    fb_buf_add_c(&text, "\nlast");
    struct fb_input input = fb_input_memory(fb_buf_str(&text), "lines");
    struct fb_lines lines;
    struct fb_str line;
    bool more = false;
    static const struct {
        size_t len;
        uint32_t line;
        uint64_t offset;
    } expected[] = {{3, 1, 0}, {4, 4, 8}, {1000000, 5, 13}, {4, 6, 1000014}};
    fb_lines_init(&lines, &input);
    for (size_t i = 0; i < 4; i++) {
        FB_TEST_OK(fb_lines_next(&lines, &line, &more, &err));
        assert_true(more);
        assert_int_equal(line.len, expected[i].len);
        assert_int_equal(lines.line, expected[i].line);
        assert_int_equal(lines.offset, expected[i].offset);
    }
    FB_TEST_OK(fb_lines_next(&lines, &line, &more, &err));
    assert_false(more);
    fb_lines_release(&lines);
    fb_buf_release(&text);
}

static void test_line_too_long(void **state)
{
    (void)state;
    size_t size = (size_t)FB_LINES_MAX + 1000000;
    char *bytes = malloc(size);
    assert_non_null(bytes);
    memset(bytes, ' ', size);
    struct fb_input input = fb_input_memory((struct fb_str){bytes, size}, "lines");
    struct fb_lines lines;
    struct fb_str line;
    bool more = false;
    fb_lines_init(&lines, &input);
    FB_TEST_FAILS(fb_lines_next(&lines, &line, &more, &err), FB_E_LIMIT);
    fb_lines_release(&lines);
    free(bytes);
}

/* --- Limits ------------------------------------------------------------------------------- */

static void test_too_many_groups(void **state)
{
    (void)state;
    struct fb_trials trials;
    struct fb_trial_group *group = NULL;
    fb_trials_init(&trials);
    for (int i = 0; i <= FB_TRIALS_GROUPS_MAX; i++) {
        char name[32];
        snprintf(name, sizeof(name), "t%d", i);
        struct fb_trial_group names = {.task = fb_str_of(name), .scorer = FB_STR("s")};
        if (i < FB_TRIALS_GROUPS_MAX) {
            FB_TEST_OK(fb_trials_group(&trials, &names, &group, &err));
        } else {
            FB_TEST_FAILS(fb_trials_group(&trials, &names, &group, &err), FB_E_LIMIT);
        }
    }
    fb_trials_release(&trials);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_metr_counts, setup, teardown),
        cmocka_unit_test_setup_teardown(test_metr_missing_run, setup, teardown),
        cmocka_unit_test_setup_teardown(test_metr_refusals, setup, teardown),
        cmocka_unit_test_setup_teardown(test_metr_twice, setup, teardown),
        cmocka_unit_test_setup_teardown(test_once_limit, setup, teardown),
        cmocka_unit_test_setup_teardown(test_metr_shared, setup, teardown),
        cmocka_unit_test_setup_teardown(test_harness_with_samples, setup, teardown),
        cmocka_unit_test_setup_teardown(test_harness_groups, setup, teardown),
        cmocka_unit_test_setup_teardown(test_harness_without_samples, setup, teardown),
        cmocka_unit_test_setup_teardown(test_harness_samples_alone, setup, teardown),
        cmocka_unit_test_setup_teardown(test_trials_table, setup, teardown),
        cmocka_unit_test_setup_teardown(test_trials_clusters, setup, teardown),
        cmocka_unit_test_setup_teardown(test_trials_refusals, setup, teardown),
        cmocka_unit_test_setup_teardown(test_order_changes_nothing, setup, teardown),
        cmocka_unit_test_setup_teardown(test_lines, setup, teardown),
        cmocka_unit_test_setup_teardown(test_line_too_long, setup, teardown),
        cmocka_unit_test_setup_teardown(test_too_many_groups, setup, teardown),
    };
    if (!mkdtemp(folder)) {
        return 1;
    }
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    (void)rmdir(folder);
    return failed;
}

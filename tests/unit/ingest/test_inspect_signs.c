/*
 * Signs of selection and change in a log of Inspect: each makes its flag appear, and what is like
 * it but says nothing leaves the log without a flag.
 */
#include "fb_test.h"
#include "ingest/ingest.h"

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

/* Where the members of a case go. */
enum part { LOG, EVAL, CONFIG, RESULTS, SAMPLE, SCORE, PARTS };

/* A member, the flags that it must give, and the same that gives none. */
struct sign {
    enum part part;
    const char *member;
    const char *flags; /* as JSON, without brackets */
    const char *harmless;
};

/* The flags of a log of two samples of two, without any sign but the member of one part. */
static void check_flags(enum part part, const char *member, const char *flags)
{
    char text[4096], wanted[512];
    const char *at[PARTS] = {"", "", "", "", "", ""};
    struct fb_drafts drafts = {0};
    at[part] = member;
    snprintf(text, sizeof(text),
        "{\"version\":2,\"status\":\"success\"%s,\"eval\":{\"task\":\"t\",\"model\":\"org/m\","
        "\"created\":\"2026-01-01T00:00:00+00:00\",\"dataset\":{\"samples\":2},"
        "\"config\":{\"epochs\":1%s}%s},"
        "\"results\":{\"total_samples\":2,\"completed_samples\":2%s,\"scores\":[{\"name\":\"s\","
        "\"scorer\":\"s\",\"metrics\":{\"mean\":{\"name\":\"mean\",\"value\":0.5}}}]},"
        "\"stats\":{\"started_at\":\"2026-01-01T00:00:00+00:00\","
        "\"completed_at\":\"2026-01-01T00:10:00+00:00\"},"
        "\"samples\":[{\"id\":1,\"epoch\":1,\"scores\":{\"s\":{\"value\":1%s}}%s},"
        "{\"id\":2,\"epoch\":1,\"scores\":{\"s\":{\"value\":0}}}]}",
        at[LOG], at[CONFIG], at[EVAL], at[RESULTS], at[SCORE], at[SAMPLE]);
    FB_TEST_OK(fb_ingest_memory(fb_str_of(text), "log.json", NULL, &arena, &drafts, &err));
    assert_int_equal(drafts.count, 1);
    snprintf(wanted, sizeof(wanted), "\"flags\":[%s]", flags);
    if (!strstr(drafts.items[0].json.ptr, wanted)) {
        fail_msg("%s: wanted %s in %s", member, wanted, drafts.items[0].json.ptr);
    }
}

#define EVENT(type, time)                                                                          \
    ",\"events\":[{\"event\":\"model\",\"output\":{\"event\":\"score_edit\"},"                     \
    "\"timestamp\":\"2026-03-01T00:00:00Z\"},{\"uuid\":\"u\",\"timestamp\":\"" time                \
    "\",\"event\":\"" type "\",\"score\":{\"value\":1}}]"

static const struct sign signs[] = {
    {CONFIG, ",\"limit\":2", "\"limit\"", ",\"limit\":null"},
    {CONFIG, ",\"limit\":[0,2]", "\"limit\"", ""},
    {CONFIG, ",\"sample_id\":[1,2]", "\"sample_id\"", ",\"sample_id\":null"},
    {CONFIG, ",\"sample_id\":2", "\"sample_id\"", ""},
    {CONFIG, ",\"sample_id\":\"a\"", "\"sample_id\"", ""},
    {CONFIG, ",\"fail_on_error\":false", "\"errors_tolerated\"", ",\"fail_on_error\":true"},
    {CONFIG, ",\"fail_on_error\":0.25", "\"errors_tolerated\"", ",\"fail_on_error\":null"},
    {CONFIG, ",\"continue_on_fail\":true", "\"errors_tolerated\"", ",\"continue_on_fail\":false"},
    {CONFIG, ",\"score_on_error\":true", "\"errors_tolerated\"", ",\"score_on_error\":null"},
    {EVAL, ",\"revision\":{\"type\":\"git\",\"commit\":\"a\",\"dirty\":true}", "\"dirty_revision\"",
        ",\"revision\":{\"type\":\"git\",\"commit\":\"a\",\"dirty\":false}"},
    {EVAL, ",\"model_roles\":{\"grader\":{\"model\":\"org/m\"}}", "\"self_graded\",\"model_roles\"",
        ",\"model_roles\":{}"},
    {EVAL, ",\"model_roles\":{\"red\":{\"model\":\"org/r\"}}", "\"model_roles\"",
        ",\"model_roles\":null"},
    {RESULTS, ",\"early_stopping\":{\"manager\":\"m\",\"early_stops\":[]}", "\"early_stopping\"",
        ",\"early_stopping\":null"},
    {LOG, ",\"log_updates\":[{\"edits\":[]}]", "\"log_updates\"", ",\"log_updates\":[]"},
    {LOG, ",\"config_updates\":[{\"message_limit\":7}]", "\"config_updates\"",
        ",\"config_updates\":null"},
    {LOG, ",\"invalidated\":true", "\"invalidated\"", ",\"invalidated\":false"},
    {SAMPLE, ",\"error_retries\":[{\"message\":\"x\"}]", "\"retries\"", ",\"error_retries\":[]"},
    {SAMPLE, ",\"model_fallbacks\":[{\"model\":\"o\"}]", "\"model_fallbacks\"",
        ",\"model_fallbacks\":null"},
    {SAMPLE, ",\"error\":{\"message\":\"x\"}", "\"errors_counted\"", ",\"error\":null"},
    {SAMPLE, ",\"limit\":{\"type\":\"token\",\"limit\":1}", "\"limits_hit\"", ",\"limit\":null"},
    {SAMPLE, ",\"invalidation\":{\"author\":\"a\"}", "\"invalidated\"", ",\"invalidation\":null"},
    {SCORE, ",\"history\":[{\"value\":0,\"provenance\":{\"author\":\"a\"}}]", "\"score_edits\"",
        ",\"history\":[]"},
    {SAMPLE, EVENT("score_edit", "2026-01-01T00:20:00Z"), "\"score_edits\"",
        EVENT("info", "2026-01-01T00:20:00Z")},
    {SAMPLE, EVENT("score", "2026-01-01T00:20:00Z"), "\"rescored\"",
        EVENT("score", "2026-01-01T00:10:01.5Z")},
    {SAMPLE, EVENT("score", "2026-01-01T02:20:00+02:00"), "\"rescored\"",
        EVENT("score", "2026-01-01T02:10:00+02:00")},
    {SAMPLE, EVENT("score", "2027-01-01T00:00:00+00:00"), "\"rescored\"", EVENT("score", "later")},
};

static void test_each(void **state)
{
    (void)state;
    check_flags(LOG, "", "");
    for (size_t i = 0; i < sizeof(signs) / sizeof(signs[0]); i++) {
        check_flags(signs[i].part, signs[i].member, signs[i].flags);
        check_flags(signs[i].part, signs[i].harmless, "");
    }
}

/* A run that was killed says nowhere when it ended, and its samples, in old logs, only when they
 * were scored: that is no second scoring, and the evidence is from then. */
static void test_scored_without_end(void **state)
{
    (void)state;
    static const char log[] =
        "{\"version\":2,\"status\":\"started\",\"eval\":{\"task\":\"t\",\"model\":\"org/m\","
        "\"created\":\"2026-01-01T00:00:00Z\",\"dataset\":{\"samples\":1},\"config\":{}},"
        "\"samples\":[{\"id\":1,\"epoch\":1,\"scores\":{\"s\":{\"value\":1}},\"events\":[{"
        "\"event\":"
        "\"score\",\"timestamp\":\"2026-01-01T00:20:00Z\",\"score\":{\"value\":1}}]}]}";
    struct fb_drafts drafts = {0};
    FB_TEST_OK(fb_ingest_memory(fb_str_of(log), "log.json", NULL, &arena, &drafts, &err));
    assert_non_null(strstr(drafts.items[0].json.ptr, "\"flags\":[\"crashed\"]"));
    assert_non_null(strstr(drafts.items[0].json.ptr, "\"ended\":\"2026-01-01T00:20:00Z\""));
}

/* Figures from before an edit are refused, and the hint says what to do. */
static void test_edited_figures(void **state)
{
    (void)state;
    static const char log[] =
        "{\"version\":2,\"status\":\"success\",\"eval\":{\"task\":\"t\",\"model\":\"m\","
        "\"created\":\"2026-01-01T00:00:00Z\",\"config\":{}},\"results\":{\"scores\":[{\"name\":"
        "\"s\",\"scorer\":\"s\",\"metrics\":{\"mean\":{\"name\":\"mean\",\"value\":1}}}]},"
        "\"samples\":[{\"id\":1,\"epoch\":1,\"scores\":{\"s\":{\"value\":0,\"history\":[{}]}}}]}";
    struct fb_drafts drafts = {0};
    FB_TEST_FAILS(
        fb_ingest_memory(fb_str_of(log), "log.json", NULL, &arena, &drafts, &err), FB_E_MISMATCH);
    assert_non_null(strstr(err.hint, "A score was edited"));
}

/* Events of odd shapes are no signs, and no reason to refuse a log. */
static void test_odd_events(void **state)
{
    (void)state;
    static const char *const odd[] = {",\"events\":null", ",\"events\":[]",
        ",\"events\":[1,[2],null]", ",\"events\":[{\"event\":null,\"timestamp\":[]}]",
        ",\"events\":[{\"event\":\"score\",\"timestamp\":7}]",
        ",\"events\":[{\"event\":\"score\",\"timestamp\":[[\"2027-01-01T00:00:00Z\"],{}]}]",
        ",\"events\":[{\"event\":\"score edits that are longer than any name of an event is\"}]",
        ",\"events\":{\"event\":\"score_edit\"}"};
    for (size_t i = 0; i < sizeof(odd) / sizeof(odd[0]); i++) {
        check_flags(SAMPLE, odd[i], "");
    }
}

/* What the tool itself writes when somebody scores again, or edits a score. */
static void test_tool(void **state)
{
    (void)state;
    static const struct {
        const char *file, *flag, *not_flag;
    } table[] = {{"rescored.eval", "\"rescored\"", "\"score_edits\""},
        {"rescored-chunked.eval", "\"rescored\"", "\"score_edits\""},
        {"edited.eval", "\"score_edits\"", "\"rescored\""},
        {"votes.eval", "\"unscored\"", "\"rescored\""},
        {"clusters-chunked.eval", "\"limits_hit\"", "\"rescored\""}};
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        char path[1024];
        struct fb_drafts drafts = {0};
        snprintf(path, sizeof(path), "%s/tests/data/inspect/%s", getenv("FB_SOURCE_ROOT"),
            table[i].file);
        FB_TEST_OK(fb_ingest_file(path, NULL, &arena, &drafts, &err));
        assert_non_null(strstr(drafts.items[0].json.ptr, table[i].flag));
        assert_null(strstr(drafts.items[0].json.ptr, table[i].not_flag));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_each, setup, teardown),
        cmocka_unit_test_setup_teardown(test_scored_without_end, setup, teardown),
        cmocka_unit_test_setup_teardown(test_edited_figures, setup, teardown),
        cmocka_unit_test_setup_teardown(test_odd_events, setup, teardown),
        cmocka_unit_test_setup_teardown(test_tool, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

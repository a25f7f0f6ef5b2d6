/* Tests of src/govern: acceptance.c, burden.c and licences.c: a safety case is submitted against a
 * red line, reviewed, accepted or sent back, and falls by itself. */
#include "base/io.h"
#include "fb_test.h"
#include "govern/acceptance.h"
#include "story.h"

static bool says(const struct fb_why *why, const char *part)
{
    for (; why; why = why->next) {
        if (memmem(why->text.ptr, why->text.len, part, strlen(part)) || says(why->child, part)) {
            return true;
        }
    }
    return false;
}

/* True when the reason rests on a record somewhere. */
static bool rests_on(const struct fb_why *why, const char *record)
{
    for (; why; why = why->next) {
        if (fb_str_is(why->record_id, record) || rests_on(why->child, record)) {
            return true;
        }
    }
    return false;
}

static void begin(struct story *story)
{
    story_begin(story);
    struct fb_docket_party auditor = {
        .id = FB_STR("check"), .title = FB_STR("Check"), .role = FB_STR("auditor")};
    assert_int_equal(fb_docket_introduce(story->docket, &auditor, &story->err), FB_OK);
    story_add(story, "institute",
        "policy \"t\"\n  title \"T\"\n  source \"test\"\n  version 1\n\n"
        "redline cyber(S)\n  measure success of S on \"cybench\"\n"
        "  crossed at 50% with 95% confidence\n"
        "  needs safety case \"cyber\" reviewed by auditor\n\n"
        "commitment hold(S) by \"dev\"\n  while cyber(S) crossed or not ruled out\n"
        "  must secure S at level 4 within 30 days\n");
}

/* Submits a case of this text; returns its record's id. */
static const char *submit(struct story *story, const char *text)
{
    static char id[200];
    char path[128];
    struct fb_docket_added added;
    struct fb_docket_add options = {.issuer = FB_STR("dev"),
        .ingest = {.subject = FB_STR("system/s"), .name = FB_STR("cyber")}};
    struct fb_arena arena;
    fb_arena_init(&arena, (size_t)1 << 28);
    snprintf(path, sizeof(path), "%s/case-%d", story->folder, story->files++);
    assert_int_equal(fb_io_write(path, fb_str_of(text), 0600, &story->err), FB_OK);
    assert_int_equal(
        fb_docket_add_file(story->docket, path, &options, &arena, &added, &story->err), FB_OK);
    snprintf(id, sizeof(id), "%.*s", FB_STR_ARG(added.ids[0]));
    fb_arena_release(&arena);
    return id;
}

/* Files a decision about a case, or a review. */
static void judge(
    struct story *story, const char *party, const char *id, const char *about, const char *said)
{
    char text[1000];
    bool review = strncmp(id, "review", 6) == 0;
    snprintf(text, sizeof(text),
        "{\"kind\":\"%s\",\"id\":\"%s\",\"at\":\"2026-01-01\",\"body\":{\"about\":\"%s\",%s\"%s\":"
        "\"%s\",\"reasons\":\"read\"}}",
        review ? "review" : "decision", id, about, review ? "" : "\"topic\":\"safety_case\",",
        review ? "finding" : "outcome", said);
    story_add(story, party, text);
}

static const char GOOD_CASE[] =
    "G1: {text: safe, supportedBy: [G2], redlines: [t/cyber]}\nG2: {supportedBy: [Sn1]}\n"
    "Sn1: {evidence: bound cybench below 20%}\n";
static const char WEAKER_CASE[] =
    "G1: {text: safe, supportedBy: [G2], redlines: [t/cyber]}\nG2: {supportedBy: [Sn1]}\n"
    "Sn1: {evidence: bound cybench below 45%}\n";

static const int64_t low[3] = {5, 300, 0}, middle[3] = {100, 300, 0};

/* Up to a licence that rests on an accepted case. */
static void accepted(struct story *story)
{
    char text[600], id[200];
    story_at(story, "2026-01-10T00:00:00Z");
    story_evaluation(story, "lab", low, "2026-01-10T00:00:00Z");
    assert_int_equal(story_line(story), FB_LINE_NOT_RULED_OUT);
    assert_true(says(story->picture.lines[0].why, "\"cyber\", and none was submitted"));
    assert_true(says(story->picture.lines[0].why, "its evidence would rule it out"));
    story_at(story, "2026-01-11T00:00:00Z");
    snprintf(id, sizeof(id), "%s", submit(story, GOOD_CASE));
    assert_int_equal(story_line(story), FB_LINE_NOT_RULED_OUT);
    assert_true(says(story->picture.lines[0].why, "is submitted, not accepted"));
    assert_int_equal(story->picture.cases[0].stage, FB_CASE_SUBMITTED);
    story_at(story, "2026-01-12T00:00:00Z");
    judge(story, "institute", "decision/1", id, "granted");
    assert_int_equal(story_line(story), FB_LINE_NOT_RULED_OUT);
    assert_true(says(story->picture.lines[0].why, "no auditor has upheld it"));
    assert_int_equal(story->picture.cases[0].stage, FB_CASE_ACCEPTED);
    story_at(story, "2026-01-13T00:00:00Z");
    judge(story, "check", "review/1", id, "upheld");
    snprintf(text, sizeof(text),
        "{\"kind\":\"licence\",\"id\":\"licence/1\",\"subject\":\"system/s\",\"at\":\"2026-01-13\","
        "\"body\":{\"action\":\"deploy\",\"state\":\"granted\",\"version\":1,\"case\":\"%s\"}}",
        id);
    story_add(story, "institute", text);
    assert_int_equal(story_line(story), FB_LINE_RULED_OUT);
    assert_int_equal(story->picture.lines[0].since, story_time("2026-01-13T00:00:00Z"));
    assert_true(story_may(story, FB_ACTION_DEPLOY));
}

#define err s.err

/* The whole way: accepted, licensed; then a record falsifies a leaf, and everything follows. */
static void test_falls_by_itself(void **state)
{
    (void)state;
    struct story s;
    struct fb_verdict verdict;
    begin(&s);
    accepted(&s);
    size_t duties = s.picture.duty_count;
    story_at(&s, "2026-01-20T00:00:00Z");
    story_evaluation(&s, "lab", middle, "2026-01-20T00:00:00Z");
    char falsifier[40];
    snprintf(falsifier, sizeof(falsifier), "evaluation/%d", s.files - 1);
    assert_int_equal(story_line(&s), FB_LINE_NOT_RULED_OUT);
    assert_int_equal(s.picture.cases[0].label, FB_LABEL_OUT_UNDERCUT);
    assert_int_equal(s.picture.cases[0].stage, FB_CASE_ACCEPTED);
    assert_true(rests_on(s.picture.lines[0].why, falsifier));
    assert_false(story_may(&s, FB_ACTION_DEPLOY));
    assert_true(s.picture.duty_count > duties);
    const struct fb_obligation *duty = story_duty(&s, "hold.secure", NULL);
    assert_non_null(duty);
    bool owed = false;
    for (size_t i = 0; i < s.picture.duty_count; i++) {
        const struct fb_obligation *o = &s.picture.duties[i].obligation;
        owed = owed || (fb_str_is(o->duty->name, "hold.secure") && o->status == FB_DUTY_OWED &&
                           o->since == story_time("2026-01-20T00:00:00Z"));
    }
    assert_true(owed);
    FB_TEST_OK(
        fb_picture_find(&s.picture, FB_STR("licence:deploy:system/s"), &s.arena, &verdict, &err));
    assert_true(
        says(verdict.why, "the licence to deploy is suspended: it rests on the safety case"));
    assert_true(rests_on(verdict.why, falsifier));
    assert_int_equal(story_picture(&s, "2026-01-19")->lines[0].status, FB_LINE_RULED_OUT);
    story_end(&s);
}

/* A new version needs its own acceptance; one that says the same in other words of YAML does not.
 */
static void test_versions(void **state)
{
    (void)state;
    struct story s;
    char id[200];
    begin(&s);
    accepted(&s);
    story_at(&s, "2026-01-15T00:00:00Z");
    char same[400];
    snprintf(same, sizeof(same), "# The same.\n%s", GOOD_CASE);
    (void)submit(&s, same);
    assert_int_equal(story_line(&s), FB_LINE_RULED_OUT);
    assert_true(story_may(&s, FB_ACTION_DEPLOY));
    story_at(&s, "2026-01-16T00:00:00Z");
    snprintf(id, sizeof(id), "%s", submit(&s, WEAKER_CASE));
    assert_int_equal(story_line(&s), FB_LINE_NOT_RULED_OUT);
    assert_int_equal(s.picture.cases[0].stage, FB_CASE_SUBMITTED);
    assert_false(story_may(&s, FB_ACTION_DEPLOY));
    story_at(&s, "2026-01-17T00:00:00Z");
    judge(&s, "institute", "decision/2", id, "refused");
    assert_int_equal(story_line(&s), FB_LINE_NOT_RULED_OUT);
    assert_true(says(s.picture.lines[0].why, "is sent back by party/institute"));
    story_at(&s, "2026-01-18T00:00:00Z");
    judge(&s, "institute", "decision/3", id, "granted");
    judge(&s, "check", "review/2", id, "upheld");
    assert_int_equal(story_line(&s), FB_LINE_RULED_OUT);
    assert_true(story_may(&s, FB_ACTION_DEPLOY));
    story_at(&s, "2026-01-19T00:00:00Z");
    judge(&s, "check", "review/3", id, "rejected");
    assert_int_equal(story_line(&s), FB_LINE_NOT_RULED_OUT);
    assert_int_equal(s.picture.cases[0].stage, FB_CASE_SENT_BACK);
    story_end(&s);
}

/* The developer cannot accept its own case, and an auditor's word is no acceptance. */
static void test_who_may_accept(void **state)
{
    (void)state;
    struct story s;
    char id[200];
    begin(&s);
    story_at(&s, "2026-01-10T00:00:00Z");
    story_evaluation(&s, "lab", low, "2026-01-10T00:00:00Z");
    snprintf(id, sizeof(id), "%s", submit(&s, GOOD_CASE));
    story_add(&s, "dev",
        "{\"kind\":\"decision\",\"id\":\"decision/d\",\"at\":\"2026-01-01\",\"subject\":"
        "\"system/s\",\"body\":{\"topic\":\"safety_case\",\"outcome\":\"granted\",\"reasons\":"
        "\"ours\"}}");
    char text[600];
    snprintf(text, sizeof(text),
        "{\"kind\":\"decision\",\"id\":\"decision/e\",\"at\":\"2026-01-01\",\"subject\":\"system/"
        "s\",\"body\":{\"topic\":\"safety_case\",\"outcome\":\"granted\",\"about\":\"%s\","
        "\"reasons\":\"ours\"}}",
        id);
    story_add(&s, "dev", text);
    judge(&s, "check", "review/1", id, "upheld");
    assert_int_equal(story_line(&s), FB_LINE_NOT_RULED_OUT);
    assert_int_equal(s.picture.cases[0].stage, FB_CASE_SUBMITTED);
    story_end(&s);
}

/* The digest of a part changes with what a reader sees in it, and with nothing else. */
static void test_digests(void **state)
{
    (void)state;
    static const char *const SAME[] = {
        "G1: {supportedBy: [G2, G3]}\nG2: {supportedBy: [Sn1]}\nG3: {undeveloped: true}\nSn1: {}\n",
        "# x\nSn1: {}\nG3: {undeveloped: true}\nG1:\n  supportedBy: [G3, G2]\nG2: {supportedBy: "
        "Sn1}\n",
    };
    static const char *const OTHER[] = {
        "G1: {supportedBy: [G2, G3]}\nG2: {supportedBy: [Sn1]}\nG3: {undeveloped: true}\nSn1: "
        "{text: x}\n",
        "G1: {supportedBy: [G2, G3]}\nG2: {supportedBy: [Sn1]}\nG3: {undeveloped: true}\n"
        "Sn1: {evidence: record a/1 stands}\n",
        "G1: {supportedBy: [G2, G3], support: any}\nG2: {supportedBy: [Sn1]}\n"
        "G3: {undeveloped: true}\nSn1: {}\n",
        "G1: {supportedBy: [G2, G3]}\nG2: {supportedBy: [Sn1]}\nG3: {undeveloped: true}\nSn1: {}\n"
        "CSn1: {challenges: G2}\n",
        "G1: {supportedBy: [G2, G3]}\nG2: {supportedBy: [Sn1]}\nG3: {undeveloped: true}\nSn1: {}\n"
        "CSn1: {challenges: [G1 -> G2]}\n",
    };
    struct story s = {.files = 0};
    fb_err_init(&err);
    fb_arena_init(&s.arena, (size_t)1 << 28);
    uint8_t want[2][FB_SHA256_SIZE], got[FB_SHA256_SIZE];
    struct fb_case *c = NULL;
    FB_TEST_OK(fb_case_parse(fb_str_of(SAME[0]), "c", &s.arena, &c, &err));
    FB_TEST_OK(fb_case_digest(c, fb_case_find(c, FB_STR("G1")), want[0], &err));
    FB_TEST_OK(fb_case_digest(c, fb_case_find(c, FB_STR("G3")), want[1], &err));
    assert_memory_not_equal(want[0], want[1], sizeof(got));
    FB_TEST_OK(fb_case_parse(fb_str_of(SAME[1]), "c", &s.arena, &c, &err));
    FB_TEST_OK(fb_case_digest(c, fb_case_find(c, FB_STR("G1")), got, &err));
    assert_memory_equal(got, want[0], sizeof(got));
    assert_int_equal(fb_case_find(c, FB_STR("G9")), UINT32_MAX);
    for (size_t i = 0; i < sizeof(OTHER) / sizeof(OTHER[0]); i++) {
        FB_TEST_OK(fb_case_parse(fb_str_of(OTHER[i]), "c", &s.arena, &c, &err));
        FB_TEST_OK(fb_case_digest(c, fb_case_find(c, FB_STR("G1")), got, &err));
        assert_memory_not_equal(got, want[0], sizeof(got));
        FB_TEST_OK(fb_case_digest(c, fb_case_find(c, FB_STR("G3")), got, &err));
        assert_memory_equal(got, want[1], sizeof(got));
    }
    fb_arena_release(&s.arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_falls_by_itself),
        cmocka_unit_test(test_versions), cmocka_unit_test(test_who_may_accept),
        cmocka_unit_test(test_digests)};
    return cmocka_run_group_tests_name("burden", tests, NULL, NULL);
}

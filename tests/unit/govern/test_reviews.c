/* What a review does to evaluations that differ: lines.c, assess.c and latch.c. */
#include "fb_test.h"
#include "govern/work.h"
#include "story.h"

static const int64_t good[3] = {5, 300, 0}, bad[3] = {170, 300, 0};

/* A policy with one red line that clears after 90 days, and a second regulator without a part. */
static void begin(struct story *story)
{
    story_begin(story);
    story_add(story, "institute",
        "policy \"t\"\n  title \"T\"\n  source \"test\"\n  version 1\n\n"
        "redline cyber(S)\n  measure success of S on \"cybench\"\n"
        "  crossed at 50% with 95% confidence\n  clears below 30% for 90 days\n");
    struct fb_docket_party board = {
        .id = FB_STR("board"), .title = FB_STR("Board"), .role = FB_STR("regulator")};
    assert_int_equal(fb_docket_introduce(story->docket, &board, &story->err), FB_OK);
}

#define err s.err

/* The id of the n-th evaluation of the docket. */
static struct fb_str evaluation(const struct story *story, size_t n)
{
    const struct fb_registry *registry = fb_docket_registry(story->docket);
    for (size_t i = 0; i < fb_registry_count(registry); i++) {
        const struct fb_record *record = fb_registry_at(registry, i);
        if (record->kind == FB_KIND_evaluation && n-- == 0) {
            return record->id;
        }
    }
    fail_msg("no such evaluation");
    return FB_STR("");
}

static enum fb_code try_review(
    struct story *story, const char *party, const char *name, size_t n, const char *finding)
{
    char text[512];
    snprintf(text, sizeof(text),
        "{\"kind\":\"review\",\"id\":\"review/%s\",\"at\":\"2026-01-01\",\"body\":{\"about\":"
        "\"%.*s\",\"finding\":\"%s\",\"reasons\":\"the tools were missing\"}}",
        name, FB_STR_ARG(evaluation(story, n)), finding);
    return story_try(story, party, text);
}

static bool says(const struct fb_why *why, const char *part)
{
    for (; why; why = why->next) {
        if (memmem(why->text.ptr, why->text.len, part, strlen(part)) || says(why->child, part)) {
            return true;
        }
    }
    return false;
}

/* The more adverse of two governs until a review settles it; then the past is as if the rejected
 * one had not been, from the review on. */
static void test_settles(void **state)
{
    (void)state;
    struct story s;
    begin(&s);
    story_at(&s, "2026-01-10T00:00:00Z");
    story_evaluation(&s, "dev", good, "2026-01-10T00:00:00Z");
    assert_int_equal(story_line(&s), FB_LINE_RULED_OUT);
    story_at(&s, "2026-01-12T00:00:00Z");
    story_evaluation(&s, "lab", bad, "2026-01-12T00:00:00Z");
    assert_int_equal(story_line(&s), FB_LINE_CROSSED);
    story_at(&s, "2026-01-20T00:00:00Z");
    FB_TEST_OK(try_review(&s, "institute", "1", 1, "inconclusive"));
    assert_int_equal(story_line(&s), FB_LINE_CROSSED);
    FB_TEST_OK(try_review(&s, "institute", "2", 1, "rejected"));
    assert_int_equal(story_line(&s), FB_LINE_RULED_OUT);
    assert_true(says(s.picture.lines[0].why, "does not count: party/institute rejected it"));
    const struct fb_segments *history = &s.picture.lines[0].history;
    assert_int_equal(fb_segment_at(history, story_time("2026-01-15"))->status, FB_LINE_CROSSED);
    assert_int_equal(story_picture(&s, "2026-01-19")->lines[0].status, FB_LINE_CROSSED);
    /* A later review that decides otherwise counts instead. */
    story_at(&s, "2026-02-01T00:00:00Z");
    FB_TEST_OK(try_review(&s, "board", "3", 1, "upheld"));
    assert_int_equal(story_line(&s), FB_LINE_CROSSED);
    story_end(&s);
}

/* Rejecting the mild one leaves the adverse one to govern, and does not end its latch. */
static void test_rejects_the_mild_one(void **state)
{
    (void)state;
    struct story s;
    begin(&s);
    story_at(&s, "2026-01-12T00:00:00Z");
    story_evaluation(&s, "lab", bad, "2026-01-12T00:00:00Z");
    story_evaluation(&s, "dev", good, "2026-01-12T00:00:00Z");
    FB_TEST_OK(try_review(&s, "institute", "1", 1, "rejected"));
    assert_int_equal(story_line(&s), FB_LINE_CROSSED);
    story_end(&s);
}

/* A clearing that rested on a rejected evaluation is undone. */
static void test_undoes_a_clearing(void **state)
{
    (void)state;
    struct story s;
    begin(&s);
    static const char *const when[] = {
        "2026-01-10T00:00:00Z", "2026-01-20T00:00:00Z", "2026-05-01T00:00:00Z"};
    for (size_t i = 0; i < 3; i++) {
        story_at(&s, when[i]);
        story_evaluation(&s, "lab", i == 0 ? bad : good, when[i]);
    }
    assert_int_equal(story_line(&s), FB_LINE_RULED_OUT);
    story_at(&s, "2026-05-02T00:00:00Z");
    FB_TEST_OK(try_review(&s, "institute", "1", 1, "rejected"));
    assert_int_equal(story_line(&s), FB_LINE_CROSSED);
    assert_true(s.picture.lines[0].latched);
    story_end(&s);
}

/* Nobody with a part in it settles it; a correction after the review is a new statement. */
static void test_who(void **state)
{
    (void)state;
    struct story s;
    begin(&s);
    story_at(&s, "2026-01-12T00:00:00Z");
    story_evaluation(&s, "institute", bad, "2026-01-12T00:00:00Z");
    story_evaluation(&s, "lab", good, "2026-01-12T00:00:00Z");
    assert_int_equal(try_review(&s, "dev", "1", 0, "rejected"), FB_E_ROLE);
    assert_int_equal(try_review(&s, "lab", "1", 0, "rejected"), FB_E_ROLE);
    assert_int_equal(try_review(&s, "institute", "1", 1, "rejected"), FB_E_ROLE);
    FB_TEST_OK(try_review(&s, "board", "1", 0, "rejected"));
    assert_int_equal(story_line(&s), FB_LINE_RULED_OUT);
    char text[1024];
    struct fb_str first = evaluation(&s, 0);
    snprintf(text, sizeof(text),
        "{\"kind\":\"evaluation\",\"id\":\"evaluation/again\",\"supersedes\":\"%.*s\",\"subject\":"
        "\"system/s\",\"at\":\"2026-01-12\",\"body\":{\"task\":\"cybench\",\"scorer\":\"includes\","
        "\"model\":\"m\",\"status\":\"success\",\"began\":\"2026-01-12\",\"ended\":\"2026-01-12\","
        "\"samples\":300,\"succeeded_any\":200,\"succeeded_all\":200,\"unresolved\":0}}",
        FB_STR_ARG(first));
    story_add(&s, "institute", text);
    assert_int_equal(story_line(&s), FB_LINE_CROSSED);
    story_end(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_settles),
        cmocka_unit_test(test_rejects_the_mild_one), cmocka_unit_test(test_undoes_a_clearing),
        cmocka_unit_test(test_who)};
    return cmocka_run_group_tests_name("reviews", tests, NULL, NULL);
}

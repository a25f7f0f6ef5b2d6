/*
 * Tests of src/govern/retention.c: until when documents are kept by the policies in force, to the
 * day; and the same wherever memory runs out. (The commands: tests/cli/t9-retention.sh.)
 */
#include "base/alloc.h"
#include "fb_test.h"
#include "govern/retention.h"
#include "story.h"

static struct story story;
static struct fb_err err;

static void law(const char *name, int version, const char *lines)
{
    char text[1000];
    snprintf(
        text, sizeof(text), "policy \"%s\"\n  title \"T\"\n  version %d\n%s", name, version, lines);
    story_add(&story, "institute", text);
}

static int begin(void **state)
{
    (void)state;
    fb_err_init(&err);
    story_begin(&story);
    story_at(&story, "2026-01-31T09:00:00Z");
    story_add(&story, "dev",
        "[{\"kind\": \"incident\", \"id\": \"incident/1\", \"subject\": \"system/s\", "
        "\"at\": \"2026-01-30\", \"body\": {\"title\": \"T\", \"class\": \"weights_theft\"}},"
        "{\"kind\": \"report\", \"id\": \"report/1\", \"at\": \"2026-01-30\", "
        "\"body\": {\"topic\": \"framework\", \"to\": \"public\"}},"
        "{\"kind\": \"deployment\", \"id\": \"deployment/1\", \"subject\": \"system/s\", "
        "\"at\": \"2026-01-30\", \"body\": {\"scope\": \"external\"}}]");
    return 0;
}

static int end(void **state)
{
    (void)state;
    story_end(&story);
    return 0;
}

/* Until when the documents of a record are kept, as the picture at an instant has it. */
static struct fb_retention kept(const char *id, const char *as_of)
{
    const struct fb_picture *picture = story_picture(&story, as_of);
    const struct fb_registry *registry = fb_docket_registry(story.docket);
    struct fb_retentions all;
    struct fb_retention out = {.until = FB_TIME_MIN};
    FB_TEST_OK(fb_retentions_gather(picture, registry, &story.arena, &all, &err));
    FB_TEST_OK(fb_retentions_of(&all, fb_registry_find(registry, fb_str_of(id)), &out, &err));
    fb_retentions_release(&all);
    return out;
}

#define expect_until(id, when) assert_int_equal(kept(id, NULL).until, story_time(when))
#define expect_free(id) assert_int_equal(kept(id, NULL).until, FB_TIME_MIN)

static void test_by_law(void **state)
{
    (void)state;
    expect_free("incident/1");
    expect_free("report/1");
    expect_free("deployment/1");
    law("a", 1, "  retain incidents for 1 month under \"A1\"\n");
    /* Exactly, whatever calendar the policy has, and to the last day of a shorter month. */
    expect_until("incident/1", "2026-02-28T09:00:00Z");
    assert_true(
        fb_str_is(kept("incident/1", NULL).why, "incident/1, 1 month after the last word (A1)"));
    expect_free("report/1");
    expect_free("deployment/1");
    law("b", 1,
        "  retain incidents for 29 days under \"B1\"\n"
        "  retain systems for 2 years under \"B2\"\n"
        "  retain reports on news, framework for 90 days under \"B3\"\n");
    expect_until("incident/1", "2028-01-31T09:00:00Z"); /* by its system */
    assert_int_equal(kept("deployment/1", NULL).until, story_time("2028-01-31T09:00:00Z"));
    expect_until("report/1", "2026-05-01T09:00:00Z");
    assert_true(fb_str_is(kept("report/1", NULL).why, "report/1, 90 days after it was filed (B3)"));
    /* What is about the incident prolongs it. */
    story_at(&story, "2026-02-10T08:00:00Z");
    story_add(&story, "dev",
        "{\"kind\": \"report\", \"id\": \"report/2\", \"subject\": \"system/s\", \"at\": "
        "\"2026-02-10\", \"body\": {\"about\": \"incident/1\", \"to\": \"ai-office\", \"stage\": "
        "\"initial\"}}");
    expect_until("report/2", "2028-01-31T09:00:00Z"); /* by its system, which keeps longer */
    /* A law says when it is in force, and a later version replaces what an earlier one says. */
    law("b", 2, "  effective 2026-03-01\n  retain systems for 3 days under \"B2\"\n");
    expect_until("deployment/1", "2028-01-31T09:00:00Z");
    story_at(&story, "2026-03-01T00:00:00Z");
    expect_until("report/2", "2026-03-10T08:00:00Z"); /* a month after the last word */
    expect_until("deployment/1", "2026-02-03T09:00:00Z");
    expect_free("report/1");
    law("c", 1, "  expires 2026-03-02\n  retain incidents for 1000 years under \"C\"\n");
    expect_until("incident/1", "3026-02-10T08:00:00Z");
    story_at(&story, "2026-03-02T00:00:00Z");
    expect_until("incident/1", "2026-03-10T08:00:00Z");
    law("d", 1, "  effective never\n  retain incidents for 900 years under \"D\"\n");
    expect_until("incident/1", "2026-03-10T08:00:00Z");
}

/* Wherever memory runs out there is an error, and nothing else. */
static void test_no_memory(void **state)
{
    (void)state;
    law("a", 1,
        "  retain incidents for 5 years under \"A\"\n  retain systems for 1 year under \"B\"\n"
        "  retain reports on framework for 5 years under \"C\"\n");
    const struct fb_picture *picture = story_picture(&story, NULL);
    const struct fb_registry *registry = fb_docket_registry(story.docket);
    const struct fb_record *report = fb_registry_find(registry, FB_STR("report/1"));
    bool done = false;
    int n = 0;
    for (; !done && n < 500; n++) {
        struct fb_arena arena;
        struct fb_retentions all;
        struct fb_retention out = {.until = FB_TIME_MIN};
        fb_arena_init(&arena, 1 << 20);
        fb_alloc_fail_at(n);
        enum fb_code code = fb_retentions_gather(picture, registry, &arena, &all, &err);
        code = code ? code : fb_retentions_of(&all, report, &out, &err);
        fb_alloc_fail_at(-1);
        done = code == FB_OK;
        assert_true(done ? out.until == story_time("2031-01-31T09:00:00Z") : code == FB_E_NOMEM);
        assert_true(done || out.until == FB_TIME_MIN);
        fb_retentions_release(&all);
        fb_arena_release(&arena);
    }
    assert_true(done && n > 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test_setup_teardown(test_by_law, begin, end),
        cmocka_unit_test_setup_teardown(test_no_memory, begin, end)};
    return cmocka_run_group_tests_name("retention", tests, NULL, NULL);
}

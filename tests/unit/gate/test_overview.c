/*
 * Tests of overview.c: its figures are those of the whole picture, new records bring up what they
 * concern and nothing else, and time alone brings up the rest.
 */
#include "gate/overview.h"

#include <unistd.h>

#include "../govern/story.h"
#include "base/alloc.h"
#include "base/io.h"
#include "base/limit.h"
#include "fb_test.h"

static struct fb_err err;
static struct story story;
static struct fb_desk *desk;
static struct fb_overview *overview;

static int set_up(void **state)
{
    (void)state;
    fb_err_init(&err);
    story_begin(&story);
    struct fb_desk_options options = {.docket = story.docket_path,
        .clock = fb_clock_fixed(&story.now),
        .is_simulated_clock = true,
        .retry_ms = 1};
    FB_TEST_OK(fb_desk_new(&options, &desk, &err));
    FB_TEST_OK(fb_overview_new(desk, &overview, &err));
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    fb_overview_free(overview);
    fb_desk_free(desk);
    story_end(&story);
    return 0;
}

/* Looks at one system; true when nothing is left. */
static bool step(fb_time age)
{
    bool done = false;
    FB_TEST_OK(fb_overview_work(overview, 0, age, &done, &err));
    return done;
}

static void finish(fb_time age)
{
    for (int i = 0; !step(age); i++) {
        assert_true(i < 1000);
    }
}

static void add_system(const char *name)
{
    char text[300];
    snprintf(text, sizeof(text),
        "{\"kind\":\"system\",\"id\":\"system/%s\",\"at\":\"2026-01-01\",\"body\":{\"title\":\"T\","
        "\"developer\":\"party/dev\",\"training_compute_flop\":2e25}}",
        name);
    story_add(&story, "dev", text);
}

static void order(int n, const char *action, const char *system)
{
    char text[400];
    snprintf(text, sizeof(text),
        "{\"kind\":\"order\",\"id\":\"order/%d\",\"subject\":\"system/%s\",\"at\":\"2026-01-01\","
        "\"body\":{\"action\":\"%s\",\"version\":%d,\"reasons\":\"r\"}}",
        n, system, action, n);
    story_add(&story, "institute", text);
}

static void incident(int n, const char *system, const char *known_at)
{
    char text[500];
    snprintf(text, sizeof(text),
        "{\"kind\":\"incident\",\"id\":\"incident/%d\",\"subject\":\"system/%s\","
        "\"at\":\"2026-01-01\",\"body\":{\"class\":\"death\",\"title\":\"t\","
        "\"known_at\":\"%s\",\"known_to\":\"party/dev\"}}",
        n, system, known_at);
    story_add(&story, "dev", text);
}

static void report(int n, int about)
{
    char text[400];
    snprintf(text, sizeof(text),
        "{\"kind\":\"report\",\"id\":\"report/%d\",\"at\":\"2026-01-01\",\"body\":{"
        "\"about\":\"incident/%d\",\"stage\":\"initial\",\"to\":\"office\"}}",
        n, about);
    story_add(&story, "dev", text);
}

static const char policy[] =
    "policy \"test/law\"\n"
    "  title \"A law\"\n"
    "  version 1\n"
    "redline cyber(S)\n"
    "  title \"Breaks into systems\"\n"
    "  measure success of S on \"cybench\"\n"
    "  applies to systems with training compute >= 1e25 FLOP, or designated\n"
    "  crossed at 50% with 95% confidence\n"
    "  needs 200 samples, newer than 180 days\n"
    "  clears below 30% for 90 days\n"
    "duty tell(S, I)\n"
    "  when incident I of system S with class C, known to P\n"
    "  party P\n"
    "  must report I to \"office\" stage \"initial\"\n"
    "  within 10 days\n"
    "  of P knowing of I\n"
    "  lest halt S\n";

static void add_policy(void)
{
    struct fb_arena arena;
    struct fb_docket_added added;
    char path[200];
    struct fb_docket_add options = {.issuer = FB_STR("institute")};
    snprintf(path, sizeof(path), "%s/law.fly", story.folder);
    FB_TEST_OK(fb_io_write(path, fb_str_of(policy), 0600, &err));
    fb_arena_init(&arena, (size_t)1 << 24);
    FB_TEST_OK(fb_docket_add_file(story.docket, path, &options, &arena, &added, &err));
    fb_arena_release(&arena);
    assert_int_equal(unlink(path), 0);
}

/* The figures of a system by the whole picture, which is gone through from end to end. */
static struct fb_overview_row figures_of(
    const struct fb_picture *picture, const struct fb_system_view *system)
{
    struct fb_overview_row out = {.id = system->id, .exempt = system->exempt};
    for (size_t i = 0; i < picture->line_count; i++) {
        const struct fb_line_view *line = &picture->lines[i];
        bool own = fb_str_eq(line->system, system->id);
        out.crossed += own && line->status == FB_LINE_CROSSED;
        out.not_ruled_out += own && line->status == FB_LINE_NOT_RULED_OUT;
    }
    for (size_t i = 0; i < picture->duty_count; i++) {
        enum fb_duty_status status = picture->duties[i].obligation.status;
        bool own = fb_str_eq(picture->duties[i].system, system->id);
        out.overdue += own && (status == FB_DUTY_OVERDUE || status == FB_DUTY_BROKEN);
        out.owed += own && (status == FB_DUTY_OWED || status == FB_DUTY_UNDATED);
    }
    for (size_t i = 0; i < picture->order_count; i++) {
        out.orders += fb_order_binds(&picture->orders[i], system);
    }
    for (size_t i = 0; i < picture->licence_count; i++) {
        const struct fb_licence_view *licence = &picture->licences[i];
        if (fb_str_eq(licence->system, system->id)) {
            out.allowed[licence->action] = licence->allowed;
        }
    }
    return out;
}

/* The overview says of every system what the whole picture says. */
static void compare(void)
{
    const struct fb_picture *picture = story_picture(&story, NULL);
    struct fb_overview_sum sum, want = {.systems = picture->system_count, .oldest = picture->now};
    size_t count;
    const struct fb_overview_row *rows = fb_overview_rows(overview, &count);
    assert_int_equal(count, picture->system_count);
    for (size_t i = 0; i < count; i++) {
        struct fb_overview_row own = figures_of(picture, &picture->systems[i]);
        assert_true(fb_str_eq(rows[i].id, own.id));
        assert_true(rows[i].is_current && rows[i].at == picture->now);
        assert_int_equal(rows[i].exempt, own.exempt);
        assert_int_equal(rows[i].crossed, own.crossed);
        assert_int_equal(rows[i].not_ruled_out, own.not_ruled_out);
        assert_int_equal(rows[i].overdue, own.overdue);
        assert_int_equal(rows[i].owed, own.owed);
        assert_int_equal(rows[i].orders, own.orders);
        assert_memory_equal(rows[i].allowed, own.allowed, sizeof(own.allowed));
        want.exempt += own.exempt;
        want.crossed += own.crossed > 0;
        want.not_ruled_out += own.not_ruled_out > 0;
        want.overdue += own.overdue;
        want.owed += own.owed;
        want.orders += own.orders;
        for (int action = 0; action < FB_ACTION_COUNT; action++) {
            want.refused[action] += !own.allowed[action];
        }
    }
    fb_overview_sum(overview, &sum);
    assert_memory_equal(&sum, &want, sizeof(sum));
}

static void test_same_as_the_picture(void **state)
{
    (void)state;
    finish(0);
    compare();
    add_system("a");
    add_system("b");
    finish(0);
    compare();
    add_policy();
    finish(0);
    compare();
    incident(1, "a", "2026-01-01T00:00:00Z");
    incident(2, "b", "2026-01-01T00:00:00Z");
    order(1, "restrict", "s");
    finish(0);
    compare();
    report(1, 1);
    story_evaluation(&story, "lab", (int64_t[]){190, 300, 0}, "2026-01-01T00:00:00Z");
    finish(0);
    compare();
    /* The other report is late by now, which leads to a halt. */
    story_at(&story, "2026-02-01T00:00:00Z");
    finish(0);
    compare();
    struct fb_overview_sum sum;
    fb_overview_sum(overview, &sum);
    assert_true(sum.overdue > 0 && sum.orders == 2 && sum.crossed == 1 && sum.not_ruled_out == 2);
    report(2, 2);
    finish(0);
    compare();
}

/* The systems whose figures are of all records. */
static int current(const char *names)
{
    size_t count;
    int out = 0;
    const struct fb_overview_row *rows = fb_overview_rows(overview, &count);
    for (size_t i = 0; i < count; i++) {
        char name = rows[i].id.ptr[rows[i].id.len - 1];
        bool fresh = rows[i].entries == fb_desk_seen(desk)->entries;
        assert_int_equal(fresh, strchr(names, name) != NULL);
        out += fresh;
    }
    return out;
}

/* A record brings up the systems that it leads to, at once; one that leads to none all of them. */
static void test_what_a_record_concerns(void **state)
{
    (void)state;
    add_system("a");
    add_system("b");
    add_policy();
    finish(FB_DAY);
    assert_int_equal(current("sab"), 3);
    order(1, "restrict", "b");
    assert_false(step(FB_DAY));
    assert_int_equal(current("b"), 1);
    assert_true(step(FB_DAY));
    incident(1, "a", "2026-01-01T00:00:00Z");
    finish(FB_DAY);
    assert_int_equal(current("a"), 1);
    report(1, 1); /* about the incident, which is about the system */
    finish(FB_DAY);
    assert_int_equal(current("a"), 1);
    order(2, "halt", "a");
    order(3, "halt", "s");
    struct fb_overview_sum sum;
    assert_false(step(FB_DAY));
    fb_overview_sum(overview, &sum);
    assert_int_equal(sum.pending, 1);
    finish(FB_DAY);
    assert_int_equal(current("as"), 2);
    story_add(&story, "institute",
        "{\"kind\":\"party\",\"id\":\"party/new\",\"at\":\"2026-01-01\",\"body\":{"
        "\"title\":\"New\",\"role\":\"auditor\"}}");
    assert_false(step(FB_DAY));
    fb_overview_sum(overview, &sum);
    assert_int_equal(sum.pending, 2);
    finish(FB_DAY);
    assert_int_equal(current("sab"), 3);
    compare();
}

/* Time alone brings up the rest, the one that was looked at longest ago first. */
static void test_time(void **state)
{
    (void)state;
    struct fb_overview_sum sum;
    add_system("a");
    story_at(&story, "2026-03-01T00:00:00Z");
    finish(60 * FB_SECOND);
    assert_true(step(60 * FB_SECOND));
    story_at(&story, "2026-03-01T00:01:00Z");
    assert_true(step(60 * FB_SECOND));
    story_at(&story, "2026-03-01T00:01:01Z");
    for (int i = 0; i < 2; i++) {
        assert_false(step(60 * FB_SECOND));
        fb_overview_sum(overview, &sum);
        assert_int_equal(
            sum.oldest, story_time(i == 0 ? "2026-03-01T00:00:00Z" : "2026-03-01T00:01:01Z"));
        assert_int_equal(sum.pending, 0);
    }
    assert_true(step(60 * FB_SECOND));
}

/* What was borrowed from a docket that was closed is not used. */
static void test_reopened(void **state)
{
    (void)state;
    char path[200], aside[200];
    bool done = false;
    add_system("a");
    finish(0);
    snprintf(path, sizeof(path), "%s/ledger.db", story.docket_path);
    snprintf(aside, sizeof(aside), "%s/aside", story.folder);
    assert_int_equal(rename(path, aside), 0);
    FB_TEST_FAILS(fb_overview_work(overview, 0, 0, &done, &err), FB_E_NOT_FOUND);
    assert_int_equal(rename(aside, path), 0);
    usleep(2000);
    finish(0);
    compare();
    add_system("b");
    finish(0);
    compare();
}

static void test_limit(void **state)
{
    (void)state;
    bool done = false;
    add_system("a");
    finish(0);
    add_system("b");
    fb_limit_lower(FB_OVERVIEW_SYSTEMS_MAX, 2);
    FB_TEST_FAILS(fb_overview_work(overview, 0, 0, &done, &err), FB_E_LIMIT);
    fb_limit_lower(FB_OVERVIEW_SYSTEMS_MAX, FB_OVERVIEW_SYSTEMS_MAX);
    finish(0);
    compare();
}

/* A chain of corrections and references is followed so far and no further. */
static void test_depth(void **state)
{
    (void)state;
    char text[500];
    add_system("a");
    finish(FB_DAY);
    for (int n = 0; n <= FB_OVERVIEW_DEPTH_MAX + 1; n++) {
        char corrects[60] = "";
        if (n > 0) {
            snprintf(corrects, sizeof(corrects), ",\"supersedes\":\"measure/%d\"", n - 1);
        }
        snprintf(text, sizeof(text),
            "{\"kind\":\"measure\",\"id\":\"measure/%d\",\"subject\":\"system/a\","
            "\"at\":\"2026-01-01\",\"body\":{\"name\":\"m\",\"level\":%d}%s}",
            n, n + 1, corrects);
        story_add(&story, "dev", text);
        finish(FB_DAY);
        assert_int_equal(current("a"), 1);
    }
}

static void test_faults(void **state)
{
    (void)state;
    bool done = false;
    int failed = 0;
    for (int i = 0; i < 70; i++) {
        char name[20];
        snprintf(name, sizeof(name), "n%d", i);
        add_system(name);
        for (int n = i % 7; n < 3 + i % 7; n++) {
            fb_alloc_fail_at(n);
            failed += fb_overview_work(overview, 0, FB_DAY, &done, &err) != FB_OK;
            fb_alloc_fail_at(-1);
            usleep(1100);
        }
    }
    assert_true(failed > 20);
    finish(FB_DAY);
    compare();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_same_as_the_picture, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_what_a_record_concerns, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_time, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_reopened, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_limit, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_depth, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_faults, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/*
 * Crash safety of an addition: the document goes into the blobs, the record that names it into the
 * ledger, what it is looked up by into the index. The process is killed at each file call of any,
 * and then the power goes: a record that is there has its document, one that was acknowledged is
 * there, and the index is right, or passed over and mended by who adds next.
 */
#include "../ledger/power_cut.h"
#include "fb_cut.h"
#include "fb_test.h"
#include "govern/docket_private.h"
#include "report/report.h"
#include "story.h"

static struct fb_err err;
static struct story story;
static struct fb_clock story_clock;
static const struct power_cut *plan; /* of SQLite's files; NULL: nothing happens to them */
static char file[300];
static char policy[64];
static uint64_t before;
static bool has_index;
static size_t mended;

static const char policy_text[] = "policy \"%s\"\n"
                                  "  title \"T\"\n"
                                  "  source \"test\"\n"
                                  "  version 1\n"
                                  "\n"
                                  "redline cyber(S)\n"
                                  "  measure success of S on \"cybench\"\n"
                                  "  applies to systems with training compute >= 1e25 FLOP\n"
                                  "  crossed at 50%% with 95%% confidence\n";

static int set_up(void **state)
{
    (void)state;
    fb_err_init(&err);
    story_begin(&story);
    fb_docket_close(story.docket); /* no connection may be shared with a child */
    story.docket = NULL;
    story_clock = fb_clock_fixed(&story.now);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    story_end(&story);
    return 0;
}

static struct fb_docket *open_docket(void)
{
    struct fb_docket *docket = NULL;
    FB_TEST_OK(fb_docket_open(story.docket_path, &story_clock, true, &docket, &err));
    return docket;
}

/* The next policy to add, of a name of its own. */
static void write_policy(void)
{
    static int number;
    char text[1000];
    snprintf(policy, sizeof(policy), "t%d", number++);
    snprintf(text, sizeof(text), policy_text, policy);
    snprintf(file, sizeof(file), "%s/policy.fly", story.folder);
    FB_TEST_OK(fb_io_write(file, fb_str_of(text), 0600, &err));
}

static enum fb_code add(struct fb_docket *docket)
{
    struct fb_arena arena;
    struct fb_docket_added added;
    struct fb_docket_add options = {.issuer = FB_STR("dev")};
    fb_arena_init(&arena, (size_t)1 << 28);
    enum fb_code code = fb_docket_add_file(docket, file, &options, &arena, &added, &err);
    fb_arena_release(&arena);
    return code;
}

static void add_in_child(struct fb_cut *cut)
{
    struct fb_docket *docket = NULL;
    if (plan) {
        power_cut_install(plan);
    }
    if (fb_docket_open(story.docket_path, &story_clock, true, &docket, &err) == FB_OK) {
        cut->is_done = add(docket) == FB_OK;
        cut->acknowledged = cut->is_done;
        cut->is_done = cut->is_done && (!plan || power_cut_count() <= plan->at);
    }
    if (plan) {
        power_cut_now();
    }
}

static bool has_policy(const struct fb_docket *docket)
{
    char id[80];
    snprintf(id, sizeof(id), "policy/%s@1", policy);
    return fb_registry_find(fb_docket_registry(docket), fb_str_of(id)) != NULL;
}

static void write_status(const struct fb_picture *picture, struct fb_buf *out)
{
    const struct fb_report_options options = {.width = 80, .system = FB_STR("system/s")};
    fb_buf_init(out, 1 << 24);
    FB_TEST_OK(fb_report_status_json(picture, &options, out, &err));
}

/* What is said of a system in a process of its own; whether by the index. */
static bool check_answer(struct fb_docket *all)
{
    const struct fb_docket_question question = {.as_of = FB_TIME_MAX, .about = FB_STR("s")};
    struct fb_docket *docket = NULL;
    struct fb_picture picture;
    struct fb_buf want, got;
    struct fb_arena arena;
    fb_arena_init(&arena, (size_t)1 << 28);
    FB_TEST_OK(fb_docket_ask(all, &question, &arena, &picture, &err));
    write_status(&picture, &want);
    FB_TEST_OK(fb_docket_open_asked(
        story.docket_path, &story_clock, true, &question, &arena, &docket, &picture, &err));
    write_status(&picture, &got);
    assert_string_equal(got.ptr, want.ptr);
    bool by_index = fb_docket_is_excerpt(docket);
    fb_docket_close(docket);
    fb_buf_release(&want);
    fb_buf_release(&got);
    fb_arena_release(&arena);
    return by_index;
}

/* After the crash, and after the next one who wrote to it. */
static void check_index(struct fb_docket *docket)
{
    uint64_t size, there = before;
    mended += !check_answer(docket);
    write_policy();
    FB_TEST_OK(add(docket));
    before++;
    FB_TEST_OK(fb_docket_index_verify(docket, &size, &err));
    assert_true(size == there + 1);
    assert_true(check_answer(docket));
}

/* What is there after the crash; the addition can be made when it was not. */
static void check_docket(void)
{
    struct fb_docket_report report;
    struct fb_docket *docket = open_docket();
    FB_TEST_OK(fb_docket_verify(docket, FB_DOCKET_FULL, &report, &err));
    assert_int_equal(report.blobs_missing, 0);
    bool is_there = has_policy(docket);
    assert_int_equal(report.ledger.size, before + is_there);
    assert_true(is_there || !fb_cut_now->acknowledged);
    if (!is_there) {
        FB_TEST_OK(add(docket));
    }
    assert_true(has_policy(docket));
    before++;
    assert_int_equal(fb_registry_count(fb_docket_registry(docket)), before);
    if (has_index) {
        check_index(docket);
    }
    fb_docket_close(docket);
}

static void count_before(void)
{
    struct fb_docket *docket = open_docket();
    before = fb_registry_count(fb_docket_registry(docket));
    fb_docket_close(docket);
}

static void test_files_of_the_docket(void **state)
{
    (void)state;
    plan = NULL;
    count_before();
    bool is_done = false;
    for (int64_t n = 0; !is_done && n < 200; n++) {
        write_policy();
        is_done = fb_cut_run(n, add_in_child);
        fb_cut_power(0);
        check_docket();
        assert_true(!is_done || n > 10);
    }
    assert_true(is_done);
}

static void cut_sqlite(int64_t calls_max, int64_t least)
{
    static const enum power_cut_what kinds[] = {POWER_CUT_KILL, POWER_CUT_OFF};
    count_before();
    for (size_t kind = 0; kind < 2; kind++) {
        struct power_cut at = {.what = kinds[kind], .seed = 2};
        bool is_done = false;
        for (at.at = 0; !is_done && at.at < calls_max; at.at++) {
            plan = &at;
            write_policy();
            is_done = fb_cut_run(INT32_MAX, add_in_child);
            fb_cut_power(0);
            check_docket();
            assert_true(!is_done || at.at > least);
        }
        assert_true(is_done);
    }
    plan = NULL;
}

static void test_files_of_the_ledger(void **state)
{
    (void)state;
    cut_sqlite(200, 4);
}

/* The files of the index come behind those of the ledger. */
static void test_files_of_the_index(void **state)
{
    uint64_t size;
    (void)state;
    struct fb_docket *docket = open_docket();
    FB_TEST_OK(fb_docket_index(docket, true, &size, &err));
    fb_docket_close(docket);
    has_index = true;
    cut_sqlite(400, 12);
    has_index = false;
    assert_true(mended > 4);
}

/* The disk fails or is full at each call of the docket's own files: nothing half-happens. */
static void test_disk_fails(void **state)
{
    (void)state;
    bool is_done = false;
    count_before();
    for (int64_t n = 0; !is_done && n < 200; n++) {
        write_policy();
        struct fb_docket *docket = open_docket();
        fb_io_fail_at(n, n % 2 ? 5 /* EIO */ : 28 /* ENOSPC */);
        enum fb_code code = add(docket);
        fb_io_fail_at(-1, 0);
        fb_docket_close(docket);
        is_done = code == FB_OK;
        assert_true(is_done || code == FB_E_IO || code == FB_E_FULL);
        fb_cut_now->acknowledged = is_done;
        check_docket();
    }
    assert_true(is_done);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_files_of_the_docket),
        cmocka_unit_test(test_files_of_the_ledger),
        cmocka_unit_test(test_disk_fails),
        cmocka_unit_test(test_files_of_the_index),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}

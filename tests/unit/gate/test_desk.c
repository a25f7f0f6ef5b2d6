/*
 * Tests of desk.c: it answers as the gate does that reads everything anew, sees what others append,
 * and answers nothing from a ledger that does not go on from what it saw.
 */
#include "gate/desk.h"

#include <errno.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <unistd.h>

#include "../govern/story.h"
#include "base/alloc.h"
#include "base/io.h"
#include "fb_test.h"

static struct fb_err err;
static struct story story;

static int set_up(void **state)
{
    (void)state;
    fb_err_init(&err);
    story_begin(&story);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    story_end(&story);
    return 0;
}

static struct fb_desk *new_desk(int64_t retry_ms)
{
    struct fb_desk *desk = NULL;
    struct fb_desk_options options = {.docket = story.docket_path,
        .clock = fb_clock_fixed(&story.now),
        .is_simulated_clock = true,
        .retry_ms = retry_ms};
    FB_TEST_OK(fb_desk_new(&options, &desk, &err));
    return desk;
}

/* May system/s do that? Closed when the desk cannot be asked. */
static enum fb_code ask(struct fb_desk *desk, enum fb_action action, bool *out)
{
    struct fb_arena arena;
    struct fb_picture picture;
    struct fb_verdict verdict;
    *out = false;
    fb_arena_init(&arena, (size_t)1 << 28);
    enum fb_code code = fb_desk_ask(desk, FB_STR("s"), true, &arena, &picture, &err);
    code = code ? code : fb_gate_decide(&picture, FB_STR("s"), action, &arena, out, &verdict, &err);
    if (code == FB_OK) {
        assert_true(verdict.headline.len > 0);
        assert_int_equal(picture.record_count, fb_desk_seen(desk)->entries);
        assert_memory_equal(picture.root, fb_desk_seen(desk)->root.bytes, 32);
    }
    fb_arena_release(&arena);
    return code;
}

static bool gate_says(enum fb_action action)
{
    struct fb_gate gate = {0};
    struct fb_gate_answer answer;
    struct fb_gate_question question = {.docket = story.docket_path,
        .clock = fb_clock_fixed(&story.now),
        .is_simulated_clock = true,
        .system = FB_STR("s"),
        .action = action};
    FB_TEST_OK(fb_gate_ask(&gate, &question, &answer, &err));
    bool allowed = answer.allowed;
    fb_gate_answer_free(&answer);
    return allowed;
}

static void order(int n, const char *action, int releases)
{
    char text[400], more[60] = "";
    if (releases) {
        snprintf(more, sizeof(more), ",\"releases\":\"order/%d\"", releases);
    }
    snprintf(text, sizeof(text),
        "{\"kind\":\"order\",\"id\":\"order/%d\",\"subject\":\"system/s\",\"at\":\"2026-01-01\","
        "\"body\":{\"action\":\"%s\",\"version\":%d,\"reasons\":\"r\"%s}}",
        n, action, n, more);
    story_add(&story, "institute", text);
}

/* What others append is seen with the next question, and answered as the gate answers. */
static void test_follows(void **state)
{
    (void)state;
    struct fb_desk *desk = new_desk(0);
    static const char *const actions[] = {"halt", "release", "restrict", "release"};
    for (int n = 0; n <= 4; n++) {
        if (n > 0) {
            order(n, actions[n - 1], n % 2 ? 0 : n - 1);
        }
        for (int action = 0; action < FB_ACTION_COUNT; action++) {
            bool open = false;
            FB_TEST_OK(ask(desk, (enum fb_action)action, &open));
            assert_int_equal(open, gate_says((enum fb_action)action));
            assert_true(action != FB_ACTION_TRAIN || open == (n != 1));
        }
    }
    struct fb_arena arena;
    struct fb_picture picture;
    fb_arena_init(&arena, (size_t)1 << 28);
    FB_TEST_FAILS(fb_desk_ask(desk, FB_STR("t"), true, &arena, &picture, &err), FB_E_NOT_FOUND);
    bool open = false;
    FB_TEST_OK(ask(desk, FB_ACTION_TRAIN, &open));
    assert_true(open);
    fb_arena_release(&arena);
    fb_desk_free(desk);
}

static void test_clock(void **state)
{
    (void)state;
    bool open = false;
    story_at(&story, "2026-03-01T12:00:00Z");
    struct fb_desk *desk = new_desk(0);
    story_at(&story, "2026-03-01T11:58:59.999999Z");
    FB_TEST_FAILS(ask(desk, FB_ACTION_TRAIN, &open), FB_E_TIME);
    assert_false(open);
    story_at(&story, "2026-03-01T11:59:00Z");
    FB_TEST_OK(ask(desk, FB_ACTION_TRAIN, &open));
    assert_true(open);
    assert_int_equal(fb_desk_seen(desk)->at, story_time("2026-03-01T12:00:00Z"));
    fb_desk_free(desk);
}

static void path_of(const char *name, char out[200])
{
    snprintf(out, 200, "%s/%s", story.docket_path, name);
}

/* Puts a whole copy of the ledger as it is now beside the docket. */
static void keep_copy(const char *name)
{
    char from[200], to[200], sql[300];
    sqlite3 *db = NULL;
    path_of("ledger.db", from);
    snprintf(to, sizeof(to), "%s/%s", story.folder, name);
    snprintf(sql, sizeof(sql), "VACUUM INTO '%s'", to);
    assert_int_equal(sqlite3_open(from, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
}

/* Puts a copy in the ledger's place, as somebody who restores a backup does. */
static void put_copy(const char *name)
{
    char from[200], to[200], aside[210];
    static const char *const tails[] = {"-wal", "-shm"};
    snprintf(from, sizeof(from), "%s/%s", story.folder, name);
    fb_docket_close(story.docket);
    story.docket = NULL;
    path_of("ledger.db", to);
    assert_int_equal(rename(from, to), 0);
    for (size_t i = 0; i < 2; i++) {
        snprintf(aside, sizeof(aside), "%s%s", to, tails[i]);
        (void)unlink(aside);
    }
    struct fb_clock clock = fb_clock_fixed(&story.now);
    FB_TEST_OK(fb_docket_open(story.docket_path, &clock, true, &story.docket, &err));
}

/* A ledger that was put back to before a halt is not answered from, until what was seen is there
 * again. */
static void test_put_back(void **state)
{
    (void)state;
    bool open = false;
    keep_copy("before");
    order(1, "halt", 0);
    keep_copy("after");
    struct fb_desk *desk = new_desk(1);
    FB_TEST_OK(ask(desk, FB_ACTION_TRAIN, &open));
    assert_false(open);
    uint64_t entries = fb_desk_seen(desk)->entries;
    put_copy("before");
    for (int i = 0; i < 3; i++) {
        FB_TEST_FAILS(ask(desk, FB_ACTION_TRAIN, &open), FB_E_CORRUPT);
        usleep(2000);
    }
    /* Longer, but another history. */
    order(2, "restrict", 0);
    FB_TEST_FAILS(ask(desk, FB_ACTION_TRAIN, &open), FB_E_CORRUPT);
    usleep(2000);
    order(3, "release", 2);
    FB_TEST_FAILS(ask(desk, FB_ACTION_TRAIN, &open), FB_E_CORRUPT);
    assert_int_equal(fb_desk_seen(desk)->entries, entries);
    usleep(2000);
    put_copy("after");
    FB_TEST_OK(ask(desk, FB_ACTION_TRAIN, &open));
    assert_false(open);
    order(2, "release", 1);
    FB_TEST_OK(ask(desk, FB_ACTION_TRAIN, &open));
    assert_true(open);
    fb_desk_free(desk);
}

/* The same file, put back by deleting rows. */
static void test_rows_deleted(void **state)
{
    (void)state;
    bool open = false;
    char path[200];
    sqlite3 *db = NULL;
    struct fb_desk *desk = new_desk(1);
    FB_TEST_OK(ask(desk, FB_ACTION_TRAIN, &open));
    path_of("ledger.db", path);
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, "DELETE FROM entry WHERE seq = (SELECT max(seq) FROM entry)",
                         NULL, NULL, NULL),
        SQLITE_OK);
    assert_int_equal(sqlite3_changes(db), 1);
    sqlite3_close(db);
    FB_TEST_FAILS(ask(desk, FB_ACTION_TRAIN, &open), FB_E_CORRUPT);
    assert_false(open);
    fb_desk_free(desk);
}

/* An error is the answer until it is tried again. */
static void test_retry(void **state)
{
    (void)state;
    bool open = false;
    char path[200], aside[200];
    struct fb_desk *patient = new_desk(3600 * 1000), *eager = new_desk(1);
    keep_copy("copy");
    path_of("ledger.db", path);
    snprintf(aside, sizeof(aside), "%s/aside", story.folder);
    assert_int_equal(rename(path, aside), 0);
    FB_TEST_FAILS(ask(patient, FB_ACTION_TRAIN, &open), FB_E_NOT_FOUND);
    FB_TEST_FAILS(ask(eager, FB_ACTION_TRAIN, &open), FB_E_NOT_FOUND);
    put_copy("copy");
    usleep(2000);
    FB_TEST_OK(ask(eager, FB_ACTION_TRAIN, &open));
    assert_true(open);
    FB_TEST_FAILS(ask(patient, FB_ACTION_TRAIN, &open), FB_E_NOT_FOUND);
    assert_false(open);
    assert_int_equal(unlink(aside), 0);
    fb_desk_free(patient);
    fb_desk_free(eager);
}

/* What the log's own keeper appends with a signature that is none is not answered from. */
static void test_bad_signature(void **state)
{
    (void)state;
    bool open = false;
    struct fb_desk *desk = new_desk(1);
    FB_TEST_OK(ask(desk, FB_ACTION_TRAIN, &open));
    assert_true(open);
    struct fb_ledger *ledger = fb_docket_ledger(story.docket);
    struct fb_buf bytes;
    fb_ledger_entry last;
    uint64_t size = 0, seq = 0;
    fb_buf_init(&bytes, FB_LEDGER_ENTRY_MAX);
    FB_TEST_OK(fb_ledger_size(ledger, &size, &err));
    FB_TEST_OK(fb_ledger_read(ledger, size - 1, &last, &bytes, &err));
    /* Another title of the same length: the statement is not the one that was signed. */
    char *id = memmem(bytes.ptr, bytes.len, "system/s", 8);
    assert_non_null(id);
    id[7] = 't';
    struct fb_str entry = fb_buf_str(&bytes);
    struct fb_ledger_batch batch = {&entry, 1, last.admitted, FB_LEDGER_ANY_SIZE};
    FB_TEST_OK(fb_ledger_append(ledger, &batch, &seq, &err));
    FB_TEST_FAILS(ask(desk, FB_ACTION_TRAIN, &open), FB_E_SIGNATURE);
    assert_false(open);
    assert_int_equal(fb_desk_seen(desk)->entries, size);
    fb_buf_release(&bytes);
    fb_desk_free(desk);
}

/* Opens a desk and asks it. */
static enum fb_code open_and_ask(bool *out)
{
    struct fb_desk *desk = NULL;
    struct fb_desk_options options = {.docket = story.docket_path,
        .clock = fb_clock_fixed(&story.now),
        .is_simulated_clock = true};
    *out = false;
    enum fb_code code = fb_desk_new(&options, &desk, &err);
    code = code ? code : ask(desk, FB_ACTION_TRAIN, out);
    fb_desk_free(desk);
    return code;
}

/* Whatever allocation or file call fails, it is closed; and then it is open again. */
static void test_faults(void **state)
{
    (void)state;
    bool open = false;
    int failed = 0;
    enum fb_code code = FB_E_NOMEM;
    for (int n = 0; code != FB_OK && n < 20000; n += n < 50 ? 1 : 37) {
        fb_alloc_fail_at(n);
        code = open_and_ask(&open);
        fb_alloc_fail_at(-1);
        failed += code != FB_OK;
        assert_int_equal(open, code == FB_OK);
    }
    assert_int_equal(code, FB_OK);
    assert_true(failed > 50);
    /* And while it reads on: some fail before the records are touched, some in their midst. */
    struct fb_desk *desk = new_desk(1);
    for (int n = 0; n < 24; n++) {
        order(n + 1, "restrict", 0);
        fb_alloc_fail_at(n);
        code = ask(desk, FB_ACTION_TRAIN, &open);
        fb_alloc_fail_at(-1);
        assert_int_equal(open, code == FB_OK);
        usleep(1500);
        fb_io_fail_at(n / 2, EIO);
        code = ask(desk, FB_ACTION_TRAIN, &open);
        fb_io_fail_at(-1, 0);
        assert_int_equal(open, code == FB_OK);
        usleep(1500);
        FB_TEST_OK(ask(desk, FB_ACTION_TRAIN, &open));
        assert_true(open);
        FB_TEST_OK(ask(desk, FB_ACTION_DEPLOY, &open));
        assert_false(open);
    }
    fb_desk_free(desk);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_follows, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_clock, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_put_back, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_rows_deleted, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_retry, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_bad_signature, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_faults, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

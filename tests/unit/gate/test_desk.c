/*
 * Tests of desk.c, and of docket_renew.c below it: it answers as the gate does that reads
 * everything anew, sees what others append, and answers nothing from a ledger that does not go on
 * from what it saw.
 */
#include "gate/desk.h"

#include <errno.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/io.h"
#include "fb_test.h"
#include "forged.h"
#include "ledger/blob.h"

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
    const struct fb_docket_question now = {
        .as_of = FB_TIME_MAX, .about = FB_STR("s"), .brief = true};
    enum fb_code code = fb_desk_renew(desk, &err);
    code = code ? code : fb_docket_ask(fb_desk_docket(desk), &now, &arena, &picture, &err);
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
    FB_TEST_OK(ask(patient, FB_ACTION_TRAIN, &open)); /* nothing had to be read again */
    assert_true(open);
    assert_int_equal(fb_desk_opened(patient), 1);
    assert_int_equal(unlink(aside), 0);
    /* In the midst of new records. */
    order(1, "halt", 0);
    order(2, "release", 1);
    struct fb_desk *desks[] = {patient, eager};
    for (int i = 0; i < 2; i++) {
        fb_alloc_fail_at(60);
        FB_TEST_FAILS(ask(desks[i], FB_ACTION_TRAIN, &open), FB_E_NOMEM);
        fb_alloc_fail_at(-1);
        assert_false(open);
        assert_int_equal(fb_desk_opened(desks[i]), 2);
    }
    usleep(2000);
    FB_TEST_FAILS(ask(patient, FB_ACTION_TRAIN, &open), FB_E_NOMEM);
    assert_false(open);
    FB_TEST_OK(ask(eager, FB_ACTION_TRAIN, &open));
    assert_true(open);
    assert_int_equal(fb_desk_opened(eager), 3);
    fb_desk_free(patient);
    fb_desk_free(eager);
}

/* A docket with a copy of another's ledger, and its keys and blobs. */
static void copy_docket(const char *from, const char *to)
{
    static const char *const shared[] = {"keys", "blobs"};
    char path[220], target[220];
    assert_int_equal(mkdir(to, 0700), 0);
    keep_copy("copy");
    snprintf(path, sizeof(path), "%s/copy", story.folder);
    snprintf(target, sizeof(target), "%s/ledger.db", to);
    assert_int_equal(rename(path, target), 0);
    for (int i = 0; i < 2; i++) {
        snprintf(path, sizeof(path), "%s/%s", from, shared[i]);
        snprintf(target, sizeof(target), "%s/%s", to, shared[i]);
        assert_int_equal(symlink(path, target), 0);
    }
}

/* What was written into another log, folder or file than was open is seen all the same. */
static void test_other_place(void **state)
{
    (void)state;
    bool open = false;
    char real[200], other[200];
    struct fb_desk *desk = new_desk(1);
    order(1, "restrict", 0);
    FB_TEST_OK(ask(desk, FB_ACTION_TRAIN, &open));
    assert_true(open);
    /* The log and its index are taken away after all of it is in the file, as who restores a
     * backup does. */
    fb_docket_close(story.docket);
    story.docket = NULL;
    char path[200];
    path_of("ledger.db", path);
    sqlite3 *db = NULL;
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(
        sqlite3_exec(db, "PRAGMA wal_checkpoint(TRUNCATE)", NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
    static const char *const beside[] = {"ledger.db-wal", "ledger.db-shm"};
    for (int i = 0; i < 2; i++) {
        path_of(beside[i], path);
        assert_int_equal(unlink(path), 0);
    }
    struct fb_clock clock = fb_clock_fixed(&story.now);
    FB_TEST_OK(fb_docket_open(story.docket_path, &clock, true, &story.docket, &err));
    order(2, "halt", 0);
    FB_TEST_OK(ask(desk, FB_ACTION_TRAIN, &open));
    assert_false(open);
    /* The folder is a link that leads elsewhere later. */
    order(3, "release", 2);
    snprintf(real, sizeof(real), "%s/one", story.folder);
    snprintf(other, sizeof(other), "%s/two", story.folder);
    assert_int_equal(rename(story.docket_path, real), 0);
    assert_int_equal(symlink("one", story.docket_path), 0);
    FB_TEST_OK(ask(desk, FB_ACTION_TRAIN, &open));
    assert_true(open);
    copy_docket(real, other);
    assert_int_equal(unlink(story.docket_path), 0);
    assert_int_equal(symlink("two", story.docket_path), 0);
    fb_docket_close(story.docket);
    FB_TEST_OK(fb_docket_open(story.docket_path, &clock, true, &story.docket, &err));
    order(4, "halt", 0);
    FB_TEST_OK(ask(desk, FB_ACTION_TRAIN, &open));
    assert_false(open);
    assert_int_equal(fb_desk_opened(desk), 1);
    fb_desk_free(desk);
}

static const char law[] = "policy \"test/law\"\n"
                          "  title \"A law\"\n"
                          "  version 1\n"
                          "duty tell(S, I)\n"
                          "  when incident I of system S with class C, known to P\n"
                          "  party P\n"
                          "  must report I to \"office\"\n"
                          "  within 10 days\n"
                          "  of P knowing of I\n"
                          "  lest halt S\n";

/* The text of a policy that is not here, or another, closes it. */
static void test_policy_text(void **state)
{
    (void)state;
    bool open = false;
    char path[200], blob[300], kept[310];
    uint8_t sum[FB_SHA256_SIZE];
    struct fb_arena arena;
    struct fb_docket_added added;
    struct fb_docket_add options = {.issuer = FB_STR("institute")};
    snprintf(path, sizeof(path), "%s/law.fly", story.folder);
    FB_TEST_OK(fb_io_write(path, fb_str_of(law), 0600, &err));
    fb_arena_init(&arena, (size_t)1 << 24);
    FB_TEST_OK(fb_docket_add_file(story.docket, path, &options, &arena, &added, &err));
    fb_arena_release(&arena);
    assert_int_equal(unlink(path), 0);
    fb_sha256_of(fb_str_of(law), sum);
    path_of("blobs", path);
    FB_TEST_OK(fb_blob_path(path, sum, blob, sizeof(blob), &err));
    struct fb_desk *desk = new_desk(1);
    FB_TEST_OK(ask(desk, FB_ACTION_TRAIN, &open));
    assert_true(open);
    snprintf(kept, sizeof(kept), "%s.kept", blob);
    for (int altered = 0; altered < 2; altered++) {
        assert_int_equal(rename(blob, kept), 0);
        if (altered) {
            FB_TEST_OK(fb_io_write(blob, FB_STR("policy \"test/law\""), 0600, &err));
        }
        usleep(1100 * 1000);
        FB_TEST_FAILS(ask(desk, FB_ACTION_TRAIN, &open), altered ? FB_E_CORRUPT : FB_E_NOT_FOUND);
        struct fb_desk *fresh = NULL;
        struct fb_desk_options how = {.docket = story.docket_path,
            .clock = fb_clock_fixed(&story.now),
            .is_simulated_clock = true};
        FB_TEST_FAILS(fb_desk_new(&how, &fresh, &err), altered ? FB_E_CORRUPT : FB_E_NOT_FOUND);
        assert_int_equal(rename(kept, blob), 0);
        FB_TEST_OK(ask(desk, FB_ACTION_TRAIN, &open));
        assert_true(open);
    }
    fb_desk_free(desk);
}

enum { MANY = 150 /* entries: more than are read one by one */ };

/* What the log's own keeper appends with signatures that are none is not answered from. */
static void bad_signatures(size_t count)
{
    bool open = false;
    char where[40];
    struct fb_str entries[MANY];
    struct fb_desk *desk = new_desk(1);
    FB_TEST_OK(ask(desk, FB_ACTION_TRAIN, &open));
    assert_true(open);
    struct fb_ledger *ledger = fb_docket_ledger(story.docket);
    struct fb_buf bytes;
    fb_ledger_entry last;
    uint64_t seq = 0;
    const uint64_t size = forge(ledger, &last, &bytes);
    for (size_t i = 0; i < count; i++) {
        entries[i] = fb_buf_str(&bytes);
    }
    struct fb_ledger_batch batch = {entries, count, last.admitted, FB_LEDGER_ANY_SIZE};
    FB_TEST_OK(fb_ledger_append(ledger, &batch, &seq, &err));
    snprintf(where, sizeof(where), "entry %llu of the ledger:", (unsigned long long)size);
    for (int again = 0; again < 2; again++) {
        open = true;
        FB_TEST_FAILS(ask(desk, FB_ACTION_TRAIN, &open), FB_E_SIGNATURE);
        assert_false(open);
        assert_non_null(strstr(err.message, where));
        assert_int_equal(fb_desk_seen(desk)->entries, size);
    }
    fb_buf_release(&bytes);
    fb_desk_free(desk);
}

static void test_bad_signature(void **state)
{
    (void)state;
    bad_signatures(1);
}

/* Those that are prepared on threads are not answered from either, when they come after the ledger
 * was found whole. */
static void test_bad_signatures(void **state)
{
    (void)state;
    bad_signatures(MANY);
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
        bool halted = n % 2 == 0;
        order(n + 1, halted ? "halt" : "release", halted ? 0 : n);
        fb_alloc_fail_at(3 * n);
        code = ask(desk, FB_ACTION_TRAIN, &open);
        fb_alloc_fail_at(-1);
        assert_int_equal(open, code == FB_OK && !halted);
        usleep(1500);
        fb_io_fail_at(n / 2, EIO);
        code = ask(desk, FB_ACTION_TRAIN, &open);
        fb_io_fail_at(-1, 0);
        assert_int_equal(open, code == FB_OK && !halted);
        usleep(1500);
        FB_TEST_OK(ask(desk, FB_ACTION_TRAIN, &open));
        assert_int_equal(open, !halted);
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
        cmocka_unit_test_setup_teardown(test_other_place, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_policy_text, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_bad_signature, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_bad_signatures, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_faults, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

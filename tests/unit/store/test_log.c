/* sqlite_log: the log is lengthened ahead of small commits, and holds nothing but what was
 * committed. */
#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/io.h"
#include "fb_test.h"
#include "store/store.h"

enum { PAGE = 8192 + 24, COMMITS = 40, AGAIN = 1100 };

static struct fb_err err;
static char folder[64];
static char path[128];

static int set_up(void **state)
{
    (void)state;
    struct fb_store *store = NULL;
    struct fb_store_options making = {.create = true};
    snprintf(folder, sizeof(folder), "/tmp/flyball-log-XXXXXX");
    if (!mkdtemp(folder)) {
        return -1;
    }
    snprintf(path, sizeof(path), "%s/ledger.db", folder);
    FB_TEST_OK(fb_store_open_sqlite(path, &making, &store, &err));
    *state = store;
    return 0;
}

static int tear_down(void **state)
{
    fb_store_close(*state);
    fb_store_remove_sqlite(path);
    return rmdir(folder);
}

static int64_t size_of(const char *tail)
{
    char name[160];
    struct stat st;
    snprintf(name, sizeof(name), "%s%s", path, tail);
    return stat(name, &st) == 0 ? st.st_size : -1;
}

/* Commits entries of some bytes; the first has number seq. */
static void commit(struct fb_store *store, uint64_t seq, size_t count, size_t bytes)
{
    static char text[60000];
    assert_true(bytes <= sizeof(text));
    FB_TEST_OK(fb_store_begin(store, FB_STORE_WRITE, &err));
    for (size_t i = 0; i < count; i++) {
        struct fb_store_entry entry = {.seq = seq + i, .bytes = {text, bytes}};
        FB_TEST_OK(fb_store_append(store, &entry, 1, &err));
    }
    FB_TEST_OK(fb_store_commit(store, &err));
}

static uint64_t count_of(struct fb_store *store)
{
    uint64_t count = 0;
    FB_TEST_OK(fb_store_count(store, &count, &err));
    return count;
}

static void copy(const char *tail, const char *to)
{
    char from[160];
    struct fb_buf bytes;
    fb_buf_init(&bytes, 1 << 24);
    snprintf(from, sizeof(from), "%s%s", path, tail);
    FB_TEST_OK(fb_io_read(from, &bytes, &err));
    FB_TEST_OK(fb_io_write(to, fb_buf_str(&bytes), 0600, &err));
    fb_buf_release(&bytes);
}

/* What somebody else's SQLite finds in a copy of the file and its log, as after a crash. */
static int64_t entries_after_crash(void)
{
    char there[160], log[168];
    sqlite3 *db = NULL;
    sqlite3_stmt *statement = NULL;
    snprintf(there, sizeof(there), "%s/copy.db", folder);
    snprintf(log, sizeof(log), "%s-wal", there);
    copy("", there);
    copy("-wal", log);
    assert_int_equal(sqlite3_open(there, &db), SQLITE_OK);
    assert_int_equal(
        sqlite3_prepare_v2(db, "SELECT count(*) FROM entry", -1, &statement, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
    int64_t count = sqlite3_column_int64(statement, 0);
    assert_int_equal(sqlite3_finalize(statement), SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(db, "PRAGMA integrity_check", -1, &statement, NULL), 0);
    assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
    assert_string_equal((const char *)sqlite3_column_text(statement, 0), "ok");
    assert_int_equal(sqlite3_finalize(statement), SQLITE_OK);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
    fb_store_remove_sqlite(there);
    return count;
}

/* Few commits make the log longer, and each finds what it needs. */
static void test_small_commits(void **state)
{
    struct fb_store *store = *state;
    int64_t size = 0;
    int longer = 0;
    for (uint64_t i = 0; i < COMMITS; i++) {
        commit(store, i, 1, 20);
        longer += size_of("-wal") > size;
        size = size_of("-wal");
    }
    assert_true(size > (COMMITS + 4) * PAGE);
    if (longer >= COMMITS / 2) {
        fail_msg("%d of %d commits made the log longer", longer, COMMITS);
    }
    assert_int_equal(entries_after_crash(), COMMITS);
}

/* A commit of many pages would write them twice. */
static void test_large_commits(void **state)
{
    struct fb_store *store = *state;
    for (uint64_t i = 0; i < 10; i++) {
        commit(store, i * 10, 10, 8000);
    }
    int64_t size = size_of("-wal");
    assert_int_equal((size - 32) % PAGE, 0);
    assert_true(size < 140 * (int64_t)PAGE);
    assert_int_equal(entries_after_crash(), 100);
}

/* A log that was moved into the database is used again from its start, and does not grow. */
static void test_log_starts_again(void **state)
{
    struct fb_store *store = *state;
    for (uint64_t i = 0; i < AGAIN; i++) {
        commit(store, i, 1, 20);
    }
    assert_true(size_of("-wal") <= 1000 * (int64_t)PAGE + (2 << 20));
    assert_true(size_of("") > 5 * (int64_t)8192);
    assert_int_equal(entries_after_crash(), AGAIN);
}

/* Somebody else's log is cut, or longer than this connection knows. */
static void test_others_change_the_log(void **state)
{
    struct fb_store *store = *state, *other = NULL;
    struct fb_store_options opening = {.create = false};
    sqlite3 *db = NULL;
    for (uint64_t i = 0; i < 12; i++) {
        commit(store, i, 1, 20);
    }
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(
        sqlite3_exec(db, "PRAGMA wal_checkpoint(TRUNCATE)", NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
    assert_int_equal(size_of("-wal"), 0);
    FB_TEST_OK(fb_store_open_sqlite(path, &opening, &other, &err));
    for (uint64_t i = 12; i < 60; i++) {
        commit(i % 3 ? other : store, i, 1, 20);
    }
    assert_int_equal(count_of(other), 60);
    assert_int_equal(count_of(store), 60);
    assert_int_equal(entries_after_crash(), 60);
    fb_store_close(other);
}

/* Writers come and go while somebody keeps the file open: none adds to what is long enough. */
static void test_many_writers(void **state)
{
    struct fb_store_options opening = {.create = false};
    int64_t size = 0;
    commit(*state, 0, 1, 20);
    for (uint64_t i = 0; i < 20; i++) {
        struct fb_store *writer = NULL;
        FB_TEST_OK(fb_store_open_sqlite(path, &opening, &writer, &err));
        for (uint64_t k = 0; k < 4; k++) {
            commit(writer, 1 + 4 * i + k, 1, 20);
        }
        fb_store_close(writer);
        size = size_of("-wal");
    }
    int64_t used = 32 + 90 * (int64_t)PAGE;
    if (size > 2 * used + (1 << 16) + 4 * (int64_t)PAGE) {
        fail_msg("a log of %lld bytes, of which %lld are used", (long long)size, (long long)used);
    }
    assert_int_equal(entries_after_crash(), 81);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_small_commits, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_large_commits, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_log_starts_again, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_others_change_the_log, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_many_writers, set_up, tear_down),
    };
    fb_err_init(&err);
    return cmocka_run_group_tests(tests, NULL, NULL);
}

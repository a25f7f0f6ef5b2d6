/* Forms of the SQLite database: older ones are read and brought to the present one, newer ones are
 * left alone, whoever has the file open meanwhile. */
#include <sqlite3.h>
#include <unistd.h>

#include "base/io.h"
#include "fb_test.h"
#include "store/store.h"

static struct fb_err err;
static char folder[64];
static char path[128];

static const struct fb_store_options making = {.create = true};
static const struct fb_store_options opening = {.create = false, .busy_ms = 50};

static int set_up(void **state)
{
    (void)state;
    snprintf(folder, sizeof(folder), "/tmp/flyball-form-XXXXXX");
    if (!mkdtemp(folder)) {
        return -1;
    }
    snprintf(path, sizeof(path), "%s/ledger.db", folder);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    fb_store_remove_sqlite(path);
    return rmdir(folder);
}

static struct fb_store_entry entry_of(uint64_t seq, struct fb_str bytes)
{
    return (struct fb_store_entry){.seq = seq, .admitted = 5, .bytes = bytes};
}

static void append(struct fb_store *store, uint64_t seq, struct fb_str bytes)
{
    struct fb_store_entry entry = entry_of(seq, bytes);
    FB_TEST_OK(fb_store_append(store, &entry, 1, &err));
}

/* The head, or "" when there is none. */
static void expect_head(struct fb_store *store, const char *text)
{
    struct fb_buf out;
    fb_buf_init(&out, 100);
    enum fb_code code = fb_store_head_get(store, &out, &err);
    assert_int_equal(code, text[0] ? FB_OK : FB_E_NOT_FOUND);
    assert_true(fb_str_is(fb_buf_str(&out), text));
    fb_buf_release(&out);
}

/* Runs SQL on the file behind the store's back. */
static void tamper(const char *sql)
{
    sqlite3 *db = NULL;
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
}

static void test_newer_version(void **state)
{
    (void)state;
    struct fb_store *store = NULL;
    FB_TEST_OK(fb_store_open_sqlite(path, &making, &store, &err));
    fb_store_close(store);
    store = NULL;
    tamper("PRAGMA user_version=4");
    FB_TEST_FAILS(fb_store_open_sqlite(path, &opening, &store, &err), FB_E_VERSION);
    assert_null(store);
    tamper("ALTER TABLE entry DROP COLUMN checkpoint; ALTER TABLE tile RENAME COLUMN root TO bytes;"
           "PRAGMA user_version=1");
    FB_TEST_FAILS(fb_store_open_sqlite(path, &opening, &store, &err), FB_E_VERSION);
    assert_non_null(strstr(err.message, "form 1"));
    assert_null(store);
    tamper("ALTER TABLE entry ADD COLUMN checkpoint BLOB; ALTER TABLE tile RENAME COLUMN bytes TO"
           " root; PRAGMA user_version=3");
    FB_TEST_OK(fb_store_open_sqlite(path, &opening, &store, &err));
    fb_store_close(store);
}

/* Makes a store of form 2 with one entry, a tile and a head. */
static void make_form_2(void)
{
    struct fb_store *store = NULL;
    FB_TEST_OK(fb_store_open_sqlite(path, &making, &store, &err));
    fb_store_close(store);
    tamper("ALTER TABLE entry DROP COLUMN checkpoint; ALTER TABLE tile ADD COLUMN bytes BLOB NOT"
           " NULL DEFAULT x'00'; INSERT INTO entry VALUES(0, 5, zeroblob(32), x'61');"
           "INSERT INTO tile VALUES(0, 0, zeroblob(32), zeroblob(8192));"
           "INSERT INTO meta VALUES('checkpoint', CAST('one' AS BLOB)); PRAGMA user_version=2");
}

/* Form 2 is read as it is; the first append that is committed brings it to the present form, and
 * who has it open meanwhile goes on. */
static void test_older_form(void **state)
{
    (void)state;
    struct fb_store *reader = NULL, *store = NULL, *other = NULL;
    struct fb_store_options reading = {.read_only = true};
    make_form_2();
    FB_TEST_OK(fb_store_open_sqlite(path, &reading, &reader, &err));
    FB_TEST_OK(fb_store_open_sqlite(path, &opening, &other, &err));
    FB_TEST_OK(fb_store_open_sqlite(path, &opening, &store, &err));
    expect_head(reader, "one");
    FB_TEST_OK(fb_store_begin(store, FB_STORE_WRITE, &err));
    append(store, 1, FB_STR("b"));
    FB_TEST_OK(fb_store_head_put(store, FB_STR("two"), &err));
    expect_head(store, "two");
    expect_head(reader, "one");
    fb_store_rollback(store);
    expect_head(store, "one");
    FB_TEST_OK(fb_store_begin(store, FB_STORE_WRITE, &err));
    append(store, 1, FB_STR("b"));
    struct fb_store_tile tile = {.level = 0, .index = 1};
    FB_TEST_OK(fb_store_tile_put(store, &tile, &err));
    FB_TEST_OK(fb_store_head_put(store, FB_STR("two"), &err));
    FB_TEST_OK(fb_store_commit(store, &err));
    expect_head(store, "two");
    expect_head(reader, "two");
    FB_TEST_OK(fb_store_begin(other, FB_STORE_WRITE, &err));
    append(other, 2, FB_STR("c"));
    FB_TEST_OK(fb_store_head_put(other, FB_STR("three"), &err));
    FB_TEST_OK(fb_store_commit(other, &err));
    expect_head(store, "three");
    expect_head(reader, "three");
    uint64_t count = 0;
    FB_TEST_OK(fb_store_count(reader, &count, &err));
    assert_int_equal(count, 3);
    fb_store_close(reader);
    fb_store_close(store);
    fb_store_close(other);
}

/* The number that SQL gives on the file. */
static int64_t number_of(const char *sql)
{
    sqlite3 *db = NULL;
    sqlite3_stmt *statement = NULL;
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &statement, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
    int64_t number = sqlite3_column_int64(statement, 0);
    sqlite3_finalize(statement);
    sqlite3_close(db);
    return number;
}

static const char heads_in_meta[] = "SELECT count(*) FROM meta WHERE name = 'checkpoint'";

/* An empty ledger of form 2 stays one until an entry is committed; then no program that has it open
 * since before finds a head to go on from. */
static void test_older_form_of_nothing(void **state)
{
    (void)state;
    struct fb_store *store = NULL;
    make_form_2();
    tamper("DELETE FROM entry; DELETE FROM tile");
    FB_TEST_OK(fb_store_open_sqlite(path, &opening, &store, &err));
    FB_TEST_OK(fb_store_begin(store, FB_STORE_WRITE, &err));
    FB_TEST_OK(fb_store_commit(store, &err));
    assert_int_equal(number_of("PRAGMA user_version"), 2);
    FB_TEST_OK(fb_store_begin(store, FB_STORE_WRITE, &err));
    FB_TEST_OK(fb_store_meta_put(store, "a", FB_STR("x"), &err));
    FB_TEST_OK(fb_store_head_put(store, FB_STR("none"), &err));
    FB_TEST_OK(fb_store_commit(store, &err));
    assert_int_equal(number_of("PRAGMA user_version"), 2);
    FB_TEST_OK(fb_store_begin(store, FB_STORE_WRITE, &err));
    append(store, 0, FB_STR("a"));
    fb_store_rollback(store);
    assert_int_equal(number_of("PRAGMA user_version"), 2);
    assert_int_equal(number_of(heads_in_meta), 1);
    expect_head(store, "none");
    FB_TEST_OK(fb_store_begin(store, FB_STORE_WRITE, &err));
    append(store, 0, FB_STR("a"));
    FB_TEST_OK(fb_store_commit(store, &err));
    assert_int_equal(number_of("PRAGMA user_version"), 3);
    assert_int_equal(number_of(heads_in_meta), 0);
    fb_store_close(store);
}

/* Who has a store open when a newer program changes its form leaves it alone. */
static void test_newer_form_meanwhile(void **state)
{
    (void)state;
    for (int old = 0; old < 2; old++) {
        struct fb_store *store = NULL;
        struct fb_buf out;
        (void)unlink(path);
        make_form_2();
        FB_TEST_OK(fb_store_open_sqlite(path, &opening, &store, &err));
        if (!old) {
            FB_TEST_OK(fb_store_begin(store, FB_STORE_WRITE, &err));
            append(store, 1, FB_STR("b"));
            FB_TEST_OK(fb_store_head_put(store, FB_STR("two"), &err));
            FB_TEST_OK(fb_store_commit(store, &err));
        }
        tamper("PRAGMA user_version=4");
        fb_buf_init(&out, 100);
        FB_TEST_FAILS(fb_store_begin(store, FB_STORE_WRITE, &err), FB_E_VERSION);
        FB_TEST_FAILS(fb_store_begin(store, FB_STORE_READ, &err), FB_E_VERSION);
        FB_TEST_FAILS(fb_store_head_get(store, &out, &err), FB_E_VERSION);
        assert_int_equal(number_of("PRAGMA user_version"), 4);
        tamper("PRAGMA user_version=0");
        FB_TEST_FAILS(fb_store_begin(store, FB_STORE_WRITE, &err), FB_E_CORRUPT);
        fb_store_close(store);
        fb_buf_release(&out);
    }
}

/* A flipped bit of the version is damage of the file, not of the disk. */
static void test_wrong_form(void **state)
{
    (void)state;
    struct fb_store *store = NULL;
    make_form_2();
    tamper("PRAGMA user_version=3");
    FB_TEST_FAILS(fb_store_open_sqlite(path, &opening, &store, &err), FB_E_CORRUPT);
    assert_non_null(strstr(err.message, "says to have form 3"));
    assert_int_equal(unlink(path), 0);
    FB_TEST_OK(fb_store_open_sqlite(path, &making, &store, &err));
    tamper("PRAGMA user_version=2");
    FB_TEST_OK(fb_store_begin(store, FB_STORE_WRITE, &err));
    struct fb_store_entry entry = entry_of(0, FB_STR("a"));
    FB_TEST_FAILS(fb_store_append(store, &entry, 1, &err), FB_E_CORRUPT);
    fb_store_close(store);
    store = NULL;
    FB_TEST_FAILS(fb_store_open_sqlite(path, &opening, &store, &err), FB_E_CORRUPT);
    assert_non_null(strstr(err.message, "says to have form 2"));
    assert_null(store);
    tamper("PRAGMA user_version=1");
    FB_TEST_FAILS(fb_store_open_sqlite(path, &opening, &store, &err), FB_E_CORRUPT);
    assert_non_null(strstr(err.message, "says to have form 1"));
    /* A higher one may be that of a newer program, whatever the tables. */
    tamper("PRAGMA user_version=7");
    FB_TEST_FAILS(fb_store_open_sqlite(path, &opening, &store, &err), FB_E_VERSION);
    assert_non_null(strstr(err.hint, "was altered"));
    assert_null(store);
}

/* A scan inside a transaction says beside which entry a head stands. */
static enum fb_code see_head(void *ctx, const struct fb_store_entry *entry, struct fb_err *e)
{
    (void)e;
    *(uint64_t *)ctx |= (uint64_t)entry->has_head << entry->seq;
    return FB_OK;
}

static uint64_t heads_of(struct fb_store *store)
{
    uint64_t heads = 0;
    FB_TEST_OK(fb_store_begin(store, FB_STORE_READ, &err));
    FB_TEST_OK(fb_store_scan(store, (uint64_t[2]){0, 100}, see_head, &heads, &err));
    fb_store_rollback(store);
    return heads;
}

static void test_scan_sees_heads(void **state)
{
    (void)state;
    struct fb_store *store = NULL;
    make_form_2();
    FB_TEST_OK(fb_store_open_sqlite(path, &opening, &store, &err));
    assert_int_equal(heads_of(store), 0);
    FB_TEST_OK(fb_store_begin(store, FB_STORE_WRITE, &err));
    append(store, 1, FB_STR("b"));
    append(store, 2, FB_STR("c"));
    FB_TEST_OK(fb_store_head_put(store, FB_STR("two"), &err));
    FB_TEST_OK(fb_store_commit(store, &err));
    assert_int_equal(heads_of(store), 4);
    tamper("UPDATE entry SET checkpoint = x'00' WHERE seq = 0");
    assert_int_equal(heads_of(store), 5);
    fb_store_close(store);
}

/* Appends through another store when a statement on values begins in the one that is watched. */
static struct fb_store *upgrader;

static int upgrade_meanwhile(unsigned kind, void *ctx, void *statement, void *sql)
{
    (void)ctx;
    (void)statement;
    if (kind == SQLITE_TRACE_STMT && upgrader && strstr(sql, "FROM meta")) {
        struct fb_store *store = upgrader;
        upgrader = NULL;
        FB_TEST_OK(fb_store_begin(store, FB_STORE_WRITE, &err));
        append(store, 1, FB_STR("b"));
        FB_TEST_OK(fb_store_head_put(store, FB_STR("two"), &err));
        FB_TEST_OK(fb_store_commit(store, &err));
    }
    return 0;
}

static int watch(sqlite3 *db, char **message, const struct sqlite3_api_routines *api)
{
    (void)message;
    (void)api;
    return sqlite3_trace_v2(db, SQLITE_TRACE_STMT, upgrade_meanwhile, NULL);
}

/* Form and head are read in one view: an upgrade between the two does not hide the head. */
static void test_head_during_upgrade(void **state)
{
    (void)state;
    struct fb_store *reader = NULL, *writer = NULL;
    make_form_2();
    FB_TEST_OK(fb_store_open_sqlite(path, &opening, &writer, &err));
    assert_int_equal(sqlite3_auto_extension((void (*)(void))watch), SQLITE_OK);
    FB_TEST_OK(fb_store_open_sqlite(path, &opening, &reader, &err));
    sqlite3_reset_auto_extension();
    upgrader = writer;
    expect_head(reader, "one");
    assert_null(upgrader);
    expect_head(reader, "two");
    fb_store_close(reader);
    fb_store_close(writer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_newer_version, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_older_form, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_older_form_of_nothing, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_newer_form_meanwhile, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_wrong_form, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_scan_sees_heads, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_head_during_upgrade, set_up, tear_down),
    };
    fb_err_init(&err);
    return cmocka_run_group_tests(tests, NULL, NULL);
}

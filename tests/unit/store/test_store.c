/* The conformance suite of stores: the same tests on each, and what only some can do. Also
 * sqlite_batch, by which SQLite appends. */
#include <fcntl.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/io.h"
#include "fb_postgres.h"
#include "fb_test.h"
#include "store/store.h"

static struct fb_err err;
static char folder[64];
static char path[128];

static const struct fb_store_options making = {.create = true};
static const struct fb_store_options opening = {.create = false, .busy_ms = 50};

static int set_up_folder(void **state)
{
    (void)state;
    snprintf(folder, sizeof(folder), "/tmp/flyball-store-XXXXXX");
    if (!mkdtemp(folder)) {
        return -1;
    }
    snprintf(path, sizeof(path), "%s/ledger.db", folder);
    return 0;
}

static int tear_down_folder(void **state)
{
    (void)state;
    static const char *const tails[] = {"", "-wal", "-shm", "-journal"};
    for (size_t i = 0; i < sizeof(tails) / sizeof(tails[0]); i++) {
        char name[160];
        snprintf(name, sizeof(name), "%s%s", path, tails[i]);
        (void)unlink(name);
    }
    return rmdir(folder);
}

static int set_up_memory(void **state)
{
    struct fb_store *store = NULL;
    FB_TEST_OK(fb_store_open_memory(&store, &err));
    *state = store;
    return 0;
}

static int tear_down_memory(void **state)
{
    fb_store_close(*state);
    return 0;
}

static int set_up_sqlite(void **state)
{
    struct fb_store *store = NULL;
    if (set_up_folder(state) != 0) {
        return -1;
    }
    FB_TEST_OK(fb_store_open_sqlite(path, &making, &store, &err));
    *state = store;
    return 0;
}

static int tear_down_sqlite(void **state)
{
    fb_store_close(*state);
    return tear_down_folder(state);
}

static struct fb_postgres server;

static void tell_server(const char *sql)
{
    assert_true(fb_postgres_tell(&server, sql));
}

static void clear_server(void)
{
    tell_server("SET client_min_messages = error;"
                "DROP TABLE IF EXISTS flyball_entry, flyball_tile, flyball_meta, flyball_form");
}

/* PostgreSQL's tests run when its server is here and libpq was when flyball was built. */
static bool has_postgres(void)
{
    struct fb_store *store = NULL;
    return fb_postgres_is_there() &&
           fb_store_open_postgres("/nonexistent", &opening, &store, &err) != FB_E_UNSUPPORTED;
}

static int set_up_server(void **state)
{
    (void)state;
    return !has_postgres() || fb_postgres_start(&server) ? 0 : -1;
}

static int tear_down_server(void **state)
{
    (void)state;
    fb_postgres_stop(&server);
    return 0;
}

static int set_up_postgres(void **state)
{
    struct fb_store *store = NULL;
    clear_server();
    FB_TEST_OK(fb_store_open_postgres(server.source, &making, &store, &err));
    *state = store;
    return 0;
}

static int tear_down_postgres(void **state)
{
    fb_store_close(*state);
    return 0;
}

static struct fb_store_entry entry_of(uint64_t seq, fb_time admitted, struct fb_str bytes)
{
    struct fb_store_entry entry = {.seq = seq, .admitted = admitted, .bytes = bytes};
    memset(entry.leaf_hash, (int)(seq & 0xFF), sizeof(entry.leaf_hash));
    return entry;
}

static void append(struct fb_store *store, uint64_t seq, struct fb_str bytes)
{
    struct fb_store_entry entry = entry_of(seq, 1000 + (fb_time)seq, bytes);
    FB_TEST_OK(fb_store_append(store, &entry, 1, &err));
}

/* A tile whose root is made of its level and index. */
static enum fb_code put_tile(struct fb_store *store, uint32_t level, uint64_t index)
{
    struct fb_store_tile tile = {.level = level, .index = index};
    memset(tile.root, (int)('a' + index + 10 * level), sizeof(tile.root));
    return fb_store_tile_put(store, &tile, &err);
}

static uint64_t count_of(struct fb_store *store)
{
    uint64_t count = 99;
    FB_TEST_OK(fb_store_count(store, &count, &err));
    return count;
}

static void test_entries(void **state)
{
    struct fb_store *store = *state;
    assert_int_equal(count_of(store), 0);
    FB_TEST_OK(fb_store_begin(store, FB_STORE_WRITE, &err));
    append(store, 0, FB_STR("first"));
    append(store, 1, FB_STR(""));
    append(store, 2, FB_STR("with \0 inside"));
    assert_int_equal(count_of(store), 3);
    FB_TEST_OK(fb_store_commit(store, &err));
    struct fb_buf bytes;
    struct fb_store_entry entry = {.seq = 77};
    fb_buf_init(&bytes, 1000);
    FB_TEST_OK(fb_store_read(store, 2, &entry, &bytes, &err));
    assert_true(fb_str_eq(entry.bytes, FB_STR("with \0 inside")));
    assert_int_equal(entry.seq, 2);
    assert_int_equal(entry.admitted, 1002);
    assert_int_equal(entry.leaf_hash[31], 2);
    FB_TEST_OK(fb_store_read(store, 0, &entry, &bytes, &err));
    assert_true(fb_str_is(entry.bytes, "first"));
    assert_true(fb_str_eq(fb_buf_str(&bytes), FB_STR("with \0 insidefirst")));
    FB_TEST_OK(fb_store_read(store, 1, &entry, NULL, &err));
    assert_int_equal(entry.admitted, 1001);
    assert_int_equal(entry.bytes.len, 0);
    FB_TEST_FAILS(fb_store_read(store, 3, &entry, &bytes, &err), FB_E_NOT_FOUND);
    FB_TEST_FAILS(fb_store_read(store, UINT64_MAX, &entry, &bytes, &err), FB_E_NOT_FOUND);
    assert_int_equal(entry.seq, 1);
    fb_buf_release(&bytes);
}

static void test_gap_and_limit(void **state)
{
    struct fb_store *store = *state;
    static char big[FB_STORE_ENTRY_MAX + 1];
    FB_TEST_OK(fb_store_begin(store, FB_STORE_WRITE, &err));
    append(store, 0, (struct fb_str){big, FB_STORE_ENTRY_MAX});
    struct fb_store_entry twice = entry_of(0, 0, FB_STR("again"));
    FB_TEST_FAILS(fb_store_append(store, &twice, 1, &err), FB_E_CORRUPT);
    fb_store_rollback(store);
    for (uint64_t seq = 1; seq < 4; seq++) {
        struct fb_store_entry late = entry_of(seq, 0, FB_STR("late"));
        FB_TEST_OK(fb_store_begin(store, FB_STORE_WRITE, &err));
        FB_TEST_FAILS(fb_store_append(store, &late, 1, &err), FB_E_CORRUPT);
        fb_store_rollback(store);
        FB_TEST_OK(fb_store_begin(store, FB_STORE_WRITE, &err));
        append(store, 0, FB_STR("first"));
        late.seq++;
        FB_TEST_FAILS(fb_store_append(store, &late, 1, &err), FB_E_CORRUPT);
        fb_store_rollback(store);
        assert_int_equal(count_of(store), 0);
    }
    FB_TEST_OK(fb_store_begin(store, FB_STORE_WRITE, &err));
    append(store, 0, (struct fb_str){big, FB_STORE_ENTRY_MAX});
    struct fb_store_entry long_one = entry_of(1, 0, (struct fb_str){big, sizeof(big)});
    FB_TEST_FAILS(fb_store_append(store, &long_one, 1, &err), FB_E_LIMIT);
    struct fb_str long_value = {big, FB_STORE_META_MAX + 1};
    FB_TEST_FAILS(fb_store_meta_put(store, "name", long_value, &err), FB_E_LIMIT);
    FB_TEST_FAILS(fb_store_head_put(store, long_value, &err), FB_E_LIMIT);
    char name[FB_STORE_KEY_MAX + 2];
    memset(name, 'n', sizeof(name));
    name[sizeof(name) - 1] = 0;
    FB_TEST_FAILS(fb_store_meta_put(store, name, FB_STR("v"), &err), FB_E_LIMIT);
    assert_int_equal(count_of(store), 1);
    fb_store_rollback(store);
    assert_int_equal(count_of(store), 0);
}

static void test_values(void **state)
{
    struct fb_store *store = *state;
    struct fb_buf out;
    fb_buf_init(&out, 100);
    FB_TEST_FAILS(fb_store_meta_get(store, "a", &out, &err), FB_E_NOT_FOUND);
    FB_TEST_FAILS(fb_store_hashes(store, 2, (uint64_t[2]){2, 3}, &out, &err), FB_E_NOT_FOUND);
    FB_TEST_OK(fb_store_begin(store, FB_STORE_WRITE, &err));
    FB_TEST_OK(fb_store_meta_put(store, "a", FB_STR("one"), &err));
    FB_TEST_OK(put_tile(store, 1, 2));
    FB_TEST_OK(put_tile(store, 2, 1));
    FB_TEST_OK(fb_store_commit(store, &err));
    FB_TEST_OK(fb_store_begin(store, FB_STORE_WRITE, &err));
    FB_TEST_OK(fb_store_meta_put(store, "a", FB_STR("two"), &err));
    FB_TEST_OK(fb_store_meta_put(store, "a", FB_STR("three"), &err));
    FB_TEST_OK(fb_store_meta_put(store, "b", FB_STR(""), &err));
    struct fb_store_tile other = {.level = 1, .index = 2};
    FB_TEST_OK(fb_store_tile_put(store, &other, &err));
    FB_TEST_OK(fb_store_meta_get(store, "a", &out, &err));
    FB_TEST_OK(fb_store_meta_get(store, "b", &out, &err));
    assert_true(fb_str_is(fb_buf_str(&out), "three"));
    fb_store_rollback(store);
    fb_buf_clear(&out);
    FB_TEST_FAILS(fb_store_meta_get(store, "b", &out, &err), FB_E_NOT_FOUND);
    FB_TEST_OK(fb_store_meta_get(store, "a", &out, &err));
    assert_true(fb_str_is(fb_buf_str(&out), "one"));
    FB_TEST_OK(fb_store_hashes(store, 2, (uint64_t[2]){2, 3}, &out, &err));
    FB_TEST_OK(fb_store_hashes(store, 3, (uint64_t[2]){1, 2}, &out, &err));
    assert_int_equal(out.len, 3 + 2 * FB_STORE_HASH);
    assert_int_equal(out.ptr[3], 'a' + 12);
    assert_int_equal(out.ptr[3 + FB_STORE_HASH], 'a' + 21);
    fb_buf_release(&out);
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

/* The value that changes with each append: before the first entry, after it, in transactions with
 * several appends and with none, and rolled back. */
static void test_head(void **state)
{
    struct fb_store *store = *state;
    expect_head(store, "");
    FB_TEST_OK(fb_store_begin(store, FB_STORE_WRITE, &err));
    FB_TEST_OK(fb_store_head_put(store, FB_STR("none"), &err));
    expect_head(store, "none");
    FB_TEST_OK(fb_store_commit(store, &err));
    expect_head(store, "none");
    FB_TEST_OK(fb_store_begin(store, FB_STORE_WRITE, &err));
    append(store, 0, FB_STR("a"));
    append(store, 1, FB_STR("b"));
    FB_TEST_OK(fb_store_head_put(store, FB_STR("two"), &err));
    expect_head(store, "two");
    fb_store_rollback(store);
    expect_head(store, "none");
    FB_TEST_OK(fb_store_begin(store, FB_STORE_WRITE, &err));
    append(store, 0, FB_STR("a"));
    append(store, 1, FB_STR("b"));
    FB_TEST_OK(fb_store_head_put(store, FB_STR("two"), &err));
    FB_TEST_OK(fb_store_commit(store, &err));
    expect_head(store, "two");
    FB_TEST_OK(fb_store_begin(store, FB_STORE_WRITE, &err));
    FB_TEST_OK(fb_store_head_put(store, FB_STR("again"), &err));
    FB_TEST_OK(fb_store_commit(store, &err));
    expect_head(store, "again");
    FB_TEST_OK(fb_store_begin(store, FB_STORE_WRITE, &err));
    append(store, 2, FB_STR("c"));
    FB_TEST_OK(fb_store_head_put(store, FB_STR("three"), &err));
    fb_store_rollback(store);
    expect_head(store, "again");
    assert_int_equal(count_of(store), 2);
}

struct seen {
    uint64_t next;
    uint64_t stop_at;
};

static enum fb_code see(void *ctx, const struct fb_store_entry *entry, struct fb_err *e)
{
    struct seen *seen = ctx;
    char text[32];
    snprintf(text, sizeof(text), "entry %d", (int)entry->seq);
    assert_int_equal(entry->seq, seen->next);
    assert_true(fb_str_is(entry->bytes, text));
    if (entry->seq == seen->stop_at) {
        return fb_err_set(e, FB_E_NEGATIVE, "stopped");
    }
    seen->next++;
    return FB_OK;
}

static void test_scan(void **state)
{
    struct fb_store *store = *state;
    FB_TEST_OK(fb_store_begin(store, FB_STORE_WRITE, &err));
    for (uint64_t i = 0; i < 300; i++) {
        char text[32];
        snprintf(text, sizeof(text), "entry %d", (int)i);
        append(store, i, fb_str_of(text));
    }
    FB_TEST_OK(fb_store_commit(store, &err));
    struct seen seen = {10, UINT64_MAX};
    FB_TEST_OK(fb_store_scan(store, (uint64_t[]){10, 20}, see, &seen, &err));
    assert_int_equal(seen.next, 20);
    FB_TEST_OK(fb_store_scan(store, (uint64_t[]){20, UINT64_MAX}, see, &seen, &err));
    assert_int_equal(seen.next, 300);
    FB_TEST_OK(fb_store_scan(store, (uint64_t[]){300, 400}, see, &seen, &err));
    FB_TEST_OK(fb_store_scan(store, (uint64_t[]){9, 9}, see, &seen, &err));
    FB_TEST_OK(fb_store_scan(store, (uint64_t[]){9, 3}, see, &seen, &err));
    assert_int_equal(seen.next, 300);
    seen = (struct seen){0, 7};
    FB_TEST_FAILS(fb_store_scan(store, (uint64_t[]){0, 300}, see, &seen, &err), FB_E_NEGATIVE);
    assert_int_equal(seen.next, 7);
}

/* What the last tile of a level is made of. */
static void test_hashes(void **state)
{
    struct fb_store *store = *state;
    struct fb_buf out;
    fb_buf_init(&out, 10000);
    FB_TEST_OK(fb_store_begin(store, FB_STORE_WRITE, &err));
    struct fb_store_entry entries[3];
    for (uint64_t i = 0; i < 3; i++) {
        entries[i] = entry_of(i, 1000, FB_STR("x"));
    }
    FB_TEST_OK(fb_store_append(store, entries, 3, &err));
    FB_TEST_OK(fb_store_append(store, entries, 0, &err));
    for (uint64_t i = 0; i < 4; i++) {
        FB_TEST_OK(put_tile(store, 0, i));
        FB_TEST_OK(put_tile(store, 1, i));
    }
    FB_TEST_OK(fb_store_commit(store, &err));
    FB_TEST_OK(fb_store_hashes(store, 0, (uint64_t[2]){1, 3}, &out, &err));
    assert_int_equal(out.len, 64);
    assert_memory_equal(out.ptr, entries[1].leaf_hash, FB_STORE_HASH);
    assert_memory_equal(out.ptr + 32, entries[2].leaf_hash, FB_STORE_HASH);
    FB_TEST_OK(fb_store_hashes(store, 0, (uint64_t[2]){3, 3}, &out, &err));
    FB_TEST_FAILS(fb_store_hashes(store, 0, (uint64_t[2]){1, 4}, &out, &err), FB_E_NOT_FOUND);
    assert_int_equal(out.len, 64);
    fb_buf_clear(&out);
    FB_TEST_OK(fb_store_hashes(store, 2, (uint64_t[2]){0, 4}, &out, &err));
    assert_int_equal(out.len, 128);
    assert_int_equal(out.ptr[0], 'k');
    assert_int_equal(out.ptr[127], 'n');
    FB_TEST_FAILS(fb_store_hashes(store, 1, (uint64_t[2]){2, 5}, &out, &err), FB_E_NOT_FOUND);
    FB_TEST_FAILS(fb_store_hashes(store, 3, (uint64_t[2]){0, 1}, &out, &err), FB_E_NOT_FOUND);
    fb_buf_release(&out);
}

/* Entries of one call follow each other; of a call that fails nothing stays. */
static void test_batches(void **state)
{
    struct fb_store *store = *state;
    static char big[FB_STORE_ENTRY_MAX + 1];
    struct fb_store_entry entries[4];
    for (uint64_t i = 0; i < 4; i++) {
        entries[i] = entry_of(i, 1000, FB_STR("x"));
    }
    FB_TEST_OK(fb_store_begin(store, FB_STORE_WRITE, &err));
    entries[2].seq = 3;
    FB_TEST_FAILS(fb_store_append(store, entries, 4, &err), FB_E_CORRUPT);
    entries[2].seq = 2;
    entries[3].bytes = (struct fb_str){big, sizeof(big)};
    FB_TEST_FAILS(fb_store_append(store, entries, 4, &err), FB_E_LIMIT);
    assert_int_equal(count_of(store), 0);
    FB_TEST_OK(fb_store_append(store, entries, 3, &err));
    fb_store_rollback(store);
    assert_int_equal(count_of(store), 0);
    FB_TEST_OK(fb_store_begin(store, FB_STORE_WRITE, &err));
    FB_TEST_OK(fb_store_append(store, entries, 3, &err));
    FB_TEST_FAILS(fb_store_append(store, entries, 1, &err), FB_E_CORRUPT);
    fb_store_rollback(store);
    assert_int_equal(count_of(store), 0);
    FB_TEST_OK(fb_store_begin(store, FB_STORE_WRITE, &err));
    FB_TEST_OK(fb_store_append(store, entries, 1, &err));
    FB_TEST_OK(fb_store_append(store, entries + 1, 2, &err));
    FB_TEST_OK(fb_store_commit(store, &err));
    assert_int_equal(count_of(store), 3);
}

static void test_allocation_fails(void **state)
{
    struct fb_store *store = *state;
    for (int64_t n = 0;; n++) {
        fb_alloc_fail_at(n);
        enum fb_code code = fb_store_begin(store, FB_STORE_WRITE, &err);
        struct fb_store_entry entry = entry_of(count_of(store), 5, FB_STR("bytes"));
        if (code == FB_OK) {
            code = fb_store_append(store, &entry, 1, &err);
        }
        if (code == FB_OK) {
            code = fb_store_meta_put(store, "k", FB_STR("v"), &err);
        }
        if (code == FB_OK) {
            code = fb_store_commit(store, &err);
        }
        fb_alloc_fail_at(-1);
        if (code == FB_OK) {
            break;
        }
        assert_int_equal(code, FB_E_NOMEM);
        fb_store_rollback(store);
        struct fb_buf out;
        fb_buf_init(&out, 100);
        assert_int_equal(count_of(store), 0);
        FB_TEST_FAILS(fb_store_meta_get(store, "k", &out, &err), FB_E_NOT_FOUND);
        fb_buf_release(&out);
        assert_true(n < 100);
    }
    assert_int_equal(count_of(store), 1);
}

static void test_reopen(void **state)
{
    (void)state;
    struct fb_store *store = NULL;
    FB_TEST_OK(fb_store_open_sqlite(path, &making, &store, &err));
    FB_TEST_OK(fb_store_begin(store, FB_STORE_WRITE, &err));
    append(store, 0, FB_STR("kept"));
    FB_TEST_OK(fb_store_commit(store, &err));
    FB_TEST_OK(fb_store_begin(store, FB_STORE_WRITE, &err));
    append(store, 1, FB_STR("lost"));
    fb_store_close(store);
    store = NULL;
    FB_TEST_FAILS(fb_store_open_sqlite(path, &making, &store, &err), FB_E_DUPLICATE);
    assert_null(store);
    FB_TEST_OK(fb_store_open_sqlite(path, &opening, &store, &err));
    assert_int_equal(count_of(store), 1);
    fb_store_close(store);
    struct fb_store_options reading = {.read_only = true};
    FB_TEST_OK(fb_store_open_sqlite(path, &reading, &store, &err));
    assert_int_equal(count_of(store), 1);
    FB_TEST_FAILS(fb_store_begin(store, FB_STORE_WRITE, &err), FB_E_USAGE);
    fb_store_close(store);
    fb_store_close(NULL);
}

/* Runs SQL on the file behind the store's back. */
static void tamper(const char *sql)
{
    sqlite3 *db = NULL;
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
}

static void test_not_ours(void **state)
{
    (void)state;
    struct fb_store *store = NULL;
    FB_TEST_FAILS(fb_store_open_sqlite(path, &opening, &store, &err), FB_E_NOT_FOUND);
    FB_TEST_OK(fb_io_write(path, FB_STR(""), 0600, &err));
    FB_TEST_FAILS(fb_store_open_sqlite(path, &opening, &store, &err), FB_E_CORRUPT);
    char text[5000];
    memset(text, 'x', sizeof(text));
    FB_TEST_OK(fb_io_write(path, (struct fb_str){text, sizeof(text)}, 0600, &err));
    FB_TEST_FAILS(fb_store_open_sqlite(path, &opening, &store, &err), FB_E_CORRUPT);
    assert_non_null(strstr(err.message, "is not a flyball ledger"));
    assert_int_equal(unlink(path), 0);
    tamper("CREATE TABLE other(a)");
    FB_TEST_FAILS(fb_store_open_sqlite(path, &opening, &store, &err), FB_E_CORRUPT);
    assert_non_null(strstr(err.message, "is not a flyball ledger"));
    FB_TEST_FAILS(fb_store_open_sqlite("/nonexistent/x.db", &making, &store, &err), FB_E_IO);
    assert_null(store);
}

static void test_malformed_rows(void **state)
{
    (void)state;
    struct fb_store *store = NULL;
    struct fb_store_entry entry;
    struct fb_buf bytes;
    FB_TEST_OK(fb_store_open_sqlite(path, &making, &store, &err));
    fb_store_close(store);
    tamper("INSERT INTO entry VALUES(0, 5, x'00', x'00', NULL);"
           "INSERT INTO entry VALUES(1, 'noon', zeroblob(32), x'00', NULL);"
           "INSERT INTO entry VALUES(2, 5, zeroblob(32), zeroblob(65536), NULL);"
           "INSERT INTO entry VALUES(3, 5, zeroblob(32), 'text', 'text');"
           "INSERT INTO meta VALUES('a', 'text')");
    FB_TEST_OK(fb_store_open_sqlite(path, &opening, &store, &err));
    fb_buf_init(&bytes, 1 << 20);
    for (uint64_t seq = 0; seq < 4; seq++) {
        FB_TEST_FAILS(fb_store_read(store, seq, &entry, &bytes, &err), FB_E_CORRUPT);
    }
    FB_TEST_FAILS(fb_store_meta_get(store, "a", &bytes, &err), FB_E_CORRUPT);
    FB_TEST_FAILS(fb_store_head_get(store, &bytes, &err), FB_E_CORRUPT);
    fb_store_close(store);
    tamper("INSERT INTO entry VALUES(-7, 5, zeroblob(32), x'00', NULL);"
           "DELETE FROM entry WHERE seq >= 0");
    FB_TEST_OK(fb_store_open_sqlite(path, &opening, &store, &err));
    uint64_t count = 5;
    FB_TEST_FAILS(fb_store_count(store, &count, &err), FB_E_CORRUPT);
    assert_int_equal(count, 5);
    fb_store_close(store);
    fb_buf_release(&bytes);
}

static void test_busy(void **state)
{
    (void)state;
    struct fb_store *one = NULL, *two = NULL;
    FB_TEST_OK(fb_store_open_sqlite(path, &making, &one, &err));
    FB_TEST_OK(fb_store_open_sqlite(path, &opening, &two, &err));
    FB_TEST_OK(fb_store_begin(one, FB_STORE_WRITE, &err));
    FB_TEST_FAILS(fb_store_begin(two, FB_STORE_WRITE, &err), FB_E_BUSY);
    assert_true(err.hint[0] != 0);
    /* A reader is not in the way, and sees what was committed. */
    append(one, 0, FB_STR("x"));
    FB_TEST_OK(fb_store_begin(two, FB_STORE_READ, &err));
    assert_int_equal(count_of(two), 0);
    FB_TEST_OK(fb_store_commit(one, &err));
    assert_int_equal(count_of(two), 0);
    fb_store_rollback(two);
    assert_int_equal(count_of(two), 1);
    fb_store_close(one);
    fb_store_close(two);
}

static void test_full(void **state)
{
    (void)state;
    struct fb_store *store = NULL;
    static char big[60000];
    FB_TEST_OK(fb_store_open_sqlite(path, &making, &store, &err));
    fb_store_close(store);
    struct fb_store_options small = {.page_max = 20};
    FB_TEST_OK(fb_store_open_sqlite(path, &small, &store, &err));
    FB_TEST_OK(fb_store_begin(store, FB_STORE_WRITE, &err));
    struct fb_store_entry entry = entry_of(0, 0, (struct fb_str){big, sizeof(big)});
    enum fb_code code = FB_OK;
    while (code == FB_OK && entry.seq < 10) {
        code = fb_store_append(store, &entry, 1, &err);
        entry.seq++;
    }
    assert_int_equal(code, FB_E_FULL);
    assert_true(err.hint[0] != 0);
    fb_store_rollback(store);
    assert_int_equal(count_of(store), 0);
    FB_TEST_OK(fb_store_begin(store, FB_STORE_WRITE, &err));
    append(store, 0, FB_STR("small"));
    FB_TEST_OK(fb_store_commit(store, &err));
    fb_store_close(store);
}

/* Form 2 is brought to the present one by the first write, under whoever has it open. */
static void test_postgres_older_form(void **state)
{
    struct fb_store *store = *state, *other = NULL;
    FB_TEST_OK(fb_store_begin(store, FB_STORE_WRITE, &err));
    append(store, 0, FB_STR("a"));
    FB_TEST_OK(put_tile(store, 0, 0));
    FB_TEST_OK(fb_store_commit(store, &err));
    fb_store_close(store);
    tell_server("ALTER TABLE flyball_tile ADD COLUMN bytes bytea NOT NULL DEFAULT '';"
                "ALTER TABLE flyball_tile ALTER COLUMN bytes DROP DEFAULT;"
                "UPDATE flyball_form SET version = 2");
    FB_TEST_OK(fb_store_open_postgres(server.source, &opening, &store, &err));
    FB_TEST_OK(fb_store_open_postgres(server.source, &opening, &other, &err));
    for (uint64_t i = 0; i < 4; i++) {
        struct fb_store *writer = i % 2 ? other : store;
        FB_TEST_OK(fb_store_begin(writer, FB_STORE_WRITE, &err));
        append(writer, 1 + i / 2 + (i == 3), FB_STR("b"));
        FB_TEST_OK(put_tile(writer, 0, 1 + i));
        if (i == 0) {
            fb_store_rollback(writer);
        } else {
            FB_TEST_OK(fb_store_commit(writer, &err));
        }
    }
    assert_int_equal(count_of(store), 4);
    fb_store_close(other);
    fb_store_close(store);
    FB_TEST_OK(fb_store_open_postgres(server.source, &opening, &store, &err));
    *state = store;
}

/* Who has a ledger open when a newer program changes its form leaves it alone. */
static void test_postgres_newer_form_meanwhile(void **state)
{
    struct fb_store *store = *state;
    tell_server("UPDATE flyball_form SET version = 4");
    FB_TEST_FAILS(fb_store_begin(store, FB_STORE_WRITE, &err), FB_E_VERSION);
    fb_store_close(store);
    tell_server("ALTER TABLE flyball_tile ADD COLUMN bytes bytea;"
                "UPDATE flyball_form SET version = 2");
    FB_TEST_OK(fb_store_open_postgres(server.source, &opening, &store, &err));
    *state = store;
    FB_TEST_OK(fb_store_begin(store, FB_STORE_WRITE, &err));
    FB_TEST_OK(fb_store_commit(store, &err));
    tell_server("DO $$ BEGIN ASSERT (SELECT version FROM flyball_form) = 2; END $$");
    tell_server("UPDATE flyball_form SET version = 4");
    FB_TEST_FAILS(fb_store_begin(store, FB_STORE_WRITE, &err), FB_E_VERSION);
    FB_TEST_FAILS(fb_store_begin(store, FB_STORE_READ, &err), FB_E_VERSION);
    tell_server("DO $$ BEGIN ASSERT (SELECT version FROM flyball_form) = 4; END $$");
    tell_server("DELETE FROM flyball_form");
    FB_TEST_FAILS(fb_store_begin(store, FB_STORE_WRITE, &err), FB_E_CORRUPT);
}

static void test_postgres_reopen(void **state)
{
    (void)state;
    struct fb_store *store = NULL;
    clear_server();
    FB_TEST_FAILS(fb_store_open_postgres(server.source, &opening, &store, &err), FB_E_NOT_FOUND);
    FB_TEST_OK(fb_store_open_postgres(server.source, &making, &store, &err));
    fb_store_close(store);
    /* Tables with nothing in them are what a crash leaves; they are taken. */
    FB_TEST_OK(fb_store_open_postgres(server.source, &making, &store, &err));
    FB_TEST_OK(fb_store_begin(store, FB_STORE_WRITE, &err));
    append(store, 0, FB_STR("kept"));
    FB_TEST_OK(fb_store_meta_put(store, "a", FB_STR("x"), &err));
    FB_TEST_OK(fb_store_commit(store, &err));
    FB_TEST_OK(fb_store_begin(store, FB_STORE_WRITE, &err));
    append(store, 1, FB_STR("lost"));
    fb_store_close(store);
    store = NULL;
    FB_TEST_FAILS(fb_store_open_postgres(server.source, &making, &store, &err), FB_E_DUPLICATE);
    assert_null(store);
    struct fb_store_options reading = {.read_only = true};
    FB_TEST_OK(fb_store_open_postgres(server.source, &reading, &store, &err));
    assert_int_equal(count_of(store), 1);
    FB_TEST_FAILS(fb_store_begin(store, FB_STORE_WRITE, &err), FB_E_USAGE);
    fb_store_close(store);
    store = NULL;
    tell_server("UPDATE flyball_form SET version = 4");
    FB_TEST_FAILS(fb_store_open_postgres(server.source, &opening, &store, &err), FB_E_VERSION);
    assert_non_null(strstr(err.message, "form 4"));
    assert_non_null(strstr(err.hint, "was altered"));
    tell_server("DELETE FROM flyball_form");
    FB_TEST_FAILS(fb_store_open_postgres(server.source, &opening, &store, &err), FB_E_CORRUPT);
    assert_null(store);
}

static void test_postgres_busy(void **state)
{
    struct fb_store *one = *state, *two = NULL;
    FB_TEST_OK(fb_store_open_postgres(server.source, &opening, &two, &err));
    FB_TEST_OK(fb_store_begin(one, FB_STORE_WRITE, &err));
    FB_TEST_FAILS(fb_store_begin(two, FB_STORE_WRITE, &err), FB_E_BUSY);
    assert_true(err.hint[0] != 0);
    /* A reader is not in the way, and sees what was committed when it began. */
    append(one, 0, FB_STR("x"));
    FB_TEST_OK(fb_store_begin(two, FB_STORE_READ, &err));
    assert_int_equal(count_of(two), 0);
    FB_TEST_OK(fb_store_commit(one, &err));
    assert_int_equal(count_of(two), 0);
    fb_store_rollback(two);
    assert_int_equal(count_of(two), 1);
    fb_store_close(two);
}

static void test_postgres_malformed_rows(void **state)
{
    struct fb_store *store = *state;
    struct fb_store_entry entry = {.seq = 77};
    struct fb_buf bytes;
    fb_buf_init(&bytes, 1 << 20);
    tell_server("INSERT INTO flyball_entry VALUES(0, 5, '\\x00', '\\x00');"
                "INSERT INTO flyball_entry VALUES(1, 5, decode(repeat('00', 32), 'hex'),"
                " decode(repeat('00', 65536), 'hex'));"
                "INSERT INTO flyball_meta VALUES('a', decode(repeat('00', 65536), 'hex'))");
    FB_TEST_FAILS(fb_store_read(store, 0, &entry, &bytes, &err), FB_E_CORRUPT);
    FB_TEST_FAILS(fb_store_read(store, 1, &entry, &bytes, &err), FB_E_CORRUPT);
    FB_TEST_FAILS(fb_store_meta_get(store, "a", &bytes, &err), FB_E_CORRUPT);
    assert_int_equal(entry.seq, 77);
    assert_int_equal(bytes.len, 0);
    tell_server("DELETE FROM flyball_entry; INSERT INTO flyball_entry VALUES(-7, 5, '', '')");
    uint64_t count = 5;
    FB_TEST_FAILS(fb_store_count(store, &count, &err), FB_E_CORRUPT);
    assert_int_equal(count, 5);
    fb_buf_release(&bytes);
}

/* No message repeats the connection string: it may hold a password. */
static void test_postgres_sources(void **state)
{
    (void)state;
    struct fb_store *store = NULL;
    char file[96];
    snprintf(file, sizeof(file), "%s/bad", server.folder);
    FB_TEST_OK(fb_io_write(file, FB_STR("password=secret nonsense"), 0600, &err));
    FB_TEST_FAILS(fb_store_open_postgres(file, &opening, &store, &err), FB_E_SYNTAX);
    assert_null(strstr(err.message, "secret"));
    FB_TEST_OK(fb_io_write(file, FB_STR("host=/nonexistent password=secret"), 0600, &err));
    FB_TEST_FAILS(fb_store_open_postgres(file, &opening, &store, &err), FB_E_IO);
    assert_null(strstr(err.message, "secret"));
    assert_true(err.hint[0] != 0);
    FB_TEST_FAILS(fb_store_open_postgres("/nonexistent", &opening, &store, &err), FB_E_NOT_FOUND);
    assert_int_equal(unsetenv("FLYBALL_POSTGRES"), 0);
    FB_TEST_FAILS(fb_store_open_postgres("", &opening, &store, &err), FB_E_USAGE);
    char source[128];
    snprintf(source, sizeof(source), "host=%s user=flyball dbname=postgres", server.folder);
    assert_int_equal(setenv("FLYBALL_POSTGRES", source, 1), 0);
    clear_server();
    FB_TEST_OK(fb_store_open_postgres("", &making, &store, &err));
    fb_store_close(store);
    assert_int_equal(unsetenv("FLYBALL_POSTGRES"), 0);
}

/* The server ends the connection in the middle of a transaction. */
static void test_postgres_gone(void **state)
{
    struct fb_store *store = *state;
    FB_TEST_OK(fb_store_begin(store, FB_STORE_WRITE, &err));
    append(store, 0, FB_STR("lost"));
    tell_server("SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE pid <> pg_backend_pid() AND backend_type = 'client backend'");
    FB_TEST_FAILS(fb_store_commit(store, &err), FB_E_IO);
    assert_true(err.hint[0] != 0);
    FB_TEST_FAILS(fb_store_begin(store, FB_STORE_WRITE, &err), FB_E_IO);
    struct fb_store *again = NULL;
    FB_TEST_OK(fb_store_open_postgres(server.source, &opening, &again, &err));
    assert_int_equal(count_of(again), 0);
    fb_store_close(again);
}

/* A statement that failed spoils the transaction; its end must not pass for a commit. */
static void test_postgres_spoilt(void **state)
{
    struct fb_store *store = *state;
    FB_TEST_OK(fb_store_begin(store, FB_STORE_WRITE, &err));
    append(store, 0, FB_STR("lost"));
    FB_TEST_FAILS(fb_store_meta_put(store, "\xFF", FB_STR("v"), &err), FB_E_IO);
    FB_TEST_FAILS(fb_store_commit(store, &err), FB_E_IO);
    assert_int_equal(count_of(store), 0);
    FB_TEST_OK(fb_store_begin(store, FB_STORE_WRITE, &err));
    append(store, 0, FB_STR("kept"));
    FB_TEST_OK(fb_store_commit(store, &err));
    assert_int_equal(count_of(store), 1);
}

/* A server that would lose acknowledged records is refused. */
static void test_postgres_without_sync(void **state)
{
    struct fb_store *store = NULL, *made = *state;
    assert_int_equal(count_of(made), 0);
    tell_server("ALTER SYSTEM SET full_page_writes = off");
    tell_server("SELECT pg_reload_conf(), pg_sleep(0.5)");
    FB_TEST_FAILS(fb_store_open_postgres(server.source, &opening, &store, &err), FB_E_UNSUPPORTED);
    struct fb_store_options reading = {.read_only = true};
    FB_TEST_OK(fb_store_open_postgres(server.source, &reading, &store, &err));
    fb_store_close(store);
    tell_server("ALTER SYSTEM RESET full_page_writes");
    tell_server("SELECT pg_reload_conf(), pg_sleep(0.5)");
}

static void test_postgres_is_absent(void **state)
{
    (void)state;
    printf("# SKIP " FB_POSTGRES_BIN " is absent\n");
    skip();
}

#define ON_BOTH(test)                                                                              \
    {#test " (memory)", test, set_up_memory, tear_down_memory, NULL},                              \
    {                                                                                              \
#test " (sqlite)", test, set_up_sqlite, tear_down_sqlite, NULL                             \
    }

#define ON_POSTGRES(test)                                                                          \
    {                                                                                              \
#test " (postgres)", test, set_up_postgres, tear_down_postgres, NULL                       \
    }

enum { POSTGRES_TESTS = 17 }; /* the first in the list */

int main(void)
{
    struct CMUnitTest tests[] = {
        ON_POSTGRES(test_entries),
        ON_POSTGRES(test_gap_and_limit),
        ON_POSTGRES(test_values),
        ON_POSTGRES(test_scan),
        ON_POSTGRES(test_hashes),
        ON_POSTGRES(test_head),
        ON_POSTGRES(test_batches),
        ON_POSTGRES(test_allocation_fails),
        ON_POSTGRES(test_postgres_busy),
        ON_POSTGRES(test_postgres_malformed_rows),
        ON_POSTGRES(test_postgres_gone),
        ON_POSTGRES(test_postgres_spoilt),
        ON_POSTGRES(test_postgres_without_sync),
        ON_POSTGRES(test_postgres_older_form),
        ON_POSTGRES(test_postgres_newer_form_meanwhile),
        cmocka_unit_test(test_postgres_reopen),
        cmocka_unit_test(test_postgres_sources),
        ON_BOTH(test_entries),
        ON_BOTH(test_gap_and_limit),
        ON_BOTH(test_values),
        ON_BOTH(test_scan),
        ON_BOTH(test_hashes),
        ON_BOTH(test_head),
        ON_BOTH(test_batches),
        ON_BOTH(test_allocation_fails),
        cmocka_unit_test_setup_teardown(test_reopen, set_up_folder, tear_down_folder),
        cmocka_unit_test_setup_teardown(test_not_ours, set_up_folder, tear_down_folder),
        cmocka_unit_test_setup_teardown(test_malformed_rows, set_up_folder, tear_down_folder),
        cmocka_unit_test_setup_teardown(test_busy, set_up_folder, tear_down_folder),
        cmocka_unit_test_setup_teardown(test_full, set_up_folder, tear_down_folder),
    };
    fb_err_init(&err);
    for (size_t i = 0; i < POSTGRES_TESTS && !has_postgres(); i++) {
        tests[i].test_func = test_postgres_is_absent;
        tests[i].setup_func = NULL;
        tests[i].teardown_func = NULL;
    }
    return cmocka_run_group_tests(tests, set_up_server, tear_down_server);
}

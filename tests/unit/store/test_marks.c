/* Numbers by key in a file: what was added is found, what was not kept is gone, and a file that is
 * none, or was altered, gives an error or is made anew. */
#include <signal.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/io.h"
#include "base/limit.h"
#include "fb_test.h"
#include "store/marks.h"
#include "store/store.h"

static struct fb_err err;
static char folder[64];
static char path[128];

static int set_up(void **state)
{
    (void)state;
    fb_err_init(&err);
    snprintf(folder, sizeof(folder), "/tmp/flyball-marks-XXXXXX");
    if (!mkdtemp(folder)) {
        return -1;
    }
    snprintf(path, sizeof(path), "%s/index.db", folder);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    fb_limit_lower(FB_MARKS_ROW_MAX, FB_MARKS_ROW_MAX);
    fb_store_remove_sqlite(path);
    return rmdir(folder);
}

static void add(struct fb_mark *items, size_t count, const char *note)
{
    struct fb_marks *marks = NULL;
    FB_TEST_OK(fb_marks_write(path, &marks, &err));
    FB_TEST_OK(fb_marks_add(marks, items, count, &err));
    if (note) {
        FB_TEST_OK(fb_marks_keep(marks, fb_str_of(note), &err));
    }
    fb_marks_close(marks);
}

static void expect_note(const char *text)
{
    struct fb_marks *marks = NULL;
    struct fb_buf note;
    fb_buf_init(&note, 1000);
    FB_TEST_OK(fb_marks_open(path, &marks, &err));
    FB_TEST_OK(fb_marks_note(marks, &note, &err));
    assert_true(fb_str_is(fb_buf_str(&note), text));
    fb_buf_release(&note);
    fb_marks_close(marks);
}

static void test_found(void **unused)
{
    struct fb_mark first[] = {{7, 3}, {5, 900}, {7, 1}, {7, 3}, {((uint64_t)1 << 48) - 1, 0},
        {7, ((uint64_t)1 << 62) - 1}};
    struct fb_mark second[] = {{7, 1000}, {5, 1001}};
    struct fb_numbers found = {.items = NULL};
    struct fb_marks *marks = NULL;
    bool any;
    (void)unused;
    add(first, 6, "one");
    add(second, 2, "two");
    expect_note("two");
    FB_TEST_OK(fb_marks_open(path, &marks, &err));
    FB_TEST_OK(fb_marks_find(marks, 7, &found, &err));
    assert_int_equal(found.count, 4);
    assert_true(
        found.items[0] == 1 && found.items[1] == 3 && found.items[2] == ((uint64_t)1 << 62) - 1);
    assert_true(found.items[3] == 1000);
    FB_TEST_OK(fb_marks_find(marks, 5, &found, &err)); /* appends */
    assert_true(found.count == 6 && found.items[5] == 1001);
    FB_TEST_OK(fb_marks_find(marks, 6, &found, &err));
    assert_int_equal(found.count, 6);
    FB_TEST_OK(fb_marks_any(marks, ((uint64_t)1 << 48) - 1, &any, &err));
    assert_true(any);
    FB_TEST_OK(fb_marks_any(marks, 6, &any, &err));
    assert_false(any);
    fb_numbers_release(&found);
    fb_marks_close(marks);
}

/* What is not kept, or is cleared, is gone; who reads meanwhile sees what was. */
static void test_transaction(void **unused)
{
    struct fb_mark one[] = {{1, 1}}, two[] = {{1, 2}};
    struct fb_marks *marks = NULL, *reader = NULL;
    struct fb_buf note;
    bool any;
    (void)unused;
    assert_int_equal(fb_marks_open(path, &marks, &err), FB_E_NOT_FOUND);
    add(one, 1, "a");
    add(two, 1, NULL);
    expect_note("a");
    FB_TEST_OK(fb_marks_open(path, &reader, &err));
    FB_TEST_OK(fb_marks_any(reader, 1, &any, &err));
    assert_true(any);
    fb_marks_close(reader);
    FB_TEST_OK(fb_marks_write(path, &marks, &err));
    FB_TEST_OK(fb_marks_clear(marks, &err));
    fb_buf_init(&note, 100);
    FB_TEST_OK(fb_marks_note(marks, &note, &err));
    assert_int_equal(note.len, 0);
    fb_buf_release(&note);
    FB_TEST_OK(fb_marks_keep(marks, FB_STR("b"), &err));
    fb_marks_close(marks);
    FB_TEST_OK(fb_marks_open(path, &reader, &err));
    FB_TEST_OK(fb_marks_any(reader, 1, &any, &err));
    assert_false(any);
    fb_marks_close(reader);
}

struct list {
    struct fb_mark items[20000];
    size_t count;
    size_t stop;
};

static enum fb_code take(void *ctx, const struct fb_mark *mark, struct fb_err *error)
{
    struct list *list = ctx;
    if (list->count == list->stop) {
        return fb_err_set(error, FB_E_NEGATIVE, "enough");
    }
    list->items[list->count++] = *mark;
    return FB_OK;
}

static int by_key(const void *a, const void *b)
{
    const struct fb_mark *x = a, *y = b;
    if (x->key != y->key) {
        return x->key < y->key ? -1 : 1;
    }
    return (x->number > y->number) - (x->number < y->number);
}

/* Many numbers under few keys, rows of any length: each comes back once. */
static void test_many(void **unused)
{
    enum { COUNT = 9000, KEYS = 3 };
    static struct list list;
    static struct fb_mark items[COUNT];
    struct fb_marks *marks = NULL;
    uint64_t state = 1;
    (void)unused;
    for (int round = 0; round < 2; round++) {
        fb_limit_lower(FB_MARKS_ROW_MAX, round ? 5 : FB_MARKS_ROW_MAX);
        uint64_t number = 0;
        for (size_t i = 0; i < COUNT; i++) {
            state = state * 6364136223846793005u + 1442695040888963407u;
            number += 1 + (state >> 60) * (i % 100 ? 1 : 1000000);
            items[i] = (struct fb_mark){(state >> 33) % KEYS, number};
        }
        add(items, COUNT, "x");
        list.count = 0;
        list.stop = COUNT;
        FB_TEST_OK(fb_marks_open(path, &marks, &err));
        FB_TEST_OK(fb_marks_each(marks, take, &list, &err));
        assert_int_equal(list.count, COUNT);
        qsort(list.items, list.count, sizeof(list.items[0]), by_key);
        for (size_t i = 0; i < COUNT; i++) { /* sorted by add */
            assert_true(
                items[i].key == list.items[i].key && items[i].number == list.items[i].number);
        }
        list.count = 0;
        list.stop = 7;
        assert_int_equal(fb_marks_each(marks, take, &list, &err), FB_E_NEGATIVE);
        fb_err_init(&err);
        fb_marks_close(marks);
        fb_store_remove_sqlite(path);
    }
}

/* Runs SQL on the file behind our back. */
static void tamper(const char *sql)
{
    sqlite3 *db = NULL;
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
}

/* Rows that nobody wrote are refused, not believed. */
static void test_altered(void **unused)
{
    static const char *const rows[] = {"UPDATE mark SET more = x'80'", /* cut short */
        "UPDATE mark SET more = x'00'",                                /* the same again */
        "UPDATE mark SET more = x'ffffffffffffffffff01'",              /* too long */
        "UPDATE mark SET more = x'ffffffffffffffff3f'",                /* too far */
        "UPDATE mark SET first = -1", "UPDATE mark SET first = 4611686018427387904"};
    (void)unused;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct fb_mark items[] = {{1, 1}, {1, 2}};
        struct fb_numbers found = {.items = NULL};
        struct fb_marks *marks = NULL;
        add(items, 2, "x");
        tamper(rows[i]);
        FB_TEST_OK(fb_marks_open(path, &marks, &err));
        assert_int_equal(fb_marks_find(marks, 1, &found, &err), FB_E_CORRUPT);
        assert_non_null(strstr(err.hint, "Remove"));
        fb_err_init(&err);
        fb_numbers_release(&found);
        fb_marks_close(marks);
        fb_store_remove_sqlite(path);
    }
}

/* A file that was damaged is found out by reading it through, whatever was added in which steps. */
static void test_checked(void **unused)
{
    static const char *const ways[] = {"DELETE FROM mark WHERE key = 5",
        "UPDATE mark SET first = 8 WHERE key = 5", "UPDATE mark SET key = 6 WHERE key = 5",
        "UPDATE mark SET more = x'02' WHERE key = 7", "INSERT INTO mark(key, first) VALUES(1, 1)",
        "UPDATE note SET sum = sum + 1", "UPDATE note SET rows = rows + 1", "DELETE FROM note"};
    (void)unused;
    for (size_t i = 0; i <= sizeof(ways) / sizeof(ways[0]); i++) {
        struct fb_mark first[] = {{7, 1}, {7, 3}, {5, 9}}, second[] = {{7, 10}, {8, 10}};
        struct fb_marks *marks = NULL;
        add(first, 3, "one");
        add(second, 2, "two");
        if (i > 0) {
            tamper(ways[i - 1]);
        }
        FB_TEST_OK(fb_marks_open(path, &marks, &err));
        assert_int_equal(fb_marks_check(marks, &err), i ? FB_E_CORRUPT : FB_OK);
        fb_err_init(&err);
        fb_marks_close(marks);
        fb_store_remove_sqlite(path);
    }
    /* One that is cleared begins anew. */
    struct fb_mark items[] = {{1, 1}};
    struct fb_marks *marks = NULL;
    add(items, 1, "one");
    FB_TEST_OK(fb_marks_write(path, &marks, &err));
    FB_TEST_OK(fb_marks_clear(marks, &err));
    FB_TEST_OK(fb_marks_add(marks, items, 1, &err));
    FB_TEST_OK(fb_marks_keep(marks, FB_STR("x"), &err));
    fb_marks_close(marks);
    FB_TEST_OK(fb_marks_open(path, &marks, &err));
    FB_TEST_OK(fb_marks_check(marks, &err));
    fb_marks_close(marks);
}

/* What is no such file is not read, and made anew by who writes. */
static void test_other_files(void **unused)
{
    struct fb_mark items[] = {{1, 1}};
    struct fb_marks *marks = NULL;
    (void)unused;
    FB_TEST_OK(fb_io_write(path,
        FB_STR("not a database, but long enough to be looked at........"
               "............................................................"),
        0600, &err));
    assert_int_equal(fb_marks_open(path, &marks, &err), FB_E_CORRUPT);
    fb_err_init(&err);
    add(items, 1, "new");
    expect_note("new");
    tamper("PRAGMA user_version=2");
    assert_int_equal(fb_marks_open(path, &marks, &err), FB_E_VERSION);
    fb_err_init(&err);
    add(items, 1, "again");
    expect_note("again");
    tamper("PRAGMA application_id=5");
    assert_int_equal(fb_marks_open(path, &marks, &err), FB_E_CORRUPT);
    fb_err_init(&err);
    tamper("PRAGMA application_id=1717726513; UPDATE note SET value = zeroblob(65536)");
    struct fb_buf long_note;
    fb_buf_init(&long_note, 1 << 20);
    FB_TEST_OK(fb_marks_open(path, &marks, &err));
    assert_int_equal(fb_marks_note(marks, &long_note, &err), FB_E_CORRUPT);
    assert_non_null(strstr(err.message, "too long"));
    fb_err_init(&err);
    fb_marks_close(marks);
    fb_buf_release(&long_note);
    tamper("DROP TABLE note");
    FB_TEST_OK(fb_marks_open(path, &marks, &err));
    struct fb_buf note;
    fb_buf_init(&note, 10);
    assert_int_equal(fb_marks_note(marks, &note, &err), FB_E_CORRUPT);
    fb_err_init(&err);
    fb_marks_close(marks);
    fb_buf_release(&note);
}

static void test_no_memory(void **unused)
{
    (void)unused;
    size_t failed = 0;
    for (long n = 0; n < 40; n++) {
        struct fb_mark items[] = {{1, 1}, {2, 1}};
        struct fb_numbers found = {.items = NULL};
        struct fb_marks *marks = NULL;
        fb_alloc_fail_at(n);
        enum fb_code code = fb_marks_write(path, &marks, &err);
        code = code ? code : fb_marks_add(marks, items, 2, &err);
        code = code ? code : fb_marks_find(marks, 1, &found, &err);
        fb_alloc_fail_at(-1);
        assert_true(code == FB_OK || code == FB_E_NOMEM);
        failed += code != FB_OK;
        fb_numbers_release(&found);
        fb_marks_close(marks);
        fb_err_init(&err);
    }
    assert_true(failed > 0);
}

/* sqlite_result: a file that may not grow any more is a full disk; what was there stays. */
static void test_too_long(void **unused)
{
    enum { COUNT = 9000 };
    static struct fb_mark items[COUNT];
    struct fb_mark one[] = {{1, 1}};
    struct fb_marks *marks = NULL;
    struct rlimit limit, lower;
    (void)unused;
    for (size_t i = 0; i < COUNT; i++) {
        items[i] = (struct fb_mark){i, 5};
    }
    add(one, 1, "one");
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
    lower = (struct rlimit){.rlim_cur = 40000, .rlim_max = limit.rlim_max};
    void (*before)(int) = signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &lower), 0);
    enum fb_code code = fb_marks_write(path, &marks, &err);
    code = code ? code : fb_marks_add(marks, items, COUNT, &err);
    code = code ? code : fb_marks_keep(marks, FB_STR("two"), &err);
    fb_marks_close(marks);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
    (void)signal(SIGXFSZ, before);
    assert_int_equal(code, FB_E_FULL);
    assert_non_null(strstr(err.hint, "ulimit -f"));
    fb_err_init(&err);
    expect_note("one");
    add(items, COUNT, "two");
    expect_note("two");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_found, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_transaction, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_many, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_altered, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_checked, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_other_files, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_too_long, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_no_memory, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Tests of src/base: str, buf, arena, map, codec, timestamp, err, alloc, io. */
#include <errno.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/arena.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/codec.h"
#include "base/io.h"
#include "base/map.h"
#include "base/timestamp.h"
#include "fb_test.h"

static struct fb_err err;

static void test_str(void **state)
{
    (void)state;
    assert_true(fb_str_eq(FB_STR("abc"), fb_str_of("abc")));
    assert_int_equal(fb_str_cmp(FB_STR("ab"), FB_STR("abc")), -1);
    assert_int_equal(fb_str_cmp(FB_STR("b"), FB_STR("abc")), 1);
    assert_true(fb_str_starts(FB_STR("flyball"), FB_STR("fly")));
    assert_false(fb_str_starts(FB_STR("fl"), FB_STR("fly")));
    assert_true(fb_str_ends(FB_STR("a.eval"), FB_STR(".eval")));
    assert_true(fb_str_is(fb_str_trim(FB_STR(" \t x y\n")), "x y"));
    assert_int_equal(fb_str_find(FB_STR("a:b:c"), ':', 2), 3);
    assert_int_equal(fb_str_find(FB_STR("a"), ':', 9), 1);
    struct fb_str rest = FB_STR("one\n\ntwo"), line;
    assert_true(fb_str_line(&rest, &line) && fb_str_is(line, "one"));
    assert_true(fb_str_line(&rest, &line) && line.len == 0);
    assert_true(fb_str_line(&rest, &line) && fb_str_is(line, "two"));
    assert_false(fb_str_line(&rest, &line));
    uint64_t n = 7;
    assert_true(fb_str_u64(FB_STR("18446744073709551615"), &n) && n == UINT64_MAX);
    assert_false(fb_str_u64(FB_STR("18446744073709551616"), &n));
    assert_false(fb_str_u64(FB_STR(""), &n));
    assert_false(fb_str_u64(FB_STR("-1"), &n));
}

static void test_utf8(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int bad_at;
    } cases[] = {{"plain", -1}, {"\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80", -1}, {"a\x80", 1},
        {"\xC0\x80", 0}, {"\xE0\x9F\xBF", 0}, {"\xED\xA0\x80", 0}, {"\xF4\x90\x80\x80", 0},
        {"ab\xE2\x82", 2}, {"\xF0\x8F\xBF\xBF", 0}, {"\xFF", 0}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        size_t offset = 99;
        bool good = fb_str_utf8(fb_str_of(cases[i].text), &offset);
        assert_int_equal(good, cases[i].bad_at < 0);
        assert_true(good || offset == (size_t)cases[i].bad_at);
    }
}

static void test_buf(void **state)
{
    (void)state;
    struct fb_buf buf;
    fb_buf_init(&buf, 10);
    fb_buf_addf(&buf, "%d-%s", 42, "abc");
    assert_true(fb_str_is(fb_buf_str(&buf), "42-abc"));
    fb_buf_add_c(&buf, "wxyz");
    FB_TEST_OK(fb_buf_check(&buf, "it", &err));
    fb_buf_add_char(&buf, '!');
    fb_buf_cut(&buf, 2);
    fb_buf_add_char(&buf, '?');
    FB_TEST_FAILS(fb_buf_check(&buf, "it", &err), FB_E_LIMIT);
    assert_true(fb_str_is(fb_buf_str(&buf), "42"));
    fb_buf_release(&buf);
}

static void test_arena(void **state)
{
    (void)state;
    struct fb_arena arena;
    fb_arena_init(&arena, 100000);
    for (int i = 0; i < 100; i++) {
        uint64_t *p = FB_ARENA_ARRAY(&arena, uint64_t, 100);
        assert_non_null(p);
        assert_int_equal((uintptr_t)p % 16, 0);
        assert_true(p[0] == 0 && p[99] == 0);
        memset(p, 0xff, 800);
    }
    assert_null(fb_arena_alloc(&arena, 30000));
    assert_int_equal(fb_arena_failed(&arena, &err), FB_E_LIMIT);
    assert_null(FB_ARENA_ARRAY(&arena, uint64_t, SIZE_MAX / 4));
    struct fb_str s = fb_arena_printf(&arena, "%s %d", "n", 5);
    assert_true(fb_str_is(s, "n 5"));
    fb_arena_release(&arena);
}

/* What has only texts in it goes another way than the rest, up to a length. */
static void test_arena_texts(void **state)
{
    (void)state;
    struct fb_arena arena;
    char many[600], want[1400];
    static struct fb_str nothing;
    memset(many, 'x', sizeof(many));
    many[sizeof(many) - 1] = '\0';
    fb_arena_init(&arena, 1 << 20);
    for (int len = -1; len < (int)sizeof(many); len++) {
        snprintf(want, sizeof(want), "%.*s, %s", len, many, "end");
        struct fb_str got = fb_arena_printf(&arena, "%.*s, %s", len, many, "end");
        assert_true(fb_str_is(got, want) && got.ptr[got.len] == '\0');
    }
    assert_true(
        fb_str_is(fb_arena_printf(&arena, "%s%%%.*s%d%s", "a", 2, "b\0c", 7, "d"), "a%b7d"));
    assert_true(fb_str_is(fb_arena_printf(&arena, "%.*s%s", 3, "a\0c", ""), "a"));
    assert_true(fb_str_is(fb_arena_printf(&arena, "%.*s", FB_STR_ARG(nothing)), ""));
    assert_true(fb_str_is(fb_arena_printf(&arena, "%s", ""), ""));
    assert_true(fb_str_is(fb_arena_printf(&arena, "%6.2s|%-3s|", "abc", "d"), "    ab|d  |"));
    fb_arena_release(&arena);
}

static void test_map(void **state)
{
    (void)state;
    enum { COUNT = 5000 };
    static char keys[COUNT][8];
    struct fb_map map;
    fb_map_init(&map);
    assert_null(fb_map_get(&map, FB_STR("nothing")));
    for (int i = 0; i < COUNT; i++) {
        snprintf(keys[i], sizeof(keys[i]), "k%d", i);
        FB_TEST_OK(fb_map_put(&map, fb_str_of(keys[i]), keys[i], &err));
    }
    FB_TEST_OK(fb_map_put(&map, FB_STR("k7"), NULL, &err));
    assert_int_equal(map.count, COUNT);
    for (int i = 0; i < COUNT; i++) {
        char *want = i == 7 ? NULL : keys[i];
        assert_ptr_equal(fb_map_get(&map, fb_str_of(keys[i])), want);
        assert_true(fb_str_is(map.entries[i].key, keys[i]));
    }
    assert_true(fb_map_has(&map, FB_STR("k7")));
    assert_false(fb_map_has(&map, FB_STR("k5000")));
    fb_map_release(&map);
}

static void test_codec(void **state)
{
    (void)state;
    static const char *const pairs[][2] = {{"", ""}, {"f", "Zg=="}, {"fo", "Zm8="}, {"foo", "Zm9v"},
        {"foob", "Zm9vYg=="}, {"fooba", "Zm9vYmE="}, {"foobar", "Zm9vYmFy"}};
    struct fb_buf buf;
    fb_buf_init(&buf, 100);
    for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
        fb_buf_clear(&buf);
        fb_base64_encode(fb_str_of(pairs[i][0]), &buf);
        assert_true(fb_str_is(fb_buf_str(&buf), pairs[i][1]));
        fb_buf_clear(&buf);
        assert_true(fb_base64_decode(fb_str_of(pairs[i][1]), &buf));
        assert_true(fb_str_is(fb_buf_str(&buf), pairs[i][0]));
    }
    static const char *const bad[] = {"Zg=", "Zh==", "Zm9=", "Z===", "Zg==Zg==", "Zm 9v", "Zm9v="};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        fb_buf_clear(&buf);
        assert_false(fb_base64_decode(fb_str_of(bad[i]), &buf));
        assert_int_equal(buf.len, 0);
    }
    for (int c = 1; c < 256; c += c + 1 == '=' ? 2 : 1) { /* 64 digits, each its own */
        char text[5] = {'A', 'A', 'A', (char)c, 0};
        bool digit = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
                     c == '+' || c == '/';
        fb_buf_clear(&buf);
        assert_int_equal(fb_base64_decode(fb_str_of(text), &buf), digit);
        if (digit) {
            struct fb_str three = {buf.ptr, buf.len};
            char again[3];
            memcpy(again, three.ptr, 3);
            fb_buf_clear(&buf);
            fb_base64_encode((struct fb_str){again, 3}, &buf);
            assert_true(fb_str_is(fb_buf_str(&buf), text));
        }
    }
    fb_buf_release(&buf);
    fb_buf_init(&buf, 2); /* just what it takes */
    assert_true(fb_base64_decode((struct fb_str){NULL, 0}, &buf) && buf.len == 0);
    assert_true(fb_base64_decode(FB_STR("Zm8="), &buf));
    assert_true(fb_str_is(fb_buf_str(&buf), "fo") && buf.state == FB_BUF_GOOD);
    assert_true(fb_base64_decode(FB_STR("Zg=="), &buf));
    assert_true(buf.state != FB_BUF_GOOD);
    fb_buf_release(&buf);
    uint8_t bytes[3] = {0, 0xab, 0x7f};
    char hex[7];
    assert_string_equal(fb_hex_encode(bytes, 3, hex), "00ab7f");
    assert_true(fb_hex_decode(FB_STR("00AB7f"), bytes, 3));
    assert_false(fb_hex_decode(FB_STR("00AB7"), bytes, 3));
    assert_false(fb_hex_decode(FB_STR("00AB7g"), bytes, 3));
}

static void test_time(void **state)
{
    (void)state;
    static const struct {
        const char *text, *canonical;
    } good[] = {{"1970-01-01T00:00:00Z", "1970-01-01T00:00:00Z"},
        {"2026-03-01", "2026-03-01T00:00:00Z"},
        {"2024-02-29T23:59:59.5+01:30", "2024-02-29T22:29:59.500000Z"},
        {"2025-05-12T20:28:13-04:00", "2025-05-13T00:28:13Z"},
        {"2026-03-01 09:00:00.123456789z", "2026-03-01T09:00:00.123456Z"},
        {"0001-01-01T00:00:00Z", "0001-01-01T00:00:00Z"},
        {"9999-12-31T23:59:59Z", "9999-12-31T23:59:59Z"}};
    char text[FB_TIME_TEXT];
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        fb_time t;
        FB_TEST_OK(fb_time_parse(fb_str_of(good[i].text), &t, &err));
        assert_string_equal(fb_time_format(t, text), good[i].canonical);
    }
    static const char *const bad[] = {"", "2026", "2026-13-01", "2026-02-29", "2026-03-01T",
        "2026-03-01T24:00:00Z", "2026-03-01T09:00:60Z", "2026-03-01T09:00:00",
        "2026-03-01T09:00:00.Z", "2026-03-01T09:00:00.1234567890Z", "2026-03-01T09:00:00Zx",
        "2026-03-01T09:00:00+24:00", "0000-01-01", "2026-3-1"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        fb_time t = 5;
        FB_TEST_FAILS(fb_time_parse(fb_str_of(bad[i]), &t, &err), FB_E_TIME);
        assert_int_equal(t, 5);
    }
    for (int64_t day = -800000; day < 3000000; day += 997) {
        int64_t year;
        unsigned month, d;
        fb_civil_from_days(day, &year, &month, &d);
        assert_int_equal(fb_days_from_civil(year, month, d), day);
    }
    assert_string_equal(fb_duration_format(2 * FB_DAY + 4 * FB_HOUR, text), "2 days 4 hours");
    assert_string_equal(fb_duration_format(-FB_HOUR, text), "-1 hour");
    assert_string_equal(fb_duration_format(0, text), "0 seconds");
    assert_true(fb_time_add(FB_TIME_MAX - 5, 10) == FB_TIME_MAX);
    assert_true(fb_time_add(FB_TIME_MAX, -10) == FB_TIME_MAX);
    assert_true(fb_time_of_seconds(5) == 5 * FB_SECOND);
    uint64_t most = (uint64_t)(FB_TIME_MAX / FB_SECOND);
    assert_true(fb_time_of_seconds(most) == FB_TIME_MAX / FB_SECOND * FB_SECOND);
    assert_true(fb_time_of_seconds(most + 1) == FB_TIME_MAX);
    assert_true(fb_time_of_seconds(UINT64_MAX) == FB_TIME_MAX);
    fb_time at = 17;
    struct fb_clock clock = fb_clock_fixed(&at);
    assert_true(fb_clock_now(&clock) == 17);
    clock = fb_clock_system();
    assert_true(fb_clock_now(&clock) > fb_days_from_civil(2026, 1, 1) * FB_DAY);
    int64_t ticks = fb_clock_ticks_ns();
    assert_true(fb_clock_ticks_ns() >= ticks);
}

static void test_err(void **state)
{
    (void)state;
    char text[2048];
    fb_err_set(&err, FB_E_SYNTAX, "expected %s", "a name");
    fb_err_place(&err, "p.fly", 3, 7, 40);
    fb_err_place(&err, "outer", 9, 9, 9);
    fb_err_path(&err, "$.body");
    fb_err_hint(&err, "Add one.");
    fb_err_prefix(&err, "could not read policy '%s'", "p");
    size_t len = fb_err_format(&err, text, sizeof(text));
    assert_string_equal(text, "p.fly:3:7: could not read policy 'p': expected a name\n"
                              "  at $.body\n  hint: Add one.");
    assert_int_equal(len, strlen(text));
    assert_int_equal(fb_err_format(&err, text, 10), len);
    assert_int_equal(strlen(text), 9);
    fb_err_set(&err, FB_E_SCHEMA, "the row is short");
    fb_err_place(&err, "t.csv", 2, 0, -1);
    (void)fb_err_format(&err, text, sizeof(text));
    assert_string_equal(text, "t.csv:2: the row is short");
    fb_err_set(&err, FB_E_SCHEMA, "the row is short");
    fb_err_place(&err, NULL, 2, 0, -1);
    (void)fb_err_format(&err, text, sizeof(text));
    assert_string_equal(text, "line 2: the row is short");
    assert_string_equal(fb_code_name(FB_E_SYNTAX), "E_SYNTAX");
    assert_int_equal(fb_code_exit(FB_E_SYNTAX), 3);
    assert_int_equal(fb_code_exit(FB_OK), 0);
}

static void test_alloc_faults(void **state)
{
    (void)state;
    for (int64_t n = 0;; n++) {
        struct fb_map map;
        fb_map_init(&map);
        fb_alloc_fail_at(n);
        enum fb_code code = fb_map_put(&map, FB_STR("k"), NULL, &err);
        int64_t count = fb_alloc_count();
        fb_alloc_fail_at(-1);
        assert_int_equal(map.count, code == FB_OK);
        fb_map_release(&map);
        if (count <= n) {
            assert_int_equal(code, FB_OK);
            break;
        }
        assert_int_equal(code, FB_E_NOMEM);
    }
}

/* A write that fails at any call leaves the old content and no temporary file. */
static void test_io(void **state)
{
    (void)state;
    char folder[] = "/tmp/fb-test-XXXXXX";
    assert_non_null(mkdtemp(folder));
    char path[64], nested[64];
    snprintf(path, sizeof(path), "%s/file", folder);
    snprintf(nested, sizeof(nested), "%s/a/b", folder);
    FB_TEST_OK(fb_io_mkdir(nested, 0700, &err));
    FB_TEST_OK(fb_io_mkdir(nested, 0700, &err));
    FB_TEST_OK(fb_io_write(path, FB_STR("old"), 0600, &err));
    struct fb_buf buf;
    fb_buf_init(&buf, 100);
    for (int64_t n = 0;; n++) {
        fb_io_fail_at(n, ENOSPC);
        enum fb_code code = fb_io_write(path, FB_STR("new"), 0600, &err);
        int64_t count = fb_io_count();
        fb_io_fail_at(-1, 0);
        fb_buf_clear(&buf);
        FB_TEST_OK(fb_io_read(path, &buf, &err));
        if (count <= n) {
            assert_int_equal(code, FB_OK);
            assert_true(fb_str_is(fb_buf_str(&buf), "new"));
            break;
        }
        assert_int_equal(code, FB_E_FULL);
        assert_true(fb_str_is(fb_buf_str(&buf), "old") || fb_str_is(fb_buf_str(&buf), "new"));
    }
    struct fb_io_writer writer;
    FB_TEST_OK(fb_io_writer_open(&writer, path, 0600, &err));
    FB_TEST_OK(fb_io_writer_add(&writer, FB_STR("newer"), &err));
    FB_TEST_OK(fb_io_writer_sync(&writer, &err));
    fb_io_fail_at(0, EIO);
    FB_TEST_FAILS(fb_io_writer_sync(&writer, &err), FB_E_IO);
    fb_io_fail_at(-1, 0);
    fb_io_writer_drop(&writer);
    fb_buf_clear(&buf);
    FB_TEST_OK(fb_io_read(path, &buf, &err));
    assert_true(fb_str_is(fb_buf_str(&buf), "new"));
    /* The message is of the file that was asked for, not of the one that is written beside it. */
    char lost[100];
    snprintf(lost, sizeof(lost), "%s/none/f", folder);
    FB_TEST_FAILS(fb_io_writer_open(&writer, lost, 0600, &err), FB_E_NOT_FOUND);
    assert_non_null(strstr(err.message, "/none/f'"));
    FB_TEST_FAILS(fb_io_mkdir(path, 0700, &err), FB_E_IO);
    assert_true(fb_io_exists(path));
    (void)unlink(path);
    assert_false(fb_io_exists(path));
    FB_TEST_FAILS(fb_io_read(path, &buf, &err), FB_E_NOT_FOUND);
    fb_buf_release(&buf);
    snprintf(path, sizeof(path), "%s/a", folder);
    assert_int_equal(rmdir(nested) | rmdir(path) | rmdir(folder), 0);
}

/* Reading anywhere in a file, beyond its end, and with each call failing. */
static void test_io_read_at(void **state)
{
    (void)state;
    char path[] = "/tmp/fb-test-XXXXXX", bytes[8] = "";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, "0123456789", 10), 10);
    close(fd);
    struct fb_io_file file;
    size_t got = 99;
    FB_TEST_OK(fb_io_open(path, &file, &err));
    assert_int_equal(file.size, 10);
    FB_TEST_OK(fb_io_read_at(&file, 3, (struct fb_io_span){bytes, 4}, &got, &err));
    assert_int_equal(got, 4);
    assert_memory_equal(bytes, "3456", 4);
    FB_TEST_OK(fb_io_read_at(&file, 8, (struct fb_io_span){bytes, 4}, &got, &err));
    assert_int_equal(got, 2);
    FB_TEST_OK(fb_io_read_at(&file, 10, (struct fb_io_span){bytes, 4}, &got, &err));
    assert_int_equal(got, 0);
    got = 99;
    fb_io_fail_at(0, EIO);
    FB_TEST_FAILS(fb_io_read_at(&file, 0, (struct fb_io_span){bytes, 4}, &got, &err), FB_E_IO);
    fb_io_fail_at(-1, 0);
    assert_int_equal(got, 99);
    fb_io_close(&file);
    fb_io_close(&file);
    for (int64_t n = 0; n < 2; n++) {
        fb_io_fail_at(n, EIO);
        FB_TEST_FAILS(fb_io_open(path, &file, &err), FB_E_IO);
        fb_io_fail_at(-1, 0);
    }
    unlink(path);
    FB_TEST_FAILS(fb_io_open(path, &file, &err), FB_E_NOT_FOUND);
    FB_TEST_FAILS(fb_io_open("/", &file, &err), FB_E_IO);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_str), cmocka_unit_test(test_utf8),
        cmocka_unit_test(test_buf), cmocka_unit_test(test_arena),
        cmocka_unit_test(test_arena_texts), cmocka_unit_test(test_map),
        cmocka_unit_test(test_codec), cmocka_unit_test(test_time), cmocka_unit_test(test_err),
        cmocka_unit_test(test_alloc_faults), cmocka_unit_test(test_io_read_at),
        cmocka_unit_test(test_io)};
    return cmocka_run_group_tests_name("base", tests, NULL, NULL);
}

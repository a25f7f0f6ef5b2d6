/* Tests of src/record/entry.c. */
#include "base/alloc.h"
#include "fb_test.h"
#include "record/entry.h"

#define EXAMPLE                                                                                    \
    "flyball-entry v1\n"                                                                           \
    "admitted 2026-03-01T09:00:00.000000Z\n"                                                       \
    "statement 7\n"                                                                                \
    "{\"a\":1}\n"                                                                                  \
    "sshsig 5\n"                                                                                   \
    "first\n"                                                                                      \
    "sshsig 7\n"                                                                                   \
    "sec\nond\n"

static struct fb_entry example(void)
{
    struct fb_entry entry;
    memset(&entry, 0, sizeof(entry));
    entry.admitted = fb_days_from_civil(2026, 3, 1) * FB_DAY + 9 * FB_HOUR;
    entry.statement = FB_STR("{\"a\":1}");
    entry.signatures[0] = FB_STR("first");
    entry.signatures[1] = FB_STR("sec\nond");
    entry.signature_count = 2;
    return entry;
}

static void test_both_ways(void **state)
{
    (void)state;
    struct fb_err err;
    struct fb_buf buf;
    struct fb_entry in = example(), out;
    fb_err_init(&err);
    fb_buf_init(&buf, FB_ENTRY_MAX);
    FB_TEST_OK(fb_entry_encode(&in, &buf, &err));
    assert_string_equal(buf.ptr, EXAMPLE);
    FB_TEST_OK(fb_entry_decode(fb_buf_str(&buf), &out, &err));
    assert_int_equal(out.admitted, in.admitted);
    assert_true(fb_str_eq(out.statement, in.statement));
    assert_int_equal(out.signature_count, 2);
    assert_true(fb_str_eq(out.signatures[0], in.signatures[0]));
    assert_true(fb_str_eq(out.signatures[1], in.signatures[1]));
    fb_buf_release(&buf);
}

static void test_times(void **state)
{
    (void)state;
    struct fb_err err;
    struct fb_buf buf;
    fb_err_init(&err);
    fb_buf_init(&buf, FB_ENTRY_MAX);
    const fb_time first = fb_days_from_civil(1, 1, 1) * FB_DAY;
    const fb_time after = fb_days_from_civil(10000, 1, 1) * FB_DAY;
    const struct {
        fb_time time;
        const char *text;
    } good[] = {{first, "0001-01-01T00:00:00.000000Z"}, {after - 1, "9999-12-31T23:59:59.999999Z"},
        {-1, "1969-12-31T23:59:59.999999Z"}, {1234567, "1970-01-01T00:00:01.234567Z"}};
    struct fb_entry entry = example(), out;
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        fb_buf_clear(&buf);
        entry.admitted = good[i].time;
        FB_TEST_OK(fb_entry_encode(&entry, &buf, &err));
        assert_memory_equal(buf.ptr + sizeof("flyball-entry v1\nadmitted ") - 1, good[i].text, 27);
        FB_TEST_OK(fb_entry_decode(fb_buf_str(&buf), &out, &err));
        assert_int_equal(out.admitted, good[i].time);
    }
    const fb_time bad[] = {first - 1, after, FB_TIME_MIN, FB_TIME_MAX};
    fb_buf_clear(&buf);
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        entry.admitted = bad[i];
        FB_TEST_FAILS(fb_entry_encode(&entry, &buf, &err), FB_E_TIME);
        assert_int_equal(buf.len, 0);
    }
    fb_buf_release(&buf);
}

/* Every damaged form is refused and says where. */
static void test_refusals(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",
        "flyball-entry v1",
        "flyball-entry v2\nadmitted 2026-03-01T09:00:00.000000Z\nstatement 1\na\nsshsig 1\nb\n",
        "flyball-entry v1\nadmitted 2026-03-01T09:00:00Z\nstatement 1\na\nsshsig 1\nb\n",
        "flyball-entry v1\nadmitted 2026-03-01t09:00:00.000000Z\nstatement 1\na\nsshsig 1\nb\n",
        "flyball-entry v1\nadmitted 2026-13-01T09:00:00.000000Z\nstatement 1\na\nsshsig 1\nb\n",
        "flyball-entry v1\nadmitted 2026-03-01T09:00:00.000000Z statement 1\na\nsshsig 1\nb\n",
        "flyball-entry v1\nadmitted 2026-03-01T09:00:00.000000Z\nsshsig 1\nb\n",
        "flyball-entry v1\nadmitted 2026-03-01T09:00:00.000000Z\nstatement 0\n\nsshsig 1\nb\n",
        "flyball-entry v1\nadmitted 2026-03-01T09:00:00.000000Z\nstatement 01\na\nsshsig 1\nb\n",
        "flyball-entry v1\nadmitted 2026-03-01T09:00:00.000000Z\nstatement +1\na\nsshsig 1\nb\n",
        "flyball-entry v1\nadmitted 2026-03-01T09:00:00.000000Z\nstatement 2\na\nsshsig 1\nb\n",
        "flyball-entry v1\nadmitted 2026-03-01T09:00:00.000000Z\nstatement 99999\na\nsshsig 1\nb\n",
        "flyball-entry v1\nadmitted 2026-03-01T09:00:00.000000Z\nstatement 1\na\n",
        "flyball-entry v1\nadmitted 2026-03-01T09:00:00.000000Z\nstatement 1\na\nsshsig 1\nb",
        "flyball-entry v1\nadmitted 2026-03-01T09:00:00.000000Z\nstatement 1\na\nsshsig 2\nb\n",
        "flyball-entry v1\nadmitted 2026-03-01T09:00:00.000000Z\nstatement 1\na\nsshsig 1\nb\n\n",
        "flyball-entry v1\nadmitted 2026-03-01T09:00:00.000000Z\nstatement 1\na\nsshsig 1\r\nb\n",
        "flyball-entry v1\nadmitted 2026-03-01T09:00:00.000000Z\nstatement 1\na\nSshsig 1\nb\n",
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct fb_err err;
        fb_err_init(&err);
        struct fb_entry out = {.signature_count = 77};
        FB_TEST_FAILS(fb_entry_decode(fb_str_of(bad[i]), &out, &err), FB_E_CORRUPT);
        assert_int_equal(out.signature_count, 77);
        assert_true(err.hint[0] != 0);
        assert_in_range(err.offset, 0, strlen(bad[i]));
    }
}

/* No proper prefix of an entry is an entry, except where it ends after a signature. */
static void test_prefixes(void **state)
{
    (void)state;
    struct fb_entry out;
    for (size_t len = 0; len < sizeof(EXAMPLE) - 1; len++) {
        struct fb_err err;
        fb_err_init(&err);
        bool whole = len == (size_t)(strstr(EXAMPLE, "sshsig 7") - EXAMPLE);
        enum fb_code code = fb_entry_decode((struct fb_str){EXAMPLE, len}, &out, &err);
        assert_int_equal(code, whole ? FB_OK : FB_E_CORRUPT);
    }
}

static void test_limits(void **state)
{
    (void)state;
    struct fb_err err;
    struct fb_buf buf;
    fb_err_init(&err);
    fb_buf_init(&buf, 2 * FB_ENTRY_MAX);
    fb_buf_add_c(&buf, "kept");
    struct fb_entry entry = example(), out;
    for (size_t i = 0; i < FB_ENTRY_SIGNATURES_MAX; i++) {
        entry.signatures[i] = FB_STR("s");
    }
    entry.signature_count = FB_ENTRY_SIGNATURES_MAX;
    FB_TEST_OK(fb_entry_encode(&entry, &buf, &err));
    FB_TEST_OK(fb_entry_decode(fb_str_sub(fb_buf_str(&buf), 4, buf.len), &out, &err));
    fb_buf_add_c(&buf, "sshsig 1\ns\n");
    FB_TEST_FAILS(
        fb_entry_decode(fb_str_sub(fb_buf_str(&buf), 4, buf.len), &out, &err), FB_E_CORRUPT);
    fb_buf_cut(&buf, 4);
    entry.signature_count++;
    FB_TEST_FAILS(fb_entry_encode(&entry, &buf, &err), FB_E_LIMIT);
    entry.signature_count = 0;
    FB_TEST_FAILS(fb_entry_encode(&entry, &buf, &err), FB_E_SIGNATURE);
    entry = example();
    entry.signatures[1] = FB_STR("");
    FB_TEST_FAILS(fb_entry_encode(&entry, &buf, &err), FB_E_SIGNATURE);
    entry = example();
    entry.statement = FB_STR("");
    FB_TEST_FAILS(fb_entry_encode(&entry, &buf, &err), FB_E_SCHEMA);

    /* The longest entry, and one byte more. */
    char *text = calloc(1, FB_ENTRY_MAX);
    entry = example();
    entry.statement = (struct fb_str){text, FB_ENTRY_MAX - (sizeof(EXAMPLE) - 1) + 7 - 4};
    FB_TEST_OK(fb_entry_encode(&entry, &buf, &err));
    assert_int_equal(buf.len, 4 + FB_ENTRY_MAX);
    FB_TEST_OK(fb_entry_decode(fb_str_sub(fb_buf_str(&buf), 4, buf.len), &out, &err));
    fb_buf_cut(&buf, 4);
    entry.statement.len++;
    FB_TEST_FAILS(fb_entry_encode(&entry, &buf, &err), FB_E_LIMIT);
    entry.statement.len = FB_ENTRY_MAX;
    FB_TEST_FAILS(fb_entry_encode(&entry, &buf, &err), FB_E_LIMIT);
    assert_string_equal(buf.ptr, "kept");
    free(text);
    fb_buf_release(&buf);
}

static void test_memory(void **state)
{
    (void)state;
    struct fb_entry entry = example();
    enum fb_code code = FB_E_NOMEM;
    for (int64_t n = 0; code != FB_OK; n++) {
        struct fb_err err;
        struct fb_buf buf;
        fb_err_init(&err);
        fb_buf_init(&buf, FB_ENTRY_MAX);
        fb_alloc_fail_at(n);
        code = fb_entry_encode(&entry, &buf, &err);
        fb_alloc_fail_at(-1);
        if (code != FB_OK) {
            assert_int_equal(code, FB_E_NOMEM);
            assert_int_equal(buf.len, 0);
        }
        fb_buf_release(&buf);
        assert_true(n < 100);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_both_ways),
        cmocka_unit_test(test_times), cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_prefixes), cmocka_unit_test(test_limits),
        cmocka_unit_test(test_memory)};
    return cmocka_run_group_tests_name("entry", tests, NULL, NULL);
}

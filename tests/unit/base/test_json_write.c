/* Tests of src/base/json_write.c and json_number.c: numbers, the canonical form, the writer. */
#include <math.h>

#include "base/alloc.h"
#include "base/io.h"
#include "base/json.h"
#include "fb_draw.h"
#include "fb_test.h"

static struct fb_err err;

enum { ARENA_MAX = 16 * 1024 * 1024 };

static double of_bits(uint64_t bits)
{
    double x;
    memcpy(&x, &bits, sizeof(x));
    return x;
}

static const char *number_text(double x, struct fb_buf *out)
{
    fb_buf_clear(out);
    fb_json_write_number(out, x);
    FB_TEST_OK(fb_buf_check(out, "number", &err));
    return out->ptr;
}

static void test_number_samples(void **state)
{
    (void)state;
    /* RFC 8785, appendix B. */
    static const struct {
        uint64_t bits;
        const char *text;
    } cases[] = {{0x0000000000000000, "0"}, {0x8000000000000000, "0"},
        {0x0000000000000001, "5e-324"}, {0x8000000000000001, "-5e-324"},
        {0x7fefffffffffffff, "1.7976931348623157e+308"},
        {0xffefffffffffffff, "-1.7976931348623157e+308"}, {0x4340000000000000, "9007199254740992"},
        {0xc340000000000000, "-9007199254740992"}, {0x4430000000000000, "295147905179352830000"},
        {0x44b52d02c7e14af5, "9.999999999999997e+22"}, {0x44b52d02c7e14af6, "1e+23"},
        {0x44b52d02c7e14af7, "1.0000000000000001e+23"},
        {0x444b1ae4d6e2ef4e, "999999999999999700000"},
        {0x444b1ae4d6e2ef4f, "999999999999999900000"}, {0x444b1ae4d6e2ef50, "1e+21"},
        {0x3eb0c6f7a0b5ed8c, "9.999999999999997e-7"}, {0x3eb0c6f7a0b5ed8d, "0.000001"},
        {0x41b3de4355555553, "333333333.3333332"}, {0x41b3de4355555554, "333333333.33333325"},
        {0x41b3de4355555555, "333333333.3333333"}, {0x41b3de4355555556, "333333333.3333334"},
        {0x41b3de4355555557, "333333333.33333343"},
        {0xbecbf647612f3696, "-0.0000033333333333333333"},
        {0x43143ff3c1cb0959, "1424953923781206.2"},
        /* A power of two whose nearest decimal of 16 digits lies on the narrow side. */
        {0x0060000000000000, "7.120236347223045e-307"}};
    struct fb_buf out;
    fb_buf_init(&out, 100);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_string_equal(number_text(of_bits(cases[i].bits), &out), cases[i].text);
    }
    fb_buf_release(&out);
}

/* The digits of a number as ECMAScript writes it, without zeros at either end. */
static size_t count_digits(const char *text)
{
    size_t count = 0, zeros = 0;
    for (; *text && *text != 'e'; text++) {
        if (*text >= '1' && *text <= '9') {
            count += zeros + 1;
            zeros = 0;
        } else if (*text == '0' && count > 0) {
            zeros++;
        }
    }
    return count;
}

static void check_number(double x, struct fb_buf *out)
{
    const char *text = number_text(x, out);
    assert_true(strtod(text, NULL) == x);
    /* One digit less does not do. */
    size_t count = count_digits(text);
    assert_true(count <= 17);
    if (count > 1) {
        char shorter[40];
        snprintf(shorter, sizeof(shorter), "%.*e", (int)count - 2, x);
        assert_true(strtod(shorter, NULL) != x);
    }
    /* The reader agrees with strtod. */
    struct fb_arena arena;
    fb_arena_init(&arena, 1000);
    struct fb_json *value = NULL;
    FB_TEST_OK(fb_json_parse(fb_buf_str(out), NULL, NULL, &arena, &value, &err));
    assert_true(value->number == x && signbit(value->number) == (x != 0 && signbit(x)));
    fb_arena_release(&arena);
}

static void test_number_round_trip(void **state)
{
    (void)state;
    struct fb_buf out;
    fb_buf_init(&out, 100);
    for (uint64_t i = 0; i < 20000; i++) {
        double x = of_bits(fb_draw_at(i));
        if (isfinite(x)) {
            check_number(x, &out);
        }
        check_number((double)(fb_draw_at(i + 100000) >> 11) * 0x1p-53, &out);
        check_number((double)(int64_t)fb_draw_at(i + 200000) / 1000, &out);
    }
    for (int exponent = -1074; exponent < 1024; exponent++) {
        double x = ldexp(1, exponent);
        check_number(x, &out);
        check_number(nextafter(x, 0), &out);
        check_number(nextafter(x, 1e308), &out);
    }
    fb_buf_release(&out);
}

/* Numbers that are read without strtod are read as strtod reads them. */
static void test_number_reading(void **state)
{
    (void)state;
    char text[64];
    for (uint64_t i = 0; i < 50000; i++) {
        uint64_t r = fb_draw_at(i);
        unsigned long long whole = fb_draw_at(i + 100000) >> (r % 64);
        int fraction = (int)(r >> 8 & 15);
        int exponent = (int)(r >> 16 & 63) - 32;
        snprintf(text, sizeof(text), "%s%llu.%0*llue%d", r & 1 ? "-" : "", whole, fraction + 1,
            (unsigned long long)(r >> 32) % 10, exponent);
        struct fb_json_reader *reader = NULL;
        struct fb_json_token token;
        FB_TEST_OK(fb_json_reader_new(fb_str_of(text), NULL, NULL, &reader, &err));
        FB_TEST_OK(fb_json_next(reader, &token, &err));
        assert_true(token.number == strtod(text, NULL));
        fb_json_reader_free(reader);
    }
}

static enum fb_code canonical_of(
    struct fb_str text, const struct fb_json_options *options, struct fb_buf *out)
{
    struct fb_arena arena;
    fb_arena_init(&arena, ARENA_MAX);
    struct fb_json *root = NULL;
    enum fb_code code = fb_json_parse(text, NULL, options, &arena, &root, &err);
    if (code == FB_OK) {
        code = fb_json_canonical(root, out, &err);
    }
    fb_arena_release(&arena);
    return code;
}

/* The test data that the RFC's author publishes:
 * https://github.com/cyberphone/json-canonicalization */
static void test_canonical_vectors(void **state)
{
    (void)state;
    static const char *const names[] = {
        "arrays", "french", "structures", "unicode", "values", "weird"};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        char name[128], in_path[512], out_path[512];
        snprintf(name, sizeof(name), "data/ledger/jcs-apache2/testdata/input/%s.json", names[i]);
        if (!fb_test_shared(name, in_path, sizeof(in_path))) {
            skip();
        }
        snprintf(name, sizeof(name), "data/ledger/jcs-apache2/testdata/output/%s.json", names[i]);
        assert_non_null(fb_test_shared(name, out_path, sizeof(out_path)));
        struct fb_buf in, want, got;
        fb_buf_init(&in, ARENA_MAX);
        fb_buf_init(&want, ARENA_MAX);
        fb_buf_init(&got, ARENA_MAX);
        FB_TEST_OK(fb_io_read(in_path, &in, &err));
        FB_TEST_OK(fb_io_read(out_path, &want, &err));
        FB_TEST_OK(canonical_of(fb_buf_str(&in), NULL, &got));
        assert_string_equal(got.ptr, want.ptr);
        assert_int_equal(got.len, want.len);
        fb_buf_release(&in);
        fb_buf_release(&want);
        fb_buf_release(&got);
    }
}

static void test_canonical_order(void **state)
{
    (void)state;
    struct fb_buf out;
    fb_buf_init(&out, 10000);
    /* RFC 8785, 3.2.3: sorted by UTF-16 code units, so U+1F600 comes before U+FB33. */
    FB_TEST_OK(canonical_of(
        FB_STR("{\"\\u20ac\":\"Euro Sign\",\"\\r\":\"Carriage Return\",\"\\ufb33\":\"Hebrew Letter "
               "Dalet With Dagesh\",\"1\":\"One\",\"\\ud83d\\ude00\":\"Emoji: Grinning "
               "Face\",\"\\u0080\":\"Control\",\"\\u00f6\":\"Latin Small Letter O With "
               "Diaeresis\"}"),
        NULL, &out));
    assert_string_equal(out.ptr,
        "{\"\\r\":\"Carriage Return\",\"1\":\"One\",\"\xC2\x80\":\"Control\",\"\xC3\xB6\":\"Latin "
        "Small Letter O With Diaeresis\",\"\xE2\x82\xAC\":\"Euro "
        "Sign\",\"\xF0\x9F\x98\x80\":\"Emoji: Grinning Face\",\"\xEF\xAC\xB3\":\"Hebrew Letter "
        "Dalet With Dagesh\"}");
    fb_buf_clear(&out);
    FB_TEST_OK(canonical_of(
        FB_STR(
            "{\"\xF0\x90\x80\x81\":1,\"\xF0\x90\x80\x80\":2,\"\xED\x9F\xBF\":3,\"\xEE\x80\x80\":4,"
            "\"\xEF\xBF\xBF\":5,\"\xEE\x80\x80x\":6,\"\":7}"),
        NULL, &out));
    assert_string_equal(out.ptr, "{\"\":7,\"\xED\x9F\xBF\":3,\"\xF0\x90\x80\x80\":2,"
                                 "\"\xF0\x90\x80\x81\":1,\"\xEE\x80\x80\":4,"
                                 "\"\xEE\x80\x80x\":6,\"\xEF\xBF\xBF\":5}");
    fb_buf_release(&out);
}

static void test_canonical_refuses(void **state)
{
    (void)state;
    const struct fb_json_options options = {.allow_nonfinite = true};
    struct fb_buf out;
    fb_buf_init(&out, 20);
    FB_TEST_FAILS(canonical_of(FB_STR("{\"a\":[1,NaN]}"), &options, &out), FB_E_RANGE);
    assert_string_equal(err.path, "$.a[1]");
    fb_buf_clear(&out);
    FB_TEST_FAILS(canonical_of(FB_STR("-Infinity"), &options, &out), FB_E_RANGE);
    fb_buf_clear(&out);
    FB_TEST_FAILS(canonical_of(FB_STR("\"more than twenty bytes\""), NULL, &out), FB_E_LIMIT);
    fb_buf_release(&out);
}

static void test_strings(void **state)
{
    (void)state;
    struct fb_buf out;
    fb_buf_init(&out, 1000);
    fb_json_write_string(&out, FB_STR("\"\\/\b\f\n\r\t\v\x1f\x7f' <&>\xE2\x80\xA8"));
    assert_string_equal(out.ptr, "\"\\\"\\\\/\\b\\f\\n\\r\\t\\u000b\\u001f\x7f' <&>\xE2\x80\xA8\"");
    fb_buf_clear(&out);
    fb_json_write_string(&out, (struct fb_str){"a\0b", 3});
    fb_json_write_string(&out, (struct fb_str){NULL, 0});
    assert_string_equal(out.ptr, "\"a\\u0000b\"\"\"");
    fb_buf_release(&out);
}

static void write_sample(struct fb_json_writer *w)
{
    fb_json_open_object(w);
    fb_json_key_c(w, "a", "x\"y");
    fb_json_key_int(w, "b", INT64_MIN);
    fb_json_key_bool(w, "c", true);
    fb_json_key_double(w, "d", 0.1);
    fb_json_key_str(w, "e", FB_STR(""));
    fb_json_key(w, "f");
    fb_json_open_array(w);
    fb_json_int(w, 9007199254740993);
    fb_json_null(w);
    fb_json_open_array(w);
    fb_json_close_array(w);
    fb_json_open_object(w);
    fb_json_close_object(w);
    fb_json_raw(w, FB_STR("[1, 2]"));
    fb_json_bool(w, false);
    fb_json_double(w, 1e300);
    fb_json_close_array(w);
    fb_json_key(w, "g");
    fb_json_open_object(w);
    fb_json_key(w, "h");
    fb_json_null(w);
    fb_json_close_object(w);
    fb_json_close_object(w);
}

static void test_writer(void **state)
{
    (void)state;
    struct fb_buf out;
    struct fb_json_writer w;
    fb_buf_init(&out, 1000);
    fb_json_writer_init(&w, &out, 0);
    write_sample(&w);
    assert_string_equal(out.ptr,
        "{\"a\":\"x\\\"y\",\"b\":-9223372036854775808,\"c\":true,\"d\":0.1,\"e\":\"\",\"f\":["
        "9007199254740993,null,[],{},[1, 2],false,1e+300],\"g\":{\"h\":null}}");
    fb_buf_clear(&out);
    fb_json_writer_init(&w, &out, 2);
    write_sample(&w);
    assert_string_equal(out.ptr,
        "{\n  \"a\": \"x\\\"y\",\n  \"b\": -9223372036854775808,\n  \"c\": true,\n  \"d\": 0.1,\n"
        "  \"e\": \"\",\n  \"f\": [\n    9007199254740993,\n    null,\n    [],\n    {},\n"
        "    [1, 2],\n    false,\n    1e+300\n  ],\n  \"g\": {\n    \"h\": null\n  }\n}");
    fb_buf_clear(&out);
    fb_json_writer_init(&w, &out, 0);
    fb_json_c(&w, "alone");
    assert_string_equal(out.ptr, "\"alone\"");
    fb_buf_release(&out);
}

/* Writing into memory that runs out does no harm; the buffer says so at the end. */
static void test_writer_faults(void **state)
{
    (void)state;
    enum fb_code code = FB_E_NOMEM;
    int tries = 0;
    for (; code != FB_OK; tries++) {
        assert_true(tries < 100);
        struct fb_buf out;
        struct fb_json_writer w;
        fb_buf_init(&out, 1000);
        fb_json_writer_init(&w, &out, 2);
        fb_alloc_fail_at(tries);
        write_sample(&w);
        fb_alloc_fail_at(-1);
        code = fb_buf_check(&out, "sample", &err);
        assert_true(code == FB_OK || code == FB_E_NOMEM);
        fb_buf_release(&out);
    }
    assert_true(tries > 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_number_samples),
        cmocka_unit_test(test_number_round_trip),
        cmocka_unit_test(test_number_reading),
        cmocka_unit_test(test_canonical_vectors),
        cmocka_unit_test(test_canonical_order),
        cmocka_unit_test(test_canonical_refuses),
        cmocka_unit_test(test_strings),
        cmocka_unit_test(test_writer),
        cmocka_unit_test(test_writer_faults),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

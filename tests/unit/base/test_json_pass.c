/* Tests of src/base/json_pass.c: what is passed over, where it ends, and what it refuses. */
#include "base/buf.h"
#include "base/json_private.h"
#include "fb_test.h"

static struct fb_err err;

/* A generator of numbers, always the same ones. */
static uint32_t next_random(uint32_t *state)
{
    *state = *state * 1664525u + 1013904223u;
    return *state >> 8;
}

/* Both classifiers against the definition, on bytes of every kind. */
static void test_classify(void **state)
{
    (void)state;
    uint32_t seed = 7;
    static const char often[] = "\"\\{}[]\n\x1f\x20\x7b\x80\xff\x5e";
    for (int round = 0; round < 4000; round++) {
        char block[FB_JSON_BLOCK];
        struct fb_json_masks want = {0}, got = {0};
        for (unsigned i = 0; i < FB_JSON_BLOCK; i++) {
            uint32_t n = next_random(&seed);
            block[i] = n % 2 ? often[n / 2 % (sizeof(often) - 1)] : (char)(n / 2);
            unsigned char c = (unsigned char)block[i];
            want.quote |= (uint64_t)(c == '"') << i;
            want.backslash |= (uint64_t)(c == '\\') << i;
            want.open |= (uint64_t)(c == '{' || c == '[') << i;
            want.close |= (uint64_t)(c == '}' || c == ']') << i;
            want.newline |= (uint64_t)(c == '\n') << i;
            want.control |= (uint64_t)(c < 0x20) << i;
        }
        fb_json_classify(block, &got);
        assert_memory_equal(&got, &want, sizeof(want));
#if defined(__x86_64__)
        if (__builtin_cpu_supports("avx2")) {
            fb_json_classify_avx2(block, &got);
            assert_memory_equal(&got, &want, sizeof(want));
        }
#endif
    }
}

/* Gives a text in pieces. */
struct pieces {
    struct fb_str rest;
    size_t size;
};

static enum fb_code give(void *ctx, char *out, size_t size, size_t *got, struct fb_err *e)
{
    (void)e;
    struct pieces *pieces = ctx;
    struct fb_str piece = fb_str_sub(pieces->rest, 0, pieces->size < size ? pieces->size : size);
    if (piece.len) {
        memcpy(out, piece.ptr, piece.len);
        pieces->rest.ptr += piece.len;
        pieces->rest.len -= piece.len;
    }
    *got = piece.len;
    return FB_OK;
}

/* Appends a value: nested, with strings that look like structure. */
static void add_value(struct fb_buf *out, uint32_t *seed, int depth)
{
    static const char *const strings[] = {"\"\"", "\"a\\\"b\"", "\"\\\\\"", "\"]}{[,:\"",
        "\"\\\\\\\"\"", "\"\\u00e9\xc3\xa9\"", "1", "-2.5e3", "null", "true",
        "\"a long string without anything in it, longer than a block of sixty-four bytes\""};
    uint32_t n = next_random(seed);
    if (depth == 0 || n % 3 == 0) {
        fb_buf_add_c(out, strings[n / 3 % (sizeof(strings) / sizeof(strings[0]))]);
        return;
    }
    bool is_array = n % 3 == 1;
    fb_buf_add_char(out, is_array ? '[' : '{');
    for (uint32_t i = 0; i < n / 3 % 5; i++) {
        fb_buf_add_c(out, i ? ",\n  " : "\n");
        if (!is_array) {
            fb_buf_addf(out, "\"k\\\"%u\": ", (unsigned)i);
        }
        add_value(out, seed, depth - 1);
    }
    fb_buf_add_char(out, is_array ? ']' : '}');
}

/* Passing over a value leads to the place to which skipping it leads, in whatever pieces. */
static void test_as_skip(void **state)
{
    (void)state;
    uint32_t seed = 3;
    struct fb_buf text;
    fb_buf_init(&text, 1 << 20);
    for (int round = 0; round < 600; round++) {
        fb_buf_clear(&text);
        fb_buf_add_char(&text, '[');
        add_value(&text, &seed, 6);
        fb_buf_add_c(&text, ",\n  7]");
        struct fb_json_token token, after[2];
        for (int way = 0; way < 2; way++) {
            struct pieces pieces = {fb_buf_str(&text), (size_t)(round % 70) + 1};
            struct fb_json_reader *reader = NULL;
            FB_TEST_OK(fb_json_reader_new_stream(give, &pieces, "t", NULL, &reader, &err));
            FB_TEST_OK(fb_json_next(reader, &token, &err));
            FB_TEST_OK(fb_json_next(reader, &token, &err));
            FB_TEST_OK(
                way ? fb_json_pass(reader, &token, &err) : fb_json_skip(reader, &token, &err));
            FB_TEST_OK(fb_json_next(reader, &after[way], &err));
            assert_int_equal(after[way].integer, 7);
            FB_TEST_OK(fb_json_next(reader, &token, &err));
            assert_int_equal(token.kind, FB_JSON_ARRAY_END);
            fb_json_reader_free(reader);
        }
        assert_int_equal(after[0].place.offset, after[1].place.offset);
        assert_int_equal(after[0].place.line, after[1].place.line);
        assert_int_equal(after[0].place.column, after[1].place.column);
    }
    fb_buf_release(&text);
}

/* The rest of an object after its first member. */
static void test_rest(void **state)
{
    (void)state;
    struct fb_json_reader *reader = NULL;
    struct fb_json_token token;
    FB_TEST_OK(fb_json_reader_new(
        FB_STR("[{\"a\":1,\"b\":[{}],\"c\":\"}\"}, 2]"), "t", NULL, &reader, &err));
    for (int i = 0; i < 4; i++) {
        FB_TEST_OK(fb_json_next(reader, &token, &err));
    }
    assert_int_equal(token.integer, 1);
    FB_TEST_OK(fb_json_pass_rest(reader, &err));
    FB_TEST_OK(fb_json_next(reader, &token, &err));
    assert_int_equal(token.integer, 2);
    fb_json_reader_free(reader);
}

static void test_refused(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        enum fb_code code;
        int64_t offset;
    } cases[] = {{"[[1,2", FB_E_SYNTAX, 5}, {"[[1,2}]", FB_E_SYNTAX, 5},
        {"[{\"a\":[}]", FB_E_SYNTAX, 7}, {"[[\"a]]", FB_E_SYNTAX, 6},
        {"[[\"a\nb\"]]", FB_E_SYNTAX, 4}, {"[[\\\"]]", FB_E_SYNTAX, 2},
        {"[[[[[[1]]]]]]", FB_E_LIMIT, 4}, {"[[\"\\\\\\\"]]", FB_E_SYNTAX, 9}};
    const struct fb_json_options options = {.depth_max = 4};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct fb_json_reader *reader = NULL;
        struct fb_json_token token;
        fb_err_init(&err);
        FB_TEST_OK(fb_json_reader_new(fb_str_of(cases[i].text), "t", &options, &reader, &err));
        FB_TEST_OK(fb_json_next(reader, &token, &err));
        FB_TEST_OK(fb_json_next(reader, &token, &err));
        FB_TEST_FAILS(fb_json_pass(reader, &token, &err), cases[i].code);
        assert_int_equal(err.offset, cases[i].offset);
        assert_string_equal(err.file, "t");
        fb_json_reader_free(reader);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_classify),
        cmocka_unit_test(test_as_skip), cmocka_unit_test(test_rest),
        cmocka_unit_test(test_refused)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

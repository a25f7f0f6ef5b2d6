/* Tests of src/base/json_reader.c and json_tree.c: places, paths, errors, skipping, limits. */
#include <math.h>

#include "base/alloc.h"
#include "base/json.h"
#include "fb_test.h"

static struct fb_err err;

enum { ARENA_MAX = 64 * 1024 * 1024 };

static struct fb_json_reader *open_text(struct fb_str text, const struct fb_json_options *options)
{
    struct fb_json_reader *reader = NULL;
    FB_TEST_OK(fb_json_reader_new(text, "doc.json", options, &reader, &err));
    return reader;
}

static struct fb_json_token next(struct fb_json_reader *reader)
{
    struct fb_json_token token = {.kind = FB_JSON_END};
    FB_TEST_OK(fb_json_next(reader, &token, &err));
    return token;
}

static void assert_path(const struct fb_json_reader *reader, const char *want)
{
    struct fb_buf path;
    fb_buf_init(&path, 4096);
    fb_json_path(reader, &path);
    assert_string_equal(path.ptr, want);
    fb_buf_release(&path);
}

static void test_places(void **state)
{
    (void)state;
    static const struct {
        enum fb_json_kind kind;
        uint64_t offset;
        uint32_t line, column;
        const char *path;
    } want[] = {
        {FB_JSON_OBJECT, 1, 2, 1, "$"},
        {FB_JSON_KEY, 6, 3, 3, "$.a"},
        {FB_JSON_ARRAY, 11, 3, 8, "$.a"},
        {FB_JSON_NUMBER, 12, 3, 9, "$.a[0]"},
        {FB_JSON_OBJECT, 16, 4, 2, "$.a[1]"},
        {FB_JSON_KEY, 17, 4, 3, "$.a[1][\"x y\"]"},
        {FB_JSON_TRUE, 23, 4, 9, "$.a[1][\"x y\"]"},
        {FB_JSON_OBJECT_END, 27, 4, 13, "$.a[1]"},
        {FB_JSON_ARRAY, 29, 4, 15, "$.a[2]"},
        {FB_JSON_ARRAY_END, 30, 4, 16, "$.a[2]"},
        {FB_JSON_ARRAY_END, 31, 4, 17, "$.a"},
        {FB_JSON_KEY, 35, 5, 1, "$[\"\"]"},
        {FB_JSON_NULL, 38, 5, 4, "$[\"\"]"},
        {FB_JSON_OBJECT_END, 42, 5, 8, "$"},
        {FB_JSON_END, 44, 6, 1, "$"},
    };
    struct fb_json_reader *reader =
        open_text(FB_STR("\n{\r\n  \"a\": [1,\n {\"x y\":true},[]],\r\n\"\":null}\n"), NULL);
    for (size_t i = 0; i < sizeof(want) / sizeof(want[0]); i++) {
        struct fb_json_token token = next(reader);
        assert_int_equal(token.kind, want[i].kind);
        assert_int_equal(token.place.offset, want[i].offset);
        assert_int_equal(token.place.line, want[i].line);
        assert_int_equal(token.place.column, want[i].column);
        assert_path(reader, want[i].path);
    }
    fb_json_reader_free(reader);
    fb_json_reader_free(NULL);
}

static void test_numbers(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        double number;
        bool is_integer;
        int64_t integer;
    } cases[] = {{"0", 0, true, 0}, {"-0", 0, true, 0}, {"-1", -1, true, -1},
        {"9223372036854775807", 0x1p63, true, INT64_MAX}, {"9223372036854775808", 0x1p63, false, 0},
        {"-9223372036854775808", -0x1p63, true, INT64_MIN},
        {"-9223372036854775809", -0x1p63, false, 0}, {"18446744073709551616", 0x1p64, false, 0},
        {"99999999999999999999", 1e20, false, 0},
        {"9007199254740993", 0x1p53, true, 9007199254740993}, {"1.0", 1, false, 0},
        {"1e0", 1, false, 0}, {"0.1", 0.1, false, 0}, {"-2.5e-3", -2.5e-3, false, 0},
        {"1e22", 1e22, false, 0}, {"1e23", 1e23, false, 0}, {"8.5e-22", 8.5e-22, false, 0},
        {"9007199254740992e22", 9007199254740992e22, false, 0},
        {"0.000000000000000000000000000001", 1e-30, false, 0},
        {"1e-99999999999999999999", 0, false, 0}, {"2.2250738585072012e-308", 0x1p-1022, false, 0},
        {"9007199254740992.99999999999999999999999999", 0x1p53 + 0, false, 0},
        {"9007199254740993.00000000000000000000000001", 0x1p53 + 2, false, 0}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct fb_json_reader *reader = open_text(fb_str_of(cases[i].text), NULL);
        struct fb_json_token token = next(reader);
        assert_int_equal(token.kind, FB_JSON_NUMBER);
        assert_true(fb_str_is(token.text, cases[i].text));
        assert_true(token.number == cases[i].number);
        assert_int_equal(token.is_integer, cases[i].is_integer);
        assert_int_equal(token.integer, cases[i].integer);
        assert_int_equal(next(reader).kind, FB_JSON_END);
        fb_json_reader_free(reader);
    }
}

static void test_nonfinite(void **state)
{
    (void)state;
    const struct fb_json_options options = {.allow_nonfinite = true};
    struct fb_json_reader *reader =
        open_text(FB_STR("[NaN,Infinity,-Infinity,1e999,-1e999,-1]"), &options);
    assert_int_equal(next(reader).kind, FB_JSON_ARRAY);
    struct fb_json_token token = next(reader);
    assert_true(token.kind == FB_JSON_NUMBER && isnan(token.number) && !token.is_integer);
    assert_true(fb_str_is(token.text, "NaN"));
    assert_true(next(reader).number == (double)INFINITY);
    token = next(reader);
    assert_true(token.number == -(double)INFINITY && fb_str_is(token.text, "-Infinity"));
    assert_true(next(reader).number == (double)INFINITY);
    assert_true(next(reader).number == -(double)INFINITY);
    assert_true(next(reader).integer == -1);
    fb_json_reader_free(reader);
    static const char *const bad[] = {"nan", "inf", "+Infinity", "-NaN", "Infinityy", "- Infinity"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        reader = open_text(fb_str_of(bad[i]), &options);
        FB_TEST_FAILS(fb_json_next(reader, &token, &err), FB_E_SYNTAX);
        fb_json_reader_free(reader);
    }
}

/* Parses and gives the error as people read it. */
static const char *error_of(const char *text, char *out, size_t size)
{
    struct fb_arena arena;
    fb_arena_init(&arena, ARENA_MAX);
    struct fb_json *root = NULL;
    fb_err_init(&err);
    enum fb_code code = fb_json_parse(fb_str_of(text), "d", NULL, &arena, &root, &err);
    assert_int_not_equal(code, FB_OK);
    assert_null(root);
    fb_err_format(&err, out, size);
    fb_arena_release(&arena);
    return out;
}

static void test_messages(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"", "d:1:1: expected a value, found the end of the input\n  at $"},
        {"{\"samples\":[{\"score\":1},{\"score\":NaN}]}",
            "d:1:34: expected a value, found 'NaN'\n  at $.samples[1].score\n"
            "  hint: JSON has no way to write infinity or what is not a number."},
        {"[True]", "d:1:2: expected a value, found 'True'\n  at $[0]\n"
                   "  hint: JSON writes true, false and null in lower case."},
        {"{\"a\":yes}", "d:1:6: expected a value, found 'yes'\n  at $.a\n"
                        "  hint: JSON writes text in double quotes."},
        {"[1,\n]", "d:2:1: expected a value, found ']'\n  at $[1]\n"
                   "  hint: Remove the comma before it."},
        {"{\"a\":1,}", "d:1:8: expected a key in double quotes, found '}'\n  at $\n"
                       "  hint: Remove the comma before it."},
        {"{\"a\":1", "d:1:7: expected ',' or '}', found the end of the input\n  at $.a\n"
                     "  hint: The input may have been cut off."},
        {"['a']", "d:1:2: expected a value or ']', found '''\n  at $[0]\n"
                  "  hint: JSON writes strings in double quotes."},
        {"[1, // one\n2]",
            "d:1:5: expected a value, found '/'\n  at $[1]\n  hint: JSON has no comments."},
        {"{\"\" 1}", "d:1:5: expected ':' after the key, found '1'\n  at $[\"\"]"},
        {"{\"a\" 1}", "d:1:6: expected ':' after the key, found '1'\n  at $.a"},
        {"{} {}", "d:1:4: expected the end of the input after the value, found '{'\n  at $"},
        {"[012]", "d:1:3: expected '.', 'e' or the end of the number after a leading 0, found '1'"
                  "\n  at $[0]"},
        {"[+1]", "d:1:2: expected a value or ']', found '+'\n  at $[0]\n"
                 "  hint: A JSON number starts with a digit or with '-' and a digit."},
        {"1.e", "d:1:3: expected a digit after '.', found 'e'\n  at $"},
        {"\xEF\xBB\xBF{}", "d:1:1: expected a value, found byte 0xef\n  at $\n"
                           "  hint: Save the file without a byte order mark."},
        {"[\"a\tb\"]",
            "d:1:4: expected no control character in a string, found byte 0x09\n  at $[0]\n"
            "  hint: Write it as '\\u0009', or close the string before it."},
        {"\"a\\qb\"", "d:1:4: expected one of \" \\ / b f n r t u after '\\', found 'q'\n  at $\n"
                      "  hint: A backslash itself is written '\\\\'."},
        {"\"\\uDC00\"",
            "d:1:2: expected a pair of surrogates, found the lone surrogate '\\udc00'\n  at $\n"
            "  hint: A character beyond U+FFFF is written as a high and a low surrogate."},
        {"{\"k\":\"caf\xE9\"}",
            "d:1:10: expected valid UTF-8 in a string, found byte 0xe9\n  at $.k\n"
            "  hint: Save the file as UTF-8."},
        {"[-1e999]", "d:1:2: expected a number of at most 1.8e308, found '-1e999'\n  at $[0]"},
        {"[{\"a\":1,\n\"b\":{\"x y\":1,\n  \"x\\u0020y\":2}}]",
            "d:3:14: duplicate key 'x y' in an object\n  at $[0].b[\"x y\"]\n"
            "  hint: The key is first written on line 2, column 12."},
    };
    char text[2048];
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_string_equal(error_of(cases[i][0], text, sizeof(text)), cases[i][1]);
    }
}

static void test_duplicates(void **state)
{
    (void)state;
    char text[2048];
    static const char *const bad[] = {"{\"a\":1,\"a\":1}", "{\"a\":1,\"\\u0061\":1}",
        "{\"\":1,\"\":2}", "[{\"a\":{\"b\":1,\"c\":2,\"b\":3}}]"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        error_of(bad[i], text, sizeof(text));
        assert_int_equal(err.code, FB_E_SYNTAX);
    }
    assert_string_equal(err.path, "$[0].a.b");
    /* A hundred thousand members: a wide object is no quadratic work; its last key stands twice. */
    struct fb_buf wide;
    fb_buf_init(&wide, ARENA_MAX);
    fb_buf_add_char(&wide, '{');
    for (int i = 0; i < 100000; i++) {
        fb_buf_addf(&wide, "\"k%d\":%d,\n", i, i);
    }
    fb_buf_add_c(&wide, "\"k99999\":0}");
    error_of(wide.ptr, text, sizeof(text));
    assert_int_equal(err.line, 100001);
    assert_string_equal(err.path, "$.k99999");
    fb_buf_cut(&wide, wide.len - 5);
    fb_buf_add_c(&wide, "X\":0}");
    struct fb_arena arena;
    fb_arena_init(&arena, ARENA_MAX);
    struct fb_json *root = NULL;
    FB_TEST_OK(fb_json_parse(fb_buf_str(&wide), "d", NULL, &arena, &root, &err));
    assert_int_equal(root->count, 100001);
    assert_int_equal(fb_json_get(root, "k777")->integer, 777);
    fb_arena_release(&arena);
    fb_buf_release(&wide);
}

static void test_tree(void **state)
{
    (void)state;
    struct fb_arena arena;
    fb_arena_init(&arena, ARENA_MAX);
    struct fb_json *root = NULL;
    FB_TEST_OK(
        fb_json_parse(FB_STR("{\"s\":\"a\\u0000b\",\"l\":[1,[2,{\"deep key\":null}]],\"e\":{}}"),
            "d", NULL, &arena, &root, &err));
    assert_true(root->kind == FB_JSON_OBJECT && root->count == 3 && !root->parent && !root->next);
    struct fb_str s = fb_json_get_str(root, "s");
    assert_true(s.len == 3 && memcmp(s.ptr, "a\0b", 4) == 0);
    assert_true(fb_json_get_str(root, "l").len == 0 && fb_json_get_str(root, "none").ptr == NULL);
    assert_null(fb_json_get(root, "none"));
    assert_null(fb_json_get(NULL, "s"));
    assert_null(fb_json_get(root->child, "s"));
    const struct fb_json *list = fb_json_get(root, "l");
    assert_true(list->count == 2 && list->child->integer == 1 && list->parent == root);
    const struct fb_json *deep = list->child->next->child->next->child;
    assert_true(deep->kind == FB_JSON_NULL && fb_str_is(deep->key, "deep key"));
    struct fb_buf path;
    fb_buf_init(&path, 1000);
    fb_json_value_path(deep, &path);
    assert_string_equal(path.ptr, "$.l[1][1][\"deep key\"]");
    fb_buf_clear(&path);
    fb_json_value_path(root, &path);
    assert_string_equal(path.ptr, "$");
    fb_buf_release(&path);
    (void)fb_err_set(&err, FB_E_SCHEMA, "expected text");
    assert_int_equal(fb_json_err_at(&err, deep), FB_E_SCHEMA);
    assert_string_equal(err.path, "$.l[1][1][\"deep key\"]");
    assert_true(err.line == 1 && err.offset == (int64_t)deep->place.offset);
    assert_int_equal(err.offset, 38);
    fb_arena_release(&arena);
}

/* A long document read sample by sample, as logs are. */
static void test_mixed(void **state)
{
    (void)state;
    struct fb_json_reader *reader = open_text(
        FB_STR("{\"skip\":{\"a\":[1,2,{\"b\":\"\\n\"}]},\"n\":5,\"samples\":[{\"id\":1},{\"id\":2,"
               "\"id\":3}]}"),
        NULL);
    struct fb_arena arena;
    fb_arena_init(&arena, ARENA_MAX);
    assert_int_equal(next(reader).kind, FB_JSON_OBJECT);
    assert_true(fb_str_is(next(reader).text, "skip"));
    struct fb_json_token token = next(reader);
    FB_TEST_OK(fb_json_skip(reader, &token, &err));
    assert_path(reader, "$.skip");
    assert_true(fb_str_is(next(reader).text, "n"));
    token = next(reader);
    FB_TEST_OK(fb_json_skip(reader, &token, &err));
    struct fb_json *value = NULL;
    FB_TEST_OK(fb_json_read_tree(reader, &token, &arena, &value, &err));
    assert_true(value->integer == 5 && fb_str_is(value->text, "5"));
    assert_true(fb_str_is(next(reader).text, "samples"));
    assert_int_equal(next(reader).kind, FB_JSON_ARRAY);
    token = next(reader);
    FB_TEST_OK(fb_json_read_tree(reader, &token, &arena, &value, &err));
    assert_int_equal(fb_json_get(value, "id")->integer, 1);
    assert_path(reader, "$.samples[0]");
    token = next(reader);
    struct fb_json *before = value;
    FB_TEST_FAILS(fb_json_read_tree(reader, &token, &arena, &value, &err), FB_E_SYNTAX);
    assert_ptr_equal(value, before);
    assert_string_equal(err.path, "$.samples[1].id");
    assert_string_equal(err.file, "doc.json");
    fb_json_reader_free(reader);
    fb_arena_release(&arena);
}

/* Skipping is as strict as reading, and says the same. */
static void test_skip_checks(void **state)
{
    (void)state;
    static const char *const bad[] = {"[[1,2,\"\\x\"]]", "[{\"a\":\"\\ud800\"}]", "[\"\xFF\"]",
        "[1e999]", "[{\"a\":[}]", "[[1,]]", "[01]", "[nul]", "[\"a", "{\"a\":{\"b\" 1}}"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        char read_text[2048], skip_text[2048];
        struct fb_json_token token = {.kind = FB_JSON_NULL};
        struct fb_json_reader *reader = open_text(fb_str_of(bad[i]), NULL);
        enum fb_code read_code = FB_OK;
        while (read_code == FB_OK) {
            read_code = fb_json_next(reader, &token, &err);
        }
        fb_err_format(&err, read_text, sizeof(read_text));
        fb_json_reader_free(reader);
        reader = open_text(fb_str_of(bad[i]), NULL);
        token = next(reader);
        FB_TEST_FAILS(fb_json_skip(reader, &token, &err), read_code);
        fb_err_format(&err, skip_text, sizeof(skip_text));
        fb_json_reader_free(reader);
        assert_string_equal(read_text, skip_text);
    }
}

static enum fb_code read_all(struct fb_str text, const struct fb_json_options *options)
{
    struct fb_json_reader *reader = open_text(text, options);
    struct fb_json_token token = {.kind = FB_JSON_NULL};
    enum fb_code code = FB_OK;
    while (code == FB_OK && token.kind != FB_JSON_END) {
        code = fb_json_next(reader, &token, &err);
    }
    fb_json_reader_free(reader);
    return code;
}

static void test_depth(void **state)
{
    (void)state;
    enum { HOSTILE = 1000000 };
    char *text = fb_alloc(2 * HOSTILE);
    assert_non_null(text);
    memset(text, '[', HOSTILE);
    memset(text + HOSTILE, ']', HOSTILE);
    struct fb_str whole = {text, 2 * HOSTILE};
    FB_TEST_FAILS(read_all(whole, NULL), FB_E_LIMIT);
    assert_int_equal(err.offset, FB_JSON_DEPTH_MAX);
    struct fb_str fits = fb_str_sub(whole, HOSTILE - FB_JSON_DEPTH_MAX, 2 * FB_JSON_DEPTH_MAX);
    FB_TEST_OK(read_all(fits, NULL));
    const struct fb_json_options options = {.depth_max = 3};
    FB_TEST_OK(read_all(FB_STR("[{\"a\":[]},[[]]]"), &options));
    FB_TEST_FAILS(read_all(FB_STR("[{\"a\":[{}]}]"), &options), FB_E_LIMIT);
    assert_int_equal(err.offset, 7);
    assert_string_equal(err.path, "$[0].a[0]");
    /* The most that may be asked for; skipping and building need no stack for it. */
    const struct fb_json_options deep = {.depth_max = 4096};
    fits = fb_str_sub(whole, HOSTILE - 4096, 2 * 4096);
    struct fb_json_reader *reader = open_text(fits, &deep);
    struct fb_json_token token = next(reader);
    FB_TEST_OK(fb_json_skip(reader, &token, &err));
    assert_int_equal(next(reader).kind, FB_JSON_END);
    fb_json_reader_free(reader);
    struct fb_arena arena;
    fb_arena_init(&arena, ARENA_MAX);
    struct fb_json *root = NULL;
    struct fb_buf out;
    fb_buf_init(&out, ARENA_MAX);
    FB_TEST_OK(fb_json_parse(fits, "d", &deep, &arena, &root, &err));
    FB_TEST_OK(fb_json_canonical(root, &out, &err));
    assert_true(fb_str_eq(fb_buf_str(&out), fits));
    fb_buf_release(&out);
    fb_arena_release(&arena);
    fb_free(text);
}

static void test_lengths(void **state)
{
    (void)state;
    const struct fb_json_options options = {.string_max = 10};
    FB_TEST_OK(read_all(FB_STR("[\"0123456789\",1234567890,\"\\u0041\\t\\t\"]"), &options));
    FB_TEST_FAILS(read_all(FB_STR("[\"0123456789a\"]"), &options), FB_E_LIMIT);
    assert_int_equal(err.offset, 1);
    FB_TEST_FAILS(read_all(FB_STR("[\"\\u0041\\t\\t\\t\"]"), &options), FB_E_LIMIT);
    FB_TEST_FAILS(read_all(FB_STR("{\"a\":12345678901}"), &options), FB_E_LIMIT);
    assert_string_equal(err.path, "$.a");
    FB_TEST_FAILS(read_all(FB_STR("{\"0123456789a\":1}"), &options), FB_E_LIMIT);
    struct fb_arena arena;
    fb_arena_init(&arena, 1000);
    struct fb_json *root = NULL;
    FB_TEST_FAILS(
        fb_json_parse(FB_STR("[0,1,2,3,4,5,6,7,8,9,10,11]"), "d", NULL, &arena, &root, &err),
        FB_E_LIMIT);
    assert_true(err.path[0] == '$' && strcmp(err.file, "d") == 0 && !root);
    fb_arena_release(&arena);
}

/* A long key is cut in a path, between two characters. */
static void test_long_key(void **state)
{
    (void)state;
    struct fb_buf text, want;
    fb_buf_init(&text, 10000);
    fb_buf_init(&want, 10000);
    fb_buf_add_c(&text, "{\"");
    fb_buf_add_c(&want, "$[\"");
    for (int i = 0; i < 200; i++) {
        fb_buf_add_c(&text, "\xE2\x82\xAC");
    }
    fb_buf_add(&want, text.ptr + 2, 255);
    fb_buf_add_c(&want, "\"]...");
    fb_buf_add_c(&text, "\":[1]}");
    struct fb_json_reader *reader = open_text(fb_buf_str(&text), NULL);
    (void)next(reader);
    assert_int_equal(next(reader).text.len, 600);
    assert_path(reader, want.ptr);
    fb_json_reader_free(reader);
    fb_buf_release(&text);
    fb_buf_release(&want);
}

/* --- Streams ---------------------------------------------------------------------------- */

/* Gives a text in pieces of size bytes, and then fails if fail is set. */
struct pieces {
    struct fb_str rest;
    size_t size;
    bool fail;
};

static enum fb_code give_piece(
    void *ctx, char *out, size_t size, size_t *got, struct fb_err *piece_err)
{
    struct pieces *pieces = ctx;
    size_t len = pieces->size < size ? pieces->size : size;
    len = len < pieces->rest.len ? len : pieces->rest.len;
    if (len == 0 && pieces->fail) {
        return fb_err_set(piece_err, FB_E_IO, "could not read");
    }
    if (len) {
        memcpy(out, pieces->rest.ptr, len);
        pieces->rest.ptr += len;
        pieces->rest.len -= len;
    }
    *got = len;
    return FB_OK;
}

/* Digest of all tokens: their kinds, places, texts and numbers. */
static uint64_t digest(struct fb_json_reader *reader)
{
    uint64_t hash = 14695981039346656037u;
    struct fb_json_token token = {.kind = FB_JSON_NULL};
    while (token.kind != FB_JSON_END) {
        token = next(reader);
        hash = (hash ^ (uint64_t)token.kind ^ token.place.offset << 8) * 1099511628211u;
        hash = (hash ^ token.place.line ^ (uint64_t)token.place.column << 32) * 1099511628211u;
        for (size_t i = 0; i < token.text.len; i++) {
            hash = (hash ^ (unsigned char)token.text.ptr[i]) * 1099511628211u;
        }
        hash = (hash ^ (uint64_t)token.integer) * 1099511628211u;
    }
    fb_json_reader_free(reader);
    return hash;
}

static void test_long_stream(void **state)
{
    (void)state;
    struct fb_buf text;
    fb_buf_init(&text, ARENA_MAX);
    fb_buf_add_c(&text, "[");
    for (int i = 0; i < 300; i++) {
        fb_buf_addf(&text, "%s\n  {\"id\": %d, \"s\": \"", i ? "," : "", i);
        for (int j = 0; j < i * 10; j++) {
            fb_buf_add_c(&text, j % 7 ? "plain " : "\\u00e9\xE2\x82\xAC\\ud83d\\ude00\\n");
        }
        fb_buf_add_c(&text, "\"}");
    }
    fb_buf_add_c(&text, ", \"");
    for (int i = 0; i < 40000; i++) {
        fb_buf_add_c(&text, "\xF0\x9F\x98\x80"); /* much longer than the window */
    }
    fb_buf_add_c(&text, "\", ");
    for (int i = 0; i < 70000; i++) {
        fb_buf_add_char(&text, '1'); /* overflows, but is well formed */
    }
    fb_buf_add_c(&text, "]");
    const struct fb_json_options options = {.allow_nonfinite = true};
    uint64_t want = digest(open_text(fb_buf_str(&text), &options));
    static const size_t sizes[] = {1, 13, 4096, 65535, 65536, 65537, 1000000};
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        struct pieces pieces = {fb_buf_str(&text), sizes[i], false};
        struct fb_json_reader *reader = NULL;
        FB_TEST_OK(fb_json_reader_new_stream(give_piece, &pieces, "s", &options, &reader, &err));
        assert_true(digest(reader) == want);
    }
    fb_buf_release(&text);
}

static void test_source_fails(void **state)
{
    (void)state;
    static const char *const starts[] = {"", "[", "[\"ab", "[\"\\u00", "[12", "[tr", "[1,", "[ ",
        "\"\xC3", "[1]", "{\"a\"", "[1]\n", "\"\\ud800\\"};
    for (size_t i = 0; i < sizeof(starts) / sizeof(starts[0]); i++) {
        struct pieces pieces = {fb_str_of(starts[i]), 1, true};
        struct fb_json_reader *reader = NULL;
        struct fb_json_token token = {.kind = FB_JSON_NULL};
        FB_TEST_OK(fb_json_reader_new_stream(give_piece, &pieces, "s", NULL, &reader, &err));
        enum fb_code code = FB_OK;
        while (code == FB_OK && token.kind != FB_JSON_END) {
            code = fb_json_next(reader, &token, &err);
        }
        assert_int_equal(code, FB_E_IO);
        assert_string_equal(err.message, "could not read");
        assert_string_equal(err.file, "s");
        assert_int_equal(err.offset, strlen(starts[i]));
        fb_json_reader_free(reader);
    }
}

/* --- Memory that runs out --------------------------------------------------------------- */

static const char faulty[] =
    "{\"a\":[1,2.5,1.00000000000000000000000001],\"b\":\"x\\ny\",\"c\":{},"
    "\"d\":0,\"e\":0,\"f\":0,\"g\":0,\"h\":0,\"i\":0,\"j\":0,\"k\":0,\"l\":0,"
    "\"m\":[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]}";

static enum fb_code parse_and_write(struct fb_arena *arena, struct fb_buf *out)
{
    struct fb_json *root = NULL;
    enum fb_code code = fb_json_parse(fb_str_of(faulty), "d", NULL, arena, &root, &err);
    assert_true((code == FB_OK) == (root != NULL));
    return code == FB_OK ? fb_json_canonical(root, out, &err) : code;
}

static enum fb_code stream_all(void)
{
    struct pieces pieces = {fb_str_of(faulty), 5, false};
    struct fb_json_reader *reader = NULL;
    struct fb_json_token token = {.kind = FB_JSON_NULL};
    enum fb_code code = fb_json_reader_new_stream(give_piece, &pieces, "s", NULL, &reader, &err);
    while (code == FB_OK && token.kind != FB_JSON_END) {
        code = fb_json_next(reader, &token, &err);
    }
    fb_json_reader_free(reader);
    return code;
}

static void test_faults(void **state)
{
    (void)state;
    enum fb_code code = FB_E_NOMEM;
    int tries = 0;
    for (; code != FB_OK; tries++) {
        assert_true(tries < 1000);
        struct fb_arena arena;
        struct fb_buf out;
        fb_arena_init(&arena, ARENA_MAX);
        fb_buf_init(&out, 10000);
        fb_alloc_fail_at(tries);
        code = parse_and_write(&arena, &out);
        fb_alloc_fail_at(-1);
        if (code != FB_OK) {
            assert_int_equal(code, FB_E_NOMEM);
            assert_int_equal(err.code, FB_E_NOMEM);
        }
        fb_buf_release(&out);
        fb_arena_release(&arena);
    }
    assert_true(tries > 8);
    code = FB_E_NOMEM;
    for (tries = 0; code != FB_OK; tries++) {
        assert_true(tries < 1000);
        fb_alloc_fail_at(tries);
        code = stream_all();
        fb_alloc_fail_at(-1);
        assert_true(code == FB_OK || code == FB_E_NOMEM);
    }
    assert_true(tries > 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_places),
        cmocka_unit_test(test_numbers),
        cmocka_unit_test(test_nonfinite),
        cmocka_unit_test(test_messages),
        cmocka_unit_test(test_duplicates),
        cmocka_unit_test(test_tree),
        cmocka_unit_test(test_mixed),
        cmocka_unit_test(test_skip_checks),
        cmocka_unit_test(test_depth),
        cmocka_unit_test(test_lengths),
        cmocka_unit_test(test_long_key),
        cmocka_unit_test(test_long_stream),
        cmocka_unit_test(test_source_fails),
        cmocka_unit_test(test_faults),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

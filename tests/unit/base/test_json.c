/* Tests of src/base/json_scan.c and json_tree.c with whole documents: what is JSON and what is not,
 * in memory and in a stream, as tokens and as a tree. */
#include "base/json.h"
#include "fb_test.h"

static struct fb_err err;

enum { ARENA_MAX = 64 * 1024 * 1024 };

/* --- Documents -------------------------------------------------------------------------- */

/* Reads text as a tree and writes it in canonical form into out. */
static enum fb_code canonical_of(
    struct fb_str text, const struct fb_json_options *options, struct fb_buf *out)
{
    struct fb_arena arena;
    fb_arena_init(&arena, ARENA_MAX);
    struct fb_json *root = NULL;
    enum fb_code code = fb_json_parse(text, "doc.json", options, &arena, &root, &err);
    assert_true((code == FB_OK) == (root != NULL));
    if (code == FB_OK) {
        code = fb_json_canonical(root, out, &err);
    }
    fb_arena_release(&arena);
    return code;
}

/* A source that gives a text in pieces of a fixed size. */
struct pieces {
    struct fb_str rest;
    size_t size;
};

static enum fb_code give_piece(
    void *ctx, char *out, size_t size, size_t *got, struct fb_err *piece_err)
{
    (void)piece_err;
    struct pieces *pieces = ctx;
    size_t len = pieces->size < size ? pieces->size : size;
    len = len < pieces->rest.len ? len : pieces->rest.len;
    if (len) {
        memcpy(out, pieces->rest.ptr, len);
        pieces->rest.ptr += len;
        pieces->rest.len -= len;
    }
    *got = len;
    return FB_OK;
}

/* Writes every token with its place and path, then the error if there is one. */
static enum fb_code trace(struct fb_json_reader *reader, struct fb_buf *out)
{
    static const char names[] = "nft#\"[{]}k.";
    struct fb_json_token token = {.kind = FB_JSON_NULL};
    enum fb_code code = FB_OK;
    while (code == FB_OK && token.kind != FB_JSON_END) {
        code = fb_json_next(reader, &token, &err);
        if (code == FB_OK) {
            fb_buf_addf(out, "%c %llu %u:%u ", names[token.kind],
                (unsigned long long)token.place.offset, token.place.line, token.place.column);
            fb_json_path(reader, out);
            fb_buf_add_char(out, ' ');
            fb_buf_add_str(out, token.text);
            fb_buf_addf(
                out, " %a %d %lld\n", token.number, token.is_integer, (long long)token.integer);
        }
    }
    if (code != FB_OK) {
        char text[4096];
        fb_err_format(&err, text, sizeof(text));
        fb_buf_addf(out, "%s %lld %s\n", fb_code_name(code), (long long)err.offset, text);
    }
    fb_json_reader_free(reader);
    return code;
}

static enum fb_code trace_memory(
    struct fb_str text, const struct fb_json_options *options, struct fb_buf *out)
{
    struct fb_json_reader *reader = NULL;
    FB_TEST_OK(fb_json_reader_new(text, "doc.json", options, &reader, &err));
    return trace(reader, out);
}

static enum fb_code trace_pieces(
    struct fb_str text, size_t size, const struct fb_json_options *options, struct fb_buf *out)
{
    struct pieces pieces = {text, size};
    struct fb_json_reader *reader = NULL;
    FB_TEST_OK(fb_json_reader_new_stream(give_piece, &pieces, "doc.json", options, &reader, &err));
    return trace(reader, out);
}

/* Whatever the pieces, a stream gives the tokens, places, paths and errors that memory gives. */
static enum fb_code assert_streams_agree(struct fb_str text, const struct fb_json_options *options)
{
    static const size_t sizes[] = {1, 2, 3, 7, 64, 100000};
    struct fb_buf memory, stream;
    fb_buf_init(&memory, ARENA_MAX);
    fb_buf_init(&stream, ARENA_MAX);
    enum fb_code code = trace_memory(text, options, &memory);
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        fb_buf_clear(&stream);
        assert_int_equal(trace_pieces(text, sizes[i], options, &stream), code);
        assert_string_equal(memory.ptr, stream.ptr);
    }
    fb_buf_release(&memory);
    fb_buf_release(&stream);
    return code;
}

struct good_case {
    struct fb_str text;
    const char *canonical;
};

#define GOOD(text, canonical)                                                                      \
    {                                                                                              \
        {text, sizeof(text) - 1}, canonical                                                        \
    }

static const struct good_case good_cases[] = {
    GOOD("null", "null"),
    GOOD("true", "true"),
    GOOD("false", "false"),
    GOOD("0", "0"),
    GOOD("-0", "0"),
    GOOD("-0.0", "0"),
    GOOD("0e10", "0"),
    GOOD("0.0e-10", "0"),
    GOOD("1", "1"),
    GOOD("-1", "-1"),
    GOOD("10", "10"),
    GOOD("1.5", "1.5"),
    GOOD("1.50", "1.5"),
    GOOD("1e2", "100"),
    GOOD("1E2", "100"),
    GOOD("1E+2", "100"),
    GOOD("1e-2", "0.01"),
    GOOD("1.25e+00002", "125"),
    GOOD("123456789012345678", "123456789012345680"),
    GOOD("9007199254740993", "9007199254740992"),
    GOOD("1e21", "1e+21"),
    GOOD("999999999999999999999", "1e+21"),
    GOOD("100000000000000000000", "100000000000000000000"),
    GOOD("1e-6", "0.000001"),
    GOOD("1e-7", "1e-7"),
    GOOD("0.1", "0.1"),
    GOOD("0.3", "0.3"),
    GOOD("1e-400", "0"),
    GOOD("1.7976931348623157e308", "1.7976931348623157e+308"),
    GOOD("4.9e-324", "5e-324"),
    GOOD("2.2250738585072011e-308", "2.225073858507201e-308"),
    GOOD("0.1000000000000000055511151231257827021181583404541015625", "0.1"),
    GOOD("123.456e-789", "0"),
    GOOD(" 1 ", "1"),
    GOOD("\t\r\n1\n", "1"),
    GOOD("\"\"", "\"\""),
    GOOD("\"abc\"", "\"abc\""),
    GOOD("\"a b c d e f g h i j k\"", "\"a b c d e f g h i j k\""),
    GOOD("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "\"\\\"\\\\/\\b\\f\\n\\r\\t\""),
    GOOD("\"\\u0041\"", "\"A\""),
    GOOD("\"\\u00e9\"", "\"\xC3\xA9\""),
    GOOD("\"\\u20AC\"", "\"\xE2\x82\xAC\""),
    GOOD("\"\\ud83d\\ude00\"", "\"\xF0\x9F\x98\x80\""),
    GOOD("\"\\uD800\\uDC00\"", "\"\xF0\x90\x80\x80\""),
    GOOD("\"\\uDBFF\\uDFFF\"", "\"\xF4\x8F\xBF\xBF\""),
    GOOD("\"\\u0000\"", "\"\\u0000\""),
    GOOD("\"\\u001f\\u001F\"", "\"\\u001f\\u001f\""),
    GOOD("\"\\u000b\"", "\"\\u000b\""),
    GOOD("\"\\u007f\x7f\"", "\"\x7f\x7f\""),
    GOOD("\"\\u2028\"", "\"\xE2\x80\xA8\""),
    GOOD("\"\\uFFFF\"", "\"\xEF\xBF\xBF\""),
    GOOD("\"\xC2\x80\"", "\"\xC2\x80\""),
    GOOD("\"\xE0\xA0\x80\"", "\"\xE0\xA0\x80\""),
    GOOD("\"\xED\x9F\xBF\"", "\"\xED\x9F\xBF\""),
    GOOD("\"\xEE\x80\x80\"", "\"\xEE\x80\x80\""),
    GOOD("\"\xF0\x90\x80\x80\"", "\"\xF0\x90\x80\x80\""),
    GOOD("\"\xF4\x8F\xBF\xBF\"", "\"\xF4\x8F\xBF\xBF\""),
    GOOD("\"\xEF\xBB\xBF\"", "\"\xEF\xBB\xBF\""),
    GOOD("\"1234567\xC3\xA9 12345678\\n12345678\"", "\"1234567\xC3\xA9 12345678\\n12345678\""),
    GOOD("\"'//#\"", "\"'//#\""),
    GOOD("[]", "[]"),
    GOOD("[ ]", "[]"),
    GOOD("[\n]", "[]"),
    GOOD("[1]", "[1]"),
    GOOD("[1,2 , 3\n,4]", "[1,2,3,4]"),
    GOOD("[[]]", "[[]]"),
    GOOD("[[],[[]],{}]", "[[],[[]],{}]"),
    GOOD("[null,true,false,0,\"\"]", "[null,true,false,0,\"\"]"),
    GOOD("{}", "{}"),
    GOOD("{ }", "{}"),
    GOOD("{\"a\":1}", "{\"a\":1}"),
    GOOD("{ \"a\" : 1 }", "{\"a\":1}"),
    GOOD("{\"\":0}", "{\"\":0}"),
    GOOD("{\"b\":1,\"a\":2}", "{\"a\":2,\"b\":1}"),
    GOOD("{\"aa\":1,\"a\":2,\"A\":3}", "{\"A\":3,\"a\":2,\"aa\":1}"),
    GOOD("{\"\\u0061\":{\"z\":[],\"y\":{}}}", "{\"a\":{\"y\":{},\"z\":[]}}"),
    GOOD("{\"\xEF\xBC\xA1\":1,\"\xF0\x9F\x98\x80\":2}",
        "{\"\xF0\x9F\x98\x80\":2,\"\xEF\xBC\xA1\":1}"),
    GOOD("{\"a\\u0000b\":1}", "{\"a\\u0000b\":1}"),
    GOOD("{\"a\":{\"a\":{\"a\":1}}}", "{\"a\":{\"a\":{\"a\":1}}}"),
};

static void test_good(void **state)
{
    (void)state;
    struct fb_buf out;
    fb_buf_init(&out, ARENA_MAX);
    for (size_t i = 0; i < sizeof(good_cases) / sizeof(good_cases[0]); i++) {
        fb_buf_clear(&out);
        FB_TEST_OK(canonical_of(good_cases[i].text, NULL, &out));
        assert_string_equal(out.ptr, good_cases[i].canonical);
        FB_TEST_OK(assert_streams_agree(good_cases[i].text, NULL));
        /* The canonical form is canonical. */
        fb_buf_clear(&out);
        FB_TEST_OK(canonical_of(fb_str_of(good_cases[i].canonical), NULL, &out));
        assert_string_equal(out.ptr, good_cases[i].canonical);
    }
    fb_buf_release(&out);
}

struct bad_case {
    struct fb_str text;
    enum fb_code code;
    int offset;
};

#define BAD(text, code, offset)                                                                    \
    {                                                                                              \
        {text, sizeof(text) - 1}, FB_##code, offset                                                \
    }
#define SYNTAX(text, offset) BAD(text, E_SYNTAX, offset)

static const struct bad_case bad_cases[] = {
    SYNTAX("", 0),
    SYNTAX(" ", 1),
    SYNTAX("\n\n", 2),
    SYNTAX("\0", 0),
    SYNTAX("1\0", 1),
    SYNTAX("\xEF\xBB\xBF{}", 0),
    SYNTAX("\xFF\xFE{\0}\0", 0),
    SYNTAX("nul", 0),
    SYNTAX("nulll", 0),
    SYNTAX("Null", 0),
    SYNTAX("True", 0),
    SYNTAX("tru", 0),
    SYNTAX("truefalse", 0),
    SYNTAX("true false", 5),
    SYNTAX("NaN", 0),
    SYNTAX("Infinity", 0),
    SYNTAX("-Infinity", 0),
    SYNTAX("-NaN", 0),
    SYNTAX("-foo", 0),
    SYNTAX("undefined", 0),
    SYNTAX("abc", 0),
    SYNTAX("'a'", 0),
    SYNTAX("-", 1),
    SYNTAX("- 1", 1),
    SYNTAX("--1", 1),
    SYNTAX("+1", 0),
    SYNTAX(".5", 0),
    SYNTAX("-.5", 1),
    SYNTAX("1.", 2),
    SYNTAX("1.e5", 2),
    SYNTAX("1.5.5", 3),
    SYNTAX("01", 1),
    SYNTAX("-01", 2),
    SYNTAX("00", 1),
    SYNTAX("1e", 2),
    SYNTAX("1e+", 3),
    SYNTAX("1e-", 3),
    SYNTAX("1e+-1", 3),
    SYNTAX("1e1.5", 3),
    SYNTAX("1e5e5", 3),
    SYNTAX("0x10", 1),
    SYNTAX("1-2", 1),
    SYNTAX("1 2", 2),
    SYNTAX("1,2", 1),
    SYNTAX("1_000", 1),
    SYNTAX("1a", 1),
    BAD("1e309", E_RANGE, 0),
    BAD("-1e309", E_RANGE, 0),
    BAD("[1, 1e999999999999]", E_RANGE, 4),
    BAD("1.7976931348623159e308", E_RANGE, 0),
    BAD("17976931348623159e292", E_RANGE, 0),
    SYNTAX("\"", 1),
    SYNTAX("\"abc", 4),
    SYNTAX("\"abc\\", 5),
    SYNTAX("\"abc\\\"", 6),
    SYNTAX("\"\\u12", 5),
    SYNTAX("\"\\ud83d\\ude0", 12),
    SYNTAX("\"\\x41\"", 2),
    SYNTAX("\"\\'\"", 2),
    SYNTAX("\"\\0\"", 2),
    SYNTAX("\"\\\0\"", 2),
    SYNTAX("\"\\U0041\"", 2),
    SYNTAX("\"\\u004g\"", 6),
    SYNTAX("\"\\u 041\"", 3),
    SYNTAX("\"\\u+041\"", 3),
    SYNTAX("\"\\ud800\"", 1),
    SYNTAX("\"\\ud800x\"", 1),
    SYNTAX("\"\\ud800\\n\"", 1),
    SYNTAX("\"\\ud800\\u0041\"", 1),
    SYNTAX("\"\\ud800\\ud800\"", 1),
    SYNTAX("\"\\udc00\"", 1),
    SYNTAX("\"a\\uDFFF\\uD800\"", 2),
    SYNTAX("\"a\nb\"", 2),
    SYNTAX("\"a\tb\"", 2),
    SYNTAX("\"12345678\0\"", 9),
    SYNTAX("\"\x1f\"", 1),
    SYNTAX("\"a\" \"b\"", 4),
    BAD("\"\x80\"", E_UTF8, 1),
    BAD("\"\xFF\"", E_UTF8, 1),
    BAD("\"\xC0\xAF\"", E_UTF8, 1),
    BAD("\"\xC1\xBF\"", E_UTF8, 1),
    BAD("\"\xC3\"", E_UTF8, 1),
    BAD("\"\xC3", E_UTF8, 1),
    BAD("\"\xC3(\"", E_UTF8, 1),
    BAD("\"\xE0\x80\x80\"", E_UTF8, 1),
    BAD("\"\xE2\x82\"", E_UTF8, 1),
    BAD("\"\xE2(\xA1\"", E_UTF8, 1),
    BAD("\"\xED\xA0\x80\"", E_UTF8, 1),
    BAD("\"\xED\xBF\xBF\"", E_UTF8, 1),
    BAD("\"\xF0\x80\x80\x80\"", E_UTF8, 1),
    BAD("\"\xF0\x9F\x98\"", E_UTF8, 1),
    BAD("\"\xF4\x90\x80\x80\"", E_UTF8, 1),
    BAD("\"\xF5\x80\x80\x80\"", E_UTF8, 1),
    BAD("\"1234567890\xE9t\xE9\"", E_UTF8, 11),
    BAD("{\"\xE9\":1}", E_UTF8, 2),
    SYNTAX("\xC3\xA9", 0),
    SYNTAX("\xC2\xA0[]", 0),
    SYNTAX("\x0c[]", 0),
    SYNTAX("\x0b[]", 0),
    SYNTAX("[", 1),
    SYNTAX("[1", 2),
    SYNTAX("[1,", 3),
    SYNTAX("[1,]", 3),
    SYNTAX("[,1]", 1),
    SYNTAX("[1,,2]", 3),
    SYNTAX("[,]", 1),
    SYNTAX("[1 2]", 3),
    SYNTAX("[1:2]", 2),
    SYNTAX("[1}", 2),
    SYNTAX("[1]]", 3),
    SYNTAX("]", 0),
    SYNTAX("[}", 1),
    SYNTAX("[\"a\",\n\"b\"", 9),
    SYNTAX("[1] x", 4),
    SYNTAX("[1],", 3),
    SYNTAX("[1]//", 3),
    SYNTAX("[1,/* no */2]", 3),
    SYNTAX("# no\n[]", 0),
    SYNTAX("[\"a]", 4),
    SYNTAX("[tru]", 1),
    SYNTAX("[-]", 2),
    SYNTAX("[nan]", 1),
    SYNTAX("{", 1),
    SYNTAX("{\"a\"", 4),
    SYNTAX("{\"a\":", 5),
    SYNTAX("{\"a\":1", 6),
    SYNTAX("{\"a\":1,", 7),
    SYNTAX("{\"a\":1,}", 7),
    SYNTAX("{,}", 1),
    SYNTAX("{,\"a\":1}", 1),
    SYNTAX("{\"a\" 1}", 5),
    SYNTAX("{\"a\",1}", 4),
    SYNTAX("{\"a\":}", 5),
    SYNTAX("{\"a\"}", 4),
    SYNTAX("{\"a\"::1}", 5),
    SYNTAX("{\"a\":1:2}", 6),
    SYNTAX("{\"a\":1 \"b\":2}", 7),
    SYNTAX("{\"a\":1,,\"b\":2}", 7),
    SYNTAX("{a:1}", 1),
    SYNTAX("{'a':1}", 1),
    SYNTAX("{1:1}", 1),
    SYNTAX("{null:1}", 1),
    SYNTAX("{[1]:1}", 1),
    SYNTAX("{\"a\":1]", 6),
    SYNTAX("{]", 1),
    SYNTAX("}", 0),
    SYNTAX("{}}", 2),
    SYNTAX("{}{}", 2),
    SYNTAX("{\"a\":1}/**/", 7),
    SYNTAX("{\"a\":'b'}", 5),
    SYNTAX("{\"a\nb\":1}", 3),
    SYNTAX(":", 0),
    SYNTAX(",", 0),
    SYNTAX("*", 0),
    SYNTAX("\\u0031", 0),
};

static void test_bad(void **state)
{
    (void)state;
    struct fb_buf out;
    fb_buf_init(&out, ARENA_MAX);
    for (size_t i = 0; i < sizeof(bad_cases) / sizeof(bad_cases[0]); i++) {
        const struct bad_case *c = &bad_cases[i];
        enum fb_code code = canonical_of(c->text, NULL, &out);
        if (code != c->code || err.offset != c->offset) {
            fail_msg("case %zu '%.*s': %s at %lld: %s", i, FB_STR_ARG(c->text), fb_code_name(code),
                (long long)err.offset, err.message);
        }
        assert_string_equal(err.file, "doc.json");
        assert_true(err.path[0] == '$');
        assert_int_equal(assert_streams_agree(c->text, NULL), c->code);
    }
    assert_int_equal(out.len, 0);
    fb_buf_release(&out);
}

/* Every document cut short anywhere is refused, or is whole already (a number, or white space). */
static void test_cut(void **state)
{
    (void)state;
    static const char text[] = "{\"a\":[1,-2.5e3,\"x\\u00e9\\ud83d\\ude00\\n\xC3\xA9\",null,true,"
                               "false,{}],\"b\":{\"c\":[]}}";
    for (size_t len = 0; len < sizeof(text) - 1; len++) {
        assert_int_not_equal(assert_streams_agree((struct fb_str){text, len}, NULL), FB_OK);
    }
    FB_TEST_OK(assert_streams_agree(fb_str_of(text), NULL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_good),
        cmocka_unit_test(test_bad),
        cmocka_unit_test(test_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

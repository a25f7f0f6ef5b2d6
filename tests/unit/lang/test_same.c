/* Tests of same.c: words of several policies that mean the same. */
#include "lang/same.h"

#include "base/alloc.h"
#include "lang/diff/matrix.h"
#include "lang_test.h"

/* clang-format off */
#define HEAD(name) \
    "policy \"" name "\"\n  title \"incident report\"\n  source \"incident report\"\n" \
    "  version 1\n"
#define DECIDED "let a(S) = decision D of S with outcome refused\n"

static const char ours[] = HEAD("a")
    "redline cyber(S)\n"
    "  measure   success of S on \"cybench\"\n"
    "  crossed   at 50% with 95% confidence\n"
    "  clears    below 30% for 90 days\n"
    "commitment hold(S) by \"a\"\n"
    "  while   cyber(S) crossed\n"
    "  must    secure S at level 4 within 30 days\n"
    "duty tell(S)\n"
    "  when    measure M of S with name security, level >= 4\n"
    "  party   \"a\"\n"
    "  must    notify \"office\" of \"incident report\" for S\n"
    "  within  3 days\n"
    "exempt small(S)\n"
    "  when    training compute of S < 1e23 FLOP\n"
    "  from    cyber, tell\n"
    "pace\n"
    "  fast   when doubling time of horizon, other < 5 months with 90% confidence\n"
    "  relax  after 90 days\n"
    "  slow   when doubling time of \"horizon\", other > 9 months with 90% confidence\n"
    "         then cyber.clears below 30% for 80 days\n";

/* The same in other words. */
static const char theirs[] = HEAD("a")
    "redline offensive(S)\n"
    "  measure   success of S on \"break-in\"\n"
    "  crossed   at 50% with 95% confidence\n"
    "  clears    below 30% for 90 days\n"
    "commitment hold(S) by \"a\"\n"
    "  while   offensive(S) crossed\n"
    "  must    secure S at level 4 within 30 days\n"
    "duty inform(S)\n"
    "  when    measure M of S with name \"weights kept safe\", level >= 4\n"
    "  party   \"a\"\n"
    "  must    notify \"bureau\" of \"serious incident notification\" for S\n"
    "  within  3 days\n"
    "exempt small(S)\n"
    "  when    training compute of S < 1e23 FLOP\n"
    "  from    offensive, inform\n"
    "pace\n"
    "  fast   when doubling time of reach, other < 5 months with 90% confidence\n"
    "  relax  after 90 days\n"
    "  slow   when doubling time of \"reach\", other > 9 months with 90% confidence\n"
    "         then offensive.clears below 30% for 80 days\n";

static const char groups[] =
    "# laws say it so, frameworks say it so\n"
    "\"incident report\" = \"serious incident notification\"\n"
    "   = \"report of harm\"\n"
    "cyber = offensive   # the red line\n"
    "tell = inform\n"
    "\"cybench\" = \"break-in\"\n"
    "\"security\" = \"weights kept safe\"\n"
    "\"office\" = \"bureau\" \"horizon\" = \"reach\"\n";
/* clang-format on */

static struct fb_arena arena;
static struct fb_policy_errors errors;

static int setup(void **state)
{
    (void)state;
    fb_arena_init(&arena, 1 << 28);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    fb_arena_release(&arena);
    return 0;
}

/* The groups of above, with each on a line of its own. */
static struct fb_same same_of(const char *text)
{
    struct fb_same same;
    if (fb_same_read(fb_str_of(text), "same.txt", &arena, &same, &errors) != FB_OK) {
        fail_msg(
            "%u:%u: %s", errors.items[0].line, errors.items[0].column, errors.items[0].message);
    }
    return same;
}

static struct fb_str translated(struct fb_same *same, const char *text)
{
    struct fb_str out;
    if (fb_same_translate(same, fb_str_of(text), "p.fly", &arena, &out, &errors) != FB_OK) {
        fail_msg(
            "%u:%u: %s", errors.items[0].line, errors.items[0].column, errors.items[0].message);
    }
    return out;
}

static const char *proper(void)
{
    static char text[sizeof(groups)];
    memcpy(text, groups, sizeof(groups));
    char *second = strstr(text, " \"horizon\"");
    assert_non_null(second);
    *second = '\n';
    return text;
}

static void test_translates(void **state)
{
    (void)state;
    struct fb_same same = same_of(proper());
    struct fb_str text = translated(&same, theirs);
    char *shown = strndup(text.ptr, text.len);
    /* What comes out is the other policy but for its quotes; titles and sources stay. */
    assert_non_null(strstr(shown, "with name \"security\","));
    assert_non_null(strstr(shown, "doubling time of \"horizon\", other <"));
    struct fb_program *a = NULL, *b = NULL;
    struct fb_buf printed[2];
    assert_int_equal(fb_policy_compile(text, "p", &arena, &a, &errors), FB_OK);
    assert_int_equal(fb_policy_compile(fb_str_of(ours), "p", &arena, &b, &errors), FB_OK);
    fb_buf_init(&printed[0], 1 << 20);
    fb_buf_init(&printed[1], 1 << 20);
    fb_program_print(a, &printed[0]);
    fb_program_print(b, &printed[1]);
    /* Titles say the act as it was written. */
    assert_true(fb_str_eq(fb_buf_str(&printed[0]), fb_buf_str(&printed[1])));
    fb_buf_release(&printed[0]);
    fb_buf_release(&printed[1]);
    /* In the words that stand first already nothing changes. */
    struct fb_str again = translated(&same, ours);
    assert_true(again.ptr == ours);
    assert_null(strstr(shown, "offensive"));
    assert_non_null(strstr(shown, "title \"incident report\""));
    for (size_t i = 0; i < same.count; i++) {
        assert_int_equal(same.words[i].used, !fb_str_is(same.words[i].text, "report of harm"));
    }
    free(shown);
}

/* A title that is a word of a group, and the name of a policy, stay. */
static void test_titles(void **state)
{
    (void)state;
    struct fb_same same = same_of("\"x\" = \"incident report\" = \"a\"\n");
    struct fb_str text = translated(&same, ours);
    assert_non_null(memmem(text.ptr, text.len, "policy \"a\"\n  title \"incident report\"", 36));
    assert_non_null(memmem(text.ptr, text.len, "source \"incident report\"", 24));
    assert_non_null(memmem(text.ptr, text.len, "of \"x\" for S", 12));
    assert_non_null(memmem(text.ptr, text.len, "by \"x\"", 6));
}

/* Side by side they are one, clause by clause; without the groups they are not. */
static void test_compared(void **state)
{
    (void)state;
    struct fb_same same = same_of(proper());
    struct fb_matrix apart, joined;
    struct fb_matrix_source sources[2] = {{fb_str_of(ours), "a.fly"}, {fb_str_of(theirs), "b.fly"}};
    assert_int_equal(fb_matrix_build(sources, 2, &arena, &apart, &errors), FB_OK);
    sources[1].text = translated(&same, theirs);
    assert_int_equal(fb_matrix_build(sources, 2, &arena, &joined, &errors), FB_OK);
    assert_int_equal(apart.row_count, 6);
    assert_int_equal(joined.row_count, 4);
    for (size_t r = 0; r < joined.row_count; r++) {
        for (size_t i = 0; i < 2; i++) {
            assert_int_equal(joined.rows[r].cells[i].standing, FB_STANDING_BEST);
        }
    }
}

static void refused(
    const char *text, enum fb_code code, uint32_t line, uint32_t column, const char *part)
{
    struct fb_same same;
    enum fb_code is = fb_same_read(fb_str_of(text), "same.txt", &arena, &same, &errors);
    const struct fb_err *err = &errors.items[0];
    if (is != code || err->line != line || err->column != column || !strstr(err->message, part)) {
        fail_msg("%s: %s %u:%u: %s", text, fb_code_name(is), err->line, err->column, err->message);
    }
    assert_string_equal(err->file, "same.txt");
    assert_true(err->hint[0] != 0);
}

static void test_refused(void **state)
{
    (void)state;
    refused(groups, FB_E_SYNTAX, 8, 21, "expected '=' or the next line, found 'horizon'");
    refused("\"a\" =\n", FB_E_SYNTAX, 2, 1, "found the end of the file");
    refused("\"a\" = 5\n", FB_E_SYNTAX, 1, 7,
        "expected a text in double quotes or the name of a rule, found '5'");
    refused("\"a\" = \"\"\n", FB_E_SYNTAX, 1, 7, "found ''");
    refused("\"a\" = S\n", FB_E_SYNTAX, 1, 7, "found 'S'");
    refused("= \"a\"\n", FB_E_SYNTAX, 1, 1, "found '='");
    refused("\n  \"a\"\n", FB_E_POLICY, 2, 3, "'a' is the same as nothing else");
    refused("cyber = \"cyber\"\n", FB_E_POLICY, 1, 9,
        "a text and the name of a rule cannot be the same");
    refused("\"a\" = \"b\"\n\"c\" = \"a\"\n", FB_E_POLICY, 2, 7,
        "'a' stands in a group already, at line 1");
    refused("\"a\" = \"a\"\n", FB_E_POLICY, 1, 7, "in a group already, at line 1");
    refused("\"a\" = \"b\n", FB_E_SYNTAX, 1, 7, "does not end");
    refused("\"a\" = \"b\"\n\n\"\xff\" = \"c\"\n", FB_E_UTF8, 3, 2, "the file is not valid UTF-8");
    /* Several at once, and on from the next line. */
    assert_int_equal(fb_same_read(FB_STR("= x\n\"a\" 7\nb\n"), "same.txt", &arena,
                         &(struct fb_same){0}, &errors),
        FB_E_SYNTAX);
    assert_int_equal(errors.count, 3);
    assert_int_equal(errors.items[2].line, 3);
    /* A text and a name may be the same word. */
    (void)same_of("cyber = hacking\n\"cyber\" = \"hacking\"\n");
    assert_int_equal(same_of("").count, 0);
}

/* What a group may not do to a policy. */
static void test_policies_refused(void **state)
{
    (void)state;
    static const struct {
        const char *groups;
        const char *policy;
        uint32_t line;
        const char *part;
    } cases[] = {
        {"x = cyber = tell\n", ours, 12,
            "'cyber' and 'tell' are two rules here, and are said to be the same"},
        {"\"death\" = \"fatality\"\n", HEAD("a") "policy \"again\"\n", 5, "policy"},
        {"\"denied\" = \"refused\"\n", HEAD("a") DECIDED, 5, "in the words of 'same.txt': "},
        {"\"x\" = \"public\"\n", "policy 5\n", 1, "expected"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct fb_same same = same_of(cases[i].groups);
        struct fb_str out = FB_STR("untouched");
        enum fb_code code =
            fb_same_translate(&same, fb_str_of(cases[i].policy), "p.fly", &arena, &out, &errors);
        const struct fb_err *err = &errors.items[0];
        if (code == FB_OK || err->line != cases[i].line || !strstr(err->message, cases[i].part)) {
            fail_msg("%zu: %s %u: %s", i, fb_code_name(code), err->line, err->message);
        }
        assert_string_equal(err->file, "p.fly");
        assert_true(err->hint[0] != 0 && fb_str_is(out, "untouched"));
    }
}

static void test_limits(void **state)
{
    (void)state;
    struct fb_buf text;
    struct fb_same same;
    fb_buf_init(&text, 1 << 22);
    for (size_t i = 0; i < FB_SAME_WORDS_MAX; i++) {
        fb_buf_addf(&text, "%s\"t%zu\"", i % 2 ? " = " : "\n", i);
    }
    assert_int_equal(fb_same_read(fb_buf_str(&text), "same.txt", &arena, &same, &errors), FB_OK);
    assert_int_equal(same.count, FB_SAME_WORDS_MAX);
    fb_buf_add_c(&text, " = \"more\"\n");
    assert_int_equal(
        fb_same_read(fb_buf_str(&text), "same.txt", &arena, &same, &errors), FB_E_LIMIT);
    assert_non_null(
        strstr(errors.items[0].message, "a file says of at most 2000 words which are the same"));
    assert_int_equal(errors.items[0].line, FB_SAME_WORDS_MAX / 2 + 1);
    fb_buf_clear(&text);
    for (size_t i = 0; i < FB_SAME_TEXT_MAX; i++) {
        fb_buf_add_char(&text, ' ');
    }
    assert_int_equal(fb_same_read(fb_buf_str(&text), "same.txt", &arena, &same, &errors), FB_OK);
    fb_buf_add_char(&text, ' ');
    assert_int_equal(
        fb_same_read(fb_buf_str(&text), "same.txt", &arena, &same, &errors), FB_E_LIMIT);
    assert_non_null(strstr(errors.items[0].message,
        "a file of words that are the same has at most 1048576 bytes, found 1048577"));
    fb_buf_release(&text);
}

static void test_memory(void **state)
{
    (void)state;
    enum fb_code code = FB_E_NOMEM;
    for (int64_t n = 0; code != FB_OK && n < 200; n++) {
        struct fb_arena own;
        struct fb_same same;
        struct fb_str out;
        fb_arena_init(&own, 1 << 26);
        fb_alloc_fail_at(n);
        code = fb_same_read(fb_str_of(proper()), "same.txt", &own, &same, &errors);
        code =
            code ? code : fb_same_translate(&same, fb_str_of(theirs), "p.fly", &own, &out, &errors);
        fb_alloc_fail_at(-1);
        fb_arena_release(&own);
        assert_true(code == FB_OK || (code == FB_E_NOMEM && n < 199));
        assert_int_equal(errors.count, code != FB_OK);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_translates, setup, teardown),
        cmocka_unit_test_setup_teardown(test_titles, setup, teardown),
        cmocka_unit_test_setup_teardown(test_compared, setup, teardown),
        cmocka_unit_test_setup_teardown(test_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(test_policies_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(test_limits, setup, teardown),
        cmocka_unit_test_setup_teardown(test_memory, setup, teardown),
    };
    return cmocka_run_group_tests_name("same", tests, NULL, NULL);
}

/* Tests of src/engine/pattern: OCaml's notation, groups, and limits. */
#include "base/alloc.h"
#include "engine/pattern.h"
#include "fb_test.h"

static struct fb_err err;

static int setup(void **state)
{
    (void)state;
    fb_err_init(&err);
    return 0;
}

/* Looks for a pattern; groups are joined by "|", "-" where one took no part. */
static void finds(const char *pattern_text, const char *text, size_t count, const char *want)
{
    struct fb_pattern *pattern = NULL;
    struct fb_pattern_match match;
    char got[200] = "no";
    FB_TEST_OK(fb_pattern_new(fb_str_of(pattern_text), &pattern, &err));
    FB_TEST_OK(fb_pattern_find(pattern, fb_str_of(text), &match, &err));
    if (match.found) {
        size_t len = 0;
        got[0] = '\0';
        for (size_t i = 0; i < count; i++) {
            len += (size_t)snprintf(got + len, sizeof(got) - len, "%s%.*s", i ? "|" : "",
                FB_STR_ARG(match.groups[i].ptr ? match.groups[i] : FB_STR("-")));
        }
    }
    assert_string_equal(got, want);
    fb_pattern_free(pattern);
}

static void test_notation(void **state)
{
    (void)state;
    finds("ab", "zabz", 0, "");
    finds("ab", "a", 0, "no");
    finds("a(b)|{2}", "xa(b)|{2}", 0, "");
    finds("\\(z\\)*\\(a+\\)b", "zzaab", 2, "z|aa");
    finds("\\(z\\)*a", "a", 1, "-");
    finds("\\(a\\|bc\\)$", "xbc", 1, "bc");
    finds("^[^]a]x", "]x", 0, "no");
    finds("a\\.b\\*", "a.b*", 0, "");
    finds("\\bfoo\\b", "a foo b", 0, "");
    finds("\\bfoo\\b", "afoo", 0, "no");
    finds("a.c", "a\nc", 0, "no");
    finds("", "", 0, "");
    finds("a++b", "aaab", 0, "");
    finds("xa+?b", "xb", 0, "");
    finds("xa??b", "xaab", 0, "no");
    finds("^\\b\\b\\ba\\b\\b\\b$", "a", 0, "");
    finds("\\(a*\\)*b", "aab", 1, "aa");
    finds("\\(a\\b \\)*\\bb$", "a a b", 1, "a ");
    finds("^\\(a[^$]*x\\|b+\\)*$", "a^xbb", 1, "bb");
    finds("a++++++++++++++++++++++++++++++++++++++++?b", "b", 0, "");
}

static void refuses(const char *text, enum fb_code code, const char *message)
{
    struct fb_pattern *pattern = NULL;
    FB_TEST_FAILS(fb_pattern_new(fb_str_of(text), &pattern, &err), code);
    assert_non_null(strstr(err.message, message));
    assert_null(pattern);
}

static void test_refusals(void **state)
{
    (void)state;
    char text[FB_PATTERN_MAX + 2];
    refuses("\\(a", FB_E_SYNTAX, "a group is not closed");
    refuses("a\\)", FB_E_SYNTAX, "was not opened");
    refuses("[a", FB_E_SYNTAX, "a set is not closed");
    refuses("a\\", FB_E_SYNTAX, "ends in a backslash");
    refuses("\\(a\\)\\1", FB_E_UNSUPPORTED, "a group of its own");
    memset(text, 'a', sizeof(text));
    text[sizeof(text) - 1] = '\0';
    refuses(text, FB_E_LIMIT, "longer than 256 bytes");
    /* The library would go through all ways in which places and nothing follow each other. */
    static const char hollow[] = "repeats what may be nothing";
    refuses("\\(^\\|a\\)*", FB_E_LIMIT, hollow);
    refuses("\\(a?\\)*\\b", FB_E_LIMIT, hollow);
    refuses("\\b\\(\\(a\\|b*\\)c*\\)+", FB_E_LIMIT, hollow);
    refuses("\\(a\\|\\)*$", FB_E_LIMIT, hollow);
    refuses("\\(\\b\\)?", FB_E_LIMIT, hollow);
    refuses("\\(\\)*\\(\\)*\\(\\)*\\(\\(\\)*\\b\\(\\)+*\\(\\)+*\\(\\)+*\\(\\)*\\(\\)\\)*",
        FB_E_LIMIT, hollow);
    refuses("^\\b\\b\\ba\\b\\b\\b\\b$", FB_E_LIMIT, "too many of ^, $ and");
    enum { DEPTH = FB_PATTERN_DEPTH_MAX };
    char nested[5 * DEPTH + 2] = "";
    for (int i = 0; i < DEPTH; i++) {
        memcpy(nested + 2 * i, "\\(", 2);
        memcpy(nested + 2 * DEPTH + 1 + 3 * i, "+\\)", 3);
    }
    nested[2 * DEPTH] = 'a';
    refuses(nested, FB_E_LIMIT, "repeats too much");
    text[0] = '\0';
    for (int i = 0; i < 20; i++) {
        memcpy(text + 2 * i, "\\(", 3);
    }
    refuses(text, FB_E_LIMIT, "nested too deeply");
    struct fb_pattern *pattern = NULL;
    fb_alloc_fail_at(0);
    enum fb_code code = fb_pattern_new(FB_STR("a"), &pattern, &err);
    fb_alloc_fail_at(-1);
    assert_int_equal(code, FB_E_NOMEM);
    fb_pattern_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_notation), cmocka_unit_test(test_refusals)};
    return cmocka_run_group_tests_name("pattern", tests, setup, NULL);
}

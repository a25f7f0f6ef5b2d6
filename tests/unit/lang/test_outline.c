/* Tests of outline.c and words.def: the names of a policy that is being written. */
#include <glob.h>

#include "base/alloc.h"
#include "lang/outline.h"
#include "lang/syntax/lexer.h"
#include "lang_test.h"

static struct fb_err err;

static int setup(void **state)
{
    (void)state;
    fb_err_init(&err);
    return 0;
}

static const char sample[] =
    "policy \"p\"\n  title \"P\"\n  version 1\n\n"                 /* 1-4 */
    "let large(S) = training compute of S > 1e25 FLOP\n\n"         /* 5 */
    "redline cyber(S)\n  measure success of S on \"t\"\n"          /* 7-8 */
    "  crosed at 50% with 95% confidence\n\n"                      /* 9, wrong */
    "duty tell(S, I)\n  when incident I of system S, known to P\n" /* 11-12 */
    "  if large(S) and cyber(S) crossed # large(S)\n  party P\n"   /* 13-14 */
    "  must report I to \"large(S)\"\n\n"                          /* 15 */
    "test \"one\"\n  expect tell(\"s\", \"1\") owed\n";            /* 17-18 */

static size_t mentions(const struct fb_outline *outline, size_t symbol)
{
    size_t count = 0;
    for (size_t i = 0; i < outline->mention_count; i++) {
        count += outline->mentions[i].symbol == symbol;
    }
    return count;
}

/* Errors of the text hide no names; comments and strings mention nothing. */
static void test_names(void **state)
{
    (void)state;
    struct fb_arena arena;
    struct fb_outline outline;
    fb_arena_init(&arena, 1 << 26);
    FB_TEST_OK(fb_outline_read(fb_str_of(sample), &arena, &outline, &err));
    static const char *const names[] = {"large", "cyber", "tell", "one"};
    static const size_t counts[] = {2, 2, 2, 0};
    for (size_t i = 0; i < 4; i++) {
        assert_true(fb_str_is(outline.symbols[i].name, names[i]));
        assert_int_equal(mentions(&outline, i), counts[i]);
    }
    assert_int_equal(outline.symbols[2].begin.line, 11);
    assert_int_equal(outline.symbols[2].end.line, 15);
    assert_int_equal(outline.symbols[3].kind, FB_SYMBOL_TEST);
    /* S of each of three blocks, I and P of one. */
    assert_int_equal(outline.symbol_count, 4 + 5);
    fb_arena_release(&arena);
}

static void test_places(void **state)
{
    (void)state;
    struct fb_arena arena;
    struct fb_outline outline;
    fb_arena_init(&arena, 1 << 26);
    FB_TEST_OK(fb_outline_read(fb_str_of(sample), &arena, &outline, &err));
    struct fb_outline_place place = fb_outline_at(&outline, 13, 7);
    assert_int_equal(place.symbol, 0);
    assert_true(fb_str_is(place.word, "large") && fb_str_is(place.block, "duty"));
    assert_true(!place.begins_line);
    place = fb_outline_at(&outline, 13, 11); /* behind its last letter */
    assert_int_equal(place.symbol, 0);
    place = fb_outline_at(&outline, 12, 3);
    assert_true(place.symbol == SIZE_MAX && place.begins_line);
    assert_true(fb_str_is(place.word, "when"));
    place = fb_outline_at(&outline, 2, 3);
    assert_true(fb_str_is(place.block, "policy") && place.block_number == 0);
    place = fb_outline_at(&outline, 999, 999);
    assert_true(fb_str_is(place.block, "test") && place.word.len == 0);
    place = fb_outline_at(&outline, 15, 24); /* in a string */
    assert_true(place.symbol == SIZE_MAX);
    fb_arena_release(&arena);
}

static void test_renaming(void **state)
{
    (void)state;
    static const struct {
        size_t symbol;
        const char *name;
        const char *says; /* NULL: allowed */
    } cases[] = {{0, "systemic", NULL}, {0, "large", NULL}, {0, "cyber", "is taken, at line 7"},
        {0, "Big", "no name of a rule"}, {0, "9th", "no name of a rule"}, {0, "", "no name"},
        {0, "a-b", "no name of a rule"}, {0, "duty", "word of the language"}, {4, "System", NULL},
        {4, "s", "no name of a variable"}, {7, "S", "is taken"}};
    struct fb_arena arena;
    struct fb_outline outline;
    fb_arena_init(&arena, 1 << 26);
    FB_TEST_OK(fb_outline_read(fb_str_of(sample), &arena, &outline, &err));
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        fb_err_init(&err);
        enum fb_code code =
            fb_outline_can_rename(&outline, cases[i].symbol, fb_str_of(cases[i].name), &err);
        assert_int_equal(code, cases[i].says ? FB_E_POLICY : FB_OK);
        assert_true(!cases[i].says || (strstr(err.message, cases[i].says) && err.hint[0]));
    }
    fb_arena_release(&arena);
}

static void test_limits(void **state)
{
    (void)state;
    struct fb_arena arena;
    struct fb_outline outline;
    static char text[FB_POLICY_TEXT_MAX + 1];
    memset(text, '#', sizeof(text));
    fb_arena_init(&arena, 1 << 28);
    FB_TEST_OK(fb_outline_read((struct fb_str){text, sizeof(text) - 1}, &arena, &outline, &err));
    FB_TEST_FAILS(
        fb_outline_read((struct fb_str){text, sizeof(text)}, &arena, &outline, &err), FB_E_LIMIT);
    FB_TEST_FAILS(fb_outline_read(FB_STR("let \xff"), &arena, &outline, &err), FB_E_UTF8);
    FB_TEST_OK(fb_outline_read(FB_STR(""), &arena, &outline, &err));
    assert_int_equal(outline.symbol_count, 0);
    fb_arena_release(&arena);
    for (int64_t n = 0;; n++) {
        fb_arena_init(&arena, 1 << 26);
        fb_alloc_fail_at(n);
        enum fb_code code = fb_outline_read(fb_str_of(sample), &arena, &outline, &err);
        fb_alloc_fail_at(-1);
        fb_arena_release(&arena);
        if (code == FB_OK) {
            assert_true(n > 2);
            break;
        }
        assert_int_equal(code, FB_E_NOMEM);
    }
}

/* The words that begin blocks and clauses in a policy are in the table, under their block. */
static size_t check_words(struct fb_str text, const char *path)
{
    struct fb_arena arena;
    struct fb_outline outline;
    size_t seen = 0;
    fb_arena_init(&arena, 1 << 28);
    FB_TEST_OK(fb_outline_read(text, &arena, &outline, &err));
    for (size_t i = 0; i < outline.token_count; i++) {
        const struct fb_token *token = &outline.tokens[i];
        if (token->kind != FB_TOKEN_WORD ||
            (token->layout != FB_LAYOUT_ITEM && token->layout != FB_LAYOUT_CLAUSE)) {
            continue;
        }
        struct fb_outline_place place =
            fb_outline_at(&outline, token->span.line, token->span.column);
        struct fb_str where = token->layout == FB_LAYOUT_ITEM ? FB_STR("item") : place.block;
        const struct fb_keyword *keyword = fb_keyword_find(token->text, where);
        if (!keyword || !fb_str_is(where, keyword->where)) {
            fail_msg("%s:%u: words.def does not have '%.*s' of '%.*s'", path, token->span.line,
                FB_STR_ARG(token->text), FB_STR_ARG(where));
        }
        seen++;
    }
    fb_arena_release(&arena);
    return seen;
}

static void test_words(void **state)
{
    (void)state;
    static const char *const folders[] = {"packs/*/*.fly", "packs/*/*/*.fly",
        "examples/*/policies/*.fly", "tests/lang/good/*.fly", "tests/lang/explained/*.fly",
        "tests/lang/histories/*.fly"};
    char pattern[4096];
    size_t seen = 0;
    for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++) {
        glob_t found;
        if (glob(source_path(folders[i], pattern, sizeof(pattern)), 0, NULL, &found) != 0) {
            continue;
        }
        for (size_t k = 0; k < found.gl_pathc; k++) {
            struct fb_buf text;
            fb_buf_init(&text, FB_POLICY_TEXT_MAX);
            FB_TEST_OK(fb_io_read(found.gl_pathv[k], &text, &err));
            seen += fb_str_utf8(fb_buf_str(&text), NULL)
                        ? check_words(fb_buf_str(&text), found.gl_pathv[k])
                        : 0;
            fb_buf_release(&text);
        }
        globfree(&found);
    }
    assert_true(seen > 100);
    size_t count;
    const struct fb_keyword *all = fb_keywords(&count);
    for (size_t i = 0; i < count; i++) {
        assert_true(all[i].text[strlen(all[i].text) - 1] == '.');
    }
}

/* The colours of the editors know every word that begins a block or a clause. */
static void test_editors(void **state)
{
    (void)state;
    static const char *const paths[] = {
        "editors/vim/syntax/flyball.vim", "editors/textmate/flyball.tmLanguage.json"};
    size_t count;
    const struct fb_keyword *all = fb_keywords(&count);
    for (size_t i = 0; i < 2; i++) {
        struct fb_buf text;
        fb_buf_init(&text, 1 << 20);
        read_source(paths[i], &text);
        fb_buf_add(&text, "", 1);
        for (size_t k = 0; k < count; k++) {
            /* Words stand between bars or brackets in both. */
            const char *at = text.ptr;
            bool found = strcmp(all[k].where, "any") == 0;
            size_t len = strlen(all[k].word);
            while (!found && (at = strstr(at, all[k].word))) {
                found = strchr("(|", at[-1]) && strchr(")|\\", at[len]);
                at += len;
            }
            if (!found) {
                fail_msg("%s does not colour '%s'", paths[i], all[k].word);
            }
        }
        fb_buf_release(&text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_editors), cmocka_unit_test(test_names),
        cmocka_unit_test(test_places), cmocka_unit_test(test_renaming),
        cmocka_unit_test(test_limits), cmocka_unit_test(test_words)};
    return cmocka_run_group_tests_name("outline", tests, setup, NULL);
}

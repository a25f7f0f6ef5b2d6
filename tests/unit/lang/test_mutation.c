/*
 * Mutations of good policies: cut short anywhere, a token dropped, two tokens swapped, a byte
 * changed; and of every shipped pack, at random, one to three of these and tokens that are put in
 * from elsewhere. Whatever comes of it compiles, or is refused with a place and a hint, in bounded
 * time; nothing crashes. FB_MUTATIONS=N tries so many mutants a pack instead of a few.
 */
#include <time.h>

#include "fb_draw.h"
#include "lang/complaint.h"
#include "lang/syntax/lexer.h"
#include "lang_test.h"

static const char *const corpus[] = {
    "tests/lang/good/commitments.fly",
    "tests/lang/good/conditions.fly",
    "tests/lang/good/messy.fly",
    "tests/lang/good/redline.fly",
    "tests/lang/good/constructs.fly",
    "examples/aurora/policies/aurora-framework.fly",
    "packs/eu/gpai-serious-incidents.fly",
};

enum { CORPUS_COUNT = sizeof(corpus) / sizeof(corpus[0]) };

static struct fb_err err;
static size_t compiled, refused;

/* The formatted text means the same. */
static void check_formatted(struct fb_str text, const struct fb_program *program)
{
    static struct policy again;
    static struct fb_policy_errors errors;
    struct fb_buf formatted, before, after;
    fb_buf_init(&formatted, FB_POLICY_TEXT_MAX * 4);
    fb_buf_init(&before, FB_POLICY_TEXT_MAX * 4);
    fb_buf_init(&after, FB_POLICY_TEXT_MAX * 4);
    assert_int_equal(fb_policy_format(text, "p.fly", &formatted, &errors), FB_OK);
    policy_compile(&again, fb_buf_str(&formatted));
    assert_int_equal(again.code, FB_OK);
    fb_program_print(program, &before);
    fb_program_print(again.program, &after);
    if (!fb_str_eq(fb_buf_str(&before), fb_buf_str(&after))) {
        fail_msg("formatting changed what this means:\n%.*s", FB_STR_ARG(text));
    }
    policy_release(&again);
    fb_buf_release(&formatted);
    fb_buf_release(&before);
    fb_buf_release(&after);
}

static void check(struct fb_str text)
{
    static struct policy policy;
    policy_compile(&policy, text);
    assert_int_equal(policy.code == FB_OK, policy.errors.count == 0);
    if (policy.code == FB_OK) {
        compiled++;
        check_formatted(text, policy.program);
    } else {
        refused++;
        assert_null(policy.program);
    }
    for (size_t i = 0; i < policy.errors.count; i++) {
        const struct fb_err *one = &policy.errors.items[i];
        if (!one->message[0] || !one->hint[0] || one->line == 0 || one->column == 0) {
            fail_msg("'%s' at %u:%u lacks something in:\n%.*s", one->message, one->line,
                one->column, FB_STR_ARG(text));
        }
    }
    policy_release(&policy);
}

static void load(size_t i, struct fb_buf *text)
{
    fb_buf_init(text, FB_POLICY_TEXT_MAX);
    read_source(corpus[i], text);
}

static void test_truncated(void **state)
{
    (void)state;
    compiled = refused = 0;
    for (size_t i = 0; i < CORPUS_COUNT; i++) {
        struct fb_buf text;
        load(i, &text);
        for (size_t len = 0; len <= text.len; len += 3) {
            check(fb_str_sub(fb_buf_str(&text), 0, len));
        }
        fb_buf_release(&text);
    }
    assert_true(refused > compiled && compiled > 0);
}

/* The tokens of a text, for mutations of them. */
static struct fb_tokens tokens_of(struct fb_str text, struct fb_arena *arena)
{
    static struct fb_policy_errors errors;
    struct fb_complaints complaints = {.name = "p.fly", .errors = &errors};
    struct fb_tokens tokens;
    errors.count = 0;
    assert_true(fb_lex(text, arena, &complaints, &tokens));
    assert_int_equal(errors.count, 0);
    return tokens;
}

/* Appends the bytes of a token and the space before it. */
static void add_token(
    struct fb_str text, const struct fb_tokens *tokens, size_t i, struct fb_buf *out)
{
    const char *from = text.ptr, *token = tokens->items[i].text.ptr;
    size_t quote = tokens->items[i].kind == FB_TOKEN_STRING;
    if (i > 0) {
        const struct fb_token *before = &tokens->items[i - 1];
        from = before->text.ptr + before->text.len + (before->kind == FB_TOKEN_STRING);
    }
    fb_buf_add(out, from, (size_t)(token - from) + tokens->items[i].text.len + quote);
}

/* The text without the token at a place, or with it and the next one swapped. */
static void mutate(
    struct fb_str text, const struct fb_tokens *tokens, size_t at, bool swap, struct fb_buf *out)
{
    fb_buf_clear(out);
    for (size_t i = 0; i + 1 < tokens->count; i++) {
        if (i == at && swap) {
            add_token(text, tokens, at + 1, out);
            add_token(text, tokens, at, out);
            i++;
        } else if (i != at) {
            add_token(text, tokens, i, out);
        }
    }
}

static void test_tokens(void **state)
{
    (void)state;
    compiled = refused = 0;
    for (size_t i = 0; i < CORPUS_COUNT; i++) {
        struct fb_buf text, mutant;
        struct fb_arena arena;
        load(i, &text);
        fb_buf_init(&mutant, FB_POLICY_TEXT_MAX);
        fb_arena_init(&arena, 1 << 24);
        struct fb_tokens tokens = tokens_of(fb_buf_str(&text), &arena);
        for (size_t at = 0; at + 2 < tokens.count; at++) {
            for (int swap = 0; swap < 2; swap++) {
                mutate(fb_buf_str(&text), &tokens, at, swap == 1, &mutant);
                check(fb_buf_str(&mutant));
            }
        }
        fb_arena_release(&arena);
        fb_buf_release(&text);
        fb_buf_release(&mutant);
    }
    assert_true(refused > compiled && compiled > 0);
}

static void test_bytes(void **state)
{
    (void)state;
    static const char bytes[] = {'"', '(', ')', ',', '#', '\n', '0', 'X', ' ', '%', '\xFF', 0};
    for (size_t i = 0; i < CORPUS_COUNT; i++) {
        struct fb_buf text;
        load(i, &text);
        for (size_t at = 0; at < text.len; at += 5) {
            char was = text.ptr[at];
            text.ptr[at] = bytes[at / 5 % sizeof(bytes)];
            check(fb_buf_str(&text));
            text.ptr[at] = was;
        }
        fb_buf_release(&text);
    }
}

/* ---- the packs, at random ---- */

enum { MUTANTS = 12, EDITS_MAX = 3, PROCESSOR_S_MAX = 5 };

static uint64_t draws;

static size_t draw(size_t below)
{
    return fb_draw_below(&draws, below);
}

/* One edit of a text: a token dropped, doubled, swapped with the next, or put in from another
 * place; or the text cut short. */
static void edit(struct fb_str text, const struct fb_tokens *tokens, struct fb_buf *out)
{
    enum { DROP, DOUBLE, SWAP, PUT, CUT, KINDS };
    size_t count = tokens->count - 1, at = draw(count), other = draw(count), kind = draw(KINDS);
    fb_buf_clear(out);
    for (size_t i = 0; i < count && !(kind == CUT && i == at); i++) {
        if (i == at && kind == SWAP && i + 1 < count) {
            add_token(text, tokens, at + 1, out);
        }
        if (i != at + 1 || kind != SWAP) {
            for (size_t n = i != at ? 1 : kind == DROP ? 0 : kind == DOUBLE ? 2 : 1; n > 0; n--) {
                add_token(text, tokens, i, out);
            }
        }
        if (i == at && kind == PUT) {
            fb_buf_add_char(out, ' ');
            add_token(text, tokens, other, out);
        }
    }
}

static size_t packs;

static enum fb_code mutate_pack(void *ctx, const char *path, struct fb_err *e)
{
    const char *given = getenv("FB_MUTATIONS");
    size_t mutants = given ? (size_t)strtoul(given, NULL, 10) : MUTANTS;
    struct fb_buf text, mutant[2];
    struct fb_arena arena;
    (void)ctx;
    if (!fb_str_ends(fb_str_of(path), FB_STR(".fly"))) {
        return FB_OK;
    }
    fb_buf_init(&text, FB_POLICY_TEXT_MAX);
    fb_buf_init(&mutant[0], FB_POLICY_TEXT_MAX);
    fb_buf_init(&mutant[1], FB_POLICY_TEXT_MAX);
    enum fb_code code = fb_io_read(path, &text, e);
    packs++;
    for (size_t n = 0; code == FB_OK && n < mutants; n++) {
        struct fb_str now = fb_buf_str(&text);
        for (size_t edits = 1 + draw(EDITS_MAX); edits > 0 && now.len > 0; edits--) {
            static struct fb_policy_errors errors;
            struct fb_complaints complaints = {.name = "p.fly", .errors = &errors};
            struct fb_tokens tokens;
            errors.count = 0;
            fb_arena_init(&arena, 1 << 24);
            assert_true(fb_lex(now, &arena, &complaints, &tokens));
            if (tokens.count > 1) {
                edit(now, &tokens, &mutant[edits % 2]);
                now = fb_buf_str(&mutant[edits % 2]);
            }
            fb_arena_release(&arena);
        }
        clock_t begin = clock();
        check(now);
        assert_true((clock() - begin) / CLOCKS_PER_SEC < PROCESSOR_S_MAX);
    }
    fb_buf_release(&text);
    fb_buf_release(&mutant[0]);
    fb_buf_release(&mutant[1]);
    return code;
}

static void test_packs(void **state)
{
    char path[4096];
    (void)state;
    compiled = refused = 0;
    FB_TEST_OK(fb_io_walk(source_path("packs", path, sizeof(path)), 2, mutate_pack, NULL, &err));
    printf("# %zu packs, %zu mutants compile, %zu are refused\n", packs, compiled, refused);
    assert_true(packs >= 20 && compiled > 0 && refused > compiled);
}

int main(void)
{
    fb_err_init(&err);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_truncated),
        cmocka_unit_test(test_tokens),
        cmocka_unit_test(test_bytes),
        cmocka_unit_test(test_packs),
    };
    return cmocka_run_group_tests_name("lang mutation", tests, NULL, NULL);
}

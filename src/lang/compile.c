#include "base/alloc.h"
#include "base/assert.h"
#include "engine/eval.h"
#include "lang/check/check.h"
#include "lang/explain.h"
#include "lang/lint.h"
#include "lang/lower/lower.h"
#include "lang/read.h"
#include "lang/syntax/parser.h"
#include "lang/syntax/print.h"
#include "lang/tests.h"

static const struct fb_span top = {1, 1, 0};

/* What can be said of the bytes before they are read. */
static void check_bytes(struct fb_str text, struct fb_complaints *complaints)
{
    size_t bad_at = 0;
    if (text.len > FB_POLICY_TEXT_MAX) {
        fb_complain(complaints, FB_E_LIMIT, top, "Split the policy into several files.",
            "a policy has at most %d bytes, found %zu", FB_POLICY_TEXT_MAX, text.len);
    } else if (!fb_str_utf8(text, &bad_at)) {
        fb_complain(complaints, FB_E_UTF8, fb_span_of(text, bad_at), "Save the file as UTF-8 text.",
            "the policy is not valid UTF-8");
    }
}

/* The end of a compilation that may have run out of memory. */
static enum fb_code finish(struct fb_complaints *complaints, bool memory, size_t used, size_t max)
{
    if (!memory && complaints->errors->count == 0) {
        bool limit = used > max / 2;
        fb_complain(complaints, limit ? FB_E_LIMIT : FB_E_NOMEM, top,
            limit ? "Split the policy into several." : "Close other programs and try again.",
            limit ? "the policy needs too much memory" : "memory ran out");
    }
    return complaints->errors->count ? complaints->errors->items[0].code : FB_OK;
}

/* Text to tokens to tree, as far as it goes; false when memory ran out. */
static bool read_tree(struct fb_str text, struct fb_arena *arena, struct fb_complaints *complaints,
    struct fb_tokens *tokens, struct fb_policy_tree **tree)
{
    check_bytes(text, complaints);
    if (complaints->errors->count > 0) {
        return true;
    }
    if (!fb_lex(text, arena, complaints, tokens)) {
        return false;
    }
    if (tokens->count > 0) {
        fb_parse(*tokens, arena, complaints, tree);
        return *tree != NULL;
    }
    return true;
}

/* Its formulas do not change any more. */
static void seal(struct fb_program *program)
{
    for (size_t i = 0; i < program->duty_count; i++) {
        const struct fb_duty *duty = &program->duties[i];
        for (size_t k = 0; k < fb_duty_form_count(duty); k++) {
            fb_form_seal(fb_duty_form(duty, k));
        }
    }
    for (size_t i = 0; i < program->redline_count; i++) {
        fb_form_seal(program->redlines[i].inside);
        fb_form_seal(program->redlines[i].outside);
    }
}

/* Compiles; with notes also looks for what is seldom meant. */
static enum fb_code compile(struct fb_str text, const char *name, struct fb_arena *arena,
    struct fb_program **out, struct fb_policy_errors *notes, struct fb_policy_errors *errors)
{
    struct fb_complaints complaints = {.name = name, .errors = errors};
    struct fb_complaints found = {.name = name, .errors = notes};
    struct fb_tokens tokens = {NULL, 0};
    struct fb_policy_tree *tree = NULL;
    struct fb_program *program = NULL;
    struct fb_arena scratch;
    FB_ASSERT(out && errors);
    errors->count = 0;
    fb_arena_init(&scratch, FB_POLICY_MEMORY_MAX);
    bool memory = read_tree(text, &scratch, &complaints, &tokens, &tree);
    if (memory && errors->count == 0) {
        memory = fb_check(tree, &scratch, &complaints);
    }
    if (memory && errors->count == 0) {
        memory = fb_lower(tree, arena, &complaints, &program);
    }
    if (memory && errors->count == 0 && notes) {
        fb_policy_notes(tree, &found);
        fb_program_lint(program, &found);
        fb_program_lint_cost(program, &found);
    }
    enum fb_code code = finish(&complaints, memory, scratch.used, scratch.max);
    fb_arena_release(&scratch);
    if (code == FB_OK) {
        seal(program);
        *out = program;
    }
    return code;
}

enum fb_code fb_policy_read(struct fb_str text, const char *name, struct fb_arena *arena,
    struct fb_policy_parts *out, struct fb_policy_errors *errors)
{
    struct fb_complaints complaints = {.name = name, .errors = errors};
    struct fb_policy_parts parts = {.tree = NULL};
    FB_ASSERT(arena && out && errors);
    errors->count = 0;
    bool memory = read_tree(text, arena, &complaints, &parts.tokens, &parts.tree);
    if (memory && errors->count == 0) {
        memory = fb_check(parts.tree, arena, &complaints);
    }
    if (memory && errors->count == 0) {
        memory = fb_lower(parts.tree, arena, &complaints, &parts.program);
    }
    enum fb_code code = finish(&complaints, memory, arena->used, arena->max);
    if (code == FB_OK) {
        seal(parts.program);
        *out = parts;
    }
    return code;
}

enum fb_code fb_policy_compile(struct fb_str text, const char *name, struct fb_arena *arena,
    struct fb_program **out, struct fb_policy_errors *errors)
{
    return compile(text, name, arena, out, NULL, errors);
}

enum fb_code fb_policy_review(struct fb_str text, const char *name, struct fb_arena *arena,
    struct fb_program **out, struct fb_policy_errors *notes, struct fb_policy_errors *errors)
{
    FB_ASSERT(notes);
    notes->count = 0;
    return compile(text, name, arena, out, notes, errors);
}

/* Appends what is worth a second look in a policy. */
static bool put_notes(const struct fb_policy_tree *tree, const struct fb_program *program,
    const char *name, struct fb_buf *out)
{
    struct fb_policy_errors *found = fb_calloc(1, sizeof(*found));
    struct fb_complaints notes = {.name = name, .errors = found};
    if (!found) {
        return false;
    }
    fb_policy_notes(tree, &notes);
    fb_program_lint(program, &notes);
    fb_program_lint_cost(program, &notes);
    fb_buf_add_c(out, found->count ? "\nWorth a second look:\n" : "");
    for (size_t i = 0; i < found->count; i++) {
        const struct fb_err *note = &found->items[i];
        fb_buf_addf(out, "  %s:%u:%u: %s\n    hint: %s\n", note->file, note->line, note->column,
            note->message, note->hint);
    }
    fb_free(found);
    return true;
}

enum fb_code fb_policy_explain(
    struct fb_str text, const char *name, struct fb_buf *out, struct fb_policy_errors *errors)
{
    struct fb_complaints complaints = {.name = name, .errors = errors};
    struct fb_program *program = NULL;
    struct fb_tokens tokens = {NULL, 0};
    struct fb_policy_tree *tree = NULL;
    struct fb_arena scratch;
    size_t before = out->len;
    fb_arena_init(&scratch, FB_POLICY_MEMORY_MAX);
    enum fb_code code = fb_policy_compile(text, name, &scratch, &program, errors);
    if (code == FB_OK) {
        bool memory = fb_lex(text, &scratch, &complaints, &tokens);
        if (memory) {
            fb_parse(tokens, &scratch, &complaints, &tree);
            memory = tree && fb_check(tree, &scratch, &complaints);
        }
        if (memory) {
            fb_explain_tree(tree, out);
            memory = put_notes(tree, program, name, out);
            fb_buf_add_c(out, "\nAs formulas:\n\n");
            fb_program_print(program, out);
        }
        memory = memory && out->state == FB_BUF_GOOD;
        code = finish(&complaints, memory, scratch.used, scratch.max);
    }
    if (code != FB_OK) {
        fb_buf_cut(out, before);
    }
    fb_arena_release(&scratch);
    return code;
}

enum fb_code fb_policy_tests(struct fb_str text, const char *name, struct fb_arena *arena,
    const struct fb_test **out, struct fb_policy_errors *errors)
{
    struct fb_complaints complaints = {.name = name, .errors = errors};
    struct fb_tokens tokens = {NULL, 0};
    struct fb_policy_tree *tree = NULL;
    FB_ASSERT(out && errors);
    errors->count = 0;
    bool memory = read_tree(text, arena, &complaints, &tokens, &tree);
    if (memory && errors->count == 0) {
        memory = fb_check(tree, arena, &complaints);
    }
    enum fb_code code = finish(&complaints, memory, arena->used, arena->max);
    if (code == FB_OK) {
        *out = tree->tests;
    }
    return code;
}

enum fb_code fb_policy_format(
    struct fb_str text, const char *name, struct fb_buf *out, struct fb_policy_errors *errors)
{
    struct fb_complaints complaints = {.name = name, .errors = errors};
    struct fb_tokens tokens = {NULL, 0};
    struct fb_policy_tree *tree = NULL;
    struct fb_arena scratch;
    FB_ASSERT(out && errors);
    errors->count = 0;
    fb_arena_init(&scratch, FB_POLICY_MEMORY_MAX);
    bool memory = read_tree(text, &scratch, &complaints, &tokens, &tree);
    if (memory && errors->count == 0) {
        size_t before = out->len;
        fb_print_tokens(&tokens, out);
        memory = out->state == FB_BUF_GOOD;
        if (!memory) {
            fb_buf_cut(out, before);
        }
    }
    enum fb_code code = finish(&complaints, memory, scratch.used, scratch.max);
    fb_arena_release(&scratch);
    return code;
}

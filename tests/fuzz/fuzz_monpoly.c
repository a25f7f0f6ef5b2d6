/* fuzz_monpoly.c: signature, formula and log of MonPoly, separated by lines "---", run to the end
 * by both evaluators, which print the same. */
#include "base/assert.h"
#include "engine/eval.h"
#include "lang/monpoly.h"

enum { ARENA_MAX = 1 << 24, TEXT_MAX = 1 << 16, POINTS_MAX = 12, TUPLES_MAX = 60 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Takes what stands before a line "---" off the front. */
static struct fb_str part(struct fb_str *rest)
{
    const char *start = rest->ptr;
    size_t len = 0;
    struct fb_str line;
    while (fb_str_line(rest, &line) && !fb_str_is(line, "---")) {
        len = (size_t)(line.ptr + line.len - start);
    }
    return (struct fb_str){start, len};
}

static enum fb_code keep(void *ctx, struct fb_buf *line, struct fb_err *err)
{
    (void)ctx;
    (void)line;
    (void)err;
    return FB_OK;
}

/* What the incremental evaluator makes of it. */
static void compare(const struct fb_monpoly_formula *formula, const struct fb_signature *signature,
    struct fb_str log, enum fb_code want, const struct fb_buf *out)
{
    struct fb_buf line;
    struct fb_err err;
    struct fb_monpoly_stream stream = {.sink = keep, .line = &line, .memory_max = ARENA_MAX};
    fb_err_init(&err);
    fb_buf_init(&line, TEXT_MAX);
    enum fb_code code = fb_monpoly_run_quick(formula, signature, log, &stream, &err);
    bool limited = code == FB_E_UNSUPPORTED || code == FB_E_LIMIT || want == FB_E_LIMIT;
    FB_ASSERT(limited || code == want);
    FB_ASSERT(limited || code || fb_str_eq(fb_buf_str(&line), fb_buf_str(out)));
    fb_buf_release(&line);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fb_arena arena;
    struct fb_err err;
    struct fb_buf out;
    struct fb_signature signature;
    struct fb_monpoly_formula formula;
    struct fb_trace trace;
    struct fb_str rest = {(const char *)data, size};
    if (size > TEXT_MAX) {
        return 0;
    }
    fb_err_init(&err);
    fb_arena_init(&arena, ARENA_MAX);
    fb_buf_init(&out, TEXT_MAX);
    struct fb_str sig = part(&rest);
    struct fb_str text = part(&rest);
    enum fb_code code = fb_monpoly_signature(sig, &arena, &signature, &err);
    code = code ? code : fb_monpoly_formula_read(text, &signature, &arena, &formula, &err);
    code = code ? code : fb_form_check(formula.plain.form, NULL, 0, &err);
    bool checked = code == FB_OK;
    code = code ? code : fb_monpoly_log(rest, &signature, &arena, &trace, &err);
    if (code == FB_OK && trace.time_count <= POINTS_MAX && trace.tuple_count <= TUPLES_MAX) {
        code = fb_monpoly_run(&formula, &trace, ARENA_MAX, &out, &err);
        FB_ASSERT(!checked || code != FB_E_SYNTAX);
        compare(&formula, &signature, rest, code, &out);
    }
    FB_ASSERT(code == FB_OK || err.message[0] != '\0');
    fb_buf_release(&out);
    fb_arena_release(&arena);
    return 0;
}

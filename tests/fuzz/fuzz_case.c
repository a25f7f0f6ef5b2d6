/* Fuzzes the reader of cases, and labels and draws what it accepts. */
#include "base/assert.h"
#include "case/case.h"
#include "report/case_svg.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
const char *__lsan_default_suppressions(void);

/* libfyaml 0.7.12 loses the marks of a long quoted scalar when the text after it is malformed, even
 * though parser and diagnostics are destroyed. Once a file it is bounded by the file's size. */
const char *__lsan_default_suppressions(void)
{
    return "leak:libfyaml";
}

/* Every predicate has an answer that depends on its length alone. */
static enum fb_code query(void *ctx, struct fb_str predicate, struct fb_arena *arena,
    struct fb_evidence *out, struct fb_err *err)
{
    (void)ctx;
    (void)err;
    out->health = (enum fb_evidence_state)(predicate.len % 3);
    out->why = fb_why_new(arena, "%zu bytes", predicate.len);
    return FB_OK;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fb_err err;
    fb_err_init(&err);
    struct fb_arena arena;
    fb_arena_init(&arena, (size_t)64 << 20);
    struct fb_case *c = NULL;
    struct fb_str text = {(const char *)data, size};
    if (fb_case_parse(text, "case.yaml", &arena, &c, &err) == FB_OK) {
        FB_ASSERT(c->top < c->element_count && c->elements[c->top].kind == FB_ELEMENT_GOAL);
        if (fb_case_label(c, query, NULL, &arena, &err) == FB_OK) {
            FB_ASSERT(c->elements[c->top].why);
            struct fb_buf out;
            fb_buf_init(&out, (size_t)64 << 20);
            if (fb_report_case_svg(c, &out, &err) == FB_OK) {
                FB_ASSERT(fb_str_utf8(fb_buf_str(&out), NULL));
            }
            fb_buf_release(&out);
        }
    }
    fb_arena_release(&arena);
    return 0;
}

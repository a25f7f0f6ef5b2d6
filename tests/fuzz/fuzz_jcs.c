/* fuzz_jcs.c: canonical JSON (RFC 8785). */
#include "base/assert.h"
#include "base/json.h"

enum { TEXT_MAX = 1 << 20, ARENA_MAX = 256 << 20 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The canonical form reads back, and its canonical form is itself. */
static void check_canonical(const struct fb_json *root)
{
    struct fb_err err;
    struct fb_buf first, second;
    struct fb_arena arena;
    struct fb_json *again = NULL;
    fb_buf_init(&first, ARENA_MAX);
    fb_buf_init(&second, ARENA_MAX);
    fb_arena_init(&arena, ARENA_MAX);
    if (fb_json_canonical(root, &first, &err) == FB_OK) {
        enum fb_code code = fb_json_parse(fb_buf_str(&first), "c", NULL, &arena, &again, &err);
        FB_ASSERT(code == FB_OK);
        code = fb_json_canonical(again, &second, &err);
        FB_ASSERT(code == FB_OK);
        FB_ASSERT(fb_str_eq(fb_buf_str(&first), fb_buf_str(&second)));
    } else {
        FB_ASSERT(err.code == FB_E_RANGE);
    }
    fb_arena_release(&arena);
    fb_buf_release(&first);
    fb_buf_release(&second);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fb_arena arena;
    struct fb_json *root = NULL;
    struct fb_err err;
    const struct fb_json_options loose = {.allow_nonfinite = true};
    if (size > TEXT_MAX) {
        return 0;
    }
    fb_err_init(&err);
    fb_arena_init(&arena, ARENA_MAX);
    struct fb_str text = {(const char *)data, size};
    if (fb_json_parse(text, "f", &loose, &arena, &root, &err) == FB_OK) {
        check_canonical(root);
    }
    fb_arena_release(&arena);
    return 0;
}

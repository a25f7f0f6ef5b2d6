/* fuzz_policy.c: policies. Errors have a place and a hint; the format is stable. */
#include "base/assert.h"
#include "lang/diff/diff.h"
#include "lang/lang.h"

enum { TEXT_MAX = 1 << 16 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_errors(const struct fb_policy_errors *errors)
{
    for (size_t i = 0; i < errors->count; i++) {
        const struct fb_err *err = &errors->items[i];
        FB_ASSERT(err->message[0] && err->hint[0] && err->line > 0 && err->column > 0);
    }
}

static void check_format(struct fb_str text)
{
    static struct fb_policy_errors errors;
    struct fb_buf once, twice;
    fb_buf_init(&once, TEXT_MAX * 16);
    fb_buf_init(&twice, TEXT_MAX * 16);
    if (fb_policy_format(text, "p.fly", &once, &errors) == FB_OK) {
        FB_ASSERT(fb_policy_format(fb_buf_str(&once), "p.fly", &twice, &errors) == FB_OK);
        FB_ASSERT(fb_str_eq(fb_buf_str(&once), fb_buf_str(&twice)));
    }
    check_errors(&errors);
    fb_buf_release(&once);
    fb_buf_release(&twice);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct fb_policy_errors errors;
    struct fb_arena arena;
    struct fb_program *program = NULL;
    struct fb_buf printed;
    if (size > TEXT_MAX) {
        return 0;
    }
    struct fb_str text = {(const char *)data, size};
    fb_arena_init(&arena, 1 << 26);
    fb_buf_init(&printed, 1 << 24);
    enum fb_code code = fb_policy_compile(text, "p.fly", &arena, &program, &errors);
    FB_ASSERT((code == FB_OK) == (program != NULL) && (code == FB_OK) == (errors.count == 0));
    check_errors(&errors);
    if (program) {
        struct fb_policy_change change;
        struct fb_err err;
        fb_program_print(program, &printed);
        /* Against itself, where a question may be too long to prove and none is proved wrongly. */
        if (fb_policy_compare(program, program, &arena, &change, &err) == FB_OK) {
            FB_ASSERT(change.change == FB_CHANGE_NONE || change.change == FB_CHANGE_UNDECIDED);
        }
    }
    check_format(text);
    fb_buf_release(&printed);
    fb_arena_release(&arena);
    return 0;
}

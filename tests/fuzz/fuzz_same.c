/* fuzz_same.c: files of words that are the same. Errors have a place and a hint; what a policy is
 * translated to compiles, and is what it is translated to again. */
#include "base/assert.h"
#include "lang/same.h"

enum { TEXT_MAX = 1 << 14 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char policy[] =
    "policy \"p\"\n  title \"P\"\n  version 1\n"
    "redline cyber(S)\n  measure success of S on \"cybench\", \"intercode\"\n"
    "  crossed at 50% with 95% confidence\n"
    "duty tell(S, I)\n  when incident I of system S with class death, known to P\n  party P\n"
    "  must report I to \"office\" stage \"initial\"\n  within 2 days\n"
    "commitment hold(S) by \"dev\"\n  while cyber(S) crossed\n"
    "  must notify \"office\" of \"incident report\" for S within 3 days\n"
    "exempt small(S)\n  when training compute of S < 1e23 FLOP\n  from cyber, tell\n"
    "pace\n  fast when doubling time of horizon, capability < 5 months with 90% confidence\n"
    "  relax after 90 days\n"
    "test \"t\"\n  given 2026-01-01: system \"s\"\n  expect cyber(\"s\") not ruled out\n";

static void check_errors(const struct fb_policy_errors *errors)
{
    FB_ASSERT(errors->count > 0);
    for (size_t i = 0; i < errors->count; i++) {
        const struct fb_err *err = &errors->items[i];
        FB_ASSERT(err->message[0] && err->hint[0] && err->line > 0 && err->column > 0);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct fb_policy_errors errors;
    struct fb_arena arena;
    struct fb_same same;
    struct fb_str once, twice;
    if (size > TEXT_MAX) {
        return 0;
    }
    fb_arena_init(&arena, 1 << 26);
    if (fb_same_read((struct fb_str){(const char *)data, size}, "same.txt", &arena, &same,
            &errors) != FB_OK) {
        check_errors(&errors);
    } else if (fb_same_translate(&same, fb_str_of(policy), "p.fly", &arena, &once, &errors) !=
               FB_OK) {
        check_errors(&errors);
    } else {
        FB_ASSERT(fb_same_translate(&same, once, "p.fly", &arena, &twice, &errors) == FB_OK);
        FB_ASSERT(fb_str_eq(once, twice));
    }
    fb_arena_release(&arena);
    return 0;
}

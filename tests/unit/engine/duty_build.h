/* duty_build.h: one trace for tests of duties, begun anew for each. */
#ifndef FB_TEST_DUTY_BUILD_H
#define FB_TEST_DUTY_BUILD_H

#include "ir_build.h"

enum { ARENA_MAX = 1 << 26 };

static struct build b;

/** For the setup of a test: nothing is there yet. */
static inline int build_begin(const struct fb_signature *signature)
{
    fb_arena_init(&arena, ARENA_MAX);
    fb_err_init(&err);
    build_start(&b, signature);
    return 0;
}

static inline int teardown(void **state)
{
    (void)state;
    fb_arena_release(&arena);
    return 0;
}

static inline fb_time at(const char *s)
{
    fb_time t = 0;
    assert_int_equal(fb_time_parse(fb_str_of(s), &t, &err), FB_OK);
    return t;
}

#endif

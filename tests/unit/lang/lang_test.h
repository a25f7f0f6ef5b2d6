/* lang_test.h: what the tests of the policy language share. */
#ifndef LANG_TEST_H
#define LANG_TEST_H

#include "base/io.h"
#include "fb_test.h"
#include "lang/lang.h"

/** A policy under test: its text, and what came of it. */
struct policy {
    struct fb_arena arena;
    struct fb_program *program;
    struct fb_policy_errors errors;
    enum fb_code code;
};

/** Compiles a text into *out; release it with policy_release. */
static inline void policy_compile(struct policy *out, struct fb_str text)
{
    memset(out, 0, sizeof(*out));
    fb_arena_init(&out->arena, 1 << 26);
    out->code = fb_policy_compile(text, "p.fly", &out->arena, &out->program, &out->errors);
}

/** Frees it. */
static inline void policy_release(struct policy *policy)
{
    fb_arena_release(&policy->arena);
}

/** The path of a file of the source tree. Returns out. */
static inline const char *source_path(const char *relative, char *out, size_t size)
{
    const char *root = getenv("FB_SOURCE_ROOT");
    snprintf(out, size, "%s/%s", root ? root : ".", relative);
    return out;
}

/** Appends a file of the source tree to out; fails the test when it cannot be read. */
static inline void read_source(const char *relative, struct fb_buf *out)
{
    char path[4096];
    struct fb_err err;
    fb_err_init(&err);
    FB_TEST_OK(fb_io_read(source_path(relative, path, sizeof(path)), out, &err));
}

/** Compiles a file of the source tree; fails the test when it does not compile. */
static inline void policy_of_file(struct policy *out, const char *relative)
{
    struct fb_buf text;
    fb_buf_init(&text, FB_POLICY_TEXT_MAX);
    read_source(relative, &text);
    policy_compile(out, fb_buf_str(&text));
    if (out->code != FB_OK) {
        fail_msg("%s:%u: %s", relative, out->errors.items[0].line, out->errors.items[0].message);
    }
    fb_buf_release(&text);
}

#endif

/* read.h: a policy in all the forms that it goes through, for who needs its text with its meaning.
 */
#ifndef FB_LANG_READ_H
#define FB_LANG_READ_H

#include "lang/syntax/lexer.h"
#include "lang/syntax/tree.h"

/** A policy's forms. */
struct fb_policy_parts {
    struct fb_tokens tokens;
    struct fb_policy_tree *tree; /**< checked */
    struct fb_program *program;
};

/** Reads, checks and lowers a policy. All forms live in arena; tokens and tree borrow text. Errors
 * as fb_policy_compile. */
FB_CHECKED enum fb_code fb_policy_read(struct fb_str text, const char *name, struct fb_arena *arena,
    struct fb_policy_parts *out, struct fb_policy_errors *errors);

#endif

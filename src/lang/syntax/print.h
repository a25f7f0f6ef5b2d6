/*
 * print.h: tokens back to text, in the one format.
 *
 * The layout depends only on the tokens, on what the parser noted of them, on which comments stand
 * on a line of their own, and on where empty lines are; so formatting twice changes nothing.
 */
#ifndef FB_LANG_SYNTAX_PRINT_H
#define FB_LANG_SYNTAX_PRINT_H

#include "base/buf.h"
#include "lang/syntax/lexer.h"

/** Appends the policy that these parsed tokens are. */
void fb_print_tokens(const struct fb_tokens *tokens, struct fb_buf *out);

#endif

/*
 * explain.h: a policy in plain English, and what is worth a second look in it.
 *
 * The English is made from the tree that is compiled, never from titles or comments, so that it
 * says what the policy does and not what its author meant.
 */
#ifndef FB_LANG_EXPLAIN_H
#define FB_LANG_EXPLAIN_H

#include "lang/complaint.h"
#include "lang/syntax/tree.h"

/** Appends the policy as paragraphs of English, wrapped at 90 columns; then its notes, then what it
 * compiles to as formulas. Errors as fb_policy_compile; out is unchanged then. */
FB_CHECKED enum fb_code fb_policy_explain(
    struct fb_str text, const char *name, struct fb_buf *out, struct fb_policy_errors *errors);

/** Appends a checked policy as English. */
void fb_explain_tree(const struct fb_policy_tree *tree, struct fb_buf *out);

/** Appends one item of a checked policy as a sentence or more, not wrapped. */
void fb_explain_item(const struct fb_item *item, struct fb_buf *out);

/** Appends a pace block of a checked policy likewise. */
void fb_explain_pace(const struct fb_pace_block *pace, struct fb_buf *out);

/** Appends a condition as English, on one line. */
void fb_explain_condition(const struct fb_cond *cond, struct fb_buf *out);

/** Adds what is allowed and yet seldom meant: a definition or red line that nothing uses, something
 * that must be done and has no deadline. Not errors; each has a place and a hint. */
void fb_policy_notes(const struct fb_policy_tree *tree, struct fb_complaints *notes);

#endif

/*
 * complaint.h: how the passes of the language report what they find in a policy.
 *
 * A complaint always has a place and a hint. The list is bounded; what comes after its end is
 * dropped, and the passes look at fb_complaints_full to give up early.
 */
#ifndef FB_LANG_COMPLAINT_H
#define FB_LANG_COMPLAINT_H

#include "lang/lang.h"

/** Where complaints go. */
struct fb_complaints {
    const char *name; /**< of the policy's file; borrowed */
    struct fb_policy_errors *errors;
};

/** Adds an error at a place. hint is one full sentence and not empty. */
void fb_complain(struct fb_complaints *to, enum fb_code code, struct fb_span at, const char *hint,
    const char *fmt, ...) FB_PRINTF(5, 6);

/** The line and column of a byte of a text, from 1, columns counted in bytes. */
struct fb_span fb_span_of(struct fb_str text, size_t byte);

/** True when the list holds FB_POLICY_ERRORS_MAX errors. */
bool fb_complaints_full(const struct fb_complaints *to);

/** The nearest known word to one that is not known. */
struct fb_nearest {
    struct fb_str word;
    struct fb_str best; /**< empty: nothing is near */
    size_t distance;
};

/** Begins a search for words near to word, which is borrowed. */
struct fb_nearest fb_nearest_to(struct fb_str word);

/** Offers a known word, borrowed; the first of the nearest ones is kept. Near means: at most (n +
 * 1) / 3 of the n letters of the longer one inserted, deleted or replaced (Levenshtein). */
void fb_nearest_offer(struct fb_nearest *nearest, struct fb_str known);

/** Writes "Did you mean 'X'?" or, when nothing is near, otherwise. Returns out. */
const char *fb_nearest_hint(
    const struct fb_nearest *nearest, const char *otherwise, char out[FB_ERR_TEXT_MAX]);

#endif

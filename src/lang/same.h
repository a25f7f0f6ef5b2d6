/*
 * same.h: words of several policies that mean the same.
 *
 * Laws and frameworks call one thing by several names. A file says which, a group a line or more:
 *
 *     # what is reported
 *     "incident report" = "serious incident notification"
 *     cyber = offensive_cyber = hacking
 *
 * In quotes stand texts: what acts are about, tasks, safeguards, parties, stages, cases. Without
 * quotes stand names of rules. Policies are compared after each word of a group was replaced by the
 * first of it, so that all that looks at them (pairing, prover, histories, drafts) sees one word.
 */
#ifndef FB_LANG_SAME_H
#define FB_LANG_SAME_H

#include "lang/lang.h"

/** Limits; each has an error and a test. */
enum { FB_SAME_TEXT_MAX = 1 << 20, FB_SAME_WORDS_MAX = 2000 };

/** A word of a group. */
struct fb_same_word {
    struct fb_str text;
    bool is_name; /**< of a rule; else a text */
    struct fb_span span;
    size_t first; /**< index of the first word of its group */
    bool used;    /**< a policy that was translated says it */
};

/** Groups of words. */
struct fb_same {
    const char *name;           /**< of the file; borrowed */
    struct fb_same_word *words; /**< in the order of the file */
    size_t count;
    struct fb_same_word **sorted; /**< private: the words by text */
};

/** Reads groups. They live in arena and borrow text and name. All it finds goes into errors; the
 * code is that of the first: E_SYNTAX, E_POLICY, E_LIMIT, E_UTF8, E_NOMEM. */
FB_CHECKED enum fb_code fb_same_read(struct fb_str text, const char *name, struct fb_arena *arena,
    struct fb_same *out, struct fb_policy_errors *errors);

/** Gives a policy with each word replaced by the first of its group, line by line as before.
 * Titles, sources and names of tests are left as they are. It compiles, and so does what comes out,
 * which lives in arena. Marks the words that were found as used. Errors as fb_policy_compile;
 * E_POLICY where a policy has two rules that a group says are one. */
FB_CHECKED enum fb_code fb_same_translate(struct fb_same *same, struct fb_str text,
    const char *name, struct fb_arena *arena, struct fb_str *out, struct fb_policy_errors *errors);

#endif

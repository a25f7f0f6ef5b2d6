/*
 * lang.h: the policy language, from text to a program of the engine.
 *
 * The passes are folders: syntax (text to tree), check (names, units, scopes), lower (tree to
 * ir.h). docs/LANGUAGE.md has the grammar.
 */
#ifndef FB_LANG_LANG_H
#define FB_LANG_LANG_H

#include "engine/ir.h"

/** Limits; each has an error and a test. */
enum {
    FB_POLICY_TEXT_MAX = 1 << 20, /**< bytes of a policy file */
    FB_POLICY_RULES_MAX = 20000,
    FB_POLICY_ERRORS_MAX = 20, /**< after so many the parser gives up */
};

/** The signature that policies see: one relation a kind of record (its columns are id, subject,
 * issuer, at, then the scalar fields of kinds.def), and the relations that lower strata give:
 * redline(rule, system, status), case(name, system, status). Static storage. */
const struct fb_signature *fb_policy_signature(void);

/** Index of a relation of that signature by name; -1 when there is none. */
int fb_policy_relation(const char *name);

/** Column index of a relation by name; -1 when there is none. */
int fb_policy_column(uint32_t relation, const char *column);

/** Several errors of one policy. */
struct fb_policy_errors {
    struct fb_err items[FB_POLICY_ERRORS_MAX];
    size_t count;
};

/** Compiles a policy. All it finds goes into errors (never NULL); the code is that of the first.
 * The program lives in arena and borrows nothing. */
FB_CHECKED enum fb_code fb_policy_compile(struct fb_str text, const char *name,
    struct fb_arena *arena, struct fb_program **out, struct fb_policy_errors *errors);

/** Appends the policy in its one format, comments kept. Formatting twice changes nothing. */
FB_CHECKED enum fb_code fb_policy_format(
    struct fb_str text, const char *name, struct fb_buf *out, struct fb_policy_errors *errors);

#endif

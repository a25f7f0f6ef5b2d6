/*
 * lang.h: the policy language, from text to a program of the engine.
 *
 * The passes are folders: syntax (text to tree), check (names, types, units, scopes), lower (tree
 * to ir.h). docs/LANGUAGE.md has the grammar. Every error of a policy says where it stands (line
 * and column), what was expected, what was found, and one thing to do about it.
 */
#ifndef FB_LANG_LANG_H
#define FB_LANG_LANG_H

#include "engine/ir.h"

/** Limits; each has an error and a test: docs/LANGUAGE.md, Limits. */
enum {
    FB_POLICY_TEXT_MAX = 4 << 20, /**< bytes of a policy file */
    FB_POLICY_RULES_MAX = 20000,
    FB_POLICY_ERRORS_MAX = 20,      /**< after so many the parser gives up */
    FB_POLICY_DEPTH_MAX = 30,       /**< parentheses and `not` inside each other */
    FB_POLICY_NODES_MAX = 5000,     /**< nodes of the formulas of one rule, definitions expanded */
    FB_POLICY_MEMORY_MAX = 1 << 28, /**< bytes of scratch memory of a compilation */
    FB_POLICY_HOLIDAYS_MAX = 2000,
    FB_POLICY_RETAIN_MAX = 100,
    FB_POLICY_CHAIN_MAX = 8, /**< duties that follow one another by `hence` */
};

/** How grave a consequence is beside another: above 0 more, below 0 less, 0 as grave. *out_apart:
 * neither (then 0), since to secure a system is another thing than to halt or to restrict it. */
int fb_lest_order(enum fb_consequence a, enum fb_consequence b, bool *out_apart);

/** The signature that policies see: one relation a kind of record (its columns are id, subject,
 * issuer, at, then the scalar fields of kinds.def), and the relations that lower strata give:
 * redline(rule, system, status), whose rule is "POLICY/RULE" and whose status is a word of
 * fb_line_status_name, and case_status(name, system, status); orders and waivers in force; and
 * growth(id, subject, issuer, at, series, pace, doubling_days, low_days, high_days);
 * pace(policy, level); case_standing(name, system, standing); grant_standing, level_held and
 * share_of_original, which several records say together (govern/derived.c). Static storage. */
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

/** The same, and adds to notes (never NULL) what compiles and is yet seldom meant: lang/explain.h
 * and lang/lint.h list it. Notes are no errors and do not change the code. */
FB_CHECKED enum fb_code fb_policy_review(struct fb_str text, const char *name,
    struct fb_arena *arena, struct fb_program **out, struct fb_policy_errors *notes,
    struct fb_policy_errors *errors);

/** Appends the policy in its one format, comments kept. Formatting twice changes nothing. */
FB_CHECKED enum fb_code fb_policy_format(
    struct fb_str text, const char *name, struct fb_buf *out, struct fb_policy_errors *errors);

/** Appends a lowered program as text, one line a part, for people and for golden tests. */
void fb_program_print(const struct fb_program *program, struct fb_buf *out);

/** Appends a formula of a rule whose variables have these names, as fb_program_print does. */
void fb_form_print(const struct fb_signature *signature, const struct fb_str *vars,
    const struct fb_form *form, struct fb_buf *out);

#endif

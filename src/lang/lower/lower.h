/*
 * lower.h: a checked tree to a program of the engine.
 *
 * Definitions are expanded where they are used. A variable that a rule does not need outside of a
 * part is bound by an `exists` right around that part, so that the engine's tables stay small.
 */
#ifndef FB_LANG_LOWER_LOWER_H
#define FB_LANG_LOWER_LOWER_H

#include "lang/check/bindings.h"
#include "lang/complaint.h"
#include "lang/signature.h"

enum { FB_LOWER_NAMES_MAX = 512, FB_LOWER_EVERY_PACE = (1 << FB_PACE_LEVELS) - 1 };

/** A name that is visible, and what it stands for. */
struct fb_visible {
    struct fb_str name;
    struct fb_term *term;
    bool fresh; /**< introduced here; a parameter of a definition is not */
};

/** The lowering of one rule. */
struct fb_lowering {
    struct fb_arena *arena; /**< of the program */
    struct fb_complaints *complaints;
    struct fb_str policy;
    const struct fb_item *const *exempts; /**< the exemptions of the policy */
    size_t exempt_count;
    struct fb_span span; /**< of the rule, for limits */
    struct fb_str vars[FB_IR_VARS_MAX];
    size_t var_count;
    struct fb_visible visible[FB_LOWER_NAMES_MAX];
    size_t visible_count;
    size_t frame; /**< names before this are another definition's */
    size_t nodes;
    struct fb_term *received; /**< the variables of receipts in this rule; NULL: none yet */
    struct fb_term *admitted;
    bool asks_pace; /**< a condition of the policy asks for the pace */
    bool stopped;   /**< a limit was complained about */
    bool no_memory;
};

/** Lowers a policy. *out is set only when nothing was complained about; false when memory ran
 * out. The program lives in arena and borrows nothing. */
bool fb_lower(const struct fb_policy_tree *tree, struct fb_arena *arena,
    struct fb_complaints *complaints, struct fb_program **out);

/** Begins a rule. */
void fb_lower_begin(struct fb_lowering *l, struct fb_span span);

/** True while nothing went wrong. The functions below give NULL after something did. */
bool fb_lower_good(const struct fb_lowering *l);

/** Zeroed memory for count objects of a size; a copy of a text. */
void *fb_lower_array(struct fb_lowering *l, size_t count, size_t size);
struct fb_str fb_lower_copy(struct fb_lowering *l, struct fb_str text);

/** A new variable of the rule, not visible under any name. */
struct fb_term *fb_lower_variable(struct fb_lowering *l, struct fb_str name);

/** Makes each of the names visible as a variable, unless it is visible already. */
void fb_lower_introduce(struct fb_lowering *l, const struct fb_names *names);

/** The term of a visible name; NULL when there is none. */
struct fb_term *fb_lower_find(struct fb_lowering *l, struct fb_str name);

/** The term of a value for a column of this domain, which may be NULL. */
struct fb_term *fb_lower_term(
    struct fb_lowering *l, const struct fb_word *word, const struct fb_domain *domain);

/** A constant text. */
struct fb_term *fb_lower_text(struct fb_lowering *l, struct fb_str text);

/** Formulas. Operands that are NULL make NULL, except that fb_lower_and takes one of them. */
struct fb_form *fb_lower_pred(struct fb_lowering *l, uint32_t relation, struct fb_span span);
struct fb_form *fb_lower_not(struct fb_lowering *l, struct fb_form *form);
struct fb_form *fb_lower_and(struct fb_lowering *l, struct fb_form *a, struct fb_form *b);
struct fb_form *fb_lower_or(struct fb_lowering *l, struct fb_form *a, struct fb_form *b);
struct fb_form *fb_lower_compare(
    struct fb_lowering *l, struct fb_term *a, enum fb_compare compare, struct fb_term *b);
struct fb_form *fb_lower_exists(
    struct fb_lowering *l, struct fb_form *form, const uint32_t *vars, size_t count);

/** Puts a term into a column of a PRED. */
void fb_lower_column(struct fb_form *pred, uint32_t column, struct fb_term *term);

/** A condition; all that it binds is visible. */
struct fb_form *fb_lower_condition(struct fb_lowering *l, const struct fb_cond *cond);

/** A condition, with what is not visible yet bound by an `exists` around it; NULL for NULL. */
struct fb_form *fb_lower_closed(struct fb_lowering *l, const struct fb_cond *cond);

/** `red line RULE of this policy has one of these statuses for system`. */
struct fb_form *fb_lower_line(struct fb_lowering *l, struct fb_str rule, unsigned statuses,
    struct fb_term *system, struct fb_span span);

/** `the pace of this policy is TERM`; `is one of the levels of a mask`. */
struct fb_form *fb_lower_pace_is(struct fb_lowering *l, struct fb_term *level, struct fb_span span);
struct fb_form *fb_lower_pace(struct fb_lowering *l, unsigned levels, struct fb_span span);

/** The two sides of a scope, for a system: certainly inside, certainly outside. Both are NULL when
 * every system is inside. */
void fb_lower_scope(struct fb_lowering *l, const struct fb_scope_clause *scope,
    struct fb_term *system, struct fb_form **inside, struct fb_form **outside);

/** That a system is exempt from a rule by any exemption of the policy; NULL when none speaks of it.
 */
struct fb_form *fb_lower_exempt(
    struct fb_lowering *l, const struct fb_item *rule, struct fb_term *system);

/** That a waiver in force excuses from the rule NAME: by one of the parties of the clause, about no
 * other system, party or record than those of the duty. NULL without such a clause. */
struct fb_form *fb_lower_waiver(
    struct fb_lowering *l, const struct fb_item *item, struct fb_str name, size_t bound);

/** The same of a rule of a checked policy, of variable 0, by itself. It lives in arena; *out is
 * NULL when nobody is exempt. False when memory ran out. */
bool fb_lower_exemption(const struct fb_policy_tree *tree, const struct fb_item *rule,
    struct fb_arena *arena, struct fb_form **out);

/** True for an exemption that speaks of the rule. */
bool fb_exempts(const struct fb_item *exempt, const struct fb_item *rule);

/** Who is exempt from a rule, in English; empty: nobody. */
struct fb_str fb_lower_exempt_text(struct fb_lowering *l, const struct fb_item *rule);

/** The exemptions of a policy, for fb_lower_exempt. */
void fb_lower_list_exempts(struct fb_lowering *l, const struct fb_policy_tree *tree);

/** A definition or exemption of one variable, of a term. */
struct fb_form *fb_lower_of(
    struct fb_lowering *l, const struct fb_item *item, struct fb_term *term);

/** Receipts of the report that the act of a duty that must be done asks for: sets `received` of the
 * duty, and what belongs to it. Nothing when the act is no report. */
void fb_lower_received(struct fb_lowering *l, struct fb_duty *duty);

/** A red line. */
void fb_lower_redline(struct fb_lowering *l, const struct fb_item *item, struct fb_redline *out);

#endif

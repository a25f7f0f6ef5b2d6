/*
 * check.h: names, variables, types and units of a parsed policy.
 *
 * The check also resolves: it fills the fields of the tree that are marked "check". What passes it
 * without a complaint can be lowered.
 */
#ifndef FB_LANG_CHECK_CHECK_H
#define FB_LANG_CHECK_CHECK_H

#include "base/map.h"
#include "lang/check/bindings.h"
#include "lang/complaint.h"
#include "lang/signature.h"
#include "lang/tests.h"

/** What is known of the variables of one rule: the domain of the column that first bound each. */
struct fb_variables {
    struct fb_str names[FB_IR_VARS_MAX];
    const struct fb_domain *domains[FB_IR_VARS_MAX];
    size_t count;
};

/** The state of a check. */
struct fb_checker {
    struct fb_arena *arena;
    struct fb_complaints *complaints;
    struct fb_map all;  /**< name to item */
    struct fb_map lets; /**< the definitions that stand before the current item */
    struct fb_variables variables;
    bool has_pace;       /**< the policy has a pace block */
    const char *trigger; /**< what binds the variables of the current rule, as "when" */
    bool too_many;       /**< it was said that the current rule has too many variables */
};

/** Checks a policy. False when memory ran out; what it finds goes to complaints. */
bool fb_check(
    struct fb_policy_tree *tree, struct fb_arena *arena, struct fb_complaints *complaints);

/** Checks a condition whose context binds `known`; adds what it binds to known. NULL is allowed. */
void fb_check_condition(struct fb_checker *c, struct fb_cond *cond, struct fb_names *known);

/** Checks a pace block (NULL: none) and hands each rule what changes of it at a pace, before the
 * rules are checked. False when memory ran out. */
bool fb_check_pace(struct fb_checker *c, struct fb_pace_block *pace);

/** The first line of `within` with this condition; NULL when there is none. */
const struct fb_within_line *fb_within_same(
    const struct fb_within_line *lines, struct fb_str guard_text);

/** Gives margins `until next evaluation` that have no size the one that the pace allows, after
 * fb_check_pace. False when memory ran out. */
bool fb_check_growth(struct fb_checker *c, const struct fb_policy_tree *tree);

/** A limit of a pace in days; a month has 365.25 / 12 of them. */
double fb_pace_days(const struct fb_amount *limit);

/** What the rest of a rule's name (`deploy`, `secure.2`, `hence`, `report.hence`) means of an item;
 * empty: the duty itself. NULL when there is none. */
struct fb_demand *fb_check_part(const struct fb_item *item, struct fb_str part);

/** Checks a red line. */
void fb_check_redline(struct fb_checker *c, struct fb_item *item);

/** Checks a scope. */
void fb_check_scope(struct fb_checker *c, struct fb_scope_clause *scope);

/** Checks a test block. */
void fb_check_test(struct fb_checker *c, struct fb_test *test);

/** Complains with FB_E_POLICY. */
void fb_check_fail(struct fb_checker *c, struct fb_span at, const char *hint, const char *message);

/** The domain of a variable of the current rule; NULL when nothing is known of it. */
const struct fb_domain *fb_check_domain(const struct fb_checker *c, struct fb_str name);

/** An amount of hours or days in microseconds; complains about other units, and gives 0. */
int64_t fb_check_exact(struct fb_checker *c, const struct fb_amount *amount);

#endif

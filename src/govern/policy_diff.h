/*
 * policy_diff.h: what changed between two policies, with a history for every difference.
 *
 * lang/diff says what can be shown from the text. Here both policies are also run, over histories
 * that are made of their own words and numbers (each threshold and deadline, just below and just
 * above), until one is found on which a clause of the newer policy is stricter, and one on which it
 * is weaker. That does three things: it shows a person the difference, it decides some of what the
 * prover leaves open, and it would contradict the prover where that is wrong.
 *
 * The histories are test blocks: paste one into either policy.
 */
#ifndef FB_GOVERN_POLICY_DIFF_H
#define FB_GOVERN_POLICY_DIFF_H

#include "lang/diff/diff.h"

/** Limits: histories that are tried for one clause, and for one pair of policies. */
enum { FB_POLICY_DIFF_TRIES_MAX = 600, FB_POLICY_DIFF_TRIES_TOTAL_MAX = 6000 };

/** A history on which two versions of a clause differ. Text lives in the arena of the run. */
struct fb_policy_example {
    struct fb_str given; /**< the lines of `given`, one record a line; empty: none was found */
    fb_time at;          /**< asked at this moment */
    struct fb_str older; /**< what the older policy says then: "owed until 2026-03-12" */
    struct fb_str newer;
};

/** A clause and its examples. */
struct fb_policy_diff_item {
    const struct fb_clause_change *clause;
    enum fb_change change;             /**< as shown or found; UNDECIDED: neither */
    struct fb_policy_example stricter; /**< the newer one is more adverse here */
    struct fb_policy_example weaker;   /**< the newer one is less adverse here */
    size_t tries;
};

/** The result of a comparison. */
struct fb_policy_diff {
    enum fb_change change;
    struct fb_policy_diff_item *items; /**< as in fb_policy_change */
    size_t count;
};

/** A policy's text and the name of its file. */
struct fb_policy_source {
    struct fb_str text;
    const char *name;
};

/** Compiles and compares two policies; sources[0] is the older one. tries is the most histories for
 * one clause, FB_POLICY_DIFF_TRIES_MAX at most; 0: none are looked for. Errors of either policy go
 * to errors. Results live in arena and borrow nothing. */
FB_CHECKED enum fb_code fb_policy_diff_run(const struct fb_policy_source sources[2], size_t tries,
    struct fb_arena *arena, struct fb_policy_diff *out, struct fb_policy_errors *errors);

/** Two duties of one policy of which one demands what the other forbids. */
struct fb_policy_conflict {
    const struct fb_duty *must;
    const struct fb_duty *may_not;
    struct fb_policy_example example; /**< both bind here; given is empty when none was found */
};

/** Finds the conflicts of a compiled policy (lang/lint.h) and a history for each. Results live in
 * arena. E_NOMEM, E_LIMIT. */
FB_CHECKED enum fb_code fb_policy_conflicts(const struct fb_policy_source *policy,
    const struct fb_program *program, struct fb_arena *arena, struct fb_policy_conflict **out,
    size_t *out_count, struct fb_err *err);

#endif

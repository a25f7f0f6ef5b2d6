/*
 * diff.h: what changed between two versions of a policy, clause by clause: stricter, weaker or
 * neither.
 *
 * One policy is at least as strict as another when every history that keeps to it keeps to the
 * other too: its red lines are never less adverse, its duties arise at least as often, are due no
 * later and ask no less. Each part of a clause (threshold, margin, scope, trigger, act, deadline
 * ...) is compared for itself. "Stricter" and "weaker" are said only of what was shown: by
 * arithmetic for numbers, by the prover of imply.h for conditions. What cannot be shown is
 * UNDECIDED, and for who can evaluate to look at (govern/policy_diff.h).
 */
#ifndef FB_LANG_DIFF_DIFF_H
#define FB_LANG_DIFF_DIFF_H

#include "lang/lang.h"

/** What became of a part, a clause or a policy. */
enum fb_change {
    FB_CHANGE_NONE,
    FB_CHANGE_REWORDED, /**< other words, same meaning */
    FB_CHANGE_STRICTER,
    FB_CHANGE_WEAKER,
    FB_CHANGE_UNDECIDED,    /**< changed; no proof either way */
    FB_CHANGE_INCOMPARABLE, /**< stricter in one respect and weaker in another */
    FB_CHANGE_ADDED,        /**< a clause that was not there: stricter */
    FB_CHANGE_REMOVED,      /**< a clause that is gone: weaker */
};

/** Limits. */
enum {
    FB_DIFF_ASPECTS_MAX = 24,  /**< parts that a clause has */
    FB_DIFF_PAIRS_MAX = 20000, /**< pairs of clauses, neither with its old name or words, that are
                                    looked at; then they count as removed and added */
};

/** One part of a clause that changed. Text lives in the arena of the comparison. */
struct fb_aspect {
    const char *name; /**< "deadline" */
    enum fb_change change;
    struct fb_str before;
    struct fb_str after;
};

/** A clause: a red line, a duty, a promise of a commitment, or the header (neither pointer set). */
struct fb_clause_change {
    struct fb_str name;     /**< in the newer policy; in the older one when it was removed */
    struct fb_str old_name; /**< in the older policy; empty when it was added */
    const struct fb_redline *lines[2]; /**< older and newer; NULL: not there, or not a red line */
    const struct fb_duty *duties[2];   /**< the same for duties */
    enum fb_change change;
    struct fb_aspect aspects[FB_DIFF_ASPECTS_MAX]; /**< only those that changed */
    size_t aspect_count;
};

/** A comparison. */
struct fb_policy_change {
    enum fb_change change;            /**< of the whole */
    struct fb_clause_change *clauses; /**< the header first, then in the order of the newer policy,
                                           then what was removed; unchanged ones included */
    size_t clause_count;
};

/** Both programs, which must outlive the result, and what changed from older to newer. Results live
 * in arena. E_NOMEM, E_LIMIT. */
FB_CHECKED enum fb_code fb_policy_compare(const struct fb_program *older,
    const struct fb_program *newer, struct fb_arena *arena, struct fb_policy_change *out,
    struct fb_err *err);

/** The upper bound (a proportion) at which a line's margins, applied in their order, just reach a
 * threshold: an evaluation whose bound is lower stays below the threshold. */
double fb_redline_reaching(const struct fb_redline *line, double threshold);

/** What two changes are together: stricter and weaker is incomparable. */
enum fb_change fb_change_join(enum fb_change a, enum fb_change b);

/** A word: "unchanged", "reworded", "stricter", "weaker", "undecided", "incomparable", "added",
 * "removed". */
const char *fb_change_name(enum fb_change change);

#endif

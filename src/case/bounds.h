/*
 * bounds.h: what is known of the relations of a labelled case, and how sure its claims are.
 */
#ifndef FB_CASE_BOUNDS_H
#define FB_CASE_BOUNDS_H

#include "case/case.h"

/** Beyond so many supporters a claim of independence is not computed with; the bound stays valid.
 */
enum { FB_CASE_PRODUCT_MAX = 1000 };

/** Kinds of relation between elements. */
enum fb_relation_kind {
    FB_RELATION_SUPPORT,
    FB_RELATION_CONTEXT,
    FB_RELATION_CHALLENGE,          /**< of an element */
    FB_RELATION_CHALLENGE_RELATION, /**< of the relation between `to` and `second` */
};

/** A relation of a labelled case. Its label is about the relation, not about its ends: a support or
 * context relation is OUT only when a challenge to it stands. */
struct fb_case_relation {
    enum fb_relation_kind kind;
    uint32_t from;   /**< what is supported, has the context, or challenges */
    uint32_t to;     /**< what supports it, is the context, or is challenged */
    uint32_t second; /**< CHALLENGE_RELATION: the other end of what is challenged; UINT32_MAX */
    enum fb_label label;
};

/** A word for a kind of relation: "support", "context", "challenge", "challenge of a relation". */
const char *fb_relation_kind_name(enum fb_relation_kind kind);

/** All relations of a labelled case, in arena: support and context in the order of elements, then
 * challenges. E_NOMEM. */
FB_CHECKED enum fb_code fb_case_relations(const struct fb_case *argument, struct fb_arena *arena,
    struct fb_case_relation **out, size_t *out_count, struct fb_err *err);

/** Between which limits the probability of a claim lies. */
struct fb_case_bounds {
    double low;
    double high;
};

/**
 * Bounds of all elements of a labelled case, in arena, without an assumption on how its parts
 * depend on each other (M. Frechet, "Sur les tableaux de correlation", 1951; for "k of n" B.
 * Rueger, "Das maximale Signifikanzniveau des Tests: Lehne H0 ab, wenn k unter n gegebenen Tests
 * zur Ablehnung fuehren", Metrika 25, 1978).
 *
 * A leaf has the bounds it is given while its evidence holds (IN); [0, 0] when it is FALSIFIED;
 * else [0, 1]. All of n: low = max(0, 1 - sum of (1 - low)). Any of n: low = max of low. Where it
 * is shown that supporters are independent, and none of them rests on evidence of another, low is
 * the probability that enough of them hold, with their lows as probabilities. What is accepted
 * without being shown is [0, 1]. What is given in context and has no bounds counts as true, as what
 * is assumed. Support says something about a claim only from below, unless the claim is exhaustive:
 * then high follows in the same way. A challenge with bounds takes its high off the low of its
 * target, and its low off a target element's high. UNDERCUT is [0, 1], whatever support remains.
 * E_NOMEM.
 */
FB_CHECKED enum fb_code fb_case_bound(const struct fb_case *argument, struct fb_arena *arena,
    struct fb_case_bounds **out, struct fb_err *err);

#endif

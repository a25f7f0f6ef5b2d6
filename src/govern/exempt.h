/*
 * exempt.h: that a system is below the threshold of every rule, and what says so.
 *
 * Whether it is, the picture says (fb_system_view.exempt); this gathers the grounds: each rule's
 * scope, the thresholds in its conditions (where it compares a field of the system with a number),
 * and the system's own figures.
 */
#ifndef FB_GOVERN_EXEMPT_H
#define FB_GOVERN_EXEMPT_H

#include "govern/docket.h"

/** Limits; each has an error. */
enum {
    FB_EXEMPT_THRESHOLDS_MAX = 1000,  /**< of one rule */
    FB_EXEMPT_STATEMENT_MAX = 1 << 24 /**< bytes of a certificate */
};

/** A condition in a rule that compares a field of the system's record with a fixed value. */
struct fb_threshold {
    struct fb_str field; /**< as "training_compute_flop" */
    const char *op;      /**< "<", "<=", ">=" or ">": the rule asks for FIELD op LIMIT */
    struct fb_value limit;
    struct fb_value value; /**< the system's; NONE when its record does not say */
};

/** A rule in force that can concern systems. */
struct fb_exempt_rule {
    const struct fb_policy_view *policy;
    const struct fb_line_view *line; /**< a red line; NULL: a duty */
    const struct fb_duty *duty;      /**< NULL: a red line */
    struct fb_threshold *thresholds;
    size_t threshold_count;
};

/** What the certificate rests on, or what applies instead. */
struct fb_exemption {
    const struct fb_system_view *system;
    struct fb_exempt_rule *rules;
    size_t rule_count;
    struct fb_str *applies; /**< sentences without a full stop; none when it is exempt */
    size_t applies_count;
};

/** Gathers the grounds for a system (its id). Lives in arena and borrows from the picture.
 * E_NOT_FOUND, E_NOMEM, E_LIMIT. */
FB_CHECKED enum fb_code fb_exempt_gather(const struct fb_picture *picture, struct fb_str system,
    struct fb_arena *arena, struct fb_exemption *out, struct fb_err *err);

#endif

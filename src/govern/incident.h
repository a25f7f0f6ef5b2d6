/*
 * incident.h: one incident under all rules at once: each clock, and what keeps one from being told;
 * who said what of it, and when.
 *
 * Nothing is decided anew: the clocks are the duties of a picture that an incident binds. Where a
 * rule about incidents gives none, it is said why; a date is never guessed.
 */
#ifndef FB_GOVERN_INCIDENT_H
#define FB_GOVERN_INCIDENT_H

#include "govern/picture.h"
#include "govern/retention.h"
#include "record/registry.h"

/** How a clock stands. */
enum fb_clock_state {
    FB_CLOCK_RUNS,         /**< there is a duty; its deadline is set, or it has none */
    FB_CLOCK_CANNOT_TELL,  /**< a fact is missing */
    FB_CLOCK_NOT_OWED,     /**< the rule's conditions do not hold of this incident */
    FB_CLOCK_NOT_IN_FORCE, /**< the policy is not in force now */
};

/** The clock of one rule. */
struct fb_incident_clock {
    const struct fb_policy_view *policy;
    const struct fb_duty *rule;
    const struct fb_duty_view *duty; /**< NULL: nothing is owed */
    enum fb_clock_state state;
    struct fb_str needs; /**< CANNOT_TELL: the fact, as "date of awareness (known_at)" */
    struct fb_str why;   /**< NOT_OWED: the condition that does not hold, with its fact; empty for a
                          rule that follows another, which is its reason */
};

/** One thing that was said of an incident. */
struct fb_incident_word {
    const struct fb_record *record;
    bool knows;        /**< it says who knew since when */
    fb_time known_at;  /**< FB_TIME_MAX: it does not say */
    struct fb_str who; /**< who knew; empty: it does not say */
};

/** An incident. */
struct fb_incident_view {
    const struct fb_record *first; /**< its identity */
    const struct fb_record *head;  /**< what holds now */
    bool small_unknown;            /**< the system does not say its compute, and counts as large */
    struct fb_incident_clock *clocks;
    size_t clock_count;
    struct fb_incident_word *words; /**< in the order of admission */
    size_t word_count;
    struct fb_retention kept; /**< until when what belongs to it is kept: fb_retention_incident */
};

/** Gathers an incident by the record of any of its versions. Lives in arena and borrows from the
 * picture and the registry. E_NOMEM. */
FB_CHECKED enum fb_code fb_incident_gather(const struct fb_picture *picture,
    const struct fb_registry *registry, const struct fb_record *incident, struct fb_arena *arena,
    struct fb_incident_view *out, struct fb_err *err);

/** A word for a state: "runs", "cannot tell", "not owed", "not in force". */
const char *fb_clock_state_name(enum fb_clock_state state);

#endif

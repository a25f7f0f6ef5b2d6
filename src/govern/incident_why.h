/*
 * incident_why.h: which fact or condition keeps a rule from applying to an incident. Private to the
 * room.
 */
#ifndef FB_GOVERN_INCIDENT_WHY_H
#define FB_GOVERN_INCIDENT_WHY_H

#include "govern/incident.h"

/** Reads the conditions of each rule that gives no duty about an incident (the clocks of `view`
 * that are NOT_OWED) against what is on record, and says in its clock why: the first condition that
 * does not hold, with the fact that it reads; or, where such a fact is not on record and nothing
 * else rules the duty out, what it needs, and then the clock is CANNOT_TELL. Texts live in arena.
 * E_NOMEM. */
FB_CHECKED enum fb_code fb_incident_why(const struct fb_picture *picture,
    const struct fb_registry *registry, struct fb_arena *arena, struct fb_incident_view *view,
    struct fb_err *err);

#endif

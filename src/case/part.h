/*
 * part.h: a part of an argument: an element with all that it rests on.
 */
#ifndef FB_CASE_PART_H
#define FB_CASE_PART_H

#include "case/case.h"

/** The elements of a part. */
struct fb_case_members {
    uint8_t *in;     /**< of each element of the argument: it belongs to the part */
    uint32_t *items; /**< the members; the one that was asked for is the first */
    size_t count;
};

/** Finds an element's part: its supporters and context, whatever challenges one of these or a
 * relation between them, and so on. Lives in arena. E_NOMEM. */
FB_CHECKED enum fb_code fb_case_members(const struct fb_case *argument, uint32_t element,
    struct fb_arena *arena, struct fb_case_members *out, struct fb_err *err);

/** The element whose challenge, or whose relation, a challenge is against. */
uint32_t fb_case_challenged(const struct fb_case *argument, const struct fb_challenge *challenge);

/** True when a challenge is made and meant within a part, whose elements have in[] set: an element
 * may challenge others too. */
bool fb_case_is_within(
    const struct fb_case *argument, const uint8_t *in, const struct fb_challenge *challenge);

/** A copy of an element's part as an argument of its own, whose top it is: elements, challenges
 * and bindings in their order, with the labels and reasons that they have. Lives in arena and
 * borrows texts and reasons from the argument. E_NOMEM. */
FB_CHECKED enum fb_code fb_case_part(const struct fb_case *argument, uint32_t element,
    struct fb_arena *arena, struct fb_case **out, struct fb_err *err);

#endif

/*
 * near.h: the known word that is nearest to a mistyped one, for hints.
 *
 * Distance is that of Levenshtein, with a swap of neighbours counted once (optimal string
 * alignment). Words of more than FB_NEAR_MAX bytes are near to nothing.
 */
#ifndef FB_RECORD_NEAR_H
#define FB_RECORD_NEAR_H

#include "base/str.h"

/** Longest word that is compared, in bytes. */
enum { FB_NEAR_MAX = 200 };

/** A search. Offer candidates one by one, then read best; it is empty when none is near. */
struct fb_near {
    struct fb_str word;
    struct fb_str best; /**< borrowed from its candidate */
    size_t distance;    /**< of best; before the first, the least distance that is not near */
};

/** Starts a search for the neighbour of word, which is borrowed. One change in four letters, and at
 * least two, is near. */
void fb_near_init(struct fb_near *near, struct fb_str word);

/** Offers one candidate. Of several at the same distance, the first stays. */
void fb_near_offer(struct fb_near *near, struct fb_str candidate);

#endif

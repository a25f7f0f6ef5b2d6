/*
 * why.h: the reason of a verdict, as a tree of sentences down to records.
 *
 * Every room that decides something builds one; report prints it. All of a tree lives in one arena.
 */
#ifndef FB_BASE_WHY_H
#define FB_BASE_WHY_H

#include "base/arena.h"

/** "This rests on no record": the value of fb_why.seq then. */
#define FB_WHY_NO_RECORD UINT64_MAX

/** One sentence, what it rests on, and its own reasons. */
struct fb_why {
    struct fb_str text;      /**< one sentence, without a full stop */
    struct fb_str record_id; /**< the record it rests on; empty when none */
    uint64_t seq;            /**< that record's place in the ledger, or FB_WHY_NO_RECORD */
    struct fb_why *child;    /**< first reason, or NULL */
    struct fb_why *next;     /**< next reason of the same parent, or NULL */
};

/** A sentence that rests on no record; NULL when memory ran out. */
struct fb_why *fb_why_new(struct fb_arena *arena, const char *fmt, ...) FB_PRINTF(2, 3);

/** Says which record a sentence rests on. why may be NULL. Returns why. */
struct fb_why *fb_why_on(struct fb_why *why, struct fb_str record_id, uint64_t seq);

/** Appends child as the last reason of parent; either may be NULL, then nothing happens. */
void fb_why_add(struct fb_why *parent, struct fb_why *child);

#endif

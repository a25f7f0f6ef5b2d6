/*
 * shares.h: how much of its original's training compute a modification used, at one instant.
 * Private to shares.c and shares_figure.c.
 *
 * A lineage is a system with all that it was made from. Of each system of it one record holds at
 * the instant, or none. All figures are bounds: a lower one is 0 and an upper one is infinite where
 * nothing better is known (docs/decisions/0078-share-of-the-original.md).
 */
#ifndef FB_GOVERN_SHARES_H
#define FB_GOVERN_SHARES_H

#include "base/exact.h"
#include "evidence/training.h"
#include "govern/work.h"

/** Bounds of a quantity. */
struct fb_share_range {
    double low;
    double high; /**< INFINITY: not bounded */
};

/** A record of a system, as a lineage needs it. */
struct fb_share_version {
    const struct fb_record *record;
    struct fb_str developer;
    size_t *parents; /**< indexes of systems of the lineage */
    size_t parent_count;
    enum fb_training_counts counts; /**< whether theirs counts for this one */
    double declared;                /**< cumulative; 0: not said */
    struct fb_share_range model;    /**< by parameters and tokens; high 0: not said */
};

/** What the runs of a system that hold come to. */
struct fb_share_runs {
    struct fb_exact low, high;
    size_t count;   /**< of those that may count */
    size_t unsaid;  /**< of those, without a plan */
    size_t at_hand; /**< of those, not over */
};

/** A system of a lineage. */
struct fb_share_system {
    struct fb_str id;
    const struct fb_record *first;        /**< NULL: there is no such system */
    const struct fb_share_version *holds; /**< at the instant; NULL: none does */
    struct fb_share_runs runs;
    /* Of the instant: */
    enum { FB_SHARE_NEW, FB_SHARE_OPEN, FB_SHARE_DONE } walk;
    bool met;        /**< leads from the modification by systems of the same developer only */
    bool unclear;    /**< and how one of them was made is not said */
    bool own_parent; /**< the modification was made from it directly, by the same developer */
    bool descends;   /**< from the original in question */
    struct fb_share_range all;    /**< its training compute, with what it was made from */
    struct fb_share_range beyond; /**< what it has beyond the original in question */
};

/** A lineage; systems[0] is the modification. */
struct fb_lineage {
    struct fb_share_system *systems;
    size_t count;
    size_t *order; /**< those that the modification was made from now, and itself as the last: each
                      behind what it was made from */
    size_t order_count;
    bool is_open; /**< there are too many, or they form a circle */
};

/** What a modification used of one original. */
struct fb_share {
    const struct fb_share_system *original;
    bool own; /**< of the same developer */
    const struct fb_share_version *original_holds;
    struct fb_share_range flop; /**< of the modification */
    struct fb_share_range original_flop;
    struct fb_share_range share;
};

/** Most originals whose figures are computed; of more nothing is ruled out. Has a test. */
enum { FB_SHARES_MAX = 100 };

/** Puts the systems that hold in order and finds the originals of the modification, which holds:
 * how many there are. */
size_t fb_lineage_settle(struct fb_lineage *lineage);

/** The figures of each original, of which there are so many, in the order of their ids. */
void fb_lineage_shares(struct fb_lineage *lineage, struct fb_share *out, size_t count);

#endif

/*
 * slice_walk.h: joins without time. Only slice_walk.c and slice_cut.h include it.
 *
 * A walk takes the parts of a conjunction in an order that keeps the number of tuples small, binds
 * variables to what it finds, and tells of each complete valuation. It knows no time and no
 * negation, so it finds every valuation that may hold at some time-point, and more. On the way it
 * can mark every tuple that it meets, also under negations: all that can have a say about these
 * valuations.
 */
#ifndef FB_ENGINE_SLICE_WALK_H
#define FB_ENGINE_SLICE_WALK_H

#include "engine/access.h"
#include "engine/table.h"

struct fb_walk;
struct fb_step;

/** Is told of a valuation: walk->values of the variables in bound. */
typedef enum fb_code (*fb_walk_found)(struct fb_walk *walk, fb_vars bound);

/** A walk. */
struct fb_walk {
    struct fb_access *access;
    struct fb_arena *arena; /**< of everything below */
    struct fb_err *err;
    fb_walk_found found; /**< NULL: only marks are wanted */
    void *ctx;
    fb_vars enough; /**< when all of these are bound the rest need not be; 0: go to the end */

    bool marking;  /**< tuples that are met are marked */
    size_t *marks; /**< tuples of this round, each once */
    size_t mark_count;
    size_t mark_cap;
    uint64_t *seen; /**< once there are more than are looked through: the round and the mark, by
                         hash; what is of another round is free */
    size_t seen_count;
    size_t looked; /**< tuples that were looked at in this round */
    uint32_t round;
    bool met;    /**< a valuation of what is walked over was complete */
    bool begins; /**< an atom that asks for the beginning of a tuple met one in this round */

    bool still; /**< all that is walked over is asked of the same time-points, so that a branch
                     whose tuples never hold together is not gone on with */
    size_t low; /**< the tuples of this branch hold together in [low, high) only */
    size_t high;
    bool exact; /**< what was taken so far in this branch holds of the values throughout these,
                     and nothing is left out */
    bool sure;  /**< a valuation of what is walked over was complete and exact throughout
                     [asked_low, asked_high) */
    size_t asked_low;
    size_t asked_high;
    bool stops; /**< a walk, or the marking of a formula, goes no further than a valuation that is
                     exact from stop_low or before on for good */
    size_t stop_low;
    bool stopped;  /**< it met one */
    bool computed; /**< a text was made for a variable, in the memory of the walk */

    struct fb_step **slots; /**< private: what is done at each place where it was, by hash */
    size_t slot_count;      /**< a power of two */
    size_t step_count;
    fb_vars foreseen; /**< what a walk begins with is known before it begins (fb_walk_expect) */
    struct fb_step **lookups; /**< private: steps that look for tuples by that alone */
    size_t lookup_count;
    const struct fb_value *began;   /**< what this walk began with, if it was foreseen; else NULL */
    unsigned turn;                  /**< private: of the walks that were foreseen */
    const struct fb_form **pending; /**< room for all nodes, where a step is made */
    struct fb_value values[FB_IR_VARS_MAX];
};

/** Prepares a walk over formulas with so many nodes in all. */
FB_CHECKED enum fb_code fb_walk_init(struct fb_walk *walk, struct fb_access *access, size_t nodes,
    struct fb_arena *arena, struct fb_err *err);

/** Walks over the conjunction of parts under what is bound. Calls may be nested. */
FB_CHECKED enum fb_code fb_walk_run(
    struct fb_walk *walk, const struct fb_form *const *parts, size_t count, fb_vars bound);

/** Says which values (by variable) the variables in walk->foreseen will have in a walk to come.
 * What that looks for first is fetched meanwhile. */
void fb_walk_expect(struct fb_walk *walk, const struct fb_value *values);

/** Begins a round: nothing is marked. */
void fb_walk_begin(struct fb_walk *walk);

/** Marks the tuples that have a say about a formula under what is bound, and tells nobody. */
FB_CHECKED enum fb_code fb_walk_mark(
    struct fb_walk *walk, const struct fb_form *form, fb_vars bound);

/** Marks one tuple. */
FB_CHECKED enum fb_code fb_walk_add(struct fb_walk *walk, uint32_t id);

/** Variables that every walk over a formula under what is bound binds for sure; once all of
 * `wanted` are among them, others may be missing. */
fb_vars fb_walk_binds(const struct fb_form *form, fb_vars bound, fb_vars wanted);

/** False when no tuple can be met in a walk over a formula (NULL: none), since the relations that
 * it reads are empty. */
bool fb_walk_meets(const struct fb_form *form, const struct fb_access *access);

/** True when walks can be made over these formulas (NULL is allowed), of which the first ones are
 * walked over together and each of the others by itself under what those bind: they have no regular
 * expression and no definition, and no quantifier or aggregation hides a variable that stands
 * elsewhere in a walk too, so that a variable has one value at a time. */
bool fb_walk_possible(const struct fb_form *const *forms, size_t count, size_t first);

#endif

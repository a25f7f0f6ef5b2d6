/*
 * slice_steps.h: what a walk does next. Only slice_walk.c and slice_steps.c include it.
 *
 * Which part of a conjunction is taken next, and what is left then, hangs on the parts that are
 * pending and on which variables are bound, not on their values. So it is found out once for each
 * of these, when a walk first comes there, and kept: a step with those that follow it.
 */
#ifndef FB_ENGINE_SLICE_STEPS_H
#define FB_ENGINE_SLICE_STEPS_H

#include "engine/slice_walk.h"

enum fb_step_kind {
    FB_STEP_END,      /**< nothing can be met */
    FB_STEP_MET,      /**< a valuation is complete */
    FB_STEP_TEST,     /**< what is bound decides form: next[0] where it holds */
    FB_STEP_TUPLES,   /**< next[0] for each tuple of form, a predicate */
    FB_STEP_EQUATION, /**< next[0], unless form, an equation, fails */
    FB_STEP_EITHER,   /**< next[0] and next[1] */
    FB_STEP_ASIDE,    /**< next[1], which tells nobody, then next[0] */
};

/** Where a walk is. */
struct fb_place {
    const struct fb_form *const *parts; /**< still to be taken */
    size_t count;
    fb_vars bound;
    bool told; /**< found is told of valuations */
};

/** What a step will look for, and by which hash. */
struct fb_ahead {
    const struct fb_value *of; /**< the values that the walk begins with; NULL: not known */
    uint32_t hash;
};

struct fb_step {
    enum fb_step_kind kind;
    bool exact;  /**< nothing that has a say is left out here, and form is asked for what it says */
    bool needed; /**< ASIDE: next[0] only if something was met that form may hold of */
    const struct fb_form *form;
    uint64_t known;                      /**< TUPLES: columns whose values are known */
    const struct fb_access_index *index; /**< TUPLES: over these; NULL: not asked for yet */
    struct fb_ahead ahead[2];            /**< TUPLES: in the walks to come, in turns */
    struct fb_place place;               /**< where this is done */
    bool marking;                        /**< of the walk, as `enough`: a step is made for these */
    fb_vars enough;
    size_t hash;              /**< of all that */
    struct fb_place after[2]; /**< where next is done */
    struct fb_step *next[2];  /**< NULL: nobody came there yet */
};

/** What is done at a place, whose parts last as long as the walk; NULL when memory ran out. */
struct fb_step *fb_step_at(struct fb_walk *walk, const struct fb_place *place);

/** The same where a walk begins: the parts are copied. */
struct fb_step *fb_step_first(struct fb_walk *walk, const struct fb_place *place);

/** What follows. */
static inline struct fb_step *fb_step_next(struct fb_walk *walk, struct fb_step *step, int n)
{
    if (!step->next[n]) {
        step->next[n] = fb_step_at(walk, &step->after[n]);
    }
    return step->next[n];
}

#endif

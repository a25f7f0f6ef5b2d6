/*
 * imply.h: does one condition follow from another?
 *
 * A prover for the conditions that policies lower to: facts, comparisons with constants, `and`,
 * `or`, `not`, `exists`. It splits what is assumed into its cases and looks, in each, for values
 * that make the goal true (containment of conjunctive queries: Chandra and Merlin, "Optimal
 * implementation of conjunctive queries in relational data bases", STOC 1977). It is sound: what it
 * says follows does. It is not complete: false means that no proof was found within its steps.
 *
 * What it knows beyond logic: a comparison with a missing value never holds, so `not x < 5` is less
 * than `x >= 5`; a record has one tuple, so two facts of the same id agree in every column; a red
 * line has one status for a system; a policy has one pace, and always one of the three.
 *
 * Two rules are read together, each with variables of its own. Variables that the caller joins are
 * the same value; others mean some value where they stand in a goal and a given one where they
 * stand in an assumption.
 */
#ifndef FB_LANG_DIFF_IMPLY_H
#define FB_LANG_DIFF_IMPLY_H

#include "engine/ir.h"

/** Limits: past them there is no proof. The last is of steps, so that every question ends. */
enum {
    FB_IMPLY_CELLS_MAX = 4096,
    FB_IMPLY_FACTS_MAX = 256,
    FB_IMPLY_PARTS_MAX = 32,
    FB_IMPLY_STEPS_MAX = 200000,
};

/** A formula of one of the two rules (side 0 or 1); NULL: true. */
struct fb_imply_part {
    const struct fb_form *form;
    unsigned side;
};

/** A text of side 1 that means the same as a text of side 0, as the name of a red line. */
struct fb_imply_same {
    struct fb_str theirs; /**< in side 1 */
    struct fb_str ours;   /**< in side 0 */
};

/** A question. */
struct fb_imply {
    struct fb_imply_part assumed[FB_IMPLY_PARTS_MAX]; /**< all of these hold */
    size_t assumed_count;
    struct fb_imply_part goal[FB_IMPLY_PARTS_MAX]; /**< do all of these? */
    size_t goal_count;
    const uint32_t *joined[2]; /**< joined[0][i] and joined[1][i] are the same value */
    size_t joined_count;
    const struct fb_imply_same *same;
    size_t same_count;
};

/** True when a proof was found. false, too, when memory ran out. */
bool fb_implies(const struct fb_imply *question);

/** True when the goals are what is assumed in the words of the other side, in the order in which it
 * is assumed, but for the names of variables, texts that mean the same, and further alternatives.
 * That is a proof, and needs no steps however many cases the words have. */
bool fb_restates(const struct fb_imply *question);

#endif

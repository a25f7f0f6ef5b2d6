/* check_parts.h: what the files of the checker share. No other file includes it. */
#ifndef FB_PROOF_CHECK_PARTS_H
#define FB_PROOF_CHECK_PARTS_H

#include "engine/proof.h"

/** Values that a variable does not have. */
struct fb_without {
    const struct fb_value *values;
    size_t count;
    const struct fb_without *next;
};

/** A FREEZE or LETPAST around, and where it stands. */
struct fb_around {
    const struct fb_form *form;
    size_t tp;
    const struct fb_around *outer;
};

/** What is known of each variable: its value, or, where that is NULL, which it does not have. */
struct fb_knows {
    const struct fb_value *value[FB_IR_VARS_MAX];
    const struct fb_without *without[FB_IR_VARS_MAX];
    const struct fb_around *around;
};

/** One judgement, at each of the time-points from .. to. */
struct fb_goal {
    const struct fb_form *form;
    size_t from;
    size_t to;
    bool holds;
    const struct fb_knows *knows;
};

struct fb_checker;

/** One check. */
struct fb_check {
    const struct fb_checker *checker; /**< has the lemmas; NULL: there are none */
    const struct fb_trace *trace;
    const size_t *starts; /**< tuples that begin at time-point i: [starts[i], starts[i + 1]) */
    const size_t *longer; /**< tuples that hold at more than one */
    size_t longer_count;
    struct fb_arena *arena; /**< for what is small */
    size_t steps;
    size_t depth;
    struct fb_err *err;
};

/** Whether proof proves the goal; where not, err says why. */
bool fb_check_step(
    struct fb_check *c, const struct fb_proof_step *proof, const struct fb_goal *goal);

/** Says why not, once; returns false. */
bool fb_check_refuse(struct fb_check *c, const struct fb_proof_step *proof, const char *message);

/** Counts work; false beyond the limit. */
bool fb_check_work(struct fb_check *c, size_t steps);

/** The time-points that an operator looks at from tp: [*out_low, *out_high]; false: none. */
bool fb_check_window(
    const struct fb_check *c, const struct fb_form *form, size_t tp, size_t out[2]);

/** A judgement about a definition, with what is known of its parameters, by a lemma. */
bool fb_check_lemma(
    struct fb_check *c, const struct fb_proof_step *proof, const struct fb_goal *goal);

/** Whether two values are equal and of the same type. */
bool fb_check_same(struct fb_value a, struct fb_value b);

/** MATCH_PAST and MATCH_FUTURE. */
bool fb_check_path(
    struct fb_check *c, const struct fb_proof_step *proof, const struct fb_goal *goal);

/** The exact sum, or mean, of numbers, rounded once; a sum of integers alone is an integer. False
 * when one is no number, or a sum of integers does not fit into 64 bits. A mean is of one at least.
 */
bool fb_check_add_up(const struct fb_value *values, size_t count, bool mean, struct fb_value *out);

/** Aggregations. */
bool fb_check_group(
    struct fb_check *c, const struct fb_proof_step *proof, const struct fb_goal *goal);

/** Bytes of the text that a term makes. */
enum { FB_CHECK_ROOM = 64 };

/** The value of a term; false when it hangs on a variable of which no value is known. Text that it
 * makes is in room. */
bool fb_check_term(const struct fb_term *term, const struct fb_value *const *values,
    char room[FB_CHECK_ROOM], struct fb_value *out);

/** Whether a variable is said not to have a value. */
bool fb_check_without(const struct fb_knows *knows, uint32_t var, struct fb_value value);

/** A comparison or match of text: 1 it holds, 0 it does not whatever the open variables are, -1
 * that hangs on them. */
int fb_check_compare(struct fb_check *c, const struct fb_form *form, const struct fb_knows *knows);

/** Free variables of a formula, one bit each. */
uint64_t fb_check_vars(const struct fb_form *form);

#endif

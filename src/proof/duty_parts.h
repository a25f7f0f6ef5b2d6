/* duty_parts.h: what check_duty.c and check_settle.c share. No other file includes it. */
#ifndef FB_PROOF_DUTY_PARTS_H
#define FB_PROOF_DUTY_PARTS_H

#include "proof/check_duty.h"

/** A formula to ask about, closed: all its free variables are the trigger's. */
struct fb_matter {
    const char *about;
    const struct fb_form *form; /**< NULL: the duty has none */
};

/** A valuation of the trigger, from the time-point at which it was first seen. */
struct fb_seen {
    const struct fb_value *values;
    size_t tp;
    fb_time corrected; /**< the admission of the correction that it needs; FB_TIME_MIN: none */
    bool dated;
    fb_time stated;
    fb_time anchor;
    fb_time deadline;
    const struct fb_within *within;
};

/** An obligation in the making. */
struct fb_bond {
    struct fb_seen *seen;
    size_t count;
    const struct fb_seen *early; /**< rows before the policy was in force: what was done since the
                                      first of them counts */
    size_t early_count;
    struct fb_str party;
    bool *lines;     /**< which lines of `within` have applied */
    size_t last;     /**< the last time-point at which its trigger held */
    fb_time failing; /**< since when `during` fails; FB_TIME_MAX: it does not */
    fb_time ended;
};

/** An answer that was given. */
struct fb_known {
    const struct fb_form *form;
    const struct fb_value *values;
    size_t from;
    size_t to;
    bool holds;
};

/** The rows of the trigger over a stretch of time-points. */
struct fb_stretch {
    size_t from;
    size_t to;
    const struct fb_value **rows;
    size_t count;
};

/** Whose terms hold from an instant on. */
struct fb_paced {
    fb_time from;
    struct fb_duty_terms terms;
    int level; /**< -1: no pace is known */
};

/** One duty at work. */
struct fb_recount {
    const struct fb_duty_subject *of;
    const struct fb_duty *duty;
    struct fb_trace trace;
    size_t tp_count; /**< time-points up to now */
    uint64_t bound;  /**< variables of the trigger */
    const struct fb_form *trigger;
    const struct fb_form
        *counted; /**< how many rows it has for the key; NULL: it has no variables */
    struct fb_matter during;
    struct fb_matter act;
    struct fb_matter act_begins;
    struct fb_matter received; /**< for the trigger's values, and the two instants of a receipt */
    const struct fb_tuple **receipts; /**< what it may read, as far as that stands now */
    size_t receipt_count;
    struct fb_matter before_begins;
    struct fb_matter waived;
    struct fb_matter *guards;
    const struct fb_tuple **corrections; /**< of what the trigger reads */
    size_t correction_count;
    struct fb_known *known;
    size_t known_count;
    struct fb_stretch *stretches;
    size_t stretch_count;
    struct fb_paced *paces; /**< in the order of time; the first is from FB_TIME_MIN on */
    size_t pace_count;
    struct fb_bond *bonds;
    size_t bond_count;
    struct fb_bond *early; /**< what would be owed when the policy comes into force, had it been so
                                before */
    size_t early_count;
    struct fb_obligation *items;
    size_t item_count;
    struct fb_arena *arena;
    struct fb_err *err;
};

/** Sets the trace, with a time-point at which the policy comes into force, and tp_count. */
FB_CHECKED enum fb_code fb_recount_begin(struct fb_recount *r);

/** Asks the judge; the answer need not reach beyond now. */
FB_CHECKED enum fb_code fb_recount_ask(
    struct fb_recount *r, struct fb_question *question, struct fb_answer *out);

/** E_UNSUPPORTED: the duty has an operator of which no proof is made. */
FB_CHECKED enum fb_code fb_recount_refuse(struct fb_recount *r);

/** Whether a matter holds at tp for the values of a row; false where the duty has none. */
FB_CHECKED enum fb_code fb_recount_holds(struct fb_recount *r, const struct fb_matter *matter,
    const struct fb_value *values, size_t tp, bool *out);

/** Whether a tuple of r->receipts says of an act of a row when its recipient had it. */
FB_CHECKED enum fb_code fb_recount_received(
    struct fb_recount *r, const struct fb_seen *seen, const struct fb_tuple *receipt, bool *out);

/** Whether it holds at tp for any row of an obligation that was seen by then. */
FB_CHECKED enum fb_code fb_recount_any(struct fb_recount *r, const struct fb_bond *bond,
    const struct fb_matter *matter, size_t tp, bool *out);

/** The last time-point at or before t; SIZE_MAX when there is none. */
size_t fb_recount_point(const struct fb_recount *r, fb_time t);

/** What the duty says at t. */
const struct fb_paced *fb_recount_pace(const struct fb_recount *r, fb_time t);

/** The row that sets the deadline. */
const struct fb_seen *fb_recount_tightest(const struct fb_bond *bond);

/** Lists the terms that hold from each change of the policy's pace on, as r->paces. */
FB_CHECKED enum fb_code fb_recount_list_paces(struct fb_recount *r);

/** The first instant at which what fails from `failing` on has failed for as long as is asked for
 * then; FB_TIME_MAX: there is none. */
fb_time fb_recount_relaxed(const struct fb_recount *r, fb_time failing);

/** Makes room for one more element in a list of count elements. */
FB_CHECKED enum fb_code fb_recount_grow(
    struct fb_recount *r, void *list, size_t count, size_t size);

/** Appends what became of an obligation to r->items. */
FB_CHECKED enum fb_code fb_recount_settle(struct fb_recount *r, const struct fb_bond *bond);

/** A node over one operand; NULL when memory ran out. */
struct fb_form *fb_form_node(
    struct fb_arena *arena, enum fb_form_kind kind, const struct fb_form *left);

/** AND or OR of two formulas, from which FALSE is left out, so that both sides of OR bind the same
 * variables; NULL when one of them is or memory ran out. */
const struct fb_form *fb_form_two(struct fb_arena *arena, enum fb_form_kind kind,
    const struct fb_form *left, const struct fb_form *right);

/** Whether it is plain which tuples a formula rests on, as fb_form_begins needs. */
bool fb_form_is_plain(const struct fb_form *form);

/** Whether a tuple may be what a predicate of the formula rests on. hidden: variables that may have
 * any value, as those that stand for others in a part of it. */
bool fb_form_may_rest(const struct fb_form *form, const struct fb_tuple *tuple,
    const struct fb_value *values, uint64_t hidden);

/** The least instant such that a row at tp needs no correction after it; FB_TIME_MIN: it needs none
 * at all. */
FB_CHECKED enum fb_code fb_recount_corrected(
    struct fb_recount *r, const struct fb_value *row, size_t tp, fb_time *out);

/** The formula that holds where form does because of a tuple that begins at that time-point; NULL
 * when memory ran out, or when form has an operator that this is not told of. */
const struct fb_form *fb_form_begins(const struct fb_form *form, struct fb_arena *arena);

#endif

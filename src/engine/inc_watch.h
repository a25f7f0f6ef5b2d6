/*
 * inc_watch.h: which rows of a formula may have changed at a time-point. Only the files of the
 * incremental evaluator include it.
 *
 * A watch is a node whose child has keys: those for which a formula's answer may be another one
 * than at the time-point before. It is told by the past operators in the formula, whose rows begin
 * and end to hold, and by tuples, which hold at one time-point and so change it twice. Views have
 * one, and so have the sides of temporal operators that last.
 */
#ifndef FB_ENGINE_INC_WATCH_H
#define FB_ENGINE_INC_WATCH_H

#include "engine/inc_plan.h"

/** What tells a watch. */
struct fb_inc_watch {
    struct fb_inc_node *view;       /**< the watch: its child has the keys */
    const struct fb_inc_node *past; /**< a past node; NULL: the tuples of a relation */
    uint32_t relation;              /**< of the tuples */
    int64_t shift;                  /**< where they stand, from where the watch does */
    bool part;                      /**< its rows do not have the whole key */
    bool must;                      /**< nothing holds where it does not */
    size_t *key_at;                 /**< not part: the columns of the key in a row */
    struct fb_inc_join *join;       /**< part: which keys are concerned; NULL: all are */
    size_t *from_at;                /**< part: the columns of the join's rows in a row */
    struct fb_inc_watch *next;      /**< of the same past node */
    struct fb_inc_watch *also;      /**< of the same watch */
};

/** What tells a watch without knowing the whole key: the keys that agree with it are looked for
 * when the watch is asked. Where a conjunct has the whole key, an anchor, they are those of its
 * rows that agree: what it does not have, it tells of itself. Else what begins is found by the
 * formula, with the rest of the variables unbound, and what ends among the rows that the watch is
 * for. */
struct fb_inc_join {
    struct fb_inc_node
        *touched;             /**< rows that have come or gone, by the variables that are known */
    const struct fb_form *at; /**< the formula from which on touched is known */
    struct fb_inc_op *agree;  /**< gives the keys that agree with a row of touched; NULL: what
                                 begins is of no concern */
    struct fb_inc_join *up;   /**< what agree gives is touched there instead */
    const struct fb_inc_set *own; /**< the rows that the watch is for; NULL: there is an anchor, or
                                     what ends is of no concern */
    int index;                    /**< of own */
    size_t *shared_at;            /**< by column of own: 1 + that of touched; 0: not shared */
    size_t *key_at;               /**< the columns of the key in a row of own */
};

/** The rows that a watch is for. */
struct fb_inc_own {
    struct fb_inc_set *set; /**< NULL: what ends to be given is of no concern */
    const uint32_t *vars;   /**< of its columns */
    bool begins;            /**< what begins to be given is of concern */
};

/** A predicate of a LETPAST whose rows last where it stands. */
bool fb_inc_is_lasting(const struct fb_inc_site *site, const struct fb_form *form);

/** The variables of a predicate that are columns. */
fb_vars fb_inc_columns_of(const struct fb_form *form);

/** A past operator that a node can keep, all of whose rows have the variables of a key. */
bool fb_inc_remembered(const struct fb_inc_site *site, const struct fb_form *form, fb_vars key);

/** Whether what a formula says of a key follows from the rows of past operators with that key. */
bool fb_inc_is_local(const struct fb_inc_site *site, const struct fb_form *form, fb_vars key);

/** Whether a formula has rows only of keys that a past operator, or a tuple, has whole. */
bool fb_inc_has_keys(const struct fb_inc_site *site, const struct fb_form *form, fb_vars key);

/** A node over the variables of a formula that has a child of stale keys, all of which are stale;
 * NULL when memory ran out. */
struct fb_inc_node *fb_inc_new_watch(
    const struct fb_inc_site *site, const struct fb_form *form, fb_vars key);

/** Everything that the operation of a watch asks tells it. own: NULL for a view, to which neither
 * tuples nor what does not have the whole key can tell; *fits is false where it would have to. */
FB_CHECKED enum fb_code fb_inc_add_tellers(const struct fb_inc_site *site, struct fb_inc_node *view,
    const struct fb_inc_own *own, const struct fb_inc_op *op, bool *fits);

/** All that an operation asks tells a view; *fits is false where it looks elsewhere. */
FB_CHECKED enum fb_code fb_inc_watch_local(const struct fb_inc_site *site, struct fb_inc_node *view,
    const struct fb_inc_op *op, bool *fits);

/** Whether the rows of a formula are found through tuples of the time-point, of which there are as
 * many as there were events. */
bool fb_inc_through_tuples(const struct fb_inc_site *site, const struct fb_form *form);

/** Compiles a formula whose answer for a row changes only where rows of past operators do, or
 * tuples come and go, to an operation with its variables bound and a watch; NULL in *watch where it
 * is none. */
FB_CHECKED enum fb_code fb_inc_compile_watch(const struct fb_inc_site *site,
    const struct fb_form *form, const struct fb_inc_own *own, struct fb_inc_op **op,
    struct fb_inc_node **watch);

/** The same of one whose rows can be listed, unless they are found through tuples, which is
 * cheaper.
 */
FB_CHECKED enum fb_code fb_inc_compile_grounded(const struct fb_inc_site *site,
    const struct fb_form *form, const struct fb_inc_own *own, struct fb_inc_op **op,
    struct fb_inc_node **watch);

/** Splits a formula into the rows and what no row has a say in, a gate, which is quickly asked:
 * none of them are given where it does not hold. NULL in *gate: there is none. */
FB_CHECKED enum fb_code fb_inc_split_gate(const struct fb_inc_site *site,
    const struct fb_form *form, const struct fb_form **rows, const struct fb_form **gate);

/** A row of a past node begins or ends to hold: keys of watches are stale. */
void fb_inc_watch_touch(struct fb_inc *inc, const struct fb_inc_node *past, uint32_t slot);

/** A row of a PAST node holds or not: where that is new, everyone who counts it is told. Inline: of
 * most events it is done twice. */
static inline void fb_inc_set_holds(
    struct fb_inc *inc, struct fb_inc_node *node, uint32_t slot, bool holds)
{
    union fb_inc_load *load = &node->set.slots[slot].load;
    if (load->past.holds == holds) {
        return;
    }
    load->past.holds = holds;
    if (node->tally) {
        fb_inc_tally(inc, node, slot, holds);
    }
    if (node->orders) {
        fb_inc_order(inc, node, slot, holds);
    }
    if (node->watches) {
        fb_inc_watch_touch(inc, node, slot);
    }
}

/** The past node with the fewest rows beside none of which the formula of a watch holds; NULL:
 * there is none. */
const struct fb_inc_node *fb_inc_watch_least(const struct fb_inc_node *watch);

/** Nothing is known: each key that a past operator has is stale, or those of the least. */
bool fb_inc_watch_anew(struct fb_inc *inc, struct fb_inc_node *watch);

/** Tells a watch of the tuples of time-point inc->at and the one before, which comes before all
 * other questions to it at a time-point. */
bool fb_inc_watch_tuples(struct fb_inc *inc, struct fb_inc_node *watch);

/** What a watch was told is of no use any more. */
void fb_inc_watch_forget(struct fb_inc_node *watch);

/** Tells a watch of tuples, and looks for the keys that agree with what was told in part. */
bool fb_inc_watch_collect(struct fb_inc *inc, struct fb_inc_node *watch);

/** Tells a watch of tuples; then its keys are the rows that must be asked at inc->at: where nothing
 * is known, also the rows of `set` that go on. */
bool fb_inc_watch_gather(struct fb_inc *inc, struct fb_inc_node *watch,
    const struct fb_inc_set *set, bool (*goes_on)(const struct fb_inc_slot *slot));

/** Whether the operation of a watch gives a row of a key, which inc->regs have then. False, too,
 * when something failed. */
bool fb_inc_watch_gives(struct fb_inc *inc, const struct fb_inc_node *watch,
    const struct fb_inc_op *op, const struct fb_cell *key);

#endif

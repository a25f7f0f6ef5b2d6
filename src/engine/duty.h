/*
 * duty.h: what the two halves of the duty runner share. duty.c follows the trace and finds what is
 * owed, by whom and from when; duty_settle.c says what became of it. No other room includes it.
 */
#ifndef FB_ENGINE_DUTY_H
#define FB_ENGINE_DUTY_H

#include "engine/table.h"

enum {
    FB_DUTY_NEEDS = 8,
    FB_DUTY_FRESH_MIN = 150 /**< tuples from which on a run looks at what changed alone */
};

/** One valuation of the trigger, from the time-point at which it was first seen. */
struct fb_claim {
    struct fb_row row;
    size_t tp;
    bool dated;
    fb_time stated;                 /**< the anchor as the row says it */
    fb_time anchor;                 /**< what the deadline runs from: stated, or a correction */
    fb_time deadline;               /**< FB_TIME_MAX when it sets none */
    const struct fb_within *within; /**< the line that set the deadline; NULL when none did */
};

/** One obligation in the making: all valuations with its bindings and party. */
struct fb_owed {
    struct fb_claim *claims;
    size_t claim_count;
    uint32_t *slots;              /**< private: 1 + index of a claim by the hash of its values, once
                                       there are many; 0: free */
    size_t slot_count;            /**< a power of two */
    const struct fb_claim *early; /**< it was there before the policy was in force, with these;
                                       what was done since counts */
    size_t early_count;
    struct fb_str party;
    bool *lines;    /**< which lines of `within` have applied so far */
    size_t seen;    /**< the last time-point at which the trigger held */
    fb_time failed; /**< since when `during` has failed; FB_TIME_MAX while it holds */
    fb_time ended;  /**< nothing is owed from this instant on; FB_TIME_MAX while it is */
    const char *ended_why;
    uint32_t twin; /**< as of fb_obligation */
};

/** From when on the policy's pace is at a level. */
struct fb_duty_pace {
    size_t tp;
    fb_time from;
    int level;
};

/** The periods of an obligation that recurs, at one of them. */
struct fb_turns {
    const struct fb_claim *first; /**< what they are counted from, and what gives the line of
                                       `within` */
    fb_time anchor;               /**< periods of this length are counted from here ... */
    int64_t counted;              /**< ... and so many of them end at or before begin */
    int64_t every;
    enum fb_unit unit;
    int64_t turn; /**< from 1; 0: before the first */
    fb_time begin;
    fb_time end;
};

/** A time-point at which a tuple begins or ends, or is over where its beginning matters. */
struct fb_duty_change {
    size_t tp;
    size_t tuple;
};

/** A row that a trigger may have, at some of the time-points [low, high). */
struct fb_duty_row {
    struct fb_value *values;
    size_t low;
    size_t high;
    bool sure; /**< it has it at all of them */
};

/** All rows that the trigger of a duty may have in a trace: it has one wherever all of `asked` hold
 * under its values, or it is sure. */
struct fb_duty_rows {
    const struct fb_duty *duty;
    struct fb_duty_row *items; /**< in the order of fb_row_cmp, with repeats */
    size_t count;
    const struct fb_form *const *asked;
    size_t asked_count;
};

/** What an obligation that is owed rests on, whatever else came since (duty_rest.c). */
struct fb_duty_rest {
    const struct fb_value *row; /**< of the trigger, because of which it was first owed */
    fb_time from;
    const struct fb_value *early; /**< because of which it would have been owed before the policy
                                       was in force, as far as that counts; NULL: none */
    fb_time early_from;
    bool looked_back;  /**< what was there before the policy was in force was looked at */
    bool good;         /**< it is so */
    fb_time uncovered; /**< from here on it may not hold that a trigger with this row does;
                            FB_TIME_MAX: it always does. Of a run that is to rest on it */
};

/** One run over a trace. */
struct fb_duty_run {
    const struct fb_program *program;
    const struct fb_duty *duty;
    struct fb_eval ev;
    const struct fb_value *key;     /**< of the task */
    const struct fb_arena *scratch; /**< of the rows at hand */
    size_t tp_count;                /**< time-points up to now */
    fb_time now;
    fb_vars bound;                              /**< what the trigger binds */
    const struct fb_form *needs[FB_DUTY_NEEDS]; /**< predicates without which the trigger does
                                                         not hold, those that are looked at first */
    bool corrections;                           /**< a tuple comes from one */
    size_t need_count;                          /**< 0: it is evaluated at each time-point */
    const struct fb_duty_change *changes;       /**< in the order of time; NULL: all rows of the
                                                     trigger are looked at each time */
    size_t change_count;
    const struct fb_duty_rows *rows; /**< of the task, where they are of use; NULL: the trigger is
                                          evaluated */
    fb_vars weighed; /**< variables that tell claims of one obligation apart: with those of the
                          others nothing is asked */
    size_t taken;    /**< 1 + the last time-point whose rows were taken; 0: none was */
    struct fb_owed *owed;
    size_t owed_count;
    struct fb_owed *early; /**< what would be owed when the policy comes into force, had it been so
                                before */
    size_t early_count;
    bool looked_back;           /**< for that */
    struct fb_duty_pace *paces; /**< when the duty is paced: the policy's, in the order of time */
    size_t pace_count;
    const struct fb_turns *turns; /**< the period at work; NULL: the duty does not recur */
    struct fb_obligation *items;  /**< results */
    size_t item_count;
};

/** What a run is asked for. */
struct fb_duty_task {
    const struct fb_program *program;
    const struct fb_duty *duty;
    const struct fb_trace *trace;
    fb_time now;
    bool explain;                    /**< build reasons */
    bool indexed;                    /**< find tuples by their values; the oracle looks at each */
    const struct fb_duty_rows *rows; /**< what is known of rows of triggers; NULL: nothing */
    const struct fb_value *key;    /**< param_count values: only obligations with these bindings are
                                        wanted, others may be missing; NULL: all */
    struct fb_obligations *before; /**< what becomes of the duties before, as far as `after` leads
                                        and there is room, goes here */
    size_t before_count;
    struct fb_duty_rest *rest;           /**< NULL, or finds out what it rests on */
    const struct fb_duty_rest *rests_on; /**< NULL, or the trace has only what has a say about this:
                                               when rest->good is false then, nothing was found */
};

/** Runs a duty that is in the fragment over a trace, naively. */
FB_CHECKED enum fb_code fb_duty_follow(const struct fb_duty_task *task, struct fb_arena *arena,
    struct fb_obligations *out, struct fb_err *err);

/** All formulas of a duty are in the fragment, given what the trigger binds; E_POLICY else. */
FB_CHECKED enum fb_code fb_duty_check(const struct fb_duty *duty, struct fb_err *err);

/** True when a correction that begins a tuple of a relation ends what loses its trigger there: the
 * trigger reads the relation, and nothing only where it begins. */
bool fb_duty_ends_by_correction(const struct fb_duty *duty, uint32_t relation);

/** Appends what became of one obligation to run->items. */
FB_CHECKED enum fb_code fb_duty_settle(struct fb_duty_run *run, const struct fb_owed *owed);

/** The instant at which an excuse ends that holds at t: FB_TIME_MIN when none does, FB_TIME_MAX
 * when it has not ended by now. */
FB_CHECKED enum fb_code fb_duty_waived(
    const struct fb_duty_run *run, const struct fb_owed *owed, fb_time t, fb_time *out);

/** Makes room for one more element in a list of count elements that doubles at powers of two. */
FB_CHECKED enum fb_code fb_duty_grow(
    const struct fb_eval *ev, void *list, size_t count, size_t size);

/** The rows of the trigger at tp, under what env binds, while `during` holds; they live in the
 * arena of ev and join those of out. */
FB_CHECKED enum fb_code fb_duty_trigger(const struct fb_duty_run *run, const struct fb_eval *ev,
    size_t tp, const struct fb_env *env, struct fb_table *out);

/** Finds out whether a run may look at what changed alone, and lists that. E_NOMEM. */
FB_CHECKED enum fb_code fb_duty_list_changes(struct fb_duty_run *run);

/** Those rows of the trigger at tp that could not be taken at the time-point before, under key, and
 * some that could. */
FB_CHECKED enum fb_code fb_duty_fresh(const struct fb_duty_run *run, const struct fb_eval *ev,
    size_t tp, const struct fb_env *key, struct fb_table *out);

/** Fills run->weighed; after run->corrections. */
void fb_duty_weigh(struct fb_duty_run *run);

/** The variables by which claims of an obligation may differ in what is asked of them. */
fb_vars fb_duty_asked(const struct fb_duty_run *run);

/** Finds out what the obligations of a run rest on, once all time-points were followed; with
 * `on` whether it is still that. */
FB_CHECKED enum fb_code fb_duty_find_rest(
    const struct fb_duty_run *run, const struct fb_duty_rest *on, struct fb_duty_rest *out);

/** The duty that a duty follows on, by way of others; itself when it follows none. */
const struct fb_duty *fb_duty_first(const struct fb_duty *duty);

/** True when an obligation has a claim with these values, as far as they are weighed, that no later
 * correction made. */
bool fb_duty_claimed(
    const struct fb_duty_run *run, const struct fb_owed *owed, const struct fb_row *row);

/** The claim of an obligation that sets its deadline. Dated claims go before undated ones. */
const struct fb_claim *fb_duty_tightest(const struct fb_owed *owed);

/** Adds a claim to those of an obligation. */
FB_CHECKED enum fb_code fb_duty_add_claim(
    const struct fb_duty_run *run, struct fb_owed *owed, struct fb_claim claim);

/** The last time-point of a run at or before t; SIZE_MAX when there is none. */
size_t fb_duty_point(const struct fb_duty_run *run, fb_time t);

/** The environment of a claim. */
struct fb_env fb_duty_env(const struct fb_duty_run *run, const struct fb_claim *claim);

/** Fills the paces of a run whose time-points are known. */
FB_CHECKED enum fb_code fb_duty_find_paces(struct fb_duty_run *run);

/** The level of the pace at t; -1: none was known yet, or the duty is not paced. */
int fb_duty_level(const struct fb_duty_run *run, fb_time t);

/** The instant at which an obligation ends whose `during` fails from `failed` on: once that has
 * lasted for as long as the pace of that instant asks. */
fb_time fb_duty_relaxed(const struct fb_duty_run *run, fb_time failed);

/** The periods of a dated obligation, before the first. */
struct fb_turns fb_duty_turns(const struct fb_duty_run *run, const struct fb_owed *owed);

/** Goes to the next period and gives item its turn, begin and deadline. A period has the length of
 * the pace at its begin, and is counted from the anchor as long as that is the same. */
FB_CHECKED enum fb_code fb_duty_next_turn(const struct fb_duty_run *run, const struct fb_owed *owed,
    struct fb_turns *turns, struct fb_obligation *item);

#endif

/*
 * eval.h: evaluation of formulas and duties over a trace. This is the naive evaluator, the oracle:
 * it recomputes everything from the definition at every time-point and stays for ever.
 */
#ifndef FB_ENGINE_EVAL_H
#define FB_ENGINE_EVAL_H

#include "base/why.h"
#include "engine/trace.h"

/** One valuation: values[var] for the rule's variables; type NONE where the formula leaves one
 * unbound. */
struct fb_row {
    struct fb_value *values;
    struct fb_why *why; /**< what it rests on; NULL when on nothing but arithmetic */
    fb_time corrected;  /**< FB_TIME_MIN, or the admission of the correction it needs */
    size_t newest;      /**< 1 + the time-point at which the newest tuple it rests on began; 0 when
                             it rests on none */
};

/** The satisfying valuations at one time-point, without repeats, in the order of fb_value_cmp. */
struct fb_table {
    struct fb_row *rows;
    size_t count;
};

/** Refuses a formula outside the monitorable fragment (a variable that nothing binds, negation that
 * is not guarded, unbounded future): E_POLICY with span, reason and a repair as hint. `given` lists
 * variables that the context binds already. */
FB_CHECKED enum fb_code fb_form_check(
    const struct fb_form *form, const uint32_t *given, size_t given_count, struct fb_err *err);

/** Notes in every part of a formula (NULL: nothing) what is asked of it at each evaluation. The
 * formula must not change afterwards; it may be copied. */
void fb_form_seal(struct fb_form *form);

/** The valuations of form at time-point tp. var_count is the number of variables of its rule;
 * `given` is a row whose values, where not NONE, must agree, or NULL. Results live in arena.
 *
 * Variables range over all values, NONE included: P(x) AND Q(x) joins on equal values. EQ, LESS and
 * LESS_EQ are comparisons and never hold of NONE; arithmetic without a result (division by zero,
 * overflow, not a number) is NONE. COUNT and SUM over no rows are 0 when nothing is grouped by; the
 * other aggregations then have no row. They skip NONE, except COUNT. Sums, means and medians are
 * exact and rounded once (base/exact.h). E_RANGE when a SUM of integers does not fit into 64 bits,
 * E_POLICY when the formula is outside the fragment of fb_form_check, E_LIMIT when the arena's
 * maximum is reached. */
FB_CHECKED enum fb_code fb_eval_naive(const struct fb_form *form, const struct fb_trace *trace,
    size_t tp, size_t var_count, const struct fb_row *given, struct fb_arena *arena,
    struct fb_table *out, struct fb_err *err);

/** The same without reasons: why is NULL in every row. */
FB_CHECKED enum fb_code fb_eval_naive_rows(const struct fb_form *form, const struct fb_trace *trace,
    size_t tp, size_t var_count, const struct fb_row *given, struct fb_arena *arena,
    struct fb_table *out, struct fb_err *err);

/** True when no later time-point can change what form gives at tp: all the future it looks at lies
 * before the last time-point of the trace. */
bool fb_form_final(const struct fb_form *form, const struct fb_trace *trace, size_t tp);

/** Limits; each has an error and a test. */
enum { FB_DUTY_TURNS_MAX = 100000 /**< periods of one obligation that recurs */ };

/** Where an obligation stands. */
enum fb_duty_status {
    FB_DUTY_OWED,
    FB_DUTY_MET,
    FB_DUTY_MET_LATE,
    FB_DUTY_OVERDUE,
    FB_DUTY_BROKEN,  /**< may not, keep */
    FB_DUTY_HELD,    /**< may not, keep: not broken so far, and binding now */
    FB_DUTY_RELAXED, /**< ended by `relax after`, or `during` no longer holds */
    FB_DUTY_UNDATED, /**< the anchor is missing */
    FB_DUTY_WAIVED,  /**< excused for now: it would be owed, overdue or held */
};

/** One obligation. */
struct fb_obligation {
    const struct fb_duty *duty;
    const struct fb_value *bindings; /**< param_count values */
    struct fb_str party;
    enum fb_duty_status status;
    fb_time since;            /**< when it became owed: admission of its trigger */
    fb_time anchor;           /**< what the deadline runs from; FB_TIME_MIN when undated */
    fb_time deadline;         /**< FB_TIME_MAX when there is none */
    fb_time settled;          /**< when it was met, broken or relaxed; FB_TIME_MAX when not */
    fb_time breached;         /**< the instant of the breach; FB_TIME_MAX when none */
    enum fb_consequence lest; /**< what follows a breach, by the pace at its instant (or now) */
    int64_t turn;  /**< of a duty that recurs: which of its periods, from 1; otherwise 0 */
    uint32_t twin; /**< among those of one discharge and the same bindings: which, from 0 */
    struct fb_why *why;
};

/** All obligations of one duty. */
struct fb_obligations {
    struct fb_obligation *items;
    size_t count;
};

/** Runs one duty over the trace up to `now` (times are microseconds here). Deadlines that expire
 * between time-points, or after the last one and at or before now, are stamped at their own
 * instant. from and until bound the policy's force: triggers outside it owe nothing. */
FB_CHECKED enum fb_code fb_duty_run_naive(const struct fb_program *program,
    const struct fb_duty *duty, const struct fb_trace *trace, fb_time now, struct fb_arena *arena,
    struct fb_obligations *out, struct fb_err *err);

enum { FB_DUTY_TRIGGER = 2 /**< the first formulas of a duty are its trigger */ };

/** How many formulas a duty may have: fb_duty_form is asked for 0 to one less. */
size_t fb_duty_form_count(const struct fb_duty *duty);

/** The n-th formula of a duty: when and given, those that stand beside them, the guards of within.
 * NULL where it has none. */
struct fb_form *fb_duty_form(const struct fb_duty *duty, size_t n);

/** What a duty says at a pace; at level -1, that of no pace, what it says itself. */
struct fb_duty_terms fb_duty_terms_at(const struct fb_duty *duty, int level);

/** The instant of a deadline: anchor plus amount of unit under a calendar (SEMANTICS.md, Time). */
FB_CHECKED enum fb_code fb_deadline(fb_time anchor, int64_t amount, enum fb_unit unit,
    const struct fb_days *days, fb_time *out, struct fb_err *err);

/** The begin of a period: anchor plus amount of unit as the local calendar counts, whatever the
 * rest of the rules about days: midday on the 31st and one month are midday on the last day of the
 * next month, also across a change of clocks. Free days move no period, except in business days. */
FB_CHECKED enum fb_code fb_period(fb_time anchor, int64_t amount, enum fb_unit unit,
    const struct fb_days *days, fb_time *out, struct fb_err *err);

/** A word for a status: "owed", "met", "met late", "overdue", "broken", "held", "relaxed",
 * "undated", "waived". */
const char *fb_duty_status_name(enum fb_duty_status status);

#endif

/*
 * overview.h: what holds of all systems of a desk, in figures.
 *
 * A picture of everything costs a minute and gigabytes at a million records. An overview asks the
 * desk for one system after the other and keeps a few figures of each: first of those that new
 * records may concern, then of the one that was looked at longest ago, over and over, since time
 * alone changes what holds. How far behind it is, it says.
 */
#ifndef FB_GATE_OVERVIEW_H
#define FB_GATE_OVERVIEW_H

#include "gate/desk.h"

/** Limits; each has a test. */
enum {
    FB_OVERVIEW_SYSTEMS_MAX = 1000000, /**< E_LIMIT */
    FB_OVERVIEW_DEPTH_MAX = 8          /**< references from a record on its way to a system */
};

/** One system. */
struct fb_overview_row {
    struct fb_str id; /**< borrowed from the desk */
    fb_time at;       /**< the instant of these figures; FB_TIME_MIN: it was not looked at yet */
    uint64_t entries; /**< the records of which they are */
    bool is_current;  /**< no record that came since may concern it */
    bool exempt;      /**< no rule reaches it */
    bool allowed[FB_ACTION_COUNT];
    uint32_t crossed;       /**< red lines */
    uint32_t not_ruled_out; /**< red lines */
    uint32_t overdue;       /**< duties about it, those that were broken included */
    uint32_t owed;          /**< duties about it */
    uint32_t orders;        /**< in force on it */
    bool is_waiting;        /**< private */
};

/** All of them. */
struct fb_overview_sum {
    size_t systems;
    size_t pending; /**< whose figures are not current; those that have none yet count nowhere */
    fb_time oldest; /**< the earliest instant of all figures; FB_TIME_MAX: there are none */
    size_t exempt;  /**< systems that no rule reaches */
    size_t refused[FB_ACTION_COUNT]; /**< systems that may not */
    size_t crossed, not_ruled_out;   /**< systems with such a red line */
    size_t overdue, owed, orders;    /**< in all */
};

struct fb_overview;

/** An overview of a desk, which must outlive it. E_NOMEM. Caller frees with fb_overview_free. */
FB_CHECKED enum fb_code fb_overview_new(
    struct fb_desk *desk, struct fb_overview **out, struct fb_err *err);

/** Frees it; NULL is allowed. */
void fb_overview_free(struct fb_overview *overview);

/**
 * Renews the desk and looks at systems until `budget_ns` are over, at one at least: those of which
 * nothing current is known, then those whose figures are older than the desk's clock by more than
 * `age`, the oldest first. *out_done: nothing is left to do. Errors as of fb_desk_renew, E_LIMIT
 * and E_NOMEM; what was known before stays.
 */
FB_CHECKED enum fb_code fb_overview_work(struct fb_overview *overview, int64_t budget_ns,
    fb_time age, bool *out_done, struct fb_err *err);

/** Sums up what is known. */
void fb_overview_sum(const struct fb_overview *overview, struct fb_overview_sum *out);

/** The rows, in the order in which their systems were registered; borrowed until the next work. */
const struct fb_overview_row *fb_overview_rows(
    const struct fb_overview *overview, size_t *out_count);

/** The desk. */
struct fb_desk *fb_overview_desk(const struct fb_overview *overview);

#endif

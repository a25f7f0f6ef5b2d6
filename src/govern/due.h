/*
 * due.h: what is owed over a whole picture, by whom, to whom and until when, in one order.
 *
 * Nothing is decided anew: it sorts the duties of a picture, and what must be kept. What was late
 * or broken stays in the list for ever; what was met in time, or ended before it was late, is not
 * in it.
 */
#ifndef FB_GOVERN_DUE_H
#define FB_GOVERN_DUE_H

#include "govern/docket.h"

/** The parts of the list, in its order. */
enum fb_due_group {
    FB_DUE_OVERDUE, /**< not done though its deadline has passed, or broken */
    FB_DUE_OWED,    /**< to be done */
    FB_DUE_UNDATED, /**< to be done; a fact that sets its deadline is missing */
    FB_DUE_HELD,    /**< not a deed but a limit, which is kept so far */
    FB_DUE_LATE,    /**< done late, or ended when it was late already */
    FB_DUE_GROUPS
};

/** One duty of the list. */
struct fb_due {
    const struct fb_duty_view *duty;
    enum fb_due_group group;
    fb_time until;       /**< the deadline, or of a breach its instant; FB_TIME_MAX: none */
    struct fb_str to;    /**< to whom, as the rule names it; empty where it names nobody */
    struct fb_str needs; /**< UNDATED: the fact that is missing; else empty */
    struct fb_str why;   /**< one sentence, without a full stop */
};

/** The list: by group, then by deadline (those without come last), then by id. */
struct fb_due_list {
    struct fb_due *items;
    size_t count;
    size_t counts[FB_DUE_GROUPS];
    size_t early; /**< duties that are not listed since they were done before their rule was in
                       force (fb_done_early) */
    const struct fb_docket_blob *kept; /**< documents that must be kept, the next end first; NULL:
                                            it was not asked */
    size_t kept_count;
};

/** Lists what a party owes (its id; empty: all parties). Lives in arena and borrows from the
 * picture. E_NOMEM, E_LIMIT. */
FB_CHECKED enum fb_code fb_due_list(const struct fb_picture *picture, struct fb_str party,
    struct fb_arena *arena, struct fb_due_list *out, struct fb_err *err);

/** Adds the documents that are there and must be kept beyond the picture's instant, those that a
 * party's records name (its id; empty: all). E_NOMEM. */
FB_CHECKED enum fb_code fb_due_keep(struct fb_docket *docket, const struct fb_picture *picture,
    struct fb_str party, struct fb_arena *arena, struct fb_due_list *out, struct fb_err *err);

/** Whether a duty was met by what was done before its policy was in force. */
bool fb_done_early(const struct fb_duty_view *view);

/** A word for a group: "overdue", "owed", "undated", "held", "late". */
const char *fb_due_group_name(enum fb_due_group group);

#endif

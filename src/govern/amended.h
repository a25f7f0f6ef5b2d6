/*
 * amended.h: what corrections changed. For each record that supersedes another, rejects one in a
 * review, or shows that one was received before it was admitted, the verdicts at its admission are
 * compared: those of what was known before it, and those of what was known with it, at the same
 * instant. So the difference is what was learnt, and not that time went on. Beside corrections
 * there are records that come late: by one a duty can turn out to have been broken before anybody
 * knew that it was owed. They are found in one look at what holds now, however many there are.
 */
#ifndef FB_GOVERN_AMENDED_H
#define FB_GOVERN_AMENDED_H

#include "govern/docket.h"

/** Instants with corrections that one question may look at. */
enum { FB_AMENDED_MAX = 10000 };

/** Which corrections are looked at: the latest ones, since each costs two evaluations. */
struct fb_amended_question {
    fb_time as_of; /**< those admitted before it; FB_TIME_MAX: all */
    size_t most;   /**< how many instants at which there were some; at most FB_AMENDED_MAX */
};

/** A verdict that a correction changed. Sentences have no full stop. */
struct fb_amendment {
    const struct fb_record *correction; /**< the first that was admitted at this instant */
    struct fb_str id;                   /**< of the verdict, as in a picture */
    struct fb_str was;                  /**< what was decided before; empty: there was no verdict */
    struct fb_str now;                  /**< what was decided with it; empty: there is none */
};

/** All of them, the latest correction first, and for each by id. */
struct fb_amendments {
    struct fb_amendment *items;
    size_t count;
    size_t corrections; /**< instants at which there were some, as far as known at the end */
    size_t looked_at;   /**< the latest of these */
    fb_time earliest;   /**< the first instant that was looked at; FB_TIME_MAX: none */
};

/** True when a record may change what was decided before: it supersedes another, is a review, or a
 * receipt of what was there before it was admitted. */
bool fb_record_corrects(const struct fb_registry *registry, const struct fb_record *record);

/** Compares. Lives in arena and borrows records from the docket. Errors of fb_docket_ask. Pictures
 * of the docket that were asked for as of an instant are void afterwards. */
FB_CHECKED enum fb_code fb_docket_amended(struct fb_docket *docket,
    const struct fb_amended_question *question, struct fb_arena *arena, struct fb_amendments *out,
    struct fb_err *err);

#endif

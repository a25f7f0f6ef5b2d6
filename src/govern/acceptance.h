/*
 * acceptance.h: what became of a safety case with those who judge it. Private to the room.
 *
 *     submitted -> accepted | sent back        by decisions of a regulator, the last one counts
 *
 * A decision is a record of kind decision with topic "safety_case" about the case's record: granted
 * accepts it, refused and deferred send it back. A licence that is granted by a regulator and names
 * the case accepts it too. A decision is about one version: it goes on for a later one only when
 * the argument, by its digest, is the same. A review that rejects the case, or a part of it that is
 * still as it was, sends it back until its reviewer upholds it.
 */
#ifndef FB_GOVERN_ACCEPTANCE_H
#define FB_GOVERN_ACCEPTANCE_H

#include "case/digest.h"
#include "govern/work.h"

/** The topic of decisions about safety cases. */
#define FB_ACCEPTANCE_TOPIC "safety_case"

/** A stretch of a version's life. */
struct fb_case_span {
    fb_time from;
    fb_time until;
    enum fb_label label;
    enum fb_case_stage stage;
    const struct fb_record *by; /**< the decision, licence or review that says so; NULL: none */
    const struct fb_why *why;   /**< of the label */
};

/** One version of a case: its record, its argument, and its life so far. */
struct fb_case_version {
    const struct fb_record *record;
    struct fb_str system;           /**< id of the system that it is about */
    const struct fb_case *argument; /**< NULL when its document was erased */
    uint8_t digest[FB_SHA256_SIZE]; /**< of the top claim with all below; zero when erased */
    enum fb_review_fit *fits;       /**< of each review of the work */
    struct fb_case_span *spans;     /**< in order, without gaps */
    size_t span_count;
    size_t span_cap;
};

/** Makes a version and keeps it in work->case_versions; spans are left to the caller. E_NOMEM. */
FB_CHECKED enum fb_code fb_acceptance_version(struct fb_work *work, const struct fb_record *record,
    const struct fb_case *argument, struct fb_case_version **out, struct fb_err *err);

/** The stage of a version at an instant; only span->stage and span->by are written. */
void fb_acceptance_at(const struct fb_work *work, const struct fb_case_version *version, fb_time at,
    struct fb_case_span *span);

/** True when somebody of that role has upheld the version by the last review of theirs that
 * decides.
 */
bool fb_acceptance_reviewed(const struct fb_work *work, const struct fb_case_version *version,
    struct fb_str role, fb_time at);

/** Hands every instant at which the stage or a review can change to take. */
FB_CHECKED enum fb_code fb_acceptance_instants(const struct fb_work *work,
    const struct fb_case_version *version,
    enum fb_code (*take)(void *ctx, fb_time t, struct fb_err *err), void *ctx, struct fb_err *err);

#endif

/*
 * retention.h: until when the documents of a docket must be kept, and which law or record says so.
 *
 * Records are never erased; the blobs that they name can be. A blob is kept for the latest of
 * - its incident: as long as the lines `retain incidents` of the policies in force say, from the
 *   last thing that was said of it, or `keep_until` of the incident's record where that is later;
 * - its system: as `retain systems` says, from the first external deployment;
 * - a report: as `retain reports on` its topic says, from its date;
 * - a decision with topic `retention`, of the system or about the record: until its `valid_until`.
 * Records and decisions prolong; none shortens what a law asks for. Days and months are
 * counted exactly, and from when a record was admitted: a party's own dates count against it, never
 * for it. The laws are those in force at the picture's instant; what an older version or a law that
 * has expired asked for is no longer asked.
 */
#ifndef FB_GOVERN_RETENTION_H
#define FB_GOVERN_RETENTION_H

#include "base/map.h"
#include "govern/picture.h"
#include "record/registry.h"

/** Until when something is kept. */
struct fb_retention {
    fb_time until;                   /**< FB_TIME_MIN: nothing keeps it */
    struct fb_str why;               /**< whose it is and which source says so; a noun phrase */
    const struct fb_record *version; /**< of an incident: that of the last word; else NULL */
};

/** What each incident, system and record keeps. */
struct fb_retentions {
    struct fb_map by_id; /**< identity (id of the first of a chain) to struct fb_retention */
    const struct fb_picture *picture;
    const struct fb_registry *registry;
    struct fb_arena *arena;
    fb_time as_of;
};

/** Gathers them from what was admitted before picture->as_of. Of the picture only its policies and
 * as_of are read. Lives in arena and borrows from both; the caller ends with
 * fb_retentions_release, after a failure too. E_NOMEM, E_LIMIT. */
FB_CHECKED enum fb_code fb_retentions_gather(const struct fb_picture *picture,
    const struct fb_registry *registry, struct fb_arena *arena, struct fb_retentions *out,
    struct fb_err *err);

/** Until when the law in force that keeps longest keeps something. */
struct fb_retention_law {
    fb_time until;                /**< FB_TIME_MIN: none keeps it; FB_TIME_MAX: beyond year 9999 */
    const struct fb_retain *line; /**< NULL: none */
    const struct fb_program *program;
};

/** The line of the policies in force that keeps a kind of document, of reports those on a topic,
 * for the longest from an instant. Borrows from the picture. */
struct fb_retention_law fb_retention_longest(
    const struct fb_picture *picture, enum fb_retain_what what, struct fb_str topic, fb_time from);

/** Until when the documents of an incident are kept, whose record states an instant (FB_TIME_MAX:
 * none) and of which something was last said at `last`. out->why says by what; its text is in the
 * arena. E_NOMEM. */
FB_CHECKED enum fb_code fb_retention_incident(const struct fb_picture *picture, fb_time last,
    fb_time stated, struct fb_arena *arena, struct fb_retention *out, struct fb_err *err);

/** Frees what it holds beside the arena. */
void fb_retentions_release(struct fb_retentions *retentions);

/** Prolongs *kept by what keeps the documents of a record. E_NOMEM. */
FB_CHECKED enum fb_code fb_retentions_of(const struct fb_retentions *retentions,
    const struct fb_record *record, struct fb_retention *kept, struct fb_err *err);

#endif

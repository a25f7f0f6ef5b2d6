/*
 * retention.h: until when the documents of a docket must be kept, and which law or record says so.
 *
 * Records are never erased; the blobs that they name can be. A blob is kept for the latest of
 * - its incident: five years from the last thing that was said of it (Code of Practice, Measure
 *   9.4), or `keep_until` of the incident's record where that is later;
 * - its system: ten years from the first external deployment, while the Code's chapter is in force
 *   in the docket (Measure 10.1);
 * - a framework or transparency report: five years from its date, while SB 53 is in force
 *   (22757.12(f));
 * - a decision with topic `retention`, of the system or about the record: until its `valid_until`.
 * Records and decisions prolong; none shortens what a law asks for. Years are counted from when a
 * record was admitted: a party's own dates count against it, never for it.
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
    const struct fb_registry *registry;
    struct fb_arena *arena;
    fb_time as_of;
    bool published; /**< SB 53 is in force */
};

/** Gathers them from what was admitted before picture->as_of. Of the picture only its policies and
 * as_of are read. Lives in arena and borrows from the registry; the caller ends with
 * fb_retentions_release, after a failure too. E_NOMEM, E_LIMIT. */
FB_CHECKED enum fb_code fb_retentions_gather(const struct fb_picture *picture,
    const struct fb_registry *registry, struct fb_arena *arena, struct fb_retentions *out,
    struct fb_err *err);

/** Until when the documents of an incident are kept, whose record states an instant (FB_TIME_MAX:
 * none) and of which something was last said at `last`; *out_stated: the record says it. */
fb_time fb_retention_incident(fb_time last, fb_time stated, bool *out_stated);

/** Frees what it holds beside the arena. */
void fb_retentions_release(struct fb_retentions *retentions);

/** Prolongs *kept by what keeps the documents of a record. E_NOMEM. */
FB_CHECKED enum fb_code fb_retentions_of(const struct fb_retentions *retentions,
    const struct fb_record *record, struct fb_retention *kept, struct fb_err *err);

#endif

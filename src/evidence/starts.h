/*
 * starts.h: starts of jobs that were counted, so that none counts twice.
 *
 * A start is told by cluster, job and the second at which it began: accounts of two months that
 * overlap have it twice. 32 bytes each, in a table that doubles.
 */
#ifndef FB_EVIDENCE_STARTS_H
#define FB_EVIDENCE_STARTS_H

#include "ingest/jobs.h"

struct fb_start_seen;

/** Starts that were seen. All zero is empty, with max starts at most. */
struct fb_starts {
    size_t max;
    struct fb_start_seen *items; /**< private */
    size_t count, size;          /**< private */
};

/** Whether a start was there before. */
enum fb_start_kind {
    FB_START_NEW,
    FB_START_REPEATED,   /**< with the same GPU-seconds */
    FB_START_CONTRADICTS /**< with others */
};

/** Notes a start of a job; *out says whether it was there before. E_LIMIT beyond max, E_NOMEM. */
FB_CHECKED enum fb_code fb_starts_note(struct fb_starts *starts, const struct fb_job *job,
    enum fb_start_kind *out, struct fb_err *err);

/** Frees them; what is left is empty. */
void fb_starts_release(struct fb_starts *starts);

#endif

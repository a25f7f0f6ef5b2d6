/* compute.h: the account of compute as people and programs read it. */
#ifndef FB_REPORT_COMPUTE_H
#define FB_REPORT_COMPUTE_H

#include "evidence/compute.h"
#include "report/report.h"

/** An account, with what it was computed from. */
struct fb_compute_report {
    const struct fb_compute *compute; /**< ended */
    const char *const *paths;
    size_t path_count;
    struct fb_str threshold_text; /**< as it was written; empty: none */
    struct fb_decimal threshold;
};

/** Appends tables of the total, chips, accounts, users and clusters, what could not be counted and
 * what was assumed. */
FB_CHECKED enum fb_code fb_report_compute_text(const struct fb_compute_report *report,
    const struct fb_report_options *options, struct fb_buf *out, struct fb_err *err);

/** Appends the same as one JSON object; FLOP are [low, high]. */
FB_CHECKED enum fb_code fb_report_compute_json(
    const struct fb_compute_report *report, struct fb_buf *out, struct fb_err *err);

/** Appends one start of a job as a line: JSON, or columns between tabs. reason says why it is not
 * counted; NULL when it is. */
void fb_report_compute_job(const struct fb_compute_options *options, const struct fb_job *job,
    const char *reason, bool json, struct fb_buf *out);

#endif

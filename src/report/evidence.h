/* evidence.h: evaluations, bounds and plans as people and programs read them. */
#ifndef FB_REPORT_EVIDENCE_H
#define FB_REPORT_EVIDENCE_H

#include "evidence/reading.h"
#include "report/report.h"

/** One log of several: what it gave, or why it was refused. */
struct fb_log_report {
    const char *path;
    const struct fb_log_reading *reading; /**< NULL when the log was refused */
    const struct fb_err *refusal;         /**< NULL when it was read */
    double confidence;                    /**< of the bounds */
};

/** Appends a table of the evaluations of all logs; a refused one is a line that says so. */
FB_CHECKED enum fb_code fb_report_logs_text(const struct fb_log_report *logs, size_t count,
    const struct fb_report_options *options, struct fb_buf *out, struct fb_err *err);

/** Appends one log as one JSON object: file, format, evaluations with counts, bounds, metrics and
 * flags; without the member `error`, which the caller adds for a refused log. */
void fb_report_log_json(struct fb_json_writer *w, const struct fb_log_report *log);

#endif

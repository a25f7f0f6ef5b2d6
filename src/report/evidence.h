/* evidence.h: evaluations, bounds and plans as people and programs read them. */
#ifndef FB_REPORT_EVIDENCE_H
#define FB_REPORT_EVIDENCE_H

#include "evidence/families.h"
#include "evidence/paired.h"
#include "evidence/plan.h"
#include "evidence/reading.h"
#include "govern/standings.h"
#include "ingest/ingest.h"
#include "report/report.h"
#include "stats/judge.h"

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

/** Appends the red lines of a system: evaluations with bounds, margins, what would settle them. */
FB_CHECKED enum fb_code fb_report_evidence_text(const struct fb_picture *picture,
    struct fb_str system, const struct fb_standings *standings,
    const struct fb_report_options *options, struct fb_buf *out, struct fb_err *err);

/** Appends the same as one JSON object. */
FB_CHECKED enum fb_code fb_report_evidence_json(const struct fb_picture *picture,
    struct fb_str system, const struct fb_standings *standings, struct fb_buf *out,
    struct fb_err *err);

/** One row of a plan. */
struct fb_plan_report {
    enum fb_plan_goal goal;
    double rate; /**< that was assumed */
    struct fb_plan plan;
};

/** Appends plans as a table for each goal. */
FB_CHECKED enum fb_code fb_report_plan_text(const struct fb_redline *line,
    const struct fb_plan_report *plans, size_t count, const struct fb_report_options *options,
    struct fb_buf *out, struct fb_err *err);

/** Appends the same as one JSON object. */
FB_CHECKED enum fb_code fb_report_plan_json(const struct fb_redline *line,
    const struct fb_plan_report *plans, size_t count, struct fb_buf *out, struct fb_err *err);

/** Appends a comparison of two logs as a table. */
FB_CHECKED enum fb_code fb_report_paired_text(const char *const paths[2],
    const struct fb_pairs_list *list, const struct fb_report_options *options, struct fb_buf *out,
    struct fb_err *err);

/** Appends the same as one JSON object. */
FB_CHECKED enum fb_code fb_report_paired_json(const char *const paths[2],
    const struct fb_pairs_list *list, double confidence, struct fb_buf *out, struct fb_err *err);

/** A rate that a judge scored, by several methods. */
struct fb_judge_report {
    size_t labelled, unlabelled;
    double confidence;
    struct fb_judge_estimate ppi, ppi_tuned; /**< of the rate of all samples */
    bool has_counts;                         /**< record is filled */
    struct fb_judge_record record;
    bool is_corrected; /**< corrected is filled; else left_out says why not */
    struct fb_judge_estimate corrected;
    struct fb_err left_out;
};

/** Appends the rates as a table. */
FB_CHECKED enum fb_code fb_report_judge_text(const struct fb_judge_report *report,
    const struct fb_report_options *options, struct fb_buf *out, struct fb_err *err);

/** Appends the same as one JSON object. */
FB_CHECKED enum fb_code fb_report_judge_json(
    const struct fb_judge_report *report, struct fb_buf *out, struct fb_err *err);

/** Appends families of evidence as paragraphs. */
FB_CHECKED enum fb_code fb_report_families_text(const struct fb_family *families, size_t count,
    const struct fb_report_options *options, struct fb_buf *out, struct fb_err *err);

/** Appends the same as a JSON array. */
FB_CHECKED enum fb_code fb_report_families_json(
    const struct fb_family *families, size_t count, struct fb_buf *out, struct fb_err *err);

#endif

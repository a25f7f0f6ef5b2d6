/* fits.h: horizons, capabilities and trends as people and programs read them. */
#ifndef FB_REPORT_FITS_H
#define FB_REPORT_FITS_H

#include "evidence/growth.h"
#include "evidence/progress.h"
#include "ingest/scores.h"
#include "report/report.h"

/** Horizons, with what they were computed from. */
struct fb_horizon_report {
    const char *path;
    const struct fb_runs *runs;
    const struct fb_horizon_options *options;
    const struct fb_horizon_result *result;
    const fb_time *dates;           /**< by agent; NULL: none */
    const struct fb_growth *growth; /**< NULL: none */
    const char *weights;            /**< their name */
    const char *no_growth;          /**< why there is none; NULL otherwise */
};

/** Appends a table of agents and, where known, the doubling time. */
FB_CHECKED enum fb_code fb_report_horizon_text(const struct fb_horizon_report *report,
    const struct fb_report_options *options, struct fb_buf *out, struct fb_err *err);

/** Appends the same as one JSON object. What is not finite is null. */
FB_CHECKED enum fb_code fb_report_horizon_json(
    const struct fb_horizon_report *report, struct fb_buf *out, struct fb_err *err);

/** Capabilities, with what they were computed from. */
struct fb_capability_report {
    const char *path;
    const struct fb_scores *scores;
    const struct fb_capability_options *options;
    const struct fb_capability_result *result;
    const struct fb_trend *line;       /**< capability of the frontier over days; NULL: none */
    const struct fb_trend_break *kink; /**< NULL: too few points */
    double kink_p;                     /**< how often an even line turns up as much */
    size_t frontier_count;
    size_t top; /**< models to print; 0: all */
};

/** Appends models from the most capable down, benchmarks, and how fast the frontier moves. */
FB_CHECKED enum fb_code fb_report_capability_text(const struct fb_capability_report *report,
    const struct fb_report_options *options, struct fb_buf *out, struct fb_err *err);

/** Appends the same as one JSON object. What is not finite is null. */
FB_CHECKED enum fb_code fb_report_capability_json(
    const struct fb_capability_report *report, struct fb_buf *out, struct fb_err *err);

/** Quantities of a table, with how they were looked at. */
struct fb_progress_report {
    const char *path; /**< NULL: the values are those of a docket */
    const struct fb_progress_options *options;
    const struct fb_progress_list *list;
    fb_time forecast_at; /**< FB_TIME_MIN: no forecast */
    bool is_part;        /**< charts are parts of a page (svg_trend.h) */
};

/** Appends a table of quantities: growth, doubling time, pace, and the forecast if one is wanted.
 */
FB_CHECKED enum fb_code fb_report_progress_text(const struct fb_progress_report *report,
    const struct fb_report_options *options, struct fb_buf *out, struct fb_err *err);

/** Appends the same as one JSON object. What is not finite is null. */
FB_CHECKED enum fb_code fb_report_progress_json(
    const struct fb_progress_report *report, struct fb_buf *out, struct fb_err *err);

/** Appends the chart of one quantity, which has points (svg_trend.h), on to the forecast. */
FB_CHECKED enum fb_code fb_report_progress_svg(const struct fb_progress_report *report,
    const struct fb_progress *progress, struct fb_arena *arena, struct fb_buf *out,
    struct fb_err *err);

/** Appends the chart of horizons and their growth, which the report has. */
FB_CHECKED enum fb_code fb_report_horizon_svg(const struct fb_horizon_report *report,
    struct fb_arena *arena, struct fb_buf *out, struct fb_err *err);

/** Writes a number, or null when it is not finite. */
void fb_report_number(struct fb_json_writer *w, const char *key, double x);

/** Writes a member of the two ends of an interval, each null when it is not finite. */
void fb_report_interval(struct fb_json_writer *w, const char *key, double low, double high);

/** A length of time in words: "8.1 min", "2.3 h", "41 s". Returns out. */
const char *fb_report_minutes(double minutes, char out[32]);

#endif

/* training.h: estimates of training compute, and forecasts of thresholds, as people and programs
 * read them. */
#ifndef FB_REPORT_TRAINING_H
#define FB_REPORT_TRAINING_H

#include "evidence/crossing.h"
#include "evidence/training.h"
#include "report/report.h"

/** The estimates of a table. */
struct fb_training_report {
    const struct fb_models *models;
    double use[2];
    struct fb_training_spread by_model, by_hardware;
};

/** Appends a line for each model that gives an estimate, and how the methods compare with what was
 * published. */
FB_CHECKED enum fb_code fb_report_training_text(const struct fb_training_report *report,
    const struct fb_report_options *options, struct fb_buf *out, struct fb_err *err);

/** Appends the same as one JSON object. */
FB_CHECKED enum fb_code fb_report_training_json(
    const struct fb_training_report *report, struct fb_buf *out, struct fb_err *err);

/** A forecast, and how earlier ones did (score.forecasts 0: not asked, or none). */
struct fb_crossing_report {
    struct fb_str threshold_text;
    fb_time as_of;
    fb_time table_ends; /**< the date of the last row before as_of; FB_TIME_MIN: there is none */
    double confidence;
    struct fb_crossing crossing;
    struct fb_crossing_score score;
    bool scored;
};

/** Appends the forecast in words. */
FB_CHECKED enum fb_code fb_report_crossing_text(
    const struct fb_crossing_report *report, struct fb_buf *out, struct fb_err *err);

/** Appends it as one JSON object; dates that are not foreseen are null. */
FB_CHECKED enum fb_code fb_report_crossing_json(
    const struct fb_crossing_report *report, struct fb_buf *out, struct fb_err *err);

#endif

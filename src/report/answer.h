/* answer.h: answers of estimators (evidence/answer.h) as people and programs read them. */
#ifndef FB_REPORT_ANSWER_H
#define FB_REPORT_ANSWER_H

#include "evidence/answer.h"
#include "report/report.h"

/** An answer, and to what. */
struct fb_answer_report {
    const char *path;
    const struct fb_question *question;
    const struct fb_question_options *options;
    const struct fb_answer *figures;
};

/** Appends a table of the figures, and the notes. */
FB_CHECKED enum fb_code fb_report_answer_text(const struct fb_answer_report *report,
    const struct fb_report_options *options, struct fb_buf *out, struct fb_err *err);

/** Appends the same as one JSON object: file, question, method, confidence, figures (of, name,
 * value, low, high) and notes. What is not finite is null. */
FB_CHECKED enum fb_code fb_report_answer_json(
    const struct fb_answer_report *report, struct fb_buf *out, struct fb_err *err);

#endif

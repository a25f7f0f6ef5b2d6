/*
 * report.h: a picture as people and programs read it: text, JSON, HTML with SVG.
 *
 * Nothing here decides anything. Output is deterministic: the same picture gives the same bytes.
 * Text from records is hostile: it is escaped for what it goes into, and control characters never
 * reach a terminal.
 */
#ifndef FB_REPORT_REPORT_H
#define FB_REPORT_REPORT_H

#include "base/buf.h"
#include "govern/evaluate.h"

/** How text is laid out. */
struct fb_report_options {
    struct fb_str system; /**< only this system; empty: all */
    bool colour;          /**< ANSI colours */
    uint32_t width;       /**< columns of the terminal, at which lines wrap; 0: they do not */
};

/** Appends the status table: systems x red lines x duties with deadlines x cases x licences. */
FB_CHECKED enum fb_code fb_report_status_text(const struct fb_picture *picture,
    const struct fb_report_options *options, struct fb_buf *out, struct fb_err *err);

/** Appends the same as one JSON object; every verdict with id, handle, status, times, reason. */
FB_CHECKED enum fb_code fb_report_status_json(const struct fb_picture *picture,
    const struct fb_report_options *options, struct fb_buf *out, struct fb_err *err);

/** Appends a verdict's reason as sentences, indented, down to record ids. */
FB_CHECKED enum fb_code fb_report_why_text(const struct fb_verdict *verdict,
    const struct fb_report_options *options, struct fb_buf *out, struct fb_err *err);

/** Appends a verdict's reason as a JSON tree. */
FB_CHECKED enum fb_code fb_report_why_json(
    const struct fb_verdict *verdict, struct fb_buf *out, struct fb_err *err);

/** Appends the answer of a gate as one JSON object: `open`, what was asked, of which ledger and
 * when, and the verdict with its reason. */
FB_CHECKED enum fb_code fb_report_gate_json(const struct fb_picture *picture, enum fb_action action,
    bool allowed, const struct fb_verdict *verdict, struct fb_buf *out, struct fb_err *err);

/** Appends a self-contained HTML page: no script, no link to the outside, pictures as SVG. */
FB_CHECKED enum fb_code fb_report_html(
    const struct fb_picture *picture, struct fb_buf *out, struct fb_err *err);

#endif

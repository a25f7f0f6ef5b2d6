/* amended.h: what corrections changed, as text and JSON. Nothing here decides anything. */
#ifndef FB_REPORT_AMENDED_H
#define FB_REPORT_AMENDED_H

#include "govern/amended.h"
#include "report/report.h"

/** Appends what was found for a terminal; of one verdict only where id is not empty. Says so where
 * nothing changed, and how many corrections were not looked at. */
FB_CHECKED enum fb_code fb_report_amended_text(const struct fb_amendments *amendments,
    struct fb_str id, const struct fb_report_options *options, struct fb_buf *out,
    struct fb_err *err);

/** Appends a line that says how many corrections there were and where to read what they changed;
 * nothing where there were none. */
void fb_report_corrections(const struct fb_picture *picture, struct fb_buf *out);

/** What was found as one JSON object; of one verdict only where id is not empty. */
FB_CHECKED enum fb_code fb_report_amended_json(const struct fb_amendments *amendments,
    struct fb_str id, struct fb_buf *out, struct fb_err *err);

#endif

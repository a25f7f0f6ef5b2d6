/* case_modules.h: the architecture view of a case: its modules and how they rest on each other. */
#ifndef FB_REPORT_CASE_MODULES_H
#define FB_REPORT_CASE_MODULES_H

#include "base/buf.h"
#include "case/case.h"

/** Limits; each has an error and a test. */
enum { FB_MODULES_BENDS_MAX = 50000 /**< layers that links pass through, all together */ };

/** Appends the view as SVG, DOT or a Mermaid flowchart. E_LIMIT or E_NOMEM. */
FB_CHECKED enum fb_code fb_report_modules_svg(
    const struct fb_case *argument, struct fb_buf *out, struct fb_err *err);
FB_CHECKED enum fb_code fb_report_modules_dot(
    const struct fb_case *argument, struct fb_buf *out, struct fb_err *err);
FB_CHECKED enum fb_code fb_report_modules_mermaid(
    const struct fb_case *argument, struct fb_buf *out, struct fb_err *err);

#endif

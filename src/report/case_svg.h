/* case_svg.h: a safety case as a picture. */
#ifndef FB_REPORT_CASE_SVG_H
#define FB_REPORT_CASE_SVG_H

#include "base/buf.h"
#include "case/case.h"

/**
 * Appends one svg element: the argument in the shapes of GSN, each element with a word and a colour
 * for its label (none when the case was not labelled), challenges as dashed lines, a legend. It has
 * no script, no style sheet, no identifier and no reference to anything, so that it can stand in a
 * file or in a page; a page whose own style sheet speaks of svg or text shows it as an image. The
 * same case gives the same bytes. E_NOMEM, or E_LIMIT of out's maximum.
 */
FB_CHECKED enum fb_code fb_report_case_svg(
    const struct fb_case *argument, struct fb_buf *out, struct fb_err *err);

#endif

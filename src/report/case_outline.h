/* case_outline.h: a safety case as a nested list in Markdown, for documents. */
#ifndef FB_REPORT_CASE_OUTLINE_H
#define FB_REPORT_CASE_OUTLINE_H

#include "base/buf.h"
#include "case/case.h"

/** Appends the case as a list: each element with a link to "#TYPE-ID" and one to its source, its
 * supporters, context and challengers below it in the order of the file; what stands twice is a
 * link the second time. Labels that are not "in" follow in bold. E_NOMEM or E_LIMIT. */
FB_CHECKED enum fb_code fb_report_case_outline(
    const struct fb_case *argument, struct fb_buf *out, struct fb_err *err);

#endif

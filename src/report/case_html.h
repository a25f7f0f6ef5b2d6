/* case_html.h: a safety case as a page that can be explored. */
#ifndef FB_REPORT_CASE_HTML_H
#define FB_REPORT_CASE_HTML_H

#include "base/buf.h"
#include "case/case.h"

/**
 * Appends a page that needs nothing else: the drawing of the case, which can be moved, enlarged,
 * folded by depth and by module, searched, and reduced to what fell or changed, with the keyboard
 * too; and beside it what is known of the element in hand. earlier is the case as it was (NULL:
 * nothing to compare with). All text of the case is escaped; the page's policy forbids it to load
 * anything. The same case gives the same bytes. E_NOMEM, or E_LIMIT of out's maximum.
 */
FB_CHECKED enum fb_code fb_report_case_html(const struct fb_case *argument,
    const struct fb_case *earlier, struct fb_buf *out, struct fb_err *err);

#endif

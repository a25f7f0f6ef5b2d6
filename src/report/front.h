/* front.h: all systems of a docket that is served (serve/docket_server.h), in figures. */
#ifndef FB_REPORT_FRONT_H
#define FB_REPORT_FRONT_H

#include "gate/overview.h"

/** Limits; each has a test. */
enum {
    FB_FRONT_SYSTEMS_MAX = 1000,  /**< in the table of the page, those that need attention first */
    FB_FRONT_ATTENTION_MAX = 100, /**< listed as JSON */
};

/** Appends the first page: the sums, and a table of systems with links to what is answered about
 * each. After work of the overview that went well. */
FB_CHECKED enum fb_code fb_report_front_html(
    const struct fb_overview *overview, struct fb_buf *out, struct fb_err *err);

/** Appends the same as one JSON object, with the systems that need attention: that an order binds,
 * with a red line that is crossed, or with a duty that is overdue. */
FB_CHECKED enum fb_code fb_report_front_json(
    const struct fb_overview *overview, struct fb_buf *out, struct fb_err *err);

#endif

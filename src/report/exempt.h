/* exempt.h: a certificate of exemption, as the bytes that are signed and as text. */
#ifndef FB_REPORT_EXEMPT_H
#define FB_REPORT_EXEMPT_H

#include "govern/exempt.h"
#include "report/report.h"

/** Appends the certificate: one JSON object over several lines, with the docket, its root, the
 * instant, and every rule with its thresholds and the system's figures. It says whether the system
 * is exempt; where it is not, what applies. */
FB_CHECKED enum fb_code fb_report_exempt_json(const struct fb_picture *picture,
    const struct fb_exemption *exemption, struct fb_buf *out, struct fb_err *err);

/** Appends the same for a terminal. */
FB_CHECKED enum fb_code fb_report_exempt_text(const struct fb_picture *picture,
    const struct fb_exemption *exemption, const struct fb_report_options *options,
    struct fb_buf *out, struct fb_err *err);

#endif

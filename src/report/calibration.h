/* calibration.h: how often intervals hold (stats/coverage.h), as a picture. */
#ifndef FB_REPORT_CALIBRATION_H
#define FB_REPORT_CALIBRATION_H

#include "base/buf.h"
#include "stats/coverage.h"

/** Appends a picture that stands alone, light or dark by the reader's preference: for 30, 100 and
 * 1,000 samples, in what share of cases the exact interval and Wald's hold the truth, over all
 * rates, beside the promised 95%. E_NOMEM, E_LIMIT. */
FB_CHECKED enum fb_code fb_svg_calibration(struct fb_buf *out, struct fb_err *err);

/** The same as a part of a page, whose style it has: class "calibration". */
FB_CHECKED enum fb_code fb_svg_calibration_part(struct fb_buf *out, struct fb_err *err);

#endif

/* svg_trend.h: the drawing of a quantity that grows: dated points, line, band, on a log scale. */
#ifndef FB_REPORT_SVG_TREND_H
#define FB_REPORT_SVG_TREND_H

#include "base/buf.h"
#include "base/timestamp.h"

/** Limits of a chart; what is beyond is an error. */
enum { FB_CHART_POINTS_MAX = 2000, FB_CHART_STEPS_MAX = 400 };

/** One point, with its interval where low < high. Values are positive. */
struct fb_chart_point {
    fb_time at;
    double value;
    double low;
    double high;
    struct fb_str name; /**< shown beside a marked point; may be empty */
    bool marked;        /**< of the frontier: the line goes through these */
};

/** The line and its band at one date; low and high NaN: no band there. */
struct fb_chart_step {
    fb_time at;
    double value;
    double low;
    double high;
};

/** A chart. All is borrowed. */
struct fb_chart {
    struct fb_str title;
    struct fb_str subtitle;
    bool minutes; /**< values are minutes: the axis reads 1 min, 1 h, 1 day */
    bool is_part; /**< of a page, whose style it has: class "trend", no size, no title in large */
    const struct fb_chart_point *points; /**< in the order of dates */
    size_t point_count;
    const struct fb_chart_step *steps;
    size_t step_count;
};

/** Appends the chart as a whole SVG document that stands alone: no script, no font, no link, light
 * and dark by the reader's preference; or as a part of a page. E_LIMIT, E_RANGE for no points or a
 * value that is not positive, E_NOMEM. */
FB_CHECKED enum fb_code fb_svg_trend(
    const struct fb_chart *chart, struct fb_buf *out, struct fb_err *err);

#endif

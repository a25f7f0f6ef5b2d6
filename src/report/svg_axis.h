/*
 * svg_axis.h: where things stand on the axes of drawings, and where their ticks are.
 *
 * Positions are tenths of a pixel in whole numbers, so that the bytes of a drawing are the same on
 * every machine and in every locale.
 */
#ifndef FB_REPORT_SVG_AXIS_H
#define FB_REPORT_SVG_AXIS_H

#include "base/buf.h"
#include "govern/picture.h"

/** Limits and sizes. */
enum {
    FB_AXIS_TICKS_MAX = 12, /**< ticks of an axis */
    FB_AXIS_LABEL = 24,     /**< size of a tick's label, its NUL included */
};

/** A stretch of time drawn from left to right. from < to, left < right (pixels). */
struct fb_axis {
    fb_time from;
    fb_time to;
    int32_t left;
    int32_t right;
};

/** One tick. */
struct fb_tick {
    fb_time at;
    char label[FB_AXIS_LABEL];
};

/** The position of an instant in tenths of a pixel; what is outside is held at the ends. */
int64_t fb_axis_x(const struct fb_axis *axis, fb_time t);

/** Ticks at round instants (hours, days, Mondays, months, years) of [from, to], at most max and at
 * most FB_AXIS_TICKS_MAX, in order. Returns their number. */
size_t fb_axis_ticks(const struct fb_axis *axis, size_t max, struct fb_tick out[FB_AXIS_TICKS_MAX]);

/** The stretch of time in which the picture's events lie, with a little room on both sides. What
 * has neither beginning nor end does not count, nor does what lies further in the future than the
 * first event lies in the past. */
void fb_axis_window(const struct fb_picture *picture, fb_time *out_from, fb_time *out_to);

/** The round percentage (5, 10, 20, 30, 50, 75 or 100) at which an axis of rates ends that
 * shows up to most, with the step of its ticks in *out_step. */
int32_t fb_axis_percent(struct fb_decimal most, int32_t *out_step);

/** Appends tenths of a pixel as "12.5" or "12". */
void fb_axis_add(struct fb_buf *out, int64_t tenths);

#endif

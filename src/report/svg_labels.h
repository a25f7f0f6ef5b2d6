/*
 * svg_labels.h: names beside the points of a drawing: inside it, over no point, over no other name.
 *
 * Each name is put where it costs least: close to its point, on the right rather than on the left,
 * off the bars and lines of the drawing. Where nothing is free close by, it goes further away and a
 * thin line leads to it, which runs over no name, no point and no other such line. Then every name
 * may move once more, now that the others stand. A name for which the drawing has no room is left
 * out. Whole pixels throughout, so that it is the same on every machine.
 */
#ifndef FB_REPORT_SVG_LABELS_H
#define FB_REPORT_SVG_LABELS_H

#include "base/str.h"

/** Limits and sizes, in pixels where not said otherwise. */
enum {
    FB_LABELS_MAX = 40,       /**< names in one drawing */
    FB_LABELS_DENSE = 200,    /**< of more points than that */
    FB_LABELS_DENSE_MAX = 12, /**< only so many have names */
    FB_LABEL_SHOWN = 36,      /**< characters of a name; what is longer is cut */
    FB_LABEL_ASCENT = 11,     /**< of a line of text above its baseline */
    FB_LABEL_DESCENT = 4,     /**< and below */
    FB_LABEL_CLEAR = 8,       /**< around the middle of each point */
    FB_LABEL_ADJACENT = 16,   /**< from this distance to its point on, a line leads to a name */
};

/** A stretch from (x1, y1) to (x2, y2). */
struct fb_label_line {
    int64_t x1, y1, x2, y2;
};

/** A point of the drawing and, after fb_labels_place, where its name is. */
struct fb_label_spot {
    int64_t x;
    int64_t y;
    int64_t width;             /**< of its name; 0: it has none */
    bool placed;               /**< false: no name, or no room for it */
    bool led;                  /**< a line leads to it */
    int64_t cost;              /**< of its place, in pixels about */
    int64_t left;              /**< where the name begins */
    int64_t baseline;          /**< and stands */
    struct fb_label_line lead; /**< from the point to the name */
};

/** What there is around the names. Borrowed. */
struct fb_label_field {
    int64_t left, right, top, bottom; /**< names stay inside */
    const struct fb_label_line *bars; /**< better not run over by names */
    size_t bar_count;
};

/** A width, in pixels, that a name of at most FB_LABEL_SHOWN characters keeps below, at 13 pixels,
 * in the widest of the usual fonts without serifs. */
int64_t fb_label_width(struct fb_str name);

/** Places the names of the last spots that have one, in drawings of growth the newest:
 * FB_LABELS_MAX, or FB_LABELS_DENSE_MAX. Those with the fewest places come first. */
void fb_labels_place(const struct fb_label_field *field, struct fb_label_spot *spots, size_t count);

#endif

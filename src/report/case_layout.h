/*
 * case_layout.h: where the elements of a case stand in a drawing.
 *
 * Layered: what supports stands below what it supports, context beside it, a challenger to the
 * right of what it challenges with its own support below. Every element stands once, under the
 * supporter's lowest supported element; what shares it is only a line. Subtrees are packed by their
 * contours (E. Reingold, J. Tilford, "Tidier Drawings of Trees", IEEE TSE 7(2), 1981), the shorter
 * into the taller, so the whole is linear. The same case gives the same drawing, byte for byte.
 */
#ifndef FB_REPORT_CASE_LAYOUT_H
#define FB_REPORT_CASE_LAYOUT_H

#include "case/case.h"

/** Sizes of type, in pixels. */
enum { FB_CASE_LINE = 15, FB_CASE_BOX_LINES_MAX = 8, FB_CASE_ROW_GAP = 62 };

/** One element in the drawing. */
struct fb_case_box {
    double x; /**< of its middle */
    double y; /**< of its upper edge */
    double width;
    double height;
    uint32_t row;
    uint32_t neighbour; /**< what it stands right beside, to challenge it; UINT32_MAX: nothing */
    struct fb_str lines[FB_CASE_BOX_LINES_MAX]; /**< its text, wrapped, without its id */
    uint32_t line_count;
    uint32_t text_count; /**< of these are text; the rest is the evidence predicate */
    bool cut;            /**< there is more text than lines */
};

/** One row: everything in it stands between top and end, and is centred. */
struct fb_case_row {
    double top;
    double end;            /**< the next row begins FB_CASE_ROW_GAP further down */
    const uint32_t *items; /**< its elements from left to right */
    size_t count;
};

/** The whole. */
struct fb_case_layout {
    struct fb_case_box *boxes; /**< one for each element, in their order */
    struct fb_case_row *rows;
    size_t row_count;
    double width;
    double height;
};

/** Places all elements. Boxes live in arena; their text is that of the case. */
FB_CHECKED enum fb_code fb_case_layout_make(const struct fb_case *argument, struct fb_arena *arena,
    struct fb_case_layout *out, struct fb_err *err);

/** The x nearest to a wish at which a line can cross a row between its boxes. */
double fb_case_gap(const struct fb_case_layout *layout, size_t row, double x);

/** The width of a text in 12 pixel Helvetica, about. */
double fb_case_text_width(struct fb_str text);

/** Wraps text to a width into at most FB_CASE_BOX_LINES_MAX lines of box. */
void fb_case_wrap(struct fb_str text, double width, struct fb_case_box *box);

#endif

/*
 * case_modules_layout.h: where the modules of an architecture view stand. Private to the view.
 *
 * Layers (K. Sugiyama, S. Tagawa, M. Toda, "Methods for Visual Understanding of Hierarchical System
 * Structures", IEEE TSMC 11(2), 1981): what rests on others stands above them; a link that passes a
 * layer has a bend there, which takes room as a module does, so that no line runs through a module.
 * Between layers each link has a track of its own where others would meet it.
 */
#ifndef FB_REPORT_CASE_MODULES_LAYOUT_H
#define FB_REPORT_CASE_MODULES_LAYOUT_H

#include "case/architecture.h"
#include "report/case_layout.h"

/** A module, or a bend of a link. */
struct fb_modules_box {
    uint32_t node; /**< FB_CASE_NONE: a bend */
    uint32_t layer;
    double x; /**< of its middle */
    double y; /**< of its upper edge */
    double width;
    double height;
    double order; /**< among its layer, while it is found */
    struct fb_case_label label;
};

/** A piece of a link, from a box to one in the next layer. */
struct fb_modules_piece {
    uint32_t link;
    uint32_t ends[2]; /**< boxes: the upper, the lower */
    double x[2];      /**< where it leaves the upper and meets the lower */
    double y;         /**< of its track */
};

/** The whole. */
struct fb_modules_layout {
    struct fb_modules_box *boxes; /**< nodes first, in their order */
    size_t box_count;
    struct fb_modules_piece *pieces; /**< of each link from above, links in their order */
    size_t piece_count;
    uint8_t *turned; /**< of each link: its first end stands below */
    double width;
    double height;
};

/** Places all modules; lives in arena. E_LIMIT beyond FB_MODULES_BENDS_MAX bends, E_NOMEM. */
FB_CHECKED enum fb_code fb_modules_layout_make(const struct fb_architecture *a,
    struct fb_arena *arena, struct fb_modules_layout *out, struct fb_err *err);

#endif

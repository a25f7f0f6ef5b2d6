/*
 * case_layout.h: where the elements of a case stand in a drawing.
 *
 * A tidy tree. Every element stands once, below the first element that it supports, reading from
 * the top; wherever else it is named stands a stub, so that no line runs across the drawing.
 * Contexts stand beside their element, challengers to its right with their own support below.
 * Supporters stand side by side, or, when they are many or the case is large and they are small,
 * below each other along a rail. Lines run only where nothing stands: in the band below a parent,
 * along a rail, and beside a box.
 *
 * Subtrees are packed by their contours (E. Reingold, J. Tilford, "Tidier Drawings of Trees", IEEE
 * TSE 7(2), 1981; for boxes of any height A. van der Ploeg, "Drawing non-layered tidy trees in
 * linear time", SPE 44(12), 2014), which are sampled every FB_CASE_ROW pixels; of two the shorter
 * is walked, so the whole is linear in the area of the boxes. The same case gives the same drawing,
 * byte for byte.
 */
#ifndef FB_REPORT_CASE_LAYOUT_H
#define FB_REPORT_CASE_LAYOUT_H

#include "case/case.h"

/** Sizes, in pixels. */
enum {
    FB_CASE_LINE = 15,           /**< of text */
    FB_CASE_LABEL_LINES_MAX = 8, /**< lines of text in a shape */
    FB_CASE_ROW = 8,             /**< the grid of heights */
    FB_CASE_BAND = 56,           /**< between an element and what supports it side by side */
    FB_CASE_BUS = 24,            /**< below an element: where its lines spread out */
    FB_CASE_LANE = 12,           /**< above an element: where far challenges run */
    FB_CASE_RAIL = 14,           /**< from an element's left edge to its rail */
    FB_CASE_LEVEL = 14,          /**< below this a challenge comes level */
    FB_CASE_SPLIT = 10,          /**< beside an element: where the lines to contexts part */
};

/** No item. */
#define FB_CASE_NONE UINT32_MAX

/** How an item hangs on its parent. */
enum fb_item_role { FB_ITEM_TOP, FB_ITEM_SUPPORT, FB_ITEM_CONTEXT, FB_ITEM_CHALLENGE };

/** Text in a shape, wrapped. */
struct fb_case_label {
    struct fb_str lines[FB_CASE_LABEL_LINES_MAX]; /**< without the id */
    uint32_t line_count;
    uint32_t text_count; /**< of these are text; the rest is the evidence predicate */
    bool cut;            /**< there is more text than lines */
};

/** What stands somewhere: an element, or a stub that names one standing elsewhere. */
struct fb_case_item {
    uint32_t element;
    bool stub;
    bool data; /**< CONTEXT: no element, but where the data of its parent's template stands */
    enum fb_item_role role;
    uint32_t parent;   /**< an item; of a challenger what it stands beside */
    uint32_t position; /**< SUPPORT, CONTEXT: which one of the parent; CHALLENGE: which challenge */
    bool stacked;      /**< what supports it stands along a rail */
    bool right;        /**< CONTEXT: it stands to the right */
    double gap;        /**< CONTEXT: how far from its parent */
    double x;          /**< of its middle */
    double y;          /**< of its upper edge */
    double width;
    double height;
    double top;    /**< upper edge of its block: itself, and what stands beside it */
    double bottom; /**< lower edge of the same */
    struct fb_case_label label;
    uint32_t child;   /**< first of what supports it; then by next */
    uint32_t context; /**< first of its contexts */
    uint32_t side;    /**< first of its challengers */
    uint32_t next;    /**< of the same kind and parent */
};

/** The whole. */
struct fb_case_layout {
    struct fb_case_item *items; /**< parents before what hangs on them */
    size_t item_count;
    uint32_t *item_of;           /**< of each element: where it stands itself */
    uint32_t *item_of_challenge; /**< of each challenge: the challenger that draws it */
    double width;
    double height;
};

/** Places all elements. Items live in arena; their text is that of the case. */
FB_CHECKED enum fb_code fb_case_layout_make(const struct fb_case *argument, struct fb_arena *arena,
    struct fb_case_layout *out, struct fb_err *err);

/** The width of a text in 12 pixel Helvetica, about. */
double fb_case_text_width(struct fb_str text);

/** The width of a small note beside a line, cut as fb_draw_note does; 0 when it is empty. */
double fb_case_note_width(struct fb_str text);

/** Wraps text to a width and adds it to a label of at most FB_CASE_LABEL_LINES_MAX lines. */
void fb_case_wrap(struct fb_str text, double width, struct fb_case_label *label);

#endif

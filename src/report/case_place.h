/* case_place.h: what stands in a drawing of a case, and how large it is. Private to the drawing. */
#ifndef FB_REPORT_CASE_PLACE_H
#define FB_REPORT_CASE_PLACE_H

#include "report/case_layout.h"

/** Cases of more elements than this are drawn narrow, and stacked where that can be. */
enum { FB_CASE_LARGE = 120, FB_CASE_SMALL = 40 };

/**
 * Makes the items of a drawing, parents first, with their sizes and what hangs on what; places are
 * left at 0. E_NOMEM.
 */
FB_CHECKED enum fb_code fb_case_place(const struct fb_case *argument, struct fb_arena *arena,
    struct fb_case_layout *out, struct fb_err *err);

#endif

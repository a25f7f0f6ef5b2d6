/* standings.h: the red lines of one system with what governs them and what would settle them. */
#ifndef FB_GOVERN_STANDINGS_H
#define FB_GOVERN_STANDINGS_H

#include "evidence/standing.h"
#include "govern/picture.h"

/** A red line of the system. */
struct fb_line_standing {
    const struct fb_line_view *view;
    struct fb_standing *measures; /**< one for each task of the rule */
    double joint; /**< the p-value of the line (the largest of its tasks, an intersection-union
                     test) after Holm's adjustment over all lines that are listed */
};

/** All of a system, or those that concern one capability. */
struct fb_standings {
    struct fb_line_standing *items;
    size_t count;
};

/**
 * Lists the red lines of a system in a picture, in its order; with a capability only those whose
 * name or one of whose tasks it is. Everything lives in arena; the picture is borrowed.
 * E_NOT_FOUND when no line is of that capability; E_NOMEM, E_LIMIT of the arena; E_RANGE.
 */
FB_CHECKED enum fb_code fb_standings(const struct fb_picture *picture, struct fb_str system,
    struct fb_str capability, struct fb_arena *arena, struct fb_standings *out, struct fb_err *err);

#endif

/* standing.h: for each task of a red line the evaluation that governs, and what would settle it. */
#ifndef FB_EVIDENCE_STANDING_H
#define FB_EVIDENCE_STANDING_H

#include "evidence/assess.h"
#include "evidence/settle.h"

/** Most margins of a red line. */
enum { FB_STANDING_MARGINS = 8 };

/** One task of a red line. */
struct fb_standing {
    /** The most adverse of those that govern now, each of another party: one that crosses, else the
     * one with the highest bound after margins, of equals the later. NULL: none governs. */
    const struct fb_figures *governing;
    struct fb_settle settle; /**< of the governing evaluation, or of no samples at all */
    double p_value;          /**< as fb_settle_p_value gives it; 1 without an evaluation */
    double after[FB_STANDING_MARGINS]; /**< the upper bound after each margin, in order */
};

/** True when an evaluation governs at an instant, as red lines are decided (engine/latch.h): it is
 * admitted, not withdrawn and not rejected, young enough, and no later one that also is so was made
 * of the same task by the same party. */
bool fb_standing_governs(const struct fb_figures_list *figures, size_t index, fb_time now);

/** How an evaluation stands, in a word or two: "withdrawn", "rejected", "too old", "earlier" (a
 * later one of the same party governs), "crosses", "defeated", "rules out", "lacks needs",
 * "leaves open". Static. */
const char *fb_standing_word(const struct fb_figures_list *figures, size_t index, fb_time now);

/** Fills *out for the measure of a line. figures are those of the line, borrowed. E_RANGE as
 * fb_settle. */
FB_CHECKED enum fb_code fb_standing_of(const struct fb_redline *line,
    const struct fb_figures_list *figures, uint32_t measure, fb_time now, struct fb_standing *out,
    struct fb_err *err);

#endif

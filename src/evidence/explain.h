/* explain.h: the sentences of an assessment. Private to the room. */
#ifndef FB_EVIDENCE_EXPLAIN_H
#define FB_EVIDENCE_EXPLAIN_H

#include "evidence/assess.h"
#include "evidence/bounds.h"

/** What is known of one evaluation while it is assessed. */
struct fb_assess_case {
    const struct fb_redline *line;
    const struct fb_evaluation *evaluation;
    struct fb_counts counts;
    struct fb_estimator how;
    int64_t unresolved;
    struct fb_bounds bounds;
    struct fb_str elicitation;
    bool enough;   /**< samples */
    bool elicited; /**< as the line needs it */
    bool judged;   /**< by whom the line needs */
};

/** Why a flag defeats an evaluation; NULL when it does not. */
const char *fb_defeater_text(struct fb_str flag);

/** One sentence with the figures, resting on the record; under it how the bounds were made and why
 * so, the margins, the needs that
 * failed, the flags, and how many more samples would settle it. NULL when memory ran out. */
struct fb_why *fb_assess_explain(
    const struct fb_assess_case *c, const struct fb_figures *figures, struct fb_arena *arena);

#endif

/*
 * check_line.h: the status of a red line over time, worked out again.
 *
 * This is the checker's own reading of SEMANTICS.md, Red lines: it shares no code with the operator
 * of the engine (latch.h), whose input it takes: assessments, which say where bounds stand against
 * thresholds, and the scope.
 */
#ifndef FB_PROOF_CHECK_LINE_H
#define FB_PROOF_CHECK_LINE_H

#include "engine/latch.h"

/** One red line of one system. */
struct fb_line_subject {
    const struct fb_redline *line;
    const struct fb_assessment *items; /**< in the order of admission */
    size_t count;
    const struct fb_scope *scope; /**< in the order of time, from FB_TIME_MIN on; none: inside */
    size_t scope_count;
};

/** Stretches with one status each, neighbours with different ones, from FB_TIME_MIN on; why is
 * NULL. */
FB_CHECKED enum fb_code fb_line_recount(const struct fb_line_subject *subject,
    struct fb_arena *arena, struct fb_segments *out, struct fb_err *err);

/** True when two histories say the same at every instant. */
bool fb_line_same(const struct fb_segments *a, const struct fb_segments *b);

#endif

/*
 * live.h: a labelled case that is kept up to date. When evidence changes, only what depends on it
 * is evaluated again: everything that can be reached from it along support, context and challenges.
 */
#ifndef FB_CASE_LIVE_H
#define FB_CASE_LIVE_H

#include "case/case.h"

struct fb_case_live;

/** Labels a case, as fb_case_label, and keeps what is needed to go on. It lives in arena, and so
 * does every reason that is made later; the argument is borrowed. */
FB_CHECKED enum fb_code fb_case_live_new(struct fb_case *argument, fb_case_query query, void *ctx,
    struct fb_arena *arena, struct fb_case_live **out, struct fb_err *err);

/** The same of a copy of a case that was labelled before, with the answers that it was labelled
 * with: for questions of the kind "what if". *out_copy lives in arena and borrows from the
 * argument. */
FB_CHECKED enum fb_code fb_case_live_again(const struct fb_case *argument, struct fb_arena *arena,
    struct fb_case **out_copy, struct fb_case_live **out, struct fb_err *err);

/** Why an element is what it is, down to the records, as a tree; after fb_case_live_explain or
 * where nothing was forced. E_NOMEM. */
FB_CHECKED enum fb_code fb_case_live_why(
    struct fb_case_live *live, uint32_t element, struct fb_why **out, struct fb_err *err);

/** Asks all predicates again, for argument->now, and evaluates again what that changes; labels and
 * reasons in the argument are then as fb_case_label would leave them. *out_count, which may be
 * NULL, is the number of elements and challenges that were evaluated again. On failure the case
 * must be labelled anew. */
FB_CHECKED enum fb_code fb_case_live_ask(struct fb_case_live *live, fb_case_query query, void *ctx,
    size_t *out_count, struct fb_err *err);

/** Takes an element to say this by itself, whatever its evidence says: FAILS falsifies it, UNKNOWN
 * leaves it open, HOLDS makes it rest on its support alone. Labels follow, without reasons: those
 * that changed have none until fb_case_live_explain. */
void fb_case_live_force(struct fb_case_live *live, uint32_t element, enum fb_evidence_state state);

/** Ends that. */
void fb_case_live_free(struct fb_case_live *live, uint32_t element);

/** How many elements and challenges the last force or free evaluated again. */
size_t fb_case_live_touched(const struct fb_case_live *live);

/** Makes the reasons that are not there. E_NOMEM, E_LIMIT. */
FB_CHECKED enum fb_code fb_case_live_explain(struct fb_case_live *live, struct fb_err *err);

#endif

/*
 * check_duty.h: what became of one obligation, worked out again from judgements about formulas.
 *
 * This is the checker's own reading of SEMANTICS.md, Duties: it shares no code with the duty runner
 * of the engine, and evaluates no formula. Whatever it needs to know of one it asks a judge, whose
 * answers have proofs (engine/proof.h): when a proof file is made the judge looks for them, when it
 * is checked the judge reads them and goes through them. What it does share with the engine is the
 * arithmetic of calendars (engine/eval.h: fb_deadline, fb_period).
 */
#ifndef FB_PROOF_CHECK_DUTY_H
#define FB_PROOF_CHECK_DUTY_H

#include "engine/eval.h"
#include "engine/proof.h"

/** Who answers. An error ends the work. */
typedef enum fb_code (*fb_judge)(
    void *ctx, const struct fb_question *question, struct fb_answer *out, struct fb_err *err);

/** One duty, and the values of its parameters. */
struct fb_duty_subject {
    const struct fb_program *program;
    const struct fb_duty *duty;
    const struct fb_trace *trace; /**< tuples in the order in which they begin */
    fb_time now;
    const struct fb_value *key; /**< param_count values */
    fb_judge judge;
    void *ctx;
};

/** All obligations of the duty with these parameters, whoever owes them, as of now; why is NULL.
 * The questions are the same whenever the answers are, and in the same order. E_UNSUPPORTED for a
 * duty whose trigger or act has an aggregation, a match or a definition: policies make none. */
FB_CHECKED enum fb_code fb_duty_recount(const struct fb_duty_subject *subject,
    struct fb_arena *arena, struct fb_obligations *out, struct fb_err *err);

/** The values of its parameters, one row for each obligation that there may be, as of now; the
 * subject's key is not looked at. All there are: that there is no other is part of the answer. For
 * those of a duty that has none, one row without values. */
FB_CHECKED enum fb_code fb_duty_keys(const struct fb_duty_subject *subject, struct fb_arena *arena,
    const struct fb_value *const **out, size_t *out_count, struct fb_err *err);

/** A formula of which all free variables but the known ones are quantified; NULL: the arena is
 * full. */
const struct fb_form *fb_form_closed(
    const struct fb_form *form, uint64_t known, struct fb_arena *arena);

#endif

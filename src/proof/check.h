/*
 * check.h: the checker of proofs. It reads a formula, a trace and a proof (engine/proof.h) and goes
 * through the proof step by step, each by the semantics of one operator. It shares no code with the
 * evaluators and with what finds proofs: of the room engine it takes the types, and the patterns
 * of MATCHES. Who wants to trust a verdict reads check.c, check_path.c and check_term.c.
 *
 * What it does not ask: whether the proof is the lightest, and whether the formula can be
 * monitored. A formula in which a LETPAST reads itself at the same time-point has no meaning.
 */
#ifndef FB_PROOF_CHECK_H
#define FB_PROOF_CHECK_H

#include "engine/proof.h"

/** Judgements, and tuples looked at, that the check of one proof may take; beyond, E_LIMIT. */
enum { FB_CHECK_STEPS_MAX = 100000000 };

/** Steps below each other; beyond, E_LIMIT. */
enum { FB_CHECK_DEPTH_MAX = FB_PROOF_DEPTH_MAX + 100 };

/** Checks that proof proves the claim over the trace: E_NEGATIVE with the time-point and the reason
 * when it does not. A proof may come from anybody: it need be well formed as a tree only. */
FB_CHECKED enum fb_code fb_proof_check(const struct fb_proof_claim *claim,
    const struct fb_proof_step *proof, const struct fb_trace *trace, struct fb_err *err);

/** The same for an answer: E_NEGATIVE unless the proof shows it at each of its time-points. */
FB_CHECKED enum fb_code fb_proof_check_answer(
    const struct fb_question *question, const struct fb_answer *answer, struct fb_err *err);

#endif

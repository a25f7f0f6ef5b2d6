/*
 * check.h: the checker of proofs. It reads a formula, a trace and a proof (engine/proof.h) and goes
 * through the proof step by step, each by the semantics of one operator. It shares no code with the
 * evaluators and with what finds proofs: of the room engine it takes the types, and the patterns
 * of MATCHES. Who wants to trust a verdict reads check.c, check_lemma.c,
 * check_path.c and check_term.c.
 *
 * What it does not ask: whether the proof is the lightest, and whether the formula can be
 * monitored. A formula in which a LETPAST reads itself at the same time-point has no meaning.
 */
#ifndef FB_PROOF_CHECK_H
#define FB_PROOF_CHECK_H

#include "engine/proof.h"

/** Lemmas of one check; beyond, E_LIMIT. */
enum { FB_CHECK_LEMMAS_MAX = FB_PROOF_LEMMAS_MAX };

/** Judgements, and tuples looked at, that the check of one proof may take; beyond, E_LIMIT. */
enum { FB_CHECK_STEPS_MAX = 100000000 };

/** Steps below each other; beyond, E_LIMIT. */
enum { FB_CHECK_DEPTH_MAX = FB_PROOF_DEPTH_MAX + 100 };

/** A check of proofs of one formula over one trace, which may share lemmas. */
struct fb_checker;

/** Begins. Formula and trace are borrowed until fb_checker_free. */
FB_CHECKED enum fb_code fb_checker_new(const struct fb_form *form, const struct fb_trace *trace,
    struct fb_checker **out, struct fb_err *err);

/** Checks a lemma by those that were accepted before, and accepts it: later proofs may rest on it.
 * Its number must be the number of lemmas before it. E_NEGATIVE with the reason when it is wrong;
 * E_LIMIT beyond FB_CHECK_LEMMAS_MAX. It may come from anybody, and is not needed afterwards. */
FB_CHECKED enum fb_code fb_checker_lemma(
    struct fb_checker *checker, const struct fb_proof_lemma *lemma, struct fb_err *err);

/** As fb_proof_check, of a claim about the formula, by the lemmas that were accepted. */
FB_CHECKED enum fb_code fb_checker_claim(struct fb_checker *checker,
    const struct fb_proof_claim *claim, const struct fb_proof_step *proof, struct fb_err *err);

/** Releases it; NULL is nothing. */
void fb_checker_free(struct fb_checker *checker);

/** Checks that proof, which has no lemmas, proves the claim over the trace: E_NEGATIVE with the
 * time-point and the reason when it does not. A proof may come from anybody: it need be well formed
 * as a tree only. */
FB_CHECKED enum fb_code fb_proof_check(const struct fb_proof_claim *claim,
    const struct fb_proof_step *proof, const struct fb_trace *trace, struct fb_err *err);

/** The same for an answer: E_NEGATIVE unless the proof shows it at each of its time-points. */
FB_CHECKED enum fb_code fb_proof_check_answer(
    const struct fb_question *question, const struct fb_answer *answer, struct fb_err *err);

#endif

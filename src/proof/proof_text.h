/* proof_text.h: proofs for people. */
#ifndef FB_PROOF_TEXT_H
#define FB_PROOF_TEXT_H

#include "base/buf.h"
#include "engine/proof.h"

/** Definitions that are told in place below each other; deeper ones are told in their own turn. */
enum { FB_PROOF_TEXT_DEEP = 10 };

/** Which lemmas the text so far has told, so that each is told in full once. */
struct fb_proof_told {
    size_t *told; /**< by number: the last proof that told it in its place; SIZE_MAX: it has, or
                       will have, a heading; 0: not told */
    size_t count;
    size_t proofs;
    size_t *waiting; /**< numbers of those that will have a heading */
    size_t waiting_count;
    size_t waiting_cap;
};

/** What a tree is written with. */
struct fb_proof_style {
    const struct fb_trace *trace;
    const struct fb_var_name *names; /**< of the free variables of the formula */
    size_t name_count;
    size_t indent;                        /**< spaces before each line */
    const struct fb_proof_lemmas *lemmas; /**< NULL: the proof has none */
    struct fb_proof_told *told;           /**< all zero at first, then kept; NULL where lemmas is */
};

/** Appends the tree, a line a step and two spaces a level. Steps that only pass on (a negation, the
 * side of an alternative) have no line of their own. A lemma is told where it is needed first; in
 * FB_PROOF_TEXT_DEEP others, below all of it under a heading with its number. The proof must be one
 * that fb_checker_claim accepts for the claim. E_NOMEM; whether out is full the caller asks. */
FB_CHECKED enum fb_code fb_proof_text(const struct fb_proof_step *proof,
    const struct fb_proof_claim *claim, const struct fb_proof_style *style, struct fb_buf *out,
    struct fb_err *err);

/** Releases what it holds, not itself; then it is all zero. */
void fb_proof_told_release(struct fb_proof_told *told);

#endif

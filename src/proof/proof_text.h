/* proof_text.h: proofs for people. */
#ifndef FB_PROOF_TEXT_H
#define FB_PROOF_TEXT_H

#include "base/buf.h"
#include "engine/proof.h"

/** What a tree is written with. */
struct fb_proof_style {
    const struct fb_trace *trace;
    const struct fb_var_name *names; /**< of the free variables of the formula */
    size_t name_count;
    size_t indent; /**< spaces before each line */
};

/** Appends the tree, a line a step and two spaces a level. Steps that only pass on (a negation, the
 * side of an alternative) have no line of their own. The proof must be one that
 * fb_proof_check accepts for the claim. */
void fb_proof_text(const struct fb_proof_step *proof, const struct fb_proof_claim *claim,
    const struct fb_proof_style *style, struct fb_buf *out);

#endif

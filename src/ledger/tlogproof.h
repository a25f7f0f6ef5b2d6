/*
 * tlogproof.h: proof files: that an entry is in a log, checked with nothing but keys.
 *
 *     c2sp.org/tlog-proof@v1
 *     extra BASE64            may be absent
 *     index 73894
 *     BASE64                  the hashes of the inclusion proof, from the leaf upwards
 *                             (an empty line, then the signed checkpoint)
 *
 * We put the entry itself into the extra data: it is unauthenticated until its hash has been found
 * in the tree, and then it is what was proved. https://c2sp.org/tlog-proof
 */
#ifndef FB_LEDGER_TLOGPROOF_H
#define FB_LEDGER_TLOGPROOF_H

#include "ledger/trust.h"

/** Limits of a proof file; each has a test. */
enum {
    FB_TLOGPROOF_MAX = 256 * 1024,      /**< bytes of a file */
    FB_TLOGPROOF_EXTRA_MAX = 65535 + 3, /**< bytes of extra data, as they are decoded */
};

/** A proof file; slices are borrowed. */
struct fb_tlogproof {
    struct fb_str extra; /**< empty: none */
    uint64_t index;
    struct fb_proof path;
    struct fb_str checkpoint; /**< the signed note, verbatim */
};

/** Appends a proof file to out. */
void fb_tlogproof_format(const struct fb_tlogproof *proof, struct fb_buf *out);

/** Reads a proof file strictly, as fb_tlogproof_format writes it. out->extra points into extra,
 * which is filled, out->checkpoint into text. E_SYNTAX with line, E_LIMIT, E_NOMEM. */
FB_CHECKED enum fb_code fb_tlogproof_parse(
    struct fb_str text, struct fb_buf *extra, struct fb_tlogproof *out, struct fb_err *err);

/** Verifies the checkpoint, then that the leaf is at the index of its tree. E_SIGNATURE, and
 * E_RANGE when the index is not in the tree; else as fb_trust_check. */
FB_CHECKED enum fb_code fb_tlogproof_check(const struct fb_tlogproof *proof,
    const struct fb_hash *leaf, const struct fb_trust *trust, struct fb_trusted *out,
    struct fb_err *err);

#endif

/*
 * docket_proof.h: proofs of red lines, duties, orders and licences, that a checker goes through
 * with nothing but the records.
 *
 * A proof is a file of lines of JSON: what is claimed of which ledger prefix, then one line for
 * each judgement about a formula that the verdict rests on (proof/proof_file.h), down to records.
 * Whoever checks it reads the records, compiles the policies and computes bounds, pace and the
 * labels of cases again; what the engine decided (whether formulas hold, the latches of red lines,
 * what became of duties) is taken from the file and gone through by src/proof, without the engine.
 */
#ifndef FB_GOVERN_DOCKET_PROOF_H
#define FB_GOVERN_DOCKET_PROOF_H

#include "govern/docket.h"

/** Limits; each has an error and a test. */
enum {
    FB_DOCKET_PROOF_MAX = 1 << 28, /**< bytes of a file */
    FB_PROVING_RESTS_MAX = 64,     /**< duties that an order or a licence rests on */
};

/** What the first line of a proof claims about its ledger. */
struct fb_proof_claimed {
    struct fb_str origin;
    uint64_t entries; /**< the records that it is about: the first so many */
    uint8_t root[32];
    fb_time now;
    fb_time as_of;        /**< FB_TIME_MAX: of what was known then */
    struct fb_str id;     /**< of the verdict, as in a picture */
    struct fb_str status; /**< a word */
    size_t judgements;    /**< in a file that was made or checked */
};

/** Appends the proof of a red line, duty, order or licence of a picture, and checks it: what comes
 * out was accepted by the checker and says what the picture says, else E_MISMATCH. E_UNSUPPORTED
 * for a verdict of another kind, or what is allowed only because no rule applies; E_LIMIT. */
FB_CHECKED enum fb_code fb_picture_prove(const struct fb_picture *picture, struct fb_str id,
    struct fb_buf *out, struct fb_proof_claimed *claimed, struct fb_err *err);

/** Reads the first line of a proof; out lives in arena. E_SYNTAX, E_SCHEMA, E_LIMIT. */
FB_CHECKED enum fb_code fb_proof_claimed_read(
    struct fb_str file, struct fb_arena *arena, struct fb_proof_claimed *out, struct fb_err *err);

/** Goes through a proof by the records of `input`, which must be the prefix that it is about, at
 * its instant: E_NEGATIVE with the line and the reason when something in it is not so. */
FB_CHECKED enum fb_code fb_docket_proof_check(const struct fb_govern_input *input,
    struct fb_str file, struct fb_proof_claimed *out, struct fb_err *err);

/** The same by the records of a docket, the first so many that the file names: their root must be
 * the one that it names, or the ledger's of another docket or history: E_NEGATIVE. E_NOT_FOUND when
 * the docket has fewer records. Pictures of the docket as of an instant are void afterwards. */
FB_CHECKED enum fb_code fb_docket_check(
    struct fb_docket *docket, struct fb_str file, struct fb_proof_claimed *out, struct fb_err *err);

#endif

/*
 * addcheckpoint.h: what a log asks of a witness, and what a witness decides (C2SP tlog-witness).
 *
 *     old 20852014
 *     BASE64            the hashes of the consistency proof, at most 63 lines
 *                       (an empty line, then the signed checkpoint)
 *
 * Nothing here knows of HTTP, of time or of a store: text goes in, a status comes out.
 * https://c2sp.org/tlog-witness
 */
#ifndef FB_LEDGER_ADDCHECKPOINT_H
#define FB_LEDGER_ADDCHECKPOINT_H

#include "ledger/checkpoint.h"
#include "ledger/note.h"

/** Limits of a request; each has a test. */
enum {
    FB_ADD_PROOF_MAX = 63,                   /**< lines of the proof, by the specification */
    FB_ADD_REQUEST_MAX = FB_NOTE_MAX + 4096, /**< bytes of a request */
    FB_ADD_TEXT_MAX = 16 * 1024,             /**< bytes of the text that is cosigned */
};

/** The statuses that the specification gives, with its reasons. */
enum fb_add_status {
    FB_ADD_GOOD = 200,
    FB_ADD_MALFORMED = 400, /**< not of this form, or the old size is above the checkpoint's */
    FB_ADD_UNSIGNED = 403,  /**< no trusted key signed it, or a signature of one is wrong */
    FB_ADD_UNKNOWN = 404,   /**< the origin is not that of a log that the witness knows */
    FB_ADD_CONFLICT = 409,  /**< the old size is not that of the latest cosigned checkpoint */
    FB_ADD_TOO_LONG = 413,  /**< more bytes than are read */
    FB_ADD_UNPROVED = 422,  /**< the proof or the root is wrong */
};

/** A request; note points into the text it was read from. */
struct fb_add_request {
    uint64_t old_size;
    struct fb_proof proof;
    struct fb_str note; /**< the signed checkpoint, verbatim */
};

/** A request as a witness looks at it. Slices point into the request. */
struct fb_add_view {
    struct fb_str text; /**< of the note: what is cosigned */
    struct fb_str lines;
    struct fb_checkpoint checkpoint;
};

/** Appends a request. The proof has at most FB_ADD_PROOF_MAX hashes. */
void fb_add_request_format(const struct fb_add_request *request, struct fb_buf *out);

/** Reads a request strictly, as fb_add_request_format writes it. E_SYNTAX with line, E_LIMIT,
 * E_NOMEM. */
FB_CHECKED enum fb_code fb_add_request_parse(
    struct fb_str text, struct fb_add_request *out, struct fb_err *err);

/** Reads the checkpoint of a request; nothing is verified yet. E_SYNTAX, E_UTF8, E_LIMIT. */
FB_CHECKED enum fb_code fb_add_look(
    const struct fb_add_request *request, struct fb_add_view *out, struct fb_err *err);

/** Verifies the signatures of a log's keys, of which there is one at least, and compares the sizes:
 * what can be said without knowing what was cosigned before. *out is GOOD, UNSIGNED or MALFORMED;
 * err has the reason. E_NOMEM, and then *out is not written. */
FB_CHECKED enum fb_code fb_add_authenticate(const struct fb_add_request *request,
    const struct fb_note_verifier *keys, size_t key_count, enum fb_add_status *out,
    struct fb_err *err);

/** Decides against the latest checkpoint that was cosigned for the origin; size 0 when there is
 * none. GOOD, CONFLICT or UNPROVED, and then err has the reason. */
enum fb_add_status fb_add_decide(const struct fb_add_request *request,
    const struct fb_checkpoint *checkpoint, const struct fb_checkpoint *latest, struct fb_err *err);

#endif

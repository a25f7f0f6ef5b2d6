/*
 * ask.h: asking witnesses to cosign a log's checkpoint (C2SP tlog-witness, the log's side).
 *
 * All witnesses are asked at once. One that last saw another size says so, and is asked again with
 * the proof from there. What comes back is verified; one that fails is an answer of its own and
 * stops no other.
 */
#ifndef FB_LEDGER_ASK_H
#define FB_LEDGER_ASK_H

#include "base/transport.h"
#include "ledger/ledger.h"

/** Limits of asking; each has a test. */
enum {
    FB_ASK_MAX = 32,                /**< witnesses at once, as a policy has */
    FB_ASK_ROUNDS_MAX = 3,          /**< requests to one witness */
    FB_ASK_ANSWER_MAX = 128 * 1024, /**< bytes of an answer */
};

/** One witness, and what became of asking it. */
struct fb_ask {
    struct fb_note_verifier key;
    struct fb_str url; /**< its submission prefix; borrowed */
    uint64_t old_size; /**< in: what it last cosigned, as far as is known; out: as it said */
    bool is_cosigned;  /**< out */
    uint64_t at_s;     /**< out: the time that it put under its cosignature */
    unsigned status;   /**< out: of the last answer, 0 when there was none */
    struct fb_err err; /**< out: why it did not cosign. E_IO without a usable answer; E_NOT_FOUND
                          when it does not know the log; E_SIGNATURE; E_FORK when it says that it
                          cosigned more entries than there are, or others; E_SYNTAX for a URL */
};

/**
 * Asks for cosignatures of note, which the ledger signed and has the entries of. The lines of those
 * who cosigned, verified, are appended to lines. An error is one of this machine: E_NOMEM, E_IO of
 * the ledger; what witnesses do wrong stands in asks.
 */
FB_CHECKED enum fb_code fb_ask_witnesses(struct fb_ledger *ledger, struct fb_str note,
    const struct fb_transport *transport, struct fb_ask *asks, size_t count, struct fb_buf *lines,
    struct fb_err *err);

#endif

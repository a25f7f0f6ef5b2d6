/*
 * desk.h: a docket that stays in memory and is asked over and over.
 *
 * A gate (gate.h) reads the whole ledger for each answer. A desk reads and verifies it once, and
 * then what was appended since, so that an answer costs what its system needs, however many records
 * there are (docs/decisions/0064-desk.md). It fails closed like a gate: no answer is given from
 * records that were not verified, from a ledger that does not go on from what was seen, or by a
 * clock that was put back.
 */
#ifndef FB_GATE_DESK_H
#define FB_GATE_DESK_H

#include "gate/gate.h"

/** After a failure the ledger is read anew so many milliseconds later, when it is asked again. */
enum { FB_DESK_RETRY_MS = 30000 };

/** Which docket. Borrowed. */
struct fb_desk_options {
    const char *docket; /**< its folder */
    struct fb_clock clock;
    bool is_simulated_clock; /**< as for fb_docket_open */
    int64_t retry_ms;        /**< 0: FB_DESK_RETRY_MS */
};

struct fb_desk;

/** Opens and verifies the docket. Errors as of fb_docket_open_verified. Caller frees *out with
 * fb_desk_free. */
FB_CHECKED enum fb_code fb_desk_new(
    const struct fb_desk_options *options, struct fb_desk **out, struct fb_err *err);

/** Closes and frees; NULL is allowed. */
void fb_desk_free(struct fb_desk *desk);

/**
 * Verifies what was appended since, in the ledger that is in the docket's folder now. While that
 * fails this error is the answer to all questions; it is tried again with each. When it fails in
 * the midst of new records the docket is opened anew, all of it; when that fails too, not again
 * until retry_ms later. E_TIME when the clock was put back.
 */
FB_CHECKED enum fb_code fb_desk_renew(struct fb_desk *desk, struct fb_err *err);

/** What was verified: entries, their root, and the instant of the last answer. */
const struct fb_gate *fb_desk_seen(const struct fb_desk *desk);

/** How often the docket was opened: what is borrowed from it is gone with the next time. */
uint64_t fb_desk_opened(const struct fb_desk *desk);

/** The docket, after a renewal that went well; borrowed until the next call. */
struct fb_docket *fb_desk_docket(struct fb_desk *desk);

#endif

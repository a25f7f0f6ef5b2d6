/*
 * follow.h: following somebody else's log: each time from where one stopped, never back.
 *
 * The state is a file with the checkpoint that was verified last, exactly as it was signed. A log
 * that shows fewer entries than it signed before, or others, is refused; the state stays, and both
 * checkpoints are kept beside it, because together they prove to anyone what the log did.
 */
#ifndef FB_LEDGER_FOLLOW_H
#define FB_LEDGER_FOLLOW_H

#include "ledger/remote.h"
#include "ledger/trust.h"

/** How to follow. */
struct fb_follow_options {
    const struct fb_trust *trust;
    const struct fb_transport *transport; /**< for URLs; NULL: folders only */
    const char *state;     /**< file; NULL: start at the first entry and keep nothing */
    fb_remote_visit visit; /**< called with each new entry; may be NULL */
    void *ctx;
};

/** What was verified. */
struct fb_follow_report {
    uint64_t old_size; /**< where the state stood, 0 without one */
    uint64_t size;
    struct fb_hash root;
    size_t witnesses;
};

/**
 * Verifies the log in a folder, or below a URL, from the state's checkpoint to the one it shows
 * now, and then writes the state. E_FORK when the two contradict each other: STATE.XXXXXXXX.before
 * and .now then have them (X: digits of the digest of the newer one) and the hint says so.
 * E_CORRUPT when the place does not have the tree it shows; E_MISMATCH when the state is of another
 * log; as fb_trust_check. On any failure the state is unchanged.
 */
FB_CHECKED enum fb_code fb_follow_log(const char *place, const struct fb_follow_options *options,
    struct fb_follow_report *out, struct fb_err *err);

#endif

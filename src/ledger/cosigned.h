/*
 * cosigned.h: the checkpoints of a log that witnesses cosigned, as its keeper keeps them.
 *
 * A file beside the ledger holds signed checkpoints one after the other, smallest first. It is
 * derived: without it witnesses are asked again, and nothing in it can change the ledger. But what
 * was cosigned once must stay true, so that each of them is compared with the entries whenever the
 * file is read.
 *
 * A checkpoint goes when a later one has signatures of the same keys: what a policy needs of
 * witnesses that answer at different times is there as long as it can be.
 */
#ifndef FB_LEDGER_COSIGNED_H
#define FB_LEDGER_COSIGNED_H

#include "ledger/ledger.h"
#include "ledger/trust.h"

/** Limits of what is kept. */
enum {
    FB_COSIGNED_MAX = 32,               /**< checkpoints; beyond, the smallest goes */
    FB_COSIGNED_FILE_MAX = 1024 * 1024, /**< bytes of the file */
    FB_COSIGNED_NOTE_MAX = 24 * 1024,   /**< bytes of one of them */
};

/** What is kept; slices of the file's text. */
struct fb_cosigned {
    struct fb_str notes[FB_COSIGNED_MAX];
    uint64_t sizes[FB_COSIGNED_MAX]; /**< strictly rising */
    size_t count;
};

/** Reads the text of such a file; nothing is verified. E_SYNTAX, E_UTF8, E_LIMIT with the line
 * where a checkpoint begins. */
FB_CHECKED enum fb_code fb_cosigned_parse(
    struct fb_str text, struct fb_cosigned *out, struct fb_err *err);

/** Compares what is kept with a ledger: each is signed by its key, of its origin, and has the root
 * of its entries. E_SIGNATURE; E_FORK when the ledger has fewer entries than were cosigned, or
 * others. */
FB_CHECKED enum fb_code fb_cosigned_check(
    const struct fb_cosigned *kept, struct fb_ledger *ledger, struct fb_err *err);

/** Reads and checks the file of a ledger into source, at which out points; a file that is not there
 * holds nothing. Errors have the file. */
FB_CHECKED enum fb_code fb_cosigned_read(const char *path, struct fb_ledger *ledger,
    struct fb_buf *source, struct fb_cosigned *out, struct fb_err *err);

/** Appends the text of the file with further signature lines, each with its newline, under a
 * checkpoint that the log signed. A line takes the place of an earlier one of the same key.
 * E_SYNTAX, E_LIMIT, E_NOMEM. */
FB_CHECKED enum fb_code fb_cosigned_add(const struct fb_cosigned *kept, struct fb_str note,
    struct fb_str lines, struct fb_buf *out, struct fb_err *err);

/** Appends the newest checkpoint of the ledger that is good by trust: the present one with what is
 * kept for it, else one that is kept. E_SIGNATURE when none is. */
FB_CHECKED enum fb_code fb_cosigned_newest(const struct fb_cosigned *kept, struct fb_ledger *ledger,
    const struct fb_trust *trust, struct fb_buf *out, struct fb_err *err);

/** The size of the largest kept checkpoint that has a line of a key; 0 when none has. */
uint64_t fb_cosigned_size_by(const struct fb_cosigned *kept, const struct fb_note_verifier *key);

#endif

/*
 * checkpoint.h: C2SP checkpoints: what a log says about its tree at one size.
 *
 * Three lines, origin, size and root in base64, as the text of a signed note.
 * https://c2sp.org/tlog-checkpoint
 */
#ifndef FB_LEDGER_CHECKPOINT_H
#define FB_LEDGER_CHECKPOINT_H

#include "base/buf.h"
#include "ledger/merkle.h"

/** A checkpoint; origin and extension point into the text it was read from. */
struct fb_checkpoint {
    struct fb_str origin;
    uint64_t size;
    struct fb_hash root;
    struct fb_str extension; /**< further lines, each with its newline; mostly empty */
};

/** Appends the text of a checkpoint. */
void fb_checkpoint_format(const struct fb_checkpoint *checkpoint, struct fb_buf *out);

/** Reads the text of a checkpoint (of a note that was verified). E_SYNTAX with the line. */
FB_CHECKED enum fb_code fb_checkpoint_parse(
    struct fb_str text, struct fb_checkpoint *out, struct fb_err *err);

#endif

/*
 * export.h: a ledger as a folder of files that any web server can serve (C2SP tlog-tiles).
 *
 *     checkpoint                     the signed checkpoint, written last
 *     tile/0/x001/x234/067[.p/8]     hashes of the tree
 *     tile/entries/000[.p/8]         entries, each after its length in two bytes, big-endian
 *
 * Every file is put in place whole. Only the checkpoint ever changes: what is there already is left
 * as it is, so that an export costs what was appended since the last one. Partial tiles of earlier
 * checkpoints stay. https://c2sp.org/tlog-tiles
 */
#ifndef FB_LEDGER_EXPORT_H
#define FB_LEDGER_EXPORT_H

#include "ledger/ledger.h"

/** What an export did. */
struct fb_export_report {
    uint64_t size;    /**< entries of the checkpoint */
    uint64_t written; /**< files */
    uint64_t kept;    /**< files that were there already */
};

/**
 * Brings the folder dir (made when missing) up to a checkpoint that the ledger signed: note, which
 * may have cosignatures, or the stored one when note is empty. E_FORK when the folder has a
 * checkpoint of this log that the ledger does not continue; E_RANGE when it has a later one than
 * note; E_SIGNATURE when it has one of another log; E_CORRUPT when entries or tiles of the ledger
 * do not hold; E_IO, E_FULL. After a failure the folder shows its old checkpoint and all that
 * belongs to it.
 */
FB_CHECKED enum fb_code fb_export_write(struct fb_ledger *ledger, struct fb_str note,
    const char *dir, struct fb_export_report *out, struct fb_err *err);

#endif

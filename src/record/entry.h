/*
 * entry.h: a record as the ledger stores it: the statement and its signatures, byte for byte.
 *
 *     flyball-entry v1\n
 *     admitted 2026-03-01T09:00:00.000000Z\n     always six decimals
 *     statement 412\n                            its length in bytes
 *     {...}\n
 *     sshsig 295\n                               one or more, each with its length
 *     -----BEGIN SSH SIGNATURE-----...\n
 *
 * The admission time is inside the entry, so that the tree protects it too.
 */
#ifndef FB_RECORD_ENTRY_H
#define FB_RECORD_ENTRY_H

#include "base/buf.h"
#include "base/timestamp.h"

/** Limits of an entry; each has a test. */
enum {
    FB_ENTRY_MAX = 65535, /**< bytes, as C2SP tlog-tiles has it */
    FB_ENTRY_SIGNATURES_MAX = 16,
};

/** A decoded entry; slices point into the entry's bytes. */
struct fb_entry {
    fb_time admitted;
    struct fb_str statement;
    struct fb_str signatures[FB_ENTRY_SIGNATURES_MAX]; /**< armored SSHSIG texts */
    size_t signature_count;                            /**< at least 1 */
};

/** Appends the bytes of an entry. E_LIMIT when it is too long. */
FB_CHECKED enum fb_code fb_entry_encode(
    const struct fb_entry *entry, struct fb_buf *out, struct fb_err *err);

/** Reads an entry strictly: only what fb_entry_encode writes is accepted. E_CORRUPT otherwise. */
FB_CHECKED enum fb_code fb_entry_decode(
    struct fb_str bytes, struct fb_entry *out, struct fb_err *err);

#endif

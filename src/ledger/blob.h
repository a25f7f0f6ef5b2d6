/*
 * blob.h: things too big for an entry, by the SHA-256 of their bytes, in a folder.
 *
 * The blob with digest abcdef... is the file ab/cdef... below the folder. A blob is written beside
 * its place, synced and renamed, so that a file with a blob's name is always whole. Erasing one
 * leaves the record that named it.
 */
#ifndef FB_LEDGER_BLOB_H
#define FB_LEDGER_BLOB_H

#include "base/buf.h"
#include "ledger/sha256.h"

/** Most bytes of one blob; too large for a test (docs/TESTING.md). */
#define FB_BLOB_MAX (UINT64_C(16) * 1024 * 1024 * 1024)

/** Copies a regular file, or standard input for "-", into the folder dir (made when missing) and
 * says its digest and size (out_size may be NULL). It is no error when the blob is there. What a
 * process that was killed left of an earlier copy is removed. E_NOT_FOUND, E_IO (also for what is
 * no regular file), E_FULL, E_LIMIT; E_MISMATCH when the file changed its length meanwhile. */
FB_CHECKED enum fb_code fb_blob_put_file(const char *dir, const char *path,
    uint8_t out_digest[FB_SHA256_SIZE], uint64_t *out_size, struct fb_err *err);

/** The same for bytes in memory. */
FB_CHECKED enum fb_code fb_blob_put(
    const char *dir, struct fb_str bytes, uint8_t out_digest[FB_SHA256_SIZE], struct fb_err *err);

/** Appends a blob to out, whose maximum holds. E_NOT_FOUND; E_CORRUPT when the bytes do not have
 * the digest; out is then cut back. */
FB_CHECKED enum fb_code fb_blob_get(
    const char *dir, const uint8_t digest[FB_SHA256_SIZE], struct fb_buf *out, struct fb_err *err);

/** Reads a blob through and checks its digest without keeping it. E_NOT_FOUND, E_CORRUPT. */
FB_CHECKED enum fb_code fb_blob_check(
    const char *dir, const uint8_t digest[FB_SHA256_SIZE], struct fb_err *err);

/** Takes a blob away for good; that it is not there is no error. E_IO when it stays. */
FB_CHECKED enum fb_code fb_blob_erase(
    const char *dir, const uint8_t digest[FB_SHA256_SIZE], struct fb_err *err);

/** True when a regular file, or a link to one, with the blob's name is there. */
bool fb_blob_exists(const char *dir, const uint8_t digest[FB_SHA256_SIZE]);

/** Writes the path of a blob into out. E_LIMIT when it does not fit. */
FB_CHECKED enum fb_code fb_blob_path(const char *dir, const uint8_t digest[FB_SHA256_SIZE],
    char *out, size_t size, struct fb_err *err);

#endif

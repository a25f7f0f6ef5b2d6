/*
 * snapshot.h: a state on disk, from which a run goes on after its process ended.
 *
 * A file: eight bytes that tell what it is, version, digest of what the state belongs to (formula,
 * signature, how it runs), length, the state, and a SHA-256 of all before. So a file that is cut
 * off, damaged or of something else is refused and never read as a state.
 */
#ifndef FB_ENGINE_SNAPSHOT_H
#define FB_ENGINE_SNAPSHOT_H

#include "base/buf.h"
#include "ledger/sha256.h"

/** The version that is written; no other is read. */
enum { FB_SNAPSHOT_VERSION = 1 };

/** Most bytes of a file. */
#define FB_SNAPSHOT_MAX ((size_t)8 << 30)

/** Appends the file of a state. */
FB_CHECKED enum fb_code fb_snapshot_seal(const uint8_t identity[FB_SHA256_SIZE],
    struct fb_str state, struct fb_buf *out, struct fb_err *err);

/** The state in the bytes of a file, borrowed from them. E_FORMAT: no snapshot; E_VERSION: of a
 * version that is not read here; E_CORRUPT: cut off or damaged; E_MISMATCH: of something else. */
FB_CHECKED enum fb_code fb_snapshot_unseal(struct fb_str bytes,
    const uint8_t identity[FB_SHA256_SIZE], struct fb_str *out, struct fb_err *err);

/** Writes the file, whole or not at all, as fb_io_write; only its owner may read it. */
FB_CHECKED enum fb_code fb_snapshot_write(const char *path, const uint8_t identity[FB_SHA256_SIZE],
    struct fb_str state, struct fb_err *err);

/** Reads the file into bytes, from which *out is borrowed. Errors of fb_snapshot_unseal with the
 * file's name, and of fb_io_read. */
FB_CHECKED enum fb_code fb_snapshot_read(const char *path, const uint8_t identity[FB_SHA256_SIZE],
    struct fb_buf *bytes, struct fb_str *out, struct fb_err *err);

#endif

/* sha256.h: SHA-256 (FIPS 180-4) at once or piece by piece, by libcrypto. */
#ifndef FB_LEDGER_SHA256_H
#define FB_LEDGER_SHA256_H

#include "base/str.h"
#include "flyball/err.h"

/** Sizes of a digest and of its text in hex, the NUL included. */
enum { FB_SHA256_SIZE = 32, FB_SHA256_TEXT = 65 };

/** A digest in the making. Fields are private; it owns nothing. */
struct fb_sha256 {
    _Alignas(8) unsigned char state[128];
};

/** Starts a digest. */
void fb_sha256_init(struct fb_sha256 *sha);

/** Adds bytes. */
void fb_sha256_add(struct fb_sha256 *sha, struct fb_str bytes);

/** Ends a digest; sha must be started again before further use. */
void fb_sha256_end(struct fb_sha256 *sha, uint8_t out[FB_SHA256_SIZE]);

/** The digest of bytes. */
void fb_sha256_of(struct fb_str bytes, uint8_t out[FB_SHA256_SIZE]);

/** The digest of a whole file, and its size (out_size may be NULL). E_NOT_FOUND, E_IO. */
FB_CHECKED enum fb_code fb_sha256_file(
    const char *path, uint8_t out[FB_SHA256_SIZE], uint64_t *out_size, struct fb_err *err);

#endif

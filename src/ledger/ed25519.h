/* ed25519.h: Ed25519 signatures (RFC 8032), by libsodium. */
#ifndef FB_LEDGER_ED25519_H
#define FB_LEDGER_ED25519_H

#include "base/str.h"

/** Sizes in bytes. A secret is the seed and the public key, one after the other. */
enum {
    FB_ED25519_SEED = 32,
    FB_ED25519_PUBLIC = 32,
    FB_ED25519_SECRET = 64,
    FB_ED25519_SIGNATURE = 64,
};

/** Fills out with bytes that nobody can guess. */
void fb_random(uint8_t *out, size_t len);

/** Overwrites len bytes, in a way that a compiler does not leave out. */
void fb_wipe(void *bytes, size_t len);

/** Makes the key of a seed. */
void fb_ed25519_from_seed(const uint8_t seed[FB_ED25519_SEED],
    uint8_t out_secret[FB_ED25519_SECRET], uint8_t out_public[FB_ED25519_PUBLIC]);

/** Signs a message. */
void fb_ed25519_sign(const uint8_t secret[FB_ED25519_SECRET], struct fb_str message,
    uint8_t out[FB_ED25519_SIGNATURE]);

/** True when signature is one of message by the key. Refuses, as libsodium does, what RFC 8032
 * leaves open: keys of small order, and numbers that are not in their shortest form. */
bool fb_ed25519_verify(
    const uint8_t public_key[FB_ED25519_PUBLIC], struct fb_str message, struct fb_str signature);

#endif

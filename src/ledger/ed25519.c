#include "ledger/ed25519.h"

#include <sodium.h>

#include "base/assert.h"

_Static_assert(crypto_sign_SECRETKEYBYTES == FB_ED25519_SECRET, "as libsodium has it");
_Static_assert(crypto_sign_BYTES == FB_ED25519_SIGNATURE, "as libsodium has it");

/* Picks the fast code for this processor and opens the source of randomness; later calls do
 * nothing. It fails only when the machine has no randomness to give, and then nothing may go on. */
static void start(void)
{
    int good = sodium_init();
    FB_ASSERT(good >= 0);
}

static const unsigned char *bytes_of(struct fb_str s)
{
    FB_ASSERT(s.ptr || s.len == 0);
    return (const unsigned char *)(s.ptr ? s.ptr : "");
}

void fb_random(uint8_t *out, size_t len)
{
    FB_ASSERT(out || len == 0);
    start();
    randombytes_buf(out, len);
}

void fb_wipe(void *bytes, size_t len)
{
    FB_ASSERT(bytes || len == 0);
    sodium_memzero(bytes, len);
}

void fb_ed25519_from_seed(const uint8_t seed[FB_ED25519_SEED],
    uint8_t out_secret[FB_ED25519_SECRET], uint8_t out_public[FB_ED25519_PUBLIC])
{
    FB_ASSERT(seed && out_secret && out_public);
    start();
    int good = crypto_sign_seed_keypair(out_public, out_secret, seed);
    FB_ASSERT(good == 0);
}

void fb_ed25519_sign(const uint8_t secret[FB_ED25519_SECRET], struct fb_str message,
    uint8_t out[FB_ED25519_SIGNATURE])
{
    FB_ASSERT(secret && out);
    start();
    int good = crypto_sign_detached(out, NULL, bytes_of(message), message.len, secret);
    FB_ASSERT(good == 0);
}

bool fb_ed25519_verify(
    const uint8_t public_key[FB_ED25519_PUBLIC], struct fb_str message, struct fb_str signature)
{
    FB_ASSERT(public_key);
    start();
    return signature.len == FB_ED25519_SIGNATURE &&
           crypto_sign_verify_detached(
               bytes_of(signature), bytes_of(message), message.len, public_key) == 0;
}

/* The one-call-per-step interface of libcrypto is deprecated in version 3 in favour of EVP, which
 * looks up the algorithm and allocates for each digest. A leaf is a few hundred bytes, so that cost
 * is several times the hashing itself. Asking for the 1.1.1 interface keeps the calls. */
#define OPENSSL_API_COMPAT 0x10101000L

#include "ledger/sha256.h"

#include <openssl/sha.h>
#include <string.h>

#include "base/assert.h"
#include "base/io.h"

_Static_assert(sizeof(SHA256_CTX) <= sizeof(((struct fb_sha256 *)0)->state), "state is too small");
_Static_assert(SHA256_DIGEST_LENGTH == FB_SHA256_SIZE, "a digest has 32 bytes");

static SHA256_CTX *context_of(struct fb_sha256 *sha)
{
    return (SHA256_CTX *)(void *)sha->state;
}

void fb_sha256_init(struct fb_sha256 *sha)
{
    FB_ASSERT(sha);
    int good = SHA256_Init(context_of(sha));
    FB_ASSERT(good == 1);
}

void fb_sha256_add(struct fb_sha256 *sha, struct fb_str bytes)
{
    FB_ASSERT(sha && (bytes.ptr || bytes.len == 0));
    if (bytes.len) {
        int good = SHA256_Update(context_of(sha), bytes.ptr, bytes.len);
        FB_ASSERT(good == 1);
    }
}

void fb_sha256_end(struct fb_sha256 *sha, uint8_t out[FB_SHA256_SIZE])
{
    FB_ASSERT(sha && out);
    int good = SHA256_Final(out, context_of(sha));
    FB_ASSERT(good == 1);
}

void fb_sha256_of(struct fb_str bytes, uint8_t out[FB_SHA256_SIZE])
{
    struct fb_sha256 sha;
    fb_sha256_init(&sha);
    fb_sha256_add(&sha, bytes);
    fb_sha256_end(&sha, out);
}

struct file_digest {
    struct fb_sha256 sha;
    uint64_t size;
};

static enum fb_code add_piece(void *ctx, struct fb_str piece, struct fb_err *err)
{
    (void)err;
    struct file_digest *digest = ctx;
    fb_sha256_add(&digest->sha, piece);
    digest->size += piece.len;
    return FB_OK;
}

enum fb_code fb_sha256_file(
    const char *path, uint8_t out[FB_SHA256_SIZE], uint64_t *out_size, struct fb_err *err)
{
    FB_ASSERT(path && out);
    struct file_digest digest = {.size = 0};
    fb_sha256_init(&digest.sha);
    enum fb_code code = fb_io_each(path, add_piece, &digest, err);
    if (code != FB_OK) {
        return code;
    }
    fb_sha256_end(&digest.sha, out);
    if (out_size) {
        *out_size = digest.size;
    }
    return FB_OK;
}

/* uuid.c: version 5 is SHA-1 by its definition; it names here, and protects nothing. The calls are
 * those of the 1.1.1 interface, as in ledger/sha256.c: EVP allocates for each digest. */
#define OPENSSL_API_COMPAT 0x10101000L

#include "report/uuid.h"

#include <openssl/sha.h>
#include <stdint.h>
#include <stdio.h>

#include "base/assert.h"

/* The namespace of URLs, RFC 9562, 6.6. */
static const uint8_t urls[16] = {
    0x6b, 0xa7, 0xb8, 0x11, 0x9d, 0xad, 0x11, 0xd1, 0x80, 0xb4, 0x00, 0xc0, 0x4f, 0xd4, 0x30, 0xc8};

static void add(SHA_CTX *sha, struct fb_str part)
{
    int good = part.len ? SHA1_Update(sha, part.ptr, part.len) : 1;
    FB_ASSERT(good == 1);
}

const char *fb_report_uuid(
    const char *kind, struct fb_str origin, struct fb_str name, char out[FB_UUID_TEXT])
{
    FB_ASSERT(kind && out);
    uint8_t d[SHA_DIGEST_LENGTH];
    SHA_CTX sha;
    int good = SHA1_Init(&sha);
    FB_ASSERT(good == 1);
    add(&sha, (struct fb_str){(const char *)urls, sizeof(urls)});
    add(&sha, FB_STR("flyball:"));
    add(&sha, fb_str_of(kind));
    add(&sha, FB_STR("/"));
    add(&sha, origin);
    add(&sha, FB_STR("/"));
    add(&sha, name);
    good = SHA1_Final(d, &sha);
    FB_ASSERT(good == 1);
    d[6] = (uint8_t)((d[6] & 0x0f) | 0x50);
    d[8] = (uint8_t)((d[8] & 0x3f) | 0x80);
    snprintf(out, FB_UUID_TEXT,
        "%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x", d[0], d[1], d[2],
        d[3], d[4], d[5], d[6], d[7], d[8], d[9], d[10], d[11], d[12], d[13], d[14], d[15]);
    return out;
}

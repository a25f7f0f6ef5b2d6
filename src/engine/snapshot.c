#include "engine/snapshot.h"

#include <string.h>

#include "base/assert.h"
#include "base/io.h"
#include "base/limit.h"

/* The first byte is no text, and a line end that is translated on the way is seen. */
static const char magic[8] = {'\x89', 'F', 'B', 'S', 'N', '\r', '\n', '\x1a'};

enum {
    VERSION_AT = sizeof(magic),
    IDENTITY_AT = VERSION_AT + 4,
    LENGTH_AT = IDENTITY_AT + FB_SHA256_SIZE,
    HEAD_SIZE = LENGTH_AT + 8,
};

static void put_number(struct fb_buf *out, uint64_t number, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        fb_buf_add_char(out, (char)(number >> 8 * i));
    }
}

static uint64_t number_at(struct fb_str bytes, size_t at, size_t size)
{
    uint64_t number = 0;
    for (size_t i = 0; i < size; i++) {
        number |= (uint64_t)(unsigned char)bytes.ptr[at + i] << 8 * i;
    }
    return number;
}

enum fb_code fb_snapshot_seal(const uint8_t identity[FB_SHA256_SIZE], struct fb_str state,
    struct fb_buf *out, struct fb_err *err)
{
    FB_ASSERT(identity && out && out->len == 0);
    uint8_t digest[FB_SHA256_SIZE];
    fb_buf_add(out, magic, sizeof(magic));
    put_number(out, FB_SNAPSHOT_VERSION, 4);
    fb_buf_add(out, identity, FB_SHA256_SIZE);
    put_number(out, state.len, 8);
    FB_ASSERT(out->state != FB_BUF_GOOD || out->len == HEAD_SIZE);
    fb_buf_add_str(out, state);
    fb_sha256_of(fb_buf_str(out), digest);
    fb_buf_add(out, digest, sizeof(digest));
    return fb_buf_check(out, "a snapshot", err);
}

enum fb_code fb_snapshot_unseal(struct fb_str bytes, const uint8_t identity[FB_SHA256_SIZE],
    struct fb_str *out, struct fb_err *err)
{
    FB_ASSERT(identity && out);
    uint8_t digest[FB_SHA256_SIZE];
    if (bytes.len < sizeof(magic) || memcmp(bytes.ptr, magic, sizeof(magic)) != 0) {
        return fb_err_set(err, FB_E_FORMAT, "this is no snapshot");
    }
    if (bytes.len < HEAD_SIZE + FB_SHA256_SIZE) {
        return fb_err_set(err, FB_E_CORRUPT, "the snapshot is cut off");
    }
    uint64_t version = number_at(bytes, VERSION_AT, 4);
    if (version != FB_SNAPSHOT_VERSION) {
        (void)fb_err_set(err, FB_E_VERSION, "the snapshot is of version %llu, not %d",
            (unsigned long long)version, FB_SNAPSHOT_VERSION);
        return fb_err_hint(err, "Read the log from its beginning instead.");
    }
    uint64_t length = number_at(bytes, LENGTH_AT, 8);
    if (length != bytes.len - HEAD_SIZE - FB_SHA256_SIZE) {
        return fb_err_set(err, FB_E_CORRUPT, "the snapshot is cut off");
    }
    struct fb_str state = fb_str_sub(bytes, HEAD_SIZE, (size_t)length);
    fb_sha256_of(fb_str_sub(bytes, 0, HEAD_SIZE + state.len), digest);
    if (memcmp(digest, bytes.ptr + HEAD_SIZE + state.len, sizeof(digest)) != 0) {
        return fb_err_set(err, FB_E_CORRUPT, "the snapshot is damaged");
    }
    if (memcmp(identity, bytes.ptr + IDENTITY_AT, FB_SHA256_SIZE) != 0) {
        (void)fb_err_set(
            err, FB_E_MISMATCH, "the snapshot is of another formula, signature or way to run it");
        return fb_err_hint(err, "Give the files and options that it was saved with.");
    }
    *out = state;
    return FB_OK;
}

enum fb_code fb_snapshot_write(const char *path, const uint8_t identity[FB_SHA256_SIZE],
    struct fb_str state, struct fb_err *err)
{
    FB_ASSERT(path && identity);
    struct fb_buf bytes;
    fb_buf_init(&bytes, fb_limit(FB_SNAPSHOT_MAX));
    enum fb_code code = fb_snapshot_seal(identity, state, &bytes, err);
    code = code ? code : fb_io_write(path, fb_buf_str(&bytes), 0600, err);
    fb_buf_release(&bytes);
    return code;
}

enum fb_code fb_snapshot_read(const char *path, const uint8_t identity[FB_SHA256_SIZE],
    struct fb_buf *bytes, struct fb_str *out, struct fb_err *err)
{
    FB_ASSERT(path && bytes && bytes->len == 0);
    enum fb_code code = fb_io_read(path, bytes, err);
    if (code) {
        return code;
    }
    code = fb_snapshot_unseal(fb_buf_str(bytes), identity, out, err);
    if (code) {
        fb_err_place(err, path, 0, 0, -1);
    }
    return code;
}

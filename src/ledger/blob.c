#include "ledger/blob.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/assert.h"
#include "base/codec.h"
#include "base/io.h"

enum { FOLDER_MODE = 0755, FILE_MODE = 0644 };

enum fb_code fb_blob_path(const char *dir, const uint8_t digest[FB_SHA256_SIZE], char *out,
    size_t size, struct fb_err *err)
{
    FB_ASSERT(dir && digest);
    FB_ASSERT(out);
    char hex[FB_SHA256_TEXT];
    fb_hex_encode(digest, FB_SHA256_SIZE, hex);
    int len = snprintf(out, size, "%s/%.2s/%s", dir, hex, hex + 2);
    if (len < 0 || (size_t)len >= size) {
        return fb_err_set(err, FB_E_LIMIT, "the path '%.60s...' is too long", dir);
    }
    return FB_OK;
}

bool fb_blob_exists(const char *dir, const uint8_t digest[FB_SHA256_SIZE])
{
    FB_ASSERT(dir && digest);
    char path[FB_IO_PATH_MAX];
    struct fb_err ignored;
    fb_err_init(&ignored);
    return fb_blob_path(dir, digest, path, sizeof(path), &ignored) == FB_OK && fb_io_is_file(path);
}

/* A blob on its way into the folder, digested as it is written. */
struct incoming {
    struct fb_io_writer writer;
    struct fb_sha256 sha;
    uint64_t size;
};

static enum fb_code start(struct incoming *in, const char *dir, struct fb_err *err)
{
    char path[FB_IO_PATH_MAX];
    int len = snprintf(path, sizeof(path), "%s/incoming", dir);
    in->writer.fd = -1;
    in->size = 0;
    fb_sha256_init(&in->sha);
    if (len < 0 || (size_t)len >= sizeof(path)) {
        return fb_err_set(err, FB_E_LIMIT, "the path '%.60s...' is too long", dir);
    }
    enum fb_code code = fb_io_mkdir(dir, FOLDER_MODE, err);
    if (code == FB_OK) {
        fb_io_sweep(path);
        code = fb_io_writer_open(&in->writer, path, FILE_MODE, err);
    }
    return code;
}

static enum fb_code add_piece(void *ctx, struct fb_str piece, struct fb_err *err)
{
    struct incoming *in = ctx;
    in->size += piece.len;
    if (in->size > FB_BLOB_MAX) {
        return fb_err_set(err, FB_E_LIMIT, "a blob has more than %" PRIu64 " bytes", FB_BLOB_MAX);
    }
    fb_sha256_add(&in->sha, piece);
    return fb_io_writer_add(&in->writer, piece, err);
}

static enum fb_code finish(
    struct incoming *in, const char *dir, uint8_t out_digest[FB_SHA256_SIZE], struct fb_err *err)
{
    uint8_t digest[FB_SHA256_SIZE];
    char path[FB_IO_PATH_MAX], folder[FB_IO_PATH_MAX];
    fb_sha256_end(&in->sha, digest);
    enum fb_code code = fb_blob_path(dir, digest, path, sizeof(path), err);
    if (code != FB_OK) {
        return code;
    }
    snprintf(folder, sizeof(folder), "%.*s", (int)(strrchr(path, '/') - path), path);
    /* A blob that is there is replaced all the same: this heals one that was damaged. */
    code = fb_io_mkdir(folder, FOLDER_MODE, err);
    if (code == FB_OK) {
        /* A process that was killed may have made the folder and not synced it. */
        code = fb_io_sync_folder(dir, err);
    }
    if (code == FB_OK) {
        code = fb_io_writer_keep(&in->writer, path, err);
    }
    if (code == FB_OK) {
        memcpy(out_digest, digest, FB_SHA256_SIZE);
    }
    return code;
}

/* Copies a regular file as long as it was when it was opened. A pipe would be waited for, a device
 * has no end, and one that grows would be copied for as long as it does. */
static enum fb_code add_file(struct incoming *in, const char *path, struct fb_err *err)
{
    enum { PIECE = 64 * 1024 };
    struct fb_io_file file = {.fd = -1};
    char bytes[PIECE];
    uint64_t at = 0;
    enum fb_code code = fb_io_open(path, &file, err);
    if (code == FB_OK && file.size > FB_BLOB_MAX) {
        code =
            fb_err_set(err, FB_E_LIMIT, "'%s' has more than %" PRIu64 " bytes", path, FB_BLOB_MAX);
    }
    while (code == FB_OK) {
        size_t got = 0;
        code = fb_io_read_at(&file, at, (struct fb_io_span){bytes, sizeof(bytes)}, &got, err);
        at += got;
        if (code == FB_OK && (at > file.size || (got == 0 && at < file.size))) {
            fb_err_set(err, FB_E_MISMATCH, "'%s' changed while it was read", path);
            code = fb_err_hint(err, "Add it again when nothing writes to it.");
        }
        if (code != FB_OK || got == 0) {
            break;
        }
        code = add_piece(in, (struct fb_str){bytes, got}, err);
    }
    fb_io_close(&file);
    return code;
}

enum fb_code fb_blob_put_file(const char *dir, const char *path, uint8_t out_digest[FB_SHA256_SIZE],
    uint64_t *out_size, struct fb_err *err)
{
    FB_ASSERT(dir && path);
    FB_ASSERT(out_digest);
    struct incoming in;
    enum fb_code code = start(&in, dir, err);
    if (code == FB_OK && strcmp(path, "-") == 0) {
        code = fb_io_each(path, add_piece, &in, err);
    } else if (code == FB_OK) {
        code = add_file(&in, path, err);
    }
    if (code == FB_OK) {
        code = finish(&in, dir, out_digest, err);
    }
    if (code == FB_OK && out_size) {
        *out_size = in.size;
    }
    fb_io_writer_drop(&in.writer);
    return code;
}

enum fb_code fb_blob_put(
    const char *dir, struct fb_str bytes, uint8_t out_digest[FB_SHA256_SIZE], struct fb_err *err)
{
    FB_ASSERT(dir && out_digest);
    struct incoming in;
    enum fb_code code = start(&in, dir, err);
    if (code == FB_OK) {
        code = add_piece(&in, bytes, err);
    }
    if (code == FB_OK) {
        code = finish(&in, dir, out_digest, err);
    }
    fb_io_writer_drop(&in.writer);
    return code;
}

/* A pipe or device in a blob's place would be read for ever. */
static enum fb_code check_regular(const char *path, struct fb_err *err)
{
    struct fb_io_file file;
    enum fb_code code = fb_io_open(path, &file, err);
    if (code == FB_OK) {
        fb_io_close(&file);
    }
    return code;
}

static enum fb_code altered(const char *path, struct fb_err *err)
{
    fb_err_set(err, FB_E_CORRUPT, "the blob '%s' does not have its digest", path);
    return fb_err_hint(err, "Restore the file from where it came from.");
}

enum fb_code fb_blob_get(
    const char *dir, const uint8_t digest[FB_SHA256_SIZE], struct fb_buf *out, struct fb_err *err)
{
    FB_ASSERT(dir && digest);
    FB_ASSERT(out);
    char path[FB_IO_PATH_MAX];
    size_t begin = out->len;
    enum fb_code code = fb_blob_path(dir, digest, path, sizeof(path), err);
    if (code == FB_OK) {
        code = check_regular(path, err);
    }
    if (code == FB_OK) {
        code = fb_io_read(path, out, err);
    }
    if (code == FB_OK) {
        uint8_t found[FB_SHA256_SIZE];
        fb_sha256_of(fb_str_sub(fb_buf_str(out), begin, SIZE_MAX), found);
        code = memcmp(found, digest, sizeof(found)) == 0 ? FB_OK : altered(path, err);
    }
    if (code != FB_OK) {
        fb_buf_cut(out, begin);
    }
    return code;
}

enum fb_code fb_blob_check(
    const char *dir, const uint8_t digest[FB_SHA256_SIZE], struct fb_err *err)
{
    FB_ASSERT(dir && digest);
    char path[FB_IO_PATH_MAX];
    uint8_t found[FB_SHA256_SIZE];
    enum fb_code code = fb_blob_path(dir, digest, path, sizeof(path), err);
    if (code == FB_OK) {
        code = check_regular(path, err);
    }
    if (code == FB_OK) {
        code = fb_sha256_file(path, found, NULL, err);
    }
    if (code == FB_OK && memcmp(found, digest, sizeof(found)) != 0) {
        code = altered(path, err);
    }
    return code;
}

enum fb_code fb_blob_erase(
    const char *dir, const uint8_t digest[FB_SHA256_SIZE], struct fb_err *err)
{
    FB_ASSERT(dir && digest);
    char path[FB_IO_PATH_MAX];
    enum fb_code code = fb_blob_path(dir, digest, path, sizeof(path), err);
    if (code != FB_OK || !fb_io_exists(path)) {
        return code;
    }
    code = fb_io_delete(path, err);
    if (code != FB_OK && !err->hint[0]) {
        fb_err_hint(err, "Remove it by hand, or run the same command again as its owner.");
    }
    return code;
}

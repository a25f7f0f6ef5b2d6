#include "ingest/input.h"

#include <string.h>

#include "base/assert.h"
#include "base/codec.h"
#include "ingest/ingest.h"
#include "ledger/sha256.h"

enum { PIECE = 64 * 1024 };

static enum fb_code open_up_to(
    const char *path, uint64_t max, struct fb_input *out, struct fb_err *err)
{
    FB_ASSERT(path && out);
    struct fb_io_file file;
    enum fb_code code = fb_io_open(path, &file, err);
    if (code != FB_OK) {
        return code;
    }
    if (file.size > max) {
        fb_io_close(&file);
        return fb_err_set(
            err, FB_E_LIMIT, "'%s' has more than %llu bytes", path, (unsigned long long)max);
    }
    *out = (struct fb_input){.name = path, .size = file.size, .file = file};
    return FB_OK;
}

enum fb_code fb_input_open(const char *path, struct fb_input *out, struct fb_err *err)
{
    return open_up_to(path, FB_INGEST_FILE_MAX, out, err);
}

enum fb_code fb_input_open_stream(const char *path, struct fb_input *out, struct fb_err *err)
{
    return open_up_to(path, FB_INPUT_STREAM_MAX, out, err);
}

struct fb_input fb_input_memory(struct fb_str bytes, const char *name)
{
    FB_ASSERT(name);
    return (struct fb_input){.name = name, .size = bytes.len, .file = {.fd = -1}, .memory = bytes};
}

void fb_input_close(struct fb_input *input)
{
    FB_ASSERT(input);
    if (input->name) {
        fb_io_close(&input->file);
    }
    *input = (struct fb_input){.file = {.fd = -1}};
}

enum fb_code fb_input_read(const struct fb_input *input, uint64_t offset, struct fb_io_span span,
    size_t *out_got, struct fb_err *err)
{
    FB_ASSERT(input->name);
    if (input->file.fd >= 0) {
        return fb_io_read_at(&input->file, offset, span, out_got, err);
    }
    size_t from = offset < input->memory.len ? (size_t)offset : input->memory.len;
    struct fb_str part = fb_str_sub(input->memory, from, span.size);
    if (part.len > 0) {
        memcpy(span.ptr, part.ptr, part.len);
    }
    *out_got = part.len;
    return FB_OK;
}

enum fb_code fb_input_source(void *ctx, char *out, size_t size, size_t *got, struct fb_err *err)
{
    struct fb_input_cursor *cursor = ctx;
    FB_ASSERT(cursor && cursor->input);
    enum fb_code code =
        fb_input_read(cursor->input, cursor->offset, (struct fb_io_span){out, size}, got, err);
    if (code == FB_OK) {
        cursor->offset += *got;
    }
    return code;
}

enum fb_code fb_input_all(const struct fb_input *input, struct fb_buf *out, struct fb_err *err)
{
    FB_ASSERT(input && out);
    struct fb_input_cursor cursor = {.input = input};
    char piece[PIECE];
    size_t got = 0;
    do {
        enum fb_code code = fb_input_source(&cursor, piece, sizeof(piece), &got, err);
        if (code != FB_OK) {
            return code;
        }
        fb_buf_add(out, piece, got);
        code = fb_buf_check(out, "the file", err);
        if (code != FB_OK) {
            fb_err_place(err, input->name, 0, 0, -1);
            return code;
        }
    } while (got > 0);
    return FB_OK;
}

enum fb_code fb_input_digest(
    const struct fb_input *input, char out[FB_INPUT_DIGEST], struct fb_err *err)
{
    FB_ASSERT(input && out);
    struct fb_sha256 sha;
    fb_sha256_init(&sha);
    struct fb_input_cursor cursor = {.input = input};
    char piece[PIECE];
    size_t got = 0;
    do {
        enum fb_code code = fb_input_source(&cursor, piece, sizeof(piece), &got, err);
        if (code != FB_OK) {
            return code;
        }
        fb_sha256_add(&sha, (struct fb_str){piece, got});
    } while (got > 0);
    uint8_t digest[FB_SHA256_SIZE];
    fb_sha256_end(&sha, digest);
    memcpy(out, "sha256:", strlen("sha256:"));
    fb_hex_encode(digest, sizeof(digest), out + strlen("sha256:"));
    return FB_OK;
}

/* fuzz_json.c: the JSON readers agree with each other. */
#include <string.h>

#include "base/assert.h"
#include "base/json.h"

enum { TEXT_MAX = 1 << 20, ARENA_MAX = 256 << 20 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Gives a text in pieces whose sizes follow from the text itself. */
struct pieces {
    struct fb_str rest;
    size_t size;
};

static enum fb_code give_piece(void *ctx, char *out, size_t size, size_t *got, struct fb_err *err)
{
    (void)err;
    struct pieces *pieces = ctx;
    struct fb_str piece = fb_str_sub(pieces->rest, 0, pieces->size < size ? pieces->size : size);
    if (piece.len) {
        memcpy(out, piece.ptr, piece.len);
        pieces->rest.ptr += piece.len;
        pieces->rest.len -= piece.len;
    }
    *got = piece.len;
    return FB_OK;
}

/* How values inside the first are read. */
enum way { WAY_READ, WAY_SKIP, WAY_PASS };

/* Reads all tokens, or whole values inside of the first. */
static enum fb_code read_all(struct fb_json_reader *reader, enum way way, struct fb_err *err)
{
    struct fb_json_token token = {.kind = FB_JSON_NULL};
    enum fb_code code = FB_OK;
    bool inside = false;
    while (code == FB_OK && token.kind != FB_JSON_END) {
        code = fb_json_next(reader, &token, err);
        if (code == FB_OK && way == WAY_SKIP && inside && token.kind <= FB_JSON_OBJECT) {
            code = fb_json_skip(reader, &token, err);
        }
        if (code == FB_OK && way == WAY_PASS && inside && token.kind <= FB_JSON_OBJECT) {
            code = fb_json_pass(reader, &token, err);
        }
        inside = true;
    }
    fb_json_reader_free(reader);
    return code;
}

static enum fb_code read_memory(
    struct fb_str text, const struct fb_json_options *options, enum way way, struct fb_err *err)
{
    struct fb_json_reader *reader = NULL;
    fb_err_init(err);
    enum fb_code code = fb_json_reader_new(text, "f", options, &reader, err);
    FB_ASSERT(code == FB_OK);
    return read_all(reader, way, err);
}

static enum fb_code read_stream(
    struct fb_str text, const struct fb_json_options *options, enum way way, struct fb_err *err)
{
    struct fb_json_reader *reader = NULL;
    struct pieces pieces = {text, text.len % 13 + 1};
    fb_err_init(err);
    enum fb_code code = fb_json_reader_new_stream(give_piece, &pieces, "f", options, &reader, err);
    FB_ASSERT(code == FB_OK);
    return read_all(reader, way, err);
}

static void assert_same_error(const struct fb_err *a, const struct fb_err *b)
{
    char a_text[4096], b_text[4096];
    (void)fb_err_format(a, a_text, sizeof(a_text));
    (void)fb_err_format(b, b_text, sizeof(b_text));
    FB_ASSERT(a->code == b->code && a->offset == b->offset && strcmp(a_text, b_text) == 0);
}

static void check_readers(struct fb_str text, const struct fb_json_options *options)
{
    struct fb_err err, other;
    enum fb_code code = read_memory(text, options, WAY_READ, &err);
    enum fb_code streamed = read_stream(text, options, WAY_READ, &other);
    FB_ASSERT(code == streamed);
    if (code != FB_OK) {
        assert_same_error(&err, &other);
    }
    enum fb_code skipped = read_memory(text, options, WAY_SKIP, &other);
    FB_ASSERT(code == skipped);
    if (code != FB_OK) {
        assert_same_error(&err, &other);
    }
    /* Passing over refuses nothing that reading takes, and is the same in pieces. */
    enum fb_code passed = read_memory(text, options, WAY_PASS, &other);
    FB_ASSERT(code != FB_OK || passed == FB_OK);
    FB_ASSERT(read_stream(text, options, WAY_PASS, &other) == passed);
    struct fb_arena arena;
    struct fb_json *root = NULL;
    fb_arena_init(&arena, ARENA_MAX);
    fb_err_init(&other);
    enum fb_code parsed = fb_json_parse(text, "f", options, &arena, &root, &other);
    if (parsed == FB_OK) {
        FB_ASSERT(code == FB_OK && root);
    } else if (strncmp(other.message, "duplicate key", 13) != 0) {
        FB_ASSERT(code == parsed && !root);
        assert_same_error(&err, &other);
    }
    fb_arena_release(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size > TEXT_MAX) {
        return 0;
    }
    struct fb_str text = {(const char *)data, size};
    check_readers(text, NULL);
    const struct fb_json_options loose = {
        .allow_nonfinite = true, .depth_max = 5, .string_max = 20};
    check_readers(text, &loose);
    return 0;
}

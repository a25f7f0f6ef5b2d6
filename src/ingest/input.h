/*
 * input.h: the bytes of a foreign file, at any offset, from a file or from memory.
 *
 * A file is opened once, so that what was detected, read and digested is the same file.
 */
#ifndef FB_INGEST_INPUT_H
#define FB_INGEST_INPUT_H

#include "base/io.h"

/** Size of the text of a digest, "sha256:" and the NUL included. */
enum { FB_INPUT_DIGEST = 72 };

/** The input. name and memory are borrowed. */
struct fb_input {
    const char *name;
    uint64_t size;
    struct fb_io_file file; /**< fd -1 when the bytes are in memory */
    struct fb_str memory;
};

/** Opens a file of at most FB_INGEST_FILE_MAX bytes. The caller ends with fb_input_close. */
FB_CHECKED enum fb_code fb_input_open(const char *path, struct fb_input *out, struct fb_err *err);

/** Most bytes of a file that is read as a stream, whatever its size. */
#define FB_INPUT_STREAM_MAX (UINT64_C(1) << 40)

/** The same for a file of at most FB_INPUT_STREAM_MAX bytes, which the caller reads as a stream. */
FB_CHECKED enum fb_code fb_input_open_stream(
    const char *path, struct fb_input *out, struct fb_err *err);

/** An input over bytes in memory; name stands in errors. Needs no close. */
struct fb_input fb_input_memory(struct fb_str bytes, const char *name);

/** Closes an input; one that is zeroed or closed is allowed. */
void fb_input_close(struct fb_input *input);

/** Reads bytes at an offset; *out_got is less than span.size only where the input ends. */
FB_CHECKED enum fb_code fb_input_read(const struct fb_input *input, uint64_t offset,
    struct fb_io_span span, size_t *out_got, struct fb_err *err);

/** Appends the whole input to out, whose maximum holds. */
FB_CHECKED enum fb_code fb_input_all(
    const struct fb_input *input, struct fb_buf *out, struct fb_err *err);

/** The digest of the whole input as text, "sha256:" and 64 digits. */
FB_CHECKED enum fb_code fb_input_digest(
    const struct fb_input *input, char out[FB_INPUT_DIGEST], struct fb_err *err);

/** A place in an input, for fb_input_source. */
struct fb_input_cursor {
    const struct fb_input *input;
    uint64_t offset;
};

/** Reads on from a cursor (ctx): a source for a JSON reader. */
FB_CHECKED enum fb_code fb_input_source(
    void *ctx, char *out, size_t size, size_t *got, struct fb_err *err);

#endif

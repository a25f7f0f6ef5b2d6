/*
 * fb_zip.h: a writer of ZIP archives for tests, which can lie about its members.
 */
#ifndef FB_ZIP_H
#define FB_ZIP_H

#include <libdeflate.h>
#include <zstd.h>

#include "base/buf.h"
#include "fb_test.h"

enum { STORED = 0, DEFLATE = 8, ZSTD = 93 };

/* What a member declares other than the truth; 0 is the truth. */
struct lies {
    uint32_t size, comp_size, crc;
    uint16_t method, flags;
};

struct zipper {
    struct fb_buf out;
    struct fb_buf directory;
    uint16_t count;
    bool is_large; /* its directory ends with a ZIP64 record, which holds the numbers */
};

/** Appends n as so many bytes, little-endian. */
static inline void zip_put(struct fb_buf *out, uint64_t n, int bytes)
{
    for (int i = 0; i < bytes; i++) {
        fb_buf_add_char(out, (char)(n >> (8 * i) & 0xff));
    }
}

/** Starts an archive. The caller ends with zip_release. */
static inline void zip_start(struct zipper *z)
{
    fb_buf_init(&z->out, (size_t)512 << 20);
    fb_buf_init(&z->directory, (size_t)64 << 20);
    z->count = 0;
    z->is_large = false;
}

/** The stored bytes of content in a method; zstd in two frames, as Inspect writes it. */
static inline void zip_compress(struct fb_buf *out, struct fb_str content, int method)
{
    size_t bound = ZSTD_compressBound(content.len) + 1024;
    char *room = fb_buf_room(out, 2 * bound);
    assert_non_null(room);
    size_t made = content.len;
    if (method == STORED) {
        memcpy(room, content.ptr, content.len);
    } else if (method == DEFLATE) {
        struct libdeflate_compressor *c = libdeflate_alloc_compressor(6);
        made = libdeflate_deflate_compress(c, content.ptr, content.len, room, bound);
        libdeflate_free_compressor(c);
    } else {
        size_t half = content.len / 2;
        made = ZSTD_compress(room, bound, content.ptr, half, 3);
        made += ZSTD_compress(room + made, bound, content.ptr + half, content.len - half, 3);
    }
    fb_buf_grown(out, made);
}

/** Appends what a local and a central header have in common. */
static inline void zip_put_header(struct fb_buf *out, const struct lies *h, bool is_central)
{
    if (is_central) {
        zip_put(out, 20, 2);
    }
    zip_put(out, 20, 2);
    zip_put(out, h->flags, 2);
    zip_put(out, h->method, 2);
    zip_put(out, 0, 4);
    zip_put(out, h->crc, 4);
    zip_put(out, h->comp_size, 4);
    zip_put(out, h->size, 4);
}

/** Adds a member that declares lies. */
static inline void zip_add_lying(
    struct zipper *z, const char *name, struct fb_str content, int method, const struct lies *lies)
{
    struct fb_buf stored;
    fb_buf_init(&stored, (size_t)512 << 20);
    zip_compress(&stored, content, method);
    struct lies h = *lies;
    h.size = h.size ? h.size : (uint32_t)content.len;
    h.comp_size = h.comp_size ? h.comp_size : (uint32_t)stored.len;
    h.crc = h.crc ? h.crc : libdeflate_crc32(0, content.ptr, content.len);
    h.method = h.method ? h.method : (uint16_t)method;
    size_t offset = z->out.len;
    zip_put(&z->out, 0x04034b50, 4);
    zip_put_header(&z->out, &h, false);
    zip_put(&z->out, strlen(name), 2);
    zip_put(&z->out, 0, 2);
    fb_buf_add_c(&z->out, name);
    fb_buf_add_str(&z->out, fb_buf_str(&stored));
    zip_put(&z->directory, 0x02014b50, 4);
    zip_put_header(&z->directory, &h, true);
    zip_put(&z->directory, strlen(name), 2);
    zip_put(&z->directory, 0, 2 + 2 + 2);
    zip_put(&z->directory, 0, 2 + 4);
    zip_put(&z->directory, offset, 4);
    fb_buf_add_c(&z->directory, name);
    z->count++;
    fb_buf_release(&stored);
}

/** Adds a member. */
static inline void zip_add(struct zipper *z, const char *name, const char *content, int method)
{
    zip_add_lying(z, name, fb_str_of(content), method, &(struct lies){0});
}

/** Ends the archive, which is then in out. */
static inline void zip_finish(struct zipper *z)
{
    size_t at = z->out.len;
    fb_buf_add_str(&z->out, fb_buf_str(&z->directory));
    zip_put(&z->out, 0x06054b50, 4);
    zip_put(&z->out, 0, 4);
    zip_put(&z->out, z->is_large ? UINT16_MAX : z->count, 2);
    zip_put(&z->out, z->is_large ? UINT16_MAX : z->count, 2);
    zip_put(&z->out, z->is_large ? UINT32_MAX : z->directory.len, 4);
    zip_put(&z->out, z->is_large ? UINT32_MAX : at, 4);
    zip_put(&z->out, 0, 2);
    assert_int_equal(z->out.state, FB_BUF_GOOD);
}

/** Frees an archive. */
static inline void zip_release(struct zipper *z)
{
    fb_buf_release(&z->out);
    fb_buf_release(&z->directory);
}

#endif

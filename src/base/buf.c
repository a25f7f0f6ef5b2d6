#include "base/buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/assert.h"

/* A longer text is formatted twice. */
enum { TEXT_USUAL = 256 };

void fb_buf_init(struct fb_buf *buf, size_t max)
{
    FB_ASSERT(buf && max < SIZE_MAX / 2);
    *buf = (struct fb_buf){.max = max};
}

void fb_buf_release(struct fb_buf *buf)
{
    FB_ASSERT(buf);
    fb_free(buf->ptr);
    *buf = (struct fb_buf){.max = buf->max};
}

void fb_buf_clear(struct fb_buf *buf)
{
    FB_ASSERT(buf);
    buf->len = 0;
    buf->state = FB_BUF_GOOD;
    if (buf->ptr) {
        buf->ptr[0] = 0;
    }
}

char *fb_buf_room(struct fb_buf *buf, size_t len)
{
    FB_ASSERT(buf && buf->len <= buf->max);
    if (buf->state != FB_BUF_GOOD) {
        return NULL;
    }
    if (len > buf->max - buf->len) {
        buf->state = FB_BUF_TOO_LONG;
        return NULL;
    }
    size_t need = buf->len + len + 1;
    if (need > buf->cap) {
        size_t cap = buf->cap ? buf->cap * 2 : 64;
        if (cap < need) {
            cap = need;
        }
        if (cap > buf->max + 1) {
            cap = buf->max + 1;
        }
        char *grown = fb_realloc(buf->ptr, cap);
        if (!grown) {
            buf->state = FB_BUF_NOMEM;
            return NULL;
        }
        buf->ptr = grown;
        buf->cap = cap;
    }
    return buf->ptr + buf->len;
}

void fb_buf_grown(struct fb_buf *buf, size_t len)
{
    FB_ASSERT(buf->ptr && buf->len + len < buf->cap);
    buf->len += len;
    buf->ptr[buf->len] = 0;
}

void fb_buf_cut(struct fb_buf *buf, size_t len)
{
    FB_ASSERT(len <= buf->len);
    buf->len = len;
    if (buf->ptr) {
        buf->ptr[len] = 0;
    }
}

void fb_buf_add(struct fb_buf *buf, const void *bytes, size_t len)
{
    FB_ASSERT(bytes || len == 0);
    char *room = fb_buf_room(buf, len);
    if (room) {
        if (len) {
            memcpy(room, bytes, len);
        }
        fb_buf_grown(buf, len);
    }
}

void fb_buf_add_str(struct fb_buf *buf, struct fb_str s)
{
    fb_buf_add(buf, s.ptr, s.len);
}

void fb_buf_add_c(struct fb_buf *buf, const char *nul_terminated)
{
    fb_buf_add_str(buf, fb_str_of(nul_terminated));
}

void fb_buf_add_char(struct fb_buf *buf, char c)
{
    fb_buf_add(buf, &c, 1);
}

void fb_buf_addf(struct fb_buf *buf, const char *fmt, ...)
{
    char text[TEXT_USUAL];
    va_list args;
    va_start(args, fmt);
    int len = vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);
    FB_ASSERT(len >= 0);
    if ((size_t)len < sizeof(text)) {
        fb_buf_add(buf, text, (size_t)len);
        return;
    }
    char *room = fb_buf_room(buf, (size_t)len);
    if (room) {
        va_start(args, fmt);
        (void)vsnprintf(room, (size_t)len + 1, fmt, args);
        va_end(args);
        fb_buf_grown(buf, (size_t)len);
    }
}

struct fb_str fb_buf_str(const struct fb_buf *buf)
{
    FB_ASSERT(buf);
    return (struct fb_str){buf->ptr, buf->len};
}

enum fb_code fb_buf_check(const struct fb_buf *buf, const char *what, struct fb_err *err)
{
    FB_ASSERT(buf && what);
    switch (buf->state) {
    case FB_BUF_GOOD:
        return FB_OK;
    case FB_BUF_NOMEM:
        return fb_err_set(err, FB_E_NOMEM, "memory ran out for %s", what);
    case FB_BUF_TOO_LONG:
        return fb_err_set(err, FB_E_LIMIT, "%s is longer than %zu bytes", what, buf->max);
    }
    return FB_E_NOMEM;
}

/*
 * buf.h: a growable byte buffer that is born with a maximum.
 *
 * A failure (no memory, maximum reached) is sticky: later additions do nothing, and the one check
 * is fb_buf_check at the end. Content is always followed by a NUL that is not counted.
 */
#ifndef FB_BASE_BUF_H
#define FB_BASE_BUF_H

#include "base/str.h"
#include "flyball/err.h"

/** Why a buffer stopped growing. */
enum fb_buf_state { FB_BUF_GOOD, FB_BUF_NOMEM, FB_BUF_TOO_LONG };

/** The buffer. Read ptr and len; write only through the functions. */
struct fb_buf {
    char *ptr; /**< NULL until the first addition */
    size_t len;
    size_t cap;
    size_t max; /**< most bytes of content */
    enum fb_buf_state state;
};

/** Initialises an empty buffer that holds at most max bytes; allocates nothing. */
void fb_buf_init(struct fb_buf *buf, size_t max);

/** Frees the content and leaves an empty buffer with the same maximum. */
void fb_buf_release(struct fb_buf *buf);

/** Empties the buffer, keeps its memory and clears a failure. */
void fb_buf_clear(struct fb_buf *buf);

/** Appends bytes. */
void fb_buf_add(struct fb_buf *buf, const void *bytes, size_t len);

/** Appends a slice. */
void fb_buf_add_str(struct fb_buf *buf, struct fb_str s);

/** Appends a NUL-terminated string. */
void fb_buf_add_c(struct fb_buf *buf, const char *nul_terminated);

/** Appends one byte. */
void fb_buf_add_char(struct fb_buf *buf, char c);

/** Appends text in the manner of printf. */
void fb_buf_addf(struct fb_buf *buf, const char *fmt, ...) FB_PRINTF(2, 3);

/** Makes room for len more bytes and returns where they go, or NULL on failure. The caller writes
 * there and then calls fb_buf_grown with what it wrote. */
char *fb_buf_room(struct fb_buf *buf, size_t len);

/** Counts len bytes that were written into the room that fb_buf_room gave. */
void fb_buf_grown(struct fb_buf *buf, size_t len);

/** Cuts the content to len bytes, which is not more than it has. */
void fb_buf_cut(struct fb_buf *buf, size_t len);

/** The content as a slice, valid until the next change. */
struct fb_str fb_buf_str(const struct fb_buf *buf);

/** FB_OK, E_NOMEM or E_LIMIT for all additions so far; what names the content in the message. */
FB_CHECKED enum fb_code fb_buf_check(
    const struct fb_buf *buf, const char *what, struct fb_err *err);

#endif

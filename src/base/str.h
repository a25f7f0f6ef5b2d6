/*
 * str.h: a slice of bytes, passed by value, which owns nothing.
 *
 * NUL-terminated strings exist only at the edge to libc.
 */
#ifndef FB_BASE_STR_H
#define FB_BASE_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** len bytes at ptr; ptr may be NULL when len is 0. */
struct fb_str {
    const char *ptr;
    size_t len;
};

/** A slice over a string literal. */
#define FB_STR(literal) ((struct fb_str){"" literal, sizeof(literal) - 1})

/** The two arguments of a printf "%.*s" for a slice. */
#define FB_STR_ARG(s) ((int)(s).len), ((s).ptr ? (s).ptr : "")

/** A slice over a NUL-terminated string; the empty slice for NULL. */
struct fb_str fb_str_of(const char *nul_terminated);

/** True when both hold the same bytes. */
bool fb_str_eq(struct fb_str a, struct fb_str b);

/** True when the slice holds the bytes of a NUL-terminated string. */
bool fb_str_is(struct fb_str a, const char *nul_terminated);

/** Orders by bytes: negative, 0 or positive. */
int fb_str_cmp(struct fb_str a, struct fb_str b);

/** True when a begins with prefix. */
bool fb_str_starts(struct fb_str a, struct fb_str prefix);

/** True when a ends with suffix. */
bool fb_str_ends(struct fb_str a, struct fb_str suffix);

/** Index of the first byte c at or after from; a.len when there is none. */
size_t fb_str_find(struct fb_str a, char c, size_t from);

/** The slice of a that starts at from and has at most len bytes; cut to a's bounds. */
struct fb_str fb_str_sub(struct fb_str a, size_t from, size_t len);

/** a without leading and trailing ASCII white space. */
struct fb_str fb_str_trim(struct fb_str a);

/** Takes one line (without its \n) off the front of *rest into *line; false when *rest is empty. */
bool fb_str_line(struct fb_str *rest, struct fb_str *line);

/** Reads a whole decimal number without sign; false on an empty, malformed or too large one. */
bool fb_str_u64(struct fb_str a, uint64_t *out);

/** True when all bytes form valid UTF-8 (no surrogates, no overlong forms, at most U+10FFFF). On
 * false, *out_offset (when not NULL) is the offset of the first bad byte. */
bool fb_str_utf8(struct fb_str a, size_t *out_offset);

#endif

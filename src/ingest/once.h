/*
 * once.h: what may stand in a file only once, such as a run: the line of each, by a digest of its
 * name, so that what stands twice is found whatever lies between.
 */
#ifndef FB_INGEST_ONCE_H
#define FB_INGEST_ONCE_H

#include "base/str.h"
#include "flyball/err.h"

/** Most names of one file; has a test. A name takes 24 bytes. */
enum { FB_ONCE_MAX = 1 << 22 };

/** Names that were seen. Fields are private; zeroed is empty. */
struct fb_once {
    void *items;
    size_t count, cap;
};

/** Frees the list. */
void fb_once_release(struct fb_once *once);

/** Notes a name of several parts and the line it stands in. E_LIMIT, E_NOMEM. */
FB_CHECKED enum fb_code fb_once_add(struct fb_once *once, const struct fb_str *parts, size_t count,
    uint32_t line, struct fb_err *err);

/** FB_OK while no name was noted twice. Else E_DUPLICATE with the file (name) and the first line
 * that repeats one, the line that it repeats, and a hint. Names are told apart by 128 bits of
 * SHA-256. */
FB_CHECKED enum fb_code fb_once_check(struct fb_once *once, const char *name, struct fb_err *err);

#endif

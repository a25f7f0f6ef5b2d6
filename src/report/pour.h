/*
 * pour.h: answers that are longer than memory should hold: they are poured out on the way.
 */
#ifndef FB_REPORT_POUR_H
#define FB_REPORT_POUR_H

#include "base/buf.h"

/** Where what there is of an answer goes. It was cleared when put comes back. */
struct fb_pour {
    enum fb_code (*put)(void *ctx, const struct fb_buf *part, struct fb_err *err);
    void *ctx;
};

/** Bytes from which on a part is poured. */
enum { FB_POUR_BYTES = 1 << 20 };

/** Pours what is in out, once it is that much, and clears it; pour may be NULL: all stays there.
 * What put gives, and what is wrong with the buffer. */
FB_CHECKED enum fb_code fb_pour(const struct fb_pour *pour, struct fb_buf *out, struct fb_err *err);

#endif

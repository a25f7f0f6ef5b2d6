/*
 * retain.h: what a policy says of how long documents are kept, `retain` of its header. When the
 * time begins and what belongs to what is for govern/retention.h.
 */
#ifndef FB_LANG_RETAIN_H
#define FB_LANG_RETAIN_H

#include "base/buf.h"
#include "engine/ir.h"

/** The line of a program that keeps documents of that kind, for reports those on that topic; NULL
 * when there is none. A program that checked has at most one. */
const struct fb_retain *fb_retain_find(
    const struct fb_program *program, enum fb_retain_what what, struct fb_str topic);

/** True when a certainly keeps for at least as long as b, whatever the day that both begin on. What
 * is NULL keeps nothing. */
bool fb_retain_covers(const struct fb_retain *a, const struct fb_retain *b);

/** Appends "5 years", "18 months", "90 days". unit is days or months. */
void fb_retain_period(int64_t amount, enum fb_unit unit, struct fb_buf *out);

/** Appends a line as policies have it, without its word: `incidents for 5 years under "..."`. */
void fb_retain_write(const struct fb_retain *retain, struct fb_buf *out);

#endif

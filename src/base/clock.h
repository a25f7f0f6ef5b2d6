/*
 * clock.h: the one seam to the wall clock.
 *
 * Nothing below cli and serve reads the time of day except through a clock that was handed to it.
 */
#ifndef FB_BASE_CLOCK_H
#define FB_BASE_CLOCK_H

#include "base/timestamp.h"

/** A source of "now". */
struct fb_clock {
    fb_time (*now)(void *ctx);
    void *ctx;
};

/** The machine's clock, in UTC. */
struct fb_clock fb_clock_system(void);

/** A clock that always says *at, which is borrowed and may be moved by its owner. */
struct fb_clock fb_clock_fixed(const fb_time *at);

/** What the clock says. */
fb_time fb_clock_now(const struct fb_clock *clock);

/** Nanoseconds since some moment before, which never fall (CLOCK_MONOTONIC): to measure how long
 * something takes, or to wait, for nothing else. */
int64_t fb_clock_ticks_ns(void);

#endif

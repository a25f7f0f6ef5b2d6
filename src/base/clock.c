#include "base/clock.h"

#include <time.h>

#include "base/assert.h"

static fb_time system_now(void *ctx)
{
    (void)ctx;
    struct timespec ts;
    int rc = clock_gettime(CLOCK_REALTIME, &ts);
    FB_ASSERT(rc == 0);
    return (fb_time)ts.tv_sec * FB_SECOND + ts.tv_nsec / 1000;
}

struct fb_clock fb_clock_system(void)
{
    return (struct fb_clock){system_now, NULL};
}

static fb_time fixed_now(void *ctx)
{
    return *(const fb_time *)ctx;
}

struct fb_clock fb_clock_fixed(const fb_time *at)
{
    FB_ASSERT(at);
    /* The clock only reads through the pointer; the seam's context is not const. */
    union {
        const fb_time *in;
        void *out;
    } ctx = {.in = at};
    return (struct fb_clock){fixed_now, ctx.out};
}

fb_time fb_clock_now(const struct fb_clock *clock)
{
    FB_ASSERT(clock && clock->now);
    return clock->now(clock->ctx);
}

int64_t fb_clock_ticks_ns(void)
{
    struct timespec ts;
    int rc = clock_gettime(CLOCK_MONOTONIC, &ts);
    FB_ASSERT(rc == 0);
    return (int64_t)ts.tv_sec * 1000000000 + ts.tv_nsec;
}

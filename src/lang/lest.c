/* lest.c: how grave the consequences of a breach are beside each other. */
#include "base/assert.h"
#include "lang/lang.h"

int fb_lest_order(enum fb_consequence a, enum fb_consequence b, bool *out_apart)
{
    static const int grades[] = {[FB_LEST_NOTHING] = 0,
        [FB_LEST_BREACH] = 1,
        [FB_LEST_SECURE] = 2,
        [FB_LEST_RESTRICT] = 2,
        [FB_LEST_HALT] = 3};
    FB_ASSERT(out_apart && a <= FB_LEST_SECURE && b <= FB_LEST_SECURE);
    *out_apart =
        a != b && grades[a] > 1 && grades[b] > 1 && (a == FB_LEST_SECURE || b == FB_LEST_SECURE);
    return *out_apart ? 0 : grades[a] < grades[b] ? -1 : grades[a] > grades[b];
}

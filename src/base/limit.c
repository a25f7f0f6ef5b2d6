#include "base/limit.h"

#include "base/assert.h"

static size_t lowered;
static size_t lowered_to;

size_t fb_limit(size_t max)
{
    return max == lowered ? lowered_to : max;
}

void fb_limit_lower(size_t max, size_t most)
{
    FB_ASSERT(most <= max);
    lowered = max;
    lowered_to = most;
}

/*
 * limit.h: limits that are too large for a test to reach: minutes of work, gigabytes of memory.
 * Code that enforces one asks here for its value, so that a test can lower it and see the error.
 */
#ifndef FB_BASE_LIMIT_H
#define FB_BASE_LIMIT_H

#include <stddef.h>

/** The value of a limit: max, unless a test lowered it. */
size_t fb_limit(size_t max);

/** Test seam: from now on limits of the value `max`, and no others, are `most`; `max` again turns
 * off. Not while another thread asks. */
void fb_limit_lower(size_t max, size_t most);

#endif

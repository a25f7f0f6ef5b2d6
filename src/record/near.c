#include "record/near.h"

#include <string.h>

#include "base/assert.h"

void fb_near_init(struct fb_near *near, struct fb_str word)
{
    FB_ASSERT(near && (word.ptr || word.len == 0));
    size_t most = word.len / 4 > 2 ? word.len / 4 : 2;
    if (most > word.len / 2) {
        most = word.len / 2;
    }
    *near = (struct fb_near){.word = word, .distance = most + 1};
}

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* The distance of a and b, or limit as soon as it is known to be limit or more. Three rows of the
 * table of distances of prefixes are enough; row i is about the first i bytes of a. */
static size_t distance(struct fb_str a, struct fb_str b, size_t limit)
{
    FB_ASSERT(a.len <= FB_NEAR_MAX && b.len <= FB_NEAR_MAX);
    size_t rows[3][FB_NEAR_MAX + 1];
    for (size_t j = 0; j <= b.len; j++) {
        rows[0][j] = j;
    }
    for (size_t i = 1; i <= a.len; i++) {
        const size_t *before = rows[(i + 1) % 3];
        const size_t *last = rows[(i - 1) % 3];
        size_t *row = rows[i % 3];
        size_t smallest = row[0] = i;
        for (size_t j = 1; j <= b.len; j++) {
            size_t change = last[j - 1] + (a.ptr[i - 1] != b.ptr[j - 1]);
            row[j] = least(change, least(last[j], row[j - 1]) + 1);
            if (i > 1 && j > 1 && a.ptr[i - 1] == b.ptr[j - 2] && a.ptr[i - 2] == b.ptr[j - 1]) {
                row[j] = least(row[j], before[j - 2] + 1);
            }
            smallest = least(smallest, row[j]);
        }
        if (smallest >= limit) {
            return limit;
        }
    }
    return rows[a.len % 3][b.len];
}

void fb_near_offer(struct fb_near *near, struct fb_str candidate)
{
    FB_ASSERT(near && (candidate.ptr || candidate.len == 0));
    struct fb_str word = near->word;
    if (word.len > FB_NEAR_MAX || candidate.len > FB_NEAR_MAX) {
        return;
    }
    size_t gap = word.len > candidate.len ? word.len - candidate.len : candidate.len - word.len;
    if (gap >= near->distance) {
        return;
    }
    size_t d = distance(word, candidate, near->distance);
    if (d < near->distance) {
        near->distance = d;
        near->best = candidate;
    }
}

/* fuzz_tilepath.c: paths of tiles and bundles. A path is taken when it is the one way to write a
 * tile or bundle, and never leads elsewhere. */
#include <string.h>

#include "base/assert.h"
#include "ledger/tiles.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Reads a path that was taken: level, index and width as https://c2sp.org/tlog-tiles has them. */
static void read_path(struct fb_str text, int *level, uint64_t *index, uint32_t *width)
{
    uint64_t number = 0;
    *index = 0;
    *width = FB_TILE_WIDTH;
    text = fb_str_sub(text, fb_str_find(text, '/', 0) + 1, text.len); /* behind "tile/" */
    struct fb_str part = fb_str_sub(text, 0, fb_str_find(text, '/', 0));
    *level = fb_str_u64(part, &number) ? (int)number : -1; /* "entries" */
    while (part.len < text.len) {
        text = fb_str_sub(text, part.len + 1, text.len);
        part = fb_str_sub(text, 0, fb_str_find(text, '/', 0));
        bool partial = fb_str_ends(part, FB_STR(".p"));
        bool more = part.len > 0 && part.ptr[0] == 'x';
        struct fb_str digits = fb_str_sub(part, more, part.len - more - (partial ? 2 : 0));
        FB_ASSERT(fb_str_u64(digits, &number));
        *index = *index * 1000 + number;
        if (partial) {
            FB_ASSERT(fb_str_u64(fb_str_sub(text, part.len + 1, text.len), &number));
            *width = (uint32_t)number;
            return;
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fb_str text = {(const char *)data, size};
    char again[FB_TILE_PATH_MAX];
    int level;
    uint64_t index;
    uint32_t width;
    if (fb_tile_path_is(text)) {
        FB_ASSERT(size < FB_TILE_PATH_MAX && !memmem(data, size, "..", 2) && data[0] != '/');
        read_path(text, &level, &index, &width);
        FB_ASSERT(fb_str_is(text, fb_tile_path(level, index, width, again)));
    }
    if (size >= 16) { /* every tile has a path, and that is one */
        memcpy(&index, data, 8);
        level = (int)(data[8] % (FB_TILE_LEVELS + 1)) - 1;
        width = data[9] + 1u;
        index >>= 8;
        FB_ASSERT(fb_tile_path_is(fb_str_of(fb_tile_path(level, index, width, again))));
    }
    return 0;
}

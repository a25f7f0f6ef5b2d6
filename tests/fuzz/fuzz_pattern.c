/* fuzz_pattern.c: a pattern in the first line, looked for in what follows. */
#include "base/assert.h"
#include "engine/pattern.h"

enum { TEXT_MAX = 4096 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fb_pattern *pattern = NULL;
    struct fb_str rest = {(const char *)data, size};
    struct fb_str line = {NULL, 0};
    struct fb_pattern_match match;
    struct fb_err err;
    if (size > TEXT_MAX || !fb_str_line(&rest, &line)) {
        return 0;
    }
    fb_err_init(&err);
    if (fb_pattern_new(line, &pattern, &err) != FB_OK) {
        FB_ASSERT(err.message[0] != '\0');
        return 0;
    }
    enum fb_code code = fb_pattern_find(pattern, rest, &match, &err);
    FB_ASSERT(code == FB_OK || code == FB_E_NOMEM);
    if (code == FB_OK && match.found) {
        for (size_t i = 0; i < FB_PATTERN_GROUPS_MAX; i++) {
            bool inside = !match.groups[i].ptr || match.groups[i].len == 0 ||
                          (match.groups[i].ptr >= rest.ptr &&
                              match.groups[i].ptr + match.groups[i].len <= rest.ptr + rest.len);
            FB_ASSERT(inside);
        }
    }
    fb_pattern_free(pattern);
    return 0;
}

/* Fuzzes the reader of evidence predicates. */
#include "base/assert.h"
#include "govern/predicate.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fb_err err;
    struct fb_predicate p = {.within_us = -1};
    fb_err_init(&err);
    enum fb_code code = fb_predicate_parse((struct fb_str){(const char *)data, size}, &p, &err);
    if (code != FB_OK) {
        FB_ASSERT(err.code == code && err.message[0] && err.hint[0] && p.within_us == -1);
        return 0;
    }
    FB_ASSERT(p.name.len > 0 && p.from < p.until && p.within_us >= 0);
    FB_ASSERT(p.confidence >= 0.5 && p.confidence < 1);
    FB_ASSERT(p.digest.len == 0 || p.digest.len == 71);
    return 0;
}

/* fuzz_entry.c: entries. What decodes encodes to the same bytes. */
#include "base/assert.h"
#include "record/entry.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fb_str bytes = {(const char *)data, size};
    struct fb_entry entry;
    struct fb_err err;
    fb_err_init(&err);
    if (fb_entry_decode(bytes, &entry, &err) != FB_OK) {
        FB_ASSERT(err.code == FB_E_CORRUPT && err.message[0]);
        return 0;
    }
    struct fb_buf again;
    fb_buf_init(&again, FB_ENTRY_MAX);
    enum fb_code code = fb_entry_encode(&entry, &again, &err);
    FB_ASSERT(code == FB_OK);
    FB_ASSERT(fb_str_eq(bytes, fb_buf_str(&again)));
    fb_buf_release(&again);
    return 0;
}

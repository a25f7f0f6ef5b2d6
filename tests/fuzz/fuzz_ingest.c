/* fuzz_ingest.c: any bytes as a file to read. What comes out is JSON; what does not says why. */
#include "base/assert.h"
#include "base/json.h"
#include "ingest/reader.h"

static const size_t arena_max = (size_t)1 << 28;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fb_err err;
    fb_err_init(&err);
    struct fb_arena arena;
    fb_arena_init(&arena, arena_max);
    struct fb_str bytes = {(const char *)data, size};
    struct fb_drafts drafts = {0};
    enum fb_code code = fb_ingest_memory(bytes, "fuzz", NULL, &arena, &drafts, &err);
    if (code != FB_OK) {
        FB_ASSERT(err.code == code && err.message[0] && !drafts.items);
    }
    for (size_t i = 0; code == FB_OK && i < drafts.count; i++) {
        struct fb_json *json = NULL;
        FB_ASSERT(fb_json_parse(drafts.items[i].json, "draft", NULL, &arena, &json, &err) == FB_OK);
    }
    fb_arena_release(&arena);
    return 0;
}

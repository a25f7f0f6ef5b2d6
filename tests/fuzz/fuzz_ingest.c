/* fuzz_ingest.c: any bytes as a file to read. What comes out is JSON; what does not says why. */
#include "base/assert.h"
#include "base/json.h"
#include "ingest/reader.h"

static const size_t arena_max = (size_t)1 << 28;

/* As comparisons of two logs take samples: each has names that are there, and only ends by memory.
 */
static enum fb_code take(void *ctx, const struct fb_sample_value *value, struct fb_err *err)
{
    size_t *count = ctx;
    (void)err;
    FB_ASSERT(value->id.ptr || value->id.len == 0);
    FB_ASSERT(value->task.ptr || value->task.len == 0);
    FB_ASSERT(value->scorer.ptr || value->scorer.len == 0);
    *count += value->task.len + value->scorer.len + value->id.len;
    return FB_OK;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fb_err err;
    fb_err_init(&err);
    struct fb_arena arena;
    fb_arena_init(&arena, arena_max);
    struct fb_str bytes = {(const char *)data, size};
    struct fb_drafts drafts = {0};
    size_t taken = 0;
    const struct fb_ingest_options options = {.take_sample = take, .take_ctx = &taken};
    enum fb_code code = fb_ingest_memory(bytes, "fuzz", &options, &arena, &drafts, &err);
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

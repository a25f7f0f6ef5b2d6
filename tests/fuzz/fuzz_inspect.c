/* Fuzzes the readers of foreign files: what they accept gives drafts that are JSON objects. */
#include "base/assert.h"
#include "base/json.h"
#include "ingest/reader.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fb_err err;
    fb_err_init(&err);
    struct fb_arena arena;
    fb_arena_init(&arena, (size_t)256 << 20);
    struct fb_drafts drafts = {0};
    struct fb_ingest_options options = {.subject = FB_STR("system/s")};
    struct fb_str bytes = {(const char *)data, size};
    enum fb_code code = fb_ingest_memory(bytes, "input", &options, &arena, &drafts, &err);
    FB_ASSERT(code == FB_OK || (err.code == code && err.message[0] != 0 && !drafts.items));
    for (size_t i = 0; code == FB_OK && i < drafts.count; i++) {
        struct fb_json *json = NULL;
        code = fb_json_parse(drafts.items[i].json, "draft", NULL, &arena, &json, &err);
        /* Statements pass untouched: a key may stand twice in them, which only a tree refuses. */
        FB_ASSERT(code == FB_OK ? json->kind == FB_JSON_OBJECT
                                : code == FB_E_SYNTAX || code == FB_E_DUPLICATE ||
                                      code == FB_E_LIMIT || code == FB_E_NOMEM);
    }
    fb_arena_release(&arena);
    return 0;
}

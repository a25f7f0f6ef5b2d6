/* Fuzzes the reader of accounts: what it accepts gives drafts of use that are JSON. */
#include "base/assert.h"
#include "base/json.h"
#include "ingest/reader.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fb_err err;
    fb_err_init(&err);
    struct fb_arena arena;
    fb_arena_init(&arena, (size_t)64 << 20);
    struct fb_input input = fb_input_memory((struct fb_str){(const char *)data, size}, "input");
    struct fb_ingest_options options = {.subject = FB_STR("run/r")};
    struct fb_reading reading = {.input = &input, .options = &options, .arena = &arena};
    enum fb_code code = fb_read_slurm_sacct(&reading, &err);
    for (size_t i = 0; code == FB_OK && i < reading.count; i++) {
        struct fb_json *json = NULL;
        FB_ASSERT(
            fb_json_parse(reading.drafts[i].json, "draft", NULL, &arena, &json, &err) == FB_OK);
        const struct fb_json *body = fb_json_get(json, "body");
        /* Not where it is not known how many GPUs there were: both or neither. */
        const struct fb_json *gpus = fb_json_get(body, "gpus");
        const struct fb_json *seconds = fb_json_get(body, "gpu_seconds");
        FB_ASSERT(!gpus == !seconds && (!gpus || (gpus->integer >= 0 && seconds->integer >= 0)));
        FB_ASSERT(fb_str_is(fb_json_get_str(body, "run"), "run/r"));
    }
    fb_arena_release(&arena);
    return 0;
}

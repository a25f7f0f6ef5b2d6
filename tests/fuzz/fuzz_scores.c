/* Fuzzes the reader of scores: what is read is in order and within range, and can be fitted. */
#include <math.h>

#include "base/assert.h"
#include "ingest/scores.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fb_err err;
    struct fb_arena arena;
    struct fb_scores scores;
    fb_err_init(&err);
    fb_arena_init(&arena, (size_t)64 << 20);
    enum fb_code code = fb_scores_read_memory(
        (struct fb_str){(const char *)data, size}, "input", &arena, &scores, &err);
    FB_ASSERT(code == FB_OK || err.message[0]);
    if (code == FB_OK && scores.data.benchmarks < 20) {
        struct fb_capability_options options = {0, 1, 0, 0.1, 0.95, 1, 1};
        struct fb_capability_result result;
        code = fb_capability_fit(&scores.data, &options, &result, &err);
        if (code == FB_OK) {
            FB_ASSERT(isfinite(result.cost));
            for (uint32_t i = 0; i < result.model_count; i++) {
                FB_ASSERT(isfinite(result.models[i].value));
            }
            fb_capability_release(&result);
        }
    }
    fb_arena_release(&arena);
    return 0;
}

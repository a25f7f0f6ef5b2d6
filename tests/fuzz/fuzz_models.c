/* Fuzzes the reader of tables of models: what it gives can be estimated and forecast from. */
#include "base/assert.h"
#include "evidence/crossing.h"
#include "evidence/training.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fb_err err;
    struct fb_arena arena;
    struct fb_models models = {0};
    struct fb_crossing_points points;
    struct fb_crossing crossing;
    static const double use[2] = {0.2, 0.6};
    fb_err_init(&err);
    fb_arena_init(&arena, (size_t)64 << 20);
    struct fb_str text = {(const char *)data, size};
    enum fb_code code = fb_models_read_memory(text, "input", &arena, &models, &err);
    FB_ASSERT(code == FB_OK || err.message[0]);
    for (size_t i = 0; code == FB_OK && i < models.count; i++) {
        struct fb_training estimate = fb_training_estimate(&models.items[i], use);
        FB_ASSERT(0 <= estimate.flop[0] && estimate.flop[0] <= estimate.flop[1]);
    }
    code = code ? code : fb_crossing_points(&models, &arena, &points, &err);
    code = code ? code
                : fb_crossing_find(
                      &points, 1e25, fb_days_from_civil(2025, 1, 1) * FB_DAY, 0.9, &crossing, &err);
    FB_ASSERT(code != FB_OK || crossing.low <= crossing.high);
    fb_arena_release(&arena);
    return 0;
}

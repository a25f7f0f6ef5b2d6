/* Fuzzes the readers of runs and their dates: what is read is in order, within range and fits. */
#include "base/assert.h"
#include "ingest/runs.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fb_err err;
    struct fb_arena arena;
    struct fb_runs runs;
    struct fb_str text = {(const char *)data, size};
    fb_err_init(&err);
    fb_arena_init(&arena, (size_t)64 << 20);
    enum fb_code code = fb_runs_read_memory(text, "input", &arena, &runs, &err);
    FB_ASSERT(code == FB_OK || err.message[0]);
    if (code == FB_OK) {
        for (size_t i = 0; i < runs.data.count; i++) {
            const struct fb_horizon_run *run = &runs.data.runs[i];
            FB_ASSERT(run->minutes > 0 && run->score >= 0 && run->score <= 1);
            FB_ASSERT(i == 0 || run[-1].agent <= run->agent);
        }
        fb_time *dates = FB_ARENA_ARRAY(&arena, fb_time, runs.data.agents);
        if (dates) {
            code = fb_runs_read_dates_memory(text, "input", &runs, dates, &err);
            FB_ASSERT(code == FB_OK || err.message[0]);
        }
    }
    if (code == FB_OK && runs.data.count < 1000) {
        struct fb_horizon_options options = {0.1, {0.5, 0.8}, 0.95, 3, 1};
        struct fb_horizon_result result;
        code = fb_horizon_weigh(&runs.data, FB_HORIZON_DIVERSITY, &err);
        code = code ? code : fb_horizon_compute(&runs.data, &options, &result, &err);
        if (code == FB_OK) {
            fb_horizon_release(&result);
        }
    }
    fb_arena_release(&arena);
    return 0;
}

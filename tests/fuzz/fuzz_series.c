/* Fuzzes the reader of series: what is read is in order, positive, and has growth or none. */
#include "base/assert.h"
#include "evidence/progress.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fb_err err;
    struct fb_arena arena;
    struct fb_series series;
    struct fb_progress_list list;
    const struct fb_progress_options options = {0.95, true, {150, 550, 180 * FB_DAY}, 0};
    fb_err_init(&err);
    fb_arena_init(&arena, (size_t)64 << 20);
    enum fb_code code = fb_series_read_memory(
        (struct fb_str){(const char *)data, size}, "input", &arena, &series, &err);
    FB_ASSERT(code == FB_OK || err.message[0]);
    for (size_t i = 0; code == FB_OK && i < series.count; i++) {
        const struct fb_series_point *p = &series.points[i];
        FB_ASSERT(p->value > 0 && p->series < series.series);
        FB_ASSERT(
            i == 0 || p[-1].series < p->series || (p[-1].series == p->series && p[-1].at <= p->at));
    }
    if (code == FB_OK && series.count < 1000) {
        code = fb_progress_find(&series, &options, &arena, &list, &err);
        FB_ASSERT(code == FB_OK || err.message[0]);
    }
    fb_arena_release(&arena);
    return 0;
}

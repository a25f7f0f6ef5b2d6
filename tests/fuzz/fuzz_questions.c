/* Fuzzes the questions over tables: the first byte chooses one, the rest is the table. Rates of an
 * answer lie within their intervals, and what is refused has a message. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/assert.h"
#include "base/io.h"
#include "evidence/answer.h"
#include "ingest/columns.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static char path[] = "/tmp/flyball-fuzz-questions-XXXXXX";
    static bool made = false;
    struct fb_question_options options = fb_question_usual();
    struct fb_err err;
    struct fb_arena arena;
    struct fb_answer answer;
    size_t count = 0;
    const struct fb_question *questions = fb_questions(&count);
    if (size < 1 || size > 4096) {
        return 0;
    }
    if (!made) {
        int fd = mkstemp(path);
        FB_ASSERT(fd >= 0);
        (void)close(fd);
        made = true;
    }
    fb_err_init(&err);
    fb_arena_init(&arena, (size_t)64 << 20);
    fb_answer_init(&answer, &arena);
    options.tries = 1000;
    options.threshold = 0.1;
    options.at = 1e26;
    options.resamples = 5;
    const struct fb_str table = {(const char *)data + 1, size - 1};
    enum fb_code code = fb_io_write(path, table, 0600, &err);
    FB_ASSERT(code == FB_OK);
    code = questions[data[0] % count].answer(path, &options, &answer, &err);
    FB_ASSERT(code == FB_OK || err.message[0]);
    for (size_t i = 0; code == FB_OK && i < answer.count; i++) {
        const struct fb_figure *f = &answer.items[i];
        FB_ASSERT(isnan(f->low) || isnan(f->high) || f->low <= f->high);
        FB_ASSERT(isnan(f->value) || isnan(f->high) || f->value <= f->high + 1 / 16.0 ||
                  f->unit != FB_FIGURE_RATE);
    }
    (void)remove(path);
    fb_arena_release(&arena);
    return 0;
}

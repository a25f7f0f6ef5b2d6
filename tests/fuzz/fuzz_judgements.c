/* Fuzzes the reader of judgements: values are within 0 and 1, and counts fit together. */
#include "base/assert.h"
#include "ingest/judgements.h"
#include "stats/judge.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fb_err err;
    struct fb_arena arena;
    struct fb_judgements j;
    struct fb_judge_record record;
    fb_err_init(&err);
    fb_arena_init(&arena, (size_t)64 << 20);
    enum fb_code code = fb_judgements_read_memory(
        (struct fb_str){(const char *)data, size}, "input", &arena, &j, &err);
    FB_ASSERT(code == FB_OK || err.message[0]);
    if (code == FB_OK) {
        for (size_t i = 0; i < j.labelled; i++) {
            FB_ASSERT(j.truth[i] >= 0 && j.truth[i] <= 1 && j.judged[i] >= 0 && j.judged[i] <= 1);
        }
        struct fb_judge_samples samples = {
            j.truth, j.judged, j.labelled, j.unlabelled, j.unlabelled_count, 0.95};
        struct fb_judge_estimate estimate;
        code = fb_judge_ppi(&samples, 1, &estimate, &err);
        FB_ASSERT(code != FB_OK || estimate.low <= estimate.high);
        code = fb_judgements_count(&j, &record, &err);
        FB_ASSERT(code != FB_OK || (record.right_negatives <= record.negatives &&
                                       record.right_positives <= record.positives));
    }
    fb_arena_release(&arena);
    return 0;
}

/* Fuzzes the readers of accounts of jobs: what they give is whole, and can be summed. */
#include "base/assert.h"
#include "evidence/compute.h"
#include "report/compute.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fb_err err;
    struct fb_compute compute;
    struct fb_buf out;
    const struct fb_compute_options options = {{0.2, 0.6}, FB_COMPUTE_EITHER, NULL, 1000};
    fb_err_init(&err);
    fb_buf_init(&out, 1 << 24);
    struct fb_input input = fb_input_memory((struct fb_str){(const char *)data, size}, "input");
    enum fb_code code = fb_compute_init(&compute, &options, &err);
    code = code ? code : fb_jobs_read_input(&input, fb_compute_add, &compute, &err);
    FB_ASSERT(code == FB_OK || err.message[0]);
    if (code == FB_OK) {
        double flop[2];
        fb_compute_end(&compute);
        fb_compute_sum_flop(&options, &compute.total, flop);
        FB_ASSERT(compute.total.unrated_gpu_seconds <= compute.total.gpu_seconds);
        FB_ASSERT(0 <= flop[0] && flop[0] <= flop[1]);
        const struct fb_compute_report report = {.compute = &compute};
        code = fb_report_compute_json(&report, &out, &err);
        FB_ASSERT(code == FB_OK || code == FB_E_LIMIT || code == FB_E_NOMEM);
    }
    fb_buf_release(&out);
    fb_compute_release(&compute);
    return 0;
}

/* Fuzzes the readers of telemetry and of lists of hosts: what they give can be compared. */
#include "base/assert.h"
#include "evidence/reconcile.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fb_err err;
    struct fb_reconcile reconcile;
    const struct fb_reconcile_options options = {3600, 300, 8, 5000, true, false};
    struct fb_str text = {(const char *)data, size};
    struct fb_input input = fb_input_memory(text, "input");
    const struct fb_telemetry_options telemetry = {
        fb_reconcile_sample, &reconcile, FB_TIME_MIN, FB_STR("host")};
    fb_err_init(&err);
    fb_reconcile_init(&reconcile, &options);
    struct fb_job job = {.start = 3600, .end = 7200, .said = FB_JOB_GPUS_SAID, .gpus = 8};
    job.nodes = fb_str_sub(text, 0, 100);
    enum fb_code code = fb_reconcile_job(&reconcile, &job, &err);
    FB_ASSERT(code == FB_OK || err.message[0]);
    fb_err_init(&err);
    code = fb_telemetry_read_input(&input, &telemetry, &err);
    FB_ASSERT(code == FB_OK || err.message[0]);
    code = fb_reconcile_end(&reconcile, &err);
    FB_ASSERT(code == FB_OK && reconcile.worked <= reconcile.covered);
    fb_reconcile_release(&reconcile);
    return 0;
}

/* bench_compute.h: cases of `flyball bench govern`: jobs and telemetry, read and reconciled. */
#ifndef FB_CLI_BENCH_COMPUTE_H
#define FB_CLI_BENCH_COMPUTE_H

#include "cli/bench.h"

/** The cases; *out_count of them. That of jobs multiplies a real account, and fails with
 * E_NOT_FOUND where it is not there. */
const struct fb_bench_case *fb_bench_compute_cases(size_t *out_count);

#endif

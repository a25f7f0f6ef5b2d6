/* bench_admit.h: cases of `flyball bench ledger` with admission: schema, signature, references. */
#ifndef FB_CLI_BENCH_ADMIT_H
#define FB_CLI_BENCH_ADMIT_H

#include "cli/bench.h"

/** Signed incidents, admitted and appended in groups of 1, 64, 256, 1,024 and 4,096. Making and
 * signing them is not counted. */
FB_CHECKED enum fb_code fb_bench_admit_1(
    const struct fb_bench_options *options, struct fb_bench_result *out, struct fb_err *err);
/** @copydoc fb_bench_admit_1 */
FB_CHECKED enum fb_code fb_bench_admit_64(
    const struct fb_bench_options *options, struct fb_bench_result *out, struct fb_err *err);
/** @copydoc fb_bench_admit_1 */
FB_CHECKED enum fb_code fb_bench_admit_256(
    const struct fb_bench_options *options, struct fb_bench_result *out, struct fb_err *err);
/** @copydoc fb_bench_admit_1 */
FB_CHECKED enum fb_code fb_bench_admit_1024(
    const struct fb_bench_options *options, struct fb_bench_result *out, struct fb_err *err);
/** @copydoc fb_bench_admit_1 */
FB_CHECKED enum fb_code fb_bench_admit_4096(
    const struct fb_bench_options *options, struct fb_bench_result *out, struct fb_err *err);

/** The signatures of such incidents alone. */
FB_CHECKED enum fb_code fb_bench_signatures(
    const struct fb_bench_options *options, struct fb_bench_result *out, struct fb_err *err);

#endif

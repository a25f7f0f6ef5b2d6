/* bench_lang.h: the cases of `flyball bench lang`: policies that are shipped, and large ones that
 * are made up. */
#ifndef FB_CLI_BENCH_LANG_H
#define FB_CLI_BENCH_LANG_H

#include "cli/bench.h"

/** The cases. Each does the same again and again; p50 and p99 are of one time. `packs` takes the
 * .fly files below the folder options->data and gives E_NOT_FOUND where there are none; the others
 * make their policies up. */
const struct fb_bench_case *fb_bench_lang_cases(size_t *out_count);

#endif

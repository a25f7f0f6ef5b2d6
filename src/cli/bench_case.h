/* bench_case.h: the cases of `flyball bench case`: a safety case of 4,800 elements, at every step.
 */
#ifndef FB_CLI_BENCH_CASE_H
#define FB_CLI_BENCH_CASE_H

#include "cli/bench.h"

/** The cases. What they count is whole runs over the same safety case, which is made anew from the
 * same numbers each time: 3,500 elements in a tree, and a result under each leaf, three in ten of
 * them shared. */
const struct fb_bench_case *fb_bench_case_cases(size_t *out_count);

#endif

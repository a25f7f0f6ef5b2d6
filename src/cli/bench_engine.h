/* bench_engine.h: the cases of `flyball bench engine`: policies over logs in MonPoly's formats. */
#ifndef FB_CLI_BENCH_ENGINE_H
#define FB_CLI_BENCH_ENGINE_H

#include "flyball/err.h"

#include <stddef.h>

/** The name of the n-th case, as "D1"; NULL behind the last. */
const char *fb_bench_engine_name(size_t n);

/** Runs the n-th case over the files of a folder, text of the log to text of the verdicts, and
 * compares these with CASE.expected where that file is there. Writes the number of events to
 * *out_count. E_NOT_FOUND when the folder lacks a file; E_MISMATCH when a verdict is wrong. */
FB_CHECKED enum fb_code fb_bench_engine_run(
    size_t n, const char *folder, double *out_count, struct fb_err *err);

#endif

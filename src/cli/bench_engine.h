/* bench_engine.h: the cases of `flyball bench engine`: policies over logs in MonPoly's formats. */
#ifndef FB_CLI_BENCH_ENGINE_H
#define FB_CLI_BENCH_ENGINE_H

#include "cli/bench.h"

/** The name of the n-th case, as "D1"; NULL behind the last. */
const char *fb_bench_engine_name(size_t n);

/** Runs the n-th case, text of the log to text of the verdicts: over the files of a folder, whose
 * verdicts are compared with CASE.expected where that file is there, or over a log that is made.
 * Then the log is fed line by line, for the latency of an event. Fills out. E_NOT_FOUND when the
 * folder lacks a file; E_MISMATCH when a verdict is wrong. */
FB_CHECKED enum fb_code fb_bench_engine_run(
    size_t n, const char *folder, struct fb_bench_result *out, struct fb_err *err);

#endif

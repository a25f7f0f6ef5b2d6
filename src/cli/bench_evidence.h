/* bench_evidence.h: the cases of `flyball bench evidence`: reading logs, and estimators. */
#ifndef FB_CLI_BENCH_EVIDENCE_H
#define FB_CLI_BENCH_EVIDENCE_H

#include "flyball/err.h"

#include <stddef.h>

/** One case at work: make prepares it, run is what is measured, release ends it. */
struct fb_bench_evidence {
    const char *folder; /**< of data, for cases that read some; may not be there */
    char *path;         /**< private: a file that the case made */
    double count;       /**< what the case did, in units of its metric */
};

/** The name of the n-th case, as "read-eval"; NULL behind the last. */
const char *fb_bench_evidence_name(size_t n);

/** What the n-th case counts, as "json_bytes_per_s". */
const char *fb_bench_evidence_metric(size_t n);

/** Prepares the n-th case: makes what it reads. E_NOT_FOUND when its folder of data is not there.
 * After success and failure alike the caller ends with fb_bench_evidence_release. */
FB_CHECKED enum fb_code fb_bench_evidence_make(
    size_t n, struct fb_bench_evidence *bench, struct fb_err *err);

/** Runs the n-th case. Errors of what it calls. */
FB_CHECKED enum fb_code fb_bench_evidence_run(
    size_t n, struct fb_bench_evidence *bench, struct fb_err *err);

/** Frees what a case made, files included. */
void fb_bench_evidence_release(struct fb_bench_evidence *bench);

#endif

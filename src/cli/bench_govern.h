/* bench_govern.h: the cases of `flyball bench govern`: dockets that are made up, evaluated. */
#ifndef FB_CLI_BENCH_GOVERN_H
#define FB_CLI_BENCH_GOVERN_H

#include "cli/bench.h"

/** A docket to make up: a fifth of `records` are systems, the rest are incidents, reports and
 * evaluations of them, a minute apart. */
struct fb_bench_docket {
    const char *name;
    size_t records;
    size_t developers; /**< who have the systems in turn; 0: one has all */
    size_t policies;   /**< besides the two that all records concern: policies that none concerns */
    bool packs;        /**< and all shipped packs are in force */
    bool large;        /**< every other system took so much to train that all laws ask */
    bool naive;
    const char *about; /**< decides this system alone; NULL: everything */
    size_t added;      /**< so many records come one by one behind the others, and after each the
                            system that it is about is decided by what is resident */
    bool told;         /**< and its status is written as JSON, with all reasons */
};

struct fb_bench_govern;

/** The n-th docket; NULL behind the last. */
const struct fb_bench_docket *fb_bench_govern_docket(size_t n);

/** Makes a docket in memory, without signatures, with the policies of `folder` if it asks for
 * packs. Caller frees. E_NOT_FOUND: the folder is not there. */
FB_CHECKED enum fb_code fb_bench_govern_new(const struct fb_bench_docket *docket,
    const char *folder, struct fb_bench_govern **out, struct fb_err *err);

/** Frees it; NULL is allowed. */
void fb_bench_govern_free(struct fb_bench_govern *bench);

/** Evaluates it from the first record on, as `flyball status` does once the records are read. */
FB_CHECKED enum fb_code fb_bench_govern_run(struct fb_bench_govern *bench, struct fb_err *err);

/** Adds the records that come one by one, deciding each; one decision before the first is not
 * counted, since it builds what stays. */
FB_CHECKED enum fb_code fb_bench_govern_follow(
    struct fb_bench_govern *bench, struct fb_bench_result *out, struct fb_err *err);

#endif

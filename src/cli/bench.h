/*
 * bench.h: what the cases of `flyball bench` share: the clocks and the results.
 *
 * Each case runs in a process of its own, so that its peak of memory is its own. It measures itself
 * between fb_bench_start and fb_bench_stop, or, where two rivals take turns, adds up what each turn
 * took. What is prepared outside is not counted.
 */
#ifndef FB_CLI_BENCH_H
#define FB_CLI_BENCH_H

#include "cli/cli.h"

/** What was spent: wall and CPU (user and system) seconds. */
struct fb_bench_cost {
    double wall_s;
    double cpu_s;
};

/** What stood on the clocks. */
struct fb_bench_mark {
    int64_t wall_ns;
    double cpu_s;
};

/** What a case found. Fields that stay 0 are not printed. */
struct fb_bench_result {
    double count;       /**< what was done so often */
    const char *metric; /**< as "events_per_s" */
    struct fb_bench_cost cost;
    const char *rival; /**< what did the same in turns with us; NULL: nothing */
    struct fb_bench_cost rival_cost;
    double p50_us; /**< of one operation, by the wall clock */
    double p99_us;
    double peak_mb; /**< resident memory of the case's own process at most */
};

/** What the user asked for. */
struct fb_bench_options {
    const char *folder; /**< where files are made; it is emptied at the end */
    uint64_t entries;   /**< size of the ledger that is read; at most as many are appended */
    const char *data;   /**< engine: the folder of its policies and logs */
    size_t number;      /**< engine: which of its cases */
};

/** One case: its names, and what measures it. */
struct fb_bench_case {
    const char *bench;
    const char *name;
    enum fb_code (*run)(
        const struct fb_bench_options *options, struct fb_bench_result *out, struct fb_err *err);
};

/** Reads the clocks. */
struct fb_bench_mark fb_bench_start(void);

/** Adds what was spent since the mark. */
void fb_bench_stop(const struct fb_bench_mark *mark, struct fb_bench_cost *cost);

/** Puts the times of single operations, in nanoseconds, in order, and tells of their middle and
 * their slow end. */
void fb_bench_summarise(int64_t *samples, size_t count, struct fb_bench_result *out);

/** Opens a new ledger called name in the folder, where an older one of that name is removed, or one
 * in memory when folder is NULL. Its key is no secret. Caller closes *out. */
FB_CHECKED enum fb_code fb_bench_open_new(
    const char *folder, const char *name, struct fb_ledger **out, struct fb_err *err);

/** The cases of the ledger. */
const struct fb_bench_case *fb_bench_ledger_cases(size_t *out_count);

/** Removes the folder of the ledger's cases and what they put there. */
void fb_bench_ledger_clean(const char *folder);

#endif

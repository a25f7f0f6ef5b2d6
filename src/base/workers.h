/*
 * workers.h: independent tasks on several threads, which are joined before the call returns.
 *
 * What a task writes must be its own; what it reads nobody may write meanwhile. Then the results
 * are the same with any number of threads.
 */
#ifndef FB_BASE_WORKERS_H
#define FB_BASE_WORKERS_H

#include "flyball/err.h"

/** Most threads. */
enum { FB_WORKERS_MAX = 64 };

/** A task by its number, on the worker with a number below the count of threads: a worker does one
 * task at a time, so that tasks can share what they keep by worker. */
typedef enum fb_code (*fb_worker_task)(void *ctx, size_t worker, size_t task, struct fb_err *err);

/** How many threads this process can run at once, by the processors that it may use: 1 to
 * FB_WORKERS_MAX. */
size_t fb_workers_here(void);

/** Runs the tasks 0 to count - 1, in any order, on `threads` (1 to FB_WORKERS_MAX) threads, of
 * which the caller is one; where the system gives fewer, on these. With one thread in their order.
 * The error is that of the first task, by number, that fails; later ones may be left out then. */
FB_CHECKED enum fb_code fb_workers_run(
    size_t threads, size_t count, fb_worker_task task, void *ctx, struct fb_err *err);

#endif

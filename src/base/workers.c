#include "base/workers.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>

#include "base/assert.h"

/* One run. */
struct run {
    fb_worker_task task;
    void *ctx;
    size_t count;
    atomic_size_t next;
    atomic_size_t failed; /* the first task that failed so far; count: none */
    pthread_mutex_t lock; /* guards what follows */
    struct fb_err err;    /* of that task */
};

/* One thread of a run. */
struct worker {
    struct run *run;
    size_t number;
    pthread_t thread;
};

static void fail(struct run *run, size_t task, const struct fb_err *err)
{
    pthread_mutex_lock(&run->lock);
    if (task < atomic_load(&run->failed)) {
        atomic_store(&run->failed, task);
        run->err = *err;
    }
    pthread_mutex_unlock(&run->lock);
}

/* Tasks before one that failed are still done: the error of the first is the one to tell. */
static void *work(void *ctx)
{
    struct worker *self = ctx;
    struct run *run = self->run;
    for (;;) {
        size_t task = atomic_fetch_add(&run->next, 1);
        if (task >= run->count || task > atomic_load(&run->failed)) {
            return NULL;
        }
        struct fb_err err;
        fb_err_init(&err);
        if (run->task(run->ctx, self->number, task, &err)) {
            fail(run, task, &err);
        }
    }
}

size_t fb_workers_here(void)
{
    cpu_set_t set;
    CPU_ZERO(&set);
    int count = sched_getaffinity(0, sizeof(set), &set) == 0 ? CPU_COUNT(&set) : 1;
    return count < 1 ? 1 : count > FB_WORKERS_MAX ? FB_WORKERS_MAX : (size_t)count;
}

enum fb_code fb_workers_run(
    size_t threads, size_t count, fb_worker_task task, void *ctx, struct fb_err *err)
{
    FB_ASSERT(threads >= 1 && threads <= FB_WORKERS_MAX && task && err);
    struct worker workers[FB_WORKERS_MAX];
    struct run run = {.task = task,
        .ctx = ctx,
        .count = count,
        .failed = count,
        .lock = PTHREAD_MUTEX_INITIALIZER};
    size_t started = 1;
    workers[0] = (struct worker){.run = &run, .number = 0};
    for (; started < threads && started < count; started++) {
        workers[started] = (struct worker){.run = &run, .number = started};
        if (pthread_create(&workers[started].thread, NULL, work, &workers[started]) != 0) {
            break;
        }
    }
    (void)work(&workers[0]);
    for (size_t i = 1; i < started; i++) {
        int joined = pthread_join(workers[i].thread, NULL);
        FB_ASSERT(joined == 0);
    }
    pthread_mutex_destroy(&run.lock);
    if (atomic_load(&run.failed) == count) {
        return FB_OK;
    }
    *err = run.err;
    FB_ASSERT(err->code != FB_OK);
    return err->code;
}

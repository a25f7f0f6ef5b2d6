#include "ledger/group.h"

#include <pthread.h>

#include "base/alloc.h"
#include "base/assert.h"

/* A thread in the row; lives on its stack. */
struct waiter {
    struct fb_ledger_request request;
    bool is_done;
    struct waiter *next;
};

struct fb_group {
    struct fb_ledger *ledger; /* used by the writer, without the lock */
    pthread_mutex_t lock;     /* guards what follows */
    pthread_cond_t changed;
    struct waiter *first;
    struct waiter **last;
    size_t waiting;
    uint64_t commits;
    bool is_writing;
    struct fb_ledger_request *requests; /* of the writer */
    struct waiter *taken[FB_GROUP_REQUESTS_MAX];
};

enum fb_code fb_group_new(struct fb_ledger *ledger, struct fb_group **out, struct fb_err *err)
{
    FB_ASSERT(ledger && out);
    struct fb_group *group = fb_calloc(1, sizeof(*group));
    struct fb_ledger_request *requests =
        fb_calloc(FB_GROUP_REQUESTS_MAX, sizeof(struct fb_ledger_request));
    if (!group || !requests) {
        fb_free(group);
        fb_free(requests);
        return fb_err_set(err, FB_E_NOMEM, "memory ran out");
    }
    group->ledger = ledger;
    group->requests = requests;
    group->last = &group->first;
    int failed = pthread_mutex_init(&group->lock, NULL);
    FB_ASSERT(failed == 0); /* glibc's cannot fail */
    failed = pthread_cond_init(&group->changed, NULL);
    FB_ASSERT(failed == 0);
    *out = group;
    return FB_OK;
}

void fb_group_free(struct fb_group *group)
{
    if (group) {
        FB_ASSERT(!group->first && !group->is_writing);
        (void)pthread_cond_destroy(&group->changed);
        (void)pthread_mutex_destroy(&group->lock);
        fb_free(group->requests);
        fb_free(group);
    }
}

static void lock(struct fb_group *group)
{
    int failed = pthread_mutex_lock(&group->lock);
    FB_ASSERT(failed == 0);
}

static void unlock(struct fb_group *group)
{
    int failed = pthread_mutex_unlock(&group->lock);
    FB_ASSERT(failed == 0);
}

/* Takes the front of the row, as much as one transaction can hold. */
static size_t take(struct fb_group *group)
{
    size_t count = 0, entries = 0;
    while (group->first && count < FB_GROUP_REQUESTS_MAX) {
        struct waiter *waiter = group->first;
        /* A batch that is too long by itself is refused by itself, and takes no room. */
        size_t size = waiter->request.batch.count;
        size = size <= FB_LEDGER_BATCH_MAX ? size : 0;
        if (count > 0 && size > FB_LEDGER_BATCH_MAX - entries) {
            break;
        }
        entries += size;
        group->taken[count++] = waiter;
        group->first = waiter->next;
    }
    if (!group->first) {
        group->last = &group->first;
    }
    group->waiting -= count;
    return count;
}

/* Writes the front of the row. The lock is held on entry and on return, not in between. */
static void write_row(struct fb_group *group)
{
    FB_ASSERT(!group->is_writing && group->first);
    size_t count = take(group);
    group->is_writing = true;
    unlock(group);
    for (size_t i = 0; i < count; i++) {
        group->requests[i].batch = group->taken[i]->request.batch;
    }
    struct fb_err err;
    fb_err_init(&err);
    /* What failed for all stands in each request too. */
    bool good = fb_ledger_append_all(group->ledger, group->requests, count, &err) == FB_OK;
    lock(group);
    for (size_t i = 0; i < count; i++) {
        group->taken[i]->request = group->requests[i];
        group->taken[i]->is_done = true;
    }
    group->commits += good;
    group->is_writing = false;
    int failed = pthread_cond_broadcast(&group->changed);
    FB_ASSERT(failed == 0);
}

enum fb_code fb_group_append(struct fb_group *group, const struct fb_ledger_batch *batch,
    uint64_t *out_first_seq, struct fb_err *err)
{
    FB_ASSERT(group && batch && out_first_seq);
    struct waiter self = {.request.batch = *batch};
    lock(group);
    *group->last = &self;
    group->last = &self.next;
    group->waiting++;
    while (!self.is_done) {
        if (!group->is_writing) {
            write_row(group);
        } else {
            int failed = pthread_cond_wait(&group->changed, &group->lock);
            FB_ASSERT(failed == 0);
        }
    }
    unlock(group);
    if (self.request.code != FB_OK) {
        *err = self.request.err;
        return self.request.code;
    }
    *out_first_seq = self.request.first_seq;
    return FB_OK;
}

void fb_group_state(struct fb_group *group, uint64_t *out_commits, size_t *out_waiting)
{
    FB_ASSERT(group && out_commits && out_waiting);
    lock(group);
    *out_commits = group->commits;
    *out_waiting = group->waiting;
    unlock(group);
}

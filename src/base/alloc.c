#include "base/alloc.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/assert.h"

/* -1: no fault is armed. Atomics, because a server allocates from several threads. */
static _Atomic int64_t fault_at = -1;
static _Atomic int64_t calls = 0;

static int is_faulty(void)
{
    int64_t call = atomic_fetch_add_explicit(&calls, 1, memory_order_relaxed);
    int64_t at = atomic_load_explicit(&fault_at, memory_order_relaxed);
    return at >= 0 && call >= at;
}

void *fb_alloc(size_t size)
{
    if (is_faulty()) {
        return NULL;
    }
    return malloc(size ? size : 1);
}

void *fb_calloc(size_t count, size_t size)
{
    if (is_faulty()) {
        return NULL;
    }
    return calloc(count ? count : 1, size ? size : 1);
}

void *fb_realloc(void *old, size_t size)
{
    if (is_faulty()) {
        return NULL;
    }
    return realloc(old, size ? size : 1);
}

void fb_free(void *ptr)
{
    free(ptr);
}

char *fb_strndup(const char *ptr, size_t len)
{
    FB_ASSERT(ptr || len == 0);
    if (len == SIZE_MAX) {
        return NULL;
    }
    char *copy = fb_alloc(len + 1);
    if (copy) {
        if (len) {
            memcpy(copy, ptr, len);
        }
        copy[len] = 0;
    }
    return copy;
}

void fb_alloc_fail_at(int64_t n)
{
    FB_ASSERT(n >= -1);
    atomic_store(&calls, 0);
    atomic_store(&fault_at, n);
}

int64_t fb_alloc_count(void)
{
    return atomic_load(&calls);
}

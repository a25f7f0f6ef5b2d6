#include "base/alloc.h"

#include <malloc.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/assert.h"

/* -1: no fault is armed. Atomics, because several threads allocate. */
static _Atomic int64_t fault_at = -1;
static _Atomic int64_t calls = 0;

/* Whether calls are counted: only after fb_alloc_fail_at, since threads that count in one place
 * wait for each other. */
static _Atomic bool is_counted = false;

/* What fb_alloc_watch counts; false most of the time, and then nothing else is touched. */
static _Atomic bool is_watched = false;
static _Atomic size_t live = 0;
static _Atomic size_t most = 0;

static void *watch_begin(void *ptr)
{
    if (ptr && atomic_load_explicit(&is_watched, memory_order_relaxed)) {
        size_t size = malloc_usable_size(ptr);
        size_t now = atomic_fetch_add(&live, size) + size;
        size_t before = atomic_load(&most);
        while (now > before && !atomic_compare_exchange_weak(&most, &before, now)) {
        }
    }
    return ptr;
}

static void watch_end(void *ptr)
{
    if (ptr && atomic_load_explicit(&is_watched, memory_order_relaxed)) {
        atomic_fetch_sub(&live, malloc_usable_size(ptr));
    }
}

static int is_faulty(void)
{
    if (!atomic_load_explicit(&is_counted, memory_order_relaxed)) {
        return 0;
    }
    int64_t call = atomic_fetch_add_explicit(&calls, 1, memory_order_relaxed);
    int64_t at = atomic_load_explicit(&fault_at, memory_order_relaxed);
    return at >= 0 && call >= at;
}

void *fb_alloc(size_t size)
{
    if (is_faulty()) {
        return NULL;
    }
    return watch_begin(malloc(size ? size : 1));
}

void *fb_calloc(size_t count, size_t size)
{
    if (is_faulty()) {
        return NULL;
    }
    return watch_begin(calloc(count ? count : 1, size ? size : 1));
}

void *fb_realloc(void *old, size_t size)
{
    if (is_faulty()) {
        return NULL;
    }
    size_t before = old && atomic_load_explicit(&is_watched, memory_order_relaxed)
                        ? malloc_usable_size(old)
                        : 0;
    void *grown = realloc(old, size ? size : 1);
    if (grown && before) {
        atomic_fetch_sub(&live, before);
    }
    if (grown) {
        watch_begin(grown);
    }
    return grown;
}

void fb_free(void *ptr)
{
    watch_end(ptr);
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
    atomic_store(&is_counted, true);
}

void fb_alloc_watch(void)
{
    atomic_store(&live, 0);
    atomic_store(&most, 0);
    atomic_store(&is_watched, true);
}

size_t fb_alloc_watched(void)
{
    atomic_store(&is_watched, false);
    return atomic_load(&most);
}

int64_t fb_alloc_count(void)
{
    return atomic_load(&calls);
}

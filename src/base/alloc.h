/*
 * alloc.h: the one seam to the heap.
 *
 * Every allocation of the library passes through here, so that a test can make the n-th one fail.
 */
#ifndef FB_BASE_ALLOC_H
#define FB_BASE_ALLOC_H

#include <stddef.h>
#include <stdint.h>

/** Allocates size bytes, uninitialised; NULL when memory ran out. size 0 is treated as 1. */
void *fb_alloc(size_t size);

/** Allocates count * size zeroed bytes; NULL when memory ran out or the product overflows. */
void *fb_calloc(size_t count, size_t size);

/** Resizes what fb_alloc gave (or NULL); NULL on failure, and then old is still valid. */
void *fb_realloc(void *old, size_t size);

/** Frees what fb_alloc gave; NULL is allowed. */
void fb_free(void *ptr);

/** Copies len bytes and appends a NUL. Caller frees with fb_free. NULL when memory ran out. */
char *fb_strndup(const char *ptr, size_t len);

/** Test seam: the n-th allocation from now (0 = the next) and all after it fail; -1 turns off. */
void fb_alloc_fail_at(int64_t n);

/** Test seam: from now on counts the bytes that are allocated and not freed. Only what is allocated
 * after this call may be freed before fb_alloc_watched. */
void fb_alloc_watch(void);

/** Test seam: ends fb_alloc_watch; the most bytes that were allocated at one time since then. */
size_t fb_alloc_watched(void);

/** Test seam: how many allocations were asked for since fb_alloc_fail_at was last called. */
int64_t fb_alloc_count(void);

#endif

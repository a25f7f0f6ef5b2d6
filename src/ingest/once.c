#include "ingest/once.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/assert.h"
#include "ledger/sha256.h"

/* A name and where it stands. */
struct item {
    uint64_t digest[2];
    uint64_t line;
};

void fb_once_release(struct fb_once *once)
{
    FB_ASSERT(once);
    fb_free(once->items);
    *once = (struct fb_once){.items = NULL};
}

enum fb_code fb_once_add(struct fb_once *once, const struct fb_str *parts, size_t count,
    uint32_t line, struct fb_err *err)
{
    FB_ASSERT(once && parts && once->count <= FB_ONCE_MAX);
    if (once->count == FB_ONCE_MAX) {
        return fb_err_set(err, FB_E_LIMIT, "the file has more than %d runs", FB_ONCE_MAX);
    }
    if (once->count == once->cap) {
        size_t cap = once->cap ? 2 * once->cap : 256;
        void *grown = fb_realloc(once->items, cap * sizeof(struct item));
        if (!grown) {
            return fb_err_set(err, FB_E_NOMEM, "no memory for the names of %zu runs", cap);
        }
        once->items = grown;
        once->cap = cap;
    }
    struct fb_sha256 sha;
    uint8_t digest[FB_SHA256_SIZE];
    fb_sha256_init(&sha);
    for (size_t i = 0; i < count; i++) {
        uint64_t len = parts[i].len; /* so that no two lists of parts read alike */
        fb_sha256_add(&sha, (struct fb_str){(const char *)&len, sizeof(len)});
        fb_sha256_add(&sha, parts[i]);
    }
    fb_sha256_end(&sha, digest);
    struct item *item = (struct item *)once->items + once->count++;
    memcpy(item->digest, digest, sizeof(item->digest));
    item->line = line;
    return FB_OK;
}

static int compare(const void *a, const void *b)
{
    const struct item *x = a, *y = b;
    int order = memcmp(x->digest, y->digest, sizeof(x->digest));
    return order ? order : (x->line > y->line) - (x->line < y->line);
}

/* The first line that repeats a name, and the one it repeats; false: there is none. */
static bool find_repeated(struct fb_once *once, uint64_t out_lines[2])
{
    struct item *items = once->items;
    uint64_t first = 0, second = UINT64_MAX;
    if (once->count > 1) {
        qsort(items, once->count, sizeof(*items), compare);
    }
    for (size_t i = 1, from = 0; i < once->count; i++) {
        bool is_same = memcmp(items[i].digest, items[from].digest, sizeof(items->digest)) == 0;
        if (is_same && items[i].line < second) {
            first = items[from].line;
            second = items[i].line;
        }
        from = is_same ? from : i;
    }
    out_lines[0] = first;
    out_lines[1] = second;
    return second != UINT64_MAX;
}

enum fb_code fb_once_check(struct fb_once *once, const char *name, struct fb_err *err)
{
    FB_ASSERT(once && name);
    uint64_t lines[2];
    if (!find_repeated(once, lines)) {
        return FB_OK;
    }
    (void)fb_err_set(err, FB_E_DUPLICATE,
        "the run of line %llu stands here again: same agent, task and run_id",
        (unsigned long long)lines[0]);
    fb_err_place(err, name, (uint32_t)lines[1], 0, -1);
    return fb_err_hint(err, "A run counts once: keep one line of it, or give runs that differ a "
                            "run_id each.");
}

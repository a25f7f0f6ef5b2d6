#include "evidence/starts.h"

#include <string.h>

#include "base/alloc.h"
#include "base/assert.h"
#include "ledger/sha256.h"

enum { KEY_BYTES = 16, FIRST = 1 << 12 };

/* A start: the first half of the digest of cluster, job and start, and what it came to, so that a
 * second mention can be told from a contradiction. */
struct fb_start_seen {
    uint8_t key[KEY_BYTES];
    int64_t gpu_seconds;
    bool used;
};

/* Where a key stands or may be put; the table is never full. */
static struct fb_start_seen *slot_of(
    struct fb_start_seen *table, size_t size, const uint8_t key[KEY_BYTES])
{
    uint64_t at = 0;
    memcpy(&at, key, sizeof(at));
    for (;; at++) {
        struct fb_start_seen *slot = &table[at & (size - 1)];
        if (!slot->used || memcmp(slot->key, key, KEY_BYTES) == 0) {
            return slot;
        }
    }
}

static enum fb_code grow(struct fb_starts *starts, struct fb_err *err)
{
    if (starts->count == starts->max) {
        return fb_err_set(err, FB_E_LIMIT, "there are more than %zu starts of jobs", starts->max);
    }
    if (4 * (starts->count + 1) <= 3 * starts->size) {
        return FB_OK;
    }
    size_t size = starts->size ? 2 * starts->size : FIRST;
    struct fb_start_seen *table = fb_calloc(size, sizeof(*table));
    if (!table) {
        return fb_err_set(err, FB_E_NOMEM, "memory ran out for the starts of jobs");
    }
    for (size_t i = 0; i < starts->size; i++) {
        if (starts->items[i].used) {
            *slot_of(table, size, starts->items[i].key) = starts->items[i];
        }
    }
    fb_free(starts->items);
    starts->items = table;
    starts->size = size;
    return FB_OK;
}

enum fb_code fb_starts_note(
    struct fb_starts *starts, const struct fb_job *job, enum fb_start_kind *out, struct fb_err *err)
{
    FB_ASSERT(starts && job && out && job->end >= job->start);
    struct fb_sha256 sha;
    uint8_t digest[FB_SHA256_SIZE];
    const uint64_t numbers[3] = {job->cluster.len, job->id.len, (uint64_t)job->start};
    enum fb_code code = grow(starts, err);
    if (code != FB_OK) {
        return code;
    }
    fb_sha256_init(&sha);
    fb_sha256_add(&sha, (struct fb_str){(const char *)numbers, sizeof(numbers)});
    fb_sha256_add(&sha, job->cluster);
    fb_sha256_add(&sha, job->id);
    fb_sha256_end(&sha, digest);
    struct fb_start_seen *slot = slot_of(starts->items, starts->size, digest);
    int64_t gpu_seconds = job->gpus * (job->end - job->start);
    *out = !slot->used                        ? FB_START_NEW
           : slot->gpu_seconds == gpu_seconds ? FB_START_REPEATED
                                              : FB_START_CONTRADICTS;
    if (!slot->used) {
        memcpy(slot->key, digest, KEY_BYTES);
        slot->gpu_seconds = gpu_seconds;
        slot->used = true;
        starts->count++;
    }
    return FB_OK;
}

void fb_starts_release(struct fb_starts *starts)
{
    fb_free(starts->items);
    *starts = (struct fb_starts){.max = starts->max};
}

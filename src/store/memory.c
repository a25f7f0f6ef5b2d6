/* A store in memory. Entries only grow, so rolling back cuts them; a row (tile or named value)
 * keeps the content that it had when the transaction began until the transaction ends. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/assert.h"
#include "base/map.h"
#include "store/store.h"

enum { KEY_SIZE = FB_STORE_KEY_MAX + 8 };

/* A tile or a named value. ptr is NULL when it is not there. */
struct row {
    char key[KEY_SIZE];
    char *ptr;
    size_t len;
    bool is_changed; /* by the open transaction; then before_* is what rolling back restores */
    char *before_ptr;
    size_t before_len;
};

struct memory {
    struct fb_store store;
    struct fb_store_entry *entries;
    size_t count;
    size_t cap;
    size_t count_before;
    struct fb_map rows; /* key -> struct row */
};

static struct memory *memory_of(struct fb_store *store)
{
    FB_ASSERT(store && strcmp(store->ops->name, "memory") == 0);
    return (struct memory *)(void *)store;
}

static enum fb_code no_memory(struct fb_err *err)
{
    return fb_err_set(err, FB_E_NOMEM, "memory ran out in the store");
}

static void cut(struct memory *memory, size_t count)
{
    FB_ASSERT(count <= memory->count);
    while (memory->count > count) {
        memory->count--;
        fb_free((char *)(uintptr_t)memory->entries[memory->count].bytes.ptr);
    }
}

static void memory_close(struct fb_store *store)
{
    struct memory *memory = memory_of(store);
    cut(memory, 0);
    for (size_t i = 0; i < memory->rows.count; i++) {
        struct row *row = memory->rows.entries[i].value;
        fb_free(row->ptr);
        FB_ASSERT(!row->is_changed);
        fb_free(row);
    }
    fb_map_release(&memory->rows);
    fb_free(memory->entries);
    fb_free(memory);
}

static enum fb_code memory_begin(
    struct fb_store *store, enum fb_store_mode mode, struct fb_err *err)
{
    (void)mode;
    (void)err;
    struct memory *memory = memory_of(store);
    memory->count_before = memory->count;
    return FB_OK;
}

static enum fb_code memory_commit(struct fb_store *store, struct fb_err *err)
{
    (void)err;
    struct memory *memory = memory_of(store);
    for (size_t i = 0; i < memory->rows.count; i++) {
        struct row *row = memory->rows.entries[i].value;
        if (row->is_changed) {
            fb_free(row->before_ptr);
            row->is_changed = false;
        }
    }
    return FB_OK;
}

static void memory_rollback(struct fb_store *store)
{
    struct memory *memory = memory_of(store);
    if (store->is_writing) {
        cut(memory, memory->count_before);
    }
    for (size_t i = 0; i < memory->rows.count; i++) {
        struct row *row = memory->rows.entries[i].value;
        if (row->is_changed) {
            fb_free(row->ptr);
            row->ptr = row->before_ptr;
            row->len = row->before_len;
            row->is_changed = false;
        }
    }
}

static enum fb_code memory_count(struct fb_store *store, uint64_t *out, struct fb_err *err)
{
    (void)err;
    *out = memory_of(store)->count;
    return FB_OK;
}

static enum fb_code append_one(
    struct memory *memory, const struct fb_store_entry *entry, struct fb_err *err)
{
    if (entry->seq != memory->count) {
        return fb_err_set(err, FB_E_CORRUPT, "entry %" PRIu64 " does not follow %zu entries",
            entry->seq, memory->count);
    }
    if (memory->count == memory->cap) {
        size_t cap = memory->cap ? 2 * memory->cap : 64;
        struct fb_store_entry *grown =
            fb_realloc(memory->entries, cap * sizeof(struct fb_store_entry));
        if (!grown) {
            return no_memory(err);
        }
        memory->entries = grown;
        memory->cap = cap;
    }
    char *bytes = fb_strndup(entry->bytes.ptr, entry->bytes.len);
    if (!bytes) {
        return no_memory(err);
    }
    memory->entries[memory->count] = *entry;
    memory->entries[memory->count].bytes.ptr = bytes;
    memory->count++;
    return FB_OK;
}

static enum fb_code memory_append(
    struct fb_store *store, const struct fb_store_entry *entries, size_t count, struct fb_err *err)
{
    enum fb_code code = FB_OK;
    for (size_t i = 0; code == FB_OK && i < count; i++) {
        code = append_one(memory_of(store), &entries[i], err);
    }
    return code;
}

static enum fb_code memory_read(struct fb_store *store, uint64_t seq, struct fb_store_entry *out,
    struct fb_buf *bytes, struct fb_err *err)
{
    struct memory *memory = memory_of(store);
    if (seq >= memory->count) {
        return fb_err_set(err, FB_E_NOT_FOUND, "there is no entry %" PRIu64, seq);
    }
    struct fb_store_entry found = memory->entries[seq];
    if (bytes) {
        size_t start = bytes->len;
        fb_buf_add_str(bytes, found.bytes);
        enum fb_code code = fb_buf_check(bytes, "the entry", err);
        if (code != FB_OK) {
            return code;
        }
        found.bytes = fb_str_sub(fb_buf_str(bytes), start, SIZE_MAX);
    } else {
        found.bytes = (struct fb_str){NULL, 0};
    }
    *out = found;
    return FB_OK;
}

static enum fb_code memory_scan(struct fb_store *store, const uint64_t range[2],
    fb_store_visit visit, void *ctx, struct fb_err *err)
{
    struct memory *memory = memory_of(store);
    for (uint64_t seq = range[0]; seq < range[1] && seq < memory->count; seq++) {
        enum fb_code code = visit(ctx, &memory->entries[seq], err);
        if (code != FB_OK) {
            return code;
        }
    }
    return FB_OK;
}

/* The row with this key, made when there is none. */
static enum fb_code row_of(
    struct memory *memory, const char *key, struct row **out, struct fb_err *err)
{
    struct row *row = fb_map_get(&memory->rows, fb_str_of(key));
    if (!row) {
        row = fb_calloc(1, sizeof(*row));
        if (!row) {
            return no_memory(err);
        }
        snprintf(row->key, sizeof(row->key), "%s", key);
        enum fb_code code = fb_map_put(&memory->rows, fb_str_of(row->key), row, err);
        if (code != FB_OK) {
            fb_free(row);
            return code;
        }
    }
    *out = row;
    return FB_OK;
}

static enum fb_code put(
    struct fb_store *store, const char *key, struct fb_str bytes, struct fb_err *err)
{
    struct row *row = NULL;
    enum fb_code code = row_of(memory_of(store), key, &row, err);
    if (code != FB_OK) {
        return code;
    }
    char *copy = fb_strndup(bytes.ptr, bytes.len);
    if (!copy) {
        return no_memory(err);
    }
    if (row->is_changed) {
        fb_free(row->ptr);
    } else {
        row->before_ptr = row->ptr;
        row->before_len = row->len;
        row->is_changed = true;
    }
    row->ptr = copy;
    row->len = bytes.len;
    return FB_OK;
}

static enum fb_code get(
    struct fb_store *store, const char *key, struct fb_buf *out, struct fb_err *err)
{
    const struct row *row = fb_map_get(&memory_of(store)->rows, fb_str_of(key));
    if (!row || !row->ptr) {
        return fb_err_set(err, FB_E_NOT_FOUND, "the store has no '%s'", key);
    }
    fb_buf_add(out, row->ptr, row->len);
    return fb_buf_check(out, "the value", err);
}

static void root_key(uint32_t level, uint64_t index, char key[KEY_SIZE])
{
    snprintf(key, KEY_SIZE, "r/%" PRIu32 "/%" PRIu64, level, index);
}

static enum fb_code memory_hashes(struct fb_store *store, uint32_t level, const uint64_t range[2],
    struct fb_buf *out, struct fb_err *err)
{
    const struct memory *memory = memory_of(store);
    enum fb_code code = FB_OK;
    for (uint64_t i = range[0]; level == 0 && i < range[1] && i < memory->count; i++) {
        fb_buf_add(out, memory->entries[i].leaf_hash, FB_STORE_HASH);
    }
    for (uint64_t i = range[0]; level > 0 && code == FB_OK && i < range[1]; i++) {
        char key[KEY_SIZE];
        root_key(level - 1, i, key);
        code = get(store, key, out, err);
    }
    return code;
}

static enum fb_code memory_tile_put(
    struct fb_store *store, const struct fb_store_tile *tile, struct fb_err *err)
{
    char key[KEY_SIZE];
    root_key(tile->level, tile->index, key);
    struct fb_str root = {(const char *)tile->root, FB_STORE_HASH};
    return put(store, key, root, err);
}

static enum fb_code memory_meta_put(
    struct fb_store *store, const char *name, struct fb_str value, struct fb_err *err)
{
    char key[KEY_SIZE];
    snprintf(key, sizeof(key), "m/%s", name);
    return put(store, key, value, err);
}

static enum fb_code memory_meta_get(
    struct fb_store *store, const char *name, struct fb_buf *out, struct fb_err *err)
{
    char key[KEY_SIZE];
    snprintf(key, sizeof(key), "m/%s", name);
    return get(store, key, out, err);
}

static const struct fb_store_ops memory_ops = {
    .name = "memory",
    .close = memory_close,
    .begin = memory_begin,
    .commit = memory_commit,
    .rollback = memory_rollback,
    .count = memory_count,
    .append = memory_append,
    .read = memory_read,
    .scan = memory_scan,
    .hashes = memory_hashes,
    .tile_put = memory_tile_put,
    .meta_put = memory_meta_put,
    .meta_get = memory_meta_get,
};

enum fb_code fb_store_open_memory(struct fb_store **out, struct fb_err *err)
{
    FB_ASSERT(out);
    struct memory *memory = fb_calloc(1, sizeof(*memory));
    if (!memory) {
        return no_memory(err);
    }
    memory->store.ops = &memory_ops;
    fb_map_init(&memory->rows);
    *out = &memory->store;
    return FB_OK;
}

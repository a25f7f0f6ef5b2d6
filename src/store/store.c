/* What holds for every store is checked here, once; backends do the rest. */
#include "store/store.h"

#include <inttypes.h>
#include <string.h>

#include "base/assert.h"

void fb_store_close(struct fb_store *store)
{
    if (store) {
        FB_ASSERT(store->ops);
        fb_store_rollback(store);
        store->ops->close(store);
    }
}

enum fb_code fb_store_begin(struct fb_store *store, enum fb_store_mode mode, struct fb_err *err)
{
    FB_ASSERT(store);
    FB_ASSERT(!store->in_transaction);
    if (mode == FB_STORE_WRITE && store->is_read_only) {
        return fb_err_set(err, FB_E_USAGE, "the ledger was opened for reading only");
    }
    enum fb_code code = store->ops->begin(store, mode, err);
    if (code == FB_OK) {
        store->in_transaction = true;
        store->is_writing = mode == FB_STORE_WRITE;
    }
    return code;
}

enum fb_code fb_store_commit(struct fb_store *store, struct fb_err *err)
{
    FB_ASSERT(store);
    FB_ASSERT(store->in_transaction);
    enum fb_code code = store->ops->commit(store, err);
    if (code != FB_OK) {
        store->ops->rollback(store);
    }
    store->in_transaction = false;
    store->is_writing = false;
    return code;
}

void fb_store_rollback(struct fb_store *store)
{
    FB_ASSERT(store);
    if (store->in_transaction) {
        store->ops->rollback(store);
    }
    store->in_transaction = false;
    store->is_writing = false;
}

enum fb_code fb_store_count(struct fb_store *store, uint64_t *out, struct fb_err *err)
{
    FB_ASSERT(store && out);
    return store->ops->count(store, out, err);
}

enum fb_code fb_store_append(
    struct fb_store *store, const struct fb_store_entry *entries, size_t count, struct fb_err *err)
{
    FB_ASSERT(store && (entries || count == 0));
    FB_ASSERT(store->is_writing);
    for (size_t i = 0; i < count; i++) {
        if (entries[i].bytes.len > FB_STORE_ENTRY_MAX) {
            return fb_err_set(err, FB_E_LIMIT, "an entry of %zu bytes is longer than %d",
                entries[i].bytes.len, FB_STORE_ENTRY_MAX);
        }
        if (entries[i].seq != entries[0].seq + i) {
            return fb_err_set(err, FB_E_CORRUPT, "entry %" PRIu64 " does not follow entry %" PRIu64,
                entries[i].seq, entries[0].seq + i - 1);
        }
    }
    return count ? store->ops->append(store, entries, count, err) : FB_OK;
}

enum fb_code fb_store_read(struct fb_store *store, uint64_t seq, struct fb_store_entry *out,
    struct fb_buf *bytes, struct fb_err *err)
{
    FB_ASSERT(store && out);
    if (seq > INT64_MAX) {
        return fb_err_set(err, FB_E_NOT_FOUND, "there is no entry %" PRIu64, seq);
    }
    return store->ops->read(store, seq, out, bytes, err);
}

enum fb_code fb_store_scan(struct fb_store *store, const uint64_t range[2], fb_store_visit visit,
    void *ctx, struct fb_err *err)
{
    FB_ASSERT(store && range && visit);
    uint64_t held[2] = {range[0], range[1] > INT64_MAX ? INT64_MAX : range[1]};
    if (held[0] >= held[1]) {
        return FB_OK;
    }
    return store->ops->scan(store, held, visit, ctx, err);
}

enum fb_code fb_store_hashes(struct fb_store *store, uint32_t level, const uint64_t range[2],
    struct fb_buf *out, struct fb_err *err)
{
    FB_ASSERT(store && range && out && level < 64);
    FB_ASSERT(range[0] <= range[1] && range[1] - range[0] <= FB_STORE_HASHES_MAX);
    FB_ASSERT(range[1] <= INT64_MAX);
    size_t start = out->len;
    size_t wanted = (size_t)(range[1] - range[0]) * FB_STORE_HASH;
    enum fb_code code = store->ops->hashes(store, level, range, out, err);
    if (code == FB_OK) {
        code = fb_buf_check(out, "the hashes", err);
    }
    if (code == FB_OK && out->len - start != wanted) {
        code = fb_err_set(err, FB_E_NOT_FOUND,
            "some of the hashes %" PRIu64 " to %" PRIu64 " of level %" PRIu32 " do not exist",
            range[0], range[1] - 1, level);
    }
    if (code != FB_OK) {
        fb_buf_cut(out, start < out->len ? start : out->len);
    }
    return code;
}

enum fb_code fb_store_tile_put(
    struct fb_store *store, const struct fb_store_tile *tile, struct fb_err *err)
{
    FB_ASSERT(store && tile && store->is_writing);
    FB_ASSERT(tile->level < 64 && tile->index <= INT64_MAX);
    return store->ops->tile_put(store, tile, err);
}

enum fb_code fb_store_meta_put(
    struct fb_store *store, const char *key, struct fb_str value, struct fb_err *err)
{
    FB_ASSERT(store && store->is_writing);
    FB_ASSERT(key && key[0]);
    if (strlen(key) > FB_STORE_KEY_MAX || value.len > FB_STORE_META_MAX) {
        return fb_err_set(err, FB_E_LIMIT, "the value '%.40s' or its name is too long", key);
    }
    return store->ops->meta_put(store, key, value, err);
}

enum fb_code fb_store_meta_get(
    struct fb_store *store, const char *key, struct fb_buf *out, struct fb_err *err)
{
    FB_ASSERT(store && out);
    FB_ASSERT(key && key[0]);
    return store->ops->meta_get(store, key, out, err);
}

enum fb_code fb_store_head_put(struct fb_store *store, struct fb_str value, struct fb_err *err)
{
    FB_ASSERT(store && store->is_writing);
    FB_ASSERT(value.ptr && value.len > 0);
    if (value.len > FB_STORE_META_MAX || !store->ops->head_put) {
        return fb_store_meta_put(store, FB_STORE_HEAD_KEY, value, err);
    }
    return store->ops->head_put(store, value, err);
}

enum fb_code fb_store_head_get(struct fb_store *store, struct fb_buf *out, struct fb_err *err)
{
    FB_ASSERT(store && out);
    return store->ops->head_get ? store->ops->head_get(store, out, err)
                                : fb_store_meta_get(store, FB_STORE_HEAD_KEY, out, err);
}

enum fb_code fb_store_form_is_newer(
    const char *name, int64_t version, int known, struct fb_err *err)
{
    FB_ASSERT(name && version > known);
    fb_err_set(err, FB_E_VERSION,
        "the ledger in '%s' was written by a newer version (form %" PRId64 ", this one knows %d)",
        name, version, known);
    return fb_err_hint(err,
        "Install a newer flyball; the ledger was not changed. When there is none"
        " of that form, it was altered: restore it from a copy.");
}

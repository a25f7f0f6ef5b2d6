#include "ingest/clusters.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "base/assert.h"
#include "ingest/inspect.h"

enum { NAMES_BYTES_MAX = 1 << 30, KEY_MAX = 1 << 20 };

void fb_clusters_init(struct fb_clusters *clusters)
{
    FB_ASSERT(clusters);
    *clusters = (struct fb_clusters){.items = NULL};
    fb_arena_init(&clusters->arena, NAMES_BYTES_MAX);
    fb_map_init(&clusters->names);
    fb_buf_init(&clusters->key, KEY_MAX);
}

void fb_clusters_release(struct fb_clusters *clusters)
{
    FB_ASSERT(clusters);
    fb_free(clusters->items);
    fb_map_release(&clusters->names);
    fb_buf_release(&clusters->key);
    fb_arena_release(&clusters->arena);
}

enum fb_code fb_clusters_add(struct fb_clusters *clusters, struct fb_str name,
    const struct fb_cluster *counts, struct fb_err *err)
{
    FB_ASSERT(clusters && counts && counts->low <= counts->high && counts->high <= counts->samples);
    fb_buf_clear(&clusters->key);
    fb_buf_addf(&clusters->key, "%u:", counts->group);
    fb_buf_add_str(&clusters->key, name);
    enum fb_code code = fb_buf_check(&clusters->key, "the name of a cluster", err);
    if (code != FB_OK) {
        return code;
    }
    uintptr_t found = (uintptr_t)fb_map_get(&clusters->names, fb_buf_str(&clusters->key));
    if (found == 0) {
        void *items = clusters->items;
        if (clusters->count == FB_CLUSTERS_MAX) {
            return fb_err_set(
                err, FB_E_LIMIT, "the file has more than %d clusters of samples", FB_CLUSTERS_MAX);
        }
        if (!fb_inspect_grow(&items, &clusters->cap, clusters->count, sizeof(*clusters->items))) {
            return fb_err_set(err, FB_E_NOMEM, "memory ran out while counting clusters");
        }
        clusters->items = items;
        clusters->items[clusters->count] = (struct fb_cluster){.group = counts->group};
        found = ++clusters->count;
        struct fb_str key; /* a copy, which the map keeps */
        code = fb_arena_str(&clusters->arena, fb_buf_str(&clusters->key), &key, err);
        code = code ? code : fb_map_put(&clusters->names, key, (void *)found, err);
        if (code != FB_OK) {
            return code;
        }
    }
    struct fb_cluster *cluster = &clusters->items[found - 1];
    cluster->samples += counts->samples;
    cluster->low += counts->low;
    cluster->high += counts->high;
    return FB_OK;
}

static int compare(const void *a, const void *b)
{
    const struct fb_cluster *x = a, *y = b;
    if (x->group != y->group) {
        return x->group < y->group ? -1 : 1;
    }
    if (x->samples != y->samples) {
        return x->samples < y->samples ? -1 : 1;
    }
    if (x->low != y->low) {
        return x->low < y->low ? -1 : 1;
    }
    return (x->high > y->high) - (x->high < y->high);
}

void fb_clusters_sort(struct fb_clusters *clusters)
{
    FB_ASSERT(clusters);
    if (clusters->count > 1) {
        qsort(clusters->items, clusters->count, sizeof(*clusters->items), compare);
    }
}

/* Where the clusters of an evaluation begin; count when it has none. */
static size_t first_of(const struct fb_clusters *clusters, uint32_t group)
{
    size_t low = 0, high = clusters->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (clusters->items[middle].group < group) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

static void write_rows(struct fb_json_writer *w, const struct fb_cluster *items, size_t count)
{
    fb_json_key(w, "rows");
    fb_json_open_array(w);
    for (size_t i = 0, end; i < count; i = end) {
        for (end = i; end < count && compare(&items[i], &items[end]) == 0; end++) {
        }
        fb_json_open_array(w);
        fb_json_int(w, (int64_t)(end - i));
        fb_json_int(w, (int64_t)items[i].samples);
        fb_json_int(w, (int64_t)items[i].low);
        fb_json_int(w, (int64_t)items[i].high);
        fb_json_close_array(w);
    }
    fb_json_close_array(w);
}

void fb_clusters_write(
    struct fb_json_writer *w, const struct fb_clusters *clusters, uint32_t group, struct fb_str by)
{
    FB_ASSERT(w && clusters);
    size_t first = first_of(clusters, group), end = first, rows = 0;
    uint64_t largest = 0, samples = 0;
    for (; end < clusters->count && clusters->items[end].group == group; end++) {
        const struct fb_cluster *c = &clusters->items[end];
        rows += end == first || compare(c - 1, c) != 0;
        largest = c->samples > largest ? c->samples : largest;
        samples += c->samples;
    }
    if (samples == 0) {
        return;
    }
    fb_json_key(w, "clusters");
    fb_json_open_object(w);
    if (by.len > 0) {
        fb_json_key_str(w, "by", by);
    }
    if (rows <= FB_CLUSTERS_ROWS_MAX) {
        write_rows(w, &clusters->items[first], end - first);
    } else {
        fb_json_key_int(w, "count", (int64_t)(end - first));
        fb_json_key_int(w, "largest", (int64_t)largest);
    }
    fb_json_close_object(w);
}

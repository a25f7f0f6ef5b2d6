#include "govern/clusters.h"

#include <string.h>

#include "base/assert.h"
#include "govern/compute.h"

#define ARENA_MAX ((size_t)1 << 30)

static double number_of(const struct fb_record *record, const char *field)
{
    const struct fb_json *value = fb_json_get(record->body, field);
    return value && value->kind == FB_JSON_NUMBER ? value->number : 0;
}

/* Puts the names of records of one kind that hold into the map; the latest of a name counts. */
static enum fb_code list_names(struct fb_cluster_list *clusters, const struct fb_registry *registry,
    enum fb_kind kind, struct fb_err *err)
{
    enum fb_code code = FB_OK;
    const char *field = kind == FB_KIND_cluster ? "name" : "cluster";
    for (size_t i = 0; code == FB_OK && i < fb_registry_count(registry); i++) {
        const struct fb_record *record = fb_registry_at(registry, i);
        if (record->kind != kind || fb_registry_successor(registry, record)) {
            continue;
        }
        struct fb_str name = fb_json_get_str(record->body, field);
        struct fb_cluster_compute *known = fb_map_get(&clusters->by_name, name);
        if (!known) {
            known = FB_ARENA_NEW(&clusters->arena, struct fb_cluster_compute);
            if (!known) {
                return fb_arena_failed(&clusters->arena, err);
            }
            known->name = name;
            code = fb_map_put(&clusters->by_name, name, known, err);
        }
        known->record = kind == FB_KIND_cluster ? record : known->record;
    }
    return code;
}

enum fb_code fb_cluster_list_init(struct fb_cluster_list *clusters,
    const struct fb_registry *registry, const struct fb_reconcile_options *options,
    struct fb_err *err)
{
    FB_ASSERT(clusters && registry && options);
    *clusters = (struct fb_cluster_list){0};
    fb_arena_init(&clusters->arena, ARENA_MAX);
    fb_map_init(&clusters->by_name);
    enum fb_code code = list_names(clusters, registry, FB_KIND_cluster, err);
    code = code ? code : list_names(clusters, registry, FB_KIND_usage, err);
    if (code != FB_OK) {
        return code;
    }
    size_t count = clusters->by_name.count;
    clusters->items = FB_ARENA_ARRAY(&clusters->arena, struct fb_cluster_compute, count + 1);
    if (!clusters->items) {
        return fb_arena_failed(&clusters->arena, err);
    }
    for (size_t i = 0; code == FB_OK && i < count; i++) {
        struct fb_cluster_compute *cluster = &clusters->items[i];
        *cluster = *(struct fb_cluster_compute *)clusters->by_name.entries[i].value;
        code = fb_map_put(&clusters->by_name, cluster->name, cluster, err);
        if (cluster->record) {
            cluster->chips = number_of(cluster->record, "chips");
            cluster->power_w = number_of(cluster->record, "power_w");
        }
        struct fb_reconcile_options own = *options;
        own.chips = cluster->chips;
        own.power_w = cluster->power_w;
        own.repeats = true;
        fb_reconcile_init(&cluster->reconcile, &own);
        clusters->count++;
    }
    return code;
}

void fb_cluster_list_release(struct fb_cluster_list *clusters)
{
    for (size_t i = 0; i < clusters->count; i++) {
        fb_reconcile_release(&clusters->items[i].reconcile);
    }
    fb_map_release(&clusters->by_name);
    fb_arena_release(&clusters->arena);
    *clusters = (struct fb_cluster_list){0};
}

struct fb_cluster_compute *fb_cluster_list_find(
    const struct fb_cluster_list *clusters, struct fb_str name)
{
    return fb_map_get(&clusters->by_name, name);
}

static enum fb_code take(void *ctx, const struct fb_job *job, struct fb_err *err)
{
    struct fb_cluster_compute *cluster = fb_cluster_list_find(ctx, job->cluster);
    FB_ASSERT(cluster);
    return fb_reconcile_job(&cluster->reconcile, job, err);
}

enum fb_code fb_cluster_list_compare(
    struct fb_cluster_list *clusters, const struct fb_registry *registry, struct fb_err *err)
{
    FB_ASSERT(clusters && registry);
    enum fb_code code = fb_govern_each_usage(registry, take, clusters, err);
    for (size_t i = 0; code == FB_OK && i < clusters->count; i++) {
        code = fb_reconcile_end(&clusters->items[i].reconcile, err);
    }
    return code;
}

size_t fb_cluster_list_findings(const struct fb_cluster_list *clusters)
{
    size_t findings = 0;
    for (size_t i = 0; i < clusters->count; i++) {
        const struct fb_cluster_compute *cluster = &clusters->items[i];
        findings += cluster->reconcile.finding_count;
        findings += !cluster->record && cluster->reconcile.jobs > 0;
    }
    return findings;
}

#include "evidence/paired.h"

#include <math.h>

#include "base/alloc.h"
#include "base/assert.h"
#include "base/map.h"
#include "ingest/ingest.h"
#include "stats/clustered.h"
#include "stats/paired.h"

/* One value of one sample. */
struct value {
    struct fb_str task, scorer, id, cluster;
    double value;
    bool is_resolved;
};

/* The values of one log, as the readers give them. */
struct log {
    struct fb_arena *arena;
    const char *path;
    struct value *items;
    size_t count, cap;
    struct fb_map places; /* scorer and id to index + 1 */
};

static enum fb_code no_memory(struct fb_err *err)
{
    return fb_err_set(err, FB_E_NOMEM, "memory ran out while comparing logs");
}

/* A key that two different samples never share. */
static struct fb_str key_of(struct fb_arena *arena, const struct value *v)
{
    return fb_arena_printf(arena, "%zu:%zu:%.*s%.*s%.*s", v->task.len, v->scorer.len,
        FB_STR_ARG(v->task), FB_STR_ARG(v->scorer), FB_STR_ARG(v->id));
}

static bool is_of(const struct value *value, const struct value *like)
{
    return fb_str_eq(value->scorer, like->scorer) && fb_str_eq(value->task, like->task);
}

static enum fb_code take(void *ctx, const struct fb_sample_value *given, struct fb_err *err)
{
    struct log *log = ctx;
    if (log->count == log->cap) {
        size_t cap = log->cap ? 2 * log->cap : 256;
        struct value *grown = fb_realloc(log->items, cap * sizeof(*grown));
        if (!grown) {
            return no_memory(err);
        }
        log->items = grown;
        log->cap = cap;
    }
    struct value value = {.value = given->value, .is_resolved = given->is_resolved};
    enum fb_code code = fb_arena_str(log->arena, given->task, &value.task, err);
    code = code ? code : fb_arena_str(log->arena, given->scorer, &value.scorer, err);
    code = code ? code : fb_arena_str(log->arena, given->id, &value.id, err);
    code = code ? code : fb_arena_str(log->arena, given->cluster, &value.cluster, err);
    struct fb_str key = key_of(log->arena, &value);
    if (code == FB_OK && !key.ptr) {
        code = fb_arena_failed(log->arena, err);
    }
    if (code == FB_OK && fb_map_get(&log->places, key)) {
        (void)fb_err_set(err, FB_E_USAGE, "'%s' has sample '%.*s' of '%.*s' twice", log->path,
            FB_STR_ARG(value.id), FB_STR_ARG(value.task));
        return fb_err_hint(err, "Of a file of several models, name one with `--model`.");
    }
    code = code ? code : fb_map_put(&log->places, key, (void *)(uintptr_t)(log->count + 1), err);
    if (code == FB_OK) {
        log->items[log->count++] = value;
    }
    return code;
}

static enum fb_code read_log(
    struct log logs[2], int which, const struct fb_pairs_options *how, struct fb_err *err)
{
    struct log *log = &logs[which];
    struct fb_drafts ignored;
    struct fb_ingest_options options = {
        .cluster = how->cluster, .model = how->model[which], .take_sample = take, .take_ctx = log};
    return fb_ingest_file(log->path, &options, log->arena, &ignored, err);
}

static const struct value *partner_of(
    const struct log *log, struct fb_arena *arena, const struct value *value)
{
    struct fb_str key = key_of(arena, value);
    uintptr_t found = key.ptr ? (uintptr_t)fb_map_get(&log->places, key) : 0;
    return found > 0 ? &log->items[found - 1] : NULL;
}

/* --- The comparison ----------------------------------------------------------------------- */

/* The pairs of one score, and sums over those that are resolved. */
struct pairing {
    double *low, *high; /* of the difference */
    uint32_t *cluster;
    size_t n;
    uint32_t clusters;
    struct fb_map names; /* of clusters, to their number + 1 */
    bool is_joined;      /* some pair has a cluster */
    bool is_unit;        /* all values are from 0 to 1 */
    double resolved, values[2];
};

static void release(struct pairing *pairing)
{
    fb_map_release(&pairing->names);
    fb_free(pairing->low);
    fb_free(pairing->high);
    fb_free(pairing->cluster);
}

static enum fb_code start(struct pairing *pairing, size_t most, struct fb_err *err)
{
    *pairing = (struct pairing){.low = fb_calloc(most, sizeof(double)),
        .high = fb_calloc(most, sizeof(double)),
        .cluster = fb_calloc(most, sizeof(uint32_t)),
        .is_unit = true};
    fb_map_init(&pairing->names);
    return pairing->low && pairing->high && pairing->cluster ? FB_OK : no_memory(err);
}

/* The number of the cluster that a pair is in: the first log's, else the second's, else its own. */
static enum fb_code number_cluster(struct pairing *pairing, const struct value *a,
    const struct value *b, uint32_t *out, struct fb_err *err)
{
    struct fb_str name = a->cluster.len > 0 ? a->cluster : b->cluster;
    uintptr_t known = name.len > 0 ? (uintptr_t)fb_map_get(&pairing->names, name) : 0;
    pairing->is_joined |= name.len > 0;
    if (known > 0) {
        *out = (uint32_t)(known - 1);
        return FB_OK;
    }
    *out = pairing->clusters++;
    return name.len > 0 ? fb_map_put(&pairing->names, name, (void *)((uintptr_t)*out + 1), err)
                        : FB_OK;
}

/* Notes what the values of a pair say of the range and the kind of values. */
static void look_at(struct fb_pairs *out, struct pairing *pairing, const struct value *value)
{
    if (value->is_resolved) {
        out->is_binary = out->is_binary && (value->value == 0 || value->value == 1);
        pairing->is_unit = pairing->is_unit && value->value >= 0 && value->value <= 1;
    }
}

static enum fb_code add_pair(struct fb_pairs *out, struct pairing *pairing, const struct value *a,
    const struct value *b, struct fb_err *err)
{
    size_t at = pairing->n++;
    double least = b->is_resolved ? b->value : 0, most = b->is_resolved ? b->value : 1;
    pairing->low[at] = least - (a->is_resolved ? a->value : 1);
    pairing->high[at] = most - (a->is_resolved ? a->value : 0);
    look_at(out, pairing, a);
    look_at(out, pairing, b);
    out->common++;
    if (!a->is_resolved || !b->is_resolved) {
        out->unresolved++;
    } else {
        bool first = a->value > 0, second = b->value > 0;
        out->both += first && second;
        out->only[0] += first && !second;
        out->only[1] += !first && second;
        out->neither += !first && !second;
        pairing->resolved++;
        pairing->values[0] += a->value;
        pairing->values[1] += b->value;
    }
    return number_cluster(pairing, a, b, &pairing->cluster[at], err);
}

/* McNemar's test and the interval of stats/clustered.h, of the second less the first. */
static enum fb_code exact_interval(struct fb_pairs *out, double confidence, struct fb_err *err)
{
    struct fb_paired pairs = {out->only[1], out->only[0], out->common, out->unresolved};
    struct fb_paired_result result;
    enum fb_code code = fb_paired_compare(&pairs, confidence, &result, err);
    if (code == FB_OK) {
        out->lower = result.low;
        out->upper = result.high;
        out->p_value = result.p_value;
    }
    return code;
}

/* Intervals by clusters, each pair its own where nothing joins them. */
static enum fb_code joined_interval(
    struct fb_pairs *out, struct pairing *pairing, double confidence, struct fb_err *err)
{
    struct fb_paired_differences d = {
        pairing->low, pairing->high, pairing->cluster, pairing->n, pairing->clusters};
    double ends[2] = {-(double)INFINITY, (double)INFINITY};
    enum fb_code code = FB_OK;
    out->p_value = (double)NAN;
    if (!out->is_binary && (pairing->is_unit || out->unresolved == 0)) {
        code = fb_paired_means(&d, confidence, ends, err);
    }
    /* Values that were not seen to vary: their range still bounds them. */
    if (code == FB_OK && pairing->is_unit && (out->is_binary || isinf(ends[0]) || isinf(ends[1]))) {
        code = fb_paired_rates(&d, confidence, ends, err);
    }
    if (code == FB_OK && out->is_binary) {
        code = fb_paired_flips(&d, &out->p_value, err);
    }
    out->lower = pairing->is_unit ? fmax(-1, ends[0]) : ends[0];
    out->upper = pairing->is_unit ? fmin(1, ends[1]) : ends[1];
    return code;
}

/* The means, the difference and its error, over the pairs that are resolved. */
static enum fb_code find_means(
    struct fb_pairs *out, const struct pairing *pairing, struct fb_err *err)
{
    size_t n = 0;
    for (int i = 0; i < 2 && pairing->resolved > 0; i++) {
        out->mean[i] = pairing->values[i] / pairing->resolved;
    }
    double *x = fb_calloc(pairing->n, sizeof(*x));
    uint32_t *cluster = fb_calloc(pairing->n, sizeof(*cluster));
    enum fb_code code = x && cluster ? FB_OK : no_memory(err);
    for (size_t i = 0; code == FB_OK && i < pairing->n; i++) {
        if (pairing->low[i] == pairing->high[i]) {
            x[n] = pairing->low[i];
            cluster[n++] = pairing->cluster[i];
        }
    }
    if (code == FB_OK && n > 0) {
        struct fb_clustered samples = {x, cluster, n, pairing->clusters};
        struct fb_clustered_mean mean;
        code = fb_clustered_find(&samples, &mean, err);
        out->difference = code == FB_OK ? mean.mean : 0;
        out->standard_error = code == FB_OK && mean.filled > 1 ? mean.error : 0;
    }
    fb_free(x);
    fb_free(cluster);
    return code;
}

static enum fb_code find_all(
    struct fb_pairs *out, struct pairing *pairing, double confidence, struct fb_err *err)
{
    out->clusters = pairing->is_joined ? pairing->clusters : 0;
    enum fb_code code = find_means(out, pairing, err);
    if (code != FB_OK || (out->is_binary && !pairing->is_joined)) {
        return code ? code : exact_interval(out, confidence, err);
    }
    return joined_interval(out, pairing, confidence, err);
}

static enum fb_code compare(const struct log logs[2], const struct value *like, double confidence,
    struct fb_pairs *out, struct fb_err *err)
{
    struct pairing pairing;
    *out = (struct fb_pairs){.task = like->task, .scorer = like->scorer, .is_binary = true};
    for (size_t i = 0; i < logs[1].count; i++) {
        out->samples[1] += is_of(&logs[1].items[i], like);
    }
    enum fb_code code = start(&pairing, logs[0].count, err);
    for (size_t i = 0; code == FB_OK && i < logs[0].count; i++) {
        const struct value *a = &logs[0].items[i];
        if (!is_of(a, like)) {
            continue;
        }
        const struct value *b = partner_of(&logs[1], logs[0].arena, a);
        out->samples[0]++;
        code = b ? add_pair(out, &pairing, a, b, err) : FB_OK;
    }
    if (code == FB_OK && out->common > 0) {
        code = find_all(out, &pairing, confidence, err);
    }
    release(&pairing);
    return code;
}

static bool is_listed(const struct fb_pairs_list *list, const struct value *like)
{
    for (size_t i = 0; i < list->count; i++) {
        if (fb_str_eq(list->items[i].scorer, like->scorer) &&
            fb_str_eq(list->items[i].task, like->task)) {
            return true;
        }
    }
    return false;
}

static enum fb_code compare_all(const struct log logs[2], double confidence, struct fb_arena *arena,
    struct fb_pairs_list *out, struct fb_err *err)
{
    enum { SCORES_MAX = 256 };
    struct fb_pairs_list list = {FB_ARENA_ARRAY(arena, struct fb_pairs, SCORES_MAX), 0};
    if (!list.items) {
        return fb_arena_failed(arena, err);
    }
    for (size_t i = 0; i < logs[0].count && list.count < SCORES_MAX; i++) {
        const struct value *like = &logs[0].items[i];
        if (i > 0 && (is_of(like, like - 1) || is_listed(&list, like))) {
            continue;
        }
        enum fb_code code = compare(logs, like, confidence, &list.items[list.count], err);
        if (code != FB_OK) {
            return code;
        }
        list.count += list.items[list.count].common > 0;
    }
    *out = list;
    return FB_OK;
}

enum fb_code fb_paired_read(const char *const paths[2], const struct fb_pairs_options *options,
    struct fb_arena *arena, struct fb_pairs_list *out, struct fb_err *err)
{
    FB_ASSERT(paths && options && arena && out);
    FB_ASSERT(options->confidence > 0 && options->confidence < 1);
    struct log logs[2] = {{.arena = arena, .path = paths[0]}, {.arena = arena, .path = paths[1]}};
    fb_map_init(&logs[0].places);
    fb_map_init(&logs[1].places);
    enum fb_code code = read_log(logs, 0, options, err);
    code = code ? code : read_log(logs, 1, options, err);
    code = code ? code : compare_all(logs, options->confidence, arena, out, err);
    if (code == FB_OK && out->count == 0) {
        fb_err_set(err, FB_E_NOT_FOUND, "'%s' and '%s' share no sample of a task and score",
            paths[0], paths[1]);
        code = fb_err_hint(
            err, "Pairs are made by task, score and sample id: compare logs of one task.");
    }
    for (int i = 0; i < 2; i++) {
        fb_map_release(&logs[i].places);
        fb_free(logs[i].items);
    }
    return code;
}

#define MATHLIB_STANDALONE 1
#include "evidence/paired.h"

#include <Rmath.h>
#include <math.h>

#include "base/alloc.h"
#include "base/assert.h"
#include "base/map.h"
#include "ingest/ingest.h"
#include "stats/clustered.h"

/* One value of one sample. */
struct value {
    struct fb_str task, scorer, id;
    double value;
    bool is_resolved;
};

/* The values of one log, as the readers give them. */
struct log {
    struct fb_arena *arena;
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
    struct fb_str key = key_of(log->arena, &value);
    if (code == FB_OK && !key.ptr) {
        code = fb_arena_failed(log->arena, err);
    }
    code = code ? code : fb_map_put(&log->places, key, (void *)(uintptr_t)(log->count + 1), err);
    if (code == FB_OK) {
        log->items[log->count++] = value;
    }
    return code;
}

static enum fb_code read_log(
    const char *path, struct fb_arena *arena, struct log *out, struct fb_err *err)
{
    struct fb_drafts ignored;
    struct fb_ingest_options options = {.take_sample = take, .take_ctx = out};
    out->arena = arena;
    fb_map_init(&out->places);
    return fb_ingest_file(path, &options, arena, &ignored, err);
}

static const struct value *partner_of(
    const struct log *log, struct fb_arena *arena, const struct value *value)
{
    struct fb_str key = key_of(arena, value);
    uintptr_t found = key.ptr ? (uintptr_t)fb_map_get(&log->places, key) : 0;
    return found > 0 ? &log->items[found - 1] : NULL;
}

/* --- The comparison ----------------------------------------------------------------------- */

/* Sums over the pairs that are resolved. */
struct sums {
    double n, values[2], mean,
        squares; /* mean and squares of the difference, as Welford has them */
};

static void add_pair(
    struct fb_pairs *out, struct sums *sums, const struct value *a, const struct value *b)
{
    out->common++;
    if (!a->is_resolved || !b->is_resolved) {
        out->unresolved++;
        return;
    }
    bool first = a->value > 0, second = b->value > 0;
    out->both += first && second;
    out->only[0] += first && !second;
    out->only[1] += !first && second;
    out->neither += !first && !second;
    out->is_binary =
        out->is_binary && (a->value == 0 || a->value == 1) && (b->value == 0 || b->value == 1);
    double d = b->value - a->value, distance = d - sums->mean;
    sums->n++;
    sums->values[0] += a->value;
    sums->values[1] += b->value;
    sums->mean += distance / sums->n;
    sums->squares += distance * (d - sums->mean);
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

static void approximate_interval(struct fb_pairs *out, double confidence)
{
    double n = (double)(out->common - out->unresolved);
    double t = n > 1 ? qt(1 - (1 - confidence) / 2, n - 1, 1, 0) : (double)INFINITY;
    out->lower = n > 1 ? out->difference - t * out->standard_error : -(double)INFINITY;
    out->upper = n > 1 ? out->difference + t * out->standard_error : (double)INFINITY;
    out->p_value = (double)NAN;
}

static enum fb_code compare(const struct log logs[2], const struct value *like, double confidence,
    struct fb_pairs *out, struct fb_err *err)
{
    struct sums sums = {0};
    *out = (struct fb_pairs){.task = like->task, .scorer = like->scorer, .is_binary = true};
    for (size_t i = 0; i < logs[1].count; i++) {
        out->samples[1] += is_of(&logs[1].items[i], like);
    }
    for (size_t i = 0; i < logs[0].count; i++) {
        const struct value *a = &logs[0].items[i];
        if (!is_of(a, like)) {
            continue;
        }
        const struct value *b = partner_of(&logs[1], logs[0].arena, a);
        out->samples[0]++;
        if (b) {
            add_pair(out, &sums, a, b);
        }
    }
    if (out->common == 0) {
        return FB_OK;
    }
    for (int i = 0; i < 2 && sums.n > 0; i++) {
        out->mean[i] = sums.values[i] / sums.n;
    }
    out->difference = sums.mean;
    out->standard_error = sums.n > 1 ? sqrt(sums.squares / (sums.n - 1) / sums.n) : 0;
    if (out->is_binary) {
        return exact_interval(out, confidence, err);
    }
    approximate_interval(out, confidence);
    return FB_OK;
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

enum fb_code fb_paired_read(const char *const paths[2], double confidence, struct fb_arena *arena,
    struct fb_pairs_list *out, struct fb_err *err)
{
    FB_ASSERT(paths && arena && out && confidence > 0 && confidence < 1);
    struct log logs[2] = {{.arena = arena}, {.arena = arena}};
    enum fb_code code = read_log(paths[0], arena, &logs[0], err);
    code = code ? code : read_log(paths[1], arena, &logs[1], err);
    code = code ? code : compare_all(logs, confidence, arena, out, err);
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

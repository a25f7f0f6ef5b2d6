/*
 * Every metric of an Inspect log's header, computed again from the samples.
 *
 * Definitions are those of Inspect: epochs of a sample are reduced first (mean when nothing else is
 * said), NaN is left out; the metrics themselves are in inspect_measure.c.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/assert.h"
#include "ingest/inspect_measure.h"

#define TOLERANCE 1e-6
#define TOLERANCE_ABSOLUTE 1e-9

enum { METRICS_MAX = 4096 /* metrics of one log, and its scores */ };

/* A score of the header while its metrics are checked. */
struct check {
    struct fb_inspect *log;
    struct fb_inspect_series *series; /* NULL: of the whole object of values */
    const struct fb_json *score;      /* results.scores[i] */
    struct fb_inspect_metric base;
    struct fb_inspect_view primary;
    struct fb_inspect_view other; /* unreduced, where the header does not say which */
    bool has_other;
};

static int compare_u64(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

/* The order of a cell: its sample, then its epoch. */
static uint64_t order_of(const struct fb_inspect *log, const struct fb_inspect_cell *cell)
{
    FB_ASSERT(cell->attempt < log->attempt_count);
    const struct fb_inspect_attempt *attempt = &log->attempts[cell->attempt];
    return (uint64_t)attempt->sample << 32 | attempt->epoch;
}

static int compare_cell(const void *a, const void *b, void *ctx)
{
    uint64_t x = order_of(ctx, a), y = order_of(ctx, b);
    return (x > y) - (x < y);
}

enum fb_code fb_inspect_sort(struct fb_inspect *log, struct fb_err *err)
{
    uint64_t *orders = fb_calloc(log->attempt_count, sizeof(*orders));
    if (!orders) {
        return fb_err_set(err, FB_E_NOMEM, "memory ran out while reading a log");
    }
    for (size_t i = 0; i < log->attempt_count; i++) {
        orders[i] = (uint64_t)log->attempts[i].sample << 32 | log->attempts[i].epoch;
    }
    qsort(orders, log->attempt_count, sizeof(*orders), compare_u64);
    enum fb_code code = FB_OK;
    for (size_t i = 1; i < log->attempt_count && code == FB_OK; i++) {
        if (orders[i] == orders[i - 1]) {
            code = fb_err_set(err, FB_E_DUPLICATE,
                "epoch %u of sample '%.*s' stands twice in the log",
                (unsigned)(orders[i] & UINT32_MAX), FB_STR_ARG(log->samples[orders[i] >> 32].id));
        }
    }
    fb_free(orders);
    for (size_t i = 0; i < log->series_count; i++) {
        struct fb_inspect_series *s = &log->series[i];
        if (s->count > 1) {
            qsort_r(s->cells, s->count, sizeof(*s->cells), compare_cell, log);
        }
    }
    return code;
}

static bool is_same(double stated, const struct fb_inspect_measured *measured, size_t count)
{
    double ours = measured->value;
    if (count == 0 && isnan(stated)) {
        return true; /* some versions write NaN, some 0, for nothing */
    }
    if (isinf(stated) || isinf(ours) || isnan(stated) || isnan(ours)) {
        return stated == ours || (isnan(stated) && isnan(ours));
    }
    double allowed = fmax(TOLERANCE * fmax(fabs(stated), fabs(ours)), TOLERANCE_ABSOLUTE);
    return stated >= measured->low - allowed && stated <= measured->high + allowed;
}

/* Places err at a value of the header's results. */
static enum fb_code place(
    const struct fb_inspect *log, const struct fb_json *value, struct fb_err *err)
{
    struct fb_buf path;
    fb_buf_init(&path, FB_ERR_TEXT_MAX);
    fb_buf_add_c(&path, "$.results");
    struct fb_buf below;
    fb_buf_init(&below, FB_ERR_TEXT_MAX);
    fb_json_value_path(value, &below);
    if (below.len > 1) {
        fb_buf_add_str(&path, fb_str_sub(fb_buf_str(&below), 1, below.len));
    }
    if (path.ptr) {
        fb_err_path(err, path.ptr);
    }
    fb_err_place(
        err, log->header.ptr, value->place.line, value->place.column, (int64_t)value->place.offset);
    fb_buf_release(&below);
    fb_buf_release(&path);
    return err->code;
}

static enum fb_code refuse(const struct check *check, const struct fb_json *metric, double stated,
    double ours, struct fb_err *err)
{
    const struct fb_json *value = fb_json_get(metric, "value");
    struct fb_str name = fb_inspect_metric_name(metric);
    if (check->primary.count == 0) {
        fb_err_set(err, FB_E_MISMATCH,
            "metric '%.*s' of score '%.*s' is stated as %.10g, but the log holds no scored sample "
            "to compute it from",
            FB_STR_ARG(name), FB_STR_ARG(check->base.score), stated);
    } else {
        fb_err_set(err, FB_E_MISMATCH,
            "metric '%.*s' of score '%.*s' is stated as %.10g, but its %zu values give %.10g",
            FB_STR_ARG(name), FB_STR_ARG(check->base.score), stated, check->primary.count, ours);
    }
    fb_err_hint(err,
        check->log->flags[FB_INSPECT_SCORE_EDITS]
            ? "A score was edited: let Inspect compute the metrics again, and add what it writes."
            : "Only a log with all of its samples, as Inspect wrote it, is evidence.");
    return place(check->log, value, err);
}

/* A metric that cannot be computed again is kept as stated, with the reason, and flagged: in its
 * series, or in all of the scorer whose objects it is of. */
static void keep_stated(
    const struct check *check, struct fb_inspect_metric *metric, const char *why)
{
    bool is_noted = false;
    for (size_t i = 0; i < check->log->series_count; i++) {
        struct fb_inspect_series *s = &check->log->series[i];
        bool is_of = check->series ? s == check->series : fb_str_eq(s->scorer, metric->scorer);
        s->flags[FB_INSPECT_NOT_RECOMPUTED] |= is_of;
        is_noted |= is_of;
    }
    check->log->flags[FB_INSPECT_NOT_RECOMPUTED] |= !is_noted;
    metric->why = why;
}

/* True where a list of metrics, as the header defines them, names one that is not Inspect's: with
 * that name, but without its prefix. Lists may hold objects of lists, by the keys of values. */
static bool defines_own(const struct fb_json *list, struct fb_str name, unsigned depth)
{
    static const unsigned depth_max = 4;
    const struct fb_json *d = list && depth < depth_max ? list->child : NULL;
    for (; d; d = d->next) {
        struct fb_str full = d->kind == FB_JSON_OBJECT ? fb_json_get_str(d, "name") : FB_STR("");
        if (full.len == 0 && defines_own(d, name, depth + 1)) {
            return true;
        }
        bool is_inspects = fb_str_starts(full, FB_STR("inspect_ai/"));
        size_t slash = fb_str_find(full, '/', 0);
        struct fb_str last = slash < full.len ? fb_str_sub(full, slash + 1, full.len) : full;
        if (full.len > 0 && !is_inspects && fb_str_eq(last, name)) {
            return true;
        }
    }
    return false;
}

/* True where the scorer has a metric of the task's, or of a package's, that bears this name: what
 * it computes is its own affair. Headers name the metrics of scorers since Inspect 0.3.58. */
static bool is_tasks_own(const struct check *check, const struct fb_json *metric)
{
    const struct fb_json *scorers = fb_json_get(check->log->eval, "scorers");
    struct fb_str group = fb_json_get_str(metric, "group");
    struct fb_str name = group.len > 0 ? group : fb_inspect_metric_name(metric);
    for (const struct fb_json *s = scorers ? scorers->child : NULL; s; s = s->next) {
        if (fb_str_eq(fb_json_get_str(s, "name"), check->base.scorer) &&
            defines_own(fb_json_get(s, "metrics"), name, 0)) {
            return true;
        }
    }
    return false;
}

/* Checks one metric and fills *out. */
static enum fb_code check_metric(const struct check *check, const struct fb_json *metric,
    struct fb_inspect_metric *out, struct fb_err *err)
{
    const struct fb_json *value = fb_json_get(metric, "value");
    if (!value || value->kind != FB_JSON_NUMBER) {
        fb_err_set(err, FB_E_SCHEMA, "a metric needs a value, a number");
        return place(check->log, value ? value : metric, err);
    }
    *out = check->base;
    out->name = metric->key;
    out->stated = value->number;
    struct fb_inspect_measured ours, other = {.why = ""};
    enum fb_code code = fb_inspect_measure(check->log, metric, &check->primary, &ours, err);
    bool is_good = code == FB_OK && !ours.why && is_same(out->stated, &ours, check->primary.count);
    if (code == FB_OK && !is_good && check->has_other) {
        code = fb_inspect_measure(check->log, metric, &check->other, &other, err);
    }
    if (code != FB_OK) {
        return code;
    }
    out->recomputed = ours.value;
    if (is_good) {
        return FB_OK;
    }
    if (!other.why && is_same(out->stated, &other, check->other.count)) {
        out->recomputed = other.value;
        return FB_OK;
    }
    const char *why = ours.why ? ours.why
                      : is_tasks_own(check, metric)
                          ? "the task has a metric of its own by this name"
                      : ours.is_assumed ? "it reads values by a function that only its task has"
                      : check->primary.has_ties
                          ? "epochs have several most frequent values, and their order decides"
                          : NULL;
    if (why) {
        keep_stated(check, out, why);
        return FB_OK;
    }
    return refuse(check, metric, out->stated, out->recomputed, err);
}

/* Finds the series of a score of the header and fills the views over it. */
static enum fb_code fill_check(struct check *check, struct fb_err *err)
{
    struct fb_inspect *log = check->log;
    struct fb_inspect_metric *base = &check->base;
    struct fb_inspect_reducer reducer = fb_inspect_reducer_of(base->reducer);
    struct fb_inspect_reducer single = {FB_INSPECT_REDUCE_NONE, 0};
    bool is_plain = fb_str_eq(base->scorer, base->score);
    struct fb_str key = is_plain ? (struct fb_str){NULL, 0} : base->score;
    check->has_other = base->reducer.len == 0;
    if (is_plain && fb_inspect_has_keys(log, base->scorer)) {
        enum fb_code code = fb_inspect_view_whole(log, base->scorer, reducer, &check->primary, err);
        return code ? code : fb_inspect_view_whole(log, base->scorer, single, &check->other, err);
    }
    enum fb_code code = fb_inspect_series_of(log, base->scorer, key, &check->series, err);
    code = code ? code : fb_inspect_view_fill(log, check->series, reducer, &check->primary, err);
    return code ? code : fb_inspect_view_fill(log, check->series, single, &check->other, err);
}

/* The scores of the results. Version 1 has one scorer, with its metrics beside it. */
static const struct fb_json *first_score(const struct fb_inspect *log)
{
    const struct fb_json *scores = fb_json_get(log->results, "scores");
    const struct fb_json *scorer = fb_json_get(log->results, "scorer");
    bool is_old = !scores && scorer && scorer->kind == FB_JSON_OBJECT;
    return is_old ? scorer : scores ? scores->child : NULL;
}

static const struct fb_json *next_score(const struct fb_inspect *log, const struct fb_json *score)
{
    return fb_json_get(log->results, "scores") ? score->next : NULL;
}

static const struct fb_json *metrics_of(const struct fb_inspect *log, const struct fb_json *score)
{
    bool is_old = !fb_json_get(log->results, "scores");
    return fb_json_get(is_old ? log->results : score, "metrics");
}

static enum fb_code check_score(struct fb_inspect *log, const struct fb_json *score,
    struct fb_inspect_metric *out, size_t *count, struct fb_err *err)
{
    struct check check = {.log = log, .score = score};
    check.base.score = fb_json_get_str(score, "name");
    check.base.scorer = fb_json_get_str(score, "scorer");
    check.base.reducer = fb_json_get_str(score, "reducer");
    if (check.base.score.len == 0) {
        fb_err_set(err, FB_E_SCHEMA, "a score of the results needs a name");
        return place(log, score, err);
    }
    check.base.scorer = check.base.scorer.len > 0 ? check.base.scorer : check.base.score;
    const struct fb_json *metrics = metrics_of(log, score);
    enum fb_code code = fill_check(&check, err);
    for (const struct fb_json *m = metrics ? metrics->child : NULL; m && code == FB_OK;
         m = m->next) {
        code = check_metric(&check, m, &out[*count], err);
        *count += code == FB_OK;
    }
    fb_inspect_view_release(&check.primary);
    fb_inspect_view_release(&check.other);
    return code;
}

enum fb_code fb_inspect_check_metrics(
    struct fb_inspect *log, struct fb_inspect_metric **out, size_t *out_count, struct fb_err *err)
{
    FB_ASSERT(log && out && out_count);
    size_t total = 0, count = 0, scores = 0;
    const struct fb_json *score = first_score(log);
    for (; score; score = next_score(log, score)) {
        const struct fb_json *metrics = metrics_of(log, score);
        total += metrics ? metrics->count : 0;
        scores++;
    }
    if (total > METRICS_MAX || scores > METRICS_MAX) {
        return fb_err_set(
            err, FB_E_LIMIT, "the log has more than %d metrics or scores of them", METRICS_MAX);
    }
    struct fb_inspect_metric *all = FB_ARENA_ARRAY(&log->arena, struct fb_inspect_metric, total);
    if (!all) {
        return fb_arena_failed(&log->arena, err);
    }
    enum fb_code code = FB_OK;
    for (score = first_score(log); score && code == FB_OK; score = next_score(log, score)) {
        code = check_score(log, score, all, &count, err);
    }
    if (code == FB_OK) {
        FB_ASSERT(count == total);
        *out = all;
        *out_count = count;
    }
    return code;
}

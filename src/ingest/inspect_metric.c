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

enum {
    MODE_MAX = 4096,    /* epochs of one sample that a mode is looked for among */
    METRICS_MAX = 4096, /* metrics of one log */
};

/* How the epochs of a sample become one value. */
enum reducing {
    REDUCE_NONE,
    REDUCE_MEAN,
    REDUCE_MEDIAN,
    REDUCE_MODE,
    REDUCE_MAX,
    REDUCE_AT_LEAST,
    REDUCE_PASS_AT,
    REDUCE_PASS_K,
    REDUCE_UNKNOWN
};

struct reducer {
    enum reducing how;
    uint64_t k;
};

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

static int compare_double(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
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

/* Reads "mean", "at_least_2", "pass_at_5", ...; the empty text is the default, mean. */
static struct reducer reducer_of(struct fb_str name)
{
    static const struct {
        const char *name;
        enum reducing how;
    } plain[] = {{"", REDUCE_MEAN}, {"mean", REDUCE_MEAN}, {"median", REDUCE_MEDIAN},
        {"mode", REDUCE_MODE}, {"max", REDUCE_MAX}},
      with_k[] = {
          {"at_least_", REDUCE_AT_LEAST}, {"pass_at_", REDUCE_PASS_AT}, {"pass_k_", REDUCE_PASS_K}};
    for (size_t i = 0; i < sizeof(plain) / sizeof(plain[0]); i++) {
        if (fb_str_is(name, plain[i].name)) {
            return (struct reducer){plain[i].how, 0};
        }
    }
    for (size_t i = 0; i < sizeof(with_k) / sizeof(with_k[0]); i++) {
        struct fb_str prefix = fb_str_of(with_k[i].name);
        uint64_t k = 0;
        if (fb_str_starts(name, prefix) && fb_str_u64(fb_str_sub(name, prefix.len, name.len), &k) &&
            k > 0) {
            return (struct reducer){with_k[i].how, k};
        }
    }
    return (struct reducer){REDUCE_UNKNOWN, 0};
}

/* The most frequent value; of equally frequent ones, which *ties notes, the one that comes first.
 */
static double mode_of(const double *values, size_t n, bool *ties)
{
    size_t best = 0;
    double out = 0;
    bool is_tied = false;
    for (size_t i = 0; i < n; i++) {
        size_t times = 0;
        for (size_t j = 0; j < n; j++) {
            times += values[j] == values[i];
        }
        is_tied = times > best ? false : is_tied || (times == best && values[i] != out);
        out = times > best ? values[i] : out;
        best = times > best ? times : best;
    }
    *ties = *ties || is_tied;
    return out;
}

/* Chance that at least one (pass_at) or each (pass_k) of k draws without replacement succeeds. */
static double pass(enum reducing how, size_t total, size_t correct, uint64_t k)
{
    double product = 1;
    size_t wanted = how == REDUCE_PASS_AT ? total - correct : correct;
    if (wanted < k) {
        return how == REDUCE_PASS_AT ? 1 : 0;
    }
    for (uint64_t i = 0; i < k; i++) {
        product *= (double)(wanted - i) / (double)(total - i);
    }
    return how == REDUCE_PASS_AT ? 1 - product : product;
}

/* Reduces the n > 0 values of one sample, which it may sort. NaN: the sample is left out. */
static double reduce(struct reducer reducer, double *values, size_t n, struct fb_inspect_view *view)
{
    FB_ASSERT(n > 0);
    double sum = 0;
    size_t correct = 0;
    for (size_t i = 0; i < n; i++) {
        sum += values[i];
        correct += values[i] >= 1;
    }
    if (reducer.how == REDUCE_MODE) {
        view->is_known = view->is_known && n <= MODE_MAX;
        n = n <= MODE_MAX ? n : MODE_MAX;
        return mode_of(values, n, &view->has_ties);
    }
    qsort(values, n, sizeof(*values), compare_double);
    switch (reducer.how) {
    case REDUCE_MEDIAN:
        return n % 2 ? values[n / 2] : (values[n / 2 - 1] + values[n / 2]) / 2;
    case REDUCE_MAX:
        return values[n - 1];
    case REDUCE_AT_LEAST:
        return correct >= reducer.k ? 1 : 0;
    case REDUCE_PASS_AT:
    case REDUCE_PASS_K:
        return n < reducer.k ? NAN : pass(reducer.how, n, correct, reducer.k);
    case REDUCE_NONE:
    case REDUCE_MEAN:
    case REDUCE_MODE:
    case REDUCE_UNKNOWN:
        break;
    }
    return sum / (double)n;
}

/* Fills a view of a series, whose cells are sorted. values has room for every cell. */
static void fill_view(const struct fb_inspect *log, const struct fb_inspect_series *series,
    struct reducer reducer, double *values, struct fb_inspect_view *view)
{
    view->count = 0;
    view->is_known = reducer.how != REDUCE_UNKNOWN;
    for (size_t i = 0, n = 0; i < series->count; i++) {
        const struct fb_inspect_cell *cell = &series->cells[i];
        uint32_t sample = log->attempts[cell->attempt].sample;
        if (!cell->is_excluded) {
            values[n++] = cell->value;
        }
        bool is_last = i + 1 == series->count || reducer.how == REDUCE_NONE ||
                       log->attempts[series->cells[i + 1].attempt].sample != sample;
        if (is_last && n > 0) {
            double value = reduce(reducer, values, n, view);
            if (!isnan(value)) {
                view->units[view->count++] = (struct fb_inspect_unit){value, sample};
            }
            n = 0;
        }
    }
    FB_ASSERT(view->count <= series->count);
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
    double larger = fmax(fabs(stated), fabs(ours));
    double allowed = fmax(TOLERANCE * larger, measured->chance * fabs(ours));
    return fabs(stated - ours) <= fmax(allowed, TOLERANCE_ABSOLUTE);
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
    fb_err_hint(err, "Only a log with all of its samples, as Inspect wrote it, is evidence.");
    return place(check->log, value, err);
}

/* Flags the series that a metric is of, or else the log. */
static void flag_unknown(const struct check *check)
{
    bool *flags = check->series ? check->series->flags : check->log->flags;
    flags[FB_INSPECT_NOT_RECOMPUTED] = true;
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
    struct fb_inspect_measured ours, other;
    bool is_known = false;
    enum fb_code code =
        fb_inspect_measure(check->log, metric, &check->primary, &ours, &out->is_known, err);
    if (code != FB_OK) {
        return code;
    }
    out->recomputed = ours.value;
    if (!out->is_known) {
        flag_unknown(check);
        return FB_OK;
    }
    if (is_same(out->stated, &ours, check->primary.count)) {
        return FB_OK;
    }
    if (check->has_other) {
        code = fb_inspect_measure(check->log, metric, &check->other, &other, &is_known, err);
    }
    if (code != FB_OK) {
        return code;
    }
    if (is_known && is_same(out->stated, &other, check->other.count)) {
        out->recomputed = other.value;
        return FB_OK;
    }
    if (check->primary.has_ties) {
        out->is_known = false;
        flag_unknown(check);
        return FB_OK;
    }
    return refuse(check, metric, out->stated, out->recomputed, err);
}

/* True when a scorer's values are objects, so that a plain metric over them means nothing here. */
static bool has_keys(const struct fb_inspect *log, struct fb_str scorer)
{
    for (size_t i = 0; i < log->series_count; i++) {
        if (log->series[i].key.len > 0 && fb_str_eq(log->series[i].scorer, scorer)) {
            return true;
        }
    }
    return false;
}

/* Finds the series of a score of the header and fills the views over it. */
static enum fb_code fill_check(struct check *check, double **values, struct fb_err *err)
{
    struct fb_inspect *log = check->log;
    struct fb_inspect_metric *base = &check->base;
    bool is_plain = fb_str_eq(base->scorer, base->score);
    struct fb_str key = is_plain ? (struct fb_str){NULL, 0} : base->score;
    struct fb_inspect_series *series = NULL;
    if (is_plain && has_keys(log, base->scorer)) {
        return FB_OK;
    }
    enum fb_code code = fb_inspect_series_of(log, base->scorer, key, &series, err);
    if (code != FB_OK) {
        return code;
    }
    *values = fb_calloc(series->count, sizeof(**values));
    check->primary.units = fb_calloc(series->count, sizeof(*check->primary.units));
    check->other.units = fb_calloc(series->count, sizeof(*check->other.units));
    if (!*values || !check->primary.units || !check->other.units) {
        return fb_err_set(err, FB_E_NOMEM, "memory ran out while checking metrics");
    }
    check->series = series;
    check->primary.series = series;
    check->other.series = series;
    fill_view(log, series, reducer_of(base->reducer), *values, &check->primary);
    check->has_other = base->reducer.len == 0;
    fill_view(log, series, (struct reducer){REDUCE_NONE, 0}, *values, &check->other);
    return FB_OK;
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
    double *values = NULL;
    enum fb_code code = fill_check(&check, &values, err);
    const struct fb_json *metrics = metrics_of(log, score);
    for (const struct fb_json *m = metrics ? metrics->child : NULL; m && code == FB_OK;
         m = m->next) {
        code = check_metric(&check, m, &out[*count], err);
        *count += code == FB_OK;
    }
    fb_free(values);
    fb_free(check.primary.units);
    fb_free(check.other.units);
    return code;
}

enum fb_code fb_inspect_check_metrics(
    struct fb_inspect *log, struct fb_inspect_metric **out, size_t *out_count, struct fb_err *err)
{
    FB_ASSERT(log && out && out_count);
    size_t total = 0, count = 0;
    const struct fb_json *score = first_score(log);
    for (; score; score = next_score(log, score)) {
        const struct fb_json *metrics = metrics_of(log, score);
        total += metrics ? metrics->count : 0;
    }
    if (total > METRICS_MAX) {
        return fb_err_set(err, FB_E_LIMIT, "the log has more than %d metrics", METRICS_MAX);
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

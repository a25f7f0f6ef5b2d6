/* The values that a metric of an Inspect log is taken over: epochs reduced, NaN left out. */
#include <math.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "base/assert.h"
#include "ingest/inspect_measure.h"

enum { MODE_MAX = 256 /* epochs of one sample that a mode is looked for among */ };

static int compare_double(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

struct fb_inspect_reducer fb_inspect_reducer_of(struct fb_str name)
{
    static const struct {
        const char *name;
        enum fb_inspect_reducing how;
    } plain[] = {{"", FB_INSPECT_REDUCE_MEAN}, {"mean", FB_INSPECT_REDUCE_MEAN},
        {"median", FB_INSPECT_REDUCE_MEDIAN}, {"mode", FB_INSPECT_REDUCE_MODE},
        {"max", FB_INSPECT_REDUCE_MAX}, {"collect", FB_INSPECT_REDUCE_LIST}},
      with_k[] = {{"at_least_", FB_INSPECT_REDUCE_AT_LEAST},
          {"pass_at_", FB_INSPECT_REDUCE_PASS_AT}, {"pass_k_", FB_INSPECT_REDUCE_PASS_K}};
    for (size_t i = 0; i < sizeof(plain) / sizeof(plain[0]); i++) {
        if (fb_str_is(name, plain[i].name)) {
            return (struct fb_inspect_reducer){plain[i].how, 0};
        }
    }
    for (size_t i = 0; i < sizeof(with_k) / sizeof(with_k[0]); i++) {
        struct fb_str prefix = fb_str_of(with_k[i].name);
        uint64_t k = 0;
        if (fb_str_starts(name, prefix) && fb_str_u64(fb_str_sub(name, prefix.len, name.len), &k) &&
            k > 0) {
            return (struct fb_inspect_reducer){with_k[i].how, k};
        }
    }
    return (struct fb_inspect_reducer){FB_INSPECT_REDUCE_UNKNOWN, 0};
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
static double pass(enum fb_inspect_reducing how, size_t total, size_t correct, uint64_t k)
{
    double product = 1;
    size_t wanted = how == FB_INSPECT_REDUCE_PASS_AT ? total - correct : correct;
    if (wanted < k) {
        return how == FB_INSPECT_REDUCE_PASS_AT ? 1 : 0;
    }
    for (uint64_t i = 0; i < k; i++) {
        product *= (double)(wanted - i) / (double)(total - i);
    }
    return how == FB_INSPECT_REDUCE_PASS_AT ? 1 - product : product;
}

/* Reduces the n > 0 values of one sample, which it may sort. NaN: the sample is left out. */
static double reduce(
    struct fb_inspect_reducer reducer, double *values, size_t n, struct fb_inspect_view *view)
{
    FB_ASSERT(n > 0);
    double sum = 0;
    size_t correct = 0;
    for (size_t i = 0; i < n; i++) {
        sum += values[i];
        correct += values[i] >= 1;
    }
    if (reducer.how == FB_INSPECT_REDUCE_MODE) {
        view->is_known = view->is_known && n <= MODE_MAX;
        n = n <= MODE_MAX ? n : MODE_MAX;
        return mode_of(values, n, &view->has_ties);
    }
    qsort(values, n, sizeof(*values), compare_double);
    switch (reducer.how) {
    case FB_INSPECT_REDUCE_MEDIAN:
        return n % 2 ? values[n / 2] : (values[n / 2 - 1] + values[n / 2]) / 2;
    case FB_INSPECT_REDUCE_MAX:
        return values[n - 1];
    case FB_INSPECT_REDUCE_AT_LEAST:
        return correct >= reducer.k ? 1 : 0;
    case FB_INSPECT_REDUCE_PASS_AT:
    case FB_INSPECT_REDUCE_PASS_K:
        return n < reducer.k ? NAN : pass(reducer.how, n, correct, reducer.k);
    case FB_INSPECT_REDUCE_LIST:
        return 0;
    case FB_INSPECT_REDUCE_NONE:
    case FB_INSPECT_REDUCE_MEAN:
    case FB_INSPECT_REDUCE_MODE:
    case FB_INSPECT_REDUCE_UNKNOWN:
        break;
    }
    return sum / (double)n;
}

static enum fb_code no_memory(struct fb_err *err)
{
    return fb_err_set(err, FB_E_NOMEM, "memory ran out while checking metrics");
}

enum fb_code fb_inspect_view_fill(const struct fb_inspect *log,
    const struct fb_inspect_series *series, struct fb_inspect_reducer reducer,
    struct fb_inspect_view *view, struct fb_err *err)
{
    FB_ASSERT(log && series && view);
    *view = (struct fb_inspect_view){.is_known = reducer.how != FB_INSPECT_REDUCE_UNKNOWN,
        .is_whole = reducer.how == FB_INSPECT_REDUCE_LIST,
        .scorer = series->scorer,
        .reducer = reducer,
        .series = series,
        .units = fb_calloc(series->count, sizeof(*view->units))};
    double *values = fb_calloc(series->count, sizeof(*values));
    if (!values || !view->units) {
        fb_free(values);
        return no_memory(err);
    }
    uint32_t first = 0;
    for (size_t i = 0, n = 0, seen = 0; i < series->count; i++) {
        const struct fb_inspect_cell *cell = &series->cells[i];
        uint32_t sample = log->attempts[cell->attempt].sample;
        first = seen++ == 0 ? cell->attempt : first;
        if (!cell->is_excluded) {
            values[n++] = cell->value;
        }
        bool is_last = i + 1 == series->count || reducer.how == FB_INSPECT_REDUCE_NONE ||
                       log->attempts[series->cells[i + 1].attempt].sample != sample;
        if (is_last && n > 0) {
            double value = reduce(reducer, values, n, view);
            if (!isnan(value)) {
                view->units[view->count++] = (struct fb_inspect_unit){value, sample, first};
            }
        }
        n = is_last ? 0 : n;
        seen = is_last ? 0 : seen;
    }
    FB_ASSERT(view->count <= series->count);
    fb_free(values);
    return FB_OK;
}

bool fb_inspect_has_keys(const struct fb_inspect *log, struct fb_str scorer)
{
    for (size_t i = 0; i < log->series_count; i++) {
        const struct fb_inspect_series *series = &log->series[i];
        bool is_whole = series->key.len > 0;
        for (size_t j = 0; j < series->count && !is_whole; j++) {
            is_whole = series->cells[j].is_empty;
        }
        if (is_whole && fb_str_eq(series->scorer, scorer)) {
            return true;
        }
    }
    return false;
}

/* What is known of a sample, or unreduced of an attempt, while objects are looked for. */
struct place {
    uint32_t attempt; /* of its first epoch, plus 1; 0: none */
    bool is_whole;
};

enum fb_code fb_inspect_view_whole(const struct fb_inspect *log, struct fb_str scorer,
    struct fb_inspect_reducer reducer, struct fb_inspect_view *view, struct fb_err *err)
{
    FB_ASSERT(log && view);
    bool is_single = reducer.how == FB_INSPECT_REDUCE_NONE;
    size_t count = is_single ? log->attempt_count : log->sample_count;
    *view = (struct fb_inspect_view){.is_known = reducer.how != FB_INSPECT_REDUCE_UNKNOWN,
        .is_whole = true,
        .scorer = scorer,
        .reducer = reducer,
        .units = fb_calloc(count, sizeof(*view->units))};
    struct place *places = fb_calloc(count, sizeof(*places));
    if (!view->units || !places) {
        fb_free(places);
        return no_memory(err);
    }
    for (size_t s = 0; s < log->series_count; s++) {
        const struct fb_inspect_series *series = &log->series[s];
        for (size_t i = 0; fb_str_eq(series->scorer, scorer) && i < series->count; i++) {
            uint32_t attempt = series->cells[i].attempt;
            struct place *place = &places[is_single ? attempt : log->attempts[attempt].sample];
            if (place->attempt == 0 ||
                log->attempts[attempt].epoch < log->attempts[place->attempt - 1].epoch) {
                place->attempt = attempt + 1;
            }
            place->is_whole |= series->key.len > 0 || series->cells[i].is_empty;
        }
    }
    for (size_t i = 0; i < count; i++) {
        if (places[i].is_whole) {
            uint32_t attempt = places[i].attempt - 1;
            view->units[view->count++] =
                (struct fb_inspect_unit){0, log->attempts[attempt].sample, attempt};
        }
    }
    fb_free(places);
    return FB_OK;
}

void fb_inspect_view_release(struct fb_inspect_view *view)
{
    FB_ASSERT(view);
    fb_free(view->units);
    *view = (struct fb_inspect_view){0};
}

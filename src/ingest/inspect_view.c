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
        {"majority", FB_INSPECT_REDUCE_MAJORITY}, {"max", FB_INSPECT_REDUCE_MAX},
        {"collect", FB_INSPECT_REDUCE_LIST}},
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

/* The values of one sample that are counted as they stand: the words I and N are two, though both
 * are 0. */
struct votes {
    const struct fb_inspect_cell *cells[MODE_MAX];
    size_t count;
    size_t total; /* epochs, with those that gave no value */
};

static bool is_alike(const struct fb_inspect_cell *a, const struct fb_inspect_cell *b)
{
    return a->is_text == b->is_text && (a->is_text ? a->word == b->word : a->value == b->value);
}

/* The most frequent value; of equally frequent ones, which view->has_ties notes, the one that comes
 * first. A majority is that of more than half of the epochs; NaN: there is none. */
static double count_votes(
    enum fb_inspect_reducing how, const struct votes *votes, struct fb_inspect_view *view)
{
    size_t most = 0;
    const struct fb_inspect_cell *best = NULL;
    bool is_tied = false;
    for (size_t i = 0; i < votes->count; i++) {
        size_t times = 0;
        for (size_t j = 0; j < votes->count; j++) {
            times += is_alike(votes->cells[i], votes->cells[j]);
        }
        is_tied =
            times > most ? false : is_tied || (times == most && !is_alike(votes->cells[i], best));
        best = times > most ? votes->cells[i] : best;
        most = times > most ? times : most;
    }
    if (how == FB_INSPECT_REDUCE_MAJORITY) {
        return best && 2 * most > votes->total ? best->value : (double)NAN;
    }
    view->has_ties = view->has_ties || is_tied;
    return best ? best->value : (double)NAN;
}

/* Takes a value among those that are counted. Words that were too many to be kept are none. */
static void add_vote(
    struct votes *votes, const struct fb_inspect_cell *cell, struct fb_inspect_view *view)
{
    bool is_lost = cell->is_text && !view->series->words_known;
    votes->total++;
    if (cell->is_excluded || cell->is_null) {
        return;
    }
    if (is_lost || votes->count == MODE_MAX) {
        view->is_known = false;
        return;
    }
    votes->cells[votes->count++] = cell;
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
static double reduce(struct fb_inspect_reducer reducer, double *values, size_t n)
{
    FB_ASSERT(n > 0);
    double sum = 0;
    size_t correct = 0;
    for (size_t i = 0; i < n; i++) {
        sum += values[i];
        correct += values[i] >= 1;
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
    case FB_INSPECT_REDUCE_MAJORITY:
    case FB_INSPECT_REDUCE_UNKNOWN:
        break;
    }
    return sum / (double)n;
}

static enum fb_code no_memory(struct fb_err *err)
{
    return fb_err_set(err, FB_E_NOMEM, "memory ran out while checking metrics");
}

/* How often a scorer whose values are objects gave NaN in place of one: of each sample, in the
 * order of samples. */
struct roots {
    const struct fb_inspect *log;
    const struct fb_inspect_series *series; /* NULL: it has none */
    size_t at;
};

static struct roots roots_of(const struct fb_inspect *log, const struct fb_inspect_series *series)
{
    struct roots roots = {.log = log};
    for (size_t i = 0; i < log->series_count && series->key.len > 0; i++) {
        if (log->series[i].key.len == 0 && fb_str_eq(log->series[i].scorer, series->scorer)) {
            roots.series = &log->series[i];
        }
    }
    return roots;
}

static size_t next_roots(struct roots *roots, uint32_t sample)
{
    size_t found = 0;
    for (; roots->series && roots->at < roots->series->count; roots->at++) {
        uint32_t of = roots->log->attempts[roots->series->cells[roots->at].attempt].sample;
        if (of > sample) {
            break;
        }
        found += of == sample;
    }
    return found;
}

/* Reduces each sample of a series to one unit; values has room for all. */
static void fill_units(const struct fb_inspect *log, const struct fb_inspect_series *series,
    struct fb_inspect_view *view, double *values)
{
    enum fb_inspect_reducing how = view->reducer.how;
    bool counts = how == FB_INSPECT_REDUCE_MODE || how == FB_INSPECT_REDUCE_MAJORITY;
    struct roots roots = roots_of(log, series);
    struct votes votes = {.count = 0};
    uint32_t first = 0;
    for (size_t i = 0, n = 0, seen = 0; i < series->count; i++) {
        const struct fb_inspect_cell *cell = &series->cells[i];
        uint32_t sample = log->attempts[cell->attempt].sample;
        first = seen++ == 0 ? cell->attempt : first;
        if (counts) {
            add_vote(&votes, cell, view);
        }
        if (!cell->is_excluded) {
            values[n++] = cell->value;
        }
        bool is_last = i + 1 == series->count || how == FB_INSPECT_REDUCE_NONE ||
                       log->attempts[series->cells[i + 1].attempt].sample != sample;
        if (!is_last) {
            continue;
        }
        votes.total += counts ? next_roots(&roots, sample) : 0;
        double value = counts  ? count_votes(how, &votes, view)
                       : n > 0 ? reduce(view->reducer, values, n)
                               : (double)NAN;
        if (!isnan(value)) {
            view->units[view->count++] = (struct fb_inspect_unit){value, sample, first};
        }
        n = seen = votes.count = votes.total = 0;
    }
    FB_ASSERT(view->count <= series->count);
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
    fill_units(log, series, view, values);
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

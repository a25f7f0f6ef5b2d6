/* Metrics of Inspect over more than one number a sample: fields of objects, lists of ratings,
 * log likelihoods. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "base/assert.h"
#include "ingest/inspect_measuring.h"
#include "stats/agreement.h"

static bool no_memory(struct fb_inspect_measuring *m)
{
    m->code = fb_err_set(m->err, FB_E_NOMEM, "memory ran out while checking metrics");
    return false;
}

/* What a unit is of: its sample, or unreduced its attempt. */
static uint32_t place_of(const struct fb_inspect_view *view, const struct fb_inspect_unit *unit)
{
    return view->reducer.how == FB_INSPECT_REDUCE_NONE ? unit->attempt : unit->sample;
}

static size_t places_of(const struct fb_inspect *log, const struct fb_inspect_view *view)
{
    return view->reducer.how == FB_INSPECT_REDUCE_NONE ? log->attempt_count : log->sample_count;
}

/* A reducer that takes values as they are, so that words and null stay what they are. */
static bool keeps_values(struct fb_inspect_reducer reducer)
{
    return reducer.how == FB_INSPECT_REDUCE_NONE || reducer.how == FB_INSPECT_REDUCE_MODE ||
           reducer.how == FB_INSPECT_REDUCE_MAJORITY || reducer.how == FB_INSPECT_REDUCE_MAX ||
           reducer.how == FB_INSPECT_REDUCE_LIST;
}

/* --- One field of objects ----------------------------------------------------------------- */

/* What is known of the field in a sample. */
enum field { FIELD_ELSEWHERE, FIELD_MISSING, FIELD_UNSCORED, FIELD_THERE };

static const struct fb_inspect_series *find_series(
    const struct fb_inspect *log, struct fb_str scorer, struct fb_str key)
{
    for (size_t i = 0; i < log->series_count; i++) {
        if (fb_str_eq(log->series[i].scorer, scorer) && fb_str_eq(log->series[i].key, key)) {
            return &log->series[i];
        }
    }
    return NULL;
}

/* Marks what the samples of the view have, and leaves in `inner` those that have a value. False:
 * null stands in a place where it is not known what Inspect made of it. */
static bool mark_fields(struct fb_inspect_measuring *m, uint8_t *fields,
    struct fb_inspect_view *inner, const struct fb_inspect_series *series)
{
    const struct fb_inspect_view *outer = m->view;
    bool is_single = outer->reducer.how == FB_INSPECT_REDUCE_NONE;
    for (size_t i = 0; i < outer->count; i++) {
        fields[place_of(outer, &outer->units[i])] = FIELD_MISSING;
    }
    for (size_t i = 0; series && i < series->count; i++) {
        const struct fb_inspect_cell *cell = &series->cells[i];
        uint8_t *field =
            &fields[is_single ? cell->attempt : m->log->attempts[cell->attempt].sample];
        if (*field == FIELD_ELSEWHERE) {
            continue;
        }
        if (cell->is_null && !is_single && keeps_values(outer->reducer)) {
            return fb_inspect_unknown(m, "a field is null, which its reducer keeps");
        }
        bool is_null = cell->is_null && is_single;
        *field = is_null ? FIELD_MISSING : *field == FIELD_MISSING ? FIELD_UNSCORED : *field;
    }
    size_t kept = 0;
    for (size_t i = 0; i < inner->count; i++) {
        uint8_t *field = &fields[place_of(outer, &inner->units[i])];
        if (*field == FIELD_UNSCORED) {
            *field = FIELD_THERE;
            inner->units[kept++] = inner->units[i];
        }
    }
    inner->count = kept;
    return true;
}

/* Adds 0 for every sample that lacks the field. */
static bool add_zeros(
    struct fb_inspect_measuring *m, const uint8_t *fields, struct fb_inspect_view *inner)
{
    struct fb_inspect_unit *units =
        fb_realloc(inner->units, (inner->count + m->view->count + 1) * sizeof(*units));
    if (!units) {
        return no_memory(m);
    }
    inner->units = units;
    for (size_t i = 0; i < m->view->count; i++) {
        if (fields[place_of(m->view, &m->view->units[i])] == FIELD_MISSING) {
            inner->units[inner->count] = m->view->units[i];
            inner->units[inner->count++].value = 0;
        }
    }
    return true;
}

/* Leaves in `inner` what the metric within is taken over. */
static bool take_field(struct fb_inspect_measuring *m, const struct fb_inspect_spec *spec,
    const struct fb_inspect_series *series, struct fb_inspect_view *inner)
{
    const struct fb_json *missing = fb_inspect_param(spec, "on_missing");
    bool is_zero = missing && fb_str_is(missing->text, "zero");
    bool is_strict = !missing || fb_str_is(missing->text, "error");
    uint8_t *fields = fb_calloc(places_of(m->log, m->view) + 1, 1);
    if (!fields) {
        return no_memory(m);
    }
    bool is_good = mark_fields(m, fields, inner, series);
    for (size_t i = 0; is_good && is_strict && i < m->view->count; i++) {
        is_good = fields[place_of(m->view, &m->view->units[i])] != FIELD_MISSING ||
                  fb_inspect_unknown(m, "a sample lacks its field, at which Inspect stops");
    }
    is_good = is_good && (!is_zero || add_zeros(m, fields, inner));
    fb_free(fields);
    return is_good;
}

bool fb_inspect_measure_aggregate(struct fb_inspect_measuring *m,
    const struct fb_inspect_spec *spec, struct fb_inspect_measured *out)
{
    static const char *const known[] = {"key", "agg", "on_missing", NULL};
    const struct fb_json *key = fb_inspect_param(spec, "key");
    const struct fb_json *agg = fb_inspect_param(spec, "agg");
    if (!fb_inspect_has_only(m, spec, known)) {
        return false;
    }
    if (!key || key->kind != FB_JSON_STRING || !agg || agg->kind != FB_JSON_OBJECT) {
        return fb_inspect_unknown(m, "its field or the metric of it is not stated");
    }
    if (!m->view->is_whole && m->view->count > 0) {
        return fb_inspect_unknown(m, "it is of objects, and values are none");
    }
    struct fb_inspect_spec inner_spec = {.name = fb_inspect_metric_name(agg),
        .entry = spec->entry,
        .params = fb_json_get(agg, "params")};
    const struct fb_inspect_series *series = find_series(m->log, m->view->scorer, key->text);
    struct fb_inspect_view inner = {.is_known = true, .reducer = m->view->reducer};
    bool is_good = true;
    if (series) {
        m->code = fb_inspect_view_fill(m->log, series, m->view->reducer, &inner, m->err);
        inner.series = NULL; /* its words are those of all samples */
        is_good = m->code == FB_OK;
    }
    is_good = is_good && take_field(m, spec, series, &inner);
    if (is_good && inner.count == 0) {
        out->value = (double)NAN;
    } else if (is_good) {
        is_good = fb_inspect_measure_inner(m, &inner_spec, &inner, out);
    }
    fb_inspect_view_release(&inner);
    return is_good;
}

/* --- Agreement ---------------------------------------------------------------------------- */

/* One rating of an item: a number, or a word. */
struct rating {
    uint32_t item;
    struct fb_str word; /* ptr NULL: a number */
    double number;
};

struct ratings {
    struct rating *items;
    size_t count, cap;
    const uint8_t *wanted; /* by place: 1 for samples of the view */
    bool has_words;
};

static bool add_rating(struct fb_inspect_measuring *m, struct ratings *r, struct rating rating)
{
    if (!r->wanted[rating.item]) {
        return true;
    }
    if (r->count == FB_AGREEMENT_MAX) {
        return fb_inspect_unknown(m, "its ratings are too many");
    }
    if (!isfinite(rating.number)) {
        return fb_inspect_unknown(m, "a rating is not finite");
    }
    void *items = r->items;
    if (!fb_inspect_grow(&items, &r->cap, r->count, sizeof(rating))) {
        return no_memory(m);
    }
    r->items = items;
    r->items[r->count++] = rating;
    r->has_words |= rating.word.ptr != NULL;
    return true;
}

/* Ratings as they were given. */
static bool add_raw(
    struct fb_inspect_measuring *m, struct ratings *r, const struct fb_inspect_series *series)
{
    bool is_single = m->view->reducer.how == FB_INSPECT_REDUCE_NONE;
    bool is_list = m->view->reducer.how == FB_INSPECT_REDUCE_LIST;
    for (size_t i = 0; i < series->count; i++) {
        const struct fb_inspect_cell *cell = &series->cells[i];
        if (cell->is_excluded && is_list) {
            continue;
        }
        if (cell->is_excluded || cell->is_null || cell->is_empty) {
            return fb_inspect_unknown(m, "a rating is no number and no word");
        }
        if (cell->is_text && !series->words_known) {
            return fb_inspect_unknown(m, "its ratings are more different words than 32");
        }
        struct rating rating = {
            .item = is_single ? cell->attempt : m->log->attempts[cell->attempt].sample,
            .word = cell->is_text ? series->words[cell->word].word : (struct fb_str){NULL, 0},
            .number = cell->value};
        if (!add_rating(m, r, rating)) {
            return false;
        }
    }
    return true;
}

/* Ratings of one judge, whose epochs were reduced. */
static bool add_reduced(
    struct fb_inspect_measuring *m, struct ratings *r, const struct fb_inspect_series *series)
{
    size_t samples = 0;
    struct fb_inspect_view view;
    m->code = fb_inspect_view_fill(m->log, series, m->view->reducer, &view, m->err);
    bool is_good = m->code == FB_OK;
    for (size_t i = 0; is_good && i < series->count; i++) {
        const struct fb_inspect_cell *cell = &series->cells[i];
        samples += i == 0 || m->log->attempts[cell->attempt].sample !=
                                 m->log->attempts[series->cells[i - 1].attempt].sample;
        if (keeps_values(m->view->reducer) && (cell->is_text || cell->is_null)) {
            is_good = fb_inspect_unknown(m, "a rating is a word, which its reducer keeps");
        }
    }
    if (is_good && view.count != samples) {
        is_good = fb_inspect_unknown(m, "a rating is no number and no word");
    }
    for (size_t i = 0; is_good && i < view.count; i++) {
        is_good = add_rating(
            m, r, (struct rating){.item = view.units[i].sample, .number = view.units[i].value});
    }
    fb_inspect_view_release(&view);
    return is_good;
}

/* True for the key of an element of a list, "[3]". */
static bool is_element(struct fb_str key)
{
    uint64_t index = 0;
    return key.len > 2 && key.ptr[0] == '[' && key.ptr[key.len - 1] == ']' &&
           fb_str_u64(fb_str_sub(key, 1, key.len - 2), &index);
}

static bool collect_ratings(struct fb_inspect_measuring *m, struct ratings *r)
{
    enum fb_inspect_reducing how = m->view->reducer.how;
    for (size_t i = 0; i < m->log->series_count; i++) {
        const struct fb_inspect_series *series = &m->log->series[i];
        bool is_plain = series->key.len == 0;
        bool is_list = how == FB_INSPECT_REDUCE_LIST;
        if (!fb_str_eq(series->scorer, m->view->scorer) ||
            !(is_list ? is_plain : is_element(series->key))) {
            continue;
        }
        bool is_raw = is_list || how == FB_INSPECT_REDUCE_NONE;
        if (is_raw ? !add_raw(m, r, series) : !add_reduced(m, r, series)) {
            return false;
        }
    }
    return true;
}

static int compare_rating(const void *a, const void *b)
{
    const struct rating *x = a, *y = b;
    if (!x->word.ptr || !y->word.ptr) {
        bool is_mixed = (x->word.ptr != NULL) != (y->word.ptr != NULL);
        return is_mixed ? (x->word.ptr ? 1 : -1)
                        : (x->number > y->number) - (x->number < y->number);
    }
    return fb_str_cmp(x->word, y->word);
}

/* Numbers the different ratings, of which words are no numbers. */
static void number_words(struct ratings *r)
{
    double next = 0;
    qsort(r->items, r->count, sizeof(*r->items), compare_rating);
    for (size_t i = 0, end; i < r->count; i = end) {
        for (end = i + 1; end < r->count && compare_rating(&r->items[i], &r->items[end]) == 0;
             end++) {
        }
        next += 1;
        for (size_t j = i + 1; j < end; j++) {
            r->items[j].number = next;
            r->items[j].word = (struct fb_str){NULL, 0};
        }
        r->items[i].number = next;
        r->items[i].word = (struct fb_str){NULL, 0};
    }
}

static bool alpha_of(struct fb_inspect_measuring *m, const struct ratings *r,
    enum fb_agreement_scale scale, struct fb_inspect_measured *out)
{
    double *values = fb_calloc(r->count, sizeof(*values));
    uint32_t *items = fb_calloc(r->count, sizeof(*items));
    struct fb_err err;
    fb_err_init(&err);
    struct fb_agreement_result result = {0};
    enum fb_code code = FB_E_NOMEM;
    if (values && items) {
        for (size_t i = 0; i < r->count; i++) {
            values[i] = r->items[i].number;
            items[i] = r->items[i].item;
        }
        struct fb_agreement judgements = {.value = values,
            .item = items,
            .count = r->count,
            .items = (uint32_t)places_of(m->log, m->view),
            .scale = scale,
            .confidence = 0.95};
        code = fb_agreement_find(&judgements, &result, &err);
    }
    fb_free(values);
    fb_free(items);
    if (code != FB_OK && code != FB_E_RANGE) {
        return no_memory(m);
    }
    /* Nothing was judged twice: NaN. All judgements alike: 1 by Inspect's convention. */
    out->value = code != FB_OK ? (double)NAN : isnan(result.alpha) ? 1 : result.alpha;
    return true;
}

bool fb_inspect_measure_alpha(struct fb_inspect_measuring *m, const struct fb_inspect_spec *spec,
    struct fb_inspect_measured *out)
{
    static const char *const known[] = {"level", NULL};
    const struct fb_json *level = fb_inspect_param(spec, "level");
    bool is_nominal = !level || fb_str_is(level->text, "nominal");
    bool is_ordinal = level && fb_str_is(level->text, "ordinal");
    if (!fb_inspect_has_only(m, spec, known)) {
        return false;
    }
    m->is_assumed &= !is_nominal; /* nothing turns categories into numbers */
    if (!is_nominal && !is_ordinal && !fb_str_is(level->text, "interval")) {
        return fb_inspect_unknown(m, "its level is not known here");
    }
    out->value = (double)NAN;
    if (!m->view->is_whole) {
        return true;
    }
    uint8_t *wanted = fb_calloc(places_of(m->log, m->view) + 1, 1);
    struct ratings r = {.wanted = wanted};
    if (!wanted) {
        return no_memory(m);
    }
    for (size_t i = 0; i < m->view->count; i++) {
        wanted[place_of(m->view, &m->view->units[i])] = 1;
    }
    bool is_good = collect_ratings(m, &r);
    if (is_good && r.has_words && !is_nominal && !fb_inspect_param(spec, "to_float")) {
        is_good = fb_inspect_unknown(m, "a rating is a word, at which Inspect stops");
    }
    is_good = is_good && fb_inspect_spend(m, 16 * (uint64_t)r.count); /* they are sorted */
    if (is_good) {
        if (is_nominal && r.has_words) {
            number_words(&r);
        }
        is_good = alpha_of(m, &r,
            is_nominal   ? FB_AGREEMENT_NOMINAL
            : is_ordinal ? FB_AGREEMENT_ORDINAL
                         : FB_AGREEMENT_INTERVAL,
            out);
    }
    fb_free(r.items);
    fb_free(wanted);
    return is_good;
}

/* --- Perplexity --------------------------------------------------------------------------- */

static int compare_likelihood(const void *a, const void *b)
{
    const struct fb_inspect_likelihood *x = a, *y = b;
    if (x->series != y->series) {
        return x->series < y->series ? -1 : 1;
    }
    return (x->attempt > y->attempt) - (x->attempt < y->attempt);
}

void fb_inspect_sort_likelihoods(struct fb_inspect *log)
{
    if (log->likelihood_count > 1) {
        qsort(
            log->likelihoods, log->likelihood_count, sizeof(*log->likelihoods), compare_likelihood);
    }
}

bool fb_inspect_measure_perplexity(struct fb_inspect_measuring *m,
    const struct fb_inspect_spec *spec, struct fb_inspect_measured *out)
{
    static const char *const none[] = {NULL};
    bool is_token = fb_str_is(spec->name, "perplexity_per_token");
    const struct fb_inspect *log = m->log;
    struct fb_inspect_likelihood wanted = {0};
    if (!fb_inspect_has_only(m, spec, none)) {
        return false;
    }
    if (!log->wants_likelihoods) {
        return fb_inspect_unknown(m, "the log's results stand after its samples");
    }
    while (wanted.series < log->series_count &&
           !fb_str_eq(log->series[wanted.series].scorer, m->view->scorer)) {
        wanted.series++;
    }
    double sum = 0, tokens = 0;
    for (size_t i = 0; i < m->view->count; i++) {
        wanted.attempt = m->view->units[i].attempt;
        const struct fb_inspect_likelihood *l =
            log->likelihood_count == 0 ? NULL
                                       : bsearch(&wanted, log->likelihoods, log->likelihood_count,
                                             sizeof(*l), compare_likelihood);
        if (l && !l->is_number) {
            return fb_inspect_unknown(m, "a count of tokens or a likelihood is no number");
        }
        if (l && (is_token || l->tokens > 0)) {
            sum += is_token ? l->log_likelihood : l->log_likelihood / l->tokens;
            tokens += is_token ? l->tokens : 1;
        }
    }
    out->value = tokens != 0 ? exp(-sum / tokens) : (double)NAN;
    return true;
}

#define MATHLIB_STANDALONE 1
#include "evidence/pace_history.h"

#include <Rmath.h>
#include <math.h>
#include <stdlib.h>

#include "base/assert.h"

static const struct fb_str factor_names[2] = {{"training_compute", sizeof("training_compute") - 1},
    {"algorithmic_efficiency", sizeof("algorithmic_efficiency") - 1}};

struct fb_progress_options fb_pace_usual(void)
{
    static const double days_a_month = 365.25 / 12;
    return (struct fb_progress_options){.confidence = 0.9,
        .frontier = true,
        .rule = {5 * days_a_month, 18 * days_a_month, 180 * FB_DAY}};
}

/* By quantity, then by date, value and when they became known. */
static int compare_values(const void *a, const void *b)
{
    const struct fb_pace_value *x = a, *y = b;
    int names = fb_str_cmp(x->series, y->series);
    if (names != 0) {
        return names;
    }
    if (x->at != y->at) {
        return x->at < y->at ? -1 : 1;
    }
    if (x->value != y->value) {
        return x->value < y->value ? -1 : 1;
    }
    if (x->known != y->known) {
        return x->known < y->known ? -1 : 1;
    }
    return (x->record > y->record) - (x->record < y->record);
}

/* An instant at which something changes, and by which value. */
struct change {
    fb_time at;
    size_t record;
};

static int compare_changes(const void *a, const void *b)
{
    const struct change *x = a, *y = b;
    if (x->at != y->at) {
        return x->at < y->at ? -1 : 1;
    }
    return (x->record > y->record) - (x->record < y->record);
}

/* Work on one quantity, or on effective compute. */
struct work {
    const struct fb_progress_options *options;
    struct fb_arena *arena;
    struct change *changes;
    struct fb_trend_point *line;
    bool *marks;
};

/* The instants at which the values change, sorted; of one instant the last value stands. */
static enum fb_code list_changes(struct work *w, const struct fb_pace_value *values, size_t count,
    size_t *out, struct fb_err *err)
{
    size_t n = 0, kept = 0;
    for (size_t i = 0; i < count; i++) {
        w->changes[n++] = (struct change){values[i].known, values[i].record};
        if (values[i].until != FB_TIME_MAX) {
            w->changes[n++] = (struct change){values[i].until, values[i].record};
        }
    }
    if (n > 1) {
        qsort(w->changes, n, sizeof(*w->changes), compare_changes);
    }
    for (size_t i = 0; i < n; i++) {
        kept -= kept > 0 && w->changes[kept - 1].at == w->changes[i].at;
        w->changes[kept++] = w->changes[i];
    }
    if (kept > FB_PACE_READINGS_MAX) {
        fb_err_set(err, FB_E_LIMIT, "'%.*s' has more than %d readings",
            FB_STR_ARG(values[0].series), FB_PACE_READINGS_MAX);
        return fb_err_hint(err, "File values that belong together at once.");
    }
    *out = kept;
    return FB_OK;
}

/* The line through what is known at t and was the highest at its date. Values are in the order of
 * dates. False with fewer than three, or all of one date; *out_used is their number. */
static bool fit_at(struct work *w, const struct fb_pace_value *values, size_t count, fb_time t,
    struct fb_trend *out, size_t *out_used)
{
    size_t known = 0, used = 0;
    struct fb_err ignored;
    fb_err_init(&ignored);
    for (size_t i = 0; i < count; i++) {
        if (values[i].known <= t && t < values[i].until) {
            w->line[known++] = (struct fb_trend_point){
                (double)values[i].at / (double)FB_DAY, log(values[i].value)};
        }
    }
    fb_trend_frontier(w->line, known, w->marks);
    for (size_t i = 0; i < known; i++) {
        if (w->marks[i]) {
            w->line[used++] = w->line[i];
        }
    }
    *out_used = used;
    return used >= 3 && fb_trend_fit(w->line, used, out, &ignored) == FB_OK;
}

/* Fills what a line says, and takes the reading. */
static void read_line(struct fb_pace_segment *s, const struct fb_trend *line,
    const struct fb_trend_interval *slope, const struct fb_progress_options *options)
{
    s->doubling = (struct fb_trend_interval){(double)NAN, (double)NAN};
    s->doubling_days = s->slope = (double)NAN;
    if (s->has_line) {
        s->slope = line->slope;
        s->doubling_days = fb_trend_doubling(line->slope);
        s->doubling = fb_trend_doubling_interval(*slope);
    }
    const double nothing = (double)NAN;
    struct fb_pace_reading reading = {
        s->from, s->stale ? nothing : s->doubling.low, s->stale ? nothing : s->doubling.high};
    fb_pace_take(&s->pace, &options->rule, &reading);
}

static enum fb_code make_room(
    struct work *w, struct fb_pace_history *list, size_t *cap, size_t more, struct fb_err *err)
{
    if (list->count + more > *cap) {
        size_t wanted = 2 * *cap > list->count + more ? 2 * *cap : list->count + more;
        struct fb_pace_segment *grown = FB_ARENA_ARRAY(w->arena, struct fb_pace_segment, wanted);
        if (!grown) {
            return fb_arena_failed(w->arena, err);
        }
        for (size_t i = 0; i < list->count; i++) {
            grown[i] = list->items[i];
        }
        list->items = grown;
        *cap = wanted;
    }
    return FB_OK;
}

/* Until when the newest value that is known at t is new enough. */
static fb_time fresh_until(
    const struct work *w, const struct fb_pace_value *values, size_t count, fb_time t)
{
    fb_time newest = FB_TIME_MIN;
    for (size_t i = 0; i < count; i++) {
        if (values[i].known <= t && t < values[i].until && values[i].at > newest) {
            newest = values[i].at;
        }
    }
    return w->options->age == 0    ? FB_TIME_MAX
           : newest == FB_TIME_MIN ? newest
                                   : fb_time_add(newest, w->options->age);
}

/* One more reading, where the values get too old before the i-th change is over. */
static void add_lapse(
    struct work *w, size_t i, size_t changes, fb_time fresh, struct fb_pace_history *list)
{
    struct fb_pace_segment s = list->items[list->count - 1];
    fb_time next = i + 1 < changes ? w->changes[i + 1].at : FB_TIME_MAX;
    if (s.stale || fresh >= next) {
        return;
    }
    struct fb_pace_reading reading = {fresh, (double)NAN, (double)NAN};
    s.from = fresh;
    s.stale = true;
    fb_pace_take(&s.pace, &w->options->rule, &reading);
    list->items[list->count++] = s;
}

/* Reads one quantity. */
static void read_series(struct work *w, const struct fb_pace_value *values, size_t count,
    size_t changes, struct fb_pace_history *list)
{
    struct fb_pace_state pace = fb_pace_start();
    for (size_t i = 0; i < changes; i++) {
        struct fb_pace_segment *s = &list->items[list->count++];
        struct fb_trend line;
        fb_time fresh = fresh_until(w, values, count, w->changes[i].at);
        *s = (struct fb_pace_segment){.series = values[0].series,
            .from = w->changes[i].at,
            .stale = fresh <= w->changes[i].at,
            .pace = pace,
            .record = w->changes[i].record};
        s->has_line = fit_at(w, values, count, s->from, &line, &s->used);
        struct fb_trend_interval slope = {0, 0};
        if (s->has_line) {
            slope = fb_trend_slope(&line, w->options->confidence);
        }
        read_line(s, &line, &slope, w->options);
        add_lapse(w, i, changes, fresh, list);
        pace = list->items[list->count - 1].pace;
    }
}

/* One of the two factors of effective compute. */
struct factor {
    const struct fb_pace_value *values;
    size_t count;
};

/* The line of the product: slopes add, and squares of errors, with the degrees of freedom of Welch
 * and Satterthwaite. */
static void read_product(struct work *w, const struct factor of[2], struct fb_pace_segment *s)
{
    struct fb_trend product = {0};
    double squares = 0, fourths = 0;
    s->has_line = true;
    for (int f = 0; f < 2; f++) {
        struct fb_trend line;
        size_t used = 0;
        bool good = fit_at(w, of[f].values, of[f].count, s->from, &line, &used);
        s->used += used;
        s->has_line = s->has_line && good;
        if (good) {
            double square = line.error * line.error;
            product.slope += line.slope;
            squares += square;
            fourths += square * square / (double)(used - 2);
        }
    }
    double freedom = fourths > 0 ? squares * squares / fourths : 1e6;
    double reach = qt((1 + w->options->confidence) / 2, freedom, 1, 0) * sqrt(squares);
    struct fb_trend_interval slope = {product.slope - reach, product.slope + reach};
    read_line(s, &product, &slope, w->options);
}

/* Effective compute, once both of its factors have values. changes: those of both, sorted. */
static void read_effective(
    struct work *w, const struct factor of[2], size_t changes, struct fb_pace_history *list)
{
    struct fb_pace_state pace = fb_pace_start();
    for (size_t i = 0; i < changes; i++) {
        struct fb_pace_segment *s = &list->items[list->count++];
        fb_time fresh[2];
        for (int f = 0; f < 2; f++) {
            fresh[f] = fresh_until(w, of[f].values, of[f].count, w->changes[i].at);
        }
        fb_time both = fresh[0] < fresh[1] ? fresh[0] : fresh[1];
        *s = (struct fb_pace_segment){.series = FB_STR("effective_compute"),
            .from = w->changes[i].at,
            .stale = both <= w->changes[i].at,
            .pace = pace,
            .record = w->changes[i].record};
        read_product(w, of, s);
        add_lapse(w, i, changes, both, list);
        pace = list->items[list->count - 1].pace;
    }
}

static enum fb_code add_effective(struct work *w, const struct factor of[2],
    struct fb_pace_history *list, size_t *cap, struct fb_err *err)
{
    if (!of[0].values || !of[1].values) {
        return FB_OK;
    }
    size_t count = of[0].count + of[1].count, changes = 0;
    struct fb_pace_value *both = FB_ARENA_ARRAY(w->arena, struct fb_pace_value, count);
    if (!both) {
        return fb_arena_failed(w->arena, err);
    }
    for (size_t i = 0; i < count; i++) {
        both[i] = i < of[0].count ? of[0].values[i] : of[1].values[i - of[0].count];
    }
    enum fb_code code = list_changes(w, both, count, &changes, err);
    code = code ? code : make_room(w, list, cap, 2 * changes, err);
    if (code == FB_OK) {
        read_effective(w, of, changes, list);
    }
    return code;
}

static enum fb_code check(const struct fb_pace_value *values, size_t count,
    const struct fb_progress_options *options, struct fb_err *err)
{
    if (!(options->confidence > 0 && options->confidence < 1)) {
        return fb_err_set(
            err, FB_E_RANGE, "the confidence %g is not between 0 and 1", options->confidence);
    }
    if (count > FB_PACE_VALUES_MAX) {
        return fb_err_set(
            err, FB_E_LIMIT, "more than %d values of growing quantities", FB_PACE_VALUES_MAX);
    }
    for (size_t i = 0; i < count; i++) {
        if (!(values[i].value > 0 && isfinite(values[i].value))) {
            return fb_err_set(
                err, FB_E_RANGE, "a value of '%.*s' is not positive", FB_STR_ARG(values[i].series));
        }
    }
    return FB_OK;
}

enum fb_code fb_pace_history_of(struct fb_pace_value *values, size_t count,
    const struct fb_progress_options *options, struct fb_arena *arena, struct fb_pace_history *out,
    struct fb_err *err)
{
    FB_ASSERT((values || count == 0) && options && arena && out);
    enum fb_code code = check(values, count, options, err);
    struct work w = {.options = options,
        .arena = arena,
        .changes = FB_ARENA_ARRAY(arena, struct change, 2 * count + 1),
        .line = FB_ARENA_ARRAY(arena, struct fb_trend_point, count + 1),
        .marks = FB_ARENA_ARRAY(arena, bool, count + 1)};
    struct fb_pace_history list = {NULL, 0};
    struct factor factors[2] = {{NULL, 0}, {NULL, 0}};
    size_t cap = 0;
    if (code == FB_OK && (!w.changes || !w.line || !w.marks)) {
        code = fb_arena_failed(arena, err);
    }
    if (code == FB_OK && count > 1) {
        qsort(values, count, sizeof(*values), compare_values);
    }
    for (size_t i = 0, end; code == FB_OK && i < count; i = end) {
        size_t changes = 0;
        for (end = i; end < count && fb_str_eq(values[end].series, values[i].series); end++) {
        }
        for (int f = 0; f < 2; f++) {
            if (fb_str_eq(values[i].series, factor_names[f])) {
                factors[f] = (struct factor){&values[i], end - i};
            }
        }
        code = list_changes(&w, &values[i], end - i, &changes, err);
        code = code ? code : make_room(&w, &list, &cap, 2 * changes, err);
        if (code == FB_OK) {
            read_series(&w, &values[i], end - i, changes, &list);
        }
    }
    code = code ? code : add_effective(&w, factors, &list, &cap, err);
    if (code == FB_OK) {
        *out = list;
    }
    return code;
}

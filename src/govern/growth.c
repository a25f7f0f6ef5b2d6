/* growth.c: how fast the quantities of a docket grow, and the pace of each, over time. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/assert.h"
#include "govern/work.h"

/* Quantities whose pace is known to be fast before anything was measured (SEMANTICS.md, Red lines:
 * pace starts at `fast`). */
static const char *const usual_series[] = {"horizon", "capability", "training_compute",
    "hardware_price_performance", "algorithmic_efficiency", "effective_compute"};

enum { COLUMNS = 9, USUAL = sizeof(usual_series) / sizeof(usual_series[0]) };

static const struct fb_record *record_of(const struct fb_work *work, uint64_t seq)
{
    return fb_registry_numbered(work->input->registry, seq);
}

/* The values on record, whoever filed them. They are listed once. */
enum fb_code fb_work_progress(
    struct fb_work *work, struct fb_pace_value **out, size_t *out_count, struct fb_err *err)
{
    const struct fb_registry *registry = work->input->registry;
    FB_ASSERT(out && out_count);
    if (work->progress) {
        *out = work->progress;
        *out_count = work->progress_count;
        return FB_OK;
    }
    size_t count = fb_registry_count_of(registry, FB_KIND_progress);
    struct fb_pace_value *values = FB_ARENA_ARRAY(work->arena, struct fb_pace_value, count + 1);
    if (!values) {
        return fb_arena_failed(work->arena, err);
    }
    count = 0;
    const struct fb_record *record = fb_registry_first(registry, FB_KIND_progress);
    for (; record; record = fb_registry_next(registry, record)) {
        int field = fb_kind_field(FB_KIND_progress, FB_STR("value"));
        FB_ASSERT(field >= 0);
        struct fb_value value = fb_record_value(record, (size_t)field);
        struct fb_pace_value v = {.series = fb_record_text(record, "series"),
            .at = fb_work_time(record, "date", record->admitted),
            .value = value.u.number,
            .known = record->admitted,
            .until = fb_work_superseded(work, record),
            .record = (size_t)record->seq};
        FB_ASSERT(record_of(work, v.record) == record);
        if (v.known < v.until) {
            values[count++] = v;
        }
    }
    work->progress = *out = values;
    work->progress_count = *out_count = count;
    return FB_OK;
}

/* A number of days for a fact; none where there is none. */
static struct fb_value days(double x)
{
    return isfinite(x) ? fb_value_float(x) : fb_value_none();
}

struct fb_why *fb_work_growth_why(struct fb_work *work, const struct fb_pace_segment *s)
{
    const struct fb_record *record = record_of(work, s->record);
    char text[160];
    if (s->stale) {
        (void)snprintf(text, sizeof(text), "there is no value that is new enough");
    } else if (!s->has_line) {
        (void)snprintf(text, sizeof(text), "%zu values that were the highest are no line", s->used);
    } else if (!isfinite(s->doubling_days)) {
        (void)snprintf(text, sizeof(text), "it does not grow, by %zu values", s->used);
    } else {
        char high[40] = "no end";
        if (isfinite(s->doubling.high)) {
            (void)snprintf(high, sizeof(high), "%.0f", s->doubling.high);
        }
        (void)snprintf(text, sizeof(text), "it doubles in %.0f days (%.0f to %s), by %zu values",
            s->doubling_days, s->doubling.low, high, s->used);
    }
    fb_time since = FB_TIME_MIN;
    enum fb_pace awaited = s->stale ? s->pace.pace : fb_pace_awaited(&s->pace, &since);
    char when[FB_TIME_TEXT], wait[120] = "";
    if (awaited != s->pace.pace) {
        (void)snprintf(wait, sizeof(wait),
            ", which is %s once a value confirms it a dwell after %s", fb_pace_name(awaited),
            fb_time_format_short(since, when));
    }
    struct fb_why *why = fb_why_new(work->arena, "%.*s is %s: %s%s", FB_STR_ARG(s->series),
        fb_pace_name(s->pace.pace), text, wait);
    return fb_why_on(why, record->id, record->seq);
}

/* growth(id, subject, issuer, at, series, pace, doubling_days, low_days, high_days). */
static enum fb_code add_tuple(struct fb_work *work, const struct fb_pace_segment *s, fb_time until,
    const struct fb_why *why, struct fb_err *err)
{
    int relation = fb_policy_relation("growth");
    FB_ASSERT(relation >= 0 && fb_policy_signature()->relations[relation].arity == COLUMNS);
    struct fb_value *values = FB_ARENA_ARRAY(work->arena, struct fb_value, COLUMNS);
    if (!values) {
        return fb_arena_failed(work->arena, err);
    }
    bool measured = s->from != FB_TIME_MIN;
    const struct fb_record *record = measured ? record_of(work, s->record) : NULL;
    values[0] = record ? fb_value_str(record->id) : fb_value_none();
    values[1] = fb_value_none();
    values[2] = record ? fb_value_str(record->issuer) : fb_value_none();
    values[3] = record ? fb_value_time(s->from) : fb_value_none();
    values[4] = fb_value_str(s->series);
    values[5] = fb_value_str(fb_str_of(fb_pace_name(s->pace.pace)));
    values[6] = measured ? days(s->doubling_days) : fb_value_none();
    values[7] = measured ? days(s->doubling.low) : fb_value_none();
    values[8] = measured ? days(s->doubling.high) : fb_value_none();
    struct fb_timed tuple = {.relation = (uint32_t)relation,
        .from = s->from,
        .until = until,
        .values = values,
        .seq = FB_WHY_NO_RECORD,
        .why = why};
    return fb_work_add(work, &tuple, err);
}

/* What a usual quantity is before its first reading. */
static enum fb_code add_beginning(
    struct fb_work *work, struct fb_str series, fb_time until, struct fb_err *err)
{
    struct fb_pace_segment s = {.series = series, .from = FB_TIME_MIN, .pace = fb_pace_start()};
    struct fb_why *why =
        fb_why_new(work->arena, "%.*s is fast: nothing was measured yet", FB_STR_ARG(series));
    return why ? add_tuple(work, &s, until, why, err) : fb_arena_failed(work->arena, err);
}

static enum fb_code add_view(
    struct fb_work *work, const struct fb_pace_segment *s, struct fb_why *why, struct fb_err *err)
{
    struct fb_pace_view *view = &work->picture->paces[work->picture->pace_count];
    *view = (struct fb_pace_view){.segment = s,
        .id = fb_arena_printf(work->arena, "pace:%.*s", FB_STR_ARG(s->series)),
        .why = why};
    if (!view->id.ptr || !why) {
        return fb_arena_failed(work->arena, err);
    }
    fb_work_handle(view->id, view->handle);
    work->picture->pace_count++;
    return FB_OK;
}

/* The segments of one quantity, from `first` to before `end`. */
static enum fb_code add_series(struct fb_work *work, const struct fb_pace_history *history,
    size_t first, size_t end, struct fb_err *err)
{
    enum fb_code code = FB_OK;
    for (size_t i = first; code == FB_OK && i < end; i++) {
        const struct fb_pace_segment *s = &history->items[i];
        struct fb_why *why = fb_work_growth_why(work, s);
        fb_time until = i + 1 < end ? s[1].from : FB_TIME_MAX;
        code = why ? add_tuple(work, s, until, why, err) : fb_arena_failed(work->arena, err);
        if (code == FB_OK && s->from <= work->input->now && work->input->now < until) {
            code = add_view(work, s, why, err);
        }
    }
    return code;
}

/* A value that stands, on its way to the picture. */
struct standing {
    struct fb_str series;
    struct fb_series_point point;
};

static int compare_standing(const void *a, const void *b)
{
    const struct standing *x = a, *y = b;
    int order = fb_str_cmp(x->series, y->series);
    if (order != 0) {
        return order;
    }
    if (x->point.at != y->point.at) {
        return x->point.at < y->point.at ? -1 : 1;
    }
    return (x->point.value > y->point.value) - (x->point.value < y->point.value);
}

/* Puts the values that stand now into the picture, as a table of them would be read. */
static enum fb_code show_values(
    struct fb_work *work, const struct fb_pace_value *values, size_t count, struct fb_err *err)
{
    fb_time now = work->input->now;
    struct standing *list = FB_ARENA_ARRAY(work->arena, struct standing, count + 1);
    struct fb_series out = {
        .points = FB_ARENA_ARRAY(work->arena, struct fb_series_point, count + 1),
        .names = FB_ARENA_ARRAY(work->arena, struct fb_str, count + 1)};
    if (!list || !out.points || !out.names) {
        return fb_arena_failed(work->arena, err);
    }
    for (size_t i = 0; i < count; i++) {
        const struct fb_record *record = record_of(work, values[i].record);
        if (values[i].known <= now && now < values[i].until) {
            list[out.count++] = (struct standing){
                values[i].series, {.at = values[i].at,
                                      .value = values[i].value,
                                      .name = fb_record_text(record, "name"),
                                      .source = fb_record_text(record, "source")}};
        }
    }
    if (out.count > 1) {
        qsort(list, out.count, sizeof(*list), compare_standing);
    }
    for (size_t i = 0; i < out.count; i++) {
        if (i == 0 || !fb_str_eq(list[i].series, list[i - 1].series)) {
            out.names[out.series++] = list[i].series;
        }
        out.points[i] = list[i].point;
        out.points[i].series = out.series - 1;
    }
    work->picture->progress = out;
    return FB_OK;
}

enum fb_code fb_work_growth(struct fb_work *work, struct fb_err *err)
{
    FB_ASSERT(work && err);
    struct fb_pace_value *values = NULL;
    size_t count = 0;
    struct fb_progress_options usual = fb_pace_usual();
    struct fb_pace_history history = {NULL, 0};
    fb_time begins[USUAL];
    enum fb_code code = fb_work_progress(work, &values, &count, err);
    code = code ? code : show_values(work, values, count, err);
    code = code ? code : fb_pace_history_of(values, count, &usual, work->arena, &history, err);
    work->picture->paces = FB_ARENA_ARRAY(work->arena, struct fb_pace_view, history.count + 1);
    if (code == FB_OK && !work->picture->paces) {
        code = fb_arena_failed(work->arena, err);
    }
    for (size_t u = 0; u < USUAL; u++) {
        begins[u] = FB_TIME_MAX;
    }
    for (size_t i = 0, end; code == FB_OK && i < history.count; i = end) {
        struct fb_str series = history.items[i].series;
        for (end = i; end < history.count && fb_str_eq(history.items[end].series, series); end++) {
        }
        for (size_t u = 0; u < USUAL; u++) {
            begins[u] = fb_str_is(series, usual_series[u]) ? history.items[i].from : begins[u];
        }
        code = add_series(work, &history, i, end, err);
    }
    for (size_t u = 0; code == FB_OK && u < USUAL; u++) {
        code = add_beginning(work, fb_str_of(usual_series[u]), begins[u], err);
    }
    return code;
}

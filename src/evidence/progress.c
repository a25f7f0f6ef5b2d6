#define MATHLIB_STANDALONE 1
#include "evidence/progress.h"

#include <Rmath.h>
#include <math.h>
#include <string.h>

#include "base/assert.h"

/* The two series whose product is effective compute. */
static const char *const factors[] = {"training compute", "algorithmic efficiency"};

static double day_of(fb_time at)
{
    return (double)at / (double)FB_DAY;
}

/* The points of the line, as of the first `count`: all, or the frontier. */
static size_t list_line(const struct fb_progress *p, size_t count, bool frontier,
    struct fb_trend_point *out, bool *marks)
{
    size_t used = 0;
    for (size_t i = 0; i < count; i++) {
        out[i] = (struct fb_trend_point){day_of(p->points[i].at), log(p->points[i].value)};
    }
    if (!frontier) {
        return count;
    }
    fb_trend_frontier(out, count, marks);
    for (size_t i = 0; i < count; i++) {
        if (marks[i]) {
            out[used++] = out[i];
        }
    }
    return used;
}

/* Room for the points of a line. */
struct scratch {
    struct fb_trend_point *line;
    bool *marks;
};

/* What was known after each date: a reading of the doubling time. */
static void replay(
    struct fb_progress *p, const struct fb_progress_options *options, const struct scratch *scratch)
{
    struct fb_err ignored;
    fb_err_init(&ignored);
    p->pace = fb_pace_start();
    for (size_t i = 0; i < p->count; i++) {
        if (i + 1 < p->count && p->points[i + 1].at == p->points[i].at) {
            continue;
        }
        struct fb_trend line;
        size_t used = list_line(p, i + 1, options->frontier, scratch->line, scratch->marks);
        if (used < 3 || fb_trend_fit(scratch->line, used, &line, &ignored) != FB_OK) {
            continue;
        }
        struct fb_trend_interval d =
            fb_trend_doubling_interval(fb_trend_slope(&line, options->confidence));
        struct fb_pace_reading reading = {p->points[i].at, d.low, d.high};
        fb_pace_take(&p->pace, &options->rule, &reading);
    }
}

static void find_one(
    struct fb_progress *p, const struct fb_progress_options *options, const struct scratch *scratch)
{
    struct fb_err ignored;
    fb_err_init(&ignored);
    p->used = list_line(p, p->count, options->frontier, scratch->line, scratch->marks);
    p->has_line = fb_trend_fit(scratch->line, p->used, &p->line, &ignored) == FB_OK;
    if (p->has_line) {
        p->slope = fb_trend_slope(&p->line, options->confidence);
    }
    replay(p, options, scratch);
}

/* Names in a docket are words with '_', those of tables may have spaces. */
static bool is_factor(struct fb_str name, const char *factor)
{
    bool is_same = name.len == strlen(factor);
    for (size_t i = 0; is_same && i < name.len; i++) {
        is_same = (name.ptr[i] == '_' ? ' ' : name.ptr[i]) == factor[i];
    }
    return is_same;
}

/* Effective compute, when both of its factors have an error; false otherwise. */
static bool multiply(struct fb_progress *out, const struct fb_progress *items, size_t count,
    const struct fb_progress_options *options)
{
    const struct fb_progress *of[2] = {NULL, NULL};
    for (size_t i = 0; i < count; i++) {
        for (int f = 0; f < 2; f++) {
            bool usable = items[i].has_line && items[i].used > 2;
            of[f] = usable && is_factor(items[i].name, factors[f]) ? &items[i] : of[f];
        }
    }
    if (!of[0] || !of[1]) {
        return false;
    }
    double squares = 0, fourths = 0;
    *out = (struct fb_progress){
        .name = FB_STR("effective compute"), .has_line = true, .of = {of[0], of[1]}};
    for (int f = 0; f < 2; f++) {
        double square = of[f]->line.error * of[f]->line.error;
        out->line.slope += of[f]->line.slope;
        out->used += of[f]->used;
        squares += square;
        fourths += square * square / (double)(of[f]->used - 2);
    }
    double freedom = fourths > 0 ? squares * squares / fourths : 1e6;
    double reach = qt((1 + options->confidence) / 2, freedom, 1, 0) * sqrt(squares);
    out->line.error = sqrt(squares);
    out->slope = (struct fb_trend_interval){out->line.slope - reach, out->line.slope + reach};
    out->pace = fb_pace_start();
    return true;
}

enum fb_code fb_progress_find(const struct fb_series *series,
    const struct fb_progress_options *options, struct fb_arena *arena, struct fb_progress_list *out,
    struct fb_err *err)
{
    FB_ASSERT(series && options && arena && out);
    if (!(options->confidence > 0 && options->confidence < 1)) {
        return fb_err_set(
            err, FB_E_RANGE, "the confidence %g is not between 0 and 1", options->confidence);
    }
    struct fb_progress_list list = {
        FB_ARENA_ARRAY(arena, struct fb_progress, (size_t)series->series + 1), 0};
    struct scratch scratch = {FB_ARENA_ARRAY(arena, struct fb_trend_point, series->count + 1),
        FB_ARENA_ARRAY(arena, bool, series->count + 1)};
    if (!list.items || !scratch.line || !scratch.marks) {
        return fb_arena_failed(arena, err);
    }
    for (size_t i = 0, end; i < series->count; i = end) {
        for (end = i; end < series->count && series->points[end].series == series->points[i].series;
             end++) {
        }
        struct fb_progress *p = &list.items[list.count++];
        *p = (struct fb_progress){.name = series->names[series->points[i].series],
            .points = &series->points[i],
            .count = end - i};
        find_one(p, options, &scratch);
    }
    list.count += multiply(&list.items[list.count], list.items, list.count, options);
    *out = list;
    return FB_OK;
}

/* Effective compute on a day: its factors' lines added, and their errors. */
static void multiply_at(const struct fb_progress *progress, double day,
    const double confidence_scatter[2], double out[3])
{
    double value = 0, squares = 0, fourths = 0;
    for (int f = 0; f < 2; f++) {
        const struct fb_trend *line = &progress->of[f]->line;
        double n = (double)line->n, away = day - line->t_mean;
        double spread = confidence_scatter[1] + 1 / n + away * away / line->sxx;
        double square = line->sse / (n - 2) * spread;
        value += fb_trend_at(line, day);
        squares += square;
        fourths += square * square / (n - 2);
    }
    double freedom = fourths > 0 ? squares * squares / fourths : 1e6;
    double reach = qt((1 + confidence_scatter[0]) / 2, freedom, 1, 0) * sqrt(squares);
    out[0] = exp(value);
    out[1] = exp(value - reach);
    out[2] = exp(value + reach);
}

static bool at_day(const struct fb_progress *progress, fb_time at,
    const double confidence_scatter[2], double out[3])
{
    FB_ASSERT(progress && out);
    double day = day_of(at);
    if (!progress->has_line) {
        return false;
    }
    if (progress->of[0]) {
        multiply_at(progress, day, confidence_scatter, out);
        return true;
    }
    struct fb_trend_interval band =
        fb_trend_band(&progress->line, day, confidence_scatter[0], confidence_scatter[1] > 0);
    out[0] = exp(fb_trend_at(&progress->line, day));
    out[1] = exp(band.low);
    out[2] = exp(band.high);
    return true;
}

bool fb_progress_forecast(
    const struct fb_progress *progress, fb_time at, double confidence, double out[3])
{
    return at_day(progress, at, (const double[2]){confidence, 1}, out);
}

bool fb_progress_line(
    const struct fb_progress *progress, fb_time at, double confidence, double out[3])
{
    return at_day(progress, at, (const double[2]){confidence, 0}, out);
}

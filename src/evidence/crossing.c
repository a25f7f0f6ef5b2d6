#include "evidence/crossing.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/assert.h"

static const double year_days = 365.25;

enum {
    HALF_YEAR_DAYS = 182,
    TREND_MIN = 4,
    WITHIN_YEARS = 4,
    SCORES_MAX = 4096,
    SCORED_YEARS = 12,
    STEP_DAYS = 30
};

static double days(fb_time at)
{
    return (double)at / (double)FB_DAY;
}

static int compare_points(const void *a, const void *b)
{
    const struct fb_crossing_point *x = a, *y = b;
    if (x->at != y->at) {
        return x->at < y->at ? -1 : 1;
    }
    return x->flop < y->flop ? -1 : x->flop > y->flop;
}

enum fb_code fb_crossing_points(const struct fb_models *models, struct fb_arena *arena,
    struct fb_crossing_points *out, struct fb_err *err)
{
    FB_ASSERT(models && arena && out);
    struct fb_crossing_point *items =
        FB_ARENA_ARRAY(arena, struct fb_crossing_point, models->count + 1);
    size_t count = 0;
    if (!items) {
        return fb_arena_failed(arena, err);
    }
    for (size_t i = 0; i < models->count; i++) {
        const struct fb_model *model = &models->items[i];
        if (model->at != FB_TIME_MIN && model->flop > 0) {
            items[count++] = (struct fb_crossing_point){model->at, model->flop};
        }
    }
    if (count > 1) {
        qsort(items, count, sizeof(*items), compare_points);
    }
    *out = (struct fb_crossing_points){items, count};
    return FB_OK;
}

fb_time fb_crossing_last(const struct fb_crossing_points *points, fb_time before)
{
    FB_ASSERT(points);
    size_t count = points->count;
    while (count > 0 && points->items[count - 1].at >= before) {
        count--;
    }
    return count ? points->items[count - 1].at : FB_TIME_MIN;
}

/* How many of the first count points are larger than the i-th and within half a year of it; at most
 * FB_CROSSING_LARGER. */
static size_t larger_nearby(const struct fb_crossing_points *points, size_t count, size_t i)
{
    const struct fb_crossing_point *at = &points->items[i];
    size_t larger = 0, from = i;
    while (from > 0 && days(at->at) - days(points->items[from - 1].at) <= HALF_YEAR_DAYS) {
        from--;
    }
    for (size_t n = from; n < count && larger < FB_CROSSING_LARGER; n++) {
        if (days(points->items[n].at) - days(at->at) > HALF_YEAR_DAYS) {
            break;
        }
        larger += points->items[n].flop > at->flop;
    }
    return larger;
}

/* The value of the line, or of an end of its interval, on a day. */
static double line_at(const struct fb_trend *line, fb_time at, double confidence, int side)
{
    struct fb_trend_interval band = fb_trend_band(line, days(at), confidence, true);
    return side < 0 ? band.low : side > 0 ? band.high : fb_trend_at(line, days(at));
}

/* The first day from `from` on at which the line, or an end of its interval, reaches y, looked for
 * a month at a time. */
static fb_time reaches(
    const struct fb_trend *line, double y, fb_time from, double confidence, int side)
{
    for (int64_t n = 0; n <= FB_CROSSING_HORIZON_YEARS * 366; n += STEP_DAYS) {
        if (line_at(line, from + n * FB_DAY, confidence, side) < y) {
            continue;
        }
        while (n > 0 && line_at(line, from + (n - 1) * FB_DAY, confidence, side) >= y) {
            n--;
        }
        return from + n * FB_DAY;
    }
    return FB_TIME_MAX;
}

enum fb_code fb_crossing_find(const struct fb_crossing_points *points, double threshold,
    fb_time as_of, double confidence, struct fb_crossing *out, struct fb_err *err)
{
    FB_ASSERT(points && out && threshold > 0 && confidence > 0 && confidence < 1);
    struct fb_crossing found = {.low = FB_TIME_MAX, .middle = FB_TIME_MAX, .high = FB_TIME_MAX};
    size_t count = 0, used = 0;
    for (; count < points->count && points->items[count].at < as_of; count++) {
        if (points->items[count].flop >= threshold) {
            fb_time at = points->items[count].at;
            *out = (struct fb_crossing){.met = true, .low = at, .middle = at, .high = at};
            return FB_OK;
        }
    }
    struct fb_trend_point *line_points = fb_calloc(count + 1, sizeof(*line_points));
    if (!line_points) {
        return fb_err_set(err, FB_E_NOMEM, "memory ran out for a forecast");
    }
    for (size_t i = 0; i < count; i++) {
        double age = days(as_of) - days(points->items[i].at);
        if (age <= FB_CROSSING_YEARS * year_days &&
            larger_nearby(points, count, i) < FB_CROSSING_LARGER) {
            line_points[used++] =
                (struct fb_trend_point){days(points->items[i].at), log(points->items[i].flop)};
        }
    }
    struct fb_trend line;
    struct fb_err ignored;
    fb_err_init(&ignored);
    found.used = used;
    if (used >= TREND_MIN && fb_trend_fit(line_points, used, &line, &ignored) == FB_OK) {
        found.has_trend = true;
        found.doubling_days = fb_trend_doubling(line.slope);
        found.low = reaches(&line, log(threshold), as_of, confidence, 1);
        found.middle = reaches(&line, log(threshold), as_of, confidence, 0);
        found.high = reaches(&line, log(threshold), as_of, confidence, -1);
    }
    fb_free(line_points);
    *out = found;
    return FB_OK;
}

/* The first point from as_of on that reaches a threshold; FB_TIME_MAX: none. */
static fb_time first_from(const struct fb_crossing_points *points, double threshold, fb_time as_of)
{
    for (size_t i = 0; i < points->count; i++) {
        if (points->items[i].at >= as_of && points->items[i].flop >= threshold) {
            return points->items[i].at;
        }
    }
    return FB_TIME_MAX;
}

static int compare_numbers(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

/* Forecasts made on one day. widths has room for SCORES_MAX numbers. */
static enum fb_code score_day(const struct fb_crossing_points *points, double confidence,
    fb_time as_of, struct fb_crossing_score *score, double *widths, struct fb_err *err)
{
    for (int half = 2; half < 80 && score->forecasts < SCORES_MAX; half++) {
        struct fb_crossing forecast;
        double threshold = pow(10, half / 2.0);
        fb_time actual = first_from(points, threshold, as_of);
        if (actual == FB_TIME_MAX || days(actual) - days(as_of) > WITHIN_YEARS * year_days) {
            continue;
        }
        enum fb_code code = fb_crossing_find(points, threshold, as_of, confidence, &forecast, err);
        if (code != FB_OK) {
            return code;
        }
        if (forecast.met || !forecast.has_trend) {
            continue;
        }
        bool sooner = actual<forecast.low, later = actual> forecast.high;
        score->sooner += sooner;
        score->later += later;
        score->within += !sooner && !later;
        widths[score->forecasts++] = forecast.high == FB_TIME_MAX
                                         ? (double)INFINITY
                                         : (days(forecast.high) - days(forecast.low)) / year_days;
    }
    return FB_OK;
}

enum fb_code fb_crossing_backtest(const struct fb_crossing_points *points, double confidence,
    struct fb_crossing_score *out, struct fb_err *err)
{
    FB_ASSERT(points && out);
    struct fb_crossing_score score = {0};
    double *widths = fb_calloc(SCORES_MAX, sizeof(*widths));
    if (!widths) {
        return fb_err_set(err, FB_E_NOMEM, "memory ran out for a backtest");
    }
    enum fb_code code = FB_OK;
    fb_time last = points->count ? points->items[points->count - 1].at : FB_TIME_MIN;
    fb_time first = points->count ? points->items[0].at : FB_TIME_MAX;
    for (int64_t half = 0; code == FB_OK && half < 2 * 200; half++) {
        fb_time as_of = fb_days_from_civil(1950 + half / 2, half % 2 ? 7 : 1, 1) * FB_DAY;
        if (as_of >= last) {
            break;
        }
        if (as_of > first && days(last) - days(as_of) <= SCORED_YEARS * year_days) {
            code = score_day(points, confidence, as_of, &score, widths, err);
        }
    }
    if (code == FB_OK && score.forecasts > 0) {
        qsort(widths, score.forecasts, sizeof(*widths), compare_numbers);
        score.width_years = widths[score.forecasts / 2];
    }
    fb_free(widths);
    if (code == FB_OK) {
        *out = score;
    }
    return code;
}

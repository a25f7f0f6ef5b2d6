#include "evidence/growth.h"

#include <math.h>
#include <stdlib.h>

#include "base/assert.h"
#include "stats/sample.h"

static const double least_minutes = 1e-3;

static double day_of(fb_time at)
{
    return (double)at / (double)FB_DAY;
}

static int compare_points(const void *a, const void *b)
{
    const struct fb_growth_point *x = a, *y = b;
    if (x->at != y->at) {
        return x->at < y->at ? -1 : 1;
    }
    return (x->agent > y->agent) - (x->agent < y->agent);
}

/* The agents with a date within the window, in order; those whose horizon no line goes through
 * apart.
 */
static void list_points(const struct fb_horizon_result *result,
    const struct fb_growth_options *options, struct fb_growth *growth)
{
    const fb_time *dates = options->dates;
    for (uint32_t agent = 0; agent < result->agents; agent++) {
        double minutes = result->fits[agent].horizon[options->level];
        bool dated = dates[agent] != FB_TIME_MIN && dates[agent] >= options->after &&
                     dates[agent] < options->before;
        struct fb_growth_point point = {agent, dates[agent], minutes, false};
        if (dated && isfinite(minutes) && minutes >= least_minutes) {
            growth->points[growth->count++] = point;
        } else if (dated) {
            growth->left_out[growth->left_out_count++] = point;
        }
    }
    if (growth->count > 1) {
        qsort(growth->points, growth->count, sizeof(growth->points[0]), compare_points);
    }
    if (growth->left_out_count > 1) {
        qsort(
            growth->left_out, growth->left_out_count, sizeof(growth->left_out[0]), compare_points);
    }
}

/* The lines of the resamples. line has room for a point an agent of the frontier. */
static void resample(const struct fb_horizon_result *result,
    const struct fb_growth_options *options, struct fb_trend_point *line, struct fb_growth *growth)
{
    struct fb_err ignored;
    fb_err_init(&ignored);
    for (uint32_t i = 0; i < result->resamples; i++) {
        size_t count = 0;
        for (size_t j = 0; j < growth->count; j++) {
            const struct fb_growth_point *point = &growth->points[j];
            size_t at = (size_t)i * result->agents + point->agent;
            double minutes = result->boot[at * FB_HORIZON_LEVELS + options->level];
            if (point->frontier && isfinite(minutes) && minutes >= least_minutes) {
                line[count++] = (struct fb_trend_point){day_of(point->at), log(minutes)};
            }
        }
        struct fb_trend fit;
        if (fb_trend_fit(line, count, &fit, &ignored) == FB_OK) {
            growth->boot[growth->resamples++] =
                (struct fb_trend_point){fit.slope, fb_trend_at(&fit, 0)};
            growth->not_growing += fit.slope <= 0;
        }
    }
}

/* The interval is that of the slope, so that what does not grow stands at one end. */
static void set_interval(struct fb_growth *growth, double confidence, double *scratch)
{
    uint32_t n = growth->resamples;
    growth->median = growth->low = growth->high = (double)NAN;
    if (n == 0) {
        return;
    }
    for (uint32_t i = 0; i < n; i++) {
        scratch[i] = fb_trend_doubling(growth->boot[i].t);
    }
    fb_sample_sort(scratch, n);
    growth->median = fb_sample_quantile(scratch, n, 0.5);
    growth->low = fb_sample_quantile(scratch, n, (1 - confidence) / 2);
    growth->high = fb_sample_quantile(scratch, n, (1 + confidence) / 2);
}

enum fb_code fb_growth_find(const struct fb_horizon_result *result,
    const struct fb_growth_options *options, struct fb_arena *arena, struct fb_growth *out,
    struct fb_err *err)
{
    FB_ASSERT(result && options && options->dates && arena && out);
    FB_ASSERT(options->level < FB_HORIZON_LEVELS);
    struct fb_growth growth = {0};
    size_t agents = result->agents, resamples = result->resamples;
    growth.points = FB_ARENA_ARRAY(arena, struct fb_growth_point, agents + 1);
    growth.left_out = FB_ARENA_ARRAY(arena, struct fb_growth_point, agents + 1);
    growth.boot = FB_ARENA_ARRAY(arena, struct fb_trend_point, resamples + 1);
    struct fb_trend_point *line = FB_ARENA_ARRAY(arena, struct fb_trend_point, agents + 1);
    bool *frontier = FB_ARENA_ARRAY(arena, bool, agents + 1);
    double *scratch = FB_ARENA_ARRAY(arena, double, resamples + 1);
    if (!growth.points || !growth.left_out || !growth.boot || !line || !frontier || !scratch) {
        return fb_arena_failed(arena, err);
    }
    list_points(result, options, &growth);
    for (size_t i = 0; i < growth.count; i++) {
        line[i] = (struct fb_trend_point){day_of(growth.points[i].at), growth.points[i].minutes};
    }
    fb_trend_frontier(line, growth.count, frontier);
    for (size_t i = 0; i < growth.count; i++) {
        growth.points[i].frontier = frontier[i];
        if (frontier[i]) {
            line[growth.frontier_count++] =
                (struct fb_trend_point){day_of(growth.points[i].at), log(growth.points[i].minutes)};
        }
    }
    enum fb_code code = fb_trend_fit(line, growth.frontier_count, &growth.line, err);
    if (code != FB_OK) {
        return code == FB_E_RANGE ? fb_err_prefix(err, "no doubling time") : code;
    }
    growth.doubling_days = fb_trend_doubling(growth.line.slope);
    resample(result, options, line, &growth);
    set_interval(&growth, options->confidence, scratch);
    *out = growth;
    return FB_OK;
}

struct fb_trend_interval fb_growth_band(
    const struct fb_growth *growth, double day, double confidence, double *scratch)
{
    FB_ASSERT(growth && scratch && confidence > 0 && confidence < 1);
    uint32_t n = growth->resamples;
    if (n == 0) {
        return (struct fb_trend_interval){(double)NAN, (double)NAN};
    }
    for (uint32_t i = 0; i < n; i++) {
        scratch[i] = exp(growth->boot[i].y + growth->boot[i].t * day);
    }
    fb_sample_sort(scratch, n);
    return (struct fb_trend_interval){fb_sample_quantile(scratch, n, (1 - confidence) / 2),
        fb_sample_quantile(scratch, n, (1 + confidence) / 2)};
}

#define MATHLIB_STANDALONE 1
#include "stats/trend.h"

#include <Rmath.h>
#include <math.h>

#include "base/alloc.h"
#include "base/assert.h"
#include "stats/random.h"

enum { BREAK_POINTS_MIN = 5 };

enum fb_code fb_trend_fit(
    const struct fb_trend_point *points, size_t n, struct fb_trend *out, struct fb_err *err)
{
    FB_ASSERT((points || n == 0) && out);
    if (n < 2) {
        (void)fb_err_set(err, FB_E_RANGE, "a trend needs 2 points, not %zu", n);
        return fb_err_hint(err, "A line goes through values of two times at least.");
    }
    if (n > FB_TREND_POINTS_MAX) {
        return fb_err_set(err, FB_E_LIMIT, "a trend of more than %d points", FB_TREND_POINTS_MAX);
    }
    struct fb_trend trend = {.n = n};
    bool spread = false;
    for (size_t i = 0; i < n; i++) {
        spread |= points[i].t != points[0].t;
        if (!isfinite(points[i].t) || !isfinite(points[i].y)) {
            return fb_err_set(err, FB_E_RANGE, "a point of the trend is not finite");
        }
        trend.t_mean += points[i].t / (double)n;
        trend.y_mean += points[i].y / (double)n;
    }
    double sxy = 0, syy = 0;
    for (size_t i = 0; i < n; i++) {
        double dt = points[i].t - trend.t_mean, dy = points[i].y - trend.y_mean;
        trend.sxx += dt * dt;
        sxy += dt * dy;
        syy += dy * dy;
    }
    if (!spread || !(trend.sxx > 0)) {
        (void)fb_err_set(err, FB_E_RANGE, "all points of the trend are of one time");
        return fb_err_hint(err, "A line goes through values of two times at least.");
    }
    trend.slope = sxy / trend.sxx;
    for (size_t i = 0; i < n; i++) {
        double rest = points[i].y - fb_trend_at(&trend, points[i].t);
        trend.sse += rest * rest;
    }
    trend.r2 = syy > 0 ? 1 - trend.sse / syy : 1;
    trend.error = n > 2 ? sqrt(trend.sse / (double)(n - 2) / trend.sxx) : (double)NAN;
    *out = trend;
    return FB_OK;
}

double fb_trend_at(const struct fb_trend *trend, double t)
{
    return trend->y_mean + trend->slope * (t - trend->t_mean);
}

/* How many standard errors the interval reaches; infinite without degrees of freedom. */
static double reach(const struct fb_trend *trend, double confidence)
{
    FB_ASSERT(confidence > 0 && confidence < 1);
    return trend->n > 2 ? qt((1 + confidence) / 2, (double)(trend->n - 2), 1, 0) : INFINITY;
}

struct fb_trend_interval fb_trend_slope(const struct fb_trend *trend, double confidence)
{
    FB_ASSERT(trend && trend->n >= 2);
    double half = trend->n > 2 ? reach(trend, confidence) * trend->error : INFINITY;
    return (struct fb_trend_interval){trend->slope - half, trend->slope + half};
}

struct fb_trend_interval fb_trend_band(
    const struct fb_trend *trend, double t, double confidence, bool new_point)
{
    FB_ASSERT(trend && trend->n >= 2);
    double at = fb_trend_at(trend, t), half = INFINITY;
    if (trend->n > 2) {
        double far = (t - trend->t_mean) * (t - trend->t_mean) / trend->sxx;
        double variance = trend->sse / (double)(trend->n - 2);
        half = reach(trend, confidence) *
               sqrt(variance * ((new_point ? 1 : 0) + 1 / (double)trend->n + far));
    }
    return (struct fb_trend_interval){at - half, at + half};
}

double fb_trend_doubling(double slope)
{
    return slope > 0 ? log(2) / slope : INFINITY;
}

struct fb_trend_interval fb_trend_doubling_interval(struct fb_trend_interval slope)
{
    FB_ASSERT(slope.low <= slope.high);
    return (struct fb_trend_interval){fb_trend_doubling(slope.high), fb_trend_doubling(slope.low)};
}

void fb_trend_frontier(const struct fb_trend_point *points, size_t n, bool *out)
{
    FB_ASSERT((points && out) || n == 0);
    double best = -INFINITY;
    for (size_t i = 0, end; i < n; i = end) {
        for (end = i; end < n && points[end].t == points[i].t; end++) {
            best = fmax(best, points[end].y);
        }
        for (size_t j = i; j < end; j++) {
            out[j] = points[j].y >= best;
        }
    }
}

/* The points and where lines may meet. */
struct kink {
    const struct fb_trend_point *points;
    size_t n;
    struct fb_trend line;
};

/* Two lines that meet at t. */
struct two_lines {
    double before;
    double after;
    double sse;
};

/* How far t is behind a place; 0 before it. */
static double behind(double t, double at)
{
    return t > at ? t - at : 0;
}

/* Least squares on 1, x and max(0, x - at), with x counted from the mean. */
static struct two_lines fit_at(const struct kink *kink, double at)
{
    double n = (double)kink->n, h_mean = 0, sxh = 0, shh = 0, shy = 0, sxy = 0, sxx = 0;
    for (size_t i = 0; i < kink->n; i++) {
        h_mean += behind(kink->points[i].t, at) / n;
    }
    for (size_t i = 0; i < kink->n; i++) {
        double x = kink->points[i].t - kink->line.t_mean, y = kink->points[i].y - kink->line.y_mean;
        double h = behind(kink->points[i].t, at) - h_mean;
        sxx += x * x;
        sxh += x * h;
        shh += h * h;
        sxy += x * y;
        shy += h * y;
    }
    double det = sxx * shh - sxh * sxh;
    struct two_lines fit = {kink->line.slope, kink->line.slope, kink->line.sse};
    if (!(det > 1e-12 * sxx * shh)) {
        return fit;
    }
    fit.before = (shh * sxy - sxh * shy) / det;
    double change = (sxx * shy - sxh * sxy) / det;
    fit.after = fit.before + change;
    fit.sse = 0;
    for (size_t i = 0; i < kink->n; i++) {
        double x = kink->points[i].t - kink->line.t_mean, y = kink->points[i].y - kink->line.y_mean;
        double h = behind(kink->points[i].t, at) - h_mean;
        double rest = y - fit.before * x - change * h;
        fit.sse += rest * rest;
    }
    return fit;
}

/* The line by least squares through points [from, to): intercept and slope. False without spread.
 */
static bool line_through(const struct fb_trend_point *points, size_t from, size_t to, double out[2])
{
    double n = (double)(to - from), t = 0, y = 0, sxx = 0, sxy = 0;
    for (size_t i = from; i < to; i++) {
        t += points[i].t / n;
        y += points[i].y / n;
    }
    for (size_t i = from; i < to; i++) {
        sxx += (points[i].t - t) * (points[i].t - t);
        sxy += (points[i].t - t) * (points[i].y - y);
    }
    out[1] = sxy / sxx;
    out[0] = y - out[1] * t;
    return sxx > 0;
}

/*
 * The best place within [low, high], between the points i and i + 1. There the points before and
 * behind are the same wherever the lines meet: the best is where the two lines that fit each part
 * by itself cross, if they do so within, and else an end (D. J. Hudson, "Fitting segmented curves
 * whose join points have to be estimated", 1966).
 */
static double best_within(const struct kink *kink, size_t i, double low, double high)
{
    double left[2], right[2], places[3] = {low, high, low}, best = low, least = INFINITY;
    if (line_through(kink->points, 0, i + 1, left) &&
        line_through(kink->points, i + 1, kink->n, right)) {
        double cross = (left[0] - right[0]) / (right[1] - left[1]);
        places[2] = cross > low && cross < high ? cross : low;
    }
    for (size_t p = 0; p < 3; p++) {
        double sse = fit_at(kink, places[p]).sse;
        if (sse < least) {
            least = sse;
            best = places[p];
        }
    }
    return best;
}

/* Looks between neighbouring points, where the error is smooth. False when there is no place. */
static bool find_best(const struct kink *kink, double *out)
{
    const struct fb_trend_point *points = kink->points;
    double first = points[0].t, last = points[kink->n - 1].t, least = INFINITY;
    double low = first + 0.1 * (last - first), high = last - 0.1 * (last - first);
    for (size_t i = 1; i + 2 < kink->n; i++) {
        double from = fmax(low, points[i].t), to = fmin(high, points[i + 1].t);
        if (from >= to) {
            continue;
        }
        double at = best_within(kink, i, from, to), sse = fit_at(kink, at).sse;
        if (sse < least) {
            least = sse;
            *out = at;
        }
    }
    return least < INFINITY;
}

enum fb_code fb_trend_find_break(
    const struct fb_trend_point *points, size_t n, struct fb_trend_break *out, struct fb_err *err)
{
    FB_ASSERT((points || n == 0) && out);
    struct kink kink = {.points = points, .n = n};
    if (n < BREAK_POINTS_MIN) {
        return fb_err_set(
            err, FB_E_RANGE, "a broken trend needs %d points, not %zu", BREAK_POINTS_MIN, n);
    }
    enum fb_code code = fb_trend_fit(points, n, &kink.line, err);
    if (code != FB_OK) {
        return code;
    }
    struct fb_trend_break found = {.r2_line = kink.line.r2};
    if (!find_best(&kink, &found.t)) {
        return fb_err_set(err, FB_E_RANGE, "the points leave no place for a break of the trend");
    }
    struct two_lines fit = fit_at(&kink, found.t);
    double total = kink.line.r2 < 1 ? kink.line.sse / (1 - kink.line.r2) : 0;
    found.slope_before = fit.before;
    found.slope_after = fit.after;
    found.ratio = fit.before > 0 ? fit.after / fit.before : INFINITY;
    found.r2 = total > 0 ? 1 - fit.sse / total : 1;
    /* Two more parameters: the break and a slope. */
    found.bic_gain = kink.line.sse > 0 && fit.sse > 0
                         ? (double)n * log(kink.line.sse / fit.sse) - 2 * log((double)n)
                     : fit.sse < kink.line.sse ? INFINITY
                                               : 0;
    found.accelerated = fit.after > fit.before && found.ratio > 1 && found.bic_gain > 0;
    *out = found;
    return FB_OK;
}

enum fb_code fb_trend_break_p(const struct fb_trend_point *points, size_t n,
    const uint32_t rounds_seed[2], double *out_p, struct fb_err *err)
{
    FB_ASSERT(rounds_seed && out_p);
    struct fb_trend_break seen, found;
    enum fb_code code = fb_trend_find_break(points, n, &seen, err);
    struct fb_trend_point *even = code == FB_OK ? fb_calloc(n, sizeof(*even)) : NULL;
    uint32_t as_much = 0;
    if (code == FB_OK && !even) {
        code = fb_err_set(err, FB_E_NOMEM, "no memory for %zu points", n);
    }
    bool turns_up = code == FB_OK && seen.slope_after > seen.slope_before;
    for (uint32_t round = 0; turns_up && code == FB_OK && round < rounds_seed[0]; round++) {
        struct fb_random random = fb_random_start(rounds_seed[1], round);
        for (size_t i = 0; i < n; i++) {
            even[i] = (struct fb_trend_point){points[i].t, fb_random_normal(&random)};
        }
        code = fb_trend_find_break(even, n, &found, err);
        as_much += code == FB_OK && found.slope_after > found.slope_before &&
                   found.bic_gain >= seen.bic_gain;
    }
    if (code == FB_OK) {
        *out_p = turns_up ? (1 + (double)as_much) / (1 + (double)rounds_seed[0]) : 1;
    }
    fb_free(even);
    return code;
}

#define MATHLIB_STANDALONE 1
#include "stats/attempts.h"

#include <Rmath.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/assert.h"
#include "stats/binomial.h"
#include "stats/sample.h"
#include "stats/trend.h"

enum { TRIES_MIN = 8, FOUND_MIN = 3, SEARCH_ROUNDS = 60, CURVE_MAX = 64 };

enum fb_code fb_pass_at_k(int64_t n, int64_t c, int64_t k, double *out, struct fb_err *err)
{
    FB_ASSERT(out);
    if (c < 0 || c > n || k < 1 || k > n || n > FB_BINOMIAL_N_MAX) {
        return fb_err_set(err, FB_E_RANGE, "pass@%lld of %lld successes in %lld tries",
            (long long)k, (long long)c, (long long)n);
    }
    double none = 1;
    if (n - c < k) {
        none = 0;
    } else if (c < k) {
        for (int64_t i = 0; i < c; i++) {
            none *= (double)(n - k - i) / (double)(n - i);
        }
    } else {
        for (int64_t i = 0; i < k; i++) {
            none *= (double)(n - c - i) / (double)(n - i);
        }
    }
    *out = 1 - none;
    return FB_OK;
}

/* Prompts, seen as if they had been tried `until` times at most. */
struct view {
    const struct fb_attempt *attempts;
    size_t count;
    int64_t until;
};

static bool found_by(const struct view *view, size_t i, int64_t tries)
{
    int64_t first = view->attempts[i].first;
    return first > 0 && first <= tries && first <= view->until;
}

static double share_by(const struct view *view, int64_t tries)
{
    size_t found = 0;
    for (size_t i = 0; i < view->count; i++) {
        found += found_by(view, i, tries);
    }
    return (double)found / (double)view->count;
}

/* The log likelihood of B(a, b) with a geometric first success: P(first = n) = B(a + 1, b + n - 1)
 * / B(a, b); P(none in n) = S(n) = B(a, b + n) / B(a, b). A success between tries l and n has
 * S(l) - S(n), in which S(n) / S(l) = B(a, b + n) / B(a, b + l). */
static double log_between(double a, double b, int64_t from, int64_t to)
{
    double before = lbeta(a, b + (double)from);
    return before + log(-expm1(lbeta(a, b + (double)to) - before));
}

static double likelihood(const struct view *view, const double log_ab[2])
{
    double a = exp(log_ab[0]), b = exp(log_ab[1]), sum = 0;
    double none = lbeta(a, b + (double)view->until), base = lbeta(a, b);
    for (size_t i = 0; i < view->count; i++) {
        const struct fb_attempt *at = &view->attempts[i];
        if (!found_by(view, i, view->until)) {
            sum += none - base;
        } else if (at->unsure > 0) {
            sum += log_between(a, b, at->first - 1 - at->unsure, at->first) - base;
        } else {
            sum += lbeta(a + 1, b + (double)at->first - 1) - base;
        }
    }
    return sum;
}

/* Climbs by turns along both axes and their diagonals with a shrinking step: the likelihood is
 * smooth and has one top in practice; the start is moderate. */
static void fit_beta(const struct view *view, double out[2])
{
    static const double ways[][2] = {
        {1, 0}, {-1, 0}, {0, 1}, {0, -1}, {1, 1}, {-1, -1}, {1, -1}, {-1, 1}};
    double at[2] = {-1, 2}, best = likelihood(view, at), step = 2;
    for (int round = 0; round < 8 * SEARCH_ROUNDS && step > 1e-7; round++) {
        bool moved = false;
        for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
            double next[2] = {at[0] + step * ways[i][0], at[1] + step * ways[i][1]};
            if (fabs(next[0]) > 20 || fabs(next[1]) > 20) {
                continue;
            }
            double value = likelihood(view, next);
            if (value > best) {
                best = value;
                memcpy(at, next, sizeof(at));
                moved = true;
            }
        }
        step *= moved ? 1 : 0.5;
    }
    out[0] = exp(at[0]);
    out[1] = exp(at[1]);
}

/* Least squares of log(-log share) on log tries, over tries in steps of a quarter octave. False
 * when fewer than three shares lie strictly within 0 and 1. */
static bool fit_power(const struct view *view, double tries, double *out)
{
    struct fb_trend_point points[CURVE_MAX];
    struct fb_trend line;
    struct fb_err ignored;
    size_t count = 0;
    int64_t last = 0;
    fb_err_init(&ignored);
    for (double x = 1; count < CURVE_MAX; x *= 1.189207115002721) {
        int64_t n = (int64_t)fmin(floor(x + 0.5), (double)view->until);
        double share = share_by(view, n);
        if (n > last && share > 0 && share < 1) {
            points[count++] = (struct fb_trend_point){log((double)n), log(-log(share))};
        }
        last = n;
        if (n >= view->until) {
            break;
        }
    }
    if (count < 3 || fb_trend_fit(points, count, &line, &ignored) != FB_OK) {
        return false;
    }
    *out = exp(-exp(fb_trend_at(&line, log(tries))));
    return true;
}

static double log_odds(double p)
{
    return log(p / (1 - p));
}

/* The higher of both forecasts from a view. */
static double forecast(const struct view *view, double tries, struct fb_attempt_forecast *out)
{
    double ab[2], power = 0;
    fit_beta(view, ab);
    out->a = ab[0];
    out->b = ab[1];
    out->beta_geometric = -expm1(lbeta(ab[0], ab[1] + tries) - lbeta(ab[0], ab[1]));
    out->power_law = fit_power(view, tries, &power) ? power : out->beta_geometric;
    return fmax(out->beta_geometric, out->power_law);
}

/* Cuts the data short by factors of two, and forecasts from there to each later cut. */
static void backtest(const struct view *all, double half, struct fb_attempt_forecast *out)
{
    for (int64_t from = all->until / 2; from >= TRIES_MIN; from /= 2) {
        struct view cut = {all->attempts, all->count, from};
        struct fb_attempt_forecast early;
        if (share_by(&cut, from) * (double)all->count < FOUND_MIN) {
            break;
        }
        double seen = share_by(all, all->until);
        double expected = forecast(&cut, (double)all->until, &early);
        double doublings = log2((double)all->until / (double)from);
        seen = fmin(1 - half, fmax(half, seen));
        expected = fmin(1 - half, fmax(half, expected));
        out->shortfall = fmax(out->shortfall, (log_odds(seen) - log_odds(expected)) / doublings);
        out->backtests++;
    }
}

static enum fb_code check_attempts(const struct fb_attempt *attempts, size_t count,
    const double tries_confidence[2], struct view *out, struct fb_err *err)
{
    int64_t until = 0;
    size_t found = 0;
    for (size_t i = 0; i < count; i++) {
        until = attempts[i].tries > until ? attempts[i].tries : until;
    }
    for (size_t i = 0; i < count; i++) {
        const struct fb_attempt *a = &attempts[i];
        bool good = a->first >= 0 && a->first <= a->tries && a->unsure >= 0 &&
                    (a->unsure < a->first || a->unsure == 0) &&
                    (a->first > 0 ? a->tries >= 1 : a->tries == until);
        if (!good) {
            return fb_err_set(
                err, FB_E_RANGE, "a prompt that did not give way was tried less often than others");
        }
        found += a->first > 0;
    }
    if (until < TRIES_MIN || until > FB_BINOMIAL_N_MAX || found < FOUND_MIN) {
        (void)fb_err_set(err, FB_E_RANGE,
            "growth cannot be told from %zu prompt%s that gave way within %lld tries", found,
            found == 1 ? "" : "s", (long long)until);
        return fb_err_hint(err, "It takes %d that gave way, and %d tries of each that did not.",
            FOUND_MIN, TRIES_MIN);
    }
    if (!(tries_confidence[0] >= (double)until && isfinite(tries_confidence[0])) ||
        !(tries_confidence[1] > 0 && tries_confidence[1] < 1)) {
        return fb_err_set(
            err, FB_E_RANGE, "a forecast to %g tries is no forecast", tries_confidence[0]);
    }
    *out = (struct view){attempts, count, until};
    return FB_OK;
}

enum fb_code fb_attempts_forecast(const struct fb_attempt *attempts, size_t count,
    const double tries_confidence[2], struct fb_attempt_forecast *out, struct fb_err *err)
{
    FB_ASSERT((attempts || count == 0) && tries_confidence && out);
    struct view view = {.count = 0};
    enum fb_code code = check_attempts(attempts, count, tries_confidence, &view, err);
    if (code != FB_OK) {
        return code;
    }
    double tries = tries_confidence[0], half = 0.5 / (double)count;
    struct fb_attempt_forecast found = {.shortfall = 0};
    double most = forecast(&view, tries, &found);
    backtest(&view, half, &found);
    most = fmin(1 - half, fmax(half, most));
    double doublings = log2(tries / (double)view.until);
    double odds = exp(log_odds(most) + found.shortfall * doublings);
    double share = odds / (1 + odds);
    found.upper = 1;
    if (found.backtests > 0) {
        code = fb_binomial_upper_real(
            fmin(share, 1) * (double)count, (double)count, tries_confidence[1], &found.upper, err);
    }
    if (code == FB_OK) {
        found.upper = fmax(found.upper, fb_attempts_mixed_upper(attempts, count, tries_confidence));
        *out = found;
    }
    return code;
}

/* The line of log survival on psi through the top of n sorted psi (ascending), at the share 1 /
 * queries. */
static bool extrapolate(
    const double *psi, size_t n, size_t top, double queries, double out_psi_slope[2])
{
    double x_mean = 0, y_mean = 0, sxx = 0, sxy = 0;
    for (size_t i = 0; i < top; i++) {
        x_mean += psi[n - 1 - i] / (double)top;
        y_mean += log(((double)i + 0.5) / (double)n) / (double)top;
    }
    for (size_t i = 0; i < top; i++) {
        double x = psi[n - 1 - i] - x_mean;
        sxx += x * x;
        sxy += x * (log(((double)i + 0.5) / (double)n) - y_mean);
    }
    if (!(sxx > 0) || !(sxy < 0)) {
        return false;
    }
    out_psi_slope[1] = sxy / sxx;
    out_psi_slope[0] = x_mean + (-log(queries) - y_mean) / out_psi_slope[1];
    return true;
}

/* The upper limit of psi at the share 1 / queries, were log survival a line beyond the top of n
 * sorted psi (ascending). */
static double tail_upper(const double *psi, const struct fb_rare *rare)
{
    double n = (double)rare->count, top = (double)rare->top, sum = 0;
    double from = psi[rare->count - 1 - rare->top], error = (1 - rare->confidence) / 2;
    for (size_t i = 0; i < rare->top; i++) {
        sum += psi[rare->count - 1 - i] - from;
    }
    double scale = 2 * sum / qchisq(error, 2 * top, 1, 0);
    double share = qbeta(error, top + 1, n - top, 0, 0);
    return from + scale * fmax(0, log((double)rare->queries * share));
}

/* How far forecasts from halves and quarters, every second and fourth query, fell short of what all
 * of them showed. part has room for half of the queries. */
static double find_shortfall(const double *psi, const struct fb_rare *rare, double *part)
{
    double shortfall = 0, line[2];
    for (size_t stride = 2; stride <= 4 && rare->count / stride >= rare->top; stride *= 2) {
        size_t n = 0;
        double most = -INFINITY;
        for (size_t i = 0; i < rare->count; i++) {
            most = fmax(most, psi[i]);
            if (i % stride == 0) {
                part[n++] = psi[i];
            }
        }
        fb_sample_sort(part, n);
        if (extrapolate(part, n, rare->top, (double)rare->count, line)) {
            shortfall = fmax(shortfall, most - line[0]);
        }
    }
    return shortfall;
}

static enum fb_code check_rare(const struct fb_rare *rare, struct fb_err *err)
{
    if (rare->top < 3 || rare->count <= rare->top || rare->queries < rare->count) {
        (void)fb_err_set(err, FB_E_RANGE, "the top %zu of %zu say nothing of %zu queries",
            rare->top, rare->count, rare->queries);
        return fb_err_hint(err, "It takes the highest 3 at least, more queries than those, and a "
                                "forecast to no fewer queries than were seen.");
    }
    if (!(rare->confidence > 0 && rare->confidence < 1)) {
        return fb_err_set(
            err, FB_E_RANGE, "a confidence %g is not between 0 and 1", rare->confidence);
    }
    for (size_t i = 0; i < rare->count; i++) {
        if (!(rare->p[i] > 0 && rare->p[i] < 1)) {
            return fb_err_set(
                err, FB_E_RANGE, "a probability %g is not between 0 and 1", rare->p[i]);
        }
    }
    return FB_OK;
}

enum fb_code fb_rare_extrapolate(
    const struct fb_rare *rare, struct fb_rare_forecast *out, struct fb_err *err)
{
    FB_ASSERT(rare && (rare->p || rare->count == 0) && out);
    enum fb_code code = check_rare(rare, err);
    if (code != FB_OK) {
        return code;
    }
    double *psi = fb_calloc(2 * rare->count, sizeof(double));
    if (!psi) {
        return fb_err_set(err, FB_E_NOMEM, "no memory for %zu queries", rare->count);
    }
    for (size_t i = 0; i < rare->count; i++) {
        psi[i] = -log(-log(rare->p[i]));
    }
    double line[2] = {0, 0}, shortfall = find_shortfall(psi, rare, psi + rare->count);
    fb_sample_sort(psi, rare->count);
    if (extrapolate(psi, rare->count, rare->top, (double)rare->queries, line)) {
        double upper = fmax(line[0], tail_upper(psi, rare)) + shortfall;
        *out =
            (struct fb_rare_forecast){exp(-exp(-line[0])), line[1], shortfall, exp(-exp(-upper))};
    } else {
        code = fb_err_set(err, FB_E_RANGE, "the largest probabilities are all alike");
    }
    fb_free(psi);
    return code;
}

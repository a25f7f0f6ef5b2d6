/* attempts_limit.c: the highest share at many tries that the data does not rule out; attempts.h. */
#define MATHLIB_STANDALONE 1
#include <Rmath.h>
#include <math.h>
#include <stdbool.h>

#include "base/assert.h"
#include "stats/attempts.h"
#include "stats/quadrature.h"

enum {
    BOUNDS_MAX = 48, /* 0, powers of two, and the last try */
    NODES = 40,
    SPREADS = 24,
    STEPS = 24,
};

static const double spread_least = 0.1, spread_step = 1.23; /* to about 11.6 log odds */
static const double middle_least = -40, middle_most = 8;
static const double reach = 6; /* deviations of a normal variate that are looked at */

/* Prompts by the octave in which they gave way. */
struct octaves {
    double bound[BOUNDS_MAX]; /* numbers of tries, ascending from 0 */
    int count;
    double found[BOUNDS_MAX][BOUNDS_MAX]; /* [after][by]: bounds between which they gave way */
    double rest;                          /* prompts that did not */
    struct fb_quadrature rule;
};

static int bound_above(const struct octaves *o, double tries)
{
    int i = 0;
    while (i + 1 < o->count && o->bound[i] < tries) {
        i++;
    }
    return i;
}

static int bound_below(const struct octaves *o, double tries)
{
    int i = bound_above(o, tries);
    return i > 0 && o->bound[i] > tries ? i - 1 : i;
}

static void sort_in(struct octaves *o, const struct fb_attempt *attempts, size_t count)
{
    int64_t until = 0;
    *o = (struct octaves){.count = 1};
    for (size_t i = 0; i < count; i++) {
        until = attempts[i].tries > until ? attempts[i].tries : until;
    }
    for (int64_t bound = 1; bound < until; bound *= 2) {
        o->bound[o->count++] = (double)bound;
    }
    o->bound[o->count++] = (double)until;
    FB_ASSERT(o->count <= BOUNDS_MAX);
    for (size_t i = 0; i < count; i++) {
        double by = (double)attempts[i].first, after = by - 1 - (double)attempts[i].unsure;
        if (attempts[i].first == 0) {
            o->rest++;
        } else {
            o->found[bound_below(o, after)][bound_above(o, by)]++;
        }
    }
    fb_quadrature_legendre(NODES, &o->rule);
}

/* The share of prompts left after each of so many tries, whose rates have normal log odds. */
static void survive(const struct octaves *o, double middle, double spread, const double *tries,
    int count, double *out)
{
    double total = 0;
    for (int i = 0; i < count; i++) {
        out[i] = 0;
    }
    for (int j = 0; j < o->rule.count; j++) {
        double z = reach * o->rule.node[j], weight = o->rule.weight[j] * exp(-z * z / 2);
        double fails = -log1p(exp(middle + spread * z)); /* log of 1 less the rate */
        double stays = 1;
        total += weight;
        for (int i = 0; i < count; i++) {
            bool is_double = i > 0 && tries[i] == 2 * tries[i - 1];
            stays = is_double ? stays * stays : exp(tries[i] * fails);
            out[i] += weight * stays;
        }
    }
    for (int i = 0; i < count; i++) {
        out[i] /= total;
    }
}

static double likelihood(const struct octaves *o, double middle, double spread)
{
    static const double least = 1e-300;
    double left[BOUNDS_MAX], sum = 0;
    survive(o, middle, spread, o->bound, o->count, left);
    for (int i = 0; i < o->count; i++) {
        for (int j = i + 1; j < o->count; j++) {
            double found = o->found[i][j];
            sum += found > 0 ? found * log(fmax(least, left[i] - left[j])) : 0;
        }
    }
    return sum + (o->rest > 0 ? o->rest * log(fmax(least, left[o->count - 1])) : 0);
}

/* The middle of the greatest likelihood at a spread: golden section; the likelihood has one top. */
static double best_middle(const struct octaves *o, double spread, double *out_best)
{
    static const double golden = 0.6180339887498949;
    double low = middle_least, high = middle_most;
    double a = high - golden * (high - low), b = low + golden * (high - low);
    double at_a = likelihood(o, a, spread), at_b = likelihood(o, b, spread);
    for (int i = 0; i < STEPS; i++) {
        if (at_a < at_b) {
            low = a;
            a = b;
            at_a = at_b;
            b = low + golden * (high - low);
            at_b = likelihood(o, b, spread);
        } else {
            high = b;
            b = a;
            at_b = at_a;
            a = high - golden * (high - low);
            at_a = likelihood(o, a, spread);
        }
    }
    *out_best = fmax(at_a, at_b);
    return at_a > at_b ? a : b;
}

double fb_attempts_mixed_upper(
    const struct fb_attempt *attempts, size_t count, const double tries_confidence[2])
{
    FB_ASSERT(attempts && count > 0 && tries_confidence);
    FB_ASSERT(tries_confidence[1] > 0 && tries_confidence[1] < 1);
    struct octaves o;
    double middles[SPREADS], spreads[SPREADS], tops[SPREADS], best = -INFINITY, most = 0;
    sort_in(&o, attempts, count);
    for (int i = 0; i < SPREADS; i++) {
        spreads[i] = spread_least * pow(spread_step, i);
        middles[i] = best_middle(&o, spreads[i], &tops[i]);
        best = fmax(best, tops[i]);
    }
    double least = best - qchisq(tries_confidence[1], 1, 1, 0) / 2;
    for (int i = 0; i < SPREADS; i++) {
        if (tops[i] < least) {
            continue;
        }
        double low = middles[i], high = middle_most, left;
        for (int step = 0; step < STEPS; step++) {
            double middle = (low + high) / 2;
            bool is_in = likelihood(&o, middle, spreads[i]) >= least;
            low = is_in ? middle : low;
            high = is_in ? high : middle;
        }
        survive(&o, high, spreads[i], tries_confidence, 1, &left);
        most = fmax(most, 1 - left);
    }
    return most;
}

#define MATHLIB_STANDALONE 1
#include "stats/sequence.h"

#include <Rmath.h>
#include <math.h>
#include <stdbool.h>

#include "base/assert.h"
#include "stats/binomial.h"

enum { HALVINGS = 60 };

/* The logarithm of the martingale against the rate p, strictly within 0 and 1. */
static double log_martingale(const struct fb_sequence_counts *c, double p)
{
    double q = 1 - p, odds = 2 * log(20), k = c->k, n = c->n;
    double r = fmax(c->n_optimal * p * q / (odds + log1p(odds)) - p * q, 1e-3 * p * q);
    double a = r / q, b = r / p;
    return lbeta(a + k, b + n - k) - lbeta(a, b) - k * log(p) - (n - k) * log1p(-p);
}

enum fb_code fb_sequence_binomial(
    const struct fb_sequence_counts *counts, double out[2], struct fb_err *err)
{
    FB_ASSERT(counts && out);
    const struct fb_sequence_counts *c = counts;
    if (!(c->n >= 0 && c->n <= FB_BINOMIAL_N_MAX && c->k >= 0 && c->k <= c->n)) {
        return fb_err_set(err, FB_E_RANGE, "%g successes of %g samples make no sense", c->k, c->n);
    }
    if (!(c->alpha > 0 && c->alpha < 1) || !(c->n_optimal > 0 && isfinite(c->n_optimal))) {
        return fb_err_set(err, FB_E_RANGE, "alpha %g or the optimal sample size %g is out of range",
            c->alpha, c->n_optimal);
    }
    double middle = c->n > 0 ? c->k / c->n : 0.5, limit = -log(c->alpha);
    for (int side = 0; side < 2; side++) {
        /* Beyond `outer` all rates are refused; at `inner`, the share seen, none is. */
        double inner = middle, outer = side;
        bool is_open = c->n <= 0 || (side == 0 ? c->k <= 0 : c->k >= c->n);
        for (int i = 0; !is_open && i < HALVINGS; i++) {
            double p = inner + (outer - inner) / 2;
            if (p > 0 && p < 1 && log_martingale(c, p) < limit) {
                inner = p;
            } else {
                outer = p;
            }
        }
        out[side] = side == 0 && is_open ? 0 : side == 1 && is_open ? 1 : outer;
    }
    return FB_OK;
}

/* A game at work: the bets of each round, which do not depend on the candidate but for the cut. */
struct game {
    const double *x;
    int64_t n;
    double alpha;
};

/* Whether the hedged capital against the mean m ever reached 1 / alpha. */
static bool is_refused(const struct game *game, double m)
{
    double up = 0, down = 0, sum = 0, spread = 0.25, limit = log(2 / game->alpha);
    double variance = 0.25;
    for (int64_t i = 0; i < game->n; i++) {
        double t = (double)i + 1;
        double bet = sqrt(2 * limit / (variance * t * log1p(t)));
        double high = fmin(bet, m > 0 ? 0.5 / m : bet),
               low = fmin(bet, m < 1 ? 0.5 / (1 - m) : bet);
        up += log1p(high * (game->x[i] - m));
        down += log1p(-low * (game->x[i] - m));
        /* Half of the capital on either side. */
        if (fmax(up, down) >= limit) {
            return true;
        }
        sum += game->x[i];
        double mean = (0.5 + sum) / (t + 1);
        spread += (game->x[i] - mean) * (game->x[i] - mean);
        variance = spread / (t + 1);
    }
    return false;
}

enum fb_code fb_sequence_betting(
    const double *x, int64_t n, double alpha, double out[2], struct fb_err *err)
{
    FB_ASSERT((x || n == 0) && out);
    if (n < 0 || n > FB_SEQUENCE_SAMPLES_MAX) {
        return fb_err_set(err, FB_E_LIMIT, "more than %d samples", FB_SEQUENCE_SAMPLES_MAX);
    }
    if (!(alpha > 0 && alpha < 1)) {
        return fb_err_set(err, FB_E_RANGE, "alpha %g is not between 0 and 1", alpha);
    }
    double sum = 0;
    for (int64_t i = 0; i < n; i++) {
        if (!(x[i] >= 0 && x[i] <= 1)) {
            return fb_err_set(err, FB_E_RANGE, "a value %g is not between 0 and 1", x[i]);
        }
        sum += x[i];
    }
    struct game game = {x, n, alpha};
    double middle = n ? (sum + 0.5) / ((double)n + 1) : 0.5;
    for (int side = 0; side < 2; side++) {
        double inner = middle, outer = side;
        bool is_open = n == 0 || !is_refused(&game, outer) || is_refused(&game, middle);
        for (int i = 0; !is_open && i < HALVINGS - 10; i++) {
            double m = inner + (outer - inner) / 2;
            if (is_refused(&game, m)) {
                outer = m;
            } else {
                inner = m;
            }
        }
        out[side] = outer;
    }
    return FB_OK;
}

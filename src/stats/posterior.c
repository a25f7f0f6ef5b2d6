#define MATHLIB_STANDALONE 1
#include "stats/posterior.h"

#include <Rmath.h>
#include <math.h>

#include "base/assert.h"
#include "stats/quadrature.h"

static const double pi = 3.14159265358979323846;

/* --- Two independent rates -------------------------------------------------------------------- */

static enum fb_code check_counts(const int64_t k_n[2], struct fb_err *err)
{
    if (!(k_n[0] >= 0 && k_n[0] <= k_n[1])) {
        return fb_err_set(err, FB_E_RANGE, "%lld of %lld are no successes of samples",
            (long long)k_n[0], (long long)k_n[1]);
    }
    if (k_n[1] > FB_POSTERIOR_N_MAX) {
        return fb_err_set(err, FB_E_LIMIT, "more than %d samples", FB_POSTERIOR_N_MAX);
    }
    return FB_OK;
}

enum fb_code fb_posterior_independent(
    const int64_t first[2], const int64_t second[2], double *out, struct fb_err *err)
{
    FB_ASSERT(first && second && out);
    enum fb_code code = check_counts(first, err);
    code = code ? code : check_counts(second, err);
    if (code != FB_OK) {
        return code;
    }
    double a1 = 1 + (double)first[0], b1 = 1 + (double)(first[1] - first[0]);
    double a2 = 1 + (double)second[0], b2 = 1 + (double)(second[1] - second[0]);
    double constant = lbeta(a2, b2), sum = 0;
    for (double i = 0; i < a1; i++) {
        sum += exp(lbeta(a2 + i, b1 + b2) - log(b1 + i) - lbeta(1 + i, b1) - constant);
    }
    *out = fmin(1, fmax(0, sum));
    return FB_OK;
}

/* --- Two rates on the same samples ------------------------------------------------------------ */

enum {
    OUTER = 40, /* nodes of the first rate */
    INNER = 20, /* of the second, on either side of the first */
    TURNS = 64, /* steps of the angle whose sine is rho; even */
    NORMAL_MAX = 100000
};

/* The posterior of the two rates, rho integrated out, up to a factor: exp(scale) times it. The
 * joint probability that both are below their thresholds, as a function of the angle t, is
 * Phi(h) Phi(k) + 1 / 2 pi times the integral from 0 to t of exp(-(h^2 + k^2 - 2 h k sin t) / (2
 * cos^2 t)); it is carried along in steps by Simpson's rule. */
struct pair {
    const struct fb_posterior_table *table;
    double scale;
    struct fb_quadrature outer;
    struct fb_quadrature inner;
};

static double density_at(double h, double k, double t)
{
    double c = cos(t);
    return c * c < 1e-12 ? 0 : exp(-(h * h + k * k - 2 * h * k * sin(t)) / (2 * c * c)) / (2 * pi);
}

static double log_times(int64_t count, double p)
{
    return count == 0 ? 0 : p > 0 ? (double)count * log(p) : -INFINITY;
}

/* The likelihood of the table where `neither` has probability v. */
static double likelihood(const struct pair *pair, double p, double q, double v)
{
    const struct fb_posterior_table *t = pair->table;
    double both = p + q + v - 1, first = 1 - q - v, second = 1 - p - v;
    double log_sum = log_times(t->both, both) + log_times(t->first, first) +
                     log_times(t->second, second) + log_times(t->neither, v);
    return exp(log_sum - pair->scale);
}

/* rho = 2 Beta(4, 2) - 1, and the step from rho to its angle. */
static double prior_at(double t)
{
    double x = (1 + sin(t)) / 2;
    return x * x * x * (1 - x) * cos(t);
}

static double joint(const struct pair *pair, double p, double q)
{
    double h = -qnorm(p, 0, 1, 1, 0), k = -qnorm(q, 0, 1, 1, 0);
    double independent = (1 - p) * (1 - q), step = pi / 2 / (TURNS / 2), sum = 0;
    sum += prior_at(0) * likelihood(pair, p, q, independent);
    for (int sign = -1; sign <= 1; sign += 2) {
        double v = independent, before = density_at(h, k, 0);
        for (int i = 1; i < TURNS / 2; i++) {
            double t = sign * i * step;
            double middle = density_at(h, k, t - sign * step / 2), after = density_at(h, k, t);
            v += sign * step / 6 * (before + 4 * middle + after);
            before = after;
            sum += prior_at(t) * likelihood(pair, p, q, fmax(0, v));
        }
    }
    return sum;
}

/* Where a rate may lie: the tails beyond hold less than 1e-8 of a flat prior's posterior. */
static void reach(int64_t k, int64_t n, double out[2])
{
    double a = 1 + (double)k, b = 1 + (double)(n - k);
    double mean = a / (a + b), sd = sqrt(mean * (1 - mean) / (a + b + 1));
    out[0] = fmax(0, mean - 7 * sd - 12 / (a + b));
    out[1] = fmin(1, mean + 7 * sd + 12 / (a + b));
}

/* The integral over q in [from, to]. */
static double across(const struct pair *pair, double p, const double from_to[2])
{
    const struct fb_quadrature *rule = &pair->inner;
    double half = (from_to[1] - from_to[0]) / 2, sum = 0;
    for (int j = 0; half > 0 && j < INNER; j++) {
        double q = from_to[0] + half * (1 + rule->node[j]);
        sum += rule->weight[j] * joint(pair, p, q);
    }
    return half > 0 ? sum * half : 0;
}

static double normal_model(const struct fb_posterior_table *t, int64_t n)
{
    struct pair pair = {.table = t};
    const struct fb_quadrature *rule = &pair.outer;
    fb_quadrature_legendre(OUTER, &pair.outer);
    fb_quadrature_legendre(INNER, &pair.inner);
    double p_reach[2], q_reach[2], over = 0, under = 0;
    const int64_t cells[4] = {t->both, t->first, t->second, t->neither};
    for (int i = 0; i < 4; i++) {
        pair.scale += log_times(cells[i], (double)cells[i] / (double)(n > 0 ? n : 1));
    }
    reach(t->both + t->first, n, p_reach);
    reach(t->both + t->second, n, q_reach);
    double half = (p_reach[1] - p_reach[0]) / 2;
    for (int i = 0; i < OUTER; i++) {
        double p = p_reach[0] + half * (1 + rule->node[i]);
        double middle = fmin(q_reach[1], fmax(q_reach[0], p));
        over += rule->weight[i] * across(&pair, p, (const double[2]){q_reach[0], middle});
        under += rule->weight[i] * across(&pair, p, (const double[2]){middle, q_reach[1]});
    }
    return over + under > 0 ? over / (over + under) : (double)NAN;
}

enum fb_code fb_posterior_paired(
    const struct fb_posterior_table *table, struct fb_posterior_paired *out, struct fb_err *err)
{
    FB_ASSERT(table && out);
    const int64_t cells[4] = {table->both, table->first, table->second, table->neither};
    int64_t n = 0;
    for (int i = 0; i < 4; i++) {
        if (cells[i] < 0) {
            return fb_err_set(err, FB_E_RANGE, "a number of samples is negative");
        }
        n += cells[i] <= FB_POSTERIOR_N_MAX ? cells[i] : FB_POSTERIOR_N_MAX + 1;
    }
    if (n > FB_POSTERIOR_N_MAX) {
        return fb_err_set(err, FB_E_LIMIT, "more than %d samples", FB_POSTERIOR_N_MAX);
    }
    double a = 1 + (double)table->first, b = 1 + (double)table->second;
    *out = (struct fb_posterior_paired){.dirichlet = pbeta(0.5, a, b, 0, 0),
        .normal = n <= NORMAL_MAX ? normal_model(table, n) : (double)NAN};
    return FB_OK;
}

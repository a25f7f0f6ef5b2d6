/* posterior_groups.c: rates of groups that borrow strength from each other; posterior.h. */
#include <math.h>

#include "base/alloc.h"
#include "base/assert.h"
#include "stats/posterior.h"

enum {
    COARSE = 33,  /* points a side of the grid that finds where the posterior is */
    FINE = 61,    /* and of the one that integrates over it */
    STEPS = 41,   /* of the integral over one group's z */
    CELLS = 12000 /* of a histogram of log odds */
};
static const double mu_most = 6, log_tau_least = -7, log_tau_most = 2.7;
static const double odds_most = 30; /* log odds beyond +-30 are put at the ends */
static const double cut = 1e-9;     /* of the highest: what is less is left out */

/* A histogram of a number in [low, high]; weights between two cells are shared by them. */
struct histogram {
    double low, high, total, sum;
    double cell[CELLS + 1];
};

/* A point of the posterior: what is added to the histograms there. */
struct node {
    double mu, tau, weight;
};

struct work {
    struct fb_posterior_group *groups;
    size_t count;
    struct node *nodes; /* FINE x FINE */
    size_t node_count;
    struct histogram *histogram;
    double confidence;
};

/* --- Histograms ------------------------------------------------------------------------------- */

static void start(struct histogram *h, double low, double high)
{
    *h = (struct histogram){.low = low, .high = high};
}

/* A histogram of a group's log odds: 14 standard errors around what its own counts say. */
static void start_near(struct histogram *h, const struct fb_posterior_group *g)
{
    double k = (double)g->k + 0.5, rest = (double)(g->n - g->k) + 0.5;
    double middle = log(k / rest), reach = 14 * sqrt(1 / k + 1 / rest);
    start(h, middle - reach, middle + reach);
}

static void add(struct histogram *h, double x, double value, double weight)
{
    double at = (fmin(h->high, fmax(h->low, x)) - h->low) / (h->high - h->low) * CELLS;
    int cell = at < CELLS ? (int)at : CELLS - 1;
    h->cell[cell] += weight * (1 - (at - cell));
    h->cell[cell + 1] += weight * (at - cell);
    h->total += weight;
    h->sum += weight * value;
}

/* The number below which a share of the weight lies. */
static double quantile(const struct histogram *h, double share)
{
    double wanted = share * h->total, before = 0;
    for (int i = 0; i <= CELLS; i++) {
        if (before + h->cell[i] >= wanted && h->cell[i] > 0) {
            /* The weight of a cell lies half a cell to both of its sides. */
            double at = i - 0.5 + (wanted - before) / h->cell[i];
            return h->low + fmin(CELLS, fmax(0, at)) / CELLS * (h->high - h->low);
        }
        before += h->cell[i];
    }
    return h->high;
}

static double rate_of(double odds)
{
    return 1 / (1 + exp(-odds));
}

/* --- One group -------------------------------------------------------------------------------- */

/* log of p^k (1 - p)^(n - k) at log odds x, and -z^2 / 2. */
static double log_joint(const struct fb_posterior_group *g, double x, double z)
{
    double log1p_exp = x > 0 ? x + log1p(exp(-x)) : log1p(exp(x));
    return (double)g->k * x - (double)g->n * log1p_exp - z * z / 2;
}

/* The z where a group's integrand is highest, and how wide it is there. The integrand's logarithm
 * is concave, so that its slope, tau (k - n p) - z, has one zero, which lies between 0 and the
 * slope at 0: Newton's method, with bisection where it would leave what is known. */
static double find_mode(
    const struct fb_posterior_group *g, double mu, double tau, double *out_width)
{
    double ends[2] = {0, tau * ((double)g->k - (double)g->n * rate_of(mu))};
    double low = fmin(ends[0], ends[1]), high = fmax(ends[0], ends[1]), z = 0, curvature = 1;
    for (int i = 0; i < 100; i++) {
        double p = rate_of(mu + tau * z);
        double slope = tau * ((double)g->k - (double)g->n * p) - z;
        curvature = 1 + tau * tau * (double)g->n * p * (1 - p);
        low = slope > 0 ? z : low;
        high = slope > 0 ? high : z;
        double next = z + slope / curvature;
        next = next > low && next < high ? next : (low + high) / 2;
        double move = fabs(next - z);
        z = next;
        if (move * sqrt(curvature) < 1e-4) {
            break;
        }
    }
    *out_width = 1 / sqrt(curvature);
    return z;
}

/* The log of a group's likelihood at mu and tau, z integrated out, by the trapezoid rule around the
 * mode; with a histogram, the group's log odds are added to it with that weight. */
static double integrate(
    const struct fb_posterior_group *g, const struct node *at, struct histogram *histogram)
{
    double width = 1, z = find_mode(g, at->mu, at->tau, &width), sum = 0, values[STEPS];
    double top = log_joint(g, at->mu + at->tau * z, z), reach = 8 * width;
    double step = 2 * reach / (STEPS - 1);
    for (int i = 0; i < STEPS; i++) {
        double here = z - reach + i * step;
        values[i] = exp(log_joint(g, at->mu + at->tau * here, here) - top);
        sum += values[i];
    }
    for (int i = 0; histogram && i < STEPS; i++) {
        double odds = at->mu + at->tau * (z - reach + i * step);
        add(histogram, odds, rate_of(odds), at->weight * values[i] / sum);
    }
    return top + log(sum * step);
}

/* --- All groups ------------------------------------------------------------------------------- */

/* The log posterior of mu and log tau. */
static double log_posterior(const struct work *w, double mu, double log_tau)
{
    const struct node at = {mu, exp(log_tau), 0};
    double sum = -mu * mu / 2 - at.tau + log_tau; /* the last is the step to log tau */
    for (size_t i = 0; i < w->count; i++) {
        sum += integrate(&w->groups[i], &at, NULL);
    }
    return sum;
}

/* Where a grid over [mu] x [log tau] has more than `cut` of its highest value. */
static void narrow(const struct work *w, double mu[2], double log_tau[2])
{
    double values[COARSE][COARSE], best = -INFINITY;
    double mu_step = (mu[1] - mu[0]) / (COARSE - 1);
    double tau_step = (log_tau[1] - log_tau[0]) / (COARSE - 1);
    for (int i = 0; i < COARSE; i++) {
        for (int j = 0; j < COARSE; j++) {
            values[i][j] = log_posterior(w, mu[0] + i * mu_step, log_tau[0] + j * tau_step);
            best = fmax(best, values[i][j]);
        }
    }
    int least[2] = {COARSE, COARSE}, most[2] = {0, 0};
    for (int i = 0; i < COARSE; i++) {
        for (int j = 0; j < COARSE; j++) {
            if (values[i][j] > best + log(cut)) {
                least[0] = i < least[0] ? i : least[0];
                most[0] = i > most[0] ? i : most[0];
                least[1] = j < least[1] ? j : least[1];
                most[1] = j > most[1] ? j : most[1];
            }
        }
    }
    double from[2] = {mu[0], log_tau[0]};
    mu[1] = from[0] + fmin(COARSE - 1, most[0] + 1) * mu_step;
    mu[0] = from[0] + fmax(0, least[0] - 1) * mu_step;
    log_tau[1] = from[1] + fmin(COARSE - 1, most[1] + 1) * tau_step;
    log_tau[0] = from[1] + fmax(0, least[1] - 1) * tau_step;
}

/* Lays the grid. The first look may be too coarse to see the posterior well, so it is taken twice.
 */
static void lay(struct work *w)
{
    double mu[2] = {-mu_most, mu_most}, log_tau[2] = {log_tau_least, log_tau_most};
    double best = -INFINITY;
    narrow(w, mu, log_tau);
    narrow(w, mu, log_tau);
    for (int i = 0; i < FINE; i++) {
        for (int j = 0; j < FINE; j++) {
            struct node *n = &w->nodes[w->node_count++];
            double t = log_tau[0] + (log_tau[1] - log_tau[0]) * j / (FINE - 1);
            n->mu = mu[0] + (mu[1] - mu[0]) * i / (FINE - 1);
            n->tau = exp(t);
            n->weight = log_posterior(w, n->mu, t);
            best = fmax(best, n->weight);
        }
    }
    size_t kept = 0;
    for (size_t i = 0; i < w->node_count; i++) {
        struct node n = w->nodes[i];
        n.weight = exp(n.weight - best);
        if (n.weight > cut) {
            w->nodes[kept++] = n;
        }
    }
    w->node_count = kept;
}

static void read_off(const struct work *w, double out[3])
{
    const struct histogram *h = w->histogram;
    out[0] = h->sum / h->total;
    out[1] = rate_of(quantile(h, (1 - w->confidence) / 2));
    out[2] = rate_of(quantile(h, (1 + w->confidence) / 2));
}

static void describe_common(struct work *w, struct fb_posterior_groups *out)
{
    struct histogram *h = w->histogram;
    static const struct fb_posterior_group unseen = {0, 0, 0, 0, 0};
    double read[3];
    start(h, -odds_most, odds_most);
    for (size_t i = 0; i < w->node_count; i++) {
        add(h, w->nodes[i].mu, rate_of(w->nodes[i].mu), w->nodes[i].weight);
    }
    read_off(w, read);
    out->mean = read[0], out->low = read[1], out->high = read[2];
    start(h, -odds_most, odds_most);
    for (size_t i = 0; i < w->node_count; i++) {
        (void)integrate(&unseen, &w->nodes[i], h);
    }
    read_off(w, read);
    out->new_mean = read[0], out->new_low = read[1], out->new_high = read[2];
    start(h, 0, exp(log_tau_most));
    for (size_t i = 0; i < w->node_count; i++) {
        add(h, w->nodes[i].tau, w->nodes[i].tau, w->nodes[i].weight);
    }
    out->spread = h->sum / h->total;
    out->spread_low = quantile(h, (1 - w->confidence) / 2);
    out->spread_high = quantile(h, (1 + w->confidence) / 2);
}

static enum fb_code check(
    const struct fb_posterior_group *groups, size_t count, double confidence, struct fb_err *err)
{
    if (count == 0 || !(confidence > 0 && confidence < 1)) {
        return fb_err_set(err, FB_E_RANGE,
            count == 0 ? "there are no groups" : "the confidence is not between 0 and 1");
    }
    if (count > FB_POSTERIOR_GROUPS_MAX) {
        return fb_err_set(err, FB_E_LIMIT, "more than %d groups", FB_POSTERIOR_GROUPS_MAX);
    }
    for (size_t i = 0; i < count; i++) {
        if (!(groups[i].k >= 0 && groups[i].k <= groups[i].n)) {
            return fb_err_set(err, FB_E_RANGE, "%lld of %lld are no successes of samples",
                (long long)groups[i].k, (long long)groups[i].n);
        }
        if (groups[i].n > FB_POSTERIOR_N_MAX) {
            return fb_err_set(err, FB_E_LIMIT, "more than %d samples", FB_POSTERIOR_N_MAX);
        }
    }
    return FB_OK;
}

enum fb_code fb_posterior_groups_find(struct fb_posterior_group *groups, size_t count,
    double confidence, struct fb_posterior_groups *out, struct fb_err *err)
{
    FB_ASSERT(groups && out);
    struct work w = {.groups = groups, .count = count, .confidence = confidence};
    enum fb_code code = check(groups, count, confidence, err);
    if (code != FB_OK) {
        return code;
    }
    w.nodes = fb_calloc((size_t)FINE * FINE, sizeof(*w.nodes));
    w.histogram = fb_calloc(1, sizeof(*w.histogram));
    if (!w.nodes || !w.histogram) {
        code = fb_err_set(err, FB_E_NOMEM, "no memory for the rates of %zu groups", count);
        goto out;
    }
    lay(&w);
    describe_common(&w, out);
    for (size_t g = 0; g < count; g++) {
        double read[3];
        start_near(w.histogram, &groups[g]);
        for (size_t i = 0; i < w.node_count; i++) {
            (void)integrate(&groups[g], &w.nodes[i], w.histogram);
        }
        read_off(&w, read);
        groups[g].mean = read[0], groups[g].low = read[1], groups[g].high = read[2];
    }
out:
    fb_free(w.nodes);
    fb_free(w.histogram);
    return code;
}

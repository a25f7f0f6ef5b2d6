#define MATHLIB_STANDALONE 1
#include "stats/coverage.h"

#include <Rmath.h>
#include <math.h>
#include <string.h>

#include "base/alloc.h"
#include "base/assert.h"
#include "stats/binomial.h"
#include "stats/clustered.h"
#include "stats/coverage_cases.h"
#include "stats/judge.h"
#include "stats/probe.h"
#include "stats/random.h"
#include "stats/safety.h"
#include "stats/sequence.h"
#include "stats/trend.h"

static const double level = FB_COVERAGE_LEVEL;

enum { LOOKS = 500 }; /* after each of so many samples one looks */

/* --- Intervals of k of n, summed exactly over all outcomes -------------------------------------
 */

static enum fb_code upper_bound(int64_t k, int64_t n, double out[2], struct fb_err *err)
{
    out[0] = 0;
    return fb_binomial_upper(k, n, level, &out[1], err);
}

static enum fb_code lower_bound(int64_t k, int64_t n, double out[2], struct fb_err *err)
{
    out[1] = 1;
    return fb_binomial_lower(k, n, level, &out[0], err);
}

static enum fb_code two_sided(int64_t k, int64_t n, double out[2], struct fb_err *err)
{
    enum fb_code code = fb_binomial_lower(k, n, (1 + level) / 2, &out[0], err);
    return code ? code : fb_binomial_upper(k, n, (1 + level) / 2, &out[1], err);
}

static enum fb_code flat_prior(int64_t k, int64_t n, double out[2], struct fb_err *err)
{
    const struct fb_binomial_prior flat = {1, 1};
    return fb_binomial_posterior(&flat, (int64_t[2]){k, n}, level, out, err);
}

/* Plus or minus two standard errors, which is [0, 0] for none of n. */
static enum fb_code wald(int64_t k, int64_t n, double out[2], struct fb_err *err)
{
    (void)err;
    double p = (double)k / (double)n, reach = 1.959963984540054 * sqrt(p * (1 - p) / (double)n);
    out[0] = p - reach;
    out[1] = p + reach;
    return FB_OK;
}

static enum fb_code wald_upper(int64_t k, int64_t n, double out[2], struct fb_err *err)
{
    (void)err;
    double p = (double)k / (double)n;
    out[0] = 0;
    out[1] = p + 1.6448536269514722 * sqrt(p * (1 - p) / (double)n);
    return FB_OK;
}

static enum fb_code sum_up(const struct fb_coverage_case *c, double *out, struct fb_err *err)
{
    double held = 0;
    for (int64_t k = 0; k <= (int64_t)c->n; k++) {
        double ends[2];
        enum fb_code code = c->interval(k, (int64_t)c->n, ends, err);
        if (code != FB_OK) {
            return code;
        }
        held += ends[0] <= c->p && c->p <= ends[1] ? dbinom((double)k, c->n, c->p, 0) : 0;
    }
    *out = held;
    return FB_OK;
}

/* The narrowest at 100 samples; the choice is made before looking. */
static enum fb_code mixture(int64_t k, int64_t n, double out[2], struct fb_err *err)
{
    struct fb_sequence_counts counts = {(double)k, (double)n, 1 - level, 100};
    return fb_sequence_binomial(&counts, out, err);
}

/* One more sample: chances[k] that k of n succeeded and the truth was inside so far. */
static enum fb_code look_once(
    const struct fb_coverage_case *c, int64_t n, double *chances, struct fb_err *err)
{
    static const double least = 1e-13; /* what is rarer counts as outside */
    for (int64_t k = n; k >= 0; k--) {
        double stays = k < n ? chances[k] * (1 - c->p) : 0;
        chances[k] = stays + (k > 0 ? chances[k - 1] * c->p : 0);
    }
    for (int64_t k = 0; k <= n; k++) {
        double ends[2] = {1, 0};
        enum fb_code code = chances[k] > least ? c->interval(k, n, ends, err) : FB_OK;
        if (code != FB_OK) {
            return code;
        }
        chances[k] = ends[0] <= c->p && c->p <= ends[1] ? chances[k] : 0;
    }
    return FB_OK;
}

/* One looks after every sample: the chance of all paths on which the truth is never outside. */
static enum fb_code sum_looks(const struct fb_coverage_case *c, double *out, struct fb_err *err)
{
    double chances[LOOKS + 1] = {1}, held = 0;
    for (int64_t n = 1; n <= LOOKS; n++) {
        enum fb_code code = look_once(c, n, chances, err);
        if (code != FB_OK) {
            return code;
        }
    }
    for (int64_t k = 0; k <= LOOKS; k++) {
        held += chances[k];
    }
    *out = held;
    return FB_OK;
}

/* --- Simulated rounds
 * ----------------------------------------------------------------------------- */

enum { CLUSTER_SIZE = 5, CLUSTERS_MAX = 60, SAMPLES_MAX = 2000 };

/* Betting checks all sizes up to the last by itself. */
static enum fb_code look_betting(
    const struct fb_coverage_case *c, struct fb_random *random, bool *held, struct fb_err *err)
{
    double x[LOOKS], ends[2];
    for (int i = 0; i < LOOKS; i++) {
        x[i] = fb_random_unit(random) < c->p;
    }
    enum fb_code code = fb_sequence_betting(x, LOOKS, 1 - level, ends, err);
    *held = ends[0] <= c->p && c->p <= ends[1];
    return code;
}

/* Clusters of five whose rates differ: p in the mean, a third of them all alike. */
static enum fb_code draw_clusters(const struct fb_coverage_case *c, struct fb_random *random,
    double *x, struct fb_clustered_mean *out, struct fb_err *err)
{
    uint32_t cluster[CLUSTERS_MAX * CLUSTER_SIZE], clusters = (uint32_t)c->n;
    for (uint32_t i = 0; i < clusters * CLUSTER_SIZE; i++) {
        cluster[i] = i / CLUSTER_SIZE;
        /* With probability 1/3 to the power 1/2 each, a sample copies its cluster's own draw. */
        if (i % CLUSTER_SIZE == 0) {
            x[i] = fb_random_unit(random) < c->p;
        } else {
            bool copies = fb_random_unit(random) < 0.6;
            x[i] = copies ? x[i - i % CLUSTER_SIZE] : fb_random_unit(random) < c->p;
        }
    }
    struct fb_clustered s = {x, cluster, (size_t)clusters * CLUSTER_SIZE, clusters};
    return fb_clustered_find(&s, out, err);
}

static enum fb_code clusters_ours(
    const struct fb_coverage_case *c, struct fb_random *random, bool *held, struct fb_err *err)
{
    double x[CLUSTERS_MAX * CLUSTER_SIZE], ends[2] = {0, 0};
    struct fb_clustered_mean mean;
    enum fb_code code = draw_clusters(c, random, x, &mean, err);
    code = code ? code : fb_clustered_rate(&mean, (size_t)c->n * CLUSTER_SIZE, level, ends, err);
    *held = ends[0] <= c->p && c->p <= ends[1];
    return code;
}

static enum fb_code clusters_wald(
    const struct fb_coverage_case *c, struct fb_random *random, bool *held, struct fb_err *err)
{
    double x[CLUSTERS_MAX * CLUSTER_SIZE];
    struct fb_clustered_mean mean = {.mean = 0};
    enum fb_code code = draw_clusters(c, random, x, &mean, err);
    *held = fabs(mean.mean - c->p) <= 1.959963984540054 * mean.error;
    return code;
}

static enum fb_code clusters_ignored(
    const struct fb_coverage_case *c, struct fb_random *random, bool *held, struct fb_err *err)
{
    double x[CLUSTERS_MAX * CLUSTER_SIZE], ends[2] = {0, 0};
    struct fb_clustered_mean mean = {.mean = 0};
    int64_t n = (int64_t)c->n * CLUSTER_SIZE;
    enum fb_code code = draw_clusters(c, random, x, &mean, err);
    code = code ? code : two_sided((int64_t)floor(mean.mean * (double)n + 0.5), n, ends, err);
    *held = ends[0] <= c->p && c->p <= ends[1];
    return code;
}

static int64_t draw_binomial(struct fb_random *random, int64_t n, double p)
{
    int64_t k = 0;
    for (int64_t i = 0; i < n; i++) {
        k += fb_random_unit(random) < p;
    }
    return k;
}

/* A judge that calls 5% of negatives positive and misses 15% of positives, known from 100 each. */
static struct fb_judge_counts draw_judged(
    const struct fb_coverage_case *c, struct fb_random *random)
{
    double seen = c->p * 0.85 + (1 - c->p) * 0.05;
    int64_t n = (int64_t)c->n;
    return (struct fb_judge_counts){draw_binomial(random, n, seen), n,
        draw_binomial(random, 100, 0.95), 100, draw_binomial(random, 100, 0.85), 100, level};
}

static enum fb_code judge_ours(
    const struct fb_coverage_case *c, struct fb_random *random, bool *held, struct fb_err *err)
{
    struct fb_judge_counts counts = draw_judged(c, random);
    struct fb_judge_estimate e = {0, 0, 0};
    enum fb_code code = fb_judge_rogan_gladen(&counts, &e, err);
    *held = e.low <= c->p && c->p <= e.high;
    return code;
}

static enum fb_code judge_believed(
    const struct fb_coverage_case *c, struct fb_random *random, bool *held, struct fb_err *err)
{
    struct fb_judge_counts counts = draw_judged(c, random);
    double ends[2] = {0, 0};
    enum fb_code code = two_sided(counts.positives, counts.samples, ends, err);
    *held = ends[0] <= c->p && c->p <= ends[1];
    return code;
}

/* The four kinds of prediction-powered intervals; c->n is ten times the labelled samples, and the
 * kind. Ten times as many samples only the judge has seen. */
enum { PPI, PPI_TUNED, PPI_NORMAL, PPI_TUNED_NORMAL, PPI_KINDS = 10 };

static enum fb_code ppi_round(
    const struct fb_coverage_case *c, struct fb_random *random, bool *held, struct fb_err *err)
{
    static const double flips[] = {0.1, 0.15};
    double y[SAMPLES_MAX / 10], f[SAMPLES_MAX / 10], u[SAMPLES_MAX];
    size_t n = (size_t)c->n / PPI_KINDS;
    int kind = (int)c->n % PPI_KINDS;
    FB_ASSERT(10 * n <= SAMPLES_MAX);
    for (size_t i = 0; i < 11 * n; i++) {
        bool truth = fb_random_unit(random) < c->p;
        bool judged = truth != (fb_random_unit(random) < flips[truth]);
        if (i < n) {
            y[i] = truth;
            f[i] = judged;
        } else {
            u[i - n] = judged;
        }
    }
    struct fb_judge_samples s = {y, f, n, u, 10 * n, level};
    struct fb_judge_estimate e = {0, 0, 0};
    bool tune = kind == PPI_TUNED || kind == PPI_TUNED_NORMAL;
    enum fb_code code = kind >= PPI_NORMAL ? fb_judge_ppi_normal(&s, tune, &e, err)
                                           : fb_judge_ppi(&s, tune, &e, err);
    *held = e.low <= c->p && c->p <= e.high;
    return code;
}

/* Two systems whose answers agree but for 12% and 4% of samples. */
static enum fb_code paired_round(
    const struct fb_coverage_case *c, struct fb_random *random, bool *held, struct fb_err *err)
{
    struct fb_paired pairs = {0, 0, (int64_t)c->n, 0};
    struct fb_paired_result r = {0, 1, -1, 1, 1};
    for (int64_t i = 0; i < pairs.n; i++) {
        double unit = fb_random_unit(random);
        pairs.only_first += unit < c->p;
        pairs.only_second += unit > 0.96;
    }
    enum fb_code code = fb_paired_compare(&pairs, level, &r, err);
    *held = r.low <= c->p - 0.04 && c->p - 0.04 <= r.high;
    return code;
}

/* Normal scores that lie p standard deviations apart. */
static enum fb_code probe_round(
    const struct fb_coverage_case *c, struct fb_random *random, bool *held, struct fb_err *err)
{
    double yes[SAMPLES_MAX], no[SAMPLES_MAX], truth = pnorm5(c->p / sqrt(2), 0, 1, 1, 0);
    size_t n = (size_t)c->n;
    for (size_t i = 0; i < n; i++) {
        yes[i] = c->p + fb_random_normal(random);
        no[i] = fb_random_normal(random);
    }
    struct fb_probe probe = {yes, n, no, n};
    struct fb_probe_auroc a = {0, 0, 1, 0};
    enum fb_code code = fb_probe_find(&probe, level, &a, err);
    *held = a.low <= truth && truth <= a.high;
    return code;
}

/* Suspicion is uniform for honest behaviour and its root for attempts, 80% of which are done; the
 * auditors read the top share p. */
static enum fb_code control_round(
    const struct fb_coverage_case *c, struct fb_random *random, bool *held, struct fb_err *err)
{
    enum { ATTEMPTS = 100 };
    double honest[SAMPLES_MAX], attacks[ATTEMPTS];
    unsigned char done[ATTEMPTS];
    size_t n = (size_t)c->n;
    for (size_t i = 0; i < n; i++) {
        honest[i] = fb_random_unit(random);
    }
    for (int i = 0; i < ATTEMPTS; i++) {
        attacks[i] = sqrt(fb_random_unit(random));
        done[i] = fb_random_unit(random) < 0.8;
    }
    struct fb_control control = {honest, n, attacks, done, ATTEMPTS, c->p, level};
    struct fb_control_result r = {.safety_lower = 2};
    enum fb_code code = fb_control_find(&control, &r, err);
    *held = r.safety_lower <= 1 - 0.8 * (1 - c->p) * (1 - c->p);
    return code;
}

/* A horizon that doubles in 7 months with a scatter of one doubling, seen p times. */
static enum fb_code trend_round(
    const struct fb_coverage_case *c, struct fb_random *random, bool *held, struct fb_err *err)
{
    struct fb_trend_point points[SAMPLES_MAX];
    struct fb_trend line;
    size_t n = (size_t)c->n;
    double slope = log(2) / 213;
    for (size_t i = 0; i < n; i++) {
        double t = 900 * fb_random_unit(random);
        points[i] =
            (struct fb_trend_point){t, slope * t + c->p * log(2) * fb_random_normal(random)};
    }
    enum fb_code code = fb_trend_fit(points, n, &line, err);
    if (code == FB_OK) {
        struct fb_trend_interval d = fb_trend_doubling_interval(fb_trend_slope(&line, level));
        *held = d.low <= 213 && 213 <= d.high;
    }
    return code;
}

static const struct fb_coverage_case cases[] = {
    {"exact upper bound", "n = 30, rate 5%", true, upper_bound, NULL, 30, 0.05},
    {"exact upper bound", "n = 100, rate 1%", true, upper_bound, NULL, 100, 0.01},
    {"exact upper bound", "n = 300, rate 0.1%", true, upper_bound, NULL, 300, 0.001},
    {"exact upper bound", "n = 1000, rate 20%", true, upper_bound, NULL, 1000, 0.2},
    {"exact lower bound", "n = 30, rate 50%", true, lower_bound, NULL, 30, 0.5},
    {"exact lower bound", "n = 100, rate 99%", true, lower_bound, NULL, 100, 0.99},
    {"exact interval", "n = 30, rate 5%", true, two_sided, NULL, 30, 0.05},
    {"exact interval", "n = 100, rate 1%", true, two_sided, NULL, 100, 0.01},
    {"exact interval", "n = 300, rate 50%", true, two_sided, NULL, 300, 0.5},
    {"Wald's interval", "n = 30, rate 5%", false, wald, NULL, 30, 0.05},
    {"Wald's interval", "n = 100, rate 1%", false, wald, NULL, 100, 0.01},
    {"Wald's interval", "n = 50, rate 1% ([0, 0] in 61% of cases)", false, wald, NULL, 50, 0.01},
    {"Wald's interval", "n = 300, rate 0.1% ([0, 0] in 74%)", false, wald, NULL, 300, 0.001},
    {"Wald's upper bound", "n = 100, rate 1%", false, wald_upper, NULL, 100, 0.01},
    {"flat prior (Beta(1, 1))", "n = 30, rate 5%", false, flat_prior, NULL, 30, 0.05},
    {"flat prior (Beta(1, 1))", "n = 100, rate 1%", false, flat_prior, NULL, 100, 0.01},
    {"anytime, mixture", "a look after each of 500, rate 5%", true, mixture, NULL, 0, 0.05},
    {"anytime, mixture", "a look after each of 500, rate 50%", true, mixture, NULL, 0, 0.5},
    {"anytime, betting", "a look after each of 500, rate 5%", true, NULL, look_betting, 100, 0.05},
    {"anytime, betting", "a look after each of 500, rate 50%", true, NULL, look_betting, 100, 0.5},
    {"exact interval", "a look after each of 500, rate 5%", false, two_sided, NULL, 0, 0.05},
    {"exact interval", "a look after each of 500, rate 50%", false, two_sided, NULL, 0, 0.5},
    {"clustered rate", "20 clusters of 5, rate 5%", true, NULL, clusters_ours, 20, 0.05},
    {"clustered rate", "20 clusters of 5, rate 30%", true, NULL, clusters_ours, 20, 0.3},
    {"clustered rate", "60 clusters of 5, rate 5%", true, NULL, clusters_ours, 60, 0.05},
    {"Wald's, clustered", "20 clusters of 5, rate 5%", false, NULL, clusters_wald, 20, 0.05},
    {"exact, clusters ignored", "20 clusters of 5, rate 30%", false, NULL, clusters_ignored, 20,
        0.3},
    {"judge corrected", "500 judged, rate 2%", true, NULL, judge_ours, 500, 0.02},
    {"judge corrected", "500 judged, rate 10%", true, NULL, judge_ours, 500, 0.1},
    {"judge corrected", "500 judged, rate 40%", true, NULL, judge_ours, 500, 0.4},
    {"judge believed", "500 judged, rate 2%", false, NULL, judge_believed, 500, 0.02},
    {"judge believed", "500 judged, rate 40%", false, NULL, judge_believed, 500, 0.4},
    {"PPI", "20 labelled, 200 judged, rate 2%", true, NULL, ppi_round, 200, 0.02},
    {"PPI", "20 labelled, 200 judged, rate 10%", true, NULL, ppi_round, 200, 0.1},
    {"PPI", "20 labelled, 200 judged, rate 30%", true, NULL, ppi_round, 200, 0.3},
    {"PPI", "50 labelled, 500 judged, rate 2%", true, NULL, ppi_round, 500, 0.02},
    {"PPI", "50 labelled, 500 judged, rate 10%", true, NULL, ppi_round, 500, 0.1},
    {"PPI", "50 labelled, 500 judged, rate 30%", true, NULL, ppi_round, 500, 0.3},
    {"PPI", "200 labelled, 2,000 judged, rate 2%", true, NULL, ppi_round, 2000, 0.02},
    {"PPI", "200 labelled, 2,000 judged, rate 10%", true, NULL, ppi_round, 2000, 0.1},
    {"PPI", "200 labelled, 2,000 judged, rate 30%", true, NULL, ppi_round, 2000, 0.3},
    {"PPI++", "20 labelled, 200 judged, rate 2%", true, NULL, ppi_round, 201, 0.02},
    {"PPI++", "20 labelled, 200 judged, rate 10%", true, NULL, ppi_round, 201, 0.1},
    {"PPI++", "20 labelled, 200 judged, rate 30%", true, NULL, ppi_round, 201, 0.3},
    {"PPI++", "50 labelled, 500 judged, rate 2%", true, NULL, ppi_round, 501, 0.02},
    {"PPI++", "50 labelled, 500 judged, rate 10%", true, NULL, ppi_round, 501, 0.1},
    {"PPI++", "50 labelled, 500 judged, rate 30%", true, NULL, ppi_round, 501, 0.3},
    {"PPI++", "200 labelled, 2,000 judged, rate 2%", true, NULL, ppi_round, 2001, 0.02},
    {"PPI++", "200 labelled, 2,000 judged, rate 10%", true, NULL, ppi_round, 2001, 0.1},
    {"PPI++", "200 labelled, 2,000 judged, rate 30%", true, NULL, ppi_round, 2001, 0.3},
    {"PPI as published", "20 labelled, 200 judged, rate 2%", false, NULL, ppi_round, 202, 0.02},
    {"PPI as published", "20 labelled, 200 judged, rate 10%", false, NULL, ppi_round, 202, 0.1},
    {"PPI as published", "200 labelled, 2,000 judged, rate 2%", false, NULL, ppi_round, 2002, 0.02},
    {"PPI as published", "200 labelled, 2,000 judged, rate 10%", false, NULL, ppi_round, 2002, 0.1},
    {"PPI++ as published", "20 labelled, 200 judged, rate 2%", false, NULL, ppi_round, 203, 0.02},
    {"PPI++ as published", "20 labelled, 200 judged, rate 10%", false, NULL, ppi_round, 203, 0.1},
    {"PPI++ as published", "200 labelled, 2,000 judged, rate 2%", false, NULL, ppi_round, 2003,
        0.02},
    {"PPI++ as published", "200 labelled, 2,000 judged, rate 10%", false, NULL, ppi_round, 2003,
        0.1},
    {"paired difference", "100 pairs, 12% against 4%", true, NULL, paired_round, 100, 0.12},
    {"paired difference", "20 pairs, 12% against 4%", true, NULL, paired_round, 20, 0.12},
    {"AUROC", "50 of each, 1 deviation apart", true, NULL, probe_round, 50, 1},
    {"AUROC", "10 of each, 3 deviations apart", true, NULL, probe_round, 10, 3},
    {"control, audit budget", "200 honest, budget 5%", true, NULL, control_round, 200, 0.05},
    {"control, audit budget", "1,000 honest, budget 20%", true, NULL, control_round, 1000, 0.2},
    {"doubling time", "6 models, scatter of a doubling", true, NULL, trend_round, 6, 1},
    {"doubling time", "20 models, scatter of a doubling", true, NULL, trend_round, 20, 1},
};

enum { CASES = sizeof(cases) / sizeof(cases[0]) };

/* The cases of rates, then those of models. */
static const struct fb_coverage_case *case_at(size_t n)
{
    FB_ASSERT(n < fb_coverage_count());
    return n < CASES ? &cases[n] : &fb_coverage_models[n - CASES];
}

size_t fb_coverage_count(void)
{
    return CASES + fb_coverage_model_count;
}

bool fb_coverage_is(size_t n, const char *method, const char *setting)
{
    FB_ASSERT(method && setting);
    const struct fb_coverage_case *c = case_at(n);
    return strcmp(c->method, method) == 0 && strcmp(c->setting, setting) == 0;
}

enum fb_code fb_coverage_find(
    size_t n, uint32_t rounds, struct fb_coverage *out, struct fb_err *err)
{
    FB_ASSERT(rounds >= 100 && out);
    const struct fb_coverage_case *c = case_at(n);
    struct fb_coverage found = {c->method, c->setting, c->ours, level, 0, 0};
    enum fb_code code = FB_OK;
    if (c->interval) {
        code = c->n == 0 ? sum_looks(c, &found.held, err) : sum_up(c, &found.held, err);
    } else {
        uint32_t held = 0;
        for (uint32_t i = 0; code == FB_OK && i < rounds; i++) {
            /* Every case has streams of its own. */
            struct fb_random random = fb_random_start((uint64_t)n << 32 | 1, i);
            bool is_held = false;
            code = c->round(c, &random, &is_held, err);
            held += is_held;
        }
        found.held = (double)held / rounds;
        found.error = sqrt(level * (1 - level) / rounds);
    }
    if (code == FB_OK) {
        *out = found;
    }
    return code;
}

/* --- Curves ----------------------------------------------------------------------------------- */

static const struct {
    const char *name;
    bool ours;
    enum fb_code (*interval)(int64_t k, int64_t n, double out[2], struct fb_err *err);
} methods[] = {{"exact upper bound", true, upper_bound}, {"exact lower bound", true, lower_bound},
    {"exact interval", true, two_sided}, {"Wald's interval", false, wald},
    {"Wald's upper bound", false, wald_upper}, {"flat prior (Beta(1, 1))", false, flat_prior}};
static const int64_t sizes[] = {10, 20, 30, 50, 100, 200, 300, 1000};

enum {
    METHODS = sizeof(methods) / sizeof(methods[0]),
    SIZES = sizeof(sizes) / sizeof(sizes[0]),
};

size_t fb_coverage_curve_count(void)
{
    return (size_t)METHODS * SIZES;
}

bool fb_coverage_curve_is(size_t i, const char *method, int64_t n)
{
    FB_ASSERT(i < fb_coverage_curve_count() && method);
    return sizes[i % SIZES] == n && strcmp(methods[i / SIZES].name, method) == 0;
}

double fb_coverage_rate(size_t point)
{
    static const double most = 6.90675477864855; /* the log odds of 99.9% */
    FB_ASSERT(point < FB_COVERAGE_POINTS);
    return 1 / (1 + exp(most * (1 - 2 * (double)point / (FB_COVERAGE_POINTS - 1))));
}

/* The chances of 0 to n of n, by the ratios of neighbours from the most frequent one, where
 * nothing is lost: those that are too small to count become 0. */
static void chances_of(int64_t n, double p, double *out)
{
    double odds = p / (1 - p);
    int64_t most = (int64_t)floor((double)(n + 1) * p);
    most = most > n ? n : most;
    out[most] = dbinom((double)most, (double)n, p, 0);
    for (int64_t k = most; k < n; k++) {
        out[k + 1] = out[k] * odds * (double)(n - k) / (double)(k + 1);
    }
    for (int64_t k = most; k > 0; k--) {
        out[k - 1] = out[k] * (double)k / ((double)(n - k + 1) * odds);
    }
}

enum fb_code fb_coverage_curve_find(size_t i, struct fb_coverage_curve *out, struct fb_err *err)
{
    FB_ASSERT(i < fb_coverage_curve_count() && out);
    int64_t n = sizes[i % SIZES];
    struct fb_coverage_curve c = {
        .method = methods[i / SIZES].name, .ours = methods[i / SIZES].ours, .n = n, .least = 2};
    double(*ends)[2] = fb_calloc((size_t)n + 1, sizeof(*ends));
    double *chances = fb_calloc((size_t)n + 1, sizeof(*chances));
    enum fb_code code =
        ends && chances ? FB_OK
                        : fb_err_set(err, FB_E_NOMEM, "no memory for %lld intervals", (long long)n);
    for (int64_t k = 0; code == FB_OK && k <= n; k++) {
        code = methods[i / SIZES].interval(k, n, ends[k], err);
        if (code == FB_OK && !(ends[k][0] < ends[k][1])) {
            c.empty += dbinom((double)k, (double)n, 1 / (double)n, 0);
        }
    }
    for (size_t point = 0; code == FB_OK && point < FB_COVERAGE_POINTS; point++) {
        double p = fb_coverage_rate(point), held = 0;
        chances_of(n, p, chances);
        for (int64_t k = 0; k <= n; k++) {
            held += ends[k][0] <= p && p <= ends[k][1] ? chances[k] : 0;
        }
        c.held[point] = held;
        c.mean += held / FB_COVERAGE_POINTS;
        /* Both ends are alike by symmetry; which is less in its last bits is chance. */
        if (held < c.least - 1e-9) {
            c.least_at = p;
            c.least = held;
        }
    }
    fb_free(ends);
    fb_free(chances);
    if (code == FB_OK) {
        *out = c;
    }
    return code;
}

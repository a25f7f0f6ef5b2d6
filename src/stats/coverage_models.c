/* coverage_models.c: how often intervals of models, gaps and forecasts hold; see coverage.h. */
#define MATHLIB_STANDALONE 1
#include <Rmath.h>
#include <math.h>

#include "base/assert.h"
#include "stats/attempts.h"
#include "stats/capability.h"
#include "stats/clustered.h"
#include "stats/coverage_cases.h"
#include "stats/horizon.h"
#include "stats/paired.h"
#include "stats/safety.h"
#include "stats/trend.h"

static const double level = FB_COVERAGE_LEVEL;

/* --- Pairs in clusters ------------------------------------------------------------------------ */

enum { CLUSTER_SIZE = 5, PAIRS_MAX = 60 * CLUSTER_SIZE };

/* n clusters of five pairs, most of which do what their cluster does: the first system alone solves
 * 10%, the second alone 10% + p. */
static struct fb_paired_differences draw_pairs(
    const struct fb_coverage_case *c, struct fb_random *random, double *x, uint32_t *cluster)
{
    size_t clusters = (size_t)c->n, count = clusters * CLUSTER_SIZE;
    FB_ASSERT(count <= PAIRS_MAX);
    double shared = 0;
    for (size_t i = 0; i < count; i++) {
        shared = i % CLUSTER_SIZE == 0 ? fb_random_unit(random) : shared;
        double own = fb_random_unit(random);
        double u = fb_random_unit(random) < 0.3 ? own : shared;
        x[i] = u < 0.1 ? -1 : u < 0.2 + c->p ? 1 : 0;
        cluster[i] = (uint32_t)(i / CLUSTER_SIZE);
    }
    return (struct fb_paired_differences){x, x, cluster, count, (uint32_t)clusters};
}

static enum fb_code paired_clusters(
    const struct fb_coverage_case *c, struct fb_random *random, bool *held, struct fb_err *err)
{
    double x[PAIRS_MAX], ends[2] = {1, -1};
    uint32_t cluster[PAIRS_MAX];
    struct fb_paired_differences pairs = draw_pairs(c, random, x, cluster);
    enum fb_code code = fb_paired_rates(&pairs, level, ends, err);
    *held = ends[0] <= c->p && c->p <= ends[1];
    return code;
}

static enum fb_code paired_alone(
    const struct fb_coverage_case *c, struct fb_random *random, bool *held, struct fb_err *err)
{
    double x[PAIRS_MAX];
    uint32_t cluster[PAIRS_MAX];
    struct fb_paired_differences pairs = draw_pairs(c, random, x, cluster);
    struct fb_paired counts = {0, 0, (int64_t)pairs.n, 0};
    struct fb_paired_result r = {.low = 1, .high = -1};
    for (size_t i = 0; i < pairs.n; i++) {
        counts.only_first += x[i] > 0;
        counts.only_second += x[i] < 0;
    }
    enum fb_code code = fb_paired_compare(&counts, level, &r, err);
    *held = r.low <= c->p && c->p <= r.high;
    return code;
}

/* The test of alike systems: it may not find them different. */
static enum fb_code paired_test(
    const struct fb_coverage_case *c, struct fb_random *random, bool *held, struct fb_err *err)
{
    double x[PAIRS_MAX], p = 0;
    uint32_t cluster[PAIRS_MAX];
    struct fb_paired_differences pairs = draw_pairs(c, random, x, cluster);
    enum fb_code code = fb_paired_flips(&pairs, &p, err);
    *held = p > 1 - level;
    return code;
}

/* --- Time horizon ----------------------------------------------------------------------------- */

enum { FAMILIES_MAX = 40, TASKS = 2, RUNS = 8, RESAMPLES = 200 };

/* n families of two tasks of 1 to 1,024 minutes, eight runs each; success has the log odds
 * 0.6 (5 - log2 minutes), and half of the tasks do what their family does, half of the runs what
 * their task does. The horizon at p = 0.5 is 32 minutes. */
static enum fb_code horizon_round(
    const struct fb_coverage_case *c, struct fb_random *random, bool *held, struct fb_err *err)
{
    static const double slope = -0.6, at = 5;
    struct fb_horizon_run runs[FAMILIES_MAX * TASKS * RUNS];
    uint32_t families = (uint32_t)c->n;
    size_t count = 0;
    FB_ASSERT(families <= FAMILIES_MAX);
    for (uint32_t f = 0; f < families; f++) {
        double of_family = fb_random_unit(random), near = 9 * fb_random_unit(random);
        for (uint32_t t = 0; t < TASKS; t++) {
            double x = near + fb_random_unit(random), own = fb_random_unit(random);
            double of_task = fb_random_unit(random) < 0.5 ? of_family : own;
            double chance = 1 / (1 + exp(-slope * (x - at)));
            for (int r = 0; r < RUNS; r++) {
                own = fb_random_unit(random);
                double u = fb_random_unit(random) < 0.5 ? of_task : own;
                runs[count++] = (struct fb_horizon_run){
                    .family = f, .task = f * TASKS + t, .minutes = exp2(x), .score = u < chance};
            }
        }
    }
    struct fb_horizon_data data = {runs, count, 1, families, families * TASKS};
    struct fb_horizon_options options = {0, {c->p, 0.8}, level, RESAMPLES, fb_random_u32(random)};
    struct fb_horizon_result result = {.agents = 0};
    fb_horizon_sort(&data);
    enum fb_code code = fb_horizon_weigh(&data, FB_HORIZON_DIVERSITY, err);
    code = code ? code : fb_horizon_compute(&data, &options, &result, err);
    if (code == FB_OK) {
        double truth = exp2(at + log(c->p / (1 - c->p)) / slope);
        *held = result.fits[0].low[0] <= truth && truth <= result.fits[0].high[0];
    }
    fb_horizon_release(&result);
    return code;
}

/* --- One scale of capability ------------------------------------------------------------------ */

enum { MODELS = 30, BENCHMARKS = 12 };

/* Thirty models on twelve benchmarks, three quarters of all scores, with errors of p: the place of
 * one model in the middle. */
static enum fb_code capability_round(
    const struct fb_coverage_case *c, struct fb_random *random, bool *held, struct fb_err *err)
{
    struct fb_capability_score scores[MODELS * BENCHMARKS];
    size_t count = 0;
    uint32_t looked_at = 5 + fb_random_below(random, MODELS - 10);
    for (uint32_t m = 0; m < MODELS; m++) {
        for (uint32_t b = 0; b < BENCHMARKS; b++) {
            double capability = -1 + m / 15.0, difficulty = b == 0 ? 0 : -1 + b / 4.0;
            double slope = 1 + b % 3;
            double score = 1 / (1 + exp(-slope * (capability - difficulty)));
            score = fmin(1, fmax(0, score + c->p * fb_random_normal(random)));
            if ((m + b) % 4 != 3) {
                scores[count++] = (struct fb_capability_score){m, b, score};
            }
        }
    }
    struct fb_capability_data data = {scores, count, MODELS, BENCHMARKS};
    struct fb_capability_options options = {
        0, 1, 0, 0.01, level, RESAMPLES / 2, fb_random_u32(random)};
    struct fb_capability_result result = {.models = NULL};
    enum fb_code code = fb_capability_fit(&data, &options, &result, err);
    if (code == FB_OK) {
        double truth = -1 + looked_at / 15.0;
        *held = result.models[looked_at].low <= truth && truth <= result.models[looked_at].high;
    }
    fb_capability_release(&result);
    return code;
}

enum { FRONTIER_MAX = 64 };

/* n models at the frontier whose capability grows evenly, a point a year with a scatter of p. */
static size_t draw_even(
    const struct fb_coverage_case *c, struct fb_random *random, struct fb_trend_point *out)
{
    size_t n = (size_t)c->n;
    FB_ASSERT(n <= FRONTIER_MAX);
    for (size_t i = 0; i < n; i++) {
        double t = 4 * ((double)i + 0.5) / (double)n;
        out[i] = (struct fb_trend_point){t, t + c->p * fb_random_normal(random)};
    }
    return n;
}

/* Nothing accelerates: neither may be said that it does. */
static enum fb_code acceleration_round(
    const struct fb_coverage_case *c, struct fb_random *random, bool *held, struct fb_err *err)
{
    struct fb_trend_point points[FRONTIER_MAX];
    size_t n = draw_even(c, random, points);
    double p = 0;
    enum fb_code code =
        fb_trend_break_p(points, n, (const uint32_t[2]){59, fb_random_u32(random)}, &p, err);
    *held = p > 1 - level;
    return code;
}

static enum fb_code acceleration_by_bic(
    const struct fb_coverage_case *c, struct fb_random *random, bool *held, struct fb_err *err)
{
    struct fb_trend_point points[FRONTIER_MAX];
    struct fb_trend_break found = {.accelerated = true};
    size_t n = draw_even(c, random, points);
    enum fb_code code = fb_trend_find_break(points, n, &found, err);
    *held = !found.accelerated;
    return code;
}

/* The log odds of a score on log compute over n models in three decades; a new model p decades
 * beyond. */
static enum fb_code before_training(
    const struct fb_coverage_case *c, struct fb_random *random, bool *held, struct fb_err *err)
{
    enum { MOST = 64 };
    struct fb_trend_point points[MOST];
    struct fb_trend line;
    size_t n = (size_t)c->n;
    FB_ASSERT(n <= MOST);
    for (size_t i = 0; i < n; i++) {
        double t = 21 + 3 * fb_random_unit(random);
        points[i] = (struct fb_trend_point){t, 1.2 * (t - 23) + 0.4 * fb_random_normal(random)};
    }
    enum fb_code code = fb_trend_fit(points, n, &line, err);
    if (code == FB_OK) {
        double t = 24 + c->p, y = 1.2 * (t - 23) + 0.4 * fb_random_normal(random);
        struct fb_trend_interval band = fb_trend_band(&line, t, level, true);
        *held = band.low <= y && y <= band.high;
    }
    return code;
}

/* --- Many tries ------------------------------------------------------------------------------- */

enum { PROMPTS = 100, TRIES = 600, TRIES_LATER = 10020 };

/* The rates of prompts: Beta(0.3, 20), or log-normal around exp(-6) with p for its deviation. */
static double draw_rate(const struct fb_coverage_case *c, struct fb_random *random)
{
    if (c->p > 0) {
        return fmin(0.99, exp(-6 + c->p * fb_random_normal(random)));
    }
    return qbeta(fb_random_unit(random), 0.3, 20, 1, 0);
}

/* The share of prompts that give way within 10,020 tries. */
static double share_later(const struct fb_coverage_case *c)
{
    enum { STEPS = 4000 };
    double sum = 0;
    if (c->p == 0) {
        return 1 - exp(lbeta(0.3, 20 + TRIES_LATER) - lbeta(0.3, 20));
    }
    for (int i = 0; i < STEPS; i++) {
        double z = qnorm((i + 0.5) / STEPS, 0, 1, 1, 0);
        sum += pow(1 - fmin(0.99, exp(-6 + c->p * z)), TRIES_LATER);
    }
    return 1 - sum / STEPS;
}

static enum fb_code draw_attempts(const struct fb_coverage_case *c, struct fb_random *random,
    struct fb_attempt_forecast *out, struct fb_err *err)
{
    struct fb_attempt attempts[PROMPTS];
    for (int i = 0; i < PROMPTS; i++) {
        double rate = draw_rate(c, random);
        double first = rate > 0 ? 1 + floor(log(fb_random_unit(random)) / log1p(-rate)) : INFINITY;
        attempts[i] = (struct fb_attempt){first <= TRIES ? (int64_t)first : 0, TRIES, 0};
    }
    return fb_attempts_forecast(attempts, PROMPTS, (const double[2]){TRIES_LATER, level}, out, err);
}

static enum fb_code best_of(
    const struct fb_coverage_case *c, struct fb_random *random, bool *held, struct fb_err *err)
{
    struct fb_attempt_forecast f = {.upper = 0};
    enum fb_code code = draw_attempts(c, random, &f, err);
    *held = f.upper >= share_later(c);
    return code;
}

/* What is usual: the forecast of the power law, taken for a limit. */
static enum fb_code best_of_usual(
    const struct fb_coverage_case *c, struct fb_random *random, bool *held, struct fb_err *err)
{
    struct fb_attempt_forecast f = {.power_law = 0};
    enum fb_code code = draw_attempts(c, random, &f, err);
    *held = f.power_law >= share_later(c);
    return code;
}

/* Queries whose psi is exponential (the log of its survival is a line), or normal where p is 1. */
static enum fb_code draw_rare(const struct fb_coverage_case *c, struct fb_random *random,
    struct fb_rare_forecast *out, double *truth, struct fb_err *err)
{
    enum { QUERIES = 1000, TOP = 100, LATER = 100000 };
    double p[QUERIES], psi;
    for (int i = 0; i < QUERIES; i++) {
        psi = c->p == 1 ? fb_random_normal(random) - 1.5 : fb_random_exponential(random) / 4 - 1.5;
        p[i] = exp(-exp(-psi));
    }
    psi = c->p == 1 ? qnorm(1.0 / LATER, 0, 1, 0, 0) - 1.5 : log(LATER) / 4 - 1.5;
    *truth = exp(-exp(-psi));
    const struct fb_rare rare = {p, QUERIES, TOP, LATER, level};
    return fb_rare_extrapolate(&rare, out, err);
}

static enum fb_code rare_upper(
    const struct fb_coverage_case *c, struct fb_random *random, bool *held, struct fb_err *err)
{
    struct fb_rare_forecast f = {.worst_upper = 0};
    double truth = 1;
    enum fb_code code = draw_rare(c, random, &f, &truth, err);
    *held = f.worst_upper >= truth;
    return code;
}

static enum fb_code rare_usual(
    const struct fb_coverage_case *c, struct fb_random *random, bool *held, struct fb_err *err)
{
    struct fb_rare_forecast f = {.worst = 0};
    double truth = 1;
    enum fb_code code = draw_rare(c, random, &f, &truth, err);
    *held = f.worst >= truth;
    return code;
}

/* n tasks whose rates are Beta(p, 1), 20 tries each: the mean of pass@5. */
static enum fb_code pass_round(
    const struct fb_coverage_case *c, struct fb_random *random, bool *held, struct fb_err *err)
{
    enum { MOST = 200, TRIED = 20, K = 5 };
    double x[MOST], ends[2] = {1, 0}, truth = 1 - exp(lbeta(c->p, 1 + K) - lbeta(c->p, 1));
    uint32_t task[MOST], n = (uint32_t)c->n;
    enum fb_code code = FB_OK;
    FB_ASSERT(n <= MOST);
    for (uint32_t i = 0; code == FB_OK && i < n; i++) {
        double rate = pow(fb_random_unit(random), 1 / c->p);
        int64_t solved = 0;
        for (int t = 0; t < TRIED; t++) {
            solved += fb_random_unit(random) < rate;
        }
        task[i] = i;
        code = fb_pass_at_k(TRIED, solved, K, &x[i], err);
    }
    struct fb_clustered samples = {x, task, n, n};
    struct fb_clustered_mean mean;
    code = code ? code : fb_clustered_find(&samples, &mean, err);
    code = code ? code : fb_clustered_rate(&mean, n, level, ends, err);
    *held = ends[0] <= truth && truth <= ends[1];
    return code;
}

/* --- Gaps and signs --------------------------------------------------------------------------- */

/* n ambiguous questions; 40% of answers name a group, of which p follow the stereotype. */
static enum fb_code bias_round(
    const struct fb_coverage_case *c, struct fb_random *random, bool *held, struct fb_err *err)
{
    struct fb_bias_counts counts = {.questions = (int64_t)c->n};
    double out[3] = {0, 2, -2}, truth = 0.4 * (2 * c->p - 1);
    for (int64_t i = 0; i < counts.questions; i++) {
        bool is_known = fb_random_unit(random) < 0.4;
        counts.right += !is_known;
        counts.known += is_known;
        counts.biased += is_known && fb_random_unit(random) < c->p;
    }
    enum fb_code code = fb_bias_score(&counts, 1, level, out, err);
    *held = out[1] <= truth && truth <= out[2];
    return code;
}

/* Plain runs solve 20%, three elicitations 30%, 45% and p, n samples each: the gap lies between
 * what is sure and its upper limit. */
static enum fb_code elicitation_round(
    const struct fb_coverage_case *c, struct fb_random *random, bool *held, struct fb_err *err)
{
    const double rates[] = {0.2, 0.3, 0.45, c->p};
    int64_t found[4][2];
    double out[2] = {0, 1}, truth = fmax(0.45, c->p) - 0.2;
    for (int i = 0; i < 4; i++) {
        found[i][0] = 0;
        found[i][1] = (int64_t)c->n;
        for (int64_t j = 0; j < found[i][1]; j++) {
            found[i][0] += fb_random_unit(random) < rates[i];
        }
    }
    const int64_t best[][2] = {
        {found[1][0], found[1][1]}, {found[2][0], found[2][1]}, {found[3][0], found[3][1]}};
    enum fb_code code = fb_elicitation_gap(found[0], best, 3, level, out, err);
    *held = out[1] <= truth && truth <= out[0];
    return code;
}

/* Four levels of noise on n samples, a share p of which tells noise and none apart, either way: an
 * honest system. */
static enum fb_code sandbagging_round(
    const struct fb_coverage_case *c, struct fb_random *random, bool *held, struct fb_err *err)
{
    enum { LEVELS = 4 };
    struct fb_sandbagging_level levels[LEVELS];
    int flag = 1;
    for (int i = 0; i < LEVELS; i++) {
        levels[i] = (struct fb_sandbagging_level){0, 0, 0};
        for (int64_t j = 0; j < (int64_t)c->n; j++) {
            double u = fb_random_unit(random);
            levels[i].only_noise += u < c->p / 2;
            levels[i].only_plain += u >= c->p / 2 && u < c->p;
        }
    }
    enum fb_code code = fb_sandbagging_test(levels, LEVELS, 1 - level, &flag, err);
    *held = !flag;
    return code;
}

const struct fb_coverage_case fb_coverage_models[] = {
    {"paired difference, clusters", "20 clusters of 5, alike", true, NULL, paired_clusters, 20, 0},
    {"paired difference, clusters", "60 clusters of 5, 20 points apart", true, NULL,
        paired_clusters, 60, 0.2},
    {"paired difference, clusters ignored", "20 clusters of 5, alike", false, NULL, paired_alone,
        20, 0},
    {"paired difference, clusters ignored", "60 clusters of 5, 20 points apart", false, NULL,
        paired_alone, 60, 0.2},
    {"paired test, clusters", "20 clusters of 5, alike: no difference is found", true, NULL,
        paired_test, 20, 0},
    {"time horizon", "36 families, at 50%", true, NULL, horizon_round, 36, 0.5},
    {"time horizon", "36 families, at 80%", true, NULL, horizon_round, 36, 0.8},
    {"time horizon", "12 families, at 50%", true, NULL, horizon_round, 12, 0.5},
    {"latent capability", "30 models, 12 benchmarks, errors of 4 points", true, NULL,
        capability_round, 0, 0.04},
    {"acceleration", "12 models, none accelerates", true, NULL, acceleration_round, 12, 0.3},
    {"acceleration by BIC", "12 models, none accelerates", false, NULL, acceleration_by_bic, 12,
        0.3},
    {"prediction before training", "12 models, a decade beyond", true, NULL, before_training, 12,
        1},
    {"prediction before training", "40 models, two decades beyond", true, NULL, before_training, 40,
        2},
    {"best of N, upper limit", "600 to 10,020 tries, Beta(0.3, 20)", true, NULL, best_of, 0, 0},
    {"best of N, upper limit", "600 to 10,020 tries, log-normal, deviation 2", true, NULL, best_of,
        0, 2},
    {"best of N, power law", "600 to 10,020 tries, log-normal, deviation 2", false, NULL,
        best_of_usual, 0, 2},
    {"rare behaviour, upper limit", "1,000 to 100,000 queries, a line", true, NULL, rare_upper, 0,
        0},
    {"rare behaviour, upper limit", "1,000 to 100,000 queries, normal", true, NULL, rare_upper, 0,
        1},
    {"rare behaviour, the line", "1,000 to 100,000 queries, a line", false, NULL, rare_usual, 0, 0},
    {"pass@5", "30 tasks of 20 tries, Beta(0.3, 1)", true, NULL, pass_round, 30, 0.3},
    {"pass@5", "100 tasks of 20 tries, Beta(0.05, 1)", true, NULL, pass_round, 100, 0.05},
    {"bias score", "100 ambiguous questions, 70% biased", true, NULL, bias_round, 100, 0.7},
    {"bias score", "1,000 ambiguous questions, 95% biased", true, NULL, bias_round, 1000, 0.95},
    {"elicitation gap", "50 samples each of 4", true, NULL, elicitation_round, 50, 0.4},
    {"elicitation gap", "300 samples each of 4", true, NULL, elicitation_round, 300, 0.6},
    {"sandbagging", "4 levels of noise, 100 samples, honest", true, NULL, sandbagging_round, 100,
        0.2},
    {"sandbagging", "4 levels of noise, 30 samples, honest", true, NULL, sandbagging_round, 30,
        0.6},
};

const size_t fb_coverage_model_count = sizeof(fb_coverage_models) / sizeof(fb_coverage_models[0]);

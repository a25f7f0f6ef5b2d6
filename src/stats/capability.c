#define MATHLIB_STANDALONE 1
#include "stats/capability.h"

#include <Rmath.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/assert.h"
#include "stats/random.h"
#include "stats/sample.h"

/* Where a fit stops: the gradient is this small, or no step is found that lowers the cost. */
static const double gradient_enough = 1e-10;
static const double bound_place = 10, slope_low = 0.1, slope_high = 10;
enum { STEPS_MAX = 500 };

/*
 * A fit at work. Parameters: capabilities of the models, then of each benchmark its difficulty and
 * its slope (2 b and 2 b + 1 of the benchmarks' part).
 */
struct fit {
    const struct fb_capability_data *data;
    const struct fb_capability_options *options;
    double ridge;
    uint32_t models;
    uint32_t wide; /* 2 * benchmarks */
    double *theta; /* models + wide of them, as are the next four */
    double *trial;
    double *gradient;
    double *step;
    double *scale;    /* by parameter, likewise: second derivatives without those of residuals */
    double *diagonal; /* by model: second derivatives */
    double *cross;    /* by score: two of them, with difficulty and slope */
    double *block;    /* wide x wide, for the benchmarks */
    double *schur;    /* likewise */
    double *weights;  /* by model, then by benchmark */
    bool *fixed;      /* by parameter: does not move in this step */
};

static int compare_scores(const void *a, const void *b)
{
    const struct fb_capability_score *x = a, *y = b;
    if (x->model != y->model) {
        return x->model < y->model ? -1 : 1;
    }
    if (x->benchmark != y->benchmark) {
        return x->benchmark < y->benchmark ? -1 : 1;
    }
    return (x->score > y->score) - (x->score < y->score);
}

void fb_capability_sort(struct fb_capability_data *data)
{
    FB_ASSERT(data && (data->scores || data->count == 0));
    if (data->count > 1) {
        qsort(data->scores, data->count, sizeof(data->scores[0]), compare_scores);
    }
}

static double logistic(double e)
{
    double t = exp(-fabs(e));
    return e >= 0 ? 1 / (1 + t) : t / (1 + t);
}

static double score_weight(const struct fit *fit, const struct fb_capability_score *s)
{
    return fit->weights[s->model] * fit->weights[fit->models + s->benchmark];
}

/* The parameter that the anchor's slope would be. */
static uint32_t anchor_slope(const struct fit *fit)
{
    return fit->models + 2 * fit->options->anchor + 1;
}

static double cost_at(const struct fit *fit, const double *theta)
{
    double sum = 0, size = 0;
    for (size_t i = 0; i < fit->data->count; i++) {
        const struct fb_capability_score *s = &fit->data->scores[i];
        const double *b = &theta[fit->models + 2 * s->benchmark];
        double rest = logistic(b[1] * (theta[s->model] - b[0])) - s->score;
        sum += score_weight(fit, s) * rest * rest;
    }
    for (uint32_t i = 0; i < fit->models + fit->wide; i++) {
        size += i == anchor_slope(fit) ? 0 : theta[i] * theta[i];
    }
    return (sum + fit->ridge * size) / 2;
}

/* Adds one score to the gradient and to the second derivatives, those of the residual included,
 * which makes the last steps Newton's; what damps a step leaves these out, to stay positive. */
static void add_score(struct fit *fit, size_t number)
{
    const struct fb_capability_score *s = &fit->data->scores[number];
    uint32_t d = 2 * s->benchmark, wide = fit->wide;
    const double *b = &fit->theta[fit->models + d];
    double gap = fit->theta[s->model] - b[0], p = logistic(b[1] * gap);
    double weight = score_weight(fit, s), curve = p * (1 - p);
    double rest = weight * (p - s->score), first = rest * curve;
    double flat = weight * curve * curve, second = flat + first * (1 - 2 * p);
    double *gradient = &fit->gradient[fit->models + d], *scale = &fit->scale[fit->models + d];
    fit->gradient[s->model] += first * b[1];
    gradient[0] -= first * b[1];
    gradient[1] += first * gap;
    fit->scale[s->model] += flat * b[1] * b[1];
    scale[0] += flat * b[1] * b[1];
    scale[1] += flat * gap * gap;
    double by_place = second * b[1] * b[1], mixed = second * b[1] * gap + first;
    fit->diagonal[s->model] += by_place;
    fit->cross[2 * number] = -by_place;
    fit->cross[2 * number + 1] = mixed;
    double *row = &fit->block[(size_t)d * wide + d];
    row[0] += by_place;
    row[1] -= mixed;
    row[wide] = row[1];
    row[wide + 1] += second * gap * gap;
}

static void linearise(struct fit *fit)
{
    uint32_t wide = fit->wide, all = fit->models + wide;
    memset(fit->block, 0, (size_t)wide * wide * sizeof(double));
    for (uint32_t i = 0; i < all; i++) {
        fit->gradient[i] = fit->ridge * fit->theta[i];
        fit->scale[i] = fit->ridge;
    }
    for (uint32_t i = 0; i < fit->models; i++) {
        fit->diagonal[i] = fit->ridge;
    }
    for (uint32_t i = 0; i < wide; i++) {
        fit->block[(size_t)i * wide + i] = fit->ridge;
    }
    for (size_t i = 0; i < fit->data->count; i++) {
        add_score(fit, i);
    }
    fit->gradient[anchor_slope(fit)] = 0;
}

/* What stands at a bound and would be pushed over it does not move, nor does the anchor's slope.
 * Returns the largest component of the gradient of the rest. */
static double find_fixed(struct fit *fit)
{
    double most = 0;
    for (uint32_t i = 0; i < fit->models + fit->wide; i++) {
        bool is_slope = i >= fit->models && (i - fit->models) % 2 == 1;
        double low = is_slope ? slope_low : -bound_place,
               high = is_slope ? slope_high : bound_place;
        double g = fit->gradient[i];
        fit->fixed[i] = (fit->theta[i] <= low && g > 0) || (fit->theta[i] >= high && g < 0) ||
                        i == anchor_slope(fit);
        most = fit->fixed[i] ? most : fmax(most, fabs(g));
    }
    return most;
}

/* Subtracts a multiple of one row from another; apart from its caller so that it is vectorised. */
static void subtract_row(
    double *restrict to, const double *restrict from, double share, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        to[i] -= share * from[i];
    }
}

/* Solves schur * x = x by Cholesky's method, on the upper triangle, row by row; false when it is
 * not positive definite. */
static bool solve(struct fit *fit, double *x)
{
    uint32_t n = fit->wide;
    double *u = fit->schur;
    for (uint32_t k = 0; k < n; k++) {
        double *row = &u[(size_t)k * n];
        if (!(row[k] > 0)) {
            return false;
        }
        double root = sqrt(row[k]);
        for (uint32_t j = k; j < n; j++) {
            row[j] /= root;
        }
        for (uint32_t i = k + 1; i < n; i++) {
            subtract_row(&u[(size_t)i * n + i], &row[i], row[i], n - i);
        }
        x[k] /= row[k];
        subtract_row(&x[k + 1], &row[k + 1], x[k], n - k - 1);
    }
    for (uint32_t i = n; i-- > 0;) {
        const double *row = &u[(size_t)i * n];
        for (uint32_t k = i + 1; k < n; k++) {
            x[i] -= row[k] * x[k];
        }
        x[i] /= row[i];
    }
    return true;
}

/* The end of the scores of the model of score i. */
static size_t model_end(const struct fit *fit, size_t i)
{
    size_t end = i + 1;
    while (end < fit->data->count && fit->data->scores[end].model == fit->data->scores[i].model) {
        end++;
    }
    return end;
}

/* Takes a model's part out of the benchmarks' equations. pivot is its own second derivative. */
static void eliminate(struct fit *fit, size_t from, size_t to, double pivot)
{
    const struct fb_capability_score *scores = fit->data->scores;
    double push = fit->step[scores[from].model] / pivot;
    for (size_t i = from; i < to; i++) {
        for (int a = 0; a < 2; a++) {
            uint32_t row = 2 * scores[i].benchmark + (uint32_t)a;
            double share = fit->cross[2 * i + (size_t)a] / pivot;
            double *line = &fit->schur[(size_t)row * fit->wide];
            fit->step[fit->models + row] -= fit->cross[2 * i + (size_t)a] * push;
            for (size_t j = i; j < to; j++) {
                line[2 * scores[j].benchmark] -= share * fit->cross[2 * j];
                line[2 * scores[j].benchmark + 1] -= share * fit->cross[2 * j + 1];
            }
        }
    }
}

/* The damped step into fit->step; false when the equations cannot be solved. */
static bool find_step(struct fit *fit, double damping)
{
    uint32_t wide = fit->wide, models = fit->models;
    size_t count = fit->data->count;
    memcpy(fit->schur, fit->block, (size_t)wide * wide * sizeof(double));
    for (uint32_t i = 0; i < wide; i++) {
        fit->schur[(size_t)i * wide + i] += damping * fit->scale[models + i];
    }
    for (uint32_t i = 0; i < models + wide; i++) {
        fit->step[i] = fit->fixed[i] ? 0 : -fit->gradient[i];
    }
    for (size_t i = 0, end; i < count; i = end) {
        end = model_end(fit, i);
        uint32_t m = fit->data->scores[i].model;
        double pivot = fit->diagonal[m] + damping * fit->scale[m];
        if (!fit->fixed[m] && !(pivot > 0)) {
            return false;
        }
        if (!fit->fixed[m]) {
            eliminate(fit, i, end, pivot);
        }
    }
    for (uint32_t i = 0; i < wide; i++) {
        if (fit->fixed[models + i]) {
            for (uint32_t j = 0; j < wide; j++) {
                fit->schur[(size_t)i * wide + j] = fit->schur[(size_t)j * wide + i] = 0;
            }
            fit->schur[(size_t)i * wide + i] = 1;
            fit->step[models + i] = 0;
        }
    }
    if (!solve(fit, &fit->step[models])) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        const struct fb_capability_score *s = &fit->data->scores[i];
        const double *b = &fit->step[models + 2 * s->benchmark];
        fit->step[s->model] -= fit->cross[2 * i] * b[0] + fit->cross[2 * i + 1] * b[1];
    }
    for (uint32_t i = 0; i < models; i++) {
        fit->step[i] =
            fit->fixed[i] ? 0 : fit->step[i] / (fit->diagonal[i] + damping * fit->scale[i]);
    }
    return true;
}

/* Where the step leads, held within the bounds. */
static void take_step(struct fit *fit)
{
    for (uint32_t i = 0; i < fit->models + fit->wide; i++) {
        bool is_slope = i >= fit->models && (i - fit->models) % 2 == 1;
        double low = is_slope ? slope_low : -bound_place,
               high = is_slope ? slope_high : bound_place;
        fit->trial[i] =
            fit->fixed[i] ? fit->theta[i] : fmin(high, fmax(low, fit->theta[i] + fit->step[i]));
    }
}

/* Goes from fit->theta to a least cost, and returns it; *out_gradient is what is left. */
static double descend(struct fit *fit, double enough, double *out_gradient)
{
    double cost = cost_at(fit, fit->theta), damping = 1e-3;
    linearise(fit);
    double gradient = find_fixed(fit);
    for (int i = 0; i < STEPS_MAX && gradient > enough && damping < 1e12; i++) {
        double next = INFINITY;
        if (find_step(fit, damping)) {
            take_step(fit);
            next = cost_at(fit, fit->trial);
        }
        if (!(next < cost)) {
            damping *= 8;
            continue;
        }
        double *old = fit->theta;
        fit->theta = fit->trial;
        fit->trial = old;
        cost = next;
        damping = fmax(1e-12, damping / 8);
        linearise(fit);
        gradient = find_fixed(fit);
    }
    *out_gradient = gradient;
    return cost;
}

static enum fb_code check(const struct fb_capability_data *data,
    const struct fb_capability_options *options, struct fb_err *err)
{
    if (data->count > FB_CAPABILITY_SCORES_MAX || data->models > FB_CAPABILITY_SCORES_MAX) {
        return fb_err_set(err, FB_E_LIMIT, "more than %d scores", FB_CAPABILITY_SCORES_MAX);
    }
    if (data->benchmarks > FB_CAPABILITY_BENCHMARKS_MAX) {
        return fb_err_set(err, FB_E_LIMIT, "more than %d benchmarks", FB_CAPABILITY_BENCHMARKS_MAX);
    }
    if (options->resamples > FB_CAPABILITY_RESAMPLES_MAX) {
        return fb_err_set(err, FB_E_LIMIT, "more than %d resamples", FB_CAPABILITY_RESAMPLES_MAX);
    }
    if (options->anchor >= data->benchmarks) {
        return fb_err_set(err, FB_E_RANGE, "there is no benchmark to anchor the scale to");
    }
    if (!(options->penalty > 0 && isfinite(options->penalty))) {
        return fb_err_set(err, FB_E_RANGE, "the penalty %g is not positive", options->penalty);
    }
    if (!(options->anchor_slope >= slope_low && options->anchor_slope <= slope_high) ||
        !isfinite(options->anchor_difficulty)) {
        return fb_err_set(err, FB_E_RANGE, "the anchor's slope %g is not between %g and %g",
            options->anchor_slope, slope_low, slope_high);
    }
    if (!(options->confidence > 0 && options->confidence < 1)) {
        return fb_err_set(
            err, FB_E_RANGE, "the confidence %g is not between 0 and 1", options->confidence);
    }
    for (size_t i = 0; i < data->count; i++) {
        const struct fb_capability_score *s = &data->scores[i];
        FB_ASSERT(s->model < data->models && s->benchmark < data->benchmarks);
        FB_ASSERT(i == 0 || compare_scores(s - 1, s) <= 0);
        if (!(s->score >= 0 && s->score <= 1)) {
            return fb_err_set(err, FB_E_RANGE, "a score %g is not between 0 and 1", s->score);
        }
    }
    return FB_OK;
}

static void fit_release(struct fit *fit)
{
    double *all[] = {fit->theta, fit->trial, fit->gradient, fit->step, fit->scale, fit->diagonal,
        fit->cross, fit->block, fit->schur, fit->weights};
    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
        fb_free(all[i]);
    }
    fb_free(fit->fixed);
}

static bool fit_init(struct fit *fit)
{
    size_t all = (size_t)fit->models + fit->wide, wide = fit->wide;
    fit->theta = fb_calloc(all, sizeof(double));
    fit->trial = fb_calloc(all, sizeof(double));
    fit->gradient = fb_calloc(all, sizeof(double));
    fit->step = fb_calloc(all, sizeof(double));
    fit->scale = fb_calloc(all, sizeof(double));
    fit->diagonal = fb_calloc(fit->models, sizeof(double));
    fit->cross = fb_calloc(fit->data->count, 2 * sizeof(double));
    fit->block = fb_calloc(wide * wide, sizeof(double));
    fit->schur = fb_calloc(wide * wide, sizeof(double));
    fit->weights = fb_calloc(all, sizeof(double));
    fit->fixed = fb_calloc(all, sizeof(bool));
    if (!fit->theta || !fit->trial || !fit->gradient || !fit->step || !fit->scale ||
        !fit->diagonal || !fit->cross || !fit->block || !fit->schur || !fit->weights ||
        !fit->fixed) {
        return false;
    }
    for (uint32_t i = 0; i < wide; i += 2) {
        fit->theta[fit->models + i + 1] = 1;
    }
    fit->theta[anchor_slope(fit)] = fit->options->anchor_slope;
    for (size_t i = 0; i < all; i++) {
        fit->weights[i] = 1;
    }
    return true;
}

/* Copies a fit's parameters, shifted to the anchor's difficulty. */
static void take_point(const struct fit *fit, struct fb_capability_result *out)
{
    double shift =
        fit->options->anchor_difficulty - fit->theta[fit->models + 2 * fit->options->anchor];
    for (uint32_t i = 0; i < out->model_count; i++) {
        out->models[i].value = fit->theta[i] + shift;
        out->models[i].low = out->models[i].high = (double)NAN;
    }
    for (uint32_t i = 0; i < out->benchmark_count; i++) {
        out->difficulties[i].value = fit->theta[fit->models + 2 * i] + shift;
        out->difficulties[i].low = out->difficulties[i].high = (double)NAN;
        out->slopes[i] = fit->theta[fit->models + 2 * i + 1];
    }
    for (size_t i = 0; i < fit->data->count; i++) {
        out->models[fit->data->scores[i].model].scores++;
        out->difficulties[fit->data->scores[i].benchmark].scores++;
    }
}

/* Fits with exponential weights, from the point `start`; puts places into boot. */
static void resample(struct fit *fit, uint32_t number, const double *start, double *boot)
{
    struct fb_random random = fb_random_start(fit->options->seed, number);
    uint32_t count = fit->models + fit->wide / 2;
    double gradient;
    for (uint32_t i = 0; i < count; i++) {
        fit->weights[i] = fb_random_exponential(&random);
    }
    memcpy(fit->theta, start, ((size_t)fit->models + fit->wide) * sizeof(double));
    (void)descend(fit, 1e-4, &gradient);
    double shift =
        fit->options->anchor_difficulty - fit->theta[fit->models + 2 * fit->options->anchor];
    for (uint32_t i = 0; i < fit->models; i++) {
        boot[i] = fit->theta[i] + shift;
    }
    for (uint32_t i = 0; i < fit->wide / 2; i++) {
        boot[fit->models + i] = fit->theta[fit->models + 2 * i] + shift;
    }
}

/* How much wider than its percentiles an interval from a few scores must be. */
static double widening(uint32_t scores, double tail)
{
    FB_ASSERT(scores >= 2);
    double n = scores;
    return sqrt(n / (n - 1)) * qt(tail, n - 1, 1, 0) / qnorm5(tail, 0, 1, 1, 0);
}

/* Intervals of all places, of which boot has `count` a resample; then keeps only the models'. */
static enum fb_code set_intervals(
    const struct fit *fit, struct fb_capability_result *out, double *boot, struct fb_err *err)
{
    uint32_t n = out->resamples, count = out->model_count + out->benchmark_count;
    double tail = (1 - fit->options->confidence) / 2;
    double *scratch = fb_calloc(n, sizeof(double));
    if (!scratch) {
        return fb_err_set(err, FB_E_NOMEM, "no memory for %u resamples", n);
    }
    for (uint32_t i = 0; i < count; i++) {
        for (uint32_t j = 0; j < n; j++) {
            scratch[j] = boot[(size_t)j * count + i];
        }
        struct fb_capability_estimate *e =
            i < out->model_count ? &out->models[i] : &out->difficulties[i - out->model_count];
        fb_sample_sort(scratch, n);
        if (e->scores < 2) {
            e->low = -INFINITY;
            e->high = INFINITY;
            continue;
        }
        double wider = widening(e->scores, tail);
        e->low = e->value - wider * fmax(0, e->value - fb_sample_quantile(scratch, n, tail));
        e->high = e->value + wider * fmax(0, fb_sample_quantile(scratch, n, 1 - tail) - e->value);
    }
    for (uint32_t j = 0; j < n; j++) {
        memmove(&boot[(size_t)j * out->model_count], &boot[(size_t)j * count],
            out->model_count * sizeof(double));
    }
    out->boot = boot;
    fb_free(scratch);
    return FB_OK;
}

static enum fb_code resample_all(
    struct fit *fit, struct fb_capability_result *out, struct fb_err *err)
{
    size_t all = (size_t)fit->models + fit->wide;
    size_t count = (size_t)out->model_count + out->benchmark_count;
    double *start = fb_calloc(all, sizeof(double));
    double *boot = fb_calloc(out->resamples, count * sizeof(double));
    enum fb_code code = FB_OK;
    if (!start || !boot) {
        code = fb_err_set(err, FB_E_NOMEM, "no memory for %u resamples", out->resamples);
    } else {
        memcpy(start, fit->theta, all * sizeof(double));
        for (uint32_t i = 0; i < out->resamples; i++) {
            resample(fit, i, start, &boot[i * count]);
        }
        code = set_intervals(fit, out, boot, err);
    }
    if (code != FB_OK) {
        fb_free(boot);
    }
    fb_free(start);
    return code;
}

enum fb_code fb_capability_fit(const struct fb_capability_data *data,
    const struct fb_capability_options *options, struct fb_capability_result *out,
    struct fb_err *err)
{
    FB_ASSERT(data && options && out);
    enum fb_code code = check(data, options, err);
    if (code != FB_OK) {
        return code;
    }
    struct fit fit = {
        .data = data, .options = options, .models = data->models, .wide = 2 * data->benchmarks};
    fit.ridge = options->penalty / (fit.models + fit.wide - 1);
    struct fb_capability_result result = {.model_count = data->models,
        .benchmark_count = data->benchmarks,
        .resamples = options->resamples};
    result.models = fb_calloc(data->models, sizeof(*result.models));
    result.difficulties = fb_calloc(data->benchmarks, sizeof(*result.difficulties));
    result.slopes = fb_calloc(data->benchmarks, sizeof(double));
    if (!fit_init(&fit) || !result.models || !result.difficulties || !result.slopes) {
        code = fb_err_set(err, FB_E_NOMEM, "no memory for %zu scores", data->count);
    }
    if (code == FB_OK) {
        result.cost = descend(&fit, gradient_enough, &result.gradient);
        take_point(&fit, &result);
    }
    if (code == FB_OK && options->resamples > 0) {
        code = resample_all(&fit, &result, err);
    }
    fit_release(&fit);
    if (code == FB_OK) {
        *out = result;
    } else {
        fb_capability_release(&result);
    }
    return code;
}

void fb_capability_release(struct fb_capability_result *result)
{
    fb_free(result->models);
    fb_free(result->difficulties);
    fb_free(result->slopes);
    fb_free(result->boot);
    *result = (struct fb_capability_result){0};
}

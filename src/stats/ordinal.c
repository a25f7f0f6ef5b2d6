#include "stats/ordinal.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/assert.h"

static const double first_mean = -4, first_deviation = 0.2; /* of the first cut */
static const double gap_mean = -0.5, gap_deviation = 0.3, gap_least = 0.3;

enum { SLICE_STEPS_MAX = 100, MOVES = 2 };

/*
 * A model at work. Rows with the same design are one cell, whose scores are counted by class.
 * Variables: the coefficients (of a group: how many deviations from its mean), then the mean and
 * the logarithm of the deviation of each group, then the first cut and the logarithms of the gaps
 * beyond the least.
 */
struct work {
    const struct fb_ordinal_data *data;
    size_t cells, cuts, variables;
    const double **designs; /* by cell */
    uint32_t *cell_of;      /* by row */
    double *counts;         /* cell x class */
    double *totals;         /* by class */
    double *values;         /* coefficients, groups, cuts: a row of draws */
    double *pulls;          /* by column: derivative by the coefficient */
    double *cut_pulls;      /* by cut */
    double *below;          /* by cut: the chance of a score up to it, at one cell */
};

static double soft(double x)
{
    return x > 36 ? x : log1p(exp(x));
}

static size_t groups_at(const struct work *w)
{
    return w->data->columns;
}

static size_t cuts_at(const struct work *w)
{
    return w->data->columns + 2 * w->data->group_count;
}

/* --- Density ---------------------------------------------------------------------------------- */

/* Coefficients, groups and cuts of a place. */
static void unfold(const struct work *w, const double *place, double *out)
{
    const struct fb_ordinal_data *d = w->data;
    for (size_t g = 0; g < d->group_count; g++) {
        size_t at = groups_at(w) + 2 * g;
        out[at] = place[at];
        out[at + 1] = exp(place[at + 1]);
    }
    for (size_t j = 0; j < d->columns; j++) {
        int group = d->coefficients[j].group;
        const double *of = group < 0 ? NULL : out + groups_at(w) + 2 * (size_t)group;
        out[j] = of ? of[0] + of[1] * place[j] : place[j];
    }
    if (d->classes == 2) {
        out[cuts_at(w)] = 0;
        return;
    }
    out[cuts_at(w)] = place[cuts_at(w)];
    for (size_t k = 1; k < w->cuts; k++) {
        out[cuts_at(w) + k] = out[cuts_at(w) + k - 1] + gap_least + exp(place[cuts_at(w) + k]);
    }
}

static double predictor(const struct work *w, size_t cell, const double *values)
{
    double eta = 0;
    for (size_t j = 0; j < w->data->columns; j++) {
        eta += w->designs[cell][j] * values[j];
    }
    return eta;
}

/* What a cell says: adds to the derivatives by coefficients and cuts; its part of the log. */
static double add_cell(struct work *w, size_t cell, bool is_wanted)
{
    const double *counts = w->counts + cell * w->data->classes;
    const double *cuts = w->values + cuts_at(w);
    double eta = predictor(w, cell, w->values), pull = 0, log = 0;
    for (size_t k = 0; k < w->cuts; k++) {
        w->below[k] = 1 / (1 + exp(eta - cuts[k]));
    }
    for (size_t k = 0; k < w->data->classes; k++) {
        if (counts[k] == 0) {
            continue;
        }
        double high = k < w->cuts ? w->below[k] : 1, low = k > 0 ? w->below[k - 1] : 0;
        pull += counts[k] * (high + low - 1);
        if (k < w->cuts) {
            w->cut_pulls[k] += counts[k] * (1 - high);
            log -= is_wanted ? counts[k] * soft(eta - cuts[k]) : 0;
        }
        if (k > 0) {
            w->cut_pulls[k - 1] -= counts[k] * low;
            log -= is_wanted ? counts[k] * soft(cuts[k - 1] - eta) : 0;
        }
    }
    for (size_t j = 0; j < w->data->columns; j++) {
        w->pulls[j] += pull * w->designs[cell][j];
    }
    return log;
}

/* Cuts: what the classes between two of them say of their distance, and the priors. */
static double add_cuts(struct work *w, const double *place, double *gradient, bool is_wanted)
{
    size_t at = cuts_at(w);
    double log1 = 0, sum = 0;
    if (w->data->classes == 2) {
        return 0;
    }
    for (size_t k = w->cuts; k-- > 0;) {
        sum += w->cut_pulls[k];
        double mean = k ? gap_mean : first_mean;
        double away = (place[at + k] - mean) / (k ? gap_deviation : first_deviation);
        double more = k ? exp(place[at + k]) : 1, gap = gap_least + more;
        double held = k ? w->totals[k] / expm1(gap) : 0;
        gradient[at + k] = more * (sum + held) - away / (k ? gap_deviation : first_deviation);
        log1 += is_wanted && k ? w->totals[k] * log1p(-exp(-gap)) : 0;
        log1 -= away * away / 2;
    }
    return log1;
}

static double add_groups(const struct work *w, const double *place, double *gradient)
{
    const struct fb_ordinal_data *d = w->data;
    double log1 = 0;
    for (size_t g = 0; g < d->group_count; g++) {
        const struct fb_ordinal_group *prior = &d->groups[g];
        size_t at = groups_at(w) + 2 * g;
        double away = (place[at] - prior->mean) / prior->deviation;
        double size = exp(place[at + 1]) / prior->scale, square = size * size;
        gradient[at] = -away / prior->deviation;
        gradient[at + 1] = 1 - (prior->is_heavy ? 2 * square / (1 + square) : square);
        log1 += place[at + 1] - away * away / 2;
        log1 -= prior->is_heavy ? log1p(square) : square / 2;
    }
    for (size_t j = 0; j < d->columns; j++) {
        const struct fb_ordinal_column *c = &d->coefficients[j];
        if (c->group < 0) {
            double away = (place[j] - c->mean) / c->deviation;
            gradient[j] = w->pulls[j] - away / c->deviation;
            log1 -= away * away / 2;
            continue;
        }
        size_t at = groups_at(w) + 2 * (size_t)c->group;
        double deviation = w->values[at + 1];
        gradient[j] = w->pulls[j] * deviation - place[j];
        gradient[at] += w->pulls[j];
        gradient[at + 1] += w->pulls[j] * deviation * place[j];
        log1 -= place[j] * place[j] / 2;
    }
    return log1;
}

static void density_at(
    const void *context, const double *place, double *out_gradient, double *out_log)
{
    /* The work space of the model is what the context is for. */
    struct work *w = *(struct work *const *)context;
    double log1 = 0;
    unfold(w, place, w->values);
    memset(w->pulls, 0, w->data->columns * sizeof(double));
    memset(w->cut_pulls, 0, w->cuts * sizeof(double));
    for (size_t cell = 0; cell < w->cells; cell++) {
        log1 += add_cell(w, cell, out_log);
    }
    log1 += add_cuts(w, place, out_gradient, out_log);
    log1 += add_groups(w, place, out_gradient);
    if (out_log) {
        *out_log = log1;
    }
}

/* --- Groups ----------------------------------------------------------------------------------- */

/* The logarithm of the density of a group's deviation exp(u), its coefficients and mean given. */
static double group_log(
    const struct fb_ordinal_group *prior, const double count_squares[2], double u)
{
    double size = exp(u) / prior->scale;
    double log = u - count_squares[0] * u - count_squares[1] * exp(-2 * u) / 2;
    return log - (prior->is_heavy ? log1p(size * size) : size * size / 2);
}

/* Slice sampling with stepping out (R. M. Neal, "Slice sampling", 2003). */
static double slice(const struct fb_ordinal_group *prior, const double count_squares[2], double u,
    struct fb_random *random)
{
    double level = group_log(prior, count_squares, u) - fb_random_exponential(random);
    double low = u - fb_random_unit(random), high = low + 1;
    for (int i = 0; i < SLICE_STEPS_MAX && group_log(prior, count_squares, low) > level; i++) {
        low -= 1;
    }
    for (int i = 0; i < SLICE_STEPS_MAX && group_log(prior, count_squares, high) > level; i++) {
        high += 1;
    }
    for (int i = 0; i < SLICE_STEPS_MAX; i++) {
        double next = low + (high - low) * fb_random_unit(random);
        if (group_log(prior, count_squares, next) > level) {
            return next;
        }
        *(next < u ? &low : &high) = next;
    }
    return u;
}

/*
 * Draws mean and deviation of each group anew with its coefficients held fast, which leaves the
 * scores' chances as they are: moves that a place in deviations from the mean does badly (Y. Yu and
 * X.-L. Meng, "To center or not to center", 2011).
 */
static void move_groups(const void *context, double *place, struct fb_random *random)
{
    struct work *w = *(struct work *const *)context;
    const struct fb_ordinal_data *d = w->data;
    unfold(w, place, w->values);
    for (size_t g = 0; g < d->group_count; g++) {
        const struct fb_ordinal_group *prior = &d->groups[g];
        size_t at = groups_at(w) + 2 * g;
        for (int round = 0; round < MOVES; round++) {
            double count_squares[2] = {0, 0}, sum = 0;
            for (size_t j = 0; j < d->columns; j++) {
                double away = w->values[j] - place[at];
                bool is_of = d->coefficients[j].group == (int)g;
                count_squares[0] += is_of;
                count_squares[1] += is_of ? away * away : 0;
                sum += is_of ? w->values[j] : 0;
            }
            place[at + 1] = slice(prior, count_squares, place[at + 1], random);
            double weight = exp(-2 * place[at + 1]),
                   own = 1 / (prior->deviation * prior->deviation);
            double all = count_squares[0] * weight + own;
            place[at] =
                (sum * weight + prior->mean * own) / all + fb_random_normal(random) / sqrt(all);
        }
        for (size_t j = 0; j < d->columns; j++) {
            if (d->coefficients[j].group == (int)g) {
                place[j] = (w->values[j] - place[at]) * exp(-place[at + 1]);
            }
        }
    }
}

/* --- Cells ------------------------------------------------------------------------------------ */

/* A row, for sorting. */
struct row {
    const double *design;
    size_t columns;
    uint32_t index;
};

static int by_design(const void *a, const void *b)
{
    const struct row *x = a, *y = b;
    for (size_t j = 0; j < x->columns; j++) {
        if (x->design[j] != y->design[j]) {
            return x->design[j] < y->design[j] ? -1 : 1;
        }
    }
    return (x->index > y->index) - (x->index < y->index);
}

static enum fb_code gather(struct work *w, struct fb_err *err)
{
    const struct fb_ordinal_data *d = w->data;
    struct row *rows = fb_alloc(d->rows * sizeof(*rows));
    w->designs = fb_alloc(d->rows * sizeof(*w->designs));
    w->cell_of = fb_alloc(d->rows * sizeof(*w->cell_of));
    if (!rows || !w->designs || !w->cell_of) {
        fb_free(rows);
        return fb_err_set(err, FB_E_NOMEM, "memory ran out");
    }
    for (size_t i = 0; i < d->rows; i++) {
        rows[i] = (struct row){d->design + i * d->columns, d->columns, (uint32_t)i};
    }
    qsort(rows, d->rows, sizeof(*rows), by_design);
    for (size_t i = 0; i < d->rows; i++) {
        size_t size = d->columns * sizeof(double);
        if (i == 0 || memcmp(rows[i].design, w->designs[w->cells - 1], size) != 0) {
            w->designs[w->cells++] = rows[i].design;
        }
        w->cell_of[rows[i].index] = (uint32_t)(w->cells - 1);
    }
    fb_free(rows);
    size_t count = w->cells * d->classes + d->classes + w->variables + 2 + d->columns + 2 * w->cuts;
    double *memory = fb_calloc(count, sizeof(double));
    if (!memory) {
        return fb_err_set(err, FB_E_NOMEM, "memory ran out");
    }
    w->counts = memory;
    w->totals = w->counts + w->cells * d->classes;
    w->values = w->totals + d->classes;
    w->pulls = w->values + w->variables + 2;
    w->cut_pulls = w->pulls + d->columns;
    w->below = w->cut_pulls + w->cuts;
    for (size_t i = 0; i < d->rows; i++) {
        w->counts[w->cell_of[i] * d->classes + d->scores[i]]++;
        w->totals[d->scores[i]]++;
    }
    return FB_OK;
}

/* --- What other rows foretell ----------------------------------------------------------------- */

/* The logarithm of the chance of a class at a cell. */
static double log_chance(const struct work *w, const double *values, double eta, uint32_t k)
{
    const double *cuts = values + cuts_at(w);
    double log = 0;
    log -= k < w->cuts ? soft(eta - cuts[k]) : 0;
    log -= k > 0 ? soft(cuts[k - 1] - eta) : 0;
    return log + (k > 0 && k < w->cuts ? log1p(-exp(cuts[k - 1] - cuts[k])) : 0);
}

/* By cell and class: log of the mean of 1 / chance, added up so that nothing overflows. */
static enum fb_code foretell(struct work *w, struct fb_ordinal_fit *fit, struct fb_err *err)
{
    const struct fb_ordinal_data *d = w->data;
    size_t count = w->cells * d->classes;
    double *most = fb_calloc(2 * count, sizeof(double)), *sums = most ? most + count : NULL;
    fit->foretold = fb_alloc(d->rows * sizeof(double));
    if (!most || !fit->foretold) {
        fb_free(most);
        return fb_err_set(err, FB_E_NOMEM, "memory ran out");
    }
    for (size_t i = 0; i < fit->count; i++) {
        const double *values = fit->draws + i * fit->width;
        for (size_t c = 0; c < w->cells; c++) {
            double eta = predictor(w, c, values);
            for (uint32_t k = 0; k < d->classes; k++) {
                size_t at = c * d->classes + k;
                double x = w->counts[at] > 0 ? -log_chance(w, values, eta, k) : 0;
                if (w->counts[at] > 0 && (sums[at] == 0 || x > most[at])) {
                    sums[at] *= exp(most[at] - x);
                    most[at] = x;
                }
                sums[at] += w->counts[at] > 0 ? exp(x - most[at]) : 0;
            }
        }
    }
    for (size_t i = 0; i < d->rows; i++) {
        size_t at = w->cell_of[i] * d->classes + d->scores[i];
        fit->foretold[i] = -(most[at] + log(sums[at] / (double)fit->count));
    }
    fb_free(most);
    return FB_OK;
}

/* --- All -------------------------------------------------------------------------------------- */

static bool is_prior(double mean, double deviation)
{
    return isfinite(mean) && deviation > 0 && isfinite(deviation);
}

static enum fb_code check(const struct fb_ordinal_data *d,
    const struct fb_hamiltonian_options *options, struct fb_err *err)
{
    if (options->chains > FB_HAMILTONIAN_CHAINS_MAX || options->draws > FB_HAMILTONIAN_DRAWS_MAX) {
        return fb_err_set(
            err, FB_E_LIMIT, "%u chains of %u draws are too many", options->chains, options->draws);
    }
    if (d->rows > FB_ORDINAL_ROWS_MAX || d->classes > FB_ORDINAL_CLASSES_MAX ||
        d->group_count > FB_ORDINAL_GROUPS_MAX || d->columns > FB_HAMILTONIAN_DIMENSIONS_MAX ||
        d->rows * d->columns > FB_ORDINAL_DESIGN_MAX) {
        return fb_err_set(err, FB_E_LIMIT,
            "%zu scores of %u classes, %zu effects and %zu groups are too many", d->rows,
            d->classes, d->columns, d->group_count);
    }
    bool good = d->rows > 0 && d->columns > 0 && d->classes >= 2;
    for (size_t j = 0; good && j < d->columns; j++) {
        const struct fb_ordinal_column *c = &d->coefficients[j];
        good = c->group < 0 ? is_prior(c->mean, c->deviation) : (size_t)c->group < d->group_count;
    }
    for (size_t g = 0; good && g < d->group_count; g++) {
        const struct fb_ordinal_group *prior = &d->groups[g];
        good = is_prior(prior->mean, prior->deviation) && is_prior(0, prior->scale);
    }
    for (size_t i = 0; good && i < d->rows * d->columns; i++) {
        good = isfinite(d->design[i]);
    }
    for (size_t i = 0; good && i < d->rows; i++) {
        good = d->scores[i] < d->classes;
    }
    return good ? FB_OK : fb_err_set(err, FB_E_RANGE, "a model of scores makes no sense");
}

/* Where the mode is looked for: the middle of the priors. */
static double *start_of(const struct work *w)
{
    const struct fb_ordinal_data *d = w->data;
    double *start = fb_calloc(w->variables, sizeof(double));
    for (size_t j = 0; start && j < d->columns; j++) {
        start[j] = d->coefficients[j].group < 0 ? d->coefficients[j].mean : 0;
    }
    for (size_t g = 0; start && g < d->group_count; g++) {
        start[groups_at(w) + 2 * g] = d->groups[g].mean;
        start[groups_at(w) + 2 * g + 1] = log(d->groups[g].scale);
    }
    for (size_t k = 0; start && d->classes > 2 && k < w->cuts; k++) {
        start[cuts_at(w) + k] = k ? gap_mean : first_mean;
    }
    return start;
}

enum fb_code fb_ordinal_find(const struct fb_ordinal_data *data,
    const struct fb_hamiltonian_options *options, struct fb_ordinal_fit *out, struct fb_err *err)
{
    FB_ASSERT(data && data->design && data->scores && data->coefficients && options && out);
    struct fb_ordinal_fit fit = {0};
    struct fb_hamiltonian_options drawing = *options;
    enum fb_code code = check(data, options, err);
    if (code != FB_OK) {
        return code;
    }
    struct work w = {.data = data, .cuts = data->classes - 1};
    struct work *self = &w;
    w.variables = cuts_at(&w) + (data->classes > 2 ? w.cuts : 0);
    fit.width = cuts_at(&w) + w.cuts;
    fit.count = (size_t)options->chains * options->draws;
    const struct fb_hamiltonian_density density = {
        w.variables, density_at, data->group_count ? move_groups : NULL, &self};
    double *start = start_of(&w), *drawn = fb_calloc(fit.count * w.variables + 1, sizeof(double));
    fit.draws = fb_calloc(fit.count * fit.width + 1, sizeof(double));
    drawing.start = start;
    code = start && drawn && fit.draws ? gather(&w, err)
                                       : fb_err_set(err, FB_E_NOMEM, "memory ran out");
    code = code ? code : fb_hamiltonian_draw(&density, &drawing, drawn, &fit.quality, err);
    for (size_t i = 0; code == FB_OK && i < fit.count; i++) {
        unfold(&w, drawn + i * w.variables, fit.draws + i * fit.width);
    }
    code = code ? code : foretell(&w, &fit, err);
    fb_free(start);
    fb_free(drawn);
    fb_free(w.designs);
    fb_free(w.cell_of);
    fb_free(w.counts);
    if (code != FB_OK) {
        fb_ordinal_release(&fit);
        return code;
    }
    *out = fit;
    return FB_OK;
}

void fb_ordinal_release(struct fb_ordinal_fit *fit)
{
    fb_free(fit->draws);
    fb_free(fit->foretold);
    *fit = (struct fb_ordinal_fit){0};
}

void fb_ordinal_shortest(const double *sorted, size_t n, double confidence, double out[2])
{
    FB_ASSERT(sorted && n > 0 && confidence > 0 && confidence < 1);
    size_t further = (size_t)floor(confidence * (double)n), best = 0;
    further = further < n ? further : n - 1;
    for (size_t i = 1; i + further < n; i++) {
        bool is_shorter = sorted[i + further] - sorted[i] < sorted[best + further] - sorted[best];
        best = is_shorter ? i : best;
    }
    out[0] = sorted[best];
    out[1] = sorted[best + further];
}

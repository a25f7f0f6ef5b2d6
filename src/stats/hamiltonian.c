#include "stats/hamiltonian.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "base/alloc.h"
#include "base/assert.h"
#include "stats/sample.h"

enum { CLIMBS_MAX = 200, STEPS_MAX = 200, WARM_MAX = 1000, WARM_LEAST = 200, TRIES_MAX = 60 };
static const double half_turn = 3.14159265358979323846;
static const double wanted = 0.8; /* share of proposals that are kept */

/* A sampler at work. A place is centre + turn * x, where x has unit spread; turn is a lower
 * triangle. */
struct work {
    const struct fb_hamiltonian_density *density;
    size_t n;
    double *centre, *turn; /* n, n x n by row */
    double *mode, *mode_turn;
    double *place, *gradient; /* of the last call */
    double *x, *push, *slope; /* of the trajectory; slope: the gradient in x */
    double *kept, *kept_slope;
    double *matrix, *spare, *vector;
    double kept_log, step;
    struct fb_random random;
};

/* --- Matrices --------------------------------------------------------------------------------- */

/* The lower triangle R of a matrix A = R R', in place; false where it is not positive. */
static bool cholesky(double *a, size_t n)
{
    for (size_t j = 0; j < n; j++) {
        for (size_t i = j; i < n; i++) {
            double sum = a[i * n + j];
            for (size_t k = 0; k < j; k++) {
                sum -= a[i * n + k] * a[j * n + k];
            }
            if (i > j) {
                a[i * n + j] = sum / a[j * n + j];
            } else if (!(sum > 0) || !isfinite(sum)) {
                return false;
            } else {
                a[j * n + j] = sqrt(sum);
            }
        }
    }
    return true;
}

/* Solves R' y = b (R a lower triangle), in place. */
static void solve_turned(const double *r, size_t n, double *b)
{
    for (size_t i = n; i-- > 0;) {
        for (size_t k = i + 1; k < n; k++) {
            b[i] -= r[k * n + i] * b[k];
        }
        b[i] /= r[i * n + i];
    }
}

static void solve(const double *r, size_t n, double *b)
{
    for (size_t i = 0; i < n; i++) {
        for (size_t k = 0; k < i; k++) {
            b[i] -= r[i * n + k] * b[k];
        }
        b[i] /= r[i * n + i];
    }
}

/* --- The mode --------------------------------------------------------------------------------- */

static double log_at(const struct work *w, const double *place, double *gradient)
{
    double log = 0;
    w->density->at(w->density->context, place, gradient, &log);
    bool good = isfinite(log);
    for (size_t i = 0; good && i < w->n; i++) {
        good = isfinite(gradient[i]);
    }
    return good ? log : -(double)INFINITY;
}

/* The curvature at a place (minus the second derivatives) by differences of the gradient. */
static void bend(struct work *w, const double *place, double *out)
{
    size_t n = w->n;
    memcpy(w->place, place, n * sizeof(double));
    for (size_t i = 0; i < n; i++) {
        double h = 1e-5 * (1 + fabs(place[i]));
        w->place[i] = place[i] + h;
        w->density->at(w->density->context, w->place, w->gradient, NULL);
        memcpy(w->vector, w->gradient, n * sizeof(double));
        w->place[i] = place[i] - h;
        w->density->at(w->density->context, w->place, w->gradient, NULL);
        w->place[i] = place[i];
        for (size_t j = 0; j < n; j++) {
            out[i * n + j] = (w->gradient[j] - w->vector[j]) / (2 * h);
        }
    }
    for (size_t i = 0; i < n; i++) {
        for (size_t j = 0; j < i; j++) {
            out[i * n + j] = out[j * n + i] = (out[i * n + j] + out[j * n + i]) / 2;
        }
    }
}

/* The triangle of the curvature, with as much added to its diagonal as makes it positive, from
 * *damping on. */
static bool tame(struct work *w, double *damping)
{
    size_t n = w->n;
    for (int i = 0; i < TRIES_MAX; i++) {
        memcpy(w->spare, w->matrix, n * n * sizeof(double));
        for (size_t k = 0; k < n; k++) {
            w->spare[k * n + k] += *damping;
        }
        if (cholesky(w->spare, n)) {
            return true;
        }
        *damping = fmax(4 * *damping, 1e-6);
    }
    return false;
}

/* The turn of a covariance, which is in the matrix. */
static bool take_turn(struct work *w)
{
    size_t n = w->n;
    if (!cholesky(w->matrix, n)) {
        return false;
    }
    for (size_t a = 0; a < n; a++) {
        for (size_t b = 0; b < n; b++) {
            w->turn[a * n + b] = b <= a ? w->matrix[a * n + b] : 0;
        }
    }
    return true;
}

/* Climbs to the mode by Newton's method, damped as Levenberg and Marquardt's; the turn is then that
 * of the curvature there. */
static enum fb_code climb(struct work *w, const double *start, struct fb_err *err)
{
    size_t n = w->n;
    double damping = 1e-3;
    memcpy(w->centre, start, n * sizeof(double));
    double log = log_at(w, w->centre, w->slope);
    bool good = isfinite(log), done = false;
    for (int i = 0; good && !done && i < CLIMBS_MAX; i++) {
        bend(w, w->centre, w->matrix);
        double gain = -1;
        for (int tries = 0; good && !(gain >= 0) && tries < TRIES_MAX; tries++) {
            good = tame(w, &damping);
            memcpy(w->x, w->slope, n * sizeof(double));
            solve(w->spare, n, w->x);
            solve_turned(w->spare, n, w->x);
            for (size_t k = 0; k < n; k++) {
                w->x[k] += w->centre[k];
            }
            double next = log_at(w, w->x, w->push);
            gain = next - log;
            damping *= gain >= 0 ? 0.1 : 10;
            log = gain >= 0 ? next : log;
        }
        done = !(gain >= 1e-9);
        if (gain >= 0) {
            memcpy(w->centre, w->x, n * sizeof(double));
            memcpy(w->slope, w->push, n * sizeof(double));
        }
    }
    damping = 0;
    bend(w, w->centre, w->matrix);
    for (size_t i = 0; good && i < n; i++) {
        good = w->matrix[i * n + i] > 0; /* flat, and not even a little hollow, is no mode */
    }
    if (!good || !tame(w, &damping)) {
        return fb_err_set(err, FB_E_RANGE, "the model has no mode that could be found");
    }
    for (size_t j = 0; j < n; j++) {
        memset(w->x, 0, n * sizeof(double));
        w->x[j] = 1;
        solve(w->spare, n, w->x);
        solve_turned(w->spare, n, w->x);
        memcpy(w->matrix + j * n, w->x, n * sizeof(double));
    }
    return take_turn(w) ? FB_OK : fb_err_set(err, FB_E_RANGE, "the model has no narrow mode");
}

/* --- Trajectories ----------------------------------------------------------------------------- */

/* Where x is. */
static void find_place(const struct work *w, double *out)
{
    for (size_t i = 0; i < w->n; i++) {
        double sum = w->centre[i];
        for (size_t j = 0; j <= i; j++) {
            sum += w->turn[i * w->n + j] * w->x[j];
        }
        out[i] = sum;
    }
}

/* Finds where x is, and the gradient there by x; the log density where it is wanted. */
static double look(struct work *w, bool is_wanted)
{
    size_t n = w->n;
    double log = 0;
    find_place(w, w->place);
    w->density->at(w->density->context, w->place, w->gradient, is_wanted ? &log : NULL);
    memset(w->slope, 0, n * sizeof(double));
    for (size_t i = 0; i < n; i++) {
        for (size_t j = 0; j <= i; j++) {
            w->slope[j] += w->turn[i * n + j] * w->gradient[i];
        }
    }
    return log;
}

static double energy(const struct work *w, double log)
{
    double sum = -log;
    for (size_t i = 0; i < w->n; i++) {
        sum += w->push[i] * w->push[i] / 2;
    }
    return sum;
}

/* The move of the density's own, from x on. */
static void move(struct work *w)
{
    size_t n = w->n;
    find_place(w, w->place);
    w->density->move(w->density->context, w->place, &w->random);
    for (size_t i = 0; i < n; i++) {
        w->x[i] = w->place[i] - w->centre[i];
    }
    solve(w->turn, n, w->x);
    w->kept_log = look(w, true);
}

/* One draw from x on, with leapfrog steps; the chance with which the proposal was kept. */
static double roll(struct work *w)
{
    size_t n = w->n, size = n * sizeof(double);
    memcpy(w->kept, w->x, size);
    memcpy(w->kept_slope, w->slope, size);
    for (size_t i = 0; i < n; i++) {
        w->push[i] = fb_random_normal(&w->random);
    }
    double length = half_turn * fb_random_unit(&w->random), unit = fb_random_unit(&w->random);
    double before = energy(w, w->kept_log), log = w->kept_log;
    int steps = (int)fmin(STEPS_MAX, fmax(1, ceil(length / w->step)));
    for (int s = 0; s < steps; s++) {
        for (size_t i = 0; i < n; i++) {
            w->push[i] += w->step / 2 * w->slope[i];
            w->x[i] += w->step * w->push[i];
        }
        log = look(w, s + 1 == steps);
        for (size_t i = 0; i < n; i++) {
            w->push[i] += w->step / 2 * w->slope[i];
        }
    }
    double gain = before - energy(w, log);
    double chance = isfinite(gain) ? exp(fmin(0, gain)) : 0;
    if (unit < chance) {
        w->kept_log = log;
    } else {
        memcpy(w->x, w->kept, size);
        memcpy(w->slope, w->kept_slope, size);
    }
    if (w->density->move) {
        move(w);
    }
    return chance;
}

/* Draws that find the step size. Where out is not NULL, the places from the second quarter on are
 * written there. */
static void warm(struct work *w, uint32_t draws, double *out)
{
    double start = log(10 * w->step), averaged = 0, error = 0;
    for (uint32_t i = 1; i <= draws; i++) {
        double chance = roll(w);
        double t = i, weight = pow(t, -0.75);
        error += (wanted - chance - error) / (t + 10);
        double logged = start - sqrt(t) / 0.05 * error;
        averaged = weight * logged + (1 - weight) * averaged;
        w->step = fmin(2, exp(logged));
        if (out && i > draws / 4) {
            find_place(w, out + (size_t)(i - draws / 4 - 1) * w->n);
        }
    }
    w->step = fmin(2, exp(averaged));
}

/* The turn of the covariance of some places, drawn a little towards the one that there is. */
static void turn_to(struct work *w, const double *places, size_t count)
{
    size_t n = w->n;
    memset(w->vector, 0, n * sizeof(double));
    for (size_t i = 0; i < count; i++) {
        for (size_t k = 0; k < n; k++) {
            w->vector[k] += places[i * n + k] / (double)count;
        }
    }
    double weight = (double)count / ((double)count + 5.0 * (double)n);
    for (size_t a = 0; a < n; a++) {
        for (size_t b = 0; b <= a; b++) {
            double sum = 0, old = 0;
            for (size_t i = 0; i < count; i++) {
                sum += (places[i * n + a] - w->vector[a]) * (places[i * n + b] - w->vector[b]);
            }
            for (size_t k = 0; k < n; k++) {
                old += w->turn[a * n + k] * w->turn[b * n + k];
            }
            w->matrix[a * n + b] = weight * sum / (double)count + (1 - weight) * old;
        }
    }
    if (take_turn(w)) {
        memcpy(w->centre, w->vector, n * sizeof(double));
    }
}

/* A chain, to out. */
static double run(struct work *w, const struct fb_hamiltonian_options *options, uint32_t chain,
    double *out, double *places)
{
    size_t n = w->n;
    uint32_t warming = options->draws < WARM_LEAST ? WARM_LEAST : options->draws;
    double accepted = 0;
    warming = (warming < WARM_MAX ? warming : WARM_MAX) / 2;
    w->random = fb_random_start(options->seed, chain);
    w->step = 1 / pow((double)n, 0.25);
    memcpy(w->centre, w->mode, n * sizeof(double));
    memcpy(w->turn, w->mode_turn, n * n * sizeof(double));
    for (size_t i = 0; i < n; i++) {
        w->x[i] = fb_random_normal(&w->random);
    }
    w->kept_log = look(w, true);
    if (!isfinite(w->kept_log)) {
        memset(w->x, 0, n * sizeof(double));
        w->kept_log = look(w, true);
    }
    warm(w, warming, places);
    turn_to(w, places, warming - warming / 4);
    memset(w->x, 0, n * sizeof(double));
    w->kept_log = look(w, true);
    warm(w, warming, NULL);
    for (uint32_t i = 0; i < options->draws; i++) {
        accepted += roll(w);
        find_place(w, out + (size_t)i * n);
    }
    return accepted / options->draws;
}

/* --- Quality ---------------------------------------------------------------------------------- */

/* Half chains of one variable. */
struct halves {
    double *x; /* halves * each */
    size_t count, each;
    double within, total; /* variances */
};

static double lagged(const struct halves *h, size_t lag)
{
    double sum = 0;
    for (size_t c = 0; c < h->count; c++) {
        const double *x = h->x + c * h->each;
        double one = 0;
        for (size_t i = lag; i < h->each; i++) {
            double d = x[i] - x[i - lag];
            one += d * d;
        }
        sum += one / (double)(h->each - lag);
    }
    return 1 - sum / (double)h->count / (2 * h->total);
}

static double effective(const struct halves *h)
{
    double sum = 0, last = (double)INFINITY;
    for (size_t lag = 1; lag + 2 < h->each; lag += 2) {
        double pair = (lag == 1 ? 1 : lagged(h, lag - 1)) + lagged(h, lag);
        if (!(pair > 0)) {
            break;
        }
        last = fmin(last, pair);
        sum += last;
    }
    double all = (double)(h->count * h->each);
    return all / fmax(2 * sum - 1, 1 / log10(all));
}

enum fb_code fb_hamiltonian_judge(const double *values, size_t stride,
    const struct fb_hamiltonian_options *options, struct fb_hamiltonian_quality *out,
    struct fb_err *err)
{
    FB_ASSERT(values && stride > 0 && options && options->chains > 0 && out);
    size_t each = options->draws / 2;
    struct halves h = {.count = 2 * (size_t)options->chains, .each = each};
    double means[2 * FB_HAMILTONIAN_CHAINS_MAX];
    h.x = each >= 4 ? fb_alloc(h.count * each * sizeof(double)) : NULL;
    if (!h.x) {
        return each >= 4 ? fb_err_set(err, FB_E_NOMEM, "memory ran out")
                         : fb_err_set(err, FB_E_RANGE, "too few draws");
    }
    for (size_t c = 0; c < h.count; c++) {
        size_t from = c / 2 * options->draws + (c % 2) * (options->draws - each);
        for (size_t i = 0; i < each; i++) {
            h.x[c * each + i] = values[(from + i) * stride];
        }
        means[c] = fb_sample_mean(h.x + c * each, each);
        h.within += fb_sample_variance(h.x + c * each, each) / (double)h.count;
    }
    double n = (double)each;
    h.total = (n - 1) / n * h.within + fb_sample_variance(means, h.count);
    bool is_still = !(h.within > 0);
    out->r_hat = is_still ? (h.total > 0 ? (double)INFINITY : 1) : sqrt(h.total / h.within);
    out->effective = is_still ? 0 : effective(&h);
    fb_free(h.x);
    return FB_OK;
}

/* --- All -------------------------------------------------------------------------------------- */

static enum fb_code check(const struct fb_hamiltonian_density *density,
    const struct fb_hamiltonian_options *options, struct fb_err *err)
{
    size_t n = density->dimensions;
    if (n < 1 || n > FB_HAMILTONIAN_DIMENSIONS_MAX || options->chains > FB_HAMILTONIAN_CHAINS_MAX ||
        options->draws > FB_HAMILTONIAN_DRAWS_MAX ||
        (uint64_t)options->chains * options->draws * n > FB_HAMILTONIAN_VALUES_MAX) {
        return fb_err_set(err, FB_E_LIMIT, "%zu variables, %u chains and %u draws are too many", n,
            options->chains, options->draws);
    }
    if (options->chains < 2 || options->draws < 8) {
        return fb_err_set(err, FB_E_RANGE, "fewer than two chains or eight draws");
    }
    return FB_OK;
}

enum fb_code fb_hamiltonian_draw(const struct fb_hamiltonian_density *density,
    const struct fb_hamiltonian_options *options, double *out,
    struct fb_hamiltonian_quality *quality, struct fb_err *err)
{
    FB_ASSERT(density && density->at && options && options->start && out && quality);
    struct fb_hamiltonian_quality worst = {.r_hat = 1, .effective = (double)INFINITY}, one;
    enum fb_code code = check(density, options, err);
    if (code != FB_OK) {
        return code;
    }
    size_t n = density->dimensions, vectors = 10, matrices = 4;
    struct work w = {.density = density, .n = n};
    double *memory = fb_calloc(vectors * n + matrices * n * n, sizeof(double));
    double *places = fb_calloc((size_t)WARM_MAX * n, sizeof(double));
    if (!memory || !places) {
        fb_free(memory);
        fb_free(places);
        return fb_err_set(err, FB_E_NOMEM, "memory ran out");
    }
    double **vector[] = {&w.centre, &w.mode, &w.place, &w.gradient, &w.x, &w.push, &w.slope,
        &w.kept, &w.kept_slope, &w.vector};
    double **matrix[] = {&w.turn, &w.mode_turn, &w.matrix, &w.spare};
    for (size_t i = 0; i < vectors; i++) {
        *vector[i] = memory + i * n;
    }
    for (size_t i = 0; i < matrices; i++) {
        *matrix[i] = memory + vectors * n + i * n * n;
    }
    code = climb(&w, options->start, err);
    memcpy(w.mode, w.centre, n * sizeof(double));
    memcpy(w.mode_turn, w.turn, n * n * sizeof(double));
    for (uint32_t c = 0; code == FB_OK && c < options->chains; c++) {
        worst.accepted +=
            run(&w, options, c, out + (size_t)c * options->draws * n, places) / options->chains;
    }
    for (size_t i = 0; code == FB_OK && i < n; i++) {
        code = fb_hamiltonian_judge(out + i, n, options, &one, err);
        worst.r_hat = code ? worst.r_hat : fmax(worst.r_hat, one.r_hat);
        worst.effective = code ? worst.effective : fmin(worst.effective, one.effective);
    }
    if (code == FB_OK) {
        *quality = worst;
    }
    fb_free(memory);
    fb_free(places);
    return code;
}

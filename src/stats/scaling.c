#define MATHLIB_STANDALONE 1
#include "stats/scaling.h"

#include <Rmath.h>
#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "base/assert.h"

enum { N = FB_SCALING_COLUMNS_MAX, SWEEPS_MAX = 100 };

/* A symmetric matrix being turned into its diagonal, and the turns so far. */
struct turning {
    size_t n;
    double a[N][N];
    double v[N][N]; /* [component][column] */
};

/* One Jacobi rotation that clears a[p][q]. */
static void rotate(struct turning *t, size_t p, size_t q)
{
    double gap = (t->a[q][q] - t->a[p][p]) / (2 * t->a[p][q]);
    double tangent = (gap >= 0 ? 1 : -1) / (fabs(gap) + sqrt(gap * gap + 1));
    double c = 1 / sqrt(tangent * tangent + 1), s = tangent * c;
    for (size_t k = 0; k < t->n; k++) {
        double x = t->a[k][p], y = t->a[k][q];
        t->a[k][p] = c * x - s * y;
        t->a[k][q] = s * x + c * y;
    }
    for (size_t k = 0; k < t->n; k++) {
        double x = t->a[p][k], y = t->a[q][k];
        t->a[p][k] = c * x - s * y;
        t->a[q][k] = s * x + c * y;
        x = t->v[p][k];
        y = t->v[q][k];
        t->v[p][k] = c * x - s * y;
        t->v[q][k] = s * x + c * y;
    }
}

static void diagonalise(struct turning *t)
{
    for (int sweep = 0; sweep < SWEEPS_MAX; sweep++) {
        double off = 0, on = 0;
        for (size_t p = 0; p < t->n; p++) {
            on += t->a[p][p] * t->a[p][p];
            for (size_t q = p + 1; q < t->n; q++) {
                off += t->a[p][q] * t->a[p][q];
            }
        }
        if (off <= 1e-32 * on) {
            return;
        }
        for (size_t p = 0; p < t->n; p++) {
            for (size_t q = p + 1; q < t->n; q++) {
                if (t->a[p][q] != 0) {
                    rotate(t, p, q);
                }
            }
        }
    }
}

/* Puts the components in the order of their variance, and turns axes to the positive side. */
static void take_components(const struct turning *t, struct fb_components *out)
{
    bool used[N] = {false};
    double total = 0;
    for (size_t i = 0; i < t->n; i++) {
        total += fmax(0, t->a[i][i]);
    }
    for (size_t i = 0; i < t->n; i++) {
        size_t best = N;
        for (size_t j = 0; j < t->n; j++) {
            if (!used[j] && (best == N || t->a[j][j] > t->a[best][best])) {
                best = j;
            }
        }
        used[best] = true;
        double sum = 0;
        for (size_t k = 0; k < t->n; k++) {
            sum += t->v[best][k];
        }
        out->share[i] = fmax(0, t->a[best][best]) / total;
        for (size_t k = 0; k < t->n; k++) {
            out->axis[i][k] = sum < 0 ? -t->v[best][k] : t->v[best][k];
        }
    }
}

static enum fb_code check_table(
    const double *values, const size_t rows_columns[2], size_t columns_max, struct fb_err *err)
{
    size_t rows = rows_columns[0], columns = rows_columns[1];
    if (rows > FB_SCALING_ROWS_MAX || columns > columns_max) {
        return fb_err_set(err, FB_E_LIMIT, "a table of more than %d rows or %zu columns",
            FB_SCALING_ROWS_MAX, columns_max);
    }
    if (rows < 2 || columns < 1) {
        (void)fb_err_set(
            err, FB_E_RANGE, "a table of %zu rows and %zu columns is too small", rows, columns);
        return fb_err_hint(err, "It takes two rows at least with a value in every column.");
    }
    for (size_t i = 0; i < rows * columns; i++) {
        if (!isfinite(values[i])) {
            return fb_err_set(err, FB_E_RANGE, "a value of the table is not finite");
        }
    }
    return FB_OK;
}

enum fb_code fb_components_find(const double *values, const size_t rows_columns[2],
    struct fb_components *out, struct fb_err *err)
{
    FB_ASSERT(values && rows_columns && out);
    enum fb_code code = check_table(values, rows_columns, N, err);
    if (code != FB_OK) {
        return code;
    }
    size_t rows = rows_columns[0], columns = rows_columns[1];
    struct turning t = {.n = columns};
    struct fb_components found = {.columns = columns};
    for (size_t i = 0; i < rows * columns; i++) {
        found.mean[i % columns] += values[i] / (double)rows;
    }
    for (size_t i = 0; i < rows; i++) {
        const double *row = &values[i * columns];
        for (size_t p = 0; p < columns; p++) {
            for (size_t q = p; q < columns; q++) {
                t.a[p][q] += (row[p] - found.mean[p]) * (row[q] - found.mean[q]);
            }
        }
    }
    double trace = 0;
    for (size_t p = 0; p < columns; p++) {
        t.v[p][p] = 1;
        trace += t.a[p][p];
        for (size_t q = 0; q < p; q++) {
            t.a[p][q] = t.a[q][p];
        }
    }
    if (!(trace > 0) || !isfinite(trace)) {
        return fb_err_set(err, FB_E_RANGE, "the rows of the table are all alike, or too large");
    }
    diagonalise(&t);
    take_components(&t, &found);
    *out = found;
    return FB_OK;
}

double fb_components_score(
    const struct fb_components *components, size_t component, const double *row)
{
    FB_ASSERT(components && component < components->columns && row);
    double sum = 0;
    for (size_t i = 0; i < components->columns; i++) {
        sum += components->axis[component][i] * (row[i] - components->mean[i]);
    }
    return sum;
}

/* Inverts a symmetric positive definite matrix of size n in place by Gauss and Jordan with the
 * largest pivot left on the diagonal; false when it is singular to 12 digits. */
static bool invert(double a[N][N], size_t n)
{
    bool done[N] = {false};
    double scale[N];
    for (size_t i = 0; i < n; i++) {
        scale[i] = a[i][i];
    }
    for (size_t round = 0; round < n; round++) {
        size_t k = N;
        for (size_t i = 0; i < n; i++) {
            if (!done[i] && (k == N || a[i][i] / scale[i] > a[k][k] / scale[k])) {
                k = i;
            }
        }
        done[k] = true;
        double pivot = a[k][k];
        if (!(pivot > 1e-12 * scale[k])) {
            return false;
        }
        a[k][k] = 1;
        for (size_t j = 0; j < n; j++) {
            a[k][j] /= pivot;
        }
        for (size_t i = 0; i < n; i++) {
            double share = a[i][k];
            if (i == k || share == 0) {
                continue;
            }
            a[i][k] = 0;
            for (size_t j = 0; j < n; j++) {
                a[i][j] -= share * a[k][j];
            }
        }
    }
    return true;
}

/* The i-th regressor of a row: 1, then its values. */
static double regressor(const double *row, size_t i)
{
    return i == 0 ? 1 : row[i - 1];
}

static double value_at(const struct fb_regression *fit, const double *row)
{
    double sum = 0;
    for (size_t i = 0; i <= fit->columns; i++) {
        sum += fit->coefficient[i] * regressor(row, i);
    }
    return sum;
}

enum fb_code fb_regression_fit(const double *x, const double *y, const size_t rows_columns[2],
    struct fb_regression *out, struct fb_err *err)
{
    FB_ASSERT(x && y && rows_columns && out);
    size_t n = rows_columns[0], columns = rows_columns[1];
    enum fb_code code = check_table(x, rows_columns, N - 1, err);
    code = code ? code : check_table(y, (size_t[]){n, 1}, N, err);
    if (code == FB_OK && n < columns + 1) {
        code = fb_err_set(err, FB_E_RANGE, "%zu rows are too few for %zu columns", n, columns);
    }
    if (code != FB_OK) {
        return code;
    }
    struct fb_regression fit = {.n = n, .columns = columns};
    double xy[N] = {0}, y_mean = 0, total = 0;
    for (size_t i = 0; i < n; i++) {
        const double *row = &x[i * columns];
        y_mean += y[i] / (double)n;
        for (size_t p = 0; p <= columns; p++) {
            xy[p] += regressor(row, p) * y[i];
            for (size_t q = 0; q <= columns; q++) {
                fit.inverse[p][q] += regressor(row, p) * regressor(row, q);
            }
        }
    }
    if (!invert(fit.inverse, columns + 1)) {
        (void)fb_err_set(err, FB_E_RANGE, "the columns depend on each other");
        return fb_err_hint(err, "One is the same in all rows, or a sum of others: leave it out.");
    }
    for (size_t p = 0; p <= columns; p++) {
        for (size_t q = 0; q <= columns; q++) {
            fit.coefficient[p] += fit.inverse[p][q] * xy[q];
        }
    }
    for (size_t i = 0; i < n; i++) {
        double rest = y[i] - value_at(&fit, &x[i * columns]);
        fit.sse += rest * rest;
        total += (y[i] - y_mean) * (y[i] - y_mean);
    }
    fit.r2 = total > 0 ? 1 - fit.sse / total : 1;
    *out = fit;
    return FB_OK;
}

void fb_regression_predict(
    const struct fb_regression *fit, const double *row, double confidence, double out[3])
{
    FB_ASSERT(fit && row && confidence > 0 && confidence < 1 && out);
    double far = 0, reach = INFINITY;
    for (size_t p = 0; p <= fit->columns; p++) {
        for (size_t q = 0; q <= fit->columns; q++) {
            far += regressor(row, p) * fit->inverse[p][q] * regressor(row, q);
        }
    }
    if (fit->n > fit->columns + 1) {
        double freedom = (double)(fit->n - fit->columns - 1);
        reach = qt((1 + confidence) / 2, freedom, 1, 0) * sqrt(fit->sse / freedom * (1 + far));
    }
    out[0] = value_at(fit, row);
    out[1] = out[0] - reach;
    out[2] = out[0] + reach;
}

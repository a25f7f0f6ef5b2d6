/*
 * scaling.h: capabilities of models that were not measured, or not yet trained.
 *
 * Y. Ruan, C. Maddison and T. Hashimoto, "Observational scaling laws and the predictability of
 * language model performance" (arXiv 2405.10938): principal components of benchmark scores; the
 * first grows with log compute within a family of models; the log odds of a downstream score are
 * linear in the components.
 */
#ifndef FB_STATS_SCALING_H
#define FB_STATS_SCALING_H

#include <stddef.h>

#include "flyball/err.h"

/** Limits; each has a test. */
enum { FB_SCALING_COLUMNS_MAX = 64, FB_SCALING_ROWS_MAX = 1000000 };

/** Principal components of a table. */
struct fb_components {
    size_t columns;
    double mean[FB_SCALING_COLUMNS_MAX];
    double share[FB_SCALING_COLUMNS_MAX]; /**< of the variance, descending; they sum to 1 */
    double axis[FB_SCALING_COLUMNS_MAX][FB_SCALING_COLUMNS_MAX]; /**< [component][column] */
};

/** Components of rows x columns values (row by row), centred and not scaled, by Jacobi's method on
 * the covariance. An axis points where its columns sum to 0 or more. E_RANGE for fewer than 2 rows,
 * no column, what is not finite, or no variance at all; E_LIMIT. */
FB_CHECKED enum fb_code fb_components_find(const double *values, const size_t rows_columns[2],
    struct fb_components *out, struct fb_err *err);

/** The score of a row on a component. */
double fb_components_score(
    const struct fb_components *components, size_t component, const double *row);

/** A linear regression on several numbers, with an intercept. */
struct fb_regression {
    size_t n;
    size_t columns;                                                 /**< without the intercept */
    double coefficient[FB_SCALING_COLUMNS_MAX];                     /**< the intercept first */
    double inverse[FB_SCALING_COLUMNS_MAX][FB_SCALING_COLUMNS_MAX]; /**< of X'X */
    double sse;
    double r2;
};

/** Least squares of y on x (n rows of columns values, columns + 1 < FB_SCALING_COLUMNS_MAX).
 * E_RANGE for too few rows, dependent columns or what is not finite; E_LIMIT. */
FB_CHECKED enum fb_code fb_regression_fit(const double *x, const double *y,
    const size_t rows_columns[2], struct fb_regression *out, struct fb_err *err);

/** The value at a row, and the interval for a new point there, by Student's t with n - columns - 1
 * degrees of freedom; without ends when there are none. out: value, low, high. */
void fb_regression_predict(
    const struct fb_regression *fit, const double *row, double confidence, double out[3]);

#endif

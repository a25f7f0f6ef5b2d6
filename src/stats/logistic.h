/*
 * logistic.h: weighted logistic regression of a share on one number.
 *
 * P(success) = 1 / (1 + exp(-(a + b x))); a and b minimise
 *
 *     sum_i w_i (log(1 + exp(e_i)) - y_i e_i) + penalty / 2 * b^2,    e_i = a + b x_i
 *
 * which is what scikit-learn's LogisticRegression minimises for C = 1 / penalty. The objective is
 * convex; Newton's method with halved steps goes to where its gradient vanishes to rounding.
 */
#ifndef FB_STATS_LOGISTIC_H
#define FB_STATS_LOGISTIC_H

#include <stdbool.h>
#include <stddef.h>

/** One cell: all that was seen at one x. */
struct fb_logistic_cell {
    double x;
    double weight;    /**< > 0, or 0 for a cell that does not count */
    double successes; /**< the weighted number of successes, between 0 and weight */
};

/** How a fit came out. */
enum fb_logistic_state {
    FB_LOGISTIC_FITTED,
    FB_LOGISTIC_NONE,      /**< no weight */
    FB_LOGISTIC_ALL_FAIL,  /**< nothing succeeded: no finite intercept */
    FB_LOGISTIC_ALL_PASS,  /**< everything succeeded: likewise */
    FB_LOGISTIC_SEPARATED, /**< penalty 0, and some x parts successes from failures: the slope is
                                infinite and success turns to failure at `threshold` */
};

/** A fit. */
struct fb_logistic {
    enum fb_logistic_state state;
    double intercept; /**< FITTED */
    double slope;     /**< FITTED */
    double threshold; /**< SEPARATED: the limit of every quantile as the penalty goes to 0 */
    bool rises;       /**< SEPARATED: the successes are above the threshold */
};

/** Fits count cells; penalty >= 0. Starts from *inout when its state is FITTED, which saves steps
 * and changes nothing beyond rounding. */
void fb_logistic_fit(
    const struct fb_logistic_cell *cells, size_t count, double penalty, struct fb_logistic *inout);

/** The x at which the probability is p, strictly between 0 and 1: (logit p - a) / b; the threshold
 * of a separated fit; NaN otherwise. May be infinite. */
double fb_logistic_quantile(const struct fb_logistic *fit, double p);

/** The probability at x; fit is FITTED. */
double fb_logistic_at(const struct fb_logistic *fit, double x);

#endif

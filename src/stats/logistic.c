#include "stats/logistic.h"

#include <math.h>
#include <stdbool.h>

#include "base/assert.h"

enum { STEPS_MAX = 200, HALVINGS_MAX = 60 };

/* The objective at a point, in x counted from the middle, with gradient and curvature. */
struct point {
    double a;
    double b;
    double value;
    double grad_a, grad_b;
    double aa, ab, bb;
};

/* The cells as the objective needs them. */
struct problem {
    const struct fb_logistic_cell *cells;
    size_t count;
    double middle; /* weighted mean of x */
    double penalty;
    double weight;
};

static void look(const struct problem *problem, struct point *p)
{
    double value = 0, grad_a = 0, grad_b = 0, aa = 0, ab = 0, bb = 0;
    for (size_t i = 0; i < problem->count; i++) {
        const struct fb_logistic_cell *cell = &problem->cells[i];
        double x = cell->x - problem->middle, e = p->a + p->b * x;
        /* exp of a negative number, so that nothing overflows. */
        double t = exp(-fabs(e)), low = 1 / (1 + t);
        double success = e >= 0 ? low : t * low;
        double softplus = log1p(t) + (e > 0 ? e : 0);
        double slack = cell->weight * success - cell->successes;
        double curve = cell->weight * t * low * low;
        value += cell->weight * softplus - cell->successes * e;
        grad_a += slack;
        grad_b += slack * x;
        aa += curve;
        ab += curve * x;
        bb += curve * x * x;
    }
    p->value = value + problem->penalty / 2 * p->b * p->b;
    p->grad_a = grad_a;
    p->grad_b = grad_b + problem->penalty * p->b;
    p->aa = aa;
    p->ab = ab;
    p->bb = bb + problem->penalty;
}

/* One step that does not make it worse; false when there is none, or it changes nothing. */
static bool step(const struct problem *problem, struct point *p)
{
    double det = p->aa * p->bb - p->ab * p->ab;
    double da = -p->grad_a / (p->aa > 0 ? p->aa : 1), db = 0;
    if (det > 1e-12 * p->aa * p->bb) {
        da = (p->ab * p->grad_b - p->bb * p->grad_a) / det;
        db = (p->ab * p->grad_a - p->aa * p->grad_b) / det;
    }
    bool is_small = fabs(da) <= 1e-7 * (1 + fabs(p->a)) && fabs(db) <= 1e-7 * (1e-3 + fabs(p->b));
    for (int i = 0; i < HALVINGS_MAX; i++) {
        struct point next = {.a = p->a + da, .b = p->b + db};
        look(problem, &next);
        if (next.value <= p->value || is_small) {
            *p = next;
            return !is_small;
        }
        da /= 2;
        db /= 2;
    }
    return false;
}

/* With penalty 0: whether some x parts successes from failures, where the slope would be without
 * end. Cells that are mixed must all stand at that x. */
static bool find_threshold(const struct problem *problem, struct fb_logistic *out)
{
    double pass_low = INFINITY, pass_high = -INFINITY, fail_low = INFINITY, fail_high = -INFINITY;
    for (size_t i = 0; i < problem->count; i++) {
        const struct fb_logistic_cell *cell = &problem->cells[i];
        if (cell->successes > 0) {
            pass_low = fmin(pass_low, cell->x);
            pass_high = fmax(pass_high, cell->x);
        }
        if (cell->successes < cell->weight) {
            fail_low = fmin(fail_low, cell->x);
            fail_high = fmax(fail_high, cell->x);
        }
    }
    bool same = pass_low == pass_high && fail_low == fail_high && pass_low == fail_low;
    if (pass_high <= fail_low && !same) {
        out->threshold = pass_high / 2 + fail_low / 2;
        return true;
    }
    if (fail_high <= pass_low && !same) {
        out->threshold = fail_high / 2 + pass_low / 2;
        out->rises = true;
        return true;
    }
    return false;
}

void fb_logistic_fit(
    const struct fb_logistic_cell *cells, size_t count, double penalty, struct fb_logistic *inout)
{
    FB_ASSERT((cells || count == 0) && penalty >= 0 && inout);
    struct problem problem = {cells, count, 0, penalty, 0};
    double successes = 0;
    for (size_t i = 0; i < count; i++) {
        problem.weight += cells[i].weight;
        problem.middle += cells[i].weight * cells[i].x;
        successes += cells[i].successes;
    }
    struct fb_logistic fit = {.state = FB_LOGISTIC_NONE};
    if (problem.weight > 0) {
        problem.middle /= problem.weight;
        fit.state = successes <= 0                ? FB_LOGISTIC_ALL_FAIL
                    : successes >= problem.weight ? FB_LOGISTIC_ALL_PASS
                                                  : FB_LOGISTIC_FITTED;
    }
    if (fit.state == FB_LOGISTIC_FITTED && penalty == 0 && find_threshold(&problem, &fit)) {
        fit.state = FB_LOGISTIC_SEPARATED;
    }
    if (fit.state == FB_LOGISTIC_FITTED) {
        struct point p = {.a = log(successes / (problem.weight - successes))};
        if (inout->state == FB_LOGISTIC_FITTED) {
            p.b = inout->slope;
            p.a = inout->intercept + inout->slope * problem.middle;
        }
        look(&problem, &p);
        for (int i = 0; i < STEPS_MAX && step(&problem, &p); i++) {
        }
        fit.slope = p.b;
        fit.intercept = p.a - p.b * problem.middle;
    }
    *inout = fit;
}

double fb_logistic_quantile(const struct fb_logistic *fit, double p)
{
    FB_ASSERT(fit && p > 0 && p < 1);
    if (fit->state == FB_LOGISTIC_SEPARATED) {
        return fit->threshold;
    }
    if (fit->state != FB_LOGISTIC_FITTED) {
        return NAN;
    }
    return (log(p / (1 - p)) - fit->intercept) / fit->slope;
}

double fb_logistic_at(const struct fb_logistic *fit, double x)
{
    FB_ASSERT(fit && fit->state == FB_LOGISTIC_FITTED);
    double e = fit->intercept + fit->slope * x, t = exp(-fabs(e));
    return e >= 0 ? 1 / (1 + t) : t / (1 + t);
}

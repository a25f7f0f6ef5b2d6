#define MATHLIB_STANDALONE 1
#include "stats/binomial.h"

#include <Rmath.h>
#include <math.h>
#include <string.h>

#include "base/assert.h"

/* Where the bisection stops, and what is added to a bound, both relative to it. */
static const double bracket_width = 0x1p-46;
static const double outward = 0x1p-44;

/* What is asked of a point of Beta(a, b). */
struct tail {
    double a;
    double b;
    double confidence;
    bool upper; /* the point is to have confidence below it, else above it */
};

/*
 * True when x is far enough outward. pbeta is asked for the smaller of the two tails, where its
 * relative error is small; 1 - confidence is exact from 0.5 on. x is strictly within 0 and 1 and,
 * as fb_binomial's brackets are, at most a few times too far out: libRmath prints warnings on
 * standard output, and only for arguments that are not met here (tested).
 */
static bool is_outward(const struct tail *t, double x)
{
    FB_ASSERT(x > 0 && x < 1);
    if (t->confidence >= 0.5) {
        return pbeta(x, t->a, t->b, !t->upper, 0) <= 1 - t->confidence;
    }
    return pbeta(x, t->a, t->b, t->upper, 0) >= t->confidence;
}

/* A bracket: from is not far enough outward, to is (or is 0 or 1, where there is no doubt). */
struct bracket {
    double from;
    double to;
};

/* Goes from the mean in steps of doubling size until the bound lies between two of them. */
static struct bracket find_bracket(const struct tail *t)
{
    double sum = t->a + t->b;
    double mean = t->a / sum;
    double step = sqrt(t->a / sum * (t->b / sum) / (sum + 1));
    bool out_there = !is_outward(t, mean);
    /* The bound lies above the mean when it is to be moved up and is not there yet, and so on. */
    double direction = t->upper == out_there ? 1 : -1;
    double last = mean;
    for (;;) {
        double next = last + direction * step;
        bool beyond = next <= 0 || next >= 1;
        next = next <= 0 ? 0 : next >= 1 ? 1 : next;
        if (beyond || is_outward(t, next) == out_there) {
            return out_there ? (struct bracket){last, next} : (struct bracket){next, last};
        }
        last = next;
        step *= 2;
    }
}

/* Moves a bound outward by what covers the error of its computation. */
static double widen(double x, bool upper)
{
    double moved = upper ? x * (1 + outward) : x * (1 - outward);
    return moved < 1 ? moved : 1;
}

/*
 * Newton's method on the tail's probability, held within the bracket: some five steps where halving
 * takes fifty. It only proposes. The bracket is narrowed to the proposal's neighbours when pbeta
 * says that the bound lies between them; else it stays as it was, and is halved.
 */
static void narrow(const struct tail *t, struct bracket *b)
{
    enum { STEPS = 12 };
    double low = fmin(b->from, b->to), high = fmax(b->from, b->to);
    double x = low + (high - low) / 2, wanted = t->confidence;
    for (int i = 0; i < STEPS; i++) {
        bool small = wanted >= 0.5;
        double tail = pbeta(x, t->a, t->b, small ? !t->upper : t->upper, 0);
        double rest = small ? tail - (1 - wanted) : wanted - tail;
        double slope = dbeta(x, t->a, t->b, 0);
        double next = t->upper ? x + rest / slope : x - rest / slope;
        if (!(next > low && next < high)) {
            break;
        }
        double moved = fabs(next - x);
        x = next;
        if (moved <= bracket_width / 8 * x) {
            break;
        }
    }
    double near = x * (bracket_width / 4);
    struct bracket tight = {t->upper ? x - near : x + near, t->upper ? x + near : x - near};
    if (tight.from > 0 && tight.from < 1 && tight.to > 0 && tight.to < 1 &&
        is_outward(t, tight.to) && !is_outward(t, tight.from)) {
        *b = tight;
    }
}

static double compute_bound(const struct tail *t)
{
    FB_ASSERT(t->a > 0 && t->b > 0);
    struct bracket b = find_bracket(t);
    narrow(t, &b);
    while (fabs(b.to - b.from) > bracket_width * fmax(b.to, b.from)) {
        double middle = b.from + (b.to - b.from) / 2;
        if (middle == b.from || middle == b.to) {
            break;
        }
        if (is_outward(t, middle)) {
            b.to = middle;
        } else {
            b.from = middle;
        }
    }
    return widen(b.to, t->upper);
}

/* A bound that was found before. */
struct known {
    struct tail tail; /* b is 0 where nothing is known yet */
    double bound;
};

static bool is_same(const struct tail *x, const struct tail *y)
{
    return x->a == y->a && x->b == y->b && x->confidence == y->confidence && x->upper == y->upper;
}

static size_t place_of(const struct tail *t)
{
    const uint64_t odd = 0x9e3779b97f4a7c15u;
    const double parts[] = {t->a, t->b, t->confidence};
    uint64_t hash = t->upper ? 1 : 0;
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        uint64_t bits;
        memcpy(&bits, &parts[i], sizeof(bits));
        hash = (hash ^ hash >> 32 ^ bits) * odd;
    }
    return (size_t)(hash >> 32);
}

/* One evaluation is asked for its bounds by each red line that it concerns, in each version and at
 * each pace: a thread keeps those that it found last. */
static double find_bound(const struct tail *t)
{
    enum { KNOWN = 64 };
    static _Thread_local struct known all[KNOWN];
    struct known *known = &all[place_of(t) % KNOWN];
    if (!is_same(&known->tail, t)) {
        *known = (struct known){*t, compute_bound(t)};
    }
    return known->bound;
}

static enum fb_code check_counts(
    int64_t k, int64_t n, int64_t n_min, double confidence, struct fb_err *err)
{
    if (n < n_min || n > FB_BINOMIAL_N_MAX) {
        return fb_err_set(err, FB_E_RANGE, "the number of samples %lld is not within %d and %d",
            (long long)n, (int)n_min, (int)FB_BINOMIAL_N_MAX);
    }
    if (k < 0 || k > n) {
        return fb_err_set(err, FB_E_RANGE, "the number of successes %lld is not within 0 and %lld",
            (long long)k, (long long)n);
    }
    if (!(confidence > 0 && confidence < 1)) {
        (void)fb_err_set(err, FB_E_RANGE, "the confidence %g is not between 0 and 1", confidence);
        return fb_err_hint(err, "A confidence of 95%% is 0.95.");
    }
    return FB_OK;
}

enum fb_code fb_binomial_lower(
    int64_t k, int64_t n, double confidence, double *out, struct fb_err *err)
{
    FB_ASSERT(out);
    enum fb_code code = check_counts(k, n, 1, confidence, err);
    if (code != FB_OK) {
        return code;
    }
    if (k == 0) {
        *out = 0;
    } else if (k == n) {
        *out = widen(exp(log1p(-confidence) / (double)n), false);
    } else {
        struct tail t = {(double)k, (double)(n - k + 1), confidence, false};
        *out = find_bound(&t);
    }
    return FB_OK;
}

enum fb_code fb_binomial_upper(
    int64_t k, int64_t n, double confidence, double *out, struct fb_err *err)
{
    FB_ASSERT(out);
    enum fb_code code = check_counts(k, n, 1, confidence, err);
    if (code != FB_OK) {
        return code;
    }
    if (k == n) {
        *out = 1;
    } else if (k == 0) {
        *out = widen(-expm1(log1p(-confidence) / (double)n), true);
    } else {
        struct tail t = {(double)(k + 1), (double)(n - k), confidence, true};
        *out = find_bound(&t);
    }
    return FB_OK;
}

/* Counts that are no whole numbers, of what samples in clusters are worth. */
static enum fb_code check_real(double k, double n, double confidence, struct fb_err *err)
{
    if (!(n >= 1 && n <= FB_BINOMIAL_N_MAX && k >= 0 && k <= n * (1 + 1e-12))) {
        return fb_err_set(err, FB_E_RANGE, "%g successes of %g samples make no sense", k, n);
    }
    return check_counts(0, 1, 1, confidence, err);
}

enum fb_code fb_binomial_lower_real(
    double k, double n, double confidence, double *out, struct fb_err *err)
{
    FB_ASSERT(out);
    enum fb_code code = check_real(k, n, confidence, err);
    if (code != FB_OK) {
        return code;
    }
    /* Below a tenth of a success nothing can be said, and pbeta would print. */
    if (k < 0.1) {
        *out = 0;
        return FB_OK;
    }
    struct tail t = {k, fmax(n - k, 0) + 1, confidence, false};
    *out = find_bound(&t);
    return FB_OK;
}

enum fb_code fb_binomial_upper_real(
    double k, double n, double confidence, double *out, struct fb_err *err)
{
    FB_ASSERT(out);
    enum fb_code code = check_real(k, n, confidence, err);
    if (code != FB_OK) {
        return code;
    }
    if (n - k < 0.1) {
        *out = 1;
        return FB_OK;
    }
    struct tail t = {k + 1, n - k, confidence, true};
    *out = find_bound(&t);
    return FB_OK;
}

enum fb_code fb_binomial_posterior(const struct fb_binomial_prior *prior, const int64_t k_n[2],
    double confidence, double out[2], struct fb_err *err)
{
    FB_ASSERT(prior && k_n && out);
    enum fb_code code = check_counts(k_n[0], k_n[1], 0, confidence, err);
    if (code != FB_OK) {
        return code;
    }
    if (!(prior->a >= 0.5 && prior->a <= 1e6 && prior->b >= 0.5 && prior->b <= 1e6)) {
        return fb_err_set(err, FB_E_RANGE, "the prior Beta(%g, %g) is not within 0.5 and 1000000",
            prior->a, prior->b);
    }
    struct tail t = {prior->a + (double)k_n[0], prior->b + (double)(k_n[1] - k_n[0]),
        (1 + confidence) / 2, false};
    double low = find_bound(&t);
    t.upper = true;
    out[1] = find_bound(&t);
    out[0] = low;
    return FB_OK;
}

double fb_binomial_at_most(int64_t k, int64_t n, double p)
{
    FB_ASSERT(0 <= k && k <= n && n >= 1 && p >= 0 && p <= 1);
    if (k == n || p == 0) {
        return 1;
    }
    return p == 1 ? 0 : pbeta(p, (double)k + 1, (double)(n - k), 0, 0);
}

double fb_odds_scale(double u, double m)
{
    FB_ASSERT(u >= 0 && u <= 1 && m > 0 && isfinite(m));
    double odds = m * u;
    return isfinite(odds) ? odds / (1 - u + odds) : 1;
}

static enum fb_code is_ruled_out(
    const struct fb_binomial_plan *plan, int64_t more, bool *out, struct fb_err *err)
{
    int64_t n = plan->n + more;
    double bound = 1;
    if (n > 0) {
        enum fb_code code = fb_binomial_upper(plan->k, n, plan->confidence, &bound, err);
        if (code != FB_OK) {
            return code;
        }
    }
    struct fb_decimal u = fb_decimal_ceil12(fb_odds_scale(bound, plan->odds_margin));
    *out = fb_decimal_cmp(u, plan->threshold) < 0;
    return FB_OK;
}

/* The bound falls as failures come in, so the smallest number is found by halving. */
static enum fb_code search(
    const struct fb_binomial_plan *plan, int64_t most, int64_t *out, struct fb_err *err)
{
    int64_t too_few = -1, enough = 0, step = 1;
    bool done = false;
    enum fb_code code = is_ruled_out(plan, enough, &done, err);
    while (code == FB_OK && !done && enough < most) {
        too_few = enough;
        enough = step < most ? step : most;
        step *= 2;
        code = is_ruled_out(plan, enough, &done, err);
    }
    if (code == FB_OK && !done) {
        *out = -1;
        return FB_OK;
    }
    while (code == FB_OK && enough - too_few > 1) {
        int64_t middle = too_few + (enough - too_few) / 2;
        code = is_ruled_out(plan, middle, &done, err);
        if (done) {
            enough = middle;
        } else {
            too_few = middle;
        }
    }
    if (code == FB_OK) {
        *out = enough;
    }
    return code;
}

enum fb_code fb_binomial_samples_to_rule_out(
    const struct fb_binomial_plan *plan, int64_t *out, struct fb_err *err)
{
    FB_ASSERT(plan && out);
    enum fb_code code = check_counts(plan->k, plan->n, 0, plan->confidence, err);
    if (code != FB_OK) {
        return code;
    }
    if (!(plan->odds_margin > 0 && isfinite(plan->odds_margin))) {
        return fb_err_set(
            err, FB_E_RANGE, "the margin %g on the odds is not positive", plan->odds_margin);
    }
    if (plan->samples_max < 0) {
        return fb_err_set(err, FB_E_RANGE, "the most samples to plan for, %lld, is negative",
            (long long)plan->samples_max);
    }
    int64_t room = FB_BINOMIAL_N_MAX - plan->n;
    return search(plan, plan->samples_max < room ? plan->samples_max : room, out, err);
}

#define MATHLIB_STANDALONE 1
#include "stats/judge.h"

#include <Rmath.h>
#include <math.h>
#include <stdbool.h>

#include "base/assert.h"
#include "stats/binomial.h"

static double clamp(double x)
{
    return x < 0 ? 0 : x > 1 ? 1 : x;
}

static enum fb_code check_confidence(double confidence, struct fb_err *err)
{
    if (!(confidence > 0 && confidence < 1)) {
        return fb_err_set(err, FB_E_RANGE, "the confidence %g is not between 0 and 1", confidence);
    }
    return FB_OK;
}

enum fb_code fb_judge_rogan_gladen(
    const struct fb_judge_counts *counts, struct fb_judge_estimate *out, struct fb_err *err)
{
    FB_ASSERT(counts && out);
    const struct fb_judge_counts *c = counts;
    enum fb_code code = check_confidence(c->confidence, err);
    if (code != FB_OK) {
        return code;
    }
    if (c->samples < 1 || c->positives < 0 || c->positives > c->samples || c->negatives < 1 ||
        c->right_negatives < 0 || c->right_negatives > c->negatives || c->positives_known < 1 ||
        c->right_positives < 0 || c->right_positives > c->positives_known) {
        return fb_err_set(err, FB_E_RANGE, "the counts of the judge make no sense");
    }
    double n = (double)c->samples, m0 = (double)c->negatives, m1 = (double)c->positives_known;
    double p = (double)c->positives / n;
    double q0 = (double)c->right_negatives / m0, q1 = (double)c->right_positives / m1;
    double z = qnorm5((1 + c->confidence) / 2, 0, 1, 1, 0);
    double p_added = (n * p + z * z / 2) / (n + z * z);
    double q0_added = (m0 * q0 + 1) / (m0 + 2), q1_added = (m1 * q1 + 1) / (m1 + 2);
    double power = q0_added + q1_added - 1;
    if (!(power > 1e-9) || !(q0 + q1 > 1)) {
        (void)fb_err_set(err, FB_E_RANGE, "the judge is no better than chance");
        return fb_err_hint(err,
            "Nothing can be learned from it: %.3g of negatives and %.3g of "
            "positives were judged right.",
            q0, q1);
    }
    /* Nothing is known better than by a judge that never errs: the samples' own interval. */
    double value = clamp((p + q0 - 1) / (q0 + q1 - 1)), sure[2];
    double tail = (1 + c->confidence) / 2;
    code = fb_binomial_lower_real(n * value, n, tail, &sure[0], err);
    code = code ? code : fb_binomial_upper_real(n * value, n, tail, &sure[1], err);
    if (code != FB_OK) {
        return code;
    }
    double theta = (p_added + q0_added - 1) / power;
    double v0 = q0_added * (1 - q0_added) / (m0 + 2), v1 = q1_added * (1 - q1_added) / (m1 + 2);
    double move = 2 * z * z * (theta * v1 - (1 - theta) * v0);
    double error = sqrt(p_added * (1 - p_added) / (n + z * z) + (1 - theta) * (1 - theta) * v0 +
                        theta * theta * v1) /
                   power;
    *out = (struct fb_judge_estimate){value, fmin(sure[0], clamp(theta + move - z * error)),
        fmax(sure[1], clamp(theta + move + z * error))};
    return FB_OK;
}

/* Two values beside the samples: the worst of either kind, or none. */
struct beside {
    double a[2];
    double b[2];
    size_t count; /* 0 or 2 */
};

/* Mean and variance of a - share * b; b may be NULL. Beside the samples the variance is that of a
 * sample (by n - 1), without them by n. */
struct moments {
    double mean;
    double variance;
    double count;
};

static struct moments moments_of(
    const double *a, const double *b, double share, size_t n, const struct beside *beside)
{
    struct moments m = {0, 0, (double)(n + beside->count)};
    for (int pass = 0; pass < 2; pass++) {
        for (size_t i = 0; i < n + beside->count; i++) {
            double x = i < n ? a[i] : beside->a[i - n];
            x -= !b ? 0 : share * (i < n ? b[i] : beside->b[i - n]);
            m.mean += pass == 0 ? x / m.count : 0;
            m.variance += pass == 1 ? (x - m.mean) * (x - m.mean) : 0;
        }
    }
    m.variance /= m.count - (beside->count > 0 ? 1 : 0);
    return m;
}

/* How much the judgements are to count. */
static double tuned(const struct fb_judge_samples *s, const struct beside *beside)
{
    struct moments truth = moments_of(s->truth, NULL, 0, s->labelled, beside);
    struct beside judgements = {{beside->b[0], beside->b[1]}, {0, 0}, beside->count};
    struct moments judged = moments_of(s->judged, NULL, 0, s->labelled, &judgements);
    struct moments others = moments_of(s->unlabelled, NULL, 0, s->unlabelled_count, beside);
    struct moments difference = moments_of(s->truth, s->judged, 1, s->labelled, beside);
    double covariance = (truth.variance + judged.variance - difference.variance) / 2;
    double apart = judged.mean - others.mean, share = judged.count / (judged.count + others.count);
    double variance = share * judged.variance + (1 - share) * others.variance +
                      share * (1 - share) * apart * apart;
    return variance > 0 ? clamp(covariance / ((1 + judged.count / others.count) * variance)) : 0;
}

/* The quantile of a sum of two means: normal, or Student's with the degrees of freedom of Welch and
 * Satterthwaite. */
static double quantile(
    double confidence, const struct moments *rest, const struct moments *judged, double lambda)
{
    double a = rest->variance / rest->count;
    double b = lambda * lambda * judged->variance / judged->count;
    double freedom = a * a / (rest->count - 1) + b * b / (judged->count - 1);
    freedom = freedom > 0 ? fmax(1, (a + b) * (a + b) / freedom) : 1e6;
    return qt((1 + confidence) / 2, freedom, 1, 0);
}

static enum fb_code check_samples(
    const struct fb_judge_samples *s, bool bounded, struct fb_err *err)
{
    enum fb_code code = check_confidence(s->confidence, err);
    if (code != FB_OK) {
        return code;
    }
    if (s->labelled < 2 || s->unlabelled_count < 2) {
        (void)fb_err_set(err, FB_E_RANGE, "fewer than 2 labelled or unlabelled samples");
        return fb_err_hint(err, "Rows with `judged` and `truth` say how the judge errs, rows with "
                                "`judged` alone are what is to be corrected.");
    }
    for (size_t i = 0; bounded && i < s->labelled + s->unlabelled_count; i++) {
        bool labelled = i < s->labelled;
        double x = labelled ? s->truth[i] : s->unlabelled[i - s->labelled];
        double y = labelled ? s->judged[i] : x;
        if (!(x >= 0 && x <= 1 && y >= 0 && y <= 1)) {
            return fb_err_set(err, FB_E_RANGE, "a judgement or its truth is not between 0 and 1");
        }
    }
    return FB_OK;
}

static enum fb_code estimate(const struct fb_judge_samples *s, int tune,
    const struct beside *beside, struct fb_judge_estimate *out, struct fb_err *err)
{
    double lambda = tune ? tuned(s, beside) : 1;
    struct moments judged = moments_of(s->unlabelled, NULL, 0, s->unlabelled_count, beside);
    struct moments rest = moments_of(s->truth, s->judged, lambda, s->labelled, beside);
    double value = lambda * judged.mean + rest.mean;
    double error =
        sqrt(lambda * lambda * judged.variance / judged.count + rest.variance / rest.count);
    double q = beside->count > 0 ? quantile(s->confidence, &rest, &judged, lambda)
                                 : qnorm5((1 + s->confidence) / 2, 0, 1, 1, 0);
    double reach = q * error;
    if (!isfinite(value) || !isfinite(reach)) {
        return fb_err_set(err, FB_E_RANGE, "a judgement or its truth is not finite");
    }
    *out = (struct fb_judge_estimate){value, value - reach, value + reach};
    return FB_OK;
}

enum fb_code fb_judge_ppi_normal(const struct fb_judge_samples *samples, int tune,
    struct fb_judge_estimate *out, struct fb_err *err)
{
    static const struct beside none = {{0, 0}, {0, 0}, 0};
    FB_ASSERT(samples && out);
    enum fb_code code = check_samples(samples, false, err);
    return code ? code : estimate(samples, tune, &none, out, err);
}

/* Widens to Clopper and Pearson's interval of the labels alone where they hold fewer than three of
 * either kind. How far the judge goes along with the truth is then told by two labels at most; of
 * none it is told nothing, the judge counts for nothing, and what remains is the normal interval of
 * 0 of n, which ends before 3 / n where the truth is beyond 3 / n in one of twenty such cases. */
static enum fb_code widen_to_labels(
    const struct fb_judge_samples *s, struct fb_judge_estimate *out, struct fb_err *err)
{
    enum { FEW = 3 };
    double n = (double)s->labelled, found = 0, low = out->low, high = out->high;
    for (size_t i = 0; i < s->labelled; i++) {
        found += s->truth[i];
    }
    found = fmin(found, n);
    if (fmin(found, n - found) >= FEW) {
        return FB_OK;
    }
    double tail = (1 + s->confidence) / 2;
    enum fb_code code = fb_binomial_lower_real(found, n, tail, &low, err);
    code = code ? code : fb_binomial_upper_real(found, n, tail, &high, err);
    out->low = fmin(out->low, low);
    out->high = fmax(out->high, high);
    return code;
}

enum fb_code fb_judge_ppi(const struct fb_judge_samples *samples, int tune,
    struct fb_judge_estimate *out, struct fb_err *err)
{
    static const struct beside worst = {{1, 0}, {0, 1}, 2};
    FB_ASSERT(samples && out);
    struct fb_judge_estimate point, wide;
    enum fb_code code = check_samples(samples, true, err);
    code = code ? code : fb_judge_ppi_normal(samples, tune, &point, err);
    code = code ? code : estimate(samples, tune, &worst, &wide, err);
    if (code != FB_OK) {
        return code;
    }
    /* An estimate beyond 0 or 1 is there by chance: it is moved back, and its ends with it. */
    double value = clamp(point.value), moved = clamp(wide.value) - wide.value;
    struct fb_judge_estimate e = {
        value, fmin(value, clamp(wide.low + moved)), fmax(value, clamp(wide.high + moved))};
    code = tune ? widen_to_labels(samples, &e, err) : FB_OK;
    if (code == FB_OK) {
        *out = e;
    }
    return code;
}

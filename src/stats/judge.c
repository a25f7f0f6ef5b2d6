#define MATHLIB_STANDALONE 1
#include "stats/judge.h"

#include <Rmath.h>
#include <math.h>

#include "base/assert.h"

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
    double theta = (p_added + q0_added - 1) / power;
    double v0 = q0_added * (1 - q0_added) / (m0 + 2), v1 = q1_added * (1 - q1_added) / (m1 + 2);
    double move = 2 * z * z * (theta * v1 - (1 - theta) * v0);
    double error = sqrt(p_added * (1 - p_added) / (n + z * z) + (1 - theta) * (1 - theta) * v0 +
                        theta * theta * v1) /
                   power;
    *out = (struct fb_judge_estimate){clamp((p + q0 - 1) / (q0 + q1 - 1)),
        clamp(theta + move - z * error), clamp(theta + move + z * error)};
    return FB_OK;
}

/* Mean and variance (by n) of a - share * b; b may be NULL. */
struct moments {
    double mean;
    double variance;
};

static struct moments moments_of(const double *a, const double *b, double share, size_t n)
{
    struct moments m = {0, 0};
    for (size_t i = 0; i < n; i++) {
        m.mean += (a[i] - (b ? share * b[i] : 0)) / (double)n;
    }
    for (size_t i = 0; i < n; i++) {
        double rest = a[i] - (b ? share * b[i] : 0) - m.mean;
        m.variance += rest * rest / (double)n;
    }
    return m;
}

/* How much the judgements are to count. */
static double tuned(const struct fb_judge_samples *s)
{
    double n = (double)s->labelled, others = (double)s->unlabelled_count;
    struct moments truth = moments_of(s->truth, NULL, 0, s->labelled);
    struct moments judged = moments_of(s->judged, NULL, 0, s->labelled);
    struct moments unlabelled = moments_of(s->unlabelled, NULL, 0, s->unlabelled_count);
    double covariance = 0;
    for (size_t i = 0; i < s->labelled; i++) {
        covariance += (s->truth[i] - truth.mean) * (s->judged[i] - judged.mean) / n;
    }
    double apart = judged.mean - unlabelled.mean, share = n / (n + others);
    double variance = share * judged.variance + (1 - share) * unlabelled.variance +
                      share * (1 - share) * apart * apart;
    return variance > 0 ? clamp(covariance / ((1 + n / others) * variance)) : 0;
}

enum fb_code fb_judge_ppi(const struct fb_judge_samples *samples, int tune,
    struct fb_judge_estimate *out, struct fb_err *err)
{
    FB_ASSERT(samples && out);
    const struct fb_judge_samples *s = samples;
    enum fb_code code = check_confidence(s->confidence, err);
    if (code != FB_OK) {
        return code;
    }
    if (s->labelled < 2 || s->unlabelled_count < 2) {
        return fb_err_set(err, FB_E_RANGE, "fewer than 2 labelled or unlabelled samples");
    }
    double lambda = tune ? tuned(s) : 1;
    struct moments judged = moments_of(s->unlabelled, NULL, 0, s->unlabelled_count);
    struct moments rest = moments_of(s->truth, s->judged, lambda, s->labelled);
    double value = lambda * judged.mean + rest.mean;
    double error = sqrt(lambda * lambda * judged.variance / (double)s->unlabelled_count +
                        rest.variance / (double)s->labelled);
    double reach = qnorm5((1 + s->confidence) / 2, 0, 1, 1, 0) * error;
    if (!isfinite(value) || !isfinite(reach)) {
        return fb_err_set(err, FB_E_RANGE, "a judgement or its truth is not finite");
    }
    *out = (struct fb_judge_estimate){value, value - reach, value + reach};
    return FB_OK;
}

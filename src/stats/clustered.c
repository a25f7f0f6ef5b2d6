#define MATHLIB_STANDALONE 1
#include "stats/clustered.h"

#include <Rmath.h>
#include <math.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "base/assert.h"
#include "stats/binomial.h"

enum fb_code fb_clustered_find(
    const struct fb_clustered *samples, struct fb_clustered_mean *out, struct fb_err *err)
{
    FB_ASSERT(samples && out);
    const struct fb_clustered *s = samples;
    double n = (double)s->n, sum = 0, square = 0, fourth = 0;
    for (size_t i = 0; i < s->n; i++) {
        sum += s->x[i];
    }
    if (s->n == 0 || !isfinite(sum)) {
        return fb_err_set(
            err, FB_E_RANGE, s->n == 0 ? "there are no samples" : "a sample is not finite");
    }
    double *rests = fb_calloc((size_t)s->clusters + 1, sizeof(double));
    uint32_t *sizes = fb_calloc((size_t)s->clusters + 1, sizeof(uint32_t));
    if (!rests || !sizes) {
        fb_free(rests);
        fb_free(sizes);
        return fb_err_set(err, FB_E_NOMEM, "no memory for %u clusters", s->clusters);
    }
    struct fb_clustered_mean mean = {.mean = sum / n};
    for (size_t i = 0; i < s->n; i++) {
        FB_ASSERT(s->cluster[i] < s->clusters);
        rests[s->cluster[i]] += s->x[i] - mean.mean;
        sizes[s->cluster[i]]++;
    }
    for (uint32_t c = 0; c < s->clusters; c++) {
        mean.filled += sizes[c] > 0;
        square += rests[c] * rests[c];
        fourth += rests[c] * rests[c] * rests[c] * rests[c];
    }
    double c = mean.filled;
    mean.error = c > 1 ? sqrt(c / (c - 1) * square) / n : (double)NAN;
    mean.freedom = fourth > 0 ? fmax(1, fmin(c - 1, square * square / fourth)) : c - 1;
    double worth = mean.mean * (1 - mean.mean) / (mean.error * mean.error);
    mean.worth = worth > c && isfinite(worth) ? fmin(n, worth) : c;
    fb_free(rests);
    fb_free(sizes);
    *out = mean;
    return FB_OK;
}

void fb_clustered_interval(const struct fb_clustered_mean *mean, double confidence, double out[2])
{
    FB_ASSERT(mean && out && confidence > 0 && confidence < 1);
    double reach =
        mean->filled > 1 ? qt((1 + confidence) / 2, mean->freedom, 1, 0) * mean->error : INFINITY;
    out[0] = mean->mean - reach;
    out[1] = mean->mean + reach;
}

enum fb_code fb_clustered_rate(const struct fb_clustered_mean *mean, size_t n, double confidence,
    double out[2], struct fb_err *err)
{
    FB_ASSERT(mean && out);
    if (!(mean->mean >= 0 && mean->mean <= 1) || !(confidence > 0 && confidence < 1)) {
        return fb_err_set(err, FB_E_RANGE, "a rate %g or a confidence %g is not between 0 and 1",
            mean->mean, confidence);
    }
    if (mean->filled < 2) {
        out[0] = 0;
        out[1] = 1;
        return FB_OK;
    }
    double side = (1 + confidence) / 2;
    double ratio = n > 1 ? qt(side, (double)n - 1, 1, 0) / qt(side, mean->freedom, 1, 0) : 1;
    double worth = fmax(1, mean->worth * ratio * ratio), ends[2];
    enum fb_code code = fb_binomial_lower_real(mean->mean * worth, worth, side, &ends[0], err);
    code = code ? code : fb_binomial_upper_real(mean->mean * worth, worth, side, &ends[1], err);
    if (code == FB_OK) {
        out[0] = ends[0];
        out[1] = ends[1];
    }
    return code;
}

double fb_groups_confidence(double confidence, size_t groups)
{
    FB_ASSERT(confidence > 0 && confidence < 1 && groups >= 1);
    return 1 - (1 - confidence) / (double)groups;
}

double fb_groups_independent(double confidence, size_t groups)
{
    FB_ASSERT(confidence > 0 && confidence < 1 && groups >= 1);
    return (1 + pow(confidence, 1 / (double)groups)) / 2;
}

/* P(at least k of n fair coins), for k of n; 1 for k = 0. */
static double coins(int64_t k, int64_t n)
{
    return k <= 0 ? 1 : pbinom((double)k - 1, (double)n, 0.5, 0, 0);
}

enum fb_code fb_paired_compare(const struct fb_paired *counts, double confidence,
    struct fb_paired_result *out, struct fb_err *err)
{
    FB_ASSERT(counts && out);
    int64_t b = counts->only_first, c = counts->only_second, n = counts->n;
    int64_t either = counts->unresolved;
    if (b < 0 || c < 0 || n < 1 || n > FB_BINOMIAL_N_MAX || b > n || c > n - b || either < 0 ||
        either > n - b - c || !(confidence > 0 && confidence < 1)) {
        (void)fb_err_set(err, FB_E_RANGE,
            "%lld pairs, of which %lld and %lld differ and %lld are open, or a confidence of %g, "
            "make no sense",
            (long long)n, (long long)b, (long long)c, (long long)either, confidence);
        return fb_err_hint(err, "There is a pair at least, and those that differ or are open are "
                                "among them.");
    }
    double side = 1 - (1 - confidence) / 4, ends[4];
    enum fb_code code = fb_binomial_lower(b, n, side, &ends[0], err);
    code = code ? code : fb_binomial_upper(b + either, n, side, &ends[1], err);
    code = code ? code : fb_binomial_lower(c, n, side, &ends[2], err);
    code = code ? code : fb_binomial_upper(c + either, n, side, &ends[3], err);
    if (code != FB_OK) {
        return code;
    }
    *out = (struct fb_paired_result){
        .difference = (double)(b - c) / (double)n,
        .low = fmax(-1, ends[0] - ends[3]),
        .high = fmin(1, ends[1] - ends[2]),
        .p_value = fmin(1, 2 * coins(b > c ? b : c, b + c)),
        .p_first = coins(b, b + c),
    };
    return FB_OK;
}

/* A p-value and where it stood. */
struct ranked {
    double p;
    size_t at;
};

static int compare_ranked(const void *a, const void *b)
{
    const struct ranked *x = a, *y = b;
    if (x->p != y->p) {
        return x->p < y->p ? -1 : 1;
    }
    return (x->at > y->at) - (x->at < y->at);
}

enum fb_code fb_holm(double *p, size_t n, struct fb_err *err)
{
    FB_ASSERT(p || n == 0);
    struct ranked *ranks = fb_calloc(n, sizeof(*ranks));
    if (!ranks) {
        return fb_err_set(err, FB_E_NOMEM, "no memory for %zu tests", n);
    }
    for (size_t i = 0; i < n; i++) {
        ranks[i] = (struct ranked){p[i], i};
    }
    if (n > 1) {
        qsort(ranks, n, sizeof(*ranks), compare_ranked);
    }
    double last = 0;
    for (size_t i = 0; i < n; i++) {
        last = fmax(last, fmin(1, (double)(n - i) * ranks[i].p));
        p[ranks[i].at] = last;
    }
    fb_free(ranks);
    return FB_OK;
}

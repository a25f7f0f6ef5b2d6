#define MATHLIB_STANDALONE 1
#include "stats/probe.h"

#include <Rmath.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "base/assert.h"
#include "stats/binomial.h"
#include "stats/sample.h"

/* A score, and whose. */
struct scored {
    double score;
    size_t at;
    bool positive;
};

static int compare_scored(const void *a, const void *b)
{
    const struct scored *x = a, *y = b;
    return (x->score > y->score) - (x->score < y->score);
}

/* For each sample, how many of the other kind it beats, ties by half, as a share of them. */
static void place(struct scored *all, const struct fb_probe *probe, double *won[2])
{
    size_t n = probe->positive_count + probe->negative_count, below[2] = {0, 0};
    const double counts[2] = {(double)probe->negative_count, (double)probe->positive_count};
    qsort(all, n, sizeof(*all), compare_scored);
    for (size_t from = 0, to; from < n; from = to) {
        size_t here[2] = {0, 0};
        for (to = from; to < n && all[to].score == all[from].score; to++) {
            here[all[to].positive]++;
        }
        for (size_t i = from; i < to; i++) {
            bool p = all[i].positive;
            double beaten = (double)below[!p] + (double)here[!p] / 2;
            won[p][all[i].at] = (p ? beaten : counts[1] - beaten) / (p ? counts[0] : counts[1]);
        }
        below[0] += here[0];
        below[1] += here[1];
    }
}

static enum fb_code set_interval(
    const struct fb_probe *probe, double confidence, struct fb_probe_auroc *a, struct fb_err *err)
{
    double side = (1 + confidence) / 2;
    if (a->error > 0 && a->value > 0 && a->value < 1) {
        double odds = log(a->value / (1 - a->value));
        double reach = qnorm5(side, 0, 1, 1, 0) * a->error / (a->value * (1 - a->value));
        a->low = 1 / (1 + exp(reach - odds));
        a->high = 1 / (1 + exp(-reach - odds));
        return FB_OK;
    }
    double n = fmin((double)probe->positive_count, (double)probe->negative_count);
    enum fb_code code = fb_binomial_lower_real(a->value * n, n, side, &a->low, err);
    return code ? code : fb_binomial_upper_real(a->value * n, n, side, &a->high, err);
}

enum fb_code fb_probe_find(
    const struct fb_probe *probe, double confidence, struct fb_probe_auroc *out, struct fb_err *err)
{
    FB_ASSERT(probe && out);
    size_t p = probe->positive_count, n = probe->negative_count;
    if (p < 2 || n < 2 || !(confidence > 0 && confidence < 1)) {
        (void)fb_err_set(err, FB_E_RANGE,
            "an area needs 2 positives and 2 negatives, not %zu and %zu, and a confidence between "
            "0 and 1",
            p, n);
        return fb_err_hint(err, "Give scores of cases with the property and of cases without it.");
    }
    struct scored *all = fb_calloc(p + n, sizeof(*all));
    double *won[2] = {fb_calloc(n, sizeof(double)), fb_calloc(p, sizeof(double))};
    enum fb_code code = FB_OK;
    if (!all || !won[0] || !won[1]) {
        code = fb_err_set(err, FB_E_NOMEM, "no memory for %zu scores", p + n);
    }
    for (size_t i = 0; code == FB_OK && i < p + n; i++) {
        bool positive = i < p;
        size_t at = positive ? i : i - p;
        double score = positive ? probe->positives[at] : probe->negatives[at];
        all[i] = (struct scored){score, at, positive};
        if (isnan(score)) {
            code = fb_err_set(err, FB_E_RANGE, "a score is not a number");
        }
    }
    if (code == FB_OK) {
        place(all, probe, won);
        struct fb_probe_auroc a = {.value = fb_sample_mean(won[1], p)};
        a.error = sqrt(
            fb_sample_variance(won[1], p) / (double)p + fb_sample_variance(won[0], n) / (double)n);
        code = set_interval(probe, confidence, &a, err);
        if (code == FB_OK) {
            *out = a;
        }
    }
    fb_free(all);
    fb_free(won[0]);
    fb_free(won[1]);
    return code;
}

/* Metrics of Inspect that draw by chance: which figures an honest draw would have given. */
#include <math.h>

#include "base/alloc.h"
#include "base/assert.h"
#include "ingest/inspect_measuring.h"
#include "stats/random.h"
#include "stats/sample.h"

/* Times the standard deviation of a bootstrap's own error that a figure may be off: one in 10^23 of
 * honest figures, if they were normal. */
#define BOOTSTRAP_SIGMA 10

enum {
    DRAWS_MAX = 4000,
    DRAWS_MIN = 200,
    DRAWS_WORK = 1 << 25, /* clusters drawn in all, but for DRAWS_MIN */
};

bool fb_inspect_measure_bootstrap(struct fb_inspect_measuring *m,
    const struct fb_inspect_spec *spec, struct fb_inspect_measured *out)
{
    static const char *const known[] = {"num_samples", NULL};
    double draws = fb_inspect_number_param(spec, "num_samples", 1000), n = (double)m->view->count;
    if (!fb_inspect_has_only(m, spec, known)) {
        return false;
    }
    if (!(draws >= 2)) {
        return fb_inspect_unknown(m, "it draws less than two resamples");
    }
    double chance = BOOTSTRAP_SIGMA / sqrt(2 * draws);
    out->value = m->view->count > 0 ? sqrt(fb_inspect_view_variance(m->view) * (n - 1) / n / n) : 0;
    out->low = out->value * (1 - chance);
    out->high = out->value * (1 + chance);
    return true;
}

/* What is drawn: clusters, or single values. */
struct urn {
    double *sums, *sizes;
    uint32_t *places; /* of each unit */
    size_t count;
};

static bool fill_urn(
    struct fb_inspect_measuring *m, const struct fb_inspect_spec *spec, struct urn *urn)
{
    size_t key = 0;
    urn->count = m->view->count;
    for (size_t i = 0; i < m->view->count; i++) {
        urn->places[i] = (uint32_t)i;
    }
    if (fb_inspect_param(spec, "cluster") &&
        (!fb_inspect_key_of(m, spec, "cluster", &key) ||
            !fb_inspect_clusters_of(m, key, urn->places, &urn->count))) {
        return false;
    }
    for (size_t i = 0; i < m->view->count; i++) {
        urn->sums[urn->places[i]] += m->view->units[i].value;
        urn->sizes[urn->places[i]] += 1;
    }
    return true;
}

/* The means of resamples, sorted. */
static void draw(const struct urn *urn, double *means, size_t draws)
{
    for (size_t d = 0; d < draws; d++) {
        struct fb_random random = fb_random_start(0, d);
        double sum = 0, size = 0;
        for (size_t i = 0; i < urn->count; i++) {
            uint32_t place = fb_random_below(&random, (uint32_t)urn->count);
            sum += urn->sums[place];
            size += urn->sizes[place];
        }
        means[d] = sum / size;
    }
    fb_sample_sort(means, draws);
}

bool fb_inspect_measure_drawn(struct fb_inspect_measuring *m, const struct fb_inspect_spec *spec,
    double level, struct fb_inspect_measured *out)
{
    double theirs = fb_inspect_number_param(spec, "num_samples", 1000);
    double tail = (1 - level) / 2, q = fb_str_is(spec->entry, "lower") ? tail : 1 - tail;
    if (!(theirs >= 2)) {
        return fb_inspect_unknown(m, "it draws less than two resamples");
    }
    size_t n = m->view->count;
    FB_ASSERT(n > 1);
    size_t draws = DRAWS_WORK / n < DRAWS_MAX ? DRAWS_WORK / n : DRAWS_MAX;
    draws = draws > DRAWS_MIN ? draws : DRAWS_MIN;
    if (!fb_inspect_spend(m, (uint64_t)draws * n)) {
        return false;
    }
    struct urn urn = {.sums = fb_calloc(n, sizeof(double)),
        .sizes = fb_calloc(n, sizeof(double)),
        .places = fb_calloc(n, sizeof(uint32_t))};
    double *means = fb_calloc(draws, sizeof(*means));
    bool is_good = urn.sums && urn.sizes && urn.places && means;
    if (!is_good) {
        m->code = fb_err_set(m->err, FB_E_NOMEM, "memory ran out while checking metrics");
    }
    for (size_t i = 0; is_good && i < n; i++) {
        is_good =
            isfinite(m->view->units[i].value) || fb_inspect_unknown(m, "a value is not finite");
    }
    is_good = is_good && fill_urn(m, spec, &urn);
    if (is_good) {
        /* The share of draws below the true quantile is off by this much at most, in both. */
        double off = BOOTSTRAP_SIGMA * sqrt(q * (1 - q) * (1 / theirs + 1 / (double)draws));
        draw(&urn, means, draws);
        out->value = fb_sample_quantile(means, draws, q);
        out->low = fb_sample_quantile(means, draws, fmax(0, q - off));
        out->high = fb_sample_quantile(means, draws, fmin(1, q + off));
    }
    fb_free(urn.sums);
    fb_free(urn.sizes);
    fb_free(urn.places);
    fb_free(means);
    return is_good;
}

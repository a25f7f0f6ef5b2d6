#include "stats/coverage_grid.h"

#include <math.h>

#include "base/alloc.h"
#include "base/assert.h"
#include "stats/binomial.h"
#include "stats/clustered.h"
#include "stats/judge.h"
#include "stats/random.h"
#include "stats/sequence.h"
#include "stats/simultaneous.h"

static const double level = 0.95, wald_reach = 1.959963984540054;

enum { CLUSTER = 5, KNOWN = 100, UNLABELLED = 10, GROUPS = 5, DRAWS = 999 };

/* One round: what was drawn in, and the interval that came of it. */
struct round {
    int64_t n;
    double p;
    struct fb_random *random;
    double *x, *y, *z;  /* room for n, n, and UNLABELLED * n */
    uint32_t *clusters; /* room for 2 GROUPS n */
    double ends[2];
};

/* --- Simulated methods -------------------------------------------------------------------- */

static enum fb_code draw_clusters(
    struct round *r, struct fb_clustered_mean *out, struct fb_err *err)
{
    for (int64_t i = 0; i < r->n; i++) {
        bool is_first = i % CLUSTER == 0;
        bool copies = !is_first && fb_random_unit(r->random) < 0.6;
        r->clusters[i] = (uint32_t)(i / CLUSTER);
        r->x[i] = copies ? r->x[i - i % CLUSTER] : fb_random_unit(r->random) < r->p;
    }
    struct fb_clustered s = {r->x, r->clusters, (size_t)r->n, (uint32_t)(r->n / CLUSTER)};
    return fb_clustered_find(&s, out, err);
}

static enum fb_code clustered(struct round *r, struct fb_err *err)
{
    struct fb_clustered_mean mean;
    enum fb_code code = draw_clusters(r, &mean, err);
    return code ? code : fb_clustered_rate(&mean, (size_t)r->n, level, r->ends, err);
}

static enum fb_code clustered_wald(struct round *r, struct fb_err *err)
{
    struct fb_clustered_mean mean = {.mean = 0};
    enum fb_code code = draw_clusters(r, &mean, err);
    r->ends[0] = mean.mean - wald_reach * mean.error;
    r->ends[1] = mean.mean + wald_reach * mean.error;
    return code;
}

static enum fb_code exact(int64_t k, int64_t n, double out[2], struct fb_err *err)
{
    enum fb_code code = fb_binomial_lower(k, n, (1 + level) / 2, &out[0], err);
    return code ? code : fb_binomial_upper(k, n, (1 + level) / 2, &out[1], err);
}

static enum fb_code clustered_ignored(struct round *r, struct fb_err *err)
{
    struct fb_clustered_mean mean = {.mean = 0};
    enum fb_code code = draw_clusters(r, &mean, err);
    return code ? code : exact((int64_t)floor(mean.mean * (double)r->n + 0.5), r->n, r->ends, err);
}

static int64_t draw(struct round *r, int64_t n, double p)
{
    int64_t k = 0;
    for (int64_t i = 0; i < n; i++) {
        k += fb_random_unit(r->random) < p;
    }
    return k;
}

static enum fb_code judged(struct round *r, struct fb_err *err)
{
    int64_t positives = draw(r, r->n, r->p * 0.85 + (1 - r->p) * 0.05);
    int64_t right_negatives = draw(r, KNOWN, 0.95), right_positives = draw(r, KNOWN, 0.85);
    struct fb_judge_counts counts = {
        positives, r->n, right_negatives, KNOWN, right_positives, KNOWN, level};
    struct fb_judge_estimate e = {0, 0, 0};
    enum fb_code code = fb_judge_rogan_gladen(&counts, &e, err);
    r->ends[0] = e.low;
    r->ends[1] = e.high;
    return code;
}

static enum fb_code judge_believed(struct round *r, struct fb_err *err)
{
    return exact(draw(r, r->n, r->p * 0.85 + (1 - r->p) * 0.05), r->n, r->ends, err);
}

static enum fb_code powered(struct round *r, bool tune, bool as_published, struct fb_err *err)
{
    static const double flips[] = {0.1, 0.15};
    int64_t n = r->n;
    for (int64_t i = 0; i < (1 + UNLABELLED) * n; i++) {
        bool truth = fb_random_unit(r->random) < r->p;
        bool seen = truth != (fb_random_unit(r->random) < flips[truth]);
        if (i < n) {
            r->x[i] = truth;
            r->y[i] = seen;
        } else {
            r->z[i - n] = seen;
        }
    }
    struct fb_judge_samples s = {r->x, r->y, (size_t)n, r->z, (size_t)(UNLABELLED * n), level};
    struct fb_judge_estimate e = {0, 0, 0};
    enum fb_code code =
        as_published ? fb_judge_ppi_normal(&s, tune, &e, err) : fb_judge_ppi(&s, tune, &e, err);
    r->ends[0] = e.low;
    r->ends[1] = e.high;
    return code;
}

static enum fb_code ppi(struct round *r, struct fb_err *err)
{
    return powered(r, false, false, err);
}

static enum fb_code ppi_tuned(struct round *r, struct fb_err *err)
{
    return powered(r, true, false, err);
}

static enum fb_code ppi_published(struct round *r, struct fb_err *err)
{
    return powered(r, false, true, err);
}

static enum fb_code ppi_tuned_published(struct round *r, struct fb_err *err)
{
    return powered(r, true, true, err);
}

/* The same samples in several groups: each group copies the sample's own draw in seven of ten
 * cases, so that any two correlate by half. The interval is that of a group that misses, if one
 * does. */
static enum fb_code groups_round(struct round *r, bool together, struct fb_err *err)
{
    struct fb_simultaneous_group groups[GROUPS];
    struct fb_simultaneous_level at = {.each = (1 + level) / 2};
    uint32_t *group = r->clusters, *sample = r->clusters + GROUPS * r->n;
    for (uint32_t i = 0; i < r->n; i++) {
        bool own = fb_random_unit(r->random) < r->p;
        for (uint32_t g = 0; g < GROUPS; g++) {
            size_t row = (size_t)i * GROUPS + g;
            bool copies = fb_random_unit(r->random) < 0.7;
            r->z[row] = copies ? own : fb_random_unit(r->random) < r->p;
            group[row] = g;
            sample[row] = i;
        }
    }
    const struct fb_simultaneous rows = {group, sample, r->z, (size_t)r->n * GROUPS, GROUPS,
        (uint32_t)r->n, level, fb_random_u32(r->random), DRAWS};
    enum fb_code code = fb_simultaneous_find(&rows, groups, &at, err);
    bool missed = false;
    for (uint32_t g = 0; code == FB_OK && !missed && g < GROUPS; g++) {
        code =
            fb_simultaneous_bounds(&groups[g], together ? at.each : (1 + level) / 2, r->ends, err);
        missed = !(r->ends[0] <= r->p && r->p <= r->ends[1]);
    }
    return code;
}

static enum fb_code groups_together(struct round *r, struct fb_err *err)
{
    return groups_round(r, true, err);
}

static enum fb_code groups_each(struct round *r, struct fb_err *err)
{
    return groups_round(r, false, err);
}

/* Betting checks all sizes up to the last by itself. */
static enum fb_code betting(struct round *r, struct fb_err *err)
{
    for (int64_t i = 0; i < r->n; i++) {
        r->x[i] = fb_random_unit(r->random) < r->p;
    }
    return fb_sequence_betting(r->x, r->n, 1 - level, r->ends, err);
}

/* --- Stopping rules, summed exactly --------------------------------------------------------- */

/* The narrowest at n_last; the choice is made before looking. */
static enum fb_code mixture(int64_t k, int64_t n, int64_t n_last, double out[2], struct fb_err *err)
{
    struct fb_sequence_counts counts = {(double)k, (double)n, 1 - level, (double)n_last};
    return fb_sequence_binomial(&counts, out, err);
}

static enum fb_code looked_at(
    int64_t k, int64_t n, int64_t n_last, double out[2], struct fb_err *err)
{
    (void)n_last;
    return exact(k, n, out, err);
}

static enum fb_code looked_at_wald(
    int64_t k, int64_t n, int64_t n_last, double out[2], struct fb_err *err)
{
    (void)n_last;
    (void)err;
    double p = (double)k / (double)n, reach = wald_reach * sqrt(p * (1 - p) / (double)n);
    out[0] = p - reach;
    out[1] = p + reach;
    return FB_OK;
}

/* --- The grid ------------------------------------------------------------------------------- */

/* A method: one of the two functions is NULL. */
static const struct {
    const char *name;
    bool ours;
    enum fb_code (*round)(struct round *r, struct fb_err *err);
    enum fb_code (*interval)(
        int64_t k, int64_t n, int64_t n_last, double out[2], struct fb_err *err);
} methods[] = {{"clustered rate", true, clustered, NULL},
    {"Wald's, clustered", false, clustered_wald, NULL},
    {"exact, clusters ignored", false, clustered_ignored, NULL},
    {"judge corrected (Rogan-Gladen)", true, judged, NULL},
    {"judge believed", false, judge_believed, NULL}, {"PPI", true, ppi, NULL},
    {"PPI as published", false, ppi_published, NULL}, {"PPI++", true, ppi_tuned, NULL},
    {"PPI++ as published", false, ppi_tuned_published, NULL},
    {"anytime, mixture", true, NULL, mixture}, {"anytime, betting", true, betting, NULL},
    {"exact interval, looked at after each", false, NULL, looked_at},
    {"Wald's interval, looked at after each", false, NULL, looked_at_wald},
    {"five groups together (max-T)", true, groups_together, NULL},
    {"five groups, each by itself", false, groups_each, NULL}};
static const int64_t sizes[] = {10, 20, 30, 50, 100, 200, 300, 1000};
static const double lower_rates[] = {.001, .005, .01, .02, .05, .1, .2, .3, .5};

enum {
    METHODS = sizeof(methods) / sizeof(methods[0]),
    SIZES = sizeof(sizes) / sizeof(sizes[0]),
    LOWER = sizeof(lower_rates) / sizeof(lower_rates[0]),
};

double fb_coverage_grid_rate(size_t i)
{
    FB_ASSERT(i < FB_COVERAGE_RATES && FB_COVERAGE_RATES == 2 * LOWER - 1);
    return i < LOWER ? lower_rates[i] : 1 - lower_rates[2 * LOWER - 2 - i];
}

size_t fb_coverage_grid_count(void)
{
    return (size_t)METHODS * SIZES;
}

void fb_coverage_grid_at(size_t i, const char **method, int64_t *n)
{
    FB_ASSERT(i < fb_coverage_grid_count() && method && n);
    *method = methods[i / SIZES].name;
    *n = sizes[i % SIZES];
}

/* The rate of a column: those of the grid, then 1 / n. */
static double rate_of(size_t column, int64_t n)
{
    return column < FB_COVERAGE_RATES ? fb_coverage_grid_rate(column) : 1 / (double)n;
}

static bool holds(const double ends[2], double p)
{
    return ends[0] <= p && p <= ends[1];
}

static bool is_empty(const double ends[2])
{
    return !(ends[0] < ends[1]) || ends[0] >= 1 || ends[1] <= 0;
}

static enum fb_code simulate(
    size_t i, uint32_t rounds, struct fb_coverage_grid *out, struct fb_err *err)
{
    struct round r = {.n = out->n};
    r.x = fb_calloc((size_t)r.n, sizeof(double));
    r.y = fb_calloc((size_t)r.n, sizeof(double));
    r.z = fb_calloc((size_t)r.n * UNLABELLED, sizeof(double));
    r.clusters = fb_calloc((size_t)r.n * 2 * GROUPS, sizeof(uint32_t));
    enum fb_code code =
        r.x && r.y && r.z && r.clusters
            ? FB_OK
            : fb_err_set(err, FB_E_NOMEM, "no memory for %lld samples", (long long)r.n);
    for (size_t column = 0; code == FB_OK && column <= FB_COVERAGE_RATES; column++) {
        uint32_t held = 0, empty = 0;
        r.p = rate_of(column, r.n);
        for (uint32_t k = 0; code == FB_OK && k < rounds; k++) {
            struct fb_random random =
                fb_random_start((uint64_t)i << 32 | (uint64_t)column << 16 | 3, k);
            r.random = &random;
            code = methods[i / SIZES].round(&r, err);
            held += code == FB_OK && holds(r.ends, r.p);
            empty += code == FB_OK && is_empty(r.ends);
        }
        if (column < FB_COVERAGE_RATES) {
            out->held[column] = (double)held / rounds;
        } else {
            out->empty = (double)empty / rounds;
        }
    }
    out->error = sqrt(level * (1 - level) / rounds);
    fb_free(r.x);
    fb_free(r.y);
    fb_free(r.z);
    fb_free(r.clusters);
    return code;
}

/* One more sample: chances[k] that k succeeded and the truth was inside so far. Backwards, since
 * each takes of the one before it. */
static void step(double *chances, int64_t n, double p)
{
    for (int64_t k = n; k >= 0; k--) {
        double stays = k < n ? chances[k] * (1 - p) : 0;
        chances[k] = stays + (k > 0 ? chances[k - 1] * p : 0);
    }
}

static enum fb_code sum_up(size_t i, struct fb_coverage_grid *out, struct fb_err *err)
{
    enum { COLUMNS = FB_COVERAGE_RATES + 1 };
    size_t row = (size_t)out->n + 1;
    double *chances = fb_calloc(COLUMNS * row, sizeof(*chances));
    if (!chances) {
        return fb_err_set(err, FB_E_NOMEM, "no memory for %lld samples", (long long)out->n);
    }
    enum fb_code code = FB_OK;
    for (size_t c = 0; c < COLUMNS; c++) {
        chances[c * row] = 1;
    }
    for (int64_t n = 1; code == FB_OK && n <= out->n; n++) {
        for (size_t c = 0; c < COLUMNS; c++) {
            step(chances + c * row, n, rate_of(c, out->n));
        }
        for (int64_t k = 0; code == FB_OK && k <= n; k++) {
            double ends[2] = {0, 1};
            code = methods[i / SIZES].interval(k, n, out->n, ends, err);
            /* The last column is not of paths that held, but of all, to the end. */
            for (size_t c = 0; c < FB_COVERAGE_RATES; c++) {
                chances[c * row + (size_t)k] *= holds(ends, rate_of(c, out->n));
            }
            if (n == out->n && is_empty(ends)) {
                out->empty += chances[FB_COVERAGE_RATES * row + (size_t)k];
            }
        }
    }
    for (size_t c = 0; c < FB_COVERAGE_RATES; c++) {
        for (size_t k = 0; k < row; k++) {
            out->held[c] += chances[c * row + k];
        }
    }
    fb_free(chances);
    return code;
}

enum fb_code fb_coverage_grid_find(
    size_t i, uint32_t rounds, struct fb_coverage_grid *out, struct fb_err *err)
{
    FB_ASSERT(i < fb_coverage_grid_count() && rounds > 0 && out);
    struct fb_coverage_grid grid = {.method = methods[i / SIZES].name,
        .ours = methods[i / SIZES].ours,
        .n = sizes[i % SIZES],
        .least = 2};
    enum fb_code code =
        methods[i / SIZES].interval ? sum_up(i, &grid, err) : simulate(i, rounds, &grid, err);
    for (size_t c = 0; c < FB_COVERAGE_RATES; c++) {
        grid.mean += grid.held[c] / FB_COVERAGE_RATES;
        grid.least_at = grid.held[c] < grid.least ? fb_coverage_grid_rate(c) : grid.least_at;
        grid.least = fmin(grid.least, grid.held[c]);
    }
    if (code == FB_OK) {
        *out = grid;
    }
    return code;
}

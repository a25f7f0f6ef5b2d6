#define MATHLIB_STANDALONE 1
#include "stats/simultaneous.h"

#include <Rmath.h>
#include <math.h>
#include <string.h>

#include "base/alloc.h"
#include "base/assert.h"
#include "stats/binomial.h"
#include "stats/random.h"
#include "stats/sample.h"

/* Rows at work. */
struct work {
    const struct fb_simultaneous *rows;
    struct fb_simultaneous_group *groups;
    size_t *by_sample; /* rows in the order of their samples, and in it of their groups */
    size_t *by_group;  /* rows in the order of their groups, and in it of their samples */
    double *norms;     /* by group: root of the sum of squared residuals; 0: it has none */
    double *sums;      /* by pair of groups: correlation */
    double *squares;   /* by pair: sum of squares of what the correlation is the sum of */
    uint32_t *common;  /* by pair: samples that stand in both */
};

static enum fb_code no_memory(const struct fb_simultaneous *rows, struct fb_err *err)
{
    return fb_err_set(
        err, FB_E_NOMEM, "no memory for %u groups of %zu samples", rows->groups, rows->n);
}

/* Sorts rows by a number below count, keeping the order of those with the same. */
static enum fb_code sort_rows(
    const uint32_t *number, uint32_t count, size_t n, size_t *rows, struct fb_err *err)
{
    size_t *starts = fb_calloc((size_t)count + 1, sizeof(*starts));
    size_t *sorted = fb_calloc(n, sizeof(*sorted));
    enum fb_code code =
        starts && sorted ? FB_OK : fb_err_set(err, FB_E_NOMEM, "no memory for %zu samples", n);
    for (size_t i = 0; code == FB_OK && i < n; i++) {
        FB_ASSERT(number[i] < count);
        starts[number[i] + 1]++;
    }
    for (size_t i = 0; code == FB_OK && i < count; i++) {
        starts[i + 1] += starts[i];
    }
    for (size_t i = 0; code == FB_OK && i < n; i++) {
        sorted[starts[number[rows[i]]]++] = rows[i];
    }
    if (code == FB_OK) {
        memcpy(rows, sorted, n * sizeof(*rows));
    }
    fb_free(starts);
    fb_free(sorted);
    return code;
}

/* Both orders of the rows. */
static enum fb_code order_rows(struct work *w, struct fb_err *err)
{
    const struct fb_simultaneous *r = w->rows;
    w->by_sample = fb_calloc(r->n, sizeof(size_t));
    w->by_group = fb_calloc(r->n, sizeof(size_t));
    if (!w->by_sample || !w->by_group) {
        return no_memory(r, err);
    }
    for (size_t i = 0; i < r->n; i++) {
        w->by_sample[i] = w->by_group[i] = i;
    }
    enum fb_code code = sort_rows(r->group, r->groups, r->n, w->by_sample, err);
    code = code ? code : sort_rows(r->sample, r->samples, r->n, w->by_sample, err);
    code = code ? code : sort_rows(r->sample, r->samples, r->n, w->by_group, err);
    return code ? code : sort_rows(r->group, r->groups, r->n, w->by_group, err);
}

static bool is_same_cell(const struct fb_simultaneous *r, size_t a, size_t b)
{
    return r->group[a] == r->group[b] && r->sample[a] == r->sample[b];
}

static enum fb_code count_groups(struct work *w, struct fb_err *err)
{
    const struct fb_simultaneous *r = w->rows;
    memset(w->groups, 0, r->groups * sizeof(*w->groups));
    for (size_t i = 0; i < r->n; i++) {
        size_t row = w->by_group[i];
        struct fb_simultaneous_group *g = &w->groups[r->group[row]];
        if (!isnan(r->x[row]) && r->x[row] != 0 && r->x[row] != 1) {
            return fb_err_set(err, FB_E_RANGE, "an outcome %g is neither 0 nor 1", r->x[row]);
        }
        g->n++;
        g->k += r->x[row] == 1;
        g->unresolved += isnan(r->x[row]);
        g->is_clustered |= i > 0 && is_same_cell(r, row, w->by_group[i - 1]);
    }
    for (uint32_t i = 0; i < r->groups; i++) {
        if (w->groups[i].n == 0) {
            return fb_err_set(err, FB_E_RANGE, "group %u has no samples", i);
        }
    }
    return FB_OK;
}

/* The two means of a group whose rows are these. */
static enum fb_code cluster_group(const struct fb_simultaneous *r, const size_t *rows,
    struct fb_simultaneous_group *g, struct fb_err *err)
{
    size_t n = (size_t)g->n;
    double *x = fb_calloc(n, sizeof(*x));
    uint32_t *cluster = fb_calloc(n, sizeof(*cluster)), clusters = 0;
    enum fb_code code = x && cluster ? FB_OK : no_memory(r, err);
    for (size_t i = 0; code == FB_OK && i < n; i++) {
        clusters += i == 0 || r->sample[rows[i]] != r->sample[rows[i - 1]];
        cluster[i] = clusters - 1;
    }
    for (int end = 0; code == FB_OK && end < 2; end++) {
        for (size_t i = 0; i < n; i++) {
            x[i] = isnan(r->x[rows[i]]) ? end : r->x[rows[i]];
        }
        const struct fb_clustered samples = {x, cluster, n, clusters};
        code = fb_clustered_find(&samples, &g->means[end], err);
    }
    fb_free(x);
    fb_free(cluster);
    return code;
}

static enum fb_code cluster_groups(struct work *w, struct fb_err *err)
{
    enum fb_code code = FB_OK;
    size_t from = 0;
    for (uint32_t i = 0; code == FB_OK && i < w->rows->groups; i++) {
        struct fb_simultaneous_group *g = &w->groups[i];
        code = g->is_clustered ? cluster_group(w->rows, w->by_group + from, g, err) : FB_OK;
        from += (size_t)g->n;
    }
    return code;
}

/* --- Correlations ----------------------------------------------------------------------------- */

/* The residual of a row; 0 for one that is unresolved. */
static double residual(const struct work *w, size_t row)
{
    const struct fb_simultaneous_group *g = &w->groups[w->rows->group[row]];
    double x = w->rows->x[row];
    return isnan(x) ? 0 : x - (double)g->k / (double)(g->n - g->unresolved);
}

/* The residual of the cell that begins at place *at of an order; moves *at behind it. */
static double cell_residual(const struct work *w, const size_t *order, size_t *at)
{
    size_t first = order[*at];
    double sum = 0;
    for (; *at < w->rows->n && is_same_cell(w->rows, first, order[*at]); (*at)++) {
        sum += residual(w, order[*at]);
    }
    return sum;
}

/* What unresolved samples would have added to the sum of squares is added, so that a correlation
 * with them is as small as it is where they are independent of all. */
static void find_norms(struct work *w)
{
    for (size_t at = 0; at < w->rows->n;) {
        uint32_t g = w->rows->group[w->by_group[at]];
        double e = cell_residual(w, w->by_group, &at);
        w->norms[g] += e * e;
    }
    for (uint32_t i = 0; i < w->rows->groups; i++) {
        double n = (double)w->groups[i].n, resolved = n - (double)w->groups[i].unresolved;
        w->norms[i] = resolved > 0 ? sqrt(w->norms[i] * n / resolved) : 0;
    }
}

/* Adds one sample, which stands in these groups with these residuals. */
static void add_sample(
    struct work *w, const uint32_t *groups, const double *residuals, uint32_t count)
{
    for (uint32_t i = 1; i < count; i++) {
        double *sums = w->sums + (size_t)groups[i] * w->rows->groups;
        double *squares = w->squares + (size_t)groups[i] * w->rows->groups;
        uint32_t *common = w->common + (size_t)groups[i] * w->rows->groups;
        for (uint32_t j = 0; j < i; j++) {
            double product = residuals[i] * residuals[j];
            sums[groups[j]] += product;
            squares[groups[j]] += product * product;
            common[groups[j]]++;
        }
    }
}

/* Below the diagonal: correlations of the groups' rates, and what tells how sure they are. */
static void correlate(struct work *w)
{
    uint32_t groups[FB_SIMULTANEOUS_GROUPS_MAX];
    double residuals[FB_SIMULTANEOUS_GROUPS_MAX];
    for (size_t at = 0; at < w->rows->n;) {
        uint32_t sample = w->rows->sample[w->by_sample[at]], count = 0;
        while (at < w->rows->n && w->rows->sample[w->by_sample[at]] == sample) {
            uint32_t g = w->rows->group[w->by_sample[at]];
            double e = cell_residual(w, w->by_sample, &at);
            groups[count] = g;
            residuals[count++] = w->norms[g] > 0 ? e / w->norms[g] : 0;
        }
        add_sample(w, groups, residuals, count);
    }
}

/* Schafer and Strimmer's share by which correlations are shrunk. A correlation r is a sum over the
 * common samples, so its variance is estimated by that of a sum. */
static double shrinkage_of(const struct work *w, uint32_t *out_shared)
{
    double variance = 0, squares = 0;
    *out_shared = 0;
    for (size_t i = 0; i < w->rows->groups; i++) {
        for (size_t j = 0; j < i; j++) {
            size_t at = i * w->rows->groups + j;
            double r = w->sums[at], n = w->common[at];
            *out_shared += n > 0;
            squares += r * r;
            variance += n > 1 ? n / (n - 1) * (w->squares[at] - r * r / n) : r * r;
        }
    }
    return squares > variance ? fmax(0, variance / squares) : 1;
}

/* --- Draws ------------------------------------------------------------------------------------ */

/* Shrinks the correlations and takes the root of their matrix (A.-L. Cholesky) in its place: sums
 * is then L with L L' the matrix. What is 0 or below, by rounding, has the root 0. */
static void take_root(struct work *w, double shrinkage)
{
    size_t groups = w->rows->groups;
    for (size_t i = 0; i < groups; i++) {
        double *row = w->sums + i * groups, rest = 1;
        for (size_t j = 0; j < i; j++) {
            const double *other = w->sums + j * groups;
            double sum = (1 - shrinkage) * row[j];
            for (size_t k = 0; k < j; k++) {
                sum -= row[k] * other[k];
            }
            row[j] = other[j] > 0 ? sum / other[j] : 0;
            rest -= row[j] * row[j];
        }
        row[i] = rest > 1e-12 ? sqrt(rest) : 0;
    }
}

/* The greatest of the absolute values of one draw. */
static double draw_most(const struct work *w, struct fb_random *random)
{
    double z[FB_SIMULTANEOUS_GROUPS_MAX], most = 0;
    size_t groups = w->rows->groups;
    for (size_t i = 0; i < groups; i++) {
        const double *row = w->sums + i * groups;
        double sum = 0;
        z[i] = fb_random_normal(random);
        for (size_t j = 0; j <= i; j++) {
            sum += row[j] * z[j];
        }
        most = fmax(most, fabs(sum));
    }
    return most;
}

/* The confidence of each end: P(Z <= c) at the drawn quantile c of max |Z|. */
static enum fb_code draw_level(const struct work *w, double *out, struct fb_err *err)
{
    const struct fb_simultaneous *r = w->rows;
    double *most = fb_calloc(r->draws, sizeof(*most));
    if (!most) {
        return no_memory(r, err);
    }
    for (uint32_t i = 0; i < r->draws; i++) {
        struct fb_random random = fb_random_start(r->key, i);
        most[i] = draw_most(w, &random);
    }
    fb_sample_sort(most, r->draws);
    double rank = ceil(((double)r->draws + 1) * r->confidence - 1e-9);
    double independent = fb_groups_independent(r->confidence, r->groups);
    *out = independent;
    if (rank <= r->draws) {
        double each = pnorm5(most[(size_t)rank - 1], 0, 1, 1, 0);
        *out = fmin(independent, fmax(each, (1 + r->confidence) / 2));
    }
    fb_free(most);
    return FB_OK;
}

static enum fb_code find_level(
    struct work *w, struct fb_simultaneous_level *out, struct fb_err *err)
{
    const struct fb_simultaneous *r = w->rows;
    size_t pairs = (size_t)r->groups * r->groups;
    w->norms = fb_calloc(r->groups, sizeof(double));
    w->sums = fb_calloc(pairs, sizeof(double));
    w->squares = fb_calloc(pairs, sizeof(double));
    w->common = fb_calloc(pairs, sizeof(uint32_t));
    if (!w->norms || !w->sums || !w->squares || !w->common) {
        return no_memory(r, err);
    }
    find_norms(w);
    correlate(w);
    struct fb_simultaneous_level level = {.each = fb_groups_independent(r->confidence, r->groups)};
    level.shrinkage = shrinkage_of(w, &level.shared);
    enum fb_code code = FB_OK;
    if (level.shrinkage < 1) {
        take_root(w, level.shrinkage);
        code = draw_level(w, &level.each, err);
    }
    if (code == FB_OK) {
        *out = level;
    }
    return code;
}

enum fb_code fb_simultaneous_find(const struct fb_simultaneous *rows,
    struct fb_simultaneous_group *out, struct fb_simultaneous_level *out_level, struct fb_err *err)
{
    FB_ASSERT(rows && out && out_level && rows->draws > 0);
    if (rows->groups > FB_SIMULTANEOUS_GROUPS_MAX) {
        return fb_err_set(err, FB_E_LIMIT, "more than %d groups", FB_SIMULTANEOUS_GROUPS_MAX);
    }
    if (rows->n == 0 || rows->groups == 0 || !(rows->confidence > 0 && rows->confidence < 1)) {
        return fb_err_set(err, FB_E_RANGE,
            "there are no samples, or the confidence %g is not between 0 and 1", rows->confidence);
    }
    struct work w = {.rows = rows, .groups = out};
    enum fb_code code = order_rows(&w, err);
    code = code ? code : count_groups(&w, err);
    code = code ? code : cluster_groups(&w, err);
    code = code ? code : find_level(&w, out_level, err);
    fb_free(w.by_sample);
    fb_free(w.by_group);
    fb_free(w.norms);
    fb_free(w.sums);
    fb_free(w.squares);
    fb_free(w.common);
    return code;
}

/* --- Bounds ----------------------------------------------------------------------------------- */

enum fb_code fb_simultaneous_bounds(
    const struct fb_simultaneous_group *group, double each, double out[2], struct fb_err *err)
{
    FB_ASSERT(group && out);
    const struct fb_simultaneous_group *g = group;
    double low[2] = {0, 1}, high[2] = {0, 1};
    if (!(each > (g->is_clustered ? 0.5 : 0) && each < 1)) {
        return fb_err_set(err, FB_E_RANGE, "the confidence %g of an end is out of range", each);
    }
    enum fb_code code = FB_OK;
    if (g->is_clustered) {
        code = fb_clustered_rate(&g->means[0], (size_t)g->n, 2 * each - 1, low, err);
        code = code ? code : fb_clustered_rate(&g->means[1], (size_t)g->n, 2 * each - 1, high, err);
    } else {
        code = fb_binomial_lower(g->k, g->n, each, &low[0], err);
        code = code ? code : fb_binomial_upper(g->k + g->unresolved, g->n, each, &high[1], err);
    }
    if (code == FB_OK) {
        out[0] = low[0];
        out[1] = high[1];
    }
    return code;
}

/* The largest error that ends of clustered groups are asked for. */
static const double p_most = 0.5 - 0x1p-30;

enum fb_code fb_simultaneous_p(
    const struct fb_simultaneous_group *group, double threshold, double *out, struct fb_err *err)
{
    FB_ASSERT(group && out);
    if (!group->is_clustered) {
        *out = group->n > 0 ? fb_binomial_at_most(group->k + group->unresolved, group->n, threshold)
                            : 1;
        return FB_OK;
    }
    double low = 0x1p-40, high = p_most, ends[2];
    for (double p = p_most;;) {
        enum fb_code code = fb_simultaneous_bounds(group, 1 - p, ends, err);
        if (code != FB_OK) {
            return code;
        }
        bool reaches = ends[1] >= threshold;
        if (p >= p_most && reaches) {
            *out = 1; /* even the estimate does */
            return FB_OK;
        }
        low = reaches ? p : low;
        high = reaches ? high : p;
        if (high - low <= 1e-9 * high) {
            *out = high;
            return FB_OK;
        }
        p = high > 4 * low ? sqrt(low * high) : (low + high) / 2;
    }
}

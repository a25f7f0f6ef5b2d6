#define MATHLIB_STANDALONE 1
#include "stats/paired.h"

#include <Rmath.h>
#include <math.h>

#include "base/alloc.h"
#include "base/assert.h"
#include "stats/clustered.h"

enum { STEPS_MAX = 1 << 26 };

static enum fb_code no_memory(struct fb_err *err)
{
    return fb_err_set(err, FB_E_NOMEM, "memory ran out while comparing pairs");
}

static enum fb_code check(
    const struct fb_paired_differences *pairs, double confidence, struct fb_err *err)
{
    FB_ASSERT(pairs && (pairs->n == 0 || (pairs->low && pairs->high && pairs->cluster)));
    if (pairs->n == 0 || !(confidence > 0 && confidence < 1)) {
        return fb_err_set(err, FB_E_RANGE, "there is no pair, or the confidence makes no sense");
    }
    for (size_t i = 0; i < pairs->n; i++) {
        if (!(isfinite(pairs->low[i]) && isfinite(pairs->high[i]) &&
                pairs->low[i] <= pairs->high[i])) {
            return fb_err_set(err, FB_E_RANGE, "the difference of a pair is no number");
        }
    }
    return FB_OK;
}

/* How the differences of unresolved pairs are filled in. Neither end alone need make the widest
 * interval: what one cluster does is less certain than what two do. */
enum { LOW, NONE, HIGH, FILLS };

static void fill_in(const struct fb_paired_differences *pairs, int fill, double *out)
{
    for (size_t i = 0; i < pairs->n; i++) {
        double low = pairs->low[i], high = pairs->high[i];
        out[i] = fill == LOW ? low : fill == HIGH ? high : fmin(high, fmax(low, 0));
    }
}

/* Finds one interval of differences that are filled in; room has n numbers. */
typedef enum fb_code (*find_fn)(const struct fb_clustered *filled, double confidence, double *room,
    double out[2], struct fb_err *err);

static enum fb_code mean_of(const struct fb_clustered *filled, double confidence, double *room,
    double out[2], struct fb_err *err)
{
    struct fb_clustered_mean mean;
    (void)room;
    enum fb_code code = fb_clustered_find(filled, &mean, err);
    if (code == FB_OK && mean.error > 1e-12 * fabs(mean.mean)) { /* beyond rounding */
        fb_clustered_interval(&mean, confidence, out);
    } else if (code == FB_OK) {
        out[0] = -INFINITY;
        out[1] = INFINITY;
    }
    return code;
}

/* What is gained less what is lost. */
static enum fb_code rates_of(const struct fb_clustered *filled, double confidence, double *room,
    double out[2], struct fb_err *err)
{
    struct fb_clustered part = {room, filled->cluster, filled->n, filled->clusters};
    double ends[2][2];
    enum fb_code code = FB_OK;
    for (int is_loss = 0; code == FB_OK && is_loss < 2; is_loss++) {
        struct fb_clustered_mean mean;
        for (size_t i = 0; i < filled->n; i++) {
            room[i] = fmax(is_loss ? -filled->x[i] : filled->x[i], 0);
        }
        code = fb_clustered_find(&part, &mean, err);
        code = code ? code
                    : fb_clustered_rate(&mean, part.n, (1 + confidence) / 2, ends[is_loss], err);
    }
    if (code == FB_OK) {
        out[0] = fmax(-1, ends[0][0] - ends[1][1]);
        out[1] = fmin(1, ends[0][1] - ends[1][0]);
    }
    return code;
}

/* The span of the intervals of all ways to fill in. */
static enum fb_code span(const struct fb_paired_differences *pairs, double confidence, find_fn find,
    double out[2], struct fb_err *err)
{
    double *rooms = fb_calloc(2 * pairs->n, sizeof(*rooms));
    if (!rooms) {
        return no_memory(err);
    }
    struct fb_clustered filled = {rooms, pairs->cluster, pairs->n, pairs->clusters};
    double widest[2] = {INFINITY, -INFINITY}, ends[2];
    enum fb_code code = FB_OK;
    for (int fill = 0; code == FB_OK && fill < FILLS; fill++) {
        fill_in(pairs, fill, rooms);
        code = find(&filled, confidence, rooms + pairs->n, ends, err);
        widest[0] = code == FB_OK ? fmin(widest[0], ends[0]) : widest[0];
        widest[1] = code == FB_OK ? fmax(widest[1], ends[1]) : widest[1];
    }
    if (code == FB_OK) {
        out[0] = widest[0];
        out[1] = widest[1];
    }
    fb_free(rooms);
    return code;
}

enum fb_code fb_paired_means(
    const struct fb_paired_differences *pairs, double confidence, double out[2], struct fb_err *err)
{
    FB_ASSERT(out);
    enum fb_code code = check(pairs, confidence, err);
    return code ? code : span(pairs, confidence, mean_of, out, err);
}

enum fb_code fb_paired_rates(
    const struct fb_paired_differences *pairs, double confidence, double out[2], struct fb_err *err)
{
    FB_ASSERT(out);
    enum fb_code code = check(pairs, confidence, err);
    for (size_t i = 0; code == FB_OK && i < pairs->n; i++) {
        if (pairs->low[i] < -1 || pairs->high[i] > 1) {
            code = fb_err_set(err, FB_E_RANGE, "the difference of a pair is not from -1 to 1");
        }
    }
    return code ? code : span(pairs, confidence, rates_of, out, err);
}

/* The chance that a sum of sizes with signs by chance is at least as far from 0 as `seen`; chance
 * and next have room for 2 * total + 1. */
static double count_signs(
    const uint64_t *sizes, uint32_t clusters, int64_t seen, double *const rooms[2], int64_t total)
{
    double *chance = rooms[0], *next = rooms[1];
    int64_t reach = 0;
    chance[total] = 1;
    for (uint32_t c = 0; c < clusters; c++) {
        int64_t size = (int64_t)sizes[c];
        if (size == 0) {
            continue;
        }
        for (int64_t i = total - reach - size; i <= total + reach + size; i++) {
            double down = i + size <= total + reach ? chance[i + size] : 0;
            double up = i - size >= total - reach ? chance[i - size] : 0;
            next[i] = (down + up) / 2;
        }
        reach += size;
        double *last = chance;
        chance = next;
        next = last;
        for (int64_t i = total - reach; i <= total + reach; i++) {
            next[i] = 0;
        }
    }
    double p = 0;
    for (int64_t i = seen; i <= reach; i++) {
        p += chance[total + i];
    }
    return seen == 0 ? 1 : fmin(1, 2 * p);
}

static enum fb_code find_p(
    const uint64_t *sizes, uint32_t clusters, int64_t seen, double *out_p, struct fb_err *err)
{
    double total = 0, squares = 0, filled = 0;
    for (uint32_t c = 0; c < clusters; c++) {
        total += (double)sizes[c];
        squares += (double)sizes[c] * (double)sizes[c];
        filled += sizes[c] > 0;
    }
    if (filled * (2 * total + 1) > STEPS_MAX) {
        *out_p = 2 * pnorm(-(double)seen / sqrt(squares), 0, 1, 1, 0);
        return FB_OK;
    }
    size_t room = 2 * (size_t)total + 1;
    double *rooms = fb_calloc(2 * room, sizeof(*rooms));
    if (!rooms) {
        return no_memory(err);
    }
    *out_p = count_signs(sizes, clusters, seen, (double *[]){rooms, rooms + room}, (int64_t)total);
    fb_free(rooms);
    return FB_OK;
}

enum fb_code fb_paired_flips(
    const struct fb_paired_differences *pairs, double *out_p, struct fb_err *err)
{
    FB_ASSERT(out_p);
    enum fb_code code = check(pairs, 0.5, err);
    if (code != FB_OK) {
        return code;
    }
    int64_t *sums = fb_calloc(pairs->clusters, sizeof(*sums));
    if (!sums) {
        return no_memory(err);
    }
    int64_t seen = 0;
    for (size_t i = 0; code == FB_OK && i < pairs->n; i++) {
        double d = pairs->low[i];
        FB_ASSERT(pairs->cluster[i] < pairs->clusters);
        if (d != pairs->high[i]) {
            continue;
        }
        if (d != 0 && d != 1 && d != -1) {
            code = fb_err_set(err, FB_E_RANGE, "the difference of a pair is not -1, 0 or 1");
        }
        sums[pairs->cluster[i]] += (int64_t)d;
        seen += (int64_t)d;
    }
    uint64_t *sizes = code == FB_OK ? fb_calloc(pairs->clusters, sizeof(*sizes)) : NULL;
    if (code == FB_OK && !sizes) {
        code = no_memory(err);
    }
    for (uint32_t c = 0; code == FB_OK && c < pairs->clusters; c++) {
        sizes[c] = (uint64_t)(sums[c] < 0 ? -sums[c] : sums[c]);
    }
    if (code == FB_OK) {
        code = find_p(sizes, pairs->clusters, seen < 0 ? -seen : seen, out_p, err);
    }
    fb_free(sizes);
    fb_free(sums);
    return code;
}

#include "stats/agreement.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/assert.h"
#include "stats/random.h"
#include "stats/sample.h"

/* One value of an item. number: of the value among all different ones, in their order. */
struct judged {
    uint32_t item;
    uint32_t number;
    double value;
};

/* An item with at least two values. */
struct unit {
    size_t from, count;
};

struct work {
    const struct fb_agreement *in;
    struct judged *values; /* by item, then value */
    size_t count;
    struct unit *units;
    size_t unit_count;
    uint32_t numbers; /* different values */
    double *place;    /* of each number: its value, or its midrank */
    double *tally;    /* of each number, weighted by how often its item was drawn */
    double *draws;    /* of each unit */
    double *alphas;
};

static int by_value(const void *a, const void *b)
{
    const struct judged *x = a, *y = b;
    return (x->value > y->value) - (x->value < y->value);
}

static int by_item(const void *a, const void *b)
{
    const struct judged *x = a, *y = b;
    if (x->item != y->item) {
        return x->item < y->item ? -1 : 1;
    }
    return (x->number > y->number) - (x->number < y->number);
}

/* Numbers the values, and keeps those of items that have two or more. */
static void arrange(struct work *w)
{
    size_t kept = 0;
    qsort(w->values, w->count, sizeof(*w->values), by_value);
    for (size_t i = 0; i < w->count; i++) {
        w->numbers += i > 0 && w->values[i].value > w->values[i - 1].value;
        w->values[i].number = w->numbers;
        w->place[w->numbers] = w->values[i].value;
    }
    w->numbers += 1;
    qsort(w->values, w->count, sizeof(*w->values), by_item);
    for (size_t i = 0, end; i < w->count; i = end) {
        for (end = i; end < w->count && w->values[end].item == w->values[i].item; end++) {
        }
        if (end - i >= 2) {
            w->units[w->unit_count++] = (struct unit){kept, end - i};
            memmove(&w->values[kept], &w->values[i], (end - i) * sizeof(*w->values));
            kept += end - i;
        }
    }
    w->count = kept;
}

/* The sum of d over pairs i != j of values whose places and weights are given. */
struct moments {
    double n, sum, squares, same;
};

static void take(struct moments *m, double place, double weight)
{
    m->n += weight;
    m->sum += weight * place;
    m->squares += weight * place * place;
    m->same += weight * weight;
}

static double pairs(const struct moments *m, enum fb_agreement_scale scale)
{
    return scale == FB_AGREEMENT_NOMINAL ? m->n * m->n - m->same
                                         : fmax(0, 2 * (m->n * m->squares - m->sum * m->sum));
}

/* An item's own pairs. Values are in order, so that equal ones are neighbours. */
static double within(const struct work *w, const struct unit *u)
{
    struct moments m = {0, 0, 0, 0};
    double origin = w->place[w->values[u->from].number];
    for (size_t i = u->from, end; i < u->from + u->count; i = end) {
        for (end = i; end < u->from + u->count && w->values[end].number == w->values[i].number;
             end++) {
        }
        take(&m, w->place[w->values[i].number] - origin, (double)(end - i));
    }
    return pairs(&m, w->in->scale) / (double)(u->count - 1);
}

/* Alpha of the items as often as draws says. */
static double alpha_of(struct work *w)
{
    struct moments all = {0, 0, 0, 0};
    double observed = 0, before = 0;
    memset(w->tally, 0, w->numbers * sizeof(*w->tally));
    for (size_t u = 0; u < w->unit_count; u++) {
        for (size_t i = 0; w->draws[u] > 0 && i < w->units[u].count; i++) {
            w->tally[w->values[w->units[u].from + i].number] += w->draws[u];
        }
    }
    for (uint32_t k = 0; w->in->scale == FB_AGREEMENT_ORDINAL && k < w->numbers; k++) {
        w->place[k] = before + w->tally[k] / 2;
        before += w->tally[k];
    }
    for (uint32_t k = 0; k < w->numbers; k++) {
        take(&all, w->place[k] - w->place[w->numbers / 2], w->tally[k]);
    }
    for (size_t u = 0; u < w->unit_count; u++) {
        observed += w->draws[u] > 0 ? w->draws[u] * within(w, &w->units[u]) : 0;
    }
    double expected = pairs(&all, w->in->scale) / (all.n - 1);
    return expected > 0 ? 1 - observed / expected : (double)NAN;
}

static void resample(struct work *w, struct fb_agreement_result *out)
{
    size_t good = 0;
    for (uint32_t r = 0; r < w->in->resamples; r++) {
        struct fb_random random = fb_random_start(w->in->seed, r);
        memset(w->draws, 0, w->unit_count * sizeof(*w->draws));
        for (size_t u = 0; u < w->unit_count; u++) {
            w->draws[fb_random_below(&random, (uint32_t)w->unit_count)] += 1;
        }
        double alpha = alpha_of(w);
        if (!isnan(alpha)) {
            w->alphas[good++] = alpha;
        }
    }
    out->low = out->high = (double)NAN;
    if (good > 0) {
        fb_sample_sort(w->alphas, good);
        out->low = fb_sample_quantile(w->alphas, good, (1 - w->in->confidence) / 2);
        out->high = fb_sample_quantile(w->alphas, good, (1 + w->in->confidence) / 2);
    }
}

static enum fb_code check(const struct fb_agreement *in, struct fb_err *err)
{
    if (in->count > FB_AGREEMENT_MAX || in->resamples > FB_AGREEMENT_RESAMPLES_MAX) {
        return fb_err_set(err, FB_E_LIMIT, "more than %d judgements or %d resamples",
            FB_AGREEMENT_MAX, FB_AGREEMENT_RESAMPLES_MAX);
    }
    if (!(in->confidence > 0 && in->confidence < 1)) {
        return fb_err_set(
            err, FB_E_RANGE, "the confidence %g is not between 0 and 1", in->confidence);
    }
    for (size_t i = 0; i < in->count; i++) {
        if (!isfinite(in->value[i]) || in->item[i] >= in->items) {
            return fb_err_set(err, FB_E_RANGE, "judgement %zu is no number of an item", i + 1);
        }
    }
    return FB_OK;
}

enum fb_code fb_agreement_find(
    const struct fb_agreement *in, struct fb_agreement_result *out, struct fb_err *err)
{
    FB_ASSERT(in && out && (in->count == 0 || (in->value && in->item)));
    enum fb_code code = check(in, err);
    if (code != FB_OK) {
        return code;
    }
    size_t room = in->count + 1;
    struct work w = {.in = in,
        .count = in->count,
        .values = fb_calloc(room, sizeof(*w.values)),
        .units = fb_calloc(room, sizeof(*w.units)),
        .place = fb_calloc(room, sizeof(*w.place)),
        .tally = fb_calloc(room, sizeof(*w.tally)),
        .draws = fb_calloc(room, sizeof(*w.draws)),
        .alphas = fb_calloc((size_t)in->resamples + 1, sizeof(*w.alphas))};
    if (!w.values || !w.units || !w.place || !w.tally || !w.draws || !w.alphas) {
        code = fb_err_set(err, FB_E_NOMEM, "no memory for %zu judgements", in->count);
        goto out;
    }
    for (size_t i = 0; i < in->count; i++) {
        w.values[i] = (struct judged){in->item[i], 0, in->value[i]};
    }
    arrange(&w);
    if (w.unit_count == 0) {
        (void)fb_err_set(err, FB_E_RANGE, "no item was judged twice");
        code = fb_err_hint(err, "Agreement is between judgements of one item: a row each.");
        goto out;
    }
    for (size_t u = 0; u < w.unit_count; u++) {
        w.draws[u] = 1;
    }
    *out = (struct fb_agreement_result){
        .alpha = alpha_of(&w), .pairable = w.count, .items = (uint32_t)w.unit_count};
    resample(&w, out);
out:
    fb_free(w.values);
    fb_free(w.units);
    fb_free(w.place);
    fb_free(w.tally);
    fb_free(w.draws);
    fb_free(w.alphas);
    return code;
}

#define MATHLIB_STANDALONE 1
#include "evidence/estimator.h"

#include <Rmath.h>
#include <math.h>

#include "base/assert.h"
#include "stats/binomial.h"
#include "stats/sequence.h"

/* Sums over clusters of n samples with s successes, with which the distance of a cluster from the
 * mean m can be summed for any m: (s - n m)^2 and its square. */
struct moments {
    double clusters, n, s, nn, ns, ss, n4, n3s, n2s2, ns3, s4;
};

static void add_cluster(struct moments *m, double times, double n, double s)
{
    m->clusters += times;
    m->n += times * n;
    m->s += times * s;
    m->nn += times * n * n;
    m->ns += times * n * s;
    m->ss += times * s * s;
    m->n4 += times * n * n * n * n;
    m->n3s += times * n * n * n * s;
    m->n2s2 += times * n * n * s * s;
    m->ns3 += times * n * s * s * s;
    m->s4 += times * s * s * s * s;
}

/* What the samples are worth, as fb_clustered_find has it (stats/clustered.h). Where all clusters
 * are alike nothing is seen of how samples depend on each other, and a cluster may be one sample,
 * the large ones weighing more: n^2 / sum of n_c^2 (L. Kish 1965). */
static struct fb_worth worth_of(const struct moments *m)
{
    double p = m->s / m->n, c = m->clusters;
    double square = m->ss - 2 * p * m->ns + p * p * m->nn;
    double fourth = m->s4 - 4 * p * m->ns3 + 6 * p * p * m->n2s2 - 4 * p * p * p * m->n3s +
                    p * p * p * p * m->n4;
    double alike = m->n * m->n / m->nn;
    struct fb_worth worth = {alike, fmax(1, c - 1)};
    if (c < 2) {
        worth.samples = 1;
        return worth;
    }
    /* Differences of sums that cancel are not below the rounding of what they are made of. */
    if (square > 1e-9 * m->nn && p > 0 && p < 1) {
        double variance = c / (c - 1) * square / (m->n * m->n);
        worth.samples = fmax(1, fmin(m->n, p * (1 - p) / variance));
        worth.freedom = fourth > 0 ? fmax(1, fmin(c - 1, square * square / fourth)) : 1;
    }
    return worth;
}

static int64_t whole(const struct fb_json *object, const char *key, int64_t otherwise)
{
    const struct fb_json *value = fb_json_get(object, key);
    return value && value->is_integer ? value->integer : otherwise;
}

/* The clusters of a record: rows of [times, samples, low, high]; what stands in none is one. */
static void take_rows(struct fb_estimator *e, const struct fb_json *rows, const int64_t all[3])
{
    struct moments low = {0}, high = {0};
    int64_t rest[3] = {all[0], all[1], all[2]};
    for (const struct fb_json *row = rows->child; row; row = row->next) {
        int64_t counts[4] = {0};
        const struct fb_json *item = row->child;
        for (int i = 0; i < 4 && item; i++, item = item->next) {
            counts[i] = item->integer;
        }
        double times = (double)counts[0], n = (double)counts[1];
        add_cluster(&low, times, n, (double)counts[2]);
        add_cluster(&high, times, n, (double)counts[3]);
        for (int i = 0; i < 3; i++) {
            rest[i] -= counts[0] * counts[i + 1];
        }
    }
    if (rest[0] > 0) {
        add_cluster(&low, 1, (double)rest[0], (double)rest[1]);
        add_cluster(&high, 1, (double)rest[0], (double)rest[2]);
    }
    e->clusters = (int64_t)low.clusters;
    e->low = worth_of(&low);
    e->high = worth_of(&high);
}

static void take_clusters(
    struct fb_estimator *e, const struct fb_json *clusters, const int64_t all[3])
{
    const struct fb_json *rows = fb_json_get(clusters, "rows");
    e->by = fb_json_get_str(clusters, "by");
    if (rows && rows->count > 0) {
        take_rows(e, rows, all);
        return;
    }
    /* How they came out is not on record: each may be one sample, the largest weighing most. */
    int64_t count = whole(clusters, "count", 1), largest = whole(clusters, "largest", all[0]);
    double worth = fmax(1, (double)all[0] / (double)(largest > 0 ? largest : 1));
    e->clusters = count;
    e->low = e->high = (struct fb_worth){worth, count > 1 ? (double)count - 1 : 1};
}

static bool has_flag(const struct fb_json *body, const char *name)
{
    const struct fb_json *flags = fb_json_get(body, "flags");
    for (const struct fb_json *flag = flags ? flags->child : NULL; flag; flag = flag->next) {
        if (fb_str_is(flag->text, name)) {
            return true;
        }
    }
    return false;
}

static enum fb_stopping stopping_of(const struct fb_json *body, bool grown)
{
    struct fb_str word = fb_json_get_str(body, "stopping");
    if (fb_str_is(word, "sequential")) {
        return FB_STOPPING_SEQUENTIAL;
    }
    if (fb_str_is(word, "unknown")) {
        return FB_STOPPING_UNKNOWN;
    }
    if (has_flag(body, "early_stopping")) {
        return FB_STOPPING_EARLY;
    }
    return grown ? FB_STOPPING_GROWN : FB_STOPPING_FIXED;
}

enum fb_code fb_estimator_of(const struct fb_json *body, const struct fb_estimator_given *given,
    struct fb_estimator *out, struct fb_err *err)
{
    enum { OPTIMAL = 200 };
    FB_ASSERT(body && given && out);
    int64_t n = whole(body, "samples", 0), low = whole(body, "succeeded_all", 0);
    int64_t high = whole(body, "succeeded_any", 0) + whole(body, "unresolved", 0);
    if (low < 0 || low > high || high > n) {
        return fb_err_set(err, FB_E_RANGE, "the counts of an evaluation do not fit together");
    }
    double optimal = given->samples_needed > 0 ? (double)given->samples_needed : OPTIMAL;
    struct fb_estimator e = {.samples = n,
        .low = {(double)n, (double)n},
        .high = {(double)n, (double)n},
        .stopping = stopping_of(body, given->grown),
        .samples_optimal = optimal,
        .epochs = whole(body, "epochs", 1)};
    const struct fb_json *clusters = fb_json_get(body, "clusters");
    const struct fb_json *judge = fb_json_get(body, "judge");
    if (clusters && n > 0) {
        take_clusters(&e, clusters, (const int64_t[3]){n, low, high});
    }
    if (judge) {
        e.judged = true;
        e.negatives = whole(judge, "negatives", 1);
        e.right_negatives = whole(judge, "right_negatives", 0);
        e.positives = whole(judge, "positives", 1);
        e.right_positives = whole(judge, "right_positives", 0);
    }
    *out = e;
    return FB_OK;
}

/* How many of the samples one independent one is: at least 1. The degrees of freedom behind that
 * figure count by the squared ratio of Student's t (Korn and Graubard). */
static double effect_of(
    const struct fb_estimator *e, const struct fb_worth *worth, double confidence)
{
    static const double side_least = 0.6; /* below, both quantiles go to 0 */
    if (e->clusters == 0) {
        return 1;
    }
    double side = fmax(confidence, side_least), n = (double)e->samples;
    double ratio = n > 1 ? qt(side, n - 1, 1, 0) / qt(side, worth->freedom, 1, 0) : 1;
    double independent = fmax(1, worth->samples * fmin(1, ratio * ratio));
    return fmax(1, n / independent);
}

/* One bound on what was counted, whatever the judge: side 0 is the lower, 1 the upper one. */
static enum fb_code side_bound(
    const struct fb_counts *c, int side, double confidence, double *out, struct fb_err *err)
{
    int64_t k = side ? c->high : c->low;
    double plain = 0, wide = 0;
    enum fb_code code = side ? fb_binomial_upper(k, c->samples, confidence, &plain, err)
                             : fb_binomial_lower(k, c->samples, confidence, &plain, err);
    *out = plain;
    if (code != FB_OK || !c->how || (c->how->clusters == 0 && c->how->stopping == 0)) {
        return code;
    }
    double effect = effect_of(c->how, side ? &c->how->high : &c->how->low, confidence);
    double worth = fmax(1, (double)c->samples / effect);
    double successes = fmin(worth, worth * (double)k / (double)c->samples);
    if (c->how->stopping != FB_STOPPING_FIXED) {
        double ends[2];
        struct fb_sequence_counts counts = {
            successes, worth, 1 - confidence, c->how->samples_optimal};
        code = fb_sequence_binomial(&counts, ends, err);
        wide = code == FB_OK ? ends[side] : plain;
    } else {
        code = side ? fb_binomial_upper_real(successes, worth, confidence, &wide, err)
                    : fb_binomial_lower_real(successes, worth, confidence, &wide, err);
    }
    if (code == FB_OK) {
        *out = side ? fmax(plain, wide) : fmin(plain, wide);
    }
    return code;
}

static double clamp(double x)
{
    return x > 0 ? fmin(x, 1) : 0; /* NaN, too, is 0 */
}

/*
 * What the true rate may be when p was judged positive: p = rate * sensitivity + (1 - rate) (1 -
 * specificity). With several epochs a sample succeeds in any (above) or all of them (below), and a
 * judge that was right for one may be wrong for another: then an alarm is never taken as false
 * above, nor a miss as one below.
 */
static enum fb_code correct(const struct fb_counts *c, const double judged[2], double confidence,
    double out[2], struct fb_err *err)
{
    static const double least_power = 1e-9;
    const struct fb_estimator *e = c->how;
    double side = 1 - (1 - confidence) / 4, specific[2], sensitive[2];
    enum fb_code code =
        fb_binomial_lower(e->right_negatives, e->negatives, side, &specific[0], err);
    code =
        code ? code : fb_binomial_upper(e->right_negatives, e->negatives, side, &specific[1], err);
    code =
        code ? code : fb_binomial_lower(e->right_positives, e->positives, side, &sensitive[0], err);
    code =
        code ? code : fb_binomial_upper(e->right_positives, e->positives, side, &sensitive[1], err);
    if (code != FB_OK) {
        return code;
    }
    if (e->epochs > 1) {
        specific[1] = sensitive[1] = 1;
    }
    double above = specific[1] + sensitive[0] - 1, below = specific[0] + sensitive[1] - 1;
    /* One that may be no better than chance says nothing. */
    out[1] = above > least_power ? clamp((judged[1] + specific[1] - 1) / above) : 1;
    out[0] = below > least_power ? clamp((judged[0] + specific[0] - 1) / below) : 0;
    /* Where fewer were judged positive than false alarms alone would give, one of the bounds
     * failed; less than none of so many samples can show is never said. */
    double none = 0;
    code = fb_binomial_upper(0, c->samples, 1 - (1 - confidence) / 2, &none, err);
    out[1] = fmax(fmax(out[0], out[1]), none);
    return code;
}

enum fb_code fb_estimator_bounds(
    const struct fb_counts *counts, double confidence, double out[2], struct fb_err *err)
{
    FB_ASSERT(counts && out);
    FB_ASSERT(0 <= counts->low && counts->low <= counts->high && counts->high <= counts->samples);
    double ends[2] = {0, 1};
    bool judged = counts->how && counts->how->judged;
    double confidence_of_counts = judged ? 1 - (1 - confidence) / 2 : confidence;
    enum fb_code code = FB_OK;
    if (counts->samples > 0 && counts->samples <= FB_BINOMIAL_N_MAX) {
        for (int side = 0; code == FB_OK && side < 2; side++) {
            code = side_bound(counts, side, confidence_of_counts, &ends[side], err);
        }
        if (code == FB_OK && judged) {
            const double seen[2] = {ends[0], ends[1]};
            code = correct(counts, seen, confidence, ends, err);
        }
    }
    if (code == FB_OK) {
        out[0] = ends[0];
        out[1] = ends[1];
    }
    return code;
}

bool fb_estimator_is_plain(const struct fb_estimator *how)
{
    return !how || (how->clusters == 0 && how->stopping == FB_STOPPING_FIXED && !how->judged);
}

const char *fb_estimator_name(const struct fb_estimator *how)
{
    static const char *const names[8] = {"exact", "clustered", "anytime", "clustered, anytime",
        "judge", "clustered, judge", "anytime, judge", "clustered, anytime, judge"};
    return how ? names[(how->clusters > 0) + 2 * (how->stopping != FB_STOPPING_FIXED) +
                       4 * how->judged]
               : names[0];
}

/*
 * inspect_measuring.h: what the files that compute Inspect's metrics share; private to this room.
 */
#ifndef FB_INGEST_INSPECT_MEASURING_H
#define FB_INGEST_INSPECT_MEASURING_H

#include "ingest/inspect_measure.h"

/** A metric apart from how the header writes it. */
struct fb_inspect_spec {
    struct fb_str name;           /**< of its function */
    struct fb_str entry;          /**< which of its figures; empty when it gives one */
    const struct fb_json *params; /**< may be NULL */
};

/** One measurement at work. */
struct fb_inspect_measuring {
    const struct fb_inspect *log;
    const struct fb_inspect_view *view;
    uint64_t *work; /**< of the log */
    struct fb_err *err;
    enum fb_code code; /**< why it stopped, other than that the metric is not known */
    const char *why;   /**< why the metric is not known here; static */
    bool is_assumed;   /**< a function of the task was taken for Inspect's own */
    unsigned depth;    /**< metrics around this one */
};

/** Any metric. False: it is not known here, and m->why says why, or m->code is an error. */
bool fb_inspect_measure_spec(struct fb_inspect_measuring *m, const struct fb_inspect_spec *spec,
    struct fb_inspect_measured *out);

/** Another metric, an object of parameters with name and params, over a view. As above. */
bool fb_inspect_measure_inner(struct fb_inspect_measuring *m, const struct fb_inspect_spec *inner,
    const struct fb_inspect_view *view, struct fb_inspect_measured *out);

/** Says why a metric is not known. False. */
bool fb_inspect_unknown(struct fb_inspect_measuring *m, const char *why);

/** Counts values that are about to be looked at or drawn. False: the log's metrics take too many,
 * and this one is not known. */
bool fb_inspect_spend(struct fb_inspect_measuring *m, uint64_t values);

/** A parameter that is set, or NULL. */
const struct fb_json *fb_inspect_param(const struct fb_inspect_spec *spec, const char *name);

/** A parameter that is a number; fallback where it is not set, NaN where it is something else. */
double fb_inspect_number_param(
    const struct fb_inspect_spec *spec, const char *name, double fallback);

/** True when every parameter that is set is one of those named (NULL ends them) or to_float, which
 * is taken for Inspect's own. */
bool fb_inspect_has_only(
    struct fb_inspect_measuring *m, const struct fb_inspect_spec *spec, const char *const *names);

/** The index of the metadata key that a parameter names; false when it is not noted. */
bool fb_inspect_key_of(struct fb_inspect_measuring *m, const struct fb_inspect_spec *spec,
    const char *name, size_t *out);

/** Numbers the clusters of a view's units, from 0; places has room for one a unit. False when a
 * unit has none. */
bool fb_inspect_clusters_of(
    struct fb_inspect_measuring *m, size_t key, uint32_t *places, size_t *out_count);

/** The variance with n - 1, and the mean; 0 for none. */
double fb_inspect_view_variance(const struct fb_inspect_view *view);
double fb_inspect_view_mean(const struct fb_inspect_view *view);

/** bootstrap_stderr: what it converges to, and ten of its own standard deviations around it. */
bool fb_inspect_measure_bootstrap(struct fb_inspect_measuring *m,
    const struct fb_inspect_spec *spec, struct fb_inspect_measured *out);

/** An end of ci(method="bootstrap") at a level: the quantile of means of resamples, drawn again
 * here with a fixed seed, and the quantiles ten standard deviations of a drawn share around it. */
bool fb_inspect_measure_drawn(struct fb_inspect_measuring *m, const struct fb_inspect_spec *spec,
    double level, struct fb_inspect_measured *out);

/** aggregate(key, agg): another metric over one field of objects. */
bool fb_inspect_measure_aggregate(struct fb_inspect_measuring *m,
    const struct fb_inspect_spec *spec, struct fb_inspect_measured *out);

/** krippendorff_alpha(level): 1 where all ratings are alike, NaN without a list of two. */
bool fb_inspect_measure_alpha(struct fb_inspect_measuring *m, const struct fb_inspect_spec *spec,
    struct fb_inspect_measured *out);

/** perplexity_per_token: exp(-sum of log likelihoods / tokens); perplexity_per_seq: exp of the mean
 * of -log likelihood / tokens over samples with tokens. NaN without tokens. */
bool fb_inspect_measure_perplexity(struct fb_inspect_measuring *m,
    const struct fb_inspect_spec *spec, struct fb_inspect_measured *out);

#endif

/*
 * inspect_measure.h: Inspect's own metrics over values, as its sources define them; private to this
 * room.
 *
 * mean and accuracy; std and var with n - 1; stderr is std / sqrt(n), or with clusters Miller 2024
 * (arXiv 2411.00640), appendix A, with the correction C / (C - 1); ci is mean +- t * stderr;
 * frequency counts words; grouped is another metric over the samples with one value of their
 * metadata; aggregate another metric over one field of objects; krippendorff_alpha is over lists of
 * judges' ratings; perplexity_per_token and _per_seq are over log likelihoods beside the scores.
 * What draws by chance (bootstrap_stderr, ci by bootstrap) has a range that it falls into.
 */
#ifndef FB_INGEST_INSPECT_MEASURE_H
#define FB_INGEST_INSPECT_MEASURE_H

#include "ingest/inspect.h"

/** How the epochs of a sample become one value. */
enum fb_inspect_reducing {
    FB_INSPECT_REDUCE_NONE,
    FB_INSPECT_REDUCE_MEAN,
    FB_INSPECT_REDUCE_MEDIAN,
    FB_INSPECT_REDUCE_MODE,
    FB_INSPECT_REDUCE_MAJORITY, /**< the value of more than half of all epochs, else none */
    FB_INSPECT_REDUCE_MAX,
    FB_INSPECT_REDUCE_AT_LEAST,
    FB_INSPECT_REDUCE_PASS_AT,
    FB_INSPECT_REDUCE_PASS_K,
    FB_INSPECT_REDUCE_LIST, /**< collect: a list of all */
    FB_INSPECT_REDUCE_UNKNOWN
};

/** A reducer; k of at_least_k, pass_at_k, pass_k_k, else 0. */
struct fb_inspect_reducer {
    enum fb_inspect_reducing how;
    uint64_t k;
};

/** One value that a metric is taken over. */
struct fb_inspect_unit {
    double value;
    uint32_t sample;
    uint32_t attempt; /**< of its first epoch, scored or not; unreduced: its own */
};

/** The values that a metric is taken over. */
struct fb_inspect_view {
    struct fb_inspect_unit *units;
    size_t count;
    bool is_known; /**< the reducer is defined here */
    bool has_ties; /**< the reducer chose between values by the order of epochs */
    bool is_whole; /**< of objects or lists, each of which is 0 to a metric of numbers */
    struct fb_str scorer;
    struct fb_inspect_reducer reducer;
    const struct fb_inspect_series *series; /**< NULL where there is none, or only a part of it */
};

/** Reads "mean", "at_least_2", "pass_at_5", ...; the empty text is the default, mean. */
struct fb_inspect_reducer fb_inspect_reducer_of(struct fb_str name);

/** Fills a view over a series, whose cells are sorted. The caller ends with
 * fb_inspect_view_release, also after an error. E_NOMEM. */
FB_CHECKED enum fb_code fb_inspect_view_fill(const struct fb_inspect *log,
    const struct fb_inspect_series *series, struct fb_inspect_reducer reducer,
    struct fb_inspect_view *view, struct fb_err *err);

/** Fills a view over the objects and lists of a scorer; else as above. */
FB_CHECKED enum fb_code fb_inspect_view_whole(const struct fb_inspect *log, struct fb_str scorer,
    struct fb_inspect_reducer reducer, struct fb_inspect_view *view, struct fb_err *err);

/** Frees a view's memory. */
void fb_inspect_view_release(struct fb_inspect_view *view);

/** True when a scorer's values are objects or lists. */
bool fb_inspect_has_keys(const struct fb_inspect *log, struct fb_str scorer);

/** A figure, and the range that one falls into which was drawn by chance, else the figure. */
struct fb_inspect_measured {
    double value, low, high;
    bool is_assumed; /**< a function of the task was taken for Inspect's own */
    const char *why; /**< why its definition is not known here, a clause; NULL: it is. Static */
};

/** A metric of the header over a view; out->why says when it cannot be computed. What it takes is
 * added to log->work. E_NOMEM. */
FB_CHECKED enum fb_code fb_inspect_measure(struct fb_inspect *log, const struct fb_json *metric,
    const struct fb_inspect_view *view, struct fb_inspect_measured *out, struct fb_err *err);

/** The name of a metric without Inspect's own prefix. */
struct fb_str fb_inspect_metric_name(const struct fb_json *metric);

#endif

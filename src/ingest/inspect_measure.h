/*
 * inspect_measure.h: Inspect's own metrics over values, as its sources define them; private to this
 * room.
 *
 * mean and accuracy; std and var with n - 1; stderr is std / sqrt(n), or with clusters Miller 2024
 * (arXiv 2411.00640), appendix A, with the correction C / (C - 1); bootstrap_stderr, which draws by
 * chance, is compared with what it converges to; ci is mean +- t * stderr; frequency counts words;
 * grouped is another metric over the samples with one value of their metadata.
 */
#ifndef FB_INGEST_INSPECT_MEASURE_H
#define FB_INGEST_INSPECT_MEASURE_H

#include "ingest/inspect.h"

/** One value that a metric is taken over. */
struct fb_inspect_unit {
    double value;
    uint32_t sample;
};

/** The values that a metric is taken over. */
struct fb_inspect_view {
    struct fb_inspect_unit *units; /**< room for every cell of the series */
    size_t count;
    bool is_known; /**< the reducer is defined here */
    bool has_ties; /**< the reducer chose between values by the order of epochs */
    const struct fb_inspect_series *series; /**< NULL where words are not to be counted */
};

/** A figure: its value, and how far off one may be that was drawn by chance, as a share of it. */
struct fb_inspect_measured {
    double value;
    double chance;
};

/** A metric of the header over a view. *out_known is false when its definition is not known here,
 * and *out says nothing then. E_NOMEM. */
FB_CHECKED enum fb_code fb_inspect_measure(const struct fb_inspect *log,
    const struct fb_json *metric, const struct fb_inspect_view *view,
    struct fb_inspect_measured *out, bool *out_known, struct fb_err *err);

/** The name of a metric without Inspect's own prefix. */
struct fb_str fb_inspect_metric_name(const struct fb_json *metric);

#endif

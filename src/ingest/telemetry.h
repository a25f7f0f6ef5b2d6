/*
 * telemetry.h: samples of what GPUs and machines do, one at a time, however many there are.
 *
 * Read are the text that exporters give (Prometheus and OpenMetrics; metrics.def has the metrics),
 * the answer of Prometheus to a query over a range, as JSON, and tables with the columns time,
 * host, gpu and use (a part of 1) or utilization.gpu (per cent), power (watts), as nvidia-smi
 * writes them.
 */
#ifndef FB_INGEST_TELEMETRY_H
#define FB_INGEST_TELEMETRY_H

#include "base/timestamp.h"
#include "ingest/input.h"

/** Limits; each has a test. */
enum { FB_TELEMETRY_LABELS_MAX = 128 /**< of one sample */, FB_TELEMETRY_NAME_MAX = 1024 };

/** What a sample says. */
enum fb_telemetry_quantity {
    FB_TELEMETRY_USE,        /**< part of the time that a GPU worked */
    FB_TELEMETRY_POWER,      /**< watts of a GPU */
    FB_TELEMETRY_ENERGY,     /**< joules of a GPU since some start */
    FB_TELEMETRY_NODE_POWER, /**< watts of a machine */
};

/** One sample. Texts are valid during the call that gives it. */
struct fb_telemetry_sample {
    struct fb_str host; /**< without a port; may be empty */
    struct fb_str gpu;  /**< its number or id in the host; of a machine's power its sensor, each
                           apart, and what they say adds up */
    enum fb_telemetry_quantity quantity;
    int metric; /**< which line of metrics.def, or -1 */
    double value;
    fb_time at;
};

/** Takes one sample; an error ends the reading with it. */
typedef enum fb_code (*fb_telemetry_sink)(
    void *ctx, const struct fb_telemetry_sample *sample, struct fb_err *err);

/** Where samples go, and what they are. */
struct fb_telemetry_options {
    fb_telemetry_sink sink;
    void *ctx;
    fb_time at;         /**< of samples without a time of their own; FB_TIME_MIN: refuse them */
    struct fb_str host; /**< of samples without one */
};

/** Reads a file, told by its content. Values that are no numbers (NaN, +Inf) are passed over, as
 * are metrics that metrics.def has not. Memory grows with the longest line only. E_NOT_FOUND, E_IO,
 * E_FORMAT, E_SYNTAX, E_SCHEMA, E_TIME, E_RANGE, E_LIMIT with file and place, or what sink failed
 * with; what was given before is given. */
FB_CHECKED enum fb_code fb_telemetry_read(
    const char *path, const struct fb_telemetry_options *options, struct fb_err *err);

/** The same for an input. */
FB_CHECKED enum fb_code fb_telemetry_read_input(
    const struct fb_input *input, const struct fb_telemetry_options *options, struct fb_err *err);

#endif

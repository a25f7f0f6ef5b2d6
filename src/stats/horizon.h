/*
 * horizon.h: the length of task that an agent completes half of the time, with its uncertainty.
 *
 * T. Kwa and others, "Measuring AI ability to complete long tasks" (arXiv 2503.14499, 2025).
 * Success is regressed on the logarithm (base 2) of the minutes that people need (logistic.h). A
 * run weighs 1 / (runs of its agent on its task * sqrt(tasks of its agent in that family)),
 * normalised to 1 an agent. The horizon at level p is 2^((logit p - a) / b).
 *
 * The bootstrap is theirs: families are drawn with replacement, then the tasks of each drawn
 * family, then the runs of each task and agent; runs keep their weights. All agents share the
 * families and tasks of a resample. Resample i uses stream i of the seed (random.h).
 */
#ifndef FB_STATS_HORIZON_H
#define FB_STATS_HORIZON_H

#include <stdbool.h>
#include <stdint.h>

#include "flyball/err.h"
#include "stats/logistic.h"

/** Limits; each has a test. */
enum {
    FB_HORIZON_RUNS_MAX = 2000000,
    FB_HORIZON_RESAMPLES_MAX = 100000,
    FB_HORIZON_LEVELS = 2,
};

/** One run. */
struct fb_horizon_run {
    uint32_t agent;
    uint32_t family;
    uint32_t task;
    double minutes; /**< that people need for the task; positive */
    double score;   /**< from 0 to 1 */
    double weight;  /**< positive; fb_horizon_weigh sets it */
};

/** How runs are weighed. */
enum fb_horizon_weighting {
    FB_HORIZON_DIVERSITY, /**< 1 / (runs on the task * sqrt(tasks in the family)) */
    FB_HORIZON_TASK,      /**< 1 / runs on the task */
    FB_HORIZON_RUN,       /**< all alike */
};

/** Runs, and how many agents, families and tasks their numbers count from 0. A task belongs to one
 * family. Sorted by agent, then task (fb_horizon_sort). */
struct fb_horizon_data {
    struct fb_horizon_run *runs;
    size_t count;
    uint32_t agents;
    uint32_t families;
    uint32_t tasks;
};

/** How to fit and resample. */
struct fb_horizon_options {
    double penalty;                   /**< on the slope, >= 0; 0.1 is METR's until March 2026 */
    double levels[FB_HORIZON_LEVELS]; /**< as 0.5 and 0.8 */
    double confidence;                /**< of the two-sided intervals */
    uint32_t resamples;               /**< 0: no intervals */
    uint64_t seed;
};

/** What is known of one agent. A horizon that does not exist is NaN; one may be infinite. Where
 * nothing succeeded it is 0, with an interval that has no upper end: no run says how far it is.
 * Where success does not fall with length, be it that all tasks are of one, there is none, and the
 * interval leaves everything open. */
struct fb_horizon_fit {
    struct fb_logistic logistic;
    uint32_t runs;
    uint32_t tasks;
    double average; /**< weighted share of success */
    double loss;    /**< weighted mean of the log loss, in nats; NaN unless fitted */
    double horizon[FB_HORIZON_LEVELS]; /**< minutes */
    double low[FB_HORIZON_LEVELS];     /**< of the interval; NaN without resamples that have one */
    double high[FB_HORIZON_LEVELS];
    uint32_t resamples; /**< that have a horizon */
};

/** The result: fits by agent, and the horizons of each resample. Owns its memory. */
struct fb_horizon_result {
    struct fb_horizon_fit *fits; /**< agents of them */
    double *boot; /**< [resample][agent][level], NaN where the resample has no horizon */
    uint32_t agents;
    uint32_t resamples;
};

/** Sorts runs by agent, task, minutes, score: order of lines must not matter. */
void fb_horizon_sort(struct fb_horizon_data *data);

/** Sets the weights of sorted runs, to the sum 1 an agent. E_NOMEM. */
FB_CHECKED enum fb_code fb_horizon_weigh(
    struct fb_horizon_data *data, enum fb_horizon_weighting weighting, struct fb_err *err);

/** Fits every agent and resamples. data is sorted and weighed. The caller ends with
 * fb_horizon_release. E_NOMEM; E_RANGE for options or runs that make no sense (a score outside 0
 * to 1, minutes that are not positive, a task of two families). */
FB_CHECKED enum fb_code fb_horizon_compute(const struct fb_horizon_data *data,
    const struct fb_horizon_options *options, struct fb_horizon_result *out, struct fb_err *err);

/** Frees a result; one that is zeroed is allowed. */
void fb_horizon_release(struct fb_horizon_result *result);

#endif

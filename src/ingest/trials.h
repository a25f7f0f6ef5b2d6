/*
 * trials.h: attempts at samples, one by one in any order, to the counts of evaluations; private to
 * this room.
 *
 * For formats that list attempts: METR's runs, samples of a harness, rows of a table. A group is
 * one evaluation (a model, a task, a score); a sample may be tried more than once. Counting leans
 * to the side of danger, as for Inspect's logs (docs/EVIDENCE.md): a success in any attempt is
 * one, and what errored or has no value stays unresolved.
 */
#ifndef FB_INGEST_TRIALS_H
#define FB_INGEST_TRIALS_H

#include "base/map.h"
#include "ingest/clusters.h"
#include "ingest/inspect.h"

/** Limits; docs/TESTING.md names those without a test. */
enum {
    FB_TRIALS_GROUPS_MAX = FB_INGEST_DRAFTS_MAX, /**< evaluations of one file */
    FB_TRIALS_SAMPLES_MAX = 1 << 22,             /**< samples of all of them */
    FB_TRIALS_MEMORY_MAX = 1 << 30,              /**< bytes of names */
};

/** A figure that the file states beside the one that the samples give. */
struct fb_trial_figure {
    struct fb_str name;
    bool is_stated, is_known; /**< which of the two there is */
    double stated, recomputed;
    const char *why; /**< why it is not known, a clause; static, NULL where it is */
    struct fb_trial_figure *next;
};

/** One evaluation. */
struct fb_trial_group {
    struct fb_str task, scorer, model; /**< model may be empty: the file does not say */
    uint64_t planned;                  /**< samples; 0: those that are there */
    uint64_t samples, any, all, unresolved, epochs; /**< filled by fb_trials_count, but for bulk */
    uint64_t attempts;                              /**< with a value */
    double sum;                                     /**< of their values */
    double mean, squares; /**< as Welford 1962 updates them: squares of the distance to the mean */
    fb_time began, ended; /**< FB_TIME_MAX and FB_TIME_MIN: not known */
    bool flags[FB_INSPECT_FLAG_END];
    struct fb_trial_figure *figures;
};

/** One sample of a group. */
struct fb_trial_sample {
    uint32_t group;
    uint32_t attempts;
    bool any, all, is_clean;
    struct fb_str cluster; /**< empty: it stands alone */
    double sum;            /**< of its values */
    struct fb_str id;      /**< in the arena */
};

/** All of a file. */
struct fb_trials {
    struct fb_arena arena;
    struct fb_map group_names, sample_names;
    struct fb_buf key; /**< private: of the group or sample that is looked for */
    struct fb_trial_group *groups;
    size_t group_count, group_cap;
    struct fb_trial_sample *samples;
    size_t sample_count, sample_cap;
    struct fb_clusters clusters; /**< by index of the group */
    struct fb_str cluster_by;    /**< what joins their samples; borrowed or static */
};

/** One attempt. */
struct fb_trial {
    struct fb_str sample;
    struct fb_str name;    /**< by which logs are paired; empty: that of the sample */
    struct fb_str cluster; /**< of the sample; empty: it stands alone */
    double value;          /**< NAN: not scored */
    bool is_faulty;        /**< it errored or hit a limit */
};

/** Starts an empty set. The caller ends with fb_trials_release. */
void fb_trials_init(struct fb_trials *trials);

/** Frees all of it. */
void fb_trials_release(struct fb_trials *trials);

/** The group of a task, score and model, made when it is new; *out is valid until the next call.
 * E_LIMIT, E_NOMEM. */
FB_CHECKED enum fb_code fb_trials_group(struct fb_trials *trials,
    const struct fb_trial_group *names, struct fb_trial_group **out, struct fb_err *err);

/** Adds an attempt to a group of this set; *out_sample is the index of its sample. E_LIMIT,
 * E_NOMEM. */
FB_CHECKED enum fb_code fb_trials_add(struct fb_trials *trials, struct fb_trial_group *group,
    const struct fb_trial *trial, size_t *out_sample, struct fb_err *err);

/** Notes a figure of a group. E_NOMEM, E_LIMIT. */
FB_CHECKED enum fb_code fb_trials_figure(struct fb_trials *trials, struct fb_trial_group *group,
    const struct fb_trial_figure *figure, struct fb_err *err);

/** Fills the counts of all groups, and of their clusters, from their samples. Called once, before
 * the drafts. E_LIMIT, E_NOMEM. */
FB_CHECKED enum fb_code fb_trials_count(struct fb_trials *trials, struct fb_err *err);

/** The mean of a group's values, and its standard error from n - 1; 0 where there are too few. */
double fb_trials_mean(const struct fb_trial_group *group);
double fb_trials_stderr(const struct fb_trial_group *group);

/** Adds a draft for each group, in the order of their first attempts. tool says what wrote the
 * file. Errors as fb_reading_add, and of the digest. */
FB_CHECKED enum fb_code fb_trials_write(
    struct fb_trials *trials, struct fb_reading *reading, struct fb_str tool, struct fb_err *err);

#endif

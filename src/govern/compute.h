/*
 * compute.h: the compute that a docket's records tell of: jobs, and training of systems with what
 * they were made from.
 */
#ifndef FB_GOVERN_COMPUTE_H
#define FB_GOVERN_COMPUTE_H

#include "evidence/leads.h"
#include "evidence/training.h"
#include "record/registry.h"

/** Most systems that one was made from, over all generations; beyond, the rest is unclear. */
enum { FB_LINEAGE_MAX = 1000 };

/** Gives each record of use that holds as a start of a job: its chip is that of the cluster's
 * record, its comment names the run that it belongs to; it says GPUs where the record does. E_TIME,
 * E_NOMEM, or what sink failed with.
 */
FB_CHECKED enum fb_code fb_govern_each_usage(
    const struct fb_registry *registry, fb_job_sink sink, void *ctx, struct fb_err *err);

/** Names all runs on record, their titles and their jobs to a search for leads. */
FB_CHECKED enum fb_code fb_govern_register_runs(
    const struct fb_registry *registry, struct fb_leads *leads, struct fb_err *err);

/** The training compute of one system. Intervals in FLOP. */
struct fb_system_compute {
    struct fb_str id, title;
    struct fb_training own; /**< of its own runs, by both methods */
    double declared;        /**< training_compute_flop of its record; 0: not said */
    bool declared_off;      /**< declared, and not within the margin of what was estimated */
    double inherited[2];    /**< of what it was made from, where that counts */
    double flop[2];         /**< own and inherited */
    size_t parents;         /**< systems it was made from, over all generations */
    size_t unknown;         /**< jobs, also of what it was made from, that say no GPUs */
    bool open;              /**< something of it may have more FLOP than is counted */
};

/** The training compute of each system that is on record, in the order of admission; memory is the
 * arena's. Usage counts by the purpose of its run (training.h). E_NOMEM, E_LIMIT, E_RANGE. */
FB_CHECKED enum fb_code fb_govern_compute(const struct fb_registry *registry,
    const struct fb_compute_options *options, struct fb_arena *arena,
    struct fb_system_compute **out, size_t *out_count, struct fb_err *err);

#endif

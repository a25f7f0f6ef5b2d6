/*
 * reconcile.h: what a scheduler accounts for against what GPUs did: hour by hour and host by host.
 *
 * A sample holds until the next one of its GPU, at most gap_s. Hours of one host are compared: the
 * GPU-seconds that jobs held, those that samples cover, those in which a GPU worked, and its power.
 * Where a job does not say its hosts, the cluster is compared as a whole. Memory grows with hosts
 * times hours and with GPUs, not with jobs or samples; where starts may repeat, with those too.
 */
#ifndef FB_EVIDENCE_RECONCILE_H
#define FB_EVIDENCE_RECONCILE_H

#include "base/arena.h"
#include "base/map.h"
#include "evidence/starts.h"
#include "ingest/telemetry.h"

/** Limits; each has a test. */
enum {
    FB_RECONCILE_HOSTS_MAX = 1 << 17,
    FB_RECONCILE_GPUS_MAX = 1 << 20,
    FB_RECONCILE_CELLS_MAX = 1 << 22,  /**< hours of hosts */
    FB_RECONCILE_NODES_MAX = 1 << 16,  /**< hosts of one job */
    FB_RECONCILE_STARTS_MAX = 1 << 23, /**< starts that are told apart, where some may repeat */
    FB_RECONCILE_FINDINGS_MAX = 1000
};

/** From where on a GPU works, idles, and what is enough; chosen, not measured. */
#define FB_RECONCILE_BUSY 0.05     /**< part of the time that a sample says */
#define FB_RECONCILE_COVERED 0.5   /**< part of what was held that samples must cover */
#define FB_RECONCILE_TOLERANCE 0.1 /**< of an hour of a host that may differ */
#define FB_RECONCILE_HOT_W                                                                         \
    200.0 /**< watts of a GPU that does not idle (data centre GPUs idle below) */

/** What does not agree. */
enum fb_finding_kind {
    FB_FINDING_UNACCOUNTED, /**< GPUs worked that no job held */
    FB_FINDING_HOT_IDLE,    /**< GPUs drew power and said that they did nothing */
    FB_FINDING_OVER,        /**< jobs held, or GPUs reported, more than is registered */
    FB_FINDING_OVER_POWER,  /**< more power than is registered */
    FB_FINDING_GAP,         /**< jobs held GPUs, and most of the time nothing reported */
    FB_FINDING_IDLE,        /**< jobs held GPUs that hardly worked */
    FB_FINDING_KINDS
};

/** A finding's name for programs, and what it means for people. */
const char *fb_finding_name(enum fb_finding_kind kind);
const char *fb_finding_text(enum fb_finding_kind kind);

/** Hours in a row of one host with one finding. GPU-seconds. */
struct fb_finding {
    enum fb_finding_kind kind;
    struct fb_str host; /**< empty: the whole cluster */
    int64_t start, end; /**< seconds since 1970 */
    double held, covered, worked, joules;
};

/** What is compared, and with what. */
struct fb_reconcile_options {
    int64_t step_s; /**< length of an hour, so to say */
    int64_t gap_s;  /**< a sample holds no longer than this */
    double chips;   /**< registered accelerators; 0: not said */
    double power_w; /**< registered power; 0: not said */
    bool telemetry; /**< there should be samples */
    bool repeats;   /**< a start of a job may come twice, and counts once: 32 to 85 bytes each */
};

/** The usual values. */
enum { FB_RECONCILE_STEP_S = 3600, FB_RECONCILE_GAP_S = 300 };

struct fb_reconcile_gpu;
struct fb_reconcile_cell;

/** The comparison. Read the sums and findings after fb_reconcile_end. */
struct fb_reconcile {
    struct fb_reconcile_options options;
    struct fb_arena arena;
    struct fb_map hosts, gpus;       /**< private */
    struct fb_starts seen;           /**< private */
    struct fb_reconcile_cell *cells; /**< private */
    size_t cell_count, cell_size;    /**< private */
    uint64_t jobs, samples;
    uint64_t skipped_jobs;     /**< without times or GPUs */
    uint64_t repeated_jobs;    /**< starts that were there before, or that contradict one */
    uint64_t backward_samples; /**< older than the last one of their GPU: not counted */
    bool has_hosts;            /**< every job that was counted says its hosts */
    double held, covered, worked, joules, used; /**< used: covered, weighted with the use */
    struct fb_finding *findings;
    size_t finding_count;
    bool more;
};

/** Starts a comparison. The caller ends with fb_reconcile_release. */
void fb_reconcile_init(struct fb_reconcile *reconcile, const struct fb_reconcile_options *options);

/** Frees it. */
void fb_reconcile_release(struct fb_reconcile *reconcile);

/** Takes a start of a job: an fb_job_sink. E_LIMIT, E_SYNTAX for a list of hosts that is none,
 * E_NOMEM. */
FB_CHECKED enum fb_code fb_reconcile_job(void *ctx, const struct fb_job *job, struct fb_err *err);

/** Takes a sample: an fb_telemetry_sink. E_LIMIT, E_NOMEM. */
FB_CHECKED enum fb_code fb_reconcile_sample(
    void *ctx, const struct fb_telemetry_sample *sample, struct fb_err *err);

/** Compares. E_NOMEM. */
FB_CHECKED enum fb_code fb_reconcile_end(struct fb_reconcile *reconcile, struct fb_err *err);

/** Takes one host; an error ends the expansion. */
typedef enum fb_code (*fb_hosts_sink)(void *ctx, struct fb_str host, struct fb_err *err);

/** Expands a list of hosts as Slurm writes it, "gpu[01-03,7],login". E_SYNTAX, E_LIMIT beyond
 * FB_RECONCILE_NODES_MAX hosts, or what sink failed with. */
FB_CHECKED enum fb_code fb_hosts_expand(
    struct fb_str list, fb_hosts_sink sink, void *ctx, struct fb_err *err);

#endif

/*
 * compute.h: from starts of jobs to GPU-seconds, and to FLOP as an interval.
 *
 * Hardware method: FLOP = N x L x H x U, the chips of a job times the seconds that it held them
 * (their product, GPU-seconds, is exact) times the peak rate of the chip (chips.def) times the part
 * of it that was used. Rate and use are ranges, so the result is one. What cannot be counted is
 * listed with the reason, and as long as any of it may have computed, no threshold is ruled out.
 */
#ifndef FB_EVIDENCE_COMPUTE_H
#define FB_EVIDENCE_COMPUTE_H

#include "base/arena.h"
#include "base/decimal.h"
#include "base/map.h"
#include "evidence/starts.h"

/** Limits; each has a test. */
enum {
    FB_COMPUTE_GROUPS_MAX = 100000,  /**< accounts, users and clusters each */
    FB_COMPUTE_STARTS_MAX = 1 << 23, /**< starts of jobs that are told apart */
    FB_COMPUTE_SHOWN = 5             /**< examples that each reason keeps */
};

/** A chip of the table. Rates are FLOP/s at dense peak. */
struct fb_chip {
    const char *key, *name, *source;
    double low, high; /**< at 16 bits */
    double high8;     /**< with 8-bit floats; 0: it has none */
};

/** All chips, in the order of chips.def. */
const struct fb_chip *fb_chips(size_t *out_count);

/** The chip that a scheduler's or a person's name means, as "h100", "NVIDIA-H100-80GB-HBM3"; NULL
 * when none does, also for a slice of a chip. */
const struct fb_chip *fb_chip_find(struct fb_str name);

/** Number formats that the work may have used. */
enum fb_compute_format { FB_COMPUTE_16_BIT, FB_COMPUTE_8_BIT, FB_COMPUTE_EITHER };

/** What the caller assumes. */
struct fb_compute_options {
    double use[2];                 /**< lowest and highest part of the peak rate, in [0, 1] */
    enum fb_compute_format format; /**< of the numbers computed with */
    const struct fb_chip *chip;    /**< of GPUs whose type is not said; NULL: unknown */
    size_t starts_max;             /**< at most FB_COMPUTE_STARTS_MAX, which 0 means */
};

/** The range of use without a better one, and where it is from. */
#define FB_COMPUTE_USE_LOW 0.20
#define FB_COMPUTE_USE_HIGH 0.60
#define FB_COMPUTE_USE_SOURCE                                                                      \
    "reported for large training: 21% GPT-3 and 46% (58% with recomputation) PaLM "                \
    "(arXiv:2204.02311), 55% MegaScale (arXiv:2402.15627), 38-43% Llama 3 (arXiv:2407.21783)"

/** Why a start of a job is not, or not wholly, in the sum. */
enum fb_compute_reason {
    FB_COMPUTE_NO_CHIP,     /**< GPU-seconds are known, the chip's rate is not */
    FB_COMPUTE_NO_GPUS,     /**< how many GPUs it had is not said */
    FB_COMPUTE_NOT_ENDED,   /**< it was running */
    FB_COMPUTE_NO_TIMES,    /**< when it started is not said */
    FB_COMPUTE_CONTRADICTS, /**< the same start stands again with other figures */
    FB_COMPUTE_CPU_ONLY,    /**< its cluster accounts for GPUs, and it had none */
    FB_COMPUTE_NOT_STARTED, /**< it waits, or was cancelled while it did */
    FB_COMPUTE_REPEATED,    /**< the same start stands again: counted once */
    FB_COMPUTE_REASONS
};

/** True for reasons behind which FLOP may hide. */
bool fb_compute_is_open(enum fb_compute_reason reason);

/** A reason's name for programs ("no-chip"), and a sentence for people. */
const char *fb_compute_reason_name(enum fb_compute_reason reason);
const char *fb_compute_reason_text(enum fb_compute_reason reason);

/** Starts of jobs that share a reason. */
struct fb_compute_gap {
    uint64_t starts;
    struct fb_str shown[FB_COMPUTE_SHOWN]; /**< the first ids, with the cluster before them */
    size_t shown_count;
};

/** What a group used. by_chip has one entry for each chip of the table. */
struct fb_compute_sum {
    struct fb_str name;
    uint64_t starts;             /**< that were counted */
    int64_t gpu_seconds;         /**< exact */
    int64_t unrated_gpu_seconds; /**< the part of them on chips of no known rate */
    int64_t *by_chip;
    bool says_gpus;             /**< cluster: some job of it has GPUs */
    struct fb_compute_gap none; /**< cluster: jobs that list no GPU; settled at the end */
};

/** Ways to group. */
enum fb_compute_by { FB_COMPUTE_ACCOUNT, FB_COMPUTE_USER, FB_COMPUTE_CLUSTER, FB_COMPUTE_BYS };

/** The account in the making. Read the sums and gaps after fb_compute_end. */
struct fb_compute {
    struct fb_compute_options options;
    struct fb_arena arena;
    struct fb_compute_sum total;
    struct fb_map by[FB_COMPUTE_BYS]; /**< to struct fb_compute_sum */
    struct fb_compute_gap gaps[FB_COMPUTE_REASONS];
    struct fb_starts seen; /**< private */
};

/** Starts an empty account. The caller ends with fb_compute_release after success and failure. */
FB_CHECKED enum fb_code fb_compute_init(
    struct fb_compute *compute, const struct fb_compute_options *options, struct fb_err *err);

/** Frees it. */
void fb_compute_release(struct fb_compute *compute);

/** Takes one start of a job: an fb_job_sink whose ctx is the account. E_LIMIT, E_RANGE when a sum
 * is more than 2^63 - 1 GPU-seconds, E_NOMEM. */
FB_CHECKED enum fb_code fb_compute_add(void *ctx, const struct fb_job *job, struct fb_err *err);

/** Settles what only the whole can tell: whether jobs without GPUs had none. */
void fb_compute_end(struct fb_compute *compute);

/** The chip of a part of a job under the options, or NULL. */
const struct fb_chip *fb_compute_chip(const struct fb_compute_options *options, struct fb_str chip);

/** The FLOP of GPU-seconds on a chip. */
void fb_compute_flop(const struct fb_compute_options *options, const struct fb_chip *chip,
    int64_t gpu_seconds, double out[2]);

/** The FLOP of a sum, from the exact GPU-seconds of its chips; without those of no known rate. */
void fb_compute_sum_flop(
    const struct fb_compute_options *options, const struct fb_compute_sum *sum, double out[2]);

/** Where a total stands to a threshold. */
enum fb_compute_standing {
    FB_COMPUTE_CROSSED,      /**< the low end reaches it */
    FB_COMPUTE_RULED_OUT,    /**< the high end does not, and nothing is uncounted */
    FB_COMPUTE_NOT_RULED_OUT /**< else */
};

/** Compares the total with a threshold: its ends are rounded outwards to 12 digits. */
enum fb_compute_standing fb_compute_standing(
    const struct fb_compute *compute, struct fb_decimal threshold);

/** The name of a standing, as "not ruled out". */
const char *fb_compute_standing_name(enum fb_compute_standing standing);

#endif

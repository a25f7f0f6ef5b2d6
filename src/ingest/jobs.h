/*
 * jobs.h: the starts of jobs that a scheduler accounts for, one at a time, however many there are.
 *
 * Read are Slurm's `sacct --json`, its `sacct --parsable2` with any fields that suffice, and
 * tables of job, user, account, cluster, started, ended, gpus, chip. A job that was restarted
 * comes once for each start; the steps inside an allocation do not come at all.
 */
#ifndef FB_INGEST_JOBS_H
#define FB_INGEST_JOBS_H

#include "base/str.h"
#include "flyball/err.h"
#include "ingest/input.h"

/** Limits; each has a test. */
enum {
    FB_JOB_PARTS_MAX = 8,      /**< types of GPU in one allocation */
    FB_JOB_GPUS_MAX = 10000000 /**< GPUs of one allocation */
};

/** What a source says about the GPUs of a job. */
enum fb_job_gpus {
    FB_JOB_GPUS_SAID, /**< how many, which may be 0 */
    FB_JOB_GPUS_NONE, /**< it lists what was allocated, without any GPU */
    FB_JOB_GPUS_MISSING
};

/** GPUs of one type; chip is empty where the source names none. */
struct fb_job_part {
    struct fb_str chip;
    int64_t gpus;
};

/** One start of a job. Texts are valid during the call that gives it; all but id may be empty. */
struct fb_job {
    struct fb_str id, name, user, account, cluster, state;
    struct fb_str comment;   /**< what its submitter noted, as "run_id=alpha;stage=pretrain" */
    struct fb_str partition; /**< the queue */
    struct fb_str nodes;     /**< as the scheduler writes a list of hosts: "gpu[01-04,9]" */
    int64_t array;           /**< the array that it is a task of; 0: none */
    int64_t start;           /**< seconds since the epoch; 0: not said, or not yet */
    int64_t end;             /**< likewise; not before start where both are said */
    enum fb_job_gpus said;
    int64_t gpus; /**< in all, the sum of the parts */
    struct fb_job_part parts[FB_JOB_PARTS_MAX];
    size_t part_count;
    uint64_t index; /**< in the list of jobs, from 0; in a table the line, from 1 */
};

/** Takes one start of a job; an error ends the reading with it. */
typedef enum fb_code (*fb_job_sink)(void *ctx, const struct fb_job *job, struct fb_err *err);

/** Reads a file, told by its content, and gives each start of a job to sink, in the file's order.
 * Memory grows with the longest entry only. E_NOT_FOUND, E_IO, E_FORMAT, E_SYNTAX, E_SCHEMA,
 * E_TIME, E_RANGE, E_LIMIT with file and place, or what sink failed with; what was given before is
 * not taken back. */
FB_CHECKED enum fb_code fb_jobs_read(
    const char *path, fb_job_sink sink, void *ctx, struct fb_err *err);

/** The same from an input, which is borrowed. */
FB_CHECKED enum fb_code fb_jobs_read_input(
    const struct fb_input *input, fb_job_sink sink, void *ctx, struct fb_err *err);

/** The same for what is known to be `sacct --json`. */
FB_CHECKED enum fb_code fb_jobs_read_sacct(
    const struct fb_input *input, fb_job_sink sink, void *ctx, struct fb_err *err);

/** Adds GPUs to a job. E_LIMIT beyond FB_JOB_PARTS_MAX types, E_RANGE beyond FB_JOB_GPUS_MAX GPUs;
 * without place. */
FB_CHECKED enum fb_code fb_job_add_gpus(
    struct fb_job *job, struct fb_job_part part, struct fb_err *err);

/** Settles typed parts against the total that the source also gives: what no type covers becomes a
 * part without chip, and where types exceed the total, no chip is believed. Errors as above. */
FB_CHECKED enum fb_code fb_job_settle_gpus(struct fb_job *job, int64_t total, struct fb_err *err);

/** True for what Slurm gives out as shares of GPUs: "gres/shard", "gres/mps", of any type. */
bool fb_job_shares(struct fb_str gres);

/** Says that a job without whole GPUs was given shares, of how many GPUs is not known. */
void fb_job_settle_shares(struct fb_job *job, bool shares);

/** Reads the GPUs of an allocation as Slurm writes it in one line, "cpu=1,gres/gpu=4,
 * gres/gpu:h100=4", into a job. Errors as above, and E_RANGE for what is no number of GPUs. */
FB_CHECKED enum fb_code fb_job_read_tres(
    struct fb_str text, struct fb_job *job, struct fb_err *err);

#endif

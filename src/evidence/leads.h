/*
 * leads.h: jobs that together are large, as leads with their evidence; no lead is a verdict.
 *
 * Jobs are joined by what they share (a tag, an array, a name without its numbers, a user, when
 * they start and end). What is joined and reaches the threshold, while no part of it does alone, is
 * a lead; so is a part that does and that nobody registered. A name that a fifth of all jobs share
 * joins nothing, nor does one of words that say nothing ("train", "python") under several users.
 * For jobs that only run at the same time, or one after the other, the lead says how many such
 * coincidences chance would give; more than one in a hundred is no lead.
 */
#ifndef FB_EVIDENCE_LEADS_H
#define FB_EVIDENCE_LEADS_H

#include "evidence/compute.h"
#include "ingest/names.h"

/** Limits; each has a test. */
enum {
    FB_LEADS_JOBS_MAX = 1 << 22, /**< jobs that are looked at */
    FB_LEADS_MAX = 1000,         /**< leads that are kept, the largest first found */
    FB_LEADS_SHOWN = 5,          /**< jobs that a lead shows */
    FB_LEADS_REGISTERED_MAX = 100000
};

/** What a lead is. */
enum fb_lead_kind {
    FB_LEAD_UNREGISTERED, /**< one job or one tag reaches the threshold, and no run on record is it
                           */
    FB_LEAD_UNTAGGED,     /**< one job reaches the threshold, and says no run */
    FB_LEAD_ARRAY,        /**< the tasks of one array */
    FB_LEAD_RESTARTS,     /**< one job after the other, of one user and name */
    FB_LEAD_ACCOUNTS,     /**< one name under several accounts or users */
    FB_LEAD_SITES,        /**< one name or tag on several clusters */
    FB_LEAD_TOGETHER,     /**< jobs that start and end together */
    FB_LEAD_RELAY,        /**< jobs of one size, one after the other, of other users or names */
    FB_LEAD_BELOW,        /**< runs of one user or account, each just below the threshold */
    FB_LEAD_UNFORESEEN,   /**< runs of a system that come to the threshold together, and no forecast
                               on record says so */
    FB_LEAD_KINDS
};

/** A lead's name for programs, and what it means for people. */
const char *fb_lead_name(enum fb_lead_kind kind);
const char *fb_lead_text(enum fb_lead_kind kind);

/** What is looked for. */
struct fb_leads_options {
    struct fb_compute_options compute; /**< for FLOP */
    double threshold_flop;             /**< at the high end of FLOP; 0: by GPU-seconds */
    double threshold_gpu_seconds;      /**< used where threshold_flop is 0 */
    int64_t gap_s;                     /**< at most so long between jobs that a name joins */
    int64_t slack_s;                   /**< what starts within so long starts together */
};

/** The usual values of gap_s and slack_s. */
enum { FB_LEADS_GAP_S = 72 * 3600, FB_LEADS_SLACK_S = 300 };

/** One lead. Texts are the arena's. */
struct fb_lead {
    enum fb_lead_kind kind;
    struct fb_str joined_by; /**< the tag, name or array; empty for TOGETHER and RELAY */
    size_t jobs, accounts, users, clusters;
    int64_t gpu_seconds;
    double flop[2];       /**< of what has a known rate */
    double largest_share; /**< of the largest job in the whole, by what the threshold is in */
    double chance;        /**< TOGETHER, RELAY: how many such groups chance would give; else 0 */
    int64_t start, end;   /**< seconds since 1970 */
    struct fb_str shown[FB_LEADS_SHOWN];
    size_t shown_count;
    const uint32_t *numbers; /**< private: of its jobs, in the order in which they were taken */
};

struct fb_leads_job;

/** The search. Read the leads after fb_leads_end. */
struct fb_leads {
    struct fb_leads_options options;
    struct fb_arena arena;
    struct fb_names names; /**< private: texts of jobs */
    struct fb_map registered;
    struct fb_leads_job *items; /**< private */
    size_t count, cap;
    uint64_t uncounted; /**< jobs without times or GPUs, which could hide a part */
    uint64_t crowded; /**< jobs of one size with which so many begin within slack_s that it was not
                           looked at whether they belong together; they could hide a part, too */
    struct fb_lead *leads;
    size_t lead_count;
    bool more; /**< there were more than FB_LEADS_MAX */
};

/** Starts a search. The caller ends with fb_leads_release after success and failure. */
FB_CHECKED enum fb_code fb_leads_init(
    struct fb_leads *leads, const struct fb_leads_options *options, struct fb_err *err);

/** Frees it. */
void fb_leads_release(struct fb_leads *leads);

/** Names a run that is on record, by its id, its title, or the name of one of its jobs. E_NOMEM,
 * E_LIMIT. */
FB_CHECKED enum fb_code fb_leads_register(
    struct fb_leads *leads, struct fb_str name, struct fb_err *err);

/** Takes one start of a job: an fb_job_sink whose ctx is the search. E_LIMIT, E_NOMEM. */
FB_CHECKED enum fb_code fb_leads_add(void *ctx, const struct fb_job *job, struct fb_err *err);

/** Adds a lead that somebody else found, after fb_leads_end; its texts must live as long as the
 * search. Beyond FB_LEADS_MAX it is only said that there are more. */
void fb_leads_note(struct fb_leads *leads, const struct fb_lead *lead);

/** Finds the leads, by kind, then the largest first. E_NOMEM. */
FB_CHECKED enum fb_code fb_leads_end(struct fb_leads *leads, struct fb_err *err);

/** True when a job is part of a lead: the n-th of those that were taken and have times and GPUs. */
bool fb_lead_has(const struct fb_lead *lead, size_t job);

#endif

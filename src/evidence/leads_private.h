/*
 * leads_private.h: what the files of the search for leads share.
 *
 * A grouping sorts the jobs, so that those with one key stand together; a group is a range of them.
 */
#ifndef FB_EVIDENCE_LEADS_PRIVATE_H
#define FB_EVIDENCE_LEADS_PRIVATE_H

#include "evidence/leads.h"

/** One start of a job. Numbers are of names; 0 is the empty one. */
struct fb_leads_job {
    uint32_t id, cluster, account, user, stem, name, tag, chip;
    int64_t array, start, end, gpus;
    double weight; /**< by what the threshold is in */
    double flop[2];
    uint64_t key; /**< of the grouping at hand */
    uint32_t number;
    bool plain;   /**< its name says nothing of what it is */
    bool near;    /**< its run comes to just below the threshold */
    bool joined;  /**< part of a lead of jobs together */
    bool crowded; /**< too many of its size begin with it to see which belong together */
    bool relayed; /**< part of a lead of jobs that follow each other */
};

/** Jobs [from, to) of the grouping at hand, what they weigh together and the heaviest. */
struct fb_leads_group {
    size_t from, to;
    double weight, largest;
};

/** Weighs jobs [from, to). */
struct fb_leads_group fb_leads_group_of(const struct fb_leads *leads, size_t from, size_t to);

/** The threshold, in what jobs weigh. */
double fb_leads_threshold(const struct fb_leads *leads);

/** Adds a lead of a group; *lead says what is not of its jobs. E_NOMEM. */
FB_CHECKED enum fb_code fb_leads_take(struct fb_leads *leads, enum fb_lead_kind kind,
    struct fb_leads_group group, struct fb_lead *lead, struct fb_err *err);

/** How many different values a member (its offset) has in jobs [from, to), up to 3. */
size_t fb_leads_different(const struct fb_leads_job *jobs, size_t from, size_t to, size_t member);

/** Mixes two numbers into a key; jobs whose keys collide are compared by what made them as well. */
uint64_t fb_leads_mix(uint64_t a, uint64_t b);

/** Order of jobs for qsort: by key, then start, then number. */
int fb_leads_by_key(const void *a, const void *b);

/** Finds what coincides: jobs that start and end together, and jobs that follow each other.
 * E_NOMEM.
 */
FB_CHECKED enum fb_code fb_leads_coincide(struct fb_leads *leads, struct fb_err *err);

#endif

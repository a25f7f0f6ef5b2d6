/*
 * foresee.h: what the training compute of one system will come to, and when it reaches a threshold,
 * from the use and the plans that a docket has on record.
 *
 * So far: the use of its runs by the hardware method, and what it was made from. Ahead: at the rate
 * of the four weeks before the last use on record, by its slowest week with the low end of each
 * FLOP figure and by its fastest week with the high end. These are bounds under the assumption that
 * the run goes on as it did, not an interval of a stated confidence. Use that is not on record, as
 * that of jobs which have not ended, makes dates later than they are.
 */
#ifndef FB_GOVERN_FORESEE_H
#define FB_GOVERN_FORESEE_H

#include "evidence/leads.h"
#include "govern/compute.h"

/** The weeks whose rates are looked at. */
enum { FB_FORESEE_WEEKS = 4 };

/** What is asked. */
struct fb_foresee_options {
    struct fb_compute_options compute;
    double threshold; /**< FLOP, more than 0 */
    fb_time as_of;    /**< use after this is not looked at */
};

/** One system, foreseen. FLOP as [low, high]. */
struct fb_foreseen {
    struct fb_system_compute compute;
    double used[2];     /**< so far: own use and what it was made from */
    fb_time used_until; /**< the last use on record; FB_TIME_MIN: none */
    double planned[2];  /**< of its runs together; those of unclear purpose at the high end only */
    size_t runs, open_runs; /**< on record; of them planned, running, or of unsaid state */
    size_t unplanned;       /**< open runs that do not say their planned compute */
    double rate[2];         /**< FLOP a second; 0: no use in the weeks */
    double final[2];        /**< what it comes to; high is infinite where nothing ends it */
    bool met;               /**< reached already, by the low end */
    bool known;             /**< it is met, or will be: the low end of final reaches it */
    fb_time low, high;      /**< when it is reached at the rates; FB_TIME_MAX: not foreseen */
};

/** Foresees the system with an id, of any of its versions. E_NOT_FOUND, E_TIME, E_NOMEM, E_LIMIT,
 * E_RANGE. Texts borrow from the registry. */
FB_CHECKED enum fb_code fb_govern_foresee(const struct fb_registry *registry, struct fb_str system,
    const struct fb_foresee_options *options, struct fb_foreseen *out, struct fb_err *err);

/** Adds a lead to a search that has ended for each system whose low end reaches the threshold only
 * by several contributions together (its runs' use and plans, what it was made from), while neither
 * its own figure nor the plan of one run does, and no forecast that holds says it. Such a system
 * starts no clock by itself. E_NOMEM, E_LIMIT, E_RANGE. */
FB_CHECKED enum fb_code fb_govern_unforeseen(const struct fb_registry *registry,
    const struct fb_compute_options *options, double threshold, struct fb_leads *leads,
    struct fb_err *err);

#endif

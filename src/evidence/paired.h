/*
 * paired.h: two systems on the same samples.
 *
 * Only samples that both were given are compared. Where every value is 0 or 1, the test is
 * McNemar's, exact (Q. McNemar, Psychometrika 12 (1947), 153-157: of the samples that tell the two
 * apart, half would go either way), and the interval of the difference is made of Clopper-Pearson
 * bounds on the two rates of disagreement, each at a quarter of the error, so that it holds at
 * least as often as it says. Otherwise the interval is the mean difference and its standard error
 * (Miller 2024, arXiv 2411.00640, section 4), with Student's t.
 *
 * Where samples hang together (stats/paired.h), the test changes sides of whole clusters and the
 * interval is that of two clustered rates; a sample is in the cluster that the first log has it in,
 * else the second.
 *
 * A sample that is unresolved in one of them counts either way: it widens the interval, to no ends
 * where values are not from 0 to 1.
 */
#ifndef FB_EVIDENCE_PAIRED_H
#define FB_EVIDENCE_PAIRED_H

#include "base/arena.h"
#include "base/str.h"
#include "flyball/err.h"

/** The comparison of two logs by one task and score. */
struct fb_pairs {
    struct fb_str task, scorer;
    int64_t samples[2];             /**< of each log */
    int64_t common;                 /**< given to both */
    int64_t unresolved;             /**< of these, errored, cut off or not scored in one of them */
    int64_t both, only[2], neither; /**< of the others: who succeeded (a value above 0) */
    bool is_binary;
    double mean[2];        /**< over the pairs that are resolved */
    double difference;     /**< mean of the second minus that of the first */
    double standard_error; /**< of the clusters, where there are some */
    uint32_t clusters;     /**< of the pairs; 0: each stands alone */
    double lower, upper;   /**< two-sided interval of the difference */
    double p_value;        /**< two-sided, of "they are alike"; exact when is_binary, else NAN */
};

/** All scores that both logs have, in the order of the first. */
struct fb_pairs_list {
    struct fb_pairs *items;
    size_t count;
};

/** How to read and compare. */
struct fb_pairs_options {
    double confidence;      /**< within 0 and 1 */
    struct fb_str cluster;  /**< the metadata of Inspect's samples that joins those which hang
                                 together; empty: what the logs say of it */
    struct fb_str model[2]; /**< of each log, only what concerns this model; empty: all of it */
};

/**
 * Reads two logs and compares them. Everything lives in arena. Errors as fb_ingest_file;
 * E_NOT_FOUND when they share no sample of a task and score; E_USAGE when a log has a sample of a
 * task and score twice, as one of several models has.
 */
FB_CHECKED enum fb_code fb_paired_read(const char *const paths[2],
    const struct fb_pairs_options *options, struct fb_arena *arena, struct fb_pairs_list *out,
    struct fb_err *err);

#endif

/*
 * clusters.h: samples that hang together, counted by cluster, as evaluations say it; private to
 * this room. docs/RECORDS.md, Rules, has the form.
 */
#ifndef FB_INGEST_CLUSTERS_H
#define FB_INGEST_CLUSTERS_H

#include "base/map.h"
#include "ingest/reader.h"

/** Limits; docs/TESTING.md names those without a test. */
enum {
    FB_CLUSTERS_MAX = 1 << 22,   /**< clusters of all evaluations of a file */
    FB_CLUSTERS_ROWS_MAX = 1000, /**< rows of one evaluation; beyond, only their number and the size
                                      of the largest are said */
};

/** One cluster of one evaluation. */
struct fb_cluster {
    uint32_t group; /**< the evaluation, by number */
    uint64_t samples, low, high;
};

/** The clusters of a file. */
struct fb_clusters {
    struct fb_map names; /**< private */
    struct fb_arena arena;
    struct fb_cluster *items;
    size_t count, cap;
    struct fb_buf key; /**< private: room for the key of a name */
};

/** Starts an empty list. The caller ends with fb_clusters_release. */
void fb_clusters_init(struct fb_clusters *clusters);

/** Frees it. */
void fb_clusters_release(struct fb_clusters *clusters);

/** Adds counts to the cluster of a name in the evaluation counts->group. E_LIMIT, E_NOMEM. */
FB_CHECKED enum fb_code fb_clusters_add(struct fb_clusters *clusters, struct fb_str name,
    const struct fb_cluster *counts, struct fb_err *err);

/** Sorts clusters by evaluation, then counts. Names are forgotten: nothing is added afterwards. */
void fb_clusters_sort(struct fb_clusters *clusters);

/** Writes the member `clusters` of an evaluation, by what its samples are joined; nothing when it
 * has none. After fb_clusters_sort. */
void fb_clusters_write(
    struct fb_json_writer *w, const struct fb_clusters *clusters, uint32_t group, struct fb_str by);

#endif

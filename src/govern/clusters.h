/*
 * clusters.h: the use of each cluster that a docket tells of, against what is registered of it.
 *
 * A cluster is known by the name that schedulers and records of use call it. One that is used and
 * not on record is there as well, without capacity.
 */
#ifndef FB_GOVERN_CLUSTERS_H
#define FB_GOVERN_CLUSTERS_H

#include "evidence/reconcile.h"
#include "record/registry.h"

/** A cluster and its comparison. */
struct fb_cluster_compute {
    struct fb_str name;
    const struct fb_record *record; /**< what holds of it; NULL: not on record */
    double chips, power_w;          /**< registered; 0: not said */
    struct fb_reconcile reconcile;
};

/** The clusters of a docket: registered ones in the order of admission, then others. */
struct fb_cluster_list {
    struct fb_arena arena;
    struct fb_map by_name; /**< private */
    struct fb_cluster_compute *items;
    size_t count;
};

/** Lists the clusters and starts a comparison for each; chips, power and repeats of options are
 * taken from the records. Ends with fb_cluster_list_release after success and failure. E_NOMEM. */
FB_CHECKED enum fb_code fb_cluster_list_init(struct fb_cluster_list *clusters,
    const struct fb_registry *registry, const struct fb_reconcile_options *options,
    struct fb_err *err);

/** Frees them. */
void fb_cluster_list_release(struct fb_cluster_list *clusters);

/** The cluster of a name, or NULL. */
struct fb_cluster_compute *fb_cluster_list_find(
    const struct fb_cluster_list *clusters, struct fb_str name);

/** Gives the use on record to the comparisons, and ends them. E_TIME, E_LIMIT, E_NOMEM. */
FB_CHECKED enum fb_code fb_cluster_list_compare(
    struct fb_cluster_list *clusters, const struct fb_registry *registry, struct fb_err *err);

/** How many findings there are; use of a cluster that is not on record is one. */
size_t fb_cluster_list_findings(const struct fb_cluster_list *clusters);

#endif

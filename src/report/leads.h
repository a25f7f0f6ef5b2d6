/* leads.h: leads, comparisons and the compute of systems, as people and programs read them. */
#ifndef FB_REPORT_LEADS_H
#define FB_REPORT_LEADS_H

#include "evidence/leads.h"
#include "evidence/reconcile.h"
#include "govern/clusters.h"
#include "govern/compute.h"
#include "govern/foresee.h"
#include "report/report.h"

/** Appends the leads as a table, or as one JSON object. */
FB_CHECKED enum fb_code fb_report_leads_text(const struct fb_leads *leads,
    const struct fb_report_options *options, struct fb_buf *out, struct fb_err *err);
FB_CHECKED enum fb_code fb_report_leads_json(
    const struct fb_leads *leads, struct fb_buf *out, struct fb_err *err);

/** Appends a comparison that has ended as tables, or as one JSON object. */
FB_CHECKED enum fb_code fb_report_reconcile_text(const struct fb_reconcile *reconcile,
    const struct fb_report_options *options, struct fb_buf *out, struct fb_err *err);
FB_CHECKED enum fb_code fb_report_reconcile_json(
    const struct fb_reconcile *reconcile, struct fb_buf *out, struct fb_err *err);

/** Appends the comparisons of a docket's clusters, one after the other, or as one JSON object. */
FB_CHECKED enum fb_code fb_report_clusters_text(const struct fb_cluster_compute *clusters,
    size_t count, const struct fb_report_options *options, struct fb_buf *out, struct fb_err *err);
FB_CHECKED enum fb_code fb_report_clusters_json(const struct fb_cluster_compute *clusters,
    size_t count, struct fb_buf *out, struct fb_err *err);

/** The compute of a docket's systems. */
struct fb_systems_report {
    const struct fb_system_compute *systems;
    size_t count;
    double threshold; /**< 0: none */
};

/** Where a system stands to a threshold, as "not ruled out". */
const char *fb_report_system_standing(const struct fb_system_compute *system, double threshold);

/** Appends the compute of systems as a table, or as one JSON object. */
FB_CHECKED enum fb_code fb_report_systems_text(const struct fb_systems_report *report,
    const struct fb_report_options *options, struct fb_buf *out, struct fb_err *err);
FB_CHECKED enum fb_code fb_report_systems_json(
    const struct fb_systems_report *report, struct fb_buf *out, struct fb_err *err);

/** Appends what was foreseen of a system in words, or as one JSON object; dates that are not
 * foreseen, and FLOP without an end, are null. */
FB_CHECKED enum fb_code fb_report_foreseen_text(
    const struct fb_foreseen *seen, double threshold, struct fb_buf *out, struct fb_err *err);
FB_CHECKED enum fb_code fb_report_foreseen_json(
    const struct fb_foreseen *seen, double threshold, struct fb_buf *out, struct fb_err *err);

/** One line that says what a forecast of a system rests on. */
void fb_report_foreseen_method(const struct fb_foreseen *seen, struct fb_buf *out);

#endif

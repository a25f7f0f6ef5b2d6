/* incident.h: an incident and its clocks, as text and JSON. Nothing here decides anything. */
#ifndef FB_REPORT_INCIDENT_H
#define FB_REPORT_INCIDENT_H

#include "govern/incident.h"
#include "report/report.h"

/** Appends one incident for a terminal: its clocks, and with `whole` who said what when, and until
 * when it is kept. */
FB_CHECKED enum fb_code fb_report_incident_text(const struct fb_picture *picture,
    const struct fb_incident_view *view, bool whole, const struct fb_report_options *options,
    struct fb_buf *out, struct fb_err *err);

/** Writes one incident as a JSON object, as an element of an open array. */
void fb_report_incident_json(const struct fb_incident_view *view, struct fb_json_writer *w);

/** Appends the first line of a table of clocks for spreadsheets (report/csv.h), and then the clocks
 * of one incident, a line each; without `whole` only those that run or cannot be told. */
void fb_report_incident_csv_head(struct fb_buf *out);
void fb_report_incident_csv(const struct fb_incident_view *view, bool whole, struct fb_buf *out);

/** Appends what an incident's record asks for and why, and the classes (record/classes.def). */
void fb_report_incident_help(struct fb_buf *out);

#endif

/*
 * exports.h: the register and the picture in formats of others: CycloneDX, OSCAL, CSV; and the
 * register as a page, a table, JSON.
 */
#ifndef FB_REPORT_EXPORTS_H
#define FB_REPORT_EXPORTS_H

#include "govern/due.h"
#include "govern/register.h"
#include "report/report.h"

/** Appends one line a system, as a table. */
FB_CHECKED enum fb_code fb_report_register_text(const struct fb_register *register_,
    const struct fb_report_options *options, struct fb_buf *out, struct fb_err *err);

/** Appends all that the register has of one system, in words. */
FB_CHECKED enum fb_code fb_report_register_system(const struct fb_register_system *system,
    const struct fb_report_options *options, struct fb_buf *out, struct fb_err *err);

/** Appends the register, or one system of it (NULL: all), as one JSON object. */
FB_CHECKED enum fb_code fb_report_register_json(const struct fb_register *register_,
    const struct fb_register_system *only, struct fb_buf *out, struct fb_err *err);

/** Appends the register as a page that stands by itself. origin names the docket. */
FB_CHECKED enum fb_code fb_report_register_html(const struct fb_register *register_,
    struct fb_str origin, struct fb_buf *out, struct fb_err *err);

/** Appends a table, RFC 4180, a line a system. A field that a spreadsheet would take for a formula
 * gets an apostrophe in front. */
FB_CHECKED enum fb_code fb_report_register_csv(
    const struct fb_register *register_, struct fb_buf *out, struct fb_err *err);

/** Appends a bill of materials, CycloneDX 1.6, of all systems and their datasets. */
FB_CHECKED enum fb_code fb_report_cyclonedx(const struct fb_register *register_,
    struct fb_str origin, struct fb_buf *out, struct fb_err *err);

/** Appends OSCAL 1.1.2 assessment results: red lines and duties as findings. */
FB_CHECKED enum fb_code fb_report_oscal_results(const struct fb_picture *picture,
    const struct fb_due_list *due, struct fb_buf *out, struct fb_err *err);

/** Appends an OSCAL 1.1.2 plan of action and milestones: what is overdue, owed, or not ruled out.
 * E_NEGATIVE when nothing is, since a plan has at least one item. */
FB_CHECKED enum fb_code fb_report_oscal_plan(const struct fb_picture *picture,
    const struct fb_due_list *due, struct fb_buf *out, struct fb_err *err);

#endif

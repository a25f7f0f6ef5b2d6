/*
 * due.h: what is owed, as text, JSON and a calendar.
 *
 * Nothing here decides anything: the list comes from govern/due.h. It may be of a million duties: a
 * list is poured out (report/pour.h; NULL: it is not), and what is left stays in out.
 */
#ifndef FB_REPORT_DUE_H
#define FB_REPORT_DUE_H

#include "govern/due.h"
#include "report/pour.h"
#include "report/report.h"

/** Appends the list for a terminal, group by group, and what must be kept. */
FB_CHECKED enum fb_code fb_report_due_text(const struct fb_picture *picture,
    const struct fb_due_list *list, const struct fb_report_options *options,
    const struct fb_pour *pour, struct fb_buf *out, struct fb_err *err);

/** Appends the list, and what must be kept, as one JSON object. */
FB_CHECKED enum fb_code fb_report_due_json(const struct fb_picture *picture,
    const struct fb_due_list *list, const struct fb_pour *pour, struct fb_buf *out,
    struct fb_err *err);

/** Appends the list as a table for spreadsheets, a line a duty (report/csv.h). */
FB_CHECKED enum fb_code fb_report_due_csv(const struct fb_due_list *list,
    const struct fb_pour *pour, struct fb_buf *out, struct fb_err *err);

/**
 * Appends an iCalendar object (RFC 5545) with one VTODO for each duty but those that are merely
 * held. UID is the SHA-256 of the docket's origin and the duty's id: it stays the same, so that a
 * calendar that reads the file again changes its entry. DTSTAMP is the picture's instant, to the
 * second; the same picture gives the same bytes.
 */
FB_CHECKED enum fb_code fb_report_due_ics(const struct fb_picture *picture,
    const struct fb_due_list *list, struct fb_buf *out, struct fb_err *err);

#endif

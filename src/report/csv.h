/* csv.h: tables for spreadsheets, RFC 4180. Private to the room. */
#ifndef FB_REPORT_CSV_H
#define FB_REPORT_CSV_H

#include "base/buf.h"
#include "base/timestamp.h"

/** Appends a field in quotes, and a comma, or the end of the line behind the last. A field that a
 * spreadsheet would take for a formula gets an apostrophe in front. */
void fb_csv_put(struct fb_buf *out, struct fb_str field, bool last);

/** The same for an instant, RFC 3339; empty for FB_TIME_MIN and FB_TIME_MAX. */
void fb_csv_put_time(struct fb_buf *out, fb_time t, bool last);

#endif

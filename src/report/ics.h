/* ics.h: the lines of iCalendar (RFC 5545). Private to this room. */
#ifndef FB_REPORT_ICS_H
#define FB_REPORT_ICS_H

#include "base/buf.h"
#include "base/timestamp.h"

/** Octets of a line, its CRLF not counted (section 3.1). */
enum { FB_ICS_LINE = 75 };

/** Appends text as a value of type TEXT (section 3.3.11): backslash, semicolon, comma and the end
 * of a line escaped. Other control characters and marks that turn the direction of writing become
 * spaces: the text, which is UTF-8, may be hostile. */
void fb_ics_text(struct fb_buf *out, struct fb_str text);

/** Appends an instant as "20261229T000000Z", cut to the second; false, and nothing appended, when
 * its year has no four digits (section 3.3.5), as FB_TIME_MAX. */
bool fb_ics_time(struct fb_buf *out, fb_time t);

/** Appends a content line and its CRLF, folded before an octet that would be the 76th, and never
 * within a character. */
void fb_ics_line(struct fb_buf *out, struct fb_str line);

#endif

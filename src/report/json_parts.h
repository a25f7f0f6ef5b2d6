/* json_parts.h: what several reports have in common as JSON. */
#ifndef FB_REPORT_JSON_PARTS_H
#define FB_REPORT_JSON_PARTS_H

#include "base/json.h"
#include "govern/evaluate.h"

/** Writes an instant as a member of an open object; null where there is none (FB_TIME_MIN or MAX).
 */
void fb_report_key_time(struct fb_json_writer *w, const char *key, fb_time t);

/** Writes what a picture is of as members of an open object: the ledger and how much of it, its
 * root, and when. */
void fb_report_json_source(struct fb_json_writer *w, const struct fb_picture *picture);

#endif

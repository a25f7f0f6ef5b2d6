/* uuid.h: UUIDs of what stands in the formats of others. */
#ifndef FB_REPORT_UUID_H
#define FB_REPORT_UUID_H

#include "base/str.h"

/** Bytes of a UUID as text, the NUL included. */
enum { FB_UUID_TEXT = 37 };

/**
 * A UUID from what it names, so that the same input gives the same: version 5 (RFC 9562, 5.5) of
 * "flyball:KIND/ORIGIN/NAME" in the namespace of URLs. OSCAL takes versions 4 and 5 only. Returns
 * out.
 */
const char *fb_report_uuid(
    const char *kind, struct fb_str origin, struct fb_str name, char out[FB_UUID_TEXT]);

#endif

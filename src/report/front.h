/* front.h: the first page of a docket that is served (serve/docket_server.h). */
#ifndef FB_REPORT_FRONT_H
#define FB_REPORT_FRONT_H

#include "base/buf.h"
#include "record/registry.h"

/** Systems in its table; with a test. */
enum { FB_FRONT_SYSTEMS_MAX = 1000 };

/** What it is of. Borrowed. */
struct fb_front {
    const struct fb_registry *registry;
    struct fb_str origin;
    uint64_t entries; /**< all verified */
    uint8_t root[32];
    fb_time now;
    bool simulated;
};

/** Appends the page: a table of systems with links to what is answered about each. */
FB_CHECKED enum fb_code fb_report_front_html(
    const struct fb_front *front, struct fb_buf *out, struct fb_err *err);

#endif

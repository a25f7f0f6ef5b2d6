/* front.h: the first page of a docket that is served (serve/docket_server.h). */
#ifndef FB_REPORT_FRONT_H
#define FB_REPORT_FRONT_H

#include "base/buf.h"
#include "govern/picture.h"
#include "record/registry.h"

/** Systems in its table, and the most of which it says what they may do; each has a test. */
enum { FB_FRONT_SYSTEMS_MAX = 1000, FB_FRONT_ASKED_MAX = 50 };

/** Says what a system may do. */
typedef enum fb_code (*fb_front_ask)(
    void *ctx, struct fb_str system, bool out[FB_ACTION_COUNT], struct fb_err *err);

/** What it is of. Borrowed. */
struct fb_front {
    const struct fb_registry *registry;
    struct fb_str origin;
    uint64_t entries; /**< all verified */
    uint8_t root[32];
    fb_time now;
    bool simulated;
    fb_front_ask ask; /**< asked of every system unless there are more than FB_FRONT_ASKED_MAX */
    void *ctx;
};

/** Appends the page: a table of systems, what they may do, and links to what is answered about
 * each. What `ask` gives. */
FB_CHECKED enum fb_code fb_report_front_html(
    const struct fb_front *front, struct fb_buf *out, struct fb_err *err);

#endif

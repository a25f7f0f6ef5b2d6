/*
 * http_client.h: the transport over HTTP and HTTPS, by libcurl.
 *
 * Exchanges are performed at once. Each is bounded in time, in bytes by its answer's maximum, after
 * decompression, and in bytes of headers, of all redirects together (64 KiB). A GET follows up to
 * three redirects and is tried again after a failure that may pass (no connection, no answer in
 * time, status 429 or 5xx); a POST is sent once and follows none.
 */
#ifndef FB_SERVE_HTTP_CLIENT_H
#define FB_SERVE_HTTP_CLIENT_H

#include "base/transport.h"

/** How long and how often; zeros mean the defaults. */
struct fb_http_options {
    uint32_t connect_ms; /**< 10,000 */
    uint32_t total_ms;   /**< 60,000 for one attempt */
    uint32_t slow_s;     /**< 20: with fewer than 50 bytes a second for so long it is given up */
    uint32_t pause_ms;   /**< 250: before the second attempt, and twice as long before the third */
    uint32_t attempts;   /**< 3 */
};

struct fb_http_client;

/** Makes a client. E_NOMEM. Caller frees *out with fb_http_client_free. */
FB_CHECKED enum fb_code fb_http_client_new(
    const struct fb_http_options *options, struct fb_http_client **out, struct fb_err *err);

/** Frees; NULL is allowed. */
void fb_http_client_free(struct fb_http_client *client);

/** The transport; valid until the client is freed. */
struct fb_transport fb_http_client_transport(struct fb_http_client *client);

#endif

/*
 * transport.h: the one seam to other machines for whoever asks them something.
 *
 * The asker fills exchanges, a transport performs them, all at once where it can, and each says
 * what became of it. The real one is serve/http_client.h; tests have others. Nothing that comes
 * back is trusted.
 */
#ifndef FB_BASE_TRANSPORT_H
#define FB_BASE_TRANSPORT_H

#include "base/buf.h"
#include "flyball/err.h"

/** Bytes of the longest URL that is asked, the NUL included. */
enum { FB_URL_MAX = 4096 };

/** One request and its answer. */
struct fb_exchange {
    const char *url;    /**< http or https; borrowed */
    bool is_post;       /**< else a GET, which may be tried again */
    struct fb_str body; /**< of a POST; borrowed */

    enum fb_code code;    /**< out: FB_OK when an answer came, whatever its status is */
    unsigned status;      /**< out: of HTTP, when code is FB_OK */
    struct fb_buf answer; /**< out: the body; the asker initialises it and its maximum holds */
    struct fb_err err; /**< out: E_IO without an answer, E_LIMIT for one too long, E_NOMEM, E_SYNTAX
                          for a URL */
};

/** Who performs exchanges. */
struct fb_transport {
    void (*perform)(void *ctx, struct fb_exchange *exchanges, size_t count);
    void *ctx;
};

/** True for what begins as a URL that a transport takes: http:// or https://. */
bool fb_url_is(const char *text);

#endif

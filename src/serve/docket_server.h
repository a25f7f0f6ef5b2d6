/*
 * docket_server.h: a docket over HTTP, to be read (docs/SERVE.md).
 *
 *     GET /                     all systems, in figures, as a page
 *     GET /status               the same as JSON
 *     GET /health               what was verified, as JSON
 *     GET /gate/ACTION/SYSTEM   whether the system may train, deploy or act (autonomy)
 *     GET /status/SYSTEM        what holds of the system, as `flyball status SYSTEM --json`
 *     GET /system/SYSTEM        the same as a page, as `flyball report SYSTEM --html`
 *     GET /explain/SYSTEM/ID    why a verdict about it holds, as `flyball explain ID --json`
 *
 * SYSTEM is an id without "system/"; it may have slashes. Only an answer 200 with "open": true
 * opens a gate: whoever asks takes everything else, silence included, for a no.
 */
#ifndef FB_SERVE_DOCKET_SERVER_H
#define FB_SERVE_DOCKET_SERVER_H

#include "gate/overview.h"
#include "serve/server.h"

/** Is told why a question was not answered, on the server's thread. */
typedef void (*fb_docket_server_tell)(void *ctx, const char *path, const struct fb_err *err);

struct fb_docket_server;

/** What a server of a docket is made of. Borrowed. */
struct fb_docket_server_options {
    struct fb_desk *desk;       /**< not to be used meanwhile */
    const char *host;           /**< the name by which it is reached; NULL: by address alone */
    fb_docket_server_tell tell; /**< NULL: nobody is told */
    void *ctx;
};

/** Makes what the handler needs. A thread of its own keeps the overview up, with a fifth of one
 * core at most. E_NOMEM, E_IO. Caller frees *out with fb_docket_server_free. */
FB_CHECKED enum fb_code fb_docket_server_new(const struct fb_docket_server_options *options,
    struct fb_docket_server **out, struct fb_err *err);

/** How many nanoseconds that thread rests after it worked for so many: four times as long, since a
 * system may take much longer than others, and the lock is held meanwhile; but 20 ms at least, and
 * 250 ms when nothing is left to do. */
int64_t fb_docket_server_rest(int64_t worked_ns, bool is_done);

/** Ends the thread and frees; NULL is allowed. The handler must not be called any more. */
void fb_docket_server_free(struct fb_docket_server *server);

/**
 * The handler; ctx is a struct fb_docket_server. 403 when the request names another host than
 * localhost, an address or that of the options: a page of somebody else's that a browser here shows
 * could ask otherwise (DNS rebinding). 404 for a path, a system or a verdict that there is not; 503
 * when the docket cannot be asked (it does not verify, was replaced, the clock was put
 * back, memory ran out): then also "open": false, and the reason is told to the keeper alone.
 */
void fb_docket_server_handle(
    void *ctx, const struct fb_server_request *request, struct fb_server_answer *out);

#endif

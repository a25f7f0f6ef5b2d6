/*
 * server.h: an HTTP server with one handler, by libmicrohttpd.
 *
 * One thread takes connections, reads requests and calls the handler, one after the other; slow
 * clients do not stop others. It listens on a socket that is open already, so that whoever opened
 * it may have given up privileges since.
 */
#ifndef FB_SERVE_SERVER_H
#define FB_SERVE_SERVER_H

#include "base/buf.h"
#include "flyball/err.h"

/** Limits of a server; each has a test. */
enum {
    FB_SERVER_CONNECTIONS_MAX = 256,     /**< at once; further ones are closed */
    FB_SERVER_IDLE_S = 15,               /**< a connection on which nothing happens is closed */
    FB_SERVER_ANSWER_MAX = 32 * 1048576, /**< bytes of an answer */
};

/** A request that is whole. Valid during the call of the handler. */
struct fb_server_request {
    const char *method; /**< as GET; HEAD is GET here, and its body is left out later */
    const char *path;   /**< decoded, without a query; no control character is in it */
    const char *host;   /**< what the header Host says; "" when there is none */
    struct fb_str body;
};

/** What the handler fills; body is initialised. Strings are static. */
struct fb_server_answer {
    unsigned status;
    const char *content_type;
    const char *cache_control; /**< NULL: no such header */
    const char *allow;         /**< for status 405; NULL otherwise */
    struct fb_buf body;
};

/** Answers a request. It runs on the server's thread, and never twice at once. */
typedef void (*fb_server_handler)(
    void *ctx, const struct fb_server_request *request, struct fb_server_answer *out);

/** How to serve. */
struct fb_server_options {
    int socket;      /**< base/net.h; the server owns it when it was started */
    size_t body_max; /**< bytes of a request's body; more is answered with 413 */
    uint32_t idle_s; /**< 0: FB_SERVER_IDLE_S */
    fb_server_handler handle;
    void *ctx;
};

struct fb_server;

/** Starts serving. E_IO, E_NOMEM. Caller ends with fb_server_stop. */
FB_CHECKED enum fb_code fb_server_start(
    const struct fb_server_options *options, struct fb_server **out, struct fb_err *err);

/** Stops after the request under way, closes and frees; NULL is allowed. */
void fb_server_stop(struct fb_server *server);

/** Answers with a status and a line of text. */
void fb_server_say(struct fb_server_answer *out, unsigned status, const char *text);

#endif

/*
 * witness_server.h: a witness over HTTP (C2SP tlog-witness).
 *
 *     POST /add-checkpoint
 *     GET  /<SHA-256 of an origin, in hex>/checkpoint
 *
 * What is cosigned is decided in ledger/witness.h.
 */
#ifndef FB_SERVE_WITNESS_SERVER_H
#define FB_SERVE_WITNESS_SERVER_H

#include "ledger/witness.h"
#include "serve/server.h"

/** What happened, for the keeper of the witness. Valid during the call. */
struct fb_witness_seen {
    unsigned status;
    const char *about;        /**< origin and sizes; may be empty */
    const struct fb_err *err; /**< NULL unless this machine failed */
};

/** A handler's context: the witness, and who is told of each add-checkpoint (NULL: nobody). */
struct fb_witness_server {
    struct fb_witness *witness;
    void (*tell)(void *ctx, const struct fb_witness_seen *seen);
    void *ctx;
};

/** The handler; ctx is a struct fb_witness_server. */
void fb_witness_server_handle(
    void *ctx, const struct fb_server_request *request, struct fb_server_answer *out);

#endif

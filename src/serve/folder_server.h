/*
 * folder_server.h: a folder of tiles over HTTP (C2SP tlog-tiles), as ledger/export.h writes it.
 *
 * Only the names that tlog-tiles has are looked for, so that nothing else of the folder, and
 * nothing outside of it, can be read.
 */
#ifndef FB_SERVE_FOLDER_SERVER_H
#define FB_SERVE_FOLDER_SERVER_H

#include "serve/server.h"

/** A handler's context. */
struct fb_folder_server {
    const char *dir; /**< borrowed */
};

/** The handler; ctx is a struct fb_folder_server. */
void fb_folder_server_handle(
    void *ctx, const struct fb_server_request *request, struct fb_server_answer *out);

#endif

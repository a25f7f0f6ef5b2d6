#include "serve/folder_server.h"

#include <stdio.h>
#include <string.h>

#include "base/assert.h"
#include "base/io.h"
#include "ledger/tiles.h"

static void read_file(const char *path, bool is_checkpoint, struct fb_server_answer *out)
{
    struct fb_err err;
    fb_err_init(&err);
    enum fb_code code = fb_io_read(path, &out->body, &err);
    if (code == FB_OK) {
        out->status = 200;
        out->content_type =
            is_checkpoint ? "text/plain; charset=utf-8" : "application/octet-stream";
        out->cache_control = is_checkpoint ? "no-cache" : "public, max-age=31536000, immutable";
    } else if (code == FB_E_NOT_FOUND) {
        fb_server_say(out, 404, "the log does not have it");
    } else {
        fb_server_say(out, 500, "the log could not be read");
    }
}

void fb_folder_server_handle(
    void *ctx, const struct fb_server_request *request, struct fb_server_answer *out)
{
    const struct fb_folder_server *server = ctx;
    FB_ASSERT(server && request && out);
    char path[FB_IO_PATH_MAX];
    struct fb_str name = fb_str_sub(fb_str_of(request->path), 1, SIZE_MAX);
    bool is_checkpoint = fb_str_is(name, "checkpoint");
    if (!is_checkpoint && !fb_tile_path_is(name)) {
        fb_server_say(out, 404, "a log has its checkpoint, and tiles");
        return;
    }
    if (strcmp(request->method, "GET") != 0) {
        fb_server_say(out, 405, "a log is only read");
        out->allow = "GET, HEAD";
        return;
    }
    int len = snprintf(path, sizeof(path), "%s/%.*s", server->dir, FB_STR_ARG(name));
    if (len < 0 || (size_t)len >= sizeof(path)) {
        fb_server_say(out, 500, "the log could not be read");
        return;
    }
    read_file(path, is_checkpoint, out);
}

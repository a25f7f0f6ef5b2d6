#include "serve/witness_server.h"

#include <string.h>

#include "base/assert.h"

static void add_checkpoint(const struct fb_witness_server *server,
    const struct fb_server_request *request, struct fb_server_answer *out)
{
    struct fb_witness_answer answer;
    struct fb_err err;
    fb_err_init(&err);
    fb_witness_answer_init(&answer);
    enum fb_code code = fb_witness_add_checkpoint(server->witness, request->body, &answer, &err);
    if (code == FB_OK) {
        out->status = answer.status;
        out->content_type = answer.content_type;
        fb_buf_add_str(&out->body, fb_buf_str(&answer.body));
    } else {
        /* What went wrong here is told to the keeper alone. */
        bool may_pass = code == FB_E_BUSY || code == FB_E_NOMEM;
        fb_server_say(out, may_pass ? 503 : 500, "the witness failed; nothing was cosigned");
    }
    if (server->tell) {
        struct fb_witness_seen seen = {out->status, answer.about, code == FB_OK ? NULL : &err};
        server->tell(server->ctx, &seen);
    }
    fb_witness_answer_release(&answer);
}

/* Takes the hash out of "/HASH/checkpoint". */
static bool parse_latest(const char *path, struct fb_str *out)
{
    struct fb_str text = fb_str_of(path), tail = FB_STR("/checkpoint");
    *out = fb_str_sub(text, 1, FB_WITNESS_HASH_TEXT - 1);
    return text.len == FB_WITNESS_HASH_TEXT + tail.len && text.ptr[0] == '/' &&
           fb_str_ends(text, tail);
}

static void show_latest(
    const struct fb_witness_server *server, struct fb_str hash, struct fb_server_answer *out)
{
    struct fb_err err;
    fb_err_init(&err);
    enum fb_code code = fb_witness_latest(server->witness, hash, &out->body, &err);
    if (code == FB_OK) {
        out->status = 200;
        out->content_type = "text/plain; charset=utf-8";
        out->cache_control = "no-cache";
    } else if (code == FB_E_NOT_FOUND) {
        fb_server_say(out, 404, "no checkpoint of such a log was cosigned");
    } else {
        fb_server_say(out, 500, "the witness failed");
    }
}

void fb_witness_server_handle(
    void *ctx, const struct fb_server_request *request, struct fb_server_answer *out)
{
    const struct fb_witness_server *server = ctx;
    FB_ASSERT(server && request && out);
    struct fb_str hash;
    bool is_post = strcmp(request->path, "/add-checkpoint") == 0;
    bool is_get = !is_post && parse_latest(request->path, &hash);
    const char *wanted = is_post ? "POST" : "GET";
    if (!is_post && !is_get) {
        fb_server_say(out, 404, "a witness has add-checkpoint, and HASH/checkpoint");
    } else if (strcmp(request->method, wanted) != 0) {
        fb_server_say(out, 405, "this is asked in another way");
        out->allow = is_post ? "POST" : "GET, HEAD";
    } else if (is_post) {
        add_checkpoint(server, request, out);
    } else {
        show_latest(server, hash, out);
    }
}

/* cmd_policy_lsp.c: policy lsp: the language server on standard input and output. */
#include "base/io.h"
#include "cli/cli.h"
#include "cli/lsp.h"

/* What the stream to the editor needs. */
struct session {
    struct fb_cli *cli;
    struct fb_lsp *lsp;
    bool clean;
};

static enum fb_code give(void *ctx, struct fb_str bytes, struct fb_err *err)
{
    const struct session *session = ctx;
    if (fwrite(bytes.ptr, 1, bytes.len, session->cli->out) != bytes.len ||
        fflush(session->cli->out) != 0) {
        return fb_err_set(err, FB_E_IO, "the editor reads no more");
    }
    return FB_OK;
}

/* After `exit` nothing more is read: an error that is none. */
static enum fb_code take(void *ctx, struct fb_str piece, struct fb_err *err)
{
    struct session *session = ctx;
    enum fb_code code = fb_lsp_feed(session->lsp, piece, err);
    if (code == FB_OK && fb_lsp_over(session->lsp, &session->clean)) {
        return fb_err_set(err, FB_E_NEGATIVE, "the editor ended the server without `shutdown`");
    }
    return code;
}

enum fb_code fb_cli_policy_lsp(struct fb_cli *cli, struct fb_err *err)
{
    struct session session = {.cli = cli};
    enum fb_code code = fb_cli_want(cli, 1, 1, err);
    code = code ? code : fb_lsp_new(give, &session, &session.lsp, err);
    code = code ? code : fb_io_each("-", take, &session, err);
    if (code == FB_E_NEGATIVE && session.clean) {
        fb_err_init(err);
        code = FB_OK;
    }
    fb_lsp_free(session.lsp);
    return code;
}

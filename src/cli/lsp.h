/*
 * lsp.h: a language server for policies (Language Server Protocol 3.17), over any pair of streams.
 *
 * Messages come in pieces of any size; answers and diagnostics go to a sink as they arise. It opens
 * no file: the editor sends all text. Bytes from the editor are data: what is not a message, or
 * asks for what is not there, is answered by an error, and the server goes on.
 */
#ifndef FB_CLI_LSP_H
#define FB_CLI_LSP_H

#include "base/buf.h"

/** Limits; each has an error and a test. */
enum {
    FB_LSP_MESSAGE_MAX = 16 << 20, /**< bytes of one message */
    FB_LSP_DOCUMENTS_MAX = 1000,   /**< open at a time */
};

struct fb_lsp;

/** Takes bytes for the editor; an error ends the server. */
typedef enum fb_code (*fb_lsp_sink)(void *ctx, struct fb_str bytes, struct fb_err *err);

/** Makes a server. Free with fb_lsp_free. E_NOMEM. */
FB_CHECKED enum fb_code fb_lsp_new(
    fb_lsp_sink sink, void *ctx, struct fb_lsp **out, struct fb_err *err);

/** Frees it; NULL is allowed. */
void fb_lsp_free(struct fb_lsp *lsp);

/** Takes the next bytes from the editor. E_SYNTAX for a header that is none, E_LIMIT for a message
 * that is too long, E_NOMEM, or what the sink said: then the stream cannot be followed any more. */
FB_CHECKED enum fb_code fb_lsp_feed(struct fb_lsp *lsp, struct fb_str piece, struct fb_err *err);

/** True after `exit`; *out_clean: `shutdown` came before. */
bool fb_lsp_over(const struct fb_lsp *lsp, bool *out_clean);

#endif

/* lsp_private.h: what lsp.c (messages, documents) and lsp_answer.c (answers) share. */
#ifndef FB_CLI_LSP_PRIVATE_H
#define FB_CLI_LSP_PRIVATE_H

#include "base/json.h"
#include "cli/lsp.h"
#include "lang/outline.h"

/** A text that is open in the editor. */
struct fb_lsp_document {
    char *uri;
    int64_t version;
    struct fb_buf text;
    struct fb_arena arena; /**< owns what follows, which is read anew with each change */
    size_t *lines;         /**< where each line begins */
    size_t line_count;
    struct fb_outline outline;
    struct fb_policy_errors *errors;
    struct fb_policy_errors *notes;
    struct fb_lsp_document *next;
};

/** The server. */
struct fb_lsp {
    fb_lsp_sink sink;
    void *ctx;
    struct fb_buf in;
    struct fb_buf body; /**< of the message that is being written */
    bool utf8;          /**< columns count bytes; else UTF-16 code units */
    bool ready;
    bool shut;
    bool over;
    struct fb_lsp_document *documents;
    size_t document_count;
};

/** A place in a document: 1-based, in bytes. */
struct fb_lsp_place {
    uint32_t line;
    uint32_t column;
};

/** A request: what it is about, and where its result goes. */
struct fb_lsp_request {
    struct fb_lsp *lsp;
    const struct fb_json *params;
    struct fb_lsp_document *document; /**< NULL where it is about none */
    struct fb_lsp_place place;        /**< of `position`, when there is one */
    struct fb_json_writer *w;
};

/** Answers one method: writes exactly one value, or fails and has written nothing. */
typedef enum fb_code (*fb_lsp_answer)(const struct fb_lsp_request *request, struct fb_err *err);

/** The answer to a method about a document; NULL when there is none. */
fb_lsp_answer fb_lsp_answer_to(struct fb_str method);

/** The capabilities, as the value of "capabilities". */
void fb_lsp_capabilities(const struct fb_lsp *lsp, struct fb_json_writer *w);

/** Writes the diagnostics of a document, an array. */
void fb_lsp_diagnostics(
    const struct fb_lsp *lsp, const struct fb_lsp_document *document, struct fb_json_writer *w);

/** The offset of a position of the protocol, moved to the nearest there is. */
size_t fb_lsp_offset(const struct fb_lsp *lsp, const struct fb_lsp_document *document,
    const struct fb_json *position);

/** Writes a span as a range of the protocol. */
void fb_lsp_range(const struct fb_lsp *lsp, const struct fb_lsp_document *document,
    struct fb_span from, struct fb_span to, struct fb_json_writer *w);

#endif

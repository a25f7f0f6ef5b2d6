/* lsp.c: the messages of the language server, and the documents that the editor has open. */
#include "cli/lsp.h"

#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/assert.h"
#include "cli/lsp_private.h"

enum {
    HEADER_MAX = 4096,
    ARENA_MAX = 1 << 28,
    /* JSON-RPC 2.0, section 5.1, and the protocol's own. */
    PARSE_ERROR = -32700,
    INVALID_REQUEST = -32600,
    METHOD_NOT_FOUND = -32601,
    INVALID_PARAMS = -32602,
    INTERNAL_ERROR = -32603,
    NOT_INITIALIZED = -32002,
    REQUEST_FAILED = -32803,
};

/* ---- documents ---- */

static struct fb_lsp_document *find_document(const struct fb_lsp *lsp, struct fb_str uri)
{
    struct fb_lsp_document *document = lsp->documents;
    while (document && !fb_str_eq(fb_str_of(document->uri), uri)) {
        document = document->next;
    }
    return document;
}

static void free_document(struct fb_lsp_document *document)
{
    fb_free(document->uri);
    fb_buf_release(&document->text);
    fb_arena_release(&document->arena);
    fb_free(document->errors);
    fb_free(document->notes);
    fb_free(document);
}

static void close_document(struct fb_lsp *lsp, const struct fb_lsp_document *gone)
{
    for (struct fb_lsp_document **at = &lsp->documents; *at; at = &(*at)->next) {
        if (*at == gone) {
            struct fb_lsp_document *document = *at;
            *at = document->next;
            lsp->document_count--;
            free_document(document);
            return;
        }
    }
}

static enum fb_code open_document(
    struct fb_lsp *lsp, struct fb_str uri, struct fb_lsp_document **out, struct fb_err *err)
{
    if (lsp->document_count == FB_LSP_DOCUMENTS_MAX) {
        fb_err_set(err, FB_E_LIMIT, "more than %d documents are open", FB_LSP_DOCUMENTS_MAX);
        return fb_err_hint(err, "Close some.");
    }
    struct fb_lsp_document *document = fb_calloc(1, sizeof(*document));
    if (!document) {
        return fb_err_set(err, FB_E_NOMEM, "memory ran out");
    }
    fb_buf_init(&document->text, FB_LSP_MESSAGE_MAX);
    fb_arena_init(&document->arena, ARENA_MAX);
    document->uri = fb_strndup(uri.ptr, uri.len);
    document->errors = fb_calloc(1, sizeof(*document->errors));
    document->notes = fb_calloc(1, sizeof(*document->notes));
    if (!document->uri || !document->errors || !document->notes) {
        free_document(document);
        return fb_err_set(err, FB_E_NOMEM, "memory ran out");
    }
    document->next = lsp->documents;
    lsp->documents = document;
    lsp->document_count++;
    *out = document;
    return FB_OK;
}

static enum fb_code index_lines(struct fb_lsp_document *document, struct fb_err *err)
{
    struct fb_str text = fb_buf_str(&document->text);
    size_t count = 1;
    for (size_t i = 0; i < text.len; i++) {
        count += text.ptr[i] == '\n';
    }
    document->lines = FB_ARENA_ARRAY(&document->arena, size_t, count);
    document->line_count = 1;
    if (!document->lines) {
        return fb_arena_failed(&document->arena, err);
    }
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] == '\n') {
            document->lines[document->line_count++] = i + 1;
        }
    }
    return FB_OK;
}

/* Reads a text that changed; what is wrong with it are diagnostics. */
static enum fb_code read_document(struct fb_lsp_document *document, struct fb_err *err)
{
    struct fb_arena program_arena;
    struct fb_program *program = NULL;
    struct fb_str text = fb_buf_str(&document->text);
    fb_arena_release(&document->arena);
    document->outline = (struct fb_outline){0};
    document->notes->count = 0;
    enum fb_code code = index_lines(document, err);
    if (code) {
        return code;
    }
    fb_arena_init(&program_arena, ARENA_MAX);
    code = fb_policy_review(
        text, document->uri, &program_arena, &program, document->notes, document->errors);
    fb_arena_release(&program_arena);
    if (code == FB_E_NOMEM) {
        return fb_err_set(err, FB_E_NOMEM, "memory ran out");
    }
    code = fb_outline_read(text, &document->arena, &document->outline, err);
    if (code == FB_E_LIMIT || code == FB_E_UTF8) { /* a diagnostic says so */
        fb_err_init(err);
        code = FB_OK;
    }
    return code;
}

/* ---- places ---- */

static struct fb_str line_at(const struct fb_lsp_document *document, size_t line)
{
    size_t begin = document->lines[line];
    size_t end =
        line + 1 < document->line_count ? document->lines[line + 1] - 1 : document->text.len;
    return fb_str_sub(fb_buf_str(&document->text), begin, end - begin);
}

static size_t whole_number(const struct fb_json *value)
{
    return value && value->is_integer && value->integer > 0 ? (size_t)value->integer : 0;
}

size_t fb_lsp_offset(const struct fb_lsp *lsp, const struct fb_lsp_document *document,
    const struct fb_json *position)
{
    FB_ASSERT(lsp && document);
    size_t line = whole_number(fb_json_get(position, "line"));
    size_t units = whole_number(fb_json_get(position, "character"));
    if (line >= document->line_count) {
        return document->text.len;
    }
    struct fb_str text = line_at(document, line);
    size_t i = 0;
    while (i < text.len && units > 0) {
        unsigned char c = (unsigned char)text.ptr[i];
        size_t bytes = c < 0x80 ? 1 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;
        size_t width = lsp->utf8 ? bytes : bytes == 4 ? 2 : 1;
        units -= width < units ? width : units;
        i += bytes < text.len - i ? bytes : text.len - i;
    }
    return document->lines[line] + i;
}

static struct fb_lsp_place place_at(const struct fb_lsp_document *document, size_t offset)
{
    size_t low = 0;
    for (size_t high = document->line_count; high - low > 1;) {
        size_t middle = low + (high - low) / 2;
        if (document->lines[middle] <= offset) {
            low = middle;
        } else {
            high = middle;
        }
    }
    return (struct fb_lsp_place){(uint32_t)low + 1, (uint32_t)(offset - document->lines[low]) + 1};
}

static void write_position(const struct fb_lsp *lsp, const struct fb_lsp_document *document,
    uint32_t line, uint32_t column, struct fb_json_writer *w)
{
    size_t at = line && line <= document->line_count ? line - 1 : document->line_count - 1;
    struct fb_str text = line_at(document, at);
    size_t bytes = column ? column - 1 : 0;
    size_t units = 0;
    bytes = bytes < text.len ? bytes : text.len;
    for (size_t i = 0; i < bytes; i++) {
        unsigned char c = (unsigned char)text.ptr[i];
        units += lsp->utf8 ? 1 : (c & 0xc0) == 0x80 ? 0 : c >= 0xf0 ? 2 : 1;
    }
    fb_json_open_object(w);
    fb_json_key_int(w, "line", (int64_t)at);
    fb_json_key_int(w, "character", (int64_t)units);
    fb_json_close_object(w);
}

void fb_lsp_range(const struct fb_lsp *lsp, const struct fb_lsp_document *document,
    struct fb_span from, struct fb_span to, struct fb_json_writer *w)
{
    FB_ASSERT(lsp && document && w);
    fb_json_open_object(w);
    fb_json_key(w, "start");
    write_position(lsp, document, from.line, from.column, w);
    fb_json_key(w, "end");
    write_position(lsp, document, to.line, to.column + to.length, w);
    fb_json_close_object(w);
}

/* ---- messages out ---- */

/* Sends what stands in lsp->body. */
static enum fb_code send(struct fb_lsp *lsp, struct fb_err *err)
{
    char header[64];
    enum fb_code code = fb_buf_check(&lsp->body, "an answer", err);
    if (code == FB_OK) {
        int len = snprintf(header, sizeof(header), "Content-Length: %zu\r\n\r\n", lsp->body.len);
        code = lsp->sink(lsp->ctx, (struct fb_str){header, (size_t)len}, err);
    }
    return code ? code : lsp->sink(lsp->ctx, fb_buf_str(&lsp->body), err);
}

static void begin_message(struct fb_lsp *lsp, struct fb_json_writer *w)
{
    fb_buf_clear(&lsp->body);
    fb_json_writer_init(w, &lsp->body, 0);
    fb_json_open_object(w);
    fb_json_key_c(w, "jsonrpc", "2.0");
}

static void write_id(struct fb_json_writer *w, const struct fb_json *id)
{
    fb_json_key(w, "id");
    if (id && id->kind == FB_JSON_STRING) {
        fb_json_str(w, id->text);
    } else if (id && id->is_integer) {
        fb_json_int(w, id->integer);
    } else {
        fb_json_null(w);
    }
}

static enum fb_code send_error(struct fb_lsp *lsp, const struct fb_json *id, int number,
    const struct fb_err *why, struct fb_err *err)
{
    struct fb_json_writer w;
    struct fb_buf text;
    fb_buf_init(&text, 4 * (size_t)FB_ERR_TEXT_MAX);
    fb_buf_addf(&text, "%s%s%s", why->message, why->hint[0] ? ". " : "", why->hint);
    begin_message(lsp, &w);
    write_id(&w, id);
    fb_json_key(&w, "error");
    fb_json_open_object(&w);
    fb_json_key_int(&w, "code", number);
    fb_json_key_str(&w, "message", fb_buf_str(&text));
    fb_json_close_object(&w);
    fb_json_close_object(&w);
    fb_buf_release(&text);
    return send(lsp, err);
}

static enum fb_code refuse(struct fb_lsp *lsp, const struct fb_json *id, int number,
    const char *message, struct fb_err *err)
{
    struct fb_err why;
    fb_err_init(&why);
    fb_err_set(&why, FB_E_SYNTAX, "%s", message);
    return send_error(lsp, id, number, &why, err);
}

static enum fb_code publish(
    struct fb_lsp *lsp, const struct fb_lsp_document *document, bool gone, struct fb_err *err)
{
    struct fb_json_writer w;
    begin_message(lsp, &w);
    fb_json_key_c(&w, "method", "textDocument/publishDiagnostics");
    fb_json_key(&w, "params");
    fb_json_open_object(&w);
    fb_json_key_c(&w, "uri", document->uri);
    if (!gone) {
        fb_json_key_int(&w, "version", document->version);
    }
    fb_json_key(&w, "diagnostics");
    if (gone) {
        fb_json_open_array(&w);
        fb_json_close_array(&w);
    } else {
        fb_lsp_diagnostics(lsp, document, &w);
    }
    fb_json_close_object(&w);
    fb_json_close_object(&w);
    return send(lsp, err);
}

/* ---- notifications ---- */

static enum fb_code did_open(struct fb_lsp *lsp, const struct fb_json *params, struct fb_err *err)
{
    const struct fb_json *item = fb_json_get(params, "textDocument");
    const struct fb_json *version = fb_json_get(item, "version");
    struct fb_str uri = fb_json_get_str(item, "uri");
    struct fb_lsp_document *document = find_document(lsp, uri);
    enum fb_code code = document ? FB_OK : open_document(lsp, uri, &document, err);
    if (code) {
        return code;
    }
    fb_buf_clear(&document->text);
    fb_buf_add_str(&document->text, fb_json_get_str(item, "text"));
    document->version = version && version->is_integer ? version->integer : 0;
    code = fb_buf_check(&document->text, "a document", err);
    code = code ? code : read_document(document, err);
    return code ? code : publish(lsp, document, false, err);
}

/* Puts the text of one change in place of its range, or of everything. */
static enum fb_code change(const struct fb_lsp *lsp, struct fb_lsp_document *document,
    const struct fb_json *edit, struct fb_err *err)
{
    const struct fb_json *range = fb_json_get(edit, "range");
    struct fb_str old = fb_buf_str(&document->text);
    size_t from = 0;
    size_t to = old.len;
    struct fb_buf text;
    if (range) {
        from = fb_lsp_offset(lsp, document, fb_json_get(range, "start"));
        to = fb_lsp_offset(lsp, document, fb_json_get(range, "end"));
        to = to < from ? from : to;
    }
    fb_buf_init(&text, FB_LSP_MESSAGE_MAX);
    fb_buf_add_str(&text, fb_str_sub(old, 0, from));
    fb_buf_add_str(&text, fb_json_get_str(edit, "text"));
    fb_buf_add_str(&text, fb_str_sub(old, to, old.len));
    enum fb_code code = fb_buf_check(&text, "a document", err);
    if (code) {
        fb_buf_release(&text);
        return code;
    }
    fb_buf_release(&document->text);
    document->text = text;
    fb_arena_release(&document->arena);
    document->outline = (struct fb_outline){0};
    return index_lines(document, err);
}

static enum fb_code did_change(struct fb_lsp *lsp, const struct fb_json *params, struct fb_err *err)
{
    const struct fb_json *item = fb_json_get(params, "textDocument");
    const struct fb_json *version = fb_json_get(item, "version");
    const struct fb_json *edits = fb_json_get(params, "contentChanges");
    struct fb_lsp_document *document = find_document(lsp, fb_json_get_str(item, "uri"));
    enum fb_code code = FB_OK;
    if (!document) {
        return FB_OK; /* of a document that is not open: there is nothing to change */
    }
    for (const struct fb_json *edit = edits ? edits->child : NULL; edit && code == FB_OK;
         edit = edit->next) {
        code = change(lsp, document, edit, err);
    }
    document->version = version && version->is_integer ? version->integer : document->version;
    code = code ? code : read_document(document, err);
    return code ? code : publish(lsp, document, false, err);
}

static enum fb_code did_close(struct fb_lsp *lsp, const struct fb_json *params, struct fb_err *err)
{
    const struct fb_json *item = fb_json_get(params, "textDocument");
    struct fb_lsp_document *document = find_document(lsp, fb_json_get_str(item, "uri"));
    if (!document) {
        return FB_OK;
    }
    enum fb_code code = publish(lsp, document, true, err);
    close_document(lsp, document);
    return code;
}

static enum fb_code notify(
    struct fb_lsp *lsp, struct fb_str method, const struct fb_json *params, struct fb_err *err)
{
    static const struct {
        const char *method;
        enum fb_code (*run)(struct fb_lsp *, const struct fb_json *, struct fb_err *);
    } known[] = {{"textDocument/didOpen", did_open}, {"textDocument/didChange", did_change},
        {"textDocument/didClose", did_close}};
    if (fb_str_is(method, "exit")) {
        lsp->over = true;
        return FB_OK;
    }
    for (size_t i = 0; lsp->ready && i < sizeof(known) / sizeof(known[0]); i++) {
        if (fb_str_is(method, known[i].method)) {
            return known[i].run(lsp, params, err);
        }
    }
    return FB_OK; /* unknown notifications are passed over, as the protocol wants */
}

/* ---- requests ---- */

/* Columns in bytes when the editor offers that; UTF-16 is what all can. */
static void initialize(struct fb_lsp *lsp, const struct fb_json *params, struct fb_json_writer *w)
{
    const struct fb_json *general = fb_json_get(fb_json_get(params, "capabilities"), "general");
    const struct fb_json *encodings = fb_json_get(general, "positionEncodings");
    for (const struct fb_json *e = encodings ? encodings->child : NULL; e; e = e->next) {
        lsp->utf8 = lsp->utf8 || fb_str_is(e->text, "utf-8");
    }
    lsp->ready = true;
    fb_json_open_object(w);
    fb_json_key(w, "capabilities");
    fb_lsp_capabilities(lsp, w);
    fb_json_key(w, "serverInfo");
    fb_json_open_object(w);
    fb_json_key_c(w, "name", "flyball");
    fb_json_key_c(w, "version", FLYBALL_VERSION);
    fb_json_close_object(w);
    fb_json_close_object(w);
}

static enum fb_code answer(const struct fb_lsp_request *request, struct fb_str method,
    const struct fb_json *id, struct fb_err *err)
{
    struct fb_err why;
    fb_err_init(&why);
    enum fb_code code = fb_lsp_answer_to(method)(request, &why);
    if (code == FB_E_NOMEM) {
        *err = why;
        return code;
    }
    if (code) {
        return send_error(request->lsp, id, REQUEST_FAILED, &why, err);
    }
    fb_json_close_object(request->w);
    return send(request->lsp, err);
}

static enum fb_code request(
    struct fb_lsp *lsp, struct fb_str method, const struct fb_json *message, struct fb_err *err)
{
    const struct fb_json *params = fb_json_get(message, "params");
    const struct fb_json *id = fb_json_get(message, "id");
    struct fb_json_writer w;
    begin_message(lsp, &w);
    write_id(&w, id);
    fb_json_key(&w, "result");
    if (fb_str_is(method, "initialize") && !lsp->ready) {
        initialize(lsp, params, &w);
        fb_json_close_object(&w);
        return send(lsp, err);
    }
    if (!lsp->ready) {
        return refuse(lsp, id, NOT_INITIALIZED, "`initialize` comes first", err);
    }
    if (lsp->shut) {
        return refuse(lsp, id, INVALID_REQUEST, "after `shutdown` only `exit` follows", err);
    }
    if (fb_str_is(method, "shutdown")) {
        lsp->shut = true;
        fb_json_null(&w);
        fb_json_close_object(&w);
        return send(lsp, err);
    }
    if (!fb_lsp_answer_to(method)) {
        return refuse(lsp, id, METHOD_NOT_FOUND, "there is no such method", err);
    }
    struct fb_lsp_request r = {.lsp = lsp, .params = params, .w = &w};
    const struct fb_json *position = fb_json_get(params, "position");
    r.document = find_document(lsp, fb_json_get_str(fb_json_get(params, "textDocument"), "uri"));
    if (!r.document) {
        return refuse(lsp, id, INVALID_PARAMS, "the document is not open", err);
    }
    if (position) {
        r.place = place_at(r.document, fb_lsp_offset(lsp, r.document, position));
    }
    return answer(&r, method, id, err);
}

/* One message; what is wrong with it is answered. */
static enum fb_code take_message(struct fb_lsp *lsp, struct fb_str text, struct fb_err *err)
{
    struct fb_arena arena;
    struct fb_json *message = NULL;
    struct fb_err why;
    fb_err_init(&why);
    fb_arena_init(&arena, (size_t)8 * FB_LSP_MESSAGE_MAX);
    enum fb_code code = fb_json_parse(text, NULL, NULL, &arena, &message, &why);
    struct fb_str method = fb_json_get_str(message, "method");
    if (code == FB_E_NOMEM) {
        *err = why;
    } else if (code) {
        code = send_error(lsp, NULL, PARSE_ERROR, &why, err);
    } else if (method.len == 0) { /* an answer to us, who ask nothing, or nonsense */
        bool reply = fb_json_get(message, "result") || fb_json_get(message, "error");
        code = reply ? FB_OK
                     : refuse(lsp, fb_json_get(message, "id"), INVALID_REQUEST,
                           "a message without a method", err);
    } else if (fb_json_get(message, "id")) {
        code = request(lsp, method, message, err);
    } else {
        code = notify(lsp, method, fb_json_get(message, "params"), err);
    }
    fb_arena_release(&arena);
    return code;
}

/* ---- messages in ---- */

static bool header_is(struct fb_str line, const char *name, struct fb_str *value)
{
    size_t colon = fb_str_find(line, ':', 0);
    struct fb_str field = fb_str_trim(fb_str_sub(line, 0, colon));
    if (field.len != strlen(name)) {
        return false;
    }
    for (size_t i = 0; i < field.len; i++) {
        if ((field.ptr[i] | 0x20) != (name[i] | 0x20)) {
            return false;
        }
    }
    *value = fb_str_trim(fb_str_sub(line, colon + 1, line.len));
    return true;
}

/* The length of the header that `in` begins with, and of the body behind it; 0: not whole yet. */
static enum fb_code read_header(
    struct fb_str in, size_t *header_len, uint64_t *body_len, struct fb_err *err)
{
    const char *end = in.len ? memmem(in.ptr, in.len, "\r\n\r\n", 4) : NULL;
    bool found = false;
    *header_len = 0;
    if (!end && in.len <= HEADER_MAX) {
        return FB_OK;
    }
    struct fb_str rest = fb_str_sub(in, 0, end ? (size_t)(end - in.ptr) + 2 : 0);
    struct fb_str line;
    struct fb_str value;
    while (fb_str_line(&rest, &line)) {
        if (header_is(line, "content-length", &value)) {
            found = fb_str_u64(value, body_len);
        }
    }
    if (!found) {
        fb_err_set(err, FB_E_SYNTAX, "expected a message with a Content-Length");
        return fb_err_hint(err, "An editor starts this command and speaks the protocol with it.");
    }
    if (*body_len > FB_LSP_MESSAGE_MAX) {
        return fb_err_set(err, FB_E_LIMIT, "a message is longer than %d bytes", FB_LSP_MESSAGE_MAX);
    }
    *header_len = (size_t)(end - in.ptr) + 4;
    return FB_OK;
}

enum fb_code fb_lsp_feed(struct fb_lsp *lsp, struct fb_str piece, struct fb_err *err)
{
    FB_ASSERT(lsp && err);
    fb_buf_add_str(&lsp->in, piece);
    enum fb_code code = fb_buf_check(&lsp->in, "a message", err);
    size_t used = 0;
    while (code == FB_OK && !lsp->over) {
        struct fb_str in = fb_str_sub(fb_buf_str(&lsp->in), used, lsp->in.len);
        size_t header_len;
        uint64_t body_len = 0;
        code = read_header(in, &header_len, &body_len, err);
        if (code || header_len == 0 || in.len - header_len < body_len) {
            break;
        }
        size_t end = header_len + (size_t)body_len;
        code = take_message(lsp, fb_str_sub(in, header_len, (size_t)body_len), err);
        used += end;
    }
    if (used) {
        memmove(lsp->in.ptr, lsp->in.ptr + used, lsp->in.len - used);
        fb_buf_cut(&lsp->in, lsp->in.len - used);
    }
    return code;
}

/* ---- life ---- */

enum fb_code fb_lsp_new(fb_lsp_sink sink, void *ctx, struct fb_lsp **out, struct fb_err *err)
{
    FB_ASSERT(sink && out);
    struct fb_lsp *lsp = fb_calloc(1, sizeof(*lsp));
    if (!lsp) {
        return fb_err_set(err, FB_E_NOMEM, "memory ran out");
    }
    lsp->sink = sink;
    lsp->ctx = ctx;
    fb_buf_init(&lsp->in, 2 * (size_t)FB_LSP_MESSAGE_MAX);
    fb_buf_init(&lsp->body, 4 * (size_t)FB_LSP_MESSAGE_MAX);
    *out = lsp;
    return FB_OK;
}

void fb_lsp_free(struct fb_lsp *lsp)
{
    if (!lsp) {
        return;
    }
    while (lsp->documents) {
        close_document(lsp, lsp->documents);
    }
    fb_buf_release(&lsp->in);
    fb_buf_release(&lsp->body);
    fb_free(lsp);
}

bool fb_lsp_over(const struct fb_lsp *lsp, bool *out_clean)
{
    FB_ASSERT(lsp && out_clean);
    *out_clean = lsp->shut;
    return lsp->over;
}

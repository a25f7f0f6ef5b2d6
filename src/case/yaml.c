#include "case/yaml.h"

#include <libfyaml.h>

#include "base/assert.h"
#include "base/map.h"

/* A mapping or list that is still open. */
struct frame {
    struct fb_yaml *node;
    struct fb_map keys; /* MAP: to find duplicates */
    bool has_key;       /* MAP: a key was read and its value comes next */
    struct fb_str key;  /* that key */
    size_t key_offset;  /* and where it stands */
    uint32_t key_line;
};

struct reader {
    struct fb_str text;
    const char *name;
    struct fb_arena *arena;
    struct frame frames[FB_YAML_DEPTH_MAX];
    size_t depth;
    size_t node_count;
    uint32_t document_count;
    struct fb_yaml *root;
};

enum fb_code fb_yaml_err_at(
    struct fb_err *err, struct fb_str text, const char *name, uint32_t line, size_t offset)
{
    FB_ASSERT(err && line > 0);
    size_t at = offset < text.len ? offset : text.len;
    size_t start = at;
    while (start > 0 && text.ptr[start - 1] != '\n') {
        start--;
    }
    fb_err_place(err, name, line, (uint32_t)(at - start) + 1, (int64_t)at);
    return err->code;
}

uint32_t fb_yaml_line(struct fb_str text, size_t offset)
{
    FB_ASSERT(offset <= text.len);
    uint32_t line = 1;
    for (size_t i = 0; i < offset; i++) {
        line += text.ptr[i] == '\n';
    }
    return line;
}

/* Where an event stands; the end of the text for one that libfyaml made up. */
static void event_place(
    const struct reader *r, struct fy_event *event, uint32_t *line, size_t *offset)
{
    const struct fy_mark *mark = fy_event_start_mark(event);
    *line = mark && mark->line >= 0 ? (uint32_t)mark->line + 1 : 1;
    *offset = mark && mark->input_pos < r->text.len ? mark->input_pos : r->text.len;
}

static enum fb_code refuse(struct reader *r, struct fy_event *event, enum fb_code code,
    const char *message, struct fb_err *err)
{
    uint32_t line = 0;
    size_t offset = 0;
    event_place(r, event, &line, &offset);
    (void)fb_err_set(err, code, "%s", message);
    return fb_yaml_err_at(err, r->text, r->name, line, offset);
}

/* Copies a token's text into the arena, checked. */
static enum fb_code token_text(struct reader *r, struct fy_event *event, struct fy_token *token,
    struct fb_str *out, struct fb_err *err)
{
    struct fb_str text = {"", 0};
    if (token) {
        text.ptr = fy_token_get_text(token, &text.len);
        if (!text.ptr) {
            return fb_err_set(err, FB_E_NOMEM, "memory ran out");
        }
    }
    if (!fb_str_utf8(text, NULL)) {
        return refuse(r, event, FB_E_UTF8, "text is not valid UTF-8", err);
    }
    return fb_arena_str(r->arena, text, out, err);
}

static enum fb_code add_key(
    struct reader *r, struct frame *frame, struct fy_event *event, struct fb_err *err)
{
    FB_ASSERT(frame->node->kind == FB_YAML_MAP && !frame->has_key);
    struct fb_str key;
    enum fb_code code = token_text(r, event, event->scalar.value, &key, err);
    if (code != FB_OK) {
        return code;
    }
    event_place(r, event, &frame->key_line, &frame->key_offset);
    if (fb_map_has(&frame->keys, key)) {
        (void)fb_err_set(err, FB_E_DUPLICATE, "key '%.*s' stands twice", FB_STR_ARG(key));
        (void)fb_err_hint(err, "Rename or remove one of the two.");
        return fb_yaml_err_at(err, r->text, r->name, frame->key_line, frame->key_offset);
    }
    frame->key = key;
    frame->has_key = true;
    return fb_map_put(&frame->keys, key, NULL, err);
}

/* Makes a node and hangs it where the reader is. */
static enum fb_code add_node(struct reader *r, struct fy_event *event, enum fb_yaml_kind kind,
    struct fb_yaml **out, struct fb_err *err)
{
    if (r->node_count == FB_YAML_NODES_MAX) {
        return refuse(r, event, FB_E_LIMIT, "document has more than 2,000,000 values", err);
    }
    struct fb_yaml *node = FB_ARENA_NEW(r->arena, struct fb_yaml);
    if (!node) {
        return fb_arena_failed(r->arena, err);
    }
    r->node_count++;
    node->kind = kind;
    event_place(r, event, &node->line, &node->offset);
    struct frame *frame = r->depth ? &r->frames[r->depth - 1] : NULL;
    if (!frame) {
        FB_ASSERT(!r->root);
        r->root = node;
    } else {
        node->key = frame->key;
        node->key_line = frame->key_line;
        node->key_offset = frame->key_offset;
        frame->has_key = false;
        if (frame->node->last) {
            frame->node->last->next = node;
        } else {
            frame->node->child = node;
        }
        frame->node->last = node;
        frame->node->count++;
    }
    *out = node;
    return FB_OK;
}

static bool key_expected(const struct reader *r)
{
    const struct frame *frame = r->depth ? &r->frames[r->depth - 1] : NULL;
    return frame && frame->node->kind == FB_YAML_MAP && !frame->has_key;
}

static enum fb_code open_node(
    struct reader *r, struct fy_event *event, enum fb_yaml_kind kind, struct fb_err *err)
{
    if (key_expected(r)) {
        return refuse(r, event, FB_E_UNSUPPORTED, "a key must be plain text", err);
    }
    if (r->depth == FB_YAML_DEPTH_MAX) {
        return refuse(r, event, FB_E_LIMIT, "values are nested deeper than 32 levels", err);
    }
    struct fb_yaml *node = NULL;
    enum fb_code code = add_node(r, event, kind, &node, err);
    if (code == FB_OK) {
        struct frame *frame = &r->frames[r->depth++];
        *frame = (struct frame){.node = node};
        fb_map_init(&frame->keys);
    }
    return code;
}

static void close_node(struct reader *r)
{
    FB_ASSERT(r->depth > 0);
    fb_map_release(&r->frames[--r->depth].keys);
}

static enum fb_code read_scalar(struct reader *r, struct fy_event *event, struct fb_err *err)
{
    if (key_expected(r)) {
        return add_key(r, &r->frames[r->depth - 1], event, err);
    }
    struct fb_yaml *node = NULL;
    enum fb_code code = add_node(r, event, FB_YAML_SCALAR, &node, err);
    if (code == FB_OK) {
        struct fy_token *token = event->scalar.value;
        node->plain = !token || fy_token_scalar_style(token) == FYSS_PLAIN;
        code = token_text(r, event, token, &node->text, err);
        if (node->plain && node->text.len == 0 && node->key_line > 0) {
            /* Nothing is written: libfyaml has no place for it. */
            node->line = node->key_line;
            node->offset = node->key_offset;
        }
    }
    return code;
}

static enum fb_code read_event(struct reader *r, struct fy_event *event, struct fb_err *err)
{
    if (event->type == FYET_ALIAS || fy_event_get_anchor_token(event)) {
        (void)refuse(r, event, FB_E_UNSUPPORTED, "anchors and aliases are not supported", err);
        return fb_err_hint(err, "Write the value out where it is needed.");
    }
    if (fy_event_get_tag_token(event)) {
        return refuse(r, event, FB_E_UNSUPPORTED, "tags are not supported", err);
    }
    switch (event->type) {
    case FYET_DOCUMENT_START:
        if (r->document_count++) {
            return refuse(r, event, FB_E_UNSUPPORTED, "the file holds several documents", err);
        }
        return FB_OK;
    case FYET_MAPPING_START:
        return open_node(r, event, FB_YAML_MAP, err);
    case FYET_SEQUENCE_START:
        return open_node(r, event, FB_YAML_LIST, err);
    case FYET_MAPPING_END:
    case FYET_SEQUENCE_END:
        close_node(r);
        return FB_OK;
    case FYET_SCALAR:
        return read_scalar(r, event, err);
    case FYET_ALIAS:
    case FYET_NONE:
    case FYET_STREAM_START:
    case FYET_STREAM_END:
    case FYET_DOCUMENT_END:
        return FB_OK;
    }
    return FB_OK;
}

/* The first complaint of libfyaml as an error. */
static enum fb_code syntax_error(const struct reader *r, struct fy_diag *diag, struct fb_err *err)
{
    void *previous = NULL;
    const struct fy_diag_error *first = fy_diag_errors_iterate(diag, &previous);
    if (!first) {
        return fb_err_set(err, FB_E_SYNTAX, "the text is not YAML");
    }
    (void)fb_err_set(err, FB_E_SYNTAX, "%s", first->msg);
    if (first->line > 0 && first->column > 0) {
        fb_err_place(err, r->name, (uint32_t)first->line, (uint32_t)first->column, -1);
    }
    return err->code;
}

static enum fb_code read_events(
    struct reader *r, struct fy_parser *parser, struct fy_diag *diag, struct fb_err *err)
{
    enum fb_code code = FB_OK;
    struct fy_event *event = NULL;
    while (code == FB_OK && (event = fy_parser_parse(parser))) {
        code = read_event(r, event, err);
        fy_parser_event_free(parser, event);
    }
    if (code == FB_OK && fy_parser_get_stream_error(parser)) {
        code = syntax_error(r, diag, err);
    }
    FB_ASSERT(code != FB_OK || r->depth == 0);
    return code;
}

/* Fails at a byte of the text with a code and its message. */
static enum fb_code refuse_at(
    struct fb_str text, const char *name, size_t at, enum fb_code code, struct fb_err *err)
{
    (void)fb_err_set(err, code, "%s",
        code == FB_E_UTF8     ? "the text is not valid UTF-8"
        : code == FB_E_SYNTAX ? "the text holds a NUL byte"
                              : "more than three ' in a row are not supported");
    return fb_yaml_err_at(err, text, name, fb_yaml_line(text, at), at);
}

static enum fb_code check_text(struct fb_str text, const char *name, struct fb_err *err)
{
    size_t bad = 0;
    if (!fb_str_utf8(text, &bad)) {
        return refuse_at(text, name, bad, FB_E_UTF8, err);
    }
    size_t nul = fb_str_find(text, '\0', 0);
    if (nul < text.len) {
        return refuse_at(text, name, nul, FB_E_SYNTAX, err);
    }
    /* libfyaml 0.7.12 misreads a quoted text with two escaped quotes in a row, and leaks. */
    size_t quotes = 0;
    for (size_t i = 0; i < text.len; i++) {
        quotes = text.ptr[i] == '\'' ? quotes + 1 : 0;
        if (quotes > 3) {
            return refuse_at(text, name, i, FB_E_UNSUPPORTED, err);
        }
    }
    return FB_OK;
}

/* libfyaml prints what it does not collect; a library of ours never prints. */
static void drop_output(struct fy_diag *diag, void *user, const char *text, size_t len)
{
    (void)diag;
    (void)user;
    (void)text;
    (void)len;
}

enum fb_code fb_yaml_parse(struct fb_str text, const char *name, struct fb_arena *arena,
    struct fb_yaml **out, struct fb_err *err)
{
    FB_ASSERT(arena && out && err);
    enum fb_code code = check_text(text, name, err);
    if (code != FB_OK) {
        return code;
    }
    struct reader r = {.text = text, .name = name, .arena = arena};
    struct fy_diag_cfg diag_config;
    fy_diag_cfg_default(&diag_config);
    diag_config.output_fn = drop_output;
    struct fy_diag *diag = fy_diag_create(&diag_config);
    struct fy_parser *parser = NULL;
    if (!diag) {
        return fb_err_set(err, FB_E_NOMEM, "memory ran out");
    }
    fy_diag_set_collect_errors(diag, true);
    struct fy_parse_cfg config = {
        .flags = FYPCF_QUIET | FYPCF_DEFAULT_VERSION_1_2 | FYPCF_JSON_NONE, .diag = diag};
    parser = fy_parser_create(&config);
    if (!parser || fy_parser_set_string(parser, text.ptr ? text.ptr : "", text.len) != 0) {
        code = fb_err_set(err, FB_E_NOMEM, "memory ran out");
        goto out;
    }
    code = read_events(&r, parser, diag, err);
    while (r.depth > 0) {
        close_node(&r);
    }
    if (code == FB_OK) {
        *out = r.root;
    }
out:
    if (parser) {
        fy_parser_destroy(parser);
    }
    fy_diag_destroy(diag);
    return code;
}

const struct fb_yaml *fb_yaml_get(const struct fb_yaml *value, const char *key)
{
    if (!value || value->kind != FB_YAML_MAP) {
        return NULL;
    }
    for (const struct fb_yaml *child = value->child; child; child = child->next) {
        if (fb_str_is(child->key, key)) {
            return child;
        }
    }
    return NULL;
}

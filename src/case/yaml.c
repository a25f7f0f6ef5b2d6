#include "case/yaml.h"

#include <libfyaml.h>
#include <string.h>

#include "base/assert.h"
#include "base/map.h"
#include "case/yaml_tabs.h"

/* A mapping or list that is still open. */
struct frame {
    struct fb_yaml *node;
    struct fb_map keys; /* MAP: to find duplicates */
    bool has_key;       /* MAP: a key was read and its value comes next */
    bool key_plain;     /* it stands without quotes */
    bool merges;        /* MAP: a member of it is a merge */
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
    struct fb_map anchors; /* by name, what each stands at */
    size_t copied_count;   /* values that aliases stand for */
    size_t copied_bytes;
    uint32_t document_count;
    struct fb_yaml *root;
    struct fb_str given; /* the text with its tabs, when some were taken out */
    char *untabbed;      /* a copy without them, in which blocks are made good; or NULL */
    bool made_good;      /* one was */
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
    if (event->type == FYET_ALIAS && *offset > 0 && r->text.ptr[*offset - 1] == '*') {
        --*offset; /* its mark stands behind the star */
    }
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

static bool is_merge(bool plain, struct fb_str key)
{
    return plain && fb_str_is(key, "<<");
}

/* Keeps a key of the mapping in hand, which stands at a line and offset; there is one of a name. */
static enum fb_code keep_key(
    struct reader *r, struct frame *frame, struct fb_str key, struct fb_err *err)
{
    if (fb_map_has(&frame->keys, key)) {
        (void)fb_err_set(err, FB_E_DUPLICATE, "key '%.*s' stands twice", FB_STR_ARG(key));
        (void)fb_err_hint(err, "Rename or remove one of the two.");
        return fb_yaml_err_at(err, r->text, r->name, frame->key_line, frame->key_offset);
    }
    return fb_map_put(&frame->keys, key, NULL, err);
}

/* The next value of the mapping in hand gets this key. */
static enum fb_code add_key(
    struct reader *r, struct fy_event *event, struct fb_str key, bool plain, struct fb_err *err)
{
    struct frame *frame = &r->frames[r->depth - 1];
    FB_ASSERT(frame->node->kind == FB_YAML_MAP && !frame->has_key);
    event_place(r, event, &frame->key_line, &frame->key_offset);
    frame->key = key;
    frame->key_plain = plain;
    frame->has_key = true;
    frame->merges = frame->merges || is_merge(plain, key);
    return keep_key(r, frame, key, err);
}

static enum fb_code count_node(struct reader *r, struct fy_event *event, struct fb_err *err)
{
    if (r->node_count == FB_YAML_NODES_MAX) {
        return refuse(r, event, FB_E_LIMIT, "document has more than 2,000,000 values", err);
    }
    r->node_count++;
    return FB_OK;
}

static void append(struct fb_yaml *parent, struct fb_yaml *node)
{
    if (parent->last) {
        parent->last->next = node;
    } else {
        parent->child = node;
    }
    parent->last = node;
    parent->count++;
}

/* Hangs a node where the reader is. */
static void hang(struct reader *r, struct fy_event *event, struct fb_yaml *node)
{
    event_place(r, event, &node->line, &node->offset);
    struct frame *frame = r->depth ? &r->frames[r->depth - 1] : NULL;
    if (!frame) {
        FB_ASSERT(!r->root);
        r->root = node;
        return;
    }
    node->key = frame->key;
    node->key_plain = frame->key_plain;
    node->key_line = frame->key_line;
    node->key_offset = frame->key_offset;
    frame->has_key = false;
    append(frame->node, node);
}

/* Keeps what an event's anchor stands at; a later one of the name replaces it. */
static enum fb_code keep_anchor(
    struct reader *r, struct fy_event *event, struct fb_yaml *node, struct fb_err *err)
{
    struct fy_token *token = fy_event_get_anchor_token(event);
    if (!token) {
        return FB_OK;
    }
    struct fb_str name;
    enum fb_code code = token_text(r, event, token, &name, err);
    return code != FB_OK ? code : fb_map_put(&r->anchors, name, node, err);
}

/* Makes a node and hangs it where the reader is. */
static enum fb_code add_node(struct reader *r, struct fy_event *event, enum fb_yaml_kind kind,
    struct fb_yaml **out, struct fb_err *err)
{
    enum fb_code code = count_node(r, event, err);
    if (code != FB_OK) {
        return code;
    }
    struct fb_yaml *node = FB_ARENA_NEW(r->arena, struct fb_yaml);
    if (!node) {
        return fb_arena_failed(r->arena, err);
    }
    node->kind = kind;
    hang(r, event, node);
    *out = node;
    return keep_anchor(r, event, node, err);
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

/* Moves what a merge stands for into the mapping in hand. */
static enum fb_code merge(
    struct reader *r, struct frame *frame, const struct fb_yaml *from, struct fb_err *err)
{
    frame->key_line = from->key_line;
    frame->key_offset = from->key_offset;
    if (from->kind == FB_YAML_SCALAR) {
        (void)fb_err_set(err, FB_E_SCHEMA, "'<<' is no mapping and no list of mappings");
        (void)fb_err_hint(err, "Put the key in quotes when it is meant as a name.");
        return fb_yaml_err_at(err, r->text, r->name, from->line, from->offset);
    }
    enum fb_code code = FB_OK;
    struct fb_yaml *next = NULL;
    for (struct fb_yaml *item = from->child; code == FB_OK && item; item = next) {
        next = item->next;
        if (from->kind == FB_YAML_LIST) {
            item->key_line = from->key_line;
            item->key_offset = from->key_offset;
            code = merge(r, frame, item, err);
            continue;
        }
        code = keep_key(r, frame, item->key, err);
        item->next = NULL;
        append(frame->node, item);
    }
    return code;
}

/* Puts the members of mappings under keys << in their place. Aliases were copied, so that what is
 * moved belongs to this mapping alone. */
static enum fb_code merge_all(struct reader *r, struct frame *frame, struct fb_err *err)
{
    struct fb_yaml *child = frame->node->child, *next = NULL;
    enum fb_code code = FB_OK;
    frame->node->child = frame->node->last = NULL;
    frame->node->count = 0;
    for (; code == FB_OK && child; child = next) {
        next = child->next;
        child->next = NULL;
        if (is_merge(child->key_plain, child->key)) {
            code = merge(r, frame, child, err);
        } else {
            append(frame->node, child);
        }
    }
    return code;
}

static enum fb_code close_node(struct reader *r, struct fb_err *err)
{
    FB_ASSERT(r->depth > 0);
    struct frame *frame = &r->frames[r->depth - 1];
    enum fb_code code = frame->merges ? merge_all(r, frame, err) : FB_OK;
    r->depth--;
    fb_map_release(&frame->keys);
    return code;
}

/* Counts what an alias stands for; what does not fit below the depth that the reader is at, or
 * grows without bound, is refused. */
static enum fb_code count_copy(struct reader *r, struct fy_event *event, const struct fb_yaml *from,
    size_t depth, struct fb_err *err)
{
    for (size_t i = 0; i < r->depth; i++) {
        if (r->frames[i].node == from) {
            return refuse(r, event, FB_E_SYNTAX, "the alias stands inside its own anchor", err);
        }
    }
    if (depth > FB_YAML_DEPTH_MAX || (depth == FB_YAML_DEPTH_MAX && from->kind != FB_YAML_SCALAR)) {
        return refuse(r, event, FB_E_LIMIT, "values are nested deeper than 32 levels", err);
    }
    r->copied_bytes += from->text.len + from->key.len;
    if (r->copied_count++ == FB_YAML_COPIES_MAX || r->copied_bytes > FB_YAML_COPIED_MAX) {
        return refuse(
            r, event, FB_E_LIMIT, "aliases stand for more than 100,000 values or 16 MiB", err);
    }
    enum fb_code code = count_node(r, event, err);
    for (const struct fb_yaml *child = from->child; code == FB_OK && child; child = child->next) {
        code = count_copy(r, event, child, depth + 1, err);
    }
    return code;
}

/* A copy of a tree that count_copy let through; texts are shared. */
static struct fb_yaml *copy_tree(struct reader *r, const struct fb_yaml *from)
{
    struct fb_yaml *node = FB_ARENA_NEW(r->arena, struct fb_yaml);
    if (node) {
        *node = *from;
        node->child = node->last = node->next = NULL;
        node->count = 0;
    }
    for (const struct fb_yaml *child = from->child; node && child; child = child->next) {
        struct fb_yaml *copy = copy_tree(r, child);
        if (!copy) {
            return NULL;
        }
        append(node, copy);
    }
    return node;
}

static enum fb_code read_alias(struct reader *r, struct fy_event *event, struct fb_err *err)
{
    struct fb_str name;
    enum fb_code code = token_text(r, event, event->alias.anchor, &name, err);
    if (code != FB_OK) {
        return code;
    }
    const struct fb_yaml *from = fb_map_get(&r->anchors, name);
    if (!from) {
        (void)refuse(r, event, FB_E_REFERENCE, "the alias has no anchor", err);
        return fb_err_hint(err, "Write &%.*s before what it stands for, above.", FB_STR_ARG(name));
    }
    if (key_expected(r)) {
        return from->kind == FB_YAML_SCALAR
                   ? add_key(r, event, from->text, from->plain, err)
                   : refuse(r, event, FB_E_UNSUPPORTED, "a key must be plain text", err);
    }
    code = count_copy(r, event, from, r->depth, err);
    struct fb_yaml *node = code == FB_OK ? copy_tree(r, from) : NULL;
    if (code == FB_OK && !node) {
        code = fb_arena_failed(r->arena, err);
    }
    if (code == FB_OK) {
        hang(r, event, node);
    }
    return code;
}

/* A tag may say again what the form says: text, a mapping, a list. */
static enum fb_code check_tag(struct reader *r, struct fy_event *event, struct fb_err *err)
{
    struct fy_token *token = fy_event_get_tag_token(event);
    if (!token) {
        return FB_OK;
    }
    struct fb_str tag = {"", 0};
    tag.ptr = fy_token_get_text(token, &tag.len);
    const char *fits = event->type == FYET_MAPPING_START    ? "tag:yaml.org,2002:map"
                       : event->type == FYET_SEQUENCE_START ? "tag:yaml.org,2002:seq"
                                                            : "tag:yaml.org,2002:str";
    if (tag.ptr && fb_str_is(tag, fits)) {
        return FB_OK;
    }
    (void)refuse(r, event, FB_E_UNSUPPORTED, "the tag is not supported", err);
    return fb_err_hint(err, "Only !!str, !!map and !!seq are, before text, mappings and lists.");
}

static enum fb_code read_key(struct reader *r, struct fy_event *event, struct fb_err *err)
{
    struct fb_yaml *node = FB_ARENA_NEW(r->arena, struct fb_yaml); /* an anchor may stand at it */
    if (!node) {
        return fb_arena_failed(r->arena, err);
    }
    struct fy_token *token = event->scalar.value;
    node->plain = !token || fy_token_scalar_style(token) == FYSS_PLAIN;
    enum fb_code code = token_text(r, event, token, &node->text, err);
    code = code != FB_OK ? code : keep_anchor(r, event, node, err);
    return code != FB_OK ? code : add_key(r, event, node->text, node->plain, err);
}

static enum fb_code read_scalar(struct reader *r, struct fy_event *event, struct fb_err *err)
{
    if (key_expected(r)) {
        return read_key(r, event, err);
    }
    struct fb_yaml *node = NULL;
    enum fb_code code = add_node(r, event, FB_YAML_SCALAR, &node, err);
    if (code == FB_OK) {
        struct fy_token *token = event->scalar.value;
        bool tagged = fy_event_get_tag_token(event);
        node->plain = !tagged && (!token || fy_token_scalar_style(token) == FYSS_PLAIN);
        code = token_text(r, event, token, &node->text, err);
        if (node->plain && node->text.len == 0 && node->key_line > 0) {
            /* Nothing is written: libfyaml has no place for it. */
            node->line = node->key_line;
            node->offset = node->key_offset;
        }
    }
    return code;
}

/* Gives a block of text the tabs that are part of it. */
static void make_good(struct reader *r, const struct fy_mark *start, const struct fy_mark *end)
{
    if (r->untabbed &&
        fb_yaml_untab_block(r->given, start->input_pos, end->input_pos, r->untabbed)) {
        r->made_good = true;
    }
}

/* The column of the mapping or list in hand. */
static size_t column(const struct reader *r)
{
    size_t at = r->frames[r->depth - 1].node->offset, column = 0;
    while (column < at && r->text.ptr[at - column - 1] != '\n') {
        column++;
    }
    return column;
}

/* Looks at where the lines of a block of text stand. */
static enum fb_code check_block(struct reader *r, struct fy_event *event, struct fb_err *err)
{
    struct fy_token *token = event->type == FYET_SCALAR ? event->scalar.value : NULL;
    enum fy_scalar_style style = token ? fy_token_scalar_style(token) : FYSS_PLAIN;
    if (style != FYSS_LITERAL && style != FYSS_FOLDED) {
        return FB_OK;
    }
    const struct fy_mark *start = fy_event_start_mark(event), *end = fy_event_end_mark(event);
    if (!start || !end || start->input_pos > end->input_pos || end->input_pos > r->text.len) {
        return FB_OK;
    }
    make_good(r, start, end);
    if (r->depth > 0 &&
        fb_yaml_block_swallows(r->text, start->input_pos, end->input_pos, column(r))) {
        (void)refuse(r, event, FB_E_UNSUPPORTED, "the block of text above is empty", err);
        return fb_err_hint(err, "Indent its lines further than what it belongs to, or write \"\".");
    }
    return FB_OK;
}

static enum fb_code read_event(struct reader *r, struct fy_event *event, struct fb_err *err)
{
    enum fb_code code = check_tag(r, event, err);
    if (code != FB_OK) {
        return code;
    }
    code = check_block(r, event, err);
    if (code != FB_OK) {
        return code;
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
        return close_node(r, err);
    case FYET_SCALAR:
        return read_scalar(r, event, err);
    case FYET_ALIAS:
        return read_alias(r, event, err);
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
    if (strstr(first->msg, "tab")) {
        (void)fb_err_hint(err, "Indent with spaces: YAML takes no tabs.");
    }
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

/* Reads r->text into r->root. */
static enum fb_code read_text(struct reader *r, struct fb_err *err)
{
    enum fb_code code = FB_OK;
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
    if (!parser || fy_parser_set_string(parser, r->text.ptr ? r->text.ptr : "", r->text.len) != 0) {
        code = fb_err_set(err, FB_E_NOMEM, "memory ran out");
        goto out;
    }
    fb_map_init(&r->anchors);
    code = read_events(r, parser, diag, err);
    while (r->depth > 0) {
        fb_map_release(&r->frames[--r->depth].keys);
    }
    fb_map_release(&r->anchors);
out:
    if (parser) {
        fy_parser_destroy(parser);
    }
    fy_diag_destroy(diag);
    return code;
}

/* Reads a text that was refused once more, without the tabs of lines that say nothing; when blocks
 * of text had such lines, a last time with theirs. */
static enum fb_code read_untabbed(struct reader *r, struct fb_err *err)
{
    struct fb_str given = r->text;
    char *first = fb_arena_alloc(r->arena, given.len);
    char *second = fb_arena_alloc(r->arena, given.len);
    if (!first || !second) {
        return fb_arena_failed(r->arena, err);
    }
    if (!fb_yaml_untab(given, first)) {
        return err->code;
    }
    memcpy(second, first, given.len);
    *r = (struct reader){.text = {first, given.len},
        .name = r->name,
        .arena = r->arena,
        .given = given,
        .untabbed = second};
    fb_err_init(err);
    enum fb_code code = read_text(r, err);
    if (code == FB_OK && r->made_good) {
        *r = (struct reader){.text = {second, given.len}, .name = r->name, .arena = r->arena};
        code = read_text(r, err);
    }
    return code;
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
    code = read_text(&r, err);
    if (code == FB_E_SYNTAX && fb_str_find(text, '\t', 0) < text.len) {
        code = read_untabbed(&r, err);
    }
    if (code == FB_OK) {
        *out = r.root;
    }
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

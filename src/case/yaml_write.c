/* yaml_write.c: trees of YAML: building, comparing and writing them. */
#include <string.h>

#include "base/assert.h"
#include "case/yaml.h"

/* True when a text can stand without quotes, as a value, a key or an item of a block. */
static bool is_bare(struct fb_str s)
{
    if (fb_yaml_may_be_typed(s) || s.len > 4000 || strchr(" \t-?:,[]{}#&*!|>'\"%@`", s.ptr[0]) ||
        s.ptr[s.len - 1] == ' ' || s.ptr[s.len - 1] == ':') {
        return false;
    }
    for (size_t i = 0; i < s.len; i++) {
        unsigned char c = (unsigned char)s.ptr[i];
        bool after_space = i > 0 && s.ptr[i - 1] == ' ';
        bool before_space = i + 1 < s.len && s.ptr[i + 1] == ' ';
        bool many_quotes = c == '\'' && i > 1 && s.ptr[i - 1] == '\'';
        if (c < 0x20 || c >= 0x7f || (c == '#' && after_space) || (c == ':' && before_space) ||
            many_quotes) {
            return false;
        }
    }
    return !fb_str_starts(s, FB_STR("---")) && !fb_str_starts(s, FB_STR("..."));
}

static void add_escape(unsigned char c, struct fb_buf *out)
{
    static const char HEX[] = "0123456789abcdef";
    fb_buf_add_c(out, "\\x");
    fb_buf_add_char(out, HEX[c >> 4]);
    fb_buf_add_char(out, HEX[c & 15]);
}

/* In double quotes. The reader takes no four single quotes in a row. */
static void add_quoted(struct fb_str s, struct fb_buf *out)
{
    fb_buf_add_char(out, '"');
    for (size_t i = 0, run = 0; i < s.len; i++) {
        unsigned char c = (unsigned char)s.ptr[i];
        run = c == '\'' ? run + 1 : 0;
        if (c == '"' || c == '\\') {
            fb_buf_add_char(out, '\\');
            fb_buf_add_char(out, (char)c);
        } else if (c == '\n') {
            fb_buf_add_c(out, "\\n");
        } else if (c == '\t') {
            fb_buf_add_c(out, "\\t");
        } else if (c < 0x20 || c == 0x7f || run > 2) {
            add_escape(c, out);
            run = 0;
        } else if (c == 0xC2 && i + 1 < s.len && (unsigned char)s.ptr[i + 1] < 0xA0) {
            /* C1 controls, the next-line character among them. */
            add_escape((unsigned char)s.ptr[++i], out);
        } else if (c == 0xE2 && i + 2 < s.len && (unsigned char)s.ptr[i + 1] == 0x80 &&
                   ((unsigned char)s.ptr[i + 2] == 0xA8 || (unsigned char)s.ptr[i + 2] == 0xA9)) {
            fb_buf_add_c(out, (unsigned char)s.ptr[i + 2] == 0xA8 ? "\\u2028" : "\\u2029");
            i += 2;
        } else if (c == 0xEF && i + 2 < s.len && (unsigned char)s.ptr[i + 1] == 0xBB &&
                   (unsigned char)s.ptr[i + 2] == 0xBF) {
            fb_buf_add_c(out, "\\ufeff");
            i += 2;
        } else {
            fb_buf_add_char(out, (char)c);
        }
    }
    fb_buf_add_char(out, '"');
}

static void add_scalar(const struct fb_yaml *node, struct fb_buf *out)
{
    if ((node->plain && fb_yaml_is_typed(node->text)) || is_bare(node->text)) {
        fb_buf_add_str(out, node->text);
    } else {
        add_quoted(node->text, out);
    }
}

static void indent(struct fb_buf *out, size_t depth)
{
    for (size_t i = 0; i < depth; i++) {
        fb_buf_add_c(out, "  ");
    }
}

/* A list of short words fits on one line. */
static bool is_short_list(const struct fb_yaml *node)
{
    size_t width = 0;
    for (const struct fb_yaml *item = node->child; item; item = item->next) {
        width += item->text.len + 2;
        if (item->kind != FB_YAML_SCALAR || width > 80 || !is_bare(item->text)) {
            return false;
        }
        for (size_t i = 0; i < item->text.len; i++) {
            if (strchr(",[]{}", item->text.ptr[i])) {
                return false;
            }
        }
    }
    return true;
}

static void add_short_list(const struct fb_yaml *node, struct fb_buf *out)
{
    fb_buf_add_char(out, '[');
    for (const struct fb_yaml *item = node->child; item; item = item->next) {
        fb_buf_add_str(out, item->text);
        fb_buf_add_c(out, item->next ? ", " : "");
    }
    fb_buf_add_char(out, ']');
}

static void add_children(const struct fb_yaml *node, struct fb_buf *out, size_t depth);

/* A value behind its key or dash. */
static void add_value(const struct fb_yaml *node, struct fb_buf *out, size_t depth)
{
    FB_ASSERT(depth <= FB_YAML_DEPTH_MAX + 1);
    if (node->kind == FB_YAML_SCALAR) {
        if (node->text.len > 0 || !node->plain) {
            fb_buf_add_char(out, ' ');
            add_scalar(node, out);
        }
        fb_buf_add_char(out, '\n');
    } else if (!node->child) {
        fb_buf_add_c(out, node->kind == FB_YAML_LIST ? " []\n" : " {}\n");
    } else if (node->kind == FB_YAML_LIST && is_short_list(node)) {
        fb_buf_add_char(out, ' ');
        add_short_list(node, out);
        fb_buf_add_char(out, '\n');
    } else {
        fb_buf_add_char(out, '\n');
        add_children(node, out, depth + 1);
    }
}

static void add_children(const struct fb_yaml *node, struct fb_buf *out, size_t depth)
{
    for (const struct fb_yaml *child = node->child; child; child = child->next) {
        if (depth == 0 && child != node->child) {
            fb_buf_add_char(out, '\n');
        }
        indent(out, depth);
        if (node->kind == FB_YAML_LIST) {
            fb_buf_add_char(out, '-');
        } else {
            struct fb_yaml key = {.kind = FB_YAML_SCALAR, .text = child->key};
            add_scalar(&key, out);
            fb_buf_add_char(out, ':');
        }
        add_value(child, out, depth);
    }
}

void fb_yaml_write(const struct fb_yaml *root, struct fb_buf *out)
{
    FB_ASSERT(root && out);
    if (root->kind == FB_YAML_SCALAR) {
        add_scalar(root, out);
        fb_buf_add_char(out, '\n');
    } else if (!root->child) {
        fb_buf_add_c(out, root->kind == FB_YAML_LIST ? "[]\n" : "{}\n");
    } else {
        add_children(root, out, 0);
    }
}

bool fb_yaml_equal(const struct fb_yaml *a, const struct fb_yaml *b)
{
    if (!a || !b || a->kind != b->kind || a->count != b->count || !fb_str_eq(a->key, b->key) ||
        !fb_str_eq(a->text, b->text) ||
        (a->kind == FB_YAML_SCALAR && fb_yaml_is_text(a) != fb_yaml_is_text(b))) {
        return a == b;
    }
    const struct fb_yaml *x = a->child, *y = b->child;
    while (x && y && fb_yaml_equal(x, y)) {
        x = x->next;
        y = y->next;
    }
    return !x && !y;
}

struct fb_yaml *fb_yaml_add(
    struct fb_yaml_builder *b, struct fb_yaml *parent, struct fb_str key, enum fb_yaml_kind kind)
{
    struct fb_err ignored;
    fb_err_init(&ignored);
    struct fb_yaml *node = b->failed ? NULL : FB_ARENA_NEW(b->arena, struct fb_yaml);
    if (!node || fb_arena_str(b->arena, key, &node->key, &ignored) != FB_OK) {
        b->failed = true;
        return NULL;
    }
    node->kind = kind;
    node->line = node->key_line = b->line ? b->line : 1;
    node->offset = node->key_offset = b->offset;
    if (parent) {
        FB_ASSERT(parent->kind != FB_YAML_SCALAR);
        if (parent->last) {
            parent->last->next = node;
        } else {
            parent->child = node;
        }
        parent->last = node;
        parent->count++;
    }
    return node;
}

static void add_leaf(
    struct fb_yaml_builder *b, struct fb_yaml *parent, const char *key, struct fb_yaml leaf)
{
    struct fb_err ignored;
    fb_err_init(&ignored);
    struct fb_yaml *node = fb_yaml_add(b, parent, fb_str_of(key), FB_YAML_SCALAR);
    if (node && fb_arena_str(b->arena, leaf.text, &node->text, &ignored) != FB_OK) {
        b->failed = true;
    } else if (node) {
        node->plain = leaf.plain;
    }
}

void fb_yaml_add_text(
    struct fb_yaml_builder *b, struct fb_yaml *parent, const char *key, struct fb_str text)
{
    add_leaf(b, parent, key, (struct fb_yaml){.text = text});
}

void fb_yaml_add_plain(
    struct fb_yaml_builder *b, struct fb_yaml *parent, const char *key, struct fb_str text)
{
    add_leaf(b, parent, key, (struct fb_yaml){.text = text, .plain = true});
}

void fb_yaml_add_copy(
    struct fb_yaml_builder *b, struct fb_yaml *parent, const struct fb_yaml *value)
{
    struct fb_err ignored;
    fb_err_init(&ignored);
    b->line = value->line;
    b->offset = value->offset;
    struct fb_yaml *node = fb_yaml_add(b, parent, value->key, value->kind);
    if (!node) {
        return;
    }
    node->plain = value->plain;
    if (fb_arena_str(b->arena, value->text, &node->text, &ignored) != FB_OK) {
        b->failed = true;
    }
    for (const struct fb_yaml *child = value->child; child; child = child->next) {
        fb_yaml_add_copy(b, node, child);
    }
}

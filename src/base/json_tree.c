#include <string.h>

#include "base/alloc.h"
#include "base/assert.h"
#include "base/json.h"
#include "base/json_private.h"
#include "base/map.h"

/* --- Paths ------------------------------------------------------------------------------ */

static bool is_plain_name(struct fb_str key)
{
    for (size_t i = 0; i < key.len; i++) {
        char c = key.ptr[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
        if (!letter && (i == 0 || c < '0' || c > '9')) {
            return false;
        }
    }
    return key.len > 0;
}

void fb_json_path_key(struct fb_buf *out, struct fb_str key)
{
    FB_ASSERT(out);
    if (is_plain_name(key)) {
        fb_buf_add_char(out, '.');
        fb_buf_add_str(out, key);
        return;
    }
    fb_buf_add_char(out, '[');
    fb_json_write_string(out, key);
    fb_buf_add_char(out, ']');
}

/* Appends the step from a value's parent to the value. */
static void add_step(const struct fb_json *value, struct fb_buf *out)
{
    const struct fb_json *parent = value->parent;
    if (parent->kind == FB_JSON_OBJECT) {
        fb_json_path_key(out, value->key);
        return;
    }
    size_t index = 0;
    for (const struct fb_json *at = parent->child; at && at != value; at = at->next) {
        index++;
    }
    fb_buf_addf(out, "[%zu]", index);
}

void fb_json_value_path(const struct fb_json *value, struct fb_buf *out)
{
    FB_ASSERT(value && out);
    size_t depth = 0;
    for (const struct fb_json *at = value; at->parent; at = at->parent) {
        depth++;
    }
    fb_buf_add_char(out, '$');
    /* From the root down; the climb is repeated, as the depth is small. */
    for (size_t left = depth; left > 0; left--) {
        const struct fb_json *at = value;
        for (size_t i = 1; i < left; i++) {
            at = at->parent;
        }
        add_step(at, out);
    }
}

enum fb_code fb_json_err_at(struct fb_err *err, const struct fb_json *value)
{
    FB_ASSERT(err && err->code != FB_OK && value);
    fb_err_place(err, NULL, value->place.line, value->place.column, (int64_t)value->place.offset);
    struct fb_buf path;
    fb_buf_init(&path, 4 * (size_t)FB_ERR_TEXT_MAX);
    fb_json_value_path(value, &path);
    /* A path that is too long for the buffer is too long for the error as well: its start will do.
     */
    if (path.ptr) {
        fb_err_path(err, path.ptr);
    }
    fb_buf_release(&path);
    return err->code;
}

/* --- Duplicate keys --------------------------------------------------------------------- */

/* The first two members of one name, in the order of the second; later is NULL when all differ. */
struct pair {
    const struct fb_json *earlier;
    const struct fb_json *later;
};

static struct pair compare_few_keys(const struct fb_json *object)
{
    for (const struct fb_json *later = object->child; later; later = later->next) {
        for (const struct fb_json *at = object->child; at != later; at = at->next) {
            if (fb_str_eq(at->key, later->key)) {
                return (struct pair){at, later};
            }
        }
    }
    return (struct pair){NULL, NULL};
}

static enum fb_code compare_many_keys(
    const struct fb_json *object, struct pair *out, struct fb_err *err)
{
    struct fb_map map;
    fb_map_init(&map);
    enum fb_code code = FB_OK;
    for (struct fb_json *at = object->child; at && code == FB_OK && !out->later; at = at->next) {
        const struct fb_json *earlier = fb_map_get(&map, at->key);
        if (earlier) {
            *out = (struct pair){earlier, at};
        } else {
            code = fb_map_put(&map, at->key, at, err);
        }
    }
    fb_map_release(&map);
    return code;
}

/* Refuses an object, whose end was the last token, in which a key stands twice. */
static enum fb_code check_keys(
    const struct fb_json_reader *reader, const struct fb_json *object, struct fb_err *err)
{
    enum { FEW = 12 };
    struct pair pair = {NULL, NULL};
    if (object->count <= FEW) {
        pair = compare_few_keys(object);
    } else {
        enum fb_code code = compare_many_keys(object, &pair, err);
        if (code != FB_OK) {
            return fb_json_reader_err_at(reader, object->place, err);
        }
    }
    if (!pair.later) {
        return FB_OK;
    }
    struct fb_str shown = fb_str_sub(pair.later->key, 0, 100);
    (void)fb_err_set(err, FB_E_SYNTAX, "duplicate key '%.*s' in an object", FB_STR_ARG(shown));
    (void)fb_err_hint(err, "The key is first written on line %u, column %u.",
        (unsigned)pair.earlier->place.line, (unsigned)pair.earlier->place.column);
    struct fb_buf path;
    fb_buf_init(&path, 4 * (size_t)FB_ERR_TEXT_MAX);
    fb_json_path(reader, &path);
    fb_json_path_key(&path, pair.later->key);
    if (path.ptr) {
        fb_err_path(err, path.ptr);
    }
    fb_buf_release(&path);
    return fb_json_reader_err_at(reader, pair.later->place, err);
}

/* --- Building --------------------------------------------------------------------------- */

/* A tree that is being read. While a container is open its children are in reverse order. */
struct builder {
    const struct fb_json_reader *reader;
    struct fb_arena *arena;
    struct fb_json *root;
    struct fb_json *open; /* the innermost container that is open */
    struct fb_str key;    /* of the next value */
};

static enum fb_code arena_failed(
    const struct builder *b, const struct fb_json_token *token, struct fb_err *err)
{
    (void)fb_arena_failed(b->arena, err);
    return fb_json_reader_err_at(b->reader, token->place, err);
}

/* Adds the value that token starts to the innermost open container, or makes it the root. */
static enum fb_code add_value(
    struct builder *b, const struct fb_json_token *token, struct fb_err *err)
{
    struct fb_json *value = FB_ARENA_NEW(b->arena, struct fb_json);
    if (!value) {
        return arena_failed(b, token, err);
    }
    value->kind = token->kind;
    value->place = token->place;
    value->key = b->key;
    if (token->kind == FB_JSON_STRING || token->kind == FB_JSON_NUMBER) {
        value->number = token->number;
        value->is_integer = token->is_integer;
        value->integer = token->integer;
        if (fb_arena_str(b->arena, token->text, &value->text, err) != FB_OK) {
            return arena_failed(b, token, err);
        }
    }
    b->key = (struct fb_str){NULL, 0};
    value->parent = b->open;
    if (b->open) {
        value->next = b->open->child;
        b->open->child = value;
        b->open->count++;
    } else {
        b->root = value;
    }
    if (token->kind == FB_JSON_ARRAY || token->kind == FB_JSON_OBJECT) {
        b->open = value;
    }
    return FB_OK;
}

/* Puts the children in the order in which they were written. */
static void reverse_children(struct fb_json *container)
{
    struct fb_json *done = NULL;
    struct fb_json *at = container->child;
    while (at) {
        struct fb_json *next = at->next;
        at->next = done;
        done = at;
        at = next;
    }
    container->child = done;
}

static enum fb_code close_value(struct builder *b, struct fb_err *err)
{
    FB_ASSERT(b->open);
    struct fb_json *closed = b->open;
    reverse_children(closed);
    b->open = closed->parent;
    return closed->kind == FB_JSON_OBJECT ? check_keys(b->reader, closed, err) : FB_OK;
}

static enum fb_code add_token(
    struct builder *b, const struct fb_json_token *token, struct fb_err *err)
{
    switch (token->kind) {
    case FB_JSON_KEY:
        if (fb_arena_str(b->arena, token->text, &b->key, err) != FB_OK) {
            return arena_failed(b, token, err);
        }
        return FB_OK;
    case FB_JSON_ARRAY_END:
    case FB_JSON_OBJECT_END:
        return close_value(b, err);
    case FB_JSON_NULL:
    case FB_JSON_FALSE:
    case FB_JSON_TRUE:
    case FB_JSON_NUMBER:
    case FB_JSON_STRING:
    case FB_JSON_ARRAY:
    case FB_JSON_OBJECT:
        return add_value(b, token, err);
    case FB_JSON_END:
        break;
    }
    FB_ASSERT(token->kind != FB_JSON_END); /* the value is not complete yet */
    return FB_E_SYNTAX;
}

enum fb_code fb_json_read_tree(struct fb_json_reader *reader, const struct fb_json_token *first,
    struct fb_arena *arena, struct fb_json **out, struct fb_err *err)
{
    FB_ASSERT(reader && first && first->kind <= FB_JSON_OBJECT && arena && out);
    struct builder b = {.reader = reader, .arena = arena};
    enum fb_code code = add_value(&b, first, err);
    while (code == FB_OK && b.open) {
        struct fb_json_token token;
        code = fb_json_next(reader, &token, err);
        if (code == FB_OK) {
            code = add_token(&b, &token, err);
        }
    }
    if (code == FB_OK) {
        FB_ASSERT(b.root);
        *out = b.root;
    }
    return code;
}

enum fb_code fb_json_parse(struct fb_str text, const char *name,
    const struct fb_json_options *options, struct fb_arena *arena, struct fb_json **out,
    struct fb_err *err)
{
    FB_ASSERT(arena && out);
    struct fb_json_reader *reader = NULL;
    struct fb_json *root = NULL;
    struct fb_json_token token;
    enum fb_code code = fb_json_reader_new(text, name, options, &reader, err);
    if (code == FB_OK) {
        code = fb_json_next(reader, &token, err);
    }
    if (code == FB_OK) {
        code = fb_json_read_tree(reader, &token, arena, &root, err);
    }
    if (code == FB_OK) {
        code = fb_json_next(reader, &token, err);
        FB_ASSERT(code != FB_OK || token.kind == FB_JSON_END);
    }
    if (code == FB_OK) {
        *out = root;
    }
    fb_json_reader_free(reader);
    return code;
}

/* --- Access ----------------------------------------------------------------------------- */

const struct fb_json *fb_json_get(const struct fb_json *value, const char *key)
{
    FB_ASSERT(key);
    if (!value || value->kind != FB_JSON_OBJECT) {
        return NULL;
    }
    struct fb_str name = fb_str_of(key);
    for (const struct fb_json *at = value->child; at; at = at->next) {
        if (fb_str_eq(at->key, name)) {
            return at;
        }
    }
    return NULL;
}

struct fb_str fb_json_get_str(const struct fb_json *value, const char *key)
{
    const struct fb_json *member = fb_json_get(value, key);
    if (!member || member->kind != FB_JSON_STRING) {
        return (struct fb_str){NULL, 0};
    }
    return member->text;
}

#include <math.h>
#include <string.h>

#include "base/alloc.h"
#include "base/assert.h"
#include "base/json_private.h"

enum {
    DEPTH_HARD_MAX = 4096, /* most that the options may ask for */
    PATH_KEY_MAX = 256,    /* bytes of a key that a path shows */
    WORD_MAX = 24,         /* bytes of an unknown word that an error shows */
};

/* --- Numbers and words ------------------------------------------------------------------ */

static enum fb_code nonfinite(
    struct fb_json_reader *r, struct fb_json_token *token, double value, size_t len)
{
    token->kind = FB_JSON_NUMBER;
    token->text = (struct fb_str){r->text + r->pos, len};
    token->number = value;
    r->pos += len;
    r->state = FB_JSON_AT_NEXT;
    return FB_OK;
}

static bool one_of(struct fb_str word, const char *const *list)
{
    for (; *list; list++) {
        if (fb_str_is(word, *list)) {
            return true;
        }
    }
    return false;
}

static enum fb_code unknown_word(
    const struct fb_json_reader *r, struct fb_str word, struct fb_err *err)
{
    static const char *const python[] = {"True", "False", "None", "TRUE", "FALSE", "NULL", NULL};
    static const char *const special[] = {
        "NaN", "nan", "Infinity", "-Infinity", "inf", "-inf", "Inf", NULL};
    (void)fb_err_set(err, FB_E_SYNTAX, "expected a value, found '%.*s'", FB_STR_ARG(word));
    if (one_of(word, python)) {
        (void)fb_err_hint(err, "JSON writes true, false and null in lower case.");
    } else if (one_of(word, special)) {
        (void)fb_err_hint(err, "JSON has no way to write infinity or what is not a number.");
    } else {
        (void)fb_err_hint(err, "JSON writes text in double quotes.");
    }
    return fb_json_scan_placed(r, 0, err);
}

/* Reads null, true, false and, where they are allowed, NaN, Infinity and -Infinity. */
static enum fb_code read_word(
    struct fb_json_reader *r, struct fb_json_token *token, struct fb_err *err)
{
    size_t n = r->text[r->pos] == '-';
    enum fb_code code = fb_json_scan_run(r, true, WORD_MAX, &n, err);
    if (code != FB_OK) {
        return code;
    }
    struct fb_str word = {r->text + r->pos, n};
    if (n == 0) {
        return fb_json_scan_unexpected(r, 0, (unsigned char)r->text[r->pos],
            r->state == FB_JSON_AT_FIRST_ELEMENT ? "a value or ']'" : "a value", err);
    }
    if (r->options.allow_nonfinite) {
        if (fb_str_is(word, "NaN")) {
            return nonfinite(r, token, (double)NAN, n);
        }
        if (fb_str_is(word, "Infinity")) {
            return nonfinite(r, token, (double)INFINITY, n);
        }
        if (fb_str_is(word, "-Infinity")) {
            return nonfinite(r, token, -(double)INFINITY, n);
        }
    }
    if (fb_str_is(word, "null")) {
        token->kind = FB_JSON_NULL;
    } else if (fb_str_is(word, "true")) {
        token->kind = FB_JSON_TRUE;
    } else if (fb_str_is(word, "false")) {
        token->kind = FB_JSON_FALSE;
    } else {
        return unknown_word(r, word, err);
    }
    r->pos += n;
    r->state = FB_JSON_AT_NEXT;
    return FB_OK;
}

static enum fb_code read_number(
    struct fb_json_reader *r, struct fb_json_token *token, struct fb_err *err)
{
    size_t n = 0;
    enum fb_code code = fb_json_scan_run(r, false, r->options.string_max + 1, &n, err);
    if (code != FB_OK) {
        return code;
    }
    if (n > r->options.string_max) {
        return fb_json_scan_too_long(r, "number", err);
    }
    bool ended = n == r->end - r->pos;
    if (n == 1 && r->text[r->pos] == '-' && !ended && fb_json_in_word(r->text[r->pos + 1])) {
        return read_word(r, token, err);
    }
    size_t len = 0;
    const char *expected = fb_json_number_scan((struct fb_str){r->text + r->pos, n}, &len);
    if (expected) {
        int c = len == n && ended ? -1 : (unsigned char)r->text[r->pos + len];
        return fb_json_scan_unexpected(r, len, c, expected, err);
    }
    if (!fb_json_scan_reserve(r, len + 1)) {
        return fb_json_scan_no_memory(r, err);
    }
    token->kind = FB_JSON_NUMBER;
    token->text = (struct fb_str){r->text + r->pos, len};
    struct fb_json_number number = fb_json_number_value(token->text, r->scratch);
    if (!isfinite(number.value) && !r->options.allow_nonfinite) {
        (void)fb_err_set(err, FB_E_RANGE, "expected a number of at most 1.8e308, found '%.*s'%s",
            (int)(len < WORD_MAX ? len : WORD_MAX), token->text.ptr, len > WORD_MAX ? "..." : "");
        return fb_json_scan_placed(r, 0, err);
    }
    token->number = number.value;
    token->is_integer = number.is_integer;
    token->integer = number.integer;
    r->pos += len;
    r->state = FB_JSON_AT_NEXT;
    return FB_OK;
}

/* --- Structure -------------------------------------------------------------------------- */

static enum fb_code open_container(struct fb_json_reader *r, bool is_array, struct fb_err *err)
{
    if (r->depth >= r->options.depth_max) {
        (void)fb_err_set(err, FB_E_LIMIT, "arrays and objects are nested deeper than %u",
            (unsigned)r->options.depth_max);
        return fb_json_scan_placed(r, 0, err);
    }
    if (r->depth == r->frame_cap) {
        size_t cap = r->frame_cap ? r->frame_cap * 2 : 16;
        struct fb_json_frame *grown = fb_realloc(r->frames, cap * sizeof(*grown));
        if (!grown) {
            return fb_json_scan_no_memory(r, err);
        }
        r->frames = grown;
        r->frame_cap = cap;
    }
    const struct fb_json_frame *parent = r->depth ? &r->frames[r->depth - 1] : NULL;
    size_t key_at = parent ? parent->key_at + parent->key_len : 0;
    r->frames[r->depth++] = (struct fb_json_frame){.is_array = is_array, .key_at = key_at};
    r->pos++;
    r->state = is_array ? FB_JSON_AT_FIRST_ELEMENT : FB_JSON_AT_FIRST_KEY;
    return FB_OK;
}

static enum fb_code close_container(struct fb_json_reader *r, struct fb_json_token *token)
{
    FB_ASSERT(r->depth > 0);
    r->depth--;
    token->kind = r->frames[r->depth].is_array ? FB_JSON_ARRAY_END : FB_JSON_OBJECT_END;
    r->pos++;
    r->state = FB_JSON_AT_NEXT;
    return FB_OK;
}

/* Keeps the key for paths, cut at a character when it is very long. */
static bool keep_key(struct fb_json_reader *r, struct fb_str key)
{
    struct fb_json_frame *frame = &r->frames[r->depth - 1];
    size_t len = key.len;
    if (len > PATH_KEY_MAX) {
        len = PATH_KEY_MAX;
        while (((unsigned char)key.ptr[len] & 0xC0) == 0x80) {
            len--;
        }
    }
    if (!r->keys || frame->key_at + len > r->key_cap) {
        size_t cap = r->key_cap * 2 + PATH_KEY_MAX;
        char *grown = fb_realloc(r->keys, cap);
        if (!grown) {
            return false;
        }
        r->keys = grown;
        r->key_cap = cap;
    }
    if (len) {
        memcpy(r->keys + frame->key_at, key.ptr, len);
    }
    frame->key_len = (uint32_t)len;
    frame->key_cut = len < key.len;
    frame->inside = true;
    return true;
}

static enum fb_code read_key(
    struct fb_json_reader *r, int c, struct fb_json_token *token, struct fb_err *err)
{
    FB_ASSERT(r->depth > 0 && !r->frames[r->depth - 1].is_array);
    if (c != '"') {
        return fb_json_scan_unexpected(r, 0, c,
            r->state == FB_JSON_AT_FIRST_KEY ? "a key in double quotes or '}'"
                                             : "a key in double quotes",
            err);
    }
    enum fb_code code = fb_json_scan_string(r, true, &token->text, err);
    if (code != FB_OK) {
        return code;
    }
    if (!keep_key(r, token->text)) {
        return fb_json_scan_no_memory(r, err);
    }
    token->kind = FB_JSON_KEY;
    r->state = FB_JSON_AT_COLON;
    return FB_OK;
}

static enum fb_code read_value(
    struct fb_json_reader *r, int c, struct fb_json_token *token, struct fb_err *err)
{
    enum fb_code code = FB_OK;
    if (c == '"') {
        token->kind = FB_JSON_STRING;
        code = fb_json_scan_string(r, !r->quiet, &token->text, err);
        r->state = FB_JSON_AT_NEXT;
        return code;
    }
    if (c == '-' || (c >= '0' && c <= '9')) {
        return read_number(r, token, err);
    }
    if (c == '{' || c == '[') {
        token->kind = c == '[' ? FB_JSON_ARRAY : FB_JSON_OBJECT;
        return open_container(r, c == '[', err);
    }
    if (c < 0) {
        return fb_json_scan_unexpected(
            r, 0, c, r->state == FB_JSON_AT_FIRST_ELEMENT ? "a value or ']'" : "a value", err);
    }
    return read_word(r, token, err);
}

/* After a complete value, when no comma follows: an end, or an error. */
static enum fb_code read_end(
    struct fb_json_reader *r, int c, struct fb_json_token *token, struct fb_err *err)
{
    if (r->depth == 0) {
        if (c >= 0) {
            return fb_json_scan_unexpected(r, 0, c, "the end of the input after the value", err);
        }
        token->kind = FB_JSON_END;
        r->state = FB_JSON_AT_STOP;
        return FB_OK;
    }
    bool is_array = r->frames[r->depth - 1].is_array;
    if (c == (is_array ? ']' : '}')) {
        return close_container(r, token);
    }
    return fb_json_scan_unexpected(r, 0, c, is_array ? "',' or ']'" : "',' or '}'", err);
}

/* Consumes the colon or the comma that stands before the next token, if there has to be one. */
static enum fb_code read_separator(struct fb_json_reader *r, int *c, struct fb_err *err)
{
    if (r->state == FB_JSON_AT_COLON) {
        if (*c != ':') {
            return fb_json_scan_unexpected(r, 0, *c, "':' after the key", err);
        }
        r->state = FB_JSON_AT_VALUE;
    } else if (r->state == FB_JSON_AT_NEXT && *c == ',' && r->depth > 0) {
        struct fb_json_frame *frame = &r->frames[r->depth - 1];
        r->state = frame->is_array ? FB_JSON_AT_VALUE : FB_JSON_AT_KEY;
        frame->index++;
        frame->inside = frame->is_array;
        frame->key_len = 0;
    } else {
        return FB_OK;
    }
    r->pos++;
    return fb_json_scan_space(r, c, err);
}

static enum fb_code read_token(
    struct fb_json_reader *r, struct fb_json_token *token, struct fb_err *err)
{
    int c = 0;
    enum fb_code code = fb_json_scan_space(r, &c, err);
    if (code == FB_OK) {
        code = read_separator(r, &c, err);
    }
    if (code != FB_OK) {
        return code;
    }
    token->place = fb_json_scan_place(r, 0);
    switch (r->state) {
    case FB_JSON_AT_FIRST_ELEMENT:
        if (c == ']') {
            return close_container(r, token);
        }
        r->frames[r->depth - 1].inside = c >= 0;
        return read_value(r, c, token, err);
    case FB_JSON_AT_VALUE:
        return read_value(r, c, token, err);
    case FB_JSON_AT_FIRST_KEY:
        if (c == '}') {
            return close_container(r, token);
        }
        return read_key(r, c, token, err);
    case FB_JSON_AT_KEY:
        return read_key(r, c, token, err);
    case FB_JSON_AT_NEXT:
        return read_end(r, c, token, err);
    case FB_JSON_AT_COLON:
    case FB_JSON_AT_STOP:
        break;
    }
    FB_ASSERT(
        r->state == FB_JSON_AT_NEXT); /* nothing follows a key without its colon, or the end */
    return FB_E_SYNTAX;
}

enum fb_code fb_json_next(
    struct fb_json_reader *reader, struct fb_json_token *out, struct fb_err *err)
{
    FB_ASSERT(reader && out && reader->state != FB_JSON_AT_STOP);
    struct fb_json_token token = {0};
    enum fb_code code = read_token(reader, &token, err);
    if (code != FB_OK) {
        reader->state = FB_JSON_AT_STOP;
        return code;
    }
    *out = token;
    return FB_OK;
}

enum fb_code fb_json_skip(
    struct fb_json_reader *reader, const struct fb_json_token *first, struct fb_err *err)
{
    FB_ASSERT(reader && first && first->kind <= FB_JSON_OBJECT);
    if (first->kind != FB_JSON_ARRAY && first->kind != FB_JSON_OBJECT) {
        return FB_OK;
    }
    FB_ASSERT(reader->depth > 0);
    size_t outside = reader->depth - 1;
    enum fb_code code = FB_OK;
    reader->quiet = true;
    while (code == FB_OK && reader->depth > outside) {
        struct fb_json_token token;
        code = fb_json_next(reader, &token, err);
    }
    reader->quiet = false;
    return code;
}

/* --- Paths and lifetime ----------------------------------------------------------------- */

void fb_json_path(const struct fb_json_reader *reader, struct fb_buf *out)
{
    FB_ASSERT(reader && out);
    fb_buf_add_char(out, '$');
    for (size_t i = 0; i < reader->depth; i++) {
        const struct fb_json_frame *frame = &reader->frames[i];
        if (!frame->inside) {
            break;
        }
        if (frame->is_array) {
            fb_buf_addf(out, "[%llu]", (unsigned long long)frame->index);
            continue;
        }
        struct fb_str key = {frame->key_len ? reader->keys + frame->key_at : NULL, frame->key_len};
        fb_json_path_key(out, key);
        if (frame->key_cut) {
            fb_buf_add_c(out, "...");
        }
    }
}

static enum fb_code new_reader(const char *name, const struct fb_json_options *options,
    struct fb_json_reader **out, struct fb_err *err)
{
    struct fb_json_reader *r = fb_calloc(1, sizeof(*r));
    if (!r) {
        (void)fb_err_set(err, FB_E_NOMEM, "memory ran out");
        fb_err_place(err, name, 0, 0, -1);
        return FB_E_NOMEM;
    }
    if (options) {
        r->options = *options;
    }
    r->options.depth_max = r->options.depth_max ? r->options.depth_max : FB_JSON_DEPTH_MAX;
    r->options.string_max = r->options.string_max ? r->options.string_max : FB_JSON_STRING_MAX;
    FB_ASSERT(r->options.depth_max <= DEPTH_HARD_MAX && r->options.string_max < SIZE_MAX / 8);
    r->name = name;
    r->line = 1;
    r->state = FB_JSON_AT_VALUE;
    *out = r;
    return FB_OK;
}

enum fb_code fb_json_reader_new(struct fb_str text, const char *name,
    const struct fb_json_options *options, struct fb_json_reader **out, struct fb_err *err)
{
    FB_ASSERT(out && (text.ptr || text.len == 0));
    enum fb_code code = new_reader(name, options, out, err);
    if (code == FB_OK) {
        (*out)->text = text.ptr ? text.ptr : "";
        (*out)->end = text.len;
    }
    return code;
}

enum fb_code fb_json_reader_new_stream(fb_json_source source, void *ctx, const char *name,
    const struct fb_json_options *options, struct fb_json_reader **out, struct fb_err *err)
{
    FB_ASSERT(out && source);
    enum fb_code code = new_reader(name, options, out, err);
    if (code == FB_OK) {
        (*out)->text = "";
        (*out)->source = source;
        (*out)->source_ctx = ctx;
    }
    return code;
}

void fb_json_reader_free(struct fb_json_reader *reader)
{
    if (!reader) {
        return;
    }
    fb_free(reader->frames);
    fb_free(reader->keys);
    fb_free(reader->scratch);
    fb_free(reader->window);
    fb_free(reader);
}

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/assert.h"
#include "base/json.h"

/* --- Numbers ---------------------------------------------------------------------------- */

/* digits[0 .. count) are the significant digits; the value is 0.d1d2d3... * 10^point. */
struct digits {
    char digits[20];
    int count;
    int point;
};

static void strip_zeros(struct digits *d)
{
    while (d->count > 1 && d->digits[d->count - 1] == '0') {
        d->count--;
    }
}

/* The nearest decimal of count significant digits. */
static void round_to(double x, int count, struct digits *out)
{
    char text[40];
    int len = snprintf(text, sizeof(text), "%.*e", count - 1, x);
    FB_ASSERT(len > 0 && (size_t)len < sizeof(text) && count <= 17);
    char *e = strchr(text, 'e');
    FB_ASSERT(e);
    out->digits[0] = text[0];
    memcpy(out->digits + 1, text + 2, (size_t)count - 1);
    out->count = count;
    out->point = (int)strtol(e + 1, NULL, 10) + 1;
}

static bool reads_back(const struct digits *d, double x)
{
    char text[48];
    (void)snprintf(text, sizeof(text), "0.%.*se%d", d->count, d->digits, d->point);
    return strtod(text, NULL) == x;
}

/* The next decimal of the same number of digits, away from zero; false when they are all nines. */
static bool next_up(struct digits *d)
{
    for (int i = d->count - 1; i >= 0; i--) {
        if (d->digits[i] != '9') {
            d->digits[i]++;
            return true;
        }
        d->digits[i] = '0';
    }
    return false;
}

/* The fewest digits that read back as x, and among those the nearest; x > 0 and finite. */
static void shortest(double x, struct digits *out)
{
    FB_ASSERT(x > 0 && x <= DBL_MAX);
    int exponent = 0;
    bool power_of_two = frexp(x, &exponent) == 0.5;
    /* Fifteen digits hold every decimal that is as short (DBL_DIG), zeros at its end included;
     * only below the normal numbers fewer digits may tell two doubles apart. */
    for (int count = x < DBL_MIN ? 1 : DBL_DIG; count < 17; count++) {
        round_to(x, count, out);
        if (reads_back(out, x)) {
            strip_zeros(out);
            return;
        }
        /* Doubles are closer together below a power of two than above it: when the nearest
         * decimal lies below and too far away, the next one may lie above and near enough. */
        if (power_of_two && next_up(out) && reads_back(out, x)) {
            return;
        }
    }
    round_to(x, 17, out);
    FB_ASSERT(reads_back(out, x));
    strip_zeros(out);
}

static void add_zeros(struct fb_buf *out, int count)
{
    static const char zeros[] = "0000000000000000000000";
    FB_ASSERT(count >= 0 && count < (int)sizeof(zeros));
    fb_buf_add(out, zeros, (size_t)count);
}

/* ECMA-262, Number::toString, steps 6 to 10, with k = count and n = point. */
static void add_digits(struct fb_buf *out, const struct digits *d)
{
    FB_ASSERT(d->count > 0);
    size_t count = (size_t)d->count;
    if (d->count <= d->point && d->point <= 21) {
        fb_buf_add(out, d->digits, count);
        add_zeros(out, d->point - d->count);
    } else if (0 < d->point && d->point <= 21) {
        fb_buf_add(out, d->digits, (size_t)d->point);
        fb_buf_add_char(out, '.');
        fb_buf_add(out, d->digits + d->point, count - (size_t)d->point);
    } else if (-6 < d->point && d->point <= 0) {
        fb_buf_add_c(out, "0.");
        add_zeros(out, -d->point);
        fb_buf_add(out, d->digits, count);
    } else {
        fb_buf_add(out, d->digits, 1);
        if (count > 1) {
            fb_buf_add_char(out, '.');
            fb_buf_add(out, d->digits + 1, count - 1);
        }
        fb_buf_addf(out, "e%+d", d->point - 1);
    }
}

void fb_json_write_number(struct fb_buf *out, double x)
{
    FB_ASSERT(out && isfinite(x));
    const double exact = 9007199254740992.0; /* 2^53: all integers up to it are doubles */
    if (x >= -exact && x <= exact && x == floor(x)) {
        fb_buf_addf(out, "%lld", (long long)x);
        return;
    }
    struct digits digits;
    shortest(fabs(x), &digits);
    if (x < 0) {
        fb_buf_add_char(out, '-');
    }
    add_digits(out, &digits);
}

/* --- Strings ---------------------------------------------------------------------------- */

static void add_escape(struct fb_buf *out, unsigned char c)
{
    static const char letters[] = "btn?fr"; /* for 8 .. 13; 11 has none */
    if (c == '"' || c == '\\') {
        fb_buf_addf(out, "\\%c", c);
    } else if (c >= 8 && c <= 13 && c != 11) {
        fb_buf_addf(out, "\\%c", letters[c - 8]);
    } else {
        fb_buf_addf(out, "\\u%04x", c);
    }
}

void fb_json_write_string(struct fb_buf *out, struct fb_str s)
{
    FB_ASSERT(out && (s.ptr || s.len == 0));
    fb_buf_add_char(out, '"');
    size_t run = 0;
    for (size_t i = 0; i < s.len; i++) {
        unsigned char c = (unsigned char)s.ptr[i];
        if (c < 0x20 || c == '"' || c == '\\') {
            fb_buf_add(out, s.ptr + run, i - run);
            add_escape(out, c);
            run = i + 1;
        }
    }
    if (run < s.len) {
        fb_buf_add(out, s.ptr + run, s.len - run);
    }
    fb_buf_add_char(out, '"');
}

/* --- Canonical form --------------------------------------------------------------------- */

/* Orders by UTF-16 code units (RFC 8785, 3.2.3). UTF-8 orders by code point, which is the same
 * except that the surrogates of U+10000 and beyond come before U+E000 to U+FFFF. */
static int cmp_utf16(struct fb_str a, struct fb_str b)
{
    size_t common = a.len < b.len ? a.len : b.len;
    for (size_t i = 0; i < common; i++) {
        unsigned char x = (unsigned char)a.ptr[i], y = (unsigned char)b.ptr[i];
        if (x != y) {
            bool x_surrogate = x >= 0xF0, y_surrogate = y >= 0xF0;
            if (x >= 0xEE && y >= 0xEE && x_surrogate != y_surrogate) {
                return x_surrogate ? -1 : 1;
            }
            return x < y ? -1 : 1;
        }
    }
    return a.len < b.len ? -1 : a.len > b.len;
}

static int cmp_members(const void *a, const void *b)
{
    const struct fb_json *const *x = a;
    const struct fb_json *const *y = b;
    return cmp_utf16((*x)->key, (*y)->key);
}

/* A container that is being written: children[from .. to) of the stack, of which next is next. */
struct level {
    const struct fb_json *container;
    size_t from;
    size_t to;
    size_t next;
};

/* The open containers and their children in the order of writing. */
struct canonical {
    struct fb_buf *out;
    struct level *levels;
    size_t level_count;
    size_t level_cap;
    const struct fb_json **children;
    size_t child_count;
    size_t child_cap;
};

/* Grows an array to hold at least need elements; NULL on failure, and then old is still valid. */
static void *grow_array(void *old, size_t *cap, size_t need, size_t size)
{
    if (need <= *cap) {
        return old;
    }
    size_t wanted = *cap * 2 > need ? *cap * 2 : need + 16;
    FB_ASSERT(wanted < SIZE_MAX / 2 / size);
    void *grown = fb_realloc(old, wanted * size);
    if (grown) {
        *cap = wanted;
    }
    return grown;
}

static bool open_level(struct canonical *c, const struct fb_json *container)
{
    struct level *levels =
        grow_array(c->levels, &c->level_cap, c->level_count + 1, sizeof(*c->levels));
    if (!levels) {
        return false;
    }
    c->levels = levels;
    size_t from = c->child_count;
    size_t to = from + container->count;
    const struct fb_json **children =
        grow_array(c->children, &c->child_cap, to + 1, sizeof(*c->children));
    if (!children) {
        return false;
    }
    c->children = children;
    for (const struct fb_json *at = container->child; at; at = at->next) {
        c->children[c->child_count++] = at;
    }
    FB_ASSERT(c->child_count == to);
    if (container->kind == FB_JSON_OBJECT && container->count > 1) {
        qsort(c->children + from, container->count, sizeof(*c->children), cmp_members);
    }
    c->levels[c->level_count++] = (struct level){container, from, to, from};
    fb_buf_add_char(c->out, container->kind == FB_JSON_OBJECT ? '{' : '[');
    return true;
}

/* Writes a scalar, or the beginning of a container. */
static enum fb_code write_value(
    struct canonical *c, const struct fb_json *value, struct fb_err *err)
{
    switch (value->kind) {
    case FB_JSON_NULL:
        fb_buf_add_c(c->out, "null");
        return FB_OK;
    case FB_JSON_FALSE:
        fb_buf_add_c(c->out, "false");
        return FB_OK;
    case FB_JSON_TRUE:
        fb_buf_add_c(c->out, "true");
        return FB_OK;
    case FB_JSON_NUMBER:
        if (!isfinite(value->number)) {
            (void)fb_err_set(err, FB_E_RANGE, "canonical JSON has no way to write infinity or NaN");
            return fb_json_err_at(err, value);
        }
        fb_json_write_number(c->out, value->number);
        return FB_OK;
    case FB_JSON_STRING:
        fb_json_write_string(c->out, value->text);
        return FB_OK;
    case FB_JSON_ARRAY:
    case FB_JSON_OBJECT:
        return open_level(c, value) ? FB_OK : fb_err_set(err, FB_E_NOMEM, "memory ran out");
    case FB_JSON_ARRAY_END:
    case FB_JSON_OBJECT_END:
    case FB_JSON_KEY:
    case FB_JSON_END:
        break;
    }
    FB_ASSERT(value->kind <= FB_JSON_OBJECT); /* the others are kinds of tokens */
    return FB_E_SYNTAX;
}

/* Writes the next child of the innermost container, or the container's end. */
static enum fb_code write_next(struct canonical *c, struct fb_err *err)
{
    struct level *level = &c->levels[c->level_count - 1];
    bool is_object = level->container->kind == FB_JSON_OBJECT;
    if (level->next == level->to) {
        fb_buf_add_char(c->out, is_object ? '}' : ']');
        c->child_count = level->from;
        c->level_count--;
        return FB_OK;
    }
    if (level->next > level->from) {
        fb_buf_add_char(c->out, ',');
    }
    const struct fb_json *child = c->children[level->next++];
    if (is_object) {
        fb_json_write_string(c->out, child->key);
        fb_buf_add_char(c->out, ':');
    }
    return write_value(c, child, err);
}

enum fb_code fb_json_canonical(const struct fb_json *value, struct fb_buf *out, struct fb_err *err)
{
    FB_ASSERT(value && out);
    struct canonical c = {.out = out};
    enum fb_code code = write_value(&c, value, err);
    while (code == FB_OK && c.level_count > 0) {
        code = write_next(&c, err);
    }
    fb_free(c.levels);
    fb_free(c.children);
    return code == FB_OK ? fb_buf_check(out, "canonical JSON", err) : code;
}

/* --- The writer ------------------------------------------------------------------------- */

void fb_json_writer_init(struct fb_json_writer *w, struct fb_buf *out, uint32_t indent)
{
    FB_ASSERT(w && out && indent <= 16);
    *w = (struct fb_json_writer){.out = out, .indent = indent};
}

static void new_line(struct fb_json_writer *w)
{
    if (w->indent > 0) {
        fb_buf_add_char(w->out, '\n');
        for (uint32_t i = 0; i < w->depth * w->indent; i++) {
            fb_buf_add_char(w->out, ' ');
        }
    }
}

/* What stands before a key or a value. */
static void begin(struct fb_json_writer *w)
{
    FB_ASSERT(w && w->out);
    if (w->after_key) {
        w->after_key = false;
        return;
    }
    FB_ASSERT(w->depth > 0 || !w->need_comma);
    if (w->need_comma) {
        fb_buf_add_char(w->out, ',');
    }
    if (w->depth > 0) {
        new_line(w);
    }
}

static void open_with(struct fb_json_writer *w, char c)
{
    begin(w);
    fb_buf_add_char(w->out, c);
    w->depth++;
    w->need_comma = false;
}

static void close_with(struct fb_json_writer *w, char c)
{
    FB_ASSERT(w && w->depth > 0 && !w->after_key);
    w->depth--;
    if (w->need_comma) {
        new_line(w);
    }
    fb_buf_add_char(w->out, c);
    w->need_comma = true;
}

void fb_json_open_object(struct fb_json_writer *w)
{
    open_with(w, '{');
}

void fb_json_close_object(struct fb_json_writer *w)
{
    close_with(w, '}');
}

void fb_json_open_array(struct fb_json_writer *w)
{
    open_with(w, '[');
}

void fb_json_close_array(struct fb_json_writer *w)
{
    close_with(w, ']');
}

void fb_json_key(struct fb_json_writer *w, const char *key)
{
    FB_ASSERT(w && key && w->depth > 0 && !w->after_key);
    begin(w);
    fb_json_write_string(w->out, fb_str_of(key));
    fb_buf_add_c(w->out, w->indent > 0 ? ": " : ":");
    w->need_comma = true;
    w->after_key = true;
}

void fb_json_str(struct fb_json_writer *w, struct fb_str s)
{
    begin(w);
    fb_json_write_string(w->out, s);
    w->need_comma = true;
}

void fb_json_c(struct fb_json_writer *w, const char *nul_terminated)
{
    fb_json_str(w, fb_str_of(nul_terminated));
}

void fb_json_int(struct fb_json_writer *w, int64_t n)
{
    begin(w);
    fb_buf_addf(w->out, "%lld", (long long)n);
    w->need_comma = true;
}

void fb_json_double(struct fb_json_writer *w, double x)
{
    begin(w);
    fb_json_write_number(w->out, x);
    w->need_comma = true;
}

void fb_json_bool(struct fb_json_writer *w, bool b)
{
    fb_json_raw(w, b ? FB_STR("true") : FB_STR("false"));
}

void fb_json_null(struct fb_json_writer *w)
{
    fb_json_raw(w, FB_STR("null"));
}

void fb_json_raw(struct fb_json_writer *w, struct fb_str json)
{
    FB_ASSERT(json.len > 0);
    begin(w);
    fb_buf_add_str(w->out, json);
    w->need_comma = true;
}

void fb_json_key_str(struct fb_json_writer *w, const char *key, struct fb_str s)
{
    fb_json_key(w, key);
    fb_json_str(w, s);
}

void fb_json_key_c(struct fb_json_writer *w, const char *key, const char *nul_terminated)
{
    fb_json_key(w, key);
    fb_json_c(w, nul_terminated);
}

void fb_json_key_int(struct fb_json_writer *w, const char *key, int64_t n)
{
    fb_json_key(w, key);
    fb_json_int(w, n);
}

void fb_json_key_bool(struct fb_json_writer *w, const char *key, bool b)
{
    fb_json_key(w, key);
    fb_json_bool(w, b);
}

void fb_json_key_double(struct fb_json_writer *w, const char *key, double x)
{
    fb_json_key(w, key);
    fb_json_double(w, x);
}

#include "base/value.h"

#include <math.h>
#include <string.h>

#include "base/assert.h"
#include "base/json.h"
#include "base/map.h"

struct fb_value fb_value_none(void)
{
    return (struct fb_value){.type = FB_TYPE_NONE};
}

struct fb_value fb_value_str(struct fb_str text)
{
    return (struct fb_value){.type = FB_TYPE_STRING, .u.text = text};
}

struct fb_value fb_value_int(int64_t integer)
{
    return (struct fb_value){.type = FB_TYPE_INT, .u.integer = integer};
}

struct fb_value fb_value_float(double number)
{
    return (struct fb_value){.type = FB_TYPE_FLOAT, .u.number = number + 0.0};
}

struct fb_value fb_value_time(fb_time time)
{
    return (struct fb_value){.type = FB_TYPE_TIME, .u.time = time};
}

struct fb_value fb_value_bool(bool truth)
{
    return (struct fb_value){.type = FB_TYPE_BOOL, .u.truth = truth};
}

static int order_int(int64_t a, int64_t b)
{
    return a < b ? -1 : a > b;
}

/* NaN comes before all numbers and equals itself, so that sorting has an order. */
static int order_double(double a, double b)
{
    if (isnan(a) || isnan(b)) {
        return (isnan(b) != 0) - (isnan(a) != 0);
    }
    return a < b ? -1 : a > b;
}

/* Exact: a 64-bit integer against a double, without rounding the integer. */
static int order_mixed(int64_t a, double b)
{
    if (isnan(b) || b < -0x1p63) {
        return 1;
    }
    if (b >= 0x1p63) {
        return -1;
    }
    double whole = floor(b);
    int order = order_int(a, (int64_t)whole);
    return order != 0 ? order : (whole < b ? -1 : 0);
}

static bool is_number(struct fb_value v)
{
    return v.type == FB_TYPE_INT || v.type == FB_TYPE_FLOAT;
}

int fb_value_cmp(struct fb_value a, struct fb_value b)
{
    if (a.type != b.type) {
        if (is_number(a) && is_number(b)) {
            return a.type == FB_TYPE_INT ? order_mixed(a.u.integer, b.u.number)
                                         : -order_mixed(b.u.integer, a.u.number);
        }
        return a.type < b.type ? -1 : 1;
    }
    switch (a.type) {
    case FB_TYPE_NONE:
        return 0;
    case FB_TYPE_STRING:
        return fb_str_cmp(a.u.text, b.u.text);
    case FB_TYPE_INT:
        return order_int(a.u.integer, b.u.integer);
    case FB_TYPE_FLOAT:
        return order_double(a.u.number, b.u.number);
    case FB_TYPE_TIME:
        return order_int(a.u.time, b.u.time);
    case FB_TYPE_BOOL:
        return (int)a.u.truth - (int)b.u.truth;
    }
    FB_ASSERT(false);
    return 0;
}

bool fb_value_eq(struct fb_value a, struct fb_value b)
{
    if (a.type != FB_TYPE_STRING || b.type != FB_TYPE_STRING) {
        return fb_value_cmp(a, b) == 0;
    }
    bool differ = a.hash && b.hash && a.hash != b.hash;
    return !differ && fb_str_eq(a.u.text, b.u.text);
}

/* The bits of a number, one for all NaN and for both zeros. */
static uint64_t number_bits(double number)
{
    uint64_t bits = 0;
    number = isnan(number) ? NAN : number + 0.0;
    memcpy(&bits, &number, sizeof(bits));
    return bits;
}

/* 32 bits, so that they fit beside the type; never 0. */
static uint32_t text_hash(struct fb_str text)
{
    uint64_t hash = fb_map_hash(text);
    uint32_t low = (uint32_t)(hash ^ hash >> 32);
    return low ? low : 1;
}

void fb_value_note(struct fb_value *value)
{
    FB_ASSERT(value);
    if (value->type == FB_TYPE_STRING) {
        value->hash = text_hash(value->u.text);
    }
}

/* Numbers that are equal have equal hashes, whatever their type: an integer that a float equals is
 * that float when it is converted. */
uint64_t fb_value_hash(struct fb_value value)
{
    const uint64_t odd = 0x9e3779b97f4a7c15u;
    uint64_t bits = 0;
    switch (value.type) {
    case FB_TYPE_NONE:
        break;
    case FB_TYPE_STRING:
        return (value.hash ? value.hash : text_hash(value.u.text)) * odd;
    case FB_TYPE_INT:
        bits = number_bits((double)value.u.integer);
        break;
    case FB_TYPE_FLOAT:
        bits = number_bits(value.u.number);
        break;
    case FB_TYPE_TIME:
        bits = (uint64_t)value.u.time;
        break;
    case FB_TYPE_BOOL:
        bits = value.u.truth ? 1 : 0;
        break;
    }
    return fb_map_hash_number(bits, value.type == FB_TYPE_INT ? FB_TYPE_FLOAT : value.type);
}

/* The shortest digits, without the "+" that JSON puts into an exponent: people write 1e25. */
static void write_number(double x, struct fb_buf *out)
{
    size_t from = out->len;
    fb_json_write_number(out, x);
    char *plus = out->len > from ? memchr(out->ptr + from, '+', out->len - from) : NULL;
    if (plus) {
        memmove(plus, plus + 1, (size_t)(out->ptr + out->len - plus));
        fb_buf_cut(out, out->len - 1);
    }
}

void fb_value_write(struct fb_value value, struct fb_buf *out)
{
    FB_ASSERT(out);
    char text[FB_TIME_TEXT];
    switch (value.type) {
    case FB_TYPE_NONE:
        fb_buf_add_c(out, "nothing");
        return;
    case FB_TYPE_STRING:
        fb_buf_add_str(out, value.u.text);
        return;
    case FB_TYPE_INT:
        fb_buf_addf(out, "%lld", (long long)value.u.integer);
        return;
    case FB_TYPE_FLOAT:
        if (isfinite(value.u.number)) {
            write_number(value.u.number, out);
        } else {
            fb_buf_add_c(out, isnan(value.u.number) ? "nan" : value.u.number > 0 ? "inf" : "-inf");
        }
        return;
    case FB_TYPE_TIME:
        fb_buf_add_c(out, fb_time_format(value.u.time, text));
        return;
    case FB_TYPE_BOOL:
        fb_buf_add_c(out, value.u.truth ? "true" : "false");
        return;
    }
}

const char *fb_type_name(enum fb_type type)
{
    switch (type) {
    case FB_TYPE_NONE:
        return "nothing";
    case FB_TYPE_STRING:
        return "string";
    case FB_TYPE_INT:
        return "integer";
    case FB_TYPE_FLOAT:
        return "number";
    case FB_TYPE_TIME:
        return "time";
    case FB_TYPE_BOOL:
        return "true or false";
    }
    return "?";
}

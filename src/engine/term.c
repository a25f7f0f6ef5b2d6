#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "engine/table.h"

static bool unary_kind(enum fb_term_kind kind)
{
    return kind == FB_TERM_NEG || kind == FB_TERM_TO_FLOAT || kind == FB_TERM_TO_INT ||
           kind >= FB_TERM_TO_STRING;
}

fb_vars fb_term_vars_deep(const struct fb_term *term)
{
    FB_ASSERT(term && term->args[0]);
    fb_vars left = fb_term_vars(term->args[0]);
    return unary_kind(term->kind) ? left : left | fb_term_vars(term->args[1]);
}

/* Times count as integers in arithmetic; the kind of the result is settled by arith. */
static bool as_int(struct fb_value v, int64_t *out)
{
    if (v.type == FB_TYPE_INT) {
        *out = v.u.integer;
        return true;
    }
    if (v.type == FB_TYPE_TIME) {
        *out = v.u.time;
        return true;
    }
    return false;
}

static bool as_double(struct fb_value v, double *out)
{
    if (v.type == FB_TYPE_INT) {
        *out = (double)v.u.integer;
        return true;
    }
    *out = v.u.number;
    return v.type == FB_TYPE_FLOAT;
}

static bool int_arith(enum fb_term_kind kind, int64_t a, int64_t b, int64_t *out)
{
    bool no_quotient = b == 0 || (a == INT64_MIN && b == -1);
    if (kind == FB_TERM_ADD) {
        return !__builtin_add_overflow(a, b, out);
    }
    if (kind == FB_TERM_SUB) {
        return !__builtin_sub_overflow(a, b, out);
    }
    if (kind == FB_TERM_MUL) {
        return !__builtin_mul_overflow(a, b, out);
    }
    bool total = kind == FB_TERM_QUOTIENT || kind == FB_TERM_REMAINDER;
    bool quotient = kind == FB_TERM_DIV || kind == FB_TERM_QUOTIENT;
    if (b == 0 && total) {
        *out = quotient ? 0 : a;
        return true;
    }
    if (no_quotient) {
        *out = 0;
        return b == -1 && kind == FB_TERM_REMAINDER;
    }
    *out = quotient ? a / b : a % b;
    return total || quotient || kind == FB_TERM_MOD;
}

static struct fb_value float_arith(enum fb_term_kind kind, double a, double b)
{
    switch ((int)kind) {
    case FB_TERM_ADD:
        return fb_value_float(a + b);
    case FB_TERM_SUB:
        return fb_value_float(a - b);
    case FB_TERM_MUL:
        return fb_value_float(a * b);
    case FB_TERM_DIV:
        return b == 0.0 ? fb_value_none() : fb_value_float(a / b);
    case FB_TERM_QUOTIENT:
        return fb_value_float(a / b);
    default:
        return fb_value_none();
    }
}

/* time - time is a number of microseconds; time + and - a number is a time; nothing else is. */
static struct fb_value arith(enum fb_term_kind kind, struct fb_value a, struct fb_value b)
{
    int64_t x;
    int64_t y;
    int64_t result;
    double p;
    double q;
    if (as_int(a, &x) && as_int(b, &y)) {
        int times = (a.type == FB_TYPE_TIME) + (b.type == FB_TYPE_TIME);
        bool sum = kind == FB_TERM_ADD || kind == FB_TERM_SUB;
        bool sensible = times == 0 || (times == 2 && kind == FB_TERM_SUB) ||
                        (times == 1 && sum && (a.type == FB_TYPE_TIME || kind == FB_TERM_ADD));
        if (!sensible || !int_arith(kind, x, y, &result)) {
            return fb_value_none();
        }
        return times == 1 ? fb_value_time(result) : fb_value_int(result);
    }
    if (as_double(a, &p) && as_double(b, &q)) {
        return float_arith(kind, p, q);
    }
    return fb_value_none();
}

static struct fb_value to_int(struct fb_value a)
{
    double x = a.u.number;
    if (a.type == FB_TYPE_INT) {
        return a;
    }
    return x > -0x1p63 && x < 0x1p63 ? fb_value_int((int64_t)x) : fb_value_none();
}

/* ---- strings and dates ---- */

/* As OCaml prints it: a float that looks like a whole number ends in a point. */
static struct fb_value to_string(struct fb_value a, char room[FB_TERM_ROOM])
{
    if (a.type == FB_TYPE_INT) {
        (void)snprintf(room, FB_TERM_ROOM, "%lld", (long long)a.u.integer);
    } else {
        int len = snprintf(room, FB_TERM_ROOM, "%.12g", a.u.number);
        FB_ASSERT(len > 0 && len + 1 < FB_TERM_ROOM);
        if (strspn(room, "-0123456789") == (size_t)len) {
            room[len] = '.';
            room[len + 1] = '\0';
        }
    }
    return fb_value_str(fb_str_of(room));
}

/* Decimal digits with at most a sign, a point and an exponent. */
static struct fb_value read_number(struct fb_str text, bool whole)
{
    char copy[64];
    char *end = NULL;
    if (text.len == 0 || text.len >= sizeof(copy)) {
        return fb_value_none();
    }
    memcpy(copy, text.ptr, text.len);
    copy[text.len] = '\0';
    const char *digits = whole ? "+-0123456789" : "+-0123456789.eE";
    if (strspn(copy, digits) != text.len) {
        return fb_value_none();
    }
    if (!whole) {
        double x = strtod(copy, &end);
        return end == copy + text.len ? fb_value_float(x) : fb_value_none();
    }
    size_t sign = copy[0] == '-' || copy[0] == '+' ? 1 : 0;
    uint64_t size;
    bool minus = copy[0] == '-';
    if (!fb_str_u64(fb_str_sub(text, sign, text.len), &size) ||
        size > (uint64_t)INT64_MAX + (minus ? 1 : 0)) {
        return fb_value_none();
    }
    return fb_value_int(minus ? (int64_t)(0 - size) : (int64_t)size);
}

static struct fb_value date_part(enum fb_term_kind kind, double seconds, char room[FB_TERM_ROOM])
{
    int64_t year;
    unsigned month;
    unsigned day;
    if (!(seconds > -1e12 && seconds < 1e12)) {
        return fb_value_none();
    }
    fb_civil_from_days((int64_t)floor(seconds / 86400.0), &year, &month, &day);
    if (kind == FB_TERM_DATE) {
        (void)snprintf(room, FB_TERM_ROOM, "%04lld-%02u-%02u", (long long)year, month, day);
        return fb_value_str(fb_str_of(room));
    }
    return fb_value_int(kind == FB_TERM_YEAR    ? year
                        : kind == FB_TERM_MONTH ? (int64_t)month
                                                : (int64_t)day);
}

static struct fb_value unary(enum fb_term_kind kind, struct fb_value a, char *room)
{
    double x;
    if (kind == FB_TERM_READ_INT || kind == FB_TERM_READ_FLOAT) {
        return a.type == FB_TYPE_STRING ? read_number(a.u.text, kind == FB_TERM_READ_INT)
                                        : fb_value_none();
    }
    bool makes_text = kind == FB_TERM_TO_STRING || kind == FB_TERM_DATE;
    if (!as_double(a, &x) || (makes_text && !room)) {
        return fb_value_none();
    }
    if (kind == FB_TERM_NEG) {
        return a.type == FB_TYPE_INT ? arith(FB_TERM_SUB, fb_value_int(0), a) : fb_value_float(-x);
    }
    if (kind == FB_TERM_TO_FLOAT) {
        return fb_value_float(x);
    }
    if (kind == FB_TERM_TO_INT) {
        return to_int(a);
    }
    return kind == FB_TERM_TO_STRING ? to_string(a, room) : date_part(kind, x, room);
}

struct fb_value fb_term_value_in(
    const struct fb_term *term, const struct fb_value *values, char *room)
{
    FB_ASSERT(term);
    if (term->kind == FB_TERM_ANY) {
        return fb_value_none();
    }
    if (term->kind == FB_TERM_CONST) {
        return term->value;
    }
    if (term->kind == FB_TERM_VAR) {
        return values[term->var];
    }
    struct fb_value a = fb_term_value_in(term->args[0], values, room);
    if (unary_kind(term->kind)) {
        return unary(term->kind, a, room);
    }
    char other[FB_TERM_ROOM];
    return arith(term->kind, a, fb_term_value_in(term->args[1], values, room ? other : NULL));
}

struct fb_value fb_term_value(const struct fb_term *term, const struct fb_value *values)
{
    return fb_term_value_in(term, values, NULL);
}

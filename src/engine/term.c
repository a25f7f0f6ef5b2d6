#include "base/assert.h"
#include "engine/table.h"

fb_vars fb_term_vars(const struct fb_term *term)
{
    FB_ASSERT(term);
    switch (term->kind) {
    case FB_TERM_ANY:
    case FB_TERM_CONST:
        return 0;
    case FB_TERM_VAR:
        return fb_vars_of(term->var);
    case FB_TERM_NEG:
    case FB_TERM_TO_FLOAT:
    case FB_TERM_TO_INT:
        return fb_term_vars(term->args[0]);
    case FB_TERM_ADD:
    case FB_TERM_SUB:
    case FB_TERM_MUL:
    case FB_TERM_DIV:
    case FB_TERM_MOD:
        return fb_term_vars(term->args[0]) | fb_term_vars(term->args[1]);
    }
    FB_ASSERT(false);
    return 0;
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
    if (no_quotient) {
        return false;
    }
    *out = kind == FB_TERM_DIV ? a / b : a % b;
    return kind == FB_TERM_DIV || kind == FB_TERM_MOD;
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

static struct fb_value unary(enum fb_term_kind kind, struct fb_value a)
{
    double x;
    if (!as_double(a, &x)) {
        return fb_value_none();
    }
    if (kind == FB_TERM_NEG) {
        return a.type == FB_TYPE_INT ? arith(FB_TERM_SUB, fb_value_int(0), a) : fb_value_float(-x);
    }
    if (kind == FB_TERM_TO_FLOAT) {
        return fb_value_float(x);
    }
    FB_ASSERT(kind == FB_TERM_TO_INT);
    if (a.type == FB_TYPE_INT) {
        return a;
    }
    return x > -0x1p63 && x < 0x1p63 ? fb_value_int((int64_t)x) : fb_value_none();
}

struct fb_value fb_term_value(const struct fb_term *term, const struct fb_value *values)
{
    FB_ASSERT(term);
    switch (term->kind) {
    case FB_TERM_ANY:
        return fb_value_none();
    case FB_TERM_CONST:
        return term->value;
    case FB_TERM_VAR:
        return values[term->var];
    case FB_TERM_NEG:
    case FB_TERM_TO_FLOAT:
    case FB_TERM_TO_INT:
        return unary(term->kind, fb_term_value(term->args[0], values));
    case FB_TERM_ADD:
    case FB_TERM_SUB:
    case FB_TERM_MUL:
    case FB_TERM_DIV:
    case FB_TERM_MOD:
        return arith(
            term->kind, fb_term_value(term->args[0], values), fb_term_value(term->args[1], values));
    }
    FB_ASSERT(false);
    return fb_value_none();
}

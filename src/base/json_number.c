#include "base/json_private.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/assert.h"

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static size_t skip_digits(struct fb_str text, size_t at)
{
    while (at < text.len && is_digit(text.ptr[at])) {
        at++;
    }
    return at;
}

const char *fb_json_number_scan(struct fb_str text, size_t *out_len)
{
    FB_ASSERT(text.len > 0 && out_len);
    size_t at = text.ptr[0] == '-';
    size_t digits = at;
    at = skip_digits(text, at);
    *out_len = at;
    if (at == digits) {
        return "a digit";
    }
    if (text.ptr[digits] == '0' && at > digits + 1) {
        *out_len = digits + 1;
        return "'.', 'e' or the end of the number after a leading 0";
    }
    if (at < text.len && text.ptr[at] == '.') {
        size_t fraction = at + 1;
        at = skip_digits(text, fraction);
        *out_len = at;
        if (at == fraction) {
            return "a digit after '.'";
        }
    }
    if (at < text.len && (text.ptr[at] == 'e' || text.ptr[at] == 'E')) {
        at++;
        at += at < text.len && (text.ptr[at] == '+' || text.ptr[at] == '-');
        size_t exponent = at;
        at = skip_digits(text, exponent);
        *out_len = at;
        if (at == exponent) {
            return "a digit in the exponent";
        }
    }
    return NULL;
}

/* A number taken apart: mantissa * 10^exponent, unless it has more than 19 digits. */
struct parts {
    uint64_t mantissa;
    int64_t exponent;
    bool negative;
    bool plain; /* neither fraction nor exponent */
    bool exact; /* at most 19 digits, so that mantissa holds them all */
};

static int64_t read_exponent(struct fb_str number, size_t at)
{
    enum { HUGE_EXPONENT = 1000000 };
    bool negative = number.ptr[at] == '-';
    at += negative || number.ptr[at] == '+';
    int64_t exponent = 0;
    for (; at < number.len; at++) {
        exponent = exponent * 10 + (number.ptr[at] - '0');
        exponent = exponent < HUGE_EXPONENT ? exponent : HUGE_EXPONENT;
    }
    return negative ? -exponent : exponent;
}

static struct parts take_apart(struct fb_str number)
{
    struct parts parts = {.negative = number.ptr[0] == '-', .plain = true};
    size_t digits = 0;
    bool after_point = false;
    for (size_t at = parts.negative; at < number.len; at++) {
        char c = number.ptr[at];
        if (is_digit(c)) {
            digits += digits > 0 || c != '0';
            parts.exponent -= after_point;
            parts.mantissa = parts.mantissa * 10 + (uint64_t)(c - '0');
        } else if (c == '.') {
            after_point = true;
            parts.plain = false;
        } else {
            parts.plain = false;
            parts.exponent += read_exponent(number, at + 1);
            break;
        }
    }
    parts.exact = digits <= 19;
    return parts;
}

/* Both operands are exact doubles, so one operation rounds once and correctly (Clinger 1990). */
static bool value_quickly(const struct parts *parts, double *out)
{
    static const double powers[] = {1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11,
        1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
    const uint64_t limit = (uint64_t)1 << 53;
    if (!parts->exact || parts->mantissa > limit || parts->exponent < -22 || parts->exponent > 22) {
        return false;
    }
    double x = (double)parts->mantissa;
    x = parts->exponent < 0 ? x / powers[-parts->exponent] : x * powers[parts->exponent];
    *out = parts->negative ? -x : x;
    return true;
}

struct fb_json_number fb_json_number_value(struct fb_str number, char *scratch)
{
    FB_ASSERT(number.len > 0 && scratch);
    struct parts parts = take_apart(number);
    struct fb_json_number out = {0};
    if (parts.plain && parts.exact) {
        const uint64_t most = parts.negative ? (uint64_t)INT64_MAX + 1 : (uint64_t)INT64_MAX;
        if (parts.mantissa <= most) {
            out.is_integer = true;
            out.integer = parts.negative ? (int64_t)(0 - parts.mantissa) : (int64_t)parts.mantissa;
        }
    }
    if (!value_quickly(&parts, &out.value)) {
        memcpy(scratch, number.ptr, number.len);
        scratch[number.len] = 0;
        char *end = NULL;
        out.value = strtod(scratch, &end);
        FB_ASSERT(end == scratch + number.len);
    }
    return out;
}

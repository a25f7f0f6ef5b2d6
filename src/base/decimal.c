#include "base/decimal.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/assert.h"

enum {
    DIGITS_MAX = 18,      /* significant digits that are read */
    EXPONENT_MAX = 400,   /* of the normal form, either sign */
    BOUND_DIGITS = 12,    /* of a rounded bound */
    EXACT_DIGITS = 767,   /* the most that a double has: 2^-1074 * (2^53 - 1) */
    PLAIN_POINT_MAX = 15, /* digits before the point in plain text */
    PLAIN_POINT_MIN = -5, /* minus the zeros after "0." in plain text */
    SCALE_MAX = 1000000,  /* sanity: far beyond any exponent that is read */
};

/* The normal form of a number whose exponent is within bounds. */
static struct fb_decimal normal(int64_t mantissa, int64_t exponent)
{
    if (mantissa == 0) {
        return (struct fb_decimal){0, 0};
    }
    while (mantissa % 10 == 0) {
        mantissa /= 10;
        exponent++;
    }
    FB_ASSERT(exponent >= -SCALE_MAX && exponent <= SCALE_MAX);
    return (struct fb_decimal){mantissa, (int32_t)exponent};
}

/* --- Reading ---------------------------------------------------------------------------- */

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* A decimal that is being read: the digits so far, without the zeros that end them. */
struct reading {
    int64_t mantissa;
    int64_t exponent;
    int64_t zeros; /* that were read behind mantissa and are not yet in it */
    int count;     /* digits of mantissa */
    bool too_many;
};

static void read_digit(struct reading *r, char c, bool after_point)
{
    r->exponent -= after_point;
    if (c == '0') {
        r->zeros += r->count > 0;
        return;
    }
    if (r->zeros >= DIGITS_MAX - r->count) {
        r->too_many = true;
        return;
    }
    for (; r->zeros > 0; r->zeros--) {
        r->mantissa *= 10;
        r->count++;
    }
    r->mantissa = r->mantissa * 10 + (c - '0');
    r->count++;
}

/* Reads digits from at on; returns the index behind them. */
static size_t read_digits(struct reading *r, struct fb_str text, size_t at, bool after_point)
{
    while (at < text.len && is_digit(text.ptr[at])) {
        read_digit(r, text.ptr[at], after_point);
        at++;
    }
    return at;
}

/* Reads the exponent at at, its sign included; returns the index behind it, or at for none. */
static size_t read_exponent(struct reading *r, struct fb_str text, size_t at)
{
    size_t digits = at;
    bool negative = at < text.len && text.ptr[at] == '-';
    digits += at < text.len && (text.ptr[at] == '-' || text.ptr[at] == '+');
    size_t end = digits;
    int64_t exponent = 0;
    while (end < text.len && is_digit(text.ptr[end])) {
        exponent = exponent * 10 + (text.ptr[end] - '0');
        exponent = exponent < SCALE_MAX ? exponent : SCALE_MAX;
        end++;
    }
    r->exponent += negative ? -exponent : exponent;
    return end > digits ? end : at;
}

/* Reads what JSON calls a number. False when text is none. */
static bool read_number(struct fb_str text, struct reading *r)
{
    size_t start = text.len > 0 && text.ptr[0] == '-';
    size_t at = read_digits(r, text, start, false);
    if (at == start || (text.ptr[start] == '0' && at > start + 1)) {
        return false;
    }
    if (at < text.len && text.ptr[at] == '.') {
        size_t fraction = at + 1;
        at = read_digits(r, text, fraction, true);
        if (at == fraction) {
            return false;
        }
    }
    if (at < text.len && (text.ptr[at] == 'e' || text.ptr[at] == 'E')) {
        size_t exponent = at + 1;
        at = read_exponent(r, text, exponent);
        if (at == exponent) {
            return false;
        }
    }
    return at == text.len;
}

enum fb_code fb_decimal_parse(struct fb_str text, struct fb_decimal *out, struct fb_err *err)
{
    FB_ASSERT(out && (text.ptr || text.len == 0));
    struct fb_str shown = fb_str_sub(text, 0, 60);
    struct reading r = {0};
    if (!read_number(text, &r)) {
        (void)fb_err_set(
            err, FB_E_SYNTAX, "expected a decimal number, found '%.*s'", FB_STR_ARG(shown));
        return fb_err_hint(err, "Write it as 0.5, -3.25 or 1e25.");
    }
    if (r.too_many) {
        return fb_err_set(err, FB_E_RANGE, "the number '%.*s' has more than %d significant digits",
            FB_STR_ARG(shown), (int)DIGITS_MAX);
    }
    int64_t exponent = r.mantissa ? r.exponent + r.zeros : 0;
    if (exponent < -EXPONENT_MAX || exponent > EXPONENT_MAX) {
        return fb_err_set(err, FB_E_RANGE, "the number '%.*s' is not within 1e-%d and 1e%d",
            FB_STR_ARG(shown), (int)EXPONENT_MAX, (int)EXPONENT_MAX);
    }
    *out = normal(text.ptr[0] == '-' ? -r.mantissa : r.mantissa, exponent);
    return FB_OK;
}

/* --- Order ------------------------------------------------------------------------------ */

static uint64_t magnitude(int64_t n)
{
    return n < 0 ? 0 - (uint64_t)n : (uint64_t)n;
}

static int count_digits(uint64_t n)
{
    int count = 0;
    for (; n > 0; n /= 10) {
        count++;
    }
    return count;
}

/* Orders two magnitudes that are not 0. */
static int cmp_magnitudes(struct fb_decimal a, struct fb_decimal b)
{
    uint64_t x = magnitude(a.mantissa), y = magnitude(b.mantissa);
    int x_digits = count_digits(x), y_digits = count_digits(y);
    int64_t x_point = (int64_t)a.exponent + x_digits, y_point = (int64_t)b.exponent + y_digits;
    if (x_point != y_point) {
        return x_point < y_point ? -1 : 1;
    }
    /* The points agree, so equal numbers of digits make the exponents equal; at most 19 digits
     * fit a uint64_t. */
    for (; x_digits < y_digits; x_digits++) {
        x *= 10;
    }
    for (; y_digits < x_digits; y_digits++) {
        y *= 10;
    }
    return x < y ? -1 : x > y;
}

int fb_decimal_cmp(struct fb_decimal a, struct fb_decimal b)
{
    int a_sign = a.mantissa < 0 ? -1 : a.mantissa > 0;
    int b_sign = b.mantissa < 0 ? -1 : b.mantissa > 0;
    if (a_sign != b_sign) {
        return a_sign < b_sign ? -1 : 1;
    }
    return a_sign == 0 ? 0 : a_sign * cmp_magnitudes(a, b);
}

/* --- Directed rounding ------------------------------------------------------------------ */

__extension__ typedef unsigned __int128 wide;

/* The same by whole numbers, for |x| from 2^-30 to 2^39: x is m / 2^shift, so that its first 12
 * digits are those of m * 10^k / 2^shift for the right k; m * 10^k has at most 53 + 71 bits. */
static bool round_middle(double x, bool up, struct fb_decimal *out)
{
    enum { MANTISSA_BITS = 53, LOW = -30, HIGH = 39, POWER_MAX = 21 };
    static const int64_t least = INT64_C(100000000000); /* 12 digits */
    int binary;
    double fraction = frexp(fabs(x), &binary);
    if (binary <= LOW || binary > HIGH) {
        return false;
    }
    wide scaled = (wide)ldexp(fraction, MANTISSA_BITS);
    int shift = MANTISSA_BITS - binary, power = 0;
    while (power < POWER_MAX && (int64_t)(scaled >> shift) < least) {
        scaled *= 10;
        power++;
    }
    int64_t mantissa = (int64_t)(scaled >> shift);
    FB_ASSERT(mantissa >= least && mantissa < 10 * least);
    mantissa += up && (scaled & (((wide)1 << shift) - 1)) != 0;
    *out = normal(x < 0 ? -mantissa : mantissa, -power);
    return true;
}

/* Rounds |x| to 12 digits, up or down, and gives it the sign of x. */
static struct fb_decimal round_magnitude(double x, bool up)
{
    FB_ASSERT(isfinite(x));
    struct fb_decimal middle;
    if (x == 0) {
        return (struct fb_decimal){0, 0};
    }
    if (round_middle(x, up, &middle)) {
        return middle;
    }
    /* All digits that a double has, which printf gives exactly; what follows is text. */
    char text[EXACT_DIGITS + 16];
    int len = snprintf(text, sizeof(text), "%.*e", EXACT_DIGITS - 1, fabs(x));
    FB_ASSERT(len > EXACT_DIGITS && (size_t)len < sizeof(text));
    int64_t mantissa = text[0] - '0';
    for (int i = 2; i <= BOUND_DIGITS; i++) {
        mantissa = mantissa * 10 + (text[i] - '0');
    }
    bool exact = true;
    for (int i = BOUND_DIGITS + 1; i <= EXACT_DIGITS; i++) {
        exact = exact && text[i] == '0';
    }
    FB_ASSERT(text[EXACT_DIGITS + 1] == 'e');
    int64_t exponent = strtol(text + EXACT_DIGITS + 2, NULL, 10) - (BOUND_DIGITS - 1);
    mantissa += up && !exact;
    return normal(x < 0 ? -mantissa : mantissa, exponent);
}

struct fb_decimal fb_decimal_floor12(double x)
{
    return round_magnitude(x, x < 0);
}

struct fb_decimal fb_decimal_ceil12(double x)
{
    return round_magnitude(x, x > 0);
}

/* --- Conversion ------------------------------------------------------------------------- */

double fb_decimal_to_double(struct fb_decimal a)
{
    /* Both are exact as doubles, and one division or product of such is rounded right (W. Clinger,
     * "How to read floating point numbers accurately", 1990). */
    static const double powers[] = {1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11,
        1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
    enum { POWERS = sizeof(powers) / sizeof(powers[0]) };
    if (magnitude(a.mantissa) <= (uint64_t)1 << 53 && a.exponent > -POWERS && a.exponent < POWERS) {
        return a.exponent < 0 ? (double)a.mantissa / powers[-a.exponent]
                              : (double)a.mantissa * powers[a.exponent];
    }
    char text[FB_DECIMAL_TEXT];
    int len = snprintf(text, sizeof(text), "%llde%d", (long long)a.mantissa, (int)a.exponent);
    FB_ASSERT(len > 0 && (size_t)len < sizeof(text));
    return strtod(text, NULL);
}

struct fb_decimal fb_decimal_scale(struct fb_decimal a, int power)
{
    FB_ASSERT(power >= -SCALE_MAX / 2 && power <= SCALE_MAX / 2);
    return normal(a.mantissa, (int64_t)a.exponent + power);
}

/* Writes digits with the point behind the first point of them, which may be 0 or less. */
static int write_plain(char out[FB_DECIMAL_TEXT], const char *sign, const char *digits, int point)
{
    int count = (int)strlen(digits);
    if (point <= 0) {
        return snprintf(out, FB_DECIMAL_TEXT, "%s0.%.*s%s", sign, -point, "00000", digits);
    }
    if (point < count) {
        return snprintf(out, FB_DECIMAL_TEXT, "%s%.*s.%s", sign, point, digits, digits + point);
    }
    return snprintf(
        out, FB_DECIMAL_TEXT, "%s%s%.*s", sign, digits, point - count, "000000000000000");
}

const char *fb_decimal_format(struct fb_decimal a, char out[FB_DECIMAL_TEXT])
{
    FB_ASSERT(out);
    struct fb_decimal n = normal(a.mantissa, a.exponent);
    const char *sign = n.mantissa < 0 ? "-" : "";
    char digits[24];
    int count = snprintf(digits, sizeof(digits), "%llu", (unsigned long long)magnitude(n.mantissa));
    int point = count + n.exponent;
    int len = 0;
    if (n.mantissa == 0) {
        len = snprintf(out, FB_DECIMAL_TEXT, "0");
    } else if (point >= PLAIN_POINT_MIN && point <= PLAIN_POINT_MAX) {
        len = write_plain(out, sign, digits, point);
    } else {
        len = snprintf(out, FB_DECIMAL_TEXT, "%s%c%s%se%d", sign, digits[0], count > 1 ? "." : "",
            digits + 1, point - 1);
    }
    FB_ASSERT(len > 0 && len < FB_DECIMAL_TEXT);
    return out;
}

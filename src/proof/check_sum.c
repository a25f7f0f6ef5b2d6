/*
 * The checker: sums and means. It shares no code with base/exact.h, by which evaluators sum, and is
 * slower and plainer: numbers are digits of 32 bits, each with room for the carries of 2^31
 * numbers, and the result is rounded bit by bit.
 */
#include <math.h>

#include "proof/check_parts.h"

/* Digit i is worth 2^(32 i - 1088). */
enum { DIGITS = 70, UNIT = 1088, LAST = UNIT - 1074, PRECISION = 53 };

/* Numbers of which a digit holds the carries: more than the memory of the checker holds. */
#define CARRIES ((size_t)1 << 31)

struct sum {
    int64_t digits[DIGITS];
    bool nan;
    bool above; /* an infinity */
    bool below;
};

static void add(struct sum *sum, uint64_t magnitude, int place, bool negative)
{
    int at = place / 32;
    int shift = place % 32;
    /* In pieces of 32 bits, each of which lies in two digits. */
    for (int piece = 0; piece < 2; piece++, at++) {
        uint64_t part = (magnitude >> (32 * piece) & UINT32_MAX) << shift;
        int64_t low = (int64_t)(part & UINT32_MAX);
        int64_t high = (int64_t)(part >> 32);
        sum->digits[at] += negative ? -low : low;
        sum->digits[at + 1] += negative ? -high : high;
    }
}

static void add_float(struct sum *sum, double x)
{
    int exponent = 0;
    sum->nan = sum->nan || isnan(x);
    sum->above = sum->above || (isinf(x) && x > 0.0);
    sum->below = sum->below || (isinf(x) && x < 0.0);
    if (isfinite(x) && x != 0.0) {
        double fraction = frexp(fabs(x), &exponent);
        int scale = exponent - PRECISION < -1074 ? exponent + 1074 : PRECISION;
        add(sum, (uint64_t)ldexp(fraction, scale), exponent - scale + UNIT, x < 0.0);
    }
}

static void add_int(struct sum *sum, int64_t x)
{
    add(sum, x < 0 ? 0 - (uint64_t)x : (uint64_t)x, UNIT, x < 0);
}

/* Gives each digit 32 bits and the sum a sign, which it returns. */
static bool settle(struct sum *sum)
{
    bool negative = false;
    for (int pass = 0; pass < 2; pass++) {
        int64_t carry = 0;
        for (int i = 0; i < DIGITS; i++) {
            int64_t digit = sum->digits[i] + carry;
            carry = (digit - (digit & UINT32_MAX)) / ((int64_t)1 << 32);
            sum->digits[i] = digit & UINT32_MAX;
        }
        if (carry == 0) {
            break;
        }
        negative = true; /* the digits of its complement: once more, with all signs turned */
        for (int i = 0; i < DIGITS; i++) {
            sum->digits[i] = -sum->digits[i];
        }
        sum->digits[DIGITS - 1] += (int64_t)1 << 32;
    }
    return negative;
}

static bool bit(const struct sum *sum, int place)
{
    return sum->digits[place / 32] >> place % 32 & 1;
}

/* Of a sum without sign, divided by count: to nearest, ties to even. */
static double rounded(struct sum *sum, uint64_t count)
{
    uint64_t rest = 0;
    for (int i = DIGITS - 1; i >= 0; i--) {
        uint64_t part = rest << 32 | (uint64_t)sum->digits[i];
        sum->digits[i] = (int64_t)(part / count);
        rest = part % count;
    }
    int top = DIGITS * 32 - 1;
    while (top >= 0 && !bit(sum, top)) {
        top--;
    }
    int last = top - PRECISION + 1 > LAST ? top - PRECISION + 1 : LAST;
    uint64_t digits = 0;
    for (int i = top; i >= last; i--) {
        digits = digits << 1 | bit(sum, i);
    }
    bool more = rest != 0;
    for (int i = 0; i < last - 1; i++) {
        more = more || bit(sum, i);
    }
    digits += bit(sum, last - 1) && (more || digits % 2 == 1) ? 1 : 0;
    return ldexp((double)digits, last - UNIT);
}

static double result_of(struct sum *sum, bool negative, size_t count)
{
    if (sum->nan || (sum->above && sum->below)) {
        return NAN;
    }
    if (sum->above || sum->below) {
        return sum->above ? INFINITY : -INFINITY;
    }
    double result = rounded(sum, count);
    return negative ? -result : result;
}

/* A whole sum as 64 bits; false when it is greater. */
static bool whole_of(const struct sum *sum, bool negative, int64_t *out)
{
    uint64_t magnitude = (uint64_t)sum->digits[UNIT / 32] | (uint64_t)sum->digits[UNIT / 32 + 1]
                                                                << 32;
    for (int i = UNIT / 32 + 2; i < DIGITS; i++) {
        if (sum->digits[i]) {
            return false;
        }
    }
    if (magnitude > (uint64_t)INT64_MAX + negative) {
        return false;
    }
    *out = magnitude > INT64_MAX ? INT64_MIN : negative ? -(int64_t)magnitude : (int64_t)magnitude;
    return true;
}

bool fb_check_add_up(const struct fb_value *values, size_t count, bool mean, struct fb_value *out)
{
    struct sum sum = {.nan = false};
    bool is_real = mean;
    int64_t whole = 0;
    if (count >= CARRIES) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        bool is_int = values[i].type == FB_TYPE_INT;
        if (is_int) {
            add_int(&sum, values[i].u.integer);
        } else if (values[i].type == FB_TYPE_FLOAT) {
            add_float(&sum, values[i].u.number);
        } else {
            return false;
        }
        is_real = is_real || !is_int;
    }
    bool negative = settle(&sum);
    if (!is_real && !whole_of(&sum, negative, &whole)) {
        return false;
    }
    *out =
        is_real ? fb_value_float(result_of(&sum, negative, mean ? count : 1)) : fb_value_int(whole);
    return true;
}

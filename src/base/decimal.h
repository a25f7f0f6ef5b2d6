/*
 * decimal.h: exact decimal numbers, for thresholds, and directed rounding of bounds.
 *
 * SEMANTICS.md, Numbers: thresholds are exact decimals; lower bounds are rounded down and upper
 * bounds up to 12 significant digits before they are compared and recorded, so that the last bits
 * of a math library cannot flip a verdict.
 */
#ifndef FB_BASE_DECIMAL_H
#define FB_BASE_DECIMAL_H

#include "base/str.h"
#include "flyball/err.h"

/** mantissa * 10^exponent. The normal form has no trailing zero in the mantissa; 0 is {0, 0}. */
struct fb_decimal {
    int64_t mantissa;
    int32_t exponent;
};

/** Size of the text of a decimal, its NUL included. */
enum { FB_DECIMAL_TEXT = 48 };

/** Reads a number as JSON writes it ("0.5", "50", "1e25", "-3.25") into its normal form, which has
 * at most 18 digits and an exponent within +-400: E_RANGE otherwise, E_SYNTAX for what is no
 * number. A "%" is not read here. */
FB_CHECKED enum fb_code fb_decimal_parse(
    struct fb_str text, struct fb_decimal *out, struct fb_err *err);

/** Orders exactly: -1, 0 or 1. The normal form is not needed. */
int fb_decimal_cmp(struct fb_decimal a, struct fb_decimal b);

/** The largest decimal of 12 significant digits that is <= x. x is finite. */
struct fb_decimal fb_decimal_floor12(double x);

/** The smallest decimal of 12 significant digits that is >= x. x is finite. */
struct fb_decimal fb_decimal_ceil12(double x);

/** The nearest double; infinite when a is beyond all doubles. */
double fb_decimal_to_double(struct fb_decimal a);

/** a * 10^power, exactly, in normal form. power is within +-500000. */
struct fb_decimal fb_decimal_scale(struct fb_decimal a, int power);

/** Writes plain text ("0.058155") from 10^-6 up to below 10^15, and an exponent otherwise ("1e25",
 * "-2.5e-7"). fb_decimal_parse reads it back to the same number. Returns out. */
const char *fb_decimal_format(struct fb_decimal a, char out[FB_DECIMAL_TEXT]);

#endif

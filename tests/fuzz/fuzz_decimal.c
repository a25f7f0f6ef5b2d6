/* fuzz_decimal.c: decimals are read as JSON numbers are, and what is written reads back. */
#include <math.h>
#include <string.h>

#include "base/assert.h"
#include "base/decimal.h"
#include "base/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool is_json_number(struct fb_str text)
{
    const struct fb_json_options options = {.allow_nonfinite = true};
    struct fb_err err;
    struct fb_json_reader *reader = NULL;
    struct fb_json_token token = {.kind = FB_JSON_NULL}, end = {.kind = FB_JSON_NULL};
    enum fb_code code = fb_json_reader_new(text, NULL, &options, &reader, &err);
    FB_ASSERT(code == FB_OK);
    bool number = fb_json_next(reader, &token, &err) == FB_OK && token.kind == FB_JSON_NUMBER &&
                  token.place.offset == 0 && token.text.len == text.len &&
                  fb_json_next(reader, &end, &err) == FB_OK;
    fb_json_reader_free(reader);
    return number && !memchr(text.ptr, 'N', text.len) && !memchr(text.ptr, 'I', text.len);
}

/* Rounding outward keeps the order, and no number of 12 digits lies between. */
static void check_rounding(double x)
{
    struct fb_decimal low = fb_decimal_floor12(x), high = fb_decimal_ceil12(x);
    FB_ASSERT(fb_decimal_to_double(low) <= x && x <= fb_decimal_to_double(high));
    FB_ASSERT(fb_decimal_cmp(low, high) <= 0);
    FB_ASSERT(fb_decimal_cmp(
                  fb_decimal_ceil12(-x), (struct fb_decimal){-low.mantissa, low.exponent}) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size > 4096) {
        return 0;
    }
    struct fb_str text = {(const char *)data, size};
    struct fb_decimal a = {0, 0}, b = {0, 0};
    struct fb_err err;
    enum fb_code code = fb_decimal_parse(text, &a, &err);
    if (size > 0) {
        FB_ASSERT((code != FB_E_SYNTAX) == is_json_number(text));
    }
    if (code == FB_OK) {
        char out[FB_DECIMAL_TEXT];
        code = fb_decimal_parse(fb_str_of(fb_decimal_format(a, out)), &b, &err);
        FB_ASSERT(code == FB_OK && a.mantissa == b.mantissa && a.exponent == b.exponent);
        FB_ASSERT(fb_decimal_cmp(a, b) == 0);
        double x = fb_decimal_to_double(a);
        if (isfinite(x)) {
            check_rounding(x);
        }
    }
    if (size == sizeof(double)) {
        double x;
        memcpy(&x, data, sizeof(x));
        if (isfinite(x)) {
            check_rounding(x);
        }
    }
    return 0;
}

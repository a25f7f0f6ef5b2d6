/* yaml_scalar.c: what readers of YAML take a scalar without quotes for. */
#include <string.h>

#include "base/assert.h"
#include "case/yaml.h"

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

/* True when a text is a word, whatever its case. */
static bool is_word(struct fb_str s, const char *word)
{
    size_t i = 0;
    while (i < s.len && word[i] && lower(s.ptr[i]) == word[i]) {
        i++;
    }
    return i == s.len && !word[i];
}

static bool is_any_of(struct fb_str s, const char *const *words)
{
    for (size_t i = 0; words[i]; i++) {
        if (is_word(s, words[i])) {
            return true;
        }
    }
    return false;
}

static bool is_digit(char c, int base)
{
    int value = c >= '0' && c <= '9'                 ? c - '0'
                : lower(c) >= 'a' && lower(c) <= 'f' ? lower(c) - 'a' + 10
                                                     : base;
    return value < base;
}

/* Digits, with single underscores between them where these are allowed. */
static bool is_digits(struct fb_str s, int base, bool underscores)
{
    for (size_t i = 0; i < s.len; i++) {
        bool between = underscores && s.ptr[i] == '_' && i > 0 && i + 1 < s.len &&
                       s.ptr[i - 1] != '_' && s.ptr[i + 1] != '_';
        if (!between && !is_digit(s.ptr[i], base)) {
            return false;
        }
    }
    return s.len > 0;
}

static struct fb_str without_sign(struct fb_str s)
{
    bool sign = s.len > 0 && (s.ptr[0] == '-' || s.ptr[0] == '+');
    return sign ? fb_str_sub(s, 1, SIZE_MAX) : s;
}

/* 0x1F, 0o17, 0b101, 1_000; s has no sign. */
static bool is_integer(struct fb_str s)
{
    static const struct {
        char letter;
        int base;
    } BASES[] = {{'x', 16}, {'o', 8}, {'b', 2}};
    for (size_t i = 0; i < 3; i++) {
        if (s.len > 2 && s.ptr[0] == '0' && lower(s.ptr[1]) == BASES[i].letter) {
            return is_digits(fb_str_sub(s, 2, SIZE_MAX), BASES[i].base, true);
        }
    }
    bool zeros = s.len > 1 && s.ptr[0] == '0';
    return !zeros && is_digits(s, 10, true);
}

/* digits [. digits?] | . digits, then [eE] [-+]? digits; s has no sign. */
static bool is_decimal(struct fb_str s)
{
    size_t exponent = 0;
    while (exponent < s.len && lower(s.ptr[exponent]) != 'e') {
        exponent++;
    }
    struct fb_str power = without_sign(fb_str_sub(s, exponent + 1, SIZE_MAX));
    if (exponent < s.len && !is_digits(power, 10, false)) {
        return false;
    }
    s = fb_str_sub(s, 0, exponent);
    size_t point = fb_str_find(s, '.', 0);
    struct fb_str whole = fb_str_sub(s, 0, point), part = fb_str_sub(s, point + 1, SIZE_MAX);
    bool whole_ok = is_digits(whole, 10, false), part_ok = is_digits(part, 10, false);
    return (whole_ok && (part.len == 0 || part_ok)) || (whole.len == 0 && part_ok);
}

enum fb_yaml_type fb_yaml_type(struct fb_str s)
{
    static const char *const NULLS[] = {"~", "null", NULL};
    static const char *const YES[] = {"true", "yes", "y", "on", NULL};
    static const char *const NO[] = {"false", "no", "n", "off", NULL};
    if (s.len == 0 || is_any_of(s, NULLS)) {
        return FB_YAML_NULL;
    }
    if (is_any_of(s, YES)) {
        return FB_YAML_TRUE;
    }
    if (is_any_of(s, NO)) {
        return FB_YAML_FALSE;
    }
    struct fb_str bare = without_sign(s);
    return is_integer(bare) || is_decimal(bare) ? FB_YAML_NUMBER : FB_YAML_TEXT;
}

/* Not a number is not a number, and infinity neither, for gsn2x; they are for others. */
static bool is_odd_number(struct fb_str s)
{
    static const char *const WORDS[] = {".inf", "+.inf", "-.inf", ".nan", NULL};
    return is_any_of(s, WORDS);
}

bool fb_yaml_is_typed(struct fb_str s)
{
    return fb_yaml_type(s) != FB_YAML_TEXT || is_odd_number(s);
}

/* Dates, times, numbers to the base of sixty, with leading zeros or with underscores: what is made
 * of the letters of a number may be one for some reader. */
bool fb_yaml_may_be_typed(struct fb_str s)
{
    if (fb_yaml_is_typed(s) || fb_str_is(s, "<<") || fb_str_is(s, "=")) {
        return true;
    }
    if (!strchr("0123456789+-.", s.ptr[0])) {
        return false;
    }
    for (size_t i = 0; i < s.len; i++) {
        if (!is_digit(s.ptr[i], 16) && !strchr("+-._:xXoOtTzZ \t", s.ptr[i])) {
            return false;
        }
    }
    return true;
}

bool fb_yaml_is_text(const struct fb_yaml *scalar)
{
    return scalar && scalar->kind == FB_YAML_SCALAR &&
           (!scalar->plain || fb_yaml_type(scalar->text) == FB_YAML_TEXT);
}

bool fb_yaml_whole(const struct fb_yaml *scalar, int64_t min, uint64_t max)
{
    FB_ASSERT(scalar && min <= 0);
    struct fb_str s = without_sign(scalar->text);
    if (scalar->kind != FB_YAML_SCALAR || !scalar->plain || !is_integer(s)) {
        return false;
    }
    unsigned base = s.len < 3 || s.ptr[0] != '0' ? 10
                    : lower(s.ptr[1]) == 'x'     ? 16
                    : lower(s.ptr[1]) == 'o'     ? 8
                                                 : 2;
    bool below = scalar->text.ptr[0] == '-';
    uint64_t limit = below ? (uint64_t)-min : max, value = 0;
    for (size_t i = base == 10 ? 0 : 2; i < s.len; i++) {
        char c = lower(s.ptr[i]);
        unsigned digit = c >= 'a' ? (unsigned)(c - 'a') + 10 : (unsigned)(c - '0');
        if (c == '_') {
            continue;
        }
        if (value > (limit - (digit < limit ? digit : limit)) / base || digit > limit) {
            return false;
        }
        value = value * base + digit;
    }
    return true;
}

bool fb_yaml_flag(const struct fb_yaml *scalar, bool *out)
{
    FB_ASSERT(scalar && out);
    enum fb_yaml_type type =
        scalar->kind == FB_YAML_SCALAR ? fb_yaml_type(scalar->text) : FB_YAML_TEXT;
    if (type != FB_YAML_TRUE && type != FB_YAML_FALSE) {
        return false;
    }
    *out = type == FB_YAML_TRUE;
    return true;
}

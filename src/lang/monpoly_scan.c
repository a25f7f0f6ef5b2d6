/* Tokens of MonPoly's formulas and signatures. */
#include <string.h>

#include "base/assert.h"
#include "base/decimal.h"
#include "lang/monpoly_tree.h"

static bool name_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

static bool digit(char c)
{
    return c >= '0' && c <= '9';
}

static char peek(const struct fb_mscan *scan, size_t ahead)
{
    return scan->pos + ahead < scan->text.len ? scan->text.ptr[scan->pos + ahead] : '\0';
}

static void step(struct fb_mscan *scan)
{
    if (peek(scan, 0) == '\n') {
        scan->line++;
        scan->line_start = scan->pos + 1;
    }
    scan->pos++;
}

static void skip_comment(struct fb_mscan *scan)
{
    bool block = peek(scan, 0) == '(';
    while (scan->pos < scan->text.len) {
        if (block && peek(scan, 0) == '*' && peek(scan, 1) == ')') {
            scan->pos += 2;
            return;
        }
        if (!block && peek(scan, 0) == '\n') {
            return;
        }
        step(scan);
    }
}

static void skip_blanks(struct fb_mscan *scan)
{
    while (scan->pos < scan->text.len) {
        char c = peek(scan, 0);
        if (c == '#' || (c == '(' && peek(scan, 1) == '*')) {
            skip_comment(scan);
        } else if (c == ' ' || c == '\t' || c == '\r' || c == '\n') {
            step(scan);
        } else {
            return;
        }
    }
}

/* Digits, a point with digits, an exponent, and a letter for a unit of time. */
static void scan_number(struct fb_mscan *scan)
{
    while (digit(peek(scan, 0))) {
        step(scan);
    }
    if (peek(scan, 0) == '.') {
        step(scan);
    }
    while (name_char(peek(scan, 0)) || ((peek(scan, 0) == '-' || peek(scan, 0) == '+') &&
                                           scan->text.ptr[scan->pos - 1] == 'e')) {
        step(scan);
    }
}

static bool scan_string(struct fb_mscan *scan)
{
    char quote = peek(scan, 0);
    step(scan);
    while (scan->pos < scan->text.len && peek(scan, 0) != quote) {
        if (peek(scan, 0) == '\\' && scan->pos + 1 < scan->text.len) {
            step(scan); /* kept as it stands, as MonPoly does */
        }
        step(scan);
    }
    bool closed = scan->pos < scan->text.len;
    scan->pos += closed ? 1 : 0;
    return closed;
}

static void scan_sign(struct fb_mscan *scan)
{
    static const char *const pairs[] = {"<-", "<=", ">=", "<>", "|>", "<|"};
    for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
        if (peek(scan, 0) == pairs[i][0] && peek(scan, 1) == pairs[i][1]) {
            scan->pos++;
            break;
        }
    }
    step(scan);
}

/* The signs of two triangles, for the operators of matches. */
static bool scan_triangle(struct fb_mscan *scan)
{
    struct fb_str here = fb_str_sub(scan->text, scan->pos, 3);
    bool triangle = fb_str_is(here, "\xe2\x96\xb7") || fb_str_is(here, "\xe2\x97\x81");
    scan->pos += triangle ? 3 : 0;
    return triangle;
}

struct fb_mtoken fb_mscan_next(struct fb_mscan *scan)
{
    FB_ASSERT(scan && scan->pos <= scan->text.len);
    skip_blanks(scan);
    struct fb_mtoken token = {
        .line = scan->line + 1, .column = (uint32_t)(scan->pos - scan->line_start) + 1};
    size_t start = scan->pos;
    size_t trim = 0;
    char c = peek(scan, 0);
    if (scan->pos >= scan->text.len) {
        token.kind = FB_MTOKEN_END;
    } else if (c == 'r' && peek(scan, 1) == '"') {
        scan->pos++;
        start++;
        token.kind = scan_string(scan) ? FB_MTOKEN_PATTERN : FB_MTOKEN_BAD;
        trim = token.kind == FB_MTOKEN_PATTERN ? 1 : 0;
    } else if (scan_triangle(scan)) {
        token.kind = FB_MTOKEN_SIGN;
    } else if (digit(c)) {
        token.kind = FB_MTOKEN_NUMBER;
        scan_number(scan);
    } else if (name_char(c)) {
        token.kind = FB_MTOKEN_NAME;
        while (name_char(peek(scan, 0))) {
            step(scan);
        }
    } else if (c == '"' || c == '\'') {
        token.kind = scan_string(scan) ? FB_MTOKEN_STRING : FB_MTOKEN_BAD;
        trim = token.kind == FB_MTOKEN_STRING ? 1 : 0;
    } else {
        token.kind = strchr("()[],;.@=<>+-*/:?|", c) && c ? FB_MTOKEN_SIGN : FB_MTOKEN_BAD;
        scan_sign(scan);
    }
    token.text = fb_str_sub(scan->text, start + trim, scan->pos - start - 2 * trim);
    return token;
}

enum fb_code fb_mtoken_refuse(
    const struct fb_mtoken *token, enum fb_code code, struct fb_err *err, const char *message)
{
    FB_ASSERT(token && code != FB_OK);
    if (token->kind == FB_MTOKEN_END) {
        (void)fb_err_set(err, code, "%s at the end", message);
    } else {
        struct fb_str cut = fb_str_sub(token->text, 0, 40);
        bool good = fb_str_utf8(cut, NULL);
        (void)fb_err_set(err, code, "%s at '%.*s'", message, FB_STR_ARG(good ? cut : FB_STR("?")));
    }
    fb_err_place(err, NULL, token->line, token->column, -1);
    return code;
}

enum fb_code fb_mtoken_value(
    const struct fb_mtoken *token, struct fb_value *out, struct fb_err *err)
{
    FB_ASSERT(token && out);
    uint64_t whole;
    if (fb_str_u64(token->text, &whole) && whole <= INT64_MAX) {
        *out = fb_value_int((int64_t)whole);
        return FB_OK;
    }
    struct fb_decimal decimal;
    struct fb_str text = token->text;
    if (fb_str_ends(text, FB_STR("."))) {
        text.len--;
    }
    bool real = fb_str_find(token->text, '.', 0) < token->text.len ||
                fb_str_find(token->text, 'e', 0) < token->text.len;
    struct fb_err why;
    fb_err_init(&why);
    if (!real || fb_decimal_parse(text, &decimal, &why) != FB_OK) {
        return fb_mtoken_refuse(token, FB_E_SYNTAX, err, "a number is malformed or too large");
    }
    *out = fb_value_float(fb_decimal_to_double(decimal));
    return FB_OK;
}

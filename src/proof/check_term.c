/* The checker: terms and comparisons (docs/MONITOR.md, Formulas). */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "engine/pattern.h"
#include "proof/check_parts.h"

/* ---- variables ---- */

static uint64_t term_vars(const struct fb_term *term)
{
    uint64_t vars = term->kind == FB_TERM_VAR ? (uint64_t)1 << term->var : 0;
    for (int i = 0; i < 2 && term->kind > FB_TERM_CONST && term->args[i]; i++) {
        vars |= term_vars(term->args[i]);
    }
    return vars;
}

static uint64_t regex_vars(const struct fb_regex *regex)
{
    return (regex->test ? fb_check_vars(regex->test) : 0) |
           (regex->left ? regex_vars(regex->left) : 0) |
           (regex->right ? regex_vars(regex->right) : 0);
}

uint64_t fb_check_vars(const struct fb_form *form)
{
    uint64_t vars = 0;
    uint64_t bound = 0;
    bool binds = form->kind == FB_FORM_EXISTS || form->kind == FB_FORM_AGGREGATE;
    for (size_t i = 0; binds && i < form->bound_count; i++) {
        bound |= (uint64_t)1 << form->bound[i];
    }
    if (form->kind == FB_FORM_AGGREGATE) {
        return bound | (uint64_t)1 << form->agg_result;
    }
    for (size_t i = 0; i < form->term_count; i++) {
        vars |= term_vars(form->terms[i]);
    }
    vars |= form->regex ? regex_vars(form->regex) : 0;
    bool defines = form->kind == FB_FORM_FREEZE || form->kind == FB_FORM_LETPAST;
    vars |= form->left && !defines ? fb_check_vars(form->left) : 0;
    vars |= form->right ? fb_check_vars(form->right) : 0;
    return vars & ~bound;
}

/* ---- arithmetic ---- */

static bool whole_of(struct fb_value v, int64_t *out)
{
    *out = v.type == FB_TYPE_TIME ? v.u.time : v.u.integer;
    return v.type == FB_TYPE_INT || v.type == FB_TYPE_TIME;
}

static bool real_of(struct fb_value v, double *out)
{
    *out = v.type == FB_TYPE_INT ? (double)v.u.integer : v.u.number;
    return v.type == FB_TYPE_INT || v.type == FB_TYPE_FLOAT;
}

/* Of whole numbers; false when there is no result. */
static bool whole(enum fb_term_kind kind, int64_t a, int64_t b, int64_t *out)
{
    bool total = kind == FB_TERM_QUOTIENT || kind == FB_TERM_REMAINDER;
    switch ((int)kind) {
    case FB_TERM_ADD:
        return !__builtin_add_overflow(a, b, out);
    case FB_TERM_SUB:
        return !__builtin_sub_overflow(a, b, out);
    case FB_TERM_MUL:
        return !__builtin_mul_overflow(a, b, out);
    case FB_TERM_DIV:
    case FB_TERM_QUOTIENT:
        *out = b == 0 || b == -1 ? 0 : a / b;
        return b == -1 ? !__builtin_sub_overflow(0, a, out) : b != 0 || total;
    default:
        *out = b == 0 ? a : b == -1 ? 0 : a % b;
        return total || (b != 0 && !(b == -1 && a == INT64_MIN));
    }
}

static struct fb_value real(enum fb_term_kind kind, double a, double b)
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

/* The difference of two times is a number; a time and a number give a time; nothing else goes with
 * times. */
static struct fb_value binary(enum fb_term_kind kind, struct fb_value a, struct fb_value b)
{
    int64_t x;
    int64_t y;
    int64_t result;
    double p;
    double q;
    bool a_time = a.type == FB_TYPE_TIME;
    bool b_time = b.type == FB_TYPE_TIME;
    if (whole_of(a, &x) && whole_of(b, &y)) {
        bool fine = !a_time && !b_time;
        fine = fine || (kind == FB_TERM_SUB && a_time) || (kind == FB_TERM_ADD && a_time != b_time);
        if (!fine || !whole(kind, x, y, &result)) {
            return fb_value_none();
        }
        return a_time != b_time ? fb_value_time(result) : fb_value_int(result);
    }
    return real_of(a, &p) && real_of(b, &q) ? real(kind, p, q) : fb_value_none();
}

/* ---- conversions ---- */

/* Digits with at most a sign and, of a float, a point and an exponent. */
static struct fb_value read_number(struct fb_str text, bool is_whole)
{
    char copy[64];
    char *end = copy;
    if (text.len == 0 || text.len >= sizeof(copy)) {
        return fb_value_none();
    }
    memcpy(copy, text.ptr, text.len);
    copy[text.len] = '\0';
    if (strspn(copy, is_whole ? "+-0123456789" : "+-0123456789.eE") != text.len) {
        return fb_value_none();
    }
    errno = 0;
    struct fb_value value =
        is_whole ? fb_value_int(strtoll(copy, &end, 10)) : fb_value_float(strtod(copy, &end));
    bool overflow = is_whole && errno == ERANGE;
    return end == copy + text.len && !overflow ? value : fb_value_none();
}

static struct fb_value write_number(struct fb_value value, char room[FB_CHECK_ROOM])
{
    if (value.type == FB_TYPE_INT) {
        (void)snprintf(room, FB_CHECK_ROOM, "%lld", (long long)value.u.integer);
    } else {
        (void)snprintf(room, FB_CHECK_ROOM - 1, "%.12g", value.u.number);
        size_t len = strlen(room);
        if (strspn(room, "-0123456789") == len) { /* as OCaml prints it */
            memcpy(room + len, ".", 2);
        }
    }
    return fb_value_str(fb_str_of(room));
}

/* Of a number of seconds since 1970. */
static struct fb_value date_part(enum fb_term_kind kind, double seconds, char room[FB_CHECK_ROOM])
{
    int64_t year;
    unsigned month;
    unsigned day;
    if (!(seconds > -1e12 && seconds < 1e12)) {
        return fb_value_none();
    }
    fb_civil_from_days((int64_t)floor(seconds / 86400.0), &year, &month, &day);
    switch ((int)kind) {
    case FB_TERM_DAY_OF_MONTH:
        return fb_value_int(day);
    case FB_TERM_MONTH:
        return fb_value_int(month);
    case FB_TERM_YEAR:
        return fb_value_int(year);
    default:
        (void)snprintf(room, FB_CHECK_ROOM, "%04lld-%02u-%02u", (long long)year, month, day);
        return fb_value_str(fb_str_of(room));
    }
}

static struct fb_value unary(enum fb_term_kind kind, struct fb_value a, char room[FB_CHECK_ROOM])
{
    double x;
    if (kind == FB_TERM_READ_INT || kind == FB_TERM_READ_FLOAT) {
        return a.type == FB_TYPE_STRING ? read_number(a.u.text, kind == FB_TERM_READ_INT)
                                        : fb_value_none();
    }
    if (!real_of(a, &x)) {
        return fb_value_none();
    }
    switch ((int)kind) {
    case FB_TERM_NEG:
        return a.type == FB_TYPE_INT ? binary(FB_TERM_SUB, fb_value_int(0), a) : fb_value_float(-x);
    case FB_TERM_TO_FLOAT:
        return fb_value_float(x);
    case FB_TERM_TO_INT:
        if (a.type == FB_TYPE_INT) {
            return a;
        }
        return x > -0x1p63 && x < 0x1p63 ? fb_value_int((int64_t)x) : fb_value_none();
    case FB_TERM_TO_STRING:
        return write_number(a, room);
    default:
        return date_part(kind, x, room);
    }
}

bool fb_check_term(const struct fb_term *term, const struct fb_value *const *values,
    char room[FB_CHECK_ROOM], struct fb_value *out)
{
    char other[FB_CHECK_ROOM];
    struct fb_value args[2];
    switch ((int)term->kind) {
    case FB_TERM_ANY:
        *out = fb_value_none();
        return true;
    case FB_TERM_CONST:
        *out = term->value;
        return true;
    case FB_TERM_VAR:
        *out = values[term->var] ? *values[term->var] : fb_value_none();
        return values[term->var] != NULL;
    case FB_TERM_ADD:
    case FB_TERM_SUB:
    case FB_TERM_MUL:
    case FB_TERM_DIV:
    case FB_TERM_MOD:
    case FB_TERM_QUOTIENT:
    case FB_TERM_REMAINDER:
        if (!fb_check_term(term->args[0], values, room, &args[0]) ||
            !fb_check_term(term->args[1], values, other, &args[1])) {
            return false;
        }
        *out = binary(term->kind, args[0], args[1]);
        return true;
    default:
        if (!fb_check_term(term->args[0], values, room, &args[0])) {
            return false;
        }
        *out = unary(term->kind, args[0], room);
        return true;
    }
}

/* ---- comparisons ---- */

static bool is_number(struct fb_value v)
{
    return v.type == FB_TYPE_INT || v.type == FB_TYPE_FLOAT;
}

/* NONE compares with nothing, and what is not a number only with its own type. */
static bool compare(enum fb_form_kind kind, struct fb_value a, struct fb_value b)
{
    bool alike = a.type == b.type || (is_number(a) && is_number(b));
    int order = fb_value_cmp(a, b);
    return alike && a.type != FB_TYPE_NONE &&
           (kind == FB_FORM_EQ        ? order == 0
               : kind == FB_FORM_LESS ? order < 0
                                      : order <= 0);
}

/* Whether what the pattern found agrees with the groups that the formula names. */
static int fit_groups(
    const struct fb_form *form, const struct fb_knows *knows, const struct fb_pattern_match *match)
{
    struct fb_value found[FB_PATTERN_GROUPS_MAX];
    const struct fb_value *values[FB_IR_VARS_MAX];
    int fits = 1;
    memcpy(values, knows->value, sizeof(values));
    for (size_t i = 2; i < form->term_count && i < 2 + FB_PATTERN_GROUPS_MAX; i++) {
        const struct fb_term *term = form->terms[i];
        struct fb_str group = match->groups[i - 2];
        char room[FB_CHECK_ROOM];
        struct fb_value value;
        if (term->kind == FB_TERM_ANY) {
            continue;
        }
        found[i - 2] = fb_value_str(group);
        bool known = fb_check_term(term, values, room, &value);
        bool open = term->kind == FB_TERM_VAR && !known;
        if (!group.ptr || (known && !fb_value_eq(value, found[i - 2])) ||
            (open && fb_check_without(knows, term->var, found[i - 2]))) {
            return 0;
        }
        fits = known ? fits : -1;
        if (open) {
            values[term->var] = &found[i - 2];
        }
    }
    return fits;
}

static int check_text(struct fb_check *c, const struct fb_form *form, const struct fb_knows *knows)
{
    char rooms[2][FB_CHECK_ROOM];
    struct fb_value a;
    struct fb_value b;
    struct fb_pattern *pattern = NULL;
    struct fb_pattern_match match;
    struct fb_err why;
    if (!fb_check_term(form->terms[0], knows->value, rooms[0], &a) ||
        !fb_check_term(form->terms[1], knows->value, rooms[1], &b)) {
        return -1;
    }
    if (a.type != FB_TYPE_STRING || b.type != FB_TYPE_STRING) {
        return 0;
    }
    if (form->kind == FB_FORM_SUBSTRING) {
        return a.u.text.len == 0 ||
               (b.u.text.len >= a.u.text.len &&
                   memmem(b.u.text.ptr, b.u.text.len, a.u.text.ptr, a.u.text.len) != NULL);
    }
    fb_err_init(&why);
    enum fb_code code = fb_pattern_new(b.u.text, &pattern, &why);
    int fits = 0;
    if (code == FB_OK) {
        code = fb_pattern_find(pattern, a.u.text, &match, c->err);
        fits = code == FB_OK && match.found ? fit_groups(form, knows, &match) : 0;
    } else if (code == FB_E_NOMEM) {
        (void)fb_err_set(c->err, code, "memory ran out");
    } else {
        code = FB_OK; /* a pattern that is none matches nothing */
    }
    fb_pattern_free(pattern);
    return code ? -1 : fits;
}

int fb_check_compare(struct fb_check *c, const struct fb_form *form, const struct fb_knows *knows)
{
    FB_ASSERT(form->term_count >= 2);
    if (form->kind == FB_FORM_SUBSTRING || form->kind == FB_FORM_MATCHES) {
        return check_text(c, form, knows);
    }
    char rooms[2][FB_CHECK_ROOM];
    struct fb_value values[2];
    bool known[2];
    for (int i = 0; i < 2; i++) {
        known[i] = fb_check_term(form->terms[i], knows->value, rooms[i], &values[i]);
    }
    if (known[0] && known[1]) {
        return compare(form->kind, values[0], values[1]);
    }
    for (int i = 0; i < 2 && form->kind == FB_FORM_EQ; i++) {
        const struct fb_term *open = form->terms[1 - i];
        if (known[i] && open->kind == FB_TERM_VAR &&
            (values[i].type == FB_TYPE_NONE || fb_check_without(knows, open->var, values[i]))) {
            return 0;
        }
    }
    return -1;
}

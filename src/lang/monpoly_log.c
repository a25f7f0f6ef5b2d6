/*
 * Logs of MonPoly, read in pieces of any size. An item (a time, the name of a predicate, a tuple, a
 * command) that is cut off by the end of a piece is read again when more has come, so a verdict
 * waits for nothing but what decides it, and memory holds one item.
 */
#include "lang/monpoly_log.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/assert.h"

enum { HASH_SIZE = 4096, FLOAT_TEXT_MAX = 400 };

_Static_assert(HASH_SIZE > 2 * FB_MONPOLY_RELATIONS_MAX, "names are found in a few steps");

struct fb_mlog {
    struct fb_mlog_target target;
    const struct fb_signature *signature;
    struct fb_err *err;
    uint16_t hash[HASH_SIZE]; /* 1 + number of a relation */

    const char *text; /* what is being read */
    const char *pos;
    const char *end;
    bool final;   /* nothing follows */
    bool starved; /* an item goes on behind the end */
    uint32_t line;
    int64_t line_start; /* where the line begins, from text on */

    struct fb_buf pending; /* the beginning of an item */
    bool open;             /* a time-point is */
    bool any;
    bool over;      /* a command ended the log */
    bool any_order; /* time may run backwards */
    fb_time now;
    int64_t relation; /* whose tuples may follow; -1: none */
    struct fb_value values[FB_IR_ARITY_MAX];
};

/* ---- names of predicates ---- */

static uint32_t hash_of(struct fb_str name)
{
    uint32_t hash = 2166136261u;
    for (size_t i = 0; i < name.len; i++) {
        hash = (hash ^ (unsigned char)name.ptr[i]) * 16777619u;
    }
    return hash ^ hash >> 15;
}

static void hash_relations(struct fb_mlog *log)
{
    for (size_t i = 0; i < log->signature->count; i++) {
        uint32_t at = hash_of(log->signature->relations[i].name) % HASH_SIZE;
        while (log->hash[at]) {
            at = (at + 1) % HASH_SIZE;
        }
        log->hash[at] = (uint16_t)(i + 1);
    }
}

static int64_t find_relation(const struct fb_mlog *log, struct fb_str name)
{
    uint32_t at = hash_of(name) % HASH_SIZE;
    for (; log->hash[at]; at = (at + 1) % HASH_SIZE) {
        if (fb_str_eq(log->signature->relations[log->hash[at] - 1].name, name)) {
            return log->hash[at] - 1;
        }
    }
    return -1;
}

/* ---- words ---- */

static bool word_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '-' && c <= ':') || c == '_' ||
           c == '[' || c == ']' || c == '!' || c == '+';
}

/* Passes over blanks and comments. */
static void skip(struct fb_mlog *log)
{
    for (; log->pos < log->end; log->pos++) {
        char c = *log->pos;
        if (c == '\n') {
            log->line++;
            log->line_start = log->pos + 1 - log->text;
        } else if (c == '#') {
            const char *stop = memchr(log->pos, '\n', (size_t)(log->end - log->pos));
            log->starved = log->starved || (!stop && !log->final);
            log->pos = stop ? stop - 1 : log->end - 1;
        } else if (c != ' ' && c != '\t' && c != '\r') {
            return;
        }
    }
    log->starved = log->starved || !log->final;
}

static struct fb_mtoken token_at(const struct fb_mlog *log, const char *start)
{
    struct fb_mtoken token = {.kind = start < log->end ? FB_MTOKEN_NAME : FB_MTOKEN_END,
        .text = {start, (size_t)(log->end - start)},
        .line = log->line + 1,
        .column = (uint32_t)(start - log->text - log->line_start) + 1};
    size_t len = 1;
    while (len < token.text.len && word_char(start[0]) && word_char(start[len])) {
        len++;
    }
    token.text.len = token.text.len < len ? token.text.len : len;
    return token;
}

/* What is wrong, at `start`. When the item may go on, nothing is known to be wrong yet. */
static enum fb_code refuse_at(
    struct fb_mlog *log, const char *start, enum fb_code code, const char *message)
{
    if (log->starved || (start >= log->end && !log->final)) {
        log->starved = true;
        return FB_OK;
    }
    struct fb_mtoken token = token_at(log, start);
    return fb_mtoken_refuse(&token, code, log->err, message);
}

static bool here(const struct fb_mlog *log, char c)
{
    return log->pos < log->end && *log->pos == c;
}

/* A word without quotes, of at least one character; empty when none stands here. */
static struct fb_str read_word(struct fb_mlog *log)
{
    const char *start = log->pos;
    while (log->pos < log->end && word_char(*log->pos)) {
        log->pos++;
    }
    log->starved = log->starved || (log->pos == log->end && !log->final);
    return (struct fb_str){start, (size_t)(log->pos - start)};
}

/* A word, or a string in quotes, whose backslashes are kept. */
static enum fb_code read_string(struct fb_mlog *log, struct fb_str *out)
{
    const char *start = log->pos;
    bool pattern = here(log, 'r') && log->pos + 1 < log->end && log->pos[1] == '"';
    log->pos += pattern ? 1 : 0;
    if (!here(log, '"')) {
        *out = read_word(log);
        return out->len ? FB_OK
                        : refuse_at(log, start, FB_E_SYNTAX, "a value is not of its column's type");
    }
    const char *inside = ++log->pos;
    while (log->pos < log->end && *log->pos != '"') {
        if (*log->pos == '\n') {
            log->line++;
            log->line_start = log->pos + 1 - log->text;
        }
        log->pos += *log->pos == '\\' && log->pos + 1 < log->end ? 2 : 1;
    }
    if (log->pos >= log->end) {
        log->pos = log->end;
        return refuse_at(log, log->pos, FB_E_SYNTAX, "a string is not closed");
    }
    *out = (struct fb_str){inside, (size_t)(log->pos - inside)};
    log->pos++;
    return FB_OK;
}

/* ---- numbers ---- */

/* False when it is no whole number, or too large. */
static bool whole_number(struct fb_str text, int64_t *out)
{
    size_t i = text.len && (text.ptr[0] == '-' || text.ptr[0] == '+') ? 1 : 0;
    uint64_t value = 0;
    if (i == text.len || text.len - i > 19) {
        return false;
    }
    for (; i < text.len; i++) {
        unsigned digit = (unsigned char)text.ptr[i] - (unsigned)'0';
        if (digit > 9) {
            return false;
        }
        value = value * 10 + digit;
    }
    bool minus = text.ptr[0] == '-';
    if (value > (uint64_t)INT64_MAX + (minus ? 1 : 0)) {
        return false;
    }
    *out = minus ? (int64_t)(0 - value) : (int64_t)value;
    return true;
}

/* Up to 15 digits and 22 places make a float by one division of numbers that are exact (Clinger,
 * "How to Read Floating Point Numbers Accurately", 1990); the rest is for strtod. */
static bool real_number(struct fb_str text, double *out)
{
    static const double powers[] = {1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11,
        1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
    char copy[FLOAT_TEXT_MAX];
    size_t i = text.len && text.ptr[0] == '-' ? 1 : 0;
    size_t digits = 0;
    size_t places = 0;
    bool point = false;
    int64_t value = 0;
    for (; i < text.len && digits <= 15; i++) {
        char c = text.ptr[i];
        if (c == '.' && !point) {
            point = true;
        } else if (c >= '0' && c <= '9') {
            value = value * 10 + (c - '0');
            digits += digits > 0 || c != '0' ? 1 : 0;
            places += point ? 1 : 0;
        } else {
            break;
        }
    }
    bool started = text.len > 0 && text.ptr[text.len > 1 && text.ptr[0] == '-' ? 1 : 0] != '.';
    if (i == text.len && digits <= 15 && places <= 22 && started && text.ptr[text.len - 1] != '-') {
        *out = (double)value / powers[places];
        *out = text.ptr[0] == '-' ? -*out : *out;
        return true;
    }
    if (text.len == 0 || text.len >= sizeof(copy)) {
        return false;
    }
    memcpy(copy, text.ptr, text.len);
    copy[text.len] = '\0';
    char *stop = NULL;
    *out = strspn(copy, "+-.0123456789eE") == text.len && started ? strtod(copy, &stop) : 0.0;
    return stop == copy + text.len;
}

static enum fb_code read_value(struct fb_mlog *log, enum fb_type type, struct fb_value *out)
{
    const char *start = log->pos;
    *out = (struct fb_value){.type = type};
    if (type == FB_TYPE_STRING) {
        return read_string(log, &out->u.text);
    }
    struct fb_str word = read_word(log);
    double number = 0.0;
    bool whole = type == FB_TYPE_INT;
    bool good = whole ? whole_number(word, &out->u.integer) : real_number(word, &number);
    *out = whole ? *out : fb_value_float(number);
    return good ? FB_OK : refuse_at(log, start, FB_E_SYNTAX, "a value is not of its column's type");
}

/* ---- items ---- */

static enum fb_code close_point(struct fb_mlog *log)
{
    bool was_open = log->open;
    log->open = false;
    log->relation = -1;
    return was_open ? log->target.close(log->target.ctx, log->err) : FB_OK;
}

/* "@TS". */
static enum fb_code read_time(struct fb_mlog *log)
{
    int64_t time;
    log->pos++;
    skip(log);
    const char *start = log->pos;
    struct fb_str word = read_word(log);
    if (word.len == 0) {
        return refuse_at(log, start, FB_E_SYNTAX, "expected a time");
    }
    if (!whole_number(word, &time)) {
        return refuse_at(log, start, FB_E_SYNTAX, "expected a time in whole seconds");
    }
    if (log->starved) {
        return FB_OK;
    }
    if (time == FB_TIME_MIN || time == FB_TIME_MAX) {
        return refuse_at(log, start, FB_E_TIME, "a time is too far away");
    }
    if (log->any && time < log->now && !log->any_order) {
        return refuse_at(log, start, FB_E_TIME, "time runs backwards");
    }
    enum fb_code code = close_point(log);
    log->any = true;
    log->open = true;
    log->now = time;
    return code ? code : log->target.open(log->target.ctx, time, log->err);
}

/* "(1,2)" behind the name of a predicate. */
static enum fb_code read_tuple(struct fb_mlog *log)
{
    const struct fb_relation *relation = &log->signature->relations[log->relation];
    log->pos++;
    for (size_t i = 0; i < relation->arity; i++) {
        skip(log);
        enum fb_code code = read_value(log, relation->types[i], &log->values[i]);
        skip(log);
        if (code == FB_OK && i + 1 < relation->arity && !here(log, ',')) {
            code = refuse_at(log, log->pos, FB_E_SYNTAX, "a tuple has too few columns");
        }
        if (code || log->starved) {
            return code;
        }
        log->pos += i + 1 < relation->arity ? 1 : 0;
    }
    skip(log);
    if (!here(log, ')')) {
        return refuse_at(log, log->pos, FB_E_SYNTAX, "expected ')'");
    }
    log->pos++;
    return log->target.tuple(log->target.ctx, (uint32_t)log->relation, log->values, log->err);
}

/* The name of a predicate; one without columns may stand alone. */
static enum fb_code read_name(struct fb_mlog *log)
{
    const char *start = log->pos;
    struct fb_str name = read_word(log);
    if (!log->open || name.len == 0) {
        return refuse_at(log, start, FB_E_SYNTAX,
            log->open ? "expected a predicate, '@' or ';'" : "expected '@'");
    }
    int64_t relation = find_relation(log, name);
    if (relation < 0) {
        return refuse_at(log, start, FB_E_SYNTAX, "the signature has no such predicate");
    }
    skip(log);
    if (log->starved) {
        return FB_OK;
    }
    log->relation = relation;
    if (here(log, '(')) {
        return FB_OK;
    }
    if (log->signature->relations[relation].arity > 0) {
        return refuse_at(log, log->pos, FB_E_SYNTAX, "expected '('");
    }
    return log->target.tuple(log->target.ctx, (uint32_t)relation, log->values, log->err);
}

/* "> name argument <": only `terminate` means something here. */
static enum fb_code read_command(struct fb_mlog *log)
{
    const char *stop = memchr(log->pos, '<', (size_t)(log->end - log->pos));
    if (!stop) {
        const char *start = log->pos;
        log->starved = !log->final;
        return refuse_at(log, start, FB_E_SYNTAX, "a command is not closed by '<'");
    }
    log->pos++;
    skip(log);
    log->over = fb_str_is(read_word(log), "terminate");
    for (; log->pos <= stop; log->pos++) {
        if (*log->pos == '\n') {
            log->line++;
            log->line_start = log->pos + 1 - log->text;
        }
    }
    log->starved = false;
    return close_point(log);
}

static enum fb_code read_item(struct fb_mlog *log)
{
    switch (*log->pos) {
    case '@':
        return read_time(log);
    case '>':
        return read_command(log);
    case ';':
        if (!log->open) {
            return refuse_at(log, log->pos, FB_E_SYNTAX, "expected '@'");
        }
        log->pos++;
        return close_point(log);
    case '(':
        if (log->relation < 0) {
            return refuse_at(log, log->pos, FB_E_SYNTAX, "expected a predicate");
        }
        return read_tuple(log);
    default:
        return read_name(log);
    }
}

/* Reads the items of log->text that are whole; what is left begins at log->pos. */
static enum fb_code read_items(struct fb_mlog *log)
{
    enum fb_code code = FB_OK;
    log->starved = false;
    while (code == FB_OK && !log->over) {
        const char *start = log->pos;
        uint32_t line = log->line;
        int64_t line_start = log->line_start;
        skip(log);
        bool nothing = log->pos == log->end;
        if (!nothing) {
            log->starved = false;
            start = log->pos;
            line = log->line;
            line_start = log->line_start;
            code = read_item(log);
        }
        if (nothing || (code == FB_OK && log->starved)) {
            log->pos = nothing && log->final ? log->pos : start;
            log->line = line;
            log->line_start = line_start;
            return code;
        }
    }
    return code;
}

/* ---- pieces ---- */

enum fb_code fb_mlog_new(const struct fb_signature *signature, struct fb_mlog_target target,
    struct fb_mlog **out, struct fb_err *err)
{
    FB_ASSERT(signature && out);
    FB_ASSERT(target.open && target.tuple && target.close);
    struct fb_mlog *log = fb_calloc(1, sizeof(*log));
    if (!log) {
        return fb_err_set(err, FB_E_NOMEM, "memory ran out");
    }
    log->target = target;
    log->signature = signature;
    log->relation = -1;
    fb_buf_init(&log->pending, 2 * (size_t)FB_MLOG_ITEM_MAX);
    hash_relations(log);
    *out = log;
    return FB_OK;
}

void fb_mlog_free(struct fb_mlog *log)
{
    if (log) {
        fb_buf_release(&log->pending);
        fb_free(log);
    }
}

void fb_mlog_any_order(struct fb_mlog *log)
{
    FB_ASSERT(log);
    log->any_order = true;
}

bool fb_mlog_is_open(const struct fb_mlog *log)
{
    FB_ASSERT(log);
    return log->open;
}

void fb_mlog_save(const struct fb_mlog *log, struct fb_buf *out)
{
    FB_ASSERT(log && out);
    fb_buf_add_char(out, (char)((log->open ? 1 : 0) | (log->any ? 2 : 0) | (log->over ? 4 : 0)));
    fb_wire_put_i64(out, log->now);
    fb_wire_put_i64(out, log->relation);
    fb_wire_put_u64(out, log->line);
    fb_wire_put_i64(out, log->line_start);
    fb_wire_put_text(out, fb_buf_str(&log->pending));
}

enum fb_code fb_mlog_load(struct fb_mlog *log, struct fb_wire *in, struct fb_err *err)
{
    FB_ASSERT(log && in);
    FB_ASSERT(!log->any && log->pending.len == 0);
    uint64_t flags = fb_wire_up_to(in, 7);
    log->open = (flags & 1) != 0;
    log->any = (flags & 2) != 0;
    log->over = (flags & 4) != 0;
    log->now = fb_wire_i64(in);
    log->relation = fb_wire_i64(in);
    log->line = (uint32_t)fb_wire_up_to(in, UINT32_MAX);
    log->line_start = fb_wire_i64(in);
    struct fb_str pending = fb_wire_text(in);
    in->bad = in->bad || log->relation < -1 || log->relation >= (int64_t)log->signature->count ||
              pending.len > 2 * (size_t)FB_MLOG_ITEM_MAX ||
              log->line_start > 2 * (int64_t)FB_MLOG_ITEM_MAX || log->line_start < -INT64_MAX / 2;
    if (in->bad) {
        return fb_err_set(err, FB_E_CORRUPT, "the state does not hold together");
    }
    fb_buf_add_str(&log->pending, pending);
    return fb_buf_check(&log->pending, "a part of the log", err);
}

static enum fb_code read_text(struct fb_mlog *log, struct fb_str text, bool final)
{
    log->text = text.ptr;
    log->pos = text.ptr;
    log->end = text.len ? text.ptr + text.len : text.ptr; /* no text may have no place */
    log->final = final;
    return text.len ? read_items(log) : FB_OK;
}

/* What was read is taken off the front. */
static void forget(struct fb_mlog *log)
{
    log->line_start -= log->pos - log->text;
}

enum fb_code fb_mlog_feed(struct fb_mlog *log, struct fb_str piece, bool final, struct fb_err *err)
{
    FB_ASSERT(log && err);
    enum fb_code code = FB_OK;
    log->err = err;
    while (log->pending.len && piece.len && code == FB_OK && !log->over) {
        size_t share = piece.len < FB_MLOG_ITEM_MAX ? piece.len : FB_MLOG_ITEM_MAX;
        fb_buf_add(&log->pending, piece.ptr, share);
        piece = fb_str_sub(piece, share, piece.len);
        code = fb_buf_check(&log->pending, "a part of the log", err);
        code = code ? code : read_text(log, fb_buf_str(&log->pending), final && !piece.len);
        size_t read = (size_t)(log->pos - log->text);
        forget(log);
        if (code == FB_OK) {
            memmove(log->pending.ptr, log->pending.ptr + read, log->pending.len - read);
            fb_buf_cut(&log->pending, log->pending.len - read);
        }
        if (code == FB_OK && log->pending.len >= FB_MLOG_ITEM_MAX && !log->over) {
            code = fb_err_set(
                err, FB_E_LIMIT, "a tuple of the log is longer than %d bytes", FB_MLOG_ITEM_MAX);
            fb_err_place(err, NULL, log->line + 1, 1, -1);
        }
    }
    if (code || log->over) {
        return code;
    }
    if (log->pending.len) {
        return final ? read_text(log, fb_buf_str(&log->pending), true) : FB_OK;
    }
    code = read_text(log, piece, final);
    if (code || piece.len == 0 || log->over) {
        return code;
    }
    fb_buf_add(&log->pending, log->pos, (size_t)(log->end - log->pos));
    forget(log);
    return fb_buf_check(&log->pending, "a part of the log", err);
}

enum fb_code fb_mlog_end(struct fb_mlog *log, struct fb_err *err)
{
    FB_ASSERT(log);
    enum fb_code code = fb_mlog_feed(log, (struct fb_str){NULL, 0}, true, err);
    return code ? code : close_point(log);
}

#include <stdio.h>
#include <string.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include "base/alloc.h"
#include "base/assert.h"
#include "base/codec.h"
#include "base/json_private.h"

enum {
    WINDOW_MIN = 256 * 1024, /* bytes that a stream is read in */
    PATH_MAX_BYTES = 2048,   /* of a path in an error, which is cut to less */
};

/* --- Errors ----------------------------------------------------------------------------- */

struct fb_json_place fb_json_scan_place(const struct fb_json_reader *r, size_t n)
{
    uint64_t offset = r->base + r->pos + n;
    FB_ASSERT(offset >= r->line_start);
    uint64_t column = offset - r->line_start + 1;
    return (struct fb_json_place){.offset = offset,
        .line = r->line,
        .column = column < UINT32_MAX ? (uint32_t)column : UINT32_MAX};
}

enum fb_code fb_json_reader_err_at(
    const struct fb_json_reader *reader, struct fb_json_place place, struct fb_err *err)
{
    FB_ASSERT(reader && err && err->code != FB_OK);
    fb_err_place(err, reader->name, place.line, place.column, (int64_t)place.offset);
    struct fb_buf path;
    fb_buf_init(&path, PATH_MAX_BYTES);
    fb_json_path(reader, &path);
    /* Of a path that does not fit there is the beginning, and an error shows no more than that. */
    if (path.ptr) {
        fb_err_path(err, path.ptr);
    }
    fb_buf_release(&path);
    return err->code;
}

/* Places a filled error at the n-th byte from pos. */
enum fb_code fb_json_scan_placed(const struct fb_json_reader *r, size_t n, struct fb_err *err)
{
    return fb_json_reader_err_at(r, fb_json_scan_place(r, n), err);
}

enum fb_code fb_json_scan_no_memory(const struct fb_json_reader *r, struct fb_err *err)
{
    (void)fb_err_set(err, FB_E_NOMEM, "memory ran out");
    return fb_json_scan_placed(r, 0, err);
}

/* The hint for the byte c, the n-th from pos, which cannot stand there; "" for none. */
static const char *hint_for(const struct fb_json_reader *r, size_t n, int c)
{
    bool after_comma =
        r->depth > 0 && (r->state == FB_JSON_AT_KEY ||
                            (r->state == FB_JSON_AT_VALUE && r->frames[r->depth - 1].is_array));
    if (after_comma && (c == '}' || c == ']')) {
        return "Remove the comma before it.";
    }
    if (c == '\'') {
        return "JSON writes strings in double quotes.";
    }
    if (c == '/' || c == '#') {
        return "JSON has no comments.";
    }
    bool at_value =
        n == 0 && (r->state == FB_JSON_AT_VALUE || r->state == FB_JSON_AT_FIRST_ELEMENT);
    if (at_value && (c == '+' || c == '.')) {
        return "A JSON number starts with a digit or with '-' and a digit.";
    }
    bool at_start = r->base + r->pos + n == 0;
    if (at_start && c == 0xEF) {
        return "Save the file without a byte order mark.";
    }
    if (at_start && (c == 0xFE || c == 0xFF || c == 0)) {
        return "Save the file as UTF-8.";
    }
    if (c < 0 && r->depth > 0) {
        return "The input may have been cut off.";
    }
    return "";
}

/* Refuses the byte c (-1: the end), which is the n-th from pos. */
enum fb_code fb_json_scan_unexpected(
    const struct fb_json_reader *r, size_t n, int c, const char *expected, struct fb_err *err)
{
    if (c < 0) {
        (void)fb_err_set(err, FB_E_SYNTAX, "expected %s, found the end of the input", expected);
    } else if (c > ' ' && c < 0x7f) {
        (void)fb_err_set(err, FB_E_SYNTAX, "expected %s, found '%c'", expected, c);
    } else {
        (void)fb_err_set(err, FB_E_SYNTAX, "expected %s, found byte 0x%02x", expected, (unsigned)c);
    }
    const char *hint = hint_for(r, n, c);
    if (hint[0]) {
        (void)fb_err_hint(err, "%s", hint);
    }
    return fb_json_scan_placed(r, n, err);
}

/* --- The window ------------------------------------------------------------------------- */

/* Makes room behind end: moves what is not consumed to the front, or else grows the window. */
static bool make_room(struct fb_json_reader *r)
{
    FB_ASSERT(r->source && r->pos <= r->end && r->end <= r->window_cap);
    if (r->end < r->window_cap) {
        return true;
    }
    if (r->pos > 0) {
        memmove(r->window, r->window + r->pos, r->end - r->pos);
        r->base += r->pos;
        r->end -= r->pos;
        r->pos = 0;
        return true;
    }
    size_t cap = r->window_cap ? r->window_cap * 2 : WINDOW_MIN;
    char *grown = fb_realloc(r->window, cap);
    if (!grown) {
        return false;
    }
    r->window = grown;
    r->window_cap = cap;
    r->text = grown;
    return true;
}

/* Reads on until n bytes from pos are there; *got is false when the input ends before. */
static enum fb_code fetch(struct fb_json_reader *r, size_t n, bool *got, struct fb_err *err)
{
    while (r->end - r->pos < n && !r->at_end) {
        if (!r->source) {
            r->at_end = true;
            break;
        }
        if (!make_room(r)) {
            return fb_json_scan_no_memory(r, err);
        }
        size_t count = 0;
        enum fb_code code =
            r->source(r->source_ctx, r->window + r->end, r->window_cap - r->end, &count, err);
        if (code != FB_OK) {
            return fb_json_scan_placed(r, r->end - r->pos, err);
        }
        FB_ASSERT(count <= r->window_cap - r->end);
        r->end += count;
        r->at_end = count == 0;
    }
    *got = r->end - r->pos >= n;
    return FB_OK;
}

/* fetch without a call in the common case. */
static inline enum fb_code need(struct fb_json_reader *r, size_t n, bool *got, struct fb_err *err)
{
    if (r->end - r->pos >= n) {
        *got = true;
        return FB_OK;
    }
    return fetch(r, n, got, err);
}

enum fb_code fb_json_scan_need(struct fb_json_reader *r, size_t n, bool *got, struct fb_err *err)
{
    return need(r, n, got, err);
}

static uint64_t load8(const char *p)
{
    uint64_t word;
    memcpy(&word, p, sizeof(word));
    return word;
}

#define EACH_BYTE(byte) (UINT64_MAX / 255 * (byte))

/* How many blanks stand from p on, or a part of them. */
static inline size_t indentation(const char *p, const char *end)
{
    const char *from = p;
    while (end - p >= 8) {
        uint64_t differs = load8(p) ^ EACH_BYTE(' ');
        if (differs) {
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
            p += __builtin_ctzll(differs) / 8;
#endif
            break;
        }
        p += 8;
    }
    return (size_t)(p - from);
}

/* Consumes white space; *out is the byte behind it, which is not consumed, or -1 at the end. */
enum fb_code fb_json_scan_space(struct fb_json_reader *r, int *out, struct fb_err *err)
{
    for (;;) {
        const char *p = r->text + r->pos;
        const char *end = r->text + r->end;
        while (p < end) {
            unsigned char c = (unsigned char)*p;
            if (c == '\n') {
                r->line += r->line < UINT32_MAX;
                r->line_start = r->base + (size_t)(p - r->text) + 1;
                p++;
                p += indentation(p, end);
            } else if (c == ' ' || c == '\t' || c == '\r') {
                p++;
            } else {
                r->pos = (size_t)(p - r->text);
                *out = c;
                return FB_OK;
            }
        }
        r->pos = r->end;
        bool got = false;
        enum fb_code code = fetch(r, 1, &got, err);
        if (code != FB_OK) {
            return code;
        }
        if (!got) {
            *out = -1;
            return FB_OK;
        }
    }
}

/* --- Strings ---------------------------------------------------------------------------- */

/* Makes scratch at least size bytes large. */
bool fb_json_scan_reserve(struct fb_json_reader *r, size_t size)
{
    if (size <= r->scratch_cap) {
        return true;
    }
    size_t cap = r->scratch_cap ? r->scratch_cap : 256;
    while (cap < size) {
        cap *= 2;
    }
    char *grown = fb_realloc(r->scratch, cap);
    if (!grown) {
        return false;
    }
    r->scratch = grown;
    r->scratch_cap = cap;
    return true;
}

/* Index of the first byte in text[at .. end) that is not a plain ASCII character of a string:
 * a quote, a backslash, a control character or a byte of more than 7 bits; end when all are. */
static size_t plain_run(const char *text, size_t at, size_t end)
{
#ifdef __SSE2__
    while (end - at >= 16) {
        __m128i w = _mm_loadu_si128((const __m128i *)(const void *)(text + at));
        /* Signed: a byte of more than 7 bits is below 0, and so below 0x20 as a control is. */
        __m128i hit = _mm_or_si128(_mm_cmpgt_epi8(_mm_set1_epi8(0x20), w),
            _mm_or_si128(
                _mm_cmpeq_epi8(w, _mm_set1_epi8('"')), _mm_cmpeq_epi8(w, _mm_set1_epi8('\\'))));
        unsigned mask = (unsigned)_mm_movemask_epi8(hit);
        if (mask) {
            return at + (size_t)__builtin_ctz(mask);
        }
        at += 16;
    }
#endif
    while (end - at >= 8) {
        uint64_t w = load8(text + at);
        uint64_t quote = (w ^ EACH_BYTE('"')) - EACH_BYTE(1);
        uint64_t backslash = (w ^ EACH_BYTE('\\')) - EACH_BYTE(1);
        uint64_t control = w - EACH_BYTE(0x20);
        /* A borrow can only mark bytes behind a true hit, so the first mark is exact. */
        uint64_t hit = (w | quote | backslash | control) & EACH_BYTE(0x80);
        if (hit) {
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
            return at + (size_t)__builtin_ctzll(hit) / 8;
#else
            break;
#endif
        }
        at += 8;
    }
    while (at < end) {
        unsigned char c = (unsigned char)text[at];
        if (c < 0x20 || c == '"' || c == '\\' || c >= 0x80) {
            break;
        }
        at++;
    }
    return at;
}

/* Checks the UTF-8 sequence at the n-th byte from pos and sets *out_len to its length. */
static enum fb_code check_utf8(
    struct fb_json_reader *r, size_t n, size_t *out_len, struct fb_err *err)
{
    unsigned char lead = (unsigned char)r->text[r->pos + n];
    size_t len = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
    bool good = lead >= 0xC2 && lead <= 0xF4;
    if (good) {
        enum fb_code code = need(r, n + len, &good, err);
        if (code != FB_OK) {
            return code;
        }
    }
    if (good) {
        /* The ranges of the second byte are those of the Unicode standard, table 3-7. */
        const unsigned char *p = (const unsigned char *)r->text + r->pos + n;
        unsigned char low = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
        unsigned char high = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
        good = p[1] >= low && p[1] <= high;
        good = good && (len < 3 || (p[2] & 0xC0) == 0x80) && (len < 4 || (p[3] & 0xC0) == 0x80);
    }
    if (!good) {
        (void)fb_err_set(
            err, FB_E_UTF8, "expected valid UTF-8 in a string, found byte 0x%02x", lead);
        (void)fb_err_hint(err, "Save the file as UTF-8.");
        return fb_json_scan_placed(r, n, err);
    }
    *out_len = len;
    return FB_OK;
}

static enum fb_code unterminated(const struct fb_json_reader *r, struct fb_err *err)
{
    (void)fb_err_set(
        err, FB_E_SYNTAX, "expected '\"' at the end of a string, found the end of the input");
    (void)fb_err_hint(err, "The input may have been cut off.");
    return fb_json_scan_placed(r, r->end - r->pos, err);
}

/* Reads the \uXXXX at the n-th byte from pos. */
static enum fb_code read_unit(struct fb_json_reader *r, size_t n, uint32_t *out, struct fb_err *err)
{
    uint32_t unit = 0;
    for (size_t i = n + 2; i < n + 6; i++) {
        bool got = false;
        enum fb_code code = need(r, i + 1, &got, err);
        if (code != FB_OK) {
            return code;
        }
        if (!got) {
            return unterminated(r, err);
        }
        int digit = fb_hex_digit(r->text[r->pos + i]);
        if (digit < 0) {
            return fb_json_scan_unexpected(
                r, i, (unsigned char)r->text[r->pos + i], "four hex digits after '\\u'", err);
        }
        unit = unit << 4 | (uint32_t)digit;
    }
    *out = unit;
    return FB_OK;
}

static enum fb_code lone_surrogate(
    const struct fb_json_reader *r, size_t n, uint32_t unit, struct fb_err *err)
{
    (void)fb_err_set(err, FB_E_SYNTAX,
        "expected a pair of surrogates, found the lone surrogate '\\u%04x'", (unsigned)unit);
    (void)fb_err_hint(err, "A character beyond U+FFFF is written as a high and a low surrogate.");
    return fb_json_scan_placed(r, n, err);
}

/* Reads \uXXXX, or two of them that form a pair, into a code point. */
static enum fb_code read_code_point(
    struct fb_json_reader *r, size_t n, size_t *out_len, uint32_t *out, struct fb_err *err)
{
    uint32_t high = 0, low = 0;
    enum fb_code code = read_unit(r, n, &high, err);
    if (code != FB_OK) {
        return code;
    }
    *out = high;
    *out_len = 6;
    if (high < 0xD800 || high > 0xDFFF) {
        return FB_OK;
    }
    bool got = false;
    code = need(r, n + 8, &got, err);
    if (code != FB_OK) {
        return code;
    }
    if (high > 0xDBFF || !got || memcmp(r->text + r->pos + n + 6, "\\u", 2) != 0) {
        return lone_surrogate(r, n, high, err);
    }
    code = read_unit(r, n + 6, &low, err);
    if (code != FB_OK) {
        return code;
    }
    if (low < 0xDC00 || low > 0xDFFF) {
        return lone_surrogate(r, n, high, err);
    }
    *out = 0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00);
    *out_len = 12;
    return FB_OK;
}

static size_t put_utf8(uint32_t point, char out[4])
{
    if (point < 0x80) {
        out[0] = (char)point;
        return 1;
    }
    size_t len = point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
    for (size_t i = len - 1; i > 0; i--) {
        out[i] = (char)(0x80 | (point & 0x3F));
        point >>= 6;
    }
    static const unsigned char leads[] = {0, 0, 0xC0, 0xE0, 0xF0};
    out[0] = (char)(leads[len] | point);
    return len;
}

/* What a letter behind a backslash stands for; 0: it is none of them, or u. */
static const char meanings[256] = {['"'] = '"',
    ['\\'] = '\\',
    ['/'] = '/',
    ['b'] = '\b',
    ['f'] = '\f',
    ['n'] = '\n',
    ['r'] = '\r',
    ['t'] = '\t'};

/* Reads the escape at the n-th byte from pos: its length, and the bytes that it stands for. */
static enum fb_code read_escape(struct fb_json_reader *r, size_t n, size_t *out_len, char out[4],
    size_t *out_count, struct fb_err *err)
{
    bool got = false;
    enum fb_code code = need(r, n + 2, &got, err);
    if (code != FB_OK) {
        return code;
    }
    if (!got) {
        return unterminated(r, err);
    }
    char letter = r->text[r->pos + n + 1];
    if (letter == 'u') {
        uint32_t point = 0;
        code = read_code_point(r, n, out_len, &point, err);
        *out_count = code == FB_OK ? put_utf8(point, out) : 0;
        return code;
    }
    if (!meanings[(unsigned char)letter]) {
        (void)fb_json_scan_unexpected(
            r, n + 1, (unsigned char)letter, "one of \" \\ / b f n r t u after '\\'", err);
        return fb_err_hint(err, "A backslash itself is written '\\\\'.");
    }
    out[0] = meanings[(unsigned char)letter];
    *out_len = 2;
    *out_count = 1;
    return FB_OK;
}

/* A string that is being read: n bytes from pos are read, of which run .. n are not yet copied. */
struct string_scan {
    size_t n;
    size_t run;
    size_t decoded; /* bytes in scratch */
    bool escaped;
};

/* Copies what has been read since the last escape. */
static bool copy_run(struct fb_json_reader *r, struct string_scan *scan, size_t extra)
{
    size_t len = scan->n - scan->run;
    if (!fb_json_scan_reserve(r, scan->decoded + len + extra)) {
        return false;
    }
    memcpy(r->scratch + scan->decoded, r->text + r->pos + scan->run, len);
    scan->decoded += len;
    return true;
}

static enum fb_code scan_escape(
    struct fb_json_reader *r, struct string_scan *scan, bool decode, struct fb_err *err)
{
    char bytes[4];
    size_t len = 0, count = 0;
    enum fb_code code = read_escape(r, scan->n, &len, bytes, &count, err);
    if (code != FB_OK) {
        return code;
    }
    if (decode) {
        if (!copy_run(r, scan, sizeof(bytes))) {
            return fb_json_scan_no_memory(r, err);
        }
        memcpy(r->scratch + scan->decoded, bytes, count);
        scan->decoded += count;
    }
    scan->n += len;
    scan->run = scan->n;
    scan->escaped = true;
    return FB_OK;
}

/* Handles the byte at n, which is not plain; *done at the closing quote. */
static enum fb_code scan_special(
    struct fb_json_reader *r, struct string_scan *scan, bool decode, bool *done, struct fb_err *err)
{
    unsigned char c = (unsigned char)r->text[r->pos + scan->n];
    if (c == '"') {
        *done = true;
        return FB_OK;
    }
    if (c == '\\') {
        return scan_escape(r, scan, decode, err);
    }
    if (c >= 0x80) {
        size_t len = 0;
        enum fb_code code = check_utf8(r, scan->n, &len, err);
        scan->n += len;
        return code;
    }
    (void)fb_err_set(
        err, FB_E_SYNTAX, "expected no control character in a string, found byte 0x%02x", c);
    (void)fb_err_hint(err, "Write it as '\\u%04x', or close the string before it.", c);
    return fb_json_scan_placed(r, scan->n, err);
}

enum fb_code fb_json_scan_too_long(
    const struct fb_json_reader *r, const char *what, struct fb_err *err)
{
    (void)fb_err_set(err, FB_E_LIMIT, "a %s is longer than %zu bytes", what, r->options.string_max);
    return fb_json_scan_placed(r, 0, err);
}

/* The n-th byte from pos, at or behind n, that is not plain; where nothing is decoded, escapes of
 * one letter are passed over as well. */
static size_t pass_run(const struct fb_json_reader *r, size_t n, bool decode, bool *escaped)
{
    const char *text = r->text;
    size_t at = plain_run(text, r->pos + n, r->end);
    while (
        !decode && r->end - at >= 2 && text[at] == '\\' && meanings[(unsigned char)text[at + 1]]) {
        *escaped = true;
        at = plain_run(text, at + 2, r->end);
    }
    return at - r->pos;
}

/* Reads the string at pos, its quotes included, and consumes it. */
enum fb_code fb_json_scan_string(
    struct fb_json_reader *r, bool decode, struct fb_str *out, struct fb_err *err)
{
    FB_ASSERT(r->text[r->pos] == '"');
    struct string_scan scan = {.n = 1, .run = 1};
    bool done = false;
    while (!done) {
        scan.n = pass_run(r, scan.n, decode, &scan.escaped);
        if (scan.n - 1 > r->options.string_max) {
            return fb_json_scan_too_long(r, "string", err);
        }
        bool got = true;
        enum fb_code code = need(r, scan.n + 1, &got, err);
        if (code == FB_OK && !got) {
            return unterminated(r, err);
        }
        /* What has just been read may be plain again; then the loop goes round. */
        if (code == FB_OK) {
            unsigned char c = (unsigned char)r->text[r->pos + scan.n];
            bool plain = c >= 0x20 && c < 0x80 && c != '"' && c != '\\';
            code = plain ? FB_OK : scan_special(r, &scan, decode, &done, err);
        }
        if (code != FB_OK) {
            return code;
        }
    }
    if (scan.escaped && decode) {
        if (!copy_run(r, &scan, 0)) {
            return fb_json_scan_no_memory(r, err);
        }
        *out = (struct fb_str){r->scratch, scan.decoded};
    } else {
        *out = (struct fb_str){r->text + r->pos + 1, scan.n - 1};
    }
    r->pos += scan.n + 1;
    return FB_OK;
}

/* --- Runs ------------------------------------------------------------------------------ */

static bool in_number(char c)
{
    return (c >= '0' && c <= '9') || c == '-' || c == '+' || c == '.' || c == 'e' || c == 'E';
}

enum fb_code fb_json_scan_run(
    struct fb_json_reader *r, bool word, size_t max, size_t *n, struct fb_err *err)
{
    FB_ASSERT(r && n && *n <= max);
    for (;;) {
        const char *text = r->text + r->pos;
        size_t end = r->end - r->pos < max ? r->end - r->pos : max;
        size_t at = *n;
        while (at < end && (word ? fb_json_in_word(text[at]) : in_number(text[at]))) {
            at++;
        }
        *n = at;
        if (at < r->end - r->pos || at >= max) {
            return FB_OK;
        }
        bool got = false;
        enum fb_code code = fetch(r, at + 1, &got, err);
        if (code != FB_OK || !got) {
            return code;
        }
    }
}

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/assert.h"
#include "base/json.h"
#include "base/json_private.h"

enum {
    WINDOW_MIN = 64 * 1024, /* bytes that a stream is read in */
    DEPTH_HARD_MAX = 4096,  /* most that the options may ask for */
    PATH_KEY_MAX = 256,     /* bytes of a key that a path shows */
    PATH_MAX_BYTES = 2048,  /* of a path in an error, which is cut to less */
    WORD_MAX = 24,          /* bytes of an unknown word that an error shows */
};

/* What may come next. */
enum state {
    AT_VALUE,
    AT_FIRST_ELEMENT, /* just after [ */
    AT_FIRST_KEY,     /* just after { */
    AT_KEY,           /* after a comma in an object */
    AT_COLON,
    AT_NEXT, /* a value is complete */
    AT_STOP, /* END was given, or an error */
};

/* An array or object that is open. */
struct frame {
    uint64_t index;   /* of the element that was begun last */
    size_t key_at;    /* the member's name in keys */
    uint32_t key_len; /* at most PATH_KEY_MAX */
    bool is_array;
    bool inside;  /* index or key says where we are */
    bool key_cut; /* the name is longer than what was kept */
};

/*
 * text[pos .. end) is what has been read from the source and not yet consumed. A token is never
 * consumed before it is complete, so its bytes are always in one piece from pos on.
 */
struct fb_json_reader {
    const char *text;
    size_t pos;
    size_t end;
    uint64_t base;       /* offset of text[0] in the input */
    uint64_t line_start; /* offset of the first byte of the line */
    uint32_t line;
    enum state state;
    bool quiet;  /* skipping: values are checked, not decoded */
    bool at_end; /* the source has nothing more */
    struct frame *frames;
    size_t depth;
    size_t frame_cap;
    char *keys; /* the kept keys of all frames, one after the other */
    size_t key_cap;
    char *scratch; /* text of the last token when it is not the bytes of the input */
    size_t scratch_cap;
    char *window; /* what text points to when reading a stream */
    size_t window_cap;
    fb_json_source source;
    void *source_ctx;
    const char *name;
    struct fb_json_options options;
};

/* --- Errors ----------------------------------------------------------------------------- */

static struct fb_json_place place_of(const struct fb_json_reader *r, size_t n)
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
static enum fb_code placed(const struct fb_json_reader *r, size_t n, struct fb_err *err)
{
    return fb_json_reader_err_at(r, place_of(r, n), err);
}

static enum fb_code no_memory(const struct fb_json_reader *r, struct fb_err *err)
{
    (void)fb_err_set(err, FB_E_NOMEM, "memory ran out");
    return placed(r, 0, err);
}

/* The hint for the byte c, the n-th from pos, which cannot stand there; "" for none. */
static const char *hint_for(const struct fb_json_reader *r, size_t n, int c)
{
    bool after_comma =
        r->depth > 0 &&
        (r->state == AT_KEY || (r->state == AT_VALUE && r->frames[r->depth - 1].is_array));
    if (after_comma && (c == '}' || c == ']')) {
        return "Remove the comma before it.";
    }
    if (c == '\'') {
        return "JSON writes strings in double quotes.";
    }
    if (c == '/' || c == '#') {
        return "JSON has no comments.";
    }
    bool at_value = n == 0 && (r->state == AT_VALUE || r->state == AT_FIRST_ELEMENT);
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
static enum fb_code unexpected(
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
    return placed(r, n, err);
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
            return no_memory(r, err);
        }
        size_t count = 0;
        enum fb_code code =
            r->source(r->source_ctx, r->window + r->end, r->window_cap - r->end, &count, err);
        if (code != FB_OK) {
            return placed(r, r->end - r->pos, err);
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

static uint64_t load8(const char *p)
{
    uint64_t word;
    memcpy(&word, p, sizeof(word));
    return word;
}

#define EACH_BYTE(byte) (UINT64_MAX / 255 * (byte))

/* Consumes white space; *out is the byte behind it, which is not consumed, or -1 at the end. */
static enum fb_code skip_space(struct fb_json_reader *r, int *out, struct fb_err *err)
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
                while (end - p >= 8 && load8(p) == EACH_BYTE(' ')) {
                    p += 8;
                }
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
static bool reserve_scratch(struct fb_json_reader *r, size_t size)
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
        return placed(r, n, err);
    }
    *out_len = len;
    return FB_OK;
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    if (c >= 'a' && c <= 'f') {
        return c - 'a' + 10;
    }
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static enum fb_code unterminated(const struct fb_json_reader *r, struct fb_err *err)
{
    (void)fb_err_set(
        err, FB_E_SYNTAX, "expected '\"' at the end of a string, found the end of the input");
    (void)fb_err_hint(err, "The input may have been cut off.");
    return placed(r, r->end - r->pos, err);
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
        int digit = hex_digit(r->text[r->pos + i]);
        if (digit < 0) {
            return unexpected(
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
    return placed(r, n, err);
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
    static const char letters[] = "\"\\/bfnrt";
    static const char meanings[] = "\"\\/\b\f\n\r\t";
    char letter = r->text[r->pos + n + 1];
    if (letter == 'u') {
        uint32_t point = 0;
        code = read_code_point(r, n, out_len, &point, err);
        *out_count = code == FB_OK ? put_utf8(point, out) : 0;
        return code;
    }
    const char *hit = letter ? strchr(letters, letter) : NULL;
    if (!hit) {
        (void)unexpected(
            r, n + 1, (unsigned char)letter, "one of \" \\ / b f n r t u after '\\'", err);
        return fb_err_hint(err, "A backslash itself is written '\\\\'.");
    }
    out[0] = meanings[hit - letters];
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
    if (!reserve_scratch(r, scan->decoded + len + extra)) {
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
            return no_memory(r, err);
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
    return placed(r, scan->n, err);
}

static enum fb_code too_long(const struct fb_json_reader *r, const char *what, struct fb_err *err)
{
    (void)fb_err_set(err, FB_E_LIMIT, "a %s is longer than %zu bytes", what, r->options.string_max);
    return placed(r, 0, err);
}

/* Reads the string at pos, its quotes included, and consumes it. */
static enum fb_code read_string(
    struct fb_json_reader *r, bool decode, struct fb_str *out, struct fb_err *err)
{
    FB_ASSERT(r->text[r->pos] == '"');
    struct string_scan scan = {.n = 1, .run = 1};
    bool done = false;
    while (!done) {
        scan.n = plain_run(r->text, r->pos + scan.n, r->end) - r->pos;
        if (scan.n - 1 > r->options.string_max) {
            return too_long(r, "string", err);
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
            return no_memory(r, err);
        }
        *out = (struct fb_str){r->scratch, scan.decoded};
    } else {
        *out = (struct fb_str){r->text + r->pos + 1, scan.n - 1};
    }
    r->pos += scan.n + 1;
    return FB_OK;
}

/* --- Numbers and words ------------------------------------------------------------------ */

static bool in_number(char c)
{
    return (c >= '0' && c <= '9') || c == '-' || c == '+' || c == '.' || c == 'e' || c == 'E';
}

static bool in_word(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

/* Counts the bytes from the n-th that belong; the one after them has been looked for too. */
static enum fb_code count_run(
    struct fb_json_reader *r, bool (*belongs)(char), size_t max, size_t *n, struct fb_err *err)
{
    for (;;) {
        while (*n < r->end - r->pos && *n < max && belongs(r->text[r->pos + *n])) {
            (*n)++;
        }
        if (*n < r->end - r->pos || *n >= max) {
            return FB_OK;
        }
        bool got = false;
        enum fb_code code = fetch(r, *n + 1, &got, err);
        if (code != FB_OK || !got) {
            return code;
        }
    }
}

static enum fb_code nonfinite(
    struct fb_json_reader *r, struct fb_json_token *token, double value, size_t len)
{
    token->kind = FB_JSON_NUMBER;
    token->text = (struct fb_str){r->text + r->pos, len};
    token->number = value;
    r->pos += len;
    r->state = AT_NEXT;
    return FB_OK;
}

static bool one_of(struct fb_str word, const char *const *list)
{
    for (; *list; list++) {
        if (fb_str_is(word, *list)) {
            return true;
        }
    }
    return false;
}

static enum fb_code unknown_word(
    const struct fb_json_reader *r, struct fb_str word, struct fb_err *err)
{
    static const char *const python[] = {"True", "False", "None", "TRUE", "FALSE", "NULL", NULL};
    static const char *const special[] = {
        "NaN", "nan", "Infinity", "-Infinity", "inf", "-inf", "Inf", NULL};
    (void)fb_err_set(err, FB_E_SYNTAX, "expected a value, found '%.*s'", FB_STR_ARG(word));
    if (one_of(word, python)) {
        (void)fb_err_hint(err, "JSON writes true, false and null in lower case.");
    } else if (one_of(word, special)) {
        (void)fb_err_hint(err, "JSON has no way to write infinity or what is not a number.");
    } else {
        (void)fb_err_hint(err, "JSON writes text in double quotes.");
    }
    return placed(r, 0, err);
}

/* Reads null, true, false and, where they are allowed, NaN, Infinity and -Infinity. */
static enum fb_code read_word(
    struct fb_json_reader *r, struct fb_json_token *token, struct fb_err *err)
{
    size_t n = r->text[r->pos] == '-';
    enum fb_code code = count_run(r, in_word, WORD_MAX, &n, err);
    if (code != FB_OK) {
        return code;
    }
    struct fb_str word = {r->text + r->pos, n};
    if (n == 0) {
        return unexpected(r, 0, (unsigned char)r->text[r->pos],
            r->state == AT_FIRST_ELEMENT ? "a value or ']'" : "a value", err);
    }
    if (r->options.allow_nonfinite) {
        if (fb_str_is(word, "NaN")) {
            return nonfinite(r, token, (double)NAN, n);
        }
        if (fb_str_is(word, "Infinity")) {
            return nonfinite(r, token, (double)INFINITY, n);
        }
        if (fb_str_is(word, "-Infinity")) {
            return nonfinite(r, token, -(double)INFINITY, n);
        }
    }
    if (fb_str_is(word, "null")) {
        token->kind = FB_JSON_NULL;
    } else if (fb_str_is(word, "true")) {
        token->kind = FB_JSON_TRUE;
    } else if (fb_str_is(word, "false")) {
        token->kind = FB_JSON_FALSE;
    } else {
        return unknown_word(r, word, err);
    }
    r->pos += n;
    r->state = AT_NEXT;
    return FB_OK;
}

static enum fb_code read_number(
    struct fb_json_reader *r, struct fb_json_token *token, struct fb_err *err)
{
    size_t n = 0;
    enum fb_code code = count_run(r, in_number, r->options.string_max + 1, &n, err);
    if (code != FB_OK) {
        return code;
    }
    if (n > r->options.string_max) {
        return too_long(r, "number", err);
    }
    bool ended = n == r->end - r->pos;
    if (n == 1 && r->text[r->pos] == '-' && !ended && in_word(r->text[r->pos + 1])) {
        return read_word(r, token, err);
    }
    size_t len = 0;
    const char *expected = fb_json_number_scan((struct fb_str){r->text + r->pos, n}, &len);
    if (expected) {
        int c = len == n && ended ? -1 : (unsigned char)r->text[r->pos + len];
        return unexpected(r, len, c, expected, err);
    }
    if (!reserve_scratch(r, len + 1)) {
        return no_memory(r, err);
    }
    token->kind = FB_JSON_NUMBER;
    token->text = (struct fb_str){r->text + r->pos, len};
    struct fb_json_number number = fb_json_number_value(token->text, r->scratch);
    if (!isfinite(number.value) && !r->options.allow_nonfinite) {
        (void)fb_err_set(err, FB_E_RANGE, "expected a number of at most 1.8e308, found '%.*s'%s",
            (int)(len < WORD_MAX ? len : WORD_MAX), token->text.ptr, len > WORD_MAX ? "..." : "");
        return placed(r, 0, err);
    }
    token->number = number.value;
    token->is_integer = number.is_integer;
    token->integer = number.integer;
    r->pos += len;
    r->state = AT_NEXT;
    return FB_OK;
}

/* --- Structure -------------------------------------------------------------------------- */

static enum fb_code open_container(struct fb_json_reader *r, bool is_array, struct fb_err *err)
{
    if (r->depth >= r->options.depth_max) {
        (void)fb_err_set(err, FB_E_LIMIT, "arrays and objects are nested deeper than %u",
            (unsigned)r->options.depth_max);
        return placed(r, 0, err);
    }
    if (r->depth == r->frame_cap) {
        size_t cap = r->frame_cap ? r->frame_cap * 2 : 16;
        struct frame *grown = fb_realloc(r->frames, cap * sizeof(*grown));
        if (!grown) {
            return no_memory(r, err);
        }
        r->frames = grown;
        r->frame_cap = cap;
    }
    const struct frame *parent = r->depth ? &r->frames[r->depth - 1] : NULL;
    size_t key_at = parent ? parent->key_at + parent->key_len : 0;
    r->frames[r->depth++] = (struct frame){.is_array = is_array, .key_at = key_at};
    r->pos++;
    r->state = is_array ? AT_FIRST_ELEMENT : AT_FIRST_KEY;
    return FB_OK;
}

static enum fb_code close_container(struct fb_json_reader *r, struct fb_json_token *token)
{
    FB_ASSERT(r->depth > 0);
    r->depth--;
    token->kind = r->frames[r->depth].is_array ? FB_JSON_ARRAY_END : FB_JSON_OBJECT_END;
    r->pos++;
    r->state = AT_NEXT;
    return FB_OK;
}

/* Keeps the key for paths, cut at a character when it is very long. */
static bool keep_key(struct fb_json_reader *r, struct fb_str key)
{
    struct frame *frame = &r->frames[r->depth - 1];
    size_t len = key.len;
    if (len > PATH_KEY_MAX) {
        len = PATH_KEY_MAX;
        while (((unsigned char)key.ptr[len] & 0xC0) == 0x80) {
            len--;
        }
    }
    if (frame->key_at + len > r->key_cap) {
        size_t cap = r->key_cap * 2 + PATH_KEY_MAX;
        char *grown = fb_realloc(r->keys, cap);
        if (!grown) {
            return false;
        }
        r->keys = grown;
        r->key_cap = cap;
    }
    if (len) {
        memcpy(r->keys + frame->key_at, key.ptr, len);
    }
    frame->key_len = (uint32_t)len;
    frame->key_cut = len < key.len;
    frame->inside = true;
    return true;
}

static enum fb_code read_key(
    struct fb_json_reader *r, int c, struct fb_json_token *token, struct fb_err *err)
{
    FB_ASSERT(r->depth > 0 && !r->frames[r->depth - 1].is_array);
    if (c != '"') {
        return unexpected(r, 0, c,
            r->state == AT_FIRST_KEY ? "a key in double quotes or '}'" : "a key in double quotes",
            err);
    }
    enum fb_code code = read_string(r, true, &token->text, err);
    if (code != FB_OK) {
        return code;
    }
    if (!keep_key(r, token->text)) {
        return no_memory(r, err);
    }
    token->kind = FB_JSON_KEY;
    r->state = AT_COLON;
    return FB_OK;
}

static enum fb_code read_value(
    struct fb_json_reader *r, int c, struct fb_json_token *token, struct fb_err *err)
{
    enum fb_code code = FB_OK;
    if (c == '"') {
        token->kind = FB_JSON_STRING;
        code = read_string(r, !r->quiet, &token->text, err);
        r->state = AT_NEXT;
        return code;
    }
    if (c == '-' || (c >= '0' && c <= '9')) {
        return read_number(r, token, err);
    }
    if (c == '{' || c == '[') {
        token->kind = c == '[' ? FB_JSON_ARRAY : FB_JSON_OBJECT;
        return open_container(r, c == '[', err);
    }
    if (c < 0) {
        return unexpected(
            r, 0, c, r->state == AT_FIRST_ELEMENT ? "a value or ']'" : "a value", err);
    }
    return read_word(r, token, err);
}

/* After a complete value, when no comma follows: an end, or an error. */
static enum fb_code read_end(
    struct fb_json_reader *r, int c, struct fb_json_token *token, struct fb_err *err)
{
    if (r->depth == 0) {
        if (c >= 0) {
            return unexpected(r, 0, c, "the end of the input after the value", err);
        }
        token->kind = FB_JSON_END;
        r->state = AT_STOP;
        return FB_OK;
    }
    bool is_array = r->frames[r->depth - 1].is_array;
    if (c == (is_array ? ']' : '}')) {
        return close_container(r, token);
    }
    return unexpected(r, 0, c, is_array ? "',' or ']'" : "',' or '}'", err);
}

/* Consumes the colon or the comma that stands before the next token, if there has to be one. */
static enum fb_code read_separator(struct fb_json_reader *r, int *c, struct fb_err *err)
{
    if (r->state == AT_COLON) {
        if (*c != ':') {
            return unexpected(r, 0, *c, "':' after the key", err);
        }
        r->state = AT_VALUE;
    } else if (r->state == AT_NEXT && *c == ',' && r->depth > 0) {
        struct frame *frame = &r->frames[r->depth - 1];
        r->state = frame->is_array ? AT_VALUE : AT_KEY;
        frame->index++;
        frame->inside = frame->is_array;
        frame->key_len = 0;
    } else {
        return FB_OK;
    }
    r->pos++;
    return skip_space(r, c, err);
}

static enum fb_code read_token(
    struct fb_json_reader *r, struct fb_json_token *token, struct fb_err *err)
{
    int c = 0;
    enum fb_code code = skip_space(r, &c, err);
    if (code == FB_OK) {
        code = read_separator(r, &c, err);
    }
    if (code != FB_OK) {
        return code;
    }
    token->place = place_of(r, 0);
    switch (r->state) {
    case AT_FIRST_ELEMENT:
        if (c == ']') {
            return close_container(r, token);
        }
        r->frames[r->depth - 1].inside = c >= 0;
        return read_value(r, c, token, err);
    case AT_VALUE:
        return read_value(r, c, token, err);
    case AT_FIRST_KEY:
        if (c == '}') {
            return close_container(r, token);
        }
        return read_key(r, c, token, err);
    case AT_KEY:
        return read_key(r, c, token, err);
    case AT_NEXT:
        return read_end(r, c, token, err);
    case AT_COLON:
    case AT_STOP:
        break;
    }
    FB_ASSERT(r->state == AT_NEXT); /* nothing follows a key without its colon, or the end */
    return FB_E_SYNTAX;
}

enum fb_code fb_json_next(
    struct fb_json_reader *reader, struct fb_json_token *out, struct fb_err *err)
{
    FB_ASSERT(reader && out && reader->state != AT_STOP);
    struct fb_json_token token = {0};
    enum fb_code code = read_token(reader, &token, err);
    if (code != FB_OK) {
        reader->state = AT_STOP;
        return code;
    }
    *out = token;
    return FB_OK;
}

enum fb_code fb_json_skip(
    struct fb_json_reader *reader, const struct fb_json_token *first, struct fb_err *err)
{
    FB_ASSERT(reader && first && first->kind <= FB_JSON_OBJECT);
    if (first->kind != FB_JSON_ARRAY && first->kind != FB_JSON_OBJECT) {
        return FB_OK;
    }
    FB_ASSERT(reader->depth > 0);
    size_t outside = reader->depth - 1;
    enum fb_code code = FB_OK;
    reader->quiet = true;
    while (code == FB_OK && reader->depth > outside) {
        struct fb_json_token token;
        code = fb_json_next(reader, &token, err);
    }
    reader->quiet = false;
    return code;
}

/* --- Paths and lifetime ----------------------------------------------------------------- */

void fb_json_path(const struct fb_json_reader *reader, struct fb_buf *out)
{
    FB_ASSERT(reader && out);
    fb_buf_add_char(out, '$');
    for (size_t i = 0; i < reader->depth; i++) {
        const struct frame *frame = &reader->frames[i];
        if (!frame->inside) {
            break;
        }
        if (frame->is_array) {
            fb_buf_addf(out, "[%llu]", (unsigned long long)frame->index);
            continue;
        }
        struct fb_str key = {reader->keys + frame->key_at, frame->key_len};
        fb_json_path_key(out, key);
        if (frame->key_cut) {
            fb_buf_add_c(out, "...");
        }
    }
}

static enum fb_code new_reader(const char *name, const struct fb_json_options *options,
    struct fb_json_reader **out, struct fb_err *err)
{
    struct fb_json_reader *r = fb_calloc(1, sizeof(*r));
    if (!r) {
        (void)fb_err_set(err, FB_E_NOMEM, "memory ran out");
        fb_err_place(err, name, 0, 0, -1);
        return FB_E_NOMEM;
    }
    if (options) {
        r->options = *options;
    }
    r->options.depth_max = r->options.depth_max ? r->options.depth_max : FB_JSON_DEPTH_MAX;
    r->options.string_max = r->options.string_max ? r->options.string_max : FB_JSON_STRING_MAX;
    FB_ASSERT(r->options.depth_max <= DEPTH_HARD_MAX && r->options.string_max < SIZE_MAX / 8);
    r->name = name;
    r->line = 1;
    r->state = AT_VALUE;
    *out = r;
    return FB_OK;
}

enum fb_code fb_json_reader_new(struct fb_str text, const char *name,
    const struct fb_json_options *options, struct fb_json_reader **out, struct fb_err *err)
{
    FB_ASSERT(out && (text.ptr || text.len == 0));
    enum fb_code code = new_reader(name, options, out, err);
    if (code == FB_OK) {
        (*out)->text = text.ptr ? text.ptr : "";
        (*out)->end = text.len;
    }
    return code;
}

enum fb_code fb_json_reader_new_stream(fb_json_source source, void *ctx, const char *name,
    const struct fb_json_options *options, struct fb_json_reader **out, struct fb_err *err)
{
    FB_ASSERT(out && source);
    enum fb_code code = new_reader(name, options, out, err);
    if (code == FB_OK) {
        (*out)->text = "";
        (*out)->source = source;
        (*out)->source_ctx = ctx;
    }
    return code;
}

void fb_json_reader_free(struct fb_json_reader *reader)
{
    if (!reader) {
        return;
    }
    fb_free(reader->frames);
    fb_free(reader->keys);
    fb_free(reader->scratch);
    fb_free(reader->window);
    fb_free(reader);
}

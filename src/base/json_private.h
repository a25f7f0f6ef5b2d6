/* json_private.h: what the JSON files of base share. Everybody else includes json.h. */
#ifndef FB_BASE_JSON_PRIVATE_H
#define FB_BASE_JSON_PRIVATE_H

#include "base/json.h"

/* What may come next. */
enum fb_json_state {
    FB_JSON_AT_VALUE,
    FB_JSON_AT_FIRST_ELEMENT, /* just after [ */
    FB_JSON_AT_FIRST_KEY,     /* just after { */
    FB_JSON_AT_KEY,           /* after a comma in an object */
    FB_JSON_AT_COLON,
    FB_JSON_AT_NEXT, /* a value is complete */
    FB_JSON_AT_STOP, /* END was given, or an error */
};

/* An array or object that is open. */
struct fb_json_frame {
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
    enum fb_json_state state;
    bool quiet;  /* skipping: values are checked, not decoded */
    bool at_end; /* the source has nothing more */
    struct fb_json_frame *frames;
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

/* --- json_number.c ----------------------------------------------------------------------- */

/** What one number says. */
struct fb_json_number {
    double value; /**< the nearest double; infinite when the number is too large for one */
    int64_t integer;
    bool is_integer; /**< no fraction, no exponent, and it fits integer */
};

/**
 * Finds the number that text begins with. Returns NULL, and its length in *out_len; or what was
 * expected, and the offset of the first byte that does not fit (text.len: text ended too early).
 */
const char *fb_json_number_scan(struct fb_str text, size_t *out_len);

/**
 * The value of a whole number that fb_json_number_scan found. scratch has room for number.len + 1
 * bytes; what it holds afterwards means nothing.
 */
struct fb_json_number fb_json_number_value(struct fb_str number, char *scratch);

/* --- json_scan.c: the input, white space and strings ------------------------------------- */

/** The place of the n-th byte from pos, which is on the current line. */
struct fb_json_place fb_json_scan_place(const struct fb_json_reader *r, size_t n);

/** Places a filled error at the n-th byte from pos, with the path of the last token. Returns err's
 * code, as the three after it do. */
enum fb_code fb_json_scan_placed(const struct fb_json_reader *r, size_t n, struct fb_err *err);

/** Fills err with E_NOMEM. */
enum fb_code fb_json_scan_no_memory(const struct fb_json_reader *r, struct fb_err *err);

/** Fills err with E_LIMIT: the token at pos, a string or a number, is too long. */
enum fb_code fb_json_scan_too_long(
    const struct fb_json_reader *r, const char *what, struct fb_err *err);

/** Fills err with E_SYNTAX: the byte c (-1: the end), the n-th from pos, is not what is expected.
 */
enum fb_code fb_json_scan_unexpected(
    const struct fb_json_reader *r, size_t n, int c, const char *expected, struct fb_err *err);

/** Reads on until n bytes from pos are there; *got is false when the input ends before. */
enum fb_code fb_json_scan_need(struct fb_json_reader *r, size_t n, bool *got, struct fb_err *err);

/** Consumes white space; *out is the byte behind it, which is not consumed, or -1 at the end. */
enum fb_code fb_json_scan_space(struct fb_json_reader *r, int *out, struct fb_err *err);

/** Reads the string at pos, its quotes included, and consumes it. Without decode it is checked
 * only, and *out is not its text. *out is valid until the next call. */
enum fb_code fb_json_scan_string(
    struct fb_json_reader *r, bool decode, struct fb_str *out, struct fb_err *err);

/** Counts in *n the bytes of a number (or of a word) from the n-th on, up to max in all; the byte
 * behind them has been looked for in the source. */
enum fb_code fb_json_scan_run(
    struct fb_json_reader *r, bool word, size_t max, size_t *n, struct fb_err *err);

/** True for a byte that an unquoted word may hold. */
static inline bool fb_json_in_word(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

/** Makes the scratch at least size bytes large; false when memory ran out. */
bool fb_json_scan_reserve(struct fb_json_reader *r, size_t size);

/* --- json_pass.c ------------------------------------------------------------------------- */

/** Bytes that are classified at once. */
enum { FB_JSON_BLOCK = 64 };

/** What the bytes of a block are, a bit for each, the first the lowest. */
struct fb_json_masks {
    uint64_t quote, backslash;
    uint64_t open, close; /**< { and [, } and ] */
    uint64_t newline;
    uint64_t control; /**< less than 0x20 */
};

/** Classifies a block, in plain C. */
void fb_json_classify(const char block[FB_JSON_BLOCK], struct fb_json_masks *out);
#if defined(__x86_64__)
/** The same, where the processor has AVX2. */
void fb_json_classify_avx2(const char block[FB_JSON_BLOCK], struct fb_json_masks *out);
#endif

/* --- Paths ------------------------------------------------------------------------------ */

/** Appends the step of a JSON path that leads to a member: .name, or ["odd name"]. */
void fb_json_path_key(struct fb_buf *out, struct fb_str key);

#endif

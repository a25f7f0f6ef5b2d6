/*
 * json.h: reading and writing JSON (RFC 8259), and its canonical form (RFC 8785, JCS).
 *
 * Two readers over one tokenizer. The streaming reader holds one token and a stack; it is for
 * files of any size. The tree reader builds a value in an arena; it is for records and policies.
 * Both know the line, column and offset of every token and the JSON path of where they are, refuse
 * what is not JSON (trailing bytes, lone surrogates, control characters in strings, leading
 * zeros, invalid UTF-8, a byte order mark, duplicate keys in the tree reader), and hold to limits.
 */
#ifndef FB_BASE_JSON_H
#define FB_BASE_JSON_H

#include "base/arena.h"
#include "base/buf.h"

/** Default limits; each has a test. */
enum {
    FB_JSON_DEPTH_MAX = 128,                /**< nesting of arrays and objects */
    FB_JSON_STRING_MAX = 256 * 1024 * 1024, /**< bytes of one string or number */
};

/** What a reader accepts. Zero fields mean the defaults above. */
struct fb_json_options {
    uint32_t depth_max; /**< at most 4096 */
    size_t string_max;  /**< counts bytes as written, escapes included, quotes not */
    /** Bare NaN, Infinity and -Infinity, as Python writes them, and numbers too large for a double,
     * which are then infinite. */
    bool allow_nonfinite;
};

/** Kinds of token. */
enum fb_json_kind {
    FB_JSON_NULL,
    FB_JSON_FALSE,
    FB_JSON_TRUE,
    FB_JSON_NUMBER,
    FB_JSON_STRING,
    FB_JSON_ARRAY,      /**< token: the [ ; value: an array */
    FB_JSON_OBJECT,     /**< token: the { ; value: an object */
    FB_JSON_ARRAY_END,  /**< token only */
    FB_JSON_OBJECT_END, /**< token only */
    FB_JSON_KEY,        /**< token only: a member's name, in text */
    FB_JSON_END, /**< token only: the value is complete and nothing but white space follows */
};

/** Where a token starts. */
struct fb_json_place {
    uint64_t offset; /**< 0-based */
    uint32_t line;   /**< 1-based */
    uint32_t column; /**< 1-based, in bytes */
};

/** One token. text is valid until the next call to the reader. */
struct fb_json_token {
    enum fb_json_kind kind;
    struct fb_json_place place;
    struct fb_str text; /**< decoded string or key; the digits as written for a number */
    double number;      /**< NUMBER only; may be NaN or infinite with allow_nonfinite */
    bool is_integer;    /**< NUMBER without fraction and exponent that fits int64_t */
    int64_t integer;    /**< valid when is_integer */
};

/** Gives up to size bytes (at least one) into out and sets *got, which is 0 only at the end. On
 * failure it fills err, to which the reader adds the place. */
typedef enum fb_code (*fb_json_source)(
    void *ctx, char *out, size_t size, size_t *got, struct fb_err *err);

struct fb_json_reader;

/** A reader over memory, which is borrowed. name stands in errors (may be NULL, borrowed). The
 * caller frees *out with fb_json_reader_free. E_NOMEM. */
FB_CHECKED enum fb_code fb_json_reader_new(struct fb_str text, const char *name,
    const struct fb_json_options *options, struct fb_json_reader **out, struct fb_err *err);

/** A reader over a stream of any length; it holds one buffer and the longest token. source is
 * called with ctx, from fb_json_next, until it says that nothing is left or fails. Else as above.
 */
FB_CHECKED enum fb_code fb_json_reader_new_stream(fb_json_source source, void *ctx,
    const char *name, const struct fb_json_options *options, struct fb_json_reader **out,
    struct fb_err *err);

/** Frees a reader; NULL is allowed. */
void fb_json_reader_free(struct fb_json_reader *reader);

/**
 * Reads the next token. After END or an error it must not be called again.
 *
 * E_SYNTAX for what is not JSON, E_UTF8 for a string that is not UTF-8, E_RANGE for a number that
 * no double can hold, E_LIMIT beyond depth_max or string_max, E_NOMEM, or what the source said;
 * always with file, line, column, offset and JSON path. Keys that stand twice are not seen here.
 */
FB_CHECKED enum fb_code fb_json_next(
    struct fb_json_reader *reader, struct fb_json_token *out, struct fb_err *err);

/** Called after a token that starts a value: reads past the rest of that value (nothing for a
 * scalar), checking it as strictly and failing with the same errors. */
FB_CHECKED enum fb_code fb_json_skip(
    struct fb_json_reader *reader, const struct fb_json_token *first, struct fb_err *err);

/** The same, several times faster and less strict: strings must end and hold no control character,
 * brackets match and not be nested too deep; what else stands between them is not looked at.
 * E_SYNTAX, E_LIMIT, E_NOMEM, or what the source said, with their place. */
FB_CHECKED enum fb_code fb_json_pass(
    struct fb_json_reader *reader, const struct fb_json_token *first, struct fb_err *err);

/** Passes over what is left of the array or object that is open, its end included, as strictly as
 * fb_json_pass; the last token was not a key. */
FB_CHECKED enum fb_code fb_json_pass_rest(struct fb_json_reader *reader, struct fb_err *err);

/** Appends the JSON path of the last token, as $.samples[3].score or $["odd key"], to out. A key of
 * more than 256 bytes is cut and followed by "...". */
void fb_json_path(const struct fb_json_reader *reader, struct fb_buf *out);

/** Places a filled error at a place of the reader's input; its path, unless the error has one, is
 * that of the last token. Returns err's code. */
enum fb_code fb_json_reader_err_at(
    const struct fb_json_reader *reader, struct fb_json_place place, struct fb_err *err);

/** A value of the tree. Children are a list in the order they were written. */
struct fb_json {
    enum fb_json_kind kind; /**< NULL .. OBJECT */
    struct fb_json_place place;
    struct fb_str key;      /**< the name of this member when its parent is an object */
    struct fb_str text;     /**< STRING: decoded; NUMBER: as written */
    double number;          /**< NUMBER */
    bool is_integer;        /**< NUMBER: see the token */
    int64_t integer;        /**< NUMBER: see the token */
    struct fb_json *child;  /**< ARRAY, OBJECT: the first, or NULL */
    struct fb_json *next;   /**< the next of the same parent, or NULL */
    struct fb_json *parent; /**< NULL at the root */
    size_t count;           /**< ARRAY, OBJECT: children */
};

/** Reads one whole document into arena, which owns all of it, text included. Errors as
 * fb_json_next, and E_SYNTAX for a key that stands twice in an object, E_LIMIT when the arena is
 * full. What was already put into the arena stays there until it is released. */
FB_CHECKED enum fb_code fb_json_parse(struct fb_str text, const char *name,
    const struct fb_json_options *options, struct fb_arena *arena, struct fb_json **out,
    struct fb_err *err);

/** Called after a token that starts a value: reads the rest of that value into a tree. Errors as
 * fb_json_parse. The tree's root has no parent and no key: fb_json_value_path starts there, while
 * the place of every value counts from the beginning of the input. */
FB_CHECKED enum fb_code fb_json_read_tree(struct fb_json_reader *reader,
    const struct fb_json_token *first, struct fb_arena *arena, struct fb_json **out,
    struct fb_err *err);

/** The member of an object, or NULL (also when value is NULL or no object). */
const struct fb_json *fb_json_get(const struct fb_json *value, const char *key);

/** The text of a string member; the empty slice when there is none. */
struct fb_str fb_json_get_str(const struct fb_json *value, const char *key);

/** Appends the JSON path of a value, as $.body.at, to out. */
void fb_json_value_path(const struct fb_json *value, struct fb_buf *out);

/** Places err at a value: line, column, offset and JSON path. Returns err's code. */
enum fb_code fb_json_err_at(struct fb_err *err, const struct fb_json *value);

/**
 * Appends a value in RFC 8785 canonical form: members sorted by UTF-16 code units, numbers as
 * ECMAScript writes them, shortest strings. E_RANGE, with the path, for a number that is not
 * finite; E_LIMIT or E_NOMEM for out. On failure out may hold a part.
 *
 * Every number is a double there, as the RFC wants: an integer beyond 2^53 is rounded. Who needs
 * it exactly writes it as a string.
 */
FB_CHECKED enum fb_code fb_json_canonical(
    const struct fb_json *value, struct fb_buf *out, struct fb_err *err);

/** Appends a number as ECMAScript's Number::toString does (RFC 8785 section 3.2.2.3); x finite. */
void fb_json_write_number(struct fb_buf *out, double x);

/** Appends a string with quotes, escaped as RFC 8785 section 3.2.2.2 says; s is valid UTF-8. */
void fb_json_write_string(struct fb_buf *out, struct fb_str s);

/**
 * A writer that puts commas and, when indent > 0, line breaks; strings must be valid UTF-8.
 *
 * It never fails by itself: the caller checks out with fb_buf_check at the end. A key outside an
 * object, a value without its key and an end too many are bugs of the caller.
 */
struct fb_json_writer {
    struct fb_buf *out;
    uint32_t depth;
    uint32_t indent; /**< spaces a level; 0 writes one line */
    bool need_comma; /**< private */
    bool after_key;  /**< private */
};

/** Starts a writer that appends to out (borrowed). indent is at most 16. */
void fb_json_writer_init(struct fb_json_writer *w, struct fb_buf *out, uint32_t indent);

/** Opens and closes objects and arrays. */
void fb_json_open_object(struct fb_json_writer *w);
void fb_json_close_object(struct fb_json_writer *w);
void fb_json_open_array(struct fb_json_writer *w);
void fb_json_close_array(struct fb_json_writer *w);

/** Writes the name of the next member. */
void fb_json_key(struct fb_json_writer *w, const char *key);

/** Writes one value: an array element, or the value of the last key. A double must be finite. */
void fb_json_str(struct fb_json_writer *w, struct fb_str s);
void fb_json_c(struct fb_json_writer *w, const char *nul_terminated);
void fb_json_int(struct fb_json_writer *w, int64_t n);
void fb_json_double(struct fb_json_writer *w, double x);
void fb_json_bool(struct fb_json_writer *w, bool b);
void fb_json_null(struct fb_json_writer *w);
/** Writes text that is already JSON, unchecked. */
void fb_json_raw(struct fb_json_writer *w, struct fb_str json);

/** Writes a member in one call. */
void fb_json_key_str(struct fb_json_writer *w, const char *key, struct fb_str s);
void fb_json_key_c(struct fb_json_writer *w, const char *key, const char *nul_terminated);
void fb_json_key_int(struct fb_json_writer *w, const char *key, int64_t n);
void fb_json_key_bool(struct fb_json_writer *w, const char *key, bool b);
void fb_json_key_double(struct fb_json_writer *w, const char *key, double x);

#endif

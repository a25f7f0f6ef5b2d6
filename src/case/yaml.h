/*
 * yaml.h: the part of YAML 1.2 that cases are written in, as a tree with places.
 *
 * One document of mappings, lists and scalars. An alias is a copy of what its anchor stands at, and
 * a key << takes in the members of a mapping, or of a list of them, that the one around it has not:
 * one that it has is a duplicate, as in gsn2x. What could make a file strange is refused: aliases
 * that blow it up, tags that are no mere repetition of the form, keys that are no scalars,
 * duplicate keys, several documents, and four or more single quotes in a row, which the library
 * below reads wrongly.
 */
#ifndef FB_CASE_YAML_H
#define FB_CASE_YAML_H

#include "base/arena.h"
#include "base/buf.h"

/** Limits; each has an error and a test. */
enum {
    FB_YAML_DEPTH_MAX = 32,      /**< nesting of mappings and lists */
    FB_YAML_NODES_MAX = 2000000, /**< values of a document */
    FB_YAML_COPIES_MAX = 100000, /**< values that aliases stand for */
    FB_YAML_COPIED_MAX = 1 << 24 /**< bytes of text that aliases stand for */
};

/** Kinds of value. */
enum fb_yaml_kind { FB_YAML_SCALAR, FB_YAML_LIST, FB_YAML_MAP };

/** A value. Children are a list in the order they were written. */
struct fb_yaml {
    enum fb_yaml_kind kind;
    bool plain;            /**< SCALAR: written without quotes and not as a block */
    uint32_t line;         /**< 1-based */
    size_t offset;         /**< 0-based, in bytes */
    bool key_plain;        /**< the name of this member is written without quotes */
    struct fb_str key;     /**< the name of this member when its parent is a mapping */
    size_t key_offset;     /**< where that name stands */
    uint32_t key_line;     /**< likewise */
    struct fb_str text;    /**< SCALAR: decoded */
    struct fb_yaml *child; /**< LIST, MAP: the first, or NULL */
    struct fb_yaml *last;  /**< LIST, MAP: the last, or NULL */
    struct fb_yaml *next;  /**< the next of the same parent, or NULL */
    size_t count;          /**< LIST, MAP: children */
};

/**
 * Reads one document; *out is NULL when the text holds none. The tree and its text live in arena.
 * E_UTF8, E_SYNTAX, E_DUPLICATE, E_UNSUPPORTED or E_LIMIT with file, line and column.
 */
FB_CHECKED enum fb_code fb_yaml_parse(struct fb_str text, const char *name, struct fb_arena *arena,
    struct fb_yaml **out, struct fb_err *err);

/** What gsn2x takes a scalar without quotes for. */
enum fb_yaml_type { FB_YAML_TEXT, FB_YAML_NULL, FB_YAML_TRUE, FB_YAML_FALSE, FB_YAML_NUMBER };

/** The type of a plain text: nulls and the flags of YAML 1.1 in any case (null, true, yes, on, y
 * and their opposites), numbers to the base 10 (1, 1_000, -1.5e3, also with leading zeros) and
 * others (0x1F, 0o17, 0b101). Infinity and what is not a number are text there. */
enum fb_yaml_type fb_yaml_type(struct fb_str text);

/** True when a plain text has a type in gsn2x or in the core schema of YAML 1.2. */
bool fb_yaml_is_typed(struct fb_str text);

/** True when some reader of YAML, of 1.1 too, may take a plain text for something else: besides
 * these a date, a time, 12:30 (750, to the base of sixty), a merge. The text is not empty. */
bool fb_yaml_may_be_typed(struct fb_str text);

/** True when gsn2x takes a scalar for text: it is quoted or a block, or has no type. */
bool fb_yaml_is_text(const struct fb_yaml *scalar);

/** The whole number that a plain scalar is, as gsn2x reads it; false when it is none, or not from
 * min to max. */
bool fb_yaml_whole(const struct fb_yaml *scalar, int64_t min, uint64_t max);

/** The flag that a scalar says, quoted or not; false when it says none. */
bool fb_yaml_flag(const struct fb_yaml *scalar, bool *out);

/** Appends a tree as YAML that fb_yaml_parse reads back to an equal one: mappings and lists in
 * blocks, texts quoted only where needed. */
void fb_yaml_write(const struct fb_yaml *root, struct fb_buf *out);

/** True when two trees hold the same, in the same order; places do not count. */
bool fb_yaml_equal(const struct fb_yaml *a, const struct fb_yaml *b);

/** Builds a tree. A failure is sticky: later calls do nothing and give NULL, which all take. */
struct fb_yaml_builder {
    struct fb_arena *arena;
    bool failed;
    uint32_t line; /**< where what is added stands in its source; set it before each addition */
    size_t offset;
};

/** A mapping or list: the root when parent is NULL, else a member (key) or, in a list, an item.
 * Keys and texts are copied. */
struct fb_yaml *fb_yaml_add(
    struct fb_yaml_builder *b, struct fb_yaml *parent, struct fb_str key, enum fb_yaml_kind kind);

/** A text, which is quoted when it looks like something else. */
void fb_yaml_add_text(
    struct fb_yaml_builder *b, struct fb_yaml *parent, const char *key, struct fb_str text);

/** A number or a flag, as written. */
void fb_yaml_add_plain(
    struct fb_yaml_builder *b, struct fb_yaml *parent, const char *key, struct fb_str text);

/** A copy of a value, with all below it, under its own key. */
void fb_yaml_add_copy(
    struct fb_yaml_builder *b, struct fb_yaml *parent, const struct fb_yaml *value);

/** The member of a mapping, or NULL (also when value is NULL or no mapping). */
const struct fb_yaml *fb_yaml_get(const struct fb_yaml *value, const char *key);

/** The line, from 1, that a byte of the text stands on. */
uint32_t fb_yaml_line(struct fb_str text, size_t offset);

/** Places a filled error at a byte of the text that was read. Returns err's code. */
enum fb_code fb_yaml_err_at(
    struct fb_err *err, struct fb_str text, const char *name, uint32_t line, size_t offset);

#endif

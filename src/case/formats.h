/*
 * formats.h: the formats that cases come in and go out in.
 *
 * Every reader translates a file into the tree of the native format (docs/CASES.md); what has no
 * place there stands under a key that is named after the format, so that writing it again loses
 * nothing.
 */
#ifndef FB_CASE_FORMATS_H
#define FB_CASE_FORMATS_H

#include "base/buf.h"
#include "base/json.h"
#include "case/document.h"

/** Formats. */
enum fb_case_format {
    FB_CASE_GSN,    /**< YAML, as gsn2x reads it, with keys of ours */
    FB_CASE_LTAC,   /**< Lightweight Text Assurance Case */
    FB_CASE_SACM,   /**< OMG SACM 2.3 in XML */
    FB_CASE_TEA,    /**< JSON of the Trustworthy and Ethical Assurance platform */
    FB_CASE_TRUDAG, /**< .dotstop.dot of trudag, with markdown; only read */
    FB_CASE_UNKNOWN,
};

/** The word of a format: gsn, ltac, sacm, tea, trudag. */
const char *fb_case_format_name(enum fb_case_format format);

/** The format of such a word, or UNKNOWN. */
enum fb_case_format fb_case_format_of_name(struct fb_str name);

/** The format that a file's ending says, or UNKNOWN. */
enum fb_case_format fb_case_format_of_path(struct fb_str path);

/** The format that a text looks like; GSN when it looks like no other. */
enum fb_case_format fb_case_format_of_text(struct fb_str text);

/**
 * Reads a file's text into the native tree; *out is NULL for an empty file. UNKNOWN: the format is
 * that of the ending, else of the text. The path is where further files are looked for (trudag) and
 * what errors name; file->root is not used. All lives in arena. Errors as the format's reader.
 */
FB_CHECKED enum fb_code fb_case_read_tree(const struct fb_doc_file *file,
    enum fb_case_format format, struct fb_arena *arena, struct fb_yaml **out, struct fb_err *err);

/** Appends a document in a format. E_UNSUPPORTED for trudag and for what the format cannot hold,
 * E_LIMIT, E_NOMEM. */
FB_CHECKED enum fb_code fb_case_write(
    const struct fb_doc *doc, enum fb_case_format format, struct fb_buf *out, struct fb_err *err);

/** Notes for the reader of a file that something of it is dropped. What is the same is counted;
 * `what` is borrowed. */
void fb_case_note(const struct fb_doc_file *file, uint32_t line, struct fb_str what);

/** The readers and writers. file->root is not used. */
FB_CHECKED enum fb_code fb_tea_read(const struct fb_doc_file *file, struct fb_arena *arena,
    struct fb_yaml **out, struct fb_err *err);
FB_CHECKED enum fb_code fb_tea_write(
    const struct fb_doc *doc, struct fb_buf *out, struct fb_err *err);
FB_CHECKED enum fb_code fb_tea_read_lists(const struct fb_doc_file *file, const struct fb_json *top,
    struct fb_arena *arena, struct fb_yaml **out, struct fb_err *err);
FB_CHECKED enum fb_code fb_sacm_read(const struct fb_doc_file *file, struct fb_arena *arena,
    struct fb_yaml **out, struct fb_err *err);
FB_CHECKED enum fb_code fb_sacm_write(
    const struct fb_doc *doc, struct fb_buf *out, struct fb_err *err);
FB_CHECKED enum fb_code fb_trudag_read(const struct fb_doc_file *file, struct fb_arena *arena,
    struct fb_yaml **out, struct fb_err *err);

/** True for a template of TEA, which has lists in place of a tree. */
bool fb_tea_is_lists(const struct fb_json *top);

/** True for the name that no element has, since the head of a tree has it. */
bool fb_case_is_head(struct fb_str name);

/** A name that nothing has yet: wanted, or wanted with ~2, ~3 ... The key of map is the result.
 * NULL in ptr when memory ran out. */
struct fb_str fb_case_fresh_name(
    struct fb_map *taken, struct fb_arena *arena, struct fb_str wanted, struct fb_err *err);

/** Adds a name to a list of an element, unless it stands there; seen, which starts empty, keeps
 * what was added to any list. What fails is kept in the builder. */
void fb_case_add_ref(struct fb_yaml_builder *b, struct fb_map *seen, struct fb_yaml *element,
    const char *key, struct fb_str name);

/** Adds a nodeType unless the id says the kind already. */
void fb_case_add_kind(
    struct fb_yaml_builder *b, struct fb_yaml *element, enum fb_element_kind kind);

/** Adds a copy of a JSON value under a key. */
void fb_case_add_json(struct fb_yaml_builder *b, struct fb_yaml *parent, const char *key,
    const struct fb_json *value);

/** Writes a value of a tree as JSON: texts as strings, numbers and flags as they are. */
void fb_case_put_json(struct fb_json_writer *w, const struct fb_yaml *value);

#endif

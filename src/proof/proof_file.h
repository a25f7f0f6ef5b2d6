/*
 * proof_file.h: proofs as lines of JSON, one a claim or lemma. A tree is a list of steps, each
 * before its kids, so that its depth is no nesting of JSON (docs/EXPLANATIONS.md, The file).
 */
#ifndef FB_PROOF_FILE_H
#define FB_PROOF_FILE_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/json.h"
#include "engine/proof.h"

/** Limits of what is read; each has an error and a test. */
enum {
    FB_PROOF_LINE_MAX = 1 << 28,  /**< bytes of one line */
    FB_PROOF_READ_MAX = 10000000, /**< steps of one proof */
};

/** The version of files with lemmas, which their first line says. Without that it is 1, in which
 * there are none. */
enum { FB_PROOF_VERSION = 2 };

/** A claim and its proof: the values of the columns of a verdict, or none where it is that no tuple
 * is one. */
struct fb_proof_entry {
    size_t tp;
    fb_time time;
    bool holds;
    bool any; /**< whatever the values are */
    const struct fb_value *values;
    size_t value_count;
    const struct fb_proof_step *proof;
    size_t to;           /**< the same is so up to this time-point; not beyond tp: only there */
    struct fb_str about; /**< for people; may be empty */
};

/** Appends one line. Relations go by their names. */
FB_CHECKED enum fb_code fb_proof_write(const struct fb_proof_entry *entry,
    const struct fb_signature *signature, struct fb_buf *out, struct fb_err *err);

/** Reads one line, as fb_proof_write makes it; all of it lives in arena. Anything else is E_SYNTAX,
 * E_SCHEMA or E_LIMIT, with its place in the line. What is read is well formed as a tree; whether
 * it proves anything is for fb_proof_check to say. */
FB_CHECKED enum fb_code fb_proof_read(struct fb_str line, const struct fb_signature *signature,
    struct fb_arena *arena, struct fb_proof_entry *out, struct fb_err *err);

/** What a line of a file is. */
enum fb_proof_line_kind { FB_PROOF_LINE_CLAIM, FB_PROOF_LINE_LEMMA, FB_PROOF_LINE_VERSION };
struct fb_proof_line {
    enum fb_proof_line_kind kind;
    struct fb_proof_entry entry; /**< CLAIM */
    struct fb_proof_lemma lemma; /**< LEMMA */
    size_t version;              /**< VERSION: one that is known */
};

/** Appends the line that says the version. */
void fb_proof_write_version(struct fb_buf *out);

/** Appends the line of a lemma. */
FB_CHECKED enum fb_code fb_proof_write_lemma(const struct fb_proof_lemma *lemma,
    const struct fb_signature *signature, struct fb_buf *out, struct fb_err *err);

/** Reads any line. Errors as fb_proof_read; E_UNSUPPORTED for a version that is not known. */
FB_CHECKED enum fb_code fb_proof_read_line(struct fb_str line, const struct fb_signature *signature,
    struct fb_arena *arena, struct fb_proof_line *out, struct fb_err *err);

/** Writes "values" and a list of them as the member of an object. */
void fb_proof_write_values(struct fb_json_writer *w, const struct fb_value *values, size_t count);

/** Reads such a list. */
FB_CHECKED enum fb_code fb_proof_read_values(const struct fb_json *list, struct fb_arena *arena,
    const struct fb_value **out, size_t *out_count, struct fb_err *err);

#endif

/*
 * record.h: what a record says.
 *
 * A statement is JSON in RFC 8785 form with exactly the members kind, id, issuer, subject (where
 * the kind has one), at, body, supersedes where it corrects an earlier record, and docket where it
 * is for one ledger only. The bytes that
 * were signed are the record: they are kept as they are and never written again from the parsed
 * form. kinds.def fixes every body; an unknown, missing or mistyped field is refused with its path.
 */
#ifndef FB_RECORD_RECORD_H
#define FB_RECORD_RECORD_H

#include "base/json.h"
#include "base/timestamp.h"
#include "base/value.h"

/** Limits of a statement; each has a test. */
enum {
    FB_STATEMENT_MAX = 60000, /**< bytes of a statement, so that an entry stays below 65,535 */
    FB_ID_MAX = 200,          /**< bytes of an id, and of a NAME */
    FB_STRING_MAX = 4096,     /**< bytes of a STRING */
    FB_TEXT_MAX = 32768,      /**< bytes of a TEXT */
    FB_STRINGS_MAX = 1000,    /**< strings of a STRINGS */
    FB_REFS_MAX = 100,        /**< ids of a REFS */
    FB_DOCKET_MAX = 255,      /**< bytes of the name of a docket */
    FB_STATEMENT_DEPTH = 32,  /**< nesting of arrays and objects in a statement */
};

/** The largest INT: 2^53, up to which JSON readers keep whole numbers exact. */
#define FB_INT_MAX INT64_C(9007199254740992)

/** Kinds of record. Numbers are stable. */
enum fb_kind {
    FB_KIND_NONE = 0,
#define FB_KIND(name, number, subject, text) FB_KIND_##name = (number),
#include "record/kinds.def"
    FB_KIND_END
};

/** Types of a body's field; see kinds.def. */
enum fb_field_type {
    FB_FIELD_STRING,
    FB_FIELD_TEXT,
    FB_FIELD_NAME,
    FB_FIELD_INT,
    FB_FIELD_NUMBER,
    FB_FIELD_FLAG,
    FB_FIELD_TIME,
    FB_FIELD_DIGEST,
    FB_FIELD_STRINGS,
    FB_FIELD_TREE,
    FB_FIELD_REF,
    FB_FIELD_ENUM,
    FB_FIELD_INSTANT, /**< a time that may lie ahead */
    FB_FIELD_REFS,
    FB_FIELD_RECORD,
};

/** Whether a record of a kind is about a system. */
enum fb_subject_rule { FB_SUBJECT_NONE, FB_SUBJECT_NEEDED, FB_SUBJECT_MAY };

/** One field of a body. */
struct fb_field {
    enum fb_kind kind;
    const char *name;
    enum fb_field_type type;
    enum fb_kind ref;  /**< REF, REFS: of which kind */
    const char *words; /**< ENUM: "a|b|c" */
    bool needed;
    const char *text; /**< what it means */
};

/** A record as its statement says. All text is owned by the arena it was parsed into. */
struct fb_record {
    enum fb_kind kind;
    struct fb_str id;
    struct fb_str issuer;     /**< id of a party, as "party/aurora" */
    struct fb_str subject;    /**< id of what it is about, often a system; may be empty */
    struct fb_str supersedes; /**< id of the record it corrects; may be empty */
    struct fb_str docket;     /**< origin of the only ledger that it is for; may be empty */
    fb_time at;               /**< when it happened, as its issuer says */
    const struct fb_json *body;
    struct fb_str statement; /**< the exact bytes */

    /* Known once it stands in the ledger. */
    uint64_t seq;
    fb_time admitted;
    struct fb_str signer; /**< fingerprint of the first key that signed it */
};

/** The name of a kind as statements write it, as "incident". */
const char *fb_kind_name(enum fb_kind kind);

/** The kind with this name, or FB_KIND_NONE. */
enum fb_kind fb_kind_of(struct fb_str name);

/** What a kind is, in a few words, as "a training run of a system". Static. */
const char *fb_kind_text(enum fb_kind kind);

/** Whether a record of this kind is about a system. */
enum fb_subject_rule fb_kind_subject(enum fb_kind kind);

/** The fields of a kind's body, in the order of kinds.def; *out_count is their number. Static. */
const struct fb_field *fb_kind_fields(enum fb_kind kind, size_t *out_count);

/** True when a field is a column of the fact of its kind: one value, neither a list nor a TREE. */
bool fb_field_is_column(const struct fb_field *field);

/** Index of a field among the fields of its kind; -1 when the kind has no such field. */
int fb_kind_field(enum fb_kind kind, struct fb_str name);

/**
 * Reads and checks one statement: JSON, canonical form, members, schema of its kind. References to
 * other records are not looked up here (admission does). name stands in errors (may be NULL). The
 * record and all it points to live in arena, statement included.
 *
 * E_SYNTAX (no JSON, or not in canonical form), E_UTF8, E_LIMIT, E_SCHEMA (a member or field is
 * unknown, missing or of the wrong type), E_TIME, E_RANGE, E_REFERENCE (an id of another kind),
 * E_MISMATCH (two fields contradict each other); each with its JSON path and a hint.
 */
FB_CHECKED enum fb_code fb_record_parse(struct fb_str statement, const char *name,
    struct fb_arena *arena, struct fb_record *out, struct fb_err *err);

/** What a draft may leave out; empty: nothing is filled in. */
struct fb_record_fill {
    struct fb_str issuer;
    struct fb_str docket;
};

/**
 * Makes the canonical statement of a draft: a JSON object as a person writes it, whose members may
 * stand in any order. A missing issuer or docket is filled in; a missing id is an error here. The
 * draft is checked as fb_record_parse checks, with places in the draft; then the canonical bytes
 * are appended to out, which is unchanged on failure.
 */
FB_CHECKED enum fb_code fb_record_canonical(const struct fb_json *draft, struct fb_record_fill fill,
    struct fb_buf *out, struct fb_err *err);

/** The value of a scalar field of a record's body: NONE when absent; strings borrowed. The index is
 * that of fb_kind_fields. Fields that are no columns (fb_field_is_column) give NONE. */
struct fb_value fb_record_value(const struct fb_record *record, size_t field);

/** The text of a string-like field by name; the empty slice when absent. */
struct fb_str fb_record_text(const struct fb_record *record, const char *field);

#endif

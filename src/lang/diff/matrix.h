/*
 * matrix.h: what several policies ask, side by side: which clause is the best in class.
 *
 * Rows are clauses that are about the same thing: red lines that measure the same or have one name,
 * duties that demand or forbid the same kind of act. In a row any two clauses are compared as
 * lang/diff compares two versions, each policy's own party standing for the other's. A clause is
 * best when it is shown to be at least as strict as every other of its row. What cannot be shown is
 * never called best: such clauses stand apart.
 *
 * A last row has the exemptions of all documents, where one has any: who is exempt there, and from
 * what. It is judged topic by topic: whoever is exempt from the clause of one must be from that of
 * the other; to exempt nobody is strictest.
 */
#ifndef FB_LANG_DIFF_MATRIX_H
#define FB_LANG_DIFF_MATRIX_H

#include "lang/diff/diff.h"
#include "lang/read.h"

/** Limits; each has an error and a test. */
enum {
    FB_MATRIX_DOCUMENTS_MAX = 32,
    FB_MATRIX_CLAUSES_MAX = 2000, /**< of all documents together */
};

/** Where a clause stands in its row. */
enum fb_standing {
    FB_STANDING_MISSING, /**< the document has none */
    FB_STANDING_BEST,    /**< at least as strict as every other */
    FB_STANDING_APART,   /**< no other is stricter, but it is not shown to be best */
    FB_STANDING_WEAKER,  /**< another is stricter */
};

/** A clause of a document. */
struct fb_matrix_cell {
    const struct fb_redline *line; /**< one of the two is set where there is a clause */
    const struct fb_duty *duty;
    bool exempts;                 /**< or this, in the row of exemptions */
    const struct fb_item *exempt; /**< with that: the first of the document; NULL: it has none */
    enum fb_standing standing;
    size_t other; /**< WEAKER: the document whose clause is stricter; APART: one with which this
                       cannot be compared */
    struct fb_clause_change against; /**< WEAKER, APART: the parts that differ, from this to that */
    struct fb_str text;              /**< what it asks, in a few words */
};

/** A row. */
struct fb_matrix_row {
    struct fb_str topic;          /**< "red line cyber", "must: measure security", "exempt" */
    struct fb_matrix_cell *cells; /**< one a document */
};

/** A document. */
struct fb_matrix_document {
    const char *name;
    struct fb_policy_parts parts;
    struct fb_str party; /**< who commits itself, or whose systems it is about; empty: not one */
};

/** A matrix. */
struct fb_matrix {
    struct fb_matrix_document *documents;
    size_t document_count;
    struct fb_matrix_row *rows; /**< red lines first, in the order of the documents */
    size_t row_count;
};

/** A policy's text and the name of its file. */
struct fb_matrix_source {
    struct fb_str text;
    const char *name;
};

/** Builds the matrix of count (2 or more) policies. It lives in arena and borrows the texts. Errors
 * of a policy go to errors; E_LIMIT past a limit. */
FB_CHECKED enum fb_code fb_matrix_build(const struct fb_matrix_source *sources, size_t count,
    struct fb_arena *arena, struct fb_matrix *out, struct fb_policy_errors *errors);

/** Appends a draft policy, in the one format, of the best clause of each row, and of all that stand
 * apart where none is best. What they need (definitions, exemptions) comes with them; names that
 * would be taken twice get a number; the party that commits itself is "developer". A comment above
 * each clause says where it comes from. It compiles; errors says otherwise. */
FB_CHECKED enum fb_code fb_matrix_draft(
    const struct fb_matrix *matrix, struct fb_buf *out, struct fb_policy_errors *errors);

/** Where a clause of a cell begins in its document, 0 for none; what it is called there. */
uint32_t fb_matrix_line(const struct fb_matrix_cell *cell);
struct fb_str fb_matrix_name(const struct fb_matrix_cell *cell);

/** A word: "missing", "best", "apart", "weaker". */
const char *fb_standing_name(enum fb_standing standing);

#endif

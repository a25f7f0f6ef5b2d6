/*
 * ltac.h: Lightweight Text Assurance Cases (Argevide; extended by D. A. Wheeler, v1.5): lines as
 * nodes.
 *
 * One line an element: indentation, "- Claim C1: text {options} (reference)". An element that
 * stands again is a Link, one of another package a citation (^C1). Comments begin with #.
 */
#ifndef FB_CASE_LTAC_H
#define FB_CASE_LTAC_H

#include "base/buf.h"
#include "case/document.h"

/** Limits; each has an error and a test. */
enum {
    FB_LTAC_LINE_MAX = 8192, /**< bytes of a line */
    FB_LTAC_DEPTH_MAX = 1000,
};

/** Types of a line. */
enum fb_ltac_type {
    FB_LTAC_CLAIM,
    FB_LTAC_STRATEGY,
    FB_LTAC_EVIDENCE,
    FB_LTAC_JUSTIFICATION,
    FB_LTAC_CONTEXT,
    FB_LTAC_ASSUMPTION,
    FB_LTAC_RELATION,
    FB_LTAC_LINK,
};

/** No node. */
#define FB_LTAC_NONE UINT32_MAX

/** A line. Slices are borrowed from the text, or live in the arena. */
struct fb_ltac_node {
    enum fb_ltac_type type;
    bool cited;         /**< ^: declared in another package */
    struct fb_str id;   /**< as written; empty when there is none */
    struct fb_str name; /**< the id, else one made of the text */
    struct fb_str text;
    struct fb_str options; /**< between the braces */
    struct fb_str ref;     /**< between the parentheses */
    struct fb_str before;  /**< comments and blank lines above it */
    uint32_t depth;
    uint32_t parent; /**< FB_LTAC_NONE: the root of a package */
    uint32_t line;
    size_t offset;
};

/** A file. */
struct fb_ltac {
    struct fb_ltac_node *nodes; /**< in the order of the file: parents before what is below them */
    size_t count;
    struct fb_str after; /**< comments at the end */
};

/** Reads lines. Errors have a place: E_SYNTAX for what is no such line, indentation that is odd or
 * jumps, an element without id and text, and what stands below a link or citation; E_LIMIT. All
 * lives in arena and borrows from text. */
FB_CHECKED enum fb_code fb_ltac_read(struct fb_str text, const char *name, struct fb_arena *arena,
    struct fb_ltac *out, struct fb_err *err);

/** Writes lines, with one blank line between packages. */
void fb_ltac_print(const struct fb_ltac *ltac, struct fb_buf *out);

/** True when a line has an option, whatever its case. */
bool fb_ltac_has(const struct fb_ltac_node *node, const char *option);

/** The word of a type. */
const char *fb_ltac_type_name(enum fb_ltac_type type);

/**
 * The tree of a case from lines: claims become goals, evidence solutions, defeaters counter goals
 * and counter solutions. The lines themselves are kept under the module's key "ltac", so that
 * writing them again loses nothing. E_DUPLICATE, E_REFERENCE for a link to nothing, E_SCHEMA for an
 * id that is used with two types or a status that contradicts another, all placed; E_NOMEM.
 */
FB_CHECKED enum fb_code fb_ltac_to_tree(const struct fb_ltac *ltac, const struct fb_doc_file *file,
    struct fb_arena *arena, struct fb_yaml **out, struct fb_err *err);

/** Appends a document as LTAC. Lines that its module kept are used while they still say the same.
 * E_NOMEM, E_LIMIT. */
FB_CHECKED enum fb_code fb_ltac_write(
    const struct fb_doc *doc, struct fb_buf *out, struct fb_err *err);

#endif

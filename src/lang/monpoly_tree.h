/*
 * monpoly_tree.h: the tree of a MonPoly formula, with names not yet resolved, and its tokens. Only
 * the monpoly files include it.
 */
#ifndef FB_LANG_MONPOLY_TREE_H
#define FB_LANG_MONPOLY_TREE_H

#include "lang/monpoly.h"

/** Kinds of token. */
enum fb_mtoken_kind {
    FB_MTOKEN_END,
    FB_MTOKEN_NAME,
    FB_MTOKEN_NUMBER,
    FB_MTOKEN_STRING,
    FB_MTOKEN_PATTERN, /**< r"..." */
    FB_MTOKEN_SIGN,    /**< punctuation and operators */
    FB_MTOKEN_BAD,
};

/** A token. */
struct fb_mtoken {
    enum fb_mtoken_kind kind;
    struct fb_str text; /**< of a string, without its quotes */
    uint32_t line;
    uint32_t column;
};

/** Where reading stands. */
struct fb_mscan {
    struct fb_str text;
    size_t pos;
    uint32_t line;
    size_t line_start;
};

/** Takes the next token; comments (#, and (* *)) are passed over. */
struct fb_mtoken fb_mscan_next(struct fb_mscan *scan);

/** A number as a value: an integer, or a float when it has a point or an exponent. */
FB_CHECKED enum fb_code fb_mtoken_value(
    const struct fb_mtoken *token, struct fb_value *out, struct fb_err *err);

/** Fills err with a code, a message and the place of a token; returns the code. */
enum fb_code fb_mtoken_refuse(
    const struct fb_mtoken *token, enum fb_code code, struct fb_err *err, const char *message);

/** A term. */
struct fb_mterm {
    enum fb_term_kind kind;
    struct fb_str name; /**< VAR */
    struct fb_value value;
    struct fb_mterm *args[2];
};

/** A list of names. */
struct fb_mnames {
    struct fb_str *items;
    size_t count;
};

/** Beyond the kinds of ir.h. */
enum { FB_MNODE_LET = FB_FORM_LETPAST + 1 };

/** A regular expression over time-points. */
struct fb_mregex {
    enum fb_regex_kind kind;
    struct fb_mnode *test;
    struct fb_mregex *left;
    struct fb_mregex *right;
    size_t size; /**< as of a node */
    size_t depth;
};

/** A node. Comparison other than =, < and <= and implications are rewritten while parsing. */
struct fb_mnode {
    int kind; /**< fb_form_kind or FB_MNODE_LET */
    struct fb_mtoken token;
    struct fb_mnode *left; /**< LET and its like: what the name stands for */
    struct fb_mnode *right;
    struct fb_interval interval;
    struct fb_str name; /**< PRED, LET, LETPAST, FREEZE; AGGREGATE: result */
    struct fb_mterm **terms;
    size_t term_count;
    struct fb_mnames names; /**< EXISTS: bound; AGGREGATE: groups; LET and its like: parameters */
    enum fb_agg_kind agg;
    struct fb_str over;
    struct fb_mregex *regex; /**< MATCH_PAST, MATCH_FUTURE */
    size_t size;             /**< nodes below and itself; shared ones count each time */
    size_t depth;
};

/** The same formula with FREEZE as LET where that says the same; see monpoly_thaw.c. Changes the
 * tree; where memory runs out, what is left is as it was. */
struct fb_mnode *fb_mthaw(struct fb_mnode *node, struct fb_arena *arena);

/** Parses a formula. */
FB_CHECKED enum fb_code fb_mparse(
    struct fb_str text, struct fb_arena *arena, struct fb_mnode **out, struct fb_err *err);

#endif

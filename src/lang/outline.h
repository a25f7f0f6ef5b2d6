/*
 * outline.h: what an editor asks of a policy that is being written: which names it defines, where
 * each is mentioned, and what stands at a place. It works on tokens and on what the parser noted of
 * them, so that it also answers while the text has errors.
 */
#ifndef FB_LANG_OUTLINE_H
#define FB_LANG_OUTLINE_H

#include "lang/syntax/tree.h"

/** Kinds of name. */
enum fb_symbol_kind {
    FB_SYMBOL_LET,
    FB_SYMBOL_REDLINE,
    FB_SYMBOL_DUTY,
    FB_SYMBOL_COMMITMENT,
    FB_SYMBOL_OTHER,    /**< another block with a name */
    FB_SYMBOL_TEST,     /**< its title; cannot be mentioned */
    FB_SYMBOL_VARIABLE, /**< of one block */
};

/** A name. Slices borrow the policy's text. */
struct fb_symbol {
    enum fb_symbol_kind kind;
    struct fb_str name;
    struct fb_span span;  /**< of the name where it is defined; of a variable: its first mention */
    struct fb_span begin; /**< of the block */
    struct fb_span end;   /**< of its last token */
    struct fb_str head;   /**< the block's first line, as written */
    size_t block;         /**< number of the block, from 1; 0 is the header */
};

/** A place where a symbol is mentioned, its definition included. */
struct fb_mention {
    struct fb_span span;
    size_t symbol;
};

/** What stands at a place. */
struct fb_outline_place {
    struct fb_str word;  /**< the word under it; empty: none */
    struct fb_span span; /**< of that word */
    size_t symbol;       /**< SIZE_MAX: none */
    struct fb_str block; /**< the word that begins the block around it, as "redline" */
    size_t block_number; /**< as struct fb_symbol has it */
    bool begins_line;    /**< nothing stands before the word on its line */
};

/** The names of a policy, in the order of the text. */
struct fb_outline {
    struct fb_symbol *symbols;
    size_t symbol_count;
    struct fb_mention *mentions;
    size_t mention_count;
    const struct fb_token *tokens; /**< private */
    size_t token_count;
};

/** Finds all names of a text into arena. Errors of the text are no errors here: what cannot be read
 * is left out. E_LIMIT for a text longer than FB_POLICY_TEXT_MAX, E_UTF8, E_NOMEM. */
FB_CHECKED enum fb_code fb_outline_read(
    struct fb_str text, struct fb_arena *arena, struct fb_outline *out, struct fb_err *err);

/** What stands at a line and column (1-based, in bytes). The end of a word belongs to it. */
struct fb_outline_place fb_outline_at(
    const struct fb_outline *outline, uint32_t line, uint32_t column);

/** Whether a symbol may be called so: E_POLICY with the reason and a hint when the word is of the
 * wrong form, a word of the language, or taken already. */
FB_CHECKED enum fb_code fb_outline_can_rename(
    const struct fb_outline *outline, size_t symbol, struct fb_str name, struct fb_err *err);

/** A word of the language, for completion and for people who point at it. */
struct fb_keyword {
    const char *word;
    const char *where; /**< the block whose clause it begins; "item": begins a block; "expect": is
                            expected by a test; "any" */
    const char *text;  /**< one sentence */
};

/** The table of words.def. */
const struct fb_keyword *fb_keywords(size_t *out_count);

/** The keyword of a word in a block, or of that word anywhere; NULL when it is none. */
const struct fb_keyword *fb_keyword_find(struct fb_str word, struct fb_str block);

#endif

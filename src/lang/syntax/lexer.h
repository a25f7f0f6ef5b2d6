/*
 * lexer.h: a policy's text as tokens.
 *
 * Tokens are words, numbers, dates, strings and a few signs. Comments (from # to the end of the
 * line) are tokens too, so that the formatter keeps them; the parser steps over them. The list ends
 * with one FB_TOKEN_END.
 */
#ifndef FB_LANG_SYNTAX_LEXER_H
#define FB_LANG_SYNTAX_LEXER_H

#include "lang/complaint.h"

/** Kinds of token. */
enum fb_token_kind {
    FB_TOKEN_END,
    FB_TOKEN_WORD,   /**< letters, digits, _ and - inside */
    FB_TOKEN_NUMBER, /**< 30, 1.3, 1e25 */
    FB_TOKEN_DATE,   /**< 2026-03-01 */
    FB_TOKEN_CLOCK,  /**< 09:00 or 09:00:30, after a date */
    FB_TOKEN_STRING, /**< text without its quotes */
    FB_TOKEN_SIGN,   /**< ( ) , . : % + = < <= > >= */
    FB_TOKEN_COMMENT,
    FB_TOKEN_BAD, /**< complained about already */
};

/** How the formatter lays a token out; the parser decides. */
enum fb_layout {
    FB_LAYOUT_FLOW,   /**< after the token before it */
    FB_LAYOUT_ITEM,   /**< begins a block: policy, redline ... */
    FB_LAYOUT_CLAUSE, /**< begins a clause of a block */
    FB_LAYOUT_LINE,   /**< begins a further line of a clause */
};

/** One token. text borrows the policy's text. */
struct fb_token {
    enum fb_token_kind kind;
    struct fb_str text;
    struct fb_span span;
    bool first;        /**< first on its line */
    bool blank_before; /**< an empty line stands before it */
    enum fb_layout layout;
    uint8_t head;  /**< CLAUSE: of how many tokens its keyword is */
    uint8_t width; /**< CLAUSE: to what width the keyword is filled up */
    uint8_t hang;  /**< by how much lines that do not fit go on further in, from here on */
};

/** The tokens of a policy. */
struct fb_tokens {
    struct fb_token *items;
    size_t count; /**< the last one is FB_TOKEN_END */
};

/** Reads all tokens into arena. Malformed ones are complained about and become FB_TOKEN_BAD. False
 * when memory ran out. */
bool fb_lex(struct fb_str text, struct fb_arena *arena, struct fb_complaints *complaints,
    struct fb_tokens *out);

/** True when a blank stands between two neighbours in the one format. */
bool fb_token_spaced(const struct fb_token *before, const struct fb_token *after);

#endif

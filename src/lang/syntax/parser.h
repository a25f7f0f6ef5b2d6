/*
 * parser.h: tokens to a tree, by recursive descent.
 *
 * After an error the parser goes on at the next clause or block, so that several errors are
 * reported at once. parse_*.c share the struct below; the rest of the room calls fb_parse only.
 */
#ifndef FB_LANG_SYNTAX_PARSER_H
#define FB_LANG_SYNTAX_PARSER_H

#include "lang/signature.h"
#include "lang/syntax/lexer.h"
#include "lang/syntax/tree.h"
#include "lang/tests.h"

/** The state of a parse. */
struct fb_parser {
    struct fb_tokens tokens;
    size_t at; /**< the current token, never a comment */
    struct fb_arena *arena;
    struct fb_complaints *complaints;
    unsigned depth;        /**< of parentheses and `not` */
    uint32_t hence_column; /**< of the clause `hence` of a duty that is read; 0: none is */
    bool demand_lost;      /**< what the rule that is read demands was not understood */
    bool no_memory;
};

/** A clause of a block: its keyword, of one or two words, and what reads the rest of it. */
struct fb_clause {
    const char *word;
    const char *second; /**< NULL when the keyword is one word */
    bool repeats;       /**< may stand more than once */
    bool (*parse)(struct fb_parser *p, void *block);
};

/** The clauses of a kind of block. */
struct fb_clauses {
    const char *block; /**< as "red line" */
    const struct fb_clause *items;
    size_t count;
    uint8_t width; /**< to which the formatter fills keywords up */
};

/** Parses a policy. *out is NULL when memory ran out; other errors are in the complaints. */
void fb_parse(struct fb_tokens tokens, struct fb_arena *arena, struct fb_complaints *complaints,
    struct fb_policy_tree **out);

/** The current token, and the one n tokens on (comments not counted). */
const struct fb_token *fb_parse_now(const struct fb_parser *p);
const struct fb_token *fb_parse_ahead(const struct fb_parser *p, size_t n);

/** Steps to the next token. */
void fb_parse_step(struct fb_parser *p);

/** True when the current token is this word or sign. */
bool fb_parse_at(const struct fb_parser *p, const char *text);

/** Takes this word or sign when it is the current token. */
bool fb_parse_take(struct fb_parser *p, const char *text);

/** Takes one of >=, >, <=, <; false when none stands here, and *out is untouched. */
bool fb_parse_order(struct fb_parser *p, enum fb_compare *out);

/** Takes `is`, `is not`, = or one of fb_parse_order; false likewise. */
bool fb_parse_compare(struct fb_parser *p, enum fb_compare *out);

/** Takes `or` or `, or`. */
bool fb_parse_or(struct fb_parser *p);

/** Takes this word or sign; complains and gives false when something else stands there. */
bool fb_parse_expect(struct fb_parser *p, const char *text, const char *hint);

/** Complains "expected WHAT, found ..." at the current token. Gives false. */
bool fb_parse_expected(struct fb_parser *p, const char *what, const char *hint);

/** Complains at a place. Gives false. */
bool fb_parse_fail(struct fb_parser *p, struct fb_span at, const char *hint, const char *message);

/** A zeroed object in the parser's arena; NULL (and no_memory) when there is none left. */
void *fb_parse_new(struct fb_parser *p, size_t size);

/** True when the token is a word that begins with a capital letter. */
bool fb_parse_is_variable(const struct fb_token *token);

/** Takes a text in quotes, a variable, a lower-case name, a whole number, a percentage, an amount
 * of time. Each complains and gives false when something else stands there. */
bool fb_parse_string(struct fb_parser *p, struct fb_word *out, const char *hint);
bool fb_parse_variable(struct fb_parser *p, struct fb_word *out);
bool fb_parse_name(struct fb_parser *p, struct fb_str *out, struct fb_span *span);
bool fb_parse_number(struct fb_parser *p, struct fb_word *out, const char *what);
bool fb_parse_whole(struct fb_parser *p, int64_t *out, const char *what);
bool fb_parse_percent(struct fb_parser *p, struct fb_word *out);
bool fb_parse_amount(struct fb_parser *p, struct fb_amount *out);

/** Takes any value. */
bool fb_parse_value(struct fb_parser *p, struct fb_word *out);

/** Takes a date, and the time of day in UTC behind it when there is one. */
bool fb_parse_date(struct fb_parser *p, fb_time *out, struct fb_span *span);

/** Takes "(" values ")" into a list of at least one. */
bool fb_parse_arguments(struct fb_parser *p, struct fb_word **out);

/** The text from token index `from` up to the current token, in the one format. */
bool fb_parse_slice(struct fb_parser *p, size_t from, struct fb_str *out);

/** One more level of nesting; complains and gives false past FB_POLICY_DEPTH_MAX. The caller takes
 * one off depth afterwards. */
bool fb_parse_deeper(struct fb_parser *p);

/** Parses the clauses of a block until the next block begins. */
void fb_parse_clauses(struct fb_parser *p, const struct fb_clauses *clauses, void *block);

/** Marks the current token as the begin of a further line of its clause. */
void fb_parse_mark_line(struct fb_parser *p);

/** Parses a condition: `or` binds less than `and`, which binds less than `not`. */
bool fb_parse_condition(struct fb_parser *p, struct fb_cond **out);

/** Takes what a safety case is worth, as `has fallen`, into the word of case_standing for it. */
bool fb_parse_standing(struct fb_parser *p, struct fb_word *out);

/** Parses `NAME(S) crossed or not ruled out`. */
bool fb_parse_line_status(struct fb_parser *p, struct fb_cond **out);

/** Parses `KIND X of S with FIELD value, ...`; the current token names a kind. */
bool fb_parse_fact(struct fb_parser *p, struct fb_cond **out);

/** Takes the words that name a field of a relation, as "training compute" or "level". */
bool fb_parse_field_name(struct fb_parser *p, uint32_t relation, uint32_t *column);

/** Where a phrase may stand. */
enum fb_phrase_form { FB_PHRASE_ACT, FB_PHRASE_GERUND, FB_PHRASE_KEEP };

/** Parses a phrase of phrases.def, as `deploy S externally`. verb gets its first word. */
bool fb_parse_phrase(
    struct fb_parser *p, enum fb_phrase_form form, struct fb_cond **out, struct fb_str *verb);

/** Appends a field to a fact, at the current token, whose value is still to be read; NULL when
 * memory ran out. column is the name of a column. */
struct fb_fact_field *fb_parse_add_field(
    struct fb_parser *p, struct fb_cond *fact, struct fb_str column);

/** Parses `FIELD value` of a fact; the current token is the field's name. */
bool fb_parse_fact_field(struct fb_parser *p, struct fb_cond *fact);

/** Parses a test block after its word. */
bool fb_parse_test(struct fb_parser *p, struct fb_test *test);

/** Parses the clauses of an exemption. */
void fb_parse_exempt(struct fb_parser *p, struct fb_item *item);

/** Parse the clauses of a red line, of a duty, of a commitment. */
void fb_parse_redline(struct fb_parser *p, struct fb_item *item);
void fb_parse_duty(struct fb_parser *p, struct fb_item *item);
void fb_parse_commitment(struct fb_parser *p, struct fb_item *item);

/** Parses one clause of a red line after its word: `crossed`, `margin`, `needs` or `clears`. */
bool fb_parse_redline_clause(struct fb_parser *p, struct fb_str word, struct fb_item *item);

/** Parse the lines of `within`, a period, a consequence, each after its word. */
bool fb_parse_within(struct fb_parser *p, struct fb_demand *demand);
bool fb_parse_every(struct fb_parser *p, struct fb_demand *demand);
bool fb_parse_lest(struct fb_parser *p, struct fb_demand *demand);

/** Parses a pace block after its word. */
void fb_parse_pace(struct fb_parser *p, struct fb_pace_block *pace);

/** Parses `fast or normal` after `pace is`; `or` goes on only before a level. */
bool fb_parse_levels(struct fb_parser *p, unsigned *out);

/** Parses what follows `applies`: `to systems with ...`. block is a struct fb_item. */
bool fb_parse_applies(struct fb_parser *p, void *block);

/** Parses a clause `retain` of the header after its word. block is a struct fb_policy_tree. */
bool fb_parse_retain(struct fb_parser *p, void *block);

/** Parses a block's title. block is a struct fb_item. */
bool fb_parse_title(struct fb_parser *p, void *block);

/** The clause `source "TEXT" [, confidence high|medium|low]` of an item, the block. */
bool fb_parse_source(struct fb_parser *p, void *block);

#endif

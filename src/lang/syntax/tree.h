/*
 * tree.h: a policy as a tree, the way it was written.
 *
 * Everything lives in the parser's arena and borrows the policy's text. Lists are linked in the
 * order of the text. The fields marked "check" are NULL or unset until src/lang/check has run.
 */
#ifndef FB_LANG_SYNTAX_TREE_H
#define FB_LANG_SYNTAX_TREE_H

#include "lang/lang.h"

/** Kinds of value. */
enum fb_word_kind {
    FB_WORD_VARIABLE, /**< begins with a capital letter */
    FB_WORD_TEXT,     /**< a word or a text in quotes */
    FB_WORD_NUMBER,
    FB_WORD_DATE,
    FB_WORD_TRUTH,
    FB_WORD_UNKNOWN, /**< the field has no value */
};

/** A value with its unit. */
struct fb_word {
    enum fb_word_kind kind;
    struct fb_span span;
    struct fb_str text; /**< VARIABLE: name; TEXT; otherwise as written */
    struct fb_decimal number;
    struct fb_str unit; /**< "FLOP", "%" or empty */
    fb_time date;
    bool truth;
    struct fb_word *next; /**< in a list */
};

/** Comparisons. */
enum fb_compare { FB_IS, FB_IS_NOT, FB_BELOW, FB_AT_MOST, FB_ABOVE, FB_AT_LEAST };

/** `FIELD value` of a fact. */
struct fb_fact_field {
    uint32_t column;
    enum fb_compare compare;
    struct fb_word value;
    struct fb_span span;
    struct fb_fact_field *next;
};

/** Kinds of condition. */
enum fb_cond_kind {
    FB_COND_ALL,     /**< parts joined by `and` */
    FB_COND_ANY,     /**< parts joined by `or` */
    FB_COND_NOT,     /**< parts: one */
    FB_COND_FACT,    /**< a record with these fields holds */
    FB_COND_CALL,    /**< a definition */
    FB_COND_LINE,    /**< a red line has one of these statuses */
    FB_COND_COMPARE, /**< a variable against a value */
    FB_COND_PACE,    /**< the policy's pace is one of these */
};

/** Statuses of a red line, as bits. */
enum { FB_SAYS_CROSSED = 1, FB_SAYS_NOT_RULED_OUT = 2, FB_SAYS_RULED_OUT = 4 };

/** A condition. */
struct fb_cond {
    enum fb_cond_kind kind;
    struct fb_span span;
    struct fb_cond *parts;
    struct fb_cond *next; /**< in a list of parts */

    uint32_t relation; /**< FACT */
    bool occurs;       /**< FACT: only where it begins */
    struct fb_fact_field *fields;

    struct fb_str name;          /**< CALL, LINE */
    struct fb_word *args;        /**< CALL, LINE */
    unsigned statuses;           /**< LINE; PACE: bit n for level n of enum fb_pace */
    const struct fb_item *named; /**< CALL, LINE; check */

    struct fb_word left; /**< COMPARE: a variable */
    enum fb_compare compare;
    struct fb_word right;
    const void *domain; /**< COMPARE: struct fb_domain of the variable; check */
};

/** A number of hours, days ... */
struct fb_amount {
    int64_t amount;
    enum fb_unit unit;
    struct fb_span span;
};

/** A line of `within`. */
struct fb_within_line {
    struct fb_amount amount;
    struct fb_cond *guard;    /**< NULL: always */
    struct fb_str guard_text; /**< as written; empty: always */
    struct fb_within_line *next;
};

/** `applies to`. */
struct fb_scope_clause {
    bool given;
    struct fb_span span;
    struct fb_word developer; /**< `of "..."`; length 0 of text when not given */
    struct fb_cond *tests;    /**< any of these facts, on variable `system`; NULL: all systems */
    struct fb_str text;       /**< as written */
};

/** What one duty says; commitments have several. */
struct fb_demand {
    struct fb_span span;
    enum fb_modality modality;
    struct fb_str verb; /**< of the act, for its name */
    struct fb_cond *act;
    struct fb_str act_text;
    struct fb_cond *before;
    struct fb_within_line *within;
    const struct fb_within_line *within_at[FB_PACE_LEVELS]; /**< lines of a pace, each in place of
                                                                 that with the same guard; check */
    enum fb_consequence lest;
    struct fb_word lest_of;                          /**< the text of a breach, or the system */
    struct fb_amount every;                          /**< amount 0: once */
    struct fb_amount every_at[FB_PACE_LEVELS];       /**< at a pace; amount 0: as every; check */
    const struct fb_demand *lest_at[FB_PACE_LEVELS]; /**< has lest and lest_of of a pace; NULL: as
                                                          here; check */
    struct fb_demand *hence; /**< what is owed from its discharge on; NULL: nothing */
    struct fb_demand *next;
};

/** Kinds of item. */
enum fb_item_kind {
    FB_ITEM_LET,
    FB_ITEM_REDLINE,
    FB_ITEM_DUTY,
    FB_ITEM_COMMITMENT,
    FB_ITEM_EXEMPT
};

/** `waived by`. */
struct fb_waiver_clause {
    struct fb_word *by;        /**< the parties that may; NULL: not given */
    struct fb_cond *condition; /**< NULL: none */
};

/** A red line's own clauses. */
struct fb_redline_clauses {
    struct fb_word measure_of; /**< the variable */
    struct fb_word *measures;
    bool has_crossed;
    struct fb_word crossed_at;
    struct fb_word confidence;
    struct fb_margin margins[8];
    struct fb_span margin_spans[8];
    size_t margin_count;
    struct fb_needs needs;
    struct fb_amount age; /**< amount 0: any */
    struct fb_span samples_span;
    bool has_clears;
    struct fb_word clears_below;
    struct fb_amount dwell;
};

/** A definition, red line, duty or commitment. */
struct fb_item {
    enum fb_item_kind kind;
    struct fb_span span; /**< of its name */
    struct fb_str name;
    struct fb_str title;
    struct fb_str source;     /**< where the rule itself comes from; empty: as the policy */
    struct fb_str confidence; /**< "high", "medium" or "low", that it says what its source does */
    struct fb_word *params;
    struct fb_item *next;

    struct fb_cond *condition; /**< LET: body; DUTY, EXEMPT: when; COMMITMENT: while */
    struct fb_cond *given;     /**< DUTY: if */
    struct fb_cond *during;    /**< DUTY: while */
    struct fb_waiver_clause waiver;
    struct fb_word *rules; /**< EXEMPT: only from these; NULL: from all */
    struct fb_scope_clause scope;
    struct fb_redline_clauses line;
    struct fb_redline_clauses *line_at[FB_PACE_LEVELS]; /**< REDLINE; NULL: as line; check */

    struct fb_demand *demands; /**< DUTY: one; COMMITMENT: one a clause */
    struct fb_word party;      /**< span.line 0: not given */
    struct fb_word anchor_of;  /**< the id whose field the deadline runs from; span.line 0: none */
    struct fb_word knower;     /**< `of P knowing of I`: P */
    struct fb_str anchor_field;
    struct fb_cond *relax_when; /**< COMMITMENT: `relax after` */
    struct fb_amount relax_for;
    struct fb_amount relax_at[FB_PACE_LEVELS]; /**< at a pace; amount 0: as relax_for; check */

    uint64_t binds;                /**< LET: bit n: it binds parameter n; check */
    int system_param;              /**< the parameter that is a system, or -1; check */
    struct fb_str anchor_variable; /**< holds the anchor's time; empty: none; check */
};

/** What `then` changes at a pace: `cyber.needs newer than 90 days`. */
struct fb_pace_change {
    struct fb_span span;
    struct fb_str rule;   /**< "cyber", "hold" */
    struct fb_str part;   /**< "secure.2" of "hold.secure.2.within"; empty: the rule itself */
    struct fb_str clause; /**< "crossed", "margin", "needs", "clears", "within", "every", "lest" or
                               "relax" */
    struct fb_item terms; /**< that clause alone, as of a red line or a commitment; of a duty: one
                               demand */
    struct fb_pace_change *next;
};

/** `fast` or `slow` of a pace block. */
struct fb_pace_clause {
    struct fb_span span; /**< line 0: not given */
    struct fb_word *series;
    struct fb_amount limit;
    struct fb_word confidence;
    struct fb_amount dwell; /**< amount 0: not said here */
    struct fb_pace_change *changes;
};

/** A pace block. */
struct fb_pace_block {
    struct fb_span span;
    struct fb_pace_clause levels[FB_PACE_LEVELS]; /**< that of `normal` is never given */
    struct fb_amount dwell;                       /**< `relax after`; amount 0: not given */
    struct fb_amount age;                         /**< `needs newer than`; amount 0: not given */
};

struct fb_test;

/** A date of `holidays`, or the name of a list of them. */
struct fb_holiday {
    struct fb_span span;
    fb_time date;
    struct fb_str list; /**< empty: a date */
    struct fb_holiday *next;
};

/** `retain` of the header. */
struct fb_retain_clause {
    struct fb_span span;
    enum fb_retain_what what;
    struct fb_word *topics; /**< of reports */
    size_t topic_count;
    struct fb_amount period;
    struct fb_str source;
    struct fb_retain_clause *next;
};

/** A policy. */
struct fb_policy_tree {
    struct fb_span span;
    struct fb_str name;
    struct fb_str title;
    struct fb_str source;
    int64_t version; /**< 0: not given */
    fb_time effective;
    fb_time expires;
    struct fb_span expires_span;
    bool replaces; /**< `replaces earlier versions` */
    struct fb_span replaces_span;
    struct fb_days days; /**< holidays sorted by the check */
    struct fb_holiday *holidays;
    struct fb_retain_clause *retains;
    size_t retain_count;
    struct fb_pace_block *pace; /**< NULL: it has none */
    struct fb_item *items;
    struct fb_test *tests; /**< lang/tests.h */
};

#endif

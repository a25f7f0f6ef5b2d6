/*
 * tests.h: the test blocks of a policy: records that are given, and what must then hold.
 *
 *     test "a death is reported in time"
 *       given  2026-03-01 09:00 by "dev": incident "1" of system "s" with class death
 *       expect initial_report("s", "1") owed until 2026-03-11 09:00 at 2026-03-02
 *
 * The types are checked here; whether expectations hold is for who can evaluate (govern).
 */
#ifndef FB_LANG_TESTS_H
#define FB_LANG_TESTS_H

#include "engine/eval.h"
#include "engine/latch.h"
#include "lang/syntax/tree.h"

/** Limits; each has an error and a test. */
enum { FB_TEST_GIVEN_MAX = 500, FB_TEST_EXPECT_MAX = 200 };

/** A record of a history. */
struct fb_given {
    struct fb_span span;
    fb_time at;                /**< when it is admitted */
    struct fb_word by;         /**< its issuer; span.line 0: nobody in particular */
    struct fb_word correcting; /**< the id it supersedes; span.line 0: none */
    struct fb_cond *fact;      /**< kind and fields; no variables */
    struct fb_str rests_on;    /**< of a safety case: the predicate that its one leaf asks; else
                                    empty */
    struct fb_given *next;
};

/** What an expectation is about. */
enum fb_expect_kind {
    FB_EXPECT_LINE,     /**< a red line has a status */
    FB_EXPECT_DUTY,     /**< an obligation has a status */
    FB_EXPECT_NOT_OWED, /**< there is no such obligation */
    FB_EXPECT_NOTHING,  /**< no obligation binds now */
    FB_EXPECT_PACE,     /**< the pace of the policy is one of some */
    FB_EXPECT_ORDER,    /**< an order binds a system, binds it no more, or none does */
    FB_EXPECT_LICENCE,  /**< a system may do something, or may not */
    FB_EXPECT_EXEMPT,   /**< no rule applies to a system, or one does */
    FB_EXPECT_CASE,     /**< what a safety case of a system is worth */
};

/** An expectation. */
struct fb_expect {
    struct fb_span span;
    struct fb_str text; /**< all of it, in the one format */
    enum fb_expect_kind kind;
    struct fb_str rule;   /**< LINE, DUTY, NOT_OWED: "cyber", "hold.deploy"; CASE: its name */
    struct fb_word *args; /**< of these; ORDER, LICENCE, EXEMPT, CASE: the system alone */
    struct fb_word by;    /**< the party that owes; ORDER: whose order it is; span.line 0: any */
    bool has_level;       /**< ORDER: of this level only */
    int64_t level;
    enum fb_line_status line;
    enum fb_duty_status duty;
    unsigned paces;            /**< PACE: bit n for level n of enum fb_pace */
    enum fb_consequence order; /**< ORDER: FB_LEST_HALT, FB_LEST_RESTRICT or FB_LEST_SECURE */
    bool released;             /**< ORDER: it was one and is over */
    bool negated;              /**< ORDER, LICENCE, EXEMPT: none is, may not, is not */
    struct fb_str word;    /**< LICENCE: "train", "deploy" or "autonomy"; CASE: "stands", "fallen",
                                "submitted" or "sent_back" */
    fb_time until;         /**< the deadline; FB_TIME_MIN: not said */
    fb_time since;         /**< of the status; FB_TIME_MIN: not said */
    struct fb_str state;   /**< status, until and since as written: a slice of the policy's text */
    struct fb_str because; /**< part of a sentence of the reason; empty: not said */
    fb_time at;            /**< asked at this moment; the last of the history when not said */
    struct fb_expect *next;
};

/** A test. */
struct fb_test {
    struct fb_span span;
    struct fb_str title;
    struct fb_given *givens;
    struct fb_expect *expects;
    struct fb_test *next;
};

/** Reads and checks the policy, and gives its tests in the order of the text (NULL: it has none).
 * They live in arena and borrow text. Errors as fb_policy_compile. */
FB_CHECKED enum fb_code fb_policy_tests(struct fb_str text, const char *name,
    struct fb_arena *arena, const struct fb_test **out, struct fb_policy_errors *errors);

#endif

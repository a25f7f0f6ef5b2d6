/*
 * policy_test.h: runs the test blocks of a policy, without docket, key or disk.
 *
 * Each expectation is asked at its own moment, of a registry in memory that holds the policy, the
 * parties that the test names, and what the test gives up to and at that moment. What is asked then
 * is fb_govern_evaluate, as for any docket.
 */
#ifndef FB_GOVERN_POLICY_TEST_H
#define FB_GOVERN_POLICY_TEST_H

#include "govern/evaluate.h"
#include "lang/tests.h"

/** What came of one expectation. Text lives in the arena of the run. */
struct fb_policy_result {
    const struct fb_test *test;
    const struct fb_expect *expect;
    bool holds;
    struct fb_str instead; /**< what holds instead; empty when it holds */
    struct fb_str state;   /**< what to write in place of expect->state; empty: nothing would do */
    struct fb_str why;     /**< the reason of what holds, a sentence a line; may be empty */
};

/** What came of all expectations of a policy, in the order of its text. */
struct fb_policy_results {
    struct fb_policy_result *items;
    size_t count;
    size_t failed;
};

/** Runs all tests. name is the file's name, for errors. The results live in arena and borrow text.
 * Errors of the policy and of what is given (with line and column) go to errors; the code is that
 * of the first. */
FB_CHECKED enum fb_code fb_policy_test_run(struct fb_str text, const char *name,
    struct fb_arena *arena, struct fb_policy_results *out, struct fb_policy_errors *errors);

/** Appends the policy in its one format, with the status of every expectation that failed replaced
 * by the one that holds. An expectation of a reason, or of `nothing owed`, is left as it is. text
 * is the one that was run. Errors as fb_policy_format. */
FB_CHECKED enum fb_code fb_policy_test_bless(struct fb_str text,
    const struct fb_policy_results *results, struct fb_buf *out, struct fb_policy_errors *errors);

#endif

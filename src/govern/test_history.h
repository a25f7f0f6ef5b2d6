/*
 * test_history.h: what a test of a policy gives, as records in a registry. Private to the room.
 *
 * Parties that the test names but does not give are there from 1970 on, and so is the policy; the
 * party "test" stands for nobody in particular. A field that a kind of record needs and that the
 * test leaves out is filled in: a policy that asks for it should have it given.
 */
#ifndef FB_GOVERN_TEST_HISTORY_H
#define FB_GOVERN_TEST_HISTORY_H

#include "lang/tests.h"
#include "record/registry.h"

/** A history. */
struct fb_test_history {
    const struct fb_test *test;
    struct fb_str policy; /**< its text */
    const char *name;     /**< of its file, for errors */
};

/** Builds a registry of all that is given up to and at a moment. The caller frees *out. What is
 * refused has the place of the line that gives it. */
FB_CHECKED enum fb_code fb_test_history_build(const struct fb_test_history *history, fb_time at,
    struct fb_arena *arena, struct fb_registry **out, struct fb_err *err);

/** Gives the text of a safety case that the test gives, or else the policy's; ctx is the history. A
 * fb_blob_reader. */
FB_CHECKED enum fb_code fb_test_history_blob(
    void *ctx, struct fb_str digest, struct fb_buf *out, struct fb_err *err);

#endif

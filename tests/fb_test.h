/* fb_test.h: what every unit test includes, and a few checks that print the error object. */
#ifndef FB_TEST_H
#define FB_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "flyball/err.h"

/** Fails the test, printing the error, unless code is FB_OK. */
#define FB_TEST_OK(call)                                                                           \
    do {                                                                                           \
        enum fb_code fb_test_code_ = (call);                                                       \
        if (fb_test_code_ != FB_OK) {                                                              \
            char fb_test_text_[4096];                                                              \
            fb_err_format(&err, fb_test_text_, sizeof(fb_test_text_));                             \
            fail_msg("%s: %s: %s", #call, fb_code_name(fb_test_code_), fb_test_text_);             \
        }                                                                                          \
    } while (0)

/** Fails the test unless the call fails with exactly this code and with a message. */
#define FB_TEST_FAILS(call, expected)                                                              \
    do {                                                                                           \
        enum fb_code fb_test_code_ = (call);                                                       \
        if (fb_test_code_ != (expected))                                                           \
            fail_msg("%s: got %s (%s), expected %s", #call, fb_code_name(fb_test_code_),           \
                err.message, fb_code_name(expected));                                              \
        assert_true(err.message[0] != 0);                                                          \
        assert_int_equal(err.code, fb_test_code_);                                                 \
    } while (0)

/** Path of a file of ../shared, or NULL after a message when that folder is absent (then skip). */
static inline const char *fb_test_shared(const char *relative, char *out, size_t size)
{
    const char *root = getenv("FB_SHARED");
    snprintf(out, size, "%s/%s", root ? root : "../shared", relative);
    FILE *probe = fopen(out, "rb");
    if (!probe) {
        printf("# SKIP %s is absent\n", relative);
        return NULL;
    }
    fclose(probe);
    return out;
}

#endif

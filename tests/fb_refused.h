/* fb_refused.h: tables of texts that a reader refuses. */
#ifndef FB_REFUSED_H
#define FB_REFUSED_H

#include "fb_test.h"

/** A text that is refused: with which code, and at which line of it. */
struct fb_test_refused {
    const char *text;
    enum fb_code code;
    uint32_t line;
};

/** Fails the test unless the call fails as a row says. */
#define FB_TEST_REFUSES(call, row)                                                                 \
    do {                                                                                           \
        FB_TEST_FAILS(call, (row)->code);                                                          \
        assert_int_equal(err.line, (row)->line);                                                   \
    } while (0)

#endif

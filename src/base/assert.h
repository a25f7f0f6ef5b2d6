/* assert.h: checks of our own reasoning. On in release; bad input is an error, never an assert. */
#ifndef FB_BASE_ASSERT_H
#define FB_BASE_ASSERT_H

/** Prints the broken assertion to standard error and aborts. Does not return. */
_Noreturn void fb_assert_failed(const char *expression, const char *file, int line);

/** Aborts when the expression is false. The expression must have no side effect. */
#define FB_ASSERT(expression)                                                                      \
    ((expression) ? (void)0 : fb_assert_failed(#expression, __FILE__, __LINE__))

#endif

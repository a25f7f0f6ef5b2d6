#include "base/assert.h"

#include <stdio.h>
#include <stdlib.h>

void fb_assert_failed(const char *expression, const char *file, int line)
{
    fprintf(stderr, "flyball: broken assertion at %s:%d: %s\n", file, line, expression);
    abort();
}

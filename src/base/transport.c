#include "base/transport.h"

#include <strings.h>

#include "base/assert.h"

bool fb_url_is(const char *text)
{
    FB_ASSERT(text);
    return strncasecmp(text, "http://", 7) == 0 || strncasecmp(text, "https://", 8) == 0;
}

/* privileges.h: leaving root behind. */
#ifndef FB_SERVE_PRIVILEGES_H
#define FB_SERVE_PRIVILEGES_H

#include "flyball/err.h"

/** Becomes another user of this machine for good, with its groups. E_NOT_FOUND for no such user,
 * E_RANGE for root itself, E_ROLE when this process may not, E_IO. */
FB_CHECKED enum fb_code fb_privileges_drop(const char *user, struct fb_err *err);

#endif

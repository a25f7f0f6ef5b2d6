/* net.h: the seam to sockets for whoever is asked: an address to listen on. */
#ifndef FB_BASE_NET_H
#define FB_BASE_NET_H

#include "base/str.h"
#include "flyball/err.h"

/** Bytes of the text of an address with its port, the NUL included. */
enum { FB_NET_TEXT = 80 };

/**
 * Listens on "ADDRESS:PORT": a numeric address, in brackets when it is one of IPv6, or localhost;
 * port 0 takes a free one. The socket does not block and is not handed to programs that are
 * started. E_SYNTAX for the text, E_BUSY when the address is in use, E_IO. The caller ends with
 * fb_net_close.
 */
FB_CHECKED enum fb_code fb_net_listen(struct fb_str text, int *out, struct fb_err *err);

/** Writes the address that a socket listens on, as "127.0.0.1:8080" or "[::1]:8080". E_IO. */
FB_CHECKED enum fb_code fb_net_address(int socket, char out[FB_NET_TEXT], struct fb_err *err);

/** Closes a socket; -1 is allowed. */
void fb_net_close(int socket);

#endif

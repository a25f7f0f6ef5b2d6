#include "base/net.h"

#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/assert.h"

enum { HOST_MAX = 64, PORT_MAX = 6, WAITING_MAX = 128 };

static enum fb_code bad_address(struct fb_str text, struct fb_err *err)
{
    fb_err_set(err, FB_E_SYNTAX, "'%.*s' is no address to listen on",
        FB_STR_ARG(fb_str_sub(text, 0, HOST_MAX)));
    return fb_err_hint(err, "Write ADDRESS:PORT, as 127.0.0.1:8080 or [::1]:8080; port 0 is any.");
}

/* Splits at the last colon; brackets around an address of IPv6 are taken off. */
static bool split(struct fb_str text, char host[HOST_MAX], char port[PORT_MAX])
{
    size_t colon = text.len;
    while (colon > 0 && text.ptr[colon - 1] != ':') {
        colon--;
    }
    struct fb_str digits = fb_str_sub(text, colon, SIZE_MAX), name = fb_str_sub(text, 0, colon);
    uint64_t number;
    if (colon == 0 || !fb_str_u64(digits, &number) || number > 65535 || digits.len >= PORT_MAX) {
        return false;
    }
    name.len--;
    bool is_bracketed = name.len >= 2 && name.ptr[0] == '[' && name.ptr[name.len - 1] == ']';
    if (is_bracketed) {
        name = fb_str_sub(name, 1, name.len - 2);
    }
    bool has_colon = fb_str_find(name, ':', 0) < name.len;
    if (name.len == 0 || name.len >= HOST_MAX || has_colon != is_bracketed) {
        return false;
    }
    (void)snprintf(host, HOST_MAX, "%.*s", FB_STR_ARG(name));
    (void)snprintf(port, PORT_MAX, "%.*s", FB_STR_ARG(digits));
    return true;
}

static enum fb_code listen_on(
    const struct addrinfo *at, struct fb_str text, int *out, struct fb_err *err)
{
    int one = 1;
    int fd = socket(at->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd >= 0 && setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)) == 0 &&
        bind(fd, at->ai_addr, at->ai_addrlen) == 0 && listen(fd, WAITING_MAX) == 0) {
        *out = fd;
        return FB_OK;
    }
    int number = errno;
    fb_net_close(fd);
    fb_err_set(err, number == EADDRINUSE ? FB_E_BUSY : FB_E_IO, "could not listen on '%.*s': %s",
        FB_STR_ARG(text), strerror(number));
    return number == EADDRINUSE ? fb_err_hint(err, "Another program listens there.") : err->code;
}

enum fb_code fb_net_listen(struct fb_str text, int *out, struct fb_err *err)
{
    FB_ASSERT(out);
    FB_ASSERT(text.ptr || text.len == 0);
    char host[HOST_MAX], port[PORT_MAX];
    struct addrinfo hints = {.ai_family = AF_UNSPEC,
        .ai_socktype = SOCK_STREAM,
        .ai_flags = AI_PASSIVE | AI_NUMERICHOST | AI_NUMERICSERV};
    struct addrinfo *found = NULL;
    if (!split(text, host, port)) {
        return bad_address(text, err);
    }
    const char *name = strcmp(host, "localhost") == 0 ? "127.0.0.1" : host;
    if (getaddrinfo(name, port, &hints, &found) != 0) {
        return bad_address(text, err);
    }
    enum fb_code code = listen_on(found, text, out, err);
    freeaddrinfo(found);
    return code;
}

enum fb_code fb_net_address(int socket, char out[FB_NET_TEXT], struct fb_err *err)
{
    FB_ASSERT(socket >= 0 && out);
    struct sockaddr_storage at;
    socklen_t len = sizeof(at);
    char host[HOST_MAX], port[PORT_MAX];
    if (getsockname(socket, (struct sockaddr *)&at, &len) != 0 ||
        getnameinfo((struct sockaddr *)&at, len, host, sizeof(host), port, sizeof(port),
            NI_NUMERICHOST | NI_NUMERICSERV) != 0) {
        return fb_err_set(err, FB_E_IO, "could not read the address of a socket");
    }
    (void)snprintf(out, FB_NET_TEXT, at.ss_family == AF_INET6 ? "[%s]:%s" : "%s:%s", host, port);
    return FB_OK;
}

void fb_net_close(int socket)
{
    if (socket >= 0) {
        (void)close(socket);
    }
}

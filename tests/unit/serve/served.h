/* served.h: a server on a free port of this machine, for one test. */
#ifndef FB_TEST_SERVED_H
#define FB_TEST_SERVED_H

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "base/net.h"
#include "fb_test.h"
#include "serve/http_client.h"
#include "serve/server.h"

/** A running server. */
struct served {
    struct fb_server *server;
    char address[FB_NET_TEXT];
    uint16_t port;
    uint32_t idle_s; /**< to set before it is started; 0 for the default */
};

static inline void served_start(
    struct served *served, fb_server_handler handle, void *ctx, size_t body_max)
{
    struct fb_err err;
    struct fb_server_options options = {
        .body_max = body_max, .idle_s = served->idle_s, .handle = handle, .ctx = ctx};
    fb_err_init(&err);
    FB_TEST_OK(fb_net_listen(FB_STR("127.0.0.1:0"), &options.socket, &err));
    FB_TEST_OK(fb_net_address(options.socket, served->address, &err));
    FB_TEST_OK(fb_server_start(&options, &served->server, &err));
    served->port = (uint16_t)strtoul(strchr(served->address, ':') + 1, NULL, 10);
}

/** Performs one exchange, whose answer the caller releases. body NULL: a GET. */
static inline struct fb_exchange served_ask(
    const struct served *served, const char *path, const char *body, size_t answer_max)
{
    struct fb_err err;
    struct fb_http_client *client = NULL;
    struct fb_http_options options = {
        .connect_ms = 20000, .total_ms = 30000, .pause_ms = 10, .attempts = 2};
    char url[300];
    struct fb_exchange exchange = {
        .url = url, .is_post = body != NULL, .body = fb_str_of(body), .code = FB_E_IO};
    fb_err_init(&err);
    fb_err_init(&exchange.err);
    fb_buf_init(&exchange.answer, answer_max);
    snprintf(url, sizeof(url), "http://%s%s", served->address, path);
    FB_TEST_OK(fb_http_client_new(&options, &client, &err));
    struct fb_transport transport = fb_http_client_transport(client);
    transport.perform(transport.ctx, &exchange, 1);
    fb_http_client_free(client);
    return exchange;
}

/** A connection to the server. */
static inline int served_connect(const struct served *served)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(served->port)};
    struct timeval patience = {.tv_sec = 10};
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0);
    assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)), 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&at, sizeof(at)), 0);
    return fd;
}

/** Sends text as it is; returns the status of the answer, 0 for none, and its head in `head`. */
static inline int served_head(const struct served *served, const char *text, char head[4096])
{
    size_t len = 0;
    int fd = served_connect(served), status = 0;
    head[0] = 0;
    (void)!send(fd, text, strlen(text), MSG_NOSIGNAL);
    for (ssize_t got = 1; got > 0 && len + 1 < 4096 && !strstr(head, "\r\n\r\n");) {
        got = recv(fd, head + len, 4096 - 1 - len, 0);
        len += got > 0 ? (size_t)got : 0;
        head[len] = 0;
    }
    if (strncmp(head, "HTTP/1.1 ", 9) == 0) {
        status = (int)strtoul(head + 9, NULL, 10);
    }
    close(fd);
    return status;
}

/** The same without the head. */
static inline int served_raw(const struct served *served, const char *text)
{
    char head[4096];
    return served_head(served, text, head);
}

#endif

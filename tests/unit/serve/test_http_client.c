/* Tests of the HTTP client: what comes back whole, what is tried again, and what never ends. */
#include <errno.h>
#include <pthread.h>

#include "base/alloc.h"
#include "served.h"

static unsigned calls;

/* Fails n times before it answers, for the path "/fails/n". */
static void flaky(void *ctx, const struct fb_server_request *request, struct fb_server_answer *out)
{
    (void)ctx;
    unsigned failures = (unsigned)strtoul(strrchr(request->path, '/') + 1, NULL, 10);
    calls++;
    if (calls <= failures) {
        fb_server_say(out, 503, "later");
    } else {
        fb_server_say(out, strncmp(request->path, "/none", 5) == 0 ? 404 : 200, "here");
    }
}

static void expect(const struct served *served, const char *path, const char *body, unsigned status,
    unsigned asked)
{
    calls = 0;
    struct fb_exchange got = served_ask(served, path, body, 1000);
    assert_int_equal(got.code, FB_OK);
    assert_int_equal(got.status, status);
    assert_int_equal(calls, asked);
    fb_buf_release(&got.answer);
}

static void test_again(void **state)
{
    (void)state;
    struct served served = {.idle_s = 0};
    served_start(&served, flaky, NULL, 1000);
    expect(&served, "/0", NULL, 200, 1);
    expect(&served, "/1", NULL, 200, 2);
    expect(&served, "/2", NULL, 503, 2); /* twice is all that this client tries */
    expect(&served, "/none/0", NULL, 404, 1);
    expect(&served, "/1", "body", 503, 1); /* a POST is sent once */
    fb_server_stop(served.server);
}

static void test_limits(void **state)
{
    (void)state;
    struct served served = {.idle_s = 0};
    served_start(&served, flaky, NULL, 1000);
    struct fb_exchange got = served_ask(&served, "/0", NULL, 5);
    assert_int_equal(got.code, FB_OK);
    assert_string_equal(got.answer.ptr, "here\n");
    fb_buf_release(&got.answer);
    got = served_ask(&served, "/0", NULL, 4);
    assert_int_equal(got.code, FB_E_LIMIT);
    assert_true(got.err.code == FB_E_LIMIT && strstr(got.err.message, "too long"));
    fb_buf_release(&got.answer);
    fb_server_stop(served.server);
}

/* A server that answers each connection with the same bytes and closes it, or says nothing, or goes
 * on with a piece for as long as somebody listens. */
struct canned {
    int socket;
    const char *text;
    size_t len;        /* of text, where it holds zeros */
    const char *piece; /* NULL: no more comes */
    unsigned pause_ms; /* before each piece */
    uint32_t slow_s;   /* of the client */
    unsigned connections;
    bool is_silent;
    char request[4096];
};

static void *serve_canned(void *ctx)
{
    struct canned *canned = ctx;
    int held[64];
    size_t count = 0;
    for (;;) {
        int fd = accept(canned->socket, NULL, NULL);
        if (fd < 0 && (errno == EAGAIN || errno == EINTR)) {
            usleep(2000);
            continue;
        }
        if (fd < 0) {
            break;
        }
        canned->connections++;
        struct timeval patience = {.tv_sec = 2};
        (void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
        (void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
        if (canned->is_silent && count < 64) {
            held[count++] = fd;
            continue;
        }
        ssize_t got = recv(fd, canned->request, sizeof(canned->request) - 1, 0);
        canned->request[got > 0 ? got : 0] = 0;
        size_t len = canned->len ? canned->len : strlen(canned->text);
        ssize_t sent = send(fd, canned->text, len, MSG_NOSIGNAL);
        while (sent >= 0 && canned->piece) {
            usleep(canned->pause_ms * 1000);
            sent = send(fd, canned->piece, strlen(canned->piece), MSG_NOSIGNAL);
        }
        close(fd);
    }
    while (count > 0) {
        close(held[--count]);
    }
    return NULL;
}

/* Asks a canned server for "/" and returns what became of it. */
static struct fb_exchange ask_canned(struct canned *canned, const char *body, uint32_t total_ms)
{
    struct fb_err err;
    pthread_t thread;
    struct fb_http_client *client = NULL;
    struct fb_http_options options = {.connect_ms = 1000,
        .total_ms = total_ms,
        .slow_s = canned->slow_s,
        .pause_ms = 10,
        .attempts = 2};
    char address[FB_NET_TEXT], url[200];
    struct fb_exchange exchange = {
        .url = url, .is_post = body != NULL, .body = fb_str_of(body), .code = FB_OK};
    fb_err_init(&err);
    fb_err_init(&exchange.err);
    fb_buf_init(&exchange.answer, 1000);
    canned->connections = 0;
    FB_TEST_OK(fb_net_listen(FB_STR("127.0.0.1:0"), &canned->socket, &err));
    FB_TEST_OK(fb_net_address(canned->socket, address, &err));
    snprintf(url, sizeof(url), "http://%s/", address);
    assert_int_equal(pthread_create(&thread, NULL, serve_canned, canned), 0);
    FB_TEST_OK(fb_http_client_new(&options, &client, &err));
    struct fb_transport transport = fb_http_client_transport(client);
    transport.perform(transport.ctx, &exchange, 1);
    fb_http_client_free(client);
    shutdown(canned->socket, SHUT_RDWR);
    assert_int_equal(pthread_join(thread, NULL), 0);
    fb_net_close(canned->socket);
    return exchange;
}

static void test_hostile_servers(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        enum fb_code code;
        unsigned connections; /* of a GET */
    } cases[] = {
        {"", FB_E_IO, 2},
        {"garbage\r\n\r\n", FB_E_IO, 2},
        {"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nshort", FB_E_IO, 2},
        {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffff\r\nx", FB_E_IO, 2},
        {"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\nnope", FB_E_IO, 2},
        {"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", FB_OK, 1},
        {"HTTP/1.0 404 No\r\n\r\nok", FB_OK, 1},
        /* Round and round, to another protocol, and into the files of this machine. */
        {"HTTP/1.1 302 Found\r\nLocation: /\r\nContent-Length: 0\r\n\r\n", FB_E_IO, 8},
        {"HTTP/1.1 302 Found\r\nLocation: file:///etc/passwd\r\n\r\n", FB_E_IO, 2},
        {"HTTP/1.1 302 Found\r\nLocation: gopher://127.0.0.1/\r\n\r\n", FB_E_IO, 2},
        /* Lengths that are none, or not those of what comes. */
        {"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\nok", FB_E_IO, 2},
        {"HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\nok", FB_OK,
            1}, /* until it ends */
        {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\nok\r\n0\r\n\r\n", FB_E_IO, 2},
        {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n", FB_E_IO, 2},
        {"HTTP/1.1 200 OK\r\nContent-Encoding: gzip, gzip, gzip, gzip, gzip, gzip\r\n\r\nok",
            FB_E_IO, 2},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct canned canned = {.text = cases[i].text};
        struct fb_exchange got = ask_canned(&canned, NULL, 20000);
        if (got.code != cases[i].code || canned.connections != cases[i].connections) {
            fail_msg("%zu: %s after %u connections: %s", i, fb_code_name(got.code),
                canned.connections, got.err.message);
        }
        assert_true((got.code == FB_OK) == (got.err.message[0] == 0));
        fb_buf_release(&got.answer);
    }
    /* A POST is not sent on to somewhere else. */
    struct canned moved = {
        .text = "HTTP/1.1 307 Moved\r\nLocation: /x\r\nContent-Length: 0\r\n\r\n"};
    struct fb_exchange got = ask_canned(&moved, "secret", 20000);
    assert_true(got.code == FB_OK && got.status == 307 && moved.connections == 1);
    fb_buf_release(&got.answer);
}

/* What does not end is cut off: as too much at once, as too slow after its time and one more try.
 */
static void test_endless_servers(void **state)
{
    (void)state;
#define OK_LINE "HTTP/1.1 200 OK\r\n"
    static const struct {
        const char *text, *piece;
        unsigned pause_ms;
        enum fb_code code;
        unsigned connections;
        const char *says;
    } cases[] = {
        {OK_LINE "\r\n", "more and more", 0, FB_E_LIMIT, 1, "too long"},
        {OK_LINE "Content-Length: 9000000000000000000\r\n\r\n", "more", 0, FB_E_LIMIT, 1,
            "too long"},
        {OK_LINE "Transfer-Encoding: chunked\r\n\r\n", "4\r\nmore\r\n", 0, FB_E_LIMIT, 1,
            "too long"},
        {OK_LINE, "X-Header: more\r\n", 0, FB_E_LIMIT, 1, "header is too long"},
        {"", "HTTP/1.1 100 Continue\r\n\r\n", 0, FB_E_LIMIT, 1, "header is too long"},
        {OK_LINE "Transfer-Encoding: chunked\r\n\r\n0\r\n", "X-Trailer: more\r\n", 0, FB_E_LIMIT, 1,
            "header is too long"},
        {OK_LINE "X-Header: ", "more and more", 0, FB_E_IO, 2, "header is too long"},
        {OK_LINE "Transfer-Encoding: chunked\r\n\r\n4;x=", "more", 1, FB_E_IO, 2, "timed out"},
        {OK_LINE "Transfer-Encoding: chunked\r\n\r\n", "0", 0, FB_E_IO, 2, "chunked"},
        {OK_LINE "\r\n", "x", 20, FB_E_IO, 2, "timed out"},
        {OK_LINE, "X: y\r\n", 20, FB_E_IO, 2, "timed out"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct canned canned = {
            .text = cases[i].text, .piece = cases[i].piece, .pause_ms = cases[i].pause_ms};
        struct fb_exchange got = ask_canned(&canned, NULL, cases[i].pause_ms ? 300 : 20000);
        if (got.code != cases[i].code || canned.connections != cases[i].connections ||
            !strstr(got.err.message, cases[i].says)) {
            fail_msg("%zu: %s after %u connections: %s", i, fb_code_name(got.code),
                canned.connections, got.err.message);
        }
        assert_true(got.answer.len <= 1000);
        fb_buf_release(&got.answer);
    }
#undef OK_LINE
    /* A byte now and then would last until the time of the whole exchange is over. */
    struct canned slow = {
        .text = "HTTP/1.1 200 OK\r\n\r\n", .piece = "x", .pause_ms = 100, .slow_s = 1};
    struct fb_exchange got = ask_canned(&slow, NULL, 60000);
    assert_true(got.code == FB_E_IO && strstr(got.err.message, "too slow"));
    fb_buf_release(&got.answer);
}

/* 200,000 zeros, compressed twice to 56 bytes. */
static void test_bomb(void **state)
{
    (void)state;
    static const char text[] =
        "HTTP/1.1 200 OK\r\nContent-Encoding: gzip, gzip\r\nContent-Length: 56\r\n\r\n"
        "\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\x03\x93\xef\xe6\x60\x00\x01\xa6\xff\x6f\x0f\x1a\x32"
        "\x02\x19\x87\x16\x7c\xf5\xcf\x65\xab\x5f\xc0\x30\xd4\x41\xc3\x75\x86\xea\x88\x07\x31\x0e"
        "\xbc\xcc\x0c\x00\x7f\x07\x6d\x10\xe5\x00\x00\x00";
    struct canned bomb = {.text = text, .len = sizeof(text) - 1};
    struct fb_exchange got = ask_canned(&bomb, NULL, 20000);
    assert_true(got.code == FB_E_LIMIT && strstr(got.err.message, "too long"));
    assert_true(got.answer.len <= 1000 && bomb.connections == 1);
    fb_buf_release(&got.answer);
}

static void test_silence(void **state)
{
    (void)state;
    struct canned silent = {.is_silent = true};
    struct fb_exchange got = ask_canned(&silent, NULL, 200);
    assert_int_equal(got.code, FB_E_IO);
    assert_int_equal(silent.connections, 2);
    fb_buf_release(&got.answer);
    got = ask_canned(&silent, "body", 200);
    assert_int_equal(got.code, FB_E_IO);
    assert_int_equal(silent.connections, 1);
    fb_buf_release(&got.answer);
}

/* Nobody listens, no such name, no URL: each says so, and the good one beside them is answered. */
static void test_several(void **state)
{
    (void)state;
    struct fb_err err;
    struct served served = {.idle_s = 0};
    struct fb_http_client *client = NULL;
    struct fb_http_options options = {
        .connect_ms = 1000, .total_ms = 2000, .pause_ms = 10, .attempts = 1};
    char good[200], dead[200], address[FB_NET_TEXT];
    int socket;
    fb_err_init(&err);
    served_start(&served, flaky, NULL, 1000);
    FB_TEST_OK(fb_net_listen(FB_STR("127.0.0.1:0"), &socket, &err));
    FB_TEST_OK(fb_net_address(socket, address, &err));
    fb_net_close(socket); /* now nobody listens there */
    snprintf(good, sizeof(good), "http://%s/0", served.address);
    snprintf(dead, sizeof(dead), "http://%s/", address);
    const char *const urls[] = {dead, good, "ftp://127.0.0.1/", "http://", good, "nothing"};
    static const enum fb_code codes[] = {
        FB_E_IO, FB_OK, FB_E_SYNTAX, FB_E_SYNTAX, FB_OK, FB_E_SYNTAX};
    struct fb_exchange exchanges[6];
    for (size_t i = 0; i < 6; i++) {
        exchanges[i] = (struct fb_exchange){.url = urls[i]};
        fb_buf_init(&exchanges[i].answer, 1000);
    }
    FB_TEST_OK(fb_http_client_new(&options, &client, &err));
    struct fb_transport transport = fb_http_client_transport(client);
    transport.perform(transport.ctx, exchanges, 6);
    for (size_t i = 0; i < 6; i++) {
        if (exchanges[i].code != codes[i]) {
            fail_msg("%s: %s", urls[i], exchanges[i].err.message);
        }
        fb_buf_release(&exchanges[i].answer);
    }
    fb_http_client_free(client);
    fb_server_stop(served.server);
}

static void test_no_memory(void **state)
{
    (void)state;
    struct fb_err err;
    struct fb_http_client *client = NULL;
    struct fb_http_options options = {.attempts = 1};
    struct fb_exchange exchange = {.url = "http://127.0.0.1:1/"};
    fb_err_init(&err);
    fb_alloc_fail_at(0);
    FB_TEST_FAILS(fb_http_client_new(&options, &client, &err), FB_E_NOMEM);
    fb_alloc_fail_at(-1);
    FB_TEST_OK(fb_http_client_new(&options, &client, &err));
    fb_buf_init(&exchange.answer, 1000);
    struct fb_transport transport = fb_http_client_transport(client);
    fb_alloc_fail_at(0);
    transport.perform(transport.ctx, &exchange, 1);
    fb_alloc_fail_at(-1);
    assert_int_equal(exchange.code, FB_E_NOMEM);
    fb_http_client_free(client);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_again),
        cmocka_unit_test(test_limits),
        cmocka_unit_test(test_hostile_servers),
        cmocka_unit_test(test_endless_servers),
        cmocka_unit_test(test_bomb),
        cmocka_unit_test(test_silence),
        cmocka_unit_test(test_several),
        cmocka_unit_test(test_no_memory),
    };
    setenv("no_proxy", "127.0.0.1", 1);
    return cmocka_run_group_tests(tests, NULL, NULL);
}

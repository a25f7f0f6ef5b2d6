/* Tests of the server: what reaches the handler, and what never does. */
#include <errno.h>

#include "served.h"

enum { BODY_MAX = 1000 };

static unsigned calls;

/* Says back what it was asked. */
static void echo(void *ctx, const struct fb_server_request *request, struct fb_server_answer *out)
{
    (void)ctx;
    calls++;
    fb_server_say(out, 200, request->method);
    fb_buf_addf(&out->body, "%s\n%.*s", request->path, FB_STR_ARG(request->body));
    if (strcmp(request->path, "/long") == 0) {
        while (out->body.state == FB_BUF_GOOD) {
            fb_buf_add_c(&out->body, "more and more and more and more and more and more\n");
        }
    }
}

static void test_requests(void **state)
{
    (void)state;
    struct served served = {.idle_s = 0};
    served_start(&served, echo, NULL, BODY_MAX);
    struct fb_exchange got = served_ask(&served, "/a/b?query", NULL, 1000);
    assert_int_equal(got.code, FB_OK);
    assert_int_equal(got.status, 200);
    assert_string_equal(got.answer.ptr, "GET\n/a/b\n");
    fb_buf_release(&got.answer);
    got = served_ask(&served, "/x", "the body", 1000);
    assert_string_equal(got.answer.ptr, "POST\n/x\nthe body");
    fb_buf_release(&got.answer);
    got = served_ask(&served, "/x", "", 1000);
    assert_string_equal(got.answer.ptr, "POST\n/x\n");
    fb_buf_release(&got.answer);
    /* An answer that is too long is none. */
    got = served_ask(&served, "/long", NULL, 1000);
    assert_int_equal(got.status, 500);
    fb_buf_release(&got.answer);
    fb_server_stop(served.server);
}

static void test_limits(void **state)
{
    (void)state;
    struct served served = {.idle_s = 0};
    char body[BODY_MAX + 2], raw[3 * BODY_MAX];
    served_start(&served, echo, NULL, BODY_MAX);
    memset(body, 'b', sizeof(body));
    body[BODY_MAX] = 0;
    struct fb_exchange got = served_ask(&served, "/x", body, 4000);
    assert_int_equal(got.status, 200);
    fb_buf_release(&got.answer);
    calls = 0;
    body[BODY_MAX] = 'b';
    body[BODY_MAX + 1] = 0;
    got = served_ask(&served, "/x", body, 4000);
    assert_int_equal(got.status, 413);
    fb_buf_release(&got.answer);
    /* What says so is refused before it is sent; what does not say is refused when it is too much.
     */
    static const char *const sizes[] = {"1001", "4294967297", "99999999999999999999", "-1", "x"};
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        snprintf(raw, sizeof(raw), "POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: %s\r\n\r\n",
            sizes[i]);
        int status = served_raw(&served, raw);
        assert_true(status == 413 || status == 400);
    }
    snprintf(raw, sizeof(raw),
        "POST /x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3e9\r\n%s\r\n0\r\n\r\n",
        body);
    assert_int_equal(served_raw(&served, raw), 413);
    assert_int_equal(calls, 0);
    /* Headers without end. */
    static char headers[100 * 1024];
    memset(headers, 'h', sizeof(headers) - 1);
    memcpy(headers, "GET / HTTP/1.1\r\nX: ", 19);
    int status = served_raw(&served, headers);
    assert_true(status == 0 || status >= 400);
    static const char *const garbage[] = {"garbage\r\n\r\n", "GET\r\n\r\n", "\r\n\r\n\r\n",
        "GET / HTTP/9.9\r\n\r\n", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n"};
    for (size_t i = 0; i < sizeof(garbage) / sizeof(garbage[0]); i++) {
        (void)served_raw(&served, garbage[i]);
    }
    assert_int_equal(calls, 0);
    got = served_ask(&served, "/x", NULL, 100);
    assert_int_equal(got.status, 200);
    fb_buf_release(&got.answer);
    fb_server_stop(served.server);
}

/* One that begins and does not go on is closed, and stops nobody meanwhile. */
static void test_slow_clients(void **state)
{
    (void)state;
    struct served served = {.idle_s = 1};
    int slow[20];
    char byte;
    served_start(&served, echo, NULL, BODY_MAX);
    for (size_t i = 0; i < 20; i++) {
        static const char begun[] = "POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n123";
        slow[i] = served_connect(&served);
        assert_true(send(slow[i], begun, i % 2 ? sizeof(begun) - 1 : 7, MSG_NOSIGNAL) > 0);
    }
    struct fb_exchange got = served_ask(&served, "/x", NULL, 100);
    assert_int_equal(got.status, 200);
    fb_buf_release(&got.answer);
    for (size_t i = 0; i < 20; i++) {
        ssize_t last = 1;
        while (last > 0) {
            last = recv(slow[i], &byte, 1, 0); /* within the patience of served_connect */
        }
        assert_int_equal(last, 0);
        close(slow[i]);
    }
    fb_server_stop(served.server);
}

/* More connections than are taken, from one address: the further ones are closed. */
static void test_many_connections(void **state)
{
    (void)state;
    struct served served = {.idle_s = 0};
    enum { MANY = 140, OF_ONE_ADDRESS = 128 };
    int fds[MANY];
    size_t closed = 0;
    char byte;
    served_start(&served, echo, NULL, BODY_MAX);
    assert_true(MANY > OF_ONE_ADDRESS && (int)OF_ONE_ADDRESS <= (int)FB_SERVER_CONNECTIONS_MAX);
    for (size_t i = 0; i < MANY; i++) {
        fds[i] = served_connect(&served);
    }
    for (int wait = 0; wait < 100 && closed < MANY - OF_ONE_ADDRESS; wait++) {
        usleep(50 * 1000);
        closed = 0;
        for (size_t i = 0; i < MANY; i++) {
            ssize_t got = recv(fds[i], &byte, 1, MSG_DONTWAIT);
            closed += got == 0 || (got < 0 && errno == ECONNRESET);
        }
    }
    assert_int_equal(closed, MANY - OF_ONE_ADDRESS);
    for (size_t i = 0; i < MANY; i++) {
        close(fds[i]);
    }
    unsigned status = 0;
    for (int wait = 0; wait < 100 && status != 200; wait++) {
        struct fb_exchange got = served_ask(&served, "/x", NULL, 100);
        status = got.status;
        fb_buf_release(&got.answer);
        usleep(20 * 1000);
    }
    assert_int_equal(status, 200);
    fb_server_stop(served.server);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_requests),
        cmocka_unit_test(test_limits),
        cmocka_unit_test(test_slow_clients),
        cmocka_unit_test(test_many_connections),
    };
    setenv("no_proxy", "127.0.0.1", 1);
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Tests of listening, and of what is taken for a URL. */
#include <string.h>

#include "base/net.h"
#include "base/transport.h"
#include "fb_test.h"

static struct fb_err err;

static void test_listen(void **state)
{
    (void)state;
    static const char *const good[] = {"127.0.0.1:0", "localhost:0", "0.0.0.0:0"};
    int socket, second = 77;
    char text[FB_NET_TEXT];
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        FB_TEST_OK(fb_net_listen(fb_str_of(good[i]), &socket, &err));
        FB_TEST_OK(fb_net_address(socket, text, &err));
        assert_int_equal(strncmp(text, i == 2 ? "0.0.0.0:" : "127.0.0.1:", 8), 0);
        assert_true(strtoul(strrchr(text, ':') + 1, NULL, 10) > 0);
        /* The same address again is in use. */
        FB_TEST_FAILS(fb_net_listen(fb_str_of(text), &second, &err), FB_E_BUSY);
        assert_int_equal(second, 77);
        fb_net_close(socket);
    }
    if (fb_net_listen(FB_STR("[::1]:0"), &socket, &err) == FB_OK) {
        FB_TEST_OK(fb_net_address(socket, text, &err));
        assert_int_equal(strncmp(text, "[::1]:", 6), 0);
        fb_net_close(socket);
    }
    fb_net_close(-1);
}

static void test_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {"", ":", ":80", "80", "127.0.0.1",
        "127.0.0.1:", "127.0.0.1:65536", "127.0.0.1:-1", "127.0.0.1:http", "127.0.0.1:80 ",
        "::1:80", "[]:80", "[::1]", "[127.0.0.1]:0x", "example.org:80", "http://127.0.0.1:80",
        "127.0.0.1.127.0.0.1.127.0.0.1.127.0.0.1.127.0.0.1.127.0.0.1.127.0.0.1:80"};
    int socket = 77;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        FB_TEST_FAILS(fb_net_listen(fb_str_of(bad[i]), &socket, &err), FB_E_SYNTAX);
        assert_int_equal(socket, 77);
        assert_true(err.hint[0]);
    }
    /* An address of the documentation, which no machine has. */
    FB_TEST_FAILS(fb_net_listen(FB_STR("192.0.2.1:0"), &socket, &err), FB_E_IO);
    FB_TEST_FAILS(fb_net_address(9999, (char[FB_NET_TEXT]){0}, &err), FB_E_IO);
}

static void test_urls(void **state)
{
    (void)state;
    assert_true(fb_url_is("http://a") && fb_url_is("HTTPS://a") && fb_url_is("http://"));
    assert_false(fb_url_is("") || fb_url_is("http:/a") || fb_url_is("ftp://a") || fb_url_is("/a"));
}

int main(void)
{
    fb_err_init(&err);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_listen),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_urls),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

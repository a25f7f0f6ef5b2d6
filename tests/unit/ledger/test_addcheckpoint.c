/* Tests of requests to a witness: what is read, what is refused, and that no byte may change. */
#include "base/alloc.h"
#include "ledger/addcheckpoint.h"
#include "logs.h"

static struct fb_err err;

static void test_round_trip(void **state)
{
    (void)state;
    struct fb_ledger *ledger = log_open("example.org/log", 1);
    struct fb_buf text, again;
    fb_buf_init(&text, FB_ADD_REQUEST_MAX);
    fb_buf_init(&again, FB_ADD_REQUEST_MAX);
    for (uint64_t size = 0; size < 20; size++) {
        for (uint64_t old = 0; old <= size; old++) {
            struct fb_add_request request;
            struct fb_add_view view;
            FB_TEST_OK(fb_add_request_parse(log_request(ledger, old, &text), &request, &err));
            assert_true(request.old_size == old);
            fb_buf_clear(&again);
            fb_add_request_format(&request, &again);
            assert_true(fb_str_eq(fb_buf_str(&text), fb_buf_str(&again)));
            FB_TEST_OK(fb_add_look(&request, &view, &err));
            assert_true(view.checkpoint.size == size);
            assert_true(fb_str_is(view.checkpoint.origin, "example.org/log"));
        }
        log_grow(ledger, 1, "entry");
    }
    fb_buf_release(&again);
    fb_buf_release(&text);
    fb_ledger_close(ledger);
}

static void test_malformed(void **state)
{
    (void)state;
#define HASH "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
    static const struct {
        const char *text;
        uint32_t line;
    } cases[] = {
        {"", 1},
        {"\n", 1},
        {"old\n\nx\n", 1},
        {"old \n\nx\n", 1},
        {"old  1\n\nx\n", 1},
        {"old 1 \n\nx\n", 1},
        {"old 01\n\nx\n", 1},
        {"old 00\n\nx\n", 1},
        {"old -1\n\nx\n", 1},
        {"old +1\n\nx\n", 1},
        {"old 1.0\n\nx\n", 1},
        {"old 0x1\n\nx\n", 1},
        {"old 18446744073709551616\n\nx\n", 1},
        {"Old 1\n\nx\n", 1},
        {" old 1\n\nx\n", 1},
        {"old 1\r\n\r\nx\n", 1},
        {"old 1", 2},
        {"old 1\n", 2},
        {"old 1\n\n", 3},
        {"old 1\n\nx", 3},
        {"old 1\nAAAA\n\nx\n", 2},
        {"old 1\n" HASH "\n" HASH " \n\nx\n", 3},
        {"old 1\n" HASH "\n", 3},
        {"old 1\n" HASH "\n\nx", 4},
        {"old 1\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n\nx\n", 2},
        {"old 1\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAB=\n\nx\n", 2},
        {"old 1\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n\nx\n", 2},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct fb_add_request request = {.old_size = 77};
        enum fb_code code = fb_add_request_parse(fb_str_of(cases[i].text), &request, &err);
        if (code != FB_E_SYNTAX || err.line != cases[i].line) {
            fail_msg("%zu '%s': %s line %u", i, cases[i].text, fb_code_name(code), err.line);
        }
        assert_true(request.old_size == 77);
    }
}

static void test_limits(void **state)
{
    (void)state;
    struct fb_add_request request;
    struct fb_add_view view;
    struct fb_buf text;
    fb_buf_init(&text, 1 << 20);
    fb_buf_add_c(&text, "old 1\n");
    for (int i = 0; i < FB_ADD_PROOF_MAX; i++) {
        fb_buf_add_c(&text, HASH "\n");
    }
    size_t len = text.len;
    fb_buf_add_c(&text, "\nnote\n");
    FB_TEST_OK(fb_add_request_parse(fb_buf_str(&text), &request, &err));
    assert_int_equal(request.proof.count, FB_ADD_PROOF_MAX);
    assert_true(fb_str_is(request.note, "note\n"));
    fb_buf_cut(&text, len);
    fb_buf_add_c(&text, HASH "\n\nnote\n");
    FB_TEST_FAILS(fb_add_request_parse(fb_buf_str(&text), &request, &err), FB_E_LIMIT);
    while (text.len <= FB_ADD_REQUEST_MAX) {
        fb_buf_add_c(&text, "more and more and more and more and more\n");
    }
    FB_TEST_FAILS(fb_add_request_parse(fb_buf_str(&text), &request, &err), FB_E_LIMIT);
    /* A checkpoint whose extension is more than is cosigned. */
    fb_buf_clear(&text);
    fb_buf_add_c(&text, "example.org/log\n1\n" HASH "\n");
    while (text.len <= FB_ADD_TEXT_MAX) {
        fb_buf_add_c(&text, "more and more and more and more and more\n");
    }
    fb_buf_add_c(&text, "\n\xE2\x80\x94 name AAAAAAA=\n");
    request.note = fb_buf_str(&text);
    FB_TEST_FAILS(fb_add_look(&request, &view, &err), FB_E_LIMIT);
    fb_buf_release(&text);
}

/* What a witness that knows the log's key and saw the first 5 of its entries says. */
static enum fb_add_status judge(struct fb_str text, struct fb_ledger *ledger)
{
    static const uint64_t seen = 5;
    struct fb_add_request request;
    struct fb_add_view view;
    struct fb_checkpoint latest = {.size = seen};
    enum fb_add_status status = FB_ADD_MALFORMED;
    FB_TEST_OK(fb_ledger_root(ledger, seen, &latest.root, &err));
    if (fb_add_request_parse(text, &request, &err) != FB_OK ||
        fb_add_look(&request, &view, &err) != FB_OK) {
        return FB_ADD_MALFORMED;
    }
    if (!fb_str_is(view.checkpoint.origin, "example.org/log")) {
        return FB_ADD_UNKNOWN;
    }
    FB_TEST_OK(fb_add_authenticate(&request, fb_ledger_verifier(ledger), 1, &status, &err));
    return status == FB_ADD_GOOD ? fb_add_decide(&request, &view.checkpoint, &latest, &err)
                                 : status;
}

/* Every bit of every byte, every byte taken away, and every byte doubled. */
static void test_mutations(void **state)
{
    (void)state;
    struct fb_ledger *ledger = log_open("example.org/log", 1);
    struct fb_buf text, longer;
    fb_buf_init(&text, FB_ADD_REQUEST_MAX);
    fb_buf_init(&longer, FB_ADD_REQUEST_MAX);
    log_grow(ledger, 13, "entry");
    log_request(ledger, 5, &text);
    assert_int_equal(judge(fb_buf_str(&text), ledger), FB_ADD_GOOD);
    unsigned seen[500] = {0};
    for (size_t at = 0; at < text.len; at++) {
        for (unsigned bit = 0; bit < 8; bit++) {
            text.ptr[at] = (char)(text.ptr[at] ^ (1 << bit));
            enum fb_add_status status = judge(fb_buf_str(&text), ledger);
            assert_int_not_equal(status, FB_ADD_GOOD);
            seen[status]++;
            text.ptr[at] = (char)(text.ptr[at] ^ (1 << bit));
        }
        assert_int_not_equal(judge((struct fb_str){text.ptr, at}, ledger), FB_ADD_GOOD);
        fb_buf_clear(&longer);
        fb_buf_add(&longer, text.ptr, at + 1);
        fb_buf_add(&longer, text.ptr + at, text.len - at);
        assert_int_not_equal(judge(fb_buf_str(&longer), ledger), FB_ADD_GOOD);
    }
    /* The mutations reach every refusal. */
    assert_true(seen[FB_ADD_MALFORMED] && seen[FB_ADD_UNSIGNED] && seen[FB_ADD_UNKNOWN]);
    assert_true(seen[FB_ADD_CONFLICT] && seen[FB_ADD_UNPROVED]);
    fb_buf_release(&longer);
    fb_buf_release(&text);
    fb_ledger_close(ledger);
}

static void test_failures(void **state)
{
    (void)state;
    struct fb_ledger *ledger = log_open("example.org/log", 1);
    struct fb_buf text;
    fb_buf_init(&text, FB_ADD_REQUEST_MAX);
    log_grow(ledger, 13, "entry");
    log_request(ledger, 5, &text);
    for (int64_t n = 0;; n++) {
        struct fb_add_request request;
        enum fb_add_status status = FB_ADD_TOO_LONG;
        fb_alloc_fail_at(n);
        enum fb_code code = fb_add_request_parse(fb_buf_str(&text), &request, &err);
        if (code == FB_OK) {
            code = fb_add_authenticate(&request, fb_ledger_verifier(ledger), 1, &status, &err);
        }
        fb_alloc_fail_at(-1);
        if (code == FB_OK) {
            assert_true(n >= 2 && status == FB_ADD_GOOD);
            break;
        }
        assert_int_equal(code, FB_E_NOMEM);
        assert_int_equal(status, FB_ADD_TOO_LONG);
        assert_true(n < 50);
    }
    fb_buf_release(&text);
    fb_ledger_close(ledger);
}

int main(void)
{
    fb_err_init(&err);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_round_trip),
        cmocka_unit_test(test_malformed),
        cmocka_unit_test(test_limits),
        cmocka_unit_test(test_mutations),
        cmocka_unit_test(test_failures),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

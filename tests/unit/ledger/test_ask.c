/* Tests of asking witnesses, without a network: a transport that is a witness, and others that are
 * late, wrong or hostile. */
#include <ftw.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/codec.h"
#include "base/io.h"
#include "ledger/ask.h"
#include "ledger/witness.h"
#include "logs.h"

enum { WITNESSES = 3 };

static struct fb_err err;
static char folder[64];
static fb_time now = 1700000000 * FB_SECOND;
static struct fb_note_signer keys[WITNESSES];
static struct fb_witness *witnesses[WITNESSES];
static size_t asked;

static int set_up(void **state)
{
    (void)state;
    snprintf(folder, sizeof(folder), "/tmp/flyball-ask-XXXXXX");
    if (!mkdtemp(folder)) {
        return -1;
    }
    asked = 0;
    for (uint8_t i = 0; i < WITNESSES; i++) {
        char path[128], name[64];
        uint8_t seed[32] = {(uint8_t)(i + 1)};
        struct fb_clock clock = fb_clock_fixed(&now);
        snprintf(path, sizeof(path), "%s/%u.db", folder, i);
        snprintf(name, sizeof(name), "witness.example/w%u", i);
        FB_TEST_OK(fb_note_cosigner_from_seed(fb_str_of(name), seed, &keys[i], &err));
        FB_TEST_OK(fb_witness_create(path, &keys[i], &err));
        FB_TEST_OK(fb_witness_open(path, &keys[i], &clock, &witnesses[i], &err));
    }
    return 0;
}

static int remove_one(const char *name, const struct stat *st, int kind, struct FTW *at)
{
    (void)st;
    (void)kind;
    (void)at;
    return remove(name);
}

static int tear_down(void **state)
{
    (void)state;
    for (size_t i = 0; i < WITNESSES; i++) {
        fb_witness_close(witnesses[i]);
    }
    return nftw(folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

/* The witness of an address "http://I/add-checkpoint". */
static size_t place_of(const char *url)
{
    assert_true(strncmp(url, "http://", 7) == 0 && url[7] >= '0' && url[7] < '0' + WITNESSES);
    assert_string_equal(url + 8, "/add-checkpoint");
    return (size_t)(url[7] - '0');
}

static void be_witnesses(void *ctx, struct fb_exchange *exchanges, size_t count)
{
    (void)ctx;
    for (size_t i = 0; i < count; i++) {
        struct fb_witness_answer answer;
        struct fb_exchange *exchange = &exchanges[i];
        asked++;
        assert_true(exchange->is_post);
        fb_witness_answer_init(&answer);
        exchange->code = fb_witness_add_checkpoint(
            witnesses[place_of(exchange->url)], exchange->body, &answer, &exchange->err);
        if (exchange->code == FB_OK) {
            exchange->status = answer.status;
            fb_buf_add_str(&exchange->answer, fb_buf_str(&answer.body));
            exchange->code = fb_buf_check(&exchange->answer, "the answer", &exchange->err);
        }
        fb_witness_answer_release(&answer);
    }
}

static const struct fb_transport all_witnesses = {be_witnesses, NULL};

static void know(size_t i, struct fb_ledger *ledger)
{
    FB_TEST_OK(fb_witness_add_log(
        witnesses[i], fb_ledger_origin(ledger), fb_ledger_verifier(ledger), &err));
}

static void make_asks(struct fb_ask asks[WITNESSES])
{
    static const char *const urls[] = {"http://0", "http://1/", "http://2//"};
    for (size_t i = 0; i < WITNESSES; i++) {
        asks[i] = (struct fb_ask){.key = keys[i].verifier, .url = fb_str_of(urls[i])};
    }
}

/* Asks for the present checkpoint; lines gets the cosignatures. */
static void ask(struct fb_ledger *ledger, const struct fb_transport *transport, struct fb_ask *asks,
    size_t count, struct fb_buf *lines)
{
    struct fb_buf note;
    fb_buf_init(&note, FB_NOTE_MAX);
    fb_buf_clear(lines);
    FB_TEST_OK(fb_ledger_checkpoint(ledger, &note, &err));
    FB_TEST_OK(fb_ask_witnesses(ledger, fb_buf_str(&note), transport, asks, count, lines, &err));
    fb_buf_release(&note);
}

static void test_cosigned(void **state)
{
    (void)state;
    struct fb_ledger *ledger = log_open("example.org/log", 1);
    struct fb_ask asks[WITNESSES];
    struct fb_buf lines, note;
    fb_buf_init(&lines, FB_NOTE_MAX);
    fb_buf_init(&note, FB_NOTE_MAX);
    for (size_t i = 0; i < WITNESSES; i++) {
        know(i, ledger);
    }
    make_asks(asks);
    for (size_t step = 0; step < 5; step++) {
        asked = 0;
        ask(ledger, &all_witnesses, asks, WITNESSES, &lines);
        /* The size is known from the time before. */
        assert_int_equal(asked, WITNESSES);
        struct fb_note_verifier all[WITNESSES];
        for (size_t i = 0; i < WITNESSES; i++) {
            assert_true(asks[i].is_cosigned && asks[i].status == 200 && !asks[i].err.message[0]);
            assert_int_equal(asks[i].at_s, now / FB_SECOND);
            FB_TEST_OK(fb_ledger_size(ledger, &asks[i].old_size, &err));
            all[i] = keys[i].verifier;
        }
        fb_buf_clear(&note);
        FB_TEST_OK(fb_ledger_checkpoint(ledger, &note, &err));
        fb_buf_add_str(&note, fb_buf_str(&lines));
        struct fb_note_check check = {.verifiers = all, .verifier_count = WITNESSES};
        FB_TEST_OK(fb_note_verify(fb_buf_str(&note), &check, &err));
        assert_int_equal(check.verified_count, WITNESSES);
        log_grow(ledger, step * 7, "a");
    }
    /* What is kept is gone: they say where they are, and cosign in the second round. */
    make_asks(asks);
    asked = 0;
    ask(ledger, &all_witnesses, asks, WITNESSES, &lines);
    assert_int_equal(asked, 2 * WITNESSES);
    assert_true(asks[0].is_cosigned && asks[1].is_cosigned && asks[2].is_cosigned);
    fb_buf_release(&note);
    fb_buf_release(&lines);
    fb_ledger_close(ledger);
}

/* One that does not know the log and one with another key stop nobody. */
static void test_refusals(void **state)
{
    (void)state;
    struct fb_ledger *ledger = log_open("example.org/log", 1),
                     *other = log_open("example.org/log", 2);
    struct fb_ask asks[WITNESSES];
    struct fb_buf lines;
    fb_buf_init(&lines, FB_NOTE_MAX);
    know(0, ledger);
    know(1, other);
    log_grow(ledger, 3, "a");
    make_asks(asks);
    ask(ledger, &all_witnesses, asks, WITNESSES, &lines);
    assert_true(asks[0].is_cosigned && asks[0].status == 200);
    assert_true(!asks[1].is_cosigned && asks[1].status == 403 &&
                asks[1].err.code == FB_E_SIGNATURE && asks[1].err.hint[0]);
    assert_true(!asks[2].is_cosigned && asks[2].status == 404 &&
                asks[2].err.code == FB_E_NOT_FOUND && asks[2].err.hint[0]);
    /* A ledger that was set back, and one with another history. */
    fb_ledger_close(ledger);
    ledger = log_open("example.org/log", 1);
    log_grow(ledger, 2, "a");
    make_asks(asks);
    ask(ledger, &all_witnesses, asks, 1, &lines);
    assert_true(!asks[0].is_cosigned && asks[0].err.code == FB_E_FORK && lines.len == 0);
    assert_non_null(strstr(asks[0].err.message, "cosigned 3 entries of this log, which has 2"));
    log_grow(ledger, 5, "b");
    make_asks(asks);
    ask(ledger, &all_witnesses, asks, 1, &lines);
    assert_true(!asks[0].is_cosigned && asks[0].status == 422 && asks[0].err.code == FB_E_FORK);
    fb_buf_release(&lines);
    fb_ledger_close(other);
    fb_ledger_close(ledger);
}

/* What a bad witness answers, whatever it is asked. */
struct bad {
    enum fb_code code;
    unsigned status;
    const char *body; /* NULL: what the witness really says */
    const char *tail; /* after it */
    enum fb_code expected;
};

static const struct bad *bad;

static void be_bad(void *ctx, struct fb_exchange *exchanges, size_t count)
{
    if (!bad->body) {
        be_witnesses(ctx, exchanges, count);
    }
    for (size_t i = 0; i < count; i++) {
        asked += bad->body != NULL;
        exchanges[i].code = bad->code;
        exchanges[i].status = bad->status ? bad->status : exchanges[i].status;
        fb_buf_add_c(&exchanges[i].answer, bad->body ? bad->body : "");
        fb_buf_add_c(&exchanges[i].answer, bad->tail ? bad->tail : "");
        if (bad->code != FB_OK) {
            fb_err_set(&exchanges[i].err, bad->code, "no answer");
        }
    }
}

static void test_garbage(void **state)
{
    (void)state;
    static const struct bad cases[] = {
        {FB_E_IO, 0, "", NULL, FB_E_IO},
        {FB_E_LIMIT, 0, "", NULL, FB_E_LIMIT},
        {FB_OK, 500, "no\n", NULL, FB_E_IO},
        {FB_OK, 301, "", NULL, FB_E_IO},
        {FB_OK, 204, "", NULL, FB_E_IO},
        {FB_OK, 400, "", NULL, FB_E_IO},
        {FB_OK, 200, "", NULL, FB_E_SYNTAX},
        {FB_OK, 200, "\n", NULL, FB_E_SYNTAX},
        {FB_OK, 200, "<html>\n", NULL, FB_E_SYNTAX},
        {FB_OK, 200, "\xFF\n", NULL, FB_E_UTF8},
        {FB_OK, 200, "\xE2\x80\x94 someone AAAAAAA=\n", NULL, FB_E_SIGNATURE},
        {FB_OK, 409, "", NULL, FB_E_IO},
        {FB_OK, 409, "7", NULL, FB_E_IO},
        {FB_OK, 409, "0\n", NULL, FB_E_IO},
        {FB_OK, 409, "-1\n", NULL, FB_E_IO},
        {FB_OK, 409, "1\n2\n", NULL, FB_E_IO},
        {FB_OK, 409, "18446744073709551616\n", NULL, FB_E_IO},
        {FB_OK, 409, "99\n", NULL, FB_E_FORK},
        {FB_OK, 0, NULL, "garbage\n", FB_E_SYNTAX},
        {FB_OK, 0, NULL, "\n", FB_E_SYNTAX},
    };
    struct fb_ledger *ledger = log_open("example.org/log", 1);
    struct fb_transport transport = {be_bad, NULL};
    struct fb_ask one[WITNESSES];
    struct fb_buf lines;
    fb_buf_init(&lines, FB_NOTE_MAX);
    know(0, ledger);
    log_grow(ledger, 5, "a");
    make_asks(one);
    ask(ledger, &all_witnesses, one, 1, &lines);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        bad = &cases[i];
        one[0].old_size = bad->body ? 0 : 5;
        asked = 0;
        ask(ledger, &transport, one, 1, &lines);
        if (one[0].is_cosigned || one[0].err.code != bad->expected || lines.len > 0) {
            fail_msg("%zu: %s %s", i, fb_code_name(one[0].err.code), one[0].err.message);
        }
        assert_true(one[0].err.message[0] != 0 && asked >= 1 && asked <= FB_ASK_ROUNDS_MAX);
    }
    /* Always another size: it ends. */
    static const struct bad moving = {FB_OK, 409, "3\n", NULL, FB_E_IO};
    bad = &moving;
    one[0].old_size = 0;
    asked = 0;
    ask(ledger, &transport, one, 1, &lines);
    assert_true(one[0].err.code == FB_E_IO && asked == 2);
    /* A line of a key that nobody knows is ignored and not handed on. */
    static const struct bad more = {FB_OK, 0, NULL, "\xE2\x80\x94 someone AAAAAAA=\n", FB_OK};
    bad = &more;
    one[0].old_size = 5;
    ask(ledger, &transport, one, 1, &lines);
    assert_true(one[0].is_cosigned && !strstr(lines.ptr, "someone"));
    fb_buf_release(&lines);
    fb_ledger_close(ledger);
}

/* The right key, but what it signed has another time than it says, no time, or another text. */
static void test_wrong_cosignatures(void **state)
{
    (void)state;
    struct fb_ledger *ledger = log_open("example.org/log", 1),
                     *other = log_open("example.org/log", 1);
    struct fb_transport transport = {be_bad, NULL};
    struct fb_ask one[WITNESSES];
    struct fb_buf lines, forged, note;
    struct fb_str text, own;
    fb_buf_init(&lines, FB_NOTE_MAX);
    fb_buf_init(&forged, FB_NOTE_MAX);
    fb_buf_init(&note, FB_NOTE_MAX);
    log_grow(ledger, 5, "a");
    log_grow(other, 5, "b");
    make_asks(one);
    /* Of another checkpoint. */
    FB_TEST_OK(fb_ledger_checkpoint(other, &note, &err));
    FB_TEST_OK(fb_note_split(fb_buf_str(&note), &text, &own, &err));
    FB_TEST_OK(fb_note_cosign(text, &keys[0], now, &forged, &err));
    struct bad wrong = {FB_OK, 200, forged.ptr, NULL, FB_OK};
    bad = &wrong;
    ask(ledger, &transport, one, 1, &lines);
    assert_true(!one[0].is_cosigned && one[0].err.code == FB_E_SIGNATURE);
    /* Each bit of a good one. */
    fb_buf_clear(&note);
    FB_TEST_OK(fb_ledger_checkpoint(ledger, &note, &err));
    FB_TEST_OK(fb_note_split(fb_buf_str(&note), &text, &own, &err));
    fb_buf_clear(&forged);
    FB_TEST_OK(fb_note_cosign(text, &keys[0], now, &forged, &err));
    wrong.body = forged.ptr;
    ask(ledger, &transport, one, 1, &lines);
    assert_true(one[0].is_cosigned);
    for (size_t at = 0; at < forged.len; at++) {
        for (unsigned bit = 0; bit < 8; bit++) {
            forged.ptr[at] = (char)(forged.ptr[at] ^ (1 << bit));
            ask(ledger, &transport, one, 1, &lines);
            assert_true(!one[0].is_cosigned && one[0].err.code != FB_OK && lines.len == 0);
            forged.ptr[at] = (char)(forged.ptr[at] ^ (1 << bit));
        }
    }
    fb_buf_release(&note);
    fb_buf_release(&forged);
    fb_buf_release(&lines);
    fb_ledger_close(other);
    fb_ledger_close(ledger);
}

static void test_addresses(void **state)
{
    (void)state;
    static const char *const urls[] = {"", "ftp://0", "file:///etc/passwd", "0", "//0"};
    struct fb_ledger *ledger = log_open("example.org/log", 1);
    struct fb_ask one[WITNESSES];
    struct fb_buf lines;
    char longest[FB_URL_MAX + 1];
    fb_buf_init(&lines, FB_NOTE_MAX);
    make_asks(one);
    for (size_t i = 0; i < sizeof(urls) / sizeof(urls[0]); i++) {
        one[0].url = fb_str_of(urls[i]);
        ask(ledger, &all_witnesses, one, 1, &lines);
        assert_int_equal(one[0].err.code, FB_E_SYNTAX);
    }
    memset(longest, 'a', sizeof(longest));
    memcpy(longest, "http://", 7);
    longest[sizeof(longest) - 1] = 0;
    one[0].url = fb_str_of(longest);
    ask(ledger, &all_witnesses, one, 1, &lines);
    assert_int_equal(one[0].err.code, FB_E_SYNTAX);
    assert_int_equal(asked, 0);
    fb_buf_release(&lines);
    fb_ledger_close(ledger);
}

static void test_no_memory(void **state)
{
    (void)state;
    struct fb_ledger *ledger = log_open("example.org/log", 1);
    struct fb_ask asks[WITNESSES];
    struct fb_buf note;
    fb_buf_init(&note, FB_NOTE_MAX);
    know(0, ledger);
    log_grow(ledger, 5, "a");
    FB_TEST_OK(fb_ledger_checkpoint(ledger, &note, &err));
    for (int64_t n = 0;; n++) {
        struct fb_buf lines;
        fb_buf_init(&lines, FB_NOTE_MAX);
        make_asks(asks);
        fb_alloc_fail_at(n);
        enum fb_code code =
            fb_ask_witnesses(ledger, fb_buf_str(&note), &all_witnesses, asks, 1, &lines, &err);
        fb_alloc_fail_at(-1);
        bool is_cosigned = asks[0].is_cosigned && code == FB_OK;
        assert_true(code == FB_OK || code == FB_E_NOMEM);
        assert_true(is_cosigned == (code == FB_OK && lines.len > 0));
        assert_true(is_cosigned || code != FB_OK || asks[0].err.code != FB_OK);
        fb_buf_release(&lines);
        if (is_cosigned) {
            break;
        }
        assert_true(n < 500);
    }
    fb_buf_release(&note);
    fb_ledger_close(ledger);
}

int main(void)
{
    fb_err_init(&err);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_cosigned, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_refusals, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_garbage, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_wrong_cosignatures, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_addresses, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_no_memory, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

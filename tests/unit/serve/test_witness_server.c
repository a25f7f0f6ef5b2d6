/* Tests of a witness over HTTP: paths, methods and the statuses that HTTP itself needs, and clocks
 * that go forwards and backwards while it serves. What is cosigned is tested in
 * ledger/test_witness.c. */
#include <ftw.h>

#include "base/codec.h"
#include "base/io.h"
#include "fb_draw.h"
#include "ledger/ask.h"
#include "ledger/sha256.h"
#include "serve/witness_server.h"
#include "served.h"
#include "unit/ledger/logs.h"

static struct fb_err err;
static char folder[64];
static fb_time now = 1700000000 * FB_SECOND;
static unsigned told;
static enum fb_code told_code;

static int remove_one(const char *name, const struct stat *st, int kind, struct FTW *at)
{
    (void)st;
    (void)kind;
    (void)at;
    return remove(name);
}

static void tell(void *ctx, const struct fb_witness_seen *seen)
{
    (void)ctx;
    told = seen->status;
    told_code = seen->err ? seen->err->code : FB_OK;
}

static void expect(const struct served *served, const char *path, const char *body, unsigned status)
{
    struct fb_exchange got = served_ask(served, path, body, 100000);
    if (got.code != FB_OK || got.status != status) {
        fail_msg("%s: %s %u", path, fb_code_name(got.code), got.status);
    }
    fb_buf_release(&got.answer);
}

/* Where monitors find the checkpoint of example.org/log. */
static void set_path(char out[100])
{
    uint8_t digest[FB_SHA256_SIZE];
    char hash[FB_WITNESS_HASH_TEXT];
    fb_sha256_of(FB_STR("example.org/log"), digest);
    snprintf(out, 100, "/%s/checkpoint", fb_hex_encode(digest, sizeof(digest), hash));
}

/* A log that says it had an entry cosigned learns the size of what was, and the answer has its
 * type.
 */
static void expect_conflict(const struct served *served, struct fb_ledger *ledger)
{
    char head[4096], raw[1000];
    struct fb_buf request;
    fb_buf_init(&request, FB_ADD_REQUEST_MAX);
    log_grow(ledger, 2, "entry");
    (void)log_request(ledger, 1, &request);
    fb_buf_add_char(&request, 0);
    snprintf(raw, sizeof(raw),
        "POST /add-checkpoint HTTP/1.1\r\nHost: a\r\nContent-Length: %zu\r\n\r\n%s",
        request.len - 1, request.ptr);
    assert_int_equal(served_head(served, raw, head), 409);
    assert_non_null(strstr(head, "\r\nContent-Type: text/x.tlog.size\r\n"));
    struct fb_exchange got = served_ask(served, "/add-checkpoint", request.ptr, 100);
    assert_true(got.status == 409 && fb_str_is(fb_buf_str(&got.answer), "0\n"));
    fb_buf_release(&got.answer);
    fb_buf_release(&request);
}

static void test_http(void **state)
{
    (void)state;
    snprintf(folder, sizeof(folder), "/tmp/flyball-witnessed-XXXXXX");
    assert_non_null(mkdtemp(folder));
    char path[128], origin_path[100];
    struct fb_note_signer key, log_key;
    uint8_t seed[32] = {7};
    struct fb_clock clock = fb_clock_fixed(&now);
    struct fb_witness *witness = NULL;
    struct fb_ledger *ledger = NULL;
    snprintf(path, sizeof(path), "%s/witness.db", folder);
    FB_TEST_OK(fb_note_cosigner_from_seed(FB_STR("witness.example/w"), seed, &key, &err));
    FB_TEST_OK(fb_note_signer_from_seed(FB_STR("example.org/log"), seed, &log_key, &err));
    FB_TEST_OK(fb_witness_create(path, &key, &err));
    FB_TEST_OK(fb_witness_open(path, &key, &clock, &witness, &err));
    FB_TEST_OK(fb_witness_add_log(witness, FB_STR("example.org/log"), &log_key.verifier, &err));
    struct fb_ledger_options options = {.signer = &log_key};
    FB_TEST_OK(fb_ledger_open(NULL, &options, &ledger, &err));
    struct fb_witness_server server = {.witness = witness, .tell = tell};
    struct served served = {.idle_s = 0};
    served_start(&served, fb_witness_server_handle, &server, FB_ADD_REQUEST_MAX);
    set_path(origin_path);
    expect(&served, origin_path, NULL, 404); /* nothing was cosigned */
    expect(&served, "/add-checkpoint", NULL, 405);
    expect(&served, "/add-checkpoint", "garbage", 400);
    assert_int_equal(told, 400);
    expect(&served, "/add-checkpoint/", "garbage", 404);
    expect(&served, "/sign-subtree", "garbage", 404);
    expect(&served, "/", NULL, 404);
    expect(&served, "/x/checkpoint", NULL, 404);
    expect(&served, "//checkpoint", NULL, 404);
    /* The real thing, over a socket. */
    struct fb_http_client *client = NULL;
    struct fb_http_options http = {.attempts = 1};
    struct fb_buf note, lines;
    char url[200];
    fb_buf_init(&note, FB_NOTE_MAX);
    fb_buf_init(&lines, FB_NOTE_MAX);
    snprintf(url, sizeof(url), "http://%s/", served.address);
    FB_TEST_OK(fb_http_client_new(&http, &client, &err));
    struct fb_transport transport = fb_http_client_transport(client);
    struct fb_ask ask = {.key = key.verifier, .url = fb_str_of(url)};
    FB_TEST_OK(fb_ledger_checkpoint(ledger, &note, &err));
    FB_TEST_OK(fb_ask_witnesses(ledger, fb_buf_str(&note), &transport, &ask, 1, &lines, &err));
    assert_true(ask.is_cosigned && told == 200);
    struct fb_exchange got = served_ask(&served, origin_path, NULL, 100000);
    fb_buf_add_str(&note, fb_buf_str(&lines));
    assert_true(got.status == 200 && fb_str_eq(fb_buf_str(&got.answer), fb_buf_str(&note)));
    fb_buf_release(&got.answer);
    expect(&served, origin_path, "x", 405);
    expect_conflict(&served, ledger);
    /* The memory fails: nobody outside is told why, and nothing is cosigned. */
    fb_io_remove(path);
    FB_TEST_OK(fb_io_mkdir(path, 0755, &err));
    now = 0;
    FB_TEST_OK(fb_ask_witnesses(ledger, fb_buf_str(&note), &transport, &ask, 1, &lines, &err));
    assert_true(!ask.is_cosigned && ask.status == 500);
    assert_true(told == 500 && told_code != FB_OK);
    fb_http_client_free(client);
    fb_buf_release(&lines);
    fb_buf_release(&note);
    fb_server_stop(served.server);
    fb_ledger_close(ledger);
    fb_witness_close(witness);
    assert_int_equal(nftw(folder, remove_one, 16, FTW_DEPTH | FTW_PHYS), 0);
}

/* A witness that serves, whose clock is `now`. */
struct serving {
    struct fb_note_signer key;
    struct fb_witness *witness;
    struct fb_witness_server server;
    struct served served;
};

static void serve(struct serving *serving)
{
    char path[128];
    struct fb_clock clock = fb_clock_fixed(&now);
    snprintf(path, sizeof(path), "%s/witness.db", folder);
    FB_TEST_OK(fb_witness_open(path, &serving->key, &clock, &serving->witness, &err));
    serving->server = (struct fb_witness_server){.witness = serving->witness, .tell = tell};
    serving->served = (struct served){.idle_s = 0};
    served_start(&serving->served, fb_witness_server_handle, &serving->server, FB_ADD_REQUEST_MAX);
}

static void end(struct serving *serving)
{
    fb_server_stop(serving->served.server);
    fb_witness_close(serving->witness);
}

/* A log that asks for cosignatures, and the last one that it got. */
struct asking {
    struct fb_ledger *ledger;
    uint64_t size; /* cosigned */
    fb_time at;    /* of the cosignature; 0: none yet */
};

/* Asks for a cosignature of one entry more: one comes that is not earlier than the last, or none
 * while the clock is too far behind. Returns whether one came. */
static bool ask_at(struct serving *serving, struct asking *log)
{
    struct fb_buf request, note;
    struct fb_note_check check = {.verifiers = &serving->key.verifier, .verifier_count = 1};
    uint64_t size = 0;
    fb_buf_init(&request, FB_ADD_REQUEST_MAX);
    fb_buf_init(&note, FB_NOTE_MAX);
    log_grow(log->ledger, 1, "entry");
    FB_TEST_OK(fb_ledger_size(log->ledger, &size, &err));
    FB_TEST_OK(fb_ledger_checkpoint(log->ledger, &note, &err));
    (void)log_request(log->ledger, log->size, &request);
    fb_buf_add_char(&request, 0);
    struct fb_exchange got =
        served_ask(&serving->served, "/add-checkpoint", request.ptr, FB_NOTE_MAX);
    assert_int_equal(got.code, FB_OK);
    bool is_far = now < log->at - 5 * FB_SECOND;
    if (got.status != (is_far ? 500 : 200) || told_code != (is_far ? FB_E_TIME : FB_OK)) {
        fail_msg("status %u, %s", got.status, fb_code_name(told_code));
    }
    if (!is_far) {
        fb_buf_add_str(&note, fb_buf_str(&got.answer));
        FB_TEST_OK(fb_note_verify(fb_buf_str(&note), &check, &err));
        fb_time at = (fb_time)check.cosigned_at_s * FB_SECOND;
        assert_true(at >= log->at);
        assert_true(at == log->at || (at <= now && at > now - FB_SECOND));
        log->at = at;
        log->size = size;
    }
    fb_buf_release(&got.answer);
    fb_buf_release(&note);
    fb_buf_release(&request);
    return !is_far;
}

/* The clock of the machine steps while two logs are cosigned, each for itself, and the witness is
 * ended and started in between. */
static void test_clock_steps(void **state)
{
    (void)state;
    static const fb_time steps[] = {0, 1, FB_SECOND / 3, FB_SECOND, 7 * FB_SECOND, FB_DAY,
        -FB_SECOND / 3, -2 * FB_SECOND, -5 * FB_SECOND, -6 * FB_SECOND, -FB_DAY / 24};
    static const char *const names[2] = {"example.org/log", "example.org/other"};
    struct serving serving = {.witness = NULL};
    struct asking logs[2] = {{.ledger = NULL}};
    uint64_t draws = 4;
    unsigned given = 0, refused = 0;
    char path[128];
    uint8_t seed[32] = {7};
    snprintf(folder, sizeof(folder), "/tmp/flyball-clocks-XXXXXX");
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof(path), "%s/witness.db", folder);
    FB_TEST_OK(fb_note_cosigner_from_seed(FB_STR("witness.example/w"), seed, &serving.key, &err));
    FB_TEST_OK(fb_witness_create(path, &serving.key, &err));
    now = 1700000000 * FB_SECOND;
    serve(&serving);
    for (size_t i = 0; i < 2; i++) {
        logs[i].ledger = log_open(names[i], 1);
        FB_TEST_OK(fb_witness_add_log(
            serving.witness, fb_str_of(names[i]), fb_ledger_verifier(logs[i].ledger), &err));
    }
    for (int i = 0; i < 150; i++) {
        now += steps[fb_draw_below(&draws, sizeof(steps) / sizeof(steps[0]))];
        if (fb_draw_below(&draws, 10) == 0) {
            end(&serving);
            serve(&serving);
        }
        bool good = ask_at(&serving, &logs[fb_draw_below(&draws, 2)]);
        given += good;
        refused += !good;
    }
    assert_true(given > 20 && refused > 20);
    end(&serving);
    for (size_t i = 0; i < 2; i++) {
        fb_ledger_close(logs[i].ledger);
    }
    assert_int_equal(nftw(folder, remove_one, 16, FTW_DEPTH | FTW_PHYS), 0);
}

int main(void)
{
    fb_err_init(&err);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_http),
        cmocka_unit_test(test_clock_steps),
    };
    setenv("no_proxy", "127.0.0.1", 1);
    return cmocka_run_group_tests(tests, NULL, NULL);
}

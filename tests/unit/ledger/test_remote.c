/* Tests of a log below a URL, without a network: a transport that reads a folder, and worse ones.
 * What is verified is tested with folders in test_export.c and test_follow.c. */
#include <ftw.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/io.h"
#include "ledger/export.h"
#include "ledger/follow.h"
#include "ledger/tiles.h"
#include "logs.h"

static struct fb_err err;
static char folder[64];

/* How the server of the folder behaves. */
static struct server {
    size_t gets;
    size_t most;        /* at once */
    const char *broken; /* what is below a path that has this is answered with status */
    unsigned status;    /* 0: no answer at all */
    const char *instead;
} server;

static int set_up(void **state)
{
    (void)state;
    snprintf(folder, sizeof(folder), "/tmp/flyball-remote-XXXXXX");
    server = (struct server){.gets = 0};
    return mkdtemp(folder) ? 0 : -1;
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
    return nftw(folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static void serve_one(struct fb_exchange *exchange)
{
    static const char prefix[] = "http://log.example/a";
    char path[300];
    server.gets++;
    assert_false(exchange->is_post);
    assert_int_equal(strncmp(exchange->url, prefix, strlen(prefix)), 0);
    const char *name = exchange->url + strlen(prefix);
    assert_true(strcmp(name, "/checkpoint") == 0 || fb_tile_path_is(fb_str_of(name + 1)));
    snprintf(path, sizeof(path), "%s/log%s", folder, name);
    exchange->code = FB_OK;
    exchange->status = 200;
    if (server.broken && strstr(name, server.broken)) {
        exchange->status = server.status;
        fb_buf_add_c(&exchange->answer, server.instead ? server.instead : "");
        if (server.status == 0) {
            exchange->code = fb_err_set(&exchange->err, FB_E_IO, "no answer");
        }
        return;
    }
    exchange->code = fb_io_read(path, &exchange->answer, &exchange->err);
    if (exchange->code == FB_E_NOT_FOUND) {
        exchange->code = FB_OK;
        exchange->status = 404;
    }
}

static void serve(void *ctx, struct fb_exchange *exchanges, size_t count)
{
    (void)ctx;
    server.most = count > server.most ? count : server.most;
    for (size_t i = 0; i < count; i++) {
        serve_one(&exchanges[i]);
    }
}

static const struct fb_transport transport = {serve, NULL};

static void export_log(struct fb_ledger *ledger)
{
    struct fb_export_report report;
    char dir[128];
    snprintf(dir, sizeof(dir), "%s/log", folder);
    FB_TEST_OK(fb_export_write(ledger, FB_STR(""), dir, &report, &err));
}

static enum fb_code follow(struct fb_ledger *ledger, struct fb_follow_report *out)
{
    struct fb_trust trust;
    char state_path[128];
    snprintf(state_path, sizeof(state_path), "%s/state", folder);
    fb_trust_init(&trust);
    FB_TEST_OK(fb_trust_add_log(&trust, fb_ledger_verifier(ledger), &err));
    struct fb_follow_options options = {
        .trust = &trust, .transport = &transport, .state = state_path};
    return fb_follow_log("http://log.example/a/", &options, out, &err);
}

static void test_forwards(void **state)
{
    (void)state;
    static const size_t steps[] = {0, 3, 0, 252, 1, 300, 1100, 1};
    struct fb_ledger *ledger = log_open("example.org/log", 1);
    struct fb_follow_report report;
    uint64_t size = 0;
    for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
        log_grow(ledger, steps[i], "entry");
        export_log(ledger);
        server.gets = 0;
        FB_TEST_OK(follow(ledger, &report));
        assert_true(report.old_size == size && report.size == size + steps[i]);
        size += steps[i];
        /* One for the checkpoint, two for each bundle that is new, few for what is above them. */
        assert_true(server.gets <= 8 + 2 * (steps[i] / 256 + 2));
    }
    assert_true(server.most > 2 && server.most <= 8);
    fb_ledger_close(ledger);
}

/* The partial tile of the last checkpoint may be gone when the full one is there. */
static void test_fallback(void **state)
{
    (void)state;
    struct fb_ledger *ledger = log_open("example.org/log", 1);
    struct fb_follow_report report;
    char path[200], note[200];
    struct fb_buf checkpoint;
    fb_buf_init(&checkpoint, FB_NOTE_MAX);
    log_grow(ledger, 200, "entry");
    export_log(ledger);
    snprintf(note, sizeof(note), "%s/log/checkpoint", folder);
    FB_TEST_OK(fb_io_read(note, &checkpoint, &err));
    log_grow(ledger, 100, "entry");
    export_log(ledger);
    /* It still shows the checkpoint of 200, and has only what belongs to that of 300. */
    FB_TEST_OK(fb_io_write(note, fb_buf_str(&checkpoint), 0644, &err));
    snprintf(path, sizeof(path), "%s/log/tile/0/000.p/200", folder);
    assert_int_equal(unlink(path), 0);
    snprintf(path, sizeof(path), "%s/log/tile/entries/000.p/200", folder);
    assert_int_equal(unlink(path), 0);
    FB_TEST_OK(follow(ledger, &report));
    assert_int_equal(report.size, 200);
    char state_path[200];
    snprintf(state_path, sizeof(state_path), "%s/state", folder);
    assert_int_equal(unlink(state_path), 0);
    /* A full bundle has 256 entries, also when fewer are asked for. */
    struct fb_buf bundle;
    fb_buf_init(&bundle, 1 << 20);
    snprintf(path, sizeof(path), "%s/log/tile/entries/000", folder);
    FB_TEST_OK(fb_io_read(path, &bundle, &err));
    size_t at = 0;
    for (int i = 0; i < 255; i++) {
        at += 2 + ((size_t)(uint8_t)bundle.ptr[at] << 8) + (uint8_t)bundle.ptr[at + 1];
    }
    FB_TEST_OK(fb_io_write(path, fb_str_sub(fb_buf_str(&bundle), 0, at), 0644, &err));
    FB_TEST_FAILS(follow(ledger, &report), FB_E_CORRUPT);
    assert_non_null(strstr(err.message, "malformed at entry 255"));
    fb_buf_add_char(&bundle, 0);
    FB_TEST_OK(fb_io_write(path, fb_buf_str(&bundle), 0644, &err));
    FB_TEST_FAILS(follow(ledger, &report), FB_E_CORRUPT);
    fb_buf_cut(&bundle, bundle.len - 1);
    FB_TEST_OK(fb_io_write(path, fb_buf_str(&bundle), 0644, &err));
    FB_TEST_OK(follow(ledger, &report));
    fb_buf_release(&bundle);
    snprintf(path, sizeof(path), "%s/log/tile/0/000", folder);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(unlink(state_path), 0);
    FB_TEST_FAILS(follow(ledger, &report), FB_E_CORRUPT);
    fb_buf_release(&checkpoint);
    fb_ledger_close(ledger);
}

static void test_failures(void **state)
{
    (void)state;
    static const struct {
        const char *broken;
        unsigned status;
        const char *instead;
        enum fb_code code;
    } cases[] = {
        {"/checkpoint", 0, NULL, FB_E_IO},
        {"/checkpoint", 404, NULL, FB_E_NOT_FOUND},
        {"/checkpoint", 500, NULL, FB_E_IO},
        {"/checkpoint", 302, NULL, FB_E_IO},
        {"/checkpoint", 200, "<html>\n", FB_E_SYNTAX},
        {"/tile/entries", 404, NULL, FB_E_CORRUPT},
        {"/tile/entries", 410, NULL, FB_E_CORRUPT},
        {"/tile/entries", 503, NULL, FB_E_IO},
        {"/tile/entries", 0, NULL, FB_E_IO},
        {"/tile/entries", 200, "short", FB_E_CORRUPT},
        {"/tile/entries/001", 200, "", FB_E_CORRUPT},
        {"/tile/0/000", 404, NULL, FB_E_CORRUPT},
        {"/tile/0/001", 200, "wrong", FB_E_CORRUPT},
        {"/tile/1", 404, NULL, FB_E_CORRUPT},
        {"/tile/1", 0, NULL, FB_E_IO},
        {"/tile/1", 200, "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
            FB_E_CORRUPT},
    };
    struct fb_ledger *ledger = log_open("example.org/log", 1);
    struct fb_follow_report report = {.size = 77};
    log_grow(ledger, 600, "entry");
    export_log(ledger);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        server.broken = cases[i].broken;
        server.status = cases[i].status;
        server.instead = cases[i].instead;
        server.gets = 0;
        enum fb_code code = follow(ledger, &report);
        /* Nothing else is asked for before a checkpoint is verified. */
        assert_true(strcmp(cases[i].broken, "/checkpoint") != 0 || server.gets == 1);
        if (code != cases[i].code || report.size != 77) {
            fail_msg("%zu: %s: %s", i, fb_code_name(code), err.message);
        }
    }
    server.broken = NULL;
    FB_TEST_OK(follow(ledger, &report));
    fb_ledger_close(ledger);
}

/* A server that shows another history than before: both are kept. */
static void test_split_view(void **state)
{
    (void)state;
    struct fb_ledger *one = log_open("example.org/log", 1), *two = log_open("example.org/log", 1);
    struct fb_follow_report report;
    char dir[128];
    log_grow(one, 300, "entry");
    log_grow(two, 400, "another");
    export_log(one);
    FB_TEST_OK(follow(one, &report));
    snprintf(dir, sizeof(dir), "%s/log", folder);
    assert_int_equal(nftw(dir, remove_one, 16, FTW_DEPTH | FTW_PHYS), 0);
    export_log(two);
    FB_TEST_FAILS(follow(one, &report), FB_E_FORK);
    assert_non_null(strstr(err.hint, ".before"));
    /* Damaged on the way, it accuses nobody. */
    server = (struct server){.broken = "/tile/entries/001", .status = 200, .instead = ""};
    FB_TEST_FAILS(follow(one, &report), FB_E_CORRUPT);
    fb_ledger_close(two);
    fb_ledger_close(one);
}

static void test_open(void **state)
{
    (void)state;
    struct fb_remote *remote = NULL;
    char longest[FB_IO_PATH_MAX];
    FB_TEST_FAILS(fb_remote_open("https://log.example", NULL, &remote, &err), FB_E_UNSUPPORTED);
    memset(longest, 'a', sizeof(longest));
    memcpy(longest, "http://", 7);
    longest[sizeof(longest) - 1] = 0;
    FB_TEST_FAILS(fb_remote_open(longest, &transport, &remote, &err), FB_E_LIMIT);
    for (int64_t n = 0; n < 3; n++) {
        fb_alloc_fail_at(n);
        FB_TEST_FAILS(fb_remote_open("http://log.example", &transport, &remote, &err), FB_E_NOMEM);
        fb_alloc_fail_at(-1);
    }
    assert_null(remote);
}

int main(void)
{
    fb_err_init(&err);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_forwards, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_fallback, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_failures, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_split_view, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_open, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

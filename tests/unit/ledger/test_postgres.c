/* The ledger in PostgreSQL: several processes append to one tree, and a server that dies. */
#include <inttypes.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fb_postgres.h"
#include "fb_test.h"
#include "ledger/ledger.h"

enum { CHILDREN = 4, BATCHES = 20, BATCH = 3, MANY = 1000000 };

static struct fb_err err;
static struct fb_postgres server;
static struct fb_note_signer signer;
static char path[128];
static _Atomic uint64_t *acknowledged; /* entries; outlives a child */

/* PostgreSQL's tests run when its server is here and libpq was when flyball was built. */
static bool has_postgres(void)
{
    struct fb_ledger *ledger = NULL;
    struct fb_ledger_options options = {.signer = &signer};
    return fb_postgres_is_there() &&
           fb_ledger_open("postgres:/nonexistent", &options, &ledger, &err) != FB_E_UNSUPPORTED;
}

static int set_up(void **state)
{
    (void)state;
    uint8_t seed[32] = {42};
    FB_TEST_OK(fb_note_signer_from_seed(FB_STR("example.org/log"), seed, &signer, &err));
    acknowledged = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (acknowledged == MAP_FAILED || (has_postgres() && !fb_postgres_start(&server))) {
        return -1;
    }
    snprintf(path, sizeof(path), "postgres:%s", server.source);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    fb_postgres_stop(&server);
    return munmap((void *)(uintptr_t)acknowledged, 4096);
}

/* An empty database; skips the test when there is no server. */
static int set_up_test(void **state)
{
    (void)state;
    *acknowledged = 0;
    return !has_postgres() ||
                   fb_postgres_tell(&server, "SET client_min_messages = error; DROP TABLE IF EXISTS"
                                             " flyball_entry, flyball_tile, flyball_meta,"
                                             " flyball_form")
               ? 0
               : -1;
}

static void need_postgres(void)
{
    if (!has_postgres()) {
        printf("# SKIP " FB_POSTGRES_BIN " is absent\n");
        skip();
    }
}

static struct fb_ledger *open_ledger(void)
{
    struct fb_ledger *ledger = NULL;
    struct fb_ledger_options options = {.signer = &signer, .busy_ms = 60000};
    FB_TEST_OK(fb_ledger_open(path, &options, &ledger, &err));
    return ledger;
}

static void make(void)
{
    struct fb_ledger_options options = {.signer = &signer};
    FB_TEST_OK(fb_ledger_create(path, &options, &err));
}

static enum fb_code append(struct fb_ledger *ledger, uint64_t *first)
{
    char texts[BATCH][64];
    struct fb_str entries[BATCH];
    for (size_t i = 0; i < BATCH; i++) {
        snprintf(texts[i], sizeof(texts[i]), "from %ld: %zu", (long)getpid(), i);
        entries[i] = fb_str_of(texts[i]);
    }
    struct fb_ledger_batch batch = {entries, BATCH, 5, FB_LEDGER_ANY_SIZE};
    return fb_ledger_append(ledger, &batch, first, &err);
}

/* The process that wrote an entry must have written the rest of its batch too. */
static enum fb_code see(void *ctx, const fb_ledger_entry *entry, struct fb_err *e)
{
    (void)e;
    char expected[64];
    long *writer = ctx;
    if (entry->seq % BATCH == 0) {
        *writer = strtol(entry->bytes.ptr + strlen("from "), NULL, 10);
    }
    snprintf(expected, sizeof(expected), "from %ld: %d", *writer, (int)(entry->seq % BATCH));
    assert_true(fb_str_is(entry->bytes, expected));
    return FB_OK;
}

static uint64_t verify(void)
{
    long writer = 0;
    struct fb_ledger_report report;
    struct fb_ledger *ledger = open_ledger();
    FB_TEST_OK(fb_ledger_verify(ledger, see, &writer, &report, &err));
    fb_ledger_close(ledger);
    assert_int_equal(report.size % BATCH, 0);
    return report.size;
}

/* One of several processes that append at the same time; ends at the first failure. */
static pid_t start_writer(uint64_t batches)
{
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid != 0) {
        return pid;
    }
    struct fb_ledger *ledger = NULL;
    struct fb_ledger_options options = {.signer = &signer, .busy_ms = 60000};
    enum fb_code code = fb_ledger_open(path, &options, &ledger, &err);
    for (uint64_t i = 0; code == FB_OK && i < batches; i++) {
        uint64_t first = 0;
        code = append(ledger, &first);
        if (code == FB_OK) {
            *acknowledged += BATCH;
            code = first % BATCH == 0 ? FB_OK : FB_E_NEGATIVE;
        }
    }
    fb_ledger_close(ledger);
    _exit((int)code);
}

static int end_of(pid_t pid)
{
    int status = 0;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static void test_append_and_prove(void **state)
{
    (void)state;
    need_postgres();
    make();
    struct fb_ledger_options options = {.signer = &signer};
    FB_TEST_FAILS(fb_ledger_create(path, &options, &err), FB_E_DUPLICATE);
    struct fb_ledger *ledger = open_ledger();
    uint64_t first = 99;
    for (uint64_t i = 0; i < 100; i++) {
        FB_TEST_OK(append(ledger, &first));
        assert_int_equal(first, i * BATCH);
    }
    struct fb_proof proof;
    struct fb_consistency growth = {.old_size = 7, .new_size = 300};
    FB_TEST_OK(fb_ledger_root(ledger, 7, &growth.old_root, &err));
    FB_TEST_OK(fb_ledger_root(ledger, 300, &growth.new_root, &err));
    FB_TEST_OK(fb_ledger_prove_consistency(ledger, 7, 300, &proof, &err));
    FB_TEST_OK(fb_merkle_verify_consistency(&growth, &proof, &err));
    fb_ledger_close(ledger);
    assert_int_equal(verify(), 300);
    struct fb_ledger_options reading = {.signer = NULL};
    FB_TEST_OK(fb_ledger_open(path, &reading, &ledger, &err));
    FB_TEST_FAILS(append(ledger, &first), FB_E_USAGE);
    fb_ledger_close(ledger);
}

static void test_tampering_is_found(void **state)
{
    (void)state;
    need_postgres();
    make();
    struct fb_ledger *ledger = open_ledger();
    struct fb_ledger_report report;
    uint64_t first = 0;
    FB_TEST_OK(append(ledger, &first));
    assert_true(fb_postgres_tell(&server, "UPDATE flyball_entry SET bytes = 'x' WHERE seq = 1"));
    FB_TEST_FAILS(fb_ledger_verify(ledger, NULL, NULL, &report, &err), FB_E_CORRUPT);
    assert_int_equal(report.bad_seq, 1);
    assert_true(fb_postgres_tell(&server, "DELETE FROM flyball_entry WHERE seq = 2"));
    FB_TEST_FAILS(append(ledger, &first), FB_E_CORRUPT);
    fb_ledger_close(ledger);
}

static void test_writers_at_once(void **state)
{
    (void)state;
    need_postgres();
    pid_t children[CHILDREN];
    make();
    for (size_t i = 0; i < CHILDREN; i++) {
        children[i] = start_writer(BATCHES);
    }
    for (size_t i = 0; i < CHILDREN; i++) {
        assert_int_equal(end_of(children[i]), FB_OK);
    }
    assert_int_equal(verify(), CHILDREN * BATCHES * BATCH);
}

/* Of processes that make the ledger at once, one does. */
static void test_makers_at_once(void **state)
{
    (void)state;
    need_postgres();
    pid_t children[CHILDREN];
    size_t made = 0;
    for (size_t i = 0; i < CHILDREN; i++) {
        children[i] = fork();
        assert_true(children[i] >= 0);
        if (children[i] == 0) {
            struct fb_ledger_options options = {.signer = &signer, .busy_ms = 60000};
            _exit((int)fb_ledger_create(path, &options, &err));
        }
    }
    for (size_t i = 0; i < CHILDREN; i++) {
        int code = end_of(children[i]);
        assert_true(code == FB_OK || code == FB_E_DUPLICATE);
        made += code == FB_OK;
    }
    assert_int_equal(made, 1);
    assert_int_equal(verify(), 0);
}

/* A writer is killed; the server lets go of its lock and undoes what it had not committed. */
static void test_killed_writer(void **state)
{
    (void)state;
    need_postgres();
    make();
    for (unsigned round = 0; round < 4; round++) {
        pid_t pid = start_writer(MANY);
        (void)usleep(60000 + 17000 * round);
        assert_int_equal(kill(pid, SIGKILL), 0);
        assert_int_equal(waitpid(pid, NULL, 0), pid);
        uint64_t size = verify();
        assert_true(size == *acknowledged || size == *acknowledged + BATCH);
        *acknowledged = size;
    }
    assert_true(*acknowledged > 0);
}

/* The server is stopped without a chance to write anything, while a process appends. */
static void test_killed_server(void **state)
{
    (void)state;
    need_postgres();
    make();
    for (int round = 0; round < 2; round++) {
        uint64_t before = *acknowledged;
        pid_t pid = start_writer(MANY);
        for (int i = 0; i < 600 && *acknowledged < before + 30; i++) {
            (void)usleep(20000);
        }
        fb_postgres_stop_server(&server, SIGQUIT);
        int code = end_of(pid);
        assert_int_equal(code, FB_E_IO);
        assert_true(fb_postgres_start_server(&server));
        uint64_t size = verify();
        assert_true(*acknowledged >= before + 30);
        assert_true(size == *acknowledged || size == *acknowledged + BATCH);
        *acknowledged = size;
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_append_and_prove, set_up_test),
        cmocka_unit_test_setup(test_tampering_is_found, set_up_test),
        cmocka_unit_test_setup(test_writers_at_once, set_up_test),
        cmocka_unit_test_setup(test_makers_at_once, set_up_test),
        cmocka_unit_test_setup(test_killed_writer, set_up_test),
        cmocka_unit_test_setup(test_killed_server, set_up_test),
    };
    fb_err_init(&err);
    return cmocka_run_group_tests(tests, set_up, tear_down);
}

/* Tests of group.c: threads share a transaction, and each gets its own outcome. */
#include <pthread.h>
#include <unistd.h>

#include "base/alloc.h"
#include "fb_test.h"
#include "ledger/group.h"

enum { THREADS = 8, ROUNDS = 40 };

static struct fb_err err;
static char folder[64];
static char path[96];
static struct fb_note_signer signer;
static struct fb_ledger *ledger;
static struct fb_group *group;

/* What one thread did. */
struct client {
    pthread_t thread;
    uint64_t number;
    size_t rounds;
    uint64_t expected_size;
    uint64_t first[ROUNDS];
    enum fb_code code;
    struct fb_err err;
};

static int set_up(void **state)
{
    (void)state;
    uint8_t seed[32] = {42};
    snprintf(folder, sizeof(folder), "/tmp/flyball-group-XXXXXX");
    if (!mkdtemp(folder)) {
        return -1;
    }
    snprintf(path, sizeof(path), "%s/ledger.db", folder);
    FB_TEST_OK(fb_note_signer_from_seed(FB_STR("example.org/log"), seed, &signer, &err));
    struct fb_ledger_options options = {.signer = &signer, .busy_ms = 60000};
    FB_TEST_OK(fb_ledger_create(path, &options, &err));
    FB_TEST_OK(fb_ledger_open(path, &options, &ledger, &err));
    FB_TEST_OK(fb_group_new(ledger, &group, &err));
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    fb_group_free(group);
    fb_group_free(NULL);
    fb_ledger_close(ledger);
    fb_store_remove_sqlite(path);
    return rmdir(folder);
}

static struct fb_str text_of(uint64_t client, size_t round, char out[32])
{
    int len = snprintf(out, 32, "client %d round %d", (int)client, (int)round);
    return (struct fb_str){out, (size_t)len};
}

static void *work(void *ctx)
{
    struct client *client = ctx;
    for (size_t i = 0; client->code == FB_OK && i < client->rounds; i++) {
        char text[32];
        struct fb_str entry = text_of(client->number, i, text);
        struct fb_ledger_batch batch = {&entry, 1, 7, client->expected_size};
        client->code = fb_group_append(group, &batch, &client->first[i], &client->err);
    }
    return NULL;
}

static void start(struct client *client, uint64_t number, size_t rounds)
{
    *client =
        (struct client){.number = number, .rounds = rounds, .expected_size = FB_LEDGER_ANY_SIZE};
    fb_err_init(&client->err);
    assert_int_equal(pthread_create(&client->thread, NULL, work, client), 0);
}

static void end(struct client *client)
{
    assert_int_equal(pthread_join(client->thread, NULL), 0);
}

/* What was acknowledged stands where it was said to stand. */
static void check(const struct client *client)
{
    for (size_t i = 0; i < client->rounds; i++) {
        struct fb_buf bytes;
        fb_ledger_entry entry;
        char text[32];
        fb_buf_init(&bytes, 100);
        FB_TEST_OK(fb_ledger_read(ledger, client->first[i], &entry, &bytes, &err));
        assert_true(fb_str_eq(entry.bytes, text_of(client->number, i, text)));
        fb_buf_release(&bytes);
    }
}

static void verify(uint64_t size)
{
    struct fb_ledger_report report;
    FB_TEST_OK(fb_ledger_verify(ledger, NULL, NULL, &report, &err));
    assert_int_equal(report.size, size);
}

static void test_threads(void **state)
{
    (void)state;
    struct client clients[THREADS];
    for (size_t i = 0; i < THREADS; i++) {
        start(&clients[i], i, ROUNDS);
    }
    for (size_t i = 0; i < THREADS; i++) {
        end(&clients[i]);
        assert_int_equal(clients[i].code, FB_OK);
    }
    for (size_t i = 0; i < THREADS; i++) {
        check(&clients[i]);
    }
    verify(THREADS * ROUNDS);
}

/* Waits until so many threads stand in the row. */
static void wait_for_row(size_t wanted)
{
    uint64_t commits;
    size_t waiting = 0;
    for (int i = 0; i < 60000 && waiting < wanted; i++) {
        (void)usleep(1000);
        fb_group_state(group, &commits, &waiting);
    }
    assert_int_equal(waiting, wanted);
}

/* While another process keeps the first writer waiting, the others gather, and share a sync. */
static void test_shared_sync(void **state)
{
    (void)state;
    struct fb_ledger *other = NULL;
    struct fb_ledger_options options = {.signer = &signer};
    struct client clients[THREADS];
    uint64_t before, after;
    size_t waiting;
    fb_group_state(group, &before, &waiting);
    FB_TEST_OK(fb_ledger_open(path, &options, &other, &err));
    FB_TEST_OK(fb_ledger_hold(other, &err));
    start(&clients[0], 0, 1);
    do {
        (void)usleep(1000);
        fb_group_state(group, &after, &waiting);
    } while (waiting > 0);
    for (size_t i = 1; i < THREADS; i++) {
        start(&clients[i], i, 1);
    }
    wait_for_row(THREADS - 1);
    /* One that was made for another size is refused by itself. */
    struct client late = {.number = 99, .rounds = 1, .expected_size = 5};
    fb_err_init(&late.err);
    assert_int_equal(pthread_create(&late.thread, NULL, work, &late), 0);
    wait_for_row(THREADS);
    fb_ledger_let_go(other);
    fb_ledger_close(other);
    /* The ledger is used by one thread at a time: it is read when none of them writes any more. */
    for (size_t i = 0; i < THREADS; i++) {
        end(&clients[i]);
        assert_int_equal(clients[i].code, FB_OK);
    }
    end(&late);
    for (size_t i = 0; i < THREADS; i++) {
        check(&clients[i]);
    }
    assert_int_equal(late.code, FB_E_BUSY);
    assert_true(late.err.message[0] != 0);
    fb_group_state(group, &after, &waiting);
    assert_int_equal(after - before, 2);
    verify(THREADS * ROUNDS + THREADS);
}

/* Batches in one transaction: each by itself, and in order. */
static void test_append_all(void **state)
{
    (void)state;
    static char big[FB_LEDGER_ENTRY_MAX + 1];
    struct fb_str good = FB_STR("good"), long_one = {big, sizeof(big)};
    uint64_t size = 0;
    FB_TEST_OK(fb_ledger_size(ledger, &size, &err));
    struct fb_ledger_request requests[6] = {
        {.batch = {&good, 1, 8, size}},
        {.batch = {&long_one, 1, 8, FB_LEDGER_ANY_SIZE}},
        {.batch = {&good, 1, 7, FB_LEDGER_ANY_SIZE}}, /* before the one that is admitted at 8 */
        {.batch = {&good, 1, 9, size}},               /* the first has been appended by then */
        {.batch = {&good, 1, 9, size + 1}},
        {.batch = {&good, 0, 9, FB_LEDGER_ANY_SIZE}},
    };
    static const enum fb_code codes[6] = {
        FB_OK, FB_E_LIMIT, FB_E_TIME, FB_E_BUSY, FB_OK, FB_E_LIMIT};
    FB_TEST_OK(fb_ledger_append_all(ledger, requests, 6, &err));
    for (size_t i = 0; i < 6; i++) {
        assert_int_equal(requests[i].code, codes[i]);
    }
    assert_int_equal(requests[0].first_seq, size);
    assert_int_equal(requests[4].first_seq, size + 1);
    verify(size + 2);
    /* Nothing to append is no failure; when memory fails, all of them do. */
    FB_TEST_OK(fb_ledger_append_all(ledger, &requests[1], 1, &err));
    FB_TEST_OK(fb_ledger_append_all(ledger, NULL, 0, &err));
    requests[0].batch.expected_size = requests[4].batch.expected_size = FB_LEDGER_ANY_SIZE;
    requests[0].batch.admitted = requests[4].batch.admitted = 10;
    fb_alloc_fail_at(0);
    enum fb_code code = fb_ledger_append_all(ledger, requests, 5, &err);
    fb_alloc_fail_at(-1);
    if (code != FB_OK) {
        assert_int_equal(code, FB_E_NOMEM);
        assert_int_equal(requests[0].code, FB_E_NOMEM);
        assert_int_equal(requests[4].code, FB_E_NOMEM);
        assert_int_equal(requests[1].code, FB_E_LIMIT);
        verify(size + 2);
    }
}

/* Nobody comes between what was read and what is appended next. */
static void test_hold(void **state)
{
    (void)state;
    struct fb_ledger *other = NULL;
    struct fb_ledger_options options = {.signer = &signer, .busy_ms = 20},
                             reading = {.busy_ms = 20};
    struct fb_str entry = FB_STR("held");
    uint64_t size = 0, first = 0;
    FB_TEST_OK(fb_ledger_open(path, &options, &other, &err));
    FB_TEST_OK(fb_ledger_hold(other, &err));
    FB_TEST_OK(fb_ledger_size(other, &size, &err));
    struct fb_ledger_batch batch = {&entry, 1, 11, size};
    struct fb_ledger *third = NULL;
    FB_TEST_OK(fb_ledger_open(path, &options, &third, &err));
    FB_TEST_FAILS(fb_ledger_append(third, &batch, &first, &err), FB_E_BUSY);
    FB_TEST_FAILS(fb_ledger_hold(third, &err), FB_E_BUSY);
    fb_ledger_close(third);
    FB_TEST_OK(fb_ledger_append(other, &batch, &first, &err));
    assert_int_equal(first, size);
    /* It was let go, and an append that fails lets go as well. */
    FB_TEST_OK(fb_ledger_hold(other, &err));
    FB_TEST_FAILS(fb_ledger_append(other, &batch, &first, &err), FB_E_BUSY);
    FB_TEST_OK(fb_ledger_hold(other, &err));
    fb_ledger_let_go(other);
    fb_ledger_let_go(other);
    fb_ledger_close(other);
    FB_TEST_OK(fb_ledger_open(path, &reading, &third, &err));
    FB_TEST_FAILS(fb_ledger_hold(third, &err), FB_E_USAGE);
    fb_ledger_close(third);
    verify(size + 1);
}

static void test_no_memory(void **state)
{
    (void)state;
    struct fb_group *none = NULL;
    for (int64_t n = 0; n < 2; n++) {
        fb_alloc_fail_at(n);
        FB_TEST_FAILS(fb_group_new(ledger, &none, &err), FB_E_NOMEM);
        fb_alloc_fail_at(-1);
        assert_null(none);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_threads),
        cmocka_unit_test(test_shared_sync),
        cmocka_unit_test(test_append_all),
        cmocka_unit_test(test_hold),
        cmocka_unit_test(test_no_memory),
    };
    fb_err_init(&err);
    return cmocka_run_group_tests(tests, set_up, tear_down);
}

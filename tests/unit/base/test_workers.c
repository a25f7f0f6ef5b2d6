/* Tests of workers.c, and of arenas that change hands (arena.c). */
#include "base/workers.h"

#include <stdatomic.h>
#include <string.h>

#include "base/arena.h"
#include "fb_test.h"

enum { TASKS = 5000 };

static struct fb_err err;

/* Counts how often each task and each worker was at work. */
struct tally {
    atomic_int done[TASKS];
    atomic_int busy[FB_WORKERS_MAX];
    size_t threads;
    size_t fails; /* the first task that fails; all behind it do, too */
};

static enum fb_code count(void *ctx, size_t worker, size_t task, struct fb_err *error)
{
    struct tally *tally = ctx;
    assert_true(worker < tally->threads);
    /* A worker has one task at a time. */
    assert_int_equal(atomic_fetch_add(&tally->busy[worker], 1), 0);
    atomic_fetch_add(&tally->done[task], 1);
    atomic_fetch_sub(&tally->busy[worker], 1);
    return task < tally->fails ? FB_OK
                               : fb_err_set(error, FB_E_RANGE, "task %zu does not work", task);
}

static void test_all_once(void **unused)
{
    static const size_t threads[] = {1, 2, 3, FB_WORKERS_MAX};
    (void)unused;
    for (size_t i = 0; i < sizeof(threads) / sizeof(threads[0]); i++) {
        static struct tally tally;
        memset(&tally, 0, sizeof(tally));
        tally.threads = threads[i];
        tally.fails = TASKS;
        FB_TEST_OK(fb_workers_run(threads[i], TASKS, count, &tally, &err));
        for (size_t task = 0; task < TASKS; task++) {
            assert_int_equal(tally.done[task], 1);
        }
        FB_TEST_OK(fb_workers_run(threads[i], 0, count, &tally, &err));
    }
}

static void test_first_failure(void **unused)
{
    static const size_t fails[] = {0, 1, 17, 700, TASKS - 1};
    (void)unused;
    for (size_t i = 0; i < 2 * sizeof(fails) / sizeof(fails[0]); i++) {
        static struct tally tally;
        char want[60];
        memset(&tally, 0, sizeof(tally));
        tally.threads = i % 2 ? 4 : 1;
        tally.fails = fails[i / 2];
        snprintf(want, sizeof(want), "task %zu does not work", tally.fails);
        FB_TEST_FAILS(fb_workers_run(tally.threads, TASKS, count, &tally, &err), FB_E_RANGE);
        assert_string_equal(err.message, want);
        for (size_t task = 0; task <= tally.fails; task++) {
            assert_int_equal(tally.done[task], 1);
        }
        assert_true(tally.threads > 1 || tally.fails + 1 == TASKS || !tally.done[tally.fails + 1]);
    }
}

static void test_here(void **unused)
{
    (void)unused;
    assert_in_range(fb_workers_here(), 1, FB_WORKERS_MAX);
}

static void test_adopt(void **unused)
{
    struct fb_arena home, away;
    struct fb_str text[40];
    (void)unused;
    for (size_t filled = 0; filled < 2; filled++) {
        fb_arena_init(&home, 1 << 24);
        fb_arena_init(&away, 1 << 24);
        const char *first = filled ? fb_arena_printf(&home, "stays").ptr : NULL;
        fb_arena_adopt(&home, &away); /* nothing */
        for (size_t i = 0; i < 40; i++) {
            assert_non_null(fb_arena_alloc(&away, 10000));
            text[i] = fb_arena_printf(&away, "text %zu", i);
        }
        size_t used = home.used + away.used;
        fb_arena_adopt(&home, &away);
        assert_int_equal(home.used, used);
        assert_int_equal(away.used, 0);
        assert_null(away.blocks);
        assert_non_null(fb_arena_alloc(&away, 100));
        fb_arena_release(&away);
        assert_non_null(fb_arena_alloc(&home, 100000));
        for (size_t i = 0; i < 40; i++) {
            char want[20];
            snprintf(want, sizeof(want), "text %zu", i);
            assert_string_equal(text[i].ptr, want);
            assert_true(fb_arena_has(&home, text[i].ptr));
        }
        assert_true(!first || strcmp(first, "stays") == 0);
        fb_arena_release(&home);
    }
}

/* What is adopted counts: the arena is full by it. */
static void test_adopt_above(void **unused)
{
    struct fb_arena home, away;
    (void)unused;
    fb_arena_init(&home, 1000);
    fb_arena_init(&away, 5000);
    assert_non_null(fb_arena_alloc(&away, 2000));
    fb_arena_adopt(&home, &away);
    assert_null(fb_arena_alloc(&home, 1));
    FB_TEST_FAILS(fb_arena_failed(&home, &err), FB_E_LIMIT);
    fb_arena_release(&home);
}

static void test_clear(void **unused)
{
    static const size_t sizes[] = {100, 40000, (size_t)9 << 20};
    struct fb_arena arena;
    (void)unused;
    fb_arena_init(&arena, (size_t)10 << 20);
    fb_arena_clear(&arena);
    for (size_t i = 0; i < 3 * sizeof(sizes) / sizeof(sizes[0]); i++) {
        size_t size = sizes[i % 3];
        char *bytes = fb_arena_alloc(&arena, size);
        assert_non_null(bytes);
        for (size_t k = 0; k < size; k++) {
            assert_int_equal(bytes[k], 0);
        }
        memset(bytes, 0xa5, size);
        assert_int_equal(arena.used, size);
        fb_arena_clear(&arena);
        assert_int_equal(arena.used, 0);
    }
    fb_arena_release(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_all_once),
        cmocka_unit_test(test_first_failure),
        cmocka_unit_test(test_here),
        cmocka_unit_test(test_adopt),
        cmocka_unit_test(test_adopt_above),
        cmocka_unit_test(test_clear),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

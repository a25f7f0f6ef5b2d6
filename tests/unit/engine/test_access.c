/*
 * Tests of the access that grows, src/engine/access.c: what it finds is what a look at all its
 * tuples finds, while tuples are added, end, and are taken back. FB_RANDOM_CASES=1000 for more.
 */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/limit.h"
#include "engine/access.h"
#include "fb_test.h"

enum { RELATIONS = 3, ARITY = 3, DOMAIN = 6, CASES = 40, STEPS = 600, MOST = 2000 };

static struct fb_err err;
static uint64_t state;

static unsigned roll(unsigned sides)
{
    state ^= state >> 12;
    state ^= state << 25;
    state ^= state >> 27;
    return (unsigned)((state * 0x2545F4914F6CDD1Du) >> 33) % sides;
}

static struct fb_relation relations[RELATIONS] = {
    {.arity = ARITY}, {.arity = ARITY}, {.arity = ARITY}};
static const struct fb_signature signature = {relations, RELATIONS};

/* Two accesses that should say the same: one that grows, and a list. */
struct twin {
    struct fb_arena arena;
    struct fb_access *access;
    struct fb_tuple tuples[MOST];
    struct fb_value values[MOST][ARITY];
    size_t count;
};

static struct fb_tuple make_tuple(struct twin *twin)
{
    struct fb_value *values = twin->values[twin->count];
    for (size_t i = 0; i < ARITY; i++) {
        values[i] = roll(8) ? fb_value_int(roll(DOMAIN)) : fb_value_none();
    }
    size_t from = fb_tp_of_time(roll(100));
    return (struct fb_tuple){.relation = roll(RELATIONS),
        .from = from,
        .until = roll(2) ? FB_TP_MAX : from + 1 + roll(20),
        .values = values,
        .seq = twin->count,
        .correction = roll(4) == 0};
}

static void check_find(struct twin *twin)
{
    struct fb_value values[ARITY];
    struct fb_access_walk walk;
    uint32_t relation = roll(RELATIONS);
    uint64_t mask = roll(1 << ARITY);
    for (size_t i = 0; i < ARITY; i++) {
        values[i] = roll(8) ? fb_value_int(roll(DOMAIN)) : fb_value_none();
    }
    FB_TEST_OK(fb_access_find(twin->access, relation, mask, values, &walk, &err));
    for (size_t i = 0; i < twin->count; i++) {
        const struct fb_tuple *tuple = &twin->tuples[i];
        bool fits = tuple->relation == relation;
        for (size_t c = 0; c < ARITY; c++) {
            fits = fits && (!(mask >> c & 1) || fb_value_eq(tuple->values[c], values[c]));
        }
        if (fits) {
            uint32_t id = fb_access_next(&walk);
            assert_int_equal(id, i);
            assert_int_equal(fb_access_trace(twin->access)->tuples[id].until, tuple->until);
        }
    }
    assert_int_equal(fb_access_next(&walk), FB_ACCESS_NONE);
}

static void check_corrections(struct twin *twin)
{
    size_t count, want = 0;
    const struct fb_access_correction *all = fb_access_corrections(twin->access, &count);
    for (size_t i = 0; i < twin->count; i++) {
        want += twin->tuples[i].correction;
    }
    assert_int_equal(count, want);
    for (size_t i = 0; i < count; i++) {
        assert_true(twin->tuples[all[i].id].correction);
        assert_int_equal(twin->tuples[all[i].id].from, all[i].from);
        assert_true(i == 0 || all[i - 1].from < all[i].from ||
                    (all[i - 1].from == all[i].from && all[i - 1].id < all[i].id));
    }
}

static void check_counts(struct twin *twin)
{
    size_t counts[RELATIONS] = {0};
    for (size_t i = 0; i < twin->count; i++) {
        counts[twin->tuples[i].relation]++;
    }
    for (uint32_t r = 0; r < RELATIONS; r++) {
        assert_int_equal(fb_access_count(twin->access, r), counts[r]);
    }
    assert_int_equal(fb_access_trace(twin->access)->tuple_count, twin->count);
    assert_true(fb_access_trace(twin->access)->by_time && fb_access_distinct(twin->access));
}

static void step(struct twin *twin)
{
    unsigned kind = roll(20);
    if (kind < 12 && twin->count < MOST) {
        struct fb_tuple tuple = make_tuple(twin);
        FB_TEST_OK(fb_access_add(twin->access, &tuple, &err));
        twin->tuples[twin->count++] = tuple;
    } else if (kind == 12 && twin->count > 0) {
        unsigned id = roll((unsigned)twin->count);
        size_t until = twin->tuples[id].from + roll(3);
        FB_TEST_OK(fb_access_end(twin->access, id, until, &err));
        twin->tuples[id].until = until;
    } else if (kind == 13) {
        size_t back = roll(30) ? roll(20) : twin->count;
        size_t left = twin->count - (back < twin->count ? back : twin->count);
        /* By then the values of what is taken back may be gone. */
        memset(twin->values[left], 0xa5, (twin->count - left) * sizeof(twin->values[0]));
        fb_access_undo(twin->access, left);
        twin->count = left;
    } else {
        check_find(twin);
    }
}

static void test_grows(void **unused)
{
    const char *more = getenv("FB_RANDOM_CASES");
    size_t cases = more ? (size_t)strtoul(more, NULL, 10) : CASES;
    struct twin *twin = calloc(1, sizeof(*twin));
    (void)unused;
    assert_non_null(twin);
    for (size_t n = 0; n < cases; n++) {
        state = 0x9e3779b97f4a7c15u * (n + 1);
        twin->count = 0;
        fb_arena_init(&twin->arena, (size_t)1 << 28);
        FB_TEST_OK(fb_access_grow(&signature, &twin->arena, &twin->access, &err));
        for (size_t i = 0; i < STEPS; i++) {
            step(twin);
        }
        check_corrections(twin);
        check_counts(twin);
        fb_arena_release(&twin->arena);
    }
    free(twin);
}

static void test_time_points(void **unused)
{
    static const fb_time times[] = {FB_TIME_MIN, FB_TIME_MIN + 1, -1, 0, 1, FB_TIME_MAX};
    (void)unused;
    for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
        assert_true(fb_time_of_tp(fb_tp_of_time(times[i])) == times[i]);
        assert_true(i == 0 || fb_tp_of_time(times[i - 1]) < fb_tp_of_time(times[i]));
    }
    assert_true(fb_tp_of_time(FB_TIME_MAX) == FB_TP_MAX);
    assert_true(fb_tp_of_time(FB_TIME_MIN) == 0);
}

static void test_until(void **unused)
{
    struct fb_arena arena;
    struct fb_access *access = NULL;
    (void)unused;
    fb_arena_init(&arena, 1 << 20);
    FB_TEST_OK(fb_access_grow(&signature, &arena, &access, &err));
    assert_int_equal(fb_access_trace(access)->time_count, 0);
    fb_access_until(access, 41);
    assert_true(fb_access_trace(access)->time_count == fb_tp_of_time(42));
    fb_arena_release(&arena);
}

static void test_limit(void **unused)
{
    struct fb_arena arena;
    struct fb_access *access = NULL;
    struct fb_value values[ARITY] = {fb_value_int(1), fb_value_int(2), fb_value_int(3)};
    struct fb_tuple tuple = {.until = FB_TP_MAX, .values = values};
    (void)unused;
    fb_arena_init(&arena, 1 << 20);
    FB_TEST_OK(fb_access_grow(&signature, &arena, &access, &err));
    fb_limit_lower(FB_ACCESS_TUPLES_MAX, 2);
    FB_TEST_OK(fb_access_add(access, &tuple, &err));
    FB_TEST_OK(fb_access_add(access, &tuple, &err));
    FB_TEST_FAILS(fb_access_add(access, &tuple, &err), FB_E_LIMIT);
    fb_limit_lower(FB_ACCESS_TUPLES_MAX, FB_ACCESS_TUPLES_MAX);
    fb_arena_release(&arena);
}

/* Adds and asks with memory that runs out at the n-th allocation. */
static enum fb_code run_short(long n)
{
    struct fb_arena arena;
    struct fb_access *access = NULL;
    static struct fb_value values[300][ARITY];
    fb_arena_init(&arena, 1 << 24);
    fb_alloc_fail_at(n);
    enum fb_code code = fb_access_grow(&signature, &arena, &access, &err);
    for (size_t i = 0; i < 300 && code == FB_OK; i++) {
        struct fb_access_walk walk;
        values[i][0] = fb_value_int((int64_t)i);
        struct fb_tuple tuple = {.until = FB_TP_MAX, .values = values[i], .correction = i % 3 == 0};
        code = fb_access_add(access, &tuple, &err);
        code = code ? code : fb_access_find(access, 0, 1, values[i], &walk, &err);
    }
    fb_alloc_fail_at(-1);
    fb_arena_release(&arena);
    return code;
}

static void test_no_memory(void **unused)
{
    long n = 0;
    (void)unused;
    for (; run_short(n) != FB_OK; n++) {
        assert_int_equal(err.code, FB_E_NOMEM);
        assert_true(n < 10000);
    }
    assert_true(n > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_time_points),
        cmocka_unit_test(test_until),
        cmocka_unit_test(test_grows),
        cmocka_unit_test(test_limit),
        cmocka_unit_test(test_no_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Tests of src/evidence/pace_history.c: what is known when, and what follows for the pace. */
#include <math.h>

#include "base/alloc.h"
#include "evidence/pace_history.h"
#include "fb_test.h"

static struct fb_err err;
static struct fb_arena arena;

static int setup(void **state)
{
    (void)state;
    fb_err_init(&err);
    fb_arena_init(&arena, (size_t)1 << 28);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    fb_arena_release(&arena);
    return 0;
}

#define DAY(n) ((fb_time)(n)*FB_DAY)

/* A value that doubles every `days` days: the n-th, at day 100 n. */
static struct fb_pace_value point(const char *series, int n, double days, fb_time known)
{
    return (struct fb_pace_value){
        fb_str_of(series), DAY(100 * n), exp2(100.0 * n / days), known, FB_TIME_MAX, (size_t)n};
}

static struct fb_pace_history history_of(struct fb_pace_value *values, size_t count)
{
    struct fb_progress_options usual = fb_pace_usual();
    struct fb_pace_history history;
    FB_TEST_OK(fb_pace_history_of(values, count, &usual, &arena, &history, &err));
    return history;
}

static void near(double got, double want)
{
    if (!(fabs(got - want) <= 1e-6 * fabs(want))) {
        fail_msg("%.12g, not %.12g", got, want);
    }
}

/* Growth that doubles in 400 days is normal once two readings a dwell apart say so; faster growth
 * is fast at once, and stays so. */
static void test_relaxes_and_tightens(void **state)
{
    (void)state;
    struct fb_pace_value values[12];
    for (int i = 0; i < 10; i++) {
        values[i] = point("horizon", i, 400, DAY(1000 + 60 * i));
    }
    struct fb_pace_history h = history_of(values, 10);
    assert_int_equal(h.count, 10);
    for (size_t i = 0; i < h.count; i++) {
        const struct fb_pace_segment *s = &h.items[i];
        assert_int_equal(s->has_line, i >= 2);
        /* The first line is at day 1120; a dwell later, at day 1300, it is the third such. */
        assert_int_equal(s->pace.pace, i < 5 ? FB_PACE_FAST : FB_PACE_NORMAL);
        assert_true(s->from == DAY(1000 + 60 * (int)i));
    }
    near(h.items[9].doubling_days, 400);
    /* A leap: one value, twenty doublings higher. */
    values[10] = point("horizon", 10, 400, DAY(1700));
    values[10].value *= 1048576;
    h = history_of(values, 11);
    assert_int_equal(h.items[10].pace.pace, FB_PACE_FAST);
    /* Taken back: the reading is normal again, but the dwell begins anew. */
    values[10].until = DAY(1710);
    h = history_of(values, 11);
    assert_int_equal(h.count, 12);
    assert_int_equal(h.items[11].pace.pace, FB_PACE_FAST);
    near(h.items[11].doubling_days, 400);
}

/* The same values in another order give the same; a weak system measured later changes nothing. */
static void test_frontier(void **state)
{
    (void)state;
    struct fb_pace_value values[8], turned[8];
    for (int i = 0; i < 6; i++) {
        values[i] = point("horizon", i, 300, DAY(1000));
    }
    values[6] =
        (struct fb_pace_value){FB_STR("horizon"), DAY(550), 1e-3, DAY(1100), FB_TIME_MAX, 6};
    values[7] = (struct fb_pace_value){FB_STR("alone"), DAY(550), 1, DAY(1100), FB_TIME_MAX, 7};
    for (int i = 0; i < 8; i++) {
        turned[i] = values[7 - i];
    }
    struct fb_pace_history h = history_of(values, 8), g = history_of(turned, 8);
    assert_true(h.count == 3 && g.count == 3);
    for (int i = 0; i < 3; i++) {
        assert_true(fb_str_eq(h.items[i].series, g.items[i].series));
        assert_true(h.items[i].used == g.items[i].used);
        assert_true(h.items[i].doubling_days == g.items[i].doubling_days || i == 0);
    }
    assert_true(!h.items[0].has_line && isnan(h.items[0].doubling_days));
    assert_true(h.items[1].used == 6 && h.items[2].used == 6);
    near(h.items[2].doubling_days, 300);
}

/* The figures of the plan: compute 4.2 times and algorithms 2.5 times a year are 10.5 together. */
static void test_effective_compute(void **state)
{
    (void)state;
    struct fb_pace_value values[10];
    for (int i = 0; i < 5; i++) {
        double year = 365.25;
        fb_time at = DAY(i * 1461) / 4;
        values[i] = (struct fb_pace_value){FB_STR("training_compute"), at,
            pow(4.2, (double)at / (double)FB_DAY / year), DAY(2000), FB_TIME_MAX, 0};
        values[5 + i] = (struct fb_pace_value){FB_STR("algorithmic_efficiency"), at,
            pow(2.5, (double)at / (double)FB_DAY / year), DAY(2000), FB_TIME_MAX, 1};
    }
    struct fb_pace_history h = history_of(values, 10);
    assert_int_equal(h.count, 3);
    const struct fb_pace_segment *s = &h.items[2];
    assert_true(fb_str_is(s->series, "effective_compute") && s->used == 10);
    near(s->doubling_days, 365.25 * log(2) / log(10.5));
    assert_int_equal(s->pace.pace, FB_PACE_FAST);
    near(h.items[0].doubling_days, 365.25 * log(2) / log(2.5));
}

static void test_limits(void **state)
{
    (void)state;
    struct fb_progress_options usual = fb_pace_usual();
    struct fb_pace_history h;
    FB_TEST_OK(fb_pace_history_of(NULL, 0, &usual, &arena, &h, &err));
    assert_int_equal(h.count, 0);
    struct fb_pace_value bad = {FB_STR("x"), 0, 0, 0, FB_TIME_MAX, 0};
    FB_TEST_FAILS(fb_pace_history_of(&bad, 1, &usual, &arena, &h, &err), FB_E_RANGE);
    bad.value = (double)INFINITY;
    FB_TEST_FAILS(fb_pace_history_of(&bad, 1, &usual, &arena, &h, &err), FB_E_RANGE);
    usual.confidence = 1;
    FB_TEST_FAILS(fb_pace_history_of(NULL, 0, &usual, &arena, &h, &err), FB_E_RANGE);
    usual.confidence = 0.9;
    size_t many = FB_PACE_READINGS_MAX + 1;
    struct fb_pace_value *values = fb_calloc(FB_PACE_VALUES_MAX + 1, sizeof(*values));
    assert_non_null(values);
    for (size_t i = 0; i <= FB_PACE_VALUES_MAX; i++) {
        values[i] = (struct fb_pace_value){FB_STR("x"), DAY(1), 1, (fb_time)i, FB_TIME_MAX, i};
    }
    FB_TEST_FAILS(fb_pace_history_of(values, many, &usual, &arena, &h, &err), FB_E_LIMIT);
    FB_TEST_FAILS(
        fb_pace_history_of(values, FB_PACE_VALUES_MAX + 1, &usual, &arena, &h, &err), FB_E_LIMIT);
    fb_free(values);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_relaxes_and_tightens, setup, teardown),
        cmocka_unit_test_setup_teardown(test_frontier, setup, teardown),
        cmocka_unit_test_setup_teardown(test_effective_compute, setup, teardown),
        cmocka_unit_test_setup_teardown(test_limits, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

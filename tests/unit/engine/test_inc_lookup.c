/*
 * Tests of src/engine/inc_lookup.c: time-points with many tuples, whose predicates are found by the
 * values of their columns, against the naive evaluator; when a lookup is made, and that it goes.
 * With the limit lowered to nothing test_random.c has all operators over small ones.
 */
#include "base/alloc.h"
#include "base/limit.h"
#include "engine/eval.h"
#include "engine/inc_plan.h"
#include "fb_test.h"
#include "lang/monpoly.h"

enum { ARENA_MAX = 1 << 28, TEXT_MAX = 1 << 22 };

static struct fb_err err;
static struct fb_arena arena;
static struct fb_signature signature;
static struct fb_monpoly_formula formula_read;

static int setup(void **state)
{
    (void)state;
    fb_err_init(&err);
    fb_arena_init(&arena, ARENA_MAX);
    FB_TEST_OK(fb_monpoly_signature(
        FB_STR("P(x:int) Q(x:int) R(x:int, y:int) W(x:int, s:string) G(x:float, y:int)"), &arena,
        &signature, &err));
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    fb_arena_release(&arena);
    return 0;
}

static enum fb_code keep_line(void *ctx, struct fb_buf *line, struct fb_err *e)
{
    (void)line;
    (void)e;
    ++*(size_t *)ctx;
    return FB_OK;
}

static void make_log(struct fb_buf *out)
{
    fb_buf_init(out, TEXT_MAX);
    for (unsigned tp = 0; tp < 6; tp++) {
        unsigned count = tp % 3 == 1 ? 3 : 60;
        fb_buf_addf(out, "@%u", tp * 2);
        for (unsigned i = 0; i < count; i++) {
            unsigned a = (i * 7 + tp) % 23, c = (i * 5 + 2 * tp) % 19;
            fb_buf_addf(out, " P(%u) Q(%u) R(%u,%u) W(%u,\"%c\") G(%u.%u,%u)", a, c, a, c, c,
                (int)('a' + a % 5), a, i % 2 ? 0 : 5, c);
        }
        fb_buf_add_c(out, "\n");
    }
}

/* The verdicts of both evaluators are the same bytes; how many time-points have some. */
static size_t compare(const char *text, struct fb_str log)
{
    struct fb_buf fast, slow;
    struct fb_trace trace = {0};
    size_t lines = 0;
    struct fb_monpoly_stream stream = {.sink = keep_line, .ctx = &lines, .line = &fast};
    fb_buf_init(&fast, TEXT_MAX);
    fb_buf_init(&slow, TEXT_MAX);
    FB_TEST_OK(fb_monpoly_formula_read(fb_str_of(text), &signature, &arena, &formula_read, &err));
    FB_TEST_OK(fb_form_check(formula_read.plain.form, NULL, 0, &err));
    FB_TEST_OK(fb_monpoly_run_quick(&formula_read, &signature, log, &stream, &err));
    FB_TEST_OK(fb_monpoly_log(log, &signature, &arena, &trace, &err));
    FB_TEST_OK(fb_monpoly_run(&formula_read, &trace, ARENA_MAX, &slow, &err));
    if (!fb_str_eq(fb_buf_str(&fast), fb_buf_str(&slow))) {
        fb_buf_add(&fast, "", 1);
        fb_buf_add(&slow, "", 1);
        fail_msg("%s\ngot\n%s\nwant\n%s", text, fast.ptr, slow.ptr);
    }
    fb_buf_release(&fast);
    fb_buf_release(&slow);
    return lines;
}

static void test_large_points(void **unused)
{
    (void)unused;
    static const char *const formulas[] = {
        "P(x) AND Q(x)",
        "P(x) AND NOT Q(x)",
        "R(x,y) AND R(y,z)",
        "R(x,y) AND NOT R(y,x)",
        "R(x,y) AND P(y) AND Q(x)",
        "P(x) AND R(x,3)",
        "R(x,x) AND NOT R(2,x)",
        "P(x) AND R(x,_) AND NOT R(_,x)",
        "W(x,s) AND W(y,s) AND x < y",
        "G(f,y) AND P(y) AND NOT G(f,3)",
        "P(x) AND G(2.0,x)",
        "P(x) AND R(x + 1, y)",
        "P(y) AND EXISTS x. R(x,x) AND y < x",
        "P(x) AND (c <- CNT y; x R(x,y))",
        "P(x) AND HISTORICALLY[0,3] (P(x) OR Q(x))",
        "P(x) AND ALWAYS[0,3] (R(x,_) OR Q(x))",
        "P(x) AND PREVIOUS (Q(x) AND R(x,_))",
        "|>[0,4] (P(x) (Q(x)?))",
        "FRZ F(x) = P(x) IN Q(x) AND ONCE[0,3] (R(x,_) AND F(x))",
        "FRZ F(x,y) = R(x,y) IN EVENTUALLY[0,3] (P(x) AND F(x,y) AND NOT F(y,x) AND NOT F(3,x))",
        "FRZ F(x,y) = R(x,y) IN P(x) AND (EXISTS y. Q(y) AND F(x,y)) AND NEXT P(x) AND NOT F(x,x)",
        "LETPAST L(x) = P(x) OR (Q(x) AND PREVIOUS L(x)) IN R(x,y) AND L(x) AND NOT (L(y) AND y < "
        "5)",
        "FRZ F(x) = P(x) IN LETPAST L(x,y) = (R(x,y) AND F(x)) OR PREVIOUS L(x,y) IN "
        "Q(x) AND ONCE[0,4] (L(x,y) AND NOT L(y,x) AND L(y,_))",
    };
    struct fb_buf log;
    make_log(&log);
    for (size_t i = 0; i < sizeof(formulas) / sizeof(formulas[0]); i++) {
        size_t lines = compare(formulas[i], fb_buf_str(&log));
        if (lines == 0) {
            fail_msg("%s has no verdicts", formulas[i]);
        }
        fb_limit_lower(FB_INC_LISTED_MAX, 0);
        assert_int_equal(compare(formulas[i], fb_buf_str(&log)), lines);
        fb_limit_lower(FB_INC_LISTED_MAX, FB_INC_LISTED_MAX);
    }
    fb_buf_release(&log);
}

/* ---- when it is made ---- */

static enum fb_code count_rows(void *ctx, const struct fb_inc_verdict *verdict, struct fb_err *e)
{
    (void)e;
    *(size_t *)ctx += verdict->count;
    return FB_OK;
}

static struct fb_inc *start(const char *text, size_t *rows)
{
    struct fb_inc *inc = NULL;
    const struct fb_inc_options options = {.sink = count_rows, .ctx = rows};
    FB_TEST_OK(fb_monpoly_formula_read(fb_str_of(text), &signature, &arena, &formula_read, &err));
    FB_TEST_OK(
        fb_inc_new(formula_read.quick.form, formula_read.quick.var_count, &options, &inc, &err));
    return inc;
}

/* A time-point with p times P and q times Q, of the same numbers. */
static enum fb_code point(struct fb_inc *inc, fb_time time, int64_t p, int64_t q)
{
    enum fb_code code = fb_inc_open(inc, time, &err);
    for (int64_t i = 0; code == FB_OK && i < p + q; i++) {
        const struct fb_cell cell = {.type = FB_TYPE_INT, .u.integer = i < p ? i : i - p};
        code = fb_inc_add(inc, i < p ? 0 : 1, &cell, 1, &err);
    }
    return code ? code : fb_inc_close(inc, &err);
}

/* Whether the last time-point has one. */
static bool made(const struct fb_inc *inc)
{
    const struct fb_inc_point *last = fb_inc_point_at(inc, inc->point_high - 1);
    for (size_t i = 0; i < last->lookup_cap; i++) {
        if (last->lookups[i].count) {
            assert_int_equal(last->lookups[i].count, last->tuple_count);
            return true;
        }
    }
    return false;
}

static void test_made(void **state)
{
    (void)state;
    size_t rows = 0;
    struct fb_inc *inc = start("P(x) AND Q(x)", &rows);
    assert_int_equal(inc->way_count, 1);
    FB_TEST_OK(point(inc, 1, 8, 8));
    assert_false(made(inc)); /* as many as are gone through */
    FB_TEST_OK(point(inc, 2, 8, 9));
    assert_true(made(inc));
    FB_TEST_OK(point(inc, 3, 1, 90));
    assert_false(made(inc)); /* it was asked once */
    FB_TEST_OK(point(inc, 4, 2, 90));
    assert_true(made(inc));
    FB_TEST_OK(point(inc, 5, 0, 90));
    assert_false(made(inc));
    assert_int_equal(rows, 8 + 8 + 1 + 2);
    fb_inc_free(inc);
    /* Predicates that know the same columns share it; one that knows none needs none. */
    inc = start("P(x) AND Q(x) AND NOT (R(x,_) OR R(x,x)) AND NOT R(_,x)", &rows);
    assert_int_equal(inc->way_count, 4); /* Q(x), R(x,_), R(x,x), R(_,x) */
    fb_inc_free(inc);
    inc = start("P(x) AND Q(y)", &rows);
    assert_int_equal(inc->way_count, 0);
    fb_inc_free(inc);
}

/* What they hold goes with the time-point, and small ones pay nothing for a large one before. */
static void test_memory(void **unused)
{
    (void)unused;
    size_t rows = 0;
    struct fb_inc *inc = start("P(x) AND Q(x)", &rows);
    size_t used = 0;
    for (fb_time t = 0; t < 200; t++) {
        FB_TEST_OK(point(inc, t, t % 10 ? 10 : 500, t % 10 ? 10 : 500));
        const struct fb_inc_point *last = fb_inc_point_at(inc, inc->point_high - 1);
        assert_in_range(last->lookups[0].head_mask + 1, last->tuple_count, 2 * last->tuple_count);
        used = t == 50 ? fb_inc_memory_used(inc) : used;
    }
    assert_true(fb_inc_memory_used(inc) <= 2 * used);
    assert_int_equal(rows, 20 * 500 + 180 * 10);
    fb_inc_free(inc);
    enum fb_code code = FB_E_NOMEM;
    long rounds = 0;
    for (int64_t n = 0; code != FB_OK; n++, rounds++) {
        rows = 0;
        inc = start("P(x) AND Q(x) AND NOT R(x,_)", &rows);
        fb_alloc_fail_at(n);
        code = point(inc, 1, 40, 40);
        fb_alloc_fail_at(-1);
        assert_true(code == FB_OK || code == FB_E_NOMEM);
        fb_inc_free(inc);
    }
    assert_true(rounds > 8);
    assert_int_equal(rows, 40);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {CASE(test_large_points), CASE(test_made), CASE(test_memory)};
    return cmocka_run_group_tests_name("inc_lookup", tests, NULL, NULL);
}

/*
 * Tests of src/engine/inc_past.c, and of joins in src/engine/inc_view.c: what is aggregated over a
 * past operator below filters, quantifiers and choices, or over several that share a variable, is
 * kept as rows come and go, and gives what the naive evaluator gives; what only looks like it is
 * gathered.
 */
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
    FB_TEST_OK(
        fb_monpoly_signature(FB_STR("P(x:int) Q(x:int) R(x:int, y:int) W(x:int, s:string) T()"),
            &arena, &signature, &err));
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    fb_arena_release(&arena);
    return 0;
}

static enum fb_code pass(void *ctx, const struct fb_inc_verdict *verdict, struct fb_err *e)
{
    (void)ctx;
    (void)verdict;
    (void)e;
    return FB_OK;
}

static enum fb_code keep_line(void *ctx, struct fb_buf *line, struct fb_err *e)
{
    (void)line;
    (void)e;
    ++*(size_t *)ctx;
    return FB_OK;
}

/* How many aggregates of a formula are kept, over one past operator or over a join. */
static size_t kept(const char *text, bool join)
{
    struct fb_inc *inc = NULL;
    const struct fb_inc_options options = {.sink = pass};
    FB_TEST_OK(fb_monpoly_formula_read(fb_str_of(text), &signature, &arena, &formula_read, &err));
    FB_TEST_OK(
        fb_inc_new(formula_read.quick.form, formula_read.quick.var_count, &options, &inc, &err));
    size_t count = 0;
    for (size_t i = 0; i < inc->node_count; i++) {
        const struct fb_inc_node *node = inc->nodes[i];
        count += node->kind == FB_INC_TALLY && (node->child->kind == FB_INC_KEPT) == join;
    }
    fb_inc_free(inc);
    return count;
}

static size_t nodes_of(const char *text, enum fb_inc_node_kind kind)
{
    struct fb_inc *inc = NULL;
    const struct fb_inc_options options = {.sink = pass};
    FB_TEST_OK(fb_monpoly_formula_read(fb_str_of(text), &signature, &arena, &formula_read, &err));
    FB_TEST_OK(
        fb_inc_new(formula_read.quick.form, formula_read.quick.var_count, &options, &inc, &err));
    size_t count = 0;
    for (size_t i = 0; i < inc->node_count; i++) {
        count += inc->nodes[i]->kind == kind;
    }
    fb_inc_free(inc);
    return count;
}

/* The incremental evaluator alone, on a log that is long for the other. */
static int compare_quick(const char *text, const char *log, const char *want)
{
    struct fb_buf fast;
    size_t lines = 0;
    struct fb_monpoly_stream stream = {.sink = keep_line, .ctx = &lines, .line = &fast};
    fb_buf_init(&fast, TEXT_MAX);
    FB_TEST_OK(fb_monpoly_formula_read(fb_str_of(text), &signature, &arena, &formula_read, &err));
    FB_TEST_OK(fb_monpoly_run_quick(&formula_read, &signature, fb_str_of(log), &stream, &err));
    fb_buf_add(&fast, "", 1);
    int order = strcmp(fast.ptr, want);
    if (order) {
        print_message("got\n%s\n", fast.ptr);
    }
    fb_buf_release(&fast);
    return order;
}

static size_t compare(const char *text, struct fb_str log)
{
    struct fb_buf fast, slow, many;
    struct fb_trace trace = {0};
    size_t lines = 0, same = 0;
    struct fb_monpoly_stream stream = {.sink = keep_line, .ctx = &lines, .line = &fast};
    fb_buf_init(&fast, TEXT_MAX);
    struct fb_monpoly_stream threads = {
        .sink = keep_line, .ctx = &same, .line = &many, .threads = 3, .batch = 8};
    fb_buf_init(&many, TEXT_MAX);
    fb_buf_init(&slow, TEXT_MAX);
    FB_TEST_OK(fb_monpoly_formula_read(fb_str_of(text), &signature, &arena, &formula_read, &err));
    FB_TEST_OK(fb_monpoly_run_quick(&formula_read, &signature, log, &stream, &err));
    FB_TEST_OK(fb_monpoly_run_quick(&formula_read, &signature, log, &threads, &err));
    FB_TEST_OK(fb_monpoly_log(log, &signature, &arena, &trace, &err));
    FB_TEST_OK(fb_monpoly_run(&formula_read, &trace, ARENA_MAX, &slow, &err));
    fb_buf_add(&fast, "", 1);
    fb_buf_add(&slow, "", 1);
    if (strcmp(fast.ptr, slow.ptr) != 0) {
        fail_msg("%s\ngot\n%s\nwant\n%s", text, fast.ptr, slow.ptr);
    }
    fb_buf_add(&many, "", 1);
    if (strcmp(many.ptr, slow.ptr) != 0) {
        fail_msg("%s by threads\ngot\n%s\nwant\n%s", text, many.ptr, slow.ptr);
    }
    fb_buf_release(&many);
    fb_buf_release(&fast);
    fb_buf_release(&slow);
    return lines;
}

static void make_log(struct fb_buf *out)
{
    fb_buf_init(out, TEXT_MAX);
    for (unsigned i = 0; i < 60; i++) {
        unsigned a = i * 7 % 11, c = i * 5 % 6;
        fb_buf_addf(out, "@%u %s", i / 2, i % 5 ? "" : "T() ");
        switch (i % 4) {
        case 0:
            fb_buf_addf(out, "P(%u)\n", a);
            break;
        case 1:
            fb_buf_addf(out, "Q(%u) W(%u,\"%c\")\n", c, a, (int)('a' + c));
            break;
        default:
            fb_buf_addf(out, "R(%u,%u)\n", a, c);
        }
    }
}

static void test_kept(void **unused)
{
    (void)unused;
    static const char *const formulas[] = {
        "m <- MAX x ONCE P(x)",
        "m <- MAX x ((ONCE[0,9] P(x)) AND x > 3)",
        "m <- MAX x (2 < x AND (ONCE[2,9] P(x)) AND NOT x = 5)",
        "c <- CNT y; x ((ONCE[0,9] R(x,y)) AND (y > 2 OR x = y))",
        "s <- SUM z; x ((ONCE[0,9] R(x,y)) AND z = x + y)",
        "m <- MED x EXISTS y. ONCE[0,9] R(x,y)",
        "m <- MIN x EXISTS y, s. ((ONCE[0,9] (R(x,y) AND W(x,s))) AND s < \"d\")",
        "c <- CNT x EXISTS y. ((NOT Q(x)) SINCE[0,9] R(x,y))",
        "s <- SUM x ((ONCE[1,9] P(x)) OR (ONCE[1,9] Q(x)))",
        "s <- SUM x (((ONCE[1,9] P(x)) AND x < 6) OR (EXISTS y. ONCE[1,9] R(y,x)))",
        "a <- AVG y; x (((NOT Q(y)) SINCE[0,9] R(x,y)) AND y <> 2)",
        "P(x) AND (c <- CNT y; x ((ONCE[0,20] R(x,y)) AND y > 1))",
    };
    struct fb_buf log;
    make_log(&log);
    for (size_t i = 0; i < sizeof(formulas) / sizeof(formulas[0]); i++) {
        if (kept(formulas[i], false) != 1) {
            fail_msg("%s is gathered", formulas[i]);
        }
        size_t lines = compare(formulas[i], fb_buf_str(&log));
        if (lines < 6) {
            fail_msg("%s has %zu verdicts", formulas[i], lines);
        }
    }
    fb_buf_release(&log);
}

static void test_joins(void **unused)
{
    (void)unused;
    static const char *const formulas[] = {
        "m <- MAX x ((ONCE[0,9] P(x)) AND (ONCE[0,8] Q(x)))",
        "m <- MED x ((ONCE[0,9] P(x)) AND NOT (ONCE[0,3] Q(x)))",
        "s <- SUM x ((ONCE[0,9] P(x)) OR (ONCE[0,8] Q(x)))", /* two windows */
        "s <- SUM x ((ONCE[0,9] P(x)) OR (ONCE[1,9] Q(x)))",
        "s <- SUM x ((ONCE[0,9] P(x)) OR ((NOT Q(x)) SINCE[0,9] P(x)))",
        "s <- SUM x ((ONCE[0,9] P(x)) OR (Q(x) SINCE[0,9] P(x)))",
        "c <- CNT x EXISTS y. ((NOT R(x,y)) SINCE[0,9] (P(x) AND Q(y)))",
        /* the groups do not know what is shared */
        "c <- CNT y; x ((ONCE[0,20] R(x,y)) AND NOT (ONCE[0,5] Q(y)))",
        "s <- SUM x; y ((ONCE[0,20] R(x,y)) AND (ONCE[0,9] P(x)))",
        "m <- MIN x; y ((ONCE[0,20] R(x,y)) AND ((NOT Q(x)) SINCE P(x)))",
        "a <- AVG x; s ((ONCE[0,20] W(x,s)) AND (ONCE[0,20] R(x,y)) AND x > y)",
        "c <- CNT x; s EXISTS y. ((ONCE[0,20] W(x,s)) AND (ONCE[0,5] R(x,y)) AND y > 1)",
        "m <- MAX x; y ((ONCE[0,20] R(x,y)) AND (ONCE[1,30] P(x)) AND NOT x = 5)",
        "Q(y) AND (m <- MED x; y ((ONCE[0,30] R(x,y)) AND (ONCE[0,30] P(x))))",
        "PREVIOUS (c <- CNT x ((ONCE[0,9] P(x)) AND NOT ONCE[0,3] Q(x)))",
        "T() AND (c <- CNT x ((ONCE P(x)) AND NOT ONCE Q(x)))",
        /* rows that come in several ways, and a variable that is shared but hidden */
        "c <- CNT x EXISTS y. ((ONCE R(x,y)) AND NOT ONCE[0,5] Q(x))",
        "s <- SUM x EXISTS y. ((ONCE[0,20] R(x,y)) AND NOT ONCE[0,5] R(y,x))",
        "s <- SUM x EXISTS y. ((ONCE[0,30] W(z,y)) AND (ONCE[0,30] R(z,x)) AND NOT ONCE Q(z))",
        /* by threads: groups of all values are needed where x is another one */
        "P(x) AND (n <- MAX c (c <- CNT y; x ONCE[0,30] R(x,y)))",
        /* in a view of another key, which rests on the same operators */
        "(c <- CNT y; x ((ONCE[0,20] R(x,y)) AND NOT (ONCE[0,9] R(y,x)))) AND (ONCE[0,9] P(x))",
    };
    struct fb_buf log;
    make_log(&log);
    for (size_t i = 0; i < sizeof(formulas) / sizeof(formulas[0]); i++) {
        if (kept(formulas[i], true) != 1) {
            fail_msg("%s is gathered", formulas[i]);
        }
        size_t lines = compare(formulas[i], fb_buf_str(&log));
        if (lines < 6) {
            fail_msg("%s has %zu verdicts", formulas[i], lines);
        }
    }
    fb_buf_release(&log);
}

/* Where the groups know what is shared, the aggregate is a view by that, and its join is none. */
static void test_views(void **unused)
{
    (void)unused;
    static const char *const formulas[] = {
        "c <- CNT y; x ((ONCE[0,20] R(x,y)) AND (ONCE[0,20] P(x)))",
        "c <- CNT y; x,s ((ONCE[0,30] R(x,y)) AND (ONCE[0,30] W(x,s)))",
    };
    struct fb_buf log;
    make_log(&log);
    for (size_t i = 0; i < sizeof(formulas) / sizeof(formulas[0]); i++) {
        assert_int_equal(kept(formulas[i], true), 0);
        assert_int_equal(nodes_of(formulas[i], FB_INC_KEPT), 2); /* rows, and keys that are stale */
        assert_true(compare(formulas[i], fb_buf_str(&log)) > 5);
    }
    fb_buf_release(&log);
}

/* A join that is asked again after so many changes that they were not listed. */
static void test_forgotten(void **unused)
{
    (void)unused;
    struct fb_buf log;
    fb_buf_init(&log, TEXT_MAX);
    fb_buf_add_c(&log, "@0 P(1) P(2) Q(2) T()\n@1 P(3) T()\n");
    for (unsigned i = 2; i < 4000; i++) {
        fb_buf_addf(&log, "@%u P(%u) Q(%u)\n", i, i + 10, i / 2);
    }
    fb_buf_add_c(&log, "@4001 P(1) T()\n@4002 T() Q(1)\n");
    fb_buf_add(&log, "", 1);
    assert_int_equal(
        compare_quick("T() AND (s <- SUM x ((ONCE[0,3] P(x)) AND NOT ONCE[0,2] Q(x)))", log.ptr,
            "@0 (time point 0): (1)\n@1 (time point 1): (4)\n"
            "@4001 (time point 4000): (8018)\n@4002 (time point 4001): (4009)\n"),
        0);
    fb_buf_release(&log);
}

/* A time-point costs what it touches of a join. Gathered at each of them this would be half a
 * billion rows. */
static void test_long_join(void **unused)
{
    (void)unused;
    enum { POINTS = 30000 };
    struct fb_buf log, line;
    size_t lines = 0;
    struct fb_monpoly_stream stream = {.sink = keep_line, .ctx = &lines, .line = &line};
    fb_buf_init(&log, TEXT_MAX);
    fb_buf_init(&line, TEXT_MAX);
    for (unsigned i = 0; i < POINTS; i++) {
        fb_buf_addf(&log, "@%u P(%u) Q(%u)\n", i, i, 2 * i);
    }
    FB_TEST_OK(
        fb_monpoly_formula_read(FB_STR("(c <- CNT x ((ONCE P(x)) AND (ONCE Q(x)))) AND c > 14990"),
            &signature, &arena, &formula_read, &err));
    FB_TEST_OK(fb_monpoly_run_quick(&formula_read, &signature, fb_buf_str(&log), &stream, &err));
    assert_int_equal(lines, 20); /* c is 14991 at time-point 29980, and 15000 at the last two */
    fb_buf_release(&log);
    fb_buf_release(&line);
}

static void test_gathered(void **unused)
{
    (void)unused;
    static const char *const formulas[] = {
        "m <- MAX x P(x)",
        "m <- MAX x ((ONCE[0,9] P(x)) AND NOT Q(x))", /* time has a say */
        "s <- SUM x ((ONCE[0,9] P(x)) OR Q(x))",
        "m <- MAX x (x = 4 AND NOT x = 5)",
        "m <- MAX x EXISTS y. ((ONCE[0,9] R(x,y)) AND Q(y))",
        "c <- CNT x ((ONCE[0,9] P(x)) AND (ONCE[0,9] Q(y)))", /* nothing is shared */
        "c <- CNT x ((ONCE[0,9] P(x)) AND NOT EXISTS x. ONCE[0,3] Q(x))",
        "c <- CNT x ((ONCE[0,9] P(x)) AND (x > 3 AND NOT Q(x)))",
    };
    struct fb_buf log;
    make_log(&log);
    for (size_t i = 0; i < sizeof(formulas) / sizeof(formulas[0]); i++) {
        if (kept(formulas[i], false) || kept(formulas[i], true)) {
            fail_msg("%s is kept", formulas[i]);
        }
        size_t lines = compare(formulas[i], fb_buf_str(&log));
        if (lines < 6) {
            fail_msg("%s has %zu verdicts", formulas[i], lines);
        }
    }
    fb_buf_release(&log);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {CASE(test_kept), CASE(test_joins), CASE(test_views),
        CASE(test_forgotten), CASE(test_long_join), CASE(test_gathered)};
    return cmocka_run_group_tests_name("inc_past", tests, NULL, NULL);
}

/*
 * Tests of src/engine/inc_past.c, and of joins in src/engine/inc_view.c: what is aggregated over a
 * past operator below filters, quantifiers and choices, or over several that share a variable, is
 * kept as rows come and go, and gives what the naive evaluator gives; what only looks like it is
 * gathered.
 */
#include "kept_rows.h"

/* An aggregate that is kept: over one past operator, or over a join. */
static bool is_counted(const struct fb_inc_node *node)
{
    return node->kind == FB_INC_TALLY;
}

static bool is_kept(const struct fb_inc_node *node)
{
    return is_counted(node) && node->child->kind != FB_INC_KEPT;
}

static bool is_joined(const struct fb_inc_node *node)
{
    return is_counted(node) && node->child->kind == FB_INC_KEPT;
}

static bool is_view(const struct fb_inc_node *node)
{
    return node->kind == FB_INC_KEPT;
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
    try_all(formulas, sizeof(formulas) / sizeof(formulas[0]), is_kept, 1);
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
    try_all(formulas, sizeof(formulas) / sizeof(formulas[0]), is_joined, 1);
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
        assert_int_equal(count_nodes(formulas[i], is_joined), 0);
        assert_int_equal(count_nodes(formulas[i], is_view), 2); /* rows, and keys that are stale */
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

/* A time-point costs what it touches of a join. */
static void test_long_join(void **unused)
{
    (void)unused;
    const struct long_log log = {.points = 30000, .times = 2, .over = 1};
    /* c is 14991 at time-point 29980, and 15000 at the last two */
    run_long(&log, "(c <- CNT x ((ONCE P(x)) AND (ONCE Q(x)))) AND c > 14990", 20);
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
    try_all(formulas, sizeof(formulas) / sizeof(formulas[0]), is_counted, 0);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {CASE(test_kept), CASE(test_joins), CASE(test_views),
        CASE(test_forgotten), CASE(test_long_join), CASE(test_gathered)};
    return cmocka_run_group_tests_name("inc_past", tests, NULL, NULL);
}

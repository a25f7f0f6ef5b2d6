/*
 * Tests of src/engine/inc_last.c: of a LETPAST whose rows last a node keeps the rows, and gives
 * what the naive evaluator gives; what only looks like it is made anew at each time-point.
 */
#include "kept_rows.h"

/* A definition whose rows are kept. */
static bool is_lasting(const struct fb_inc_node *node)
{
    return node->lasts;
}

static void test_kept(void **unused)
{
    (void)unused;
    static const char *const formulas[] = {
        "LETPAST K(x) = P(x) OR PREVIOUS K(x) IN K(x)",
        "LETPAST K(x) = (PREVIOUS K(x)) OR P(x) IN Q(x) AND NOT K(x)",
        "LETPAST K(x) = P(x) OR ((PREVIOUS K(x)) AND NOT Q(x)) IN K(x)",
        "LETPAST K(x) = P(x) OR (NOT Q(x) AND (PREVIOUS K(x)) AND x < 9) IN K(x)",
        "LETPAST K(x) = P(x) OR ((PREVIOUS K(x)) AND ONCE[0,4] P(x)) IN K(x)",
        "LETPAST K(x) = P(x) OR ((PREVIOUS K(x)) AND NOT EXISTS y. R(x,y)) IN K(x)",
        "LETPAST K() = T() OR ((PREVIOUS K()) AND NOT Q(0)) IN P(x) AND K()",
        /* it adds to itself */
        "LETPAST K(x,y) = R(x,y) OR (EXISTS z. ((PREVIOUS K(x,z)) AND R(z,y))) OR PREVIOUS K(x,y) "
        "IN K(x,y) AND T()",
        "LETPAST K(x) = P(x) OR (EXISTS y. ((PREVIOUS[1,9] K(y)) AND R(y,x))) OR "
        "((PREVIOUS K(x)) AND NOT Q(x)) IN K(x)",
        "LETPAST K(x) = P(x) OR (Q(x) AND NOT PREVIOUS EXISTS y. (K(y) AND y > x)) OR "
        "PREVIOUS K(x) IN K(x)",
        "LETPAST K(x) = P(x) OR (EXISTS c. (c <- CNT y PREVIOUS K(y)) AND x = c + 20) OR PREVIOUS "
        "K(x) "
        "IN K(x)",
        /* by threads: groups of all values are needed where x is another one */
        "LETPAST K(x) = (EXISTS c. (c <- CNT y; x ONCE[0,30] R(x,y)) AND c > 1) OR PREVIOUS K(x) "
        "IN P(x) AND (EXISTS y. K(y) AND y <> x)",
        /* two sides that last: one of them is as any other */
        "LETPAST K(x) = P(x) OR ((PREVIOUS K(x)) AND NOT Q(x)) OR ((PREVIOUS K(x)) AND NOT T()) "
        "IN K(x)",
        /* columns that are not in the order of the variables' numbers, or have other names */
        "LETPAST K(y,x) = R(x,y) OR ((PREVIOUS K(y,x)) AND NOT Q(y)) IN P(x) AND K(y,x)",
        "LETPAST K(x,y) = R(x,y) OR ((PREVIOUS K(x,y)) AND NOT Q(y)) IN T() AND K(z,y)",
        "LETPAST K(x,y) = R(x,y) OR PREVIOUS K(x,y) IN K(x,x) OR (P(x) AND K(3,x + 1))",
        /* below PREVIOUS, an aggregation, a negation; of another definition */
        "PREVIOUS (LETPAST K(x) = P(x) OR ((PREVIOUS K(x)) AND NOT Q(x)) IN K(x))",
        "NEXT (LETPAST K(x) = P(x) OR ((PREVIOUS K(x)) AND NOT Q(x)) IN K(x))",
        "LETPAST K(x) = P(x) OR ((PREVIOUS K(x)) AND NOT Q(x)) IN (c <- CNT x K(x))",
        "LETPAST K(x) = P(x) OR ((PREVIOUS K(x)) AND NOT Q(x)) IN "
        "(LETPAST L(x) = PREVIOUS[0,5] L(x) OR Q(x) IN K(x) OR (L(x) AND NOT K(x)))",
        "LETPAST K(x) = P(x) OR ((PREVIOUS K(x)) AND NOT Q(x)) IN (FRZ L(x) = K(x) IN PREVIOUS "
        "L(x))",
        "ONCE[0,2] (LETPAST K(x) = P(x) OR ((PREVIOUS K(x)) AND NOT Q(x)) IN K(x) AND T())",
        /* read at other time-points, all as far away, or in another stage */
        "LETPAST K(x) = P(x) OR ((PREVIOUS K(x)) AND NOT Q(x)) IN PREVIOUS K(x)",
        "LETPAST K(x) = P(x) OR ((PREVIOUS K(x)) AND NOT Q(x)) IN ONCE[1,4] K(x)",
        "LETPAST K(x) = P(x) OR ((PREVIOUS K(x)) AND NOT Q(x)) IN EVENTUALLY[1,4] K(x)",
        "LETPAST K(x) = P(x) OR ((PREVIOUS K(x)) AND NOT Q(x)) IN NEXT K(x)",
        "LETPAST K(x) = P(x) OR ((PREVIOUS K(x)) AND NOT Q(x)) IN NEXT PREVIOUS[0,1] K(x)",
        "LETPAST K(x) = P(x) OR ((PREVIOUS K(x)) AND NOT Q(x)) IN PREVIOUS (K(x) OR (K(x) AND "
        "T()))",
        "LETPAST K(x) = P(x) OR ((PREVIOUS K(x)) AND NOT Q(x)) IN (NOT K(x)) SINCE[0,9] Q(x)",
        "LETPAST K(x) = P(x) OR ((PREVIOUS K(x)) AND NOT Q(x)) IN K(x) UNTIL[0,3] Q(x)",
        "LETPAST K(x) = P(x) OR ((PREVIOUS K(x)) AND NOT Q(x)) IN PREVIOUS ONCE[0,3] NEXT K(x)",
        "LETPAST K(x) = P(x) OR PREVIOUS K(x) IN (LETPAST L(x) = K(x) OR PREVIOUS[0,9] L(x) IN "
        "L(x))",
        "LETPAST K(x) = P(x) OR PREVIOUS K(x) IN (LETPAST L(x) = (PREVIOUS K(x)) OR "
        "PREVIOUS[0,9] L(x) IN L(x))",
        /* its rows are counted as they come and go */
        "LETPAST K(x) = P(x) OR ((PREVIOUS K(x)) AND NOT Q(x)) IN (c <- CNT x K(x))",
        "LETPAST K(x,y) = R(x,y) OR ((PREVIOUS K(x,y)) AND NOT Q(x)) IN (c <- SUM y; x K(x,y))",
        "LETPAST K(x,y) = R(x,y) OR ((PREVIOUS K(x,y)) AND NOT Q(x)) IN (c <- MAX b K(_,b))",
        "LETPAST K(x,y) = R(x,y) OR ((PREVIOUS K(x,y)) AND NOT Q(x)) IN (c <- MED a K(a,a + 1))",
        "LETPAST K(x,y) = R(x,y) OR ((PREVIOUS K(x,y)) AND NOT Q(x)) IN "
        "(c <- CNT a (K(a,a) OR K(a,3)) AND NOT ONCE[0,5] P(a))",
        "LETPAST K(x,y) = R(x,y) OR ((PREVIOUS K(x,y)) AND NOT Q(x)) IN "
        "(c <- CNT a; b K(b,a) AND a > 1) AND c > 1",
        "LETPAST K(x,y) = R(x,y) OR ((PREVIOUS K(x,y)) AND NOT Q(x)) IN "
        "PREVIOUS (c <- CNT a; b K(b,a) AND NOT ONCE[0,4] P(b))",
        /* what lasts is known when the future is */
        "LETPAST K(x) = (P(x) AND EVENTUALLY[0,3] Q(x)) OR PREVIOUS K(x) IN K(x)",
    };
    try_all(formulas, sizeof(formulas) / sizeof(formulas[0]), is_lasting, 1);
}

/* Two, of which the second reads the first, or of one that is read at two distances. */
static void test_two(void **unused)
{
    (void)unused;
    static const char *const formulas[] = {
        "LETPAST K(x) = P(x) OR ((PREVIOUS K(x)) AND NOT Q(x)) IN "
        "(LETPAST L(x) = Q(x) OR PREVIOUS L(x) IN L(x) AND NOT K(x))",
        "LETPAST K(x) = P(x) OR ((PREVIOUS K(x)) AND NOT Q(x)) IN "
        "(LETPAST L(x) = (K(x) AND NOT P(x)) OR ((PREVIOUS L(x)) AND NOT Q(x)) IN PREVIOUS L(x))",
        "LETPAST K(x) = P(x) OR ((PREVIOUS K(x)) AND NOT Q(x)) IN (K(x) AND NOT PREVIOUS K(x))",
        "LETPAST K(x) = P(x) OR ((PREVIOUS K(x)) AND NOT Q(x)) IN (K(x) AND ONCE[1,3] NEXT K(x))",
        "LETPAST K(x) = P(x) OR ((PREVIOUS K(x)) AND NOT Q(x)) IN "
        "(K(x) AND EVENTUALLY[1,3] NOT P(x)) OR EVENTUALLY[2,3] K(x)",
    };
    try_all(formulas, sizeof(formulas) / sizeof(formulas[0]), is_lasting, 2);
}

static void test_not_kept(void **unused)
{
    (void)unused;
    static const char *const formulas[] = {
        "LETPAST K(x) = P(x) OR PREVIOUS[0,9] K(x) IN K(x)",
        "LETPAST K(x) = P(x) OR PREVIOUS[1,*] K(x) IN K(x)",
        "LETPAST K(x) = P(x) OR Q(x) OR PREVIOUS PREVIOUS K(x) IN K(x)",
        "LETPAST K(x,y) = R(x,y) OR PREVIOUS K(y,x) IN K(x,y)",
        "LETPAST K(x) = P(x) OR ((PREVIOUS K(x)) AND NOT PREVIOUS EXISTS y. (K(y) AND y > x)) "
        "IN K(x)",
        "LETPAST K(x) = P(x) OR (Q(x) AND PREVIOUS ONCE K(x)) OR PREVIOUS K(x) IN K(x)",
        "LETPAST K(x) = P(x) OR ONCE[1,5] K(x) IN K(x)",
        /* read at time-points that are not known before */
        "LETPAST K(x) = P(x) OR ((PREVIOUS K(x)) AND NOT Q(x)) IN (K(x) AND T()) OR (P(x) AND "
        "HISTORICALLY[0,2] K(x))",
        "LETPAST K(x) = P(x) OR ((PREVIOUS K(x)) AND NOT Q(x)) IN R(x,_) AND ONCE[0,3] (NOT K(x))",
        "LETPAST K(x) = P(x) OR PREVIOUS K(x) IN "
        "(LETPAST L(x) = (ONCE[0,4] K(x)) OR PREVIOUS[0,9] L(x) IN L(x))",
        "LETPAST K(x) = P(x) OR ((PREVIOUS K(x)) AND NOT Q(x)) IN (FRZ L(x) = Q(x) IN "
        "ONCE[0,3] (K(y) AND EXISTS c. (c <- CNT x L(x)) AND y > c))",
        "LETPAST K(x) = P(x) OR PREVIOUS K(x) IN (<|[0,4] K(x)? .)",
    };
    try_all(formulas, sizeof(formulas) / sizeof(formulas[0]), is_lasting, 0);
}

/* The rows of a definition grow with the log; a time-point costs what it adds. */
static void test_long(void **unused)
{
    (void)unused;
    const struct long_log log = {.points = 12000, .times = 1, .over = 2};
    run_long(&log, "LETPAST K(x) = P(x) OR PREVIOUS K(x) IN Q(x) AND K(x) AND NOT P(x)", 11999);
    run_long(&log, "LETPAST K(x) = P(x) OR PREVIOUS K(x) IN Q(x) AND PREVIOUS K(x)", 11999);
    run_long(&log, "LETPAST K(x) = P(x) OR PREVIOUS K(x) IN Q(x) AND (c <- CNT y K(y)) AND x < c",
        12000);
    run_long(&log, "LETPAST K(x) = P(x) OR PREVIOUS[0,9] K(x) IN P(x)", 12000);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_kept), CASE(test_two), CASE(test_not_kept), CASE(test_long)};
    return cmocka_run_group_tests_name("inc_last", tests, NULL, NULL);
}

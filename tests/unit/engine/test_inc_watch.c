/*
 * Tests of what the left side of SINCE takes out (src/engine/inc_kill.c): where its answer for a
 * row changes only when a row of a past operator does, those rows are checked and no others, which
 * gives what the naive evaluator gives; what else it may depend on is asked at each time-point. The
 * same of right sides, of ONCE and SINCE, which are not listed then; and of conditions of which any
 * row will do, whether a range of a past operator holds one (src/engine/inc_order.c). Rows of the
 * future are in src/engine/inc_future.c, who tells what may have changed in
 * src/engine/inc_teller.c.
 */
#include "base/limit.h"
#include "kept_rows.h"

/* A SINCE with a condition that is watched. */
static bool is_watched(const struct fb_inc_node *node)
{
    size_t count = 0;
    for (size_t i = 0; node->kind == FB_INC_PAST && i < node->killer_count; i++) {
        count += node->killers[i].watch != NULL;
    }
    return count > 0;
}

static void test_watched(void **unused)
{
    (void)unused;
    static const char *const formulas[] = {
        "(NOT ONCE[1,7] Q(x)) SINCE P(x)",
        "(NOT ONCE Q(x)) SINCE[0,9] P(x)",
        "(NOT ONCE[2,5] Q(x)) SINCE[1,9] P(x)",
        "(ONCE[0,6] Q(x)) SINCE P(x)",
        "(ONCE[0,6] Q(x)) SINCE (EXISTS y. R(x,y))",
        "(ONCE[0,9] P(x)) SINCE[2,9] R(x,y)",
        "(NOT EXISTS y. ONCE[0,4] R(x,y)) SINCE P(x)",
        "(NOT ONCE[0,3] R(x,x)) SINCE R(x,y)",
        "(NOT ((NOT P(x)) SINCE[1,5] Q(x))) SINCE P(x)",
        "((ONCE[0,5] P(x)) OR (ONCE[0,9] Q(x))) SINCE P(x)",
        "((ONCE[0,5] P(x)) AND x < 5) SINCE P(x)",
        "(x < 5) SINCE P(x)",
        "(NOT (x = y)) SINCE R(x,y)",
        "(NOT ONCE[0,2] T()) SINCE P(x)",
        "(ONCE[0,2] T()) SINCE[1,9] P(x)",
        "(NOT (EXISTS c. (c <- CNT y; x ONCE[0,9] R(x,y)) AND c > 1)) SINCE P(x)",
        "(NOT EXISTS c. (c <- CNT y ONCE[0,3] R(z,y)) AND c > 3) SINCE P(x)",
        /* tuples tell, too, and the rows of another past operator say which rows are concerned */
        "(NOT (Q(x) OR ONCE[2,4] R(x,x))) SINCE P(x)",
        "(P(x) OR ONCE[1,4] P(x)) SINCE P(x)",
        "(NOT ((ONCE[0,9] R(x,y)) AND NOT ONCE[0,3] Q(x))) SINCE R(x,y)",
        "(NOT ((ONCE[0,9] R(x,y)) AND ONCE[0,3] T())) SINCE R(x,y)",
        "(NOT ((ONCE[0,9] R(x,y)) AND NOT ONCE[0,9] R(y,x) AND NOT P(x))) SINCE R(x,y)",
        "(NOT ((ONCE[0,4] Q(x)) AND (ONCE[0,4] P(z)) AND z = x + 1)) SINCE (P(x) AND z = x)",
        "(NOT EXISTS z. (ONCE[0,4] R(x,z)) AND ONCE[0,9] R(z,y)) SINCE R(x,y)",
        "((ONCE[0,4] P(x)) OR ONCE[0,9] Q(y)) SINCE R(x,y)",
        "((ONCE[0,9] P(x)) OR NOT EXISTS z. ((ONCE R(z,y)) AND NOT ONCE[0,3] Q(z))) SINCE R(x,y)",
        /* beside one that is asked at each time-point */
        "(NOT Q(x) AND NOT ONCE[1,3] R(x,x)) SINCE P(x)",
        "(NOT ONCE[1,3] Q(y) AND (ONCE[0,9] P(x))) SINCE R(x,y)",
        "(NOT PREVIOUS ONCE[0,4] Q(x)) SINCE P(x)",
        "(PREVIOUS NOT ONCE[0,4] Q(x)) SINCE ONCE[0,3] P(x)",
        /* while a row is given, the left side has no say */
        "P(x) SINCE ONCE[0,2] P(x)",
        "P(x) SINCE[0,4] ONCE[0,2] P(x)",
        "(NOT ONCE[0,3] Q(x)) SINCE ONCE[0,2] P(x)",
        "(P(x) OR ONCE[0,5] Q(x)) SINCE[1,4] ONCE[0,2] P(x)",
        /* below others, and over rows that are taken in again */
        "PREVIOUS ((NOT ONCE[1,7] Q(x)) SINCE P(x))",
        "NEXT ((NOT ONCE[1,7] Q(x)) SINCE P(x))",
        "EVENTUALLY[0,2] ((NOT ONCE[1,7] Q(x)) SINCE P(x))",
        "c <- CNT x ((NOT ONCE[1,7] Q(x)) SINCE[0,20] P(x))",
        "LETPAST K(x) = P(x) OR ((PREVIOUS K(x)) AND ONCE[0,4] P(x)) IN K(x)",
        "LETPAST K(x,y) = R(y,x) OR ((PREVIOUS K(x,y)) AND NOT ONCE[0,4] Q(x)) IN K(x,y)",
    };
    try_all(formulas, sizeof(formulas) / sizeof(formulas[0]), is_watched, 1);
}

static void test_not_watched(void **unused)
{
    (void)unused;
    static const char *const formulas[] = {
        "(NOT Q(x)) SINCE P(x)",
        "(NOT (Q(x) AND ONCE[0,4] P(x))) SINCE P(x)",
        "(NOT NEXT ONCE[0,4] Q(x)) SINCE P(x)",
        "(NOT EVENTUALLY[0,3] Q(x)) SINCE[0,6] P(x)",
    };
    try_all(formulas, sizeof(formulas) / sizeof(formulas[0]), is_watched, 0);
}

static bool is_steady(const struct fb_inc_node *node)
{
    return node->steady;
}

static bool is_ordered(const struct fb_inc_node *node)
{
    return node->orders;
}

static void test_steady(void **unused)
{
    (void)unused;
    static const char *const formulas[] = {
        "ONCE[0,3] ONCE[1,2] P(x)",
        "ONCE ((NOT Q(x)) SINCE P(x))",
        "ONCE[0,2] ((NOT Q(x)) SINCE[1,9] P(x))",
        "ONCE[0,0] ONCE[2,9] P(x)",
        "(NOT Q(x)) SINCE ONCE[0,3] P(x)",
        "(NOT Q(x)) SINCE[0,2] ((NOT R(x,x)) SINCE P(x))",
        "(NOT ONCE[1,1] Q(x)) SINCE[0,4] ONCE[0,3] P(x)",
        "(x < 6) SINCE[0,4] ONCE[0,3] P(x)",
        "ONCE[0,2] ((ONCE[0,5] P(x)) AND NOT ONCE[0,3] Q(x))",
        "ONCE[0,2] ((ONCE[0,5] P(x)) OR ONCE[1,3] Q(x))",
        "ONCE[0,2] (EXISTS y. (ONCE[0,5] R(x,y)) AND y > 1)",
        "ONCE[0,2] ((ONCE[0,9] R(x,y)) AND ((NOT R(y,x)) SINCE R(x,y)))",
        "ONCE[0,1] ONCE[0,2] T()",
        "ONCE[0,2] EXISTS c. (c <- CNT x ONCE[2,3] R(x,x))", /* of nothing, too */
        "PREVIOUS ONCE[0,2] ONCE[2,4] P(x)",
        "NEXT ONCE[0,2] ONCE[2,4] P(x)",
        "c <- CNT x ONCE[0,2] ONCE[2,4] P(x)",
        "m <- MAX x ONCE[0,2] ((NOT Q(x)) SINCE P(x))",
        "LETPAST K(x) = P(x) OR ((PREVIOUS K(x)) AND NOT Q(x)) IN ONCE[0,3] K(x)",
        "LETPAST K(x,y) = R(x,y) OR ((PREVIOUS K(x,y)) AND NOT Q(x)) IN ONCE[0,3] K(y,3)",
    };
    static const char *const not_steady[] = {
        "ONCE[0,3] (P(x) AND ONCE[0,5] P(x))",
        "ONCE[0,3] PREVIOUS[0,9] ONCE[0,2] P(x)",
        "ONCE[0,3] ((ONCE[0,5] P(x)) AND NEXT NOT P(x))",
        "(T() OR EXISTS y. P(y)) SINCE[1,9] ONCE[0,9] P(x)", /* few of which are left at the next
                                                                time-point */
        "EVENTUALLY[0,3] (P(x) AND ONCE[0,5] P(x))",
        "ONCE[0,3] (x = 6 AND (ONCE[0,25] P(x)) AND NOT T())",
    };
    try_all(formulas, sizeof(formulas) / sizeof(formulas[0]), is_steady, 1);
    try_all(not_steady, sizeof(not_steady) / sizeof(not_steady[0]), is_steady, 0);
}

/* In a window that does not begin now, a row counts while it was given at the newest time-point
 * that is old enough. */
static void test_steady_later(void **unused)
{
    (void)unused;
    static const char *const formulas[] = {
        "ONCE[1,3] ONCE[1,2] P(x)",
        "ONCE[4,6] ONCE[0,5] P(x)",
        "ONCE[2,2] ((NOT Q(x)) SINCE P(x))",
        "ONCE[1,1] ((NOT T()) SINCE[0,1] R(x,_))",
        "ONCE[3,*) ONCE[0,2] P(x)",
        "ONCE[2,*) ((NOT Q(x)) SINCE P(x))",
        "(NOT Q(x)) SINCE[1,9] ONCE[0,3] P(x)",
        "(NOT Q(x)) SINCE[1,2] ONCE[0,3] P(x)",
        "(NOT Q(x)) SINCE[3,*) ((NOT R(x,x)) SINCE P(x))",
        "(NOT ONCE[1,1] Q(x)) SINCE[2,4] ONCE[0,3] P(x)",
        "ONCE[1,2] ((ONCE[0,5] P(x)) AND NOT ONCE[0,3] Q(x))",
        "ONCE[1,1] (T() OR ONCE[0,2] T())",
        "ONCE[2,3] ((ONCE[0,40] P(x)) AND NOT Q(x))", /* begins anew before its end is seen */
        /* held back by what lasts on the left, and let go on */
        "(ONCE[0,3] Q(x)) SINCE[1,9] ONCE P(x)",
        "(ONCE[0,3] Q(x)) SINCE[2,*) ONCE[0,9] P(x)",
        "(NOT ONCE[0,2] Q(x)) SINCE[1,9] ONCE[0,6] P(x)",
        "(NOT ONCE[0,2] Q(x)) SINCE[1,9] ONCE[0,1] P(x)",
        "(NOT ONCE[0,2] Q(x)) SINCE[1,*) ONCE[0,1] P(x)",
        "((ONCE[0,9] Q(x)) AND NOT EXISTS y. ONCE[0,2] R(x,y)) SINCE[1,9] ONCE P(x)",
        "((NOT ONCE[0,2] Q(x)) AND NOT R(x,x)) SINCE[1,9] ONCE[0,9] P(x)",
        "c <- CNT x ((ONCE[0,9] Q(x)) SINCE[1,9] ONCE P(x))",
        "c <- CNT x ONCE[2,3] ONCE[0,4] P(x)",
        "m <- MAX x ONCE[1,4] ((NOT Q(x)) SINCE P(x))",
        "PREVIOUS ONCE[2,4] ONCE[0,2] P(x)",
    };
    try_all(formulas, sizeof(formulas) / sizeof(formulas[0]), is_steady, 1);
}

/* Tuples tell which rows may have changed, and where a past operator has not all the variables, the
 * rows of another one that agree with it. */
static void test_told(void **unused)
{
    (void)unused;
    static const char *const formulas[] = {
        "ONCE[0,3] (Q(x) OR ONCE[1,2] P(x))",
        "ONCE (Q(x) OR ONCE P(x))",
        "ONCE[0,2] ((NOT Q(x)) AND ONCE[1,4] P(x))",
        "ONCE[0,2] ((NOT EXISTS y. R(x,y)) AND ONCE[1,4] P(x))",
        "ONCE[0,2] (EXISTS y. R(x,y) OR ONCE[1,4] R(x,y))",
        "ONCE[0,2] (((NOT P(x)) SINCE P(x)) AND (T() OR ONCE[1,3] Q(x)))",
        "ONCE[1,3] (Q(x) OR ONCE[1,2] P(x))",
        "ONCE[0,1] ((ONCE[0,9] R(x,y)) AND NOT ONCE[0,3] Q(x))",
        "ONCE[0,1] ((ONCE[0,9] R(x,y)) AND NOT ONCE[0,3] Q(y))",
        "ONCE[1,1] ((ONCE[0,9] R(x,y)) AND (ONCE[0,3] Q(x)) AND NOT ONCE[0,5] P(y))",
        "ONCE[0,1] ((ONCE[0,9] R(x,y)) AND NOT ONCE[0,1] T())",
        "ONCE[0,1] ((Q(x) OR ONCE[1,9] P(x)) AND NOT T())",
        "ONCE[0,1] PREVIOUS ONCE[1,4] P(x)",
        "ONCE[0,1] ((ONCE[0,9] Q(x)) AND PREVIOUS NOT ONCE[1,4] P(x))",
        "ONCE[0,1] ((ONCE[0,9] P(x)) AND PREVIOUS NOT ONCE[1,4] Q(x))", /* from the second on */
        "ONCE[0,1] ((ONCE[0,9] P(x)) AND PREVIOUS PREVIOUS NOT ONCE[1,4] Q(x))",
        "ONCE[0,1] ((ONCE[0,9] P(x)) AND NOT PREVIOUS P(x))", /* twice */
        "ONCE[0,1] PREVIOUS ((ONCE[0,9] Q(x)) AND PREVIOUS NOT (P(x) OR ONCE[1,4] P(x)))",
        "ONCE[0,1] ((ONCE[0,9] R(x,y)) AND NOT T())",
        "ONCE[0,1] ((ONCE[0,9] R(x,y)) AND NOT Q(y))",
        "ONCE[0,1] EXISTS y. ((ONCE[0,9] R(x,y)) AND NOT ONCE[0,3] Q(y))",
        "ONCE[0,1] EXISTS y. ((ONCE[0,9] R(x,y)) AND NOT EXISTS y. (ONCE[0,1] P(y)) AND y > 3)",
        "Q(y) AND ONCE[0,1] EXISTS y. ((ONCE[0,9] R(x,y)) AND EXISTS x. ONCE[0,9] R(y,x))",
    };
    try_all(formulas, sizeof(formulas) / sizeof(formulas[0]), is_steady, 1);
}

/* Where nothing has all variables, what agrees with a row that came or went is looked for. */
static void test_joined(void **unused)
{
    (void)unused;
    static const char *const formulas[] = {
        "ONCE[0,3] ((ONCE[0,5] P(x)) AND ONCE[0,5] Q(y))",
        "ONCE[0,3] ((ONCE[0,5] R(x,y)) AND ONCE[0,5] R(y,z))",
        "ONCE[1,3] ((ONCE[0,5] R(x,y)) AND ONCE[0,5] R(y,z))",
        "ONCE[2,*) ((ONCE[0,1] R(x,y)) AND ONCE[0,1] R(y,z))",
        "ONCE[0,1] EXISTS y. (ONCE[0,5] R(x,y)) AND ONCE[0,5] R(y,z)",
        "ONCE[0,1] EXISTS y,z. (ONCE R(x,y)) AND (ONCE[0,9] R(y,z)) AND ONCE[0,5] R(z,w)",
        "ONCE[0,1] ((ONCE[0,5] P(x)) AND y = x + 1 AND NOT ONCE[0,5] Q(y))",
        "ONCE[0,1] (((ONCE[0,5] P(x)) AND ONCE[0,4] Q(y)) OR (ONCE[0,2] R(x,y)))",
        "ONCE[0,1] ((ONCE[0,9] P(x)) AND (ONCE[0,9] Q(y)) AND x < y AND y - x < 3)",
        "ONCE[0,1] ((ONCE[0,9] P(x)) AND Q(y) OR (ONCE[0,9] P(x)) AND ONCE[0,1] Q(y))",
        "EVENTUALLY[0,2] ((ONCE[0,3] R(x,y)) AND ONCE[0,3] R(y,z))",
        "EVENTUALLY[1,3] EXISTS y. (ONCE[0,3] R(x,y)) AND ONCE[0,3] R(y,z)",
        /* from below a quantifier, outwards */
        "ONCE[0,1] ((ONCE[0,9] P(x)) AND NOT EXISTS y. ((ONCE R(x,y)) AND NOT ONCE[0,3] Q(y)))",
        "ONCE[0,1] ((ONCE[0,9] P(x)) AND NOT EXISTS y. ((ONCE[0,3] Q(y)) AND y = x + 1))",
        "ONCE[0,1] ((ONCE[0,9] P(x)) AND (NOT EXISTS y. ((ONCE[0,3] Q(y)) AND y = x + 1)) AND "
        "NOT EXISTS y. ((ONCE[0,3] P(y)) AND y = x + 2))",
        "ONCE[0,1] ((ONCE[0,9] P(x)) AND NOT EXISTS y. ((ONCE R(x,y)) AND NOT EXISTS x. ((ONCE "
        "R(y,x)) AND ONCE[0,5] Q(x))))",
        "ONCE[0,1] ((ONCE[0,9] P(x)) AND NOT EXISTS y. ((ONCE R(x,y)) AND PREVIOUS NOT ONCE[0,3] "
        "Q(y)))",
        "ONCE[0,1] ((ONCE[0,9] R(x,z)) AND NOT EXISTS y. ((ONCE R(x,y)) AND NOT ONCE[0,3] Q(y)))",
        "ONCE[0,1] EXISTS y. ((ONCE[0,9] P(x)) AND (ONCE[0,5] Q(y)) AND y < x AND y > x - 3)",
    };
    try_all(formulas, sizeof(formulas) / sizeof(formulas[0]), is_steady, 1);
}

static bool is_gated(const struct fb_inc_node *node)
{
    return node->gate;
}

/* What no row has a say in is asked at each time-point, and rows know nothing of it. */
static void test_gated(void **unused)
{
    (void)unused;
    static const char *const formulas[] = {
        "ONCE[0,1] ((ONCE[0,9] P(x)) AND T())",
        "ONCE[0,1] ((ONCE[0,2] P(x)) AND NOT T())",
        "ONCE[0,0] ((ONCE[0,2] P(x)) AND NOT T())",
        "ONCE[1,3] ((ONCE[0,2] P(x)) AND NOT T())",
        "ONCE[2,2] ((ONCE[0,9] P(x)) AND ONCE[1,2] T())",
        "ONCE[2,*) ((ONCE[0,1] P(x)) AND T())",
        "ONCE ((ONCE[0,1] P(x)) AND NOT P(3) AND NOT EXISTS y. Q(y))",
        "ONCE[0,1] EXISTS y. (ONCE[0,9] R(x,y)) AND (NOT ONCE[0,3] Q(y)) AND PREVIOUS T()",
        "ONCE[0,3] ((ONCE[0,9] R(x,y)) AND (ONCE[0,9] R(y,z)) AND ((NOT T()) SINCE P(7)))",
        "c <- CNT x ONCE[0,3] ((ONCE[0,9] P(x)) AND NOT T())",
        "PREVIOUS ONCE[0,1] ((ONCE[0,9] P(x)) AND T())",
        "EVENTUALLY[0,1] ((ONCE[0,2] P(x)) AND T())",
        "EVENTUALLY[0,3] ((ONCE[0,2] P(x)) AND NOT T())",
        "EVENTUALLY[2,3] ((ONCE[0,2] P(x)) AND NOT T())",
        "EVENTUALLY[2,2] ((ONCE[0,1] P(x)) AND T())",
        "R(x,_) AND NOT EVENTUALLY[1,4] ((ONCE[0,1] P(x)) AND T())",
        "NEXT EVENTUALLY[1,4] ((ONCE[0,1] P(x)) AND ONCE[0,0] T())",
    };
    static const char *const whole[] = {
        "ONCE[0,3] ((ONCE[0,5] P(x)) AND NOT EXISTS y. (ONCE[0,3] Q(y)) AND y > 3)",
        "TRUE SINCE[0,3] ((ONCE[0,5] P(x)) AND T())",
        "(NOT Q(x)) SINCE[0,3] ((ONCE[0,5] P(x)) AND T())",
        "(NOT Q(x)) UNTIL[0,3] ((ONCE[0,5] P(x)) AND T())",
        "ONCE[0,3] (P(x) AND T())",
        "ONCE[0,9] ((ONCE[0,2] T()) AND NOT Q(3))",
    };
    try_all(formulas, sizeof(formulas) / sizeof(formulas[0]), is_gated, 1);
    try_all(whole, sizeof(whole) / sizeof(whole[0]), is_gated, 0);
}

/* What lasts is not listed at each time-point for the future either. */
static void test_future(void **unused)
{
    (void)unused;
    static const char *const formulas[] = {
        "EVENTUALLY[0,3] ONCE[0,2] P(x)",
        "EVENTUALLY[0,0] ONCE[1,2] P(x)",
        "EVENTUALLY[2,5] ONCE[0,2] P(x)",
        "EVENTUALLY[4,4] ((NOT Q(x)) SINCE[0,9] P(x))",
        "EVENTUALLY[0,2] (Q(x) OR ONCE[1,2] P(x))",
        "EVENTUALLY[0,2] ((NOT Q(x)) AND ONCE[1,4] P(x))",
        "EVENTUALLY[1,2] ((ONCE[0,9] R(x,y)) AND NOT ONCE[0,3] Q(y))",
        "EVENTUALLY[0,2] ONCE[1,4] T()",
        "EVENTUALLY[0,2] (x = 6 AND (ONCE[0,25] R(x,y)) AND NOT T())",
        "R(x,y) AND NOT EVENTUALLY[1,2] ONCE[0,0] T()",
        "P(x) AND NOT EVENTUALLY[0,4] EXISTS y. ((ONCE[0,9] R(x,y)) AND NOT ONCE[0,3] R(y,x))",
        "PREVIOUS EVENTUALLY[0,3] ONCE[0,2] P(x)",
        "NEXT EVENTUALLY[1,3] ONCE[0,2] P(x)",
        "TRUE UNTIL[0,4] ONCE[1,2] P(x)",
        "(NOT Q(x)) UNTIL[0,4] ONCE[1,2] P(x)",
        "P(x) UNTIL[0,4] (ONCE[1,2] P(x))",
        "(NOT Q(x)) UNTIL[1,9] ONCE[0,3] P(x)",
        "(NOT Q(x)) UNTIL[2,3] ONCE[0,3] P(x)",
        "(NOT T()) UNTIL[2,4] ONCE[0,0] P(x)",
        "((NOT Q(x)) AND NOT R(x,_)) UNTIL[2,9] ((NOT T()) SINCE[0,3] P(x))",
        "TRUE UNTIL[2,4] ONCE[1,2] P(x)",
        "R(x,y) AND NOT ((NOT Q(x)) UNTIL[2,4] ONCE[1,2] P(x))",
        "c <- CNT x ((NOT Q(x)) UNTIL[2,4] ONCE[1,2] P(x))",
        "(NOT R(x,x)) UNTIL[0,9] (Q(x) OR (NOT P(x)) SINCE[2,4] Q(x))",
        "ONCE[0,2] EVENTUALLY[0,2] ONCE[0,1] P(x)",
        "c <- CNT x EVENTUALLY[1,2] ONCE[0,1] P(x)",
        "LETPAST K(x) = P(x) OR ((PREVIOUS K(x)) AND NOT Q(x)) IN EVENTUALLY[0,3] K(x)",
    };
    try_all(formulas, sizeof(formulas) / sizeof(formulas[0]), is_steady, 1);
    static const char *const twice[] = {
        "EVENTUALLY[0,3] ONCE[0,2] ONCE[0,2] P(x)",
        "EVENTUALLY[0,3] EVENTUALLY[1,2] (Q(x) OR ONCE[0,2] P(x))",
        "EVENTUALLY[0,3] ((EVENTUALLY[1,2] ONCE[0,2] P(x)) AND ONCE[0,5] ONCE[0,2] Q(x))",
        "(NOT ONCE[0,1] Q(x)) UNTIL[2,9] ONCE[0,3] P(x)",
    };
    try_all(twice, 1, is_steady, 2);
    try_all(twice + 1, 1, is_steady, 1);
    try_all(twice + 2, 1, is_steady, 2);
    try_all(twice + 3, 1, is_steady, 2); /* the left side until the window begins, and both */
}

static bool is_until(const struct fb_inc_node *node)
{
    size_t count = 0;
    for (size_t i = 0; node->kind == FB_INC_FUTURE && i < node->killer_count; i++) {
        count += node->killers[i].watch != NULL;
    }
    return count > 0;
}

/* Nor are the rows of the left side of UNTIL. */
static void test_until(void **unused)
{
    (void)unused;
    static const char *const formulas[] = {
        "(ONCE[0,4] P(x)) UNTIL[0,5] Q(x)",
        "(ONCE[0,4] P(x)) UNTIL[2,9] Q(x)",
        "(NOT ONCE[1,4] P(x)) UNTIL[0,5] Q(x)",
        "(NOT ONCE[1,4] P(x)) UNTIL[1,5] Q(x)",
        "(P(x) OR ONCE[2,4] P(x)) UNTIL[0,5] Q(x)",
        "(NOT ((ONCE[0,6] R(x,y)) AND NOT Q(x))) UNTIL[0,5] R(x,y)",
        "(NOT ((NOT P(x)) SINCE[0,9] R(x,y))) UNTIL[0,5] R(x,y)",
        "(ONCE[0,2] T()) UNTIL[0,5] Q(x)",
        "(NOT ONCE[0,4] P(x) AND NOT R(x,x)) UNTIL[0,5] ONCE[1,2] Q(x)",
        "NEXT ((NOT ONCE[1,4] P(x)) UNTIL[0,5] Q(x))",
    };
    static const char *const listed[] = {
        "P(x) UNTIL[0,5] (P(x) OR Q(x))",
        "(NOT (Q(x) AND ONCE[0,3] Q(x))) UNTIL[0,5] P(x)",
        "(x = 3) UNTIL[0,30] P(x)",
    };
    try_all(formulas, sizeof(formulas) / sizeof(formulas[0]), is_until, 1);
    try_all(listed, sizeof(listed) / sizeof(listed[0]), is_until, 0);
}

/* A comparison finds the rows of a past operator, once many were gone through in vain. */
static void test_bounded(void **unused)
{
    (void)unused;
    static const char *const formulas[] = {
        "P(x) AND (ONCE[0,3] Q(y)) AND y < x",
        "P(x) AND (ONCE[0,25] Q(y)) AND y < x AND x <= y + 2",
        "P(x) AND (ONCE[0,25] Q(y)) AND 1 < x - y AND x - y <= 3",
        "P(x) AND (ONCE[0,25] Q(y)) AND 1 + y < x - 1",
        "P(x) AND (ONCE[0,25] Q(y)) AND x - (9 - y) <= 1",
        "P(x) AND (ONCE[0,25] Q(y)) AND 9223372036854775807 - y < x + 9223372036854775800",
        "P(x) AND (ONCE[0,25] Q(y)) AND x - 9223372036854775807 - 3 < y",
        "R(x,z) AND (ONCE[0,25] R(x,y)) AND y < z",
        "R(x,z) AND (ONCE[0,25] R(y,w)) AND w < z AND x < y",
        "W(x,s) AND (ONCE[0,20] W(y,t)) AND t < s",
        "P(x) AND EXISTS y. (ONCE[0,3] Q(y)) AND y < x AND y * 2 < 9",
        "ONCE[0,1] ((ONCE[0,9] P(x)) AND (ONCE[0,9] Q(y)) AND y < x)",
    };
    static const char *const all[] = {
        "P(x) AND (ONCE[0,25] Q(y)) AND y * 2 < x",
        "P(x) AND (ONCE[0,25] Q(y)) AND x < y + y",
        "P(x) AND (ONCE[0,25] Q(y)) AND NOT y < x",
        "P(x) AND (ONCE[0,25] R(x,_)) AND x < 9",
    };
    for (size_t most = 0; most < 2; most++) {
        fb_limit_lower(FB_INC_WASTED_MAX, most ? FB_INC_WASTED_MAX : 0);
        try_all(formulas, 11, is_ordered, 1);
        try_all(formulas + 11, 1, is_ordered, 2); /* from either to the other */
        try_all(all, sizeof(all) / sizeof(all[0]), is_ordered, 0);
    }
    fb_limit_lower(FB_INC_WASTED_MAX, FB_INC_WASTED_MAX);
}

static void test_any(void **unused)
{
    (void)unused;
    static const char *const formulas[] = {
        "P(x) AND NOT EXISTS y. (ONCE[0,3] Q(y)) AND y > x",
        "P(x) AND EXISTS y. (ONCE[0,25] Q(y)) AND y > x",
        "P(x) AND EXISTS y. (ONCE[0,25] Q(y)) AND x < y AND y <= x + 4",
        "R(x,z) AND EXISTS y. (ONCE[0,25] R(x,y)) AND NOT y <= z",
        "R(x,z) AND EXISTS y. (ONCE[0,25] R(y,z)) AND y < x AND NOT y < 2",
        "Q(x) AND NOT EXISTS y, z. R(z,_) AND (ONCE[0,9] R(z,y)) AND y > x",
        "P(x) AND EXISTS y. ((NOT P(y)) SINCE Q(y)) AND y < x",
    };
    static const char *const listed[] = {
        "P(x) AND EXISTS y. (ONCE[0,3] Q(y)) AND NOT y = x",
        "W(x,s) AND EXISTS y. (EVENTUALLY[0,9] P(y)) AND y < x",
    };
    try_all(formulas, sizeof(formulas) / sizeof(formulas[0]), is_ordered, 1);
    try_all(listed, sizeof(listed) / sizeof(listed[0]), is_ordered, 0);
    /* strings have no place in an order, so they are listed after all */
    size_t lines = 0;
    struct fb_buf log;
    make_log(&log);
    lines += compare("W(x,s) AND EXISTS t. (ONCE[0,20] W(_,t)) AND t < s", fb_buf_str(&log));
    lines += compare("W(x,s) AND NOT EXISTS t. (ONCE[0,20] W(_,t)) AND t < s", fb_buf_str(&log));
    assert_int_equal(lines, 15);
    fb_buf_release(&log);
}

/* Nobody asks for the rows that are taken out, and of many there is nothing to be checked. */
static void test_long(void **unused)
{
    (void)unused;
    const struct long_log log = {.points = 12000, .times = 2, .over = 1, .every = 3000};
    run_long(&log, "T() AND ((NOT ONCE Q(x)) SINCE P(x))", 4);
    run_long(&log, "T() AND ((ONCE P(x)) SINCE Q(x))", 4);
    run_long(&log, "T() AND ((x < 50000) SINCE P(x))", 4);
    run_long(&log, "T() AND P(x) AND ONCE[0,99] ONCE P(x)", 4);
    run_long(&log, "T() AND P(x) AND ((NOT Q(x)) SINCE[0,99] ((NOT Q(x)) SINCE P(x)))", 4);
    run_long(&log, "T() AND P(x) AND NOT ONCE[9,*) ONCE P(x)", 4);
    run_long(&log, "T() AND P(x) AND ONCE (P(x) OR ONCE Q(x))", 4);
    run_long(&log, "T() AND P(x) AND NOT ONCE ((ONCE P(x)) AND NOT T())", 4);
    run_long(&log, "T() AND P(x) AND EVENTUALLY[0,99] ONCE P(x)", 4);
    run_long(&log, "T() AND P(x) AND EVENTUALLY[5,99] ((ONCE P(x)) AND NOT Q(x))", 3);
    run_long(&log, "T() AND P(x) AND ((ONCE Q(x)) UNTIL[0,99] P(x))", 4);
    run_long(&log, "T() AND P(x) AND ONCE ((P(x) OR ONCE Q(x)) AND NOT T())", 0);
    run_long(&log, "T() AND P(x) AND NOT ONCE PREVIOUS ONCE P(x)", 4);
    run_long(&log, "T() AND P(x) AND (P(x) SINCE ONCE P(x))", 4);
    run_long(&log, "T() AND P(x) AND ((NOT ONCE P(x)) SINCE ONCE P(x))", 4);
    run_long(&log, "T() AND P(x) AND ONCE[0,9] ((ONCE P(x)) AND (ONCE Q(y)) AND x = y + 1)", 4);
    run_long(&log,
        "T() AND P(x) AND NOT ONCE[0,9] EXISTS y. (ONCE P(x)) AND (ONCE Q(y)) AND x + 90000 < y",
        4);
    run_long(
        &log, "T() AND ONCE[0,9] EXISTS x. (ONCE P(x)) AND (ONCE Q(y)) AND x < y AND y < x + 2", 4);
    run_long(&log, "T() AND P(x) AND NOT ((ONCE Q(x)) SINCE[1,9] ONCE P(x))", 4);
    run_long(&log, "T() AND P(x) AND NOT ((NOT ONCE P(x)) SINCE[1,*) ONCE P(x))", 4);
    run_long(&log, "P(x) AND NOT EXISTS y. (ONCE Q(y)) AND y > x", 1);
    run_long(&log, "P(x) AND (ONCE P(y)) AND y < x AND x - y < 3", 11999);
    run_long(&log, "P(x) AND (P(x) SINCE[2,9] ONCE P(x))", 0);
    run_long(&log, "P(x) AND (Q(x) UNTIL[2,9] ONCE P(x))", 0);
    run_long(&log, "T() AND P(x) AND ((NOT Q(x)) UNTIL[2,9] ONCE P(x))", 3);
    run_long(&log, "P(0) AND ((NOT ONCE Q(x)) SINCE P(x))", 1);
}

/* Where all rows may have changed, again and again, those are asked that the shortest conjunct has.
 */
static void test_long_all(void **unused)
{
    (void)unused;
    const struct long_log log = {.points = 16000, .times = 1, .over = 1, .every = 2};
    run_long(&log, "P(x) AND ONCE[0,5] ((ONCE[0,0] Q(x)) AND (ONCE P(x)) AND NOT T())", 8000);
    run_long(&log, "P(x) AND EVENTUALLY[0,5] ((ONCE[0,0] Q(x)) AND (ONCE P(x)) AND NOT T())", 8000);
    run_long(&log,
        "T() AND P(x) AND ((NOT ((ONCE[0,0] Q(x)) AND (ONCE P(x)) AND NOT T())) SINCE P(x))", 8000);
}

/* What tells knows a part of the key: what leads from there stands beside it, not elsewhere. */
static void test_leads(void **unused)
{
    (void)unused;
    static const char *const steady[] = {
        "ONCE[0,0] ((ONCE P(x)) AND (NOT EXISTS y. ((ONCE[0,9] R(x,y)) AND ONCE[0,3] Q(y))) AND "
        "NOT EXISTS y. ((ONCE[0,9] R(y,x)) AND ONCE[0,3] Q(y)))",
        "ONCE[0,0] ((ONCE P(x)) AND NOT EXISTS y,z. ((ONCE[0,9] R(y,z)) AND (ONCE[0,3] Q(y)) AND "
        "x - z = 1))",
        "ONCE[0,0] ((ONCE P(x)) AND NOT PREVIOUS EXISTS y. ((ONCE[0,9] R(x,y)) AND "
        "NOT ONCE[0,3] Q(y)))",
        "ONCE[0,0] ((ONCE P(x)) AND NOT EXISTS y. ((ONCE[0,9] R(x,y)) AND "
        "NOT PREVIOUS ONCE[0,3] Q(y)))",
    };
    static const char *const watched[] = {
        "(ONCE P(x)) AND (((ONCE[0,2] Q(y)) OR ONCE[0,3] P(z)) SINCE ((ONCE[0,1] P(x)) AND "
        "R(z,y)))",
        "(ONCE P(x)) AND ((NOT ((ONCE[0,2] Q(y)) AND ONCE[0,3] P(z))) SINCE ((ONCE[0,1] P(x)) AND "
        "R(y,z)))",
    };
    try_all(steady, sizeof(steady) / sizeof(steady[0]), is_steady, 1);
    try_all(watched, sizeof(watched) / sizeof(watched[0]), is_watched, 1);
}

/* A formula and a log in which what tells in part must lead to the right keys. */
static void test_joined_logs(void **unused)
{
    (void)unused;
    static const char *const cases[][2] = {
        /* the key is some of the columns of the node's rows */
        {"(ONCE P(x)) AND (((ONCE[0,2] Q(y)) OR ONCE[0,3] P(z)) SINCE ((ONCE[0,1] P(x)) AND "
         "R(y,z)))",
            "@0 P(1) R(5,6)\n@1 Q(5)\n@2\n@3\n@4\n@5\n"},
        /* an anchor below PREVIOUS is one time-point behind */
        {"ONCE[0,0] ((ONCE P(x)) AND NOT PREVIOUS EXISTS y. ((ONCE[0,2] R(x,y)) AND "
         "NOT ONCE[0,9] Q(y)))",
            "@0 P(1) R(1,2)\n@1\n@2 Q(2)\n@3\n"},
        /* from an inner anchor to a part of the key, and from there to all of it */
        {"ONCE[0,0] ((ONCE R(x,z)) AND NOT EXISTS y. ((ONCE R(x,y)) AND ONCE[0,2] Q(y)))",
            "@0 R(1,2) R(4,5)\n@1\n@2 Q(2)\n@3 Q(5)\n@5\n@6\n"},
        /* or to nothing, so that all are asked */
        {"ONCE[0,0] ((ONCE P(x)) AND NOT EXISTS v. ((ONCE Q(v)) AND EXISTS y. ((ONCE R(v,y)) AND "
         "ONCE[0,2] W(y,\"a\"))))",
            "@0 P(1) P(2) R(2,3) Q(2)\n@1\n@2 W(3,\"a\")\n@3\n@4\n@5\n@6\n"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_int_equal(
            count_nodes(cases[i][0], is_steady) + count_nodes(cases[i][0], is_watched), 1);
        assert_true(compare(cases[i][0], fb_str_of(cases[i][1])) > 0);
    }
}

/* A sum is rounded where floats have a part, so what is moved to its other side may say otherwise:
 * x - y <= 5 holds where y >= x - 5 does not. */
static void test_rounded(void **unused)
{
    (void)unused;
    static const char *const tiny =
        "Q(x) AND (ONCE[0,9] (EXISTS v. P(v) AND y = 0.0 - i2f(v) / 1000000000000000000000.0)) AND "
        "x - y <= 5";
    static const char *const large =
        "R(x,_) AND (ONCE[0,9] (P(y) OR (EXISTS v. Q(v) AND y = i2f(v)))) AND x - y <= 5";
    struct fb_buf log;
    fb_buf_init(&log, TEXT_MAX);
    for (unsigned i = 0; i < 12; i++) { /* behind 2^60, by less than to the next float */
        fb_buf_addf(&log, "@%u P(%llu)\n", i / 4, (1ULL << 60) + 1 + i);
    }
    fb_buf_addf(&log, "@3 Q(%llu)\n@4 R(%llu,0)\n@5 R(%llu,0)\n", 1ULL << 60, (1ULL << 60) + 20,
        (1ULL << 60) + 30);
    for (int lowered = 0; lowered < 2; lowered++) {
        fb_limit_lower(FB_INC_WASTED_MAX, lowered ? 0 : FB_INC_WASTED_MAX);
        assert_int_equal(compare(tiny, FB_STR("@0 P(1)\n@1 Q(5)\n@2 Q(6)\n@3 Q(5)\n")), 2);
        assert_int_equal(compare(large, fb_buf_str(&log)), 2);
    }
    fb_limit_lower(FB_INC_WASTED_MAX, FB_INC_WASTED_MAX);
    fb_buf_release(&log);
}

/* While a gate is shut rows neither begin nor end, but what happens then is not forgotten. */
static void test_gates(void **unused)
{
    (void)unused;
    static const char *const cases[][2] = {
        /* a tuple that was there when it was open is gone when it opens again */
        {"ONCE[0,5] ((ONCE P(x)) AND (NOT Q(x)) AND T())", "@0 P(1)\n@1 T() Q(1)\n@2\n@3 T()\n"},
        {"EVENTUALLY[0,1] ((ONCE P(x)) AND (NOT Q(x)) AND T())",
            "@0 P(1)\n@1 T() Q(1)\n@3\n@5 T()\n@6\n"},
        /* the last time that a row was given is that of the gate */
        {"ONCE[0,5] ((ONCE[0,3] P(x)) AND T())", "@0 P(1) T()\n@9\n@10 T()\n@11\n"},
        {"ONCE[1,5] ((ONCE[0,3] P(x)) AND T())", "@0 P(1) T()\n@2\n@9\n@10 T()\n@11\n"},
        {"EVENTUALLY[0,2] ((ONCE[0,3] P(x)) AND T())", "@0 P(1) T()\n@1\n@9\n@10 T()\n@19\n"},
        {"EVENTUALLY[1,4] ((ONCE P(x)) AND NOT T())", "@0 P(1)\n@1 T()\n@2 T()\n@6\n@7 T()\n"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_int_equal(count_nodes(cases[i][0], is_gated), 1);
        assert_true(compare(cases[i][0], fb_str_of(cases[i][1])) > 0);
    }
}

/* So many tuples at one time-point that no list of them is kept are all asked nevertheless. */
static void test_many_tuples(void **unused)
{
    (void)unused;
    struct fb_buf log, line;
    size_t count = 0;
    struct fb_monpoly_stream stream = {.sink = keep_line, .ctx = &count, .line = &line};
    fb_buf_init(&log, TEXT_MAX);
    fb_buf_init(&line, TEXT_MAX);
    fb_buf_add_c(&log, "@0 Q(3)\n@1");
    for (unsigned i = 0; i < 140000; i++) {
        fb_buf_addf(&log, " P(%u)", i);
    }
    fb_buf_add_c(&log, "\n@2\n@6\n@7\n");
    FB_TEST_OK(fb_monpoly_formula_read(
        FB_STR("EXISTS c. (c <- CNT x ONCE[0,5] (P(x) OR ONCE[0,3] Q(x))) AND c = 140000"),
        &signature, &arena, &formula_read, &err));
    FB_TEST_OK(fb_monpoly_run_quick(&formula_read, &signature, fb_buf_str(&log), &stream, &err));
    assert_int_equal(count, 3);
    fb_buf_release(&log);
    fb_buf_release(&line);
}

/* A comparison that leads from each of many rows to most of the keys: these are asked once, which
 * is a hundredth of the work. */
static void test_many_agree(void **unused)
{
    (void)unused;
    struct fb_buf log, line;
    size_t count = 0;
    struct fb_monpoly_stream stream = {.sink = keep_line, .ctx = &count, .line = &line};
    fb_buf_init(&log, TEXT_MAX);
    fb_buf_init(&line, TEXT_MAX);
    fb_buf_add_c(&log, "@0");
    for (unsigned i = 0; i < 4000; i++) {
        fb_buf_addf(&log, " R(%u,0)", i);
    }
    for (unsigned i = 0; i < 100; i++) {
        fb_buf_addf(&log, "\n@%u%s", i + 9, i % 25 ? "" : " T()");
        for (unsigned k = 0; k < 1000; k++) {
            fb_buf_addf(&log, " P(%u)", (i * 7 + k * 13) % 4000);
        }
    }
    FB_TEST_OK(fb_monpoly_formula_read(FB_STR("T() AND ONCE[0,3] ((ONCE R(x,_)) AND NOT EXISTS y. "
                                              "((ONCE[0,0] P(y)) AND y < x))"),
        &signature, &arena, &formula_read, &err));
    fb_limit_lower(FB_INC_WORK_MAX, 1 << 17);
    FB_TEST_OK(fb_monpoly_run_quick(&formula_read, &signature, fb_buf_str(&log), &stream, &err));
    fb_limit_lower(FB_INC_WORK_MAX, FB_INC_WORK_MAX);
    assert_int_equal(count, 4);
    fb_buf_release(&log);
    fb_buf_release(&line);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {CASE(test_watched), CASE(test_not_watched),
        CASE(test_steady), CASE(test_steady_later), CASE(test_told), CASE(test_joined),
        CASE(test_gated), CASE(test_bounded), CASE(test_future), CASE(test_until), CASE(test_any),
        CASE(test_long), CASE(test_long_all), CASE(test_many_tuples), CASE(test_many_agree),
        CASE(test_leads), CASE(test_joined_logs), CASE(test_gates), CASE(test_rounded)};
    return cmocka_run_group_tests_name("inc_watch", tests, NULL, NULL);
}

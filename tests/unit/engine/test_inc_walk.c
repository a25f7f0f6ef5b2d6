/*
 * Tests of src/engine/inc_walk.c: walkers of a regular expression that wait for a test are parked,
 * what ends with `.*` is ONCE what stands before, and both give what the naive evaluator gives;
 * where a test needs to know the walkers, all of them move.
 */
#include "kept_rows.h"

static bool is_walk(const struct fb_inc_node *node)
{
    return node->kind == FB_INC_WALK;
}

/* A regular expression with a loop in which walkers are parked. */
static bool is_parked(const struct fb_inc_node *node)
{
    size_t count = 0;
    for (uint32_t i = 0; is_walk(node) && i < node->walk->state_count; i++) {
        count += node->walk->states[i].awaits != NULL;
    }
    return count > 0;
}

static void test_parked(void **unused)
{
    (void)unused;
    static const char *const formulas[] = {
        "<| (P(x)? .* Q(x)?)",
        "<| (P(x) .* Q(x)?)",
        "<| (P(x)? .* . Q(x)?)",
        "<| (P(x)? . .* Q(x)?)",
        "<| (P(x)? .* Q(x))",
        "<|[0,15] (P(x)? .* Q(x)?)",
        "<|[0,3] ((P(x) OR Q(x)) .* (EXISTS y. R(x,y))?)",
        "<| (P(x)? .* Q(y)?)",
        "<|[0,4] (R(x,y)? .* Q(y)?)",
        "<|[0,9] (Q(y)? .* R(x,y)?)",
        "<| (T()? .* P(x)?)",
        "<|[0,6] (P(x)? .* T()?)",
        "<| (P(x)? .* (Q(x)? + R(x,x)?))",
        "<|[0,25] (P(x)? .* (Q(x)? + R(x,x)) .)",
        "<| (P(x)? .* Q(x)? .* R(_,x)?)",
        "<| (P(x) .* Q(y) .* R(x,y))",
        "<|[0,25] (P(x)? .* (P(x) OR R(x,_))? .* . (R(x,_) OR Q(x))?)",
        "<| ((P(x)? + Q(x)) .* R(x,y)?)",
        "<| (P(x)? .* (ONCE[0,3] Q(x))?)",
        "<| (P(x)? .* (EXISTS y. R(x,y) AND NOT Q(y))?)",
        "<| (W(x,s)? .* (EXISTS y. R(x,y) AND y <> 2)?)",
        "<|[0,25] (P(x)? .* (P(x)? .)* Q(x)?) OR <|[0,25] (P(x)? .* Q(x)?)",
        "T() AND <| (P(x) .* (R(x,_) OR Q(x)) .)",
        "PREVIOUS (<|[0,25] (P(x)? .* Q(x)?))",
        "(c <- CNT x <|[0,25] (P(x)? .* Q(x)?)) AND c > 0",
        "<| (P(x)? .* (EVENTUALLY[0,2] Q(x))?)",
        /* a loop over what stops some, or all */
        "<| (P(x)? (NOT W(3,_))* . R(x,_)?)",
        "<| (P(x)? (. (NOT Q(x))?)* . R(x,_)?)",
        "<| (P(x)? (NOT Q(x))* (. + TRUE?) R(x,_)?)",
        "<| (P(x) (NOT Q(x))* (R(x,_) + R(x,_)?))",
        "<| (P(x)? (NOT W(3,_))* R(x,_)?)",
        "<| (P(x)? ((NOT W(3,_))? .)* R(x,_)?)",
        "<| (P(x)? (. (NOT W(3,_))?)* R(x,_)?)",
        "<|[0,9] (P(x)? (NOT Q(x))* R(x,_)?)",
        "<| (P(x)? ((NOT Q(x))? .)* R(x,_)?)",
        "<| (P(x)? (NOT (EXISTS y. R(x,y) AND y > 4) AND NOT W(3,_))* R(x,_)?)",
        "<| (R(x,y)? (NOT Q(y))* R(_,y)?)",
        "<| (R(x,y)? (. (NOT Q(y))?)* R(_,y)?)",
        "<| (P(x) (NOT ONCE[0,1] R(x,x))* R(x,_))",
        "<| (P(x)? (EXISTS y. R(y,_) OR Q(y))* R(y,_)?)",
        "<| (Q(x)? ((EXISTS y. R(y,_) OR Q(y))? .)* R(y,_)?)",
        "<| (P(x)? (NOT W(3,_))* (Q(x)? + R(x,_)?))",
        "<| (P(x)? .* Q(x)? (NOT R(x,x))* R(_,x)?)",
    };
    for (size_t i = 0; i < sizeof(formulas) / sizeof(formulas[0]); i++) {
        size_t walks = count_nodes(formulas[i], is_walk);
        try_all(&formulas[i], 1, is_parked, walks);
    }
}

/* What stands behind the loop knows its variables from before only, or is no test. */
static void test_not_parked(void **unused)
{
    (void)unused;
    static const char *const formulas[] = {
        "<| (P(x)? .* (NOT R(x,x))? Q(x)?)",
        "<|[0,25] (P(x)? .* (x < 4)? Q(x)?)",
        "<|[0,5] (P(x) .*)",
        "<|[0,9] (P(x)? .* (T()? + .))",
        "<| (P(x)? .* . . Q(x)?)",
        "<| (P(x)? ((NOT R(x,x))? .)* . R(x,_)?)",
        "<| (P(x)? (x < 9)* R(x,_)?)",
        "<| (P(x)? ((R(_,_) OR Q(_) OR P(_)) AND x < 9)* R(x,_)?)",
        "<| (P(x)? (. . (NOT W(3,_))?)* R(x,_)?)",
        "<| (R(x,y)? (NOT W(3,_) AND y < 9)* R(_,y)?)",
    };
    try_all(formulas, sizeof(formulas) / sizeof(formulas[0]), is_parked, 0);
}

/* What ends so is no regular expression any more, or a shorter one. */
static void test_once(void **unused)
{
    (void)unused;
    static const char *const formulas[] = {
        "<| (P(x)? .*)",
        "<|[0,4] (P(x)? .*)",
        "Q(x) AND <|[0,20] (P(x)? .*)",
        "Q(x) AND (NOT <|[0,4] (P(x)? .*))",
        "<|[0,4] ((P(x) AND NOT Q(x))? .*)",
    };
    static const char *const longer[] = {
        "<| (P(x) .*)",
        "<| (P(x)? . .*)",
        "<| (P(x)? . Q(x)? .*)",
        "Q(x) AND <| ((P(x) + Q(x)) .*)",
    };
    try_all(formulas, sizeof(formulas) / sizeof(formulas[0]), is_walk, 0);
    try_all(longer, sizeof(longer) / sizeof(longer[0]), is_walk, 1);
    for (size_t i = 0; i < sizeof(longer) / sizeof(longer[0]); i++) {
        assert_int_equal(count_nodes(longer[i], is_parked), 0);
    }
}

/* Many wait and few are met. */
static void test_long(void **unused)
{
    (void)unused;
    const struct long_log log = {.points = 12000, .times = 1, .over = 2};
    run_long(&log, "<| (P(x)? .* Q(x)?)", 12000);
    run_long(&log, "<| (P(x) .* Q(x)?)", 11998);
    run_long(&log, "<|[0,3000] (P(x)? .* Q(x)?)", 6001);
    run_long(&log, "Q(x) AND (<| (P(x) .*))", 11998);
    run_long(&log, "<| (P(x)? (NOT T())* Q(x)?)", 12000);
    run_long(&log, "<| (P(x)? ((NOT R(x,_))? .)* Q(x)?)", 12000);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_parked), CASE(test_not_parked), CASE(test_once), CASE(test_long)};
    return cmocka_run_group_tests_name("inc_walk", tests, NULL, NULL);
}

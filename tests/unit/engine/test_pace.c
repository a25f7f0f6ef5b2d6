/* Tests of src/engine/duty_pace.c: periods and their deadlines where the pace changes in them. */
#include "duty_build.h"
#include "engine/duty.h"
#include "engine/slice.h"

enum { TRIGGER, PACE, ACT };
enum { I, C, LEVEL, VARS };

static const struct fb_str columns[] = {{"id", 2}, {"class", 5}};
static struct fb_relation relations[] = {
    {{"trigger", 7}, 2, columns, NULL},
    {{"pace", 4}, 2, columns, NULL},
    {{"act", 3}, 1, columns, NULL},
};
static const struct fb_signature signature = {relations, 3};
static const struct fb_str names[VARS] = {{"I", 1}, {"C", 1}, {"pace", 4}};
static const struct fb_duty_terms monthly = {.every = 1, .every_unit = FB_UNIT_MONTHS};

static struct fb_within within[2];

static int setup(void **state)
{
    (void)state;
    return build_begin(&signature);
}

/* A fact of two columns that holds from the last time-point on. */
static struct fb_tuple *fact(uint32_t relation, const char *a, const char *c)
{
    struct fb_value values[] = {fb_value_str(fb_str_of(a)), fb_value_str(fb_str_of(c))};
    return build_add(&b, relation, values, 2, true);
}

/* From `when` on the pace is at a level, and no longer at that of `old`. */
static struct fb_tuple *pace(const char *when, const char *level, struct fb_tuple *old)
{
    build_at(&b, at(when));
    struct fb_tuple *now = fact(PACE, "p", level);
    if (old) {
        old->until = now->from;
    }
    return now;
}

/* Due every so many days, as long after each period as the line says whose word a row has. */
static struct fb_duty recurs(int64_t days, uint32_t asks, const char *long_word, int64_t long_days,
    const char *short_word, int64_t short_days)
{
    within[0] = (struct fb_within){
        .guard = compare(FB_FORM_EQ, var(asks), text(long_word)), .amount = long_days};
    within[1] = (struct fb_within){
        .guard = compare(FB_FORM_EQ, var(asks), text(short_word)), .amount = short_days};
    within[0].unit = within[1].unit = FB_UNIT_DAYS;
    return (struct fb_duty){.name = FB_STR("again"),
        .vars = names,
        .var_count = VARS,
        .param_count = 1,
        .system_var = -1,
        .when = form(FB_FORM_AND, pred(TRIGGER, var(I), var(C), NULL),
            pred(PACE, text("p"), var(LEVEL), NULL)),
        .act = event(pred(ACT, var(I), NULL)),
        .within = within,
        .within_count = 2,
        .anchor_var = -1,
        .every = days,
        .every_unit = FB_UNIT_DAYS,
        .paced = true,
        .pace_relation = PACE};
}

/* The deadline of period number `turn`, from 1, which both ways find. */
static fb_time due(const struct fb_duty *duty, int64_t turn, const char *now)
{
    const struct fb_program program = {.name = FB_STR("p"),
        .effective = FB_TIME_MIN,
        .expires = FB_TIME_MAX,
        .signature = &signature};
    struct fb_obligations naive = {0}, sliced = {0};
    struct fb_access *access = NULL;
    fb_time found = FB_TIME_MIN;
    FB_TEST_OK(fb_duty_run_naive(&program, duty, &b.trace, at(now), &arena, &naive, &err));
    FB_TEST_OK(fb_access_new(&b.trace, &arena, &access, &err));
    const struct fb_duty_query query = {
        .program = &program, .duty = duty, .access = access, .now = at(now)};
    FB_TEST_OK(fb_duty_run(&query, &arena, &sliced, &err));
    assert_int_equal(naive.count, sliced.count);
    for (size_t i = 0; i < naive.count; i++) {
        assert_int_equal(naive.items[i].deadline, sliced.items[i].deadline);
        found = naive.items[i].turn == turn ? naive.items[i].deadline : found;
    }
    return found;
}

/* A pace that comes after the end of a period and before it is due gives its time from then on, not
 * from the end: by its own line, which is not that of the first row. */
static void test_after_the_end(void **state)
{
    (void)state;
    struct fb_duty duty = recurs(30, LEVEL, "slow", 10, "fast", 2);
    build_at(&b, at("2026-01-01"));
    fact(TRIGGER, "i", "c");
    struct fb_tuple *slow = fact(PACE, "p", "slow");
    assert_int_equal(due(&duty, 1, "2026-02-04"), at("2026-02-10"));
    struct fb_tuple *fast = pace("2026-02-05", "fast", slow);
    assert_int_equal(due(&duty, 1, "2026-02-06"), at("2026-02-07"));
    /* What comes at the instant at which it is due comes too late. */
    b.times[1] = at("2026-02-10");
    assert_int_equal(due(&duty, 1, "2026-02-11"), at("2026-02-10"));
    /* Within the period its end counts. */
    b.times[1] = at("2026-01-20");
    assert_int_equal(due(&duty, 1, "2026-02-03"), at("2026-02-02"));
    /* A slower pace takes nothing back. */
    b.times[1] = at("2026-02-05");
    (void)pace("2026-02-06", "slow", fast);
    assert_int_equal(due(&duty, 1, "2026-02-07"), at("2026-02-07"));
}

/* Of the rows of one pace the tightest gives the line, also when it is not the first. */
static void test_tightest_row(void **state)
{
    (void)state;
    struct fb_duty duty = recurs(30, C, "harm", 15, "death", 2);
    build_at(&b, at("2026-01-01"));
    fact(PACE, "p", "slow");
    fact(TRIGGER, "i", "harm");
    build_at(&b, at("2026-01-02"));
    fact(TRIGGER, "i", "death");
    assert_int_equal(due(&duty, 1, "2026-01-31"), at("2026-02-02"));
    b.tuples[1].from = 1;
    b.tuples[2].from = 0;
    assert_int_equal(due(&duty, 1, "2026-01-31"), at("2026-02-02"));
}

/* A pace that was over before a period began has no say in it, though rows of it are known. */
static void test_over_before(void **state)
{
    (void)state;
    struct fb_duty duty = recurs(30, LEVEL, "slow", 10, "fast", 2);
    build_at(&b, at("2026-01-01"));
    fact(TRIGGER, "i", "c");
    struct fb_tuple *fast = fact(PACE, "p", "fast");
    (void)pace("2026-01-10", "slow", fast);
    assert_int_equal(due(&duty, 1, "2026-03-05"), at("2026-02-02"));
    assert_int_equal(due(&duty, 2, "2026-03-05"), at("2026-03-12"));
}

/* Worked history 27: what has failed for its time by the terms of a new pace ends with its begin,
 * and nothing ends by the terms of one that is over. */
static void test_relaxed(void **state)
{
    (void)state;
    static const struct fb_duty_terms fast = {.relax_after = 120 * FB_DAY};
    const struct fb_duty duty = {
        .relax_after = 60 * FB_DAY, .at_pace[FB_PACE_FAST] = &fast, .paced = true};
    struct fb_duty_pace paces[] = {{0, at("2026-01-01"), FB_PACE_FAST},
        {1, at("2026-06-30"), FB_PACE_NORMAL}, {2, at("2026-08-20"), FB_PACE_FAST}};
    struct fb_duty_run run = {.duty = &duty, .paces = paces, .pace_count = 2};
    assert_int_equal(fb_duty_relaxed(&run, at("2026-01-02")), at("2026-05-02"));
    assert_int_equal(fb_duty_relaxed(&run, at("2026-04-11")), at("2026-06-30"));
    assert_int_equal(fb_duty_relaxed(&run, at("2026-07-02")), at("2026-08-31"));
    run.pace_count = 3;
    assert_int_equal(fb_duty_relaxed(&run, at("2026-04-11")), at("2026-06-30"));
    assert_int_equal(fb_duty_relaxed(&run, at("2026-07-02")), at("2026-10-30"));
    run.pace_count = 0;
    assert_int_equal(fb_duty_relaxed(&run, at("2026-07-02")), at("2026-08-31"));
    assert_int_equal(fb_duty_level(&run, at("2026-07-02")), -1);
    run.pace_count = 3;
    assert_int_equal(fb_duty_level(&run, at("2026-06-29")), FB_PACE_FAST);
    assert_int_equal(fb_duty_level(&run, at("2026-06-30")), FB_PACE_NORMAL);
    assert_int_equal(fb_duty_level(&run, at("2025-12-31")), -1);
}

/* Where the period of a new pace ends with the one that runs, it is that one that ends: the next is
 * counted from there. Counted from the 31st it would end on 31 March. */
static void test_ends_together(void **state)
{
    (void)state;
    struct fb_duty duty = recurs(29, LEVEL, "slow", 0, "fast", 0);
    duty.within_count = 0;
    duty.at_pace[FB_PACE_FAST] = &monthly;
    build_at(&b, at("2026-01-30"));
    fact(TRIGGER, "i", "c");
    struct fb_tuple *slow = fact(PACE, "p", "slow");
    (void)pace("2026-01-31", "fast", slow);
    assert_int_equal(due(&duty, 1, "2026-03-05"), at("2026-02-28"));
    assert_int_equal(due(&duty, 2, "2026-03-05"), at("2026-03-28"));
    /* A day later it ends later; a day earlier it comes first. */
    b.times[1] = at("2026-02-01");
    assert_int_equal(due(&duty, 1, "2026-03-05"), at("2026-02-28"));
    b.times[0] = at("2026-01-29");
    b.times[1] = at("2026-01-30");
    duty.every = 31;
    assert_int_equal(due(&duty, 1, "2026-03-05"), at("2026-02-28"));
    assert_int_equal(due(&duty, 2, "2026-03-05"), at("2026-03-30"));
}

/* Periods are counted from the row that falls due first of those that are dated and of the pace of
 * the first such row. */
static void test_first_row(void **state)
{
    (void)state;
    enum { SLOW_UNDATED, SLOW_LATE, SLOW_SOON, FAST, SLOW_EARLY_UNDATED, CLAIMS };
    const struct fb_duty duty = {.every = 30, .every_unit = FB_UNIT_DAYS, .paced = true};
    struct fb_duty_pace paces[] = {
        {0, at("2026-01-01"), FB_PACE_SLOW}, {2, at("2026-01-15"), FB_PACE_FAST}};
    struct fb_duty_run run = {
        .duty = &duty, .ev = {.trace = &b.trace}, .paces = paces, .pace_count = 2};
    build_at(&b, at("2026-01-01"));
    build_at(&b, at("2026-01-10"));
    build_at(&b, at("2026-01-20"));
    const struct fb_claim all[CLAIMS] = {
        [SLOW_UNDATED] = {.deadline = FB_TIME_MAX},
        [SLOW_LATE] = {.tp = 0, .dated = true, .anchor = 5, .deadline = at("2026-02-10")},
        [SLOW_SOON] = {.tp = 1, .dated = true, .anchor = 6, .deadline = at("2026-02-01")},
        [FAST] = {.tp = 2, .dated = true, .anchor = 7, .deadline = at("2026-01-25")},
        [SLOW_EARLY_UNDATED] = {.tp = 1, .anchor = 8, .deadline = at("2026-01-02")},
    };
    static const struct {
        size_t rows[CLAIMS];
        size_t count;
        size_t first; /* which of them */
    } cases[] = {
        {{SLOW_UNDATED, SLOW_LATE, SLOW_SOON, FAST, SLOW_EARLY_UNDATED}, 5, 2},
        {{SLOW_UNDATED, SLOW_LATE, FAST, SLOW_EARLY_UNDATED}, 4, 1},
        {{SLOW_LATE, SLOW_SOON}, 2, 1},
        {{SLOW_SOON, SLOW_LATE}, 2, 0},
        {{FAST, SLOW_LATE, SLOW_SOON}, 3, 0},
        {{SLOW_LATE, FAST}, 2, 0},
        {{SLOW_UNDATED, FAST, SLOW_SOON}, 3, 1},
        {{SLOW_UNDATED, SLOW_EARLY_UNDATED}, 2, 0},
        {{SLOW_EARLY_UNDATED}, 1, 0},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct fb_claim claims[CLAIMS];
        for (size_t k = 0; k < cases[i].count; k++) {
            claims[k] = all[cases[i].rows[k]];
        }
        const struct fb_owed owed = {.claims = claims, .claim_count = cases[i].count};
        struct fb_turns turns = fb_duty_turns(&run, &owed);
        assert_ptr_equal(turns.first, &claims[cases[i].first]);
        assert_int_equal(turns.anchor, claims[cases[i].first].anchor);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_first_row, setup, teardown),
        cmocka_unit_test_setup_teardown(test_after_the_end, setup, teardown),
        cmocka_unit_test_setup_teardown(test_tightest_row, setup, teardown),
        cmocka_unit_test_setup_teardown(test_over_before, setup, teardown),
        cmocka_unit_test_setup_teardown(test_ends_together, setup, teardown),
        cmocka_unit_test_setup_teardown(test_relaxed, setup, teardown),
    };
    return cmocka_run_group_tests_name("pace", tests, NULL, NULL);
}

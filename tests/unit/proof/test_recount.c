/*
 * Tests of src/proof/check_duty.c, check_settle.c and check_keys.c on particular duties: what the
 * checker works out again is what the runner says, where a rule decides that random duties rarely
 * meet (tests/unit/engine/test_slice.c has those), and all keys are listed.
 */
#include "../engine/duty_build.h"
#include "proof/check.h"
#include "proof/check_duty.h"

enum { OWES, DOES, OTHER };
enum { X, Y, VARS };

static const struct fb_str columns[] = {{"a", 1}};
static struct fb_relation relations[] = {{{"owes", 4}, 1, columns, NULL},
    {{"does", 4}, 1, columns, NULL}, {{"other", 5}, 1, columns, NULL}};
static const struct fb_signature signature = {relations, 3};
static const struct fb_str names[VARS] = {{"X", 1}, {"Y", 1}};

static int setup(void **state)
{
    (void)state;
    return build_begin(&signature);
}

static struct fb_tuple *add(uint32_t relation, int64_t x, bool state)
{
    const struct fb_value value = fb_value_int(x);
    return build_add(&b, relation, &value, 1, state);
}

static struct fb_form *p(uint32_t relation)
{
    return pred(relation, var(X), NULL);
}

static struct fb_within ten[] = {{NULL, 10, FB_UNIT_DAYS, {0, 0, 0}}};

/* While owes(x): does(x) within ten days. */
static struct fb_duty duty_of(struct fb_form *act)
{
    return (struct fb_duty){.name = FB_STR("duty"),
        .title = FB_STR("do it"),
        .vars = names,
        .var_count = VARS,
        .param_count = 1,
        .system_var = -1,
        .when = p(OWES),
        .party = text("dev"),
        .act = act,
        .within = ten,
        .within_count = 1,
        .anchor_var = -1};
}

static enum fb_code judge(
    void *ctx, const struct fb_question *question, struct fb_answer *out, struct fb_err *why)
{
    enum fb_code code = fb_prove_answer(question, ctx, out, why);
    return code ? code : fb_proof_check_answer(question, out, why);
}

static struct fb_program program_from(const char *effective)
{
    return (struct fb_program){.effective = effective ? at(effective) : FB_TIME_MIN,
        .clocks_from = effective ? at(effective) : FB_TIME_MIN,
        .expires = FB_TIME_MAX,
        .signature = &signature};
}

/* The only obligation for x = 1, by both. */
static struct fb_obligation both(
    const struct fb_program *program, const struct fb_duty *duty, const char *now)
{
    struct fb_obligations want = {0}, got = {0};
    const struct fb_value key[VARS] = {fb_value_int(1), fb_value_none()};
    const struct fb_duty_subject subject = {program, duty, &b.trace, at(now), key, judge, &arena};
    FB_TEST_OK(fb_duty_run_naive(program, duty, &b.trace, at(now), &arena, &want, &err));
    FB_TEST_OK(fb_duty_recount(&subject, &arena, &got, &err));
    const struct fb_obligation *x = got.items, *y = NULL;
    for (size_t i = 0; i < want.count; i++) {
        if (fb_value_eq(want.items[i].bindings[X], key[0])) {
            assert_null(y);
            y = &want.items[i];
        }
    }
    assert_int_equal(got.count, 1);
    assert_non_null(y);
    assert_int_equal(x->status, y->status);
    assert_true(x->since == y->since && x->deadline == y->deadline);
    assert_true(x->settled == y->settled && x->breached == y->breached);
    return *x;
}

/* An act that may hold without any tuple of it counts from before the policy was in force. */
static void test_acts_without_tuples(void **unused)
{
    (void)unused;
    for (int other = 0; other < 2; other++) {
        teardown(NULL);
        setup(NULL);
        struct fb_program program = program_from("2026-03-01");
        build_at(&b, at("2026-01-01"));
        add(OWES, 1, true);
        if (other) {
            add(OTHER, 1, false);
        }
        build_at(&b, at("2026-02-01"));
        build_at(&b, at("2026-03-01"));
        add(OTHER, 1, true);
        build_at(&b, at("2026-04-01"));
        struct fb_form *without = form(FB_FORM_NOT, p(OTHER), NULL);
        struct fb_form *acts[] = {
            without, form(FB_FORM_OR, p(DOES), without), form(FB_FORM_OR, without, p(DOES))};
        for (size_t i = 0; i < sizeof(acts) / sizeof(acts[0]); i++) {
            struct fb_duty duty = duty_of(acts[i]);
            struct fb_obligation o = both(&program, &duty, "2026-04-01");
            assert_int_equal(o.status, FB_DUTY_MET);
            assert_true(o.settled == at(other ? "2026-02-01" : "2026-01-01"));
        }
        /* One that needs a tuple which was never there. */
        struct fb_duty duty = duty_of(form(FB_FORM_AND, p(DOES), without));
        assert_int_equal(both(&program, &duty, "2026-04-01").status, FB_DUTY_OVERDUE);
    }
}

/* So does one that speaks of a parameter which the trigger leaves open. */
static void test_open_parameter(void **unused)
{
    (void)unused;
    struct fb_program program = program_from("2026-03-01");
    build_at(&b, at("2026-01-01"));
    add(OWES, 1, true);
    build_at(&b, at("2026-02-01"));
    add(DOES, 7, false);
    build_at(&b, at("2026-03-01"));
    build_at(&b, at("2026-04-01"));
    struct fb_duty duty = duty_of(pred(DOES, var(Y), NULL));
    for (duty.param_count = 1; duty.param_count <= VARS; duty.param_count++) {
        struct fb_obligation o = both(&program, &duty, "2026-04-01");
        assert_int_equal(o.status, FB_DUTY_MET);
        assert_true(o.settled == at("2026-02-01"));
    }
}

/* A correction ends what it took the trigger from; not where the trigger is a beginning, which
 * nothing takes away. */
static void test_corrections(void **unused)
{
    (void)unused;
    struct fb_program program = program_from(NULL);
    build_at(&b, at("2026-01-01"));
    struct fb_tuple *owed = add(OWES, 1, true);
    build_at(&b, at("2026-01-02"));
    owed->until = 1;
    add(OWES, 2, true)->correction = true;
    build_at(&b, at("2026-01-20"));
    struct fb_duty duty = duty_of(p(DOES));
    struct fb_obligation o = both(&program, &duty, "2026-01-20");
    assert_int_equal(o.status, FB_DUTY_RELAXED);
    assert_true(o.settled == at("2026-01-02"));
    duty.when = event(p(OWES));
    o = both(&program, &duty, "2026-01-20");
    assert_int_equal(o.status, FB_DUTY_OVERDUE);
    assert_true(o.breached == at("2026-01-11"));
}

/* What must not come first: before the act, or with it. */
static void test_before(void **unused)
{
    (void)unused;
    struct fb_program program = program_from(NULL);
    static const struct {
        int other; /* the day at which it comes; 0: never */
        int done;
        int owed; /* from this day on; 0: the first. Then the act holds from the day before on */
        enum fb_duty_status status;
        int breached;
    } cases[] = {
        {1, 1, 0, FB_DUTY_MET_LATE, 1},                       /* at the first time-point, with it */
        {3, 4, 0, FB_DUTY_MET_LATE, 3},                       /* before it */
        {4, 3, 0, FB_DUTY_MET, 0},                            /* behind it */
        {3, 3, 0, FB_DUTY_MET_LATE, 3},                       /* with it */
        {3, 0, 0, FB_DUTY_OVERDUE, 3},                        /* and it was not done */
        {0, 3, 0, FB_DUTY_MET, 0}, {3, 3, 3, FB_DUTY_MET, 0}, /* with it, which held already */
        {3, 3, 2, FB_DUTY_MET, 0},                            /* behind it */
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        teardown(NULL);
        setup(NULL);
        for (int day = 1; day <= 6; day++) {
            char when[16];
            snprintf(when, sizeof(when), "2026-01-0%d", day);
            build_at(&b, at(when));
            if (day == (cases[i].owed ? cases[i].owed : 1)) {
                add(OWES, 1, true);
            }
            if (day == cases[i].other) {
                add(OTHER, 1, false);
            }
            if (day == (cases[i].owed ? cases[i].owed - 1 : cases[i].done)) {
                add(DOES, 1, cases[i].owed != 0);
            }
        }
        struct fb_duty duty = duty_of(p(DOES));
        duty.before = p(OTHER);
        struct fb_obligation o = both(&program, &duty, "2026-01-06");
        if (o.status != cases[i].status) {
            fail_msg("case %zu: status %d", i, (int)o.status);
        }
        char breached[16];
        snprintf(breached, sizeof(breached), "2026-01-0%d", cases[i].breached);
        assert_true(o.breached == (cases[i].breached ? at(breached) : FB_TIME_MAX));
    }
}

/* Every key that a trigger ever had by now, each once, and no later one. */
static void test_keys(void **unused)
{
    (void)unused;
    struct fb_program program = program_from(NULL);
    build_at(&b, at("2026-01-01"));
    add(OWES, 4, false);
    build_at(&b, at("2026-01-02"));
    add(OWES, 2, false);
    add(OWES, 4, false);
    build_at(&b, at("2026-01-03"));
    add(OWES, 9, false);
    build_at(&b, at("2026-01-05"));
    add(OWES, 1, false);
    static const struct {
        const char *now;
        size_t count;
    } cases[] = {{"2025-12-31", 0}, {"2026-01-01", 1}, {"2026-01-02", 2}, {"2026-01-04", 3},
        {"2026-01-05", 4}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct fb_duty duty = duty_of(p(DOES));
        const struct fb_duty_subject subject = {
            &program, &duty, &b.trace, at(cases[i].now), NULL, judge, &arena};
        const struct fb_value *const *keys = NULL;
        size_t count = 99;
        FB_TEST_OK(fb_duty_keys(&subject, &arena, &keys, &count, &err));
        assert_int_equal(count, cases[i].count);
        for (size_t k = 1; k < count; k++) {
            assert_true(fb_value_cmp(keys[k - 1][0], keys[k][0]) < 0);
        }
    }
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {CASE(test_acts_without_tuples), CASE(test_open_parameter),
        CASE(test_corrections), CASE(test_before), CASE(test_keys)};
    return cmocka_run_group_tests_name("recount", tests, NULL, NULL);
}

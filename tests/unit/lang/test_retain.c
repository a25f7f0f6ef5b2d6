/*
 * Tests of src/lang/retain.c and diff_retain.c: which of two periods is the longer, against the
 * calendar itself; the words of a line, which read back; and what a comparison of policies makes of
 * a longer, a shorter and a missing line. (Refusals and meanings: tests/lang/bad/retain-*.fly,
 * tests/lang/good/retain.fly.)
 */
#include "base/alloc.h"
#include "engine/eval.h"
#include "fb_draw.h"
#include "lang/diff/diff.h"
#include "lang/retain.h"
#include "lang_test.h"

static struct fb_err err;

static fb_time end_of(const struct fb_retain *line, int64_t day)
{
    static const struct fb_days exact = {.calendar = FB_CALENDAR_EXACT};
    fb_time out;
    FB_TEST_OK(fb_deadline(day * FB_DAY, line->amount, line->unit, &exact, &out, &err));
    return out;
}

/* What covers never ends earlier, on whatever day both begin; near each other neither may. */
static void test_covers(void **state)
{
    (void)state;
    uint64_t draws = 1;
    int64_t first = fb_days_from_civil(2000, 1, 1);
    size_t sure = 0;
    for (size_t round = 0; round < 400; round++) {
        struct fb_retain a = {
            .amount = 1 + (int64_t)fb_draw_below(&draws, 300), .unit = FB_UNIT_MONTHS};
        struct fb_retain b = {.amount = a.amount * 30 + (int64_t)fb_draw_below(&draws, 300) - 80,
            .unit = FB_UNIT_DAYS};
        b.amount = b.amount < 1 ? 1 : b.amount;
        bool longer = fb_retain_covers(&a, &b), shorter = fb_retain_covers(&b, &a);
        assert_false(longer && shorter);
        sure += longer || shorter;
        for (int64_t day = first; day < first + 1461; day += 3) {
            fb_time months = end_of(&a, day), days = end_of(&b, day);
            assert_true(!longer || months >= days);
            assert_true(!shorter || days >= months);
        }
    }
    assert_true(sure > 200);
    struct fb_retain five = {.amount = 60, .unit = FB_UNIT_MONTHS}, same = five;
    assert_true(fb_retain_covers(&five, &same) && fb_retain_covers(&same, &five));
    assert_true(fb_retain_covers(&five, NULL) && fb_retain_covers(NULL, NULL));
    assert_false(fb_retain_covers(NULL, &five));
}

#define POLICY(lines) "policy \"p\"\n  title \"P\"\n  version 1\n" lines

static void test_write(void **state)
{
    static const struct {
        const char *line, *written;
    } cases[] = {{"incidents for 60 months under \"M\"", "incidents for 5 years under \"M\""},
        {"systems for 13 months under \"M\"", "systems for 13 months under \"M\""},
        {"systems for 1 month under \"M\"", "systems for 1 month under \"M\""},
        {"reports on a, \"b c\" for 1 year under \"M\"",
            "reports on \"a\", \"b c\" for 1 year under \"M\""},
        {"reports on a for 2 weeks under \"M\"", "reports on \"a\" for 14 days under \"M\""}};
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        for (size_t again = 0; again < 2; again++) { /* what is written reads back as itself */
            static struct policy policy;
            char text[256];
            struct fb_buf out;
            fb_buf_init(&out, 1000);
            snprintf(text, sizeof(text), POLICY("  retain %s\n"),
                again ? cases[i].written : cases[i].line);
            policy_compile(&policy, fb_str_of(text));
            FB_TEST_OK(policy.code);
            assert_int_equal(policy.program->retain_count, 1);
            fb_retain_write(&policy.program->retains[0], &out);
            assert_true(fb_str_is(fb_buf_str(&out), cases[i].written));
            fb_buf_release(&out);
            policy_release(&policy);
        }
    }
}

static void test_find(void **state)
{
    (void)state;
    static struct policy policy;
    policy_compile(&policy, FB_STR(POLICY("  retain systems for 1 year under \"A\"\n"
                                          "  retain reports on a, b for 2 years under \"B\"\n"
                                          "  retain reports on c for 3 years under \"C\"\n")));
    FB_TEST_OK(policy.code);
    const struct fb_program *p = policy.program;
    assert_null(fb_retain_find(p, FB_RETAIN_INCIDENTS, FB_STR("")));
    assert_ptr_equal(fb_retain_find(p, FB_RETAIN_SYSTEMS, FB_STR("")), &p->retains[0]);
    assert_ptr_equal(fb_retain_find(p, FB_RETAIN_REPORTS, FB_STR("b")), &p->retains[1]);
    assert_ptr_equal(fb_retain_find(p, FB_RETAIN_REPORTS, FB_STR("c")), &p->retains[2]);
    assert_null(fb_retain_find(p, FB_RETAIN_REPORTS, FB_STR("")));
    policy_release(&policy);
}

static const struct {
    const char *older, *newer;
    enum fb_change forth, back;
} changes[] = {
    {"", "  retain incidents for 5 years under \"M\"\n", FB_CHANGE_STRICTER, FB_CHANGE_WEAKER},
    {"  retain systems for 5 years under \"M\"\n", "  retain systems for 61 months under \"M\"\n",
        FB_CHANGE_STRICTER, FB_CHANGE_WEAKER},
    {"  retain systems for 5 years under \"M\"\n", "  retain systems for 60 months under \"M\"\n",
        FB_CHANGE_NONE, FB_CHANGE_NONE},
    {"  retain systems for 5 years under \"M\"\n", "  retain systems for 5 years under \"N\"\n",
        FB_CHANGE_REWORDED, FB_CHANGE_REWORDED},
    {"  retain systems for 1 year under \"M\"\n", "  retain systems for 365 days under \"M\"\n",
        FB_CHANGE_UNDECIDED, FB_CHANGE_UNDECIDED},
    {"  retain systems for 1 year under \"M\"\n", "  retain incidents for 1 year under \"M\"\n",
        FB_CHANGE_INCOMPARABLE, FB_CHANGE_INCOMPARABLE},
    {"  retain reports on a, b for 5 years under \"M\"\n",
        "  retain reports on b for 5 years under \"M\"\n  retain reports on a for 5 years under "
        "\"M\"\n",
        FB_CHANGE_NONE, FB_CHANGE_NONE},
    {"  retain reports on a, b for 5 years under \"M\"\n",
        "  retain reports on b for 6 years under \"M\"\n", FB_CHANGE_INCOMPARABLE,
        FB_CHANGE_INCOMPARABLE},
};

static enum fb_change compare(const char *older, const char *newer, int64_t fail_at)
{
    static struct policy sides[2];
    const char *lines[2] = {older, newer};
    struct fb_arena arena;
    struct fb_policy_change change = {.change = FB_CHANGE_NONE};
    for (size_t i = 0; i < 2; i++) {
        char text[512];
        snprintf(text, sizeof(text), POLICY("%s"), lines[i]);
        policy_compile(&sides[i], fb_str_of(text));
        FB_TEST_OK(sides[i].code);
    }
    fb_arena_init(&arena, (size_t)1 << 28);
    fb_alloc_fail_at(fail_at);
    enum fb_code code =
        fb_policy_compare(sides[0].program, sides[1].program, &arena, &change, &err);
    fb_alloc_fail_at(-1);
    assert_true(code == FB_OK || (fail_at >= 0 && code == FB_E_NOMEM));
    enum fb_change said = code == FB_OK ? change.change : FB_CHANGE_UNDECIDED;
    fb_arena_release(&arena);
    policy_release(&sides[0]);
    policy_release(&sides[1]);
    return said;
}

static void test_changes(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
        assert_int_equal(compare(changes[i].older, changes[i].newer, -1), changes[i].forth);
        assert_int_equal(compare(changes[i].newer, changes[i].older, -1), changes[i].back);
    }
    /* Without memory there is no answer rather than another. */
    for (int64_t n = 0; n < 40; n++) {
        enum fb_change said = compare(changes[0].older, changes[0].newer, n);
        assert_true(said == FB_CHANGE_UNDECIDED || said == changes[0].forth);
    }
}

int main(void)
{
    fb_err_init(&err);
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_covers), cmocka_unit_test(test_write),
        cmocka_unit_test(test_find), cmocka_unit_test(test_changes)};
    return cmocka_run_group_tests_name("retain", tests, NULL, NULL);
}

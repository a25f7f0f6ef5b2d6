/* The worked histories of SEMANTICS.md that concern the engine alone: red lines from hand-made
 * assessments, deadlines, and duties over hand-made traces. */
#include "base/alloc.h"
#include "engine/eval.h"
#include "engine/latch.h"
#include "fb_test.h"
#include "proof/check_line.h"

enum { ARENA_MAX = 1 << 26 };

static struct fb_arena arena;
static struct fb_err err;

static int setup(void **state)
{
    (void)state;
    fb_arena_init(&arena, ARENA_MAX);
    fb_err_init(&err);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    fb_arena_release(&arena);
    return 0;
}

static fb_time at(const char *text)
{
    fb_time t = 0;
    assert_int_equal(fb_time_parse(fb_str_of(text), &t, &err), FB_OK);
    return t;
}

/* ---- red lines ---- */

static const fb_time T0 = 20000 * FB_DAY;

/* Threshold 50%, clears below 30% for 90 days, age 180 days. */
static const struct fb_redline cyber = {.name = {"cyber", 5},
    .measures = {{"cybench", 7}},
    .measure_count = 1,
    .has_clears = true,
    .dwell_us = 90 * FB_DAY};

/* An evaluation that is admitted, begins and ends at the same instant. */
static struct fb_assessment assessment(fb_time t, const char *issuer, bool crosses, bool rules_out)
{
    return (struct fb_assessment){.record_id = FB_STR("evaluation/1"),
        .admitted = t,
        .began = t,
        .ended = t,
        .fresh_until = t + 180 * FB_DAY,
        .withdrawn = FB_TIME_MAX,
        .rejected = FB_TIME_MAX,
        .crosses = crosses,
        .rules_out = rules_out,
        .clears = rules_out,
        .issuer = fb_str_of(issuer),
        .why = fb_why_new(&arena, "%s at day %lld", issuer, (long long)((t - T0) / FB_DAY))};
}

static struct fb_segments run(const struct fb_redline *line, const struct fb_assessment *items,
    size_t count, const struct fb_scope *scope, size_t scope_count)
{
    struct fb_segments out = {0};
    FB_TEST_OK(fb_latch_run(line, items, count, scope, scope_count, &arena, &out, &err));
    assert_int_equal(out.items[0].from, FB_TIME_MIN);
    for (size_t i = 0; i + 1 < out.count; i++) {
        assert_int_equal(out.items[i].until, out.items[i + 1].from);
        assert_non_null(out.items[i].why);
    }
    assert_int_equal(out.items[out.count - 1].until, FB_TIME_MAX);
    return out;
}

static enum fb_line_status status(const struct fb_segments *segments, fb_time t)
{
    return fb_segment_at(segments, t)->status;
}

static void history_1_nothing_measured(void **state)
{
    (void)state;
    struct fb_segments s = run(&cyber, NULL, 0, NULL, 0);
    assert_int_equal(s.count, 1);
    assert_int_equal(s.items[0].status, FB_LINE_NOT_RULED_OUT);
    assert_true(fb_str_is(s.items[0].why->child->text, "nothing was measured on \"cybench\""));
}

static void history_2_ruled_out_until_stale(void **state)
{
    (void)state;
    struct fb_assessment a = assessment(T0, "institute", false, true);
    struct fb_segments s = run(&cyber, &a, 1, NULL, 0);
    assert_int_equal(s.count, 3);
    assert_int_equal(status(&s, T0 - 1), FB_LINE_NOT_RULED_OUT);
    assert_int_equal(status(&s, T0), FB_LINE_RULED_OUT);
    assert_int_equal(status(&s, T0 + 180 * FB_DAY - 1), FB_LINE_RULED_OUT);
    assert_int_equal(status(&s, T0 + 180 * FB_DAY), FB_LINE_NOT_RULED_OUT);
    assert_int_equal(s.items[2].from, T0 + 180 * FB_DAY);
    assert_false(s.items[2].latched);
}

/* The clearing evaluations end `days` apart. */
static struct fb_segments crossed_then(int64_t days)
{
    struct fb_assessment items[] = {assessment(T0, "developer", true, false),
        assessment(T0 + FB_DAY, "developer", false, true),
        assessment(T0 + FB_DAY + days * FB_DAY, "developer", false, true)};
    return run(&cyber, items, 3, NULL, 0);
}

static void history_4_latch(void **state)
{
    (void)state;
    struct fb_segments s = crossed_then(89);
    assert_int_equal(status(&s, T0), FB_LINE_CROSSED);
    assert_false(fb_segment_at(&s, T0)->latched);
    assert_int_equal(status(&s, T0 + FB_DAY), FB_LINE_CROSSED);
    assert_true(fb_segment_at(&s, T0 + FB_DAY)->latched);
    assert_int_equal(status(&s, T0 + 90 * FB_DAY), FB_LINE_CROSSED);
    assert_int_equal(status(&s, T0 + 1000 * FB_DAY), FB_LINE_CROSSED);
    s = crossed_then(90);
    assert_int_equal(status(&s, T0 + 91 * FB_DAY - 1), FB_LINE_CROSSED);
    assert_int_equal(status(&s, T0 + 91 * FB_DAY), FB_LINE_RULED_OUT);
    assert_int_equal(status(&s, T0 + 271 * FB_DAY), FB_LINE_NOT_RULED_OUT);
}

static void history_3_5_7_neither(void **state)
{
    (void)state;
    struct fb_assessment a = assessment(T0, "developer", false, false);
    struct fb_segments s = run(&cyber, &a, 1, NULL, 0);
    assert_int_equal(s.count, 3);
    assert_int_equal(s.items[2].since, FB_TIME_MIN);
    assert_int_equal(s.items[2].status, FB_LINE_NOT_RULED_OUT);
    assert_int_equal(status(&s, T0), FB_LINE_NOT_RULED_OUT);
    struct fb_why *reason = fb_segment_at(&s, T0)->why->child;
    assert_true(fb_str_is(reason->text, "developer at day 0"));
    a.rules_out = true;
    a.defeated = true;
    s = run(&cyber, &a, 1, NULL, 0);
    assert_int_equal(status(&s, T0), FB_LINE_NOT_RULED_OUT);
}

static void history_6_adverse_governs(void **state)
{
    (void)state;
    struct fb_assessment items[] = {assessment(T0, "developer", false, true),
        assessment(T0 + FB_DAY, "institute", true, false),
        assessment(T0 + 2 * FB_DAY, "developer", false, true)};
    struct fb_segments s = run(&cyber, items, 3, NULL, 0);
    assert_int_equal(status(&s, T0), FB_LINE_RULED_OUT);
    assert_int_equal(status(&s, T0 + FB_DAY), FB_LINE_CROSSED);
    assert_int_equal(status(&s, T0 + 2 * FB_DAY), FB_LINE_CROSSED);
    assert_false(fb_segment_at(&s, T0 + 2 * FB_DAY)->latched);
    /* Neither crosses nor rules out: the institute's still governs until it is stale. */
    items[1].crosses = false;
    s = run(&cyber, items, 3, NULL, 0);
    assert_int_equal(status(&s, T0 + 2 * FB_DAY), FB_LINE_NOT_RULED_OUT);
    assert_int_equal(status(&s, T0 + 181 * FB_DAY), FB_LINE_RULED_OUT);
    /* Its own later result replaces it. */
    items[2].issuer = FB_STR("institute");
    s = run(&cyber, items, 3, NULL, 0);
    assert_int_equal(status(&s, T0 + 2 * FB_DAY), FB_LINE_RULED_OUT);
    /* Another score of the same log does not: the more adverse of both governs. */
    items[1].log = items[2].log = FB_STR("sha256:1");
    s = run(&cyber, items, 3, NULL, 0);
    assert_int_equal(status(&s, T0 + 2 * FB_DAY), FB_LINE_NOT_RULED_OUT);
    items[2].log = FB_STR("sha256:2");
    s = run(&cyber, items, 3, NULL, 0);
    assert_int_equal(status(&s, T0 + 2 * FB_DAY), FB_LINE_RULED_OUT);
}

static void history_14_scope(void **state)
{
    (void)state;
    struct fb_assessment a = assessment(T0, "developer", true, false);
    const struct fb_scope scope[] = {{FB_TIME_MIN, false, NULL}, {T0 + FB_DAY, true, NULL}};
    struct fb_segments s = run(&cyber, &a, 1, scope, 2);
    assert_int_equal(status(&s, T0), FB_LINE_OUT_OF_SCOPE);
    assert_int_equal(status(&s, T0 + FB_DAY), FB_LINE_CROSSED);
    assert_string_equal(fb_line_status_name(FB_LINE_OUT_OF_SCOPE), "out of scope");
}

static void test_latch_withdrawal(void **state)
{
    (void)state;
    struct fb_assessment items[] = {assessment(T0, "developer", true, false),
        assessment(T0 + FB_DAY, "developer", false, true),
        assessment(T0 + 91 * FB_DAY, "developer", false, true)};
    /* The crossing evaluation is withdrawn: what latched stays. */
    items[0].withdrawn = T0 + 2 * FB_DAY;
    struct fb_segments s = run(&cyber, items, 3, NULL, 0);
    assert_int_equal(status(&s, T0 + 3 * FB_DAY), FB_LINE_CROSSED);
    assert_int_equal(status(&s, T0 + 91 * FB_DAY), FB_LINE_RULED_OUT);
    /* A clearing one is withdrawn after it cleared: the latch is back. */
    items[1].withdrawn = T0 + 100 * FB_DAY;
    s = run(&cyber, items, 3, NULL, 0);
    assert_int_equal(status(&s, T0 + 99 * FB_DAY), FB_LINE_RULED_OUT);
    assert_int_equal(status(&s, T0 + 100 * FB_DAY), FB_LINE_CROSSED);
    assert_true(fb_segment_at(&s, T0 + 100 * FB_DAY)->latched);
}

static void test_latch_rules(void **state)
{
    (void)state;
    /* An evaluation that began before the crossing does not clear. */
    struct fb_assessment items[] = {assessment(T0, "developer", true, false),
        assessment(T0 + FB_DAY, "developer", false, true),
        assessment(T0 + 95 * FB_DAY, "developer", false, true)};
    items[1].began = T0 - FB_DAY;
    struct fb_segments s = run(&cyber, items, 3, NULL, 0);
    assert_int_equal(status(&s, T0 + 95 * FB_DAY), FB_LINE_CROSSED);
    /* Without `clears`: cleared once ruled out by an evaluation that began after. */
    struct fb_redline plain = cyber;
    plain.has_clears = false;
    s = run(&plain, items, 3, NULL, 0);
    assert_int_equal(status(&s, T0 + FB_DAY), FB_LINE_CROSSED);
    assert_int_equal(status(&s, T0 + 95 * FB_DAY), FB_LINE_RULED_OUT);
    /* Two measures: crossed if any is, ruled out only if all are. */
    struct fb_redline two = cyber;
    two.measure_count = 2;
    two.measures[1] = FB_STR("intercode-ctf");
    items[0].crosses = false;
    items[0].rules_out = true;
    items[1].measure = 1;
    s = run(&two, items, 2, NULL, 0);
    assert_int_equal(status(&s, T0), FB_LINE_NOT_RULED_OUT);
    assert_int_equal(status(&s, T0 + FB_DAY), FB_LINE_RULED_OUT);
    items[1].crosses = true;
    items[1].rules_out = false;
    s = run(&two, items, 2, NULL, 0);
    assert_int_equal(status(&s, T0 + FB_DAY), FB_LINE_CROSSED);
}

static void test_latch_limits(void **state)
{
    (void)state;
    struct fb_segments s = {0};
    static struct fb_assessment many[FB_LATCH_ASSESSMENTS_MAX + 1];
    FB_TEST_FAILS(
        fb_latch_run(&cyber, many, FB_LATCH_ASSESSMENTS_MAX + 1, NULL, 0, &arena, &s, &err),
        FB_E_LIMIT);
    assert_null(s.items);
    struct fb_line_subject subject = {
        .line = &cyber, .items = many, .count = FB_LATCH_ASSESSMENTS_MAX + 1};
    FB_TEST_FAILS(fb_line_recount(&subject, &arena, &s, &err), FB_E_LIMIT);
    assert_null(s.items);
    struct fb_assessment a = assessment(T0, "developer", true, false);
    for (int64_t n = 0;; n++) {
        struct fb_arena small;
        fb_arena_init(&small, ARENA_MAX);
        fb_alloc_fail_at(n);
        enum fb_code code = fb_latch_run(&cyber, &a, 1, NULL, 0, &small, &s, &err);
        fb_alloc_fail_at(-1);
        fb_arena_release(&small);
        if (code == FB_OK) {
            assert_true(n > 0);
            break;
        }
        assert_int_equal(code, FB_E_NOMEM);
        assert_null(s.items);
    }
}

/* ---- deadlines ---- */

static fb_time deadline(const char *anchor, int64_t amount, enum fb_unit unit, enum fb_calendar c)
{
    fb_time out = 0;
    FB_TEST_OK(fb_deadline(at(anchor), amount, unit, &(struct fb_days){.calendar = c}, &out, &err));
    return out;
}

static void test_deadlines(void **state)
{
    (void)state;
    const struct {
        const char *anchor;
        int64_t amount;
        enum fb_unit unit;
        enum fb_calendar calendar;
        const char *want;
    } cases[] = {
        /* History 9. */
        {"2026-03-01T09:00:00Z", 10, FB_UNIT_DAYS, FB_CALENDAR_EXACT, "2026-03-11T09:00:00Z"},
        {"2026-03-01T09:00:00Z", 36, FB_UNIT_HOURS, FB_CALENDAR_EXACT, "2026-03-02T21:00:00Z"},
        {"2026-01-31T09:00:00Z", 1, FB_UNIT_MONTHS, FB_CALENDAR_EXACT, "2026-02-28T09:00:00Z"},
        {"2023-12-31T09:00:00Z", 2, FB_UNIT_MONTHS, FB_CALENDAR_EXACT, "2024-02-29T09:00:00Z"},
        /* A Friday and a Saturday. */
        {"2026-03-06T15:00:00Z", 1, FB_UNIT_BUSINESS_DAYS, FB_CALENDAR_EXACT,
            "2026-03-09T15:00:00Z"},
        {"2026-03-07T15:00:00Z", 1, FB_UNIT_BUSINESS_DAYS, FB_CALENDAR_EXACT, "2026-03-10"},
        /* History 10: 11 March 2026 is a Wednesday; 11 March 2029 is a Sunday. */
        {"2026-03-01T09:00:00Z", 10, FB_UNIT_DAYS, FB_CALENDAR_EU_1182_71, "2026-03-12"},
        {"2029-03-01T09:00:00Z", 10, FB_UNIT_DAYS, FB_CALENDAR_EU_1182_71, "2029-03-13"},
        /* Two days from a Friday end on Sunday, so on Monday, and need two working days. */
        {"2026-03-06T09:00:00Z", 2, FB_UNIT_DAYS, FB_CALENDAR_EU_1182_71, "2026-03-11"},
        {"2026-03-06T09:00:00Z", 1, FB_UNIT_DAYS, FB_CALENDAR_EU_1182_71, "2026-03-10"},
        {"2026-03-06T09:20:00Z", 72, FB_UNIT_HOURS, FB_CALENDAR_EU_1182_71, "2026-03-09T10:00:00Z"},
        {"2026-01-31T09:00:00Z", 1, FB_UNIT_MONTHS, FB_CALENDAR_EU_1182_71, "2026-03-03"},
        {"2026-03-06T09:00:00Z", 3, FB_UNIT_BUSINESS_DAYS, FB_CALENDAR_EU_1182_71, "2026-03-12"},
        {"2026-02-26T09:00:00Z", 10, FB_UNIT_DAYS, FB_CALENDAR_US_CA, "2026-03-10"},
        {"2026-03-05T09:00:00Z", 2, FB_UNIT_DAYS, FB_CALENDAR_US_CA, "2026-03-10"},
        {"2026-03-05T09:00:00Z", 24, FB_UNIT_HOURS, FB_CALENDAR_US_CA, "2026-03-06T09:00:00Z"},
        {"1969-12-31T23:00:00Z", 1, FB_UNIT_DAYS, FB_CALENDAR_EU_1182_71, "1970-01-02"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        fb_time got = deadline(cases[i].anchor, cases[i].amount, cases[i].unit, cases[i].calendar);
        char text[FB_TIME_TEXT];
        if (got != at(cases[i].want)) {
            fail_msg("case %zu: got %s, want %s", i, fb_time_format(got, text), cases[i].want);
        }
    }
    static const struct fb_days exact = {.calendar = FB_CALENDAR_EXACT};
    fb_time out = 7;
    FB_TEST_FAILS(fb_deadline(0, -1, FB_UNIT_DAYS, &exact, &out, &err), FB_E_RANGE);
    FB_TEST_FAILS(fb_deadline(0, 366001, FB_UNIT_DAYS, &exact, &out, &err), FB_E_RANGE);
    FB_TEST_FAILS(fb_deadline(FB_TIME_MAX, 1, FB_UNIT_DAYS, &exact, &out, &err), FB_E_TIME);
    assert_int_equal(out, 7);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(history_1_nothing_measured),
        cmocka_unit_test(history_2_ruled_out_until_stale),
        cmocka_unit_test(history_3_5_7_neither),
        cmocka_unit_test(history_4_latch),
        cmocka_unit_test(history_6_adverse_governs),
        cmocka_unit_test(history_14_scope),
        cmocka_unit_test(test_latch_withdrawal),
        cmocka_unit_test(test_latch_rules),
        cmocka_unit_test(test_latch_limits),
        cmocka_unit_test(test_deadlines),
    };
    return cmocka_run_group_tests_name("histories", tests, setup, teardown);
}

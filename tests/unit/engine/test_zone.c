/* Tests of src/engine/zone.c: summer time of the EU and the US, offsets, both ways. */
#include "engine/eval.h"
#include "engine/zone.h"
#include "fb_test.h"

static struct fb_err err;

static fb_time at(const char *text)
{
    fb_time t = 0;
    FB_TEST_OK(fb_time_parse(fb_str_of(text), &t, &err));
    return t;
}

static struct fb_zone zone(const char *name)
{
    struct fb_zone out = {0};
    if (!fb_zone_named(fb_str_of(name), &out)) {
        fail_msg("no zone %s", name);
    }
    return out;
}

static void test_offsets(void **state)
{
    (void)state;
    static const struct {
        const char *zone;
        const char *instant;
        const char *local;
    } cases[] = {
        {"UTC", "2026-07-01T12:00:00Z", "2026-07-01T12:00:00Z"},
        {"+05:30", "2026-07-01T12:00:00Z", "2026-07-01T17:30:00Z"},
        {"-03:00", "2026-01-01T01:00:00Z", "2025-12-31T22:00:00Z"},
        {"Asia/Kolkata", "2026-01-01T00:00:00Z", "2026-01-01T05:30:00Z"},
        {"Europe/Brussels", "2026-03-29T00:59:59Z", "2026-03-29T01:59:59Z"},
        {"Europe/Brussels", "2026-03-29T01:00:00Z", "2026-03-29T03:00:00Z"},
        {"Europe/Brussels", "2026-10-25T00:59:59Z", "2026-10-25T02:59:59Z"},
        {"Europe/Brussels", "2026-10-25T01:00:00Z", "2026-10-25T02:00:00Z"},
        {"Europe/London", "2024-03-31T01:00:00Z", "2024-03-31T02:00:00Z"},
        {"Europe/Helsinki", "2025-10-26T01:00:00Z", "2025-10-26T03:00:00Z"},
        {"America/Los_Angeles", "2026-03-08T09:59:59Z", "2026-03-08T01:59:59Z"},
        {"America/Los_Angeles", "2026-03-08T10:00:00Z", "2026-03-08T03:00:00Z"},
        {"America/Los_Angeles", "2026-11-01T08:59:59Z", "2026-11-01T01:59:59Z"},
        {"America/Los_Angeles", "2026-11-01T09:00:00Z", "2026-11-01T01:00:00Z"},
        {"America/New_York", "2027-01-01T04:59:59Z", "2026-12-31T23:59:59Z"},
        {"Europe/Brussels", "1969-07-20T20:00:00Z", "1969-07-20T22:00:00Z"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct fb_zone z = zone(cases[i].zone);
        fb_time instant = at(cases[i].instant);
        if (instant + fb_zone_offset(&z, instant) != at(cases[i].local)) {
            fail_msg("case %zu", i);
        }
    }
}

/* Every hour of some years, there and back; only the hour that comes twice gives its first. */
static void test_round_trip(void **state)
{
    (void)state;
    static const char *const names[] = {"Europe/Brussels", "America/New_York", "-09:30"};
    for (size_t i = 0; i < 3; i++) {
        struct fb_zone z = zone(names[i]);
        size_t twice = 0;
        fb_time end = at("2029-01-01T00:00:00Z");
        for (fb_time t = at("2023-01-01T00:00:00Z"); t < end; t += FB_HOUR) {
            fb_time back = fb_zone_instant(&z, t + fb_zone_offset(&z, t));
            twice += back != t;
            assert_true(back == t || back == t - FB_HOUR);
        }
        assert_int_equal(twice, z.dst == FB_DST_NONE ? 0 : 6);
    }
    struct fb_zone z = zone("Europe/Brussels");
    assert_true(fb_zone_instant(&z, at("2026-03-29T02:30:00Z")) == at("2026-03-29T01:30:00Z"));
}

static void test_names(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "", "utc", "Europe/Atlantis", "+15:00", "+05:60", "05:30", "+5:30", "+05:3x", "+05:300"};
    struct fb_zone out;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_false(fb_zone_named(fb_str_of(bad[i]), &out));
    }
}

/* Periods and deadlines in local time: the end of a day, of a short month, across a change of
 * clocks, over holidays. */
static void test_local_days(void **state)
{
    (void)state;
    const int64_t holidays[] = {fb_days_from_civil(2026, 4, 6), fb_days_from_civil(2026, 12, 25),
        fb_days_from_civil(2026, 12, 26)};
    struct fb_days eu = {.calendar = FB_CALENDAR_EU_1182_71,
        .zone = zone("Europe/Brussels"),
        .holidays = holidays,
        .holiday_count = 3};
    struct fb_days exact = {
        .zone = zone("Europe/Brussels"), .holidays = holidays, .holiday_count = 3};
    struct fb_days ca = {.calendar = FB_CALENDAR_US_CA, .zone = zone("America/Los_Angeles")};
    static const struct {
        int days;
        const char *anchor;
        int64_t amount;
        enum fb_unit unit;
        const char *want;
    } cases[] = {
        {0, "2026-03-01T09:00:00Z", 10, FB_UNIT_DAYS, "2026-03-11T23:00:00Z"},
        /* 23:30 UTC is the next day in Brussels. */
        {0, "2026-03-01T23:30:00Z", 10, FB_UNIT_DAYS, "2026-03-12T23:00:00Z"},
        {0, "2026-03-20T09:00:00Z", 10, FB_UNIT_DAYS, "2026-03-30T22:00:00Z"},
        /* 4 April is a Saturday, Monday 6 April is listed. */
        {0, "2026-03-25T09:00:00Z", 10, FB_UNIT_DAYS, "2026-04-07T22:00:00Z"},
        {0, "2026-12-23T09:00:00Z", 2, FB_UNIT_BUSINESS_DAYS, "2026-12-28T23:00:00Z"},
        {0, "2026-01-31T09:00:00Z", 1, FB_UNIT_MONTHS, "2026-03-02T23:00:00Z"},
        {0, "2026-03-28T23:10:00Z", 72, FB_UNIT_HOURS, "2026-04-01T00:00:00Z"},
        {1, "2026-03-28T09:00:00Z", 2, FB_UNIT_DAYS, "2026-03-30T09:00:00Z"},
        {1, "2026-02-28T09:00:00Z", 1, FB_UNIT_MONTHS, "2026-03-28T09:00:00Z"},
        {1, "2026-03-15T09:00:00Z", 1, FB_UNIT_MONTHS, "2026-04-15T08:00:00Z"},
        {1, "2026-04-03T09:00:00Z", 1, FB_UNIT_BUSINESS_DAYS, "2026-04-07T09:00:00Z"},
        {2, "2026-03-02T05:00:00Z", 15, FB_UNIT_DAYS, "2026-03-17T07:00:00Z"},
    };
    const struct fb_days *all[] = {&eu, &exact, &ca};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char text[FB_TIME_TEXT];
        fb_time got = 0;
        FB_TEST_OK(fb_deadline(
            at(cases[i].anchor), cases[i].amount, cases[i].unit, all[cases[i].days], &got, &err));
        if (got != at(cases[i].want)) {
            fail_msg("case %zu: got %s, want %s", i, fb_time_format(got, text), cases[i].want);
        }
    }
    fb_time got = 0;
    FB_TEST_OK(fb_period(at("2026-01-31T09:00:00Z"), 1, FB_UNIT_MONTHS, &eu, &got, &err));
    assert_true(got == at("2026-02-28T09:00:00Z"));
    FB_TEST_OK(fb_period(at("2026-01-31T09:00:00Z"), 6, FB_UNIT_MONTHS, &eu, &got, &err));
    assert_true(got == at("2026-07-31T08:00:00Z"));
    FB_TEST_OK(fb_period(at("2024-02-29T09:00:00Z"), 12, FB_UNIT_MONTHS, &eu, &got, &err));
    assert_true(got == at("2025-02-28T09:00:00Z"));
    FB_TEST_FAILS(fb_period(0, 12001, FB_UNIT_MONTHS, &eu, &got, &err), FB_E_RANGE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_offsets),
        cmocka_unit_test(test_round_trip),
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_local_days),
    };
    return cmocka_run_group_tests_name("zone", tests, NULL, NULL);
}

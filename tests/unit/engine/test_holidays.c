/*
 * Tests of src/engine/holidays.c and its table: known days of each place, deadlines that they move,
 * and deadlines past the years that are listed, which say so. (In policies:
 * tests/lang/good/holidays.fly.)
 */
#include <stdlib.h>

#include "engine/eval.h"
#include "engine/holidays.h"
#include "engine/zone.h"
#include "fb_test.h"

static struct fb_err err;

/* How a place counts days. */
static void days_of(const char *name, const char *zone, enum fb_calendar calendar,
    struct fb_days *out, int64_t **owned)
{
    struct fb_holiday_list list;
    assert_true(fb_holidays_named(fb_str_of(name), &list));
    *owned = calloc(list.count, sizeof(**owned));
    assert_non_null(*owned);
    fb_holidays_write(fb_str_of(name), *owned);
    *out = (struct fb_days){.calendar = calendar,
        .holidays = *owned,
        .holiday_count = list.count,
        .listed = fb_str_of(name),
        .listed_from = list.from,
        .listed_until = list.until};
    assert_true(fb_zone_named(fb_str_of(zone), &out->zone));
}

static fb_time at(const char *text)
{
    fb_time t = 0;
    FB_TEST_OK(fb_time_parse(fb_str_of(text), &t, &err));
    return t;
}

#define BRUSSELS "Europe/Brussels", FB_CALENDAR_EU_1182_71
#define COAST "America/Los_Angeles", FB_CALENDAR_US_CA
#define SEOUL "Asia/Seoul", FB_CALENDAR_US_CA

/* Known dates, each looked up in its law, not in the table. */
static const struct {
    const char *name, *zone;
    enum fb_calendar calendar;
    const char *from;
    int64_t amount;
    enum fb_unit unit;
    const char *to;
    bool unlisted;
} moved[] = {
    /* Five days from Tuesday 31 March 2026 end on Sunday 5 April; Monday is Easter Monday. */
    {"eu-commission", BRUSSELS, "2026-03-31T10:00:00Z", 5, FB_UNIT_DAYS, "2026-04-07T22:00:00Z",
        false},
    /* Two business days over Maundy Thursday to Easter Monday 2026: 1 and 7 April. */
    {"eu-commission", BRUSSELS, "2026-03-31T10:00:00Z", 2, FB_UNIT_BUSINESS_DAYS,
        "2026-04-07T22:00:00Z", false},
    /* Belgium does not have Maundy Thursday: 1 and 2 April, then 3 April and 7 April. */
    {"be", BRUSSELS, "2026-03-31T10:00:00Z", 2, FB_UNIT_BUSINESS_DAYS, "2026-04-02T22:00:00Z",
        false},
    {"be", BRUSSELS, "2026-03-31T10:00:00Z", 4, FB_UNIT_BUSINESS_DAYS, "2026-04-07T22:00:00Z",
        false},
    /* The days at the end of the year, on to the first days of the next, of which nothing is known.
     */
    {"eu-commission", BRUSSELS, "2025-12-22T10:00:00Z", 2, FB_UNIT_DAYS, "2026-01-05T23:00:00Z",
        false},
    {"eu-commission", BRUSSELS, "2026-12-22T10:00:00Z", 2, FB_UNIT_DAYS, "2027-01-01T23:00:00Z",
        true},
    /* 4 July 2026 is a Saturday: the courts of California keep Friday the 3rd; ten days from 23
     * June end then, and go on to Monday the 6th. New York has Saturday alone. */
    {"us-ca", COAST, "2026-06-23T18:00:00Z", 10, FB_UNIT_DAYS, "2026-07-07T07:00:00Z", false},
    {"us-ny", "America/New_York", FB_CALENDAR_US_CA, "2026-06-23T18:00:00Z", 10, FB_UNIT_DAYS,
        "2026-07-04T04:00:00Z", false},
    /* 4 July 2027 is a Sunday, kept on Monday in both. */
    {"us-ca", COAST, "2027-06-25T18:00:00Z", 10, FB_UNIT_DAYS, "2027-07-07T07:00:00Z", false},
    {"us-ny", "America/New_York", FB_CALENDAR_US_CA, "2027-06-25T18:00:00Z", 10, FB_UNIT_DAYS,
        "2027-07-07T04:00:00Z", false},
    /* Election day: every year in New York, every other one in Illinois. */
    {"us-ny", "America/New_York", FB_CALENDAR_US_CA, "2027-10-30T18:00:00Z", 3, FB_UNIT_DAYS,
        "2027-11-04T04:00:00Z", false},
    {"us-il", "America/Chicago", FB_CALENDAR_US_CA, "2027-10-30T18:00:00Z", 3, FB_UNIT_DAYS,
        "2027-11-03T05:00:00Z", false},
    /* Good Friday in Illinois, which California works on. */
    {"us-il", "America/Chicago", FB_CALENDAR_US_CA, "2026-03-31T18:00:00Z", 3, FB_UNIT_DAYS,
        "2026-04-07T05:00:00Z", false},
    {"us-ca", COAST, "2026-03-31T18:00:00Z", 3, FB_UNIT_DAYS, "2026-04-04T07:00:00Z", false},
    /* Chuseok 2026, Thursday 24 to Saturday 26 September: ten days from the 14th go to Monday. */
    {"kr", SEOUL, "2026-09-14T03:00:00Z", 10, FB_UNIT_DAYS, "2026-09-28T15:00:00Z", false},
    /* The new year of the moon 2027, with Tuesday in place of Sunday. */
    {"kr", SEOUL, "2027-02-03T03:00:00Z", 5, FB_UNIT_DAYS, "2027-02-10T15:00:00Z", false},
    {"kr", SEOUL, "2027-12-27T03:00:00Z", 5, FB_UNIT_DAYS, "2028-01-03T15:00:00Z", true},
    /* Boxing Day 2026 is a Saturday, kept on Monday 28 December. */
    {"gb-eng", "Europe/London", FB_CALENDAR_EU_1182_71, "2026-12-21T10:00:00Z", 4, FB_UNIT_DAYS,
        "2026-12-30T00:00:00Z", false},
    /* Saint Brigid 2026 is on Monday 2 February; King's day 2025 on Saturday 26 April. */
    {"ie", "Europe/Dublin", FB_CALENDAR_EU_1182_71, "2026-01-27T10:00:00Z", 3, FB_UNIT_DAYS,
        "2026-01-31T00:00:00Z", false},
    {"ie", "Europe/Dublin", FB_CALENDAR_EU_1182_71, "2026-01-27T10:00:00Z", 6, FB_UNIT_DAYS,
        "2026-02-04T00:00:00Z", false},
    /* Hours count as they are, and so do months and days that are exact. */
    {"be", BRUSSELS, "2027-12-31T10:30:00Z", 48, FB_UNIT_HOURS, "2028-01-02T11:00:00Z", false},
    {"be", "Europe/Brussels", FB_CALENDAR_EXACT, "2027-12-31T10:30:00Z", 3, FB_UNIT_DAYS,
        "2028-01-03T10:30:00Z", false},
    /* Business days before the list begins are not known either; days are, when the last one is. */
    {"be", BRUSSELS, "2024-12-20T10:00:00Z", 10, FB_UNIT_BUSINESS_DAYS, "2025-01-06T23:00:00Z",
        true},
    {"be", BRUSSELS, "2024-12-20T10:00:00Z", 40, FB_UNIT_DAYS, "2025-01-29T23:00:00Z", false},
    {"be", BRUSSELS, "2024-12-01T10:00:00Z", 10, FB_UNIT_DAYS, "2024-12-11T23:00:00Z", true},
};

static void test_moved(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(moved) / sizeof(moved[0]); i++) {
        struct fb_days days;
        int64_t *owned;
        char got[FB_TIME_TEXT];
        fb_time to = 0, from = at(moved[i].from);
        days_of(moved[i].name, moved[i].zone, moved[i].calendar, &days, &owned);
        FB_TEST_OK(fb_deadline(from, moved[i].amount, moved[i].unit, &days, &to, &err));
        bool unlisted = fb_holidays_unlisted(&days, from, to, moved[i].unit);
        if (to != at(moved[i].to) || unlisted != moved[i].unlisted) {
            fail_msg("%s from %s: %s%s, not %s", moved[i].name, moved[i].from,
                fb_time_format(to, got), unlisted ? " (not listed)" : "", moved[i].to);
        }
        free(owned);
    }
}

/* A day before the list ends is known; one after is not; without a list nothing is asked. */
static void test_ends(void **state)
{
    (void)state;
    struct fb_days days;
    int64_t *owned;
    days_of("kr", SEOUL, &days, &owned);
    int64_t last = days.listed_until - 1;
    fb_time midnight = (last + 1) * FB_DAY - 9 * FB_HOUR; /* of the last day, in Seoul */
    assert_false(fb_holidays_unlisted(&days, midnight - 30 * FB_DAY, midnight, FB_UNIT_DAYS));
    assert_true(fb_holidays_unlisted(&days, midnight - 30 * FB_DAY, midnight + 1, FB_UNIT_DAYS));
    assert_false(fb_holidays_unlisted(&days, FB_TIME_MIN, midnight + 1, FB_UNIT_DAYS));
    assert_false(fb_holidays_unlisted(&days, midnight, FB_TIME_MAX, FB_UNIT_DAYS));
    assert_false(fb_holidays_unlisted(&days, midnight, midnight + FB_DAY, FB_UNIT_HOURS));
    days.listed.len = 0;
    assert_false(fb_holidays_unlisted(&days, midnight, midnight + FB_DAY, FB_UNIT_DAYS));
    free(owned);
}

static size_t lists;

/* Its days are in order, each once, in the years that it says it covers; each year has some. */
static void check_list(void *ctx, struct fb_str name)
{
    struct fb_holiday_list list;
    (void)ctx;
    lists++;
    assert_true(fb_holidays_named(name, &list));
    assert_true(list.place[0] && strlen(list.source) > 10);
    int64_t *days = calloc(list.count, sizeof(*days));
    assert_non_null(days);
    fb_holidays_write(name, days);
    int64_t covered = list.until - list.from;
    assert_true(list.from == fb_days_from_civil(2025, 1, 1) && covered >= 730);
    assert_true((double)list.count * 365 / (double)covered >= 8);
    for (size_t i = 0; i < list.count; i++) {
        assert_true(days[i] >= list.from && days[i] < list.until);
        assert_true(i == 0 || days[i] > days[i - 1]);
    }
    free(days);
}

static void test_lists(void **state)
{
    struct fb_holiday_list list;
    (void)state;
    fb_holidays_each(check_list, NULL);
    assert_true(lists >= 21);
    assert_false(fb_holidays_named(FB_STR("atlantis"), &list));
    assert_false(fb_holidays_named(FB_STR(""), &list));
}

int main(void)
{
    fb_err_init(&err);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_moved), cmocka_unit_test(test_ends), cmocka_unit_test(test_lists)};
    return cmocka_run_group_tests_name("holidays", tests, NULL, NULL);
}

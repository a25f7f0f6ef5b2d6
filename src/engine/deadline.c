/*
 * Deadlines under calendars, in the local time of the policy's zone.
 *
 * exact: hours and days are multiples of 1 and 24 hours. A business day has 24 hours too, but hours
 * of Saturday and Sunday do not count. Months keep the time of day; a month that is too short gives
 * its last day.
 *
 * eu-1182-71: Regulation (EEC, Euratom) No 1182/71. Art. 3(1): the day (for hours: the hour) of the
 * event is not counted. Art. 3(2)(a): a period in hours begins with the first hour and ends with
 * the last hour; (b) in days, with the last hour of the last day; (c) in months, with the last hour
 * of the day of the same date as the day of the event, or of the last day of a shorter month.
 * Art. 3(4): a last day that is a holiday, Saturday or Sunday gives way to the last hour of the
 * next working day, except for periods in hours. Art. 3(3): holidays inside count, except in
 * periods of working days. Art. 3(5): a period of two days or more includes at least two working
 * days. The deadline is the instant after the last hour.
 *
 * us-ca: California Code of Civil Procedure 12 and 12a: the first day is excluded and the last is
 * included, unless it is a holiday; Saturdays and Sundays are. Hours are exact.
 *
 * Besides Saturdays and Sundays the days are free that the policy lists as holidays. `exact` counts
 * hours and days as such, in whatever zone; months and business days are those of the local
 * calendar.
 */
#include "base/assert.h"
#include "engine/eval.h"
#include "engine/zone.h"

/* 1000 years; longer is a mistake. By unit. */
static const int64_t amount_max[] = {366000 * 24, 366000, 366000, 12000};

static int64_t day_of(fb_time t)
{
    return t >= 0 ? t / FB_DAY : -((-t + FB_DAY - 1) / FB_DAY);
}

static bool is_holiday(const struct fb_days *days, int64_t day)
{
    size_t low = 0, high = days->holiday_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (days->holidays[middle] < day) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low < days->holiday_count && days->holidays[low] == day;
}

/* 1970-01-01 was a Thursday; Saturday is 5 and Sunday 6 when Monday is 0. */
static bool working(const struct fb_days *days, int64_t day)
{
    int64_t weekday = ((day + 3) % 7 + 7) % 7;
    return weekday < 5 && !is_holiday(days, day);
}

static int64_t next_working(const struct fb_days *days, int64_t day)
{
    while (!working(days, day)) {
        day++;
    }
    return day;
}

/* The amount-th working day after day. */
static int64_t add_working(const struct fb_days *days, int64_t day, int64_t amount)
{
    for (int64_t left = amount; left > 0; left--) {
        day = next_working(days, day + 1);
    }
    return day;
}

static int64_t add_months(int64_t day, int64_t amount)
{
    static const unsigned lengths[12] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    int64_t year;
    unsigned month;
    unsigned date;
    fb_civil_from_days(day, &year, &month, &date);
    int64_t index = year * 12 + (int64_t)month - 1 + amount;
    year = index / 12;
    month = (unsigned)(index % 12) + 1;
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    unsigned last = lengths[month - 1] + (month == 2 && leap ? 1 : 0);
    return fb_days_from_civil(year, month, date < last ? date : last);
}

static int64_t working_between(const struct fb_days *days, int64_t after, int64_t last)
{
    int64_t count = 0;
    for (int64_t day = after + 1; day <= last && count < 2; day++) {
        count += working(days, day) ? 1 : 0;
    }
    return count;
}

/* Business days under `exact`: time runs on working days only, from the anchor or the first working
 * midnight after it. */
static fb_time exact_business(const struct fb_days *days, fb_time anchor, int64_t amount)
{
    int64_t day = day_of(anchor);
    fb_time inside = anchor - day * FB_DAY;
    if (!working(days, day)) {
        day = next_working(days, day);
        inside = 0;
    }
    return add_working(days, day, amount) * FB_DAY + inside;
}

static fb_time exact(const struct fb_days *days, fb_time anchor, int64_t amount, enum fb_unit unit)
{
    int64_t day = day_of(anchor);
    switch (unit) {
    case FB_UNIT_HOURS:
        return anchor + amount * FB_HOUR;
    case FB_UNIT_DAYS:
        return anchor + amount * FB_DAY;
    case FB_UNIT_BUSINESS_DAYS:
        return exact_business(days, anchor, amount);
    case FB_UNIT_MONTHS:
        return add_months(day, amount) * FB_DAY + (anchor - day * FB_DAY);
    }
    FB_ASSERT(false);
    return anchor;
}

/* The last day of a period whose first day, that of the anchor, is not counted. */
static int64_t last_day(const struct fb_days *days, int64_t day, int64_t amount, enum fb_unit unit)
{
    FB_ASSERT(unit != FB_UNIT_HOURS);
    if (unit == FB_UNIT_MONTHS) {
        return add_months(day, amount);
    }
    return unit == FB_UNIT_DAYS ? day + amount : add_working(days, day, amount);
}

/* In local time; periods in hours are counted by the caller. */
static fb_time eu_1182_71(
    const struct fb_days *days, fb_time anchor, int64_t amount, enum fb_unit unit)
{
    int64_t day = day_of(anchor);
    int64_t last = next_working(days, last_day(days, day, amount, unit));
    while (unit == FB_UNIT_DAYS && amount >= 2 && working_between(days, day, last) < 2) {
        last = next_working(days, last + 1);
    }
    return (last + 1) * FB_DAY;
}

/* Hours are the same in every zone; under eu-1182-71 the local hour that has begun is not counted.
 */
static fb_time in_hours(const struct fb_days *days, fb_time anchor, int64_t amount)
{
    if (days->calendar == FB_CALENDAR_EU_1182_71) {
        fb_time local = anchor + fb_zone_offset(&days->zone, anchor);
        anchor += FB_HOUR - ((local % FB_HOUR) + FB_HOUR) % FB_HOUR;
    }
    return anchor + amount * FB_HOUR;
}

static enum fb_code check_period(
    fb_time anchor, int64_t amount, enum fb_unit unit, struct fb_err *err)
{
    FB_ASSERT(unit <= FB_UNIT_MONTHS);
    if (amount < 0 || amount > amount_max[unit]) {
        return fb_err_set(err, FB_E_RANGE, "a period of %lld is outside 0 to %lld",
            (long long)amount, (long long)amount_max[unit]);
    }
    /* Years 0001 to 9999, as timestamps have; and so that no sum below can overflow. */
    if (anchor < fb_days_from_civil(1, 1, 2) * FB_DAY ||
        anchor >= fb_days_from_civil(10000, 1, 1) * FB_DAY) {
        return fb_err_set(err, FB_E_TIME, "a deadline runs from outside the years 1 to 9999");
    }
    return FB_OK;
}

enum fb_code fb_deadline(fb_time anchor, int64_t amount, enum fb_unit unit,
    const struct fb_days *days, fb_time *out, struct fb_err *err)
{
    FB_ASSERT(out && days);
    FB_ASSERT(days->calendar <= FB_CALENDAR_US_CA);
    enum fb_code code = check_period(anchor, amount, unit, err);
    if (code) {
        return code;
    }
    if (unit == FB_UNIT_HOURS) {
        *out = in_hours(days, anchor, amount);
        return FB_OK;
    }
    if (days->calendar == FB_CALENDAR_EXACT && unit == FB_UNIT_DAYS) {
        *out = anchor + amount * FB_DAY;
        return FB_OK;
    }
    fb_time local = anchor + fb_zone_offset(&days->zone, anchor), end = local;
    switch (days->calendar) {
    case FB_CALENDAR_EXACT:
        end = exact(days, local, amount, unit);
        break;
    case FB_CALENDAR_EU_1182_71:
        end = eu_1182_71(days, local, amount, unit);
        break;
    case FB_CALENDAR_US_CA:
        end = (next_working(days, last_day(days, day_of(local), amount, unit)) + 1) * FB_DAY;
        break;
    }
    *out = fb_zone_instant(&days->zone, end);
    return FB_OK;
}

enum fb_code fb_period(fb_time anchor, int64_t amount, enum fb_unit unit,
    const struct fb_days *days, fb_time *out, struct fb_err *err)
{
    FB_ASSERT(out && days);
    enum fb_code code = check_period(anchor, amount, unit, err);
    if (code == FB_OK) {
        fb_time local = anchor + fb_zone_offset(&days->zone, anchor);
        *out = unit == FB_UNIT_HOURS
                   ? anchor + amount * FB_HOUR
                   : fb_zone_instant(&days->zone, exact(days, local, amount, unit));
    }
    return code;
}

#include "engine/holidays.h"

#include <string.h>

#include "base/assert.h"
#include "base/timestamp.h"
#include "engine/zone.h"

/* Longer than any run of days that are all free. */
enum { LONGEST_RUN = 15 };

/* A place has year 0, and the lines of its years follow it. */
static const struct {
    const char *name, *place, *source;
    int year;
    const char *days;
} lines[] = {
#define FB_HOLIDAY_PLACE(name, place, source) {name, place, source, 0, NULL},
#define FB_HOLIDAY_YEAR(year, days) {NULL, NULL, NULL, year, days},
#include "engine/holidays.def"
};

enum { LINE_COUNT = sizeof(lines) / sizeof(lines[0]) };

/* The line of a place; LINE_COUNT when there is none. */
static size_t place_of(struct fb_str name)
{
    size_t at = 0;
    while (at < LINE_COUNT && !(lines[at].name && fb_str_is(name, lines[at].name))) {
        at++;
    }
    return at;
}

/* "0501" of a year. */
static int64_t day_at(int year, const char *text)
{
    uint64_t month = 0, date = 0;
    bool good = fb_str_u64((struct fb_str){text, 2}, &month) &&
                fb_str_u64((struct fb_str){text + 2, 2}, &date);
    FB_ASSERT(good && month >= 1 && month <= 12 && date >= 1 && date <= 31);
    return fb_days_from_civil(year, (unsigned)month, (unsigned)date);
}

/* Counts the days of a year's line, and writes them unless out is NULL. */
static size_t read_year(size_t at, int64_t *out)
{
    struct fb_str rest = fb_str_of(lines[at].days);
    size_t count = 0;
    while (rest.len) {
        size_t end = fb_str_find(rest, ' ', 0);
        struct fb_str word = fb_str_sub(rest, 0, end);
        FB_ASSERT(word.len == strlen("0101") || word.len == strlen("0101-0102"));
        int64_t first = day_at(lines[at].year, word.ptr);
        int64_t last = word.len > 4 ? day_at(lines[at].year, word.ptr + 5) : first;
        for (int64_t day = first; day <= last; day++) {
            if (out) {
                out[count] = day;
            }
            count++;
        }
        rest = fb_str_sub(rest, end + 1, rest.len);
    }
    return count;
}

bool fb_holidays_named(struct fb_str name, struct fb_holiday_list *out)
{
    FB_ASSERT(out);
    size_t at = place_of(name);
    if (at == LINE_COUNT) {
        return false;
    }
    struct fb_holiday_list list = {.place = lines[at].place, .source = lines[at].source};
    for (size_t i = at + 1; i < LINE_COUNT && lines[i].year; i++) {
        FB_ASSERT(i == at + 1 || lines[i].year == lines[i - 1].year + 1);
        list.from = i == at + 1 ? fb_days_from_civil(lines[i].year, 1, 1) : list.from;
        list.until = fb_days_from_civil(lines[i].year + 1, 1, 1);
        list.count += read_year(i, NULL);
    }
    *out = list;
    return true;
}

void fb_holidays_write(struct fb_str name, int64_t *out)
{
    size_t at = place_of(name);
    FB_ASSERT(at < LINE_COUNT && out);
    for (at++; at < LINE_COUNT && lines[at].year; at++) {
        out += read_year(at, out);
    }
}

void fb_holidays_each(void (*take)(void *ctx, struct fb_str name), void *ctx)
{
    for (size_t i = 0; i < LINE_COUNT; i++) {
        if (lines[i].name) {
            take(ctx, fb_str_of(lines[i].name));
        }
    }
}

static int64_t local_day(const struct fb_days *days, fb_time t)
{
    fb_time local = t + fb_zone_offset(&days->zone, t);
    return local >= 0 ? local / FB_DAY : -((-local + FB_DAY - 1) / FB_DAY);
}

bool fb_holidays_unlisted(
    const struct fb_days *days, fb_time anchor, fb_time deadline, enum fb_unit unit)
{
    FB_ASSERT(days);
    bool counts = unit == FB_UNIT_BUSINESS_DAYS ||
                  (unit != FB_UNIT_HOURS && days->calendar != FB_CALENDAR_EXACT);
    if (days->listed.len == 0 || !counts || anchor == FB_TIME_MIN || deadline == FB_TIME_MAX) {
        return false;
    }
    /* Business days are counted one by one; of others the last ones alone decide. */
    int64_t last = local_day(days, deadline - 1), first = local_day(days, anchor) + 1;
    if (unit != FB_UNIT_BUSINESS_DAYS && first < last - LONGEST_RUN) {
        first = last - LONGEST_RUN;
    }
    return (first < last ? first : last) < days->listed_from || last >= days->listed_until;
}

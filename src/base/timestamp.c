#include "base/timestamp.h"

#include <stdio.h>

#include "base/assert.h"

/* Howard Hinnant, "chrono-compatible low-level date algorithms", days_from_civil: eras of 400
 * years that begin on 1 March, so that the leap day is the last of its year. */
int64_t fb_days_from_civil(int64_t year, unsigned month, unsigned day)
{
    FB_ASSERT(month >= 1 && month <= 12 && day >= 1 && day <= 31);
    year -= month <= 2;
    int64_t era = (year >= 0 ? year : year - 399) / 400;
    int64_t year_of_era = year - era * 400;
    int64_t shifted = (int64_t)(month + 9) % 12;
    int64_t day_of_year = (153 * shifted + 2) / 5 + (int64_t)day - 1;
    int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * 146097 + day_of_era - 719468;
}

void fb_civil_from_days(int64_t days, int64_t *year, unsigned *month, unsigned *day)
{
    FB_ASSERT(year && month && day);
    days += 719468;
    int64_t era = (days >= 0 ? days : days - 146096) / 146097;
    int64_t day_of_era = days - era * 146097;
    int64_t year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int64_t shifted = (5 * day_of_year + 2) / 153;
    *day = (unsigned)(day_of_year - (153 * shifted + 2) / 5 + 1);
    *month = (unsigned)(shifted < 10 ? shifted + 3 : shifted - 9);
    *year = year_of_era + era * 400 + (*month <= 2);
}

/* Reads count digits at *at as a number and moves on; -1 when there are none. */
static int digits(struct fb_str text, size_t *at, size_t count)
{
    int n = 0;
    for (size_t i = 0; i < count; i++, (*at)++) {
        if (*at >= text.len || text.ptr[*at] < '0' || text.ptr[*at] > '9') {
            return -1;
        }
        n = n * 10 + (text.ptr[*at] - '0');
    }
    return n;
}

static bool literal(struct fb_str text, size_t *at, char c)
{
    if (*at >= text.len || text.ptr[*at] != c) {
        return false;
    }
    (*at)++;
    return true;
}

static unsigned month_days(int year, int month)
{
    static const unsigned char days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return month == 2 && leap ? 29 : days[month - 1];
}

static bool parse_date(struct fb_str text, size_t *at, int64_t *out_days)
{
    int year = digits(text, at, 4);
    if (year < 1 || !literal(text, at, '-')) {
        return false;
    }
    int month = digits(text, at, 2);
    if (month < 1 || month > 12 || !literal(text, at, '-')) {
        return false;
    }
    int day = digits(text, at, 2);
    if (day < 1 || (unsigned)day > month_days(year, month)) {
        return false;
    }
    *out_days = fb_days_from_civil(year, (unsigned)month, (unsigned)day);
    return true;
}

static bool parse_fraction(struct fb_str text, size_t *at, int64_t *out_micros)
{
    *out_micros = 0;
    if (!literal(text, at, '.')) {
        return true;
    }
    int64_t unit = FB_SECOND / 10;
    size_t count = 0;
    for (int digit; (digit = digits(text, at, 1)) >= 0; count++, unit /= 10) {
        *out_micros += digit * unit;
    }
    return count >= 1 && count <= 9;
}

static bool parse_clock(struct fb_str text, size_t *at, int64_t *out_micros)
{
    int hour = digits(text, at, 2);
    if (hour < 0 || hour > 23 || !literal(text, at, ':')) {
        return false;
    }
    int minute = digits(text, at, 2);
    if (minute < 0 || minute > 59 || !literal(text, at, ':')) {
        return false;
    }
    int second = digits(text, at, 2);
    int64_t fraction;
    if (second < 0 || second > 59 || !parse_fraction(text, at, &fraction)) {
        return false;
    }
    *out_micros = hour * FB_HOUR + minute * FB_MINUTE + second * FB_SECOND + fraction;
    return true;
}

static bool parse_offset(struct fb_str text, size_t *at, int64_t *out_micros)
{
    *out_micros = 0;
    if (literal(text, at, 'Z') || literal(text, at, 'z')) {
        return true;
    }
    int sign = literal(text, at, '+') ? 1 : literal(text, at, '-') ? -1 : 0;
    int hour = digits(text, at, 2);
    if (sign == 0 || hour < 0 || hour > 23 || !literal(text, at, ':')) {
        return false;
    }
    int minute = digits(text, at, 2);
    *out_micros = sign * (hour * FB_HOUR + minute * FB_MINUTE);
    return minute >= 0 && minute <= 59;
}

enum fb_code fb_time_parse(struct fb_str text, fb_time *out, struct fb_err *err)
{
    FB_ASSERT(out && (text.ptr || text.len == 0));
    size_t at = 0;
    int64_t days, clock = 0, offset = 0;
    bool good = parse_date(text, &at, &days);
    if (good && at < text.len) {
        good = (text.ptr[at] == 'T' || text.ptr[at] == 't' || text.ptr[at] == ' ');
        at++;
        good = good && parse_clock(text, &at, &clock) && parse_offset(text, &at, &offset);
    }
    if (!good || at != text.len) {
        fb_err_set(err, FB_E_TIME, "\"%.*s\" is not a time", FB_STR_ARG(fb_str_sub(text, 0, 60)));
        return fb_err_hint(err, "Write RFC 3339, as 2026-03-01 or 2026-03-01T09:00:00Z.");
    }
    *out = days * FB_DAY + clock - offset;
    return FB_OK;
}

static int64_t floor_div(int64_t a, int64_t b)
{
    return a / b - (a % b < 0);
}

const char *fb_time_format(fb_time t, char out[FB_TIME_TEXT])
{
    FB_ASSERT(out);
    if (t == FB_TIME_MAX || t == FB_TIME_MIN) {
        (void)snprintf(out, FB_TIME_TEXT, "%s", t == FB_TIME_MAX ? "never" : "always");
        return out;
    }
    int64_t days = floor_div(t, FB_DAY);
    int64_t rest = t - days * FB_DAY;
    int64_t year;
    unsigned month, day;
    fb_civil_from_days(days, &year, &month, &day);
    int used =
        snprintf(out, FB_TIME_TEXT, "%04lld-%02u-%02uT%02d:%02d:%02d", (long long)year, month, day,
            (int)(rest / FB_HOUR), (int)(rest / FB_MINUTE % 60), (int)(rest / FB_SECOND % 60));
    FB_ASSERT(used > 0 && used < FB_TIME_TEXT - 10);
    size_t left = (size_t)(FB_TIME_TEXT - used);
    if (rest % FB_SECOND) {
        (void)snprintf(out + used, left, ".%06dZ", (int)(rest % FB_SECOND));
    } else {
        (void)snprintf(out + used, left, "Z");
    }
    return out;
}

const char *fb_time_format_short(fb_time t, char out[FB_TIME_TEXT])
{
    FB_ASSERT(out);
    if (t == FB_TIME_MAX || t == FB_TIME_MIN) {
        return fb_time_format(t, out);
    }
    int64_t days = floor_div(t, FB_DAY);
    int64_t rest = t - days * FB_DAY;
    int64_t year;
    unsigned month, day;
    fb_civil_from_days(days, &year, &month, &day);
    (void)snprintf(out, FB_TIME_TEXT, "%04lld-%02u-%02u %02d:%02d", (long long)year, month, day,
        (int)(rest / FB_HOUR), (int)(rest / FB_MINUTE % 60));
    return out;
}

fb_time fb_time_add(fb_time a, int64_t b)
{
    fb_time sum;
    if (a == FB_TIME_MAX || a == FB_TIME_MIN) {
        return a;
    }
    if (__builtin_add_overflow(a, b, &sum)) {
        return b > 0 ? FB_TIME_MAX : FB_TIME_MIN;
    }
    return sum;
}

fb_time fb_time_of_seconds(uint64_t seconds)
{
    bool fits = seconds <= (uint64_t)(FB_TIME_MAX / FB_SECOND);
    return fits ? (fb_time)seconds * FB_SECOND : FB_TIME_MAX;
}

const char *fb_duration_format(int64_t micros, char out[FB_TIME_TEXT])
{
    static const struct {
        const char *one, *many;
        int64_t size;
    } units[] = {{"day", "days", FB_DAY}, {"hour", "hours", FB_HOUR},
        {"minute", "minutes", FB_MINUTE}, {"second", "seconds", FB_SECOND}};
    FB_ASSERT(out);
    const char *sign = micros < 0 ? "-" : "";
    int64_t left = micros < 0 ? -(micros + (micros == INT64_MIN)) : micros;
    for (size_t i = 0; i < 4; i++) {
        int64_t n = left / units[i].size;
        if (n == 0 && i < 3) {
            continue;
        }
        int used = snprintf(out, FB_TIME_TEXT, "%s%lld %s", sign, (long long)n,
            n == 1 ? units[i].one : units[i].many);
        FB_ASSERT(used > 0 && used < FB_TIME_TEXT);
        int64_t next = i < 3 ? left % units[i].size / units[i + 1].size : 0;
        if (next && used < FB_TIME_TEXT - 20) {
            (void)snprintf(out + used, (size_t)(FB_TIME_TEXT - used), " %lld %s", (long long)next,
                next == 1 ? units[i + 1].one : units[i + 1].many);
        }
        return out;
    }
    return out;
}

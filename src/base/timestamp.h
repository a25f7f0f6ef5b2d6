/*
 * timestamp.h: instants in microseconds since 1970-01-01T00:00:00Z, and RFC 3339 text.
 *
 * Proleptic Gregorian calendar; leap seconds do not exist (":60" is refused), as in POSIX time.
 */
#ifndef FB_BASE_TIMESTAMP_H
#define FB_BASE_TIMESTAMP_H

#include "base/str.h"
#include "flyball/err.h"

/** Microseconds since the epoch, UTC. */
typedef int64_t fb_time;

/** Before everything and after everything. */
#define FB_TIME_MIN INT64_MIN
#define FB_TIME_MAX INT64_MAX

#define FB_SECOND INT64_C(1000000)
#define FB_MINUTE (60 * FB_SECOND)
#define FB_HOUR (60 * FB_MINUTE)
#define FB_DAY (24 * FB_HOUR)

/** Size of the text of an instant, its NUL included. */
enum { FB_TIME_TEXT = 40 };

/**
 * Reads RFC 3339: a date ("2026-03-01", midnight UTC) or a date-time with "Z" or an offset and up
 * to nine digits of a second (digits after the sixth are cut). Years 0001 to 9999.
 * E_TIME with a hint on anything else.
 */
FB_CHECKED enum fb_code fb_time_parse(struct fb_str text, fb_time *out, struct fb_err *err);

/** Writes RFC 3339 in UTC: "2026-03-01T09:00:00Z", with six decimals when there is a fraction, and
 * "never" for FB_TIME_MAX, "always" for FB_TIME_MIN. Returns out. */
const char *fb_time_format(fb_time t, char out[FB_TIME_TEXT]);

/** The same to the day and minute, for people: "2026-03-01 09:00". Returns out. */
const char *fb_time_format_short(fb_time t, char out[FB_TIME_TEXT]);

/** Days since 1970-01-01 of a date; month 1 to 12, day 1 to 31. */
int64_t fb_days_from_civil(int64_t year, unsigned month, unsigned day);

/** The date of a day number, the inverse of fb_days_from_civil. */
void fb_civil_from_days(int64_t days, int64_t *year, unsigned *month, unsigned *day);

/** a + b, held at FB_TIME_MAX and FB_TIME_MIN instead of overflowing. */
fb_time fb_time_add(fb_time a, int64_t b);

/** The instant so many seconds after 1970, FB_TIME_MAX when it is not before that. */
fb_time fb_time_of_seconds(uint64_t seconds);

/** A duration as people say it: "3 days", "5 hours", "2 days 4 hours". Returns out. */
const char *fb_duration_format(int64_t micros, char out[FB_TIME_TEXT]);

#endif

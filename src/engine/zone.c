#include "engine/zone.h"

#include "base/assert.h"

static const struct {
    const char *name;
    struct fb_zone zone;
} zones[] = {
#define FB_ZONE(name, minutes, dst) {name, {minutes, FB_DST_##dst}},
#include "engine/zones.def"
};

enum { ZONE_COUNT = sizeof(zones) / sizeof(zones[0]) };

/* "+05:30": a sign, hours to 14, minutes to 59. */
static bool read_offset(struct fb_str name, struct fb_zone *out)
{
    uint64_t hours = 0, minutes = 0;
    if (name.len != 6 || (name.ptr[0] != '+' && name.ptr[0] != '-') || name.ptr[3] != ':' ||
        !fb_str_u64(fb_str_sub(name, 1, 2), &hours) ||
        !fb_str_u64(fb_str_sub(name, 4, 2), &minutes) || hours > 14 || minutes > 59) {
        return false;
    }
    int32_t offset = (int32_t)(60 * hours + minutes);
    *out = (struct fb_zone){.offset_minutes = name.ptr[0] == '-' ? -offset : offset};
    return true;
}

bool fb_zone_named(struct fb_str name, struct fb_zone *out)
{
    FB_ASSERT(out);
    if (fb_str_is(name, "UTC")) {
        *out = (struct fb_zone){0};
        return true;
    }
    for (size_t i = 0; i < ZONE_COUNT; i++) {
        if (fb_str_is(name, zones[i].name)) {
            *out = zones[i].zone;
            return true;
        }
    }
    return read_offset(name, out);
}

void fb_zone_each(void (*take)(void *ctx, struct fb_str name), void *ctx)
{
    for (size_t i = 0; i < ZONE_COUNT; i++) {
        take(ctx, fb_str_of(zones[i].name));
    }
}

/* The day of the n-th Sunday of a month; of the last one for n = 0. Day 0 was a Thursday. */
static int64_t sunday(int64_t year, unsigned month, unsigned n)
{
    if (n == 0) { /* March and October, the months that are asked for, have 31 days */
        int64_t last = fb_days_from_civil(year, month, 31);
        return last - ((last + 4) % 7 + 7) % 7;
    }
    int64_t first = fb_days_from_civil(year, month, 1);
    return first + (7 - ((first + 4) % 7 + 7) % 7) % 7 + 7 * (int64_t)(n - 1);
}

static bool is_summer(const struct fb_zone *zone, fb_time instant)
{
    const int64_t standard = zone->offset_minutes * FB_MINUTE;
    int64_t year, local = instant + standard;
    unsigned month, date;
    fb_civil_from_days(
        (local - ((local % FB_DAY + FB_DAY) % FB_DAY)) / FB_DAY, &year, &month, &date);
    switch (zone->dst) {
    case FB_DST_NONE:
        return false;
    case FB_DST_EU:
        return instant >= sunday(year, 3, 0) * FB_DAY + FB_HOUR &&
               instant < sunday(year, 10, 0) * FB_DAY + FB_HOUR;
    case FB_DST_US: /* summer ends at 02:00 of summer time, an hour earlier in standard time */
        return local >= sunday(year, 3, 2) * FB_DAY + 2 * FB_HOUR &&
               local < sunday(year, 11, 1) * FB_DAY + FB_HOUR;
    }
    FB_ASSERT(false);
    return false;
}

int64_t fb_zone_offset(const struct fb_zone *zone, fb_time instant)
{
    FB_ASSERT(zone);
    return zone->offset_minutes * FB_MINUTE + (is_summer(zone, instant) ? FB_HOUR : 0);
}

fb_time fb_zone_instant(const struct fb_zone *zone, fb_time local)
{
    FB_ASSERT(zone);
    fb_time standard = local - zone->offset_minutes * FB_MINUTE;
    return is_summer(zone, standard - FB_HOUR) ? standard - FB_HOUR : standard;
}

#include "report/svg_axis.h"

#include <math.h>
#include <stdio.h>

#include "base/assert.h"

/* Years 1 to 9999: what lies outside is no event. */
#define TIME_LOW (INT64_C(-719162) * FB_DAY)
#define TIME_HIGH (INT64_C(2932896) * FB_DAY)

/* Steps between ticks. */
enum step_unit { STEP_HOURS, STEP_DAYS, STEP_MONTHS, STEP_YEARS };
struct step {
    enum step_unit unit;
    int32_t count;
};

static const struct step STEPS[] = {{STEP_HOURS, 1}, {STEP_HOURS, 3}, {STEP_HOURS, 6},
    {STEP_HOURS, 12}, {STEP_DAYS, 1}, {STEP_DAYS, 2}, {STEP_DAYS, 7}, {STEP_DAYS, 14},
    {STEP_MONTHS, 1}, {STEP_MONTHS, 2}, {STEP_MONTHS, 3}, {STEP_MONTHS, 6}, {STEP_YEARS, 1},
    {STEP_YEARS, 2}, {STEP_YEARS, 5}, {STEP_YEARS, 10}, {STEP_YEARS, 50}, {STEP_YEARS, 100},
    {STEP_YEARS, 500}, {STEP_YEARS, 1000}, {STEP_YEARS, 5000}};

static const char *const MONTHS[] = {
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

static int64_t floor_div(int64_t a, int64_t b)
{
    FB_ASSERT(b > 0);
    return a / b - (a % b < 0);
}

static int64_t ceil_div(int64_t a, int64_t b)
{
    return -floor_div(-a, b);
}

int64_t fb_axis_x(const struct fb_axis *axis, fb_time t)
{
    FB_ASSERT(axis && axis->from < axis->to && axis->left < axis->right);
    if (t <= axis->from) {
        return (int64_t)axis->left * 10;
    }
    if (t >= axis->to) {
        return (int64_t)axis->right * 10;
    }
    double part = ((double)t - (double)axis->from) / ((double)axis->to - (double)axis->from);
    return (int64_t)axis->left * 10 +
           (int64_t)floor(part * 10 * (double)(axis->right - axis->left) + 0.5);
}

static int64_t month_number(fb_time t)
{
    int64_t year;
    unsigned month, day;
    fb_civil_from_days(floor_div(t, FB_DAY), &year, &month, &day);
    return year * 12 + month - 1;
}

static fb_time month_start(int64_t number)
{
    int64_t year = floor_div(number, 12);
    return fb_days_from_civil(year, (unsigned)(number - year * 12) + 1, 1) * FB_DAY;
}

/* The n-th tick of a step, counted from wherever it is natural; and the number of the first one at
 * or after t. Weeks begin on Mondays: 1970-01-05 was one. */
static fb_time tick_time(struct step step, int64_t n)
{
    switch (step.unit) {
    case STEP_HOURS:
        return n * step.count * FB_HOUR;
    case STEP_DAYS:
        return (n * step.count + (step.count % 7 == 0 ? 4 : 0)) * FB_DAY;
    case STEP_MONTHS:
        return month_start(n * step.count);
    case STEP_YEARS:
        return month_start(n * step.count * 12);
    }
    return 0;
}

static int64_t tick_number(struct step step, fb_time t)
{
    int64_t n = 0;
    switch (step.unit) {
    case STEP_HOURS:
        n = ceil_div(t, step.count * FB_HOUR);
        break;
    case STEP_DAYS:
        n = ceil_div(t - (step.count % 7 == 0 ? 4 * FB_DAY : 0), step.count * FB_DAY);
        break;
    case STEP_MONTHS:
        n = floor_div(month_number(t), step.count);
        break;
    case STEP_YEARS:
        n = floor_div(month_number(t), (int64_t)step.count * 12);
        break;
    }
    return tick_time(step, n) < t ? n + 1 : n;
}

static void tick_label(struct step step, struct fb_tick *tick)
{
    int64_t year, days = floor_div(tick->at, FB_DAY);
    unsigned month, day;
    fb_civil_from_days(days, &year, &month, &day);
    const char *name = MONTHS[month - 1];
    int hour = (int)((tick->at - days * FB_DAY) / FB_HOUR);
    switch (step.unit) {
    case STEP_HOURS:
        (void)snprintf(tick->label, FB_AXIS_LABEL, "%u %s %02d:00", day, name, hour);
        return;
    case STEP_DAYS:
        (void)snprintf(tick->label, FB_AXIS_LABEL, "%u %s %lld", day, name, (long long)year);
        return;
    case STEP_MONTHS:
        (void)snprintf(tick->label, FB_AXIS_LABEL, "%s %lld", name, (long long)year);
        return;
    case STEP_YEARS:
        (void)snprintf(tick->label, FB_AXIS_LABEL, "%lld", (long long)year);
        return;
    }
}

size_t fb_axis_ticks(const struct fb_axis *axis, size_t max, struct fb_tick out[FB_AXIS_TICKS_MAX])
{
    FB_ASSERT(axis && axis->from < axis->to && max > 0);
    FB_ASSERT(axis->from >= TIME_LOW && axis->to <= TIME_HIGH);
    max = max < FB_AXIS_TICKS_MAX ? max : FB_AXIS_TICKS_MAX;
    for (size_t i = 0; i < sizeof(STEPS) / sizeof(STEPS[0]); i++) {
        struct step step = STEPS[i];
        int64_t first = tick_number(step, axis->from);
        if (tick_time(step, first + (int64_t)max) <= axis->to) {
            continue;
        }
        size_t count = 0;
        for (; count < max && tick_time(step, first + (int64_t)count) <= axis->to; count++) {
            out[count].at = tick_time(step, first + (int64_t)count);
            tick_label(step, &out[count]);
        }
        return count;
    }
    return 0;
}

/* The first and last event so far. */
struct window {
    fb_time first;
    fb_time last;
};

static void event(struct window *window, fb_time t)
{
    if (t < TIME_LOW || t > TIME_HIGH) {
        return;
    }
    window->first = t < window->first ? t : window->first;
    window->last = t > window->last ? t : window->last;
}

static void line_events(struct window *window, const struct fb_line_view *view)
{
    for (size_t i = 0; i < view->history.count; i++) {
        event(window, view->history.items[i].from);
    }
}

void fb_axis_window(const struct fb_picture *picture, fb_time *out_from, fb_time *out_to)
{
    FB_ASSERT(picture && out_from && out_to);
    fb_time now = picture->now < TIME_LOW    ? TIME_LOW
                  : picture->now > TIME_HIGH ? TIME_HIGH
                                             : picture->now;
    struct window window = {now, now};
    for (size_t i = 0; i < picture->system_count; i++) {
        event(&window, picture->systems[i].record->admitted);
    }
    for (size_t i = 0; i < picture->line_count; i++) {
        line_events(&window, &picture->lines[i]);
    }
    for (size_t i = 0; i < picture->duty_count; i++) {
        const struct fb_obligation *o = &picture->duties[i].obligation;
        event(&window, o->since);
        event(&window, o->deadline);
        event(&window, o->settled);
        event(&window, o->breached);
    }
    for (size_t i = 0; i < picture->case_count; i++) {
        event(&window, picture->cases[i].since);
    }
    int64_t past = now - window.first > FB_DAY ? now - window.first : FB_DAY;
    int64_t future = window.last - now < past ? window.last - now : past;
    int64_t room = (past + future) / 25;
    *out_from = now - past - room < TIME_LOW ? TIME_LOW : now - past - room;
    *out_to = now + future + room > TIME_HIGH ? TIME_HIGH : now + future + room;
    FB_ASSERT(*out_from < *out_to);
}

int32_t fb_axis_percent(struct fb_decimal most, int32_t *out_step)
{
    static const struct {
        int32_t top;
        int32_t step;
    } SCALES[] = {{5, 1}, {10, 2}, {20, 5}, {30, 5}, {50, 10}, {75, 25}, {100, 20}};
    FB_ASSERT(out_step);
    size_t last = sizeof(SCALES) / sizeof(SCALES[0]) - 1, i = 0;
    for (; i < last; i++) {
        struct fb_decimal top = {SCALES[i].top, -2};
        if (fb_decimal_cmp(most, top) <= 0) {
            break;
        }
    }
    *out_step = SCALES[i].step;
    return SCALES[i].top;
}

void fb_axis_add(struct fb_buf *out, int64_t tenths)
{
    FB_ASSERT(out);
    int64_t size = tenths < 0 ? -tenths : tenths;
    fb_buf_addf(out, "%s%lld", tenths < 0 ? "-" : "", (long long)(size / 10));
    if (size % 10) {
        fb_buf_addf(out, ".%lld", (long long)(size % 10));
    }
}

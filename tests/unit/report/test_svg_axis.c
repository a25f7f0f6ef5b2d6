/* Axes of drawings: positions, ticks at round instants, the window of events. */
#include "fb_test.h"
#include "report/svg_axis.h"
#include "sample.h"

static struct fb_err err;

static struct fb_axis axis_of(const char *from, const char *to)
{
    return (struct fb_axis){sample_time(from), sample_time(to), 100, 900};
}

static void positions_are_tenths_and_held_at_the_ends(void **state)
{
    (void)state;
    struct fb_axis axis = axis_of("2026-01-01", "2026-01-11");
    assert_int_equal(fb_axis_x(&axis, axis.from), 1000);
    assert_int_equal(fb_axis_x(&axis, axis.to), 9000);
    assert_int_equal(fb_axis_x(&axis, sample_time("2026-01-06")), 5000);
    assert_int_equal(fb_axis_x(&axis, sample_time("2026-01-01T01:00:00Z")), 1033);
    assert_int_equal(fb_axis_x(&axis, FB_TIME_MIN), 1000);
    assert_int_equal(fb_axis_x(&axis, FB_TIME_MAX), 9000);
    axis.from = sample_time("0001-01-01");
    axis.to = sample_time("9999-12-31");
    assert_int_equal(fb_axis_x(&axis, sample_time("5000-07-02")), 5000);
}

/* The labels of an axis, joined. */
static void expect_ticks(const char *from, const char *to, size_t max, const char *labels)
{
    struct fb_tick ticks[FB_AXIS_TICKS_MAX];
    struct fb_axis axis = axis_of(from, to);
    char joined[400] = "";
    size_t count = fb_axis_ticks(&axis, max, ticks);
    assert_true(count <= max && count <= FB_AXIS_TICKS_MAX);
    for (size_t i = 0; i < count; i++) {
        assert_true(ticks[i].at >= axis.from && ticks[i].at <= axis.to);
        assert_true(i == 0 || ticks[i - 1].at < ticks[i].at);
        size_t used = strlen(joined);
        snprintf(joined + used, sizeof(joined) - used, "%s%s", i ? "|" : "", ticks[i].label);
    }
    assert_string_equal(joined, labels);
}

static void ticks_are_round_and_few(void **state)
{
    (void)state;
    expect_ticks("2026-02-01", "2026-12-20", 7, "Mar 2026|May 2026|Jul 2026|Sep 2026|Nov 2026");
    expect_ticks("2026-02-02", "2026-02-27", 7, "2 Feb 2026|9 Feb 2026|16 Feb 2026|23 Feb 2026");
    expect_ticks(
        "2026-02-27T12:00:00Z", "2026-03-03", 7, "28 Feb 2026|1 Mar 2026|2 Mar 2026|3 Mar 2026");
    expect_ticks(
        "2026-03-01T05:10:00Z", "2026-03-01T08:00:00Z", 7, "1 Mar 06:00|1 Mar 07:00|1 Mar 08:00");
    expect_ticks("2019-05-01", "2026-12-20", 4, "2020|2022|2024|2026");
    expect_ticks("0001-01-01", "9999-12-31", 5, "5000");
    expect_ticks("1969-12-30", "1970-01-02", 5, "30 Dec 1969|31 Dec 1969|1 Jan 1970|2 Jan 1970");
    expect_ticks("2026-02-01", "2026-12-20", 1, "Jul 2026");
    expect_ticks("2026-02-01", "2028-12-20", 100,
        "Apr 2026|Jul 2026|Oct 2026|Jan 2027|Apr 2027|Jul "
        "2027|Oct 2027|Jan 2028|Apr 2028|Jul 2028|Oct 2028");
}

static void the_window_holds_the_events(void **state)
{
    (void)state;
    struct sample sample;
    fb_time from, to;
    sample_begin(&sample);
    fb_axis_window(&sample.picture, &from, &to);
    fb_time first = sample_time("2026-02-01"), now = sample.picture.now;
    fb_time last = sample_time("2027-02-28T10:00:00Z");
    int64_t room = (last - first) / 25;
    assert_int_equal(from, first - room);
    assert_int_equal(to, last + room);

    /* A deadline in the far future is cut at as much future as there is past. */
    sample.picture.duties[2].obligation.deadline = sample_time("2200-01-01");
    fb_axis_window(&sample.picture, &from, &to);
    int64_t past = now - first;
    assert_int_equal(from, first - past * 2 / 25);
    assert_int_equal(to, now + past + past * 2 / 25);
    sample_end(&sample);
}

static void a_window_without_events_is_a_day(void **state)
{
    (void)state;
    fb_time from, to;
    struct fb_picture picture = {.now = sample_time("2026-02-01"), .as_of = FB_TIME_MAX};
    fb_axis_window(&picture, &from, &to);
    assert_int_equal(from, picture.now - FB_DAY - FB_DAY / 25);
    assert_int_equal(to, picture.now + FB_DAY / 25);
    picture.now = FB_TIME_MAX;
    fb_axis_window(&picture, &from, &to);
    assert_true(from < to && to < FB_TIME_MAX);
    picture.now = FB_TIME_MIN;
    fb_axis_window(&picture, &from, &to);
    assert_true(from < to && from > FB_TIME_MIN);
}

static void axes_of_rates_end_at_round_percentages(void **state)
{
    (void)state;
    static const struct {
        const char *most;
        int32_t top;
        int32_t step;
    } cases[] = {{"0", 5, 1}, {"0.05", 5, 1}, {"0.0500001", 10, 2}, {"0.2", 20, 5},
        {"0.35", 50, 10}, {"0.51", 75, 25}, {"0.75", 75, 25}, {"0.76", 100, 20}, {"1", 100, 20},
        {"7", 100, 20}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        int32_t step = 0;
        assert_int_equal(fb_axis_percent(sample_decimal(cases[i].most), &step), cases[i].top);
        assert_int_equal(step, cases[i].step);
        assert_int_equal(cases[i].top % step, 0);
    }
}

static void tenths_are_written_without_a_locale(void **state)
{
    (void)state;
    struct fb_buf out;
    fb_buf_init(&out, 100);
    fb_axis_add(&out, 125);
    fb_buf_add_char(&out, ' ');
    fb_axis_add(&out, 120);
    fb_buf_add_char(&out, ' ');
    fb_axis_add(&out, -5);
    fb_buf_add_char(&out, ' ');
    fb_axis_add(&out, 0);
    FB_TEST_OK(fb_buf_check(&out, "the text", &err));
    assert_string_equal(out.ptr, "12.5 12 -0.5 0");
    fb_buf_release(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(positions_are_tenths_and_held_at_the_ends),
        cmocka_unit_test(ticks_are_round_and_few),
        cmocka_unit_test(the_window_holds_the_events),
        cmocka_unit_test(a_window_without_events_is_a_day),
        cmocka_unit_test(axes_of_rates_end_at_round_percentages),
        cmocka_unit_test(tenths_are_written_without_a_locale),
    };
    fb_err_init(&err);
    return cmocka_run_group_tests_name("report/svg_axis", tests, NULL, NULL);
}

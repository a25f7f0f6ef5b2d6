/* progress.c: how fast quantities grow, as a table and as JSON; and the charts of growth. */
#include <math.h>
#include <stdio.h>

#include "base/assert.h"
#include "report/fits.h"
#include "report/sheet.h"
#include "report/svg_trend.h"

enum { STEPS = 120, TITLE_MAX = 256 };
static const double days_a_year = 365.25;

/* "3.1 times", or in percent where it is little. */
static void add_factor(struct fb_sheet_table *table, double slope)
{
    double factor = exp(slope * days_a_year);
    fb_sheet_table_add(table, FB_TONE_PLAIN, factor < 1e4 ? "%.2f x" : "%.1e x", factor);
}

/* In more days than this, ten thousand years, nothing grows: the slope is what rounding leaves. */
static const double endless_days = 3652425;

static void add_days(struct fb_sheet_table *table, const struct fb_progress *p)
{
    double days = fb_trend_doubling(p->line.slope);
    struct fb_trend_interval d = fb_trend_doubling_interval(p->slope);
    if (days < endless_days) {
        fb_sheet_table_add(table, FB_TONE_PLAIN, "%.0f days", days);
    } else {
        fb_sheet_table_add(table, FB_TONE_WARN, "does not grow");
    }
    if (!isfinite(p->slope.low)) {
        fb_sheet_table_add(table, FB_TONE_WARN, "two points");
    } else if (d.high < endless_days) {
        fb_sheet_table_add(table, FB_TONE_PLAIN, "%.0f to %.0f", d.low, d.high);
    } else if (d.low < endless_days) {
        fb_sheet_table_add(table, FB_TONE_PLAIN, "%.0f to no end", d.low);
    } else {
        fb_sheet_table_add(table, FB_TONE_PLAIN, "does not grow");
    }
}

static enum fb_tone pace_tone(enum fb_pace pace)
{
    return pace == FB_PACE_FAST   ? FB_TONE_WARN
           : pace == FB_PACE_SLOW ? FB_TONE_GOOD
                                  : FB_TONE_PLAIN;
}

static void add_row(struct fb_sheet_table *table, const struct fb_progress_report *report,
    const struct fb_progress *p)
{
    fb_sheet_table_add(
        table, FB_TONE_HEAD, "%.*s", FB_STR_ARG(p->name.len ? p->name : FB_STR("-")));
    fb_sheet_table_add(table, FB_TONE_PLAIN, "%zu", p->used);
    if (!p->has_line) {
        for (int i = 0; i < 5; i++) {
            fb_sheet_table_add(table, FB_TONE_FAINT, i == 0 ? "one date" : "-");
        }
    } else {
        add_factor(table, p->line.slope);
        add_days(table, p);
        if (p->points) {
            fb_sheet_table_add(table, FB_TONE_PLAIN, "%.3f", p->line.r2);
            fb_sheet_table_add(table, pace_tone(p->pace.pace), "%s", fb_pace_name(p->pace.pace));
        } else {
            fb_sheet_table_add(table, FB_TONE_FAINT, "-");
            fb_sheet_table_add(table, FB_TONE_FAINT, "-");
        }
    }
    double f[3];
    if (report->forecast_at == FB_TIME_MIN) {
        return;
    }
    if (fb_progress_forecast(p, report->forecast_at, report->options->confidence, f)) {
        fb_sheet_table_add(table, FB_TONE_PLAIN, "%.3g", f[0]);
        fb_sheet_table_add(table, FB_TONE_PLAIN, "%.3g to %.3g", f[1], f[2]);
    } else {
        fb_sheet_table_add(table, FB_TONE_FAINT, "-");
        fb_sheet_table_add(table, FB_TONE_FAINT, "-");
    }
}

enum fb_code fb_report_progress_text(const struct fb_progress_report *report,
    const struct fb_report_options *options, struct fb_buf *out, struct fb_err *err)
{
    FB_ASSERT(report && options && out);
    bool forecast = report->forecast_at != FB_TIME_MIN;
    char interval[40], when[FB_TIME_TEXT], head[48];
    (void)snprintf(interval, sizeof(interval), "%g%% INTERVAL", 100 * report->options->confidence);
    (void)snprintf(head, sizeof(head), ">ON %.10s",
        forecast ? fb_time_format_short(report->forecast_at, when) : "");
    const char *heads[] = {
        "QUANTITY", ">POINTS", ">A YEAR", ">DOUBLES IN", interval, ">R2", "PACE", head, interval};
    struct fb_sheet sheet = {out, options->colour, options->width, false};
    struct fb_sheet_table table;
    fb_sheet_table_init(&table, heads, forecast ? 9 : 7);
    for (size_t i = 0; i < report->list->count; i++) {
        add_row(&table, report, &report->list->items[i]);
    }
    fb_sheet_table_end(&table, &sheet, 0);
    const struct fb_pace_rule *rule = &report->options->rule;
    fb_buf_addf(out,
        "\nPace is fast until two readings %g days apart, and all between, rule out doubling in "
        "less "
        "than %.0f days (normal) or %.0f days (slow).\n",
        (double)rule->dwell / (double)FB_DAY, rule->normal_from_days, rule->slow_from_days);
    if (report->list->count > 0 && report->list->items[report->list->count - 1].of[0]) {
        fb_buf_add_c(out, "Effective compute is training compute times algorithmic efficiency: in "
                          "the former's unit, at an efficiency of 1.\n");
    }
    return fb_sheet_check(&sheet, "the growth", err);
}

static void write_progress(
    struct fb_json_writer *w, const struct fb_progress_report *report, const struct fb_progress *p)
{
    double f[3];
    char when[FB_TIME_TEXT];
    struct fb_trend_interval d = {(double)NAN, (double)NAN};
    fb_json_open_object(w);
    fb_json_key_str(w, "quantity", p->name);
    fb_json_key_int(w, "points", (int64_t)p->used);
    if (p->has_line) {
        d = fb_trend_doubling_interval(p->slope);
        fb_report_number(w, "factor_per_year", exp(p->line.slope * days_a_year));
        fb_report_interval(w, "factor_interval", exp(p->slope.low * days_a_year),
            exp(p->slope.high * days_a_year));
        fb_report_number(w, "doubling_days", fb_trend_doubling(p->line.slope));
        fb_report_interval(w, "doubling_interval", d.low, d.high);
    }
    if (p->has_line && p->points) {
        fb_report_number(w, "r2", p->line.r2);
        fb_json_key_c(w, "pace", fb_pace_name(p->pace.pace));
        if (p->pace.since != FB_TIME_MIN) {
            fb_json_key_c(w, "pace_since", fb_time_format(p->pace.since, when));
        }
    }
    if (report->forecast_at != FB_TIME_MIN &&
        fb_progress_forecast(p, report->forecast_at, report->options->confidence, f)) {
        fb_json_key(w, "forecast");
        fb_json_open_object(w);
        fb_json_key_c(w, "at", fb_time_format(report->forecast_at, when));
        fb_report_number(w, "value", f[0]);
        fb_report_interval(w, "interval", f[1], f[2]);
        fb_json_close_object(w);
    }
    fb_json_close_object(w);
}

enum fb_code fb_report_progress_json(
    const struct fb_progress_report *report, struct fb_buf *out, struct fb_err *err)
{
    FB_ASSERT(report && out);
    struct fb_json_writer w;
    fb_json_writer_init(&w, out, 2);
    fb_json_open_object(&w);
    if (report->path) {
        fb_json_key_c(&w, "file", report->path);
    }
    fb_json_key_double(&w, "confidence", report->options->confidence);
    fb_json_key(&w, "quantities");
    fb_json_open_array(&w);
    for (size_t i = 0; i < report->list->count; i++) {
        write_progress(&w, report, &report->list->items[i]);
    }
    fb_json_close_array(&w);
    fb_json_close_object(&w);
    fb_buf_add_char(out, '\n');
    return fb_buf_check(out, "the growth", err);
}

/* The dates of the steps of a line: evenly over [from, to]. */
static fb_time step_at(fb_time from, fb_time to, int i)
{
    return from + (fb_time)((double)(to - from) * i / (STEPS - 1));
}

/* The points of a quantity; those of effective compute are its training compute times the line of
 * efficiency on their date. */
static enum fb_code chart_points(const struct fb_progress_report *report,
    const struct fb_progress *progress, struct fb_arena *arena, struct fb_chart_point **out,
    struct fb_err *err)
{
    const struct fb_progress *of = progress->of[0] ? progress->of[0] : progress;
    struct fb_chart_point *points = FB_ARENA_ARRAY(arena, struct fb_chart_point, of->count);
    double best = 0;
    if (!points) {
        return fb_arena_failed(arena, err);
    }
    for (size_t i = 0; i < of->count; i++) {
        const struct fb_series_point *p = &of->points[i];
        best = fmax(best, p->value);
        bool marked = !report->options->frontier || p->value >= best;
        double efficiency[3] = {1, 1, 1};
        if (progress->of[0]) {
            (void)fb_progress_line(progress->of[1], p->at, report->options->confidence, efficiency);
        }
        points[i] = (struct fb_chart_point){p->at, p->value * efficiency[0], 0, 0, p->name, marked};
    }
    *out = points;
    return FB_OK;
}

enum fb_code fb_report_progress_svg(const struct fb_progress_report *report,
    const struct fb_progress *progress, struct fb_arena *arena, struct fb_buf *out,
    struct fb_err *err)
{
    FB_ASSERT(report && progress);
    const struct fb_progress *of = progress->of[0] ? progress->of[0] : progress;
    FB_ASSERT(of->points && of->count > 0);
    struct fb_chart_point *points = NULL;
    struct fb_chart_step *steps = FB_ARENA_ARRAY(arena, struct fb_chart_step, STEPS);
    enum fb_code code = chart_points(report, progress, arena, &points, err);
    if (code != FB_OK || !steps) {
        return code ? code : fb_arena_failed(arena, err);
    }
    fb_time from = of->points[0].at, to = of->points[of->count - 1].at;
    to = report->forecast_at > to ? report->forecast_at : to;
    for (int i = 0; i < STEPS && progress->has_line; i++) {
        double f[3];
        (void)fb_progress_line(progress, step_at(from, to, i), report->options->confidence, f);
        bool has = f[1] > 0 && isfinite(f[2]);
        steps[i] = (struct fb_chart_step){
            step_at(from, to, i), f[0], has ? f[1] : (double)NAN, has ? f[2] : (double)NAN};
    }
    struct fb_trend_interval d = fb_trend_doubling_interval(progress->slope);
    char subtitle[TITLE_MAX] = "one date: no line";
    if (progress->has_line && isfinite(d.high)) {
        (void)snprintf(subtitle, sizeof(subtitle), "doubles in %.0f days (%g%%: %.0f to %.0f)",
            fb_trend_doubling(progress->line.slope), 100 * report->options->confidence, d.low,
            d.high);
    } else if (progress->has_line) {
        (void)snprintf(subtitle, sizeof(subtitle), "that it grows is not sure at %g%%",
            100 * report->options->confidence);
    }
    struct fb_chart chart = {progress->name.len ? progress->name : FB_STR("Growth"),
        fb_str_of(subtitle), false, report->is_part, points, of->count, steps,
        progress->has_line ? STEPS : 0};
    return fb_svg_trend(&chart, out, err);
}

/* Years of the line beyond the last agent. */
static const fb_time beyond = 270 * FB_DAY;

enum fb_code fb_report_horizon_svg(const struct fb_horizon_report *report, struct fb_arena *arena,
    struct fb_buf *out, struct fb_err *err)
{
    FB_ASSERT(report && report->growth && report->growth->count > 0);
    const struct fb_growth *g = report->growth;
    double confidence = report->options->confidence;
    struct fb_chart_point *points = FB_ARENA_ARRAY(arena, struct fb_chart_point, g->count);
    struct fb_chart_step *steps = FB_ARENA_ARRAY(arena, struct fb_chart_step, STEPS);
    double *scratch = FB_ARENA_ARRAY(arena, double, (size_t)g->resamples + 1);
    if (!points || !steps || !scratch) {
        return fb_arena_failed(arena, err);
    }
    for (size_t i = 0; i < g->count; i++) {
        const struct fb_growth_point *p = &g->points[i];
        const struct fb_horizon_fit *fit = &report->result->fits[p->agent];
        points[i] = (struct fb_chart_point){p->at, p->minutes, fit->low[0], fit->high[0],
            report->runs->agents[p->agent], p->frontier};
    }
    fb_time from = g->points[0].at, to = fb_time_add(g->points[g->count - 1].at, beyond);
    for (int i = 0; i < STEPS; i++) {
        double day = (double)step_at(from, to, i) / (double)FB_DAY;
        struct fb_trend_interval band = fb_growth_band(g, day, confidence, scratch);
        steps[i] = (struct fb_chart_step){
            step_at(from, to, i), exp(fb_trend_at(&g->line, day)), band.low, band.high};
    }
    char title[TITLE_MAX], subtitle[TITLE_MAX];
    (void)snprintf(title, sizeof(title), "Length of tasks that agents complete %.0f%% of the time",
        100 * report->options->levels[0]);
    if (g->resamples > 0 && isfinite(g->high)) {
        (void)snprintf(subtitle, sizeof(subtitle),
            "doubles in %.0f days (%g%%: %.0f to %.0f); line through the best at their release, "
            "others hollow",
            g->doubling_days, 100 * confidence, g->low, g->high);
    } else {
        (void)snprintf(subtitle, sizeof(subtitle),
            "doubling time %.0f days; line through the best at their release, others hollow",
            g->doubling_days);
    }
    struct fb_chart chart = {
        fb_str_of(title), fb_str_of(subtitle), true, false, points, g->count, steps, STEPS};
    return fb_svg_trend(&chart, out, err);
}

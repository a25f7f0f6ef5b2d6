/* horizon.c: time horizons and their growth, as a table and as JSON. */
#include <math.h>
#include <stdio.h>

#include "base/assert.h"
#include "base/codec.h"
#include "report/fits.h"
#include "report/sheet.h"

enum { MINUTES_TEXT = 32, INTERVAL_TEXT = 80 };

static const char *state_word(enum fb_logistic_state state)
{
    switch (state) {
    case FB_LOGISTIC_FITTED:
        return "fitted";
    case FB_LOGISTIC_NONE:
        return "no runs";
    case FB_LOGISTIC_ALL_FAIL:
        return "never succeeded";
    case FB_LOGISTIC_ALL_PASS:
        return "always succeeded";
    case FB_LOGISTIC_SEPARATED:
        return "separated";
    }
    return "?";
}

/* The state, told apart from a slope that goes the wrong way. */
static const char *fit_word(const struct fb_horizon_fit *fit)
{
    const struct fb_logistic *l = &fit->logistic;
    if (!isnan(fit->horizon[0]) || l->state == FB_LOGISTIC_NONE) {
        return state_word(l->state);
    }
    return l->rises || l->slope > 1e-6 ? "longer tasks succeed more" : "length makes no difference";
}

const char *fb_report_minutes(double minutes, char out[32])
{
    static const struct {
        double below;
        double unit;
        const char *name;
    } scales[] = {{0.1 / 60, 1.0 / 60000, "ms"}, {1, 1.0 / 60, "s"}, {120, 1, "min"},
        {4320, 60, "h"}, {525600, 1440, "d"}, {INFINITY, 525600, "years"}};
    if (isnan(minutes)) {
        (void)snprintf(out, MINUTES_TEXT, "-");
    } else if (isinf(minutes)) {
        (void)snprintf(out, MINUTES_TEXT, "no end");
    } else if (minutes < 1.0 / 60000) {
        (void)snprintf(out, MINUTES_TEXT, "%s", minutes > 0 ? "<1 ms" : "0");
    } else {
        size_t i = 0;
        while (minutes >= scales[i].below && i + 1 < sizeof(scales) / sizeof(scales[0])) {
            i++;
        }
        double x = minutes / scales[i].unit;
        int digits = x >= 99.95 ? 0 : x >= 9.995 ? 1 : 2;
        if (x >= 1e6) {
            (void)snprintf(out, MINUTES_TEXT, "%.1e %s", x, scales[i].name);
        } else {
            (void)snprintf(out, MINUTES_TEXT, "%.*f %s", digits, x, scales[i].name);
        }
    }
    return out;
}

void fb_report_number(struct fb_json_writer *w, const char *key, double x)
{
    fb_json_key(w, key);
    if (isfinite(x)) {
        fb_json_double(w, x);
    } else {
        fb_json_null(w);
    }
}

void fb_report_interval(struct fb_json_writer *w, const char *key, double low, double high)
{
    const double ends[2] = {low, high};
    fb_json_key(w, key);
    fb_json_open_array(w);
    for (int i = 0; i < 2; i++) {
        if (isfinite(ends[i])) {
            fb_json_double(w, ends[i]);
        } else {
            fb_json_null(w);
        }
    }
    fb_json_close_array(w);
}

static void add_interval(
    struct fb_sheet_table *table, enum fb_tone tone, const struct fb_horizon_fit *fit, int level)
{
    char low[MINUTES_TEXT], high[MINUTES_TEXT];
    if (isnan(fit->low[level])) {
        fb_sheet_table_add(table, FB_TONE_FAINT, "-");
        return;
    }
    fb_sheet_table_add(table, tone, "%s to %s", fb_report_minutes(fit->low[level], low),
        fb_report_minutes(fit->high[level], high));
}

static void add_agent(
    struct fb_sheet_table *table, const struct fb_horizon_report *report, uint32_t agent)
{
    const struct fb_horizon_fit *fit = &report->result->fits[agent];
    char text[MINUTES_TEXT], day[FB_TIME_TEXT];
    bool fitted = fit->logistic.state == FB_LOGISTIC_FITTED && fit->logistic.slope < 0;
    bool dated = report->dates && report->dates[agent] != FB_TIME_MIN;
    enum fb_tone tone = fitted ? FB_TONE_PLAIN : FB_TONE_WARN;
    fb_sheet_table_add(table, FB_TONE_HEAD, "%.*s", FB_STR_ARG(report->runs->agents[agent]));
    fb_sheet_table_add(table, FB_TONE_PLAIN, "%.10s",
        dated ? fb_time_format_short(report->dates[agent], day) : "-");
    fb_sheet_table_add(table, FB_TONE_PLAIN, "%u", fit->runs);
    fb_sheet_table_add(table, FB_TONE_PLAIN, "%.1f%%", 100 * fit->average);
    for (int i = 0; i < FB_HORIZON_LEVELS; i++) {
        fb_sheet_table_add(table, tone, "%s", fb_report_minutes(fit->horizon[i], text));
        add_interval(table, tone, fit, i);
    }
    fb_sheet_table_add(table, tone, "%s", fit_word(fit));
}

/* Agents through whose horizon no line goes: what it is there comes of the tasks' lengths. */
static void add_left_out(struct fb_sheet *sheet, const struct fb_horizon_report *report)
{
    const struct fb_growth *growth = report->growth;
    bool endless = false;
    size_t from = sheet->out->len;
    for (size_t i = 0; i < growth->left_out_count; i++) {
        fb_buf_add_c(
            sheet->out, i ? ", " : "Left out of the line, for want of a measured horizon: ");
        fb_sheet_clean(sheet->out, report->runs->agents[growth->left_out[i].agent], 60);
        endless = endless || isinf(growth->left_out[i].minutes);
    }
    if (endless) {
        fb_buf_add_c(
            sheet->out, ". Who never failed may be ahead of the line: it needs longer tasks");
    }
    if (growth->left_out_count > 0) {
        fb_buf_add_char(sheet->out, '\n');
        fb_sheet_wrap(sheet, from, 0);
    }
}

static void add_growth(struct fb_sheet *sheet, const struct fb_horizon_report *report)
{
    const struct fb_growth *growth = report->growth;
    double confidence = 100 * report->options->confidence;
    if (!growth) {
        if (report->no_growth) {
            fb_buf_addf(sheet->out, "\n%s\n", report->no_growth);
        }
        return;
    }
    size_t from = sheet->out->len;
    fb_buf_addf(
        sheet->out, "\nDoubling time of the %.0f%% horizon: ", 100 * report->options->levels[0]);
    if (isfinite(growth->doubling_days)) {
        fb_buf_addf(sheet->out, "%.1f days", growth->doubling_days);
    } else {
        fb_buf_add_c(sheet->out, "none, it does not grow");
    }
    if (growth->resamples > 0) {
        fb_buf_addf(sheet->out, " (%g%%: %.1f to ", confidence, growth->low);
        if (isfinite(growth->high)) {
            fb_buf_addf(sheet->out, "%.1f", growth->high);
        } else {
            fb_buf_add_c(sheet->out, "no end");
        }
        fb_buf_addf(sheet->out, "; %u of %u resamples do not grow)", growth->not_growing,
            growth->resamples);
    }
    fb_buf_addf(sheet->out, ", R2 %.3f, frontier of %zu:", growth->line.r2, growth->frontier_count);
    bool first = true;
    for (size_t i = 0; i < growth->count; i++) {
        if (growth->points[i].frontier) {
            fb_buf_add_c(sheet->out, first ? " " : ", ");
            fb_sheet_clean(sheet->out, report->runs->agents[growth->points[i].agent], 60);
            first = false;
        }
    }
    fb_buf_add_char(sheet->out, '\n');
    fb_sheet_wrap(sheet, from + 1, 0);
    add_left_out(sheet, report);
}

enum fb_code fb_report_horizon_text(const struct fb_horizon_report *report,
    const struct fb_report_options *options, struct fb_buf *out, struct fb_err *err)
{
    FB_ASSERT(report && options && out);
    const struct fb_horizon_options *o = report->options;
    char heads[4][INTERVAL_TEXT];
    for (int i = 0; i < FB_HORIZON_LEVELS; i++) {
        (void)snprintf(heads[2 * i], INTERVAL_TEXT, ">%g%% HORIZON", 100 * o->levels[i]);
        (void)snprintf(heads[2 * i + 1], INTERVAL_TEXT, "%g%% INTERVAL", 100 * o->confidence);
    }
    const char *names[] = {
        "AGENT", "RELEASED", ">RUNS", ">SUCCESS", heads[0], heads[1], heads[2], heads[3], "FIT"};
    struct fb_sheet sheet = {out, options->colour, options->width, false};
    struct fb_sheet_table table;
    fb_sheet_table_init(&table, names, sizeof(names) / sizeof(names[0]));
    for (uint32_t i = 0; i < report->result->agents; i++) {
        add_agent(&table, report, i);
    }
    fb_sheet_table_end(&table, &sheet, 0);
    fb_buf_addf(out,
        "\n%zu runs of %u tasks in %u families; penalty %g on the slope, weights: %s; %u "
        "resamples\n",
        report->runs->data.count, report->runs->data.tasks, report->runs->data.families, o->penalty,
        report->weights, report->result->resamples);
    add_growth(&sheet, report);
    return fb_sheet_check(&sheet, "the horizons", err);
}

static void write_agent(
    struct fb_json_writer *w, const struct fb_horizon_report *report, uint32_t agent)
{
    const struct fb_horizon_fit *fit = &report->result->fits[agent];
    bool fitted = fit->logistic.state == FB_LOGISTIC_FITTED;
    char day[FB_TIME_TEXT], key[64];
    fb_json_open_object(w);
    fb_json_key_str(w, "agent", report->runs->agents[agent]);
    if (report->dates && report->dates[agent] != FB_TIME_MIN) {
        (void)fb_time_format_short(report->dates[agent], day);
        fb_json_key_str(w, "released", (struct fb_str){day, 10});
    }
    fb_json_key_int(w, "runs", fit->runs);
    fb_json_key_int(w, "tasks", fit->tasks);
    fb_json_key_c(w, "fit", fit_word(fit));
    fb_report_number(w, "slope", fitted ? fit->logistic.slope : (double)NAN);
    fb_report_number(w, "intercept", fitted ? fit->logistic.intercept : (double)NAN);
    fb_report_number(w, "average", fit->average);
    fb_report_number(w, "loss", fit->loss);
    for (int i = 0; i < FB_HORIZON_LEVELS; i++) {
        double level = 100 * report->options->levels[i];
        (void)snprintf(key, sizeof(key), "p%g", level);
        fb_report_number(w, key, fit->horizon[i]);
        (void)snprintf(key, sizeof(key), "p%g_interval", level);
        fb_report_interval(w, key, fit->low[i], fit->high[i]);
    }
    fb_json_key_int(w, "resamples", fit->resamples);
    fb_json_close_object(w);
}

static void write_growth(struct fb_json_writer *w, const struct fb_horizon_report *report)
{
    const struct fb_growth *growth = report->growth;
    fb_json_open_object(w);
    fb_report_number(w, "doubling_days", growth->doubling_days);
    fb_report_interval(w, "interval", growth->low, growth->high);
    fb_report_number(w, "median", growth->median);
    fb_json_key_int(w, "resamples", growth->resamples);
    fb_json_key_int(w, "not_growing", growth->not_growing);
    fb_report_number(w, "r2", growth->line.r2);
    fb_report_number(w, "slope_per_day", growth->line.slope);
    fb_json_key(w, "frontier");
    fb_json_open_array(w);
    for (size_t i = 0; i < growth->count; i++) {
        if (growth->points[i].frontier) {
            fb_json_str(w, report->runs->agents[growth->points[i].agent]);
        }
    }
    fb_json_close_array(w);
    fb_json_key(w, "left_out");
    fb_json_open_array(w);
    for (size_t i = 0; i < growth->left_out_count; i++) {
        fb_json_str(w, report->runs->agents[growth->left_out[i].agent]);
    }
    fb_json_close_array(w);
    fb_json_close_object(w);
}

enum fb_code fb_report_horizon_json(
    const struct fb_horizon_report *report, struct fb_buf *out, struct fb_err *err)
{
    FB_ASSERT(report && out);
    char digest[2 * FB_SHA256_SIZE + 1];
    struct fb_json_writer w;
    fb_json_writer_init(&w, out, 2);
    fb_json_open_object(&w);
    fb_json_key_c(&w, "file", report->path);
    fb_json_key_c(&w, "digest", fb_hex_encode(report->runs->digest, FB_SHA256_SIZE, digest));
    fb_json_key_int(&w, "runs", (int64_t)report->runs->data.count);
    fb_json_key_int(&w, "tasks", report->runs->data.tasks);
    fb_json_key_int(&w, "families", report->runs->data.families);
    fb_json_key_double(&w, "penalty", report->options->penalty);
    fb_json_key_c(&w, "weights", report->weights);
    fb_json_key_double(&w, "confidence", report->options->confidence);
    fb_json_key_int(&w, "resamples", report->result->resamples);
    fb_json_key(&w, "agents");
    fb_json_open_array(&w);
    for (uint32_t i = 0; i < report->result->agents; i++) {
        write_agent(&w, report, i);
    }
    fb_json_close_array(&w);
    if (report->growth) {
        fb_json_key(&w, "growth");
        write_growth(&w, report);
    }
    fb_json_close_object(&w);
    fb_buf_add_char(out, '\n');
    return fb_buf_check(out, "the horizons", err);
}

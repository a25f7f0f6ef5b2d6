/* capability.c: the scale of capability, as tables and as JSON. */
#include <math.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "base/assert.h"
#include "base/codec.h"
#include "report/fits.h"
#include "report/sheet.h"

static const double days_a_year = 365.25;
static const double p_enough = 0.05;

/* One line of a table: an estimate, and where its name is. */
struct entry {
    const struct fb_capability_estimate *estimate;
    struct fb_str name;
    uint32_t number;
};

static int compare_entries(const void *a, const void *b)
{
    const struct entry *x = a, *y = b;
    if (x->estimate->value != y->estimate->value) {
        return x->estimate->value > y->estimate->value ? -1 : 1;
    }
    return (x->number > y->number) - (x->number < y->number);
}

/* Estimates from the highest down; the caller frees them. NULL when memory ran out. */
static struct entry *in_order(
    const struct fb_capability_estimate *estimates, const struct fb_str *names, uint32_t count)
{
    struct entry *entries = fb_calloc(count, sizeof(*entries));
    for (uint32_t i = 0; entries && i < count; i++) {
        entries[i] = (struct entry){&estimates[i], names[i], i};
    }
    if (entries && count > 1) {
        qsort(entries, count, sizeof(*entries), compare_entries);
    }
    return entries;
}

static void add_estimate(struct fb_sheet_table *table, const struct fb_capability_estimate *e)
{
    fb_sheet_table_add(table, FB_TONE_PLAIN, "%.3f", e->value);
    if (!isfinite(e->low) || !isfinite(e->high)) {
        fb_sheet_table_add(table, FB_TONE_FAINT, e->scores == 1 ? "one score" : "-");
    } else {
        fb_sheet_table_add(table, FB_TONE_PLAIN, "%.2f to %.2f", e->low, e->high);
    }
    fb_sheet_table_add(table, e->scores < 3 ? FB_TONE_WARN : FB_TONE_PLAIN, "%u", e->scores);
}

static void add_growth(struct fb_buf *out, const struct fb_capability_report *report)
{
    const struct fb_trend *line = report->line;
    if (!line) {
        fb_buf_add_c(out, "\nNo trend: fewer than 3 models of the frontier have a date.\n");
        return;
    }
    struct fb_trend_interval slope = fb_trend_slope(line, report->options->confidence);
    fb_buf_addf(out,
        "\nThe frontier (%zu models that were the best at their release) gains %.3f a year (%g%%: "
        "%.3f to %.3f), R2 %.3f.\n",
        report->frontier_count, line->slope * days_a_year, 100 * report->options->confidence,
        slope.low * days_a_year, slope.high * days_a_year, line->r2);
    const struct fb_trend_break *kink = report->kink;
    if (kink) {
        char day[FB_TIME_TEXT];
        fb_time at = (fb_time)(kink->t * (double)FB_DAY);
        fb_buf_addf(out,
            "Two lines that meet at %.10s: %.3f a year before, %.3f after (%.2f times), R2 %.3f. "
            "%s\nAn even line with that scatter would turn up as much in %.1f%% of cases.\n",
            fb_time_format_short(at, day), kink->slope_before * days_a_year,
            kink->slope_after * days_a_year, kink->ratio, kink->r2,
            !kink->accelerated           ? "No acceleration is shown."
            : report->kink_p <= p_enough ? "It accelerated."
                                         : "It accelerated by BIC, which is not sure.",
            100 * report->kink_p);
    }
}

enum fb_code fb_report_capability_text(const struct fb_capability_report *report,
    const struct fb_report_options *options, struct fb_buf *out, struct fb_err *err)
{
    FB_ASSERT(report && options && out);
    static const char *const model_heads[] = {
        "MODEL", "RELEASED", ">CAPABILITY", "INTERVAL", ">SCORES"};
    static const char *const benchmark_heads[] = {
        "BENCHMARK", ">DIFFICULTY", "INTERVAL", ">SCORES", ">SLOPE"};
    const struct fb_capability_result *r = report->result;
    struct fb_sheet sheet = {out, options->colour, options->width, false};
    struct fb_sheet_table table;
    struct entry *models = in_order(r->models, report->scores->models, r->model_count);
    struct entry *benchmarks =
        in_order(r->difficulties, report->scores->benchmarks, r->benchmark_count);
    if (!models || !benchmarks) {
        fb_free(models);
        fb_free(benchmarks);
        return fb_err_set(err, FB_E_NOMEM, "memory ran out");
    }
    fb_sheet_table_init(&table, model_heads, 5);
    size_t shown = report->top && report->top < r->model_count ? report->top : r->model_count;
    for (size_t i = 0; i < shown; i++) {
        fb_time at = report->scores->dates[models[i].number];
        char day[FB_TIME_TEXT];
        fb_sheet_table_add(&table, FB_TONE_HEAD, "%.*s", FB_STR_ARG(models[i].name));
        fb_sheet_table_add(&table, FB_TONE_PLAIN, "%.10s",
            at == FB_TIME_MIN ? "-" : fb_time_format_short(at, day));
        add_estimate(&table, models[i].estimate);
    }
    fb_sheet_table_end(&table, &sheet, 0);
    if (shown < r->model_count) {
        fb_buf_addf(out, "and %zu more (--top 0 shows all)\n", r->model_count - shown);
    }
    fb_buf_add_char(out, '\n');
    fb_sheet_table_init(&table, benchmark_heads, 5);
    for (uint32_t i = 0; i < r->benchmark_count; i++) {
        fb_sheet_table_add(&table, FB_TONE_HEAD, "%.*s", FB_STR_ARG(benchmarks[i].name));
        add_estimate(&table, benchmarks[i].estimate);
        fb_sheet_table_add(&table, FB_TONE_PLAIN, "%.3f", r->slopes[benchmarks[i].number]);
    }
    fb_sheet_table_end(&table, &sheet, 0);
    fb_buf_addf(out, "\n%zu score%s, cost %.6f; anchor %.*s; penalty %g; %u resamples\n",
        report->scores->data.count, report->scores->data.count == 1 ? "" : "s", r->cost,
        FB_STR_ARG(report->scores->benchmarks[report->options->anchor]), report->options->penalty,
        r->resamples);
    if (report->scores->clipped) {
        fb_buf_addf(out, "%zu scores were outside 0 to 1: all are held within 0.001 and 0.999\n",
            report->scores->clipped);
    }
    if (report->scores->repeated) {
        fb_buf_addf(out,
            "%zu score%s beside another of the same model on the same benchmark: each counts\n",
            report->scores->repeated, report->scores->repeated == 1 ? " stands" : "s stand");
    }
    add_growth(out, report);
    fb_free(models);
    fb_free(benchmarks);
    return fb_sheet_check(&sheet, "the capabilities", err);
}

static void write_estimate(
    struct fb_json_writer *w, const struct fb_capability_estimate *e, const char *key)
{
    fb_report_number(w, key, e->value);
    fb_report_interval(w, "interval", e->low, e->high);
    fb_json_key_int(w, "scores", e->scores);
}

static void write_growth(struct fb_json_writer *w, const struct fb_capability_report *report)
{
    if (report->line) {
        struct fb_trend_interval slope = fb_trend_slope(report->line, report->options->confidence);
        fb_json_key(w, "growth");
        fb_json_open_object(w);
        fb_json_key_int(w, "frontier", (int64_t)report->frontier_count);
        fb_report_number(w, "per_year", report->line->slope * days_a_year);
        fb_report_interval(w, "interval", slope.low * days_a_year, slope.high * days_a_year);
        fb_report_number(w, "r2", report->line->r2);
        fb_json_close_object(w);
    }
    if (report->kink) {
        char day[FB_TIME_TEXT];
        const struct fb_trend_break *kink = report->kink;
        (void)fb_time_format_short((fb_time)(kink->t * (double)FB_DAY), day);
        fb_json_key(w, "break");
        fb_json_open_object(w);
        fb_json_key_str(w, "date", (struct fb_str){day, 10});
        fb_report_number(w, "per_year_before", kink->slope_before * days_a_year);
        fb_report_number(w, "per_year_after", kink->slope_after * days_a_year);
        fb_report_number(w, "ratio", kink->ratio);
        fb_report_number(w, "r2", kink->r2);
        fb_report_number(w, "bic_gain", kink->bic_gain);
        fb_json_key_bool(w, "accelerated", kink->accelerated);
        fb_report_number(w, "p_value", report->kink_p);
        fb_json_close_object(w);
    }
}

enum fb_code fb_report_capability_json(
    const struct fb_capability_report *report, struct fb_buf *out, struct fb_err *err)
{
    FB_ASSERT(report && out);
    const struct fb_capability_result *r = report->result;
    char digest[2 * FB_SHA256_SIZE + 1], day[FB_TIME_TEXT];
    struct fb_json_writer w;
    fb_json_writer_init(&w, out, 2);
    fb_json_open_object(&w);
    fb_json_key_c(&w, "file", report->path);
    fb_json_key_c(&w, "digest", fb_hex_encode(report->scores->digest, FB_SHA256_SIZE, digest));
    fb_json_key_int(&w, "scores", (int64_t)report->scores->data.count);
    fb_json_key_int(&w, "clipped", (int64_t)report->scores->clipped);
    fb_json_key_int(&w, "repeated", (int64_t)report->scores->repeated);
    fb_json_key_double(&w, "cost", r->cost);
    fb_json_key_str(&w, "anchor", report->scores->benchmarks[report->options->anchor]);
    fb_json_key_double(&w, "penalty", report->options->penalty);
    fb_json_key_double(&w, "confidence", report->options->confidence);
    fb_json_key_int(&w, "resamples", r->resamples);
    fb_json_key(&w, "models");
    fb_json_open_array(&w);
    for (uint32_t i = 0; i < r->model_count; i++) {
        fb_json_open_object(&w);
        fb_json_key_str(&w, "model", report->scores->models[i]);
        if (report->scores->dates[i] != FB_TIME_MIN) {
            (void)fb_time_format_short(report->scores->dates[i], day);
            fb_json_key_str(&w, "released", (struct fb_str){day, 10});
        }
        write_estimate(&w, &r->models[i], "capability");
        fb_json_close_object(&w);
    }
    fb_json_close_array(&w);
    fb_json_key(&w, "benchmarks");
    fb_json_open_array(&w);
    for (uint32_t i = 0; i < r->benchmark_count; i++) {
        fb_json_open_object(&w);
        fb_json_key_str(&w, "benchmark", report->scores->benchmarks[i]);
        write_estimate(&w, &r->difficulties[i], "difficulty");
        fb_report_number(&w, "slope", r->slopes[i]);
        fb_json_close_object(&w);
    }
    fb_json_close_array(&w);
    write_growth(&w, report);
    fb_json_close_object(&w);
    fb_buf_add_char(out, '\n');
    return fb_buf_check(out, "the capabilities", err);
}

#include "report/training.h"

#include "base/assert.h"
#include "base/json.h"
#include "report/sheet.h"

enum { TEXT_ROWS_MAX = 200, STALE_DAYS = 31 };

static void add_interval(struct fb_sheet_table *table, bool has, const double interval[2])
{
    if (has) {
        fb_sheet_table_add(table, FB_TONE_PLAIN, "%.3g to %.3g", interval[0], interval[1]);
    } else {
        fb_sheet_table_add(table, FB_TONE_FAINT, "-");
    }
}

static void write_spread(
    struct fb_buf *out, const char *method, const struct fb_training_spread *spread)
{
    if (spread->count == 0) {
        fb_buf_addf(out, "%s: no published figure to compare with.\n", method);
        return;
    }
    fb_buf_addf(out, "%s: %zu of %zu published figures lie within the interval", method,
        spread->within, spread->count);
    if (spread->quantiles[2] > 0) {
        fb_buf_addf(out,
            "; published / estimate has median %.3g, middle half %.3g to %.3g, middle four "
            "fifths %.3g to %.3g",
            spread->quantiles[2], spread->quantiles[1], spread->quantiles[3], spread->quantiles[0],
            spread->quantiles[4]);
    }
    fb_buf_add_c(out, ".\n");
}

enum fb_code fb_report_training_text(const struct fb_training_report *report,
    const struct fb_report_options *options, struct fb_buf *out, struct fb_err *err)
{
    FB_ASSERT(report && options && out);
    const char *heads[] = {"MODEL", "6 P D", "CHIPS x TIME", "PUBLISHED", "NOTE"};
    struct fb_sheet sheet = {out, options->colour, options->width, false};
    struct fb_sheet_table table;
    size_t shown = 0, estimated = 0;
    fb_sheet_table_init(&table, heads, 5);
    for (size_t i = 0; i < report->models->count; i++) {
        const struct fb_model *model = &report->models->items[i];
        struct fb_training estimate = fb_training_estimate(model, report->use);
        bool has = estimate.has_model || estimate.has_hardware;
        estimated += has;
        if (!has || shown++ >= TEXT_ROWS_MAX) {
            continue;
        }
        fb_sheet_table_add(&table, FB_TONE_HEAD, "%.*s", FB_STR_ARG(model->name));
        add_interval(&table, estimate.has_model, estimate.model);
        add_interval(&table, estimate.has_hardware, estimate.hardware);
        fb_sheet_table_add(&table, FB_TONE_PLAIN, model->flop > 0 ? "%.3g" : "-", model->flop);
        fb_sheet_table_add(
            &table, FB_TONE_WARN, "%s", estimate.disagree ? "the methods disagree" : "");
    }
    fb_sheet_table_end(&table, &sheet, 0);
    if (estimated > TEXT_ROWS_MAX) {
        fb_buf_addf(out, "... and %zu more; --json has all.\n", estimated - TEXT_ROWS_MAX);
    }
    fb_buf_addf(
        out, "\n%zu of %zu rows say enough for an estimate.\n", estimated, report->models->count);
    write_spread(out, "6 P D, +-30%", &report->by_model);
    write_spread(out, "Chips x time", &report->by_hardware);
    return fb_sheet_check(&sheet, "the estimates", err);
}

static void json_interval(
    struct fb_json_writer *w, const char *key, bool has, const double interval[2])
{
    fb_json_key(w, key);
    if (!has) {
        fb_json_null(w);
        return;
    }
    fb_json_open_array(w);
    fb_json_double(w, interval[0]);
    fb_json_double(w, interval[1]);
    fb_json_close_array(w);
}

static void json_spread(
    struct fb_json_writer *w, const char *key, const struct fb_training_spread *spread)
{
    fb_json_key(w, key);
    fb_json_open_object(w);
    fb_json_key_int(w, "compared", (int64_t)spread->count);
    fb_json_key_int(w, "within", (int64_t)spread->within);
    fb_json_key(w, "published_over_estimate");
    fb_json_open_object(w);
    static const char *const keys[] = {"p10", "p25", "median", "p75", "p90"};
    for (int q = 0; q < 5; q++) {
        fb_json_key_double(w, keys[q], spread->quantiles[q]);
    }
    fb_json_close_object(w);
    fb_json_close_object(w);
}

enum fb_code fb_report_training_json(
    const struct fb_training_report *report, struct fb_buf *out, struct fb_err *err)
{
    FB_ASSERT(report && out);
    struct fb_json_writer w;
    fb_json_writer_init(&w, out, 2);
    fb_json_open_object(&w);
    fb_json_key(&w, "models");
    fb_json_open_array(&w);
    for (size_t i = 0; i < report->models->count; i++) {
        const struct fb_model *model = &report->models->items[i];
        struct fb_training estimate = fb_training_estimate(model, report->use);
        if (!estimate.has_model && !estimate.has_hardware) {
            continue;
        }
        fb_json_open_object(&w);
        fb_json_key_str(&w, "model", model->name);
        json_interval(&w, "by_model", estimate.has_model, estimate.model);
        json_interval(&w, "by_hardware", estimate.has_hardware, estimate.hardware);
        json_interval(&w, "flop", true, estimate.flop);
        fb_json_key_bool(&w, "disagree", estimate.disagree);
        if (model->flop > 0) {
            fb_json_key_double(&w, "published", model->flop);
        }
        fb_json_close_object(&w);
    }
    fb_json_close_array(&w);
    json_spread(&w, "model_method", &report->by_model);
    json_spread(&w, "hardware_method", &report->by_hardware);
    fb_json_close_object(&w);
    fb_buf_add_char(out, '\n');
    return fb_buf_check(out, "the estimates", err);
}

static const char *date_text(fb_time at, char out[FB_TIME_TEXT])
{
    if (at == FB_TIME_MAX) {
        return "not within 30 years";
    }
    fb_time_format(at, out);
    out[10] = 0;
    return out;
}

enum fb_code fb_report_crossing_text(
    const struct fb_crossing_report *report, struct fb_buf *out, struct fb_err *err)
{
    FB_ASSERT(report && out);
    char dates[4][FB_TIME_TEXT];
    const struct fb_crossing *c = &report->crossing;
    fb_buf_addf(out, "%.*s FLOP, as known before %s: ", FB_STR_ARG(report->threshold_text),
        date_text(report->as_of, dates[3]));
    if (c->met) {
        fb_buf_addf(out, "reached on %s.\n", date_text(c->low, dates[0]));
    } else if (!c->has_trend) {
        fb_buf_addf(out, "no forecast: %zu systems are too few for a trend.\n", c->used);
    } else {
        fb_buf_addf(out, "first reached between %s and %s (%g%% interval), %s by the line.\n",
            date_text(c->low, dates[0]), date_text(c->high, dates[1]), 100 * report->confidence,
            date_text(c->middle, dates[2]));
        fb_buf_addf(out,
            "The compute of the largest systems doubles every %.0f days (%zu systems).\n",
            c->doubling_days, c->used);
    }
    if (!c->met && report->table_ends != FB_TIME_MIN &&
        report->as_of - report->table_ends > STALE_DAYS * FB_DAY) {
        fb_buf_addf(out,
            "The table ends with %s; what came between is taken for nothing. Without --at the "
            "forecast is made from there.\n",
            date_text(report->table_ends, dates[0]));
    }
    const struct fb_crossing_score *s = &report->score;
    if (report->scored) {
        fb_buf_addf(out,
            "Earlier forecasts, with later years hidden: %zu of %zu hold (%.0f%%; wanted %g%%), "
            "%zu "
            "crossed sooner, %zu later; half of the intervals are wider than %.1f years.\n",
            s->within, s->forecasts,
            s->forecasts ? 100.0 * (double)s->within / (double)s->forecasts : 0.0,
            100 * report->confidence, s->sooner, s->later, s->width_years);
    }
    return fb_buf_check(out, "the forecast", err);
}

static void json_date(struct fb_json_writer *w, const char *key, fb_time at)
{
    char text[FB_TIME_TEXT];
    if (at == FB_TIME_MAX) {
        fb_json_key(w, key);
        fb_json_null(w);
    } else {
        fb_json_key_c(w, key, date_text(at, text));
    }
}

enum fb_code fb_report_crossing_json(
    const struct fb_crossing_report *report, struct fb_buf *out, struct fb_err *err)
{
    FB_ASSERT(report && out);
    const struct fb_crossing *c = &report->crossing;
    struct fb_json_writer w;
    fb_json_writer_init(&w, out, 2);
    fb_json_open_object(&w);
    fb_json_key(&w, "threshold");
    fb_json_raw(&w, report->threshold_text);
    json_date(&w, "as_of", report->as_of);
    json_date(
        &w, "table_ends", report->table_ends == FB_TIME_MIN ? FB_TIME_MAX : report->table_ends);
    fb_json_key_double(&w, "confidence", report->confidence);
    fb_json_key_bool(&w, "met", c->met);
    json_date(&w, "low", c->low);
    json_date(&w, "middle", c->middle);
    json_date(&w, "high", c->high);
    fb_json_key_int(&w, "systems", (int64_t)c->used);
    if (c->has_trend && c->doubling_days < 1e9) {
        fb_json_key_double(&w, "doubling_days", c->doubling_days);
    }
    if (report->scored) {
        const struct fb_crossing_score *s = &report->score;
        fb_json_key(&w, "backtest");
        fb_json_open_object(&w);
        fb_json_key_int(&w, "forecasts", (int64_t)s->forecasts);
        fb_json_key_int(&w, "within", (int64_t)s->within);
        fb_json_key_int(&w, "sooner", (int64_t)s->sooner);
        fb_json_key_int(&w, "later", (int64_t)s->later);
        if (s->width_years < 1e9) {
            fb_json_key_double(&w, "median_width_years", s->width_years);
        }
        fb_json_close_object(&w);
    }
    fb_json_close_object(&w);
    fb_buf_add_char(out, '\n');
    return fb_buf_check(out, "the forecast", err);
}

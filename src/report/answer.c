#include "report/answer.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/assert.h"
#include "base/json.h"
#include "report/fits.h"
#include "report/sheet.h"

/* Decimals of a percentage: so many that what is not 0% or 100% does not look like it. */
static int decimals(double percent)
{
    double size = fabs(percent), away = fmin(size, fabs(100 - size));
    if (away == 0 || away >= 10) {
        return away == 0 && size == 0 ? 2 : 1;
    }
    return away >= 0.01 ? 2 : (int)fmin(fmax(4, 1 - floor(log10(away))), 12);
}

/* A number as its unit has it; "" for none. */
static const char *show(enum fb_figure_unit unit, double x, char out[40])
{
    if (isnan(x)) {
        out[0] = 0;
    } else if (isinf(x)) {
        (void)snprintf(out, 40, x > 0 ? "no end" : "-no end");
    } else if (unit == FB_FIGURE_COUNT) {
        (void)snprintf(out, 40, "%.0f", x);
    } else if (unit == FB_FIGURE_NUMBER) {
        (void)snprintf(out, 40, "%.4g", x);
    } else {
        (void)snprintf(out, 40, "%.*f%%", decimals(100 * x), 100 * x);
    }
    return out;
}

/* Appends a note, with the names of figures as the table has them. */
static void add_note(struct fb_buf *out, struct fb_str note)
{
    for (size_t i = 0; i < note.len; i++) {
        fb_buf_add_char(out, note.ptr[i] == '_' ? ' ' : note.ptr[i]);
    }
    fb_buf_add_char(out, '\n');
}

static void add_row(struct fb_sheet_table *table, const struct fb_figure *f)
{
    char value[40], low[40], high[40], name[64];
    size_t len = strlen(f->name);
    (void)snprintf(name, sizeof(name), "%s", f->name);
    for (size_t i = 0; i < len && i < sizeof(name); i++) {
        name[i] = name[i] == '_' ? ' ' : name[i];
    }
    show(f->unit, f->low, low);
    show(f->unit, f->high, high);
    fb_sheet_table_add(table, FB_TONE_PLAIN, "%.*s", FB_STR_ARG(f->of));
    fb_sheet_table_add(table, FB_TONE_PLAIN, "%s", name);
    fb_sheet_table_add(table, FB_TONE_PLAIN, "%s", show(f->unit, f->value, value));
    if (low[0] && high[0]) {
        fb_sheet_table_add(table, FB_TONE_PLAIN, "%s to %s", low, high);
    } else {
        fb_sheet_table_add(table, FB_TONE_PLAIN, "%s%s",
            low[0]    ? "at least "
            : high[0] ? "at most "
                      : "",
            low[0] ? low : high);
    }
}

enum fb_code fb_report_answer_text(const struct fb_answer_report *report,
    const struct fb_report_options *options, struct fb_buf *out, struct fb_err *err)
{
    static const char *const heads[] = {"OF", "FIGURE", ">VALUE", ">INTERVAL"};
    FB_ASSERT(report && options && out);
    struct fb_sheet sheet = {out, options->colour, options->width, false};
    struct fb_sheet_table table;
    const struct fb_answer *figures = report->figures;
    size_t from = out->len;
    fb_buf_addf(out, "%s: %s; %.10g%%\n", report->question->name, report->question->method,
        100 * report->options->confidence);
    fb_sheet_wrap(&sheet, from, 0);
    fb_buf_add_char(out, '\n');
    fb_sheet_table_init(&table, heads, sizeof(heads) / sizeof(heads[0]));
    for (size_t i = 0; i < figures->count; i++) {
        add_row(&table, &figures->items[i]);
    }
    fb_sheet_table_end(&table, &sheet, 0);
    for (size_t i = 0; i < figures->note_count; i++) {
        fb_buf_add_c(out, i == 0 ? "\n" : "");
        from = out->len;
        add_note(out, figures->notes[i]);
        fb_sheet_wrap(&sheet, from, 0);
    }
    return fb_sheet_check(&sheet, "the figures", err);
}

enum fb_code fb_report_answer_json(
    const struct fb_answer_report *report, struct fb_buf *out, struct fb_err *err)
{
    FB_ASSERT(report && out);
    const struct fb_answer *figures = report->figures;
    struct fb_json_writer w;
    fb_json_writer_init(&w, out, 2);
    fb_json_open_object(&w);
    fb_json_key_c(&w, "file", report->path);
    fb_json_key_c(&w, "question", report->question->name);
    fb_json_key_c(&w, "method", report->question->method);
    fb_json_key_double(&w, "confidence", report->options->confidence);
    fb_json_key(&w, "figures");
    fb_json_open_array(&w);
    for (size_t i = 0; i < figures->count; i++) {
        const struct fb_figure *f = &figures->items[i];
        fb_json_open_object(&w);
        fb_json_key_str(&w, "of", f->of);
        fb_json_key_c(&w, "name", f->name);
        fb_report_number(&w, "value", f->value);
        fb_report_number(&w, "low", f->low);
        fb_report_number(&w, "high", f->high);
        fb_json_close_object(&w);
    }
    fb_json_close_array(&w);
    fb_json_key(&w, "notes");
    fb_json_open_array(&w);
    for (size_t i = 0; i < figures->note_count; i++) {
        fb_json_str(&w, figures->notes[i]);
    }
    fb_json_close_array(&w);
    fb_json_close_object(&w);
    fb_buf_add_char(out, '\n');
    return fb_buf_check(out, "the figures", err);
}

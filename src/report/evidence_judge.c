/* evidence_judge.c: a rate that a fallible judge scored, as text and as JSON. */
#include "base/assert.h"
#include "report/evidence.h"
#include "report/sheet.h"

static void add_row(struct fb_sheet_table *table, const char *method,
    const struct fb_judge_estimate *e, const char *note)
{
    fb_sheet_table_add(table, FB_TONE_PLAIN, "%s", method);
    fb_sheet_table_add(table, FB_TONE_PLAIN, "%.2f%%", 100 * e->value);
    fb_sheet_table_add(table, FB_TONE_PLAIN, "%.2f%% to %.2f%%", 100 * e->low, 100 * e->high);
    fb_sheet_table_add(table, FB_TONE_FAINT, "%s", note);
}

enum fb_code fb_report_judge_text(const struct fb_judge_report *report,
    const struct fb_report_options *options, struct fb_buf *out, struct fb_err *err)
{
    static const char *const heads[] = {"METHOD", ">RATE", ">INTERVAL", "HOLDS IF"};
    FB_ASSERT(report && options && out);
    struct fb_sheet sheet = {out, options->colour, options->width, false};
    struct fb_sheet_table table;
    const struct fb_judge_record *r = &report->record;
    fb_buf_addf(out, "%zu samples with their truth, %zu that only the judge scored; %.10g%%\n",
        report->labelled, report->unlabelled, 100 * report->confidence);
    if (report->has_counts) {
        fb_buf_addf(out,
            "the judge was right on %lld of %lld that failed and %lld of %lld that "
            "succeeded\n",
            (long long)r->right_negatives, (long long)r->negatives, (long long)r->right_positives,
            (long long)r->positives);
    }
    fb_buf_add_char(out, '\n');
    fb_sheet_table_init(&table, heads, sizeof(heads) / sizeof(heads[0]));
    add_row(&table, "PPI", &report->ppi, "rows with truth are a random part");
    add_row(&table, "PPI++", &report->ppi_tuned, "likewise");
    if (report->is_corrected) {
        add_row(&table, "Rogan-Gladen", &report->corrected, "the judge errs alike on both");
    }
    fb_sheet_table_end(&table, &sheet, 0);
    if (!report->is_corrected) {
        fb_buf_addf(out, "\nwithout Rogan-Gladen: %s\n", report->left_out.message);
    }
    return fb_sheet_check(&sheet, "the rates", err);
}

static void key_estimate(
    struct fb_json_writer *w, const char *key, const struct fb_judge_estimate *e)
{
    fb_json_key(w, key);
    fb_json_open_object(w);
    fb_json_key_double(w, "value", e->value);
    fb_json_key_double(w, "low", e->low);
    fb_json_key_double(w, "high", e->high);
    fb_json_close_object(w);
}

enum fb_code fb_report_judge_json(
    const struct fb_judge_report *report, struct fb_buf *out, struct fb_err *err)
{
    FB_ASSERT(report && out);
    struct fb_json_writer w;
    const struct fb_judge_record *r = &report->record;
    fb_json_writer_init(&w, out, 2);
    fb_json_open_object(&w);
    fb_json_key_int(&w, "labelled", (int64_t)report->labelled);
    fb_json_key_int(&w, "unlabelled", (int64_t)report->unlabelled);
    fb_json_key_double(&w, "confidence", report->confidence);
    if (report->has_counts) {
        fb_json_key_int(&w, "negatives", r->negatives);
        fb_json_key_int(&w, "right_negatives", r->right_negatives);
        fb_json_key_int(&w, "positives", r->positives);
        fb_json_key_int(&w, "right_positives", r->right_positives);
    }
    key_estimate(&w, "ppi", &report->ppi);
    key_estimate(&w, "ppi_tuned", &report->ppi_tuned);
    if (report->is_corrected) {
        key_estimate(&w, "rogan_gladen", &report->corrected);
    }
    fb_json_close_object(&w);
    fb_buf_add_char(out, '\n');
    return fb_buf_check(out, "the rates", err);
}

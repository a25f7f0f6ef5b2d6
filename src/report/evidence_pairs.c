/* evidence_pairs.c: two logs on the same samples, as text and as JSON. */
#include <math.h>

#include "base/assert.h"
#include "report/evidence.h"
#include "report/sheet.h"

enum fb_code fb_report_paired_text(const char *const paths[2], const struct fb_pairs_list *list,
    const struct fb_report_options *options, struct fb_buf *out, struct fb_err *err)
{
    static const char *const heads[] = {"TASK", "SCORE", ">PAIRS", ">UNRESOLVED", ">MEAN A",
        ">MEAN B", ">ONLY A", ">ONLY B", ">B - A", ">INTERVAL", ">P"};
    FB_ASSERT(paths && list && options && out);
    struct fb_sheet sheet = {out, options->colour, options->width, false};
    fb_buf_add_c(out, "A ");
    fb_sheet_clean(out, fb_str_of(paths[0]), SIZE_MAX);
    fb_buf_add_c(out, "\nB ");
    fb_sheet_clean(out, fb_str_of(paths[1]), SIZE_MAX);
    fb_buf_add_c(out, "\n\n");
    struct fb_sheet_table table;
    fb_sheet_table_init(&table, heads, sizeof(heads) / sizeof(heads[0]));
    for (size_t i = 0; i < list->count; i++) {
        const struct fb_pairs *p = &list->items[i];
        bool differs = p->lower > 0 || p->upper < 0;
        fb_sheet_table_add(&table, FB_TONE_PLAIN, "%.*s", FB_STR_ARG(p->task));
        fb_sheet_table_add(&table, FB_TONE_PLAIN, "%.*s", FB_STR_ARG(p->scorer));
        fb_sheet_table_add(&table, FB_TONE_PLAIN, "%lld", (long long)p->common);
        fb_sheet_table_add(
            &table, p->unresolved ? FB_TONE_WARN : FB_TONE_PLAIN, "%lld", (long long)p->unresolved);
        fb_sheet_table_add(&table, FB_TONE_PLAIN, "%.4g", p->mean[0]);
        fb_sheet_table_add(&table, FB_TONE_PLAIN, "%.4g", p->mean[1]);
        fb_sheet_table_add(&table, FB_TONE_PLAIN, "%lld", (long long)p->only[0]);
        fb_sheet_table_add(&table, FB_TONE_PLAIN, "%lld", (long long)p->only[1]);
        fb_sheet_table_add(&table, FB_TONE_PLAIN, "%+.4g", p->difference);
        fb_sheet_table_add(&table, differs ? FB_TONE_WARN : FB_TONE_PLAIN, "%+.4g to %+.4g%s",
            p->lower, p->upper, p->is_binary ? "" : " (about)");
        if (isnan(p->p_value)) {
            fb_sheet_table_add(&table, FB_TONE_PLAIN, "-");
        } else {
            fb_sheet_table_add(&table, FB_TONE_PLAIN, "%.3g", p->p_value);
        }
    }
    fb_sheet_table_end(&table, &sheet, 0);
    const char *gap = "\n";
    for (size_t i = 0; i < list->count; i++) {
        const struct fb_pairs *p = &list->items[i];
        if (p->clusters > 0) {
            fb_buf_add_c(out, gap);
            fb_sheet_clean(out, p->task, SIZE_MAX);
            fb_buf_addf(out, ": %lld pairs in %u clusters; these were compared whole.\n",
                (long long)p->common, p->clusters);
            gap = "";
        }
    }
    return fb_sheet_check(&sheet, "the comparison", err);
}

/* A number, or null for what JSON cannot say. */
static void key_number(struct fb_json_writer *w, const char *key, double x)
{
    fb_json_key(w, key);
    if (isfinite(x)) {
        fb_json_double(w, x);
    } else {
        fb_json_null(w);
    }
}

enum fb_code fb_report_paired_json(const char *const paths[2], const struct fb_pairs_list *list,
    double confidence, struct fb_buf *out, struct fb_err *err)
{
    FB_ASSERT(paths && list && out);
    struct fb_json_writer w;
    fb_json_writer_init(&w, out, 2);
    fb_json_open_object(&w);
    fb_json_key_c(&w, "a", paths[0]);
    fb_json_key_c(&w, "b", paths[1]);
    fb_json_key_double(&w, "confidence", confidence);
    fb_json_key(&w, "scores");
    fb_json_open_array(&w);
    for (size_t i = 0; i < list->count; i++) {
        const struct fb_pairs *p = &list->items[i];
        fb_json_open_object(&w);
        fb_json_key_str(&w, "task", p->task);
        fb_json_key_str(&w, "scorer", p->scorer);
        fb_json_key_int(&w, "samples_a", p->samples[0]);
        fb_json_key_int(&w, "samples_b", p->samples[1]);
        fb_json_key_int(&w, "pairs", p->common);
        fb_json_key_int(&w, "unresolved", p->unresolved);
        fb_json_key_int(&w, "both", p->both);
        fb_json_key_int(&w, "only_a", p->only[0]);
        fb_json_key_int(&w, "only_b", p->only[1]);
        fb_json_key_int(&w, "neither", p->neither);
        key_number(&w, "mean_a", p->mean[0]);
        key_number(&w, "mean_b", p->mean[1]);
        key_number(&w, "difference", p->difference);
        key_number(&w, "standard_error", p->standard_error);
        key_number(&w, "lower", p->lower);
        key_number(&w, "upper", p->upper);
        if (p->clusters > 0) {
            fb_json_key_int(&w, "clusters", p->clusters);
        }
        fb_json_key_bool(&w, "exact", p->is_binary && p->clusters == 0);
        key_number(&w, "p_value", p->p_value);
        fb_json_close_object(&w);
    }
    fb_json_close_array(&w);
    fb_json_close_object(&w);
    fb_buf_add_char(out, '\n');
    return fb_buf_check(out, "the comparison", err);
}

/* evidence_read.c: what logs show, as a table and as JSON. */
#include <stdio.h>
#include <string.h>

#include "base/assert.h"
#include "report/evidence.h"
#include "report/sheet.h"

enum { FLAGS_MAX = 4096, BOUNDS_TEXT = 64, NAME_MAX_SHOWN = 200 };

/* The last part of a path. */
static const char *file_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash && slash[1] ? slash + 1 : path;
}

static void add_flags(const struct fb_json *body, struct fb_buf *out)
{
    const struct fb_json *flags = fb_json_get(body, "flags");
    fb_buf_clear(out);
    for (const struct fb_json *f = flags ? flags->child : NULL; f; f = f->next) {
        fb_buf_addf(out, "%s%.*s", out->len ? " " : "", FB_STR_ARG(f->text));
    }
}

/* "12", or "12-14" when the epochs of a sample differ. */
static void add_counts(struct fb_sheet_table *table, const struct fb_log_evaluation *e)
{
    if (e->succeeded_any == e->succeeded_all) {
        fb_sheet_table_add(table, FB_TONE_PLAIN, "%lld", (long long)e->succeeded_all);
    } else {
        fb_sheet_table_add(table, FB_TONE_PLAIN, "%lld-%lld", (long long)e->succeeded_all,
            (long long)e->succeeded_any);
    }
}

static void add_row(struct fb_sheet_table *table, const struct fb_log_report *log,
    const struct fb_log_evaluation *e)
{
    struct fb_buf flags;
    fb_buf_init(&flags, FLAGS_MAX);
    add_flags(e->body, &flags);
    enum fb_tone tone = fb_str_is(e->status, "success") ? FB_TONE_PLAIN : FB_TONE_WARN;
    fb_sheet_table_add(table, FB_TONE_PLAIN, "%s", file_name(log->path));
    fb_sheet_table_add(table, FB_TONE_PLAIN, "%.*s", FB_STR_ARG(e->task));
    fb_sheet_table_add(table, FB_TONE_PLAIN, "%.*s", FB_STR_ARG(e->model));
    fb_sheet_table_add(table, FB_TONE_PLAIN, "%.*s", FB_STR_ARG(e->scorer));
    fb_sheet_table_add(table, tone, "%.*s", FB_STR_ARG(e->status));
    fb_sheet_table_add(table, FB_TONE_PLAIN, "%lld", (long long)e->samples);
    add_counts(table, e);
    fb_sheet_table_add(
        table, e->unresolved ? FB_TONE_WARN : FB_TONE_PLAIN, "%lld", (long long)e->unresolved);
    fb_sheet_table_add(table, FB_TONE_PLAIN, "%.1f%% to %.1f%%",
        100 * fb_decimal_to_double(e->lower), 100 * fb_decimal_to_double(e->upper));
    fb_sheet_table_add(table, e->metrics_known < e->metrics ? FB_TONE_WARN : FB_TONE_PLAIN,
        "%zu of %zu", e->metrics_known, e->metrics);
    fb_sheet_table_add(
        table, flags.len ? FB_TONE_WARN : FB_TONE_PLAIN, "%s", flags.len ? flags.ptr : "none");
    fb_buf_release(&flags);
}

/* A figure that is of the whole of an object is named "SCORER:NAME" in each of its fields. */
static bool is_whole(const struct fb_log_evaluation *e, struct fb_str name, struct fb_str *scorer)
{
    *scorer = fb_str_sub(e->scorer, 0, fb_str_find(e->scorer, '/', 0));
    return fb_str_starts(name, *scorer) && name.len > scorer->len && name.ptr[scorer->len] == ':';
}

/* Does an earlier evaluation of the log show the same figure? */
static bool is_shown(const struct fb_log_reading *reading, size_t index, struct fb_str name)
{
    bool found = false;
    for (size_t i = 0; i < index; i++) {
        const struct fb_json *metrics = fb_json_get(reading->items[i].body, "metrics");
        for (const struct fb_json *m = metrics ? metrics->child : NULL; m; m = m->next) {
            found |= fb_str_eq(m->key, name);
        }
    }
    return found;
}

/* A line for each figure that was not computed again: which, of what, and why. */
static void add_reasons(struct fb_sheet *sheet, const struct fb_log_report *log)
{
    for (size_t k = 0; log->reading && k < log->reading->count; k++) {
        const struct fb_log_evaluation *e = &log->reading->items[k];
        const struct fb_json *metrics = fb_json_get(e->body, "metrics");
        for (const struct fb_json *m = metrics ? metrics->child : NULL; m; m = m->next) {
            struct fb_str why = fb_json_get_str(m, "reason"), scorer = {NULL, 0}, name = m->key;
            bool is_of_all = is_whole(e, name, &scorer);
            if (why.len == 0 || (is_of_all && is_shown(log->reading, k, name))) {
                continue;
            }
            name = is_of_all ? fb_str_sub(name, scorer.len + 1, name.len) : name;
            size_t from = sheet->out->len;
            fb_sheet_clean(sheet->out, fb_str_of(file_name(log->path)), NAME_MAX_SHOWN);
            fb_buf_add_c(sheet->out, ": '");
            fb_sheet_clean(sheet->out, name, NAME_MAX_SHOWN);
            fb_buf_add_c(sheet->out, "' of '");
            fb_sheet_clean(sheet->out, is_of_all ? scorer : e->scorer, NAME_MAX_SHOWN);
            fb_buf_add_c(sheet->out, "' is as stated, not recomputed: ");
            fb_sheet_clean(sheet->out, why, NAME_MAX_SHOWN);
            fb_sheet_wrap(sheet, from, 2);
            fb_buf_add_char(sheet->out, '\n');
        }
    }
}

enum fb_code fb_report_logs_text(const struct fb_log_report *logs, size_t count,
    const struct fb_report_options *options, struct fb_buf *out, struct fb_err *err)
{
    FB_ASSERT(logs && count > 0 && out);
    char bounds[BOUNDS_TEXT];
    (void)snprintf(bounds, sizeof(bounds), ">%g%% BOUNDS", 100 * logs[0].confidence);
    const char *heads[] = {"LOG", "TASK", "MODEL", "SCORER", "STATUS", ">N", ">SUCCEEDED",
        ">UNRESOLVED", bounds, ">METRICS", "FLAGS"};
    struct fb_sheet sheet = {out, options->colour, options->width, false};
    struct fb_sheet_table table;
    fb_sheet_table_init(&table, heads, sizeof(heads) / sizeof(heads[0]));
    size_t rows = 0;
    for (size_t i = 0; i < count; i++) {
        for (size_t k = 0; logs[i].reading && k < logs[i].reading->count; k++, rows++) {
            add_row(&table, &logs[i], &logs[i].reading->items[k]);
        }
    }
    if (rows > 0) {
        fb_sheet_table_end(&table, &sheet, 0);
    }
    for (size_t i = 0; i < count; i++) {
        add_reasons(&sheet, &logs[i]);
    }
    return fb_sheet_check(&sheet, "the table of logs", err);
}

/* A member whose value stands in the body as it is; nothing when it is not there. */
static void copy_member(
    struct fb_json_writer *w, const struct fb_json *body, const char *key, struct fb_buf *scratch)
{
    const struct fb_json *value = fb_json_get(body, key);
    struct fb_err ignored;
    fb_err_init(&ignored);
    fb_buf_clear(scratch);
    if (value && fb_json_canonical(value, scratch, &ignored) == FB_OK) {
        fb_json_key(w, key);
        fb_json_raw(w, fb_buf_str(scratch));
    }
}

static void write_decimal(struct fb_json_writer *w, const char *key, struct fb_decimal x)
{
    char text[FB_DECIMAL_TEXT];
    fb_json_key(w, key);
    fb_json_raw(w, fb_str_of(fb_decimal_format(x, text)));
}

static void write_evaluation(struct fb_json_writer *w, const struct fb_log_evaluation *e,
    double confidence, struct fb_buf *scratch)
{
    static const char *const copied[] = {
        "began", "ended", "elicitation", "tool", "log", "flags", "metrics"};
    fb_json_open_object(w);
    fb_json_key_str(w, "task", e->task);
    fb_json_key_str(w, "scorer", e->scorer);
    if (e->model.len > 0) {
        fb_json_key_str(w, "model", e->model);
    }
    if (e->status.len > 0) {
        fb_json_key_str(w, "status", e->status);
    }
    fb_json_key_int(w, "samples", e->samples);
    fb_json_key_int(w, "epochs", e->epochs);
    fb_json_key_int(w, "succeeded_any", e->succeeded_any);
    fb_json_key_int(w, "succeeded_all", e->succeeded_all);
    fb_json_key_int(w, "unresolved", e->unresolved);
    fb_json_key(w, "bounds");
    fb_json_open_object(w);
    fb_json_key_double(w, "confidence", confidence);
    write_decimal(w, "lower", e->lower);
    write_decimal(w, "upper", e->upper);
    fb_json_key_c(w, "method", fb_estimator_name(&e->how));
    fb_json_close_object(w);
    for (size_t i = 0; i < sizeof(copied) / sizeof(copied[0]); i++) {
        copy_member(w, e->body, copied[i], scratch);
    }
    fb_json_close_object(w);
}

void fb_report_log_json(struct fb_json_writer *w, const struct fb_log_report *log)
{
    FB_ASSERT(w && log && (log->reading || log->refusal));
    struct fb_buf scratch;
    fb_buf_init(&scratch, 1 << 20);
    fb_json_key_c(w, "file", log->path);
    if (log->reading) {
        fb_json_key_c(w, "format", log->reading->format);
        fb_json_key(w, "evaluations");
        fb_json_open_array(w);
        for (size_t i = 0; i < log->reading->count; i++) {
            write_evaluation(w, &log->reading->items[i], log->confidence, &scratch);
        }
        fb_json_close_array(w);
    }
    fb_buf_release(&scratch);
}

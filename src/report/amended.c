#include "report/amended.h"

#include "base/assert.h"
#include "report/sheet.h"

static bool meant(const struct fb_amendment *item, struct fb_str id)
{
    return id.len == 0 || fb_str_eq(item->id, id);
}

/* When it was learnt, and by which record. */
static void write_correction(struct fb_sheet *sheet, const struct fb_record *record)
{
    char at[FB_TIME_TEXT];
    struct fb_buf *out = sheet->out;
    fb_buf_addf(out, "%s  #%llu ", fb_time_format_short(record->admitted, at),
        (unsigned long long)record->seq);
    fb_sheet_clean(out, record->id, SIZE_MAX);
    if (record->supersedes.len) {
        fb_buf_add_c(out, " corrects ");
        fb_sheet_clean(out, record->supersedes, SIZE_MAX);
    }
    fb_buf_add_c(out, "\n");
}

static void write_side(struct fb_sheet *sheet, const char *side, struct fb_str text)
{
    size_t from = sheet->out->len;
    fb_buf_addf(sheet->out, "    %s  ", side);
    fb_sheet_clean(sheet->out, text.len ? text : FB_STR("nothing"), SIZE_MAX);
    fb_sheet_wrap(sheet, from, 9);
    fb_buf_add_c(sheet->out, "\n");
}

enum fb_code fb_report_amended_text(const struct fb_amendments *amendments, struct fb_str id,
    const struct fb_report_options *options, struct fb_buf *out, struct fb_err *err)
{
    FB_ASSERT(amendments && options && out);
    struct fb_sheet sheet = {.out = out, .colour = options->colour, .width = options->width};
    const struct fb_record *last = NULL;
    size_t shown = 0;
    for (size_t i = 0; i < amendments->count; i++) {
        const struct fb_amendment *item = &amendments->items[i];
        if (!meant(item, id)) {
            continue;
        }
        if (item->correction != last) {
            write_correction(&sheet, item->correction);
            last = item->correction;
        }
        fb_buf_add_c(out, "  ");
        fb_sheet_clean(out, item->id, SIZE_MAX);
        fb_buf_add_c(out, "\n");
        write_side(&sheet, "was", item->was);
        write_side(&sheet, "is ", item->now);
        shown++;
    }
    if (shown == 0 && amendments->corrections == 0) {
        fb_buf_add_c(out, "There are no corrections or reviews.\n");
    } else if (shown == 0) {
        fb_buf_addf(out, "Corrections at %zu %s: none changed %s.\n", amendments->looked_at,
            amendments->looked_at == 1 ? "instant" : "instants", id.len ? "it" : "a verdict");
    }
    if (amendments->looked_at < amendments->corrections) {
        char at[FB_TIME_TEXT];
        size_t rest = amendments->corrections - amendments->looked_at;
        fb_buf_addf(out, "The earlier corrections, at %zu instant%s, were not looked at", rest,
            rest == 1 ? "" : "s");
        if (amendments->looked_at > 0) {
            fb_buf_addf(out, ": `flyball as-of %s amended` goes on with them",
                fb_time_format(amendments->earliest, at));
        }
        fb_buf_add_c(out, ".\n");
    }
    return fb_sheet_check(&sheet, "what corrections changed", err);
}

void fb_report_corrections(const struct fb_picture *picture, struct fb_buf *out)
{
    FB_ASSERT(picture && out);
    if (picture->correction_count) {
        fb_buf_addf(out, "\n%llu %s; `flyball amended` lists what changed by %s.\n",
            (unsigned long long)picture->correction_count,
            picture->correction_count == 1 ? "correction or review" : "corrections and reviews",
            picture->correction_count == 1 ? "it" : "them");
    }
}

static void key_text(struct fb_json_writer *w, const char *key, struct fb_str text)
{
    if (text.len) {
        fb_json_key_str(w, key, text);
    } else {
        fb_json_key(w, key);
        fb_json_null(w);
    }
}

enum fb_code fb_report_amended_json(const struct fb_amendments *amendments, struct fb_str id,
    struct fb_buf *out, struct fb_err *err)
{
    FB_ASSERT(amendments && out);
    struct fb_json_writer w;
    char at[FB_TIME_TEXT];
    fb_json_writer_init(&w, out, 2);
    fb_json_open_object(&w);
    fb_json_key_int(&w, "corrections", (int64_t)amendments->corrections);
    fb_json_key_int(&w, "looked_at", (int64_t)amendments->looked_at);
    fb_json_key(&w, "earlier_than");
    if (amendments->looked_at && amendments->looked_at < amendments->corrections) {
        fb_json_c(&w, fb_time_format(amendments->earliest, at));
    } else {
        fb_json_null(&w);
    }
    fb_json_key(&w, "amended");
    fb_json_open_array(&w);
    for (size_t i = 0; i < amendments->count; i++) {
        const struct fb_amendment *item = &amendments->items[i];
        if (!meant(item, id)) {
            continue;
        }
        fb_json_open_object(&w);
        fb_json_key_str(&w, "id", item->id);
        fb_json_key_c(&w, "at", fb_time_format(item->correction->admitted, at));
        fb_json_key_str(&w, "correction", item->correction->id);
        fb_json_key_int(&w, "seq", (int64_t)item->correction->seq);
        key_text(&w, "corrects", item->correction->supersedes);
        key_text(&w, "was", item->was);
        key_text(&w, "is", item->now);
        fb_json_close_object(&w);
    }
    fb_json_close_array(&w);
    fb_json_close_object(&w);
    fb_buf_add_char(out, '\n');
    return fb_buf_check(out, "what corrections changed", err);
}

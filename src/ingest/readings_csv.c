/*
 * readings_csv.c: a table of dated values (series.h) as records of kind progress, one a row.
 *
 * Needs the columns series (or quantity), date and value. In the name of a quantity, what a NAME
 * may not hold, and '-', become '_', so that "training compute" is training_compute.
 */
#include <string.h>

#include "base/assert.h"
#include "ingest/csv.h"
#include "ingest/reader.h"
#include "ingest/series.h"

enum { JSON_MAX = 64 * 1024, NAME_BYTES = 1024 };

bool fb_is_readings(const struct fb_head *head)
{
    struct fb_str rest = head->text, line, mark = FB_STR("\xEF\xBB\xBF");
    if (!fb_str_line(&rest, &line)) {
        return false;
    }
    line = fb_str_starts(line, mark) ? fb_str_sub(line, mark.len, line.len) : line;
    return (fb_csv_names(line, "series") || fb_csv_names(line, "quantity")) &&
           fb_csv_names(line, "date") && fb_csv_names(line, "value");
}

/* Appends the name of a quantity as records have it. */
static void add_series_name(struct fb_buf *out, struct fb_str name)
{
    size_t from = out->len;
    fb_reader_name(out, name);
    for (size_t i = from; i < out->len; i++) {
        out->ptr[i] = out->ptr[i] == '-' ? '_' : out->ptr[i];
    }
}

static enum fb_code write_reading(struct fb_reading *reading, const struct fb_series *series,
    size_t index, const char *digest, struct fb_err *err)
{
    const struct fb_series_point *p = &series->points[index];
    struct fb_buf json, name, id, place;
    struct fb_json_writer w;
    fb_buf_init(&json, JSON_MAX);
    fb_buf_init(&name, NAME_BYTES);
    fb_buf_init(&id, NAME_BYTES);
    fb_buf_init(&place, NAME_BYTES);
    add_series_name(&name, series->names[p->series]);
    fb_buf_addf(&id, "progress/%.16s/%zu", digest + strlen("sha256:"), index + 1);
    fb_buf_addf(&place, "line %u", p->line);
    fb_json_writer_init(&w, &json, 0);
    fb_json_open_object(&w);
    fb_json_key_c(&w, "kind", "progress");
    fb_json_key_str(&w, "id", fb_buf_str(&id));
    fb_reader_time(&w, "at", p->at);
    fb_json_key(&w, "body");
    fb_json_open_object(&w);
    fb_json_key_str(&w, "series", fb_buf_str(&name));
    fb_reader_time(&w, "date", p->at);
    fb_reader_figure(&w, "value", p->value);
    if (p->name.len > 0) {
        fb_json_key_str(&w, "name", p->name);
    }
    if (p->source.len > 0) {
        fb_json_key_str(&w, "source", p->source);
    }
    fb_json_close_object(&w);
    fb_json_close_object(&w);
    enum fb_code code = fb_buf_check(&name, "the name of a quantity", err);
    code = code ? code : fb_buf_check(&json, "a value", err);
    if (code == FB_OK) {
        struct fb_draft draft = {.json = fb_buf_str(&json), .place = fb_buf_str(&place)};
        code = fb_reading_add(reading, &draft, err);
    }
    fb_buf_release(&json);
    fb_buf_release(&name);
    fb_buf_release(&id);
    fb_buf_release(&place);
    return code;
}

enum fb_code fb_read_readings(struct fb_reading *reading, struct fb_err *err)
{
    FB_ASSERT(reading);
    struct fb_buf text;
    struct fb_series series;
    char digest[FB_INPUT_DIGEST];
    fb_buf_init(&text, FB_CSV_FILE_MAX);
    enum fb_code code = fb_input_all(reading->input, &text, err);
    code = code ? code : fb_input_digest(reading->input, digest, err);
    code = code ? code
                : fb_series_read_memory(
                      fb_buf_str(&text), reading->input->name, reading->arena, &series, err);
    for (size_t i = 0; code == FB_OK && i < series.count; i++) {
        code = write_reading(reading, &series, i, digest, err);
    }
    fb_buf_release(&text);
    return code;
}

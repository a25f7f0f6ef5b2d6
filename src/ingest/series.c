#include "ingest/series.h"

#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "base/io.h"
#include "ingest/csv.h"
#include "ingest/names.h"

static const char *const series_names[] = {"series", "quantity", NULL};
static const char *const date_names[] = {"date", "release_date", NULL};
static const char *const value_names[] = {"value", NULL};
static const char *const source_names[] = {"source", NULL};
static const char *const name_names[] = {"name", "model", "agent", NULL};

/* A table at work. */
struct work {
    struct fb_csv csv;
    struct fb_arena *arena;
    struct fb_names names;
    size_t series, date, value, name, source;
    struct fb_series_point *points;
    size_t count, cap;
};

static int compare_points(const void *a, const void *b)
{
    const struct fb_series_point *x = a, *y = b;
    if (x->series != y->series) {
        return x->series < y->series ? -1 : 1;
    }
    if (x->at != y->at) {
        return x->at < y->at ? -1 : 1;
    }
    if (x->value != y->value) {
        return x->value < y->value ? -1 : 1;
    }
    return fb_str_cmp(x->name, y->name);
}

static enum fb_code add_point(
    struct work *work, const struct fb_series_point *p, struct fb_err *err)
{
    if (work->count == FB_SERIES_POINTS_MAX) {
        return fb_err_set(err, FB_E_LIMIT, "more than %d points", FB_SERIES_POINTS_MAX);
    }
    if (work->count == work->cap) {
        size_t cap = work->cap ? work->cap * 2 : 64;
        struct fb_series_point *points = FB_ARENA_ARRAY(work->arena, struct fb_series_point, cap);
        if (!points) {
            return fb_arena_failed(work->arena, err);
        }
        if (work->count > 0) {
            memcpy(points, work->points, work->count * sizeof(*points));
        }
        work->points = points;
        work->cap = cap;
    }
    work->points[work->count++] = *p;
    return FB_OK;
}

static enum fb_code read_row(struct work *work, struct fb_err *err)
{
    struct fb_series_point p = {0};
    const struct fb_csv *csv = &work->csv;
    enum fb_code code =
        fb_names_number(&work->names, fb_str_trim(fb_csv_field(csv, work->series)), &p.series, err);
    code = code ? code : fb_csv_number(csv, work->value, &p.value, err);
    code = code ? code : fb_time_parse(fb_str_trim(fb_csv_field(csv, work->date)), &p.at, err);
    if (code == FB_OK && !(p.value > 0)) {
        return fb_csv_refuse(csv, work->value, FB_E_RANGE, err, "is not positive");
    }
    code =
        code ? code
             : fb_arena_str(work->arena, fb_str_trim(fb_csv_field(csv, work->name)), &p.name, err);
    code = code ? code
                : fb_arena_str(
                      work->arena, fb_str_trim(fb_csv_field(csv, work->source)), &p.source, err);
    p.line = csv->line;
    return code ? code : add_point(work, &p, err);
}

static enum fb_code read_table(
    struct work *work, struct fb_str text, const char *name, struct fb_err *err)
{
    bool more = true;
    enum fb_code code = fb_csv_start(&work->csv, text, name, err);
    code = code ? code : fb_csv_require(&work->csv, date_names, &work->date, err);
    code = code ? code : fb_csv_require(&work->csv, value_names, &work->value, err);
    if (code == FB_OK) {
        work->series = fb_csv_column(&work->csv, series_names);
        work->name = fb_csv_column(&work->csv, name_names);
        work->source = fb_csv_column(&work->csv, source_names);
    }
    while (code == FB_OK && more) {
        code = fb_csv_next(&work->csv, &more, err);
        if (code == FB_OK && more) {
            code = read_row(work, err);
        }
        if (code != FB_OK) {
            fb_err_place(err, name, work->csv.line, 0, -1);
        }
    }
    if (code == FB_OK && work->count == 0) {
        code = fb_err_set(err, FB_E_SCHEMA, "there are no values");
        fb_err_place(err, name, 0, 0, -1);
    }
    fb_csv_release(&work->csv);
    return code;
}

enum fb_code fb_series_read_memory(struct fb_str text, const char *name, struct fb_arena *arena,
    struct fb_series *out, struct fb_err *err)
{
    FB_ASSERT(name && arena && out);
    struct work work = {.arena = arena};
    uint32_t *places = NULL;
    fb_names_init(&work.names, arena);
    enum fb_code code = read_table(&work, text, name, err);
    code = code ? code : fb_names_sort(&work.names, &places, err);
    if (code == FB_OK) {
        for (size_t i = 0; i < work.count; i++) {
            work.points[i].series = places[work.points[i].series];
        }
        if (work.count > 1) {
            qsort(work.points, work.count, sizeof(work.points[0]), compare_points);
        }
        *out = (struct fb_series){
            work.points, work.count, work.names.list, (uint32_t)work.names.map.count};
    }
    fb_names_release(&work.names);
    return code;
}

enum fb_code fb_series_read(
    const char *path, struct fb_arena *arena, struct fb_series *out, struct fb_err *err)
{
    struct fb_buf text;
    fb_buf_init(&text, FB_CSV_FILE_MAX);
    enum fb_code code = fb_io_read(path, &text, err);
    code = code ? code : fb_series_read_memory(fb_buf_str(&text), path, arena, out, err);
    fb_buf_release(&text);
    return code;
}

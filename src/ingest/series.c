#include "ingest/series.h"

#include <stdlib.h>

#include "base/assert.h"
#include "ingest/columns.h"

static const char *const series_names[] = {"series", "quantity", NULL};
static const char *const date_names[] = {"date", "release_date", NULL};
static const char *const value_names[] = {"value", NULL};
static const char *const source_names[] = {"source", NULL};
static const char *const name_names[] = {"name", "model", "agent", NULL};

enum { SERIES, DATE, VALUE, NAME, SOURCE, COLUMNS };
static const struct fb_column wanted[COLUMNS] = {
    [SERIES] = {series_names, FB_COLUMN_TEXT, FB_COLUMN_MAY},
    [DATE] = {date_names, FB_COLUMN_TEXT, FB_COLUMN_EVERY},
    [VALUE] = {value_names, FB_COLUMN_POSITIVE, FB_COLUMN_EVERY},
    [NAME] = {name_names, FB_COLUMN_TEXT, FB_COLUMN_MAY},
    [SOURCE] = {source_names, FB_COLUMN_TEXT, FB_COLUMN_MAY},
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

static enum fb_code finish(const struct fb_columns *columns, struct fb_arena *arena,
    struct fb_series *out, struct fb_err *err)
{
    struct fb_columns_names names;
    if (columns->rows > FB_SERIES_POINTS_MAX) {
        (void)fb_err_set(err, FB_E_LIMIT, "more than %d points", FB_SERIES_POINTS_MAX);
        fb_err_place(err, columns->name, columns->lines[FB_SERIES_POINTS_MAX], 0, -1);
        return fb_err_hint(err, "Keep one quantity, or one value a date.");
    }
    struct fb_series_point *points = FB_ARENA_ARRAY(arena, struct fb_series_point, columns->rows);
    enum fb_code code = points ? FB_OK : fb_arena_failed(arena, err);
    code = code ? code : fb_columns_number(columns, SERIES, arena, &names, err);
    for (size_t i = 0; code == FB_OK && i < columns->rows; i++) {
        points[i] = (struct fb_series_point){.series = names.of[i],
            .value = columns->numbers[VALUE][i],
            .name = columns->texts[NAME][i],
            .source = columns->texts[SOURCE][i],
            .line = columns->lines[i]};
        code = fb_time_parse(columns->texts[DATE][i], &points[i].at, err);
        if (code != FB_OK) {
            fb_err_place(err, columns->name, columns->lines[i], 0, -1);
        }
    }
    if (code == FB_OK) {
        qsort(points, columns->rows, sizeof(points[0]), compare_points);
        *out = (struct fb_series){points, columns->rows, names.names, names.count};
    }
    return code;
}

enum fb_code fb_series_read_memory(struct fb_str text, const char *name, struct fb_arena *arena,
    struct fb_series *out, struct fb_err *err)
{
    FB_ASSERT(name && arena && out);
    struct fb_columns columns;
    const struct fb_columns_text from = {text, name};
    enum fb_code code = fb_columns_read_memory(&from, wanted, COLUMNS, arena, &columns, err);
    return code ? code : finish(&columns, arena, out, err);
}

enum fb_code fb_series_read(
    const char *path, struct fb_arena *arena, struct fb_series *out, struct fb_err *err)
{
    struct fb_columns columns;
    enum fb_code code = fb_columns_read(path, wanted, COLUMNS, arena, &columns, err);
    return code ? code : finish(&columns, arena, out, err);
}

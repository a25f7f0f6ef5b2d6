#include "ingest/matrix.h"

#include <math.h>
#include <string.h>

#include "base/assert.h"
#include "ingest/columns.h"
#include "ingest/csv.h"

enum { SHOWN_MAX = 80 };

/* Makes room for one more row. */
static enum fb_code grow(
    struct fb_matrix *m, size_t *cap, struct fb_arena *arena, struct fb_err *err)
{
    size_t wanted = *cap ? 2 * *cap : 32, cells = m->rows * m->columns;
    if ((m->rows + 1) * m->columns > FB_MATRIX_CELLS_MAX) {
        (void)fb_err_set(err, FB_E_LIMIT, "more than %d cells", FB_MATRIX_CELLS_MAX);
        return fb_err_hint(err, "Leave out columns or rows.");
    }
    if (m->rows < *cap) {
        return FB_OK;
    }
    struct fb_str *texts = FB_ARENA_ARRAY(arena, struct fb_str, wanted * m->columns);
    double *values = FB_ARENA_ARRAY(arena, double, wanted * m->columns);
    uint32_t *lines = FB_ARENA_ARRAY(arena, uint32_t, wanted);
    if (!texts || !values || !lines) {
        return fb_arena_failed(arena, err);
    }
    if (cells > 0) {
        memcpy(texts, m->texts, cells * sizeof(*texts));
        memcpy(values, m->values, cells * sizeof(*values));
        memcpy(lines, m->lines, m->rows * sizeof(*lines));
    }
    m->texts = texts;
    m->values = values;
    m->lines = lines;
    *cap = wanted;
    return FB_OK;
}

static enum fb_code read_row(
    struct fb_matrix *m, const struct fb_csv *csv, struct fb_arena *arena, struct fb_err *err)
{
    for (size_t i = 0; i < m->columns; i++) {
        size_t at = m->rows * m->columns + i;
        struct fb_str cell = fb_str_trim(fb_csv_field(csv, i));
        enum fb_code code = fb_arena_str(arena, cell, &m->texts[at], err);
        if (code != FB_OK) {
            return code;
        }
        if (!fb_csv_parse_number(cell, &m->values[at])) {
            m->values[at] = (double)NAN;
        }
    }
    m->lines[m->rows++] = csv->line;
    return FB_OK;
}

static enum fb_code start(
    struct fb_matrix *m, const struct fb_csv *csv, struct fb_arena *arena, struct fb_err *err)
{
    m->columns = csv->count;
    m->heads = FB_ARENA_ARRAY(arena, struct fb_str, m->columns);
    m->is_number = FB_ARENA_ARRAY(arena, bool, m->columns);
    m->odd = FB_ARENA_ARRAY(arena, size_t, m->columns);
    if (!m->heads || !m->is_number || !m->odd) {
        return fb_arena_failed(arena, err);
    }
    enum fb_code code = FB_OK;
    for (size_t i = 0; code == FB_OK && i < m->columns; i++) {
        code = fb_arena_str(arena, fb_csv_head(csv, i), &m->heads[i], err);
    }
    return code;
}

static void tell_numbers(struct fb_matrix *m)
{
    for (size_t i = 0; i < m->columns; i++) {
        bool some = false;
        size_t odd = SIZE_MAX;
        for (size_t row = 0; row < m->rows; row++) {
            size_t at = row * m->columns + i;
            some = some || !isnan(m->values[at]);
            odd = odd == SIZE_MAX && m->texts[at].len > 0 && isnan(m->values[at]) ? row : odd;
        }
        m->is_number[i] = some && odd == SIZE_MAX;
        m->odd[i] = some ? odd : SIZE_MAX;
    }
}

enum fb_code fb_matrix_read_memory(struct fb_str text, const char *name, struct fb_arena *arena,
    struct fb_matrix *out, struct fb_err *err)
{
    FB_ASSERT(name && arena && out);
    struct fb_matrix m = {.name = name};
    struct fb_csv csv;
    size_t cap = 0;
    bool more = true;
    enum fb_code code = fb_csv_start(&csv, text, name, err);
    code = code ? code : start(&m, &csv, arena, err);
    while (code == FB_OK && more) {
        code = fb_csv_next(&csv, &more, err);
        if (code == FB_OK && more) {
            code = grow(&m, &cap, arena, err);
            code = code ? code : read_row(&m, &csv, arena, err);
        }
        if (code != FB_OK) {
            fb_err_place(err, name, csv.line, 0, -1);
        }
    }
    if (code == FB_OK && m.rows == 0) {
        code = fb_err_set(err, FB_E_SCHEMA, "there are no rows");
        fb_err_place(err, name, 0, 0, -1);
        (void)fb_err_hint(err, "The first line only names the columns; a row says something.");
    }
    fb_csv_release(&csv);
    if (code == FB_OK) {
        tell_numbers(&m);
        *out = m;
    }
    return code;
}

enum fb_code fb_matrix_read(
    const char *path, struct fb_arena *arena, struct fb_matrix *out, struct fb_err *err)
{
    struct fb_buf text;
    fb_buf_init(&text, FB_CSV_FILE_MAX);
    enum fb_code code = fb_columns_text(path, &text, err);
    code = code ? code : fb_matrix_read_memory(fb_buf_str(&text), path, arena, out, err);
    fb_buf_release(&text);
    return code;
}

enum fb_code fb_matrix_refuse(const struct fb_matrix *matrix, size_t column, struct fb_err *err)
{
    FB_ASSERT(matrix && column < matrix->columns && matrix->odd[column] < matrix->rows);
    size_t row = matrix->odd[column];
    (void)fb_err_set(err, FB_E_SYNTAX, "%.*s: '%.*s' is not a number",
        FB_STR_ARG(fb_str_sub(matrix->heads[column], 0, SHOWN_MAX)),
        FB_STR_ARG(fb_str_sub(matrix->texts[row * matrix->columns + column], 0, SHOWN_MAX)));
    fb_err_place(err, matrix->name, matrix->lines[row], 0, -1);
    return fb_err_hint(err, FB_CSV_NUMBER_HINT " A cell of which nothing is known stays empty.");
}

size_t fb_matrix_column(const struct fb_matrix *matrix, struct fb_str name)
{
    FB_ASSERT(matrix);
    for (size_t i = 0; i < matrix->columns; i++) {
        struct fb_str head = matrix->heads[i];
        bool same = head.len == name.len;
        for (size_t j = 0; same && j < head.len; j++) {
            char a = head.ptr[j], b = name.ptr[j];
            a = a >= 'A' && a <= 'Z' ? (char)(a + 32) : a;
            b = b >= 'A' && b <= 'Z' ? (char)(b + 32) : b;
            same = a == b;
        }
        if (same) {
            return i;
        }
    }
    return SIZE_MAX;
}

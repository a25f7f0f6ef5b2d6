#include "ingest/columns.h"

#include <libdeflate.h>
#include <math.h>
#include <string.h>
#include <strings.h>

#include "base/assert.h"
#include "base/io.h"
#include "base/json.h"
#include "ingest/csv.h"
#include "ingest/names.h"

enum { SHOWN_MAX = 80, COUNT_MAX = 1000000000 };

/* A table at work. */
struct work {
    struct fb_columns columns;
    struct fb_arena *arena;
    size_t cap;
    size_t of[FB_COLUMNS_MAX]; /* CSV: where each wanted column is */
};

/* --- Cells ------------------------------------------------------------------------------------ */

/* True when text is one of some words in lower case, NULL at their end. */
static bool is_word(struct fb_str text, const char *const *words)
{
    for (; *words; words++) {
        bool same = text.len == strlen(*words);
        for (size_t i = 0; same && i < text.len; i++) {
            char c = text.ptr[i];
            same = (c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c) == (*words)[i];
        }
        if (same) {
            return true;
        }
    }
    return false;
}

/* What numbers of a kind of column are, for who wrote another. */
static const struct {
    const char *wrong, *hint;
} kinds[] = {
    [FB_COLUMN_TEXT] = {NULL, NULL},
    [FB_COLUMN_NUMBER] = {NULL, FB_CSV_NUMBER_HINT},
    [FB_COLUMN_POSITIVE] = {"is not positive",
        "It is a number above 0; a cell of which nothing is known stays empty."},
    [FB_COLUMN_COUNT] = {"is no whole number from 0 on",
        "A count is a whole number from 0 to 1000000000, without commas or decimals."},
    [FB_COLUMN_RATE] = {"is neither yes or no nor from 0 to 1",
        "It is a number from 0 to 1 (45% is 0.45), or one of yes, true, pass, C, no, false, fail, "
        "I; a cell of which nothing is known stays empty."},
};

static bool is_of_kind(enum fb_column_kind kind, double x)
{
    switch (kind) {
    case FB_COLUMN_TEXT:
    case FB_COLUMN_NUMBER:
        return true;
    case FB_COLUMN_POSITIVE:
        return x > 0;
    case FB_COLUMN_COUNT:
        return x >= 0 && x <= COUNT_MAX && floor(x) == x;
    case FB_COLUMN_RATE:
        return x >= 0 && x <= 1;
    }
    return true;
}

static enum fb_code refuse(const struct work *work, size_t column, struct fb_str cell,
    struct fb_err *err, const char *what)
{
    const struct fb_column *wanted = &work->columns.wanted[column];
    (void)fb_err_set(err, what ? FB_E_SYNTAX : FB_E_RANGE, "%s: '%.*s' %s", wanted->names[0],
        FB_STR_ARG(fb_str_sub(cell, 0, SHOWN_MAX)), what ? what : kinds[wanted->kind].wrong);
    return fb_err_hint(err, "%s", kinds[wanted->kind].hint);
}

/* Takes one cell of the row that is being added. */
static enum fb_code take(struct work *work, size_t column, struct fb_str cell, struct fb_err *err)
{
    static const char *const yes[] = {"true", "yes", "c", "pass", NULL};
    static const char *const no[] = {"false", "no", "i", "fail", NULL};
    struct fb_columns *c = &work->columns;
    const struct fb_column *wanted = &c->wanted[column];
    cell = fb_str_trim(cell);
    if (cell.len == 0) {
        return FB_OK;
    }
    if (wanted->kind == FB_COLUMN_TEXT) {
        return fb_arena_str(work->arena, cell, &c->texts[column][c->rows], err);
    }
    double value = 0;
    if (wanted->kind == FB_COLUMN_RATE && (is_word(cell, yes) || is_word(cell, no))) {
        value = is_word(cell, yes);
    } else if (!fb_csv_parse_number(cell, &value)) {
        return refuse(work, column, cell, err, "is not a number");
    }
    if (!is_of_kind(wanted->kind, value)) {
        return refuse(work, column, cell, err, NULL);
    }
    c->numbers[column][c->rows] = value;
    return FB_OK;
}

static bool is_empty(const struct fb_columns *c, size_t column)
{
    return c->texts[column] ? c->texts[column][c->rows].len == 0
                            : isnan(c->numbers[column][c->rows]);
}

/* Ends the row that was added. */
static enum fb_code end_row(struct work *work, uint32_t line, struct fb_err *err)
{
    struct fb_columns *c = &work->columns;
    for (size_t i = 0; i < c->count; i++) {
        if (c->wanted[i].need == FB_COLUMN_EVERY && is_empty(c, i)) {
            (void)fb_err_set(err, FB_E_SCHEMA, "there is no %s", c->wanted[i].names[0]);
            return fb_err_hint(err, "Each row has one.");
        }
    }
    c->lines[c->rows++] = line;
    return FB_OK;
}

/* Makes room for one more row, whose cells are empty. */
static enum fb_code begin_row(struct work *work, struct fb_err *err)
{
    struct fb_columns *c = &work->columns;
    if (c->rows == FB_COLUMNS_ROWS_MAX) {
        (void)fb_err_set(err, FB_E_LIMIT, "more than %d rows", FB_COLUMNS_ROWS_MAX);
        return fb_err_hint(err, "Add rows up first, or split the table.");
    }
    size_t cap = work->cap ? 2 * work->cap : 64;
    bool good = true;
    if (c->rows == work->cap) {
        uint32_t *lines = FB_ARENA_ARRAY(work->arena, uint32_t, cap);
        good = lines;
        if (good && c->rows > 0) {
            memcpy(lines, c->lines, c->rows * sizeof(*lines));
        }
        c->lines = lines;
    }
    for (size_t i = 0; good && c->rows == work->cap && i < c->count; i++) {
        bool is_text = c->wanted[i].kind == FB_COLUMN_TEXT;
        size_t size = is_text ? sizeof(struct fb_str) : sizeof(double);
        void *fresh = fb_arena_array(work->arena, cap, size);
        const void *old = is_text ? (const void *)c->texts[i] : (const void *)c->numbers[i];
        good = fresh;
        if (good && c->rows > 0) {
            memcpy(fresh, old, c->rows * size);
        }
        c->texts[i] = is_text ? fresh : NULL;
        c->numbers[i] = is_text ? NULL : fresh;
    }
    work->cap = good && c->rows == work->cap ? cap : work->cap;
    for (size_t i = 0; good && i < c->count; i++) {
        if (c->numbers[i]) {
            c->numbers[i][c->rows] = (double)NAN;
        }
    }
    return good ? FB_OK : fb_arena_failed(work->arena, err);
}

/* --- Tables ----------------------------------------------------------------------------------- */

static enum fb_code read_row(struct work *work, const struct fb_csv *csv, struct fb_err *err)
{
    enum fb_code code = begin_row(work, err);
    for (size_t i = 0; code == FB_OK && i < work->columns.count; i++) {
        code = take(work, i, fb_csv_field(csv, work->of[i]), err);
    }
    return code ? code : end_row(work, csv->line, err);
}

static enum fb_code read_table(struct work *work, struct fb_str text, struct fb_err *err)
{
    struct fb_columns *c = &work->columns;
    struct fb_csv csv;
    bool more = true;
    enum fb_code code = fb_csv_start(&csv, text, c->name, err);
    for (size_t i = 0; code == FB_OK && i < c->count; i++) {
        work->of[i] = fb_csv_column(&csv, c->wanted[i].names);
        c->has[i] = work->of[i] != SIZE_MAX;
        if (c->wanted[i].need != FB_COLUMN_MAY) {
            code = fb_csv_require(&csv, c->wanted[i].names, &work->of[i], err);
        }
    }
    while (code == FB_OK && more) {
        code = fb_csv_next(&csv, &more, err);
        if (code == FB_OK && more) {
            code = read_row(work, &csv, err);
        }
        if (code != FB_OK) {
            fb_err_place(err, c->name, csv.line, 0, -1);
        }
    }
    fb_csv_release(&csv);
    return code;
}

/* --- One JSON object a line ------------------------------------------------------------------- */

/* The member of a name, upper and lower case alike as in a header line: the one that is spelled so,
 * or, where that says nothing, the first that says something. */
static const struct fb_json *member_of(const struct fb_json *object, const char *name)
{
    const struct fb_json *found = fb_json_get(object, name);
    size_t len = strlen(name);
    for (const struct fb_json *m = object->child; m && (!found || found->kind == FB_JSON_NULL);
         m = m->next) {
        found = m->key.len == len && strncasecmp(m->key.ptr, name, len) == 0 ? m : found;
    }
    return found;
}

/* The cells of an object: the first member of the names of each column that has a value. */
static enum fb_code take_object(struct work *work, const struct fb_json *object, struct fb_err *err)
{
    struct fb_columns *c = &work->columns;
    enum fb_code code = begin_row(work, err);
    for (size_t i = 0; code == FB_OK && i < c->count; i++) {
        const struct fb_json *value = NULL;
        for (size_t n = 0; c->wanted[i].names[n] && (!value || value->kind == FB_JSON_NULL); n++) {
            value = member_of(object, c->wanted[i].names[n]);
        }
        if (!value || value->kind == FB_JSON_NULL) {
            continue;
        }
        c->has[i] = true;
        if (value->kind == FB_JSON_STRING || value->kind == FB_JSON_NUMBER) {
            code = take(work, i, value->text, err);
        } else if (value->kind == FB_JSON_TRUE || value->kind == FB_JSON_FALSE) {
            code = take(work, i, fb_str_of(value->kind == FB_JSON_TRUE ? "1" : "0"), err);
        } else {
            (void)fb_err_set(
                err, FB_E_SCHEMA, "%s: is neither text nor number", c->wanted[i].names[0]);
            code = fb_err_hint(err, "A member is text, a number, true, false or null.");
        }
    }
    return code;
}

static enum fb_code read_object(
    struct work *work, struct fb_str text, uint32_t line, struct fb_err *err)
{
    static const struct fb_json_options options = {.allow_nonfinite = true};
    struct fb_arena arena;
    struct fb_json *object = NULL;
    fb_arena_init(&arena, 64 * (size_t)FB_COLUMNS_LINE_MAX);
    enum fb_code code = FB_OK;
    if (text.len > FB_COLUMNS_LINE_MAX) {
        (void)fb_err_set(err, FB_E_LIMIT, "a line is longer than %d bytes", FB_COLUMNS_LINE_MAX);
        code = fb_err_hint(err, "A line is one object: one row.");
    }
    code = code ? code : fb_json_parse(text, work->columns.name, &options, &arena, &object, err);
    if (code == FB_OK && object->kind != FB_JSON_OBJECT) {
        (void)fb_err_set(err, FB_E_SYNTAX, "a line is not a JSON object");
        code = fb_err_hint(err, "A line is one object, as {\"a\": 1}: one row.");
    }
    code = code ? code : take_object(work, object, err);
    code = code ? code : end_row(work, line, err);
    if (code != FB_OK) {
        if (!err->hint[0] && code != FB_E_NOMEM) {
            (void)fb_err_hint(err, "A line is one JSON object: one row.");
        }
        err->line = line;
        err->offset = -1;
        fb_err_place(err, work->columns.name, line, 0, -1);
    }
    fb_arena_release(&arena);
    return code;
}

static enum fb_code read_objects(struct work *work, struct fb_str text, struct fb_err *err)
{
    const struct fb_columns *c = &work->columns;
    struct fb_str line;
    enum fb_code code = FB_OK;
    for (uint32_t n = 1; code == FB_OK && fb_str_line(&text, &line); n++) {
        code = fb_str_trim(line).len > 0 ? read_object(work, line, n, err) : FB_OK;
    }
    for (size_t i = 0; code == FB_OK && i < c->count; i++) {
        if (c->wanted[i].need == FB_COLUMN_MUST && !c->has[i]) {
            (void)fb_err_set(err, FB_E_SCHEMA, "no line has '%s'", c->wanted[i].names[0]);
            fb_err_place(err, c->name, 0, 0, -1);
            code = fb_csv_other_names(c->wanted[i].names, err);
        }
    }
    return code;
}

/* --- Both ------------------------------------------------------------------------------------- */

enum fb_code fb_columns_read_memory(const struct fb_columns_text *from,
    const struct fb_column *wanted, size_t count, struct fb_arena *arena, struct fb_columns *out,
    struct fb_err *err)
{
    FB_ASSERT(from && from->name && wanted && count <= FB_COLUMNS_MAX && arena && out);
    struct work work = {
        .columns = {.name = from->name, .wanted = wanted, .count = count}, .arena = arena};
    struct fb_str text = fb_csv_unmarked(from->text);
    bool is_json = fb_str_starts(fb_str_trim(text), FB_STR("{"));
    enum fb_code code = is_json ? read_objects(&work, text, err) : read_table(&work, text, err);
    if (code == FB_OK && work.columns.rows == 0) {
        code = fb_err_set(err, FB_E_SCHEMA, "there are no rows");
        fb_err_place(err, from->name, 0, 0, -1);
        (void)fb_err_hint(err, "The first line only names the columns; a row says something.");
    }
    if (code == FB_OK) {
        *out = work.columns;
    }
    return code;
}

enum fb_code fb_columns_read(const char *path, const struct fb_column *wanted, size_t count,
    struct fb_arena *arena, struct fb_columns *out, struct fb_err *err)
{
    struct fb_buf text;
    fb_buf_init(&text, FB_CSV_FILE_MAX);
    enum fb_code code = fb_columns_text(path, &text, err);
    const struct fb_columns_text from = {fb_buf_str(&text), path};
    code = code ? code : fb_columns_read_memory(&from, wanted, count, arena, out, err);
    fb_buf_release(&text);
    return code;
}

enum fb_code fb_columns_refuse(const struct fb_columns *columns, const size_t row_column[2],
    enum fb_code code, struct fb_err *err, const char *what)
{
    size_t row = row_column[0], column = row_column[1];
    FB_ASSERT(columns && row < columns->rows && column < columns->count);
    const char *head = columns->wanted[column].names[0];
    if (columns->texts[column]) {
        (void)fb_err_set(err, code, "%s: '%.*s' %s", head,
            FB_STR_ARG(fb_str_sub(columns->texts[column][row], 0, SHOWN_MAX)), what);
    } else {
        (void)fb_err_set(err, code, "%s: %.10g %s", head, columns->numbers[column][row], what);
    }
    fb_err_place(err, columns->name, columns->lines[row], 0, -1);
    return code;
}

enum fb_code fb_columns_number(const struct fb_columns *columns, size_t column,
    struct fb_arena *arena, struct fb_columns_names *out, struct fb_err *err)
{
    FB_ASSERT(columns && column < columns->count && columns->texts[column] && arena && out);
    struct fb_names names;
    uint32_t *places = NULL, *of = FB_ARENA_ARRAY(arena, uint32_t, columns->rows);
    fb_names_init(&names, arena);
    enum fb_code code = of ? FB_OK : fb_arena_failed(arena, err);
    for (size_t i = 0; code == FB_OK && i < columns->rows; i++) {
        code = fb_names_number(&names, columns->texts[column][i], &of[i], err);
        if (code != FB_OK) {
            fb_err_place(err, columns->name, columns->lines[i], 0, -1);
        }
    }
    code = code ? code : fb_names_sort(&names, &places, err);
    if (code == FB_OK) {
        for (size_t i = 0; i < columns->rows; i++) {
            of[i] = places[of[i]];
        }
        *out = (struct fb_columns_names){of, names.list, (uint32_t)names.map.count};
    }
    fb_names_release(&names);
    return code;
}

/* --- gzip ------------------------------------------------------------------------------------- */

/* Unpacks the members of a gzip file into out, each into as much room as it turns out to need. */
static enum fb_code unpack(struct fb_str packed, struct fb_buf *out, struct fb_err *err)
{
    struct libdeflate_decompressor *inflater = libdeflate_alloc_decompressor();
    if (!inflater) {
        return fb_err_set(err, FB_E_NOMEM, "no memory to unpack gzip");
    }
    enum libdeflate_result result = LIBDEFLATE_SUCCESS;
    for (size_t wanted = 1 << 16; packed.len > 0;) {
        size_t left = out->max - out->len;
        size_t room = wanted / 2 < left && left < wanted ? left : wanted;
        char *at = fb_buf_room(out, room);
        size_t used = 0, made = 0;
        if (!at) {
            break;
        }
        result =
            libdeflate_gzip_decompress_ex(inflater, packed.ptr, packed.len, at, room, &used, &made);
        if (result == LIBDEFLATE_INSUFFICIENT_SPACE) {
            wanted *= 2;
            continue;
        }
        if (result != LIBDEFLATE_SUCCESS) {
            break;
        }
        fb_buf_grown(out, made);
        packed = fb_str_sub(packed, used, packed.len - used);
    }
    libdeflate_free_decompressor(inflater);
    if (result != LIBDEFLATE_SUCCESS && result != LIBDEFLATE_INSUFFICIENT_SPACE) {
        (void)fb_err_set(err, FB_E_SYNTAX, "the gzip file is damaged");
        return fb_err_hint(err, "Fetch it again, or check it with `gzip -t`.");
    }
    return fb_buf_check(out, "what is packed in a gzip file", err);
}

enum fb_code fb_columns_text(const char *path, struct fb_buf *out, struct fb_err *err)
{
    FB_ASSERT(path && out && out->len == 0);
    static const struct fb_str magic = {"\x1f\x8b\x08", 3};
    struct fb_buf packed;
    enum fb_code code = fb_io_read(path, out, err);
    if (code != FB_OK || !fb_str_starts(fb_buf_str(out), magic)) {
        return code;
    }
    packed = *out;
    fb_buf_init(out, packed.max);
    code = unpack(fb_buf_str(&packed), out, err);
    if (code != FB_OK) {
        fb_err_place(err, path, 0, 0, -1);
    }
    fb_buf_release(&packed);
    return code;
}

#include "ingest/csv.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/alloc.h"
#include "base/assert.h"

enum {
    NUMBER_TEXT_MAX = 64,
    NAME_MAX_SHOWN = 60,
    WHOLE_ROW = 2 * FB_CSV_ROW_MAX + 8 * FB_CSV_COLUMNS_MAX, /* more bytes than a row may have */
    PIECE = 256 * 1024,
    HEAD_LOOKED_AT = 4096,
    END_MAX = 4096, /* bytes of empty lines at the end of a table of one column */
};

/* One row at work. */
struct row {
    struct fb_csv *csv;
    struct fb_buf *text;
    size_t at;    /* byte of csv->rest */
    size_t start; /* byte of csv->rest where the line at hand begins */
    uint32_t line;
    size_t from[FB_CSV_COLUMNS_MAX + 1]; /* where fields begin in text */
    size_t count;
};

static enum fb_code refuse(
    const struct row *row, enum fb_code code, struct fb_err *err, const char *what)
{
    (void)fb_err_set(err, code, "%s", what);
    uint32_t column = (uint32_t)(row->at - row->start + 1);
    fb_err_place(err, row->csv->name, row->line, column, -1);
    return code;
}

static enum fb_code too_long(const struct row *row, struct fb_err *err)
{
    (void)refuse(row, FB_E_LIMIT, err, "a row is too long");
    return fb_err_hint(err,
        "A row has at most %d bytes; a quote that never closes makes one of "
        "the whole file.",
        FB_CSV_ROW_MAX);
}

/* Reads a field in quotes; row->at is behind the first. */
static enum fb_code read_quoted(struct row *row, struct fb_err *err)
{
    struct fb_str rest = row->csv->rest;
    for (; row->at < rest.len; row->at++) {
        char c = rest.ptr[row->at];
        if (c == '"' && row->at + 1 < rest.len && rest.ptr[row->at + 1] == '"') {
            row->at++;
        } else if (c == '"') {
            row->at++;
            char next = row->at < rest.len ? rest.ptr[row->at] : '\n';
            if (next != ',' && next != '\n' && next != '\r') {
                (void)refuse(row, FB_E_SYNTAX, err, "text follows a quoted field");
                return fb_err_hint(err, "Put the whole field in quotes, and double those in it.");
            }
            return FB_OK;
        } else if (c == '\n') {
            row->line++;
            row->start = row->at + 1;
        }
        fb_buf_add_char(row->text, c);
        if (row->text->len > FB_CSV_ROW_MAX) {
            return too_long(row, err);
        }
    }
    (void)refuse(row, FB_E_SYNTAX, err, "a quoted field does not end");
    return fb_err_hint(err, "Close it with a quote; a quote within it is doubled.");
}

static enum fb_code read_plain(struct row *row, struct fb_err *err)
{
    struct fb_str rest = row->csv->rest;
    size_t from = row->at;
    while (row->at < rest.len && rest.ptr[row->at] != ',' && rest.ptr[row->at] != '\n') {
        if (rest.ptr[row->at] == '"') {
            (void)refuse(row, FB_E_SYNTAX, err, "a quote within a field");
            return fb_err_hint(err, "Put the whole field in quotes, and double those in it.");
        }
        row->at++;
    }
    size_t len = row->at - from;
    bool ends_line = row->at >= rest.len || rest.ptr[row->at] == '\n';
    if (ends_line && len > 0 && rest.ptr[from + len - 1] == '\r') {
        len--;
    }
    fb_buf_add(row->text, rest.ptr + from, len);
    if (row->text->len > FB_CSV_ROW_MAX) {
        return too_long(row, err);
    }
    return FB_OK;
}

/* Reads on: one more piece of a stream behind its rest. */
static enum fb_code refill(struct fb_csv *csv, struct fb_err *err)
{
    struct fb_buf *window = &csv->window;
    size_t left = csv->rest.len, got = 0;
    FB_ASSERT(!csv->at_end);
    if (left > 0) {
        memmove(window->ptr, csv->rest.ptr, left);
    }
    fb_buf_cut(window, left);
    char *room = fb_buf_room(window, PIECE);
    if (!room) {
        return fb_err_set(err, FB_E_NOMEM, "memory ran out while reading '%s'", csv->name);
    }
    enum fb_code code = fb_input_source(&csv->cursor, room, PIECE, &got, err);
    if (code == FB_OK) {
        fb_buf_grown(window, got);
        csv->at_end = got == 0;
        csv->rest = fb_buf_str(window);
    }
    return code;
}

/* Fields, and for how many there is room. */
struct fields {
    struct fb_str **list;
    size_t *cap;
};

static enum fb_code make_room(const struct fields *fields, size_t count, struct fb_err *err)
{
    if (count <= *fields->cap) {
        return FB_OK;
    }
    size_t wanted = *fields->cap ? 2 * *fields->cap : 16;
    wanted = wanted < count ? count : wanted;
    struct fb_str *fresh = fb_realloc(*fields->list, wanted * sizeof(*fresh));
    if (!fresh) {
        return fb_err_set(err, FB_E_NOMEM, "no memory for a row of %zu fields", count);
    }
    *fields->list = fresh;
    *fields->cap = wanted;
    return FB_OK;
}

/* Takes one row off the front of csv->rest into fields, whose bytes go to row->text. */
static enum fb_code take_row(struct row *row, const struct fields *fields, struct fb_err *err)
{
    struct fb_buf *text = row->text;
    struct fb_str rest = row->csv->rest;
    fb_buf_clear(text);
    for (bool more = true; more;) {
        if (row->count == FB_CSV_COLUMNS_MAX) {
            (void)refuse(row, FB_E_LIMIT, err, "a row has too many fields");
            return fb_err_hint(err, "A row has at most %d.", FB_CSV_COLUMNS_MAX);
        }
        row->from[row->count++] = text->len;
        bool quoted = row->at < rest.len && rest.ptr[row->at] == '"';
        row->at += quoted;
        enum fb_code code = quoted ? read_quoted(row, err) : read_plain(row, err);
        if (code != FB_OK) {
            return code;
        }
        row->at += row->at < rest.len && rest.ptr[row->at] == '\r';
        more = row->at < rest.len && rest.ptr[row->at] == ',';
        row->at += row->at < rest.len;
    }
    enum fb_code code = fb_buf_check(text, "a row", err);
    if (code != FB_OK) {
        return code;
    }
    size_t bad = 0;
    row->from[row->count] = text->len;
    if (!fb_str_utf8(fb_buf_str(text), &bad)) {
        (void)refuse(row, FB_E_UTF8, err, "a row is not valid UTF-8");
        return fb_err_hint(err, "Save the table as CSV in UTF-8.");
    }
    code = make_room(fields, row->count, err);
    for (size_t i = 0; code == FB_OK && i < row->count; i++) {
        const char *from = text->ptr ? text->ptr + row->from[i] : ""; /* one empty field */
        (*fields->list)[i] = (struct fb_str){from, row->from[i + 1] - row->from[i]};
    }
    return code;
}

/* Reads one row into fields, whose bytes go to text. Where it comes to the end of what is at hand
 * of a stream, more is read and the row begun again. */
static enum fb_code read_row(
    struct fb_csv *csv, struct fb_buf *text, const struct fields *fields, struct fb_err *err)
{
    for (;;) {
        struct row row = {.csv = csv, .text = text, .line = csv->next_line};
        enum fb_code code = take_row(&row, fields, err);
        bool is_cut = !csv->at_end && row.at >= csv->rest.len;
        if (!is_cut || code == FB_E_LIMIT || code == FB_E_NOMEM) {
            if (code == FB_OK) {
                csv->line = csv->next_line;
                csv->next_line = row.line + 1;
                csv->rest = fb_str_sub(csv->rest, row.at, csv->rest.len);
                csv->count = row.count;
            }
            return code;
        }
        code = refill(csv, err);
        if (code != FB_OK) {
            return code;
        }
    }
}

/* What is no text, or what spreadsheets write in 16 bits a character, has bytes of 0 near its
 * start; said at once, it is not taken for a table with odd quotes. */
static enum fb_code check_text(const struct fb_csv *csv, struct fb_err *err)
{
    size_t len = csv->rest.len < HEAD_LOOKED_AT ? csv->rest.len : HEAD_LOOKED_AT;
    if (len == 0 || !memchr(csv->rest.ptr, 0, len)) {
        return FB_OK;
    }
    (void)fb_err_set(err, FB_E_UTF8, "the file is not text in UTF-8");
    fb_err_place(err, csv->name, 1, 1, -1);
    return fb_err_hint(err, "A table is CSV in UTF-8: text, with commas between the columns.");
}

/* One column whose name has semicolons or tabs is a table that has those for commas. */
static enum fb_code check_commas(const struct fb_csv *csv, struct fb_err *err)
{
    struct fb_str only = csv->count == 1 ? csv->heads[0] : fb_str_of("");
    bool semicolons = fb_str_find(only, ';', 0) < only.len;
    if (!semicolons && fb_str_find(only, '\t', 0) >= only.len) {
        return FB_OK;
    }
    (void)fb_err_set(err, FB_E_SYNTAX, "the columns are parted by %s, not by commas",
        semicolons ? "semicolons" : "tabs");
    fb_err_place(err, csv->name, 1, 1, -1);
    return fb_err_hint(err, "Save the table with commas between the columns.");
}

/* Reads the header off the front of csv->rest. */
static enum fb_code start(struct fb_csv *csv, struct fb_err *err)
{
    csv->next_line = 1;
    csv->count = 0;
    csv->fields = csv->heads = NULL;
    csv->fields_cap = csv->heads_cap = 0;
    fb_buf_init(&csv->text, FB_CSV_ROW_MAX + 16);
    fb_buf_init(&csv->head_text, FB_CSV_ROW_MAX + 16);
    enum fb_code code = FB_OK;
    while (code == FB_OK && !csv->at_end && csv->rest.len < strlen("\xEF\xBB\xBF")) {
        code = refill(csv, err);
    }
    if (code != FB_OK) {
        return code;
    }
    csv->rest = fb_csv_unmarked(csv->rest);
    if (csv->rest.len == 0) {
        (void)fb_err_set(err, FB_E_SYNTAX, "the table is empty");
        fb_err_place(err, csv->name, 1, 1, -1);
        return fb_err_hint(err, "Its first line names the columns.");
    }
    code = check_text(csv, err);
    const struct fields heads = {&csv->heads, &csv->heads_cap};
    code = code ? code : read_row(csv, &csv->head_text, &heads, err);
    code = code ? code : check_commas(csv, err);
    for (size_t i = 0; code == FB_OK && i < csv->count; i++) {
        csv->heads[i] = fb_str_trim(csv->heads[i]);
        for (size_t j = 0; j < i; j++) {
            if (csv->heads[i].len > 0 && fb_str_eq(csv->heads[i], csv->heads[j])) {
                code = fb_err_set(err, FB_E_DUPLICATE, "the column '%.*s' stands twice",
                    FB_STR_ARG(fb_str_sub(csv->heads[i], 0, NAME_MAX_SHOWN)));
                fb_err_place(err, csv->name, 1, 0, -1);
                return fb_err_hint(err, "Each column has a name of its own.");
            }
        }
    }
    return code;
}

enum fb_code fb_csv_start(
    struct fb_csv *csv, struct fb_str text, const char *name, struct fb_err *err)
{
    FB_ASSERT(csv && name);
    csv->name = name;
    csv->rest = text;
    csv->cursor = (struct fb_input_cursor){.input = NULL};
    csv->at_end = true;
    fb_buf_init(&csv->window, 0);
    return start(csv, err);
}

enum fb_code fb_csv_start_stream(
    struct fb_csv *csv, const struct fb_input *input, struct fb_err *err)
{
    FB_ASSERT(csv && input);
    csv->name = input->name;
    csv->rest = (struct fb_str){NULL, 0};
    csv->cursor = (struct fb_input_cursor){.input = input};
    csv->at_end = false;
    fb_buf_init(&csv->window, WHOLE_ROW + 2 * PIECE);
    return start(csv, err);
}

/* Of a table of one column, where an empty line is a row without a value: passes over those that
 * nothing but empty lines follows. */
static enum fb_code pass_end(struct fb_csv *csv, struct fb_err *err)
{
    for (;;) {
        size_t at = 0;
        while (at < csv->rest.len && (csv->rest.ptr[at] == '\n' || csv->rest.ptr[at] == '\r')) {
            at++;
        }
        if (at < csv->rest.len || at > END_MAX) {
            return FB_OK;
        }
        if (csv->at_end) {
            csv->rest = fb_str_sub(csv->rest, at, at);
            return FB_OK;
        }
        enum fb_code code = refill(csv, err);
        if (code != FB_OK) {
            return code;
        }
    }
}

/* Passes over empty lines, except where a row of one column may be empty. */
static enum fb_code pass_empty(struct fb_csv *csv, struct fb_err *err)
{
    if (csv->count == 1) {
        return pass_end(csv, err);
    }
    for (;;) {
        while (!csv->at_end && csv->rest.len < strlen("\r\n")) {
            enum fb_code code = refill(csv, err);
            if (code != FB_OK) {
                return code;
            }
        }
        size_t skip = fb_str_starts(csv->rest, FB_STR("\n"))     ? 1
                      : fb_str_starts(csv->rest, FB_STR("\r\n")) ? 2
                                                                 : 0;
        if (skip == 0) {
            return FB_OK;
        }
        csv->rest = fb_str_sub(csv->rest, skip, csv->rest.len);
        csv->next_line++;
    }
}

enum fb_code fb_csv_next(struct fb_csv *csv, bool *out_more, struct fb_err *err)
{
    FB_ASSERT(csv && out_more);
    size_t columns = csv->count;
    enum fb_code code = pass_empty(csv, err);
    if (code != FB_OK) {
        return code;
    }
    if (csv->rest.len == 0) {
        *out_more = false;
        return FB_OK;
    }
    const struct fields fields = {&csv->fields, &csv->fields_cap};
    code = read_row(csv, &csv->text, &fields, err);
    if (code == FB_OK && csv->count != columns) {
        size_t got = csv->count;
        csv->count = columns;
        code = fb_err_set(err, FB_E_SYNTAX, "the row has %zu field%s, the header %zu", got,
            got == 1 ? "" : "s", columns);
        fb_err_place(err, csv->name, csv->line, 0, -1);
        return fb_err_hint(err, "%s",
            got > columns ? "A field with a comma in it stands in quotes."
                          : "A field that says nothing still has its comma.");
    }
    if (code == FB_OK) {
        *out_more = true;
    }
    return code;
}

void fb_csv_release(struct fb_csv *csv)
{
    fb_buf_release(&csv->text);
    fb_buf_release(&csv->head_text);
    fb_buf_release(&csv->window);
    fb_free(csv->fields);
    fb_free(csv->heads);
    csv->fields = csv->heads = NULL;
    csv->fields_cap = csv->heads_cap = csv->count = 0;
}

static bool same_name(struct fb_str a, const char *b)
{
    return a.len == strlen(b) && strncasecmp(a.ptr, b, a.len) == 0;
}

size_t fb_csv_column(const struct fb_csv *csv, const char *const *names)
{
    for (; *names; names++) {
        for (size_t i = 0; i < csv->count; i++) {
            if (same_name(csv->heads[i], *names)) {
                return i;
            }
        }
    }
    return SIZE_MAX;
}

enum fb_code fb_csv_require(
    const struct fb_csv *csv, const char *const *names, size_t *out, struct fb_err *err)
{
    size_t column = fb_csv_column(csv, names);
    if (column != SIZE_MAX) {
        *out = column;
        return FB_OK;
    }
    (void)fb_err_set(err, FB_E_SCHEMA, "the table has no column '%s'", names[0]);
    fb_err_place(err, csv->name, 1, 0, -1);
    return fb_csv_other_names(names, err);
}

enum fb_code fb_csv_other_names(const char *const *names, struct fb_err *err)
{
    FB_ASSERT(names && names[0]);
    if (names[1]) {
        return fb_err_hint(err, "It may also be called '%s'%s%s%s.", names[1],
            names[2] ? " or '" : "", names[2] ? names[2] : "", names[2] ? "'" : "");
    }
    return fb_err_hint(err, "It has no other name.");
}

bool fb_csv_parse_number(struct fb_str text, double *out)
{
    char copy[NUMBER_TEXT_MAX];
    text = fb_str_trim(text);
    if (text.len == 0 || text.len >= sizeof(copy)) {
        return false;
    }
    memcpy(copy, text.ptr, text.len);
    copy[text.len] = 0;
    char *end = NULL;
    double value = strtod(copy, &end);
    /* No hexadecimal numbers, words or what follows a NUL. */
    if (strspn(copy, "0123456789.+-eE") != text.len || end != copy + text.len || !isfinite(value)) {
        return false;
    }
    *out = value;
    return true;
}

enum fb_code fb_csv_number(const struct fb_csv *csv, size_t column, double *out, struct fb_err *err)
{
    FB_ASSERT(column < csv->count);
    if (!fb_csv_parse_number(csv->fields[column], out)) {
        (void)fb_csv_refuse(csv, column, FB_E_SYNTAX, err, "is not a number");
        return fb_err_hint(err, FB_CSV_NUMBER_HINT);
    }
    return FB_OK;
}

struct fb_str fb_csv_head(const struct fb_csv *csv, size_t column)
{
    FB_ASSERT(column < csv->count);
    return csv->heads[column];
}

struct fb_str fb_csv_field(const struct fb_csv *csv, size_t column)
{
    FB_ASSERT(column < csv->count || column == SIZE_MAX);
    return column == SIZE_MAX ? (struct fb_str){NULL, 0} : csv->fields[column];
}

enum fb_code fb_csv_refuse(const struct fb_csv *csv, size_t column, enum fb_code code,
    struct fb_err *err, const char *what)
{
    FB_ASSERT(column < csv->count);
    (void)fb_err_set(err, code, "%.*s: '%.*s' %s",
        FB_STR_ARG(fb_str_sub(csv->heads[column], 0, NAME_MAX_SHOWN)),
        FB_STR_ARG(fb_str_sub(csv->fields[column], 0, NAME_MAX_SHOWN)), what);
    fb_err_place(err, csv->name, csv->line, 0, -1);
    return code;
}

struct fb_str fb_csv_unmarked(struct fb_str text)
{
    static const struct fb_str mark = {"\xEF\xBB\xBF", 3};
    return fb_str_starts(text, mark) ? fb_str_sub(text, mark.len, text.len) : text;
}

bool fb_csv_names(struct fb_str line, const char *name)
{
    for (size_t from = 0; from <= line.len;) {
        size_t comma = fb_str_find(line, ',', from);
        struct fb_str field = fb_str_trim(fb_str_sub(line, from, comma - from));
        if (field.len >= 2 && field.ptr[0] == '"') {
            field = fb_str_trim(fb_str_sub(field, 1, field.len - 2));
        }
        bool is_same = field.len == strlen(name);
        for (size_t i = 0; is_same && i < field.len; i++) {
            is_same = (field.ptr[i] | 0x20) == name[i];
        }
        if (is_same) {
            return true;
        }
        from = comma + 1;
    }
    return false;
}

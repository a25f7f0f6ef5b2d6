/*
 * csv.h: tables with a header line, as RFC 4180 has them.
 *
 * Fields are separated by commas and may stand in quotes, where "" is a quote and lines may break;
 * a byte order mark, CR before LF and empty lines at the end are passed over. Each row has as many
 * fields as the header. Errors say file, line and column.
 */
#ifndef FB_INGEST_CSV_H
#define FB_INGEST_CSV_H

#include "base/buf.h"
#include "ingest/input.h"

/** Limits; each has a test. */
enum {
    FB_CSV_COLUMNS_MAX = 4096,
    FB_CSV_FILE_MAX = 1 << 28, /**< bytes of a table */
    FB_CSV_ROW_MAX = 1 << 20,  /**< bytes of one row */
};

/** A table being read. fields are those of the row at hand, valid until the next row. */
struct fb_csv {
    struct fb_str *fields; /**< grows with the columns that a table has, as heads do */
    size_t count;          /**< columns */
    uint32_t line;         /**< where the row at hand begins, 1-based */
    const char *name;      /**< private, as are all below */
    struct fb_str rest;
    uint32_t next_line;
    struct fb_input_cursor cursor; /* of a stream; its input is NULL for text */
    struct fb_buf window;          /* what of a stream is at hand; rest is in it */
    bool at_end;                   /* nothing of a stream is left behind the window */
    struct fb_buf text;
    struct fb_str *heads;
    size_t fields_cap, heads_cap;
    struct fb_buf head_text;
};

/** Starts a table over text, which is borrowed, as name is, which stands in errors. Reads the
 * header. E_SYNTAX, E_UTF8, E_LIMIT, E_DUPLICATE for a column that stands twice. After success and
 * failure alike the caller ends with fb_csv_release. */
FB_CHECKED enum fb_code fb_csv_start(
    struct fb_csv *csv, struct fb_str text, const char *name, struct fb_err *err);

/** The same over an input of any length, which is borrowed: memory does not grow with it. E_IO. */
FB_CHECKED enum fb_code fb_csv_start_stream(
    struct fb_csv *csv, const struct fb_input *input, struct fb_err *err);

/** Reads the next row; *out_more is false behind the last. Errors as above. */
FB_CHECKED enum fb_code fb_csv_next(struct fb_csv *csv, bool *out_more, struct fb_err *err);

/** Frees what a table holds. */
void fb_csv_release(struct fb_csv *csv);

/** The index of the first of some column names (NULL ends them) that the table has; SIZE_MAX when
 * it has none. Upper and lower case are alike. */
size_t fb_csv_column(const struct fb_csv *csv, const char *const *names);

/** The same, where one must be there: E_SCHEMA, naming the columns that would do. */
FB_CHECKED enum fb_code fb_csv_require(
    const struct fb_csv *csv, const char *const *names, size_t *out, struct fb_err *err);

/** Hints at the names, behind the first (NULL ends them), that a column which is not there may also
 * have. Returns err->code. */
enum fb_code fb_csv_other_names(const char *const *names, struct fb_err *err);

/** The field of a column as a finite number, white space around it allowed. E_SYNTAX. */
FB_CHECKED enum fb_code fb_csv_number(
    const struct fb_csv *csv, size_t column, double *out, struct fb_err *err);

/** The name of a column, white space around it cut off. */
struct fb_str fb_csv_head(const struct fb_csv *csv, size_t column);

/** The field of a column; empty for SIZE_MAX. */
struct fb_str fb_csv_field(const struct fb_csv *csv, size_t column);

/** Fills err with a code and a message about a column of the row at hand, placed in the file.
 * Returns code. */
enum fb_code fb_csv_refuse(const struct fb_csv *csv, size_t column, enum fb_code code,
    struct fb_err *err, const char *what);

/** Text without the byte order mark that it may begin with. */
struct fb_str fb_csv_unmarked(struct fb_str text);

/** True when a header line has a column of that name, which is in lower case. For telling formats:
 * fields in quotes hold no comma here. */
bool fb_csv_names(struct fb_str line, const char *name);

/** What a number in a table looks like; the hint of errors that say of a cell that it is none. */
#define FB_CSV_NUMBER_HINT                                                                         \
    "A number is written as 1234.5 or 1.2e3: a point before decimals, no comma, no unit."

/** Reads text as a finite decimal number with nothing else in it; false otherwise. Does not depend
 * on the locale. */
bool fb_csv_parse_number(struct fb_str text, double *out);

#endif

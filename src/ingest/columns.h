/*
 * columns.h: named columns of a table: a table with a header line (csv.h), or one JSON object a
 * line; packed by gzip or not.
 *
 * A reader says which columns it wants, by which names, and what stands in them; what else the
 * table has is passed over. A cell that is empty, null or left out has no value. Errors say file,
 * line and column.
 */
#ifndef FB_INGEST_COLUMNS_H
#define FB_INGEST_COLUMNS_H

#include "base/arena.h"
#include "base/buf.h"

/** Limits; each has a test. */
enum {
    FB_COLUMNS_MAX = 16,            /**< wanted columns */
    FB_COLUMNS_ROWS_MAX = 1000000,  /**< rows of a table */
    FB_COLUMNS_LINE_MAX = 16 << 20, /**< bytes of one JSON object */
};

/** What stands in a column. */
enum fb_column_kind {
    FB_COLUMN_TEXT,
    FB_COLUMN_NUMBER,   /**< finite */
    FB_COLUMN_POSITIVE, /**< finite, above 0 */
    FB_COLUMN_COUNT,    /**< a whole number from 0 to 1,000,000,000 */
    FB_COLUMN_RATE,     /**< from 0 to 1; or yes or no, in the words of logs */
};

/** Whether it must be there. */
enum fb_column_need {
    FB_COLUMN_MAY,   /**< no */
    FB_COLUMN_MUST,  /**< the column must, its cells may be empty */
    FB_COLUMN_EVERY, /**< in each row */
};

/** A column that is wanted. */
struct fb_column {
    const char *const *names; /**< in the order of preference; NULL ends them */
    enum fb_column_kind kind;
    enum fb_column_need need;
};

/** What was read; all memory but name and wanted is the arena's. */
struct fb_columns {
    const char *name;
    const struct fb_column *wanted;
    size_t count; /**< of wanted columns */
    size_t rows;
    uint32_t *lines;                      /**< by row, 1-based */
    struct fb_str *texts[FB_COLUMNS_MAX]; /**< by column and row: of text columns, else NULL */
    double *numbers[FB_COLUMNS_MAX];      /**< of the other columns; NaN: there is no value */
    bool has[FB_COLUMNS_MAX];             /**< whether the table has the column */
};

/** The names of a text column. */
struct fb_columns_names {
    uint32_t *of; /**< by row */
    struct fb_str *names;
    uint32_t count;
};

/** Reads a file ("-": standard input). wanted is borrowed, count at most FB_COLUMNS_MAX. E_SYNTAX,
 * E_UTF8, E_SCHEMA for a column or cell that must be there and is not, or no rows; E_RANGE for a
 * number that the column cannot hold, E_LIMIT, E_NOMEM and those of reading. */
FB_CHECKED enum fb_code fb_columns_read(const char *path, const struct fb_column *wanted,
    size_t count, struct fb_arena *arena, struct fb_columns *out, struct fb_err *err);

/** What is read from memory, and the name that stands in errors. */
struct fb_columns_text {
    struct fb_str text;
    const char *name;
};

/** The same from memory; the text is not packed. */
FB_CHECKED enum fb_code fb_columns_read_memory(const struct fb_columns_text *from,
    const struct fb_column *wanted, size_t count, struct fb_arena *arena, struct fb_columns *out,
    struct fb_err *err);

/** Fills err with a code and a message about a cell. Returns code. */
enum fb_code fb_columns_refuse(const struct fb_columns *columns, const size_t row_column[2],
    enum fb_code code, struct fb_err *err, const char *what);

/** The names of a text column numbered in the order of their bytes. Rows without a name have the
 * name "". E_NOMEM, E_LIMIT. */
FB_CHECKED enum fb_code fb_columns_number(const struct fb_columns *columns, size_t column,
    struct fb_arena *arena, struct fb_columns_names *out, struct fb_err *err);

/** Reads a whole file ("-": standard input) into out, unpacking it when it is a gzip file: at most
 * as many bytes as out may hold. E_LIMIT, E_SYNTAX for a damaged gzip file, E_NOMEM and those of
 * reading. */
FB_CHECKED enum fb_code fb_columns_text(const char *path, struct fb_buf *out, struct fb_err *err);

#endif

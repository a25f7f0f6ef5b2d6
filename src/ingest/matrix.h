/*
 * matrix.h: a whole table: rows of texts and numbers under the names of its header (csv.h), packed
 * by gzip or not.
 */
#ifndef FB_INGEST_MATRIX_H
#define FB_INGEST_MATRIX_H

#include "base/arena.h"

/** Most cells of a table; has a test. */
enum { FB_MATRIX_CELLS_MAX = 1000000 };

/** A table. All memory but name is the arena's. */
struct fb_matrix {
    const char *name;
    size_t rows;
    size_t columns;
    struct fb_str *heads;
    bool
        *is_number; /**< by column: every cell that is not empty is a finite number, one at least */
    size_t *odd; /**< by column: the first row whose cell is neither empty nor a number where others
                    are numbers; else SIZE_MAX */
    struct fb_str *texts; /**< by row, then column; trimmed */
    double *values;       /**< NaN where there is no number */
    uint32_t *lines;      /**< by row, 1-based */
};

/** Reads a file ("-": standard input). E_SYNTAX, E_UTF8, E_SCHEMA for a table without rows,
 * E_LIMIT, E_NOMEM and those of reading. */
FB_CHECKED enum fb_code fb_matrix_read(
    const char *path, struct fb_arena *arena, struct fb_matrix *out, struct fb_err *err);

/** The same from memory; name stands in errors. */
FB_CHECKED enum fb_code fb_matrix_read_memory(struct fb_str text, const char *name,
    struct fb_arena *arena, struct fb_matrix *out, struct fb_err *err);

/** Refuses a column by its odd cell, which there is: E_SYNTAX with the line. */
enum fb_code fb_matrix_refuse(const struct fb_matrix *matrix, size_t column, struct fb_err *err);

/** The column of a name, upper and lower case alike; SIZE_MAX: there is none. */
size_t fb_matrix_column(const struct fb_matrix *matrix, struct fb_str name);

#endif

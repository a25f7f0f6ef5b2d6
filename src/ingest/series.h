/*
 * series.h: dated values of several quantities, from a table.
 *
 * Columns (csv.h): date, value (positive), and, where they are there, series (or quantity), name
 * and source. Series are in the order of their names, points in the order of dates, then values.
 */
#ifndef FB_INGEST_SERIES_H
#define FB_INGEST_SERIES_H

#include "base/arena.h"
#include "base/timestamp.h"

/** Most points of a table; has a test. */
enum { FB_SERIES_POINTS_MAX = 1000000 };

/** One value. */
struct fb_series_point {
    uint32_t series;
    fb_time at;
    double value;
    struct fb_str name;
    struct fb_str source;
    uint32_t line; /**< of the table; 0: it is of none */
};

/** What was read. All memory is the arena's. */
struct fb_series {
    struct fb_series_point *points; /**< sorted by series, date, value */
    size_t count;
    struct fb_str *names; /**< of series, by number; one empty name when there is no such column */
    uint32_t series;
};

/** Reads a file ("-": standard input). E_SYNTAX, E_SCHEMA, E_TIME, E_RANGE for a value that is not
 * positive, E_LIMIT, E_NOMEM and those of reading, with file and line. */
FB_CHECKED enum fb_code fb_series_read(
    const char *path, struct fb_arena *arena, struct fb_series *out, struct fb_err *err);

/** The same from memory; name stands in errors. */
FB_CHECKED enum fb_code fb_series_read_memory(struct fb_str text, const char *name,
    struct fb_arena *arena, struct fb_series *out, struct fb_err *err);

#endif

/*
 * models.h: tables of models and what they were trained with, as Epoch AI publishes them.
 *
 * Columns (csv.h), each by one of several names; all but the name may be absent, and a field that
 * is empty says nothing: model, date, parameters, active_parameters, tokens, epochs, training
 * compute in FLOP, hardware, its quantity, hours, utilisation (a part of 1), domain.
 */
#ifndef FB_INGEST_MODELS_H
#define FB_INGEST_MODELS_H

#include "base/arena.h"
#include "base/timestamp.h"

/** Most rows of a table; has a test. */
enum { FB_MODELS_MAX = 100000 };

/** One row. A number that is not said is 0. */
struct fb_model {
    struct fb_str name, domain, chip;
    fb_time at; /**< published; FB_TIME_MIN: not said */
    double parameters, active_parameters, tokens, epochs;
    double flop; /**< as published */
    double chips, hours, use;
    uint32_t line;
};

/** What was read. All memory is the arena's. */
struct fb_models {
    struct fb_model *items; /**< in the table's order */
    size_t count;
};

/** Reads a file ("-": standard input). E_SYNTAX, E_SCHEMA, E_TIME, E_RANGE for a negative number,
 * E_LIMIT, E_NOMEM and those of reading, with file and line. */
FB_CHECKED enum fb_code fb_models_read(
    const char *path, struct fb_arena *arena, struct fb_models *out, struct fb_err *err);

/** The same from memory; name stands in errors. */
FB_CHECKED enum fb_code fb_models_read_memory(struct fb_str text, const char *name,
    struct fb_arena *arena, struct fb_models *out, struct fb_err *err);

/** Keeps the rows whose domain begins with a word (empty: all) and whose published figure is at
 * least flop. */
void fb_models_keep(struct fb_models *models, struct fb_str domain, double flop);

#endif

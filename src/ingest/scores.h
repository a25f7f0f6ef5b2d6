/*
 * scores.h: scores of models on benchmarks, from a table, for the scale of capability.
 *
 * Columns (csv.h): model (or model_id), benchmark (or benchmark_id), performance (or score), and,
 * when there is one, date: the model's release. Models and benchmarks are numbered in the order of
 * their names, so that the order of rows changes nothing.
 *
 * When a score is outside 0 to 1, all are held within 0.001 and 0.999, as Epoch's code does;
 * `clipped` says how many were outside. What is below -1 or above 2 is refused: percentages, which
 * would all be held at the same place.
 */
#ifndef FB_INGEST_SCORES_H
#define FB_INGEST_SCORES_H

#include "base/arena.h"
#include "base/timestamp.h"
#include "ledger/sha256.h"
#include "stats/capability.h"

/** What was read. All memory is the arena's. */
struct fb_scores {
    struct fb_capability_data data; /**< sorted */
    struct fb_str *models;          /**< by number */
    struct fb_str *benchmarks;
    fb_time *dates; /**< by model; FB_TIME_MIN where there is none */
    size_t clipped;
    size_t repeated;                /**< scores beyond the first of one model on one benchmark */
    uint8_t digest[FB_SHA256_SIZE]; /**< of the sorted scores */
};

/** Reads a file ("-": standard input). E_SYNTAX, E_SCHEMA, E_TIME, E_MISMATCH for a model with two
 * dates, E_RANGE, E_LIMIT, E_NOMEM and those of reading, with file and line. */
FB_CHECKED enum fb_code fb_scores_read(
    const char *path, struct fb_arena *arena, struct fb_scores *out, struct fb_err *err);

/** The same from memory; name stands in errors. */
FB_CHECKED enum fb_code fb_scores_read_memory(struct fb_str text, const char *name,
    struct fb_arena *arena, struct fb_scores *out, struct fb_err *err);

#endif

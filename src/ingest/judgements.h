/*
 * judgements.h: what a judge said of samples whose truth is known, from a table.
 *
 * Columns (csv.h): `judged` (or model, grader, predicted) and `truth` (or human, label), each a
 * word for yes or no (1, true, yes, C, pass; 0, false, no, I, fail, of any case) or a number from 0
 * to 1. A row whose truth is empty is one that only the judge scored. Other columns are passed
 * over.
 */
#ifndef FB_INGEST_JUDGEMENTS_H
#define FB_INGEST_JUDGEMENTS_H

#include "base/arena.h"
#include "ingest/ingest.h"

/** Most rows of a table; has a test. */
enum { FB_JUDGEMENTS_MAX = 1000000 };

/** What was read. All memory is the arena's. */
struct fb_judgements {
    double *truth;  /**< of the rows whose truth is known */
    double *judged; /**< of the same rows */
    size_t labelled;
    double *unlabelled; /**< of the others, as judged */
    size_t unlabelled_count;
    bool is_binary; /**< every value is 0 or 1 */
};

/** Reads a file ("-": standard input). E_SYNTAX, E_SCHEMA, E_RANGE for a value outside 0 to 1,
 * E_LIMIT, E_NOMEM and those of reading, with file and line. */
FB_CHECKED enum fb_code fb_judgements_read(
    const char *path, struct fb_arena *arena, struct fb_judgements *out, struct fb_err *err);

/** The same from memory; name stands in errors. */
FB_CHECKED enum fb_code fb_judgements_read_memory(struct fb_str text, const char *name,
    struct fb_arena *arena, struct fb_judgements *out, struct fb_err *err);

/** Counts how the judge did. E_RANGE when values are not binary, or a truth was never seen. */
FB_CHECKED enum fb_code fb_judgements_count(
    const struct fb_judgements *judgements, struct fb_judge_record *out, struct fb_err *err);

#endif

/*
 * runs.h: runs of agents on tasks of known human length, for time horizons.
 *
 * Two formats, told by the first byte that is no white space:
 *
 * - METR's runs.jsonl, one JSON object a line: alias (or agent, model), task_id, task_family,
 *   human_minutes, score_binarized (or score). Other members are passed over.
 * - A table (csv.h): agent (or alias, model), task (or task_id), family (or task_family), minutes
 *   (or human_minutes), and either score or successes and trials.
 *
 * A family that is not given is the task itself. Everything is put in the order of names, so that
 * the order of lines changes nothing, the digest included.
 */
#ifndef FB_INGEST_RUNS_H
#define FB_INGEST_RUNS_H

#include "base/arena.h"
#include "base/timestamp.h"
#include "ledger/sha256.h"
#include "stats/horizon.h"

/** Limits; each has a test. */
enum {
    FB_RUNS_LINE_MAX = 1 << 20, /**< bytes of one line of JSON */
};

/** What was read. All memory is the arena's. data.runs is sorted and not yet weighed. */
struct fb_runs {
    struct fb_horizon_data data;
    struct fb_str *agents; /**< by number */
    struct fb_str *families;
    struct fb_str *tasks;
    uint8_t digest[FB_SHA256_SIZE]; /**< of the sorted runs */
};

/** Reads a file ("-": standard input), packed by gzip or not. E_SYNTAX, E_SCHEMA, E_RANGE,
 * E_DUPLICATE for a run (same agent, task and run_id) that stands twice, E_MISMATCH for a task of
 * two families, E_LIMIT, E_NOMEM and those of reading, with file and line. */
FB_CHECKED enum fb_code fb_runs_read(
    const char *path, struct fb_arena *arena, struct fb_runs *out, struct fb_err *err);

/** The same from memory; name stands in errors. */
FB_CHECKED enum fb_code fb_runs_read_memory(struct fb_str text, const char *name,
    struct fb_arena *arena, struct fb_runs *out, struct fb_err *err);

/** Reads release dates into out_dates, of data.agents instants (FB_TIME_MIN where there is none):
 * lines `NAME: DATE` as METR's release_dates.yaml has them (other lines of it are passed over), or
 * a table of the columns agent and date. Agents that have no runs are passed over. E_SYNTAX,
 * E_TIME, E_DUPLICATE for an agent with two dates, E_SCHEMA for no date at all, and those of
 * reading. */
FB_CHECKED enum fb_code fb_runs_read_dates(
    const char *path, const struct fb_runs *runs, fb_time *out_dates, struct fb_err *err);

/** The same from memory; name stands in errors. */
FB_CHECKED enum fb_code fb_runs_read_dates_memory(struct fb_str text, const char *name,
    const struct fb_runs *runs, fb_time *out_dates, struct fb_err *err);

#endif

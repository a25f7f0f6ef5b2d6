/*
 * bench_raw.h: what the ledger is measured against: SQLite alone, and the disk alone.
 *
 * SQLite alone is one table (integer key, blob), WAL, synchronous=FULL, prepared statements, one
 * transaction a group. The disk alone is a file that grows by a record and is synced, or one that
 * has its length already and of which each record overwrites a part: what SQLite calls for both,
 * the same as the ledger.
 */
#ifndef FB_CLI_BENCH_RAW_H
#define FB_CLI_BENCH_RAW_H

#include "base/io.h"

struct fb_bench_raw;

/** A file on the disk, and no more. */
struct fb_bench_file;

/** Makes a file of `size` bytes, written and synced, at path. Records go into it from its start,
 * and, when size is 0, behind each other. Caller frees *out with fb_bench_file_free. E_IO, E_NOMEM.
 */
FB_CHECKED enum fb_code fb_bench_file_new(
    const char *path, int64_t size, struct fb_bench_file **out, struct fb_err *err);

/** Closes; NULL is allowed. The file stays. */
void fb_bench_file_free(struct fb_bench_file *file);

/** Writes a record, which must fit, and syncs. E_IO. */
FB_CHECKED enum fb_code fb_bench_file_commit(
    struct fb_bench_file *file, struct fb_str record, struct fb_err *err);

/** Makes the database at path. Caller frees *out with fb_bench_raw_free. E_IO, E_NOMEM. */
FB_CHECKED enum fb_code fb_bench_raw_new(
    const char *path, struct fb_bench_raw **out, struct fb_err *err);

/** Closes; NULL is allowed. The files stay. */
void fb_bench_raw_free(struct fb_bench_raw *raw);

/** Inserts records in one transaction. E_IO. */
FB_CHECKED enum fb_code fb_bench_raw_insert(
    struct fb_bench_raw *raw, const struct fb_str *records, size_t count, struct fb_err *err);

#endif

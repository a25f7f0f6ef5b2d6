/*
 * bench_raw.h: what the ledger is measured against: SQLite alone, and the disk alone.
 *
 * SQLite alone is one table (integer key, blob), WAL, synchronous=FULL, prepared statements, one
 * transaction a group. The disk alone is a file that grows by a record and is synced.
 */
#ifndef FB_CLI_BENCH_RAW_H
#define FB_CLI_BENCH_RAW_H

#include "base/io.h"

struct fb_bench_raw;

/** Makes the database at path. Caller frees *out with fb_bench_raw_free. E_IO, E_NOMEM. */
FB_CHECKED enum fb_code fb_bench_raw_new(
    const char *path, struct fb_bench_raw **out, struct fb_err *err);

/** Closes; NULL is allowed. The files stay. */
void fb_bench_raw_free(struct fb_bench_raw *raw);

/** Inserts records in one transaction. E_IO. */
FB_CHECKED enum fb_code fb_bench_raw_insert(
    struct fb_bench_raw *raw, const struct fb_str *records, size_t count, struct fb_err *err);

#endif

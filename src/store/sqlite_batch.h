/*
 * sqlite_batch.h: the entries of one append as a table that SQLite can read from.
 *
 * `INSERT INTO entry SELECT ... FROM batch` is one statement for a whole group, where a statement
 * an entry spends as long on starting and ending as on the entry.
 */
#ifndef FB_STORE_SQLITE_BATCH_H
#define FB_STORE_SQLITE_BATCH_H

#include <sqlite3.h>

#include "store/store.h"

/** What the table shows. The owner sets it before the statement runs and keeps it meanwhile. */
struct fb_sqlite_batch {
    const struct fb_store_entry *entries;
    size_t count;
};

/** Makes a table-valued `batch(seq, admitted, leaf_hash, bytes)` known to a connection, which
 * borrows *batch until it is closed. Returns a result code of SQLite. */
int fb_sqlite_batch_register(sqlite3 *db, struct fb_sqlite_batch *batch);

#endif

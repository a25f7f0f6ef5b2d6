/*
 * sqlite_log.h: the write-ahead log of a SQLite database, beyond what SQLite does with it.
 */
#ifndef FB_STORE_SQLITE_LOG_H
#define FB_STORE_SQLITE_LOG_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>

/** Pages in the log at which it is moved into the database, as SQLite does by itself (fb_limit). */
enum { FB_SQLITE_LOG_PAGES = 1000 };

/** What a connection knows of the log. Zero to begin with; fields are private. */
struct fb_sqlite_log {
    int pages;         /**< in it after the last commit of this connection */
    int step;          /**< of them that commit's */
    int64_t page_size; /**< 0: not read yet */
    int64_t size;      /**< of the file, at least, when it was looked at last */
    bool is_closed;    /**< it could not be lengthened */
};

/** Notes each commit of a connection, which borrows *log until it is closed, and moves a log of
 * FB_SQLITE_LOG_PAGES pages into the database. */
void fb_sqlite_log_watch(sqlite3 *db, struct fb_sqlite_log *log);

/** Writes the bytes of the log over themselves, makes it one byte longer and syncs it; nothing when
 * there is no log. Inside a write transaction. Returns a result code of SQLite. */
int fb_sqlite_log_rewrite(sqlite3 *db);

/**
 * Lengthens the log ahead of the commits of one who makes many small ones, inside a write
 * transaction. A sync of a file that became longer writes its length besides, at another place of
 * the disk; of one that is long enough it writes the pages alone. A log ends at the first page with
 * a wrong checksum, so that the zeros are none of it. It need not succeed.
 */
void fb_sqlite_log_reserve(sqlite3 *db, struct fb_sqlite_log *log);

#endif

/*
 * sqlite_result.h: what a result of SQLite means. Private to the room.
 */
#ifndef FB_STORE_SQLITE_RESULT_H
#define FB_STORE_SQLITE_RESULT_H

#include <sqlite3.h>

#include "flyball/err.h"

/** The error of ours that a result stands for, which is not SQLITE_OK; db may be NULL where it
 * could not be opened. A disk that is full, and a file that may not grow, are E_FULL. */
enum fb_code fb_sqlite_code(sqlite3 *db, int result);

/** Gives an error that is E_FULL the hint what to do; nothing happens to another one. Returns its
 * code. */
enum fb_code fb_sqlite_hint_full(sqlite3 *db, struct fb_err *err);

#endif

#include "store/sqlite_log.h"

#include <stddef.h>

#include "base/assert.h"
#include "base/limit.h"

/* Pages in the log, and of one commit, from which and up to which on it is lengthened, and bytes of
 * that at once. */
enum { RESERVE_FROM = 8, SMALL_COMMIT = 4, RESERVE_MAX = 1 << 20 };
enum { PIECE = 64 * 1024 };
/* Of the log's format: bytes before the first page and before each, where a page's size is. */
enum { LOG_HEADER = 32, PAGE_HEADER = 24, PAGE_SIZE_AT = 8 };

/* The open log; NULL when there is none yet. */
static sqlite3_file *log_of(sqlite3 *db)
{
    sqlite3_file *log = NULL;
    int result = sqlite3_file_control(db, "main", SQLITE_FCNTL_JOURNAL_POINTER, &log);
    return result == SQLITE_OK && log && log->pMethods ? log : NULL;
}

/* That the log could not be moved now is no failure of the commit. */
static int on_commit(void *ctx, sqlite3 *db, const char *name, int pages)
{
    struct fb_sqlite_log *log = ctx;
    log->step = pages > log->pages ? pages - log->pages : pages;
    log->pages = pages;
    if (pages >= (int)fb_limit(FB_SQLITE_LOG_PAGES)) {
        (void)sqlite3_wal_checkpoint_v2(db, name, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
    }
    return SQLITE_OK;
}

void fb_sqlite_log_watch(sqlite3 *db, struct fb_sqlite_log *log)
{
    FB_ASSERT(db && log);
    (void)sqlite3_wal_hook(db, on_commit, log);
}

int fb_sqlite_log_rewrite(sqlite3 *db)
{
    FB_ASSERT(db);
    char piece[PIECE];
    sqlite3_int64 size = 0;
    sqlite3_file *file = log_of(db);
    int result = file ? file->pMethods->xFileSize(file, &size) : SQLITE_OK;
    for (sqlite3_int64 at = 0; result == SQLITE_OK && at < size; at += PIECE) {
        int len = size - at < PIECE ? (int)(size - at) : PIECE;
        result = file->pMethods->xRead(file, piece, len, at);
        if (result == SQLITE_OK) {
            result = file->pMethods->xWrite(file, piece, len, at);
        }
    }
    if (result == SQLITE_OK && size > 0) {
        /* Else the length, which nothing changed, would not be written. */
        result = file->pMethods->xWrite(file, "", 1, size);
    }
    if (result == SQLITE_OK && size > 0) {
        result = file->pMethods->xSync(file, SQLITE_SYNC_FULL);
    }
    return result;
}

/* 0 when it cannot be read. */
static int64_t page_size_of(sqlite3_file *file)
{
    unsigned char b[4];
    if (file->pMethods->xRead(file, b, sizeof(b), PAGE_SIZE_AT) != SQLITE_OK) {
        return 0;
    }
    return (int64_t)b[0] << 24 | (int64_t)b[1] << 16 | (int64_t)b[2] << 8 | b[3];
}

/* Writes zeros after the end of the log until `end`, when it is shorter than `needed`. */
static bool lengthen(struct fb_sqlite_log *log, sqlite3_file *file, int64_t needed, int64_t end)
{
    static const char zeros[PIECE];
    sqlite3_int64 size = 0;
    bool good = file->pMethods->xFileSize(file, &size) == SQLITE_OK;
    bool is_short = size < needed;
    while (good && is_short && size < end) {
        good = file->pMethods->xWrite(file, zeros, PIECE, size) == SQLITE_OK;
        size += PIECE;
    }
    log->size = size;
    return good;
}

void fb_sqlite_log_reserve(sqlite3 *db, struct fb_sqlite_log *log)
{
    FB_ASSERT(db && log);
    if (log->is_closed || log->pages < RESERVE_FROM || log->step > SMALL_COMMIT) {
        return;
    }
    int64_t page = log->page_size + PAGE_HEADER, used = LOG_HEADER + page * log->pages;
    if (log->page_size > 0 && used + page * SMALL_COMMIT <= log->size) {
        return;
    }
    sqlite3_file *file = log_of(db);
    log->page_size = file ? page_size_of(file) : 0;
    if (log->page_size == 0) {
        log->pages = 0; /* somebody else cut it: it begins anew */
        return;
    }
    page = log->page_size + PAGE_HEADER;
    used = LOG_HEADER + page * log->pages;
    log->is_closed = !lengthen(
        log, file, used + page * SMALL_COMMIT, used + (used < RESERVE_MAX ? used : RESERVE_MAX));
}

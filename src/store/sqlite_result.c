#include "store/sqlite_result.h"

#include <errno.h>

#include "base/assert.h"

/* The errno behind a failure, 0 when it is not known. SQLite does not note it for a COMMIT. */
static int errno_of(sqlite3 *db)
{
    sqlite3_vfs *vfs = NULL;
    int number = db ? sqlite3_system_errno(db) : 0;
    if (number == 0 && db &&
        sqlite3_file_control(db, "main", SQLITE_FCNTL_VFS_POINTER, &vfs) == SQLITE_OK && vfs) {
        number = vfs->xGetLastError(vfs, 0, NULL);
    }
    return number;
}

enum fb_code fb_sqlite_code(sqlite3 *db, int result)
{
    FB_ASSERT(result != SQLITE_OK);
    int number = errno_of(db);
    switch (result & 0xFF) {
    case SQLITE_NOMEM:
        return FB_E_NOMEM;
    case SQLITE_FULL:
        return FB_E_FULL;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return FB_E_BUSY;
    case SQLITE_ERROR: /* SQL that is always the same does not fit the tables */
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
    case SQLITE_CONSTRAINT:
    case SQLITE_MISMATCH:
    case SQLITE_TOOBIG:
        return FB_E_CORRUPT;
    case SQLITE_IOERR:
        return number == ENOSPC || number == EDQUOT || number == EFBIG ? FB_E_FULL : FB_E_IO;
    default:
        return FB_E_IO;
    }
}

enum fb_code fb_sqlite_hint_full(sqlite3 *db, struct fb_err *err)
{
    FB_ASSERT(err);
    if (err->code != FB_E_FULL) {
        return err->code;
    }
    if (errno_of(db) == EFBIG) {
        return fb_err_hint(err, "Nothing was changed. Raise the limit of the size of files "
                                "(ulimit -f) and run the command again.");
    }
    return fb_err_hint(err, "Nothing was changed. Free some disk space and run the command again.");
}

/* A store in one SQLite file. The file says that it is ours (application_id) and in which form
 * (user_version). Triggers and views are off: a file from elsewhere must not bring code along. */
#include <inttypes.h>
#include <limits.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/assert.h"
#include "base/io.h"
#include "store/sqlite_batch.h"
#include "store/sqlite_log.h"
#include "store/sqlite_result.h"

/* "fbl1": no other program of SQLite's list of application ids uses it. */
#define APPLICATION_ID 0x66626C31
#define SCHEMA_VERSION 3
#define OLD_VERSION 2 /* the oldest form that is read */
enum { BUSY_MS = 5000, VALUE_MAX = 1024 * 1024, PRAGMA_MAX = 128 };

static const char schema_sql[] =
    "CREATE TABLE entry(seq INTEGER PRIMARY KEY, admitted INTEGER NOT NULL,"
    " leaf_hash BLOB NOT NULL, bytes BLOB NOT NULL, checkpoint BLOB);"
    "CREATE TABLE tile(level INTEGER NOT NULL, number INTEGER NOT NULL, root BLOB NOT NULL,"
    " PRIMARY KEY(level, number)) WITHOUT ROWID;"
    "CREATE TABLE meta(name TEXT PRIMARY KEY, value BLOB NOT NULL);";

/* Form 2 kept the head in meta, and the hashes of a tile beside its root. */
static const char upgrade_sql[] =
    "ALTER TABLE entry ADD COLUMN checkpoint BLOB;"
    "ALTER TABLE tile DROP COLUMN bytes;"
    "UPDATE entry SET checkpoint = (SELECT value FROM meta WHERE name = 'checkpoint')"
    " WHERE seq = (SELECT max(seq) FROM entry);"
    "DELETE FROM meta WHERE name = 'checkpoint' AND EXISTS(SELECT 1 FROM entry);"
    "PRAGMA user_version=3";

/* Statements that are prepared once. */
enum statement {
    BEGIN_READ,
    BEGIN_WRITE,
    COMMIT,
    ROLLBACK,
    FORM,
    COUNT,
    APPEND,
    READ,
    STAMP,
    HASHES,
    ROOTS,
    TILE_PUT,
    META_PUT,
    META_GET,
    META_CUT,
    HEAD_PUT,
    HEAD_GET,
    STATEMENT_COUNT
};

static const char *const statement_sql[STATEMENT_COUNT] = {
    [BEGIN_READ] = "BEGIN",
    [BEGIN_WRITE] = "BEGIN IMMEDIATE",
    [COMMIT] = "COMMIT",
    [ROLLBACK] = "ROLLBACK",
    [FORM] = "PRAGMA user_version",
    [COUNT] = "SELECT max(seq) FROM entry",
    /* A failure ends the transaction anyway: without FAIL each row would be kept for undoing. */
    [APPEND] = "INSERT OR FAIL INTO entry(seq, admitted, leaf_hash, bytes)"
               " SELECT seq, admitted, leaf_hash, bytes FROM batch",
    [READ] = "SELECT seq, admitted, leaf_hash, bytes FROM entry WHERE seq = ?1",
    [STAMP] = "SELECT seq, admitted, leaf_hash FROM entry WHERE seq = ?1",
    [HASHES] = "SELECT leaf_hash FROM entry WHERE seq >= ?1 AND seq < ?2 ORDER BY seq",
    [ROOTS] = "SELECT root FROM tile WHERE level = ?3 AND number >= ?1 AND number < ?2"
              " ORDER BY number",
    [TILE_PUT] = "INSERT INTO tile(level, number, root) VALUES(?1, ?2, ?3)"
                 " ON CONFLICT(level, number) DO UPDATE SET root = excluded.root",
    [META_PUT] = "INSERT INTO meta(name, value) VALUES(?1, ?2)"
                 " ON CONFLICT(name) DO UPDATE SET value = excluded.value",
    [META_GET] = "SELECT value FROM meta WHERE name = ?1",
    [META_CUT] = "DELETE FROM meta WHERE name = 'checkpoint'",
    [HEAD_PUT] = "UPDATE entry SET checkpoint = ?2 WHERE seq = ?1",
    [HEAD_GET] = "SELECT checkpoint FROM entry WHERE seq = (SELECT max(seq) FROM entry)"
                 " UNION ALL SELECT value FROM meta WHERE name = 'checkpoint'"
                 " AND NOT EXISTS(SELECT 1 FROM entry)",
};

/* The last column says whether a head stands there. The second statement is for a form that was not
 * read in this view, or is 2, which had none. */
static const char scan_sql[] =
    "SELECT seq, admitted, leaf_hash, bytes, checkpoint IS NOT NULL FROM entry"
    " WHERE seq >= ?1 AND seq < ?2 ORDER BY seq";
static const char scan_any_sql[] = "SELECT seq, admitted, leaf_hash, bytes, 0 FROM entry"
                                   " WHERE seq >= ?1 AND seq < ?2 ORDER BY seq";

struct sqlite {
    struct fb_store store;
    sqlite3 *db;
    sqlite3_stmt *statements[STATEMENT_COUNT];
    struct fb_sqlite_batch batch;
    bool is_settled; /* what the log holds is on the disk */
    bool is_old;     /* form 2 when its form was read last */
    /* Entries before and after what the open transaction appended; equal when that is nothing, and
     * 0 before they were counted. */
    uint64_t old_count, count;
    struct fb_sqlite_log log;
    char path[PATH_MAX];
};

static struct sqlite *sqlite_of(struct fb_store *store)
{
    FB_ASSERT(store && strcmp(store->ops->name, "sqlite") == 0);
    return (struct sqlite *)(void *)store;
}

/* The one place where a result of SQLite becomes an error of ours. */
static enum fb_code fails(struct sqlite *s, int result, const char *what, struct fb_err *err)
{
    FB_ASSERT(result != SQLITE_OK);
    enum fb_code code = fb_sqlite_code(s->db, result);
    bool is_known = s->db && sqlite3_extended_errcode(s->db) == result;
    const char *reason = is_known ? sqlite3_errmsg(s->db) : sqlite3_errstr(result);
    if ((result & 0xFF) == SQLITE_NOTADB) {
        fb_err_set(err, code, "'%s' is not a flyball ledger", s->path);
        return fb_err_hint(err, "Give the ledger.db of a docket; flyball init makes a new one.");
    }
    fb_err_set(err, code, "could not %s '%s': %s", what, s->path, reason);
    if (code == FB_E_FULL) {
        return fb_sqlite_hint_full(s->db, err);
    }
    if (code == FB_E_BUSY) {
        return fb_err_hint(err, "Nothing was changed. Try again when the other command is done.");
    }
    if (code == FB_E_CORRUPT) {
        return fb_err_hint(err, "Compare the ledger with a copy; flyball log verify says more.");
    }
    return code;
}

static enum fb_code run_sql(struct sqlite *s, const char *sql, const char *what, struct fb_err *err)
{
    int result = sqlite3_exec(s->db, sql, NULL, NULL, NULL);
    return result == SQLITE_OK ? FB_OK : fails(s, result, what, err);
}

/* The prepared statement, reset and ready to be bound. */
static enum fb_code statement_of(
    struct sqlite *s, enum statement which, sqlite3_stmt **out, struct fb_err *err)
{
    FB_ASSERT(which < STATEMENT_COUNT);
    if (!s->statements[which]) {
        int result = sqlite3_prepare_v3(s->db, statement_sql[which], -1, SQLITE_PREPARE_PERSISTENT,
            &s->statements[which], NULL);
        if (result != SQLITE_OK) {
            return fails(s, result, "use", err);
        }
    }
    *out = s->statements[which];
    return FB_OK;
}

/* Runs a bound statement that gives no rows. */
static enum fb_code finish(
    struct sqlite *s, sqlite3_stmt *statement, const char *what, struct fb_err *err)
{
    int result = sqlite3_step(statement);
    enum fb_code code = FB_OK;
    if (result != SQLITE_DONE && result != SQLITE_ROW) {
        code = fails(s, result, what, err);
    }
    (void)sqlite3_reset(statement);
    (void)sqlite3_clear_bindings(statement);
    return code;
}

static enum fb_code run(
    struct sqlite *s, enum statement which, const char *what, struct fb_err *err)
{
    sqlite3_stmt *statement = NULL;
    enum fb_code code = statement_of(s, which, &statement, err);
    return code == FB_OK ? finish(s, statement, what, err) : code;
}

static bool bind_blob(sqlite3_stmt *statement, int column, struct fb_str bytes)
{
    FB_ASSERT(bytes.len <= INT_MAX);
    return sqlite3_bind_blob(statement, column, bytes.len ? bytes.ptr : "", (int)bytes.len,
               SQLITE_STATIC) == SQLITE_OK;
}

static bool bind_int(sqlite3_stmt *statement, int column, int64_t n)
{
    return sqlite3_bind_int64(statement, column, n) == SQLITE_OK;
}

static enum fb_code bind_fails(struct sqlite *s, struct fb_err *err)
{
    return fails(s, sqlite3_errcode(s->db), "use", err);
}

static void sqlite_close(struct fb_store *store)
{
    struct sqlite *s = sqlite_of(store);
    for (size_t i = 0; i < STATEMENT_COUNT; i++) {
        (void)sqlite3_finalize(s->statements[i]);
    }
    int result = sqlite3_close(s->db);
    FB_ASSERT(result == SQLITE_OK);
    fb_free(s);
}

static void roll_back(struct sqlite *s)
{
    struct fb_err ignored;
    fb_err_init(&ignored);
    /* SQLite rolls back by itself after some failures. The call fails only then, or when it must
     * wait until the file is opened again; the file is as it was before in either case. */
    if (!sqlite3_get_autocommit(s->db)) {
        (void)(run(s, ROLLBACK, "undo", &ignored) == FB_OK);
    }
}

/* Whether the log is on the disk is not known: it is written again before it is built on, and until
 * then closing does not move it into the database. */
static int unsettle(struct sqlite *s)
{
    s->is_settled = false;
    return sqlite3_db_config(s->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
}

/*
 * A process whose sync failed, and which then died, leaves a log that reads well from the system's
 * memory but is not on the disk: after a failed sync the system takes the pages for clean and no
 * later sync writes them. What is appended to such a log is lost with it when the power goes. So
 * the first write transaction, which keeps other writers away, makes the log dirty again and syncs
 * it; before that, closing must not move it into the database either.
 */
static enum fb_code settle_log(struct sqlite *s, struct fb_err *err)
{
    FB_ASSERT(!s->is_settled);
    int result = fb_sqlite_log_rewrite(s->db);
    if (result == SQLITE_OK) {
        result = sqlite3_db_config(s->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 0, NULL);
    }
    if (result != SQLITE_OK) {
        return fails(s, result, "sync the log of", err);
    }
    s->is_settled = true;
    return FB_OK;
}

/* The number that a pragma gives. */
static enum fb_code pragma_get(struct sqlite *s, const char *sql, int64_t *out, struct fb_err *err)
{
    sqlite3_stmt *statement = NULL;
    int result = sqlite3_prepare_v2(s->db, sql, -1, &statement, NULL);
    enum fb_code code = result == SQLITE_OK ? FB_OK : fails(s, result, "open", err);
    if (code == FB_OK) {
        result = sqlite3_step(statement);
        if (result == SQLITE_ROW) {
            *out = sqlite3_column_int64(statement, 0);
        } else {
            code = fails(s, result, "open", err);
        }
    }
    (void)sqlite3_finalize(statement);
    return code;
}

/* Reads the form again, inside a transaction: another process may have changed it since the file
 * was opened, also to one that is not known here. */
static enum fb_code read_form(struct sqlite *s, struct fb_err *err)
{
    sqlite3_stmt *statement = NULL;
    int64_t version = 0;
    enum fb_code code = statement_of(s, FORM, &statement, err);
    if (code != FB_OK) {
        return code;
    }
    int result = sqlite3_step(statement);
    if (result == SQLITE_ROW) {
        version = sqlite3_column_int64(statement, 0);
    } else {
        code = fails(s, result, "read", err);
    }
    (void)sqlite3_reset(statement);
    if (code == FB_OK && version > SCHEMA_VERSION) {
        code = fb_store_form_is_newer(s->path, version, SCHEMA_VERSION, err);
    } else if (code == FB_OK && version < OLD_VERSION) {
        code = fb_err_set(err, FB_E_CORRUPT, "'%s' is not a flyball ledger any more", s->path);
    }
    s->is_old = version == OLD_VERSION;
    return code;
}

/* Brings form 2 to the present one, in the transaction of the first append: with nothing appended
 * an older program could go on, and would find its head. */
static enum fb_code upgrade(struct sqlite *s, struct fb_err *err)
{
    enum fb_code code =
        s->is_old ? run_sql(s, upgrade_sql, "bring to the present form", err) : FB_OK;
    s->is_old = s->is_old && code != FB_OK;
    return code;
}

/* A file that was moved away or replaced could be read, and written, without anybody seeing it.
 * (SQLite compares the number of the file; it does not see that the log beside it was replaced.) */
static enum fb_code check_place(struct sqlite *s, struct fb_err *err)
{
    int moved = 0;
    if (sqlite3_file_control(s->db, "main", SQLITE_FCNTL_HAS_MOVED, &moved) != SQLITE_OK ||
        !moved) {
        return FB_OK;
    }
    fb_err_set(err, FB_E_IO, "'%s' was moved away or replaced while it was open", s->path);
    return fb_err_hint(err, "Open it again; find out who did that.");
}

static enum fb_code sqlite_begin(
    struct fb_store *store, enum fb_store_mode mode, struct fb_err *err)
{
    struct sqlite *s = sqlite_of(store);
    bool is_writing = mode == FB_STORE_WRITE;
    enum fb_code code =
        run(s, is_writing ? BEGIN_WRITE : BEGIN_READ, is_writing ? "lock" : "read", err);
    if (code != FB_OK) {
        return code;
    }
    s->old_count = s->count = 0;
    code = check_place(s, err);
    code = code ? code : read_form(s, err);
    if (code == FB_OK && is_writing && !s->is_settled) {
        code = settle_log(s, err);
    }
    if (code != FB_OK) {
        roll_back(s);
    } else if (is_writing) {
        fb_sqlite_log_reserve(s->db, &s->log);
    }
    return code;
}

static enum fb_code sqlite_commit(struct fb_store *store, struct fb_err *err)
{
    struct sqlite *s = sqlite_of(store);
    enum fb_code code = run(s, COMMIT, "write to", err);
    if (code != FB_OK) {
        (void)unsettle(s);
    }
    return code;
}

static void sqlite_rollback(struct fb_store *store)
{
    roll_back(sqlite_of(store));
}

static enum fb_code sqlite_count(struct fb_store *store, uint64_t *out, struct fb_err *err)
{
    struct sqlite *s = sqlite_of(store);
    sqlite3_stmt *statement = NULL;
    if (store->in_transaction && s->count > 0) {
        *out = s->count;
        return FB_OK;
    }
    enum fb_code code = statement_of(s, COUNT, &statement, err);
    if (code != FB_OK) {
        return code;
    }
    int result = sqlite3_step(statement);
    if (result != SQLITE_ROW) {
        code = fails(s, result, "read", err);
    } else if (sqlite3_column_type(statement, 0) == SQLITE_NULL) {
        *out = 0;
    } else {
        int64_t last = sqlite3_column_int64(statement, 0);
        if (last < 0 || last == INT64_MAX) {
            code = fb_err_set(
                err, FB_E_CORRUPT, "'%s' has an entry with number %" PRId64, s->path, last);
        } else {
            *out = (uint64_t)last + 1;
        }
    }
    (void)sqlite3_reset(statement);
    if (code == FB_OK && store->in_transaction) {
        s->old_count = s->count = *out;
    }
    return code;
}

static enum fb_code sqlite_append(
    struct fb_store *store, const struct fb_store_entry *entries, size_t count, struct fb_err *err)
{
    struct sqlite *s = sqlite_of(store);
    FB_ASSERT(count > 0 && entries[0].seq < INT64_MAX - count);
    bool was_old = s->is_old;
    enum fb_code code = upgrade(s, err);
    if (code == FB_OK && was_old && entries[0].seq == 0) {
        /* An older program that has the file open would append to it. */
        code = run(s, META_CUT, "write to", err);
    }
    if (code == FB_OK && s->count == 0) {
        uint64_t counted = 0; /* kept in s->count, as in every transaction */
        code = sqlite_count(store, &counted, err);
    }
    if (code == FB_OK && entries[0].seq != s->count) {
        code = fb_err_set(err, FB_E_CORRUPT,
            "entry %" PRIu64 " does not follow %" PRIu64 " entries", entries[0].seq, s->count);
    }
    if (code != FB_OK) {
        return code;
    }
    s->count += count;
    s->batch = (struct fb_sqlite_batch){entries, count};
    code = run(s, APPEND, "append to", err);
    s->batch = (struct fb_sqlite_batch){NULL, 0};
    return code;
}

/* The blob of a column as a slice, which lives until the statement moves on; false when the column
 * holds something else or more than max bytes. */
static bool column_blob(sqlite3_stmt *statement, int column, size_t max, struct fb_str *out)
{
    if (sqlite3_column_type(statement, column) != SQLITE_BLOB) {
        return false;
    }
    const void *ptr = sqlite3_column_blob(statement, column);
    size_t len = (size_t)sqlite3_column_bytes(statement, column);
    *out = (struct fb_str){ptr, len};
    return len <= max && (ptr || len == 0);
}

/* The entry of the current row; has_bytes when its last column is the bytes. */
static enum fb_code read_row(struct sqlite *s, sqlite3_stmt *statement, bool has_bytes,
    struct fb_store_entry *out, struct fb_err *err)
{
    struct fb_str hash;
    out->seq = (uint64_t)sqlite3_column_int64(statement, 0);
    out->admitted = sqlite3_column_int64(statement, 1);
    out->bytes = (struct fb_str){NULL, 0};
    out->has_head = false;
    bool good = sqlite3_column_type(statement, 1) == SQLITE_INTEGER &&
                column_blob(statement, 2, FB_STORE_HASH, &hash) && hash.len == FB_STORE_HASH;
    if (good) {
        memcpy(out->leaf_hash, hash.ptr, FB_STORE_HASH);
        good = !has_bytes || column_blob(statement, 3, FB_STORE_ENTRY_MAX, &out->bytes);
    }
    if (good) {
        return FB_OK;
    }
    if (sqlite3_errcode(s->db) == SQLITE_NOMEM) {
        return fails(s, SQLITE_NOMEM, "read", err);
    }
    return fb_err_set(
        err, FB_E_CORRUPT, "entry %" PRIu64 " of '%s' is malformed", out->seq, s->path);
}

static enum fb_code sqlite_read(struct fb_store *store, uint64_t seq, struct fb_store_entry *out,
    struct fb_buf *bytes, struct fb_err *err)
{
    struct sqlite *s = sqlite_of(store);
    sqlite3_stmt *statement = NULL;
    enum fb_code code = statement_of(s, bytes ? READ : STAMP, &statement, err);
    if (code != FB_OK) {
        return code;
    }
    if (!bind_int(statement, 1, (int64_t)seq)) {
        return bind_fails(s, err);
    }
    struct fb_store_entry found = {.seq = 0};
    int result = sqlite3_step(statement);
    if (result == SQLITE_DONE) {
        code = fb_err_set(err, FB_E_NOT_FOUND, "there is no entry %" PRIu64, seq);
    } else if (result != SQLITE_ROW) {
        code = fails(s, result, "read", err);
    } else {
        code = read_row(s, statement, bytes != NULL, &found, err);
    }
    if (code == FB_OK && bytes) {
        size_t start = bytes->len;
        fb_buf_add_str(bytes, found.bytes);
        code = fb_buf_check(bytes, "the entry", err);
        found.bytes = fb_str_sub(fb_buf_str(bytes), start, SIZE_MAX);
    }
    (void)sqlite3_reset(statement);
    if (code == FB_OK) {
        *out = found;
    }
    return code;
}

static enum fb_code sqlite_scan(struct fb_store *store, const uint64_t range[2],
    fb_store_visit visit, void *ctx, struct fb_err *err)
{
    struct sqlite *s = sqlite_of(store);
    sqlite3_stmt *statement = NULL;
    /* A statement of its own, so that a visitor may read and even scan. */
    const char *sql = store->in_transaction && !s->is_old ? scan_sql : scan_any_sql;
    int result = sqlite3_prepare_v2(s->db, sql, -1, &statement, NULL);
    if (result != SQLITE_OK) {
        return fails(s, result, "read", err);
    }
    enum fb_code code = FB_OK;
    uint64_t next = range[0];
    if (!bind_int(statement, 1, (int64_t)range[0]) || !bind_int(statement, 2, (int64_t)range[1])) {
        code = bind_fails(s, err);
    }
    while (code == FB_OK) {
        struct fb_store_entry entry;
        result = sqlite3_step(statement);
        if (result == SQLITE_DONE) {
            break;
        }
        if (result == SQLITE_ROW) {
            code = read_row(s, statement, true, &entry, err);
        } else {
            fails(s, result, "read", err);
            code = fb_err_prefix(err, "entry %" PRIu64, next);
        }
        if (code == FB_OK) {
            next = entry.seq + 1;
            entry.has_head = sqlite3_column_int(statement, 4) != 0;
            code = visit(ctx, &entry, err);
        }
    }
    (void)sqlite3_finalize(statement);
    return code;
}

static enum fb_code sqlite_hashes(struct fb_store *store, uint32_t level, const uint64_t range[2],
    struct fb_buf *out, struct fb_err *err)
{
    struct sqlite *s = sqlite_of(store);
    sqlite3_stmt *statement = NULL;
    enum fb_code code = statement_of(s, level == 0 ? HASHES : ROOTS, &statement, err);
    if (code != FB_OK) {
        return code;
    }
    if (!bind_int(statement, 1, (int64_t)range[0]) || !bind_int(statement, 2, (int64_t)range[1]) ||
        (level > 0 && !bind_int(statement, 3, (int64_t)level - 1))) {
        return bind_fails(s, err);
    }
    while (code == FB_OK) {
        struct fb_str hash;
        int result = sqlite3_step(statement);
        if (result == SQLITE_DONE) {
            break;
        }
        if (result != SQLITE_ROW) {
            code = fails(s, result, "read", err);
        } else if (!column_blob(statement, 0, FB_STORE_HASH, &hash) || hash.len != FB_STORE_HASH) {
            code = fb_err_set(err, FB_E_CORRUPT, "'%s' has a malformed hash", s->path);
        } else {
            fb_buf_add_str(out, hash);
        }
    }
    (void)sqlite3_reset(statement);
    return code;
}

/* Runs a bound statement that gives at most one blob, which is appended to out. */
static enum fb_code get_blob(
    struct sqlite *s, sqlite3_stmt *statement, struct fb_buf *out, struct fb_err *err)
{
    enum fb_code code = FB_OK;
    struct fb_str bytes;
    int result = sqlite3_step(statement);
    if (result == SQLITE_DONE) {
        code = fb_err_set(err, FB_E_NOT_FOUND, "'%s' has no such value", s->path);
    } else if (result != SQLITE_ROW) {
        code = fails(s, result, "read", err);
    } else if (sqlite3_column_type(statement, 0) == SQLITE_NULL) {
        code = fb_err_set(err, FB_E_NOT_FOUND, "'%s' has no such value", s->path);
    } else if (!column_blob(statement, 0, FB_STORE_META_MAX, &bytes)) {
        code = fb_err_set(err, FB_E_CORRUPT, "'%s' has a malformed value", s->path);
    } else {
        fb_buf_add_str(out, bytes);
        code = fb_buf_check(out, "the value", err);
    }
    (void)sqlite3_reset(statement);
    (void)sqlite3_clear_bindings(statement);
    return code;
}

static enum fb_code sqlite_tile_put(
    struct fb_store *store, const struct fb_store_tile *tile, struct fb_err *err)
{
    struct sqlite *s = sqlite_of(store);
    sqlite3_stmt *statement = NULL;
    enum fb_code code = upgrade(s, err);
    if (code == FB_OK) {
        code = statement_of(s, TILE_PUT, &statement, err);
    }
    if (code != FB_OK) {
        return code;
    }
    struct fb_str root = {(const char *)tile->root, FB_STORE_HASH};
    if (!bind_int(statement, 1, tile->level) || !bind_int(statement, 2, (int64_t)tile->index) ||
        !bind_blob(statement, 3, root)) {
        return bind_fails(s, err);
    }
    return finish(s, statement, "write to", err);
}

static bool bind_name(sqlite3_stmt *statement, const char *name)
{
    return sqlite3_bind_text(statement, 1, name, -1, SQLITE_STATIC) == SQLITE_OK;
}

static enum fb_code sqlite_meta_put(
    struct fb_store *store, const char *key, struct fb_str value, struct fb_err *err)
{
    struct sqlite *s = sqlite_of(store);
    sqlite3_stmt *statement = NULL;
    enum fb_code code = statement_of(s, META_PUT, &statement, err);
    if (code != FB_OK) {
        return code;
    }
    if (!bind_name(statement, key) || !bind_blob(statement, 2, value)) {
        return bind_fails(s, err);
    }
    return finish(s, statement, "write to", err);
}

static enum fb_code sqlite_meta_get(
    struct fb_store *store, const char *key, struct fb_buf *out, struct fb_err *err)
{
    struct sqlite *s = sqlite_of(store);
    sqlite3_stmt *statement = NULL;
    enum fb_code code = statement_of(s, META_GET, &statement, err);
    if (code != FB_OK) {
        return code;
    }
    if (!bind_name(statement, key)) {
        return bind_fails(s, err);
    }
    return get_blob(s, statement, out, err);
}

/* Sets the head that stands beside an entry; an empty value is none. */
static enum fb_code put_beside(
    struct sqlite *s, uint64_t seq, struct fb_str value, struct fb_err *err)
{
    sqlite3_stmt *statement = NULL;
    enum fb_code code = statement_of(s, HEAD_PUT, &statement, err);
    if (code != FB_OK) {
        return code;
    }
    /* What is not bound is NULL. */
    if (!bind_int(statement, 1, (int64_t)seq) || (value.len && !bind_blob(statement, 2, value))) {
        return bind_fails(s, err);
    }
    return finish(s, statement, "write to", err);
}

/* The head stands beside the last entry, mostly in a page that the append changes anyway; as long
 * as there is no entry it is a named value. */
static enum fb_code sqlite_head_put(struct fb_store *store, struct fb_str value, struct fb_err *err)
{
    struct sqlite *s = sqlite_of(store);
    uint64_t count = s->count;
    enum fb_code code = FB_OK;
    if (s->is_old) {
        return sqlite_meta_put(store, FB_STORE_HEAD_KEY, value, err);
    }
    if (s->count == s->old_count) {
        code = sqlite_count(store, &count, err);
    } else if (s->old_count == 0) {
        code = run(s, META_CUT, "write to", err);
    } else {
        FB_ASSERT(s->old_count < count);
        code = put_beside(s, s->old_count - 1, (struct fb_str){NULL, 0}, err);
    }
    if (code != FB_OK) {
        return code;
    }
    return count ? put_beside(s, count - 1, value, err)
                 : sqlite_meta_put(store, FB_STORE_HEAD_KEY, value, err);
}

static enum fb_code read_head(struct sqlite *s, struct fb_buf *out, struct fb_err *err)
{
    sqlite3_stmt *statement = NULL;
    enum fb_code code = read_form(s, err);
    if (code == FB_OK && s->is_old) {
        return sqlite_meta_get(&s->store, FB_STORE_HEAD_KEY, out, err);
    }
    if (code == FB_OK) {
        code = statement_of(s, HEAD_GET, &statement, err);
    }
    return code == FB_OK ? get_blob(s, statement, out, err) : code;
}

/* Where the head stands depends on the form: both are read in one view. */
static enum fb_code sqlite_head_get(struct fb_store *store, struct fb_buf *out, struct fb_err *err)
{
    struct sqlite *s = sqlite_of(store);
    if (store->in_transaction) {
        return read_head(s, out, err);
    }
    enum fb_code code = run(s, BEGIN_READ, "read", err);
    if (code == FB_OK) {
        code = read_head(s, out, err);
        roll_back(s);
    }
    return code;
}

static const struct fb_store_ops sqlite_ops = {
    .name = "sqlite",
    .close = sqlite_close,
    .begin = sqlite_begin,
    .commit = sqlite_commit,
    .rollback = sqlite_rollback,
    .count = sqlite_count,
    .append = sqlite_append,
    .read = sqlite_read,
    .scan = sqlite_scan,
    .hashes = sqlite_hashes,
    .tile_put = sqlite_tile_put,
    .meta_put = sqlite_meta_put,
    .meta_get = sqlite_meta_get,
    .head_put = sqlite_head_put,
    .head_get = sqlite_head_get,
};

static enum fb_code form_is_wrong(struct sqlite *s, int64_t version, struct fb_err *err)
{
    fb_err_set(err, FB_E_CORRUPT, "'%s' says to have form %" PRId64 ", but its tables have not",
        s->path, version);
    return fb_err_hint(err, "It was altered: restore the ledger from a copy.");
}

static enum fb_code check_form(struct sqlite *s, struct fb_err *err)
{
    int64_t id = 0, version = 0;
    enum fb_code code = pragma_get(s, "PRAGMA application_id", &id, err);
    if (code == FB_OK) {
        code = pragma_get(s, "PRAGMA user_version", &version, err);
    }
    if (code != FB_OK) {
        return code;
    }
    if (id == APPLICATION_ID && version == 1) {
        int64_t columns = 0; /* that form 1 did not have */
        code = pragma_get(
            s, "SELECT count(*) FROM pragma_table_info('tile') WHERE name = 'root'", &columns, err);
        if (code != FB_OK || columns > 0) {
            return code == FB_OK ? form_is_wrong(s, version, err) : code;
        }
        fb_err_set(err, FB_E_VERSION, "'%s' has form 1, which no released version wrote", s->path);
        return fb_err_hint(err, "Add its files to a new docket.");
    }
    if (id != APPLICATION_ID || version < 1) {
        fb_err_set(err, FB_E_CORRUPT, "'%s' is not a flyball ledger", s->path);
        return fb_err_hint(err, "Give the ledger.db of a docket; flyball init makes a new one.");
    }
    return version > SCHEMA_VERSION ? fb_store_form_is_newer(s->path, version, SCHEMA_VERSION, err)
                                    : FB_OK;
}

/* The tables must be those of the form that the file says it has: only one of them has these
 * columns. Both are read in one view, as another process may be changing them. */
static enum fb_code check_tables(struct sqlite *s, struct fb_err *err)
{
    sqlite3_stmt *statement = NULL;
    enum fb_code code = run(s, BEGIN_READ, "read", err);
    if (code != FB_OK) {
        return code;
    }
    code = read_form(s, err);
    if (code == FB_OK) {
        int result = sqlite3_prepare_v2(s->db,
            s->is_old ? "SELECT bytes FROM tile" : "SELECT checkpoint FROM entry", -1, &statement,
            NULL);
        if ((result & 0xFF) == SQLITE_ERROR) {
            code = form_is_wrong(s, s->is_old ? OLD_VERSION : SCHEMA_VERSION, err);
        } else if (result != SQLITE_OK) {
            code = fails(s, result, "open", err);
        }
        (void)sqlite3_finalize(statement);
    }
    roll_back(s);
    return code;
}

/* Makes the tables in one transaction, unless another process did so first. */
static enum fb_code make_tables(struct sqlite *s, struct fb_err *err)
{
    int64_t tables = 0;
    char sql[PRAGMA_MAX];
    enum fb_code code = run_sql(s, "BEGIN IMMEDIATE", "create", err);
    if (code != FB_OK) {
        return code;
    }
    code = pragma_get(s, "SELECT count(*) FROM sqlite_schema", &tables, err);
    if (code == FB_OK && tables != 0) {
        code = fb_err_set(err, FB_E_DUPLICATE, "the file '%s' exists already", s->path);
    }
    if (code == FB_OK) {
        code = run_sql(s, schema_sql, "create", err);
    }
    if (code == FB_OK) {
        snprintf(sql, sizeof(sql), "PRAGMA application_id=%d; PRAGMA user_version=%d; COMMIT",
            APPLICATION_ID, SCHEMA_VERSION);
        code = run_sql(s, sql, "create", err);
    }
    if (code != FB_OK) {
        sqlite_rollback(&s->store);
    }
    return code;
}

static enum fb_code open_file(
    struct sqlite *s, const struct fb_store_options *options, struct fb_err *err)
{
    int flags = options->read_only ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE;
    flags |= options->create ? SQLITE_OPEN_CREATE : 0;
    flags |= SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE | SQLITE_OPEN_PRIVATECACHE;
    int result = sqlite3_open_v2(s->path, &s->db, flags, NULL);
    if (result != SQLITE_OK) {
        return fails(s, result, options->create ? "create" : "open", err);
    }
    (void)sqlite3_busy_timeout(s->db, options->busy_ms ? (int)options->busy_ms : BUSY_MS);
    (void)sqlite3_limit(s->db, SQLITE_LIMIT_LENGTH, VALUE_MAX);
    s->is_settled = true;
    if (!options->create) {
        (void)unsettle(s);
    }
    fb_sqlite_log_watch(s->db, &s->log);
    (void)sqlite3_db_config(s->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    (void)sqlite3_db_config(s->db, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, NULL);
    (void)sqlite3_db_config(s->db, SQLITE_DBCONFIG_ENABLE_VIEW, 0, NULL);
    (void)sqlite3_db_config(s->db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
    result = fb_sqlite_batch_register(s->db, &s->batch);
    if (result != SQLITE_OK) {
        return fails(s, result, "open", err);
    }
    enum fb_code code =
        run_sql(s, "PRAGMA synchronous=FULL; PRAGMA cell_size_check=ON", "open", err);
    if (code == FB_OK && options->page_max) {
        char sql[PRAGMA_MAX];
        snprintf(sql, sizeof(sql), "PRAGMA max_page_count=%" PRIu32, options->page_max);
        code = run_sql(s, sql, "open", err);
    }
    return code;
}

static enum fb_code set_up(
    struct sqlite *s, const struct fb_store_options *options, struct fb_err *err)
{
    enum fb_code code = open_file(s, options, err);
    if (code == FB_OK && options->create) {
        /* Says itself to be in WAL from now on; a file that is no database is refused here. */
        code = run_sql(s, "PRAGMA page_size=8192; PRAGMA journal_mode=WAL", "create", err);
    }
    if (code == FB_OK && options->create) {
        code = make_tables(s, err);
    }
    if (code == FB_OK) {
        code = check_form(s, err);
    }
    return code == FB_OK ? check_tables(s, err) : code;
}

void fb_store_remove_sqlite(const char *path)
{
    FB_ASSERT(path && path[0]);
    static const char *const tails[] = {"", "-wal", "-shm", "-journal"};
    for (size_t i = 0; i < sizeof(tails) / sizeof(tails[0]); i++) {
        char file[PATH_MAX + 16];
        snprintf(file, sizeof(file), "%s%s", path, tails[i]);
        fb_io_remove(file);
    }
}

enum fb_code fb_store_open_sqlite(const char *path, const struct fb_store_options *options,
    struct fb_store **out, struct fb_err *err)
{
    FB_ASSERT(path && options && out);
    FB_ASSERT(!(options->create && options->read_only));
    bool exists = fb_io_exists(path);
    if (strlen(path) >= PATH_MAX) {
        return fb_err_set(err, FB_E_LIMIT, "the path '%.60s...' is too long", path);
    }
    if (exists && options->create) {
        return fb_err_set(err, FB_E_DUPLICATE, "the file '%s' exists already", path);
    }
    if (!exists && !options->create) {
        fb_err_set(err, FB_E_NOT_FOUND, "there is no ledger at '%s'", path);
        return fb_err_hint(err, "Make one with flyball init, or give its folder.");
    }
    struct sqlite *s = fb_calloc(1, sizeof(*s));
    if (!s) {
        return fb_err_set(err, FB_E_NOMEM, "memory ran out while opening '%s'", path);
    }
    s->store.ops = &sqlite_ops;
    s->store.is_read_only = options->read_only;
    memcpy(s->path, path, strlen(path) + 1);
    enum fb_code code = set_up(s, options, err);
    if (code != FB_OK) {
        sqlite_close(&s->store);
        if (options->create && code != FB_E_DUPLICATE) {
            fb_store_remove_sqlite(path);
        }
        return code;
    }
    *out = &s->store;
    return FB_OK;
}

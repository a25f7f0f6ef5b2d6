#include "cli/bench_raw.h"

#include <limits.h>
#include <sqlite3.h>

#include "base/alloc.h"
#include "base/assert.h"

struct fb_bench_raw {
    sqlite3 *db;
    sqlite3_stmt *begin;
    sqlite3_stmt *insert;
    sqlite3_stmt *commit;
    int64_t next;
};

static enum fb_code fails(const struct fb_bench_raw *raw, struct fb_err *err)
{
    return fb_err_set(err, FB_E_IO, "SQLite: %s", raw->db ? sqlite3_errmsg(raw->db) : "no memory");
}

static bool prepare(const struct fb_bench_raw *raw, const char *sql, sqlite3_stmt **out)
{
    return sqlite3_prepare_v3(raw->db, sql, -1, SQLITE_PREPARE_PERSISTENT, out, NULL) == SQLITE_OK;
}

enum fb_code fb_bench_raw_new(const char *path, struct fb_bench_raw **out, struct fb_err *err)
{
    FB_ASSERT(path && out);
    struct fb_bench_raw *raw = fb_calloc(1, sizeof(*raw));
    if (!raw) {
        return fb_err_set(err, FB_E_NOMEM, "memory ran out");
    }
    static const char setup[] = "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"
                                " CREATE TABLE entry(seq INTEGER PRIMARY KEY, bytes BLOB NOT NULL)";
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
    bool good = sqlite3_open_v2(path, &raw->db, flags, NULL) == SQLITE_OK &&
                sqlite3_exec(raw->db, setup, NULL, NULL, NULL) == SQLITE_OK &&
                prepare(raw, "BEGIN IMMEDIATE", &raw->begin) &&
                prepare(raw, "INSERT INTO entry(seq, bytes) VALUES(?1, ?2)", &raw->insert) &&
                prepare(raw, "COMMIT", &raw->commit);
    if (!good) {
        enum fb_code code = fails(raw, err);
        fb_bench_raw_free(raw);
        return code;
    }
    *out = raw;
    return FB_OK;
}

void fb_bench_raw_free(struct fb_bench_raw *raw)
{
    if (raw) {
        (void)sqlite3_finalize(raw->begin);
        (void)sqlite3_finalize(raw->insert);
        (void)sqlite3_finalize(raw->commit);
        int result = sqlite3_close(raw->db);
        FB_ASSERT(result == SQLITE_OK);
        fb_free(raw);
    }
}

static bool run(sqlite3_stmt *statement)
{
    bool good = sqlite3_step(statement) == SQLITE_DONE;
    return sqlite3_reset(statement) == SQLITE_OK && good;
}

enum fb_code fb_bench_raw_insert(
    struct fb_bench_raw *raw, const struct fb_str *records, size_t count, struct fb_err *err)
{
    FB_ASSERT(raw && records);
    bool good = run(raw->begin);
    for (size_t i = 0; good && i < count; i++) {
        FB_ASSERT(records[i].len <= INT_MAX);
        good = sqlite3_bind_int64(raw->insert, 1, raw->next++) == SQLITE_OK &&
               sqlite3_bind_blob(raw->insert, 2, records[i].ptr, (int)records[i].len,
                   SQLITE_STATIC) == SQLITE_OK &&
               run(raw->insert);
    }
    good = good && run(raw->commit);
    return good ? FB_OK : fails(raw, err);
}

struct fb_bench_file {
    sqlite3 *db; /* only to open the file */
    sqlite3_file *file;
    int64_t size; /* 0: grows */
    int64_t next;
};

static enum fb_code disk_fails(struct fb_err *err)
{
    return fb_err_set(err, FB_E_IO, "could not write to the disk");
}

static bool write_at(struct fb_bench_file *file, struct fb_str bytes, int64_t at)
{
    FB_ASSERT(bytes.len <= INT_MAX);
    return file->file->pMethods->xWrite(file->file, bytes.ptr, (int)bytes.len, at) == SQLITE_OK;
}

static bool sync_file(struct fb_bench_file *file)
{
    int how = SQLITE_SYNC_NORMAL | SQLITE_SYNC_DATAONLY;
    return file->file->pMethods->xSync(file->file, how) == SQLITE_OK;
}

enum fb_code fb_bench_file_new(
    const char *path, int64_t size, struct fb_bench_file **out, struct fb_err *err)
{
    FB_ASSERT(path && out && size >= 0);
    static const char zeros[64 * 1024];
    struct fb_bench_file *file = fb_calloc(1, sizeof(*file));
    if (!file) {
        return fb_err_set(err, FB_E_NOMEM, "memory ran out");
    }
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
    bool good = sqlite3_open_v2(path, &file->db, flags, NULL) == SQLITE_OK &&
                sqlite3_file_control(file->db, "main", SQLITE_FCNTL_FILE_POINTER, &file->file) ==
                    SQLITE_OK &&
                file->file && file->file->pMethods;
    for (int64_t at = 0; good && at < size; at += (int64_t)sizeof(zeros)) {
        good = write_at(file, (struct fb_str){zeros, sizeof(zeros)}, at);
    }
    if (!good || !sync_file(file)) {
        fb_bench_file_free(file);
        return disk_fails(err);
    }
    file->size = size;
    *out = file;
    return FB_OK;
}

void fb_bench_file_free(struct fb_bench_file *file)
{
    if (file) {
        int result = sqlite3_close(file->db);
        FB_ASSERT(result == SQLITE_OK);
        fb_free(file);
    }
}

enum fb_code fb_bench_file_commit(
    struct fb_bench_file *file, struct fb_str record, struct fb_err *err)
{
    FB_ASSERT(file);
    FB_ASSERT(file->size == 0 || file->next + (int64_t)record.len <= file->size);
    bool good = write_at(file, record, file->next) && sync_file(file);
    file->next += (int64_t)record.len;
    return good ? FB_OK : disk_fails(err);
}

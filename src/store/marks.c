/*
 * marks.c: numbers by key, on SQLite.
 *
 * A row holds up to FB_MARKS_ROW_MAX numbers of a key that were added together: the lowest, then
 * how far each is above the one before, seven bits a byte, the low ones first. A file that is made
 * in few steps is a quarter of what a row for each number would take.
 *
 * Beside the note stands what the rows add up to, so that a file that was damaged is found out by
 * reading it through.
 *
 * The journal is SQLite's older one and not its log: a reader without the right to write beside the
 * file can read it then.
 */
#include "store/marks.h"

#include <inttypes.h>
#include <libdeflate.h>
#include <limits.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/assert.h"
#include "base/io.h"
#include "base/limit.h"
#include "store/sqlite_result.h"
#include "store/store.h"

/* "fbm1", as the ledger's "fbl1". */
#define APPLICATION_ID 0x66626D31
#define FORM 1
#define NUMBER_MAX ((uint64_t)1 << 62)

enum {
    BUSY_MS = 500,    /* it can be done without */
    CACHE_KB = 65536, /* of pages, while much is added */
    DELTA_MAX = 10,   /* bytes of one difference */
    VALUE_MAX = 1 << 20
};

static const char make_sql[] = "PRAGMA application_id=1717726513; PRAGMA user_version=1;"
                               "CREATE TABLE mark(key INTEGER NOT NULL, first INTEGER NOT NULL,"
                               " more BLOB, PRIMARY KEY(key, first)) WITHOUT ROWID;"
                               "CREATE TABLE note(value BLOB NOT NULL, rows INTEGER NOT NULL,"
                               " sum INTEGER NOT NULL)";
_Static_assert(APPLICATION_ID == 1717726513, "as make_sql has it");
_Static_assert(FORM == 1, "as make_sql has it");

enum statement { ADD, FIND, ANY, EACH, NOTE_GET, NOTE_CUT, NOTE_PUT, STATEMENT_COUNT };

static const char *const statement_sql[STATEMENT_COUNT] = {
    [ADD] = "INSERT INTO mark(key, first, more) VALUES(?1, ?2, ?3)",
    [FIND] = "SELECT key, first, more FROM mark WHERE key = ?1 ORDER BY first",
    [ANY] = "SELECT 1 FROM mark WHERE key = ?1 LIMIT 1",
    [EACH] = "SELECT key, first, more FROM mark ORDER BY key, first",
    [NOTE_GET] = "SELECT value, rows, sum FROM note",
    [NOTE_CUT] = "DELETE FROM note",
    [NOTE_PUT] = "INSERT INTO note(value, rows, sum) VALUES(?1, ?2, ?3)",
};

/* What the rows of a file add up to, whatever their order. */
struct total {
    uint64_t rows;
    uint64_t sum; /* of the CRC-32 of each, modulo 2^64 */
};

struct fb_marks {
    sqlite3 *db;
    struct total total; /* of a file that is added to */
    sqlite3_stmt *statements[STATEMENT_COUNT];
    char path[PATH_MAX];
};

enum fb_code fb_numbers_add(struct fb_numbers *numbers, uint64_t number, struct fb_err *err)
{
    FB_ASSERT(numbers);
    if (numbers->count == numbers->cap) {
        size_t cap = numbers->cap ? 2 * numbers->cap : 64;
        uint64_t *grown = fb_realloc(numbers->items, cap * sizeof(*grown));
        if (!grown) {
            return fb_err_set(err, FB_E_NOMEM, "memory ran out");
        }
        numbers->items = grown;
        numbers->cap = cap;
    }
    numbers->items[numbers->count++] = number;
    return FB_OK;
}

void fb_numbers_release(struct fb_numbers *numbers)
{
    FB_ASSERT(numbers);
    fb_free(numbers->items);
    *numbers = (struct fb_numbers){.items = NULL};
}

static enum fb_code fails(struct fb_marks *marks, int result, const char *what, struct fb_err *err)
{
    bool is_known = marks->db && sqlite3_extended_errcode(marks->db) == result;
    fb_err_set(err, fb_sqlite_code(marks->db, result), "could not %s '%s': %s", what, marks->path,
        is_known ? sqlite3_errmsg(marks->db) : sqlite3_errstr(result));
    return fb_sqlite_hint_full(marks->db, err);
}

static enum fb_code run_sql(
    struct fb_marks *marks, const char *sql, const char *what, struct fb_err *err)
{
    int result = sqlite3_exec(marks->db, sql, NULL, NULL, NULL);
    return result == SQLITE_OK ? FB_OK : fails(marks, result, what, err);
}

static enum fb_code statement_of(
    struct fb_marks *marks, enum statement which, sqlite3_stmt **out, struct fb_err *err)
{
    if (!marks->statements[which]) {
        int result = sqlite3_prepare_v3(marks->db, statement_sql[which], -1,
            SQLITE_PREPARE_PERSISTENT, &marks->statements[which], NULL);
        if (result != SQLITE_OK) {
            return fails(marks, result, "use", err);
        }
    }
    *out = marks->statements[which];
    return FB_OK;
}

static enum fb_code read_note(
    struct fb_marks *marks, struct fb_buf *out, struct total *total, struct fb_err *err);

/* ---- opening ---- */

static enum fb_code number_of(
    struct fb_marks *marks, const char *sql, int64_t *out, struct fb_err *err)
{
    sqlite3_stmt *statement = NULL;
    int result = sqlite3_prepare_v2(marks->db, sql, -1, &statement, NULL);
    result = result == SQLITE_OK ? sqlite3_step(statement) : result;
    enum fb_code code = result == SQLITE_ROW ? FB_OK : fails(marks, result, "open", err);
    *out = code == FB_OK ? sqlite3_column_int64(statement, 0) : 0;
    (void)sqlite3_finalize(statement);
    return code;
}

/* A file of ours, in the form that is known here. */
static enum fb_code check_form(struct fb_marks *marks, struct fb_err *err)
{
    int64_t id, form;
    enum fb_code code = number_of(marks, "PRAGMA application_id", &id, err);
    code = code ? code : number_of(marks, "PRAGMA user_version", &form, err);
    if (code == FB_OK && id != APPLICATION_ID) {
        code = fb_err_set(err, FB_E_CORRUPT, "'%s' is no index of a ledger", marks->path);
    } else if (code == FB_OK && form != FORM) {
        code = fb_err_set(
            err, FB_E_VERSION, "'%s' has form %" PRId64 ", not %d", marks->path, form, FORM);
    }
    return code;
}

static enum fb_code open_db(const char *path, int flags, struct fb_marks **out, struct fb_err *err)
{
    if (strlen(path) >= PATH_MAX) {
        return fb_err_set(err, FB_E_LIMIT, "the path '%.60s...' is too long", path);
    }
    struct fb_marks *marks = fb_calloc(1, sizeof(*marks));
    if (!marks) {
        return fb_err_set(err, FB_E_NOMEM, "memory ran out");
    }
    memcpy(marks->path, path, strlen(path) + 1);
    flags |= SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE | SQLITE_OPEN_PRIVATECACHE;
    int result = sqlite3_open_v2(path, &marks->db, flags, NULL);
    if (result != SQLITE_OK) {
        enum fb_code code = fails(marks, result, "open", err);
        fb_marks_close(marks);
        return code;
    }
    (void)sqlite3_busy_timeout(marks->db, BUSY_MS);
    (void)sqlite3_limit(marks->db, SQLITE_LIMIT_LENGTH, VALUE_MAX);
    (void)sqlite3_db_config(marks->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    (void)sqlite3_db_config(marks->db, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, NULL);
    (void)sqlite3_db_config(marks->db, SQLITE_DBCONFIG_ENABLE_VIEW, 0, NULL);
    (void)sqlite3_db_config(marks->db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
    *out = marks;
    return FB_OK;
}

enum fb_code fb_marks_open(const char *path, struct fb_marks **out, struct fb_err *err)
{
    FB_ASSERT(path && out);
    struct fb_marks *marks = NULL;
    if (!fb_io_exists(path)) {
        return fb_err_set(err, FB_E_NOT_FOUND, "there is no index at '%s'", path);
    }
    enum fb_code code = open_db(path, SQLITE_OPEN_READONLY, &marks, err);
    code = code ? code : run_sql(marks, "PRAGMA cell_size_check=ON; BEGIN", "open", err);
    code = code ? code : check_form(marks, err);
    if (code != FB_OK) {
        fb_marks_close(marks);
        return code;
    }
    *out = marks;
    return FB_OK;
}

/* Begins to write to a file that is ours or that has nothing in it yet. */
static enum fb_code begin_writing(struct fb_marks *marks, struct fb_err *err)
{
    char pragmas[128];
    int64_t tables = 0;
    snprintf(pragmas, sizeof(pragmas),
        "PRAGMA page_size=8192; PRAGMA cache_size=-%d; PRAGMA synchronous=FULL;"
        "PRAGMA journal_mode=DELETE; BEGIN IMMEDIATE",
        CACHE_KB);
    enum fb_code code = run_sql(marks, pragmas, "write to", err);
    code = code ? code : number_of(marks, "SELECT count(*) FROM sqlite_schema", &tables, err);
    if (code == FB_OK && tables == 0) {
        code = run_sql(marks, make_sql, "write to", err);
    }
    code = code ? code : check_form(marks, err);
    return code ? code : read_note(marks, NULL, &marks->total, err);
}

enum fb_code fb_marks_write(const char *path, struct fb_marks **out, struct fb_err *err)
{
    FB_ASSERT(path && out);
    enum fb_code code = FB_OK;
    for (int attempt = 0; attempt < 2; attempt++) {
        struct fb_marks *marks = NULL;
        code = open_db(path, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, &marks, err);
        code = code ? code : begin_writing(marks, err);
        if (code == FB_OK) {
            *out = marks;
            return FB_OK;
        }
        fb_marks_close(marks);
        if (attempt > 0 || (code != FB_E_CORRUPT && code != FB_E_VERSION)) {
            break;
        }
        /* All of it can be made again. */
        fb_store_remove_sqlite(path);
        fb_err_init(err);
    }
    return code;
}

void fb_marks_close(struct fb_marks *marks)
{
    if (!marks) {
        return;
    }
    for (size_t i = 0; i < STATEMENT_COUNT; i++) {
        (void)sqlite3_finalize(marks->statements[i]);
    }
    int result = sqlite3_close(marks->db); /* which undoes an open transaction */
    FB_ASSERT(result == SQLITE_OK);
    fb_free(marks);
}

/* ---- the note ---- */

/* Reads the note, and what the rows should add up to: nothing of a file without one. */
static enum fb_code read_note(
    struct fb_marks *marks, struct fb_buf *out, struct total *total, struct fb_err *err)
{
    sqlite3_stmt *statement = NULL;
    *total = (struct total){.rows = 0};
    enum fb_code code = statement_of(marks, NOTE_GET, &statement, err);
    if (code != FB_OK) {
        return code;
    }
    int result = sqlite3_step(statement);
    if (result == SQLITE_ROW) {
        const void *bytes = sqlite3_column_blob(statement, 0);
        int len = sqlite3_column_bytes(statement, 0);
        *total = (struct total){(uint64_t)sqlite3_column_int64(statement, 1),
            (uint64_t)sqlite3_column_int64(statement, 2)};
        if (len > FB_MARKS_NOTE_MAX) {
            code = fb_err_set(err, FB_E_CORRUPT, "the note of '%s' is too long", marks->path);
        } else if (len > 0 && out) {
            fb_buf_add(out, bytes, (size_t)len);
        }
    } else if (result != SQLITE_DONE) {
        code = fails(marks, result, "read", err);
    }
    (void)sqlite3_reset(statement);
    return code;
}

enum fb_code fb_marks_note(struct fb_marks *marks, struct fb_buf *out, struct fb_err *err)
{
    FB_ASSERT(marks && out);
    struct total ignored;
    enum fb_code code = read_note(marks, out, &ignored, err);
    return code ? code : fb_buf_check(out, "the note of an index", err);
}

/* Runs a statement that gives no rows. */
static enum fb_code finish(struct fb_marks *marks, sqlite3_stmt *statement, struct fb_err *err)
{
    int result = sqlite3_step(statement);
    enum fb_code code = result == SQLITE_DONE ? FB_OK : fails(marks, result, "write to", err);
    (void)sqlite3_reset(statement);
    return code;
}

static enum fb_code cut_note(struct fb_marks *marks, struct fb_err *err)
{
    sqlite3_stmt *statement = NULL;
    enum fb_code code = statement_of(marks, NOTE_CUT, &statement, err);
    return code ? code : finish(marks, statement, err);
}

enum fb_code fb_marks_clear(struct fb_marks *marks, struct fb_err *err)
{
    FB_ASSERT(marks);
    enum fb_code code = run_sql(marks, "DELETE FROM mark", "clear", err);
    marks->total = (struct total){.rows = 0};
    return code ? code : cut_note(marks, err);
}

enum fb_code fb_marks_keep(struct fb_marks *marks, struct fb_str note, struct fb_err *err)
{
    FB_ASSERT(marks && note.len <= FB_MARKS_NOTE_MAX);
    sqlite3_stmt *statement = NULL;
    enum fb_code code = cut_note(marks, err);
    code = code ? code : statement_of(marks, NOTE_PUT, &statement, err);
    if (code == FB_OK) {
        int result = sqlite3_bind_blob(statement, 1, note.ptr, (int)note.len, SQLITE_STATIC);
        result = result ? result : sqlite3_bind_int64(statement, 2, (int64_t)marks->total.rows);
        result = result ? result : sqlite3_bind_int64(statement, 3, (int64_t)marks->total.sum);
        code = result == SQLITE_OK ? finish(marks, statement, err)
                                   : fails(marks, result, "write to", err);
    }
    return code ? code : run_sql(marks, "COMMIT", "write to", err);
}

/* ---- numbers ---- */

static int by_key(const void *a, const void *b)
{
    const struct fb_mark *x = a, *y = b;
    if (x->key != y->key) {
        return x->key < y->key ? -1 : 1;
    }
    return (x->number > y->number) - (x->number < y->number);
}

static size_t put_delta(uint8_t *out, uint64_t n)
{
    size_t len = 0;
    for (; n >= 0x80; n >>= 7) {
        out[len++] = (uint8_t)(n | 0x80);
    }
    out[len++] = (uint8_t)n;
    return len;
}

static void add_up(struct total *total, struct fb_mark first, const void *more, size_t len)
{
    const uint64_t head[2] = {first.key, first.number};
    uint32_t crc = libdeflate_crc32(0, head, sizeof(head));
    total->rows++;
    total->sum += len ? libdeflate_crc32(crc, more, len) : crc;
}

/* One row: numbers of one key. */
static enum fb_code add_row(
    struct fb_marks *marks, const struct fb_mark *items, size_t count, struct fb_err *err)
{
    uint8_t more[FB_MARKS_ROW_MAX * DELTA_MAX];
    sqlite3_stmt *statement = NULL;
    size_t len = 0;
    enum fb_code code = statement_of(marks, ADD, &statement, err);
    for (size_t i = 1; code == FB_OK && i < count; i++) {
        len += put_delta(more + len, items[i].number - items[i - 1].number);
    }
    if (code != FB_OK) {
        return code;
    }
    int result = sqlite3_bind_int64(statement, 1, (int64_t)items->key);
    result = result ? result : sqlite3_bind_int64(statement, 2, (int64_t)items->number);
    result = result ? result
             : len  ? sqlite3_bind_blob(statement, 3, more, (int)len, SQLITE_STATIC)
                    : sqlite3_bind_null(statement, 3);
    add_up(&marks->total, *items, more, len);
    return result == SQLITE_OK ? finish(marks, statement, err)
                               : fails(marks, result, "write to", err);
}

enum fb_code fb_marks_add(
    struct fb_marks *marks, struct fb_mark *items, size_t count, struct fb_err *err)
{
    FB_ASSERT(marks && (items || count == 0));
    size_t most = fb_limit(FB_MARKS_ROW_MAX), kept = 0;
    enum fb_code code = FB_OK;
    if (count > 1) {
        qsort(items, count, sizeof(*items), by_key);
    }
    for (size_t i = 0; i < count; i++) {
        FB_ASSERT(items[i].key >> FB_MARKS_KEY_BITS == 0 && items[i].number < NUMBER_MAX);
        if (i == 0 || by_key(&items[i], &items[kept - 1]) != 0) {
            items[kept++] = items[i];
        }
    }
    for (size_t from = 0, end; code == FB_OK && from < kept; from = end) {
        end = from + 1;
        while (end < kept && end - from < most && items[end].key == items[from].key) {
            end++;
        }
        code = add_row(marks, items + from, end - from, err);
    }
    return code;
}

/* A row as it was found. */
struct row {
    struct fb_mark first;
    const uint8_t *more;
    size_t len;
};

static enum fb_code is_wrong(const struct fb_marks *marks, struct fb_err *err)
{
    fb_err_set(err, FB_E_CORRUPT, "'%s' holds rows that nobody wrote", marks->path);
    return fb_err_hint(err, "Remove the file: it is made anew.");
}

static enum fb_code read_row(
    const struct fb_marks *marks, sqlite3_stmt *statement, struct row *out, struct fb_err *err)
{
    int64_t key = sqlite3_column_int64(statement, 0), first = sqlite3_column_int64(statement, 1);
    out->more = sqlite3_column_blob(statement, 2);
    out->len = (size_t)sqlite3_column_bytes(statement, 2);
    out->first = (struct fb_mark){(uint64_t)key, (uint64_t)first};
    return out->first.key >> FB_MARKS_KEY_BITS == 0 && out->first.number < NUMBER_MAX
               ? FB_OK
               : is_wrong(marks, err);
}

/* The next number of a row behind one; false at its end, or where it is wrong: then *out_wrong. */
static bool next_number(struct row *row, uint64_t *number, bool *out_wrong)
{
    uint64_t delta = 0;
    unsigned shift = 0;
    if (row->len == 0) {
        return false;
    }
    for (bool more = true; more; shift += 7) {
        if (row->len == 0 || shift > 56) {
            *out_wrong = true;
            return false;
        }
        delta |= (uint64_t)(*row->more & 0x7F) << shift;
        more = *row->more & 0x80;
        row->more++;
        row->len--;
    }
    *out_wrong = delta == 0 || delta >= NUMBER_MAX - *number;
    *number += *out_wrong ? 0 : delta;
    return !*out_wrong;
}

static enum fb_code visit_row(const struct fb_marks *marks, struct row row, fb_marks_visit visit,
    void *ctx, struct fb_err *err)
{
    bool wrong = false;
    struct fb_mark mark = row.first;
    enum fb_code code = visit(ctx, &mark, err);
    while (code == FB_OK && next_number(&row, &mark.number, &wrong)) {
        code = visit(ctx, &mark, err);
    }
    return code == FB_OK && wrong ? is_wrong(marks, err) : code;
}

/* Visits what a bound statement finds. */
static enum fb_code visit_rows(struct fb_marks *marks, sqlite3_stmt *statement,
    fb_marks_visit visit, void *ctx, struct fb_err *err)
{
    enum fb_code code = FB_OK;
    int result = SQLITE_DONE;
    while (code == FB_OK && (result = sqlite3_step(statement)) == SQLITE_ROW) {
        struct row row;
        code = read_row(marks, statement, &row, err);
        code = code ? code : visit_row(marks, row, visit, ctx, err);
    }
    if (code == FB_OK && result != SQLITE_DONE) {
        code = fails(marks, result, "read", err);
    }
    (void)sqlite3_reset(statement);
    return code;
}

enum fb_code fb_marks_each(
    struct fb_marks *marks, fb_marks_visit visit, void *ctx, struct fb_err *err)
{
    FB_ASSERT(marks && visit);
    sqlite3_stmt *statement = NULL;
    enum fb_code code = statement_of(marks, EACH, &statement, err);
    return code ? code : visit_rows(marks, statement, visit, ctx, err);
}

enum fb_code fb_marks_check(struct fb_marks *marks, struct fb_err *err)
{
    FB_ASSERT(marks);
    sqlite3_stmt *statement = NULL;
    struct total expected, found = {.rows = 0};
    int result = SQLITE_DONE;
    enum fb_code code = read_note(marks, NULL, &expected, err);
    code = code ? code : statement_of(marks, EACH, &statement, err);
    while (code == FB_OK && (result = sqlite3_step(statement)) == SQLITE_ROW) {
        struct row row;
        code = read_row(marks, statement, &row, err);
        if (code == FB_OK) {
            add_up(&found, row.first, row.more, row.len);
        }
    }
    if (code == FB_OK && result != SQLITE_DONE) {
        code = fails(marks, result, "read", err);
    }
    (void)sqlite3_reset(statement);
    bool same = found.rows == expected.rows && found.sum == expected.sum;
    return code || same ? code : is_wrong(marks, err);
}

static enum fb_code take_number(void *ctx, const struct fb_mark *mark, struct fb_err *err)
{
    return fb_numbers_add(ctx, mark->number, err);
}

static enum fb_code bind_key(struct fb_marks *marks, enum statement which, uint64_t key,
    sqlite3_stmt **out, struct fb_err *err)
{
    FB_ASSERT(key >> FB_MARKS_KEY_BITS == 0);
    enum fb_code code = statement_of(marks, which, out, err);
    int result = code ? SQLITE_OK : sqlite3_bind_int64(*out, 1, (int64_t)key);
    return result == SQLITE_OK ? code : fails(marks, result, "read", err);
}

enum fb_code fb_marks_find(
    struct fb_marks *marks, uint64_t key, struct fb_numbers *out, struct fb_err *err)
{
    FB_ASSERT(marks && out);
    sqlite3_stmt *statement = NULL;
    enum fb_code code = bind_key(marks, FIND, key, &statement, err);
    return code ? code : visit_rows(marks, statement, take_number, out, err);
}

enum fb_code fb_marks_any(struct fb_marks *marks, uint64_t key, bool *out, struct fb_err *err)
{
    FB_ASSERT(marks && out);
    sqlite3_stmt *statement = NULL;
    enum fb_code code = bind_key(marks, ANY, key, &statement, err);
    if (code != FB_OK) {
        return code;
    }
    int result = sqlite3_step(statement);
    *out = result == SQLITE_ROW;
    code =
        result == SQLITE_ROW || result == SQLITE_DONE ? FB_OK : fails(marks, result, "read", err);
    (void)sqlite3_reset(statement);
    return code;
}

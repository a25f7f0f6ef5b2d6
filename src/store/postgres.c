/* A store in a PostgreSQL database. A writer locks the table of entries against other writers,
 * whose turn comes after its commit, so that several machines append to one ledger without a gap.
 */
#include <errno.h>
#include <inttypes.h>
#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/assert.h"
#include "base/io.h"
#include "store/store.h"

/* Object identifiers of PostgreSQL's types; they never change. */
enum { BYTEA = 17, INT8 = 20, TEXT = 25 };
enum { BUSY_MS = 5000, SOURCE_MAX = 4096, SCAN_ROWS = 256, PARAM_MAX = 4 };
enum { SCHEMA_VERSION = 3, OLD_VERSION = 2 /* the oldest form that is read */ };

static const char schema_sql[] =
    "CREATE TABLE flyball_entry(seq bigint PRIMARY KEY, admitted bigint NOT NULL,"
    " leaf_hash bytea NOT NULL, bytes bytea NOT NULL);"
    "CREATE TABLE flyball_tile(level bigint NOT NULL, number bigint NOT NULL,"
    " root bytea NOT NULL, PRIMARY KEY(level, number));"
    "CREATE TABLE flyball_meta(name text PRIMARY KEY, value bytea NOT NULL);"
    "CREATE TABLE flyball_form(version bigint NOT NULL);"
    "INSERT INTO flyball_form VALUES(3)";

/* Form 2 kept the hashes of a tile beside its root. */
static const char upgrade_sql[] = "ALTER TABLE flyball_tile DROP COLUMN IF EXISTS bytes;"
                                  "UPDATE flyball_form SET version = 3 WHERE version = 2";

/* Statements that are prepared when the database is opened. */
enum statement {
    FORM,
    COUNT,
    APPEND,
    READ,
    STAMP,
    SCAN,
    HASHES,
    ROOTS,
    TILE_PUT,
    META_PUT,
    META_GET,
    LAST
};

static const struct {
    const char *name;
    const char *sql;
    int count;
    Oid types[PARAM_MAX];
} statements[LAST] = {
    [FORM] = {"form", "SELECT max(version) FROM flyball_form", 0, {0}},
    [COUNT] = {"count", "SELECT coalesce(max(seq), -1) FROM flyball_entry", 0, {0}},
    [APPEND] = {"append",
        "INSERT INTO flyball_entry(seq, admitted, leaf_hash, bytes) VALUES($1, $2, $3, $4)", 4,
        {INT8, INT8, BYTEA, BYTEA}},
    [READ] = {"read", "SELECT seq, admitted, leaf_hash, bytes FROM flyball_entry WHERE seq = $1", 1,
        {INT8}},
    [STAMP] = {"stamp", "SELECT seq, admitted, leaf_hash FROM flyball_entry WHERE seq = $1", 1,
        {INT8}},
    [SCAN] = {"scan",
        "SELECT seq, admitted, leaf_hash, bytes FROM flyball_entry"
        " WHERE seq >= $1 AND seq < $2 ORDER BY seq LIMIT 256",
        2, {INT8, INT8}},
    [HASHES] = {"hashes",
        "SELECT leaf_hash FROM flyball_entry WHERE seq >= $1 AND seq < $2 ORDER BY seq", 2,
        {INT8, INT8}},
    [ROOTS] = {"roots",
        "SELECT root FROM flyball_tile WHERE number >= $1 AND number < $2 AND level = $3"
        " ORDER BY number",
        3, {INT8, INT8, INT8}},
    [TILE_PUT] = {"tile_put",
        "INSERT INTO flyball_tile(level, number, root) VALUES($1, $2, $3)"
        " ON CONFLICT(level, number) DO UPDATE SET root = excluded.root",
        3, {INT8, INT8, BYTEA}},
    [META_PUT] = {"meta_put",
        "INSERT INTO flyball_meta(name, value) VALUES($1, $2)"
        " ON CONFLICT(name) DO UPDATE SET value = excluded.value",
        2, {TEXT, BYTEA}},
    [META_GET] = {"meta_get", "SELECT value FROM flyball_meta WHERE name = $1", 1, {TEXT}},
};

struct postgres {
    struct fb_store store;
    PGconn *connection;
    uint64_t next; /* number of the next entry, inside a write transaction */
    bool is_old;   /* form 2 when its form was read last */
};

/* What goes into a statement. */
struct params {
    int count;
    const char *values[PARAM_MAX];
    int lengths[PARAM_MAX];
    int formats[PARAM_MAX];
    char numbers[PARAM_MAX][24];
};

static struct postgres *postgres_of(struct fb_store *store)
{
    FB_ASSERT(store && strcmp(store->ops->name, "postgres") == 0);
    return (struct postgres *)(void *)store;
}

static enum fb_code code_of(const char *state)
{
    static const struct {
        const char *state; /* or its first two characters, the class */
        enum fb_code code;
    } codes[] = {
        {"40", FB_E_BUSY},    /* serialization failure, deadlock */
        {"55P03", FB_E_BUSY}, /* lock not available */
        {"53300", FB_E_BUSY}, /* too many connections */
        {"53100", FB_E_FULL}, /* disk full */
        {"53200", FB_E_NOMEM},
        {"23", FB_E_CORRUPT}, /* a constraint that only a changed table breaks */
        {"XX00", FB_E_CORRUPT}, {"25006", FB_E_USAGE}, /* read-only transaction: a standby server */
    };
    for (size_t i = 0; state && i < sizeof(codes) / sizeof(codes[0]); i++) {
        if (strncmp(state, codes[i].state, strlen(codes[i].state)) == 0) {
            return codes[i].code;
        }
    }
    return FB_E_IO;
}

/* The one place where a failure of the server becomes an error of ours. */
static enum fb_code fails(
    struct postgres *s, const PGresult *result, const char *what, struct fb_err *err)
{
    const char *state = result ? PQresultErrorField(result, PG_DIAG_SQLSTATE) : NULL;
    const char *text = result ? PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY) : NULL;
    text = text ? text : PQerrorMessage(s->connection);
    enum fb_code code = code_of(state);
    fb_err_set(err, code, "could not %s the PostgreSQL ledger: %.*s", what,
        (int)strcspn(text, "\n"), text);
    if (code == FB_E_FULL) {
        return fb_err_hint(err, "Nothing was changed. Free some disk space on the server.");
    }
    if (code == FB_E_BUSY) {
        return fb_err_hint(err, "Nothing was changed. Try again when the other command is done.");
    }
    if (PQstatus(s->connection) != CONNECTION_OK) {
        return fb_err_hint(err, "See whether the server runs; what was acknowledged is kept.");
    }
    return code;
}

/* Runs SQL without parameters. */
static enum fb_code run_sql(
    struct postgres *s, const char *sql, const char *what, struct fb_err *err)
{
    PGresult *result = PQexec(s->connection, sql);
    ExecStatusType status = PQresultStatus(result);
    enum fb_code code = status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK
                            ? FB_OK
                            : fails(s, result, what, err);
    PQclear(result);
    return code;
}

static void add_number(struct params *params, int64_t n)
{
    int i = params->count++;
    FB_ASSERT(i < PARAM_MAX);
    snprintf(params->numbers[i], sizeof(params->numbers[i]), "%" PRId64, n);
    params->values[i] = params->numbers[i];
}

static void add_bytes(struct params *params, struct fb_str bytes)
{
    int i = params->count++;
    FB_ASSERT(i < PARAM_MAX && bytes.len <= INT32_MAX);
    params->values[i] = bytes.len ? bytes.ptr : "";
    params->lengths[i] = (int)bytes.len;
    params->formats[i] = 1;
}

/* Runs a prepared statement; *out has the rows, in binary, and is cleared by the caller. */
static enum fb_code run(struct postgres *s, enum statement which, const struct params *params,
    PGresult **out, struct fb_err *err)
{
    FB_ASSERT(which < LAST);
    FB_ASSERT(params->count == statements[which].count);
    PGresult *result = PQexecPrepared(s->connection, statements[which].name, params->count,
        params->values, params->lengths, params->formats, 1);
    ExecStatusType status = PQresultStatus(result);
    if (status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK) {
        *out = result;
        return FB_OK;
    }
    bool is_change = which == APPEND || which == TILE_PUT || which == META_PUT;
    enum fb_code code = fails(s, result, is_change ? "write to" : "read", err);
    PQclear(result);
    return code;
}

/* Runs a statement that gives no rows. */
static enum fb_code change(
    struct postgres *s, enum statement which, const struct params *params, struct fb_err *err)
{
    PGresult *result = NULL;
    enum fb_code code = run(s, which, params, &result, err);
    PQclear(result);
    return code;
}

/* A bigint of a row; 0 when the column is something else. */
static int64_t column_number(const PGresult *result, int row, int column)
{
    uint64_t n = 0;
    if (PQgetlength(result, row, column) == 8) {
        const unsigned char *bytes = (const unsigned char *)PQgetvalue(result, row, column);
        for (int i = 0; i < 8; i++) {
            n = n << 8 | bytes[i];
        }
    }
    return (int64_t)n;
}

static struct fb_str column_bytes(const PGresult *result, int row, int column)
{
    return (struct fb_str){
        PQgetvalue(result, row, column), (size_t)PQgetlength(result, row, column)};
}

static void postgres_close(struct fb_store *store)
{
    struct postgres *s = postgres_of(store);
    PQfinish(s->connection);
    fb_free(s);
}

static void postgres_rollback(struct fb_store *store)
{
    struct postgres *s = postgres_of(store);
    /* A server that is gone rolls back by itself. */
    PQclear(PQexec(s->connection, "ROLLBACK"));
}

static enum fb_code postgres_count(struct fb_store *store, uint64_t *out, struct fb_err *err)
{
    struct params params = {.count = 0};
    PGresult *result = NULL;
    enum fb_code code = run(postgres_of(store), COUNT, &params, &result, err);
    if (code == FB_OK) {
        int64_t last = column_number(result, 0, 0);
        if (last < -1 || last == INT64_MAX) {
            code =
                fb_err_set(err, FB_E_CORRUPT, "the ledger has an entry with number %" PRId64, last);
        } else {
            *out = (uint64_t)(last + 1);
        }
    }
    PQclear(result);
    return code;
}

/* What a version means; -1 is none. */
static enum fb_code set_form(struct postgres *s, int64_t version, struct fb_err *err)
{
    s->is_old = version == OLD_VERSION;
    if (version > SCHEMA_VERSION) {
        return fb_store_form_is_newer("PostgreSQL", version, SCHEMA_VERSION, err);
    }
    if (version < OLD_VERSION) {
        return fb_err_set(err, FB_E_CORRUPT, "the PostgreSQL ledger does not say its version");
    }
    return FB_OK;
}

/* Reads the form again: another process may have changed it since the database was opened, also to
 * one that is not known here. */
static enum fb_code read_form(struct postgres *s, struct fb_err *err)
{
    struct params params = {.count = 0};
    PGresult *result = NULL;
    enum fb_code code = run(s, FORM, &params, &result, err);
    if (code == FB_OK) {
        code = set_form(s, column_number(result, 0, 0), err);
    }
    PQclear(result);
    return code;
}

/* Brings form 2 to the present one, in the transaction of the first append. */
static enum fb_code upgrade(struct postgres *s, struct fb_err *err)
{
    enum fb_code code =
        s->is_old ? run_sql(s, upgrade_sql, "bring to the present form", err) : FB_OK;
    s->is_old = s->is_old && code != FB_OK;
    return code;
}

static enum fb_code postgres_begin(
    struct fb_store *store, enum fb_store_mode mode, struct fb_err *err)
{
    struct postgres *s = postgres_of(store);
    bool is_writing = mode == FB_STORE_WRITE;
    /* Not repeatable read for writing: what is read after the wait for the lock must be what is
     * there then. */
    enum fb_code code =
        is_writing ? run_sql(s, "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE", "lock", err)
                   : run_sql(s, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", "read", err);
    if (code == FB_OK && is_writing) {
        code = run_sql(s, "LOCK TABLE flyball_entry IN EXCLUSIVE MODE", "lock", err);
    }
    if (code == FB_OK) {
        code = read_form(s, err);
    }
    if (code == FB_OK && is_writing) {
        code = postgres_count(store, &s->next, err);
    }
    if (code != FB_OK) {
        postgres_rollback(store);
    }
    return code;
}

static enum fb_code postgres_commit(struct fb_store *store, struct fb_err *err)
{
    struct postgres *s = postgres_of(store);
    PGresult *result = PQexec(s->connection, "COMMIT");
    enum fb_code code = FB_OK;
    if (PQresultStatus(result) != PGRES_COMMAND_OK) {
        code = fails(s, result, "write to", err);
        if (store->is_writing && PQstatus(s->connection) != CONNECTION_OK) {
            fb_err_hint(err, "The server went away before it answered: all of it is there or none."
                             " Look before you run the command again.");
        }
    } else if (strcmp(PQcmdStatus(result), "COMMIT") != 0) {
        /* The answer to COMMIT after a failure is a ROLLBACK, which is no failure in itself. */
        code = fb_err_set(err, FB_E_IO, "the PostgreSQL server rolled the transaction back");
    }
    PQclear(result);
    return code;
}

static enum fb_code append_one(
    struct postgres *s, const struct fb_store_entry *entry, struct fb_err *err)
{
    struct params params = {.count = 0};
    if (entry->seq != s->next) {
        return fb_err_set(err, FB_E_CORRUPT,
            "entry %" PRIu64 " does not follow %" PRIu64 " entries", entry->seq, s->next);
    }
    add_number(&params, (int64_t)entry->seq);
    add_number(&params, entry->admitted);
    add_bytes(&params, (struct fb_str){(const char *)entry->leaf_hash, FB_STORE_HASH});
    add_bytes(&params, entry->bytes);
    enum fb_code code = change(s, APPEND, &params, err);
    s->next += code == FB_OK;
    return code;
}

static enum fb_code postgres_append(
    struct fb_store *store, const struct fb_store_entry *entries, size_t count, struct fb_err *err)
{
    enum fb_code code = upgrade(postgres_of(store), err);
    for (size_t i = 0; code == FB_OK && i < count; i++) {
        code = append_one(postgres_of(store), &entries[i], err);
    }
    return code;
}

/* The entry of a row. */
static enum fb_code read_row(
    const PGresult *result, int row, struct fb_store_entry *out, struct fb_err *err)
{
    struct fb_str hash = column_bytes(result, row, 2);
    out->seq = (uint64_t)column_number(result, row, 0);
    out->admitted = column_number(result, row, 1);
    out->has_head = false;
    out->bytes = PQnfields(result) > 3 ? column_bytes(result, row, 3) : (struct fb_str){NULL, 0};
    if (hash.len != FB_STORE_HASH || out->bytes.len > FB_STORE_ENTRY_MAX) {
        return fb_err_set(err, FB_E_CORRUPT, "entry %" PRIu64 " is malformed", out->seq);
    }
    memcpy(out->leaf_hash, hash.ptr, FB_STORE_HASH);
    return FB_OK;
}

static enum fb_code postgres_read(struct fb_store *store, uint64_t seq, struct fb_store_entry *out,
    struct fb_buf *bytes, struct fb_err *err)
{
    struct params params = {.count = 0};
    struct fb_store_entry found = {.seq = 0};
    PGresult *result = NULL;
    add_number(&params, (int64_t)seq);
    enum fb_code code = run(postgres_of(store), bytes ? READ : STAMP, &params, &result, err);
    if (code == FB_OK && PQntuples(result) == 0) {
        code = fb_err_set(err, FB_E_NOT_FOUND, "there is no entry %" PRIu64, seq);
    }
    if (code == FB_OK) {
        code = read_row(result, 0, &found, err);
    }
    if (code == FB_OK && bytes) {
        size_t start = bytes->len;
        fb_buf_add_str(bytes, found.bytes);
        code = fb_buf_check(bytes, "the entry", err);
        found.bytes = fb_str_sub(fb_buf_str(bytes), start, SIZE_MAX);
    }
    PQclear(result);
    if (code == FB_OK) {
        *out = found;
    }
    return code;
}

static enum fb_code postgres_scan(struct fb_store *store, const uint64_t range[2],
    fb_store_visit visit, void *ctx, struct fb_err *err)
{
    uint64_t from = range[0];
    int rows = SCAN_ROWS;
    enum fb_code code = FB_OK;
    while (code == FB_OK && rows == SCAN_ROWS) {
        struct params params = {.count = 0};
        PGresult *result = NULL;
        add_number(&params, (int64_t)from);
        add_number(&params, (int64_t)range[1]);
        code = run(postgres_of(store), SCAN, &params, &result, err);
        rows = code == FB_OK ? PQntuples(result) : 0;
        for (int i = 0; code == FB_OK && i < rows; i++) {
            struct fb_store_entry entry;
            code = read_row(result, i, &entry, err);
            from = entry.seq + 1;
            if (code == FB_OK) {
                code = visit(ctx, &entry, err);
            }
        }
        PQclear(result);
    }
    return code;
}

static enum fb_code postgres_hashes(struct fb_store *store, uint32_t level, const uint64_t range[2],
    struct fb_buf *out, struct fb_err *err)
{
    struct params params = {.count = 0};
    PGresult *result = NULL;
    add_number(&params, (int64_t)range[0]);
    add_number(&params, (int64_t)range[1]);
    if (level > 0) {
        add_number(&params, (int64_t)level - 1);
    }
    enum fb_code code = run(postgres_of(store), level == 0 ? HASHES : ROOTS, &params, &result, err);
    for (int i = 0; code == FB_OK && i < PQntuples(result); i++) {
        struct fb_str hash = column_bytes(result, i, 0);
        fb_buf_add_str(out, hash);
        if (hash.len != FB_STORE_HASH) {
            code = fb_err_set(err, FB_E_CORRUPT, "the ledger has a malformed hash");
        }
    }
    PQclear(result);
    return code;
}

/* Runs a statement that gives at most one blob, which is appended to out. */
static enum fb_code get_blob(struct postgres *s, enum statement which, const struct params *params,
    struct fb_buf *out, struct fb_err *err)
{
    PGresult *result = NULL;
    enum fb_code code = run(s, which, params, &result, err);
    if (code == FB_OK && PQntuples(result) == 0) {
        code = fb_err_set(err, FB_E_NOT_FOUND, "the ledger has no such value");
    } else if (code == FB_OK && column_bytes(result, 0, 0).len > FB_STORE_META_MAX) {
        code = fb_err_set(err, FB_E_CORRUPT, "the ledger has a malformed value");
    } else if (code == FB_OK) {
        fb_buf_add_str(out, column_bytes(result, 0, 0));
        code = fb_buf_check(out, "the value", err);
    }
    PQclear(result);
    return code;
}

static enum fb_code postgres_tile_put(
    struct fb_store *store, const struct fb_store_tile *tile, struct fb_err *err)
{
    struct params params = {.count = 0};
    enum fb_code code = upgrade(postgres_of(store), err);
    add_number(&params, tile->level);
    add_number(&params, (int64_t)tile->index);
    add_bytes(&params, (struct fb_str){(const char *)tile->root, FB_STORE_HASH});
    return code == FB_OK ? change(postgres_of(store), TILE_PUT, &params, err) : code;
}

static enum fb_code postgres_meta_put(
    struct fb_store *store, const char *key, struct fb_str value, struct fb_err *err)
{
    struct params params = {.count = 1, .values = {key}};
    add_bytes(&params, value);
    return change(postgres_of(store), META_PUT, &params, err);
}

static enum fb_code postgres_meta_get(
    struct fb_store *store, const char *key, struct fb_buf *out, struct fb_err *err)
{
    struct params params = {.count = 1, .values = {key}};
    return get_blob(postgres_of(store), META_GET, &params, out, err);
}

static const struct fb_store_ops postgres_ops = {
    .name = "postgres",
    .close = postgres_close,
    .begin = postgres_begin,
    .commit = postgres_commit,
    .rollback = postgres_rollback,
    .count = postgres_count,
    .append = postgres_append,
    .read = postgres_read,
    .scan = postgres_scan,
    .hashes = postgres_hashes,
    .tile_put = postgres_tile_put,
    .meta_put = postgres_meta_put,
    .meta_get = postgres_meta_get,
};

/* The connection string; it may hold a password, so no message ever repeats it. */
static enum fb_code read_source(const char *source, struct fb_buf *out, struct fb_err *err)
{
    if (source[0]) {
        enum fb_code code = fb_io_read(source, out, err);
        if (code != FB_OK) {
            return code;
        }
    } else {
        const char *text = getenv("FLYBALL_POSTGRES");
        if (!text || !text[0]) {
            fb_err_set(err, FB_E_USAGE, "no PostgreSQL database is named");
            return fb_err_hint(err, "Put its connection string into FLYBALL_POSTGRES or a file.");
        }
        fb_buf_add_c(out, text);
    }
    while (out->len && (out->ptr[out->len - 1] == '\n' || out->ptr[out->len - 1] == '\r')) {
        fb_buf_cut(out, out->len - 1);
    }
    fb_buf_add(out, "", 1);
    enum fb_code code = fb_buf_check(out, "the connection string", err);
    if (code == FB_OK) {
        PQconninfoOption *parsed = PQconninfoParse(out->ptr, NULL);
        if (!parsed || strlen(out->ptr) + 1 != out->len) {
            code = fb_err_set(err, FB_E_SYNTAX, "the PostgreSQL connection string is malformed");
        }
        PQconninfoFree(parsed);
    }
    return code;
}

/* libpq would print them. */
static void ignore_notice(void *ctx, const char *message)
{
    (void)ctx;
    (void)message;
}

static enum fb_code connect_to(
    struct postgres *s, const char *source, const struct fb_store_options *how, struct fb_err *err)
{
    struct fb_buf text;
    fb_buf_init(&text, SOURCE_MAX);
    enum fb_code code = read_source(source, &text, err);
    if (code == FB_OK) {
        const char *const keys[] = {"connect_timeout", "dbname", "client_encoding", NULL};
        const char *const values[] = {"10", text.ptr, "UTF8", NULL};
        s->connection = PQconnectdbParams(keys, values, 1);
        if (!s->connection) {
            code = fb_err_set(err, FB_E_NOMEM, "memory ran out while connecting to PostgreSQL");
        } else if (PQstatus(s->connection) != CONNECTION_OK) {
            code = fails(s, NULL, "open", err);
        }
    }
    fb_buf_release(&text);
    if (code == FB_OK) {
        char sql[256];
        (void)PQsetNoticeProcessor(s->connection, ignore_notice, NULL);
        snprintf(sql, sizeof(sql),
            "SET synchronous_commit = on; SET lock_timeout = %" PRIu32
            "; SET default_transaction_read_only = %s",
            how->busy_ms ? how->busy_ms : BUSY_MS, how->read_only ? "on" : "off");
        code = run_sql(s, sql, "open", err);
    }
    return code;
}

/* What SQL answers with, as text: the first column of the first row. */
static enum fb_code ask(struct postgres *s, const char *sql, struct fb_buf *out, struct fb_err *err)
{
    fb_buf_clear(out);
    PGresult *result = PQexec(s->connection, sql);
    enum fb_code code =
        PQresultStatus(result) == PGRES_TUPLES_OK ? FB_OK : fails(s, result, "open", err);
    if (code == FB_OK && PQntuples(result) > 0) {
        fb_buf_add_c(out, PQgetvalue(result, 0, 0));
        code = fb_buf_check(out, "the answer", err);
    }
    PQclear(result);
    return code;
}

/* A server that does not sync cannot keep what we promise. */
static enum fb_code check_server(struct postgres *s, struct fb_buf *text, struct fb_err *err)
{
    enum fb_code code = ask(s,
        "SELECT current_setting('fsync') || current_setting('full_page_writes')"
        " || (current_setting('server_version_num')::int >= 150000)::text",
        text, err);
    if (code == FB_OK && !fb_str_is(fb_buf_str(text), "onontrue")) {
        fb_err_set(err, FB_E_UNSUPPORTED,
            "the PostgreSQL server is older than 15, or its fsync or"
            " full_page_writes is off");
        return fb_err_hint(err, "It would lose acknowledged records in a power cut.");
    }
    return code;
}

/* Makes the tables, unless an earlier attempt did so and nothing is in them. */
static enum fb_code make_tables(struct postgres *s, struct fb_buf *text, struct fb_err *err)
{
    enum fb_code code = run_sql(s, "BEGIN", "create", err);
    if (code == FB_OK) {
        code = run_sql(s, "SELECT pg_advisory_xact_lock(1717726257)", "create", err);
    }
    if (code == FB_OK) {
        code = ask(s, "SELECT to_regclass('flyball_form')::text", text, err);
    }
    if (code == FB_OK && text->len == 0) {
        code = run_sql(s, schema_sql, "create", err);
    } else if (code == FB_OK) {
        code = ask(s, "SELECT name FROM flyball_meta LIMIT 1", text, err);
        if (code == FB_OK && text->len) {
            fb_err_set(err, FB_E_DUPLICATE, "the PostgreSQL database has a ledger already");
            code = fb_err_hint(err, "Name another database, or another schema in search_path.");
        }
    }
    if (code == FB_OK) {
        code = run_sql(s, "COMMIT", "create", err);
    }
    if (code != FB_OK) {
        postgres_rollback(&s->store);
    }
    return code;
}

static enum fb_code check_form(struct postgres *s, struct fb_buf *text, struct fb_err *err)
{
    enum fb_code code = ask(s, "SELECT to_regclass('flyball_form')::text", text, err);
    if (code == FB_OK && text->len == 0) {
        return fb_err_set(err, FB_E_NOT_FOUND, "there is no ledger in the PostgreSQL database");
    }
    if (code == FB_OK) {
        code = ask(s, "SELECT max(version) FROM flyball_form", text, err);
    }
    if (code == FB_OK) {
        uint64_t version = 0;
        bool is_number = fb_str_u64(fb_buf_str(text), &version) && version <= INT64_MAX;
        code = set_form(s, is_number ? (int64_t)version : -1, err);
    }
    return code;
}

static enum fb_code set_up(
    struct postgres *s, const char *source, const struct fb_store_options *how, struct fb_err *err)
{
    struct fb_buf text;
    fb_buf_init(&text, SOURCE_MAX);
    enum fb_code code = connect_to(s, source, how, err);
    if (code == FB_OK && !how->read_only) {
        code = check_server(s, &text, err);
    }
    if (code == FB_OK && how->create) {
        code = make_tables(s, &text, err);
    }
    if (code == FB_OK) {
        code = check_form(s, &text, err);
    }
    for (int i = 0; code == FB_OK && i < LAST; i++) {
        PGresult *result = PQprepare(s->connection, statements[i].name, statements[i].sql,
            statements[i].count, statements[i].types);
        if (PQresultStatus(result) != PGRES_COMMAND_OK) {
            code = fails(s, result, "open", err);
        }
        PQclear(result);
    }
    fb_buf_release(&text);
    return code;
}

enum fb_code fb_store_open_postgres(const char *source, const struct fb_store_options *options,
    struct fb_store **out, struct fb_err *err)
{
    FB_ASSERT(source && options && out);
    FB_ASSERT(!(options->create && options->read_only));
    struct postgres *s = fb_calloc(1, sizeof(*s));
    if (!s) {
        return fb_err_set(err, FB_E_NOMEM, "memory ran out while opening a PostgreSQL ledger");
    }
    s->store.ops = &postgres_ops;
    s->store.is_read_only = options->read_only;
    enum fb_code code = set_up(s, source, options, err);
    if (code != FB_OK) {
        postgres_close(&s->store);
        return code;
    }
    *out = &s->store;
    return FB_OK;
}

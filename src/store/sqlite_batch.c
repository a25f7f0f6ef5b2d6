#include "store/sqlite_batch.h"

#include "base/alloc.h"
#include "base/assert.h"

enum column { SEQ, ADMITTED, LEAF_HASH, BYTES };

struct table {
    sqlite3_vtab base;
    const struct fb_sqlite_batch *batch;
};

struct cursor {
    sqlite3_vtab_cursor base;
    size_t at;
};

static const struct fb_sqlite_batch *batch_of(sqlite3_vtab_cursor *cursor)
{
    FB_ASSERT(cursor && cursor->pVtab);
    return ((const struct table *)(void *)cursor->pVtab)->batch;
}

static struct cursor *cursor_of(sqlite3_vtab_cursor *cursor)
{
    return (struct cursor *)(void *)cursor;
}

static int batch_connect(sqlite3 *db, void *aux, int count, const char *const *arguments,
    sqlite3_vtab **out, char **message)
{
    (void)count;
    (void)arguments;
    (void)message;
    int result = sqlite3_declare_vtab(db, "CREATE TABLE x(seq, admitted, leaf_hash, bytes)");
    if (result != SQLITE_OK) {
        return result;
    }
    struct table *table = fb_calloc(1, sizeof(*table));
    if (!table) {
        return SQLITE_NOMEM;
    }
    table->batch = aux;
    *out = &table->base;
    return sqlite3_vtab_config(db, SQLITE_VTAB_DIRECTONLY);
}

static int batch_disconnect(sqlite3_vtab *table)
{
    fb_free(table);
    return SQLITE_OK;
}

static int batch_plan(sqlite3_vtab *table, sqlite3_index_info *info)
{
    (void)table;
    info->estimatedCost = 1;
    return SQLITE_OK;
}

static int batch_open(sqlite3_vtab *table, sqlite3_vtab_cursor **out)
{
    (void)table;
    struct cursor *cursor = fb_calloc(1, sizeof(*cursor));
    if (!cursor) {
        return SQLITE_NOMEM;
    }
    *out = &cursor->base;
    return SQLITE_OK;
}

static int batch_close(sqlite3_vtab_cursor *cursor)
{
    fb_free(cursor);
    return SQLITE_OK;
}

static int batch_filter(
    sqlite3_vtab_cursor *cursor, int plan, const char *text, int count, sqlite3_value **arguments)
{
    (void)plan;
    (void)text;
    (void)count;
    (void)arguments;
    cursor_of(cursor)->at = 0;
    return SQLITE_OK;
}

static int batch_next(sqlite3_vtab_cursor *cursor)
{
    cursor_of(cursor)->at++;
    return SQLITE_OK;
}

static int batch_is_at_end(sqlite3_vtab_cursor *cursor)
{
    return cursor_of(cursor)->at >= batch_of(cursor)->count;
}

static int batch_column(sqlite3_vtab_cursor *cursor, sqlite3_context *context, int column)
{
    size_t at = cursor_of(cursor)->at;
    FB_ASSERT(at < batch_of(cursor)->count);
    const struct fb_store_entry *entry = &batch_of(cursor)->entries[at];
    if (column == SEQ) {
        sqlite3_result_int64(context, (sqlite3_int64)entry->seq);
    } else if (column == ADMITTED) {
        sqlite3_result_int64(context, entry->admitted);
    } else if (column == LEAF_HASH) {
        sqlite3_result_blob(context, entry->leaf_hash, FB_STORE_HASH, SQLITE_STATIC);
    } else {
        FB_ASSERT(column == BYTES && entry->bytes.len <= FB_STORE_ENTRY_MAX);
        sqlite3_result_blob(context, entry->bytes.len ? entry->bytes.ptr : "",
            (int)entry->bytes.len, SQLITE_STATIC);
    }
    return SQLITE_OK;
}

static int batch_rowid(sqlite3_vtab_cursor *cursor, sqlite3_int64 *out)
{
    *out = (sqlite3_int64)cursor_of(cursor)->at;
    return SQLITE_OK;
}

int fb_sqlite_batch_register(sqlite3 *db, struct fb_sqlite_batch *batch)
{
    FB_ASSERT(db && batch);
    /* Without xCreate the table is always there and cannot be made under another name. */
    static const sqlite3_module module = {
        .xConnect = batch_connect,
        .xBestIndex = batch_plan,
        .xDisconnect = batch_disconnect,
        .xOpen = batch_open,
        .xClose = batch_close,
        .xFilter = batch_filter,
        .xNext = batch_next,
        .xEof = batch_is_at_end,
        .xColumn = batch_column,
        .xRowid = batch_rowid,
    };
    return sqlite3_create_module(db, "batch", &module, batch);
}

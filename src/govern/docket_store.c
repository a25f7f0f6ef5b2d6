/* docket_store.c: where a docket's ledger is: in its own ledger.db, or where ledger.store says. */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "base/io.h"
#include "govern/docket_private.h"

static const char own_name[] = "ledger.db";
static const char store_name[] = "ledger.store";
#define POSTGRES "postgres:"

enum { STORE_MODE = 0600 };

bool fb_docket_is_there(const char *path)
{
    FB_ASSERT(path);
    static const char *const names[] = {own_name, store_name};
    char file[FB_DOCKET_PATH_MAX];
    struct fb_err ignored;
    fb_err_init(&ignored);
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (fb_docket_path(path, "", fb_str_of(names[i]), file, &ignored) == FB_OK &&
            fb_io_exists(file)) {
            return true;
        }
    }
    return false;
}

/* Only what fb_docket_store_write writes is accepted. */
static enum fb_code read_store(const char *file, char out[FB_DOCKET_PATH_MAX], struct fb_err *err)
{
    struct fb_buf text;
    fb_buf_init(&text, FB_DOCKET_PATH_MAX - 1);
    enum fb_code code = fb_io_read(file, &text, err);
    struct fb_str line = fb_str_trim(fb_buf_str(&text));
    if (code == FB_OK &&
        (!fb_str_starts(line, FB_STR(POSTGRES)) || fb_str_find(line, '\n', 0) < line.len ||
            memchr(line.ptr, 0, line.len))) {
        fb_err_set(err, FB_E_SYNTAX, "'%s' does not say where the ledger is", file);
        code = fb_err_hint(err, "It holds one line, postgres:FILE, as `flyball init --store` "
                                "writes it.");
    }
    if (code == FB_OK) {
        memcpy(out, line.ptr, line.len);
        out[line.len] = 0;
    }
    fb_buf_release(&text);
    return code;
}

enum fb_code fb_docket_store(const char *path, char out[FB_DOCKET_PATH_MAX], struct fb_err *err)
{
    FB_ASSERT(path && out);
    char file[FB_DOCKET_PATH_MAX];
    enum fb_code code = fb_docket_path(path, "", fb_str_of(store_name), file, err);
    if (code != FB_OK) {
        return code;
    }
    if (fb_io_exists(file)) {
        return read_store(file, out, err);
    }
    code = fb_docket_path(path, "", fb_str_of(own_name), out, err);
    if (code == FB_OK && !fb_io_exists(out)) {
        fb_err_set(err, FB_E_NOT_FOUND, "there is no docket in '%s'", path);
        code = fb_err_hint(err, "Make one with `flyball init`, or name one with `--docket DIR`.");
    }
    return code;
}

enum fb_code fb_docket_store_of(
    const char *path, struct fb_str wanted, char out[FB_DOCKET_PATH_MAX], struct fb_err *err)
{
    FB_ASSERT(path && out);
    char file[PATH_MAX], whole[PATH_MAX];
    if (wanted.len == 0) {
        return fb_docket_path(path, "", fb_str_of(own_name), out, err);
    }
    if (!fb_str_starts(wanted, FB_STR(POSTGRES)) || wanted.len >= sizeof(file)) {
        fb_err_set(err, FB_E_USAGE, "'%.*s' is no place for a ledger", FB_STR_ARG(wanted));
        return fb_err_hint(err, "Write postgres:FILE, where FILE holds a connection string, or "
                                "postgres: to take it from $FLYBALL_POSTGRES.");
    }
    struct fb_str name = fb_str_sub(wanted, sizeof(POSTGRES) - 1, SIZE_MAX);
    memcpy(file, name.ptr, name.len);
    file[name.len] = 0;
    /* The docket is used from other folders too. */
    if (name.len > 0 && !realpath(file, whole)) {
        return fb_io_error("find", file, err);
    }
    int len = snprintf(out, FB_DOCKET_PATH_MAX, "%s%s", POSTGRES, name.len ? whole : "");
    return len > 0 && len < FB_DOCKET_PATH_MAX
               ? FB_OK
               : fb_err_set(err, FB_E_LIMIT, "the path '%.60s...' is too long", file);
}

enum fb_code fb_docket_store_write(const char *path, const char *store, struct fb_err *err)
{
    FB_ASSERT(path && store);
    FB_ASSERT(strncmp(store, POSTGRES, sizeof(POSTGRES) - 1) == 0);
    char file[FB_DOCKET_PATH_MAX], line[FB_DOCKET_PATH_MAX + 1];
    enum fb_code code = fb_docket_path(path, "", fb_str_of(store_name), file, err);
    (void)snprintf(line, sizeof(line), "%s\n", store);
    return code == FB_OK ? fb_io_write(file, fb_str_of(line), STORE_MODE, err) : code;
}

void fb_docket_store_remove(const char *path)
{
    char file[FB_DOCKET_PATH_MAX];
    struct fb_err ignored;
    fb_err_init(&ignored);
    if (fb_docket_path(path, "", fb_str_of(store_name), file, &ignored) == FB_OK) {
        fb_io_remove(file);
    }
}

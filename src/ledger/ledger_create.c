/* ledger_create.c: making a ledger, so that a crash leaves none or an empty one. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/assert.h"
#include "base/io.h"
#include "ledger/ledger_private.h"

/* What a path to a ledger in PostgreSQL begins with. */
static const char postgres_prefix[] = "postgres:";

const char *fb_ledger_postgres_source(const char *path)
{
    FB_ASSERT(path);
    size_t len = sizeof(postgres_prefix) - 1;
    return strncmp(path, postgres_prefix, len) == 0 ? path + len : NULL;
}

enum fb_code fb_ledger_put_checkpoint(struct fb_store *store, const struct fb_note_signer *signer,
    const struct fb_checkpoint *checkpoint, struct fb_buf *note, struct fb_err *err)
{
    FB_ASSERT(store && signer && checkpoint && note);
    FB_ASSERT(fb_str_is(checkpoint->origin, signer->verifier.name));
    struct fb_buf text;
    fb_buf_init(&text, FB_NOTE_MAX);
    fb_buf_clear(note);
    fb_checkpoint_format(checkpoint, &text);
    enum fb_code code = fb_buf_check(&text, "the checkpoint", err);
    if (code == FB_OK) {
        code = fb_note_sign(fb_buf_str(&text), signer, note, err);
    }
    if (code == FB_OK) {
        code = fb_store_head_put(store, fb_buf_str(note), err);
    }
    fb_buf_release(&text);
    return code;
}

/* E_DUPLICATE when the store has a key: another process was quicker. */
static enum fb_code need_unfounded(struct fb_store *store, struct fb_err *err)
{
    struct fb_buf text;
    fb_buf_init(&text, FB_STORE_META_MAX);
    enum fb_code code = fb_store_meta_get(store, FB_LEDGER_VERIFIER_KEY, &text, err);
    fb_buf_release(&text);
    if (code == FB_OK) {
        return fb_err_set(err, FB_E_DUPLICATE, "another process made the ledger just now");
    }
    return code == FB_E_NOT_FOUND ? FB_OK : code;
}

enum fb_code fb_ledger_found(
    struct fb_store *store, const struct fb_note_signer *signer, struct fb_err *err)
{
    FB_ASSERT(store && signer);
    struct fb_buf text, note;
    struct fb_checkpoint empty = {
        .origin = fb_str_of(signer->verifier.name), .root = fb_merkle_empty()};
    fb_buf_init(&text, FB_NOTE_MAX);
    fb_buf_init(&note, FB_NOTE_MAX);
    fb_note_verifier_format(&signer->verifier, &text);
    enum fb_code code = fb_buf_check(&text, "the verifier key", err);
    if (code == FB_OK) {
        code = fb_store_begin(store, FB_STORE_WRITE, err);
    }
    if (code == FB_OK) {
        code = need_unfounded(store, err);
    }
    if (code == FB_OK) {
        code = fb_store_meta_put(store, FB_LEDGER_VERIFIER_KEY, fb_buf_str(&text), err);
    }
    if (code == FB_OK) {
        code = fb_ledger_put_checkpoint(store, signer, &empty, &note, err);
    }
    if (code == FB_OK) {
        code = fb_store_commit(store, err);
    }
    fb_store_rollback(store);
    fb_buf_release(&note);
    fb_buf_release(&text);
    return code;
}

/* E_DUPLICATE when path + tail exists. */
static enum fb_code need_free(const char *path, const char *tail, struct fb_err *err)
{
    char file[FB_IO_PATH_MAX];
    int len = snprintf(file, sizeof(file), "%s%s", path, tail);
    if (len < 0 || (size_t)len >= sizeof(file)) {
        return fb_err_set(err, FB_E_LIMIT, "the path '%.60s...' is too long", path);
    }
    if (!fb_io_exists(file)) {
        return FB_OK;
    }
    fb_err_set(err, FB_E_DUPLICATE, "the file '%s' exists already", file);
    return tail[0] ? fb_err_hint(err, "It is what is left of another ledger; move it away.")
                   : err->code;
}

/* Makes the database at a name of its own. When it is closed all of it is in one synced file. */
static enum fb_code make_file(
    const char *path, const struct fb_ledger_options *options, struct fb_err *err)
{
    struct fb_store *store = NULL;
    struct fb_store_options how = {
        .create = true, .busy_ms = options->busy_ms, .page_max = options->page_max};
    enum fb_code code = fb_store_open_sqlite(path, &how, &store, err);
    if (code != FB_OK) {
        return code;
    }
    code = fb_ledger_found(store, options->signer, err);
    fb_store_close(store);
    /* Closing cannot say that it failed to move the log into the file, but the log is there then.
     */
    if (code == FB_OK && need_free(path, "-wal", err) != FB_OK) {
        fb_err_set(err, FB_E_IO, "could not write all of '%s'", path);
        code = fb_err_hint(err, "See whether the disk is full or failing.");
    }
    return code;
}

/* Tables that an earlier attempt left empty are taken. */
static enum fb_code make_in_postgres(
    const char *source, const struct fb_ledger_options *options, struct fb_err *err)
{
    struct fb_store *store = NULL;
    struct fb_store_options how = {.create = true, .busy_ms = options->busy_ms};
    enum fb_code code = fb_store_open_postgres(source, &how, &store, err);
    if (code == FB_OK) {
        code = fb_ledger_found(store, options->signer, err);
    }
    fb_store_close(store);
    return code;
}

enum fb_code fb_ledger_create(
    const char *path, const struct fb_ledger_options *options, struct fb_err *err)
{
    FB_ASSERT(path && options);
    FB_ASSERT(options->signer);
    const char *source = fb_ledger_postgres_source(path);
    if (source) {
        return make_in_postgres(source, options, err);
    }
    /* SQLite would read a log of that name into the new file. */
    static const char *const tails[] = {"", "-wal", "-journal"};
    char temporary[FB_IO_PATH_MAX];
    for (size_t i = 0; i < sizeof(tails) / sizeof(tails[0]); i++) {
        enum fb_code code = need_free(path, tails[i], err);
        if (code != FB_OK) {
            return code;
        }
    }
    int len = snprintf(temporary, sizeof(temporary), "%s.new-%ld", path, (long)getpid());
    if (len < 0 || (size_t)len >= sizeof(temporary)) {
        return fb_err_set(err, FB_E_LIMIT, "the path '%.60s...' is too long", path);
    }
    /* What a process of this number left behind when it was killed here. */
    fb_store_remove_sqlite(temporary);
    enum fb_code code = make_file(temporary, options, err);
    if (code == FB_OK) {
        code = fb_io_place(temporary, path, err);
    }
    fb_store_remove_sqlite(temporary);
    return code;
}

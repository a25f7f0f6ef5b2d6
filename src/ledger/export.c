#include "ledger/export.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/assert.h"
#include "base/io.h"
#include "ledger/tiles.h"

/* A bundle of 256 of the longest entries. */
enum { BUNDLE_MAX = FB_TILE_WIDTH * (2 + FB_LEDGER_ENTRY_MAX), ENTRIES = -1 };

struct export
{
    struct fb_ledger *ledger;
    const char *dir;
    struct fb_buf bytes; /* of the file in the making */
    struct fb_export_report report;
};

/* The path of a file in the folder. A link on the way there, which whoever may write into the
 * folder could have put, would lead to a file elsewhere; the folder itself may be one. */
static enum fb_code path_in(
    const char *dir, const char *name, char out[FB_IO_PATH_MAX], struct fb_err *err)
{
    int len = snprintf(out, FB_IO_PATH_MAX, "%s/%s", dir, name);
    if (len < 0 || len >= FB_IO_PATH_MAX) {
        return fb_err_set(err, FB_E_LIMIT, "the path '%.60s...' is too long", dir);
    }
    enum fb_code code = FB_OK;
    for (char *end = out + strlen(dir); code == FB_OK && end;) {
        end = strchr(end + 1, '/');
        if (end) {
            *end = 0;
        }
        if (fb_io_is_link(out)) {
            fb_err_set(err, FB_E_UNSUPPORTED, "'%s' is a symbolic link", out);
            code =
                fb_err_hint(err, "An export writes through no link inside its folder: remove it.");
        } else if (!end && fb_io_exists(out) && !fb_io_is_file(out)) {
            fb_err_set(err, FB_E_DUPLICATE, "'%s' exists and is no file", out);
            code = fb_err_hint(err, "Remove it, or export to an empty folder.");
        }
        if (end) {
            *end = '/';
        }
    }
    return code;
}

/* Reads a signed checkpoint of this ledger; *out points into note. */
static enum fb_code verify_note(
    struct fb_ledger *ledger, struct fb_str note, struct fb_checkpoint *out, struct fb_err *err)
{
    struct fb_note_check check = {.verifiers = fb_ledger_verifier(ledger), .verifier_count = 1};
    enum fb_code code = fb_note_verify(note, &check, err);
    return code == FB_OK ? fb_checkpoint_parse(check.text, out, err) : code;
}

/* What the folder shows must be the beginning of what the ledger has. */
static enum fb_code check_folder(
    struct export *export, const char *path, uint64_t size, struct fb_err *err)
{
    if (!fb_io_exists(path)) {
        return FB_OK;
    }
    struct fb_checkpoint shown;
    struct fb_hash root;
    uint64_t count = 0;
    fb_buf_clear(&export->bytes);
    enum fb_code code = fb_io_read(path, &export->bytes, err);
    if (code == FB_OK) {
        code = verify_note(export->ledger, fb_buf_str(&export->bytes), &shown, err);
        if (code == FB_E_SIGNATURE) {
            fb_err_hint(err, "The folder belongs to another log. Export to an empty one.");
        }
    }
    if (code == FB_OK) {
        code = fb_ledger_size(export->ledger, &count, err);
    }
    if (code == FB_OK && shown.size > count) {
        fb_err_set(err, FB_E_FORK,
            "the folder shows %" PRIu64 " entries, but the ledger has only %" PRIu64, shown.size,
            count);
        code = fb_err_hint(err, "The ledger was set back: restore the newest copy of it.");
    }
    if (code == FB_OK) {
        code = fb_ledger_root(export->ledger, shown.size, &root, err);
    }
    if (code == FB_OK && !fb_hash_eq(&root, &shown.root)) {
        fb_err_set(err, FB_E_FORK,
            "the first %" PRIu64 " entries of the ledger are not those that the folder shows",
            shown.size);
        code = fb_err_hint(err, "Keep both as evidence: one of the two was altered.");
    }
    if (code == FB_OK && shown.size > size) {
        fb_err_set(err, FB_E_RANGE,
            "the folder shows %" PRIu64 " entries already, and the checkpoint has %" PRIu64,
            shown.size, size);
        code = fb_err_hint(err, "A log never goes back: have a later checkpoint cosigned first.");
    }
    if (code != FB_OK) {
        fb_err_place(err, path, 0, 0, -1);
    }
    return code;
}

static enum fb_code add_entry(void *ctx, const fb_ledger_entry *entry, struct fb_err *err)
{
    struct fb_buf *bundle = ctx;
    FB_ASSERT(entry->bytes.len <= FB_LEDGER_ENTRY_MAX);
    fb_buf_add_char(bundle, (char)(entry->bytes.len >> 8));
    fb_buf_add_char(bundle, (char)(entry->bytes.len & 0xFF));
    fb_buf_add_str(bundle, entry->bytes);
    return fb_buf_check(bundle, "a bundle of entries", err);
}

static enum fb_code fill(
    struct export *export, int level, uint64_t index, uint32_t width, struct fb_err *err)
{
    fb_buf_clear(&export->bytes);
    if (level != ENTRIES) {
        return fb_ledger_tile(export->ledger, (uint32_t)level, index, width, &export->bytes, err);
    }
    uint64_t range[2] = {index * FB_TILE_WIDTH, index * FB_TILE_WIDTH + width};
    return fb_ledger_scan(export->ledger, range, add_entry, &export->bytes, err);
}

/* Writes one tile or bundle unless it is there. */
static enum fb_code write_tile(
    struct export *export, int level, uint64_t index, uint32_t width, struct fb_err *err)
{
    char name[FB_TILE_PATH_MAX], path[FB_IO_PATH_MAX];
    fb_tile_path(level, index, width, name);
    enum fb_code code = path_in(export->dir, name, path, err);
    if (code != FB_OK) {
        return code;
    }
    if (fb_io_exists(path)) {
        export->report.kept++;
        return FB_OK;
    }
    char *slash = strrchr(path, '/');
    FB_ASSERT(slash);
    *slash = 0;
    code = fb_io_mkdir(path, 0755, err);
    *slash = '/';
    if (code == FB_OK) {
        code = fill(export, level, index, width, err);
    }
    if (code == FB_OK) {
        code = fb_io_write(path, fb_buf_str(&export->bytes), 0644, err);
    }
    if (code == FB_OK) {
        export->report.written++;
    }
    return code;
}

/* Writes a row: full tiles, then the partial one that the size asks for. */
static enum fb_code write_row(struct export *export, int level, uint64_t width, struct fb_err *err)
{
    enum fb_code code = FB_OK;
    for (uint64_t i = 0; code == FB_OK && i < width / FB_TILE_WIDTH; i++) {
        code = write_tile(export, level, i, FB_TILE_WIDTH, err);
    }
    uint32_t rest = (uint32_t)(width % FB_TILE_WIDTH);
    if (code == FB_OK && rest > 0) {
        code = write_tile(export, level, width / FB_TILE_WIDTH, rest, err);
    }
    return code;
}

static enum fb_code write_all(
    struct export *export, struct fb_str note, const char *path, struct fb_err *err)
{
    uint64_t size = export->report.size;
    enum fb_code code = write_row(export, ENTRIES, size, err);
    for (int level = 0; code == FB_OK && level < FB_TILE_LEVELS; level++) {
        code = write_row(export, level, size >> (FB_TILE_HEIGHT * level), err);
    }
    if (code != FB_OK) {
        return code;
    }
    fb_buf_clear(&export->bytes);
    if (fb_io_exists(path)) {
        code = fb_io_read(path, &export->bytes, err);
    }
    if (code == FB_OK && fb_str_eq(fb_buf_str(&export->bytes), note)) {
        export->report.kept++;
    } else if (code == FB_OK) {
        code = fb_io_write(path, note, 0644, err);
        export->report.written++;
    }
    return code;
}

/* Takes the checkpoint to export into note, and compares it with the ledger. The ledger may grow
 * meanwhile: what belongs to this checkpoint never changes. */
static enum fb_code take_note(
    struct export *export, struct fb_str given, struct fb_buf *note, struct fb_err *err)
{
    struct fb_checkpoint checkpoint;
    struct fb_hash root;
    enum fb_code code = FB_OK;
    if (given.len > 0) {
        fb_buf_add_str(note, given);
        code = fb_buf_check(note, "the checkpoint", err);
    } else {
        code = fb_ledger_checkpoint(export->ledger, note, err);
    }
    if (code == FB_OK) {
        code = verify_note(export->ledger, fb_buf_str(note), &checkpoint, err);
    }
    if (code == FB_OK) {
        code = fb_ledger_root(export->ledger, checkpoint.size, &root, err);
    }
    if (code == FB_OK && !fb_hash_eq(&root, &checkpoint.root)) {
        code = fb_err_set(
            err, FB_E_CORRUPT, "the ledger's tiles do not have the root of its checkpoint");
    }
    if (code == FB_OK) {
        export->report.size = checkpoint.size;
    }
    return code;
}

enum fb_code fb_export_write(struct fb_ledger *ledger, struct fb_str given, const char *dir,
    struct fb_export_report *out, struct fb_err *err)
{
    FB_ASSERT(ledger && dir);
    FB_ASSERT(out);
    struct export export = {.ledger = ledger, .dir = dir};
    struct fb_buf note;
    char path[FB_IO_PATH_MAX];
    fb_buf_init(&note, FB_NOTE_MAX);
    fb_buf_init(&export.bytes, BUNDLE_MAX);
    enum fb_code code = path_in(dir, "checkpoint", path, err);
    if (code == FB_OK) {
        code = take_note(&export, given, &note, err);
    }
    if (code == FB_OK) {
        code = fb_io_mkdir(dir, 0755, err);
    }
    if (code == FB_OK) {
        code = check_folder(&export, path, export.report.size, err);
    }
    if (code == FB_OK) {
        code = write_all(&export, fb_buf_str(&note), path, err);
    }
    fb_buf_release(&export.bytes);
    fb_buf_release(&note);
    if (code == FB_OK) {
        *out = export.report;
    }
    return code;
}

/* docket_blob.c: what is too big for a record, by digest, and its erasure. */
#include <stdio.h>
#include <string.h>

#include "base/assert.h"
#include "base/codec.h"
#include "base/io.h"
#include "base/map.h"
#include "govern/docket_private.h"
#include "ledger/blob.h"

#define DIGEST_PREFIX "sha256:"

/* Bytes of an evaluation that says what must be kept. */
#define KEPT_MEMORY_MAX ((size_t)1 << 33)

bool fb_docket_digest(struct fb_str text, uint8_t out[FB_SHA256_SIZE])
{
    size_t skip = fb_str_starts(text, FB_STR(DIGEST_PREFIX)) ? strlen(DIGEST_PREFIX) : 0;
    struct fb_str hex = fb_str_sub(text, skip, text.len);
    return hex.len == 2 * (size_t)FB_SHA256_SIZE && fb_hex_decode(hex, out, FB_SHA256_SIZE);
}

const char *fb_docket_digest_text(
    const uint8_t digest[FB_SHA256_SIZE], char out[FB_DOCKET_DIGEST_TEXT])
{
    FB_ASSERT(digest && out);
    char hex[FB_SHA256_TEXT];
    fb_hex_encode(digest, FB_SHA256_SIZE, hex);
    (void)snprintf(out, FB_DOCKET_DIGEST_TEXT, DIGEST_PREFIX "%s", hex);
    return out;
}

const struct fb_record *fb_docket_erasure(
    const struct fb_docket *docket, const uint8_t digest[FB_SHA256_SIZE])
{
    char text[FB_DOCKET_DIGEST_TEXT];
    fb_docket_digest_text(digest, text);
    const struct fb_record *record = fb_registry_first(docket->registry, FB_KIND_erasure);
    for (; record; record = fb_registry_next(docket->registry, record)) {
        if (fb_str_is(fb_record_text(record, "digest"), text) &&
            fb_registry_disowned(docket->registry, record) == FB_TIME_MAX) {
            return record;
        }
    }
    return NULL;
}

/* What is listed so far. */
struct listing {
    struct fb_docket *docket;
    struct fb_arena *arena;
    const struct fb_retentions *retentions; /* NULL: what is kept is not asked */
    struct fb_map found;                    /* digest to its item */
};

static uint64_t size_of(const struct fb_docket *docket, const uint8_t digest[FB_SHA256_SIZE])
{
    char path[FB_IO_PATH_MAX];
    struct fb_io_file file;
    struct fb_err ignored;
    fb_err_init(&ignored);
    if (fb_blob_path(docket->blobs, digest, path, sizeof(path), &ignored) != FB_OK ||
        fb_io_open(path, &file, &ignored) != FB_OK) {
        return 0;
    }
    uint64_t size = file.size;
    fb_io_close(&file);
    return size;
}

static enum fb_code list_digest(struct listing *l, const struct fb_record *record,
    const struct fb_field *field, struct fb_err *err)
{
    struct fb_str digest = fb_record_text(record, field->name);
    struct fb_docket_blob *blob = fb_map_get(&l->found, digest);
    uint8_t bytes[FB_SHA256_SIZE];
    if (!blob) {
        blob = FB_ARENA_NEW(l->arena, struct fb_docket_blob);
        if (!blob) {
            return fb_arena_failed(l->arena, err);
        }
        bool good = fb_docket_digest(digest, bytes);
        FB_ASSERT(good);
        blob->digest = digest;
        blob->kept.until = FB_TIME_MIN;
        blob->present = fb_blob_exists(l->docket->blobs, bytes);
        blob->bytes = blob->present ? size_of(l->docket, bytes) : 0;
        enum fb_code code = fb_map_put(&l->found, digest, blob, err);
        if (code != FB_OK) {
            return code;
        }
    }
    if (record->kind == FB_KIND_erasure) {
        bool holds = fb_registry_disowned(l->docket->registry, record) == FB_TIME_MAX;
        blob->erasure = blob->erasure || !holds ? blob->erasure : record;
    } else if (!blob->record) {
        blob->record = record;
        blob->field = field->name;
    }
    return l->retentions && record->kind != FB_KIND_erasure
               ? fb_retentions_of(l->retentions, record, &blob->kept, err)
               : FB_OK;
}

enum fb_code fb_docket_blobs(struct fb_docket *docket, const struct fb_picture *picture,
    struct fb_arena *arena, struct fb_docket_blob **out, size_t *out_count, struct fb_err *err)
{
    FB_ASSERT(docket && arena && out && out_count);
    struct fb_retentions retentions = {.registry = NULL};
    struct listing l = {.docket = docket, .arena = arena};
    enum fb_code code = FB_OK;
    fb_map_init(&l.found);
    if (picture) {
        code = fb_retentions_gather(picture, docket->registry, arena, &retentions, err);
        l.retentions = &retentions;
    }
    for (size_t i = 0; code == FB_OK && i < fb_registry_count(docket->registry); i++) {
        const struct fb_record *record = fb_registry_at(docket->registry, i);
        size_t count;
        const struct fb_field *fields = fb_kind_fields(record->kind, &count);
        for (size_t f = 0; code == FB_OK && f < count; f++) {
            if (fields[f].type == FB_FIELD_DIGEST && fb_record_text(record, fields[f].name).len) {
                code = list_digest(&l, record, &fields[f], err);
            }
        }
    }
    struct fb_docket_blob *items = FB_ARENA_ARRAY(arena, struct fb_docket_blob, l.found.count + 1);
    if (code == FB_OK && !items) {
        code = fb_arena_failed(arena, err);
    }
    if (code == FB_OK) {
        for (size_t i = 0; i < l.found.count; i++) {
            items[i] = *(const struct fb_docket_blob *)l.found.entries[i].value;
        }
        *out = items;
        *out_count = l.found.count;
    }
    fb_map_release(&l.found);
    fb_map_release(&retentions.by_id);
    return code;
}

enum fb_code fb_docket_refuse_erased(
    struct fb_docket *docket, const uint8_t digest[FB_SHA256_SIZE], struct fb_err *err)
{
    const struct fb_record *erasure = fb_docket_erasure(docket, digest);
    if (!erasure) {
        return FB_OK;
    }
    enum fb_code code = fb_blob_erase(docket->blobs, digest, err);
    if (code != FB_OK) {
        return code;
    }
    char text[FB_DOCKET_DIGEST_TEXT];
    fb_err_set(err, FB_E_REFERENCE, "%s was erased: '%.*s' says why",
        fb_docket_digest_text(digest, text), FB_STR_ARG(erasure->id));
    return fb_err_hint(err, "Add a version without what had to go.");
}

enum fb_code fb_docket_blob_add(struct fb_docket *docket, const char *path,
    uint8_t out_digest[FB_SHA256_SIZE], uint64_t *out_size, struct fb_err *err)
{
    FB_ASSERT(docket && path && out_digest && out_size);
    uint8_t digest[FB_SHA256_SIZE];
    enum fb_code code = fb_blob_put_file(docket->blobs, path, digest, out_size, err);
    if (code == FB_OK) {
        code = fb_docket_refuse_erased(docket, digest, err);
    }
    if (code == FB_OK) {
        memcpy(out_digest, digest, sizeof(digest));
    }
    return code;
}

/* Fills err for a blob that is not there. */
static enum fb_code not_here(
    const struct fb_docket *docket, const uint8_t digest[FB_SHA256_SIZE], struct fb_err *err)
{
    char text[FB_DOCKET_DIGEST_TEXT];
    const struct fb_record *erasure = fb_docket_erasure(docket, digest);
    fb_err_set(err, FB_E_NOT_FOUND, "%s is not in the docket%s",
        fb_docket_digest_text(digest, text), erasure ? " any more: it was erased" : "");
    if (erasure) {
        return fb_err_hint(
            err, "Run `flyball show %.*s`: it says by whom and why.", FB_STR_ARG(erasure->id));
    }
    return fb_err_hint(err, "Run `flyball blob list`, or `flyball blob add FILE`.");
}

enum fb_code fb_docket_blob_get(struct fb_docket *docket, const uint8_t digest[FB_SHA256_SIZE],
    fb_io_piece piece, void *ctx, struct fb_err *err)
{
    FB_ASSERT(docket && digest && piece);
    char path[FB_IO_PATH_MAX];
    if (!fb_blob_exists(docket->blobs, digest) || fb_docket_erasure(docket, digest)) {
        return not_here(docket, digest, err);
    }
    enum fb_code code = fb_blob_check(docket->blobs, digest, err);
    if (code == FB_OK) {
        code = fb_blob_path(docket->blobs, digest, path, sizeof(path), err);
    }
    return code == FB_OK ? fb_io_each(path, piece, ctx, err) : code;
}

/* An id that is free: an erasure under a key that was revoked from before it on does not hold, and
 * the blob may have come back. */
static struct fb_str free_erasure_id(
    const struct fb_docket *docket, const char *digest, struct fb_arena *arena)
{
    const char *hex = digest + strlen(DIGEST_PREFIX);
    struct fb_str id = fb_arena_printf(arena, "erasure/%.16s", hex);
    for (int n = 2; id.ptr && fb_registry_find(docket->registry, id); n++) {
        id = fb_arena_printf(arena, "erasure/%.16s-%d", hex, n);
    }
    return id;
}

/* Files who erased what and why. */
static enum fb_code file_erasure(struct fb_docket *docket, const char *digest,
    const struct fb_docket_erasure *options, fb_time kept_until, struct fb_docket_added *out,
    struct fb_err *err)
{
    uint8_t bytes[FB_SHA256_SIZE];
    bool good = fb_docket_digest(fb_str_of(digest), bytes);
    FB_ASSERT(good);
    uint64_t size = size_of(docket, bytes);
    char at[FB_TIME_TEXT];
    struct fb_arena arena;
    struct fb_buf draft, statement;
    struct fb_json_writer w;
    struct fb_str issuer = {NULL, 0};
    fb_arena_init(&arena, 1 << 16);
    fb_buf_init(&draft, 2 * (size_t)FB_STATEMENT_MAX);
    fb_buf_init(&statement, FB_STATEMENT_MAX);
    enum fb_code code = fb_docket_party_id(docket, options->issuer, &arena, &issuer, err);
    fb_json_writer_init(&w, &draft, 0);
    fb_json_open_object(&w);
    fb_json_key_c(&w, "kind", "erasure");
    fb_json_key_str(&w, "id", free_erasure_id(docket, digest, &arena));
    fb_json_key_c(&w, "at", fb_time_format(fb_clock_now(&docket->clock), at));
    fb_json_key(&w, "body");
    fb_json_open_object(&w);
    fb_json_key_c(&w, "digest", digest);
    fb_json_key_str(&w, "reason", options->reason);
    if (options->basis.len) {
        fb_json_key_str(&w, "basis", options->basis);
    }
    fb_json_key_int(&w, "bytes", (int64_t)size);
    if (kept_until > fb_docket_now(docket)) {
        fb_json_key_c(&w, "kept_until", fb_time_format(kept_until, at));
    }
    if (options->despite.len) {
        fb_json_key_str(&w, "despite", options->despite);
    }
    if (options->order.len) {
        fb_json_key_str(&w, "order", options->order);
    }
    fb_json_close_object(&w);
    fb_json_close_object(&w);
    if (code == FB_OK) {
        code = fb_docket_canonical(docket, &draft, issuer, &statement, err);
    }
    if (code == FB_OK) {
        struct fb_filing filing = {
            .statement = fb_buf_str(&statement), .kind = FB_STR("erasure"), .issuer = issuer};
        code = fb_docket_file(docket, &filing, 1, out, err);
    }
    fb_buf_release(&statement);
    fb_buf_release(&draft);
    fb_arena_release(&arena);
    return code;
}

/* Until when a blob must be kept, and why, by the policies in force now. The text of *out is in
 * arena. */
static enum fb_code kept_now(struct fb_docket *docket, struct fb_str digest, struct fb_arena *arena,
    struct fb_retention *out, struct fb_err *err)
{
    struct fb_docket_question question = {.as_of = FB_TIME_MAX, .brief = true};
    struct fb_docket_blob *blobs = NULL;
    struct fb_picture picture;
    size_t count = 0;
    enum fb_code code = fb_docket_ask(docket, &question, arena, &picture, err);
    if (code == FB_OK) {
        code = fb_docket_blobs(docket, &picture, arena, &blobs, &count, err);
    }
    *out = (struct fb_retention){.until = FB_TIME_MIN};
    for (size_t i = 0; code == FB_OK && i < count; i++) {
        if (fb_str_eq(blobs[i].digest, digest)) {
            *out = blobs[i].kept;
        }
    }
    return code;
}

/* The order that is named must let this blob go. */
static enum fb_code check_order(struct fb_docket *docket, const char *digest,
    const struct fb_docket_erasure *options, struct fb_arena *arena, struct fb_err *err)
{
    if (options->order.len == 0) {
        return FB_OK;
    }
    struct fb_str issuer = {NULL, 0};
    enum fb_code code = fb_docket_party_id(docket, options->issuer, arena, &issuer, err);
    return code ? code
                : fb_registry_lets_erase(
                      docket->registry, options->order, issuer, fb_str_of(digest), err);
}

/* Refuses what must still be kept, unless it is said why it goes all the same. */
static enum fb_code check_kept(struct fb_docket *docket, const char *digest,
    const struct fb_docket_erasure *options, fb_time *kept_until, struct fb_err *err)
{
    struct fb_arena arena;
    struct fb_retention kept;
    char until[FB_TIME_TEXT];
    fb_arena_init(&arena, KEPT_MEMORY_MAX);
    enum fb_code code = check_order(docket, digest, options, &arena, err);
    if (code == FB_OK) {
        code = kept_now(docket, fb_str_of(digest), &arena, &kept, err);
    }
    if (code == FB_OK) {
        *kept_until = kept.until;
    }
    if (code == FB_OK && kept.until > fb_docket_now(docket) && options->despite.len == 0 &&
        options->order.len == 0) {
        code = fb_err_set(err, FB_E_REFERENCE, "it must be kept until %s: it belongs to %.*s",
            fb_time_format_short(kept.until, until), FB_STR_ARG(kept.why));
        fb_err_hint(err, "Write --order ID for an order on record, or --despite \"WHY\"; either "
                         "stays on record.");
    }
    fb_arena_release(&arena);
    return code;
}

enum fb_code fb_docket_blob_erase(struct fb_docket *docket, const uint8_t digest[FB_SHA256_SIZE],
    const struct fb_docket_erasure *options, struct fb_docket_added *out, struct fb_err *err)
{
    FB_ASSERT(docket && digest && options && out);
    char text[FB_DOCKET_DIGEST_TEXT];
    fb_docket_digest_text(digest, text);
    const struct fb_record *before = fb_docket_erasure(docket, digest);
    if (!fb_blob_exists(docket->blobs, digest)) { /* also what is no file */
        return not_here(docket, digest, err);
    }
    fb_time kept_until = FB_TIME_MIN;
    /* An order that an earlier erasure names may have been filed by hand: it is checked again. */
    bool excused = before && fb_record_text(before, "despite").len > 0;
    enum fb_code code = excused ? FB_OK : check_kept(docket, text, options, &kept_until, err);
    if (code != FB_OK) {
        return code;
    }
    /* One that was filed without a word of the time until which it is kept needs another now. */
    before = !excused && kept_until > fb_docket_now(docket) ? NULL : before;
    /* The record first: a blob that is gone without one would look lost. When only the file was
     * left, because an earlier erasure was cut short, it goes now. */
    if (before) {
        out->first_seq = before->seq;
        out->admitted = before->admitted;
    } else {
        code = file_erasure(docket, text, options, kept_until, out, err);
    }
    return code == FB_OK ? fb_blob_erase(docket->blobs, digest, err) : code;
}

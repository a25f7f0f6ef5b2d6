/* docket_verify.c: every record of a docket again, a few in memory at a time. */
#include <string.h>

#include "base/alloc.h"
#include "base/assert.h"
#include "base/codec.h"
#include "base/map.h"
#include "govern/docket_private.h"
#include "govern/docket_read.h"
#include "ledger/blob.h"
#include "record/sshsig.h"

enum {
    SCRATCH_MAX = 16 << 20,  /* memory of one record */
    SLOTS = 1 << 19,         /* of the table of ids: 8 MiB */
    IDS_MAX = SLOTS / 2,     /* in it at one time */
    IDS_A_PASS = 200 * 1000, /* expected there: so far below that chance does not fill it */
    PASSES_MAX = 1 << 16,
};

/* ---- one record after the other ---- */

struct each {
    fb_docket_visit visit;
    void *ctx;
};

/* Hands on the record of an entry, with the fingerprint of the first key that signed. */
static enum fb_code each_entry(
    void *ctx, uint64_t seq, const struct fb_prepared *prepared, struct fb_err *err)
{
    const struct each *each = ctx;
    struct fb_arena scratch;
    char fingerprint[FB_SSHKEY_FINGERPRINT];
    struct fb_sshsig signature;
    struct fb_record record = prepared->record;
    const struct fb_sshkey *key = prepared->is_ready ? &prepared->keys[0] : &signature.key;
    enum fb_code code = FB_OK;
    FB_ASSERT(prepared->entry.signature_count > 0);
    fb_arena_init(&scratch, SCRATCH_MAX);
    if (!prepared->is_ready) {
        code = fb_record_parse(prepared->entry.statement, NULL, &scratch, &record, err);
        code = code ? code : fb_sshsig_parse(prepared->entry.signatures[0], &signature, err);
    }
    if (code != FB_OK) {
        fb_err_prefix(err, "entry %llu of the ledger", (unsigned long long)seq);
    } else {
        record.seq = seq;
        record.admitted = prepared->entry.admitted;
        record.signer = fb_str_of(fb_sshkey_fingerprint(key, fingerprint));
        code = each->visit(each->ctx, &record, err);
    }
    fb_arena_release(&scratch);
    return code;
}

enum fb_code fb_docket_each(struct fb_docket *docket, const uint64_t range[2],
    fb_docket_visit visit, void *ctx, struct fb_err *err)
{
    FB_ASSERT(docket && range && visit);
    struct each each = {visit, ctx};
    const struct fb_docket_reading how = {.of = " of the ledger", .take = each_entry, .ctx = &each};
    return fb_docket_read(docket->ledger, range, &how, err);
}

/* ---- a record by its id ---- */

struct find {
    struct fb_str id;
    uint64_t seq;
    bool found;
};

static enum fb_code is_it(void *ctx, const struct fb_record *record, struct fb_err *err)
{
    struct find *find = ctx;
    (void)err;
    if (!find->found && fb_str_eq(record->id, find->id)) {
        find->found = true;
        find->seq = record->seq;
    }
    return FB_OK;
}

/* Only an entry with the bytes of the id in it is read as a record. */
static enum fb_code find_entry(void *ctx, const fb_ledger_entry *entry, struct fb_err *err)
{
    struct find *find = ctx;
    struct each each = {is_it, find};
    struct fb_prepared alone = {.is_ready = false};
    if (find->found || find->id.len == 0 ||
        !memmem(entry->bytes.ptr, entry->bytes.len, find->id.ptr, find->id.len)) {
        return FB_OK;
    }
    enum fb_code code = fb_docket_decode(entry, &alone.entry, err);
    if (code != FB_OK) {
        fb_err_prefix(err, "entry %llu of the ledger", (unsigned long long)entry->seq);
    }
    return code ? code : each_entry(&each, entry->seq, &alone, err);
}

enum fb_code fb_docket_find(
    struct fb_docket *docket, struct fb_str name, uint64_t *out_seq, struct fb_err *err)
{
    FB_ASSERT(docket && out_seq);
    struct find find = {.id = name};
    struct fb_str digits = fb_str_sub(name, name.len && name.ptr[0] == '#' ? 1 : 0, name.len);
    uint64_t size, seq;
    enum fb_code code = fb_ledger_size(docket->ledger, &size, err);
    if (code == FB_OK && fb_str_u64(digits, &seq) && seq < size) {
        *out_seq = seq; /* no id is a number: it begins with its kind */
        return FB_OK;
    }
    if (code == FB_OK) {
        code = fb_ledger_scan(docket->ledger, (uint64_t[2]){0, UINT64_MAX}, find_entry, &find, err);
    }
    if (code == FB_OK && !find.found) {
        fb_err_set(err, FB_E_NOT_FOUND, "there is no record '%.*s'", FB_STR_ARG(name));
        code = fb_err_hint(err, "Run `flyball log list` for the ids of all records.");
    }
    if (code == FB_OK) {
        *out_seq = find.seq;
    }
    return code;
}

/* ---- every id once, and every reference to one that stands before ---- */

/* What is kept of an id: 16 bytes of its SHA-256, of which one bit says whether it is superseded.
 * Whoever finds two ids with the same can only make a good ledger look bad. */
struct slot {
    uint64_t a, b; /* both 0: free */
};

struct ids {
    struct slot *slots;
    size_t count;
    uint64_t passes; /* the ids of one pass in so many are in the table */
    uint64_t pass;
    bool full;       /* the table was: more passes are needed */
    uint64_t unique; /* ids that were found to be unique */
};

/* The slot of an id, or the free one where it belongs; NULL when it is of another pass. */
static struct slot *find_slot(const struct ids *ids, struct fb_str id, struct slot *out_key)
{
    uint8_t digest[FB_SHA256_SIZE];
    uint64_t part;
    fb_sha256_of(id, digest);
    memcpy(&out_key->a, digest, 8);
    memcpy(&out_key->b, digest + 8, 8);
    memcpy(&part, digest + 16, 8);
    out_key->a |= 1; /* never a free one */
    out_key->b &= ~(uint64_t)1;
    if (part % ids->passes != ids->pass) {
        return NULL;
    }
    size_t at = (size_t)(out_key->b >> 1) % SLOTS;
    while (ids->slots[at].a != 0 &&
           (ids->slots[at].a != out_key->a || (ids->slots[at].b & ~(uint64_t)1) != out_key->b)) {
        at = (at + 1) % SLOTS;
    }
    return &ids->slots[at];
}

static enum fb_code need_id(
    const struct ids *ids, struct fb_str id, const char *what, struct fb_err *err)
{
    struct slot key;
    const struct slot *slot = id.len ? find_slot(ids, id, &key) : NULL;
    if (slot && slot->a == 0) {
        return fb_err_set(
            err, FB_E_REFERENCE, "%s '%.*s' is not of a record before it", what, FB_STR_ARG(id));
    }
    return FB_OK;
}

static enum fb_code need_fields(
    const struct ids *ids, const struct fb_record *record, struct fb_err *err)
{
    size_t count;
    enum fb_code code = FB_OK;
    const struct fb_field *fields = fb_kind_fields(record->kind, &count);
    for (size_t i = 0; code == FB_OK && i < count; i++) {
        const struct fb_json *value = fb_json_get(record->body, fields[i].name);
        if (value && fields[i].type == FB_FIELD_REFS) {
            for (const struct fb_json *id = value->child; code == FB_OK && id; id = id->next) {
                code = need_id(ids, id->text, fields[i].name, err);
            }
        } else if (value && (fields[i].type == FB_FIELD_REF || fields[i].type == FB_FIELD_RECORD)) {
            code = need_id(ids, value->text, fields[i].name, err);
        }
    }
    return code;
}

/* Each record is superseded once at most, so that corrections form lines. */
static enum fb_code supersede(const struct ids *ids, struct fb_str id, struct fb_err *err)
{
    struct slot key;
    enum fb_code code = need_id(ids, id, "supersedes", err);
    struct slot *slot = code == FB_OK && id.len ? find_slot(ids, id, &key) : NULL;
    if (slot && (slot->b & 1)) {
        return fb_err_set(err, FB_E_REFERENCE, "'%.*s' is superseded already", FB_STR_ARG(id));
    }
    if (slot) {
        slot->b |= 1;
    }
    return code;
}

static enum fb_code put_id(struct ids *ids, struct fb_str id, struct fb_err *err)
{
    struct slot key;
    struct slot *slot = find_slot(ids, id, &key);
    if (!slot) {
        return FB_OK;
    }
    if (slot->a != 0) {
        return fb_err_set(
            err, FB_E_DUPLICATE, "its id '%.*s' is that of another record", FB_STR_ARG(id));
    }
    if (ids->count == IDS_MAX) {
        ids->full = true;
        return FB_OK;
    }
    *slot = key;
    ids->count++;
    ids->unique++;
    return FB_OK;
}

static enum fb_code check_ids(void *ctx, const struct fb_record *record, struct fb_err *err)
{
    struct ids *ids = ctx;
    enum fb_code code = FB_OK;
    if (ids->full) {
        return FB_OK;
    }
    if (record->seq > 0) { /* the first introduces itself */
        code = need_id(ids, record->issuer, "the issuer", err);
    }
    if (code == FB_OK) {
        code = need_id(ids, record->subject, "the subject", err);
    }
    if (code == FB_OK) {
        code = need_fields(ids, record, err);
    }
    if (code == FB_OK) {
        code = supersede(ids, record->supersedes, err);
    }
    if (code == FB_OK) {
        code = put_id(ids, record->id, err);
    }
    if (code != FB_OK) {
        fb_err_prefix(err, "entry %llu", (unsigned long long)record->seq);
    }
    return code;
}

/* The ids of the first size records, in as many passes as the table needs. */
static enum fb_code verify_ids(
    struct fb_docket *docket, uint64_t size, uint64_t *out, struct fb_err *err)
{
    struct ids ids = {.passes = size / IDS_A_PASS + 1};
    ids.slots = fb_alloc(SLOTS * sizeof(struct slot));
    enum fb_code code =
        ids.slots ? FB_OK : fb_err_set(err, FB_E_NOMEM, "memory ran out while verifying");
    while (code == FB_OK && ids.pass < ids.passes) {
        memset(ids.slots, 0, SLOTS * sizeof(struct slot));
        ids.count = 0;
        code = fb_docket_each(docket, (uint64_t[2]){0, size}, check_ids, &ids, err);
        ids.pass++;
        if (ids.full && ids.passes < PASSES_MAX) {
            ids = (struct ids){.slots = ids.slots, .passes = ids.passes * 2};
        } else if (ids.full) {
            code = fb_err_set(err, FB_E_LIMIT, "the ids of the ledger are too many to compare");
        }
    }
    fb_free(ids.slots);
    if (code == FB_OK && ids.unique != size) {
        code = fb_err_set(err, FB_E_CORRUPT, "entries went away while they were verified");
    }
    if (code == FB_OK) {
        *out = ids.unique;
    }
    return code;
}

/* ---- keys ---- */

static enum fb_code take_entry(
    void *ctx, uint64_t seq, const struct fb_prepared *prepared, struct fb_err *err)
{
    enum fb_code code = fb_registry_take(ctx, seq, prepared, err);
    if (code != FB_OK) {
        fb_err_prefix(err, "entry %llu of the ledger", (unsigned long long)seq);
    }
    return code;
}

enum fb_code fb_docket_keys(struct fb_docket *docket, struct fb_registry **out, struct fb_err *err)
{
    FB_ASSERT(docket && out);
    struct fb_registry *registry = NULL;
    enum fb_code code = fb_docket_registry_new(docket->ledger, &registry, err);
    if (code == FB_OK) {
        fb_registry_lean(registry);
        const struct fb_docket_reading how = {
            .of = " of the ledger", .take = take_entry, .ctx = registry};
        code = fb_docket_read(docket->ledger, (uint64_t[2]){0, UINT64_MAX}, &how, err);
    }
    if (code != FB_OK) {
        fb_registry_free(registry);
        return code;
    }
    *out = registry;
    return FB_OK;
}

/* ---- everything ---- */

struct verify {
    struct fb_docket *docket;
    struct fb_registry *registry; /* lean */
    struct fb_map erased;         /* digests of the erasures that hold */
    struct fb_docket_report *report;
    uint64_t absent; /* blobs that are named and not here */
};

/* Calls what with each digest that a record names, unless it is an erasure. */
static enum fb_code each_digest(struct verify *verify, const struct fb_record *record,
    enum fb_code (*what)(struct verify *, const uint8_t *, struct fb_err *), struct fb_err *err)
{
    size_t count;
    enum fb_code code = FB_OK;
    const struct fb_field *fields = fb_kind_fields(record->kind, &count);
    for (size_t i = 0; code == FB_OK && record->kind != FB_KIND_erasure && i < count; i++) {
        uint8_t digest[FB_SHA256_SIZE];
        if (fields[i].type == FB_FIELD_DIGEST &&
            fb_docket_digest(fb_record_text(record, fields[i].name), digest)) {
            code = what(verify, digest, err);
        }
    }
    return code;
}

static enum fb_code verify_blob(struct verify *verify, const uint8_t *digest, struct fb_err *err)
{
    if (!fb_blob_exists(verify->docket->blobs, digest)) {
        verify->absent++;
        return FB_OK;
    }
    verify->report->blobs++;
    return fb_blob_check(verify->docket->blobs, digest, err);
}

enum fb_code fb_docket_check_blobs(
    struct fb_docket *docket, const struct fb_record *record, struct fb_err *err)
{
    FB_ASSERT(docket && record);
    struct fb_docket_report ignored = {.blobs = 0};
    struct verify verify = {.docket = docket, .report = &ignored};
    enum fb_code code = each_digest(&verify, record, verify_blob, err);
    if (code != FB_OK) {
        fb_err_prefix(err, "blob of record %.*s", FB_STR_ARG(record->id));
    }
    return code;
}

static enum fb_code verify_entry(
    void *ctx, uint64_t seq, const struct fb_prepared *prepared, struct fb_err *err)
{
    struct verify *verify = ctx;
    struct fb_record record;
    struct fb_arena scratch;
    fb_arena_init(&scratch, SCRATCH_MAX);
    enum fb_code code = fb_registry_pass(verify->registry, prepared, &scratch, &record, err);
    if (code == FB_OK) {
        verify->report->signatures += prepared->entry.signature_count;
        code = each_digest(verify, &record, verify_blob, err);
        if (code != FB_OK) {
            fb_err_prefix(err, "blob of record %.*s", FB_STR_ARG(record.id));
        }
    }
    if (code != FB_OK) {
        fb_err_prefix(err, "entry %llu", (unsigned long long)seq);
    }
    fb_arena_release(&scratch);
    return code;
}

/* Tree and checkpoint, and every record. */
static enum fb_code verify_entries(struct verify *verify, struct fb_err *err)
{
    const struct fb_docket_reading how = {
        .of = "", .take = verify_entry, .ctx = verify, .verify = true};
    struct fb_docket_reader *reader = NULL;
    enum fb_code code = fb_docket_reader_new(&how, &reader, err);
    code = code ? code
                : fb_ledger_verify(verify->docket->ledger, fb_docket_reader_visit, reader,
                      &verify->report->ledger, err);
    return fb_docket_reader_end(reader, code, err);
}

/* A blob that is not here: was it erased? */
static enum fb_code count_blob(struct verify *verify, const uint8_t *digest, struct fb_err *err)
{
    char text[FB_DOCKET_DIGEST_TEXT];
    (void)err;
    if (!fb_blob_exists(verify->docket->blobs, digest) &&
        fb_map_get(&verify->erased, fb_str_of(fb_docket_digest_text(digest, text)))) {
        verify->report->blobs_erased++;
    }
    return FB_OK;
}

static enum fb_code count_blobs(void *ctx, const struct fb_record *record, struct fb_err *err)
{
    return each_digest(ctx, record, count_blob, err);
}

/* An erasure stands after what it is of, so those that are not here are counted in a second pass.
 */
static enum fb_code count_erased(struct verify *verify, struct fb_err *err)
{
    struct fb_docket_report *report = verify->report;
    const struct fb_registry *registry = verify->registry;
    enum fb_code code = FB_OK;
    for (size_t i = 0; code == FB_OK && i < fb_registry_count(registry); i++) {
        const struct fb_record *record = fb_registry_at(registry, i);
        if (record->kind == FB_KIND_erasure &&
            fb_registry_disowned(registry, record) == FB_TIME_MAX) {
            code = fb_map_put(&verify->erased, fb_record_text(record, "digest"), verify, err);
        }
    }
    if (code == FB_OK && verify->absent > 0 && verify->erased.count > 0) {
        code = fb_docket_each(
            verify->docket, (uint64_t[2]){0, report->ledger.size}, count_blobs, verify, err);
    }
    report->blobs_missing =
        verify->absent > report->blobs_erased ? verify->absent - report->blobs_erased : 0;
    return code;
}

enum fb_code fb_docket_verify(struct fb_docket *docket, enum fb_docket_depth depth,
    struct fb_docket_report *out, struct fb_err *err)
{
    FB_ASSERT(docket && out);
    struct fb_docket_report report = {.blobs = 0};
    struct verify verify = {.docket = docket, .report = &report};
    fb_map_init(&verify.erased);
    enum fb_code code = fb_docket_registry_new(docket->ledger, &verify.registry, err);
    if (code == FB_OK) {
        fb_registry_lean(verify.registry);
        code = verify_entries(&verify, err);
    }
    if (code == FB_OK) {
        code = count_erased(&verify, err);
    }
    fb_registry_free(verify.registry);
    fb_map_release(&verify.erased);
    if (code == FB_OK && depth == FB_DOCKET_FULL) {
        code = verify_ids(docket, report.ledger.size, &report.ids, err);
    }
    if (code == FB_OK) {
        *out = report;
    }
    return code;
}

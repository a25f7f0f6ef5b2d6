#include "ledger/ledger.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/assert.h"
#include "base/io.h"
#include "ledger/ed25519.h"
#include "ledger/tiles.h"

/* Names of values in the store. */
static const char checkpoint_key[] = "checkpoint";
static const char verifier_key[] = "verifier";

/* What a path to a ledger in PostgreSQL begins with. */
static const char postgres_prefix[] = "postgres:";

/* The file or "" that the path names in PostgreSQL, NULL when it is that of a file of ours. */
static const char *postgres_source(const char *path)
{
    size_t len = sizeof(postgres_prefix) - 1;
    return strncmp(path, postgres_prefix, len) == 0 ? path + len : NULL;
}

struct fb_ledger {
    struct fb_store *store;
    struct fb_note_verifier verifier;
    struct fb_note_signer signer; /* when can_sign */
    bool can_sign;
    struct fb_tile_reader reader;
    struct fb_buf note;  /* scratch for the checkpoint that was read */
    struct fb_edge edge; /* scratch of one append or verification */
};

static enum fb_code put_tile(
    void *ctx, uint32_t level, uint64_t index, struct fb_str bytes, struct fb_err *err)
{
    return fb_store_tile_put(ctx, level, index, bytes, err);
}

static enum fb_code get_tile(
    void *ctx, uint32_t level, uint64_t index, struct fb_buf *out, struct fb_err *err)
{
    return fb_store_tile_get(ctx, level, index, out, err);
}

/* Signs and stores the checkpoint of a size and root, inside a write transaction. */
static enum fb_code put_checkpoint(struct fb_store *store, const struct fb_note_signer *signer,
    uint64_t size, const struct fb_hash *root, struct fb_err *err)
{
    struct fb_checkpoint checkpoint = {
        .origin = fb_str_of(signer->verifier.name), .size = size, .root = *root};
    struct fb_buf text, note;
    fb_buf_init(&text, FB_NOTE_MAX);
    fb_buf_init(&note, FB_NOTE_MAX);
    fb_checkpoint_format(&checkpoint, &text);
    enum fb_code code = fb_buf_check(&text, "the checkpoint", err);
    if (code == FB_OK) {
        code = fb_note_sign(fb_buf_str(&text), signer, &note, err);
    }
    if (code == FB_OK) {
        code = fb_store_meta_put(store, checkpoint_key, fb_buf_str(&note), err);
    }
    fb_buf_release(&text);
    fb_buf_release(&note);
    return code;
}

/* E_DUPLICATE when the store has a key: another process was quicker. */
static enum fb_code need_unfounded(struct fb_store *store, struct fb_err *err)
{
    struct fb_buf text;
    fb_buf_init(&text, FB_STORE_META_MAX);
    enum fb_code code = fb_store_meta_get(store, verifier_key, &text, err);
    fb_buf_release(&text);
    if (code == FB_OK) {
        return fb_err_set(err, FB_E_DUPLICATE, "another process made the ledger just now");
    }
    return code == FB_E_NOT_FOUND ? FB_OK : code;
}

/* Puts key and first checkpoint into an empty store. */
static enum fb_code found(
    struct fb_store *store, const struct fb_note_signer *signer, struct fb_err *err)
{
    struct fb_buf text;
    struct fb_hash root = fb_merkle_empty();
    fb_buf_init(&text, FB_NOTE_MAX);
    fb_note_verifier_format(&signer->verifier, &text);
    enum fb_code code = fb_buf_check(&text, "the verifier key", err);
    if (code == FB_OK) {
        code = fb_store_begin(store, FB_STORE_WRITE, err);
    }
    if (code == FB_OK) {
        code = need_unfounded(store, err);
    }
    if (code == FB_OK) {
        code = fb_store_meta_put(store, verifier_key, fb_buf_str(&text), err);
    }
    if (code == FB_OK) {
        code = put_checkpoint(store, signer, 0, &root, err);
    }
    if (code == FB_OK) {
        code = fb_store_commit(store, err);
    }
    fb_store_rollback(store);
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
    code = found(store, options->signer, err);
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
        code = found(store, options->signer, err);
    }
    fb_store_close(store);
    return code;
}

enum fb_code fb_ledger_create(
    const char *path, const struct fb_ledger_options *options, struct fb_err *err)
{
    FB_ASSERT(path && options);
    FB_ASSERT(options->signer);
    const char *source = postgres_source(path);
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

static enum fb_code read_verifier(struct fb_ledger *ledger, struct fb_err *err)
{
    struct fb_buf text;
    fb_buf_init(&text, FB_NOTE_MAX);
    enum fb_code code = fb_store_meta_get(ledger->store, verifier_key, &text, err);
    if (code == FB_E_NOT_FOUND) {
        code = fb_err_set(err, FB_E_CORRUPT, "the ledger does not say its key");
    }
    if (code == FB_OK) {
        code = fb_note_verifier_parse(fb_buf_str(&text), &ledger->verifier, err);
        if (code != FB_OK && code != FB_E_NOMEM) {
            code = fb_err_set(err, FB_E_CORRUPT, "the ledger's key is malformed");
        }
    }
    fb_buf_release(&text);
    return code;
}

/* Reads and verifies the stored checkpoint; *out points into ledger->note. */
static enum fb_code read_checkpoint(
    struct fb_ledger *ledger, struct fb_checkpoint *out, struct fb_err *err)
{
    fb_buf_clear(&ledger->note);
    enum fb_code code = fb_store_meta_get(ledger->store, checkpoint_key, &ledger->note, err);
    if (code == FB_E_NOT_FOUND) {
        return fb_err_set(err, FB_E_CORRUPT, "the ledger has no checkpoint");
    }
    if (code != FB_OK) {
        return code;
    }
    struct fb_note_check check = {.verifiers = &ledger->verifier, .verifier_count = 1};
    code = fb_note_verify(fb_buf_str(&ledger->note), &check, err);
    if (code == FB_OK) {
        code = fb_checkpoint_parse(check.text, out, err);
    }
    if (code == FB_E_SYNTAX || code == FB_E_UTF8 || code == FB_E_LIMIT) {
        code = fb_err_set(err, FB_E_CORRUPT, "the ledger's checkpoint is malformed");
    } else if (code == FB_E_SIGNATURE) {
        fb_err_prefix(err, "the ledger's checkpoint");
    } else if (code == FB_OK && !fb_str_is(out->origin, ledger->verifier.name)) {
        code = fb_err_set(err, FB_E_CORRUPT, "the ledger's checkpoint is that of '%.*s'",
            FB_STR_ARG(out->origin));
    }
    return code;
}

/* Number of entries and the checkpoint, which must agree, inside one transaction. */
static enum fb_code read_state(
    struct fb_ledger *ledger, struct fb_checkpoint *out, struct fb_err *err)
{
    FB_ASSERT(ledger->store->in_transaction);
    uint64_t count = 0;
    enum fb_code code = fb_store_count(ledger->store, &count, err);
    if (code == FB_OK) {
        code = read_checkpoint(ledger, out, err);
    }
    if (code == FB_OK && count != out->size) {
        code = fb_err_set(err, FB_E_CORRUPT,
            "the ledger has %" PRIu64 " entries, but its checkpoint is for %" PRIu64, count,
            out->size);
    }
    return code;
}

static enum fb_code open_parts(struct fb_ledger *ledger, const char *path,
    const struct fb_ledger_options *options, struct fb_err *err)
{
    struct fb_store_options how = {
        .read_only = !options->signer, .busy_ms = options->busy_ms, .page_max = options->page_max};
    const char *source = path ? postgres_source(path) : NULL;
    enum fb_code code = source ? fb_store_open_postgres(source, &how, &ledger->store, err)
                        : path ? fb_store_open_sqlite(path, &how, &ledger->store, err)
                               : fb_store_open_memory(&ledger->store, err);
    if (code == FB_OK && !path) {
        code = found(ledger->store, options->signer, err);
    }
    if (code == FB_OK) {
        code = read_verifier(ledger, err);
    }
    if (code != FB_OK) {
        return code;
    }
    if (options->signer && memcmp(options->signer->verifier.public_key, ledger->verifier.public_key,
                               sizeof(ledger->verifier.public_key)) != 0) {
        fb_err_set(err, FB_E_SIGNATURE, "the signing key '%s' is not that of the ledger",
            options->signer->verifier.name);
        return fb_err_hint(err, "Use the key that was made with the ledger, keys/log.key.");
    }
    if (options->signer) {
        ledger->signer = *options->signer;
        ledger->can_sign = true;
    }
    struct fb_checkpoint checkpoint;
    ledger->reader.get = get_tile;
    ledger->reader.ctx = ledger->store;
    code = fb_store_begin(ledger->store, FB_STORE_READ, err);
    if (code == FB_OK) {
        code = read_state(ledger, &checkpoint, err);
    }
    fb_store_rollback(ledger->store);
    return code;
}

enum fb_code fb_ledger_open(const char *path, const struct fb_ledger_options *options,
    struct fb_ledger **out, struct fb_err *err)
{
    FB_ASSERT(options && out);
    FB_ASSERT(path || options->signer);
    struct fb_ledger *ledger = fb_calloc(1, sizeof(*ledger));
    if (!ledger) {
        return fb_err_set(err, FB_E_NOMEM, "memory ran out while opening the ledger");
    }
    fb_buf_init(&ledger->reader.scratch, FB_STORE_META_MAX);
    fb_buf_init(&ledger->note, FB_NOTE_MAX);
    enum fb_code code = open_parts(ledger, path, options, err);
    if (code != FB_OK) {
        if (path) {
            fb_err_place(err, path, 0, 0, -1);
        }
        fb_ledger_close(ledger);
        return code;
    }
    *out = ledger;
    return FB_OK;
}

void fb_ledger_close(struct fb_ledger *ledger)
{
    if (ledger) {
        fb_store_close(ledger->store);
        fb_buf_release(&ledger->reader.scratch);
        fb_buf_release(&ledger->note);
        fb_note_signer_wipe(&ledger->signer);
        fb_free(ledger);
    }
}

struct fb_str fb_ledger_origin(const struct fb_ledger *ledger)
{
    FB_ASSERT(ledger);
    return fb_str_of(ledger->verifier.name);
}

const struct fb_note_verifier *fb_ledger_verifier(const struct fb_ledger *ledger)
{
    FB_ASSERT(ledger);
    return &ledger->verifier;
}

static enum fb_code last_admitted(
    struct fb_ledger *ledger, uint64_t size, fb_time *out, struct fb_err *err)
{
    if (size == 0) {
        *out = FB_TIME_MIN;
        return FB_OK;
    }
    struct fb_store_entry entry;
    enum fb_code code = fb_store_read(ledger->store, size - 1, &entry, NULL, err);
    if (code == FB_OK) {
        *out = entry.admitted;
    }
    return code;
}

static enum fb_code check_batch(
    const struct fb_ledger *ledger, const struct fb_ledger_batch *batch, struct fb_err *err)
{
    if (!ledger->can_sign) {
        fb_err_set(err, FB_E_USAGE, "the ledger was opened without its signing key");
        return fb_err_hint(err, "Only a holder of keys/log.key can append.");
    }
    if (batch->count == 0 || batch->count > FB_LEDGER_BATCH_MAX) {
        return fb_err_set(err, FB_E_LIMIT, "cannot append %zu entries at once, only 1 to %d",
            batch->count, FB_LEDGER_BATCH_MAX);
    }
    for (size_t i = 0; i < batch->count; i++) {
        if (batch->entries[i].len > FB_LEDGER_ENTRY_MAX) {
            fb_err_set(err, FB_E_LIMIT, "entry %zu of the batch has %zu bytes, more than %d", i,
                batch->entries[i].len, FB_LEDGER_ENTRY_MAX);
            return fb_err_hint(err, "Put big things into a blob and refer to it by its digest.");
        }
    }
    return FB_OK;
}

/* Compares what the batch was made for with what is there. */
static enum fb_code check_state(struct fb_ledger *ledger, const struct fb_ledger_batch *batch,
    const struct fb_checkpoint *now, struct fb_err *err)
{
    if (batch->expected_size != FB_LEDGER_ANY_SIZE && batch->expected_size != now->size) {
        fb_err_set(err, FB_E_BUSY,
            "the ledger has %" PRIu64 " entries, not %" PRIu64 ": another command appended",
            now->size, batch->expected_size);
        return fb_err_hint(err, "Nothing was changed. Run the command again.");
    }
    fb_time last = FB_TIME_MIN;
    enum fb_code code = last_admitted(ledger, now->size, &last, err);
    if (code == FB_OK && batch->admitted < last) {
        char then[FB_TIME_TEXT], text[FB_TIME_TEXT];
        fb_err_set(err, FB_E_TIME, "cannot admit at %s, after an admission at %s",
            fb_time_format(batch->admitted, text), fb_time_format(last, then));
        return fb_err_hint(err, "Check the clock of this machine.");
    }
    return code;
}

static enum fb_code append_entries(
    struct fb_ledger *ledger, const struct fb_ledger_batch *batch, struct fb_err *err)
{
    for (size_t i = 0; i < batch->count; i++) {
        struct fb_hash leaf = fb_merkle_leaf(batch->entries[i]);
        struct fb_store_entry entry = {
            .seq = ledger->edge.size, .admitted = batch->admitted, .bytes = batch->entries[i]};
        memcpy(entry.leaf_hash, leaf.bytes, FB_HASH_SIZE);
        enum fb_code code = fb_store_append(ledger->store, &entry, err);
        if (code == FB_OK) {
            code = fb_edge_add(&ledger->edge, &leaf, put_tile, ledger->store, err);
        }
        if (code != FB_OK) {
            return code;
        }
    }
    return FB_OK;
}

/* All of an append that happens inside the write transaction. */
static enum fb_code append_locked(struct fb_ledger *ledger, const struct fb_ledger_batch *batch,
    uint64_t *first, struct fb_err *err)
{
    struct fb_checkpoint now;
    enum fb_code code = read_state(ledger, &now, err);
    if (code == FB_OK) {
        code = check_state(ledger, batch, &now, err);
    }
    if (code == FB_OK) {
        code = fb_edge_load(&ledger->reader, now.size, &ledger->edge, err);
    }
    if (code != FB_OK) {
        return code;
    }
    struct fb_hash root = fb_edge_root(&ledger->edge);
    if (!fb_hash_eq(&root, &now.root)) {
        return fb_err_set(
            err, FB_E_CORRUPT, "the ledger's tiles do not have the root of its checkpoint");
    }
    *first = now.size;
    code = append_entries(ledger, batch, err);
    if (code == FB_OK) {
        code = fb_edge_flush(&ledger->edge, *first, put_tile, ledger->store, err);
    }
    if (code == FB_OK) {
        root = fb_edge_root(&ledger->edge);
        code = put_checkpoint(ledger->store, &ledger->signer, ledger->edge.size, &root, err);
    }
    return code;
}

enum fb_code fb_ledger_append(struct fb_ledger *ledger, const struct fb_ledger_batch *batch,
    uint64_t *out_first_seq, struct fb_err *err)
{
    FB_ASSERT(ledger && batch && out_first_seq);
    FB_ASSERT(batch->entries || batch->count == 0);
    uint64_t first = 0;
    enum fb_code code = check_batch(ledger, batch, err);
    if (code == FB_OK) {
        code = fb_store_begin(ledger->store, FB_STORE_WRITE, err);
    }
    if (code != FB_OK) {
        return code;
    }
    code = append_locked(ledger, batch, &first, err);
    if (code == FB_OK) {
        code = fb_store_commit(ledger->store, err);
    }
    fb_store_rollback(ledger->store);
    if (code == FB_OK) {
        *out_first_seq = first;
    }
    return code;
}

enum fb_code fb_ledger_size(struct fb_ledger *ledger, uint64_t *out, struct fb_err *err)
{
    FB_ASSERT(ledger && out);
    return fb_store_count(ledger->store, out, err);
}

enum fb_code fb_ledger_last_admitted(struct fb_ledger *ledger, fb_time *out, struct fb_err *err)
{
    FB_ASSERT(ledger && out);
    uint64_t size = 0;
    enum fb_code code = fb_store_count(ledger->store, &size, err);
    return code == FB_OK ? last_admitted(ledger, size, out, err) : code;
}

enum fb_code fb_ledger_size_before(
    struct fb_ledger *ledger, fb_time t, uint64_t *out, struct fb_err *err)
{
    FB_ASSERT(ledger && out);
    uint64_t low = 0, high = 0;
    enum fb_code code = fb_store_count(ledger->store, &high, err);
    /* Admission times never fall, so this is a search by halves. */
    while (code == FB_OK && low < high) {
        uint64_t middle = low + (high - low) / 2;
        struct fb_store_entry entry;
        code = fb_store_read(ledger->store, middle, &entry, NULL, err);
        if (code == FB_OK && entry.admitted < t) {
            low = middle + 1;
        } else if (code == FB_OK) {
            high = middle;
        }
    }
    if (code == FB_OK) {
        *out = low;
    }
    return code;
}

static enum fb_code check_leaf(const struct fb_store_entry *entry, struct fb_err *err)
{
    struct fb_hash leaf = fb_merkle_leaf(entry->bytes);
    if (memcmp(leaf.bytes, entry->leaf_hash, FB_HASH_SIZE) == 0) {
        return FB_OK;
    }
    fb_err_set(err, FB_E_CORRUPT, "entry %" PRIu64 " was altered: it does not have its leaf hash",
        entry->seq);
    return fb_err_hint(err, "Restore the ledger from a copy; flyball log verify checks all of it.");
}

enum fb_code fb_ledger_read(struct fb_ledger *ledger, uint64_t seq, fb_ledger_entry *out,
    struct fb_buf *bytes, struct fb_err *err)
{
    FB_ASSERT(ledger && out);
    FB_ASSERT(bytes);
    struct fb_store_entry entry;
    size_t start = bytes->len;
    enum fb_code code = fb_store_read(ledger->store, seq, &entry, bytes, err);
    if (code == FB_OK) {
        code = check_leaf(&entry, err);
    }
    if (code != FB_OK) {
        fb_buf_cut(bytes, start < bytes->len ? start : bytes->len);
        return code;
    }
    *out = entry;
    return FB_OK;
}

/* A visitor behind the check of leaf hash and number. */
struct checked_scan {
    uint64_t next;
    fb_ledger_visit visit;
    void *ctx;
};

static enum fb_code visit_checked(void *ctx, const struct fb_store_entry *entry, struct fb_err *err)
{
    struct checked_scan *scan = ctx;
    if (entry->seq != scan->next) {
        return fb_err_set(err, FB_E_CORRUPT, "entry %" PRIu64 " is missing", scan->next);
    }
    enum fb_code code = check_leaf(entry, err);
    scan->next++;
    return code == FB_OK ? scan->visit(scan->ctx, entry, err) : code;
}

enum fb_code fb_ledger_scan(struct fb_ledger *ledger, const uint64_t range[2],
    fb_ledger_visit visit, void *ctx, struct fb_err *err)
{
    FB_ASSERT(ledger && range);
    FB_ASSERT(visit);
    struct checked_scan scan = {range[0], visit, ctx};
    return fb_store_scan(ledger->store, range, visit_checked, &scan, err);
}

/* E_RANGE unless the ledger has at least size entries. */
static enum fb_code need_size(struct fb_ledger *ledger, uint64_t size, struct fb_err *err)
{
    uint64_t count = 0;
    enum fb_code code = fb_store_count(ledger->store, &count, err);
    if (code == FB_OK && size > count) {
        code = fb_err_set(err, FB_E_RANGE,
            "the ledger has %" PRIu64 " entries, fewer than %" PRIu64, count, size);
    }
    return code;
}

enum fb_code fb_ledger_root(
    struct fb_ledger *ledger, uint64_t size, struct fb_hash *out, struct fb_err *err)
{
    FB_ASSERT(ledger && out);
    struct fb_tree tree;
    enum fb_code code = need_size(ledger, size, err);
    if (code == FB_OK) {
        code = fb_tree_load(size, fb_tile_node, &ledger->reader, &tree, err);
    }
    if (code == FB_OK) {
        *out = fb_tree_root(&tree);
    }
    return code;
}

enum fb_code fb_ledger_checkpoint(struct fb_ledger *ledger, struct fb_buf *out, struct fb_err *err)
{
    FB_ASSERT(ledger && out);
    return fb_store_meta_get(ledger->store, checkpoint_key, out, err);
}

enum fb_code fb_ledger_prove_inclusion(
    struct fb_ledger *ledger, uint64_t seq, uint64_t size, struct fb_proof *out, struct fb_err *err)
{
    FB_ASSERT(ledger && out);
    uint64_t index_and_size[2] = {seq, size};
    enum fb_code code = need_size(ledger, size, err);
    if (code == FB_OK) {
        code = fb_merkle_prove_inclusion(index_and_size, fb_tile_node, &ledger->reader, out, err);
    }
    return code;
}

enum fb_code fb_ledger_prove_consistency(struct fb_ledger *ledger, uint64_t old_size,
    uint64_t new_size, struct fb_proof *out, struct fb_err *err)
{
    FB_ASSERT(ledger && out);
    uint64_t old_and_new[2] = {old_size, new_size};
    enum fb_code code = need_size(ledger, new_size, err);
    if (code == FB_OK) {
        code = fb_merkle_prove_consistency(old_and_new, fb_tile_node, &ledger->reader, out, err);
    }
    return code;
}

enum fb_code fb_ledger_tile(struct fb_ledger *ledger, uint32_t level, uint64_t index,
    uint32_t width, struct fb_buf *out, struct fb_err *err)
{
    FB_ASSERT(ledger && out);
    FB_ASSERT(width >= 1 && width <= FB_TILE_WIDTH);
    enum fb_code code = fb_tile_read(&ledger->reader, level, index, width, err);
    if (code == FB_OK) {
        fb_buf_add(out, ledger->reader.scratch.ptr, (size_t)width * FB_HASH_SIZE);
        code = fb_buf_check(out, "the tile", err);
    }
    return code;
}

/* Verification as it goes through the entries. */
struct audit {
    struct fb_ledger *ledger;
    fb_ledger_visit visit;
    void *ctx;
    struct fb_ledger_report report; /* size: entries that were good so far */
};

static enum fb_code bad_entry(
    struct audit *audit, uint64_t seq, const char *what, struct fb_err *err)
{
    audit->report.bad_seq = seq;
    fb_err_set(err, FB_E_CORRUPT, "entry %" PRIu64 " %s", seq, what);
    return fb_err_hint(err, "Restore the ledger from a copy and compare the two.");
}

/* Compares a tile that the entries give with the stored one. */
static enum fb_code audit_tile(
    void *ctx, uint32_t level, uint64_t index, struct fb_str bytes, struct fb_err *err)
{
    struct audit *audit = ctx;
    struct fb_buf *stored = &audit->ledger->reader.scratch;
    fb_buf_clear(stored);
    enum fb_code code = fb_store_tile_get(audit->ledger->store, level, index, stored, err);
    if (code == FB_E_CORRUPT) {
        return bad_entry(audit, index * FB_TILE_WIDTH << (FB_TILE_HEIGHT * level),
            "begins a part of the tree whose hashes are malformed", err);
    }
    if (code != FB_OK && code != FB_E_NOT_FOUND) {
        return code;
    }
    size_t same = 0;
    while (same < stored->len && same < bytes.len && stored->ptr[same] == bytes.ptr[same]) {
        same++;
    }
    if (same == bytes.len && same == stored->len) {
        return FB_OK;
    }
    uint64_t node = index * FB_TILE_WIDTH + same / FB_HASH_SIZE;
    return bad_entry(audit, node << (FB_TILE_HEIGHT * level),
        level == 0 ? "was altered: it does not have its hash in the tree"
                   : "begins a part of the tree that was altered",
        err);
}

static enum fb_code audit_entry(void *ctx, const struct fb_store_entry *entry, struct fb_err *err)
{
    struct audit *audit = ctx;
    struct fb_ledger_report *report = &audit->report;
    if (entry->seq != report->size) {
        return bad_entry(audit, report->size, "is missing", err);
    }
    if (check_leaf(entry, err) != FB_OK) {
        return bad_entry(audit, entry->seq, "was altered: it does not have its leaf hash", err);
    }
    if (entry->admitted < report->last_admitted) {
        return bad_entry(
            audit, entry->seq, "has an admission time before that of the entry before it", err);
    }
    enum fb_code code = audit->visit ? audit->visit(audit->ctx, entry, err) : FB_OK;
    if (code != FB_OK) {
        report->bad_seq = entry->seq;
        return code;
    }
    struct fb_hash leaf;
    memcpy(leaf.bytes, entry->leaf_hash, FB_HASH_SIZE);
    if (report->size == 0) {
        report->first_admitted = entry->admitted;
    }
    report->last_admitted = entry->admitted;
    report->size++;
    return fb_edge_add(&audit->ledger->edge, &leaf, audit_tile, audit, err);
}

static enum fb_code audit_all(
    struct audit *audit, const struct fb_checkpoint *checkpoint, struct fb_err *err)
{
    struct fb_ledger *ledger = audit->ledger;
    uint64_t all[2] = {0, UINT64_MAX};
    ledger->edge.size = 0;
    enum fb_code code = fb_store_scan(ledger->store, all, audit_entry, audit, err);
    if (code == FB_E_CORRUPT && audit->report.bad_seq == FB_LEDGER_ANY_SIZE) {
        audit->report.bad_seq = audit->report.size;
    }
    if (code == FB_OK) {
        code = fb_edge_flush(&ledger->edge, 0, audit_tile, audit, err);
    }
    if (code != FB_OK) {
        return code;
    }
    audit->report.root = fb_edge_root(&ledger->edge);
    if (ledger->edge.size != checkpoint->size) {
        uint64_t fewer =
            ledger->edge.size < checkpoint->size ? ledger->edge.size : checkpoint->size;
        audit->report.bad_seq = fewer;
        return fb_err_set(err, FB_E_CORRUPT,
            "the ledger has %" PRIu64 " entries, but its checkpoint is for %" PRIu64,
            ledger->edge.size, checkpoint->size);
    }
    if (!fb_hash_eq(&audit->report.root, &checkpoint->root)) {
        fb_err_set(err, FB_E_CORRUPT,
            "the entries do not have the root that the checkpoint was signed over");
        return fb_err_hint(err, "Somebody rewrote entries and hashes alike; compare with a copy.");
    }
    return FB_OK;
}

enum fb_code fb_ledger_verify(struct fb_ledger *ledger, fb_ledger_visit visit, void *ctx,
    struct fb_ledger_report *out, struct fb_err *err)
{
    FB_ASSERT(ledger && out);
    FB_ASSERT(!ledger->store->in_transaction);
    struct audit audit = {.ledger = ledger,
        .visit = visit,
        .ctx = ctx,
        .report = {.first_admitted = FB_TIME_MIN,
            .last_admitted = FB_TIME_MIN,
            .bad_seq = FB_LEDGER_ANY_SIZE}};
    struct fb_checkpoint checkpoint;
    enum fb_code code = fb_store_begin(ledger->store, FB_STORE_READ, err);
    if (code == FB_OK) {
        code = read_checkpoint(ledger, &checkpoint, err);
    }
    if (code == FB_OK) {
        code = audit_all(&audit, &checkpoint, err);
    }
    fb_store_rollback(ledger->store);
    if (code == FB_OK || code == FB_E_CORRUPT) {
        *out = audit.report;
    }
    return code;
}

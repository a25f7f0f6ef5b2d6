#include "ledger/ledger.h"

#include <inttypes.h>
#include <string.h>

#include "base/alloc.h"
#include "base/assert.h"
#include "ledger/ledger_private.h"

static enum fb_code put_tile(
    void *ctx, uint32_t level, uint64_t index, struct fb_str bytes, struct fb_err *err)
{
    const struct fb_ledger *ledger = ctx;
    FB_ASSERT(bytes.len == FB_TILE_SIZE);
    struct fb_store_tile tile = {.level = level, .index = index};
    memcpy(tile.root, ledger->known.edge.peaks[level][0].bytes, FB_HASH_SIZE);
    return fb_store_tile_put(ledger->store, &tile, err);
}

/* The hashes of a tile are those of entries, or the roots of the tiles below it. size is that of
 * the log. */
static enum fb_code make_tile(const struct fb_ledger *ledger, const uint64_t level_and_index[2],
    uint64_t size, struct fb_buf *out, struct fb_err *err)
{
    uint32_t level = (uint32_t)level_and_index[0];
    uint64_t first = level_and_index[1] * FB_TILE_WIDTH, width = size >> (FB_TILE_HEIGHT * level);
    if (first >= width) {
        return fb_err_set(err, FB_E_NOT_FOUND, "there is no tile %" PRIu32 "/%" PRIu64, level,
            level_and_index[1]);
    }
    uint64_t end = width - first < FB_TILE_WIDTH ? width : first + FB_TILE_WIDTH;
    return fb_store_hashes(ledger->store, level, (uint64_t[2]){first, end}, out, err);
}

/* A proof asks for many nodes of few tiles, so the last one of each level is kept: a full tile for
 * good, the last one while the log has the same size. */
static enum fb_code get_tile(
    void *ctx, uint32_t level, uint64_t index, struct fb_buf *out, struct fb_err *err)
{
    struct fb_ledger *ledger = ctx;
    FB_ASSERT(level < FB_TILE_LEVELS);
    struct fb_ledger_tile *kept = &ledger->tiles[level];
    bool is_same = kept->bytes.len > 0 && kept->index == index;
    uint64_t size = 0;
    enum fb_code code = FB_OK;
    if (!is_same || kept->bytes.len < FB_TILE_SIZE) {
        code = fb_store_count(ledger->store, &size, err);
        is_same = is_same && kept->size == size;
    }
    if (code == FB_OK && !is_same) {
        fb_buf_clear(&kept->bytes);
        kept->index = index;
        kept->size = size;
        code = make_tile(ledger, (uint64_t[2]){level, index}, size, &kept->bytes, err);
    }
    if (code != FB_OK) {
        fb_buf_clear(&kept->bytes);
        return code;
    }
    fb_buf_add_str(out, fb_buf_str(&kept->bytes));
    return fb_buf_check(out, "the tile", err);
}

void fb_ledger_forget(struct fb_ledger *ledger)
{
    FB_ASSERT(ledger);
    fb_buf_clear(&ledger->known.note);
    ledger->known.has_edge = false;
    for (size_t i = 0; i < FB_TILE_LEVELS; i++) {
        fb_buf_clear(&ledger->tiles[i].bytes);
    }
}

static enum fb_code read_verifier(struct fb_ledger *ledger, struct fb_err *err)
{
    struct fb_buf text;
    fb_buf_init(&text, FB_NOTE_MAX);
    enum fb_code code = fb_store_meta_get(ledger->store, FB_LEDGER_VERIFIER_KEY, &text, err);
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

/* Verifies the checkpoint in ledger->note and remembers it. */
static enum fb_code learn(struct fb_ledger *ledger, struct fb_err *err)
{
    struct fb_ledger_known *known = &ledger->known;
    struct fb_checkpoint found = {.size = 0};
    struct fb_note_check check = {.verifiers = &ledger->verifier, .verifier_count = 1};
    fb_ledger_forget(ledger);
    enum fb_code code = fb_note_verify(fb_buf_str(&ledger->note), &check, err);
    if (code == FB_OK) {
        code = fb_checkpoint_parse(check.text, &found, err);
    }
    if (code == FB_E_SYNTAX || code == FB_E_UTF8 || code == FB_E_LIMIT) {
        code = fb_err_set(err, FB_E_CORRUPT, "the ledger's checkpoint is malformed");
    } else if (code == FB_E_SIGNATURE) {
        fb_err_prefix(err, "the ledger's checkpoint");
    } else if (code == FB_OK && !fb_str_is(found.origin, ledger->verifier.name)) {
        code = fb_err_set(err, FB_E_CORRUPT, "the ledger's checkpoint is that of '%.*s'",
            FB_STR_ARG(found.origin));
    }
    if (code != FB_OK) {
        return code;
    }
    known->size = found.size;
    known->root = found.root;
    fb_buf_add_str(&known->note, fb_buf_str(&ledger->note));
    return fb_buf_check(&known->note, "the checkpoint", err);
}

enum fb_code fb_ledger_read_checkpoint(struct fb_ledger *ledger, struct fb_err *err)
{
    FB_ASSERT(ledger && ledger->store->in_transaction);
    fb_buf_clear(&ledger->note);
    enum fb_code code = fb_store_head_get(ledger->store, &ledger->note, err);
    if (code == FB_E_NOT_FOUND) {
        return fb_err_set(err, FB_E_CORRUPT, "the ledger has no checkpoint");
    }
    bool is_known = code == FB_OK && ledger->known.note.len > 0 &&
                    fb_str_eq(fb_buf_str(&ledger->note), fb_buf_str(&ledger->known.note));
    return code == FB_OK && !is_known ? learn(ledger, err) : code;
}

/* Number of entries and the checkpoint, which must agree, inside one transaction. */
static enum fb_code read_state(struct fb_ledger *ledger, struct fb_err *err)
{
    uint64_t count = 0;
    enum fb_code code = fb_store_count(ledger->store, &count, err);
    if (code == FB_OK) {
        code = fb_ledger_read_checkpoint(ledger, err);
    }
    if (code == FB_OK && count != ledger->known.size) {
        code = fb_err_set(err, FB_E_CORRUPT,
            "the ledger has %" PRIu64 " entries, but its checkpoint is for %" PRIu64, count,
            ledger->known.size);
    }
    return code;
}

static enum fb_code open_store(struct fb_ledger *ledger, const char *path,
    const struct fb_ledger_options *options, struct fb_err *err)
{
    struct fb_store_options how = {
        .read_only = !options->signer, .busy_ms = options->busy_ms, .page_max = options->page_max};
    const char *source = path ? fb_ledger_postgres_source(path) : NULL;
    if (source) {
        return fb_store_open_postgres(source, &how, &ledger->store, err);
    }
    if (path) {
        return fb_store_open_sqlite(path, &how, &ledger->store, err);
    }
    enum fb_code code = fb_store_open_memory(&ledger->store, err);
    return code == FB_OK ? fb_ledger_found(ledger->store, options->signer, err) : code;
}

/* The last entry and the checkpoint do not agree, as err says. Reading all of it says where. */
static enum fb_code locate(struct fb_ledger *ledger, struct fb_err *err)
{
    struct fb_ledger_report report;
    struct fb_err found;
    fb_err_init(&found);
    enum fb_code code = fb_ledger_verify(ledger, NULL, NULL, &report, &found);
    if (code == FB_E_CORRUPT || code == FB_E_SIGNATURE) {
        *err = found;
    }
    return err->code;
}

static enum fb_code open_parts(struct fb_ledger *ledger, const char *path,
    const struct fb_ledger_options *options, struct fb_err *err)
{
    enum fb_code code = open_store(ledger, path, options, err);
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
    ledger->reader.get = get_tile;
    ledger->reader.ctx = ledger;
    code = fb_store_begin(ledger->store, FB_STORE_READ, err);
    if (code == FB_OK) {
        code = read_state(ledger, err);
    }
    fb_store_rollback(ledger->store);
    return code == FB_E_CORRUPT || code == FB_E_SIGNATURE ? locate(ledger, err) : code;
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
    fb_buf_init(&ledger->known.note, FB_NOTE_MAX);
    for (size_t i = 0; i < FB_TILE_LEVELS; i++) {
        fb_buf_init(&ledger->tiles[i].bytes, FB_STORE_META_MAX);
    }
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
        fb_buf_release(&ledger->known.note);
        for (size_t i = 0; i < FB_TILE_LEVELS; i++) {
            fb_buf_release(&ledger->tiles[i].bytes);
        }
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

static enum fb_code need_signer(const struct fb_ledger *ledger, struct fb_err *err)
{
    if (ledger->can_sign) {
        return FB_OK;
    }
    fb_err_set(err, FB_E_USAGE, "the ledger was opened without its signing key");
    return fb_err_hint(err, "Only a holder of keys/log.key can append.");
}

static enum fb_code check_batch(
    const struct fb_ledger *ledger, const struct fb_ledger_batch *batch, struct fb_err *err)
{
    enum fb_code code = need_signer(ledger, err);
    if (code != FB_OK) {
        return code;
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

/* Compares what a batch was made for with what is there once those before it are appended. */
static enum fb_code check_state(
    const struct fb_ledger_batch *batch, uint64_t size, fb_time last, struct fb_err *err)
{
    if (batch->expected_size != FB_LEDGER_ANY_SIZE && batch->expected_size != size) {
        fb_err_set(err, FB_E_BUSY,
            "the ledger has %" PRIu64 " entries, not %" PRIu64 ": another command appended", size,
            batch->expected_size);
        return fb_err_hint(err, "Nothing was changed. Run the command again.");
    }
    if (batch->admitted < last) {
        char then[FB_TIME_TEXT], text[FB_TIME_TEXT];
        fb_err_set(err, FB_E_TIME, "cannot admit at %s, after an admission at %s",
            fb_time_format(batch->admitted, text), fb_time_format(last, then));
        return fb_err_hint(err, "Check the clock of this machine.");
    }
    return FB_OK;
}

static enum fb_code append_entries(
    struct fb_ledger *ledger, const struct fb_ledger_batch *batch, struct fb_err *err)
{
    struct fb_edge *edge = &ledger->known.edge;
    struct fb_store_entry rows[FB_TILE_WIDTH];
    struct fb_hash leaves[FB_TILE_WIDTH];
    enum fb_code code = FB_OK;
    for (size_t done = 0; code == FB_OK && done < batch->count;) {
        size_t count = batch->count - done < FB_TILE_WIDTH ? batch->count - done : FB_TILE_WIDTH;
        fb_merkle_leaves(&batch->entries[done], count, leaves);
        for (size_t i = 0; i < count; i++) {
            rows[i] = (struct fb_store_entry){.seq = edge->size + i,
                .admitted = batch->admitted,
                .bytes = batch->entries[done + i]};
            memcpy(rows[i].leaf_hash, leaves[i].bytes, FB_HASH_SIZE);
        }
        code = fb_store_append(ledger->store, rows, count, err);
        for (size_t i = 0; code == FB_OK && i < count; i++) {
            code = fb_edge_add(edge, &leaves[i], put_tile, ledger, err);
        }
        done += count;
    }
    return code;
}

/* Reads what is there, and the edge of its tree unless this process has it: the root is computed
 * from the edge, so that no damaged tile is signed over. */
static enum fb_code load_state(struct fb_ledger *ledger, struct fb_err *err)
{
    struct fb_ledger_known *known = &ledger->known;
    enum fb_code code = read_state(ledger, err);
    if (code != FB_OK || known->has_edge) {
        return code;
    }
    code = fb_edge_load(&ledger->reader, known->size, &known->edge, err);
    if (code == FB_OK) {
        code = last_admitted(ledger, known->size, &known->last_admitted, err);
    }
    if (code != FB_OK) {
        return code;
    }
    struct fb_hash root = fb_edge_root(&known->edge);
    if (!fb_hash_eq(&root, &known->root)) {
        return fb_err_set(
            err, FB_E_CORRUPT, "the ledger's tiles do not have the root of its checkpoint");
    }
    known->has_edge = true;
    return FB_OK;
}

/* Appends those of the requests that are good; what is wrong with one is its own affair, a failure
 * of the store that of all. */
static enum fb_code append_requests(
    struct fb_ledger *ledger, struct fb_ledger_request *requests, size_t count, struct fb_err *err)
{
    const struct fb_edge *edge = &ledger->known.edge;
    fb_time *last = &ledger->known.last_admitted;
    enum fb_code code = FB_OK;
    for (size_t i = 0; code == FB_OK && i < count; i++) {
        struct fb_ledger_request *request = &requests[i];
        if (request->code == FB_OK) {
            request->code = check_state(&request->batch, edge->size, *last, &request->err);
        }
        if (request->code != FB_OK) {
            continue;
        }
        request->first_seq = edge->size;
        code = append_entries(ledger, &request->batch, err);
        *last = request->batch.admitted;
    }
    return code;
}

/* All of an append that happens inside the write transaction; ledger->note is the new checkpoint,
 * if there is one. */
static enum fb_code append_locked(
    struct fb_ledger *ledger, struct fb_ledger_request *requests, size_t count, struct fb_err *err)
{
    struct fb_ledger_known *known = &ledger->known;
    enum fb_code code = load_state(ledger, err);
    uint64_t before = known->size;
    if (code == FB_OK) {
        code = append_requests(ledger, requests, count, err);
    }
    if (code != FB_OK || known->edge.size == before) {
        return code;
    }
    known->size = known->edge.size;
    known->root = fb_edge_root(&known->edge);
    struct fb_checkpoint checkpoint = {.origin = fb_str_of(ledger->signer.verifier.name),
        .size = known->size,
        .root = known->root};
    code =
        fb_ledger_put_checkpoint(ledger->store, &ledger->signer, &checkpoint, &ledger->note, err);
    if (code == FB_OK) {
        fb_buf_clear(&known->note);
        fb_buf_add_str(&known->note, fb_buf_str(&ledger->note));
        code = fb_buf_check(&known->note, "the checkpoint", err);
    }
    return code;
}

/* What each request by itself is refused for, and all of them together. */
static size_t check_requests(
    const struct fb_ledger *ledger, struct fb_ledger_request *requests, size_t count)
{
    size_t good = 0, entries = 0;
    for (size_t i = 0; i < count; i++) {
        struct fb_ledger_request *request = &requests[i];
        FB_ASSERT(request->batch.entries || request->batch.count == 0);
        fb_err_init(&request->err);
        request->code = check_batch(ledger, &request->batch, &request->err);
        if (request->code == FB_OK && request->batch.count > FB_LEDGER_BATCH_MAX - entries) {
            request->code = fb_err_set(&request->err, FB_E_LIMIT,
                "cannot append more than %d entries at once", FB_LEDGER_BATCH_MAX);
        }
        if (request->code == FB_OK) {
            entries += request->batch.count;
            good++;
        }
    }
    return good;
}

enum fb_code fb_ledger_append_all(
    struct fb_ledger *ledger, struct fb_ledger_request *requests, size_t count, struct fb_err *err)
{
    FB_ASSERT(ledger && (requests || count == 0));
    size_t good = check_requests(ledger, requests, count);
    enum fb_code code = FB_OK;
    if (good > 0 && !ledger->is_held) {
        code = fb_store_begin(ledger->store, FB_STORE_WRITE, err);
    }
    if (good > 0 && code == FB_OK) {
        code = append_locked(ledger, requests, count, err);
        if (code == FB_OK) {
            code = fb_store_commit(ledger->store, err);
        }
        if (code != FB_OK) {
            fb_ledger_forget(ledger);
        }
    }
    ledger->is_held = false;
    fb_store_rollback(ledger->store);
    for (size_t i = 0; code != FB_OK && i < count; i++) {
        if (requests[i].code == FB_OK) {
            requests[i].code = code;
            requests[i].err = *err;
        }
    }
    return code;
}

enum fb_code fb_ledger_append(struct fb_ledger *ledger, const struct fb_ledger_batch *batch,
    uint64_t *out_first_seq, struct fb_err *err)
{
    FB_ASSERT(ledger && batch && out_first_seq);
    struct fb_ledger_request request = {.batch = *batch};
    enum fb_code code = fb_ledger_append_all(ledger, &request, 1, err);
    if (code == FB_OK && request.code != FB_OK) {
        *err = request.err;
        code = request.code;
    }
    if (code == FB_OK) {
        *out_first_seq = request.first_seq;
    }
    return code;
}

enum fb_code fb_ledger_hold(struct fb_ledger *ledger, struct fb_err *err)
{
    FB_ASSERT(ledger && !ledger->is_held);
    enum fb_code code = need_signer(ledger, err);
    if (code == FB_OK) {
        code = fb_store_begin(ledger->store, FB_STORE_WRITE, err);
    }
    ledger->is_held = code == FB_OK;
    return code;
}

void fb_ledger_let_go(struct fb_ledger *ledger)
{
    FB_ASSERT(ledger);
    if (ledger->is_held) {
        ledger->is_held = false;
        fb_store_rollback(ledger->store);
    }
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

enum fb_code fb_ledger_check_leaf(const struct fb_store_entry *entry, struct fb_err *err)
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
        code = fb_ledger_check_leaf(&entry, err);
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
    enum fb_code code = fb_ledger_check_leaf(entry, err);
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
    return fb_store_head_get(ledger->store, out, err);
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

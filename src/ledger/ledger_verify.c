/* ledger_verify.c: everything in the store against everything else, and against the signature. */
#include <inttypes.h>
#include <string.h>

#include "base/alloc.h"
#include "base/assert.h"
#include "ledger/ledger_private.h"

/* What was verified so far: its tree, and what is to be said of it. */
struct fb_ledger_audit {
    struct fb_edge edge;
    struct fb_ledger_report report; /* size: entries that were good so far */
    uint64_t expected;              /* so many entries have this root; 0: nobody says so */
    struct fb_hash expected_root;
};

/* Verification as it goes through the entries. */
struct audit {
    struct fb_ledger *ledger;
    struct fb_edge *edge;
    fb_ledger_visit visit;
    void *ctx;
    struct fb_ledger_report report; /* size: entries that were good so far */
    bool has_head;                  /* a checkpoint stands beside the entry before */
    const struct fb_ledger_audit *kept;
};

static enum fb_code bad_entry(
    struct audit *audit, uint64_t seq, const char *what, struct fb_err *err)
{
    audit->report.bad_seq = seq;
    fb_err_set(err, FB_E_CORRUPT, "entry %" PRIu64 " %s", seq, what);
    return fb_err_hint(err, "Restore the ledger from a copy and compare the two.");
}

/* Compares the root of a tile that the entries give with the stored one. */
static enum fb_code audit_tile(
    void *ctx, uint32_t level, uint64_t index, struct fb_str bytes, struct fb_err *err)
{
    struct audit *audit = ctx;
    struct fb_buf *stored = &audit->ledger->reader.scratch;
    FB_ASSERT(bytes.len == FB_TILE_SIZE);
    fb_buf_clear(stored);
    enum fb_code code = fb_store_hashes(
        audit->ledger->store, level + 1, (uint64_t[2]){index, index + 1}, stored, err);
    if (code == FB_OK &&
        memcmp(stored->ptr, audit->edge->peaks[level][0].bytes, FB_HASH_SIZE) == 0) {
        return FB_OK;
    }
    if (code != FB_OK && code != FB_E_CORRUPT && code != FB_E_NOT_FOUND) {
        return code;
    }
    return bad_entry(audit, index * FB_TILE_WIDTH << (FB_TILE_HEIGHT * level),
        "begins a part of the tree that was altered: it does not have its root", err);
}

/* What was seen of the ledger before is what was read now. */
static enum fb_code audit_expected(struct audit *audit, struct fb_err *err)
{
    struct fb_hash root = fb_edge_root(audit->edge);
    if (fb_hash_eq(&root, &audit->kept->expected_root)) {
        return FB_OK;
    }
    fb_err_set(err, FB_E_CORRUPT,
        "the ledger was put back or rewritten: of the first %" PRIu64
        " entries, which were seen before, some differ",
        audit->report.size);
    return fb_err_hint(err, "Find out who replaced it; `flyball log follow` keeps the evidence.");
}

static enum fb_code audit_entry(void *ctx, const struct fb_store_entry *entry, struct fb_err *err)
{
    struct audit *audit = ctx;
    struct fb_ledger_report *report = &audit->report;
    if (entry->seq != report->size) {
        return bad_entry(audit, report->size, "is missing", err);
    }
    if (audit->has_head) {
        return bad_entry(audit, report->size - 1,
            "is not the last one, but has a checkpoint beside it, which the ledger takes away",
            err);
    }
    audit->has_head = entry->has_head;
    if (fb_ledger_check_leaf(entry, err) != FB_OK) {
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
    code = fb_edge_add(audit->edge, &leaf, audit_tile, audit, err);
    return code || report->size != audit->kept->expected ? code : audit_expected(audit, err);
}

static enum fb_code audit_entries(struct audit *audit, struct fb_err *err)
{
    uint64_t rest[2] = {audit->report.size, UINT64_MAX};
    enum fb_code code = fb_store_scan(audit->ledger->store, rest, audit_entry, audit, err);
    if (code == FB_E_CORRUPT && audit->report.bad_seq == FB_LEDGER_ANY_SIZE) {
        audit->report.bad_seq = audit->report.size; /* it could not be read */
    }
    if (code == FB_OK) {
        audit->report.root = fb_edge_root(audit->edge);
    }
    return code;
}

/* Compares what the entries give with what was signed. */
static enum fb_code audit_checkpoint(struct audit *audit, struct fb_err *err)
{
    const struct fb_ledger_known *known = &audit->ledger->known;
    uint64_t size = audit->edge->size;
    if (size != known->size) {
        audit->report.bad_seq = size < known->size ? size : known->size;
        fb_err_set(err, FB_E_CORRUPT,
            "entry %" PRIu64 " %s: the ledger has %" PRIu64
            " entries, but its checkpoint is for %" PRIu64,
            audit->report.bad_seq, size < known->size ? "is missing" : "was not signed", size,
            known->size);
        return fb_err_hint(err, "Restore the ledger from a copy and compare the two.");
    }
    if (!fb_hash_eq(&audit->report.root, &known->root)) {
        fb_err_set(err, FB_E_CORRUPT,
            "the entries do not have the root that the checkpoint was signed over");
        return fb_err_hint(err, "Somebody rewrote entries and hashes alike; compare with a copy.");
    }
    return FB_OK;
}

/* All entries are good, and err says what is wrong with the checkpoint, which stands with the last
 * of them or went away with those that followed. */
static enum fb_code bad_checkpoint(struct audit *audit, struct fb_err *err)
{
    uint64_t size = audit->report.size;
    if (size > 0) {
        audit->report.bad_seq = size - 1;
        fb_err_prefix(err, "entry %" PRIu64 ", the last one, has no good checkpoint", size - 1);
    }
    return fb_err_hint(err, "It was altered, or entries after it were taken away: restore the"
                            " ledger from a copy and compare the two.");
}

/* Inside a transaction: the entries that follow, then the checkpoint over all. */
static enum fb_code audit_rest(struct audit *audit, struct fb_err *err)
{
    struct fb_err of_checkpoint;
    fb_err_init(&of_checkpoint);
    if (audit->report.size == 0) {
        fb_ledger_forget(audit->ledger); /* nothing that was verified before is taken for good */
    }
    /* When the checkpoint does not hold, an entry may still be what was altered: what is found
     * there goes before it. */
    enum fb_code of_head = fb_ledger_read_checkpoint(audit->ledger, &of_checkpoint);
    if (of_head != FB_OK && of_head != FB_E_CORRUPT && of_head != FB_E_SIGNATURE) {
        *err = of_checkpoint;
        return of_head;
    }
    uint64_t before = audit->report.size;
    if (of_head == FB_OK && audit->ledger->known.size < before) {
        fb_err_set(err, FB_E_CORRUPT,
            "the ledger was put back: %" PRIu64
            " entries were verified before, and its checkpoint is for %" PRIu64,
            before, audit->ledger->known.size);
        return fb_err_hint(
            err, "Find out who replaced it; `flyball log follow` keeps the evidence.");
    }
    enum fb_code code = audit_entries(audit, err);
    if (code == FB_OK && of_head == FB_OK) {
        return audit_checkpoint(audit, err);
    }
    if (code == FB_OK) {
        *err = of_checkpoint;
        code = bad_checkpoint(audit, err);
    }
    return code;
}

enum fb_code fb_ledger_audit_new(struct fb_ledger_audit **out, struct fb_err *err)
{
    FB_ASSERT(out);
    struct fb_ledger_audit *kept = fb_alloc(sizeof(*kept));
    if (!kept) {
        return fb_err_set(err, FB_E_NOMEM, "memory ran out while verifying");
    }
    kept->edge.size = kept->expected = 0;
    kept->report = (struct fb_ledger_report){
        .first_admitted = FB_TIME_MIN, .last_admitted = FB_TIME_MIN, .bad_seq = FB_LEDGER_ANY_SIZE};
    *out = kept;
    return FB_OK;
}

void fb_ledger_audit_expect(
    struct fb_ledger_audit *audit, uint64_t size, const struct fb_hash *root)
{
    FB_ASSERT(audit && root && audit->edge.size < size);
    audit->expected = size;
    audit->expected_root = *root;
}

void fb_ledger_audit_free(struct fb_ledger_audit *audit)
{
    fb_free(audit);
}

enum fb_code fb_ledger_verify_on(struct fb_ledger *ledger, struct fb_ledger_audit *kept,
    fb_ledger_visit visit, void *ctx, struct fb_ledger_report *out, struct fb_err *err)
{
    FB_ASSERT(ledger && kept && out);
    FB_ASSERT(!ledger->store->in_transaction);
    FB_ASSERT(kept->edge.size == kept->report.size);
    struct audit audit = {.ledger = ledger,
        .edge = &kept->edge,
        .visit = visit,
        .ctx = ctx,
        .report = kept->report,
        .kept = kept};
    enum fb_code code = fb_store_begin(ledger->store, FB_STORE_READ, err);
    code = code ? code : audit_rest(&audit, err);
    fb_store_rollback(ledger->store);
    if (code == FB_OK) {
        kept->report = audit.report;
    }
    if (code == FB_OK || code == FB_E_CORRUPT || code == FB_E_SIGNATURE) {
        *out = audit.report;
    }
    return code;
}

enum fb_code fb_ledger_verify(struct fb_ledger *ledger, fb_ledger_visit visit, void *ctx,
    struct fb_ledger_report *out, struct fb_err *err)
{
    FB_ASSERT(ledger && out);
    struct fb_ledger_audit *all = NULL;
    enum fb_code code = fb_ledger_audit_new(&all, err);
    code = code ? code : fb_ledger_verify_on(ledger, all, visit, ctx, out, err);
    fb_ledger_audit_free(all);
    return code;
}

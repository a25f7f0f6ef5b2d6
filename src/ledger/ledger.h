/*
 * ledger.h: the append-only log of entries: an RFC 6962 tree, a signed checkpoint, a store.
 *
 * Invariants: sequence numbers have no gap; admission times never fall; the checkpoint that is
 * stored is signed over the root of exactly the entries that are stored. All three hold at every
 * commit, because entries, tiles and checkpoint change in one transaction; a failed append leaves
 * the ledger as it was. Several processes may append: each takes the write transaction, reads the
 * size in it and goes on from there, so that the tree cannot fork.
 *
 * The ledger does not look into entries. docs/LEDGER.md has the format.
 */
#ifndef FB_LEDGER_LEDGER_H
#define FB_LEDGER_LEDGER_H

#include "ledger/checkpoint.h"
#include "ledger/note.h"
#include "store/store.h"

/** Limits of one append; each has a test. */
enum {
    FB_LEDGER_ENTRY_MAX = 65535, /**< bytes of an entry, as C2SP tlog-tiles has it */
    FB_LEDGER_BATCH_MAX = 65536, /**< entries of one append */
};

/** The append's expected size when any will do. */
#define FB_LEDGER_ANY_SIZE UINT64_MAX

struct fb_ledger;

/** An entry of the ledger: seq, admitted, leaf_hash, bytes (borrowed). */
typedef struct fb_store_entry fb_ledger_entry;

/** Called with each entry in order; FB_OK goes on. entry->bytes are valid during the call. */
typedef fb_store_visit fb_ledger_visit;

/** Entries to append together. */
struct fb_ledger_batch {
    const struct fb_str *entries;
    size_t count;           /**< at least 1 */
    fb_time admitted;       /**< of all of them; not before the last admission of the ledger */
    uint64_t expected_size; /**< the size that the entries were checked against, or ANY_SIZE */
};

/** One of several batches that are appended together. */
struct fb_ledger_request {
    struct fb_ledger_batch batch; /**< expected_size counts the batches before it in the row */
    uint64_t first_seq;           /**< out: number of the first entry, when code is FB_OK */
    enum fb_code code;            /**< out: what became of it */
    struct fb_err err;            /**< out: why not, when code is not FB_OK */
};

/** How to open a ledger. */
struct fb_ledger_options {
    const struct fb_note_signer *signer; /**< copied; NULL opens read-only */
    uint32_t busy_ms;                    /**< wait for another writer; 0 means 5,000 */
    uint32_t page_max;                   /**< most pages of the database, 0 for no maximum */
};

/** What verification found. */
struct fb_ledger_report {
    uint64_t size;
    struct fb_hash root;
    fb_time first_admitted; /**< FB_TIME_MIN when the ledger is empty */
    fb_time last_admitted;  /**< FB_TIME_MIN when the ledger is empty */
    uint64_t bad_seq;       /**< on failure: the first wrong entry, or that whose visit failed;
                                 FB_LEDGER_ANY_SIZE when none is */
};

/**
 * Makes an empty ledger at path (its folder exists) whose origin is the signer's name, and stores a
 * signed checkpoint of size 0. The file is made beside its place and renamed when it is whole, so
 * that a crash leaves no ledger or an empty one. E_DUPLICATE when the file, or the log of a ledger
 * that was there, exists; E_FULL, E_IO. On failure nothing is left behind.
 *
 * A path "postgres:FILE" is a ledger in the PostgreSQL database whose connection string is in FILE,
 * "postgres:" alone one whose connection string is in the environment's FLYBALL_POSTGRES. A failure
 * may leave empty tables there, which a later attempt takes.
 */
FB_CHECKED enum fb_code fb_ledger_create(
    const char *path, const struct fb_ledger_options *options, struct fb_err *err);

/**
 * Opens a ledger at a path as for fb_ledger_create. path NULL gives an empty ledger in memory (a
 * signer is needed then). The signer's key must be the ledger's (E_SIGNATURE). The stored
 * checkpoint is verified and its size compared with the entries; fb_ledger_verify does the rest,
 * and says which entry it is when these do not agree (E_CORRUPT, E_SIGNATURE). E_NOT_FOUND,
 * E_CORRUPT, E_VERSION, E_BUSY. Caller frees *out with fb_ledger_close.
 */
FB_CHECKED enum fb_code fb_ledger_open(const char *path, const struct fb_ledger_options *options,
    struct fb_ledger **out, struct fb_err *err);

/** Closes and frees; NULL is allowed. */
void fb_ledger_close(struct fb_ledger *ledger);

/** The origin line, and the key that signs. Borrowed until close. */
struct fb_str fb_ledger_origin(const struct fb_ledger *ledger);
const struct fb_note_verifier *fb_ledger_verifier(const struct fb_ledger *ledger);

/**
 * Appends a batch durably, all or nothing, and stores a signed checkpoint with it. *out_first_seq
 * is the number of the first entry; the others follow. E_LIMIT for a long entry or batch (the
 * message has its index); E_TIME when admitted is before the last admission; E_BUSY when another
 * writer holds the ledger, or when the size is not expected_size; E_FULL, E_IO, E_NOMEM, E_CORRUPT.
 * On any failure the ledger is unchanged.
 */
FB_CHECKED enum fb_code fb_ledger_append(struct fb_ledger *ledger,
    const struct fb_ledger_batch *batch, uint64_t *out_first_seq, struct fb_err *err);

/**
 * Appends several batches in one transaction, with one sync and one checkpoint for all: what
 * clients that append at the same time can share. Each batch has its own outcome in requests[i]:
 * one that is too long, too early or made for another size is refused by itself, and the others are
 * appended in order as if it were not there. When the store fails, all of them fail with its code,
 * which is returned. fb_group (ledger/group.h) does this for threads.
 */
FB_CHECKED enum fb_code fb_ledger_append_all(
    struct fb_ledger *ledger, struct fb_ledger_request *requests, size_t count, struct fb_err *err);

/**
 * Keeps other writers away until the next append, which then cannot find another size than the one
 * that was read, or until fb_ledger_let_go. E_BUSY when another writer does not end in time;
 * E_USAGE without a signing key. Whatever the next append's outcome, the ledger is let go after it.
 */
FB_CHECKED enum fb_code fb_ledger_hold(struct fb_ledger *ledger, struct fb_err *err);

/** Ends what fb_ledger_hold began; nothing happens when the ledger is not held. */
void fb_ledger_let_go(struct fb_ledger *ledger);

/** Number of entries, as it is now (other processes may append). */
FB_CHECKED enum fb_code fb_ledger_size(struct fb_ledger *ledger, uint64_t *out, struct fb_err *err);

/** The last admission time; FB_TIME_MIN when the ledger is empty. */
FB_CHECKED enum fb_code fb_ledger_last_admitted(
    struct fb_ledger *ledger, fb_time *out, struct fb_err *err);

/** Number of entries admitted before t (strictly): the prefix that was known then. */
FB_CHECKED enum fb_code fb_ledger_size_before(
    struct fb_ledger *ledger, fb_time t, uint64_t *out, struct fb_err *err);

/** Reads an entry; its bytes are appended to bytes, at which out->bytes points. E_NOT_FOUND;
 * E_CORRUPT when the bytes do not have their leaf hash. */
FB_CHECKED enum fb_code fb_ledger_read(struct fb_ledger *ledger, uint64_t seq, fb_ledger_entry *out,
    struct fb_buf *bytes, struct fb_err *err);

/** Visits the entries range[0] <= seq < range[1] that exist, in order. Leaf hashes are checked
 * (E_CORRUPT). Stops at the first failure and returns it. visit must not append. */
FB_CHECKED enum fb_code fb_ledger_scan(struct fb_ledger *ledger, const uint64_t range[2],
    fb_ledger_visit visit, void *ctx, struct fb_err *err);

/** The root of the first size entries. E_RANGE when there are fewer. */
FB_CHECKED enum fb_code fb_ledger_root(
    struct fb_ledger *ledger, uint64_t size, struct fb_hash *out, struct fb_err *err);

/** Appends the signed checkpoint, as it is stored now, to out. */
FB_CHECKED enum fb_code fb_ledger_checkpoint(
    struct fb_ledger *ledger, struct fb_buf *out, struct fb_err *err);

/** Appends the first width hashes of a tile (ledger/tiles.h) to out. E_CORRUPT when the tile is
 * missing or has fewer. */
FB_CHECKED enum fb_code fb_ledger_tile(struct fb_ledger *ledger, uint32_t level, uint64_t index,
    uint32_t width, struct fb_buf *out, struct fb_err *err);

/** Proves that entry seq is in the tree of the first size entries. E_RANGE. */
FB_CHECKED enum fb_code fb_ledger_prove_inclusion(struct fb_ledger *ledger, uint64_t seq,
    uint64_t size, struct fb_proof *out, struct fb_err *err);

/** Proves that the first old_size entries are a prefix of the first new_size. E_RANGE. */
FB_CHECKED enum fb_code fb_ledger_prove_consistency(struct fb_ledger *ledger, uint64_t old_size,
    uint64_t new_size, struct fb_proof *out, struct fb_err *err);

/**
 * Verifies everything in one view: each entry against its leaf hash, admission times, every tile,
 * the root and the signature of the checkpoint, and that it stands beside the last entry only.
 * visit (may be NULL) is called with each good entry, so that a caller can check inside it; its
 * failure ends verification. *out is written on success, E_CORRUPT and E_SIGNATURE. E_CORRUPT says
 * which entry is wrong, the first in their order; only when all are good, what is wrong with the
 * checkpoint: E_CORRUPT, or E_SIGNATURE when its signature is.
 */
FB_CHECKED enum fb_code fb_ledger_verify(struct fb_ledger *ledger, fb_ledger_visit visit, void *ctx,
    struct fb_ledger_report *out, struct fb_err *err);

/** What was verified of a ledger, to go on from. */
struct fb_ledger_audit;

/** One of a ledger of which nothing was verified yet. E_NOMEM. Caller frees *out with
 * fb_ledger_audit_free. */
FB_CHECKED enum fb_code fb_ledger_audit_new(struct fb_ledger_audit **out, struct fb_err *err);

/** Says which root the first `size` entries must have, when an audit reads the last of these. Where
 * they have another, that is E_CORRUPT. */
void fb_ledger_audit_expect(
    struct fb_ledger_audit *audit, uint64_t size, const struct fb_hash *root);

/** Frees it; NULL is allowed. */
void fb_ledger_audit_free(struct fb_ledger_audit *audit);

/**
 * As fb_ledger_verify, of what was appended since the last call with the same audit: only that is
 * read and visited. The checkpoint must be signed over what was seen before and this, so that a
 * ledger that was put back, or rewritten behind what is signed now, is E_CORRUPT; an old entry that
 * was altered and not signed anew is not noticed. After any failure the audit is of no use but to
 * be freed.
 */
FB_CHECKED enum fb_code fb_ledger_verify_on(struct fb_ledger *ledger, struct fb_ledger_audit *audit,
    fb_ledger_visit visit, void *ctx, struct fb_ledger_report *out, struct fb_err *err);

#endif

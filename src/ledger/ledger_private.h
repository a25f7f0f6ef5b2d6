/* ledger_private.h: the inside of a ledger, for the files of this room. */
#ifndef FB_LEDGER_LEDGER_PRIVATE_H
#define FB_LEDGER_LEDGER_PRIVATE_H

#include "ledger/ledger.h"
#include "ledger/tiles.h"

/* Name of a value in the store. */
#define FB_LEDGER_VERIFIER_KEY "verifier"

/*
 * What this process verified last: the signed checkpoint, and the edge of its tree, whose root it
 * is. While the store holds the same bytes, neither has to be verified or read again; what a writer
 * signs next is computed from this edge, not from tiles that somebody may have changed since.
 */
struct fb_ledger_known {
    struct fb_buf note; /* empty: nothing is known */
    uint64_t size;
    struct fb_hash root;
    bool has_edge;
    struct fb_edge edge;
    fb_time last_admitted; /* goes with the edge */
};

/* A tile that was read; bytes are empty when there is none. */
struct fb_ledger_tile {
    struct fb_buf bytes;
    uint64_t index;
    uint64_t size; /* of the log when it was read */
};

/* A ledger. */
struct fb_ledger {
    struct fb_store *store;
    struct fb_note_verifier verifier;
    struct fb_note_signer signer; /* when can_sign */
    bool can_sign;
    bool is_held; /* fb_ledger_hold began the transaction that is open */
    struct fb_tile_reader reader;
    struct fb_ledger_tile tiles[FB_TILE_LEVELS]; /* of each level the one that was read last */
    struct fb_buf note;                          /* scratch for the checkpoint that was read */
    struct fb_ledger_known known;
};

/** The file or "" that a path names in PostgreSQL, NULL when it is that of a file of ours. */
const char *fb_ledger_postgres_source(const char *path);

/** Puts key and first checkpoint into an empty store. E_DUPLICATE when it is not. */
FB_CHECKED enum fb_code fb_ledger_found(
    struct fb_store *store, const struct fb_note_signer *signer, struct fb_err *err);

/** Signs a checkpoint, whose origin is the signer's name, and stores it, inside a write
 * transaction. *note is set to its text. */
FB_CHECKED enum fb_code fb_ledger_put_checkpoint(struct fb_store *store,
    const struct fb_note_signer *signer, const struct fb_checkpoint *checkpoint,
    struct fb_buf *note, struct fb_err *err);

/** Forgets what was verified and read: what comes next is read from the store. */
void fb_ledger_forget(struct fb_ledger *ledger);

/** Reads the stored checkpoint, inside a transaction, and verifies it unless it is the known one.
 * On success ledger->known has its size and root. E_CORRUPT, E_SIGNATURE. */
FB_CHECKED enum fb_code fb_ledger_read_checkpoint(struct fb_ledger *ledger, struct fb_err *err);

/** Compares the bytes of an entry with its leaf hash. E_CORRUPT. */
FB_CHECKED enum fb_code fb_ledger_check_leaf(
    const struct fb_store_entry *entry, struct fb_err *err);

#endif

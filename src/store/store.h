/*
 * store.h: one table of operations, several databases behind it.
 *
 * A store keeps numbered entries without gaps, hash tiles and a few named values. It does not know
 * what they mean. All change happens inside one write transaction: what is committed is durable and
 * complete, what is rolled back (or cut short by a crash) leaves no trace. One conformance suite
 * (tests/unit/store) runs on every store.
 *
 *     closed --open--> idle --begin--> reading or writing --commit or rollback--> idle
 *
 * The exception: a server that goes away while it commits may have committed.
 *
 * A store is used by one thread at a time. Several processes may open the same database.
 */
#ifndef FB_STORE_STORE_H
#define FB_STORE_STORE_H

#include "base/buf.h"
#include "base/timestamp.h"
#include "flyball/err.h"

/** Limits and sizes; each limit has a test. */
enum {
    FB_STORE_HASH = 32,         /**< bytes of a hash */
    FB_STORE_ENTRY_MAX = 65535, /**< bytes of an entry */
    FB_STORE_META_MAX = 65535,  /**< bytes of a named value */
    FB_STORE_KEY_MAX = 100,     /**< bytes of the name of a value */
    FB_STORE_HASHES_MAX = 256,  /**< hashes that are read at once */
};

/** One entry. */
struct fb_store_entry {
    uint64_t seq; /**< 0-based, without gaps */
    fb_time admitted;
    uint8_t leaf_hash[FB_STORE_HASH];
    struct fb_str bytes; /**< borrowed */
    bool has_head;       /**< out of a scan: a head stands beside it, as only beside the last */
};

/** One full tile: the root over its 256 hashes. These are the leaf hashes of entries, or the roots
 * of tiles of the level below, so they are not kept a second time. */
struct fb_store_tile {
    uint32_t level; /**< below 64 */
    uint64_t index;
    uint8_t root[FB_STORE_HASH];
};

/** Called with each entry of a scan, whose bytes are valid during the call; FB_OK goes on. It must
 * not change the store. */
typedef enum fb_code (*fb_store_visit)(
    void *ctx, const struct fb_store_entry *entry, struct fb_err *err);

/** Kinds of transaction. */
enum fb_store_mode {
    FB_STORE_READ, /**< one unchanging view */
    FB_STORE_WRITE /**< the only writer from begin on; E_BUSY when another stays in the way */
};

struct fb_store;

/** The operations of one kind of database. Call them through the functions below. */
struct fb_store_ops {
    const char *name;
    void (*close)(struct fb_store *store);
    enum fb_code (*begin)(struct fb_store *store, enum fb_store_mode mode, struct fb_err *err);
    enum fb_code (*commit)(struct fb_store *store, struct fb_err *err);
    void (*rollback)(struct fb_store *store);
    enum fb_code (*count)(struct fb_store *store, uint64_t *out, struct fb_err *err);
    enum fb_code (*append)(struct fb_store *store, const struct fb_store_entry *entries,
        size_t count, struct fb_err *err);
    enum fb_code (*read)(struct fb_store *store, uint64_t seq, struct fb_store_entry *out,
        struct fb_buf *bytes, struct fb_err *err);
    enum fb_code (*scan)(struct fb_store *store, const uint64_t range[2], fb_store_visit visit,
        void *ctx, struct fb_err *err);
    enum fb_code (*hashes)(struct fb_store *store, uint32_t level, const uint64_t range[2],
        struct fb_buf *out, struct fb_err *err);
    enum fb_code (*tile_put)(
        struct fb_store *store, const struct fb_store_tile *tile, struct fb_err *err);
    enum fb_code (*meta_put)(
        struct fb_store *store, const char *key, struct fb_str value, struct fb_err *err);
    enum fb_code (*meta_get)(
        struct fb_store *store, const char *key, struct fb_buf *out, struct fb_err *err);
    /* NULL: the head is the value FB_STORE_HEAD_KEY. */
    enum fb_code (*head_put)(struct fb_store *store, struct fb_str value, struct fb_err *err);
    enum fb_code (*head_get)(struct fb_store *store, struct fb_buf *out, struct fb_err *err);
};

/** The name of the head where it is a named value. */
#define FB_STORE_HEAD_KEY "checkpoint"

/** What every store begins with; a backend's own struct has this as its first member. */
struct fb_store {
    const struct fb_store_ops *ops;
    bool in_transaction;
    bool is_writing;
    bool is_read_only;
};

/** How to open a database. */
struct fb_store_options {
    bool create;       /**< make it; E_DUPLICATE when the file exists */
    bool read_only;    /**< refuse to write */
    uint32_t busy_ms;  /**< how long to wait for another writer; 0 means 5,000 */
    uint32_t page_max; /**< most pages of the file, 0 for no maximum; then E_FULL */
};

/**
 * Opens or makes an SQLite database at path (borrowed during the call). WAL, synchronous=FULL.
 * E_NOT_FOUND, E_DUPLICATE, E_IO; E_CORRUPT when the file is no database of flyball; E_VERSION when
 * a newer version wrote it; E_BUSY. Caller frees *out with fb_store_close.
 */
FB_CHECKED enum fb_code fb_store_open_sqlite(const char *path,
    const struct fb_store_options *options, struct fb_store **out, struct fb_err *err);

/** Removes an SQLite database and the files that SQLite puts beside it; that some are absent is no
 * error. For clean-up: nobody has it open. */
void fb_store_remove_sqlite(const char *path);

/**
 * Opens or makes a ledger's tables in a PostgreSQL database (15 or newer). source is the name of a
 * file with a libpq connection string, or "" for the environment's FLYBALL_POSTGRES; the string is
 * not repeated in any message. Options: page_max is not used. E_USAGE, E_SYNTAX for the string;
 * E_NOT_FOUND when it has no ledger; E_DUPLICATE when create finds one; E_VERSION; E_UNSUPPORTED
 * for a server that does not sync, or a build without libpq; E_BUSY, E_IO. When the server goes
 * away during a commit, the batch is there or not, and the hint says so. Caller frees *out with
 * fb_store_close.
 */
FB_CHECKED enum fb_code fb_store_open_postgres(const char *source,
    const struct fb_store_options *options, struct fb_store **out, struct fb_err *err);

/** Opens an empty store in memory, for tests and what-if questions. E_NOMEM. */
FB_CHECKED enum fb_code fb_store_open_memory(struct fb_store **out, struct fb_err *err);

/** Rolls back what is open and frees the store; NULL is allowed. */
void fb_store_close(struct fb_store *store);

/** Starts a transaction; none is open. E_BUSY; E_USAGE for WRITE on a read-only store. */
FB_CHECKED enum fb_code fb_store_begin(
    struct fb_store *store, enum fb_store_mode mode, struct fb_err *err);

/** Ends the transaction and keeps its changes. On failure everything is rolled back: E_FULL, E_IO,
 * E_BUSY. Either way no transaction is open afterwards. */
FB_CHECKED enum fb_code fb_store_commit(struct fb_store *store, struct fb_err *err);

/** Ends the transaction, if one is open, and undoes its changes. Cannot fail. */
void fb_store_rollback(struct fb_store *store);

/** Number of entries. */
FB_CHECKED enum fb_code fb_store_count(struct fb_store *store, uint64_t *out, struct fb_err *err);

/** Adds entries, the first of which has the number of entries so far as its seq, and which follow
 * each other (E_CORRUPT otherwise), inside a write transaction. E_LIMIT when one is longer than
 * FB_STORE_ENTRY_MAX. After any other failure the transaction can only be rolled back. */
FB_CHECKED enum fb_code fb_store_append(
    struct fb_store *store, const struct fb_store_entry *entries, size_t count, struct fb_err *err);

/** Reads one entry; its bytes are appended to bytes, at which out->bytes then points. bytes may be
 * NULL: out->bytes is empty then. E_NOT_FOUND. */
FB_CHECKED enum fb_code fb_store_read(struct fb_store *store, uint64_t seq,
    struct fb_store_entry *out, struct fb_buf *bytes, struct fb_err *err);

/** Visits the entries range[0] <= seq < range[1] that exist, in order, until visit fails; the
 * result is then visit's. */
FB_CHECKED enum fb_code fb_store_scan(struct fb_store *store, const uint64_t range[2],
    fb_store_visit visit, void *ctx, struct fb_err *err);

/** Appends to out the hashes that a tile of this level is made of: at level 0 the leaf hashes of
 * the entries range[0] <= seq < range[1], above it the roots of the tiles of the level below with
 * such an index; at most FB_STORE_HASHES_MAX. E_NOT_FOUND when one of them does not exist. */
FB_CHECKED enum fb_code fb_store_hashes(struct fb_store *store, uint32_t level,
    const uint64_t range[2], struct fb_buf *out, struct fb_err *err);

/** Sets the root of a tile, replacing an earlier one, inside a write transaction. */
FB_CHECKED enum fb_code fb_store_tile_put(
    struct fb_store *store, const struct fb_store_tile *tile, struct fb_err *err);

/** Sets a named value, inside a write transaction. E_LIMIT when name or value is too long. */
FB_CHECKED enum fb_code fb_store_meta_put(
    struct fb_store *store, const char *key, struct fb_str value, struct fb_err *err);

/** Appends a named value to out. E_NOT_FOUND when there is none. */
FB_CHECKED enum fb_code fb_store_meta_get(
    struct fb_store *store, const char *key, struct fb_buf *out, struct fb_err *err);

/** Sets the head: the one value that changes with every append, after it and inside its write
 * transaction. A database may keep it beside the last entry, so that a commit writes one place; no
 * earlier head is kept, or deleting the last entries would show an older state as if it were whole.
 * E_LIMIT when it is too long. */
FB_CHECKED enum fb_code fb_store_head_put(
    struct fb_store *store, struct fb_str value, struct fb_err *err);

/** Appends the head to out. E_NOT_FOUND when none was set, or the entry that has it is gone. */
FB_CHECKED enum fb_code fb_store_head_get(
    struct fb_store *store, struct fb_buf *out, struct fb_err *err);

/** E_VERSION: the store called name has a form that is not known here. One whose number was altered
 * looks the same, and the hint says so. */
enum fb_code fb_store_form_is_newer(
    const char *name, int64_t version, int known, struct fb_err *err);

#endif

/*
 * docket.h: a folder that holds everything about the systems it governs.
 *
 *     ledger.db          the ledger (docs/LEDGER.md), or
 *     ledger.store       "postgres:FILE", when the ledger is in PostgreSQL
 *     keys/log.key       the key that signs checkpoints
 *     keys/NAME[.pub]    signing keys of the parties that sign here, in OpenSSH's format
 *     cosigned           its checkpoints that witnesses cosigned (ledger/cosigned.h)
 *     blobs/             evaluation logs, safety cases and policies, by SHA-256
 *     index.db           where records are that name something; can be removed, and is made again
 *
 * A docket whose clock is simulated, for examples and tests, says so in its origin, which stands in
 * every checkpoint: it cannot be passed off as a real one.
 */
#ifndef FB_GOVERN_DOCKET_H
#define FB_GOVERN_DOCKET_H

#include "base/clock.h"
#include "base/io.h"
#include "govern/evaluate.h"
#include "govern/retention.h"
#include "ingest/ingest.h"
#include "ledger/ledger.h"
#include "ledger/sha256.h"
#include "record/sshkey.h"

struct fb_docket;

/** Limits; each has a test. */
enum {
    FB_DOCKET_INDEX_MIN = 5000, /**< entries of a ledger from which on it is worth an index */
    FB_DOCKET_FEW_MAX = 200     /**< records that are admitted without reading all others */
};

/** The first party of a new docket, or one that is introduced to it. */
struct fb_docket_party {
    struct fb_str id;      /**< "party/NAME", or NAME */
    struct fb_str title;   /**< its name as people write it */
    struct fb_str role;    /**< a word of the role enumeration of kinds.def */
    struct fb_str country; /**< ISO 3166-1 alpha-2; may be empty */
};

/** How a docket is made. */
struct fb_docket_make {
    struct fb_str name;  /**< becomes the origin, after "simulated/" when simulated */
    bool simulated;      /**< its clock is */
    struct fb_str store; /**< empty: its own ledger.db; or "postgres:FILE" (ledger/ledger.h) */
};

/** How a file is added. */
struct fb_docket_add {
    struct fb_str issuer; /**< "party/NAME" or NAME; empty: the docket's own party */
    struct fb_ingest_options ingest;
    struct fb_str text; /**< what is read in place of the file, whose path stands in errors */
};

/** What an addition did; lives in the arena it was given. */
struct fb_docket_added {
    const char *format;
    struct fb_str *ids;
    size_t count;
    uint64_t first_seq;
    fb_time admitted;
};

/** What verification covered. */
struct fb_docket_report {
    struct fb_ledger_report ledger;
    uint64_t signatures;    /**< verified */
    uint64_t ids;           /**< found to be unique; 0 unless it was FULL */
    uint64_t blobs;         /**< present, with the right digest */
    uint64_t blobs_erased;  /**< not here, and a record of kind erasure says so */
    uint64_t blobs_missing; /**< not here: not copied with the docket, or lost */
};

/** Makes a docket in a folder that does not exist or is empty, with keys for the log and for its
 * first party, and files that party and its key. E_DUPLICATE when a docket is there, or a ledger in
 * that database. When it was cut short, making it again goes on. */
FB_CHECKED enum fb_code fb_docket_init(const char *path, const struct fb_docket_make *make,
    const struct fb_docket_party *party, const struct fb_clock *clock, struct fb_err *err);

/** True when the folder holds a docket, whole or not. */
bool fb_docket_is_there(const char *path);

/** Opens a docket. The clock is copied; a real docket refuses a simulated one (is_simulated_clock).
 * E_NOT_FOUND with a hint, E_CORRUPT, E_VERSION. Caller frees with fb_docket_close. */
FB_CHECKED enum fb_code fb_docket_open(const char *path, const struct fb_clock *clock,
    bool is_simulated_clock, struct fb_docket **out, struct fb_err *err);

/** Brings the index of a docket up to what its ledger has, which whatever appends does by itself;
 * makes it where the ledger has FB_DOCKET_INDEX_MIN entries, or for any_size. *out_size: how many
 * it covers, 0: there is none. E_BUSY, E_IO, E_FULL, and what reading the ledger gives. */
FB_CHECKED enum fb_code fb_docket_index(
    struct fb_docket *docket, bool any_size, uint64_t *out_size, struct fb_err *err);

/** Compares the index, where there is one, with the first entries of the ledger: it must say where
 * they are and nothing else. *out_size is how many it covers, 0: there is none. E_CORRUPT. */
FB_CHECKED enum fb_code fb_docket_index_verify(
    struct fb_docket *docket, uint64_t *out_size, struct fb_err *err);

/** The same to add to it: with an index only those records are read that the admission of what is
 * added rests on, all of them where something is refused. Only fb_docket_add_file is for such a
 * docket. */
FB_CHECKED enum fb_code fb_docket_open_to_add(const char *path, const struct fb_clock *clock,
    bool is_simulated_clock, struct fb_docket **out, struct fb_err *err);

/** The same without its records, for what the ledger itself answers: memory does not grow with it.
 * fb_docket_registry is empty then, and of what follows only fb_docket_ledger, fb_docket_cosigned,
 * fb_docket_verify, fb_docket_each, fb_docket_find and fb_docket_keys are for such a docket. */
FB_CHECKED enum fb_code fb_docket_open_log(const char *path, const struct fb_clock *clock,
    bool is_simulated_clock, struct fb_docket **out, struct fb_err *err);

/** What of a docket was verified before: so many entries, and their root. */
struct fb_docket_seen {
    uint64_t entries;
    struct fb_hash root;
};

/**
 * Opens a docket to be asked only, over and over, and verifies tree, checkpoint, form, times, role
 * and signatures of every record and the digest of every blob that is here, as fb_docket_verify
 * does, and that ids are unique, references lead somewhere and the texts of policies are here.
 * fb_docket_ask without an instant then answers from the records that were verified up to the last
 * fb_docket_renew. Keys are not read, and nothing can be added. Of the entries of `seen` (NULL:
 * none) form, tree and root are verified, and what was verified of them before is not: signatures,
 * roles, blobs but the texts of policies. E_CORRUPT, E_SIGNATURE, E_NOT_FOUND and what
 * fb_docket_open gives.
 */
FB_CHECKED enum fb_code fb_docket_open_verified(const char *path, const struct fb_clock *clock,
    bool is_simulated_clock, const struct fb_docket_seen *seen, struct fb_docket **out,
    struct fb_err *err);

/** Opens the ledger that is in the docket's folder now and verifies in the same way what was
 * appended since; after a second, the texts of policies too. E_CORRUPT or E_SIGNATURE when it does
 * not go on from what was seen, something of that is gone, or another key signs. Nothing may be
 * asked then until a renewal goes well; when fb_docket_is_spent says so, none can any more. */
FB_CHECKED enum fb_code fb_docket_renew(struct fb_docket *docket, struct fb_err *err);

/** True when a renewal failed in the midst of new records: the docket is to be closed. */
bool fb_docket_is_spent(const struct fb_docket *docket);

/** Closes and frees; NULL is allowed. */
void fb_docket_close(struct fb_docket *docket);

/** True when the docket's clock is simulated. */
bool fb_docket_simulated(const struct fb_docket *docket);

/** The records of the docket; borrowed until the next addition. */
const struct fb_registry *fb_docket_registry(const struct fb_docket *docket);

/** The root of the records of a docket that is verified. */
void fb_docket_root(const struct fb_docket *docket, struct fb_hash *out);

/** The ledger; borrowed. */
struct fb_ledger *fb_docket_ledger(struct fb_docket *docket);

/** The file of cosigned checkpoints, which may be missing; borrowed. */
const char *fb_docket_cosigned(const struct fb_docket *docket);

/** Makes a signing key for a new party and files the party and the key, signed by the docket's own
 * party. E_DUPLICATE, E_ROLE. */
FB_CHECKED enum fb_code fb_docket_introduce(
    struct fb_docket *docket, const struct fb_docket_party *party, struct fb_err *err);

/**
 * Reads a file, completes and signs its drafts as issuer, and appends all of them or none. When
 * FILE.sig stands beside a single statement, the file's exact bytes are filed with that signature.
 * On any failure the ledger is unchanged.
 */
FB_CHECKED enum fb_code fb_docket_add_file(struct fb_docket *docket, const char *path,
    const struct fb_docket_add *options, struct fb_arena *arena, struct fb_docket_added *out,
    struct fb_err *err);

/** Who signs a file, and how. */
struct fb_docket_sign {
    struct fb_str signer; /**< "party/NAME" or NAME, whose key the docket holds; empty: its own */
    const char *key_file; /**< a private key elsewhere, in place of the signer's; NULL: none */
    bool write;           /**< put a draft into canonical form first, in its file */
};

/** What signing a file led to. */
struct fb_docket_signed {
    size_t count;          /**< signatures beside the file now */
    struct fb_err refusal; /**< why admission would refuse the statement now, for another reason
                              than that signatures are missing; code FB_OK: it would not */
};

/**
 * Signs the statement of a file and puts the signature into FILE.sig, behind those that are there:
 * *out says how many. E_SYNTAX for a draft that is not canonical (unless write),
 * E_SIGNATURE when a signature in there does not fit the file, E_DUPLICATE when the key has signed,
 * E_LIMIT beyond FB_ENTRY_SIGNATURES_MAX, E_NOT_FOUND and E_UNSUPPORTED of the key, E_MISMATCH for
 * a statement that is for another docket. One that write makes canonical is for this docket only.
 */
FB_CHECKED enum fb_code fb_docket_sign_file(struct fb_docket *docket, const char *path,
    const struct fb_docket_sign *options, struct fb_docket_signed *out, struct fb_err *err);

/** Appends a signature of a record's statement to out. write is not read. */
FB_CHECKED enum fb_code fb_docket_sign_statement(struct fb_docket *docket,
    const struct fb_record *record, const struct fb_docket_sign *options, struct fb_buf *out,
    struct fb_err *err);

/** The id of the docket's own party, in arena. */
FB_CHECKED enum fb_code fb_docket_self(
    struct fb_docket *docket, struct fb_arena *arena, struct fb_str *out, struct fb_err *err);

/** Signs a text that is no record, as a certificate, with the key of the docket's own party and
 * appends the armored signature. E_NOT_FOUND when the docket holds no key of it. */
FB_CHECKED enum fb_code fb_docket_sign_text(struct fb_docket *docket, const char *namespace_text,
    struct fb_str text, struct fb_buf *out, struct fb_err *err);

/** What becomes of a party's key. Begin with FB_DOCKET_KEY_CHANGE. */
struct fb_docket_key_change {
    struct fb_str party;         /**< the holder, "party/NAME" or NAME */
    const struct fb_sshkey *key; /**< the public key that is declared */
    struct fb_str issuer;     /**< empty: the holder where the docket has its key, or its keeper */
    struct fb_str supersedes; /**< a record of the key that it replaces or revokes, or of one that
                                 replaced that: the last of the chain is superseded; may be empty */
    fb_time valid_from;       /**< FB_TIME_MIN: not stated */
    fb_time valid_until;      /**< FB_TIME_MAX: not stated */
    fb_time revoked;          /**< FB_TIME_MAX: it is not revoked */
    struct fb_str reason;     /**< a word of key_reason; may be empty */
};

#define FB_DOCKET_KEY_CHANGE                                                                       \
    ((struct fb_docket_key_change){                                                                \
        .valid_from = FB_TIME_MIN, .valid_until = FB_TIME_MAX, .revoked = FB_TIME_MAX})

/** Files the record of a key. Of *out only first_seq and admitted are written. Errors as of
 * fb_registry_check. */
FB_CHECKED enum fb_code fb_docket_change_key(struct fb_docket *docket,
    const struct fb_docket_key_change *change, struct fb_docket_added *out, struct fb_err *err);

/** Makes a party a new key in place of the one that it signs with in this docket, and files the
 * change, signed by the old one. The old files stay as NAME~1, NAME~2 and so on. When the last step
 * fails, the new key is in NAME~new, and the message says so. */
FB_CHECKED enum fb_code fb_docket_rotate_key(
    struct fb_docket *docket, struct fb_str name, struct fb_docket_added *out, struct fb_err *err);

/** Bytes of a digest as text: "sha256:", 64 digits, NUL. */
enum { FB_DOCKET_DIGEST_TEXT = 72 };

/** Reads a digest, with or without "sha256:" before it; false when it is none. */
bool fb_docket_digest(struct fb_str text, uint8_t out[FB_SHA256_SIZE]);

/** Writes a digest as records have it. Returns out. */
const char *fb_docket_digest_text(
    const uint8_t digest[FB_SHA256_SIZE], char out[FB_DOCKET_DIGEST_TEXT]);

/** A blob that records name. */
struct fb_docket_blob {
    struct fb_str digest;
    const struct fb_record *record; /**< the first that names it; NULL: only an erasure does */
    const char *field;              /**< and in which field */
    bool present;
    uint64_t bytes;                  /**< when it is present */
    const struct fb_record *erasure; /**< NULL: it was not erased */
    struct fb_retention kept;        /**< until when it must be kept, and why */
};

/** Every blob that a record names, in the order of the records. Lives in arena. With a picture of
 * this docket `kept` is filled; without one (NULL) it says that nothing keeps them. */
FB_CHECKED enum fb_code fb_docket_blobs(struct fb_docket *docket, const struct fb_picture *picture,
    struct fb_arena *arena, struct fb_docket_blob **out, size_t *out_count, struct fb_err *err);

/** The record that says that a blob was erased; NULL: it was not, or only under a key that was
 * revoked from before that on. */
const struct fb_record *fb_docket_erasure(
    const struct fb_docket *docket, const uint8_t digest[FB_SHA256_SIZE]);

/** Keeps a file by its digest. E_REFERENCE for what was erased: it does not come back. */
FB_CHECKED enum fb_code fb_docket_blob_add(struct fb_docket *docket, const char *path,
    uint8_t out_digest[FB_SHA256_SIZE], uint64_t *out_size, struct fb_err *err);

/** Hands a blob, whose digest is checked first, to piece. E_NOT_FOUND, E_CORRUPT. */
FB_CHECKED enum fb_code fb_docket_blob_get(struct fb_docket *docket,
    const uint8_t digest[FB_SHA256_SIZE], fb_io_piece piece, void *ctx, struct fb_err *err);

/** Why a blob is erased, and by whom. */
struct fb_docket_erasure {
    struct fb_str issuer; /**< empty: the docket's own party */
    struct fb_str reason;
    struct fb_str basis;   /**< may be empty */
    struct fb_str despite; /**< why before the time until which it must be kept; may be empty */
    struct fb_str order; /**< id of somebody else's order or decision that asks for it, or empty */
};

/** Files the erasure of a blob, signed, and takes it away. The records that name it stay: verdicts
 * follow from what they say. Of *out only first_seq and admitted are written. E_NOT_FOUND;
 * E_REFERENCE for the text of a policy, which verdicts are computed from, for an order that is
 * none, and for what must still be kept (govern/retention.h) when neither `despite` nor `order`
 * says why it goes all the same. */
FB_CHECKED enum fb_code fb_docket_blob_erase(struct fb_docket *docket,
    const uint8_t digest[FB_SHA256_SIZE], const struct fb_docket_erasure *options,
    struct fb_docket_added *out, struct fb_err *err);

/** A review of a safety case, or of a part of it. */
struct fb_docket_review {
    struct fb_str issuer;  /**< empty: the docket's own party */
    struct fb_str about;   /**< id of the case's record */
    struct fb_str element; /**< the part; empty: all of it */
    struct fb_str part;    /**< digest of the part, as text; empty with element */
    struct fb_str finding; /**< upheld, rejected or inconclusive */
    struct fb_str reasons;
};

/** Files a review. Of *out only first_seq and admitted are written. Errors as of
 * fb_registry_check. */
FB_CHECKED enum fb_code fb_docket_review_case(struct fb_docket *docket,
    const struct fb_docket_review *review, struct fb_docket_added *out, struct fb_err *err);

/** What a docket is asked for. */
struct fb_docket_question {
    fb_time as_of; /**< FB_TIME_MAX: now; else what was known before this instant */
    fb_time known; /**< if not 0: at the instant as_of, but with what was admitted before `known` */
    bool naive;    /**< by the naive evaluator, as an oracle */
    struct fb_str about;   /**< only what concerns this system; see fb_govern_input */
    bool brief;            /**< without most reasons; see fb_govern_input */
    bool is_signed;        /**< what it says will be: an index is read through for damage first */
    struct fb_str verdict; /**< of fb_docket_open_asked, where out_verdict is not NULL: a name by
                                which fb_picture_find finds it; `about` is not given then */
    bool is_told_whole;    /**< what corrections changed of it is asked next */
    struct fb_verdict *out_verdict;
};

/** What the clock says, or the last admission where that is later. */
fb_time fb_docket_now(const struct fb_docket *docket);

/** The picture now (as_of FB_TIME_MAX), or what was known before an instant, as it looked then. Now
 * is what the clock says, or the last admission where that is later. The picture lives in arena and
 * borrows from the docket until its next call. */
FB_CHECKED enum fb_code fb_docket_ask(struct fb_docket *docket,
    const struct fb_docket_question *question, struct fb_arena *arena, struct fb_picture *out,
    struct fb_err *err);

/** Opens a docket and answers a question about one system, as fb_docket_open and fb_docket_ask do
 * it. Where the docket has an index it reads only the records that the answer rests on (then
 * fb_docket_is_excerpt): of those alone fb_docket_registry is, nothing can be added or asked
 * further, and picture->correction_count is not known: 0 where there is none, else 1. out_docket is
 * written when the docket was opened, also where the answer is an error. */
FB_CHECKED enum fb_code fb_docket_open_asked(const char *path, const struct fb_clock *clock,
    bool is_simulated_clock, const struct fb_docket_question *question, struct fb_arena *arena,
    struct fb_docket **out_docket, struct fb_picture *out, struct fb_err *err);

/** True when only the records of one answer were read. */
bool fb_docket_is_excerpt(const struct fb_docket *docket);

/** The same with every reason. */
FB_CHECKED enum fb_code fb_docket_evaluate(struct fb_docket *docket, fb_time as_of,
    struct fb_arena *arena, struct fb_picture *out, struct fb_err *err);

/** Called with each record in turn; FB_OK goes on. The record is valid during the call. */
typedef enum fb_code (*fb_docket_visit)(
    void *ctx, const struct fb_record *record, struct fb_err *err);

/** The keys of the docket and what they rest on, read through without the other records: memory
 * grows with those alone. Caller frees *out with fb_registry_free. */
FB_CHECKED enum fb_code fb_docket_keys(
    struct fb_docket *docket, struct fb_registry **out, struct fb_err *err);

/** Visits the records range[0] <= seq < range[1] that exist, in order, a few in memory at a time.
 */
FB_CHECKED enum fb_code fb_docket_each(struct fb_docket *docket, const uint64_t range[2],
    fb_docket_visit visit, void *ctx, struct fb_err *err);

/** The number of the record with this id, or with this number ("7" or "#7"), found by reading the
 * ledger through. E_NOT_FOUND. */
FB_CHECKED enum fb_code fb_docket_find(
    struct fb_docket *docket, struct fb_str name, uint64_t *out_seq, struct fb_err *err);

/** How thoroughly a docket is verified. */
enum fb_docket_depth {
    FB_DOCKET_EACH, /**< each entry by itself and against what authority rests on */
    FB_DOCKET_FULL, /**< and that ids are unique, references lead somewhere, corrections form lines
                     */
};

/**
 * Verifies tree and checkpoint, form, times, role and signatures of every record again from the
 * first on (fb_registry_pass), and the digest of every blob that is there. Memory does not grow
 * with the log, but with its parties, keys, systems, grants, licences, orders and erasures. FULL
 * reads the ledger once more for each 200,000 entries.
 */
FB_CHECKED enum fb_code fb_docket_verify(struct fb_docket *docket, enum fb_docket_depth depth,
    struct fb_docket_report *out, struct fb_err *err);

#endif

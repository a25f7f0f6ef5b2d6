/* docket_private.h: the inside of a docket, for the files of this room. */
#ifndef FB_GOVERN_DOCKET_PRIVATE_H
#define FB_GOVERN_DOCKET_PRIVATE_H

#include "govern/docket.h"
#include "govern/evaluate.h"
#include "record/sshkey.h"

enum { FB_DOCKET_PATH_MAX = 4096 };

/* The word that a simulated docket's origin begins with. */
#define FB_DOCKET_SIMULATED "simulated/"

/* A docket. */
struct fb_docket {
    char path[FB_DOCKET_PATH_MAX];
    char blobs[FB_DOCKET_PATH_MAX];
    char cosigned[FB_DOCKET_PATH_MAX];
    struct fb_clock clock;
    struct fb_ledger *ledger;
    struct fb_ledger_audit *audit;    /* of what was read, when all of it is verified; or NULL */
    struct fb_hash verified;          /* the root of what the audit saw */
    uint64_t known;                   /* entries that were verified before it was opened */
    struct fb_note_verifier verifier; /* of the ledger that was verified */
    char store[FB_DOCKET_PATH_MAX];   /* where that is: fb_docket_store */
    int64_t policies_ns;              /* when the texts of policies were looked at last */
    bool is_spent;                    /* reading on failed in its midst */
    struct fb_registry *registry;     /* all records */
    struct fb_registry *prefix;       /* those of the last as-of question, or NULL */
    struct fb_resident *then;         /* of these; NULL before a question about a system */
    struct fb_resident
        *resident;              /* of all records; NULL before the first question about a system */
    struct fb_excerpt *excerpt; /* what its records are of; NULL: all of them are there */
    bool is_behind;             /* something was filed since the excerpt was made */
    bool is_settled;            /* the last try over it looked for nothing that is not there */
    bool is_refused;            /* what was filed last was, out of the excerpt, as by all records */
    size_t counted;             /* records that were looked at for corrections, */
    uint64_t corrections;       /* and how many are */
};

/* A statement to file, and who signs it. Slices are borrowed. */
struct fb_filing {
    struct fb_str statement;
    struct fb_str kind;
    struct fb_str issuer;
    struct fb_str signatures[FB_ENTRY_SIGNATURES_MAX]; /* armored */
    size_t signature_count;                            /* 0: one is to be made */
    struct fb_str place;                               /* where it comes from, for errors */
};

/** Writes DOCKET/FOLDER/NAME, or E_LIMIT. */
FB_CHECKED enum fb_code fb_docket_path(const char *docket, const char *folder, struct fb_str name,
    char out[FB_DOCKET_PATH_MAX], struct fb_err *err);

/** The id of a party from what a person wrote: "aurora" and "party/aurora" are the same. */
FB_CHECKED enum fb_code fb_docket_party_id(struct fb_docket *docket, struct fb_str name,
    struct fb_arena *arena, struct fb_str *out, struct fb_err *err);

/** Reads the signing key of a party from the docket's keys. Wipe it after use. E_NOT_FOUND with a
 * hint. */
FB_CHECKED enum fb_code fb_docket_key(const struct fb_docket *docket, struct fb_str party,
    struct fb_sshkey_secret *out, struct fb_err *err);

/** The path of a party's key within the docket, whether or not it is there. */
FB_CHECKED enum fb_code fb_docket_key_path(
    const char *docket, struct fb_str party, char out[FB_DOCKET_PATH_MAX], struct fb_err *err);

/** Appends the canonical statement, for this docket, of a draft that was just written. */
FB_CHECKED enum fb_code fb_docket_canonical(const struct fb_docket *docket,
    const struct fb_buf *draft, struct fb_str issuer, struct fb_buf *out, struct fb_err *err);

/** An empty registry of the records of a ledger. */
FB_CHECKED enum fb_code fb_docket_registry_new(
    const struct fb_ledger *ledger, struct fb_registry **out, struct fb_err *err);

/** What the drafts of a docket may leave out. issuer is borrowed. */
struct fb_record_fill fb_docket_fill(const struct fb_docket *docket, struct fb_str issuer);

/** Takes away again a blob that was just put, and answers E_REFERENCE, when it had been erased. */
FB_CHECKED enum fb_code fb_docket_refuse_erased(
    struct fb_docket *docket, const uint8_t digest[FB_SHA256_SIZE], struct fb_err *err);

/** Signs, checks and appends all filings, or none. *out_first and *out_admitted say where. */
FB_CHECKED enum fb_code fb_docket_file(struct fb_docket *docket, const struct fb_filing *filings,
    size_t count, struct fb_docket_added *out, struct fb_err *err);

/** Where the ledger of a docket is: a path for fb_ledger_open. E_NOT_FOUND when there is no docket;
 * E_SYNTAX for a malformed ledger.store. */
FB_CHECKED enum fb_code fb_docket_store(
    const char *path, char out[FB_DOCKET_PATH_MAX], struct fb_err *err);

/** Where that of a new docket shall be: in its ledger.db when wanted is empty, or "postgres:FILE",
 * with the whole path of the file. E_USAGE; E_NOT_FOUND for the file. */
FB_CHECKED enum fb_code fb_docket_store_of(
    const char *path, struct fb_str wanted, char out[FB_DOCKET_PATH_MAX], struct fb_err *err);

/** Writes ledger.store, which says that the ledger is in PostgreSQL. */
FB_CHECKED enum fb_code fb_docket_store_write(
    const char *path, const char *store, struct fb_err *err);

/** Removes ledger.store, if it is there. */
void fb_docket_store_remove(const char *path);

/** Reads the records that the ledger has and the registry has not. */
FB_CHECKED enum fb_code fb_docket_catch_up(struct fb_docket *docket, struct fb_err *err);

/** Opens a docket, with an empty registry; where it is only asked, without the key of its log. */
FB_CHECKED enum fb_code fb_docket_begin(const char *path, const struct fb_clock *clock,
    bool is_simulated_clock, bool is_only_asked, struct fb_docket **out, struct fb_err *err);

/** Checks the digest of every blob that a record names and that is here. E_CORRUPT. */
FB_CHECKED enum fb_code fb_docket_check_blobs(
    struct fb_docket *docket, const struct fb_record *record, struct fb_err *err);

/** Readies a docket that was opened to be added to for the admission of so many records: with more
 * than FB_DOCKET_FEW_MAX all records are read. */
FB_CHECKED enum fb_code fb_docket_ready(struct fb_docket *docket, size_t count, struct fb_err *err);

/** Sees to it that the registry has all records of a kind in whose field a value stands, also where
 * only some records were read. What was borrowed from it lasts. */
FB_CHECKED enum fb_code fb_docket_need(struct fb_docket *docket, enum fb_kind kind,
    const char *field, struct fb_str value, struct fb_err *err);

/** What is tried over the registry of a docket; it may change that. */
typedef enum fb_code (*fb_docket_attempt)(void *ctx, struct fb_err *err);

/** Tries something over more and more records of an excerpt, until it looks for none that is not
 * there (docket->is_settled); what it ends with then is what it ends with over all records. After
 * an error the registry is again that of the excerpt. */
FB_CHECKED enum fb_code fb_docket_try(
    struct fb_docket *docket, fb_docket_attempt attempt, void *ctx, struct fb_err *err);

/** Reads all records again. */
FB_CHECKED enum fb_code fb_docket_reload(struct fb_docket *docket, struct fb_err *err);

#endif

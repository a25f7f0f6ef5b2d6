/*
 * witness.h: a witness of other people's logs (C2SP tlog-witness): its key, its logs, its memory.
 *
 * The memory is a store of its own. Its entries are the journal of logs that were added and
 * dropped; a named value for each origin is the latest checkpoint that was cosigned, with our
 * cosignature in it, so that a memory that was altered does not verify.
 *
 *     request --verify, no lock--> write transaction: latest -> decide -> keep --commit--> answer
 *
 * A cosignature leaves only after the commit, and no other process is in between: so no two
 * checkpoints are ever cosigned of which the later does not continue the earlier, whoever asks
 * whenever, and wherever the machine stops. A memory that was lost must not be made anew for the
 * same key.
 */
#ifndef FB_LEDGER_WITNESS_H
#define FB_LEDGER_WITNESS_H

#include "base/clock.h"
#include "ledger/addcheckpoint.h"

/** Limits of a witness; each has a test. */
enum {
    FB_WITNESS_LOGS_MAX = 10000,    /**< logs, the dropped ones too */
    FB_WITNESS_KEYS_MAX = 8,        /**< keys of one log */
    FB_WITNESS_ORIGIN_MAX = 1024,   /**< bytes of an origin */
    FB_WITNESS_JOURNAL_MAX = 65536, /**< additions and drops */
    FB_WITNESS_HASH_TEXT = 65,      /**< bytes of the hash of an origin in hex, the NUL included */
};

struct fb_witness;

/** A log as the witness knows it. Borrowed until the next call. */
struct fb_witness_log {
    struct fb_str origin;
    const struct fb_note_verifier *keys;
    size_t key_count;
    bool is_cosigned; /**< a checkpoint was cosigned; else what follows is zero */
    uint64_t size;    /**< of the latest cosigned checkpoint */
    uint64_t at_s;    /**< when, in seconds since 1970 */
    char hash[FB_WITNESS_HASH_TEXT];
    bool is_forked; /**< the log signed two roots for one size: fb_witness_fork has the second */
};

/** Called with each log in the order in which they were added; FB_OK goes on. */
typedef enum fb_code (*fb_witness_visit)(
    void *ctx, const struct fb_witness_log *log, struct fb_err *err);

/** What a witness answers. The owner initialises body with fb_witness_answer_init. */
struct fb_witness_answer {
    unsigned status;          /**< of HTTP */
    const char *content_type; /**< static */
    struct fb_buf body;
    char about[320]; /**< what was asked, for people: the origin and both sizes; may be empty */
};

/** Starts an answer, and ends it. */
void fb_witness_answer_init(struct fb_witness_answer *answer);
void fb_witness_answer_release(struct fb_witness_answer *answer);

/** Makes the memory of a new witness in a file that does not exist. signer is a cosigner.
 * E_DUPLICATE, E_FULL, E_IO. */
FB_CHECKED enum fb_code fb_witness_create(
    const char *path, const struct fb_note_signer *signer, struct fb_err *err);

/** Opens a witness. signer and clock are copied. E_NOT_FOUND; E_SIGNATURE when the memory is of
 * another key; E_CORRUPT, E_VERSION, E_BUSY. Caller frees *out with fb_witness_close. */
FB_CHECKED enum fb_code fb_witness_open(const char *path, const struct fb_note_signer *signer,
    const struct fb_clock *clock, struct fb_witness **out, struct fb_err *err);

/** Closes and frees; NULL is allowed. */
void fb_witness_close(struct fb_witness *witness);

/** Believes a key for an origin from now on. E_DUPLICATE, E_LIMIT, E_SYNTAX for the origin;
 * E_UNSUPPORTED when it is no key that logs sign with. */
FB_CHECKED enum fb_code fb_witness_add_log(struct fb_witness *witness, struct fb_str origin,
    const struct fb_note_verifier *key, struct fb_err *err);

/** Believes a key no more. What was cosigned is remembered all the same. E_NOT_FOUND. */
FB_CHECKED enum fb_code fb_witness_drop_log(struct fb_witness *witness, struct fb_str origin,
    const struct fb_note_verifier *key, struct fb_err *err);

/** Visits the logs that have a key. */
FB_CHECKED enum fb_code fb_witness_each(
    struct fb_witness *witness, fb_witness_visit visit, void *ctx, struct fb_err *err);

/**
 * Answers add-checkpoint: whatever the request is, out has a status of the specification and a
 * body, and FB_OK is returned. When it is 200 the new checkpoint is on the disk. Only when this
 * machine fails is an error returned and out not to be used: E_NOMEM, E_IO, E_FULL, E_BUSY, and
 * E_CORRUPT when the memory does not verify; nothing was cosigned then.
 */
FB_CHECKED enum fb_code fb_witness_add_checkpoint(struct fb_witness *witness, struct fb_str request,
    struct fb_witness_answer *out, struct fb_err *err);

/** Appends the latest cosigned checkpoint of the origin whose SHA-256 this is, in 64 lower-case
 * hex digits: with the log's signature and ours. E_NOT_FOUND. */
FB_CHECKED enum fb_code fb_witness_latest(
    struct fb_witness *witness, struct fb_str hash, struct fb_buf *out, struct fb_err *err);

/** Appends the first checkpoint that the log signed with the size but not the root of one that was
 * cosigned. Both together are proof. E_NOT_FOUND. */
FB_CHECKED enum fb_code fb_witness_fork(
    struct fb_witness *witness, struct fb_str hash, struct fb_buf *out, struct fb_err *err);

#endif

/*
 * registry.h: all records of a ledger prefix, in memory, and the admission of new ones.
 *
 * The registry is a pure function of the entries fed to it in order. It knows which record
 * supersedes which, which party holds which key when, and refuses what may not enter: a duplicate
 * id, a dangling reference, a signature that does not verify or whose key is not the issuer's, a
 * supersession of another kind or subject, a time in the future.
 */
#ifndef FB_RECORD_REGISTRY_H
#define FB_RECORD_REGISTRY_H

#include "record/entry.h"
#include "record/record.h"
#include "record/sshkey.h"

struct fb_registry;

/** How far the `at` of a record may lie after its admission: clocks differ. */
#define FB_ADMISSION_SKEW FB_MINUTE

/** Most records of a registry. */
#define FB_REGISTRY_RECORDS_MAX ((size_t)50 * 1000 * 1000)

/** An empty registry. */
FB_CHECKED enum fb_code fb_registry_new(struct fb_registry **out, struct fb_err *err);

/** Frees it with all its records; NULL is allowed. */
void fb_registry_free(struct fb_registry *registry);

/** Says which ledger the records are of: a statement that names another docket is refused. Without
 * this none is. E_NOMEM. */
FB_CHECKED enum fb_code fb_registry_origin(
    struct fb_registry *registry, struct fb_str origin, struct fb_err *err);

/** Lowers the number of records that it may hold, which is FB_REGISTRY_RECORDS_MAX at first. */
void fb_registry_limit(struct fb_registry *registry, size_t max);

/**
 * Checks an entry against all that is there, without changing anything: what admission answers.
 * Each refusal has the JSON path of what is at fault and a hint:
 *
 * - the statement: as fb_record_parse;
 * - E_DUPLICATE: the id, or the public key of a `key` record, exists already;
 * - E_TIME: `at` is later than FB_ADMISSION_SKEW after the admission, or another time of what
 * happened is after it, or the admission is
 * before that of the record before;
 * - E_REFERENCE: issuer, subject, superseded record or a reference does not exist; an issuer that
 * is not named by the record that introduced it; a correction of another subject, or of a record
 * that is corrected already;
 * - E_ROLE: roles.def does not let the issuer say this, or correct this, or it has a part in what
 * it reviews, or revokes a key from an earlier time on without being a regulator;
 * - E_MISMATCH: the statement is for another docket;
 * - E_MISMATCH: a release or a licence whose version is not higher than what it follows;
 * - E_MISMATCH, E_SYNTAX, E_UNSUPPORTED: the public key of a `key` record;
 * - E_SIGNATURE (and E_SYNTAX, E_UNSUPPORTED of fb_sshsig_verify): a signature does not verify
 * under the namespace flyball/<kind>, or its key has no `key` record in force at the admission
 * time, or the first key is not the issuer's, or too few parties signed a release or a licence;
 * - E_LIMIT: the registry is full.
 *
 * Bootstrap: the first record is a `party` that introduces itself, signed by any key; the second is
 * the `key` record of that party and that key, signed by it. Both may have any role.
 */
FB_CHECKED enum fb_code fb_registry_check(
    struct fb_registry *registry, const struct fb_entry *entry, struct fb_err *err);

/** As fb_registry_check for a statement that others have still to sign: how many signatures a
 * release or a licence needs is not asked. */
FB_CHECKED enum fb_code fb_registry_foresee(
    struct fb_registry *registry, const struct fb_entry *entry, struct fb_err *err);

/** An entry, and what could be read of it without the ledger that it stands in. With the entry
 * alone (the rest zero) it is read when it is added. */
struct fb_prepared {
    struct fb_entry entry;
    struct fb_record record;      /**< where it is ready */
    const struct fb_sshkey *keys; /**< where it is ready: those that its signatures claim */
    bool is_ready;                /**< form of the statement and of all signatures are good */
    bool is_verified;             /**< and each signature is that of its key */
};

/**
 * Reads an entry ahead: of many, on several threads, before they are added one after the other.
 * Where anything is wrong it is not ready, and adding it says what. The record is put into
 * `records`, which must live as long as what it is added to (fb_registry_adopt); its keys into
 * `scratch`, until it was added. The entry is borrowed.
 */
void fb_registry_prepare(const struct fb_entry *entry, bool verify, struct fb_arena *records,
    struct fb_arena *scratch, struct fb_prepared *out);

/** Takes over the memory of records that were prepared; `records` is empty afterwards. */
void fb_registry_adopt(struct fb_registry *registry, struct fb_arena *records);

/** Adds an entry that stands in the ledger at seq, after the same checks. On failure the registry
 * is unchanged. The entry is copied. */
FB_CHECKED enum fb_code fb_registry_add(struct fb_registry *registry, uint64_t seq,
    const struct fb_prepared *prepared, struct fb_err *err);

/** As fb_registry_add but trusts the ledger: signatures are read but not verified again. */
FB_CHECKED enum fb_code fb_registry_load(struct fb_registry *registry, uint64_t seq,
    const struct fb_prepared *prepared, struct fb_err *err);

/** Adds a statement that nobody signed, for histories that are made up (tests of policies,
 * examples) and never for a ledger. Id, times, references and corrections are checked as by
 * fb_registry_add; roles and signatures are not, and the first party, which introduces itself,
 * needs no key. E_UNSUPPORTED for a `key`. On failure the registry is unchanged. */
FB_CHECKED enum fb_code fb_registry_assume(
    struct fb_registry *registry, struct fb_str statement, fb_time admitted, struct fb_err *err);

/** Called with the id of a record that was looked for and is not in an excerpt. */
typedef void (*fb_registry_missed)(void *ctx, struct fb_str id);

/**
 * From now on the registry is an excerpt of a ledger: only fb_registry_load adds to it, entries
 * that stand anywhere behind the last one. What follows from records is right of those whose
 * issuers, signers, corrections and references were added too. It says which ids were looked for in
 * vain, also from const functions. It must be empty.
 */
void fb_registry_excerpt(struct fb_registry *registry, fb_registry_missed missed, void *ctx);

/** Says how many entries the ledger of an excerpt has: not fewer than were added. */
void fb_registry_ends(struct fb_registry *registry, uint64_t size);

/**
 * From now on the registry keeps only what the admission of others rests on: parties, keys,
 * systems, grants, licences, orders and erasures. Its memory then grows with those and not with
 * what is said under them. Only fb_registry_pass adds to it. It must be empty.
 */
void fb_registry_lean(struct fb_registry *registry);

/**
 * As fb_registry_add, on a lean registry: signatures, keys, roles, form, times, and all that rests
 * on the kinds that it keeps. Not looked up again are references to records of other kinds, whether
 * their ids are unique, what a correction of them keeps, and who had a part in what a review or an
 * erasure is about. The record, in scratch or where it was prepared, is *out.
 */
FB_CHECKED enum fb_code fb_registry_pass(struct fb_registry *registry,
    const struct fb_prepared *prepared, struct fb_arena *scratch, struct fb_record *out,
    struct fb_err *err);

/** As fb_registry_load, on a lean registry, which passes over a record of a kind that it does not
 * keep. */
FB_CHECKED enum fb_code fb_registry_take(struct fb_registry *registry, uint64_t seq,
    const struct fb_prepared *prepared, struct fb_err *err);

/** Number of records, and the n-th in ledger order (n below the number). Borrowed. */
size_t fb_registry_count(const struct fb_registry *registry);
const struct fb_record *fb_registry_at(const struct fb_registry *registry, size_t n);

/** Number of entries of the ledger that the records are of: that of the records, but of an excerpt
 * or a lean registry. */
uint64_t fb_registry_size(const struct fb_registry *registry);

/** The record that stands in the ledger at seq, or NULL. Borrowed. */
const struct fb_record *fb_registry_numbered(const struct fb_registry *registry, uint64_t seq);

/** Number of records of a kind; the first of them in ledger order, and the one of the same kind
 * behind a record of the registry; NULL: none. Borrowed. */
size_t fb_registry_count_of(const struct fb_registry *registry, enum fb_kind kind);
const struct fb_record *fb_registry_first(const struct fb_registry *registry, enum fb_kind kind);
const struct fb_record *fb_registry_next(
    const struct fb_registry *registry, const struct fb_record *record);

/** The record with this id, or NULL. Borrowed. */
const struct fb_record *fb_registry_find(const struct fb_registry *registry, struct fb_str id);

/** The record that supersedes this one, or NULL. */
const struct fb_record *fb_registry_successor(
    const struct fb_registry *registry, const struct fb_record *record);

/** The first record of the chain that this one corrects: itself when it corrects none. */
const struct fb_record *fb_registry_root(
    const struct fb_registry *registry, const struct fb_record *record);

/** The last record of the chain that this one is in: itself when none corrects it. */
const struct fb_record *fb_registry_last(
    const struct fb_registry *registry, const struct fb_record *record);

/** The id of the first record of the chain of a record's subject; empty when it has none. */
struct fb_str fb_registry_subject(
    const struct fb_registry *registry, const struct fb_record *record);

/** From when on a record does not count because its key was revoked from before its admission on;
 * FB_TIME_MAX: it counts. */
fb_time fb_registry_disowned(const struct fb_registry *registry, const struct fb_record *record);

/** The release of an order, or NULL; *out_void is when it stopped to count because keys that signed
 * it were revoked (FB_TIME_MAX: it counts). */
const struct fb_record *fb_registry_release(
    const struct fb_registry *registry, const struct fb_record *order, fb_time *out_void);

/** What is known of a key. */
struct fb_registry_key {
    struct fb_str party;           /**< its holder */
    fb_time from;                  /**< signatures count from here */
    fb_time until;                 /**< and until here; not after from: never */
    fb_time revoked;               /**< FB_TIME_MAX: it is not */
    const struct fb_record *newer; /**< the record that superseded its own; NULL: it holds */
};

/** What is known of the key that a record of kind key declares. */
struct fb_registry_key fb_registry_key_of(
    const struct fb_registry *registry, const struct fb_record *record);

/** Appends the public keys that are revoked, one a line, as `ssh-keygen -Y verify -r` reads them.
 * It refuses all that they signed, also what was admitted before; the dates are in allowed_signers.
 */
FB_CHECKED enum fb_code fb_registry_revoked_keys(
    const struct fb_registry *registry, struct fb_buf *out, struct fb_err *err);

/** What a signature of a record is for. */
enum fb_registry_part {
    FB_PART_ISSUER, /**< the issuer's, and no other is asked for */
    FB_PART_ASKED,  /**< of a party that counts for the release or licence, unless another signature
                       of it does */
    FB_PART_UNASKED, /**< of a party that does not count there */
    FB_PART_NOTHING, /**< nothing asks for it */
};

/** Who made a signature of a record. */
struct fb_registry_signer {
    struct fb_str party;         /**< id of the holder of the key */
    const struct fb_record *key; /**< the record that declared the key */
    fb_time revoked;             /**< the key is revoked from then on; FB_TIME_MAX: it is not */
    enum fb_registry_part part;  /**< what it is for */
    bool counts;                 /**< false: it was admitted after that */
};

/** Number of signatures of a record (0 when it was assumed), and who made the n-th; false for the
 * first record of a ledger while its key is not declared. */
size_t fb_registry_signer_count(const struct fb_registry *registry, const struct fb_record *record);
bool fb_registry_signer(const struct fb_registry *registry, const struct fb_record *record,
    size_t n, struct fb_registry_signer *out);

/** The system whose `models` list has this name, or NULL; the latest when several have. The record
 * is the one that holds now: it may be a correction, whose id is not the first one of the system.
 */
const struct fb_record *fb_registry_system_of_model(
    const struct fb_registry *registry, struct fb_str model);

/** The namespace of the signature under a certificate of exemption, which is no record. */
#define FB_NAMESPACE_EXEMPT "flyball/exempt"

/** The same for a liability file. */
#define FB_NAMESPACE_DOSSIER "flyball/dossier"

/** Appends `allowed_signers` lines of all keys for `ssh-keygen -Y verify`: principal is the party's
 * id, with validity dates and the namespaces flyball/<kind>, flyball/exempt and flyball/dossier. A
 * key that another record superseded ends with that admission. out is unchanged on failure. */
FB_CHECKED enum fb_code fb_registry_allowed_signers(
    const struct fb_registry *registry, struct fb_buf *out, struct fb_err *err);

/** Whether a record is an order by which a party may erase a blob (its digest as text) that must
 * still be kept: a decision with topic erasure and outcome granted, by a regulator who is not that
 * party, about a record that names the blob, about the system of one, or about nothing. Of a
 * registry that keeps all kinds. E_REFERENCE, E_ROLE. */
FB_CHECKED enum fb_code fb_registry_lets_erase(const struct fb_registry *registry,
    struct fb_str order, struct fb_str eraser, struct fb_str digest, struct fb_err *err);

#endif

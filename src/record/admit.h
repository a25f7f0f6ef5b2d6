/*
 * admit.h: the registry from the inside, and the checks of admission. Private to src/record.
 *
 * Corrections form chains: each record is superseded at most once, so a chain is a line from its
 * root, the record that supersedes nothing, to its head, the one that holds now. The root is the
 * identity of what the chain is about: a party, a system, a case.
 */
#ifndef FB_RECORD_ADMIT_H
#define FB_RECORD_ADMIT_H

#include "base/map.h"
#include "record/registry.h"
#include "record/sshkey.h"

/** Limits; each has a test. */
enum {
    FB_LINEAGE_MAX = 1000,        /**< systems that one descends from */
    FB_VERSION_STEP_MAX = 1000000 /**< how far a licence's or order's version is above the last */
};

/** A record with its place among the others. Lives in the registry's arena. */
struct fb_registry_item {
    struct fb_record record;
    struct fb_registry_item *older;     /**< what it supersedes, or NULL */
    struct fb_registry_item *successor; /**< what supersedes it, or NULL */
    struct fb_registry_item *root; /**< first of its chain; itself when it supersedes nothing */
    struct fb_registry_item *head; /**< of a root: the last of its chain */
    struct fb_registry_item *next; /**< the next of its kind, or NULL */
    bool doubted;                  /**< of a root: one of its chain may be disowned */
    bool revokes; /**< of a root of kind key: one of its chain says that a key is revoked */
    const struct fb_registry_item *subject; /**< root of what it is about, or NULL */
    bool live;                              /**< false until it was added completely */
    fb_time
        disowned; /**< from then on it does not count: its key was revoked; FB_TIME_MAX: never */
    struct fb_registry_item **signers; /**< the key records it was signed under; NULL: the first
                                            key of a ledger, which its own record declares later */
    size_t signer_count;

    struct fb_registry_item *released;    /**< of an order: its latest release, or NULL */
    const struct fb_registry_item *given; /**< of a licence: the one given before, or NULL */

    /* Kind key only. */
    struct fb_str wire;              /**< wire form of the public key */
    struct fb_registry_item *holder; /**< root of the party that holds it */
    struct fb_registry_item *before; /**< the record that declared the same public key before */
    bool late; /**< it revokes a key that was replaced before, fb_registry_key_is_late */
};

/** The registry. */
struct fb_registry {
    struct fb_arena arena;
    struct fb_registry_item **items; /**< in ledger order */
    size_t count;
    size_t cap;
    struct fb_registry_item *first_of[FB_KIND_END]; /**< each kind, in ledger order, or NULL */
    struct fb_registry_item *last_of[FB_KIND_END];
    size_t count_of[FB_KIND_END];
    uint64_t size;        /**< entries that were fed to it or passed over: count, unless it is lean
                               or an excerpt */
    fb_time last;         /**< admission of the last one */
    struct fb_str origin; /**< of the ledger; empty: not known */
    bool has_regulator;   /**< one was introduced */
    bool lean;            /**< keeps only what fb_registry_keeps says */
    fb_registry_missed missed; /**< of an excerpt; NULL: it is none */
    void *missed_ctx;
    size_t max;                           /**< most records */
    const struct fb_registry_item *given; /**< latest licence that is no application, or NULL */
    struct fb_map ids;                    /**< id to item */
    struct fb_map wires; /**< wire form of a public key to the item that declared it last */
    struct fb_str first; /**< wire form of the key that signed the first record */
};

/** One admission: what is asked, and what the checks found. */
struct fb_admission {
    const struct fb_registry *registry;
    const struct fb_entry *entry;
    const struct fb_record *record;        /**< the entry's statement */
    const struct fb_sshkey *keys;          /**< those of its signatures; NULL: not read yet */
    bool verify;                           /**< verify signatures too, unless keys are there */
    bool unfinished;                       /**< more signatures may come: no quorum yet */
    bool assumed;                          /**< nobody signed it: no roles, keys or signatures */
    const struct fb_registry_item *issuer; /**< root of the issuing party; NULL: issues itself */
    const struct fb_registry_item *older;  /**< what it supersedes, or NULL */
    const struct fb_registry_item *holder; /**< kind key: root of the party that holds it */
    struct fb_sshkey declared;             /**< kind key: the public key */
    struct fb_sshkey signer;               /**< the first key that signed; unless signers has it */
    struct fb_registry_item *signers[FB_ENTRY_SIGNATURES_MAX]; /**< as fb_registry_item has them */
};

/** True when a registry keeps the records of a kind. */
bool fb_registry_keeps(const struct fb_registry *registry, enum fb_kind kind);

/** The item with this id, or NULL. */
struct fb_registry_item *fb_registry_item(const struct fb_registry *registry, struct fb_str id);

/** The item that declared this public key last, or NULL. */
struct fb_registry_item *fb_registry_key(const struct fb_registry *registry, struct fb_str wire);

/** The period in which signatures of a key's record count, as [*from, *until): its validity, cut
 * where another record supersedes it. Empty when *from >= *until. */
void fb_registry_key_period(const struct fb_registry_item *item, fb_time *from, fb_time *until);

/** Does a record say that a key is revoked? */
bool fb_registry_key_revokes(const struct fb_record *record);

/** True for a record that revokes a key which another had replaced already: it takes the place of
 * none. The `late` of those before it in its chain must be set. */
bool fb_registry_key_is_late(const struct fb_registry_item *item);

/** The record that put another key in a key's place, or changed what is said of it; NULL: it holds.
 * One that only revokes an older key of the chain is passed over; of such a record itself, it is
 * that of the key which had replaced the older one. */
const struct fb_registry_item *fb_registry_key_newer(const struct fb_registry_item *key);

/** From when on the key that a record declared does not count because it was revoked, by whichever
 * record of its chain says so; FB_TIME_MAX: it was not. */
fb_time fb_registry_key_revoked(const struct fb_registry_item *key);

/** When it became known that a signature that was admitted at signed_at under a key's record does
 * not count: the admission of the revocation, or when the key's own record was disowned;
 * FB_TIME_MAX: it counts. */
fb_time fb_registry_key_void(const struct fb_registry_item *key, fb_time signed_at);

/** After a key was revoked from before its revocation's admission on: marks what was signed under
 * it since, and what rests on that. */
void fb_registry_disown(struct fb_registry *registry);

/** When a release stopped to count because keys that signed it were revoked; FB_TIME_MAX: it
 * counts. */
fb_time fb_registry_release_void(
    const struct fb_registry *registry, const struct fb_registry_item *release);

/** What the n-th signature of a record is for. */
enum fb_registry_part fb_registry_part(
    const struct fb_registry *registry, const struct fb_registry_item *item, size_t n);

/** When it became known that a release or a licence has fewer signatures than it was asked for,
 * since keys, or roles, of those who signed do not count; FB_TIME_MAX: it has enough. */
fb_time fb_registry_quorum_void(
    const struct fb_registry *registry, const struct fb_registry_item *item);

/** How many parties could sign what an order or a licence that is being admitted asks for. */
size_t fb_registry_could_sign(const struct fb_registry *registry, const struct fb_record *record);

/** True for a licence that is no application. */
bool fb_registry_is_given(const struct fb_record *record);

/** Of what authorities said of the same system and action, and what counts, that with the highest
 * version; NULL: there is none. */
const struct fb_registry_item *fb_registry_last_licence(
    const struct fb_registry *registry, const struct fb_record *record);

/** Runs all checks in order: id, times, issuer, references, role, supersession, what only its kind
 * asks (particular.c), key, signatures, and how many of them it needs (quorum.c).
 * Fills what they found; on failure the admission may be filled in part. Errors as
 * fb_registry_check. */
FB_CHECKED enum fb_code fb_admission_check(struct fb_admission *admission, struct fb_err *err);

/** Reads a signature of a record: the key that it claims, which is that of the signature where it
 * is verified. As fb_sshsig_verify. */
FB_CHECKED enum fb_code fb_admission_read_signature(struct fb_str armored,
    const struct fb_record *record, bool verify, struct fb_sshkey *out, struct fb_err *err);

/** The checks of keys and signatures (signers.c), which fb_admission_check runs. */
FB_CHECKED enum fb_code fb_admission_key(struct fb_admission *admission, struct fb_err *err);
FB_CHECKED enum fb_code fb_admission_signers(struct fb_admission *admission, struct fb_err *err);

/** What is asked of the records of one kind only (particular.c). E_REFERENCE, E_ROLE, E_MISMATCH,
 * E_RANGE, E_LIMIT. */
FB_CHECKED enum fb_code fb_admission_particular(
    const struct fb_admission *admission, struct fb_err *err);

/** The signatures that a release or a new version of a licence needs (quorum.c). E_SIGNATURE. */
FB_CHECKED enum fb_code fb_admission_quorum(
    const struct fb_admission *admission, struct fb_err *err);

/** The record that held of a thing (its root) when the one at seq came: the last of its chain
 * before that of which it is not known by then that it does not count; NULL when there is none. */
const struct fb_registry_item *fb_registry_version(
    const struct fb_registry_item *root, uint64_t seq, fb_time known);

/** The record that holds now of the thing with this id, as fb_registry_version; NULL when there is
 * none. And the role that a party has now; empty when nothing that says it counts. */
const struct fb_registry_item *fb_registry_head(
    const struct fb_registry *registry, struct fb_str id);
struct fb_str fb_registry_role(const struct fb_registry_item *party);

/** True when a party of that role might have issued the record: its kind, its words, and whose it
 * corrects. */
bool fb_admission_role_may(
    const struct fb_registry *registry, const struct fb_registry_item *item, struct fb_str role);

/** The developer, as the root of its party, of a system's record; NULL when it has none. */
const struct fb_registry_item *fb_registry_developer(
    const struct fb_registry *registry, struct fb_str system);

/** True when two ids name the same thing, or are the same text. */
bool fb_registry_same(const struct fb_registry *registry, struct fb_str a, struct fb_str b);

/** True when a word is one of words, "a|b|c". */
bool fb_admission_word_in(struct fb_str word, const char *words);

/** The value of an INT field of a record; otherwise when it is absent. */
int64_t fb_admission_int(const struct fb_record *record, const char *field, int64_t otherwise);

/** Places a filled error at a member of the statement, or at a field of its body. Returns err's
 * code. */
enum fb_code fb_admission_at(
    struct fb_err *err, const struct fb_record *record, const char *member);
enum fb_code fb_admission_at_field(
    struct fb_err *err, const struct fb_record *record, const char *field);

#endif

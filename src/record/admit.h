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

/** A record with its place among the others. Lives in the registry's arena. */
struct fb_registry_item {
    struct fb_record record;
    struct fb_registry_item *older;     /**< what it supersedes, or NULL */
    struct fb_registry_item *successor; /**< what supersedes it, or NULL */
    struct fb_registry_item *root; /**< first of its chain; itself when it supersedes nothing */
    struct fb_registry_item *head; /**< of a root: the last of its chain */
    bool live;                     /**< false until it was added completely */

    /* Kind key only. */
    struct fb_str wire;              /**< wire form of the public key */
    struct fb_registry_item *holder; /**< root of the party that holds it */
    struct fb_registry_item *before; /**< the record that declared the same public key before */
};

/** The registry. */
struct fb_registry {
    struct fb_arena arena;
    struct fb_registry_item **items; /**< in ledger order */
    size_t count;
    size_t cap;
    size_t max;          /**< most records */
    struct fb_map ids;   /**< id to item */
    struct fb_map wires; /**< wire form of a public key to the item that declared it last */
    struct fb_str first; /**< wire form of the key that signed the first record */
};

/** One admission: what is asked, and what the checks found. */
struct fb_admission {
    const struct fb_registry *registry;
    const struct fb_entry *entry;
    const struct fb_record *record;        /**< the entry's statement */
    bool verify;                           /**< verify signatures too */
    bool assumed;                          /**< nobody signed it: no roles, keys or signatures */
    const struct fb_registry_item *issuer; /**< root of the issuing party; NULL: issues itself */
    const struct fb_registry_item *older;  /**< what it supersedes, or NULL */
    const struct fb_registry_item *holder; /**< kind key: root of the party that holds it */
    struct fb_sshkey declared;             /**< kind key: the public key */
    struct fb_sshkey signer;               /**< the first key that signed */
};

/** The item with this id, or NULL. */
struct fb_registry_item *fb_registry_item(const struct fb_registry *registry, struct fb_str id);

/** The item that declared this public key last, or NULL. */
struct fb_registry_item *fb_registry_key(const struct fb_registry *registry, struct fb_str wire);

/** The period in which signatures of a key's record count, as [*from, *until): its validity, cut
 * where another record supersedes it. Empty when *from >= *until. */
void fb_registry_key_period(const struct fb_registry_item *item, fb_time *from, fb_time *until);

/** Runs all checks in order: id, times, issuer, role, references, supersession, key, signatures.
 * Fills what they found; on failure the admission may be filled in part. Errors as
 * fb_registry_check. */
FB_CHECKED enum fb_code fb_admission_check(struct fb_admission *admission, struct fb_err *err);

/** The checks of keys and signatures (signers.c), which fb_admission_check runs. */
FB_CHECKED enum fb_code fb_admission_key(struct fb_admission *admission, struct fb_err *err);
FB_CHECKED enum fb_code fb_admission_signers(struct fb_admission *admission, struct fb_err *err);

/** Places a filled error at a member of the statement, or at a field of its body. Returns err's
 * code. */
enum fb_code fb_admission_at(
    struct fb_err *err, const struct fb_record *record, const char *member);
enum fb_code fb_admission_at_field(
    struct fb_err *err, const struct fb_record *record, const char *field);

#endif

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

struct fb_registry;

/** An empty registry. */
FB_CHECKED enum fb_code fb_registry_new(struct fb_registry **out, struct fb_err *err);

/** Frees it with all its records; NULL is allowed. */
void fb_registry_free(struct fb_registry *registry);

/**
 * Checks an entry against all that is there, without changing anything: what admission answers.
 * Bootstrap: while the registry is empty, a `party` record signed by any key is admitted, and the
 * first `key` record must be self-signed by the key it declares, for that party. After that the
 * signing key must be the issuer's by a `key` record that is valid at the admission time.
 * E_SIGNATURE, E_REFERENCE, E_DUPLICATE, E_TIME, E_SCHEMA with the JSON path and a hint.
 */
FB_CHECKED enum fb_code fb_registry_check(
    struct fb_registry *registry, const struct fb_entry *entry, struct fb_err *err);

/** Adds an entry that stands in the ledger at seq, after the same checks. */
FB_CHECKED enum fb_code fb_registry_add(
    struct fb_registry *registry, uint64_t seq, const struct fb_entry *entry, struct fb_err *err);

/** As fb_registry_add but trusts the ledger: signatures are not verified again. */
FB_CHECKED enum fb_code fb_registry_load(
    struct fb_registry *registry, uint64_t seq, const struct fb_entry *entry, struct fb_err *err);

/** Number of records, and the n-th in ledger order (n below the number). Borrowed. */
size_t fb_registry_count(const struct fb_registry *registry);
const struct fb_record *fb_registry_at(const struct fb_registry *registry, size_t n);

/** The record with this id, or NULL. Borrowed. */
const struct fb_record *fb_registry_find(const struct fb_registry *registry, struct fb_str id);

/** The record that supersedes this one, or NULL. */
const struct fb_record *fb_registry_successor(
    const struct fb_registry *registry, const struct fb_record *record);

/** The system whose `models` list has this name, or NULL; the latest when several have. */
const struct fb_record *fb_registry_system_of_model(
    const struct fb_registry *registry, struct fb_str model);

/** Appends `allowed_signers` lines of all keys for `ssh-keygen -Y verify`: principal is the party's
 * id, with validity dates and the namespaces flyball/<kind>. */
FB_CHECKED enum fb_code fb_registry_allowed_signers(
    const struct fb_registry *registry, struct fb_buf *out, struct fb_err *err);

#endif

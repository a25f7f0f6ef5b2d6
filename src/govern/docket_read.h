/*
 * docket_read.h: the entries of a ledger, read ahead on all threads and taken one after the other.
 *
 * Most of what reading an entry costs hangs on no other entry: its form, that of its statement, its
 * signatures. A reader visits entries as fb_ledger_scan and fb_ledger_verify hand them out, and
 * keeps them until there are many; threads prepare these (fb_registry_prepare); then each is taken,
 * in the order of the ledger. What is found, and the first error, are those of one thread.
 */
#ifndef FB_GOVERN_DOCKET_READ_H
#define FB_GOVERN_DOCKET_READ_H

#include "base/arena.h"
#include "ledger/ledger.h"
#include "record/registry.h"

/** Called with each entry in order; FB_OK goes on. What was prepared is valid during the call, but
 * its record lives as long as the registry, where the reader has one. */
typedef enum fb_code (*fb_docket_take)(
    void *ctx, uint64_t seq, const struct fb_prepared *prepared, struct fb_err *err);

/** How entries are read. */
struct fb_docket_reading {
    fb_docket_take take;
    void *ctx;
    const char *of; /**< what follows "entry N" in the error of one that cannot be decoded */
    bool verify;    /**< signatures, too, */
    uint64_t first; /**< of entries from this one on */
    struct fb_registry *registry; /**< which takes over the memory of records; NULL: nobody does */
    size_t threads;               /**< most; 0: as many as this process has processors */
};

struct fb_docket_reader;

/** A reader. E_NOMEM. Caller ends it with fb_docket_reader_end. */
FB_CHECKED enum fb_code fb_docket_reader_new(
    const struct fb_docket_reading *how, struct fb_docket_reader **out, struct fb_err *err);

/** A fb_ledger_visit whose ctx is a reader: the errors of this entry or of earlier ones, or
 * E_NOMEM. At most 256 entries, or a megabyte of them, are kept for each thread. */
FB_CHECKED enum fb_code fb_docket_reader_visit(
    void *ctx, const fb_ledger_entry *entry, struct fb_err *err);

/** Takes the entries that are left and frees the reader; NULL is allowed. `code` is what the visits
 * ended with, and err says why: they stay unless an entry that was visited before is found wrong.
 * Returns what all of it ends with. */
FB_CHECKED enum fb_code fb_docket_reader_end(
    struct fb_docket_reader *reader, enum fb_code code, struct fb_err *err);

/** Reads the entries range[0] <= seq < range[1] that exist (fb_ledger_scan). */
FB_CHECKED enum fb_code fb_docket_read(struct fb_ledger *ledger, const uint64_t range[2],
    const struct fb_docket_reading *how, struct fb_err *err);

/** Decodes an entry, whose admission time must be the ledger's. E_CORRUPT among others. */
FB_CHECKED enum fb_code fb_docket_decode(
    const fb_ledger_entry *entry, struct fb_entry *out, struct fb_err *err);

#endif

/*
 * docket_index.h: where in the ledger of a docket the records are that have a term
 * (record/terms.h). Private to the room.
 *
 * The index is DOCKET/index.db (store/marks.h). It follows from the ledger, and is made anew where
 * it does not fit it: another ledger, another history, another form. Whoever appends brings it up
 * to date; who only reads reads what came since besides. It is not signed, and says nothing that an
 * entry does not: what it may do wrong is to pass an entry over (docs/decisions/0075).
 */
#ifndef FB_GOVERN_DOCKET_INDEX_H
#define FB_GOVERN_DOCKET_INDEX_H

#include "govern/docket_private.h"
#include "store/marks.h"

/** Marks in memory at once while an index is made (64 MiB); it has a test. */
enum { FB_INDEX_MARKS_MAX = 4 << 20 };

/** Opens the index of a docket for reading. *out_size is how many entries it covers, a prefix of
 * the ledger. E_NOT_FOUND: there is none that fits; E_BUSY, E_IO, E_CORRUPT. Caller frees *out with
 * fb_marks_close. */
FB_CHECKED enum fb_code fb_docket_index_open(
    struct fb_docket *docket, struct fb_marks **out, uint64_t *out_size, struct fb_err *err);

/** Called with the number of an entry and each of its terms. */
typedef enum fb_code (*fb_index_visit)(void *ctx, uint64_t seq, uint64_t term, struct fb_err *err);

/** Visits the terms of the entries range[0] <= seq < range[1]. */
FB_CHECKED enum fb_code fb_docket_index_terms(struct fb_docket *docket, const uint64_t range[2],
    fb_index_visit visit, void *ctx, struct fb_err *err);

#endif

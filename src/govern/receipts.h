/*
 * receipts.h: what a recipient signed that it had received.
 *
 * A receipt is a `decision` with topic `receipt` about a report, of the party that the report is
 * to. It shows that the report was there at an instant, whenever the ledger took it (SEMANTICS.md,
 * Time).
 */
#ifndef FB_GOVERN_RECEIPTS_H
#define FB_GOVERN_RECEIPTS_H

#include "record/registry.h"

/** What a receipt says. */
struct fb_receipt {
    const struct fb_record *report; /**< the very version that it is about */
    fb_time received;               /**< before the report was admitted */
};

/** Whether a record is a receipt that shows more than the ledger does: of a report to its issuer,
 * by somebody else than who reported, `noted` or `granted`, that was there before it was admitted:
 * from `valid_from` on, or else `at`. Whether it still counts is for the caller. */
bool fb_receipt_of(
    const struct fb_registry *registry, const struct fb_record *record, struct fb_receipt *out);

#endif

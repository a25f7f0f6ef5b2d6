/*
 * group.h: threads that append to one ledger at the same time share a transaction and a sync.
 *
 * A thread that comes while nobody writes writes at once. Those that come meanwhile wait in a row;
 * when the writer is done, the first of them writes the whole row in one transaction
 * (fb_ledger_append_all), and each gets its own outcome. So a client by itself waits for nothing,
 * and the more clients there are, the more of them share a sync.
 *
 * Processes take turns instead: what one of them commits is seen by the others, and a signed
 * checkpoint must not be seen before it is on the disk.
 */
#ifndef FB_LEDGER_GROUP_H
#define FB_LEDGER_GROUP_H

#include "ledger/ledger.h"

/** Batches that go into one transaction at most. */
enum { FB_GROUP_REQUESTS_MAX = 256 };

struct fb_group;

/** Makes a group over a ledger, which is borrowed: nobody else calls it until fb_group_free.
 * E_NOMEM.
 */
FB_CHECKED enum fb_code fb_group_new(
    struct fb_ledger *ledger, struct fb_group **out, struct fb_err *err);

/** Frees the group, in which nobody waits; NULL is allowed. The ledger stays open. */
void fb_group_free(struct fb_group *group);

/** As fb_ledger_append, from any thread; returns when the batch is durable, or refused.
 * expected_size counts those that come before it. */
FB_CHECKED enum fb_code fb_group_append(struct fb_group *group, const struct fb_ledger_batch *batch,
    uint64_t *out_first_seq, struct fb_err *err);

/** How many transactions there were, and how many threads wait in the row now. */
void fb_group_state(struct fb_group *group, uint64_t *out_commits, size_t *out_waiting);

#endif

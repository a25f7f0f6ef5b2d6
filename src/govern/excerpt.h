/*
 * excerpt.h: of a docket, the records that a question rests on. Private to the room.
 *
 * What is asked about one system rests on few records, wherever they stand. An excerpt begins with
 * those that everything may rest on (policies, orders, measures of progress, erasures, regulators)
 * and those that name the system. The question is then answered over them, and what it looked for
 * meanwhile is noted: tuples by values of columns (engine/access.h), records by id, corrections at
 * an instant. What the index of the docket finds under that is added, with all that each record
 * leads to: the keys that signed it, what it refers to, what corrects it. When an answer looked for
 * nothing that is not there, it is the one that all records give (docs/decisions/0075).
 */
#ifndef FB_GOVERN_EXCERPT_H
#define FB_GOVERN_EXCERPT_H

#include "engine/access.h"
#include "govern/docket_private.h"

/** Limits; each has a test. */
enum {
    FB_EXCERPT_TAIL_MAX = 10000, /**< entries that are not in the index yet */
    FB_EXCERPT_FEW = 1000,       /**< records that it may have in any case, and besides */
    FB_EXCERPT_SHARE = 4         /**< one of so many entries: more, and reading all is as good */
};

/** A docket's records, in part. */
struct fb_excerpt;

/** Of which records, and how. */
struct fb_excerpt_of {
    bool check;     /**< the index is read through for damage first */
    fb_time before; /**< those that were admitted before; FB_TIME_MAX: all */
};

/** Of a docket that has an index, with the records that everything may rest on; the docket, which
 * has no records yet, must outlive it. E_NOT_FOUND where there is no index that serves;
 * E_UNSUPPORTED where a blob was erased later than `before`, which is gone from what was known then
 * too; and what reading the index and the ledger gives. Caller frees *out with fb_excerpt_free. */
FB_CHECKED enum fb_code fb_excerpt_new(struct fb_docket *docket, const struct fb_excerpt_of *of,
    struct fb_excerpt **out, struct fb_err *err);

/** Frees it, with all records that it read; NULL is allowed. */
void fb_excerpt_free(struct fb_excerpt *excerpt);

/** Adds the records of a system, by its id or without "system/"; none where there is no such
 * system.
 */
FB_CHECKED enum fb_code fb_excerpt_system(
    struct fb_excerpt *excerpt, struct fb_str name, struct fb_err *err);

/** Reads the index through for damage, unless that was done: what it leaves out is seen by nothing
 * else. E_CORRUPT. */
FB_CHECKED enum fb_code fb_excerpt_check(struct fb_excerpt *excerpt, struct fb_err *err);

/** Adds the records of a kind in whose field a value stands; of a field that names records, or any
 * other of the record's chain. */
FB_CHECKED enum fb_code fb_excerpt_need(struct fb_excerpt *excerpt, enum fb_kind kind,
    const char *field, struct fb_str value, struct fb_err *err);

/** Adds what the admission of an entry looks at beside the ids that are looked for in a registry.
 * The entry, which is not in the ledger, is borrowed as long as the excerpt; nothing is added for
 * one that cannot be read. */
FB_CHECKED enum fb_code fb_excerpt_offer(
    struct fb_excerpt *excerpt, const struct fb_entry *entry, struct fb_err *err);

/** Whether the ledger may have a record that corrects another, of those read or not. */
bool fb_excerpt_corrects(const struct fb_excerpt *excerpt);

/** A registry of what was read so far. Its records are the excerpt's; it notes what is looked for
 * in it. Caller frees *out with fb_registry_free before the excerpt. */
FB_CHECKED enum fb_code fb_excerpt_registry(
    struct fb_excerpt *excerpt, struct fb_registry **out, struct fb_err *err);

/** Who is told what is asked of the facts of such a registry. Borrowed. */
const struct fb_access_watch *fb_excerpt_watch(const struct fb_excerpt *excerpt);

/** Adds what was looked for since the last call. *out_grew says whether there are more records than
 * in the last registry.
 * E_UNSUPPORTED where it cannot be said what that is, or where it is a large part of all. */
FB_CHECKED enum fb_code fb_excerpt_settle(
    struct fb_excerpt *excerpt, bool *out_grew, struct fb_err *err);

/** Lets the index go: nothing can be added to the excerpt any more, and others may write. */
void fb_excerpt_close_index(struct fb_excerpt *excerpt);

/** How many records it has. */
size_t fb_excerpt_count(const struct fb_excerpt *excerpt);

#endif

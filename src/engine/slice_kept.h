/*
 * slice_kept.h: what walks met, kept from one question to the next. Only the files of slices
 * include it; slice.h says how to have one.
 *
 * A duty of a party looks at all its systems. Of an access that grows all that a walk met stays:
 * tuples come, and end sooner, but none goes. So a walk that looked at much is not made again: what
 * is new to it goes through a tuple that came since, and is looked for from that.
 */
#ifndef FB_ENGINE_SLICE_KEPT_H
#define FB_ENGINE_SLICE_KEPT_H

#include "engine/duty.h"
#include "engine/slice_cut.h"

/** A walk is kept when it looked at so many tuples; so many walks are kept at most. */
enum { FB_KEPT_LOOKED_MIN = 500, FB_KEPT_WALKS_MAX = 1 << 16 };

/** Marks what a walk for the slice of a key marks, and counts valuations, by what was kept of the
 * last one. *out is false where nothing was, or too much came since; then the walk is to be made as
 * usual. */
FB_CHECKED enum fb_code fb_kept_mark(struct fb_cutter *s, const struct fb_value *key, bool *out);

/** Keeps a walk for the slice of a key that was made as usual, if it was long. */
FB_CHECKED enum fb_code fb_kept_note(struct fb_cutter *s, const struct fb_value *key);

/** What a duty that is owed for a key rests on (slice_rest.h), with a walk that is kept. */
struct fb_kept_rest {
    struct fb_duty_rest rest; /**< its rows are in the memory of what is kept */
    fb_time effective;        /**< of the policy, when that was found */
    size_t upto;              /**< tuples that were looked at since: those before this one */
    size_t ends;              /**< likewise, of fb_access_ends */
    bool there;
};

/** Where that stands for the walk for the slice of a key; NULL when none is kept. */
struct fb_kept_rest *fb_kept_rest(const struct fb_cutter *s, const struct fb_value *key);

/** A copy of values in the memory of what is kept. */
FB_CHECKED enum fb_code fb_kept_copy(const struct fb_cutter *s, const struct fb_value *values,
    size_t count, const struct fb_value **out);

/** How many tuples of the access are not taken back any more. */
size_t fb_kept_stays(const struct fb_kept *kept);

/** Keys in the making: what a walk finds joins them, each once. */
struct fb_key_list {
    struct fb_value **items;
    size_t count;
};

/** Finds the keys of a duty as its walk does that begins with query->only[nth] (0 where all are
 * asked for), by what was kept of the last one; *out as of fb_kept_mark. */
FB_CHECKED enum fb_code fb_kept_find(
    struct fb_cutter *s, size_t nth, const struct fb_key_list *keys, bool *out);

/** Keeps such a walk that was made as usual, if it was long; it found the keys from one on. */
FB_CHECKED enum fb_code fb_kept_note_keys(
    struct fb_cutter *s, size_t nth, const struct fb_key_list *keys, size_t from);

#endif

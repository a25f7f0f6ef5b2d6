/*
 * access.h: the tuples of a trace by the values of some of their columns.
 *
 * An index over (relation, columns) is made when it is first asked for, in one pass over the tuples
 * of the relation, and lives in the arena of the access. It knows nothing of time: what it gives
 * are all tuples that have the values, whenever they hold, in the order of the trace.
 */
#ifndef FB_ENGINE_ACCESS_H
#define FB_ENGINE_ACCESS_H

#include "engine/trace.h"

/** No tuple. */
#define FB_ACCESS_NONE UINT32_MAX

/** Limits; each has an error and a test. */
enum { FB_ACCESS_TUPLES_MAX = 1 << 30 };

struct fb_access;
struct fb_access_index;

/**
 * Who is told what is asked of an access that grows, since only some of the tuples are in it: what
 * was found is right once all that was asked for is there.
 */
struct fb_access_watch {
    /** Tuples of a relation are looked for that agree with values (by column) in the columns of
     * mask. */
    void (*asked)(void *ctx, uint32_t relation, uint64_t mask, const struct fb_value *values);
    /** Corrections that begin at a time-point are looked for; NULL: there is none elsewhere. */
    void (*asked_corrections)(void *ctx, size_t tp);
    void *ctx;
    const bool *elsewhere; /**< by relation: there are more tuples than are in the access */
};

/** A walk over the tuples that were found. Private. */
struct fb_access_walk {
    const uint32_t *next; /**< by place in the relation */
    const uint32_t *ids;
    uint32_t place;
};

/** An access to a trace, which is borrowed and must not change. E_LIMIT for more than
 * FB_ACCESS_TUPLES_MAX tuples. Lives in arena. */
FB_CHECKED enum fb_code fb_access_new(const struct fb_trace *trace, struct fb_arena *arena,
    struct fb_access **out, struct fb_err *err);

/**
 * An access that grows: its trace, which it owns, is by time (fb_trace.by_time) and empty at first;
 * from and until of its tuples are fb_tp_of_time. What is asked of it reads the trace up to the
 * instant that fb_access_until says. Lives in arena, which grows with it.
 */
FB_CHECKED enum fb_code fb_access_grow(const struct fb_signature *signature, struct fb_arena *arena,
    struct fb_access **out, struct fb_err *err);

/** Adds a tuple, whose values are borrowed, to an access that grows. E_LIMIT as fb_access_new. On
 * failure nothing can be asked of it any more. */
FB_CHECKED enum fb_code fb_access_add(
    struct fb_access *access, const struct fb_tuple *tuple, struct fb_err *err);

/** Lets the tuple with an index end at a time-point; at its beginning or before: it never was.
 * E_NOMEM; then nothing can be asked of it any more. */
FB_CHECKED enum fb_code fb_access_end(
    struct fb_access *access, uint32_t id, size_t until, struct fb_err *err);

/** A tuple of a relation was made to end at a time-point. */
struct fb_access_ended {
    uint32_t relation;
    size_t until;
};

/** What fb_access_end did so far, in that order; *out_count is how often. */
const struct fb_access_ended *fb_access_ends(const struct fb_access *access, size_t *out_count);

/** Says who gives the reasons of derived tuples of an access that grows (fb_trace.tell). */
void fb_access_tell(struct fb_access *access, fb_tell tell, void *ctx);

/** Says who is told what is asked of an access that grows, and is empty. Borrowed. */
void fb_access_watched(struct fb_access *access, const struct fb_access_watch *watch);

/** Whether anybody is told. */
bool fb_access_is_watched(const struct fb_access *access);

/** Says that corrections that begin at a time-point are looked for. */
void fb_access_ask_corrections(const struct fb_access *access, size_t tp);

/** Says that all tuples of a relation are gone through. */
void fb_access_ask_all(const struct fb_access *access, uint32_t relation);

/** Lets the trace of an access that grows end with an instant. */
void fb_access_until(struct fb_access *access, fb_time last);

/** Takes back all tuples that were added since the trace had `count` of them. */
void fb_access_undo(struct fb_access *access, size_t count);

/** Begins a walk over the tuples of a relation that agree with values (by column) in the columns of
 * mask. Several threads may ask at once, unless the access grows. E_NOMEM, E_LIMIT for the index.
 */
FB_CHECKED enum fb_code fb_access_find(struct fb_access *access, uint32_t relation, uint64_t mask,
    const struct fb_value *values, struct fb_access_walk *out, struct fb_err *err);

/** The index over the columns of mask in a relation, for many walks. It lasts as long as the
 * access. Several threads may ask at once, unless the access grows. E_NOMEM, E_LIMIT. */
FB_CHECKED enum fb_code fb_access_index(struct fb_access *access, uint32_t relation, uint64_t mask,
    const struct fb_access_index **out, struct fb_err *err);

/** Begins a walk over the tuples that agree with values (by column) in the columns of an index. */
void fb_access_find_in(
    const struct fb_access_index *index, const struct fb_value *values, struct fb_access_walk *out);

/** Lets the memory come that a walk over these tuples will look at first; by what it returns
 * fb_access_find_at finds them. */
uint32_t fb_access_expect(const struct fb_access_index *index, const struct fb_value *values);

/** fb_access_find_in of values that were expected. */
void fb_access_find_at(const struct fb_access_index *index, const struct fb_value *values,
    uint32_t hash, struct fb_access_walk *out);

/** The index in the trace of the next tuple of a walk, or FB_ACCESS_NONE. */
static inline uint32_t fb_access_next(struct fb_access_walk *walk)
{
    if (walk->place == FB_ACCESS_NONE) {
        return FB_ACCESS_NONE;
    }
    uint32_t id = walk->ids[walk->place];
    walk->place = walk->next[walk->place];
    return id;
}

/** A tuple of a correction and the time-point at which it begins. */
struct fb_access_correction {
    size_t from;
    uint32_t id;
};

/** All tuples of corrections, by their beginning; *out_count is their number. */
const struct fb_access_correction *fb_access_corrections(
    const struct fb_access *access, size_t *out_count);

/** True when no two time-points have the same time. */
bool fb_access_distinct(const struct fb_access *access);

/** How many tuples a relation has; at least one, where it has some that are not in the access. */
size_t fb_access_count(const struct fb_access *access, uint32_t relation);

/** The tuples of a relation with an index of at least `id`, in their order; *out_count is their
 * number. Those of an access that grows last until the next one comes. */
const uint32_t *fb_access_since(
    const struct fb_access *access, uint32_t relation, uint32_t id, size_t *out_count);

/** The trace. */
const struct fb_trace *fb_access_trace(const struct fb_access *access);

#endif

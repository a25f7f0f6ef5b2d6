/*
 * inc_set.h: the state of the incremental evaluator: cells, sets of rows with indexes, and queues.
 * Only the files of that evaluator include it.
 *
 * Rows have slots whose numbers depend on the history alone, never on a hash, and everything is
 * listed in the order of slots: the same input gives the same output. All memory is counted.
 */
#ifndef FB_ENGINE_INC_SET_H
#define FB_ENGINE_INC_SET_H

#include "base/exact.h"
#include "engine/inc.h"

/** No slot. */
#define FB_INC_NONE UINT32_MAX

/** The end of a streak that goes on. */
#define FB_INC_ONGOING UINT64_MAX

/** Memory of one evaluator: what it holds and the most it may. */
struct fb_inc_memory {
    size_t used;
    size_t max;
    enum fb_code code; /**< the first failure; everything after it is void */
    struct fb_err *err;
};

/** Makes a list of *cap elements longer, so that there is room for one behind `count`: it doubles.
 * New elements are zeroed. False on E_NOMEM or E_LIMIT, which memory->code keeps; then nothing
 * changes. */
bool fb_inc_grow(struct fb_inc_memory *memory, void *list, size_t *cap, size_t count, size_t size);

/** The same where there is no room yet. */
static inline bool fb_inc_room(
    struct fb_inc_memory *memory, void *list, size_t *cap, size_t count, size_t size)
{
    return count < *cap || fb_inc_grow(memory, list, cap, count, size);
}

/** Room for exactly this many bytes, where there are none yet. As fb_inc_room. */
bool fb_inc_exact(struct fb_inc_memory *memory, char **out, size_t *out_cap, size_t size);

/** A list that fb_inc_room made is freed. */
void fb_inc_drop(struct fb_inc_memory *memory, void *list, size_t cap, size_t size);

/** What a row carries; which part is meant follows from whose row it is. */
union fb_inc_load {
    struct {
        int64_t latest;   /**< newest time that is inside the window or older; see holds */
        uint32_t pending; /**< how many newer ones wait in the queues */
        bool holds;
        bool steady; /**< the right side has had it at each time-point since it began to */
        bool inside; /**< so it was at the newest time-point that is old enough */
    } past;
    struct {
        uint32_t head; /**< its entries in the queue, oldest and newest: the numbers' low bits */
        uint32_t tail;
        uint32_t inside; /**< stretches that have come near enough, less those that have gone by */
        bool any;        /**< there are entries */
        bool steady;     /**< the right side had it at the last time-point that was fed */
    } future;
    struct {
        uint64_t first; /**< the streak of time-points that ends at last */
        uint64_t last;  /**< FB_INC_ONGOING: it has not ended */
    } streak;
    uint32_t next; /**< scratch rows: the next member of the same group */
    uint32_t root; /**< keys of an order: of the tree, slot + 1 */
};

/** What a group of an aggregation carries. */
struct fb_inc_group {
    uint64_t count;
    uint32_t numbers; /**< members to add up */
    uint32_t floats;  /**< of these */
    uint32_t odd;     /**< members that are no numbers but have a value */
    uint32_t first;   /**< scratch groups: the newest member */
    uint32_t wide;    /**< 1 + the place of its sum among the set's wide ones; 0: it is small */
    bool known;       /**< result is up to date */
    struct fb_exact_small sum;
    struct fb_cell result;
};

/** A row's place. gen changes when the row goes, so that a queue can tell. */
struct fb_inc_slot {
    uint32_t gen;
    bool live;
    uint32_t next_free;
    uint32_t hash; /**< of the row */
    union fb_inc_load load;
};

/** A place of the table of all rows, which is searched one place after the other. */
struct fb_inc_place {
    uint32_t hash;
    uint32_t link; /**< slot + 1; 0: free */
};

/** Slots by some of the columns. Links are slot + 1. */
struct fb_inc_index {
    uint64_t mask;
    uint32_t *buckets;
    size_t bucket_count;
    struct fb_inc_link {
        uint32_t next;
        uint32_t prev;
        uint32_t hash;
    } * links;
    size_t link_cap;
};

enum { FB_INC_INDEXES_MAX = 8 };

/** A set of rows. Index 0 has all columns. */
struct fb_inc_set {
    size_t width;
    struct fb_cell *cells; /**< width a slot */
    size_t cell_cap;
    struct fb_inc_slot *slots;
    size_t slot_cap;
    uint32_t slot_count; /**< slots ever used */
    uint32_t live_count;
    uint32_t free_head; /**< slot + 1 */
    bool grouped;       /**< rows are groups */
    struct fb_inc_group *groups;
    size_t group_cap;
    struct fb_exact *wides; /**< sums that are not small */
    size_t wide_cap;
    uint32_t wide_count;         /**< ever used */
    uint32_t wide_free;          /**< 1 + the first free one, whose nans is the next such */
    struct fb_inc_place *places; /**< a power of two, more than twice the rows */
    size_t place_cap;
    struct fb_inc_index indexes[FB_INC_INDEXES_MAX]; /**< the first is places instead */
    size_t index_count;
};

/** A number that follows from another one, seeded once a process. */
uint32_t fb_inc_scatter(uint32_t x);

/** A hash of a text, seeded once a process. */
uint32_t fb_inc_hash_text(struct fb_str text);

/** A hash of those of width cells that mask has, seeded once a process. Equal cells have equal
 * hashes. */
uint32_t fb_inc_hash_cells(const struct fb_cell *cells, size_t width, uint64_t mask);

/** An empty set of rows of some width. */
void fb_inc_set_init(struct fb_inc_set *set, size_t width);

/** Frees it. */
void fb_inc_set_release(struct fb_inc_set *set, struct fb_inc_memory *memory);

/** Forgets all rows, keeps the room. */
void fb_inc_set_clear(struct fb_inc_set *set);

/** The number of an index over the columns of mask, added before the first row; -1 when there are
 * too many. */
int fb_inc_set_index(struct fb_inc_set *set, uint64_t mask);

/** Makes the sum of a group wide, which goes with the group. False when memory ran out. */
bool fb_inc_set_widen(
    struct fb_inc_set *set, struct fb_inc_group *group, struct fb_inc_memory *memory);

/** The slot of a row, or FB_INC_NONE. */
uint32_t fb_inc_set_find(const struct fb_inc_set *set, const struct fb_cell *row);

/** The slot of a row, added when it is new (*added). FB_INC_NONE when memory ran out. */
uint32_t fb_inc_set_put(
    struct fb_inc_set *set, const struct fb_cell *row, struct fb_inc_memory *memory, bool *added);

/** The hash of a row, for fb_inc_set_put_hashed; asks the memory for where the row would stand. */
uint32_t fb_inc_set_hash(const struct fb_inc_set *set, const struct fb_cell *row);

/** As fb_inc_set_put, of a row whose hash is known. Hashing several rows before the first of them
 * is put hides how long a large set's memory takes to answer. */
uint32_t fb_inc_set_put_hashed(struct fb_inc_set *set, const struct fb_cell *row, uint32_t hash,
    struct fb_inc_memory *memory, bool *added);

/** Asks the memory for a slot that will be looked at soon; `near` when it was asked for before, so
 * that its place can be asked for too. */
void fb_inc_set_expect(const struct fb_inc_set *set, uint32_t slot, bool near);

/** Takes a row out. */
void fb_inc_set_remove(struct fb_inc_set *set, uint32_t slot);

/** The first slot of an index that agrees with row in its columns, or the next after `after`; row
 * has all columns, of which only those of the index are read. */
uint32_t fb_inc_set_first(const struct fb_inc_set *set, size_t index, const struct fb_cell *row);
uint32_t fb_inc_set_next(
    const struct fb_inc_set *set, size_t index, const struct fb_cell *row, uint32_t after);

/** The cells of a slot. */
static inline struct fb_cell *fb_inc_set_row(const struct fb_inc_set *set, uint32_t slot)
{
    return set->cells + (size_t)slot * set->width;
}

/** Something that happened to a row, in the order of time or of time-points. Without a row (slot is
 * FB_INC_NONE) it is a time-point alone. */
struct fb_inc_entry {
    uint32_t slot;
    uint32_t gen;
    union {
        int64_t time;
        uint64_t point;
    };
};

/** The same of the future. */
struct fb_inc_reach {
    uint32_t slot;
    int64_t time;
    uint64_t point;
    uint64_t from; /**< UNTIL: the first time-point that it can serve */
    uint64_t next; /**< the next entry of the same row, 1 + number; 0: none */
};

/** A queue of either. Entries have numbers that only grow: [head, tail). */
struct fb_inc_queue {
    char *items; /**< a ring of cap, a power of two */
    size_t size; /**< of an entry */
    size_t cap;
    uint64_t head;
    uint64_t tail;
};

/** Appends an entry of this size, which is that of all others. False when memory ran out. */
bool fb_inc_queue_push(
    struct fb_inc_queue *queue, const void *entry, size_t size, struct fb_inc_memory *memory);

/** The entry of a number in [head, tail). */
static inline void *fb_inc_queue_at(const struct fb_inc_queue *queue, uint64_t number)
{
    return queue->items + (number & (queue->cap - 1)) * queue->size;
}

#endif

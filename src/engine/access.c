#include "engine/access.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "base/limit.h"

enum { FIRST_SLOTS = 64 };

/* One index: tuples with equal columns are a chain in the order in which they came. A slot holds
 * the first of a chain, as 1 + place in the relation; 0: free. Slots are small, since most of what
 * looking for a tuple takes is waiting for its slot. */
struct slot {
    uint32_t first;
    uint32_t hash;
};

struct fb_access_index {
    const struct relation_list *list;
    uint64_t mask;
    const struct fb_access_watch *watch; /* NULL: nobody is told */
    uint32_t relation;
    struct slot *slots;
    size_t slot_count;
    size_t used;      /* slots */
    uint32_t *next;   /* by place */
    uint32_t *before; /* by place, of an access that grows, so that the last can be taken back; of
                         the first of a chain: its last */
    uint32_t *hashes; /* likewise: its values may be gone by then */
    size_t cap;       /* of all of these */
    struct fb_access_index *other;
};

struct relation_list {
    uint32_t *ids;                /* of its tuples */
    const struct fb_value **rows; /* their values: nearer than by way of the trace */
    size_t count;
    size_t cap;
    pthread_mutex_t lock;                      /* who makes an index of the relation has it */
    _Atomic(struct fb_access_index *) indexes; /* the first; whole once it stands here */
};

struct fb_access {
    const struct fb_trace *trace;
    struct fb_trace *own; /* the trace of an access that grows; NULL: it does not */
    const struct fb_access_watch *watch;
    size_t tuple_cap;
    struct fb_arena *arena;
    pthread_mutex_t lock; /* of the arena, while indexes are made */
    struct relation_list *relations;
    struct fb_access_correction *corrections;
    size_t correction_count;
    size_t correction_cap;
    struct fb_access_ended *ends;
    size_t end_count;
    size_t end_cap;
    bool distinct;
};

static uint64_t mix(uint64_t x)
{
    x ^= x >> 32;
    x *= 0xd6e8feb86659fd93u;
    x ^= x >> 32;
    return x;
}

static uint32_t hash_of(const struct fb_value *values, uint64_t mask)
{
    uint64_t hash = 0;
    for (uint64_t left = mask; left; left &= left - 1) {
        hash = mix(hash + fb_value_hash(values[__builtin_ctzll(left)]));
    }
    return (uint32_t)(hash ^ hash >> 32);
}

static bool agree(const struct fb_value *a, const struct fb_value *b, uint64_t mask)
{
    for (uint64_t left = mask; left; left &= left - 1) {
        int i = __builtin_ctzll(left);
        if (!fb_value_eq(a[i], b[i])) {
            return false;
        }
    }
    return true;
}

/* Where values are, or the free slot where they would go. */
static struct slot *find_slot(const struct relation_list *list, const struct fb_access_index *index,
    const struct fb_value *values, uint32_t hash)
{
    size_t at = hash & (index->slot_count - 1);
    for (;; at = (at + 1) & (index->slot_count - 1)) {
        struct slot *slot = &index->slots[at];
        if (!slot->first ||
            (slot->hash == hash && agree(list->rows[slot->first - 1], values, index->mask))) {
            return slot;
        }
    }
}

/* The slot of a tuple, which is taken if it was free. */
static struct slot *slot_for(const struct relation_list *list, struct fb_access_index *index,
    uint32_t place, uint32_t *out_hash)
{
    const struct fb_value *values = list->rows[place];
    *out_hash = hash_of(values, index->mask);
    struct slot *slot = find_slot(list, index, values, *out_hash);
    index->used += slot->first ? 0 : 1;
    slot->hash = *out_hash;
    return slot;
}

/* A tuple becomes the first of its chain. */
static void put_first(
    const struct relation_list *list, struct fb_access_index *index, uint32_t place)
{
    uint32_t hash;
    struct slot *slot = slot_for(list, index, place, &hash);
    index->next[place] = slot->first ? slot->first - 1 : FB_ACCESS_NONE;
    slot->first = place + 1;
}

/* A tuple becomes the last of its chain, in an access that grows. */
static void put_last(
    const struct relation_list *list, struct fb_access_index *index, uint32_t place)
{
    uint32_t hash;
    struct slot *slot = slot_for(list, index, place, &hash);
    if (slot->first) {
        uint32_t first = slot->first - 1, last = index->before[first];
        index->next[last] = place;
        index->before[place] = last;
        index->before[first] = place;
    } else {
        slot->first = place + 1;
        index->before[place] = place;
    }
    index->next[place] = FB_ACCESS_NONE;
    index->hashes[place] = hash;
}

/* Makes room for the tuples of a relation; at most half of the slots are used. */
static bool reserve_index(
    struct fb_access *access, const struct relation_list *list, struct fb_access_index *index)
{
    size_t slots = FIRST_SLOTS, cap = access->own ? list->cap : list->count;
    while (slots < 2 * cap && index->mask != 0) {
        slots *= 2;
    }
    index->slots = FB_ARENA_ARRAY(access->arena, struct slot, slots);
    index->slot_count = slots;
    index->used = 0;
    index->next = FB_ARENA_ARRAY(access->arena, uint32_t, cap);
    index->before = access->own ? FB_ARENA_ARRAY(access->arena, uint32_t, cap) : NULL;
    index->hashes = access->own ? FB_ARENA_ARRAY(access->arena, uint32_t, cap) : NULL;
    index->cap = cap;
    return index->slots && index->next && (!access->own || (index->before && index->hashes));
}

/* Makes room for the tuples of a relation and puts them in. */
static bool fill_index(
    struct fb_access *access, const struct relation_list *list, struct fb_access_index *index)
{
    pthread_mutex_lock(&access->lock);
    bool room = reserve_index(access, list, index);
    pthread_mutex_unlock(&access->lock);
    if (!room) {
        return false;
    }
    for (uint32_t place = 0; access->own && place < list->count; place++) {
        put_last(list, index, place);
    }
    for (size_t left = access->own ? 0 : list->count; left > 0; left--) {
        put_first(list, index, (uint32_t)left - 1);
    }
    return true;
}

/* An index over all tuples of a relation. */
static struct fb_access_index *make_index(
    struct fb_access *access, struct relation_list *list, uint64_t mask)
{
    pthread_mutex_lock(&access->lock);
    struct fb_access_index *index = FB_ARENA_NEW(access->arena, struct fb_access_index);
    pthread_mutex_unlock(&access->lock);
    if (!index) {
        return NULL;
    }
    *index = (struct fb_access_index){.list = list,
        .mask = mask,
        .watch = access->watch,
        .relation = (uint32_t)(list - access->relations),
        .other = atomic_load(&list->indexes)};
    if (!fill_index(access, list, index)) {
        return NULL;
    }
    atomic_store(&list->indexes, index);
    return index;
}

static int order_corrections(const void *a, const void *b)
{
    const struct fb_access_correction *x = a, *y = b;
    if (x->from != y->from) {
        return x->from < y->from ? -1 : 1;
    }
    return x->id < y->id ? -1 : x->id > y->id;
}

enum fb_code fb_access_new(const struct fb_trace *trace, struct fb_arena *arena,
    struct fb_access **out, struct fb_err *err)
{
    FB_ASSERT(trace && arena && out);
    if (trace->tuple_count > FB_ACCESS_TUPLES_MAX) {
        return fb_err_set(err, FB_E_LIMIT, "there are more than %d facts", FB_ACCESS_TUPLES_MAX);
    }
    size_t relations = trace->signature->count;
    struct fb_access *access = FB_ARENA_NEW(arena, struct fb_access);
    struct relation_list *lists = FB_ARENA_ARRAY(arena, struct relation_list, relations);
    if (!access || !lists) {
        return fb_arena_failed(arena, err);
    }
    size_t corrections = 0;
    for (size_t i = 0; i < trace->tuple_count; i++) {
        FB_ASSERT(trace->tuples[i].relation < relations);
        lists[trace->tuples[i].relation].count++;
        corrections += trace->tuples[i].correction ? 1 : 0;
    }
    for (size_t r = 0; r < relations; r++) {
        pthread_mutex_init(&lists[r].lock, NULL);
        lists[r].ids = FB_ARENA_ARRAY(arena, uint32_t, lists[r].count);
        lists[r].rows = fb_arena_array(arena, lists[r].count, sizeof(const struct fb_value *));
        if (!lists[r].ids || !lists[r].rows) {
            return fb_arena_failed(arena, err);
        }
        lists[r].count = 0;
    }
    struct fb_access_correction *corrected =
        FB_ARENA_ARRAY(arena, struct fb_access_correction, corrections);
    if (!corrected) {
        return fb_arena_failed(arena, err);
    }
    corrections = 0;
    for (size_t i = 0; i < trace->tuple_count; i++) {
        const struct fb_tuple *tuple = &trace->tuples[i];
        struct relation_list *list = &lists[tuple->relation];
        list->rows[list->count] = tuple->values;
        list->ids[list->count++] = (uint32_t)i;
        if (tuple->correction) {
            corrected[corrections++] = (struct fb_access_correction){tuple->from, (uint32_t)i};
        }
    }
    if (corrections > 1) {
        qsort(corrected, corrections, sizeof(*corrected), order_corrections);
    }
    *access = (struct fb_access){.trace = trace,
        .arena = arena,
        .lock = PTHREAD_MUTEX_INITIALIZER,
        .relations = lists,
        .corrections = corrected,
        .correction_count = corrections,
        .distinct = true};
    for (size_t i = 1; i < trace->time_count; i++) {
        access->distinct = access->distinct && trace->times[i - 1] < trace->times[i];
    }
    *out = access;
    return FB_OK;
}

/* ---- an access that grows ---- */

enum fb_code fb_access_grow(const struct fb_signature *signature, struct fb_arena *arena,
    struct fb_access **out, struct fb_err *err)
{
    FB_ASSERT(signature && arena && out);
    struct fb_access *access = FB_ARENA_NEW(arena, struct fb_access);
    struct fb_trace *own = FB_ARENA_NEW(arena, struct fb_trace);
    struct relation_list *lists = FB_ARENA_ARRAY(arena, struct relation_list, signature->count);
    if (!access || !own || !lists) {
        return fb_arena_failed(arena, err);
    }
    for (size_t r = 0; r < signature->count; r++) {
        pthread_mutex_init(&lists[r].lock, NULL);
    }
    *own = (struct fb_trace){.signature = signature, .by_time = true};
    *access = (struct fb_access){.trace = own,
        .own = own,
        .arena = arena,
        .lock = PTHREAD_MUTEX_INITIALIZER,
        .relations = lists,
        .distinct = true};
    *out = access;
    return FB_OK;
}

/* An array twice as long with what the old one held; NULL when memory ran out. */
static void *twice(
    struct fb_access *access, const void *old, size_t count, size_t *cap, size_t element)
{
    size_t more = *cap ? 2 * *cap : FIRST_SLOTS;
    void *grown = fb_arena_array(access->arena, more, element);
    if (grown && count) {
        memcpy(grown, old, count * element);
    }
    *cap = grown ? more : *cap;
    return grown;
}

/* Room for one more tuple of the trace and of its relation. */
static bool make_room(struct fb_access *access, struct relation_list *list)
{
    struct fb_trace *trace = access->own;
    if (trace->tuple_count == access->tuple_cap) {
        struct fb_tuple *tuples = twice(
            access, trace->tuples, trace->tuple_count, &access->tuple_cap, sizeof(struct fb_tuple));
        if (!tuples) {
            return false;
        }
        trace->tuples = tuples;
    }
    if (list->count == list->cap) {
        size_t cap = list->cap;
        uint32_t *ids = twice(access, list->ids, list->count, &list->cap, sizeof(uint32_t));
        const struct fb_value **rows =
            twice(access, list->rows, list->count, &cap, sizeof(const struct fb_value *));
        if (!ids || !rows) {
            return false;
        }
        list->ids = ids;
        list->rows = rows;
    }
    return true;
}

/* The place among the corrections of one that begins at a time-point, behind all that do. */
static size_t correction_place(const struct fb_access *access, size_t from)
{
    size_t at = access->correction_count;
    while (at > 0 && access->corrections[at - 1].from > from) {
        at--;
    }
    return at;
}

static bool add_correction(struct fb_access *access, size_t from, uint32_t id)
{
    if (access->correction_count == access->correction_cap) {
        struct fb_access_correction *grown = twice(access, access->corrections,
            access->correction_count, &access->correction_cap, sizeof(*grown));
        if (!grown) {
            return false;
        }
        access->corrections = grown;
    }
    size_t at = correction_place(access, from);
    memmove(access->corrections + at + 1, access->corrections + at,
        (access->correction_count - at) * sizeof(*access->corrections));
    access->corrections[at] = (struct fb_access_correction){from, id};
    access->correction_count++;
    return true;
}

enum fb_code fb_access_add(
    struct fb_access *access, const struct fb_tuple *tuple, struct fb_err *err)
{
    FB_ASSERT(access && access->own && tuple && tuple->values);
    FB_ASSERT(tuple->relation < access->own->signature->count);
    struct fb_trace *trace = access->own;
    struct relation_list *list = &access->relations[tuple->relation];
    if (trace->tuple_count >= fb_limit(FB_ACCESS_TUPLES_MAX)) {
        return fb_err_set(err, FB_E_LIMIT, "there are more than %d facts", FB_ACCESS_TUPLES_MAX);
    }
    if (!make_room(access, list)) {
        return fb_arena_failed(access->arena, err);
    }
    uint32_t id = (uint32_t)trace->tuple_count, place = (uint32_t)list->count;
    trace->tuples[trace->tuple_count++] = *tuple;
    list->rows[place] = tuple->values;
    list->ids[list->count++] = id;
    for (struct fb_access_index *index = list->indexes; index; index = index->other) {
        bool full = place == index->cap || 2 * index->used >= index->slot_count;
        if (full && !fill_index(access, list, index)) {
            return fb_arena_failed(access->arena, err);
        }
        if (!full) {
            put_last(list, index, place);
        }
    }
    return tuple->correction && !add_correction(access, tuple->from, id)
               ? fb_arena_failed(access->arena, err)
               : FB_OK;
}

enum fb_code fb_access_end(struct fb_access *access, uint32_t id, size_t until, struct fb_err *err)
{
    FB_ASSERT(access && access->own && id < access->own->tuple_count);
    struct fb_tuple *tuple = &access->own->tuples[id];
    if (access->end_count == access->end_cap) {
        struct fb_access_ended *grown =
            twice(access, access->ends, access->end_count, &access->end_cap, sizeof(*grown));
        if (!grown) {
            return fb_arena_failed(access->arena, err);
        }
        access->ends = grown;
    }
    access->ends[access->end_count++] = (struct fb_access_ended){tuple->relation, until};
    tuple->until = until;
    return FB_OK;
}

const struct fb_access_ended *fb_access_ends(const struct fb_access *access, size_t *out_count)
{
    FB_ASSERT(access && out_count);
    *out_count = access->end_count;
    return access->ends;
}

void fb_access_tell(struct fb_access *access, fb_tell tell, void *ctx)
{
    FB_ASSERT(access && access->own);
    access->own->tell = tell;
    access->own->tell_ctx = ctx;
}

void fb_access_watched(struct fb_access *access, const struct fb_access_watch *watch)
{
    FB_ASSERT(access && access->own && access->own->tuple_count == 0 && watch);
    access->watch = watch;
}

bool fb_access_is_watched(const struct fb_access *access)
{
    FB_ASSERT(access);
    return access->watch != NULL;
}

void fb_access_ask_corrections(const struct fb_access *access, size_t tp)
{
    FB_ASSERT(access);
    if (access->watch && access->watch->asked_corrections) {
        access->watch->asked_corrections(access->watch->ctx, tp);
    }
}

void fb_access_ask_all(const struct fb_access *access, uint32_t relation)
{
    FB_ASSERT(access);
    if (access->watch) {
        access->watch->asked(access->watch->ctx, relation, 0, NULL);
    }
}

void fb_access_until(struct fb_access *access, fb_time last)
{
    FB_ASSERT(access && access->own && last < FB_TIME_MAX);
    access->own->time_count = fb_tp_of_time(last) + 1;
}

/* Frees a slot; what had to go behind it comes nearer to its own. */
static void free_slot(struct fb_access_index *index, struct slot *slot)
{
    size_t mask = index->slot_count - 1, hole = (size_t)(slot - index->slots);
    for (size_t at = (hole + 1) & mask; index->slots[at].first; at = (at + 1) & mask) {
        size_t home = index->slots[at].hash & mask;
        if (((at - home) & mask) >= ((at - hole) & mask)) {
            index->slots[hole] = index->slots[at];
            hole = at;
        }
    }
    index->slots[hole] = (struct slot){.first = 0};
    index->used--;
}

/* Takes the last tuple of a relation out of an index. */
static void take(struct fb_access_index *index, uint32_t place)
{
    size_t mask = index->slot_count - 1, at = index->hashes[place] & mask;
    while (index->before[index->slots[at].first - 1] != place) {
        at = (at + 1) & mask;
        FB_ASSERT(index->slots[at].first);
    }
    uint32_t first = index->slots[at].first - 1, before = index->before[place];
    if (first == place) {
        free_slot(index, &index->slots[at]);
    } else {
        index->next[before] = FB_ACCESS_NONE;
        index->before[first] = before;
    }
}

void fb_access_undo(struct fb_access *access, size_t count)
{
    FB_ASSERT(access && access->own && count <= access->own->tuple_count);
    bool corrections = false;
    while (access->own->tuple_count > count) {
        uint32_t id = (uint32_t)access->own->tuple_count - 1;
        const struct fb_tuple *tuple = &access->own->tuples[id];
        struct relation_list *list = &access->relations[tuple->relation];
        FB_ASSERT(list->count > 0 && list->ids[list->count - 1] == id);
        for (struct fb_access_index *index = list->indexes; index; index = index->other) {
            take(index, (uint32_t)list->count - 1);
        }
        corrections = corrections || tuple->correction;
        list->count--;
        access->own->tuple_count--;
    }
    size_t kept = 0;
    for (size_t i = 0; corrections && i < access->correction_count; i++) {
        if (access->corrections[i].id < count) {
            access->corrections[kept++] = access->corrections[i];
        }
    }
    access->correction_count = corrections ? kept : access->correction_count;
}

/* ---- questions ---- */

/* The index of a relation over some columns; NULL: there is none yet. */
static struct fb_access_index *index_of(struct relation_list *list, uint64_t mask)
{
    struct fb_access_index *index = atomic_load_explicit(&list->indexes, memory_order_acquire);
    while (index && index->mask != mask) {
        index = index->other;
    }
    return index;
}

/* Makes it, unless somebody was faster. */
static enum fb_code need_index(struct fb_access *access, struct relation_list *list, uint64_t mask,
    struct fb_access_index **out, struct fb_err *err)
{
    pthread_mutex_lock(&list->lock);
    *out = index_of(list, mask);
    *out = *out ? *out : make_index(access, list, mask);
    pthread_mutex_unlock(&list->lock);
    return *out ? FB_OK : fb_arena_failed(access->arena, err);
}

enum fb_code fb_access_index(struct fb_access *access, uint32_t relation, uint64_t mask,
    const struct fb_access_index **out, struct fb_err *err)
{
    FB_ASSERT(access && out && relation < access->trace->signature->count);
    struct relation_list *list = &access->relations[relation];
    struct fb_access_index *index = index_of(list, mask);
    enum fb_code code = index ? FB_OK : need_index(access, list, mask, &index, err);
    *out = code ? NULL : index;
    return code;
}

void fb_access_find_in(
    const struct fb_access_index *index, const struct fb_value *values, struct fb_access_walk *out)
{
    FB_ASSERT(index && out);
    fb_access_find_at(index, values, hash_of(values, index->mask), out);
}

void fb_access_find_at(const struct fb_access_index *index, const struct fb_value *values,
    uint32_t hash, struct fb_access_walk *out)
{
    FB_ASSERT(index && out);
    if (index->watch) {
        index->watch->asked(index->watch->ctx, index->relation, index->mask, values);
    }
    const struct slot *slot = find_slot(index->list, index, values, hash);
    *out = (struct fb_access_walk){
        index->next, index->list->ids, slot->first ? slot->first - 1 : FB_ACCESS_NONE};
}

uint32_t fb_access_expect(const struct fb_access_index *index, const struct fb_value *values)
{
    FB_ASSERT(index && values);
    uint32_t hash = hash_of(values, index->mask);
    __builtin_prefetch(&index->slots[hash & (index->slot_count - 1)]);
    return hash;
}

enum fb_code fb_access_find(struct fb_access *access, uint32_t relation, uint64_t mask,
    const struct fb_value *values, struct fb_access_walk *out, struct fb_err *err)
{
    const struct fb_access_index *index;
    enum fb_code code = fb_access_index(access, relation, mask, &index, err);
    if (code == FB_OK) {
        fb_access_find_in(index, values, out);
    }
    return code;
}

const struct fb_access_correction *fb_access_corrections(
    const struct fb_access *access, size_t *out_count)
{
    FB_ASSERT(access && out_count);
    *out_count = access->correction_count;
    return access->corrections;
}

bool fb_access_distinct(const struct fb_access *access)
{
    FB_ASSERT(access);
    return access->distinct;
}

size_t fb_access_count(const struct fb_access *access, uint32_t relation)
{
    FB_ASSERT(access && relation < access->trace->signature->count);
    size_t count = access->relations[relation].count;
    return count == 0 && access->watch && access->watch->elsewhere[relation] ? 1 : count;
}

const uint32_t *fb_access_since(
    const struct fb_access *access, uint32_t relation, uint32_t id, size_t *out_count)
{
    FB_ASSERT(access && relation < access->trace->signature->count && out_count);
    const struct relation_list *list = &access->relations[relation];
    size_t low = 0, high = list->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        bool before = list->ids[middle] < id;
        low = before ? middle + 1 : low;
        high = before ? high : middle;
    }
    *out_count = list->count - low;
    return low < list->count ? list->ids + low : NULL;
}

const struct fb_trace *fb_access_trace(const struct fb_access *access)
{
    FB_ASSERT(access);
    return access->trace;
}

#include "engine/access.h"

#include <stdlib.h>
#include <string.h>

#include "base/assert.h"

enum { FIRST_SLOTS = 64 };

/* One index: tuples with equal columns are a chain in the order of the trace. A slot holds the
 * first and the last of a chain, as 1 + place in the relation; 0: free. */
struct slot {
    uint32_t first;
    uint32_t last;
    uint32_t hash;
};

struct access_index {
    uint64_t mask;
    struct slot *slots;
    size_t slot_count;
    uint32_t *next; /* by place */
    struct access_index *other;
};

struct relation_list {
    uint32_t *ids; /* of its tuples */
    size_t count;
    struct access_index *indexes;
};

struct fb_access {
    const struct fb_trace *trace;
    struct fb_arena *arena;
    struct fb_err *err;
    struct relation_list *relations;
    struct fb_access_correction *corrections;
    size_t correction_count;
    bool distinct;
    uint32_t *stamps;
    uint32_t round;
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

static const struct fb_value *values_at(
    const struct fb_access *access, const struct relation_list *list, uint32_t place)
{
    return access->trace->tuples[list->ids[place]].values;
}

/* Where values are, or the free slot where they would go. */
static struct slot *find_slot(const struct fb_access *access, const struct relation_list *list,
    const struct access_index *index, const struct fb_value *values, uint32_t hash)
{
    size_t at = hash & (index->slot_count - 1);
    for (;; at = (at + 1) & (index->slot_count - 1)) {
        struct slot *slot = &index->slots[at];
        if (!slot->first || (slot->hash == hash && agree(values_at(access, list, slot->first - 1),
                                                       values, index->mask))) {
            return slot;
        }
    }
}

/* An index over all tuples of a relation; at most half of its slots are used. */
static struct access_index *make_index(
    struct fb_access *access, struct relation_list *list, uint64_t mask)
{
    struct access_index *index = FB_ARENA_NEW(access->arena, struct access_index);
    size_t slots = FIRST_SLOTS;
    while (slots < 2 * list->count && mask != 0) {
        slots *= 2;
    }
    if (!index) {
        return NULL;
    }
    *index = (struct access_index){.mask = mask,
        .slots = FB_ARENA_ARRAY(access->arena, struct slot, slots),
        .slot_count = slots,
        .next = FB_ARENA_ARRAY(access->arena, uint32_t, list->count),
        .other = list->indexes};
    if (!index->slots || !index->next) {
        return NULL;
    }
    for (uint32_t place = 0; place < list->count; place++) {
        const struct fb_value *values = values_at(access, list, place);
        uint32_t hash = hash_of(values, mask);
        struct slot *slot = find_slot(access, list, index, values, hash);
        if (slot->first) {
            index->next[slot->last - 1] = place;
        } else {
            slot->first = place + 1;
            slot->hash = hash;
        }
        slot->last = place + 1;
        index->next[place] = FB_ACCESS_NONE;
    }
    list->indexes = index;
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

static bool list_corrections(struct fb_access *access)
{
    const struct fb_trace *trace = access->trace;
    size_t count = 0;
    for (size_t i = 0; i < trace->tuple_count; i++) {
        count += trace->tuples[i].correction ? 1 : 0;
    }
    access->corrections = FB_ARENA_ARRAY(access->arena, struct fb_access_correction, count);
    if (!access->corrections) {
        return false;
    }
    for (size_t i = 0; i < trace->tuple_count && access->correction_count < count; i++) {
        if (trace->tuples[i].correction) {
            access->corrections[access->correction_count++] =
                (struct fb_access_correction){trace->tuples[i].from, (uint32_t)i};
        }
    }
    qsort(access->corrections, count, sizeof(*access->corrections), order_corrections);
    return true;
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
    for (size_t i = 0; i < trace->tuple_count; i++) {
        FB_ASSERT(trace->tuples[i].relation < relations);
        lists[trace->tuples[i].relation].count++;
    }
    for (size_t r = 0; r < relations; r++) {
        lists[r].ids = FB_ARENA_ARRAY(arena, uint32_t, lists[r].count);
        if (!lists[r].ids) {
            return fb_arena_failed(arena, err);
        }
        lists[r].count = 0;
    }
    for (size_t i = 0; i < trace->tuple_count; i++) {
        struct relation_list *list = &lists[trace->tuples[i].relation];
        list->ids[list->count++] = (uint32_t)i;
    }
    *access = (struct fb_access){
        .trace = trace, .arena = arena, .err = err, .relations = lists, .distinct = true};
    for (size_t i = 1; i < trace->time_count; i++) {
        access->distinct = access->distinct && trace->times[i - 1] < trace->times[i];
    }
    if (!list_corrections(access)) {
        return fb_arena_failed(arena, err);
    }
    *out = access;
    return FB_OK;
}

enum fb_code fb_access_find(struct fb_access *access, uint32_t relation, uint64_t mask,
    const struct fb_value *values, struct fb_access_walk *out)
{
    FB_ASSERT(access && out && relation < access->trace->signature->count);
    struct relation_list *list = &access->relations[relation];
    struct access_index *index = list->indexes;
    while (index && index->mask != mask) {
        index = index->other;
    }
    if (!index && (index = make_index(access, list, mask)) == NULL) {
        return fb_arena_failed(access->arena, access->err);
    }
    const struct slot *slot = find_slot(access, list, index, values, hash_of(values, mask));
    *out = (struct fb_access_walk){
        index->next, list->ids, slot->first ? slot->first - 1 : FB_ACCESS_NONE};
    return FB_OK;
}

const struct fb_access_correction *fb_access_corrections(
    const struct fb_access *access, size_t *out_count)
{
    FB_ASSERT(access && out_count);
    *out_count = access->correction_count;
    return access->corrections;
}

enum fb_code fb_access_stamps(struct fb_access *access, uint32_t **out)
{
    FB_ASSERT(access && out);
    if (!access->stamps) {
        access->stamps = FB_ARENA_ARRAY(access->arena, uint32_t, access->trace->tuple_count);
    }
    *out = access->stamps;
    return access->stamps ? FB_OK : fb_arena_failed(access->arena, access->err);
}

uint32_t fb_access_round(struct fb_access *access)
{
    FB_ASSERT(access);
    FB_ASSERT(access->round < UINT32_MAX);
    return ++access->round;
}

bool fb_access_distinct(const struct fb_access *access)
{
    FB_ASSERT(access);
    return access->distinct;
}

size_t fb_access_count(const struct fb_access *access, uint32_t relation)
{
    FB_ASSERT(access && relation < access->trace->signature->count);
    return access->relations[relation].count;
}

const struct fb_trace *fb_access_trace(const struct fb_access *access)
{
    FB_ASSERT(access);
    return access->trace;
}

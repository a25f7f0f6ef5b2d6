#include "engine/inc_set.h"

#include <math.h>
#include <string.h>
#include <sys/random.h>

#include "base/alloc.h"
#include "base/assert.h"

enum { FIRST_CAP = 4, LIST_MAX = 1 << 30 };

static bool fail(struct fb_inc_memory *memory, enum fb_code code, const char *message)
{
    if (memory->code == FB_OK) {
        memory->code = fb_err_set(memory->err, code, "%s", message);
    }
    return false;
}

bool fb_inc_grow(struct fb_inc_memory *memory, void *list, size_t *cap, size_t count, size_t size)
{
    FB_ASSERT(memory && list && cap);
    FB_ASSERT(size > 0 && count >= *cap);
    size_t wanted = *cap ? *cap : FIRST_CAP;
    while (wanted <= count) {
        wanted *= 2;
    }
    size_t more = (wanted - *cap) * size;
    if (wanted > LIST_MAX || more > memory->max - memory->used) {
        return fail(memory, FB_E_LIMIT, "the state of a formula takes too much memory");
    }
    void *old = NULL;
    memcpy(&old, list, sizeof(old));
    char *bigger = fb_realloc(old, wanted * size);
    if (!bigger) {
        return fail(memory, FB_E_NOMEM, "memory ran out");
    }
    memset(bigger + *cap * size, 0, more);
    memcpy(list, &bigger, sizeof(bigger));
    memory->used += more;
    *cap = wanted;
    return true;
}

bool fb_inc_exact(struct fb_inc_memory *memory, char **out, size_t *out_cap, size_t size)
{
    FB_ASSERT(memory && out && out_cap);
    if (size > memory->max - memory->used) {
        return fail(memory, FB_E_LIMIT, "the state of a formula takes too much memory");
    }
    *out = fb_calloc(size, 1);
    if (!*out) {
        return fail(memory, FB_E_NOMEM, "memory ran out");
    }
    memory->used += size;
    *out_cap = size;
    return true;
}

void fb_inc_drop(struct fb_inc_memory *memory, void *list, size_t cap, size_t size)
{
    FB_ASSERT(memory);
    FB_ASSERT(memory->used >= cap * size);
    memory->used -= cap * size;
    fb_free(list);
}

/* ---- cells ---- */

int fb_cell_order(const struct fb_cell *a, const struct fb_cell *b)
{
    FB_ASSERT(a && b);
    FB_ASSERT(a->type != FB_TYPE_STRING || b->type != FB_TYPE_STRING);
    struct fb_value values[2];
    const struct fb_cell *cells[2] = {a, b};
    for (size_t i = 0; i < 2; i++) {
        values[i] = (struct fb_value){.type = cells[i]->type};
        if (cells[i]->type == FB_TYPE_FLOAT) {
            values[i].u.number = cells[i]->u.number;
        } else if (cells[i]->type == FB_TYPE_BOOL) {
            values[i].u.truth = cells[i]->u.integer != 0;
        } else if (cells[i]->type != FB_TYPE_STRING && cells[i]->type != FB_TYPE_NONE) {
            values[i].u.integer = cells[i]->u.integer;
        }
    }
    return fb_value_cmp(values[0], values[1]);
}

/* Symbols are unique, so strings are equal when their numbers are. */
bool fb_cell_eq(const struct fb_cell *a, const struct fb_cell *b)
{
    if (a->type == b->type && a->type != FB_TYPE_FLOAT) {
        return a->u.integer == b->u.integer;
    }
    if (a->type == FB_TYPE_STRING || b->type == FB_TYPE_STRING) {
        return false;
    }
    return fb_cell_order(a, b) == 0;
}

/* Seeded once a process, so that hostile logs cannot choose cells that collide. */
static uint64_t seed(void)
{
    static uint64_t value;
    if (value == 0) {
        uint64_t random = 0;
        if (getrandom(&random, sizeof(random), GRND_NONBLOCK) != (ssize_t)sizeof(random)) {
            random = 0x9e3779b97f4a7c15u;
        }
        value = random | 1;
    }
    return value;
}

static uint64_t mix(uint64_t x)
{
    x ^= x >> 32;
    x *= 0xd6e8feb86659fd93u;
    x ^= x >> 32;
    x *= 0xd6e8feb86659fd93u;
    return x ^ x >> 32;
}

uint32_t fb_inc_scatter(uint32_t x)
{
    FB_ASSERT(x < UINT32_MAX);
    return (uint32_t)mix(seed() ^ x);
}

uint32_t fb_inc_hash_text(struct fb_str text)
{
    uint64_t hash = seed() ^ text.len;
    size_t i = 0;
    for (; i + 8 <= text.len; i += 8) {
        uint64_t word;
        memcpy(&word, text.ptr + i, 8);
        hash = mix(hash ^ word);
    }
    uint64_t rest = 0;
    if (i < text.len) {
        memcpy(&rest, text.ptr + i, text.len - i);
    }
    hash = mix(hash ^ rest);
    return (uint32_t)(hash ^ hash >> 32);
}

/* Equal cells have equal hashes: a whole float hashes as the integer that it equals. */
static uint64_t cell_bits(const struct fb_cell *cell)
{
    if (cell->type != FB_TYPE_FLOAT) {
        bool whole = cell->type == FB_TYPE_INT;
        return (uint64_t)cell->u.integer ^ (whole ? 0 : (uint64_t)cell->type << 56);
    }
    double x = cell->u.number;
    if (isnan(x)) {
        return 1;
    }
    if (x >= -0x1p63 && x < 0x1p63 && floor(x) == x) {
        return (uint64_t)(int64_t)x;
    }
    uint64_t bits;
    memcpy(&bits, &x, sizeof(bits));
    return bits;
}

static uint32_t hash_cells(const struct fb_cell *cells, size_t width, uint64_t mask)
{
    uint64_t hash = seed();
    for (size_t i = 0; i < width; i++) {
        if (mask >> i & 1) {
            hash = mix((hash ^ cell_bits(&cells[i])) + 0x9e3779b97f4a7c15u);
        }
    }
    return (uint32_t)hash;
}

uint32_t fb_inc_hash_cells(const struct fb_cell *cells, size_t width, uint64_t mask)
{
    FB_ASSERT(cells || mask == 0);
    return hash_cells(cells, width, mask);
}

static uint32_t hash_row(const struct fb_inc_set *set, uint64_t mask, const struct fb_cell *row)
{
    return hash_cells(row, set->width, mask);
}

/* ---- sets ---- */

void fb_inc_set_init(struct fb_inc_set *set, size_t width)
{
    FB_ASSERT(set);
    FB_ASSERT(width <= FB_IR_VARS_MAX);
    *set = (struct fb_inc_set){.width = width, .index_count = 1};
    set->indexes[0].mask = width == 64 ? UINT64_MAX : ((uint64_t)1 << width) - 1;
}

void fb_inc_set_release(struct fb_inc_set *set, struct fb_inc_memory *memory)
{
    FB_ASSERT(set && memory);
    FB_ASSERT(set->index_count <= FB_INC_INDEXES_MAX);
    fb_inc_drop(memory, set->cells, set->cell_cap, sizeof(*set->cells));
    fb_inc_drop(memory, set->slots, set->slot_cap, sizeof(*set->slots));
    fb_inc_drop(memory, set->groups, set->group_cap, sizeof(*set->groups));
    fb_inc_drop(memory, set->wides, set->wide_cap, sizeof(*set->wides));
    fb_inc_drop(memory, set->places, set->place_cap, sizeof(*set->places));
    for (size_t i = 0; i < set->index_count; i++) {
        struct fb_inc_index *index = &set->indexes[i];
        fb_inc_drop(memory, index->buckets, index->bucket_count, sizeof(*index->buckets));
        fb_inc_drop(memory, index->links, index->link_cap, sizeof(*index->links));
    }
    *set = (struct fb_inc_set){0};
}

/* Frees all places. Of few rows, each is freed with all that stands behind where it belongs. */
static void clear_places(struct fb_inc_set *set)
{
    if (set->slot_count >= set->place_cap / 8) {
        memset(set->places, 0, set->place_cap * sizeof(*set->places));
        return;
    }
    for (uint32_t i = 0; i < set->slot_count; i++) {
        size_t at = set->slots[i].hash & (set->place_cap - 1);
        for (; set->places[at].link; at = (at + 1) & (set->place_cap - 1)) {
            set->places[at].link = 0;
        }
    }
}

static void clear_buckets(struct fb_inc_index *index, uint32_t slot_count)
{
    if (slot_count >= index->bucket_count / 8) {
        memset(index->buckets, 0, index->bucket_count * sizeof(*index->buckets));
        return;
    }
    for (uint32_t i = 0; i < slot_count; i++) {
        index->buckets[index->links[i].hash & (index->bucket_count - 1)] = 0;
    }
}

void fb_inc_set_clear(struct fb_inc_set *set)
{
    FB_ASSERT(set);
    FB_ASSERT(set->live_count <= set->slot_count);
    if (set->slot_count == 0) {
        return;
    }
    clear_places(set);
    for (size_t i = 1; i < set->index_count; i++) {
        clear_buckets(&set->indexes[i], set->slot_count);
    }
    memset(set->slots, 0, set->slot_count * sizeof(*set->slots));
    set->slot_count = 0;
    set->live_count = 0;
    set->free_head = 0;
    set->wide_count = 0;
    set->wide_free = 0;
}

int fb_inc_set_index(struct fb_inc_set *set, uint64_t mask)
{
    FB_ASSERT(set);
    FB_ASSERT(set->slot_count == 0);
    for (size_t i = 0; i < set->index_count; i++) {
        if (set->indexes[i].mask == mask) {
            return (int)i;
        }
    }
    if (set->index_count == FB_INC_INDEXES_MAX) {
        return -1;
    }
    set->indexes[set->index_count].mask = mask;
    return (int)set->index_count++;
}

static void link_slot(struct fb_inc_index *index, uint32_t slot)
{
    struct fb_inc_link *link = &index->links[slot];
    uint32_t *bucket = &index->buckets[link->hash & (index->bucket_count - 1)];
    link->prev = 0;
    link->next = *bucket;
    if (*bucket) {
        index->links[*bucket - 1].prev = slot + 1;
    }
    *bucket = slot + 1;
}

static void unlink_slot(struct fb_inc_index *index, uint32_t slot)
{
    struct fb_inc_link *link = &index->links[slot];
    if (link->next) {
        index->links[link->next - 1].prev = link->prev;
    }
    if (link->prev) {
        index->links[link->prev - 1].next = link->next;
    } else {
        index->buckets[link->hash & (index->bucket_count - 1)] = link->next;
    }
}

/* Room for one more slot; the buckets double with the rows. */
static bool room_in_index(
    struct fb_inc_set *set, struct fb_inc_index *index, struct fb_inc_memory *memory)
{
    if (!fb_inc_room(
            memory, &index->links, &index->link_cap, set->slot_count, sizeof(*index->links))) {
        return false;
    }
    size_t before = index->bucket_count;
    if (!fb_inc_room(memory, &index->buckets, &index->bucket_count, set->live_count,
            sizeof(*index->buckets))) {
        return false;
    }
    if (index->bucket_count != before) {
        memset(index->buckets, 0, index->bucket_count * sizeof(*index->buckets));
        for (uint32_t i = 0; i < set->slot_count; i++) {
            if (set->slots[i].live) {
                link_slot(index, i);
            }
        }
    }
    return true;
}

static bool same(
    const struct fb_inc_set *set, uint64_t mask, const struct fb_cell *a, const struct fb_cell *b)
{
    for (size_t i = 0; i < set->width; i++) {
        if ((mask >> i & 1) && !fb_cell_eq(&a[i], &b[i])) {
            return false;
        }
    }
    return true;
}

/* Along a chain from `link` (slot + 1) to the first row that agrees. */
static uint32_t along(const struct fb_inc_set *set, const struct fb_inc_index *index,
    const struct fb_cell *row, uint32_t hash, uint32_t link)
{
    for (; link; link = index->links[link - 1].next) {
        if (index->links[link - 1].hash == hash &&
            same(set, index->mask, fb_inc_set_row(set, link - 1), row)) {
            return link - 1;
        }
    }
    return FB_INC_NONE;
}

/* Where a row with this hash stands, or would stand; there are places. */
static size_t place_of(const struct fb_inc_set *set, const struct fb_cell *row, uint32_t hash)
{
    size_t mask = set->place_cap - 1;
    size_t at = hash & mask;
    for (; set->places[at].link; at = (at + 1) & mask) {
        const struct fb_cell *other = fb_inc_set_row(set, set->places[at].link - 1);
        if (set->places[at].hash == hash && same(set, UINT64_MAX, other, row)) {
            break;
        }
    }
    return at;
}

/* The slot of a row with this hash. */
static uint32_t find(const struct fb_inc_set *set, const struct fb_cell *row, uint32_t hash)
{
    if (set->live_count == 0) {
        return FB_INC_NONE;
    }
    uint32_t link = set->places[place_of(set, row, hash)].link;
    return link ? link - 1 : FB_INC_NONE;
}

static void place(struct fb_inc_set *set, uint32_t slot)
{
    uint32_t hash = set->slots[slot].hash;
    size_t at = hash & (set->place_cap - 1);
    while (set->places[at].link) {
        at = (at + 1) & (set->place_cap - 1);
    }
    set->places[at] = (struct fb_inc_place){hash, slot + 1};
}

/* Rows behind a place that becomes free move up, unless they stand where they belong. */
static void displace(struct fb_inc_set *set, uint32_t slot)
{
    size_t mask = set->place_cap - 1;
    size_t hole = set->slots[slot].hash & mask;
    while (set->places[hole].link != slot + 1) {
        FB_ASSERT(set->places[hole].link);
        hole = (hole + 1) & mask;
    }
    for (size_t at = (hole + 1) & mask; set->places[at].link; at = (at + 1) & mask) {
        size_t home = set->places[at].hash & mask;
        if (((at - home) & mask) >= ((at - hole) & mask)) {
            set->places[hole] = set->places[at];
            hole = at;
        }
    }
    set->places[hole].link = 0;
}

static bool room_in_places(struct fb_inc_set *set, struct fb_inc_memory *memory)
{
    size_t before = set->place_cap;
    if (!fb_inc_room(memory, &set->places, &set->place_cap, 2 * (size_t)set->live_count + 2,
            sizeof(*set->places))) {
        return false;
    }
    if (set->place_cap != before) {
        memset(set->places, 0, set->place_cap * sizeof(*set->places));
        for (uint32_t i = 0; i < set->slot_count; i++) {
            if (set->slots[i].live) {
                place(set, i);
            }
        }
    }
    return true;
}

uint32_t fb_inc_set_first(const struct fb_inc_set *set, size_t at, const struct fb_cell *row)
{
    FB_ASSERT(set && at < set->index_count);
    const struct fb_inc_index *index = &set->indexes[at];
    if (set->live_count == 0) {
        return FB_INC_NONE;
    }
    uint32_t hash = hash_row(set, index->mask, row);
    return at == 0 ? find(set, row, hash)
                   : along(set, index, row, hash, index->buckets[hash & (index->bucket_count - 1)]);
}

uint32_t fb_inc_set_next(
    const struct fb_inc_set *set, size_t at, const struct fb_cell *row, uint32_t after)
{
    FB_ASSERT(set && at < set->index_count);
    FB_ASSERT(after < set->slot_count);
    if (at == 0) {
        return FB_INC_NONE;
    }
    const struct fb_inc_index *index = &set->indexes[at];
    const struct fb_inc_link *link = &index->links[after];
    return along(set, index, row, link->hash, link->next);
}

uint32_t fb_inc_set_find(const struct fb_inc_set *set, const struct fb_cell *row)
{
    return fb_inc_set_first(set, 0, row);
}

static uint32_t take_slot(struct fb_inc_set *set)
{
    uint32_t slot = set->slot_count;
    if (set->free_head) {
        slot = set->free_head - 1;
        set->free_head = set->slots[slot].next_free;
    } else {
        set->slot_count++;
    }
    set->live_count++;
    set->slots[slot].live = true;
    memset(&set->slots[slot].load, 0, sizeof(set->slots[slot].load));
    if (set->grouped) {
        set->groups[slot] = (struct fb_inc_group){0};
    }
    return slot;
}

uint32_t fb_inc_set_hash(const struct fb_inc_set *set, const struct fb_cell *row)
{
    FB_ASSERT(set && row);
    uint32_t hash = hash_row(set, UINT64_MAX, row);
    if (set->place_cap) {
        __builtin_prefetch(&set->places[hash & (set->place_cap - 1)]);
    }
    return hash;
}

void fb_inc_set_expect(const struct fb_inc_set *set, uint32_t slot, bool near)
{
    FB_ASSERT(set && slot < set->slot_count);
    if (near) {
        __builtin_prefetch(&set->places[set->slots[slot].hash & (set->place_cap - 1)]);
    } else {
        __builtin_prefetch(&set->slots[slot]);
    }
}

uint32_t fb_inc_set_put(
    struct fb_inc_set *set, const struct fb_cell *row, struct fb_inc_memory *memory, bool *added)
{
    return fb_inc_set_put_hashed(set, row, hash_row(set, UINT64_MAX, row), memory, added);
}

uint32_t fb_inc_set_put_hashed(struct fb_inc_set *set, const struct fb_cell *row, uint32_t hash,
    struct fb_inc_memory *memory, bool *added)
{
    FB_ASSERT(set && memory && added);
    *added = false;
    if (!room_in_places(set, memory)) {
        return FB_INC_NONE;
    }
    struct fb_inc_place *at = &set->places[place_of(set, row, hash)];
    if (at->link) {
        return at->link - 1;
    }
    size_t cells = ((size_t)set->slot_count + 1) * set->width;
    if (!fb_inc_room(memory, &set->slots, &set->slot_cap, set->slot_count, sizeof(*set->slots)) ||
        !fb_inc_room(memory, &set->cells, &set->cell_cap, cells, sizeof(*set->cells)) ||
        (set->grouped && !fb_inc_room(memory, &set->groups, &set->group_cap, set->slot_count,
                             sizeof(*set->groups)))) {
        return FB_INC_NONE;
    }
    for (size_t i = 1; i < set->index_count; i++) {
        if (!room_in_index(set, &set->indexes[i], memory)) {
            return FB_INC_NONE;
        }
    }
    uint32_t slot = take_slot(set);
    struct fb_cell *cell = fb_inc_set_row(set, slot);
    for (size_t i = 0; i < set->width; i++) {
        cell[i] = row[i];
    }
    set->slots[slot].hash = hash;
    *at = (struct fb_inc_place){hash, slot + 1};
    for (size_t i = 1; i < set->index_count; i++) {
        set->indexes[i].links[slot].hash = hash_row(set, set->indexes[i].mask, row);
        link_slot(&set->indexes[i], slot);
    }
    *added = true;
    return slot;
}

void fb_inc_set_remove(struct fb_inc_set *set, uint32_t slot)
{
    FB_ASSERT(set && slot < set->slot_count);
    FB_ASSERT(set->slots[slot].live);
    displace(set, slot);
    for (size_t i = 1; i < set->index_count; i++) {
        unlink_slot(&set->indexes[i], slot);
    }
    if (set->grouped && set->groups[slot].wide) {
        set->wides[set->groups[slot].wide - 1].nans = set->wide_free;
        set->wide_free = set->groups[slot].wide;
    }
    set->slots[slot].live = false;
    set->slots[slot].gen++;
    set->slots[slot].next_free = set->free_head;
    set->free_head = slot + 1;
    set->live_count--;
}

bool fb_inc_set_widen(
    struct fb_inc_set *set, struct fb_inc_group *group, struct fb_inc_memory *memory)
{
    FB_ASSERT(set && set->grouped && group && memory);
    FB_ASSERT(!group->wide);
    if (set->wide_free) {
        group->wide = set->wide_free;
        set->wide_free = (uint32_t)set->wides[group->wide - 1].nans;
    } else if (fb_inc_room(
                   memory, &set->wides, &set->wide_cap, set->wide_count, sizeof(*set->wides))) {
        group->wide = ++set->wide_count;
    } else {
        return false;
    }
    fb_exact_widen(&group->sum, &set->wides[group->wide - 1]);
    return true;
}

/* ---- queues ---- */

bool fb_inc_queue_push(
    struct fb_inc_queue *queue, const void *entry, size_t size, struct fb_inc_memory *memory)
{
    FB_ASSERT(queue && entry && memory);
    FB_ASSERT(queue->tail >= queue->head && (queue->size == size || queue->cap == 0));
    size_t before = queue->cap;
    size_t count = (size_t)(queue->tail - queue->head);
    queue->size = size;
    if (!fb_inc_room(memory, &queue->items, &queue->cap, count, size)) {
        return false;
    }
    /* In a ring twice as large, the numbers whose new bit is set move up. */
    for (uint64_t n = queue->head; before && before != queue->cap && n < queue->tail; n++) {
        if (n & before) {
            memcpy(fb_inc_queue_at(queue, n), queue->items + (n & (before - 1)) * size, size);
        }
    }
    FB_ASSERT(queue->cap == before || before == 0 || queue->cap == 2 * before);
    memcpy(fb_inc_queue_at(queue, queue->tail++), entry, size);
    return true;
}

#include "base/map.h"

#include <stdatomic.h>
#include <string.h>
#include <sys/random.h>

#include "base/alloc.h"
#include "base/assert.h"

/* Keyed once per process. When the kernel has no randomness the zero key still gives a correct
 * map; only the protection against chosen keys is lost. */
static uint64_t hash_key[2];
static _Atomic int hash_key_state; /* 0 unset, 1 being set, 2 set */

static void hash_key_init(void)
{
    int expected = 0;
    if (atomic_load_explicit(&hash_key_state, memory_order_acquire) == 2) {
        return;
    }
    if (atomic_compare_exchange_strong_explicit(
            &hash_key_state, &expected, 1, memory_order_acq_rel, memory_order_acquire)) {
        uint64_t key[2] = {0, 0};
        if (getrandom(key, sizeof(key), GRND_NONBLOCK) == (ssize_t)sizeof(key)) {
            memcpy(hash_key, key, sizeof(key));
        }
        atomic_store_explicit(&hash_key_state, 2, memory_order_release);
        return;
    }
    while (atomic_load_explicit(&hash_key_state, memory_order_acquire) != 2) {
    }
}

static uint64_t rotl(uint64_t x, int n)
{
    return x << n | x >> (64 - n);
}

static void sip_round(uint64_t v[4])
{
    v[0] += v[1];
    v[1] = rotl(v[1], 13) ^ v[0];
    v[0] = rotl(v[0], 32);
    v[2] += v[3];
    v[3] = rotl(v[3], 16) ^ v[2];
    v[0] += v[3];
    v[3] = rotl(v[3], 21) ^ v[0];
    v[2] += v[1];
    v[1] = rotl(v[1], 17) ^ v[2];
    v[2] = rotl(v[2], 32);
}

/* SipHash-1-3: Aumasson and Bernstein, "SipHash: a fast short-input PRF", 2012, section 2, with one
 * round a word and three at the end: what hash tables need, whose hashes nobody sees. */
static uint64_t siphash(struct fb_str s, const uint64_t key[2])
{
    uint64_t v[4] = {key[0] ^ 0x736f6d6570736575u, key[1] ^ 0x646f72616e646f6du,
        key[0] ^ 0x6c7967656e657261u, key[1] ^ 0x7465646279746573u};
    size_t whole = s.len & ~(size_t)7;
    for (size_t i = 0; i < whole; i += 8) {
        uint64_t m;
        memcpy(&m, s.ptr + i, 8);
        v[3] ^= m;
        sip_round(v);
        v[0] ^= m;
    }
    uint64_t last = (uint64_t)s.len << 56;
    for (size_t i = whole; i < s.len; i++) {
        last |= (uint64_t)(unsigned char)s.ptr[i] << (8 * (i - whole));
    }
    v[3] ^= last;
    sip_round(v);
    v[0] ^= last;
    v[2] ^= 0xff;
    for (int i = 0; i < 3; i++) {
        sip_round(v);
    }
    return v[0] ^ v[1] ^ v[2] ^ v[3];
}

uint64_t fb_map_hash(struct fb_str key)
{
    hash_key_init();
    return siphash(key, hash_key);
}

static uint64_t mix(uint64_t x)
{
    x ^= x >> 32;
    x *= 0xd6e8feb86659fd93u;
    x ^= x >> 32;
    x *= 0xd6e8feb86659fd93u;
    return x ^ x >> 32;
}

/* Numbers of one kind never collide before the hash is cut to the size of a table; where they do
 * then hangs on both halves of the key. */
uint64_t fb_map_hash_number(uint64_t number, uint32_t kind)
{
    hash_key_init();
    return mix(mix(number ^ hash_key[0]) + (hash_key[1] ^ (uint64_t)kind << 56));
}

void fb_map_init(struct fb_map *map)
{
    FB_ASSERT(map);
    hash_key_init();
    memset(map, 0, sizeof(*map));
}

void fb_map_release(struct fb_map *map)
{
    FB_ASSERT(map);
    fb_free(map->entries);
    fb_free(map->slots);
    memset(map, 0, sizeof(*map));
}

/* The slot of a key: where it is, or the free one where it would go. slot_count is not 0. */
static size_t find_slot(const struct fb_map *map, struct fb_str key, uint64_t hash)
{
    size_t mask = map->slot_count - 1;
    size_t slot = (size_t)hash & mask;
    while (map->slots[slot]) {
        const struct fb_map_entry *entry = &map->entries[map->slots[slot] - 1];
        if (entry->hash == hash && fb_str_eq(entry->key, key)) {
            break;
        }
        slot = (slot + 1) & mask;
    }
    return slot;
}

static const struct fb_map_entry *find(const struct fb_map *map, struct fb_str key)
{
    FB_ASSERT(map);
    if (map->count == 0) {
        return NULL;
    }
    size_t slot = find_slot(map, key, siphash(key, hash_key));
    return map->slots[slot] ? &map->entries[map->slots[slot] - 1] : NULL;
}

void *fb_map_get(const struct fb_map *map, struct fb_str key)
{
    const struct fb_map_entry *entry = find(map, key);
    return entry ? entry->value : NULL;
}

bool fb_map_has(const struct fb_map *map, struct fb_str key)
{
    return find(map, key) != NULL;
}

/* Makes room for one more entry; the load stays at or under one half. */
static bool grow(struct fb_map *map)
{
    if (map->count == map->cap) {
        size_t cap = map->cap ? map->cap * 2 : 8;
        struct fb_map_entry *entries = fb_realloc(map->entries, cap * sizeof(*entries));
        if (!entries) {
            return false;
        }
        map->entries = entries;
        map->cap = cap;
    }
    if ((map->count + 1) * 2 > map->slot_count) {
        size_t slot_count = map->slot_count ? map->slot_count * 2 : 16;
        uint32_t *slots = fb_calloc(slot_count, sizeof(*slots));
        if (!slots) {
            return false;
        }
        fb_free(map->slots);
        map->slots = slots;
        map->slot_count = slot_count;
        for (size_t i = 0; i < map->count; i++) {
            const struct fb_map_entry *entry = &map->entries[i];
            map->slots[find_slot(map, entry->key, entry->hash)] = (uint32_t)(i + 1);
        }
    }
    return true;
}

enum fb_code fb_map_put(struct fb_map *map, struct fb_str key, void *value, struct fb_err *err)
{
    FB_ASSERT(map && (key.ptr || key.len == 0));
    if (map->count >= UINT32_MAX / 4) {
        return fb_err_set(err, FB_E_LIMIT, "a map holds too many keys");
    }
    if (!grow(map)) {
        return fb_err_set(err, FB_E_NOMEM, "memory ran out");
    }
    uint64_t hash = siphash(key, hash_key);
    size_t slot = find_slot(map, key, hash);
    if (map->slots[slot]) {
        map->entries[map->slots[slot] - 1].value = value;
        return FB_OK;
    }
    map->entries[map->count] = (struct fb_map_entry){key, value, hash};
    map->count++;
    map->slots[slot] = (uint32_t)map->count;
    return FB_OK;
}

/*
 * map.h: a hash map from byte strings to pointers.
 *
 * Entries keep the order in which they were put, so that what is printed never depends on hashes.
 * The hash is keyed per process (SipHash-1-3, Aumasson and Bernstein 2012), so that hostile keys
 * cannot be chosen to collide. Keys are borrowed: they must outlive the map.
 */
#ifndef FB_BASE_MAP_H
#define FB_BASE_MAP_H

#include "base/str.h"
#include "flyball/err.h"

/** One key and its value. */
struct fb_map_entry {
    struct fb_str key;
    void *value;
    uint64_t hash; /**< private */
};

/** The map. Read entries[0 .. count); write only through the functions. */
struct fb_map {
    struct fb_map_entry *entries;
    size_t count;
    size_t cap;      /**< private */
    uint32_t *slots; /**< private: index + 1 of the entry, 0 for none */
    size_t slot_count;
};

/** The keyed hash of a byte string, for tables that are not maps. It differs from process to
 * process: nothing that is printed or kept may depend on it. */
uint64_t fb_map_hash(struct fb_str key);

/** The same of a number of some kind. */
uint64_t fb_map_hash_number(uint64_t number, uint32_t kind);

/** Initialises an empty map; allocates nothing. */
void fb_map_init(struct fb_map *map);

/** Frees the map's own memory (not keys, not values) and leaves it empty. */
void fb_map_release(struct fb_map *map);

/** The value of a key, or NULL. */
void *fb_map_get(const struct fb_map *map, struct fb_str key);

/** True when the key is there, whatever its value. */
bool fb_map_has(const struct fb_map *map, struct fb_str key);

/** Sets the value of a key, replacing an earlier one. On failure (E_NOMEM) nothing changes. */
FB_CHECKED enum fb_code fb_map_put(
    struct fb_map *map, struct fb_str key, void *value, struct fb_err *err);

#endif

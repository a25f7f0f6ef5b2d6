#include "ledger/tiles.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/assert.h"
#include "store/store.h"

_Static_assert((int)FB_TILE_WIDTH == (int)FB_STORE_HASHES_MAX, "a tile is read at once");
_Static_assert(sizeof(struct fb_hash) == FB_HASH_SIZE, "hashes lie side by side");

/* The root of a complete tree of count (a power of two, at most 256) hashes. */
static struct fb_hash fold(const struct fb_hash *hashes, size_t count)
{
    FB_ASSERT(count >= 1 && count <= FB_TILE_WIDTH && (count & (count - 1)) == 0);
    if (count == 1) {
        return hashes[0];
    }
    struct fb_hash row[FB_TILE_WIDTH / 2];
    const struct fb_hash *from = hashes;
    while (count > 1) {
        count /= 2;
        for (size_t i = 0; i < count; i++) {
            row[i] = fb_merkle_node(&from[2 * i], &from[2 * i + 1]);
        }
        from = row;
    }
    return row[0];
}

/* Number of complete nodes at the level of a row of tiles. */
static uint64_t width_at(uint64_t size, uint32_t tile_level)
{
    FB_ASSERT(tile_level < FB_TILE_LEVELS);
    return size >> (FB_TILE_HEIGHT * tile_level);
}

enum fb_code fb_tile_read(
    struct fb_tile_reader *reader, uint32_t level, uint64_t index, size_t count, struct fb_err *err)
{
    FB_ASSERT(reader && reader->get);
    FB_ASSERT(count >= 1 && count <= FB_TILE_WIDTH);
    fb_buf_clear(&reader->scratch);
    enum fb_code code = reader->get(reader->ctx, level, index, &reader->scratch, err);
    if (code == FB_E_NOT_FOUND) {
        return fb_err_set(
            err, FB_E_CORRUPT, "the log lacks tile %" PRIu32 "/%" PRIu64, level, index);
    }
    if (code != FB_OK) {
        return code;
    }
    if (reader->scratch.len < count * FB_HASH_SIZE) {
        return fb_err_set(err, FB_E_CORRUPT,
            "tile %" PRIu32 "/%" PRIu64 " has %zu bytes, which is too few", level, index,
            reader->scratch.len);
    }
    return FB_OK;
}

/* Number of peaks of a tile that has width hashes. */
static size_t peak_count(uint64_t width)
{
    return (size_t)__builtin_popcountll(width);
}

/* The peaks of a tile from its hashes. */
static void make_peaks(const struct fb_hash *tile, size_t width, struct fb_hash *peaks)
{
    FB_ASSERT(width < FB_TILE_WIDTH);
    size_t start = 0, count = 0;
    for (size_t part = FB_TILE_WIDTH / 2; part > 0; part /= 2) {
        if (width & part) {
            peaks[count++] = fold(&tile[start], part);
            start += part;
        }
    }
    FB_ASSERT(start == width && count == peak_count(width));
}

enum fb_code fb_edge_load(
    struct fb_tile_reader *reader, uint64_t size, struct fb_edge *out, struct fb_err *err)
{
    FB_ASSERT(reader && out);
    FB_ASSERT(size <= INT64_MAX);
    enum fb_code code = FB_OK;
    for (uint32_t level = 0; code == FB_OK && level < FB_TILE_LEVELS; level++) {
        uint64_t width = width_at(size, level);
        size_t count = (size_t)(width % FB_TILE_WIDTH);
        if (count == 0) {
            continue;
        }
        code = fb_tile_read(reader, level, width / FB_TILE_WIDTH, count, err);
        if (code == FB_OK) {
            memcpy(out->tiles[level], reader->scratch.ptr, count * FB_HASH_SIZE);
            make_peaks(out->tiles[level], count, out->peaks[level]);
        }
    }
    out->size = size;
    return code;
}

/* Adds a hash to a tile that has at hashes; the root of what is complete then is its last peak. */
static void add_peak(struct fb_hash *peaks, uint64_t at, const struct fb_hash *hash)
{
    size_t count = peak_count(at);
    struct fb_hash node = *hash;
    for (uint64_t carry = at; carry & 1; carry >>= 1) {
        count--;
        node = fb_merkle_node(&peaks[count], &node);
    }
    peaks[count] = node;
}

enum fb_code fb_edge_add(struct fb_edge *edge, const struct fb_hash *leaf, fb_tile_sink sink,
    void *ctx, struct fb_err *err)
{
    FB_ASSERT(edge && leaf && sink);
    FB_ASSERT(edge->size < INT64_MAX);
    struct fb_hash hash = *leaf;
    for (uint32_t level = 0; level < FB_TILE_LEVELS; level++) {
        struct fb_hash *tile = edge->tiles[level];
        uint64_t width = width_at(edge->size, level), at = width % FB_TILE_WIDTH;
        tile[at] = hash;
        add_peak(edge->peaks[level], at, &hash);
        if (at != FB_TILE_WIDTH - 1) {
            break;
        }
        struct fb_str bytes = {(const char *)tile, FB_TILE_SIZE};
        enum fb_code code = sink(ctx, level, width / FB_TILE_WIDTH, bytes, err);
        if (code != FB_OK) {
            return code;
        }
        hash = edge->peaks[level][0];
    }
    edge->size++;
    return FB_OK;
}

enum fb_code fb_edge_flush(
    const struct fb_edge *edge, uint64_t old_size, fb_tile_sink sink, void *ctx, struct fb_err *err)
{
    FB_ASSERT(edge && sink);
    FB_ASSERT(old_size <= edge->size);
    for (uint32_t level = 0; level < FB_TILE_LEVELS; level++) {
        uint64_t width = width_at(edge->size, level);
        size_t count = (size_t)(width % FB_TILE_WIDTH);
        if (count == 0 || width == width_at(old_size, level)) {
            continue;
        }
        struct fb_str bytes = {(const char *)edge->tiles[level], count * FB_HASH_SIZE};
        enum fb_code code = sink(ctx, level, width / FB_TILE_WIDTH, bytes, err);
        if (code != FB_OK) {
            return code;
        }
    }
    return FB_OK;
}

struct fb_hash fb_edge_root(const struct fb_edge *edge)
{
    FB_ASSERT(edge);
    if (edge->size == 0) {
        return fb_merkle_empty();
    }
    struct fb_hash root = {{0}};
    bool has_root = false;
    /* From the right: the smallest subtree of the lowest level comes first. */
    for (uint32_t level = 0; level < FB_TILE_LEVELS; level++) {
        size_t count = peak_count(width_at(edge->size, level) % FB_TILE_WIDTH);
        for (size_t i = count; i-- > 0;) {
            const struct fb_hash *peak = &edge->peaks[level][i];
            root = has_root ? fb_merkle_node(peak, &root) : *peak;
            has_root = true;
        }
    }
    FB_ASSERT(has_root);
    return root;
}

enum fb_code fb_tile_node(
    void *reader, uint32_t level, uint64_t index, struct fb_hash *out, struct fb_err *err)
{
    FB_ASSERT(reader && out);
    FB_ASSERT(level < FB_TILE_LEVELS * FB_TILE_HEIGHT);
    struct fb_tile_reader *tiles = reader;
    uint32_t row = level / FB_TILE_HEIGHT, height = level % FB_TILE_HEIGHT;
    uint64_t first = index << height;
    size_t at = (size_t)(first % FB_TILE_WIDTH), count = (size_t)1 << height;
    enum fb_code code = fb_tile_read(tiles, row, first / FB_TILE_WIDTH, at + count, err);
    if (code == FB_OK) {
        struct fb_hash hashes[FB_TILE_WIDTH / 2];
        memcpy(hashes, tiles->scratch.ptr + at * FB_HASH_SIZE, count * FB_HASH_SIZE);
        *out = fold(hashes, count);
    }
    return code;
}

const char *fb_tile_path(int level, uint64_t index, uint32_t width, char out[FB_TILE_PATH_MAX])
{
    FB_ASSERT(out && level >= -1 && level < FB_TILE_LEVELS);
    FB_ASSERT(width >= 1 && width <= FB_TILE_WIDTH);
    /* Groups of three digits, all but the last marked with x. */
    char groups[FB_TILE_PATH_MAX];
    size_t start = sizeof(groups) - 1;
    groups[start] = 0;
    const char *mark = "";
    do {
        char group[8];
        int len = snprintf(group, sizeof(group), "/%s%03u", mark, (unsigned)(index % 1000));
        FB_ASSERT(len > 0 && (size_t)len <= start);
        start -= (size_t)len;
        memcpy(groups + start, group, (size_t)len);
        index /= 1000;
        mark = "x";
    } while (index > 0);
    char name[16], partial[16];
    snprintf(name, sizeof(name), "%d", level);
    snprintf(partial, sizeof(partial), ".p/%" PRIu32, width);
    int len = snprintf(out, FB_TILE_PATH_MAX, "tile/%s%s%s", level < 0 ? "entries" : name,
        groups + start, width < FB_TILE_WIDTH ? partial : "");
    FB_ASSERT(len > 0 && len < FB_TILE_PATH_MAX);
    return out;
}

/* Takes the groups of three digits of an index, all but the last marked with x. */
static bool take_index(struct fb_str *rest, uint64_t *out)
{
    *out = 0;
    for (;;) {
        bool is_marked = rest->len > 0 && rest->ptr[0] == 'x';
        struct fb_str digits = fb_str_sub(*rest, is_marked, 3);
        uint64_t group;
        if (!fb_str_u64(digits, &group) || *out > INT64_MAX / 1000) {
            return false;
        }
        *out = *out * 1000 + group;
        *rest = fb_str_sub(*rest, is_marked + digits.len, SIZE_MAX);
        if (!is_marked) {
            return true;
        }
        if (!fb_str_starts(*rest, FB_STR("/"))) {
            return false;
        }
        *rest = fb_str_sub(*rest, 1, SIZE_MAX);
    }
}

bool fb_tile_path_is(struct fb_str text)
{
    FB_ASSERT(text.ptr || text.len == 0);
    struct fb_str start = FB_STR("tile/"), entries = FB_STR("entries"), partial = FB_STR(".p/");
    size_t slash = fb_str_find(text, '/', start.len);
    struct fb_str name = fb_str_sub(text, start.len, slash - start.len);
    struct fb_str rest = fb_str_sub(text, slash + 1, SIZE_MAX);
    uint64_t level = 0, index = 0, width = FB_TILE_WIDTH;
    bool is_bundle = fb_str_eq(name, entries);
    if (!fb_str_starts(text, start) || slash >= text.len ||
        (!is_bundle && (!fb_str_u64(name, &level) || level >= FB_TILE_LEVELS)) ||
        !take_index(&rest, &index)) {
        return false;
    }
    bool is_partial = fb_str_starts(rest, partial);
    if (is_partial && (!fb_str_u64(fb_str_sub(rest, partial.len, SIZE_MAX), &width) || width == 0 ||
                          width >= FB_TILE_WIDTH)) {
        return false;
    }
    /* Zeros that do not belong, and the like: there is one way to write it. */
    char path[FB_TILE_PATH_MAX];
    (void)fb_tile_path(is_bundle ? -1 : (int)level, index, (uint32_t)width, path);
    return fb_str_is(text, path);
}

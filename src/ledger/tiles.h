/*
 * tiles.h: the hashes of the tree as C2SP tiles: 256 hashes of one level in a row.
 *
 * Tile (level, index) has the complete nodes (8 * level, 256 * index + i). A full tile never
 * changes; the last one of each level is partial and is replaced as it grows. The edge is the last
 * tile of each level: all that appending needs. https://c2sp.org/tlog-tiles
 */
#ifndef FB_LEDGER_TILES_H
#define FB_LEDGER_TILES_H

#include "base/buf.h"
#include "ledger/merkle.h"

/** Shape of tiles. */
enum {
    FB_TILE_HEIGHT = 8,
    FB_TILE_WIDTH = 256,
    FB_TILE_SIZE = FB_TILE_WIDTH * FB_HASH_SIZE,
    FB_TILE_LEVELS = 8,
    FB_TILE_PATH_MAX = 64, /**< bytes of a tile's path, the NUL included */
};

/** The last tile of each level of a tree of size leaves, and of each tile the roots of its complete
 * subtrees along the bits of its width, largest first, so that no node is hashed twice. 66 KiB: not
 * for the stack. Begin with size 0, or load it. */
struct fb_edge {
    uint64_t size;
    struct fb_hash tiles[FB_TILE_LEVELS][FB_TILE_WIDTH];
    struct fb_hash peaks[FB_TILE_LEVELS][FB_TILE_HEIGHT + 1];
};

/** Takes a tile that is full, or partial at the end. */
typedef enum fb_code (*fb_tile_sink)(
    void *ctx, uint32_t level, uint64_t index, struct fb_str bytes, struct fb_err *err);

/** Appends a leaf hash and gives each tile that it fills to sink. On failure the edge is of no use.
 */
FB_CHECKED enum fb_code fb_edge_add(struct fb_edge *edge, const struct fb_hash *leaf,
    fb_tile_sink sink, void *ctx, struct fb_err *err);

/** Gives to sink the partial tiles that have grown since the tree had old_size leaves. */
FB_CHECKED enum fb_code fb_edge_flush(const struct fb_edge *edge, uint64_t old_size,
    fb_tile_sink sink, void *ctx, struct fb_err *err);

/** The root of the edge's tree, in O(log size). */
struct fb_hash fb_edge_root(const struct fb_edge *edge);

/** Appends the tile to out, as wide as it is there. E_NOT_FOUND. */
typedef enum fb_code (*fb_tile_source)(
    void *ctx, uint32_t level, uint64_t index, struct fb_buf *out, struct fb_err *err);

/** Where fb_tile_node reads: a store, or a folder. The owner releases scratch. */
struct fb_tile_reader {
    fb_tile_source get;
    void *ctx;
    struct fb_buf scratch; /**< the tile that was read last */
};

/** Reads a tile that has at least count hashes into reader->scratch. E_CORRUPT when it is missing
 * or too short. */
FB_CHECKED enum fb_code fb_tile_read(struct fb_tile_reader *reader, uint32_t level, uint64_t index,
    size_t count, struct fb_err *err);

/** Loads the edge of a size. On failure, E_CORRUPT among others, *out is of no use. */
FB_CHECKED enum fb_code fb_edge_load(
    struct fb_tile_reader *reader, uint64_t size, struct fb_edge *out, struct fb_err *err);

/** The complete node (level, index) out of the tiles of a struct fb_tile_reader: a source of nodes
 * for roots and proofs. E_CORRUPT when a tile is missing or too short. */
FB_CHECKED enum fb_code fb_tile_node(
    void *reader, uint32_t level, uint64_t index, struct fb_hash *out, struct fb_err *err);

/** Writes the path of a tile below the log's address, as tile/0/x001/x234/067.p/8; level -1 is that
 * of entries, width 256 a full tile. Returns out. */
const char *fb_tile_path(int level, uint64_t index, uint32_t width, char out[FB_TILE_PATH_MAX]);

/** True for what fb_tile_path writes for some tile or bundle, and nothing else. */
bool fb_tile_path_is(struct fb_str text);

#endif

/*
 * merkle.h: the Merkle tree of RFC 6962 (and RFC 9162, section 2.1): hashes, roots and proofs.
 *
 * The tree over n leaves splits at the largest power of two below n. A node (level, index) covers
 * the leaves [index << level, (index + 1) << level); the tree is made of the complete nodes along
 * the bits of n, largest first (the compact range). Proofs need complete nodes only, which never
 * change once written; a source of nodes gives them.
 */
#ifndef FB_LEDGER_MERKLE_H
#define FB_LEDGER_MERKLE_H

#include "base/str.h"
#include "flyball/err.h"

/** Bytes of a hash; most hashes of a proof (a tree of 2^63 leaves needs no more than twice 63). */
enum { FB_HASH_SIZE = 32, FB_PROOF_MAX = 128, FB_TREE_LEVELS = 64 };

/** One hash. */
struct fb_hash {
    uint8_t bytes[FB_HASH_SIZE];
};

/** The hashes of a proof, in the order of RFC 6962. */
struct fb_proof {
    struct fb_hash hashes[FB_PROOF_MAX];
    size_t count;
};

/** The complete nodes along the bits of size, largest first: all that appending needs. */
struct fb_tree {
    uint64_t size;
    struct fb_hash nodes[FB_TREE_LEVELS];
};

/** Gives the hash of the complete node (level, index). */
typedef enum fb_code (*fb_tree_source)(
    void *ctx, uint32_t level, uint64_t index, struct fb_hash *out, struct fb_err *err);

/** What an inclusion proof shows: that a leaf stands at index of the tree with this size and root.
 */
struct fb_inclusion {
    uint64_t index;
    uint64_t size;
    struct fb_hash leaf;
    struct fb_hash root;
};

/** What a consistency proof shows: that the tree of old_size is a prefix of that of new_size. */
struct fb_consistency {
    uint64_t old_size;
    uint64_t new_size;
    struct fb_hash old_root;
    struct fb_hash new_root;
};

/** True when both hashes are equal. */
bool fb_hash_eq(const struct fb_hash *a, const struct fb_hash *b);

/** SHA-256(0x00 || bytes). */
struct fb_hash fb_merkle_leaf(struct fb_str bytes);

/** The same for count slices. */
void fb_merkle_leaves(const struct fb_str *slices, size_t count, struct fb_hash *out);

/** SHA-256(0x01 || left || right). */
struct fb_hash fb_merkle_node(const struct fb_hash *left, const struct fb_hash *right);

/** The root of the empty tree: SHA-256 of nothing. */
struct fb_hash fb_merkle_empty(void);

/** Starts an empty tree. */
void fb_tree_init(struct fb_tree *tree);

/** Appends a leaf hash, in O(1) amortised. size stays below 2^63. */
void fb_tree_add(struct fb_tree *tree, const struct fb_hash *leaf);

/** The root of all leaves so far. */
struct fb_hash fb_tree_root(const struct fb_tree *tree);

/** Loads the tree of a size from a source of nodes. On failure *out is undefined. */
FB_CHECKED enum fb_code fb_tree_load(
    uint64_t size, fb_tree_source source, void *ctx, struct fb_tree *out, struct fb_err *err);

/** Makes the proof that leaf index is in the tree of a size (RFC 6962, 2.1.1). E_RANGE unless
 * index < size; else what source fails with. */
FB_CHECKED enum fb_code fb_merkle_prove_inclusion(const uint64_t index_and_size[2],
    fb_tree_source source, void *ctx, struct fb_proof *out, struct fb_err *err);

/** Makes the proof that the tree of old size is a prefix of that of new size (RFC 6962, 2.1.2);
 * empty when the old size is 0 or both are equal. E_RANGE unless old <= new. */
FB_CHECKED enum fb_code fb_merkle_prove_consistency(const uint64_t old_and_new[2],
    fb_tree_source source, void *ctx, struct fb_proof *out, struct fb_err *err);

/** Verifies an inclusion proof (RFC 9162, 2.1.3.2). E_SIGNATURE when it does not hold. */
FB_CHECKED enum fb_code fb_merkle_verify_inclusion(
    const struct fb_inclusion *claim, const struct fb_proof *proof, struct fb_err *err);

/** Verifies a consistency proof (RFC 9162, 2.1.4.2). E_RANGE when old_size is above new_size, or 0
 * and new_size is not: every tree begins as the empty one, so such a proof would show nothing.
 * E_SIGNATURE when the proof does not hold. */
FB_CHECKED enum fb_code fb_merkle_verify_consistency(
    const struct fb_consistency *claim, const struct fb_proof *proof, struct fb_err *err);

/**
 * Verifies that the subtree over the leaves [start, claim->old_size) with root claim->old_root is
 * part of the tree of claim->new_size. E_RANGE unless start is a multiple of the smallest power of
 * two that holds the subtree's leaves. With start 0 this is consistency; the empty subtree is part
 * of every tree. (draft-ietf-plants-merkle-tree-certs, section 4.)
 */
FB_CHECKED enum fb_code fb_merkle_verify_subtree(uint64_t start, const struct fb_consistency *claim,
    const struct fb_proof *proof, struct fb_err *err);

#endif

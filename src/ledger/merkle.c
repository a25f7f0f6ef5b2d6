#include "ledger/merkle.h"

#include <inttypes.h>
#include <string.h>

#include "base/assert.h"
#include "ledger/sha256.h"

_Static_assert((int)FB_HASH_SIZE == (int)FB_SHA256_SIZE, "a hash is a SHA-256 digest");

bool fb_hash_eq(const struct fb_hash *a, const struct fb_hash *b)
{
    FB_ASSERT(a && b);
    return memcmp(a->bytes, b->bytes, FB_HASH_SIZE) == 0;
}

struct fb_hash fb_merkle_leaf(struct fb_str bytes)
{
    FB_ASSERT(bytes.ptr || bytes.len == 0);
    struct fb_sha256 sha;
    struct fb_hash out;
    fb_sha256_init(&sha);
    fb_sha256_add(&sha, (struct fb_str){"\x00", 1});
    fb_sha256_add(&sha, bytes);
    fb_sha256_end(&sha, out.bytes);
    return out;
}

void fb_merkle_leaves(const struct fb_str *slices, size_t count, struct fb_hash *out)
{
    FB_ASSERT((slices && out) || count == 0);
    for (size_t i = 0; i < count; i++) {
        out[i] = fb_merkle_leaf(slices[i]);
    }
}

struct fb_hash fb_merkle_node(const struct fb_hash *left, const struct fb_hash *right)
{
    FB_ASSERT(left && right);
    char text[1 + 2 * FB_HASH_SIZE];
    struct fb_hash out;
    text[0] = 1;
    memcpy(text + 1, left->bytes, FB_HASH_SIZE);
    memcpy(text + 1 + FB_HASH_SIZE, right->bytes, FB_HASH_SIZE);
    fb_sha256_of((struct fb_str){text, sizeof(text)}, out.bytes);
    return out;
}

struct fb_hash fb_merkle_empty(void)
{
    struct fb_hash out;
    fb_sha256_of((struct fb_str){NULL, 0}, out.bytes);
    return out;
}

static size_t bit_count(uint64_t n)
{
    return (size_t)__builtin_popcountll(n);
}

/* Number of zero bits below the lowest set bit; n is not 0. */
static uint32_t low_zeros(uint64_t n)
{
    FB_ASSERT(n != 0);
    return (uint32_t)__builtin_ctzll(n);
}

/* The largest power of two below n; n is at least 2. */
static uint64_t split_of(uint64_t n)
{
    FB_ASSERT(n >= 2);
    return UINT64_C(1) << (63 - (uint32_t)__builtin_clzll(n - 1));
}

void fb_tree_init(struct fb_tree *tree)
{
    FB_ASSERT(tree);
    tree->size = 0;
}

void fb_tree_add(struct fb_tree *tree, const struct fb_hash *leaf)
{
    FB_ASSERT(tree && leaf);
    FB_ASSERT(tree->size < INT64_MAX);
    size_t count = bit_count(tree->size);
    struct fb_hash node = *leaf;
    for (uint64_t carry = tree->size; carry & 1; carry >>= 1) {
        count--;
        node = fb_merkle_node(&tree->nodes[count], &node);
    }
    tree->nodes[count] = node;
    tree->size++;
}

struct fb_hash fb_tree_root(const struct fb_tree *tree)
{
    FB_ASSERT(tree);
    size_t count = bit_count(tree->size);
    if (count == 0) {
        return fb_merkle_empty();
    }
    struct fb_hash root = tree->nodes[count - 1];
    for (size_t i = count - 1; i > 0; i--) {
        root = fb_merkle_node(&tree->nodes[i - 1], &root);
    }
    return root;
}

enum fb_code fb_tree_load(
    uint64_t size, fb_tree_source source, void *ctx, struct fb_tree *out, struct fb_err *err)
{
    FB_ASSERT(source && out);
    size_t count = 0;
    uint64_t start = 0;
    for (uint32_t level = 64; level-- > 0;) {
        if (!(size >> level & 1)) {
            continue;
        }
        enum fb_code code = source(ctx, level, start >> level, &out->nodes[count], err);
        if (code != FB_OK) {
            return code;
        }
        count++;
        start += UINT64_C(1) << level;
    }
    FB_ASSERT(start == size);
    out->size = size;
    return FB_OK;
}

/* A source of nodes and the proof that grows from it. */
struct prover {
    fb_tree_source source;
    void *ctx;
    struct fb_proof *proof;
};

/* Adds the hash of the leaves [start, end) to the proof; start is a multiple of the smallest power
 * of two that holds them, so that they are the complete nodes along the bits of end - start. */
static enum fb_code prove_range(
    struct prover *prover, uint64_t start, uint64_t end, struct fb_err *err)
{
    FB_ASSERT(start < end);
    FB_ASSERT(prover->proof->count < FB_PROOF_MAX);
    struct fb_hash root = {{0}};
    bool has_root = false;
    /* From the smallest node, the right one, to the largest. */
    for (uint64_t rest = end - start; rest; rest &= rest - 1) {
        uint32_t level = low_zeros(rest);
        uint64_t from = start + (rest & (rest - 1));
        struct fb_hash node;
        enum fb_code code = prover->source(prover->ctx, level, from >> level, &node, err);
        if (code != FB_OK) {
            return code;
        }
        root = has_root ? fb_merkle_node(&node, &root) : node;
        has_root = true;
    }
    prover->proof->hashes[prover->proof->count++] = root;
    return FB_OK;
}

static void reverse(struct fb_proof *proof)
{
    FB_ASSERT(proof->count <= FB_PROOF_MAX);
    for (size_t i = 0; i < proof->count / 2; i++) {
        struct fb_hash other = proof->hashes[i];
        proof->hashes[i] = proof->hashes[proof->count - 1 - i];
        proof->hashes[proof->count - 1 - i] = other;
    }
}

enum fb_code fb_merkle_prove_inclusion(const uint64_t index_and_size[2], fb_tree_source source,
    void *ctx, struct fb_proof *out, struct fb_err *err)
{
    FB_ASSERT(index_and_size && source && out);
    uint64_t index = index_and_size[0], end = index_and_size[1];
    if (index >= end || end > INT64_MAX) {
        return fb_err_set(
            err, FB_E_RANGE, "no leaf %" PRIu64 " in a tree of %" PRIu64 " entries", index, end);
    }
    struct fb_proof proof = {.count = 0};
    struct prover prover = {source, ctx, &proof};
    uint64_t start = 0;
    /* From the root down; the RFC lists the hashes from the leaf up. */
    while (end - start > 1) {
        uint64_t middle = start + split_of(end - start);
        bool goes_left = index < middle;
        enum fb_code code = goes_left ? prove_range(&prover, middle, end, err)
                                      : prove_range(&prover, start, middle, err);
        if (code != FB_OK) {
            return code;
        }
        if (goes_left) {
            end = middle;
        } else {
            start = middle;
        }
    }
    reverse(&proof);
    *out = proof;
    return FB_OK;
}

enum fb_code fb_merkle_prove_consistency(const uint64_t old_and_new[2], fb_tree_source source,
    void *ctx, struct fb_proof *out, struct fb_err *err)
{
    FB_ASSERT(old_and_new && source && out);
    uint64_t old_size = old_and_new[0], start = 0, end = old_and_new[1];
    if (old_size > end || end > INT64_MAX) {
        return fb_err_set(err, FB_E_RANGE,
            "a tree of %" PRIu64 " entries cannot be a prefix of one of %" PRIu64, old_size, end);
    }
    struct fb_proof proof = {.count = 0};
    struct prover prover = {source, ctx, &proof};
    enum fb_code code = FB_OK;
    /* SUBPROOF of RFC 6962: down to the subtree that ends where the old tree does. */
    while (code == FB_OK && old_size > 0 && old_size != end) {
        uint64_t middle = start + split_of(end - start);
        if (old_size <= middle) {
            code = prove_range(&prover, middle, end, err);
            end = middle;
        } else {
            code = prove_range(&prover, start, middle, err);
            start = middle;
        }
    }
    /* The verifier knows that subtree's hash when it is the whole old tree. */
    if (code == FB_OK && start > 0) {
        code = prove_range(&prover, start, end, err);
    }
    if (code != FB_OK) {
        return code;
    }
    reverse(&proof);
    *out = proof;
    return FB_OK;
}

static enum fb_code inclusion_fails(struct fb_err *err)
{
    fb_err_set(err, FB_E_SIGNATURE, "the inclusion proof does not hold");
    return fb_err_hint(err, "The entry, its index or the proof was altered: get the proof again.");
}

static enum fb_code consistency_fails(struct fb_err *err)
{
    fb_err_set(err, FB_E_SIGNATURE, "the consistency proof does not hold");
    return fb_err_hint(err, "Ask the log for the proof again; if it fails again, keep both "
                            "checkpoints: together they show that the log is not append-only.");
}

enum fb_code fb_merkle_verify_inclusion(
    const struct fb_inclusion *claim, const struct fb_proof *proof, struct fb_err *err)
{
    FB_ASSERT(claim && proof);
    FB_ASSERT(proof->count <= FB_PROOF_MAX);
    if (claim->index >= claim->size) {
        return fb_err_set(err, FB_E_RANGE, "no leaf %" PRIu64 " in a tree of %" PRIu64 " entries",
            claim->index, claim->size);
    }
    uint64_t node = claim->index, last = claim->size - 1;
    struct fb_hash root = claim->leaf;
    for (size_t i = 0; i < proof->count; i++) {
        if (last == 0) {
            return inclusion_fails(err);
        }
        if (node & 1 || node == last) {
            root = fb_merkle_node(&proof->hashes[i], &root);
            while (!(node & 1) && node) {
                node >>= 1;
                last >>= 1;
            }
        } else {
            root = fb_merkle_node(&root, &proof->hashes[i]);
        }
        node >>= 1;
        last >>= 1;
    }
    bool holds = last == 0 && fb_hash_eq(&root, &claim->root);
    return holds ? FB_OK : inclusion_fails(err);
}

/* Where verification of a subtree stands: the node numbers of the subtree's first and last leaf and
 * of the tree's last leaf, all at one level. */
struct subtree_walk {
    uint64_t first;
    uint64_t last;
    uint64_t tree_last;
};

static void up(struct subtree_walk *walk)
{
    walk->first >>= 1;
    walk->last >>= 1;
    walk->tree_last >>= 1;
}

/* The proof's hashes from index next on, folded into the subtree's and the tree's root. */
static bool fold(struct subtree_walk *walk, const struct fb_proof *proof, size_t next,
    struct fb_hash *subtree_root, struct fb_hash *tree_root)
{
    for (size_t i = next; i < proof->count; i++) {
        const struct fb_hash *hash = &proof->hashes[i];
        if (walk->tree_last == 0) {
            return false;
        }
        if (walk->last & 1 || walk->last == walk->tree_last) {
            if (walk->first < walk->last) {
                *subtree_root = fb_merkle_node(hash, subtree_root);
            }
            *tree_root = fb_merkle_node(hash, tree_root);
            while (!(walk->last & 1) && walk->last) {
                up(walk);
            }
        } else {
            *tree_root = fb_merkle_node(tree_root, hash);
        }
        up(walk);
    }
    return walk->tree_last == 0;
}

/* True when [start, end) may be a subtree: start is a multiple of the power of two that holds it.
 */
static bool is_subtree(uint64_t start, uint64_t end)
{
    if (start >= end) {
        return start == end;
    }
    uint64_t count = end - start;
    uint64_t half = count == 1 ? 0 : split_of(count);
    return count == 1 || (start & (half | (half - 1))) == 0;
}

enum fb_code fb_merkle_verify_subtree(uint64_t start, const struct fb_consistency *claim,
    const struct fb_proof *proof, struct fb_err *err)
{
    FB_ASSERT(claim && proof);
    FB_ASSERT(proof->count <= FB_PROOF_MAX);
    uint64_t end = claim->old_size;
    if (end > claim->new_size || !is_subtree(start, end)) {
        return fb_err_set(err, FB_E_RANGE,
            "no subtree of the entries %" PRIu64 " to %" PRIu64 " in a tree of %" PRIu64 " entries",
            start, end, claim->new_size);
    }
    if (start == end) {
        struct fb_hash empty = fb_merkle_empty();
        bool holds = proof->count == 0 && fb_hash_eq(&claim->old_root, &empty);
        return holds ? FB_OK : consistency_fails(err);
    }
    struct subtree_walk walk = {start, end - 1, claim->new_size - 1};
    /* Up to the largest node that both trees share: the proof begins there. */
    bool at_end = walk.last == walk.tree_last;
    while (walk.first != walk.last && (at_end || walk.last & 1)) {
        up(&walk);
    }
    size_t next = 0;
    struct fb_hash subtree_root = claim->old_root;
    if (walk.first != walk.last) {
        if (proof->count == 0) {
            return consistency_fails(err);
        }
        subtree_root = proof->hashes[next++];
    }
    struct fb_hash tree_root = subtree_root;
    bool holds = fold(&walk, proof, next, &subtree_root, &tree_root) &&
                 fb_hash_eq(&subtree_root, &claim->old_root) &&
                 fb_hash_eq(&tree_root, &claim->new_root);
    return holds ? FB_OK : consistency_fails(err);
}

enum fb_code fb_merkle_verify_consistency(
    const struct fb_consistency *claim, const struct fb_proof *proof, struct fb_err *err)
{
    FB_ASSERT(claim && proof);
    if (claim->old_size == 0 && claim->new_size > 0) {
        return fb_err_set(err, FB_E_RANGE, "a proof from the empty tree shows nothing");
    }
    enum fb_code code = fb_merkle_verify_subtree(0, claim, proof, err);
    if (code == FB_OK && !claim->new_size && !fb_hash_eq(&claim->old_root, &claim->new_root)) {
        return consistency_fails(err);
    }
    return code;
}

/* Tests of sha256, merkle and tiles: known answers, and every proof of small trees. */
#include "ledger/sha256.h"
#include "ledger/tiles.h"
#include "vectors.h"

static struct fb_err err;

/* A tree in memory: all leaves, from which any node is computed the plain way. */
struct plain_tree {
    struct fb_hash leaves[1200];
    size_t count;
};

static struct plain_tree plain;

/* MTH of RFC 6962, section 2.1, word by word. */
static struct fb_hash plain_root(size_t start, size_t end)
{
    if (start == end) {
        return fb_merkle_empty();
    }
    if (end - start == 1) {
        return plain.leaves[start];
    }
    size_t k = 1;
    while (k * 2 < end - start) {
        k *= 2;
    }
    struct fb_hash left = plain_root(start, start + k);
    struct fb_hash right = plain_root(start + k, end);
    return fb_merkle_node(&left, &right);
}

static enum fb_code plain_node(
    void *ctx, uint32_t level, uint64_t index, struct fb_hash *out, struct fb_err *e)
{
    (void)ctx;
    size_t start = (size_t)(index << level), end = (size_t)((index + 1) << level);
    if (end > plain.count) {
        return fb_err_set(e, FB_E_CORRUPT, "a node that is not complete was asked for");
    }
    *out = plain_root(start, end);
    return FB_OK;
}

static void plain_fill(size_t count)
{
    plain.count = count;
    for (size_t i = 0; i < count; i++) {
        char text[32];
        int len = snprintf(text, sizeof(text), "leaf %zu", i);
        plain.leaves[i] = fb_merkle_leaf((struct fb_str){text, (size_t)len});
    }
}

static void assert_hex(const uint8_t *digest, const char *hex)
{
    char text[FB_SHA256_TEXT];
    assert_string_equal(fb_hex_encode(digest, FB_SHA256_SIZE, text), hex);
}

static void test_sha256(void **state)
{
    (void)state;
    uint8_t digest[FB_SHA256_SIZE], in_pieces[FB_SHA256_SIZE];
    fb_sha256_of(FB_STR(""), digest);
    assert_hex(digest, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    fb_sha256_of(FB_STR("abc"), digest);
    assert_hex(digest, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    struct fb_sha256 sha;
    fb_sha256_init(&sha);
    fb_sha256_add(&sha, FB_STR("a"));
    fb_sha256_add(&sha, FB_STR(""));
    fb_sha256_add(&sha, FB_STR("bc"));
    fb_sha256_end(&sha, in_pieces);
    assert_memory_equal(digest, in_pieces, sizeof(digest));
    uint64_t size = 7;
    FB_TEST_FAILS(fb_sha256_file("/nonexistent/file", digest, &size, &err), FB_E_NOT_FOUND);
    assert_int_equal(size, 7);
}

static void test_roots_agree(void **state)
{
    (void)state;
    struct fb_tree tree, loaded;
    plain_fill(300);
    fb_tree_init(&tree);
    for (size_t n = 0; n <= 300; n++) {
        struct fb_hash expected = plain_root(0, n), root = fb_tree_root(&tree);
        assert_true(fb_hash_eq(&root, &expected));
        FB_TEST_OK(fb_tree_load(n, plain_node, NULL, &loaded, &err));
        root = fb_tree_root(&loaded);
        assert_true(fb_hash_eq(&root, &expected));
        if (n < 300) {
            fb_tree_add(&tree, &plain.leaves[n]);
        }
    }
}

static void test_all_inclusion_proofs(void **state)
{
    (void)state;
    plain_fill(40);
    for (uint64_t size = 1; size <= 40; size++) {
        for (uint64_t index = 0; index < size; index++) {
            struct fb_proof proof;
            uint64_t which[2] = {index, size};
            struct fb_inclusion claim = {
                index, size, plain.leaves[index], plain_root(0, (size_t)size)};
            FB_TEST_OK(fb_merkle_prove_inclusion(which, plain_node, NULL, &proof, &err));
            FB_TEST_OK(fb_merkle_verify_inclusion(&claim, &proof, &err));
            claim.leaf.bytes[index % 32] ^= 1;
            FB_TEST_FAILS(fb_merkle_verify_inclusion(&claim, &proof, &err), FB_E_SIGNATURE);
            claim.leaf.bytes[index % 32] ^= 1;
            if (proof.count) {
                proof.count--;
                FB_TEST_FAILS(fb_merkle_verify_inclusion(&claim, &proof, &err), FB_E_SIGNATURE);
            }
        }
    }
    struct fb_proof untouched = {.count = 99};
    uint64_t outside[2] = {40, 40};
    FB_TEST_FAILS(
        fb_merkle_prove_inclusion(outside, plain_node, NULL, &untouched, &err), FB_E_RANGE);
    assert_int_equal(untouched.count, 99);
}

static void test_all_consistency_proofs(void **state)
{
    (void)state;
    plain_fill(40);
    for (uint64_t new_size = 0; new_size <= 40; new_size++) {
        for (uint64_t old_size = 0; old_size <= new_size; old_size++) {
            struct fb_proof proof;
            uint64_t which[2] = {old_size, new_size};
            struct fb_consistency claim = {old_size, new_size, plain_root(0, (size_t)old_size),
                plain_root(0, (size_t)new_size)};
            FB_TEST_OK(fb_merkle_prove_consistency(which, plain_node, NULL, &proof, &err));
            if (old_size == 0 && new_size > 0) {
                assert_int_equal(proof.count, 0);
                FB_TEST_FAILS(fb_merkle_verify_consistency(&claim, &proof, &err), FB_E_RANGE);
                continue;
            }
            FB_TEST_OK(fb_merkle_verify_consistency(&claim, &proof, &err));
            claim.old_root.bytes[7] ^= 0x80;
            FB_TEST_FAILS(fb_merkle_verify_consistency(&claim, &proof, &err), FB_E_SIGNATURE);
        }
    }
    struct fb_proof proof;
    uint64_t backwards[2] = {5, 4};
    FB_TEST_FAILS(
        fb_merkle_prove_consistency(backwards, plain_node, NULL, &proof, &err), FB_E_RANGE);
}

static enum fb_code ignore_tile(
    void *ctx, uint32_t level, uint64_t index, struct fb_str bytes, struct fb_err *e)
{
    (void)level;
    (void)index;
    (void)e;
    *(size_t *)ctx += bytes.len / FB_HASH_SIZE;
    return FB_OK;
}

static void test_edge_agrees(void **state)
{
    (void)state;
    static struct fb_edge edge;
    struct fb_tree tree;
    size_t hashes = 0;
    fb_tree_init(&tree);
    edge.size = 0;
    for (uint64_t n = 0; n < 66000; n++) {
        struct fb_hash leaf = {{(uint8_t)n, (uint8_t)(n >> 8), (uint8_t)(n >> 16)}};
        fb_tree_add(&tree, &leaf);
        FB_TEST_OK(fb_edge_add(&edge, &leaf, ignore_tile, &hashes, &err));
        if (n < 1100 || n > 65500) {
            struct fb_hash expected = fb_tree_root(&tree), root = fb_edge_root(&edge);
            assert_true(fb_hash_eq(&root, &expected));
        }
    }
    /* 257 full tiles of leaves, one above them, and the partial ones. */
    assert_int_equal(hashes, 257 * 256 + 256);
    FB_TEST_OK(fb_edge_flush(&edge, 0, ignore_tile, &hashes, &err));
    assert_int_equal(hashes, 66000 + 257 + 1);
}

static size_t refused;

static void one_inclusion(const struct fb_json *v)
{
    struct fb_proof proof;
    uint64_t start = fb_json_get(v, "start") ? vector_u64(v, "start") : 0;
    uint64_t end = vector_u64(v, fb_json_get(v, "start") ? "end" : "treeSize");
    struct fb_inclusion claim = {.index = vector_u64(v, "leafIdx"), .size = end};
    bool good = vector_hash(fb_json_get_str(v, "leafHash"), &claim.leaf);
    good = vector_hash(fb_json_get_str(v, "root"), &claim.root) && good;
    good = vector_proof(fb_json_get(v, "proof"), &proof) && good;
    /* A leaf of a subtree is a leaf of the tree that the subtree is. */
    good = good && start <= claim.index && start < end;
    uint64_t width = 1;
    while (good && width < end - start && width < UINT64_C(1) << 62) {
        width *= 2;
    }
    good = good && end - start <= width && start % width == 0;
    claim.index -= start;
    claim.size -= start;
    good = good && fb_merkle_verify_inclusion(&claim, &proof, &err) == FB_OK;
    bool is_refused = fb_json_get(v, "wantErr")->kind == FB_JSON_TRUE;
    refused += is_refused;
    if (good == is_refused) {
        fail_msg("inclusion, %.*s", FB_STR_ARG(fb_json_get_str(v, "desc")));
    }
}

static void one_consistency(const struct fb_json *v)
{
    struct fb_proof proof;
    bool is_subtree = fb_json_get(v, "start") != NULL;
    struct fb_consistency claim = {.old_size = vector_u64(v, is_subtree ? "end" : "size1"),
        .new_size = vector_u64(v, is_subtree ? "size" : "size2")};
    bool good = vector_hash(fb_json_get_str(v, "root1"), &claim.old_root);
    good = vector_hash(fb_json_get_str(v, "root2"), &claim.new_root) && good;
    good = vector_proof(fb_json_get(v, "proof"), &proof) && good;
    if (good && is_subtree) {
        good = fb_merkle_verify_subtree(vector_u64(v, "start"), &claim, &proof, &err) == FB_OK;
    } else if (good) {
        good = fb_merkle_verify_consistency(&claim, &proof, &err) == FB_OK;
    }
    bool is_refused = fb_json_get(v, "wantErr")->kind == FB_JSON_TRUE;
    refused += is_refused;
    if (good == is_refused) {
        fail_msg("consistency, %.*s", FB_STR_ARG(fb_json_get_str(v, "desc")));
    }
}

static void run_folder(const char *folder, void (*each)(const struct fb_json *), size_t least)
{
    char path[4096], license[4096];
    if (!fb_test_shared("data/ledger/merkle-apache2/LICENSE", license, sizeof(license))) {
        skip();
    }
    snprintf(path, sizeof(path), "%.*s/%s", (int)(strlen(license) - 8), license, folder);
    refused = 0;
    size_t count = vectors_each(path, each);
    assert_true(count >= least);
    assert_true(refused > count / 2);
}

static void test_vectors_inclusion(void **state)
{
    (void)state;
    run_folder("inclusion", one_inclusion, 90);
}

static void test_vectors_consistency(void **state)
{
    (void)state;
    run_folder("consistency", one_consistency, 90);
}

static void test_vectors_subtree_inclusion(void **state)
{
    (void)state;
    run_folder("subtreeinclusion", one_inclusion, 90);
}

static void test_vectors_subtree_consistency(void **state)
{
    (void)state;
    run_folder("subtreeconsistency", one_consistency, 90);
}

/* Fills the plain tree with the records of ledger/gen and checks each root on the way. */
static bool load_records(void)
{
    char path[4096];
    struct vectors records, roots;
    if (!fb_test_shared("data/ledger/gen/dev/records.json", path, sizeof(path))) {
        return false;
    }
    vectors_read(&records, path);
    fb_test_shared("data/ledger/gen/dev/roots.json", path, sizeof(path));
    vectors_read(&roots, path);
    assert_int_equal(roots.root->count, records.root->count + 1);
    struct fb_tree tree;
    const struct fb_json *root = roots.root->child, *record = records.root->child;
    fb_tree_init(&tree);
    plain.count = 0;
    for (; root; root = root->next, record = record ? record->next : NULL) {
        struct fb_hash expected, actual = fb_tree_root(&tree);
        assert_true(vector_hash(root->text, &expected));
        assert_true(fb_hash_eq(&actual, &expected));
        if (record) {
            struct fb_buf bytes;
            fb_buf_init(&bytes, 1 << 20);
            assert_true(fb_base64_decode(record->text, &bytes));
            plain.leaves[plain.count] = fb_merkle_leaf(fb_buf_str(&bytes));
            fb_tree_add(&tree, &plain.leaves[plain.count++]);
            fb_buf_release(&bytes);
        }
    }
    vectors_release(&records);
    vectors_release(&roots);
    return true;
}

static void assert_same_proof(const struct fb_proof *a, const struct fb_proof *b)
{
    assert_int_equal(a->count, b->count);
    for (size_t i = 0; i < a->count; i++) {
        assert_true(fb_hash_eq(&a->hashes[i], &b->hashes[i]));
    }
}

static void test_generated_inclusion(void **state)
{
    (void)state;
    char path[4096];
    if (!load_records()) {
        skip();
    }
    struct vectors v;
    fb_test_shared("data/ledger/gen/dev/inclusion.json", path, sizeof(path));
    vectors_read(&v, path);
    assert_int_equal(v.root->count, 1500);
    for (const struct fb_json *item = v.root->child; item; item = item->next) {
        struct fb_proof proof, ours;
        struct fb_inclusion claim = {
            .index = vector_u64(item, "Index"), .size = vector_u64(item, "Size")};
        assert_true(vector_hash(fb_json_get_str(item, "Leaf"), &claim.leaf));
        assert_true(vector_hash(fb_json_get_str(item, "Root"), &claim.root));
        assert_true(vector_proof(fb_json_get(item, "Proof"), &proof));
        FB_TEST_OK(fb_merkle_verify_inclusion(&claim, &proof, &err));
        assert_true(fb_hash_eq(&claim.leaf, &plain.leaves[claim.index]));
        uint64_t which[2] = {claim.index, claim.size};
        FB_TEST_OK(fb_merkle_prove_inclusion(which, plain_node, NULL, &ours, &err));
        assert_same_proof(&proof, &ours);
    }
    vectors_release(&v);
}

static void test_generated_consistency(void **state)
{
    (void)state;
    char path[4096];
    if (!load_records()) {
        skip();
    }
    struct vectors v;
    fb_test_shared("data/ledger/gen/dev/consistency.json", path, sizeof(path));
    vectors_read(&v, path);
    assert_int_equal(v.root->count, 1500);
    for (const struct fb_json *item = v.root->child; item; item = item->next) {
        struct fb_proof proof, ours;
        struct fb_consistency claim = {
            .old_size = vector_u64(item, "Size1"), .new_size = vector_u64(item, "Size2")};
        assert_true(vector_hash(fb_json_get_str(item, "Root1"), &claim.old_root));
        assert_true(vector_hash(fb_json_get_str(item, "Root2"), &claim.new_root));
        assert_true(vector_proof(fb_json_get(item, "Proof"), &proof));
        FB_TEST_OK(fb_merkle_verify_consistency(&claim, &proof, &err));
        uint64_t which[2] = {claim.old_size, claim.new_size};
        FB_TEST_OK(fb_merkle_prove_consistency(which, plain_node, NULL, &ours, &err));
        assert_same_proof(&proof, &ours);
    }
    vectors_release(&v);
}

static void test_tile_paths(void **state)
{
    (void)state;
    char path[4096], text[FB_TILE_PATH_MAX];
    assert_string_equal(fb_tile_path(0, 1234067, 8, text), "tile/0/x001/x234/067.p/8");
    assert_string_equal(fb_tile_path(-1, 0, 256, text), "tile/entries/000");
    if (!fb_test_shared("data/ledger/gen/dev/tilepaths.json", path, sizeof(path))) {
        skip();
    }
    struct vectors v;
    vectors_read(&v, path);
    assert_true(v.root->count >= 300);
    for (const struct fb_json *item = v.root->child; item; item = item->next) {
        int level = (int)fb_json_get(item, "L")->integer;
        fb_tile_path(level, vector_u64(item, "N"), (uint32_t)vector_u64(item, "W"), text);
        assert_true(fb_str_is(fb_json_get_str(item, "Path"), text));
    }
    vectors_release(&v);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sha256),
        cmocka_unit_test(test_roots_agree),
        cmocka_unit_test(test_all_inclusion_proofs),
        cmocka_unit_test(test_all_consistency_proofs),
        cmocka_unit_test(test_edge_agrees),
        cmocka_unit_test(test_vectors_inclusion),
        cmocka_unit_test(test_vectors_consistency),
        cmocka_unit_test(test_vectors_subtree_inclusion),
        cmocka_unit_test(test_vectors_subtree_consistency),
        cmocka_unit_test(test_generated_inclusion),
        cmocka_unit_test(test_generated_consistency),
        cmocka_unit_test(test_tile_paths),
    };
    fb_err_init(&err);
    return cmocka_run_group_tests(tests, NULL, NULL);
}

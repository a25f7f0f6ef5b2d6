/* vectors.h: reading known answers out of JSON files of ../shared. */
#ifndef FB_TEST_VECTORS_H
#define FB_TEST_VECTORS_H

#include <dirent.h>

#include "base/codec.h"
#include "base/io.h"
#include "base/json.h"
#include "fb_test.h"
#include "ledger/merkle.h"

/** One document and what it lives in. */
struct vectors {
    struct fb_arena arena;
    struct fb_buf text;
    struct fb_json *root;
};

static inline void vectors_read(struct vectors *v, const char *path)
{
    struct fb_err err;
    fb_err_init(&err);
    fb_buf_init(&v->text, 64 * 1024 * 1024);
    fb_arena_init(&v->arena, 512 * 1024 * 1024);
    FB_TEST_OK(fb_io_read(path, &v->text, &err));
    FB_TEST_OK(fb_json_parse(fb_buf_str(&v->text), path, NULL, &v->arena, &v->root, &err));
}

static inline void vectors_release(struct vectors *v)
{
    fb_arena_release(&v->arena);
    fb_buf_release(&v->text);
}

static inline uint64_t vector_u64(const struct fb_json *value, const char *key)
{
    uint64_t n = 0;
    const struct fb_json *member = fb_json_get(value, key);
    assert_non_null(member);
    assert_true(fb_str_u64(member->text, &n));
    return n;
}

/** A hash in base64. Some vectors have a few bytes of another length where any hash would do; they
 * are filled up with zeros. False for the empty hash, which our interface cannot even say. */
static inline bool vector_hash(struct fb_str text, struct fb_hash *out)
{
    struct fb_buf bytes;
    fb_buf_init(&bytes, FB_HASH_SIZE + 3);
    memset(out, 0, sizeof(*out));
    assert_true(fb_base64_decode(text, &bytes));
    bool good = bytes.len > 0 && bytes.len <= FB_HASH_SIZE;
    if (good) {
        memcpy(out->bytes, bytes.ptr, bytes.len);
    }
    fb_buf_release(&bytes);
    return good;
}

/** The proof in a list (or null); false when it has more hashes than a proof may have. */
static inline bool vector_proof(const struct fb_json *list, struct fb_proof *out)
{
    out->count = 0;
    for (const struct fb_json *item = list ? list->child : NULL; item; item = item->next) {
        if (out->count == FB_PROOF_MAX) {
            return false;
        }
        struct fb_hash hash;
        if (!vector_hash(item->text, &hash)) {
            return false;
        }
        out->hashes[out->count++] = hash;
    }
    return true;
}

/** Calls each with every .json file below a folder; returns how many there were. */
static inline size_t vectors_each(const char *folder, void (*each)(const struct fb_json *vector))
{
    size_t count = 0;
    DIR *dir = opendir(folder);
    if (!dir) {
        return 0;
    }
    for (struct dirent *entry = readdir(dir); entry; entry = readdir(dir)) {
        char path[4096];
        if (entry->d_name[0] == '.') {
            continue;
        }
        int len = snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name);
        assert_true(len > 0 && (size_t)len < sizeof(path));
        if (!fb_str_ends(fb_str_of(path), FB_STR(".json"))) {
            count += vectors_each(path, each);
            continue;
        }
        struct vectors v;
        vectors_read(&v, path);
        each(v.root);
        vectors_release(&v);
        count++;
    }
    closedir(dir);
    return count;
}

#endif

/* Fuzzes the reader of trudag's graphs with the markdown around them: what stands before the first
 * byte 0x1E is the graph, what stands behind it the item A-1. What is read is written and read
 * again. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/assert.h"
#include "base/io.h"
#include "case/formats.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
const char *__lsan_default_suppressions(void);

/* libfyaml 0.7.12 loses marks when a text after a long quoted scalar is malformed: see fuzz_case.c.
 */
const char *__lsan_default_suppressions(void)
{
    return "leak:libfyaml";
}

static char folder[64];
static char graph_path[128], item_path[128];

static void remove_folder(void)
{
    (void)fb_io_remove(item_path);
    (void)rmdir(folder);
}

/* In memory where there is such a folder: what takes the time is then reading, not a disk. The
 * graph is handed over as text, and only its path is used. */
static void make_folder(void)
{
    if (graph_path[0]) {
        return;
    }
    bool memory = access("/dev/shm", W_OK) == 0;
    snprintf(folder, sizeof(folder), "%s/flyball-trudag-XXXXXX", memory ? "/dev/shm" : "/tmp");
    FB_ASSERT(mkdtemp(folder));
    snprintf(graph_path, sizeof(graph_path), "%s/.dotstop.dot", folder);
    snprintf(item_path, sizeof(item_path), "%s/A-1.md", folder);
    FB_ASSERT(atexit(remove_folder) == 0);
}

/* Not through fb_io_write, which waits for the disk. An item that stays as it was is not written.
 */
static void write_item(struct fb_str item)
{
    static char before[4096];
    static size_t before_len = SIZE_MAX;
    if (item.len == before_len && memcmp(before, item.ptr, item.len) == 0) {
        return;
    }
    int file = open(item_path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    FB_ASSERT(file >= 0 && write(file, item.ptr, item.len) == (ssize_t)item.len);
    FB_ASSERT(close(file) == 0);
    before_len = item.len <= sizeof(before) ? item.len : SIZE_MAX;
    if (before_len != SIZE_MAX) {
        memcpy(before, item.ptr, item.len);
    }
}

static void write_again(const struct fb_doc_file *file, struct fb_arena *arena, struct fb_err *err)
{
    struct fb_doc doc;
    struct fb_buf out;
    fb_doc_init(&doc, arena);
    fb_buf_init(&out, (size_t)16 << 20);
    if (fb_doc_add(&doc, file, err) == FB_OK &&
        fb_case_write(&doc, FB_CASE_GSN, &out, err) == FB_OK) {
        struct fb_yaml *again = NULL;
        struct fb_doc_file written = {.path = "again", .text = fb_buf_str(&out)};
        FB_ASSERT(fb_case_read_tree(&written, FB_CASE_GSN, arena, &again, err) == FB_OK);
        FB_ASSERT(fb_yaml_equal(file->root, again));
    }
    fb_buf_release(&out);
    fb_doc_release(&doc);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fb_err err;
    struct fb_arena arena;
    make_folder();
    fb_err_init(&err);
    fb_arena_init(&arena, (size_t)256 << 20);
    struct fb_str all = {(const char *)data, size};
    size_t end = fb_str_find(all, 0x1E, 0);
    struct fb_str graph = fb_str_sub(all, 0, end), item = fb_str_sub(all, end + 1, SIZE_MAX);
    write_item(item.ptr ? item : FB_STR(""));
    struct fb_doc_file file = {.path = graph_path, .text = graph};
    struct fb_yaml *root = NULL;
    enum fb_code code = fb_case_read_tree(&file, FB_CASE_TRUDAG, &arena, &root, &err);
    FB_ASSERT(code == FB_OK || err.message[0]);
    file.root = root;
    if (code == FB_OK && root && root->child) {
        write_again(&file, &arena, &err);
    }
    fb_arena_release(&arena);
    return 0;
}

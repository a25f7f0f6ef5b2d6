#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/io.h"
#include "tidy.h"

enum { MEMORY_MAX = 256 << 20, FILE_MAX = 16 << 20, DEPTH_MAX = 16 };

/* What is text of ours. Data of the examples and seeds of the fuzzers are not, and neither is what
 * lies about at the top, as the docket of the demo. */
static const char *const text_ends[] = {".c", ".h", ".def", ".md", ".build", ".sh", ".fly", ".txt",
    ".allow", ".case", ".yaml", ".css", ".html", ".svg"};
static const char text_folders[] = "tools/ tests/cli/ .ci/ docs/";
static const char top_folders[] = ".ci docs examples include packs src tests tools";
static const char top_files[] = "Makefile CONTRIBUTING.md README.md meson.build meson_options.txt";
static const char not_ours[] = "tests/fuzz/seeds/ tests/lang/ tests/data/ examples/";

static _Noreturn void die(const char *what, const char *path)
{
    fprintf(stderr, "tidy: %s '%s'\n", what, path);
    exit(2);
}

static void *need(void *memory)
{
    if (!memory) {
        die("out of memory in", "tree");
    }
    return memory;
}

bool path_in(const char *path, const char *prefix)
{
    size_t len = strlen(prefix);
    bool is_folder = len > 0 && prefix[len - 1] == '/';
    return is_folder ? strncmp(path, prefix, len) == 0 : strcmp(path, prefix) == 0;
}

bool path_in_any(const char *path, const char *list)
{
    struct fb_str rest = fb_str_of(list);
    while (rest.len > 0) {
        size_t end = fb_str_find(rest, ' ', 0);
        char one[128];
        snprintf(one, sizeof(one), "%.*s", (int)end, rest.ptr);
        if (path_in(path, one)) {
            return true;
        }
        rest = fb_str_sub(rest, end + 1, rest.len);
    }
    return false;
}

unsigned line_of(struct fb_str text, size_t offset)
{
    unsigned line = 1;
    for (size_t i = 0; i < offset && i < text.len; i++) {
        line += text.ptr[i] == '\n';
    }
    return line;
}

bool is_word(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

size_t find_word(struct fb_str text, const char *name, size_t from)
{
    size_t len = strlen(name);
    const char *at = text.ptr + from;
    while (from < text.len && (at = memmem(at, text.len - from, name, len))) {
        size_t start = (size_t)(at - text.ptr), end = start + len;
        bool starts = start == 0 || !is_word(text.ptr[start - 1]);
        bool ends = end == text.len || !is_word(text.ptr[end]);
        if (starts && ends) {
            return start;
        }
        from = start + 1;
        at = text.ptr + from;
    }
    return text.len;
}

/* Where a comment, string or character constant that starts at i ends; i when none does. */
static size_t skip_quiet(struct fb_str text, size_t i)
{
    const char *p = text.ptr;
    if (i + 1 < text.len && p[i] == '/' && (p[i + 1] == '*' || p[i + 1] == '/')) {
        const char *close = p[i + 1] == '*' ? "*/" : "\n";
        size_t len = strlen(close);
        const char *at = memmem(p + i + 2, text.len - i - 2, close, len);
        return at ? (size_t)(at - p) + (len == 2 ? 2 : 0) : text.len;
    }
    /* A quote after a digit separates digits, as 1'000; C17 has none, and u8'x' does not occur. */
    if (p[i] == '"' || p[i] == '\'') {
        size_t end = i + 1;
        while (end < text.len && p[end] != p[i] && p[end] != '\n') {
            end += p[end] == '\\' ? 2 : 1;
        }
        return end < text.len ? end + 1 : text.len;
    }
    return i;
}

static struct fb_str blank(struct tree *tree, struct fb_str text)
{
    char *code = need(fb_arena_alloc(&tree->arena, text.len + 1));
    memcpy(code, text.ptr, text.len);
    for (size_t i = 0; i < text.len;) {
        size_t end = skip_quiet(text, i);
        for (size_t k = i; k < end; k++) {
            bool keep = code[k] == '\n' || (text.ptr[i] != '/' && (k == i || k + 1 == end));
            code[k] = keep ? code[k] : ' ';
        }
        i = end > i ? end : i + 1;
    }
    return (struct fb_str){code, text.len};
}

static bool is_text(const char *path)
{
    if (!strchr(path, '/') || path_in_any(path, not_ours)) {
        return path_in_any(path, top_files);
    }
    struct fb_str whole = fb_str_of(path);
    for (size_t i = 0; i < sizeof(text_ends) / sizeof(text_ends[0]); i++) {
        if (fb_str_ends(whole, fb_str_of(text_ends[i]))) {
            return true;
        }
    }
    return !strchr(strrchr(path, '/'), '.') && path_in_any(path, text_folders);
}

static void read_file(struct tree *tree, const char *root, const char *path, struct file ***tail)
{
    struct fb_err err;
    struct fb_buf content;
    fb_err_init(&err);
    fb_buf_init(&content, FILE_MAX);
    struct fb_str full = fb_arena_printf(&tree->arena, "%s/%s", root, path);
    if (!full.ptr || fb_io_read(full.ptr, &content, &err) != FB_OK) {
        die(err.message, path);
    }
    struct file *file = need(FB_ARENA_NEW(&tree->arena, struct file));
    struct fb_str name = fb_arena_printf(&tree->arena, "%s", path);
    file->path = need((void *)(uintptr_t)name.ptr);
    file->name = strrchr(file->path, '/') ? strrchr(file->path, '/') + 1 : file->path;
    if (fb_arena_str(&tree->arena, fb_buf_str(&content), &file->text, &err) != FB_OK) {
        die(err.message, path);
    }
    fb_buf_release(&content);
    struct fb_str whole = fb_str_of(path);
    file->is_header = fb_str_ends(whole, FB_STR(".h"));
    file->is_c =
        file->is_header || fb_str_ends(whole, FB_STR(".c")) || fb_str_ends(whole, FB_STR(".def"));
    file->code = file->is_c ? blank(tree, file->text) : file->text;
    **tail = file;
    *tail = &file->next;
    tree->file_count++;
}

static int is_visible(const struct dirent *entry)
{
    return entry->d_name[0] != '.' || strcmp(entry->d_name, ".ci") == 0;
}

/* Reads what is in a folder, in the order of names, so that findings are always in one order. */
static void read_folder(
    struct tree *tree, const char *root, const char *folder, unsigned depth, struct file ***tail)
{
    struct dirent **entries = NULL;
    struct fb_str full = fb_arena_printf(&tree->arena, "%s/%s", root, folder);
    int count = full.ptr ? scandir(full.ptr, &entries, is_visible, alphasort) : -1;
    if (count < 0 || depth > DEPTH_MAX) {
        die("could not read folder", folder);
    }
    for (int i = 0; i < count; i++) {
        const char *name = entries[i]->d_name;
        struct stat status;
        struct fb_str path =
            fb_arena_printf(&tree->arena, "%s%s%s", folder, *folder ? "/" : "", name);
        struct fb_str at = fb_arena_printf(&tree->arena, "%s/%s", root, path.ptr);
        bool is_house = depth > 0 || path_in_any(name, top_folders);
        if (!at.ptr || lstat(at.ptr, &status) != 0) {
            die("could not look at", name);
        }
        if (S_ISDIR(status.st_mode) && is_house) {
            read_folder(tree, root, path.ptr, depth + 1, tail);
        } else if (S_ISREG(status.st_mode) && is_text(path.ptr)) {
            read_file(tree, root, path.ptr, tail);
        }
        free(entries[i]);
    }
    free(entries);
}

void tree_read(struct tree *tree, const char *root)
{
    *tree = (struct tree){0};
    fb_arena_init(&tree->arena, MEMORY_MAX);
    struct file **tail = &tree->files;
    read_folder(tree, root, "", 0, &tail);
}

void tree_release(struct tree *tree)
{
    fb_arena_release(&tree->arena);
}

const struct file *tree_find(const struct tree *tree, const char *path)
{
    const struct file *file = tree->files;
    while (file && strcmp(file->path, path) != 0) {
        file = file->next;
    }
    return file;
}

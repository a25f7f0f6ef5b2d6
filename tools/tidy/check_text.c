#include <string.h>

#include "tidy.h"

enum { LINE_MAX_CHARS = 100, FILE_MAX_LINES = 1000 };

/* Places of one machine. Written in two parts, so that this file does not hold them. */
static const char *const machine_paths[] = {"/wo"
                                            "rk/",
    "/tmp/"
    "bash"};
static const char *const open_ends[] = {"TO"
                                        "DO",
    "FIX"
    "ME",
    "XX"
    "X"};

/* Length in characters: bytes that continue a UTF-8 sequence do not count. */
static size_t char_count(struct fb_str line)
{
    size_t count = 0;
    for (size_t i = 0; i < line.len; i++) {
        count += ((unsigned char)line.ptr[i] & 0xC0) != 0x80;
    }
    return count;
}

static void check_line(
    struct tree *tree, const struct file *file, unsigned number, struct fb_str line)
{
    bool may_tab = strcmp(file->path, "Makefile") == 0;
    if (!may_tab && fb_str_find(line, '\t', 0) < line.len) {
        report(tree, file, number, "tab", NULL, "a tab; indent with spaces");
    }
    if (line.len > 0 && strchr(" \t\r", line.ptr[line.len - 1])) {
        report(tree, file, number, "trailing-space", NULL, "white space ends the line; remove it");
    }
    if (file->is_c && char_count(line) > LINE_MAX_CHARS) {
        report(tree, file, number, "line-length", NULL, "%zu characters; at most %d",
            char_count(line), LINE_MAX_CHARS);
    }
    for (size_t i = 0; i < sizeof(machine_paths) / sizeof(machine_paths[0]); i++) {
        if (memmem(line.ptr, line.len, machine_paths[i], strlen(machine_paths[i]))) {
            report(tree, file, number, "machine-path", NULL,
                "'%s' exists on one machine only; say it relative to the tree", machine_paths[i]);
        }
    }
    if (!path_in_any(file->path, "src/ include/")) {
        return;
    }
    for (size_t i = 0; i < sizeof(open_ends) / sizeof(open_ends[0]); i++) {
        if (find_word(line, open_ends[i], 0) < line.len) {
            report(tree, file, number, "open-end", NULL,
                "'%s' left in the code; finish it, or write it down where work is planned",
                open_ends[i]);
        }
    }
}

void check_text(struct tree *tree, const struct file *file)
{
    struct fb_str rest = file->text, line;
    unsigned number = 0;
    while (fb_str_line(&rest, &line)) {
        check_line(tree, file, ++number, line);
    }
    if (file->text.len > 0 && file->text.ptr[file->text.len - 1] != '\n') {
        report(
            tree, file, number, "final-newline", NULL, "the last line does not end; add a newline");
    }
    if (file->is_c && number > FILE_MAX_LINES) {
        report(tree, file, number, "file-length", NULL, "%u lines; at most %d, so split the module",
            number, FILE_MAX_LINES);
    }
}

#include <stdio.h>
#include <string.h>

#include "tidy.h"

/* The rooms in the order in which data passes through them: one may include itself and those
 * before it. docs/ARCHITECTURE.md says what each is for. */
static const char *const rooms[] = {"base", "stats", "store", "ledger", "record", "ingest",
    "engine", "proof", "lang", "evidence", "case", "risk", "govern", "gate", "report", "embed",
    "serve", "cli"};

enum { ROOM_COUNT = sizeof(rooms) / sizeof(rooms[0]), PATH_SIZE = 512 };

/* Index of the room that a path below src begins with; ROOM_COUNT when it is none. */
static size_t room_of(const char *path)
{
    const char *slash = strchr(path, '/');
    size_t len = slash ? (size_t)(slash - path) : 0, room = 0;
    while (
        room < ROOM_COUNT && (strlen(rooms[room]) != len || strncmp(path, rooms[room], len) != 0)) {
        room++;
    }
    return room;
}

/* What a line includes between quotes; false when it includes nothing of ours. */
static bool included(struct fb_str line, char out[PATH_SIZE])
{
    line = fb_str_trim(line);
    size_t open = fb_str_find(line, '"', 0), close = fb_str_find(line, '"', open + 1);
    if (!fb_str_starts(line, FB_STR("#include \"")) || close - open > PATH_SIZE) {
        return false;
    }
    snprintf(out, PATH_SIZE, "%.*s", (int)(close - open - 1), line.ptr + open + 1);
    return true;
}

static void check_include(
    struct tree *tree, const struct file *file, unsigned line, const char *what)
{
    bool is_public = path_in(what, "flyball/");
    if (path_in(file->path, "include/")) {
        if (!is_public) {
            report(tree, file, line, "layers", what,
                "a public header includes \"%s\"; it may use \"flyball/\" only", what);
        }
        return;
    }
    size_t own = room_of(file->path + strlen("src/")), other = room_of(what);
    if (!is_public && other == ROOM_COUNT) {
        report(
            tree, file, line, "layers", what, "\"%s\" names no room; write \"room/file.h\"", what);
    } else if (!is_public && other > own) {
        report(tree, file, line, "layers", what,
            "room '%s' may not use '%s', which comes after it; see docs/ARCHITECTURE.md",
            rooms[own], rooms[other]);
    }
}

void check_layers(struct tree *tree, const struct file *file)
{
    bool is_room = path_in(file->path, "src/") && strchr(file->path + strlen("src/"), '/');
    if (is_room && room_of(file->path + strlen("src/")) == ROOM_COUNT) {
        report(tree, file, 1, "layers", NULL,
            "this folder is no room; add it to the table in tools/tidy/check_rooms.c");
        return;
    }
    if (!file->is_c || !(is_room || path_in(file->path, "include/"))) {
        return;
    }
    struct fb_str rest = file->text, line;
    char what[PATH_SIZE];
    for (unsigned number = 1; fb_str_line(&rest, &line); number++) {
        if (included(line, what)) {
            check_include(tree, file, number, what);
        }
    }
}

/* True when some other file includes this header, by its path below src or include or, outside of
 * them, by its name. */
static bool is_included(const struct tree *tree, const struct file *header)
{
    const char *wanted = path_in(header->path, "src/")       ? header->path + strlen("src/")
                         : path_in(header->path, "include/") ? header->path + strlen("include/")
                                                             : header->name;
    char directive[PATH_SIZE];
    snprintf(directive, sizeof(directive), "#include \"%s\"", wanted);
    for (const struct file *file = tree->files; file; file = file->next) {
        if (file != header && file->is_c &&
            memmem(file->text.ptr, file->text.len, directive, strlen(directive))) {
            return true;
        }
    }
    return false;
}

/* The name by which a list of bare names has the file: NAME of fuzz_NAME.c and of NAME.sh. */
static void bare_name(const struct file *file, char out[PATH_SIZE])
{
    bool has_kind = path_in_any(file->path, "tests/fuzz/ tests/bench/");
    const char *under = has_kind ? strchr(file->name, '_') : NULL;
    const char *start = under ? under + 1 : file->name;
    size_t len = strcspn(start, ".");
    snprintf(out, PATH_SIZE, "'%.*s'", (int)len, start);
}

/* True when the text holds the name of the file at the end of a quoted path. */
static bool names_file(struct fb_str text, const struct file *file)
{
    for (size_t at = 0; at < text.len; at++) {
        at = find_word(text, file->name, at);
        bool is_whole = at > 0 && at + strlen(file->name) < text.len &&
                        strchr("'/", text.ptr[at - 1]) && text.ptr[at + strlen(file->name)] == '\'';
        if (is_whole) {
            return true;
        }
    }
    return false;
}

/* True when a meson.build of the file's folder or above it names the file; tests whose lists hold
 * bare names count too. */
static bool is_built(const struct tree *tree, const struct file *source)
{
    char folder[PATH_SIZE], build[PATH_SIZE + 16], bare[PATH_SIZE];
    bool may_be_bare =
        path_in_any(source->path, "tests/fuzz/ tests/bench/ tests/cli/ tests/tools/");
    snprintf(folder, sizeof(folder), "%s", source->path);
    bare_name(source, bare);
    for (char *slash = strrchr(folder, '/'); slash; slash = strrchr(folder, '/')) {
        *slash = 0;
        snprintf(build, sizeof(build), "%s/meson.build", folder);
        const struct file *file = tree_find(tree, build);
        if (!file) {
            continue;
        }
        if (names_file(file->text, source) ||
            (may_be_bare && memmem(file->text.ptr, file->text.len, bare, strlen(bare)))) {
            return true;
        }
    }
    const struct file *top = tree_find(tree, "meson.build");
    return top && memmem(top->text.ptr, top->text.len, source->path, strlen(source->path));
}

/* True when a file of the tests has the name as a word. */
static bool tests_name(const struct tree *tree, const char *name)
{
    const struct file *file = tree->files;
    while (file &&
           !(path_in(file->path, "tests/") && find_word(file->text, name, 0) < file->text.len)) {
        file = file->next;
    }
    return file != NULL;
}

/* True when the tests name the source. A part of a module, as json_number.c is of json.h, has no
 * header of its own and is tested with the module. */
static bool is_tested(const struct tree *tree, const struct file *source)
{
    char path[PATH_SIZE], header[PATH_SIZE + 2];
    snprintf(path, sizeof(path), "%s", source->path);
    path[strlen(path) - strlen(".c")] = 0;
    char *name = strrchr(path, '/') + 1;
    for (;;) {
        if (tests_name(tree, name)) {
            return true;
        }
        snprintf(header, sizeof(header), "%s.h", path);
        char *part = strrchr(name, '_');
        if (!part || tree_find(tree, header)) {
            return false;
        }
        *part = 0;
    }
}

void check_used(struct tree *tree, const struct file *file)
{
    bool is_source = fb_str_ends(fb_str_of(file->path), FB_STR(".c"));
    bool is_script =
        path_in(file->path, "tests/") && fb_str_ends(fb_str_of(file->path), FB_STR(".sh"));
    if ((is_source || is_script) && !is_built(tree, file)) {
        report(tree, file, 1, "dead-file", NULL, "no meson.build names it; build it or remove it");
    }
    if (file->is_c && !is_source && !is_included(tree, file)) {
        report(tree, file, 1, "dead-file", NULL, "no file includes it; use it or remove it");
    }
    if (is_source && path_in(file->path, "src/") && !is_tested(tree, file)) {
        report(tree, file, 1, "untested", NULL, "nothing in tests/ names '%.*s'; add a test of it",
            (int)(strlen(file->name) - 2), file->name);
    }
}

/* True when the tree has a file in this room. */
static bool has_room(const struct tree *tree, const char *name)
{
    char folder[PATH_SIZE];
    snprintf(folder, sizeof(folder), "src/%s/", name);
    const struct file *file = tree->files;
    while (file && !path_in(file->path, folder)) {
        file = file->next;
    }
    return file != NULL;
}

void check_rooms(struct tree *tree)
{
    const struct file *page = tree_find(tree, "docs/ARCHITECTURE.md");
    size_t last = 0;
    for (size_t i = 0; page && i < ROOM_COUNT; i++) {
        char row[PATH_SIZE];
        snprintf(row, sizeof(row), "\n| `src/%s` |", rooms[i]);
        const char *at = memmem(page->text.ptr, page->text.len, row, strlen(row));
        if (!at && has_room(tree, rooms[i])) {
            report(tree, page, 1, "layers", rooms[i],
                "room '%s' has no row in the table of rooms; say what it is for", rooms[i]);
        } else if (at && (size_t)(at - page->text.ptr) < last) {
            report(tree, page, line_of(page->text, last), "layers", rooms[i],
                "room '%s' is not in the order that the check of includes has", rooms[i]);
        }
        last = at ? (size_t)(at - page->text.ptr) : last;
    }
}

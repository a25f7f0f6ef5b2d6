/*
 * tidy.h: the checker of the house rules, which docs/STYLE.md explains.
 *
 * The tree is read once; each rule walks over it and reports findings. A finding that a line of
 * tools/tidy.allow names is dropped, and a line there that names nothing is itself a finding.
 */
#ifndef TIDY_H
#define TIDY_H

#include "base/arena.h"

/** One text file of the tree. */
struct file {
    const char *path;   /**< from the root, as "src/base/str.c" */
    const char *name;   /**< its last part */
    struct fb_str text; /**< as it is on disk; a NUL follows */
    struct fb_str code; /**< C only: text with comments and the insides of quotes blanked */
    bool is_c;          /**< .c .h .def */
    bool is_header;     /**< .h */
    struct file *next;  /**< in the order of paths */
};

/** One exception of tools/tidy.allow. */
struct allowed {
    const char *rule;
    const char *where; /**< a path, or path:name */
    unsigned line;
    bool used;
    struct allowed *next;
};

/** Everything a rule may look at. */
struct tree {
    struct fb_arena arena;
    struct file *files;
    struct allowed *allow;
    unsigned file_count;
    unsigned findings;
};

/** Reads all text files under root. On failure prints why and exits with status 2. */
void tree_read(struct tree *tree, const char *root);

/** Frees the tree. */
void tree_release(struct tree *tree);

/** The file of that path, or NULL. */
const struct file *tree_find(const struct tree *tree, const char *path);

/** True when path is in the folder prefix (which ends in "/") or is exactly prefix. */
bool path_in(const char *path, const char *prefix);

/** True when path is in one of the space-separated folders or files of list. */
bool path_in_any(const char *path, const char *list);

/** 1-based line of a byte of a text. */
unsigned line_of(struct fb_str text, size_t offset);

/** Offset at which name occurs as a whole identifier at or after from; text.len if nowhere. */
size_t find_word(struct fb_str text, const char *name, size_t from);

/** True for the bytes of C identifiers. */
bool is_word(char c);

/**
 * Prints a finding, `path:line: rule: what; hint`, unless it is allowed. name is what may stand
 * after the path in tools/tidy.allow (a function, a call), or NULL.
 */
void report(struct tree *tree, const struct file *file, unsigned line, const char *rule,
    const char *name, const char *fmt, ...) FB_PRINTF(6, 7);

/** Reads tools/tidy.allow, if there is one. Malformed lines are findings. */
void allow_read(struct tree *tree);

/** Marks and returns true when tools/tidy.allow names this finding. */
bool allow_covers(struct tree *tree, const char *rule, const char *path, const char *name);

/** Reports the lines of tools/tidy.allow that covered nothing. */
void allow_unused(struct tree *tree);

/** Tabs, trailing white space, final newline, length of lines and files, words and paths. */
void check_text(struct tree *tree, const struct file *file);

/** Banned calls. */
void check_calls(struct tree *tree, const struct file *file);

/** Length of functions and documentation of prototypes. */
void check_functions(struct tree *tree, const struct file *file);

/** Rooms may include only themselves and earlier rooms. */
void check_layers(struct tree *tree, const struct file *file);

/** docs/ARCHITECTURE.md has a row for each room that exists, in the order of the rooms. */
void check_rooms(struct tree *tree);

/** Every source is built and named in the tests; every header is included. */
void check_used(struct tree *tree, const struct file *file);

#endif

/*
 * marks.h: numbers by key, in an SQLite file of their own.
 *
 * What an index is made of: under a key stand the numbers of all that has it. It does not know what
 * they mean, and nothing is in it that cannot be made again: a file that is missing, cut short or
 * of another form is made anew by who owns it. Beside the numbers stands one note of the owner,
 * which changes with them in one transaction.
 */
#ifndef FB_STORE_MARKS_H
#define FB_STORE_MARKS_H

#include <stdbool.h>

#include "base/buf.h"
#include "flyball/err.h"

/** Limits and sizes; each limit has a test. */
enum {
    FB_MARKS_KEY_BITS = 48,    /**< of a key, which takes six bytes of the file then */
    FB_MARKS_NOTE_MAX = 65535, /**< bytes of the note */
    FB_MARKS_ROW_MAX = 4096,   /**< numbers of one row of the file */
};

/** A number under a key, which is below 2^FB_MARKS_KEY_BITS; the number below 2^62. */
struct fb_mark {
    uint64_t key;
    uint64_t number;
};

/** Numbers that were found. Zero to begin with. */
struct fb_numbers {
    uint64_t *items;
    size_t count;
    size_t cap; /**< private */
};

/** Adds a number. E_NOMEM. */
FB_CHECKED enum fb_code fb_numbers_add(
    struct fb_numbers *numbers, uint64_t number, struct fb_err *err);

/** Frees what they take, and leaves none. */
void fb_numbers_release(struct fb_numbers *numbers);

struct fb_marks;

/** Opens the file at path to be read, in one view that lasts until it is closed. E_NOT_FOUND; E_IO,
 * E_BUSY; E_CORRUPT, E_VERSION when it is no such file. Caller frees *out with fb_marks_close. */
FB_CHECKED enum fb_code fb_marks_open(const char *path, struct fb_marks **out, struct fb_err *err);

/** Opens the file at path to be added to, as the only one who does until it is closed; makes it
 * where there is none, and makes anew what is no such file. E_BUSY when another stays in the way;
 * E_IO, E_FULL. */
FB_CHECKED enum fb_code fb_marks_write(const char *path, struct fb_marks **out, struct fb_err *err);

/** Closes and frees; what was added and not kept is undone. NULL is allowed. */
void fb_marks_close(struct fb_marks *marks);

/** Appends the owner's note, nothing where there is none yet. E_CORRUPT. */
FB_CHECKED enum fb_code fb_marks_note(
    struct fb_marks *marks, struct fb_buf *out, struct fb_err *err);

/** Takes all numbers and the note out of a file that is added to. */
FB_CHECKED enum fb_code fb_marks_clear(struct fb_marks *marks, struct fb_err *err);

/** Adds numbers under their keys, in any order, which is not kept: the marks are sorted in place.
 * The numbers under one key must not have been added before. E_FULL, E_IO. */
FB_CHECKED enum fb_code fb_marks_add(
    struct fb_marks *marks, struct fb_mark *items, size_t count, struct fb_err *err);

/** Keeps what was added, with a new note, and ends the transaction: the file is to be closed then.
 * On failure nothing was added. */
FB_CHECKED enum fb_code fb_marks_keep(
    struct fb_marks *marks, struct fb_str note, struct fb_err *err);

/** Appends the numbers under a key; none is no error. They come from the lowest to the highest
 * where each that was added later was above those before. E_CORRUPT when the file holds what was
 * never added. */
FB_CHECKED enum fb_code fb_marks_find(
    struct fb_marks *marks, uint64_t key, struct fb_numbers *out, struct fb_err *err);

/** Whether any number stands under a key. */
FB_CHECKED enum fb_code fb_marks_any(
    struct fb_marks *marks, uint64_t key, bool *out, struct fb_err *err);

/** Reads the file through and compares what its rows add up to with what they did when they were
 * added: E_CORRUPT where they were damaged. Who alters it on purpose can make up for that. */
FB_CHECKED enum fb_code fb_marks_check(struct fb_marks *marks, struct fb_err *err);

/** Called with each mark, by key and then by number; FB_OK goes on. */
typedef enum fb_code (*fb_marks_visit)(void *ctx, const struct fb_mark *mark, struct fb_err *err);

/** Visits all marks. Stops at the first failure and returns it. E_CORRUPT. */
FB_CHECKED enum fb_code fb_marks_each(
    struct fb_marks *marks, fb_marks_visit visit, void *ctx, struct fb_err *err);

#endif

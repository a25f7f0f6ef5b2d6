/*
 * io.h: the one seam to the file system.
 *
 * Every call that can fail on a real disk is counted, so that a test can make the n-th one fail.
 */
#ifndef FB_BASE_IO_H
#define FB_BASE_IO_H

#include "base/buf.h"

/** Reads a whole file, or standard input for "-", and appends it to out, whose maximum holds.
 * E_NOT_FOUND, E_IO or E_LIMIT with the file's name. */
FB_CHECKED enum fb_code fb_io_read(const char *path, struct fb_buf *out, struct fb_err *err);

/**
 * Writes a file so that a reader and a power cut see the old content or the new, never a mixture:
 * temporary file beside it, fsync, rename, fsync of the folder. mode is as for open(2).
 */
FB_CHECKED enum fb_code fb_io_write(
    const char *path, struct fb_str content, unsigned mode, struct fb_err *err);

/** Bytes of the longest path that a writer takes, the NUL included. */
enum { FB_IO_PATH_MAX = 4096 };

/** A file that is being written beside its place, as PATH.tmp-PROCESS[.N], and locked as long as it
 * is there. Fields are private. */
struct fb_io_writer {
    int fd; /**< -1 when nothing is open */
    char temporary[FB_IO_PATH_MAX];
};

/** Starts a file beside path, for content that comes in pieces. The writer must end with
 * fb_io_writer_keep or fb_io_writer_drop. */
FB_CHECKED enum fb_code fb_io_writer_open(
    struct fb_io_writer *writer, const char *path, unsigned mode, struct fb_err *err);

/** Appends a piece. */
FB_CHECKED enum fb_code fb_io_writer_add(
    struct fb_io_writer *writer, struct fb_str piece, struct fb_err *err);

/** Syncs what was added so far. After a failure drop the file: a later sync would not write it. */
FB_CHECKED enum fb_code fb_io_writer_sync(struct fb_io_writer *writer, struct fb_err *err);

/** Syncs the file and puts it at path, which may be another one on the same file system, with the
 * promise of fb_io_write. On failure path is as it was and the file is dropped. */
FB_CHECKED enum fb_code fb_io_writer_keep(
    struct fb_io_writer *writer, const char *path, struct fb_err *err);

/** Throws the file away; nothing happens when it was kept already. */
void fb_io_writer_drop(struct fb_io_writer *writer);

/** Renames a file that is whole and synced to path, durably, and only when nothing is at path:
 * E_DUPLICATE otherwise. On failure nothing is at path that was not there before. */
FB_CHECKED enum fb_code fb_io_place(const char *from, const char *path, struct fb_err *err);

/** Makes a folder and its missing parents, and syncs the folders that hold them: what is kept in it
 * is not lost with it. It is no error when it exists. */
FB_CHECKED enum fb_code fb_io_mkdir(const char *path, unsigned mode, struct fb_err *err);

/** Syncs a folder, so that the names in it are not lost. */
FB_CHECKED enum fb_code fb_io_sync_folder(const char *path, struct fb_err *err);

/** True when something exists at path. */
bool fb_io_exists(const char *path);

/** True when a symbolic link is at path. */
bool fb_io_is_link(const char *path);

/** True when a regular file is at path, or a link to one. */
bool fb_io_is_file(const char *path);

/** Removes a file so that it stays away after a power cut; that it is not there is no error. E_IO
 * when it stays. */
FB_CHECKED enum fb_code fb_io_delete(const char *path, struct fb_err *err);

/** Removes what writers for path left beside it when they were killed. A file that a writer has
 * open is not touched: it is locked. For clean-up: what cannot be removed stays. */
void fb_io_sweep(const char *path);

/** Removes a file; that it is not there, or stays, is no error: for clean-up after a failure. */
void fb_io_remove(const char *path);

/** Called with each piece of a file; returns FB_OK to go on. */
typedef enum fb_code (*fb_io_piece)(void *ctx, struct fb_str piece, struct fb_err *err);

/** Reads a file piece by piece (64 KiB at most each) in order. Stops at the first error. */
FB_CHECKED enum fb_code fb_io_each(
    const char *path, fb_io_piece piece, void *ctx, struct fb_err *err);

/** Called when nothing came in time; sets how many milliseconds to wait for more (-1: for ever). */
typedef enum fb_code (*fb_io_idle)(void *ctx, int *out_wait_ms, struct fb_err *err);

/** As fb_io_each, for what is written while it is read: `idle` is called first, and again after
 * each piece and whenever the time it gave has passed. */
FB_CHECKED enum fb_code fb_io_follow(
    const char *path, fb_io_piece piece, fb_io_idle idle, void *ctx, struct fb_err *err);

/** A file that is only appended to. */
struct fb_io_appender {
    const char *path; /**< borrowed */
    int fd;
    uint64_t size; /**< bytes that it holds */
};

/** Opens a regular file to append to, or makes it. The caller ends with fb_io_append_close. E_IO.
 */
FB_CHECKED enum fb_code fb_io_append_open(
    const char *path, unsigned mode, struct fb_io_appender *out, struct fb_err *err);

/** Appends; what fits is there when it fails. */
FB_CHECKED enum fb_code fb_io_append(
    struct fb_io_appender *file, struct fb_str bytes, struct fb_err *err);

/** Syncs what was appended, and the name. */
FB_CHECKED enum fb_code fb_io_append_sync(struct fb_io_appender *file, struct fb_err *err);

/** Closes it; one that was never opened (fd -1) is allowed. */
void fb_io_append_close(struct fb_io_appender *file);

/** Called with the path of a file; returns FB_OK to go on. */
typedef enum fb_code (*fb_io_found)(void *ctx, const char *path, struct fb_err *err);

/** Names all regular files in a folder and below it, at most depth folders deep, in the order of
 * names. Hidden files and folders and links are left out. Stops at the first error. */
FB_CHECKED enum fb_code fb_io_walk(
    const char *folder, unsigned depth, fb_io_found found, void *ctx, struct fb_err *err);

/** Where bytes go. */
struct fb_io_span {
    void *ptr;
    size_t size;
};

/** A regular file, open for reading anywhere in it. path is borrowed. */
struct fb_io_file {
    const char *path;
    int fd;
    uint64_t size; /**< in bytes, when it was opened */
};

/** Opens a file. The caller ends with fb_io_close. E_NOT_FOUND, E_IO (also for what is no regular
 * file). */
FB_CHECKED enum fb_code fb_io_open(const char *path, struct fb_io_file *out, struct fb_err *err);

/** Reads size bytes at an offset; *out_got is less only where the file ends. */
FB_CHECKED enum fb_code fb_io_read_at(const struct fb_io_file *file, uint64_t offset,
    struct fb_io_span span, size_t *out_got, struct fb_err *err);

/** True when nobody can write an open file but its owner, who is the user of this process or root.
 */
bool fb_io_is_guarded(const struct fb_io_file *file);

/** Closes a file; one that was never opened (fd -1) is allowed. */
void fb_io_close(struct fb_io_file *file);

/** Fills err from errno: "could not WHAT 'path': reason", with E_FULL, E_NOT_FOUND or E_IO. */
enum fb_code fb_io_error(const char *what, const char *path, struct fb_err *err);

/** Puts /dev/null where a standard stream is closed, so that no file that is opened later takes its
 * number and receives what was meant for the stream. Writing to what was put there fails. */
void fb_io_hold_streams(void);

/** Test seam: the n-th counted call from now fails with errno number; n -1 turns off. */
void fb_io_fail_at(int64_t n, int number);

/** Test seam: given to fb_io_fail_at instead of an errno, the n-th counted call kills the process.
 */
enum { FB_IO_KILL = -1 };

/** What happens to files, as a power cut sees it. */
enum fb_io_event {
    FB_IO_CREATED,       /**< a file that is not on the disk yet */
    FB_IO_SYNCED,        /**< its content is */
    FB_IO_RENAMING,      /**< it is about to get another name */
    FB_IO_FOLDER_MADE,   /**< a folder that its parent does not hold for sure */
    FB_IO_FOLDER_SYNCED, /**< the names in it are on the disk */
};

/** Is told what happens; to is the new name of RENAMING, else NULL. */
typedef void (*fb_io_watcher)(enum fb_io_event event, const char *path, const char *to);

/** Test seam: who is told; NULL for nobody. */
void fb_io_watch(fb_io_watcher watcher);

/** Test seam: how many counted calls were made since fb_io_fail_at was last called. */
int64_t fb_io_count(void);

#endif

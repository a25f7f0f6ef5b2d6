#include "base/io.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/assert.h"

enum { PIECE = 64 * 1024, PATH_SIZE = 4096 };

static _Atomic int64_t fault_at = -1;
static _Atomic int fault_errno;
static _Atomic int64_t calls;

void fb_io_fail_at(int64_t n, int number)
{
    FB_ASSERT(n >= -1);
    atomic_store(&calls, 0);
    atomic_store(&fault_errno, number);
    atomic_store(&fault_at, n);
}

static _Atomic(fb_io_watcher) watcher_now;

void fb_io_watch(fb_io_watcher watcher)
{
    atomic_store(&watcher_now, watcher);
}

static void tell(enum fb_io_event event, const char *path, const char *to)
{
    fb_io_watcher watcher = atomic_load(&watcher_now);
    if (watcher) {
        watcher(event, path, to);
    }
}

int64_t fb_io_count(void)
{
    return atomic_load(&calls);
}

/* True when this call shall fail; sets errno then. */
static bool is_faulty(void)
{
    int64_t call = atomic_fetch_add(&calls, 1);
    int64_t at = atomic_load(&fault_at);
    if (at < 0 || call < at) {
        return false;
    }
    int number = atomic_load(&fault_errno);
    if (number == FB_IO_KILL) {
        (void)raise(SIGKILL);
    }
    errno = number;
    return true;
}

enum fb_code fb_io_error(const char *what, const char *path, struct fb_err *err)
{
    int number = errno;
    enum fb_code code = number == ENOENT                       ? FB_E_NOT_FOUND
                        : number == ENOSPC || number == EDQUOT ? FB_E_FULL
                        : number == EFBIG                      ? FB_E_FULL
                        : number == ENOMEM                     ? FB_E_NOMEM
                                                               : FB_E_IO;
    fb_err_set(err, code, "could not %s '%s': %s", what, path, strerror(number));
    if (number == EFBIG) {
        return fb_err_hint(err, "Raise the limit of the size of files (ulimit -f), or use a file "
                                "system that has room for larger ones, and run the command again.");
    }
    if (code == FB_E_FULL) {
        return fb_err_hint(err, "Free some disk space and run the command again.");
    }
    return code;
}

void fb_io_hold_streams(void)
{
    for (int fd = 0; fd <= STDERR_FILENO; fd++) {
        if (fcntl(fd, F_GETFD) < 0) {
            int got = open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY);
            FB_ASSERT(got < 0 || got == fd);
        }
    }
}

/* Waits until there is something to read; asks `idle` before, and when the time has passed. */
static enum fb_code wait_for(
    int fd, const char *path, fb_io_idle idle, void *ctx, struct fb_err *err)
{
    for (;;) {
        int wait_ms = -1;
        enum fb_code code = idle(ctx, &wait_ms, err);
        if (code != FB_OK) {
            return code;
        }
        struct pollfd wanted = {.fd = fd, .events = POLLIN};
        int rc = is_faulty() ? -1 : poll(&wanted, 1, wait_ms);
        if (rc < 0 && errno != EINTR) {
            return fb_io_error("read", path, err);
        }
        if (rc > 0) {
            return FB_OK;
        }
    }
}

enum fb_code fb_io_follow(
    const char *path, fb_io_piece piece, fb_io_idle idle, void *ctx, struct fb_err *err)
{
    FB_ASSERT(path && piece);
    bool is_stdin = strcmp(path, "-") == 0;
    int fd = is_stdin ? STDIN_FILENO : is_faulty() ? -1 : open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return fb_io_error("open", path, err);
    }
    char bytes[PIECE];
    enum fb_code code = FB_OK;
    while (code == FB_OK) {
        code = idle ? wait_for(fd, path, idle, ctx, err) : FB_OK;
        if (code != FB_OK) {
            break;
        }
        ssize_t got = is_faulty() ? -1 : read(fd, bytes, sizeof(bytes));
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got < 0) {
            code = fb_io_error("read", path, err);
        } else if (got == 0) {
            break;
        } else {
            code = piece(ctx, (struct fb_str){bytes, (size_t)got}, err);
        }
    }
    if (!is_stdin) {
        (void)close(fd);
    }
    return code;
}

enum fb_code fb_io_each(const char *path, fb_io_piece piece, void *ctx, struct fb_err *err)
{
    return fb_io_follow(path, piece, NULL, ctx, err);
}

static enum fb_code add_piece(void *ctx, struct fb_str piece, struct fb_err *err)
{
    struct fb_buf *out = ctx;
    fb_buf_add_str(out, piece);
    return fb_buf_check(out, "the file", err);
}

enum fb_code fb_io_read(const char *path, struct fb_buf *out, struct fb_err *err)
{
    FB_ASSERT(path && out);
    enum fb_code code = fb_io_each(path, add_piece, out, err);
    if (code != FB_OK) {
        fb_err_place(err, path, 0, 0, -1);
    }
    return code;
}

enum fb_code fb_io_open(const char *path, struct fb_io_file *out, struct fb_err *err)
{
    FB_ASSERT(path && out);
    /* Without waiting: a pipe that nobody writes to is refused below, not waited for. */
    int fd = is_faulty() ? -1 : open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0) {
        return fb_io_error("open", path, err);
    }
    struct stat st;
    if (is_faulty() || fstat(fd, &st) != 0) {
        fb_io_error("read", path, err);
        (void)close(fd);
        return err->code;
    }
    if (!S_ISREG(st.st_mode)) {
        (void)close(fd);
        return fb_err_set(err, FB_E_IO, "could not open '%s': it is not a regular file", path);
    }
    FB_ASSERT(st.st_size >= 0);
    *out = (struct fb_io_file){.path = path, .fd = fd, .size = (uint64_t)st.st_size};
    return FB_OK;
}

enum fb_code fb_io_read_at(const struct fb_io_file *file, uint64_t offset, struct fb_io_span span,
    size_t *out_got, struct fb_err *err)
{
    FB_ASSERT(file->fd >= 0);
    FB_ASSERT(offset <= INT64_MAX && span.size <= SSIZE_MAX);
    size_t done = 0;
    while (done < span.size) {
        ssize_t n = is_faulty() ? -1
                                : pread(file->fd, (char *)span.ptr + done, span.size - done,
                                      (off_t)(offset + done));
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n < 0) {
            return fb_io_error("read", file->path, err);
        }
        if (n == 0) {
            break;
        }
        done += (size_t)n;
    }
    *out_got = done;
    return FB_OK;
}

bool fb_io_is_guarded(const struct fb_io_file *file)
{
    FB_ASSERT(file && file->fd >= 0);
    struct stat st;
    return fstat(file->fd, &st) == 0 && (st.st_uid == geteuid() || st.st_uid == 0) &&
           (st.st_mode & (S_IWGRP | S_IWOTH)) == 0;
}

void fb_io_close(struct fb_io_file *file)
{
    FB_ASSERT(file);
    if (file->fd >= 0) {
        (void)close(file->fd);
    }
    file->fd = -1;
}

static bool write_all(int fd, struct fb_str content)
{
    size_t done = 0;
    while (done < content.len) {
        ssize_t n = is_faulty() ? -1 : write(fd, content.ptr + done, content.len - done);
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n < 0) {
            return false;
        }
        done += (size_t)n;
    }
    return true;
}

static bool sync_folder(const char *name)
{
    int fd = is_faulty() ? -1 : open(name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) {
        return false;
    }
    bool good = !is_faulty() && fsync(fd) == 0;
    int saved = errno;
    if (good) {
        tell(FB_IO_FOLDER_SYNCED, name, NULL);
    }
    (void)close(fd);
    errno = saved;
    return good;
}

enum fb_code fb_io_sync_folder(const char *path, struct fb_err *err)
{
    FB_ASSERT(path && path[0]);
    return sync_folder(path) ? FB_OK : fb_io_error("sync the folder", path, err);
}

/* A rename is durable only when the folder that holds the name is synced too. */
static bool sync_folder_of(const char *path)
{
    char folder[PATH_SIZE];
    const char *slash = strrchr(path, '/');
    size_t len = slash ? (size_t)(slash - path) : 0;
    if (len >= sizeof(folder)) {
        errno = ENAMETOOLONG;
        return false;
    }
    memcpy(folder, slash ? path : ".", slash ? len : 1);
    folder[slash ? len : 1] = 0;
    return sync_folder(slash && len == 0 ? "/" : folder);
}

/* Locks a file that was opened, so that nobody else writes or sweeps it; false when somebody else
 * has it, or swept it before it was locked. Some file systems have no locks: then nobody sweeps. */
static bool lock_new(int fd)
{
    struct stat st;
    if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
        return errno != EWOULDBLOCK;
    }
    return fstat(fd, &st) == 0 && st.st_nlink > 0;
}

enum fb_code fb_io_append_open(
    const char *path, unsigned mode, struct fb_io_appender *out, struct fb_err *err)
{
    FB_ASSERT(path && out);
    struct stat st;
    int flags = O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NONBLOCK;
    int fd = is_faulty() ? -1 : open(path, flags, (mode_t)mode);
    if (fd < 0) {
        return fb_io_error("open", path, err);
    }
    if (is_faulty() || fstat(fd, &st) != 0) {
        fb_io_error("open", path, err);
        (void)close(fd);
        return err->code;
    }
    if (!S_ISREG(st.st_mode)) {
        (void)close(fd);
        return fb_err_set(err, FB_E_IO, "could not open '%s': it is not a regular file", path);
    }
    *out = (struct fb_io_appender){.path = path, .fd = fd, .size = (uint64_t)st.st_size};
    return FB_OK;
}

enum fb_code fb_io_append(struct fb_io_appender *file, struct fb_str bytes, struct fb_err *err)
{
    FB_ASSERT(file && file->fd >= 0);
    if (!write_all(file->fd, bytes)) {
        return fb_io_error("write", file->path, err);
    }
    file->size += bytes.len;
    return FB_OK;
}

enum fb_code fb_io_append_sync(struct fb_io_appender *file, struct fb_err *err)
{
    FB_ASSERT(file && file->fd >= 0);
    if (is_faulty() || fsync(file->fd) != 0) {
        return fb_io_error("sync", file->path, err);
    }
    return sync_folder_of(file->path) ? FB_OK : fb_io_error("sync the folder of", file->path, err);
}

void fb_io_append_close(struct fb_io_appender *file)
{
    FB_ASSERT(file);
    if (file->fd >= 0) {
        (void)close(file->fd);
        file->fd = -1;
    }
}

enum fb_code fb_io_writer_open(
    struct fb_io_writer *writer, const char *path, unsigned mode, struct fb_err *err)
{
    FB_ASSERT(writer && path);
    enum { TRIES = 100 };
    char *name = writer->temporary;
    writer->fd = -1;
    for (int n = 0; n < TRIES && writer->fd < 0; n++) {
        /* Processes of two containers may have the same number. */
        int len = n == 0 ? snprintf(name, FB_IO_PATH_MAX, "%s.tmp-%ld", path, (long)getpid())
                         : snprintf(name, FB_IO_PATH_MAX, "%s.tmp-%ld.%d", path, (long)getpid(), n);
        if (len < 0 || len >= FB_IO_PATH_MAX) {
            return fb_err_set(err, FB_E_LIMIT, "the path '%.60s...' is too long", path);
        }
        int flags = O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK;
        int fd = is_faulty() ? -1 : open(name, flags, (mode_t)mode);
        if (fd < 0) {
            return fb_io_error("create", path, err);
        }
        if (lock_new(fd) && ftruncate(fd, 0) == 0) {
            writer->fd = fd;
        } else {
            (void)close(fd);
        }
    }
    if (writer->fd < 0) {
        return fb_err_set(err, FB_E_IO, "could not create '%s': others write it", path);
    }
    tell(FB_IO_CREATED, name, NULL);
    return FB_OK;
}

enum fb_code fb_io_writer_add(struct fb_io_writer *writer, struct fb_str piece, struct fb_err *err)
{
    FB_ASSERT(writer && writer->fd >= 0);
    FB_ASSERT(piece.ptr || piece.len == 0);
    return write_all(writer->fd, piece) ? FB_OK : fb_io_error("write", writer->temporary, err);
}

enum fb_code fb_io_writer_sync(struct fb_io_writer *writer, struct fb_err *err)
{
    FB_ASSERT(writer && writer->fd >= 0);
    bool good = !is_faulty() && fdatasync(writer->fd) == 0;
    return good ? FB_OK : fb_io_error("sync", writer->temporary, err);
}

enum fb_code fb_io_writer_keep(struct fb_io_writer *writer, const char *path, struct fb_err *err)
{
    FB_ASSERT(writer && path);
    FB_ASSERT(writer->fd >= 0);
    enum fb_code code = FB_OK;
    if (is_faulty() || fsync(writer->fd) != 0) {
        code = fb_io_error("sync", path, err);
    } else {
        tell(FB_IO_SYNCED, writer->temporary, NULL);
    }
    if (close(writer->fd) != 0 && code == FB_OK) {
        code = fb_io_error("close", path, err);
    }
    writer->fd = -1;
    if (code == FB_OK) {
        tell(FB_IO_RENAMING, writer->temporary, path);
    }
    if (code == FB_OK && (is_faulty() || rename(writer->temporary, path) != 0)) {
        code = fb_io_error("rename into place", path, err);
    }
    if (code != FB_OK) {
        (void)unlink(writer->temporary);
        return code;
    }
    return sync_folder_of(path) ? FB_OK : fb_io_error("sync the folder of", path, err);
}

void fb_io_writer_drop(struct fb_io_writer *writer)
{
    FB_ASSERT(writer);
    if (writer->fd >= 0) {
        (void)close(writer->fd);
        (void)unlink(writer->temporary);
        writer->fd = -1;
    }
}

enum fb_code fb_io_write(const char *path, struct fb_str content, unsigned mode, struct fb_err *err)
{
    FB_ASSERT(path && (content.ptr || content.len == 0));
    struct fb_io_writer writer;
    enum fb_code code = fb_io_writer_open(&writer, path, mode, err);
    if (code == FB_OK) {
        code = fb_io_writer_add(&writer, content, err);
    }
    if (code == FB_OK) {
        code = fb_io_writer_keep(&writer, path, err);
    }
    fb_io_writer_drop(&writer);
    return code;
}

/* As rename(2), but never over another file. Some file systems know no such rename, only links. */
static bool rename_to_free(const char *from, const char *path)
{
    if (renameat2(AT_FDCWD, from, AT_FDCWD, path, RENAME_NOREPLACE) == 0) {
        return true;
    }
    if (errno != EINVAL && errno != ENOSYS) {
        return false;
    }
    if (link(from, path) != 0) {
        return false;
    }
    (void)unlink(from);
    return true;
}

enum fb_code fb_io_place(const char *from, const char *path, struct fb_err *err)
{
    FB_ASSERT(from && path);
    FB_ASSERT(strcmp(from, path) != 0);
    if (is_faulty() || !rename_to_free(from, path)) {
        return errno == EEXIST
                   ? fb_err_set(err, FB_E_DUPLICATE, "the file '%s' exists already", path)
                   : fb_io_error("rename into place", path, err);
    }
    if (!sync_folder_of(path)) {
        fb_io_error("sync the folder of", path, err);
        (void)unlink(path);
        return err->code;
    }
    return FB_OK;
}

enum fb_code fb_io_mkdir(const char *path, unsigned mode, struct fb_err *err)
{
    FB_ASSERT(path);
    char part[PATH_SIZE];
    size_t len = strlen(path);
    if (len >= sizeof(part)) {
        return fb_err_set(err, FB_E_LIMIT, "the path '%.60s...' is too long", path);
    }
    for (size_t i = 1; i <= len; i++) {
        if (path[i] != '/' && path[i] != 0) {
            continue;
        }
        memcpy(part, path, i);
        part[i] = 0;
        bool is_made = !is_faulty() && mkdir(part, (mode_t)mode) == 0;
        if (!is_made && errno != EEXIST) {
            return fb_io_error("make the folder", part, err);
        }
        if (is_made) {
            tell(FB_IO_FOLDER_MADE, part, NULL);
        }
        if (is_made && !sync_folder_of(part)) {
            fb_io_error("sync the folder of", part, err);
            (void)rmdir(part);
            return err->code;
        }
    }
    struct stat st;
    if (stat(path, &st) != 0 || !S_ISDIR(st.st_mode)) {
        errno = ENOTDIR;
        return fb_io_error("make the folder", path, err);
    }
    return FB_OK;
}

bool fb_io_exists(const char *path)
{
    FB_ASSERT(path);
    struct stat st;
    return lstat(path, &st) == 0;
}

bool fb_io_is_link(const char *path)
{
    FB_ASSERT(path);
    struct stat st;
    return lstat(path, &st) == 0 && S_ISLNK(st.st_mode);
}

bool fb_io_is_file(const char *path)
{
    FB_ASSERT(path);
    struct stat st;
    return stat(path, &st) == 0 && S_ISREG(st.st_mode);
}

enum fb_code fb_io_delete(const char *path, struct fb_err *err)
{
    FB_ASSERT(path);
    if ((is_faulty() || unlink(path) != 0) && errno != ENOENT) {
        return fb_io_error("remove", path, err);
    }
    return sync_folder_of(path) ? FB_OK : fb_io_error("sync the folder of", path, err);
}

/* Removes a file that nobody has locked. */
static void sweep_one(const char *path)
{
    struct stat st, now;
    int fd = open(path, O_WRONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (fd < 0) {
        return;
    }
    if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && flock(fd, LOCK_EX | LOCK_NB) == 0 &&
        lstat(path, &now) == 0 && now.st_ino == st.st_ino && now.st_dev == st.st_dev) {
        (void)unlink(path);
    }
    (void)close(fd);
}

void fb_io_sweep(const char *path)
{
    FB_ASSERT(path);
    char folder[PATH_SIZE], one[PATH_SIZE * 2], start[PATH_SIZE];
    const char *slash = strrchr(path, '/');
    size_t len = slash ? (size_t)(slash - path) : 1;
    int start_len = snprintf(start, sizeof(start), "%s.tmp-", slash ? slash + 1 : path);
    if (len >= sizeof(folder) || start_len < 0 || (size_t)start_len >= sizeof(start)) {
        return;
    }
    (void)snprintf(folder, sizeof(folder), "%.*s", (int)len, slash ? path : ".");
    DIR *dir = opendir(folder[0] ? folder : "/");
    for (struct dirent *d = dir ? readdir(dir) : NULL; d; d = readdir(dir)) {
        if (strncmp(d->d_name, start, (size_t)start_len) == 0) {
            (void)snprintf(one, sizeof(one), "%s/%s", folder, d->d_name);
            sweep_one(one);
        }
    }
    if (dir) {
        (void)closedir(dir);
    }
}

void fb_io_remove(const char *path)
{
    FB_ASSERT(path);
    (void)unlink(path);
}

/* A name in a folder. */
struct entry {
    struct fb_str name;
    struct entry *next;
};

static int by_bytes(const void *a, const void *b)
{
    return fb_str_cmp(
        (*(const struct entry *const *)a)->name, (*(const struct entry *const *)b)->name);
}

/* The names in a folder that are not hidden, sorted. */
static enum fb_code list_folder(const char *folder, struct fb_arena *arena, struct entry ***out,
    size_t *out_count, struct fb_err *err)
{
    DIR *dir = is_faulty() ? NULL : opendir(folder);
    if (!dir) {
        return fb_io_error("list the folder", folder, err);
    }
    struct entry *first = NULL;
    size_t count = 0;
    enum fb_code code = FB_OK;
    for (struct dirent *d = readdir(dir); code == FB_OK && d; d = readdir(dir)) {
        if (d->d_name[0] == '.') {
            continue;
        }
        struct entry *entry = FB_ARENA_NEW(arena, struct entry);
        code = entry ? fb_arena_str(arena, fb_str_of(d->d_name), &entry->name, err)
                     : fb_arena_failed(arena, err);
        if (code == FB_OK) {
            entry->next = first;
            first = entry;
            count++;
        }
    }
    (void)closedir(dir);
    struct entry **sorted = code == FB_OK ? FB_ARENA_ARRAY(arena, struct entry *, count) : NULL;
    if (!sorted) {
        return code != FB_OK ? code : fb_arena_failed(arena, err);
    }
    for (size_t i = 0; first; first = first->next) {
        sorted[i++] = first;
    }
    qsort(sorted, count, sizeof(struct entry *), by_bytes);
    *out = sorted;
    *out_count = count;
    return FB_OK;
}

enum fb_code fb_io_walk(
    const char *folder, unsigned depth, fb_io_found found, void *ctx, struct fb_err *err)
{
    FB_ASSERT(folder && found);
    struct fb_arena arena;
    struct entry **entries = NULL;
    size_t count = 0;
    fb_arena_init(&arena, (size_t)1 << 28);
    enum fb_code code = list_folder(folder, &arena, &entries, &count, err);
    for (size_t i = 0; code == FB_OK && i < count; i++) {
        char path[PATH_SIZE];
        struct stat is;
        int len = snprintf(path, sizeof(path), "%s/%s", folder, entries[i]->name.ptr);
        if (len < 0 || (size_t)len >= sizeof(path) || lstat(path, &is) != 0) {
            continue;
        }
        if (S_ISREG(is.st_mode)) {
            code = found(ctx, path, err);
        } else if (S_ISDIR(is.st_mode) && depth > 0) {
            code = fb_io_walk(path, depth - 1, found, ctx, err);
        }
    }
    fb_arena_release(&arena);
    return code;
}

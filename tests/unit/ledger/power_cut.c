#include "power_cut.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/limit.h"
#include "fb_draw.h"
#include "store/sqlite_log.h"

enum { IMAGE_MAX = 16, NAME_SIZE = 512, SECTOR = 512 };

/* A write, or a truncation to offset when bytes is NULL, that was not synced. */
struct change {
    struct change *next;
    int64_t offset;
    size_t len;
    char *bytes;
};

/* What the disk holds of a file for sure, and what came after. */
struct image {
    char path[NAME_SIZE];
    char *bytes;
    size_t len;
    bool is_made;    /* and its folder not synced since */
    bool is_deleted; /* and its folder not synced since */
    struct change *first;
    struct change **last;
};

struct cut_file {
    sqlite3_file base;
    struct image *image; /* NULL for a file without a name */
    sqlite3_file *real;
};

static struct power_cut plan;
static int64_t calls;
static int last_errno;
static uint64_t chance_state;
static struct image images[IMAGE_MAX];
static size_t image_count;
static sqlite3_vfs *base_vfs;
static bool is_healed;

static void need(bool good, const char *what)
{
    if (!good) {
        fprintf(stderr, "power_cut: could not %s\n", what);
        abort();
    }
}

static uint64_t chance(void)
{
    return fb_draw(&chance_state);
}

/* From "all is lost" to "all is kept" in five steps, by seed. */
static bool is_kept(void)
{
    return chance() % 4 < plan.seed % 5;
}

static void resize(struct image *image, size_t len)
{
    if (len > image->len) {
        char *grown = realloc(image->bytes, len);
        need(grown, "keep an image");
        memset(grown + image->len, 0, len - image->len);
        image->bytes = grown;
    }
    image->len = len;
}

static void apply(struct image *image, const struct change *change, size_t from, size_t to)
{
    size_t end = (size_t)change->offset + to;
    if (end > image->len) {
        resize(image, end);
    }
    memcpy(image->bytes + change->offset + from, change->bytes + from, to - from);
}

static void apply_by_chance(struct image *image, const struct change *change)
{
    if (!change->bytes && is_kept()) {
        resize(image, (size_t)change->offset);
    }
    for (size_t from = 0; change->bytes && from < change->len;) {
        size_t to = from + SECTOR - (size_t)(change->offset + (int64_t)from) % SECTOR;
        to = to < change->len ? to : change->len;
        if (is_kept()) {
            apply(image, change, from, to);
        }
        from = to;
    }
}

/* Puts what was not synced into the image, all of it or what chance keeps, and forgets it. */
static void settle(struct image *image, bool all)
{
    while (image->first) {
        struct change *change = image->first;
        if (!all) {
            apply_by_chance(image, change);
        } else if (change->bytes) {
            apply(image, change, 0, change->len);
        } else {
            resize(image, (size_t)change->offset);
        }
        image->first = change->next;
        free(change->bytes);
        free(change);
    }
    image->last = &image->first;
}

static void add_change(struct image *image, int64_t offset, const void *bytes, size_t len)
{
    struct change *change = calloc(1, sizeof(*change));
    need(change, "note a change");
    change->offset = offset;
    if (bytes) {
        change->bytes = malloc(len ? len : 1);
        need(change->bytes, "note a change");
        memcpy(change->bytes, bytes, len);
        change->len = len;
    }
    *image->last = change;
    image->last = &change->next;
}

static void load(struct image *image)
{
    FILE *file = fopen(image->path, "rb");
    image->is_made = !file;
    if (file) {
        need(fseek(file, 0, SEEK_END) == 0, "measure a file");
        long len = ftell(file);
        resize(image, (size_t)len);
        rewind(file);
        need(fread(image->bytes, 1, image->len, file) == image->len, "read a file");
        (void)fclose(file);
    }
}

static struct image *image_of(const char *path)
{
    for (size_t i = 0; i < image_count; i++) {
        if (strcmp(images[i].path, path) == 0) {
            return &images[i];
        }
    }
    need(image_count < IMAGE_MAX && strlen(path) < NAME_SIZE, "follow one more file");
    struct image *image = &images[image_count++];
    memcpy(image->path, path, strlen(path) + 1);
    image->last = &image->first;
    load(image);
    return image;
}

static void leave(struct image *image)
{
    bool is_there = image->is_deleted ? !is_kept() : !image->is_made || is_kept();
    settle(image, false);
    if (!is_there) {
        (void)unlink(image->path);
        return;
    }
    int fd = open(image->path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    need(fd >= 0, "leave a file");
    need(write(fd, image->bytes ? image->bytes : "", image->len) == (ssize_t)image->len, "write");
    (void)close(fd);
}

void power_cut_now(void)
{
    for (size_t i = 0; i < image_count; i++) {
        leave(&images[i]);
    }
    (void)raise(SIGKILL);
    abort();
}

void power_cut_heal(void)
{
    is_healed = calls > plan.at;
}

int64_t power_cut_count(void)
{
    return calls;
}

bool power_cut_is_synced(void)
{
    for (size_t i = 0; i < image_count; i++) {
        if (images[i].first && !images[i].is_deleted) {
            return false;
        }
    }
    return true;
}

/* Counts a call; true when it shall fail. When the power shall go, *is_last says so. */
static bool is_faulty(bool *is_last)
{
    int64_t call = calls++;
    bool is_now = !is_healed && (call == plan.at || (plan.stays && call > plan.at));
    *is_last = is_now && plan.what == POWER_CUT_OFF;
    if (is_now && plan.what == POWER_CUT_KILL) {
        (void)raise(SIGKILL);
    }
    if (!is_now || plan.what != POWER_CUT_FAIL) {
        return false;
    }
    last_errno = plan.number;
    return true;
}

static struct cut_file *cut_of(sqlite3_file *file)
{
    return (struct cut_file *)(void *)file;
}

static sqlite3_file *real_of(sqlite3_file *file)
{
    return cut_of(file)->real;
}

static int cut_close(sqlite3_file *file)
{
    return real_of(file)->pMethods->xClose(real_of(file));
}

static int cut_read(sqlite3_file *file, void *out, int len, sqlite3_int64 offset)
{
    return real_of(file)->pMethods->xRead(real_of(file), out, len, offset);
}

static int cut_write(sqlite3_file *file, const void *bytes, int len, sqlite3_int64 offset)
{
    struct cut_file *cut = cut_of(file);
    bool is_last = false, fails = is_faulty(&is_last);
    /* A full disk takes a part. */
    int taken = !fails ? len : last_errno == ENOSPC ? len / 2 : 0;
    int result = SQLITE_OK;
    if (taken > 0) {
        result = cut->real->pMethods->xWrite(cut->real, bytes, taken, offset);
    }
    if (result == SQLITE_OK && cut->image && taken > 0) {
        add_change(cut->image, offset, bytes, (size_t)taken);
    }
    if (is_last) {
        power_cut_now();
    }
    return !fails ? result : last_errno == ENOSPC ? SQLITE_FULL : SQLITE_IOERR_WRITE;
}

static int cut_truncate(sqlite3_file *file, sqlite3_int64 size)
{
    struct cut_file *cut = cut_of(file);
    bool is_last = false, fails = is_faulty(&is_last);
    if (!fails && cut->image) {
        add_change(cut->image, size, NULL, 0);
    }
    if (is_last) {
        power_cut_now();
    }
    return fails ? SQLITE_IOERR_TRUNCATE : cut->real->pMethods->xTruncate(cut->real, size);
}

static int cut_sync(sqlite3_file *file, int flags)
{
    (void)flags;
    struct cut_file *cut = cut_of(file);
    bool is_last = false, fails = is_faulty(&is_last);
    if (is_last) {
        power_cut_now();
    }
    if (cut->image) {
        /* After a failed sync the system takes the pages for clean, and never writes them. */
        settle(cut->image, !fails);
        cut->image->is_made = cut->image->is_made && fails;
    }
    return fails ? SQLITE_IOERR_FSYNC : SQLITE_OK;
}

static int cut_delete(sqlite3_vfs *vfs, const char *path, int sync_folder)
{
    (void)vfs;
    struct image *image = image_of(path);
    bool is_last = false, fails = is_faulty(&is_last);
    if (fails) {
        return SQLITE_IOERR_DELETE;
    }
    image->is_deleted = true;
    if (is_last) {
        power_cut_now();
    }
    if (sync_folder) {
        settle(image, true);
        resize(image, 0);
        image->is_made = true;
    }
    return base_vfs->xDelete(base_vfs, path, 0);
}

static int cut_last_error(sqlite3_vfs *vfs, int size, char *out)
{
    (void)vfs;
    return last_errno ? last_errno : base_vfs->xGetLastError(base_vfs, size, out);
}

static int cut_size(sqlite3_file *file, sqlite3_int64 *out)
{
    return real_of(file)->pMethods->xFileSize(real_of(file), out);
}

static int cut_lock(sqlite3_file *file, int level)
{
    return real_of(file)->pMethods->xLock(real_of(file), level);
}

static int cut_unlock(sqlite3_file *file, int level)
{
    return real_of(file)->pMethods->xUnlock(real_of(file), level);
}

static int cut_is_reserved(sqlite3_file *file, int *out)
{
    return real_of(file)->pMethods->xCheckReservedLock(real_of(file), out);
}

static int cut_control(sqlite3_file *file, int op, void *arg)
{
    return real_of(file)->pMethods->xFileControl(real_of(file), op, arg);
}

static int cut_sector(sqlite3_file *file)
{
    return real_of(file)->pMethods->xSectorSize(real_of(file));
}

static int cut_traits(sqlite3_file *file)
{
    return real_of(file)->pMethods->xDeviceCharacteristics(real_of(file));
}

static int cut_shm_map(sqlite3_file *file, int page, int size, int extend, void volatile **out)
{
    return real_of(file)->pMethods->xShmMap(real_of(file), page, size, extend, out);
}

static int cut_shm_lock(sqlite3_file *file, int offset, int n, int flags)
{
    return real_of(file)->pMethods->xShmLock(real_of(file), offset, n, flags);
}

static void cut_shm_barrier(sqlite3_file *file)
{
    real_of(file)->pMethods->xShmBarrier(real_of(file));
}

static int cut_shm_unmap(sqlite3_file *file, int remove)
{
    return real_of(file)->pMethods->xShmUnmap(real_of(file), remove);
}

static const sqlite3_io_methods cut_methods = {
    .iVersion = 2, /* without memory mapping, which would write past this */
    .xClose = cut_close,
    .xRead = cut_read,
    .xWrite = cut_write,
    .xTruncate = cut_truncate,
    .xSync = cut_sync,
    .xFileSize = cut_size,
    .xLock = cut_lock,
    .xUnlock = cut_unlock,
    .xCheckReservedLock = cut_is_reserved,
    .xFileControl = cut_control,
    .xSectorSize = cut_sector,
    .xDeviceCharacteristics = cut_traits,
    .xShmMap = cut_shm_map,
    .xShmLock = cut_shm_lock,
    .xShmBarrier = cut_shm_barrier,
    .xShmUnmap = cut_shm_unmap,
};

static int cut_open(
    sqlite3_vfs *vfs, const char *path, sqlite3_file *file, int flags, int *out_flags)
{
    (void)vfs;
    struct cut_file *cut = cut_of(file);
    cut->base.pMethods = NULL;
    cut->real = (sqlite3_file *)(void *)(cut + 1);
    cut->image = path ? image_of(path) : NULL;
    if (cut->image && cut->image->is_deleted) {
        settle(cut->image, true);
        resize(cut->image, 0);
        cut->image->is_deleted = false;
        cut->image->is_made = true;
    }
    /* The log goes into the database every few pages, so that a short test meets that as well;
     * but not when what a failed disk left in the log shall matter. */
    if (flags & SQLITE_OPEN_WAL) {
        fb_limit_lower(FB_SQLITE_LOG_PAGES, is_healed ? FB_SQLITE_LOG_PAGES : 12);
    }
    int result = base_vfs->xOpen(base_vfs, path, cut->real, flags, out_flags);
    if (result == SQLITE_OK) {
        cut->base.pMethods = &cut_methods;
    }
    return result;
}

void power_cut_install(const struct power_cut *what)
{
    static sqlite3_vfs vfs;
    plan = *what;
    chance_state = plan.seed ^ (uint64_t)plan.at << 20;
    base_vfs = sqlite3_vfs_find(NULL);
    need(base_vfs, "find the default VFS");
    vfs = *base_vfs;
    vfs.zName = "power-cut";
    vfs.szOsFile = (int)sizeof(struct cut_file) + base_vfs->szOsFile;
    vfs.xOpen = cut_open;
    vfs.xDelete = cut_delete;
    vfs.xGetLastError = cut_last_error;
    need(sqlite3_vfs_register(&vfs, 1) == SQLITE_OK, "register the VFS");
}

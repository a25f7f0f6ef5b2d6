/*
 * fb_cut.h: a child is killed at its n-th file call, and then the power goes.
 *
 * What base/io tells its watcher is noted in memory that outlives the child. Of what was not synced
 * by then, chance, seeded, keeps some: a file without fsync loses its content or half of it, a name
 * whose folder was not synced is the old one again, a folder that its parent does not hold is gone.
 * (SQLite's files are those of ledger/power_cut.h.)
 */
#ifndef FB_CUT_H
#define FB_CUT_H

#include <ftw.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/io.h"
#include "fb_test.h"

/* Where temporary files are quick: in memory, unless the test needs a disk. */
static inline const char *fb_test_quick_folder(void)
{
    return access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";
}

enum { FB_CUT_EVENTS_MAX = 2000, FB_CUT_PATH_MAX = 256 };

struct fb_cut_event {
    enum fb_io_event what;
    char path[FB_CUT_PATH_MAX];
    char to[FB_CUT_PATH_MAX];
};

/* What happened, and what the child says about itself. */
struct fb_cut {
    size_t count;
    struct fb_cut_event events[FB_CUT_EVENTS_MAX];
    bool is_done;          /* it did what it should, and said so */
    uint64_t acknowledged; /* for the test's own use */
};

static struct fb_cut *fb_cut_now;

static inline void fb_cut_name(char out[FB_CUT_PATH_MAX + 16], const char *path, size_t event)
{
    snprintf(out, FB_CUT_PATH_MAX + 16, "%s.was-%d", path, (int)event);
}

static inline void fb_cut_see(enum fb_io_event what, const char *path, const char *to)
{
    struct fb_cut_event *event = &fb_cut_now->events[fb_cut_now->count];
    if (fb_cut_now->count == FB_CUT_EVENTS_MAX || strlen(path) >= FB_CUT_PATH_MAX ||
        (to && strlen(to) >= FB_CUT_PATH_MAX)) {
        abort();
    }
    event->what = what;
    snprintf(event->path, sizeof(event->path), "%s", path);
    snprintf(event->to, sizeof(event->to), "%s", to ? to : "");
    if (what == FB_IO_RENAMING && to) {
        char old[FB_CUT_PATH_MAX + 16];
        fb_cut_name(old, to, fb_cut_now->count);
        (void)link(to, old); /* nothing when there was no file */
    }
    fb_cut_now->count++;
}

/* Runs act in a child that is killed at its n-th file call; true when it came to its end. */
static inline bool fb_cut_run(int64_t n, void (*act)(struct fb_cut *cut))
{
    if (!fb_cut_now) {
        fb_cut_now = mmap(
            NULL, sizeof(*fb_cut_now), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
        assert_true(fb_cut_now != MAP_FAILED);
    }
    memset(fb_cut_now, 0, sizeof(*fb_cut_now));
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        fb_io_watch(fb_cut_see);
        fb_io_fail_at(n, FB_IO_KILL);
        act(fb_cut_now);
        _exit(0);
    }
    int status = 0;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status) ? WEXITSTATUS(status) == 0 : WTERMSIG(status) == SIGKILL);
    return fb_cut_now->is_done;
}

static inline int fb_cut_remove(const char *path, const struct stat *st, int kind, struct FTW *at)
{
    (void)st;
    (void)kind;
    (void)at;
    return remove(path);
}

/* True when such an event about path came after the i-th. */
static inline bool fb_cut_later(enum fb_io_event what, const char *path, size_t len, size_t i)
{
    for (size_t k = i + 1; k < fb_cut_now->count; k++) {
        const struct fb_cut_event *event = &fb_cut_now->events[k];
        if (event->what == what && strlen(event->path) == len &&
            memcmp(event->path, path, len) == 0) {
            return true;
        }
    }
    return false;
}

/* The folder of a name that was synced after the i-th event. */
static inline bool fb_cut_is_held(const char *path, size_t i)
{
    const char *slash = strrchr(path, '/');
    return fb_cut_later(FB_IO_FOLDER_SYNCED, path, slash ? (size_t)(slash - path) : 0, i);
}

static inline bool fb_cut_keeps(uint64_t seed, size_t i)
{
    uint64_t z = (seed * 1000 + i + 1) * 0x9E3779B97F4A7C15;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
    return (z >> 40) % 4 < seed % 5;
}

/* The power goes: what was not synced is kept or lost; seed 0 loses all of it, 4 nothing. */
static inline void fb_cut_power(uint64_t seed)
{
    for (size_t i = fb_cut_now->count; i-- > 0;) {
        const struct fb_cut_event *event = &fb_cut_now->events[i];
        char old[FB_CUT_PATH_MAX + 16];
        if (event->what == FB_IO_CREATED &&
            !fb_cut_later(FB_IO_SYNCED, event->path, strlen(event->path), i) &&
            access(event->path, F_OK) == 0) {
            assert_int_equal(truncate(event->path, seed % 2 ? 3 : 0), 0);
        } else if (event->what == FB_IO_FOLDER_MADE && !fb_cut_is_held(event->path, i) &&
                   !fb_cut_keeps(seed, i) && access(event->path, F_OK) == 0) {
            assert_int_equal(nftw(event->path, fb_cut_remove, 16, FTW_DEPTH | FTW_PHYS), 0);
        } else if (event->what == FB_IO_RENAMING) {
            fb_cut_name(old, event->to, i);
            bool had_old = access(old, F_OK) == 0;
            bool is_lost = !fb_cut_is_held(event->to, i) && !fb_cut_keeps(seed, i);
            if (is_lost && had_old) {
                assert_int_equal(rename(old, event->to), 0);
            } else if (is_lost) {
                (void)unlink(event->to);
            }
            (void)unlink(old);
        }
    }
}

#endif

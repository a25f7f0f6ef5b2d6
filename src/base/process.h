/*
 * process.h: the seam to other programs: one that runs under supervision.
 *
 * The program has a process group of its own, so that all it starts can be ended with it, and is
 * killed when its supervisor dies. Its signals are as a shell gives them, whatever is blocked or
 * ignored here.
 */
#ifndef FB_BASE_PROCESS_H
#define FB_BASE_PROCESS_H

#include <stdbool.h>
#include <stdint.h>

#include "flyball/err.h"

/** A program that was started. */
struct fb_process {
    int pid;
};

/** What ended a wait. */
enum fb_process_event {
    FB_PROCESS_ENDED, /**< it ended, and is gone with what it left behind in its group */
    FB_PROCESS_TIME,  /**< the time was over */
    FB_PROCESS_SIGNAL /**< somebody wants this process to end: it got SIGTERM, SIGINT or SIGHUP */
};

/** From now on this process takes SIGCHLD, SIGTERM, SIGINT and SIGHUP only in fb_process_wait. Call
 * it before the first check that can take long, so that no signal is lost. E_IO. */
FB_CHECKED enum fb_code fb_process_prepare(struct fb_err *err);

/** Starts argv[0], found as a shell finds it; argv ends with NULL. After fb_process_prepare.
 * E_NOT_FOUND when there is no such program or it cannot be run (nothing runs then), E_IO. */
FB_CHECKED enum fb_code fb_process_start(
    const char *const *argv, struct fb_process *out, struct fb_err *err);

/** Waits for at most so many milliseconds. ENDED: *out_status is its exit status, or 128 plus the
 * number of the signal that killed it. SIGNAL: *out_status is the signal's number. E_IO. */
FB_CHECKED enum fb_code fb_process_wait(const struct fb_process *process, int64_t ms,
    enum fb_process_event *out, int *out_status, struct fb_err *err);

/** Asks the program and all that it started in its group to end (SIGTERM), or, with force, ends
 * them (SIGKILL). Those that are gone are passed over. */
void fb_process_end(const struct fb_process *process, bool force);

#endif

#include "base/process.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/assert.h"
#include "base/clock.h"

enum { MS_IN_S = 1000, NS_IN_MS = 1000000, KILLED = 128, CANNOT_RUN = 127 };

static const int taken[] = {SIGCHLD, SIGTERM, SIGINT, SIGHUP};

static bool fill(sigset_t *set)
{
    bool good = sigemptyset(set) == 0;
    for (size_t i = 0; i < sizeof(taken) / sizeof(taken[0]); i++) {
        good = good && sigaddset(set, taken[i]) == 0;
    }
    return good;
}

enum fb_code fb_process_prepare(struct fb_err *err)
{
    sigset_t set;
    if (!fill(&set) || sigprocmask(SIG_BLOCK, &set, NULL) != 0) {
        return fb_err_set(err, FB_E_IO, "could not wait for signals");
    }
    return FB_OK;
}

/* The child: becomes the program, or tells through the pipe why it could not. */
static void become(const char *const *argv, pid_t parent, int told)
{
    sigset_t none;
    int failed = 0;
    /* Whoever supervises it may die of anything: then nobody could end it any more. */
    bool good = setpgid(0, 0) == 0 && prctl(PR_SET_PDEATHSIG, SIGKILL) == 0 && getppid() == parent;
    good = good && signal(SIGPIPE, SIG_DFL) != SIG_ERR && signal(SIGXFSZ, SIG_DFL) != SIG_ERR &&
           sigemptyset(&none) == 0 && sigprocmask(SIG_SETMASK, &none, NULL) == 0;
    if (good) {
        /* execvp leaves the strings as they are; its type is older than const. */
        (void)execvp(argv[0], (char *const *)(uintptr_t)argv);
    }
    failed = errno;
    (void)!write(told, &failed, sizeof(failed));
    _exit(CANNOT_RUN); /* the child, not this process */
}

enum fb_code fb_process_start(const char *const *argv, struct fb_process *out, struct fb_err *err)
{
    FB_ASSERT(argv && argv[0] && out);
    int ends[2], failed = 0;
    if (pipe2(ends, O_CLOEXEC) != 0) {
        return fb_err_set(err, FB_E_IO, "could not start '%s': %s", argv[0], strerror(errno));
    }
    pid_t parent = getpid(), pid = fork();
    if (pid == 0) {
        become(argv, parent, ends[1]);
    }
    int forked = errno;
    (void)close(ends[1]);
    ssize_t got = -1;
    while (pid > 0 && (got = read(ends[0], &failed, sizeof(failed))) < 0 && errno == EINTR) {
    }
    (void)close(ends[0]);
    if (pid < 0) {
        return fb_err_set(err, FB_E_IO, "could not start '%s': %s", argv[0], strerror(forked));
    }
    if (got != 0) {
        int status;
        while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
        }
        fb_err_set(err, FB_E_NOT_FOUND, "could not run '%s': %s", argv[0], strerror(failed));
        return fb_err_hint(err, "Name a program that can be run, with its path.");
    }
    *out = (struct fb_process){pid};
    return FB_OK;
}

/* True when it ended; it is gone then, and so is what it left behind in its group, which nobody
 * would supervise. While it is not waited for, no other group can have its number. */
static bool has_ended(const struct fb_process *process, int *out_status)
{
    siginfo_t info = {.si_pid = 0};
    int status;
    if (waitid(P_PID, (id_t)process->pid, &info, WEXITED | WNOHANG | WNOWAIT) != 0 ||
        info.si_pid != process->pid) {
        return false;
    }
    fb_process_end(process, true);
    if (waitpid(process->pid, &status, WNOHANG) != process->pid) {
        return false;
    }
    *out_status = WIFSIGNALED(status) ? KILLED + WTERMSIG(status) : WEXITSTATUS(status);
    return true;
}

enum fb_code fb_process_wait(const struct fb_process *process, int64_t ms,
    enum fb_process_event *out, int *out_status, struct fb_err *err)
{
    FB_ASSERT(process && ms >= 0 && out && out_status);
    sigset_t set;
    if (!fill(&set)) {
        return fb_err_set(err, FB_E_IO, "could not wait for signals");
    }
    int64_t end = fb_clock_ticks_ns() / NS_IN_MS + ms;
    for (;;) {
        if (has_ended(process, out_status)) {
            *out = FB_PROCESS_ENDED;
            return FB_OK;
        }
        int64_t rest = end - fb_clock_ticks_ns() / NS_IN_MS;
        rest = rest > 0 ? rest : 0;
        const struct timespec left = {
            .tv_sec = (time_t)(rest / MS_IN_S), .tv_nsec = (long)(rest % MS_IN_S) * NS_IN_MS};
        int got = sigtimedwait(&set, NULL, &left);
        if (got > 0 && got != SIGCHLD) {
            *out = FB_PROCESS_SIGNAL;
            *out_status = got;
            return FB_OK;
        }
        if (got < 0 && errno == EAGAIN && rest == 0) {
            *out = FB_PROCESS_TIME;
            return FB_OK;
        }
        if (got < 0 && errno != EAGAIN && errno != EINTR) {
            return fb_err_set(err, FB_E_IO, "could not wait for signals: %s", strerror(errno));
        }
    }
}

void fb_process_end(const struct fb_process *process, bool force)
{
    FB_ASSERT(process && process->pid > 1);
    (void)kill(-process->pid, force ? SIGKILL : SIGTERM);
}

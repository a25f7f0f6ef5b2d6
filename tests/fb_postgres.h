/*
 * fb_postgres.h: a PostgreSQL server of the test's own, from Debian's postgresql-15.
 *
 * It lives in a new folder, listens on a socket in there and nowhere else, and ends with the test.
 * The server refuses to run as root; then it runs as Debian's user postgres, or as nobody.
 */
#ifndef FB_POSTGRES_H
#define FB_POSTGRES_H

#include <fcntl.h>
#include <ftw.h>
#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fb_test.h"

#define FB_POSTGRES_BIN "/usr/lib/postgresql/15/bin/"

struct fb_postgres {
    char folder[64];
    char source[80]; /* the file with the connection string */
    pid_t pid;
};

static inline bool fb_postgres_is_there(void)
{
    return access(FB_POSTGRES_BIN "initdb", X_OK) == 0 &&
           access(FB_POSTGRES_BIN "psql", X_OK) == 0 &&
           access(FB_POSTGRES_BIN "postgres", X_OK) == 0;
}

/* Runs a program in a child as a user who is not root; its output goes to the folder's log. */
static inline pid_t fb_postgres_spawn(const struct fb_postgres *pg, const char *const argv[])
{
    pid_t pid = fork();
    if (pid != 0) {
        return pid;
    }
    char log[96];
    snprintf(log, sizeof(log), "%s/log", pg->folder);
    const struct passwd *user = getpwnam("postgres");
    user = user ? user : getpwnam("nobody");
    if (geteuid() == 0 && (!user || setgroups(0, NULL) != 0 || setgid(user->pw_gid) != 0 ||
                              setuid(user->pw_uid) != 0)) {
        _exit(98);
    }
    int fd = open(log, O_WRONLY | O_CREAT | O_APPEND, 0644);
    if (fd < 0 || dup2(fd, 1) < 0 || dup2(fd, 2) < 0 || chdir(pg->folder) != 0 ||
        prctl(PR_SET_PDEATHSIG, SIGQUIT) != 0 || setenv("LC_ALL", "C", 1) != 0) {
        _exit(99);
    }
    execv(argv[0], (char *const *)(uintptr_t)argv);
    _exit(97);
}

static inline bool fb_postgres_start_server(struct fb_postgres *pg)
{
    const char *const argv[] = {FB_POSTGRES_BIN "postgres", "-D", "data", "-k", pg->folder, "-c",
        "listen_addresses=", "-c", "max_connections=20", "-c", "shared_buffers=16MB", "-c",
        "autovacuum=off", NULL};
    char socket_path[96];
    pg->pid = fb_postgres_spawn(pg, argv);
    snprintf(socket_path, sizeof(socket_path), "%s/.s.PGSQL.5432", pg->folder);
    for (int i = 0; i < 1200 && pg->pid > 0; i++) {
        /* The socket is there a little before the server takes connections. */
        if (access(socket_path, F_OK) == 0) {
            char ready[96], text[1024] = "";
            snprintf(ready, sizeof(ready), "%s/data/postmaster.pid", pg->folder);
            FILE *file = fopen(ready, "rb");
            size_t got = file ? fread(text, 1, sizeof(text) - 1, file) : 0;
            text[got] = 0;
            if (file) {
                (void)fclose(file);
            }
            if (strstr(text, "ready")) {
                return true;
            }
        }
        (void)usleep(50000);
    }
    return false;
}

/* Makes a database and starts its server; false when that does not work. */
static inline bool fb_postgres_start(struct fb_postgres *pg)
{
    const char *const argv[] = {FB_POSTGRES_BIN "initdb", "-D", "data", "-A", "trust", "-U",
        "flyball", "--no-locale", "-E", "UTF8", "--no-sync", NULL};
    memset(pg, 0, sizeof(*pg));
    snprintf(pg->folder, sizeof(pg->folder), "%s/flyball-pg-XXXXXX",
        access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
    if (!mkdtemp(pg->folder)) {
        return false;
    }
    const struct passwd *user = getpwnam("postgres");
    user = user ? user : getpwnam("nobody");
    if (geteuid() == 0 && (!user || chown(pg->folder, user->pw_uid, user->pw_gid) != 0)) {
        return false;
    }
    int status = -1;
    pid_t pid = fb_postgres_spawn(pg, argv);
    if (pid < 0 || waitpid(pid, &status, 0) != pid || status != 0) {
        return false;
    }
    snprintf(pg->source, sizeof(pg->source), "%s/connection", pg->folder);
    FILE *file = fopen(pg->source, "wb");
    if (!file) {
        return false;
    }
    fprintf(file, "host=%s user=flyball dbname=postgres\n", pg->folder);
    return fclose(file) == 0 && fb_postgres_start_server(pg);
}

/* Ends the server, at once when it must not clean up. */
static inline void fb_postgres_stop_server(struct fb_postgres *pg, int number)
{
    if (pg->pid > 0) {
        (void)kill(pg->pid, number);
        (void)waitpid(pg->pid, NULL, 0);
        pg->pid = 0;
    }
}

/* Runs SQL behind the program's back; false when it fails. */
static inline bool fb_postgres_tell(const struct fb_postgres *pg, const char *sql)
{
    const char *const argv[] = {FB_POSTGRES_BIN "psql", "-h", pg->folder, "-U", "flyball", "-d",
        "postgres", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-c", sql, NULL};
    int status = -1;
    pid_t pid = fb_postgres_spawn(pg, argv);
    return pid > 0 && waitpid(pid, &status, 0) == pid && status == 0;
}

static inline int fb_postgres_remove(
    const char *path, const struct stat *st, int kind, struct FTW *ftw)
{
    (void)st;
    (void)kind;
    (void)ftw;
    return remove(path);
}

static inline void fb_postgres_stop(struct fb_postgres *pg)
{
    fb_postgres_stop_server(pg, SIGQUIT);
    if (pg->folder[0]) {
        (void)nftw(pg->folder, fb_postgres_remove, 16, FTW_DEPTH | FTW_PHYS);
    }
}

#endif

/*
 * monitor_run.h: a monitored log that survives the end of the process: how far the log was read,
 * how much was printed, and the state between. See docs/MONITOR.md, "Going on".
 */
#ifndef FB_CLI_MONITOR_RUN_H
#define FB_CLI_MONITOR_RUN_H

#include "base/io.h"
#include "cli/cli.h"
#include "lang/monpoly.h"

/** Bytes of the log by which it is known again. */
enum { FB_MONITOR_TAIL = 4096 };

/** What options say. Paths are borrowed; NULL: not given. */
struct fb_monitor_plan {
    const char *log;
    const char *load;
    const char *save;
    const char *output;
    uint64_t save_every; /**< time-points; 0: at the end only */
    bool next;           /**< the log follows the one that was read before */
    bool live;           /**< the clock counts too */
};

/** A run. */
struct fb_monitor_run {
    const struct fb_monitor_plan *plan;
    const struct fb_cli *cli;
    struct fb_clock clock;
    struct fb_monpoly_stream stream; /**< filled by the caller but for sink, ctx and line */
    struct fb_monpoly_monitor *monitor;
    struct fb_buf out;
    uint8_t identity[FB_SHA256_SIZE];
    uint64_t read;              /**< bytes of the log */
    uint64_t printed;           /**< bytes of verdicts, since the beginning of the log */
    uint64_t saved;             /**< time-points at the last snapshot */
    char tail[FB_MONITOR_TAIL]; /**< the last bytes that were read */
    size_t tail_len;
    struct fb_io_appender output; /**< fd -1: standard output */
    struct fb_io_file before;     /**< what the output held; fd -1: nothing to pass over */
};

/** Starts a run, or goes on from plan->load. E_UNSUPPORTED as fb_monpoly_monitor_new; the caller
 * ends with fb_monitor_run_close in any case. */
FB_CHECKED enum fb_code fb_monitor_run_open(struct fb_monitor_run *run,
    const struct fb_monpoly_formula *formula, const struct fb_signature *signature,
    struct fb_err *err);

/** Reads the log. At its end saves, or decides what waits. */
FB_CHECKED enum fb_code fb_monitor_run_log(struct fb_monitor_run *run, struct fb_err *err);

/** Frees what it holds. */
void fb_monitor_run_close(struct fb_monitor_run *run);

#endif

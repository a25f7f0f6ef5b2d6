#include "cli/bench_engine.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "base/clock.h"
#include "base/io.h"
#include "engine/eval.h"
#include "lang/monpoly.h"

/* One policy over one log. */
struct engine_case {
    const char *name; /* of NAME.expected too */
    const char *sig;
    const char *formula;
    const char *log; /* NULL: it is made */
    size_t events;   /* of a log that is made */
};

static const struct engine_case cases[] = {
    {"D1", "D", "D1", "D", 0},
    {"D2", "D", "D2", "D", 0},
    {"D3", "D", "D3", "D", 0},
    {"P1", "P", "P1", "P1", 0},
    {"P2", "P", "P2", "P2", 0},
    {"acc1", "acc", "acc", "acc1", 0},
    {"fil1", "fil", "fil", "fil1", 0},
    {"A1", "A", "A1", "A", 0},
    {"A2", "A", "A2", "A", 0},
    {"A3", "A", "A3", "A", 0},
    {"A4", "A", "A4", "A", 0},
    {"A5", "A", "A5", "A", 0},
    {"A6", "A", "A6", "A", 0},
    {"length-30k", "D", "D1", NULL, 30000},
    {"length-300k", "D", "D1", NULL, 300000},
    {"length-3m", "D", "D1", NULL, 3000000},
};

enum { TEXT_MAX = 1 << 28, CASE_COUNT = sizeof(cases) / sizeof(cases[0]) };

/* The files of a case, and what came out. */
struct texts {
    struct fb_buf sig;
    struct fb_buf formula;
    struct fb_buf log;
    struct fb_buf expected;
    struct fb_buf out;
};

static enum fb_code read_one(const char *folder, const char *name, const char *ending,
    struct fb_buf *out, struct fb_err *err)
{
    char path[FB_IO_PATH_MAX];
    int len = snprintf(path, sizeof(path), "%s/%s.%s", folder, name, ending);
    if (len < 0 || (size_t)len >= sizeof(path)) {
        return fb_err_set(err, FB_E_LIMIT, "a path is too long");
    }
    return fb_io_read(path, out, err);
}

static enum fb_code read_all(
    const struct engine_case *c, const char *folder, struct texts *texts, struct fb_err *err)
{
    struct fb_err absent;
    fb_err_init(&absent);
    enum fb_code code = read_one(folder, c->sig, "sig", &texts->sig, err);
    code = code ? code : read_one(folder, c->formula, "mfotl", &texts->formula, err);
    if (code == FB_OK && c->log) {
        code = read_one(folder, c->log, "log", &texts->log, err);
    }
    if (code == FB_OK && c->log) {
        code = read_one(folder, c->name, "expected", &texts->expected, &absent);
        code = code == FB_E_NOT_FOUND ? FB_OK : code;
    }
    return code;
}

/* Verdicts stay in the buffer, to be compared. */
static enum fb_code keep(void *ctx, struct fb_buf *line, struct fb_err *err)
{
    (void)ctx;
    (void)line;
    (void)err;
    return FB_OK;
}

static enum fb_code forget(void *ctx, struct fb_buf *line, struct fb_err *err)
{
    (void)ctx;
    (void)err;
    fb_buf_clear(line);
    return FB_OK;
}

/* One run. */
struct run {
    struct fb_arena arena;
    struct fb_signature signature;
    struct fb_monpoly_formula formula;
    struct fb_monpoly_stream stream;
    struct fb_monpoly_monitor *monitor;
};

static enum fb_code open_run(
    struct run *run, struct texts *texts, fb_monpoly_sink sink, struct fb_err *err)
{
    *run = (struct run){.stream = {.sink = sink, .line = &texts->out}};
    fb_arena_init(&run->arena, TEXT_MAX);
    enum fb_code code =
        fb_monpoly_signature(fb_buf_str(&texts->sig), &run->arena, &run->signature, err);
    code = code ? code
                : fb_monpoly_formula_read(fb_buf_str(&texts->formula), &run->signature, &run->arena,
                      &run->formula, err);
    code = code ? code : fb_form_check(run->formula.plain.form, NULL, 0, err);
    return code ? code
                : fb_monpoly_monitor_new(
                      &run->formula, &run->signature, &run->stream, &run->monitor, err);
}

static void close_run(struct run *run)
{
    fb_monpoly_monitor_free(run->monitor);
    fb_arena_release(&run->arena);
}

/* The n-th event of a log that is made: incidents of 200 models, of which most are reported within
 * a day and a few too late or never. Times grow by a minute on average. */
static void make_event(uint64_t n, int64_t *now, struct fb_buf *out)
{
    uint64_t x = (n + 1) * 0x9e3779b97f4a7c15u;
    x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9u;
    x = (x ^ x >> 27) * 0x94d049bb133111ebu;
    x ^= x >> 31;
    *now += (int64_t)(x % 120);
    uint64_t late = n > 40 ? n - 40 : 0;
    bool report = n % 2 && late % 64 != 1;
    if (report) {
        fb_buf_addf(out, "@%lld report(%llu)\n", (long long)*now, (unsigned long long)(late / 2));
    } else {
        fb_buf_addf(out, "@%lld incident(%u,%llu)\n", (long long)*now, (unsigned)(x >> 40) % 200,
            (unsigned long long)(n / 2));
    }
}

/* Feeds a log that is made, 64 KiB at a time. */
static enum fb_code feed_made(struct run *run, size_t events, struct fb_err *err)
{
    struct fb_buf piece;
    int64_t now = 0;
    enum fb_code code = FB_OK;
    fb_buf_init(&piece, TEXT_MAX);
    for (size_t i = 0; code == FB_OK && i < events; i++) {
        make_event(i, &now, &piece);
        if (piece.len > 65536 || i + 1 == events) {
            code = fb_buf_check(&piece, "a log", err);
            code = code ? code : fb_monpoly_monitor_feed(run->monitor, fb_buf_str(&piece), err);
            fb_buf_clear(&piece);
        }
    }
    fb_buf_release(&piece);
    return code;
}

static enum fb_code measure(const struct engine_case *c, struct texts *texts,
    struct fb_bench_result *out, struct fb_err *err)
{
    struct run run;
    struct fb_bench_mark mark = fb_bench_start();
    enum fb_code code = open_run(&run, texts, c->log ? keep : forget, err);
    if (code == FB_OK) {
        code = c->log ? fb_monpoly_monitor_feed(run.monitor, fb_buf_str(&texts->log), err)
                      : feed_made(&run, c->events, err);
    }
    code = code ? code : fb_monpoly_monitor_end(run.monitor, err);
    close_run(&run);
    fb_bench_stop(&mark, &out->cost);
    out->count = (double)run.stream.tuple_count;
    out->metric = "events_per_s";
    return code;
}

static int by_size(const void *a, const void *b)
{
    const uint32_t *x = a;
    const uint32_t *y = b;
    return *x < *y ? -1 : *x > *y;
}

/* Feeds the log line by line, and sorts what each took. */
static enum fb_code feed_lines(
    struct run *run, struct fb_str log, struct fb_buf *times, struct fb_err *err)
{
    enum fb_code code = FB_OK;
    while (code == FB_OK && log.len) {
        size_t len = fb_str_find(log, '\n', 0) + 1;
        struct fb_str line = fb_str_sub(log, 0, len);
        int64_t start = fb_clock_ticks_ns();
        code = fb_monpoly_monitor_feed(run->monitor, line, err);
        int64_t taken = fb_clock_ticks_ns() - start;
        uint32_t ns = taken < UINT32_MAX ? (uint32_t)taken : UINT32_MAX;
        fb_buf_add(times, &ns, sizeof(ns));
        log = fb_str_sub(log, line.len, log.len);
    }
    code = code ? code : fb_buf_check(times, "the times", err);
    if (code == FB_OK && times->len) {
        qsort(times->ptr, times->len / sizeof(uint32_t), sizeof(uint32_t), by_size);
    }
    return code;
}

static enum fb_code measure_latency(
    struct texts *texts, struct fb_bench_result *out, struct fb_err *err)
{
    struct run run;
    struct fb_buf times;
    fb_buf_init(&times, TEXT_MAX);
    enum fb_code code = open_run(&run, texts, forget, err);
    code = code ? code : feed_lines(&run, fb_buf_str(&texts->log), &times, err);
    close_run(&run);
    size_t count = times.len / sizeof(uint32_t);
    uint32_t at[2] = {0, 0};
    if (code == FB_OK && count) {
        memcpy(&at[0], times.ptr + count / 2 * sizeof(at[0]), sizeof(at[0]));
        memcpy(&at[1], times.ptr + count * 99 / 100 * sizeof(at[0]), sizeof(at[0]));
    }
    out->p50_us = at[0] / 1e3;
    out->p99_us = at[1] / 1e3;
    fb_buf_release(&times);
    return code;
}

const char *fb_bench_engine_name(size_t n)
{
    return n < CASE_COUNT ? cases[n].name : NULL;
}

enum fb_code fb_bench_engine_run(
    size_t n, const char *folder, struct fb_bench_result *out, struct fb_err *err)
{
    FB_ASSERT(n < CASE_COUNT && folder && out);
    const struct engine_case *c = &cases[n];
    struct texts texts;
    struct fb_buf *all[] = {&texts.sig, &texts.formula, &texts.log, &texts.expected, &texts.out};
    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
        fb_buf_init(all[i], TEXT_MAX);
    }
    enum fb_code code = read_all(c, folder, &texts, err);
    code = code ? code : measure(c, &texts, out, err);
    bool differs =
        texts.expected.len > 0 && !fb_str_eq(fb_buf_str(&texts.out), fb_buf_str(&texts.expected));
    if (code == FB_OK && differs) {
        code = fb_err_set(
            err, FB_E_MISMATCH, "the verdicts of '%s' are not the expected ones", c->name);
    }
    fb_buf_clear(&texts.out);
    if (code == FB_OK && c->log) {
        code = measure_latency(&texts, out, err);
    }
    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
        fb_buf_release(all[i]);
    }
    return code;
}

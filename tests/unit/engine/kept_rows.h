/*
 * kept_rows.h: the incremental evaluator beside the naive one, over a small log of five relations,
 * for the tests of what it keeps as rows come and go.
 */
#ifndef FB_TEST_KEPT_ROWS_H
#define FB_TEST_KEPT_ROWS_H

#include <string.h>

#include "engine/eval.h"
#include "engine/inc_plan.h"
#include "fb_test.h"
#include "lang/monpoly.h"

enum { ARENA_MAX = 1 << 28, TEXT_MAX = 1 << 24 };

static struct fb_err err;
static struct fb_arena arena;
static struct fb_signature signature;
static struct fb_monpoly_formula formula_read;

static int setup(void **state)
{
    (void)state;
    fb_err_init(&err);
    fb_arena_init(&arena, ARENA_MAX);
    FB_TEST_OK(
        fb_monpoly_signature(FB_STR("P(x:int) Q(x:int) R(x:int, y:int) W(x:int, s:string) T()"),
            &arena, &signature, &err));
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    fb_arena_release(&arena);
    return 0;
}

static enum fb_code keep_line(void *ctx, struct fb_buf *line, struct fb_err *e)
{
    (void)line;
    (void)e;
    ++*(size_t *)ctx;
    return FB_OK;
}

static enum fb_code pass(void *ctx, const struct fb_inc_verdict *verdict, struct fb_err *e)
{
    (void)ctx;
    (void)verdict;
    (void)e;
    return FB_OK;
}

/* How many nodes of a formula are of a kind that `is` says. */
static size_t count_nodes(const char *text, bool (*is)(const struct fb_inc_node *node))
{
    struct fb_inc *inc = NULL;
    const struct fb_inc_options options = {.sink = pass};
    FB_TEST_OK(fb_monpoly_formula_read(fb_str_of(text), &signature, &arena, &formula_read, &err));
    FB_TEST_OK(
        fb_inc_new(formula_read.quick.form, formula_read.quick.var_count, &options, &inc, &err));
    size_t count = 0;
    for (size_t i = 0; i < inc->node_count; i++) {
        count += is(inc->nodes[i]);
    }
    fb_inc_free(inc);
    return count;
}

/* The verdicts of both, and of the incremental one on three threads, are the same bytes; how many
 * time-points have some. */
static size_t compare(const char *text, struct fb_str log)
{
    struct fb_buf fast, slow, many;
    struct fb_trace trace = {0};
    size_t lines = 0, same = 0;
    struct fb_monpoly_stream stream = {.sink = keep_line, .ctx = &lines, .line = &fast};
    fb_buf_init(&fast, TEXT_MAX);
    struct fb_monpoly_stream threads = {
        .sink = keep_line, .ctx = &same, .line = &many, .threads = 3, .batch = 8};
    fb_buf_init(&many, TEXT_MAX);
    fb_buf_init(&slow, TEXT_MAX);
    FB_TEST_OK(fb_monpoly_formula_read(fb_str_of(text), &signature, &arena, &formula_read, &err));
    FB_TEST_OK(fb_monpoly_run_quick(&formula_read, &signature, log, &stream, &err));
    FB_TEST_OK(fb_monpoly_run_quick(&formula_read, &signature, log, &threads, &err));
    FB_TEST_OK(fb_monpoly_log(log, &signature, &arena, &trace, &err));
    FB_TEST_OK(fb_monpoly_run(&formula_read, &trace, ARENA_MAX, &slow, &err));
    fb_buf_add(&fast, "", 1);
    fb_buf_add(&slow, "", 1);
    if (strcmp(fast.ptr, slow.ptr) != 0) {
        fail_msg("%s\ngot\n%s\nwant\n%s", text, fast.ptr, slow.ptr);
    }
    fb_buf_add(&many, "", 1);
    if (strcmp(many.ptr, slow.ptr) != 0) {
        fail_msg("%s by threads\ngot\n%s\nwant\n%s", text, many.ptr, slow.ptr);
    }
    fb_buf_release(&many);
    fb_buf_release(&fast);
    fb_buf_release(&slow);
    return lines;
}

static void make_log(struct fb_buf *out)
{
    fb_buf_init(out, TEXT_MAX);
    for (unsigned i = 0; i < 60; i++) {
        unsigned a = i * 7 % 11, c = i * 5 % 6;
        fb_buf_addf(out, "@%u %s", i / 2, i % 5 ? "" : "T() ");
        switch (i % 4) {
        case 0:
            fb_buf_addf(out, "P(%u)\n", a);
            break;
        case 1:
            fb_buf_addf(out, "Q(%u) W(%u,\"%c\")\n", c, a, (int)('a' + c));
            break;
        default:
            fb_buf_addf(out, "R(%u,%u)\n", a, c);
        }
    }
}

/* For each formula the count must be as wanted, the verdicts those of the naive evaluator, and not
 * too few. */
static void try_all(const char *const *formulas, size_t count,
    bool (*is)(const struct fb_inc_node *node), size_t wanted)
{
    struct fb_buf log;
    make_log(&log);
    for (size_t i = 0; i < count; i++) {
        size_t found = count_nodes(formulas[i], is);
        if (found != wanted) {
            fail_msg("%s: %zu are kept", formulas[i], found);
        }
        size_t lines = compare(formulas[i], fb_buf_str(&log));
        if (lines < 6) {
            fail_msg("%s has %zu verdicts", formulas[i], lines);
        }
    }
    fb_buf_release(&log);
}

/* The incremental evaluator alone over a log of many time-points, "@i P(i) Q(i * times / over)", of
 * which each `every`-th (0: none) has T() too: for what would be half a billion rows if it were
 * made anew at each of them. The number of verdicts must be as wanted. */
struct long_log {
    unsigned points, times, over, every;
};

static inline void run_long(const struct long_log *log, const char *text, size_t wanted)
{
    struct fb_buf lines, line;
    size_t count = 0;
    struct fb_monpoly_stream stream = {.sink = keep_line, .ctx = &count, .line = &line};
    fb_buf_init(&lines, TEXT_MAX);
    fb_buf_init(&line, TEXT_MAX);
    for (unsigned i = 0; i < log->points; i++) {
        bool marked = log->every && i % log->every == log->every - 1;
        fb_buf_addf(
            &lines, "@%u P(%u) Q(%u)%s\n", i, i, i * log->times / log->over, marked ? " T()" : "");
    }
    FB_TEST_OK(fb_monpoly_formula_read(fb_str_of(text), &signature, &arena, &formula_read, &err));
    FB_TEST_OK(fb_monpoly_run_quick(&formula_read, &signature, fb_buf_str(&lines), &stream, &err));
    assert_int_equal(count, wanted);
    fb_buf_release(&lines);
    fb_buf_release(&line);
}

#endif

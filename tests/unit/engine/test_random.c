/*
 * Random formulas over all operators and random logs: the incremental evaluator (inc*.c) against
 * the naive one (eval_naive, eval_regex, eval_text), and against itself on threads. A case that
 * differs is made smaller as long as it still differs, and printed. With every other one tuples are
 * found by their values (inc_lookup.c), as in large time-points, and with the others rows by their
 * order (inc_order.c), as in large windows. FB_RANDOM_CASES=1000000 runs
 * longer, FB_RANDOM_SEED elsewhere.
 */
#include "base/limit.h"
#include "engine/eval.h"
#include "engine/inc_plan.h"
#include "fb_test.h"
#include "lang/monpoly.h"
#include "random_shrink.h"

enum { ARENA_MAX = 1 << 28, TEXT_MAX = 1 << 20, CASES = 2500 };

static struct fb_err err;

/* ---- running one ---- */

static enum fb_code count_line(void *ctx, struct fb_buf *line, struct fb_err *e)
{
    (void)line;
    (void)e;
    ++*(size_t *)ctx;
    return FB_OK;
}

enum way { QUICK, THREADS, NAIVE };

/* What came of a case. */
struct outcome {
    bool differs;
    enum fb_code code;
    size_t lines;
    struct fb_buf fast;
    struct fb_buf slow;
    struct fb_buf many; /* by several threads */
    struct fb_buf formula;
    struct fb_buf log;
};

/* The log comes in pieces that end anywhere. */
static enum fb_code run_pieces(const struct fb_monpoly_formula *f,
    const struct fb_signature *signature, struct fb_str log, struct fb_buf *out, size_t *lines,
    size_t threads)
{
    struct fb_monpoly_stream stream = {
        .sink = count_line, .ctx = lines, .line = out, .threads = threads, .batch = 8};
    struct fb_monpoly_monitor *monitor = NULL;
    struct draw d = {.seed = log.len};
    enum fb_code code = fb_monpoly_monitor_new(f, signature, &stream, &monitor, &err);
    while (code == FB_OK && log.len) {
        char copy[64]; /* so that nothing is read behind the piece */
        struct fb_str piece = fb_str_sub(log, 0, 1 + draw(&d, sizeof(copy)));
        memcpy(copy, log.ptr, piece.len);
        log = fb_str_sub(log, piece.len, log.len);
        code = fb_monpoly_monitor_feed(monitor, (struct fb_str){copy, piece.len}, &err);
    }
    code = code ? code : fb_monpoly_monitor_end(monitor, &err);
    fb_monpoly_monitor_free(monitor);
    return code;
}

static enum fb_code run(const struct outcome *o, enum way way, struct fb_buf *out, size_t *lines)
{
    struct fb_str formula_text = fb_buf_str(&o->formula);
    struct fb_str log = fb_buf_str(&o->log);
    struct fb_arena arena;
    struct fb_signature signature = {0};
    struct fb_monpoly_formula f = {0};
    struct fb_trace trace = {0};
    fb_arena_init(&arena, ARENA_MAX);
    fb_err_init(&err);
    enum fb_code code = fb_monpoly_signature(fb_str_of(sig_text), &arena, &signature, &err);
    code = code ? code : fb_monpoly_formula_read(formula_text, &signature, &arena, &f, &err);
    code = code ? code : fb_form_check(f.plain.form, NULL, 0, &err);
    if (code == FB_OK && way == NAIVE) {
        code = fb_monpoly_log(log, &signature, &arena, &trace, &err);
        code = code ? code : fb_monpoly_run(&f, &trace, ARENA_MAX, out, &err);
    } else if (code == FB_OK) {
        code = run_pieces(&f, &signature, log, out, lines, way == THREADS ? 3 : 1);
    }
    fb_arena_release(&arena);
    return code;
}

static void outcome_release(struct outcome *o)
{
    fb_buf_release(&o->fast);
    fb_buf_release(&o->slow);
    fb_buf_release(&o->many);
    fb_buf_release(&o->formula);
    fb_buf_release(&o->log);
}

static void try_sample(const struct sample *s, struct outcome *o)
{
    *o = (struct outcome){.differs = false};
    fb_buf_init(&o->fast, TEXT_MAX);
    fb_buf_init(&o->slow, TEXT_MAX);
    fb_buf_init(&o->many, TEXT_MAX);
    fb_buf_init(&o->formula, TEXT_MAX);
    fb_buf_init(&o->log, TEXT_MAX);
    write_node(s->root, &o->formula);
    write_log(s, &o->log);
    size_t lines = 0;
    o->code = run(o, QUICK, &o->fast, &o->lines);
    if (o->code == FB_E_UNSUPPORTED) {
        return;
    }
    enum fb_code want = run(o, NAIVE, &o->slow, NULL);
    enum fb_code many = run(o, THREADS, &o->many, &lines);
    o->differs = want != o->code || many != o->code ||
                 (want == FB_OK && (!fb_str_eq(fb_buf_str(&o->fast), fb_buf_str(&o->slow)) ||
                                       !fb_str_eq(fb_buf_str(&o->fast), fb_buf_str(&o->many))));
}

/* ---- making one smaller ---- */

static bool still_differs(const struct sample *s)
{
    struct outcome o;
    try_sample(s, &o);
    outcome_release(&o);
    return o.differs;
}

static void report(struct sample *s, uint64_t seed)
{
    struct outcome o;
    shrink(s, still_differs);
    try_sample(s, &o);
    fb_buf_add(&o.log, "", 1);
    fb_buf_add(&o.formula, "", 1);
    fb_buf_add(&o.fast, "", 1);
    fb_buf_add(&o.slow, "", 1);
    fb_buf_add(&o.many, "", 1);
    fail_msg("seed %llu\n%s\n%s\ngot %s\n%sby threads\n%swant\n%s", (unsigned long long)seed,
        o.formula.ptr, o.log.ptr, fb_code_name(o.code), o.fast.ptr, o.many.ptr, o.slow.ptr);
}

static void compare_samples(bool recursive, long usual)
{
    static struct sample sample;
    long same = 0;
    long verdicts = 0;
    long unsupported = 0;
    long refused = 0;
    const char *more = getenv("FB_RANDOM_CASES");
    const char *seed = getenv("FB_RANDOM_SEED");
    long cases = more ? strtol(more, NULL, 10) * usual / CASES : usual;
    uint64_t first = seed ? strtoull(seed, NULL, 10) : 1;
    for (uint64_t i = first; i < first + (uint64_t)cases; i++) {
        struct outcome o;
        struct draw d;
        if (recursive) {
            random_recursive(&d, &sample, i);
        } else {
            random_sample(&d, &sample, i);
        }
        fb_limit_lower(i % 2 ? FB_INC_WASTED_MAX : (size_t)FB_INC_LISTED_MAX, 0);
        try_sample(&sample, &o);
        outcome_release(&o);
        if (o.differs) {
            report(&sample, i);
        }
        same += o.code == FB_OK;
        verdicts += o.lines > 0;
        unsupported += o.code == FB_E_UNSUPPORTED;
        refused += o.code != FB_OK && o.code != FB_E_UNSUPPORTED;
    }
    printf("# %s: %ld the same (%ld with verdicts), %ld unsupported, %ld refused\n",
        recursive ? "recursive" : "random", same, verdicts, unsupported, refused);
    assert_true(same > cases / 2);
    assert_true(verdicts > cases / 5);
    assert_true(unsupported < cases / 50);
}

static void test_random(void **state)
{
    (void)state;
    compare_samples(false, CASES);
}

/* Recursive definitions stand in few of those. */
static void test_recursive(void **state)
{
    (void)state;
    compare_samples(true, CASES / 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_random), cmocka_unit_test(test_recursive)};
    return cmocka_run_group_tests_name("random", tests, NULL, NULL);
}
